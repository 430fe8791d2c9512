// Refuses writes before the disk is full: after a write that failed, RocksDB has to be opened anew
// (RocksKv::LeaveFullDisk).
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "runtime/base/file.h"

namespace lathe::kv {

/// Thread-safe. Asks the file system when some time has passed or the bytes it had seen free are
/// used up, not at each write.
class DiskRoom {
 public:
  /// What a write is for, by what it leaves of the reserve.
  enum class Purpose : uint8_t {
    kPages,    // loads, folds, compaction: they leave four times the reserve
    kRows,     // commits that add rows: they leave it whole
    kFreeing,  // deletes, dropped tables, bookkeeping: a quarter of it stays
    kOpening,  // what a store cannot do without: all may be used
  };
  /// Is told what is free whenever the file system was asked, and gives how many bytes of it are
  /// spoken for (memory that will be written to files). Not for kOpening.
  using Owed = std::function<uint64_t(uint64_t free)>;

  /// files outlives this.
  DiskRoom(base::FileSystem* files, std::string directory, uint64_t reserve_bytes, Owed owed)
      : files_(files),
        directory_(std::move(directory)),
        reserve_bytes_(reserve_bytes),
        owed_(std::move(owed)) {}

  /// A write of about so many bytes is to come. Error 53100 when there is no room for it.
  Status Take(uint64_t bytes, Purpose purpose);
  /// The next Take asks the file system.
  void Forget() { asked_ms_.store(-1, std::memory_order_relaxed); }

 private:
  uint64_t Keep(Purpose purpose) const;

  base::FileSystem* const files_;
  const std::string directory_;
  const uint64_t reserve_bytes_;
  const Owed owed_;
  std::atomic<int64_t> left_{0};       // bytes that may be written, reserve included
  std::atomic<int64_t> asked_ms_{-1};  // steady clock
};

}  // namespace lathe::kv
