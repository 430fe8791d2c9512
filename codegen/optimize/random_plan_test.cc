// Random queries over tiny tables: the physical plan must give the rows that the query as bound
// gives, with all rules and with each single rule switched off.
#include <gtest/gtest.h>

#include "codegen/optimize/plan_testing.h"

namespace lathe::optimize::testing {
namespace {

using expr::SubqueryKind;
using logical::JoinKind;

class RandomQuery {
 public:
  RandomQuery(uint32_t seed, TestCatalog* catalog, const std::vector<schema::RelationPtr>& tables)
      : random_(seed), tables_(tables), build_(&query_.ids) {
    (void)catalog;
  }

  logical::Query Make() {
    NodePtr root = Select(2 + Pick(2), {});
    query_.root = std::move(root);
    return std::move(query_);
  }

 private:
  using Columns = std::vector<OutputColumn>;

  int Pick(int n) { return static_cast<int>(random_() % static_cast<uint32_t>(n)); }
  bool Chance(int percent) { return Pick(100) < percent; }

  static Columns IntsOf(const Columns& columns) {
    Columns ints;
    for (const OutputColumn& c : columns) {
      if (c.type.id == TypeId::kInt4) ints.push_back(c);
    }
    return ints;
  }

  ExprPtr ColumnOrInt(const Columns& columns) {
    const Columns ints = IntsOf(columns);
    if (ints.empty() || Chance(15)) return Int(Pick(4));
    return ColumnRef(ints[Pick(static_cast<int>(ints.size()))]);
  }

  ExprPtr Comparison(const Columns& a, const Columns& b) {
    static const char* kOps[] = {"=", "=", "=", "<", ">=", "<>"};
    return Op(kOps[Pick(6)], ColumnOrInt(a), ColumnOrInt(b));
  }

  ExprPtr Predicate(const Columns& a, const Columns& b, int depth) {
    const int form = Pick(12);
    if (depth > 0 && form < 3) return And(Predicate(a, b, depth - 1), Predicate(a, b, depth - 1));
    if (depth > 0 && form < 5) return Or(Predicate(a, b, depth - 1), Predicate(a, b, depth - 1));
    if (depth > 0 && form == 5) return expr::MakeNot(Predicate(a, b, depth - 1));
    if (form == 6) return MakeUnary(expr::Kind::kIsNull, ColumnOrInt(a));
    if (form == 7) return MakeUnary(expr::Kind::kIsNotNull, ColumnOrInt(b));
    if (form == 8 && !IntsOf(a).empty() && !IntsOf(b).empty()) {
      return MakeNotDistinct(ColumnOrInt(a), ColumnOrInt(b));
    }
    return Comparison(a, b);
  }

  NodePtr Table() { return build_.Scan(tables_[Pick(static_cast<int>(tables_.size()))]); }

  static Columns Both(Columns a, const Columns& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
  }

  /// A FROM clause. outer: columns of the queries around it.
  NodePtr From(int size, const Columns& outer, bool lateral) {
    if (size <= 1) {
      if (Chance(15)) return Derived(outer, lateral);
      return Table();
    }
    const int right_size = 1 + Pick(size / 2 + 1);
    NodePtr left = From(std::max(1, size - right_size), outer, lateral);
    const bool dependent = lateral && Chance(25);
    const Columns seen = dependent ? Both(outer, left->outputs) : outer;
    NodePtr right = dependent ? Derived(seen, true) : From(right_size, outer, lateral);
    static const JoinKind kKinds[] = {JoinKind::kInner, JoinKind::kInner, JoinKind::kInner,
                                      JoinKind::kLeft,  JoinKind::kLeft,  JoinKind::kRight,
                                      JoinKind::kFull};
    const JoinKind kind =
        dependent ? (Chance(50) ? JoinKind::kInner : JoinKind::kLeft) : kKinds[Pick(7)];
    ExprPtr predicate = kind == JoinKind::kInner && Chance(25)
                            ? expr::MakeBool(true)
                            : Predicate(left->outputs, right->outputs, 1);
    return build_.Join(kind, std::move(left), std::move(right), std::move(predicate), dependent);
  }

  NodePtr Derived(const Columns& outer, bool lateral) {
    return Select(1, lateral ? outer : Columns());
  }

  /// SELECT ... FROM ... WHERE, grouped or not; int columns only.
  NodePtr Select(int size, const Columns& outer, bool single_column = false) {
    const bool nested = !outer.empty();
    NodePtr node = From(size, outer, true);
    const int conjuncts = Pick(3) + (nested ? 1 : 0);
    for (int i = 0; i < conjuncts; ++i) {
      ExprPtr e;
      if (depth_ < 2 && Chance(45)) {
        e = SubqueryPredicate(Both(outer, node->outputs));
      } else if (nested && Chance(60)) {
        e = Predicate(outer, node->outputs, 1);
      } else {
        e = Predicate(node->outputs, node->outputs, 2);
      }
      node = build_.Filter(std::move(node), std::move(e));
    }
    if (Chance(30)) node = Grouped(std::move(node), outer);
    if (Chance(10) && !IntsOf(node->outputs).empty()) {
      const Columns seen = Both(outer, node->outputs);
      ExprPtr partition = ColumnOrInt(Chance(20) ? seen : node->outputs);
      ExprPtr order = Chance(50) ? ColumnOrInt(node->outputs) : nullptr;
      ExprPtr argument = ColumnOrInt(node->outputs);
      node = build_.Window(std::move(node), std::move(partition), std::move(order),
                           std::move(argument));
      if (Chance(40)) {
        ExprPtr e = Comparison(node->outputs, seen);
        node = build_.Filter(std::move(node), std::move(e));
      }
    }
    std::vector<std::pair<std::string, ExprPtr>> list;
    const Columns columns = node->outputs;
    const int count = single_column ? 1 : 1 + Pick(3);
    for (int i = 0; i < count; ++i) {
      ExprPtr e = ColumnOrInt(nested && Chance(10) ? Both(outer, columns) : columns);
      if (depth_ < 2 && Chance(10)) e = Scalar(Both(outer, columns));
      if (depth_ < 2 && Chance(4)) {
        // One branch has a subquery that need not have one row.
        auto branch = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt4));
        branch->children.push_back(Comparison(columns, columns));
        branch->children.push_back(std::move(e));
        ++depth_;
        branch->children.push_back(
            Subquery(SubqueryKind::kScalar, Select(1, Both(outer, columns), true)));
        --depth_;
        e = std::move(branch);
      }
      list.emplace_back("c", std::move(e));
    }
    node = build_.Project(std::move(node), std::move(list));
    if (Chance(12)) node = Distinct(std::move(node));
    if (Chance(10)) node = SetOperation(std::move(node), outer);
    if (Chance(10)) {
      // All columns order the rows, so that the first ones are always the same.
      std::vector<ExprPtr> keys;
      for (const OutputColumn& c : node->outputs) keys.push_back(ColumnRef(c));
      node = build_.Sort(std::move(node), std::move(keys));
      auto count = [](int n) { return expr::MakeConst(Value::Int8(n)); };
      ExprPtr limit = Chance(80) ? count(1 + Pick(3)) : nullptr;
      ExprPtr offset = Chance(30) || !limit ? count(Pick(2)) : nullptr;
      node = build_.Limit(std::move(node), std::move(limit), std::move(offset));
    }
    return node;
  }

  NodePtr Grouped(NodePtr node, const Columns& outer) {
    std::vector<ExprPtr> groups;
    const Columns columns = node->outputs;
    const int count = Pick(3);
    for (int i = 0; i < count; ++i) groups.push_back(ColumnOrInt(columns));
    std::vector<std::pair<std::string, ExprPtr>> calls;
    calls.emplace_back(Chance(50) ? "min" : "max", ColumnOrInt(columns));
    if (Chance(40)) calls.emplace_back("count", nullptr);
    if (Chance(20)) calls.emplace_back("count", ColumnOrInt(columns));
    node = build_.Aggregate(std::move(node), std::move(groups), std::move(calls));
    if (Chance(30)) {
      ExprPtr having = Predicate(Both(outer, node->outputs), node->outputs, 0);
      node = build_.Filter(std::move(node), std::move(having));
    }
    return node;
  }

  NodePtr Distinct(NodePtr node) {
    std::vector<ExprPtr> groups;
    for (const OutputColumn& c : node->outputs) groups.push_back(ColumnRef(c));
    return build_.Aggregate(std::move(node), std::move(groups), {});
  }

  NodePtr SetOperation(NodePtr left, const Columns& outer) {
    NodePtr right = Table();
    std::vector<std::pair<std::string, ExprPtr>> list;
    for (size_t i = 0; i < left->outputs.size(); ++i) {
      list.emplace_back("u",
                        ColumnOrInt(Chance(20) ? Both(outer, right->outputs) : right->outputs));
    }
    right = build_.Project(std::move(right), std::move(list));
    auto set = std::make_shared<logical::SetOperation>();
    set->operation = static_cast<logical::SetOperationKind>(Pick(3));
    set->all = Chance(50);
    for (const OutputColumn& c : left->outputs)
      set->outputs.push_back(build_.Column(c.name, c.type));
    set->children = {std::move(left), std::move(right)};
    return set;
  }

  ExprPtr Scalar(const Columns& outer) {
    ++depth_;
    NodePtr plan = Select(1 + Pick(2), outer, true);
    const Columns columns = plan->outputs;
    // Mostly aggregated, so that there is one row.
    if (Chance(85)) {
      std::vector<std::pair<std::string, ExprPtr>> calls;
      calls.emplace_back("max", ColumnRef(columns[0]));
      if (Chance(50)) calls.emplace_back("count", nullptr);
      plan = build_.Aggregate(std::move(plan), {}, std::move(calls));
      std::vector<std::pair<std::string, ExprPtr>> list;
      ExprPtr value = ColumnRef(plan->outputs[0]);
      if (plan->outputs.size() > 1) {
        auto pick = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt4));
        ExprPtr zero = expr::MakeConst(Value::Int8(0));
        pick->children.push_back(Op("=", ColumnRef(plan->outputs[1]), std::move(zero)));
        pick->children.push_back(Int(3));
        pick->children.push_back(std::move(value));
        value = std::move(pick);
      }
      list.emplace_back("s", std::move(value));
      plan = build_.Project(std::move(plan), std::move(list));
    }
    --depth_;
    return Subquery(SubqueryKind::kScalar, std::move(plan));
  }

  ExprPtr SubqueryPredicate(const Columns& outer) {
    if (Chance(25)) return Op(Chance(70) ? "=" : "<", ColumnOrInt(outer), Scalar(outer));
    ++depth_;
    ExprPtr e;
    if (Chance(45)) {
      e = Subquery(SubqueryKind::kExists, Select(1 + Pick(2), outer));
    } else {
      static const char* kOps[] = {"=", "=", "<", "<>"};
      NodePtr plan = Select(1 + Pick(2), outer, true);
      e = Subquery(Chance(75) ? SubqueryKind::kAny : SubqueryKind::kAll, std::move(plan),
                   ColumnOrInt(outer), kOps[Pick(4)]);
    }
    --depth_;
    if (Chance(40)) e = expr::MakeNot(std::move(e));
    if (Chance(20)) e = Or(std::move(e), Comparison(outer, outer));
    return e;
  }

  std::mt19937 random_;
  const std::vector<schema::RelationPtr>& tables_;
  logical::Query query_;
  Builder build_;
  int depth_ = 0;
};

/// Three tables, one without a key, with NULLs.
std::vector<schema::RelationPtr> FillTables(TestCatalog* catalog, uint32_t seed) {
  std::mt19937 random(seed);
  std::vector<schema::RelationPtr> tables;
  const Type int4(TypeId::kInt4);
  tables.push_back(catalog->Add("t", {{"k", int4}, {"a", int4}, {"b", int4}}, {0}, 10));
  tables.push_back(catalog->Add("u", {{"k", int4}, {"l", int4}, {"a", int4}}, {0, 1}, 1000));
  tables.push_back(catalog->Add("v", {{"a", int4}, {"b", int4}}, {}, 100000));
  auto value = [&](bool nullable) {
    if (nullable && random() % 4 == 0) return Value::Null(int4);
    return Value::Int4(static_cast<int32_t>(random() % 4));
  };
  for (int32_t k = 0; k < 4; ++k) {
    if (random() % 5)
      catalog->table("t").rows.push_back({Value::Int4(k), value(true), value(true)});
    for (int32_t l = 0; l < 2; ++l) {
      if (random() % 3 == 0)
        catalog->table("u").rows.push_back({Value::Int4(k), Value::Int4(l), value(true)});
    }
    if (random() % 4) catalog->table("v").rows.push_back({value(true), value(true)});
  }
  return tables;
}

/// Compares one query; disabled: a rule to leave out. Adds to *compared when there was something to
/// compare.
void Check(uint32_t seed, const std::string& disabled, int* compared) {
  TestCatalog catalog;
  const std::vector<schema::RelationPtr> tables = FillTables(&catalog, seed);
  logical::Query query = RandomQuery(seed, &catalog, tables).Make();
  const std::string before = logical::Print(*query.root);
  const std::vector<OutputColumn> outputs = query.root->outputs;
  if (Status valid = logical::Verify(*query.root); !valid.ok()) {
    FAIL() << valid.error().ToString() << "\n" << before;
  }
  Result<Relation> expected = Interpreter(&catalog).Run(*query.root, {});
  if (!expected.ok() && expected.error().state != SqlState::kCardinalityViolation) {
    FAIL() << expected.error().ToString() << "\n" << before;
  }
  std::string steps;
  OptimizeContext context;
  context.catalog = &catalog;
  context.verify = true;
  if (!disabled.empty()) context.disabled_rules.insert(disabled);
  context.trace = [&](std::string_view rule, const std::string& text, uint64_t) {
    steps += "== " + std::string(rule) + "\n" + text;
  };
  Result<physical::Plan> plan = Optimize(std::move(query), context);
  if (!plan.ok()) {
    ASSERT_EQ(plan.error().state, SqlState::kFeatureNotSupported)
        << "seed " << seed << " without " << disabled << "\n"
        << plan.error().ToString() << "\n"
        << before << steps;
    return;
  }
  Result<Relation> actual = Interpreter(&catalog).Run(*plan->root);
  if (!expected.ok()) return;
  // Deeply nested scalar subqueries may be evaluated for outer values that a filter between the
  // levels would have stopped.
  if (!actual.ok() && actual.error().state == SqlState::kCardinalityViolation) return;
  ASSERT_TRUE(actual.ok()) << "seed " << seed << " without " << disabled << "\n"
                           << actual.error().ToString() << "\n"
                           << before << steps;
  ASSERT_EQ(plan->root->outputs.size(), outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) ASSERT_EQ(plan->root->outputs[i].id, outputs[i].id);
  ASSERT_EQ(Interpreter::Texts(*actual, outputs), Interpreter::Texts(*expected, outputs))
      << "seed " << seed << " without " << disabled << "\n"
      << before << steps;
  ++*compared;
}

// Instrumented builds take their time.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint32_t kSeedsDefault = 150;
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr uint32_t kSeedsDefault = 150;
#else
constexpr uint32_t kSeedsDefault = 1500;
#endif
#else
constexpr uint32_t kSeedsDefault = 1500;
#endif

uint32_t Seeds() {
  const char* more = std::getenv("LATHE_OPTIMIZE_SEEDS");
  return more ? static_cast<uint32_t>(std::atoi(more)) : kSeedsDefault;
}

TEST(RandomPlanTest, AllRules) {
  int compared = 0;
  for (uint32_t seed = 1; seed <= Seeds(); ++seed) {
    Check(seed, "", &compared);
    if (HasFatalFailure()) return;
  }
  EXPECT_GT(compared, static_cast<int>(Seeds() / 2));
}

TEST(RandomPlanTest, WithoutOneRule) {
  int compared = 0;
  uint32_t seed = 100000;
  for (const RuleName& rule : Rules()) {
    if (rule.required) continue;
    for (uint32_t i = 0; i < Seeds() / 15; ++i) {
      Check(++seed, std::string(rule.name), &compared);
      if (HasFatalFailure()) return;
    }
  }
  EXPECT_GT(compared, 0);
}

}  // namespace
}  // namespace lathe::optimize::testing
