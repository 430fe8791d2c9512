// The source of a pipeline: the rows of a segment.
//
//   for (row = page + 64 + from * stride; row != page + 64 + to * stride; row += stride) {
//   steps(row); }     rows of a page for (i = from; i != to; ++i) { row = ((char**)page)[i];
//   steps(row); }                                    row pointers
#include "codegen/emit/emitter.h"

namespace lathe::emit {

void Emitter::EmitSource() {
  const pipeline::Source& source = pipeline_.source;
  const bool pointers = source.kind == pipeline::SourceKind::kRows;
  const std::string name = pointers ? "read" : "scan";
  llvm::BasicBlock* head = code_.Block(name);
  llvm::BasicBlock* body = code_.Block(name + ".row");
  llvm::BasicBlock* next = code_.Block(name + ".next");
  llvm::BasicBlock* end = code_.Block(name + ".end");
  llvm::Value *first, *last;
  auto row_at = [&](llvm::Value* i) -> llvm::Value* {
    if (pointers)
      return b_.CreateInBoundsGEP(code_.Ptr(), code_.page(), b_.CreateZExt(i, code_.I64()));
    llvm::Value* offset =
        b_.CreateMul(b_.CreateZExt(i, code_.I64()), code_.UInt64(source.layout.stride()));
    return b_.CreateInBoundsGEP(code_.I8(), code_.At(code_.page(), row::kRowsBegin), offset);
  };
  first = row_at(code_.from());
  last = row_at(code_.to());
  first->setName(name + ".first");
  last->setName(name + ".last");
  llvm::BasicBlock* before = b_.GetInsertBlock();
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  llvm::PHINode* at = b_.CreatePHI(code_.Ptr(), 2, pointers ? "entry" : "row");
  at->addIncoming(first, before);
  b_.CreateCondBr(b_.CreateICmpNE(at, last, "more"), body, end);
  b_.SetInsertPoint(body);
  row_ = pointers ? code_.Load(code_.Ptr(), at, "row") : at;
  row_page_ = code_.page();
  if (pointers) {
    row_page_ = source.layout.has_strings() ? PageOf(row_) : nullptr;
  }
  columns_.Push();
  for (const ColumnField& column : source.columns) {
    columns_.Bind(column.id, [this, &source, column] {
      return code_.LoadField(source.layout, column.field, row_, row_page_, nullptr,
                             Name(column.id));
    });
  }
  EmitSteps(0);
  columns_.Pop();
  code_.Jump(next);
  b_.SetInsertPoint(next);
  if (out_->resets_arena) code_.Call(Abi::lathe_row_done, {code_.worker()});
  llvm::Value* following = pointers
                               ? b_.CreateInBoundsGEP(code_.Ptr(), at, code_.Int64(1), "entry.next")
                               : code_.At(at, source.layout.stride(), "row.next");
  at->addIncoming(following, b_.GetInsertBlock());
  b_.CreateBr(head);
  b_.SetInsertPoint(end);
  code_.Return(abi::kReturnOk);
}

}  // namespace lathe::emit
