// Folding: unfolded versions at or below a timestamp become part of new pages, which take the place
// of the old ones in one batch.
#pragma once

#include <string>
#include <vector>

#include "storage/table/table.h"

namespace lathe::table {

/// One step of a fold: a leaf of the directory, with its neighbours as long as they stay small.
/// Readers and writers go on meanwhile; only the swap at the end holds publish_mutex. So a fold
/// takes memory for some leaves, whatever the size of the table.
///
///   1. from here on, note what commits change in these leaves (fold_log)
///   2. merge each stretch of changed pages with its versions up to fold_ts into new pages
///   3. write down the new pages' keys (intent, synced), then their bodies
///   4. one batch: new directory entries in, old ones out (bodies noted for deletion), folded
///   versions out, fences and record of the table, intent out
///   5. new TableVersion: new leaves, with the versions above fold_ts
/// A crash before 4 leaves bodies that the intent names; after 4 nothing but old bodies that are
/// noted.
class Folder final : public page::PageSink {
 public:
  Folder(Table* table, Timestamp fold_ts) : table_(table), fold_ts_(fold_ts) {}
  ~Folder() override;
  /// Folds from leaf `first` of the newest version on. Gives the upper bound of the keys that it
  /// has done (empty: all). Caller holds fold_mutex_ and has made sure that no load runs.
  Result<std::string> Run(size_t first);
  Status OnPage(const page::BuiltPage& built) override;

 private:
  Status MergeLeaf(const HeldLeaf& held, page::PageBuilder* builder);
  Status MergePage(const HeldLeaf& held, size_t i, page::PageBuilder* builder);
  Status MergeVersions(const Leaf& leaf, std::string_view begin, std::string_view end,
                       const char* page, uint32_t rows, page::PageBuilder* builder);
  void SetLog(bool on);
  Status WritePages();
  Status SwapOnDisk();
  void SwapInMemory();

  Table* const table_;
  const Timestamp fold_ts_;
  TableVersionPtr version_;
  size_t first_ = 0, end_ = 0;  // leaves that are folded
  std::vector<HeldLeaf> held_;
  std::vector<const VersionNode*> log_;      // changed by commits since the start; publish_mutex
  std::vector<const VersionNode*> carried_;  // nodes with versions above fold_ts
  std::vector<PageNodePtr> made_;            // new pages
  std::vector<PageNodePtr> pages_;           // of the new leaves
  std::vector<PageNodePtr> replaced_;
  std::vector<LeafPtr> leaves_;  // that take the place of [first_, end_)
  std::unique_ptr<kv::PageFileWriter> file_;
  std::string intent_;  // keys of made_, length-prefixed
  kv::WriteBatch swap_;
};

/// The page keys that an intent names.
std::vector<std::string> DecodeFoldIntent(std::string_view bytes);

}  // namespace lathe::table
