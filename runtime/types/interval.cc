// Intervals: output and arithmetic.
#include <charconv>
#include <cmath>
#include <cstdlib>

#include "runtime/types/datetime.h"

namespace lathe::types {
namespace {

constexpr int kDaysPerMonth = 30;

bool FitsInt32(double d) { return d >= -2147483648.0 && d < 2147483648.0; }
bool FitsInt64(double d) { return d >= -9223372036854775808.0 && d < 9223372036854775808.0; }

void AppendInt(int64_t n, std::string* out) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, n);
  out->append(buffer, static_cast<size_t>(end.ptr - buffer));
}

/// One "3 days" of the verbose part. A positive part after a negative one carries a plus sign.
void AppendPart(int64_t value, std::string_view unit, bool* is_first, bool* after_negative,
                std::string* out) {
  if (value == 0) return;
  if (!*is_first) out->push_back(' ');
  if (*after_negative && value > 0) out->push_back('+');
  AppendInt(value, out);
  out->push_back(' ');
  out->append(unit);
  if (value != 1) out->push_back('s');
  *after_negative = value < 0;
  *is_first = false;
}

/// Removes noise below a microsecond of a second count in days, as PostgreSQL's TSROUND.
double RoundSixDigits(double d) { return std::rint(d * 1e6) / 1e6; }

}  // namespace

Error IntervalOutOfRange() {
  return MakeError(SqlState::kDatetimeFieldOverflow, "interval out of range");
}

void AppendInterval(const Interval& interval, std::string* out) {
  bool is_first = true, after_negative = false;
  AppendPart(interval.months / 12, "year", &is_first, &after_negative, out);
  AppendPart(interval.months % 12, "mon", &is_first, &after_negative, out);
  AppendPart(interval.days, "day", &is_first, &after_negative, out);
  if (!is_first && interval.micros == 0) return;
  if (!is_first) out->push_back(' ');
  if (interval.micros < 0) {
    out->push_back('-');
  } else if (after_negative) {
    out->push_back('+');
  }
  uint64_t micros = interval.micros < 0 ? -static_cast<uint64_t>(interval.micros)
                                        : static_cast<uint64_t>(interval.micros);
  uint64_t hours = micros / kMicrosPerHour;
  if (hours < 10) out->push_back('0');
  AppendInt(static_cast<int64_t>(hours), out);
  auto two = [out](uint64_t n) {
    out->push_back(static_cast<char>('0' + n / 10));
    out->push_back(static_cast<char>('0' + n % 10));
  };
  out->push_back(':');
  two(micros / kMicrosPerMinute % 60);
  out->push_back(':');
  two(micros / kMicrosPerSecond % 60);
  uint64_t fraction = micros % kMicrosPerSecond;
  if (fraction == 0) return;
  char digits[7] = {'.'};
  for (int i = 6; i >= 1; --i) {
    digits[i] = static_cast<char>('0' + fraction % 10);
    fraction /= 10;
  }
  size_t size = 7;
  while (digits[size - 1] == '0') --size;
  out->append(digits, size);
}

Result<Interval> AddIntervals(const Interval& a, const Interval& b) {
  Interval sum;
  if (__builtin_add_overflow(a.months, b.months, &sum.months) ||
      __builtin_add_overflow(a.days, b.days, &sum.days) ||
      __builtin_add_overflow(a.micros, b.micros, &sum.micros)) {
    return IntervalOutOfRange();
  }
  return sum;
}

Result<Interval> SubtractIntervals(const Interval& a, const Interval& b) {
  Interval difference;
  if (__builtin_sub_overflow(a.months, b.months, &difference.months) ||
      __builtin_sub_overflow(a.days, b.days, &difference.days) ||
      __builtin_sub_overflow(a.micros, b.micros, &difference.micros)) {
    return IntervalOutOfRange();
  }
  return difference;
}

Result<Interval> NegateInterval(const Interval& a) { return SubtractIntervals(Interval{}, a); }

static bool AddDays(int32_t days, Interval* to) {
  return !__builtin_add_overflow(to->days, days, &to->days);
}

Result<Interval> MultiplyInterval(const Interval& a, double factor) {
  Interval result;
  double months = a.months * factor;
  if (std::isnan(months) || !FitsInt32(months)) return IntervalOutOfRange();
  result.months = static_cast<int32_t>(months);
  double days = a.days * factor;
  if (std::isnan(days) || !FitsInt32(days)) return IntervalOutOfRange();
  result.days = static_cast<int32_t>(days);
  // Fractions of months become days, fractions of days become seconds.
  double month_days = RoundSixDigits((a.months * factor - result.months) * kDaysPerMonth);
  double seconds =
      (a.days * factor - result.days + month_days - static_cast<int>(month_days)) * 86400.0;
  seconds = RoundSixDigits(seconds);
  if (std::fabs(seconds) >= 86400.0) {
    if (!AddDays(static_cast<int32_t>(seconds / 86400.0), &result)) return IntervalOutOfRange();
    seconds -= static_cast<int>(seconds / 86400.0) * 86400.0;
  }
  if (!AddDays(static_cast<int32_t>(month_days), &result)) return IntervalOutOfRange();
  double micros = std::rint(static_cast<double>(a.micros) * factor + seconds * 1e6);
  if (std::isnan(micros) || !FitsInt64(micros)) return IntervalOutOfRange();
  result.micros = static_cast<int64_t>(micros);
  return result;
}

Result<Interval> DivideInterval(const Interval& a, double divisor) {
  if (divisor == 0) return MakeError(SqlState::kDivisionByZero, "division by zero");
  Interval result;
  double months = a.months / divisor, days = a.days / divisor;
  if (std::isnan(months) || !FitsInt32(months) || std::isnan(days) || !FitsInt32(days))
    return IntervalOutOfRange();
  result.months = static_cast<int32_t>(months);
  result.days = static_cast<int32_t>(days);
  double month_days = RoundSixDigits((a.months / divisor - result.months) * kDaysPerMonth);
  double seconds =
      (a.days / divisor - result.days + month_days - static_cast<int>(month_days)) * 86400.0;
  seconds = RoundSixDigits(seconds);
  if (std::fabs(seconds) >= 86400.0) {
    if (!AddDays(static_cast<int32_t>(seconds / 86400.0), &result)) return IntervalOutOfRange();
    seconds -= static_cast<int>(seconds / 86400.0) * 86400.0;
  }
  if (!AddDays(static_cast<int32_t>(month_days), &result)) return IntervalOutOfRange();
  double micros = std::rint(static_cast<double>(a.micros) / divisor + seconds * 1e6);
  if (std::isnan(micros) || !FitsInt64(micros)) return IntervalOutOfRange();
  result.micros = static_cast<int64_t>(micros);
  return result;
}

Result<Interval> JustifyHours(const Interval& a) {
  Interval result = a;
  int64_t whole = result.micros / kMicrosPerDay;
  result.micros -= whole * kMicrosPerDay;
  if (__builtin_add_overflow(result.days, static_cast<int32_t>(whole), &result.days))
    return IntervalOutOfRange();
  if (result.days > 0 && result.micros < 0) {
    result.micros += kMicrosPerDay;
    --result.days;
  } else if (result.days < 0 && result.micros > 0) {
    result.micros -= kMicrosPerDay;
    ++result.days;
  }
  return result;
}

Result<Interval> JustifyDays(const Interval& a) {
  Interval result = a;
  int32_t whole = result.days / kDaysPerMonth;
  result.days -= whole * kDaysPerMonth;
  if (__builtin_add_overflow(result.months, whole, &result.months)) return IntervalOutOfRange();
  if (result.months > 0 && result.days < 0) {
    result.days += kDaysPerMonth;
    --result.months;
  } else if (result.months < 0 && result.days > 0) {
    result.days -= kDaysPerMonth;
    ++result.months;
  }
  return result;
}

Result<Interval> JustifyInterval(const Interval& a) {
  Interval result = a;
  // Days first towards months where their signs agree with the time's, so that the sum of days
  // cannot overflow needlessly.
  if ((result.days > 0 && result.micros > 0) || (result.days < 0 && result.micros < 0)) {
    int32_t whole = result.days / kDaysPerMonth;
    result.days -= whole * kDaysPerMonth;
    if (__builtin_add_overflow(result.months, whole, &result.months)) return IntervalOutOfRange();
  }
  int64_t whole_days = result.micros / kMicrosPerDay;
  result.micros -= whole_days * kMicrosPerDay;
  result.days += static_cast<int32_t>(whole_days);
  int32_t whole_months = result.days / kDaysPerMonth;
  result.days -= whole_months * kDaysPerMonth;
  if (__builtin_add_overflow(result.months, whole_months, &result.months))
    return IntervalOutOfRange();
  if (result.months > 0 && (result.days < 0 || (result.days == 0 && result.micros < 0))) {
    result.days += kDaysPerMonth;
    --result.months;
  } else if (result.months < 0 && (result.days > 0 || (result.days == 0 && result.micros > 0))) {
    result.days -= kDaysPerMonth;
    ++result.months;
  }
  if (result.days > 0 && result.micros < 0) {
    result.micros += kMicrosPerDay;
    --result.days;
  } else if (result.days < 0 && result.micros > 0) {
    result.micros -= kMicrosPerDay;
    ++result.days;
  }
  return result;
}

int128 IntervalSpan(const Interval& a) {
  return static_cast<int128>(a.micros) +
         (static_cast<int128>(a.months) * kDaysPerMonth + a.days) * kMicrosPerDay;
}

int CompareIntervals(const Interval& a, const Interval& b) {
  int128 x = IntervalSpan(a), y = IntervalSpan(b);
  return x < y ? -1 : x > y ? 1 : 0;
}

Result<Interval> IntervalWithTypmod(const Interval& given, int32_t typmod) {
  if (typmod < 0) return given;
  Interval interval = given;
  int mask = typmod >> 16 & 0x7fff;
  int precision = typmod & 0xffff;
  constexpr int kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11,
                kSecond = 1 << 12;
  // The smallest field of the restriction decides what is cut off; larger ones stay.
  if (mask == kYear) {
    interval.months = interval.months / 12 * 12;
    interval.days = 0;
    interval.micros = 0;
  } else if (mask == kMonth || mask == (kYear | kMonth)) {
    interval.days = 0;
    interval.micros = 0;
  } else if (mask == kDay) {
    interval.micros = 0;
  } else if (mask == kHour || mask == (kDay | kHour)) {
    interval.micros = interval.micros / kMicrosPerHour * kMicrosPerHour;
  } else if (mask == kMinute || mask == (kDay | kHour | kMinute) || mask == (kHour | kMinute)) {
    interval.micros = interval.micros / kMicrosPerMinute * kMicrosPerMinute;
  } else if (mask == kSecond || mask == 0x7fff || mask == (kDay | kHour | kMinute | kSecond) ||
             mask == (kHour | kMinute | kSecond) || mask == (kMinute | kSecond)) {
    // all fields
  } else {
    return MakeError(SqlState::kInternalError,
                     "unrecognized interval typmod: " + std::to_string(typmod));
  }
  if (precision != 0xffff) {
    if (precision > 6) {
      return MakeError(SqlState::kInvalidParameterValue, "interval(" + std::to_string(precision) +
                                                             ") precision must be between 0 and 6");
    }
    interval.micros = RoundTimestamp(interval.micros, precision);
  }
  return interval;
}

Result<Interval> MakeInterval(int32_t years, int32_t months, int32_t weeks, int32_t days,
                              int32_t hours, int32_t minutes, double seconds) {
  if (std::isinf(seconds) || std::isnan(seconds)) return IntervalOutOfRange();
  Interval result;
  int64_t total_months = int64_t{years} * 12 + months;
  int64_t total_days = int64_t{weeks} * 7 + days;
  if (total_months != static_cast<int32_t>(total_months) ||
      total_days != static_cast<int32_t>(total_days)) {
    return IntervalOutOfRange();
  }
  result.months = static_cast<int32_t>(total_months);
  result.days = static_cast<int32_t>(total_days);
  double micros = std::rint(seconds * 1e6);
  if (!FitsInt64(micros)) return IntervalOutOfRange();
  int64_t clock = hours * kMicrosPerHour + minutes * kMicrosPerMinute;
  if (__builtin_add_overflow(clock, static_cast<int64_t>(micros), &result.micros))
    return IntervalOutOfRange();
  return result;
}

}  // namespace lathe::types
