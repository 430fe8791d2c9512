// Versions of prepared transactions in the delta: each outcome, met by each reader; and ANALYZE of
// a table of which only a sample is read.
#include <gtest/gtest.h>

#include <algorithm>

#include "storage/keyspace/keyspace.h"
#include "storage/kv/kv.h"
#include "storage/page/page.h"
#include "storage/table/table.h"
#include "storage/table/test_rows.h"

namespace lathe::table::testing {
namespace {

using State = txn::Outcome::State;
constexpr TxnId kPrepared{77};

/// Answers as it is told.
class FakeResolver final : public txn::Resolver {
 public:
  Result<txn::Outcome> Resolve(TxnId txn) override {
    EXPECT_EQ(txn, kPrepared);
    return outcome;
  }
  txn::Outcome outcome;
};

class ResolveTest : public ::testing::Test {
 protected:
  ResolveTest() {
    options_.background_fold = false;
    Open();
    auto txn = Begin();
    EXPECT_TRUE(txn->CreateTable(KeyedSpec()).ok());
    EXPECT_TRUE(txn->Commit().ok());
  }
  void Open() {
    engine_.reset();
    auto engine = Engine::Open(directory_.path(), options_);
    ASSERT_TRUE(engine.ok()) << engine.error().ToString();
    engine_ = std::move(engine).value();
  }
  std::unique_ptr<Transaction> Begin() {
    auto txn = engine_->Begin(txn::Isolation::kReadCommitted);
    EXPECT_TRUE(txn->StartStatement(nullptr).ok());
    return txn;
  }
  schema::RelationPtr table() {
    return Begin()->catalog()->FindRelation(schema::kPublicSchema, "t");
  }
  Status TryInsert(const std::vector<Row>& rows) {
    auto txn = Begin();
    LATHE_TRY(Insert(txn.get(), table(), rows));
    return txn->Commit();
  }
  std::vector<Row> All() {
    auto txn = Begin();
    return Scan(txn.get(), table());
  }
  std::vector<Row> Point(int64_t key) {
    auto txn = Begin();
    return Scan(txn.get(), table(), PointRequest(key));
  }

  // Closes the engine and makes the newest version of a row, or an older one, one of a prepared
  // transaction, under a timestamp above all others. Gives the timestamp that it had.
  Timestamp Prepare(int64_t key, size_t versions_back = 0) {
    schema::RelationPtr relation = table();
    engine_.reset();
    auto kv = kv::Kv::Open(directory_.path(), {}).value();
    auto it = kv->NewIterator(kv::Family::kDelta, {});
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      page::DeltaValue value = page::DecodeDeltaValue(it->value()).value();
      if (value.tombstone) continue;
      keyspace::DeltaKeyParts parts;
      EXPECT_TRUE(keyspace::DecodeDeltaKey(it->key(), &parts));
      const char* image = value.image.data();
      const row::Layout layout = relation->RowLayout();
      if (ReadRow(layout, image, image, 1)[0] != std::to_string(key) || versions_back-- > 0) {
        continue;
      }
      value.unresolved = true;
      value.txn = kPrepared;
      std::string bytes;
      page::EncodeDeltaValue(value, &bytes);
      kv::WriteBatch batch;
      batch.Delete(kv::Family::kDelta, it->key());
      batch.Put(kv::Family::kDelta,
                keyspace::DeltaKey(relation->storage, parts.row_key,
                                   Timestamp(parts.commit_ts.value + (1ull << 40))),
                bytes);
      EXPECT_TRUE(kv->Write(batch, true).ok());
      return parts.commit_ts;
    }
    ADD_FAILURE() << "no such version";
    return {};
  }
  void Record(State state, Timestamp ts) {
    auto kv = kv::Kv::Open(directory_.path(), {}).value();
    kv::WriteBatch batch;
    batch.Put(kv::Family::kMeta, OutcomeKey(kPrepared), txn::EncodeOutcome({state, ts}));
    EXPECT_TRUE(kv->Write(batch, true).ok());
  }
  // Keys of versions on disk; of them, unresolved ones.
  std::pair<int, int> OnDisk() {
    engine_.reset();
    auto kv = kv::Kv::Open(directory_.path(), {}).value();
    auto it = kv->NewIterator(kv::Family::kDelta, {});
    std::pair<int, int> counts;
    for (it->SeekToFirst(); it->Valid(); it->Next()) {
      ++counts.first;
      counts.second += page::DecodeDeltaValue(it->value()).value().unresolved ? 1 : 0;
    }
    return counts;
  }

  TempDirectory directory_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

const Row kOne = {"1", "10", "one"}, kTwo = {"2", "20", "two"}, kOther = {"2", "21", "other"};

TEST_F(ResolveTest, CommittedByRecord) {
  ASSERT_TRUE(TryInsert({kOne, kTwo}).ok());
  Record(State::kCommitted, Prepare(2));
  Open();
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));
  EXPECT_EQ(Point(2), std::vector<Row>{kTwo});
  Status status = TryInsert({kOther});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kUniqueViolation);
  EXPECT_EQ(OnDisk(), std::make_pair(2, 0));  // found out once
  Open();
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));
  ASSERT_TRUE(engine_->FoldAll().ok());
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));
  EXPECT_EQ(OnDisk(), std::make_pair(0, 0));
  Open();
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));
}

TEST_F(ResolveTest, WithoutRecordItIsAborted) {
  ASSERT_TRUE(TryInsert({kOne, kTwo}).ok());
  Prepare(2);
  Open();
  EXPECT_EQ(All(), std::vector<Row>{kOne});
  EXPECT_TRUE(Point(2).empty());
  EXPECT_EQ(OnDisk(), std::make_pair(1, 0));
  Open();
  ASSERT_TRUE(TryInsert({kOther}).ok());  // its key is free
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kOther}));
  ASSERT_TRUE(engine_->FoldAll().ok());
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kOther}));
}

// Below a newer version, and above a page's row.
TEST_F(ResolveTest, VersionsAreOrderedByTheirFinalTime) {
  FakeResolver resolver;
  options_.resolver = &resolver;
  Open();
  ASSERT_TRUE(TryInsert({kOne, kTwo}).ok());
  ASSERT_TRUE(engine_->FoldAll().ok());
  auto set = [&](const Row& to) {
    auto txn = Begin();
    EXPECT_TRUE(Change(
                    txn.get(), table(), [](const Row& r) { return r[0] == "2"; },
                    [&](const Row&) { return to; })
                    .ok());
    EXPECT_TRUE(txn->Commit().ok());
  };
  set({"2", "5", "first"});
  set(kOther);
  resolver.outcome = {State::kCommitted, Prepare(2, 1)};
  Open();
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kOther}));
  EXPECT_EQ(Point(2), std::vector<Row>{kOther});
  resolver.outcome = {State::kAborted, {}};
  Prepare(2);
  Open();
  EXPECT_EQ(Point(2), (std::vector<Row>{{"2", "5", "first"}}));
  Prepare(2);
  Open();
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));  // the page's
  ASSERT_TRUE(engine_->FoldAll().ok());
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));
}

TEST_F(ResolveTest, PendingKeepsTheTableShut) {
  FakeResolver resolver;
  options_.resolver = &resolver;
  ASSERT_TRUE(TryInsert({kOne, kTwo}).ok());
  resolver.outcome.state = State::kPending;
  const Timestamp ts = Prepare(2);
  Open();
  auto txn = Begin();
  auto source = txn->tables()->OpenScan(table(), PointRequest(1));
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().state, SqlState::kLockNotAvailable);
  Status status = TryInsert({{"3", "3", "three"}});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kLockNotAvailable);
  (void)engine_->FoldAll();  // leaves it alone
  txn.reset();
  EXPECT_EQ(OnDisk(), std::make_pair(2, 1));
  Open();
  EXPECT_FALSE(TryInsert({{"3", "3", "three"}}).ok());
  resolver.outcome = {State::kCommitted, ts};  // no restart is needed
  EXPECT_EQ(All(), (std::vector<Row>{kOne, kTwo}));
  EXPECT_EQ(OnDisk(), std::make_pair(2, 0));
}

TEST_F(ResolveTest, DamagedRecords) {
  ASSERT_TRUE(TryInsert({kOne}).ok());
  const std::string good = txn::EncodeOutcome({State::kCommitted, Timestamp(5)});
  EXPECT_EQ(txn::DecodeOutcome(good).value().commit_ts, Timestamp(5));
  for (size_t bytes = 0; bytes < good.size(); ++bytes) {
    EXPECT_EQ(txn::DecodeOutcome(good.substr(0, bytes)).error().state, SqlState::kDataCorrupted);
  }
  EXPECT_FALSE(txn::DecodeOutcome(good + "x").ok());
  EXPECT_FALSE(txn::DecodeOutcome("\x02" + good.substr(1)).ok());
  EXPECT_FALSE(txn::DecodeOutcome(txn::EncodeOutcome({State::kCommitted, {}})).ok());
  Prepare(1);
  Record(State::kCommitted, {});
  Open();
  auto txn = Begin();
  auto source = txn->tables()->OpenScan(table(), {});
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().state, SqlState::kDataCorrupted);
}

TEST_F(ResolveTest, AnalyzeReadsASampleOfALargeTable) {
  options_.page_bytes = 4096;
  options_.analyze_pages = 64;
  options_.load_rows_min = 100;
  options_.directory_leaf_pages = 16;
  Open();
  std::vector<Row> rows;
  for (int64_t i = 0; i < 20'000; ++i) {
    Cell v = i % 4 == 0 ? Cell() : Cell(std::to_string(i % 10));
    rows.push_back({std::to_string(i), v, "text of row " + std::to_string(i)});
  }
  ASSERT_TRUE(TryInsert(rows).ok());
  Open();
  auto txn = Begin();
  schema::RelationPtr t = table();
  const uint64_t before = engine_->Stats().frame_misses;
  ASSERT_TRUE(txn->Analyze(t->id).ok());
  ASSERT_TRUE(txn->Commit().ok());
  // A page of each of 16 parts, at most with its neighbour.
  EXPECT_LE(engine_->Stats().frame_misses - before, 32u);
  auto stats = Begin()->catalog()->GetStats(t->id);
  EXPECT_GT(stats->page_count, 128);
  EXPECT_EQ(stats->row_count, 20'000);
  EXPECT_NEAR(stats->columns[1].null_fraction, 0.25, 0.1);
  EXPECT_NEAR(stats->columns[1].distinct_count, 10, 0.5);
  EXPECT_EQ(stats->columns[0].null_fraction, 0);
  EXPECT_GT(stats->columns[0].distinct_count, 10'000);
  EXPECT_GE(stats->columns[0].histogram.size(), 50u);
}

}  // namespace
}  // namespace lathe::table::testing
