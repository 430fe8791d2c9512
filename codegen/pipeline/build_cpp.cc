// Operators whose rows are computed in C++ between two pipelines: windows, sorted aggregation,
// set-returning functions, recursion. Generated code fills their input rows, arguments evaluated,
// and reads their results.
#include "codegen/pipeline/builder.h"

namespace lathe::pipeline {

uint32_t Builder::FieldOf(Fields* fields, const Expr* value) {
  if (value->kind == expr::Kind::kColumn) {
    const int found = fields->Find(value->column);
    if (found >= 0) return static_cast<uint32_t>(found);
  }
  return AddField(fields, value);
}

std::vector<state::SortKey> Builder::SortKeysOf(Fields* fields,
                                                const std::vector<logical::SortKey>& keys) {
  std::vector<state::SortKey> made;
  for (const logical::SortKey& key : keys) {
    made.push_back({FieldOf(fields, key.expression.get()), key.descending, key.nulls_first});
  }
  return made;
}

state::StepsCall Builder::StepsCallOf(Fields* fields, const func::Aggregate* aggregate,
                                      const std::vector<expr::ExprPtr>& args, const Expr* filter,
                                      const types::Type& type) {
  state::StepsCall call;
  call.aggregate = aggregate;
  call.type = type;
  for (const expr::ExprPtr& arg : args) {
    call.args.push_back(FieldOf(fields, arg.get()));
    call.arg_types.push_back(state::BoxedType(arg->type));
  }
  if (filter != nullptr) call.filter = static_cast<int32_t>(FieldOf(fields, filter));
  return call;
}

Status Builder::BuildWindow(const physical::Window& node, Continuation rest) {
  const uint32_t index = AddObject(ObjectKind::kWindow, node, "window");
  Fields fields;
  state::WindowSpec spec;
  for (const auto& e : node.partition) spec.sort.keys.push_back({FieldOf(&fields, e.get())});
  spec.partition_keys = static_cast<uint32_t>(node.partition.size());
  for (const state::SortKey& key : SortKeysOf(&fields, node.order)) spec.sort.keys.push_back(key);
  spec.sort.stable = true;
  std::vector<row::FieldSpec> results;
  std::vector<ColumnField> result_columns;
  std::set<ColumnId> made;
  for (const logical::WindowCall& call : node.calls) {
    state::WindowCallSpec made_call;
    made_call.function = call.function;
    made_call.call =
        StepsCallOf(&fields, call.aggregate, call.args, call.filter.get(), call.output.type);
    made_call.frame.mode = static_cast<state::FrameMode>(call.frame.mode);
    made_call.frame.start = static_cast<state::FrameBoundKind>(call.frame.start.kind);
    made_call.frame.end = static_cast<state::FrameBoundKind>(call.frame.end.kind);
    made_call.frame.exclusion = static_cast<state::FrameExclusion>(call.frame.exclusion);
    made_call.frame.range_minus = call.frame.range_minus;
    made_call.frame.range_plus = call.frame.range_plus;
    spec.calls.push_back(std::move(made_call));
    result_columns.push_back({call.output.id, static_cast<uint32_t>(results.size())});
    results.push_back({call.output.type, true});
    made.insert(call.output.id);
  }
  for (const OutputColumn& column : node.outputs) {
    if (!made.contains(column.id)) AddColumn(&fields, column);
  }
  spec.sort.layout = row::Layout::Make(fields.specs, state::kWindowPrefixBytes);
  spec.results = row::Layout::Make(results);
  Object& object = program_.objects[index];
  object.window = std::move(spec);
  object.window_node = &node;
  object.columns = fields.columns;
  Sink sink;
  sink.kind = SinkKind::kSort;
  sink.object = index;
  sink.fields = std::move(fields.values);
  sink.node = &node;
  LATHE_TRY(Build(*node.children[0], Into(std::move(sink))));
  Source source;
  source.kind = SourceKind::kRows;
  source.object = index;
  source.layout = program_.objects[index].window.sort.layout;
  source.columns = program_.objects[index].columns;
  source.ordered = true;
  source.node = node.id;
  Step step;
  step.kind = StepKind::kWindowOutput;
  step.node = &node;
  step.object = index;
  step.build_columns = std::move(result_columns);
  AddPipeline(std::move(source), Before(std::move(step), std::move(rest)));
  return Ok();
}

Status Builder::BuildSortedAggregate(const physical::SortedAggregate& node, Continuation rest) {
  const uint32_t index = AddObject(ObjectKind::kSortedAggregate, node, "sorted_groups");
  Fields fields;
  state::SortedAggregateSpec spec;
  Source source;
  std::vector<row::FieldSpec> results;
  for (size_t i = 0; i < node.groups.size(); ++i) {
    const Expr* group = node.groups[i].get();
    spec.sort.keys.push_back({FieldOf(&fields, group)});
    source.columns.push_back({node.outputs[i].id, static_cast<uint32_t>(i)});
    results.push_back({group->type, MayBeNull(*group)});
  }
  spec.sort.stable = true;
  for (const physical::AggregateCall& call : node.calls) {
    state::StepsCall made =
        StepsCallOf(&fields, call.function, call.args, call.filter.get(), call.output.type);
    made.distinct = call.distinct;
    made.order = SortKeysOf(&fields, call.order);
    spec.calls.push_back(std::move(made));
    source.columns.push_back({call.output.id, static_cast<uint32_t>(results.size())});
    results.push_back({call.output.type, true});
  }
  spec.sort.layout = row::Layout::Make(fields.specs);
  spec.results = row::Layout::Make(results);
  source.layout = spec.results;
  program_.objects[index].sorted = std::move(spec);
  program_.objects[index].columns = fields.columns;
  Sink sink;
  sink.kind = SinkKind::kSort;
  sink.object = index;
  sink.fields = std::move(fields.values);
  sink.node = &node;
  LATHE_TRY(Build(*node.children[0], Into(std::move(sink))));
  source.object = index;
  source.node = node.id;
  AddPipeline(std::move(source), std::move(rest));
  return Ok();
}

Status Builder::BuildTableFunction(const physical::TableFunction& node, Continuation rest) {
  const uint32_t index = AddObject(ObjectKind::kRows, node, "arguments");
  Source source;
  source.kind = SourceKind::kFunction;
  source.object = index;
  source.ordered = true;
  source.node = node.id;
  Fields fields;
  std::vector<row::FieldSpec> specs;
  std::set<ColumnId> from_child;
  for (const OutputColumn& column : node.children[0]->outputs) from_child.insert(column.id);
  for (const OutputColumn& column : node.outputs) {
    if (!from_child.contains(column.id)) continue;
    source.function.passed.push_back(AddColumn(&fields, column));
    source.columns.push_back({column.id, static_cast<uint32_t>(specs.size())});
    specs.push_back({column.type, program_.nullable[column.id]});
  }
  for (const auto& call : node.calls) {
    SetCall made;
    made.function = call.function;
    made.first_output = static_cast<uint32_t>(specs.size());
    for (const expr::ExprPtr& arg : call.args) {
      made.args.push_back(FieldOf(&fields, arg.get()));
      made.arg_types.push_back(state::BoxedType(arg->type));
    }
    for (const OutputColumn& column : call.outputs) {
      source.columns.push_back({column.id, static_cast<uint32_t>(specs.size())});
      specs.push_back({column.type, true});
    }
    source.function.calls.push_back(std::move(made));
  }
  if (node.with_ordinality) {
    source.function.ordinality = static_cast<int32_t>(specs.size());
    source.columns.push_back({node.ordinality.id, static_cast<uint32_t>(specs.size())});
    specs.push_back({types::TypeId::kInt8, false});
  }
  source.layout = row::Layout::Make(specs);
  program_.objects[index].layout = row::Layout::Make(fields.specs);
  program_.objects[index].columns = fields.columns;
  Sink sink;
  sink.kind = SinkKind::kRows;
  sink.object = index;
  sink.fields = std::move(fields.values);
  sink.node = &node;
  LATHE_TRY(Build(*node.children[0], Into(std::move(sink))));
  AddPipeline(std::move(source), std::move(rest));
  return Ok();
}

Status Builder::BuildRecursive(const physical::Recursive& node, Continuation rest) {
  const std::string name = node.name.empty() ? "recursion" : node.name;
  Recursion recursion;
  recursion.working = AddObject(ObjectKind::kRecursion, node, name);
  recursion.first = AddObject(ObjectKind::kRows, node, name + "_first");
  recursion.next = AddObject(ObjectKind::kRows, node, name + "_next");
  std::vector<row::FieldSpec> specs;
  Source source;
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    specs.push_back({node.outputs[i].type, true});
    source.columns.push_back({node.outputs[i].id, static_cast<uint32_t>(i)});
  }
  const row::Layout layout = row::Layout::Make(specs);
  for (uint32_t object : {recursion.working, recursion.first, recursion.next}) {
    program_.objects[object].layout = layout;
    program_.objects[object].columns = source.columns;
  }
  Object& working = program_.objects[recursion.working];
  working.distinct = node.distinct;
  // Scans of the working table may name the columns of the recursion or of its first term.
  for (size_t i = 0; i < node.outputs.size(); ++i) {
    const ColumnId id = node.children[0]->outputs[i].id;
    if (id != node.outputs[i].id) working.columns.push_back({id, static_cast<uint32_t>(i)});
  }
  ctes_[node.working] = recursion.working;
  auto into = [&](uint32_t object, const Node& child) {
    Sink sink;
    sink.kind = SinkKind::kRows;
    sink.object = object;
    sink.node = &node;
    for (const OutputColumn& column : child.outputs) {
      sink.fields.push_back(Column(column.id, column.type));
    }
    return Into(std::move(sink));
  };
  LATHE_TRY(Build(*node.children[0], into(recursion.first, *node.children[0])));
  const size_t first_pipeline = program_.pipelines.size();
  const auto first_object = static_cast<uint32_t>(program_.objects.size());
  LATHE_TRY(Build(*node.children[1], into(recursion.next, *node.children[1])));
  SplitRounds(&recursion, first_pipeline, first_object);
  source.kind = SourceKind::kRounds;
  source.object = recursion.working;
  source.recursion = static_cast<uint32_t>(program_.recursions.size());
  source.layout = layout;
  source.ordered = true;
  source.node = node.id;
  program_.recursions.push_back(std::move(recursion));
  AddPipeline(std::move(source), std::move(rest));
  return Ok();
}

/// What does not depend on the working table runs once: build sides of joins, say.
void Builder::SplitRounds(Recursion* recursion, size_t first_pipeline, uint32_t first_object) {
  std::set<uint32_t> changing = {recursion->working, recursion->next};
  std::set<size_t> in_round;
  bool all = false;  // a recursion within: simply everything
  for (size_t i = first_pipeline; i < program_.pipelines.size(); ++i) {
    all |= program_.pipelines[i].source.kind == SourceKind::kRounds;
  }
  auto depends = [&](const Pipeline& pipeline) {
    if (all) return true;
    if (pipeline.source.kind != SourceKind::kTable && changing.contains(pipeline.source.object)) {
      return true;
    }
    for (const Step& step : pipeline.steps) {
      const bool has_object = step.kind == StepKind::kProbe || step.kind == StepKind::kNestedLoop ||
                              step.kind == StepKind::kFlagged || step.kind == StepKind::kLimit;
      if (has_object && changing.contains(step.object)) return true;
    }
    return std::any_of(pipeline.sinks.begin(), pipeline.sinks.end(),
                       [&](const Sink& sink) { return changing.contains(sink.object); });
  };
  for (bool grown = true; grown;) {
    grown = false;
    for (size_t i = first_pipeline; i < program_.pipelines.size(); ++i) {
      const Pipeline& pipeline = program_.pipelines[i];
      if (in_round.contains(i) || !depends(pipeline)) continue;
      grown = true;
      in_round.insert(i);
      for (const Sink& sink : pipeline.sinks) changing.insert(sink.object);
      for (const Step& step : pipeline.steps) {
        // Flags of matches and numbers of rows begin anew as well.
        const bool marks = (step.kind == StepKind::kProbe || step.kind == StepKind::kNestedLoop ||
                            step.kind == StepKind::kFlagged) &&
                           step.join.flags();
        if (marks || step.kind == StepKind::kLimit) changing.insert(step.object);
      }
    }
  }
  const auto number = static_cast<uint32_t>(program_.recursions.size() + 1);
  for (size_t i : in_round) {
    if (program_.pipelines[i].recursion != 0) continue;  // of a recursion within
    program_.pipelines[i].recursion = number;
    recursion->pipelines.push_back(i);
  }
  for (uint32_t object : changing) {
    if (object >= first_object) recursion->renewed.push_back(object);
  }
  if (all) {
    recursion->renewed.clear();
    for (uint32_t object = first_object; object < program_.objects.size(); ++object) {
      recursion->renewed.push_back(object);
    }
  }
}

}  // namespace lathe::pipeline
