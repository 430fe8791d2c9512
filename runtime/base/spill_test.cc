#include "runtime/base/spill.h"

#include <gtest/gtest.h>

#include <cstring>

#include "runtime/base/memory.h"

namespace lathe::base {
namespace {

TEST(SpillMemory, KeepsContentWhenItLetsGo) {
  SpillMemory spill(::testing::TempDir(), 0);  // nothing may stay resident
  std::vector<char*> blocks;
  for (int i = 0; i < 40; ++i) {
    char* block = spill.Allocate(SpillMemory::kAlignment);
    ASSERT_NE(block, nullptr);
    EXPECT_EQ(reinterpret_cast<uintptr_t>(block) % SpillMemory::kAlignment, 0u);
    EXPECT_TRUE(spill.Owns(block));
    std::memset(block, i, SpillMemory::kAlignment);
    blocks.push_back(block);
  }
  for (int i = 0; i < 64; ++i) spill.Relieve();
  for (int i = 0; i < 40; ++i) {
    EXPECT_EQ(blocks[static_cast<size_t>(i)][0], static_cast<char>(i));
    EXPECT_EQ(blocks[static_cast<size_t>(i)][SpillMemory::kAlignment - 1], static_cast<char>(i));
  }
  EXPECT_EQ(spill.error(), nullptr);
}

TEST(SpillMemory, UsesHolesAgain) {
  SpillMemory spill(::testing::TempDir(), uint64_t{1} << 30);
  char* first = spill.Allocate(SpillMemory::kAlignment);
  spill.Free(first, SpillMemory::kAlignment);
  EXPECT_EQ(spill.allocated_bytes(), 0u);
  EXPECT_EQ(spill.Allocate(SpillMemory::kAlignment), first);
  char* large = spill.Allocate(uint64_t{100} << 20);
  ASSERT_NE(large, nullptr);
  large[(uint64_t{100} << 20) - 1] = 1;
  int on_the_stack = 0;
  EXPECT_FALSE(spill.Owns(&on_the_stack));
}

TEST(SpillMemory, NoFolderIsAnError) {
  SpillMemory spill("/nowhere/at/all", 0);
  EXPECT_EQ(spill.Allocate(1), nullptr);
  ASSERT_NE(spill.error(), nullptr);
  EXPECT_EQ(spill.error()->state, SqlState::kIoError);
}

TEST(MemoryBudget, LeavesRoomForWhatCannotSpill) {
  SpillMemory spill(::testing::TempDir(), 0);
  MemoryBudget budget(1000);
  EXPECT_TRUE(budget.TryChargeSpillable(900));  // without spill memory: up to the limit
  budget.Release(900);
  budget.SetSpill(&spill);
  EXPECT_FALSE(budget.TryChargeSpillable(900));
  EXPECT_TRUE(budget.TryChargeSpillable(700));
  EXPECT_TRUE(budget.TryChargeSmall(600));
  EXPECT_EQ(budget.used_bytes(), 1300u);
  budget.Release(1300);
}

}  // namespace
}  // namespace lathe::base
