// One query level while it is bound: what FROM made visible, where in the query we are, the
// aggregates and WITH names that belong to this level. Levels are chained outwards. Lookup rules
// are PostgreSQL's (its parse_relation.c), in own words.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/logical/logical.h"
#include "runtime/schema/schema.h"

namespace lathe::bind {

inline constexpr size_t kTargetsMax = 1664;   // columns of a query, with those for its order
inline constexpr size_t kArgumentsMax = 100;  // of a function

/// Where an expression stands; decides what is allowed in it and how errors call it.
enum class Clause : uint8_t {
  kNone,
  kTargets,
  kFromFunction,
  kFromSubquery,  // LATERAL
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
  kDistinctOn,
  kWindow,  // PARTITION BY and ORDER BY of a window
  kFrameRows,
  kFrameRange,
  kFrameGroups,
  kReturning,
  kCheck,
  kDomainCheck,
  kGenerated,
  kTransform,  // ALTER COLUMN TYPE ... USING
  kIndexExpression,
  kIndexPredicate,
};

/// Stored with a table and evaluated for one row alone: no subqueries there.
inline bool IsRowClause(Clause clause) { return clause >= Clause::kCheck; }

/// How errors call a clause ("WHERE", "JOIN conditions"); null for kNone.
const char* ClauseName(Clause clause);

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
  logical::ColumnId row_id;  // of a table in a query that locks rows, if it has hidden row ids
  bool padded = false;       // an outer join may put NULLs for its rows
  std::shared_ptr<const expr::Expr> table_oid;  // of a table with children: which one a row is in
  bool only = false;                            // ONLY: without the rows of its children

  bool has_children() const {
    return !only && relation != nullptr &&
           (relation->is_partitioned() || !relation->children.empty());
  }
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
  bool materialized = false;  // AS MATERIALIZED, or what it does may not be repeated or moved
  /// Within its own recursive term: the number of the rows of the previous round, whose columns are
  /// working_outputs.
  uint32_t working = 0;
  std::vector<logical::OutputColumn> working_outputs;
  bool modifies = false;    // INSERT, UPDATE, DELETE: runs whether it is read or not
  bool no_columns = false;  // the same without RETURNING: cannot be read
  logical::NodePtr definition;
  std::vector<std::string> columns;
  /// The references: projections over a CteScan, so that a single one can be replaced by the
  /// definition.
  std::vector<std::shared_ptr<logical::Project>> references;
};

/// PARTITION BY, ORDER BY and frame of an OVER clause or of a name in WINDOW.
struct BoundWindow {
  std::string name;
  std::vector<expr::ExprPtr> partition;
  std::vector<logical::SortKey> order;
  logical::Frame frame;
  bool has_order = false;
  bool has_frame = false;  // other than the default
};

/// The window calls of a level that share PARTITION BY and ORDER BY.
struct WindowGroup {
  std::vector<expr::ExprPtr> partition;
  std::vector<logical::SortKey> order;
  std::vector<logical::WindowCall> calls;
};

/// A set-returning function in an expression. Those of one depth run in step, deeper ones (its
/// arguments) before.
struct SetCall {
  logical::TableFunction::Call call;
  uint32_t depth = 0;
};

/// GROUPING(...): stands for the column `id` until the groups are known.
struct GroupingCall {
  expr::ColumnId id;
  std::vector<expr::ExprPtr> args;
  int32_t location = -1;
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
  std::map<uint32_t, int> call_locations;  // of the calls in the text, by output column
  bool recursive_term = false;             // the recursive part of a WITH RECURSIVE query
  bool in_window = false;                  // the arguments of a window call are being bound
  const char* no_sets =
      nullptr;  // set-returning functions are not allowed here, within "CASE", ...
  std::vector<BoundWindow> named_windows;
  std::vector<WindowGroup> windows;
  std::vector<SetCall> set_calls;
  std::vector<GroupingCall> groupings;
  std::vector<std::shared_ptr<Cte>> ctes;
  std::set<uint32_t> columns;  // ids that FROM produces at this level
};

}  // namespace lathe::bind
