// Front door of runtime/abi: what generated code and the C++ around it agree on. functions.def
// lists the functions; here are their declarations and the few constants and hash steps that both
// sides must compute alike.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/row/string_slot.h"
#include "runtime/types/value.h"

extern "C" {
#define LATHE_ABI(result, name, args, cost) result name args;
#include "runtime/abi/functions.def"
#undef LATHE_ABI
}

namespace lathe::abi {

/// What a pipeline function returns.
inline constexpr int32_t kReturnOk = 0;
inline constexpr int32_t kReturnStop = 1;   // no more rows are wanted (LIMIT reached)
inline constexpr int32_t kReturnError = 2;  // details in the worker's state

enum class Cost : uint8_t { kPure, kHot, kCold };

// One step of hashing, emitted inline by codegen/emit: h = (h ^ word) * kHashFactor; h ^= h >> 32.
inline constexpr uint64_t kHashSeed = 0x9e3779b97f4a7c15;
inline constexpr uint64_t kHashFactor = 0xd6e8feb86659fd93;
inline constexpr uint64_t kHashNull = 0x5851f42d4c957f2d;  // the word of a NULL
inline uint64_t HashWord(uint64_t h, uint64_t word) {
  h = (h ^ word) * kHashFactor;
  return h ^ (h >> 32);
}

// A hash's parts: directory index from bit 0, radix partition from bit kPartitionShift, tag bit
// number from bit kTagShift.
inline constexpr int kPartitionShift = 40;
inline constexpr int kPartitionBits = 6;
inline constexpr int kTagShift = 60;
inline constexpr uint64_t kPointerMask = (uint64_t{1} << 48) - 1;
/// The bit of a directory entry (bits 48..63) that stands for rows of this hash.
inline uint64_t TagBit(uint64_t hash) { return uint64_t{1} << (48 + (hash >> kTagShift)); }

/// A LIKE pattern taken apart once per execution. Backslash escapes.
class LikePattern {
 public:
  explicit LikePattern(std::string_view pattern);
  bool Matches(std::string_view text) const;
  /// False for a pattern that ends in the escape character (22025 when PostgreSQL would reach it).
  bool valid() const { return valid_; }

 private:
  enum class Shape : uint8_t { kExact, kPrefix, kSuffix, kContains, kPieces, kGeneral };
  Shape shape_ = Shape::kGeneral;
  bool valid_ = true;
  bool open_front_ = false, open_back_ = false;  // kPieces: begins, ends with %
  std::string pattern_;                          // kGeneral: as given
  std::vector<std::string> pieces_;              // literal text between the percent signs
};

/// The items of a long IN list, computed once per execution. Borrows the bytes of strings.
class ValueSet {
 public:
  explicit ValueSet(const types::Type& type) : type_(type) {}
  void Add(const types::Datum& datum) { values_.push_back(datum); }
  void AddNull() { has_null_ = true; }
  /// After the last Add.
  void Seal();
  bool Contains(const types::Datum& datum) const;
  bool has_null() const { return has_null_; }

 private:
  types::Type type_;
  bool has_null_ = false;
  std::vector<types::Datum> values_;  // in order once sealed
};

/// SQL's order of two non-null values of one type: -1, 0, 1. NaN equals NaN and is greatest;
/// char(n) without trailing blanks.
int CompareDatums(const types::Type& type, const types::Datum& a, const types::Datum& b);

/// The hash h with one more value in it, as generated code computes it.
uint64_t HashDatum(uint64_t h, const types::Type& type, const types::Datum& d, bool null);

}  // namespace lathe::abi
