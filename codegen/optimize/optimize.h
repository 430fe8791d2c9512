// Front door of codegen/optimize: a bound query in, a physical plan out. The rules of rules.def
// rewrite the logical plan in their order; then every operator gets its algorithm, every scan its
// access path and every node its estimated rows.
#pragma once

#include <cstdint>
#include <functional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/logical/logical.h"
#include "codegen/physical/physical.h"
#include "runtime/base/result.h"
#include "runtime/schema/schema.h"

namespace lathe::optimize {

class Sensitivity;  // sensitivity.h

/// An index on expressions, or on some rows only (schema/index_parts.h), with both bound over its
/// table's row: column i of the table is ColumnId(i + 1).
struct SpecialIndex {
  schema::RelationPtr index;
  std::vector<const expr::Expr*> expressions;  // of its expression columns, in order
  const expr::Expr* predicate = nullptr;       // null = all rows
  std::shared_ptr<const void> owner;           // keeps the expressions
};

/// What a statement is optimized with. Pointers are the caller's and outlive the call.
struct OptimizeContext {
  /// Statistics come from here; null = nothing is known of any relation.
  /// Indexes on expressions and partial ones do not show here.
  schema::CatalogReader* catalog = nullptr;
  /// Those; without an index where the id is of none. Empty = none are used.
  std::function<SpecialIndex(RelationId)> special_index;
  /// Current values of the parameters, for selectivity only: the plan is right for any values. May
  /// be shorter than Query::params.
  std::vector<types::Value> params;
  /// Rules (names in rules.def) that are left out. Those marked required in rules.def cannot be.
  std::set<std::string, std::less<>> disabled_rules;
  /// Called after each rule with its name, the plan's text after it and the time it took; last with
  /// "physical". May be empty.
  std::function<void(std::string_view rule, const std::string& plan, uint64_t ns)> trace;
  /// Checks the plan after each rule; debug builds always do.
  bool verify = false;
  /// Workers that the plan may run on; weighs algorithms only.
  uint32_t parallelism = 1;
};

/// Optimizes the query, which is consumed. Errors: 0A000 for correlated subqueries in places that
/// cannot be unnested; XX000 for an invalid plan (a bug). No state is kept between calls;
/// thread-safe as far as the catalog reader is.
/// sensitivity: receives what the choice depends on among the parameters' values; may be null.
Result<physical::Plan> Optimize(logical::Query query, const OptimizeContext& context,
                                Sensitivity* sensitivity = nullptr);

/// One line of rules.def.
struct RuleName {
  std::string_view name;
  std::string_view summary;
  bool required;
};
/// The rules in their order, for settings and documentation.
std::vector<RuleName> Rules();

}  // namespace lathe::optimize
