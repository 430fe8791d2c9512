// Locks of running transactions, in memory only: FIFO queues per table and per row key. Waiting
// ends when the lock is granted, when the statement is cancelled, when lock_timeout passes, or when
// waiting would close a cycle in the waits-for graph (40P01).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "runtime/base/clock.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/exec/exec.h"

namespace lathe::txn {

/// Table lock modes, weakest first, with PostgreSQL's conflicts (its documentation, table 13.2).
enum class TableLockMode : uint8_t {
  kAccessShare,           // SELECT
  kRowShare,              // SELECT FOR UPDATE
  kRowExclusive,          // INSERT, UPDATE, DELETE, COPY FROM
  kShareUpdateExclusive,  // VACUUM, ANALYZE
  kShare,                 // CREATE INDEX
  kShareRowExclusive,     // a load; CREATE TRIGGER
  kExclusive,
  kAccessExclusive,  // DROP TABLE, TRUNCATE, ALTER TABLE
};
/// "AccessShareLock", as pg_locks and PostgreSQL's messages name it.
std::string_view LockModeName(TableLockMode mode);
/// True when two transactions cannot hold these at the same time.
bool Conflicts(TableLockMode a, TableLockMode b);

enum class RowLockMode : uint8_t { kShare, kExclusive };

/// How long a wait may last.
struct LockWait {
  const exec::CancelFlag* cancel = nullptr;  // may be null
  int64_t timeout_ms = 0;  // 0 = for ever; else 55P03 "canceling statement due to lock timeout"
};

/// The lock table. Thread-safe. Locks are re-entrant and are kept until ReleaseAll.
class LockTable {
 public:
  explicit LockTable(base::Clock* clock);
  ~LockTable();
  LockTable(const LockTable&) = delete;
  LockTable& operator=(const LockTable&) = delete;

  /// Takes (or strengthens) a lock on a table. object is a RelationId's or another catalog object's
  /// number. Errors: 40P01, 57014 (or the reason in the cancel flag), 55P03.
  Status LockTableObject(TxnId txn, uint64_t object, TableLockMode mode, const LockWait& wait);
  /// As LockTableObject without waiting; false when it is not to be had at once.
  bool TryLockTableObject(TxnId txn, uint64_t object, TableLockMode mode);
  /// Takes a lock on a row key (StorageId | key). Same errors. *waited (may be null) tells whether
  /// it had to wait.
  Status LockRow(TxnId txn, std::string_view key, RowLockMode mode, const LockWait& wait,
                 bool* waited = nullptr);
  /// Ends all locks of a transaction and wakes those that waited for them.
  void ReleaseAll(TxnId txn);

  /// Locks held or waited for, for the admin service and tests.
  uint64_t lock_count() const;
  /// Deadlocks found so far.
  uint64_t deadlock_count() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lathe::txn
