#include "codegen/driver/values.h"

#include "runtime/row/row_buffer.h"

namespace lathe::driver {
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
