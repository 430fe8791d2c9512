// Nested loop join, for each row of the outer side:
//
//   for (p = 0; p != inner->page_count; ++p) {
//     if (cancelled) return;
//     for (row in inner->pages[p]) if (predicate) match(row);
//   }
#include "codegen/emit/emitter.h"
#include "runtime/state/rows.h"

namespace lathe::emit {

void Emitter::EmitNestedLoop(const Step& step, size_t index) {
  const auto& join = step.node->As<physical::NestedLoopJoin>();
  const row::Layout& layout = program_.objects[step.object].layout;
  llvm::Value* inner = Object(step.object);
  llvm::Value *pages = nullptr, *page_count = nullptr, *null_row = nullptr;
  InPrologue([&] {
    pages = code_.Load(code_.Ptr(), inner, "inner.pages");
    page_count = code_.Load(code_.I64(), code_.At(inner, 8), "inner.page_count");
    null_row = code_.Load(code_.Ptr(), code_.At(inner, 16), "null_row");
  });
  auto each_row = [&](const std::function<void(llvm::Value*, llvm::Value*, llvm::BasicBlock*)>& body) {
    llvm::BasicBlock* page_head = code_.Block("inner.page");
    llvm::BasicBlock* page_body = code_.Block("inner.rows");
    llvm::BasicBlock* row_head = code_.Block("inner.more");
    llvm::BasicBlock* row_body = code_.Block("inner.row");
    llvm::BasicBlock* row_next = code_.Block("inner.next");
    llvm::BasicBlock* page_next = code_.Block("inner.page_next");
    llvm::BasicBlock* end = code_.Block("inner.end");
    llvm::BasicBlock* before = b_.GetInsertBlock();
    b_.CreateBr(page_head);
    b_.SetInsertPoint(page_head);
    llvm::PHINode* p = b_.CreatePHI(code_.I64(), 2, "p");
    p->addIncoming(code_.Int64(0), before);
    b_.CreateCondBr(b_.CreateICmpNE(p, page_count), page_body, end);
    b_.SetInsertPoint(page_body);
    code_.ReturnIfError(code_.Call(Abi::lathe_check_cancel, {code_.worker()}, "cancelled"));
    llvm::Value* page = code_.Load(code_.Ptr(), b_.CreateInBoundsGEP(code_.Ptr(), pages, p), "inner.page_start");
    llvm::Value* count = code_.Load(code_.I32(), code_.At(page, offsetof(row::PageHeader, row_count)), "inner.count");
    llvm::Value* first = code_.At(page, row::kRowsBegin);
    llvm::Value* last = b_.CreateInBoundsGEP(
        code_.I8(), first, b_.CreateMul(b_.CreateZExt(count, code_.I64()), code_.UInt64(layout.stride())));
    llvm::BasicBlock* page_ready = b_.GetInsertBlock();
    b_.CreateBr(row_head);
    b_.SetInsertPoint(row_head);
    llvm::PHINode* row = b_.CreatePHI(code_.Ptr(), 2, "inner_row");
    row->addIncoming(first, page_ready);
    b_.CreateCondBr(b_.CreateICmpNE(row, last), row_body, page_next);
    b_.SetInsertPoint(row_body);
    columns_.Push();
    body(row, page, end);
    columns_.Pop();
    code_.Jump(row_next);
    b_.SetInsertPoint(row_next);
    row->addIncoming(code_.At(row, layout.stride()), row_next);
    b_.CreateBr(row_head);
    b_.SetInsertPoint(page_next);
    p->addIncoming(b_.CreateAdd(p, code_.Int64(1)), page_next);
    b_.CreateBr(page_head);
    b_.SetInsertPoint(end);
  };
  MatchLoop loop;
  loop.null_row = null_row;
  loop.flag_offset = 0;
  loop.each_match = [&](const std::function<void(llvm::Value*, llvm::BasicBlock*)>& body) {
    each_row([&](llvm::Value* row, llvm::Value* page, llvm::BasicBlock* leave) {
      BindBuildColumns(step, row, nullptr, page);
      if (join.predicate == nullptr) {
        body(row, leave);
        return;
      }
      llvm::BasicBlock* rejected = code_.Block("predicate.no");
      columns_.Push();
      EmitCondition(*join.predicate, rejected);
      body(row, leave);
      columns_.Pop();
      code_.Jump(rejected);
      b_.SetInsertPoint(rejected);
    });
  };
  loop.maybe_null = [&]() -> llvm::Value* {
    if (join.predicate == nullptr) return code_.Bool(false);
    // A second pass, rarely taken: is the predicate NULL for some row?
    llvm::BasicBlock* is_null = code_.Block("mark.is_null");
    llvm::BasicBlock* done = code_.Block("mark.done");
    each_row([&](llvm::Value* row, llvm::Value* page, llvm::BasicBlock*) {
      BindBuildColumns(step, row, nullptr, page);
      SqlValue v = Emit(*join.predicate);
      llvm::BasicBlock* more = code_.Block("mark.more");
      b_.CreateCondBr(code_.IsNull(v), is_null, more);
      b_.SetInsertPoint(more);
    });
    llvm::BasicBlock* none = b_.GetInsertBlock();
    b_.CreateBr(done);
    b_.SetInsertPoint(is_null);
    b_.CreateBr(done);
    b_.SetInsertPoint(done);
    llvm::PHINode* result = b_.CreatePHI(code_.I1(), 2, "mark.null");
    result->addIncoming(code_.Bool(false), none);
    result->addIncoming(code_.Bool(true), is_null);
    return result;
  };
  EmitJoin(step, index, join.mark.id, loop);
}

}  // namespace lathe::emit
