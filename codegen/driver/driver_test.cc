// Hand-built plans over tables in memory, on both tiers, with one and two workers.
#include "codegen/driver/driver.h"

#include <gtest/gtest.h>

#include "codegen/driver/test_plans.h"

namespace lathe::driver::testing {
namespace {

exec::WorkerPool& Pool() {
  static exec::WorkerPool pool(2);
  return pool;
}
Compiler& TheCompiler() {
  static std::unique_ptr<Compiler> compiler = [] {
    CompilerOptions options;
    options.pool = &Pool();
    options.verify = true;
    auto made = Compiler::Create(options);
    LATHE_CHECK_NOTE(made.ok(), made.ok() ? "" : made.error().ToString().c_str());
    return std::move(made).value();
  }();
  return *compiler;
}

struct Outcome {
  std::vector<std::string> lines;
  std::string error;
  ExecutionStats stats;
};

class DriverTest : public ::testing::Test {
 protected:
  Outcome RunOnce(const std::shared_ptr<CompiledQuery>& query, TierChoice tier, uint32_t workers,
                  const std::vector<Value>& params, base::MemoryBudget* budget = nullptr,
                  bool analyze = false) {
    TextSink sink(&query->result_layout());
    ExecutionRequest request;
    request.params = params;
    request.tables = &tables_;
    request.result = query->returns_rows() ? &sink : nullptr;
    request.tier = tier;
    request.parallelism = workers;
    request.budget = budget;
    request.analyze = analyze;
    Result<ExecutionStats> stats = TheCompiler().Execute(query, request);
    Outcome outcome;
    outcome.lines = std::move(sink.lines);
    if (!stats.ok()) {
      outcome.error = stats.error().ToString();
      outcome.lines.clear();
    } else {
      outcome.stats = std::move(stats).value();
    }
    return outcome;
  }

  /// The rows on both tiers with one and two workers, which must agree; sorted unless the plan's
  /// order counts.
  std::vector<std::string> Run(std::shared_ptr<const physical::Plan> plan,
                               const std::vector<Value>& params = {}, bool ordered = false,
                               std::string* error = nullptr) {
    auto query = TheCompiler().Compile(std::move(plan), CompileOptions());
    EXPECT_TRUE(query.ok()) << query.error().ToString();
    if (!query.ok()) return {};
    std::vector<std::string> first;
    std::string first_error;
    bool is_first = true;
    for (TierChoice tier : {TierChoice::kTier0Only, TierChoice::kTier1Only, TierChoice::kTier2Only,
                            TierChoice::kAuto}) {
      for (uint32_t workers : {1u, 2u}) {
        Outcome outcome = RunOnce(query.value(), tier, workers, params);
        if (!ordered) std::sort(outcome.lines.begin(), outcome.lines.end());
        if (is_first) {
          first = outcome.lines;
          first_error = outcome.error;
          is_first = false;
        }
        EXPECT_EQ(outcome.lines, first);
        EXPECT_EQ(outcome.error, first_error);
      }
    }
    if (error != nullptr) {
      *error = first_error;
    } else {
      EXPECT_EQ(first_error, "");
    }
    return first;
  }

  std::vector<std::string> Values(std::vector<std::string> lines) {
    std::sort(lines.begin(), lines.end());
    return lines;
  }

  Table& MakeNumbers(int count) {
    numbers_ = std::make_unique<Table>(
        "numbers",
        std::vector<std::pair<std::string, Type>>{{"id", TypeId::kInt4},
                                                  {"big", TypeId::kInt8},
                                                  {"price", Numeric(15, 2)},
                                                  {"name", TypeId::kText},
                                                  {"maybe", TypeId::kInt4},
                                                  {"ratio", TypeId::kFloat8}},
        std::vector<bool>{true, true, true, true, false, true});
    for (int i = 0; i < count; ++i) {
      numbers_->Add({Value::Int4(i), Value::Int8(i * 1000000007ll), Fixed(Numeric(15, 2), i * 25),
                     Value::Text("name number " + std::to_string(i % 10)),
                     i % 3 == 0 ? Value::Null(TypeId::kInt4) : Value::Int4(i % 7),
                     Value::Float8(i * 0.5)});
    }
    numbers_->Seal();
    tables_.tables["numbers"] = numbers_.get();
    return *numbers_;
  }

  MemoryTables tables_;
  std::unique_ptr<Table> numbers_;
};

TEST_F(DriverTest, ScanFilterProject) {
  Table& t = MakeNumbers(2000);
  auto plan =
      MakePlan(Project(Filter(Scan(t, 1), List(Op("<", Col(1, TypeId::kInt4), Int(4)),
                                               Op(">=", Col(1, TypeId::kInt4), Int(2)))),
                       20,
                       List(Col(1, TypeId::kInt4), Op("+", Col(1, TypeId::kInt4), Int(10)),
                            Col(3, Numeric(15, 2)), Col(4, TypeId::kText), Col(5, TypeId::kInt4))));
  EXPECT_EQ(Run(plan), Values({"2|12|0.50|name number 2|2", "3|13|0.75|name number 3|NULL"}));
}

TEST_F(DriverTest, OverflowAndDivisionByZero) {
  Table& t = MakeNumbers(100);
  std::string error;
  Run(MakePlan(Project(Scan(t, 1), 20, List(Op("+", Col(1, TypeId::kInt4), Int(2147483600))))), {},
      false, &error);
  EXPECT_EQ(error, "22003: integer out of range");
  Run(MakePlan(Project(Scan(t, 1), 20, List(Op("/", Int(1), Col(1, TypeId::kInt4))))), {}, false,
      &error);
  EXPECT_EQ(error, "22012: division by zero");
}

TEST_F(DriverTest, ParametersAndNulls) {
  Table& t = MakeNumbers(1000);
  auto plan =
      MakePlan(Filter(Scan(t, 1), List(Op("=", Col(1, TypeId::kInt4), Param(0, TypeId::kInt4)))),
               {TypeId::kInt4});
  EXPECT_EQ(Run(plan, {Value::Int4(7)}).size(), 1u);
  EXPECT_EQ(Run(plan, {Value::Null(TypeId::kInt4)}).size(), 0u);
}

TEST_F(DriverTest, StringsAndLike) {
  Table& t = MakeNumbers(1000);
  EXPECT_EQ(
      Run(MakePlan(Filter(Scan(t, 1), List(Op("=", Col(4, TypeId::kText), Text("name number 3"))))))
          .size(),
      100u);
  EXPECT_EQ(Run(MakePlan(Filter(Scan(t, 1), List(Op("~~", Col(4, TypeId::kText), Text("%ber 3"))))))
                .size(),
            100u);
  EXPECT_EQ(
      Run(MakePlan(Filter(Scan(t, 1), List(Op("!~~", Col(4, TypeId::kText), Text("%ber%3%"))))))
          .size(),
      900u);
}

TEST_F(DriverTest, AggregateWithoutGroups) {
  Table& t = MakeNumbers(50000);
  auto plan = MakePlan(Aggregate(
      Scan(t, 1), 20, {},
      Calls(Call(30, "count", nullptr), Call(31, "sum", Col(1, TypeId::kInt4)),
            Call(32, "sum", Col(2, TypeId::kInt8)), Call(33, "avg", Col(3, Numeric(15, 2))),
            Call(34, "min", Col(5, TypeId::kInt4)), Call(35, "max", Col(4, TypeId::kText)),
            Call(36, "count", Col(5, TypeId::kInt4)))));
  EXPECT_EQ(
      Run(plan),
      Values({"50000|1249975000|1249975008749825000|6249.8750000000000000|0|name number 9|33333"}));
  Table empty("numbers", {{"id", TypeId::kInt4}, {"big", TypeId::kInt8}});
  tables_.tables["numbers"] = &empty;
  auto none =
      MakePlan(Aggregate(Scan(empty, 1), 20, {},
                         Calls(Call(30, "count", nullptr), Call(31, "sum", Col(1, TypeId::kInt4)),
                               Call(32, "avg", Col(2, TypeId::kInt8)))));
  EXPECT_EQ(Run(none), Values({"0|NULL|NULL"}));
}

TEST_F(DriverTest, AggregateWithGroups) {
  Table& t = MakeNumbers(50000);
  auto plan = MakePlan(
      Aggregate(Scan(t, 1), 20, List(Col(5, TypeId::kInt4)),
                Calls(Call(30, "count", nullptr), Call(31, "max", Col(1, TypeId::kInt4)))));
  std::vector<std::string> lines = Run(plan);
  EXPECT_EQ(lines.size(), 8u);
  EXPECT_EQ(lines.back(), "NULL|16667|49998");
  // More groups than the workers' tables hold.
  auto many = MakePlan(Aggregate(
      Aggregate(Scan(t, 1), 20, List(Col(1, TypeId::kInt4), Col(4, TypeId::kText)),
                Calls(Call(30, "count", nullptr))),
      40, {}, Calls(Call(41, "count", nullptr), Call(42, "sum", Col(30, TypeId::kInt8)))));
  EXPECT_EQ(Run(many), Values({"50000|50000"}));
}

TEST_F(DriverTest, AggregateDistinct) {
  Table& t = MakeNumbers(20000);
  auto plan = MakePlan(
      Aggregate(Scan(t, 1), 20, {},
                Calls(Call(30, "count", Col(5, TypeId::kInt4), true),
                      Call(31, "sum", Col(5, TypeId::kInt4), true), Call(32, "count", nullptr))));
  EXPECT_EQ(Run(plan), Values({"7|21|20000"}));
  auto grouped = MakePlan(Aggregate(Scan(t, 1), 20, List(Col(4, TypeId::kText)),
                                    Calls(Call(30, "count", Col(5, TypeId::kInt4), true))));
  EXPECT_EQ(Run(grouped).size(), 10u);
}

TEST_F(DriverTest, Joins) {
  Table a("a", {{"x", TypeId::kInt4}, {"s", TypeId::kText}});
  Table b("b", {{"y", TypeId::kInt4}, {"u", TypeId::kText}});
  a.Add({Value::Int4(1), Value::Text("one")});
  a.Add({Value::Int4(2), Value::Text("two longer")});
  a.Add({Value::Null(TypeId::kInt4), Value::Text("none")});
  b.Add({Value::Int4(2), Value::Text("zwei")});
  b.Add({Value::Int4(2), Value::Text("deux")});
  b.Add({Value::Int4(3), Value::Text("three of b")});
  b.Add({Value::Null(TypeId::kInt4), Value::Text("null")});
  a.Seal();
  b.Seal();
  tables_.tables = {{"a", &a}, {"b", &b}};
  const std::vector<std::string> inner = {"2|two longer|2|deux", "2|two longer|2|zwei"};
  const std::vector<std::string> left_only = {"1|one|NULL|NULL", "NULL|none|NULL|NULL"};
  const std::vector<std::string> right_only = {"NULL|NULL|3|three of b", "NULL|NULL|NULL|null"};
  auto expected = [&](JoinKind kind) {
    std::vector<std::string> lines;
    auto add = [&lines](const std::vector<std::string>& more) {
      lines.insert(lines.end(), more.begin(), more.end());
    };
    switch (kind) {
      case JoinKind::kInner:
        add(inner);
        break;
      case JoinKind::kLeft:
        add(inner), add(left_only);
        break;
      case JoinKind::kRight:
        add(inner), add(right_only);
        break;
      case JoinKind::kFull:
        add(inner), add(left_only), add(right_only);
        break;
      case JoinKind::kSemi:
        add({"2|two longer"});
        break;
      case JoinKind::kAnti:
        add({"1|one", "NULL|none"});
        break;
      default:
        break;
    }
    return Values(lines);
  };
  for (JoinKind kind : {JoinKind::kInner, JoinKind::kLeft, JoinKind::kRight, JoinKind::kFull,
                        JoinKind::kSemi, JoinKind::kAnti}) {
    for (bool build_is_left : {false, true}) {
      SCOPED_TRACE(std::to_string(static_cast<int>(kind)) + (build_is_left ? " left" : " right"));
      NodePtr left = Scan(a, 1), right = Scan(b, 11);
      auto x = List(Col(1, TypeId::kInt4)), y = List(Col(11, TypeId::kInt4));
      NodePtr join = build_is_left ? HashJoin(kind, true, std::move(left), std::move(right),
                                              std::move(x), std::move(y))
                                   : HashJoin(kind, false, std::move(right), std::move(left),
                                              std::move(y), std::move(x));
      EXPECT_EQ(Run(MakePlan(std::move(join))), expected(kind));
      NodePtr left2 = Scan(a, 1), right2 = Scan(b, 11);
      ExprPtr predicate = Op("=", Col(1, TypeId::kInt4), Col(11, TypeId::kInt4));
      NodePtr loop =
          build_is_left
              ? NestedLoop(kind, true, std::move(left2), std::move(right2), std::move(predicate))
              : NestedLoop(kind, false, std::move(right2), std::move(left2), std::move(predicate));
      EXPECT_EQ(Run(MakePlan(std::move(loop))), expected(kind));
    }
  }
  // Mark: NULL where no match but a NULL on either side.
  const std::vector<std::string> marked = {"1|one|NULL", "2|two longer|true", "NULL|none|NULL"};
  auto mark = HashJoin(JoinKind::kMark, false, Scan(b, 11), Scan(a, 1),
                       List(Col(11, TypeId::kInt4)), List(Col(1, TypeId::kInt4)));
  mark->As<physical::HashJoin>().null_aware = true;
  std::vector<std::string> got = Run(MakePlan(std::move(mark)));
  for (std::string& line : got) {
    if (line.ends_with("|t")) line = line.substr(0, line.size() - 1) + "true";
  }
  EXPECT_EQ(got, Values(marked));
  std::string error;
  auto single = HashJoin(JoinKind::kSingle, false, Scan(b, 11), Scan(a, 1),
                         List(Col(11, TypeId::kInt4)), List(Col(1, TypeId::kInt4)));
  Run(MakePlan(std::move(single)), {}, false, &error);
  EXPECT_EQ(error, "21000: more than one row returned by a subquery used as an expression");
}

TEST_F(DriverTest, JoinOfMany) {
  Table& t = MakeNumbers(60000);
  auto join =
      HashJoin(JoinKind::kInner, false, Scan(t, 11), Scan(t, 1), List(Col(11, TypeId::kInt4)),
               List(Col(1, TypeId::kInt4)), Op("<>", Col(4, TypeId::kText), Text("name number 5")));
  auto plan = MakePlan(
      Aggregate(std::move(join), 30, {},
                Calls(Call(31, "count", nullptr), Call(32, "sum", Col(11, TypeId::kInt4)))));
  EXPECT_EQ(Run(plan), Values({"54000|1619970000"}));
}

TEST_F(DriverTest, SortAndTopN) {
  Table& t = MakeNumbers(100000);
  auto top = MakePlan(Sort(
      Project(Scan(t, 1), 20, List(Col(1, TypeId::kInt4), Col(4, TypeId::kText))),
      [] {
        std::vector<logical::SortKey> keys;
        keys.push_back(Key(Col(4, TypeId::kText), true));
        keys.push_back(Key(Col(1, TypeId::kInt4)));
        return keys;
      }(),
      expr::MakeConst(Value::Int8(3)), expr::MakeConst(Value::Int8(1))));
  EXPECT_EQ(Run(top, {}, true),
            (std::vector<std::string>{"19|name number 9", "29|name number 9", "39|name number 9"}));
  std::vector<logical::SortKey> keys;
  keys.push_back(Key(Col(5, TypeId::kInt4), false, true));
  keys.push_back(Key(Col(1, TypeId::kInt4), true));
  auto all =
      MakePlan(Sort(Project(Scan(t, 1), 20, List(Col(1, TypeId::kInt4), Col(5, TypeId::kInt4))),
                    std::move(keys)));
  std::vector<std::string> lines = Run(all, {}, true);
  ASSERT_EQ(lines.size(), 100000u);
  EXPECT_EQ(lines[0], "99999|NULL");
  EXPECT_EQ(lines.back(), "13|6");
}

TEST_F(DriverTest, LimitOffsetAppend) {
  Table& t = MakeNumbers(5000);
  auto limit = std::make_unique<physical::Limit>();
  limit->limit = expr::MakeConst(Value::Int8(5));
  limit->offset = expr::MakeConst(Value::Int8(4998));
  auto append = std::make_unique<physical::Append>();
  append->outputs.push_back(Out(50, "id", TypeId::kInt4));
  append->children.push_back(Project(Scan(t, 1), 20, List(Col(1, TypeId::kInt4))));
  append->children.push_back(Project(Scan(t, 11), 20, List(Col(11, TypeId::kInt4))));
  limit->outputs = append->outputs;
  limit->children.push_back(std::move(append));
  auto plan = MakePlan(std::move(limit));
  EXPECT_EQ(Run(plan), Values({"4998", "4999", "0", "1", "2"}));
}

TEST_F(DriverTest, SetOperations) {
  auto rows = [](uint32_t id, const std::vector<int>& numbers) -> NodePtr {
    auto values = std::make_unique<physical::Values>();
    values->outputs.push_back(Out(id, "n", TypeId::kInt4));
    for (int n : numbers) {
      values->rows.emplace_back();
      values->rows.back().push_back(n < 0 ? NullOf(TypeId::kInt4) : Int(n));
    }
    return values;
  };
  auto run = [&](logical::SetOperationKind kind, bool all) {
    auto node = std::make_unique<physical::HashSetOperation>();
    node->operation = kind;
    node->all = all;
    node->outputs.push_back(Out(3, "n", TypeId::kInt4));
    node->children.push_back(rows(1, {1, 1, 2, -1, -1, 3}));
    node->children.push_back(rows(2, {1, 2, 2, -1, 4}));
    return Run(MakePlan(std::move(node)));
  };
  using logical::SetOperationKind;
  EXPECT_EQ(run(SetOperationKind::kIntersect, false), Values({"1", "2", "NULL"}));
  EXPECT_EQ(run(SetOperationKind::kIntersect, true), Values({"1", "2", "NULL"}));
  EXPECT_EQ(run(SetOperationKind::kExcept, false), Values({"3"}));
  EXPECT_EQ(run(SetOperationKind::kExcept, true), Values({"1", "3", "NULL"}));
}

TEST_F(DriverTest, CaseAndThreeValuedLogic) {
  Table& t = MakeNumbers(10);
  // The arm that divides by zero is not reached.
  auto plan = MakePlan(
      Project(Scan(t, 1), 20,
              List(Make(expr::Kind::kCase, TypeId::kInt4, Op("=", Col(1, TypeId::kInt4), Int(0)),
                        Int(-1), Op("/", Int(10), Col(1, TypeId::kInt4))),
                   Make(expr::Kind::kCoalesce, TypeId::kInt4, Col(5, TypeId::kInt4), Int(42)))));
  EXPECT_EQ(Run(plan),
            Values({"-1|42", "10|1", "5|2", "3|42", "2|4", "2|5", "1|42", "1|0", "1|1", "1|42"}));
  auto unknown = MakePlan(
      Filter(Scan(t, 1),
             List(Make(expr::Kind::kOr, TypeId::kBool, Op("=", Col(5, TypeId::kInt4), Int(1)),
                       Make(expr::Kind::kAnd, TypeId::kBool, Op(">", Col(5, TypeId::kInt4), Int(0)),
                            Op("=", Col(1, TypeId::kInt4), Int(4)))))));
  EXPECT_EQ(Run(unknown).size(), 3u);
}

TEST_F(DriverTest, Modify) {
  Table& t = MakeNumbers(3);
  auto modify = std::make_unique<physical::Modify>();
  modify->write = exec::WriteKind::kDelete;
  modify->relation = t.relation;
  for (uint32_t i = 1; i <= 6; ++i) modify->source.push_back(ColumnId(i));
  modify->children.push_back(Scan(t, 1));
  auto query = TheCompiler().Compile(MakePlan(std::move(modify)), CompileOptions());
  ASSERT_TRUE(query.ok());
  EXPECT_FALSE(query.value()->returns_rows());
  Outcome outcome = RunOnce(query.value(), TierChoice::kAuto, 1, {});
  EXPECT_EQ(outcome.error, "");
  EXPECT_EQ(outcome.stats.rows, 3u);
  EXPECT_EQ(tables_.written.size(), 3u);
}

TEST_F(DriverTest, MemoryLimit) {
  Table& t = MakeNumbers(50000);
  std::vector<logical::SortKey> keys;
  keys.push_back(Key(Col(1, TypeId::kInt4)));
  auto query = TheCompiler().Compile(MakePlan(Sort(Scan(t, 1), std::move(keys))), CompileOptions());
  ASSERT_TRUE(query.ok());
  base::MemoryBudget budget(1 << 20);
  Outcome outcome = RunOnce(query.value(), TierChoice::kAuto, 2, {}, &budget);
  EXPECT_EQ(outcome.error.substr(0, 5), "53200");
  EXPECT_EQ(budget.used_bytes(), 0u);
}

TEST_F(DriverTest, Texts) {
  Table& t = MakeNumbers(10);
  auto query = TheCompiler().Compile(
      MakePlan(Filter(Scan(t, 1), List(Op("<", Col(1, TypeId::kInt4), Int(4))))), CompileOptions());
  ASSERT_TRUE(query.ok());
  EXPECT_NE(query.value()->PipelinesText().find("p1_scan_numbers_result"), std::string::npos);
  EXPECT_NE(query.value()->IrText().value().find("define i32 @p1_scan_numbers_result"),
            std::string::npos);
  EXPECT_NE(query.value()->AsmText(1).value().find("p1_scan_numbers_result"), std::string::npos);
  Outcome outcome = RunOnce(query.value(), TierChoice::kAuto, 1, {}, nullptr, true);
  EXPECT_EQ(outcome.error, "");
  ASSERT_EQ(outcome.stats.operators.size(), 2u);
  EXPECT_EQ(outcome.stats.operators[0].rows, 4u);
  EXPECT_EQ(outcome.stats.operators[1].rows, 10u);
}

}  // namespace
}  // namespace lathe::driver::testing
