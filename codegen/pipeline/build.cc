// Cuts a physical plan into pipelines. A node is built with the steps that are above it up to the
// next sink: operators that stream put a step in front, operators that keep rows end the pipeline
// of their child in a sink and begin a new one.
#include <algorithm>

#include "codegen/pipeline/pipeline.h"
#include "runtime/state/join_table.h"

namespace lathe::pipeline {
namespace {

using logical::OutputColumn;
using physical::JoinKind;
using physical::Node;
using state::ComponentKind;

/// The steps above a node and where its rows end up.
struct Continuation {
  std::vector<Step> steps;  // nearest first
  std::vector<Sink> sinks;
};

struct JoinSides {
  const Node* build;
  const Node* probe;
  bool build_is_left;
};

class Builder {
 public:
  Builder(std::shared_ptr<const physical::Plan> plan, const RangeLookup& ranges) : ranges_(ranges) {
    program_.plan = std::move(plan);
  }

  Result<std::shared_ptr<const Program>> Run() {
    const Node& root = *program_.plan->root;
    Collect(root);
    if (ranges_) {
      VisitExpressions(root, [this](const Expr& e) {
        expr::Visit(e, [this](const Expr& part) {
          if (part.kind == expr::Kind::kCall && part.type.is_fixed_numeric())
            expr::CollectColumns(part, &in_arithmetic_);
        });
      });
    }
    Continuation end;
    Sink sink;
    sink.node = &root;
    if (root.kind == physical::Kind::kModify) {
      LATHE_TRY(BuildModify(root.As<physical::Modify>()));
    } else {
      std::vector<row::FieldSpec> specs;
      for (const OutputColumn& column : root.outputs) {
        specs.push_back({column.type, true});
        sink.fields.push_back(Column(column.id, column.type));
      }
      program_.result_layout = row::Layout::Make(specs);
      end.sinks.push_back(std::move(sink));
      LATHE_TRY(Build(root, std::move(end)));
    }
    MarkFinishes();
    CollectConstants();
    return std::shared_ptr<const Program>(std::make_shared<Program>(std::move(program_)));
  }

 private:
  // --- names, columns, expressions ---

  void Collect(const Node& node) {
    for (const OutputColumn& column : node.outputs) {
      program_.nullable[column.id] |= column.nullable;
      std::string& name = program_.names[column.id];
      if (name.empty()) name = column.name;
    }
    for (const auto& child : node.children) Collect(*child);
  }

  const Expr* Own(expr::ExprPtr e) {
    program_.owned.push_back(std::move(e));
    return program_.owned.back().get();
  }
  const Expr* Column(ColumnId id, const types::Type& type) {
    return Own(expr::MakeColumn(id, type));
  }

  bool MayBeNull(const Expr& e) const {
    return expr::MayBeNull(e, [this](ColumnId id) {
      auto found = program_.nullable.find(id);
      return found == program_.nullable.end() || found->second;
    });
  }

  ColumnId MakeColumnId(const std::string& name, bool nullable) {
    ColumnId id(next_column_++);
    program_.names[id] = name;
    program_.nullable[id] = nullable;
    return id;
  }

  uint32_t AddObject(ObjectKind kind, const Node& node, std::string name) {
    Object object;
    object.kind = kind;
    object.node = node.id;
    object.name = std::move(name);
    program_.objects.push_back(std::move(object));
    return static_cast<uint32_t>(program_.objects.size() - 1);
  }

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
  uint32_t AddField(Fields* fields, const Expr* value) {
    auto index = static_cast<uint32_t>(fields->values.size());
    fields->values.push_back(value);
    fields->specs.push_back({value->type, MayBeNull(*value)});
    if (value->kind == expr::Kind::kColumn) fields->columns.push_back({value->column, index});
    return index;
  }
  uint32_t AddColumn(Fields* fields, const OutputColumn& column) {
    int found = fields->Find(column.id);
    return found >= 0 ? static_cast<uint32_t>(found)
                      : AddField(fields, Column(column.id, column.type));
  }

  void AddPipeline(Source source, Continuation rest) {
    Pipeline pipeline;
    pipeline.source = std::move(source);
    pipeline.steps = std::move(rest.steps);
    pipeline.sinks = std::move(rest.sinks);
    pipeline.name = "p" + std::to_string(program_.pipelines.size() + 1) + "_" +
                    SourceName(pipeline.source) + "_" + SinkName(pipeline.sinks);
    program_.pipelines.push_back(std::move(pipeline));
  }

  std::string SourceName(const Source& source) const {
    if (source.kind == SourceKind::kTable) return "scan_" + Word(source.scan->relation->name);
    return Word(program_.objects[source.object].name);
  }
  std::string SinkName(const std::vector<Sink>& sinks) const {
    switch (sinks.front().kind) {
      case SinkKind::kResult:
        return "result";
      case SinkKind::kRows:
        return "keep";
      case SinkKind::kJoinBuild:
        return "build";
      case SinkKind::kAggregate:
        return "aggregate";
      case SinkKind::kSort:
        return "sort";
    }
    return "";
  }
  static std::string Word(const std::string& text) {
    std::string word;
    for (char c : text) word += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
    return word.empty() ? "rows" : word;
  }

  static Continuation CopyOf(const Continuation& c) { return c; }
  static Continuation Before(Step step, Continuation rest) {
    rest.steps.insert(rest.steps.begin(), std::move(step));
    return rest;
  }
  Continuation Into(Sink sink) {
    Continuation c;
    c.sinks.push_back(std::move(sink));
    return c;
  }

  // --- operators ---

  Status Build(const Node& node, Continuation rest) {
    using physical::Kind;
    // Counts the rows that the operator gives to its parent, for EXPLAIN ANALYZE.
    if (node.kind != Kind::kMaterialize) {
      Step count;
      count.kind = StepKind::kCount;
      count.node = &node;
      rest = Before(std::move(count), std::move(rest));
    }
    switch (node.kind) {
      case Kind::kTableScan:
        return BuildScan(node.As<physical::TableScan>(), std::move(rest));
      case Kind::kValues:
        return BuildValues(node.As<physical::Values>(), std::move(rest));
      case Kind::kFilter:
        return BuildStep(StepKind::kFilter, node, std::move(rest));
      case Kind::kProject:
        return BuildStep(StepKind::kProject, node, std::move(rest));
      case Kind::kHashJoin:
        return BuildHashJoin(node.As<physical::HashJoin>(), std::move(rest));
      case Kind::kNestedLoopJoin:
        return BuildNestedLoop(node.As<physical::NestedLoopJoin>(), std::move(rest));
      case Kind::kHashAggregate:
        return BuildAggregate(node.As<physical::HashAggregate>(), std::move(rest));
      case Kind::kSort:
        return BuildSort(node.As<physical::Sort>(), std::move(rest));
      case Kind::kLimit:
        return BuildLimit(node.As<physical::Limit>(), std::move(rest));
      case Kind::kAppend:
        return BuildAppend(node, std::move(rest));
      case Kind::kHashSetOperation:
        return BuildSetOperation(node.As<physical::HashSetOperation>(), std::move(rest));
      case Kind::kMaterialize:
        return BuildMaterialize(node.As<physical::Materialize>(), std::move(rest));
      case Kind::kCteScan:
        return BuildCteScan(node.As<physical::CteScan>(), std::move(rest));
      case Kind::kModify:
        return NotSupported("a data-modifying statement inside a query");
    }
    LATHE_UNREACHABLE("physical node kind");
  }

  Status BuildStep(StepKind kind, const Node& node, Continuation rest) {
    Step step;
    step.kind = kind;
    step.node = &node;
    return Build(*node.children[0], Before(std::move(step), std::move(rest)));
  }

  Status BuildScan(const physical::TableScan& scan, Continuation rest) {
    Source source;
    source.kind = SourceKind::kTable;
    source.scan = &scan;
    source.layout = scan.relation->RowLayout();
    source.ordered = scan.key_order;
    source.node = scan.id;
    const std::vector<uint32_t> live = scan.relation->LiveColumns();
    for (size_t i = 0; i < scan.outputs.size(); ++i) {
      source.columns.push_back({scan.outputs[i].id, scan.fields[i]});
      Range range;
      if (ranges_ && scan.fields[i] < live.size() && in_arithmetic_.contains(scan.outputs[i].id) &&
          ranges_(*scan.relation, live[scan.fields[i]], &range)) {
        program_.ranges[scan.outputs[i].id] = range;
      }
    }
    AddPipeline(std::move(source), std::move(rest));
    return Ok();
  }

  Status BuildValues(const physical::Values& values, Continuation rest) {
    uint32_t object = AddObject(ObjectKind::kRows, values, "values");
    program_.objects[object].values = &values;
    std::vector<row::FieldSpec> specs;
    Source source;
    for (size_t i = 0; i < values.outputs.size(); ++i) {
      specs.push_back({values.outputs[i].type, true});
      source.columns.push_back({values.outputs[i].id, static_cast<uint32_t>(i)});
    }
    program_.objects[object].layout = row::Layout::Make(specs);
    program_.objects[object].columns = source.columns;
    source.object = object;
    source.layout = program_.objects[object].layout;
    source.ordered = true;
    source.node = values.id;
    AddPipeline(std::move(source), std::move(rest));
    return Ok();
  }

  static JoinRule RuleOf(JoinKind kind, bool build_is_left, Status* status) {
    JoinRule rule;
    const bool keep_left = kind == JoinKind::kLeft || kind == JoinKind::kFull;
    const bool keep_right = kind == JoinKind::kRight || kind == JoinKind::kFull;
    rule.keep_probe = build_is_left ? keep_right : keep_left;
    if (build_is_left ? keep_left : keep_right) rule.build = JoinRule::Build::kUnmatched;
    switch (kind) {
      case JoinKind::kSemi:
        rule.probe = build_is_left ? JoinRule::Probe::kFlagOnly : JoinRule::Probe::kSemi;
        if (build_is_left) rule.build = JoinRule::Build::kMatched;
        break;
      case JoinKind::kAnti:
        rule.probe = build_is_left ? JoinRule::Probe::kFlagOnly : JoinRule::Probe::kAnti;
        if (build_is_left) rule.build = JoinRule::Build::kUnmatched;
        break;
      case JoinKind::kMark:
      case JoinKind::kSingle:
        rule.probe = kind == JoinKind::kMark ? JoinRule::Probe::kMark : JoinRule::Probe::kSingle;
        rule.keep_probe = true;
        if (build_is_left) *status = NotSupported("this join with the kept side on the left");
        break;
      default:
        break;
    }
    return rule;
  }

  /// Adds the columns of the build side that the join or anything above it reads.
  void AddNeeded(const Node& join, const Node& build, const Expr* predicate, Fields* fields) {
    std::set<ColumnId> needed;
    for (const OutputColumn& column : join.outputs) needed.insert(column.id);
    if (predicate != nullptr) expr::CollectColumns(*predicate, &needed);
    for (const OutputColumn& column : build.outputs) {
      if (needed.contains(column.id)) AddColumn(fields, column);
    }
  }

  /// The second pipeline over build rows by their flags.
  void AddFlagged(const Node& join, const Node& probe, const JoinRule& rule, uint32_t object,
                  Continuation rest) {
    Source source;
    source.object = object;
    source.layout = program_.objects[object].layout;
    source.columns = program_.objects[object].columns;
    source.node = join.id;
    Step step;
    step.kind = StepKind::kFlagged;
    step.node = &join;
    step.object = object;
    step.join = rule;
    step.null_columns = probe.outputs;
    AddPipeline(std::move(source), Before(std::move(step), std::move(rest)));
  }

  Status BuildHashJoin(const physical::HashJoin& join, Continuation rest) {
    const Node& build = *join.children[0];
    const Node& probe = *join.children[1];
    Status status;
    JoinRule rule = RuleOf(join.join_kind, join.build_is_left, &status);
    LATHE_TRY(std::move(status));
    uint32_t object = AddObject(ObjectKind::kJoinTable, join, "join_" + NameOfTree(build));
    Fields fields;
    for (const auto& key : join.build_keys) AddField(&fields, key.get());
    AddNeeded(join, build, join.residual.get(), &fields);
    program_.objects[object].layout = row::Layout::Make(
        fields.specs, rule.flags() ? state::kJoinPrefixBytesWithFlag : state::kJoinPrefixBytes);
    program_.objects[object].columns = fields.columns;
    Sink sink;
    sink.kind = SinkKind::kJoinBuild;
    sink.object = object;
    sink.fields = std::move(fields.values);
    sink.null_equal = join.null_equal;
    sink.null_equal.resize(join.build_keys.size());
    sink.key_count = static_cast<uint32_t>(join.build_keys.size());
    sink.node = &join;
    LATHE_TRY(Build(build, Into(std::move(sink))));
    Step step;
    step.kind = StepKind::kProbe;
    step.node = &join;
    step.object = object;
    step.join = rule;
    step.build_columns = program_.objects[object].columns;
    LATHE_TRY(Build(probe, Before(std::move(step), CopyOf(rest))));
    if (rule.flags()) AddFlagged(join, probe, rule, object, std::move(rest));
    return Ok();
  }

  Status BuildNestedLoop(const physical::NestedLoopJoin& join, Continuation rest) {
    const Node& inner = *join.children[0];
    const Node& outer = *join.children[1];
    Status status;
    JoinRule rule = RuleOf(join.join_kind, join.inner_is_left, &status);
    LATHE_TRY(std::move(status));
    uint32_t object = AddObject(ObjectKind::kRows, join, "inner_" + NameOfTree(inner));
    Fields fields;
    AddNeeded(join, inner, join.predicate.get(), &fields);
    program_.objects[object].layout = row::Layout::Make(fields.specs, rule.flags() ? 1 : 0);
    program_.objects[object].columns = fields.columns;
    Sink sink;
    sink.kind = SinkKind::kRows;
    sink.object = object;
    sink.fields = std::move(fields.values);
    sink.node = &join;
    LATHE_TRY(Build(inner, Into(std::move(sink))));
    Step step;
    step.kind = StepKind::kNestedLoop;
    step.node = &join;
    step.object = object;
    step.join = rule;
    step.build_columns = program_.objects[object].columns;
    LATHE_TRY(Build(outer, Before(std::move(step), CopyOf(rest))));
    if (rule.flags()) AddFlagged(join, outer, rule, object, std::move(rest));
    return Ok();
  }

  static std::string NameOfTree(const Node& node) {
    const Node* n = &node;
    while (n->kind != physical::Kind::kTableScan && !n->children.empty()) n = n->children[0].get();
    return n->kind == physical::Kind::kTableScan ? Word(n->As<physical::TableScan>().relation->name)
                                                 : "rows";
  }

  // --- aggregation ---

  static bool SameArgument(const Expr* a, const Expr* b) {
    return a == nullptr || b == nullptr ? a == b : expr::Equal(*a, *b);
  }

  /// The components of an aggregation under construction.
  struct Components {
    state::AggregateSpec spec;
    std::vector<row::FieldSpec> fields;
    std::vector<ArgumentUpdate> updates;
    std::vector<int> update_set;  // by update: distinct set that it reads, -1 = the input itself
  };

  ArgumentUpdate* UpdateFor(Components* c, const Expr* argument, const Expr* filter, int set) {
    for (size_t i = 0; i < c->updates.size(); ++i) {
      if (c->update_set[i] == set && SameArgument(c->updates[i].argument, argument) &&
          SameArgument(c->updates[i].filter, filter)) {
        return &c->updates[i];
      }
    }
    c->updates.push_back({argument, filter, {}});
    c->update_set.push_back(set);
    return &c->updates.back();
  }

  static types::Type FieldTypeOf(ComponentKind kind, const types::Type& value_type) {
    switch (kind) {
      case ComponentKind::kCount:
      case ComponentKind::kSumI64:
        return types::TypeId::kInt8;
      case ComponentKind::kSumI128:
      case ComponentKind::kSumBig:
        return types::Type::FixedNumeric(38, 0);
      case ComponentKind::kSumF32:
        return types::TypeId::kFloat4;
      case ComponentKind::kSumF64:
        return types::TypeId::kFloat8;
      case ComponentKind::kSumInterval:
        return types::TypeId::kInterval;
      case ComponentKind::kMin:
      case ComponentKind::kMax:
        return types::ReprOf(value_type) == types::Repr::kString ? types::Type::FixedNumeric(38, 0)
                                                                 : value_type;
    }
    return types::TypeId::kInt8;
  }

  /// The field of the component of this kind for this argument, made when there is none.
  uint32_t ComponentField(Components* c, ArgumentUpdate* update, ComponentKind kind,
                          const types::Type& type, uint32_t count_field) {
    for (uint32_t i : update->components) {
      if (c->spec.components[i].kind == kind) return c->spec.components[i].field;
    }
    state::Component component;
    component.kind = kind;
    component.field = static_cast<uint32_t>(c->fields.size());
    component.type = type;
    component.count_field = count_field;
    c->fields.push_back({FieldTypeOf(kind, type), false});
    auto index = static_cast<uint32_t>(c->spec.components.size());
    c->spec.components.push_back(component);
    // Extremes ask the count whether they are the first, so counts come last.
    if (kind == ComponentKind::kCount) {
      update->components.push_back(index);
    } else {
      update->components.insert(update->components.begin(), index);
    }
    return component.field;
  }

  static Result<ComponentKind> SumKindOf(const types::Type& type, func::AggregateKind kind) {
    switch (type.id) {
      case types::TypeId::kInt2:
      case types::TypeId::kInt4:
        return ComponentKind::kSumI64;
      case types::TypeId::kInt8:
        return ComponentKind::kSumI128;
      case types::TypeId::kFloat4:
        return kind == func::AggregateKind::kSum ? ComponentKind::kSumF32 : ComponentKind::kSumF64;
      case types::TypeId::kFloat8:
        return ComponentKind::kSumF64;
      case types::TypeId::kNumeric:
        return type.is_fixed_numeric() ? ComponentKind::kSumI128 : ComponentKind::kSumBig;
      case types::TypeId::kInterval:
        return ComponentKind::kSumInterval;
      default:
        return NotSupported("this aggregate of type " + types::FormatType(type));
    }
  }

  Result<CallOutput> AddCall(Components* c, const physical::AggregateCall& call,
                             const Expr* argument, const Expr* filter, int set, bool grouped) {
    using func::AggregateKind;
    CallOutput output;
    output.id = call.output.id;
    output.kind = call.function->kind;
    output.type = call.output.type;
    if (argument != nullptr) output.arg_type = argument->type;
    const bool counts_all =
        output.kind == AggregateKind::kCountStar || (argument != nullptr && !MayBeNull(*argument));
    // count(*) and the count of an argument that is never NULL are one. Its update comes after
    // those of the arguments, as extremes look at it first; see Finish of the updates' order in
    // BuildAggregate.
    ArgumentUpdate* counter = UpdateFor(c, counts_all ? nullptr : argument, filter, set);
    output.count_field = ComponentField(c, counter, ComponentKind::kCount, types::TypeId::kInt8, 0);
    output.value_field = output.count_field;
    output.nullable = !(grouped && counts_all && filter == nullptr);
    switch (output.kind) {
      case AggregateKind::kCountStar:
      case AggregateKind::kCount:
        return output;
      case AggregateKind::kSum:
      case AggregateKind::kAvg: {
        LATHE_ASSIGN(ComponentKind kind, SumKindOf(argument->type, output.kind));
        ArgumentUpdate* update = UpdateFor(c, argument, filter, set);
        output.value_field = ComponentField(c, update, kind, argument->type, 0);
        return output;
      }
      case AggregateKind::kMin:
      case AggregateKind::kMax:
      case AggregateKind::kBoolAnd:
      case AggregateKind::kBoolOr: {
        const bool min =
            output.kind == AggregateKind::kMin || output.kind == AggregateKind::kBoolAnd;
        ArgumentUpdate* update = UpdateFor(c, argument, filter, set);
        output.value_field =
            ComponentField(c, update, min ? ComponentKind::kMin : ComponentKind::kMax,
                           argument->type, output.count_field);
        return output;
      }
    }
    LATHE_UNREACHABLE("aggregate kind");
  }

  /// Values of one distinct call that are grouped on their own first.
  struct DistinctSet {
    const Expr* argument;
    const Expr* filter;
    uint32_t object = 0;
    std::vector<ColumnField> columns;     // made ids of the groups and the argument
    std::vector<const Expr*> group_refs;  // columns over the set's rows
    const Expr* argument_ref = nullptr;
  };

  Status BuildAggregate(const physical::HashAggregate& node, Continuation rest) {
    const bool grouped = !node.groups.empty();
    Components c;
    for (const auto& group : node.groups) c.fields.push_back({group->type, MayBeNull(*group)});
    c.spec.group_count = static_cast<uint32_t>(node.groups.size());
    std::vector<DistinctSet> sets;
    std::vector<CallOutput> outputs;
    for (const physical::AggregateCall& call : node.calls) {
      const Expr* argument = call.args.empty() ? nullptr : call.args[0].get();
      const Expr* filter = call.filter.get();
      const auto kind = call.function->kind;
      int set = -1;
      if (call.distinct && kind != func::AggregateKind::kMin && kind != func::AggregateKind::kMax &&
          kind != func::AggregateKind::kBoolAnd && kind != func::AggregateKind::kBoolOr) {
        for (size_t i = 0; i < sets.size(); ++i) {
          if (SameArgument(sets[i].argument, argument) && SameArgument(sets[i].filter, filter)) {
            set = static_cast<int>(i);
          }
        }
        if (set < 0) {
          set = static_cast<int>(sets.size());
          sets.push_back(MakeDistinctSet(node, argument, filter));
        }
        argument = sets[static_cast<size_t>(set)].argument_ref;
        filter = nullptr;
      }
      // Grouped counts of a distinct set are zero for groups without a row in it.
      LATHE_ASSIGN(CallOutput output, AddCall(&c, call, argument, filter, set, grouped && set < 0));
      outputs.push_back(output);
    }
    // Pure counters last: extremes read the counts of their argument before they grow.
    uint32_t object = AddObject(ObjectKind::kAggregate, node, "groups");
    c.spec.layout = row::Layout::Make(c.fields, state::kAggregatePrefixBytes);
    program_.objects[object].aggregate = c.spec;

    auto sink_for = [&](int set) {
      Sink sink;
      sink.kind = SinkKind::kAggregate;
      sink.object = object;
      sink.node = &node;
      if (set < 0) {
        for (const auto& group : node.groups) sink.fields.push_back(group.get());
      } else {
        sink.fields = sets[static_cast<size_t>(set)].group_refs;
      }
      std::vector<ArgumentUpdate> counters;
      for (size_t i = 0; i < c.updates.size(); ++i) {
        if (c.update_set[i] != set) continue;
        (c.updates[i].argument == nullptr ? counters : sink.updates).push_back(c.updates[i]);
      }
      for (ArgumentUpdate& counter : counters) sink.updates.push_back(std::move(counter));
      return sink;
    };
    Continuation input;
    // Every group is in some distinct set already when that is all there is.
    bool needs_main = sets.empty() || sets[0].filter != nullptr || grouped == false;
    for (int set : c.update_set) needs_main |= set < 0;
    if (needs_main) input.sinks.push_back(sink_for(-1));
    for (DistinctSet& set : sets) {
      Sink sink;
      sink.kind = SinkKind::kAggregate;
      sink.object = set.object;
      sink.node = &node;
      for (const auto& group : node.groups) sink.fields.push_back(group.get());
      sink.fields.push_back(set.argument);
      sink.guard = set.filter;
      input.sinks.push_back(std::move(sink));
    }
    LATHE_TRY(Build(*node.children[0], std::move(input)));
    for (size_t i = 0; i < sets.size(); ++i) {
      Source source;
      source.kind = SourceKind::kRows;
      source.object = sets[i].object;
      source.layout = program_.objects[sets[i].object].aggregate.layout;
      source.columns = sets[i].columns;
      source.node = node.id;
      AddPipeline(std::move(source), Into(sink_for(static_cast<int>(i))));
    }
    Source source;
    source.kind = SourceKind::kRows;
    source.object = object;
    source.layout = program_.objects[object].aggregate.layout;
    source.node = node.id;
    for (size_t i = 0; i < node.groups.size(); ++i) {
      source.columns.push_back({node.outputs[i].id, static_cast<uint32_t>(i)});
    }
    Step step;
    step.kind = StepKind::kAggregateOutput;
    step.node = &node;
    step.outputs = std::move(outputs);
    AddPipeline(std::move(source), Before(std::move(step), std::move(rest)));
    return Ok();
  }

  DistinctSet MakeDistinctSet(const physical::HashAggregate& node, const Expr* argument,
                              const Expr* filter) {
    DistinctSet set;
    set.argument = argument;
    set.filter = filter;
    set.object = AddObject(ObjectKind::kAggregate, node, "distinct");
    state::AggregateSpec spec;
    std::vector<row::FieldSpec> fields;
    auto add = [&](const Expr& value, const std::string& name) {
      bool nullable = MayBeNull(value);
      ColumnId id = MakeColumnId(name, nullable);
      set.columns.push_back({id, static_cast<uint32_t>(fields.size())});
      fields.push_back({value.type, nullable});
      return Column(id, value.type);
    };
    for (const auto& group : node.groups) set.group_refs.push_back(add(*group, "group"));
    set.argument_ref = add(*argument, "distinct");
    spec.group_count = static_cast<uint32_t>(fields.size());
    spec.layout = row::Layout::Make(fields, state::kAggregatePrefixBytes);
    program_.objects[set.object].aggregate = std::move(spec);
    return set;
  }

  // --- the others ---

  Status BuildSort(const physical::Sort& sort, Continuation rest) {
    uint32_t object = AddObject(ObjectKind::kSort, sort, "sorted");
    Fields fields;
    state::SortSpec spec;
    for (const auto& key : sort.keys) {
      uint32_t field =
          key.expression->kind == expr::Kind::kColumn && fields.Find(key.expression->column) >= 0
              ? static_cast<uint32_t>(fields.Find(key.expression->column))
              : AddField(&fields, key.expression.get());
      spec.keys.push_back({field, key.descending, key.nulls_first});
    }
    for (const OutputColumn& column : sort.outputs) AddColumn(&fields, column);
    spec.layout = row::Layout::Make(fields.specs);
    Object& made = program_.objects[object];
    made.sort = std::move(spec);
    made.columns = fields.columns;
    made.limit = sort.limit.get();
    made.offset = sort.offset.get();
    Sink sink;
    sink.kind = SinkKind::kSort;
    sink.object = object;
    sink.fields = std::move(fields.values);
    sink.node = &sort;
    LATHE_TRY(Build(*sort.children[0], Into(std::move(sink))));
    Source source;
    source.kind = SourceKind::kRows;
    source.object = object;
    source.layout = program_.objects[object].sort.layout;
    source.columns = program_.objects[object].columns;
    source.ordered = true;
    source.node = sort.id;
    AddPipeline(std::move(source), std::move(rest));
    return Ok();
  }

  Status BuildLimit(const physical::Limit& limit, Continuation rest) {
    uint32_t object = AddObject(ObjectKind::kLimit, limit, "limit");
    program_.objects[object].limit = limit.limit.get();
    program_.objects[object].offset = limit.offset.get();
    Step step;
    step.kind = StepKind::kLimit;
    step.node = &limit;
    step.object = object;
    return Build(*limit.children[0], Before(std::move(step), std::move(rest)));
  }

  Status BuildAppend(const Node& append, Continuation rest) {
    for (const auto& child : append.children) {
      Step step;
      step.kind = StepKind::kRename;
      step.node = &append;
      for (size_t i = 0; i < append.outputs.size(); ++i) {
        step.renames.emplace_back(append.outputs[i].id, child->outputs[i].id);
      }
      LATHE_TRY(Build(*child, Before(std::move(step), CopyOf(rest))));
    }
    return Ok();
  }

  Status BuildSetOperation(const physical::HashSetOperation& node, Continuation rest) {
    uint32_t object = AddObject(ObjectKind::kAggregate, node, "set");
    state::AggregateSpec spec;
    std::vector<row::FieldSpec> fields;
    Source source;
    for (size_t i = 0; i < node.outputs.size(); ++i) {
      bool nullable = false;
      for (const auto& child : node.children) nullable |= program_.nullable[child->outputs[i].id];
      fields.push_back({node.outputs[i].type, nullable});
      source.columns.push_back({node.outputs[i].id, static_cast<uint32_t>(i)});
    }
    spec.group_count = static_cast<uint32_t>(fields.size());
    for (uint32_t side = 0; side < 2; ++side) {
      spec.components.push_back(
          {ComponentKind::kCount, static_cast<uint32_t>(fields.size()), types::TypeId::kInt8, 0});
      fields.push_back({types::TypeId::kInt8, false});
    }
    spec.layout = row::Layout::Make(fields, state::kAggregatePrefixBytes);
    program_.objects[object].aggregate = spec;
    for (uint32_t side = 0; side < 2; ++side) {
      Sink sink;
      sink.kind = SinkKind::kAggregate;
      sink.object = object;
      sink.node = &node;
      for (const OutputColumn& column : node.children[side]->outputs) {
        sink.fields.push_back(Column(column.id, column.type));
      }
      sink.updates.push_back({nullptr, nullptr, {side}});
      LATHE_TRY(Build(*node.children[side], Into(std::move(sink))));
    }
    source.kind = SourceKind::kRows;
    source.object = object;
    source.layout = program_.objects[object].aggregate.layout;
    source.node = node.id;
    Step step;
    step.kind = StepKind::kSetOutput;
    step.node = &node;
    step.left_count_field = spec.components[0].field;
    step.right_count_field = spec.components[1].field;
    AddPipeline(std::move(source), Before(std::move(step), std::move(rest)));
    return Ok();
  }

  Status BuildMaterialize(const physical::Materialize& node, Continuation rest) {
    const Node& definition = *node.children[0];
    uint32_t object = AddObject(ObjectKind::kRows, node, node.name.empty() ? "cte" : node.name);
    Fields fields;
    for (const OutputColumn& column : definition.outputs) AddColumn(&fields, column);
    program_.objects[object].layout = row::Layout::Make(fields.specs);
    program_.objects[object].columns = fields.columns;
    ctes_[node.cte] = object;
    Sink sink;
    sink.kind = SinkKind::kRows;
    sink.object = object;
    sink.fields = std::move(fields.values);
    sink.node = &node;
    LATHE_TRY(Build(definition, Into(std::move(sink))));
    return Build(*node.children[1], std::move(rest));
  }

  Status BuildCteScan(const physical::CteScan& scan, Continuation rest) {
    auto found = ctes_.find(scan.cte);
    LATHE_CHECK_NOTE(found != ctes_.end(), "CTE scanned outside its Materialize");
    const Object& object = program_.objects[found->second];
    Source source;
    source.object = found->second;
    source.layout = object.layout;
    source.node = scan.id;
    for (size_t i = 0; i < scan.outputs.size(); ++i) {
      for (const ColumnField& column : object.columns) {
        if (column.id == scan.source[i])
          source.columns.push_back({scan.outputs[i].id, column.field});
      }
    }
    AddPipeline(std::move(source), std::move(rest));
    return Ok();
  }

  Status BuildModify(const physical::Modify& modify) {
    program_.returns_rows = false;
    program_.modify = &modify;
    uint32_t object = AddObject(ObjectKind::kRows, modify, "changes");
    program_.modify_object = object;
    row::Layout layout = exec::WriteLayout(*modify.relation, modify.write);
    program_.objects[object].layout = layout;
    Sink sink;
    sink.kind = SinkKind::kRows;
    sink.object = object;
    sink.node = &modify;
    for (size_t i = 0; i < layout.field_count(); ++i) {
      const bool given = i < modify.source.size() && modify.source[i];
      sink.fields.push_back(given ? Column(modify.source[i], layout.field(i).type) : nullptr);
    }
    return Build(*modify.children[0], Into(std::move(sink)));
  }

  // --- at the end ---

  void MarkFinishes() {
    std::vector<int> last(program_.objects.size(), -1);
    for (size_t i = 0; i < program_.pipelines.size(); ++i) {
      for (const Sink& sink : program_.pipelines[i].sinks) {
        if (sink.kind != SinkKind::kResult) last[sink.object] = static_cast<int>(i);
      }
    }
    for (size_t object = 0; object < last.size(); ++object) {
      if (last[object] >= 0) {
        program_.pipelines[static_cast<size_t>(last[object])].finishes.push_back(
            static_cast<uint32_t>(object));
      }
    }
  }

  void AddConstant(const Expr& e, bool like_pattern) {
    for (size_t i = 0; i < program_.constants.size(); ++i) {
      Constant& known = program_.constants[i];
      if (!known.item_list && expr::Equal(*known.expr, e) && known.expr->type == e.type) {
        known.like_pattern |= like_pattern;
        program_.constant_of[&e] = static_cast<uint32_t>(i);
        return;
      }
    }
    program_.constant_of[&e] = static_cast<uint32_t>(program_.constants.size());
    program_.constants.push_back({&e, like_pattern});
  }

  /// Finds the largest subexpressions that are computed once per execution.
  void VisitConstants(const Expr& e) {
    if (e.kind == expr::Kind::kConst) return;
    if (expr::IsRuntimeConstant(e)) {
      AddConstant(e, false);
      return;
    }
    const bool like =
        e.kind == expr::Kind::kCall && (e.function->inline_op == func::InlineOp::kLike ||
                                        e.function->inline_op == func::InlineOp::kNotLike);
    if (like && e.children.size() == 2 && expr::IsRuntimeConstant(*e.children[1])) {
      VisitConstants(*e.children[0]);
      AddConstant(*e.children[1], true);
      return;
    }
    if (IsLongList(e)) {
      VisitConstants(*e.children[0]);
      program_.item_list_of[&e] = static_cast<uint32_t>(program_.constants.size());
      program_.constants.push_back({&e, false, true});
      return;
    }
    for (const auto& child : e.children) VisitConstants(*child);
  }

  /// An IN list that is better searched than tested item by item: constants of exactly the
  /// operand's type.
  static bool IsLongList(const Expr& e) {
    constexpr size_t kItemsMin = 33;
    if (e.kind != expr::Kind::kInList || e.children.size() <= kItemsMin) return false;
    for (size_t i = 1; i < e.children.size(); ++i) {
      types::Type type = e.children[i]->type;
      types::Type wanted = e.children[0]->type;
      // Lengths of strings do not matter here.
      if (type.is_string_like() && type.id == wanted.id) type.typmod = wanted.typmod;
      if (!(type == wanted) || !expr::IsRuntimeConstant(*e.children[i])) return false;
    }
    return e.children[0]->type.id != types::TypeId::kArray;
  }

  /// Every expression that generated code evaluates.
  static void VisitExpressions(const Node& node, const std::function<void(const Expr&)>& visit) {
    using physical::Kind;
    auto each = [&visit](const std::vector<expr::ExprPtr>& list) {
      for (const auto& e : list) visit(*e);
    };
    switch (node.kind) {
      case Kind::kFilter:
        each(node.As<physical::Filter>().conjuncts);
        break;
      case Kind::kProject:
        each(node.As<physical::Project>().expressions);
        break;
      case Kind::kHashJoin: {
        const auto& join = node.As<physical::HashJoin>();
        each(join.build_keys);
        each(join.probe_keys);
        if (join.residual != nullptr) visit(*join.residual);
        break;
      }
      case Kind::kNestedLoopJoin: {
        const auto& join = node.As<physical::NestedLoopJoin>();
        if (join.predicate != nullptr) visit(*join.predicate);
        break;
      }
      case Kind::kHashAggregate: {
        const auto& aggregate = node.As<physical::HashAggregate>();
        each(aggregate.groups);
        for (const auto& call : aggregate.calls) {
          each(call.args);
          if (call.filter != nullptr) visit(*call.filter);
        }
        break;
      }
      case Kind::kSort:
        for (const auto& key : node.As<physical::Sort>().keys) visit(*key.expression);
        break;
      default:
        break;
    }
    for (const auto& child : node.children) VisitExpressions(*child, visit);
  }
  void CollectConstants() {
    VisitExpressions(*program_.plan->root, [this](const Expr& e) { VisitConstants(e); });
  }

  const RangeLookup& ranges_;
  Program program_;
  uint32_t next_column_ = kMadeColumns;
  std::set<ColumnId> in_arithmetic_;   // columns whose ranges may be of use
  std::map<uint32_t, uint32_t> ctes_;  // cte -> object
};

}  // namespace

std::string Program::NameOf(ColumnId id) const {
  auto found = names.find(id);
  if (found != names.end() && !found->second.empty() && found->second != "?column?")
    return found->second;
  return "c" + std::to_string(id.value);
}

Result<std::shared_ptr<const Program>> Build(std::shared_ptr<const physical::Plan> plan,
                                             const RangeLookup& ranges) {
  return Builder(std::move(plan), ranges).Run();
}

}  // namespace lathe::pipeline
