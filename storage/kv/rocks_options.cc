// The measured settings of RocksDB (7.8, Debian's build).
#include "storage/kv/rocks_options.h"

#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/memtablerep.h>
#include <rocksdb/table.h>

namespace lathe::kv {

namespace {

// RocksDB would go on by itself when the disk has room again, and then write to the log that a
// write failed in: RocksKv::WriteOrReopen decides.
// A compaction for which there is no room is no error: it leaves what it wanted to
// replace, and is tried again.
class NoRecoveryByItself final : public rocksdb::EventListener {
 public:
  void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
    const bool compaction = reason == rocksdb::BackgroundErrorReason::kCompaction;
    if (status->subcode() == rocksdb::Status::kSpaceLimit || (compaction && status->IsNoSpace())) {
      *status = rocksdb::Status::OK();
    }
  }
  void OnErrorRecoveryBegin(rocksdb::BackgroundErrorReason, rocksdb::Status,
                            bool* auto_recovery) override {
    *auto_recovery = false;
  }
};

}  // namespace

rocksdb::DBOptions DatabaseOptions(const KvOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = options.create_if_missing;
  db.create_missing_column_families = true;
  db.paranoid_checks = true;
  db.info_log_level =
      rocksdb::InfoLogLevel::WARN_LEVEL;  // debug is the default of builds with assertions
  db.keep_log_file_num = 4;
  db.max_background_jobs = options.background_threads;
  db.max_open_files = -1;
  db.bytes_per_sync = 1 << 20;
  // A crash leaves a torn end of the log, of writes that were never acknowledged: recovery ends
  // there. When a family's files are ahead of that point, the log was damaged in the middle and
  // opening is refused.
  // Writers that wait for their group's leader sleep at once. Yielding the processor first, as
  // RocksDB does by default, costs whole time slices where the machine is busy, and a leader that
  // puts all small batches of its group into memory itself saves waking each writer twice.
  db.enable_write_thread_adaptive_yield = false;
  db.allow_concurrent_memtable_write = false;
  db.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  db.max_total_wal_size = 4 * options.write_buffer_bytes;
  db.avoid_unnecessary_blocking_io = true;
  db.listeners.push_back(std::make_shared<NoRecoveryByItself>());
  db.max_bgerror_resume_count = 0;
  return db;
}

rocksdb::ColumnFamilyOptions FamilyOptions(Family family, const KvOptions& options,
                                           const std::shared_ptr<rocksdb::Cache>& block_cache) {
  rocksdb::BlockBasedTableOptions table;
  table.checksum = rocksdb::kXXH3;  // CRC32C is done in software by Debian's build: 96 ns per row
  table.max_auto_readahead_size =
      0;  // else each block of a scan costs a system call, cached or not
  table.initial_auto_readahead_size = 0;
  table.block_cache = block_cache;
  table.format_version = 5;

  rocksdb::ColumnFamilyOptions cf;
  cf.compression = rocksdb::kNoCompression;
  cf.write_buffer_size = options.write_buffer_bytes / 4;
  // Compactions that lag behind slow writes down, but never stop them: on a full disk they do not
  // come at all, and what frees it is a write.
  cf.level0_stop_writes_trigger = 1 << 30;
  cf.hard_pending_compaction_bytes_limit = 0;
  switch (family) {
    case Family::kDelta:
      cf.write_buffer_size = options.write_buffer_bytes;
      // Row versions in memory are read by recovery only (readers find them in the engine's own
      // store): they are kept as they come and sorted when they are written out, away from the
      // commits. (Needs that nobody writes into memory concurrently.)
      cf.memtable_factory = std::make_shared<rocksdb::VectorRepFactory>();
      table.block_size = 16 << 10;
      table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
      cf.compression = rocksdb::kLZ4Compression;
      break;
    case Family::kPageDir:
      table.block_size = 16 << 10;
      cf.compression = rocksdb::kLZ4Compression;
      break;
    case Family::kPages:
      // Smaller than any page: every page is a block of its own. Keys are looked up whole and
      // exist, so no filter. Pages live in the frame cache; the block cache would hold them twice.
      table.block_size = 4 << 10;
      table.no_block_cache = true;
      cf.write_buffer_size = 1 << 20;  // only range deletions go through it
      cf.target_file_size_base = 256 << 20;
      cf.max_bytes_for_level_base = 2ull << 30;
      break;
    case Family::kMeta:
    case Family::kCatalog:
    case Family::kLoads:
      table.block_size = 4 << 10;
      cf.write_buffer_size = options.write_buffer_bytes / 16;
      break;
  }
  cf.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  return cf;
}

Status FromRocks(const rocksdb::Status& status) {
  if (status.ok()) return Ok();
  SqlState state = SqlState::kIoError;
  if (status.IsCorruption()) state = SqlState::kDataCorrupted;
  if (status.IsNoSpace()) state = SqlState::kDiskFull;
  if (status.IsMemoryLimit()) state = SqlState::kOutOfMemory;
  if (status.IsInvalidArgument() || status.IsNotSupported() || status.IsNotFound()) {
    state = SqlState::kInternalError;
  }
  return MakeError(state, "storage: " + status.ToString());
}

}  // namespace lathe::kv
