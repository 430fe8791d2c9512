// Refuses writes before the disk is full: after a write that failed, RocksDB has to be opened anew
// (RocksKv::LeaveFullDisk).
#pragma once

#include <atomic>
#include <cstdint>
#include <string>

#include "runtime/base/file.h"

namespace lathe::kv {

/// Thread-safe. Asks the file system when some time has passed or the bytes it had seen free are
/// used up, not at each write.
class DiskRoom {
 public:
  /// files outlives this. reserve_bytes stay free,
  /// four times as many when pages are written.
  DiskRoom(base::FileSystem* files, std::string directory, uint64_t reserve_bytes)
      : files_(files), directory_(std::move(directory)), reserve_bytes_(reserve_bytes) {}

  /// A write of about so many bytes is to come. Error 53100 when there is no room for it.
  Status Take(uint64_t bytes) { return Take(bytes, reserve_bytes_); }
  /// As Take for pages (loads, folds), which leave room for what goes through the log, so that rows
  /// can still be deleted and tables emptied.
  Status TakeForPages(uint64_t bytes) { return Take(bytes, 4 * reserve_bytes_); }
  /// The next Take asks the file system.
  void Forget() { asked_ms_.store(-1, std::memory_order_relaxed); }

 private:
  Status Take(uint64_t bytes, uint64_t keep_bytes);

  base::FileSystem* const files_;
  const std::string directory_;
  const uint64_t reserve_bytes_;
  std::atomic<int64_t> left_{0};       // bytes that may be written, reserve included
  std::atomic<int64_t> asked_ms_{-1};  // steady clock
};

}  // namespace lathe::kv
