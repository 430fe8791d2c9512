// Space: what an open snapshot keeps, and what it does not; snapshots that are too old; files
// without replaced pages.
#include <gtest/gtest.h>

#include <atomic>

#include "storage/table/engine.h"
#include "storage/table/test_rows.h"

namespace lathe::table::testing {
namespace {

/// The machine's clock, moved on by hand.
class MovedClock final : public base::Clock {
 public:
  int64_t UnixMicros() override { return System()->UnixMicros() + moved_ns_ / 1000; }
  int64_t MonotonicNanos() override { return System()->MonotonicNanos() + moved_ns_; }
  void Move(int64_t seconds) { moved_ns_ += seconds * 1'000'000'000; }

 private:
  std::atomic<int64_t> moved_ns_{0};
};

class SpaceTest : public ::testing::Test {
 protected:
  void Open() {
    options_.background_fold = false;
    auto engine = Engine::Open(directory_.path(), options_, &clock_);
    ASSERT_TRUE(engine.ok()) << engine.error().ToString();
    engine_ = std::move(engine).value();
  }
  std::unique_ptr<Transaction> Begin(txn::Isolation level = txn::Isolation::kReadCommitted) {
    auto txn = engine_->Begin(level);
    EXPECT_TRUE(txn->StartStatement(nullptr).ok());
    return txn;
  }
  schema::RelationPtr Fill(int64_t rows) {
    auto txn = Begin();
    auto relation = txn->CreateTable(KeyedSpec());
    EXPECT_TRUE(relation.ok());
    EXPECT_TRUE(Insert(txn.get(), *relation, Rows(0, rows, "0")).ok());
    EXPECT_TRUE(txn->Commit().ok());
    return *relation;
  }
  static std::vector<Row> Rows(int64_t from, int64_t to, const std::string& value) {
    std::vector<Row> rows;
    for (int64_t i = from; i < to; ++i) {
      rows.push_back({std::to_string(i), value, std::string(60, 'x')});
    }
    return rows;
  }
  /// Commits rows [from, to) with a value, and folds.
  void Change(const schema::RelationPtr& relation, int64_t from, int64_t to,
              const std::string& value) {
    auto txn = Begin();
    Status changed = Update(txn.get(), relation, from, to, value);
    ASSERT_TRUE(changed.ok()) << changed.error().ToString();
    ASSERT_TRUE(txn->Commit().ok());
    ASSERT_TRUE(engine_->FoldNow(relation->id).ok());
  }
  static Status Update(Transaction* txn, const schema::RelationPtr& relation, int64_t from,
                       int64_t to, const std::string& value) {
    auto in_range = [&](const Row& row) {
      const int64_t key = std::stoll(*row[0]);
      return from <= key && key < to;
    };
    return testing::Change(txn, relation, in_range,
                           [&](const Row& row) { return Row{row[0], value, row[2]}; });
  }
  static std::string ValueOf(const std::vector<Row>& rows, size_t i) { return *rows[i][1]; }

  TempDirectory directory_;
  EngineOptions options_;
  MovedClock clock_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(SpaceTest, OpenSnapshotKeepsOnlyWhatItReads) {
  Open();
  schema::RelationPtr t = Fill(1000);
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  auto reader = Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(ValueOf(Scan(reader.get(), t), 0), "0");
  Change(t, 0, 1000, "1");
  const uint64_t first = engine_->Stats().dead_bytes;
  for (int i = 2; i < 8; ++i) Change(t, 0, 1000, std::to_string(i));
  // The pages of the folds between went as later ones replaced them.
  const uint64_t between = engine_->Stats().dead_bytes;
  EXPECT_GT(between, first);
  ASSERT_TRUE(reader->StartStatement(nullptr).ok());
  std::vector<Row> rows = Scan(reader.get(), t);
  ASSERT_EQ(rows.size(), 1000u);
  for (size_t i = 0; i < rows.size(); ++i) EXPECT_EQ(ValueOf(rows, i), "0");
  reader->Rollback();
  ASSERT_TRUE(engine_->FoldAll().ok());
  EXPECT_GT(engine_->Stats().dead_bytes, between);
  EXPECT_EQ(ValueOf(Scan(Begin().get(), t), 999), "7");
  ASSERT_TRUE(engine_->Compact(t->id).ok());
  EXPECT_EQ(engine_->Stats().dead_bytes, 0u);
  EXPECT_EQ(ValueOf(Scan(Begin().get(), t), 999), "7");
}

// The versions in which a row changed are gone: that it changed is seen all the same.
TEST_F(SpaceTest, ChangesBetweenAreNotForgotten) {
  Open();
  schema::RelationPtr t = Fill(100);
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  auto writer = Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(Scan(writer.get(), t).size(), 100u);
  Change(t, 0, 1, "1");  // the others keep the table's versions moving
  Change(t, 10, 11, "1");
  Change(t, 20, 21, "1");
  Change(t, 30, 31, "1");
  for (int64_t row : {0, 10, 20, 30}) {
    Status changed = Update(writer.get(), t, row, row + 1, "2");
    ASSERT_FALSE(changed.ok()) << row;
    EXPECT_EQ(changed.error().state, SqlState::kSerializationFailure) << row;
    writer->UndoStatement();
  }
  EXPECT_TRUE(Update(writer.get(), t, 50, 51, "2").ok());
  EXPECT_TRUE(writer->Commit().ok());
}

TEST_F(SpaceTest, SnapshotsGetTooOld) {
  options_.snapshot_seconds_max = 60;
  Open();
  schema::RelationPtr t = Fill(100);
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  auto old = Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(Scan(old.get(), t).size(), 100u);
  clock_.Move(50);
  Change(t, 0, 100, "1");
  ASSERT_TRUE(old->StartStatement(nullptr).ok());
  EXPECT_EQ(ValueOf(Scan(old.get(), t), 5), "0");
  auto young = Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(ValueOf(Scan(young.get(), t), 5), "1");
  clock_.Move(70);
  EXPECT_GE(engine_->Stats().oldest_snapshot_micros, 120'000'000u);
  Change(t, 0, 100, "2");
  ASSERT_TRUE(old->StartStatement(nullptr).ok());
  auto source = old->tables()->OpenScan(t, {});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(SqlStateCode(source.error().state), "72000");
  EXPECT_EQ(source.error().message, "snapshot too old");
  Status changed = Update(old.get(), t, 3, 4, "9");
  ASSERT_FALSE(changed.ok());
  old->Rollback();
  ASSERT_TRUE(young->StartStatement(nullptr).ok());
  EXPECT_EQ(ValueOf(Scan(young.get(), t), 5), "1");
  young->Rollback();
  EXPECT_EQ(ValueOf(Scan(Begin().get(), t), 5), "2");
}

}  // namespace
}  // namespace lathe::table::testing
