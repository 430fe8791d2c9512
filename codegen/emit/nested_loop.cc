// Nested loop join, for each row of the outer side:
//
//   for (p = 0; p != inner->page_count; ++p) {
//     if (cancelled) return;
//     for (row in inner->pages[p]) if (predicate) match(row);
//   }
//
// With a band: for (i = first(low); i < count && entries[i].key <= high; ++i) with the rows of
// ordered entries.
#include "codegen/emit/emitter.h"
#include "runtime/state/band_rows.h"

namespace lathe::emit {

Emitter::BandRange Emitter::EmitBandRange(const Step& step, llvm::Value* inner,
                                          llvm::Value* count) {
  const physical::Band& band = *step.node->As<physical::NestedLoopJoin>().band;
  BandRange range;
  llvm::Value* high = nullptr;
  columns_.Push();
  // The bounds are evaluated only where there are rows to compare with them.
  range.first = code_.ChooseRaw(
      b_.CreateICmpNE(count, code_.Int64(0)), "band",
      [&]() -> llvm::Value* {
        llvm::Value* none = code_.Bool(false);
        auto bound = [&](const expr::ExprPtr& e) {
          SqlValue v = code_.Decode(Emit(*e));
          none = b_.CreateOr(none, code_.IsNull(v));
          return b_.CreateSExtOrTrunc(v.value, code_.I64());
        };
        llvm::Value* low = band.low ? bound(band.low) : code_.Int64(INT64_MIN);
        if (band.high) {
          high = code_.StackRoom(8, "band.high");
          code_.Store(bound(band.high), high);
        }
        llvm::Value* first = code_.Call(Abi::lathe_band_first, {inner, low}, "band.first");
        return b_.CreateSelect(none, count, first);
      },
      [&]() -> llvm::Value* { return count; });
  columns_.Pop();
  if (high != nullptr) range.high = code_.Load(code_.I64(), high, "band.last_key");
  return range;
}

void Emitter::EmitBand(const Step& step, const RowBody& body, llvm::Value* any_match,
                       llvm::Value* null_row) {
  const bool strings = program_.objects[step.object].layout.has_strings();
  llvm::Value* inner = Object(step.object);
  llvm::Value *entries = nullptr, *count = nullptr;
  InPrologue([&] {
    entries = code_.Load(code_.Ptr(), code_.At(inner, 40), "band.entries");
    count = code_.Load(code_.I64(), code_.At(inner, 48), "band.count");
  });
  const bool allocates_before = out_->resets_arena;
  const BandRange range = EmitBandRange(step, inner, count);
  llvm::BasicBlock* head = code_.Block("band.head");
  llvm::BasicBlock* more = code_.Block("band.more");
  llvm::BasicBlock* check = code_.Block("band.check");
  llvm::BasicBlock* real = code_.Block("band.entry");
  llvm::BasicBlock* row_body = code_.Block("band.row");
  llvm::BasicBlock* next = code_.Block("band.next");
  llvm::BasicBlock* leave = code_.Block("band.end");
  llvm::BasicBlock* end = any_match == nullptr ? leave : code_.Block("band.last");
  llvm::BasicBlock* before = b_.GetInsertBlock();
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  llvm::PHINode* i = b_.CreatePHI(code_.I64(), 2, "i");
  i->addIncoming(range.first, before);
  b_.CreateCondBr(b_.CreateICmpULT(i, count), more, end);
  b_.SetInsertPoint(more);
  llvm::Value* entry = b_.CreateInBoundsGEP(
      code_.I8(), entries, b_.CreateMul(i, code_.UInt64(sizeof(state::BandRows::Entry))), "entry");
  if (range.high != nullptr) {
    llvm::BasicBlock* within = code_.Block("band.within");
    b_.CreateCondBr(b_.CreateICmpSLE(code_.Load(code_.I64(), entry, "key"), range.high), within,
                    end);
    b_.SetInsertPoint(within);
  }
  b_.CreateCondBr(b_.CreateICmpEQ(b_.CreateAnd(i, code_.Int64(1023)), code_.Int64(0)), check, real);
  b_.SetInsertPoint(check);
  code_.ReturnIfError(code_.Call(Abi::lathe_check_cancel, {code_.worker()}, "cancelled"));
  b_.CreateBr(real);
  if (any_match != nullptr) {
    b_.SetInsertPoint(end);
    b_.CreateCondBr(b_.CreateICmpEQ(code_.Load(code_.I8(), any_match), b_.getInt8(0)), row_body,
                    leave);
  }
  b_.SetInsertPoint(real);
  llvm::Value* loaded = code_.Load(code_.Ptr(), code_.At(entry, 8), "entry.row");
  b_.CreateBr(row_body);
  b_.SetInsertPoint(row_body);
  llvm::PHINode* row = b_.CreatePHI(code_.Ptr(), 2, "inner_row");
  row->addIncoming(loaded, real);
  if (any_match != nullptr) row->addIncoming(null_row, end);
  columns_.Push();
  body(row, strings ? PageOf(row) : row, leave,
       any_match == nullptr ? nullptr : b_.CreateICmpEQ(row, null_row, "is_null_row"));
  columns_.Pop();
  code_.Jump(next);
  b_.SetInsertPoint(next);
  EmitInnerRowDone(allocates_before);
  i->addIncoming(b_.CreateAdd(i, code_.Int64(1)), b_.GetInsertBlock());
  b_.CreateBr(head);
  b_.SetInsertPoint(leave);
}

void Emitter::EmitNestedLoop(const Step& step, size_t index) {
  const auto& join = step.node->As<physical::NestedLoopJoin>();
  const row::Layout& layout = program_.objects[step.object].layout;
  llvm::Value* inner = Object(step.object);
  llvm::Value *pages = nullptr, *page_count = nullptr, *null_row = nullptr, *null_page = nullptr;
  InPrologue([&] {
    pages = code_.Load(code_.Ptr(), inner, "inner.pages");
    page_count = code_.Load(code_.I64(), code_.At(inner, 8), "inner.page_count");
    null_row = code_.Load(code_.Ptr(), code_.At(inner, 16), "null_row");
    null_page = code_.Load(code_.Ptr(), code_.At(inner, 32), "null_page");
  });
  const bool allocates_before = out_->resets_arena;
  auto each_row = [&](const RowBody& body, llvm::Value* any_match) {
    llvm::BasicBlock* page_head = code_.Block("inner.page");
    llvm::BasicBlock* page_body = code_.Block("inner.rows");
    llvm::BasicBlock* row_head = code_.Block("inner.more");
    llvm::BasicBlock* row_body = code_.Block("inner.row");
    llvm::BasicBlock* row_next = code_.Block("inner.next");
    llvm::BasicBlock* page_next = code_.Block("inner.page_next");
    llvm::BasicBlock* real_page = code_.Block("inner.real_page");
    llvm::BasicBlock* leave = code_.Block("inner.end");
    llvm::BasicBlock* end = any_match == nullptr ? leave : code_.Block("inner.last");
    llvm::BasicBlock* before = b_.GetInsertBlock();
    b_.CreateBr(page_head);
    b_.SetInsertPoint(page_head);
    llvm::PHINode* p = b_.CreatePHI(code_.I64(), 2, "p");
    p->addIncoming(code_.Int64(0), before);
    b_.CreateCondBr(b_.CreateICmpULT(p, page_count), real_page, end);
    if (any_match != nullptr) {
      // The null row lies on a page of its own.
      b_.SetInsertPoint(end);
      b_.CreateCondBr(b_.CreateICmpEQ(code_.Load(code_.I8(), any_match), b_.getInt8(0)), page_body,
                      leave);
    }
    b_.SetInsertPoint(real_page);
    code_.ReturnIfError(code_.Call(Abi::lathe_check_cancel, {code_.worker()}, "cancelled"));
    llvm::Value* loaded =
        code_.Load(code_.Ptr(), b_.CreateInBoundsGEP(code_.Ptr(), pages, p), "inner.page_start");
    llvm::BasicBlock* loaded_at = b_.GetInsertBlock();
    b_.CreateBr(page_body);
    b_.SetInsertPoint(page_body);
    llvm::PHINode* page = b_.CreatePHI(code_.Ptr(), 2, "inner.page_or_null");
    page->addIncoming(loaded, loaded_at);
    if (any_match != nullptr) page->addIncoming(null_page, end);
    llvm::Value* count = code_.Load(
        code_.I32(), code_.At(page, offsetof(row::PageHeader, row_count)), "inner.count");
    llvm::Value* first = code_.At(page, row::kRowsBegin);
    llvm::Value* last = b_.CreateInBoundsGEP(
        code_.I8(), first,
        b_.CreateMul(b_.CreateZExt(count, code_.I64()), code_.UInt64(layout.stride())));
    llvm::BasicBlock* page_ready = b_.GetInsertBlock();
    b_.CreateBr(row_head);
    b_.SetInsertPoint(row_head);
    llvm::PHINode* row = b_.CreatePHI(code_.Ptr(), 2, "inner_row");
    row->addIncoming(first, page_ready);
    b_.CreateCondBr(b_.CreateICmpNE(row, last), row_body, page_next);
    b_.SetInsertPoint(row_body);
    columns_.Push();
    body(row, page, leave,
         any_match == nullptr ? nullptr : b_.CreateICmpEQ(row, null_row, "is_null_row"));
    columns_.Pop();
    code_.Jump(row_next);
    b_.SetInsertPoint(row_next);
    EmitInnerRowDone(allocates_before);
    row->addIncoming(code_.At(row, layout.stride()), b_.GetInsertBlock());
    b_.CreateBr(row_head);
    b_.SetInsertPoint(page_next);
    p->addIncoming(b_.CreateAdd(p, code_.Int64(1)), page_next);
    b_.CreateBr(page_head);
    b_.SetInsertPoint(leave);
  };
  auto each_in_band = [&](const RowBody& body, llvm::Value* any_match) {
    EmitBand(step, body, any_match, null_row);
  };
  MatchLoop loop;
  loop.null_row = null_row;
  loop.flag_offset = 0;
  loop.each_match = [&](const MatchBody& body, llvm::Value* any_match) {
    auto accept = [&](llvm::Value* row, llvm::Value* page, llvm::BasicBlock* leave,
                      llvm::Value* is_null_row) {
      EmitAccepted(step, join.predicate.get(), row, page, leave, is_null_row, body);
    };
    if (join.band) {
      each_in_band(accept, any_match);
    } else {
      each_row(accept, any_match);
    }
  };
  loop.maybe_null = [&]() -> llvm::Value* {
    if (join.predicate == nullptr) return code_.Bool(false);
    // A second pass, rarely taken: is the predicate NULL for some row?
    llvm::BasicBlock* is_null = code_.Block("mark.is_null");
    llvm::BasicBlock* done = code_.Block("mark.done");
    each_row(
        [&](llvm::Value* row, llvm::Value* page, llvm::BasicBlock*, llvm::Value*) {
          BindBuildColumns(step, row, nullptr, page);
          SqlValue v = Emit(*join.predicate);
          llvm::BasicBlock* more = code_.Block("mark.more");
          b_.CreateCondBr(code_.IsNull(v), is_null, more);
          b_.SetInsertPoint(more);
        },
        nullptr);
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
