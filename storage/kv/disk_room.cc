#include "storage/kv/disk_room.h"

#include <algorithm>
#include <chrono>

namespace lathe::kv {
namespace {

constexpr int64_t kTrustMs = 50;         // others write to the disk, too
constexpr int64_t kLeftMax = 1ll << 50;  // enough of anything, and far from an overflow

int64_t NowMs() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

uint64_t DiskRoom::Keep(Purpose purpose) const {
  switch (purpose) {
    case Purpose::kPages:
      return 4 * reserve_bytes_;
    case Purpose::kRows:
      return reserve_bytes_;
    case Purpose::kFreeing:
      return reserve_bytes_ / 4;
    case Purpose::kOpening:
      break;
  }
  return 0;
}

Status DiskRoom::Take(uint64_t bytes, Purpose purpose) {
  const auto wanted = static_cast<int64_t>(std::min<uint64_t>(bytes, kLeftMax));
  const auto keep = static_cast<int64_t>(std::min<uint64_t>(Keep(purpose), kLeftMax));
  const int64_t now = NowMs();
  const int64_t asked = asked_ms_.load(std::memory_order_relaxed);
  if (asked >= 0 && now - asked < kTrustMs &&
      left_.fetch_sub(wanted, std::memory_order_relaxed) - wanted >= keep) {
    return Ok();
  }
  Result<uint64_t> free = files_->FreeBytes(directory_);
  if (!free.ok()) return Ok();  // the write itself will tell
  const uint64_t spoken_for = purpose == Purpose::kOpening ? 0 : owed_(free.value());
  const auto owed = static_cast<int64_t>(std::min<uint64_t>(spoken_for, kLeftMax));
  const auto left =
      static_cast<int64_t>(std::min<uint64_t>(free.value(), kLeftMax)) - owed - wanted;
  left_.store(left, std::memory_order_relaxed);
  asked_ms_.store(now, std::memory_order_relaxed);
  if (left >= keep) return Ok();
  Error error = MakeError(SqlState::kDiskFull, "could not write to data directory \"" + directory_ +
                                                   "\": No space left on device");
  error.hint = "Check free disk space.";
  return error;
}

}  // namespace lathe::kv
