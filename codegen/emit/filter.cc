// Filter:  if (c1 & c2) if (c3) { steps; }      in the plan's order; neighbouring cheap conditions
// share a branch
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitFilter(const Step& step, size_t index) {
  llvm::BasicBlock* done = code_.Block("filter.done");
  columns_.Push();
  EmitConjuncts(step.node->As<physical::Filter>().conjuncts, done);
  EmitSteps(index + 1);
  columns_.Pop();
  code_.Jump(done);
  b_.SetInsertPoint(done);
}

}  // namespace lathe::emit
