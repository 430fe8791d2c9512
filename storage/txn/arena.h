// Memory that is given back all at once: row images of a transaction's write buffer, versions of an
// overlay.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace lathe::txn {

/// Bump allocation in growing chunks. Not thread-safe; what it gives is 8-byte aligned and lives as
/// long as the arena.
class Arena {
 public:
  char* Allocate(size_t bytes) {
    bytes = (bytes + 7) & ~size_t{7};
    if (bytes > left_) Grow(bytes);
    char* result = next_;
    next_ += bytes;
    left_ -= bytes;
    used_ += bytes;
    return result;
  }
  std::string_view Copy(std::string_view bytes) {
    char* copy = Allocate(bytes.size());
    std::copy(bytes.begin(), bytes.end(), copy);
    return {copy, bytes.size()};
  }
  /// Bytes handed out.
  uint64_t used_bytes() const { return used_; }

 private:
  void Grow(size_t bytes) {
    if (bytes > chunk_bytes_ / 4) {  // a chunk of its own; the current one goes on
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(bytes));
      if (left_ < chunk_bytes_ / 4) {
        next_ = chunks_.back().get();
        left_ = bytes;
        return;
      }
      spare_.push_back({next_, left_});
      next_ = chunks_.back().get();
      left_ = bytes;
      return;
    }
    if (!spare_.empty() && spare_.back().second >= bytes) {
      next_ = spare_.back().first;
      left_ = spare_.back().second;
      spare_.pop_back();
      return;
    }
    chunks_.push_back(std::make_unique_for_overwrite<char[]>(chunk_bytes_));
    next_ = chunks_.back().get();
    left_ = chunk_bytes_;
    if (chunk_bytes_ < (1u << 20)) chunk_bytes_ *= 2;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::vector<std::pair<char*, size_t>> spare_;  // rests of chunks left for a large allocation
  char* next_ = nullptr;
  size_t left_ = 0;
  size_t chunk_bytes_ = 4096;
  uint64_t used_ = 0;
};

}  // namespace lathe::txn
