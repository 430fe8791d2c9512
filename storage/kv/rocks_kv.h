// Kv over RocksDB. Internal to storage/kv. A directory: lock, db/ (RocksDB), tmp/ (page files on
// their way in; emptied at opening).
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <atomic>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>

#include "storage/kv/disk_room.h"
#include "storage/kv/rocks_options.h"

namespace lathe::kv {

class RocksKv final : public Kv {
 public:
  static Result<std::unique_ptr<Kv>> Open(const std::string& directory, const KvOptions& options);
  ~RocksKv() override;

  Status Write(const WriteBatch& batch, bool sync) override;
  Result<bool> Get(Family family, std::string_view key, std::string* value) override;
  Result<bool> GetPinned(Family family, std::string_view key, PinnedValue* value) override;
  std::unique_ptr<Iterator> NewIterator(Family family, const IterateOptions& options) override;
  Result<std::unique_ptr<PageFileWriter>> NewPageFileWriter() override;
  Status DropPages(std::string_view from, std::string_view to) override;
  Status Flush(Family family) override;
  Status Compact(Family family, std::string_view from, std::string_view to) override;
  Status GiveBack(uint64_t live_bytes) override;
  void StopCompactions() override { stop_compactions_ = true; }
  Status Checkpoint(const std::string& directory) override;
  KvStats Stats() override;
  std::string Property(Family family, const std::string& name) override;

 private:
  friend class RocksPageFileWriter;

  using Use = std::shared_lock<std::shared_mutex>;  // of gate_, while db_ is used

  RocksKv() = default;
  Status OpenDatabase();
  uint64_t MemtableBytes();
  uint64_t OwedOf(uint64_t free);
  uint64_t AllowCompactions(uint64_t free);
  void FlushForRoom();
  void CloseDatabase();
  Status CheckFormat(bool created);
  // The database stays where it is as long as the result lives; 53100 when it was closed because
  // the disk is full, and still is.
  Result<Use> UseDatabase();
  // Writes; when the disk was full before and there is room again, opens the database anew.
  Status WriteOrReopen(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch);
  Status Reopen();
  Status LeaveFullDisk();  // gate_ held alone
  // A status of RocksDB; that the disk was full is kept.
  Status Noted(const rocksdb::Status& status);
  // As UseDatabase, for what may write files: not after it failed for a full disk.
  Result<Use> UseForFiles();
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }

  std::string directory_;
  KvOptions options_;
  base::FileSystem* files_ = nullptr;
  std::unique_ptr<DiskRoom> room_;
  std::unique_ptr<base::DirectoryLock> lock_;
  std::shared_ptr<rocksdb::Cache> block_cache_;
  std::unique_ptr<rocksdb::Env> env_;                     // outlives the database
  std::shared_ptr<rocksdb::SstFileManager> table_files_;  // says whether a compaction has room
  // Held by all who use the database; alone by who replaces it or its log. Iterators are counted
  // instead: they may live long.
  std::shared_mutex gate_;
  std::mutex flush_mutex_;  // of FlushForRoom
  std::atomic<int> iterators_{0};
  std::unique_ptr<rocksdb::DB> db_;  // null only while the disk is full
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> handles_{};
  rocksdb::ColumnFamilyHandle* default_handle_ = nullptr;  // RocksDB insists on one; unused
  std::atomic<bool> disk_full_{false};  // a write failed for that, and the log is not replaced yet
  std::atomic<bool> stop_compactions_{false};
  std::atomic<bool> short_of_room_{false};  // a write was refused; until there is room for pages
  uint64_t last_left_ = 0;  // of GiveBack: what it could not give back the last time, bytes
  std::atomic<bool> giving_back_{false};    // a compaction that is known to make room is under way
  std::atomic<uint64_t> next_file_{1};      // names of files in tmp/
};

/// Rolls over to a new file at this size, so that compaction and dropping work in pieces.
inline constexpr uint64_t kPageFileBytes = 256ull << 20;

Result<std::unique_ptr<PageFileWriter>> NewRocksPageFileWriter(RocksKv* kv);

}  // namespace lathe::kv
