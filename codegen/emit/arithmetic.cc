// Arithmetic of integers, floats and fixed-point numerics, checked as PostgreSQL does. A NULL
// operand never raises an error: its checks are masked with the result's null bit.
#include <llvm/IR/Intrinsics.h>

#include "codegen/emit/emitter.h"
#include "runtime/types/fixed.h"

namespace lathe::emit {

using func::InlineOp;

namespace {

bool IsFloat(const types::Type& type) {
  return type.id == types::TypeId::kFloat4 || type.id == types::TypeId::kFloat8;
}

const char* OutOfRange(Repr repr) {
  return repr == Repr::kI16   ? "smallint out of range"
         : repr == Repr::kI32 ? "integer out of range"
                              : "bigint out of range";
}

}  // namespace

void Emitter::FailUnlessNull(llvm::Value* condition, llvm::Value* null, SqlState state,
                             const std::string& message) {
  code_.FailIf(null == nullptr ? condition : b_.CreateAnd(condition, b_.CreateNot(null)), state,
               message);
}

bool Emitter::CanInlineArithmetic(const Expr& e) const {
  bool ints = e.type.is_integer(), floats = IsFloat(e.type), fixed = e.type.is_fixed_numeric();
  for (const auto& child : e.children) {
    ints &= child->type.is_integer();
    floats &= IsFloat(child->type);
    fixed &= child->type.is_fixed_numeric();
  }
  switch (e.function->inline_op) {
    case InlineOp::kAdd:
    case InlineOp::kSubtract:
    case InlineOp::kMultiply:
      return (e.children.size() == 2) && (ints || floats || fixed);
    case InlineOp::kNegate:
    case InlineOp::kAbs:
      return e.children.size() == 1 && (ints || floats || fixed);
    case InlineOp::kDivide:
      return e.children.size() == 2 && (ints || floats);
    case InlineOp::kModulo:
    case InlineOp::kBitAnd:
    case InlineOp::kBitOr:
    case InlineOp::kBitXor:
    case InlineOp::kShiftLeft:
    case InlineOp::kShiftRight:
      return e.children.size() == 2 && ints;
    case InlineOp::kBitNot:
      return ints;
    default:
      return false;
  }
}

SqlValue Emitter::EmitArithmetic(const Expr& e) {
  const InlineOp op = e.function->inline_op;
  SqlValue x = Emit(*e.children[0]);
  SqlValue y = e.children.size() > 1 ? Emit(*e.children[1]) : SqlValue();
  SqlValue result;
  result.type = e.type;
  result.repr = types::ReprOf(e.type);
  result.null = code_.OrNull(x.null, y.null);
  if (result.null != nullptr && llvm::isa<llvm::ConstantInt>(result.null) &&
      llvm::cast<llvm::ConstantInt>(result.null)->isOne()) {
    return code_.Null(e.type);
  }
  if (e.type.is_fixed_numeric()) {
    if (SqlValue narrow = NarrowArithmetic(e, op, x, y, result.null); narrow.value != nullptr)
      return narrow;
    return FixedArithmetic(e, op, x, y, result.null);
  }
  if (IsFloat(e.type)) {
    auto widen = [&](llvm::Value* v) -> llvm::Value* {
      return v == nullptr || v->getType() == code_.TypeOf(result.repr)
                 ? v
                 : b_.CreateFPExt(v, b_.getDoubleTy());
    };
    result.value = FloatArithmetic(op, widen(x.value), widen(y.value), result.null);
    return result;
  }
  llvm::Type* type = code_.TypeOf(result.repr);
  llvm::Value* p = b_.CreateSExt(x.value, type);
  llvm::Value* q = y.value;
  if (q != nullptr && q->getType() != type) q = b_.CreateSExtOrTrunc(q, type);
  // Unclamped by the type: would the operation leave it?
  bool fits = false;
  if (op == InlineOp::kAdd || op == InlineOp::kSubtract || op == InlineOp::kMultiply) {
    std::optional<Range> a = RangeOf(*e.children[0]), b = RangeOf(*e.children[1]),
                         whole = RangeOfType(e.type);
    if (a && b && whole) {
      // 64-bit bounds at most: 128 bits hold every result.
      types::int128 corners[4];
      const types::int128 pairs[4][2] = {
          {a->min, b->min}, {a->min, b->max}, {a->max, b->min}, {a->max, b->max}};
      fits = true;
      for (int i = 0; i < 4; ++i) {
        corners[i] = op == InlineOp::kAdd        ? pairs[i][0] + pairs[i][1]
                     : op == InlineOp::kSubtract ? pairs[i][0] - pairs[i][1]
                                                 : pairs[i][0] * pairs[i][1];
        fits &= corners[i] >= whole->min && corners[i] <= whole->max;
      }
    }
  }
  result.value = IntArithmetic(op, p, q, result.repr, result.null, fits);
  return result;
}

SqlValue Emitter::NarrowArithmetic(const Expr& e, InlineOp op, const SqlValue& x, const SqlValue& y,
                                   llvm::Value* null) {
  SqlValue result;
  if (op != InlineOp::kAdd && op != InlineOp::kSubtract && op != InlineOp::kMultiply) return result;
  constexpr types::int128 kMax = INT64_MAX;
  auto small = [&](const std::optional<Range>& r, int digits) {
    if (!r || digits > 18) return false;
    const types::int128 bound = kMax / types::PowerOf10(digits);
    return r->min >= -bound && r->max <= bound;
  };
  std::optional<Range> a = RangeOf(*e.children[0]), b = RangeOf(*e.children[1]);
  const int a_digits = op == InlineOp::kMultiply ? 0 : e.type.scale - x.type.scale;
  const int b_digits = op == InlineOp::kMultiply ? 0 : e.type.scale - y.type.scale;
  if (!small(a, a_digits) || !small(b, b_digits)) return result;
  // Corners in 128 bits; operands fit 64, so nothing overflows here.
  const types::int128 a_factor = types::PowerOf10(a_digits), b_factor = types::PowerOf10(b_digits);
  for (types::int128 p : {a->min * a_factor, a->max * a_factor}) {
    for (types::int128 q : {b->min * b_factor, b->max * b_factor}) {
      const types::int128 r = op == InlineOp::kAdd        ? p + q
                              : op == InlineOp::kSubtract ? p - q
                                                          : p * q;
      if (r > kMax || r < -kMax) return result;
    }
  }
  result.type = e.type;
  result.repr = types::ReprOf(e.type);
  result.null = null;
  llvm::Value* p = RescaleUp(x.value, a_digits, Repr::kI64);
  llvm::Value* q = RescaleUp(y.value, b_digits, Repr::kI64);
  result.value = op == InlineOp::kAdd        ? b_.CreateAdd(p, q, "sum")
                 : op == InlineOp::kSubtract ? b_.CreateSub(p, q, "difference")
                                             : b_.CreateMul(p, q, "product");
  return result;
}

llvm::Value* Emitter::IntArithmetic(InlineOp op, llvm::Value* x, llvm::Value* y, Repr repr,
                                    llvm::Value* null, bool fits) {
  llvm::Type* type = x->getType();
  auto checked = [&](llvm::Intrinsic::ID id, llvm::Value* p, llvm::Value* q) {
    llvm::Value* pair = b_.CreateBinaryIntrinsic(id, p, q);
    FailUnlessNull(b_.CreateExtractValue(pair, 1), null, SqlState::kNumericValueOutOfRange,
                   OutOfRange(repr));
    return b_.CreateExtractValue(pair, 0);
  };
  llvm::Value* zero = llvm::ConstantInt::get(type, 0);
  switch (op) {
    case InlineOp::kAdd:
      return fits ? b_.CreateAdd(x, y, "sum") : checked(llvm::Intrinsic::sadd_with_overflow, x, y);
    case InlineOp::kSubtract:
      return fits ? b_.CreateSub(x, y, "difference")
                  : checked(llvm::Intrinsic::ssub_with_overflow, x, y);
    case InlineOp::kMultiply:
      return fits ? b_.CreateMul(x, y, "product")
                  : checked(llvm::Intrinsic::smul_with_overflow, x, y);
    case InlineOp::kNegate:
      return checked(llvm::Intrinsic::ssub_with_overflow, zero, x);
    case InlineOp::kAbs: {
      llvm::Value* negated = checked(llvm::Intrinsic::ssub_with_overflow, zero,
                                     b_.CreateSelect(b_.CreateICmpSLT(x, zero), x, zero));
      return b_.CreateSelect(b_.CreateICmpSLT(x, zero), negated, x);
    }
    case InlineOp::kDivide:
    case InlineOp::kModulo: {
      FailUnlessNull(b_.CreateICmpEQ(y, zero), null, SqlState::kDivisionByZero, "division by zero");
      llvm::Value* one = llvm::ConstantInt::get(type, 1);
      llvm::Value* minus_one = llvm::ConstantInt::getSigned(type, -1);
      if (null != nullptr) y = b_.CreateSelect(null, one, y);
      llvm::Value* by_minus_one = b_.CreateICmpEQ(y, minus_one);
      if (op == InlineOp::kDivide) {
        llvm::Value* smallest = llvm::ConstantInt::get(
            type->getContext(), llvm::APInt::getSignedMinValue(type->getIntegerBitWidth()));
        FailUnlessNull(b_.CreateAnd(by_minus_one, b_.CreateICmpEQ(x, smallest)), null,
                       SqlState::kNumericValueOutOfRange, OutOfRange(repr));
        if (null != nullptr) x = b_.CreateSelect(null, zero, x);
        return b_.CreateSDiv(x, y, "quotient");
      }
      // The smallest number modulo -1 traps in the machine; the remainder is 0.
      llvm::Value* divisor = b_.CreateSelect(by_minus_one, one, y);
      return b_.CreateSRem(x, divisor, "remainder");
    }
    case InlineOp::kBitAnd:
      return b_.CreateAnd(x, y);
    case InlineOp::kBitOr:
      return b_.CreateOr(x, y);
    case InlineOp::kBitXor:
      return b_.CreateXor(x, y);
    case InlineOp::kBitNot:
      return b_.CreateNot(x);
    case InlineOp::kShiftLeft:
    case InlineOp::kShiftRight: {
      llvm::Type* wide = repr == Repr::kI64 ? code_.I64() : code_.I32();
      llvm::Value* p = b_.CreateSExt(x, wide);
      llvm::Value* count = b_.CreateAnd(b_.CreateSExtOrTrunc(y, wide),
                                        llvm::ConstantInt::get(wide, repr == Repr::kI64 ? 63 : 31));
      return b_.CreateTrunc(
          op == InlineOp::kShiftLeft ? b_.CreateShl(p, count) : b_.CreateAShr(p, count), type);
    }
    default:
      break;
  }
  LATHE_UNREACHABLE("integer operation");
}

llvm::Value* Emitter::FloatArithmetic(InlineOp op, llvm::Value* x, llvm::Value* y,
                                      llvm::Value* null) {
  llvm::Type* type = x->getType();
  llvm::Value* zero = llvm::ConstantFP::get(type, 0.0);
  llvm::Value* infinity = llvm::ConstantFP::getInfinity(type);
  auto infinite = [&](llvm::Value* v) {
    return b_.CreateFCmpOEQ(b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, v), infinity);
  };
  auto check_overflow = [&](llvm::Value* r) {
    llvm::Value* bad =
        b_.CreateAnd(infinite(r), b_.CreateNot(b_.CreateOr(infinite(x), infinite(y))));
    FailUnlessNull(bad, null, SqlState::kNumericValueOutOfRange, "value out of range: overflow");
  };
  auto is_zero = [&](llvm::Value* v) { return b_.CreateFCmpOEQ(v, zero); };
  switch (op) {
    case InlineOp::kNegate:
      return b_.CreateFNeg(x);
    case InlineOp::kAbs:
      return b_.CreateUnaryIntrinsic(llvm::Intrinsic::fabs, x);
    case InlineOp::kAdd:
    case InlineOp::kSubtract: {
      llvm::Value* r = op == InlineOp::kAdd ? b_.CreateFAdd(x, y) : b_.CreateFSub(x, y);
      check_overflow(r);
      return r;
    }
    case InlineOp::kMultiply: {
      llvm::Value* r = b_.CreateFMul(x, y);
      check_overflow(r);
      FailUnlessNull(b_.CreateAnd(is_zero(r), b_.CreateNot(b_.CreateOr(is_zero(x), is_zero(y)))),
                     null, SqlState::kNumericValueOutOfRange, "value out of range: underflow");
      return r;
    }
    case InlineOp::kDivide: {
      FailUnlessNull(b_.CreateAnd(is_zero(y), b_.CreateFCmpORD(x, x)), null,
                     SqlState::kDivisionByZero, "division by zero");
      llvm::Value* r = b_.CreateFDiv(x, y);
      llvm::Value* bad = b_.CreateAnd(infinite(r), b_.CreateNot(infinite(x)));
      FailUnlessNull(bad, null, SqlState::kNumericValueOutOfRange, "value out of range: overflow");
      FailUnlessNull(b_.CreateAnd(is_zero(r), b_.CreateNot(b_.CreateOr(is_zero(x), infinite(y)))),
                     null, SqlState::kNumericValueOutOfRange, "value out of range: underflow");
      return r;
    }
    default:
      break;
  }
  LATHE_UNREACHABLE("float operation");
}

llvm::Value* Emitter::RescaleUp(llvm::Value* v, int digits, Repr to) {
  llvm::Type* type = code_.TypeOf(to);
  v = b_.CreateSExtOrTrunc(v, type);
  if (digits == 0) return v;
  llvm::Value* factor = to == Repr::kI64
                            ? code_.Int64(static_cast<int64_t>(types::PowerOf10(digits)))
                            : code_.Int128(types::PowerOf10(digits));
  return b_.CreateMul(v, factor, "rescaled");
}

SqlValue Emitter::FixedArithmetic(const Expr& e, InlineOp op, const SqlValue& x, const SqlValue& y,
                                  llvm::Value* null) {
  constexpr const char* kOverflow = "numeric field overflow";
  SqlValue result;
  result.type = e.type;
  result.repr = types::ReprOf(e.type);
  result.null = null;
  const bool narrow = result.repr == Repr::kI64;
  const types::Type &s = x.type, &t = y.type;
  llvm::Type* type = code_.TypeOf(result.repr);
  auto out_of_38 = [&](llvm::Value* v) {
    llvm::Value* bound = code_.Int128(types::PowerOf10(types::kFixedDigitsMax));
    llvm::Value* low = b_.CreateNeg(bound);
    return b_.CreateOr(b_.CreateICmpSGE(v, bound), b_.CreateICmpSLE(v, low));
  };
  switch (op) {
    case InlineOp::kNegate:
      result.value = b_.CreateNeg(b_.CreateSExtOrTrunc(x.value, type));
      return result;
    case InlineOp::kAbs: {
      llvm::Value* v = b_.CreateSExtOrTrunc(x.value, type);
      result.value =
          b_.CreateSelect(b_.CreateICmpSLT(v, llvm::ConstantInt::get(type, 0)), b_.CreateNeg(v), v);
      return result;
    }
    case InlineOp::kAdd:
    case InlineOp::kSubtract: {
      const int digits = std::max(s.precision - s.scale, t.precision - t.scale) + 1 + e.type.scale;
      auto rescaled = [&](const SqlValue& v) -> llvm::Value* {
        const int by = e.type.scale - v.type.scale;
        if (digits <= types::kFixedDigitsMax || by == 0) return RescaleUp(v.value, by, result.repr);
        // Beyond 38 digits: each step is checked.
        llvm::Value* room = code_.StackRoom(16, "fixed");
        auto [low, high] = code_.Halves(b_.CreateSExt(v.value, code_.I128()));
        llvm::Value* failed =
            code_.Call(Abi::lathe_rescale_fixed,
                       {low, high, code_.Int32(v.type.scale), code_.Int32(types::kFixedDigitsMax),
                        code_.Int32(e.type.scale), room});
        FailUnlessNull(b_.CreateICmpNE(failed, code_.Int32(0)), null,
                       SqlState::kNumericValueOutOfRange, kOverflow);
        return code_.Load(code_.I128(), room);
      };
      llvm::Value *p = rescaled(x), *q = rescaled(y);
      result.value =
          op == InlineOp::kAdd ? b_.CreateAdd(p, q, "sum") : b_.CreateSub(p, q, "difference");
      // Two values below 10^38 do not overflow 128 bits.
      if (digits > types::kFixedDigitsMax) {
        FailUnlessNull(out_of_38(result.value), null, SqlState::kNumericValueOutOfRange, kOverflow);
      }
      return result;
    }
    default:
      break;
  }
  LATHE_CHECK(op == InlineOp::kMultiply);
  if (s.precision + t.precision <= types::kFixedDigitsMax) {
    result.value = b_.CreateMul(b_.CreateSExtOrTrunc(x.value, type),
                                b_.CreateSExtOrTrunc(y.value, type), "product");
    (void)narrow;
    return result;
  }
  llvm::Value* room = code_.StackRoom(16, "fixed");
  auto [x_low, x_high] = code_.Halves(b_.CreateSExt(x.value, code_.I128()));
  auto [y_low, y_high] = code_.Halves(b_.CreateSExt(y.value, code_.I128()));
  llvm::Value* failed = code_.Call(Abi::lathe_multiply_fixed, {x_low, x_high, y_low, y_high, room});
  FailUnlessNull(b_.CreateICmpNE(failed, code_.Int32(0)), null, SqlState::kNumericValueOutOfRange,
                 kOverflow);
  result.value = code_.Load(code_.I128(), room, "product");
  return result;
}

}  // namespace lathe::emit
