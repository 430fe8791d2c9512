#include "storage/table/table.h"

#include <algorithm>

#include "runtime/base/bytes.h"

namespace lathe::table {
namespace {

constexpr uint64_t kRowIdBlock = 1 << 16;

std::string MetaKey(std::string_view prefix, StorageId storage) {
  std::string key(prefix);
  AppendBig(&key, storage.value);
  return key;
}

}  // namespace

std::string RetiredPageKey(std::string_view page_key) { return "old/" + std::string(page_key); }
std::string FoldIntentKey(StorageId storage) { return MetaKey("fold/", storage); }
std::string RowIdKey(StorageId storage) { return MetaKey("rowid/", storage); }
std::string DroppedStorageKey(StorageId storage) { return MetaKey("dropped/", storage); }

// --- Extents
// -------------------------------------------------------------------------------------------------------------------

Extents::Extents(const row::Layout& layout) : columns_(layout.field_count()) {
  for (size_t i = 0; i < columns_.size(); ++i) {
    const types::Type& type = layout.field(i).type;
    uint32_t bytes = keyspace::EncodedBytes(type);
    columns_[i].known = keyspace::CanBeKey(type) && bytes != 0 &&
                        bytes <= page::kSummaryValueBytes && type.id != types::TypeId::kInterval;
  }
}

bool Extents::Widen(const types::Type& type, size_t i, const types::Datum& datum) {
  Column& column = columns_[i];
  if (!column.has_value) {
    column.has_value = true;
    column.min = column.max = datum;
    return true;
  }
  if (keyspace::CompareDatums(type, datum, column.min) < 0) {
    column.min = datum;
    return true;
  }
  if (keyspace::CompareDatums(type, datum, column.max) > 0) {
    column.max = datum;
    return true;
  }
  return false;
}

bool Extents::AddSummary(const row::Layout& layout, std::string_view summary) {
  bool widened = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].known) continue;
    page::ColumnSummary column = page::SummaryOfColumn(summary, i);
    if (!column.bounded) {
      columns_[i].known = !column.has_values;
      continue;
    }
    const types::Type& type = layout.field(i).type;
    for (std::string_view bytes : {column.min, column.max}) {
      types::Value value;
      if (!keyspace::DecodeValue(type, false, &bytes, &value) || value.is_null()) {
        columns_[i].known = false;
        break;
      }
      widened |= Widen(type, i, value.datum());
    }
  }
  return widened;
}

bool Extents::AddRow(const row::Layout& layout, const char* base, const char* row) {
  bool widened = false;
  for (size_t i = 0; i < columns_.size(); ++i) {
    if (!columns_[i].known || layout.IsNull(row, i)) continue;
    widened |= Widen(layout.field(i).type, i, row::ReadField(layout, base, row, i));
  }
  return widened;
}

void Extents::Get(const row::Layout& layout, size_t i, schema::ColumnStats* stats) const {
  if (!columns_[i].known || !columns_[i].has_value) return;
  stats->min = types::Value::FromDatum(layout.field(i).type, columns_[i].min);
  stats->max = types::Value::FromDatum(layout.field(i).type, columns_[i].max);
}

// --- Opening
// -------------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<Table>> Table::Open(StorageId storage, const schema::RelationPtr& relation,
                                           const TableContext& context) {
  std::shared_ptr<Table> table(new Table(storage, context));
  LATHE_ASSIGN(table->encoder_, keyspace::KeyEncoder::Make(*relation));
  table->schema_version_ = relation->schema_version;
  table->has_row_id_ = relation->has_row_id();
  table->page_bytes_ = relation->append_only ? page::kAppendOnlyPageBytes : page::kPageBytes;
  table->reader_ =
      std::make_shared<page::KvPageReader>(context.kv, table->layout(), relation->schema_version);
  table->extents_ = Extents(table->layout());
  LATHE_TRY(table->ReadDirectory());
  LATHE_TRY(table->ReadDelta());
  if (table->has_row_id_) {
    std::string bound;
    LATHE_ASSIGN(bool found, context.kv->Get(kv::Family::kMeta, RowIdKey(storage), &bound));
    uint64_t next = found && bound.size() == 8 ? LoadAt<uint64_t>(bound.data()) : 1;
    kv::Kv* kv = context.kv;
    table->row_ids_ =
        std::make_unique<catalog::IdAllocator>(next, kRowIdBlock, [kv, storage](uint64_t value) {
          kv::WriteBatch batch;
          std::string bytes;
          AppendLittle(&bytes, value);
          batch.Put(kv::Family::kMeta, RowIdKey(storage), bytes);
          return kv->Write(batch,
                           false);  // durable before any row that uses it: the log is in order
        });
  }
  return table;
}

Table::~Table() { AccountDelta(Current()->versions.get(), nullptr); }

Status Table::ReadDirectory() {
  kv::IterateOptions range;
  range.lower = keyspace::StoragePrefix(storage_);
  range.upper = keyspace::StorageEnd(storage_);
  auto it = context_.kv->NewIterator(kv::Family::kPageDir, range);
  std::vector<PageNodePtr> pages;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    LATHE_ASSIGN(page::PageDirectoryEntry entry,
                 page::PageDirectoryEntry::Decode(it->key(), it->value()));
    if (entry.load.value != 0 && context_.load_time(entry.load).value == 0)
      continue;  // not committed
    extents_.AddSummary(layout(), entry.summary);
    if (!pages.empty() && pages.back()->entry.last_key >= entry.first_key) {
      return MakeError(SqlState::kDataCorrupted, "page ranges overlap: " + entry.ToString());
    }
    pages.push_back(MakeNode(std::move(entry)));
  }
  LATHE_TRY(it->status());
  auto directory = std::make_shared<Directory>(std::move(pages));
  row_count_ = static_cast<int64_t>(directory->row_count());
  versions_.push_back(
      std::make_shared<TableVersion>(Timestamp(), directory, std::make_shared<VersionStore>()));
  return Ok();
}

Status Table::ReadDelta() {
  kv::IterateOptions range;
  range.lower = keyspace::StoragePrefix(storage_);
  range.upper = keyspace::StorageEnd(storage_);
  auto it = context_.kv->NewIterator(kv::Family::kDelta, range);
  const TableVersion& version = *versions_.back();
  // Versions of a row come newest first; the store wants them oldest first.
  std::string row_key;
  std::vector<std::pair<Timestamp, std::string>> row;
  auto flush = [&]() -> Status {
    const size_t page = version.directory->Find(row_key);
    const bool in_page = page < version.directory->size() &&
                         version.directory->page(page).entry.first_key <= row_key;
    for (auto v = row.rbegin(); v != row.rend(); ++v) {
      LATHE_ASSIGN(page::DeltaValue value, page::DecodeDeltaValue(v->second));
      if (value.unresolved) {
        return MakeError(SqlState::kDataCorrupted, "delta holds an unresolved version");
      }
      if (value.schema_version != schema_version_) {
        return MakeError(SqlState::kDataCorrupted, "delta holds a version of another row format");
      }
      if (in_page && v->first <= version.directory->page(page).entry.fold_ts) continue;
      if (!value.tombstone) {
        LATHE_TRY(page::ValidateRowImage(value.image, layout()));
        extents_.AddRow(layout(), value.image.data(), value.image.data());
      }
      if (std::next(v) == row.rend()) {  // the newest; an estimate that reads no page
        row_count_ += value.tombstone ? (in_page ? -1 : 0) : (in_page ? 0 : 1);
      }
      version.versions->Add(row_key, v->first, value.schema_version,
                            value.tombstone ? std::string_view() : value.image);
      version.NoteChange(row_key);
    }
    row.clear();
    return Ok();
  };
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    keyspace::DeltaKeyParts parts;
    if (!keyspace::DecodeDeltaKey(it->key(), &parts)) {
      return MakeError(SqlState::kDataCorrupted, "delta key is damaged");
    }
    if (parts.row_key != row_key) {
      if (!row.empty()) LATHE_TRY(flush());
      row_key = parts.row_key;
    }
    row.emplace_back(parts.commit_ts, std::string(it->value()));
  }
  LATHE_TRY(it->status());
  if (!row.empty()) LATHE_TRY(flush());
  AccountDelta(nullptr, version.versions.get());
  return Ok();
}

PageNodePtr Table::MakeNode(page::PageDirectoryEntry entry) const {
  return std::make_shared<PageNode>(std::move(entry), context_.frames, reader_);
}

void Table::AccountDelta(const VersionStore* before, const VersionStore* after) {
  auto bytes = [](const VersionStore* s) { return s ? static_cast<int64_t>(s->used_bytes()) : 0; };
  auto rows = [](const VersionStore* s) { return s ? static_cast<int64_t>(s->node_count()) : 0; };
  context_.delta_bytes->fetch_add(bytes(after) - bytes(before), std::memory_order_relaxed);
  context_.delta_rows->fetch_add(rows(after) - rows(before), std::memory_order_relaxed);
}

// --- Versions
// ------------------------------------------------------------------------------------------------------------------

TableVersionPtr Table::Current() const {
  std::lock_guard lock(list_mutex_);
  return versions_.back();
}

TableVersionPtr Table::VersionFor(Timestamp snapshot) const {
  std::lock_guard lock(list_mutex_);
  for (size_t i = versions_.size(); i-- > 1;) {
    if (versions_[i]->valid_from <= snapshot) return versions_[i];
  }
  return versions_.front();
}

void Table::Trim(Timestamp oldest) {
  std::vector<TableVersionPtr> gone;  // destroyed outside the lock
  std::lock_guard lock(list_mutex_);
  size_t keep = versions_.size() - 1;
  while (keep > 0 && versions_[keep]->valid_from > oldest) --keep;
  if (keep == 0) return;
  gone.assign(versions_.begin(), versions_.begin() + static_cast<ptrdiff_t>(keep));
  versions_.erase(versions_.begin(), versions_.begin() + static_cast<ptrdiff_t>(keep));
}

void Table::Swap(std::shared_ptr<TableVersion> next) {
  std::lock_guard lock(list_mutex_);
  AccountDelta(versions_.back()->versions.get(), next->versions.get());
  versions_.push_back(std::move(next));
}

void Table::Publish(const txn::StorageChanges& changes, Timestamp ts) {
  std::lock_guard lock(publish_mutex_);
  TableVersionPtr version = Current();
  VersionStore* store = version->versions.get();
  const uint64_t bytes = store->used_bytes();
  const uint64_t rows = store->node_count();
  bool widened = false;
  size_t page = SIZE_MAX;
  for (const txn::RowChange& change : changes.rows) {
    const VersionNode* node = store->Add(change.key, ts, changes.schema_version, change.row);
    page = version->NoteChange(change.key, page);
    if (fold_log_ != nullptr) fold_log_->push_back(node);
    if (!change.is_delete()) {
      widened |= extents_.AddRow(layout(), change.row.data(), change.row.data());
    }
  }
  row_count_ += changes.net_rows;
  if (widened) stats_ = nullptr;
  context_.delta_bytes->fetch_add(static_cast<int64_t>(store->used_bytes() - bytes),
                                  std::memory_order_relaxed);
  context_.delta_rows->fetch_add(static_cast<int64_t>(store->node_count() - rows),
                                 std::memory_order_relaxed);
}

void Table::PublishLoad(const std::vector<PageNodePtr>& pages, Timestamp ts) {
  if (pages.empty()) return;
  std::lock_guard lock(publish_mutex_);
  TableVersionPtr before = Current();
  std::vector<PageNodePtr> merged;
  merged.reserve(before->directory->size() + pages.size());
  for (const PageNodePtr& page : pages) {
    extents_.AddSummary(layout(), page->entry.summary);
    row_count_ += page->entry.row_count;
  }
  std::merge(before->directory->pages().begin(), before->directory->pages().end(), pages.begin(),
             pages.end(), std::back_inserter(merged),
             [](const PageNodePtr& a, const PageNodePtr& b) {
               return a->entry.last_key < b->entry.last_key;
             });
  auto next = std::make_shared<TableVersion>(ts, std::make_shared<Directory>(std::move(merged)),
                                             before->versions);
  for (const VersionNode* node = next->versions->First(); node != nullptr; node = node->Next()) {
    next->NoteChange(node->key());
  }
  stats_ = nullptr;
  std::lock_guard list(list_mutex_);
  versions_.push_back(std::move(next));
}

bool Table::ChangedSince(std::string_view key, Timestamp snapshot) const {
  std::vector<TableVersionPtr> chain;
  {
    std::lock_guard lock(list_mutex_);
    for (size_t i = versions_.size(); i-- > 0;) {
      // Stores of versions that the snapshot does not read, and of the one that it reads, together
      // hold all later changes.
      if (versions_[i]->versions->newest() > snapshot) chain.push_back(versions_[i]);
      if (versions_[i]->valid_from <= snapshot) break;
    }
  }
  for (const TableVersionPtr& version : chain) {
    const VersionNode* node = version->versions->Find(key);
    if (node == nullptr) continue;
    const Version* newest = node->newest.load(std::memory_order_acquire);
    if (newest != nullptr && newest->ts > snapshot) return true;
  }
  return false;
}

Result<bool> Table::Exists(std::string_view key) const {
  TableVersionPtr version = Current();
  const size_t i = version->directory->Find(key);
  if (version->states[i].changes.load(std::memory_order_acquire) != 0) {
    const VersionNode* node = version->versions->Find(key);
    if (node != nullptr) {
      const Version* newest = node->newest.load(std::memory_order_acquire);
      if (newest != nullptr) return !newest->is_delete();
    }
  }
  if (i == version->directory->size()) return false;
  const PageNode& page = version->directory->page(i);
  if (page.entry.first_key > key) return false;
  LATHE_ASSIGN(page::PinnedPage pinned, page::PinnedPage::Make(&page.cached));
  return encoder_.FindRow(pinned.data(), key) >= 0;
}

bool Table::RangeFree(std::string_view first, std::string_view last) const {
  TableVersionPtr version = Current();
  const size_t i = version->directory->Find(first);
  if (i < version->directory->size() && version->directory->page(i).entry.first_key <= last) {
    return false;
  }
  const VersionNode* node = version->versions->Seek(first);
  return node == nullptr || node->key() > last;
}

// --- Row ids, statistics
// -------------------------------------------------------------------------------------------------------

Result<uint64_t> Table::AllocateRowIds(uint64_t count) { return row_ids_->Next(count); }

Status Table::ObserveRowIds(uint64_t next) {
  return row_ids_ == nullptr || next == 0 ? Ok() : row_ids_->Observe(next - 1);
}

uint64_t Table::delta_rows() const { return Current()->versions->node_count(); }
uint64_t Table::delta_bytes() const {
  TableVersionPtr version = Current();
  return version->versions->node_count() == 0 ? 0 : version->versions->used_bytes();
}

bool Table::has_retired_pages() const {
  std::lock_guard lock(retired_mutex_);
  return !retired_.empty();
}

catalog::StatsPtr Table::Stats(const schema::RelationDescriptor& relation) const {
  std::lock_guard lock(publish_mutex_);
  const int64_t rows = std::max<int64_t>(row_count_, 0);
  if (stats_ != nullptr && stats_version_ == relation.version &&
      std::abs(rows - stats_row_count_) <= stats_row_count_ / 10) {
    return stats_;
  }
  auto stats = std::make_shared<schema::RelationStats>();
  stats->row_count = static_cast<double>(rows);
  stats->page_count = static_cast<double>(Current()->directory->size());
  stats->columns.resize(relation.columns.size());
  std::vector<uint32_t> live = relation.LiveColumns();
  for (size_t i = 0; i < live.size() && i < layout().field_count(); ++i) {
    extents_.Get(layout(), i, &stats->columns[live[i]]);
  }
  stats_ = stats;
  stats_row_count_ = rows;
  stats_version_ = relation.version;
  return stats;
}

// --- Loads and folds exclude each other
// ------------------------------------------------------------------------------------------

void Table::BeginLoad() {
  std::unique_lock lock(load_mutex_);
  load_changed_.wait(lock, [&] { return !folding_; });
  ++loads_;
}

void Table::EndLoad() {
  std::lock_guard lock(load_mutex_);
  --loads_;
}

Status Table::ReclaimPages() {
  kv::WriteBatch batch;
  {
    std::lock_guard lock(retired_mutex_);
    std::erase_if(retired_, [&](const auto& page) {
      if (!page.first.expired()) return false;
      batch.Delete(kv::Family::kPages, page.second);
      batch.Delete(kv::Family::kMeta, RetiredPageKey(page.second));
      return true;
    });
  }
  return batch.empty() ? Ok() : context_.kv->Write(batch, false);
}

}  // namespace lathe::table
