// How many different values a column has: a HyperLogLog sketch of what is read, and what follows
// for a table of which only some pages are read.
#pragma once

#include <array>
#include <cstdint>

namespace lathe::table {

/// HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007) with 4,096 registers, standard error 1.6
/// %; the estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog sketches",
/// 2017, algorithm 6), without bias tables and right from 0 on. Not thread-safe.
class HyperLogLog {
 public:
  /// A value's 64-bit hash.
  void Add(uint64_t hash) {
    const uint64_t rest = hash << kIndexBits;
    const auto rank = static_cast<uint8_t>(rest == 0 ? 65 - kIndexBits : __builtin_clzll(rest) + 1);
    uint8_t& of = registers_[hash >> (64 - kIndexBits)];
    if (rank > of) of = rank;
  }
  double Estimate() const;

 private:
  static constexpr int kIndexBits = 12;
  std::array<uint8_t, 1u << kIndexBits> registers_{};
};

/// Distinct values of a column, from its values on sampled pages. distinct: different ones on all
/// of them together; sum_over_pages: different ones of each page, added up; sampled and pages: how
/// many pages were read and exist. Takes each value to lie on the same number of pages, drawn at
/// random: with c of P pages, p sampled pages show D (1 - (1 - c/P)^p) of D values, and D c p / P
/// added up; solved for c. So values that lie together (c near 1) grow with the table, values that
/// are everywhere do not.
double DistinctOfAllPages(double distinct, double sum_over_pages, double sampled, double pages);

}  // namespace lathe::table
