// The four operations on numbers of any size, gcd and lcm, and their order.
#include <algorithm>
#include <memory>

#include "runtime/base/bytes.h"
#include "runtime/types/numeric.h"
#include "runtime/types/numeric_parts.h"

namespace lathe::types {
namespace {

/// Compares magnitudes of finite numbers.
int CompareMagnitudes(const DigitArray& a, int a_weight, const DigitArray& b, int b_weight) {
  if (a.empty() || b.empty()) return static_cast<int>(!a.empty()) - static_cast<int>(!b.empty());
  if (a_weight != b_weight) return a_weight < b_weight ? -1 : 1;
  size_t common = std::min(a.size(), b.size());
  for (size_t i = 0; i < common; ++i) {
    if (a[i] != b[i]) return a[i] < b[i] ? -1 : 1;
  }
  return a.size() == b.size() ? 0 : a.size() < b.size() ? -1 : 1;
}

/// Order among kinds for comparison: -Infinity, finite, +Infinity, NaN.
int RankOf(Numeric::Kind kind) {
  switch (kind) {
    case Numeric::Kind::kNegativeInfinity:
      return 0;
    case Numeric::Kind::kFinite:
      return 1;
    case Numeric::Kind::kPositiveInfinity:
      return 2;
    case Numeric::Kind::kNan:
      return 3;
  }
  return 3;
}

}  // namespace

/// The operations on magnitudes.
class NumericMath {
 public:
  static Numeric AddMagnitudes(const Numeric& a, const Numeric& b) { return Combine(a, b, false); }
  /// |a| >= |b|.
  static Numeric SubtractMagnitudes(const Numeric& a, const Numeric& b) {
    return Combine(a, b, true);
  }

  /// a + b with b's sign flipped when `subtract`.
  static Numeric AddSigned(const Numeric& a, const Numeric& b, bool subtract) {
    bool b_negative = b.negative_ != subtract;
    if (b.digits_.empty()) b_negative = a.negative_;
    Numeric result;
    if (a.digits_.empty() || a.negative_ == b_negative) {
      result = AddMagnitudes(a, b);
      result.negative_ = b_negative;
    } else {
      int order = CompareMagnitudes(a.digits_, a.weight_, b.digits_, b.weight_);
      if (order == 0) {
        result.dscale_ = std::max(a.dscale_, b.dscale_);
        return result;
      }
      result = order > 0 ? SubtractMagnitudes(a, b) : SubtractMagnitudes(b, a);
      result.negative_ = order > 0 ? a.negative_ : b_negative;
    }
    if (result.digits_.empty()) result.negative_ = false;
    return result;
  }

  static Numeric MultiplyFinite(const Numeric& a, const Numeric& b) {
    Numeric result;
    result.dscale_ = a.dscale_ + b.dscale_;
    if (a.digits_.empty() || b.digits_.empty()) return result;
    size_t n = a.digits_.size(), m = b.digits_.size();
    result.digits_.resize(n + m);
    result.weight_ = a.weight_ + b.weight_ + 1;
    result.negative_ = a.negative_ != b.negative_;
    // Schoolbook, one row of partial products at a time.
    for (size_t i = n; i-- > 0;) {
      int64_t carry = 0;
      int64_t digit = a.digits_[i];
      if (digit == 0) continue;
      for (size_t j = m; j-- > 0;) {
        int64_t sum = result.digits_[i + j + 1] + digit * b.digits_[j] + carry;
        carry = sum / kBase;
        result.digits_[i + j + 1] = static_cast<int16_t>(sum - carry * kBase);
      }
      result.digits_[i] = static_cast<int16_t>(result.digits_[i] + carry);
    }
    result.Strip();
    return result;
  }

  /// Long division (Knuth, TAOCP 4.3.1, algorithm D) in base 10000.
  static Numeric DivideFinite(const Numeric& a, const Numeric& b, int scale, bool round) {
    Numeric result;
    result.dscale_ = std::max(scale, 0);
    if (a.digits_.empty()) return result;
    // Quotient digits: weight qweight down to the one that holds the digit after `scale`.
    int qweight = a.weight_ - b.weight_;
    int last_unit =
        -(FloorDiv4(scale + 1 + 3));  // weight of the last unit wanted: covers scale+1 digits
    int qcount = qweight - last_unit + 1;
    if (qcount <= 0) {
      return result;
    }
    size_t m = b.digits_.size();
    // numerator: qcount + m digits, the first one a leading zero of weight a.weight + 1.
    size_t n = static_cast<size_t>(qcount) + m;
    int32_t inside_u[64], inside_v[64];
    std::unique_ptr<int32_t[]> big_u, big_v;
    int32_t* u = inside_u;
    int32_t* v = inside_v;
    if (n + 1 > 64) {
      big_u.reset(new int32_t[n + 1]);
      u = big_u.get();
    }
    if (m > 64) {
      big_v.reset(new int32_t[m]);
      v = big_v.get();
    }
    u[0] = 0;
    for (size_t i = 0; i + 1 < n; ++i) u[i + 1] = i < a.digits_.size() ? a.digits_[i] : 0;
    for (size_t i = 0; i < m; ++i) v[i] = b.digits_[i];
    result.digits_.resize(static_cast<size_t>(qcount));
    if (m == 1) {
      int32_t rest = 0;
      for (int q = 0; q < qcount; ++q) {
        int32_t value = rest * kBase + u[q + 1];
        result.digits_[static_cast<size_t>(q)] = static_cast<int16_t>(value / v[0]);
        rest = value % v[0];
      }
    } else {
      int32_t norm = kBase / (v[0] + 1);
      if (norm > 1) {
        int32_t carry = 0;
        for (size_t i = m; i-- > 0;) {
          int32_t value = v[i] * norm + carry;
          v[i] = value % kBase;
          carry = value / kBase;
        }
        carry = 0;
        for (size_t i = n; i-- > 0;) {
          int32_t value = u[i] * norm + carry;
          u[i] = value % kBase;
          carry = value / kBase;
        }
      }
      for (int q = 0; q < qcount; ++q) {
        int32_t* at = u + q;
        int64_t top = static_cast<int64_t>(at[0]) * kBase + at[1];
        int64_t guess = top / v[0];
        int64_t rest = top % v[0];
        while (guess >= kBase || guess * v[1] > rest * kBase + at[2]) {
          --guess;
          rest += v[0];
          if (rest >= kBase) break;
        }
        if (guess > 0) {
          int64_t borrow = 0;
          for (size_t i = m; i-- > 0;) {
            int64_t value = at[i + 1] - guess * v[i] - borrow;
            borrow = 0;
            if (value < 0) {
              borrow = (-value + kBase - 1) / kBase;
              value += borrow * kBase;
            }
            at[i + 1] = static_cast<int32_t>(value);
          }
          int64_t head = at[0] - borrow;
          if (head < 0) {
            --guess;
            int32_t carry = 0;
            for (size_t i = m; i-- > 0;) {
              int32_t value = at[i + 1] + v[i] + carry;
              carry = value >= kBase ? 1 : 0;
              at[i + 1] = value - carry * kBase;
            }
          }
          at[0] = 0;
        }
        result.digits_[static_cast<size_t>(q)] = static_cast<int16_t>(guess);
      }
    }
    result.weight_ = qweight;
    result.negative_ = a.negative_ != b.negative_;
    if (round) {
      result.RoundInPlace(scale);
    } else {
      result.TruncateInPlace(scale);
    }
    result.dscale_ = std::max(scale, 0);
    return result;
  }

 private:
  static Numeric Combine(const Numeric& a, const Numeric& b, bool subtract) {
    Numeric result;
    result.dscale_ = std::max(a.dscale_, b.dscale_);
    int a_last = a.weight_ - static_cast<int>(a.digits_.size()) + 1;
    int b_last = b.weight_ - static_cast<int>(b.digits_.size()) + 1;
    int top, last;
    if (a.digits_.empty()) {
      top = b.weight_, last = b_last;
    } else if (b.digits_.empty()) {
      top = a.weight_, last = a_last;
    } else {
      top = std::max(a.weight_, b.weight_), last = std::min(a_last, b_last);
    }
    int count = top + 1 - last + 1;  // one more in front for the carry
    result.weight_ = top + 1;
    result.digits_.resize(static_cast<size_t>(count));
    int carry = 0;
    for (int w = last; w <= top + 1; ++w) {
      int sum = DigitAt(a, w) + (subtract ? -DigitAt(b, w) : DigitAt(b, w)) + carry;
      carry = 0;
      if (sum >= kBase) {
        sum -= kBase;
        carry = 1;
      } else if (sum < 0) {
        sum += kBase;
        carry = -1;
      }
      result.digits_[static_cast<size_t>(result.weight_ - w)] = static_cast<int16_t>(sum);
    }
    result.Strip();
    return result;
  }
  static int DigitAt(const Numeric& n, int weight) {
    int index = n.weight_ - weight;
    return index >= 0 && index < static_cast<int>(n.digits_.size())
               ? n.digits_[static_cast<size_t>(index)]
               : 0;
  }
};

Numeric Add(const Numeric& a, const Numeric& b) {
  if (a.is_finite() && b.is_finite()) return NumericMath::AddSigned(a, b, false);
  if (a.is_nan() || b.is_nan()) return Numeric::NaN();
  if (a.is_infinite() && b.is_infinite() && a.kind() != b.kind()) return Numeric::NaN();
  return a.is_infinite() ? a : b;
}

Numeric Subtract(const Numeric& a, const Numeric& b) {
  if (a.is_finite() && b.is_finite()) return NumericMath::AddSigned(a, b, true);
  return Add(a, b.Negated());
}

Numeric Multiply(const Numeric& a, const Numeric& b) {
  if (a.is_finite() && b.is_finite()) {
    Numeric result = NumericMath::MultiplyFinite(a, b);
    return result.dscale() > Numeric::kScaleMax ? result.Rounded(Numeric::kScaleMax) : result;
  }
  if (a.is_nan() || b.is_nan()) return Numeric::NaN();
  int sign = a.sign() * b.sign();
  return sign == 0 ? Numeric::NaN() : Numeric::Infinity(sign < 0);
}

Numeric DivideToScale(const Numeric& a, const Numeric& b, int scale, bool round) {
  return NumericMath::DivideFinite(a, b, scale, round);
}

namespace {

Error DivisionByZero() { return MakeError(SqlState::kDivisionByZero, "division by zero"); }

/// PostgreSQL's select_div_scale: at least 16 significant digits, and not less than either operand
/// shows.
int DivisionScale(const Numeric& a, const Numeric& b) {
  int a_first = a.digits().empty() ? 0 : a.digits()[0];
  int b_first = b.digits().empty() ? 0 : b.digits()[0];
  int a_weight = a.digits().empty() ? 0 : a.weight();
  int quotient_weight = a_weight - b.weight();
  if (a_first <= b_first) --quotient_weight;
  int scale = 16 - quotient_weight * 4;
  scale = std::max({scale, a.dscale(), b.dscale(), 0});
  return std::min(scale, Numeric::kDisplayScaleMax);
}

/// Division where an operand is not finite.
Result<Numeric> DivideSpecial(const Numeric& a, const Numeric& b) {
  if (a.is_nan() || b.is_nan()) return Numeric::NaN();
  if (a.is_infinite()) {
    if (b.is_infinite()) return Numeric::NaN();
    if (b.is_zero()) return DivisionByZero();
    return Numeric::Infinity(a.sign() * b.sign() < 0);
  }
  return Numeric();
}

}  // namespace

Result<Numeric> Divide(const Numeric& a, const Numeric& b) {
  if (!a.is_finite() || !b.is_finite()) return DivideSpecial(a, b);
  if (b.is_zero()) return DivisionByZero();
  return DivideToScale(a, b, DivisionScale(a, b), true);
}

Result<Numeric> DivideTruncated(const Numeric& a, const Numeric& b) {
  if (!a.is_finite() || !b.is_finite()) return DivideSpecial(a, b);
  if (b.is_zero()) return DivisionByZero();
  return DivideToScale(a, b, 0, false);
}

Result<Numeric> Modulo(const Numeric& a, const Numeric& b) {
  if (!a.is_finite() || !b.is_finite()) {
    if (a.is_nan() || b.is_nan()) return Numeric::NaN();
    if (a.is_infinite()) {
      if (b.is_zero()) return DivisionByZero();
      return Numeric::NaN();
    }
    return a;
  }
  if (b.is_zero()) return DivisionByZero();
  return Subtract(a, Multiply(DivideToScale(a, b, 0, false), b));
}

Result<Numeric> Gcd(const Numeric& a, const Numeric& b) {
  if (!a.is_finite() || !b.is_finite()) return Numeric::NaN();
  int scale = std::max(a.dscale(), b.dscale());
  Numeric x = a.Abs(), y = b.Abs();
  while (!y.is_zero()) {
    LATHE_ASSIGN(Numeric rest, Modulo(x, y));
    x = std::move(y);
    y = std::move(rest);
  }
  return x.WithScale(scale);
}

Result<Numeric> Lcm(const Numeric& a, const Numeric& b) {
  if (!a.is_finite() || !b.is_finite()) return Numeric::NaN();
  int scale = std::max(a.dscale(), b.dscale());
  if (a.is_zero() || b.is_zero()) return Numeric().WithScale(scale);
  LATHE_ASSIGN(Numeric gcd, Gcd(a, b));
  return Multiply(DivideToScale(a, gcd, 0, false), b).Abs().WithScale(scale);
}

int Compare(const Numeric& a, const Numeric& b) {
  int a_rank = RankOf(a.kind()), b_rank = RankOf(b.kind());
  if (a_rank != b_rank) return a_rank < b_rank ? -1 : 1;
  if (a_rank != 1) return 0;
  if (a.sign() != b.sign()) return a.sign() < b.sign() ? -1 : 1;
  int order = CompareMagnitudes(a.digits(), a.weight(), b.digits(), b.weight());
  return a.negative() ? -order : order;
}

int CompareBigNumeric(std::string_view a, std::string_view b) {
  // Same sign and kind, different weight: no digits needed.
  uint16_t a_sign = LoadAt<uint16_t>(a.data() + 2), b_sign = LoadAt<uint16_t>(b.data() + 2);
  uint16_t a_count = LoadAt<uint16_t>(a.data() + 6), b_count = LoadAt<uint16_t>(b.data() + 6);
  if (a_sign == b_sign && (a_sign == kSignPlus || a_sign == kSignMinus)) {
    int order = 0;
    if (a_count == 0 || b_count == 0) {
      order = static_cast<int>(a_count != 0) - static_cast<int>(b_count != 0);
    } else {
      int16_t a_weight = LoadAt<int16_t>(a.data()), b_weight = LoadAt<int16_t>(b.data());
      if (a_weight != b_weight) {
        order = a_weight < b_weight ? -1 : 1;
      } else {
        size_t common = std::min(a_count, b_count);
        for (size_t i = 0; i < common && order == 0; ++i) {
          int16_t x = LoadAt<int16_t>(a.data() + 8 + i * 2),
                  y = LoadAt<int16_t>(b.data() + 8 + i * 2);
          if (x != y) order = x < y ? -1 : 1;
        }
        if (order == 0 && a_count != b_count) order = a_count < b_count ? -1 : 1;
      }
    }
    return a_sign == kSignMinus ? -order : order;
  }
  Numeric x, y;
  LATHE_CHECK(Numeric::Decode(a, &x) && Numeric::Decode(b, &y));
  return Compare(x, y);
}

}  // namespace lathe::types
