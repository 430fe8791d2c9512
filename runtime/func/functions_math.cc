// Arithmetic and mathematical functions of integers, floats and numerics, with PostgreSQL's
// overflow and domain errors.
#include <cmath>
#include <random>

#include "runtime/func/tables.h"
#include "runtime/types/numeric.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Numeric;
using types::TypeId;

// ---- Integers

template <class T>
T Get(const Datum& d);
template <>
int16_t Get<int16_t>(const Datum& d) {
  return d.i16;
}
template <>
int32_t Get<int32_t>(const Datum& d) {
  return d.i32;
}
template <>
int64_t Get<int64_t>(const Datum& d) {
  return d.i64;
}
template <>
float Get<float>(const Datum& d) {
  return d.f32;
}
template <>
double Get<double>(const Datum& d) {
  return d.f64;
}

void Put(Datum* d, int16_t v) { d->i16 = v; }
void Put(Datum* d, int32_t v) { d->i32 = v; }
void Put(Datum* d, int64_t v) { d->i64 = v; }
void Put(Datum* d, float v) { d->f32 = v; }
void Put(Datum* d, double v) { d->f64 = v; }

template <class T>
CallStatus OutOfRange(FunctionContext* context) {
  return context->Fail(SqlState::kNumericValueOutOfRange, sizeof(T) == 2   ? "smallint out of range"
                                                          : sizeof(T) == 4 ? "integer out of range"
                                                                           : "bigint out of range");
}
CallStatus DivisionByZero(FunctionContext* context) {
  return context->Fail(SqlState::kDivisionByZero, "division by zero");
}

template <class A, class B, class R, InlineOp kOp>
CallStatus IntArithmetic(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const R a = Get<A>(args[0]), b = Get<B>(args[1]);
  R r = 0;
  bool overflow = false;
  if constexpr (kOp == InlineOp::kAdd) overflow = __builtin_add_overflow(a, b, &r);
  if constexpr (kOp == InlineOp::kSubtract) overflow = __builtin_sub_overflow(a, b, &r);
  if constexpr (kOp == InlineOp::kMultiply) overflow = __builtin_mul_overflow(a, b, &r);
  if constexpr (kOp == InlineOp::kDivide || kOp == InlineOp::kModulo) {
    if (b == 0) return DivisionByZero(context);
    if (b == -1) {
      // The smallest number has no negative; its remainder is 0.
      if constexpr (kOp == InlineOp::kDivide) overflow = __builtin_sub_overflow(R{0}, a, &r);
    } else {
      r = static_cast<R>(kOp == InlineOp::kDivide ? a / b : a % b);
    }
  }
  if (overflow) return OutOfRange<R>(context);
  Put(result, r);
  return CallStatus::kOk;
}

template <class T>
CallStatus IntNegate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  T r;
  if (__builtin_sub_overflow(T{0}, Get<T>(args[0]), &r)) return OutOfRange<T>(context);
  Put(result, r);
  return CallStatus::kOk;
}

template <class T>
CallStatus IntAbs(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  if (Get<T>(args[0]) < 0) return IntNegate<T>(context, args, nulls, result);
  Put(result, Get<T>(args[0]));
  return CallStatus::kOk;
}

template <class T, InlineOp kOp>
CallStatus IntBits(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  using U = std::make_unsigned_t<T>;
  const T a = Get<T>(args[0]);
  if constexpr (kOp == InlineOp::kShiftLeft || kOp == InlineOp::kShiftRight) {
    // As the machine shifts in PostgreSQL: the count is taken modulo 32 (64 for bigint).
    const int count = args[1].i32 & (sizeof(T) == 8 ? 63 : 31);
    using W = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
    using S = std::make_signed_t<W>;
    Put(result, kOp == InlineOp::kShiftLeft
                    ? static_cast<T>(static_cast<W>(static_cast<S>(a)) << count)
                    : static_cast<T>(static_cast<S>(a) >> count));
  } else {
    const U x = static_cast<U>(a), y = static_cast<U>(Get<T>(args[1]));
    Put(result, static_cast<T>(kOp == InlineOp::kBitAnd  ? x & y
                               : kOp == InlineOp::kBitOr ? x | y
                                                         : x ^ y));
  }
  return CallStatus::kOk;
}

template <class T>
CallStatus IntBitNot(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  Put(result, static_cast<T>(~Get<T>(args[0])));
  return CallStatus::kOk;
}

CallStatus Same(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  *result = args[0];
  return CallStatus::kOk;
}

template <class T>
uint64_t Magnitude(T v) {
  return v < 0 ? 0 - static_cast<uint64_t>(static_cast<int64_t>(v)) : static_cast<uint64_t>(v);
}

uint64_t GcdOf(uint64_t a, uint64_t b) {
  while (b != 0) a = std::exchange(b, a % b);
  return a;
}

template <class T>
CallStatus IntGcd(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const uint64_t g = GcdOf(Magnitude(Get<T>(args[0])), Magnitude(Get<T>(args[1])));
  if (g > static_cast<uint64_t>(std::numeric_limits<T>::max())) return OutOfRange<T>(context);
  Put(result, static_cast<T>(g));
  return CallStatus::kOk;
}

template <class T>
CallStatus IntLcm(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const uint64_t a = Magnitude(Get<T>(args[0])), b = Magnitude(Get<T>(args[1]));
  uint64_t r = 0;
  if (a != 0 && b != 0 &&
      (__builtin_mul_overflow(a / GcdOf(a, b), b, &r) ||
       r > static_cast<uint64_t>(std::numeric_limits<T>::max()))) {
    return OutOfRange<T>(context);
  }
  Put(result, static_cast<T>(r));
  return CallStatus::kOk;
}

// ---- Floats

CallStatus FloatOverflow(FunctionContext* context) {
  return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: overflow");
}
CallStatus FloatUnderflow(FunctionContext* context) {
  return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: underflow");
}
CallStatus InputOutOfRange(FunctionContext* context) {
  return context->Fail(SqlState::kNumericValueOutOfRange, "input is out of range");
}

template <class A, class B, class R, InlineOp kOp>
CallStatus FloatArithmetic(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  const R a = static_cast<R>(Get<A>(args[0])), b = static_cast<R>(Get<B>(args[1]));
  R r = 0;
  if constexpr (kOp == InlineOp::kAdd) r = a + b;
  if constexpr (kOp == InlineOp::kSubtract) r = a - b;
  if constexpr (kOp == InlineOp::kMultiply) {
    r = a * b;
    if (r == 0 && a != 0 && b != 0) return FloatUnderflow(context);
  }
  if constexpr (kOp == InlineOp::kDivide) {
    if (b == 0 && !std::isnan(a)) return DivisionByZero(context);
    r = a / b;
    if (r == 0 && a != 0 && !std::isinf(b)) return FloatUnderflow(context);
  }
  if (std::isinf(r) && !std::isinf(a) && !std::isinf(b)) return FloatOverflow(context);
  Put(result, r);
  return CallStatus::kOk;
}

template <class T>
CallStatus FloatNegate(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  Put(result, -Get<T>(args[0]));
  return CallStatus::kOk;
}
template <class T>
CallStatus FloatAbs(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  Put(result, std::fabs(Get<T>(args[0])));
  return CallStatus::kOk;
}

struct FCeil {
  static double Of(double x) { return std::ceil(x); }
};
struct FFloor {
  static double Of(double x) { return std::floor(x); }
};
struct FRint {
  static double Of(double x) { return std::rint(x); }
};
struct FTrunc {
  static double Of(double x) { return std::trunc(x); }
};
struct FSign {
  static double Of(double x) { return x > 0 ? 1 : x < 0 ? -1 : 0; }
};
struct FCbrt {
  static double Of(double x) { return std::cbrt(x); }
};
struct FAtan {
  static double Of(double x) { return std::atan(x); }
};
struct FDegrees {
  static double Of(double x) { return x / (M_PI / 180); }
};
struct FRadians {
  static double Of(double x) { return x * (M_PI / 180); }
};
struct FAsinh {
  static double Of(double x) { return std::asinh(x); }
};
struct FTanh {
  static double Of(double x) { return std::tanh(x); }
};
struct FSinh {
  static double Of(double x) { return std::sinh(x); }
};
struct FCosh {
  static double Of(double x) { return std::cosh(x); }
};
// A domain error shows as NaN, which FloatUnary tells.
struct FSin {
  static double Of(double x) { return std::sin(x); }
};
struct FCos {
  static double Of(double x) { return std::cos(x); }
};
struct FTan {
  static double Of(double x) { return std::tan(x); }
};
struct FCot {
  static double Of(double x) { return 1 / std::tan(x); }
};
struct FAsin {
  static double Of(double x) { return std::asin(x); }
};
struct FAcos {
  static double Of(double x) { return std::acos(x); }
};
struct FAcosh {
  static double Of(double x) { return std::acosh(x); }
};
struct FAtanh {
  static double Of(double x) { return std::atanh(x); }
};

template <class F>
CallStatus FloatUnary(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const double x = args[0].f64;
  result->f64 = F::Of(x);
  if (std::isnan(result->f64) && !std::isnan(x)) return InputOutOfRange(context);
  return CallStatus::kOk;
}

CallStatus FloatSqrt(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (args[0].f64 < 0) {
    return context->Fail(SqlState::kInvalidArgumentForPower,
                         "cannot take square root of a negative number");
  }
  result->f64 = std::sqrt(args[0].f64);
  return CallStatus::kOk;
}

CallStatus FloatExp(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const double x = args[0].f64;
  result->f64 = std::exp(x);
  if (std::isinf(result->f64) && !std::isinf(x)) return FloatOverflow(context);
  if (result->f64 == 0 && !std::isinf(x)) return FloatUnderflow(context);
  return CallStatus::kOk;
}

template <bool kTen>
CallStatus FloatLog(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const double x = args[0].f64;
  if (x == 0) {
    return context->Fail(SqlState::kInvalidArgumentForLogarithm, "cannot take logarithm of zero");
  }
  if (x < 0) {
    return context->Fail(SqlState::kInvalidArgumentForLogarithm,
                         "cannot take logarithm of a negative number");
  }
  result->f64 = kTen ? std::log10(x) : std::log(x);
  return CallStatus::kOk;
}

CallStatus FloatPower(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const double x = args[0].f64, y = args[1].f64;
  if (x == 0 && y < 0) {
    return context->Fail(SqlState::kInvalidArgumentForPower,
                         "zero raised to a negative power is undefined");
  }
  if (x < 0 && std::floor(y) != y && !std::isnan(y)) {
    return context->Fail(SqlState::kInvalidArgumentForPower,
                         "a negative number raised to a non-integer power yields a complex result");
  }
  result->f64 = std::pow(x, y);
  if (std::isinf(result->f64) && !std::isinf(x) && !std::isinf(y)) return FloatOverflow(context);
  if (result->f64 == 0 && x != 0 && !std::isinf(x) && !std::isinf(y))
    return FloatUnderflow(context);
  return CallStatus::kOk;
}

CallStatus FloatAtan2(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->f64 = std::atan2(args[0].f64, args[1].f64);
  return CallStatus::kOk;
}
CallStatus Pi(FunctionContext*, const Datum*, const bool*, Datum* result) {
  result->f64 = M_PI;
  return CallStatus::kOk;
}
CallStatus Random(FunctionContext*, const Datum*, const bool*, Datum* result) {
  thread_local std::mt19937_64 generator{std::random_device()()};
  result->f64 = static_cast<double>(generator() >> 11) * 0x1p-53;
  return CallStatus::kOk;
}

CallStatus WidthBucket(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const double x = args[0].f64, low = args[1].f64, high = args[2].f64;
  const int32_t count = args[3].i32;
  if (count <= 0) {
    return context->Fail(SqlState::kInvalidArgumentForWidthBucket, "count must be greater than zero");
  }
  if (std::isnan(x) || std::isnan(low) || std::isnan(high)) {
    return context->Fail(SqlState::kInvalidArgumentForWidthBucket,
                         "operand, lower bound, and upper bound cannot be NaN");
  }
  if (std::isinf(low) || std::isinf(high)) {
    return context->Fail(SqlState::kInvalidArgumentForWidthBucket, "lower and upper bounds must be finite");
  }
  if (low == high) {
    return context->Fail(SqlState::kInvalidArgumentForWidthBucket, "lower bound cannot equal upper bound");
  }
  const bool rising = low < high;
  if (rising ? x < low : x > low) {
    result->i32 = 0;
  } else if (rising ? x >= high : x <= high) {
    if (count == INT32_MAX) return OutOfRange<int32_t>(context);
    result->i32 = count + 1;
  } else {
    // Halves when the distance of the bounds is beyond the type's range.
    const double part = std::isinf(high - low) ? (x / 2 - low / 2) / (high / 2 - low / 2)
                                               : (x - low) / (high - low);
    // The quotient may round up to 1.
    const double bucket = std::min(count * part, static_cast<double>(count) - 1);
    result->i32 = static_cast<int32_t>(bucket) + 1;
  }
  return CallStatus::kOk;
}

// ---- Numerics

CallStatus Give(FunctionContext* context, const Numeric& value, Datum* result) {
  Status fits = value.CheckRange();
  if (!fits.ok()) return context->Fail(std::move(fits).error());
  *result = value.ToDatum(context->arena);
  return CallStatus::kOk;
}
CallStatus Give(FunctionContext* context, Result<Numeric> value, Datum* result) {
  if (!value.ok()) return context->Fail(std::move(value).error());
  return Give(context, *value, result);
}

template <InlineOp kOp>
CallStatus NumericArithmetic(FunctionContext* context, const Datum* args, const bool*,
                             Datum* result) {
  const Numeric a = Numeric::FromDatum(args[0]), b = Numeric::FromDatum(args[1]);
  if constexpr (kOp == InlineOp::kAdd) return Give(context, types::Add(a, b), result);
  if constexpr (kOp == InlineOp::kSubtract) return Give(context, types::Subtract(a, b), result);
  if constexpr (kOp == InlineOp::kMultiply) return Give(context, types::Multiply(a, b), result);
  if constexpr (kOp == InlineOp::kDivide) return Give(context, types::Divide(a, b), result);
  return Give(context, types::Modulo(a, b), result);
}

template <Result<Numeric> (*kFunction)(const Numeric&, const Numeric&)>
CallStatus NumericBinary(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Give(context, kFunction(Numeric::FromDatum(args[0]), Numeric::FromDatum(args[1])), result);
}

template <Result<Numeric> (*kFunction)(const Numeric&)>
CallStatus NumericFallible(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  return Give(context, kFunction(Numeric::FromDatum(args[0])), result);
}
Result<Numeric> Log10(const Numeric& a) { return types::Logarithm(Numeric::FromInt64(10), a); }

Numeric NCeil(const Numeric& n) { return n.Ceil(); }
Numeric NFloor(const Numeric& n) { return n.Floor(); }
Numeric NRound(const Numeric& n) { return n.Rounded(0); }
Numeric NTrunc(const Numeric& n) { return n.Truncated(0); }
Numeric NSign(const Numeric& n) { return n.is_nan() ? n : Numeric::FromInt64(n.sign()); }
Numeric NTrim(const Numeric& n) { return n.is_finite() ? n.WithScale(n.MinScale()) : n; }

template <Numeric (*kFunction)(const Numeric&)>
CallStatus NumericUnary(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Give(context, kFunction(Numeric::FromDatum(args[0])), result);
}
CallStatus NumericNegate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Give(context, Numeric::FromDatum(args[0]).Negated(), result);
}
CallStatus NumericAbs(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Give(context, Numeric::FromDatum(args[0]).Abs(), result);
}

template <bool kRound>
CallStatus NumericRoundTo(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Numeric n = Numeric::FromDatum(args[0]);
  // No number has digits beyond these.
  const int scale =
      std::clamp(args[1].i32, -(Numeric::kWeightMax + 1) * 4 - 1, Numeric::kScaleMax);
  return Give(context, kRound ? n.Rounded(scale) : n.Truncated(scale), result);
}

CallStatus FactorialOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Give(context, types::Factorial(args[0].i64), result);
}
CallStatus Scale(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const Numeric n = Numeric::FromDatum(args[0]);
  if (!n.is_finite()) return CallStatus::kNull;
  result->i32 = n.dscale();
  return CallStatus::kOk;
}
CallStatus MinScale(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const Numeric n = Numeric::FromDatum(args[0]);
  if (!n.is_finite()) return CallStatus::kNull;
  result->i32 = n.MinScale();
  return CallStatus::kOk;
}

}  // namespace

void AddMathFunctions(std::vector<Function>* list) {
  // clang-format off
  Add(list, {1894, "int2xor", "#", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntBits<int16_t, InlineOp::kBitXor>, InlineOp::kBitXor, false});
  Add(list, {1900, "int4xor", "#", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntBits<int32_t, InlineOp::kBitXor>, InlineOp::kBitXor, false});
  Add(list, {1906, "int8xor", "#", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntBits<int64_t, InlineOp::kBitXor>, InlineOp::kBitXor, false});
  Add(list, {155, "int2mod", "%", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntArithmetic<int16_t, int16_t, int16_t, InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {156, "int4mod", "%", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int32_t, int32_t, int32_t, InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {945, "int8mod", "%", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int64_t, int64_t, int64_t, InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {1729, "numeric_mod", "%", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericArithmetic<InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {1892, "int2and", "&", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntBits<int16_t, InlineOp::kBitAnd>, InlineOp::kBitAnd, false});
  Add(list, {1898, "int4and", "&", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntBits<int32_t, InlineOp::kBitAnd>, InlineOp::kBitAnd, false});
  Add(list, {1904, "int8and", "&", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntBits<int64_t, InlineOp::kBitAnd>, InlineOp::kBitAnd, false});
  Add(list, {202, "float4mul", "*", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kFloat4, FloatArithmetic<float, float, float, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {279, "float48mul", "*", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<float, double, double, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {283, "float84mul", "*", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kFloat8, FloatArithmetic<double, float, double, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {216, "float8mul", "*", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<double, double, double, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {152, "int2mul", "*", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntArithmetic<int16_t, int16_t, int16_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {170, "int24mul", "*", {TypeId::kInt2, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int16_t, int32_t, int32_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {943, "int28mul", "*", {TypeId::kInt2, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int16_t, int64_t, int64_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {171, "int42mul", "*", {TypeId::kInt4, TypeId::kInt2}, TypeId::kInt4, IntArithmetic<int32_t, int16_t, int32_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {141, "int4mul", "*", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int32_t, int32_t, int32_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {1280, "int48mul", "*", {TypeId::kInt4, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int32_t, int64_t, int64_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {839, "int82mul", "*", {TypeId::kInt8, TypeId::kInt2}, TypeId::kInt8, IntArithmetic<int64_t, int16_t, int64_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {1276, "int84mul", "*", {TypeId::kInt8, TypeId::kInt4}, TypeId::kInt8, IntArithmetic<int64_t, int32_t, int64_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {465, "int8mul", "*", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int64_t, int64_t, int64_t, InlineOp::kMultiply>, InlineOp::kMultiply, true});
  Add(list, {1726, "numeric_mul", "*", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericArithmetic<InlineOp::kMultiply>, InlineOp::kMultiply, false});
  Add(list,
      {1913, "float4up", "+", {TypeId::kFloat4}, TypeId::kFloat4, Same, InlineOp::kNone, false});
  Add(list,
      {1914, "float8up", "+", {TypeId::kFloat8}, TypeId::kFloat8, Same, InlineOp::kNone, false});
  Add(list, {1911, "int2up", "+", {TypeId::kInt2}, TypeId::kInt2, Same, InlineOp::kNone, false});
  Add(list, {1912, "int4up", "+", {TypeId::kInt4}, TypeId::kInt4, Same, InlineOp::kNone, false});
  Add(list, {1910, "int8up", "+", {TypeId::kInt8}, TypeId::kInt8, Same, InlineOp::kNone, false});
  Add(list, {1915, "numeric_uplus", "+", {TypeId::kNumeric}, TypeId::kNumeric, Same, InlineOp::kNone, false});
  Add(list, {204, "float4pl", "+", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kFloat4, FloatArithmetic<float, float, float, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {281, "float48pl", "+", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<float, double, double, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {285, "float84pl", "+", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kFloat8, FloatArithmetic<double, float, double, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {218, "float8pl", "+", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<double, double, double, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {176, "int2pl", "+", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntArithmetic<int16_t, int16_t, int16_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {178, "int24pl", "+", {TypeId::kInt2, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int16_t, int32_t, int32_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {841, "int28pl", "+", {TypeId::kInt2, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int16_t, int64_t, int64_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {179, "int42pl", "+", {TypeId::kInt4, TypeId::kInt2}, TypeId::kInt4, IntArithmetic<int32_t, int16_t, int32_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {177, "int4pl", "+", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int32_t, int32_t, int32_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {1278, "int48pl", "+", {TypeId::kInt4, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int32_t, int64_t, int64_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {837, "int82pl", "+", {TypeId::kInt8, TypeId::kInt2}, TypeId::kInt8, IntArithmetic<int64_t, int16_t, int64_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {1274, "int84pl", "+", {TypeId::kInt8, TypeId::kInt4}, TypeId::kInt8, IntArithmetic<int64_t, int32_t, int64_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {463, "int8pl", "+", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int64_t, int64_t, int64_t, InlineOp::kAdd>, InlineOp::kAdd, true});
  Add(list, {1724, "numeric_add", "+", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericArithmetic<InlineOp::kAdd>, InlineOp::kAdd, false});
  Add(list, {206, "float4um", "-", {TypeId::kFloat4}, TypeId::kFloat4, FloatNegate<float>, InlineOp::kNegate, false});
  Add(list, {220, "float8um", "-", {TypeId::kFloat8}, TypeId::kFloat8, FloatNegate<double>, InlineOp::kNegate, false});
  Add(list, {213, "int2um", "-", {TypeId::kInt2}, TypeId::kInt2, IntNegate<int16_t>, InlineOp::kNegate, true});
  Add(list, {212, "int4um", "-", {TypeId::kInt4}, TypeId::kInt4, IntNegate<int32_t>, InlineOp::kNegate, true});
  Add(list, {462, "int8um", "-", {TypeId::kInt8}, TypeId::kInt8, IntNegate<int64_t>, InlineOp::kNegate, true});
  Add(list, {1771, "numeric_uminus", "-", {TypeId::kNumeric}, TypeId::kNumeric, NumericNegate, InlineOp::kNegate, false});
  Add(list, {205, "float4mi", "-", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kFloat4, FloatArithmetic<float, float, float, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {282, "float48mi", "-", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<float, double, double, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {286, "float84mi", "-", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kFloat8, FloatArithmetic<double, float, double, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {219, "float8mi", "-", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<double, double, double, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {180, "int2mi", "-", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntArithmetic<int16_t, int16_t, int16_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {182, "int24mi", "-", {TypeId::kInt2, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int16_t, int32_t, int32_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {942, "int28mi", "-", {TypeId::kInt2, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int16_t, int64_t, int64_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {183, "int42mi", "-", {TypeId::kInt4, TypeId::kInt2}, TypeId::kInt4, IntArithmetic<int32_t, int16_t, int32_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {181, "int4mi", "-", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int32_t, int32_t, int32_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {1279, "int48mi", "-", {TypeId::kInt4, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int32_t, int64_t, int64_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {838, "int82mi", "-", {TypeId::kInt8, TypeId::kInt2}, TypeId::kInt8, IntArithmetic<int64_t, int16_t, int64_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {1275, "int84mi", "-", {TypeId::kInt8, TypeId::kInt4}, TypeId::kInt8, IntArithmetic<int64_t, int32_t, int64_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {464, "int8mi", "-", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int64_t, int64_t, int64_t, InlineOp::kSubtract>, InlineOp::kSubtract, true});
  Add(list, {1725, "numeric_sub", "-", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericArithmetic<InlineOp::kSubtract>, InlineOp::kSubtract, false});
  Add(list, {203, "float4div", "/", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kFloat4, FloatArithmetic<float, float, float, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {280, "float48div", "/", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<float, double, double, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {284, "float84div", "/", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kFloat8, FloatArithmetic<double, float, double, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {217, "float8div", "/", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatArithmetic<double, double, double, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {153, "int2div", "/", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntArithmetic<int16_t, int16_t, int16_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {172, "int24div", "/", {TypeId::kInt2, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int16_t, int32_t, int32_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {948, "int28div", "/", {TypeId::kInt2, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int16_t, int64_t, int64_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {173, "int42div", "/", {TypeId::kInt4, TypeId::kInt2}, TypeId::kInt4, IntArithmetic<int32_t, int16_t, int32_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {154, "int4div", "/", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int32_t, int32_t, int32_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {1281, "int48div", "/", {TypeId::kInt4, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int32_t, int64_t, int64_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {840, "int82div", "/", {TypeId::kInt8, TypeId::kInt2}, TypeId::kInt8, IntArithmetic<int64_t, int16_t, int64_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {1277, "int84div", "/", {TypeId::kInt8, TypeId::kInt4}, TypeId::kInt8, IntArithmetic<int64_t, int32_t, int64_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {466, "int8div", "/", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int64_t, int64_t, int64_t, InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {1727, "numeric_div", "/", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericArithmetic<InlineOp::kDivide>, InlineOp::kDivide, true});
  Add(list, {1896, "int2shl", "<<", {TypeId::kInt2, TypeId::kInt4}, TypeId::kInt2, IntBits<int16_t, InlineOp::kShiftLeft>, InlineOp::kShiftLeft, false});
  Add(list, {1902, "int4shl", "<<", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntBits<int32_t, InlineOp::kShiftLeft>, InlineOp::kShiftLeft, false});
  Add(list, {1908, "int8shl", "<<", {TypeId::kInt8, TypeId::kInt4}, TypeId::kInt8, IntBits<int64_t, InlineOp::kShiftLeft>, InlineOp::kShiftLeft, false});
  Add(list, {1897, "int2shr", ">>", {TypeId::kInt2, TypeId::kInt4}, TypeId::kInt2, IntBits<int16_t, InlineOp::kShiftRight>, InlineOp::kShiftRight, false});
  Add(list, {1903, "int4shr", ">>", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntBits<int32_t, InlineOp::kShiftRight>, InlineOp::kShiftRight, false});
  Add(list, {1909, "int8shr", ">>", {TypeId::kInt8, TypeId::kInt4}, TypeId::kInt8, IntBits<int64_t, InlineOp::kShiftRight>, InlineOp::kShiftRight, false});
  Add(list, {207, "float4abs", "@", {TypeId::kFloat4}, TypeId::kFloat4, FloatAbs<float>, InlineOp::kAbs, false});
  Add(list, {221, "float8abs", "@", {TypeId::kFloat8}, TypeId::kFloat8, FloatAbs<double>, InlineOp::kAbs, false});
  Add(list, {1253, "int2abs", "@", {TypeId::kInt2}, TypeId::kInt2, IntAbs<int16_t>, InlineOp::kAbs, true});
  Add(list, {1251, "int4abs", "@", {TypeId::kInt4}, TypeId::kInt4, IntAbs<int32_t>, InlineOp::kAbs, true});
  Add(list, {1230, "int8abs", "@", {TypeId::kInt8}, TypeId::kInt8, IntAbs<int64_t>, InlineOp::kAbs, true});
  Add(list, {1704, "numeric_abs", "@", {TypeId::kNumeric}, TypeId::kNumeric, NumericAbs, InlineOp::kAbs, false});
  Add(list, {232, "dpow", "^", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatPower, InlineOp::kNone, true});
  Add(list, {1739, "numeric_power", "^", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Power>, InlineOp::kNone, true});
  Add(list, {1893, "int2or", "|", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntBits<int16_t, InlineOp::kBitOr>, InlineOp::kBitOr, false});
  Add(list, {1899, "int4or", "|", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntBits<int32_t, InlineOp::kBitOr>, InlineOp::kBitOr, false});
  Add(list, {1905, "int8or", "|", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntBits<int64_t, InlineOp::kBitOr>, InlineOp::kBitOr, false});
  Add(list,
      {230, "dsqrt", "|/", {TypeId::kFloat8}, TypeId::kFloat8, FloatSqrt, InlineOp::kNone, true});
  Add(list, {231, "dcbrt", "||/", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCbrt>, InlineOp::kNone, false});
  Add(list,
      {1397, "abs", "", {TypeId::kInt4}, TypeId::kInt4, IntAbs<int32_t>, InlineOp::kAbs, true});
  Add(list,
      {1396, "abs", "", {TypeId::kInt8}, TypeId::kInt8, IntAbs<int64_t>, InlineOp::kAbs, true});
  Add(list,
      {1398, "abs", "", {TypeId::kInt2}, TypeId::kInt2, IntAbs<int16_t>, InlineOp::kAbs, true});
  Add(list, {1394, "abs", "", {TypeId::kFloat4}, TypeId::kFloat4, FloatAbs<float>, InlineOp::kAbs, false});
  Add(list, {1395, "abs", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatAbs<double>, InlineOp::kAbs, false});
  Add(list,
      {1705, "abs", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericAbs, InlineOp::kAbs, false});
  Add(list, {2308, "ceil", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCeil>, InlineOp::kNone, false});
  Add(list, {2320, "ceiling", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCeil>, InlineOp::kNone, false});
  Add(list, {2309, "floor", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FFloor>, InlineOp::kNone, false});
  Add(list, {1342, "round", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FRint>, InlineOp::kNone, false});
  Add(list, {1343, "trunc", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FTrunc>, InlineOp::kNone, false});
  Add(list, {2310, "sign", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FSign>, InlineOp::kNone, false});
  Add(list, {1345, "cbrt", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCbrt>, InlineOp::kNone, false});
  Add(list, {1602, "atan", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FAtan>, InlineOp::kNone, false});
  Add(list, {1608, "degrees", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FDegrees>, InlineOp::kNone, false});
  Add(list, {1609, "radians", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FRadians>, InlineOp::kNone, false});
  Add(list, {2465, "asinh", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FAsinh>, InlineOp::kNone, false});
  Add(list, {2464, "tanh", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FTanh>, InlineOp::kNone, false});
  Add(list, {1604, "sin", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FSin>, InlineOp::kNone, true});
  Add(list, {1605, "cos", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCos>, InlineOp::kNone, true});
  Add(list, {1606, "tan", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FTan>, InlineOp::kNone, true});
  Add(list, {1607, "cot", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCot>, InlineOp::kNone, true});
  Add(list, {1600, "asin", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FAsin>, InlineOp::kNone, true});
  Add(list, {1601, "acos", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FAcos>, InlineOp::kNone, true});
  Add(list, {2466, "acosh", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FAcosh>, InlineOp::kNone, true});
  Add(list, {2467, "atanh", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FAtanh>, InlineOp::kNone, true});
  Add(list, {2462, "sinh", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FSinh>, InlineOp::kNone, true});
  Add(list, {2463, "cosh", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatUnary<FCosh>, InlineOp::kNone, true});
  Add(list,
      {1344, "sqrt", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatSqrt, InlineOp::kNone, true});
  Add(list, {1347, "exp", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatExp, InlineOp::kNone, true});
  Add(list,
      {1341, "ln", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatLog<false>, InlineOp::kNone, true});
  Add(list,
      {1340, "log", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatLog<true>, InlineOp::kNone, true});
  Add(list, {1194, "log10", "", {TypeId::kFloat8}, TypeId::kFloat8, FloatLog<true>, InlineOp::kNone, true});
  Add(list, {1346, "pow", "", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatPower, InlineOp::kNone, true});
  Add(list, {1368, "power", "", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatPower, InlineOp::kNone, true});
  Add(list, {1603, "atan2", "", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kFloat8, FloatAtan2, InlineOp::kNone, false});
  Add(list, {1610, "pi", "", {}, TypeId::kFloat8, Pi, InlineOp::kNone, false});
  Add(list, {1598, "random", "", {}, TypeId::kFloat8, Random, InlineOp::kNone, false, true, Volatility::kVolatile});
  Add(list, {1711, "ceil", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NCeil>, InlineOp::kNone, false});
  Add(list, {2167, "ceiling", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NCeil>, InlineOp::kNone, false});
  Add(list, {1712, "floor", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NFloor>, InlineOp::kNone, false});
  Add(list, {1708, "round", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NRound>, InlineOp::kNone, false});
  Add(list, {1710, "trunc", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NTrunc>, InlineOp::kNone, false});
  Add(list, {1706, "sign", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NSign>, InlineOp::kNone, false});
  Add(list, {5043, "trim_scale", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericUnary<NTrim>, InlineOp::kNone, false});
  Add(list, {1707, "round", "", {TypeId::kNumeric, TypeId::kInt4}, TypeId::kNumeric, NumericRoundTo<true>, InlineOp::kNone, false});
  Add(list, {1709, "trunc", "", {TypeId::kNumeric, TypeId::kInt4}, TypeId::kNumeric, NumericRoundTo<false>, InlineOp::kNone, false});
  Add(list, {1730, "sqrt", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericFallible<types::SquareRoot>, InlineOp::kNone, true});
  Add(list, {1732, "exp", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericFallible<types::Exponential>, InlineOp::kNone, true});
  Add(list, {1734, "ln", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericFallible<types::NaturalLogarithm>, InlineOp::kNone, true});
  Add(list, {1741, "log", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericFallible<Log10>, InlineOp::kNone, true});
  Add(list, {1481, "log10", "", {TypeId::kNumeric}, TypeId::kNumeric, NumericFallible<Log10>, InlineOp::kNone, true});
  Add(list, {1736, "log", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Logarithm>, InlineOp::kNone, true});
  Add(list, {1738, "pow", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Power>, InlineOp::kNone, true});
  Add(list, {2169, "power", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Power>, InlineOp::kNone, true});
  Add(list, {1973, "div", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::DivideTruncated>, InlineOp::kNone, true});
  Add(list, {1728, "mod", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Modulo>, InlineOp::kNone, true});
  Add(list, {5048, "gcd", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Gcd>, InlineOp::kNone, true});
  Add(list, {5049, "lcm", "", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kNumeric, NumericBinary<types::Lcm>, InlineOp::kNone, true});
  Add(list, {940, "mod", "", {TypeId::kInt2, TypeId::kInt2}, TypeId::kInt2, IntArithmetic<int16_t, int16_t, int16_t, InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {941, "mod", "", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntArithmetic<int32_t, int32_t, int32_t, InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {947, "mod", "", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntArithmetic<int64_t, int64_t, int64_t, InlineOp::kModulo>, InlineOp::kModulo, true});
  Add(list, {5044, "gcd", "", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntGcd<int32_t>, InlineOp::kNone, true});
  Add(list, {5045, "gcd", "", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntGcd<int64_t>, InlineOp::kNone, true});
  Add(list, {5046, "lcm", "", {TypeId::kInt4, TypeId::kInt4}, TypeId::kInt4, IntLcm<int32_t>, InlineOp::kNone, true});
  Add(list, {5047, "lcm", "", {TypeId::kInt8, TypeId::kInt8}, TypeId::kInt8, IntLcm<int64_t>, InlineOp::kNone, true});
  Add(list, {1376, "factorial", "", {TypeId::kInt8}, TypeId::kNumeric, FactorialOf, InlineOp::kNone, true});
  Add(list, {3281, "scale", "", {TypeId::kNumeric}, TypeId::kInt4, Scale, InlineOp::kNone, false});
  Add(list,
      {5042, "min_scale", "", {TypeId::kNumeric}, TypeId::kInt4, MinScale, InlineOp::kNone, false});
  Add(list, {320, "width_bucket", "", {TypeId::kFloat8, TypeId::kFloat8, TypeId::kFloat8, TypeId::kInt4}, TypeId::kInt4, WidthBucket, InlineOp::kNone, true});
  // clang-format on
}

}  // namespace lathe::func
