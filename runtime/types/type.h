// SQL types as values: which type, its modifier, and (for numeric) the exact fixed-point form that
// Lathe computes with. Every type has one representation in registers and row slots (Repr); two
// types with the same Repr share generated code.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"

namespace lathe::types {

/// The SQL types. Names, oids and the rest of what is fixed for a type are in type_list.def.
enum class TypeId : uint8_t {
#define LATHE_TYPE(id, name, oid, array_oid, category, preferred, length) id,
#include "runtime/types/type_list.def"
#undef LATHE_TYPE
};

/// How a value lies in registers, Datum and row slots. All integers little-endian, two's
/// complement.
enum class Repr : uint8_t {
  kBool,      // 1 byte, 0 or 1
  kI8,        // 1 byte ("char")
  kI16,       // 2 bytes
  kI32,       // 4 bytes: int4, date (days since 2000-01-01), oid (unsigned), reg* types
  kI64,       // 8 bytes: int8, timestamp and timestamptz (microseconds since 2000-01-01), numeric
              // of 1..18 digits (scaled)
  kI128,      // 16 bytes: numeric of 19..38 digits (scaled)
  kF32,       // 4 bytes
  kF64,       // 8 bytes
  kInterval,  // 16 bytes: types::Interval
  kString,    // Datum: pointer and length; row slot: 4 bytes, see row/string_slot.h. Text is UTF-8.
              // Also bytea, json, jsonb (jsonb.h), arrays (array.h), rows (record.h) and numeric
              // of any size in the form of types/numeric.h ("big").
};

/// PostgreSQL's interval: the three parts are independent.
struct Interval {
  int64_t micros = 0;
  int32_t days = 0;
  int32_t months = 0;
  bool operator==(const Interval&) const = default;  // by parts; SQL's comparison is in datetime.h
};

struct Shape;  // shape.h

/// A SQL type. Plain value, cheap to copy.
struct Type {
  TypeId id = TypeId::kUnknown;
  TypeId element = TypeId::kUnknown;  // of kArray
  // Numeric only: a fixed-point value of at most `precision` decimal digits (1..38), `scale` of
  // them after the point (scale <= precision), held in kI64 (precision <= 18) or kI128. precision 0
  // = "big": any size, scale carried by each value. Known for numeric(p,s) columns and derived for
  // + - * over them; typmod stays what PostgreSQL would report.
  uint8_t precision = 0;
  uint8_t scale = 0;
  int32_t typmod = -1;  // PostgreSQL's atttypmod: varchar(n)/char(n): n+4; numeric(p,s):
                        // ((p<<16)|(s&0x7ff))+4; -1 = none
  // kEnum, kRecord and arrays of them: the labels, the fields. Null: any enum, any row (in
  // declarations of functions).
  const Shape* shape = nullptr;

  constexpr Type() = default;
  constexpr Type(TypeId type_id, int32_t modifier = -1) : id(type_id), typmod(modifier) {}
  bool operator==(const Type&) const = default;

  /// numeric held as fixed point; 1 <= precision <= 38, scale <= precision.
  static Type FixedNumeric(int precision, int scale, int32_t typmod = -1);
  /// The type of a column declared numeric(p,s): fixed where it fits 38 digits and 0 <= s <= p,
  /// else big with that typmod.
  static Type NumericColumn(int precision, int scale);
  static Type ArrayOf(TypeId element);
  static Type ArrayOf(const Type& element);
  /// The type of an array's elements, without modifier.
  Type Element() const {
    Type type(element);
    type.shape = shape;
    return type;
  }

  bool is_fixed_numeric() const { return id == TypeId::kNumeric && precision != 0; }
  bool is_big_numeric() const { return id == TypeId::kNumeric && precision == 0; }
  bool is_string_like() const;  // text, varchar, char(n), name, unknown
  bool is_integer() const;      // int2, int4, int8
  bool is_number() const;       // integers, floats, numeric
  bool is_polymorphic() const;  // anyelement and its kin: only in declarations of functions
};

Repr ReprOf(const Type& type);
/// Bytes of a value in a row slot (kString: 4).
uint32_t SlotBytes(Repr repr);

/// PostgreSQL's type oid (23 for integer); array types by their own oid.
Oid OidOf(const Type& type);
/// The type of an oid; kUnknown with id kUnknown when Lathe has none.
bool TypeFromOid(Oid oid, Type* type);
/// The name in pg_type ("int4"); arrays "_int4".
std::string_view CatalogName(const Type& type);
/// As PostgreSQL's format_type: "integer", "numeric(15,2)", "character varying(10)", "integer[]".
std::string FormatType(const Type& type);
/// The type of a catalog name without modifier ("int4", "varchar", "_text"), or of a SQL spelling
/// in one word that PostgreSQL accepts as such ("int", "decimal", "char", "timestamptz"). False
/// when there is none.
bool TypeFromName(std::string_view name, Type* type);
/// PostgreSQL's typcategory: 'N' numeric, 'S' string, 'D' date/time, 'T' timespan, 'B' boolean, 'A'
/// array, 'U', 'X' unknown, 'Z'.
char CategoryOf(const Type& type);
/// PostgreSQL's typispreferred.
bool IsPreferred(const Type& type);
/// PostgreSQL's typlen: bytes of a fixed-length type, -1 for variable length.
int16_t CatalogLength(const Type& type);

}  // namespace lathe::types
