// Joins: one side is kept, the other streams past it.
#include "codegen/pipeline/builder.h"

namespace lathe::pipeline {

JoinRule Builder::RuleOf(JoinKind kind, bool build_is_left, Status* status) {
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

void Builder::AddNeeded(const Node& join, const Node& build, const Expr* predicate,
                        Fields* fields) {
  std::set<ColumnId> needed;
  for (const OutputColumn& column : join.outputs) needed.insert(column.id);
  if (predicate != nullptr) expr::CollectColumns(*predicate, &needed);
  for (const OutputColumn& column : build.outputs) {
    if (needed.contains(column.id)) AddColumn(fields, column);
  }
}

void Builder::AddFlagged(const Node& join, const Node& probe, const JoinRule& rule, uint32_t object,
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

Status Builder::BuildHashJoin(const physical::HashJoin& join, Continuation rest) {
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
  join_objects_[&join] = object;
  if (join.lookup_scan != nullptr) lookup_objects_[join.lookup_scan] = object;
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

Status Builder::BuildKeyFilter(const physical::KeyFilter& filter, Continuation rest) {
  auto object = join_objects_.find(filter.join);
  LATHE_CHECK(object != join_objects_.end());
  Step step;
  step.kind = StepKind::kKeyFilter;
  step.node = &filter;
  step.object = object->second;
  return Build(*filter.children[0], Before(std::move(step), std::move(rest)));
}

Status Builder::BuildNestedLoop(const physical::NestedLoopJoin& join, Continuation rest) {
  const Node& inner = *join.children[0];
  const Node& outer = *join.children[1];
  Status status;
  JoinRule rule = RuleOf(join.join_kind, join.inner_is_left, &status);
  LATHE_TRY(std::move(status));
  uint32_t object = AddObject(join.band ? ObjectKind::kBandRows : ObjectKind::kRows, join,
                              "inner_" + NameOfTree(inner));
  Fields fields;
  if (join.band) AddField(&fields, join.band->key.get());
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

}  // namespace lathe::pipeline
