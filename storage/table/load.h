// Loads: many rows become pages at once, written beside the tables under a load id and made visible
// by the commit. Pages go only into key ranges that hold nothing else; rows elsewhere go to the
// fallback, which writes them as single changes.
//
// Order on disk: load record (pending) and directory entries, synced; page bodies; later, with the
// commit, the record's commit time. With the entries go the names of the pages (meta
// records "load/"), so whatever a crash leaves of a load without a commit is found through them,
// and the background work that follows a commit reads nothing else of the table.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "storage/table/engine_impl.h"
#include "storage/txn/arena.h"

namespace lathe::table {

/// How a load meets what is there.
struct LoadOptions {
  /// Is the range [first, last] of keys free of everything that the load does not know itself?
  std::function<Result<bool>(std::string_view first, std::string_view last)> range_free;
  /// Takes a row whose page's range is not free.
  std::function<Status(const char* base, const char* row)> fallback;
  /// The error for a key that comes twice.
  std::function<Error(std::string_view key)> duplicate;
  /// The table as the load's transaction sees it; empty = as it is for all.
  std::function<TableVersionPtr()> view;
  uint64_t sort_bytes = 128ull << 20;
  /// Holds all rows back until Finish, in order or not.
  bool sort_all = false;
};

/// One load into one table. Not thread-safe. Rows that come in ascending key order go straight into
/// pages; from the first that does not, rows are sorted in runs (in memory, then as pages of a
/// scratch storage) and all is merged at the end. Destroyed without Finish, or Abandoned, it leaves
/// nothing.
class LoadWriter final : public page::PageSink {
 public:
  static Result<std::unique_ptr<LoadWriter>> Begin(EngineImpl* engine, std::shared_ptr<Table> table,
                                                   LoadId load, LoadOptions options);
  ~LoadWriter() override;

  /// Adds a row of the table's layout.
  Status Add(const char* base, const char* row);
  /// Adds rows [from, to) of a page.
  Status AddRows(const char* page, uint32_t from, uint32_t to);
  /// Writes the rest and registers the pages with the engine as a pending load; to be committed
  /// with LoadId, or given up with DropLoad. Returns the pages (none: nothing to commit).
  Result<PendingLoad> Finish();

  /// Ends the load here and goes on under another id. The rows that are not in pages yet go with
  /// the rest. For use in LoadOptions::fallback.
  Result<PendingLoad> Split(LoadId next);

  // For a merge, which knows what it does: rows in key order into ranges that need not be free.
  /// Appends rows [from, to) of a page of the table's layout.
  Status AppendSegment(const char* page, uint32_t from, uint32_t to) {
    return builder_->AppendRows(page, from, to);
  }
  /// Ends the current page.
  Status Cut() { return builder_->Cut(); }
  /// Keeps a leaf's pages in memory as long as the load is pending.
  Result<const LeafPages*> Hold(const LeafPtr& leaf);
  /// Pages made so far, and rows that wait in the builder.
  const std::vector<PageNodePtr>& pages() const { return pages_; }
  uint32_t pending_rows() const { return builder_->pending_rows(); }
  /// Finish of a merge, which is pending also when all rows have gone.
  Result<PendingLoad> FinishMerge(std::shared_ptr<const Replaced> replaced, TableVersionPtr version,
                                  uint64_t changes);

  LoadId load() const { return load_; }
  Status OnPage(const page::BuiltPage& built) override;

 private:
  struct SortItem {
    std::string_view key, image;
  };
  using Run = std::vector<PageNodePtr>;

  LoadWriter(EngineImpl* engine, std::shared_ptr<Table> table, LoadId load, LoadOptions options);
  Status AddUnsorted(const char* base, const char* row);
  // Rows in order go to the builder; pages never lie across a fence of the directory.
  Status Append(const char* base, const char* row);
  Status AppendRun(const char* page, uint32_t from, uint32_t to);
  Status PassFence(const char* base, const char* row);
  void FindFence(std::string_view key);
  Status SortMemory();
  Status SpillRun();
  Status MergeRuns();
  Status FlushFile();
  Status StartOutput();
  Status RemoveScratch();
  PendingLoad TakePending();
  TableVersionPtr View() const {
    return options_.view != nullptr ? options_.view() : table_->Current();
  }

  EngineImpl* const engine_;
  const std::shared_ptr<Table> table_;
  LoadId load_;
  const LoadOptions options_;

  std::unique_ptr<page::PageBuilder> builder_;
  std::unique_ptr<kv::PageFileWriter> file_;
  kv::WriteBatch entries_;                // directory entries of the pages in file_
  std::vector<PageNodePtr> pages_;        // made so far
  std::map<const Leaf*, HeldLeaf> held_;  // leaves of pages_
  std::string fence_;                     // the next one of the directory; empty = none
  bool fence_known_ = false;
  std::string last_row_;  // image of the last row in order; empty before the first
  uint64_t page_id_next_ = 0, page_id_end_ = 0;
  bool recorded_ = false;  // the load record is on disk
  bool finished_ = false;

  bool sorting_ = false;
  txn::Arena* arena() { return arena_.get(); }
  std::unique_ptr<txn::Arena> arena_;
  std::vector<SortItem> items_;
  std::vector<Run> runs_;
  StorageId scratch_;        // of spilled runs; none while nothing was spilled
  Run* spilling_ = nullptr;  // pages go to this run instead of the load
};

/// Deletes what a load has written: directory entries, bodies, records. For loads that are
/// not committed.
Status DropLoad(kv::Kv* kv, LoadId load);

/// Value of a load record: commit time (0 = pending) and storage.
std::string EncodeLoadRecord(Timestamp ts, StorageId storage);
bool DecodeLoadRecord(std::string_view bytes, Timestamp* ts, StorageId* storage);

}  // namespace lathe::table
