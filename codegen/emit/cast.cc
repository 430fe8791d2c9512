// Casts that need no call, and the two between fixed and big numerics that need only a small one.
#include <cmath>

#include <llvm/IR/Intrinsics.h>

#include "codegen/emit/emitter.h"
#include "runtime/types/fixed.h"

namespace lathe::emit {

using func::InlineCast;

SqlValue Emitter::FixedToBig(const SqlValue& v) {
  if (!v.type.is_fixed_numeric()) return v;
  llvm::Value* room = code_.StackRoom(16, "big");
  auto [low, high] = code_.Halves(b_.CreateSExt(v.value, code_.I128()));
  code_.Call(Abi::lathe_big_from_fixed,
             {code_.worker(), low, high, code_.Int32(v.type.scale), room});
  out_->resets_arena = true;
  SqlValue big = code_.LoadDatum(types::TypeId::kNumeric, room, "big");
  big.null = v.null;
  return big;
}

SqlValue Emitter::BigToFixed(const SqlValue& v, const types::Type& type) {
  auto convert = [&]() -> SqlValue {
    SqlValue big = code_.Decode(v);
    llvm::Value* room = code_.StackRoom(16, "fixed");
    code_.ReturnIfError(code_.Call(Abi::lathe_fixed_from_big,
                                   {code_.worker(), big.value, big.size,
                                    code_.Int32(type.precision), code_.Int32(type.scale), room}));
    return code_.LoadDatum(type, room, "fixed");
  };
  if (v.null == nullptr) return convert();
  return Choose(v.null, "null", [&] { return code_.Null(type); }, convert);
}

SqlValue Emitter::Coerce(const SqlValue& v, const types::Type& type) {
  if (v.type.id != types::TypeId::kNumeric || type.id != types::TypeId::kNumeric) {
    if (v.repr != types::ReprOf(type)) {
      Fail(MakeError(SqlState::kInternalError, "a value of type " + types::FormatType(v.type) +
                                                   " where one of type " + types::FormatType(type) +
                                                   " was planned"));
      return code_.Null(type);
    }
    return v;
  }
  if (type.is_big_numeric()) {
    if (v.type.is_big_numeric()) return v;
    SqlValue big = FixedToBig(v);
    big.type = type;
    return big;
  }
  if (v.type.is_big_numeric()) return BigToFixed(v, type);
  if (v.type.scale == type.scale && v.repr == types::ReprOf(type)) return v;
  if (type.scale >= v.type.scale &&
      type.precision - type.scale >= v.type.precision - v.type.scale) {
    SqlValue wide = v;
    wide.type = type;
    wide.repr = types::ReprOf(type);
    wide.value = RescaleUp(v.value, type.scale - v.type.scale, wide.repr);
    return wide;
  }
  return BigToFixed(FixedToBig(v), type);
}

SqlValue Emitter::EmitCast(const Expr& e) {
  const Expr& child = *e.children[0];
  SqlValue v = Emit(child);
  const types::Type &from = child.type, &to = e.type;
  InlineCast form = func::InlineCastFor(from, to);
  SqlValue result = v;
  result.type = to;
  result.repr = types::ReprOf(to);
  result.null = v.null;
  llvm::Type* type = code_.TypeOf(result.repr);
  constexpr SqlState kRange = SqlState::kNumericValueOutOfRange;
  auto integer_range = [&] {
    return result.repr == Repr::kI16   ? "smallint out of range"
           : result.repr == Repr::kI32 ? "integer out of range"
                                       : "bigint out of range";
  };
  switch (form) {
    case InlineCast::kSame:
      // Text of another type: the slot stays good.
      if (v.repr != result.repr) break;
      return result;
    case InlineCast::kIntWiden:
      result.value = b_.CreateSExt(v.value, type);
      return result;
    case InlineCast::kIntNarrow: {
      result.value = b_.CreateTrunc(v.value, type);
      FailUnlessNull(b_.CreateICmpNE(b_.CreateSExt(result.value, v.value->getType()), v.value),
                     v.null, kRange, integer_range());
      return result;
    }
    case InlineCast::kIntToFloat:
      result.value = b_.CreateSIToFP(v.value, type);
      return result;
    case InlineCast::kFloatToInt: {
      llvm::Value* d = v.repr == Repr::kF32 ? b_.CreateFPExt(v.value, b_.getDoubleTy()) : v.value;
      llvm::Value* rounded = b_.CreateUnaryIntrinsic(llvm::Intrinsic::rint, d);
      const int bits = static_cast<int>(type->getIntegerBitWidth());
      llvm::Value* low = llvm::ConstantFP::get(b_.getDoubleTy(), -std::ldexp(1.0, bits - 1));
      llvm::Value* high = llvm::ConstantFP::get(b_.getDoubleTy(), std::ldexp(1.0, bits - 1));
      llvm::Value* fits =
          b_.CreateAnd(b_.CreateFCmpOGE(rounded, low), b_.CreateFCmpOLT(rounded, high));
      FailUnlessNull(b_.CreateNot(fits), v.null, kRange, integer_range());
      llvm::Value* safe =
          b_.CreateSelect(fits, rounded, llvm::ConstantFP::get(b_.getDoubleTy(), 0.0));
      result.value = b_.CreateFPToSI(safe, type);
      return result;
    }
    case InlineCast::kFloatWiden:
      result.value = b_.CreateFPExt(v.value, type);
      return result;
    case InlineCast::kIntToFixed: {
      // Fits when the type has room for all digits of the integer type; otherwise checked.
      const int digits = v.repr == Repr::kI16 ? 5 : v.repr == Repr::kI32 ? 10 : 19;
      if (to.precision - to.scale >= digits) {
        result.value = RescaleUp(v.value, to.scale, result.repr);
        return result;
      }
      break;
    }
    case InlineCast::kFixedToFixed: {
      if (to.scale >= from.scale && to.precision - to.scale >= from.precision - from.scale) {
        result.value = RescaleUp(v.value, to.scale - from.scale, result.repr);
        return result;
      }
      break;
    }
    case InlineCast::kFixedToFloat: {
      auto [low, high] = code_.Halves(b_.CreateSExt(v.value, code_.I128()));
      result.value =
          code_.Call(Abi::lathe_fixed_to_double, {low, high, code_.Int32(from.scale)}, "double");
      if (result.repr == Repr::kF64) return result;
      break;
    }
    case InlineCast::kFixedToBig: {
      SqlValue big = FixedToBig(v);
      big.type = to;
      return big;
    }
    case InlineCast::kBigToFixed:
      return BigToFixed(v, to);
    default:
      break;
  }
  return EmitBoxedCast(e, v);
}

}  // namespace lathe::emit
