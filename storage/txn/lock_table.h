// Locks of running transactions, in memory only: FIFO queues per table and per row key. Waiting
// ends when the lock is granted, when the statement is cancelled, when lock_timeout passes, or when
// waiting would close a cycle in the waits-for graph (40P01).
#pragma once

#include <compare>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

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

/// Row lock modes, weakest first, with PostgreSQL's conflicts (its documentation, table 13.3).
enum class RowLockMode : uint8_t {
  kKeyShare,     // SELECT FOR KEY SHARE; a foreign key's check of the row referred to
  kShare,        // SELECT FOR SHARE
  kNoKeyUpdate,  // SELECT FOR NO KEY UPDATE; UPDATE that leaves the key alone
  kExclusive,    // SELECT FOR UPDATE; DELETE, UPDATE of a key, INSERT
};

/// How long a wait may last, and who waits.
struct LockWait {
  const exec::CancelFlag* cancel = nullptr;  // may be null
  int64_t timeout_ms = 0;  // 0 = for ever; else 55P03 "canceling statement due to lock timeout"
  // The session that asks. Owners of one session do not wait for each other; 0 = the owner stands
  // for itself.
  uint32_t process = 0;
};

/// An advisory lock's name, as PostgreSQL has it: one number of 64 bits, or two of 32.
struct AdvisoryKey {
  uint64_t key = 0;
  bool two_numbers = false;
  friend auto operator<=>(const AdvisoryKey&, const AdvisoryKey&) = default;
};

/// A lock that is held or waited for.
struct LockInfo {
  enum class Kind : uint8_t { kTable, kRow, kAdvisory };
  Kind kind = Kind::kTable;
  uint64_t object = 0;   // kTable: as LockTableObject has it
  AdvisoryKey advisory;  // kAdvisory
  TableLockMode mode = TableLockMode::kAccessShare;
  TxnId txn;
  uint32_t process = 0;
  bool granted = true;
};

/// The lock table. Thread-safe. Locks are re-entrant and are kept until they are released.
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
  bool TryLockTableObject(TxnId txn, uint64_t object, TableLockMode mode, uint32_t process = 0);
  /// Takes a lock on a row key (StorageId | key). Same errors. *waited (may be null) tells whether
  /// it had to wait.
  Status LockRow(TxnId txn, std::string_view key, RowLockMode mode, const LockWait& wait,
                 bool* waited = nullptr);
  /// As LockRow without waiting; false when it is not to be had at once.
  bool TryLockRow(TxnId txn, std::string_view key, RowLockMode mode, uint32_t process = 0);
  /// Advisory locks. owner: a transaction, or a number of the session's own. Same errors.
  Status LockAdvisory(TxnId owner, const AdvisoryKey& key, bool shared, const LockWait& wait);
  bool TryLockAdvisory(TxnId owner, const AdvisoryKey& key, bool shared, uint32_t process);
  /// Gives one mode of an advisory lock back, however often it was taken.
  void ReleaseAdvisory(TxnId owner, const AdvisoryKey& key, bool shared);

  /// How many times a transaction has got a lock or a stronger one: ReleaseSince takes back what
  /// came later.
  size_t Mark(TxnId txn) const;
  void ReleaseSince(TxnId txn, size_t mark);
  /// Ends all locks of a transaction and wakes those that waited for them.
  void ReleaseAll(TxnId txn);

  /// All locks held and waited for, in no order. Rows: at most one entry per transaction and row.
  std::vector<LockInfo> List() const;

  /// Locks held or waited for, for the admin service and tests.
  uint64_t lock_count() const;
  /// Deadlocks found so far.
  uint64_t deadlock_count() const;

 private:
  struct Rep;
  std::unique_ptr<Rep> rep_;
};

}  // namespace lathe::txn
