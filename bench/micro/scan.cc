// lathe-bench-scan: TPC-H Q1 and Q6, compiled, against hand-written loops over the same pages and
// over a plain array of the same rows. Everything is measured in turns within one run; what counts
// is the ratio of the shortest times, as whatever else the machine does only adds. The answers are
// compared.
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "bench/micro/data.h"
#include "bench/micro/loops.h"
#include "bench/micro/report.h"
#include "runtime/row/page.h"
#include "storage/table/engine.h"

namespace lathe::micro {
namespace {

struct Options {
  double scale_factor = 1;
  int repeats = 15;
  std::string json;
};

/// What a loop found: Q6's sum, or Q1's groups.
struct Answer {
  int64_t q6 = 0;
  std::vector<Q1Group> q1;
};

/// Decimal text of value / 10^scale.
std::string Decimal(int64_t value, int scale) {
  int64_t power = 1;
  for (int i = 0; i < scale; ++i) power *= 10;
  char text[48];
  std::snprintf(text, sizeof text, "%lld.%0*lld", static_cast<long long>(value / power), scale,
                static_cast<long long>(value % power));
  return text;
}

/// The rows that the query has to give for this answer; of Q1 the columns up to sum_charge, with
/// the count behind.
std::vector<std::string> ExpectedRows(int query, const Answer& answer) {
  if (query == 6) return {Decimal(answer.q6, 4)};
  std::vector<std::string> rows;
  for (size_t i = 0; i < answer.q1.size(); ++i) {
    const Q1Group& g = answer.q1[i];
    if (g.count == 0) continue;
    rows.push_back(std::string() + static_cast<char>('@' + (i >> 5)) + "|" +
                   static_cast<char>('@' + (i & 31)) + "|" + Decimal(g.quantity, 2) + "|" +
                   Decimal(g.base_price, 2) + "|" + Decimal(g.disc_price, 4) + "|" +
                   Decimal(g.charge, 6) + "|" + std::to_string(g.count));
  }
  return rows;
}

/// A row of Q1 without its averages.
std::string WithoutAverages(const std::string& row) {
  size_t from = 0;
  for (int i = 0; i < 6; ++i) from = row.find('|', from) + 1;
  return row.substr(0, from) + row.substr(row.rfind('|') + 1);
}

/// Runs a query's loop over the spans with some threads, which take a few spans at a time.
Answer RunLoop(int query, const std::vector<RowSpan>& spans, int threads) {
  // One thread goes through all at once.
  const size_t spans_at_a_time = threads == 1 ? spans.size() : 16;
  std::atomic<size_t> next{0};
  auto work = [&](Answer* answer) {
    std::vector<Q1Group> groups(query == 1 ? kQ1Groups : 0);
    int64_t sum = 0;
    for (;;) {
      const size_t from = next.fetch_add(spans_at_a_time);
      if (from >= spans.size()) break;
      const size_t count = std::min(spans_at_a_time, spans.size() - from);
      if (query == 6) {
        sum += SumQ6(&spans[from], count);
      } else {
        SumQ1(&spans[from], count, groups.data());
      }
    }
    answer->q6 = sum;
    answer->q1 = std::move(groups);
  };
  std::vector<Answer> answers(static_cast<size_t>(threads));
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(work, &answers[static_cast<size_t>(i)]);
  work(&answers[0]);
  for (std::thread& other : others) other.join();
  Answer result = std::move(answers[0]);
  for (size_t i = 1; i < answers.size(); ++i) {
    result.q6 += answers[i].q6;
    for (size_t g = 0; g < result.q1.size(); ++g) {
      result.q1[g].quantity += answers[i].q1[g].quantity;
      result.q1[g].base_price += answers[i].q1[g].base_price;
      result.q1[g].disc_price += answers[i].q1[g].disc_price;
      result.q1[g].charge += answers[i].q1[g].charge;
      result.q1[g].discount += answers[i].q1[g].discount;
      result.q1[g].count += answers[i].q1[g].count;
    }
  }
  return result;
}

/// The table's rows in one transaction's snapshot.
class Snapshot {
 public:
  static Result<std::unique_ptr<Snapshot>> Open(table::Engine* engine) {
    std::unique_ptr<Snapshot> snapshot(new Snapshot());
    snapshot->transaction_ = engine->Begin(txn::Isolation::kRepeatableRead);
    LATHE_TRY(snapshot->transaction_->StartStatement(nullptr));
    schema::RelationPtr found =
        snapshot->transaction_->catalog()->FindRelation(schema::kPublicSchema, "lineitem");
    LATHE_ASSIGN(snapshot->relation_,
                 snapshot->transaction_->LockTable(found->id, txn::TableLockMode::kAccessShare));
    return snapshot;
  }

  /// Pins all pages.
  Status Pin() {
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> source,
                 transaction_->tables()->OpenScan(relation_, exec::ScanRequest()));
    for (;;) {
      auto morsel = std::make_unique<exec::Morsel>();
      LATHE_ASSIGN(bool more, source->Next(morsel.get()));
      if (!more) break;
      AddSpans(*morsel, &spans_);
      rows_ += morsel->row_count;
      morsels_.push_back(std::move(morsel));
    }
    return Ok();
  }

  /// The loop over rows as a source hands them out, one thread.
  Result<Answer> LoopOverSource(int query) {
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> source,
                 transaction_->tables()->OpenScan(relation_, exec::ScanRequest()));
    Answer answer;
    answer.q1.resize(query == 1 ? kQ1Groups : 0);
    exec::Morsel morsel;
    std::vector<RowSpan> spans;
    for (;;) {
      LATHE_ASSIGN(bool more, source->Next(&morsel));
      if (!more) return answer;
      spans.clear();
      AddSpans(morsel, &spans);
      if (query == 6) {
        answer.q6 += SumQ6(spans.data(), spans.size());
      } else {
        SumQ1(spans.data(), spans.size(), answer.q1.data());
      }
    }
  }

  row::Layout layout() const { return relation_->RowLayout(); }
  const std::vector<RowSpan>& spans() const { return spans_; }
  uint64_t rows() const { return rows_; }

 private:
  Snapshot() = default;
  static void AddSpans(const exec::Morsel& morsel, std::vector<RowSpan>* spans) {
    for (const exec::Segment& segment : morsel.segments) {
      spans->push_back(
          {row::RowAt(segment.page, kStride, segment.from), segment.to - segment.from});
    }
  }

  std::unique_ptr<table::Transaction> transaction_;
  schema::RelationPtr relation_;
  std::vector<std::unique_ptr<exec::Morsel>> morsels_;  // before transaction_ goes
  std::vector<RowSpan> spans_;
  uint64_t rows_ = 0;
};

/// Gives back what was mapped.
struct Unmap {
  size_t size;
  void operator()(char* bytes) const { ::munmap(bytes, size); }
};

/// A copy of all rows, one after the other; on huge pages like the page frames.
struct PlainArray {
  std::unique_ptr<char, Unmap> bytes{nullptr, Unmap{0}};
  std::vector<RowSpan> whole, chunks;

  explicit PlainArray(const Snapshot& snapshot) {
    constexpr size_t kHugePage = 2 << 20;
    const size_t size = (snapshot.rows() * kStride / kHugePage + 2) * kHugePage;
    void* mapped =
        ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    LATHE_CHECK_NOTE(mapped != MAP_FAILED, "no memory for the array");
    (void)::madvise(mapped, size, MADV_HUGEPAGE);  // a wish
    bytes = std::unique_ptr<char, Unmap>(static_cast<char*>(mapped), Unmap{size});
    const uintptr_t address = reinterpret_cast<uintptr_t>(mapped);
    char* const begin = bytes.get() + (kHugePage - address % kHugePage) % kHugePage;
    char* to = begin;
    for (const RowSpan& span : snapshot.spans()) {
      std::memcpy(to, span.rows, span.count * kStride);
      to += span.count * kStride;
    }
    whole.push_back({begin, snapshot.rows()});
    constexpr size_t kChunkRows = 800;  // about a page
    for (size_t from = 0; from < snapshot.rows(); from += kChunkRows) {
      chunks.push_back(
          {begin + from * kStride, std::min<size_t>(kChunkRows, snapshot.rows() - from)});
    }
  }
};

Status CheckLayout(const row::Layout& layout) {
  const size_t expected[] = {kQuantity,   kExtendedPrice, kDiscount, kTax,
                             kReturnFlag, kLineStatus,    kShipDate};
  bool fits = layout.stride() == kStride;
  for (size_t i = 0; fits && i < std::size(expected); ++i)
    fits = layout.field(4 + i).offset == expected[i];
  if (fits) return Ok();
  return MakeError(SqlState::kInternalError,
                   "the loops are written for another row layout: " + layout.ToString());
}

/// The benchmark: a database, and measurements by name.
class Bench {
 public:
  Bench(Database* database, const Options& options) : database_(database), options_(options) {}

  Status Run() {
    for (int query : {1, 6}) {
      LATHE_ASSIGN(std::string text, QueryText(query));
      LATHE_TRY(database_->session()->Parse(Name(query), text, {}));
    }
    LATHE_TRY(Phase("clean"));
    LATHE_TRY(Change("0"));
    LATHE_TRY(Phase("changed 0.1 %"));
    LATHE_TRY(Change("1 AND 9"));
    LATHE_TRY(Phase("changed 1 %"));
    return Ok();
  }

  void Report() const {
    JsonObject json;
    json.Add("scale_factor", options_.scale_factor);
    json.Add("rows", static_cast<double>(rows_));
    json.Add("repeats", options_.repeats);
    JsonObject times, medians;
    std::printf("%-52s %10s %10s\n", "lineitem, hot; ms", "shortest", "median");
    for (const std::string& name : order_) {
      std::printf("%-52s %10.3f %10.3f\n", name.c_str(), Time(name), Median(times_.at(name)));
      times.Add(name, Time(name));
      medians.Add(name, Median(times_.at(name)));
    }
    json.Add("ms", times);
    json.Add("median_ms", medians);
    JsonObject ratios;
    std::printf("\n%-64s %8s %8s\n", "ratio", "measured", "wanted");
    auto ratio = [&](const std::string& name, double value, const char* wanted) {
      std::printf("%-64s %8.3f %8s\n", name.c_str(), value, wanted);
      ratios.Add(name, value);
    };
    for (int q : {1, 6}) {
      const std::string query = "Q" + std::to_string(q);
      auto time = [&](const char* phase, const char* what, int threads) {
        return Time(Key(phase, query, what, threads));
      };
      ratio(query + " loop over pages / loop over array",
            time("clean", "pages", 1) / time("clean", "array", 1), "<= 1.2");
      ratio(query + " compiled / loop over pages",
            time("clean", "compiled", 1) / time("clean", "pages", 1), q == 1 ? "<= 1.5" : "<= 1.3");
      const double loop_speedup = time("clean", "pages", 1) / time("clean", "pages", 2);
      const double speedup = time("clean", "compiled", 1) / time("clean", "compiled", 2);
      ratio(query + " speed-up of the loop with 2 threads", loop_speedup, "");
      ratio(query + " speed-up of compiled code with 2 threads", speedup, "");
      ratio(query + " compiled speed-up / loop speed-up", speedup / loop_speedup, ">= 0.9");
      ratio(query + " loop over source, nothing in delta / loop over pages",
            time("clean", "source", 1) / time("clean", "pages", 1), "< 1.05");
      // The array's loop, measured beside each, takes out what the machine did meanwhile.
      for (const char* phase : {"changed 0.1 %", "changed 1 %"}) {
        ratio(query + " compiled, " + phase + " / clean",
              time(phase, "compiled", 1) / time(phase, "array", 1) * time("clean", "array", 1) /
                  time("clean", "compiled", 1),
              std::strcmp(phase, "changed 1 %") == 0 ? "<= 1.3" : "");
      }
    }
    json.Add("ratios", ratios);
    if (!options_.json.empty()) {
      Status written = WriteFile(options_.json, json.ToString() + "\n");
      if (!written.ok()) std::fprintf(stderr, "%s\n", written.error().message.c_str());
    }
  }

 private:
  static std::string Name(int query) { return "q" + std::to_string(query); }
  static std::string Key(const std::string& phase, const std::string& query,
                         const std::string& what, int threads) {
    return query + " " + what + (threads == 1 ? ", 1 thread, " : ", 2 threads, ") + phase;
  }
  double Time(const std::string& name) const {
    const std::vector<double>& times = times_.at(name);
    return *std::min_element(times.begin(), times.end());
  }

  /// Updates the rows whose hash modulo 1000 is in the range, without changing a value.
  Status Change(const std::string& range) {
    const std::string hash =
        "(l_orderkey::bigint * 2654435761 + l_linenumber * 40503) / 65536 % 1000";
    const std::string predicate = range == "0" ? hash + " = 0" : hash + " BETWEEN " + range;
    LATHE_ASSIGN(auto ignored,
                 database_->Run("UPDATE lineitem SET l_tax = l_tax WHERE " + predicate));
    (void)ignored;
    const table::EngineStats stats = database_->instance()->engine()->Stats();
    std::fprintf(stderr, "%llu rows in delta\n", static_cast<unsigned long long>(stats.delta_rows));
    return Ok();
  }

  /// One execution of a prepared query: from Bind to the last row.
  Status RunCompiled(int query, double* ms) {
    session::Session* session = database_->session();
    database_->client()->TakeRows();
    const auto start = SteadyClock::now();
    LATHE_TRY(session->Bind("", Name(query), {}));
    LATHE_ASSIGN(session::ExecuteOutcome outcome, session->Execute("", 0, database_->client()));
    *ms = MillisSince(start);
    (void)outcome;
    return session->Sync(database_->client());
  }

  Status CheckCompiled(int query, const Answer& answer) {
    std::vector<std::string> rows = database_->client()->TakeRows();
    if (query == 1) {
      for (std::string& row : rows) row = WithoutAverages(row);
    }
    if (rows == ExpectedRows(query, answer)) return Ok();
    return MakeError(SqlState::kInternalError, "Q" + std::to_string(query) + " compiled gives " +
                                                   (rows.empty() ? "nothing" : rows[0]) +
                                                   ", the loop " + ExpectedRows(query, answer)[0]);
  }

  Status Phase(const std::string& phase) {
    std::fprintf(stderr, "%s\n", phase.c_str());
    LATHE_ASSIGN(std::unique_ptr<Snapshot> snapshot,
                 Snapshot::Open(database_->instance()->engine()));
    LATHE_TRY(CheckLayout(snapshot->layout()));
    LATHE_TRY(snapshot->Pin());
    rows_ = snapshot->rows();
    if (array_ == nullptr) array_ = std::make_unique<PlainArray>(*snapshot);
    for (int round = -1; round < options_.repeats; ++round) {  // the first one warms up
      for (int query : {1, 6}) {
        for (int threads : {1, 2})
          LATHE_TRY(Round(phase, query, threads, snapshot.get(), round >= 0));
      }
    }
    return Ok();
  }

  /// Each way once.
  Status Round(const std::string& phase, int query, int threads, Snapshot* snapshot, bool keep) {
    auto timed = [&](const char* what, double ms) {
      const std::string key = Key(phase, "Q" + std::to_string(query), what, threads);
      if (!keep) {
        if (!times_.contains(key)) order_.push_back(key);
        times_[key];
        return;
      }
      times_[key].push_back(ms);
    };
    LATHE_ASSIGN(auto ignored, database_->Run("SET lathe.workers = " + std::to_string(threads) +
                                              "; SET lathe.tier = '2'"));
    (void)ignored;
    auto start = SteadyClock::now();
    const Answer answer = RunLoop(query, threads == 1 ? array_->whole : array_->chunks, threads);
    timed("array", MillisSince(start));
    start = SteadyClock::now();
    const Answer from_pages = RunLoop(query, snapshot->spans(), threads);
    timed("pages", MillisSince(start));
    double ms = 0;
    LATHE_TRY(RunCompiled(query, &ms));
    timed("compiled", ms);
    LATHE_TRY(CheckCompiled(query, from_pages));
    LATHE_TRY(CheckSame(query, answer, from_pages));
    if (threads == 1) {
      start = SteadyClock::now();
      LATHE_ASSIGN(Answer from_source, snapshot->LoopOverSource(query));
      timed("source", MillisSince(start));
      LATHE_TRY(CheckSame(query, answer, from_source));
    }
    return Ok();
  }

  static Status CheckSame(int query, const Answer& a, const Answer& b) {
    if (ExpectedRows(query, a) == ExpectedRows(query, b)) return Ok();
    return MakeError(SqlState::kInternalError, "the loops' answers differ");
  }

  Database* const database_;
  const Options options_;
  std::unique_ptr<PlainArray> array_;
  uint64_t rows_ = 0;
  std::vector<std::string> order_;
  std::map<std::string, std::vector<double>> times_;
};

Status Measure(const Options& options) {
  session::InstanceOptions instance_options;
  instance_options.engine.background_fold = false;
  instance_options.engine.frame_cache_bytes = uint64_t{8} << 30;
  LATHE_ASSIGN(std::unique_ptr<Database> database, Database::Create(instance_options));
  LATHE_ASSIGN(tpch::Generator generator,
               tpch::Generator::Make({.scale_factor = options.scale_factor}));
  const auto start = SteadyClock::now();
  LATHE_TRY(database->Load(generator, tpch::Table::kLineItem));
  std::fprintf(stderr, "loaded in %.1f s\n", MillisSince(start) / 1000);
  Bench bench(database.get(), options);
  LATHE_TRY(bench.Run());
  bench.Report();
  return Ok();
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help" || i + 1 == argc) {
      std::fprintf(name == "--help" ? stdout : stderr,
                   "usage: lathe-bench-scan [--sf N] [--repeats N] [--json PATH]\n");
      return name == "--help" ? 0 : 2;
    }
    const char* value = argv[++i];
    if (name == "--sf") {
      options.scale_factor = std::atof(value);
    } else if (name == "--repeats") {
      options.repeats = std::atoi(value);
    } else if (name == "--json") {
      options.json = value;
    } else {
      std::fprintf(stderr, "unknown option %s\n", name.c_str());
      return 2;
    }
  }
  if (options.repeats < 1) options.repeats = 1;
  Status done = Measure(options);
  if (done.ok()) return 0;
  std::fprintf(stderr, "lathe-bench-scan: %s\n", done.error().ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace lathe::micro

int main(int argc, char** argv) { return lathe::micro::Main(argc, argv); }
