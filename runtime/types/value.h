// A SQL value outside generated code: Datum is the raw 16 bytes that generated code, functions and
// row slots agree on; Value owns its bytes and knows its type and whether it is null (constants,
// parameters, defaults, statistics, tests).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/check.h"
#include "runtime/types/type.h"

namespace lathe::types {

__extension__ typedef __int128 int128;
__extension__ typedef unsigned __int128 uint128;

/// Bytes that somebody else owns.
struct StringRef {
  const char* data = nullptr;
  uint64_t size = 0;
  std::string_view view() const { return {data, size}; }
};

/// The bits of one non-null value, interpreted by its Repr. Generated code addresses the members by
/// offset 0.
union alignas(16) Datum {
  bool b;
  int8_t i8;
  int16_t i16;
  int32_t i32;
  int64_t i64;
  int128 i128;
  float f32;
  double f64;
  Interval interval;
  StringRef string;

  Datum() : i128(0) {}
};
static_assert(sizeof(Datum) == 16);

/// A typed, nullable value that owns its bytes. Copyable.
class Value {
 public:
  Value() = default;  // NULL of type unknown
  static Value Null(Type type) {
    Value v;
    v.type_ = type;
    return v;
  }
  static Value Bool(bool b);
  static Value Int4(int32_t n);
  static Value Int8(int64_t n);
  static Value Float8(double d);
  static Value Text(std::string text);
  /// Takes a copy of the datum, bytes included.
  static Value FromDatum(Type type, const Datum& datum);

  const Type& type() const { return type_; }
  bool is_null() const { return null_; }
  /// The datum; a string's bytes live as long as this Value is neither changed nor moved. Not for
  /// NULL.
  Datum datum() const;
  void set_type(Type type) { type_ = type; }  // same Repr only

  bool AsBool() const { return datum_.b; }
  int64_t AsInt64() const;  // of kI8 .. kI64 representations
  double AsDouble() const;  // of kF32, kF64
  std::string_view AsString() const { return bytes_; }

  /// SQL text form as the server would send it, NULL as "NULL"; for printers and tests.
  std::string ToString() const;
  /// Same type, same nullness, same bits.
  bool Identical(const Value& other) const;

 private:
  Type type_;
  bool null_ = true;
  Datum datum_;        // all but kString
  std::string bytes_;  // kString
};

}  // namespace lathe::types
