// Kv over RocksDB. Internal to storage/kv. A directory: lock, db/ (RocksDB), tmp/ (page files on
// their way in; emptied at opening).
#pragma once

#include <rocksdb/db.h>

#include <array>
#include <atomic>
#include <memory>
#include <string>

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
  Status Checkpoint(const std::string& directory) override;
  KvStats Stats() override;
  std::string Property(Family family, const std::string& name) override;

 private:
  friend class RocksPageFileWriter;

  RocksKv() = default;
  Status OpenDatabase(const KvOptions& options);
  Status CheckFormat(bool created);
  // Writes; when the disk was full before, tries whether there is room again.
  rocksdb::Status WriteOrResume(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch);
  rocksdb::ColumnFamilyHandle* handle(Family family) const {
    return handles_[static_cast<size_t>(family)];
  }

  std::string directory_;
  base::FileSystem* files_ = nullptr;
  std::unique_ptr<base::DirectoryLock> lock_;
  std::unique_ptr<rocksdb::Env> env_;  // null = RocksDB's own; outlives the database
  std::shared_ptr<rocksdb::Cache> block_cache_;
  std::unique_ptr<rocksdb::DB> db_;
  std::array<rocksdb::ColumnFamilyHandle*, kFamilyCount> handles_{};
  rocksdb::ColumnFamilyHandle* default_handle_ = nullptr;  // RocksDB insists on one; unused
  std::atomic<uint64_t> next_file_{1};                     // names of files in tmp/
};

/// Rolls over to a new file at this size, so that compaction and dropping work in pieces.
inline constexpr uint64_t kPageFileBytes = 256ull << 20;

Result<std::unique_ptr<PageFileWriter>> NewRocksPageFileWriter(RocksKv* kv);

}  // namespace lathe::kv
