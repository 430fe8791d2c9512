// How many rows an operator gives: from statistics where there are some, else from the defaults
// that PostgreSQL uses.
#pragma once

#include <optional>
#include <span>
#include <unordered_map>

#include "codegen/optimize/optimize.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {

/// What is known of a column's values within one query.
struct ColumnFacts {
  const logical::Scan* scan = nullptr;         // null = not a table's column
  uint32_t column = 0;                         // index into the relation's columns
  const schema::ColumnStats* stats = nullptr;  // null = nothing known
  double table_rows = 0;                       // of the scan's table
  double distinct = 0;                         // 0 = unknown
};

/// Estimates for one query. Remembers what it has seen of each operator by address: not to be used
/// across rewrites.
class Estimator {
 public:
  explicit Estimator(const OptimizeContext& options) : options_(options) {}

  /// Rows that the operator gives, a little above 0 where it can give any.
  double Rows(const Node& node);
  /// Fraction of rows for which the predicate is true, over columns of operators that Rows has
  /// seen.
  double Selectivity(const Expr& predicate);
  /// Fraction of pairs of rows that these conjuncts of a join's predicate let pass; knows
  /// multi-column keys.
  double JoinSelectivity(std::span<const Expr* const> conjuncts);
  /// Different values of the expression among this many rows.
  double Distinct(const Expr& e, double rows);

  /// What is known of the column, looking through casts; null = nothing. Valid until more is known.
  const ColumnFacts* FactsOf(const Expr& e) const;
  const ColumnFacts* FactsOf(ColumnId id) const;
  /// Adds to what is known; for conditions that are estimated apart from their plan.
  void KnowColumn(ColumnId id, const ColumnFacts& facts) { facts_[id.value] = facts; }
  /// The value of an expression without columns, if the parameters in it have known values.
  std::optional<types::Value> HintOf(const Expr& e) const;
  /// The characters that all matches of a LIKE pattern begin with; empty = none or not known.
  std::string LikePrefix(const Expr& pattern) const;
  /// Null = nothing is known of the relation.
  std::shared_ptr<const schema::RelationStats> StatsOf(const schema::RelationDescriptor& relation);

  /// What is known of a common table expression's rows, for scans of it in other plans.
  struct CteFacts {
    double rows = 0;
    std::unordered_map<uint32_t, double> distinct;  // by column of the definition
  };
  using Ctes = std::unordered_map<uint32_t, CteFacts>;
  /// Estimates the definition.
  CteFacts FactsOfCte(const Node& definition);
  /// The scans of this common table expression are known now.
  void Know(uint32_t cte, const CteFacts& facts);

  /// Rows of a join of inputs with these rows whose predicate has this selectivity.
  static double JoinRows(logical::JoinKind kind, double left, double right, double selectivity);

 private:
  double Compute(const Node& node);
  double ScanRows(const logical::Scan& scan);
  double GroupRows(const logical::Aggregate& aggregate);
  double FunctionRows(const logical::TableFunction& node);
  double LimitRows(const logical::Limit& limit);
  double AndSelectivity(const Expr& e);
  double CallSelectivity(const Expr& e);
  double EqualSelectivity(const Expr& column, const Expr& other);
  double RangeSelectivity(const Expr& column, const Expr& bound, std::string_view op);
  double LikeSelectivity(const Expr& e);
  std::optional<double> SampledSelectivity(const Expr& e, const Expr& column);
  double BaseDistinct(const Expr& e);

  const OptimizeContext& options_;
  std::unordered_map<const Node*, double> rows_;
  std::unordered_map<uint32_t, ColumnFacts> facts_;  // by column id
  std::unordered_map<uint32_t, double> cte_rows_;
  std::unordered_map<uint32_t, std::shared_ptr<const schema::RelationStats>> stats_;  // by relation
};

}  // namespace lathe::optimize
