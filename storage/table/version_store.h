// Unfolded row versions of one storage in memory, by row key: a skip list whose nodes hold chains
// of versions, newest first. Nodes and versions are only added, never changed or removed while the
// store lives; a fold copies what is left into a new store. So readers need no lock and filter by
// timestamp, and what they found stays where it is as long as they hold the store. Single keys are
// found by a hash table beside the list. Skip list: Pugh, "Skip Lists: A Probabilistic Alternative
// to Balanced Trees", CACM 1990; one writer, many readers as in LevelDB.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.h"
#include "runtime/base/ids.h"
#include "storage/txn/arena.h"

namespace lathe::table {

/// One version of a row.
struct Version {
  Timestamp ts;
  const Version* older;
  uint32_t schema_version;
  uint32_t image_bytes;  // 0 = the row is deleted
  bool is_delete() const { return image_bytes == 0; }
  std::string_view image() const { return {reinterpret_cast<const char*>(this + 1), image_bytes}; }
};

/// A row key with its versions.
struct VersionNode {
  std::atomic<const Version*> newest;
  uint64_t key_head;  // HeadOf(key)
  uint32_t key_bytes;
  uint32_t height;
  std::atomic<VersionNode*> next[1];  // height of them, then the key

  std::string_view key() const { return {reinterpret_cast<const char*>(next + height), key_bytes}; }
  /// The first bytes of a key as a number: where those of two keys differ, it orders them.
  static uint64_t HeadOf(std::string_view key) {
    if (key.size() >= sizeof(uint64_t)) return LoadBig<uint64_t>(key.data());
    char padded[sizeof(uint64_t)] = {};
    std::copy(key.begin(), key.end(), padded);
    return LoadBig<uint64_t>(padded);
  }
  /// key() < other; head: HeadOf(other).
  bool Before(uint64_t head, std::string_view other) const {
    return key_head != head ? key_head < head : key() < other;
  }
  const VersionNode* Next() const { return next[0].load(std::memory_order_acquire); }
  /// The version that a snapshot sees; null = none of these.
  const Version* Visible(Timestamp snapshot) const {
    const Version* version = newest.load(std::memory_order_acquire);
    while (version != nullptr && version->ts > snapshot) version = version->older;
    return version;
  }
};

/// Add from one thread at a time; everything else from any.
class VersionStore {
 public:
  VersionStore();

  /// Adds a version as the newest of its row (a version with the same timestamp that is there
  /// already makes it a no-op).
  const VersionNode* Add(std::string_view key, Timestamp ts, uint32_t schema_version,
                         std::string_view image);
  /// The first node with node->key() >= key; null at the end.
  const VersionNode* Seek(std::string_view key) const;
  /// The node of a key; null = none.
  const VersionNode* Find(std::string_view key) const;
  const VersionNode* First() const { return head_->next[0].load(std::memory_order_acquire); }

  uint64_t node_count() const { return nodes_.load(std::memory_order_relaxed); }
  uint64_t used_bytes() const { return bytes_.load(std::memory_order_relaxed); }
  /// The latest timestamp in it.
  Timestamp newest() const { return Timestamp(newest_.load(std::memory_order_acquire)); }

 private:
  static constexpr uint32_t kMaxHeight = 12;
  // Nodes by the hash of their keys, open addressing with linear probing, at most half full. When
  // it is full a larger one takes its place; this one stays for those who read it.
  struct Slots {
    uint64_t mask;
    std::atomic<VersionNode*> at[1];  // mask + 1 of them
    std::atomic<VersionNode*>* Probe(std::string_view key);
  };
  void AddSlot(VersionNode* node);
  void AddVersion(VersionNode* node, Timestamp ts, uint32_t schema_version, std::string_view image);
  VersionNode* NewNode(std::string_view key, uint32_t height);
  uint32_t RandomHeight();

  txn::Arena arena_;
  VersionNode* head_;
  // The last Add's node and its predecessor per level: where the next one starts when its key is
  // greater (batches are sorted).
  VersionNode* last_ = nullptr;
  VersionNode* before_[kMaxHeight] = {};
  std::atomic<Slots*> slots_{nullptr};
  std::atomic<uint32_t> height_{1};
  std::atomic<uint64_t> nodes_{0}, bytes_{0}, newest_{0};
  uint64_t random_ = 0x9E3779B97F4A7C15ull;
};

}  // namespace lathe::table
