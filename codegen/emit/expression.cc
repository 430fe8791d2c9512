// Expressions except calls and casts: constants, columns, three-valued logic, CASE and its
// relatives.
#include "codegen/emit/emitter.h"
#include "runtime/row/string_slot.h"
#include "runtime/types/text.h"

namespace lathe::emit {

using expr::Kind;

bool Emitter::Costly(const Expr& e) {
  bool costly = false;
  expr::Visit(e, [&costly](const Expr& node) {
    costly |= node.kind == Kind::kAnyArray;
    if (node.kind == Kind::kCall) {
      const bool compares = ComparisonOf(*node.function) != func::InlineOp::kNone &&
                            CanInlineComparison(node.children[0]->type, node.children[1]->type);
      costly |= (!compares && node.function->inline_op == func::InlineOp::kNone) ||
                node.function->volatility == func::Volatility::kVolatile;
    }
    if (node.kind == Kind::kCast &&
        func::InlineCastFor(node.children[0]->type, node.type) == func::InlineCast::kNone) {
      costly = true;
    }
  });
  return costly;
}

SqlValue Emitter::MakeBool(llvm::Value* value, llvm::Value* null) {
  SqlValue v;
  v.type = types::TypeId::kBool;
  v.repr = Repr::kBool;
  v.value = value;
  v.null = null;
  return v;
}

SqlValue Emitter::Emit(const Expr& e) {
  auto constant = program_.constant_of.find(&e);
  if (constant != program_.constant_of.end()) return EmitConstant(constant->second, e.type);
  const int32_t outer = code_.location;
  if (e.location >= 0) code_.location = e.location;
  SqlValue v = EmitKind(e);
  code_.location = outer;
  return v;
}

SqlValue Emitter::EmitKind(const Expr& e) {
  switch (e.kind) {
    case Kind::kConst:
      return EmitConst(e.value);
    case Kind::kColumn: {
      if (!columns_.bound(e.column)) {
        Fail(MakeError(SqlState::kInternalError, "column " + Name(e.column) + "#" +
                                                     std::to_string(e.column.value) +
                                                     " is not there in " + pipeline_.name));
        return code_.Null(e.type);
      }
      return columns_.Get(e.column);
    }
    case Kind::kCall:
      return EmitCall(e);
    case Kind::kCast:
      return EmitCast(e);
    case Kind::kAnd:
      return EmitAndOr(e, true);
    case Kind::kOr:
      return EmitAndOr(e, false);
    case Kind::kNot: {
      SqlValue v = Emit(*e.children[0]);
      return MakeBool(b_.CreateNot(v.value, "not"), v.null);
    }
    case Kind::kIsNull:
      return MakeBool(code_.IsNull(Emit(*e.children[0])));
    case Kind::kIsNotNull:
      return MakeBool(b_.CreateNot(code_.IsNull(Emit(*e.children[0]))));
    case Kind::kIsTrue:
      return MakeBool(code_.IsTrue(Emit(*e.children[0])));
    case Kind::kIsFalse:
      return MakeBool(code_.IsFalse(Emit(*e.children[0])));
    case Kind::kIsDistinct:
      return EmitIsDistinct(e);
    case Kind::kCase:
      return EmitCase(e);
    case Kind::kCoalesce:
      return EmitCoalesce(e);
    case Kind::kGreatest:
    case Kind::kLeast:
      return EmitGreatestLeast(e);
    case Kind::kAnyArray:
      return EmitAnyArray(e);
    case Kind::kInList:
      return EmitInList(e);
    case Kind::kParam:
    case Kind::kSubquery:
      break;
  }
  Fail(NotSupported("this expression"));
  return code_.Null(e.type);
}

SqlValue Emitter::EmitConst(const types::Value& value) {
  if (value.is_null()) return code_.Null(value.type());
  SqlValue v;
  v.type = value.type();
  v.repr = types::ReprOf(v.type);
  const types::Datum datum = value.datum();
  switch (v.repr) {
    case Repr::kBool:
      v.value = code_.Bool(datum.b);
      break;
    case Repr::kI8:
      v.value = b_.getInt8(static_cast<uint8_t>(datum.i8));
      break;
    case Repr::kI16:
      v.value = b_.getInt16(static_cast<uint16_t>(datum.i16));
      break;
    case Repr::kI32:
      v.value = code_.Int32(datum.i32);
      break;
    case Repr::kI64:
      v.value = code_.Int64(datum.i64);
      break;
    case Repr::kI128:
    case Repr::kInterval:
      v.value = code_.Int128(datum.i128);
      break;
    case Repr::kF32:
      v.value = llvm::ConstantFP::get(b_.getFloatTy(), llvm::APFloat(datum.f32));
      break;
    case Repr::kF64:
      v.value = llvm::ConstantFP::get(b_.getDoubleTy(), llvm::APFloat(datum.f64));
      break;
    case Repr::kString: {
      std::string_view text = datum.string.view();
      v.value = code_.Bytes(text, "text");
      v.size = code_.Int64(static_cast<int64_t>(text.size()));
      v.slot = code_.Int32(text.size() <= row::kInlineStringMax
                               ? static_cast<int32_t>(row::EncodeInlineString(text))
                               : 0);
      break;
    }
  }
  return v;
}

SqlValue Emitter::EmitConstant(uint32_t index, const types::Type& type) {
  auto known = constant_values_.find(index);
  if (known == constant_values_.end()) {
    SqlValue v;
    llvm::Value* failed = nullptr;
    InPrologue([&] {
      if (constants_ == nullptr) constants_ = code_.Load(code_.Ptr(), code_.query(), "constants");
      const uint64_t at = index * sizeof(state::ConstantSlot);
      const std::string name = "const" + std::to_string(index);
      v = code_.LoadDatum(type, code_.At(constants_, at), name);
      if (v.repr == Repr::kString)
        v.slot = code_.Load(code_.I32(), code_.At(constants_, at + 20), name + ".slot");
      if (!options_.constants_are_values) {
        llvm::Value* state =
            code_.Load(code_.I32(), code_.At(constants_, at + 16), name + ".state");
        v.null = b_.CreateICmpEQ(state, code_.Int32(static_cast<int>(state::ConstantState::kNull)),
                                 name + ".null");
        failed =
            b_.CreateICmpEQ(state, code_.Int32(static_cast<int>(state::ConstantState::kError)));
      }
    });
    known = constant_values_.emplace(index, v).first;
    constant_errors_[index] = failed;
  }
  if (llvm::Value* failed = constant_errors_[index]) {
    code_.If(
        failed, "constant_error",
        [&] {
          b_.CreateRet(code_.Call(Abi::lathe_fail_constant, {code_.worker(), code_.Int32(index)}));
        },
        {}, Code::Hint::kUnlikely);
  }
  return known->second;
}

void Emitter::EmitCondition(const Expr& e, llvm::BasicBlock* no) {
  if (e.kind == Kind::kAnd && !program_.constant_of.contains(&e)) {
    EmitConjuncts(e.children, no);
    return;
  }
  EmitBranch(EmitIsTrue(e), no);
}

bool Emitter::IsCheap(const Expr& e, size_t* leaves) const {
  constexpr size_t kLeavesMax = 8;
  if (e.kind == Kind::kAnd || e.kind == Kind::kOr) {
    return std::all_of(e.children.begin(), e.children.end(),
                       [&](const expr::ExprPtr& child) { return IsCheap(*child, leaves); });
  }
  if (e.kind != Kind::kCall || e.children.size() != 2 || ++*leaves > kLeavesMax) return false;
  // Constants that are there cannot fail; one that is not must not be read too early.
  if (!options_.constants_are_values && expr::CanFail(e)) return false;
  if (!CanInlineComparison(e.children[0]->type, e.children[1]->type)) return false;
  if (ComparisonOf(*e.function) == func::InlineOp::kNone) return false;
  for (const auto& child : e.children) {
    const Repr repr = types::ReprOf(child->type);
    if (repr == Repr::kString || repr == Repr::kInterval) return false;
    if (child->kind != Kind::kColumn && child->kind != Kind::kConst &&
        !program_.constant_of.contains(child.get())) {
      return false;
    }
  }
  return true;
}

llvm::Value* Emitter::EmitSlotTest(const Expr& e) {
  constexpr size_t kItemsMax = 8;
  if (e.kind == Kind::kInList) {
    if (program_.item_list_of.contains(&e) || e.children.size() > 1 + kItemsMax) return nullptr;
  } else if (e.kind != Kind::kCall || e.children.size() != 2) {
    return nullptr;
  }
  if (ComparisonOf(*e.function) != func::InlineOp::kEq) return nullptr;
  if (!options_.constants_are_values && expr::CanFail(e)) return nullptr;
  const size_t of_column = e.children[0]->kind == Kind::kColumn ? 0 : 1;
  const Expr& column = *e.children[of_column];
  if (column.kind != Kind::kColumn || !columns_.stored(column.column)) return nullptr;
  auto blanks = [](const types::Type& type) {
    return type.id == types::TypeId::kBpChar && type.typmod < 0;
  };
  if (!column.type.is_string_like() || blanks(column.type)) return nullptr;
  std::vector<SqlValue> constants;
  for (size_t i = 0; i < e.children.size(); ++i) {
    if (i == of_column) continue;
    const Expr& item = *e.children[i];
    const bool is_const = item.kind == Kind::kConst && !item.value.is_null();
    if (!is_const && !program_.constant_of.contains(&item)) return nullptr;
    if (!item.type.is_string_like() || !CanInlineComparison(column.type, item.type)) return nullptr;
    SqlValue constant = Emit(item);
    if (blanks(item.type) && !WithoutBlanks(&constant)) return nullptr;
    if (constant.slot == nullptr || constant.size == nullptr) return nullptr;
    constants.push_back(constant);
  }
  const SqlValue v = Emit(column);
  if (v.slot == nullptr || v.slot_address == nullptr) return nullptr;
  llvm::Value* may = nullptr;
  for (const SqlValue& constant : constants) {
    llvm::Value *mask = nullptr, *want = nullptr;
    InPrologue([&] {
      llvm::Value* is_short = b_.CreateTrunc(constant.slot, code_.I1());
      llvm::Value* size =
          b_.CreateTrunc(b_.CreateBinaryIntrinsic(llvm::Intrinsic::umin, constant.size,
                                                  code_.Int64(row::kLongStringMark)),
                         code_.I32());
      want = b_.CreateSelect(is_short, constant.slot, b_.CreateShl(size, 21), "slot_like");
      mask = b_.CreateSelect(is_short, code_.Int32(-1),
                             code_.Int32(static_cast<int32_t>(0xffe00001u)), "slot_mask");
    });
    llvm::Value* matches = b_.CreateICmpEQ(b_.CreateAnd(v.slot, mask), want, "may_equal");
    may = may == nullptr ? matches : b_.CreateOr(may, matches);
  }
  return may;
}

void Emitter::EmitConjuncts(const std::vector<expr::ExprPtr>& conjuncts, llvm::BasicBlock* no) {
  // Comparisons of plain columns and constants that take an instruction or two: one branch on all
  // of them is predicted better than a branch on each, and their loads are from the same row.
  constexpr size_t kTogetherMax = 8;
  std::vector<bool> done(conjuncts.size());
  // What the slots of strings say comes first, with all that is cheap: the bytes of most strings
  // that differ need not be fetched then.
  llvm::Value* early = nullptr;
  size_t tests = 0;
  for (const expr::ExprPtr& e : conjuncts) {
    llvm::Value* may = tests < kTogetherMax ? EmitSlotTest(*e) : nullptr;
    if (may == nullptr) continue;
    early = early == nullptr ? may : b_.CreateAnd(early, may);
    ++tests;
  }
  if (early != nullptr) {
    for (size_t i = 0; i < conjuncts.size() && tests < kTogetherMax; ++i) {
      size_t leaves = 0;
      if (!IsCheap(*conjuncts[i], &leaves)) continue;
      early = b_.CreateAnd(early, EmitIsTrue(*conjuncts[i]));
      done[i] = true;
      ++tests;
    }
    EmitBranch(early, no, tests > 1);
  }
  for (size_t i = 0; i < conjuncts.size();) {
    llvm::Value* together = nullptr;
    size_t count = 0;
    for (; i < conjuncts.size() && count < kTogetherMax; ++i) {
      size_t leaves = 0;
      if (done[i]) continue;
      if (!IsCheap(*conjuncts[i], &leaves)) break;
      llvm::Value* condition = EmitIsTrue(*conjuncts[i]);
      together = together == nullptr ? condition : b_.CreateAnd(together, condition);
      ++count;
    }
    if (together != nullptr) {
      EmitBranch(together, no, count > 1);
    } else if (i < conjuncts.size()) {
      EmitCondition(*conjuncts[i++], no);
    }
  }
}

void Emitter::EmitBranch(llvm::Value* condition, llvm::BasicBlock* no, bool together) {
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition);
      known != nullptr && known->isOne())
    return;
  llvm::BasicBlock* yes = code_.Block("pass");
  llvm::BranchInst* branch = b_.CreateCondBr(condition, yes, no);
  // Keeps the code generator from taking the conditions apart again.
  if (together)
    branch->setMetadata(llvm::LLVMContext::MD_unpredictable,
                        llvm::MDNode::get(code_.context(), {}));
  b_.SetInsertPoint(yes);
}

SqlValue Emitter::EmitAndOr(const Expr& e, bool is_and) {
  // In terms of "is decided" (false for AND, true for OR) and "is the other value"; NULL is
  // neither.
  SqlValue result = Emit(*e.children[0]);
  for (size_t i = 1; i < e.children.size(); ++i) {
    const Expr& child = *e.children[i];
    auto combine = [&]() -> SqlValue {
      SqlValue next = Emit(child);
      if (result.null == nullptr && next.null == nullptr) {
        return MakeBool(is_and ? b_.CreateAnd(result.value, next.value)
                               : b_.CreateOr(result.value, next.value));
      }
      if (is_and) {
        llvm::Value* is_true = b_.CreateAnd(code_.IsTrue(result), code_.IsTrue(next));
        llvm::Value* is_false = b_.CreateOr(code_.IsFalse(result), code_.IsFalse(next));
        return MakeBool(is_true, b_.CreateNot(b_.CreateOr(is_true, is_false)));
      }
      llvm::Value* is_true = b_.CreateOr(code_.IsTrue(result), code_.IsTrue(next));
      llvm::Value* is_false = b_.CreateAnd(code_.IsFalse(result), code_.IsFalse(next));
      return MakeBool(is_true, b_.CreateNot(b_.CreateOr(is_true, is_false)));
    };
    if (Costly(child) || expr::CanFail(child)) {
      llvm::Value* decided = is_and ? code_.IsFalse(result) : code_.IsTrue(result);
      result = Choose(
          decided, is_and ? "and" : "or", [&] { return MakeBool(code_.Bool(!is_and)); }, combine);
    } else {
      result = combine();
    }
  }
  return result;
}

SqlValue Emitter::EmitCase(const Expr& e) {
  // Branch after branch, not one within the other: there may be many thousands.
  std::vector<Code::Ended> ends;
  auto end_with = [&](const Expr& value) {
    SqlValue v = Emit(value);
    v.type = e.type;
    ends.push_back({v, b_.GetInsertBlock()});
  };
  size_t arm = 0;
  for (; arm + 1 < e.children.size(); arm += 2) {
    llvm::Value* condition = EmitIsTrue(*e.children[arm]);
    // What the first condition loads is there for all that follows, the others' only from then on.
    if (arm == 0) columns_.Push();
    if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(condition)) {
      if (known->isZero()) continue;
      ++arm;
      break;
    }
    llvm::BasicBlock* when = code_.Block("when");
    llvm::BasicBlock* otherwise = code_.Block("when.else");
    code_.Branch(condition, when, otherwise);
    b_.SetInsertPoint(when);
    columns_.Push();
    end_with(*e.children[arm + 1]);
    columns_.Pop();
    b_.SetInsertPoint(otherwise);
  }
  end_with(*e.children[arm]);
  if (e.children.size() > 1) columns_.Pop();
  return code_.Merge(std::move(ends), "case");
}

SqlValue Emitter::EmitCoalesce(const Expr& e) {
  std::vector<Code::Ended> ends;
  for (size_t i = 0; i < e.children.size(); ++i) {
    SqlValue v = Emit(*e.children[i]);
    v.type = e.type;
    if (i == 0) columns_.Push();
    if (v.null == nullptr || i + 1 == e.children.size()) {
      ends.push_back({v, b_.GetInsertBlock()});
      break;
    }
    llvm::BasicBlock* present = code_.Block("present");
    llvm::BasicBlock* next = code_.Block("coalesce");
    code_.Branch(v.null, next, present);
    b_.SetInsertPoint(present);
    v = code_.Decode(v);
    v.null = nullptr;
    ends.push_back({v, b_.GetInsertBlock()});
    b_.SetInsertPoint(next);
  }
  columns_.Pop();
  return code_.Merge(std::move(ends), "coalesce");
}

SqlValue Emitter::EmitGreatestLeast(const Expr& e) {
  SqlValue best = code_.Widen(code_.Decode(Emit(*e.children[0])));
  for (size_t i = 1; i < e.children.size(); ++i) {
    SqlValue next = code_.Widen(code_.Decode(Emit(*e.children[i])));
    llvm::Value* take =
        CompareBy(e.function, e.kind == Kind::kGreatest ? func::InlineOp::kGt : func::InlineOp::kLt,
                  next, best);
    if (best.null != nullptr) take = b_.CreateOr(take, best.null);
    if (next.null != nullptr) take = b_.CreateAnd(take, b_.CreateNot(next.null));
    SqlValue merged = best;
    merged.slot = nullptr;
    merged.value = b_.CreateSelect(take, next.value, best.value);
    if (best.size != nullptr) merged.size = b_.CreateSelect(take, next.size, best.size);
    if (best.null != nullptr && next.null != nullptr) {
      merged.null = b_.CreateAnd(best.null, next.null);
    } else {
      merged.null = nullptr;
    }
    best = merged;
  }
  best.type = e.type;
  return best;
}

SqlValue Emitter::EmitInList(const Expr& e) {
  auto set = program_.item_list_of.find(&e);
  if (set != program_.item_list_of.end()) return EmitInSet(*e.children[0], set->second);
  // a = x OR a = y OR ...: true on a match, NULL when none matched but a or an item is NULL.
  SqlValue v = Emit(*e.children[0]);
  llvm::Value* found = code_.Bool(false);
  llvm::Value* null = v.null;
  for (size_t i = 1; i < e.children.size(); ++i) {
    SqlValue item = Emit(*e.children[i]);
    llvm::Value* equal = CompareBy(e.function, func::InlineOp::kEq, v, item);
    if (item.null != nullptr) {
      equal = b_.CreateAnd(equal, b_.CreateNot(item.null));
      null = code_.OrNull(null, item.null);
    }
    found = b_.CreateOr(found, equal);
  }
  if (v.null != nullptr) found = b_.CreateAnd(found, b_.CreateNot(v.null));
  if (null != nullptr) null = b_.CreateAnd(null, b_.CreateNot(found));
  return MakeBool(found, null);
}

SqlValue Emitter::EmitInSet(const Expr& operand, uint32_t index) {
  SqlValue v = Emit(operand);
  EmitConstant(index, types::TypeId::kInt8);  // raises what computing an item raised
  llvm::Value* set = nullptr;
  InPrologue([&] {
    set = code_.Load(code_.Ptr(), code_.At(constants_, index * sizeof(state::ConstantSlot) + 24),
                     "items");
  });
  llvm::Value* room = code_.StackRoom(16, "item");
  auto search = [&]() -> llvm::Value* {
    code_.StoreDatum(v, room);
    return code_.Call(Abi::lathe_in_set, {set, room}, "in_set");
  };
  llvm::Value* found =
      v.null == nullptr
          ? search()
          : code_.ChooseRaw(
                v.null, "null", [&]() -> llvm::Value* { return code_.Int32(2); }, search);
  return MakeBool(b_.CreateICmpEQ(found, code_.Int32(1)), b_.CreateICmpEQ(found, code_.Int32(2)));
}

SqlValue Emitter::EmitIsDistinct(const Expr& e) {
  SqlValue x = Emit(*e.children[0]), y = Emit(*e.children[1]);
  llvm::Value* differ = b_.CreateNot(CompareBy(e.function, func::InlineOp::kEq, x, y));
  if (x.null == nullptr && y.null == nullptr) return MakeBool(differ);
  llvm::Value *x_null = code_.IsNull(x), *y_null = code_.IsNull(y);
  llvm::Value* some_null = b_.CreateOr(x_null, y_null);
  return MakeBool(b_.CreateSelect(some_null, b_.CreateXor(x_null, y_null), differ));
}

}  // namespace lathe::emit
