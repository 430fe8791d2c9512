// Hash aggregation: calls share components; DISTINCT calls read groups of their own.
#include "codegen/pipeline/builder.h"

namespace lathe::pipeline {

bool Builder::SameArgument(const Expr* a, const Expr* b) {
  return a == nullptr || b == nullptr ? a == b : expr::Equal(*a, *b);
}

ArgumentUpdate* Builder::UpdateFor(Components* c, const Expr* argument, const Expr* filter,
                                   int set) {
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

types::Type Builder::FieldTypeOf(ComponentKind kind, const types::Type& value_type) {
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

uint32_t Builder::ComponentField(Components* c, ArgumentUpdate* update, ComponentKind kind,
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

Result<ComponentKind> Builder::SumKindOf(const types::Type& type, func::AggregateKind kind) {
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

Result<CallOutput> Builder::AddCall(Components* c, const physical::AggregateCall& call,
                                    const Expr* argument, const Expr* filter, int set,
                                    bool grouped) {
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
      const bool min = output.kind == AggregateKind::kMin || output.kind == AggregateKind::kBoolAnd;
      ArgumentUpdate* update = UpdateFor(c, argument, filter, set);
      output.value_field =
          ComponentField(c, update, min ? ComponentKind::kMin : ComponentKind::kMax, argument->type,
                         output.count_field);
      return output;
    }
    case AggregateKind::kGeneric:
      break;  // has no components
  }
  LATHE_UNREACHABLE("aggregate kind");
}

Status Builder::BuildAggregate(const physical::HashAggregate& node, Continuation rest) {
  const bool grouped = !node.groups.empty();
  Components c;
  for (const auto& group : node.groups) c.fields.push_back({group->type, MayBeNull(*group)});
  c.spec.group_count = static_cast<uint32_t>(node.groups.size());
  c.spec.key_count = node.key_count;
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

Builder::DistinctSet Builder::MakeDistinctSet(const physical::HashAggregate& node,
                                              const Expr* argument, const Expr* filter) {
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

}  // namespace lathe::pipeline
