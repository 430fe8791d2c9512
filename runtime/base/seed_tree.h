// One seed as a tree of independent streams: each part of a simulation draws from a stream of its
// own, named by a path, so that one more draw in one part shifts no other.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/hash.h"
#include "runtime/base/random.h"

namespace lathe::base {

/// A node of the tree; a value.
class SeedTree {
 public:
  explicit SeedTree(uint64_t seed) : seed_(seed) {}
  SeedTree Child(std::string_view name) const { return SeedTree(Hash64(name, seed_)); }
  SeedTree Child(uint64_t number) const {
    return SeedTree(MixBits(seed_ + (number + 1) * 0x9e3779b97f4a7c15ull));
  }
  Random Stream() const { return Random(seed_); }
  uint64_t seed() const { return seed_; }

 private:
  uint64_t seed_;
};

}  // namespace lathe::base
