// Cuts a physical plan into pipelines; private to codegen/pipeline. A node is built with the steps
// that are above it up to the next sink: operators that stream put a step in front, operators that
// keep rows end the pipeline of their child in a sink and begin a new one. The operators' methods
// are in build_*.cc.
#pragma once

#include <algorithm>
#include <set>
#include <unordered_set>

#include "codegen/pipeline/pipeline.h"
#include "runtime/state/join_table.h"

namespace lathe::pipeline {

using logical::OutputColumn;
using physical::JoinKind;
using physical::Node;
using state::ComponentKind;

/// The steps above a node and where its rows end up.
struct Continuation {
  std::vector<Step> steps;  // nearest first
  std::vector<Sink> sinks;
};

class Builder {
 public:
  Builder(std::shared_ptr<const physical::Plan> plan, const RangeLookup& ranges) : ranges_(ranges) {
    program_.plan = std::move(plan);
  }

  Result<std::shared_ptr<const Program>> Run();

 private:
  // --- names, columns, expressions ---

  void Collect(const Node& node);

  const Expr* Own(expr::ExprPtr e);
  const Expr* Column(ColumnId id, const types::Type& type);

  bool MayBeNull(const Expr& e) const;

  ColumnId MakeColumnId(const std::string& name, bool nullable);

  uint32_t AddObject(ObjectKind kind, const Node& node, std::string name);

  /// Rows that keep columns (and, before them, other values): fills the sink's fields and gives the
  /// specs of the layout.
  struct Fields {
    std::vector<const Expr*> values;
    std::vector<row::FieldSpec> specs;
    std::vector<ColumnField> columns;

    int Find(ColumnId id) const {
      for (const ColumnField& column : columns) {
        if (column.id == id) return static_cast<int>(column.field);
      }
      return -1;
    }
  };
  uint32_t AddField(Fields* fields, const Expr* value);
  uint32_t AddColumn(Fields* fields, const OutputColumn& column);

  void AddPipeline(Source source, Continuation rest);

  std::string SourceName(const Source& source) const;
  std::string SinkName(const std::vector<Sink>& sinks) const;
  static std::string Word(const std::string& text);

  static Continuation CopyOf(const Continuation& c) { return c; }
  static Continuation Before(Step step, Continuation rest);
  Continuation Into(Sink sink);

  // --- operators ---

  Status Build(const Node& node, Continuation rest);

  Status BuildStep(StepKind kind, const Node& node, Continuation rest);

  Status BuildScan(const physical::TableScan& scan, Continuation rest);

  Status BuildValues(const physical::Values& values, Continuation rest);

  static JoinRule RuleOf(JoinKind kind, bool build_is_left, Status* status);

  /// Adds the columns of the build side that the join or anything above it reads.
  void AddNeeded(const Node& join, const Node& build, const Expr* predicate, Fields* fields);

  /// The second pipeline over build rows by their flags.
  void AddFlagged(const Node& join, const Node& probe, const JoinRule& rule, uint32_t object,
                  Continuation rest);

  Status BuildHashJoin(const physical::HashJoin& join, Continuation rest);

  Status BuildKeyFilter(const physical::KeyFilter& filter, Continuation rest);

  Status BuildNestedLoop(const physical::NestedLoopJoin& join, Continuation rest);

  static std::string NameOfTree(const Node& node);

  // --- aggregation ---

  static bool SameArgument(const Expr* a, const Expr* b);

  /// The components of an aggregation under construction.
  struct Components {
    state::AggregateSpec spec;
    std::vector<row::FieldSpec> fields;
    std::vector<ArgumentUpdate> updates;
    std::vector<int> update_set;  // by update: distinct set that it reads, -1 = the input itself
  };

  ArgumentUpdate* UpdateFor(Components* c, const Expr* argument, const Expr* filter, int set);

  static types::Type FieldTypeOf(ComponentKind kind, const types::Type& value_type);

  /// The field of the component of this kind for this argument, made when there is none.
  uint32_t ComponentField(Components* c, ArgumentUpdate* update, ComponentKind kind,
                          const types::Type& type, uint32_t count_field);

  static Result<ComponentKind> SumKindOf(const types::Type& type, func::AggregateKind kind);

  Result<CallOutput> AddCall(Components* c, const physical::AggregateCall& call,
                             const Expr* argument, const Expr* filter, int set, bool grouped);

  /// Values of one distinct call that are grouped on their own first.
  struct DistinctSet {
    const Expr* argument;
    const Expr* filter;
    uint32_t object = 0;
    std::vector<ColumnField> columns;     // made ids of the groups and the argument
    std::vector<const Expr*> group_refs;  // columns over the set's rows
    const Expr* argument_ref = nullptr;
  };

  Status BuildAggregate(const physical::HashAggregate& node, Continuation rest);

  DistinctSet MakeDistinctSet(const physical::HashAggregate& node, const Expr* argument,
                              const Expr* filter);

  // --- the others ---

  Status BuildSort(const physical::Sort& sort, Continuation rest);

  Status BuildLimit(const physical::Limit& limit, Continuation rest);

  Status BuildAppend(const Node& append, const Continuation& rest);

  Status BuildSetOperation(const physical::HashSetOperation& node, Continuation rest);

  Status BuildMaterialize(const physical::Materialize& node, Continuation rest);

  Status BuildCteScan(const physical::CteScan& scan, Continuation rest);

  /// At the root of a statement: gives no rows.
  Status BuildModify(const physical::Modify& modify);
  /// Anywhere else: the rows go on as well.
  Status BuildModifyInside(const physical::Modify& modify, Continuation rest);
  Status BuildChanges(const physical::Modify& modify, bool goes_on);

  // --- operators whose rows are computed in C++ (build_cpp.cc) ---

  Status BuildWindow(const physical::Window& node, Continuation rest);
  Status BuildSortedAggregate(const physical::SortedAggregate& node, Continuation rest);
  Status BuildTableFunction(const physical::TableFunction& node, Continuation rest);
  Status BuildRecursive(const physical::Recursive& node, Continuation rest);
  /// The field of a value: that of its column if it is one that is there already.
  uint32_t FieldOf(Fields* fields, const Expr* value);
  std::vector<state::SortKey> SortKeysOf(Fields* fields, const std::vector<logical::SortKey>& keys);
  state::StepsCall StepsCallOf(Fields* fields, const func::Aggregate* aggregate,
                               const std::vector<expr::ExprPtr>& args, const Expr* filter,
                               const types::Type& type);
  void SplitRounds(Recursion* recursion, size_t first_pipeline, uint32_t first_object);

  // --- at the end ---

  void MarkFinishes();

  void AddConstant(const Expr& e, bool like_pattern);

  /// Marks the parts of an expression that are not computed once per execution; true when it is
  /// one.
  bool FindVarying(const Expr& e);
  /// Finds the largest subexpressions that are computed once per execution.
  void VisitConstants(const Expr& e);

  /// An IN list that is better searched than tested item by item: constants of exactly the
  /// operand's type.
  static bool IsLongList(const Expr& e);

  /// Every expression that generated code evaluates.
  static void VisitExpressions(const Node& node, const std::function<void(const Expr&)>& visit);
  void CollectConstants();

  const RangeLookup& ranges_;
  Program program_;
  uint32_t next_column_ = kMadeColumns;
  std::set<ColumnId> in_arithmetic_;  // columns whose ranges may be of use
  std::unordered_set<const Expr*> varying_;
  std::map<uint32_t, uint32_t> ctes_;  // cte -> object
  std::set<uint32_t> read_ctes_;
  // Scans that may look up the keys of a join table's rows -> its object.
  std::map<const physical::TableScan*, uint32_t> lookup_objects_;
  std::map<const physical::HashJoin*, uint32_t> join_objects_;  // whose build side is there
};

}  // namespace lathe::pipeline
