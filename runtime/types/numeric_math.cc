// Roots, exponentials and logarithms of numerics. Result scales follow PostgreSQL's rules (at least
// 16 significant digits); the values are computed with guard digits and rounded once.
#include <algorithm>
#include <cmath>

#include "runtime/types/numeric.h"

namespace lathe::types {
namespace {

constexpr int kSignificantDigits = 16;
constexpr int kResultScaleMax = 2000;
constexpr double kLog10OfE = 0.434294481903252;
constexpr double kLnOf10 = 2.302585092994046;

Error FormatOverflow() {
  return MakeError(SqlState::kNumericValueOutOfRange, "value overflows numeric format");
}

int ClampScale(int scale) { return std::clamp(scale, 0, Numeric::kDisplayScaleMax); }

/// Product rounded to `scale` digits.
Numeric MultiplyTo(const Numeric& a, const Numeric& b, int scale) {
  return Multiply(a, b).Rounded(scale);
}

Numeric OneTenths(int n) { return Numeric::FromFixed(n, 1); }

/// Approximate decimal weight of ln(x), x > 0.
int EstimateLnWeight(const Numeric& x) {
  if (x.sign() <= 0) return 0;
  if (Compare(x, OneTenths(9)) >= 0 && Compare(x, OneTenths(11)) <= 0) {
    Numeric distance = Subtract(x, Numeric::FromInt64(1));
    if (distance.digits().empty()) return 0;
    return distance.weight() * 4 + static_cast<int>(std::log10(distance.digits()[0]));
  }
  int digits = x.digits()[0];
  int weight = x.weight() * 4;
  if (x.digits().size() > 1) {
    digits = digits * 10000 + x.digits()[1];
    weight -= 4;
  }
  double ln = std::log(static_cast<double>(digits)) + weight * kLnOf10;
  return static_cast<int>(std::log10(std::fabs(ln)));
}

/// Square root by Newton's iteration, started from binary64; `scale` digits, rounded.
Numeric SqrtTo(const Numeric& a, int scale) {
  if (a.is_zero()) return Numeric().WithScale(std::max(scale, 0));
  // a = m * 10000^(2k) with m in [1, 10^8): the start is sqrt(m) * 10000^k.
  int half_weight = a.weight() >= 0 ? a.weight() / 2 : -((1 - a.weight()) / 2);
  int16_t first = 1;
  Numeric unit =
      Numeric::FromDigits(&first, 1, half_weight, false, half_weight < 0 ? -half_weight * 4 : 0);
  double m = 0;
  for (size_t i = 0; i < a.digits().size() && i < 5; ++i) {
    m += a.digits()[i] * std::pow(10000.0, a.weight() - 2 * half_weight - static_cast<int>(i));
  }
  Numeric x = Multiply(Numeric::FromDouble(std::sqrt(m)), unit);
  // 15 digits are right at the start; each step doubles them.
  int guard = std::max(scale, 0) + 8;
  int wanted = guard + (a.weight() / 2 + 1) * 4 + 8;
  for (int right = 14;; right *= 2) {
    Numeric quotient = DivideToScale(a, x, guard, true);
    x = DivideToScale(Add(x, quotient), Numeric::FromInt64(2), guard, true);
    if (right > wanted) break;
  }
  // Exact where the root has `scale` digits, else rounded by comparing the square of the midpoint.
  Numeric low = x.Truncated(scale);
  int16_t one = 1;
  Numeric step = scale > 0 ? Numeric::FromDigits(&one, 1, 0, false, 0) : Numeric::FromInt64(1);
  step = DivideToScale(step,
                       std::move(Power(Numeric::FromInt64(10), Numeric::FromInt64(scale))).value(),
                       std::max(scale, 0), true);
  while (Compare(Multiply(low, low), a) > 0) low = Subtract(low, step);
  while (Compare(Multiply(Add(low, step), Add(low, step)), a) <= 0) low = Add(low, step);
  Numeric middle =
      Add(low, DivideToScale(step, Numeric::FromInt64(2), std::max(scale, 0) + 1, true));
  if (Compare(Multiply(middle, middle), a) <= 0) low = Add(low, step);
  return low.Rounded(scale);
}

/// e^x with `scale` digits.
Result<Numeric> ExpTo(const Numeric& x, int scale) {
  double estimate = x.ToDouble();
  if (std::fabs(estimate) >= kResultScaleMax * 3) {
    if (estimate > 0) return FormatOverflow();
    return Numeric().WithScale(scale);
  }
  int weight = static_cast<int>(estimate * kLog10OfE);
  int digits = std::max(1 + scale + weight, 0) + 8;
  // Halve until |x| < 0.01, sum the Taylor series, square back.
  int halvings = 0;
  for (double v = std::fabs(estimate); v > 0.01; v /= 2) ++halvings;
  Numeric reduced = x;
  if (halvings > 0) {
    int64_t divisor = int64_t{1} << halvings;
    reduced = DivideToScale(x, Numeric::FromInt64(divisor), digits + halvings + 12, true);
  }
  int local = digits + halvings + 8;
  Numeric sum = Add(Numeric::FromInt64(1), reduced).Rounded(local);
  Numeric term = reduced.Rounded(local);
  for (int64_t n = 2;; ++n) {
    term = DivideToScale(MultiplyTo(term, reduced, local), Numeric::FromInt64(n), local, true);
    if (term.is_zero()) break;
    sum = Add(sum, term);
  }
  for (int i = 0; i < halvings; ++i) {
    // Keep `digits` significant digits: fewer decimals as the number grows, more as it shrinks.
    int magnitude = sum.weight() * 2 * 4;
    sum = MultiplyTo(sum, sum, std::max(local - magnitude, 0));
  }
  return sum.Rounded(scale);
}

/// ln(x) with `scale` digits, x > 0: square roots until near 1, then 2 artanh((x-1)/(x+1)).
Numeric LnTo(const Numeric& x, int scale) {
  if (Compare(x, Numeric::FromInt64(1)) == 0) return Numeric().WithScale(std::max(scale, 0));
  int roots = 0;
  Numeric y = x;
  int local = std::max(scale, 0) + 24;
  // Leading digits lost when x is tiny: square roots work on a number scaled up by its weight.
  int small = x.weight() < 0 ? -x.weight() * 4 : 0;
  local += 8;
  int root_scale = local + small;
  while (Compare(y, OneTenths(9)) < 0 || Compare(y, OneTenths(11)) > 0) {
    y = SqrtTo(y, root_scale);
    ++roots;
    local += 1;
    root_scale += 1;
  }
  Numeric one = Numeric::FromInt64(1);
  Numeric z = DivideToScale(Subtract(y, one), Add(y, one), root_scale, true);
  Numeric square = MultiplyTo(z, z, root_scale);
  Numeric sum = z, power = z;
  for (int64_t n = 3;; n += 2) {
    power = MultiplyTo(power, square, root_scale);
    Numeric term = DivideToScale(power, Numeric::FromInt64(n), root_scale, true);
    if (term.is_zero()) break;
    sum = Add(sum, term);
  }
  Numeric factor = Numeric::FromFixed(static_cast<int128>(1) << (roots + 1), 0);
  return Multiply(sum, factor).Rounded(scale);
}

/// base^exponent for a whole exponent, `scale` digits.
Result<Numeric> PowerWhole(const Numeric& base, int32_t exponent, int scale) {
  switch (exponent) {
    case 0:
      return Numeric::FromInt64(1).WithScale(scale);
    case 1:
      return base.Rounded(scale);
    case -1: {
      if (base.is_zero()) return MakeError(SqlState::kDivisionByZero, "division by zero");
      return DivideToScale(Numeric::FromInt64(1), base, scale, true);
    }
    case 2:
      return MultiplyTo(base, base, scale);
    default:
      break;
  }
  if (base.is_zero()) {
    if (exponent < 0) return MakeError(SqlState::kDivisionByZero, "division by zero");
    return Numeric().WithScale(scale);
  }
  double head = base.digits()[0];
  int place = base.weight() * 4;
  for (size_t i = 1; i < base.digits().size() && i * 4 < 16; ++i) {
    head = head * 10000 + base.digits()[i];
    place -= 4;
  }
  double weight = exponent * (std::log10(head) + place);
  if (weight > (32767.0 + 1) * 4) return FormatOverflow();
  if (weight + 1 < -Numeric::kDisplayScaleMax) return Numeric().WithScale(scale);
  int significant = 1 + scale + static_cast<int>(weight);
  significant = std::max(significant, 0) +
                static_cast<int>(std::log(std::fabs(static_cast<double>(exponent)))) + 8 + 8;
  auto trim = [&](const Numeric& n) {
    return n.Rounded(std::max(significant - n.weight() * 4, 0));
  };
  Numeric square = base, result = Numeric::FromInt64(1);
  uint32_t rest = exponent < 0 ? -static_cast<uint32_t>(exponent) : static_cast<uint32_t>(exponent);
  while (true) {
    if (rest & 1) result = trim(Multiply(result, square));
    rest >>= 1;
    if (rest == 0) break;
    square = trim(Multiply(square, square));
    // Squares that leave the format decide the result already.
    if (square.weight() > 32767 || result.weight() > 32767) {
      if (exponent > 0) return FormatOverflow();
      return Numeric().WithScale(scale);
    }
    if (square.is_zero())
      return exponent > 0 ? Result<Numeric>(Numeric().WithScale(scale)) : FormatOverflow();
  }
  if (exponent < 0) return DivideToScale(Numeric::FromInt64(1), result, scale, true);
  return result.Rounded(scale);
}

bool IsWhole(const Numeric& n) {
  return n.digits().empty() || static_cast<int>(n.digits().size()) <= n.weight() + 1;
}
bool IsOdd(const Numeric& n) {
  return IsWhole(n) && static_cast<int>(n.digits().size()) == n.weight() + 1 &&
         !n.digits().empty() && n.digits()[n.digits().size() - 1] % 2 != 0;
}

Result<Numeric> PowerFinite(const Numeric& given_base, const Numeric& exponent) {
  if (IsWhole(exponent)) {
    int64_t whole;
    if (exponent.ToInt64(&whole) && whole >= INT32_MIN && whole <= INT32_MAX) {
      return PowerWhole(given_base, static_cast<int32_t>(whole),
                        ClampScale(std::max(kSignificantDigits, given_base.dscale())));
    }
  }
  if (given_base.is_zero()) return Numeric().WithScale(kSignificantDigits);
  Numeric base = given_base.Abs();
  bool negative = given_base.negative() && IsOdd(exponent);
  int ln_weight = EstimateLnWeight(base);
  int local = ClampScale(8 - ln_weight);
  double estimate = MultiplyTo(LnTo(base, local), exponent, local).ToDouble();
  if (std::fabs(estimate) > kResultScaleMax * 3.01) {
    if (estimate > 0) return FormatOverflow();
    return Numeric().WithScale(Numeric::kDisplayScaleMax);
  }
  estimate *= kLog10OfE;
  int scale = kSignificantDigits - static_cast<int>(estimate);
  scale = ClampScale(std::max({scale, base.dscale(), exponent.dscale()}));
  int significant = std::max(scale + static_cast<int>(estimate), 0);
  // ln(base) is multiplied by the exponent: its error grows by the exponent's weight.
  local = std::max(significant - ln_weight + 8, 0) + std::max(exponent.weight(), 0) * 4 + 8;
  LATHE_ASSIGN(Numeric result, ExpTo(MultiplyTo(LnTo(base, local), exponent, local), scale));
  return negative ? result.Negated() : result;
}

}  // namespace

Result<Numeric> SquareRoot(const Numeric& a) {
  if (a.is_nan()) return a;
  if (a.sign() < 0) {
    return MakeError(SqlState::kInvalidArgumentForPower,
                     "cannot take square root of a negative number");
  }
  if (!a.is_finite()) return a;
  int weight = a.digits().empty() ? 0 : a.weight();
  int root_weight = (weight + 1) * 4 / 2 - 1;
  int scale = ClampScale(std::max(kSignificantDigits - root_weight, a.dscale()));
  return SqrtTo(a, scale);
}

Numeric SquareRootToScale(const Numeric& a, int scale) { return SqrtTo(a, scale); }

Result<Numeric> Exponential(const Numeric& a) {
  if (a.is_nan()) return a;
  if (!a.is_finite()) return a.negative() ? Numeric() : a;
  double weight =
      std::clamp(a.ToDouble() * kLog10OfE, -1.0 * kResultScaleMax, 1.0 * kResultScaleMax);
  int scale = kSignificantDigits - static_cast<int>(weight);
  return ExpTo(a, ClampScale(std::max(scale, a.dscale())));
}

namespace {
/// Zero and negative numbers have no logarithm.
Status CheckLogarithm(const Numeric& a) {
  if (a.is_nan() || a.sign() > 0) return Ok();
  return MakeError(SqlState::kInvalidArgumentForLogarithm,
                   a.sign() == 0 ? "cannot take logarithm of zero"
                                 : "cannot take logarithm of a negative number");
}
}  // namespace

Result<Numeric> NaturalLogarithm(const Numeric& a) {
  LATHE_TRY(CheckLogarithm(a));
  if (!a.is_finite()) return a;
  int scale = ClampScale(std::max(kSignificantDigits - EstimateLnWeight(a), a.dscale()));
  return LnTo(a, scale);
}

Result<Numeric> Logarithm(const Numeric& base, const Numeric& a) {
  if (base.is_nan() || a.is_nan()) return Numeric::NaN();
  LATHE_TRY(CheckLogarithm(base));
  LATHE_TRY(CheckLogarithm(a));
  if (!base.is_finite() || !a.is_finite()) {
    if (!base.is_finite() && !a.is_finite()) return Numeric::NaN();
    if (!base.is_finite()) return Numeric();
    return Numeric::Infinity(false);
  }
  int base_weight = EstimateLnWeight(base), weight = EstimateLnWeight(a);
  int result_weight = weight - base_weight;
  int scale = ClampScale(std::max({kSignificantDigits - result_weight, base.dscale(), a.dscale()}));
  int base_scale = std::max(scale + result_weight - base_weight + 8, 0) + 8;
  int num_scale = std::max(scale + result_weight - weight + 8, 0) + 8;
  Numeric ln_base = LnTo(base, base_scale);
  if (ln_base.is_zero()) return MakeError(SqlState::kDivisionByZero, "division by zero");
  return DivideToScale(LnTo(a, num_scale), ln_base, scale, true);
}

Result<Numeric> Power(const Numeric& base, const Numeric& exponent) {
  const Numeric one = Numeric::FromInt64(1);
  if (base.is_finite() && exponent.is_finite()) {
    if (base.is_zero() && exponent.sign() < 0) {
      return MakeError(SqlState::kInvalidArgumentForPower,
                       "zero raised to a negative power is undefined");
    }
    if (base.sign() < 0 && !IsWhole(exponent)) {
      return MakeError(SqlState::kInvalidArgumentForPower,
                       "a negative number raised to a non-integer power yields a complex result");
    }
    LATHE_ASSIGN(Numeric result, PowerFinite(base, exponent));
    LATHE_TRY(result.CheckRange());
    return result;
  }
  // As POSIX pow().
  if (base.is_nan()) return exponent.is_zero() ? one : Numeric::NaN();
  if (exponent.is_nan()) return base.is_finite() && Compare(base, one) == 0 ? one : Numeric::NaN();
  if (exponent.is_zero()) return one;
  if (base.is_finite() && Compare(base, one) == 0) return one;
  if (base.is_zero()) {
    if (exponent.sign() < 0) {
      return MakeError(SqlState::kInvalidArgumentForPower,
                       "zero raised to a negative power is undefined");
    }
    return Numeric();
  }
  if (exponent.is_infinite()) {
    int order = base.is_finite() ? Compare(base.Abs(), one) : 1;
    if (order == 0) return one;
    return (order > 0) == (exponent.sign() > 0) ? Numeric::Infinity(false) : Numeric();
  }
  // base infinite, exponent finite
  if (base.sign() < 0 && !IsWhole(exponent)) {
    return MakeError(SqlState::kInvalidArgumentForPower,
                     "a negative number raised to a non-integer power yields a complex result");
  }
  if (exponent.sign() < 0) return Numeric();
  if (base.sign() > 0) return base;
  return Numeric::Infinity(IsOdd(exponent));
}

Result<Numeric> Factorial(int64_t n) {
  if (n < 0)
    return MakeError(SqlState::kNumericValueOutOfRange,
                     "factorial of a negative number is undefined");
  if (n > 32177) return FormatOverflow();
  Numeric result = Numeric::FromInt64(1);
  for (int64_t i = 2; i <= n; ++i) result = Multiply(result, Numeric::FromInt64(i));
  return result;
}

}  // namespace lathe::types
