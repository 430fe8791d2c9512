// Functions and operators of dates, timestamps and intervals, over runtime/types/datetime.h.
#include <cmath>

#include "runtime/base/clock.h"
#include "runtime/func/tables.h"
#include "runtime/types/datetime.h"
#include "runtime/types/numeric.h"

namespace lathe::func {
namespace {

using types::DateSource;
using types::Datum;
using types::Interval;
using types::TimeZone;
using types::TypeId;

const TimeZone& Zone(FunctionContext* context) { return *context->format_or_default().time.zone; }

// A result, or the error.
CallStatus Put(FunctionContext* context, Result<int64_t> value, Datum* result) {
  if (!value.ok()) return context->Fail(std::move(value).error());
  result->i64 = *value;
  return CallStatus::kOk;
}
CallStatus Put(FunctionContext* context, Result<int32_t> value, Datum* result) {
  if (!value.ok()) return context->Fail(std::move(value).error());
  result->i32 = *value;
  return CallStatus::kOk;
}
CallStatus Put(FunctionContext* context, Result<Interval> value, Datum* result) {
  if (!value.ok()) return context->Fail(std::move(value).error());
  result->interval = *value;
  return CallStatus::kOk;
}

Result<Interval> Negated(const Interval& interval) { return types::NegateInterval(interval); }

/// timestamp + interval for a date, timestamp or instant; kSign -1 subtracts.
template <TypeId kType, int kSign>
CallStatus ShiftBy(FunctionContext* context, const Datum& when, const Interval& by, Datum* result) {
  Interval step = by;
  if (kSign < 0) {
    Result<Interval> negated = Negated(by);
    if (!negated.ok()) return context->Fail(std::move(negated).error());
    step = *negated;
  }
  if (kType == TypeId::kTimestampTz)
    return Put(context, types::AddIntervalTz(when.i64, step, Zone(context)), result);
  int64_t timestamp = when.i64;
  if (kType == TypeId::kDate) {
    Result<int64_t> converted = types::DateToTimestamp(when.i32);
    if (!converted.ok()) return context->Fail(std::move(converted).error());
    timestamp = *converted;
  }
  return Put(context, types::AddInterval(timestamp, step), result);
}
template <TypeId kType, int kSign>
CallStatus Shift(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return ShiftBy<kType, kSign>(context, args[0], args[1].interval, result);
}
template <TypeId kType>
CallStatus ShiftSwapped(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return ShiftBy<kType, 1>(context, args[1], args[0].interval, result);
}

CallStatus DatePlusDays(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::AddDays(args[0].i32, args[1].i32), result);
}
CallStatus DaysPlusDate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::AddDays(args[1].i32, args[0].i32), result);
}
CallStatus DateMinusDays(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::AddDays(args[0].i32, -int64_t{args[1].i32}), result);
}
CallStatus DateMinusDate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (!types::IsFiniteDate(args[0].i32) || !types::IsFiniteDate(args[1].i32)) {
    return context->Fail(SqlState::kDatetimeFieldOverflow, "cannot subtract infinite dates");
  }
  result->i32 = args[0].i32 - args[1].i32;
  return CallStatus::kOk;
}
CallStatus TimestampMinus(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::TimestampDifference(args[0].i64, args[1].i64), result);
}

template <Result<Interval> (*kOp)(const Interval&, const Interval&)>
CallStatus IntervalBinary(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, kOp(args[0].interval, args[1].interval), result);
}
template <Result<Interval> (*kOp)(const Interval&)>
CallStatus IntervalUnary(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, kOp(args[0].interval), result);
}
template <Result<Interval> (*kOp)(const Interval&, double)>
CallStatus IntervalScale(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, kOp(args[0].interval, args[1].f64), result);
}
CallStatus ScaleInterval(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::MultiplyInterval(args[1].interval, args[0].f64), result);
}

template <DateSource kSource>
CallStatus Extract(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  bool is_null;
  Result<types::Numeric> field =
      types::ExtractField(args[0].string.view(), kSource, args[1], Zone(context), &is_null);
  if (!field.ok()) return context->Fail(std::move(field).error());
  if (is_null) return CallStatus::kNull;
  *result = field->ToDatum(context->arena);
  return CallStatus::kOk;
}
template <DateSource kSource>
CallStatus Part(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  bool is_null;
  Result<double> field =
      types::DatePart(args[0].string.view(), kSource, args[1], Zone(context), &is_null);
  if (!field.ok()) return context->Fail(std::move(field).error());
  if (is_null) return CallStatus::kNull;
  result->f64 = *field;
  return CallStatus::kOk;
}

/// Of the date's midnight, so that hours and seconds are 0.
CallStatus PartOfDate(FunctionContext* context, const Datum* args, const bool* nulls,
                      Datum* result) {
  Result<int64_t> midnight = types::DateToTimestamp(args[1].i32);
  if (!midnight.ok()) return context->Fail(std::move(midnight).error());
  Datum parts[2] = {args[0], Datum()};
  parts[1].i64 = *midnight;
  return Part<DateSource::kTimestamp>(context, parts, nulls, result);
}

CallStatus Truncate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::TruncateTimestamp(args[0].string.view(), args[1].i64), result);
}
CallStatus TruncateTz(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::TruncateTimestampTz(args[0].string.view(), args[1].i64, Zone(context)),
             result);
}
CallStatus TruncateTzZone(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<const TimeZone*> zone = TimeZone::Find(args[2].string.view());
  if (!zone.ok()) return context->Fail(std::move(zone).error());
  return Put(context, types::TruncateTimestampTz(args[0].string.view(), args[1].i64, **zone),
             result);
}
CallStatus TruncateOfInterval(FunctionContext* context, const Datum* args, const bool*,
                              Datum* result) {
  return Put(context, types::TruncateInterval(args[0].string.view(), args[1].interval), result);
}
CallStatus Bin(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::BinTimestamp(args[0].interval, args[1].i64, args[2].i64), result);
}

int64_t FromUnix(int64_t unix_micros) {
  return unix_micros - types::kUnixEpochSeconds * types::kMicrosPerSecond;
}

/// Midnight of the transaction's day on the session's clock.
Result<int64_t> TodayLocal(FunctionContext* context) {
  LATHE_ASSIGN(int64_t local,
               types::InstantToLocal(FromUnix(context->transaction_timestamp), Zone(context)));
  return types::TruncateTimestamp("day", local);
}
template <bool kTz>
CallStatus AgeOf2(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  int64_t times[2] = {args[0].i64, args[1].i64};
  for (int64_t& t : times) {
    if (!kTz) break;
    Result<int64_t> local = types::InstantToLocal(t, Zone(context));
    if (!local.ok()) return context->Fail(std::move(local).error());
    t = *local;
  }
  return Put(context, types::Age(times[0], times[1]), result);
}
template <bool kTz>
CallStatus AgeOf1(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<int64_t> today = TodayLocal(context);
  if (!today.ok()) return context->Fail(std::move(today).error());
  int64_t then = args[0].i64;
  if (kTz) {
    Result<int64_t> local = types::InstantToLocal(then, Zone(context));
    if (!local.ok()) return context->Fail(std::move(local).error());
    then = *local;
  }
  return Put(context, types::Age(*today, then), result);
}

CallStatus Now(FunctionContext* context, const Datum*, const bool*, Datum* result) {
  result->i64 = FromUnix(context->transaction_timestamp);
  return CallStatus::kOk;
}
CallStatus StatementTimestamp(FunctionContext* context, const Datum*, const bool*, Datum* result) {
  result->i64 = FromUnix(context->statement_timestamp);
  return CallStatus::kOk;
}
CallStatus ClockTimestamp(FunctionContext*, const Datum*, const bool*, Datum* result) {
  result->i64 = FromUnix(base::Clock::System()->UnixMicros());
  return CallStatus::kOk;
}

CallStatus MakeDateOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::MakeDate(args[0].i32, args[1].i32, args[2].i32), result);
}
CallStatus MakeTimestampOf(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  return Put(context,
             types::MakeTimestamp(args[0].i32, args[1].i32, args[2].i32, args[3].i32, args[4].i32,
                                  args[5].f64),
             result);
}
CallStatus MakeInstant(FunctionContext* context, const Datum* args, const TimeZone& zone,
                       Datum* result) {
  Result<int64_t> local = types::MakeTimestamp(args[0].i32, args[1].i32, args[2].i32, args[3].i32,
                                               args[4].i32, args[5].f64);
  if (!local.ok()) return context->Fail(std::move(local).error());
  return Put(context, types::LocalToInstant(*local, zone), result);
}
CallStatus MakeTimestampTz(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  return MakeInstant(context, args, Zone(context), result);
}
CallStatus MakeTimestampTzZone(FunctionContext* context, const Datum* args, const bool*,
                               Datum* result) {
  Result<const TimeZone*> zone = TimeZone::Find(args[6].string.view());
  if (!zone.ok()) return context->Fail(std::move(zone).error());
  return MakeInstant(context, args, **zone, result);
}
/// The first kCount of years, months, weeks, days, hours, minutes, seconds.
template <int kCount>
CallStatus MakeIntervalOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  int32_t parts[6] = {0, 0, 0, 0, 0, 0};
  for (int i = 0; i < kCount && i < 6; ++i) parts[i] = args[i].i32;
  return Put(context,
             types::MakeInterval(parts[0], parts[1], parts[2], parts[3], parts[4], parts[5],
                                 kCount == 7 ? args[6].f64 : 0),
             result);
}
CallStatus ToTimestamp(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return Put(context, types::TimestampFromUnix(args[0].f64), result);
}

/// The zone named by text, or given as an interval.
Result<const TimeZone*> ZoneFromInterval(const Interval& interval) {
  if (interval.months != 0 || interval.days != 0) {
    std::string text;
    types::AppendInterval(interval, &text);
    return MakeError(SqlState::kInvalidParameterValue,
                     "interval time zone \"" + text + "\" must not include months or days");
  }
  return TimeZone::FixedOffset(static_cast<int32_t>(interval.micros / types::kMicrosPerSecond));
}
template <bool kByInterval, bool kToLocal>
CallStatus AtTimeZone(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (!types::IsFiniteTimestamp(args[1].i64)) {
    result->i64 = args[1].i64;
    return CallStatus::kOk;
  }
  Result<const TimeZone*> zone =
      kByInterval ? ZoneFromInterval(args[0].interval) : TimeZone::Find(args[0].string.view());
  if (!zone.ok()) return context->Fail(std::move(zone).error());
  return Put(context,
             kToLocal ? types::InstantToLocal(args[1].i64, **zone)
                      : types::LocalToInstant(args[1].i64, **zone),
             result);
}

CallStatus IsFiniteDate(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->b = types::IsFiniteDate(args[0].i32);
  return CallStatus::kOk;
}
CallStatus IsFiniteTimestamp(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->b = types::IsFiniteTimestamp(args[0].i64);
  return CallStatus::kOk;
}
CallStatus IsFiniteInterval(FunctionContext*, const Datum*, const bool*, Datum* result) {
  result->b = true;
  return CallStatus::kOk;
}

/// (start1, end1) OVERLAPS (start2, end2), where an end may be an interval from the start. NULL
/// ends follow SQL: the answer is known when what is there already decides it.
template <bool kTz, bool kInterval1, bool kInterval2>
CallStatus Overlaps(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  struct Bound {
    bool null;
    int64_t at = 0;
  };
  Bound bounds[4];
  for (int i = 0; i < 4; ++i) {
    bounds[i].null = nulls[i];
    bool interval = (i == 1 && kInterval1) || (i == 3 && kInterval2);
    if (nulls[i]) continue;
    if (!interval) {
      bounds[i].at = args[i].i64;
      continue;
    }
    if (bounds[i - 1].null) {
      bounds[i].null = true;
      continue;
    }
    Result<int64_t> end =
        kTz ? types::AddIntervalTz(bounds[i - 1].at, args[i].interval, Zone(context))
            : types::AddInterval(bounds[i - 1].at, args[i].interval);
    if (!end.ok()) return context->Fail(std::move(end).error());
    bounds[i].at = *end;
  }
  // Each pair in order, a lone known end first.
  for (int i = 0; i < 4; i += 2) {
    Bound &start = bounds[i], &end = bounds[i + 1];
    if (start.null && end.null) return CallStatus::kNull;
    if (start.null || (!end.null && start.at > end.at)) std::swap(start, end);
  }
  const Bound &s1 = bounds[0], &e1 = bounds[1], &s2 = bounds[2], &e2 = bounds[3];
  auto put = [&](bool value) {
    result->b = value;
    return CallStatus::kOk;
  };
  if (s1.at > s2.at) {
    if (e2.null) return CallStatus::kNull;
    if (s1.at < e2.at) return put(true);
    if (e1.null) return CallStatus::kNull;
    return put(false);
  }
  if (s1.at < s2.at) {
    if (e1.null) return CallStatus::kNull;
    if (s2.at < e1.at) return put(true);
    if (e2.null) return CallStatus::kNull;
    return put(false);
  }
  if (e1.null || e2.null) return CallStatus::kNull;
  return put(true);
}

}  // namespace

void AddDatetimeFunctions(std::vector<Function>* list) {
  constexpr TypeId D = TypeId::kDate, S = TypeId::kTimestamp, Z = TypeId::kTimestampTz,
                   V = TypeId::kInterval, T = TypeId::kText, I = TypeId::kInt4, F = TypeId::kFloat8,
                   N = TypeId::kNumeric, B = TypeId::kBool;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, Volatility volatility = Volatility::kImmutable,
                 InlineOp inline_op = InlineOp::kNone, bool can_fail = true, bool strict = true) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = can_fail;
    row.volatility = volatility;
    row.inline_op = inline_op;
    row.strict = strict;
    Add(list, row);
  };
  constexpr auto kImm = Volatility::kImmutable, kStable = Volatility::kStable,
                 kVolatile = Volatility::kVolatile;
  add(1141, "date_pli", "+", {D, I}, D, DatePlusDays);
  add(2550, "integer_pl_date", "+", {I, D}, D, DaysPlusDate);
  add(1142, "date_mii", "-", {D, I}, D, DateMinusDays);
  add(1140, "date_mi", "-", {D, D}, I, DateMinusDate);
  add(2071, "date_pl_interval", "+", {D, V}, S, Shift<D, 1>);
  add(2072, "date_mi_interval", "-", {D, V}, S, Shift<D, -1>);
  add(2546, "interval_pl_date", "+", {V, D}, S, ShiftSwapped<D>);
  add(2032, "timestamp_pl_interval", "+", {S, V}, S, Shift<S, 1>);
  add(2033, "timestamp_mi_interval", "-", {S, V}, S, Shift<S, -1>);
  add(2548, "interval_pl_timestamp", "+", {V, S}, S, ShiftSwapped<S>);
  add(1189, "timestamptz_pl_interval", "+", {Z, V}, Z, Shift<Z, 1>, kStable);
  add(1190, "timestamptz_mi_interval", "-", {Z, V}, Z, Shift<Z, -1>, kStable);
  add(2549, "interval_pl_timestamptz", "+", {V, Z}, Z, ShiftSwapped<Z>, kStable);
  add(2031, "timestamp_mi", "-", {S, S}, V, TimestampMinus);
  add(1188, "timestamptz_mi", "-", {Z, Z}, V, TimestampMinus);
  add(1169, "interval_pl", "+", {V, V}, V, IntervalBinary<types::AddIntervals>);
  add(1170, "interval_mi", "-", {V, V}, V, IntervalBinary<types::SubtractIntervals>);
  add(1168, "interval_um", "-", {V}, V, IntervalUnary<types::NegateInterval>);
  add(1618, "interval_mul", "*", {V, F}, V, IntervalScale<types::MultiplyInterval>);
  add(1624, "mul_d_interval", "*", {F, V}, V, ScaleInterval);
  add(1326, "interval_div", "/", {V, F}, V, IntervalScale<types::DivideInterval>);
  add(6199, "extract", "", {T, D}, N, Extract<DateSource::kDate>, kImm, InlineOp::kExtract);
  add(6202, "extract", "", {T, S}, N, Extract<DateSource::kTimestamp>, kImm, InlineOp::kExtract);
  add(6203, "extract", "", {T, Z}, N, Extract<DateSource::kTimestampTz>, kStable);
  add(6204, "extract", "", {T, V}, N, Extract<DateSource::kInterval>);
  add(1384, "date_part", "", {T, D}, F, PartOfDate, kImm, InlineOp::kExtract);
  add(2021, "date_part", "", {T, S}, F, Part<DateSource::kTimestamp>, kImm, InlineOp::kExtract);
  add(1171, "date_part", "", {T, Z}, F, Part<DateSource::kTimestampTz>, kStable);
  add(1172, "date_part", "", {T, V}, F, Part<DateSource::kInterval>);
  add(2020, "date_trunc", "", {T, S}, S, Truncate);
  add(1217, "date_trunc", "", {T, Z}, Z, TruncateTz, kStable);
  add(1284, "date_trunc", "", {T, Z, T}, Z, TruncateTzZone, kStable);
  add(1218, "date_trunc", "", {T, V}, V, TruncateOfInterval);
  add(6177, "date_bin", "", {V, S, S}, S, Bin);
  add(6178, "date_bin", "", {V, Z, Z}, Z, Bin);
  add(2058, "age", "", {S, S}, V, AgeOf2<false>);
  add(1199, "age", "", {Z, Z}, V, AgeOf2<true>, kStable);
  add(2059, "age", "", {S}, V, AgeOf1<false>, kStable);
  add(1386, "age", "", {Z}, V, AgeOf1<true>, kStable);
  add(1299, "now", "", {}, Z, Now, kStable, InlineOp::kNone, false);
  add(2647, "transaction_timestamp", "", {}, Z, Now, kStable, InlineOp::kNone, false);
  add(2648, "statement_timestamp", "", {}, Z, StatementTimestamp, kStable, InlineOp::kNone, false);
  add(2649, "clock_timestamp", "", {}, Z, ClockTimestamp, kVolatile, InlineOp::kNone, false);
  add(3846, "make_date", "", {I, I, I}, D, MakeDateOf);
  add(3461, "make_timestamp", "", {I, I, I, I, I, F}, S, MakeTimestampOf);
  add(3462, "make_timestamptz", "", {I, I, I, I, I, F}, Z, MakeTimestampTz, kStable);
  add(3463, "make_timestamptz", "", {I, I, I, I, I, F, T}, Z, MakeTimestampTzZone, kStable);
  add(3464, "make_interval", "", {I, I, I, I, I, I, F}, V, MakeIntervalOf<7>);
  add(9010, "make_interval", "", {}, V, MakeIntervalOf<0>);
  add(9011, "make_interval", "", {I}, V, MakeIntervalOf<1>);
  add(9012, "make_interval", "", {I, I}, V, MakeIntervalOf<2>);
  add(9013, "make_interval", "", {I, I, I}, V, MakeIntervalOf<3>);
  add(9014, "make_interval", "", {I, I, I, I}, V, MakeIntervalOf<4>);
  add(9015, "make_interval", "", {I, I, I, I, I}, V, MakeIntervalOf<5>);
  add(9016, "make_interval", "", {I, I, I, I, I, I}, V, MakeIntervalOf<6>);
  add(1158, "to_timestamp", "", {F}, Z, ToTimestamp);
  add(1159, "timezone", "", {T, Z}, S, AtTimeZone<false, true>);
  add(2069, "timezone", "", {T, S}, Z, AtTimeZone<false, false>);
  add(1026, "timezone", "", {V, Z}, S, AtTimeZone<true, true>);
  add(2070, "timezone", "", {V, S}, Z, AtTimeZone<true, false>);
  add(1175, "justify_hours", "", {V}, V, IntervalUnary<types::JustifyHours>);
  add(1295, "justify_days", "", {V}, V, IntervalUnary<types::JustifyDays>);
  add(2711, "justify_interval", "", {V}, V, IntervalUnary<types::JustifyInterval>);
  add(1373, "isfinite", "", {D}, B, IsFiniteDate, kImm, InlineOp::kNone, false);
  add(2048, "isfinite", "", {S}, B, IsFiniteTimestamp, kImm, InlineOp::kNone, false);
  add(1389, "isfinite", "", {Z}, B, IsFiniteTimestamp, kImm, InlineOp::kNone, false);
  add(1390, "isfinite", "", {V}, B, IsFiniteInterval, kImm, InlineOp::kNone, false);
  add(2041, "overlaps", "", {S, S, S, S}, B, Overlaps<false, false, false>, kImm, InlineOp::kNone,
      true, false);
  add(2042, "overlaps", "", {S, V, S, V}, B, Overlaps<false, true, true>, kImm, InlineOp::kNone,
      true, false);
  add(2043, "overlaps", "", {S, S, S, V}, B, Overlaps<false, false, true>, kImm, InlineOp::kNone,
      true, false);
  add(2044, "overlaps", "", {S, V, S, S}, B, Overlaps<false, true, false>, kImm, InlineOp::kNone,
      true, false);
  add(1304, "overlaps", "", {Z, Z, Z, Z}, B, Overlaps<true, false, false>, kImm, InlineOp::kNone,
      true, false);
  add(1305, "overlaps", "", {Z, V, Z, V}, B, Overlaps<true, true, true>, kStable, InlineOp::kNone,
      true, false);
  add(1306, "overlaps", "", {Z, Z, Z, V}, B, Overlaps<true, false, true>, kStable, InlineOp::kNone,
      true, false);
  add(1307, "overlaps", "", {Z, V, Z, Z}, B, Overlaps<true, true, false>, kStable, InlineOp::kNone,
      true, false);
}

}  // namespace lathe::func
