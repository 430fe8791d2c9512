// Locks: PostgreSQL's conflicts, first come first served, deadlocks, cancellation.
#include "storage/txn/lock_table.h"

#include <gtest/gtest.h>

#include <thread>

namespace lathe::txn {
namespace {

TEST(LockTable, ConflictsAsInPostgres) {
  using M = TableLockMode;
  EXPECT_FALSE(Conflicts(M::kAccessShare, M::kExclusive));
  EXPECT_TRUE(Conflicts(M::kAccessShare, M::kAccessExclusive));
  EXPECT_FALSE(Conflicts(M::kRowExclusive, M::kRowExclusive));
  EXPECT_TRUE(Conflicts(M::kRowExclusive, M::kShare));
  EXPECT_TRUE(Conflicts(M::kShareUpdateExclusive, M::kShareUpdateExclusive));
  EXPECT_FALSE(Conflicts(M::kShare, M::kShare));
  for (int a = 0; a < 8; ++a) {
    for (int b = 0; b < 8; ++b) {
      EXPECT_EQ(Conflicts(M(a), M(b)), Conflicts(M(b), M(a))) << a << " " << b;
    }
  }
}

TEST(LockTable, WaitsUntilReleased) {
  LockTable locks(base::Clock::System());
  ASSERT_TRUE(locks.LockRow(TxnId(1), "a", RowLockMode::kExclusive, {}).ok());
  ASSERT_TRUE(locks.LockRow(TxnId(1), "a", RowLockMode::kExclusive, {}).ok());
  bool waited = false;
  std::thread other([&] {
    EXPECT_TRUE(locks.LockRow(TxnId(2), "a", RowLockMode::kExclusive, {}, &waited).ok());
    locks.ReleaseAll(TxnId(2));
  });
  ASSERT_TRUE(locks.LockRow(TxnId(1), "b", RowLockMode::kExclusive, {}).ok());
  locks.ReleaseAll(TxnId(1));
  other.join();
  EXPECT_EQ(locks.lock_count(), 0u);
}

TEST(LockTable, FindsDeadlock) {
  LockTable locks(base::Clock::System());
  ASSERT_TRUE(locks.LockRow(TxnId(1), "a", RowLockMode::kExclusive, {}).ok());
  ASSERT_TRUE(locks.LockRow(TxnId(2), "b", RowLockMode::kExclusive, {}).ok());
  Status first;
  std::thread other([&] {
    first = locks.LockRow(TxnId(1), "b", RowLockMode::kExclusive, {});
    locks.ReleaseAll(TxnId(1));
  });
  Status second = locks.LockRow(TxnId(2), "a", RowLockMode::kExclusive, {});
  locks.ReleaseAll(TxnId(2));
  other.join();
  ASSERT_NE(first.ok(), second.ok());
  const Error& error = first.ok() ? second.error() : first.error();
  EXPECT_EQ(SqlStateCode(error.state), "40P01");
  EXPECT_EQ(locks.deadlock_count(), 1u);
  EXPECT_EQ(locks.lock_count(), 0u);
}

TEST(LockTable, GivesBackWhatCameSinceAMark) {
  LockTable locks(base::Clock::System());
  const TxnId one(1), other(2);
  ASSERT_TRUE(locks.LockRow(one, "a", RowLockMode::kKeyShare, {}).ok());
  const size_t mark = locks.Mark(one);
  ASSERT_TRUE(locks.LockRow(one, "a", RowLockMode::kExclusive, {}).ok());
  ASSERT_TRUE(locks.LockRow(one, "b", RowLockMode::kExclusive, {}).ok());
  ASSERT_TRUE(locks.TryLockAdvisory(one, {7}, true, 0));
  EXPECT_EQ(locks.lock_count(), 3u);
  EXPECT_FALSE(locks.TryLockRow(other, "a", RowLockMode::kNoKeyUpdate));
  locks.ReleaseSince(one, mark);
  EXPECT_EQ(locks.lock_count(), 1u);
  EXPECT_TRUE(locks.TryLockRow(other, "a", RowLockMode::kNoKeyUpdate));
  EXPECT_TRUE(locks.TryLockRow(other, "b", RowLockMode::kExclusive));
  EXPECT_FALSE(locks.TryLockRow(other, "a", RowLockMode::kExclusive));  // the first one stays
  locks.ReleaseAll(one);
  EXPECT_TRUE(locks.TryLockRow(other, "a", RowLockMode::kExclusive));
  locks.ReleaseAll(other);
  EXPECT_EQ(locks.lock_count(), 0u);
}

TEST(LockTable, CancelAndTimeoutEndAWait) {
  LockTable locks(base::Clock::System());
  ASSERT_TRUE(locks.LockTableObject(TxnId(1), 7, TableLockMode::kAccessExclusive, {}).ok());
  exec::CancelFlag cancel;
  cancel.state = 1 + static_cast<uint32_t>(SqlState::kQueryCanceled);
  Status status = locks.LockTableObject(TxnId(2), 7, TableLockMode::kAccessShare, {&cancel, 0});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kQueryCanceled);
  status = locks.LockTableObject(TxnId(2), 7, TableLockMode::kAccessShare, {nullptr, 1});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kLockNotAvailable);
  EXPECT_FALSE(locks.TryLockTableObject(TxnId(2), 7, TableLockMode::kAccessShare));
  locks.ReleaseAll(TxnId(1));
  EXPECT_TRUE(locks.TryLockTableObject(TxnId(2), 7, TableLockMode::kAccessShare));
  locks.ReleaseAll(TxnId(2));
}

TEST(LockTable, StrengtheningGoesBeforeWaiters) {
  LockTable locks(base::Clock::System());
  ASSERT_TRUE(locks.LockTableObject(TxnId(1), 7, TableLockMode::kRowExclusive, {}).ok());
  std::thread other([&] {
    EXPECT_TRUE(locks.LockTableObject(TxnId(2), 7, TableLockMode::kAccessExclusive, {}).ok());
    locks.ReleaseAll(TxnId(2));
  });
  EXPECT_TRUE(locks.LockTableObject(TxnId(1), 7, TableLockMode::kShareRowExclusive, {}).ok());
  locks.ReleaseAll(TxnId(1));
  other.join();
  EXPECT_EQ(locks.lock_count(), 0u);
}

}  // namespace
}  // namespace lathe::txn
