// Fields of dates, timestamps and intervals: extract, date_part, date_trunc, date_bin.
#include <cmath>

#include "runtime/types/datetime.h"
#include "runtime/types/type.h"

namespace lathe::types {
namespace {

int64_t FloorDiv(int64_t a, int64_t b) {
  int64_t q = a / b;
  return a % b < 0 ? q - 1 : q;
}

struct FieldName {
  std::string_view name;
  DateField field;
};
constexpr FieldName kFieldNames[] = {
    {"microseconds", DateField::kMicroseconds},
    {"microsecond", DateField::kMicroseconds},
    {"microsecon", DateField::kMicroseconds},
    {"us", DateField::kMicroseconds},
    {"usec", DateField::kMicroseconds},
    {"usecs", DateField::kMicroseconds},
    {"useconds", DateField::kMicroseconds},
    {"usecond", DateField::kMicroseconds},
    {"milliseconds", DateField::kMilliseconds},
    {"millisecond", DateField::kMilliseconds},
    {"millisecon", DateField::kMilliseconds},
    {"ms", DateField::kMilliseconds},
    {"msec", DateField::kMilliseconds},
    {"msecs", DateField::kMilliseconds},
    {"mseconds", DateField::kMilliseconds},
    {"msecond", DateField::kMilliseconds},
    {"second", DateField::kSecond},
    {"seconds", DateField::kSecond},
    {"sec", DateField::kSecond},
    {"secs", DateField::kSecond},
    {"s", DateField::kSecond},
    {"minute", DateField::kMinute},
    {"minutes", DateField::kMinute},
    {"min", DateField::kMinute},
    {"mins", DateField::kMinute},
    {"m", DateField::kMinute},
    {"hour", DateField::kHour},
    {"hours", DateField::kHour},
    {"hr", DateField::kHour},
    {"hrs", DateField::kHour},
    {"h", DateField::kHour},
    {"day", DateField::kDay},
    {"days", DateField::kDay},
    {"d", DateField::kDay},
    {"month", DateField::kMonth},
    {"months", DateField::kMonth},
    {"mon", DateField::kMonth},
    {"mons", DateField::kMonth},
    {"quarter", DateField::kQuarter},
    {"qtr", DateField::kQuarter},
    {"year", DateField::kYear},
    {"years", DateField::kYear},
    {"yr", DateField::kYear},
    {"yrs", DateField::kYear},
    {"y", DateField::kYear},
    {"decade", DateField::kDecade},
    {"decades", DateField::kDecade},
    {"dec", DateField::kDecade},
    {"decs", DateField::kDecade},
    {"century", DateField::kCentury},
    {"centuries", DateField::kCentury},
    {"cent", DateField::kCentury},
    {"c", DateField::kCentury},
    {"millennium", DateField::kMillennium},
    {"millennia", DateField::kMillennium},
    {"mil", DateField::kMillennium},
    {"mils", DateField::kMillennium},
    {"week", DateField::kWeek},
    {"weeks", DateField::kWeek},
    {"w", DateField::kWeek},
    {"isoyear", DateField::kIsoYear},
    {"dow", DateField::kDow},
    {"isodow", DateField::kIsoDow},
    {"doy", DateField::kDoy},
    {"julian", DateField::kJulian},
    {"jd", DateField::kJulian},
    {"j", DateField::kJulian},
    {"epoch", DateField::kEpoch},
    {"timezone", DateField::kTimezone},
    {"timezone_hour", DateField::kTimezoneHour},
    {"timezone_h", DateField::kTimezoneHour},
    {"timezone_minute", DateField::kTimezoneMinute},
    {"timezone_m", DateField::kTimezoneMinute},
};

std::string LowerAscii(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
  }
  return result;
}

std::string_view SourceName(DateSource source) {
  switch (source) {
    case DateSource::kDate:
      return "date";
    case DateSource::kTimestamp:
      return "timestamp without time zone";
    case DateSource::kTimestampTz:
      return "timestamp with time zone";
    case DateSource::kInterval:
      return "interval";
  }
  return "";
}

Error NotRecognized(std::string_view name, DateSource source) {
  return MakeError(SqlState::kInvalidParameterValue, "unit \"" + LowerAscii(name) +
                                                         "\" not recognized for type " +
                                                         std::string(SourceName(source)));
}
Error UnitNotSupported(std::string_view name, DateSource source) {
  return MakeError(SqlState::kFeatureNotSupported, "unit \"" + LowerAscii(name) +
                                                       "\" not supported for type " +
                                                       std::string(SourceName(source)));
}

/// Monday of ISO week 1 of a year, in days since 2000-01-01 (a Saturday).
int64_t IsoYearStart(int64_t year) {
  int64_t fourth = DaysFromCivil(year, 1, 4);
  int64_t weekday = ((fourth + 5) % 7 + 7) % 7;  // Monday = 0
  return fourth - weekday;
}
void IsoWeek(int64_t days, int64_t calendar_year, int64_t* iso_year, int64_t* week) {
  int64_t year = calendar_year + 1;
  while (IsoYearStart(year) > days) --year;
  *iso_year = year;
  *week = (days - IsoYearStart(year)) / 7 + 1;
}

int64_t Decade(int64_t year) { return year >= 0 ? year / 10 : -((8 - (year - 1)) / 10); }
int64_t Century(int64_t year) { return year > 0 ? (year + 99) / 100 : -((99 - (year - 1)) / 100); }
int64_t Millennium(int64_t year) {
  return year > 0 ? (year + 999) / 1000 : -((999 - (year - 1)) / 1000);
}

/// Fields whose value grows for ever: infinite for infinite dates, where the others are NULL.
bool IsMonotonic(DateField field) {
  switch (field) {
    case DateField::kYear:
    case DateField::kDecade:
    case DateField::kCentury:
    case DateField::kMillennium:
    case DateField::kJulian:
    case DateField::kIsoYear:
    case DateField::kEpoch:
      return true;
    default:
      return false;
  }
}

Result<Numeric> IntervalField(std::string_view name, DateField field, const Interval& value) {
  int64_t years = value.months / 12, months = value.months % 12;
  int64_t time_of_minute = value.micros % kMicrosPerMinute;
  auto whole = [](int64_t n) { return Numeric::FromInt64(n); };
  switch (field) {
    case DateField::kMicroseconds:
      return whole(time_of_minute);
    case DateField::kMilliseconds:
      return Numeric::FromFixed(time_of_minute, 3);
    case DateField::kSecond:
      return Numeric::FromFixed(time_of_minute, 6);
    case DateField::kMinute:
      return whole(value.micros / kMicrosPerMinute % 60);
    case DateField::kHour:
      return whole(value.micros / kMicrosPerHour);
    case DateField::kDay:
      return whole(value.days);
    case DateField::kMonth:
      return whole(months);
    case DateField::kQuarter:
      return whole(months / 3 + 1);
    case DateField::kYear:
      return whole(years);
    case DateField::kDecade:
      return whole(years / 10);
    case DateField::kCentury:
      return whole(years / 100);
    case DateField::kMillennium:
      return whole(years / 1000);
    case DateField::kEpoch: {
      // A year counts 365.25 days, a month 30.
      int64_t quarter_days = years * 1461 + months * 120 + int64_t{value.days} * 4;
      int128 micros = static_cast<int128>(quarter_days) * (kMicrosPerDay / 4) + value.micros;
      return Numeric::FromFixed(micros, 6);
    }
    default:
      return UnitNotSupported(name, DateSource::kInterval);
  }
}

}  // namespace

namespace {
/// Fields that date_trunc does not know as units at all.
bool IsUnit(DateField field) {
  switch (field) {
    case DateField::kIsoYear:
    case DateField::kDow:
    case DateField::kIsoDow:
    case DateField::kDoy:
    case DateField::kJulian:
    case DateField::kEpoch:
      return false;
    default:
      return true;
  }
}
}  // namespace

bool DateFieldFromName(std::string_view name, DateField* field) {
  std::string lower = LowerAscii(name);
  for (const FieldName& f : kFieldNames) {
    if (f.name == lower) {
      *field = f.field;
      return true;
    }
  }
  return false;
}

int64_t IntegerField(DateField field, int64_t timestamp) {
  int64_t days = FloorDiv(timestamp, kMicrosPerDay);
  int64_t time = timestamp - days * kMicrosPerDay;
  switch (field) {
    case DateField::kMicroseconds:
      return time % kMicrosPerMinute;
    case DateField::kMinute:
      return time / kMicrosPerMinute % 60;
    case DateField::kHour:
      return time / kMicrosPerHour;
    case DateField::kDow:
      return ((days + 6) % 7 + 7) % 7;
    case DateField::kIsoDow:
      return ((days + 5) % 7 + 7) % 7 + 1;
    case DateField::kJulian:
      return days + 2451545;
    default:
      break;
  }
  CivilDate date = CivilFromDays(days);
  int64_t iso_year = 0, week = 0;
  switch (field) {
    case DateField::kDay:
      return date.day;
    case DateField::kMonth:
      return date.month;
    case DateField::kQuarter:
      return (date.month - 1) / 3 + 1;
    case DateField::kYear:
      return date.year > 0 ? date.year : date.year - 1;
    case DateField::kDecade:
      return Decade(date.year);
    case DateField::kCentury:
      return Century(date.year);
    case DateField::kMillennium:
      return Millennium(date.year);
    case DateField::kDoy:
      return days - DaysFromCivil(date.year, 1, 1) + 1;
    case DateField::kWeek:
      IsoWeek(days, date.year, &iso_year, &week);
      return week;
    case DateField::kIsoYear:
      IsoWeek(days, date.year, &iso_year, &week);
      return iso_year > 0 ? iso_year : iso_year - 1;
    default:
      LATHE_UNREACHABLE("field is no integer");
  }
}

Result<Numeric> ExtractField(std::string_view name, DateSource source, const Datum& value,
                             const TimeZone& zone, bool* is_null) {
  *is_null = false;
  DateField field;
  if (!DateFieldFromName(name, &field)) return NotRecognized(name, source);
  if (source == DateSource::kInterval) return IntervalField(name, field, value.interval);
  bool is_time = field == DateField::kMicroseconds || field == DateField::kMilliseconds ||
                 field == DateField::kSecond || field == DateField::kMinute ||
                 field == DateField::kHour;
  bool is_zone = field == DateField::kTimezone || field == DateField::kTimezoneHour ||
                 field == DateField::kTimezoneMinute;
  if (source == DateSource::kDate && (is_time || is_zone)) return UnitNotSupported(name, source);
  bool finite =
      source == DateSource::kDate ? IsFiniteDate(value.i32) : IsFiniteTimestamp(value.i64);
  if (source == DateSource::kTimestamp && is_zone && finite) return UnitNotSupported(name, source);
  if (!finite) {
    if (!IsMonotonic(field)) {
      *is_null = true;
      return Numeric();
    }
    return Numeric::Infinity(source == DateSource::kDate ? value.i32 < 0 : value.i64 < 0);
  }
  if (source == DateSource::kDate) {
    if (field == DateField::kEpoch) {
      return Numeric::FromInt64((int64_t{value.i32} + kUnixEpochDays) * 86400);
    }
    // Dates reach further than timestamps: fields are taken from the day alone.
    int64_t days = value.i32;
    CivilDate date = CivilFromDays(days);
    if (field == DateField::kYear)
      return Numeric::FromInt64(date.year > 0 ? date.year : date.year - 1);
    if (field == DateField::kJulian) return Numeric::FromInt64(days + 2451545);
    // The calendar repeats every 400 years (146097 days, a whole number of weeks).
    int64_t cycles = FloorDiv(days, 146097);
    int64_t base = IntegerField(field, (days - cycles * 146097) * kMicrosPerDay);
    switch (field) {
      case DateField::kDecade:
        return Numeric::FromInt64(Decade(date.year));
      case DateField::kCentury:
        return Numeric::FromInt64(Century(date.year));
      case DateField::kMillennium:
        return Numeric::FromInt64(Millennium(date.year));
      case DateField::kIsoYear: {
        int64_t iso_year, week;
        IsoWeek(days, date.year, &iso_year, &week);
        return Numeric::FromInt64(iso_year > 0 ? iso_year : iso_year - 1);
      }
      default:
        return Numeric::FromInt64(base);
    }
  }
  if (field == DateField::kEpoch) {
    return Numeric::FromFixed(static_cast<int128>(value.i64) + kUnixEpochSeconds * kMicrosPerSecond,
                              6);
  }
  int64_t local = value.i64;
  if (source == DateSource::kTimestampTz) {
    int32_t offset = zone.OffsetAt(FloorDiv(value.i64, kMicrosPerSecond) + kUnixEpochSeconds);
    if (field == DateField::kTimezone) return Numeric::FromInt64(offset);
    if (field == DateField::kTimezoneHour) return Numeric::FromInt64(offset / 3600);
    if (field == DateField::kTimezoneMinute) return Numeric::FromInt64(offset % 3600 / 60);
    LATHE_ASSIGN(local, InstantToLocal(value.i64, zone));
  }
  int64_t time = local - FloorDiv(local, kMicrosPerDay) * kMicrosPerDay;
  if (field == DateField::kMilliseconds) return Numeric::FromFixed(time % kMicrosPerMinute, 3);
  if (field == DateField::kSecond) return Numeric::FromFixed(time % kMicrosPerMinute, 6);
  if (field == DateField::kJulian) {
    LATHE_ASSIGN(Numeric fraction,
                 Divide(Numeric::FromInt64(time), Numeric::FromInt64(kMicrosPerDay)));
    return Add(Numeric::FromInt64(IntegerField(field, local)), fraction);
  }
  return Numeric::FromInt64(IntegerField(field, local));
}

Result<double> DatePart(std::string_view name, DateSource source, const Datum& value,
                        const TimeZone& zone, bool* is_null) {
  LATHE_ASSIGN(Numeric exact, ExtractField(name, source, value, zone, is_null));
  DateField field;
  if (source == DateSource::kInterval && DateFieldFromName(name, &field) &&
      field == DateField::kEpoch) {
    // Summed up in binary, as PostgreSQL does.
    const Interval& interval = value.interval;
    double seconds = static_cast<double>(interval.micros) / 1e6;
    const int32_t years = interval.months / 12;
    seconds += 365.25 * 86400 * years;
    seconds += 30.0 * 86400 * (interval.months % 12);
    seconds += 86400.0 * interval.days;
    return seconds;
  }
  return exact.ToDouble();
}

namespace {

/// Truncates a finite local timestamp.
Result<int64_t> TruncateLocal(DateField field, int64_t timestamp, bool* supported) {
  *supported = true;
  int64_t days = FloorDiv(timestamp, kMicrosPerDay);
  int64_t unit = 0;
  switch (field) {
    case DateField::kMicroseconds:
      return timestamp;
    case DateField::kMilliseconds:
      unit = 1000;
      break;
    case DateField::kSecond:
      unit = kMicrosPerSecond;
      break;
    case DateField::kMinute:
      unit = kMicrosPerMinute;
      break;
    case DateField::kHour:
      unit = kMicrosPerHour;
      break;
    case DateField::kDay:
      unit = kMicrosPerDay;
      break;
    default:
      break;
  }
  if (unit != 0) return FloorDiv(timestamp, unit) * unit;
  CivilDate date = CivilFromDays(days);
  int64_t year = date.year;
  int64_t result;
  switch (field) {
    case DateField::kWeek:
      result = days - ((days + 5) % 7 + 7) % 7;
      break;
    case DateField::kMonth:
      result = DaysFromCivil(year, date.month, 1);
      break;
    case DateField::kQuarter:
      result = DaysFromCivil(year, (date.month - 1) / 3 * 3 + 1, 1);
      break;
    case DateField::kYear:
      result = DaysFromCivil(year, 1, 1);
      break;
    case DateField::kDecade:
      result = DaysFromCivil(year > 0 ? year / 10 * 10 : -((8 - (year - 1)) / 10) * 10, 1, 1);
      break;
    case DateField::kCentury:
      result = DaysFromCivil(
          year > 0 ? (year + 99) / 100 * 100 - 99 : -((99 - (year - 1)) / 100) * 100 + 1, 1, 1);
      break;
    case DateField::kMillennium:
      result = DaysFromCivil(
          year > 0 ? (year + 999) / 1000 * 1000 - 999 : -((999 - (year - 1)) / 1000) * 1000 + 1, 1,
          1);
      break;
    default:
      *supported = false;
      return 0;
  }
  if (result < kTimestampMin / kMicrosPerDay) return TimestampOutOfRange();
  return result * kMicrosPerDay;
}

}  // namespace

Result<int64_t> TruncateTimestamp(std::string_view name, int64_t timestamp) {
  DateField field;
  if (!DateFieldFromName(name, &field) || !IsUnit(field))
    return NotRecognized(name, DateSource::kTimestamp);
  if (!IsFiniteTimestamp(timestamp)) return timestamp;
  bool supported;
  LATHE_ASSIGN(int64_t result, TruncateLocal(field, timestamp, &supported));
  if (!supported) return UnitNotSupported(name, DateSource::kTimestamp);
  return result;
}

Result<int64_t> TruncateTimestampTz(std::string_view name, int64_t instant, const TimeZone& zone) {
  if (!IsFiniteTimestamp(instant)) return instant;  // of any field
  DateField field;
  if (!DateFieldFromName(name, &field) || !IsUnit(field))
    return NotRecognized(name, DateSource::kTimestampTz);
  LATHE_ASSIGN(int64_t local, InstantToLocal(instant, zone));
  bool supported;
  LATHE_ASSIGN(int64_t result, TruncateLocal(field, local, &supported));
  if (!supported) return UnitNotSupported(name, DateSource::kTimestampTz);
  // Parts of a day keep the offset that the instant has.
  if (field <= DateField::kHour) return instant - (local - result);
  return LocalToInstant(result, zone);
}

Result<Interval> TruncateInterval(std::string_view name, const Interval& given) {
  DateField field;
  if (!DateFieldFromName(name, &field) || !IsUnit(field))
    return NotRecognized(name, DateSource::kInterval);
  Interval result = given;
  auto months_to = [&](int32_t unit) {
    result.months = result.months / unit * unit;
    result.days = 0;
    result.micros = 0;
  };
  auto time_to = [&](int64_t unit) { result.micros = result.micros / unit * unit; };
  switch (field) {
    case DateField::kMillennium:
      months_to(12000);
      break;
    case DateField::kCentury:
      months_to(1200);
      break;
    case DateField::kDecade:
      months_to(120);
      break;
    case DateField::kYear:
      months_to(12);
      break;
    case DateField::kQuarter:
      months_to(3);
      break;
    case DateField::kMonth:
      months_to(1);
      break;
    case DateField::kDay:
      result.micros = 0;
      break;
    case DateField::kHour:
      time_to(kMicrosPerHour);
      break;
    case DateField::kMinute:
      time_to(kMicrosPerMinute);
      break;
    case DateField::kSecond:
      time_to(kMicrosPerSecond);
      break;
    case DateField::kMilliseconds:
      time_to(1000);
      break;
    case DateField::kMicroseconds:
      break;
    default: {
      Error error = UnitNotSupported(name, DateSource::kInterval);
      if (field == DateField::kWeek) error.detail = "Months usually have fractional weeks.";
      return error;
    }
  }
  return result;
}

Result<int64_t> BinTimestamp(const Interval& stride, int64_t timestamp, int64_t origin) {
  if (!IsFiniteTimestamp(timestamp)) return timestamp;
  if (!IsFiniteTimestamp(origin))
    return MakeError(SqlState::kDatetimeFieldOverflow, "origin out of range");
  if (stride.months != 0) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "timestamps cannot be binned into intervals containing months or years");
  }
  int64_t unit;
  if (__builtin_mul_overflow(int64_t{stride.days}, kMicrosPerDay, &unit) ||
      __builtin_add_overflow(unit, stride.micros, &unit)) {
    return IntervalOutOfRange();
  }
  if (unit <= 0)
    return MakeError(SqlState::kDatetimeFieldOverflow, "stride must be greater than zero");
  int64_t distance;
  if (__builtin_sub_overflow(timestamp, origin, &distance)) return IntervalOutOfRange();
  int64_t result;
  if (__builtin_add_overflow(origin, FloorDiv(distance, unit) * unit, &result))
    return TimestampOutOfRange();
  if (result < kTimestampMin || result >= kTimestampEnd) return TimestampOutOfRange();
  return result;
}

}  // namespace lathe::types
