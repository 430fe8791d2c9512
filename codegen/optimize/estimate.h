// How many rows an operator gives: from statistics where there are some, else from the defaults that PostgreSQL uses.
#pragma once

#include <unordered_map>

#include "codegen/optimize/optimize.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {

/// What is known of a column's values within one query.
struct ColumnFacts {
  const schema::ColumnStats* stats = nullptr;  // null = not a table's column, or nothing known
  std::shared_ptr<const schema::RelationStats> owner;
  double table_rows = 0;
  double distinct = 0;  // 0 = unknown
  bool unique = false;  // the whole key of its table
};

/// Estimates for one query. Remembers what it has seen of each operator by address: not to be used across rewrites.
class Estimator {
 public:
  explicit Estimator(const OptimizeContext& options) : options_(options) {}

  /// Rows that the operator gives, at least 1e-3 where it can give any.
  double Rows(const Node& node);
  /// Fraction of rows for which the predicate is true, over columns of operators that Rows has seen.
  double Selectivity(const Expr& predicate);
  /// Different values of the expression among this many rows.
  double Distinct(const Expr& e, double rows);
  /// Rows of a relation now.
  double TableRows(const schema::RelationDescriptor& relation);

 private:
  double Compute(const Node& node);
  double JoinRows(const logical::Join& join);
  double ComparisonSelectivity(const Expr& e);

  const OptimizeContext& options_;
  std::unordered_map<const Node*, double> rows_;
  std::unordered_map<uint32_t, ColumnFacts> facts_;
  std::unordered_map<uint32_t, double> cte_rows_;
};

}  // namespace lathe::optimize
