#include "storage/table/table.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

constexpr uint64_t kRowIdBlock = 1 << 16;
constexpr uint8_t kTableRecordVersion = 1;
constexpr size_t kNoteKeys = 1024;  // keys counted under one lock

std::string HexOf(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    constexpr char kDigits[] = "0123456789abcdef";
    text += kDigits[static_cast<uint8_t>(c) >> 4];
    text += kDigits[static_cast<uint8_t>(c) & 15];
  }
  return text;
}

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
std::string DeadBytesKey(StorageId storage) { return MetaKey("dead/", storage); }
std::string TableRecordKey(StorageId storage) { return MetaKey("table/", storage); }
std::string OutcomeKey(TxnId txn) {
  std::string key("txn/");
  AppendBig(&key, txn.value);
  return key;
}
std::string FenceKey(StorageId storage, std::string_view fence) {
  return MetaKey("chunk/", storage) + std::string(fence);
}
std::string LoadItemPrefix(LoadId load) {
  std::string key("load/");
  AppendBig(&key, load.value);
  return key;
}
std::string LoadItemKey(LoadId load, std::string_view page) {
  return LoadItemPrefix(load) + std::string(page);
}

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

void Extents::Encode(const row::Layout& layout, std::string* out) const {
  AppendVarint(out, columns_.size());
  for (size_t i = 0; i < columns_.size(); ++i) {
    const Column& column = columns_[i];
    out->push_back(static_cast<char>((column.known ? 1 : 0) | (column.has_value ? 2 : 0)));
    if (!column.known || !column.has_value) continue;
    for (const types::Datum& datum : {column.min, column.max}) {
      std::string bytes;
      keyspace::EncodeValue(layout.field(i).type, datum, false, &bytes);
      AppendLengthPrefixed(out, bytes);
    }
  }
}

bool Extents::Decode(const row::Layout& layout, std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Varint() != columns_.size()) return false;
  std::vector<Column> columns(columns_.size());
  for (size_t i = 0; i < columns.size(); ++i) {
    Column& column = columns[i];
    const uint8_t flags = in.Little<uint8_t>();
    column.known = (flags & 1) != 0;
    column.has_value = (flags & 2) != 0;
    if (column.known && !columns_[i].known) return false;
    if (!column.known || !column.has_value) continue;
    for (types::Datum* datum : {&column.min, &column.max}) {
      std::string_view encoded = in.LengthPrefixed();
      types::Value value;
      if (!in.ok() || !keyspace::DecodeValue(layout.field(i).type, false, &encoded, &value) ||
          value.is_null()) {
        return false;
      }
      *datum = value.datum();  // of a fixed-size type: nothing that points anywhere
    }
  }
  if (!in.ok()) return false;
  columns_ = std::move(columns);
  return true;
}

// --- Opening
// -------------------------------------------------------------------------------------------------------------------

Result<std::shared_ptr<Table>> Table::Open(StorageId storage, const schema::RelationPtr& relation,
                                           const TableContext& context) {
  std::shared_ptr<Table> table(new Table(storage, context));
  LATHE_ASSIGN(table->encoder_, keyspace::KeyEncoder::Make(*relation));
  table->schema_version_ = relation->schema_version;
  table->has_row_id_ = relation->has_row_id();
  table->is_index_ = relation->kind == schema::RelationKind::kIndex;
  table->page_bytes_ = context.page_bytes;
  table->reader_ =
      std::make_shared<page::KvPageReader>(context.kv, table->layout(), relation->schema_version);
  table->reader_->SetDescription(
      [relation, encoder = table->encoder_](const page::CachedPage& page) {
        const bool index = relation->kind == schema::RelationKind::kIndex;
        return (index ? "index \"" : "table \"") + relation->name + "\", whose last row has " +
               (relation->key.empty() ? "the row key " + HexOf(page.last_key())
                                      : DescribeKey(*relation, encoder, page.last_key()));
      });
  table->extents_ = Extents(table->layout());
  auto source = std::make_shared<LeafSource>();
  source->storage = storage;
  source->kv = context.kv;
  source->frames = context.frames;
  source->reader = table->reader_;
  source->load_time = context.load_time;
  source->cache = context.leaves;
  table->source_ = std::move(source);
  LATHE_TRY(table->ReadDirectory());
  if (!context.is_new) LATHE_TRY(table->ReadDelta());
  std::string dead;
  LATHE_ASSIGN(bool compacts, context.kv->Get(kv::Family::kMeta, DeadBytesKey(storage), &dead));
  if (compacts && dead.size() == 8) table->dead_bytes_ = LoadAt<uint64_t>(dead.data());
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

Table::~Table() { AccountDelta(-delta_bytes_.load(), -delta_rows_.load()); }

// Record: format version | schema version | pages and rows behind the last fence | column bounds.
// Value of a fence: format version | pages and rows of the leaf that ends there.
void Table::PutRecord(const Leaf& last, kv::WriteBatch* batch) const {
  std::string bytes(1, static_cast<char>(kTableRecordVersion));
  AppendVarint(&bytes, schema_version_);
  AppendVarint(&bytes, last.page_count());
  AppendVarint(&bytes, last.row_count());
  {
    std::lock_guard lock(publish_mutex_);
    extents_.Encode(layout(), &bytes);
  }
  batch->Put(kv::Family::kMeta, TableRecordKey(storage_), bytes);
}

std::string EncodeFence(uint64_t pages, uint64_t rows) {
  std::string bytes(1, static_cast<char>(kTableRecordVersion));
  AppendVarint(&bytes, pages);
  AppendVarint(&bytes, rows);
  return bytes;
}

void Table::PutFences(const std::vector<LeafPtr>& leaves, kv::WriteBatch* batch) const {
  for (const LeafPtr& leaf : leaves) {
    if (leaf->upper().empty() || leaf->fence_saved.exchange(true)) continue;
    batch->Put(kv::Family::kMeta, FenceKey(storage_, leaf->upper()),
               EncodeFence(leaf->page_count(), leaf->row_count()));
  }
}

void Table::Widen(std::string_view summary) {
  std::lock_guard lock(publish_mutex_);
  if (extents_.AddSummary(layout(), summary)) stats_ = nullptr;
}

Status Table::WriteWithRecord(kv::WriteBatch* batch, bool sync, const Leaf* last) {
  std::lock_guard lock(record_mutex_);
  TableVersionPtr version = Current();
  PutRecord(last != nullptr ? *last : *version->directory->leaves().back(), batch);
  return context_.kv->Write(*batch, sync);
}

TableVersionPtr Table::MakeVersion(Timestamp from, std::shared_ptr<const Directory> directory) {
  return std::make_shared<TableVersion>(from, next_serial_++, live_, std::move(directory));
}

LeafPtr Table::MakeLeaf(std::string lower, std::string upper, std::vector<PageNodePtr> pages,
                        std::shared_ptr<VersionStore> store) const {
  return std::make_shared<Leaf>(source_, std::move(lower), std::move(upper),
                                std::make_shared<const LeafPages>(std::move(pages)), 0, 0,
                                std::move(store));
}

std::vector<LeafPtr> Table::MakeLeaves(const std::string& lower, const std::string& upper,
                                       const std::vector<PageNodePtr>& pages) const {
  std::vector<LeafPtr> leaves;
  std::string from = lower;
  auto piece = pages.begin();
  const auto size = static_cast<ptrdiff_t>(context_.leaf_pages);
  while (pages.end() - piece >= 2 * size) {
    const std::string& fence = piece[size - 1]->entry.last_key;
    leaves.push_back(MakeLeaf(from, fence, std::vector<PageNodePtr>(piece, piece + size), nullptr));
    from = fence;
    piece += size;
  }
  leaves.push_back(MakeLeaf(from, upper, std::vector<PageNodePtr>(piece, pages.end()), nullptr));
  return leaves;
}

Status Table::ReadDirectory() {
  std::string bytes;
  LATHE_ASSIGN(bool found, context_.kv->Get(kv::Family::kMeta, TableRecordKey(storage_), &bytes));
  if (!found) return ReadWholeDirectory();
  ByteReader in(bytes);
  if (in.Little<uint8_t>() != kTableRecordVersion || in.Varint() != schema_version_) {
    return ReadWholeDirectory();
  }
  const uint64_t last_pages = in.Varint(), last_rows = in.Varint();
  if (!in.ok() || !extents_.Decode(layout(), in.rest())) {
    return MakeError(SqlState::kDataCorrupted,
                     "record of storage " + std::to_string(storage_.value) + " is damaged");
  }
  const std::string prefix = FenceKey(storage_, {});
  kv::IterateOptions range;
  range.lower = prefix;
  range.upper = keyspace::PrefixSuccessor(prefix);
  std::vector<LeafPtr> leaves;
  std::string lower;
  auto it = context_.kv->NewIterator(kv::Family::kMeta, range);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    ByteReader value(it->value());
    value.Little<uint8_t>();
    const uint64_t pages = value.Varint(), rows = value.Varint();
    std::string upper(it->key().substr(prefix.size()));
    if (upper.empty()) continue;
    leaves.push_back(std::make_shared<Leaf>(source_, lower, upper, nullptr, value.ok() ? pages : 0,
                                            value.ok() ? rows : 0, nullptr));
    leaves.back()->fence_saved = true;
    row_count_ += static_cast<int64_t>(leaves.back()->row_count());
    lower = std::move(upper);
  }
  LATHE_TRY(it->status());
  row_count_ += static_cast<int64_t>(last_rows);
  leaves.push_back(std::make_shared<Leaf>(source_, lower, std::string(), nullptr, last_pages,
                                          last_rows, nullptr));
  // The end of a table is where a load before a crash has most likely added something.
  LATHE_TRY(leaves.back()->Pages());
  Append(MakeVersion(Timestamp(), std::make_shared<const Directory>(std::move(leaves))));
  return Ok();
}

Status Table::ReadWholeDirectory() {
  extents_ = Extents(layout());
  Leaf all(source_, {}, {}, nullptr, 0, 0, nullptr);
  LATHE_ASSIGN(LeafPagesPtr pages, all.Hold());
  source_->rows_found.store(0);
  for (const PageNodePtr& page : pages->pages()) {
    extents_.AddSummary(layout(), page->entry.summary);
  }
  row_count_ = static_cast<int64_t>(pages->row_count());
  std::vector<LeafPtr> leaves = MakeLeaves({}, {}, pages->pages());
  Append(MakeVersion(Timestamp(), std::make_shared<const Directory>(leaves)));
  if (pages->size() > 0) {
    kv::WriteBatch batch;
    PutFences(leaves, &batch);
    LATHE_TRY(WriteWithRecord(&batch, false));
  }
  Register(leaves);
  return Ok();
}

// Leaves that were made with their pages can be evicted from now on.
void Table::Register(const std::vector<LeafPtr>& leaves) const {
  if (context_.leaves == nullptr) return;
  for (const LeafPtr& leaf : leaves) {
    Result<LeafPagesPtr> pages = leaf->Pages();
    if (pages.ok()) context_.leaves->Add(leaf.get(), pages.value()->bytes());
  }
}

// Every reader reads versions in memory, and this is the way there from disk: behind it nothing is
// unresolved. What was found out is written back, so a fold deletes the keys that it sees. A
// version that is still pending keeps the table shut, for reading on or past it could be wrong
// either way.
Result<bool> Table::ResolveVersion(const std::string& row_key, Timestamp* ts, std::string* value,
                                   kv::WriteBatch* resolved) const {
  LATHE_ASSIGN(page::DeltaValue version, page::DecodeDeltaValue(*value));
  if (!version.unresolved) return true;
  LATHE_ASSIGN(txn::Outcome outcome, context_.resolver->Resolve(version.txn));
  if (outcome.state == txn::Outcome::State::kPending) {
    Error error = MakeError(SqlState::kLockNotAvailable,
                            "a prepared transaction has changed rows of this table");
    error.detail = "Transaction " + std::to_string(version.txn.value) + " has not ended yet.";
    return error;
  }
  resolved->Delete(kv::Family::kDelta, keyspace::DeltaKey(storage_, row_key, *ts));
  if (outcome.state == txn::Outcome::State::kAborted) return false;
  version.unresolved = false;
  std::string bytes;
  page::EncodeDeltaValue(version, &bytes);
  *ts = outcome.commit_ts;
  resolved->Put(kv::Family::kDelta, keyspace::DeltaKey(storage_, row_key, *ts), bytes);
  *value = std::move(bytes);
  return true;
}

Status Table::ReadDelta() {
  // What is in memory there is not sorted, and would be for this one table.
  constexpr uint64_t kUnsortedBytes = 4 << 20;
  if (context_.kv->Stats().memtable_bytes > kUnsortedBytes) {
    LATHE_TRY(context_.kv->Flush(kv::Family::kDelta));
  }
  kv::IterateOptions range;
  range.lower = keyspace::StoragePrefix(storage_);
  range.upper = keyspace::StorageEnd(storage_);
  auto it = context_.kv->NewIterator(kv::Family::kDelta, range);
  const Directory& directory = *versions_.back().version->directory;
  int64_t bytes = 0, rows = 0;
  Leaf* leaf = nullptr;
  LeafPagesPtr pages;
  // Versions of a row come newest first; the store wants them oldest first.
  std::string row_key;
  std::vector<std::pair<Timestamp, std::string>> row;
  kv::WriteBatch resolved;
  auto flush = [&]() -> Status {
    // Resolved versions may have moved: newest first, as the others.
    std::stable_sort(row.begin(), row.end(),
                     [](const auto& a, const auto& b) { return a.first > b.first; });
    if (leaf == nullptr || !leaf->Covers(row_key)) {
      leaf = directory.leaf(directory.Find(row_key)).get();
      LATHE_ASSIGN(pages, leaf->Pages());
    }
    const size_t page = pages->Find(row_key);
    const bool in_page = page < pages->size() && pages->page(page).entry.first_key <= row_key;
    for (auto v = row.rbegin(); v != row.rend(); ++v) {
      LATHE_ASSIGN(page::DeltaValue value, page::DecodeDeltaValue(v->second));
      if (value.schema_version != schema_version_) {
        return MakeError(SqlState::kDataCorrupted, "delta holds a version of another row format");
      }
      if (in_page && v->first <= pages->page(page).entry.fold_ts) continue;
      if (!value.tombstone) {
        LATHE_TRY(page::ValidateRowImage(value.image, layout()));
        extents_.AddRow(layout(), value.image.data(), value.image.data());
      }
      if (std::next(v) == row.rend()) {  // the newest; an estimate that reads no page
        row_count_ += value.tombstone ? (in_page ? -1 : 0) : (in_page ? 0 : 1);
      }
      VersionStore* store = leaf->MutableStore();
      bytes -= static_cast<int64_t>(store->used_bytes());
      rows -= static_cast<int64_t>(store->node_count());
      store->Add(row_key, v->first, value.schema_version,
                 value.tombstone ? std::string_view() : value.image);
      bytes += static_cast<int64_t>(store->used_bytes());
      rows += static_cast<int64_t>(store->node_count());
      leaf->Note({row_key});
      newest_ = std::max(newest_.load(), v->first.value);
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
    std::string value(it->value());
    Timestamp ts = parts.commit_ts;
    LATHE_ASSIGN(bool exists, ResolveVersion(row_key, &ts, &value, &resolved));
    if (exists) row.emplace_back(ts, std::move(value));
  }
  LATHE_TRY(it->status());
  if (!row.empty()) LATHE_TRY(flush());
  if (!resolved.empty()) LATHE_TRY(context_.kv->Write(resolved, false));
  AccountDelta(bytes, rows);
  return Ok();
}

void Table::AccountDelta(int64_t bytes, int64_t rows) {
  delta_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  delta_rows_.fetch_add(rows, std::memory_order_relaxed);
  context_.delta_bytes->fetch_add(bytes, std::memory_order_relaxed);
  context_.delta_rows->fetch_add(rows, std::memory_order_relaxed);
}

void Table::AccountStores(const std::vector<LeafPtr>& before, const std::vector<LeafPtr>& after) {
  int64_t bytes = 0, rows = 0;
  for (const LeafPtr& leaf : after) {
    if (leaf->store() == nullptr) continue;
    bytes += static_cast<int64_t>(leaf->store()->used_bytes());
    rows += static_cast<int64_t>(leaf->store()->node_count());
  }
  for (const LeafPtr& leaf : before) {
    if (leaf->store() == nullptr) continue;
    bytes -= static_cast<int64_t>(leaf->store()->used_bytes());
    rows -= static_cast<int64_t>(leaf->store()->node_count());
  }
  AccountDelta(bytes, rows);
}

// --- Versions
// ------------------------------------------------------------------------------------------------------------------

TableVersionPtr Table::Current() const {
  std::lock_guard lock(list_mutex_);
  return versions_.back().version;
}

Result<TableVersionPtr> Table::VersionFor(Timestamp snapshot) const {
  {
    std::lock_guard lock(list_mutex_);
    size_t i = versions_.size() - 1;
    while (i > 0 && versions_[i].version->valid_from > snapshot) --i;
    const Listed& found = versions_[i];
    const bool newest = i + 1 == versions_.size();
    if (found.version->valid_from <= snapshot && (newest || snapshot < found.until)) {
      return found.version;
    }
  }
  return MakeError(SqlState::kSnapshotTooOld, "snapshot too old");
}

void Table::Trim(const std::vector<Timestamp>& snapshots) {
  std::vector<TableVersionPtr> gone;  // destroyed outside the lock
  std::lock_guard lock(list_mutex_);
  size_t kept = 0;
  for (size_t i = 0; i < versions_.size(); ++i) {
    Listed& listed = versions_[i];
    bool keep = i + 1 == versions_.size() || listed.until > snapshots.back();
    if (!keep) {
      auto first = std::lower_bound(snapshots.begin(), snapshots.end(), listed.version->valid_from);
      keep = first != snapshots.end() && *first < listed.until;
    }
    if (!keep) {
      gone.push_back(std::move(listed.version));
    } else if (kept++ != i) {
      versions_[kept - 1] = std::move(listed);
    }
  }
  versions_.resize(kept);
}

void Table::Append(TableVersionPtr next) {
  std::lock_guard lock(list_mutex_);
  if (!versions_.empty()) versions_.back().until = next->valid_from;
  versions_.push_back({std::move(next), Timestamp()});
}

void Table::Swap(TableVersionPtr next) {
  TableVersionPtr gone;  // destroyed outside the lock
  std::unique_lock lock(list_mutex_);
  if (versions_.back().version->valid_from == next->valid_from) {
    // No snapshot reads what only this version has: a fold swaps step by step.
    gone = std::move(versions_.back().version);
    versions_.back().version = std::move(next);
    return;
  }
  lock.unlock();
  Append(std::move(next));
}

void Table::Publish(const txn::StorageChanges& changes, Timestamp ts) {
  std::lock_guard lock(publish_mutex_);
  TableVersionPtr version = Current();
  const Directory& directory = *version->directory;
  bool widened = false;
  std::vector<std::string_view> keys;
  for (size_t i = 0; i < changes.rows.size();) {
    Leaf* leaf = directory.leaf(directory.Find(changes.rows[i].key)).get();
    VersionStore* store = leaf->MutableStore();
    const uint64_t bytes = store->used_bytes(), rows = store->node_count();
    keys.clear();
    for (; i < changes.rows.size() && keys.size() < kNoteKeys; ++i) {
      const txn::RowChange& change = changes.rows[i];
      if (!leaf->Covers(change.key)) break;
      const VersionNode* node = store->Add(change.key, ts, changes.schema_version, change.row);
      keys.push_back(change.key);
      if (fold_log_ != nullptr && change.key > fold_lower_ &&
          (fold_upper_.empty() || change.key <= fold_upper_)) {
        fold_log_->push_back(node);
      }
      if (!change.is_delete()) {
        widened |= extents_.AddRow(layout(), change.row.data(), change.row.data());
      }
    }
    leaf->Note(keys);
    AccountDelta(static_cast<int64_t>(store->used_bytes() - bytes),
                 static_cast<int64_t>(store->node_count() - rows));
  }
  if (ts.value > newest_.load(std::memory_order_relaxed)) {
    newest_.store(ts.value, std::memory_order_release);
  }
  row_count_ += changes.net_rows;
  if (widened) stats_ = nullptr;
}

void Table::PublishLoads(std::vector<PageNodePtr> pages, Timestamp ts) {
  if (pages.empty()) return;
  auto by_key = [](const PageNodePtr& a, const PageNodePtr& b) {
    return a->entry.last_key < b->entry.last_key;
  };
  std::sort(pages.begin(), pages.end(), by_key);
  std::vector<LeafPtr> made, before;
  {
    std::lock_guard lock(publish_mutex_);
    TableVersionPtr version = Current();
    std::shared_ptr<const Directory> directory = version->directory;
    for (auto page = pages.begin(); page != pages.end();) {
      const size_t i = directory->Find((*page)->entry.last_key);
      const LeafPtr& leaf = directory->leaf(i);
      auto end = page;
      while (end != pages.end() && leaf->Covers((*end)->entry.last_key)) {
        row_count_ += (*end)->entry.row_count;
        ++end;
      }
      std::vector<PageNodePtr> merged;
      LeafPagesPtr old = leaf->HeldPages();
      std::merge(old->pages().begin(), old->pages().end(), page, end, std::back_inserter(merged),
                 by_key);
      page = end;
      std::vector<LeafPtr> leaves =
          WithStore(MakeLeaves(leaf->lower(), leaf->upper(), merged), *leaf);
      leaf->Freeze();
      before.push_back(leaf);
      made.insert(made.end(), leaves.begin(), leaves.end());
      directory = directory->Replace(i, i + 1, leaves);
    }
    AccountStores(before, made);
    if (ts.value > newest_.load(std::memory_order_relaxed)) {
      newest_.store(ts.value, std::memory_order_release);
    }
    stats_ = nullptr;
    Append(MakeVersion(ts, std::move(directory)));
  }
  Register(made);
}

// Gives the versions of a leaf to those that take its place: the store itself to a single one,
// copies otherwise.
std::vector<LeafPtr> Table::WithStore(std::vector<LeafPtr> leaves, const Leaf& before) const {
  if (before.store() == nullptr) return leaves;
  if (leaves.size() == 1) {
    return {
        MakeLeaf(before.lower(), before.upper(), leaves[0]->HeldPages()->pages(), before.store())};
  }
  auto leaf = leaves.begin();
  for (const VersionNode* node = before.First(); node != nullptr; node = node->Next()) {
    while (!(*leaf)->Covers(node->key())) ++leaf;
    AddVersions(leaf->get(), *node, Timestamp());
  }
  return leaves;
}

void Table::AddVersions(Leaf* leaf, const VersionNode& node, Timestamp above) {
  std::vector<const Version*> chain;
  const Version* v = node.newest.load(std::memory_order_acquire);
  for (; v != nullptr && v->ts > above; v = v->older) chain.push_back(v);
  if (chain.empty()) return;
  VersionStore* store = leaf->MutableStore();
  for (auto it = chain.rbegin(); it != chain.rend(); ++it) {
    store->Add(node.key(), (*it)->ts, (*it)->schema_version, (*it)->image());
  }
  leaf->Note({node.key()});
}

Result<TableVersionPtr> Table::WithPages(const TableVersionPtr& base,
                                         const std::vector<PageNodePtr>& pages) const {
  std::shared_ptr<const Directory> directory = base->directory;
  for (auto page = pages.begin(); page != pages.end();) {
    const size_t i = directory->Find((*page)->entry.last_key);
    LeafPtr leaf = directory->leaf(i);
    auto end = page;
    while (end != pages.end() && leaf->Covers((*end)->entry.last_key)) ++end;
    LATHE_ASSIGN(LeafPagesPtr old, leaf->Pages());
    std::vector<PageNodePtr> merged;
    std::merge(old->pages().begin(), old->pages().end(), page, end, std::back_inserter(merged),
               [](const PageNodePtr& a, const PageNodePtr& b) {
                 return a->entry.last_key < b->entry.last_key;
               });
    page = end;
    directory = directory->Replace(
        i, i + 1, WithStore(MakeLeaves(leaf->lower(), leaf->upper(), merged), *leaf));
  }
  return TableVersionPtr(
      std::make_shared<TableVersion>(base->valid_from, base->serial, live_, std::move(directory)));
}

TableVersionPtr Table::WithLeaf(const TableVersionPtr& base, size_t leaf,
                                const std::vector<PageNodePtr>& pages) const {
  const Leaf& before = *base->directory->leaf(leaf);
  return std::make_shared<TableVersion>(
      base->valid_from, base->serial, live_,
      base->directory->Replace(leaf, leaf + 1, MakeLeaves(before.lower(), before.upper(), pages)));
}

void Table::PublishVersion(const TableVersionPtr& version, const std::vector<std::string>& replaced,
                           int64_t net_rows, Timestamp ts) {
  std::vector<LeafPtr> before, after;
  {
    std::lock_guard lock(publish_mutex_);
    TableVersionPtr newest = Current();
    std::vector<LeafPtr> old_leaves = newest->directory->leaves();
    std::vector<LeafPtr> new_leaves = version->directory->leaves();
    std::sort(old_leaves.begin(), old_leaves.end());
    std::sort(new_leaves.begin(), new_leaves.end());
    std::set_difference(old_leaves.begin(), old_leaves.end(), new_leaves.begin(), new_leaves.end(),
                        std::back_inserter(before));
    std::set_difference(new_leaves.begin(), new_leaves.end(), old_leaves.begin(), old_leaves.end(),
                        std::back_inserter(after));
    for (const LeafPtr& leaf : before) leaf->Freeze();
    AccountStores(before, after);
    row_count_ += net_rows;
    if (ts.value > newest_.load(std::memory_order_relaxed)) {
      newest_.store(ts.value, std::memory_order_release);
    }
    newest_merge_.store(ts.value, std::memory_order_release);
    stats_ = nullptr;
    TableVersionPtr next = MakeVersion(ts, version->directory);
    {
      std::lock_guard retired(retired_mutex_);
      for (const std::string& page : replaced) {
        retired_.push_back({next->serial, Timestamp(), page, page_bytes_});
      }
    }
    Append(std::move(next));
  }
  Register(after);
}

Result<bool> Table::ChangedSince(std::string_view key, Timestamp snapshot) const {
  std::vector<TableVersionPtr> chain;
  // Versions between have been let go of; or a merge has changed rows, which leaves pages only.
  bool gap = MergedSince(snapshot);
  {
    // Versions that the snapshot does not read, and the one that it reads, together hold all later
    // changes.
    std::lock_guard lock(list_mutex_);
    for (size_t i = versions_.size(); i-- > 0;) {
      const bool last = i + 1 == versions_.size();
      gap |= !last && versions_[i].until != versions_[i + 1].version->valid_from;
      chain.push_back(versions_[i].version);
      if (versions_[i].version->valid_from <= snapshot) break;
    }
    gap |= chain.back()->valid_from > snapshot;
  }
  for (const TableVersionPtr& version : chain) {
    const Leaf& leaf = *version->directory->leaf(version->directory->Find(key));
    if (!leaf.changed() || leaf.newest() <= snapshot) continue;
    const VersionNode* node = leaf.Find(key);
    if (node == nullptr) continue;
    const Version* newest = node->newest.load(std::memory_order_acquire);
    if (newest != nullptr && newest->ts > snapshot) return true;
  }
  if (!gap) return false;
  LATHE_ASSIGN(TableVersionPtr reads, VersionFor(snapshot));
  std::string before, now;
  LATHE_ASSIGN(bool was, Read(*reads, key, snapshot, &before));
  LATHE_ASSIGN(bool is, Read(*chain.front(), key, Timestamp(UINT64_MAX), &now));
  return was != is || (was && before != now);
}

Timestamp Table::DeletedAfter(std::string_view key, Timestamp after) const {
  std::vector<TableVersionPtr> versions;
  {
    std::lock_guard lock(list_mutex_);
    for (size_t i = versions_.size(); i-- > 0;) {
      versions.push_back(versions_[i].version);
      if (versions_[i].version->valid_from <= after) break;
    }
  }
  Timestamp first;
  for (const TableVersionPtr& version : versions) {
    const Leaf& leaf = *version->directory->leaf(version->directory->Find(key));
    const VersionNode* node = leaf.Find(key);
    if (node == nullptr) continue;
    const Version* v = node->newest.load(std::memory_order_acquire);
    for (; v != nullptr && v->ts > after; v = v->older) {
      if (v->is_delete() && (first.value == 0 || v->ts < first)) first = v->ts;
    }
  }
  return first;
}

Result<bool> Table::Exists(const TableVersion& version, std::string_view key) const {
  const Leaf& leaf = *version.directory->leaf(version.directory->Find(key));
  LATHE_ASSIGN(LeafPagesPtr pages, leaf.Pages());
  const size_t i = pages->Find(key);
  if (pages->state(i).changes.load(std::memory_order_acquire) != 0) {
    const VersionNode* node = leaf.Find(key);
    if (node != nullptr) {
      const Version* newest = node->newest.load(std::memory_order_acquire);
      if (newest != nullptr) return !newest->is_delete();
    }
  }
  if (i == pages->size()) return false;
  const PageNode& page = pages->page(i);
  if (page.entry.first_key > key) return false;
  LATHE_ASSIGN(page::PinnedPage pinned, page::PinnedPage::Make(&page.cached));
  return encoder_.FindRow(pinned.data(), key) >= 0;
}

Result<bool> Table::Read(const TableVersion& version, std::string_view key, Timestamp snapshot,
                         std::string* image) const {
  const Leaf& leaf = *version.directory->leaf(version.directory->Find(key));
  LATHE_ASSIGN(LeafPagesPtr pages, leaf.Pages());
  const size_t i = pages->Find(key);
  if (pages->state(i).changes.load(std::memory_order_acquire) != 0) {
    const VersionNode* node = leaf.Find(key);
    const Version* found = node == nullptr ? nullptr : node->Visible(snapshot);
    if (found != nullptr) {
      image->assign(found->image());
      return !found->is_delete();
    }
  }
  if (i == pages->size()) return false;
  const PageNode& page = pages->page(i);
  if (page.entry.first_key > key) return false;
  LATHE_ASSIGN(page::PinnedPage pinned, page::PinnedPage::Make(&page.cached));
  const int64_t row = encoder_.FindRow(pinned.data(), key);
  if (row < 0) return false;
  const char* bytes = row::RowAt(pinned.data(), layout().stride(), static_cast<uint32_t>(row));
  *image = page::RowImage(layout(), pinned.data(), bytes);
  return true;
}

Result<bool> Table::RangeFree(const TableVersion& version, std::string_view first,
                              std::string_view last) const {
  const Directory& directory = *version.directory;
  for (size_t l = directory.Find(first); l < directory.size(); ++l) {
    const Leaf& leaf = *directory.leaf(l);
    if (!leaf.lower().empty() && leaf.lower() >= last) return true;
    LATHE_ASSIGN(LeafPagesPtr pages, leaf.Pages());
    const size_t i = pages->Find(first);
    if (i < pages->size() && pages->page(i).entry.first_key <= last) return false;
    const VersionNode* node = leaf.Seek(first);
    if (node != nullptr && node->key() <= last) return false;
  }
  return true;
}

// --- Row ids, statistics
// -------------------------------------------------------------------------------------------------------

Result<uint64_t> Table::AllocateRowIds(uint64_t count) { return row_ids_->Next(count); }

Status Table::ObserveRowIds(uint64_t next) {
  return row_ids_ == nullptr || next == 0 ? Ok() : row_ids_->Observe(next - 1);
}

bool Table::has_retired_pages() const {
  std::lock_guard lock(retired_mutex_);
  return !retired_.empty();
}

catalog::StatsPtr Table::Stats(const schema::RelationDescriptor& relation) const {
  std::lock_guard lock(publish_mutex_);
  const int64_t rows =
      std::max<int64_t>(row_count_ + source_->rows_found.load(std::memory_order_relaxed), 0);
  if (stats_ != nullptr && stats_version_ == relation.version &&
      std::abs(rows - stats_row_count_) <= stats_row_count_ / 10) {
    return stats_;
  }
  auto stats = std::make_shared<schema::RelationStats>();
  stats->row_count = static_cast<double>(rows);
  TableVersionPtr version = Current();
  stats->page_count =
      static_cast<double>(version->directory->pages_between(0, version->directory->size()));
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
  uint64_t bytes = 0;
  {
    std::lock_guard lock(retired_mutex_);
    std::erase_if(retired_, [&](const Retired& page) {
      if (live_->AnyWith(page.born, page.serial)) return false;
      batch.Delete(kv::Family::kPages, page.key);
      batch.Delete(kv::Family::kMeta, RetiredPageKey(page.key));
      bytes += page.bytes;
      return true;
    });
  }
  if (batch.empty()) return Ok();
  bytes += dead_bytes_.fetch_add(bytes, std::memory_order_relaxed);
  std::string count;
  AppendLittle(&count, bytes);
  batch.Put(kv::Family::kMeta, DeadBytesKey(storage_), count);
  return context_.kv->Write(batch, false);
}

uint64_t Table::live_bytes() const {
  const TableVersionPtr version = Current();
  return version->directory->pages_between(0, version->directory->size()) * page_bytes_;
}

Status Table::CompactPages() {
  const uint64_t before = dead_bytes();
  LATHE_TRY(context_.kv->Flush(kv::Family::kPages));  // deletions in memory
  LATHE_TRY(context_.kv->Compact(kv::Family::kPages, keyspace::StoragePrefix(storage_),
                                 keyspace::StorageEnd(storage_)));
  const uint64_t left = dead_bytes_.fetch_sub(before, std::memory_order_relaxed) - before;
  kv::WriteBatch batch;
  std::string count;
  AppendLittle(&count, left);
  batch.Put(kv::Family::kMeta, DeadBytesKey(storage_), count);
  return context_.kv->Write(batch, false);
}

}  // namespace lathe::table
