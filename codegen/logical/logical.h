// Front door of codegen/logical: the bound query as a tree of relational operators, plain data with
// a printer. The binder makes it, the optimizer rewrites it and turns it into a physical plan.
//
// Every operator lists its output columns. An expression in an operator may use the outputs of its
// children; in a subquery or under a dependent join also columns of the outer query (correlation).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codegen/expr/expr.h"
#include "runtime/exec/exec.h"
#include "runtime/schema/schema.h"

namespace lathe::logical {

using expr::ColumnId;
using expr::ExprPtr;

/// A column that an operator produces.
struct OutputColumn {
  ColumnId id;
  std::string name;  // for printing and result headers
  types::Type type;
  bool nullable = true;
};

/// Gives out column ids; one per query. Ids of dropped columns are not reused.
class ColumnIds {
 public:
  ColumnId Next() { return ColumnId(++last_); }
  uint32_t last() const { return last_; }

 private:
  uint32_t last_ = 0;
};

enum class Kind : uint8_t {
  kScan,
  kValues,
  kFilter,
  kProject,
  kJoin,
  kAggregate,
  kSort,
  kLimit,
  kSetOperation,
  kWith,
  kCteScan,
  kModify,
  kWindow,
  kTableFunction,
  kRecursive,
};

struct Node;
using NodePtr =
    std::shared_ptr<Node>;  // owned by one parent; shared only so that expr::Expr can hold one

/// What all operators have.
struct Node {
  const Kind kind;
  std::vector<NodePtr> children;
  std::vector<OutputColumn> outputs;

  explicit Node(Kind k) : kind(k) {}
  virtual ~Node() = default;
  template <class T>
  T& As() {
    LATHE_CHECK(kind == T::kKind);
    return static_cast<T&>(*this);
  }
  template <class T>
  const T& As() const {
    LATHE_CHECK(kind == T::kKind);
    return static_cast<const T&>(*this);
  }
};

/// Rows of a table or virtual table. outputs[i] is field fields[i] of relation->RowLayout().
struct Scan : Node {
  static constexpr Kind kKind = Kind::kScan;
  Scan() : Node(kKind) {}
  schema::RelationPtr relation;
  std::string alias;
  std::vector<uint32_t> fields;
};

/// Constant rows; rows[i][j] is the value of outputs[j]. No rows, or one row without columns
/// (SELECT without FROM), are allowed.
struct Values : Node {
  static constexpr Kind kKind = Kind::kValues;
  Values() : Node(kKind) {}
  std::vector<std::vector<ExprPtr>>
      rows;  // expressions without columns of their own (they may be correlated)
};

/// Rows of the child for which predicate is true. outputs = the child's.
struct Filter : Node {
  static constexpr Kind kKind = Kind::kFilter;
  Filter() : Node(kKind) {}
  ExprPtr predicate;
};

/// outputs[i] = expressions[i] over the child. A column passed through keeps its id.
struct Project : Node {
  static constexpr Kind kKind = Kind::kProject;
  Project() : Node(kKind) {}
  std::vector<ExprPtr> expressions;
};

enum class JoinKind : uint8_t {
  kInner,  // outputs: left then right; predicate TRUE = cross join
  kLeft,
  kRight,
  kFull,
  kSemi,  // left rows with a match; outputs: left
  kAnti,  // left rows without a match (predicate false or NULL); outputs: left
  kMark,  // left rows, and mark = whether the predicate is true for some right row (NULL if none is
          // true but some is NULL)
  kSingle,  // left join with at most one match each, 21000 otherwise; outputs: left then right
};

/// children[0] = left, children[1] = right.
struct Join : Node {
  static constexpr Kind kKind = Kind::kJoin;
  Join() : Node(kKind) {}
  JoinKind join_kind = JoinKind::kInner;
  ExprPtr predicate;       // never null; TRUE for a cross join
  OutputColumn mark;       // kMark: also the last of outputs
  bool dependent = false;  // the right side reads columns of the left (LATERAL, unnested
                           // subqueries); gone after unnesting
};

struct SortKey {
  ExprPtr expression;
  bool descending = false;
  bool nulls_first = false;
};

/// One aggregate call.
struct AggregateCall {
  OutputColumn output;
  const func::Aggregate* function = nullptr;
  std::vector<ExprPtr> args;
  bool distinct = false;
  ExprPtr filter;              // null = none
  std::vector<SortKey> order;  // ORDER BY inside the call, or WITHIN GROUP's; over the child
};

/// Groups the child's rows. outputs = one column per group expression, then one per call. No group
/// expressions: exactly one row comes out, also for no input (unless keyed is true: SELECT DISTINCT
/// of nothing, GROUP BY ()).
struct Aggregate : Node {
  static constexpr Kind kKind = Kind::kAggregate;
  Aggregate() : Node(kKind) {}
  std::vector<ExprPtr> groups;
  std::vector<AggregateCall> calls;
  /// GROUPING SETS, ROLLUP and CUBE, multiplied out: each set lists indexes into groups, ascending.
  /// Empty = plain grouping. Groups that are not in a row's set are NULL. Gone after the rule
  /// expand_grouping_sets.
  std::vector<std::vector<uint32_t>> sets;
  /// With sets: an int4 output, last of outputs, that numbers the row's set (grouping() is bound to
  /// an expression over it).
  OutputColumn set_number;
};

/// outputs = the child's.
struct Sort : Node {
  static constexpr Kind kKind = Kind::kSort;
  Sort() : Node(kKind) {}
  std::vector<SortKey> keys;
};

/// outputs = the child's. limit and offset: int8 expressions without columns; null = none; NULL
/// value = none.
struct Limit : Node {
  static constexpr Kind kKind = Kind::kLimit;
  Limit() : Node(kKind) {}
  ExprPtr limit, offset;
};

enum class SetOperationKind : uint8_t { kUnion, kIntersect, kExcept };

/// outputs[i] comes from children[c]->outputs[i] for each child c; types agree (the binder adds
/// casts).
struct SetOperation : Node {
  static constexpr Kind kKind = Kind::kSetOperation;
  SetOperation() : Node(kKind) {}
  SetOperationKind operation = SetOperationKind::kUnion;
  bool all = false;
};

/// Common table expressions that are computed once: children[0] defines cte, children[1] may scan
/// it. outputs = children[1]'s.
struct With : Node {
  static constexpr Kind kKind = Kind::kWith;
  With() : Node(kKind) {}
  uint32_t cte = 0;  // number of the common table expression in the query
  std::string name;
};

/// outputs[i] = column i of the definition of cte, under a new id.
struct CteScan : Node {
  static constexpr Kind kKind = Kind::kCteScan;
  CteScan() : Node(kKind) {}
  uint32_t cte = 0;
  std::vector<ColumnId> source;  // ids in the definition's outputs
  std::string name;
};

/// Changes rows. The child's rows become the sink's (exec::WriteLayout): source[i] is the child's
/// column for field i (for the hidden row id of an INSERT: a zero id = none).
///
/// A Modify at the root of a statement gives no rows. Anywhere else (below the Project of
/// RETURNING, as the definition of a With) it gives, after all of its child's rows have been
/// written, those rows that were written: outputs = the child's (RETURNING is a Project over them).
/// A Modify runs completely whether its rows are read or not, once, and sees the snapshot before
/// the statement.
struct Modify : Node {
  static constexpr Kind kKind = Kind::kModify;
  Modify() : Node(kKind) {}
  exec::WriteKind write = exec::WriteKind::kInsert;
  schema::RelationPtr relation;
  std::vector<ColumnId> source;
  /// UPDATE ... FROM, DELETE ... USING, MERGE: the child may give one row of the table several
  /// times.
  enum class Repeats : uint8_t { kNone, kFirst, kError };  // kError: 21000, as MERGE
  Repeats repeats = Repeats::kNone;
  /// Its rows count for the command tag (the statement's own Modify; all of MERGE's).
  bool counts = true;
};

enum class FrameMode : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,  // offset
  kCurrentRow,
  kFollowing,  // offset
  kUnboundedFollowing,
};
enum class FrameExclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };

struct FrameBound {
  FrameBoundKind kind = FrameBoundKind::kCurrentRow;
  ExprPtr
      offset;  // kPreceding, kFollowing; no columns. kRows, kGroups: int8. kRange: see WindowCall
};

/// PostgreSQL's default: RANGE UNBOUNDED PRECEDING TO CURRENT ROW.
struct Frame {
  FrameMode mode = FrameMode::kRange;
  FrameBound start{FrameBoundKind::kUnboundedPreceding, nullptr};
  FrameBound end;
  FrameExclusion exclusion = FrameExclusion::kNone;
  /// kRange with an offset: the operators (key type, offset type) -> key type that step back and
  /// forth from the one sort key (its + and -). 22013 for a negative offset.
  const func::Function* range_minus = nullptr;
  const func::Function* range_plus = nullptr;
};

/// One call with OVER. Exactly one of function and aggregate is set.
struct WindowCall {
  OutputColumn output;
  const func::WindowFunction* function = nullptr;
  const func::Aggregate* aggregate = nullptr;
  std::vector<ExprPtr> args;
  ExprPtr filter;  // aggregates; null = none
  Frame frame;
};

/// Window calls that share PARTITION BY and ORDER BY. outputs = the child's, then one per call. The
/// binder stacks one such node per different window.
struct Window : Node {
  static constexpr Kind kKind = Kind::kWindow;
  Window() : Node(kKind) {}
  std::vector<ExprPtr> partition;
  std::vector<SortKey> order;
  std::vector<WindowCall> calls;
};

/// Set-returning functions over each row of the child (LATERAL; the child is one row without
/// columns for a plain FROM generate_series(1, 3)). Several functions run in step, the shorter ones
/// padded with NULLs (ROWS FROM, and several of them in a select list). outputs = the child's, then
/// function_outputs, then the ordinality column if there is one. A row whose functions give nothing
/// disappears.
struct TableFunction : Node {
  static constexpr Kind kKind = Kind::kTableFunction;
  TableFunction() : Node(kKind) {}
  struct Call {
    const func::SetFunction* function = nullptr;
    std::vector<ExprPtr> args;
    std::vector<OutputColumn> outputs;  // like function->columns, with actual types
  };
  std::vector<Call> calls;
  bool with_ordinality = false;
  OutputColumn ordinality;  // int8, from 1 within each row of the child
};

/// WITH RECURSIVE: children[0] = the non-recursive term, children[1] = the recursive term, where a
/// CteScan of `working` reads the rows that the previous round gave. outputs[i] comes from
/// children[c]->outputs[i]. distinct (UNION): a row that was there before is dropped, in every
/// round. The rounds end when one gives no row.
struct Recursive : Node {
  static constexpr Kind kKind = Kind::kRecursive;
  Recursive() : Node(kKind) {}
  uint32_t working = 0;  // number of a common table expression of its own
  std::string name;
  bool distinct = false;
};

/// A bound statement, ready for the optimizer.
struct Query {
  NodePtr root;
  ColumnIds ids;
  std::vector<std::string>
      result_names;                 // like root->outputs; empty for a Modify without RETURNING
  std::vector<types::Type> params;  // types of $1, $2, ..., lifted literals included
};

/// Indented text of the tree, one operator a line, for EXPLAIN and golden files.
std::string Print(const Node& node);
/// The output column with this id, or null.
const OutputColumn* FindOutput(const Node& node, ColumnId id);

/// Checks that every column used is produced below, types agree and outputs are well formed; an
/// error names the place (a bug).
Status Verify(const Node& node);

}  // namespace lathe::logical
