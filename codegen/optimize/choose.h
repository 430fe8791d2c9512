// The last step: a rewritten logical plan becomes a physical one, with an algorithm for each
// operator.
#pragma once

#include <optional>

#include "codegen/optimize/column_set.h"
#include "codegen/optimize/estimate.h"
#include "codegen/physical/physical.h"

namespace lathe::optimize {

/// Consumes the plan (its expressions are moved out). outputs: the result's columns in their order.
Result<physical::NodePtr> ChoosePhysical(const logical::NodePtr& root,
                                         const std::vector<OutputColumn>& outputs,
                                         const OptimizeContext& options, logical::ColumnIds* ids);

/// An order that a Sort above a scan wants.
struct WantedOrder {
  struct Key {
    uint32_t field;  // of the relation's rows
    bool descending, nulls_first;
  };
  const logical::Scan* scan = nullptr;
  std::vector<Key> keys;
  double rows_wanted = 0;  // of those that pass the filters
  double sort_cost = 0;    // of sorting instead
  bool satisfied = false;  // set by the choice: the scan gives it
};

/// A scan whose access path is to be chosen.
struct PathContext {
  const logical::Scan* scan = nullptr;
  std::vector<ExprPtr>* conjuncts = nullptr;  // of a filter right above; may be null
  ColumnSet required;                         // read above the filter
  Estimator* estimator = nullptr;
  schema::CatalogReader* catalog = nullptr;  // has the indexes; null = none are used
  WantedOrder* order = nullptr;              // may be null
  const OptimizeContext* options = nullptr;
};

/// Chooses how the scan reads: key, bounds, points, order, pages to skip, with outputs, fields and
/// estimates. Conjuncts that the bounds express fully are removed from the list.
void ChooseAccessPath(physical::TableScan* scan, const PathContext& context);

/// What a Sort over a scan (with filters and projections between) wants of it; nothing when the
/// sort is by anything else than columns of the scan.
std::optional<WantedOrder> OrderWantedBy(const logical::Sort& sort, const logical::Limit* limit,
                                         Estimator* estimator);

/// Lets the scan at the bottom of a hash join's probe side look up the join's keys, where a key of
/// the relation begins with some of them. scan: what the physical one was made of.
void ChooseLookup(physical::HashJoin* join, physical::TableScan* probe, const logical::Scan& scan,
                  Estimator* estimator, schema::CatalogReader* catalog);

/// Comparison by key bytes or page minimum agrees with the SQL comparison for this type.
bool OrderedByBytes(const types::Type& type);

/// Equalities of a join's predicate as pairs of keys with one type for both sides; the rest stays
/// in *conjuncts.
struct JoinKeys {
  std::vector<ExprPtr> left, right;
  std::vector<bool> null_equal;
  bool null_aware = false;  // of a mark join
};
JoinKeys ExtractJoinKeys(const logical::Join& join, std::vector<ExprPtr>* conjuncts);

/// Rows of the probe side without a match go no further.
bool NeedsMatch(const physical::HashJoin& join);

/// Puts filters by the join's keys below its probe side, where rows that find no match would cost
/// other joins, groups or sorts something first.
void TransferKeys(physical::HashJoin* join, Estimator* estimator);

/// The range of ordered inner rows that the conjuncts leave for an outer row, with both bounds
/// where there are two; nothing when no conjunct compares a key of the inner side with a value of
/// the outer one.
std::optional<physical::Band> FindBand(const std::vector<ExprPtr>& conjuncts, const Node& inner,
                                       const Node& outer);

/// Cheap and selective conjuncts first; those that can fail last, in their order.
void OrderConjuncts(std::vector<ExprPtr>* conjuncts, Estimator* estimator);

}  // namespace lathe::optimize
