// Savepoints of a transaction, and rows that a statement found changed by others: PostgreSQL's
// EvalPlanQual as a second run of the statement over its old snapshot with the newest versions of
// those rows, which are locked by then. docs/decisions/2026-11-23-rows-re-checked-by-rerun.md.
#include <algorithm>

#include "storage/table/index_writer.h"

namespace lathe::table {

// --- Savepoints
// ------------------------------------------------------------------------------------------------------------

size_t TransactionImpl::Savepoint() {
  Mark mark;
  mark.buffer = buffer_.Mark();
  mark.loads = loads_.size();
  mark.created = created_.size();
  mark.locks = engine_->locks()->Mark(id_);
  mark.moves = moves_.Mark();
  mark.merged_deletes = merged_deletes_.size();
  mark.changes = view_.changes();
  mark.dropped = dropped_;
  savepoints_.push_back(std::move(mark));
  return savepoints_.size() - 1;
}

void TransactionImpl::RollbackTo(size_t savepoint) {
  LATHE_CHECK(savepoint < savepoints_.size());
  savepoints_.resize(savepoint + 1);
  const Mark& mark = savepoints_.back();
  conflicts_.clear();
  spilled_.clear();
  ReadNewest(false);
  buffer_.UndoTo(mark.buffer);
  while (loads_.size() > mark.loads) DropLast();
  for (size_t i = mark.created; i < created_.size(); ++i) engine_->ForgetTable(created_[i]);
  created_.resize(mark.created);
  view_.Restore(mark.changes);
  dropped_ = mark.dropped;
  moves_.UndoTo(mark.moves);
  merged_deletes_.resize(mark.merged_deletes);
  engine_->locks()->ReleaseSince(id_, mark.locks);
}

void TransactionImpl::ReleaseSavepoint(size_t savepoint) {
  LATHE_CHECK(savepoint < savepoints_.size());
  savepoints_.resize(savepoint);
  if (savepoints_.empty()) buffer_.DropMarks();
}

// --- Rows that have changed
// ------------------------------------------------------------------------------------------------

void TransactionImpl::NoteConflict(const schema::RelationPtr& relation,
                                   std::shared_ptr<Table> table, std::string_view key,
                                   txn::RowLockMode mode) {
  conflicts_.push_back({relation, std::move(table), std::string(key), mode});
}

void TransactionImpl::NoteReplaced(StorageId storage, std::string_view key) {
  moves_.AddReplaced(keyspace::RowPrefix(storage, key), statement_);
}

void TransactionImpl::NoteMove(StorageId storage, std::string_view from, std::string_view to) {
  moves_.Add(keyspace::RowPrefix(storage, from), keyspace::RowPrefix(storage, to), statement_);
}

Status TransactionImpl::AdoptConflicts() {
  std::vector<RowConflict> conflicts = std::move(conflicts_);
  conflicts_.clear();
  // A statement that did not run to its end has not undone anything yet: UndoStatement has.
  for (RowConflict& conflict : conflicts) {
    for (Timestamp after = snapshot_;;) {
      RowConflict next = conflict;
      LATHE_ASSIGN(bool moved, Follow(&next, &after));
      conflict.gone = moved || next.gone;
      Recheck(conflict);
      if (!moved) break;
      conflict = std::move(next);
    }
  }
  for (const RowConflict& conflict : rechecked_) LATHE_TRY(Adopt(conflict));
  return Ok();
}

void TransactionImpl::Recheck(const RowConflict& conflict) {
  if (rechecked_keys_.insert(keyspace::RowPrefix(conflict.table->storage(), conflict.key)).second) {
    rechecked_.push_back(conflict);
    return;
  }
  // One row may have left a key, and another have come there.
  for (RowConflict& known : rechecked_) {
    if (known.table == conflict.table && known.key == conflict.key) known.gone &= conflict.gone;
  }
}

Result<std::optional<txn::KeyMoves::Move>> TransactionImpl::FateOf(const Table& table,
                                                                   std::string_view key,
                                                                   Timestamp after) const {
  LATHE_ASSIGN(std::optional<txn::KeyMoves::Move> fate,
               engine_->key_moves().Find(keyspace::RowPrefix(table.storage(), key), after));
  // Of a move there is a deletion, too.
  const Timestamp deleted = table.DeletedAfter(key, after);
  if (deleted.value != 0 && (!fate.has_value() || deleted < fate->ts)) {
    return std::optional<txn::KeyMoves::Move>({deleted, {}});
  }
  return fate;
}

Result<bool> TransactionImpl::Follow(RowConflict* conflict, Timestamp* after) {
  const Table& table = *conflict->table;
  LATHE_ASSIGN(const std::optional<txn::KeyMoves::Move> move, FateOf(table, conflict->key, *after));
  if (!move.has_value() || move->to.empty()) {
    conflict->gone = move.has_value();
    if (!engine_->key_moves().ForgottenAfter(*after)) return false;
    // It may have moved.
    LATHE_ASSIGN(bool there, table.Exists(*table.Current(), conflict->key));
    if (there && !conflict->gone) return false;
    return MakeError(SqlState::kSerializationFailure,
                     "could not serialize access due to concurrent update");
  }
  *after = move->ts;
  conflict->key = move->to.substr(keyspace::StoragePrefix(table.storage()).size());
  LATHE_TRY(engine_->locks()->LockRow(id_, move->to, conflict->mode, lock_wait()));
  return true;
}

Status TransactionImpl::Adopt(const RowConflict& conflict) {
  const Table& table = *conflict.table;
  const txn::StorageWrites* writes = buffer_.Find(table.storage());
  const txn::OwnVersion* known = writes == nullptr ? nullptr : writes->Find(conflict.key);
  // It is still there, but it may have been adopted as gone before another row was followed there.
  if (known != nullptr && !(known->adopted && known->is_delete() && !conflict.gone)) return Ok();
  std::string before, now;
  LATHE_ASSIGN(TableVersionPtr reads, table.VersionFor(snapshot_));
  LATHE_ASSIGN(bool was, table.Read(*reads, conflict.key, snapshot_, &before));
  // Under KEY SHARE somebody's change may be on its way; it counts once it is published.
  bool is = false;
  if (!conflict.gone) {
    const Timestamp newest = engine_->watermark()->Acquire();
    Result<bool> read = table.Read(*table.Current(), conflict.key, newest, &now);
    engine_->watermark()->Release(newest);
    LATHE_ASSIGN(is, std::move(read));
  }
  LATHE_TRY(buffer_.Adopt(table.storage(), table.schema_version(), conflict.key,
                          is ? std::string_view(now) : std::string_view(), statement_));
  // Scans by indexes must find it where it is now, and only there.
  const schema::RelationPtr relation = view_.GetRelation(conflict.relation->id);
  if (relation == nullptr) return Ok();
  const row::Layout& layout = table.layout();
  for (RelationId id : relation->indexes) {
    schema::RelationPtr index = view_.GetRelation(id);
    if (index == nullptr) continue;
    LATHE_ASSIGN(std::shared_ptr<Table> entries, engine_->GetTable(index));
    LATHE_ASSIGN(std::unique_ptr<EntryMaker> maker,
                 EntryMaker::For(this, *relation, index, layout, entries->layout(), 0,
                                 layout.field_count() - 1));
    auto put = [&](const std::string& row, bool remove) -> Status {
      std::string image;
      LATHE_ASSIGN(bool has, maker->Make(row.data(), row.data(), &image));
      if (!has) return Ok();
      const std::string key = entries->encoder().RowKey(image.data(), image.data());
      const txn::StorageWrites* own = buffer_.Find(entries->storage());
      const txn::OwnVersion* version = own == nullptr ? nullptr : own->Find(key);
      if (version != nullptr && !version->adopted) return Ok();
      if (remove) image.clear();
      return buffer_.Adopt(entries->storage(), entries->schema_version(), key, image, statement_);
    };
    if (was) LATHE_TRY(put(before, true));
    if (is) LATHE_TRY(put(now, false));
  }
  return Ok();
}

// --- Row locks of statements that write nothing
// --------------------------------------------------------------------------

Result<RowLocked> TransactionImpl::LockRow(const schema::RelationPtr& relation,
                                           const std::vector<types::Value>& values,
                                           txn::RowLockMode mode, RowWait wait) {
  LATHE_ASSIGN(std::shared_ptr<Table> table, engine_->GetTable(relation));
  auto refused = [&]() -> Result<RowLocked> {
    if (wait == RowWait::kSkip) return RowLocked::kSkipped;
    return MakeError(SqlState::kLockNotAvailable,
                     "could not obtain lock on row in relation \"" + relation->name + "\"");
  };
  // Locks of single rows mean nothing to those who have locked all rows.
  if (wait == RowWait::kWait) {
    LATHE_TRY(LockStorage(table->storage(), txn::TableLockMode::kRowExclusive));
  } else if (!TryLockStorage(table->storage(), txn::TableLockMode::kRowExclusive)) {
    return refused();
  }
  const std::string key = KeyOfValues(*relation, *table, values);
  const std::string lock = keyspace::RowPrefix(table->storage(), key);
  if (wait == RowWait::kWait) {
    LATHE_TRY(engine_->locks()->LockRow(id_, lock, mode, lock_wait()));
  } else if (!engine_->locks()->TryLockRow(id_, lock, mode, process_)) {
    return refused();
  }
  RowWriter row(this, relation, std::move(table));
  if (mode == txn::RowLockMode::kKeyShare) {
    // Only a key that is gone is a change here: a row whose other columns have changed is shown as
    // the snapshot has it, in PostgreSQL too.
    LATHE_ASSIGN(bool exists, row.Exists(key));
    LATHE_ASSIGN(const std::optional<txn::KeyMoves::Move> fate,
                 FateOf(row.table(), key, snapshot_));
    if (exists && !fate.has_value()) return RowLocked::kLocked;
  }
  LATHE_ASSIGN(bool unchanged, row.Unchanged(key, mode));
  return unchanged ? RowLocked::kLocked : RowLocked::kChanged;
}

std::string TransactionImpl::KeyOfValues(const schema::RelationDescriptor& keyed,
                                         const Table& table,
                                         const std::vector<types::Value>& values) const {
  const row::Layout& layout = table.layout();
  std::vector<types::Datum> datums(layout.field_count());
  auto nulls = std::make_unique<bool[]>(layout.field_count());
  for (size_t f = 0; f < layout.field_count(); ++f) nulls[f] = layout.field(f).null_bit >= 0;
  const std::vector<uint32_t> live = keyed.LiveColumns();
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t field =
        table.has_row_id()
            ? layout.field_count() - 1
            : static_cast<size_t>(std::find(live.begin(), live.end(), keyed.key[i].column) -
                                  live.begin());
    nulls[field] = false;
    datums[field] = values[i].datum();
  }
  std::string image;
  page::AppendImageOfDatums(layout, datums.data(), nulls.get(), &image);
  return table.encoder().RowKey(image.data(), image.data());
}

Result<schema::RelationPtr> TransactionImpl::TryLockTable(RelationId relation,
                                                          txn::TableLockMode mode) {
  if (!engine_->locks()->TryLockTableObject(id_, relation.value, mode, process_)) {
    schema::RelationPtr found = view_.GetRelation(relation);
    return MakeError(SqlState::kLockNotAvailable,
                     "could not obtain lock on relation \"" +
                         (found == nullptr ? std::to_string(relation.value) : found->name) + "\"");
  }
  return LockTable(relation, mode);
}

// --- Reads of SERIALIZABLE transactions
// --------------------------------------------------------------------------------

void TransactionImpl::NoteRead(const Table& table, const ScanRange& range) const {
  txn::ReadSet* set = reads();
  if (set == nullptr || range.keys.empty()) return;
  if (range.point) {
    set->AddKey(table.storage(), range.keys.begin);
  } else {
    set->Add(table.storage(), range.keys.begin, range.keys.end);
  }
}

}  // namespace lathe::table
