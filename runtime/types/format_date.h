// to_char of timestamps and intervals, to_date and to_timestamp: PostgreSQL's date patterns (YYYY,
// Month, HH24, IW, ...), with English names.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/types/datetime.h"

namespace lathe::types {

// to_char; nullopt = NULL (infinite values, empty patterns).
std::optional<std::string> FormatTimestamp(int64_t timestamp, std::string_view pattern);
std::optional<std::string> FormatTimestampTz(int64_t instant, const TimeZone& zone,
                                             std::string_view pattern);
/// 22007 for fields that only dates have.
Result<std::optional<std::string>> FormatInterval(const Interval& interval,
                                                  std::string_view pattern);

/// to_date. 22007, 22008, 0A000.
Result<int32_t> ParseFormattedDate(std::string_view text, std::string_view pattern);
/// to_timestamp: in the zone, unless the text says an offset.
Result<int64_t> ParseFormattedTimestamp(std::string_view text, std::string_view pattern,
                                        const TimeZone& zone);

}  // namespace lathe::types
