// Times of the day: packing, output, arithmetic, fields.
#include "runtime/types/time_of_day.h"

#include <cmath>
#include <cstdio>

namespace lathe::types {
namespace {

// The zone's part of a packed timetz: seconds west, moved up to be positive.
constexpr int64_t kZoneSpan = int64_t{1} << 17, kZoneMiddle = int64_t{1} << 16;

int64_t FloorMod(int64_t a, int64_t b) {
  const int64_t rest = a % b;
  return rest < 0 ? rest + b : rest;
}

void AppendPart(int64_t value, std::string* out) {
  out->push_back(static_cast<char>('0' + value / 10));
  out->push_back(static_cast<char>('0' + value % 10));
}

Error FieldNotSupported(std::string_view name, std::string_view type) {
  return MakeError(
      SqlState::kFeatureNotSupported,
      "unit \"" + std::string(name) + "\" not supported for type " + std::string(type));
}

std::string Lower(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}

Result<Numeric> TimeField(std::string_view name, int64_t time, std::string_view type,
                          const int32_t* offset_east) {
  DateField field;
  if (!DateFieldFromName(name, &field)) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "unit \"" + Lower(name) + "\" not recognized for type " + std::string(type));
  }
  switch (field) {
    case DateField::kMicroseconds:
      return Numeric::FromInt64(time % kMicrosPerMinute);
    case DateField::kMilliseconds:
      return Numeric::FromFixed(time % kMicrosPerMinute, 3);
    case DateField::kSecond:
      return Numeric::FromFixed(time % kMicrosPerMinute, 6);
    case DateField::kMinute:
      return Numeric::FromInt64(time / kMicrosPerMinute % 60);
    case DateField::kHour:
      return Numeric::FromInt64(time / kMicrosPerHour);
    case DateField::kEpoch:
      return Numeric::FromFixed(
          time - (offset_east != nullptr ? *offset_east * kMicrosPerSecond : 0), 6);
    case DateField::kTimezone:
      if (offset_east != nullptr) return Numeric::FromInt64(*offset_east);
      break;
    case DateField::kTimezoneHour:
      if (offset_east != nullptr) return Numeric::FromInt64(*offset_east / 3600);
      break;
    case DateField::kTimezoneMinute:
      if (offset_east != nullptr) return Numeric::FromInt64(*offset_east % 3600 / 60);
      break;
    default:
      break;
  }
  return FieldNotSupported(Lower(name), type);
}

}  // namespace

int64_t PackTimeTz(const TimeTz& value) {
  const int64_t instant = value.time - value.offset_east * kMicrosPerSecond;
  return instant * kZoneSpan + (kZoneMiddle - value.offset_east);
}

TimeTz UnpackTimeTz(int64_t packed) {
  const int64_t zone = FloorMod(packed, kZoneSpan);
  TimeTz value;
  value.offset_east = static_cast<int32_t>(kZoneMiddle - zone);
  value.time = (packed - zone) / kZoneSpan + value.offset_east * kMicrosPerSecond;
  return value;
}

void AppendTime(int64_t time, std::string* out) {
  AppendPart(time / kMicrosPerHour, out);
  out->push_back(':');
  AppendPart(time / kMicrosPerMinute % 60, out);
  out->push_back(':');
  AppendPart(time / kMicrosPerSecond % 60, out);
  int64_t fraction = time % kMicrosPerSecond;
  if (fraction == 0) return;
  out->push_back('.');
  for (int64_t unit = 100000; fraction != 0; unit /= 10) {
    out->push_back(static_cast<char>('0' + fraction / unit));
    fraction %= unit;
  }
}

void AppendTimeTz(int64_t packed, std::string* out) {
  const TimeTz value = UnpackTimeTz(packed);
  AppendTime(value.time, out);
  out->push_back(value.offset_east < 0 ? '-' : '+');
  const int32_t offset = std::abs(value.offset_east);
  AppendPart(offset / 3600, out);
  if (offset % 3600 == 0) return;
  out->push_back(':');
  AppendPart(offset / 60 % 60, out);
  if (offset % 60 == 0) return;
  out->push_back(':');
  AppendPart(offset % 60, out);
}

int64_t TimeOfTimestamp(int64_t timestamp) { return FloorMod(timestamp, kMicrosPerDay); }

Result<int64_t> TimeTzOfInstant(int64_t instant, const TimeZone& zone, int32_t precision) {
  LATHE_ASSIGN(int64_t local, InstantToLocal(instant, zone));
  const int64_t seconds = (instant - FloorMod(instant, kMicrosPerSecond)) / kMicrosPerSecond;
  return PackTimeTz({RoundTimestamp(TimeOfTimestamp(local), precision),
                     zone.OffsetAt(seconds + kUnixEpochSeconds)});
}

Result<int64_t> TimeTzOfTime(int64_t time, const TimeSettings& settings) {
  LATHE_ASSIGN(int64_t now, InstantToLocal(settings.now, *settings.zone));
  const int64_t local = now - TimeOfTimestamp(now) + time;
  const int64_t seconds = (local - FloorMod(local, kMicrosPerSecond)) / kMicrosPerSecond;
  return PackTimeTz({time, settings.zone->OffsetOfLocal(seconds + kUnixEpochSeconds)});
}

int64_t TimeTzAtOffset(int64_t packed, int32_t offset_east) {
  const TimeTz value = UnpackTimeTz(packed);
  const int64_t instant = value.time - value.offset_east * kMicrosPerSecond;
  return PackTimeTz(
      {FloorMod(instant + offset_east * kMicrosPerSecond, kMicrosPerDay), offset_east});
}

int64_t AddToTime(int64_t time, const Interval& interval) {
  return FloorMod(time + interval.micros % kMicrosPerDay, kMicrosPerDay);
}

int64_t AddToTimeTz(int64_t packed, const Interval& interval) {
  TimeTz value = UnpackTimeTz(packed);
  value.time = AddToTime(value.time, interval);
  return PackTimeTz(value);
}

Result<int64_t> MakeTime(int32_t hour, int32_t minute, double second) {
  const bool sane = hour >= 0 && minute >= 0 && minute <= 59 && second >= 0 && second <= 60 &&
                    hour <= 24 && !std::isnan(second);
  const int64_t micros = sane ? static_cast<int64_t>(std::rint(second * 1e6)) : 0;
  const int64_t time = hour * kMicrosPerHour + minute * kMicrosPerMinute + micros;
  if (!sane || time > kMicrosPerDay) {
    char text[80];
    std::snprintf(text, sizeof text, "time field value out of range: %d:%02d:%02g", hour, minute,
                  second);
    return MakeError(SqlState::kDatetimeFieldOverflow, text);
  }
  return time;
}

Result<Numeric> ExtractTimeField(std::string_view name, int64_t time) {
  return TimeField(name, time, "time without time zone", nullptr);
}

Result<Numeric> ExtractTimeTzField(std::string_view name, int64_t packed) {
  const TimeTz value = UnpackTimeTz(packed);
  return TimeField(name, value.time, "time with time zone", &value.offset_east);
}

}  // namespace lathe::types
