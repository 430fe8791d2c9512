#include "storage/table/distinct.h"

#include <gtest/gtest.h>

#include <set>
#include <vector>

#include "runtime/base/hash.h"
#include "runtime/base/random.h"

namespace lathe::table {
namespace {

TEST(HyperLogLogTest, CountsWithinAFewPercent) {
  for (uint64_t values : {0u, 1u, 10u, 100u, 1'000u, 4'096u, 20'000u, 1'000'000u}) {
    HyperLogLog sketch;
    for (uint64_t i = 0; i < values; ++i) {
      sketch.Add(base::MixBits(i + 1));
      sketch.Add(base::MixBits(i + 1));
    }
    EXPECT_NEAR(sketch.Estimate(), static_cast<double>(values), 0.06 * static_cast<double>(values));
  }
}

// A table of 1,000 pages of 100 rows, of which 50 pages are read.
double Estimate(const std::vector<uint64_t>& rows) {
  base::Random random(3);
  std::set<uint64_t> all;
  double sum = 0;
  for (int page = 0; page < 50; ++page) {
    const uint64_t at = static_cast<uint64_t>(page) * 20 + random.Next() % 20;
    std::set<uint64_t> of_page(rows.begin() + static_cast<ptrdiff_t>(at * 100),
                               rows.begin() + static_cast<ptrdiff_t>(at * 100 + 100));
    sum += static_cast<double>(of_page.size());
    all.merge(of_page);
  }
  return DistinctOfAllPages(static_cast<double>(all.size()), sum, 50, 1000);
}

TEST(DistinctOfAllPagesTest, ValuesTogetherAndScattered) {
  base::Random random(1);
  std::vector<uint64_t> together, scattered, few, unique;
  for (uint64_t i = 0; i < 100'000; ++i) {
    together.push_back(i / 4);                  // 25,000 values, each on one page
    scattered.push_back(random.Next() % 5000);  // 5,000 values, anywhere
    few.push_back(random.Next() % 7);
    unique.push_back(i);
  }
  EXPECT_NEAR(Estimate(together), 25'000, 2'500);
  EXPECT_NEAR(Estimate(scattered), 5'000, 750);
  EXPECT_NEAR(Estimate(few), 7, 0.5);
  EXPECT_NEAR(Estimate(unique), 100'000, 5'000);
}

}  // namespace
}  // namespace lathe::table
