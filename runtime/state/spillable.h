// Large arrays that may lie in the query's spill memory.
#pragma once

#include <new>
#include <vector>

#include "runtime/base/memory.h"
#include "runtime/base/spill.h"

namespace lathe::state {

/// For containers: memory is charged to the budget or, where that refuses, comes from its spill
/// memory. Throws std::bad_alloc, which whoever makes the container large catches (see Guarded).
template <class T>
class SpillAllocator {
 public:
  using value_type = T;
  explicit SpillAllocator(base::MemoryBudget* budget) : budget_(budget) {}
  template <class U>
  SpillAllocator(const SpillAllocator<U>& other) : budget_(other.budget()) {}

  T* allocate(size_t count) {
    const size_t bytes = count * sizeof(T);
    if (budget_ == nullptr) return static_cast<T*>(::operator new(bytes));
    if (bytes < kLargeBytes ? budget_->TryChargeSmall(bytes) : budget_->TryChargeSpillable(bytes)) {
      return static_cast<T*>(::operator new(bytes));
    }
    char* spilled = budget_->spill() != nullptr ? budget_->spill()->Allocate(bytes) : nullptr;
    if (spilled == nullptr) throw std::bad_alloc();
    return reinterpret_cast<T*>(spilled);
  }
  void deallocate(T* memory, size_t count) {
    const size_t bytes = count * sizeof(T);
    auto* const start = reinterpret_cast<char*>(memory);
    if (budget_ != nullptr && budget_->spill() != nullptr && budget_->spill()->Owns(start)) {
      budget_->spill()->Free(start, bytes);
      return;
    }
    ::operator delete(start);
    if (budget_ != nullptr) budget_->Release(bytes);
  }
  base::MemoryBudget* budget() const { return budget_; }
  template <class U>
  bool operator==(const SpillAllocator<U>& other) const {
    return budget_ == other.budget();
  }

 private:
  static constexpr size_t kLargeBytes = 256 * 1024;
  base::MemoryBudget* budget_;
};

template <class T>
using SpillVector = std::vector<T, SpillAllocator<T>>;
/// Addresses of rows.
using RowList = SpillVector<const char*>;

/// Lets spilled memory go when there is too much of it in main memory.
inline void Relieve(base::MemoryBudget* budget) {
  if (budget != nullptr && budget->spill() != nullptr) budget->spill()->Relieve();
}

}  // namespace lathe::state
