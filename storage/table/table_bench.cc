// Speeds of the storage engine, for its builders: load of sorted rows, point reads, single-row
// commits, scans with changes beside the pages. Prints one line each; no test. Arguments: rows,
// bytes of a page.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

void Check(const Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s\n", status.error().ToString().c_str());
  std::exit(1);
}

TableSpec WideSpec() {
  TableSpec spec;
  spec.schema = schema::kPublicSchema;
  spec.name = "l";
  auto add = [&](const std::string& name, types::Type type) {
    spec.columns.push_back(Col(name, type, true));
  };
  add("orderkey", types::TypeId::kInt8);
  add("linenumber", types::TypeId::kInt4);
  add("partkey", types::TypeId::kInt8);
  add("suppkey", types::TypeId::kInt8);
  for (const char* name : {"quantity", "price", "discount", "tax"}) {
    add(name, types::Type::NumericColumn(15, 2));
  }
  add("returnflag", types::Type(types::TypeId::kBpChar, 5));
  add("linestatus", types::Type(types::TypeId::kBpChar, 5));
  for (const char* name : {"shipdate", "commitdate", "receiptdate"})
    add(name, types::TypeId::kDate);
  add("instruct", types::Type(types::TypeId::kBpChar, 29));
  add("mode", types::Type(types::TypeId::kBpChar, 14));
  add("comment", types::Type(types::TypeId::kVarchar, 48));
  spec.key = {{0}, {1}};
  return spec;
}

uint64_t CountRows(Transaction* txn, const schema::RelationPtr& t, uint64_t* segments) {
  Check(txn->StartStatement(nullptr));
  auto source = txn->tables()->OpenScan(t, {}).value();
  exec::Morsel morsel;
  uint64_t rows = 0;
  *segments = 0;
  while (source->Next(&morsel).value()) {
    rows += morsel.row_count;
    *segments += morsel.segments.size();
  }
  return rows;
}

int Main(int argc, char** argv) {
  const int64_t rows = argc > 1 ? std::atoll(argv[1]) : 2'000'000;
  TempDirectory directory;
  EngineOptions options;
  options.frame_cache_bytes = 4ull << 30;
  if (argc > 2) options.page_bytes = static_cast<uint32_t>(std::atoll(argv[2]));
  auto engine = Engine::Open(directory.path(), options).value();
  auto txn = engine->Begin(txn::Isolation::kReadCommitted);
  Check(txn->StartStatement(nullptr));
  schema::RelationPtr t = txn->CreateTable(WideSpec()).value();
  Check(txn->Commit());

  // One buffer page of rows, its keys rewritten for every Consume.
  row::Layout layout = t->RowLayout();
  row::RowBuffer buffer(&layout, nullptr);
  for (int i = 0; i < 1000; ++i) {
    AppendRow(
        layout,
        {"0", "0", "155190", "7706", "17.00", "21168.23", "0.04", "0.02", "N", "O", "1996-03-13",
         "1996-02-12", "1996-03-22", "DELIVER IN PERSON", "TRUCK", "egular courts above the"},
        &buffer);
  }
  char* page = const_cast<char*>(buffer.page(0));
  const uint32_t in_page = row::HeaderOf(page).row_count;
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  Check(txn->StartStatement(nullptr));
  uint64_t affected = 0;
  double start = Now();
  auto sink = txn->tables()->OpenWrite(t, exec::WriteKind::kInsert, &affected).value();
  for (int64_t i = 0; i < rows;) {
    for (uint32_t r = 0; r < in_page; ++r, ++i) {
      char* row = page + row::kRowsBegin + r * layout.stride();
      StoreAt(row + layout.field(0).offset, i / 4);
      StoreAt(row + layout.field(1).offset, static_cast<int32_t>(i % 4));
    }
    Check(sink->Consume({page, 0, in_page}));
  }
  Check(sink->Finish());
  double loaded = Now();
  Check(txn->Commit());
  double committed = Now();
  std::printf("load: %.2f M rows/s (%lu rows, finish of commit %.1f ms)\n",
              static_cast<double>(affected) / (loaded - start) / 1e6, affected,
              (committed - loaded) * 1e3);

  txn = engine->Begin(txn::Isolation::kReadCommitted);
  uint64_t segments;
  for (int round = 0; round < 4; ++round) {
    start = Now();
    uint64_t count = CountRows(txn.get(), t, &segments);
    std::printf("scan %d: %.1f ms, %lu rows, %lu segments\n", round, (Now() - start) * 1e3, count,
                segments);
  }
  Check(txn->Commit());

  Dice dice(1);
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  Check(txn->StartStatement(nullptr));
  exec::Morsel morsel;
  const int points = 300'000;
  exec::ScanRequest request;
  request.lower.values = {types::Value::Int8(0), types::Value::Int4(0)};
  request.upper.values = request.lower.values;
  uint64_t found = 0;
  start = Now();
  for (int i = 0; i < points; ++i) {
    int64_t key = dice.Below(rows);
    request.lower.values[0] = request.upper.values[0] = types::Value::Int8(key / 4);
    request.lower.values[1] = request.upper.values[1] =
        types::Value::Int4(static_cast<int32_t>(key % 4));
    auto source = txn->tables()->OpenScan(t, request).value();
    found += source->Next(&morsel).value() ? 1 : 0;
    morsel.Clear();
  }
  std::printf("point read: %.0f ns (%lu found)\n", (Now() - start) / points * 1e9, found);
  Check(txn->Commit());

  // 1 % of the rows changed.
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  start = Now();
  int changed = 0;
  row::Layout wide = exec::WriteLayout(*t, exec::WriteKind::kUpdate);
  for (int64_t i = 0; i < rows / 100; ++i, ++changed) {
    Check(txn->StartStatement(nullptr));
    int64_t key = dice.Below(rows);
    request.lower.values[0] = request.upper.values[0] = types::Value::Int8(key / 4);
    request.lower.values[1] = request.upper.values[1] =
        types::Value::Int4(static_cast<int32_t>(key % 4));
    auto source = txn->tables()->OpenScan(t, request).value();
    if (!source->Next(&morsel).value()) continue;
    const char* base = morsel.segments[0].page;
    const char* row = row::RowAt(base, layout.stride(), morsel.segments[0].from);
    row::RowBuffer one(&wide, nullptr);
    std::vector<types::Datum> datums(wide.field_count());
    std::vector<char> nulls(wide.field_count(), 0);
    for (size_t f = 0; f < layout.field_count(); ++f) {
      datums[f] = datums[f + layout.field_count()] = row::ReadField(layout, base, row, f);
    }
    one.AppendRow(datums.data(), reinterpret_cast<const bool*>(nulls.data()));
    auto update = txn->tables()->OpenWrite(t, exec::WriteKind::kUpdate, &affected).value();
    Check(update->Consume({one.page(0), 0, 1}));
    Check(update->Finish());
  }
  morsel.Clear();
  std::printf("update in a transaction: %.1f us\n", (Now() - start) / changed * 1e6);
  start = Now();
  Check(txn->Commit());
  std::printf("commit of %d updates: %.1f ms\n", changed, (Now() - start) * 1e3);
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  for (int round = 0; round < 4; ++round) {
    start = Now();
    uint64_t count = CountRows(txn.get(), t, &segments);
    std::printf("scan with 1 %% changed %d: %.1f ms, %lu rows, %lu segments\n", round,
                (Now() - start) * 1e3, count, segments);
  }
  Check(txn->Commit());
  start = Now();
  Check(engine->FoldNow(t->id));
  std::printf("fold: %.1f ms\n", (Now() - start) * 1e3);

  // All rows changed by one statement.
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  Check(txn->StartStatement(nullptr));
  start = Now();
  {
    auto source = txn->tables()->OpenScan(t, {}).value();
    auto update = txn->tables()->OpenWrite(t, exec::WriteKind::kUpdate, &affected).value();
    std::vector<types::Datum> datums(wide.field_count());
    std::vector<char> nulls(wide.field_count(), 0);
    while (source->Next(&morsel).value()) {
      for (const exec::Segment& segment : morsel.segments) {
        row::RowBuffer changes(&wide, nullptr);
        for (uint32_t r = segment.from; r < segment.to; ++r) {
          const char* row = row::RowAt(segment.page, layout.stride(), r);
          for (size_t f = 0; f < layout.field_count(); ++f) {
            datums[f] = datums[f + layout.field_count()] =
                row::ReadField(layout, segment.page, row, f);
          }
          changes.AppendRow(datums.data(), reinterpret_cast<const bool*>(nulls.data()));
        }
        for (size_t p = 0; p < changes.page_count(); ++p) {
          Check(update->Consume({changes.page(p), 0, row::HeaderOf(changes.page(p)).row_count}));
        }
      }
    }
    Check(update->Finish());
  }
  std::printf("update of all rows: %.0f ms\n", (Now() - start) * 1e3);
  start = Now();
  Check(txn->Commit());
  std::printf("its commit: %.0f ms, %.0f MB of delta\n", (Now() - start) * 1e3,
              static_cast<double>(engine->Stats().delta_bytes) / 1e6);
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  for (int round = 0; round < 2; ++round) {
    start = Now();
    uint64_t count = CountRows(txn.get(), t, &segments);
    std::printf("scan with all changed %d: %.1f ms, %lu rows, %lu segments\n", round,
                (Now() - start) * 1e3, count, segments);
  }
  Check(txn->Commit());
  start = Now();
  Check(engine->FoldNow(t->id));
  std::printf("fold: %.1f ms, %.0f MB of delta left\n", (Now() - start) * 1e3,
              static_cast<double>(engine->Stats().delta_bytes) / 1e6);

  start = Now();
  const int commits = 2000;
  for (int i = 0; i < commits; ++i) {
    txn = engine->Begin(txn::Isolation::kReadCommitted);
    Check(txn->StartStatement(nullptr));
    row::RowBuffer one(&layout, nullptr);
    AppendRow(
        layout,
        {std::to_string(rows + i), "1", "155190", "7706", "17.00", "21168.23", "0.04", "0.02", "N",
         "O", "1996-03-13", "1996-02-12", "1996-03-22", "DELIVER IN PERSON", "TRUCK", "x"},
        &one);
    auto insert = txn->tables()->OpenWrite(t, exec::WriteKind::kInsert, &affected).value();
    Check(insert->Consume({one.page(0), 0, 1}));
    Check(insert->Finish());
    Check(txn->Commit());
  }
  std::printf("insert and durable commit: %.0f us\n", (Now() - start) / commits * 1e6);
  txn.reset();
  for (int threads : {2, 8}) {
    start = Now();
    std::vector<std::thread> workers;
    for (int w = 0; w < threads; ++w) {
      workers.emplace_back([&, w] {
        uint64_t count = 0;
        for (int i = 0; i < commits; ++i) {
          auto own = engine->Begin(txn::Isolation::kReadCommitted);
          Check(own->StartStatement(nullptr));
          row::RowBuffer one(&layout, nullptr);
          AppendRow(layout,
                    {std::to_string(rows * (2 + w + threads) + i), "1", "155190", "7706", "17.00",
                     "21168.23", "0.04", "0.02", "N", "O", "1996-03-13", "1996-02-12", "1996-03-22",
                     "DELIVER IN PERSON", "TRUCK", "x"},
                    &one);
          auto insert = own->tables()->OpenWrite(t, exec::WriteKind::kInsert, &count).value();
          Check(insert->Consume({one.page(0), 0, 1}));
          Check(insert->Finish());
          Check(own->Commit());
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    std::printf("durable commits of %d threads: %.0f per second\n", threads,
                threads * commits / (Now() - start));
  }
  return 0;
}

}  // namespace
}  // namespace lathe::table::testing

int main(int argc, char** argv) { return lathe::table::testing::Main(argc, argv); }
