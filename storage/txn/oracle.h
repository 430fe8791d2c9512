// Timestamps: unix_ms << 18 | counter, never repeated and always growing, over restarts and when
// the clock steps back. A high-water mark ahead of everything handed out is persisted before it is
// reached; a restart begins at that mark.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::txn {

inline constexpr int kTimestampCounterBits = 18;

/// The one source of timestamps in a process. Thread-safe.
class Oracle {
 public:
  /// persist makes a high-water mark durable; it is called under the oracle's lock. high_water is
  /// the last persisted one (0 in a new directory). clock outlives the oracle.
  Oracle(base::Clock* clock, Timestamp high_water, std::function<Status(Timestamp)> persist);

  /// A timestamp above all earlier ones. Error: the mark could not be persisted.
  Result<Timestamp> Next();
  /// Raises the clock past a timestamp that came from elsewhere (a replicated entry).
  Status Observe(Timestamp seen);
  /// The last timestamp handed out or observed.
  Timestamp last() const;

 private:
  Status Reserve();

  base::Clock* const clock_;
  const std::function<Status(Timestamp)> persist_;
  mutable std::mutex mutex_;
  uint64_t last_;        // only grows; last_ <= high_water_
  uint64_t high_water_;  // durable
};

}  // namespace lathe::txn
