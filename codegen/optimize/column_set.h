// A set of column ids as bits: ids are small and dense, so that set operations are a few machine
// words.
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "codegen/expr/expr.h"

namespace lathe::optimize {

/// A plain value; grows as needed. The first 192 ids need no allocation.
class ColumnSet {
 public:
  void Add(expr::ColumnId id) { Word(id.value / 64) |= uint64_t{1} << (id.value % 64); }
  void Remove(expr::ColumnId id) {
    if (id.value / 64 < Words()) Word(id.value / 64) &= ~(uint64_t{1} << (id.value % 64));
  }
  bool Has(expr::ColumnId id) const {
    return id.value / 64 < Words() && (Get(id.value / 64) >> (id.value % 64) & 1) != 0;
  }
  void Add(const ColumnSet& other) {
    for (size_t i = 0; i < other.Words(); ++i) {
      if (other.Get(i)) Word(i) |= other.Get(i);
    }
  }
  void Remove(const ColumnSet& other) {
    for (size_t i = 0; i < Words() && i < other.Words(); ++i) Word(i) &= ~other.Get(i);
  }
  void Keep(const ColumnSet& other) {
    for (size_t i = 0; i < Words(); ++i) Word(i) &= i < other.Words() ? other.Get(i) : 0;
  }
  bool Empty() const {
    for (size_t i = 0; i < Words(); ++i) {
      if (Get(i)) return false;
    }
    return true;
  }
  bool Intersects(const ColumnSet& other) const {
    for (size_t i = 0; i < Words() && i < other.Words(); ++i) {
      if (Get(i) & other.Get(i)) return true;
    }
    return false;
  }
  bool SubsetOf(const ColumnSet& other) const {
    for (size_t i = 0; i < Words(); ++i) {
      if (Get(i) & ~(i < other.Words() ? other.Get(i) : 0)) return false;
    }
    return true;
  }
  size_t Count() const {
    size_t count = 0;
    for (size_t i = 0; i < Words(); ++i) count += std::popcount(Get(i));
    return count;
  }
  /// Calls f(ColumnId) in ascending order.
  template <class F>
  void ForEach(F&& f) const {
    for (size_t i = 0; i < Words(); ++i) {
      for (uint64_t bits = Get(i); bits; bits &= bits - 1) {
        f(expr::ColumnId(static_cast<uint32_t>(i * 64 + std::countr_zero(bits))));
      }
    }
  }

 private:
  static constexpr size_t kInline = 3;
  size_t Words() const { return kInline + more_.size(); }
  uint64_t Get(size_t i) const { return i < kInline ? words_[i] : more_[i - kInline]; }
  uint64_t& Word(size_t i) {
    if (i < kInline) return words_[i];
    if (i - kInline >= more_.size()) more_.resize(i - kInline + 1);
    return more_[i - kInline];
  }

  uint64_t words_[kInline] = {};
  std::vector<uint64_t> more_;
};

}  // namespace lathe::optimize
