#include "runtime/base/memory.h"

namespace lathe::base {

MemoryBudget::~MemoryBudget() {
  if (parent_ != nullptr) parent_->Release(used_.load(std::memory_order_relaxed));
}

bool MemoryBudget::TryCharge(uint64_t bytes) {
  if (parent_ != nullptr && !parent_->TryCharge(bytes)) return false;
  uint64_t now = used_.fetch_add(bytes, std::memory_order_relaxed) + bytes;
  if (limit_bytes_ != 0 && now > limit_bytes_) {
    used_.fetch_sub(bytes, std::memory_order_relaxed);
    if (parent_ != nullptr) parent_->Release(bytes);
    return false;
  }
  uint64_t peak = peak_.load(std::memory_order_relaxed);
  while (now > peak && !peak_.compare_exchange_weak(peak, now, std::memory_order_relaxed)) {
  }
  return true;
}

bool MemoryBudget::TryChargeSpillable(uint64_t bytes) {
  if (spill_ != nullptr && limit_bytes_ != 0 && used_bytes() + bytes > limit_bytes_ / 4 * 3) {
    return false;
  }
  return TryCharge(bytes);
}

bool MemoryBudget::TryChargeSmall(uint64_t bytes) {
  if (TryCharge(bytes)) return true;
  if (spill_ == nullptr) return false;
  if (parent_ != nullptr && !parent_->TryCharge(bytes)) return false;
  used_.fetch_add(bytes, std::memory_order_relaxed);
  return true;
}

Status MemoryBudget::Charge(uint64_t bytes) {
  if (TryCharge(bytes)) return Ok();
  Error error = MakeError(SqlState::kOutOfMemory, "out of memory");
  error.detail = "Failed on request of size " + std::to_string(bytes) + ": the limit is " +
                 std::to_string(limit_bytes_) + " bytes, in use are " +
                 std::to_string(used_bytes()) + ".";
  return error;
}

void MemoryBudget::Release(uint64_t bytes) {
  used_.fetch_sub(bytes, std::memory_order_relaxed);
  if (parent_ != nullptr) parent_->Release(bytes);
}

}  // namespace lathe::base
