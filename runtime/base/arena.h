// A bump allocator for values that live as long as one unit of work (a batch of rows, one
// evaluation): allocation is a pointer increment, nothing is freed singly. Not thread-safe: one per
// worker.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>
#include <vector>

namespace lathe::base {

class Arena {
 public:
  Arena() = default;
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;

  /// Bytes aligned to 16, valid until Reset or destruction. Never null; size 0 is allowed.
  char* Allocate(size_t bytes) {
    bytes = (bytes + 15) & ~size_t{15};
    if (bytes > static_cast<size_t>(end_ - next_)) AddBlock(bytes);
    char* result = next_;
    next_ += bytes;
    return result;
  }
  /// A copy of the bytes in the arena.
  std::string_view Copy(std::string_view bytes) {
    char* to = Allocate(bytes.size());
    if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
    return {to, bytes.size()};
  }
  /// Frees everything but the first block, which is reused.
  void Reset() {
    if (blocks_.empty()) return;
    blocks_.resize(1);
    next_ = blocks_[0].bytes.get();
    end_ = next_ + blocks_[0].size;
  }
  /// Bytes held from the system.
  uint64_t held_bytes() const {
    uint64_t total = 0;
    for (const Block& block : blocks_) total += block.size;
    return total;
  }

 private:
  struct Block {
    std::unique_ptr<char[]> bytes;
    size_t size;
  };
  static constexpr size_t kFirstBlockBytes = 4096;
  static constexpr size_t kBlockBytesMax = 1 << 20;

  void AddBlock(size_t needed) {
    size_t size =
        blocks_.empty() ? kFirstBlockBytes : std::min(blocks_.back().size * 2, kBlockBytesMax);
    size = std::max(size, needed);
    blocks_.push_back({std::unique_ptr<char[]>(new char[size]), size});
    next_ = blocks_.back().bytes.get();
    end_ = next_ + size;
  }

  std::vector<Block> blocks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
};

}  // namespace lathe::base
