// The bound on directory leaves in memory, over all tables, and the clock that picks what goes
// (second chance, as in storage/page/frame_cache.h).
#pragma once

#include <cstdint>
#include <mutex>
#include <vector>

#include "storage/table/directory.h"

namespace lathe::table {

/// Thread-safe. Outlives the leaves.
class LeafCache {
 public:
  explicit LeafCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}
  ~LeafCache();

  /// The leaf's pages, which take so many bytes, are in memory now. May evict others.
  void Add(const Leaf* leaf, uint64_t bytes);
  /// Before a leaf is destroyed.
  void Forget(const Leaf* leaf);
  uint64_t used_bytes() const;
  /// Leaves evicted so far.
  uint64_t evictions() const;

 private:
  void Remove(const Leaf* leaf);  // mutex_ held

  const uint64_t bytes_max_;
  mutable std::mutex mutex_;  // taken before a leaf's own
  std::vector<const Leaf*> ring_;
  size_t hand_ = 0;
  uint64_t used_bytes_ = 0, evictions_ = 0;
};

}  // namespace lathe::table
