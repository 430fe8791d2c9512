// Private to the input of dates and times: the text cut into fields (numbers, dates, times, words,
// offsets) and the fields put together. Ambiguous numbers are read in the order of DateStyle.
#pragma once

#include <string>
#include <string_view>

#include "runtime/types/datetime.h"
#include "runtime/types/text_style.h"

namespace lathe::types {

/// What was found in the text.
struct Parsed {
  enum class Special {
    kNone,
    kInfinity,
    kMinusInfinity,
    kEpoch,
    kNow,
    kToday,
    kTomorrow,
    kYesterday
  };
  Special special = Special::kNone;
  bool has_year = false, has_month = false, has_day = false, has_time = false, has_zone = false;
  bool text_month = false, two_digit_year = false, bc = false;
  int64_t year = 0;
  int month = 0, day = 0;
  int day_of_year = 0;
  bool has_julian = false;
  int64_t julian = 0;
  int64_t time = 0;                // microseconds of the day
  int hour = 0;                    // for AM/PM
  int am_pm = 0;                   // 1 = am, 2 = pm
  int32_t offset = 0;              // seconds east
  const TimeZone* zone = nullptr;  // a named zone, resolved at the local time
  std::string zone_name;           // of kZoneUnknown
};

/// What the text has to be: with a date, or a time of day (a date before it is allowed).
enum class DateInput { kDate, kTimeOfDay };

/// 22007, 22008, 22009, 22023; `type` is the type's name for the message.
Result<Parsed> ParseFields(std::string_view text, std::string_view type,
                           DateInput input = DateInput::kDate, DateOrder order = DateOrder::kMdy);

}  // namespace lathe::types
