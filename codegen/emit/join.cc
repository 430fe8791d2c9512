// What hash and nested loop joins share: how the rows of the probe side go on, given a loop over their matches.
//
//   pairs         each match: steps(row)                                   keep: rows without one: steps(null row)
//   semi, anti    found = any match;  if (found) steps;  or if (!found)
//   mark          mark = found ? true : maybe_null() ? NULL : false; steps
//   single        match = the only one or none, more: 21000; steps(match or null row)
//   flag          each match: row->matched = 1
//   with flags    each match: row->matched = 1, before the steps
#include "codegen/emit/emitter.h"

namespace lathe::emit {

using Probe = pipeline::JoinRule::Probe;

void Emitter::BindBuildColumns(const Step& step, llvm::Value* row, llvm::Value* row_is_null, llvm::Value* page) {
  const row::Layout& layout = program_.objects[step.object].row_layout();
  for (const ColumnField& column : step.build_columns) {
    columns_.Bind(column.id, [this, &layout, column, row, row_is_null, page] {
      return code_.LoadField(layout, column.field, row, page, row_is_null, Name(column.id));
    });
  }
}

llvm::Value* Emitter::KeysEqual(const row::Layout& layout, const std::vector<SqlValue>& keys,
                                const std::vector<bool>& null_equal, llvm::Value* row, llvm::Value* page) {
  // A chain of branches: most rows differ in the first key, if at all.
  llvm::Value* equal = code_.Bool(true);
  for (uint32_t i = 0; i < keys.size(); ++i) {
    auto key_equal = [&]() -> llvm::Value* {
      SqlValue stored = code_.LoadField(layout, i, row, page, nullptr, "key" + std::to_string(i));
      llvm::Value* same = Compare(func::InlineOp::kEq, stored, keys[i]);
      if (stored.null == nullptr && keys[i].null == nullptr) return same;
      llvm::Value *x = code_.IsNull(stored), *y = code_.IsNull(keys[i]);
      llvm::Value* none = b_.CreateNot(b_.CreateOr(x, y));
      llvm::Value* result = b_.CreateAnd(none, same);
      if (null_equal[i]) result = b_.CreateOr(result, b_.CreateAnd(x, y));
      return result;
    };
    if (i == 0) {
      equal = key_equal();
    } else {
      equal = code_.ChooseRaw(equal, "keys", key_equal, [&]() -> llvm::Value* { return code_.Bool(false); });
    }
  }
  return equal;
}

void Emitter::EmitJoin(const Step& step, size_t index, ColumnId mark, const MatchLoop& loop) {
  const pipeline::JoinRule& rule = step.join;
  const uint32_t node = code_.node;
  const bool strings = program_.objects[step.object].row_layout().has_strings();
  auto page_of = [&](llvm::Value* row) { return strings ? PageOf(row) : nullptr; };
  auto set_flag = [&](llvm::Value* row) {
    if (!rule.flags()) return;
    llvm::StoreInst* store = b_.CreateAlignedStore(b_.getInt8(1), code_.At(row, loop.flag_offset), llvm::Align(1));
    store->setAtomic(llvm::AtomicOrdering::Monotonic);
  };
  switch (rule.probe) {
    case Probe::kFlagOnly:
      loop.each_match([&](llvm::Value* row, llvm::BasicBlock*) { set_flag(row); });
      return;
    case Probe::kSemi:
    case Probe::kAnti:
    case Probe::kMark: {
      llvm::BasicBlock* decide = code_.Block("match.found");
      llvm::BasicBlock* none = code_.Block("match.none");
      loop.each_match([&](llvm::Value*, llvm::BasicBlock*) {
        b_.CreateBr(decide);
        b_.SetInsertPoint(code_.Block("match.unreached"));
      });
      code_.Jump(none);
      llvm::BasicBlock* done = code_.Block("join.done");
      if (rule.probe == Probe::kMark) {
        b_.SetInsertPoint(none);
        llvm::Value* null = loop.maybe_null();
        llvm::BasicBlock* none_end = b_.GetInsertBlock();
        b_.CreateBr(done);
        b_.SetInsertPoint(decide);
        b_.CreateBr(done);
        b_.SetInsertPoint(done);
        llvm::PHINode* value = b_.CreatePHI(code_.I1(), 2, "mark");
        value->addIncoming(code_.Bool(false), none_end);
        value->addIncoming(code_.Bool(true), decide);
        llvm::PHINode* is_null = b_.CreatePHI(code_.I1(), 2, "mark.null");
        is_null->addIncoming(null, none_end);
        is_null->addIncoming(code_.Bool(false), decide);
        SqlValue v = MakeBool(value, is_null);
        columns_.Bind(mark, [v] { return v; });
        EmitSteps(index + 1);
        return;
      }
      const bool semi = rule.probe == Probe::kSemi;
      b_.SetInsertPoint(semi ? none : decide);
      b_.CreateBr(done);
      b_.SetInsertPoint(semi ? decide : none);
      columns_.Push();
      EmitSteps(index + 1);
      columns_.Pop();
      code_.Jump(done);
      b_.SetInsertPoint(done);
      return;
    }
    case Probe::kSingle: {
      // The match so far travels through the loop in a stack slot: it is rare and short.
      llvm::Value* room = code_.StackRoom(8, "single");
      code_.Store(llvm::ConstantPointerNull::get(b_.getPtrTy()), room);
      loop.each_match([&](llvm::Value* row, llvm::BasicBlock*) {
        llvm::Value* before = code_.Load(code_.Ptr(), room);
        code_.FailIf(b_.CreateIsNotNull(before), SqlState::kCardinalityViolation,
                     "more than one row returned by a subquery used as an expression");
        code_.Store(row, room);
      });
      llvm::Value* found = code_.Load(code_.Ptr(), room, "single_row");
      llvm::Value* is_null = b_.CreateIsNull(found, "no_row");
      llvm::Value* row = b_.CreateSelect(is_null, loop.null_row, found);
      BindBuildColumns(step, row, is_null, page_of(row));
      EmitSteps(index + 1);
      return;
    }
    case Probe::kPairs: break;
  }
  if (!rule.keep_probe) {
    loop.each_match([&](llvm::Value* row, llvm::BasicBlock*) {
      set_flag(row);
      columns_.Push();
      BindBuildColumns(step, row, nullptr, page_of(row));
      code_.node = node;
      EmitSteps(index + 1);
      columns_.Pop();
    });
    return;
  }
  // Outer: the steps are emitted once, for a match or for the null row; "resume" tells the two apart.
  llvm::Value* room = code_.StackRoom(1, "any_match");
  code_.Store(b_.getInt8(0), room);
  llvm::BasicBlock* emit_row = code_.Block("outer.row");
  llvm::PHINode* row_phi = llvm::PHINode::Create(code_.Ptr(), 2, "outer.build_row", emit_row);
  llvm::PHINode* null_phi = llvm::PHINode::Create(code_.I1(), 2, "outer.no_match", emit_row);
  llvm::BasicBlock* resume = nullptr;
  loop.each_match([&](llvm::Value* row, llvm::BasicBlock*) {
    set_flag(row);
    code_.Store(b_.getInt8(1), room);
    row_phi->addIncoming(row, b_.GetInsertBlock());
    null_phi->addIncoming(code_.Bool(false), b_.GetInsertBlock());
    b_.CreateBr(emit_row);
    resume = code_.Block("outer.resume");
    b_.SetInsertPoint(resume);
  });
  llvm::BasicBlock* done = code_.Block("outer.done");
  llvm::BasicBlock* unmatched = code_.Block("outer.unmatched");
  b_.CreateCondBr(b_.CreateICmpEQ(code_.Load(code_.I8(), room), b_.getInt8(0)), unmatched, done);
  b_.SetInsertPoint(unmatched);
  row_phi->addIncoming(loop.null_row, unmatched);
  null_phi->addIncoming(code_.Bool(true), unmatched);
  b_.CreateBr(emit_row);
  b_.SetInsertPoint(emit_row);
  columns_.Push();
  BindBuildColumns(step, row_phi, null_phi, page_of(row_phi));
  code_.node = node;
  EmitSteps(index + 1);
  columns_.Pop();
  if (!code_.Terminated()) b_.CreateCondBr(null_phi, done, resume);
  b_.SetInsertPoint(done);
}

}  // namespace lathe::emit
