// Random numbers that depend on nothing but (seed, purpose, row): each row draws from a stream of
// its own, so any row can be made without its predecessors.
#pragma once

#include <cstdint>

namespace lathe::tpch {

/// Spreads the bits of x over 64 bits; a bijection.
/// Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014, figure 14
/// (variant 13).
constexpr uint64_t Mix(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// A stream of random numbers. A value; not for several threads.
class Stream {
 public:
  Stream(uint64_t seed, uint64_t purpose, uint64_t row)
      : state_(Mix(seed + kStep * (purpose + 1)) ^ Mix(row * kStep + purpose)) {}

  /// The next 64 random bits (SplitMix64, figure 16 of the same paper).
  uint64_t Next() { return Mix(state_ += kStep); }

  /// Uniform in [0, count); count > 0. Multiply-shift without rejection: the bias is below count /
  /// 2^64 (Lemire: Fast Random Integer Generation in an Interval, 2019, section 3).
  uint64_t Below(uint64_t count) {
    return static_cast<uint64_t>((static_cast<Wide>(Next()) * count) >> 64);
  }

  /// Uniform in [low, high], both included.
  int64_t Between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(Below(static_cast<uint64_t>(high - low) + 1));
  }

 private:
  __extension__ typedef unsigned __int128 Wide;
  static constexpr uint64_t kStep = 0x9e3779b97f4a7c15u;
  uint64_t state_;
};

}  // namespace lathe::tpch
