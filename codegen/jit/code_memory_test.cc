#include "codegen/jit/code_memory.h"

#include <cstring>
#include <deque>

#include <gtest/gtest.h>

namespace lathe::jit {
namespace {

TEST(CodeSlabs, BothViewsShowTheSameBytes) {
  CodeSlabs slabs(1 << 20);
  auto range = slabs.Allocate(100);
  ASSERT_TRUE(range.ok());
  EXPECT_EQ(range.value().bytes, 128u);
  std::memcpy(range.value().writable, "code", 4);
  EXPECT_EQ(std::memcmp(range.value().executable, "code", 4), 0);
}

TEST(CodeSlabs, FreedNeighboursBecomeOne) {
  CodeSlabs slabs(1 << 20);
  std::vector<CodeRange> ranges;
  for (int i = 0; i < 16; ++i) {
    auto range = slabs.Allocate(1 << 16);
    ASSERT_TRUE(range.ok());
    ranges.push_back(range.value());
  }
  EXPECT_EQ(slabs.slab_count(), 1u);
  // Out of order, so that both kinds of neighbours are met.
  for (int i : {1, 3, 2, 0, 15, 13, 14, 4, 5, 6, 12, 11, 10, 7, 9, 8}) slabs.Free(ranges[i]);
  EXPECT_EQ(slabs.used_bytes(), 0u);
  auto whole = slabs.Allocate(1 << 20);
  ASSERT_TRUE(whole.ok());
  EXPECT_EQ(slabs.slab_count(), 1u);
}

TEST(CodeSlabs, GrowsAndTakesWhatIsLargerThanASlab) {
  CodeSlabs slabs(1 << 16);
  auto small = slabs.Allocate(1 << 10);
  auto large = slabs.Allocate(1 << 18);
  ASSERT_TRUE(small.ok());
  ASSERT_TRUE(large.ok());
  EXPECT_EQ(slabs.slab_count(), 2u);
  std::memset(large.value().writable, 1, large.value().bytes);
}

TEST(CodeSlabs, ManyLiveRangesNeverOverlap) {
  CodeSlabs slabs(1 << 18);
  std::deque<std::pair<CodeRange, char>> live;
  uint64_t seed = 1;
  for (int i = 0; i < 20000; ++i) {
    seed = seed * 6364136223846793005ull + 1442695040888963407ull;
    if (live.size() > 200 || (!live.empty() && (seed >> 60) < 5)) {
      auto [range, mark] = live.front();
      live.pop_front();
      for (uint64_t b = 0; b < range.bytes; ++b) ASSERT_EQ(range.executable[b], mark);
      slabs.Free(range);
    } else {
      auto range = slabs.Allocate(1 + (seed >> 33) % 5000);
      ASSERT_TRUE(range.ok());
      const char mark = static_cast<char>(i);
      std::memset(range.value().writable, mark, range.value().bytes);
      live.push_back({range.value(), mark});
    }
  }
}

}  // namespace
}  // namespace lathe::jit
