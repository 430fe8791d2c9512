// Memory for frames.
#include "storage/page/frame_pool.h"

#include <sys/mman.h>

#include <bit>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace lathe::page {

Frame& Frame::operator=(Frame&& other) noexcept {
  if (this == &other) return *this;
  Reset();
  pool_ = std::exchange(other.pool_, nullptr);
  data_ = std::exchange(other.data_, nullptr);
  bytes_ = std::exchange(other.bytes_, 0);
  charged_ = std::exchange(other.charged_, 0);
  in_chunk_ = std::exchange(other.in_chunk_, false);
  return *this;
}

void Frame::Reset() {
  if (data_ == nullptr) return;
  if (in_chunk_) {
    pool_->FreeSlot(data_);
  } else {
    std::free(data_);
  }
  data_ = nullptr;
  bytes_ = charged_ = 0;
}

FramePool::~FramePool() { LATHE_CHECK_NOTE(chunks_.empty(), "frames outlive their pool"); }

int FramePool::ClassOf(uint64_t bytes) {
  for (int size_class = 0; size_class < kClasses; ++size_class) {
    // A slot that would be a quarter empty is better taken from the heap.
    const uint64_t slot = SlotBytes(size_class);
    if (bytes <= slot && bytes > slot / 4 * 3) return size_class;
  }
  return -1;
}

Result<Frame> FramePool::Allocate(uint64_t bytes) {
  const uint64_t needed = bytes + kFrameSlackBytes;
  const int size_class = ClassOf(needed);
  Frame frame;
  frame.pool_ = this;
  frame.bytes_ = bytes;
  if (size_class >= 0) {
    frame.data_ = AllocateSlot(size_class);
    frame.charged_ = SlotBytes(size_class);
    frame.in_chunk_ = true;
  } else {
    frame.data_ = static_cast<char*>(std::malloc(needed));
    frame.charged_ = needed + 16;
  }
  if (frame.data_ == nullptr) return MakeError(SqlState::kOutOfMemory, "out of memory");
  std::memset(frame.data_ + bytes, 0, kFrameSlackBytes);
  return frame;
}

uint64_t FramePool::chunk_bytes() const {
  std::lock_guard lock(mutex_);
  return chunks_.size() * kChunkBytes;
}

namespace {

/// `bytes` of zeroed memory aligned to `bytes`, asking for huge pages; null when there is none.
char* MapAligned(uint64_t bytes) {
  void* mapped =
      ::mmap(nullptr, 2 * bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapped == MAP_FAILED) return nullptr;
  char* begin = static_cast<char*>(mapped);
  const uint64_t skip = (bytes - reinterpret_cast<uintptr_t>(begin) % bytes) % bytes;
  if (skip != 0) ::munmap(begin, skip);
  ::munmap(begin + skip + bytes, bytes - skip);
  (void)::madvise(begin + skip, bytes, MADV_HUGEPAGE);  // a wish
  return begin + skip;
}

}  // namespace

char* FramePool::AllocateSlot(int size_class) {
  std::lock_guard lock(mutex_);
  std::vector<uintptr_t>& open = open_[size_class];
  if (open.empty()) {
    char* memory = MapAligned(kChunkBytes);
    if (memory == nullptr) return nullptr;
    Chunk& fresh = chunks_[reinterpret_cast<uintptr_t>(memory)];
    fresh.size_class = size_class;
    fresh.free_slots = AllSlots(size_class);
    OpenChunk(reinterpret_cast<uintptr_t>(memory), &fresh);
  }
  const uintptr_t address = open.back();
  Chunk& chunk = chunks_[address];
  const int slot = std::countr_zero(chunk.free_slots);
  chunk.free_slots &= chunk.free_slots - 1;
  if (chunk.free_slots == 0) CloseChunk(&chunk);
  return reinterpret_cast<char*>(address) + slot * SlotBytes(size_class);
}

void FramePool::FreeSlot(char* slot) {
  std::lock_guard lock(mutex_);
  const uintptr_t address = reinterpret_cast<uintptr_t>(slot) & ~(kChunkBytes - 1);
  Chunk& chunk = chunks_.at(address);
  const uint64_t index =
      (reinterpret_cast<uintptr_t>(slot) - address) / SlotBytes(chunk.size_class);
  LATHE_CHECK((chunk.free_slots >> index & 1) == 0);
  if (chunk.free_slots == 0) OpenChunk(address, &chunk);
  chunk.free_slots |= 1u << index;
  if (chunk.free_slots != AllSlots(chunk.size_class)) return;
  CloseChunk(&chunk);
  chunks_.erase(address);
  ::munmap(reinterpret_cast<void*>(address), kChunkBytes);
}

void FramePool::OpenChunk(uintptr_t address, Chunk* chunk) {
  std::vector<uintptr_t>& open = open_[chunk->size_class];
  chunk->open_position = static_cast<uint32_t>(open.size());
  open.push_back(address);
}

void FramePool::CloseChunk(Chunk* chunk) {
  std::vector<uintptr_t>& open = open_[chunk->size_class];
  chunks_.at(open.back()).open_position = chunk->open_position;
  open[chunk->open_position] = open.back();
  open.pop_back();
}

}  // namespace lathe::page
