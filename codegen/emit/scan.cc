// The source of a pipeline: the rows of a segment.
//
//   for (row = page + 64 + from * stride; row != page + 64 + to * stride; row += stride) {
//   steps(row); }     rows of a page for (i = from; i != to; ++i) { row = ((char**)page)[i];
//   steps(row); }                                    row pointers
//
// Before the steps of a row of a page, the lines that the columns of a row some KiB further lie in
// are prefetched (state::WorkerView::prefetch_ahead): the processor's own streams stop at a page's
// heap and take long to get up to speed in the next page.
#include <algorithm>

#include "codegen/emit/emitter.h"

namespace lathe::emit {
namespace {

constexpr uint32_t kLineBytes = 64;
constexpr size_t kPrefetchesMax = 4;  // of a row
// Into the second-level cache, as LLVM counts: the first is small, and there it disturbs the
// processor's own streams.
constexpr uint32_t kSecondLevel = 2;

/// Offsets in a row whose lines hold all columns that a scan reads, wherever rows begin. Of rows no
/// longer than a line one is enough, as the next row's follows within a line.
std::vector<uint32_t> PrefetchOffsets(const pipeline::Source& source) {
  const row::Layout& layout = source.layout;
  std::vector<std::pair<uint32_t, uint32_t>> fields;  // [begin, end)
  for (const pipeline::ColumnField& column : source.columns) {
    const row::Field& field = layout.field(column.field);
    fields.emplace_back(field.offset, field.offset + types::SlotBytes(field.repr));
    if (field.null_bit >= 0) {
      const uint32_t byte = layout.null_offset() + static_cast<uint32_t>(field.null_bit) / 8;
      fields.emplace_back(byte, byte + 1);
    }
  }
  std::sort(fields.begin(), fields.end());
  std::vector<uint32_t> offsets;
  for (size_t i = 0; i < fields.size();) {
    const uint32_t begin = fields[i].first;
    uint32_t end = fields[i].second;
    for (++i; i < fields.size() && fields[i].first < end + kLineBytes; ++i) {
      end = std::max(end, fields[i].second);
    }
    for (uint32_t at = begin; at + 1 < end; at += kLineBytes) offsets.push_back(at);
    offsets.push_back(end - 1);
  }
  const size_t max = layout.stride() <= kLineBytes ? 1 : kPrefetchesMax;
  if (offsets.size() > max) offsets.resize(max);
  return offsets;
}

}  // namespace

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
  } else {
    EmitPrefetch(PrefetchOffsets(source));
  }
  columns_.Push();
  for (const ColumnField& column : source.columns) {
    columns_.Bind(
        column.id,
        [this, &source, column] {
          return code_.LoadField(source.layout, column.field, row_, row_page_, nullptr,
                                 Name(column.id));
        },
        /*stored=*/true);
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

void Emitter::EmitPrefetch(const std::vector<uint32_t>& offsets) {
  if (offsets.empty()) return;
  llvm::Value* where = code_.top.CreateConstInBoundsGEP1_64(
      code_.I8(), code_.worker(), offsetof(state::WorkerView, prefetch_ahead), "ahead.at");
  llvm::Value* ahead = code_.top.CreateAlignedLoad(code_.I64(), where, llvm::Align(8), "ahead");
  // Outside of any object, so not inbounds.
  llvm::Value* later = b_.CreateGEP(code_.I8(), row_, ahead, "row.later");
  for (const uint32_t offset : offsets) {
    llvm::Value* line = b_.CreateGEP(code_.I8(), later, code_.UInt64(offset), "line");
    b_.CreateIntrinsic(llvm::Intrinsic::prefetch, {code_.Ptr()},
                       {line, b_.getInt32(0), b_.getInt32(kSecondLevel), b_.getInt32(1)});
  }
}

}  // namespace lathe::emit
