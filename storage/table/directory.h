// The page directory of one storage in memory: its pages in key order, their ranges disjoint.
// Immutable; a fold or a load makes the next one, sharing the pages.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "storage/page/page.h"

namespace lathe::table {

/// A page: its directory entry, and the place where it is cached.
struct PageNode {
  PageNode(page::PageDirectoryEntry e, page::FrameCache* cache,
           const std::shared_ptr<page::PageReader>& reader)
      : entry(std::move(e)),
        cached(cache, reader, entry.storage, entry.last_key, entry.page, entry.page_bytes) {}

  const page::PageDirectoryEntry entry;
  mutable page::CachedPage cached;
};
using PageNodePtr = std::shared_ptr<const PageNode>;

/// Pages in key order. A key belongs to the first page whose last key is not below it; keys above
/// all pages belong to the tail, whose index is size().
class Directory {
 public:
  Directory() = default;
  /// Pages in key order; overlapping ranges are a broken invariant.
  explicit Directory(std::vector<PageNodePtr> pages);

  size_t size() const { return pages_.size(); }
  const PageNode& page(size_t i) const { return *pages_[i]; }
  const std::vector<PageNodePtr>& pages() const { return pages_; }
  /// Index of the page that the key belongs to; size() = the tail.
  size_t Find(std::string_view key) const;
  /// Does the key belong to page i (or to the tail)?
  bool Covers(size_t i, std::string_view key) const {
    return (i == 0 || pages_[i - 1]->entry.last_key < key) &&
           (i == pages_.size() || key <= pages_[i]->entry.last_key);
  }
  uint64_t row_count() const { return rows_before_.back(); }
  /// Rows in pages [from, to).
  uint64_t rows_between(size_t from, size_t to) const {
    return rows_before_[to] - rows_before_[from];
  }

 private:
  std::vector<PageNodePtr> pages_;
  std::vector<uint64_t> last_prefixes_;  // first 8 bytes of each last key, big-endian, zero-filled
  std::vector<uint64_t> rows_before_ = {0};  // prefix sums; size() + 1 of them
};

}  // namespace lathe::table
