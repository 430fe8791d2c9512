// Values of calls from their components, made where they are first used:
//
//   sum = row->count == 0 ? NULL : row->sum;      avg = row->count == 0 ? NULL : row->sum /
//   row->count;
//
// and the rows of INTERSECT and EXCEPT from their two counts:
//
//   copies = EXCEPT ALL: left - right; INTERSECT ALL: min(left, right); else 1 or 0;   for (;
//   copies > 0; --copies) steps;
#include "codegen/emit/emitter.h"

namespace lathe::emit {

using func::AggregateKind;

SqlValue Emitter::CallResult(const pipeline::CallOutput& output, const row::Layout& layout,
                             llvm::Value* row) {
  auto field = [&](uint32_t index) { return code_.At(row, layout.field(index).offset); };
  llvm::Value* count = code_.Load(code_.I64(), field(output.count_field), "count");
  SqlValue v;
  v.type = output.type;
  v.repr = types::ReprOf(output.type);
  if (output.kind == AggregateKind::kCount || output.kind == AggregateKind::kCountStar) {
    v.value = count;
    return v;
  }
  llvm::Value* none = output.nullable ? b_.CreateICmpEQ(count, code_.Int64(0), "no_rows") : nullptr;
  llvm::Value* address = field(output.value_field);
  const types::Repr stored = layout.field(output.value_field).repr;
  auto held = [&] {  // state::HeldBytes
    SqlValue s;
    s.type = output.type;
    s.repr = Repr::kString;
    s.value = code_.Load(code_.Ptr(), address, "held");
    s.size = b_.CreateZExt(code_.Load(code_.I32(), code_.At(address, 8)), code_.I64());
    return s;
  };
  if (output.kind != AggregateKind::kAvg) {
    if (v.repr == Repr::kString) {
      SqlValue s = held();
      s.null = none;
      return s;
    }
    if (v.repr == Repr::kBool) {
      v.value = b_.CreateTrunc(code_.Load(code_.I8(), address), code_.I1());
    } else {
      const bool wide_sum = output.kind == AggregateKind::kSum && stored == Repr::kI128;
      v.value =
          wide_sum ? LoadWideSum(address) : code_.Load(code_.TypeOf(stored), address, "value");
      if (v.value->getType() != code_.TypeOf(v.repr))
        v.value = b_.CreateSExt(v.value, code_.TypeOf(v.repr));
    }
    v.null = none;
    return v;
  }
  auto average = [&]() -> SqlValue {
    SqlValue a = v;
    if (v.repr == Repr::kF64) {
      a.value = b_.CreateFDiv(code_.Load(b_.getDoubleTy(), address, "sum"),
                              b_.CreateSIToFP(count, b_.getDoubleTy()));
      return a;
    }
    llvm::Value* room = code_.StackRoom(16, "average");
    out_->resets_arena = true;
    if (v.repr == Repr::kInterval) {
      auto [low, high] = code_.Halves(code_.Load(code_.I128(), address, "sum"));
      code_.ReturnIfError(
          code_.Call(Abi::lathe_average_interval, {code_.worker(), low, high, count, room}));
    } else if (output.arg_type.is_big_numeric()) {
      SqlValue s = held();
      code_.ReturnIfError(
          code_.Call(Abi::lathe_average_big, {code_.worker(), s.value, s.size, count, room}));
    } else {
      llvm::Value* sum =
          stored == Repr::kI128
              ? LoadWideSum(address)
              : b_.CreateSExt(code_.Load(code_.TypeOf(stored), address, "sum"), code_.I128());
      auto [low, high] = code_.Halves(sum);
      code_.Call(Abi::lathe_average_fixed,
                 {code_.worker(), low, high, count, code_.Int32(output.arg_type.scale), room});
    }
    return code_.LoadDatum(output.type, room, "average");
  };
  if (none == nullptr) return average();
  return Choose(none, "no_rows", [&] { return code_.Null(output.type); }, average);
}

void Emitter::EmitAggregateOutput(const Step& step, size_t index) {
  const row::Layout& layout = pipeline_.source.layout;
  llvm::Value* row = row_;
  for (const pipeline::CallOutput& output : step.outputs) {
    columns_.Bind(output.id,
                  [this, &layout, &output, row] { return CallResult(output, layout, row); });
  }
  EmitSteps(index + 1);
}

void Emitter::EmitSetOutput(const Step& step, size_t index) {
  const auto& node = step.node->As<physical::HashSetOperation>();
  const row::Layout& layout = pipeline_.source.layout;
  llvm::Value* left =
      code_.Load(code_.I64(), code_.At(row_, layout.field(step.left_count_field).offset), "left");
  llvm::Value* right =
      code_.Load(code_.I64(), code_.At(row_, layout.field(step.right_count_field).offset), "right");
  llvm::Value* zero = code_.Int64(0);
  const bool except = node.operation == logical::SetOperationKind::kExcept;
  if (!node.all) {
    llvm::Value* in_right = b_.CreateICmpNE(right, zero);
    llvm::Value* wanted = b_.CreateAnd(b_.CreateICmpNE(left, zero),
                                       except ? b_.CreateNot(in_right) : in_right, "wanted");
    If(wanted, "set_row", [&] { EmitSteps(index + 1); });
    return;
  }
  llvm::Value* copies = except ? b_.CreateSub(left, right)
                               : b_.CreateSelect(b_.CreateICmpSLT(left, right), left, right);
  llvm::BasicBlock* before = b_.GetInsertBlock();
  llvm::BasicBlock* head = code_.Block("copies");
  llvm::BasicBlock* body = code_.Block("copies.row");
  llvm::BasicBlock* done = code_.Block("copies.done");
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  llvm::PHINode* left_over = b_.CreatePHI(code_.I64(), 2, "copies.left");
  left_over->addIncoming(copies, before);
  b_.CreateCondBr(b_.CreateICmpSGT(left_over, zero), body, done);
  b_.SetInsertPoint(body);
  columns_.Push();
  EmitSteps(index + 1);
  columns_.Pop();
  if (!code_.Terminated()) {
    left_over->addIncoming(b_.CreateSub(left_over, code_.Int64(1)), b_.GetInsertBlock());
    b_.CreateBr(head);
  }
  b_.SetInsertPoint(done);
}

}  // namespace lathe::emit
