#include "storage/table/fold.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/table/scan.h"

namespace lathe::table {
namespace {

// Of one step of a fold: memory, and bodies of pages.
constexpr uint64_t kStepBatchBytes = 64 << 20;
constexpr uint64_t kStepFileBytes = 256 << 20;
constexpr size_t kSettleItems = 10'000;  // changes of one batch

std::string Behind(std::string_view key) { return std::string(key) + '\0'; }

}  // namespace

std::vector<std::string> DecodeFoldIntent(std::string_view bytes) {
  std::vector<std::string> keys;
  ByteReader in(bytes);
  while (in.ok() && !in.AtEnd()) {
    std::string_view key = in.LengthPrefixed();
    if (in.ok()) keys.emplace_back(key);
  }
  return keys;
}

Folder::~Folder() { SetLog(false); }

void Folder::SetLog(bool on) {
  std::lock_guard lock(table_->publish_mutex_);
  table_->fold_log_ = on ? &log_ : nullptr;
  if (!on) return;
  const Directory& directory = *version_->directory;
  table_->fold_lower_ = directory.leaf(first_)->lower();
  table_->fold_upper_ = directory.leaf(end_ - 1)->upper();
}

Result<std::string> Folder::Run(size_t first) {
  version_ = table_->Current();
  const Directory& directory = *version_->directory;
  first_ = first;
  end_ = first + 1;
  page::PageBuilder builder(&table_->layout(), table_->schema_version(), table_->page_bytes(),
                            this);
  for (size_t i = first;; ++i) {
    end_ = i + 1;
    SetLog(true);  // before the leaf's versions are looked at
    LATHE_ASSIGN(HeldLeaf held, HeldLeaf::Make(directory.leaf(i)));
    held_.push_back(std::move(held));
    LATHE_TRY(MergeLeaf(held_.back(), &builder));
    if (end_ == directory.size() || (swap_.empty() && made_.empty())) break;
    // A leaf of few pages takes the one behind it along; changed neighbours go in one step, which
    // costs some syncs, as long as the step stays small.
    const bool few = pages_.size() < std::max(table_->context().leaf_pages / 4, 1u);
    const bool more = directory.leaf(end_)->changed() && swap_.bytes() < kStepBatchBytes &&
                      (file_ == nullptr || file_->bytes() < kStepFileBytes);
    if (!few && !more) break;
  }
  std::string upper = directory.leaf(end_ - 1)->upper();
  if (swap_.empty() && made_.empty()) return upper;  // nothing at or below fold_ts
  LATHE_TRY(WritePages());
  LATHE_TRY(SwapOnDisk());
  SwapInMemory();
  table_->Register(leaves_);
  return upper;
}

Status Folder::MergeLeaf(const HeldLeaf& held, page::PageBuilder* builder) {
  const LeafPages& pages = held.pages();
  const size_t n = pages.size();
  auto changed = [&](size_t i) {
    return pages.state(i).changes.load(std::memory_order_acquire) != 0;
  };
  bool open = false;  // a stretch of changed pages is being merged
  for (size_t i = 0; i <= n; ++i) {
    bool merge = changed(i);
    if (!merge && i < n) {
      // The last page takes appended rows as long as it has room; a stretch's small rest takes the
      // page behind it.
      const bool takes_tail =
          i + 1 == n && changed(n) && pages.page(i).entry.page_bytes < table_->page_bytes() / 4 * 3;
      const bool takes_rest = open && builder->pending_rows() > 0 &&
                              builder->pending_rows() < pages.page(i).entry.row_count / 4;
      merge = takes_tail || takes_rest;
    }
    if (!merge) {
      LATHE_TRY(builder->Finish());
      open = false;
      if (i < n) pages_.push_back(pages.pages()[i]);
      continue;
    }
    open = true;
    LATHE_TRY(MergePage(held, i, builder));
  }
  return builder->Finish();
}

Status Folder::MergePage(const HeldLeaf& held, size_t i, page::PageBuilder* builder) {
  const LeafPages& pages = held.pages();
  const Leaf& leaf = *held.leaf();
  std::string begin;
  if (i > 0) {
    begin = Behind(pages.page(i - 1).entry.last_key);
  } else if (!leaf.lower().empty()) {
    begin = Behind(leaf.lower());
  }
  if (i == pages.size()) return MergeVersions(leaf, begin, {}, nullptr, 0, builder);
  const PageNode& node = pages.page(i);
  LATHE_ASSIGN(page::PinnedPage pinned, page::PinnedPage::Make(&node.cached));
  LATHE_TRY(MergeVersions(leaf, begin, Behind(node.entry.last_key), pinned.data(),
                          node.entry.row_count, builder));
  replaced_.push_back(pages.pages()[i]);
  const std::string key = node.entry.EncodeKey();
  swap_.Delete(kv::Family::kPageDir, key);
  swap_.Put(kv::Family::kMeta, RetiredPageKey(key), {});
  return Ok();
}

Status Folder::MergeVersions(const Leaf& leaf, std::string_view begin, std::string_view end,
                             const char* page, uint32_t rows, page::PageBuilder* builder) {
  const keyspace::KeyEncoder& encoder = table_->encoder();
  uint32_t slot = 0, copied = 0;
  for (const VersionNode* node = leaf.Seek(begin);
       node != nullptr && (end.empty() || node->key() < end); node = node->Next()) {
    const Version* newest = node->newest.load(std::memory_order_acquire);
    if (newest == nullptr) continue;
    if (newest->ts > fold_ts_) carried_.push_back(node);
    const Version* folded = node->Visible(fold_ts_);
    if (folded == nullptr) continue;
    for (const Version* v = folded; v != nullptr; v = v->older) {
      swap_.Delete(kv::Family::kDelta, keyspace::DeltaKey(table_->storage(), node->key(), v->ts));
    }
    bool match = false;
    if (page != nullptr) {
      slot = SeekRow(encoder, page, slot, rows, node->key(), &match);
      LATHE_TRY(builder->AppendRows(page, copied, slot));
      copied = slot;
    }
    if (!folded->is_delete()) {
      LATHE_TRY(builder->AppendRow(folded->image().data(), folded->image().data()));
    }
    if (match) copied = ++slot;
  }
  return page == nullptr ? Ok() : builder->AppendRows(page, copied, rows);
}

Status Folder::OnPage(const page::BuiltPage& built) {
  const uint32_t stride = table_->layout().stride();
  page::PageDirectoryEntry entry;
  entry.storage = table_->storage();
  LATHE_ASSIGN(uint64_t id, table_->context().page_ids->Next());
  entry.page = PageId(id);
  entry.first_key = table_->encoder().RowKey(built.page, row::RowAt(built.page, stride, 0));
  entry.last_key =
      table_->encoder().RowKey(built.page, row::RowAt(built.page, stride, built.row_count - 1));
  entry.fold_ts = fold_ts_;
  entry.row_count = built.row_count;
  entry.page_bytes = built.bytes;
  entry.schema_version = table_->schema_version();
  entry.summary = built.summary;
  if (file_ == nullptr) {
    LATHE_ASSIGN(file_, table_->context().kv->NewPageFileWriter());
  }
  const std::string key = entry.EncodeKey();
  LATHE_TRY(file_->Add(key, built.view()));
  AppendLengthPrefixed(&intent_, key);
  swap_.Put(kv::Family::kPageDir, key, entry.EncodeValue());
  made_.push_back(table_->MakeNode(std::move(entry)));
  pages_.push_back(made_.back());
  return Ok();
}

Status Folder::WritePages() {
  if (file_ == nullptr) return Ok();
  kv::WriteBatch intent;
  intent.Put(kv::Family::kMeta, FoldIntentKey(table_->storage()), intent_);
  LATHE_TRY(table_->context().kv->Write(intent, true));
  return file_->Finish();
}

Status Folder::SwapOnDisk() {
  const Directory& directory = *version_->directory;
  leaves_ = table_->MakeLeaves(directory.leaf(first_)->lower(), directory.leaf(end_ - 1)->upper(),
                               pages_);
  for (size_t i = first_; i + 1 < end_; ++i) {
    swap_.Delete(kv::Family::kMeta, FenceKey(table_->storage(), directory.leaf(i)->upper()));
  }
  table_->PutFences(leaves_, &swap_);
  for (const PageNodePtr& page : made_) table_->Widen(page->entry.summary);
  swap_.Delete(kv::Family::kMeta, FoldIntentKey(table_->storage()));
  return table_->WriteWithRecord(&swap_, false,
                                 end_ == directory.size() ? leaves_.back().get() : nullptr);
}

void Folder::SwapInMemory() {
  std::lock_guard lock(table_->publish_mutex_);
  table_->fold_log_ = nullptr;
  carried_.insert(carried_.end(), log_.begin(), log_.end());
  std::sort(carried_.begin(), carried_.end(),
            [](const VersionNode* a, const VersionNode* b) { return a->key() < b->key(); });
  auto leaf = leaves_.begin();
  const VersionNode* last = nullptr;
  for (const VersionNode* node : carried_) {
    if (node == last) continue;
    last = node;
    while (!(*leaf)->Covers(node->key())) ++leaf;
    Table::AddVersions(leaf->get(), *node, fold_ts_);
  }
  std::vector<LeafPtr> before;
  for (const HeldLeaf& held : held_) {
    held.leaf()->Freeze();
    before.push_back(held.leaf());
  }
  table_->AccountStores(before, leaves_);
  table_->stats_ = nullptr;
  TableVersionPtr next = table_->MakeVersion(std::max(fold_ts_, version_->valid_from),
                                             version_->directory->Replace(first_, end_, leaves_));
  {
    std::lock_guard retired(table_->retired_mutex_);
    for (const PageNodePtr& page : replaced_) {
      table_->retired_.push_back({next->serial, page->entry.fold_ts, page->entry.EncodeKey(),
                                  page->entry.page_bytes});
    }
  }
  table_->Swap(std::move(next));
}

bool Table::BeginFolding() {
  std::lock_guard lock(load_mutex_);
  if (loads_ > 0) return false;
  folding_ = true;
  return true;
}

void Table::EndFolding() {
  {
    std::lock_guard lock(load_mutex_);
    folding_ = false;
  }
  load_changed_.notify_all();
}

Result<bool> Table::Fold() {
  std::lock_guard one(fold_mutex_);
  if (!BeginFolding()) return false;
  Status folded = FoldLeaves(context_.watermark->published());
  scanned_overlay_rows_.store(0, std::memory_order_relaxed);
  EndFolding();
  LATHE_TRY(std::move(folded));
  return true;
}

Status Table::FoldLeaves(Timestamp fold_ts) {
  std::string from;  // leaves up to here are done
  for (;;) {
    TableVersionPtr version = Current();
    const Directory& directory = *version->directory;
    size_t i = from.empty() ? 0 : directory.Find(from + '\0');
    while (i < directory.size() && !directory.leaf(i)->changed()) ++i;
    if (i == directory.size()) break;
    LATHE_ASSIGN(from, Folder(this, fold_ts).Run(i));
    if (from.empty()) break;
  }
  // What was an estimate is known better now.
  std::lock_guard lock(publish_mutex_);
  TableVersionPtr version = Current();
  const Directory& directory = *version->directory;
  int64_t rows = 0;
  for (const LeafPtr& leaf : directory.leaves()) rows += static_cast<int64_t>(leaf->row_count());
  row_count_ = rows + delta_rows_.load(std::memory_order_relaxed) -
               source_->rows_found.load(std::memory_order_relaxed);
  stats_ = nullptr;
  return Ok();
}

Result<bool> Table::SettleLoad(LoadId load, Timestamp ts) {
  std::lock_guard one(fold_mutex_);
  if (!BeginFolding()) return false;
  Status settled = SettleEntries(load, ts);
  EndFolding();
  LATHE_TRY(std::move(settled));
  return true;
}

Status Table::SettleEntries(LoadId load, Timestamp ts) {
  kv::WriteBatch batch;
  kv::IterateOptions range;
  range.lower = LoadItemPrefix(load);
  range.upper = keyspace::PrefixSuccessor(range.lower);
  auto it = context_.kv->NewIterator(kv::Family::kMeta, range);
  std::string value;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    batch.Delete(kv::Family::kMeta, it->key());
    const std::string_view key = it->key().substr(range.lower.size());
    LATHE_ASSIGN(bool found, context_.kv->Get(kv::Family::kPageDir, key, &value));
    if (!found) continue;  // folded meanwhile
    LATHE_ASSIGN(page::PageDirectoryEntry entry, page::PageDirectoryEntry::Decode(key, value));
    if (entry.load != load) continue;
    entry.fold_ts = Timestamp(ts.value - 1);  // the same commit may have changed rows of the load
    entry.load = LoadId();
    batch.Put(kv::Family::kPageDir, key, entry.EncodeValue());
    if (batch.count() >= kSettleItems) {
      LATHE_TRY(context_.kv->Write(batch, false));
      batch.Clear();
    }
  }
  LATHE_TRY(it->status());
  batch.Delete(kv::Family::kLoads, keyspace::LoadKey(load));
  PutFences(Current()->directory->leaves(), &batch);
  return WriteWithRecord(&batch, false);
}

}  // namespace lathe::table
