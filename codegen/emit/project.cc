// Project: no code of its own; expressions are emitted where their column is first used, those that call functions or are volatile
// at once. Rename and Count are as thin:
//
//   row_counts[node] += 1;      with count_rows only
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitProject(const Step& step, size_t index) {
  const auto& project = step.node->As<physical::Project>();
  std::vector<std::pair<ColumnId, std::function<SqlValue()>>> bindings;
  const uint32_t node = step.node->id;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    const ColumnId id = project.outputs[i].id;
    if (e.kind == expr::Kind::kColumn && e.column == id) continue;
    if (std::optional<Range> range = RangeOf(e)) ranges_[id] = *range;
    if (Costly(e)) {
      SqlValue v = Emit(e);
      bindings.emplace_back(id, [v] { return v; });
      continue;
    }
    bindings.emplace_back(id, [this, &e, node] {
      const uint32_t outer = code_.node;
      code_.node = node;
      SqlValue v = Emit(e);
      code_.node = outer;
      return v;
    });
  }
  // Bound only now: expressions see the child's columns.
  for (auto& [id, load] : bindings) columns_.Bind(id, std::move(load));
  EmitSteps(index + 1);
}

void Emitter::EmitRename(const Step& step, size_t index) {
  for (const auto& [id, old] : step.renames) {
    if (id == old) continue;
    columns_.Bind(id, [this, old = old] { return columns_.Get(old); });
  }
  EmitSteps(index + 1);
}

void Emitter::EmitCount(const Step& step, size_t index) {
  if (options_.count_rows) {
    if (row_counts_ == nullptr) {
      InPrologue([&] { row_counts_ = code_.Load(code_.Ptr(), code_.At(code_.worker(), 8), "row_counts"); });
    }
    llvm::Value* address = code_.At(row_counts_, 8ull * step.node->id);
    code_.Store(b_.CreateAdd(code_.Load(code_.I64(), address), code_.Int64(1)), address);
  }
  EmitSteps(index + 1);
}

}  // namespace lathe::emit
