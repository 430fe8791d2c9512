// What hash and nested loop joins share: how the rows of the probe side go on, given a loop over
// their matches.
//
//   pairs         each match: steps(row)                     kept rows without one: steps(null
//   row), in the same code semi, anti    found = any match;  if (found) steps;  or if (!found) mark
//   mark = found ? true : maybe_null() ? NULL : false; steps single        match = the only one or
//   none, more: 21000; steps(match or null row) flag          each match: row->matched = 1 with
//   flags    each match: row->matched = 1, before the steps
#include "codegen/emit/emitter.h"

namespace lathe::emit {

using Probe = pipeline::JoinRule::Probe;

void Emitter::BindBuildColumns(const Step& step, llvm::Value* row, llvm::Value* row_is_null,
                               llvm::Value* page) {
  const row::Layout& layout = program_.objects[step.object].row_layout();
  for (const ColumnField& column : step.build_columns) {
    columns_.Bind(column.id, [this, &layout, column, row, row_is_null, page] {
      return code_.LoadField(layout, column.field, row, page, row_is_null, Name(column.id));
    });
  }
}

llvm::Value* Emitter::KeysEqual(const row::Layout& layout, const std::vector<SqlValue>& keys,
                                const std::vector<bool>& null_equal, llvm::Value* row,
                                llvm::Value* page) {
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
      equal = code_.ChooseRaw(equal, "keys", key_equal,
                              [&]() -> llvm::Value* { return code_.Bool(false); });
    }
  }
  return equal;
}

void Emitter::EmitAccepted(const Step& step, const Expr* condition, llvm::Value* row,
                           llvm::Value* page, llvm::BasicBlock* leave, llvm::Value* is_null_row,
                           const MatchBody& body) {
  if (condition == nullptr) {
    body(row, leave, is_null_row);
    return;
  }
  llvm::BasicBlock* accepted = code_.Block("join.accepted");
  llvm::BasicBlock* rejected = code_.Block("join.rejected");
  if (is_null_row != nullptr) {
    llvm::BasicBlock* check = code_.Block("join.check");
    b_.CreateCondBr(is_null_row, accepted, check);
    b_.SetInsertPoint(check);
  }
  BindBuildColumns(step, row, nullptr, page);
  columns_.Push();
  EmitCondition(*condition, rejected);
  if (is_null_row != nullptr) columns_.Pop();
  b_.CreateBr(accepted);
  b_.SetInsertPoint(accepted);
  body(row, leave, is_null_row);
  if (is_null_row == nullptr) columns_.Pop();
  code_.Jump(rejected);
  b_.SetInsertPoint(rejected);
}

void Emitter::EmitJoin(const Step& step, size_t index, ColumnId mark, const MatchLoop& loop) {
  const pipeline::JoinRule& rule = step.join;
  const uint32_t node = code_.node;
  const bool strings = program_.objects[step.object].row_layout().has_strings();
  auto page_of = [&](llvm::Value* row) { return strings ? PageOf(row) : nullptr; };
  auto set_flag = [&](llvm::Value* row) {
    if (!rule.flags()) return;
    llvm::StoreInst* store =
        b_.CreateAlignedStore(b_.getInt8(1), code_.At(row, loop.flag_offset), llvm::Align(1));
    store->setAtomic(llvm::AtomicOrdering::Monotonic);
  };
  switch (rule.probe) {
    case Probe::kFlagOnly:
      loop.each_match([&](llvm::Value* row, llvm::BasicBlock*, llvm::Value*) { set_flag(row); },
                      nullptr);
      return;
    case Probe::kSemi:
    case Probe::kAnti:
    case Probe::kMark: {
      llvm::BasicBlock* decide = code_.Block("match.found");
      llvm::BasicBlock* none = code_.Block("match.none");
      loop.each_match(
          [&](llvm::Value*, llvm::BasicBlock*, llvm::Value*) {
            b_.CreateBr(decide);
            b_.SetInsertPoint(code_.Block("match.unreached"));
          },
          nullptr);
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
      loop.each_match(
          [&](llvm::Value* row, llvm::BasicBlock*, llvm::Value*) {
            llvm::Value* before = code_.Load(code_.Ptr(), room);
            code_.FailIf(b_.CreateIsNotNull(before), SqlState::kCardinalityViolation,
                         "more than one row returned by a subquery used as an expression");
            code_.Store(row, room);
          },
          nullptr);
      llvm::Value* found = code_.Load(code_.Ptr(), room, "single_row");
      llvm::Value* is_null = b_.CreateIsNull(found, "no_row");
      llvm::Value* row = b_.CreateSelect(is_null, loop.null_row, found);
      BindBuildColumns(step, row, is_null, page_of(row));
      EmitSteps(index + 1);
      return;
    }
    case Probe::kPairs:
      break;
  }
  // Rows that are kept without a match go through the same steps with the null row for the build
  // side.
  llvm::Value* any_match = nullptr;
  if (rule.keep_probe) {
    any_match = code_.StackRoom(1, "any_match");
    code_.Store(b_.getInt8(0), any_match);
  }
  loop.each_match(
      [&](llvm::Value* row, llvm::BasicBlock*, llvm::Value* is_null_row) {
        if (any_match != nullptr) code_.Store(b_.getInt8(1), any_match);
        set_flag(row);
        columns_.Push();
        BindBuildColumns(step, row, is_null_row, page_of(row));
        code_.node = node;
        EmitSteps(index + 1);
        columns_.Pop();
      },
      any_match);
}

}  // namespace lathe::emit
