// The vertical path: create, write, commit, read under snapshots, restart, fold, load.
#include "storage/table/engine.h"

#include <gtest/gtest.h>

#include <thread>

#include "storage/table/test_kv.h"
#include "storage/table/test_rows.h"

namespace lathe::table::testing {
namespace {

class EngineTest : public ::testing::Test {
 protected:
  EngineTest() {
    options_.background_fold = false;
    Reopen();
  }
  void Reopen() {
    engine_.reset();
    auto engine = Engine::Open(directory_.path(), options_);
    ASSERT_TRUE(engine.ok()) << engine.error().ToString();
    engine_ = std::move(engine).value();
  }
  std::unique_ptr<Transaction> Begin(txn::Isolation level = txn::Isolation::kReadCommitted) {
    auto txn = engine_->Begin(level);
    EXPECT_TRUE(txn->StartStatement(nullptr).ok());
    return txn;
  }
  schema::RelationPtr Create(const TableSpec& spec) {
    auto txn = Begin();
    auto relation = txn->CreateTable(spec);
    EXPECT_TRUE(relation.ok()) << relation.error().ToString();
    EXPECT_TRUE(txn->Commit().ok());
    return relation.value();
  }
  schema::RelationPtr Find(const std::string& name) {
    return Begin()->catalog()->FindRelation(schema::kPublicSchema, name);
  }
  void MustInsert(const schema::RelationPtr& relation, const std::vector<Row>& rows) {
    auto txn = Begin();
    Status status = Insert(txn.get(), relation, rows);
    ASSERT_TRUE(status.ok()) << status.error().ToString();
    ASSERT_TRUE(txn->Commit().ok());
  }
  std::vector<Row> All(const schema::RelationPtr& relation) {
    auto txn = Begin();
    return Scan(txn.get(), relation);
  }
  static std::vector<Row> Numbered(int64_t from, int64_t to, int64_t step = 1) {
    std::vector<Row> rows;
    for (int64_t i = from; i < to; i += step) {
      rows.push_back({std::to_string(i), std::to_string(i * 10), "row " + std::to_string(i)});
    }
    return rows;
  }

  TempDirectory directory_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

const std::vector<Row> kThree = {
    {"1", "10", "one"}, {"2", std::nullopt, "two, a longer text"}, {"3", "30", std::nullopt}};

TEST_F(EngineTest, CommitAndRestart) {
  EXPECT_EQ(engine_->database_name(), "lathe");
  schema::RelationPtr t = Create(KeyedSpec());
  EXPECT_EQ(t->primary_key_name, "t_pkey");
  MustInsert(t, {kThree[2], kThree[0], kThree[1]});
  EXPECT_EQ(All(t), kThree);
  Reopen();
  t = Find("t");
  ASSERT_NE(t, nullptr);
  EXPECT_EQ(All(t), kThree);
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  EXPECT_EQ(engine_->Stats().delta_rows, 0u);
  EXPECT_EQ(All(t), kThree);
  Reopen();
  t = Find("t");
  EXPECT_EQ(All(t), kThree);
  EXPECT_EQ(engine_->Stats().delta_rows, 0u);
}

TEST_F(EngineTest, RollbackLeavesNothing) {
  schema::RelationPtr t = Create(KeyedSpec());
  {
    auto txn = Begin();
    ASSERT_TRUE(Insert(txn.get(), t, kThree).ok());
    EXPECT_EQ(Scan(txn.get(), t), kThree);  // own writes of an earlier statement
    txn->Rollback();
  }
  EXPECT_TRUE(All(t).empty());
  {
    auto txn = Begin();
    ASSERT_TRUE(txn->CreateTable(KeyedSpec("u")).ok());
    ASSERT_TRUE(txn->DropTable(t->id).ok());
  }
  EXPECT_EQ(Find("u"), nullptr);
  EXPECT_NE(Find("t"), nullptr);
  EXPECT_EQ(engine_->Stats().locks, 0u);
}

TEST_F(EngineTest, SnapshotsStayAsTheyAre) {
  schema::RelationPtr t = Create(KeyedSpec());
  MustInsert(t, kThree);
  auto old = Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(Scan(old.get(), t), kThree);
  auto txn = Begin();
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& r) { return r[0] == "2"; },
                  [](const Row&) { return Row{"2", "22", "changed"}; })
                  .ok());
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& r) { return r[0] == "3"; },
                  [](const Row&) { return std::nullopt; })
                  .ok());
  ASSERT_TRUE(Insert(txn.get(), t, {{"0", "0", "new"}}).ok());
  const std::vector<Row> changed = {{"0", "0", "new"}, kThree[0], {"2", "22", "changed"}};
  EXPECT_EQ(Scan(txn.get(), t), changed);
  EXPECT_EQ(All(t), kThree);
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_EQ(All(t), changed);
  EXPECT_EQ(Scan(old.get(), t), kThree);
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());  // passes the open snapshot
  EXPECT_EQ(All(t), changed);
  EXPECT_EQ(Scan(old.get(), t), kThree);
  // First committer wins, also when the change has been folded away.
  Status status = Change(
      old.get(), t, [](const Row& r) { return r[0] == "2"; },
      [](const Row&) { return Row{"2", "5", "lost"}; });
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().ToString(),
            "40001: could not serialize access due to concurrent update");
  old->Rollback();
  ASSERT_TRUE(engine_->FoldAll().ok());
  EXPECT_EQ(All(t), changed);
}

TEST_F(EngineTest, UniqueKeys) {
  schema::RelationPtr t = Create(KeyedSpec());
  MustInsert(t, kThree);
  for (int folded = 0; folded < 2; ++folded) {
    auto txn = Begin();
    Status status = Insert(txn.get(), t, {{"9", "1", "x"}, {"2", "1", "x"}});
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(SqlStateCode(status.error().state), "23505");
    EXPECT_EQ(status.error().message, "duplicate key value violates unique constraint \"t_pkey\"");
    EXPECT_EQ(status.error().detail, "Key (k)=(2) already exists.");
    txn->UndoStatement();
    EXPECT_EQ(Scan(txn.get(), t), kThree);
    // UPDATE t SET k = k + 1: unique at the end of the statement.
    ASSERT_TRUE(
        Change(
            txn.get(), t, [](const Row&) { return true; },
            [](const Row& r) { return Row{std::to_string(std::stoi(*r[0]) + 1), r[1], r[2]}; })
            .ok());
    EXPECT_EQ(Scan(txn.get(), t).front()[0], "2");
    status = Change(
        txn.get(), t, [](const Row& r) { return r[0] == "2"; },
        [](const Row& r) { return Row{"4", r[1], r[2]}; });
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().detail, "Key (k)=(4) already exists.");
    txn->Rollback();
    ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  }
}

TEST_F(EngineTest, WritersOfARowWaitAndRestart) {
  schema::RelationPtr t = Create(KeyedSpec());
  MustInsert(t, kThree);
  auto first = Begin();
  auto set_v = [&](Transaction* txn, const char* v) {
    return Change(
        txn, t, [](const Row& r) { return r[0] == "1"; },
        [v](const Row& r) { return Row{r[0], v, r[2]}; });
  };
  ASSERT_TRUE(set_v(first.get(), "11").ok());
  auto second = Begin();
  Status status;
  std::thread other([&] { status = set_v(second.get(), "12"); });
  while (engine_->Stats().locks < 3) std::this_thread::yield();
  ASSERT_TRUE(first->Commit().ok());
  other.join();
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().message, exec::kRestartStatement);
  second->UndoStatement();
  ASSERT_TRUE(set_v(second.get(), "12").ok());
  ASSERT_TRUE(second->Commit().ok());
  EXPECT_EQ(All(t)[0][1], "12");
}

TEST_F(EngineTest, PointAndRangeScans) {
  schema::RelationPtr t = Create(KeyedSpec());
  options_.load_rows_min = 100;
  Reopen();
  MustInsert(t, Numbered(0, 5000, 2));
  for (int round = 0; round < 3; ++round) {
    if (round == 1) MustInsert(t, Numbered(1, 200, 2));
    if (round == 2) {
      ASSERT_TRUE(engine_->FoldNow(t->id).ok());
    }
    auto txn = Begin();
    EXPECT_EQ(Scan(txn.get(), t, PointRequest(4000)), Numbered(4000, 4001));
    EXPECT_TRUE(Scan(txn.get(), t, PointRequest(4001)).empty());
    EXPECT_EQ(Scan(txn.get(), t, PointRequest(101)).size(), round == 0 ? 0u : 1u);
    exec::ScanRequest range;
    range.lower.values = {types::Value::Int8(10)};
    range.lower.inclusive = false;
    range.upper.values = {types::Value::Int8(20)};
    EXPECT_EQ(Scan(txn.get(), t, range), round == 0 ? Numbered(12, 21, 2) : Numbered(11, 21));
    range.upper.values.clear();
    EXPECT_EQ(Scan(txn.get(), t, range).size(), round == 0 ? 2494u : 2494u + 95u);
    EXPECT_EQ(Scan(txn.get(), t).size(), round == 0 ? 2500u : 2600u);
  }
}

TEST_F(EngineTest, LoadInsideATransaction) {
  schema::RelationPtr t = Create(KeyedSpec());
  options_.load_rows_min = 100;
  Reopen();
  auto txn = Begin();
  ASSERT_TRUE(Insert(txn.get(), t, Numbered(0, 3000)).ok());
  EXPECT_EQ(Scan(txn.get(), t), Numbered(0, 3000));
  EXPECT_TRUE(All(t).empty());
  // Updated, then interleaved with a second load that brings a duplicate.
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& r) { return r[0] == "7"; },
                  [](const Row& r) { return Row{r[0], "0", "seven"}; })
                  .ok());
  Status status = Insert(txn.get(), t, Numbered(2900, 3200));
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().detail, "Key (k)=(2900) already exists.");
  txn->UndoStatement();
  EXPECT_EQ(Scan(txn.get(), t).size(), 3000u);
  txn->Rollback();
  EXPECT_TRUE(All(t).empty());
  txn = Begin();
  ASSERT_TRUE(Insert(txn.get(), t, Numbered(0, 3000)).ok());
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& r) { return r[0] == "7"; },
                  [](const Row& r) { return Row{r[0], "0", "seven"}; })
                  .ok());
  ASSERT_TRUE(txn->Commit().ok());
  for (int round = 0; round < 3; ++round) {
    std::vector<Row> rows = All(t);
    ASSERT_EQ(rows.size(), 3000u);
    EXPECT_EQ(rows[7], (Row{"7", "0", "seven"}));
    if (round == 0) {
      ASSERT_TRUE(engine_->FoldAll().ok());
    }
    if (round == 1) Reopen();
  }
}

TEST_F(EngineTest, LoadsUnsortedAndInterleaved) {
  schema::RelationPtr t = Create(KeyedSpec());
  options_.load_rows_min = 100;
  options_.load_sort_bytes = 64 << 10;  // several runs
  Reopen();
  std::vector<Row> rows = Numbered(0, 8000, 2);
  std::reverse(rows.begin() + 500, rows.end());
  MustInsert(t, rows);
  EXPECT_EQ(All(t), Numbered(0, 8000, 2));
  rows = Numbered(1, 8000, 2);
  std::rotate(rows.begin(), rows.begin() + 2000, rows.end());
  MustInsert(t, rows);
  EXPECT_EQ(All(t), Numbered(0, 8000));
  auto txn = Begin();
  rows = Numbered(9000, 9500);
  rows.push_back({"9100", "1", "again"});
  Status status = Insert(txn.get(), t, rows);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().detail, "Key (k)=(9100) already exists.");
  txn->Rollback();
  EXPECT_EQ(All(t), Numbered(0, 8000));
  ASSERT_TRUE(engine_->FoldAll().ok());
  Reopen();
  EXPECT_EQ(All(t), Numbered(0, 8000));
}

// A load whose range was emptied and folded away after the transaction's snapshot: its old pages
// still hold the rows.
TEST_F(EngineTest, LoadUnderAnOldSnapshot) {
  schema::RelationPtr t = Create(KeyedSpec());
  options_.load_rows_min = 100;
  Reopen();
  MustInsert(t, Numbered(0, 3000));
  auto old = Begin(txn::Isolation::kRepeatableRead);
  auto txn = Begin();
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& r) { return r[0]->size() == 4; },
                  [](const Row&) { return std::nullopt; })
                  .ok());
  ASSERT_TRUE(txn->Commit().ok());
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  ASSERT_TRUE(Insert(old.get(), t, Numbered(1000, 2000)).ok());
  EXPECT_EQ(Scan(old.get(), t), Numbered(0, 3000));
  ASSERT_TRUE(old->Commit().ok());
  EXPECT_EQ(All(t), Numbered(0, 2000));
}

TEST_F(EngineTest, WorkersShareAScan) {
  schema::RelationPtr t = Create(KeyedSpec());
  options_.load_rows_min = 100;
  Reopen();
  MustInsert(t, Numbered(0, 60'000, 2));
  MustInsert(t, Numbered(70'000, 90'000));
  auto txn = Begin();
  std::vector<Row> scattered;
  for (int i = 1; i < 60'000; i += 1000) scattered.push_back({std::to_string(i), "0", "new"});
  ASSERT_TRUE(Insert(txn.get(), t, scattered).ok());
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& r) { return r[0]->ends_with("00"); },
                  [](const Row& r) { return Row{r[0], "1", r[2]}; })
                  .ok());
  for (int committed = 0; committed < 3; ++committed) {
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    auto source = txn->tables()->OpenScan(t, {}).value();
    std::atomic<uint64_t> rows{0}, sum{0};
    std::vector<std::thread> workers;
    for (int w = 0; w < 4; ++w) {
      workers.emplace_back([&] {
        std::vector<Row> drained = Drain(source.get(), *t).value();
        for (const Row& row : drained) {
          ++rows;
          sum += static_cast<uint64_t>(std::stoll(*row[0]));
        }
      });
    }
    for (std::thread& worker : workers) worker.join();
    EXPECT_EQ(rows, 30'000u + 20'000u + 60u);
    EXPECT_EQ(sum, 899'970'000u + 1'599'990'000u + 60u * 29'501u);
    source.reset();
    if (committed == 0) {
      ASSERT_TRUE(txn->Commit().ok());
    }
    if (committed == 1) {
      txn->Rollback();
      ASSERT_TRUE(engine_->FoldAll().ok());
    }
    txn = Begin();
  }
}

TEST_F(EngineTest, RowIdsTruncateAndAddPrimaryKey) {
  schema::RelationPtr t = Create(KeyedSpec("t", false));
  options_.load_rows_min = 1000;
  Reopen();
  MustInsert(t, kThree);
  MustInsert(t, kThree);
  MustInsert(t, Numbered(10, 3000));
  EXPECT_EQ(All(t).size(), 2996u);
  ASSERT_TRUE(engine_->FoldNow(t->id).ok());
  auto txn = Begin();
  auto keyed = txn->AddPrimaryKey(t->id, {0}, "");
  ASSERT_FALSE(keyed.ok());
  EXPECT_EQ(keyed.error().message, "could not create unique index \"t_pkey\"");
  EXPECT_EQ(keyed.error().detail, "Key (k)=(1) is duplicated.");
  txn->Rollback();
  txn = Begin();
  int seen = 0;
  ASSERT_TRUE(Change(
                  txn.get(), t, [&](const Row& r) { return std::stoi(*r[0]) < 4 && ++seen > 3; },
                  [](const Row&) { return std::nullopt; })
                  .ok());
  ASSERT_TRUE(txn->StartStatement(nullptr).ok());
  keyed = txn->AddPrimaryKey(t->id, {0}, "");
  ASSERT_TRUE(keyed.ok()) << keyed.error().ToString();
  EXPECT_EQ(Scan(txn.get(), keyed.value()).size(), 2993u);
  ASSERT_TRUE(txn->Commit().ok());
  t = Find("t");
  EXPECT_TRUE(t->columns[0].not_null);
  std::vector<Row> expected = kThree;
  for (Row& row : Numbered(10, 3000)) expected.push_back(row);
  EXPECT_EQ(All(t), expected);
  Reopen();
  EXPECT_EQ(All(t), expected);
  txn = Begin();
  ASSERT_TRUE(txn->TruncateTable(t->id).ok());
  ASSERT_TRUE(txn->Commit().ok());
  t = Find("t");
  EXPECT_TRUE(All(t).empty());
  ASSERT_TRUE(engine_->FoldAll().ok());
  Reopen();
  EXPECT_TRUE(All(Find("t")).empty());
}

// A reader that waited for ALTER TABLE sees the rows in their new storage; one with an older
// snapshot is told, not shown an empty table.
TEST_F(EngineTest, RewrittenTablesAndSnapshots) {
  schema::RelationPtr t = Create(KeyedSpec("t", false));
  MustInsert(t, kThree);
  auto repeatable = Begin(txn::Isolation::kRepeatableRead);
  ASSERT_TRUE(repeatable->StartStatement(nullptr).ok());  // the first one could still take another
  auto alter = Begin();
  auto reader = Begin();
  ASSERT_TRUE(alter->AddPrimaryKey(t->id, {0}, "").ok());
  std::vector<Row> rows;
  std::thread other([&] {
    auto locked = reader->LockTable(t->id, txn::TableLockMode::kAccessShare);
    ASSERT_TRUE(locked.ok());
    auto source = reader->tables()->OpenScan(locked.value(), {});
    ASSERT_TRUE(source.ok());
    rows = Drain(source.value().get(), *locked.value()).value();
  });
  ASSERT_TRUE(alter->Commit().ok());
  other.join();
  EXPECT_EQ(rows, kThree);
  auto locked = repeatable->LockTable(t->id, txn::TableLockMode::kAccessShare);
  auto source = repeatable->tables()->OpenScan(locked.value(), {});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(SqlStateCode(source.error().state), "40001");
}

TEST_F(EngineTest, CatalogErrors) {
  Create(KeyedSpec());
  auto txn = Begin();
  auto again = txn->CreateTable(KeyedSpec());
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().ToString(), "42P07: relation \"t\" already exists");
  EXPECT_EQ(txn->CreateSchema("pg_x").error().message, "unacceptable schema name \"pg_x\"");
  SchemaId s = txn->CreateSchema("s").value();
  TableSpec spec = KeyedSpec();
  spec.schema = s;
  schema::RelationPtr t = txn->CreateTable(spec).value();
  Status status = txn->DropSchema(s);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().detail, "table s.t depends on schema s");
  ASSERT_TRUE(txn->DropTable(t->id).ok());
  ASSERT_TRUE(txn->DropSchema(s).ok());
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_EQ(Begin()->catalog()->Schemas().size(), 3u);
}

TEST_F(EngineTest, StatisticsFollow) {
  schema::RelationPtr t = Create(KeyedSpec());
  options_.load_rows_min = 100;
  Reopen();
  MustInsert(t, Numbered(0, 1000));
  auto txn = Begin();
  auto stats = txn->catalog()->GetStats(t->id);
  EXPECT_EQ(stats->row_count, 1000);
  EXPECT_EQ(stats->columns[0].min.AsInt64(), 0);
  EXPECT_EQ(stats->columns[0].max.AsInt64(), 999);
  EXPECT_TRUE(stats->columns[2].min.is_null());
  ASSERT_TRUE(txn->Analyze(t->id).ok());
  ASSERT_TRUE(txn->Commit().ok());
  MustInsert(t, {{"5000", "-4", "x"}});
  txn = Begin();
  stats = txn->catalog()->GetStats(t->id);
  EXPECT_EQ(stats->columns[0].max.AsInt64(), 5000);
  EXPECT_EQ(stats->columns[1].min.AsInt64(), -4);
  EXPECT_NEAR(stats->columns[0].distinct_count, 1001, 0.1);  // grows with the table
  EXPECT_EQ(stats->columns[0].histogram.size(), 101u);
}

// Write buffers that hold next to nothing: statements over all rows, their undoing, rows met twice,
// keys that move, loads between what is there.
TEST_F(EngineTest, WritesBeyondTheBuffer) {
  options_.transaction_spill_bytes = 150'000;
  options_.load_rows_min = 100;
  options_.load_sort_bytes = 64 << 10;
  Reopen();
  schema::RelationPtr t = Create(KeyedSpec());
  std::vector<Row> even, odd;
  for (int i = 0; i < 4000; ++i) {
    (i % 2 == 0 ? even : odd)
        .push_back({std::to_string(i), "1", std::string(100, static_cast<char>('a' + i % 26))});
  }
  auto all = [](const Row&) { return true; };
  auto plus = [](int by) {
    return [by](const Row& r) { return Row{r[0], std::to_string(std::stoi(*r[1]) + by), r[2]}; };
  };
  auto sum = [&](Transaction* txn) {
    int64_t total = 0;
    for (const std::vector<Row> rows = Scan(txn, t); const Row& row : rows) {
      total += std::stoi(*row[1]);
    }
    return total;
  };
  auto txn = Begin();
  ASSERT_TRUE(Insert(txn.get(), t, even).ok());
  ASSERT_TRUE(txn->Commit().ok());
  auto old = Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(sum(old.get()), 2000);

  // Between the rows that are there; with a duplicate nothing remains.
  txn = Begin();
  std::vector<Row> twice = odd;
  twice.push_back({"1000", "7", "x"});
  EXPECT_EQ(Insert(txn.get(), t, twice).error().state, SqlState::kUniqueViolation);
  txn->UndoStatement();
  EXPECT_EQ(sum(txn.get()), 2000);
  ASSERT_TRUE(Insert(txn.get(), t, odd).ok());
  EXPECT_EQ(sum(txn.get()), 4000);

  // A statement over all of it, then one that is undone, then one more.
  ASSERT_TRUE(Change(txn.get(), t, all, plus(1)).ok());
  EXPECT_EQ(sum(txn.get()), 8000);
  ASSERT_TRUE(Change(txn.get(), t, all, plus(10)).ok());
  txn->UndoStatement();
  EXPECT_EQ(sum(txn.get()), 8000);
  ASSERT_TRUE(Change(txn.get(), t, all, plus(1)).ok());
  EXPECT_EQ(sum(txn.get()), 12'000);
  EXPECT_LT(engine_->Stats().delta_bytes, 200'000u);
  ASSERT_TRUE(txn->Commit().ok());
  EXPECT_EQ(sum(old.get()), 2000);  // older snapshots keep the old pages
  txn = Begin();
  EXPECT_EQ(sum(txn.get()), 12'000);

  // A row that comes twice is changed once, whether its first change is still in the buffer or not.
  ASSERT_TRUE(txn->StartStatement(nullptr).ok());
  std::vector<Row> updates;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 4000; ++i) {
      const std::string key = std::to_string(i);
      updates.push_back({key, std::to_string(round), std::string(100, 'z'), key, "3", "x"});
    }
  }
  uint64_t affected = 0;
  ASSERT_TRUE(WriteRows(txn.get(), t, exec::WriteKind::kUpdate, updates, &affected).ok());
  EXPECT_EQ(affected, 4000u);
  EXPECT_EQ(sum(txn.get()), 0);

  // Keys move by one, all of them; then all rows go, and it is rolled back.
  ASSERT_TRUE(Change(txn.get(), t, all, [](const Row& r) {
                return Row{std::to_string(std::stoi(*r[0]) + 1), "5", std::string(6000, 'm')};
              }).ok());
  EXPECT_EQ(sum(txn.get()), 20'000);
  ASSERT_TRUE(Change(txn.get(), t, all, [](const Row&) { return std::nullopt; }).ok());
  EXPECT_EQ(Scan(txn.get(), t).size(), 0u);
  txn->Rollback();
  txn = Begin();
  EXPECT_EQ(sum(txn.get()), 12'000);
  txn.reset();
  old.reset();
  ASSERT_TRUE(engine_->FoldAll().ok());
  Reopen();
  txn = Begin();
  EXPECT_EQ(sum(txn.get()), 12'000);
}

// A statement that runs again since a row has changed, and writes more than the buffer holds: rows
// that it has re-checked leave the buffer with the others.
TEST_F(EngineTest, RunsAgainBeyondTheBuffer) {
  options_.transaction_spill_bytes = 20'000;
  Reopen();
  schema::RelationPtr t = Create(KeyedSpec());
  std::vector<Row> rows;
  for (int i = 0; i < 2000; ++i) rows.push_back({std::to_string(i), "1", std::string(5000, 'a')});
  MustInsert(t, rows);
  auto add = [](int by) {
    return [by](const Row& r) { return Row{r[0], std::to_string(std::stoi(*r[1]) + by), r[2]}; };
  };
  auto txn = Begin();
  for (const int key : {5, 500, 1995}) {
    auto other = Begin();
    ASSERT_TRUE(
        Change(other.get(), t, [](const Row&) { return true; }, add(10), PointRequest(key)).ok());
    ASSERT_TRUE(other->Commit().ok());
  }
  // Of one run of the statement begun above.
  auto run = [&](bool first) -> Status {
    if (!first) LATHE_TRY(txn->StartStatement(nullptr));
    LATHE_ASSIGN(auto source, txn->tables()->OpenScan(t, {}));
    LATHE_ASSIGN(std::vector<Row> seen, Drain(source.get(), *t));
    std::vector<Row> updates;
    for (const Row& row : seen) {
      updates.push_back(add(100)(row));
      updates.back().insert(updates.back().end(), row.begin(), row.end());
    }
    return WriteRows(txn.get(), t, exec::WriteKind::kUpdate, updates);
  };
  Status status = run(true);
  int runs = 1;
  while (!status.ok() && runs < 5) {
    ASSERT_EQ(status.error().message, exec::kRestartStatement);
    txn->UndoStatement();
    status = run(false);
    ++runs;
  }
  ASSERT_TRUE(status.ok()) << status.error().ToString();
  EXPECT_EQ(runs, 2);
  ASSERT_TRUE(txn->Commit().ok());
  for (int round = 0; round < 2; ++round) {
    auto reader = Begin();
    int64_t sum = 0;
    for (const Row& row : Scan(reader.get(), t)) sum += std::stoi(*row[1]);
    EXPECT_EQ(sum, 2000 * 101 + 30);
    reader.reset();
    ASSERT_TRUE(engine_->FoldAll().ok());
  }
}

// What a transaction has written beyond its buffer counts as changed for those that are older.
TEST_F(EngineTest, ChangesBeyondTheBufferConflict) {
  options_.transaction_spill_bytes = 1000;
  Reopen();
  schema::RelationPtr t = Create(KeyedSpec());
  std::vector<Row> rows;
  for (int i = 0; i < 200; ++i) rows.push_back({std::to_string(i), "1", std::string(100, 'a')});
  MustInsert(t, rows);
  auto add = [](int by) {
    return [by](const Row& r) { return Row{r[0], std::to_string(std::stoi(*r[1]) + by), r[2]}; };
  };
  auto all = [](const Row&) { return true; };
  auto older = Begin(txn::Isolation::kRepeatableRead);
  auto restarted = Begin();
  auto source = restarted->tables()->OpenScan(t, PointRequest(1));
  ASSERT_TRUE(source.ok());
  std::vector<Row> seen = Drain(source->get(), *t).value();
  auto big = Begin();
  ASSERT_TRUE(Change(big.get(), t, all, add(100)).ok());
  ASSERT_TRUE(big->Commit().ok());
  EXPECT_EQ(Change(older.get(), t, all, add(1), PointRequest(0)).error().state,
            SqlState::kSerializationFailure);
  EXPECT_EQ(Scan(older.get(), t, PointRequest(0)).at(0)[1], "1");
  std::vector<Row> update = {add(1)(seen.at(0))};
  update[0].insert(update[0].end(), seen[0].begin(), seen[0].end());
  Status first = WriteRows(restarted.get(), t, exec::WriteKind::kUpdate, update);
  ASSERT_FALSE(first.ok());
  EXPECT_EQ(first.error().message, exec::kRestartStatement);
  restarted->UndoStatement();
  ASSERT_TRUE(Change(restarted.get(), t, all, add(1), PointRequest(1)).ok());
  ASSERT_TRUE(restarted->Commit().ok());
  auto reader = Begin();
  EXPECT_EQ(Scan(reader.get(), t, PointRequest(1)).at(0)[1], "102");
}

// A statement that is undone takes all its pages with it, also when rows that it had re-checked
// were written as pages after some of them.
TEST_F(EngineTest, UndoesPagesOfSeveralTables) {
  options_.transaction_spill_bytes = 5000;
  Reopen();
  schema::RelationPtr t = Create(KeyedSpec("t")), u = Create(KeyedSpec("u"));
  std::vector<Row> rows;
  for (int i = 0; i < 1200; ++i) rows.push_back({std::to_string(i), "1", std::string(5000, 'a')});
  auto txn = Begin();
  ASSERT_TRUE(Insert(txn.get(), u, {{"1", "1", "x"}}).ok());
  ASSERT_TRUE(txn->StartStatement(nullptr).ok());
  ASSERT_TRUE(WriteRows(txn.get(), t, exec::WriteKind::kInsert, rows).ok());
  ASSERT_TRUE(
      WriteRows(txn.get(), u, exec::WriteKind::kInsert, {rows.begin() + 2, rows.end()}).ok());
  txn->UndoStatement();
  EXPECT_EQ(Scan(txn.get(), t).size(), 0u);
  EXPECT_EQ(Scan(txn.get(), u).size(), 1u);
  ASSERT_TRUE(txn->Commit().ok());
  auto reader = Begin();
  EXPECT_EQ(Scan(reader.get(), t).size(), 0u);
  EXPECT_EQ(Scan(reader.get(), u).size(), 1u);
}

// A write buffer that is written out while a fold replaces the leaves that it is to be merged with.
TEST(Merge, BeginsDuringAFold) {
  kv::MemoryKv kv;
  EngineOptions options = SmallOptions();
  options.transaction_spill_bytes = 5000;
  std::function<void()> before_pages;
  auto engine = OpenOn(&kv, options, [&] {
    if (before_pages) std::exchange(before_pages, {})();
  });
  schema::RelationPtr t;
  {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    t = txn->CreateTable(KeyedSpec()).value();
    ASSERT_TRUE(txn->Commit().ok());
  }
  auto insert = [&](int from, int to) -> Status {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    std::vector<Row> rows;
    for (int k = from; k < to; ++k) rows.push_back({std::to_string(k), "1", std::string(200, 'x')});
    LATHE_TRY(Insert(txn.get(), t, rows));
    return txn->Commit();
  };
  for (int k = 0; k < 50; ++k) ASSERT_TRUE(insert(k, k + 1).ok());
  EXPECT_EQ(engine->Stats().delta_rows, 50u);
  std::atomic<bool> over{false};
  std::thread writer;
  before_pages = [&] {
    writer = std::thread([&] {
      EXPECT_TRUE(insert(50, 140).ok());
      over.store(true);
    });
    // It comes as far as it can while the fold is under way.
    for (int i = 0; i < 100 && !over.load(); ++i) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    EXPECT_FALSE(over.load());
  };
  ASSERT_TRUE(engine->FoldNow(t->id).ok());
  ASSERT_TRUE(writer.joinable());
  writer.join();
  for (int round = 0; round < 2; ++round) {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    EXPECT_EQ(Scan(txn.get(), t).size(), 140u);
    txn.reset();
    ASSERT_TRUE(engine->FoldAll().ok());
    engine.reset();
    engine = OpenOn(&kv, options);
  }
}

}  // namespace
}  // namespace lathe::table::testing
