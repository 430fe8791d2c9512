#include "storage/table/version_store.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"

namespace lathe::table {
namespace {

constexpr uint64_t kNodesWithoutSlots = 16;  // the list alone is as fast

}  // namespace

VersionStore::VersionStore() : head_(NewNode({}, kMaxHeight)) {}

VersionNode* VersionStore::NewNode(std::string_view key, uint32_t height) {
  size_t bytes = sizeof(VersionNode) + (height - 1) * sizeof(std::atomic<VersionNode*>);
  char* memory = arena_.Allocate(bytes + key.size());
  auto* node = new (memory) VersionNode();
  node->newest.store(nullptr, std::memory_order_relaxed);
  node->key_head = VersionNode::HeadOf(key);
  node->key_bytes = static_cast<uint32_t>(key.size());
  node->height = height;
  for (uint32_t i = 0; i < height; ++i) {
    new (&node->next[i]) std::atomic<VersionNode*>(nullptr);
  }
  std::copy(key.begin(), key.end(),
            memory + offsetof(VersionNode, next) + height * sizeof(std::atomic<VersionNode*>));
  return node;
}

uint32_t VersionStore::RandomHeight() {
  // xorshift64; a quarter of the nodes goes one level up.
  random_ ^= random_ << 13;
  random_ ^= random_ >> 7;
  random_ ^= random_ << 17;
  uint32_t height = 1;
  for (uint64_t bits = random_; height < kMaxHeight && (bits & 3) == 0; bits >>= 2) ++height;
  return height;
}

const VersionNode* VersionStore::Seek(std::string_view key) const {
  const uint64_t head = VersionNode::HeadOf(key);
  const VersionNode* at = head_;
  const VersionNode* behind = nullptr;  // known to be: levels share nodes
  const VersionNode* next = nullptr;
  for (int level = static_cast<int>(height_.load(std::memory_order_acquire)) - 1; level >= 0;
       --level) {
    for (;;) {
      next = at->next[level].load(std::memory_order_acquire);
      if (next == behind || next == nullptr) break;
      if (!next->Before(head, key)) {
        behind = next;
        break;
      }
      at = next;
    }
  }
  // Not at->Next(): what has come there since may be before the key.
  return next;
}

// The slot of the key's node, or the empty one where it would be.
std::atomic<VersionNode*>* VersionStore::Slots::Probe(std::string_view key) {
  const uint64_t head = VersionNode::HeadOf(key);
  for (uint64_t i = absl::HashOf(absl::string_view(key.data(), key.size()));; ++i) {
    std::atomic<VersionNode*>& slot = at[i & mask];
    const VersionNode* node = slot.load(std::memory_order_acquire);
    if (node == nullptr || (node->key_head == head && node->key() == key)) return &slot;
  }
}

const VersionNode* VersionStore::Find(std::string_view key) const {
  if (Slots* slots = slots_.load(std::memory_order_acquire)) {
    return slots->Probe(key)->load(std::memory_order_acquire);
  }
  const VersionNode* node = Seek(key);
  return node != nullptr && node->key() == key ? node : nullptr;
}

// The node is in the list already, and counted.
void VersionStore::AddSlot(VersionNode* node) {
  Slots* slots = slots_.load(std::memory_order_relaxed);
  const uint64_t nodes = nodes_.load(std::memory_order_relaxed);
  if (slots != nullptr && 2 * nodes <= slots->mask + 1) {
    slots->Probe(node->key())->store(node, std::memory_order_release);
    return;
  }
  if (nodes < kNodesWithoutSlots) return;
  const uint64_t size = std::bit_ceil(4 * nodes);
  char* memory = arena_.Allocate(sizeof(Slots) + (size - 1) * sizeof(slots->at[0]));
  slots = reinterpret_cast<Slots*>(memory);
  slots->mask = size - 1;
  for (uint64_t i = 0; i < size; ++i) new (&slots->at[i]) std::atomic<VersionNode*>(nullptr);
  for (VersionNode* n = head_->next[0].load(std::memory_order_relaxed); n != nullptr;
       n = n->next[0].load(std::memory_order_relaxed)) {
    slots->Probe(n->key())->store(n, std::memory_order_relaxed);
  }
  slots_.store(slots, std::memory_order_release);
}

const VersionNode* VersionStore::Add(std::string_view key, Timestamp ts, uint32_t schema_version,
                                     std::string_view image) {
  if (Slots* slots = slots_.load(std::memory_order_relaxed)) {
    if (VersionNode* known = slots->Probe(key)->load(std::memory_order_relaxed)) {
      AddVersion(known, ts, schema_version, image);
      return known;
    }
  }
  const uint64_t head = VersionNode::HeadOf(key);
  const bool ahead = last_ != nullptr && last_->Before(head, key);
  VersionNode* at = head_;
  const uint32_t levels = height_.load(std::memory_order_relaxed);
  for (uint32_t level = kMaxHeight; level-- > 0;) {
    if (level < levels) {
      VersionNode* known = before_[level];
      if (ahead && known != head_ && (at == head_ || at->key() < known->key())) at = known;
      for (;;) {
        VersionNode* next = at->next[level].load(std::memory_order_relaxed);
        if (next == nullptr || !next->Before(head, key)) break;
        at = next;
      }
    }
    before_[level] = at;
  }
  VersionNode* node = before_[0]->next[0].load(std::memory_order_relaxed);
  const bool fresh = node == nullptr || node->key() != key;
  if (fresh) node = NewNode(key, RandomHeight());
  last_ = node;
  AddVersion(node, ts, schema_version, image);
  if (fresh) {
    for (uint32_t level = 0; level < node->height; ++level) {
      node->next[level].store(before_[level]->next[level].load(std::memory_order_relaxed),
                              std::memory_order_relaxed);
    }
    if (node->height > levels) height_.store(node->height, std::memory_order_release);
    for (uint32_t level = 0; level < node->height; ++level) {
      before_[level]->next[level].store(node, std::memory_order_release);
    }
    nodes_.fetch_add(1, std::memory_order_relaxed);
    AddSlot(node);
    bytes_.store(arena_.used_bytes(), std::memory_order_relaxed);
  }
  return node;
}

void VersionStore::AddVersion(VersionNode* node, Timestamp ts, uint32_t schema_version,
                              std::string_view image) {
  const Version* newest = node->newest.load(std::memory_order_relaxed);
  if (newest != nullptr && newest->ts >= ts) return;  // applied before
  auto* version = new (arena_.Allocate(sizeof(Version) + image.size())) Version();
  version->ts = ts;
  version->older = newest;
  version->schema_version = schema_version;
  version->image_bytes = static_cast<uint32_t>(image.size());
  std::copy(image.begin(), image.end(), reinterpret_cast<char*>(version + 1));
  node->newest.store(version, std::memory_order_release);
  bytes_.store(arena_.used_bytes(), std::memory_order_relaxed);
  if (ts.value > newest_.load(std::memory_order_relaxed)) {
    newest_.store(ts.value, std::memory_order_release);
  }
}

}  // namespace lathe::table
