// Fixed-point numerics: an integer scaled by a power of ten, as numeric(p,s) columns hold it (int64
// up to 18 digits, int128 up to 38). Rounding is half away from zero, as PostgreSQL's numeric.
#pragma once

#include <cstdint>
#include <string>

#include "runtime/types/value.h"

namespace lathe::types {

inline constexpr int kFixedDigitsMax = 38;

/// 10^n for 0 <= n <= 38.
int128 PowerOf10(int n);
/// Digits of the absolute value, 1 for 0.
int DecimalDigits(int128 value);

/// value * 10^(to_scale - from_scale), rounded half away from zero. False when the result has more
/// than 38 digits.
bool RescaleFixed(int128 value, int from_scale, int to_scale, int128* result);
/// True when |value| < 10^precision.
bool FitsPrecision(int128 value, int precision);

/// The scaled integer of a fixed numeric datum, whichever width it has.
inline int128 FixedFromDatum(const Type& type, const Datum& datum) {
  return type.precision <= 18 ? static_cast<int128>(datum.i64) : datum.i128;
}
/// The datum of a scaled integer, which fits the type's precision.
inline Datum DatumFromFixed(const Type& type, int128 value) {
  Datum datum;
  if (type.precision <= 18) {
    datum.i64 = static_cast<int64_t>(value);
  } else {
    datum.i128 = value;
  }
  return datum;
}

/// Appends the decimal text with exactly `scale` digits after the point.
void AppendFixed(int128 value, int scale, std::string* out);
/// Appends an integer's text.
void AppendInteger(int64_t value, std::string* out);
/// The nearest double, correctly rounded.
double FixedToDouble(int128 value, int scale);

}  // namespace lathe::types
