// Functions and operators of time and time with time zone, over runtime/types/time_of_day.h.
#include "runtime/func/tables.h"
#include "runtime/types/datetime.h"
#include "runtime/types/numeric.h"
#include "runtime/types/time_of_day.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Interval;
using types::TypeId;

Interval Negative(const Interval& v) {
  Interval n;
  n.micros = -(v.micros % types::kMicrosPerDay);
  return n;
}

template <bool kTz, int kSign, bool kSwapped>
CallStatus Shift(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const int64_t time = args[kSwapped ? 1 : 0].i64;
  const Interval& given = args[kSwapped ? 0 : 1].interval;
  const Interval by = kSign < 0 ? Negative(given) : given;
  return PutInt8(kTz ? types::AddToTimeTz(time, by) : types::AddToTime(time, by), result);
}
CallStatus TimeMinusTime(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->interval = Interval();
  result->interval.micros = args[0].i64 - args[1].i64;
  return CallStatus::kOk;
}
/// date + time, either way round.
template <bool kSwapped>
CallStatus DatePlusTime(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<int64_t> day = types::DateToTimestamp(args[kSwapped ? 1 : 0].i32);
  if (!day.ok()) return context->Fail(std::move(day).error());
  if (!types::IsFiniteTimestamp(*day)) return PutInt8(*day, result);
  const int64_t sum = *day + args[kSwapped ? 0 : 1].i64;
  if (sum < types::kTimestampMin || sum >= types::kTimestampEnd)
    return context->Fail(types::TimestampOutOfRange());
  return PutInt8(sum, result);
}
template <bool kSwapped>
CallStatus DatePlusTimeTz(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<int64_t> day = types::DateToTimestamp(args[kSwapped ? 1 : 0].i32);
  if (!day.ok()) return context->Fail(std::move(day).error());
  if (!types::IsFiniteTimestamp(*day)) return PutInt8(*day, result);
  const types::TimeTz time = types::UnpackTimeTz(args[kSwapped ? 0 : 1].i64);
  const int64_t sum = *day + time.time - time.offset_east * types::kMicrosPerSecond;
  if (sum < types::kTimestampMin || sum >= types::kTimestampEnd)
    return context->Fail(types::TimestampOutOfRange());
  return PutInt8(sum, result);
}

template <bool kTz>
Result<types::Numeric> FieldOf(const Datum* args) {
  return kTz ? types::ExtractTimeTzField(args[0].string.view(), args[1].i64)
             : types::ExtractTimeField(args[0].string.view(), args[1].i64);
}
template <bool kTz>
CallStatus Extract(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<types::Numeric> field = FieldOf<kTz>(args);
  if (!field.ok()) return context->Fail(std::move(field).error());
  *result = field->ToDatum(context->arena);
  return CallStatus::kOk;
}
template <bool kTz>
CallStatus Part(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<types::Numeric> field = FieldOf<kTz>(args);
  if (!field.ok()) return context->Fail(std::move(field).error());
  result->f64 = field->ToDouble();
  return CallStatus::kOk;
}

CallStatus MakeTime(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutInt8(context, types::MakeTime(args[0].i32, args[1].i32, args[2].f64), result);
}

/// timetz AT TIME ZONE: the zone's offset is that of now.
CallStatus AtZone(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<const types::TimeZone*> zone = types::TimeZone::Find(args[0].string.view());
  if (!zone.ok()) return context->Fail(std::move(zone).error());
  int64_t now = context->format_or_default().time.now;
  now = (now >= 0 ? now : now - types::kMicrosPerSecond + 1) / types::kMicrosPerSecond;
  return PutInt8(
      types::TimeTzAtOffset(args[1].i64, (*zone)->OffsetAt(now + types::kUnixEpochSeconds)),
      result);
}
CallStatus AtOffset(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Interval& offset = args[0].interval;
  if (offset.months != 0 || offset.days != 0) {
    std::string text;
    types::AppendInterval(offset, &text);
    return context->Fail(SqlState::kInvalidParameterValue,
                         "interval time zone \"" + text + "\" must not include months or days");
  }
  return PutInt8(types::TimeTzAtOffset(
                     args[1].i64, static_cast<int32_t>(offset.micros / types::kMicrosPerSecond)),
                 result);
}

/// (start, end or length, start, end or length) of times. As for timestamps, NULL ends are allowed
/// where the others decide.
template <bool kFirstLength, bool kSecondLength>
CallStatus Overlaps(FunctionContext*, const Datum* args, const bool* nulls, Datum* result) {
  struct Bound {
    int64_t at;
    bool null;
  };
  Bound b[4];
  for (int i = 0; i < 4; ++i) {
    b[i] = {args[i].i64, nulls[i]};
    const bool length = (i == 1 && kFirstLength) || (i == 3 && kSecondLength);
    if (!length) continue;
    b[i].null = nulls[i] || nulls[i - 1];
    if (!b[i].null) b[i].at = types::AddToTime(b[i - 1].at, args[i].interval);
  }
  for (int i = 0; i < 4; i += 2) {
    if (b[i].null && b[i + 1].null) return CallStatus::kNull;
    if (b[i].null || (!b[i + 1].null && b[i].at > b[i + 1].at)) std::swap(b[i], b[i + 1]);
  }
  if (b[0].at == b[2].at) return b[1].null || b[3].null ? CallStatus::kNull : PutBool(true, result);
  // The one that starts first has to reach the other's start.
  const Bound &first_end = b[0].at < b[2].at ? b[1] : b[3],
              &other_end = b[0].at < b[2].at ? b[3] : b[1];
  const int64_t other_start = b[0].at < b[2].at ? b[2].at : b[0].at;
  if (first_end.null) return CallStatus::kNull;
  if (other_start < first_end.at) return PutBool(true, result);
  return other_end.null ? CallStatus::kNull : PutBool(false, result);
}

}  // namespace

void AddTimeFunctions(std::vector<Function>* list) {
  constexpr TypeId M = TypeId::kTime, Z = TypeId::kTimeTz, V = TypeId::kInterval, D = TypeId::kDate,
                   S = TypeId::kTimestamp, SZ = TypeId::kTimestampTz, T = TypeId::kText,
                   N = TypeId::kNumeric, F = TypeId::kFloat8, I = TypeId::kInt4, B = TypeId::kBool;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, bool can_fail = false, bool strict = true,
                 Volatility volatility = Volatility::kImmutable) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = can_fail;
    row.strict = strict;
    row.volatility = volatility;
    Add(list, row);
  };
  // clang-format off
  add(1747, "time_pl_interval", "+", {M, V}, M, Shift<false, 1, false>);
  add(1748, "time_mi_interval", "-", {M, V}, M, Shift<false, -1, false>);
  add(1849, "interval_pl_time", "+", {V, M}, M, Shift<false, 1, true>);
  add(1749, "timetz_pl_interval", "+", {Z, V}, Z, Shift<true, 1, false>);
  add(1750, "timetz_mi_interval", "-", {Z, V}, Z, Shift<true, -1, false>);
  add(2551, "interval_pl_timetz", "+", {V, Z}, Z, Shift<true, 1, true>);
  add(1690, "time_mi_time", "-", {M, M}, V, TimeMinusTime);
  add(1272, "datetime_pl", "+", {D, M}, S, DatePlusTime<false>, true);
  add(2547, "timedate_pl", "+", {M, D}, S, DatePlusTime<true>, true);
  add(1297, "datetimetz_pl", "+", {D, Z}, SZ, DatePlusTimeTz<false>, true);
  add(2552, "timetzdate_pl", "+", {Z, D}, SZ, DatePlusTimeTz<true>, true);
  add(6200, "extract", "", {T, M}, N, Extract<false>, true);
  add(6201, "extract", "", {T, Z}, N, Extract<true>, true);
  add(1385, "date_part", "", {T, M}, F, Part<false>, true);
  add(1273, "date_part", "", {T, Z}, F, Part<true>, true);
  add(3847, "make_time", "", {I, I, F}, M, MakeTime, true);
  add(2037, "timezone", "", {T, Z}, Z, AtZone, true, true, Volatility::kVolatile);
  add(2038, "timezone", "", {V, Z}, Z, AtOffset, true);
  add(1308, "overlaps", "", {M, M, M, M}, B, Overlaps<false, false>, false, false);
  add(1309, "overlaps", "", {M, V, M, V}, B, Overlaps<true, true>, false, false);
  add(1310, "overlaps", "", {M, M, M, V}, B, Overlaps<false, true>, false, false);
  add(1311, "overlaps", "", {M, V, M, M}, B, Overlaps<true, false>, false, false);
  add(1271, "overlaps", "", {Z, Z, Z, Z}, B, Overlaps<false, false>, false, false);
  // clang-format on
}

}  // namespace lathe::func
