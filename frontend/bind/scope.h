// One query level while it is bound: what FROM made visible, where in the query we are, the
// aggregates and WITH names that belong to this level. Levels are chained outwards. Lookup rules
// are PostgreSQL's (its parse_relation.c), in own words.
#pragma once

#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/logical/logical.h"
#include "runtime/schema/schema.h"

namespace lathe::bind {

/// Where an expression stands; decides what is allowed in it and how errors call it.
enum class Clause : uint8_t {
  kNone,
  kTargets,
  kFromFunction,
  kJoinOn,
  kWhere,
  kGroupBy,
  kHaving,
  kOrderBy,
  kLimit,
  kOffset,
  kValues,
  kUpdate,
  kDefault,
  kFilter,
};

/// A column of a range table: its name and what it stands for (a column of the plan; for the merged
/// columns of USING also a cast or COALESCE of two).
struct RangeColumn {
  std::string name;
  std::shared_ptr<const expr::Expr> expr;
};

/// A FROM item, or a join of two.
struct RangeTable {
  std::string alias;             // empty: an unnamed join
  bool aliased = false;          // the alias was written (then schema.table does not find it)
  schema::RelationPtr relation;  // null unless it is a table
  std::vector<RangeColumn> columns;
};

/// How a range table can be seen from where we are.
struct NamespaceItem {
  std::shared_ptr<RangeTable> table;
  bool table_visible = true;    // t.x
  bool columns_visible = true;  // x
  bool lateral_only = false;    // from LATERAL subqueries only, so far
  bool lateral_ok = true;       // false: right side of a join that forbids it
};

/// A WITH query.
struct Cte {
  std::string name;
  uint32_t number = 0;
  bool materialized = false;  // AS MATERIALIZED
  logical::NodePtr definition;
  std::vector<std::string> columns;
  /// The references: projections over a CteScan, so that a single one can be replaced by the
  /// definition.
  std::vector<std::shared_ptr<logical::Project>> references;
};

/// One query level.
struct Scope {
  explicit Scope(Scope* outer) : parent(outer) {}
  Scope(const Scope&) = delete;
  Scope& operator=(const Scope&) = delete;

  Scope* parent;
  std::vector<NamespaceItem> items;
  std::vector<std::shared_ptr<RangeTable>>
      tables;  // all of the level, visible or not, for better errors
  bool lateral_active = false;
  Clause clause = Clause::kNone;
  bool in_aggregate = false;  // the arguments of one of this level's aggregates are being bound
  std::vector<logical::AggregateCall> calls;
  std::vector<int32_t> call_locations;
  std::vector<std::shared_ptr<Cte>> ctes;
  std::set<uint32_t> columns;  // ids that FROM produces at this level
};

}  // namespace lathe::bind
