// Order and hash of values as SQL sees them, by type: the one definition that sorting, hashing,
// keys and the comparison operators share.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/types/value.h"

namespace lathe::types {

/// -1, 0 or 1 for two non-null values of the type in PostgreSQL's btree order: NaN greatest and
/// equal to itself, -0 = 0, char(n) without trailing blanks, intervals by span, strings bytewise,
/// arrays element by element, jsonb by kind and content. Numerics in the form that the type says.
/// (json has no order in SQL; here it is its text's.)
int CompareByType(const Type& type, const Datum& a, const Datum& b);
/// Equal values have equal hashes.
uint64_t HashByType(const Type& type, const Datum& value);

/// True for types whose values are strings of bytes in this process, but whose equality or order is
/// not that of the bytes: arrays, jsonb, big numerics, char without length.
bool IsStructured(const Type& type);
/// CompareByType and HashByType of such types (and any other kString type) from the type's id and
/// element alone.
int CompareStructured(const Type& type, std::string_view a, std::string_view b);
uint64_t HashStructured(const Type& type, std::string_view value);

/// Types without = in PostgreSQL: they cannot be grouped, sorted, joined on or keys.
bool HasEquality(const Type& type);

/// NaN equals NaN and is greater than all others.
int CompareDouble(double a, double b);
/// memcmp, then the shorter one first.
int CompareBytes(std::string_view a, std::string_view b);

}  // namespace lathe::types
