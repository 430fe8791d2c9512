// What snapshots may see. The published watermark is the highest timestamp below which every commit
// is durable and in memory; commits finish in any order, the watermark moves over them in timestamp
// order. Also the registry of open snapshots.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <mutex>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "storage/txn/oracle.h"

namespace lathe::txn {

/// Commits in flight, the published watermark and the open snapshots. Thread-safe.
class Watermark {
 public:
  /// published: everything at or below it is already visible. clock outlives this.
  explicit Watermark(Timestamp published, base::Clock* clock = base::Clock::System())
      : clock_(clock), published_(published) {}

  /// Draws a commit timestamp and registers the commit as in flight, in one step.
  Result<Timestamp> Begin(Oracle* oracle);
  /// Registers a commit whose timestamp was given elsewhere (a replica); timestamps must grow.
  void BeginAt(Timestamp ts);
  /// The commit is durable and in memory (or has failed and left nothing). Returns when the
  /// watermark has reached it.
  void Finish(Timestamp ts);

  /// All commits in flight up to ts have finished, in one step.
  void FinishAll(Timestamp ts);

  Timestamp published() const;
  /// Returns when the watermark has reached ts.
  void WaitFor(Timestamp ts);
  /// Registers a snapshot at the published watermark. Give it back with Release.
  Timestamp Acquire();
  void Release(Timestamp snapshot);
  /// The oldest registered snapshot; the published watermark when there is none.
  Timestamp oldest() const;
  /// What may still be read: the registered snapshots that were last acquired less than max_age_ns
  /// ago (0 = all), in order, and the published watermark as the last. Later snapshots are at or
  /// above that one.
  std::vector<Timestamp> Readable(int64_t max_age_ns) const;
  /// For how long the oldest registered snapshot has been open; 0 when there is none.
  int64_t OldestAgeNanos() const;

 private:
  struct InFlight {
    Timestamp ts;
    bool done = false;
  };
  struct Holders {
    uint32_t count = 0;
    int64_t first_ns = 0, acquired_ns = 0;  // when it was acquired first and last
  };

  base::Clock* const clock_;

  mutable std::mutex mutex_;
  std::condition_variable moved_;
  std::deque<InFlight> in_flight_;  // by timestamp
  std::map<Timestamp, Holders> snapshots_;
  Timestamp published_;
};

}  // namespace lathe::txn
