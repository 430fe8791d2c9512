// Text of the pipelines: one line for the source, each step and each sink.
#include "codegen/pipeline/pipeline.h"

namespace lathe::pipeline {
namespace {

std::string ColumnList(const Program& program, const std::vector<ColumnField>& columns) {
  std::string text;
  for (const ColumnField& column : columns) {
    if (!text.empty()) text += ", ";
    text += program.NameOf(column.id) + "#" + std::to_string(column.id.value);
  }
  return "[" + text + "]";
}

std::string SourceText(const Program& program, const Source& source) {
  std::string columns = ColumnList(program, source.columns);
  const std::string order = source.ordered ? " in order" : "";
  if (source.kind == SourceKind::kTable) {
    return "scan " + source.scan->relation->name + " " + columns + order;
  }
  const bool rounds = source.kind == SourceKind::kRounds;
  const bool function = source.kind == SourceKind::kFunction;
  return (rounds     ? "rounds of "
          : function ? "functions over "
                     : "read ") +
         program.objects[source.object].name + "@" + std::to_string(source.object) + " " + columns +
         order;
}

const char* ProbeText(JoinRule::Probe probe) {
  switch (probe) {
    case JoinRule::Probe::kPairs:
      return "pairs";
    case JoinRule::Probe::kSemi:
      return "semi";
    case JoinRule::Probe::kAnti:
      return "anti";
    case JoinRule::Probe::kMark:
      return "mark";
    case JoinRule::Probe::kSingle:
      return "single";
    case JoinRule::Probe::kFlagOnly:
      return "flag";
  }
  return "";
}

}  // namespace

std::string Print(const Program& program) {
  auto name_of = [&program](ColumnId id) { return program.NameOf(id); };
  auto list = [&](const auto& expressions) {
    std::string text;
    for (const auto& e : expressions) {
      if (!text.empty()) text += ", ";
      text += e == nullptr ? "-" : expr::Print(*e, name_of);
    }
    return text;
  };
  std::string out;
  for (const Pipeline& pipeline : program.pipelines) {
    out += pipeline.name;
    if (pipeline.recursion != 0) {
      const Recursion& recursion = program.recursions[pipeline.recursion - 1];
      out += " in each round of " + program.objects[recursion.working].name;
    }
    out += ":\n  " + SourceText(program, pipeline.source) + "\n";
    for (const Step& step : pipeline.steps) {
      const std::string at = "@" + std::to_string(step.object);
      switch (step.kind) {
        case StepKind::kCount:
          continue;
        case StepKind::kFilter:
          out += "  filter " + list(step.node->As<physical::Filter>().conjuncts);
          break;
        case StepKind::kKeyFilter:
          out += "  keys" + at + " " + list(step.node->As<physical::KeyFilter>().keys);
          break;
        case StepKind::kProject:
          out += "  project " + list(step.node->As<physical::Project>().expressions);
          break;
        case StepKind::kRename:
          out += "  rename";
          break;
        case StepKind::kProbe: {
          const auto& join = step.node->As<physical::HashJoin>();
          out += "  probe" + at + " " + ProbeText(step.join.probe) +
                 (step.join.keep_probe ? " keep" : "") + " on " + list(join.probe_keys);
          if (join.residual != nullptr) out += " where " + expr::Print(*join.residual, name_of);
          break;
        }
        case StepKind::kNestedLoop: {
          const auto& join = step.node->As<physical::NestedLoopJoin>();
          out += "  loop" + at + " " + ProbeText(step.join.probe) +
                 (step.join.keep_probe ? " keep" : "");
          if (join.band) {
            out += " band " + expr::Print(*join.band->key, name_of);
            if (join.band->low) out += " from " + expr::Print(*join.band->low, name_of);
            if (join.band->high) out += " to " + expr::Print(*join.band->high, name_of);
          }
          if (join.predicate != nullptr) out += " where " + expr::Print(*join.predicate, name_of);
          break;
        }
        case StepKind::kFlagged:
          out +=
              step.join.build == JoinRule::Build::kMatched ? "  matched only" : "  unmatched only";
          break;
        case StepKind::kAggregateOutput:
          out += "  results of calls";
          break;
        case StepKind::kSetOutput:
          out += "  set operation";
          break;
        case StepKind::kWindowOutput:
          out += "  results of windows";
          break;
        case StepKind::kLimit:
          out += "  limit" + at;
          break;
      }
      out += "\n";
    }
    for (const Sink& sink : pipeline.sinks) {
      const std::string at = "@" + std::to_string(sink.object);
      switch (sink.kind) {
        case SinkKind::kResult:
          out += "  result " + list(sink.fields);
          break;
        case SinkKind::kRows:
          out += "  keep" + at + " " + list(sink.fields);
          break;
        case SinkKind::kJoinBuild:
          out += "  build" + at + " " + list(sink.fields);
          break;
        case SinkKind::kAggregate:
          out += "  aggregate" + at + " by " + list(sink.fields);
          break;
        case SinkKind::kSort:
          out += "  sort" + at + " " + list(sink.fields);
          break;
      }
      out += "\n";
    }
  }
  return out;
}

}  // namespace lathe::pipeline
