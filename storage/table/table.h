// The rows under one StorageId: its table versions (the newest, and older ones as long as snapshots
// need them), and what commits, folds and loads do to them. Engine keeps one Table per storage in
// use.
//
// Locks, in this order: fold_mutex (one fold or settling at a time), record_mutex (writes of the
// table's record), publish_mutex (additions of versions, swap of the table version), list_mutex
// (the list of table versions; held for a few instructions).
#pragma once

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/schema/schema.h"
#include "storage/catalog/catalog.h"
#include "storage/keyspace/keyspace.h"
#include "storage/kv/kv.h"
#include "storage/page/page.h"
#include "storage/table/leaf_cache.h"
#include "storage/table/table_version.h"
#include "storage/txn/txn.h"

namespace lathe::table {

/// What tables need of the engine. All outlive the tables.
struct TableContext {
  kv::Kv* kv = nullptr;
  page::FrameCache* frames = nullptr;
  txn::Watermark* watermark = nullptr;
  catalog::IdAllocator* page_ids = nullptr;
  LeafCache* leaves = nullptr;
  txn::Resolver* resolver = nullptr;            // outcomes of prepared transactions
  uint32_t page_bytes = page::kPageBytes;       // that pages are cut at
  uint32_t leaf_pages = 256;                    // pages that a leaf of a directory is cut at
  std::atomic<int64_t>* delta_bytes = nullptr;  // of all newest version stores
  std::atomic<int64_t>* delta_rows = nullptr;
  bool is_new = false;  // made by this process and never opened: there are no row versions yet
  // Commit time of a load; 0 = not committed.
  std::function<Timestamp(LoadId)> load_time;
};

/// Smallest and greatest values ever seen in fixed-size columns, over all versions; only widens
/// while the table is open.
class Extents {
 public:
  explicit Extents(const row::Layout& layout);
  /// A page's summary. True when something widened.
  bool AddSummary(const row::Layout& layout, std::string_view summary);
  bool AddRow(const row::Layout& layout, const char* base, const char* row);
  /// Fills stats of field i; leaves NULLs where nothing is known.
  void Get(const row::Layout& layout, size_t i, schema::ColumnStats* stats) const;
  /// For the table's record.
  void Encode(const row::Layout& layout, std::string* out) const;
  /// False when the bytes are not of this layout.
  bool Decode(const row::Layout& layout, std::string_view bytes);

 private:
  bool Widen(const types::Type& type, size_t i, const types::Datum& datum);
  struct Column {
    bool known = false;  // a type whose bounds are kept exactly
    bool has_value = false;
    types::Datum min, max;
  };
  std::vector<Column> columns_;
};

/// Thread-safe.
class Table {
 public:
  /// Reads the fences of the directory, and the delta of the storage. Errors: 58030, XX001; 55P03
  /// while a prepared transaction that changed it is pending (to be tried again).
  static Result<std::shared_ptr<Table>> Open(StorageId storage, const schema::RelationPtr& relation,
                                             const TableContext& context);
  ~Table();

  StorageId storage() const { return storage_; }
  const row::Layout& layout() const { return encoder_.layout(); }
  const keyspace::KeyEncoder& encoder() const { return encoder_; }
  /// Rows that an UPDATE brings, new values and old ones, and the keys in them.
  struct UpdateShape {
    schema::RelationPtr relation;
    row::Layout wide;
    keyspace::KeyEncoder old_key, new_key;
  };
  /// Made once for a descriptor of the table.
  Result<std::shared_ptr<const UpdateShape>> UpdateShapeOf(const schema::RelationPtr& relation);
  uint32_t schema_version() const { return schema_version_; }
  bool has_row_id() const { return has_row_id_; }
  bool is_index() const { return is_index_; }
  uint32_t page_bytes() const { return page_bytes_; }
  const std::shared_ptr<page::KvPageReader>& reader() const { return reader_; }
  const TableContext& context() const { return context_; }

  TableVersionPtr Current() const;
  /// The version that a snapshot reads. 72000 when it is gone, see Trim.
  Result<TableVersionPtr> VersionFor(Timestamp snapshot) const;
  /// True when a snapshot reads the newest version and nothing was committed after it.
  bool NewestIs(Timestamp snapshot) const {
    TableVersionPtr version = Current();
    return version->valid_from <= snapshot &&
           Timestamp(newest_.load(std::memory_order_acquire)) <= snapshot;
  }
  /// Lets go of versions that none of these snapshots reads (Watermark::Readable), nor any above
  /// the last of them.
  void Trim(const std::vector<Timestamp>& snapshots);

  /// Adds committed changes to memory.
  void Publish(const txn::StorageChanges& changes, Timestamp ts);
  /// Adds the pages of all committed loads of one commit. Their ranges are free, the leaves that
  /// they lie in are held.
  void PublishLoads(std::vector<PageNodePtr> pages, Timestamp ts);
  /// Bounds of columns hold for a page that is about to be written.
  void Widen(std::string_view summary);
  /// Writes a batch together with the table's record (counts, bounds of columns). last: the last
  /// leaf after it; null = as it is.
  Status WriteWithRecord(kv::WriteBatch* batch, bool sync, const Leaf* last = nullptr);

  /// Is there a committed change of this row after the snapshot? Where the history between has been
  /// let go of (Trim), a row that looks the same has not changed. Errors: of reading a page, 72000.
  Result<bool> ChangedSince(std::string_view key, Timestamp snapshot) const;
  /// Have pages with changes of rows been committed after the snapshot?
  bool MergedSince(Timestamp snapshot) const {
    return snapshot.value < newest_merge_.load(std::memory_order_acquire);
  }
  /// The first deletion of this key after a timestamp among the unfolded versions; 0 = none is
  /// known.
  Timestamp DeletedAfter(std::string_view key, Timestamp after) const;
  /// The row with this key in a version, as a snapshot sees it (kTimestampMax: as of its newest
  /// commit), as an image; false when there is none. Errors: of reading a page.
  Result<bool> Read(const TableVersion& version, std::string_view key, Timestamp snapshot,
                    std::string* image) const;
  /// Is there a row with this key in a version, as of its newest commit? Errors: of reading a page.
  Result<bool> Exists(const TableVersion& version, std::string_view key) const;
  /// True when no row or tombstone of a version has a key in [first, last]. Errors: of reading the
  /// directory.
  Result<bool> RangeFree(const TableVersion& version, std::string_view first,
                         std::string_view last) const;

  /// A page node with its cache place.
  PageNodePtr MakeNode(page::PageDirectoryEntry entry) const {
    return source_->MakeNode(std::move(entry));
  }
  /// A table version that is read by one transaction: `base` with more pages. The pages' ranges are
  /// free in it.
  Result<TableVersionPtr> WithPages(const TableVersionPtr& base,
                                    const std::vector<PageNodePtr>& pages) const;
  /// The same, with a leaf replaced by one that holds these pages and no versions; the leaf is
  /// held.
  TableVersionPtr WithLeaf(const TableVersionPtr& base, size_t leaf,
                           const std::vector<PageNodePtr>& pages) const;
  /// Makes a version that a transaction has made of the newest one the newest: it commits. What it
  /// replaces is held, and nobody else has changed the table meanwhile.
  void PublishVersion(const TableVersionPtr& version, const std::vector<std::string>& replaced,
                      int64_t net_rows, Timestamp ts);

  /// The first of `count` hidden row ids, never given twice. Error: 58030.
  Result<uint64_t> AllocateRowIds(uint64_t count);
  /// Row ids below next are used (a replica).
  Status ObserveRowIds(uint64_t next);

  /// Folds all versions at or below the published watermark into pages. Returns false when a load
  /// in progress forbids it.
  Result<bool> Fold();
  /// Loads and folds exclude each other: waits for a running fold and keeps others off until
  /// EndLoad.
  void BeginLoad();
  void EndLoad();
  /// Gives directory entries of a committed load their fold_ts. False when a load in progress
  /// forbids it.
  Result<bool> SettleLoad(LoadId load, Timestamp ts);
  /// Deletes bodies of replaced pages that nobody reads any more.
  Status ReclaimPages();

  /// Row and page counts and column bounds; never null.
  catalog::StatsPtr Stats(const schema::RelationDescriptor& relation) const;
  /// What the fold policy looks at.
  uint64_t delta_rows() const {
    return static_cast<uint64_t>(std::max<int64_t>(delta_rows_.load(std::memory_order_relaxed), 0));
  }
  uint64_t delta_bytes() const {
    return static_cast<uint64_t>(
        std::max<int64_t>(delta_bytes_.load(std::memory_order_relaxed), 0));
  }
  void NoteScan(uint64_t overlay_rows) {
    scanned_overlay_rows_.fetch_add(overlay_rows, std::memory_order_relaxed);
  }
  /// Overlay rows that scans have merged since the last fold.
  uint64_t scanned_overlay_rows() const {
    return scanned_overlay_rows_.load(std::memory_order_relaxed);
  }
  bool has_retired_pages() const;
  /// Bytes of page bodies that are deleted and still take room in the store's files, about; and of
  /// those that are in use.
  uint64_t dead_bytes() const { return dead_bytes_.load(std::memory_order_relaxed); }
  uint64_t live_bytes() const;
  /// Rewrites the files of the storage without what is deleted; takes a while. Errors: 58030,
  /// 53100 when there is no room for it.
  Status CompactPages();

 private:
  friend class Folder;
  Table(StorageId storage, const TableContext& context) : storage_(storage), context_(context) {}
  Status ReadDirectory();
  // The directory of a storage that has no record yet.
  Status ReadWholeDirectory();
  Status ReadDelta();
  // Asks for the outcome of an unresolved version and makes it one with its final timestamp; false
  // = it never was. What changes on disk goes into `resolved`. Errors: 55P03 while it is pending.
  Result<bool> ResolveVersion(const std::string& row_key, Timestamp* ts, std::string* value,
                              kv::WriteBatch* resolved) const;
  Status FoldLeaves(Timestamp fold_ts);
  bool BeginFolding();
  void EndFolding();
  Status SettleEntries(LoadId load, Timestamp ts);
  LeafPtr MakeLeaf(std::string lower, std::string upper, std::vector<PageNodePtr> pages,
                   std::shared_ptr<VersionStore> store) const;
  // Leaves of a range that hold these pages, cut where they get too large.
  std::vector<LeafPtr> MakeLeaves(const std::string& lower, const std::string& upper,
                                  const std::vector<PageNodePtr>& pages) const;
  std::vector<LeafPtr> WithStore(std::vector<LeafPtr> leaves, const Leaf& before) const;
  // Adds a node's versions above a timestamp to a leaf.
  static void AddVersions(Leaf* leaf, const VersionNode& node, Timestamp above);
  void Register(const std::vector<LeafPtr>& leaves) const;
  TableVersionPtr MakeVersion(Timestamp from, std::shared_ptr<const Directory> directory);
  // Makes next the newest version. publish_mutex_ held.
  void Swap(TableVersionPtr next);
  void Append(TableVersionPtr next);
  void AccountDelta(int64_t bytes, int64_t rows);
  // Takes one store out of the account and others in.
  void AccountStores(const std::vector<LeafPtr>& before, const std::vector<LeafPtr>& after);
  // The fences of leaves that the store does not know yet, and the table's record. record_mutex_
  // held.
  void PutFences(const std::vector<LeafPtr>& leaves, kv::WriteBatch* batch) const;
  void PutRecord(const Leaf& last, kv::WriteBatch* batch) const;

  const StorageId storage_;
  const TableContext context_;
  keyspace::KeyEncoder encoder_;
  uint32_t schema_version_ = 1;
  bool has_row_id_ = false;
  bool is_index_ = false;
  uint32_t page_bytes_ = page::kPageBytes;
  std::shared_ptr<page::KvPageReader> reader_;
  LeafSourcePtr source_;
  std::unique_ptr<catalog::IdAllocator> row_ids_;
  const std::shared_ptr<LiveVersions> live_ = std::make_shared<LiveVersions>();
  uint64_t next_serial_ = 1;               // publish_mutex_
  std::atomic<uint64_t> newest_{0};        // latest timestamp of a version in memory
  std::atomic<uint64_t> newest_merge_{0};  // of PublishVersion
  std::atomic<int64_t> delta_rows_{0}, delta_bytes_{0};

  mutable std::mutex list_mutex_;
  struct Listed {
    TableVersionPtr version;
    Timestamp until;  // valid_from of the version that followed it; of the newest nothing
  };
  std::vector<Listed> versions_;  // by valid_from, at least one; list_mutex_

  std::mutex shape_mutex_;
  std::shared_ptr<const UpdateShape> update_shape_;  // the last one; shape_mutex_

  mutable std::mutex publish_mutex_;
  Extents extents_{row::Layout()};       // publish_mutex_
  int64_t row_count_ = 0;                // estimate; publish_mutex_
  mutable catalog::StatsPtr stats_;      // publish_mutex_; null = to be made again
  mutable int64_t stats_row_count_ = 0;  // publish_mutex_
  mutable uint64_t stats_version_ = 0;   // descriptor version of stats_; publish_mutex_
  std::vector<const VersionNode*>* fold_log_ =
      nullptr;                           // nodes changed while a fold runs; publish_mutex_
  std::string fold_lower_, fold_upper_;  // of these keys, (lower, upper]; publish_mutex_

  std::mutex fold_mutex_;
  std::mutex record_mutex_;
  mutable std::mutex load_mutex_;
  std::condition_variable load_changed_;
  uint32_t loads_ = 0;    // load_mutex_
  bool folding_ = false;  // load_mutex_; folding_ implies loads_ == 0

  mutable std::mutex retired_mutex_;
  struct Retired {
    uint64_t serial;  // versions from this one on do not have the page
    Timestamp born;   // when it was written, 0 = unknown
    std::string key;  // in the store
    uint32_t bytes;
  };
  std::vector<Retired> retired_;         // retired_mutex_
  std::atomic<uint64_t> dead_bytes_{0};  // of bodies deleted and not compacted away, about
  std::atomic<uint64_t> scanned_overlay_rows_{0};
};

/// Meta keys of this folder.
std::string RetiredPageKey(
    std::string_view page_key);                 // a replaced page whose body is to be deleted
std::string FoldIntentKey(StorageId storage);   // pages that a fold is writing
std::string RowIdKey(StorageId storage);        // bound of hidden row ids
std::string TableRecordKey(StorageId storage);  // counts and column bounds
std::string OutcomeKey(TxnId txn);              // commit record of a prepared transaction
// A fence of the directory; fence empty = the prefix of all.
std::string FenceKey(StorageId storage, std::string_view fence);
// A page that a load has written, by its key in the store.
std::string LoadItemKey(LoadId load, std::string_view page);
std::string LoadItemPrefix(LoadId load);
// Value of a fence.
std::string EncodeFence(uint64_t pages, uint64_t rows);
std::string DroppedStorageKey(StorageId storage);  // a storage to be range-deleted
std::string DeadBytesKey(StorageId storage);       // Table::dead_bytes

}  // namespace lathe::table
