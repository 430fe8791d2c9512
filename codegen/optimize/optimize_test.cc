// Plans by their text, over the tables of TPC-H with statistics like those of scale factor 1; and
// join orders against exhaustive search.
#include "codegen/optimize/optimize.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "codegen/optimize/join_graph.h"
#include "codegen/optimize/plan_testing.h"

namespace lathe::optimize::testing {
namespace {

using expr::SubqueryKind;
using logical::JoinKind;
using ::testing::HasSubstr;
using ::testing::Not;

class OptimizeTest : public ::testing::Test {
 protected:
  OptimizeTest() : build_(&query_.ids) {
    const Type int4(TypeId::kInt4), date(TypeId::kDate), text(TypeId::kText);
    const Type money = Type::NumericColumn(15, 2);
    orders_ = catalog_.Add(
        "orders", {{"o_orderkey", int4}, {"o_custkey", int4}, {"o_orderdate", date}}, {0}, 1500000);
    lineitem_ = catalog_.Add("lineitem",
                             {{"l_orderkey", int4},
                              {"l_linenumber", int4},
                              {"l_partkey", int4},
                              {"l_suppkey", int4},
                              {"l_extendedprice", money}},
                             {0, 1}, 6000000);
    part_ = catalog_.Add("part", {{"p_partkey", int4}, {"p_size", int4}, {"p_name", text}}, {0},
                         200000);
    partsupp_ = catalog_.Add("partsupp",
                             {{"ps_partkey", int4}, {"ps_suppkey", int4}, {"ps_availqty", int4}},
                             {0, 1}, 800000);
    customer_ = catalog_.Add("customer", {{"c_custkey", int4}, {"c_nationkey", int4}}, {0}, 150000);
    nation_ = catalog_.Add("nation", {{"n_nationkey", int4}, {"n_regionkey", int4}}, {0}, 25);
    catalog_.SetDistinct("orders", "o_custkey", 100000);
    catalog_.SetDistinct("lineitem", "l_orderkey", 1500000);
    catalog_.SetDistinct("lineitem", "l_partkey", 200000);
    catalog_.SetDistinct("lineitem", "l_suppkey", 10000);
    catalog_.SetDistinct("partsupp", "ps_partkey", 200000);
    catalog_.SetDistinct("partsupp", "ps_suppkey", 10000);
    catalog_.SetDistinct("customer", "c_nationkey", 25);
    catalog_.SetDistinct("part", "p_size", 50);
  }

  /// The plan of the query whose root this is, without estimates.
  std::string Plan(NodePtr root, bool estimates = false) {
    query_.root = std::move(root);
    Status valid = logical::Verify(*query_.root);
    EXPECT_TRUE(valid.ok()) << valid.error().ToString();
    OptimizeContext context;
    context.catalog = &catalog_;
    context.verify = true;
    Result<physical::Plan> plan = Optimize(std::move(query_), context);
    if (!plan.ok()) return plan.error().ToString();
    return physical::Print(*plan->root, estimates);
  }
  NodePtr Cross(NodePtr left, NodePtr right) {
    return build_.Join(JoinKind::kInner, std::move(left), std::move(right), expr::MakeBool(true));
  }

  TestCatalog catalog_;
  logical::Query query_;
  Builder build_;
  schema::RelationPtr orders_, lineitem_, part_, partsupp_, customer_, nation_;
};

TEST_F(OptimizeTest, KeyBecomesBounds) {
  NodePtr scan = build_.Scan(lineitem_);
  ExprPtr where =
      And(Op("=", Ref(scan, "l_orderkey"), Int(7)), Op(">", Ref(scan, "l_linenumber"), Int(2)));
  NodePtr filter = build_.Filter(scan, std::move(where));
  EXPECT_EQ(Plan(build_.Only(filter, Ref(scan, "l_suppkey"))),
            "TableScan lineitem [l_suppkey#4] from exclusive (7, 2) to(7)\n");
}

TEST_F(OptimizeTest, OtherColumnsSkipPages) {
  NodePtr scan = build_.Scan(part_);
  ExprPtr where = And(Op(">=", Ref(scan, "p_size"), Int(3)), Op("<", Ref(scan, "p_size"), Int(9)));
  NodePtr filter = build_.Filter(scan, std::move(where));
  EXPECT_EQ(Plan(build_.Only(filter, Ref(scan, "p_partkey"))),
            "Filter (p_size#2 >= 3) AND (p_size#2 < 9)\n"
            "  TableScan part [p_partkey#1, p_size#2] skip p_size not in [3..9]\n");
}

TEST_F(OptimizeTest, ConstantsSpreadOverEqualities) {
  NodePtr l = build_.Scan(lineitem_), o = build_.Scan(orders_);
  ExprPtr where = And(Op("=", Ref(l, "l_orderkey"), Ref(o, "o_orderkey")),
                      Op("=", Ref(o, "o_orderkey"), Int(7)));
  NodePtr filter = build_.Filter(Cross(l, o), std::move(where));
  const std::string plan = Plan(build_.Only(filter, Ref(l, "l_suppkey")));
  EXPECT_THAT(plan, HasSubstr("TableScan orders [o_orderkey#6] from(7) to(7)"));
  EXPECT_THAT(plan, HasSubstr("TableScan lineitem [l_orderkey#1, l_suppkey#4] from(7) to(7)"));
}

TEST_F(OptimizeTest, SmallSideIsBuilt) {
  NodePtr c = build_.Scan(customer_), n = build_.Scan(nation_);
  NodePtr join =
      build_.Join(JoinKind::kInner, c, n, Op("=", Ref(c, "c_nationkey"), Ref(n, "n_nationkey")));
  EXPECT_EQ(Plan(build_.Only(join, Ref(c, "c_custkey")), true),
            "HashJoin inner build=right on n_nationkey#3 = c_nationkey#2 (rows=150000)\n"
            "  TableScan nation [n_nationkey#3] (rows=25)\n"
            "  TableScan customer [c_custkey#1, c_nationkey#2] (rows=150000)\n");
}

TEST_F(OptimizeTest, TwoColumnKeyFindsOneRow) {
  NodePtr l = build_.Scan(lineitem_), ps = build_.Scan(partsupp_);
  NodePtr join = build_.Join(JoinKind::kInner, l, ps,
                             And(Op("=", Ref(l, "l_partkey"), Ref(ps, "ps_partkey")),
                                 Op("=", Ref(l, "l_suppkey"), Ref(ps, "ps_suppkey"))));
  EXPECT_THAT(Plan(join, true), HasSubstr("(rows=6000000)\n  TableScan partsupp"));
}

TEST_F(OptimizeTest, CommonConditionOfOrBecomesKey) {
  NodePtr l = build_.Scan(lineitem_), p = build_.Scan(part_);
  auto branch = [&](int size, int line) {
    return And(
        Op("=", Ref(l, "l_partkey"), Ref(p, "p_partkey")),
        And(Op("<", Ref(p, "p_size"), Int(size)), Op("=", Ref(l, "l_linenumber"), Int(line))));
  };
  NodePtr filter = build_.Filter(Cross(l, p), Or(branch(5, 1), branch(9, 2)));
  const std::string plan = Plan(build_.Only(filter, Ref(l, "l_suppkey")));
  EXPECT_THAT(plan, HasSubstr("on l_partkey#3 = p_partkey#6 where"));
  EXPECT_THAT(plan, HasSubstr("Filter ((p_size#7 < 5) OR (p_size#7 < 9))"));
  EXPECT_THAT(plan, HasSubstr("Filter ((l_linenumber#2 = 1) OR (l_linenumber#2 = 2))"));
}

TEST_F(OptimizeTest, RejectedNullsMakeInnerJoin) {
  NodePtr c = build_.Scan(customer_), o = build_.Scan(orders_);
  NodePtr join =
      build_.Join(JoinKind::kLeft, c, o, Op("=", Ref(c, "c_custkey"), Ref(o, "o_custkey")));
  NodePtr filter = build_.Filter(join, Op(">", Ref(o, "o_orderkey"), Int(5)));
  EXPECT_THAT(Plan(filter), HasSubstr("HashJoin inner"));
}

TEST_F(OptimizeTest, NotInOfNullableColumnIsMarkJoin) {
  NodePtr c = build_.Scan(customer_), o = build_.Scan(orders_);
  NodePtr keys = build_.Only(o, Ref(o, "o_custkey"));
  NodePtr filter =
      build_.Filter(c, expr::MakeNot(Subquery(SubqueryKind::kAny, keys, Ref(c, "c_custkey"))));
  EXPECT_THAT(
      Plan(filter),
      HasSubstr("HashJoin mark build=right mark#7 null-aware on o_custkey#4 = c_custkey#1"));
}

TEST_F(OptimizeTest, NotInOfKeyIsAntiJoin) {
  NodePtr c = build_.Scan(customer_), o = build_.Scan(orders_);
  NodePtr keys = build_.Only(o, Ref(o, "o_orderkey"));
  NodePtr filter =
      build_.Filter(c, expr::MakeNot(Subquery(SubqueryKind::kAny, keys, Ref(c, "c_custkey"))));
  EXPECT_THAT(Plan(filter), HasSubstr("HashJoin anti"));
}

TEST_F(OptimizeTest, CorrelatedCountKeepsZero) {
  NodePtr c = build_.Scan(customer_), o = build_.Scan(orders_);
  NodePtr inner = build_.Filter(o, Op("=", Ref(o, "o_custkey"), Ref(c, "c_custkey")));
  NodePtr count = build_.CountRows(inner);
  std::vector<std::pair<std::string, ExprPtr>> list;
  list.emplace_back("", Ref(c, "c_custkey"));
  list.emplace_back("n", Subquery(SubqueryKind::kScalar, count));
  EXPECT_EQ(Plan(build_.Project(c, std::move(list))),
            "Project [c_custkey#1, count#6 AS n#8]\n"
            "  Project [c_custkey#1, COALESCE(count#10, 0) AS count#6]\n"
            "    HashJoin left build=right on o_custkey#9 = c_custkey#1\n"
            "      HashAggregate by o_custkey#4 AS o_custkey#9 compute count(*) AS count#10\n"
            "        TableScan orders [o_custkey#4]\n"
            "      TableScan customer [c_custkey#1]\n");
}

// As in PostgreSQL, which evaluates a qualification where its columns are.
TEST_F(OptimizeTest, ConditionThatMayFailGoesDown) {
  NodePtr c = build_.Scan(customer_), o = build_.Scan(orders_);
  NodePtr join =
      build_.Join(JoinKind::kInner, c, o, Op("=", Ref(c, "c_custkey"), Ref(o, "o_custkey")));
  NodePtr filter = build_.Filter(join, Op(">", Op("/", Int(100), Ref(c, "c_nationkey")), Int(5)));
  const std::string plan = Plan(filter);
  EXPECT_THAT(plan, HasSubstr("  Filter ((100 / c_nationkey#2) > 5)\n    TableScan customer"));
}

TEST_F(OptimizeTest, SortWithLimitIsTopN) {
  NodePtr o = build_.Scan(orders_);
  auto sort = std::make_shared<logical::Sort>();
  sort->keys.push_back({Ref(o, "o_orderdate"), true, true});
  sort->outputs = o->outputs;
  sort->children = {o};
  NodePtr project = build_.Only(sort, Ref(o, "o_orderkey"));
  auto limit = std::make_shared<logical::Limit>();
  limit->limit = expr::MakeConst(Value::Int8(10));
  limit->outputs = project->outputs;
  limit->children = {project};
  EXPECT_EQ(Plan(limit),
            "TopN o_orderdate#3 DESC LIMIT 10\n"
            "  TableScan orders [o_orderkey#1, o_orderdate#3]\n");
}

TEST_F(OptimizeTest, FirstRowsByKeyNeedNoSort) {
  NodePtr o = build_.Scan(orders_);
  auto sort = std::make_shared<logical::Sort>();
  sort->keys.push_back({Ref(o, "o_orderkey"), false, false});
  sort->outputs = o->outputs;
  sort->children = {build_.Filter(o, Op(">", Ref(o, "o_orderkey"), Int(100)))};
  auto limit = std::make_shared<logical::Limit>();
  limit->limit = expr::MakeConst(Value::Int8(10));
  limit->outputs = sort->outputs;
  limit->children = {sort};
  EXPECT_EQ(Plan(limit),
            "Limit LIMIT 10\n"
            "  TableScan orders [o_orderkey#1, o_custkey#2, o_orderdate#3] from exclusive (100) in "
            "key order\n");
}

TEST_F(OptimizeTest, InListIsLookedUpInKey) {
  NodePtr o = build_.Scan(orders_);
  auto in = std::make_unique<Expr>(expr::Kind::kInList, Type(TypeId::kBool));
  ExprPtr equal = Op("=", Ref(o, "o_orderkey"), Int(3));
  in->function = equal->function;
  in->children.push_back(Ref(o, "o_orderkey"));
  for (int n : {7, 3, 5}) in->children.push_back(Int(n));
  EXPECT_EQ(Plan(build_.Only(build_.Filter(o, std::move(in)), Ref(o, "o_orderkey"))),
            "TableScan orders [o_orderkey#1] at (7), (3), (5)\n");
}

TEST_F(OptimizeTest, IndexIsUsedWhereItIsCheaper) {
  catalog_.AddIndex("orders", "by_customer", {{1}});
  NodePtr o = build_.Scan(orders_);
  EXPECT_EQ(Plan(build_.Filter(o, Op("=", Ref(o, "o_custkey"), Int(3)))),
            "IndexScan by_customer on orders [o_orderkey#1, o_custkey#2, o_orderdate#3] from(3) "
            "to(3)\n");
  o = build_.Scan(orders_);
  // The conditions stay: NULLs lie behind the last value.
  EXPECT_EQ(Plan(build_.Only(build_.Filter(o, And(Op(">", Ref(o, "o_custkey"), Int(3)),
                                                  Op("=", Ref(o, "o_orderkey"), Int(7)))),
                             Ref(o, "o_custkey"))),
            "Filter (o_custkey#5 > 3)\n"
            "  TableScan orders [o_custkey#5] from(7) to(7) skip o_custkey not in [3..]\n");
  o = build_.Scan(orders_);
  EXPECT_THAT(Plan(build_.Filter(o, Op("<", Ref(o, "o_custkey"), Int(3)))),
              Not(HasSubstr("IndexScan")));
}

TEST_F(OptimizeTest, IndexHasAllThatIsRead) {
  catalog_.AddIndex("orders", "by_customer", {{1}});
  NodePtr o = build_.Scan(orders_);
  EXPECT_EQ(Plan(build_.Only(build_.Filter(o, Op("=", Ref(o, "o_custkey"), Int(3))),
                             Ref(o, "o_orderkey"))),
            "IndexOnlyScan by_customer on orders [o_orderkey#1] from(3) to(3)\n");
}

TEST_F(OptimizeTest, JoinLooksKeysUp) {
  catalog_.AddIndex("lineitem", "by_part", {{2}, {3, true, true}});
  NodePtr p = build_.Scan(part_), l = build_.Scan(lineitem_);
  NodePtr few = build_.Filter(p, Op("=", Ref(p, "p_size"), Int(3)));
  const std::string plan = Plan(
      build_.Join(JoinKind::kInner, few, l, Op("=", Ref(p, "p_partkey"), Ref(l, "l_partkey"))));
  EXPECT_THAT(plan, HasSubstr("or by the join's keys in by_part"));
}

TEST_F(OptimizeTest, DistinctOverKeyIsNothing) {
  NodePtr o = build_.Scan(orders_);
  std::vector<ExprPtr> groups;
  groups.push_back(Ref(o, "o_orderkey"));
  groups.push_back(Ref(o, "o_custkey"));
  EXPECT_THAT(Plan(build_.Aggregate(o, std::move(groups), {})), Not(HasSubstr("HashAggregate")));
}

TEST_F(OptimizeTest, GroupsGoBelowTheJoin) {
  NodePtr c = build_.Scan(customer_), o = build_.Scan(orders_);
  NodePtr join =
      build_.Join(JoinKind::kLeft, c, o, Op("=", Ref(c, "c_custkey"), Ref(o, "o_custkey")));
  std::vector<ExprPtr> groups;
  groups.push_back(Ref(c, "c_custkey"));
  std::vector<std::pair<std::string, ExprPtr>> calls;
  calls.emplace_back("count", Ref(o, "o_orderkey"));
  const std::string plan = Plan(build_.Aggregate(join, std::move(groups), std::move(calls)));
  EXPECT_THAT(plan, HasSubstr("COALESCE(count"));
  EXPECT_THAT(plan, HasSubstr("\n    HashAggregate by o_custkey"));
}

TEST_F(OptimizeTest, FewOuterRowsRestrictTheAggregate) {
  NodePtr p = build_.Scan(part_), l = build_.Scan(lineitem_);
  std::vector<std::pair<std::string, ExprPtr>> calls;
  calls.emplace_back("max", Ref(l, "l_suppkey"));
  NodePtr inner = build_.Aggregate(
      build_.Filter(l, Op("=", Ref(l, "l_partkey"), Ref(p, "p_partkey"))), {}, std::move(calls));
  ExprPtr value = Subquery(SubqueryKind::kScalar, inner);
  NodePtr outer = build_.Filter(p, Op("=", Ref(p, "p_size"), Int(3)));
  NodePtr root = build_.Filter(outer, Op("<", Ref(p, "p_size"), std::move(value)));
  const std::string plan = Plan(build_.Only(root, Ref(p, "p_partkey")));
  EXPECT_THAT(plan, HasSubstr("Materialize outer"));
  EXPECT_THAT(plan, HasSubstr("CteScan domain"));
}

TEST_F(OptimizeTest, RulesCanBeNamed) {
  std::set<std::string_view> names;
  for (const RuleName& rule : Rules()) {
    EXPECT_TRUE(names.insert(rule.name).second) << rule.name;
    EXPECT_FALSE(rule.summary.empty());
  }
}

/// A random tree of joins over n scans; each predicate ties one column of each side.
NodePtr RandomTree(Builder* build, const std::vector<schema::RelationPtr>& tables, size_t n,
                   std::mt19937* random, bool only_inner) {
  if (n == 1) return build->Scan(tables[(*random)() % tables.size()]);
  const size_t left_size = 1 + (*random)() % (n - 1);
  NodePtr left = RandomTree(build, tables, left_size, random, only_inner);
  NodePtr right = RandomTree(build, tables, n - left_size, random, only_inner);
  static const JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kInner, JoinKind::kLeft,
                                    JoinKind::kSemi,  JoinKind::kAnti,  JoinKind::kFull};
  const JoinKind kind = only_inner ? JoinKind::kInner : kKinds[(*random)() % 6];
  auto pick = [&](const NodePtr& node) {
    return ColumnRef(node->outputs[(*random)() % node->outputs.size()]);
  };
  ExprPtr predicate = Op((*random)() % 4 ? "=" : "<", pick(left), pick(right));
  if ((*random)() % 4 == 0) predicate = And(std::move(predicate), Op("=", pick(left), pick(right)));
  return build->Join(kind, left, right, std::move(predicate));
}

/// The cheapest plan of all sets and all their splits, for comparison.
JoinPlan Exhaustive(const JoinGraph& graph) {
  JoinPlan plan;
  for (size_t i = 0; i < graph.relations.size(); ++i)
    plan[RelationSet{1} << i] = {0, 0, graph.rows[i], 0};
  JoinApplication application(graph);
  for (RelationSet set = 1; set <= graph.all(); ++set) {
    for (RelationSet a = (set - 1) & set; a; a = (a - 1) & set) {
      JoinStep step;
      if (!PriceJoin(&application, plan, a, set & ~a, &step)) continue;
      auto [entry, added] = plan.try_emplace(set, step);
      if (!added && step.cost < entry->second.cost) entry->second = step;
    }
  }
  return plan;
}

TEST(JoinOrderTest, ExactSearchMissesNothing) {
  int orders_compared = 0;
  for (uint32_t seed = 1; seed <= 400; ++seed) {
    std::mt19937 random(seed);
    TestCatalog catalog;
    std::vector<schema::RelationPtr> tables;
    const Type int4(TypeId::kInt4);
    for (int t = 0; t < 5; ++t) {
      const std::string name(1, static_cast<char>('a' + t));
      tables.push_back(catalog.Add(name, {{"k", int4}, {"x", int4}, {"y", int4}}, {0},
                                   static_cast<double>(10 + random() % 100000)));
      catalog.SetDistinct(name, "x", static_cast<double>(1 + random() % 5000));
    }
    logical::ColumnIds ids;
    Builder build(&ids);
    NodePtr tree = RandomTree(&build, tables, 3 + random() % 5, &random, seed % 2 == 0);
    OptimizeContext context;
    context.catalog = &catalog;
    Estimator estimator(context);
    JoinGraph graph = TakeApart(tree, &estimator);
    JoinPlan found = FindJoinPlan(&graph);
    ASSERT_EQ(found.count(graph.all()), 1u) << "seed " << seed;
    JoinPlan best = Exhaustive(graph);
    ASSERT_EQ(best.count(graph.all()), 1u) << "seed " << seed;
    ASSERT_DOUBLE_EQ(found.at(graph.all()).cost, best.at(graph.all()).cost) << "seed " << seed;
    ++orders_compared;
  }
  EXPECT_EQ(orders_compared, 400);
}

TEST(JoinOrderTest, ManyRelations) {
  for (const size_t n : {20u, 40u, 64u, 100u}) {
    for (const bool star : {false, true}) {
      TestCatalog catalog;
      const Type int4(TypeId::kInt4);
      schema::RelationPtr table = catalog.Add("t", {{"k", int4}, {"x", int4}}, {0}, 1000);
      logical::Query query;
      Builder build(&query.ids);
      NodePtr tree = build.Scan(table);
      NodePtr hub = tree, last = tree;
      for (size_t i = 1; i < n; ++i) {
        NodePtr next = build.Scan(table);
        ExprPtr predicate = Op("=", Ref(star ? hub : last, "x"), Ref(next, "k"));
        tree = build.Join(JoinKind::kInner, tree, next, std::move(predicate));
        last = next;
      }
      query.root = build.CountRows(tree);
      OptimizeContext context;
      context.catalog = &catalog;
      context.verify = true;
      Result<physical::Plan> plan = Optimize(std::move(query), context);
      ASSERT_TRUE(plan.ok()) << plan.error().ToString();
      EXPECT_THAT(physical::Print(*plan->root), Not(HasSubstr("NestedLoop")));
    }
  }
}

}  // namespace
}  // namespace lathe::optimize::testing
