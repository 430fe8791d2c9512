// 64-bit hashes (XXH3) for checksums and content hashes. The values are stored on disk: never
// change them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace lathe::base {

/// XXH3-64 of the bytes.
uint64_t Hash64(std::string_view bytes, uint64_t seed = 0);

/// A bijection that spreads the bits of a number (the finalizer of splitmix64).
inline uint64_t MixBits(uint64_t x) {
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ull;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebull;
  return x ^ (x >> 31);
}

/// A hash of several byte strings, as if they were one.
class Hasher {
 public:
  explicit Hasher(uint64_t seed = 0);
  void Add(std::string_view bytes);
  uint64_t Finish() const;

 private:
  alignas(64) unsigned char state_[640];
};

}  // namespace lathe::base
