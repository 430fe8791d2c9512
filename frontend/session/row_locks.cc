// SELECT ... FOR UPDATE and its like: the plan's rows come with the keys of their tables' rows and
// with the limit (bind::RowLocks); here they are locked one by one, in the order of the result,
// until there are as many as wanted. Nothing is sent before all are locked: rows that have changed
// since the statement's snapshot make it run again.
#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

// Ends a plan whose further rows are not wanted. Seen here only.
constexpr const char* kEnoughRows = "enough rows";

bool IsEnough(const Error& error) {
  return error.state == SqlState::kInternalError && error.message == kEnoughRows;
}

txn::RowLockMode ModeOf(const bind::RowLocks::Table& table) {
  using Strength = ast::LockingClause::Strength;
  switch (table.strength) {
    case Strength::kKeyShare:
      return txn::RowLockMode::kKeyShare;
    case Strength::kShare:
      return txn::RowLockMode::kShare;
    case Strength::kNoKeyUpdate:
      return txn::RowLockMode::kNoKeyUpdate;
    case Strength::kUpdate:
      break;
  }
  return txn::RowLockMode::kExclusive;
}

table::RowWait WaitOf(const bind::RowLocks::Table& table) {
  switch (table.wait) {
    case ast::LockingClause::Wait::kSkipLocked:
      return table::RowWait::kSkip;
    case ast::LockingClause::Wait::kNowait:
      return table::RowWait::kError;
    case ast::LockingClause::Wait::kBlock:
      break;
  }
  return table::RowWait::kWait;
}

/// Locks rows and keeps the visible part of those that it could lock.
class LockingSink final : public exec::RowSink {
 public:
  LockingSink(table::Transaction* txn, const bind::RowLocks* locks, const row::Layout* layout,
              row::RowBuffer* rows)
      : txn_(txn), locks_(locks), layout_(layout), rows_(rows) {}

  Status Consume(const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* row = row::RowAt(segment.page, layout_->stride(), r);
      if (!limits_known_) LATHE_TRY(ReadLimits(segment.page, row));
      if (left_ == 0) return MakeError(SqlState::kInternalError, kEnoughRows);
      LATHE_ASSIGN(bool locked, Lock(segment.page, row));
      if (!locked) continue;
      if (skip_ > 0) {
        --skip_;
        continue;
      }
      LATHE_TRY(Keep(segment.page, row));
      if (left_ > 0) --left_;
    }
    return left_ == 0 ? Status(MakeError(SqlState::kInternalError, kEnoughRows)) : Ok();
  }
  Status Finish() override { return Ok(); }
  uint64_t count() const { return count_; }

 private:
  Result<int64_t> ReadCount(const char* page, const char* row, int32_t field, int64_t none,
                            const char* what) const {
    if (field < 0 || layout_->IsNull(row, static_cast<size_t>(field))) return none;
    const int64_t count = row::ReadField(*layout_, page, row, static_cast<size_t>(field)).i64;
    if (count >= 0) return count;
    const bool limit = field == locks_->limit;
    return MakeError(limit ? SqlState::kInvalidRowCountInLimit : SqlState::kInvalidRowCountInOffset,
                     std::string(what) + " must not be negative");
  }
  Status ReadLimits(const char* page, const char* row) {
    limits_known_ = true;
    LATHE_ASSIGN(left_, ReadCount(page, row, locks_->limit, -1, "LIMIT"));
    LATHE_ASSIGN(skip_, ReadCount(page, row, locks_->offset, 0, "OFFSET"));
    return Ok();
  }

  // False: the row is to be left out.
  Result<bool> Lock(const char* page, const char* row) {
    for (const bind::RowLocks::Table& table : locks_->tables) {
      std::vector<types::Value> key;
      for (uint32_t field : table.key) {
        key.push_back(types::Value::FromDatum(layout_->field(field).type,
                                              row::ReadField(*layout_, page, row, field)));
      }
      LATHE_ASSIGN(table::RowLocked locked,
                   txn_->LockRow(table.relation, key, ModeOf(table), WaitOf(table)));
      if (locked == table::RowLocked::kSkipped) return false;
    }
    return true;
  }

  Status Keep(const char* page, const char* row) {
    ++count_;
    const size_t fields = rows_->layout().field_count();
    std::vector<types::Datum> datums(fields);
    std::unique_ptr<bool[]> nulls(new bool[fields + 1]());
    for (size_t i = 0; i < fields; ++i) {
      nulls[i] = layout_->IsNull(row, i);
      if (!nulls[i]) datums[i] = row::ReadField(*layout_, page, row, i);
    }
    if (!rows_->AppendRow(datums.data(), nulls.get())) {
      return MakeError(SqlState::kOutOfMemory, "out of memory");
    }
    return Ok();
  }

  table::Transaction* const txn_;
  const bind::RowLocks* const locks_;
  const row::Layout* const layout_;
  row::RowBuffer* const rows_;
  bool limits_known_ = false;
  int64_t left_ = -1, skip_ = 0;  // left: -1 = no limit
  uint64_t count_ = 0;
};

}  // namespace

Status SessionImpl::RunLockingQuery(Run* run, const driver::CachedPlan& plan) {
  const bind::RowLocks& locks = *static_cast<const bind::RowLocks*>(plan.row_locks.get());
  if (read_only_) {
    return MakeError(
        SqlState::kReadOnlySqlTransaction,
        std::string("cannot execute SELECT ") + locks.clause + " in a read-only transaction");
  }
  for (const bind::RowLocks::Table& table : locks.tables) {
    LATHE_TRY(txn_->LockTable(table.relation->id, txn::TableLockMode::kRowShare));
  }
  const row::Layout& all = plan.query->result_layout();
  const std::vector<ResultColumn> columns = ColumnsOf(plan);
  std::vector<row::FieldSpec> specs;
  for (const ResultColumn& column : columns) specs.push_back({column.type, true});
  Portal own;
  Portal* portal = run->portal != nullptr ? run->portal : &own;
  portal->layout = row::Layout::Make(specs);
  portal->budget = std::make_unique<base::MemoryBudget>(instance_->options().query_memory_bytes_max,
                                                        instance_->memory());
  portal->rows = std::make_unique<row::RowBuffer>(&portal->layout, portal->budget.get());
  LockingSink sink(txn_.get(), &locks, &all, portal->rows.get());
  uint64_t affected = 0;
  auto done = ExecutePlan(plan, *run->prepared, *run->params, &sink, &affected, false);
  if (!done.ok() && !IsEnough(done.error())) {
    portal->rows = nullptr;
    return std::move(done).error();
  }
  if (txn_->has_conflicts()) {
    portal->rows = nullptr;
    return MakeError(SqlState::kSerializationFailure, exec::kRestartStatement);
  }
  run->tag = "SELECT " + std::to_string(sink.count());
  if (run->portal != nullptr) return Ok();
  if (run->describe) run->client->Columns(columns);
  for (size_t i = 0; i < own.rows->page_count(); ++i) {
    const char* page = own.rows->page(i);
    LATHE_TRY(run->client->Rows(own.layout, {page, 0, row::HeaderOf(page).row_count}));
  }
  return Ok();
}

}  // namespace lathe::session
