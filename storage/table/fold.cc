#include "storage/table/fold.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/table/scan.h"

namespace lathe::table {
namespace {

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

Folder::Folder(Table* table) : table_(table) {
  std::lock_guard lock(table_->publish_mutex_);
  table_->fold_log_ = &log_;
  version_ = table_->Current();
  fold_ts_ = table_->context().watermark->published();
}

Folder::~Folder() {
  std::lock_guard lock(table_->publish_mutex_);
  table_->fold_log_ = nullptr;
}

bool Folder::Changed(size_t i) const {
  return version_->states[i].changes.load(std::memory_order_acquire) != 0;
}

Status Folder::Run() {
  const Directory& directory = *version_->directory;
  const size_t n = directory.size();
  page::PageBuilder builder(&table_->layout(), table_->schema_version(), table_->page_bytes(),
                            this);
  bool open = false;  // a stretch of changed pages is being merged
  for (size_t i = 0; i <= n; ++i) {
    bool merge = Changed(i);
    if (!merge && i < n) {
      // The last page takes appended rows as long as it has room; a stretch's small rest takes the
      // page behind it.
      const bool takes_tail = i + 1 == n && Changed(n) &&
                              directory.page(i).entry.page_bytes < table_->page_bytes() / 4 * 3;
      const bool takes_rest = open && builder.pending_rows() > 0 &&
                              builder.pending_rows() < directory.page(i).entry.row_count / 4;
      merge = takes_tail || takes_rest;
    }
    if (!merge) {
      LATHE_TRY(builder.Finish());
      open = false;
      if (i < n) pages_.push_back(directory.pages()[i]);
      continue;
    }
    open = true;
    LATHE_TRY(MergePage(i, &builder));
  }
  LATHE_TRY(builder.Finish());
  if (swap_.empty() && made_.empty()) return Ok();  // nothing at or below fold_ts
  LATHE_TRY(WritePages());
  LATHE_TRY(SwapOnDisk());
  SwapInMemory();
  return Ok();
}

Status Folder::MergePage(size_t i, page::PageBuilder* builder) {
  const Directory& directory = *version_->directory;
  std::string begin = i == 0 ? std::string() : Behind(directory.page(i - 1).entry.last_key);
  if (i == directory.size()) return MergeVersions(begin, {}, nullptr, 0, builder);
  const PageNode& node = directory.page(i);
  LATHE_ASSIGN(page::PinnedPage pinned, page::PinnedPage::Make(&node.cached));
  LATHE_TRY(MergeVersions(begin, Behind(node.entry.last_key), pinned.data(), node.entry.row_count,
                          builder));
  replaced_.push_back(directory.pages()[i]);
  const std::string key = node.entry.EncodeKey();
  swap_.Delete(kv::Family::kPageDir, key);
  swap_.Put(kv::Family::kMeta, RetiredPageKey(key), {});
  return Ok();
}

Status Folder::MergeVersions(std::string_view begin, std::string_view end, const char* page,
                             uint32_t rows, page::PageBuilder* builder) {
  const keyspace::KeyEncoder& encoder = table_->encoder();
  uint32_t slot = 0, copied = 0;
  for (const VersionNode* node = version_->versions->Seek(begin);
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
  swap_.Delete(kv::Family::kMeta, FoldIntentKey(table_->storage()));
  return table_->context().kv->Write(swap_, false);
}

void Folder::SwapInMemory() {
  std::lock_guard lock(table_->publish_mutex_);
  table_->fold_log_ = nullptr;
  auto next = std::make_shared<TableVersion>(
      fold_ts_, std::make_shared<Directory>(std::move(pages_)), std::make_shared<VersionStore>());
  carried_.insert(carried_.end(), log_.begin(), log_.end());
  std::sort(carried_.begin(), carried_.end());
  carried_.erase(std::unique(carried_.begin(), carried_.end()), carried_.end());
  std::vector<const Version*> chain;
  for (const VersionNode* node : carried_) {
    chain.clear();
    const Version* v = node->newest.load(std::memory_order_acquire);
    for (; v != nullptr && v->ts > fold_ts_; v = v->older) chain.push_back(v);
    for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
      next->versions->Add(node->key(), (*it)->ts, (*it)->schema_version, (*it)->image());
      next->NoteChange(node->key());
    }
  }
  for (const PageNodePtr& page : made_) {
    table_->extents_.AddSummary(table_->layout(), page->entry.summary);
  }
  table_->row_count_ =
      static_cast<int64_t>(next->directory->row_count() + next->versions->node_count());
  table_->stats_ = nullptr;
  {
    std::lock_guard retired(table_->retired_mutex_);
    for (const PageNodePtr& page : replaced_) {
      table_->retired_.emplace_back(page, page->entry.EncodeKey());
    }
  }
  table_->Swap(std::move(next));
}

Result<bool> Table::Fold() {
  std::lock_guard one(fold_mutex_);
  {
    std::lock_guard lock(load_mutex_);
    if (loads_ > 0) return false;
    folding_ = true;
  }
  Status folded = Folder(this).Run();
  scanned_overlay_rows_.store(0, std::memory_order_relaxed);
  {
    std::lock_guard lock(load_mutex_);
    folding_ = false;
  }
  load_changed_.notify_all();
  LATHE_TRY(std::move(folded));
  return true;
}

Result<bool> Table::SettleLoad(LoadId load, Timestamp ts) {
  std::lock_guard one(fold_mutex_);
  TableVersionPtr version = Current();
  kv::WriteBatch batch;
  for (const PageNodePtr& node : version->directory->pages()) {
    if (node->entry.load != load) continue;
    page::PageDirectoryEntry entry = node->entry;
    entry.fold_ts = Timestamp(ts.value - 1);  // the same commit may have changed rows of the load
    entry.load = LoadId();
    batch.Put(kv::Family::kPageDir, entry.EncodeKey(), entry.EncodeValue());
  }
  batch.Delete(kv::Family::kLoads, keyspace::LoadKey(load));
  LATHE_TRY(context_.kv->Write(batch, false));
  return true;
}

}  // namespace lathe::table
