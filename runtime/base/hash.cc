// XXH3, compiled into this file only.
#include "runtime/base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

#include <new>

namespace lathe::base {

uint64_t Hash64(std::string_view bytes, uint64_t seed) {
  return XXH3_64bits_withSeed(bytes.data(), bytes.size(), seed);
}

Hasher::Hasher(uint64_t seed) {
  static_assert(sizeof(XXH3_state_t) <= sizeof(state_) && alignof(XXH3_state_t) <= 64);
  XXH3_64bits_reset_withSeed(new (state_) XXH3_state_t, seed);
}

void Hasher::Add(std::string_view bytes) {
  XXH3_64bits_update(reinterpret_cast<XXH3_state_t*>(state_), bytes.data(), bytes.size());
}

uint64_t Hasher::Finish() const {
  return XXH3_64bits_digest(reinterpret_cast<const XXH3_state_t*>(state_));
}

}  // namespace lathe::base
