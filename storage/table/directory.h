// The page directory of one storage: a root of leaves in key order, each leaf the pages of one
// range of keys together with the range's unfolded versions. The root is in memory while the table
// is open; what a leaf says of its pages is read from the store when the range is first touched,
// and may be evicted again (leaf_cache.h). A fold or a load replaces the leaves that it touches and
// shares the others, so everything that happens to a directory happens to some leaves.
//
// Leaves part the keys at fences. Any keys do as fences, as long as no page lies across one; which
// ones are on disk (meta records "chunk/") is a matter of speed only.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "storage/page/page.h"
#include "storage/table/version_store.h"

namespace lathe::kv {
class Kv;
}

namespace lathe::table {

class LeafCache;

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

/// Per page of a leaf, and one for the leaf's tail.
struct PageState {
  std::atomic<uint32_t> changes{
      0};  // versions added; only grows. Counted after the version is in the store
  std::mutex mutex;
  PatchPtr patch;  // guarded by mutex; may be null or out of date
};

/// The pages of a leaf in key order, in memory. A key belongs to the first page whose last key is
/// not below it; keys above all pages belong to the tail, whose index is size(). Immutable but for
/// the page states.
class LeafPages {
 public:
  /// Pages in key order; overlapping ranges are a broken invariant.
  explicit LeafPages(std::vector<PageNodePtr> pages);

  size_t size() const { return pages_.size(); }
  const PageNode& page(size_t i) const { return *pages_[i]; }
  const std::vector<PageNodePtr>& pages() const { return pages_; }
  PageState& state(size_t i) const { return states_[i]; }
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
  /// Memory that it takes, roughly.
  uint64_t bytes() const { return bytes_; }

 private:
  std::vector<PageNodePtr> pages_;
  std::vector<uint64_t> last_prefixes_;  // first 8 bytes of each last key, big-endian, zero-filled
  std::vector<uint64_t> rows_before_ = {0};  // prefix sums; size() + 1 of them
  const std::unique_ptr<PageState[]> states_;
  uint64_t bytes_;
};
using LeafPagesPtr = std::shared_ptr<const LeafPages>;

/// Where the leaves of one storage read their pages.
struct LeafSource {
  StorageId storage;
  kv::Kv* kv = nullptr;
  page::FrameCache* frames = nullptr;
  std::shared_ptr<page::PageReader> reader;
  // Commit time of a load; 0 = not committed.
  std::function<Timestamp(LoadId)> load_time;
  LeafCache* cache = nullptr;  // may be null: nothing is evicted
  // Rows found in leaves beyond what was known of them before.
  mutable std::atomic<int64_t> rows_found{0};

  PageNodePtr MakeNode(page::PageDirectoryEntry entry) const {
    return std::make_shared<PageNode>(std::move(entry), frames, reader);
  }
};
using LeafSourcePtr = std::shared_ptr<const LeafSource>;

/// The keys in (lower, upper] with their pages and unfolded versions. Shared by all table versions
/// in which the range has the same pages. Reading is thread-safe; versions are added by one thread
/// at a time.
class Leaf {
 public:
  /// lower empty = from the first key on, upper empty = to the end. pages null: to be read on first
  /// touch; then page_count and row_count are what is known of them. store may be null.
  Leaf(LeafSourcePtr source, std::string lower, std::string upper, LeafPagesPtr pages,
       uint64_t page_count, uint64_t row_count, std::shared_ptr<VersionStore> store);
  ~Leaf();
  Leaf(const Leaf&) = delete;
  Leaf& operator=(const Leaf&) = delete;

  const std::string& lower() const { return lower_; }
  const std::string& upper() const { return upper_; }
  bool Covers(std::string_view key) const {
    return key > lower_ && (upper_.empty() || key <= upper_);
  }

  /// The pages; read from the store when they are not in memory. Errors: 58030, XX001.
  Result<LeafPagesPtr> Pages() const;
  /// The same, and keeps them in memory until as many Releases.
  Result<LeafPagesPtr> Hold() const;
  void Release() const;
  /// Keeps the pages in memory for ever: the store no longer has them like that. They are held now.
  void Freeze() const;
  /// The pages of a leaf that is held.
  LeafPagesPtr HeldPages() const;
  /// Gives the pages back when nobody needs them to stay; false when they must stay.
  bool TryEvict() const;

  /// Pages and rows, as last seen.
  uint64_t page_count() const { return page_count_.load(std::memory_order_relaxed); }
  uint64_t row_count() const { return row_count_.load(std::memory_order_relaxed); }

  // Unfolded versions.
  /// Are there any?
  bool changed() const { return changes_.load(std::memory_order_acquire) != 0; }
  uint64_t change_count() const { return changes_.load(std::memory_order_relaxed); }
  /// The first node at or above key; null = none.
  const VersionNode* Seek(std::string_view key) const {
    const VersionStore* store = store_view_.load(std::memory_order_acquire);
    return store == nullptr ? nullptr : store->Seek(key);
  }
  const VersionNode* Find(std::string_view key) const {
    const VersionStore* store = store_view_.load(std::memory_order_acquire);
    return store == nullptr ? nullptr : store->Find(key);
  }
  const VersionNode* First() const {
    const VersionStore* store = store_view_.load(std::memory_order_acquire);
    return store == nullptr ? nullptr : store->First();
  }
  /// The latest timestamp among them.
  Timestamp newest() const {
    const VersionStore* store = store_view_.load(std::memory_order_acquire);
    return store == nullptr ? Timestamp() : store->newest();
  }
  /// The store, made when there is none yet. For the thread that adds versions; after them, Note.
  VersionStore* MutableStore();
  const std::shared_ptr<VersionStore>& store() const { return store_; }
  /// Counts versions of these keys that are now in the store.
  void Note(const std::vector<std::string_view>& keys) const;

  // For LeafCache.
  mutable size_t cache_position = SIZE_MAX;    // guarded by the cache's mutex
  mutable uint64_t cache_bytes = 0;            // guarded by the cache's mutex
  mutable std::atomic<bool> cache_used{true};  // since the clock hand last passed
  /// Is the upper fence on disk, with these counts?
  mutable std::atomic<bool> fence_saved{false};

 private:
  Result<LeafPagesPtr> Read(bool hold) const;
  void MarkChanged(const LeafPages& pages) const;  // mutex_ held

  const LeafSourcePtr source_;
  const std::string lower_, upper_;
  mutable std::mutex mutex_;
  mutable LeafPagesPtr pages_;  // mutex_
  mutable uint64_t holds_ = 0;  // mutex_
  mutable std::atomic<uint64_t> page_count_, row_count_;
  std::shared_ptr<VersionStore> store_;
  std::atomic<const VersionStore*> store_view_{nullptr};
  mutable std::atomic<uint64_t> changes_{0};
};
using LeafPtr = std::shared_ptr<Leaf>;

/// Keeps a leaf's pages in memory. Movable.
class HeldLeaf {
 public:
  HeldLeaf() = default;
  static Result<HeldLeaf> Make(LeafPtr leaf) {
    HeldLeaf held;
    LATHE_ASSIGN(held.pages_, leaf->Hold());
    held.leaf_ = std::move(leaf);
    return held;
  }
  HeldLeaf(HeldLeaf&& other) noexcept { *this = std::move(other); }
  HeldLeaf& operator=(HeldLeaf&& other) noexcept {
    if (this == &other) return *this;
    if (leaf_ != nullptr) leaf_->Release();
    leaf_ = std::move(other.leaf_);
    pages_ = std::move(other.pages_);
    other.leaf_ = nullptr;
    return *this;
  }
  ~HeldLeaf() {
    if (leaf_ != nullptr) leaf_->Release();
  }
  const LeafPtr& leaf() const { return leaf_; }
  const LeafPages& pages() const { return *pages_; }

 private:
  LeafPtr leaf_;
  LeafPagesPtr pages_;
};

/// The root: leaves in key order that part all keys. Immutable.
class Directory {
 public:
  /// At least one leaf; each begins where the one before ends.
  explicit Directory(std::vector<LeafPtr> leaves);

  size_t size() const { return leaves_.size(); }
  const LeafPtr& leaf(size_t i) const { return leaves_[i]; }
  const std::vector<LeafPtr>& leaves() const { return leaves_; }
  /// Index of the leaf that the key belongs to.
  size_t Find(std::string_view key) const;
  /// Pages and rows in leaves [from, to), as known when the root was made.
  uint64_t pages_between(size_t from, size_t to) const {
    return pages_before_[to] - pages_before_[from];
  }
  uint64_t rows_between(size_t from, size_t to) const {
    return rows_before_[to] - rows_before_[from];
  }
  /// The same directory with leaves [from, to) replaced.
  std::shared_ptr<const Directory> Replace(size_t from, size_t to,
                                           const std::vector<LeafPtr>& with) const;

 private:
  std::vector<LeafPtr> leaves_;
  std::vector<uint64_t> fences_;  // first 8 bytes of each upper, of all leaves but the last
  std::vector<uint64_t> pages_before_ = {0}, rows_before_ = {0};
};

}  // namespace lathe::table
