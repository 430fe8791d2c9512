// Filter:  if (c1) if (c2) { steps; }      each conjunct with its own branch, in the plan's order
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitFilter(const Step& step, size_t index) {
  llvm::BasicBlock* done = code_.Block("filter.done");
  columns_.Push();
  for (const auto& conjunct : step.node->As<physical::Filter>().conjuncts) EmitCondition(*conjunct, done);
  EmitSteps(index + 1);
  columns_.Pop();
  code_.Jump(done);
  b_.SetInsertPoint(done);
}

}  // namespace lathe::emit
