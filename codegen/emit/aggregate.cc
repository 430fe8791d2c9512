// Aggregation:
//
//   h = hash(groups);                                           without groups: row = local->single
//   for (i = h & mask; (entry = directory[i]); i = (i + 1) & mask)
//     if (entry's 16 bits == h's && entry->groups == groups) { row = entry; goto found; }
//   row = aggregate_insert(local, h, bytes of strings); row->groups = groups;     groups of strings
//   of up to three characters: row = aggregate_find(local, groups), also where one of them is not
//   in its slot. Groups that others determine are evaluated for a new row only. found: row->sum +=
//   argument; row->count += 1; ...
#include <llvm/IR/Intrinsics.h>

#include "codegen/emit/emitter.h"
#include "runtime/state/aggregate_table.h"

namespace lathe::emit {

using state::ComponentKind;

llvm::Value* Emitter::FindGroup(const Sink& sink, const state::AggregateSpec& spec,
                                const std::vector<SqlValue>& groups, llvm::Value* local) {
  llvm::Value* hash = code_.UInt64(abi::kHashSeed);
  for (const SqlValue& group : groups) hash = Hash(hash, group);
  // The entry's 16 bits must not be zero together with everything else: a row's address never is.
  llvm::Value* directory = code_.Load(code_.Ptr(), local, "directory");
  llvm::Value* mask = code_.Load(code_.I64(), code_.At(local, 8), "mask");
  llvm::BasicBlock* before = b_.GetInsertBlock();
  llvm::BasicBlock* head = code_.Block("group.probe");
  llvm::BasicBlock* occupied = code_.Block("group.entry");
  llvm::BasicBlock* compare = code_.Block("group.compare");
  llvm::BasicBlock* next = code_.Block("group.next");
  llvm::BasicBlock* insert = code_.Block("group.insert");
  llvm::BasicBlock* found = code_.Block("group.found");
  llvm::Value* start = b_.CreateAnd(hash, mask);
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  llvm::PHINode* i = b_.CreatePHI(code_.I64(), 2, "i");
  i->addIncoming(start, before);
  llvm::Value* entry =
      code_.Load(code_.I64(), b_.CreateInBoundsGEP(code_.I64(), directory, i), "entry");
  code_.Branch(b_.CreateICmpNE(entry, code_.Int64(0)), occupied, insert, Code::Hint::kLikely);
  b_.SetInsertPoint(occupied);
  llvm::Value* difference = b_.CreateLShr(b_.CreateXor(entry, hash), 48);
  code_.Branch(b_.CreateICmpEQ(difference, code_.Int64(0)), compare, next, Code::Hint::kLikely);
  b_.SetInsertPoint(compare);
  llvm::Value* entry_row = b_.CreateIntToPtr(b_.CreateAnd(entry, code_.UInt64(abi::kPointerMask)),
                                             code_.Ptr(), "entry_row");
  const std::vector<bool> null_equal(groups.size(), true);
  llvm::Value* page = spec.layout.has_strings() ? PageOf(entry_row) : nullptr;
  llvm::Value* equal = KeysEqual(spec.layout, groups, null_equal, entry_row, page);
  llvm::BasicBlock* compared = b_.GetInsertBlock();
  code_.Branch(equal, found, next, Code::Hint::kLikely);
  b_.SetInsertPoint(next);
  llvm::Value* following = b_.CreateAnd(b_.CreateAdd(i, code_.Int64(1)), mask);
  i->addIncoming(following, next);
  b_.CreateBr(head);
  b_.SetInsertPoint(insert);
  std::vector<SqlValue> stored;
  for (const SqlValue& group : groups) stored.push_back(code_.Decode(group));
  columns_.Push();
  for (uint32_t i = static_cast<uint32_t>(groups.size()); i < spec.group_count; ++i) {
    stored.push_back(code_.Decode(EmitGroup(sink, spec, i)));
  }
  columns_.Pop();
  llvm::Value* heap_bytes = spec.layout.has_strings() ? code_.HeapBytes(stored) : code_.Int64(0);
  llvm::Value* new_row =
      code_.Call(Abi::lathe_aggregate_insert, {local, hash, heap_bytes}, "new_group");
  code_.If(
      b_.CreateIsNull(new_row), "no_memory",
      [&] { b_.CreateRet(code_.Call(Abi::lathe_out_of_memory, {code_.worker()})); }, {},
      Code::Hint::kUnlikely);
  llvm::Value* buffer =
      spec.layout.has_strings() ? code_.Load(code_.Ptr(), code_.At(local, 16), "buffer") : local;
  code_.StoreFields(spec.layout, 0, stored, new_row, buffer);
  llvm::BasicBlock* inserted = b_.GetInsertBlock();
  b_.CreateBr(found);
  b_.SetInsertPoint(found);
  llvm::PHINode* row = b_.CreatePHI(code_.Ptr(), 2, "group");
  row->addIncoming(entry_row, compared);
  row->addIncoming(new_row, inserted);
  return row;
}

namespace {

/// A string of at most three characters: nearly always one that lies within its slot.
bool IsShortString(const types::Type& type) {
  return (type.id == types::TypeId::kBpChar || type.id == types::TypeId::kVarchar) &&
         type.typmod > 4 && type.typmod <= 7;
}

/// Equal where its bits are, or compared by a few instructions.
bool IsPlain(const types::Type& type) {
  const Repr repr = types::ReprOf(type);
  return repr != Repr::kString && repr != Repr::kInterval;
}

}  // namespace

llvm::Value* Emitter::FindShortGroup(const state::AggregateSpec& spec,
                                     const std::vector<SqlValue>& groups, llvm::Value* local) {
  llvm::BasicBlock* fast = code_.Block("group.short");
  llvm::BasicBlock* head = code_.Block("group.probe");
  llvm::BasicBlock* occupied = code_.Block("group.entry");
  llvm::BasicBlock* next = code_.Block("group.next");
  llvm::BasicBlock* other = code_.Block("group.other");
  llvm::BasicBlock* found = code_.Block("group.found");
  llvm::Value* all_short = code_.Bool(true);
  for (const SqlValue& group : groups) {
    if (group.repr != Repr::kString) continue;
    llvm::Value* is_short = b_.CreateTrunc(group.slot, code_.I1());
    if (group.null != nullptr) is_short = b_.CreateOr(is_short, group.null);
    all_short = b_.CreateAnd(all_short, is_short, "all_short");
  }
  code_.Branch(all_short, fast, other, Code::Hint::kLikely);

  b_.SetInsertPoint(fast);
  llvm::Value* hash = code_.UInt64(abi::kHashSeed);
  for (const SqlValue& group : groups) {
    if (group.repr != Repr::kString) {
      hash = Hash(hash, group);
      continue;
    }
    llvm::Value* word = b_.CreateZExt(group.slot, code_.I64());
    if (group.null != nullptr)
      word = b_.CreateSelect(group.null, code_.UInt64(abi::kHashNull), word);
    hash = HashWord(hash, word);
  }
  llvm::Value* directory = code_.Load(code_.Ptr(), local, "directory");
  llvm::Value* mask = code_.Load(code_.I64(), code_.At(local, 8), "mask");
  llvm::Value* start = b_.CreateAnd(hash, mask);
  llvm::BasicBlock* hashed = b_.GetInsertBlock();
  b_.CreateBr(head);
  b_.SetInsertPoint(head);
  llvm::PHINode* i = b_.CreatePHI(code_.I64(), 2, "i");
  i->addIncoming(start, hashed);
  llvm::Value* entry =
      code_.Load(code_.I64(), b_.CreateInBoundsGEP(code_.I64(), directory, i), "entry");
  code_.Branch(b_.CreateICmpNE(entry, code_.Int64(0)), occupied, other, Code::Hint::kLikely);
  // Entries are few and far between: their rows are compared at once.
  b_.SetInsertPoint(occupied);
  llvm::Value* entry_row = b_.CreateIntToPtr(b_.CreateAnd(entry, code_.UInt64(abi::kPointerMask)),
                                             code_.Ptr(), "entry_row");
  llvm::Value* equal = nullptr;
  for (size_t g = 0; g < groups.size(); ++g) {
    const row::Field& field = spec.layout.field(g);
    const SqlValue& group = groups[g];
    llvm::Value* same;
    SqlValue stored;
    if (group.repr == Repr::kString) {
      same = b_.CreateICmpEQ(code_.Load(code_.I32(), code_.At(entry_row, field.offset), "slot"),
                             group.slot);
      if (field.null_bit >= 0)
        stored = code_.LoadField(spec.layout, static_cast<uint32_t>(g), entry_row, entry_row,
                                 nullptr, "key" + std::to_string(g));
    } else {
      stored = code_.LoadField(spec.layout, static_cast<uint32_t>(g), entry_row, nullptr, nullptr,
                               "key" + std::to_string(g));
      same = Compare(func::InlineOp::kEq, stored, group);
    }
    if (stored.null != nullptr || group.null != nullptr) {
      llvm::Value *x = code_.IsNull(stored), *y = code_.IsNull(group);
      same = b_.CreateAnd(same, b_.CreateNot(b_.CreateOr(x, y)));
      same = b_.CreateOr(same, b_.CreateAnd(x, y));
    }
    equal = equal == nullptr ? same : b_.CreateAnd(equal, same, "same_group");
  }
  llvm::BasicBlock* compared = b_.GetInsertBlock();
  code_.Branch(equal, found, next, Code::Hint::kLikely);
  b_.SetInsertPoint(next);
  i->addIncoming(b_.CreateAnd(b_.CreateAdd(i, code_.Int64(1)), mask), next);
  b_.CreateBr(head);

  b_.SetInsertPoint(other);
  llvm::Value* values = code_.StackRoom(16 * groups.size(), "group_values");
  llvm::Value* nulls = code_.StackRoom(groups.size(), "group_nulls");
  for (size_t g = 0; g < groups.size(); ++g) {
    SqlValue value = code_.Decode(groups[g]);
    code_.Store(value.null == nullptr ? static_cast<llvm::Value*>(b_.getInt8(0))
                                      : b_.CreateZExt(value.null, code_.I8()),
                code_.At(nulls, g));
    code_.StoreDatum(value, code_.At(values, 16 * g));
  }
  llvm::Value* row_found =
      code_.Call(Abi::lathe_aggregate_find, {local, values, nulls}, "group_or_new");
  code_.If(
      b_.CreateIsNull(row_found), "no_memory",
      [&] { b_.CreateRet(code_.Call(Abi::lathe_out_of_memory, {code_.worker()})); }, {},
      Code::Hint::kUnlikely);
  llvm::BasicBlock* other_end = b_.GetInsertBlock();
  b_.CreateBr(found);
  b_.SetInsertPoint(found);
  llvm::PHINode* row = b_.CreatePHI(code_.Ptr(), 2, "group");
  row->addIncoming(entry_row, compared);
  row->addIncoming(row_found, other_end);
  return row;
}

SqlValue Emitter::EmitGroup(const Sink& sink, const state::AggregateSpec& spec, uint32_t i) {
  SqlValue v = Coerce(Emit(*sink.fields[i]), spec.layout.field(i).type);
  if (v.null != nullptr && spec.layout.field(i).null_bit < 0) {
    code_.FailIf(v.null, SqlState::kInternalError,
                 "null value in a group column that cannot be null");
    v.null = nullptr;
  }
  return v;
}

void Emitter::EmitAggregateSink(const Sink& sink) {
  const state::AggregateSpec& spec = program_.objects[sink.object].aggregate;
  llvm::Value* local = Local(sink.object);
  llvm::Value* row = nullptr;
  if (spec.group_count == 0) {
    InPrologue([&] { row = code_.Load(code_.Ptr(), code_.At(local, 24), "totals"); });
    // Without memory for its one row the worker stops at once.
    code_.If(
        b_.CreateIsNull(row), "no_memory",
        [&] { b_.CreateRet(code_.Call(Abi::lathe_out_of_memory, {code_.worker()})); }, {},
        Code::Hint::kUnlikely);
  } else {
    std::vector<SqlValue> groups;
    for (uint32_t i = 0; i < spec.keys(); ++i) groups.push_back(EmitGroup(sink, spec, i));
    bool short_strings = false, plain = true;
    for (const SqlValue& group : groups) {
      const bool is_short = IsShortString(group.type) && group.slot != nullptr;
      short_strings |= is_short;
      plain &= is_short || IsPlain(group.type);
    }
    plain &= spec.keys() == spec.group_count;
    row = short_strings && plain ? FindShortGroup(spec, groups, local)
                                 : FindGroup(sink, spec, groups, local);
  }
  for (const pipeline::ArgumentUpdate& update : sink.updates) {
    if (update.filter != nullptr) {
      If(EmitIsTrue(*update.filter), "call_filter",
         [&] { UpdateComponents(spec, update, row, local); });
    } else {
      UpdateComponents(spec, update, row, local);
    }
  }
}

llvm::Value* Emitter::LoadWideSum(llvm::Value* address) {
  llvm::Value* low = b_.CreateSExt(code_.Load(code_.I64(), address, "sum"), code_.I128());
  llvm::Value* carries =
      b_.CreateSExt(code_.Load(code_.I64(), code_.At(address, 8), "carries"), code_.I128());
  return b_.CreateAdd(low, b_.CreateShl(carries, 64), "sum");
}

void Emitter::UpdateComponents(const state::AggregateSpec& spec,
                               const pipeline::ArgumentUpdate& update, llvm::Value* row,
                               llvm::Value* local) {
  SqlValue v;
  if (update.argument != nullptr) v = Emit(*update.argument);
  bool branch = false;
  for (uint32_t index : update.components) {
    const ComponentKind kind = spec.components[index].kind;
    branch |= kind != ComponentKind::kCount && kind != ComponentKind::kSumI64 &&
              kind != ComponentKind::kSumI128;
  }
  auto body = [&](llvm::Value* null) {
    for (uint32_t index : update.components) {
      const state::Component& c = spec.components[index];
      llvm::Value* address = code_.At(row, spec.layout.field(c.field).offset);
      auto masked = [&](llvm::Value* value) {
        return null == nullptr
                   ? value
                   : b_.CreateSelect(null, llvm::Constant::getNullValue(value->getType()), value);
      };
      switch (c.kind) {
        case ComponentKind::kCount: {
          llvm::Value* one =
              null == nullptr ? code_.Int64(1) : b_.CreateZExt(b_.CreateNot(null), code_.I64());
          code_.Store(b_.CreateAdd(code_.Load(code_.I64(), address, "count"), one), address);
          break;
        }
        case ComponentKind::kSumI64:
          code_.Store(b_.CreateAdd(code_.Load(code_.I64(), address, "sum"),
                                   masked(b_.CreateSExt(v.value, code_.I64()))),
                      address);
          break;
        case ComponentKind::kSumI128: {
          if (v.value->getType() == code_.I64()) {
            // One word, and a cold step for its overflows.
            llvm::Value* add = masked(v.value);
            llvm::Value* pair = b_.CreateBinaryIntrinsic(
                llvm::Intrinsic::sadd_with_overflow, code_.Load(code_.I64(), address, "sum"), add);
            code_.Store(b_.CreateExtractValue(pair, 0), address);
            code_.If(
                b_.CreateExtractValue(pair, 1), "carry",
                [&] {
                  llvm::Value* carries = code_.At(address, 8);
                  llvm::Value* carry = b_.CreateSelect(b_.CreateICmpSLT(add, code_.Int64(0)),
                                                       code_.Int64(-1), code_.Int64(1));
                  code_.Store(b_.CreateAdd(code_.Load(code_.I64(), carries), carry), carries);
                },
                {}, Code::Hint::kUnlikely);
            break;
          }
          llvm::Value* add = masked(code_.Widen(v).value);
          llvm::Value* sum = LoadWideSum(address);
          // Overflow shows in the signs.
          llvm::Value* total = b_.CreateAdd(sum, add);
          llvm::Value* signs = b_.CreateAnd(b_.CreateXor(total, sum), b_.CreateXor(total, add));
          code_.FailIf(b_.CreateICmpSLT(b_.CreateTrunc(b_.CreateLShr(signs, 64), code_.I64()),
                                        code_.Int64(0)),
                       SqlState::kNumericValueOutOfRange, "numeric field overflow");
          llvm::Value* low = b_.CreateTrunc(total, code_.I64());
          llvm::Value* rest = b_.CreateSub(total, b_.CreateSExt(low, code_.I128()));
          code_.Store(low, address);
          code_.Store(b_.CreateTrunc(b_.CreateLShr(rest, 64), code_.I64()), code_.At(address, 8));
          break;
        }
        case ComponentKind::kSumF32:
        case ComponentKind::kSumF64: {
          llvm::Type* type = c.kind == ComponentKind::kSumF32 ? b_.getFloatTy() : b_.getDoubleTy();
          llvm::Value* add = v.value->getType() == type ? v.value : b_.CreateFPExt(v.value, type);
          llvm::Value* sum = code_.Load(type, address, "sum");
          code_.Store(FloatArithmetic(func::InlineOp::kAdd, sum, add, nullptr), address);
          break;
        }
        case ComponentKind::kSumInterval: {
          auto [low, high] = code_.Halves(v.value);
          code_.ReturnIfError(
              code_.Call(Abi::lathe_add_interval, {code_.worker(), address, low, high}));
          break;
        }
        case ComponentKind::kSumBig: {
          SqlValue s = code_.Decode(v);
          llvm::Value* refused =
              code_.Call(Abi::lathe_aggregate_add_big, {local, address, s.value, s.size});
          code_.If(
              b_.CreateICmpNE(refused, code_.Int32(0)), "no_memory",
              [&] { b_.CreateRet(code_.Call(Abi::lathe_out_of_memory, {code_.worker()})); }, {},
              Code::Hint::kUnlikely);
          break;
        }
        case ComponentKind::kMin:
        case ComponentKind::kMax: {
          const SqlValue wide = code_.Widen(v);
          llvm::Value* count = code_.Load(
              code_.I64(), code_.At(row, spec.layout.field(c.count_field).offset), "count");
          llvm::Value* first = b_.CreateICmpEQ(count, code_.Int64(0));
          SqlValue best;
          best.type = c.type;
          best.repr = types::ReprOf(c.type);
          const func::InlineOp op =
              c.kind == ComponentKind::kMin ? func::InlineOp::kLt : func::InlineOp::kGt;
          auto better = [&]() -> llvm::Value* {
            if (best.repr == Repr::kString) {
              best.value = code_.Load(code_.Ptr(), address);
              best.size = b_.CreateZExt(code_.Load(code_.I32(), code_.At(address, 8)), code_.I64());
            } else if (best.repr == Repr::kBool) {
              best.value = b_.CreateTrunc(code_.Load(code_.I8(), address), code_.I1());
            } else {
              best.value = code_.Load(code_.TypeOf(best.repr), address, "best");
            }
            SqlValue present = wide;
            present.null = nullptr;
            return Compare(op, present, best);
          };
          llvm::Value* take = code_.ChooseRaw(
              first, "first", [&]() -> llvm::Value* { return code_.Bool(true); }, better);
          code_.If(take, "better", [&] {
            if (best.repr != Repr::kString) {
              code_.Store(
                  best.repr == Repr::kBool ? b_.CreateZExt(wide.value, code_.I8()) : wide.value,
                  address);
              return;
            }
            SqlValue s = code_.Decode(v);
            llvm::Value* refused =
                code_.Call(Abi::lathe_aggregate_keep, {local, address, s.value, s.size});
            code_.If(
                b_.CreateICmpNE(refused, code_.Int32(0)), "no_memory",
                [&] { b_.CreateRet(code_.Call(Abi::lathe_out_of_memory, {code_.worker()})); }, {},
                Code::Hint::kUnlikely);
          });
          break;
        }
      }
    }
  };
  if (v.null != nullptr && branch) {
    If(b_.CreateNot(v.null), "present", [&] { body(nullptr); });
  } else {
    body(v.null);
  }
}

}  // namespace lathe::emit
