// Output of dates, timestamps and intervals in PostgreSQL's styles other than the default ones.
#include "runtime/types/text_style.h"

#include <cstdlib>

namespace lathe::types {
namespace {

int64_t FloorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

void AppendPadded(uint64_t value, size_t width, std::string* out) {
  const std::string digits = std::to_string(value);
  if (digits.size() < width) out->append(width - digits.size(), '0');
  out->append(digits);
}

/// Seconds with up to six digits of fraction, no zeros at its end.
void AppendSeconds(uint64_t micros, size_t width, std::string* out) {
  AppendPadded(micros / kMicrosPerSecond, width, out);
  uint64_t fraction = micros % kMicrosPerSecond;
  if (fraction == 0) return;
  out->push_back('.');
  AppendPadded(fraction, 6, out);
  while (out->back() == '0') out->pop_back();
}

void AppendClock(int64_t time, std::string* out) {
  AppendPadded(static_cast<uint64_t>(time / kMicrosPerHour), 2, out);
  out->push_back(':');
  AppendPadded(static_cast<uint64_t>(time / kMicrosPerMinute % 60), 2, out);
  out->push_back(':');
  AppendSeconds(static_cast<uint64_t>(time % kMicrosPerMinute), 2, out);
}

uint64_t ShownYear(const CivilDate& date) {
  return static_cast<uint64_t>(date.year <= 0 ? 1 - static_cast<int64_t>(date.year) : date.year);
}

/// Day and month with a separator, in the style's order; the year with `before_year` in front.
void AppendNumbers(const CivilDate& date, char separator, bool day_first, std::string* out) {
  AppendPadded(static_cast<uint64_t>(day_first ? date.day : date.month), 2, out);
  out->push_back(separator);
  AppendPadded(static_cast<uint64_t>(day_first ? date.month : date.day), 2, out);
  out->push_back(separator);
  AppendPadded(ShownYear(date), 4, out);
}

/// A finite timestamp of the clock on a wall: in Postgres style with the zone behind the year.
void AppendLocal(int64_t days, int64_t time, const TextStyle& style, std::string_view zone,
                 std::string* out) {
  static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const CivilDate date = CivilFromDays(days);
  const bool day_first = style.order == DateOrder::kDmy;
  if (style.date == DateStyle::kPostgres) {
    // 2000-01-01 was a Saturday.
    const int64_t weekday = (days + 6) - FloorDiv(days + 6, 7) * 7;
    out->append(kDays[weekday]);
    out->push_back(' ');
    if (!day_first) {
      out->append(kMonths[date.month - 1]);
      out->push_back(' ');
    }
    AppendPadded(static_cast<uint64_t>(date.day), 2, out);
    out->push_back(' ');
    if (day_first) {
      out->append(kMonths[date.month - 1]);
      out->push_back(' ');
    }
    AppendClock(time, out);
    out->push_back(' ');
    AppendPadded(ShownYear(date), 4, out);
  } else {
    const bool german = style.date == DateStyle::kGerman;
    AppendNumbers(date, german ? '.' : '/', german || day_first, out);
    out->push_back(' ');
    AppendClock(time, out);
  }
  if (!zone.empty()) {
    out->push_back(' ');
    out->append(zone.substr(0, 10));
  }
  if (date.year <= 0) out->append(" BC");
}

struct IntervalFields {
  int64_t years, months, days, hours, minutes, micros;  // micros: of the minute
};
IntervalFields FieldsOf(const Interval& interval) {
  return {interval.months / 12,
          interval.months % 12,
          interval.days,
          interval.micros / kMicrosPerHour,
          interval.micros / kMicrosPerMinute % 60,
          interval.micros % kMicrosPerMinute};
}

uint64_t Magnitude(int64_t n) {
  return n < 0 ? -static_cast<uint64_t>(n) : static_cast<uint64_t>(n);
}

void AppendVerbose(const IntervalFields& f, std::string* out) {
  out->push_back('@');
  bool is_zero = true, before = false;
  // The first part's sign becomes "ago"; later parts are relative to it.
  auto part = [&](int64_t value, const char* unit) {
    if (value == 0) return;
    if (is_zero) {
      before = value < 0;
      value = std::abs(value);
    } else if (before) {
      value = -value;
    }
    is_zero = false;
    *out += ' ' + std::to_string(value) + ' ' + unit + (value == 1 ? "" : "s");
  };
  part(f.years, "year");
  part(f.months, "mon");
  part(f.days, "day");
  part(f.hours, "hour");
  part(f.minutes, "min");
  if (f.micros != 0) {
    out->push_back(' ');
    if (f.micros < 0) {
      if (is_zero) {
        before = true;
      } else if (!before) {
        out->push_back('-');
      }
    } else if (before) {
      out->push_back('-');
    }
    AppendSeconds(Magnitude(f.micros), 1, out);
    out->append(Magnitude(f.micros) == static_cast<uint64_t>(kMicrosPerSecond) ? " sec" : " secs");
    is_zero = false;
  }
  if (is_zero) out->append(" 0");
  if (before) out->append(" ago");
}

void AppendIso8601(const IntervalFields& f, std::string* out) {
  if (f.years == 0 && f.months == 0 && f.days == 0 && f.hours == 0 && f.minutes == 0 &&
      f.micros == 0) {
    out->append("PT0S");
    return;
  }
  auto part = [out](int64_t value, char unit) {
    if (value != 0) *out += std::to_string(value) + unit;
  };
  out->push_back('P');
  part(f.years, 'Y');
  part(f.months, 'M');
  part(f.days, 'D');
  if (f.hours == 0 && f.minutes == 0 && f.micros == 0) return;
  out->push_back('T');
  part(f.hours, 'H');
  part(f.minutes, 'M');
  if (f.micros == 0) return;
  if (f.micros < 0) out->push_back('-');
  AppendSeconds(Magnitude(f.micros), 1, out);
  out->push_back('S');
}

void AppendSqlStandard(const IntervalFields& f, std::string* out) {
  const int64_t all[] = {f.years, f.months, f.days, f.hours, f.minutes, f.micros};
  bool negative = false, positive = false;
  for (int64_t value : all) {
    negative |= value < 0;
    positive |= value > 0;
  }
  const bool year_month = f.years != 0 || f.months != 0;
  const bool clock = f.hours != 0 || f.minutes != 0 || f.micros != 0;
  const bool standard = !(negative && positive) && !(year_month && (f.days != 0 || clock));
  if (!negative && !positive) {
    out->push_back('0');
    return;
  }
  auto time = [&] {
    AppendPadded(Magnitude(f.hours), 1, out);
    out->push_back(':');
    AppendPadded(Magnitude(f.minutes), 2, out);
    out->push_back(':');
    AppendSeconds(Magnitude(f.micros), 2, out);
  };
  auto months = [&] {
    AppendPadded(Magnitude(f.years), 1, out);
    out->push_back('-');
    AppendPadded(Magnitude(f.months), 1, out);
  };
  if (!standard) {
    // Not a value of the standard's: every part with its sign.
    out->push_back(f.years < 0 || f.months < 0 ? '-' : '+');
    months();
    out->append(f.days < 0 ? " -" : " +");
    AppendPadded(Magnitude(f.days), 1, out);
    out->append(f.hours < 0 || f.minutes < 0 || f.micros < 0 ? " -" : " +");
    time();
    return;
  }
  if (negative) out->push_back('-');
  if (year_month) return months();
  if (f.days != 0) {
    AppendPadded(Magnitude(f.days), 1, out);
    out->push_back(' ');
  }
  time();
}

}  // namespace

void AppendDate(int32_t date, const TextStyle& style, std::string* out) {
  if (style.date == DateStyle::kIso || !IsFiniteDate(date)) return AppendDate(date, out);
  const CivilDate civil = CivilFromDays(date);
  const bool german = style.date == DateStyle::kGerman;
  AppendNumbers(civil,
                german                          ? '.'
                : style.date == DateStyle::kSql ? '/'
                                                : '-',
                german || style.order == DateOrder::kDmy, out);
  if (civil.year <= 0) out->append(" BC");
}

void AppendTimestamp(int64_t timestamp, const TextStyle& style, std::string* out) {
  if (style.date == DateStyle::kIso || !IsFiniteTimestamp(timestamp)) {
    return AppendTimestamp(timestamp, out);
  }
  const int64_t days = FloorDiv(timestamp, kMicrosPerDay);
  AppendLocal(days, timestamp - days * kMicrosPerDay, style, {}, out);
}

void AppendTimestampTz(int64_t timestamp, const TimeZone& zone, const TextStyle& style,
                       std::string* out) {
  if (style.date == DateStyle::kIso || !IsFiniteTimestamp(timestamp)) {
    return AppendTimestampTz(timestamp, zone, out);
  }
  std::string abbreviation;
  const int32_t offset = zone.OffsetAt(FloorDiv(timestamp, kMicrosPerSecond) + kUnixEpochSeconds,
                                       nullptr, &abbreviation);
  // Wider than 64 bits at the very end of the range: days and time apart.
  int64_t days = FloorDiv(timestamp, kMicrosPerDay);
  int64_t time = timestamp - days * kMicrosPerDay + offset * kMicrosPerSecond;
  const int64_t carry = FloorDiv(time, kMicrosPerDay);
  AppendLocal(days + carry, time - carry * kMicrosPerDay, style, abbreviation, out);
}

void AppendInterval(const Interval& interval, IntervalStyle style, std::string* out) {
  switch (style) {
    case IntervalStyle::kPostgres:
      return AppendInterval(interval, out);
    case IntervalStyle::kPostgresVerbose:
      return AppendVerbose(FieldsOf(interval), out);
    case IntervalStyle::kSqlStandard:
      return AppendSqlStandard(FieldsOf(interval), out);
    case IntervalStyle::kIso8601:
      return AppendIso8601(FieldsOf(interval), out);
  }
}

void AppendByteaEscaped(std::string_view bytes, std::string* out) {
  for (char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\\') {
      out->append("\\\\");
    } else if (byte < 0x20 || byte > 0x7e) {
      out->push_back('\\');
      for (int shift : {6, 3, 0}) out->push_back(static_cast<char>('0' + (byte >> shift & 7)));
    } else {
      out->push_back(c);
    }
  }
}

}  // namespace lathe::types
