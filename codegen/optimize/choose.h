// The last step: a rewritten logical plan becomes a physical one, with an algorithm for each
// operator.
#pragma once

#include "codegen/optimize/estimate.h"
#include "codegen/physical/physical.h"

namespace lathe::optimize {

/// Consumes the plan (its expressions are moved out). outputs: the result's columns in their order.
Result<physical::NodePtr> ChoosePhysical(logical::NodePtr root,
                                         const std::vector<OutputColumn>& outputs,
                                         const OptimizeContext& options, logical::ColumnIds* ids);

/// Finds the bounds of the primary key and the pages to skip that these conjuncts on a scan of the
/// relation imply. Conjuncts that the bounds express fully are removed from the list.
void ChooseAccessPath(physical::TableScan* scan, std::vector<ExprPtr>* conjuncts,
                      const std::vector<OutputColumn>& columns,
                      const std::vector<uint32_t>& fields);

/// Limit over Sort: the table's key gives the order, and reading it until there are enough rows is
/// cheaper than sorting all.
bool ReadInKeyOrder(const logical::Limit& limit, Estimator* estimator);

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

/// Cheap and selective conjuncts first; those that can fail last, in their order.
void OrderConjuncts(std::vector<ExprPtr>* conjuncts, Estimator* estimator);

}  // namespace lathe::optimize
