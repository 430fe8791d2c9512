// Order-preserving bytes of one value: memcmp of two encodings of a type is PostgreSQL's comparison
// of the values, equal values have equal bytes, and no encoding begins another (so parts can be
// concatenated). Formats, never changed once released:
//
//   bool, "char"        1 byte
//   int2, int4, int8,   big-endian, sign bit flipped; fixed numeric as the scaled int64 or int128
//   date, timestamp(tz)
//   oid, reg*           4 bytes big-endian
//   float4, float8      IEEE bits, big-endian: negative ones inverted, else sign bit flipped; -0 is
//   0; NaN is the greatest interval            its length in microseconds (30-day months, 24-hour
//   days), 10 bytes big-endian, sign bit flipped strings             bytes with 00 -> 01 01 and 01
//   -> 01 02, then 00; char(n) without trailing blanks numeric (big)       class 1 -Inf, 2
//   negative, 3 zero, 4 positive, 5 +Inf, 6 NaN; for 2 and 4: weight (2 bytes, sign flipped),
//                       digits + 1 (2 bytes each), 00 00; inverted after the class byte for 2
//   uuid                its 16 bytes; time, timetz as int8; bytea as strings
//   arrays              per element 02 and its encoding, or 03 for NULL; 01; count of dimensions
//   (1),
//                       their lengths (4 each), their lower bounds (4 each, sign flipped)
//   jsonb               01 empty array, 02 scalar, 03 other array, 04 object; then per value kind +
//   1,
//                       and the string, the number as numeric, or the count (4) and the items (of
//                       objects: key as string, value)
// Descending: all bytes inverted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/types/value.h"

namespace lathe::keyspace {

/// True when values of the type can be part of a key (those of types without equality cannot).
bool CanBeKey(const types::Type& type);
/// Bytes of every encoding of the type; 0 = they vary.
uint32_t EncodedBytes(const types::Type& type);
/// Appends a non-null value of the type.
void EncodeValue(const types::Type& type, const types::Datum& datum, bool descending,
                 std::string* out);
/// Takes one encoding off the front of *bytes and gives a value that compares equal to the encoded
/// one (display scale, sign of zero, parts of an interval are not kept; char(n) is padded again).
/// False when the bytes are no such encoding.
bool DecodeValue(const types::Type& type, bool descending, std::string_view* bytes,
                 types::Value* value);

/// Length of an interval as PostgreSQL compares it, in microseconds.
types::int128 IntervalSpan(const types::Interval& interval);
/// char(n) without trailing blanks.
std::string_view TrimBlanks(std::string_view text);
/// PostgreSQL's comparison of two non-null values of one type: -1, 0, 1. By the encoding's order,
/// without encoding.
int CompareDatums(const types::Type& type, const types::Datum& a, const types::Datum& b);

}  // namespace lathe::keyspace
