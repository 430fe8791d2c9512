// Project: no code of its own; expressions are emitted where their column is first used, those that
// call functions or are volatile at once. Rename and Count are as thin:
//
//   row_counts[node] += 1;      with count_rows only
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitProject(const Step& step, size_t index) {
  const auto& project = step.node->As<physical::Project>();
  std::vector<std::pair<ColumnId, std::function<SqlValue()>>> bindings;
  const uint32_t node = step.node->id;
  // A column may be given a new value under its old id; whoever reads the old one does so before it
  // is bound anew.
  std::set<ColumnId> redefined;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    const ColumnId id = project.outputs[i].id;
    if (e.kind != expr::Kind::kColumn || e.column != id) redefined.insert(id);
  }
  auto reads_redefined = [&redefined](const Expr& e) {
    std::set<ColumnId> columns;
    expr::CollectColumns(e, &columns);
    return std::any_of(columns.begin(), columns.end(),
                       [&](ColumnId id) { return redefined.contains(id); });
  };
  std::vector<std::pair<ColumnId, Range>> ranges;
  for (size_t i = 0; i < project.expressions.size(); ++i) {
    const Expr& e = *project.expressions[i];
    const ColumnId id = project.outputs[i].id;
    if (e.kind == expr::Kind::kColumn && e.column == id) continue;
    if (std::optional<Range> range = RangeOf(e)) ranges.emplace_back(id, *range);
    if (Costly(e) || reads_redefined(e)) {
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
  for (ColumnId id : redefined) ranges_.erase(id);
  for (const auto& [id, range] : ranges) ranges_[id] = range;
  EmitSteps(index + 1);
}

void Emitter::EmitRename(const Step& step, size_t index) {
  std::vector<std::pair<ColumnId, SqlValue>> values;
  for (const auto& [id, old] : step.renames) {
    SqlValue v = columns_.Get(old);
    for (const logical::OutputColumn& output : step.node->outputs) {
      if (output.id == id) v = Coerce(v, output.type);
    }
    values.emplace_back(id, v);
  }
  for (auto& [id, v] : values) columns_.Bind(id, [v = v] { return v; });
  EmitSteps(index + 1);
}

void Emitter::EmitCount(const Step& step, size_t index) {
  if (options_.count_rows) {
    if (row_counts_ == nullptr) {
      InPrologue([&] {
        row_counts_ = code_.Load(code_.Ptr(), code_.At(code_.worker(), 8), "row_counts");
      });
    }
    llvm::Value* address = code_.At(row_counts_, 8ull * step.node->id);
    code_.Store(b_.CreateAdd(code_.Load(code_.I64(), address), code_.Int64(1)), address);
  }
  EmitSteps(index + 1);
}

}  // namespace lathe::emit
