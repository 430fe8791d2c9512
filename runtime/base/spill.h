// Memory that lies in a temporary file, for a query that has used up its budget: pages that are not
// in use can leave main memory, addresses stay. Rows keep their form (row pages have no pointers in
// them), so operators need to know nothing of it but to let go now and then.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::base {

/// One per execution. Thread-safe; everything is given back when it goes. The file has no name, so
/// it is gone with the process, however that ends.
class SpillMemory {
 public:
  static constexpr uint64_t kAlignment = 256 * 1024;

  /// folder: of a data directory, exists. resident_bytes_max: how much may stay in main memory,
  /// roughly.
  SpillMemory(std::string folder, uint64_t resident_bytes_max);
  ~SpillMemory();
  SpillMemory(const SpillMemory&) = delete;
  SpillMemory& operator=(const SpillMemory&) = delete;

  /// Bytes aligned to kAlignment, their content unspecified; null when the disk is full or fails
  /// (see error()).
  char* Allocate(uint64_t bytes);
  void Free(char* memory, uint64_t bytes);
  bool Owns(const void* memory) const;

  /// Lets pages go to the file when too many are in main memory. Cheap; to be called now and then
  /// by whoever works on much memory. Pages in use come back on their own.
  void Relieve();

  uint64_t allocated_bytes() const { return allocated_.load(std::memory_order_relaxed); }
  /// The first failure: 53100 for a full disk, else 58030. Null: none.
  const Error* error() const;

 private:
  struct Chunk {
    char* begin;
    uint64_t bytes;
  };
  struct Hole {
    char* begin;
    uint64_t bytes;
  };
  bool AddChunk(uint64_t bytes);
  void Fail(const std::string& what, int code);

  const std::string folder_;
  const uint64_t resident_bytes_max_;
  std::atomic<uint64_t> allocated_{0};
  std::atomic<uint32_t> calls_{0};
  std::atomic<bool> used_{false};
  mutable std::mutex mutex_;
  // Guarded by mutex_.
  int file_ = -1;
  uint64_t file_bytes_ = 0;
  std::vector<Chunk> chunks_;
  char* next_ = nullptr;
  char* end_ = nullptr;
  std::vector<Hole> holes_;
  std::unique_ptr<Error> error_;
};

}  // namespace lathe::base
