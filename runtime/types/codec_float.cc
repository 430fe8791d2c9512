// Text forms of floats: the shortest digits that are read back as the same number, laid out as
// PostgreSQL does.
#include <charconv>
#include <cmath>
#include <cstdio>
#include <limits>

#include "runtime/types/codec_parts.h"

namespace lathe::types {
namespace {

/// True when the decimal digits x 10^exponent lie exactly half-way between the double and a
/// neighbour. Only integers from 2^53 can: a midpoint with a fraction has more than 17 digits.
bool IsMidpoint(uint64_t digits, int exponent, double value) {
  constexpr double kFirst = 9007199254740992.0;  // 2^53
  if (value < kFirst || exponent < 0 || exponent > 27) return false;
  uint128 decimal = digits;
  for (int i = 0; i < exponent; ++i) decimal *= 5;
  int decimal_shift = exponent;
  int shift;
  auto mantissa = static_cast<uint64_t>(std::ldexp(std::frexp(value, &shift), 53));
  shift -= 53;
  while (decimal != 0 && (decimal & 1) == 0) {
    decimal >>= 1;
    ++decimal_shift;
  }
  // Neighbours: half a unit up or down (a quarter down from a power of two).
  return (decimal == 2 * static_cast<uint128>(mantissa) + 1 && decimal_shift == shift - 1) ||
         (decimal == 2 * static_cast<uint128>(mantissa) - 1 && decimal_shift == shift - 1) ||
         (mantissa == uint64_t{1} << 52 && decimal == 4 * static_cast<uint128>(mantissa) - 1 &&
          decimal_shift == shift - 2);
}
bool IsMidpoint(uint64_t digits, int exponent, float value) {
  double decimal = static_cast<double>(digits);
  if (value == 0 || exponent < -20 || exponent > 38) return false;
  decimal = exponent < 0 ? decimal / std::pow(10.0, -exponent) : decimal * std::pow(10.0, exponent);
  float up = std::nextafter(value, std::numeric_limits<float>::infinity());
  float down = std::nextafter(value, 0.0f);
  return decimal == (static_cast<double>(value) + up) / 2 ||
         decimal == (static_cast<double>(value) + down) / 2;
}

/// Digits of the mantissa of "d.ddde+XX".
int DigitsOf(std::string_view scientific) {
  int count = 0;
  for (char c : scientific.substr(0, scientific.find('e'))) count += c >= '0' && c <= '9';
  return count;
}
template <class Float>
bool IsMidpoint(std::string_view scientific, Float value) {
  size_t e = scientific.find('e');
  uint64_t digits = 0;
  for (char c : scientific.substr(0, e)) {
    if (c >= '0' && c <= '9') digits = digits * 10 + static_cast<uint64_t>(c - '0');
  }
  size_t at = e + 1 + (scientific[e + 1] == '+' ? 1 : 0);
  int exponent = 0;
  std::from_chars(scientific.data() + at, scientific.data() + scientific.size(), exponent);
  return IsMidpoint(digits, exponent - DigitsOf(scientific) + 1, std::fabs(value));
}

/// Scientific notation with the fewest digits that lie strictly nearer to the value than to any
/// other (PostgreSQL does not count on readers that round half to even).
template <class Float>
std::string_view ShortestScientific(Float value, char (&buffer)[64]) {
  auto end = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  std::string_view text(buffer, static_cast<size_t>(end.ptr - buffer));
  for (int more = DigitsOf(text); more < 17 && IsMidpoint(text, value); ++more) {
    int size = std::snprintf(buffer, sizeof buffer, "%.*e", more, static_cast<double>(value));
    text = std::string_view(buffer, static_cast<size_t>(size));
  }
  return text;
}

/// Shortest digits of a float, laid out as PostgreSQL does: plain for exponents -4 ..
/// plain_limit-1, else d.ddde+XX.
template <class Float>
void AppendShortest(Float value, int plain_limit, std::string* out) {
  char buffer[64];
  std::string_view text = ShortestScientific(value, buffer);
  size_t e = text.find('e');
  int exponent = 0;
  size_t digits_at = e + 1 + (text[e + 1] == '+' ? 1 : 0);
  std::from_chars(text.data() + digits_at, text.data() + text.size(), exponent);
  if (exponent < -4 || exponent >= plain_limit) {
    out->append(text);  // to_chars writes at least two exponent digits, as PostgreSQL
    return;
  }
  std::string_view mantissa = text.substr(0, e);
  if (mantissa[0] == '-') {
    out->push_back('-');
    mantissa.remove_prefix(1);
  }
  std::string digits(1, mantissa[0]);
  if (mantissa.size() > 2) digits += mantissa.substr(2);
  if (exponent < 0) {
    out->append("0.");
    out->append(static_cast<size_t>(-exponent - 1), '0');
    out->append(digits);
  } else if (digits.size() <= static_cast<size_t>(exponent) + 1) {
    out->append(digits);
    out->append(static_cast<size_t>(exponent) + 1 - digits.size(), '0');
  } else {
    out->append(digits, 0, static_cast<size_t>(exponent) + 1);
    out->push_back('.');
    out->append(digits, static_cast<size_t>(exponent) + 1);
  }
}

template <class Float>
bool AppendSpecialFloat(Float value, std::string* out) {
  if (std::isnan(value)) {
    out->append("NaN");
    return true;
  }
  if (std::isinf(value)) {
    out->append(value < 0 ? "-Infinity" : "Infinity");
    return true;
  }
  return false;
}

void AppendGeneral(double value, int digits, std::string* out) {
  char buffer[64];
  int size = std::snprintf(buffer, sizeof buffer, "%.*g", digits < 1 ? 1 : digits, value);
  out->append(buffer, static_cast<size_t>(size));
}

template <class Float>
Result<Float> ParseFloat(std::string_view text, std::string_view type) {
  std::string_view rest = Trim(text);
  std::string_view body = rest;
  bool negative = !body.empty() && body[0] == '-';
  if (!body.empty() && (body[0] == '-' || body[0] == '+')) body.remove_prefix(1);
  auto is = [&](std::string_view word) {
    if (body.size() != word.size()) return false;
    for (size_t i = 0; i < body.size(); ++i) {
      if ((body[i] | 32) != word[i]) return false;
    }
    return true;
  };
  if (body.empty()) return InvalidInput(type, text);
  if (is("nan")) return std::numeric_limits<Float>::quiet_NaN();
  if (is("infinity") || is("inf")) {
    Float infinity = std::numeric_limits<Float>::infinity();
    return negative ? -infinity : infinity;
  }
  if (body[0] != '.' && (body[0] < '0' || body[0] > '9')) return InvalidInput(type, text);
  Float value = 0;
  bool hex = body.size() > 2 && body[0] == '0' && (body[1] | 32) == 'x';
  auto end = hex ? std::from_chars(body.data() + 2, body.data() + body.size(), value,
                                   std::chars_format::hex)
                 : std::from_chars(body.data(), body.data() + body.size(), value);
  if (end.ec == std::errc::invalid_argument || end.ptr != body.data() + body.size())
    return InvalidInput(type, text);
  if (end.ec == std::errc::result_out_of_range) {
    return MakeError(SqlState::kNumericValueOutOfRange,
                     Quoted(rest) + " is out of range for type " + std::string(type));
  }
  return negative ? -value : value;
}

}  // namespace

void AppendFloat8(double value, int extra_float_digits, std::string* out) {
  if (AppendSpecialFloat(value, out)) return;
  if (extra_float_digits > 0) return AppendShortest(value, 15, out);
  AppendGeneral(value, 15 + extra_float_digits, out);
}

void AppendFloat4(float value, int extra_float_digits, std::string* out) {
  if (AppendSpecialFloat(value, out)) return;
  if (extra_float_digits > 0) return AppendShortest(value, 6, out);
  AppendGeneral(static_cast<double>(value), 6 + extra_float_digits, out);
}

Result<double> ParseFloat8(std::string_view text) {
  return ParseFloat<double>(text, "double precision");
}
Result<float> ParseFloat4(std::string_view text) { return ParseFloat<float>(text, "real"); }

}  // namespace lathe::types
