// The plan cache's bookkeeping: several plans of one statement, their regions, and the bounds.
#include "codegen/driver/plan_cache.h"

#include <gtest/gtest.h>

namespace lathe::driver {
namespace {

std::shared_ptr<CachedPlan> MakePlan(bool by_values) {
  auto plan = std::make_shared<CachedPlan>();
  if (by_values) {
    plan->region_of = [](std::span<const types::Value>) { return std::string("a"); };
  }
  return plan;
}

TEST(PlanCache, PlanThatServesAllValuesIsReplaced) {
  PlanCache cache;
  auto first = MakePlan(false), second = MakePlan(false);
  cache.Insert("k", first);
  cache.Insert("k", second);
  EXPECT_EQ(cache.Find("k"), second);
  EXPECT_EQ(cache.Variants("k").size(), 1u);
  EXPECT_EQ(cache.Find("other"), nullptr);
  EXPECT_TRUE(cache.Variants("other").empty());
}

TEST(PlanCache, VariantsStandBesideEachOther) {
  PlanCache cache;
  auto first = MakePlan(true), second = MakePlan(true);
  cache.Insert("k", first);
  cache.Insert("k", second);
  EXPECT_EQ(cache.Find("k"), second);
  cache.Promote("k", first.get());
  EXPECT_EQ(cache.Find("k"), first);
  ASSERT_EQ(cache.Variants("k").size(), 2u);
  cache.Insert("k", second);  // came out again
  EXPECT_EQ(cache.Variants("k").size(), 2u);
  EXPECT_EQ(cache.Find("k"), second);
  cache.Erase("k");
  EXPECT_TRUE(cache.Variants("k").empty());
  EXPECT_EQ(cache.stats().bytes, 0u);
}

TEST(PlanCache, VariantsAreBounded) {
  PlanCache cache;
  for (uint32_t i = 0; i + 1 < PlanCache::kPlansMade; ++i) cache.Insert("k", MakePlan(true));
  EXPECT_EQ(cache.Variants("k").size(), PlanCache::kVariantsMax);
  EXPECT_FALSE(cache.PlannedEnough("k"));
  cache.Insert("k", MakePlan(true));
  EXPECT_TRUE(cache.PlannedEnough("k"));
  EXPECT_EQ(cache.stats().entries, 1u);
  EXPECT_EQ(cache.stats().variants, uint64_t{PlanCache::kPlansMade} - 1);
}

TEST(PlanCache, BytesAreBounded) {
  PlanCache cache(4096, 100'000);
  for (int i = 0; i < 100; ++i) cache.Insert("k" + std::to_string(i), MakePlan(true));
  EXPECT_LE(cache.stats().bytes, 100'000u);
  EXPECT_GT(cache.stats().entries, 1u);
  EXPECT_GT(cache.stats().evictions, 0u);
  EXPECT_NE(cache.Find("k99"), nullptr);
  EXPECT_EQ(cache.Find("k0"), nullptr);
}

TEST(CachedPlan, RegionsAreBounded) {
  auto plan = MakePlan(true);
  EXPECT_FALSE(plan->Covers("a"));
  plan->Cover("a");
  plan->Cover("a");
  EXPECT_TRUE(plan->Covers("a"));
  EXPECT_EQ(plan->Regions().size(), 1u);
  for (size_t i = 0; i < PlanCache::kRegionsMax; ++i) plan->Cover(std::to_string(i));
  EXPECT_FALSE(plan->Covers("a"));
  EXPECT_EQ(plan->Regions().size(), PlanCache::kRegionsMax);
}

}  // namespace
}  // namespace lathe::driver
