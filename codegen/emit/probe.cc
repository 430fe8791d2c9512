// Hash join, probe side:
//
//   h = hash(keys);  entry = directory[h & mask];
//   if (entry has h's tag bit)
//     for (row = entry & 48 bits; row; row = row->next)
//       if (row->hash == h && row->keys == keys && residual) match(row);
#include "codegen/emit/emitter.h"
#include "runtime/state/join_table.h"

namespace lathe::emit {

Emitter::ProbeKeys Emitter::EmitProbeKeys(const std::vector<expr::ExprPtr>& keys,
                                          const std::vector<bool>& null_equal,
                                          const row::Layout& layout) {
  ProbeKeys probe;
  for (uint32_t i = 0; i < keys.size(); ++i) {
    probe.values.push_back(Coerce(Emit(*keys[i]), layout.field(i).type));
    if (!null_equal[i]) probe.is_null = code_.OrNull(probe.is_null, probe.values.back().null);
  }
  probe.hash = code_.UInt64(abi::kHashSeed);
  for (const SqlValue& key : probe.values) probe.hash = Hash(probe.hash, key);
  probe.hash = b_.CreateOr(probe.hash, code_.UInt64(uint64_t{1} << 58), "hash");
  return probe;
}

llvm::Value* Emitter::EmitTagTest(llvm::Value* directory, llvm::Value* mask, llvm::Value* hash,
                                  llvm::BasicBlock* maybe, llvm::BasicBlock* no) {
  llvm::Value* slot = b_.CreateInBoundsGEP(code_.I64(), directory, b_.CreateAnd(hash, mask));
  llvm::Value* entry = code_.Load(code_.I64(), slot, "entry");
  llvm::Value* tag =
      b_.CreateShl(code_.UInt64(uint64_t{1} << 48), b_.CreateLShr(hash, abi::kTagShift), "tag");
  b_.CreateCondBr(b_.CreateICmpNE(b_.CreateAnd(entry, tag), code_.Int64(0)), maybe, no);
  return entry;
}

void Emitter::EmitKeyFilter(const Step& step, size_t index) {
  const auto& filter = step.node->As<physical::KeyFilter>();
  llvm::Value* table = Object(step.object);
  llvm::Value *directory = nullptr, *mask = nullptr;
  InPrologue([&] {
    directory = code_.Load(code_.Ptr(), table, "directory");
    mask = code_.Load(code_.I64(), code_.At(table, 8), "mask");
  });
  std::vector<bool> null_equal = filter.join->null_equal;
  null_equal.resize(filter.keys.size());
  const ProbeKeys probe =
      EmitProbeKeys(filter.keys, null_equal, program_.objects[step.object].layout);
  llvm::BasicBlock* pass = code_.Block("keys.maybe");
  llvm::BasicBlock* drop = code_.Block("keys.none");
  if (probe.is_null != nullptr) {
    llvm::BasicBlock* present = code_.Block("keys.present");
    b_.CreateCondBr(probe.is_null, drop, present);
    b_.SetInsertPoint(present);
  }
  EmitTagTest(directory, mask, probe.hash, pass, drop);
  b_.SetInsertPoint(pass);
  columns_.Push();
  EmitSteps(index + 1);
  columns_.Pop();
  code_.Jump(drop);
  b_.SetInsertPoint(drop);
}

void Emitter::EmitProbe(const Step& step, size_t index) {
  const auto& join = step.node->As<physical::HashJoin>();
  const row::Layout& layout = program_.objects[step.object].layout;
  llvm::Value* table = Object(step.object);
  llvm::Value *directory = nullptr, *mask = nullptr, *null_row = nullptr;
  InPrologue([&] {
    directory = code_.Load(code_.Ptr(), table, "directory");
    mask = code_.Load(code_.I64(), code_.At(table, 8), "mask");
    null_row = code_.Load(code_.Ptr(), code_.At(table, 16), "null_row");
  });
  std::vector<bool> null_equal = join.null_equal;
  null_equal.resize(join.probe_keys.size());
  const ProbeKeys probe = EmitProbeKeys(join.probe_keys, null_equal, layout);
  const std::vector<SqlValue>& keys = probe.values;
  llvm::Value *hash = probe.hash, *key_is_null = probe.is_null;

  const bool allocates_before = out_->resets_arena;
  llvm::Value* chain_steps = code_.StackRoom(4, "chain_steps");
  InPrologue([&] { code_.Store(code_.Int32(0), chain_steps); });

  // Emits the loop over the rows whose keys match, without the residual.
  auto each_candidate = [&](const MatchBody& body, llvm::Value* any_match) {
    llvm::BasicBlock* filter = code_.Block("probe");
    llvm::BasicBlock* first = code_.Block("probe.chain");
    llvm::BasicBlock* head = code_.Block("probe.row");
    llvm::BasicBlock* next = code_.Block("probe.next");
    llvm::BasicBlock* leave = code_.Block("probe.end");
    llvm::BasicBlock* end = any_match == nullptr ? leave : code_.Block("probe.chain_end");
    if (key_is_null != nullptr) {
      b_.CreateCondBr(key_is_null, end, filter);
    } else {
      b_.CreateBr(filter);
    }
    b_.SetInsertPoint(filter);
    llvm::Value* entry = EmitTagTest(directory, mask, hash, first, end);
    b_.SetInsertPoint(first);
    llvm::Value* first_row =
        b_.CreateIntToPtr(b_.CreateAnd(entry, code_.UInt64(abi::kPointerMask)), code_.Ptr());
    b_.CreateBr(head);
    b_.SetInsertPoint(head);
    llvm::PHINode* row = b_.CreatePHI(code_.Ptr(), 2, "build_row");
    row->addIncoming(first_row, first);
    columns_.Push();
    llvm::BasicBlock* compare = code_.Block("probe.compare");
    llvm::BasicBlock* match = code_.Block("probe.match");
    llvm::Value* is_null_row = nullptr;
    if (any_match != nullptr) {
      llvm::BasicBlock* real = code_.Block("probe.real");
      is_null_row = b_.CreateICmpEQ(row, null_row, "is_null_row");
      b_.CreateCondBr(is_null_row, match, real);
      b_.SetInsertPoint(real);
    }
    llvm::Value* row_hash =
        code_.Load(code_.I64(), code_.At(row, state::kJoinHashOffset), "row_hash");
    b_.CreateCondBr(b_.CreateICmpEQ(row_hash, hash), compare, next);
    b_.SetInsertPoint(compare);
    llvm::Value* page = layout.has_strings() ? PageOf(row) : nullptr;
    llvm::Value* equal = KeysEqual(layout, keys, null_equal, row, page);
    columns_.Pop();
    b_.CreateCondBr(equal, match, next);
    b_.SetInsertPoint(match);
    columns_.Push();
    body(row, leave, is_null_row);
    columns_.Pop();
    code_.Jump(next);
    b_.SetInsertPoint(next);
    EmitInnerRowDone(allocates_before);
    llvm::Value* next_row =
        code_.Load(code_.Ptr(), code_.At(row, state::kJoinNextOffset), "next_row");
    // Long chains look for a cancelled statement now and then.
    llvm::BasicBlock* more = code_.Block("probe.more");
    b_.CreateCondBr(b_.CreateIsNotNull(next_row), more, end);
    b_.SetInsertPoint(more);
    llvm::Value* steps_taken = b_.CreateAdd(code_.Load(code_.I32(), chain_steps), code_.Int32(1));
    code_.Store(steps_taken, chain_steps);
    code_.If(
        b_.CreateICmpEQ(b_.CreateAnd(steps_taken, code_.Int32(0xfff)), code_.Int32(0)),
        "probe.look",
        [&] {
          code_.ReturnIfError(code_.Call(Abi::lathe_check_cancel, {code_.worker()}, "cancelled"));
        },
        {}, Code::Hint::kUnlikely);
    row->addIncoming(next_row, b_.GetInsertBlock());
    b_.CreateBr(head);
    if (any_match != nullptr) {
      // The null row is a chain of one.
      b_.SetInsertPoint(end);
      row->addIncoming(null_row, end);
      b_.CreateCondBr(b_.CreateICmpEQ(code_.Load(code_.I8(), any_match), b_.getInt8(0)), head,
                      leave);
    }
    b_.SetInsertPoint(leave);
  };

  MatchLoop loop;
  loop.null_row = null_row;
  loop.flag_offset = state::kJoinMatchedOffset;
  loop.each_match = [&](const MatchBody& body, llvm::Value* any_match) {
    each_candidate(
        [&](llvm::Value* row, llvm::BasicBlock* leave, llvm::Value* is_null_row) {
          EmitAccepted(step, join.residual.get(), row, layout.has_strings() ? PageOf(row) : nullptr,
                       leave, is_null_row, body);
        },
        any_match);
  };
  loop.maybe_null = [&]() -> llvm::Value* {
    llvm::Value* rows = code_.Load(code_.I64(), code_.At(table, 24), "build_rows");
    llvm::Value* null_keys = code_.Load(code_.I64(), code_.At(table, 32), "build_null_keys");
    llvm::Value* some_null = b_.CreateICmpNE(null_keys, code_.Int64(0));
    if (key_is_null != nullptr) {
      some_null = b_.CreateSelect(key_is_null, b_.CreateICmpNE(rows, code_.Int64(0)), some_null);
    }
    return some_null;
  };
  if (step.join.probe == pipeline::JoinRule::Probe::kMark && !join.null_aware) {
    // Keys that are NULL do not match; the mark is NULL only where the residual was for some row.
    llvm::Value* residual_null = nullptr;
    if (join.residual != nullptr) {
      residual_null = code_.StackRoom(1, "residual_null");
      code_.Store(b_.getInt8(0), residual_null);
      loop.each_match = [&, residual_null](const MatchBody& body, llvm::Value* any_match) {
        each_candidate(
            [&](llvm::Value* row, llvm::BasicBlock* leave, llvm::Value* is_null_row) {
              BindBuildColumns(step, row, nullptr, layout.has_strings() ? PageOf(row) : nullptr);
              SqlValue v = Emit(*join.residual);
              If(code_.IsTrue(v), "residual_true", [&] { body(row, leave, is_null_row); });
              If(code_.IsNull(v), "residual_unknown",
                 [&] { code_.Store(b_.getInt8(1), residual_null); });
            },
            any_match);
      };
    }
    loop.maybe_null = [&, residual_null]() -> llvm::Value* {
      if (residual_null == nullptr) return code_.Bool(false);
      return b_.CreateICmpNE(code_.Load(code_.I8(), residual_null), b_.getInt8(0));
    };
  }
  EmitJoin(step, index, join.mark.id, loop);
}

}  // namespace lathe::emit
