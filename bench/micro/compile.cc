// lathe-bench-compile: what it takes from a TPC-H query's text to its first pipeline running, stage
// by stage, with the server warm and no code of the query there; and whether the statement again,
// with other literals, compiles anything.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <string>
#include <vector>

#include "bench/micro/planning.h"
#include "bench/micro/report.h"
#include "codegen/driver/driver.h"

namespace lathe::micro {
namespace {

struct Options {
  double scale_factor = 0.01;
  int repeats = 9;
  std::string json;
};

constexpr int kQueries[] = {1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19};

/// A literal of each query and one of the same type that takes its place in the repetition.
struct OtherLiteral {
  const char* from;
  const char* to;
};
const std::map<int, OtherLiteral> kOtherLiterals = {
    {1, {"1998-12-01", "1998-11-20"}},
    {3, {"BUILDING", "MACHINERY"}},
    {5, {"ASIA", "EUROPE"}},
    {6, {"< 24", "< 25"}},
    {7, {"FRANCE", "BRAZIL"}},
    {8, {"BRAZIL", "CANADA"}},
    {9, {"%green%", "%black%"}},
    {10, {"1993-10-01", "1993-11-01"}},
    {11, {"GERMANY", "FRANCE"}},
    {12, {"'SHIP'", "'RAIL'"}},
    {13, {"%special%requests%", "%pending%accounts%"}},
    {14, {"1995-09-01", "1995-08-01"}},
    {15, {"1996-01-01", "1996-02-01"}},
    {16, {"Brand#45", "Brand#44"}},
    {18, {"> 300", "> 301"}},
    {19, {"Brand#12", "Brand#13"}},
};

/// Stages in the order in which they are passed; milliseconds.
constexpr const char* kStages[] = {
    "parse", "bind",           "optimize",    "pipelines", "first pipeline", "to first pipeline",
    "emit",  "tier 1 codegen", "tier 1 link", "tier 2",    "all compiling"};

using Times = std::map<std::string, double>;

class CountingSink final : public exec::RowSink {
 public:
  Status Consume(const exec::Segment& segment) override {
    rows += segment.to - segment.from;
    return Ok();
  }
  Status Finish() override { return Ok(); }
  uint64_t rows = 0;
};

/// Passes one text through all stages as a session does with a statement that is in no cache.
class Compilation {
 public:
  Compilation(Database* database, std::string sql)
      : database_(database), planning_(database, std::move(sql)) {}

  Result<Times> Run() {
    auto start = SteadyClock::now();
    auto stage_start = start;
    auto stage = [&](const char* name) {
      times_[name] = MillisSince(stage_start);
      stage_start = SteadyClock::now();
      if (std::string_view(name) == "begin") start = stage_start;
    };
    LATHE_ASSIGN(std::shared_ptr<const physical::Plan> shared, planning_.Run(stage));
    driver::CompileOptions options;
    options.stats = [this](RelationId id) {
      return planning_.transaction()->catalog()->GetStats(id);
    };
    LATHE_ASSIGN(std::shared_ptr<driver::CompiledQuery> compiled,
                 database_->instance()->compiler()->Compile(shared, options));
    LATHE_TRY(LockTables(*shared->root));
    stage("pipelines");
    const double before_execute = MillisSince(start);
    LATHE_TRY(Execute(compiled, driver::TierChoice::kTier1Only));
    times_["first pipeline"] = first_row_start_ms_;
    times_["to first pipeline"] = before_execute + first_row_start_ms_;
    // Tier 2 is compiled in a second execution, so that its time is known too.
    LATHE_TRY(Execute(compiled, driver::TierChoice::kTier2Only));
    for (const driver::CompileStep& step : compiled->CompileRecord()) {
      const double ms = static_cast<double>(step.ns) / 1e6;
      if (step.tier == 2) {
        times_["tier 2"] += ms;
      } else if (step.stage.find("emit") != std::string::npos) {
        times_["emit"] += ms;
      } else if (step.stage.find("link") != std::string::npos) {
        times_["tier 1 link"] += ms;
      } else if (step.tier == 1) {
        times_["tier 1 codegen"] += ms;
      }
    }
    times_["all compiling"] =
        times_["emit"] + times_["tier 1 codegen"] + times_["tier 1 link"] + times_["tier 2"];
    return times_;
  }

 private:
  Status LockTables(const physical::Node& node) {
    if (node.kind == physical::Kind::kTableScan) {
      const auto& scan = node.As<physical::TableScan>();
      LATHE_ASSIGN(auto locked, planning_.transaction()->LockTable(
                                    scan.relation->id, txn::TableLockMode::kAccessShare));
      (void)locked;
    }
    for (const physical::NodePtr& child : node.children) LATHE_TRY(LockTables(*child));
    return Ok();
  }

  Status Execute(const std::shared_ptr<driver::CompiledQuery>& compiled, driver::TierChoice tier) {
    CountingSink sink;
    driver::ExecutionRequest request;
    request.params = planning_.params();
    request.tables = planning_.transaction()->tables();
    request.result = &sink;
    request.tier = tier;
    LATHE_ASSIGN(driver::ExecutionStats stats,
                 database_->instance()->compiler()->Execute(compiled, request));
    first_row_start_ms_ = static_cast<double>(stats.first_row_start_ns) / 1e6;
    return Ok();
  }

  Database* const database_;
  Planning planning_;
  Times times_;
  double first_row_start_ms_ = 0;
};

/// How many plans the statement with another literal has made; the first execution makes one.
Result<uint64_t> PlansOfRepetition(Database* database, int number) {
  LATHE_ASSIGN(std::string text, QueryText(number));
  const OtherLiteral& other = kOtherLiterals.at(number);
  std::string again = text;
  // Every time it occurs: equal literals share a parameter.
  size_t replaced = 0;
  for (size_t at = again.find(other.from); at != std::string::npos;
       at = again.find(other.from, at)) {
    again.replace(at, std::string_view(other.from).size(), other.to);
    at += std::string_view(other.to).size();
    ++replaced;
  }
  if (replaced == 0) {
    return MakeError(SqlState::kInternalError,
                     "query " + std::to_string(number) + " has no literal " + other.from);
  }
  LATHE_ASSIGN(auto rows, database->Run(text));
  const uint64_t misses = database->instance()->plans()->stats().misses;
  LATHE_ASSIGN(rows, database->Run(again));
  return database->instance()->plans()->stats().misses - misses;
}

void Print(const std::map<int, Times>& medians, const std::map<int, std::string>& failures,
           const std::map<int, uint64_t>& plans, const Options& options) {
  JsonObject json, queries;
  std::printf("milliseconds, medians of %d\n%-6s", options.repeats, "query");
  for (const char* stage : kStages) std::printf(" %17s", stage);
  std::printf(" %17s\n", "plans when again");
  std::vector<double> firsts;
  for (const auto& [number, times] : medians) {
    JsonObject one;
    std::printf("Q%-5d", number);
    for (const char* stage : kStages) {
      const double ms = times.contains(stage) ? times.at(stage) : 0;
      std::printf(" %17.3f", ms);
      one.Add(stage, ms);
    }
    firsts.push_back(times.at("to first pipeline"));
    if (plans.contains(number)) {
      std::printf(" %17llu", static_cast<unsigned long long>(plans.at(number)));
      one.Add("plans made by the repetition", static_cast<double>(plans.at(number)));
    }
    std::printf("\n");
    queries.Add("Q" + std::to_string(number), one);
  }
  for (const auto& [number, why] : failures) std::printf("Q%d failed: %s\n", number, why.c_str());
  const double maximum = firsts.empty() ? 0 : *std::max_element(firsts.begin(), firsts.end());
  std::printf(
      "text to first pipeline running: median %.3f ms (wanted <= 3), maximum %.3f ms (wanted <= "
      "15)\n",
      Median(firsts), maximum);
  json.Add("scale_factor", options.scale_factor);
  json.Add("repeats", options.repeats);
  json.Add("to_first_pipeline_median_ms", Median(firsts));
  json.Add("to_first_pipeline_max_ms", maximum);
  json.Add("failed", static_cast<double>(failures.size()));
  json.Add("queries", queries);
  if (options.json.empty()) return;
  Status written = WriteFile(options.json, json.ToString() + "\n");
  if (!written.ok()) std::fprintf(stderr, "%s\n", written.error().message.c_str());
}

Result<Times> MedianTimes(Database* database, const std::string& text, int repeats) {
  std::map<std::string, std::vector<double>> all;
  for (int i = -1; i < repeats; ++i) {  // the first one brings the pages in
    Compilation compilation(database, text);
    LATHE_ASSIGN(Times times, compilation.Run());
    if (i < 0) continue;
    for (const auto& [stage, ms] : times) all[stage].push_back(ms);
  }
  Times medians;
  for (const auto& [stage, values] : all) medians[stage] = Median(values);
  return medians;
}

Result<bool> Measure(const Options& options) {
  LATHE_ASSIGN(std::unique_ptr<Database> database, Database::Create({}));
  LATHE_ASSIGN(tpch::Generator generator,
               tpch::Generator::Make({.scale_factor = options.scale_factor}));
  for (int t = 0; t < tpch::kTableCount; ++t)
    LATHE_TRY(database->Load(generator, static_cast<tpch::Table>(t)));
  LATHE_ASSIGN(auto rows, database->Run("ANALYZE"));
  std::map<int, Times> medians;
  std::map<int, std::string> failures;
  std::map<int, uint64_t> plans;
  for (int number : kQueries) {
    LATHE_ASSIGN(std::string text, QueryText(number));
    Result<Times> times = MedianTimes(database.get(), text, options.repeats);
    if (!times.ok()) {
      failures[number] = times.error().ToString();
      continue;
    }
    medians[number] = std::move(*times);
    Result<uint64_t> made = PlansOfRepetition(database.get(), number);
    if (made.ok()) {
      plans[number] = *made;
    } else {
      failures[number] = made.error().ToString();
    }
  }
  Print(medians, failures, plans, options);
  return failures.empty();
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help" || i + 1 == argc) {
      std::fprintf(name == "--help" ? stdout : stderr,
                   "usage: lathe-bench-compile [--sf N] [--repeats N] [--json PATH]\n");
      return name == "--help" ? 0 : 2;
    }
    const char* value = argv[++i];
    if (name == "--sf") {
      options.scale_factor = std::atof(value);
    } else if (name == "--repeats") {
      options.repeats = std::max(1, std::atoi(value));
    } else if (name == "--json") {
      options.json = value;
    } else {
      std::fprintf(stderr, "unknown option %s\n", name.c_str());
      return 2;
    }
  }
  Result<bool> done = Measure(options);
  if (!done.ok()) {
    std::fprintf(stderr, "lathe-bench-compile: %s\n", done.error().ToString().c_str());
    return 1;
  }
  return *done ? 0 : 1;
}

}  // namespace
}  // namespace lathe::micro

int main(int argc, char** argv) { return lathe::micro::Main(argc, argv); }
