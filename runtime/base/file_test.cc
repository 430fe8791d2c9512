// Files: the same contract for the machine's file system and the one in memory; faults; and the
// hash and random numbers.
#include "runtime/base/file.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include "runtime/base/hash.h"
#include "runtime/base/memory_file.h"
#include "runtime/base/random.h"

namespace lathe::base {
namespace {

class FileTest : public testing::TestWithParam<bool> {
 protected:
  FileTest() {
    if (GetParam()) {
      std::string name = testing::TempDir() + "lathe_file_XXXXXX";
      root_ = ::mkdtemp(name.data());
      files_ = FileSystem::Posix();
    } else {
      root_ = "/root";
      files_ = &memory_;
      EXPECT_TRUE(memory_.MakeDirectory(root_).ok());
    }
  }
  ~FileTest() override { (void)files_->RemoveDirectory(root_); }
  std::string At(std::string_view name) const { return JoinPath(root_, name); }

  MemoryFileSystem memory_;
  FileSystem* files_;
  std::string root_;
};

INSTANTIATE_TEST_SUITE_P(Both, FileTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Posix" : "Memory"; });

TEST_P(FileTest, ReadsWhatWasWritten) {
  auto file = *files_->Open(At("f"), OpenMode::kCreateNew);
  ASSERT_TRUE(file->Append("hello").ok());
  ASSERT_TRUE(file->WriteAt(8, "world").ok());
  ASSERT_TRUE(file->Append("!").ok());
  ASSERT_TRUE(file->Sync().ok());
  EXPECT_EQ(*file->Size(), 14u);
  EXPECT_EQ(*ReadWholeFile(files_, At("f")), std::string("hello\0\0\0world!", 14));
  char buffer[10];
  EXPECT_EQ(*file->ReadAt(10, buffer, sizeof buffer), 4u);
  EXPECT_EQ(*file->ReadAt(100, buffer, sizeof buffer), 0u);
  ASSERT_TRUE(file->Truncate(2).ok());
  EXPECT_EQ(*ReadWholeFile(files_, At("f")), "he");
}

TEST_P(FileTest, OpenModes) {
  EXPECT_EQ(files_->Open(At("f"), OpenMode::kRead).error().state, SqlState::kUndefinedFile);
  EXPECT_FALSE(files_->Open(At("f"), OpenMode::kReadWrite).ok());
  ASSERT_TRUE((*files_->Open(At("f"), OpenMode::kCreate))->Append("x").ok());
  EXPECT_FALSE(files_->Open(At("f"), OpenMode::kCreateNew).ok());
  ASSERT_TRUE((*files_->Open(At("f"), OpenMode::kCreate))->Append("y").ok());
  EXPECT_EQ(*ReadWholeFile(files_, At("f")), "xy");
  EXPECT_FALSE((*files_->Open(At("f"), OpenMode::kRead))->Append("z").ok());
  ASSERT_TRUE(files_->Open(At("f"), OpenMode::kTruncate).ok());
  EXPECT_EQ(*ReadWholeFile(files_, At("f")), "");
}

TEST_P(FileTest, Names) {
  ASSERT_TRUE(files_->MakeDirectory(At("a/b")).ok());
  ASSERT_TRUE(files_->MakeDirectory(At("a/b")).ok());
  ASSERT_TRUE(WriteWholeFile(files_, At("a/b/f"), "1").ok());
  ASSERT_TRUE(WriteWholeFile(files_, At("a/b/f"), "2").ok());
  ASSERT_TRUE(WriteWholeFile(files_, At("a/b/g"), "3").ok());
  EXPECT_EQ(*files_->List(At("a/b")), (std::vector<std::string>{"f", "g"}));
  ASSERT_TRUE(files_->Rename(At("a/b/g"), At("a/b/f")).ok());
  EXPECT_EQ(*ReadWholeFile(files_, At("a/b/f")), "3");
  EXPECT_EQ(files_->Remove(At("a/b/g")).error().state, SqlState::kUndefinedFile);
  EXPECT_TRUE(*files_->Exists(At("a/b/f")));
  ASSERT_TRUE(files_->RemoveDirectory(At("a")).ok());
  EXPECT_FALSE(*files_->Exists(At("a/b/f")));
  ASSERT_TRUE(files_->RemoveDirectory(At("a")).ok());
}

TEST_P(FileTest, ADirectoryHasOneHolder) {
  auto lock = files_->LockDirectory(root_);
  ASSERT_TRUE(lock.ok());
  EXPECT_EQ(files_->LockDirectory(root_).error().state, SqlState::kObjectInUse);
  lock->reset();
  EXPECT_TRUE(files_->LockDirectory(root_).ok());
}

TEST(MemoryFileSystem, ACrashLosesWhatWasNotSynced) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.MakeDirectory("/d").ok());
  ASSERT_TRUE(WriteWholeFile(&files, "/d/kept", "old").ok());
  auto file = *files.Open("/d/kept", OpenMode::kReadWrite);
  ASSERT_TRUE(file->Append("new").ok());
  auto unnamed = *files.Open("/d/unnamed", OpenMode::kCreate);
  ASSERT_TRUE(unnamed->Append("x").ok());
  ASSERT_TRUE(unnamed->Sync().ok());
  files.Crash();
  EXPECT_EQ(*ReadWholeFile(&files, "/d/kept"), "old");
  EXPECT_FALSE(*files.Exists("/d/unnamed")) << "its directory was not synced";
  EXPECT_FALSE(file->Append("x").ok()) << "opened before the crash";
}

TEST(MemoryFileSystem, FailsTheCallThatItIsTold) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.MakeDirectory("/d").ok());
  // Whichever step of a replacement fails, the old content is there afterwards, also after a crash.
  ASSERT_TRUE(WriteWholeFile(&files, "/d/f", "old").ok());
  for (uint64_t n = 1;; ++n) {
    files.FailChangesFrom(n);
    const bool done = WriteWholeFile(&files, "/d/f", "new").ok();
    files.Crash();
    if (done) break;
    EXPECT_EQ(*ReadWholeFile(&files, "/d/f"), "old") << n;
  }
  EXPECT_EQ(*ReadWholeFile(&files, "/d/f"), "new");
}

TEST(MemoryFileSystem, TheDiskFillsUp) {
  MemoryFileSystem files;
  ASSERT_TRUE(files.MakeDirectory("/d").ok());
  files.SetDiskBytes(10);
  auto file = *files.Open("/d/f", OpenMode::kCreate);
  ASSERT_TRUE(file->Append("12345678").ok());
  EXPECT_EQ(file->Append("90123").error().state, SqlState::kDiskFull);
  EXPECT_EQ(*file->Size(), 8u);
}

TEST(Hash, IsTheSameForEver) {
  EXPECT_EQ(Hash64(""), 0x2d06800538d394c2ull);
  Hasher hasher;
  hasher.Add("he");
  hasher.Add("llo");
  EXPECT_EQ(hasher.Finish(), Hash64("hello"));
  EXPECT_NE(Hash64("hello", 1), Hash64("hello"));
}

TEST(Random, StaysInItsBounds) {
  Random random(1), same(1);
  for (int i = 0; i < 1000; ++i) {
    const uint64_t below = random.Below(7);
    EXPECT_LT(below, 7u);
    EXPECT_EQ(below, same.Below(7));
    const int64_t between = random.Between(-3, 3);
    EXPECT_TRUE(between >= -3 && between <= 3);
    EXPECT_EQ(between, same.Between(-3, 3));
  }
  random.Between(INT64_MIN, INT64_MAX);
}

}  // namespace
}  // namespace lathe::base
