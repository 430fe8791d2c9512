// Dates, times and intervals by pattern: what to_char writes for each field.
#include "runtime/types/format_date.h"

#include <cstdio>
#include <cstdlib>

#include "runtime/types/format_date_parts.h"

namespace lathe::types {
namespace {

constexpr uint8_t kGregorian = 1, kIso = 2;
using K = DateKey;
constexpr PatternKeyword Key(std::string_view text, K key, bool digits = false,
                             uint8_t calendar = 0) {
  return {text, static_cast<int>(key), digits, calendar};
}
constexpr PatternKeyword kDateKeywords[] = {
    Key("A.D.", K::kEraDots),
    Key("A.M.", K::kMeridiemDots),
    Key("AD", K::kEra),
    Key("AM", K::kMeridiem),
    Key("B.C.", K::kEraDots),
    Key("BC", K::kEra),
    Key("CC", K::kCentury, true),
    Key("DAY", K::kDayName),
    Key("DDD", K::kDayOfYear, true, kGregorian),
    Key("DD", K::kDayOfMonth, true, kGregorian),
    Key("DY", K::kDayShort),
    Key("Day", K::kDayName),
    Key("Dy", K::kDayShort),
    Key("D", K::kDayOfWeek, true, kGregorian),
    Key("FF1", K::kFraction1, true),
    Key("FF2", K::kFraction2, true),
    Key("FF3", K::kFraction3, true),
    Key("FF4", K::kFraction4, true),
    Key("FF5", K::kFraction5, true),
    Key("FF6", K::kFraction6, true),
    Key("FX", K::kFixed),
    Key("HH24", K::kHour24, true),
    Key("HH12", K::kHour12, true),
    Key("HH", K::kHour12, true),
    Key("IDDD", K::kIsoDayOfYear, true, kIso),
    Key("ID", K::kIsoDayOfWeek, true, kIso),
    Key("IW", K::kIsoWeek, true, kIso),
    Key("IYYY", K::kIsoYear4, true, kIso),
    Key("IYY", K::kIsoYear3, true, kIso),
    Key("IY", K::kIsoYear2, true, kIso),
    Key("I", K::kIsoYear1, true, kIso),
    Key("J", K::kJulian, true),
    Key("MI", K::kMinute, true),
    Key("MM", K::kMonth, true, kGregorian),
    Key("MONTH", K::kMonthName, false, kGregorian),
    Key("MON", K::kMonthShort, false, kGregorian),
    Key("MS", K::kMilliseconds, true),
    Key("Month", K::kMonthName, false, kGregorian),
    Key("Mon", K::kMonthShort, false, kGregorian),
    Key("OF", K::kOffset),
    Key("P.M.", K::kMeridiemDots),
    Key("PM", K::kMeridiem),
    Key("Q", K::kQuarter, true),
    Key("RM", K::kMonthRoman, false, kGregorian),
    Key("SSSSS", K::kSecondsOfDay, true),
    Key("SSSS", K::kSecondsOfDay, true),
    Key("SS", K::kSecond, true),
    Key("TZH", K::kZoneHours),
    Key("TZM", K::kZoneMinutes, true),
    Key("TZ", K::kZone),
    Key("US", K::kMicroseconds, true),
    Key("WW", K::kWeekOfYear, true, kGregorian),
    Key("W", K::kWeekOfMonth, true, kGregorian),
    Key("Y,YYY", K::kYearComma, true, kGregorian),
    Key("YYYY", K::kYear4, true, kGregorian),
    Key("YYY", K::kYear3, true, kGregorian),
    Key("YY", K::kYear2, true, kGregorian),
    Key("Y", K::kYear1, true, kGregorian),
    Key("a.d.", K::kEraDots),
    Key("a.m.", K::kMeridiemDots),
    Key("ad", K::kEra),
    Key("am", K::kMeridiem),
    Key("b.c.", K::kEraDots),
    Key("bc", K::kEra),
    Key("cc", K::kCentury, true),
    Key("day", K::kDayName),
    Key("ddd", K::kDayOfYear, true, kGregorian),
    Key("dd", K::kDayOfMonth, true, kGregorian),
    Key("dy", K::kDayShort),
    Key("d", K::kDayOfWeek, true, kGregorian),
    Key("ff1", K::kFraction1, true),
    Key("ff2", K::kFraction2, true),
    Key("ff3", K::kFraction3, true),
    Key("ff4", K::kFraction4, true),
    Key("ff5", K::kFraction5, true),
    Key("ff6", K::kFraction6, true),
    Key("fx", K::kFixed),
    Key("hh24", K::kHour24, true),
    Key("hh12", K::kHour12, true),
    Key("hh", K::kHour12, true),
    Key("iddd", K::kIsoDayOfYear, true, kIso),
    Key("id", K::kIsoDayOfWeek, true, kIso),
    Key("iw", K::kIsoWeek, true, kIso),
    Key("iyyy", K::kIsoYear4, true, kIso),
    Key("iyy", K::kIsoYear3, true, kIso),
    Key("iy", K::kIsoYear2, true, kIso),
    Key("i", K::kIsoYear1, true, kIso),
    Key("j", K::kJulian, true),
    Key("mi", K::kMinute, true),
    Key("mm", K::kMonth, true, kGregorian),
    Key("month", K::kMonthName, false, kGregorian),
    Key("mon", K::kMonthShort, false, kGregorian),
    Key("ms", K::kMilliseconds, true),
    Key("of", K::kOffset),
    Key("p.m.", K::kMeridiemDots),
    Key("pm", K::kMeridiem),
    Key("q", K::kQuarter, true),
    Key("rm", K::kMonthRoman, false, kGregorian),
    Key("sssss", K::kSecondsOfDay, true),
    Key("ssss", K::kSecondsOfDay, true),
    Key("ss", K::kSecond, true),
    Key("tzh", K::kZoneHours),
    Key("tzm", K::kZoneMinutes, true),
    Key("tz", K::kZone),
    Key("us", K::kMicroseconds, true),
    Key("ww", K::kWeekOfYear, true, kGregorian),
    Key("w", K::kWeekOfMonth, true, kGregorian),
    Key("y,yyy", K::kYearComma, true, kGregorian),
    Key("yyyy", K::kYear4, true, kGregorian),
    Key("yyy", K::kYear3, true, kGregorian),
    Key("yy", K::kYear2, true, kGregorian),
    Key("y", K::kYear1, true, kGregorian),
};

/// A moment or a span taken apart.
struct Fields {
  bool interval = false;
  int64_t year = 0;  // 0 = 1 BC
  int month = 0, day = 0;
  int64_t hour = 0;
  int minute = 0, second = 0, micros = 0;
  int weekday = 0;          // Sunday = 0
  int64_t day_of_year = 0;  // 1 = 1 January; of intervals all days
  int64_t days = 0;         // since 2000-01-01
  int32_t offset = 0;       // seconds east
  bool zoned = false;
  std::string zone;
};

int64_t FloorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

/// The Julian day number of any numbers, a month 0 or less included, by the formula of Fliegel and
/// Van Flandern (CACM 11, 1968), as PostgreSQL has it.
int64_t JulianDay(int64_t year, int month, int64_t day) {
  if (month > 2) {
    month += 1;
    year += 4800;
  } else {
    month += 13;
    year += 4799;
  }
  int64_t century = year / 100;
  return year * 365 - 32167 + year / 4 - century + century / 4 + 7834 * month / 256 + day;
}
constexpr int64_t kJulianOf2000 = 2451545;

void TakeClock(int64_t time, Fields* fields) {
  fields->hour = time / kMicrosPerHour;
  fields->minute = static_cast<int>(time / kMicrosPerMinute % 60);
  fields->second = static_cast<int>(time / kMicrosPerSecond % 60);
  fields->micros = static_cast<int>(time % kMicrosPerSecond);
}

Fields FieldsOf(int64_t timestamp) {
  Fields fields;
  fields.days = FloorDiv(timestamp, kMicrosPerDay);
  TakeClock(timestamp - fields.days * kMicrosPerDay, &fields);
  CivilDate date = CivilFromDays(fields.days);
  fields.year = date.year;
  fields.month = date.month;
  fields.day = date.day;
  // 2000-01-01 was a Saturday.
  fields.weekday = static_cast<int>((fields.days % 7 + 7 + 6) % 7);
  fields.day_of_year = fields.days - DaysFromCivil(date.year, 1, 1) + 1;
  return fields;
}

Fields FieldsOf(const Interval& interval) {
  Fields fields;
  fields.interval = true;
  fields.year = interval.months / 12;
  fields.month = interval.months % 12;
  fields.day = interval.days;
  TakeClock(interval.micros, &fields);
  fields.day_of_year = int64_t{interval.months} * 30 + interval.days;
  fields.days = JulianDay(fields.year, fields.month, fields.day) - kJulianOf2000;
  return fields;
}

/// Writes the fields that a pattern asks for.
class DateWriter {
 public:
  explicit DateWriter(const Fields& fields) : f_(fields) {}

  Status Write(std::string_view pattern) {
    for (const PatternPart& part : CutPattern(pattern, kDateKeywords, true)) {
      if (part.kind != PatternPart::Kind::kKeyword) {
        out_ += part.text;
        continue;
      }
      LATHE_TRY(WritePart(part));
    }
    return Ok();
  }
  std::string Take() { return std::move(out_); }

 private:
  static Error NotForIntervals() {
    Error error = MakeError(SqlState::kInvalidDatetimeFormat,
                            "invalid format specification for an interval value");
    error.hint = "Intervals are not tied to specific calendar dates.";
    return error;
  }
  /// A number of at least `width` digits, its sign not counted, with its ordinal ending.
  void Number(const PatternPart& part, int64_t value, int width) {
    char buffer[32];
    int room = part.fill_mode ? 0 : value < 0 ? width + 1 : width;
    std::snprintf(buffer, sizeof buffer, "%0*lld", room, static_cast<long long>(value));
    Ordinal(part, buffer);
  }
  /// A number whose width is not changed by FM.
  void Fixed(const PatternPart& part, int64_t value, int width) {
    PatternPart exact = part;
    exact.fill_mode = false;
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%0*lld", width, static_cast<long long>(value));
    Ordinal(exact, buffer);
  }
  void Ordinal(const PatternPart& part, std::string_view number) {
    out_ += number;
    if (part.ordinal != 0) out_ += OrdinalSuffix(number, part.ordinal == 'T');
  }
  /// A name in the case of the keyword (upper, lower, or as it is), padded unless FM.
  void Name(const PatternPart& part, std::string_view name, size_t width) {
    std::string_view keyword = part.keyword->text;
    bool upper = keyword[1] >= 'A' && keyword[1] <= 'Z';
    bool lower = keyword[0] >= 'a' && keyword[0] <= 'z';
    size_t start = out_.size();
    for (char c : name) {
      if (upper && c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
      if (lower && c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      out_.push_back(c);
    }
    size_t written = out_.size() - start;
    if (!part.fill_mode && !part.localized && written < width) out_.append(width - written, ' ');
  }
  void Word(const PatternPart& part, std::string_view upper) {
    bool lower = part.keyword->text[0] >= 'a';
    for (char c : upper) {
      out_.push_back(lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
    }
  }
  int64_t ShownYear(int64_t year) const { return f_.interval || year > 0 ? year : 1 - year; }

  Status WritePart(const PatternPart& part) {
    const auto key = static_cast<DateKey>(part.keyword->id);
    switch (key) {
      case K::kMeridiem:
        Word(part, f_.hour % 24 >= 12 ? "PM" : "AM");
        return Ok();
      case K::kMeridiemDots:
        Word(part, f_.hour % 24 >= 12 ? "P.M." : "A.M.");
        return Ok();
      case K::kHour12:
        Number(part, f_.hour % 12 == 0 ? 12 : f_.hour % 12,
               f_.hour < 0 && f_.hour % 12 == 0 ? 3 : 2);
        return Ok();
      case K::kHour24:
        Number(part, f_.hour, 2);
        return Ok();
      case K::kMinute:
        Number(part, f_.minute, 2);
        return Ok();
      case K::kSecond:
        Number(part, f_.second, 2);
        return Ok();
      case K::kFraction1:
      case K::kFraction2:
      case K::kFraction3:
      case K::kFraction4:
      case K::kFraction5:
      case K::kFraction6: {
        int digits = part.keyword->id - static_cast<int>(K::kFraction1) + 1;
        int divisor = 1;
        for (int i = digits; i < 6; ++i) divisor *= 10;
        Fixed(part, f_.micros / divisor, digits);
        return Ok();
      }
      case K::kMilliseconds:
        Fixed(part, f_.micros / 1000, 3);
        return Ok();
      case K::kMicroseconds:
        Fixed(part, f_.micros, 6);
        return Ok();
      case K::kSecondsOfDay:
        Fixed(part, f_.hour * 3600 + f_.minute * 60 + f_.second, 1);
        return Ok();
      case K::kZone:
      case K::kZoneHours:
      case K::kZoneMinutes:
      case K::kOffset:
        return WriteZone(part, key);
      case K::kFixed:
        return Ok();
      default:
        return WriteDate(part, key);
    }
  }

  Status WriteZone(const PatternPart& part, DateKey key) {
    if (f_.interval) return NotForIntervals();
    const int offset = std::abs(f_.offset);
    char buffer[32];
    switch (key) {
      case K::kZone:
        for (char c : f_.zone) {
          bool lower = part.keyword->text[0] == 't';
          out_.push_back(lower && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
        }
        return Ok();
      case K::kZoneHours:
        std::snprintf(buffer, sizeof buffer, "%c%02d", f_.offset < 0 ? '-' : '+', offset / 3600);
        break;
      case K::kZoneMinutes:
        std::snprintf(buffer, sizeof buffer, "%02d", offset % 3600 / 60);
        break;
      default:
        std::snprintf(buffer, sizeof buffer, "%c%0*d", f_.offset < 0 ? '-' : '+',
                      part.fill_mode ? 0 : 2, offset / 3600);
        out_ += buffer;
        if (offset % 3600 == 0) return Ok();
        std::snprintf(buffer, sizeof buffer, ":%02d", offset % 3600 / 60);
        break;
    }
    out_ += buffer;
    return Ok();
  }

  Status WriteDate(const PatternPart& part, DateKey key) {
    switch (key) {
      case K::kEra:
      case K::kEraDots:
        if (f_.interval) return NotForIntervals();
        Word(part, key == K::kEra ? (f_.year <= 0 ? "BC" : "AD") : f_.year <= 0 ? "B.C." : "A.D.");
        return Ok();
      case K::kMonthName:
      case K::kMonthShort: {
        if (f_.interval) return NotForIntervals();
        std::string_view name = kMonthNames[f_.month - 1];
        Name(part, key == K::kMonthName ? name : name.substr(0, 3), key == K::kMonthName ? 9 : 0);
        return Ok();
      }
      case K::kMonth:
        Number(part, f_.month, 2);
        return Ok();
      case K::kDayName:
      case K::kDayShort: {
        if (f_.interval) return NotForIntervals();
        std::string_view name = kWeekdayNames[f_.weekday];
        Name(part, key == K::kDayName ? name : name.substr(0, 3), key == K::kDayName ? 9 : 0);
        return Ok();
      }
      case K::kDayOfYear:
        FixedUnlessFill(part, f_.day_of_year, 3);
        return Ok();
      case K::kIsoDayOfYear:
        FixedUnlessFill(part, f_.days - IsoWeekStart(IsoYearOf(f_.days), 1) + 1, 3);
        return Ok();
      case K::kDayOfMonth:
        FixedUnlessFill(part, f_.day, 2);
        return Ok();
      case K::kDayOfWeek:
        if (f_.interval) return NotForIntervals();
        Fixed(part, f_.weekday + 1, 1);
        return Ok();
      case K::kIsoDayOfWeek:
        if (f_.interval) return NotForIntervals();
        Fixed(part, f_.weekday == 0 ? 7 : f_.weekday, 1);
        return Ok();
      case K::kWeekOfYear:
        FixedUnlessFill(part, (f_.day_of_year - 1) / 7 + 1, 2);
        return Ok();
      case K::kIsoWeek:
        FixedUnlessFill(part, (f_.days - IsoWeekStart(IsoYearOf(f_.days), 1)) / 7 + 1, 2);
        return Ok();
      case K::kQuarter:
        if (f_.month != 0) Fixed(part, (f_.month - 1) / 3 + 1, 1);
        return Ok();
      case K::kCentury: {
        int64_t century = f_.interval   ? f_.year / 100
                          : f_.year > 0 ? (f_.year - 1) / 100 + 1
                                        : f_.year / 100 - 1;
        if (century <= 99 && century >= -99) {
          Number(part, century, 2);
        } else {
          Fixed(part, century, 1);
        }
        return Ok();
      }
      case K::kMonthRoman: {
        if (f_.month == 0 && f_.year == 0) return Ok();
        // Negative months count back from December; whole years are it.
        int index = f_.month > 0 ? f_.month - 1 : f_.month < 0 ? 12 + f_.month : 11;
        if (f_.month == 0 && f_.year < 0) index = 0;
        PatternPart roman = part;
        roman.localized = false;
        Name(roman, kRomanMonths[index], 4);
        return Ok();
      }
      case K::kWeekOfMonth:
        Fixed(part, (f_.day - 1) / 7 + 1, 1);
        return Ok();
      case K::kJulian:
        Fixed(part, f_.days + kJulianOf2000, 1);
        return Ok();
      default:
        WriteYear(part, key);
        return Ok();
    }
  }
  /// FM takes the leading zeros; a sign counts as a digit.
  void FixedUnlessFill(const PatternPart& part, int64_t value, int width) {
    Fixed(part, value, part.fill_mode ? 0 : width);
  }

  void WriteYear(const PatternPart& part, DateKey key) {
    const bool iso = key >= K::kIsoYear4 && key <= K::kIsoYear1;
    const int64_t year = ShownYear(iso ? IsoYearOf(f_.days) : f_.year);
    switch (key) {
      case K::kYearComma: {
        char buffer[40];
        const int64_t thousands = year / 1000;
        std::snprintf(buffer, sizeof buffer, "%lld,%03lld", static_cast<long long>(thousands),
                      static_cast<long long>(year - thousands * 1000));
        Ordinal(part, buffer);
        break;
      }
      case K::kYear4:
      case K::kIsoYear4:
        Padded(part, year, ShownYear(f_.year) < 0 ? 5 : 4);
        break;
      case K::kYear3:
      case K::kIsoYear3:
        Padded(part, year % 1000, ShownYear(f_.year) < 0 ? 4 : 3);
        break;
      case K::kYear2:
      case K::kIsoYear2:
        Padded(part, year % 100, ShownYear(f_.year) < 0 ? 3 : 2);
        break;
      default:
        Fixed(part, year % 10, 1);
        break;
    }
  }
  void Padded(const PatternPart& part, int64_t value, int width) {
    Fixed(part, value, part.fill_mode ? 0 : width);
  }

  const Fields& f_;
  std::string out_;
};

}  // namespace

std::span<const PatternKeyword> DateKeywords() { return kDateKeywords; }

int64_t IsoWeekStart(int64_t year, int64_t week) {
  int64_t day4 = DaysFromCivil(year, 1, 4);
  int64_t monday = day4 - ((day4 + 5) % 7 + 7) % 7;  // 2000-01-03 was a Monday
  return monday + (week - 1) * 7;
}
int64_t IsoYearOf(int64_t days) {
  int64_t year = CivilFromDays(days).year;
  if (days < IsoWeekStart(year, 1)) return year - 1;
  return days >= IsoWeekStart(year + 1, 1) ? year + 1 : year;
}

std::optional<std::string> FormatTimestamp(int64_t timestamp, std::string_view pattern) {
  if (pattern.empty() || !IsFiniteTimestamp(timestamp)) return std::nullopt;
  Fields fields = FieldsOf(timestamp);
  DateWriter writer(fields);
  static_cast<void>(writer.Write(pattern).ok());  // only intervals can fail
  return writer.Take();
}

std::optional<std::string> FormatTimestampTz(int64_t instant, const TimeZone& zone,
                                             std::string_view pattern) {
  if (pattern.empty() || !IsFiniteTimestamp(instant)) return std::nullopt;
  std::string abbreviation;
  int32_t offset = zone.OffsetAt(FloorDiv(instant, kMicrosPerSecond) + kUnixEpochSeconds, nullptr,
                                 &abbreviation);
  // Only in the last hours of the range does the clock not fit.
  int64_t local;
  if (__builtin_add_overflow(instant, offset * kMicrosPerSecond, &local)) local = instant;
  Fields fields = FieldsOf(local);
  fields.offset = offset;
  fields.zoned = true;
  fields.zone = std::move(abbreviation);
  DateWriter writer(fields);
  static_cast<void>(writer.Write(pattern).ok());
  return writer.Take();
}

Result<std::optional<std::string>> FormatInterval(const Interval& interval,
                                                  std::string_view pattern) {
  if (pattern.empty()) return std::optional<std::string>();
  Fields fields = FieldsOf(interval);
  DateWriter writer(fields);
  LATHE_TRY(writer.Write(pattern));
  return std::optional<std::string>(writer.Take());
}

}  // namespace lathe::types
