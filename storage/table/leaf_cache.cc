#include "storage/table/leaf_cache.h"

#include "runtime/base/check.h"

namespace lathe::table {

LeafCache::~LeafCache() { LATHE_CHECK_NOTE(ring_.empty(), "leaves outlive their cache"); }

void LeafCache::Remove(const Leaf* leaf) {
  const Leaf* last = ring_.back();
  ring_[leaf->cache_position] = last;
  last->cache_position = leaf->cache_position;
  ring_.pop_back();
  leaf->cache_position = SIZE_MAX;
  used_bytes_ -= leaf->cache_bytes;
}

void LeafCache::Add(const Leaf* leaf, uint64_t bytes) {
  std::lock_guard lock(mutex_);
  if (leaf->cache_position != SIZE_MAX) return;
  leaf->cache_position = ring_.size();
  leaf->cache_bytes = bytes;
  ring_.push_back(leaf);
  used_bytes_ += bytes;
  // Twice round: the first clears the marks, the second evicts; what is left then must stay.
  for (size_t steps = 2 * ring_.size(); used_bytes_ > bytes_max_ && !ring_.empty() && steps > 0;
       --steps) {
    if (hand_ >= ring_.size()) hand_ = 0;
    const Leaf* candidate = ring_[hand_];
    if (candidate == leaf || candidate->cache_used.exchange(false, std::memory_order_relaxed) ||
        !candidate->TryEvict()) {
      ++hand_;
      continue;
    }
    Remove(candidate);
    ++evictions_;
  }
}

void LeafCache::Forget(const Leaf* leaf) {
  std::lock_guard lock(mutex_);
  if (leaf->cache_position != SIZE_MAX) Remove(leaf);
}

uint64_t LeafCache::used_bytes() const {
  std::lock_guard lock(mutex_);
  return used_bytes_;
}

uint64_t LeafCache::evictions() const {
  std::lock_guard lock(mutex_);
  return evictions_;
}

}  // namespace lathe::table
