// Snapshots, statements, locks, commit and rollback of a transaction; its scans.
#include <algorithm>

#include "runtime/types/codec.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

// Lock objects beside relations, which have their oid.
uint64_t StorageObject(StorageId storage) { return 1ull << 63 | storage.value; }

}  // namespace

TransactionImpl::TransactionImpl(EngineImpl* engine, txn::Isolation isolation)
    : engine_(engine),
      id_(engine->NextTxnId()),
      isolation_(isolation),
      view_(engine->catalog()->state(),
            [this](const schema::RelationPtr& relation) {
              // Bounds must hold for own rows too, which are not counted yet.
              catalog::StatsPtr stats = engine_->LiveStats(relation);
              const bool own_rows =
                  buffer_.Find(relation->storage) != nullptr ||
                  std::any_of(loads_.begin(), loads_.end(), [&](const OwnLoad& own) {
                    return own.load.table->storage() == relation->storage;
                  });
              if (!own_rows) return stats;
              auto open = std::make_shared<schema::RelationStats>(*stats);
              for (schema::ColumnStats& column : open->columns) {
                column.min = column.max = types::Value();
              }
              for (const OwnLoad& own : loads_) {
                if (own.load.table->storage() == relation->storage) {
                  open->row_count += static_cast<double>(own.load.row_count);
                  open->page_count += static_cast<double>(own.load.pages.size());
                }
              }
              return catalog::StatsPtr(open);
            }),
      buffer_(engine->options().transaction_bytes_max) {
  engine_->open_transactions().fetch_add(1);
}

TransactionImpl::~TransactionImpl() {
  if (!over_) Rollback();
}

void TransactionImpl::TakeSnapshot() {
  // In this order: a storage that the state names newly is then never newer than the snapshot
  // without being noticed.
  snapshot_state_ = engine_->catalog()->state();
  snapshot_ = engine_->watermark()->Acquire();
  has_snapshot_ = true;
}

void TransactionImpl::ReleaseSnapshot() {
  if (has_snapshot_) engine_->watermark()->Release(snapshot_);
  has_snapshot_ = false;
}

Status TransactionImpl::StartStatement(const exec::CancelFlag* cancel, int64_t lock_timeout_ms) {
  LATHE_CHECK(!over_);
  ++statement_;
  cancel_ = cancel;
  lock_timeout_ms_ = lock_timeout_ms;
  has_read_ = false;
  if (isolation_ == txn::Isolation::kReadCommitted) ReleaseSnapshot();
  if (!has_snapshot_) TakeSnapshot();
  view_.Refresh(engine_->catalog()->state());
  saved_changes_ = view_.changes();
  saved_dropped_ = dropped_.size();
  return Ok();
}

void TransactionImpl::UndoStatement() {
  buffer_.Undo(statement_);
  while (!loads_.empty() && loads_.back().statement == statement_) {
    PendingLoad load = std::move(loads_.back().load);
    loads_.pop_back();
    merged_.erase(load.table->storage());
    engine_->DropPendingLoad(load.load);
    (void)DropLoad(engine_->kv(), load.load);  // what an I/O error leaves is found by recovery
    load.table->EndLoad();
  }
  view_.Restore(saved_changes_);
  dropped_.resize(saved_dropped_);
}

Status TransactionImpl::LockStorage(StorageId storage, txn::TableLockMode mode) {
  return engine_->locks()->LockTableObject(id_, StorageObject(storage), mode, lock_wait());
}

bool TransactionImpl::TryLockStorage(StorageId storage, txn::TableLockMode mode) {
  return engine_->locks()->TryLockTableObject(id_, StorageObject(storage), mode);
}

Result<schema::RelationPtr> TransactionImpl::LockTable(RelationId relation,
                                                       txn::TableLockMode mode) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, relation.value, mode, lock_wait()));
  view_.Refresh(engine_->catalog()->state());
  // While it waited for the lock, the table may have got new storage, whose rows an older snapshot
  // does not see.
  if (isolation_ == txn::Isolation::kReadCommitted && has_snapshot_ && !has_read_) {
    ReleaseSnapshot();
    TakeSnapshot();
  }
  return NeedTable(relation);
}

Result<schema::RelationPtr> TransactionImpl::NeedTable(RelationId relation) {
  schema::RelationPtr found = view_.GetRelation(relation);
  if (found == nullptr) {
    return MakeError(SqlState::kUndefinedTable,
                     "relation with OID " + std::to_string(relation.value) + " does not exist");
  }
  return found;
}

bool TransactionImpl::has_changes() const {
  return !buffer_.empty() || !loads_.empty() || !view_.changes().empty() || !dropped_.empty();
}

void TransactionImpl::NoteRowIds(StorageId storage, uint64_t next) {
  uint64_t& known = row_ids_[storage];
  known = std::max(known, next);
}

void TransactionImpl::End() {
  over_ = true;
  merged_.clear();
  ReleaseSnapshot();
  engine_->locks()->ReleaseAll(id_);
  engine_->open_transactions().fetch_sub(1);
}

Status TransactionImpl::Commit() {
  LATHE_CHECK(!over_);
  if (!has_changes()) {
    Rollback();
    return Ok();
  }
  engine_->WaitForDeltaRoom();
  auto is_dropped = [&](StorageId storage) {
    return std::find(dropped_.begin(), dropped_.end(), storage) != dropped_.end();
  };
  for (StorageId storage : dropped_) buffer_.Forget(storage);
  txn::LogicalBatch batch;
  batch.txn = id_;
  buffer_.AppendTo(&batch);
  batch.catalog = view_.changes().ToRecords();
  for (const auto& [storage, next] : row_ids_) {
    if (!is_dropped(storage)) batch.sequences.push_back({storage, next});
  }
  for (const OwnLoad& own : loads_) {
    batch.loads.push_back({own.load.load, own.load.table->storage(), own.load.row_count});
  }
  batch.dropped = dropped_;
  Status emitted = EmitLoads();
  if (!emitted.ok()) {
    Rollback();
    return emitted;
  }
  Result<Timestamp> committed = engine_->sink()->Commit(batch);
  if (!committed.ok()) {
    Rollback();
    return std::move(committed).error();
  }
  for (const OwnLoad& own : loads_) own.load.table->EndLoad();
  loads_.clear();
  if (!dropped_.empty() || !batch.loads.empty()) engine_->Kick();
  End();
  return Ok();
}

// Hands the rows of own loads to whoever stores entries.
Status TransactionImpl::EmitLoads() {
  if (!engine_->sink()->wants_load_chunks()) return Ok();
  for (const OwnLoad& own : loads_) {
    const Table& table = *own.load.table;
    txn::LoadChunk chunk{own.load.load, table.storage(), table.schema_version(), 0, {}};
    for (const PageNodePtr& node : own.load.pages) {
      LATHE_ASSIGN(page::PinnedPage page, page::PinnedPage::Make(&node->cached));
      std::vector<std::pair<std::string, std::string>> rows;
      for (uint32_t i = 0; i < node->entry.row_count; ++i) {
        const char* row = row::RowAt(page.data(), table.layout().stride(), i);
        rows.emplace_back(table.encoder().RowKey(page.data(), row),
                          page::RowImage(table.layout(), page.data(), row));
      }
      chunk.rows.clear();
      for (const auto& [key, image] : rows) chunk.rows.push_back({key, image});
      LATHE_TRY(engine_->sink()->AddLoadChunk(chunk));
      ++chunk.number;
    }
  }
  return Ok();
}

void TransactionImpl::Rollback() {
  if (over_) return;
  merged_.clear();
  for (OwnLoad& own : loads_) {
    engine_->DropPendingLoad(own.load.load);
    (void)DropLoad(engine_->kv(), own.load.load);  // what an I/O error leaves is found by recovery
    own.load.table->EndLoad();
  }
  loads_.clear();
  for (StorageId storage : created_) engine_->ForgetTable(storage);
  End();
}

// --- Reading
// ---------------------------------------------------------------------------------------------------------------------

Result<TableVersionPtr> TransactionImpl::VersionWithLoads(const Table& table,
                                                          TableVersionPtr base) {
  std::vector<PageNodePtr> pages;
  size_t loads = 0;
  for (const OwnLoad& own : loads_) {
    if (own.load.table.get() != &table || own.statement >= statement_) continue;
    pages.insert(pages.end(), own.load.pages.begin(), own.load.pages.end());
    ++loads;
  }
  if (loads == 0) return base;
  MergedVersion& known = merged_[table.storage()];
  if (known.base == base && known.loads == loads) return known.merged;
  std::sort(pages.begin(), pages.end(), [](const PageNodePtr& a, const PageNodePtr& b) {
    return a->entry.last_key < b->entry.last_key;
  });
  LATHE_ASSIGN(TableVersionPtr merged, table.WithPages(base, pages));
  known = {base, merged, loads};
  return merged;
}

std::vector<OwnRow> TransactionImpl::OwnRows(StorageId storage, const ScanRange& range) const {
  std::vector<OwnRow> rows;
  const txn::StorageWrites* writes = buffer_.Find(storage);
  if (writes == nullptr) return rows;
  if (range.point) {
    const txn::OwnVersion* version =
        txn::StorageWrites::Visible(writes->Find(range.keys.begin), statement_);
    if (version != nullptr) rows.push_back({range.keys.begin, version->image});
    return rows;
  }
  for (auto it = writes->rows().lower_bound(range.keys.begin); it != writes->rows().end(); ++it) {
    if (!range.keys.end.empty() && it->first >= range.keys.end) break;
    const txn::OwnVersion* version = txn::StorageWrites::Visible(it->second, statement_);
    if (version != nullptr) rows.push_back({it->first, version->image});
  }
  return rows;
}

Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenScanAt(
    const schema::RelationPtr& relation, const exec::ScanRequest& request, Timestamp snapshot) {
  if (relation->storage.value == 0) {
    return MakeError(SqlState::kInternalError,
                     "relation \"" + relation->name + "\" has no storage");
  }
  ScanSource source;
  LATHE_ASSIGN(source.table, engine_->GetTable(relation));
  LATHE_ASSIGN(ScanRange range, MakeScanRange(source.table->encoder(), request));
  source.version = source.table->VersionFor(snapshot);
  if (!loads_.empty()) {
    LATHE_ASSIGN(source.version, VersionWithLoads(*source.table, source.version));
  }
  source.snapshot = snapshot;
  source.own = OwnRows(source.table->storage(), range);
  source.cancel = cancel_;
  return table::OpenScan(std::move(source), std::move(range), request);
}

Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenScan(
    const schema::RelationPtr& relation, const exec::ScanRequest& request) {
  LATHE_CHECK(has_snapshot_);
  has_read_ = true;
  // Rows that were rewritten after the snapshot have lost their history.
  auto known = snapshot_state_->relations.find(relation->id);
  if (known != snapshot_state_->relations.end() && known->second->storage != relation->storage &&
      std::find(created_.begin(), created_.end(), relation->storage) == created_.end()) {
    return MakeError(SqlState::kSerializationFailure,
                     isolation_ == txn::Isolation::kReadCommitted
                         ? exec::kRestartStatement
                         : "could not serialize access due to concurrent update");
  }
  return OpenScanAt(relation, request, snapshot_);
}

Result<std::unique_ptr<exec::RowSink>> TransactionImpl::OpenWrite(
    const schema::RelationPtr& relation, exec::WriteKind kind, uint64_t* affected) {
  LATHE_CHECK(has_snapshot_);
  has_read_ = true;
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  return MakeSink(this, relation, std::move(table), kind, affected);
}

Result<bool> TransactionImpl::ExistsInOwnLoads(const Table& table, std::string_view key) const {
  for (const OwnLoad& own : loads_) {
    if (own.load.table.get() != &table) continue;
    auto it = std::lower_bound(
        own.load.pages.begin(), own.load.pages.end(), key,
        [](const PageNodePtr& page, std::string_view k) { return page->entry.last_key < k; });
    if (it == own.load.pages.end() || (*it)->entry.first_key > key) continue;
    LATHE_ASSIGN(page::PinnedPage page, page::PinnedPage::Make(&(*it)->cached));
    if (table.encoder().FindRow(page.data(), key) >= 0) return true;
  }
  return false;
}

Result<bool> TransactionImpl::RangeFree(const Table& table, std::string_view first,
                                        std::string_view last) const {
  LATHE_ASSIGN(bool free, table.RangeFree(first, last));
  if (!free) return false;
  if (const txn::StorageWrites* writes = buffer_.Find(table.storage())) {
    auto it = writes->rows().lower_bound(first);
    if (it != writes->rows().end() && it->first <= last) return false;
  }
  for (const OwnLoad& own : loads_) {
    if (own.load.table.get() != &table) continue;
    auto it = std::lower_bound(
        own.load.pages.begin(), own.load.pages.end(), first,
        [](const PageNodePtr& page, std::string_view k) { return page->entry.last_key < k; });
    if (it != own.load.pages.end() && (*it)->entry.first_key <= last) return false;
  }
  return true;
}

std::string DescribeKey(const schema::RelationDescriptor& relation,
                        const keyspace::KeyEncoder& encoder, std::string_view key) {
  std::vector<types::Value> values;
  std::string names, texts;
  if (!encoder.Decode(key, &values)) return "Key";
  for (size_t i = 0; i < relation.key.size() && i < values.size(); ++i) {
    if (i > 0) {
      names += ", ";
      texts += ", ";
    }
    names += relation.columns[relation.key[i].column].name;
    if (values[i].is_null()) {
      texts += "null";
    } else {
      types::AppendText(values[i].type(), values[i].datum(), {}, &texts);
    }
  }
  return "Key (" + names + ")=(" + texts + ")";
}

Error DuplicateKeyError(const schema::RelationDescriptor& relation,
                        const keyspace::KeyEncoder& encoder, std::string_view key) {
  Error error =
      MakeError(SqlState::kUniqueViolation, "duplicate key value violates unique constraint \"" +
                                                relation.primary_key_name + "\"");
  error.detail = DescribeKey(relation, encoder, key) + " already exists.";
  error.table_name = relation.name;
  error.constraint_name = relation.primary_key_name;
  return error;
}

}  // namespace lathe::table
