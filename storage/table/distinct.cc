#include "storage/table/distinct.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>

namespace lathe::table {
namespace {

// The sums sigma and tau of Ertl's algorithm 6, until they stand still.
double Sigma(double x) {
  if (x == 1) return std::numeric_limits<double>::infinity();
  double weight = 1, sum = x;
  for (double before = -1; before != sum; weight += weight) {
    before = sum;
    x *= x;
    sum += x * weight;
  }
  return sum;
}

double Tau(double x) {
  if (x == 0 || x == 1) return 0;
  double weight = 1, sum = 1 - x;
  for (double before = -1; before != sum;) {
    before = sum;
    x = std::sqrt(x);
    weight *= 0.5;
    sum -= (1 - x) * (1 - x) * weight;
  }
  return sum / 3;
}

}  // namespace

double HyperLogLog::Estimate() const {
  constexpr int kRankMax = 65 - kIndexBits;
  std::array<int, kRankMax + 1> count{};
  for (uint8_t rank : registers_) ++count[rank];
  const auto m = static_cast<double>(registers_.size());
  double z = m * Tau(1 - count[kRankMax] / m);
  for (int rank = kRankMax - 1; rank >= 1; --rank) z = 0.5 * (z + count[static_cast<size_t>(rank)]);
  z += m * Sigma(count[0] / m);
  return m * m / (2 * std::numbers::ln2 * z);
}

double DistinctOfAllPages(double distinct, double sum_over_pages, double sampled, double pages) {
  if (distinct <= 0 || sampled <= 0) return 0;
  if (sampled >= pages) return distinct;
  // What one value shows on average, p x / (1 - (1 - x)^p) with x = c / P, grows with x.
  auto shown = [&](double x) {
    return sampled * x / -std::expm1(sampled * std::log1p(-std::min(x, 1 - 1e-12)));
  };
  const double wanted = sum_over_pages / distinct;
  double low = 1 / pages, high = 1;
  if (shown(low) >= wanted) {
    high = low;
  } else {
    for (int i = 0; i < 60; ++i) {
      const double middle = (low + high) / 2;
      (shown(middle) < wanted ? low : high) = middle;
    }
  }
  return std::max(distinct, sum_over_pages / (sampled * high));
}

}  // namespace lathe::table
