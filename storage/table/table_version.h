// What a scan holds on to: a directory, the unfolded versions beside it, and per page how many
// changes there are and (once a scan has needed it) the patch: the page merged with its versions.
// Reference-counted; a fold or a committed load makes the next TableVersion, a commit only adds to
// the version store, where older snapshots do not see it.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "runtime/base/ids.h"
#include "storage/table/directory.h"
#include "storage/table/version_store.h"

namespace lathe::table {

/// A page merged with its unfolded versions as a scan hands it out: pieces of the page itself and
/// of small pages that hold newer rows.
struct Patch {
  static constexpr int32_t kBasePage = -1;
  struct Piece {
    int32_t page;  // kBasePage or index into overlay_pages
    uint32_t from, to;
  };
  std::vector<Piece> in_order;  // by key
  std::vector<Piece> grouped;   // base pieces, then whole overlay pages: fewer pieces, no order
  std::vector<std::string> overlay_pages;
  uint64_t row_count = 0;     // of all pieces
  uint64_t overlay_rows = 0;  // in overlay pages
  // When cached: it holds for every snapshot at or above newest while the page's change count is
  // `changes`.
  Timestamp newest;
  uint32_t changes = 0;
};
using PatchPtr = std::shared_ptr<const Patch>;

/// Per page of a directory, and one for the tail.
struct PageState {
  std::atomic<uint32_t> changes{
      0};  // versions added; only grows. Counted after the version is in the store
  std::mutex mutex;
  PatchPtr patch;  // guarded by mutex; may be null or out of date
};

/// See above. Immutable but for the counters and cached patches of its page states and the growing
/// version store.
struct TableVersion {
  TableVersion(Timestamp from, std::shared_ptr<const Directory> d, std::shared_ptr<VersionStore> v)
      : valid_from(from),
        directory(std::move(d)),
        versions(std::move(v)),
        states(std::make_unique<PageState[]>(directory->size() + 1)) {}

  /// Counts a version with this key. Gives the index of its page, which makes the next call cheap
  /// when passed to it and the key belongs to the same page.
  size_t NoteChange(std::string_view key, size_t page = SIZE_MAX) const {
    if (page == SIZE_MAX || !directory->Covers(page, key)) page = directory->Find(key);
    states[page].changes.fetch_add(1, std::memory_order_release);
    return page;
  }

  const Timestamp valid_from;  // for snapshots at or above it
  const std::shared_ptr<const Directory> directory;
  const std::shared_ptr<VersionStore> versions;
  const std::unique_ptr<PageState[]> states;  // directory->size() + 1
};
using TableVersionPtr = std::shared_ptr<const TableVersion>;

}  // namespace lathe::table
