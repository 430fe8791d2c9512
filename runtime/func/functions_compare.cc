// The comparison operators: = <> < <= > >= of every type with itself, and of integers, floats, text
// and dates among each other.
#include <array>
#include <deque>

#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/datetime.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Type;
using types::TypeId;

// Each class orders two datums of its argument types.

template <TypeId kType>
struct Same {
  static int Order(FunctionContext*, const Datum* args) {
    return Compare(Type(kType), args[0], args[1]);
  }
};

template <class T>
int64_t IntegerOf(const Datum& datum) {
  if constexpr (sizeof(T) == 2) return datum.i16;
  if constexpr (sizeof(T) == 4) return datum.i32;
  return datum.i64;
}

template <class A, class B>
struct Ints {
  static int Order(FunctionContext*, const Datum* args) {
    const int64_t a = IntegerOf<A>(args[0]), b = IntegerOf<B>(args[1]);
    return a < b ? -1 : (b < a ? 1 : 0);
  }
};

template <class A, class B>
struct Floats {
  static double Of(const Datum& datum, float) { return datum.f32; }
  static double Of(const Datum& datum, double) { return datum.f64; }
  static int Order(FunctionContext*, const Datum* args) {
    return CompareDouble(Of(args[0], A()), Of(args[1], B()));
  }
};

struct Bytes {
  static int Order(FunctionContext*, const Datum* args) {
    return CompareBytes(args[0].string, args[1].string);
  }
};

/// Dates and timestamps among each other: on the session's clock where one side is an instant. A
/// date beyond the range of timestamps is before or after all of them.
template <TypeId kA, TypeId kB>
struct Times {
  static int64_t Instant(FunctionContext* context, TypeId type, bool to_instant,
                         const Datum& datum) {
    int64_t value = datum.i64;
    if (type == TypeId::kDate) {
      Result<int64_t> timestamp = types::DateToTimestamp(datum.i32);
      if (!timestamp.ok()) return datum.i32 < 0 ? INT64_MIN + 1 : INT64_MAX - 1;
      value = *timestamp;
    }
    if (type == TypeId::kTimestampTz || !to_instant || !types::IsFiniteTimestamp(value))
      return value;
    Result<int64_t> instant = types::LocalToInstant(value, *context->format_or_default().time.zone);
    if (!instant.ok()) return value < 0 ? INT64_MIN + 1 : INT64_MAX - 1;
    return *instant;
  }
  static int Order(FunctionContext* context, const Datum* args) {
    constexpr bool kInstants = kA == TypeId::kTimestampTz || kB == TypeId::kTimestampTz;
    const int64_t a = Instant(context, kA, kInstants, args[0]);
    const int64_t b = Instant(context, kB, kInstants, args[1]);
    return a < b ? -1 : (b < a ? 1 : 0);
  }
};

template <class Class, InlineOp kOp>
CallStatus Comparison(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const int order = Class::Order(context, args);
  if constexpr (kOp == InlineOp::kEq) result->b = order == 0;
  if constexpr (kOp == InlineOp::kNe) result->b = order != 0;
  if constexpr (kOp == InlineOp::kLt) result->b = order < 0;
  if constexpr (kOp == InlineOp::kLe) result->b = order <= 0;
  if constexpr (kOp == InlineOp::kGt) result->b = order > 0;
  if constexpr (kOp == InlineOp::kGe) result->b = order >= 0;
  return CallStatus::kOk;
}

template <TypeId kType>
std::array<BoxedFunction, 6> AllSix() {
  return {Comparison<Same<kType>, InlineOp::kEq>, Comparison<Same<kType>, InlineOp::kNe>,
          Comparison<Same<kType>, InlineOp::kLt>, Comparison<Same<kType>, InlineOp::kLe>,
          Comparison<Same<kType>, InlineOp::kGt>, Comparison<Same<kType>, InlineOp::kGe>};
}

}  // namespace

void AddCompareFunctions(std::vector<Function>* list) {
  // clang-format off
  Add(list, {60, "booleq", "=", {TypeId::kBool, TypeId::kBool}, TypeId::kBool, Comparison<Same<TypeId::kBool>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {84, "boolne", "<>", {TypeId::kBool, TypeId::kBool}, TypeId::kBool, Comparison<Same<TypeId::kBool>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {56, "boollt", "<", {TypeId::kBool, TypeId::kBool}, TypeId::kBool, Comparison<Same<TypeId::kBool>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1691, "boolle", "<=", {TypeId::kBool, TypeId::kBool}, TypeId::kBool, Comparison<Same<TypeId::kBool>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {57, "boolgt", ">", {TypeId::kBool, TypeId::kBool}, TypeId::kBool, Comparison<Same<TypeId::kBool>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1692, "boolge", ">=", {TypeId::kBool, TypeId::kBool}, TypeId::kBool, Comparison<Same<TypeId::kBool>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {1048, "bpchareq", "=", {TypeId::kBpChar, TypeId::kBpChar}, TypeId::kBool, Comparison<Same<TypeId::kBpChar>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1053, "bpcharne", "<>", {TypeId::kBpChar, TypeId::kBpChar}, TypeId::kBool, Comparison<Same<TypeId::kBpChar>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1049, "bpcharlt", "<", {TypeId::kBpChar, TypeId::kBpChar}, TypeId::kBool, Comparison<Same<TypeId::kBpChar>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1050, "bpcharle", "<=", {TypeId::kBpChar, TypeId::kBpChar}, TypeId::kBool, Comparison<Same<TypeId::kBpChar>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1051, "bpchargt", ">", {TypeId::kBpChar, TypeId::kBpChar}, TypeId::kBool, Comparison<Same<TypeId::kBpChar>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1052, "bpcharge", ">=", {TypeId::kBpChar, TypeId::kBpChar}, TypeId::kBool, Comparison<Same<TypeId::kBpChar>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {61, "chareq", "=", {TypeId::kChar, TypeId::kChar}, TypeId::kBool, Comparison<Same<TypeId::kChar>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {70, "charne", "<>", {TypeId::kChar, TypeId::kChar}, TypeId::kBool, Comparison<Same<TypeId::kChar>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1246, "charlt", "<", {TypeId::kChar, TypeId::kChar}, TypeId::kBool, Comparison<Same<TypeId::kChar>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {72, "charle", "<=", {TypeId::kChar, TypeId::kChar}, TypeId::kBool, Comparison<Same<TypeId::kChar>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {73, "chargt", ">", {TypeId::kChar, TypeId::kChar}, TypeId::kBool, Comparison<Same<TypeId::kChar>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {74, "charge", ">=", {TypeId::kChar, TypeId::kChar}, TypeId::kBool, Comparison<Same<TypeId::kChar>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {1086, "date_eq", "=", {TypeId::kDate, TypeId::kDate}, TypeId::kBool, Comparison<Same<TypeId::kDate>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1091, "date_ne", "<>", {TypeId::kDate, TypeId::kDate}, TypeId::kBool, Comparison<Same<TypeId::kDate>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1087, "date_lt", "<", {TypeId::kDate, TypeId::kDate}, TypeId::kBool, Comparison<Same<TypeId::kDate>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1088, "date_le", "<=", {TypeId::kDate, TypeId::kDate}, TypeId::kBool, Comparison<Same<TypeId::kDate>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1089, "date_gt", ">", {TypeId::kDate, TypeId::kDate}, TypeId::kBool, Comparison<Same<TypeId::kDate>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1090, "date_ge", ">=", {TypeId::kDate, TypeId::kDate}, TypeId::kBool, Comparison<Same<TypeId::kDate>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {2340, "date_eq_timestamp", "=", {TypeId::kDate, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestamp>, InlineOp::kEq>, InlineOp::kNone});
  Add(list, {2343, "date_ne_timestamp", "<>", {TypeId::kDate, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestamp>, InlineOp::kNe>, InlineOp::kNone});
  Add(list, {2338, "date_lt_timestamp", "<", {TypeId::kDate, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestamp>, InlineOp::kLt>, InlineOp::kNone});
  Add(list, {2339, "date_le_timestamp", "<=", {TypeId::kDate, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestamp>, InlineOp::kLe>, InlineOp::kNone});
  Add(list, {2341, "date_gt_timestamp", ">", {TypeId::kDate, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestamp>, InlineOp::kGt>, InlineOp::kNone});
  Add(list, {2342, "date_ge_timestamp", ">=", {TypeId::kDate, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestamp>, InlineOp::kGe>, InlineOp::kNone});
  Add(list, {2353, "date_eq_timestamptz", "=", {TypeId::kDate, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestampTz>, InlineOp::kEq>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2356, "date_ne_timestamptz", "<>", {TypeId::kDate, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestampTz>, InlineOp::kNe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2351, "date_lt_timestamptz", "<", {TypeId::kDate, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestampTz>, InlineOp::kLt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2352, "date_le_timestamptz", "<=", {TypeId::kDate, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestampTz>, InlineOp::kLe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2354, "date_gt_timestamptz", ">", {TypeId::kDate, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestampTz>, InlineOp::kGt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2355, "date_ge_timestamptz", ">=", {TypeId::kDate, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kDate, TypeId::kTimestampTz>, InlineOp::kGe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {287, "float4eq", "=", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kBool, Comparison<Same<TypeId::kFloat4>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {288, "float4ne", "<>", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kBool, Comparison<Same<TypeId::kFloat4>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {289, "float4lt", "<", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kBool, Comparison<Same<TypeId::kFloat4>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {290, "float4le", "<=", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kBool, Comparison<Same<TypeId::kFloat4>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {291, "float4gt", ">", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kBool, Comparison<Same<TypeId::kFloat4>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {292, "float4ge", ">=", {TypeId::kFloat4, TypeId::kFloat4}, TypeId::kBool, Comparison<Same<TypeId::kFloat4>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {299, "float48eq", "=", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kBool, Comparison<Floats<float, double>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {300, "float48ne", "<>", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kBool, Comparison<Floats<float, double>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {301, "float48lt", "<", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kBool, Comparison<Floats<float, double>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {302, "float48le", "<=", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kBool, Comparison<Floats<float, double>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {303, "float48gt", ">", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kBool, Comparison<Floats<float, double>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {304, "float48ge", ">=", {TypeId::kFloat4, TypeId::kFloat8}, TypeId::kBool, Comparison<Floats<float, double>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {305, "float84eq", "=", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kBool, Comparison<Floats<double, float>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {306, "float84ne", "<>", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kBool, Comparison<Floats<double, float>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {307, "float84lt", "<", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kBool, Comparison<Floats<double, float>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {308, "float84le", "<=", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kBool, Comparison<Floats<double, float>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {309, "float84gt", ">", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kBool, Comparison<Floats<double, float>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {310, "float84ge", ">=", {TypeId::kFloat8, TypeId::kFloat4}, TypeId::kBool, Comparison<Floats<double, float>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {293, "float8eq", "=", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kBool, Comparison<Same<TypeId::kFloat8>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {294, "float8ne", "<>", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kBool, Comparison<Same<TypeId::kFloat8>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {295, "float8lt", "<", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kBool, Comparison<Same<TypeId::kFloat8>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {296, "float8le", "<=", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kBool, Comparison<Same<TypeId::kFloat8>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {297, "float8gt", ">", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kBool, Comparison<Same<TypeId::kFloat8>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {298, "float8ge", ">=", {TypeId::kFloat8, TypeId::kFloat8}, TypeId::kBool, Comparison<Same<TypeId::kFloat8>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {63, "int2eq", "=", {TypeId::kInt2, TypeId::kInt2}, TypeId::kBool, Comparison<Same<TypeId::kInt2>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {145, "int2ne", "<>", {TypeId::kInt2, TypeId::kInt2}, TypeId::kBool, Comparison<Same<TypeId::kInt2>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {64, "int2lt", "<", {TypeId::kInt2, TypeId::kInt2}, TypeId::kBool, Comparison<Same<TypeId::kInt2>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {148, "int2le", "<=", {TypeId::kInt2, TypeId::kInt2}, TypeId::kBool, Comparison<Same<TypeId::kInt2>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {146, "int2gt", ">", {TypeId::kInt2, TypeId::kInt2}, TypeId::kBool, Comparison<Same<TypeId::kInt2>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {151, "int2ge", ">=", {TypeId::kInt2, TypeId::kInt2}, TypeId::kBool, Comparison<Same<TypeId::kInt2>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {158, "int24eq", "=", {TypeId::kInt2, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int16_t, int32_t>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {164, "int24ne", "<>", {TypeId::kInt2, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int16_t, int32_t>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {160, "int24lt", "<", {TypeId::kInt2, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int16_t, int32_t>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {166, "int24le", "<=", {TypeId::kInt2, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int16_t, int32_t>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {162, "int24gt", ">", {TypeId::kInt2, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int16_t, int32_t>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {168, "int24ge", ">=", {TypeId::kInt2, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int16_t, int32_t>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {1850, "int28eq", "=", {TypeId::kInt2, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int16_t, int64_t>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1851, "int28ne", "<>", {TypeId::kInt2, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int16_t, int64_t>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1852, "int28lt", "<", {TypeId::kInt2, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int16_t, int64_t>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1854, "int28le", "<=", {TypeId::kInt2, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int16_t, int64_t>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1853, "int28gt", ">", {TypeId::kInt2, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int16_t, int64_t>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1855, "int28ge", ">=", {TypeId::kInt2, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int16_t, int64_t>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {159, "int42eq", "=", {TypeId::kInt4, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int32_t, int16_t>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {165, "int42ne", "<>", {TypeId::kInt4, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int32_t, int16_t>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {161, "int42lt", "<", {TypeId::kInt4, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int32_t, int16_t>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {167, "int42le", "<=", {TypeId::kInt4, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int32_t, int16_t>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {163, "int42gt", ">", {TypeId::kInt4, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int32_t, int16_t>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {169, "int42ge", ">=", {TypeId::kInt4, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int32_t, int16_t>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {65, "int4eq", "=", {TypeId::kInt4, TypeId::kInt4}, TypeId::kBool, Comparison<Same<TypeId::kInt4>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {144, "int4ne", "<>", {TypeId::kInt4, TypeId::kInt4}, TypeId::kBool, Comparison<Same<TypeId::kInt4>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {66, "int4lt", "<", {TypeId::kInt4, TypeId::kInt4}, TypeId::kBool, Comparison<Same<TypeId::kInt4>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {149, "int4le", "<=", {TypeId::kInt4, TypeId::kInt4}, TypeId::kBool, Comparison<Same<TypeId::kInt4>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {147, "int4gt", ">", {TypeId::kInt4, TypeId::kInt4}, TypeId::kBool, Comparison<Same<TypeId::kInt4>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {150, "int4ge", ">=", {TypeId::kInt4, TypeId::kInt4}, TypeId::kBool, Comparison<Same<TypeId::kInt4>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {852, "int48eq", "=", {TypeId::kInt4, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int32_t, int64_t>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {853, "int48ne", "<>", {TypeId::kInt4, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int32_t, int64_t>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {854, "int48lt", "<", {TypeId::kInt4, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int32_t, int64_t>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {856, "int48le", "<=", {TypeId::kInt4, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int32_t, int64_t>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {855, "int48gt", ">", {TypeId::kInt4, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int32_t, int64_t>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {857, "int48ge", ">=", {TypeId::kInt4, TypeId::kInt8}, TypeId::kBool, Comparison<Ints<int32_t, int64_t>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {1856, "int82eq", "=", {TypeId::kInt8, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int64_t, int16_t>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1857, "int82ne", "<>", {TypeId::kInt8, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int64_t, int16_t>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1858, "int82lt", "<", {TypeId::kInt8, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int64_t, int16_t>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1860, "int82le", "<=", {TypeId::kInt8, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int64_t, int16_t>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1859, "int82gt", ">", {TypeId::kInt8, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int64_t, int16_t>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1861, "int82ge", ">=", {TypeId::kInt8, TypeId::kInt2}, TypeId::kBool, Comparison<Ints<int64_t, int16_t>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {474, "int84eq", "=", {TypeId::kInt8, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int64_t, int32_t>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {475, "int84ne", "<>", {TypeId::kInt8, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int64_t, int32_t>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {476, "int84lt", "<", {TypeId::kInt8, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int64_t, int32_t>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {478, "int84le", "<=", {TypeId::kInt8, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int64_t, int32_t>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {477, "int84gt", ">", {TypeId::kInt8, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int64_t, int32_t>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {479, "int84ge", ">=", {TypeId::kInt8, TypeId::kInt4}, TypeId::kBool, Comparison<Ints<int64_t, int32_t>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {467, "int8eq", "=", {TypeId::kInt8, TypeId::kInt8}, TypeId::kBool, Comparison<Same<TypeId::kInt8>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {468, "int8ne", "<>", {TypeId::kInt8, TypeId::kInt8}, TypeId::kBool, Comparison<Same<TypeId::kInt8>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {469, "int8lt", "<", {TypeId::kInt8, TypeId::kInt8}, TypeId::kBool, Comparison<Same<TypeId::kInt8>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {471, "int8le", "<=", {TypeId::kInt8, TypeId::kInt8}, TypeId::kBool, Comparison<Same<TypeId::kInt8>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {470, "int8gt", ">", {TypeId::kInt8, TypeId::kInt8}, TypeId::kBool, Comparison<Same<TypeId::kInt8>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {472, "int8ge", ">=", {TypeId::kInt8, TypeId::kInt8}, TypeId::kBool, Comparison<Same<TypeId::kInt8>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {1162, "interval_eq", "=", {TypeId::kInterval, TypeId::kInterval}, TypeId::kBool, Comparison<Same<TypeId::kInterval>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1163, "interval_ne", "<>", {TypeId::kInterval, TypeId::kInterval}, TypeId::kBool, Comparison<Same<TypeId::kInterval>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1164, "interval_lt", "<", {TypeId::kInterval, TypeId::kInterval}, TypeId::kBool, Comparison<Same<TypeId::kInterval>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1165, "interval_le", "<=", {TypeId::kInterval, TypeId::kInterval}, TypeId::kBool, Comparison<Same<TypeId::kInterval>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1167, "interval_gt", ">", {TypeId::kInterval, TypeId::kInterval}, TypeId::kBool, Comparison<Same<TypeId::kInterval>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1166, "interval_ge", ">=", {TypeId::kInterval, TypeId::kInterval}, TypeId::kBool, Comparison<Same<TypeId::kInterval>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {62, "nameeq", "=", {TypeId::kName, TypeId::kName}, TypeId::kBool, Comparison<Same<TypeId::kName>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {659, "namene", "<>", {TypeId::kName, TypeId::kName}, TypeId::kBool, Comparison<Same<TypeId::kName>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {655, "namelt", "<", {TypeId::kName, TypeId::kName}, TypeId::kBool, Comparison<Same<TypeId::kName>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {656, "namele", "<=", {TypeId::kName, TypeId::kName}, TypeId::kBool, Comparison<Same<TypeId::kName>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {657, "namegt", ">", {TypeId::kName, TypeId::kName}, TypeId::kBool, Comparison<Same<TypeId::kName>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {658, "namege", ">=", {TypeId::kName, TypeId::kName}, TypeId::kBool, Comparison<Same<TypeId::kName>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {240, "nameeqtext", "=", {TypeId::kName, TypeId::kText}, TypeId::kBool, Comparison<Bytes, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {245, "namenetext", "<>", {TypeId::kName, TypeId::kText}, TypeId::kBool, Comparison<Bytes, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {241, "namelttext", "<", {TypeId::kName, TypeId::kText}, TypeId::kBool, Comparison<Bytes, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {242, "nameletext", "<=", {TypeId::kName, TypeId::kText}, TypeId::kBool, Comparison<Bytes, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {244, "namegttext", ">", {TypeId::kName, TypeId::kText}, TypeId::kBool, Comparison<Bytes, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {243, "namegetext", ">=", {TypeId::kName, TypeId::kText}, TypeId::kBool, Comparison<Bytes, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {1718, "numeric_eq", "=", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kBool, Comparison<Same<TypeId::kNumeric>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1719, "numeric_ne", "<>", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kBool, Comparison<Same<TypeId::kNumeric>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1722, "numeric_lt", "<", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kBool, Comparison<Same<TypeId::kNumeric>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1723, "numeric_le", "<=", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kBool, Comparison<Same<TypeId::kNumeric>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1720, "numeric_gt", ">", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kBool, Comparison<Same<TypeId::kNumeric>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1721, "numeric_ge", ">=", {TypeId::kNumeric, TypeId::kNumeric}, TypeId::kBool, Comparison<Same<TypeId::kNumeric>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {184, "oideq", "=", {TypeId::kOid, TypeId::kOid}, TypeId::kBool, Comparison<Same<TypeId::kOid>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {185, "oidne", "<>", {TypeId::kOid, TypeId::kOid}, TypeId::kBool, Comparison<Same<TypeId::kOid>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {716, "oidlt", "<", {TypeId::kOid, TypeId::kOid}, TypeId::kBool, Comparison<Same<TypeId::kOid>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {717, "oidle", "<=", {TypeId::kOid, TypeId::kOid}, TypeId::kBool, Comparison<Same<TypeId::kOid>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1638, "oidgt", ">", {TypeId::kOid, TypeId::kOid}, TypeId::kBool, Comparison<Same<TypeId::kOid>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1639, "oidge", ">=", {TypeId::kOid, TypeId::kOid}, TypeId::kBool, Comparison<Same<TypeId::kOid>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {247, "texteqname", "=", {TypeId::kText, TypeId::kName}, TypeId::kBool, Comparison<Bytes, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {252, "textnename", "<>", {TypeId::kText, TypeId::kName}, TypeId::kBool, Comparison<Bytes, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {248, "textltname", "<", {TypeId::kText, TypeId::kName}, TypeId::kBool, Comparison<Bytes, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {249, "textlename", "<=", {TypeId::kText, TypeId::kName}, TypeId::kBool, Comparison<Bytes, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {251, "textgtname", ">", {TypeId::kText, TypeId::kName}, TypeId::kBool, Comparison<Bytes, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {250, "textgename", ">=", {TypeId::kText, TypeId::kName}, TypeId::kBool, Comparison<Bytes, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {67, "texteq", "=", {TypeId::kText, TypeId::kText}, TypeId::kBool, Comparison<Same<TypeId::kText>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {157, "textne", "<>", {TypeId::kText, TypeId::kText}, TypeId::kBool, Comparison<Same<TypeId::kText>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {740, "text_lt", "<", {TypeId::kText, TypeId::kText}, TypeId::kBool, Comparison<Same<TypeId::kText>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {741, "text_le", "<=", {TypeId::kText, TypeId::kText}, TypeId::kBool, Comparison<Same<TypeId::kText>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {742, "text_gt", ">", {TypeId::kText, TypeId::kText}, TypeId::kBool, Comparison<Same<TypeId::kText>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {743, "text_ge", ">=", {TypeId::kText, TypeId::kText}, TypeId::kBool, Comparison<Same<TypeId::kText>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {2366, "timestamp_eq_date", "=", {TypeId::kTimestamp, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kDate>, InlineOp::kEq>, InlineOp::kNone});
  Add(list, {2369, "timestamp_ne_date", "<>", {TypeId::kTimestamp, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kDate>, InlineOp::kNe>, InlineOp::kNone});
  Add(list, {2364, "timestamp_lt_date", "<", {TypeId::kTimestamp, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kDate>, InlineOp::kLt>, InlineOp::kNone});
  Add(list, {2365, "timestamp_le_date", "<=", {TypeId::kTimestamp, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kDate>, InlineOp::kLe>, InlineOp::kNone});
  Add(list, {2367, "timestamp_gt_date", ">", {TypeId::kTimestamp, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kDate>, InlineOp::kGt>, InlineOp::kNone});
  Add(list, {2368, "timestamp_ge_date", ">=", {TypeId::kTimestamp, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kDate>, InlineOp::kGe>, InlineOp::kNone});
  Add(list, {2052, "timestamp_eq", "=", {TypeId::kTimestamp, TypeId::kTimestamp}, TypeId::kBool, Comparison<Same<TypeId::kTimestamp>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {2053, "timestamp_ne", "<>", {TypeId::kTimestamp, TypeId::kTimestamp}, TypeId::kBool, Comparison<Same<TypeId::kTimestamp>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {2054, "timestamp_lt", "<", {TypeId::kTimestamp, TypeId::kTimestamp}, TypeId::kBool, Comparison<Same<TypeId::kTimestamp>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {2055, "timestamp_le", "<=", {TypeId::kTimestamp, TypeId::kTimestamp}, TypeId::kBool, Comparison<Same<TypeId::kTimestamp>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {2057, "timestamp_gt", ">", {TypeId::kTimestamp, TypeId::kTimestamp}, TypeId::kBool, Comparison<Same<TypeId::kTimestamp>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {2056, "timestamp_ge", ">=", {TypeId::kTimestamp, TypeId::kTimestamp}, TypeId::kBool, Comparison<Same<TypeId::kTimestamp>, InlineOp::kGe>, InlineOp::kGe});
  Add(list, {2522, "timestamp_eq_timestamptz", "=", {TypeId::kTimestamp, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kTimestampTz>, InlineOp::kEq>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2525, "timestamp_ne_timestamptz", "<>", {TypeId::kTimestamp, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kTimestampTz>, InlineOp::kNe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2520, "timestamp_lt_timestamptz", "<", {TypeId::kTimestamp, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kTimestampTz>, InlineOp::kLt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2521, "timestamp_le_timestamptz", "<=", {TypeId::kTimestamp, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kTimestampTz>, InlineOp::kLe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2523, "timestamp_gt_timestamptz", ">", {TypeId::kTimestamp, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kTimestampTz>, InlineOp::kGt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2524, "timestamp_ge_timestamptz", ">=", {TypeId::kTimestamp, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Times<TypeId::kTimestamp, TypeId::kTimestampTz>, InlineOp::kGe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2379, "timestamptz_eq_date", "=", {TypeId::kTimestampTz, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kDate>, InlineOp::kEq>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2382, "timestamptz_ne_date", "<>", {TypeId::kTimestampTz, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kDate>, InlineOp::kNe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2377, "timestamptz_lt_date", "<", {TypeId::kTimestampTz, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kDate>, InlineOp::kLt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2378, "timestamptz_le_date", "<=", {TypeId::kTimestampTz, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kDate>, InlineOp::kLe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2380, "timestamptz_gt_date", ">", {TypeId::kTimestampTz, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kDate>, InlineOp::kGt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2381, "timestamptz_ge_date", ">=", {TypeId::kTimestampTz, TypeId::kDate}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kDate>, InlineOp::kGe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2529, "timestamptz_eq_timestamp", "=", {TypeId::kTimestampTz, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kTimestamp>, InlineOp::kEq>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2532, "timestamptz_ne_timestamp", "<>", {TypeId::kTimestampTz, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kTimestamp>, InlineOp::kNe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2527, "timestamptz_lt_timestamp", "<", {TypeId::kTimestampTz, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kTimestamp>, InlineOp::kLt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2528, "timestamptz_le_timestamp", "<=", {TypeId::kTimestampTz, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kTimestamp>, InlineOp::kLe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2530, "timestamptz_gt_timestamp", ">", {TypeId::kTimestampTz, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kTimestamp>, InlineOp::kGt>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {2531, "timestamptz_ge_timestamp", ">=", {TypeId::kTimestampTz, TypeId::kTimestamp}, TypeId::kBool, Comparison<Times<TypeId::kTimestampTz, TypeId::kTimestamp>, InlineOp::kGe>, InlineOp::kNone, false, true, Volatility::kStable});
  Add(list, {1152, "timestamptz_eq", "=", {TypeId::kTimestampTz, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Same<TypeId::kTimestampTz>, InlineOp::kEq>, InlineOp::kEq});
  Add(list, {1153, "timestamptz_ne", "<>", {TypeId::kTimestampTz, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Same<TypeId::kTimestampTz>, InlineOp::kNe>, InlineOp::kNe});
  Add(list, {1154, "timestamptz_lt", "<", {TypeId::kTimestampTz, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Same<TypeId::kTimestampTz>, InlineOp::kLt>, InlineOp::kLt});
  Add(list, {1155, "timestamptz_le", "<=", {TypeId::kTimestampTz, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Same<TypeId::kTimestampTz>, InlineOp::kLe>, InlineOp::kLe});
  Add(list, {1157, "timestamptz_gt", ">", {TypeId::kTimestampTz, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Same<TypeId::kTimestampTz>, InlineOp::kGt>, InlineOp::kGt});
  Add(list, {1156, "timestamptz_ge", ">=", {TypeId::kTimestampTz, TypeId::kTimestampTz}, TypeId::kBool, Comparison<Same<TypeId::kTimestampTz>, InlineOp::kGe>, InlineOp::kGe});
  const auto six = [list](const char* prefix, TypeId type, const std::array<uint32_t, 6>& oids,
                          const std::array<BoxedFunction, 6>& boxed) {
    static constexpr std::string_view kSuffixes[] = {"eq", "ne", "lt", "le", "gt", "ge"};
    static constexpr std::string_view kSymbols[] = {"=", "<>", "<", "<=", ">", ">="};
    static constexpr InlineOp kOps[] = {InlineOp::kEq, InlineOp::kNe, InlineOp::kLt,
                                        InlineOp::kLe, InlineOp::kGt, InlineOp::kGe};
    static std::deque<std::string> names;  // functions keep views of their names
    for (size_t i = 0; i < 6; ++i) {
      names.push_back(std::string(prefix) + std::string(kSuffixes[i]));
      Add(list, {oids[i], names.back(), kSymbols[i], {type, type}, TypeId::kBool, boxed[i], kOps[i]});
    }
  };
  six("bytea", TypeId::kBytea, {1948, 1953, 1949, 1950, 1951, 1952}, AllSix<TypeId::kBytea>());
  six("uuid_", TypeId::kUuid, {2956, 2959, 2954, 2955, 2958, 2957}, AllSix<TypeId::kUuid>());
  six("time_", TypeId::kTime, {1145, 1106, 1102, 1103, 1104, 1105}, AllSix<TypeId::kTime>());
  six("timetz_", TypeId::kTimeTz, {1352, 1353, 1354, 1355, 1357, 1356}, AllSix<TypeId::kTimeTz>());
  six("jsonb_", TypeId::kJsonb, {4043, 4038, 4039, 4041, 4040, 4042}, AllSix<TypeId::kJsonb>());
  // clang-format on
}

}  // namespace lathe::func
