// Join orders of large graphs. Greedy operator ordering (Fegaras: A New Heuristic for Optimizing
// Large Queries, DEXA 1998) gives a first plan; dynamic programming over the intervals of its
// inputs' sequence (Neumann, Radke: Adaptive Optimization of Very Large Join Queries, SIGMOD 2018,
// section 4) improves it. Both take polynomial time.
#include "codegen/optimize/join_graph.h"

namespace lathe::optimize {
namespace {

/// Inputs of a planned set from left to right.
void Sequence(const JoinPlan& plan, RelationSet set, std::vector<RelationSet>* sequence) {
  const JoinStep& step = plan.at(set);
  if (!step.left) {
    sequence->push_back(set);
    return;
  }
  Sequence(plan, step.left, sequence);
  Sequence(plan, step.right, sequence);
}

void ImproveByIntervals(const JoinGraph& graph, JoinPlan* plan) {
  std::vector<RelationSet> sequence;
  Sequence(*plan, graph.all(), &sequence);
  const size_t n = sequence.size();
  // prefix[i] = the first i inputs; the interval [i, j) is prefix[j] without prefix[i].
  std::vector<RelationSet> prefix(n + 1, 0);
  for (size_t i = 0; i < n; ++i) prefix[i + 1] = prefix[i] | sequence[i];
  JoinApplication application(graph);
  for (size_t length = 2; length <= n; ++length) {
    for (size_t i = 0; i + length <= n; ++i) {
      for (size_t k = i + 1; k < i + length; ++k) {
        const RelationSet a = prefix[k] & ~prefix[i], b = prefix[i + length] & ~prefix[k];
        JoinStep step;
        if (!PriceJoin(&application, *plan, a, b, &step)) continue;
        auto [entry, added] = plan->try_emplace(a | b, step);
        if (!added && step.cost < entry->second.cost) entry->second = step;
      }
    }
  }
}

}  // namespace

void PlanGreedily(const JoinGraph& graph, JoinPlan* plan) {
  std::vector<RelationSet> parts;
  for (size_t i = 0; i < graph.relations.size(); ++i) parts.push_back(RelationSet{1} << i);
  JoinApplication application(graph);
  struct Candidate {
    bool known = false, possible = false;
    JoinStep step;
  };
  // Remembered for each pair of parts; a join empties the rows of the two that it used.
  std::vector<std::vector<Candidate>> candidates(parts.size(),
                                                 std::vector<Candidate>(parts.size()));
  size_t left = parts.size();
  while (left > 1) {
    size_t best_a = 0, best_b = 0;
    const JoinStep* best = nullptr;
    for (size_t a = 0; a < parts.size(); ++a) {
      if (!parts[a]) continue;
      for (size_t b = a + 1; b < parts.size(); ++b) {
        if (!parts[b]) continue;
        Candidate& candidate = candidates[a][b];
        if (!candidate.known) {
          candidate.known = true;
          candidate.possible = PriceJoin(&application, *plan, parts[a], parts[b], &candidate.step);
        }
        if (!candidate.possible) continue;
        if (!best || candidate.step.rows < best->rows ||
            (candidate.step.rows == best->rows && candidate.step.cost < best->cost)) {
          best = &candidate.step;
          best_a = a;
          best_b = b;
        }
      }
    }
    if (!best) return;
    (*plan)[parts[best_a] | parts[best_b]] = *best;
    parts[best_a] |= parts[best_b];
    parts[best_b] = 0;
    for (size_t i = 0; i < parts.size(); ++i) {
      candidates[best_a][i].known = false;
      candidates[i][best_a].known = false;
    }
    --left;
  }
  ImproveByIntervals(graph, plan);
}

}  // namespace lathe::optimize
