// The keywords of date patterns, shared by writing and reading. Private.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "runtime/types/format_pattern.h"

namespace lathe::types {

enum class DateKey : int {
  kMeridiem,      // am, pm
  kMeridiemDots,  // a.m., p.m.
  kEra,           // ad, bc
  kEraDots,
  kCentury,
  kDayName,
  kDayShort,
  kDayOfYear,
  kIsoDayOfYear,
  kDayOfMonth,
  kDayOfWeek,
  kIsoDayOfWeek,
  kFraction1,  // FF1 .. FF6 in a row
  kFraction2,
  kFraction3,
  kFraction4,
  kFraction5,
  kFraction6,
  kFixed,  // FX
  kHour24,
  kHour12,
  kIsoWeek,
  kIsoYear4,
  kIsoYear3,
  kIsoYear2,
  kIsoYear1,
  kJulian,
  kMinute,
  kMonth,
  kMonthName,
  kMonthShort,
  kMonthRoman,
  kMilliseconds,
  kMicroseconds,
  kOffset,  // OF
  kQuarter,
  kSecondsOfDay,
  kSecond,
  kZoneHours,
  kZoneMinutes,
  kZone,
  kWeekOfYear,
  kWeekOfMonth,
  kYearComma,
  kYear4,
  kYear3,
  kYear2,
  kYear1,
};

/// All keywords, of those that begin alike the longest first.
std::span<const PatternKeyword> DateKeywords();

inline constexpr std::string_view kMonthNames[12] = {
    "January", "February", "March",     "April",   "May",      "June",
    "July",    "August",   "September", "October", "November", "December"};
inline constexpr std::string_view kWeekdayNames[7] = {"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                      "Thursday", "Friday", "Saturday"};
inline constexpr std::string_view kRomanMonths[12] = {"I",   "II",   "III", "IV", "V",  "VI",
                                                      "VII", "VIII", "IX",  "X",  "XI", "XII"};

/// The Monday of an ISO week as days since 2000-01-01.
int64_t IsoWeekStart(int64_t year, int64_t week);
/// The ISO year that a day belongs to.
int64_t IsoYearOf(int64_t days);

}  // namespace lathe::types
