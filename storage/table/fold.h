// Folding: unfolded versions at or below a timestamp become part of new pages, which take the place
// of the old ones in one batch.
#pragma once

#include <string>
#include <vector>

#include "storage/table/table.h"

namespace lathe::table {

/// One fold of one table. Readers and writers go on meanwhile; only the swap at the end holds
/// publish_mutex.
///
///   1. from here on, note what commits change (fold_log); fold_ts = published watermark
///   2. merge each stretch of changed pages with its versions up to fold_ts into new pages
///   3. write down the new pages' keys (intent, synced), then their bodies
///   4. one batch: new directory entries in, old ones out (bodies noted for deletion), folded
///   versions out, intent out
///   5. new TableVersion: new directory, and a store with the versions above fold_ts
/// A crash before 4 leaves bodies that the intent names; after 4 nothing but old bodies that are
/// noted.
class Folder final : public page::PageSink {
 public:
  explicit Folder(Table* table);
  ~Folder() override;
  /// Caller holds fold_mutex_ and has made sure that no load runs.
  Status Run();
  Status OnPage(const page::BuiltPage& built) override;

 private:
  Status MergePage(size_t i, page::PageBuilder* builder);
  Status MergeVersions(std::string_view begin, std::string_view end, const char* page,
                       uint32_t rows, page::PageBuilder* builder);
  bool Changed(size_t i) const;
  Status WritePages();
  Status SwapOnDisk();
  void SwapInMemory();

  Table* const table_;
  TableVersionPtr version_;
  Timestamp fold_ts_;
  std::vector<const VersionNode*> log_;      // changed by commits since the start; publish_mutex
  std::vector<const VersionNode*> carried_;  // nodes with versions above fold_ts
  std::vector<PageNodePtr> made_;            // new pages
  std::vector<PageNodePtr> pages_;           // of the new directory
  std::vector<PageNodePtr> replaced_;
  std::unique_ptr<kv::PageFileWriter> file_;
  std::string intent_;  // keys of made_, length-prefixed
  kv::WriteBatch swap_;
};

/// The page keys that an intent names.
std::vector<std::string> DecodeFoldIntent(std::string_view bytes);

}  // namespace lathe::table
