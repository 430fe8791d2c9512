// Dates, timestamps and intervals with PostgreSQL's ranges, input syntax, output (DateStyle ISO,
// MDY; IntervalStyle postgres) and arithmetic. Dates are days, timestamps microseconds since
// 2000-01-01 (proleptic Gregorian calendar); the extreme values of the integers are -infinity and
// infinity.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/types/numeric.h"
#include "runtime/types/time_zone.h"
#include "runtime/types/value.h"

namespace lathe::types {

inline constexpr int32_t kDateInfinity = INT32_MAX, kDateMinusInfinity = INT32_MIN;
inline constexpr int64_t kTimestampInfinity = INT64_MAX, kTimestampMinusInfinity = INT64_MIN;
inline constexpr int32_t kDateMin = -2451545;    // 4714-11-24 BC
inline constexpr int32_t kDateEnd = 2145031949;  // first day past 5874897-12-31
inline constexpr int64_t kTimestampMin = -211813488000000000;
inline constexpr int64_t kTimestampEnd =
    9223371331200000000;  // first microsecond past 294276-12-31
inline constexpr int64_t kMicrosPerSecond = 1000000, kMicrosPerMinute = 60 * kMicrosPerSecond,
                         kMicrosPerHour = 60 * kMicrosPerMinute,
                         kMicrosPerDay = 24 * kMicrosPerHour;
/// Seconds (days) from 1970-01-01 to 2000-01-01.
inline constexpr int64_t kUnixEpochSeconds = 946684800;
inline constexpr int32_t kUnixEpochDays = 10957;

inline bool IsFiniteDate(int32_t date) {
  return date != kDateInfinity && date != kDateMinusInfinity;
}
inline bool IsFiniteTimestamp(int64_t t) {
  return t != kTimestampInfinity && t != kTimestampMinusInfinity;
}

/// A date in the calendar; year 0 is 1 BC.
struct CivilDate {
  int32_t year;
  int32_t month;  // 1..12
  int32_t day;    // 1..31
};
/// Days since 2000-01-01; any year, month and day are taken as they are (not checked).
int64_t DaysFromCivil(int64_t year, int month, int day);
CivilDate CivilFromDays(int64_t days);
bool IsLeapYear(int64_t year);
int DaysInMonth(int64_t year, int month);

/// What parsing and formatting depend on.
struct TimeSettings {
  const TimeZone* zone = TimeZone::Utc();
  int64_t now = 0;  // transaction start in timestamptz microseconds, for 'now', 'today'
};

// Text. Errors: 22007 syntax, 22008 out of range, 22023 unknown time zone.
Result<int32_t> ParseDate(std::string_view text, const TimeSettings& settings);
Result<int64_t> ParseTimestamp(std::string_view text, const TimeSettings& settings);
Result<int64_t> ParseTimestampTz(std::string_view text, const TimeSettings& settings);
/// typmod: field restriction of the type (-1 = none), as PostgreSQL encodes it.
Result<Interval> ParseInterval(std::string_view text, int32_t typmod = -1);
void AppendDate(int32_t date, std::string* out);
void AppendTimestamp(int64_t timestamp, std::string* out);
void AppendTimestampTz(int64_t timestamp, const TimeZone& zone, std::string* out);
void AppendInterval(const Interval& interval, std::string* out);

/// Rounds to timestamp(n)'s digits; n < 0 or > 5 keeps the value.
int64_t RoundTimestamp(int64_t timestamp, int32_t precision);
/// Takes the interval type's modifier: drops fields, rounds seconds.
Result<Interval> IntervalWithTypmod(const Interval& interval, int32_t typmod);

// Conversions; infinities stay. 22008.
Result<int64_t> DateToTimestamp(int32_t date);
Result<int32_t> TimestampToDate(int64_t timestamp);
/// Local clock of the zone -> instant, and back.
Result<int64_t> LocalToInstant(int64_t timestamp, const TimeZone& zone);
Result<int64_t> InstantToLocal(int64_t instant, const TimeZone& zone);

// Arithmetic. 22008.
Result<int32_t> AddDays(int32_t date, int64_t days);
Result<int64_t> AddInterval(int64_t timestamp, const Interval& interval);
/// Months and days are added on the zone's clock, the rest to the instant.
Result<int64_t> AddIntervalTz(int64_t instant, const Interval& interval, const TimeZone& zone);
Result<Interval> TimestampDifference(int64_t a, int64_t b);  // days and time, no months
Result<Interval> Age(int64_t a, int64_t b);  // years, months, days, time, of local clocks
Result<Interval> AddIntervals(const Interval& a, const Interval& b);
Result<Interval> SubtractIntervals(const Interval& a, const Interval& b);
Result<Interval> NegateInterval(const Interval& a);
Result<Interval> MultiplyInterval(const Interval& a, double factor);
Result<Interval> DivideInterval(const Interval& a, double divisor);  // 22012
Result<Interval> JustifyHours(const Interval& a);
Result<Interval> JustifyDays(const Interval& a);
Result<Interval> JustifyInterval(const Interval& a);
/// SQL's order: a month counts 30 days, a day 24 hours.
int CompareIntervals(const Interval& a, const Interval& b);
/// The value that the order goes by, in microseconds.
int128 IntervalSpan(const Interval& a);

/// The fields of extract, date_part and date_trunc.
enum class DateField : uint8_t {
  kMicroseconds,
  kMilliseconds,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kMonth,
  kQuarter,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
  kWeek,
  kIsoYear,
  kDow,
  kIsoDow,
  kDoy,
  kJulian,
  kEpoch,
  kTimezone,
  kTimezoneHour,
  kTimezoneMinute,
};
/// The field of a name in any case, with PostgreSQL's abbreviations and plurals; false when
/// unknown.
bool DateFieldFromName(std::string_view name, DateField* field);

/// What a field is extracted from.
enum class DateSource : uint8_t { kDate, kTimestamp, kTimestampTz, kInterval };
/// A field as numeric (extract). Of an infinite value: NULL (*is_null) or an infinity. 22023 /
/// 0A000 for unknown or unsupported fields, `name` as the user wrote it. local: for timestamptz the
/// zone's clock.
Result<Numeric> ExtractField(std::string_view name, DateSource source, const Datum& value,
                             const TimeZone& zone, bool* is_null);
/// The same as float8 (date_part).
Result<double> DatePart(std::string_view name, DateSource source, const Datum& value,
                        const TimeZone& zone, bool* is_null);
/// year, month, ... of a finite local timestamp as an integer, without text: what generated code
/// calls. Not for kEpoch, kSecond, kMilliseconds and time zone fields.
int64_t IntegerField(DateField field, int64_t timestamp);

/// date_trunc.
Result<int64_t> TruncateTimestamp(std::string_view field, int64_t timestamp);
Result<int64_t> TruncateTimestampTz(std::string_view field, int64_t instant, const TimeZone& zone);
Result<Interval> TruncateInterval(std::string_view field, const Interval& interval);
/// date_bin.
Result<int64_t> BinTimestamp(const Interval& stride, int64_t timestamp, int64_t origin);

/// make_date, make_timestamp, make_interval. 22008.
Result<int32_t> MakeDate(int32_t year, int32_t month, int32_t day);
Result<int64_t> MakeTimestamp(int32_t year, int32_t month, int32_t day, int32_t hour,
                              int32_t minute, double second);
Result<Interval> MakeInterval(int32_t years, int32_t months, int32_t weeks, int32_t days,
                              int32_t hours, int32_t minutes, double seconds);
/// to_timestamp(float8): seconds since 1970.
Result<int64_t> TimestampFromUnix(double seconds);

Error DateOutOfRange();
Error TimestampOutOfRange();
Error IntervalOutOfRange();

}  // namespace lathe::types
