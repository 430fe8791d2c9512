// The bytes of an entry: immutable and shared by count, so that a log, three messages and the
// entries handed to the state machine hold one copy.
#pragma once

#include <atomic>
#include <cstdint>
#include <string_view>
#include <utility>

namespace lathe::raft {

/// Immutable bytes. Copies share them; the last one frees them. Different copies may be used by
/// different threads. An empty payload owns nothing.
class Payload {
 public:
  Payload() = default;
  explicit Payload(std::string_view bytes);
  Payload(const Payload& other) noexcept : block_(other.block_) {
    if (block_) block_->refs.fetch_add(1, std::memory_order_relaxed);
  }
  Payload(Payload&& other) noexcept : block_(std::exchange(other.block_, nullptr)) {}
  Payload& operator=(Payload other) noexcept {
    std::swap(block_, other.block_);
    return *this;
  }
  ~Payload() {
    if (block_ && block_->refs.fetch_sub(1, std::memory_order_acq_rel) == 1) Free(block_);
  }

  size_t size() const { return block_ ? block_->size : 0; }
  std::string_view bytes() const {
    return block_ ? std::string_view(reinterpret_cast<const char*>(block_ + 1), block_->size)
                  : std::string_view();
  }
  bool operator==(const Payload& other) const {
    return block_ == other.block_ || bytes() == other.bytes();
  }

 private:
  struct Block {
    std::atomic<uint32_t> refs;
    uint32_t size;  // the bytes follow
  };
  static void Free(Block* block);

  Block* block_ = nullptr;
};

}  // namespace lathe::raft
