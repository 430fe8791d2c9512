// Values as unsigned integers of the same order. Internal to storage/keyspace.
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>

#include "runtime/types/value.h"

namespace lathe::keyspace {

inline uint32_t OrderBits(int32_t n) { return static_cast<uint32_t>(n) ^ 0x80000000u; }
inline uint64_t OrderBits(int64_t n) { return static_cast<uint64_t>(n) ^ (1ull << 63); }

inline uint32_t OrderBits(float f) {
  if (f == 0) f = 0;  // -0 too
  uint32_t bits = 0x7fc00000u;
  if (f == f) std::memcpy(&bits, &f, sizeof bits);
  return bits >> 31 ? ~bits : bits | 0x80000000u;
}
inline uint64_t OrderBits(double f) {
  if (f == 0) f = 0;
  uint64_t bits = 0x7ff8000000000000ull;
  if (f == f) std::memcpy(&bits, &f, sizeof bits);
  return bits >> 63 ? ~bits : bits | 1ull << 63;
}

inline float FloatOfOrderBits(uint32_t bits) {
  bits = bits >> 31 ? bits & 0x7fffffffu : ~bits;
  float f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}
inline double DoubleOfOrderBits(uint64_t bits) {
  bits = bits >> 63 ? bits & ~(1ull << 63) : ~bits;
  double f;
  std::memcpy(&f, &bits, sizeof f);
  return f;
}

/// Types whose 4 bytes are unsigned: oid and the reg* types.
inline bool IsUnsigned(types::TypeId id) {
  switch (id) {
    case types::TypeId::kOid:
    case types::TypeId::kRegproc:
    case types::TypeId::kRegclass:
    case types::TypeId::kRegtype:
    case types::TypeId::kRegnamespace:
      return true;
    default:
      return false;
  }
}

inline constexpr uint32_t kIntervalKeyBytes = 10;

}  // namespace lathe::keyspace
