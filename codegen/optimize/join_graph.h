// A tree of joins as a hypergraph: its inputs are the nodes, the conjuncts of inner joins and whole
// outer, semi, anti, mark and single joins are the edges, and conflict rules say which orders give
// the same answer (Moerkotte, Fender, Eich: On the Correct and Complete Enumeration of the Core
// Search Space, SIGMOD 2013, detector CD-C).
#pragma once

#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "codegen/optimize/estimate.h"

namespace lathe::optimize {

/// A set of inputs of the tree; input i is bit i.
using RelationSet = uint64_t;
inline constexpr size_t kRelationsMax = 64;

/// Every input in the set has been joined where the other set is touched: touched -> needed.
struct ConflictRule {
  RelationSet touched, needed;
};

/// One edge.
struct JoinOperator {
  logical::JoinKind kind = logical::JoinKind::kInner;
  std::vector<ExprPtr> conjuncts;  // inner: one, or none for a cross product
  OutputColumn mark;
  RelationSet total =
      0;  // inputs that must be joined when it is applied; left and right of it below
  RelationSet left = 0, right = 0;
  std::vector<ConflictRule> rules;
  double selectivity = 1;
  bool hashable = false;  // has an equality between its sides
  int equivalence = -1;  // of an inner equality of two columns: its class; members imply each other
  ColumnId column_a, column_b;          // then
  uint32_t member_a = 0, member_b = 0;  // then: the columns, numbered from 0 over all classes
};

/// The hypergraph of one tree.
struct JoinGraph {
  std::vector<NodePtr> relations;
  std::vector<double> rows;  // of each
  std::vector<JoinOperator> operators;
  uint32_t member_count = 0;  // columns in classes
  std::vector<std::pair<RelationSet, RelationSet>>
      original;           // sides of the tree's joins, children before parents
  bool products = false;  // inner joins without a condition are edges too: only where the graph
                          // falls apart otherwise
  bool Counts(const JoinOperator& op) const {
    return products || op.kind != logical::JoinKind::kInner || !op.conjuncts.empty();
  }
  RelationSet all() const {
    return relations.size() == kRelationsMax ? ~RelationSet{0}
                                             : (RelationSet{1} << relations.size()) - 1;
  }
};

/// Takes the tree of joins at root apart (its predicates are moved out; see Reassemble). Inputs are
/// all below it that is no join.
JoinGraph TakeApart(const NodePtr& root, Estimator* estimator);

/// The operators that join the two sets, when that is possible: false if they do not belong
/// together or an operator could not be applied correctly. left and right are swapped where the
/// operator asks for it.
class JoinApplication {
 public:
  explicit JoinApplication(const JoinGraph& graph) : graph_(graph) {}
  bool Find(RelationSet a, RelationSet b);

  logical::JoinKind kind = logical::JoinKind::kInner;
  RelationSet left = 0, right = 0;
  std::vector<const JoinOperator*> operators;  // without those that others imply
  double selectivity = 1;
  bool hashable = false;

 private:
  void DropImplied(RelationSet a, RelationSet b);
  uint32_t RootOf(uint32_t member);
  bool Unite(const JoinOperator& equality);

  const JoinGraph& graph_;
  std::vector<uint32_t> parent_;  // of each member: sets of columns known to be equal
  std::vector<const JoinOperator*> equalities_;
};

/// The best way found to join a set of inputs.
struct JoinStep {
  RelationSet left = 0, right = 0;  // the sides as the operators have them; 0 = a single input
  double rows = 0;
  double cost = 0;
};
using JoinPlan = std::unordered_map<RelationSet, JoinStep>;

/// Finds a cheap order: exactly (dphyp.cc) while that takes few steps, else greedily and by dynamic
/// programming over the order that this gives (greedy.cc). The plan has a step for graph->all();
/// empty when no order is possible but the original one.
JoinPlan FindJoinPlan(JoinGraph* graph);

/// Fills in left, right, rows and cost of joining two planned sets; false if they cannot be joined.
bool PriceJoin(JoinApplication* application, const JoinPlan& plan, RelationSet a, RelationSet b,
               JoinStep* step);
/// Every order, by dynamic programming over connected subgraphs. False when that takes more than
/// pairs_max steps.
bool EnumerateExactly(const JoinGraph& graph, size_t pairs_max, JoinPlan* plan);
/// Joins the pair with the fewest rows first, then improves the order by dynamic programming over
/// its intervals.
void PlanGreedily(const JoinGraph& graph, JoinPlan* plan);
/// The plan as joins again. The graph's predicates are used up.
NodePtr Reassemble(JoinGraph* graph, const JoinPlan& plan);

}  // namespace lathe::optimize
