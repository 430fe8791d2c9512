// The pool of pseudo English that comments are cut from (TPC-H specification, clause 4.2.2.14):
// sentences of the grammar of clause 4.2.2.13, one after the other. The specification's pool has
// 300 MB; this one is smaller, so that starting takes milliseconds and the pool stays near the
// processor's caches; a comment is any of its substrings of a fitting length.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "bench/tpch/random.h"

namespace lathe::tpch {

/// Immutable once made; safe for several threads.
class TextPool {
 public:
  static constexpr int64_t kBytes = 16 << 20;

  /// Makes `bytes` bytes of text; the same for the same seed.
  explicit TextPool(uint64_t seed, int64_t bytes = kBytes);

  /// A random substring of length_min to length_max bytes, both included; lives as long as the
  /// pool.
  std::string_view Cut(Stream* random, int length_min, int length_max) const;

  /// The whole pool.
  std::string_view text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace lathe::tpch
