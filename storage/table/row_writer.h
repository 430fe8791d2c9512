// Single changes of rows of one storage, as the sinks and the writers of indexes make them: lock,
// check, buffer.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "storage/table/transaction_impl.h"

namespace lathe::table {

// Rows that wait in an INSERT for the decision between single changes and a load, in bytes; and
// rows that wait for a statement's end.
inline constexpr size_t kWaitingBytes = 16 << 20;

/// Changes of one statement in one table or index. One thread.
class RowWriter {
 public:
  RowWriter(TransactionImpl* transaction, schema::RelationPtr relation,
            std::shared_ptr<Table> table)
      : transaction_(transaction), relation_(std::move(relation)), table_(std::move(table)) {}

  const Table& table() const { return *table_; }
  const std::shared_ptr<Table>& shared_table() const { return table_; }
  TransactionImpl* transaction() const { return transaction_; }
  const schema::RelationDescriptor& relation() const { return *relation_; }
  const schema::RelationPtr& relation_ptr() const { return relation_; }

  /// Keeps loads off. Before the first change.
  Status Start() {
    if (started_) return Ok();
    LATHE_TRY(transaction_->LockStorage(table_->storage(), txn::TableLockMode::kRowExclusive));
    started_ = true;
    return Ok();
  }

  /// All rows are locked: no lock per row any more.
  void AllLocked() { started_ = all_locked_ = true; }

  Status Lock(std::string_view key, txn::RowLockMode mode = txn::RowLockMode::kExclusive);

  const txn::OwnVersion* Own(std::string_view key) const {
    const txn::StorageWrites* writes = transaction_->buffer()->Find(table_->storage());
    return writes == nullptr ? nullptr : writes->Find(key);
  }

  /// Is the row, locked now in this mode, as the statement's snapshot has it? In READ COMMITTED
  /// false means that the statement runs again (CheckConflicts); in the other levels it is 40001:
  /// first committer wins.
  Result<bool> Unchanged(std::string_view key,
                         txn::RowLockMode mode = txn::RowLockMode::kExclusive) const;
  /// At the statement's end: the error that makes it run again if rows had changed.
  Status CheckConflicts() const;

  Result<bool> Exists(std::string_view key) const {
    // What was adopted is what the statement sees, which may be no row although there is one.
    const txn::OwnVersion* own = Own(key);
    if (own != nullptr && !own->adopted) return !own->is_delete();
    return table_->Exists(*transaction_->ViewOf(*table_), key);
  }

  /// A new row; its key is checked and locked.
  Status Insert(std::string_view key, std::string_view image) {
    LATHE_TRY(Lock(key));
    if (relation_->unique) {
      LATHE_ASSIGN(bool exists, Exists(key));
      if (exists) return Duplicate(key);
    }
    const txn::OwnVersion* own = Own(key);
    if (own != nullptr && own->is_delete() && !own->adopted && !table_->is_index()) {
      transaction_->NoteReplaced(table_->storage(), key);
    }
    return Put(key, image, 1);
  }

  Status Put(std::string_view key, std::string_view image, int net_rows) {
    LATHE_TRY(transaction_->buffer()->Put(table_->storage(), table_->schema_version(), key, image,
                                          transaction_->statement(), net_rows));
    return transaction_->WantsSpill() ? Spill() : Ok();
  }

  /// Called before buffered rows are written as pages.
  void SetBeforeSpill(std::function<Status()> before) { before_spill_ = std::move(before); }

  /// True when this statement has changed the row already (a join found it twice): the first change
  /// stays.
  Result<bool> ChangedByThisStatement(std::string_view key) const {
    const txn::OwnVersion* own = Own(key);
    if (own != nullptr && own->statement == transaction_->statement()) return true;
    return transaction_->SpilledByStatement(table_->storage(), key);
  }

  Status CheckCancel() const {
    const exec::CancelFlag* cancel = transaction_->cancel();
    return cancel != nullptr && cancel->cancelled() ? Status(txn::CancelledError(*cancel)) : Ok();
  }

  /// Begins a load into this storage, which the transaction then has for itself: rows in key ranges
  /// that are not free go through Insert. Null when this transaction's snapshot forbids a load.
  /// This object must stay where it is until the load is finished; *load is where the caller keeps
  /// it.
  Status BeginLoad(std::unique_ptr<LoadWriter>* load);
  /// Begins a sort of rows that Finish hands to Insert one by one in key order.
  Result<std::unique_ptr<LoadWriter>> BeginSort();

 private:
  Error Duplicate(std::string_view key) const;
  Status Spill();
  LoadOptions InsertOptions();

  TransactionImpl* const transaction_;
  const schema::RelationPtr relation_;
  const std::shared_ptr<Table> table_;
  std::function<Status()> before_spill_;
  bool started_ = false, all_locked_ = false;
  uint64_t locked_rows_ = 0;
};

}  // namespace lathe::table
