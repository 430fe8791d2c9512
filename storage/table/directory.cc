#include "storage/table/directory.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "runtime/base/check.h"
#include "storage/keyspace/keyspace.h"
#include "storage/kv/kv.h"
#include "storage/table/leaf_cache.h"

namespace lathe::table {
namespace {

uint64_t PrefixOf(std::string_view key) {
  if (key.size() >= 8) return LoadBig<uint64_t>(key.data());
  uint64_t prefix = 0;
  std::copy(key.begin(), key.end(), reinterpret_cast<char*>(&prefix));
  return ByteSwap(prefix);
}

}  // namespace

// --- LeafPages

LeafPages::LeafPages(std::vector<PageNodePtr> pages)
    : pages_(std::move(pages)), states_(std::make_unique<PageState[]>(pages_.size() + 1)) {
  last_prefixes_.reserve(pages_.size());
  rows_before_.reserve(pages_.size() + 1);
  bytes_ = sizeof(*this) + sizeof(PageState);
  for (size_t i = 0; i < pages_.size(); ++i) {
    const page::PageDirectoryEntry& entry = pages_[i]->entry;
    LATHE_CHECK_NOTE(i == 0 || pages_[i - 1]->entry.last_key < entry.first_key,
                     "page ranges of a directory overlap");
    last_prefixes_.push_back(PrefixOf(entry.last_key));
    rows_before_.push_back(rows_before_.back() + entry.row_count);
    bytes_ += sizeof(PageNode) + sizeof(PageState) + 64 + entry.first_key.size() +
              2 * entry.last_key.size() + entry.summary.size();
  }
}

size_t LeafPages::Find(std::string_view key) const {
  const uint64_t prefix = PrefixOf(key);
  size_t i =
      static_cast<size_t>(std::lower_bound(last_prefixes_.begin(), last_prefixes_.end(), prefix) -
                          last_prefixes_.begin());
  while (i < pages_.size() && last_prefixes_[i] == prefix && pages_[i]->entry.last_key < key) ++i;
  return i;
}

// --- Leaf

Leaf::Leaf(LeafSourcePtr source, std::string lower, std::string upper, LeafPagesPtr pages,
           uint64_t page_count, uint64_t row_count, std::shared_ptr<VersionStore> store)
    : source_(std::move(source)),
      lower_(std::move(lower)),
      upper_(std::move(upper)),
      pages_(std::move(pages)),
      page_count_(pages_ != nullptr ? pages_->size() : page_count),
      row_count_(pages_ != nullptr ? pages_->row_count() : row_count),
      store_(std::move(store)),
      store_view_(store_.get()) {
  if (store_ == nullptr) return;
  changes_.store(store_->node_count(), std::memory_order_relaxed);
  if (pages_ != nullptr) MarkChanged(*pages_);
}

Leaf::~Leaf() {
  if (source_->cache != nullptr) source_->cache->Forget(this);
}

void Leaf::MarkChanged(const LeafPages& pages) const {
  size_t page = 0;
  for (const VersionNode* node = First(); node != nullptr; node = node->Next()) {
    if (!pages.Covers(page, node->key())) page = pages.Find(node->key());
    pages.state(page).changes.fetch_add(1, std::memory_order_release);
  }
}

Result<LeafPagesPtr> Leaf::Pages() const {
  {
    std::lock_guard lock(mutex_);
    if (pages_ != nullptr) {
      if (!cache_used.load(std::memory_order_relaxed)) {
        cache_used.store(true, std::memory_order_relaxed);
      }
      return pages_;
    }
  }
  return Read(false);
}

Result<LeafPagesPtr> Leaf::Hold() const {
  {
    std::lock_guard lock(mutex_);
    if (pages_ != nullptr) {
      ++holds_;
      return pages_;
    }
  }
  return Read(true);
}

void Leaf::Release() const {
  std::lock_guard lock(mutex_);
  LATHE_CHECK(holds_ > 0);
  --holds_;
}

void Leaf::Freeze() const {
  std::lock_guard lock(mutex_);
  LATHE_CHECK_NOTE(pages_ != nullptr, "a leaf is replaced that is not held");
  ++holds_;
}

LeafPagesPtr Leaf::HeldPages() const {
  std::lock_guard lock(mutex_);
  LATHE_CHECK_NOTE(pages_ != nullptr, "a leaf is not held");
  return pages_;
}

bool Leaf::TryEvict() const {
  LeafPagesPtr gone;  // destroyed outside the lock
  std::lock_guard lock(mutex_);
  if (holds_ > 0) return false;
  gone = std::move(pages_);
  pages_ = nullptr;
  return true;
}

// Entries with last keys in (lower, upper]. Pages of loads that are not committed are not there
// yet.
Result<LeafPagesPtr> Leaf::Read(bool hold) const {
  kv::IterateOptions range;
  range.lower = keyspace::RowPrefix(source_->storage, lower_.empty() ? lower_ : lower_ + '\xff');
  range.upper = upper_.empty() ? keyspace::StorageEnd(source_->storage)
                               : keyspace::RowPrefix(source_->storage, upper_ + '\xff');
  auto it = source_->kv->NewIterator(kv::Family::kPageDir, range);
  std::vector<PageNodePtr> nodes;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    LATHE_ASSIGN(page::PageDirectoryEntry entry,
                 page::PageDirectoryEntry::Decode(it->key(), it->value()));
    if (!Covers(entry.last_key)) continue;
    if (entry.load.value != 0 && source_->load_time(entry.load).value == 0) {
      // Not committed; or settled since the walk began.
      std::string now;
      LATHE_ASSIGN(bool found, source_->kv->Get(kv::Family::kPageDir, it->key(), &now));
      if (!found) continue;
      LATHE_ASSIGN(entry, page::PageDirectoryEntry::Decode(it->key(), now));
      if (entry.load.value != 0) continue;
    }
    if (entry.first_key <= lower_ ||
        (!nodes.empty() && nodes.back()->entry.last_key >= entry.first_key)) {
      return MakeError(SqlState::kDataCorrupted, "page ranges overlap: " + entry.ToString());
    }
    nodes.push_back(source_->MakeNode(std::move(entry)));
  }
  LATHE_TRY(it->status());
  auto read = std::make_shared<const LeafPages>(std::move(nodes));
  {
    std::lock_guard lock(mutex_);
    if (hold) ++holds_;
    if (pages_ != nullptr) return pages_;
    MarkChanged(*read);
    pages_ = read;
    const auto rows = static_cast<int64_t>(read->row_count());
    source_->rows_found.fetch_add(
        rows - static_cast<int64_t>(row_count_.exchange(static_cast<uint64_t>(rows))),
        std::memory_order_relaxed);
    page_count_.store(read->size(), std::memory_order_relaxed);
    cache_used.store(true, std::memory_order_relaxed);
  }
  if (source_->cache != nullptr) source_->cache->Add(this, read->bytes());
  return read;
}

VersionStore* Leaf::MutableStore() {
  if (store_ == nullptr) {
    store_ = std::make_shared<VersionStore>();
    store_view_.store(store_.get(), std::memory_order_release);
  }
  return store_.get();
}

void Leaf::Note(const std::vector<std::string_view>& keys) const {
  std::lock_guard lock(mutex_);
  changes_.fetch_add(keys.size(), std::memory_order_release);
  if (pages_ == nullptr) return;  // counted when they are read
  size_t page = SIZE_MAX;
  for (std::string_view key : keys) {
    if (page == SIZE_MAX || !pages_->Covers(page, key)) page = pages_->Find(key);
    pages_->state(page).changes.fetch_add(1, std::memory_order_release);
  }
}

// --- Directory

Directory::Directory(std::vector<LeafPtr> leaves) : leaves_(std::move(leaves)) {
  LATHE_CHECK(!leaves_.empty() && leaves_.front()->lower().empty() &&
              leaves_.back()->upper().empty());
  for (size_t i = 0; i < leaves_.size(); ++i) {
    LATHE_CHECK_NOTE(
        i == 0 || (leaves_[i - 1]->upper() == leaves_[i]->lower() && !leaves_[i]->lower().empty()),
        "leaves of a directory do not part the keys");
    if (i + 1 < leaves_.size()) fences_.push_back(PrefixOf(leaves_[i]->upper()));
    pages_before_.push_back(pages_before_.back() + leaves_[i]->page_count());
    rows_before_.push_back(rows_before_.back() + leaves_[i]->row_count());
  }
}

size_t Directory::Find(std::string_view key) const {
  const uint64_t prefix = PrefixOf(key);
  auto i = static_cast<size_t>(std::lower_bound(fences_.begin(), fences_.end(), prefix) -
                               fences_.begin());
  while (i < fences_.size() && fences_[i] == prefix && leaves_[i]->upper() < key) ++i;
  return i;
}

std::shared_ptr<const Directory> Directory::Replace(size_t from, size_t to,
                                                    const std::vector<LeafPtr>& with) const {
  std::vector<LeafPtr> leaves;
  leaves.reserve(leaves_.size() - (to - from) + with.size());
  leaves.insert(leaves.end(), leaves_.begin(), leaves_.begin() + static_cast<ptrdiff_t>(from));
  leaves.insert(leaves.end(), with.begin(), with.end());
  leaves.insert(leaves.end(), leaves_.begin() + static_cast<ptrdiff_t>(to), leaves_.end());
  return std::make_shared<Directory>(std::move(leaves));
}

}  // namespace lathe::table
