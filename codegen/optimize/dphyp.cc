// Dynamic programming over the connected subgraphs of a hypergraph and their complements
// (Moerkotte, Neumann: Dynamic Programming Strikes Back, SIGMOD 2008, algorithm DPhyp). Names
// follow the paper.
#include <bit>

#include "codegen/optimize/join_graph.h"

namespace lathe::optimize {
namespace {

RelationSet Lowest(RelationSet set) { return set & (~set + 1); }
/// All inputs up to and including this one.
RelationSet UpTo(size_t relation) { return (RelationSet{2} << relation) - 1; }

class Enumerator {
 public:
  Enumerator(const JoinGraph& graph, size_t pairs_max, JoinPlan* plan)
      : graph_(graph), application_(graph), pairs_max_(pairs_max), plan_(plan) {
    for (const JoinOperator& op : graph.operators) {
      if (!graph.Counts(op)) continue;
      edges_.push_back({op.left, op.right});
      edges_.push_back({op.right, op.left});
    }
  }

  bool Run() {
    for (size_t i = graph_.relations.size(); i-- > 0 && !over();) {
      const RelationSet single = RelationSet{1} << i;
      EmitCsg(single);
      EnumerateCsgRec(single, UpTo(i));
    }
    return !over();
  }

 private:
  struct Edge {
    RelationSet from, to;
  };

  bool over() const { return pairs_ > pairs_max_; }
  bool Known(RelationSet set) const { return plan_->count(set) != 0; }

  /// One input for each edge that leaves the set for inputs outside the excluded ones.
  RelationSet Neighborhood(RelationSet set, RelationSet excluded) const {
    const RelationSet forbidden = set | excluded;
    RelationSet neighbors = 0;
    for (const Edge& edge : edges_) {
      if ((edge.from & ~set) || (edge.to & forbidden)) continue;
      neighbors |= Lowest(edge.to);
    }
    return neighbors;
  }

  bool Connected(RelationSet a, RelationSet b) const {
    for (const Edge& edge : edges_) {
      if (!(edge.from & ~a) && !(edge.to & ~b)) return true;
    }
    return false;
  }

  void EmitCsg(RelationSet s1) {
    const RelationSet excluded = s1 | UpTo(std::countr_zero(s1));
    const RelationSet neighbors = Neighborhood(s1, excluded);
    for (RelationSet rest = neighbors; rest && !over();) {
      const size_t v = 63 - std::countl_zero(rest);
      const RelationSet s2 = RelationSet{1} << v;
      rest &= ~s2;
      if (Connected(s1, s2)) EmitCsgCmp(s1, s2);
      EnumerateCmpRec(s1, s2, excluded | (UpTo(v) & neighbors));
    }
  }

  void EnumerateCsgRec(RelationSet s1, RelationSet excluded) {
    const RelationSet neighbors = Neighborhood(s1, excluded);
    for (RelationSet n = Lowest(neighbors); n && !over(); n = (n - neighbors) & neighbors) {
      if (Known(s1 | n)) EmitCsg(s1 | n);
    }
    for (RelationSet n = Lowest(neighbors); n && !over(); n = (n - neighbors) & neighbors) {
      EnumerateCsgRec(s1 | n, excluded | neighbors);
    }
  }

  void EnumerateCmpRec(RelationSet s1, RelationSet s2, RelationSet excluded) {
    const RelationSet neighbors = Neighborhood(s2, excluded | s1);
    for (RelationSet n = Lowest(neighbors); n && !over(); n = (n - neighbors) & neighbors) {
      ++pairs_;
      if (Known(s2 | n) && Connected(s1, s2 | n)) EmitCsgCmp(s1, s2 | n);
    }
    for (RelationSet n = Lowest(neighbors); n && !over(); n = (n - neighbors) & neighbors) {
      EnumerateCmpRec(s1, s2 | n, excluded | neighbors);
    }
  }

  void EmitCsgCmp(RelationSet s1, RelationSet s2) {
    ++pairs_;
    JoinStep step;
    if (!PriceJoin(&application_, *plan_, s1, s2, &step)) return;
    auto [entry, added] = plan_->try_emplace(s1 | s2, step);
    if (!added && step.cost < entry->second.cost) entry->second = step;
  }

  const JoinGraph& graph_;
  JoinApplication application_;
  size_t pairs_max_;
  JoinPlan* plan_;
  std::vector<Edge> edges_;
  size_t pairs_ = 0;
};

}  // namespace

bool EnumerateExactly(const JoinGraph& graph, size_t pairs_max, JoinPlan* plan) {
  return Enumerator(graph, pairs_max, plan).Run();
}

}  // namespace lathe::optimize
