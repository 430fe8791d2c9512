// Trigonometry in degrees, width_bucket of numerics and arrays, and the plain comparison functions.
#include <cmath>

#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/codec.h"
#include "runtime/types/numeric.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Numeric;
using types::Type;
using types::TypeId;

// ---- Degrees. Results are exact at multiples of 30 and 45 degrees: each piece of a curve is
// scaled by its computed value at a point where the true one is known.

constexpr double kRadians = 0.0174532925199432957692;

double SineTo30(double x) {
  static const double sin30 = std::sin(30 * kRadians);
  return std::sin(x * kRadians) / sin30 / 2;
}
double CosineTo60(double x) {
  static const double at60 = 1 - std::cos(60 * kRadians);
  const double below_one = 1 - std::cos(x * kRadians);
  return 1 - below_one / at60 / 2;
}
/// 0 .. 90 degrees.
double SineTo90(double x) { return x <= 30 ? SineTo30(x) : CosineTo60(90 - x); }
double CosineTo90(double x) { return x <= 60 ? CosineTo60(x) : SineTo30(90 - x); }

/// An angle brought into 0 .. 90 degrees, and whether its sine and cosine change their sign.
struct Angle {
  double degrees;
  double sine_sign = 1, cosine_sign = 1;
  explicit Angle(double x) : degrees(std::fmod(x, 360)) {
    if (degrees < 0) {
      degrees = -degrees;
      sine_sign = -sine_sign;
    }
    if (degrees > 180) {
      degrees = 360 - degrees;
      sine_sign = -sine_sign;
    }
    if (degrees > 90) {
      degrees = 180 - degrees;
      cosine_sign = -1;
    }
  }
};

double SineOf(double x) {
  const Angle angle(x);
  return angle.sine_sign * SineTo90(angle.degrees);
}
double CosineOf(double x) {
  const Angle angle(x);
  return angle.cosine_sign * CosineTo90(angle.degrees);
}
double TangentOf(double x) {
  static const double tan45 = SineTo90(45) / CosineTo90(45);
  const Angle angle(x);
  const double tangent = SineTo90(angle.degrees) / CosineTo90(angle.degrees) / tan45;
  const double result = angle.sine_sign * angle.cosine_sign * tangent;
  return result == 0 ? 0 : result;  // no -0
}
double CotangentOf(double x) {
  static const double cot45 = CosineTo90(45) / SineTo90(45);
  const Angle angle(x);
  const double cotangent = CosineTo90(angle.degrees) / SineTo90(angle.degrees) / cot45;
  const double result = angle.sine_sign * angle.cosine_sign * cotangent;
  return result == 0 ? 0 : result;
}
/// 0 .. 1.
double ArcsineTo90(double x) {
  static const double asin_half = std::asin(0.5), acos_half = std::acos(0.5);
  return x <= 0.5 ? std::asin(x) / asin_half * 30 : 90 - std::acos(x) / acos_half * 60;
}
double ArccosineTo90(double x) {
  static const double asin_half = std::asin(0.5), acos_half = std::acos(0.5);
  return x <= 0.5 ? 90 - std::asin(x) / asin_half * 30 : std::acos(x) / acos_half * 60;
}
double ArcsineOf(double x) { return x >= 0 ? ArcsineTo90(x) : -ArcsineTo90(-x); }
double ArccosineOf(double x) { return x >= 0 ? ArccosineTo90(x) : 90 + ArcsineTo90(-x); }
double ArctangentOf(double x) {
  static const double atan_one = std::atan(1.0);
  return std::atan(x) / atan_one * 45;
}

CallStatus OutOfRange(FunctionContext* context) {
  return context->Fail(SqlState::kNumericValueOutOfRange, "input is out of range");
}
/// kBounded: of -1 .. 1; else of any finite angle.
template <double (*kFunction)(double), bool kBounded>
CallStatus Degrees(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const double x = args[0].f64;
  if (!std::isnan(x) && (kBounded ? x < -1 || x > 1 : std::isinf(x))) return OutOfRange(context);
  result->f64 = std::isnan(x) ? x : kFunction(x);
  return CallStatus::kOk;
}
CallStatus Arctangent(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->f64 = std::isnan(args[0].f64) ? args[0].f64 : ArctangentOf(args[0].f64);
  return CallStatus::kOk;
}
CallStatus Arctangent2(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  static const double atan_one = std::atan(1.0);
  result->f64 = std::atan2(args[0].f64, args[1].f64) / atan_one * 45;
  return CallStatus::kOk;
}

// ---- Buckets

CallStatus NumericBucket(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Numeric x = Numeric::FromDatum(args[0]), low = Numeric::FromDatum(args[1]),
                high = Numeric::FromDatum(args[2]);
  const int32_t count = args[3].i32;
  auto fail = [&](const char* why) {
    return context->Fail(SqlState::kInvalidArgumentForWidthBucket, why);
  };
  if (count <= 0) return fail("count must be greater than zero");
  if (x.is_nan() || low.is_nan() || high.is_nan()) {
    return fail("operand, lower bound, and upper bound cannot be NaN");
  }
  if (!low.is_finite() || !high.is_finite()) return fail("lower and upper bounds must be finite");
  const int direction = types::Compare(low, high);
  if (direction == 0) return fail("lower bound cannot equal upper bound");
  // Falling bounds mirror the rising ones.
  if (types::Compare(x, low) * direction > 0) return PutInt(0, result);
  if (types::Compare(x, high) * direction <= 0) {
    if (count == INT32_MAX) {
      return context->Fail(SqlState::kNumericValueOutOfRange, "integer out of range");
    }
    return PutInt(count + 1, result);
  }
  Result<Numeric> quotient =
      types::Divide(types::Multiply(types::Subtract(x, low), Numeric::FromInt64(count)),
                    types::Subtract(high, low));
  if (!quotient.ok()) return context->Fail(std::move(quotient).error());
  int64_t bucket = 0;
  // A quotient rounded up to the count is still in the last bucket.
  if (!quotient->Floor().ToInt64(&bucket) || bucket >= count) bucket = count - 1;
  return PutInt(static_cast<int32_t>(bucket) + 1, result);
}

/// (operand, thresholds): how many of the sorted thresholds are at most the operand.
CallStatus ArrayBucket(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  types::ArrayReader reader(args[1].string.view());
  if (reader.dimension_count() > 1) {
    return context->Fail(SqlState::kArraySubscriptError,
                         "thresholds must be one-dimensional array");
  }
  const Type element(reader.element());
  std::vector<Datum> thresholds(reader.count());
  for (Datum& threshold : thresholds) {
    if (!reader.Next(&threshold)) {
      return context->Fail(SqlState::kNullValueNotAllowed,
                           "thresholds array must not contain NULLs");
    }
  }
  size_t low = 0, high = thresholds.size();
  while (low < high) {
    const size_t middle = (low + high) / 2;
    if (Compare(element, args[0], thresholds[middle]) < 0) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return PutInt(static_cast<int32_t>(low), result);
}

// ---- Plain functions of every type

template <TypeId kType>
CallStatus CompareValues(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  // PostgreSQL gives the distance of the smallest integers.
  if constexpr (kType == TypeId::kInt2) return PutInt(args[0].i16 - args[1].i16, result);
  const int order = Compare(Type(kType), args[0], args[1]);
  return PutInt(order < 0 ? -1 : order > 0 ? 1 : 0, result);
}
template <TypeId kType, int kSign>
CallStatus Extreme(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  *result = Compare(Type(kType), args[0], args[1]) * kSign > 0 ? args[0] : args[1];
  return CallStatus::kOk;
}
/// The binary form that goes over the wire.
template <TypeId kType>
CallStatus Send(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string bytes;
  types::AppendBinary(Type(kType), args[0], &bytes);
  return PutText(context, bytes, result);
}
template <class T, T Datum::* kField>
CallStatus BitNot(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->*kField = static_cast<T>(~(args[0].*kField));
  return CallStatus::kOk;
}
CallStatus NumericIncrement(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  *result = types::Add(Numeric::FromDatum(args[0]), Numeric::FromInt64(1)).ToDatum(context->arena);
  return CallStatus::kOk;
}

template <TypeId kType>
void AddOf(std::vector<Function>* list, uint32_t compare, std::string_view compare_name,
           uint32_t larger, std::string_view larger_name, uint32_t smaller,
           std::string_view smaller_name, uint32_t send, std::string_view send_name) {
  if (compare != 0) {
    Add(list, {compare, compare_name, "", {kType, kType}, TypeId::kInt4, CompareValues<kType>});
  }
  if (larger != 0) Add(list, {larger, larger_name, "", {kType, kType}, kType, Extreme<kType, 1>});
  if (smaller != 0) {
    Add(list, {smaller, smaller_name, "", {kType, kType}, kType, Extreme<kType, -1>});
  }
  if (send != 0) Add(list, {send, send_name, "", {kType}, TypeId::kBytea, Send<kType>});
}

}  // namespace

void AddMoreMathFunctions(std::vector<Function>* list) {
  constexpr TypeId F = TypeId::kFloat8, N = TypeId::kNumeric, I = TypeId::kInt4;
  auto add = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, TypeId type,
                 BoxedFunction boxed) {
    Row row{oid, name, "", std::move(args), type, boxed};
    row.can_fail = true;
    Add(list, row);
  };
  // clang-format off
  add(2731, "asind", {F}, F, Degrees<ArcsineOf, true>);
  add(2732, "acosd", {F}, F, Degrees<ArccosineOf, true>);
  add(2733, "atand", {F}, F, Arctangent);
  add(2734, "atan2d", {F, F}, F, Arctangent2);
  add(2735, "sind", {F}, F, Degrees<SineOf, false>);
  add(2736, "cosd", {F}, F, Degrees<CosineOf, false>);
  add(2737, "tand", {F}, F, Degrees<TangentOf, false>);
  add(2738, "cotd", {F}, F, Degrees<CotangentOf, false>);
  add(2170, "width_bucket", {N, N, N, I}, I, NumericBucket);
  add(3218, "width_bucket", {TypeId::kAnyCompatible, TypeId::kAnyCompatibleArray}, I, ArrayBucket);
  add(1764, "numeric_inc", {N}, N, NumericIncrement);
  Add(list, {1895, "int2not", "~", {TypeId::kInt2}, TypeId::kInt2, BitNot<int16_t, &Datum::i16>, InlineOp::kBitNot});
  Add(list, {1901, "int4not", "~", {TypeId::kInt4}, TypeId::kInt4, BitNot<int32_t, &Datum::i32>, InlineOp::kBitNot});
  Add(list, {1907, "int8not", "~", {TypeId::kInt8}, TypeId::kInt8, BitNot<int64_t, &Datum::i64>, InlineOp::kBitNot});
  AddOf<TypeId::kBool>(list, 1693, "btboolcmp", 0, "", 0, "", 2437, "boolsend");
  AddOf<TypeId::kInt2>(list, 350, "btint2cmp", 770, "int2larger", 771, "int2smaller", 2405, "int2send");
  AddOf<TypeId::kInt4>(list, 351, "btint4cmp", 768, "int4larger", 769, "int4smaller", 2407, "int4send");
  AddOf<TypeId::kInt8>(list, 842, "btint8cmp", 1236, "int8larger", 1237, "int8smaller", 2409, "int8send");
  AddOf<TypeId::kFloat4>(list, 354, "btfloat4cmp", 209, "float4larger", 211, "float4smaller", 2425, "float4send");
  AddOf<TypeId::kFloat8>(list, 355, "btfloat8cmp", 223, "float8larger", 224, "float8smaller", 2427, "float8send");
  AddOf<TypeId::kNumeric>(list, 1769, "numeric_cmp", 1767, "numeric_larger", 1766, "numeric_smaller", 2461, "numeric_send");
  AddOf<TypeId::kText>(list, 360, "bttextcmp", 458, "text_larger", 459, "text_smaller", 2415, "textsend");
  AddOf<TypeId::kBytea>(list, 1954, "byteacmp", 0, "", 0, "", 2413, "byteasend");
  AddOf<TypeId::kDate>(list, 1092, "date_cmp", 1138, "date_larger", 1139, "date_smaller", 2469, "date_send");
  AddOf<TypeId::kTime>(list, 1107, "time_cmp", 1377, "time_larger", 1378, "time_smaller", 2471, "time_send");
  AddOf<TypeId::kTimeTz>(list, 1358, "timetz_cmp", 1379, "timetz_larger", 1380, "timetz_smaller", 2473, "timetz_send");
  AddOf<TypeId::kTimestamp>(list, 2045, "timestamp_cmp", 2036, "timestamp_larger", 2035, "timestamp_smaller", 2475, "timestamp_send");
  AddOf<TypeId::kTimestampTz>(list, 1314, "timestamptz_cmp", 1196, "timestamptz_larger", 1195, "timestamptz_smaller", 2477, "timestamptz_send");
  AddOf<TypeId::kInterval>(list, 1315, "interval_cmp", 1198, "interval_larger", 1197, "interval_smaller", 2479, "interval_send");
  AddOf<TypeId::kUuid>(list, 2960, "uuid_cmp", 0, "", 0, "", 2962, "uuid_send");
  AddOf<TypeId::kOid>(list, 356, "btoidcmp", 1965, "oidlarger", 1966, "oidsmaller", 2419, "oidsend");
  AddOf<TypeId::kJson>(list, 0, "", 0, "", 0, "", 324, "json_send");
  AddOf<TypeId::kJsonb>(list, 4044, "jsonb_cmp", 0, "", 0, "", 3803, "jsonb_send");
  // clang-format on
}

}  // namespace lathe::func
