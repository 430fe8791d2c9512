// Comparisons and hashes of every representation.
#include "codegen/emit/emitter.h"
#include "runtime/types/datetime.h"
#include "runtime/types/fixed.h"

namespace lathe::emit {
namespace {

using func::InlineOp;

bool IsOidLike(const types::Type& type) {
  return types::ReprOf(type) == Repr::kI32 && type.id != types::TypeId::kInt4 &&
         type.id != types::TypeId::kDate;
}
bool IsFloat(const types::Type& type) {
  return type.id == types::TypeId::kFloat4 || type.id == types::TypeId::kFloat8;
}

bool IsLocalTime(const types::Type& type) {
  return type.id == types::TypeId::kDate || type.id == types::TypeId::kTimestamp;
}

/// Strings of bytes whose order is not that of the bytes: arrays and jsonb. (Big numerics have
/// functions of their own.)
bool IsTree(const types::Type& type) {
  return type.id == types::TypeId::kArray || type.id == types::TypeId::kJsonb ||
         type.id == types::TypeId::kRecord;
}
int32_t TreeCode(const types::Type& type) { return static_cast<int32_t>(type.id); }

/// b <op'> a for a <op> b.
InlineOp Mirrored(InlineOp op) {
  switch (op) {
    case InlineOp::kLt:
      return InlineOp::kGt;
    case InlineOp::kLe:
      return InlineOp::kGe;
    case InlineOp::kGt:
      return InlineOp::kLt;
    case InlineOp::kGe:
      return InlineOp::kLe;
    default:
      return op;
  }
}

llvm::CmpInst::Predicate PredicateOf(InlineOp op, bool is_signed) {
  using P = llvm::CmpInst::Predicate;
  switch (op) {
    case InlineOp::kEq:
      return P::ICMP_EQ;
    case InlineOp::kNe:
      return P::ICMP_NE;
    case InlineOp::kLt:
      return is_signed ? P::ICMP_SLT : P::ICMP_ULT;
    case InlineOp::kLe:
      return is_signed ? P::ICMP_SLE : P::ICMP_ULE;
    case InlineOp::kGt:
      return is_signed ? P::ICMP_SGT : P::ICMP_UGT;
    default:
      return is_signed ? P::ICMP_SGE : P::ICMP_UGE;
  }
}

}  // namespace

bool Emitter::CanInlineComparison(const types::Type& a, const types::Type& b) {
  if (a.is_integer() && b.is_integer()) return true;
  if (IsFloat(a) && IsFloat(b)) return true;
  if (a.id == types::TypeId::kNumeric && b.id == types::TypeId::kNumeric) return true;
  if (IsOidLike(a) && IsOidLike(b)) return true;
  if (a.is_string_like() && b.is_string_like()) {
    return (a.id == types::TypeId::kBpChar) == (b.id == types::TypeId::kBpChar);
  }
  if (IsLocalTime(a) && IsLocalTime(b)) return true;
  switch (a.id) {
    case types::TypeId::kBool:
    case types::TypeId::kChar:
    case types::TypeId::kDate:
    case types::TypeId::kTimestamp:
    case types::TypeId::kTimestampTz:
    case types::TypeId::kInterval:
    case types::TypeId::kTime:
    case types::TypeId::kTimeTz:
    case types::TypeId::kUuid:
    case types::TypeId::kBytea:
    case types::TypeId::kJsonb:
    case types::TypeId::kEnum:
      return a.id == b.id;
    case types::TypeId::kArray:
      return a.id == b.id && a.element == b.element;
    default:
      return false;
  }
}

llvm::Value* Emitter::CompareDateWith(InlineOp op, const SqlValue& date,
                                      const SqlValue& timestamp) {
  if (op == InlineOp::kEq || op == InlineOp::kNe) return nullptr;
  auto* made = llvm::dyn_cast<llvm::Instruction>(timestamp.value);
  if (!llvm::isa<llvm::Constant>(timestamp.value) &&
      (made == nullptr || made->getParent() != code_.top.GetInsertBlock())) {
    return nullptr;
  }
  // The timestamp is the same for all rows: the date is compared with its day, rounded up where the
  // midnight of that day is already too late (<) or just right (>=).
  const bool up = op == InlineOp::kLt || op == InlineOp::kGe;
  llvm::Value* limit = nullptr;
  InPrologue([&] {
    llvm::Value* t = timestamp.value;
    llvm::Value* day = code_.Int64(types::kMicrosPerDay);
    llvm::Value* quotient = b_.CreateSDiv(t, day);
    llvm::Value* rest = b_.CreateSRem(t, day);
    llvm::Value* zero = code_.Int64(0);
    llvm::Value* adjust = up ? b_.CreateSelect(b_.CreateICmpSGT(rest, zero), code_.Int64(1), zero)
                             : b_.CreateSelect(b_.CreateICmpSLT(rest, zero), code_.Int64(-1), zero);
    llvm::Value* days = b_.CreateTrunc(b_.CreateAdd(quotient, adjust), code_.I32());
    days = b_.CreateSelect(b_.CreateICmpEQ(t, code_.Int64(types::kTimestampInfinity)),
                           code_.Int32(types::kDateInfinity), days);
    limit = b_.CreateSelect(b_.CreateICmpEQ(t, code_.Int64(types::kTimestampMinusInfinity)),
                            code_.Int32(types::kDateMinusInfinity), days, "day_limit");
  });
  return b_.CreateICmp(PredicateOf(op, true), date.value, limit, "compare");
}

llvm::Value* Emitter::MidnightOf(const SqlValue& v) {
  if (v.type.id != types::TypeId::kDate) return v.value;
  // Dates beyond the timestamps stay beyond all of them, and infinity is infinity.
  constexpr int32_t kDaysMax = 106751990;
  llvm::Value* days = v.value;
  llvm::Value *low = code_.Int32(-kDaysMax), *high = code_.Int32(kDaysMax);
  llvm::Value* clamped = b_.CreateSelect(b_.CreateICmpSLT(days, low), low, days);
  clamped = b_.CreateSelect(b_.CreateICmpSGT(days, high), high, clamped);
  llvm::Value* micros = b_.CreateMul(b_.CreateSExt(clamped, code_.I64()),
                                     code_.Int64(types::kMicrosPerDay), "midnight");
  micros = b_.CreateSelect(b_.CreateICmpEQ(days, code_.Int32(types::kDateInfinity)),
                           code_.Int64(types::kTimestampInfinity), micros);
  return b_.CreateSelect(b_.CreateICmpEQ(days, code_.Int32(types::kDateMinusInfinity)),
                         code_.Int64(types::kTimestampMinusInfinity), micros);
}

llvm::Value* Emitter::EqualStrings(const SqlValue& x, const SqlValue& y) {
  auto bytes_equal = [&]() -> llvm::Value* {
    if (!x.decoded() && !y.decoded()) {
      // Kept out of line: the loops around it stay small.
      return b_.CreateICmpNE(
          code_.Call(Abi::lathe_equal_fields, {x.page, x.slot_address, y.page, y.slot_address}),
          code_.Int32(0));
    }
    SqlValue p = code_.Decode(x), q = code_.Decode(y);
    return code_.ChooseRaw(
        b_.CreateICmpEQ(p.size, q.size), "same_size",
        [&] {
          return b_.CreateICmpNE(code_.Call(Abi::lathe_equal_bytes, {p.value, q.value, p.size}),
                                 code_.Int32(0));
        },
        [&]() -> llvm::Value* { return code_.Bool(false); });
  };
  if (x.slot == nullptr || y.slot == nullptr) return bytes_equal();
  // When either is short they are equal only if their slots are.
  llvm::Value* same_slot = b_.CreateICmpEQ(x.slot, y.slot, "same_slot");
  llvm::Value* is_short = b_.CreateTrunc(b_.CreateOr(x.slot, y.slot), code_.I1());
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(x.slot);
      known != nullptr && (known->getZExtValue() & 1)) {
    return same_slot;
  }
  if (auto* known = llvm::dyn_cast<llvm::ConstantInt>(y.slot);
      known != nullptr && (known->getZExtValue() & 1)) {
    return same_slot;
  }
  // The common case, equal and short, is one test of one word.
  llvm::Value* difference =
      b_.CreateOr(b_.CreateXor(x.slot, y.slot), b_.CreateAnd(b_.CreateNot(x.slot), code_.Int32(1)));
  llvm::Value* equal_and_short = b_.CreateICmpEQ(difference, code_.Int32(0), "equal_and_short");
  return code_.ChooseRaw(
      equal_and_short, "same", [&]() -> llvm::Value* { return code_.Bool(true); },
      [&] {
        return code_.ChooseRaw(
            is_short, "short", [&]() -> llvm::Value* { return code_.Bool(false); }, bytes_equal);
      });
}

bool Emitter::WithoutBlanks(SqlValue* v) {
  if (v->type.typmod >= 0) return true;
  for (const auto& [index, constant] : constant_values_) {
    if (constant.value != v->value || !constant.decoded()) continue;
    SqlValue& trimmed = trimmed_constants_[index];
    if (!trimmed.decoded()) {
      trimmed = constant;
      InPrologue([&] {
        llvm::Value* made =
            code_.Call(Abi::lathe_trim_bpchar, {constant.value, constant.size}, "trimmed");
        trimmed.size = b_.CreateAnd(made, code_.UInt64(0xffffffff));
        trimmed.slot = b_.CreateTrunc(b_.CreateLShr(made, 32), code_.I32(), "trimmed_slot");
      });
    }
    *v = trimmed;
    return true;
  }
  return false;
}

llvm::Value* Emitter::Compare(InlineOp op, const SqlValue& left, const SqlValue& right) {
  SqlValue x = left, y = right;
  auto by_order = [&](llvm::Value* order) {
    return b_.CreateICmp(PredicateOf(op, true), order, code_.Int32(0), "compare");
  };
  if (x.type.id == types::TypeId::kNumeric) {
    if (x.type.is_fixed_numeric() && y.type.is_fixed_numeric()) {
      const int scale = std::max(x.type.scale, y.type.scale);
      const int digits =
          std::max(x.type.precision - x.type.scale, y.type.precision - y.type.scale) + scale;
      if (digits <= types::kFixedDigitsMax) {
        const Repr wide = digits <= 18 ? Repr::kI64 : Repr::kI128;
        llvm::Value* p = RescaleUp(x.value, scale - x.type.scale, wide);
        llvm::Value* q = RescaleUp(y.value, scale - y.type.scale, wide);
        return b_.CreateICmp(PredicateOf(op, true), p, q, "compare");
      }
    }
    SqlValue p = FixedToBig(x), q = FixedToBig(y);
    // NULL bytes do not decode; any order will do for them.
    llvm::Value* null = code_.OrNull(x.null, y.null);
    auto compare = [&]() -> llvm::Value* {
      SqlValue s = code_.Decode(p), t = code_.Decode(q);
      return code_.Call(Abi::lathe_compare_numeric, {s.value, s.size, t.value, t.size});
    };
    if (null == nullptr) return by_order(compare());
    return by_order(
        code_.ChooseRaw(null, "null", [&]() -> llvm::Value* { return code_.Int32(0); }, compare));
  }
  if (x.type.id != y.type.id && IsLocalTime(x.type) && IsLocalTime(y.type)) {
    const bool date_first = x.type.id == types::TypeId::kDate;
    if (llvm::Value* compare = CompareDateWith(date_first ? op : Mirrored(op), date_first ? x : y,
                                               date_first ? y : x)) {
      return compare;
    }
    return b_.CreateICmp(PredicateOf(op, true), MidnightOf(x), MidnightOf(y), "compare");
  }
  switch (x.repr) {
    case Repr::kBool:
      return b_.CreateICmp(PredicateOf(op, false), x.value, y.value, "compare");
    case Repr::kI8:
    case Repr::kI16:
    case Repr::kI32:
    case Repr::kI64:
    case Repr::kI128: {
      llvm::Value *p = x.value, *q = y.value;
      if (p->getType() != q->getType()) {
        llvm::Type* wide = p->getType()->getIntegerBitWidth() > q->getType()->getIntegerBitWidth()
                               ? p->getType()
                               : q->getType();
        p = b_.CreateSExt(p, wide);
        q = b_.CreateSExt(q, wide);
      }
      return b_.CreateICmp(PredicateOf(op, !IsOidLike(x.type)), p, q, "compare");
    }
    case Repr::kF32:
    case Repr::kF64: {
      llvm::Value *p = x.value, *q = y.value;
      if (p->getType() != q->getType()) {
        p = b_.CreateFPExt(p, b_.getDoubleTy());
        q = b_.CreateFPExt(q, b_.getDoubleTy());
      }
      // NaN equals NaN and is greater than all others.
      auto nan = [&](llvm::Value* v) { return b_.CreateFCmpUNO(v, v); };
      auto less = [&](llvm::Value* s, llvm::Value* t) {
        return b_.CreateOr(b_.CreateFCmpOLT(s, t), b_.CreateAnd(b_.CreateNot(nan(s)), nan(t)));
      };
      auto equal = [&] {
        return b_.CreateOr(b_.CreateFCmpOEQ(p, q), b_.CreateAnd(nan(p), nan(q)));
      };
      switch (op) {
        case InlineOp::kEq:
          return equal();
        case InlineOp::kNe:
          return b_.CreateNot(equal());
        case InlineOp::kLt:
          return less(p, q);
        case InlineOp::kGt:
          return less(q, p);
        case InlineOp::kLe:
          return b_.CreateNot(less(q, p));
        default:
          return b_.CreateNot(less(p, q));
      }
    }
    case Repr::kInterval: {
      auto [x_low, x_high] = code_.Halves(x.value);
      auto [y_low, y_high] = code_.Halves(y.value);
      return by_order(code_.Call(Abi::lathe_compare_interval, {x_low, x_high, y_low, y_high}));
    }
    case Repr::kString:
      break;
  }
  if (IsTree(x.type)) {
    SqlValue p = code_.Decode(x), q = code_.Decode(y);
    // NULL bytes cannot be read; any order will do for them.
    llvm::Value* null = code_.OrNull(x.null, y.null);
    auto compare = [&]() -> llvm::Value* {
      return code_.Call(Abi::lathe_compare_tree,
                        {code_.Int32(TreeCode(x.type)), p.value, p.size, q.value, q.size});
    };
    if (null == nullptr) return by_order(compare());
    return by_order(
        code_.ChooseRaw(null, "null", [&]() -> llvm::Value* { return code_.Int32(0); }, compare));
  }
  // char(n) of known length lies without trailing blanks; only others need care.
  const bool blanks =
      x.type.id == types::TypeId::kBpChar && !(WithoutBlanks(&x) && WithoutBlanks(&y));
  if (!blanks && (op == InlineOp::kEq || op == InlineOp::kNe)) {
    llvm::Value* equal = EqualStrings(x, y);
    return op == InlineOp::kEq ? equal : b_.CreateNot(equal);
  }
  SqlValue p = code_.Decode(x), q = code_.Decode(y);
  return by_order(code_.Call(blanks ? Abi::lathe_compare_bpchar : Abi::lathe_compare_string,
                             {p.value, p.size, q.value, q.size}));
}

llvm::Value* Emitter::HashWord(llvm::Value* h, llvm::Value* word) {
  llvm::Value* product = b_.CreateMul(b_.CreateXor(h, word), code_.UInt64(abi::kHashFactor));
  return b_.CreateXor(product, b_.CreateLShr(product, 32), "hash");
}

llvm::Value* Emitter::Hash(llvm::Value* h, const SqlValue& v) {
  auto with_null = [&](llvm::Value* word) {
    return v.null == nullptr ? word : b_.CreateSelect(v.null, code_.UInt64(abi::kHashNull), word);
  };
  switch (v.repr) {
    case Repr::kBool:
      return HashWord(h, with_null(b_.CreateZExt(v.value, code_.I64())));
    case Repr::kI8:
    case Repr::kI16:
    case Repr::kI32:
      return HashWord(h, with_null(b_.CreateSExt(v.value, code_.I64())));
    case Repr::kI64:
      return HashWord(h, with_null(v.value));
    case Repr::kI128: {
      auto [low, high] = code_.Halves(code_.Widen(v).value);
      return HashWord(HashWord(h, with_null(low)), with_null(high));
    }
    case Repr::kF32:
    case Repr::kF64: {
      llvm::Value* d = v.repr == Repr::kF32 ? b_.CreateFPExt(v.value, b_.getDoubleTy()) : v.value;
      llvm::Value* zero = llvm::ConstantFP::get(b_.getDoubleTy(), 0.0);
      d = b_.CreateSelect(b_.CreateFCmpOEQ(d, zero), zero, d);  // -0 equals 0
      d = b_.CreateSelect(b_.CreateFCmpUNO(d, d), llvm::ConstantFP::getNaN(b_.getDoubleTy()), d);
      return HashWord(h, with_null(b_.CreateBitCast(d, code_.I64())));
    }
    case Repr::kInterval: {
      auto [low, high] = code_.Halves(v.value);
      return HashWord(h, with_null(code_.Call(Abi::lathe_hash_interval, {low, high})));
    }
    case Repr::kString:
      break;
  }
  if (v.type.id == types::TypeId::kNumeric || IsTree(v.type)) {
    auto hash = [&]() -> llvm::Value* {
      SqlValue s = code_.Decode(v);
      if (IsTree(v.type)) {
        return code_.Call(Abi::lathe_hash_tree, {code_.Int32(TreeCode(v.type)), s.value, s.size});
      }
      return code_.Call(Abi::lathe_hash_numeric, {s.value, s.size});
    };
    if (v.null == nullptr) return HashWord(h, hash());
    return HashWord(h, code_.ChooseRaw(
                           v.null, "null",
                           [&]() -> llvm::Value* { return code_.UInt64(abi::kHashNull); }, hash));
  }
  const bool blanks = v.type.id == types::TypeId::kBpChar && v.type.typmod < 0;
  auto hash = [&]() -> llvm::Value* {
    if (!blanks && !v.decoded())
      return code_.Call(Abi::lathe_hash_field, {v.page, v.slot_address}, "hash");
    SqlValue s = code_.Decode(v);
    return code_.Call(blanks ? Abi::lathe_hash_bpchar : Abi::lathe_hash_string, {s.value, s.size},
                      "hash");
  };
  llvm::Value* word;
  if (v.slot != nullptr && !blanks) {
    word = code_.ChooseRaw(
        b_.CreateTrunc(v.slot, code_.I1()), "short",
        [&]() -> llvm::Value* { return b_.CreateZExt(v.slot, code_.I64()); }, hash,
        Code::Hint::kLikely);
  } else {
    word = hash();
  }
  return HashWord(h, with_null(word));
}

}  // namespace lathe::emit
