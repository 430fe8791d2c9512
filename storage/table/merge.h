// Merges: many changes of rows become pages at once, made of the old pages with their unfolded
// versions and the changes, under a load id; the commit swaps the directory entries. What a
// transaction's write buffer does not hold any more is written like this, and what a load has for
// key ranges that are not free.
#pragma once

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "storage/table/load.h"
#include "storage/table/scan.h"
#include "storage/txn/key_moves.h"

namespace lathe::table {

/// One merge into one table as its transaction sees it. The transaction has the whole storage
/// locked. Not thread-safe. Destroyed without Finish it leaves nothing.
class Merger {
 public:
  /// base: gives what is merged with; called once no fold can change it any more.
  static Result<std::unique_ptr<Merger>> Begin(EngineImpl* engine, std::shared_ptr<Table> table,
                                               LoadId load,
                                               const std::function<TableVersionPtr()>& base);

  /// A change; keys ascend. image empty = the row goes. Both live until Finish.
  Status Add(std::string_view key, std::string_view image);
  /// Writes the rest and registers the pages with the engine as a pending load, which has the new
  /// version; to be committed with LoadId, or given up with DropLoad.
  Result<PendingLoad> Finish();

 private:
  explicit Merger(std::shared_ptr<Table> table) : table_(std::move(table)) {}
  Status MergeLeaf();
  Status MergeUnit(const Leaf& leaf, const LeafPages& pages, size_t i, std::span<const OwnRow> own);

  const std::shared_ptr<Table> table_;
  TableVersionPtr base_;
  TableVersionPtr version_;  // base_ with the leaves that are done
  std::unique_ptr<LoadWriter> writer_;
  std::shared_ptr<Replaced> replaced_ = std::make_shared<Replaced>();
  LeafPtr leaf_;              // whose changes are being collected
  std::vector<OwnRow> rows_;  // of leaf_
  uint64_t changes_ = 0;
};

/// Which rows a statement has changed, after its changes have left the write buffer: a bit per row
/// of the pages that the statement reads, keys where there is no page. Not thread-safe.
class ChangedRows {
 public:
  /// version: what the statement reads.
  ChangedRows(std::shared_ptr<Table> table, TableVersionPtr version)
      : table_(std::move(table)), version_(std::move(version)) {}
  /// Adds a key; those of one spill ascend.
  Status Add(std::string_view key);
  Result<bool> Contains(std::string_view key);

 private:
  /// Finds the row; false when it is in no page.
  Result<bool> Find(std::string_view key, uint64_t* page, uint32_t* row);

  const std::shared_ptr<Table> table_;
  const TableVersionPtr version_;
  std::string greatest_;
  std::unordered_map<uint64_t, std::vector<bool>> bits_;  // by page id
  std::unordered_set<std::string> keys_;
  // Where the last key was.
  LeafPtr leaf_;
  LeafPagesPtr pages_;
  size_t page_index_ = 0;
  page::PinnedPage pinned_;
  uint32_t slot_ = 0;
};

/// Rows of one table that a transaction has deleted and merged into pages.
class MergedDeletes final : public txn::DeletedRows {
 public:
  /// version: has the rows, or most of them.
  MergedDeletes(std::shared_ptr<Table> table, TableVersionPtr version)
      : prefix_(keyspace::StoragePrefix(table->storage())),
        rows_(std::move(table), std::move(version)) {}
  /// key: without the StorageId; those of one merge ascend.
  Status Add(std::string_view key) {
    std::lock_guard lock(mutex_);
    return rows_.Add(key);
  }
  Result<bool> Contains(std::string_view key) override {
    if (!key.starts_with(prefix_)) return false;
    std::lock_guard lock(mutex_);
    return rows_.Contains(key.substr(prefix_.size()));
  }

 private:
  const std::string prefix_;
  std::mutex mutex_;
  ChangedRows rows_;  // mutex_
};

}  // namespace lathe::table
