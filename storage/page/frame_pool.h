// Memory for page frames: slots of 64, 128 and 256 KiB cut from 2 MiB chunks that ask for huge
// pages, so that a scan over many pages misses the TLB rarely; smaller and larger frames come from
// the heap. Chunks go back to the system when all their slots are free.
#pragma once

#include <cstdint>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::page {

class FramePool;

/// Bytes for one page, with kFrameSlackBytes readable behind them. Movable; gives itself back to
/// its pool.
class Frame {
 public:
  Frame() = default;
  Frame(Frame&& other) noexcept { *this = std::move(other); }
  Frame& operator=(Frame&& other) noexcept;
  ~Frame() { Reset(); }
  void Reset();

  char* data() const { return data_; }
  uint64_t bytes() const { return bytes_; }            // as asked for
  uint64_t charged_bytes() const { return charged_; }  // that it takes
  explicit operator bool() const { return data_ != nullptr; }

 private:
  friend class FramePool;
  FramePool* pool_ = nullptr;
  char* data_ = nullptr;
  uint64_t bytes_ = 0;
  uint64_t charged_ = 0;
  bool in_chunk_ = false;
};

inline constexpr uint64_t kFrameSlackBytes = 64;

/// Thread-safe; outlives its frames.
class FramePool {
 public:
  FramePool() = default;
  ~FramePool();
  FramePool(const FramePool&) = delete;
  FramePool& operator=(const FramePool&) = delete;

  /// 53200 when the system has no memory.
  Result<Frame> Allocate(uint64_t bytes);
  /// Bytes of chunks held from the system, free slots included; heap frames are not counted.
  uint64_t chunk_bytes() const;

 private:
  friend class Frame;
  static constexpr uint64_t kChunkBytes = 2 << 20;
  static constexpr int kClasses = 3;  // 64 KiB, 128 KiB, 256 KiB
  struct Chunk {
    int size_class = 0;
    uint32_t free_slots = 0;     // bit i = slot i is free
    uint32_t open_position = 0;  // in open_[size_class] while free_slots != 0
  };

  static int ClassOf(uint64_t bytes);  // -1 = heap
  static uint64_t SlotBytes(int size_class) { return uint64_t{64 << 10} << size_class; }
  static uint32_t AllSlots(int size_class) { return 0xffffffffu >> (32 - (32 >> size_class)); }
  char* AllocateSlot(int size_class);
  void FreeSlot(char* slot);
  void OpenChunk(uintptr_t chunk, Chunk* c);
  void CloseChunk(Chunk* c);

  mutable std::mutex mutex_;
  std::unordered_map<uintptr_t, Chunk> chunks_;
  std::vector<uintptr_t> open_[kClasses];  // chunks with a free slot
};

}  // namespace lathe::page
