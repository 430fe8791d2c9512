// Front door of codegen/pipeline: the physical plan cut where rows must be kept. A pipeline runs
// rows from one source through steps that keep them in registers into one or more sinks (Neumann
// 2011, section 3). Plain data with a printer; codegen/emit turns each pipeline into one function,
// codegen/driver runs them in order.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "codegen/physical/physical.h"
#include "runtime/row/layout.h"
#include "runtime/state/aggregate_table.h"
#include "runtime/state/changes.h"
#include "runtime/state/sort.h"
#include "runtime/state/sorted_aggregate.h"
#include "runtime/state/window.h"

namespace lathe::pipeline {

using expr::ColumnId;
using expr::Expr;

/// Ids of columns that only pipelines know begin here.
inline constexpr uint32_t kMadeColumns = 1u << 24;

/// A column that lies in a field of a row.
struct ColumnField {
  ColumnId id;
  uint32_t field;
};

enum class ObjectKind : uint8_t {
  kRows,
  kJoinTable,
  kAggregate,
  kSort,
  kLimit,
  kWindow,
  kSortedAggregate,
  kRecursion,  // the working table
  kChanges,    // rows for a Modify inside a plan
  kBandRows,   // as kRows, ordered by their first field
};

/// What an operator keeps between pipelines; objects[i] and locals[i] of generated code.
struct Object {
  ObjectKind kind;
  uint32_t node = 0;                              // physical::Node::id
  std::string name;                               // "join orders", "groups"
  row::Layout layout;                             // kRows, kJoinTable
  state::AggregateSpec aggregate;                 // kAggregate
  state::SortSpec sort;                           // kSort
  state::WindowSpec window;                       // kWindow
  state::SortedAggregateSpec sorted;              // kSortedAggregate
  state::ChangeSpec changes;                      // kChanges
  const physical::Window* window_node = nullptr;  // kWindow: has the frames' offsets
  bool distinct = false;                          // kRecursion
  const Expr* limit = nullptr;                    // kLimit, kSort
  const Expr* offset = nullptr;
  const physical::Values* values =
      nullptr;                       // kRows filled from a Values operator before its pipeline runs
  std::vector<ColumnField> columns;  // which column lies where (kRows, kJoinTable, kSort)

  /// The layout of its rows, whichever kind it is.
  const row::Layout& row_layout() const {
    switch (kind) {
      case ObjectKind::kAggregate:
        return aggregate.layout;
      case ObjectKind::kSort:
        return sort.layout;
      case ObjectKind::kWindow:
        return window.sort.layout;
      case ObjectKind::kSortedAggregate:
        return sorted.sort.layout;
      default:
        return layout;
    }
  }
};

enum class SourceKind : uint8_t {
  kTable,     // segments of a relation's pages
  kPages,     // all rows of an object's pages
  kRows,      // row pointers of an object: groups, sorted rows
  kFunction,  // rows that set-returning functions give for each row of an object
  kRounds,    // rows of each round of a recursion
};

/// A set-returning function over rows of an object.
struct SetCall {
  const func::SetFunction* function = nullptr;
  std::vector<uint32_t> args;          // fields of the object's rows
  std::vector<types::Type> arg_types;  // boxed
  uint32_t first_output = 0;           // field of the source's layout
};

/// The source's layout: fields passed on from the object's rows, the functions' columns,
/// ordinality.
struct FunctionRows {
  std::vector<SetCall> calls;
  std::vector<uint32_t> passed;  // field i of the source's layout = this field of the object's rows
  int32_t ordinality = -1;       // field of the source's layout
};

struct Source {
  SourceKind kind = SourceKind::kPages;
  const physical::TableScan* scan = nullptr;  // kTable
  bool by_keys = false;    // kTable: may look up the keys (first fields) of the rows of `object`
  uint32_t object = 0;     // all but kTable; by_keys
  FunctionRows function;   // kFunction
  uint32_t recursion = 0;  // kRounds: index into Program::recursions
  row::Layout layout;
  std::vector<ColumnField> columns;
  bool ordered = false;  // rows must be taken in order, by one worker
  uint32_t node = 0;
};

/// How a join treats the rows of its two sides. "Build" is the side that is kept, "probe" the one
/// that streams.
struct JoinRule {
  enum class Probe : uint8_t {
    kPairs,  // every match goes on
    kSemi,
    kAnti,
    kMark,
    kSingle,
    kFlagOnly  // matches only set the build row's flag
  };
  Probe probe = Probe::kPairs;
  bool keep_probe = false;  // probe rows without a match go on, with NULLs for the build side
  enum class Build : uint8_t { kNone, kUnmatched, kMatched };
  Build build = Build::kNone;  // build rows that go on in a second pipeline
  bool flags() const { return build != Build::kNone; }
};

enum class StepKind : uint8_t {
  kFilter,
  kKeyFilter,
  kProject,
  kRename,
  kProbe,
  kNestedLoop,
  kFlagged,
  kAggregateOutput,
  kSetOutput,
  kWindowOutput,
  kLimit,
  kCount,
};

/// How a call's value is made from its components.
struct CallOutput {
  ColumnId id;
  func::AggregateKind kind;
  types::Type type;  // of the result
  types::Type arg_type;
  uint32_t value_field = 0;
  uint32_t count_field = 0;
  bool nullable = true;  // NULL when the count is 0
};

struct Step {
  StepKind kind;
  const physical::Node* node = nullptr;
  uint32_t object = 0;                     // kProbe, kKeyFilter, kNestedLoop, kFlagged, kLimit
  JoinRule join;                           // kProbe, kNestedLoop, kFlagged
  std::vector<ColumnField> build_columns;  // kProbe, kNestedLoop; kWindowOutput: results
  std::vector<logical::OutputColumn> null_columns;       // kFlagged: columns of the probe side
  std::vector<std::pair<ColumnId, ColumnId>> renames;    // kRename: new id, old id
  std::vector<CallOutput> outputs;                       // kAggregateOutput
  uint32_t left_count_field = 0, right_count_field = 0;  // kSetOutput
};

/// Components that one argument feeds.
struct ArgumentUpdate {
  const Expr* argument = nullptr;    // null: count(*)
  const Expr* filter = nullptr;      // null: all rows
  std::vector<uint32_t> components;  // extremes, sums, then counts
};

enum class SinkKind : uint8_t { kResult, kRows, kJoinBuild, kAggregate, kSort };

struct Sink {
  SinkKind kind = SinkKind::kResult;
  uint32_t object = 0;  // all but kResult; kResult: see Program::result_object
  std::vector<const Expr*>
      fields;  // row sinks: value of each field (null: zero). kAggregate: the groups
  std::vector<ArgumentUpdate> updates;  // kAggregate
  std::vector<bool> null_equal;         // kJoinBuild: by key
  uint32_t key_count = 0;               // kJoinBuild
  const Expr* guard = nullptr;          // only rows for which it is true enter; null = all
  const physical::Node* node = nullptr;
};

struct Pipeline {
  std::string name;  // of the function: "p1_scan_orders_build"
  Source source;
  std::vector<Step> steps;
  std::vector<Sink> sinks;
  std::vector<uint32_t> finishes;  // objects whose last feeding pipeline this is
  uint32_t recursion =
      0;  // runs in each round of recursions[recursion - 1], not on its own; 0 = once
};

/// A WITH RECURSIVE. Its rounds run when the pipeline that reads them asks for more.
struct Recursion {
  uint32_t working = 0;           // object: rows that the coming round reads
  uint32_t first = 0;             // object: rows of the non-recursive term
  uint32_t next = 0;              // object: rows that a round gives
  std::vector<size_t> pipelines;  // of a round, in order
  std::vector<uint32_t> renewed;  // objects that each round begins anew
};

/// A Modify: rows of an object, written after everything has run (no statement sees its own
/// writes).
struct Change {
  const physical::Modify* node = nullptr;
  uint32_t object = 0;
  bool unread = false;  // of a CTE that nothing reads
};

/// A proved range of an integer, date or fixed-point value, in units of its last digit.
struct Range {
  types::int128 min, max;
};

/// An expression without columns that is computed once per execution.
struct Constant {
  const Expr* expr = nullptr;
  bool like_pattern = false;
  bool item_list = false;  // expr is a kInList: its items as a set, without its operand
};

/// The whole query. Immutable once built; shares the plan.
struct Program {
  std::shared_ptr<const physical::Plan> plan;
  std::vector<Object> objects;
  std::vector<Pipeline> pipelines;  // in the order in which they run
  std::vector<Constant> constants;
  std::unordered_map<const Expr*, uint32_t> constant_of;  // expressions that are constants[i]
  std::unordered_map<const Expr*, uint32_t>
      item_list_of;  // long IN lists whose items are constants[i]
  row::Layout result_layout;
  bool returns_rows = true;
  std::vector<Change> changes;  // in the order in which they are written
  std::vector<Recursion> recursions;
  std::map<ColumnId, Range>
      ranges;  // of table columns, from statistics that hold at each execution
  std::map<ColumnId, bool> nullable;  // by column, anywhere in the plan
  std::vector<expr::ExprPtr> owned;   // expressions made here

  /// The name of a column for IR and printers, "o_custkey"; never empty.
  std::string NameOf(ColumnId id) const;
  std::map<ColumnId, std::string> names;
};

/// Gives the range of a relation's column (index into RelationDescriptor::columns); false when
/// there is none to rely on.
using RangeLookup =
    std::function<bool(const schema::RelationDescriptor& relation, uint32_t column, Range* range)>;

/// Cuts the plan. ranges may be empty. Errors: 0A000.
Result<std::shared_ptr<const Program>> Build(std::shared_ptr<const physical::Plan> plan,
                                             const RangeLookup& ranges = {});

/// Text of the pipelines for EXPLAIN (PIPELINES) and golden files.
std::string Print(const Program& program);

}  // namespace lathe::pipeline
