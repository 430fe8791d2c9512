// RocksDB on a disk that is full, breaks, or loses what was not synced.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "runtime/base/memory_file.h"
#include "storage/kv/kv.h"

namespace lathe::kv {
namespace {

// What went wrong; empty = nothing.
std::string Why(const Status& status) {
  return status.ok() ? std::string() : status.error().ToString();
}

class FaultTest : public ::testing::Test {
 protected:
  Status Open() {
    kv_.reset();
    KvOptions options;
    options.files = &files_;
    if (reserve_bytes_ != 0) options.disk_reserve_bytes = reserve_bytes_;
    LATHE_ASSIGN(kv_, Kv::Open("/data", options));
    return Ok();
  }
  Status Put(const std::string& key, const std::string& value, bool sync = true) {
    WriteBatch batch;
    batch.Put(Family::kDelta, key, value);
    return kv_->Write(batch, sync);
  }
  std::string Read(const std::string& key) {
    std::string value;
    Result<bool> found = kv_->Get(Family::kDelta, key, &value);
    EXPECT_TRUE(found.ok());
    return found.ok() && found.value() ? value : "none";
  }

  base::MemoryFileSystem files_;
  std::unique_ptr<Kv> kv_;
  uint64_t reserve_bytes_ = 0;  // 0 = the default
};

TEST_F(FaultTest, SyncedWritesAndPagesSurviveAPowerCut) {
  ASSERT_EQ(Why(Open()), "");
  ASSERT_TRUE(Put("a", "1").ok());
  auto pages = kv_->NewPageFileWriter().value();
  ASSERT_TRUE(pages->Add("page", "body").ok());
  ASSERT_TRUE(pages->Finish().ok());
  pages.reset();
  ASSERT_TRUE(Put("b", "2").ok());
  ASSERT_TRUE(Put("c", "3", false).ok());
  files_.Crash();
  ASSERT_EQ(Why(Open()), "");
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("b"), "2");
  EXPECT_EQ(Read("c"), "none");
  std::string body;
  ASSERT_TRUE(kv_->Get(Family::kPages, "page", &body).value());
  EXPECT_EQ(body, "body");
}

TEST_F(FaultTest, AFullDiskIsLeftBehind) {
  ASSERT_EQ(Why(Open()), "");
  ASSERT_TRUE(Put("a", "1").ok());
  files_.SetDiskBytes(1);
  for (int i = 0; i < 3; ++i) {
    Status status = Put("b", std::string(100'000, 'x'));
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().state, SqlState::kDiskFull) << status.error().ToString();
    EXPECT_EQ(Read("a"), "1");
  }
  files_.SetDiskBytes(0);
  Status status = Put("c", "3");
  ASSERT_TRUE(status.ok()) << status.error().ToString();
  files_.Crash();
  ASSERT_EQ(Why(Open()), "");
  EXPECT_EQ(Read("a"), "1");
  EXPECT_EQ(Read("c"), "3");
}

// Rows fill the disk up to the reserve; deletes still go through, and give all of it back.
TEST_F(FaultTest, DeletesGiveAFullDiskBack) {
  reserve_bytes_ = 4 << 20;
  files_.SetDiskBytes(64 << 20);
  ASSERT_EQ(Why(Open()), "");
  const uint64_t free_at_first = files_.FreeBytes("/data").value();
  std::mt19937_64 random(1);
  int rows = 0;
  Status status = Ok();
  while (status.ok() && rows < 2000) {
    std::string value(64 << 10, '\0');  // does not compress
    for (char& byte : value) byte = static_cast<char>(random());
    WriteBatch batch;
    batch.SetAddsRows();
    batch.Put(Family::kDelta, "row" + std::to_string(1'000'000 + rows), value);
    status = kv_->Write(batch, false);
    rows += status.ok() ? 1 : 0;
  }
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().state, SqlState::kDiskFull) << status.error().ToString();
  EXPECT_GT(rows, 200);
  EXPECT_NE(Read("row" + std::to_string(1'000'000 + rows - 1)), "none");
  ASSERT_EQ(Why(kv_->GiveBack(64ull << 20)), "");  // all is wanted: nothing to do
  EXPECT_LT(files_.FreeBytes("/data").value(), free_at_first / 2);

  WriteBatch all;
  all.DeleteRange(Family::kDelta, "row", "rox");
  ASSERT_EQ(Why(kv_->Write(all, true)), "");
  ASSERT_EQ(Why(kv_->GiveBack(0)), "");
  EXPECT_GT(files_.FreeBytes("/data").value(), free_at_first / 2);
  EXPECT_EQ(Read("row1000000"), "none");
  WriteBatch again;
  again.SetAddsRows();
  again.Put(Family::kDelta, "row", "again");
  EXPECT_EQ(Why(kv_->Write(again, true)), "");
}

// Files that nothing can compact for want of room keep neither flushes nor writes waiting.
TEST_F(FaultTest, ManyFilesAndNoRoomToCompactThem) {
  reserve_bytes_ = 4 << 20;
  files_.SetDiskBytes(6 << 20);  // pages and compactions would leave more free than that
  ASSERT_EQ(Why(Open()), "");
  for (int i = 0; i < 60; ++i) {
    ASSERT_EQ(Why(Put("key", std::to_string(i))), "") << i;
    ASSERT_EQ(Why(kv_->Flush(Family::kDelta)), "") << i;
  }
  EXPECT_EQ(Read("key"), "59");
  EXPECT_NE(kv_->Property(Family::kDelta, "rocksdb.num-files-at-level0"), "");
  EXPECT_GE(std::stoi(kv_->Property(Family::kDelta, "rocksdb.num-files-at-level0")), 40);
}

// The disk breaks at the n-th change, for every n: what was acknowledged is there afterwards.
// A compaction that drops all rows makes a file without any; nothing must depend on it.
TEST_F(FaultTest, BrokenWhileNothingIsLeft) {
  for (uint64_t n = 1; n <= 16; ++n) {
    SCOPED_TRACE(n);
    ASSERT_EQ(Why(Open()), "");
    ASSERT_TRUE(Put("a", "1").ok());
    ASSERT_TRUE(Put("b", "2").ok());
    ASSERT_TRUE(kv_->Flush(Family::kDelta).ok());
    WriteBatch batch;
    batch.DeleteRange(Family::kDelta, "a", "c");
    ASSERT_TRUE(kv_->Write(batch, true).ok());
    ASSERT_TRUE(kv_->Flush(Family::kDelta).ok());
    files_.FailChange(n);
    (void)kv_->Compact(Family::kDelta, "", "");  // fails at most of the changes
    files_.FailChange(0);
    ASSERT_EQ(Why(Open()), "");
    EXPECT_EQ(Read("a"), "none");
    EXPECT_EQ(Read("b"), "none");
  }
}

TEST_F(FaultTest, BrokenAtEveryChange) {
  bool done = false;
  for (uint64_t n = 1; !done && n < 200; ++n) {
    kv_.reset();
    ASSERT_TRUE(files_.RemoveDirectory("/data").ok());
    ASSERT_EQ(Why(Open()), "");
    files_.FailChangesFrom(n);
    int acknowledged = 0;
    while (acknowledged < 5 && Put(std::to_string(acknowledged), "v").ok()) ++acknowledged;
    done = acknowledged == 5 && kv_->Flush(Family::kDelta).ok();
    files_.Crash();
    ASSERT_EQ(Why(Open()), "") << n;
    for (int i = 0; i < acknowledged; ++i) EXPECT_EQ(Read(std::to_string(i)), "v") << n;
  }
  EXPECT_TRUE(done);
}

}  // namespace
}  // namespace lathe::kv
