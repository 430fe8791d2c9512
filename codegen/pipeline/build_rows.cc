// Operators that keep or pass on rows as they are: sort, limit, append, set operations, CTEs.
#include <algorithm>

#include "codegen/pipeline/builder.h"

namespace lathe::pipeline {

Status Builder::BuildSort(const physical::Sort& sort, Continuation rest) {
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

Status Builder::BuildLimit(const physical::Limit& limit, Continuation rest) {
  uint32_t object = AddObject(ObjectKind::kLimit, limit, "limit");
  program_.objects[object].limit = limit.limit.get();
  program_.objects[object].offset = limit.offset.get();
  Step step;
  step.kind = StepKind::kLimit;
  step.node = &limit;
  step.object = object;
  return Build(*limit.children[0], Before(std::move(step), std::move(rest)));
}

Status Builder::BuildAppend(const Node& append, const Continuation& rest) {
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

Status Builder::BuildSetOperation(const physical::HashSetOperation& node, Continuation rest) {
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

Status Builder::BuildMaterialize(const physical::Materialize& node, Continuation rest) {
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
  const size_t first = program_.changes.size();
  LATHE_TRY(Build(definition, Into(std::move(sink))));
  const size_t end = program_.changes.size();
  LATHE_TRY(Build(*node.children[1], std::move(rest)));
  for (size_t i = first; i < end; ++i) {
    program_.changes[i].unread |= !read_ctes_.contains(node.cte);
  }
  return Ok();
}

Status Builder::BuildCteScan(const physical::CteScan& scan, Continuation rest) {
  auto found = ctes_.find(scan.cte);
  LATHE_CHECK_NOTE(found != ctes_.end(), "CTE scanned outside its Materialize");
  read_ctes_.insert(scan.cte);
  const Object& object = program_.objects[found->second];
  Source source;
  source.object = found->second;
  source.layout = object.layout;
  source.node = scan.id;
  for (size_t i = 0; i < scan.outputs.size(); ++i) {
    for (const ColumnField& column : object.columns) {
      if (column.id == scan.source[i]) source.columns.push_back({scan.outputs[i].id, column.field});
    }
  }
  AddPipeline(std::move(source), std::move(rest));
  return Ok();
}

Status Builder::BuildChanges(const physical::Modify& modify, bool goes_on) {
  const uint32_t index = AddObject(ObjectKind::kChanges, modify, "changes");
  const row::Layout written = exec::WriteLayout(*modify.relation, modify.write);
  Sink sink;
  sink.kind = SinkKind::kRows;
  sink.object = index;
  sink.node = &modify;
  std::vector<row::FieldSpec> specs;
  for (size_t i = 0; i < written.field_count(); ++i) {
    const bool given = i < modify.source.size() && modify.source[i];
    sink.fields.push_back(given ? Column(modify.source[i], written.field(i).type) : nullptr);
    specs.push_back({written.field(i).type, written.field(i).null_bit >= 0});
  }
  Object& object = program_.objects[index];
  if (goes_on) {
    for (const OutputColumn& column : modify.outputs) {
      object.columns.push_back({column.id, static_cast<uint32_t>(specs.size())});
      sink.fields.push_back(Column(column.id, column.type));
      specs.push_back({column.type, true});
    }
  }
  object.layout = goes_on ? row::Layout::Make(specs) : written;
  object.changes.written_fields = static_cast<uint32_t>(written.field_count());
  using Repeats = logical::Modify::Repeats;
  if (modify.write != exec::WriteKind::kInsert && modify.repeats != Repeats::kNone) {
    object.changes.repeats = modify.repeats == Repeats::kFirst ? state::ChangeSpec::Repeats::kFirst
                                                               : state::ChangeSpec::Repeats::kError;
    // What tells one row of the table from another, among the old values.
    const std::vector<uint32_t> live = modify.relation->LiveColumns();
    const size_t old = modify.write == exec::WriteKind::kUpdate ? written.field_count() / 2 : 0;
    if (modify.relation->has_row_id()) {
      object.changes.key.push_back(static_cast<uint32_t>(old + live.size()));
    }
    for (const schema::KeyColumn& key : modify.relation->key) {
      const auto found = std::find(live.begin(), live.end(), key.column);
      object.changes.key.push_back(static_cast<uint32_t>(old + (found - live.begin())));
    }
  }
  const auto first = static_cast<ptrdiff_t>(program_.changes.size());
  LATHE_TRY(Build(*modify.children[0], Into(std::move(sink))));
  // What it reads from comes before it, as it may delete keys that this one inserts; what nothing
  // reads comes last.
  auto own = std::stable_partition(program_.changes.begin() + first, program_.changes.end(),
                                   [](const Change& change) { return !change.unread; });
  program_.changes.insert(own, {&modify, index});
  return Ok();
}

Status Builder::BuildModify(const physical::Modify& modify) {
  program_.returns_rows = false;
  return BuildChanges(modify, false);
}

Status Builder::BuildModifyInside(const physical::Modify& modify, Continuation rest) {
  const auto index = static_cast<uint32_t>(program_.objects.size());
  LATHE_TRY(BuildChanges(modify, true));
  Source source;
  source.object = index;
  source.layout = program_.objects[index].layout;
  source.columns = program_.objects[index].columns;
  source.ordered = true;
  source.node = modify.id;
  AddPipeline(std::move(source), std::move(rest));
  return Ok();
}

}  // namespace lathe::pipeline
