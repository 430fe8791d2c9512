// Reading and writing rows; the twins of runtime/row (layout.h, string_slot.h, row_buffer.cc).
#include "codegen/ir/code.h"
#include "runtime/row/string_slot.h"

namespace lathe::ir {

SqlValue Code::LoadField(const row::Layout& layout, uint32_t index, llvm::Value* row,
                         llvm::Value* page_start, llvm::Value* row_null, const std::string& name) {
  const row::Field& field = layout.field(index);
  SqlValue v;
  v.type = field.type;
  v.repr = field.repr;
  v.null = row_null;
  if (field.null_bit >= 0) {
    auto bit = static_cast<uint32_t>(field.null_bit);
    llvm::Value* byte = Load(I8(), At(row, layout.null_offset() + bit / 8), name + ".nulls");
    llvm::Value* null =
        b.CreateICmpNE(b.CreateAnd(byte, b.getInt8(static_cast<uint8_t>(1u << (bit % 8)))),
                       b.getInt8(0), name + ".null");
    v.null = OrNull(row_null, null);
  }
  llvm::Value* address = At(row, field.offset, name + ".at");
  switch (v.repr) {
    case Repr::kBool:
      v.value = b.CreateICmpNE(Load(I8(), address), b.getInt8(0), name);
      break;
    case Repr::kString:
      v.slot = Load(I32(), address, name + ".slot");
      v.slot_address = address;
      v.page = page_start;
      break;
    default:
      v.value = Load(TypeOf(v.repr), address, name);
  }
  return v;
}

SqlValue Code::Decode(SqlValue v) {
  if (v.repr != Repr::kString || v.decoded()) return v;
  llvm::Value* is_inline = b.CreateTrunc(v.slot, I1(), "inline");
  llvm::Value* rest = b.CreateLShr(v.slot, 1);
  llvm::Value* inline_size = b.CreateAnd(rest, Int32(3));
  llvm::Value* offset = b.CreateAnd(rest, Int32(row::kNearOffsetMax));
  llvm::Value* near_size = b.CreateLShr(v.slot, 21);
  llvm::Value* near_data = b.CreateInBoundsGEP(I8(), v.page, b.CreateZExt(offset, I64()));
  llvm::Value* data = b.CreateSelect(is_inline, At(v.slot_address, 1), near_data);
  llvm::Value* size = b.CreateZExt(b.CreateSelect(is_inline, inline_size, near_size), I64());
  llvm::Value* is_long = b.CreateICmpEQ(size, Int64(row::kLongStringMark));
  // Long strings: the slot leads to {offset, length}.
  llvm::BasicBlock* before = b.GetInsertBlock();
  llvm::BasicBlock* far = Block("long_string");
  llvm::BasicBlock* done = Block("string");
  Branch(is_long, far, done, Hint::kUnlikely);
  b.SetInsertPoint(far);
  llvm::Value* far_offset = b.CreateZExt(Load(I32(), data), I64());
  llvm::Value* far_size = b.CreateZExt(Load(I32(), At(data, 4)), I64());
  llvm::Value* far_data = b.CreateInBoundsGEP(I8(), v.page, far_offset);
  b.CreateBr(done);
  b.SetInsertPoint(done);
  llvm::PHINode* data_phi = b.CreatePHI(Ptr(), 2, "data");
  data_phi->addIncoming(data, before);
  data_phi->addIncoming(far_data, far);
  llvm::PHINode* size_phi = b.CreatePHI(I64(), 2, "size");
  size_phi->addIncoming(size, before);
  size_phi->addIncoming(far_size, far);
  v.value = data_phi;
  v.size = size_phi;
  return v;
}

llvm::Value* Code::HeapBytes(const std::vector<SqlValue>& values) {
  llvm::Value* total = Int64(0);
  for (const SqlValue& v : values) {
    if (v.repr != Repr::kString) continue;
    LATHE_CHECK(v.decoded());
    llvm::Value* bytes =
        b.CreateSelect(b.CreateICmpULE(v.size, Int64(row::kInlineStringMax)), Int64(0), v.size);
    bytes = b.CreateSelect(b.CreateICmpUGT(v.size, Int64(row::kShortStringMax)),
                           b.CreateAdd(v.size, Int64(8)), bytes);
    if (v.null != nullptr) bytes = b.CreateSelect(v.null, Int64(0), bytes);
    total = b.CreateAdd(total, bytes, "heap_bytes");
  }
  return total;
}

void Code::StoreFields(const row::Layout& layout, uint32_t first,
                       const std::vector<SqlValue>& values, llvm::Value* row, llvm::Value* buffer) {
  // Null bits first, a byte at a time; the bytes are zero.
  std::vector<llvm::Value*> null_bytes(layout.null_bytes(), nullptr);
  for (size_t i = 0; i < values.size(); ++i) {
    const row::Field& field = layout.field(first + i);
    if (field.null_bit < 0 || values[i].null == nullptr) continue;
    auto bit = static_cast<uint32_t>(field.null_bit);
    llvm::Value* shifted = b.CreateShl(b.CreateZExt(values[i].null, I8()), bit % 8);
    llvm::Value*& byte = null_bytes[bit / 8];
    byte = byte == nullptr ? shifted : b.CreateOr(byte, shifted);
  }
  for (size_t i = 0; i < null_bytes.size(); ++i) {
    if (null_bytes[i] != nullptr) Store(null_bytes[i], At(row, layout.null_offset() + i));
  }
  for (size_t i = 0; i < values.size(); ++i) {
    const row::Field& field = layout.field(first + i);
    const SqlValue v = Widen(values[i]);
    LATHE_CHECK_NOTE(v.repr == field.repr, "value of another representation than its field");
    llvm::Value* address = At(row, field.offset);
    if (v.repr != Repr::kString) {
      llvm::Value* stored = v.repr == Repr::kBool ? b.CreateZExt(v.value, I8()) : v.value;
      if (v.null != nullptr) {
        stored = b.CreateSelect(v.null, llvm::Constant::getNullValue(stored->getType()), stored);
      }
      Store(stored, address);
      continue;
    }
    llvm::Value* empty = Int32(row::EncodeInlineString(""));
    auto append = [&] {
      Call(Abi::lathe_append_string,
           {buffer, row, Int32(static_cast<int64_t>(first + i)), v.value, v.size});
    };
    if (v.slot != nullptr) {
      // A short string keeps its slot; NULL slots are short as well.
      llvm::Value* is_inline = b.CreateTrunc(v.slot, I1());
      llvm::Value* slot = v.slot;
      if (v.null != nullptr) {
        is_inline = b.CreateOr(is_inline, v.null);
        slot = b.CreateSelect(v.null, empty, slot);
      }
      If(is_inline, "store_inline", [&] { Store(slot, address); }, append);
    } else if (v.null != nullptr) {
      If(v.null, "store_null", [&] { Store(empty, address); }, append);
    } else {
      append();
    }
  }
}

}  // namespace lathe::ir
