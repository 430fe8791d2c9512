// What can be interpreted, and the loop over the rows of a segment.
#include "codegen/interpret/interpreter.h"

namespace lathe::interpret {

using pipeline::SinkKind;
using pipeline::SourceKind;
using pipeline::StepKind;

namespace {

bool Known(const Expr& e) {
  bool known = true;
  expr::Visit(e, [&known](const Expr& node) {
    switch (node.kind) {
      case expr::Kind::kConst:
      case expr::Kind::kColumn:
      case expr::Kind::kParam:  // within what is a constant of the program
      case expr::Kind::kAnd:
      case expr::Kind::kOr:
      case expr::Kind::kNot:
      case expr::Kind::kIsNull:
      case expr::Kind::kIsNotNull:
      case expr::Kind::kIsTrue:
      case expr::Kind::kIsFalse:
      case expr::Kind::kIsDistinct:
      case expr::Kind::kCase:
      case expr::Kind::kCoalesce:
      case expr::Kind::kGreatest:
      case expr::Kind::kLeast:
      case expr::Kind::kInList:
        return;
      case expr::Kind::kCall:
        known &= node.function->boxed != nullptr;
        return;
      case expr::Kind::kCast:
        known &= node.cast == nullptr || node.cast->boxed != nullptr;
        return;
      default:
        known = false;
    }
  });
  return known;
}

bool Known(const expr::ExprPtr& e) { return e == nullptr || Known(*e); }

bool AllKnown(const std::vector<expr::ExprPtr>& list) {
  for (const auto& e : list) {
    if (!Known(e)) return false;
  }
  return true;
}

bool Known(const pipeline::Step& step) {
  switch (step.kind) {
    case StepKind::kFilter:
      return AllKnown(step.node->As<physical::Filter>().conjuncts);
    case StepKind::kProject:
      return AllKnown(step.node->As<physical::Project>().expressions);
    case StepKind::kProbe: {
      const auto& join = step.node->As<physical::HashJoin>();
      return AllKnown(join.probe_keys) && Known(join.residual);
    }
    case StepKind::kNestedLoop: {
      const auto& join = step.node->As<physical::NestedLoopJoin>();
      return Known(join.predicate) &&
             (!join.band || (Known(join.band->low) && Known(join.band->high)));
    }
    case StepKind::kRename:
    case StepKind::kKeyFilter:
    case StepKind::kFlagged:
    case StepKind::kAggregateOutput:
    case StepKind::kSetOutput:
    case StepKind::kWindowOutput:
    case StepKind::kLimit:
    case StepKind::kCount:
      return true;
    default:
      return false;
  }
}

bool Known(const pipeline::Program& program, const pipeline::Sink& sink) {
  switch (sink.kind) {
    case SinkKind::kResult:
    case SinkKind::kRows:
    case SinkKind::kJoinBuild:
    case SinkKind::kAggregate:
    case SinkKind::kSort:
      break;
    default:
      return false;
  }
  if (sink.guard != nullptr && !Known(*sink.guard)) return false;
  for (const Expr* field : sink.fields) {
    if (field != nullptr && !Known(*field)) return false;
  }
  for (const pipeline::ArgumentUpdate& update : sink.updates) {
    if (update.argument != nullptr && !Known(*update.argument)) return false;
    if (update.filter != nullptr && !Known(*update.filter)) return false;
  }
  return true;
}

/// How many cells the pipeline's columns need, by range of ids.
struct CellCounts {
  uint32_t query = 0, made = 0;
};
CellCounts CountCells(const pipeline::Pipeline& pipeline) {
  CellCounts counts;
  auto see = [&counts](ColumnId id) {
    const bool made = id.value >= pipeline::kMadeColumns;
    uint32_t& count = made ? counts.made : counts.query;
    count = std::max(count, id.value - (made ? pipeline::kMadeColumns : 0) + 1);
  };
  for (const auto& column : pipeline.source.columns) see(column.id);
  for (const pipeline::Step& step : pipeline.steps) {
    for (const auto& column : step.build_columns) see(column.id);
    for (const auto& column : step.null_columns) see(column.id);
    for (const auto& rename : step.renames) see(rename.first);
    for (const auto& output : step.outputs) see(output.id);
    if (step.node == nullptr) continue;
    if (step.kind == StepKind::kProject) {
      for (const auto& output : step.node->outputs) see(output.id);
    }
    if (step.kind == StepKind::kProbe) see(step.node->As<physical::HashJoin>().mark.id);
    if (step.kind == StepKind::kNestedLoop) see(step.node->As<physical::NestedLoopJoin>().mark.id);
  }
  return counts;
}

}  // namespace

bool CanInterpret(const pipeline::Program& program, const pipeline::Pipeline& pipeline) {
  switch (pipeline.source.kind) {
    case SourceKind::kTable:
    case SourceKind::kPages:
    case SourceKind::kRows:
    case SourceKind::kFunction:
    case SourceKind::kRounds:
      break;
    default:
      return false;
  }
  for (const pipeline::Step& step : pipeline.steps) {
    if (!Known(step)) return false;
  }
  for (const pipeline::Sink& sink : pipeline.sinks) {
    if (!Known(program, sink)) return false;
  }
  return true;
}

std::unique_ptr<Interpreter> MakeInterpreter(const pipeline::Program& program,
                                             const pipeline::Pipeline& pipeline,
                                             state::QueryState* query, state::WorkerState* worker,
                                             uint32_t result_local, bool count_rows) {
  return std::make_unique<Machine>(program, pipeline, query, worker, result_local, count_rows);
}

Machine::Machine(const pipeline::Program& program, const pipeline::Pipeline& pipeline,
                 state::QueryState* query, state::WorkerState* worker, uint32_t result_local,
                 bool count_rows)
    : program_(program),
      pipeline_(pipeline),
      query_(query),
      worker_(worker),
      functions_(worker->functions),
      arena_(&worker->arena),
      result_local_(result_local),
      count_rows_(count_rows),
      cells_(CountCells(pipeline).query),
      made_cells_(CountCells(pipeline).made) {}

int32_t Machine::Run(const char* page, int32_t from, int32_t to, uint64_t work_max,
                     int32_t* reached) {
  const pipeline::Source& source = pipeline_.source;
  const bool pointers = source.kind == SourceKind::kRows;
  for (int32_t i = from; i < to; ++i) {
    *reached = i;
    if (work_ > work_max) return abi::kReturnOk;
    const char* row_page = page;
    if (pointers) {
      row_ = reinterpret_cast<const char* const*>(page)[i];
      row_page = row::RowPageOf(row_);
    } else {
      row_ = row::RowAt(page, source.layout.stride(), static_cast<uint32_t>(i));
    }
    LoadFields(source.layout, source.columns, row_page, row_);
    if (int32_t code = Steps(0); code != abi::kReturnOk) return code;
    lathe_row_done(static_cast<state::WorkerView*>(worker_));
  }
  *reached = to;
  return abi::kReturnOk;
}

bool Machine::Fail(Error error) {
  worker_->error = std::make_unique<Error>(std::move(error));
  return false;
}

bool Machine::FailFunction() {
  lathe_fail_function(static_cast<state::WorkerView*>(worker_));
  return false;
}

}  // namespace lathe::interpret
