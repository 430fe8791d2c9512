// lathe-bench-plan: what planning takes. TPC-H's queries; joins of many relations in several
// shapes; and how the time from text to answer, with nothing in a cache, grows with the length of a
// statement.
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <string>
#include <vector>

#include "bench/micro/planning.h"
#include "bench/micro/report.h"

namespace lathe::micro {
namespace {

struct Options {
  double scale_factor = 0.01;
  int repeats = 7;
  std::string json;
};

/// Milliseconds of parsing, binding and optimizing; the median of `repeats`.
Result<double> PlanTime(Database* database, const std::string& sql, int repeats) {
  std::vector<double> all;
  for (int i = 0; i < repeats; ++i) {
    Planning planning(database, sql);
    auto start = SteadyClock::now();
    LATHE_ASSIGN(auto plan, planning.Run([&](const char* stage) {
      if (std::string_view(stage) == "begin") start = SteadyClock::now();
    }));
    all.push_back(MillisSince(start));
    if (plan->root == nullptr) return MakeError(SqlState::kInternalError, "no plan");
  }
  return Median(std::move(all));
}

Result<JsonObject> MeasureTpch(Database* database, const Options& options) {
  JsonObject json;
  std::vector<double> all;
  std::printf("TPC-H, SF %g, milliseconds from text to plan, medians of %d\n", options.scale_factor,
              options.repeats);
  for (int number = 1; number <= 22; ++number) {
    LATHE_ASSIGN(std::string text, QueryText(number));
    LATHE_ASSIGN(double ms, PlanTime(database, text, options.repeats));
    std::printf("  Q%-3d %8.3f\n", number, ms);
    json.Add("Q" + std::to_string(number), ms);
    all.push_back(ms);
  }
  const double maximum = *std::max_element(all.begin(), all.end());
  std::printf("median %.3f (wanted < 1), maximum %.3f (wanted <= 10)\n", Median(all), maximum);
  json.Add("median", Median(all));
  json.Add("maximum", maximum);
  return json;
}

/// A join of n relations j1..jn, each with columns a and b.
std::string JoinText(const std::string& shape, int n) {
  std::string from, where;
  auto column = [](int table, const char* name) {
    return "j" + std::to_string(table) + "." + name;
  };
  auto equal = [&](int x, int y) {
    where += (where.empty() ? " WHERE " : " AND ") + column(x, "a") + " = " + column(y, "b");
  };
  for (int i = 1; i <= n; ++i) {
    from += (i > 1 ? ", j" : "j") + std::to_string(i);
    if (shape == "chain" && i > 1) equal(i - 1, i);
    if (shape == "star" && i > 1) {
      where += (where.empty() ? " WHERE " : " AND ") + column(1, i % 2 == 0 ? "a" : "b") + " + " +
               std::to_string(i) + " = " + column(i, "b");
    }
    if (shape == "cycle") equal(i, i % n + 1);
    if (shape == "clique") {
      for (int k = 1; k < i; ++k) {
        where += (where.empty() ? " WHERE " : " AND ") + column(k, "a") + " + " +
                 std::to_string(i) + " = " + column(i, "b") + " + " + std::to_string(k);
      }
    }
  }
  return "SELECT count(*) FROM " + from + where;
}

Result<JsonObject> MeasureJoins(Database* database, const Options& options) {
  constexpr int kTables = 64;
  for (int i = 1; i <= kTables; ++i) {
    const std::string name = "j" + std::to_string(i);
    LATHE_ASSIGN(auto rows, database->Run("CREATE TABLE " + name + " (a int, b int)"));
    // Sizes over three powers of ten, so that the order matters.
    const int count = 10 << (i * 7 % 11);
    LATHE_ASSIGN(rows, database->Run("INSERT INTO " + name + " SELECT i, i % 97 FROM " +
                                     "generate_series(1, " + std::to_string(count) + ") AS i"));
  }
  LATHE_ASSIGN(auto analyzed, database->Run("ANALYZE"));
  JsonObject json;
  std::printf("\njoins, milliseconds from text to plan\n%-8s", "");
  const std::vector<int> sizes = {4, 8, 12, 16, 24, 40, 64};
  for (int n : sizes) std::printf(" %9d", n);
  std::printf("\n");
  for (const char* shape : {"chain", "star", "cycle", "clique"}) {
    JsonObject one;
    std::printf("%-8s", shape);
    for (int n : sizes) {
      if (std::string_view(shape) == "clique" && n > 40) continue;
      LATHE_ASSIGN(double ms, PlanTime(database, JoinText(shape, n), std::min(options.repeats, 3)));
      std::printf(" %9.2f", ms);
      one.Add(std::to_string(n), ms);
    }
    std::printf("\n");
    json.Add(shape, one);
  }
  std::printf("wanted: 12 relations < 50, 40 relations < 1000\n");
  return json;
}

/// Texts whose length grows with n, each different from those of other sizes.
struct Family {
  const char* name;
  int first;  // n of the smallest; 2n and 4n follow
  std::function<std::string(int n)> text;
};

std::string Repeat(int n, const std::function<std::string(int)>& part, const char* between) {
  std::string text;
  for (int i = 0; i < n; ++i) text += (i > 0 ? between : "") + part(i);
  return text;
}

std::vector<Family> Families() {
  auto number = [](int i) { return std::to_string(i); };
  return {
      {"terms of a sum", 200,
       [=](int n) {
         return "SELECT " +
                Repeat(
                    n, [=](int i) { return i % 2 ? "a" : number(i); }, " + ") +
                " FROM j1 LIMIT 1";
       }},
      {"conditions", 1000,
       [=](int n) {
         return "SELECT count(*) FROM j1 WHERE " +
                Repeat(n, [=](int i) { return "(a <> " + number(i) + " OR b > a)"; }, " AND ");
       }},
      {"alternatives", 1000,
       [=](int n) {
         return "SELECT count(*) FROM j1 WHERE " +
                Repeat(n, [=](int i) { return "(a = " + number(i) + " AND b < 5)"; }, " OR ");
       }},
      {"IN items", 2500,
       [=](int n) {
         return "SELECT count(*) FROM j1 WHERE a IN (" + Repeat(n, number, ", ") + ")";
       }},
      {"CASE branches", 500,
       [=](int n) {
         return "SELECT sum(CASE " +
                Repeat(
                    n,
                    [=](int i) { return "WHEN a = " + number(i) + " THEN b + " + number(i % 7); },
                    " ") +
                " END) FROM j1";
       }},
      {"parentheses", 200,
       [](int n) {
         const size_t depth = static_cast<size_t>(n);
         return "SELECT " + std::string(depth, '(') + "a" + std::string(depth, ')') +
                " FROM j1 LIMIT 1";
       }},
      {"output columns", 400,
       [=](int n) {
         return "SELECT " +
                Repeat(n, [=](int i) { return "a + " + number(i); }, ", ") + " FROM j1 LIMIT 1";
       }},
      {"aggregates", 100,
       [=](int n) {
         return "SELECT " +
                Repeat(
                    n, [=](int i) { return "sum(a + " + number(i) + ")"; }, ", ") +
                " FROM j1 GROUP BY b";
       }},
      {"VALUES rows", 25000,
       [=](int n) {
         return "SELECT count(*) FROM (VALUES " +
                Repeat(
                    n, [=](int i) { return "(" + number(i) + ", 'x" + number(i) + "')"; }, ", ") +
                ") AS v";
       }},
      {"UNION ALL branches", 50,
       [=](int n) {
         return "SELECT count(*) FROM (" +
                Repeat(
                    n, [=](int i) { return "SELECT a + " + number(i) + " AS x FROM j1"; },
                    " UNION ALL ") +
                ") u";
       }},
      {"nested subqueries", 50,
       [=](int n) {
         std::string text = "SELECT a FROM j1";
         for (int i = 0; i < n; ++i) {
           text = "SELECT a + " + number(i) + " AS a FROM (" + text + ") q" + number(i);
         }
         return "SELECT count(*) FROM (" + text + ") q";
       }},
      {"IN subqueries", 20,
       [=](int n) {
         return "SELECT count(*) FROM j1 WHERE " + Repeat(
                                                       n,
                                                       [=](int i) {
                                                         return "a IN (SELECT b FROM j" +
                                                                number(i % 60 + 2) + " WHERE a > " +
                                                                number(i) + ")";
                                                       },
                                                       " AND ");
       }},
      {"literal bytes", 250000,
       [](int n) { return "SELECT length('" + std::string(static_cast<size_t>(n), 'x') + "')"; }},
  };
}

Result<JsonObject> MeasureGrowth(Database* database) {
  JsonObject json;
  std::printf("\nmilliseconds from text to answer, nothing cached, for n, 2n and 4n\n");
  std::printf("%-20s %8s %10s %10s %10s %9s\n", "", "n", "n", "2n", "4n", "exponent");
  for (const Family& family : Families()) {
    std::vector<double> times;
    for (int factor = 1; factor <= 4; factor *= 2) {
      double least = 0;
      for (int repeat = 0; repeat < 3; ++repeat) {
        // Another length each time: no plan of an earlier one fits.
        const std::string text = family.text(family.first * factor + repeat);
        const auto start = SteadyClock::now();
        LATHE_ASSIGN(auto rows, database->Run(text));
        const double ms = MillisSince(start);
        if (repeat == 0 || ms < least) least = ms;
      }
      times.push_back(least);
    }
    const double exponent = std::log2(times[2] / times[1]);
    std::printf("%-20s %8d %10.1f %10.1f %10.1f %9.2f\n", family.name, family.first, times[0],
                times[1], times[2], exponent);
    JsonObject one;
    one.Add("n", family.first);
    one.Add("n_ms", times[0]);
    one.Add("2n_ms", times[1]);
    one.Add("4n_ms", times[2]);
    one.Add("exponent", exponent);
    json.Add(family.name, one);
  }
  std::printf("exponent of 2n to 4n: 1 is linear\n");
  return json;
}

Status Measure(const Options& options) {
  LATHE_ASSIGN(std::unique_ptr<Database> database, Database::Create({}));
  LATHE_ASSIGN(tpch::Generator generator,
               tpch::Generator::Make({.scale_factor = options.scale_factor}));
  for (int t = 0; t < tpch::kTableCount; ++t)
    LATHE_TRY(database->Load(generator, static_cast<tpch::Table>(t)));
  LATHE_ASSIGN(auto rows, database->Run("ANALYZE"));
  JsonObject json;
  LATHE_ASSIGN(JsonObject tpch, MeasureTpch(database.get(), options));
  LATHE_ASSIGN(JsonObject joins, MeasureJoins(database.get(), options));
  LATHE_ASSIGN(JsonObject growth, MeasureGrowth(database.get()));
  json.Add("tpch_ms", tpch);
  json.Add("joins_ms", joins);
  json.Add("growth", growth);
  if (options.json.empty()) return Ok();
  return WriteFile(options.json, json.ToString() + "\n");
}

int Main(int argc, char** argv) {
  Options options;
  for (int i = 1; i < argc; ++i) {
    const std::string name = argv[i];
    if (name == "--help" || i + 1 == argc) {
      std::fprintf(name == "--help" ? stdout : stderr,
                   "usage: lathe-bench-plan [--sf N] [--repeats N] [--json PATH]\n");
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
  Status done = Measure(options);
  if (done.ok()) return 0;
  std::fprintf(stderr, "lathe-bench-plan: %s\n", done.error().ToString().c_str());
  return 1;
}

}  // namespace
}  // namespace lathe::micro

int main(int argc, char** argv) { return lathe::micro::Main(argc, argv); }
