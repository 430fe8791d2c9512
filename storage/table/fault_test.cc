// An engine on a disk that is full, breaks at any call, or loses what was not synced: what was
// acknowledged is there afterwards, and nothing is half there.
#include <gtest/gtest.h>

#include <cstdlib>

#include "runtime/base/memory_file.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

class EngineFaultTest : public ::testing::Test {
 protected:
  EngineFaultTest() : work_("t", 17) {
    options_.files = &files_;
    options_.disk_reserve_bytes = 16 << 10;
    options_.background_fold = false;
    options_.load_rows_min = 100;
    options_.load_sort_bytes = 32 << 10;
    options_.delta_bytes_max = 8 << 20;
  }

  void Open() {
    engine_.reset();
    auto engine = Engine::Open("/data", options_);
    ASSERT_TRUE(engine.ok()) << engine.error().ToString();
    engine_ = std::move(engine).value();
  }

  // One commit of the workload, now and then a fold; the model follows what was acknowledged.
  Status Step(Dice* dice) {
    LATHE_TRY(work_.Commit(engine_.get()));
    work_.Advance();
    return dice->Below(4) == 0 ? engine_->FoldAll() : Ok();
  }

  // After a restart: the commit under way when the disk failed may be there or not.
  void CheckAfterRestart() {
    Workload::Model found = work_.Read(engine_.get());
    if (found != work_.model()) work_.Advance();
    ASSERT_EQ(found, work_.model());
  }

  static int Rounds(int standard) {
    const char* wanted = std::getenv("LATHE_CRASH_ROUNDS");
    return wanted != nullptr ? std::atoi(wanted) : standard;
  }

  base::MemoryFileSystem files_;
  EngineOptions options_;
  std::unique_ptr<Engine> engine_;
  Workload work_;
};

TEST_F(EngineFaultTest, PowerCutsAndBrokenDisks) {
  Dice dice(5);
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_TRUE(work_.Setup(engine_.get()).ok());
  for (int round = 0, rounds = Rounds(25); round < rounds; ++round) {
    SCOPED_TRACE(round);
    const int64_t kind = dice.Below(3);
    const auto nth = static_cast<uint64_t>(1 + dice.Below(120));
    if (kind == 1) files_.FailChangesFrom(nth);
    if (kind == 2) files_.FailChange(nth);
    for (int64_t i = dice.Below(12); i >= 0; --i) {
      if (!Step(&dice).ok()) break;
    }
    files_.FailChange(0);
    files_.Crash();
    ASSERT_NO_FATAL_FAILURE(Open());
    ASSERT_NO_FATAL_FAILURE(CheckAfterRestart());
  }
}

TEST_F(EngineFaultTest, BrokenAtEveryChangeOfARestart) {
  Dice dice(6);
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_TRUE(work_.Setup(engine_.get()).ok());
  for (int i = 0; i < 30; ++i) ASSERT_TRUE(Step(&dice).ok());
  bool opened = false;
  for (uint64_t n = 1; !opened && n < 500; ++n) {
    engine_.reset();
    files_.Crash();
    files_.FailChangesFrom(n);
    {
      auto engine = Engine::Open("/data", options_);
      opened = engine.ok();
    }
    files_.FailChange(0);
    files_.Crash();
    ASSERT_NO_FATAL_FAILURE(Open());
    ASSERT_EQ(work_.Read(engine_.get()), work_.model()) << n;
    ASSERT_TRUE(Step(&dice).ok());
  }
  EXPECT_TRUE(opened);
}

// A full disk refuses commits and folds with 53100, loses and invents nothing, serves reads, and is
// left behind as soon as there is room.
TEST_F(EngineFaultTest, FullDiskIsLeftBehind) {
  Dice dice(7);
  ASSERT_NO_FATAL_FAILURE(Open());
  ASSERT_TRUE(work_.Setup(engine_.get()).ok());
  int refused = 0;
  for (int round = 0, rounds = Rounds(25); round < rounds; ++round) {
    SCOPED_TRACE(round);
    for (int i = 0; i < 5; ++i) {
      Status status = Step(&dice);
      ASSERT_TRUE(status.ok()) << status.error().ToString();
    }
    files_.SetDiskBytes(1 + files_.used_bytes() + static_cast<uint64_t>(dice.Below(100'000)));
    for (int i = 0; i < 8; ++i) {
      const uint64_t before = work_.commits();
      Status status = Step(&dice);
      if (status.ok()) continue;
      ++refused;
      ASSERT_EQ(status.error().state, SqlState::kDiskFull) << status.error().ToString();
      ASSERT_EQ(work_.Read(engine_.get()), work_.model()) << before;
    }
    files_.SetDiskBytes(0);
    for (int i = 0; i < 3; ++i) {
      Status status = Step(&dice);
      ASSERT_TRUE(status.ok()) << status.error().ToString();
    }
    if (dice.Below(3) != 0) continue;
    files_.Crash();
    ASSERT_NO_FATAL_FAILURE(Open());
    ASSERT_EQ(work_.Read(engine_.get()), work_.model());
  }
  EXPECT_GT(refused, 0);
}

}  // namespace
}  // namespace lathe::table::testing
