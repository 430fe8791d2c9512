// Time, injected: product code asks a Clock, tests hand in one that they move by hand.
#pragma once

#include <cstdint>

namespace lathe::base {

/// Source of time. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;
  /// Microseconds since 1970-01-01 00:00 UTC; may step back.
  virtual int64_t UnixMicros() = 0;
  /// Nanoseconds from an arbitrary origin; never steps back.
  virtual int64_t MonotonicNanos() = 0;

  /// The machine's clock; lives for ever.
  static Clock* System();
};

}  // namespace lathe::base
