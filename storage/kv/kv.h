// Front door of storage/kv: ordered byte strings on disk in a handful of families, changed by
// atomic batches. RocksKv (Kv::Open) is RocksDB and the only code that names it; MemoryKv
// (memory_kv.h) is for tests.
//
// Page bodies do not go through the log: they are written to sorted files (PageFileWriter) that the
// store then takes in.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/file.h"
#include "runtime/base/result.h"
#include "storage/kv/write_batch.h"

namespace lathe::kv {

/// Version of everything that lies in a data directory. Opening a directory of another version is
/// refused.
inline constexpr uint32_t kFormatVersion = 1;

/// A value read without a copy; its bytes live as long as this does. Movable, may outlive later
/// writes, not the Kv.
class PinnedValue {
 public:
  PinnedValue() = default;
  PinnedValue(std::string_view bytes, std::shared_ptr<const void> owner)
      : bytes_(bytes), owner_(std::move(owner)) {}
  std::string_view view() const { return bytes_; }

 private:
  std::string_view bytes_;
  std::shared_ptr<const void> owner_;
};

/// What an iterator walks over: keys in [lower, upper) as they were when it was made. Empty upper =
/// to the end.
struct IterateOptions {
  std::string lower, upper;
  uint64_t readahead_bytes = 0;  // for cold scans: read this far ahead; 0 = never
  bool fill_cache = true;        // false for scans that would push everything else out
};

/// Walks over a family in key order. Not thread-safe. key() and value() hold until the next move.
class Iterator {
 public:
  virtual ~Iterator() = default;
  virtual bool Valid() const = 0;
  virtual void SeekToFirst() = 0;
  virtual void SeekToLast() = 0;
  /// First key >= target.
  virtual void Seek(std::string_view target) = 0;
  /// Last key <= target.
  virtual void SeekForPrev(std::string_view target) = 0;
  virtual void Next() = 0;
  virtual void Prev() = 0;
  virtual std::string_view key() const = 0;
  virtual std::string_view value() const = 0;
  /// To be asked once !Valid(): success = the end, else what went wrong (58030, XX001).
  virtual Status status() const = 0;
};

/// Writes sorted page bodies for the family kPages past the log. One thread. Destroyed without
/// Finish it leaves nothing behind.
class PageFileWriter {
 public:
  virtual ~PageFileWriter() = default;
  /// Adds a page; keys strictly ascending (XX000 otherwise). Large amounts roll over to further
  /// files.
  virtual Status Add(std::string_view key, std::string_view body) = 0;
  /// Bytes of bodies added so far.
  virtual uint64_t bytes() const = 0;
  /// Syncs the files and makes the pages part of the store: all of them durable and readable when
  /// it returns success; on an error or a crash some of them, which nothing refers to, may remain.
  /// Once, as the last call. Without pages it does nothing.
  virtual Status Finish() = 0;
};

struct KvOptions {
  bool create_if_missing = true;
  uint64_t block_cache_bytes =
      64ull << 20;  // pages have their own cache; this one serves directory, catalog, delta
  uint64_t write_buffer_bytes = 64ull << 20;  // of the delta family; the others take a quarter
  int background_threads = 2;                 // flush and compaction
  // Where the directory lies; outlives the store. null = FileSystem::Posix(), with RocksDB on its
  // own files. Anything else stands below RocksDB too (tests).
  // Writes are refused (53100) before they would leave less free than this.
  uint64_t disk_reserve_bytes = 16 << 20;
  base::FileSystem* files = nullptr;
};

/// Sizes for gauges.
struct KvStats {
  uint64_t sst_bytes = 0;       // files on disk
  uint64_t page_bytes = 0;      // of them, family kPages
  uint64_t memtable_bytes = 0;  // not yet flushed
  uint64_t pending_compaction_bytes = 0;
  uint64_t block_cache_bytes = 0;
  uint64_t running_compactions = 0;
  bool write_stopped = false;  // writers are waiting for compaction
};

/// The store. Thread-safe. Errors of all calls: 58030 I/O, 53100 disk full, XX001 corrupted.
class Kv {
 public:
  virtual ~Kv() = default;

  /// Opens (or creates) the RocksDB in `directory` and locks it. 55006 when a process holds it,
  /// 58P01 when there is none and create_if_missing is off, XX001 for another format version.
  static Result<std::unique_ptr<Kv>> Open(const std::string& directory, const KvOptions& options);

  /// Applies a batch, all or nothing. sync: it is on disk when this returns, with everything
  /// written before it; calls of several threads share one sync (RocksDB's group commit). An empty
  /// batch with sync only syncs.
  virtual Status Write(const WriteBatch& batch, bool sync) = 0;
  /// False when the key is not there.
  virtual Result<bool> Get(Family family, std::string_view key, std::string* value) = 0;
  virtual Result<bool> GetPinned(Family family, std::string_view key, PinnedValue* value) = 0;
  /// The iterator must not outlive the Kv. Not positioned yet.
  virtual std::unique_ptr<Iterator> NewIterator(Family family, const IterateOptions& options) = 0;

  virtual Result<std::unique_ptr<PageFileWriter>> NewPageFileWriter() = 0;
  /// Removes pages in [from, to): like WriteBatch::DeleteRange, and drops files that lie wholly
  /// inside at once. Only for ranges that nothing reads any more.
  virtual Status DropPages(std::string_view from, std::string_view to) = 0;

  /// Writes a family's memory to files and waits for it.
  virtual Status Flush(Family family) = 0;
  /// Rewrites [from, to) of a family to its last level (to empty = to the end), dropping what is
  /// deleted; waits. 53100 when there may not be room for it; 57014 after StopCompactions.
  virtual Status Compact(Family family, std::string_view from, std::string_view to) = 0;
  /// When a write was refused for want of room since the last call: gives back what the family
  /// kDelta keeps of deleted versions, of which at most `live_bytes` are still wanted. To be called
  /// now and then by a thread that may take its time; 53100 when there is no room even for that.
  virtual Status GiveBack(uint64_t live_bytes) { return Ok(); }
  /// Ends Compact in all threads, from now on; for closing.
  virtual void StopCompactions() {}
  /// A consistent copy in a new directory, files shared by hard links where possible. It opens with
  /// Open.
  virtual Status Checkpoint(const std::string& directory) = 0;
  virtual KvStats Stats() = 0;
  /// A property of RocksDB by name ("rocksdb.stats") for diagnostics; empty when unknown.
  virtual std::string Property(Family family, const std::string& name) = 0;
};

}  // namespace lathe::kv
