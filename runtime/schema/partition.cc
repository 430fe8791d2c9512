#include "runtime/schema/partition.h"

#include <algorithm>
#include <cstring>

#include "runtime/types/order.h"

namespace lathe::schema {
namespace {

using types::TypeId;
using types::Value;
using End = PartitionBound::End;

/// Of a key against an end of a range.
int CompareWithEnd(const std::vector<Value>& key, const std::vector<End>& end) {
  for (size_t i = 0; i < end.size() && i < key.size(); ++i) {
    if (end[i].kind == End::Kind::kMinValue) return 1;
    if (end[i].kind == End::Kind::kMaxValue) return -1;
    const int order =
        types::CompareByType(end[i].value.type(), key[i].datum(), end[i].value.datum());
    if (order != 0) return order;
  }
  return 0;
}

// Bob Jenkins's lookup3 as PostgreSQL uses it (its hash_bytes_extended), so that rows lie in the
// partitions of the same numbers.
struct Mixer {
  uint32_t a, b, c;

  static uint32_t Turn(uint32_t x, int bits) { return (x << bits) | (x >> (32 - bits)); }
  explicit Mixer(uint64_t size, uint64_t seed) {
    a = b = c = 0x9e3779b9U + static_cast<uint32_t>(size) + 3923095U;
    if (seed == 0) return;
    a += static_cast<uint32_t>(seed >> 32);
    b += static_cast<uint32_t>(seed);
    Mix();
  }
  void Mix() {
    a -= c, a ^= Turn(c, 4), c += b;
    b -= a, b ^= Turn(a, 6), a += c;
    c -= b, c ^= Turn(b, 8), b += a;
    a -= c, a ^= Turn(c, 16), c += b;
    b -= a, b ^= Turn(a, 19), a += c;
    c -= b, c ^= Turn(b, 4), b += a;
  }
  uint64_t Final() {
    c ^= b, c -= Turn(b, 14);
    a ^= c, a -= Turn(c, 11);
    b ^= a, b -= Turn(a, 25);
    c ^= b, c -= Turn(b, 16);
    a ^= c, a -= Turn(c, 4);
    b ^= a, b -= Turn(a, 14);
    c ^= b, c -= Turn(b, 24);
    return (static_cast<uint64_t>(b) << 32) | c;
  }
};

constexpr uint64_t kSeed = 0x7A5B22367996DCFDULL;

uint64_t HashWord(uint32_t word) {
  Mixer mixer(sizeof(word), kSeed);
  mixer.a += word;
  return mixer.Final();
}

uint64_t HashBytes(std::string_view bytes) {
  Mixer mixer(bytes.size(), kSeed);
  auto word = [](const char* at, size_t size, int shift) {
    uint32_t out = 0;
    for (size_t i = 0; i < size; ++i) {
      out |= static_cast<uint32_t>(static_cast<unsigned char>(at[i])) << (8 * i + shift);
    }
    return out;
  };
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 12; left -= 12, at += 12) {
    mixer.a += word(at, 4, 0);
    mixer.b += word(at + 4, 4, 0);
    mixer.c += word(at + 8, 4, 0);
    mixer.Mix();
  }
  // The lowest byte of c is the length's, as the first version of the hash had it.
  mixer.a += word(at, std::min<size_t>(left, 4), 0);
  if (left > 4) mixer.b += word(at + 4, std::min<size_t>(left - 4, 4), 0);
  if (left > 8) mixer.c += word(at + 8, left - 8, 8);
  return mixer.Final();
}

uint64_t HashOf(const Value& value) {
  switch (value.type().id) {
    case TypeId::kInt8: {
      const int64_t n = value.AsInt64();
      const uint32_t low = static_cast<uint32_t>(n);
      const uint32_t high = static_cast<uint32_t>(static_cast<uint64_t>(n) >> 32);
      return HashWord(low ^ (n >= 0 ? high : ~high));
    }
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kOid:
    case TypeId::kDate:
      return HashWord(static_cast<uint32_t>(value.AsInt64()));
    default:
      return HashBytes(value.AsString());
  }
}

}  // namespace

bool HasPartitionHash(const types::Type& type) {
  switch (type.id) {
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kInt8:
    case TypeId::kOid:
    case TypeId::kDate:
    case TypeId::kText:
    case TypeId::kVarchar:
      return true;
    default:
      return false;
  }
}

uint64_t PartitionHash(const std::vector<Value>& key) {
  uint64_t hash = 0;
  for (const Value& value : key) {
    if (value.is_null()) continue;
    hash ^= HashOf(value) + 0x49a0f4dd15e5a8e3ULL + (hash << 54) + (hash >> 7);
  }
  return hash;
}

int CompareEnds(const std::vector<End>& a, const std::vector<End>& b) {
  for (size_t i = 0; i < a.size() && i < b.size(); ++i) {
    if (a[i].kind != b[i].kind) return a[i].kind < b[i].kind ? -1 : 1;
    // What comes after a MINVALUE or MAXVALUE does not count.
    if (a[i].kind != End::Kind::kValue) return 0;
    const int order =
        types::CompareByType(a[i].value.type(), a[i].value.datum(), b[i].value.datum());
    if (order != 0) return order;
  }
  return 0;
}

bool Accepts(const PartitionKey& by, const PartitionBound& bound, const std::vector<Value>& key) {
  if (bound.is_default) return false;
  switch (by.strategy) {
    case PartitionKey::Strategy::kList:
      return std::any_of(bound.values.begin(), bound.values.end(), [&](const Value& value) {
        if (value.is_null() || key[0].is_null()) return value.is_null() && key[0].is_null();
        return types::CompareByType(value.type(), value.datum(), key[0].datum()) == 0;
      });
    case PartitionKey::Strategy::kRange:
      if (std::any_of(key.begin(), key.end(), [](const Value& value) { return value.is_null(); })) {
        return false;
      }
      return CompareWithEnd(key, bound.from) >= 0 && CompareWithEnd(key, bound.to) < 0;
    case PartitionKey::Strategy::kHash:
      return bound.modulus != 0 && PartitionHash(key) % bound.modulus == bound.remainder;
    case PartitionKey::Strategy::kNone:
      break;
  }
  return false;
}

}  // namespace lathe::schema
