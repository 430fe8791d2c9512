// How dates, intervals and bytes are written, and in which order the numbers of a date are read:
// the settings DateStyle, IntervalStyle and bytea_output. datetime.h has the same functions in the
// default style.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/types/datetime.h"

namespace lathe::types {

enum class DateStyle : uint8_t { kIso, kSql, kPostgres, kGerman };
enum class DateOrder : uint8_t { kMdy, kDmy, kYmd };
enum class IntervalStyle : uint8_t { kPostgres, kPostgresVerbose, kSqlStandard, kIso8601 };

/// Zero is the default of each.
struct TextStyle {
  DateStyle date = DateStyle::kIso;
  DateOrder order = DateOrder::kMdy;
  IntervalStyle interval = IntervalStyle::kPostgres;
  bool bytea_escape = false;
};

/// As datetime.h's, in a style. A timestamptz not in ISO style ends in the zone's abbreviation.
void AppendDate(int32_t date, const TextStyle& style, std::string* out);
void AppendTimestamp(int64_t timestamp, const TextStyle& style, std::string* out);
void AppendTimestampTz(int64_t timestamp, const TimeZone& zone, const TextStyle& style,
                       std::string* out);
void AppendInterval(const Interval& interval, IntervalStyle style, std::string* out);
/// bytea_output = escape: printable bytes as they are, others as \nnn.
void AppendByteaEscaped(std::string_view bytes, std::string* out);

/// As datetime.h's, ambiguous numbers read in an order.
Result<int32_t> ParseDate(std::string_view text, const TimeSettings& settings, DateOrder order);
Result<int64_t> ParseTimestamp(std::string_view text, const TimeSettings& settings,
                               DateOrder order);
Result<int64_t> ParseTimestampTz(std::string_view text, const TimeSettings& settings,
                                 DateOrder order);
/// In style sql_standard a sign before the first field, the only one, is every field's.
Result<Interval> ParseInterval(std::string_view text, int32_t typmod, IntervalStyle style);

}  // namespace lathe::types
