// A file system in memory that fails when told to: the n-th call, a full disk, a power cut that
// loses what was not synced. For tests.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/file.h"

namespace lathe::base {

/// Thread-safe. Files that are open when Crash is called fail from then on.
class MemoryFileSystem final : public FileSystem {
 public:
  MemoryFileSystem();
  ~MemoryFileSystem() override;

  /// The n-th call from now on that changes something (1 = the next) fails with 58030, once; 0 =
  /// none.
  void FailChange(uint64_t n);
  /// As FailChange, and all later changes fail too, as on a broken disk.
  void FailChangesFrom(uint64_t n);
  /// Changes that were asked for so far, failed ones included.
  uint64_t change_count() const;
  /// Writes beyond this many bytes in all files together fail with 53100; 0 = no bound.
  void SetDiskBytes(uint64_t bytes);
  /// Bytes in all files together.
  uint64_t used_bytes() const;
  /// Power cut: contents and names go back to what was synced; locks are gone.
  void Crash();

  Result<std::unique_ptr<File>> Open(const std::string& path, OpenMode mode) override;
  Status Rename(const std::string& from, const std::string& to) override;
  Status Remove(const std::string& path) override;
  Result<bool> Exists(const std::string& path) override;
  Status MakeDirectory(const std::string& path) override;
  Status RemoveDirectory(const std::string& path) override;
  Result<std::vector<std::string>> List(const std::string& directory) override;
  Status SyncDirectory(const std::string& directory) override;
  Result<std::unique_ptr<DirectoryLock>> LockDirectory(const std::string& directory) override;
  Result<uint64_t> FreeBytes(const std::string& directory) override;

 private:
  struct Node;  // one file's bytes, as written and as synced
  class OpenFile;
  class Lock;

  Status CountChange(const std::string& path);  // mutex_ held
  uint64_t UsedBytes() const;                   // mutex_ held

  mutable std::mutex mutex_;
  std::map<std::string, std::shared_ptr<Node>> names_;         // as this process sees them
  std::map<std::string, std::shared_ptr<Node>> synced_names_;  // as they are after a crash
  std::set<std::string> directories_;                          // durable at once
  std::set<std::string> locked_;
  uint64_t changes_ = 0;
  uint64_t fail_at_ = 0;  // value of changes_ that fails; 0 = none
  bool fail_ever_after_ = false;
  uint64_t disk_bytes_ = 0;
  uint64_t crashes_ = 0;  // open files of an earlier life fail
};

}  // namespace lathe::base
