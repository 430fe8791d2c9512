// The engine in use: transactions, batches, gauges, logical hashes. Opening and recovery:
// recovery.cc; background work: maintain.cc.
#include <algorithm>

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "storage/table/engine_impl.h"
#include "storage/table/load.h"
#include "storage/table/transaction_impl.h"

namespace lathe::table {

std::unique_ptr<Transaction> EngineImpl::Begin(txn::Isolation isolation) {
  return std::make_unique<TransactionImpl>(this, isolation);
}

void EngineImpl::CommitLater(std::unique_ptr<Transaction> transaction,
                             std::function<void(Status)> done) {
  // Whoever commits it may be done with it before the call returns.
  static_cast<TransactionImpl*>(transaction.release())->CommitLater(std::move(done));
}

// --- Tables
// ----------------------------------------------------------------------------------------------------------------------

std::shared_ptr<Table> EngineImpl::FindTable(StorageId storage) {
  std::lock_guard lock(tables_mutex_);
  auto it = tables_.find(storage);
  return it == tables_.end() ? nullptr : it->second;
}

Result<std::shared_ptr<Table>> EngineImpl::GetTable(const schema::RelationPtr& relation) {
  if (std::shared_ptr<Table> table = FindTable(relation->storage)) return table;
  std::lock_guard opening(open_mutex_);
  if (std::shared_ptr<Table> table = FindTable(relation->storage)) return table;
  TableContext context;
  context.kv = kv_.get();
  context.frames = &frames_;
  context.watermark = watermark_.get();
  context.page_ids = page_ids_.get();
  context.leaves = &leaves_;
  context.resolver = options_.resolver != nullptr ? options_.resolver : &records_;
  if (options_.page_bytes != 0) context.page_bytes = options_.page_bytes;
  context.leaf_pages = options_.directory_leaf_pages;
  context.delta_bytes = &delta_bytes_;
  context.delta_rows = &delta_rows_;
  context.load_time = [this](LoadId load) {
    std::lock_guard lock(loads_mutex_);
    auto it = load_times_.find(load);
    return it == load_times_.end() ? Timestamp() : it->second;
  };
  {
    std::lock_guard lock(tables_mutex_);
    context.is_new = new_storages_.erase(relation->storage) > 0;
  }
  LATHE_ASSIGN(std::shared_ptr<Table> table, Table::Open(relation->storage, relation, context));
  std::lock_guard lock(tables_mutex_);
  tables_[relation->storage] = table;
  return table;
}

void EngineImpl::NoteNewStorage(StorageId storage) {
  std::lock_guard lock(tables_mutex_);
  new_storages_.insert(storage);
}

void EngineImpl::ForgetTable(StorageId storage) {
  std::shared_ptr<Table> gone;  // destroyed outside the lock
  std::lock_guard lock(tables_mutex_);
  new_storages_.erase(storage);
  auto it = tables_.find(storage);
  if (it == tables_.end()) return;
  gone = std::move(it->second);
  tables_.erase(it);
}

std::vector<std::shared_ptr<Table>> EngineImpl::OpenTables() {
  std::lock_guard lock(tables_mutex_);
  std::vector<std::shared_ptr<Table>> tables;
  for (const auto& [storage, table] : tables_) tables.push_back(table);
  return tables;
}

catalog::StatsPtr EngineImpl::LiveStats(const schema::RelationPtr& relation) {
  static const catalog::StatsPtr kNothing = std::make_shared<schema::RelationStats>();
  if (relation->storage.value == 0) return kNothing;
  Result<std::shared_ptr<Table>> table = GetTable(relation);
  return table.ok() ? table.value()->Stats(*relation) : kNothing;
}

// --- Batches
// ---------------------------------------------------------------------------------------------------------------------

Status EngineImpl::Persist(std::span<const txn::BatchAt> batches) {
  if (archive_ == nullptr) return Store(batches);
  // Into the archive first: it never lacks a commit that the store has. What the store does not
  // take is cut off again, here or at the next start.
  std::lock_guard lock(archive_mutex_);
  LATHE_ASSIGN(uint64_t before, archive_->Begin());
  Status done = [&]() -> Status {
    for (const txn::BatchAt& item : batches) {
      LATHE_TRY(archive_->Append(txn::EncodeWrite(*item.batch, item.ts), item.ts));
    }
    if (options_.synchronous_commit) LATHE_TRY(archive_->Sync());
    return Store(batches);
  }();
  if (!done.ok()) LATHE_TRY(archive_->CutTo(before));
  return done;
}

Status EngineImpl::Store(std::span<const txn::BatchAt> batches) {
  kv::WriteBatch out;
  for (const txn::BatchAt& item : batches) AddTo(*item.batch, item.ts, &out);
  if (archive_ != nullptr) PutArchived(batches.back().ts, &out);
  return kv_->Write(out, options_.synchronous_commit);
}

void EngineImpl::AddTo(const txn::LogicalBatch& batch, Timestamp ts, kv::WriteBatch* to) {
  kv::WriteBatch& out = *to;
  std::string value;
  // Loads first: rows that the batch changes besides are newer than what a merge takes out.
  for (const txn::LoadCommit& load : batch.loads) {
    out.Put(kv::Family::kLoads, keyspace::LoadKey(load.load), EncodeLoadRecord(ts, load.storage));
    std::shared_ptr<const Replaced> replaced;
    {
      std::lock_guard lock(loads_mutex_);
      auto it = pending_loads_.find(load.load);
      if (it != pending_loads_.end()) replaced = it->second.replaced;
    }
    if (replaced == nullptr) continue;
    for (const std::string& page : replaced->pages) {
      out.Delete(kv::Family::kPageDir, page);
      out.Put(kv::Family::kMeta, RetiredPageKey(page), {});
    }
    for (const auto& [lower, upper] : replaced->ranges) {
      // Behind all versions of a key: keys are prefix-free, and a timestamp has eight bytes.
      const std::string behind(9, '\xff');
      const std::string from = lower.empty() ? keyspace::StoragePrefix(load.storage)
                                             : keyspace::RowPrefix(load.storage, lower) + behind;
      const std::string to = upper.empty() ? keyspace::StorageEnd(load.storage)
                                           : keyspace::RowPrefix(load.storage, upper) + behind;
      out.DeleteRange(kv::Family::kDelta, from, to);
    }
  }
  for (const txn::StorageChanges& changes : batch.storages) {
    for (const txn::RowChange& row : changes.rows) {
      page::DeltaValue delta;
      delta.tombstone = row.is_delete();
      delta.schema_version = changes.schema_version;
      delta.txn = batch.txn;
      delta.image = row.row;
      if (!row.is_delete()) out.SetAddsRows();
      value.clear();
      page::EncodeDeltaValue(delta, &value);
      out.Put(kv::Family::kDelta, keyspace::DeltaKey(changes.storage, row.key, ts), value);
    }
  }
  for (const txn::CatalogChange& change : batch.catalog) {
    if (change.value.has_value()) {
      out.Put(kv::Family::kCatalog, change.key, *change.value);
    } else {
      out.Delete(kv::Family::kCatalog, change.key);
    }
  }
  for (StorageId storage : batch.dropped) {
    std::string bytes;
    AppendLittle(&bytes, ts.value);
    out.Put(kv::Family::kMeta, DroppedStorageKey(storage), bytes);
  }
  if (replaying_) {
    std::string bytes;
    AppendLittle(&bytes, ts.value);
    out.Put(kv::Family::kMeta, "applied", bytes);
  }
}

void EngineImpl::Visible(const txn::LogicalBatch& batch) {
  // After changes of tables themselves the transaction has more to do before others come.
  if (!batch.txn || !batch.catalog.empty() || !batch.dropped.empty() || !batch.loads.empty()) {
    return;
  }
  locks_.ReleaseAll(batch.txn);
}

void EngineImpl::Publish(const txn::LogicalBatch& batch, Timestamp ts) {
  if (batch.moves != nullptr) key_moves_.Add(*batch.moves, ts, watermark_->oldest());
  for (const txn::DeletedRowsPtr& rows : batch.deleted) key_moves_.AddDeleted(rows, ts);
  {
    std::lock_guard lock(loads_mutex_);
    for (const txn::LoadCommit& load : batch.loads) {
      load_times_[load.load] = ts;
      load_storages_[load.load] = load.storage;
    }
  }
  std::vector<PendingLoad> pending;
  for (const txn::LoadCommit& load : batch.loads) {
    std::lock_guard lock(loads_mutex_);
    auto it = pending_loads_.find(load.load);
    if (it == pending_loads_.end()) continue;
    pending.push_back(std::move(it->second));
    pending_loads_.erase(it);
  }
  loads_committed_.fetch_add(pending.size(), std::memory_order_relaxed);
  struct OfTable {
    TableVersionPtr version;  // after the last of the loads; null on a replica
    std::vector<PageNodePtr> pages;
    std::vector<std::string> replaced;
    int64_t net_rows = 0;
  };
  std::map<Table*, OfTable> by_table;
  for (PendingLoad& load : pending) {
    OfTable& of = by_table[load.table.get()];
    of.version = load.version;
    of.net_rows += load.net_rows;
    if (load.replaced != nullptr) {
      of.replaced.insert(of.replaced.end(), load.replaced->pages.begin(),
                         load.replaced->pages.end());
    }
    of.pages.insert(of.pages.end(), load.pages.begin(), load.pages.end());
  }
  for (const auto& [table, of] : by_table) {
    if (of.version != nullptr) {
      table->PublishVersion(of.version, of.replaced, of.net_rows, ts);
    } else {
      table->PublishLoads(of.pages, ts);
    }
  }
  for (const txn::StorageChanges& changes : batch.storages) {
    if (std::shared_ptr<Table> table = FindTable(changes.storage)) table->Publish(changes, ts);
  }
  for (const txn::SequenceAdvance& advance : batch.sequences) {
    // Its own writer has made the bound durable; on a replica a failure shows when ids are asked
    // for.
    if (std::shared_ptr<Table> table = FindTable(advance.storage)) {
      (void)table->ObserveRowIds(advance.next);
    }
  }
  // The records were decoded or encoded by us; what does not decode is a broken invariant.
  LATHE_CHECK(catalog_->Apply(batch.catalog).ok());
  if (!batch.dropped.empty()) {
    std::lock_guard lock(dropped_mutex_);
    for (StorageId storage : batch.dropped) dropped_.push_back({storage, ts});
  }
  commits_.fetch_add(1, std::memory_order_relaxed);
}

Status EngineImpl::ObserveSequences(const catalog::CatalogState& state,
                                    const txn::LogicalBatch& batch) {
  if (batch.sequences.empty()) return Ok();
  for (const auto& [id, relation] : state.relations) {
    if (relation->kind != schema::RelationKind::kSequence) continue;
    for (const txn::SequenceAdvance& advance : batch.sequences) {
      if (advance.storage == relation->sequence.state) {
        LATHE_TRY(sequences_->Observe(*relation, advance.next));
      }
    }
  }
  return Ok();
}

void EngineImpl::AddPendingLoad(PendingLoad load) {
  std::lock_guard lock(loads_mutex_);
  LoadId id = load.load;
  pending_loads_[id] = std::move(load);
}

void EngineImpl::SetPending(LoadId load, TableVersionPtr version, int64_t net_rows) {
  std::lock_guard lock(loads_mutex_);
  auto it = pending_loads_.find(load);
  if (it == pending_loads_.end()) return;
  it->second.version = std::move(version);
  it->second.net_rows = net_rows;
}

void EngineImpl::DropPendingLoad(LoadId load) {
  std::lock_guard lock(loads_mutex_);
  pending_loads_.erase(load);
}

// --- Replicas
// --------------------------------------------------------------------------------------------------------------------

Status EngineImpl::ApplyEntry(std::string_view bytes) {
  LATHE_ASSIGN(txn::Entry entry, txn::DecodeEntry(bytes));
  std::lock_guard one(replica_mutex_);
  if (entry.kind == txn::EntryKind::kLoad) return ApplyLoad(entry.load);
  if (entry.ts <= applied_) return Ok();
  replaying_ = true;
  // Tables that get rows must be open, also those that this very batch creates.
  LATHE_ASSIGN(catalog::StatePtr state,
               catalog::ApplyChanges(catalog_->state(), entry.write.catalog));
  for (const txn::StorageChanges& changes : entry.write.storages) {
    for (const auto& [id, relation] : state->relations) {
      if (relation->storage == changes.storage) LATHE_TRY(GetTable(relation));
    }
  }
  std::map<StorageId, std::map<std::string, std::string>> rows;
  std::vector<std::shared_ptr<Table>> loaded;
  for (const txn::LoadCommit& load : entry.write.loads) {
    LATHE_TRY(FinishReplicaLoad(load, *state, &rows[load.storage]));
    std::lock_guard lock(loads_mutex_);
    auto pending = pending_loads_.find(load.load);
    if (pending != pending_loads_.end()) loaded.push_back(pending->second.table);
  }
  for (const auto& [storage, more] : rows) AddRows(storage, more, &entry.write);
  LATHE_TRY(ObserveIds(*state, entry.write));
  // Before the commit, whose sync makes them durable: it is not applied again.
  LATHE_TRY(ObserveSequences(*state, entry.write));
  LATHE_TRY(oracle_->Observe(entry.ts));
  watermark_->BeginAt(entry.ts);
  const txn::BatchAt batch{&entry.write, entry.ts};
  Status persisted = Persist(std::span(&batch, 1));
  if (persisted.ok()) Publish(entry.write, entry.ts);
  watermark_->Finish(entry.ts);
  LATHE_TRY(std::move(persisted));
  for (const std::shared_ptr<Table>& table : loaded) table->EndLoad();
  applied_ = entry.ts;
  return Ok();
}

// Chunks of a load come before the commit that names its storage in the catalog, so they wait as
// they are.
Status EngineImpl::ApplyLoad(const txn::LoadChunk& chunk) {
  std::vector<txn::LoadChunk>& chunks = replica_loads_[chunk.load];
  if (chunk.number == 0) {
    chunks.clear();  // sent again from the start
    replica_bytes_[chunk.load].clear();
  } else if (chunk.number != chunks.size()) {
    return chunk.number < chunks.size()
               ? Ok()
               : Status(MakeError(SqlState::kDataCorrupted, "a chunk of a load is missing"));
  }
  std::string bytes = txn::EncodeLoad(chunk);
  replica_bytes_[chunk.load].push_back(std::make_unique<std::string>(std::move(bytes)));
  LATHE_ASSIGN(txn::Entry copy, txn::DecodeEntry(*replica_bytes_[chunk.load].back()));
  replica_loads_[chunk.load].push_back(std::move(copy.load));
  return Ok();
}

// Adds rows to a batch; rows that it has already are newer.
void EngineImpl::AddRows(StorageId storage, const std::map<std::string, std::string>& rows,
                         txn::LogicalBatch* batch) {
  if (rows.empty()) return;
  auto changes = std::find_if(batch->storages.begin(), batch->storages.end(),
                              [&](const auto& c) { return c.storage == storage; });
  if (changes == batch->storages.end()) {
    batch->storages.push_back({storage, FindTable(storage)->schema_version(), 0, {}});
    changes = std::prev(batch->storages.end());
  }
  std::map<std::string_view, std::string_view> all(rows.begin(), rows.end());
  for (const txn::RowChange& row : changes->rows) all[row.key] = row.row;
  changes->rows.clear();
  for (const auto& [key, row] : all) changes->rows.push_back({key, row});
  changes->net_rows += static_cast<int64_t>(rows.size());
}

// Makes pages of the load's rows; those whose ranges are not free here (pages are this engine's own
// affair) go to *rows.
Status EngineImpl::FinishReplicaLoad(const txn::LoadCommit& commit,
                                     const catalog::CatalogState& state,
                                     std::map<std::string, std::string>* rows) {
  schema::RelationPtr relation;
  for (const auto& [id, found] : state.relations) {
    if (found->storage == commit.storage) relation = found;
  }
  if (relation == nullptr) return Ok();  // dropped by the same commit
  LATHE_ASSIGN(std::shared_ptr<Table> table, GetTable(relation));
  LoadOptions options;
  // Pages of earlier loads of the same commit, and rows that it has changed already.
  std::vector<PageNodePtr> before;
  {
    std::lock_guard lock(loads_mutex_);
    for (const auto& [id, load] : pending_loads_) {
      if (load.table == table) {
        before.insert(before.end(), load.pages.begin(), load.pages.end());
      }
    }
  }
  uint64_t changed = 0;
  options.range_free = [&](std::string_view first, std::string_view last) -> Result<bool> {
    for (const PageNodePtr& page : before) {
      if (page->entry.first_key <= last && first <= page->entry.last_key) return false;
    }
    auto row = rows->lower_bound(std::string(first));
    if (row != rows->end() && row->first <= last) return false;
    return table->RangeFree(*table->Current(), first, last);
  };
  options.fallback = [&](const char* base, const char* row) {
    (*rows)[table->encoder().RowKey(base, row)] = page::RowImage(table->layout(), base, row);
    ++changed;
    return Ok();
  };
  options.duplicate = [](std::string_view) {
    return MakeError(SqlState::kDataCorrupted, "a load holds a key twice");
  };
  LATHE_ASSIGN(std::unique_ptr<LoadWriter> writer,
               LoadWriter::Begin(this, table, commit.load, std::move(options)));
  for (const txn::LoadChunk& chunk : replica_loads_[commit.load]) {
    for (const txn::RowChange& row : chunk.rows) {
      if (row.is_delete()) {
        (*rows)[std::string(row.key)].clear();
        ++changed;
        continue;
      }
      LATHE_TRY(page::ValidateRowImage(row.row, table->layout()));
      LATHE_TRY(writer->Add(row.row.data(), row.row.data()));
    }
  }
  replica_loads_.erase(commit.load);
  replica_bytes_.erase(commit.load);
  LATHE_ASSIGN(PendingLoad pending, writer->Finish());
  if (pending.row_count + changed != commit.row_count) {
    return MakeError(SqlState::kDataCorrupted, "rows of a load are missing");
  }
  return Ok();
}

// Numbers that the other engine has used must not be used here later.
Status EngineImpl::ObserveIds(const catalog::CatalogState& state, const txn::LogicalBatch& batch) {
  for (const txn::CatalogChange& change : batch.catalog) {
    catalog::RecordKind kind;
    uint32_t id;
    if (!catalog::ParseRecordKey(change.key, &kind, &id)) continue;
    LATHE_TRY(oids_->Observe(id));
    if (kind != catalog::RecordKind::kRelation) continue;
    auto it = state.relations.find(RelationId(id));
    if (it == state.relations.end()) continue;
    LATHE_TRY(oids_->Observe(it->second->primary_key_oid.value));
    LATHE_TRY(storage_ids_->Observe(it->second->storage.value));
    LATHE_TRY(storage_ids_->Observe(it->second->sequence.state.value));
  }
  for (const txn::LoadCommit& load : batch.loads) LATHE_TRY(load_ids_->Observe(load.load.value));
  return Ok();
}

Timestamp EngineImpl::applied() {
  std::lock_guard lock(replica_mutex_);
  return applied_;
}

// --- Hashes and gauges
// -------------------------------------------------------------------------------------------------------------

Result<uint64_t> EngineImpl::HashTable(const schema::RelationPtr& relation, Timestamp snapshot) {
  LATHE_ASSIGN(std::shared_ptr<Table> table, GetTable(relation));
  ScanSource source;
  source.table = table;
  LATHE_ASSIGN(source.version, table->VersionFor(snapshot));
  source.snapshot = snapshot;
  std::unique_ptr<exec::RowSource> rows = OpenScan(std::move(source), {}, {});
  uint64_t sum = 0;
  exec::Morsel morsel;
  for (;;) {
    LATHE_ASSIGN(bool more, rows->Next(&morsel));
    if (!more) return sum;
    for (const exec::Segment& segment : morsel.segments) {
      for (uint32_t i = segment.from; i < segment.to; ++i) {
        sum += page::HashRow(table->layout(), segment.page,
                             row::RowAt(segment.page, table->layout().stride(), i),
                             relation->storage.value);
      }
    }
  }
}

Result<uint64_t> EngineImpl::LogicalHash(RelationId id) {
  catalog::StatePtr state = catalog_->state();
  auto it = state->relations.find(id);
  if (it == state->relations.end()) {
    return MakeError(SqlState::kUndefinedTable,
                     "relation with OID " + std::to_string(id.value) + " does not exist");
  }
  const Timestamp snapshot = watermark_->Acquire();
  Result<uint64_t> hash = HashTable(it->second, snapshot);
  watermark_->Release(snapshot);
  return hash;
}

Result<uint64_t> EngineImpl::HashAll(const catalog::CatalogState& state, Timestamp snapshot) {
  uint64_t sum = 0;
  for (const auto& [id, relation] : state.relations) {
    std::string record = catalog::EncodeRelation(*relation);
    sum += base::Hash64(record, id.value);
    if (relation->storage.value == 0) continue;
    LATHE_ASSIGN(uint64_t hash, HashTable(relation, snapshot));
    sum += hash;
  }
  for (const auto& [id, schema] : state.schemas) {
    sum += base::Hash64(catalog::EncodeSchema(*schema), id.value);
  }
  return sum;
}

Result<uint64_t> EngineImpl::LogicalHashAll() {
  catalog::StatePtr state = catalog_->state();
  const Timestamp snapshot = watermark_->Acquire();
  Result<uint64_t> hash = HashAll(*state, snapshot);
  watermark_->Release(snapshot);
  return hash;
}

EngineStats EngineImpl::Stats() {
  EngineStats stats;
  stats.delta_bytes = static_cast<uint64_t>(std::max<int64_t>(delta_bytes_.load(), 0));
  stats.delta_rows = static_cast<uint64_t>(std::max<int64_t>(delta_rows_.load(), 0));
  stats.frame_cache_bytes = frames_.used_bytes();
  stats.frame_misses = frames_.misses();
  stats.frame_evictions = frames_.evictions();
  stats.directory_cache_bytes = leaves_.used_bytes();
  stats.directory_evictions = leaves_.evictions();
  stats.commits = commits_.load();
  stats.folds = folds_.load();
  stats.loads = loads_committed_.load();
  stats.deadlocks = locks_.deadlock_count();
  stats.open_transactions = open_transactions_.load();
  stats.locks = locks_.lock_count();
  stats.published = watermark_->published();
  stats.oldest_snapshot = watermark_->oldest();
  stats.oldest_snapshot_micros = static_cast<uint64_t>(watermark_->OldestAgeNanos() / 1000);
  for (const std::shared_ptr<Table>& table : OpenTables()) stats.dead_bytes += table->dead_bytes();
  return stats;
}

std::string EngineImpl::database_name() {
  catalog::StatePtr state = catalog_->state();
  return state->databases.empty() ? "" : state->databases.begin()->second.name;
}

std::string EngineImpl::role_name() {
  catalog::StatePtr state = catalog_->state();
  return state->roles.empty() ? "" : state->roles.begin()->second.name;
}

}  // namespace lathe::table
