// Numbers of any size, as PostgreSQL's numeric: digits in base 10000, a weight, a display scale,
// NaN and the infinities. Results of every operation have PostgreSQL's value and display scale.
//
// Byte form ("big", Repr::kString), little-endian:
//   int16 weight | uint16 sign | uint16 dscale | uint16 digit count | digit count x int16 digits
//   (base 10000, most significant first)
// value = sum of digit[i] * 10000^(weight - i). Canonical: no zero digit at either end; zero has no
// digits and weight 0. sign: 0x0000 plus, 0x4000 minus, 0xc000 NaN, 0xd000 +Infinity, 0xf000
// -Infinity (as on PostgreSQL's wire).
#pragma once

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/result.h"
#include "runtime/types/value.h"

namespace lathe::types {

/// A growable array of base-10000 digits with room for common sizes inside.
class DigitArray {
 public:
  DigitArray() = default;
  DigitArray(const DigitArray& other) { assign(other.data_, other.size_); }
  DigitArray(DigitArray&& other) noexcept { Take(other); }
  DigitArray& operator=(const DigitArray& other) {
    if (this != &other) assign(other.data_, other.size_);
    return *this;
  }
  DigitArray& operator=(DigitArray&& other) noexcept {
    if (this != &other) {
      Free();
      Take(other);
    }
    return *this;
  }
  ~DigitArray() { Free(); }

  size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  int16_t operator[](size_t i) const { return data_[i]; }
  int16_t& operator[](size_t i) { return data_[i]; }
  const int16_t* data() const { return data_; }
  int16_t* data() { return data_; }
  void assign(const int16_t* from, size_t count) {
    resize(count);
    if (count != 0) std::memmove(data_, from, count * sizeof(int16_t));
  }
  /// New digits are zero.
  void resize(size_t count) {
    if (count > capacity_) Grow(count);
    if (count > size_) std::memset(data_ + size_, 0, (count - size_) * sizeof(int16_t));
    size_ = static_cast<uint32_t>(count);
  }
  /// Removes the first count digits.
  void erase_front(size_t count) {
    std::memmove(data_, data_ + count, (size_ - count) * sizeof(int16_t));
    size_ -= static_cast<uint32_t>(count);
  }
  void insert_front_zeros(size_t count) {
    size_t old = size_;
    resize(old + count);
    std::memmove(data_ + count, data_, old * sizeof(int16_t));
    std::memset(data_, 0, count * sizeof(int16_t));
  }

 private:
  static constexpr uint32_t kInside = 24;
  void Grow(size_t count) {
    size_t capacity = count * 2;
    int16_t* fresh = new int16_t[capacity];
    std::memcpy(fresh, data_, size_ * sizeof(int16_t));
    Free();
    data_ = fresh;
    capacity_ = static_cast<uint32_t>(capacity);
  }
  void Free() {
    if (data_ != inside_) delete[] data_;
    data_ = inside_;
    capacity_ = kInside;
  }
  void Take(DigitArray& other) {
    size_ = other.size_;
    if (other.data_ == other.inside_) {
      data_ = inside_;
      std::memcpy(inside_, other.inside_, size_ * sizeof(int16_t));
    } else {
      data_ = other.data_;
      capacity_ = other.capacity_;
      other.data_ = other.inside_;
      other.capacity_ = kInside;
    }
    other.size_ = 0;
  }

  int16_t inside_[kInside];
  int16_t* data_ = inside_;
  uint32_t size_ = 0;
  uint32_t capacity_ = kInside;
};

/// One number. Plain value.
class Numeric {
 public:
  enum class Kind : uint8_t { kFinite, kNan, kPositiveInfinity, kNegativeInfinity };

  static constexpr int kDisplayScaleMax = 1000;  // of results of division, sqrt, ln, ...
  static constexpr int kScaleMax = 16383;        // of any number
  static constexpr int kWeightMax = 32767;

  Numeric() = default;  // 0
  static Numeric FromInt64(int64_t value);
  /// value / 10^scale, shown with `scale` digits.
  static Numeric FromFixed(int128 value, int scale);
  /// As PostgreSQL's casts: through 15 (float8) or 6 (float4) significant digits.
  static Numeric FromDouble(double value);
  static Numeric FromFloat(float value);
  static Numeric NaN() { return Special(Kind::kNan); }
  static Numeric Infinity(bool negative) {
    return Special(negative ? Kind::kNegativeInfinity : Kind::kPositiveInfinity);
  }
  /// PostgreSQL's input syntax, blanks around it allowed. 22P02; 22003 when too large.
  static Result<Numeric> Parse(std::string_view text);

  /// From and to the byte form. Decode trusts its input only as far as its length; false when that
  /// is wrong.
  static bool Decode(std::string_view bytes, Numeric* result);
  /// Decode of a datum that this process made.
  static Numeric FromDatum(const Datum& datum);
  size_t EncodedBytes() const { return 8 + digits_.size() * 2; }
  void EncodeTo(char* to) const;
  std::string Encode() const;
  Datum ToDatum(base::Arena* arena) const;

  Kind kind() const { return kind_; }
  bool is_finite() const { return kind_ == Kind::kFinite; }
  bool is_nan() const { return kind_ == Kind::kNan; }
  bool is_infinite() const { return !is_finite() && !is_nan(); }
  bool is_zero() const { return is_finite() && digits_.empty(); }
  /// -1, 0 or 1; NaN: 0.
  int sign() const;
  int dscale() const { return dscale_; }
  int weight() const { return weight_; }
  const DigitArray& digits() const { return digits_; }
  bool negative() const { return negative_ || kind_ == Kind::kNegativeInfinity; }

  void AppendText(std::string* out) const;
  std::string ToText() const;
  double ToDouble() const;  // overflow gives an infinity
  /// Rounded half away from zero; false when it does not fit (or is not finite).
  bool ToInt64(int64_t* result) const;
  /// Rounded to `scale` digits, times 10^scale; false when that has more than 38 digits or is not
  /// finite.
  bool ToFixed(int scale, int128* result) const;

  Numeric Negated() const;
  Numeric Abs() const;
  /// Rounded half away from zero to `scale` digits after the point (before it when negative); shows
  /// max(scale, 0) digits.
  Numeric Rounded(int scale) const;
  Numeric Truncated(int scale) const;
  Numeric Floor() const;
  Numeric Ceil() const;
  /// The fewest digits after the point that show the value exactly.
  int MinScale() const;
  Numeric WithScale(int dscale) const;  // changes only what is shown; dscale >= MinScale()

  /// Takes numeric(p,s)'s modifier (PostgreSQL's typmod, -1 = none): rounds to the scale; 22003
  /// when it does not fit.
  Result<Numeric> WithTypmod(int32_t typmod) const;

  /// 22003 when the number is beyond what PostgreSQL stores; to be asked after operations that can
  /// grow.
  Status CheckRange() const;

  /// For codecs: takes digits as they are and makes them canonical.
  static Numeric FromDigits(const int16_t* digits, size_t count, int weight, bool negative,
                            int dscale);

 private:
  friend class NumericMath;
  static Numeric Special(Kind kind) {
    Numeric n;
    n.kind_ = kind;
    return n;
  }
  void Strip();  // makes the digits canonical
  void RoundInPlace(int scale);
  void TruncateInPlace(int scale);

  Kind kind_ = Kind::kFinite;
  bool negative_ = false;
  int32_t weight_ = 0;
  int32_t dscale_ = 0;
  DigitArray digits_;
};

/// Exact; scale is the larger one.
Numeric Add(const Numeric& a, const Numeric& b);
Numeric Subtract(const Numeric& a, const Numeric& b);
/// Exact; scales add up (at most kScaleMax).
Numeric Multiply(const Numeric& a, const Numeric& b);
/// PostgreSQL's division: at least 16 significant digits (select_div_scale), rounded. 22012.
Result<Numeric> Divide(const Numeric& a, const Numeric& b);
/// Quotient with `scale` digits, rounded or truncated; b is not zero, both finite.
Numeric DivideToScale(const Numeric& a, const Numeric& b, int scale, bool round);
/// The integer part of the quotient (div). 22012.
Result<Numeric> DivideTruncated(const Numeric& a, const Numeric& b);
/// a - b * trunc(a / b). 22012.
Result<Numeric> Modulo(const Numeric& a, const Numeric& b);
Result<Numeric> Gcd(const Numeric& a, const Numeric& b);
Result<Numeric> Lcm(const Numeric& a, const Numeric& b);
/// -1, 0, 1; NaN equals NaN and is greater than everything else; display scale does not matter.
int Compare(const Numeric& a, const Numeric& b);
/// Compares two byte forms without decoding more than needed.
int CompareBigNumeric(std::string_view a, std::string_view b);

Result<Numeric> SquareRoot(const Numeric& a);  // 2201F
/// The root with this many digits after the point; a is finite and not negative.
Numeric SquareRootToScale(const Numeric& a, int scale);
Result<Numeric> Exponential(const Numeric& a);       // 22003
Result<Numeric> NaturalLogarithm(const Numeric& a);  // 2201E
Result<Numeric> Logarithm(const Numeric& base, const Numeric& a);
Result<Numeric> Power(const Numeric& base, const Numeric& exponent);  // 2201F, 22003
Result<Numeric> Factorial(int64_t n);                                 // 22003

/// A big datum of a fixed one, in the arena.
Datum BigFromFixed(const Type& type, const Datum& fixed, base::Arena* arena);
/// A fixed datum of a number: rounded to the type's scale. 22003 with PostgreSQL's detail when it
/// does not fit or is infinite, 0A000 for NaN.
Result<Datum> FixedFromNumeric(const Type& type, const Numeric& value);
/// PostgreSQL's "numeric field overflow" with its detail.
Error NumericFieldOverflow(int precision, int scale, bool infinite);

}  // namespace lathe::types
