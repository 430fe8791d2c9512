// ANALYZE: null fractions, distinct counts, most common values and histograms from a sample of
// rows. Of a large table only a sample of its pages is read; the number of rows is then what the
// directory knows. Distinct counts: the estimator Duj1 of Haas and Stokes, "Estimating the Number
// of Classes in a Finite Population", IBM RJ 10025, 1996, as PostgreSQL uses it: n d / (n - f1 + f1
// n / N), with n rows sampled of N, d distinct, f1 seen once.
#include <algorithm>
#include <map>

#include "runtime/base/random.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

constexpr size_t kSampleRows = 30000;
// Of a larger table this part of EngineOptions::analyze_pages is read, so many rows of each page.
constexpr uint64_t kSamplePart = 4;
constexpr uint64_t kSamplePageRows = 30;
constexpr size_t kMostCommon = 20;
constexpr size_t kHistogramBounds = 101;

// Values of one column in the sample, as their order-preserving encodings.
struct Sample {
  std::vector<std::string> values;
  uint64_t nulls = 0;
};

types::Value Decode(const types::Type& type, std::string_view bytes) {
  types::Value value;
  if (!keyspace::DecodeValue(type, false, &bytes, &value)) return types::Value::Null(type);
  return value;
}

void Summarize(const types::Type& type, double rows_total, Sample* sample,
               schema::ColumnStats* stats) {
  std::vector<std::string>& values = sample->values;
  const double sampled = static_cast<double>(values.size() + sample->nulls);
  if (sampled == 0) return;
  stats->null_fraction = static_cast<double>(sample->nulls) / sampled;
  if (values.empty()) return;
  std::sort(values.begin(), values.end());
  struct Run {
    size_t first, count;
  };
  std::vector<Run> runs;
  for (size_t i = 0; i < values.size(); ++i) {
    if (!runs.empty() && values[runs.back().first] == values[i]) {
      ++runs.back().count;
    } else {
      runs.push_back({i, 1});
    }
  }
  const double n = static_cast<double>(values.size());
  const double total = std::max(n, rows_total * (1 - stats->null_fraction));
  const double d = static_cast<double>(runs.size());
  const double f1 = static_cast<double>(
      std::count_if(runs.begin(), runs.end(), [](const Run& run) { return run.count == 1; }));
  stats->distinct_count = std::clamp(n * d / (n - f1 + f1 * n / total), d, total);

  std::vector<Run> common = runs;
  std::sort(common.begin(), common.end(),
            [](const Run& a, const Run& b) { return a.count > b.count; });
  const double average = n / d;
  for (size_t i = 0; i < common.size() && i < kMostCommon; ++i) {
    if (static_cast<double>(common[i].count) < 1.25 * average || common[i].count < 2) {
      if (runs.size() > kMostCommon) break;
    }
    stats->most_common.emplace_back(Decode(type, values[common[i].first]),
                                    static_cast<double>(common[i].count) / sampled);
  }
  const size_t bounds = std::min(kHistogramBounds, values.size());
  for (size_t i = 0; bounds > 1 && i < bounds; ++i) {
    stats->histogram.push_back(Decode(type, values[i * (values.size() - 1) / (bounds - 1)]));
  }
}

// Takes about every step-th row of a source into the samples.
Status SampleRows(const row::Layout& layout, size_t fields, uint64_t step, exec::RowSource* rows,
                  uint64_t* seen, std::vector<Sample>* samples) {
  step = std::max<uint64_t>(step, 1);
  exec::Morsel morsel;
  std::string bytes;
  for (;;) {
    LATHE_ASSIGN(bool more, rows->Next(&morsel));
    if (!more) return Ok();
    for (const exec::Segment& segment : morsel.segments) {
      for (uint32_t i = segment.from; i < segment.to; ++i, ++*seen) {
        // Spread within the step, so that a pattern in the data does not meet the step.
        if ((*seen + (*seen / step) * 7919 % step) % step != 0) continue;
        const char* row = row::RowAt(segment.page, layout.stride(), i);
        for (size_t f = 0; f < fields; ++f) {
          if (layout.IsNull(row, f)) {
            ++(*samples)[f].nulls;
          } else if (keyspace::CanBeKey(layout.field(f).type)) {
            bytes.clear();
            keyspace::EncodeValue(layout.field(f).type,
                                  row::ReadField(layout, segment.page, row, f), false, &bytes);
            (*samples)[f].values.push_back(bytes);
          }
        }
      }
    }
  }
}

}  // namespace

Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenUnit(
    const schema::RelationPtr& relation, const Leaf& leaf, const LeafPages& pages, size_t i) {
  ScanSource source;
  LATHE_ASSIGN(source.table, engine_->GetTable(relation));
  source.version = VersionWithLoads(*source.table, source.table->VersionFor(snapshot_));
  source.snapshot = snapshot_;
  source.cancel = cancel_;
  ScanRange range;
  range.keys.begin = i > 0 ? pages.page(i - 1).entry.last_key : leaf.lower();
  if (!range.keys.begin.empty()) range.keys.begin.push_back('\0');
  range.keys.end = pages.page(i).entry.last_key + '\0';
  source.own = OwnRows(source.table->storage(), range);
  if (!source.own.empty()) source.own_bytes = buffer_.Find(source.table->storage())->arena();
  return table::OpenScan(std::move(source), std::move(range), {});
}

Status TransactionImpl::Analyze(RelationId id) {
  LATHE_ASSIGN(schema::RelationPtr relation,
               LockTable(id, txn::TableLockMode::kShareUpdateExclusive));
  if (relation->storage.value == 0) return Ok();
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  const std::vector<uint32_t> live = relation->LiveColumns();
  std::vector<Sample> samples(live.size());
  TableVersionPtr version = VersionWithLoads(*table, table->VersionFor(snapshot_));
  const Directory& directory = *version->directory;
  const uint64_t page_count = directory.pages_between(0, directory.size());
  double row_count;
  const uint64_t all_pages = engine_->options().analyze_pages;
  if (page_count <= all_pages) {
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, OpenScan(relation, {}));
    // Every k-th row of every page: pages are in key order, so this spreads over the whole key.
    const double before = std::max(rows->RowsLeft(), 1.0);
    const auto step = static_cast<uint64_t>(before / static_cast<double>(kSampleRows));
    uint64_t seen = 0;
    LATHE_TRY(SampleRows(table->layout(), live.size(), step, rows.get(), &seen, &samples));
    row_count = static_cast<double>(seen);
  } else {
    row_count = view_.GetStats(id)->row_count;
    base::Random random(id.value);
    uint64_t seen = 0;
    const uint64_t parts = std::max<uint64_t>(all_pages / kSamplePart, 1);
    for (uint64_t i = 0; i < parts; ++i) {
      // One page of each of so many equal parts of the table; none is empty.
      const uint64_t from = i * page_count / parts, to = (i + 1) * page_count / parts;
      uint64_t number = from + random.Next() % (to - from);
      size_t at = 0;
      while (at + 1 < directory.size() && directory.pages_between(0, at + 1) <= number) ++at;
      number -= directory.pages_between(0, at);
      const Leaf& leaf = *directory.leaf(at);
      LATHE_ASSIGN(LeafPagesPtr pages, leaf.Pages());
      if (number >= pages->size()) continue;  // fewer than were known of
      LATHE_ASSIGN(std::unique_ptr<exec::RowSource> rows, OpenUnit(relation, leaf, *pages, number));
      const uint64_t step = pages->page(number).entry.row_count / kSamplePageRows;
      seen = random.Next() % std::max<uint64_t>(step, 1);
      LATHE_TRY(SampleRows(table->layout(), live.size(), step, rows.get(), &seen, &samples));
    }
  }
  auto stats = std::make_shared<schema::RelationStats>();
  stats->row_count = row_count;
  stats->page_count = static_cast<double>(page_count);
  stats->columns.resize(relation->columns.size());
  for (size_t f = 0; f < live.size(); ++f) {
    Summarize(table->layout().field(f).type, row_count, &samples[f], &stats->columns[live[f]]);
  }
  view_.PutStats(id, std::move(stats));
  schema::RelationDescriptor next = *relation;
  ++next.version;
  view_.PutRelation(std::make_shared<const schema::RelationDescriptor>(std::move(next)));
  return Ok();
}

}  // namespace lathe::table
