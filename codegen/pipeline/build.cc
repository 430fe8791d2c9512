// The frame of cutting a plan: columns, names, sources, and when objects are finished.
#include "codegen/pipeline/builder.h"

namespace lathe::pipeline {

Result<std::shared_ptr<const Program>> Builder::Run() {
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

void Builder::Collect(const Node& node) {
  for (const OutputColumn& column : node.outputs) {
    program_.nullable[column.id] |= column.nullable;
    std::string& name = program_.names[column.id];
    if (name.empty()) name = column.name;
  }
  for (const auto& child : node.children) Collect(*child);
}

const Expr* Builder::Own(expr::ExprPtr e) {
  program_.owned.push_back(std::move(e));
  return program_.owned.back().get();
}

const Expr* Builder::Column(ColumnId id, const types::Type& type) {
  return Own(expr::MakeColumn(id, type));
}

bool Builder::MayBeNull(const Expr& e) const {
  return expr::MayBeNull(e, [this](ColumnId id) {
    auto found = program_.nullable.find(id);
    return found == program_.nullable.end() || found->second;
  });
}

ColumnId Builder::MakeColumnId(const std::string& name, bool nullable) {
  ColumnId id(next_column_++);
  program_.names[id] = name;
  program_.nullable[id] = nullable;
  return id;
}

uint32_t Builder::AddObject(ObjectKind kind, const Node& node, std::string name) {
  Object object;
  object.kind = kind;
  object.node = node.id;
  object.name = std::move(name);
  program_.objects.push_back(std::move(object));
  return static_cast<uint32_t>(program_.objects.size() - 1);
}

uint32_t Builder::AddField(Fields* fields, const Expr* value) {
  auto index = static_cast<uint32_t>(fields->values.size());
  fields->values.push_back(value);
  fields->specs.push_back({value->type, MayBeNull(*value)});
  if (value->kind == expr::Kind::kColumn) fields->columns.push_back({value->column, index});
  return index;
}

uint32_t Builder::AddColumn(Fields* fields, const OutputColumn& column) {
  int found = fields->Find(column.id);
  return found >= 0 ? static_cast<uint32_t>(found)
                    : AddField(fields, Column(column.id, column.type));
}

void Builder::AddPipeline(Source source, Continuation rest) {
  Pipeline pipeline;
  pipeline.source = std::move(source);
  pipeline.steps = std::move(rest.steps);
  pipeline.sinks = std::move(rest.sinks);
  pipeline.name = "p" + std::to_string(program_.pipelines.size() + 1) + "_" +
                  SourceName(pipeline.source) + "_" + SinkName(pipeline.sinks);
  program_.pipelines.push_back(std::move(pipeline));
}

std::string Builder::SourceName(const Source& source) const {
  if (source.kind == SourceKind::kTable) return "scan_" + Word(source.scan->relation->name);
  return Word(program_.objects[source.object].name);
}

std::string Builder::SinkName(const std::vector<Sink>& sinks) const {
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

std::string Builder::Word(const std::string& text) {
  std::string word;
  for (char c : text) word += (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ? c : '_';
  return word.empty() ? "rows" : word;
}

Continuation Builder::Before(Step step, Continuation rest) {
  rest.steps.insert(rest.steps.begin(), std::move(step));
  return rest;
}

Continuation Builder::Into(Sink sink) {
  Continuation c;
  c.sinks.push_back(std::move(sink));
  return c;
}

Status Builder::Build(const Node& node, Continuation rest) {
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
    case Kind::kKeyFilter:
      return BuildKeyFilter(node.As<physical::KeyFilter>(), std::move(rest));
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
      return BuildAppend(node, rest);
    case Kind::kHashSetOperation:
      return BuildSetOperation(node.As<physical::HashSetOperation>(), std::move(rest));
    case Kind::kMaterialize:
      return BuildMaterialize(node.As<physical::Materialize>(), std::move(rest));
    case Kind::kCteScan:
      return BuildCteScan(node.As<physical::CteScan>(), std::move(rest));
    case Kind::kModify:
      return BuildModifyInside(node.As<physical::Modify>(), std::move(rest));
    case Kind::kWindow:
      return BuildWindow(node.As<physical::Window>(), std::move(rest));
    case Kind::kTableFunction:
      return BuildTableFunction(node.As<physical::TableFunction>(), std::move(rest));
    case Kind::kRecursive:
      return BuildRecursive(node.As<physical::Recursive>(), std::move(rest));
    case Kind::kSortedAggregate:
      return BuildSortedAggregate(node.As<physical::SortedAggregate>(), std::move(rest));
  }
  LATHE_UNREACHABLE("physical node kind");
}

Status Builder::BuildStep(StepKind kind, const Node& node, Continuation rest) {
  Step step;
  step.kind = kind;
  step.node = &node;
  return Build(*node.children[0], Before(std::move(step), std::move(rest)));
}

Status Builder::BuildScan(const physical::TableScan& scan, Continuation rest) {
  Source source;
  source.kind = SourceKind::kTable;
  source.scan = &scan;
  source.layout = scan.source().RowLayout();
  source.ordered = scan.key_order;
  source.node = scan.id;
  if (auto keys = lookup_objects_.find(&scan); keys != lookup_objects_.end()) {
    source.by_keys = true;
    source.object = keys->second;
  }
  for (size_t i = 0; i < scan.outputs.size(); ++i) {
    source.columns.push_back({scan.outputs[i].id, scan.fields[i]});
    Range range;
    const int64_t column = scan.ColumnOf(scan.fields[i]);
    if (ranges_ && column >= 0 && in_arithmetic_.contains(scan.outputs[i].id) &&
        ranges_(*scan.relation, static_cast<uint32_t>(column), &range)) {
      program_.ranges[scan.outputs[i].id] = range;
    }
  }
  AddPipeline(std::move(source), std::move(rest));
  return Ok();
}

Status Builder::BuildValues(const physical::Values& values, Continuation rest) {
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

std::string Builder::NameOfTree(const Node& node) {
  const Node* n = &node;
  while (n->kind != physical::Kind::kTableScan && !n->children.empty()) n = n->children[0].get();
  return n->kind == physical::Kind::kTableScan ? Word(n->As<physical::TableScan>().relation->name)
                                               : "rows";
}

void Builder::MarkFinishes() {
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
