// Random numbers from a seed: equal seeds give equal sequences, on every machine and for ever.
#pragma once

#include <cstdint>

#include "runtime/base/hash.h"

namespace lathe::base {

/// splitmix64 (Steele, Lea, Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014).
/// Not for secrets. Not thread-safe.
class Random {
 public:
  explicit Random(uint64_t seed) : state_(seed) {}

  uint64_t Next() { return MixBits(state_ += 0x9e3779b97f4a7c15ull); }
  /// Uniform in [0, bound); bound > 0.
  uint64_t Below(uint64_t bound) {
    __extension__ typedef unsigned __int128 uint128;
    return static_cast<uint64_t>((static_cast<uint128>(Next()) * bound) >> 64);
  }
  /// Uniform in [from, to], both included.
  int64_t Between(int64_t from, int64_t to) {
    uint64_t span = static_cast<uint64_t>(to) - static_cast<uint64_t>(from) + 1;
    return static_cast<int64_t>(static_cast<uint64_t>(from) + (span == 0 ? Next() : Below(span)));
  }
  /// True once in n times on average.
  bool OneIn(uint64_t n) { return Below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace lathe::base
