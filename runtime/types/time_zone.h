// Time zones: the machine's tz database, fixed offsets, and PostgreSQL's common abbreviations.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace lathe::types {

/// A time zone. Interned: lives for ever, compare by address. Thread-safe.
class TimeZone {
 public:
  virtual ~TimeZone() = default;
  /// The canonical name ("Europe/Berlin"), or POSIX-like for offsets ("<+05:30>-05:30").
  virtual const std::string& name() const = 0;
  /// Seconds east of Greenwich at an instant (seconds since 1970); dst and abbreviation, if wanted,
  /// of that instant.
  virtual int32_t OffsetAt(int64_t unix_seconds, bool* is_dst = nullptr,
                           std::string* abbreviation = nullptr) const = 0;
  /// The offset that a local time (seconds since 1970-01-01 00:00 of that clock) has. As
  /// PostgreSQL: in a gap the offset before it, in an overlap the standard-time one.
  virtual int32_t OffsetOfLocal(int64_t local_seconds) const = 0;

  static const TimeZone* Utc();
  /// A zone of the tz database (any case), an abbreviation (EST), or an offset with POSIX's sign,
  /// which counts west ("UTC+3",
  /// "+03:30"). 22023 `time zone "x" not recognized`.
  static Result<const TimeZone*> Find(std::string_view name);
  /// As SET TIME ZONE takes it: a plain number is hours east of Greenwich ("+5", "-7.5"), else as
  /// Find.
  static Result<const TimeZone*> FindForSetting(std::string_view name);
  /// East-positive fixed offset.
  static const TimeZone* FixedOffset(int32_t seconds_east);
};

/// The fixed offset of an abbreviation in lower case ("est"); false when there is none.
bool AbbreviationOffset(std::string_view lower_case, int32_t* seconds_east);

}  // namespace lathe::types
