// Limit:
//   n = next_row_number(limit);
//   if (n >= limit->end) return STOP;
//   if (n >= limit->offset) { steps; if (n + 1 >= limit->end) return STOP; }
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitLimit(const Step& step, size_t index) {
  llvm::Value* limit = Object(step.object);
  llvm::Value *offset = nullptr, *end = nullptr;
  InPrologue([&] {
    offset = code_.Load(code_.I64(), limit, "offset");
    end = code_.Load(code_.I64(), code_.At(limit, 8), "end");
  });
  llvm::Value* n = code_.Call(Abi::lathe_next_row_number, {limit}, "n");
  llvm::BasicBlock* stop = code_.Block("limit.stop");
  llvm::BasicBlock* within = code_.Block("limit.within");
  code_.Branch(b_.CreateICmpSGE(n, end), stop, within, Code::Hint::kUnlikely);
  b_.SetInsertPoint(within);
  If(b_.CreateICmpSGE(n, offset), "limit.row", [&] {
    EmitSteps(index + 1);
    if (code_.Terminated()) return;
    llvm::BasicBlock* more = code_.Block("limit.more");
    code_.Branch(b_.CreateICmpSGE(b_.CreateAdd(n, code_.Int64(1)), end), stop, more,
                 Code::Hint::kUnlikely);
    b_.SetInsertPoint(more);
  });
  llvm::BasicBlock* done = b_.GetInsertBlock();
  b_.SetInsertPoint(stop);
  code_.Return(abi::kReturnStop);
  b_.SetInsertPoint(done);
}

}  // namespace lathe::emit
