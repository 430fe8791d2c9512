// Puts every tree of joins into the cheapest order that is found.
#include "codegen/optimize/join_graph.h"
#include "codegen/optimize/rules.h"

#include <algorithm>

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

// Pairs of sets that the exact search may look at: about 5 ms.
constexpr size_t kExactPairsMax = 10000;

NodePtr Build(const JoinGraph& graph, JoinApplication* application, const JoinPlan& plan,
              RelationSet set) {
  const JoinStep& step = plan.at(set);
  if (!step.left) {
    size_t relation = 0;
    while (!(set >> relation & 1)) ++relation;
    return graph.relations[relation];
  }
  NodePtr left = Build(graph, application, plan, step.left);
  NodePtr right = Build(graph, application, plan, step.right);
  LATHE_CHECK(application->Find(step.left, step.right));
  auto join = std::make_shared<logical::Join>();
  join->join_kind = application->kind;
  std::vector<ExprPtr> conjuncts;
  for (const JoinOperator* op : application->operators) {
    for (const ExprPtr& e : op->conjuncts) conjuncts.push_back(e->Clone());
    if (op->kind == JoinKind::kMark) join->mark = op->mark;
  }
  join->predicate = expr::MakeAnd(std::move(conjuncts));
  join->children.push_back(std::move(left));
  join->children.push_back(std::move(right));
  RefreshOutputs(join.get());
  return join;
}

size_t CountInputs(const Node& node) {
  if (node.kind != Kind::kJoin) return 1;
  return CountInputs(*node.children[0]) + CountInputs(*node.children[1]);
}

/// A tree of joins whose inputs are in order already.
Status OrderTree(NodePtr* slot, Estimator* estimator) {
  if (CountInputs(**slot) < 3) return Ok();
  JoinGraph graph = TakeApart(*slot, estimator);
  const JoinPlan plan = FindJoinPlan(&graph);
  if (plan.empty()) return MakeError(SqlState::kInternalError, "no order of joins was found");
  *slot = Reassemble(&graph, plan);
  return Ok();
}

/// in_tree: the parent is a join, which takes this one into its tree.
/// ctes: what is known of the common table expressions around.
Status Order(NodePtr* slot, bool in_tree, const OptimizeContext& options, bool positional,
             Estimator::Ctes* ctes) {
  Node* node = slot->get();
  const bool join = node->kind == Kind::kJoin;
  const std::vector<OutputColumn> outputs = node->outputs;
  for (size_t i = 0; i < node->children.size(); ++i) {
    LATHE_TRY(Order(&node->children[i], join, options, TakesChildrenByPosition(*node), ctes));
    if (i > 0 || (node->kind != Kind::kWith && node->kind != Kind::kRecursive)) continue;
    const uint32_t cte = node->kind == Kind::kWith ? node->As<logical::With>().cte
                                                   : node->As<logical::Recursive>().working;
    Estimator estimator(options);
    for (const auto& [number, facts] : *ctes) estimator.Know(number, facts);
    (*ctes)[cte] = estimator.FactsOfCte(*node->children[0]);
  }
  if (join && !in_tree) {
    Estimator estimator(options);
    for (const auto& [number, facts] : *ctes) estimator.Know(number, facts);
    LATHE_TRY(OrderTree(slot, &estimator));
  }
  RefreshOutputs(slot->get());
  if (!positional) return Ok();
  bool same = true;
  for (size_t i = 0; i < outputs.size(); ++i) same &= (*slot)->outputs[i].id == outputs[i].id;
  if (!same) *slot = MakePassingProject(std::move(*slot), outputs);
  return Ok();
}

}  // namespace

bool PriceJoin(JoinApplication* application, const JoinPlan& plan, RelationSet a, RelationSet b,
               JoinStep* step) {
  auto of_a = plan.find(a), of_b = plan.find(b);
  if (of_a == plan.end() || of_b == plan.end()) return false;
  if (!application->Find(a, b)) return false;
  const bool straight = application->left == a;
  const JoinStep& left = straight ? of_a->second : of_b->second;
  const JoinStep& right = straight ? of_b->second : of_a->second;
  step->left = application->left;
  step->right = application->right;
  step->rows =
      Estimator::JoinRows(application->kind, left.rows, right.rows, application->selectivity);
  step->rows = std::max(step->rows, 1e-3);
  double own;
  if (application->hashable) {
    // The smaller side is built where the kind allows it; other kinds pay for match flags.
    double build = std::min(left.rows, right.rows), probe = std::max(left.rows, right.rows);
    if (application->kind != JoinKind::kInner && left.rows < right.rows) build *= 1.5;
    own = 2 * build + probe;
  } else {
    own = left.rows * right.rows + std::min(left.rows, right.rows);
  }
  step->cost = left.cost + right.cost + own + step->rows;
  return true;
}

JoinPlan FindJoinPlan(JoinGraph* graph) {
  for (const bool products : {false, true}) {
    graph->products = products;
    JoinPlan plan;
    auto start = [&] {
      plan.clear();
      for (size_t i = 0; i < graph->relations.size(); ++i) {
        plan[RelationSet{1} << i] = {0, 0, graph->rows[i], 0};
      }
    };
    start();
    if (!EnumerateExactly(*graph, kExactPairsMax, &plan)) {
      start();
      PlanGreedily(*graph, &plan);
    }
    if (plan.count(graph->all())) return plan;
    if (!products) continue;
    JoinApplication application(*graph);
    for (const auto& [left, right] : graph->original) {
      JoinStep step;
      if (!PriceJoin(&application, plan, left, right, &step)) return {};
      plan[left | right] = step;
    }
    return plan;
  }
  return {};
}

NodePtr Reassemble(JoinGraph* graph, const JoinPlan& plan) {
  JoinApplication application(*graph);
  return Build(*graph, &application, plan, graph->all());
}

Status OrderJoins(RuleContext* context, NodePtr* root) {
  Estimator::Ctes ctes;
  return Order(root, false, *context->options, false, &ctes);
}

}  // namespace lathe::optimize
