// Numbers of any size: text, bytes, other types, rounding.
#include "runtime/types/numeric.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdio>

#include "runtime/base/bytes.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric_parts.h"

namespace lathe::types {
namespace {

constexpr int kPow10[] = {1, 10, 100, 1000, 10000};

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

std::string_view Trim(std::string_view text) {
  while (!text.empty() && IsBlank(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsBlank(text.back())) text.remove_suffix(1);
  return text;
}

bool EqualsIgnoreCase(std::string_view text, std::string_view lower) {
  if (text.size() != lower.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
    if (c != lower[i]) return false;
  }
  return true;
}

Error InvalidText(std::string_view text) {
  return MakeError(SqlState::kInvalidTextRepresentation,
                   "invalid input syntax for type numeric: \"" + std::string(text) + "\"");
}
Error FormatOverflow() {
  return MakeError(SqlState::kNumericValueOutOfRange, "value overflows numeric format");
}

}  // namespace

void Numeric::Strip() {
  size_t leading = 0;
  while (leading < digits_.size() && digits_[leading] == 0) ++leading;
  size_t end = digits_.size();
  while (end > leading && digits_[end - 1] == 0) --end;
  digits_.resize(end);
  if (leading > 0) {
    digits_.erase_front(leading);
    weight_ -= static_cast<int32_t>(leading);
  }
  if (digits_.empty()) {
    weight_ = 0;
    negative_ = false;
  }
}

Numeric Numeric::FromDigits(const int16_t* digits, size_t count, int weight, bool negative,
                            int dscale) {
  Numeric result;
  result.digits_.assign(digits, count);
  result.weight_ = weight;
  result.negative_ = negative;
  result.dscale_ = dscale;
  result.Strip();
  return result;
}

Numeric Numeric::FromInt64(int64_t value) { return FromFixed(value, 0); }

Numeric Numeric::FromFixed(int128 value, int scale) {
  Numeric result;
  result.dscale_ = scale;
  if (value == 0) return result;
  uint128 magnitude = value < 0 ? -static_cast<uint128>(value) : static_cast<uint128>(value);
  // Units are aligned to the point: the last one is filled up with zeros.
  int pad = (4 - scale % 4) % 4;
  int16_t units[14];
  int count = 0;
  int first = 0;
  if (pad != 0) {
    int keep = kPow10[4 - pad];
    units[count++] = static_cast<int16_t>(static_cast<int>(magnitude % static_cast<uint128>(keep)) *
                                          kPow10[pad]);
    magnitude /= static_cast<uint128>(keep);
  }
  while (magnitude >> 64 != 0) {
    units[count++] = static_cast<int16_t>(magnitude % kBase);
    magnitude /= kBase;
  }
  uint64_t low = static_cast<uint64_t>(magnitude);
  while (low != 0) {
    units[count++] = static_cast<int16_t>(low % kBase);
    low /= kBase;
  }
  while (first < count && units[first] == 0) ++first;
  result.weight_ = count - 1 - (scale + 3) / 4;
  result.digits_.resize(static_cast<size_t>(count - first));
  for (int i = 0; i < count - first; ++i)
    result.digits_[static_cast<size_t>(i)] = units[count - 1 - i];
  result.negative_ = value < 0;
  result.Strip();
  return result;
}

Numeric Numeric::FromDouble(double value) {
  if (std::isnan(value)) return NaN();
  if (std::isinf(value)) return Infinity(value < 0);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.15g", value);
  return std::move(Parse(buffer)).value();
}

Numeric Numeric::FromFloat(float value) {
  if (std::isnan(value)) return NaN();
  if (std::isinf(value)) return Infinity(value < 0);
  char buffer[64];
  std::snprintf(buffer, sizeof buffer, "%.6g", static_cast<double>(value));
  return std::move(Parse(buffer)).value();
}

Result<Numeric> Numeric::Parse(std::string_view input) {
  std::string_view text = Trim(input);
  bool negative = false;
  std::string_view rest = text;
  if (!rest.empty() && (rest[0] == '+' || rest[0] == '-')) {
    negative = rest[0] == '-';
    rest.remove_prefix(1);
  }
  if (!rest.empty() && ((rest[0] | 32) == 'n' || (rest[0] | 32) == 'i')) {
    if (rest.size() == text.size() && EqualsIgnoreCase(rest, "nan")) return NaN();
    if (EqualsIgnoreCase(rest, "infinity") || EqualsIgnoreCase(rest, "inf"))
      return Infinity(negative);
    return InvalidText(input);
  }
  // Digits without the point go to `digits`; point = how many of them stand before it.
  std::string digits;
  int64_t point = -1;
  size_t i = 0;
  bool any = false;
  for (; i < rest.size(); ++i) {
    char c = rest[i];
    if (c >= '0' && c <= '9') {
      digits.push_back(c);
      any = true;
    } else if (c == '.' && point < 0) {
      point = static_cast<int64_t>(digits.size());
    } else {
      break;
    }
  }
  if (!any) return InvalidText(input);
  int64_t fraction = point < 0 ? 0 : static_cast<int64_t>(digits.size()) - point;
  if (point < 0) point = static_cast<int64_t>(digits.size());
  if (i < rest.size() && (rest[i] | 32) == 'e') {
    ++i;
    bool exponent_negative = false;
    if (i < rest.size() && (rest[i] == '+' || rest[i] == '-')) exponent_negative = rest[i++] == '-';
    if (i >= rest.size() || rest[i] < '0' || rest[i] > '9') return InvalidText(input);
    int64_t exponent = 0;
    for (; i < rest.size() && rest[i] >= '0' && rest[i] <= '9'; ++i) {
      exponent = std::min<int64_t>(exponent * 10 + (rest[i] - '0'), INT32_MAX);
    }
    if (exponent >= INT32_MAX / 2) {
      return i == rest.size() ? FormatOverflow() : InvalidText(input);
    }
    if (exponent_negative) exponent = -exponent;
    point += exponent;
    fraction = std::max<int64_t>(fraction - exponent, 0);
  }
  if (i != rest.size()) return InvalidText(input);
  size_t first = digits.find_first_not_of('0');
  Numeric result;
  if (fraction > kScaleMax) return FormatOverflow();
  result.dscale_ = static_cast<int32_t>(fraction);
  if (first == std::string::npos) return result;
  point -= static_cast<int64_t>(first);
  if (point > (int64_t{kWeightMax} + 1) * 4) return FormatOverflow();
  // The unit of weight w holds decimal places 4w .. 4w+3 (place 0 = ones).
  int top_place = static_cast<int>(point) - 1;
  int weight = FloorDiv4(top_place);
  int lead = top_place - weight * 4;  // places of the first digit within its unit: 0..3
  size_t length = digits.size() - first;
  size_t units = (static_cast<size_t>(3 - lead) + length + 3) / 4;
  result.digits_.resize(units);
  size_t unit = 0;
  int place = lead;
  for (size_t d = first; d < digits.size(); ++d) {
    result.digits_[unit] =
        static_cast<int16_t>(result.digits_[unit] + (digits[d] - '0') * kPow10[place]);
    if (--place < 0) {
      place = 3;
      ++unit;
    }
  }
  result.weight_ = weight;
  result.negative_ = negative;
  result.Strip();
  return result;
}

bool Numeric::Decode(std::string_view bytes, Numeric* result) {
  if (bytes.size() < 8) return false;
  int16_t weight = LoadAt<int16_t>(bytes.data());
  uint16_t sign = LoadAt<uint16_t>(bytes.data() + 2);
  uint16_t dscale = LoadAt<uint16_t>(bytes.data() + 4);
  uint16_t count = LoadAt<uint16_t>(bytes.data() + 6);
  if (bytes.size() != 8 + size_t{count} * 2) return false;
  switch (sign) {
    case kSignNan:
      *result = NaN();
      return true;
    case kSignPlusInf:
      *result = Infinity(false);
      return true;
    case kSignMinusInf:
      *result = Infinity(true);
      return true;
    case kSignPlus:
    case kSignMinus:
      break;
    default:
      return false;
  }
  result->kind_ = Kind::kFinite;
  result->negative_ = sign == kSignMinus;
  result->weight_ = weight;
  result->dscale_ = dscale;
  result->digits_.resize(count);
  if (count != 0) std::memcpy(result->digits_.data(), bytes.data() + 8, size_t{count} * 2);
  return true;
}

Numeric Numeric::FromDatum(const Datum& datum) {
  Numeric result;
  LATHE_CHECK(Decode(datum.string.view(), &result));
  return result;
}

void Numeric::EncodeTo(char* to) const {
  uint16_t sign = kSignPlus;
  switch (kind_) {
    case Kind::kFinite:
      sign = negative_ ? kSignMinus : kSignPlus;
      break;
    case Kind::kNan:
      sign = kSignNan;
      break;
    case Kind::kPositiveInfinity:
      sign = kSignPlusInf;
      break;
    case Kind::kNegativeInfinity:
      sign = kSignMinusInf;
      break;
  }
  StoreAt<int16_t>(to, static_cast<int16_t>(weight_));
  StoreAt<uint16_t>(to + 2, sign);
  StoreAt<uint16_t>(to + 4, static_cast<uint16_t>(dscale_));
  StoreAt<uint16_t>(to + 6, static_cast<uint16_t>(digits_.size()));
  if (!digits_.empty()) std::memcpy(to + 8, digits_.data(), digits_.size() * 2);
}

std::string Numeric::Encode() const {
  std::string bytes(EncodedBytes(), '\0');
  EncodeTo(bytes.data());
  return bytes;
}

Datum Numeric::ToDatum(base::Arena* arena) const {
  size_t size = EncodedBytes();
  char* to = arena->Allocate(size);
  EncodeTo(to);
  Datum datum;
  datum.string = {to, size};
  return datum;
}

int Numeric::sign() const {
  switch (kind_) {
    case Kind::kNan:
      return 0;
    case Kind::kPositiveInfinity:
      return 1;
    case Kind::kNegativeInfinity:
      return -1;
    case Kind::kFinite:
      break;
  }
  return digits_.empty() ? 0 : negative_ ? -1 : 1;
}

void Numeric::AppendText(std::string* out) const {
  switch (kind_) {
    case Kind::kNan:
      out->append("NaN");
      return;
    case Kind::kPositiveInfinity:
      out->append("Infinity");
      return;
    case Kind::kNegativeInfinity:
      out->append("-Infinity");
      return;
    case Kind::kFinite:
      break;
  }
  if (negative_) out->push_back('-');
  auto unit_at = [&](int weight) {
    int index = weight_ - weight;
    return !digits_.empty() && index >= 0 && index < static_cast<int>(digits_.size())
               ? digits_[static_cast<size_t>(index)]
               : int16_t{0};
  };
  if (digits_.empty() || weight_ < 0) {
    out->push_back('0');
  } else {
    char buffer[8];
    auto end = std::to_chars(buffer, buffer + sizeof buffer, static_cast<int>(unit_at(weight_)));
    out->append(buffer, static_cast<size_t>(end.ptr - buffer));
    for (int w = weight_ - 1; w >= 0; --w) {
      int unit = unit_at(w);
      char four[4] = {static_cast<char>('0' + unit / 1000),
                      static_cast<char>('0' + unit / 100 % 10),
                      static_cast<char>('0' + unit / 10 % 10), static_cast<char>('0' + unit % 10)};
      out->append(four, 4);
    }
  }
  if (dscale_ <= 0) return;
  out->push_back('.');
  for (int done = 0, w = -1; done < dscale_; --w) {
    int unit = unit_at(w);
    for (int place = 3; place >= 0 && done < dscale_; --place, ++done) {
      out->push_back(static_cast<char>('0' + unit / kPow10[place] % 10));
    }
  }
}

std::string Numeric::ToText() const {
  std::string text;
  AppendText(&text);
  return text;
}

double Numeric::ToDouble() const {
  switch (kind_) {
    case Kind::kNan:
      return NAN;
    case Kind::kPositiveInfinity:
      return INFINITY;
    case Kind::kNegativeInfinity:
      return -INFINITY;
    case Kind::kFinite:
      break;
  }
  if (digits_.empty()) return 0;
  std::string text = ToText();
  double result = 0;
  auto end = std::from_chars(text.data(), text.data() + text.size(), result);
  if (end.ec == std::errc::result_out_of_range) {
    result = weight_ > 0 ? INFINITY : 0.0;
    if (negative_) result = -result;
  }
  return result;
}

bool Numeric::ToInt64(int64_t* result) const {
  int128 wide;
  if (!ToFixed(0, &wide)) return false;
  if (wide < INT64_MIN || wide > INT64_MAX) return false;
  *result = static_cast<int64_t>(wide);
  return true;
}

bool Numeric::ToFixed(int scale, int128* result) const {
  if (!is_finite()) return false;
  if (digits_.empty()) {
    *result = 0;
    return true;
  }
  if ((weight_ + 1) * 4 + scale > kFixedDigitsMax + 4) return false;
  // Down to the unit that holds the digit after the last wanted one, then round.
  const Numeric* from = this;
  Numeric rounded;
  int places_kept = (static_cast<int>(digits_.size()) - 1 - weight_) * 4;
  if (places_kept > scale) {
    rounded = *this;
    rounded.RoundInPlace(scale);
    from = &rounded;
    if (rounded.digits_.empty()) {
      *result = 0;
      return true;
    }
  }
  uint128 magnitude = 0;
  int last_unit_weight = -((scale + 3) / 4);
  for (int w = from->weight_; w >= last_unit_weight; --w) {
    int index = from->weight_ - w;
    int unit = index < static_cast<int>(from->digits_.size())
                   ? from->digits_[static_cast<size_t>(index)]
                   : 0;
    int factor = kBase;
    if (w == last_unit_weight && w < 0) {
      int drop = -w * 4 - scale;
      factor = kPow10[4 - drop];
      unit /= kPow10[drop];
    }
    if (magnitude > (~uint128{0} - static_cast<uint128>(unit)) / static_cast<uint128>(factor))
      return false;
    magnitude = magnitude * static_cast<uint128>(factor) + static_cast<uint128>(unit);
  }
  if (magnitude >= static_cast<uint128>(PowerOf10(kFixedDigitsMax))) return false;
  *result = negative_ ? -static_cast<int128>(magnitude) : static_cast<int128>(magnitude);
  return true;
}

Numeric Numeric::Negated() const {
  if (is_infinite()) return Infinity(kind_ == Kind::kPositiveInfinity);
  Numeric result = *this;
  if (is_finite() && !digits_.empty()) result.negative_ = !negative_;
  return result;
}

Numeric Numeric::Abs() const {
  if (is_infinite()) return Infinity(false);
  Numeric result = *this;
  result.negative_ = false;
  return result;
}

void Numeric::TruncateInPlace(int scale) {
  int keep =
      (weight_ + 1) * 4 + scale;  // decimal digits kept, counted from the first unit's first place
  if (keep <= 0) {
    digits_.resize(0);
  } else if (static_cast<size_t>((keep + 3) / 4) <= digits_.size()) {
    size_t units = static_cast<size_t>((keep + 3) / 4);
    digits_.resize(units);
    int partial = keep % 4;
    if (partial != 0) {
      int unit = kPow10[4 - partial];
      digits_[units - 1] = static_cast<int16_t>(digits_[units - 1] / unit * unit);
    }
  }
  dscale_ = std::max(scale, 0);
  Strip();
}

void Numeric::RoundInPlace(int scale) {
  int keep = (weight_ + 1) * 4 + scale;
  dscale_ = std::max(scale, 0);
  if (keep < 0 || digits_.empty()) {
    digits_.resize(0);
    Strip();
    return;
  }
  size_t units = static_cast<size_t>((keep + 3) / 4);
  int partial = keep % 4;
  if (units > digits_.size() || (units == digits_.size() && partial == 0)) return;
  bool up;
  if (partial == 0) {
    up = digits_[units] >= kBase / 2;
    digits_.resize(units);
  } else {
    int unit = kPow10[4 - partial];
    int rest = digits_[units - 1] % unit;
    digits_.resize(units);
    digits_[units - 1] = static_cast<int16_t>(digits_[units - 1] - rest);
    up = rest * 2 >= unit;
    if (up) {
      int raised = digits_[units - 1] + unit;
      up = raised >= kBase;
      digits_[units - 1] = static_cast<int16_t>(up ? raised - kBase : raised);
    }
    if (up) --units;  // the carry goes to the unit before
  }
  if (up) {
    // Carry into unit index units - 1.
    size_t i = units;
    while (i > 0) {
      if (++digits_[i - 1] < kBase) break;
      digits_[i - 1] = 0;
      --i;
    }
    if (i == 0) {
      digits_.insert_front_zeros(1);
      digits_[0] = 1;
      ++weight_;
    }
  }
  Strip();
}

Numeric Numeric::Rounded(int scale) const {
  Numeric result = *this;
  if (is_finite()) result.RoundInPlace(std::clamp(scale, -(kWeightMax + 1) * 4 - 1, +kScaleMax));
  return result;
}

Numeric Numeric::Truncated(int scale) const {
  Numeric result = *this;
  if (is_finite()) result.TruncateInPlace(std::clamp(scale, -(kWeightMax + 1) * 4 - 1, +kScaleMax));
  return result;
}

Numeric Numeric::Floor() const {
  if (!is_finite()) return *this;
  Numeric result = Truncated(0);
  if (negative_ && types::Compare(result, *this) != 0) return Subtract(result, FromInt64(1));
  return result;
}

Numeric Numeric::Ceil() const {
  if (!is_finite()) return *this;
  Numeric result = Truncated(0);
  if (!negative_ && types::Compare(result, *this) != 0) return types::Add(result, FromInt64(1));
  return result;
}

int Numeric::MinScale() const {
  if (!is_finite() || digits_.empty()) return 0;
  int scale = (static_cast<int>(digits_.size()) - 1 - weight_) * 4;
  if (scale <= 0) return 0;
  int last = digits_[digits_.size() - 1];
  while (last % 10 == 0) {
    last /= 10;
    --scale;
  }
  return std::max(scale, 0);
}

Numeric Numeric::WithScale(int dscale) const {
  Numeric result = *this;
  if (is_finite()) result.dscale_ = dscale;
  return result;
}

Error NumericFieldOverflow(int precision, int scale, bool infinite) {
  Error error = MakeError(SqlState::kNumericValueOutOfRange, "numeric field overflow");
  error.detail =
      "A field with precision " + std::to_string(precision) + ", scale " + std::to_string(scale);
  if (infinite) {
    error.detail += " cannot hold an infinite value.";
  } else {
    int digits = precision - scale;
    error.detail += " must round to an absolute value less than " +
                    (digits != 0 ? "10^" + std::to_string(digits) : std::string("1")) + ".";
  }
  return error;
}

Result<Numeric> Numeric::WithTypmod(int32_t typmod) const {
  if (typmod < 4 || is_nan()) return *this;
  int32_t packed = typmod - 4;
  int precision = packed >> 16 & 0xffff;
  int scale = ((packed & 0x7ff) ^ 1024) - 1024;
  if (!is_finite()) return NumericFieldOverflow(precision, scale, true);
  Numeric result = Rounded(scale);
  if (!result.digits_.empty()) {
    int digits = (result.weight_ + 1) * 4;
    int first = result.digits_[0];
    digits -= first < 10 ? 3 : first < 100 ? 2 : first < 1000 ? 1 : 0;
    if (digits > precision - scale) return NumericFieldOverflow(precision, scale, false);
  }
  return result;
}

Status Numeric::CheckRange() const {
  if (is_finite() && !digits_.empty() &&
      (weight_ > kWeightMax || weight_ < -kWeightMax - 1 || dscale_ > kScaleMax)) {
    return FormatOverflow();
  }
  return Ok();
}

Datum BigFromFixed(const Type& type, const Datum& fixed, base::Arena* arena) {
  return Numeric::FromFixed(FixedFromDatum(type, fixed), type.scale).ToDatum(arena);
}

Result<Datum> FixedFromNumeric(const Type& type, const Numeric& value) {
  if (value.is_nan()) return NotSupported("NaN in numeric with a fixed precision");
  if (value.is_infinite()) return NumericFieldOverflow(type.precision, type.scale, true);
  int128 fixed;
  if (!value.ToFixed(type.scale, &fixed) || !FitsPrecision(fixed, type.precision)) {
    return NumericFieldOverflow(type.precision, type.scale, false);
  }
  return DatumFromFixed(type, fixed);
}

}  // namespace lathe::types
