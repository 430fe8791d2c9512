// What a plan's choice depends on among the values of parameters: for each scan the rows that its
// conditions with parameters let pass, and the limits. A plan is right for any values; this says
// for which others it would probably be chosen again (Ioannidis et al., Parametric Query
// Optimization, VLDB Journal 6, 1997, by regions of selectivity instead of a search for them).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "codegen/optimize/estimate.h"

namespace lathe::optimize {

/// Made of a rewritten plan before its algorithms are chosen; holds copies of the conditions and
/// the statistics that weigh them. Immutable once collected; thread-safe.
class Sensitivity {
 public:
  /// Collects from the plan. estimator must have seen it (Estimator::Rows of the root).
  void Collect(const Node& root, Estimator* estimator);

  /// No parameter's value matters.
  bool empty() const { return guards_.empty(); }
  /// One character per scan or limit: which power of eight of rows these values ask for. Equal
  /// texts mean that the same plan would be chosen, as far as estimates go.
  std::string RegionOf(std::span<const types::Value> params) const;
  /// What the characters of RegionOf stand for, in their order: "orders" or "LIMIT".
  const std::vector<std::string>& names() const { return names_; }

 private:
  struct Guard {
    std::shared_ptr<const Expr> condition;  // of a scan; or the limit itself
    std::vector<std::pair<ColumnId, ColumnFacts>> columns;
    std::shared_ptr<const schema::RelationStats> stats;  // columns point into it
    double rows = 0;                                     // of the table; 0 = a limit
  };
  void CollectScan(const Node& filter, const logical::Scan& scan, Estimator* estimator);

  std::vector<Guard> guards_;
  std::vector<std::string> names_;
};

}  // namespace lathe::optimize
