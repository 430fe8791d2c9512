// Order, equality and hash of values as SQL's comparison operators and grouping see them: one
// definition for sorts, joins, aggregation, keys and the test oracle.
#pragma once

#include <cstdint>

#include "runtime/types/value.h"

namespace lathe::func {

/// -1, 0 or 1 for two non-null values of the type: btree order of PostgreSQL (NaN greatest and
/// equal to itself, -0 = 0, char(n) without trailing blanks, intervals by span, text bytewise).
/// Numerics in the form that the type says.
int Compare(const types::Type& type, const types::Datum& a, const types::Datum& b);

/// Equal values (Compare = 0) have equal hashes.
uint64_t Hash(const types::Type& type, const types::Datum& value);

/// For floats: NaN equals NaN and is greater than all others.
int CompareDouble(double a, double b);
int CompareBytes(const types::StringRef& a, const types::StringRef& b);

}  // namespace lathe::func
