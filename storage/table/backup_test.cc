// Backups, restoring them, and restoring to a point in time by the archive.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "storage/table/engine.h"
#include "storage/table/test_rows.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

namespace fs = std::filesystem;

class BackupTest : public ::testing::Test {
 protected:
  std::string Path(const std::string& name) const { return place_.path() + "/" + name; }

  void Open() {
    auto engine = Engine::Open(Path("data"), options_);
    ASSERT_TRUE(engine.ok()) << engine.error().ToString();
    engine_ = std::move(engine).value();
  }
  BackupInfo Backup(bool with_hash = true) {
    auto made = engine_->Backup(Path("backups"), {0, with_hash});
    EXPECT_TRUE(made.ok()) << made.error().ToString();
    return made.ok() ? *made : BackupInfo();
  }
  Result<Timestamp> Restore(const std::string& name, uint64_t number = 0, bool archive = false,
                            Timestamp until = Timestamp(UINT64_MAX)) {
    RestoreOptions restore;
    restore.from = Path("backups");
    restore.to = Path(name);
    restore.number = number;
    if (archive) restore.archive_dir = Path("archive");
    restore.until = until;
    return Engine::Restore(restore);
  }
  std::unique_ptr<Engine> OpenRestored(const std::string& name) {
    auto engine = Engine::Open(Path(name), EngineOptions());
    EXPECT_TRUE(engine.ok()) << engine.error().ToString();
    return std::move(engine).value();
  }
  uint64_t Hash(Engine* engine) {
    auto hash = engine->LogicalHashAll();
    EXPECT_TRUE(hash.ok()) << hash.error().ToString();
    return hash.ok() ? *hash : 0;
  }
  void Commit(const std::function<Status(Transaction*)>& work) {
    auto txn = engine_->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    Status done = work(txn.get());
    ASSERT_TRUE(done.ok()) << done.error().ToString();
    ASSERT_TRUE(txn->Commit().ok());
  }
  schema::RelationPtr Make(const std::string& name, int64_t rows) {
    Commit([&](Transaction* txn) -> Status {
      LATHE_ASSIGN(schema::RelationPtr made, txn->CreateTable(KeyedSpec(name)));
      return Insert(txn, made, Rows(0, rows));
    });
    return Find(engine_.get(), name);
  }
  static schema::RelationPtr Find(Engine* engine, const std::string& name) {
    return engine->Begin(txn::Isolation::kReadCommitted)
        ->catalog()
        ->FindRelation(schema::kPublicSchema, name);
  }
  static std::vector<Row> Rows(int64_t from, int64_t to) {
    std::vector<Row> rows;
    for (int64_t i = from; i < to; ++i) {
      rows.push_back({std::to_string(i), std::to_string(i), "row " + std::to_string(i)});
    }
    return rows;
  }
  size_t Count(Engine* engine, const std::string& name) {
    schema::RelationPtr relation = Find(engine, name);
    if (relation == nullptr) return SIZE_MAX;
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    return Scan(txn.get(), relation).size();
  }

  TempDirectory place_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
};

TEST_F(BackupTest, HoldsWhatWasCommitted) {
  Open();
  schema::RelationPtr t = Make("t", 20'000);
  const BackupInfo first = Backup();
  EXPECT_EQ(first.number, 1u);
  EXPECT_EQ(first.logical_hash, Hash(engine_.get()));
  EXPECT_EQ(first.bytes_copied, first.bytes);
  // Not in it: what is not committed, and what comes later.
  auto open = engine_->Begin(txn::Isolation::kReadCommitted);
  ASSERT_TRUE(open->StartStatement(nullptr).ok());
  ASSERT_TRUE(Insert(open.get(), t, Rows(50'000, 60'000)).ok());
  const BackupInfo second = Backup();
  EXPECT_EQ(second.logical_hash, first.logical_hash);
  EXPECT_LT(second.bytes_copied, second.bytes);  // the pages were there
  ASSERT_TRUE(open->Commit().ok());
  EXPECT_NE(Hash(engine_.get()), first.logical_hash);

  for (uint64_t number : {1, 2}) {
    const std::string name = "restored" + std::to_string(number);
    auto restored = Restore(name, number);
    ASSERT_TRUE(restored.ok()) << restored.error().ToString();
    auto engine = OpenRestored(name);
    EXPECT_EQ(Hash(engine.get()), first.logical_hash);
    EXPECT_EQ(Count(engine.get(), "t"), 20'000u);
    // It goes on by itself.
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    ASSERT_TRUE(Insert(txn.get(), Find(engine.get(), "t"), Rows(90'000, 90'010)).ok());
    ASSERT_TRUE(txn->Commit().ok());
    engine.reset();
    engine = OpenRestored(name);
    EXPECT_EQ(Count(engine.get(), "t"), 20'010u);
  }
  auto again = Restore("restored1");
  ASSERT_FALSE(again.ok());
  EXPECT_EQ(again.error().state, SqlState::kObjectInUse);
  auto none = Restore("restored9", 9);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().state, SqlState::kUndefinedObject);
}

// While others write: each backup is the database at its timestamp.
TEST_F(BackupTest, UnderWriters) {
  options_.delta_bytes_max = 4 << 20;  // folds run meanwhile
  Open();
  Workload workload("w", 7);
  ASSERT_TRUE(workload.Setup(engine_.get()).ok());
  Make("t", 5'000);
  std::atomic<bool> stop{false};
  std::thread writer([&] {
    for (int64_t i = 0; !stop; ++i) {
      auto txn = engine_->Begin(txn::Isolation::kReadCommitted);
      (void)txn->StartStatement(nullptr);
      schema::RelationPtr t = Find(engine_.get(), "t");
      Status done = Insert(txn.get(), t, Rows(100'000 + i * 50, 100'000 + i * 50 + 50));
      if (done.ok()) (void)txn->Commit();
    }
  });
  std::vector<BackupInfo> made;
  for (int i = 0; i < 3; ++i) made.push_back(Backup());
  stop = true;
  writer.join();
  for (const BackupInfo& info : made) {
    const std::string name = "r" + std::to_string(info.number);
    auto restored = Restore(name, info.number);
    ASSERT_TRUE(restored.ok()) << restored.error().ToString();
    EXPECT_EQ(Hash(OpenRestored(name).get()), info.logical_hash);
  }
}

TEST_F(BackupTest, DamageIsFound) {
  Open();
  Make("t", 20'000);
  Backup();
  fs::path largest;
  for (const auto& file : fs::directory_iterator(Path("backups/files"))) {
    if (largest.empty() || file.file_size() > fs::file_size(largest)) largest = file.path();
  }
  std::fstream bytes(largest, std::ios::in | std::ios::out | std::ios::binary);
  bytes.seekp(static_cast<std::streamoff>(fs::file_size(largest) / 2));
  bytes.put('\x5a').put('\xa5').put('\x5a');
  bytes.close();
  auto listed = Engine::ListBackups(Path("backups"), false);
  ASSERT_TRUE(listed.ok());
  EXPECT_EQ(listed->size(), 1u);
  auto verified = Engine::ListBackups(Path("backups"), true);
  ASSERT_FALSE(verified.ok());
  EXPECT_EQ(verified.error().state, SqlState::kDataCorrupted);
  EXPECT_NE(verified.error().message.find(largest.filename().string()), std::string::npos);
  auto restored = Restore("restored");
  ASSERT_FALSE(restored.ok());
  EXPECT_EQ(restored.error().state, SqlState::kDataCorrupted);
  EXPECT_FALSE(fs::exists(Path("restored")));
}

// Every commit is a point that can be restored: rows, loads, DDL, TRUNCATE, indexes, sequences.
TEST_F(BackupTest, PointsInTime) {
  options_.archive_dir = Path("archive");
  Open();
  Make("t", 100);
  Backup();
  struct Point {
    Timestamp ts;
    uint64_t hash;
  };
  std::vector<Point> points;
  auto note = [&] { points.push_back({engine_->Stats().published, Hash(engine_.get())}); };
  auto restart = [&] {
    engine_.reset();
    Open();
  };
  note();
  Commit([&](Transaction* txn) { return Insert(txn, Find(engine_.get(), "t"), Rows(100, 200)); });
  note();
  Make("loaded", 30'000);  // pages
  note();
  restart();
  {
    auto undone = engine_->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(undone->StartStatement(nullptr).ok());
    ASSERT_TRUE(Insert(undone.get(), Find(engine_.get(), "loaded"), Rows(40'000, 50'000)).ok());
  }
  Commit([&](Transaction* txn) {
    return Change(
        txn, Find(engine_.get(), "loaded"), [](const Row&) { return true; },
        [](const Row& row) { return Row{row[0], "5", row[2]}; });
  });
  note();
  Commit([&](Transaction* txn) -> Status {
    IndexSpec spec;
    spec.table = Find(engine_.get(), "loaded")->id;
    spec.name = "by_v";
    spec.columns = {{1}};
    LATHE_ASSIGN(schema::RelationPtr made, txn->CreateIndex(spec));
    return made != nullptr ? Ok() : Ok();
  });
  note();
  Commit([&](Transaction* txn) { return txn->TruncateTable(Find(engine_.get(), "t")->id); });
  note();
  restart();
  Commit([&](Transaction* txn) { return Insert(txn, Find(engine_.get(), "t"), Rows(5, 6)); });
  note();
  Commit([&](Transaction* txn) { return txn->DropTable(Find(engine_.get(), "loaded")->id); });
  note();
  for (size_t i = 0; i < points.size(); ++i) {
    const std::string name = "p" + std::to_string(i);
    auto restored = Restore(name, 0, true, points[i].ts);
    ASSERT_TRUE(restored.ok()) << i << ": " << restored.error().ToString();
    EXPECT_LE(*restored, points[i].ts);
    auto engine = OpenRestored(name);
    EXPECT_EQ(Hash(engine.get()), points[i].hash) << i;
    EXPECT_EQ(engine->applied().value, 0u);
    // A database of its own: what it commits is there after a restart.
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    ASSERT_TRUE(Insert(txn.get(), Find(engine.get(), "t"), Rows(7'000, 7'001)).ok());
    ASSERT_TRUE(txn->Commit().ok());
    const uint64_t hash = Hash(engine.get());
    engine.reset();
    EXPECT_EQ(Hash(OpenRestored(name).get()), hash) << i;
  }
  auto all = Restore("all", 0, true);
  ASSERT_TRUE(all.ok()) << all.error().ToString();
  EXPECT_EQ(Hash(OpenRestored("all").get()), points.back().hash);
}

// Commits made without the archive are missing in it, and that is said.
TEST_F(BackupTest, GapsOfTheArchive) {
  options_.archive_dir = Path("archive");
  Open();
  Make("t", 100);
  Backup();
  auto insert = [&](int64_t from) {
    Commit([&](Transaction* txn) {
      return Insert(txn, Find(engine_.get(), "t"), Rows(from, from + 10));
    });
  };
  insert(200);
  const Timestamp before = engine_->Stats().published;
  engine_.reset();
  options_.archive_dir.clear();
  Open();
  insert(300);
  const Timestamp within = engine_->Stats().published;
  engine_.reset();
  options_.archive_dir = Path("archive");
  Open();
  insert(400);
  auto reachable = Restore("before", 0, true, before);
  ASSERT_TRUE(reachable.ok()) << reachable.error().ToString();
  EXPECT_EQ(Count(OpenRestored("before").get(), "t"), 110u);
  for (Timestamp until : {within, Timestamp(UINT64_MAX)}) {
    auto restored = Restore("within", 0, true, until);
    ASSERT_FALSE(restored.ok());
    EXPECT_EQ(restored.error().state, SqlState::kDataCorrupted);
  }
  Backup();
  insert(500);
  auto behind = Restore("behind", 0, true);
  ASSERT_TRUE(behind.ok()) << behind.error().ToString();
  EXPECT_EQ(Count(OpenRestored("behind").get(), "t"), 140u);
}

// The end of the archive as a crash leaves it: a torn record, or a commit that the store has not.
TEST_F(BackupTest, EndOfTheArchiveAfterACrash) {
  options_.archive_dir = Path("archive");
  Open();
  Make("t", 100);
  Backup();
  Commit([&](Transaction* txn) { return Insert(txn, Find(engine_.get(), "t"), Rows(200, 210)); });
  engine_.reset();
  fs::path segment;
  for (const auto& file : fs::directory_iterator(Path("archive"))) {
    segment = std::max(segment, file.path());
  }
  std::ofstream(segment, std::ios::app | std::ios::binary) << std::string(100, '\x01');
  auto torn = Restore("torn", 0, true);
  ASSERT_TRUE(torn.ok()) << torn.error().ToString();
  EXPECT_EQ(Count(OpenRestored("torn").get(), "t"), 110u);
  Open();
  Commit([&](Transaction* txn) { return Insert(txn, Find(engine_.get(), "t"), Rows(300, 310)); });
  auto whole = Restore("whole", 0, true);
  ASSERT_TRUE(whole.ok()) << whole.error().ToString();
  EXPECT_EQ(Count(OpenRestored("whole").get(), "t"), 120u);
}

}  // namespace
}  // namespace lathe::table::testing
