// Fixed-point numerics.
#include "runtime/types/fixed.h"

#include <charconv>

#include "runtime/base/check.h"

namespace lathe::types {
namespace {

struct PowerTable {
  int128 power[kFixedDigitsMax + 1];
  constexpr PowerTable() : power() {
    power[0] = 1;
    for (int i = 1; i <= kFixedDigitsMax; ++i) power[i] = power[i - 1] * 10;
  }
};
constexpr PowerTable kPowers;

uint128 Magnitude(int128 value) {
  return value < 0 ? -static_cast<uint128>(value) : static_cast<uint128>(value);
}

/// Writes the decimal digits so that they end at `end`; returns the first.
char* WriteBackwards(uint64_t value, char* end) {
  do {
    *--end = static_cast<char>('0' + value % 10);
    value /= 10;
  } while (value != 0);
  return end;
}
char* WriteBackwards128(uint128 value, char* end) {
  constexpr uint64_t kChunk = 1000000000000000000ull;
  while (value >> 64 != 0) {
    uint64_t low = static_cast<uint64_t>(value % kChunk);
    value /= kChunk;
    for (int i = 0; i < 18; ++i) {
      *--end = static_cast<char>('0' + low % 10);
      low /= 10;
    }
  }
  return WriteBackwards(static_cast<uint64_t>(value), end);
}

}  // namespace

int128 PowerOf10(int n) {
  LATHE_DCHECK(n >= 0 && n <= kFixedDigitsMax);
  return kPowers.power[n];
}

int DecimalDigits(int128 value) {
  uint128 magnitude = Magnitude(value);
  int digits = 1;
  while (digits <= kFixedDigitsMax && magnitude >= static_cast<uint128>(kPowers.power[digits])) {
    if (++digits > kFixedDigitsMax) break;
  }
  return digits;
}

bool RescaleFixed(int128 value, int from_scale, int to_scale, int128* result) {
  if (to_scale == from_scale) {
    *result = value;
    return true;
  }
  if (to_scale > from_scale) {
    int shift = to_scale - from_scale;
    if (value == 0) {
      *result = 0;
      return true;
    }
    if (shift > kFixedDigitsMax) return false;
    if (__builtin_mul_overflow(value, kPowers.power[shift], result)) return false;
    return FitsPrecision(*result, kFixedDigitsMax);
  }
  int shift = from_scale - to_scale;
  if (shift > kFixedDigitsMax) {
    *result = 0;
    return true;
  }
  int128 unit = kPowers.power[shift];
  int128 quotient = value / unit;
  int128 rest = value % unit;
  if (rest < 0) rest = -rest;
  if (rest >= unit - rest) quotient += value < 0 ? -1 : 1;
  *result = quotient;
  return true;
}

bool FitsPrecision(int128 value, int precision) {
  return Magnitude(value) < static_cast<uint128>(kPowers.power[precision]);
}

void AppendInteger(int64_t value, std::string* out) {
  char buffer[24];
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value);
  out->append(buffer, static_cast<size_t>(end.ptr - buffer));
}

void AppendFixed(int128 value, int scale, std::string* out) {
  char buffer[64];
  char* end = buffer + sizeof buffer;
  uint128 magnitude = Magnitude(value);
  char* begin;
  if (scale == 0) {
    begin = WriteBackwards128(magnitude, end);
  } else if (magnitude >> 64 == 0 && scale <= 18) {
    uint64_t unit = static_cast<uint64_t>(kPowers.power[scale]);
    uint64_t whole = static_cast<uint64_t>(magnitude) / unit;
    uint64_t fraction = static_cast<uint64_t>(magnitude) % unit;
    char* at = end;
    for (int i = 0; i < scale; ++i) {
      *--at = static_cast<char>('0' + fraction % 10);
      fraction /= 10;
    }
    *--at = '.';
    begin = WriteBackwards(whole, at);
  } else {
    uint128 unit = static_cast<uint128>(kPowers.power[scale]);
    uint128 fraction = magnitude % unit;
    char* at = WriteBackwards128(fraction, end);
    while (end - at < scale) *--at = '0';
    *--at = '.';
    begin = WriteBackwards128(magnitude / unit, at);
  }
  if (value < 0) *--begin = '-';
  out->append(begin, static_cast<size_t>(end - begin));
}

double FixedToDouble(int128 value, int scale) {
  // Both operands exact in binary64: one division rounds once.
  constexpr int64_t kExact = int64_t{1} << 53;
  if (scale <= 22 && value >= -kExact && value <= kExact) {
    return static_cast<double>(static_cast<int64_t>(value)) /
           static_cast<double>(kPowers.power[scale]);
  }
  std::string text;
  AppendFixed(value, scale, &text);
  double result = 0;
  std::from_chars(text.data(), text.data() + text.size(), result);
  return result;
}

}  // namespace lathe::types
