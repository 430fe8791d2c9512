// The rows of a window: the sorted row leads to the row with the calls' results.
//
//   results = row->results;  steps(row's columns, results' columns)
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitWindowOutput(const Step& step, size_t index) {
  const row::Layout& layout = program_.objects[step.object].window.results;
  llvm::Value* results =
      code_.Load(code_.Ptr(), code_.At(row_, state::kWindowResultOffset), "results");
  llvm::Value* page = layout.has_strings() ? PageOf(results) : nullptr;
  for (const ColumnField& column : step.build_columns) {
    columns_.Bind(column.id, [this, &layout, column, results, page] {
      return code_.LoadField(layout, column.field, results, page, nullptr, Name(column.id));
    });
  }
  EmitSteps(index + 1);
}

}  // namespace lathe::emit
