// Front door of codegen/physical: the plan as it will run, with every algorithm chosen. Plain data
// with a printer; the optimizer makes it, pipeline cuts it. Column ids and expressions are those of
// the logical plan, without subqueries.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "codegen/logical/logical.h"

namespace lathe::physical {

using expr::ColumnId;
using expr::ExprPtr;
using logical::AggregateCall;
using logical::JoinKind;
using logical::OutputColumn;
using logical::SortKey;

enum class Kind : uint8_t {
  kTableScan,
  kValues,
  kFilter,
  kKeyFilter,
  kProject,
  kHashJoin,
  kNestedLoopJoin,
  kHashAggregate,
  kSort,
  kLimit,
  kAppend,
  kHashSetOperation,
  kMaterialize,
  kCteScan,
  kModify,
  kWindow,
  kTableFunction,
  kRecursive,
  kSortedAggregate,
};

struct Node;
using NodePtr = std::unique_ptr<Node>;

/// What all operators have. id is unique in the plan, in pre-order from 0; names in generated code
/// and EXPLAIN use it.
struct Node {
  const Kind kind;
  uint32_t id = 0;
  std::vector<NodePtr> children;
  std::vector<OutputColumn> outputs;  // only what is needed above
  double estimated_rows = 0;
  double estimated_cost = 0;  // of the subtree, in units of one sequentially read row

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

/// One end of a key range as expressions over parameters; evaluated once per execution.
struct KeyBoundExprs {
  std::vector<ExprPtr> values;  // for the first key columns; a NULL value makes the range empty
  bool inclusive = true;
  uint64_t null_parts = 0;  // bit i: values[i] is NULL, and NULLs are what is meant
};

/// Pages without values of this field in [min, max] are skipped; null = open end. Evaluated once
/// per execution.
struct SkipRangeExprs {
  uint32_t field;
  ExprPtr min, max;
};

/// The scan below a HashJoin's probe side may read only the rows whose key is on the build side:
/// key part i equals build key join_keys[i]. Decided at execution by the number of build rows.
struct KeyLookup {
  std::vector<uint32_t> join_keys;  // empty = none
  schema::RelationPtr index;        // whose key it is; null = the relation's own
  double key_cost = 0;              // of one key, in units of one sequentially read row
};

/// Scan of a table or virtual table: outputs[i] is field fields[i] of source().RowLayout(). The
/// rows satisfy the bounds and are of one of the points; every other predicate is a Filter above.
struct TableScan : Node {
  static constexpr Kind kKind = Kind::kTableScan;
  TableScan() : Node(kKind) {}
  schema::RelationPtr relation;
  std::string alias;
  schema::RelationPtr index;  // bounds, points and order are of its key; null: the relation's own
  bool index_only = false;    // the index has all that is read: its entries are the rows
  std::vector<uint32_t> fields;
  KeyBoundExprs lower, upper;
  // Alternatives for the first key columns, all of one length; a NULL in one drops it. Not empty:
  // instead of bounds.
  std::vector<std::vector<ExprPtr>> points;
  std::vector<SkipRangeExprs> skip;
  bool key_order = false;  // rows are wanted in key order (then one worker)
  bool reverse = false;    // with key_order: from the greatest key down
  KeyLookup lookup;

  /// The relation whose rows are read.
  const schema::RelationDescriptor& source() const { return index_only ? *index : *relation; }
  /// The column of `relation` that a field of source() holds (an index into its columns); -1 = the
  /// hidden row id.
  int64_t ColumnOf(uint32_t field) const;
};

/// Constant rows; see logical::Values.
struct Values : Node {
  static constexpr Kind kKind = Kind::kValues;
  Values() : Node(kKind) {}
  std::vector<std::vector<ExprPtr>> rows;
};

/// The conjuncts, cheapest and most selective first; those that can fail after those that cannot...
/// in source order.
struct Filter : Node {
  static constexpr Kind kKind = Kind::kFilter;
  Filter() : Node(kKind) {}
  std::vector<ExprPtr> conjuncts;
};

/// outputs[i] = expressions[i].
struct Project : Node {
  static constexpr Kind kKind = Kind::kProject;
  Project() : Node(kKind) {}
  std::vector<ExprPtr> expressions;
};

/// children[0] = build side (materialised, hashed), children[1] = probe side (streams through).
/// join_kind is seen from the logical left side; build_is_left tells which side that is:
///   kInner; kLeft/kSingle/kSemi/kAnti/kMark with build = right: probe row decides on matches;
///   kLeft/kSemi/kAnti with build = left, kRight/kFull: build rows carry a match flag and a second
///   pipeline scans them.
struct HashJoin : Node {
  static constexpr Kind kKind = Kind::kHashJoin;
  HashJoin() : Node(kKind) {}
  JoinKind join_kind = JoinKind::kInner;
  bool build_is_left = false;
  // build_keys[i] = probe_keys[i]; same types on both sides; at least one. null_equal[i]: NULL
  // matches NULL (IS NOT DISTINCT FROM).
  std::vector<ExprPtr> build_keys, probe_keys;
  std::vector<bool> null_equal;
  ExprPtr residual;   // further condition over both sides; null = none
  OutputColumn mark;  // kMark
  // kMark: there is exactly one key and no residual; a comparison with a NULL key on either side
  // counts as NULL (NOT IN), so the mark is NULL where no pair is equal but some pair has a NULL.
  // When false, keys with a NULL simply do not match (unless null_equal) and the mark is NULL only
  // where the residual was NULL for some pair and true for none.
  bool null_aware = false;
  const TableScan* lookup_scan = nullptr;  // below the probe side, with a KeyLookup of these keys
};

/// Rows whose keys are certainly not among the build keys of a join above go: what the join would
/// drop after more work. Others may stay (the tags of the join's directory decide, Leis et al.,
/// SIGMOD 2014, section 4.2). The build side is complete before these rows are read.
struct KeyFilter : Node {
  static constexpr Kind kKind = Kind::kKeyFilter;
  KeyFilter() : Node(kKind) {}
  const HashJoin* join = nullptr;
  std::vector<ExprPtr> keys;  // columns of the child with the values of the join's probe keys
};

/// A range of the inner rows, ordered by `key`, that can meet an outer row: key >= low and key <=
/// high, both inclusive, either may be null (no bound). key is of a type kept as an integer of up
/// to 64 bits; the bounds have the same scale. NULL is in no range.
struct Band {
  ExprPtr key;        // over the inner side
  ExprPtr low, high;  // over the outer side
};

/// children[0] = inner side (materialised once), children[1] = outer side (streams); any predicate
/// or none. kInner and the kinds where the outer side is the logical left: kLeft, kSemi, kAnti,
/// kMark, kSingle; kRight/kFull are planned with match flags as above.
struct NestedLoopJoin : Node {
  static constexpr Kind kKind = Kind::kNestedLoopJoin;
  NestedLoopJoin() : Node(kKind) {}
  JoinKind join_kind = JoinKind::kInner;
  bool inner_is_left = false;
  ExprPtr predicate;         // null = always true
  std::optional<Band> band;  // rows outside cannot satisfy the predicate; not for kMark
  OutputColumn mark;
};

/// Groups by hash; without groups exactly one row. Arguments are evaluated in the pipeline that
/// feeds it. A distinct call is computed over its own set of (group, argument) values.
struct HashAggregate : Node {
  static constexpr Kind kKind = Kind::kHashAggregate;
  HashAggregate() : Node(kKind) {}
  std::vector<ExprPtr> groups;
  // The first so many groups tell groups apart, the others are determined by them; 0 = all do.
  uint32_t key_count = 0;
  std::vector<AggregateCall> calls;
};

/// Sorts; with limit (top-N) keeps only the first limit + offset rows. Ties in any order.
struct Sort : Node {
  static constexpr Kind kKind = Kind::kSort;
  Sort() : Node(kKind) {}
  std::vector<SortKey> keys;
  ExprPtr limit, offset;  // null = none; applied here, no Limit operator above
};

struct Limit : Node {
  static constexpr Kind kKind = Kind::kLimit;
  Limit() : Node(kKind) {}
  ExprPtr limit, offset;
};

/// UNION ALL: outputs[i] = children[c]->outputs[i].
struct Append : Node {
  static constexpr Kind kKind = Kind::kAppend;
  Append() : Node(kKind) {}
};

/// INTERSECT and EXCEPT [ALL] by counting equal rows of both children in one hash table (NULLs
/// equal). UNION is Append + HashAggregate.
struct HashSetOperation : Node {
  static constexpr Kind kKind = Kind::kHashSetOperation;
  HashSetOperation() : Node(kKind) {}
  logical::SetOperationKind operation = logical::SetOperationKind::kIntersect;
  bool all = false;
};

/// children[0] is computed once into a buffer that CteScans read, then children[1] runs. outputs =
/// children[1]'s.
struct Materialize : Node {
  static constexpr Kind kKind = Kind::kMaterialize;
  Materialize() : Node(kKind) {}
  uint32_t cte = 0;
  std::string name;
};

struct CteScan : Node {
  static constexpr Kind kKind = Kind::kCteScan;
  CteScan() : Node(kKind) {}
  uint32_t cte = 0;
  std::vector<ColumnId> source;
  std::string name;
};

/// Writes the child's rows; see logical::Modify (also for what it gives when it is not the root).
struct Modify : Node {
  static constexpr Kind kKind = Kind::kModify;
  Modify() : Node(kKind) {}
  exec::WriteKind write = exec::WriteKind::kInsert;
  schema::RelationPtr relation;
  std::vector<ColumnId> source;
  logical::Modify::Repeats repeats = logical::Modify::Repeats::kNone;
  bool counts = true;
};

/// Sorts the child by (partition, order), then computes the calls; see logical::Window. The rows
/// come out in that order, by one worker or by partition.
struct Window : Node {
  static constexpr Kind kKind = Kind::kWindow;
  Window() : Node(kKind) {}
  std::vector<ExprPtr> partition;
  std::vector<SortKey> order;
  std::vector<logical::WindowCall> calls;
};

/// See logical::TableFunction.
struct TableFunction : Node {
  static constexpr Kind kKind = Kind::kTableFunction;
  TableFunction() : Node(kKind) {}
  std::vector<logical::TableFunction::Call> calls;
  bool with_ordinality = false;
  OutputColumn ordinality;
};

/// See logical::Recursive. CteScans of `working` in children[1] read the last round's rows.
struct Recursive : Node {
  static constexpr Kind kKind = Kind::kRecursive;
  Recursive() : Node(kKind) {}
  uint32_t working = 0;
  std::string name;
  bool distinct = false;
};

/// Aggregation where some call has no generated form or an order of its own: the child's rows are
/// sorted by the groups, then every call runs in its C++ form (func::AggregateSteps), those with an
/// order over its own sort of the group's rows. Same meaning as HashAggregate.
struct SortedAggregate : Node {
  static constexpr Kind kKind = Kind::kSortedAggregate;
  SortedAggregate() : Node(kKind) {}
  std::vector<ExprPtr> groups;
  std::vector<AggregateCall> calls;
};

/// A relation that the plan depends on: the cache checks its version at each execution.
struct Dependency {
  RelationId relation;
  uint64_t version;
};

/// A plan ready for code generation. Independent of parameter values; shared by sessions; immutable
/// once made.
struct Plan {
  NodePtr root;
  std::vector<std::string> result_names;
  std::vector<types::Type> params;
  std::vector<Dependency> dependencies;
};

/// Numbers the nodes in pre-order.
void AssignIds(Node* root);
/// Indented text, one operator a line, with estimated rows; for EXPLAIN and golden files.
std::string Print(const Node& node, bool with_estimates = true);

}  // namespace lathe::physical
