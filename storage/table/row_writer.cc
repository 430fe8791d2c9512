#include "storage/table/row_writer.h"

namespace lathe::table {
namespace {

// Row locks of one statement before it tries to lock all rows at once.
constexpr uint64_t kEscalateRows = 1000;

}  // namespace

Status RowWriter::Lock(std::string_view key, txn::RowLockMode mode) {
  if (all_locked_) return Ok();
  ++locked_rows_;
  if (locked_rows_ > kEscalateRows && locked_rows_ % kEscalateRows == 1 &&
      transaction_->TryLockStorage(table_->storage(), txn::TableLockMode::kShareRowExclusive)) {
    all_locked_ = true;
    return Ok();
  }
  return transaction_->engine()->locks()->LockRow(transaction_->id(),
                                                  keyspace::RowPrefix(table_->storage(), key), mode,
                                                  transaction_->lock_wait());
}

Result<bool> RowWriter::Unchanged(std::string_view key, txn::RowLockMode mode) const {
  // Own rows were checked when they were written first.
  if (Own(key) != nullptr || transaction_->Rechecked(table_->storage(), key)) return true;
  LATHE_ASSIGN(bool changed, table_->ChangedSince(key, transaction_->snapshot()));
  // Pages that were merged since may have another row there that looks the same.
  if (!changed && table_->MergedSince(transaction_->snapshot())) {
    LATHE_ASSIGN(const std::optional<txn::KeyMoves::Move> fate,
                 transaction_->FateOf(*table_, key, transaction_->snapshot()));
    changed = fate.has_value();
  }
  if (!changed) return true;
  if (transaction_->isolation() == txn::Isolation::kReadCommitted) {
    transaction_->NoteConflict(relation_, table_, key, mode);
    return false;
  }
  LATHE_ASSIGN(bool exists, table_->Exists(*table_->Current(), key));
  LATHE_ASSIGN(const std::optional<txn::KeyMoves::Move> fate,
               transaction_->FateOf(*table_, key, transaction_->snapshot()));
  const bool gone = fate.has_value() ? fate->to.empty() : !exists;
  return MakeError(SqlState::kSerializationFailure,
                   gone ? "could not serialize access due to concurrent delete"
                        : "could not serialize access due to concurrent update");
}

Status RowWriter::CheckConflicts() const {
  if (!transaction_->has_conflicts()) return Ok();
  return MakeError(SqlState::kSerializationFailure, exec::kRestartStatement);
}

Error RowWriter::Duplicate(std::string_view key) const {
  // Somebody has inserted it since this transaction looked: it is to be tried again, as in
  // PostgreSQL, where its retry finds the key.
  if (transaction_->ReadsHaveChanged()) return txn::Validator::ConflictError();
  Error error = DuplicateKeyError(*relation_, table_->encoder(), key);
  if (relation_->kind == schema::RelationKind::kIndex) {
    schema::RelationPtr table = transaction_->catalog()->GetRelation(relation_->table);
    if (table != nullptr) error.table_name = table->name;
  }
  return error;
}

Status RowWriter::Spill() {
  if (before_spill_ != nullptr) LATHE_TRY(before_spill_());
  LATHE_ASSIGN(bool spilled, transaction_->Spill(table_));
  if (spilled) all_locked_ = true;
  return Ok();
}

LoadOptions RowWriter::InsertOptions() {
  LoadOptions options;
  options.sort_bytes = transaction_->engine()->options().load_sort_bytes;
  options.fallback = [this](const char* base, const char* row) {
    const keyspace::KeyEncoder& encoder = table_->encoder();
    return Insert(encoder.RowKey(base, row), page::RowImage(encoder.layout(), base, row));
  };
  options.duplicate = [this](std::string_view key) { return Duplicate(key); };
  return options;
}

Status RowWriter::BeginLoad(std::unique_ptr<LoadWriter>* load) {
  // Against other loads and writers of single rows.
  LATHE_TRY(transaction_->LockStorage(table_->storage(), txn::TableLockMode::kShareRowExclusive));
  AllLocked();
  // The load's pages must fit between those that this transaction's snapshot reads, not only
  // between the newest.
  if (transaction_->isolation() != txn::Isolation::kReadCommitted &&
      !table_->NewestIs(transaction_->snapshot())) {
    return Ok();
  }
  if (!transaction_->MayLoad(table_->storage())) return Ok();
  LATHE_TRY(transaction_->SpillEarlier(table_));
  LATHE_ASSIGN(uint64_t id, transaction_->engine()->load_ids()->Next());
  LoadOptions options = InsertOptions();
  options.view = [this] { return transaction_->ViewOf(*table_); };
  options.range_free = [this](std::string_view first, std::string_view last) {
    return transaction_->RangeFree(*table_, first, last);
  };
  LATHE_ASSIGN(*load,
               LoadWriter::Begin(transaction_->engine(), table_, LoadId(id), std::move(options)));
  // What the load has written so far must be part of what buffered rows are merged with.
  SetBeforeSpill([this, load]() -> Status {
    if (*load == nullptr) return Ok();
    LATHE_ASSIGN(uint64_t next, transaction_->engine()->load_ids()->Next());
    LATHE_ASSIGN(PendingLoad done, (*load)->Split(LoadId(next)));
    return transaction_->AddLoad(std::move(done));
  });
  return Ok();
}

Result<std::unique_ptr<LoadWriter>> RowWriter::BeginSort() {
  LATHE_ASSIGN(uint64_t id, transaction_->engine()->load_ids()->Next());
  LoadOptions options = InsertOptions();
  options.sort_all = true;
  options.range_free = [](std::string_view, std::string_view) { return false; };
  return LoadWriter::Begin(transaction_->engine(), table_, LoadId(id), std::move(options));
}

}  // namespace lathe::table
