// to_char, to_date, to_timestamp and to_number over runtime/types/format_*.h.
#include "runtime/func/tables.h"
#include "runtime/types/format_date.h"
#include "runtime/types/format_number.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Numeric;
using types::TypeId;

CallStatus PutNumber(FunctionContext* context, Result<std::string> text, Datum* result) {
  if (!text.ok()) return context->Fail(std::move(text).error());
  return PutText(context, *text, result);
}
CallStatus PutDate(FunctionContext* context, const std::optional<std::string>& text,
                   Datum* result) {
  if (!text.has_value()) return CallStatus::kNull;
  return PutText(context, *text, result);
}
const types::TimeZone& Zone(FunctionContext* context) {
  return *context->format_or_default().time.zone;
}

CallStatus NumericToChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutNumber(context, types::FormatNumber(Numeric::FromDatum(args[0]), args[1].string.view()),
                   result);
}
CallStatus Int4ToChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutNumber(context, types::FormatNumber(int64_t{args[0].i32}, 32, args[1].string.view()),
                   result);
}
CallStatus Int8ToChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutNumber(context, types::FormatNumber(args[0].i64, 64, args[1].string.view()), result);
}
CallStatus Float4ToChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutNumber(context,
                   types::FormatNumber(static_cast<double>(args[0].f32), 6, args[1].string.view()),
                   result);
}
CallStatus Float8ToChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutNumber(context, types::FormatNumber(args[0].f64, 15, args[1].string.view()), result);
}

CallStatus TimestampToChar(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  return PutDate(context, types::FormatTimestamp(args[0].i64, args[1].string.view()), result);
}
CallStatus TimestampTzToChar(FunctionContext* context, const Datum* args, const bool*,
                             Datum* result) {
  return PutDate(
      context, types::FormatTimestampTz(args[0].i64, Zone(context), args[1].string.view()), result);
}
CallStatus IntervalToChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  auto text = types::FormatInterval(args[0].interval, args[1].string.view());
  if (!text.ok()) return context->Fail(std::move(text).error());
  return PutDate(context, *text, result);
}

CallStatus ToNumber(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (args[1].string.size == 0) return CallStatus::kNull;
  Result<Numeric> number =
      types::ParseFormattedNumber(args[0].string.view(), args[1].string.view());
  if (!number.ok()) return context->Fail(std::move(number).error());
  *result = number->ToDatum(context->arena);
  return CallStatus::kOk;
}
CallStatus ToDate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<int32_t> date = types::ParseFormattedDate(args[0].string.view(), args[1].string.view());
  if (!date.ok()) return context->Fail(std::move(date).error());
  result->i32 = *date;
  return CallStatus::kOk;
}
CallStatus ToTimestamp(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutInt8(
      context,
      types::ParseFormattedTimestamp(args[0].string.view(), args[1].string.view(), Zone(context)),
      result);
}

}  // namespace

void AddFormatFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, N = TypeId::kNumeric;
  auto add = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, TypeId type,
                 BoxedFunction boxed) {
    Row row{oid, name, "", std::move(args), type, boxed};
    row.can_fail = true;
    row.volatility = Volatility::kStable;
    Add(list, row);
  };
  add(1772, "to_char", {N, T}, T, NumericToChar);
  add(1773, "to_char", {TypeId::kInt4, T}, T, Int4ToChar);
  add(1774, "to_char", {TypeId::kInt8, T}, T, Int8ToChar);
  add(1775, "to_char", {TypeId::kFloat4, T}, T, Float4ToChar);
  add(1776, "to_char", {TypeId::kFloat8, T}, T, Float8ToChar);
  add(2049, "to_char", {TypeId::kTimestamp, T}, T, TimestampToChar);
  add(1770, "to_char", {TypeId::kTimestampTz, T}, T, TimestampTzToChar);
  add(1768, "to_char", {TypeId::kInterval, T}, T, IntervalToChar);
  add(1777, "to_number", {T, T}, N, ToNumber);
  add(1780, "to_date", {T, T}, TypeId::kDate, ToDate);
  add(1778, "to_timestamp", {T, T}, TypeId::kTimestampTz, ToTimestamp);
}

}  // namespace lathe::func
