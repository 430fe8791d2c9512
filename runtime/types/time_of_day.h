// Times of the day: time (microseconds since midnight, 24:00 included) and time with time zone. A
// timetz is one integer that is in SQL's order: the instant of the day in Greenwich first, then the
// zone, the more western one greater.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/types/datetime.h"

namespace lathe::types {

/// The parts of a timetz.
struct TimeTz {
  int64_t time = 0;         // microseconds of the local day, 0 .. 24 hours
  int32_t offset_east = 0;  // seconds, less than 16 hours either way
};
/// timetz as Lathe holds it (kI64), and back.
int64_t PackTimeTz(const TimeTz& value);
TimeTz UnpackTimeTz(int64_t packed);

// Text. 22007, 22008, 22009. ParseTimeTz gives a packed value, rounded to `precision` digits.
Result<int64_t> ParseTime(std::string_view text, const TimeSettings& settings);
Result<int64_t> ParseTimeTz(std::string_view text, const TimeSettings& settings,
                            int32_t precision = -1);
void AppendTime(int64_t time, std::string* out);
void AppendTimeTz(int64_t packed, std::string* out);

/// The time of a finite timestamp's day.
int64_t TimeOfTimestamp(int64_t timestamp);
/// The time and offset that an instant has in the zone.
Result<int64_t> TimeTzOfInstant(int64_t instant, const TimeZone& zone, int32_t precision = -1);
/// time -> timetz with the offset that the zone has at `now`'s day.
Result<int64_t> TimeTzOfTime(int64_t time, const TimeSettings& settings);
/// The same moment of the day shown with another offset.
int64_t TimeTzAtOffset(int64_t packed, int32_t offset_east);

/// time + interval, round the clock (days and months do not count).
int64_t AddToTime(int64_t time, const Interval& interval);
int64_t AddToTimeTz(int64_t packed, const Interval& interval);
/// make_time. 22008.
Result<int64_t> MakeTime(int32_t hour, int32_t minute, double second);
/// extract(field from time/timetz). 22023, 0A000.
Result<Numeric> ExtractTimeField(std::string_view name, int64_t time);
Result<Numeric> ExtractTimeTzField(std::string_view name, int64_t packed);

}  // namespace lathe::types
