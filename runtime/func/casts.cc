// The casts: which there are and where PostgreSQL applies them by itself (its pg_cast), and one
// conversion routine behind them all.
#include <array>
#include <cmath>

#include "runtime/func/cast.h"
#include "runtime/func/context.h"
#include "runtime/types/array.h"
#include "runtime/types/datetime.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"
#include "runtime/types/time_of_day.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Numeric;
using types::Type;
using types::TypeId;

constexpr size_t kTypeCount = 0
#define LATHE_TYPE(id, name, oid, array_oid, category, preferred, length) +1
#include "runtime/types/type_list.def"
#undef LATHE_TYPE
    ;

bool IsString(TypeId id) {
  return id == TypeId::kText || id == TypeId::kVarchar || id == TypeId::kBpChar ||
         id == TypeId::kName;
}
bool IsInteger(TypeId id) {
  return id == TypeId::kInt2 || id == TypeId::kInt4 || id == TypeId::kInt8;
}
bool IsOidLike(TypeId id) {
  return id == TypeId::kOid || id == TypeId::kRegclass || id == TypeId::kRegtype ||
         id == TypeId::kRegproc || id == TypeId::kRegnamespace;
}
bool IsFloat(TypeId id) { return id == TypeId::kFloat4 || id == TypeId::kFloat8; }

/// An integer of any width, or an oid, as int64.
int64_t IntegerOf(TypeId id, const Datum& d) {
  switch (id) {
    case TypeId::kBool:
      return d.b;
    case TypeId::kChar:
      return d.i8;
    case TypeId::kInt2:
      return d.i16;
    case TypeId::kInt4:
      return d.i32;
    case TypeId::kInt8:
      return d.i64;
    default:
      return static_cast<uint32_t>(d.i32);
  }
}

CallStatus OutOfRange(FunctionContext* context, TypeId to) {
  const char* name = to == TypeId::kInt2   ? "smallint"
                     : to == TypeId::kInt4 ? "integer"
                     : to == TypeId::kInt8 ? "bigint"
                     : to == TypeId::kChar ? "\"char\""
                                           : "OID";
  return context->Fail(SqlState::kNumericValueOutOfRange, std::string(name) + " out of range");
}

CallStatus PutInteger(FunctionContext* context, int64_t v, TypeId to, Datum* result) {
  switch (to) {
    case TypeId::kBool:
      result->b = v != 0;
      return CallStatus::kOk;
    case TypeId::kChar:
      if (v < INT8_MIN || v > INT8_MAX) return OutOfRange(context, to);
      result->i8 = static_cast<int8_t>(v);
      return CallStatus::kOk;
    case TypeId::kInt2:
      if (v < INT16_MIN || v > INT16_MAX) return OutOfRange(context, to);
      result->i16 = static_cast<int16_t>(v);
      return CallStatus::kOk;
    case TypeId::kInt4:
      if (v < INT32_MIN || v > INT32_MAX) return OutOfRange(context, to);
      result->i32 = static_cast<int32_t>(v);
      return CallStatus::kOk;
    case TypeId::kInt8:
      result->i64 = v;
      return CallStatus::kOk;
    default:
      if (v < 0 || v > UINT32_MAX) return OutOfRange(context, to);
      result->i32 = static_cast<int32_t>(static_cast<uint32_t>(v));
      return CallStatus::kOk;
  }
}

CallStatus FloatToInteger(FunctionContext* context, double d, TypeId to, Datum* result) {
  const double r = std::rint(d);
  // 2^63 itself does not fit; the comparison is false for NaN.
  if (!(r >= -0x1p63 && r < 0x1p63)) return OutOfRange(context, to);
  return PutInteger(context, static_cast<int64_t>(r), to, result);
}

CallStatus NumericToInteger(FunctionContext* context, const Numeric& n, TypeId to, Datum* result) {
  const char* name = to == TypeId::kInt2 ? "smallint" : to == TypeId::kInt4 ? "integer" : "bigint";
  if (!n.is_finite()) {
    return context->Fail(
        SqlState::kFeatureNotSupported,
        std::string("cannot convert ") + (n.is_nan() ? "NaN" : "infinity") + " to " + name);
  }
  int64_t v;
  if (!n.ToInt64(&v)) return OutOfRange(context, to);
  return PutInteger(context, v, to, result);
}

CallStatus PutFloat(FunctionContext* context, double d, bool from_infinite, TypeId to,
                    Datum* result) {
  if (to == TypeId::kFloat8) {
    if (std::isinf(d) && !from_infinite) {
      return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: overflow");
    }
    result->f64 = d;
    return CallStatus::kOk;
  }
  result->f32 = static_cast<float>(d);
  if (std::isinf(result->f32) && !from_infinite) {
    return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: overflow");
  }
  if (result->f32 == 0 && d != 0) {
    return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: underflow");
  }
  return CallStatus::kOk;
}

CallStatus PutNumeric(FunctionContext* context, const Numeric& n, const Type& to, Datum* result) {
  Result<Numeric> fitted = n.WithTypmod(to.typmod);
  if (!fitted.ok()) return context->Fail(std::move(fitted).error());
  *result = fitted->ToDatum(context->arena);
  return CallStatus::kOk;
}

template <class T>
CallStatus Take(FunctionContext* context, Result<T> value, T* to) {
  if (!value.ok()) return context->Fail(std::move(value).error());
  *to = *value;
  return CallStatus::kOk;
}

CallStatus ToString(FunctionContext* context, const Datum& value, const Type& from, const Type& to,
                    bool is_explicit, Datum* result) {
  std::string_view text;
  std::string made;
  if (from.is_string_like()) {
    text = value.string.view();
    if (from.id == TypeId::kBpChar) text = types::TrimTrailingBlanks(text);
  } else {
    if (from.id == TypeId::kBool) {
      made = value.b ? "true" : "false";
    } else {
      const Type shown = from.id == TypeId::kNumeric ? Type(TypeId::kNumeric) : from;
      types::AppendText(shown, value, context->format_or_default(), &made);
    }
    text = made;
  }
  if (to.id == TypeId::kName && is_explicit == false && text.size() > 63) text = text.substr(0, 63);
  Result<std::string_view> fitted =
      types::ApplyLength(to, text, is_explicit || to.id == TypeId::kName);
  if (!fitted.ok()) return context->Fail(std::move(fitted).error());
  result->string =
      made.empty() ? types::StringRef{fitted->data(), fitted->size()} : context->Keep(*fitted);
  return CallStatus::kOk;
}

CallStatus FromString(FunctionContext* context, const Datum& value, const Type& to, Datum* result) {
  if (to.id == TypeId::kChar) {
    result->i8 = value.string.size == 0 ? 0 : value.string.data[0];
    return CallStatus::kOk;
  }
  Type target = to;
  if (to.id == TypeId::kNumeric) target = Type(TypeId::kNumeric, to.typmod);
  Status parsed = types::ParseText(target, value.string.view(), context->format_or_default(),
                                   context->arena, result);
  if (!parsed.ok()) return context->Fail(std::move(parsed).error());
  return CallStatus::kOk;
}

/// Conversions among date, timestamp and timestamptz, precision applied.
CallStatus ConvertTime(FunctionContext* context, const Datum& value, const Type& from,
                       const Type& to, Datum* result) {
  const types::TimeZone& zone = *context->format_or_default().time.zone;
  int64_t instant = value.i64;
  CallStatus done = CallStatus::kOk;
  if (from.id == TypeId::kDate) done = Take(context, types::DateToTimestamp(value.i32), &instant);
  if (done != CallStatus::kOk) return done;
  const bool from_local = from.id != TypeId::kTimestampTz, to_local = to.id != TypeId::kTimestampTz;
  if (from_local && !to_local) done = Take(context, types::LocalToInstant(instant, zone), &instant);
  if (!from_local && to_local) done = Take(context, types::InstantToLocal(instant, zone), &instant);
  if (done != CallStatus::kOk) return done;
  if (to.id == TypeId::kDate) return Take(context, types::TimestampToDate(instant), &result->i32);
  result->i64 = types::RoundTimestamp(instant, to.typmod);
  return CallStatus::kOk;
}

bool IsTime(TypeId id) {
  return id == TypeId::kDate || id == TypeId::kTimestamp || id == TypeId::kTimestampTz;
}

/// Conversions with time and timetz on either side.
CallStatus ConvertClock(FunctionContext* context, const Datum& value, const Type& from,
                        const Type& to, Datum* result) {
  const types::TimeSettings& settings = context->format_or_default().time;
  if (to.id == TypeId::kInterval) {  // of time
    types::Interval interval;
    interval.micros = value.i64;
    return Take(context, types::IntervalWithTypmod(interval, to.typmod), &result->interval);
  }
  if (to.id == TypeId::kTimeTz) {
    if (from.id == TypeId::kTimeTz) {
      types::TimeTz parts = types::UnpackTimeTz(value.i64);
      parts.time = types::RoundTimestamp(parts.time, to.typmod);
      result->i64 = types::PackTimeTz(parts);
      return CallStatus::kOk;
    }
    if (from.id == TypeId::kTime)
      return Take(context,
                  types::TimeTzOfTime(types::RoundTimestamp(value.i64, to.typmod), settings),
                  &result->i64);
    if (!types::IsFiniteTimestamp(value.i64)) return CallStatus::kNull;
    return Take(context, types::TimeTzOfInstant(value.i64, *settings.zone, to.typmod),
                &result->i64);
  }
  int64_t time = value.i64;
  if (from.id == TypeId::kInterval) {
    time = types::TimeOfTimestamp(value.interval.micros);
  } else if (from.id == TypeId::kTimeTz) {
    time = types::UnpackTimeTz(value.i64).time;
  } else if (from.id != TypeId::kTime) {
    if (!types::IsFiniteTimestamp(value.i64)) return CallStatus::kNull;
    if (from.id == TypeId::kTimestampTz) {
      const CallStatus done =
          Take(context, types::InstantToLocal(value.i64, *settings.zone), &time);
      if (done != CallStatus::kOk) return done;
    }
    time = types::TimeOfTimestamp(time);
  }
  result->i64 = types::RoundTimestamp(time, to.typmod);
  return CallStatus::kOk;
}

bool IsClock(TypeId id) { return id == TypeId::kTime || id == TypeId::kTimeTz; }
bool IsJson(TypeId id) { return id == TypeId::kJson || id == TypeId::kJsonb; }

CallStatus Convert(FunctionContext* context, const Datum& value, const Type& from, const Type& to,
                   bool is_explicit, Datum* result);

/// json <-> jsonb, and jsonb scalars as booleans and numbers.
CallStatus ConvertJson(FunctionContext* context, const Datum& value, const Type& from,
                       const Type& to, bool is_explicit, Datum* result) {
  const std::string_view bytes = value.string.view();
  if (to.id == TypeId::kJsonb) {
    if (from.id == TypeId::kJsonb) {
      *result = value;
      return CallStatus::kOk;
    }
    Result<std::string> made = types::ParseJsonb(bytes);
    if (!made.ok()) return context->Fail(std::move(made).error());
    result->string = context->Keep(*made);
    return CallStatus::kOk;
  }
  const types::JsonbView view(bytes);
  if (to.id == TypeId::kJson) {
    std::string text;
    types::AppendJsonb(view, &text);
    result->string = context->Keep(text);
    return CallStatus::kOk;
  }
  const types::JsonKind kind = view.kind();
  if (to.id == TypeId::kBool) {
    if (kind == types::JsonKind::kTrue || kind == types::JsonKind::kFalse) {
      result->b = kind == types::JsonKind::kTrue;
      return CallStatus::kOk;
    }
  } else if (kind == types::JsonKind::kNumber) {
    Datum number;
    number.string = {bytes.data() + 1, bytes.size() - 1};
    return Convert(context, number, Type(TypeId::kNumeric), to, is_explicit, result);
  }
  static constexpr const char* kKinds[] = {"null",    "string", "numeric", "boolean",
                                           "boolean", "array",  "object"};
  return context->Fail(SqlState::kInvalidParameterValue,
                       std::string("cannot cast jsonb ") + kKinds[static_cast<int>(kind)] +
                           " to type " + types::FormatType(Type(to.id)));
}

/// Element by element.
CallStatus ConvertArray(FunctionContext* context, const Datum& value, const Type& from,
                        const Type& to, bool is_explicit, Datum* result) {
  types::ArrayReader reader(value.string.view());
  const TypeId element = reader.element();
  if (to.element == element && to.typmod < 0) {
    *result = value;
    return CallStatus::kOk;
  }
  const Type target(to.element, to.typmod);
  const Cast* cast = element == to.element ? nullptr : FindCast(element, to.element);
  types::ArrayBuilder builder(to.element);
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum item, made;
    if (!reader.Next(&item)) {
      builder.AddNull();
      continue;
    }
    CallStatus status = CallStatus::kOk;
    if (cast != nullptr || element == to.element) {
      status = Convert(context, item, Type(element), target, is_explicit, &made);
    } else {
      return context->Fail(SqlState::kCannotCoerce, "cannot cast type " + types::FormatType(from) +
                                                        " to " + types::FormatType(to));
    }
    if (status == CallStatus::kError) return status;
    if (status == CallStatus::kNull) {
      builder.AddNull();
    } else {
      builder.Add(made);
    }
  }
  *result = builder.ToDatum(reader.dimensions(), context->arena);
  return CallStatus::kOk;
}

CallStatus Convert(FunctionContext* context, const Datum& value, const Type& from, const Type& to,
                   bool is_explicit, Datum* result) {
  if (from.id == TypeId::kArray && to.id == TypeId::kArray)
    return ConvertArray(context, value, from, to, is_explicit, result);
  if (IsString(to.id)) return ToString(context, value, from, to, is_explicit, result);
  if (IsString(from.id) || from.id == TypeId::kUnknown)
    return FromString(context, value, to, result);
  if (IsJson(from.id)) return ConvertJson(context, value, from, to, is_explicit, result);
  if (IsClock(from.id) || IsClock(to.id)) return ConvertClock(context, value, from, to, result);
  if (to.id == TypeId::kUuid || to.id == TypeId::kBytea) {
    *result = value;
    return CallStatus::kOk;
  }
  if (to.id == TypeId::kNumeric) {
    if (from.id == TypeId::kNumeric)
      return PutNumeric(context, Numeric::FromDatum(value), to, result);
    if (from.id == TypeId::kFloat8)
      return PutNumeric(context, Numeric::FromDouble(value.f64), to, result);
    if (from.id == TypeId::kFloat4)
      return PutNumeric(context, Numeric::FromFloat(value.f32), to, result);
    return PutNumeric(context, Numeric::FromInt64(IntegerOf(from.id, value)), to, result);
  }
  if (from.id == TypeId::kNumeric) {
    const Numeric n = Numeric::FromDatum(value);
    if (IsFloat(to.id)) {
      const double d = n.ToDouble();
      const bool single = to.id == TypeId::kFloat4;
      const double shown = single ? static_cast<double>(static_cast<float>(d)) : d;
      if (n.is_finite() && (std::isinf(shown) || (shown == 0 && !n.is_zero()))) {
        return context->Fail(SqlState::kNumericValueOutOfRange,
                             "\"" + n.ToText() + "\" is out of range for type " +
                                 (single ? "real" : "double precision"));
      }
      return PutFloat(context, d, n.is_infinite(), to.id, result);
    }
    return NumericToInteger(context, n, to.id, result);
  }
  if (IsFloat(from.id)) {
    const double d = from.id == TypeId::kFloat4 ? value.f32 : value.f64;
    if (IsFloat(to.id)) return PutFloat(context, d, std::isinf(d), to.id, result);
    return FloatToInteger(context, d, to.id, result);
  }
  if (IsFloat(to.id)) {
    return PutFloat(context, static_cast<double>(IntegerOf(from.id, value)), false, to.id, result);
  }
  if (IsTime(from.id) && IsTime(to.id)) return ConvertTime(context, value, from, to, result);
  if (from.id == TypeId::kInterval && to.id == TypeId::kInterval) {
    return Take(context, types::IntervalWithTypmod(value.interval, to.typmod), &result->interval);
  }
  // Between int4 (int2) and oid only the bits count.
  if (IsOidLike(to.id) && from.id != TypeId::kInt8) {
    result->i32 = static_cast<int32_t>(IntegerOf(from.id, value));
    return CallStatus::kOk;
  }
  if (IsOidLike(from.id) && to.id == TypeId::kInt4) {
    result->i32 = value.i32;
    return CallStatus::kOk;
  }
  return PutInteger(context, IntegerOf(from.id, value), to.id, result);
}

struct CastTable {
  std::array<std::array<Cast, kTypeCount>, kTypeCount> casts{};
  std::array<std::array<bool, kTypeCount>, kTypeCount> there{};

  void Put(TypeId from, TypeId to, CastContext context, bool can_fail) {
    const auto f = static_cast<size_t>(from), t = static_cast<size_t>(to);
    casts[f][t] = Cast{from, to, context, can_fail, Convert};
    there[f][t] = true;
  }

  CastTable() {
    using enum TypeId;
    using enum CastContext;
    // Through text: any type to a string on assignment, a string to any type explicitly.
    for (size_t i = 0; i < kTypeCount; ++i) {
      const auto id = static_cast<TypeId>(i);
      if (id == kVoid || (Type(id).is_polymorphic() && id != kArray)) continue;
      for (TypeId text : {kText, kVarchar, kBpChar, kName}) {
        if (id == text) continue;
        Put(id, text, kAssignment, text != kText && text != kName);
        if (!IsString(id)) Put(text, id, kExplicit, true);
      }
      Put(kUnknown, id, kImplicit, true);
    }
    // pg_cast.
    const TypeId regs[] = {kRegproc, kRegclass, kRegtype, kRegnamespace};
    Put(kBool, kInt4, kExplicit, false);
    Put(kInt4, kBool, kExplicit, false);
    Put(kInt4, kChar, kExplicit, true);
    Put(kChar, kInt4, kExplicit, false);
    Put(kChar, kText, kImplicit, false);
    Put(kName, kText, kImplicit, false);
    Put(kText, kName, kImplicit, false);
    Put(kBpChar, kName, kImplicit, false);
    Put(kVarchar, kName, kImplicit, false);
    Put(kText, kVarchar, kImplicit, true);
    Put(kText, kBpChar, kImplicit, true);
    Put(kVarchar, kText, kImplicit, false);
    Put(kVarchar, kBpChar, kImplicit, true);
    Put(kVarchar, kVarchar, kImplicit, true);
    Put(kBpChar, kText, kImplicit, false);
    Put(kBpChar, kVarchar, kImplicit, true);
    Put(kBpChar, kBpChar, kImplicit, true);
    for (TypeId text : {kText, kVarchar, kBpChar}) Put(text, kChar, kAssignment, false);
    Put(kText, kRegclass, kImplicit, true);
    Put(kVarchar, kRegclass, kImplicit, true);
    Put(kInt2, kInt4, kImplicit, false);
    Put(kInt2, kInt8, kImplicit, false);
    Put(kInt4, kInt8, kImplicit, false);
    Put(kInt4, kInt2, kAssignment, true);
    Put(kInt8, kInt2, kAssignment, true);
    Put(kInt8, kInt4, kAssignment, true);
    for (TypeId integer : {kInt2, kInt4, kInt8}) {
      Put(integer, kFloat4, kImplicit, false);
      Put(integer, kFloat8, kImplicit, false);
      Put(integer, kNumeric, kImplicit, true);  // numeric(p,s) may be too small
      Put(kFloat4, integer, kAssignment, true);
      Put(kFloat8, integer, kAssignment, true);
      Put(kNumeric, integer, kAssignment, true);
      Put(integer, kOid, kImplicit, integer != kInt4);
      for (TypeId reg : regs) Put(integer, reg, kImplicit, integer != kInt4);
    }
    Put(kOid, kInt8, kAssignment, false);
    Put(kOid, kInt4, kAssignment, false);
    for (TypeId reg : regs) {
      Put(kOid, reg, kImplicit, false);
      Put(reg, kOid, kImplicit, false);
      Put(reg, kInt4, kAssignment, false);
      Put(reg, kInt8, kAssignment, false);
    }
    Put(kFloat4, kFloat8, kImplicit, false);
    Put(kFloat8, kFloat4, kAssignment, true);
    Put(kFloat4, kNumeric, kAssignment, true);
    Put(kFloat8, kNumeric, kAssignment, true);
    Put(kNumeric, kFloat4, kImplicit, true);
    Put(kNumeric, kFloat8, kImplicit, true);
    Put(kNumeric, kNumeric, kImplicit, true);
    Put(kDate, kTimestamp, kImplicit, true);
    Put(kDate, kTimestampTz, kImplicit, true);
    Put(kTimestamp, kDate, kAssignment, true);
    Put(kTimestamp, kTimestamp, kImplicit, false);
    Put(kTimestamp, kTimestampTz, kImplicit, true);
    Put(kTimestampTz, kDate, kAssignment, true);
    Put(kTimestampTz, kTimestamp, kAssignment, true);
    Put(kTimestampTz, kTimestampTz, kImplicit, false);
    Put(kInterval, kInterval, kImplicit, true);
    Put(kTime, kInterval, kImplicit, true);
    Put(kTime, kTimeTz, kImplicit, true);
    Put(kTime, kTime, kImplicit, false);
    Put(kTimeTz, kTimeTz, kImplicit, false);
    Put(kTimeTz, kTime, kAssignment, false);
    Put(kInterval, kTime, kAssignment, false);
    Put(kTimestamp, kTime, kAssignment, false);
    Put(kTimestampTz, kTime, kAssignment, true);
    Put(kTimestampTz, kTimeTz, kAssignment, true);
    Put(kJson, kJsonb, kAssignment, true);
    Put(kJsonb, kJson, kAssignment, false);
    for (TypeId id : {kBool, kInt2, kInt4, kInt8, kFloat4, kFloat8, kNumeric})
      Put(kJsonb, id, kExplicit, true);
    // Where the elements have a cast (the binder asks).
    Put(kArray, kArray, kExplicit, true);
  }
};

int IntegerRank(TypeId id) { return id == TypeId::kInt2 ? 1 : id == TypeId::kInt4 ? 2 : 3; }

}  // namespace

const Cast* FindCast(TypeId from, TypeId to) {
  static const CastTable table;
  const auto f = static_cast<size_t>(from), t = static_cast<size_t>(to);
  return table.there[f][t] ? &table.casts[f][t] : nullptr;
}

InlineCast InlineCastFor(const Type& from, const Type& to) {
  if (from == to) return InlineCast::kSame;
  if (IsInteger(from.id) && IsInteger(to.id)) {
    return IntegerRank(from.id) < IntegerRank(to.id) ? InlineCast::kIntWiden
                                                     : InlineCast::kIntNarrow;
  }
  if (IsInteger(from.id) && IsFloat(to.id)) return InlineCast::kIntToFloat;
  if (IsFloat(from.id) && IsInteger(to.id)) return InlineCast::kFloatToInt;
  if (from.id == TypeId::kFloat4 && to.id == TypeId::kFloat8) return InlineCast::kFloatWiden;
  if (from.id == TypeId::kFloat8 && to.id == TypeId::kFloat4) return InlineCast::kFloatNarrow;
  if (IsInteger(from.id) && to.is_fixed_numeric()) return InlineCast::kIntToFixed;
  if (from.is_fixed_numeric()) {
    if (IsInteger(to.id)) return InlineCast::kFixedToInt;
    if (to.is_fixed_numeric()) return InlineCast::kFixedToFixed;
    if (to.id == TypeId::kFloat8) return InlineCast::kFixedToFloat;
    if (to.id == TypeId::kNumeric && to.typmod == -1) return InlineCast::kFixedToBig;
  }
  if (from.is_big_numeric() && to.is_fixed_numeric()) return InlineCast::kBigToFixed;
  if (from.is_big_numeric() && to.is_big_numeric() && to.typmod == -1) return InlineCast::kSame;
  if (from.is_string_like() && to.is_string_like() && from.id != TypeId::kUnknown) {
    // char(n) values lie without their trailing blanks already; a char without length may have
    // some.
    if (from.id == TypeId::kBpChar && from.typmod == -1) return InlineCast::kNone;
    if (to.id == TypeId::kText || (to.id == TypeId::kVarchar && to.typmod == -1))
      return InlineCast::kSame;
  }
  if ((from.id == TypeId::kInt4 && IsOidLike(to.id)) ||
      (IsOidLike(from.id) && to.id == TypeId::kInt4) || (IsOidLike(from.id) && IsOidLike(to.id))) {
    return InlineCast::kSame;
  }
  if (from.id == TypeId::kDate && to.id == TypeId::kTimestamp) return InlineCast::kDateToTimestamp;
  if (from.id == TypeId::kTimestamp && to.id == TypeId::kDate) return InlineCast::kTimestampToDate;
  if (from.id == to.id &&
      (to.id == TypeId::kTimestamp || to.id == TypeId::kTimestampTz || to.id == TypeId::kInterval ||
       to.id == TypeId::kTime || to.id == TypeId::kTimeTz) &&
      to.typmod == -1) {
    return InlineCast::kSame;
  }
  return InlineCast::kNone;
}

}  // namespace lathe::func
