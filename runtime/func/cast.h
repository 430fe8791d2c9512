// Casts between SQL types as plain descriptions: the one list (casts.cc), as PostgreSQL's pg_cast
// plus the conversions through text that it allows.
#pragma once

#include "runtime/func/function.h"

namespace lathe::func {

/// Where PostgreSQL applies a cast by itself.
enum class CastContext : uint8_t { kImplicit, kAssignment, kExplicit };

/// What the code generator can emit inline instead of the boxed call.
enum class InlineCast : uint8_t {
  kNone,
  kSame,  // same representation, nothing to do (text <-> varchar without length, int4 <-> oid, ...)
  kIntWiden,      // int2 -> int4 -> int8
  kIntNarrow,     // checked, 22003
  kIntToFloat,    // to float4 or float8
  kFloatToInt,    // round half to even, checked
  kFloatWiden,    // float4 -> float8
  kFloatNarrow,   // float8 -> float4, checked
  kIntToFixed,    // integer -> fixed numeric
  kFixedToInt,    // fixed numeric -> integer, half away from zero, checked
  kFixedToFixed,  // other precision or scale, half away from zero, checked
  kFixedToFloat,  // fixed numeric -> float8
  kFixedToBig,    // fixed numeric -> big numeric
  kBigToFixed,    // big numeric -> fixed numeric, rounded, checked
  kDateToTimestamp,
  kTimestampToDate,
};

/// One cast. Lives for ever. Two numerics of different form are a cast as well (kFixedToBig, ...),
/// which the binder adds.
struct Cast {
  types::TypeId from;
  types::TypeId to;
  CastContext context;
  bool can_fail = true;
  /// Converts one non-null value. Numerics are big here (as for BoxedFunction); `to` carries the
  /// target's typmod, which is applied (rounding, length check; is_explicit: silent truncation
  /// where PostgreSQL truncates on an explicit cast).
  CallStatus (*boxed)(FunctionContext* context, const types::Datum& value, const types::Type& from,
                      const types::Type& to, bool is_explicit, types::Datum* result) = nullptr;
};

/// The cast from one type to another, of any context; null when there is none. Same id on both
/// sides: the length coercion of varchar(n), char(n), numeric(p,s), timestamp(n), interval.
const Cast* FindCast(types::TypeId from, types::TypeId to);
/// The inline form for these two types (typmods, precision and scale included); kNone = call boxed.
InlineCast InlineCastFor(const types::Type& from, const types::Type& to);

}  // namespace lathe::func
