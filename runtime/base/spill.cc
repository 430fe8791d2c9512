#include "runtime/base/spill.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>

namespace lathe::base {
namespace {

constexpr uint64_t kChunkBytes = uint64_t{64} << 20;
constexpr uint32_t kCallsPerLook = 16;

/// Bytes of mapped files in main memory, of the whole process.
uint64_t ResidentFileBytes() {
  std::FILE* statm = std::fopen("/proc/self/statm", "re");
  if (statm == nullptr) return 0;
  unsigned long long total = 0, resident = 0, shared = 0;
  const int read = std::fscanf(statm, "%llu %llu %llu", &total, &resident, &shared);
  std::fclose(statm);
  return read == 3 ? shared * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

SpillMemory::SpillMemory(std::string folder, uint64_t resident_bytes_max)
    : folder_(std::move(folder)), resident_bytes_max_(resident_bytes_max) {}

SpillMemory::~SpillMemory() {
  for (const Chunk& chunk : chunks_) munmap(chunk.begin, chunk.bytes);
  if (file_ >= 0) close(file_);
}

void SpillMemory::Fail(const std::string& what, int code) {
  if (error_ != nullptr) return;
  error_ = std::make_unique<Error>(
      MakeError(code == ENOSPC || code == EDQUOT ? SqlState::kDiskFull : SqlState::kIoError,
                "could not " + what + ": " + std::strerror(code)));
}

bool SpillMemory::AddChunk(uint64_t bytes) {
  if (file_ < 0) {
    file_ = open(folder_.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (file_ < 0) {
      // A file system without nameless files.
      std::string path = folder_ + "/spill.XXXXXX";
      file_ = mkostemp(path.data(), O_CLOEXEC);
      if (file_ >= 0) unlink(path.c_str());
    }
    if (file_ < 0) {
      Fail("create a temporary file in \"" + folder_ + "\"", errno);
      return false;
    }
  }
  // Room on the disk is taken first: running out of it must be an error here, not a signal later.
  const int full =
      posix_fallocate(file_, static_cast<off_t>(file_bytes_), static_cast<off_t>(bytes));
  if (full != 0) {
    Fail("extend a temporary file", full);
    return false;
  }
  void* reserved = mmap(nullptr, bytes + kAlignment, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (reserved == MAP_FAILED) {
    Fail("map a temporary file", errno);
    return false;
  }
  const auto address = reinterpret_cast<uintptr_t>(reserved);
  const uintptr_t aligned = (address + kAlignment - 1) & ~(kAlignment - 1);
  if (aligned > address) munmap(reserved, aligned - address);
  const uintptr_t rest = address + kAlignment - aligned;
  if (rest > 0) munmap(reinterpret_cast<void*>(aligned + bytes), rest);
  void* mapped = mmap(reinterpret_cast<void*>(aligned), bytes, PROT_READ | PROT_WRITE,
                      MAP_SHARED | MAP_FIXED, file_, static_cast<off_t>(file_bytes_));
  if (mapped == MAP_FAILED) {
    Fail("map a temporary file", errno);
    munmap(reinterpret_cast<void*>(aligned), bytes);
    return false;
  }
  file_bytes_ += bytes;
  if (next_ != end_) holes_.push_back({next_, static_cast<uint64_t>(end_ - next_)});
  next_ = static_cast<char*>(mapped);
  end_ = next_ + bytes;
  chunks_.push_back({next_, bytes});
  used_.store(true, std::memory_order_release);
  return true;
}

char* SpillMemory::Allocate(uint64_t bytes) {
  bytes = (bytes + kAlignment - 1) & ~(kAlignment - 1);
  Relieve();
  std::lock_guard lock(mutex_);
  char* memory = nullptr;
  for (Hole& hole : holes_) {
    if (hole.bytes < bytes) continue;
    memory = hole.begin;
    hole.begin += bytes;
    hole.bytes -= bytes;
    if (hole.bytes == 0) {
      hole = holes_.back();
      holes_.pop_back();
    }
    break;
  }
  if (memory == nullptr) {
    if (static_cast<uint64_t>(end_ - next_) < bytes &&
        !AddChunk(bytes < kChunkBytes ? kChunkBytes : bytes)) {
      return nullptr;
    }
    memory = next_;
    next_ += bytes;
  }
  allocated_.fetch_add(bytes, std::memory_order_relaxed);
  return memory;
}

void SpillMemory::Free(char* memory, uint64_t bytes) {
  bytes = (bytes + kAlignment - 1) & ~(kAlignment - 1);
  std::lock_guard lock(mutex_);
  allocated_.fetch_sub(bytes, std::memory_order_relaxed);
  if (!holes_.empty() && holes_.back().begin + holes_.back().bytes == memory) {
    holes_.back().bytes += bytes;
    return;
  }
  holes_.push_back({memory, bytes});
}

bool SpillMemory::Owns(const void* memory) const {
  if (!used_.load(std::memory_order_acquire)) return false;
  std::lock_guard lock(mutex_);
  const auto* at = static_cast<const char*>(memory);
  for (const Chunk& chunk : chunks_) {
    if (at >= chunk.begin && at < chunk.begin + chunk.bytes) return true;
  }
  return false;
}

void SpillMemory::Relieve() {
  if (!used_.load(std::memory_order_acquire)) return;
  if (calls_.fetch_add(1, std::memory_order_relaxed) % kCallsPerLook != 0) return;
  if (ResidentFileBytes() <= resident_bytes_max_) return;
  std::vector<Chunk> chunks;
  {
    std::lock_guard lock(mutex_);
    chunks = chunks_;
  }
  // The pages' content stays in the file (and, while the system has room, in its cache).
  for (const Chunk& chunk : chunks) madvise(chunk.begin, chunk.bytes, MADV_DONTNEED);
}

const Error* SpillMemory::error() const {
  std::lock_guard lock(mutex_);
  return error_.get();
}

}  // namespace lathe::base
