// Dates and timestamps: the calendar, output, conversions, arithmetic.
#include "runtime/types/datetime.h"

#include <charconv>
#include <cmath>
#include <cstdio>

namespace lathe::types {

Error DateOutOfRange() { return MakeError(SqlState::kDatetimeFieldOverflow, "date out of range"); }
Error TimestampOutOfRange() {
  return MakeError(SqlState::kDatetimeFieldOverflow, "timestamp out of range");
}

// Days to and from the civil calendar by 400-year eras that start on 1 March, so that the leap day
// is the last of a year.
int64_t DaysFromCivil(int64_t year, int month, int day) {
  int64_t y = month <= 2 ? year - 1 : year;
  int64_t era = (y >= 0 ? y : y - 399) / 400;
  int64_t year_of_era = y - era * 400;
  int64_t shifted_month = month > 2 ? month - 3 : month + 9;
  int64_t day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
  int64_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return era * 146097 + day_of_era - 730425;
}

CivilDate CivilFromDays(int64_t days) {
  int64_t z = days + 730425;
  int64_t era = (z >= 0 ? z : z - 146096) / 146097;
  int64_t day_of_era = z - era * 146097;
  int64_t year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  int64_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  int64_t shifted_month = (5 * day_of_year + 2) / 153;
  CivilDate date;
  date.day = static_cast<int32_t>(day_of_year - (153 * shifted_month + 2) / 5 + 1);
  date.month = static_cast<int32_t>(shifted_month < 10 ? shifted_month + 3 : shifted_month - 9);
  date.year = static_cast<int32_t>(year_of_era + era * 400 + (date.month <= 2 ? 1 : 0));
  return date;
}

bool IsLeapYear(int64_t year) { return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0); }

int DaysInMonth(int64_t year, int month) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  return month == 2 && IsLeapYear(year) ? 29 : kDays[month - 1];
}

namespace {

int64_t FloorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

void AppendTwo(int value, std::string* out) {
  char digits[2] = {static_cast<char>('0' + value / 10), static_cast<char>('0' + value % 10)};
  out->append(digits, 2);
}

/// year (at least four digits) - month - day; true when the year is BC.
bool AppendCivil(const CivilDate& date, std::string* out) {
  bool bc = date.year <= 0;
  int year = bc ? 1 - date.year : date.year;
  if (year < 10000) {
    AppendTwo(year / 100, out);
    AppendTwo(year % 100, out);
  } else {
    char buffer[12];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, year);
    out->append(buffer, static_cast<size_t>(end.ptr - buffer));
  }
  out->push_back('-');
  AppendTwo(date.month, out);
  out->push_back('-');
  AppendTwo(date.day, out);
  return bc;
}

/// .ffffff without trailing zeros; nothing for 0.
void AppendFraction(int64_t micros, std::string* out) {
  if (micros == 0) return;
  char digits[7] = {'.'};
  for (int i = 6; i >= 1; --i) {
    digits[i] = static_cast<char>('0' + micros % 10);
    micros /= 10;
  }
  size_t size = 7;
  while (digits[size - 1] == '0') --size;
  out->append(digits, size);
}

void AppendClock(int64_t time_of_day, std::string* out) {
  AppendTwo(static_cast<int>(time_of_day / kMicrosPerHour), out);
  out->push_back(':');
  AppendTwo(static_cast<int>(time_of_day / kMicrosPerMinute % 60), out);
  out->push_back(':');
  AppendTwo(static_cast<int>(time_of_day / kMicrosPerSecond % 60), out);
  AppendFraction(time_of_day % kMicrosPerSecond, out);
}

bool AppendInfinite(int64_t timestamp, std::string* out) {
  if (IsFiniteTimestamp(timestamp)) return false;
  out->append(timestamp > 0 ? "infinity" : "-infinity");
  return true;
}

Result<int64_t> CheckTimestamp(int64_t timestamp) {
  if (timestamp < kTimestampMin || timestamp >= kTimestampEnd) return TimestampOutOfRange();
  return timestamp;
}

}  // namespace

void AppendDate(int32_t date, std::string* out) {
  if (!IsFiniteDate(date)) {
    out->append(date > 0 ? "infinity" : "-infinity");
    return;
  }
  if (AppendCivil(CivilFromDays(date), out)) out->append(" BC");
}

void AppendTimestamp(int64_t timestamp, std::string* out) {
  if (AppendInfinite(timestamp, out)) return;
  int64_t days = FloorDiv(timestamp, kMicrosPerDay);
  bool bc = AppendCivil(CivilFromDays(days), out);
  out->push_back(' ');
  AppendClock(timestamp - days * kMicrosPerDay, out);
  if (bc) out->append(" BC");
}

void AppendTimestampTz(int64_t timestamp, const TimeZone& zone, std::string* out) {
  if (AppendInfinite(timestamp, out)) return;
  int32_t offset = zone.OffsetAt(FloorDiv(timestamp, kMicrosPerSecond) + kUnixEpochSeconds);
  // Wider than 64 bits at the very end of the range.
  int128 local = static_cast<int128>(timestamp) + static_cast<int128>(offset) * kMicrosPerSecond;
  int64_t days = static_cast<int64_t>(local >= 0 ? local / kMicrosPerDay
                                                 : -((-local + kMicrosPerDay - 1) / kMicrosPerDay));
  bool bc = AppendCivil(CivilFromDays(days), out);
  out->push_back(' ');
  AppendClock(static_cast<int64_t>(local - static_cast<int128>(days) * kMicrosPerDay), out);
  int32_t magnitude = offset < 0 ? -offset : offset;
  out->push_back(offset < 0 ? '-' : '+');
  AppendTwo(magnitude / 3600, out);
  if (magnitude % 3600 != 0) {
    out->push_back(':');
    AppendTwo(magnitude / 60 % 60, out);
  }
  if (magnitude % 60 != 0) {
    out->push_back(':');
    AppendTwo(magnitude % 60, out);
  }
  if (bc) out->append(" BC");
}

int64_t RoundTimestamp(int64_t timestamp, int32_t precision) {
  if (precision < 0 || precision > 5 || !IsFiniteTimestamp(timestamp)) return timestamp;
  constexpr int64_t kUnits[] = {1000000, 100000, 10000, 1000, 100, 10};
  int64_t unit = kUnits[precision];
  int64_t half = unit / 2;
  return timestamp >= 0 ? (timestamp + half) / unit * unit : -((-timestamp + half) / unit * unit);
}

Result<int64_t> DateToTimestamp(int32_t date) {
  if (!IsFiniteDate(date)) return date > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  if (date >= kTimestampEnd / kMicrosPerDay) {
    return MakeError(SqlState::kDatetimeFieldOverflow, "date out of range for timestamp");
  }
  return static_cast<int64_t>(date) * kMicrosPerDay;
}

Result<int32_t> TimestampToDate(int64_t timestamp) {
  if (!IsFiniteTimestamp(timestamp)) return timestamp > 0 ? kDateInfinity : kDateMinusInfinity;
  return static_cast<int32_t>(FloorDiv(timestamp, kMicrosPerDay));
}

Result<int64_t> LocalToInstant(int64_t timestamp, const TimeZone& zone) {
  if (!IsFiniteTimestamp(timestamp)) return timestamp;
  int64_t local = FloorDiv(timestamp, kMicrosPerSecond) + kUnixEpochSeconds;
  int128 instant = static_cast<int128>(timestamp) -
                   static_cast<int128>(zone.OffsetOfLocal(local)) * kMicrosPerSecond;
  if (instant < kTimestampMin || instant >= kTimestampEnd) return TimestampOutOfRange();
  return static_cast<int64_t>(instant);
}

Result<int64_t> InstantToLocal(int64_t instant, const TimeZone& zone) {
  if (!IsFiniteTimestamp(instant)) return instant;
  int32_t offset = zone.OffsetAt(FloorDiv(instant, kMicrosPerSecond) + kUnixEpochSeconds);
  int128 local = static_cast<int128>(instant) + static_cast<int128>(offset) * kMicrosPerSecond;
  if (local < kTimestampMin || local >= kTimestampEnd) return TimestampOutOfRange();
  return static_cast<int64_t>(local);
}

Result<int32_t> AddDays(int32_t date, int64_t days) {
  if (!IsFiniteDate(date)) return date;
  int64_t sum = date + days;
  if (sum < kDateMin || sum >= kDateEnd) return DateOutOfRange();
  return static_cast<int32_t>(sum);
}

namespace {

/// Adds the month and day parts on a civil clock; the day of month is capped at the month's length.
Result<int64_t> AddMonthsAndDays(int64_t timestamp, int32_t months, int32_t add_days) {
  int64_t days = FloorDiv(timestamp, kMicrosPerDay);
  int64_t time = timestamp - days * kMicrosPerDay;
  if (months != 0) {
    CivilDate date = CivilFromDays(days);
    int64_t month = static_cast<int64_t>(date.month) - 1 + months;
    int64_t year = date.year + FloorDiv(month, 12);
    month -= FloorDiv(month, 12) * 12;
    if (year < -5000 || year > 300000) return TimestampOutOfRange();
    int last = DaysInMonth(year, static_cast<int>(month) + 1);
    days = DaysFromCivil(year, static_cast<int>(month) + 1, date.day > last ? last : date.day);
  }
  days += add_days;
  int64_t result;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &result) ||
      __builtin_add_overflow(result, time, &result)) {
    return TimestampOutOfRange();
  }
  return CheckTimestamp(result);
}

}  // namespace

Result<int64_t> AddInterval(int64_t timestamp, const Interval& interval) {
  if (!IsFiniteTimestamp(timestamp)) return timestamp;
  int64_t result = timestamp;
  if (interval.months != 0) {
    LATHE_ASSIGN(result, AddMonthsAndDays(result, interval.months, 0));
  }
  if (interval.days != 0) {
    LATHE_ASSIGN(result, AddMonthsAndDays(result, 0, interval.days));
  }
  if (__builtin_add_overflow(result, interval.micros, &result)) return TimestampOutOfRange();
  return CheckTimestamp(result);
}

Result<int64_t> AddIntervalTz(int64_t instant, const Interval& interval, const TimeZone& zone) {
  if (!IsFiniteTimestamp(instant)) return instant;
  int64_t result = instant;
  if (interval.months != 0) {
    LATHE_ASSIGN(int64_t local, InstantToLocal(result, zone));
    LATHE_ASSIGN(local, AddMonthsAndDays(local, interval.months, 0));
    LATHE_ASSIGN(result, LocalToInstant(local, zone));
  }
  if (interval.days != 0) {
    LATHE_ASSIGN(int64_t local, InstantToLocal(result, zone));
    LATHE_ASSIGN(local, AddMonthsAndDays(local, 0, interval.days));
    LATHE_ASSIGN(result, LocalToInstant(local, zone));
  }
  if (__builtin_add_overflow(result, interval.micros, &result)) return TimestampOutOfRange();
  return CheckTimestamp(result);
}

Result<Interval> TimestampDifference(int64_t a, int64_t b) {
  if (!IsFiniteTimestamp(a) || !IsFiniteTimestamp(b)) {
    return MakeError(SqlState::kDatetimeFieldOverflow, "cannot subtract infinite timestamps");
  }
  Interval difference;
  if (__builtin_sub_overflow(a, b, &difference.micros)) return IntervalOutOfRange();
  return JustifyHours(difference);
}

Result<Interval> Age(int64_t a, int64_t b) {
  if (!IsFiniteTimestamp(a) || !IsFiniteTimestamp(b)) return TimestampOutOfRange();
  int64_t a_days = FloorDiv(a, kMicrosPerDay), b_days = FloorDiv(b, kMicrosPerDay);
  CivilDate x = CivilFromDays(a_days), y = CivilFromDays(b_days);
  int64_t micros = (a - a_days * kMicrosPerDay) - (b - b_days * kMicrosPerDay);
  int64_t days = x.day - y.day, months = x.month - y.month, years = x.year - y.year;
  bool negative = a < b;
  if (negative) {
    micros = -micros;
    days = -days;
    months = -months;
    years = -years;
  }
  if (micros < 0) {
    micros += kMicrosPerDay;
    --days;
  }
  while (days < 0) {
    // Borrow the month of the earlier of the two.
    const CivilDate& from = negative ? x : y;
    days += DaysInMonth(from.year, from.month);
    --months;
  }
  while (months < 0) {
    months += 12;
    --years;
  }
  Interval age;
  age.micros = negative ? -micros : micros;
  age.days = static_cast<int32_t>(negative ? -days : days);
  age.months = static_cast<int32_t>(negative ? -(years * 12 + months) : years * 12 + months);
  return age;
}

Result<int32_t> MakeDate(int32_t year, int32_t month, int32_t day) {
  auto out_of_range = [&](const char* what) {
    char buffer[96];
    std::snprintf(buffer, sizeof buffer, "%s: %d-%02d-%02d", what, year < 0 ? year + 1 : year,
                  month, day);
    return MakeError(SqlState::kDatetimeFieldOverflow, buffer);
  };
  int64_t y = year < 0 ? int64_t{year} + 1 : year;  // -1 is 1 BC
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(y, month)) {
    return out_of_range("date field value out of range");
  }
  int64_t days = DaysFromCivil(y, month, day);
  if (days < kDateMin || days >= kDateEnd) return out_of_range("date out of range");
  return static_cast<int32_t>(days);
}

Result<int64_t> MakeTimestamp(int32_t year, int32_t month, int32_t day, int32_t hour,
                              int32_t minute, double second) {
  int64_t y = year < 0 ? int64_t{year} + 1 : year;
  if (year == 0 || month < 1 || month > 12 || day < 1 || day > DaysInMonth(y, month)) {
    char buffer[96];
    std::snprintf(buffer, sizeof buffer, "date field value out of range: %d-%02d-%02d", year, month,
                  day);
    return MakeError(SqlState::kDatetimeFieldOverflow, buffer);
  }
  // 24:00:00 and second 60 are allowed, as PostgreSQL does.
  double micros = std::rint(second * 1e6);
  bool bad = std::isnan(second) || hour < 0 || minute < 0 || minute > 59 || second < 0 ||
             second > 60 || hour > 24;
  if (!bad && hour == 24) bad = minute > 0 || second > 0;
  if (bad) {
    char buffer[96];
    if (std::isnan(second)) {
      std::snprintf(buffer, sizeof buffer, "time field value out of range: %d:%02d:NaN", hour,
                    minute);
    } else {
      std::snprintf(buffer, sizeof buffer, "time field value out of range: %d:%02d:%02g", hour,
                    minute, second);
    }
    return MakeError(SqlState::kDatetimeFieldOverflow, buffer);
  }
  int64_t days = DaysFromCivil(y, month, day);
  int64_t time = hour * kMicrosPerHour + minute * kMicrosPerMinute + static_cast<int64_t>(micros);
  int64_t result;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &result) ||
      __builtin_add_overflow(result, time, &result) || result < kTimestampMin ||
      result >= kTimestampEnd) {
    char buffer[96];
    std::snprintf(buffer, sizeof buffer, "timestamp out of range: %d-%02d-%02d %d:%02d:%02g", year,
                  month, day, hour, minute, second);
    return MakeError(SqlState::kDatetimeFieldOverflow, buffer);
  }
  return result;
}

Result<int64_t> TimestampFromUnix(double seconds) {
  if (std::isnan(seconds))
    return MakeError(SqlState::kDatetimeFieldOverflow, "timestamp cannot be NaN");
  if (std::isinf(seconds)) return seconds > 0 ? kTimestampInfinity : kTimestampMinusInfinity;
  double shifted = (seconds - static_cast<double>(kUnixEpochSeconds)) * 1e6;
  double rounded = std::rint(shifted);
  if (rounded < static_cast<double>(kTimestampMin) ||
      rounded >= static_cast<double>(kTimestampEnd)) {
    char buffer[64];
    std::snprintf(buffer, sizeof buffer, "timestamp out of range: \"%g\"", seconds);
    return MakeError(SqlState::kDatetimeFieldOverflow, buffer);
  }
  return static_cast<int64_t>(rounded);
}

}  // namespace lathe::types
