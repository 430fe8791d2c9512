// Snapshots, statements, locks, commit and rollback of a transaction; its scans.
#include <algorithm>

#include "runtime/schema/index_parts.h"
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
                  open->row_count += static_cast<double>(own.load.net_rows);
                  open->page_count += static_cast<double>(own.load.pages.size());
                }
              }
              return catalog::StatsPtr(open);
            }),
      buffer_(engine->options().transaction_bytes_max),
      spill_at_(engine->options().transaction_spill_bytes) {
  engine_->open_transactions().fetch_add(1);
}

TransactionImpl::~TransactionImpl() {
  if (!over_) Rollback();
}

void TransactionImpl::TakeSnapshot() {
  // In this order: a storage that the state names newly is then never newer than the snapshot
  // without being noticed.
  snapshot_state_ = engine_->catalog()->state();
  snapshot_ = reads() != nullptr ? engine_->validator()->Enter() : engine_->watermark()->Acquire();
  has_snapshot_ = true;
  snapshot_statement_ = statement_;
  too_new_indexes_of_ = 0;
}

void TransactionImpl::ReleaseSnapshot() {
  if (has_snapshot_ && reads() != nullptr) {
    engine_->validator()->Leave(snapshot_);
  } else if (has_snapshot_) {
    engine_->watermark()->Release(snapshot_);
  }
  has_snapshot_ = false;
}

Status TransactionImpl::StartStatement(const exec::CancelFlag* cancel, int64_t lock_timeout_ms) {
  LATHE_CHECK(!over_);
  snapshot_kept_ = !conflicts_.empty() && has_snapshot_;
  if (snapshot_kept_) {
    LATHE_TRY(AdoptConflicts());
  } else {
    conflicts_.clear();
    buffer_.DropAdopted();
    rechecked_.clear();
    rechecked_keys_.clear();
  }
  ++statement_;
  cancel_ = cancel;
  lock_timeout_ms_ = lock_timeout_ms;
  has_read_ = false;
  spilled_.clear();
  if ((isolation_ == txn::Isolation::kReadCommitted || reads_newest_) && !snapshot_kept_) {
    ReleaseSnapshot();
  }
  if (!has_snapshot_) TakeSnapshot();
  view_.Refresh(engine_->catalog()->state());
  saved_changes_ = view_.changes();
  saved_dropped_ = dropped_.size();
  saved_moves_ = moves_.Mark();
  return Ok();
}

void TransactionImpl::UndoStatement() {
  buffer_.Undo(statement_);
  spilled_.clear();
  // Those of earlier statements may have been made between, for other tables.
  for (size_t i = loads_.size(); i-- > 0;) {
    if (loads_[i].statement == statement_) DropOwnLoad(i);
  }
  view_.Restore(saved_changes_);
  dropped_.resize(saved_dropped_);
  moves_.UndoTo(saved_moves_);
  std::erase_if(merged_deletes_, [&](const DeletedBy& by) { return by.statement == statement_; });
}

void TransactionImpl::DropLast() { DropOwnLoad(loads_.size() - 1); }

void TransactionImpl::DropOwnLoad(size_t i) {
  PendingLoad load = std::move(loads_[i].load);
  loads_.erase(loads_.begin() + static_cast<ptrdiff_t>(i));
  engine_->DropPendingLoad(load.load);
  (void)DropLoad(engine_->kv(), load.load);  // what an I/O error leaves is found by recovery
  if (load.replaced != nullptr && engine_->sink()->wants_load_chunks()) {
    // Whoever keeps its chunks can forget them.
    (void)engine_->sink()->AddLoadChunk(
        {load.load, load.table->storage(), load.table->schema_version(), 0, {}});
  }
  load.table->EndLoad();
}

Status TransactionImpl::LockStorage(StorageId storage, txn::TableLockMode mode) {
  return engine_->locks()->LockTableObject(id_, StorageObject(storage), mode, lock_wait());
}

bool TransactionImpl::TryLockStorage(StorageId storage, txn::TableLockMode mode) {
  return engine_->locks()->TryLockTableObject(id_, StorageObject(storage), mode, process_);
}

Result<schema::RelationPtr> TransactionImpl::LockTable(RelationId relation,
                                                       txn::TableLockMode mode) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, relation.value, mode, lock_wait()));
  catalog::StatePtr state = engine_->catalog()->state();
  const bool same_state = state == snapshot_state_;
  view_.Refresh(std::move(state));
  // While it waited for the lock, the table may have got new storage, whose rows an older snapshot
  // does not see.
  if (!same_state) too_new_indexes_of_ = 0;
  if (MayRenewSnapshot(relation) &&
      !(same_state && engine_->watermark()->published() == snapshot_)) {
    ReleaseSnapshot();
    TakeSnapshot();
  }
  return NeedTable(relation);
}

bool TransactionImpl::MayRenewSnapshot(RelationId relation) {
  if (!has_snapshot_ || has_read_ || snapshot_kept_ || reads_newest_) return false;
  if (isolation_ == txn::Isolation::kReadCommitted) return true;
  // Its first statement keeps the snapshot, unless nothing could be read with it.
  if (statement_ != snapshot_statement_) return false;
  const schema::RelationPtr table = view_.GetRelation(relation);
  if (table == nullptr) return false;
  return !HasHistory(*table) ||
         std::any_of(table->indexes.begin(), table->indexes.end(), [&](RelationId id) {
           const schema::RelationPtr index = view_.GetRelation(id);
           return index != nullptr && !HasHistory(*index);
         });
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
  ReadNewest(false);
  spilled_.clear();
  ReleaseSnapshot();
  engine_->locks()->ReleaseAll(id_);
  engine_->open_transactions().fetch_sub(1);
}

txn::LogicalBatch TransactionImpl::MakeBatch() {
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
  if (!moves_.empty()) batch.moves = &moves_;
  for (const DeletedBy& by : merged_deletes_) {
    if (!is_dropped(by.storage)) batch.deleted.push_back(by.rows);
  }
  return batch;
}

Status TransactionImpl::Commit() {
  LATHE_CHECK(!over_);
  if (!has_changes()) {
    Rollback();
    return Ok();
  }
  engine_->WaitForDeltaRoom();
  txn::LogicalBatch batch = MakeBatch();
  if (batch.empty()) {  // only others' changes in the buffer
    Rollback();
    return Ok();
  }
  Status emitted = EmitLoads();
  if (!emitted.ok()) {
    Rollback();
    return emitted;
  }
  txn::Reads checked{&reads_, snapshot_};
  const bool checks = isolation_ == txn::Isolation::kSerializable && has_snapshot_;
  // Replicas hear of values of sequences with the commits, so in their order.
  Sequences* const sequences = engine_->sequences();
  std::vector<txn::SequenceAdvance> advances;
  std::function<void()> ordered;
  if (sequences->tracks()) {
    ordered = [&] {
      advances = sequences->TakeChanged();
      batch.sequences.insert(batch.sequences.end(), advances.begin(), advances.end());
    };
  }
  Result<Timestamp> committed =
      engine_->sink()->Commit(batch, checks ? &checked : nullptr, ordered);
  if (!committed.ok()) {
    sequences->GiveBack(advances);
    Rollback();
    return std::move(committed).error();
  }
  for (const OwnLoad& own : loads_) own.load.table->EndLoad();
  loads_.clear();
  if (!dropped_.empty() || !batch.loads.empty()) engine_->Kick();
  End();
  return Ok();
}

// Changes of rows only: all others have something to do once they are committed.
bool TransactionImpl::CanCommitLater() const {
  return !over_ && !buffer_.empty() && loads_.empty() && view_.changes().empty() &&
         dropped_.empty() && created_.empty() && !engine_->sequences()->tracks();
}

void TransactionImpl::CommitLater(std::function<void(Status)> done) {
  LATHE_CHECK(CanCommitLater());
  engine_->WaitForDeltaRoom();
  later_ = MakeBatch();
  later_done_ = std::move(done);
  if (later_.empty()) {  // only others' changes in the buffer
    EndLater(Ok());
    return;
  }
  const txn::Reads checked{&reads_, snapshot_};
  const bool checks = isolation_ == txn::Isolation::kSerializable && has_snapshot_;
  engine_->sink()->CommitLater(later_, checks ? &checked : nullptr,
                               [this](Status outcome) { EndLater(std::move(outcome)); });
}

void TransactionImpl::EndLater(Status outcome) {
  const std::unique_ptr<TransactionImpl> self(this);
  End();
  later_done_(std::move(outcome));
}

// Hands the rows of own loads to whoever stores entries.
Status TransactionImpl::EmitLoads() {
  if (!engine_->sink()->wants_load_chunks()) return Ok();
  for (const OwnLoad& own : loads_) {
    if (own.load.replaced != nullptr) continue;  // handed over when it was made
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
  spilled_.clear();
  while (!loads_.empty()) DropLast();
  for (StorageId storage : created_) engine_->ForgetTable(storage);
  End();
}

// --- Reading
// ---------------------------------------------------------------------------------------------------------------------

TableVersionPtr TransactionImpl::VersionWithLoads(const Table& table, TableVersionPtr base) const {
  for (auto own = loads_.rbegin(); own != loads_.rend(); ++own) {
    if (own->load.table.get() == &table && own->statement < statement_) return own->load.version;
  }
  return base;
}

TableVersionPtr TransactionImpl::ViewOf(const Table& table) const {
  for (auto own = loads_.rbegin(); own != loads_.rend(); ++own) {
    if (own->load.table.get() == &table) return own->load.version;
  }
  return table.Current();
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
  NoteRead(*source.table, range);
  LATHE_TRY(FillSource(snapshot, range, &source));
  return table::OpenScan(std::move(source), std::move(range), request);
}

Status TransactionImpl::FillSource(Timestamp snapshot, const ScanRange& range,
                                   ScanSource* source) const {
  LATHE_ASSIGN(source->version, source->table->VersionFor(snapshot));
  if (!loads_.empty()) source->version = VersionWithLoads(*source->table, source->version);
  source->snapshot = snapshot;
  source->own = OwnRows(source->table->storage(), range);
  if (!source->own.empty()) source->own_bytes = buffer_.Find(source->table->storage())->arena();
  source->cancel = cancel_;
  return Ok();
}

LookupSource TransactionImpl::LookupsIn(std::shared_ptr<Table> table,
                                        TableVersionPtr version) const {
  LookupSource source;
  source.own = buffer_.FindShared(table->storage());
  source.table = std::move(table);
  source.version = std::move(version);
  source.snapshot = snapshot_;
  source.statement = statement_;
  source.reads = reads();
  return source;
}

// The rows of `relation` in the ranges of keys that a request's points mean.
Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenPoints(
    const schema::RelationPtr& relation, const exec::ScanRequest& request) {
  ScanSource source;
  LATHE_ASSIGN(source.table, engine_->GetTable(relation));
  LATHE_ASSIGN(std::vector<ScanRange> ranges,
               MakePointRanges(source.table->encoder(), request.points));
  for (const ScanRange& range : ranges) NoteRead(*source.table, range);
  ScanRange hull;
  hull.keys.begin = ranges.front().keys.begin;
  hull.keys.end = ranges.back().keys.end;
  LATHE_TRY(FillSource(snapshot_, hull, &source));
  LookupSource lookups = LookupsIn(source.table, source.version);
  return OpenRanges(std::move(source), std::move(lookups), std::move(ranges), request);
}

bool TransactionImpl::HasHistory(const schema::RelationDescriptor& relation) const {
  auto known = snapshot_state_->relations.find(relation.id);
  const bool same = known == snapshot_state_->relations.end()
                        ? relation.kind != schema::RelationKind::kIndex
                        : known->second->storage == relation.storage;
  if (same) return true;
  const bool created =
      std::find(created_.begin(), created_.end(), relation.storage) != created_.end();
  // An index made here has the rows as they were then, not as an older snapshot sees them.
  return created && (relation.kind != schema::RelationKind::kIndex ||
                     isolation_ == txn::Isolation::kReadCommitted ||
                     exact_indexes_.contains(relation.storage));
}

Status TransactionImpl::CheckHistory(const schema::RelationDescriptor& relation) const {
  if (HasHistory(relation)) return Ok();
  return MakeError(SqlState::kSerializationFailure,
                   isolation_ == txn::Isolation::kReadCommitted
                       ? exec::kRestartStatement
                       : "could not serialize access due to concurrent update");
}

const std::set<RelationId>& TransactionImpl::TooNewIndexes() {
  if (too_new_indexes_of_ == statement_) return too_new_indexes_;
  too_new_indexes_of_ = statement_;
  too_new_indexes_.clear();
  if (isolation_ == txn::Isolation::kReadCommitted || !has_snapshot_ ||
      (view_.changes().empty() && &view_.state() == snapshot_state_.get())) {
    return too_new_indexes_;
  }
  for (const schema::RelationPtr& relation : view_.Relations()) {
    if (relation->kind == schema::RelationKind::kIndex && !HasHistory(*relation)) {
      too_new_indexes_.insert(relation->id);
    }
  }
  return too_new_indexes_;
}

Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenScan(
    const schema::RelationPtr& relation, const exec::ScanRequest& request) {
  LATHE_CHECK(has_snapshot_);
  has_read_ = true;
  // Rows that were rewritten after the snapshot have lost their history.
  LATHE_TRY(CheckHistory(*relation));
  if (request.index != nullptr) return OpenByIndex(relation, request);
  if (!request.points.empty()) return OpenPoints(relation, request);
  return OpenScanAt(relation, request, snapshot_);
}

Result<std::unique_ptr<exec::RowSource>> TransactionImpl::OpenByIndex(
    const schema::RelationPtr& relation, const exec::ScanRequest& request) {
  const schema::RelationPtr& index = request.index;
  exec::ScanRequest inner;
  inner.lower = request.lower;
  inner.upper = request.upper;
  inner.points = request.points;
  inner.key_order = request.key_order;
  inner.reverse = request.reverse;
  LATHE_ASSIGN(std::unique_ptr<exec::RowSource> entries, OpenScan(index, inner));
  LATHE_ASSIGN(std::shared_ptr<Table> index_table, engine_->GetTable(index));
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  LATHE_ASSIGN(TableVersionPtr version, table->VersionFor(snapshot_));
  if (!loads_.empty()) version = VersionWithLoads(*table, std::move(version));
  LATHE_ASSIGN(keyspace::KeyEncoder keys, RowKeyOfEntry(*relation, *index, index_table->layout()));
  return OpenLookups(std::move(entries), LookupsIn(std::move(table), std::move(version)),
                     std::move(keys));
}

Result<std::unique_ptr<exec::RowSink>> TransactionImpl::OpenWrite(
    const schema::RelationPtr& relation, exec::WriteKind kind, uint64_t* affected) {
  LATHE_CHECK(has_snapshot_);
  has_read_ = true;
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  return MakeSink(this, relation, std::move(table), kind, affected);
}

Result<bool> TransactionImpl::RangeFree(const Table& table, std::string_view first,
                                        std::string_view last) const {
  if (const txn::StorageWrites* writes = buffer_.Find(table.storage())) {
    auto it = writes->rows().lower_bound(first);
    if (it != writes->rows().end() && it->first <= last) return false;
  }
  return table.RangeFree(*ViewOf(table), first, last);
}

// --- Loads and merges
// ------------------------------------------------------------------------------------------------------------

Status TransactionImpl::AddLoad(PendingLoad load) {
  if (load.pages.empty()) return Ok();
  // From here on it is dropped with the statement, whatever happens.
  Result<TableVersionPtr> version = load.table->WithPages(ViewOf(*load.table), load.pages);
  load.version = version.ok() ? version.value() : ViewOf(*load.table);
  engine_->SetPending(load.load, load.version, load.net_rows);
  loads_.push_back({std::move(load), statement_});
  return version.ok() ? Ok() : Status(std::move(version).error());
}

Result<bool> TransactionImpl::Spill(const std::shared_ptr<Table>& table) {
  // How much more is buffered before the next try.
  const uint64_t again =
      std::min(uint64_t{4} << 20, engine_->options().transaction_spill_bytes / 4 + 1);
  const StorageId storage = table->storage();
  // While others write single rows there it can wait, as long as there is memory.
  if (!TryLockStorage(storage, txn::TableLockMode::kShareRowExclusive)) {
    if (buffer_.used_bytes() + 2 * again < buffer_.bytes_max()) {
      spill_at_ = buffer_.used_bytes() + again;
      return false;
    }
    LATHE_TRY(LockStorage(storage, txn::TableLockMode::kShareRowExclusive));
  }
  // New pages hold the newest rows, which an older snapshot must not see.
  const bool first = std::none_of(loads_.begin(), loads_.end(),
                                  [&](const OwnLoad& own) { return own.load.table == table; });
  if (first && isolation_ != txn::Isolation::kReadCommitted && !table->NewestIs(snapshot_)) {
    spill_at_ = buffer_.used_bytes() + again;
    return false;
  }
  LATHE_TRY(SpillEarlier(table));
  LATHE_TRY(Merge(table, true));
  buffer_.Forget(storage);
  spill_at_ = std::max(engine_->options().transaction_spill_bytes, buffer_.used_bytes() + again);
  return true;
}

Status TransactionImpl::SpillEarlier(const std::shared_ptr<Table>& table) {
  const txn::StorageWrites* writes = buffer_.Find(table->storage());
  if (writes == nullptr) return Ok();
  // Once this statement has written pages, they hold what was there before.
  for (const OwnLoad& own : loads_) {
    if (own.load.table == table && own.statement == statement_) return Ok();
  }
  const bool any = std::any_of(writes->rows().begin(), writes->rows().end(), [&](const auto& row) {
    return txn::StorageWrites::Visible(row.second, statement_) != nullptr;
  });
  if (!any) return Ok();
  LATHE_TRY(Merge(table, false));
  const bool all = std::all_of(writes->rows().begin(), writes->rows().end(),
                               [&](const auto& row) { return row.second->statement < statement_; });
  if (all) buffer_.Forget(table->storage());
  return Ok();
}

// Writes the buffered changes of this statement, or those of earlier ones, as pages. They stay in
// the buffer, too.
Status TransactionImpl::Merge(const std::shared_ptr<Table>& table, bool of_statement) {
  constexpr uint64_t kChunkBytes = 4 << 20;
  const StorageId storage = table->storage();
  const txn::StorageWrites* writes = buffer_.Find(storage);
  if (writes == nullptr) return Ok();
  LATHE_ASSIGN(uint64_t id, engine_->load_ids()->Next());
  LATHE_ASSIGN(std::unique_ptr<Merger> merger,
               Merger::Begin(engine_, table, LoadId(id), [&] { return ViewOf(*table); }));
  ChangedRows* changed = nullptr;
  if (of_statement) {
    LATHE_ASSIGN(TableVersionPtr reads, table->VersionFor(snapshot_));
    reads = VersionWithLoads(*table, std::move(reads));
    changed = &spilled_.try_emplace(storage, table, std::move(reads)).first->second;
  }
  const bool emit = engine_->sink()->wants_load_chunks();
  txn::LoadChunk chunk{LoadId(id), storage, table->schema_version(), 0, {}};
  uint64_t chunk_bytes = 0;
  auto hand_over = [&]() -> Status {
    if (emit) LATHE_TRY(engine_->sink()->AddLoadChunk(chunk));
    ++chunk.number;
    chunk.rows.clear();
    chunk_bytes = 0;
    return Ok();
  };
  const uint32_t statement = of_statement ? statement_ : statement_ - 1;
  std::shared_ptr<MergedDeletes> deletes;
  for (const auto& [key, newest] : writes->rows()) {
    const txn::OwnVersion* version = newest;
    if (!of_statement) {
      version = txn::StorageWrites::Visible(newest, statement_);
    } else if (newest->statement != statement_) {
      version = nullptr;
    }
    if (version == nullptr) continue;
    LATHE_TRY(merger->Add(key, version->image));
    if (changed != nullptr) LATHE_TRY(changed->Add(key));
    if (version->is_delete() && !table->is_index()) {
      if (deletes == nullptr) {
        deletes = std::make_shared<MergedDeletes>(table, table->Current());
        merged_deletes_.push_back({statement, storage, deletes});
      }
      LATHE_TRY(deletes->Add(key));
    }
    if (!emit) continue;
    chunk.rows.push_back({key, version->image});
    chunk_bytes += key.size() + version->image.size();
    if (chunk_bytes > kChunkBytes) LATHE_TRY(hand_over());
  }
  if (!chunk.rows.empty()) LATHE_TRY(hand_over());
  LATHE_ASSIGN(PendingLoad load, merger->Finish());
  const int64_t of_last = buffer_.NetRowsOf(storage, statement_);
  load.net_rows = of_statement ? of_last : writes->net_rows - of_last;
  engine_->SetPending(load.load, load.version, load.net_rows);
  loads_.push_back({std::move(load), statement});
  return Ok();
}

Result<bool> TransactionImpl::SpilledByStatement(StorageId storage, std::string_view key) {
  auto it = spilled_.find(storage);
  if (it == spilled_.end()) return false;
  return it->second.Contains(key);
}

std::string DescribeKey(const schema::RelationDescriptor& relation,
                        const keyspace::KeyEncoder& encoder, std::string_view key) {
  std::vector<types::Value> values;
  std::string names, texts;
  if (!encoder.Decode(key, &values)) return "Key";
  const size_t parts =
      relation.kind == schema::RelationKind::kIndex ? relation.key_columns : relation.key.size();
  for (size_t i = 0; i < parts && i < values.size(); ++i) {
    if (i > 0) {
      names += ", ";
      texts += ", ";
    }
    const schema::Column& column = relation.columns[relation.key[i].column];
    const bool computed = relation.kind == schema::RelationKind::kIndex &&
                          relation.sources[relation.key[i].column] == schema::kExpressionSource;
    names += computed ? schema::ShownInIndex(column.generated_sql) : column.name;
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
  const bool index = relation.kind == schema::RelationKind::kIndex;
  const std::string& name = index ? relation.name : relation.primary_key_name;
  Error error = MakeError(SqlState::kUniqueViolation,
                          "duplicate key value violates unique constraint \"" + name + "\"");
  error.detail = DescribeKey(relation, encoder, key) + " already exists.";
  if (!index) error.table_name = relation.name;
  error.constraint_name = name;
  return error;
}

}  // namespace lathe::table
