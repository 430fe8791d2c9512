#include "codegen/driver/interpret.h"

#include "runtime/row/row_buffer.h"

namespace lathe::driver {

using pipeline::SinkKind;
using pipeline::SourceKind;
using pipeline::StepKind;

namespace {

Status Append(const std::vector<types::Value>& values, row::RowBuffer* rows) {
  std::vector<types::Datum> datums(values.size());
  std::unique_ptr<bool[]> nulls(new bool[values.size() + 1]);
  for (size_t i = 0; i < values.size(); ++i) {
    nulls[i] = values[i].is_null();
    if (!nulls[i]) datums[i] = values[i].datum();
  }
  return rows->AppendRow(datums.data(), nulls.get()) ? Ok() : Status(state::OutOfMemory());
}

}  // namespace

bool CanInterpret(const pipeline::Program& program, const pipeline::Pipeline& pipeline) {
  if (pipeline.source.kind != SourceKind::kPages) return false;
  if (program.objects[pipeline.source.object].values == nullptr) return false;
  for (const pipeline::Step& step : pipeline.steps) {
    if (step.kind != StepKind::kFilter && step.kind != StepKind::kProject &&
        step.kind != StepKind::kRename && step.kind != StepKind::kCount) {
      return false;
    }
  }
  if (pipeline.sinks.size() != 1) return false;
  const SinkKind kind = pipeline.sinks[0].kind;
  return kind == SinkKind::kResult ||
         (kind == SinkKind::kRows &&
          program.objects[pipeline.sinks[0].object].layout.prefix_bytes() == 0);
}

Status Interpret(const pipeline::Program& program, const pipeline::Pipeline& pipeline,
                 OnceEvaluator* evaluator, row::RowBuffer* rows, uint64_t* row_counts) {
  const physical::Values& source = *program.objects[pipeline.source.object].values;
  std::map<pipeline::ColumnId, types::Value> columns;
  expr::EvalContext& context = evaluator->context();
  context.column = [&columns](pipeline::ColumnId id) -> Result<types::Value> {
    return columns[id];
  };
  auto run_row = [&](const std::vector<expr::ExprPtr>& row) -> Status {
    columns.clear();
    for (size_t i = 0; i < row.size(); ++i) {
      LATHE_ASSIGN(columns[source.outputs[i].id], evaluator->Evaluate(*row[i]));
    }
    for (const pipeline::Step& step : pipeline.steps) {
      if (step.kind == StepKind::kCount && row_counts != nullptr) ++row_counts[step.node->id];
      if (step.kind == StepKind::kRename) {
        for (const auto& [id, old] : step.renames) columns[id] = columns[old];
      } else if (step.kind == StepKind::kProject) {
        const auto& project = step.node->As<physical::Project>();
        std::map<pipeline::ColumnId, types::Value> made;
        for (size_t i = 0; i < project.expressions.size(); ++i) {
          LATHE_ASSIGN(made[project.outputs[i].id], evaluator->Evaluate(*project.expressions[i]));
        }
        for (auto& [id, value] : made) columns[id] = std::move(value);
      } else if (step.kind == StepKind::kFilter) {
        for (const auto& conjunct : step.node->As<physical::Filter>().conjuncts) {
          LATHE_ASSIGN(types::Value value, evaluator->Evaluate(*conjunct));
          if (value.is_null() || !value.AsBool()) return Ok();
        }
      }
    }
    const pipeline::Sink& sink = pipeline.sinks[0];
    std::vector<types::Value> values;
    for (size_t i = 0; i < sink.fields.size(); ++i) {
      const row::Field& field = rows->layout().field(i);
      if (sink.fields[i] == nullptr) {
        values.push_back(types::Value::FromDatum(field.type, types::Datum()));
        continue;
      }
      LATHE_ASSIGN(types::Value value, evaluator->Evaluate(*sink.fields[i]));
      if (value.is_null() && field.null_bit < 0) {
        if (program.modify == nullptr)
          return MakeError(SqlState::kInternalError, "null value in a column that cannot be null");
        const schema::RelationDescriptor& relation = *program.modify->relation;
        std::vector<uint32_t> live = relation.LiveColumns();
        const size_t position = i % (live.size() + (relation.has_row_id() ? 1 : 0));
        const std::string column =
            position < live.size() ? relation.columns[live[position]].name : "";
        Error error = MakeError(SqlState::kNotNullViolation,
                                "null value in column \"" + column + "\" of relation \"" +
                                    relation.name + "\" violates not-null constraint");
        error.table_name = relation.name;
        error.column_name = column;
        return error;
      }
      values.push_back(std::move(value));
    }
    return Append(values, rows);
  };
  Status status;
  for (const auto& row : source.rows) {
    status = run_row(row);
    if (!status.ok()) break;
    if (evaluator->arena().held_bytes() > 1 << 20) evaluator->arena().Reset();
  }
  context.column = nullptr;
  return status;
}

Status FillValues(const physical::Values& values, OnceEvaluator* evaluator, row::RowBuffer* rows) {
  for (const auto& row : values.rows) {
    std::vector<types::Value> made;
    for (const auto& e : row) {
      LATHE_ASSIGN(types::Value value, evaluator->Evaluate(*e));
      made.push_back(std::move(value));
    }
    LATHE_TRY(Append(made, rows));
  }
  return Ok();
}

}  // namespace lathe::driver
