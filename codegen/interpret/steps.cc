// The steps that are not joins.
#include <set>

#include "codegen/interpret/interpreter.h"

namespace lathe::interpret {

using pipeline::Step;
using pipeline::StepKind;

void Machine::LoadFields(const row::Layout& layout,
                         const std::vector<pipeline::ColumnField>& columns, const char* page,
                         const char* row) {
  for (const pipeline::ColumnField& column : columns) {
    ColumnCell& cell = Of(column.id);
    cell.pending = nullptr;
    cell.pending_call = nullptr;
    cell.value.null = layout.IsNull(row, column.field);
    if (!cell.value.null) cell.value.datum = row::ReadField(layout, page, row, column.field);
  }
  work_ += 1 + columns.size() / 2;
}

int32_t Machine::Steps(size_t index) {
  if (index == pipeline_.steps.size()) return Sinks();
  const Step& step = pipeline_.steps[index];
  ++work_;
  switch (step.kind) {
    case StepKind::kFilter:
      return Filter(step, index);
    case StepKind::kKeyFilter:
      return KeyFilter(step, index);
    case StepKind::kProject:
      return Project(step, index);
    case StepKind::kRename:
      return Rename(step, index);
    case StepKind::kProbe:
      return Probe(step, index);
    case StepKind::kNestedLoop:
      return NestedLoop(step, index);
    case StepKind::kFlagged:
      return Flagged(step, index);
    case StepKind::kAggregateOutput:
      for (const pipeline::CallOutput& output : step.outputs) {
        ColumnCell& cell = Of(output.id);
        cell.pending = nullptr;
        cell.pending_call = &output;
        cell.call_row = row_;
      }
      return Steps(index + 1);
    case StepKind::kSetOutput:
      return SetOutput(step, index);
    case StepKind::kWindowOutput: {
      const auto* results =
          reinterpret_cast<const char*>(LoadAt<uint64_t>(row_ + state::kWindowResultOffset));
      LoadFields(program_.objects[step.object].window.results, step.build_columns,
                 row::RowPageOf(results), results);
      return Steps(index + 1);
    }
    case StepKind::kLimit:
      return Limit(step, index);
    case StepKind::kCount:
      if (count_rows_) ++worker_->row_counts[step.node->id];
      return Steps(index + 1);
    default:
      break;
  }
  LATHE_UNREACHABLE("a step that CanInterpret refuses");
}

int32_t Machine::Filter(const Step& step, size_t index) {
  for (const auto& conjunct : step.node->As<physical::Filter>().conjuncts) {
    bool pass = false;
    if (!IsTrue(*conjunct, &pass)) return abi::kReturnError;
    if (!pass) return abi::kReturnOk;
  }
  return Steps(index + 1);
}

const Machine::ProjectShape& Machine::ShapeOf(const Step& step, size_t index) {
  if (project_shapes_.empty()) project_shapes_.resize(pipeline_.steps.size());
  std::unique_ptr<ProjectShape>& shape = project_shapes_[index];
  if (shape != nullptr) return *shape;
  shape = std::make_unique<ProjectShape>();
  const auto& project = step.node->As<physical::Project>();
  std::set<ColumnId> redefined;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    const ColumnId id = project.outputs[i].id;
    if (e.kind != expr::Kind::kColumn || e.column != id) redefined.insert(id);
  }
  for (const logical::OutputColumn& output : step.node->children[0]->outputs) {
    if (redefined.contains(output.id)) shape->saved.push_back(output.id);
  }
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    ProjectShape::Made made{project.expressions[i].get(), project.outputs[i].id};
    if (!redefined.contains(made.id)) continue;
    expr::Visit(*made.expr, [&](const Expr& node) {
      made.reads_redefined |= node.kind == expr::Kind::kColumn && redefined.contains(node.column);
      made.is_volatile |= node.kind == expr::Kind::kCall &&
                          node.function->volatility == func::Volatility::kVolatile;
    });
    shape->any_reads |= made.reads_redefined;
    shape->made.push_back(made);
  }
  return *shape;
}

int32_t Machine::Project(const Step& step, size_t index) {
  const ProjectShape& shape = ShapeOf(step, index);
  // A column has its old value again when the loop of a join above goes on.
  std::vector<std::pair<ColumnId, ColumnCell>> saved;
  for (ColumnId id : shape.saved) saved.emplace_back(id, Of(id));
  // A column may get a new value under its old id: its readers take the old value first.
  std::vector<Cell> values;
  if (shape.any_reads) {
    for (const ProjectShape::Made& made : shape.made) {
      if (!made.reads_redefined) continue;
      values.emplace_back();
      if (!Eval(*made.expr, &values.back())) return abi::kReturnError;
    }
  }
  size_t next_value = 0;
  for (const ProjectShape::Made& made : shape.made) {
    ColumnCell& cell = Of(made.id);
    cell.pending_call = nullptr;
    cell.pending = made.reads_redefined ? nullptr : made.expr;
    if (made.reads_redefined) cell.value = values[next_value++];
  }
  // What is volatile has one value, whether it is read or not.
  for (const ProjectShape::Made& made : shape.made) {
    Cell ignored;
    if (made.is_volatile && !Column(made.id, &ignored)) return abi::kReturnError;
  }
  const int32_t code = Steps(index + 1);
  for (auto& [id, cell] : saved) Of(id) = cell;
  return code;
}

int32_t Machine::Rename(const Step& step, size_t index) {
  std::vector<Cell> values(step.renames.size());
  for (size_t i = 0; i < step.renames.size(); ++i) {
    const auto& [id, old] = step.renames[i];
    if (!Column(old, &values[i])) return abi::kReturnError;
    // Children of one operator may hold a numeric in different forms.
    for (const logical::OutputColumn& output : step.node->outputs) {
      if (output.id != id || output.type.id != types::TypeId::kNumeric) continue;
      for (const auto& child : step.node->children) {
        for (const logical::OutputColumn& from : child->outputs) {
          if (from.id == old && !Coerce(from.type, output.type, &values[i]))
            return abi::kReturnError;
        }
      }
    }
  }
  for (size_t i = 0; i < step.renames.size(); ++i) {
    ColumnCell& cell = Of(step.renames[i].first);
    cell.pending = nullptr;
    cell.pending_call = nullptr;
    cell.value = values[i];
  }
  return Steps(index + 1);
}

int32_t Machine::Limit(const Step& step, size_t index) {
  auto* limit = Object<state::LimitState::View>(step.object);
  const int64_t n = lathe_next_row_number(limit);
  if (n >= limit->end) return abi::kReturnStop;
  if (n >= limit->offset) {
    if (int32_t code = Steps(index + 1); code != abi::kReturnOk) return code;
    if (n + 1 >= limit->end) return abi::kReturnStop;
  }
  return abi::kReturnOk;
}

int32_t Machine::SetOutput(const Step& step, size_t index) {
  const auto& node = step.node->As<physical::HashSetOperation>();
  const row::Layout& layout = pipeline_.source.layout;
  const int64_t left = LoadAt<int64_t>(row_ + layout.field(step.left_count_field).offset);
  const int64_t right = LoadAt<int64_t>(row_ + layout.field(step.right_count_field).offset);
  const bool except = node.operation == logical::SetOperationKind::kExcept;
  int64_t copies;
  if (node.all) {
    copies = except ? left - right : std::min(left, right);
  } else {
    copies = left != 0 && (right != 0) != except ? 1 : 0;
  }
  for (; copies > 0; --copies) {
    if (int32_t code = Steps(index + 1); code != abi::kReturnOk) return code;
  }
  return abi::kReturnOk;
}

int32_t Machine::Flagged(const Step& step, size_t index) {
  const bool wanted = step.join.build == pipeline::JoinRule::Build::kMatched;
  const uint32_t offset = program_.objects[step.object].kind == pipeline::ObjectKind::kJoinTable
                              ? state::kJoinMatchedOffset
                              : 0;
  if ((row_[offset] != 0) != wanted) return abi::kReturnOk;
  for (const logical::OutputColumn& column : step.null_columns) {
    bool stored = false;
    for (const auto& source : pipeline_.source.columns) stored |= source.id == column.id;
    if (stored) continue;
    ColumnCell& cell = Of(column.id);
    cell.pending = nullptr;
    cell.pending_call = nullptr;
    cell.value.null = true;
  }
  return Steps(index + 1);
}

}  // namespace lathe::interpret
