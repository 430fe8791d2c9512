// The contract of Kv, asked of both implementations; then what only a directory has: locks,
// versions, kill -9.
#include "storage/kv/kv.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>
#include <vector>

#include "storage/kv/memory_kv.h"

namespace lathe::kv {
namespace {

/// A directory that is gone after the test.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string name = testing::TempDir() + "lathe_kv_XXXXXX";
    path_ = ::mkdtemp(name.data());
  }
  ~TemporaryDirectory() { (void)base::FileSystem::Posix()->RemoveDirectory(path_); }
  std::string path() const { return base::JoinPath(path_, "data"); }

 private:
  std::string path_;
};

std::unique_ptr<Kv> OpenAt(const std::string& path) {
  auto kv = Kv::Open(path, {});
  EXPECT_TRUE(kv.ok()) << kv.error().ToString();
  return std::move(kv).value();
}

std::vector<std::string> Keys(Kv* kv, Family family, const IterateOptions& options = {}) {
  std::vector<std::string> keys;
  std::unique_ptr<Iterator> at = kv->NewIterator(family, options);
  for (at->SeekToFirst(); at->Valid(); at->Next()) {
    // The store's own records start with 'f' (format_version).
    if (family != Family::kMeta) keys.emplace_back(at->key());
  }
  EXPECT_TRUE(at->status().ok());
  return keys;
}

enum class Kind { kRocks, kMemory };

class KvTest : public testing::TestWithParam<Kind> {
 protected:
  KvTest() {
    if (GetParam() == Kind::kRocks) {
      kv_ = OpenAt(directory_.path());
    } else {
      kv_ = std::make_unique<MemoryKv>();
    }
  }
  void Put(Family family, std::string_view key, std::string_view value) {
    WriteBatch batch;
    batch.Put(family, key, value);
    ASSERT_TRUE(kv_->Write(batch, false).ok());
  }

  TemporaryDirectory directory_;
  std::unique_ptr<Kv> kv_;
};

INSTANTIATE_TEST_SUITE_P(Both, KvTest, testing::Values(Kind::kRocks, Kind::kMemory),
                         [](const auto& info) {
                           return info.param == Kind::kRocks ? "Rocks" : "Memory";
                         });

TEST_P(KvTest, AppliesABatchInOrderOverFamilies) {
  WriteBatch batch;
  batch.Put(Family::kDelta, "a", "1");
  batch.Put(Family::kPageDir, "a", "2");
  batch.Put(Family::kDelta, "b", "3");
  batch.Delete(Family::kDelta, "a");
  batch.Put(Family::kDelta, "c", "4");
  batch.DeleteRange(Family::kDelta, "b", "c");
  batch.Put(Family::kDelta, std::string_view("z\0", 2), "");
  EXPECT_EQ(batch.count(), 7u);
  ASSERT_TRUE(kv_->Write(batch, true).ok());
  EXPECT_EQ(Keys(kv_.get(), Family::kDelta),
            (std::vector<std::string>{"c", std::string("z\0", 2)}));
  std::string value;
  EXPECT_TRUE(*kv_->Get(Family::kPageDir, "a", &value));
  EXPECT_EQ(value, "2");
  EXPECT_FALSE(*kv_->Get(Family::kDelta, "a", &value));
  EXPECT_TRUE(kv_->Write(WriteBatch(), true).ok());
}

TEST_P(KvTest, WalksWithinBoundsInBothDirections) {
  for (const char* key : {"a", "b", "c", "d", "e"}) Put(Family::kCatalog, key, key);
  IterateOptions options;
  options.lower = "b";
  options.upper = "e";
  EXPECT_EQ(Keys(kv_.get(), Family::kCatalog, options), (std::vector<std::string>{"b", "c", "d"}));
  std::unique_ptr<Iterator> at = kv_->NewIterator(Family::kCatalog, options);
  at->SeekToLast();
  ASSERT_TRUE(at->Valid());
  EXPECT_EQ(at->key(), "d");
  at->SeekForPrev("bb");
  EXPECT_EQ(at->key(), "b");
  at->Prev();
  EXPECT_FALSE(at->Valid());
  at->Seek("cc");
  EXPECT_EQ(at->value(), "d");
  at->Next();
  EXPECT_FALSE(at->Valid());
  EXPECT_TRUE(at->status().ok());
}

TEST_P(KvTest, AnIteratorSeesTheStateOfItsMaking) {
  Put(Family::kDelta, "a", "1");
  std::unique_ptr<Iterator> at = kv_->NewIterator(Family::kDelta, {});
  Put(Family::kDelta, "a", "2");
  Put(Family::kDelta, "b", "2");
  at->SeekToFirst();
  EXPECT_EQ(at->value(), "1");
  at->Next();
  EXPECT_FALSE(at->Valid());
}

TEST_P(KvTest, APinnedValueOutlivesItsDeletion) {
  Put(Family::kDelta, "a", std::string(5000, 'x'));
  PinnedValue value;
  ASSERT_TRUE(*kv_->GetPinned(Family::kDelta, "a", &value));
  WriteBatch batch;
  batch.Delete(Family::kDelta, "a");
  ASSERT_TRUE(kv_->Write(batch, false).ok());
  EXPECT_EQ(value.view(), std::string(5000, 'x'));
  EXPECT_FALSE(*kv_->GetPinned(Family::kDelta, "a", &value));
}

TEST_P(KvTest, TakesInSortedPages) {
  const std::string body(70000, 'p');
  auto writer = *kv_->NewPageFileWriter();
  ASSERT_TRUE(writer->Add("k1", body).ok());
  ASSERT_TRUE(writer->Add("k2", "small").ok());
  EXPECT_FALSE(writer->Add("k2", "again").ok());
  EXPECT_EQ(writer->bytes(), body.size() + 5);
  EXPECT_TRUE(Keys(kv_.get(), Family::kPages).empty()) << "not before Finish";
  ASSERT_TRUE(writer->Finish().ok());
  EXPECT_EQ(Keys(kv_.get(), Family::kPages), (std::vector<std::string>{"k1", "k2"}));
  PinnedValue value;
  ASSERT_TRUE(*kv_->GetPinned(Family::kPages, "k1", &value));
  EXPECT_EQ(value.view(), body);

  auto between = *kv_->NewPageFileWriter();
  ASSERT_TRUE(between->Add("k11", "x").ok());
  ASSERT_TRUE(between->Finish().ok());
  auto nothing = *kv_->NewPageFileWriter();
  ASSERT_TRUE(nothing->Finish().ok());
  auto abandoned = *kv_->NewPageFileWriter();
  ASSERT_TRUE(abandoned->Add("k3", "x").ok());
  abandoned.reset();
  EXPECT_EQ(Keys(kv_.get(), Family::kPages), (std::vector<std::string>{"k1", "k11", "k2"}));

  WriteBatch batch;
  batch.Delete(Family::kPages, "k2");
  ASSERT_TRUE(kv_->Write(batch, true).ok());
  ASSERT_TRUE(kv_->DropPages("k1", "k12").ok());
  EXPECT_TRUE(Keys(kv_.get(), Family::kPages).empty());
  ASSERT_TRUE(kv_->Flush(Family::kPages).ok());
  ASSERT_TRUE(kv_->Compact(Family::kPages, "", "").ok());
  EXPECT_TRUE(Keys(kv_.get(), Family::kPages).empty());
}

TEST_P(KvTest, WritersInParallelAllCommit) {
  std::vector<std::thread> writers;
  for (int t = 0; t < 4; ++t) {
    writers.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        WriteBatch batch;
        batch.Put(Family::kDelta, std::to_string(t) + "-" + std::to_string(i), "v");
        ASSERT_TRUE(kv_->Write(batch, true).ok());
      }
    });
  }
  for (std::thread& writer : writers) writer.join();
  EXPECT_EQ(Keys(kv_.get(), Family::kDelta).size(), 200u);
}

TEST_P(KvTest, MaintenanceKeepsTheData) {
  for (int i = 0; i < 100; ++i) Put(Family::kDelta, std::to_string(i), std::string(1000, 'v'));
  ASSERT_TRUE(kv_->Flush(Family::kDelta).ok());
  ASSERT_TRUE(kv_->Compact(Family::kDelta, "", "").ok());
  EXPECT_EQ(Keys(kv_.get(), Family::kDelta).size(), 100u);
  EXPECT_GT(kv_->Stats().sst_bytes, 0u);
  EXPECT_EQ(kv_->Property(Family::kDelta, "no such property"), "");
}

TEST(RocksKv, KeepsEverythingOverReopening) {
  TemporaryDirectory directory;
  {
    std::unique_ptr<Kv> kv = OpenAt(directory.path());
    WriteBatch batch;
    for (size_t i = 0; i < kFamilyCount; ++i) batch.Put(static_cast<Family>(i), "k", "v");
    ASSERT_TRUE(kv->Write(batch, false).ok());
  }
  std::unique_ptr<Kv> kv = OpenAt(directory.path());
  for (size_t i = 0; i < kFamilyCount; ++i) {
    std::string value;
    EXPECT_TRUE(*kv->Get(static_cast<Family>(i), "k", &value))
        << FamilyName(static_cast<Family>(i));
  }
}

TEST(RocksKv, IsHeldByOneOpening) {
  TemporaryDirectory directory;
  std::unique_ptr<Kv> kv = OpenAt(directory.path());
  auto second = Kv::Open(directory.path(), {});
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().state, SqlState::kObjectInUse);
  EXPECT_NE(second.error().detail.find(std::to_string(::getpid())), std::string::npos);
  kv.reset();
  EXPECT_TRUE(Kv::Open(directory.path(), {}).ok());
}

TEST(RocksKv, RefusesAnotherFormatVersion) {
  TemporaryDirectory directory;
  {
    std::unique_ptr<Kv> kv = OpenAt(directory.path());
    WriteBatch batch;
    batch.Put(Family::kMeta, "format_version", std::string("\x63\0\0\0", 4));
    ASSERT_TRUE(kv->Write(batch, true).ok());
  }
  auto opened = Kv::Open(directory.path(), {});
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().state, SqlState::kDataCorrupted);
  EXPECT_NE(opened.error().message.find("format version 99"), std::string::npos);
}

TEST(RocksKv, OpensNothingThatIsNotThere) {
  TemporaryDirectory directory;
  KvOptions options;
  options.create_if_missing = false;
  auto opened = Kv::Open(directory.path(), options);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error().state, SqlState::kUndefinedFile);
}

TEST(RocksKv, EmptiesTheFolderOfPageFilesOnTheirWayIn) {
  TemporaryDirectory directory;
  base::FileSystem* files = base::FileSystem::Posix();
  const std::string left = base::JoinPath(base::JoinPath(directory.path(), "tmp"), "9.sst");
  ASSERT_TRUE(files->MakeDirectory(base::JoinPath(directory.path(), "tmp")).ok());
  ASSERT_TRUE(WriteWholeFile(files, left, "left by a crash").ok());
  std::unique_ptr<Kv> kv = OpenAt(directory.path());
  EXPECT_FALSE(*files->Exists(left));
}

TEST(RocksKv, ACheckpointOpensByItself) {
  TemporaryDirectory directory;
  std::unique_ptr<Kv> kv = OpenAt(directory.path());
  auto writer = *kv->NewPageFileWriter();
  ASSERT_TRUE(writer->Add("p", std::string(70000, 'p')).ok());
  ASSERT_TRUE(writer->Finish().ok());
  WriteBatch batch;
  batch.Put(Family::kDelta, "k", "v");
  ASSERT_TRUE(kv->Write(batch, false).ok());
  const std::string copy = directory.path() + "-copy";
  ASSERT_TRUE(kv->Checkpoint(copy).ok());
  EXPECT_FALSE(kv->Checkpoint(copy).ok()) << "exists already";
  std::unique_ptr<Kv> second = OpenAt(copy);
  EXPECT_EQ(Keys(second.get(), Family::kPages).size(), 1u);
  EXPECT_EQ(Keys(second.get(), Family::kDelta).size(), 1u);
}

/// Writes numbered batches and pages for ever, telling each that was acknowledged through the pipe.
[[noreturn]] void WriteUntilKilled(const std::string& path, int pipe) {
  auto kv = Kv::Open(path, {});
  if (!kv.ok()) ::_exit(1);
  std::string value;
  uint32_t next = 0;
  if (*(*kv)->Get(Family::kMeta, "next", &value)) next = LoadAt<uint32_t>(value.data());
  for (;; ++next) {
    auto writer = *(*kv)->NewPageFileWriter();
    std::string key;
    AppendBig(&key, next);
    if (!writer->Add(key, std::string(9000, 'p')).ok() || !writer->Finish().ok()) ::_exit(1);
    WriteBatch batch;
    batch.Put(Family::kPageDir, key, "entry");
    batch.Put(Family::kDelta, key, "row");
    value.clear();
    AppendLittle<uint32_t>(&value, next + 1);
    batch.Put(Family::kMeta, "next", value);
    if (!(*kv)->Write(batch, true).ok()) ::_exit(1);
    if (::write(pipe, &next, sizeof next) != sizeof next) ::_exit(0);
  }
}

TEST(RocksKv, KillNineLosesNothingAcknowledgedAndHalvesNothing) {
#if defined(__SANITIZE_THREAD__) || defined(LATHE_SANITIZE_thread)
  GTEST_SKIP() << "forks";
#endif
  TemporaryDirectory directory;
  for (uint32_t round = 0; round < 5; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(pipe[0]);
      WriteUntilKilled(directory.path(), pipe[1]);
    }
    ::close(pipe[1]);
    uint32_t acknowledged = 0, number;
    for (uint32_t i = 0; i < 5 + 7 * round; ++i) {
      ASSERT_EQ(::read(pipe[0], &number, sizeof number), static_cast<ssize_t>(sizeof number));
      acknowledged = number;
    }
    ASSERT_EQ(::kill(child, SIGKILL), 0);
    ASSERT_EQ(::waitpid(child, nullptr, 0), child);
    while (::read(pipe[0], &number, sizeof number) == static_cast<ssize_t>(sizeof number)) {
      acknowledged = number;
    }
    ::close(pipe[0]);

    std::unique_ptr<Kv> kv = OpenAt(directory.path());
    const std::vector<std::string> rows = Keys(kv.get(), Family::kDelta);
    EXPECT_GT(rows.size(), acknowledged);
    EXPECT_EQ(rows, Keys(kv.get(), Family::kPageDir));
    for (const std::string& key : rows) {
      PinnedValue page;
      EXPECT_TRUE(*kv->GetPinned(Family::kPages, key, &page)) << "an entry without its page";
    }
    std::string value;
    ASSERT_TRUE(*kv->Get(Family::kMeta, "next", &value));
    EXPECT_EQ(LoadAt<uint32_t>(value.data()), rows.size());
  }
}

TEST(MemoryKv, ACrashKeepsAPrefixOfTheWrites) {
  MemoryKv kv;
  auto put = [&](const char* key, bool sync) {
    WriteBatch batch;
    batch.Put(Family::kDelta, key, "v");
    ASSERT_TRUE(kv.Write(batch, sync).ok());
  };
  put("a", false);
  put("b", true);
  put("c", false);
  put("d", false);
  EXPECT_EQ(kv.unsynced_count(), 2u);
  kv.Crash(1);
  EXPECT_EQ(Keys(&kv, Family::kDelta), (std::vector<std::string>{"a", "b", "c"}));
  kv.Crash();
  EXPECT_EQ(Keys(&kv, Family::kDelta).size(), 3u) << "what was kept is durable";
  put("e", false);
  kv.Crash();
  EXPECT_EQ(Keys(&kv, Family::kDelta).size(), 3u);
}

TEST(MemoryKv, FailsTheCallThatItIsTold) {
  MemoryKv kv;
  WriteBatch batch;
  batch.Put(Family::kDelta, "a", "v");
  kv.FailChange(2);
  EXPECT_TRUE(kv.Write(batch, false).ok());
  EXPECT_FALSE(kv.Write(batch, false).ok());
  EXPECT_TRUE(kv.Write(batch, false).ok());
  kv.FailChangesFrom(1, MakeError(SqlState::kDiskFull, "full"));
  EXPECT_EQ(kv.Write(batch, false).error().state, SqlState::kDiskFull);
  auto writer = *kv.NewPageFileWriter();
  ASSERT_TRUE(writer->Add("p", "x").ok());
  EXPECT_FALSE(writer->Finish().ok());
  kv.FailChange(0);
  kv.FailRead(1);
  std::string value;
  EXPECT_FALSE(kv.Get(Family::kDelta, "a", &value).ok());
  EXPECT_TRUE(kv.Get(Family::kDelta, "a", &value).ok());
  kv.FailRead(1);
  std::unique_ptr<Iterator> at = kv.NewIterator(Family::kDelta, {});
  at->SeekToFirst();
  EXPECT_FALSE(at->Valid());
  EXPECT_FALSE(at->status().ok());
}

}  // namespace
}  // namespace lathe::kv
