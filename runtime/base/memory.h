// Memory accounting: every large allocation of a query is charged to its MemoryBudget; past the
// limit the charge is refused, and the caller spills or fails with 53200. Owned by the query; safe
// from all of its worker threads.
#pragma once

#include <atomic>
#include <cstdint>

#include "runtime/base/result.h"

namespace lathe::base {

class SpillMemory;

class MemoryBudget {
 public:
  /// limit_bytes 0 = unlimited. parent, if given, is charged too (server-wide budget) and outlives
  /// this.
  explicit MemoryBudget(uint64_t limit_bytes, MemoryBudget* parent = nullptr)
      : limit_bytes_(limit_bytes), parent_(parent) {}
  ~MemoryBudget();
  MemoryBudget(const MemoryBudget&) = delete;
  MemoryBudget& operator=(const MemoryBudget&) = delete;

  /// Charges bytes; false, and nothing charged, when that would exceed the limit (or the parent's).
  bool TryCharge(uint64_t bytes);
  /// As TryCharge, with error 53200 in PostgreSQL's words.
  Status Charge(uint64_t bytes);
  void Release(uint64_t bytes);

  /// Where memory comes from once the budget refuses (null: nowhere); outlives every use. Set
  /// before the budget is shared.
  void SetSpill(SpillMemory* spill) { spill_ = spill; }
  SpillMemory* spill() const { return spill_; }
  /// For memory that can lie in the spill memory instead: refuses earlier when there is one, so
  /// that room is left for what cannot.
  bool TryChargeSpillable(uint64_t bytes);
  /// For what cannot: with spill memory the budget is overdrawn rather than refuse, as its users'
  /// large allocations make room.
  bool TryChargeSmall(uint64_t bytes);

  uint64_t used_bytes() const { return used_.load(std::memory_order_relaxed); }
  uint64_t peak_bytes() const { return peak_.load(std::memory_order_relaxed); }
  uint64_t limit_bytes() const { return limit_bytes_; }

 private:
  const uint64_t limit_bytes_;
  MemoryBudget* const parent_;
  SpillMemory* spill_ = nullptr;
  std::atomic<uint64_t> used_{0};
  std::atomic<uint64_t> peak_{0};  // only grows
};

}  // namespace lathe::base
