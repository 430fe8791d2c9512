// Input of dates, timestamps and times of day from their fields; the usual ISO forms straight from
// the digits.
#include "runtime/types/datetime_fields.h"
#include "runtime/types/time_of_day.h"

namespace lathe::types {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

int64_t FloorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

/// The local timestamp of parsed fields, 'today' and its like resolved.
Result<int64_t> LocalOf(const Parsed& parsed, std::string_view text, const TimeSettings& settings) {
  using Special = Parsed::Special;
  int64_t days;
  if (parsed.special == Special::kNone) {
    days = DaysFromCivil(parsed.year, parsed.month, parsed.day);
  } else {
    LATHE_ASSIGN(int64_t now, InstantToLocal(settings.now, *settings.zone));
    days = FloorDiv(now, kMicrosPerDay);
    if (parsed.special == Special::kNow && !parsed.has_time) return now;
    if (parsed.special == Special::kTomorrow) ++days;
    if (parsed.special == Special::kYesterday) --days;
  }
  int64_t result;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &result) ||
      __builtin_add_overflow(result, parsed.time, &result) || result < kTimestampMin ||
      result >= kTimestampEnd) {
    return MakeError(SqlState::kDatetimeFieldOverflow,
                     "timestamp out of range: \"" + std::string(text) + "\"");
  }
  return result;
}

/// Two digits as a number; -1 when they are not digits.
inline int TwoDigits(const char* at) {
  unsigned a = static_cast<unsigned char>(at[0]) - '0', b = static_cast<unsigned char>(at[1]) - '0';
  return a > 9 || b > 9 ? -1 : static_cast<int>(a * 10 + b);
}

/// Exactly YYYY-MM-DD at the front of the text; false when it is not that or not a date after 1 BC.
bool FastDate(std::string_view text, int64_t* days) {
  if (text.size() < 10 || text[4] != '-' || text[7] != '-') return false;
  int century = TwoDigits(text.data()), year = TwoDigits(text.data() + 2),
      month = TwoDigits(text.data() + 5), day = TwoDigits(text.data() + 8);
  if (century < 0 || year < 0 || month < 1 || month > 12 || day < 1) return false;
  year += century * 100;
  if (year == 0 || day > DaysInMonth(year, month)) return false;
  *days = DaysFromCivil(year, month, day);
  return true;
}

/// Exactly "YYYY-MM-DD HH:MM:SS[.f{1,6}]", 'T' allowed.
bool FastTimestamp(std::string_view text, int64_t* timestamp) {
  int64_t days;
  if (text.size() < 19 || text.size() > 26 || !FastDate(text, &days) ||
      (text[10] != ' ' && text[10] != 'T') || text[13] != ':' || text[16] != ':') {
    return false;
  }
  int hour = TwoDigits(text.data() + 11), minute = TwoDigits(text.data() + 14),
      second = TwoDigits(text.data() + 17);
  if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 || second > 59) return false;
  int64_t micros = 0;
  if (text.size() > 19) {
    if (text[19] != '.' || text.size() == 20) return false;
    int64_t unit = 100000;
    for (size_t i = 20; i < text.size(); ++i, unit /= 10) {
      if (!IsDigit(text[i])) return false;
      micros += (text[i] - '0') * unit;
    }
  }
  *timestamp = days * kMicrosPerDay + hour * kMicrosPerHour + minute * kMicrosPerMinute +
               second * kMicrosPerSecond + micros;
  return true;
}

constexpr int64_t kEpochTimestamp = -kUnixEpochSeconds * kMicrosPerSecond;

}  // namespace

Result<int32_t> ParseDate(std::string_view text, const TimeSettings& settings) {
  return ParseDate(text, settings, DateOrder::kMdy);
}

Result<int32_t> ParseDate(std::string_view text, const TimeSettings& settings, DateOrder order) {
  int64_t days;
  if (text.size() == 10 && FastDate(text, &days)) return static_cast<int32_t>(days);
  LATHE_ASSIGN(Parsed parsed, ParseFields(text, "date", DateInput::kDate, order));
  switch (parsed.special) {
    case Parsed::Special::kInfinity:
      return kDateInfinity;
    case Parsed::Special::kMinusInfinity:
      return kDateMinusInfinity;
    case Parsed::Special::kEpoch:
      return -kUnixEpochDays;
    case Parsed::Special::kNone:
      break;
    default: {
      LATHE_ASSIGN(int64_t local, LocalOf(parsed, text, settings));
      return TimestampToDate(local);
    }
  }
  days = DaysFromCivil(parsed.year, parsed.month, parsed.day);
  if (days < kDateMin || days >= kDateEnd) {
    return MakeError(SqlState::kDatetimeFieldOverflow,
                     "date out of range: \"" + std::string(text) + "\"");
  }
  return static_cast<int32_t>(days);
}

Result<int64_t> ParseTimestamp(std::string_view text, const TimeSettings& settings) {
  return ParseTimestamp(text, settings, DateOrder::kMdy);
}

Result<int64_t> ParseTimestamp(std::string_view text, const TimeSettings& settings,
                               DateOrder order) {
  int64_t fast;
  if (FastTimestamp(text, &fast)) return fast;
  LATHE_ASSIGN(Parsed parsed, ParseFields(text, "timestamp", DateInput::kDate, order));
  switch (parsed.special) {
    case Parsed::Special::kInfinity:
      return kTimestampInfinity;
    case Parsed::Special::kMinusInfinity:
      return kTimestampMinusInfinity;
    case Parsed::Special::kEpoch:
      return kEpochTimestamp;
    default:
      return LocalOf(parsed, text, settings);
  }
}

Result<int64_t> ParseTimestampTz(std::string_view text, const TimeSettings& settings) {
  return ParseTimestampTz(text, settings, DateOrder::kMdy);
}

Result<int64_t> ParseTimestampTz(std::string_view text, const TimeSettings& settings,
                                 DateOrder order) {
  int64_t fast;
  if (FastTimestamp(text, &fast)) return LocalToInstant(fast, *settings.zone);
  LATHE_ASSIGN(Parsed parsed,
               ParseFields(text, "timestamp with time zone", DateInput::kDate, order));
  switch (parsed.special) {
    case Parsed::Special::kInfinity:
      return kTimestampInfinity;
    case Parsed::Special::kMinusInfinity:
      return kTimestampMinusInfinity;
    case Parsed::Special::kEpoch:
      return kEpochTimestamp;
    case Parsed::Special::kNow:
      if (!parsed.has_time) return settings.now;
      break;
    default:
      break;
  }
  LATHE_ASSIGN(int64_t local, LocalOf(parsed, text, settings));
  if (!parsed.has_zone) return LocalToInstant(local, *settings.zone);
  if (parsed.zone != nullptr) return LocalToInstant(local, *parsed.zone);
  int128 instant =
      static_cast<int128>(local) - static_cast<int128>(parsed.offset) * kMicrosPerSecond;
  if (instant < kTimestampMin || instant >= kTimestampEnd) {
    return MakeError(SqlState::kDatetimeFieldOverflow,
                     "timestamp out of range: \"" + std::string(text) + "\"");
  }
  return static_cast<int64_t>(instant);
}

namespace {

/// Exactly "HH:MM:SS[.f{1,6}]".
bool FastTime(std::string_view text, int64_t* time) {
  std::string stamp = "2000-01-01 ";
  stamp += text;
  return text.size() <= 15 && FastTimestamp(stamp, time);
}

/// The zone's offset of fields: as written, or what the zone has on the date (today's, if none).
int32_t OffsetOfFields(const Parsed& parsed, int64_t time, const TimeSettings& settings) {
  if (parsed.has_zone && parsed.zone == nullptr) return parsed.offset;
  const TimeZone& zone = parsed.zone != nullptr ? *parsed.zone : *settings.zone;
  int64_t days;
  if (parsed.has_year && parsed.has_month && parsed.has_day) {
    days = DaysFromCivil(parsed.year, parsed.month, parsed.day);
  } else {
    Result<int64_t> local = InstantToLocal(settings.now, *settings.zone);
    days = local.ok() ? FloorDiv(*local, kMicrosPerDay) : 0;
  }
  const int64_t seconds = days * 86400 + FloorDiv(time, kMicrosPerSecond) + kUnixEpochSeconds;
  return zone.OffsetOfLocal(seconds);
}

}  // namespace

Result<int64_t> ParseTime(std::string_view text, const TimeSettings& settings) {
  int64_t time;
  if (FastTime(text, &time)) return time;
  LATHE_ASSIGN(Parsed parsed, ParseFields(text, "time", DateInput::kTimeOfDay));
  if (parsed.special == Parsed::Special::kNow && !parsed.has_time) {
    LATHE_ASSIGN(int64_t now, InstantToLocal(settings.now, *settings.zone));
    return now - FloorDiv(now, kMicrosPerDay) * kMicrosPerDay;
  }
  // A named zone says nothing without a date.
  const bool dated = parsed.has_year && parsed.has_month && parsed.has_day;
  if (!parsed.has_time || (parsed.zone != nullptr && !dated)) {
    return MakeError(SqlState::kInvalidDatetimeFormat,
                     "invalid input syntax for type time: \"" + std::string(text) + "\"");
  }
  return parsed.time;
}

Result<int64_t> ParseTimeTz(std::string_view text, const TimeSettings& settings,
                            int32_t precision) {
  LATHE_ASSIGN(Parsed parsed, ParseFields(text, "time with time zone", DateInput::kTimeOfDay));
  if (parsed.special == Parsed::Special::kNow && !parsed.has_time) {
    return TimeTzOfInstant(settings.now, *settings.zone, precision);
  }
  if (!parsed.has_time || (parsed.zone != nullptr && !parsed.has_year)) {
    return MakeError(
        SqlState::kInvalidDatetimeFormat,
        "invalid input syntax for type time with time zone: \"" + std::string(text) + "\"");
  }
  return PackTimeTz(
      {RoundTimestamp(parsed.time, precision), OffsetOfFields(parsed, parsed.time, settings)});
}

}  // namespace lathe::types
