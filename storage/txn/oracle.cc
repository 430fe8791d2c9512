#include "storage/txn/oracle.h"

#include <algorithm>

namespace lathe::txn {
namespace {
// How far ahead the mark is persisted. A crash loses at most this span of timestamps.
constexpr uint64_t kReserveMs = 3000;
}  // namespace

Oracle::Oracle(base::Clock* clock, Timestamp high_water, std::function<Status(Timestamp)> persist)
    : clock_(clock),
      persist_(std::move(persist)),
      last_(high_water.value),
      high_water_(high_water.value) {}

Status Oracle::Reserve() {
  if (last_ <= high_water_ && high_water_ != 0) return Ok();
  uint64_t mark = last_ + (kReserveMs << kTimestampCounterBits);
  LATHE_TRY(persist_(Timestamp(mark)));
  high_water_ = mark;
  return Ok();
}

Result<Timestamp> Oracle::Next() {
  std::lock_guard lock(mutex_);
  const uint64_t now = static_cast<uint64_t>(std::max<int64_t>(clock_->UnixMicros() / 1000, 1))
                       << kTimestampCounterBits;
  const uint64_t before = last_;
  last_ = std::max(last_ + 1, now);
  Status reserved = Reserve();
  if (!reserved.ok()) {
    last_ = before;
    return std::move(reserved).error();
  }
  return Timestamp(last_);
}

Status Oracle::Observe(Timestamp seen) {
  std::lock_guard lock(mutex_);
  if (seen.value <= last_) return Ok();
  last_ = seen.value;
  return Reserve();
}

Timestamp Oracle::last() const {
  std::lock_guard lock(mutex_);
  return Timestamp(last_);
}

}  // namespace lathe::txn
