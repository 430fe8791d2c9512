// to_date and to_timestamp: texts read by a pattern. Each part takes its piece of the text; the
// pieces are put together at the end.
#include <cerrno>
#include <climits>
#include <cstdlib>

#include "runtime/types/format_date.h"
#include "runtime/types/format_date_parts.h"
#include "runtime/types/text.h"

namespace lathe::types {
namespace {

using K = DateKey;

/// What the text said. 0 = nothing.
struct Found {
  int calendar = 0;  // 1 = Gregorian, 2 = ISO week
  int hour = 0, pm = 0, minute = 0, second = 0, second_of_day = 0;
  int weekday = 0, day = 0, day_of_year = 0, month = 0, year = 0, bc = 0;
  int week = 0, week_of_month = 0, century = 0, julian = 0;
  int millis = 0, micros = 0, year_digits = 0, fraction_digits = 0;
  int zone_sign = 0, zone_hours = 0, zone_minutes = 0;
  bool twelve_hours = false;
};

Error BadText(std::string message, std::string detail = {}, std::string hint = {}) {
  Error error = MakeError(SqlState::kInvalidDatetimeFormat, std::move(message));
  error.detail = std::move(detail);
  error.hint = std::move(hint);
  return error;
}
Error OutOfRange(std::string_view text) {
  return MakeError(SqlState::kDatetimeFieldOverflow,
                   "date/time field value out of range: \"" + std::string(text) + "\"");
}

/// Years of up to three digits are the nearest to 2020.
int NearestYear(int year) {
  if (year < 70) return year + 2000;
  if (year < 100) return year + 1900;
  if (year < 520) return year + 2000;
  if (year < 1000) return year + 1000;
  return year;
}

class DateReader {
 public:
  DateReader(std::string_view text, std::string_view pattern)
      : text_(text.substr(0, text.find('\0'))),
        parts_(CutPattern(pattern, DateKeywords(), true)),
        at_(text_.c_str()) {}

  Result<Found> Read() {
    for (size_t i = 0; i < parts_.size() && *at_ != 0; ++i) {
      const PatternPart& part = parts_[i];
      const bool keyword = part.kind == PatternPart::Kind::kKeyword;
      const bool fixed_key = keyword && part.keyword->id == static_cast<int>(K::kFixed);
      if (!fixed_ && !fixed_key && (keyword || i == 0)) SkipSpaces();
      if (!keyword) {
        TakeText(part);
        continue;
      }
      LATHE_TRY(SetCalendar(part.keyword->calendar));
      LATHE_TRY(TakeField(i));
      if (!fixed_) {
        extra_ = 0;
        SkipSpaces();
      }
    }
    return found_;
  }

 private:
  void SkipSpaces() {
    for (; *at_ != 0 && IsPatternSpace(*at_); ++at_) ++extra_;
  }
  void SkipCharacter() {
    for (int n = CharBytes(*at_); n > 0 && *at_ != 0; --n) ++at_;
  }
  /// Text, blanks and separators of the pattern.
  void TakeText(const PatternPart& part) {
    if (fixed_) {
      SkipCharacter();
    } else if (part.kind == PatternPart::Kind::kText) {
      // Blanks passed over already count as the character.
      if (extra_ > 0) {
        --extra_;
      } else {
        SkipCharacter();
      }
    } else {
      --extra_;
      if (IsPatternSpace(*at_) || IsPatternSeparator(*at_)) {
        ++at_;
        ++extra_;
      }
    }
  }

  Status SetCalendar(int calendar) {
    if (calendar == 0) return Ok();
    if (found_.calendar == 0) found_.calendar = calendar;
    if (found_.calendar != calendar) {
      return BadText(
          "invalid combination of date conventions", {},
          "Do not mix Gregorian and ISO week date conventions in a formatting template.");
    }
    return Ok();
  }

  Status Set(int* field, int value, std::string_view keyword) {
    if (*field != 0 && *field != value) {
      return BadText(
          "conflicting values for \"" + std::string(keyword) + "\" field in formatting string",
          "This value contradicts a previous setting for the same field type.");
    }
    *field = value;
    return Ok();
  }

  /// Whether what follows in the pattern is not a digit, so that a number may be of any length.
  bool SeparatorFollows(size_t i) const {
    if (parts_[i].ordinal != 0 || i + 1 >= parts_.size()) return true;
    const PatternPart& next = parts_[i + 1];
    if (next.kind == PatternPart::Kind::kKeyword) return !next.keyword->digits;
    return !(next.text.size() == 1 && next.text[0] >= '0' && next.text[0] <= '9');
  }

  /// A number of `length` characters, or of any when nothing tells it from what follows. Gives how
  /// many characters it took; field null = the value is dropped.
  Result<int> Number(size_t i, int length, int* field) {
    const PatternPart& part = parts_[i];
    const std::string name(part.keyword->text);
    const char* start = at_;
    while (IsPatternSpace(*at_)) ++at_;
    const std::string_view left(at_);
    const std::string piece(left.substr(0, static_cast<size_t>(length)));
    static constexpr char kHint[] =
        "If your source string is not fixed-width, try using the \"FM\" modifier.";
    long value = 0;
    errno = 0;
    if (part.fill_mode || SeparatorFollows(i)) {
      char* end;
      value = std::strtol(start, &end, 10);
      at_ = end;
    } else {
      if (left.size() < static_cast<size_t>(length)) {
        return BadText("source string too short for \"" + name + "\" formatting field",
                       "Field requires " + std::to_string(length) + " characters, but only " +
                           std::to_string(left.size()) + " remain.",
                       kHint);
      }
      char* end;
      value = std::strtol(piece.c_str(), &end, 10);
      auto used = static_cast<int>(end - piece.c_str());
      if (used > 0 && used < length) {
        return BadText("invalid value \"" + piece + "\" for \"" + name + "\"",
                       "Field requires " + std::to_string(length) + " characters, but only " +
                           std::to_string(used) + " could be parsed.",
                       kHint);
      }
      at_ += used;
    }
    if (at_ == start) {
      return BadText("invalid value \"" + piece + "\" for \"" + name + "\"",
                     "Value must be an integer.");
    }
    if (errno == ERANGE || value < INT_MIN || value > INT_MAX) {
      Error error = MakeError(SqlState::kDatetimeFieldOverflow,
                              "value for \"" + name + "\" in source string is out of range");
      error.detail = "Value must be in the range -2147483648 to 2147483647.";
      return error;
    }
    if (field != nullptr) LATHE_TRY(Set(field, static_cast<int>(value), name));
    return static_cast<int>(at_ - start);
  }
  Status NumberOf(size_t i, int* field) {
    LATHE_TRY(Number(i, static_cast<int>(parts_[i].keyword->text.size()), field));
    SkipOrdinal(i);
    return Ok();
  }
  Status NumberOf(size_t i, int length, int* field) {
    LATHE_TRY(Number(i, length, field));
    SkipOrdinal(i);
    return Ok();
  }
  void SkipOrdinal(size_t i) {
    if (parts_[i].ordinal == 0) return;
    for (int n = 0; n < 2 && *at_ != 0; ++n) SkipCharacter();
  }

  /// The first of the names, cut to `length` letters, that the text goes on with, in any case.
  Result<int> NameAt(size_t i, std::span<const std::string_view> names, size_t length) {
    const std::string_view left(at_);
    auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    for (size_t n = 0; n < names.size(); ++n) {
      std::string_view name = names[n].substr(0, length);
      if (left.size() < name.size()) continue;
      size_t k = 0;
      while (k < name.size() && lower(left[k]) == lower(name[k])) ++k;
      if (k < name.size()) continue;
      at_ += name.size();
      return static_cast<int>(n);
    }
    size_t end = 0;
    while (end < left.size() && !IsPatternSpace(left[end])) ++end;
    return BadText("invalid value \"" + std::string(left.substr(0, end)) + "\" for \"" +
                       std::string(parts_[i].keyword->text) + "\"",
                   "The given value did not match any of the allowed values for this field.");
  }

  Status TakeField(size_t i) {
    const PatternPart& part = parts_[i];
    const std::string_view name = part.keyword->text;
    const auto key = static_cast<DateKey>(part.keyword->id);
    switch (key) {
      case K::kFixed:
        fixed_ = true;
        return Ok();
      case K::kMeridiem:
      case K::kMeridiemDots: {
        static constexpr std::string_view kPlain[] = {"am", "pm"}, kDots[] = {"a.m.", "p.m."};
        LATHE_ASSIGN(int value, NameAt(i, key == K::kMeridiem ? kPlain : kDots, 4));
        found_.twelve_hours = true;
        return Set(&found_.pm, value, name);
      }
      case K::kHour12:
        found_.twelve_hours = true;
        return NumberOf(i, 2, &found_.hour);
      case K::kHour24:
        return NumberOf(i, 2, &found_.hour);
      case K::kMinute:
        return NumberOf(i, &found_.minute);
      case K::kSecond:
        return NumberOf(i, &found_.second);
      case K::kMilliseconds:
        return Fraction(i, 3, &found_.millis);
      case K::kMicroseconds:
        return Fraction(i, 6, &found_.micros);
      case K::kFraction1:
      case K::kFraction2:
      case K::kFraction3:
      case K::kFraction4:
      case K::kFraction5:
      case K::kFraction6:
        found_.fraction_digits = part.keyword->id - static_cast<int>(K::kFraction1) + 1;
        return Fraction(i, found_.fraction_digits, &found_.micros);
      case K::kSecondsOfDay:
        return NumberOf(i, &found_.second_of_day);
      case K::kZone:
      case K::kOffset:
        return MakeError(SqlState::kFeatureNotSupported, "formatting field \"" + std::string(name) +
                                                             "\" is only supported in to_char");
      case K::kZoneHours:
        if (*at_ == '+' || *at_ == '-' || *at_ == ' ') {
          found_.zone_sign = *at_ == '-' ? -1 : 1;
          ++at_;
        } else {
          found_.zone_sign = extra_ > 0 && at_[-1] == '-' ? -1 : 1;
        }
        LATHE_TRY(Number(i, 2, &found_.zone_hours));
        return Ok();
      case K::kZoneMinutes:
        if (found_.zone_sign == 0) found_.zone_sign = 1;
        LATHE_TRY(Number(i, 2, &found_.zone_minutes));
        return Ok();
      default:
        return TakeDateField(i, key);
    }
  }

  /// Digits behind the point: .5 is 500 milliseconds.
  Status Fraction(size_t i, int digits, int* field) {
    LATHE_ASSIGN(int length, Number(i, digits, field));
    int full = digits == 3 && field == &found_.millis ? 3 : 6;
    for (int n = length; n < full; ++n) *field *= 10;
    SkipOrdinal(i);
    return Ok();
  }

  Status TakeDateField(size_t i, DateKey key) {
    const std::string_view name = parts_[i].keyword->text;
    switch (key) {
      case K::kEra:
      case K::kEraDots: {
        static constexpr std::string_view kPlain[] = {"ad", "bc"}, kDots[] = {"a.d.", "b.c."};
        LATHE_ASSIGN(int value, NameAt(i, key == K::kEra ? kPlain : kDots, 4));
        return Set(&found_.bc, value, name);
      }
      case K::kMonthName:
      case K::kMonthShort: {
        LATHE_ASSIGN(int value, NameAt(i, kMonthNames, key == K::kMonthShort ? 3 : 9));
        return Set(&found_.month, value + 1, name);
      }
      case K::kMonth:
        return NumberOf(i, &found_.month);
      case K::kDayName:
      case K::kDayShort: {
        LATHE_ASSIGN(int value, NameAt(i, kWeekdayNames, key == K::kDayShort ? 3 : 9));
        LATHE_TRY(Set(&found_.weekday, value, name));
        ++found_.weekday;
        return Ok();
      }
      case K::kDayOfYear:
        return NumberOf(i, &found_.day_of_year);
      case K::kIsoDayOfYear:
        return NumberOf(i, 3, &found_.day_of_year);
      case K::kDayOfMonth:
        return NumberOf(i, &found_.day);
      case K::kDayOfWeek:
        return NumberOf(i, &found_.weekday);
      case K::kIsoDayOfWeek:
        // Monday is 1 in ISO weeks, 2 in the Gregorian ones.
        LATHE_TRY(NumberOf(i, 1, &found_.weekday));
        if (++found_.weekday > 7) found_.weekday = 1;
        return Ok();
      case K::kWeekOfYear:
      case K::kIsoWeek:
        return NumberOf(i, &found_.week);
      case K::kQuarter:
        // Does not say which month, so it is read and forgotten.
        return NumberOf(i, nullptr);
      case K::kCentury:
        return NumberOf(i, &found_.century);
      case K::kMonthRoman: {
        // Longer names come first.
        static constexpr std::string_view kNames[] = {"xii", "xi", "x",  "ix",  "viii", "vii",
                                                      "vi",  "v",  "iv", "iii", "ii",   "i"};
        LATHE_ASSIGN(int value, NameAt(i, kNames, 4));
        return Set(&found_.month, 12 - value, name);
      }
      case K::kWeekOfMonth:
        return NumberOf(i, &found_.week_of_month);
      case K::kJulian:
        return NumberOf(i, &found_.julian);
      case K::kYearComma: {
        int thousands, rest, used = 0;
        if (std::sscanf(at_, "%d,%03d%n", &thousands, &rest, &used) < 2) {
          return BadText("invalid input string for \"Y,YYY\"");
        }
        int64_t year = int64_t{thousands} * 1000 + rest;
        if (year < INT_MIN || year > INT_MAX) {
          return MakeError(SqlState::kDatetimeFieldOverflow,
                           "value for \"Y,YYY\" in source string is out of range");
        }
        LATHE_TRY(Set(&found_.year, static_cast<int>(year), name));
        found_.year_digits = 4;
        at_ += used;
        SkipOrdinal(i);
        return Ok();
      }
      default: {
        auto digits = static_cast<int>(name.size());
        LATHE_ASSIGN(int length, Number(i, digits, &found_.year));
        if (digits < 4 && length < 4) found_.year = NearestYear(found_.year);
        found_.year_digits = digits;
        SkipOrdinal(i);
        return Ok();
      }
    }
  }

  std::string text_;
  std::vector<PatternPart> parts_;
  const char* at_;
  Found found_;
  bool fixed_ = false;
  int extra_ = 0;  // blanks and separators passed over that the pattern did not have
};

/// The moment that was found, its offset if the text said one.
struct Moment {
  int64_t year = 0;
  int month = 1, day = 1;
  int64_t time = 0;  // microseconds of the day
  int fraction_digits = 0;
  std::optional<int32_t> offset;
};

/// The hour of the 24-hour clock.
Result<int> HourOf(const Found& found) {
  int hour = found.hour != 0 ? found.hour : found.second_of_day / 3600;
  if (!found.twelve_hours) return hour;
  if (hour < 1 || hour > 12) {
    return BadText("hour \"" + std::to_string(hour) + "\" is invalid for the 12-hour clock", {},
                   "Use the 24-hour clock, or give an hour between 1 and 12.");
  }
  return hour % 12 + (found.pm != 0 ? 12 : 0);
}

Result<int64_t> TimeOf(const Found& found, int hour, std::string_view text) {
  const int minute = found.minute != 0 ? found.minute : found.second_of_day / 60 % 60;
  const int second = found.second != 0 ? found.second : found.second_of_day % 60;
  const int64_t micros = int64_t{found.millis} * 1000 + found.micros;
  if (hour < 0 || hour >= 24 || minute < 0 || minute >= 60 || second < 0 || second >= 60 ||
      micros < 0 || micros >= kMicrosPerSecond) {
    return OutOfRange(text);
  }
  return hour * kMicrosPerHour + minute * kMicrosPerMinute + second * kMicrosPerSecond + micros;
}

void SetDay(int64_t days, Moment* moment) {
  CivilDate date = CivilFromDays(days);
  moment->year = date.year;
  moment->month = date.month;
  moment->day = date.day;
}

/// The year by year and century; false when neither was said.
bool SetYear(const Found& found, Moment* moment) {
  int64_t century = found.bc != 0 ? -int64_t{found.century} : found.century;
  if (found.year != 0) {
    if (found.century != 0 && found.year_digits <= 2) {
      int64_t year = found.year % 100;
      if (year != 0) {
        year = century >= 0 ? year + (century - 1) * 100 : (century + 1) * 100 - year + 1;
      } else {
        year = century * 100 + (century >= 0 ? 0 : 1);
      }
      moment->year = year;
    } else {
      moment->year = found.bc != 0 ? -int64_t{found.year} : found.year;
      if (moment->year < 0) ++moment->year;  // no year 0
    }
    return true;
  }
  if (found.century == 0) return false;
  moment->year = century >= 0 ? (century - 1) * 100 + 1 : century * 100 + 1;
  return true;
}

/// The day of the year where month or day were not said.
Status SetDayOfYear(int day_of_year, const Found& found, Moment* moment) {
  if (moment->year == 0 && found.bc == 0) {
    return BadText("cannot calculate day of year without year information");
  }
  if (found.calendar == 2) {
    SetDay(IsoWeekStart(moment->year, 1) - 1 + day_of_year, moment);
    return Ok();
  }
  int month = 1, before = 0;
  while (month <= 12 && day_of_year > before + DaysInMonth(moment->year, month)) {
    before += DaysInMonth(moment->year, month++);
  }
  if (moment->month <= 1) moment->month = month;
  if (moment->day <= 1) moment->day = day_of_year - before;
  return Ok();
}

Result<Moment> ReadMoment(std::string_view text, std::string_view pattern) {
  Found found;
  if (!pattern.empty()) {
    LATHE_ASSIGN(found, DateReader(text, pattern).Read());
  }
  Moment moment;
  LATHE_ASSIGN(int hour, HourOf(found));
  bool has_year = SetYear(found, &moment), has_month = false, has_day = false;
  if (found.julian != 0) {
    SetDay(int64_t{found.julian} - 2451545, &moment);
    has_year = has_month = has_day = true;
  }
  int64_t day_of_year = found.day_of_year, day = found.day;
  if (found.week != 0) {
    if (found.calendar == 2) {
      int64_t monday = IsoWeekStart(moment.year, found.week);
      if (found.weekday != 0) monday += found.weekday > 1 ? found.weekday - 2 : 6;
      SetDay(monday, &moment);
      has_year = has_month = has_day = true;
    } else {
      day_of_year = (int64_t{found.week} - 1) * 7 + 1;
    }
  }
  if (found.week_of_month != 0) day = (int64_t{found.week_of_month} - 1) * 7 + 1;
  if (day > INT_MAX || day < INT_MIN || day_of_year > INT_MAX || day_of_year < INT_MIN) {
    return OutOfRange(text);
  }
  if (day != 0) {
    moment.day = static_cast<int>(day);
    has_day = true;
  }
  if (found.month != 0) {
    moment.month = found.month;
    has_month = true;
  }
  if (day_of_year != 0 && (moment.month <= 1 || moment.day <= 1)) {
    LATHE_TRY(SetDayOfYear(static_cast<int>(day_of_year), found, &moment));
    has_month = has_day = true;
    if (found.calendar == 2) has_year = true;
  }
  if ((has_month && (moment.month < 1 || moment.month > 12)) ||
      (has_day && (moment.day < 1 || moment.day > 31)) ||
      (has_year && has_month && has_day && moment.day > DaysInMonth(moment.year, moment.month))) {
    return OutOfRange(text);
  }
  LATHE_ASSIGN(moment.time, TimeOf(found, hour, text));
  moment.fraction_digits = found.fraction_digits;
  if (found.zone_sign != 0) {
    if (found.zone_hours < 0 || found.zone_hours > 15 || found.zone_minutes < 0 ||
        found.zone_minutes >= 60) {
      return MakeError(SqlState::kInvalidTimeZoneDisplacement,
                       "time zone displacement out of range: \"" + std::string(text) + "\"");
    }
    moment.offset = found.zone_sign * (found.zone_hours * 3600 + found.zone_minutes * 60);
  }
  return moment;
}

}  // namespace

Result<int32_t> ParseFormattedDate(std::string_view text, std::string_view pattern) {
  LATHE_ASSIGN(Moment moment, ReadMoment(text, pattern));
  int64_t days = DaysFromCivil(moment.year, moment.month, moment.day);
  if (days < kDateMin || days >= kDateEnd) {
    return MakeError(SqlState::kDatetimeFieldOverflow,
                     "date out of range: \"" + std::string(text) + "\"");
  }
  return static_cast<int32_t>(days);
}

Result<int64_t> ParseFormattedTimestamp(std::string_view text, std::string_view pattern,
                                        const TimeZone& zone) {
  LATHE_ASSIGN(Moment moment, ReadMoment(text, pattern));
  int64_t days = DaysFromCivil(moment.year, moment.month, moment.day);
  int64_t local;
  if (__builtin_mul_overflow(days, kMicrosPerDay, &local) ||
      __builtin_add_overflow(local, moment.time, &local) || local < kTimestampMin ||
      local >= kTimestampEnd) {
    return TimestampOutOfRange();
  }
  int64_t instant;
  if (moment.offset.has_value()) {
    instant = local - *moment.offset * kMicrosPerSecond;
    if (instant < kTimestampMin || instant >= kTimestampEnd) return TimestampOutOfRange();
  } else {
    LATHE_ASSIGN(instant, LocalToInstant(local, zone));
  }
  if (moment.fraction_digits != 0) instant = RoundTimestamp(instant, moment.fraction_digits);
  return instant;
}

}  // namespace lathe::types
