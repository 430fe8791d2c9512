// Numbers by pattern. A pattern is first read as a whole (how many digits before and after the
// point, where signs go), then each part writes or reads its piece.
#include "runtime/types/format_number.h"

#include <algorithm>
#include <cmath>
#include <cstdio>

#include "runtime/types/format_pattern.h"
#include "runtime/types/text.h"

namespace lathe::types {
namespace {

enum Key {
  kComma,
  kPoint,
  kZero,
  kNine,
  kBlank,
  kUnused,
  kCurrency,
  kDecimal,
  kExponent,
  kFill,
  kGroup,
  kMinus,
  kPlus,
  kBrackets,
  kRomanUpper,
  kRomanLower,
  kSigned,
  kSign,
  kSpell,
  kOrdinalUpper,
  kOrdinalLower,
  kShift
};
constexpr PatternKeyword kKeywords[] = {
    {",", kComma},         {".", kPoint},         {"0", kZero},        {"9", kNine},
    {"B", kBlank},         {"b", kBlank},         {"C", kUnused},      {"c", kUnused},
    {"D", kDecimal},       {"d", kDecimal},       {"EEEE", kExponent}, {"eeee", kExponent},
    {"FM", kFill},         {"fm", kFill},         {"G", kGroup},       {"g", kGroup},
    {"L", kCurrency},      {"l", kCurrency},      {"MI", kMinus},      {"mi", kMinus},
    {"PL", kPlus},         {"pl", kPlus},         {"PR", kBrackets},   {"pr", kBrackets},
    {"RN", kRomanUpper},   {"rn", kRomanLower},   {"SG", kSign},       {"sg", kSign},
    {"SP", kSpell},        {"sp", kSpell},        {"S", kSigned},      {"s", kSigned},
    {"TH", kOrdinalUpper}, {"th", kOrdinalLower}, {"V", kShift},       {"v", kShift},
};

/// A pattern and what it says as a whole.
struct NumberPattern {
  std::vector<PatternPart> parts;
  int before = 0, after = 0, shift = 0;  // digits before and after the point, and of V
  int zero_start = 0, zero_end = 0;      // digit positions of the first and the last 0; 0 = none
  enum class SignedAt : uint8_t { kNowhere, kBefore, kAfter } signed_at = SignedAt::kNowhere;
  int before_signed = 0;  // digits ahead of S
  bool decimal = false, fill = false, zero = false, blank = false, is_signed = false;
  bool minus = false, plus = false, brackets = false, roman = false, multiply = false,
       exponent = false;
};

Error BadPattern(std::string message) {
  return MakeError(SqlState::kSyntaxError, std::move(message));
}

/// Takes one keyword into account; complains about what cannot go together.
Status Take(int key, NumberPattern* p) {
  if (p->exponent && key != kExponent) return BadPattern("\"EEEE\" must be the last pattern used");
  switch (key) {
    case kNine:
      if (p->brackets) return BadPattern("\"9\" must be ahead of \"PR\"");
      ++(p->multiply ? p->shift : p->decimal ? p->after : p->before);
      break;
    case kZero:
      if (p->brackets) return BadPattern("\"0\" must be ahead of \"PR\"");
      if (!p->zero && !p->decimal) {
        p->zero = true;
        p->zero_start = p->before + 1;
      }
      ++(p->decimal ? p->after : p->before);
      p->zero_end = p->before + p->after;
      break;
    case kBlank:
      if (p->before == 0 && p->after == 0 && !p->zero) p->blank = true;
      break;
    case kDecimal:
    case kPoint:
      if (p->decimal) return BadPattern("multiple decimal points");
      if (p->multiply) return BadPattern("cannot use \"V\" and decimal point together");
      p->decimal = true;
      break;
    case kFill:
      p->fill = true;
      break;
    case kSigned:
      if (p->is_signed) return BadPattern("cannot use \"S\" twice");
      if (p->plus || p->minus || p->brackets) {
        return BadPattern("cannot use \"S\" and \"PL\"/\"MI\"/\"SG\"/\"PR\" together");
      }
      if (!p->decimal) {
        p->signed_at = NumberPattern::SignedAt::kBefore;
        p->before_signed = p->before;
        p->is_signed = true;
      } else if (p->signed_at == NumberPattern::SignedAt::kNowhere) {
        p->signed_at = NumberPattern::SignedAt::kAfter;
        p->is_signed = true;
      }
      break;
    case kMinus:
      if (p->is_signed) return BadPattern("cannot use \"S\" and \"MI\" together");
      p->minus = true;
      break;
    case kPlus:
      if (p->is_signed) return BadPattern("cannot use \"S\" and \"PL\" together");
      p->plus = true;
      break;
    case kSign:
      if (p->is_signed) return BadPattern("cannot use \"S\" and \"SG\" together");
      p->minus = p->plus = true;
      break;
    case kBrackets:
      if (p->is_signed || p->plus || p->minus) {
        return BadPattern("cannot use \"PR\" and \"S\"/\"PL\"/\"MI\"/\"SG\" together");
      }
      p->brackets = true;
      break;
    case kRomanUpper:
    case kRomanLower:
      p->roman = true;
      break;
    case kShift:
      if (p->decimal) return BadPattern("cannot use \"V\" and decimal point together");
      p->multiply = true;
      break;
    case kExponent:
      if (p->exponent) return BadPattern("cannot use \"EEEE\" twice");
      if (p->blank || p->fill || p->is_signed || p->brackets || p->minus || p->plus || p->roman ||
          p->multiply) {
        Error error = BadPattern("\"EEEE\" is incompatible with other formats");
        error.detail = "\"EEEE\" may only be used together with digit and decimal point patterns.";
        return error;
      }
      p->exponent = true;
      break;
    default:
      break;
  }
  return Ok();
}

Result<NumberPattern> ReadPattern(std::string_view text) {
  NumberPattern pattern;
  pattern.parts = CutPattern(text, kKeywords, false);
  for (const PatternPart& part : pattern.parts) {
    if (part.kind == PatternPart::Kind::kKeyword) LATHE_TRY(Take(part.keyword->id, &pattern));
  }
  return pattern;
}

/// The digits of a number, without sign, as they are put into a pattern.
struct Digits {
  std::string text;
  bool negative = false;
  int blanks = 0;  // how many of the pattern's digits before the point stay empty
};

/// Fits the digits before the point into the pattern: blanks, or # for all when there is no room.
void FitDigits(const NumberPattern& pattern, Digits* digits) {
  size_t point = digits->text.find('.');
  auto before = static_cast<int>(point == std::string::npos ? digits->text.size() : point);
  if (before < pattern.before) {
    digits->blanks = pattern.before - before;
  } else if (before > pattern.before) {
    digits->text.assign(
        static_cast<size_t>(pattern.before) + static_cast<size_t>(pattern.after) + 1, '#');
    digits->text[static_cast<size_t>(pattern.before)] = '.';
  }
}

/// Writes digits into a pattern.
class Writer {
 public:
  Writer(NumberPattern pattern, Digits digits)
      : p_(std::move(pattern)), d_(std::move(digits)), number_(d_.text.c_str()) {}

  Result<std::string> Write() {
    Prepare();
    for (const PatternPart& part : p_.parts) {
      if (part.kind != PatternPart::Kind::kKeyword) {
        out_ += part.text;
        continue;
      }
      LATHE_TRY(WritePart(part.keyword->id));
    }
    // The digits of a number that ran out end the text, as PostgreSQL's do.
    out_.resize(std::min(out_.size(), out_.find('\0')));
    return std::move(out_);
  }

 private:
  void Prepare() {
    if (p_.zero_start != 0) --p_.zero_start;
    if (p_.roman) {
      bool fill = p_.fill;
      auto parts = std::move(p_.parts);
      int zero_start = p_.zero_start;
      p_ = NumberPattern();
      p_.parts = std::move(parts);
      p_.fill = fill;
      p_.roman = true;
      p_.zero_start = zero_start;
      d_.blanks = 0;
    }
    if (p_.plus || p_.minus) {
      sign_written_ = !(p_.plus && !p_.minus);
    } else {
      if (!d_.negative && p_.brackets && p_.fill) p_.brackets = false;
      sign_written_ = !d_.negative && !p_.roman && p_.fill && !p_.is_signed;
      if (p_.signed_at == NumberPattern::SignedAt::kBefore && p_.before == p_.before_signed) {
        p_.signed_at = NumberPattern::SignedAt::kAfter;
      }
    }
    count_ = p_.after + p_.before - 1;
    if (p_.fill && p_.decimal) {
      last_relevant_ = LastRelevant();
      if (last_relevant_ != nullptr && p_.zero_end > d_.blanks) {
        // Digits of the pattern's zeros stay.
        auto length = static_cast<int>(d_.text.size());
        const char* last_zero = d_.text.c_str() + std::min(length - 1, p_.zero_end - d_.blanks);
        if (last_relevant_ < last_zero) last_relevant_ = last_zero;
      }
    }
    if (!sign_written_ && d_.blanks == 0) ++count_;
  }

  /// The last digit after the point that is not 0, or the point; null without a point.
  const char* LastRelevant() const {
    size_t point = d_.text.find('.');
    if (point == std::string::npos) return nullptr;
    size_t last = d_.text.find_last_not_of('0');
    return d_.text.c_str() + std::max(point, last);
  }
  bool LastIsPoint() const { return last_relevant_ != nullptr && *last_relevant_ == '.'; }
  /// A 0 alone before the point, which is not shown.
  bool LoneZero() const {
    return !p_.zero && number_ == d_.text.c_str() && *number_ == '0' && p_.after != 0;
  }
  void SignOrBlank(bool shown, char sign) {
    if (shown) {
      out_.push_back(sign);
    } else if (!p_.fill) {
      out_.push_back(' ');
    }
  }

  Status WritePart(int key) {
    switch (key) {
      case kNine:
      case kZero:
      case kPoint:
      case kDecimal:
        if (!p_.roman) WriteDigit(key);
        break;
      case kComma:
      case kGroup:
        if (in_number_) {
          out_.push_back(',');
        } else if (!p_.fill) {
          out_.push_back(' ');
        }
        break;
      case kCurrency:
        out_.push_back(' ');
        break;
      case kRomanUpper:
      case kRomanLower: {
        std::string roman = d_.text;
        if (key == kRomanLower) {
          for (char& c : roman) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
          }
        }
        if (!p_.fill && roman.size() < 15) out_.append(15 - roman.size(), ' ');
        out_ += roman;
        break;
      }
      case kOrdinalUpper:
      case kOrdinalLower: {
        if (p_.roman || d_.text[0] == '#' || d_.negative || p_.decimal) break;
        char last = d_.text.back();
        if (last < '0' || last > '9') {
          return MakeError(SqlState::kInvalidTextRepresentation,
                           "\"" + d_.text + "\" is not a number");
        }
        out_ += OrdinalSuffix(d_.text, key == kOrdinalUpper);
        break;
      }
      case kMinus:
        SignOrBlank(d_.negative, '-');
        break;
      case kPlus:
        SignOrBlank(!d_.negative && !p_.roman, '+');
        break;
      case kSign:
        out_.push_back(p_.roman ? '\0' : d_.negative ? '-' : '+');
        break;
      default:
        break;
    }
    return Ok();
  }

  /// Before the first digit shown.
  void WriteSign() {
    if (sign_written_) return;
    bool digit_here = position_ >= d_.blanks || (p_.zero && p_.zero_start == position_);
    if (!digit_here || (LoneZero() && !LastIsPoint())) return;
    if (p_.is_signed) {
      if (p_.signed_at != NumberPattern::SignedAt::kBefore) return;
      out_.push_back(d_.negative ? '-' : '+');
    } else if (p_.brackets) {
      out_.push_back(d_.negative ? '<' : ' ');
    } else if (d_.negative) {
      out_.push_back('-');
    } else if (!p_.fill) {
      out_.push_back(' ');
    }
    sign_written_ = true;
  }

  void WriteDigit(int key) {
    in_number_ = false;
    WriteSign();
    if (position_ < d_.blanks && (p_.zero_start > position_ || !p_.zero)) {
      if (!p_.fill) out_.push_back(' ');
    } else if (p_.zero && position_ < d_.blanks) {
      out_.push_back('0');
      in_number_ = true;
    } else {
      if (*number_ == '.') {
        if (!LastIsPoint() || p_.fill) out_.push_back('.');
      } else if (last_relevant_ != nullptr && number_ > last_relevant_ && key != kZero) {
        // A zero at the end that FM takes away.
      } else if (LoneZero()) {
        if (!p_.fill) {
          out_.push_back(' ');
        } else if (LastIsPoint()) {
          out_.push_back('0');
        }
      } else {
        out_.push_back(*number_);
        in_number_ = true;
      }
      if (*number_ != 0) ++number_;
    }
    int end = count_ + (d_.blanks != 0 ? 1 : 0) + (p_.decimal ? 1 : 0);
    if (last_relevant_ != nullptr && last_relevant_ == number_) end = position_;
    if (position_ + 1 == end) {
      if (sign_written_ && p_.brackets) {
        out_.push_back(d_.negative ? '>' : ' ');
      } else if (p_.is_signed && p_.signed_at == NumberPattern::SignedAt::kAfter) {
        out_.push_back(d_.negative ? '-' : '+');
      }
    }
    ++position_;
  }

  NumberPattern p_;
  Digits d_;
  const char* number_;  // the next digit
  const char* last_relevant_ = nullptr;
  bool sign_written_ = false, in_number_ = false;
  int count_ = 0, position_ = 0;
  std::string out_;
};

/// Takes a number's text apart and writes it.
Result<std::string> WriteNumber(const NumberPattern& pattern, std::string_view text) {
  Digits digits;
  digits.negative = text.starts_with('-');
  digits.text = text.substr(digits.negative ? 1 : 0);
  FitDigits(pattern, &digits);
  return Writer(pattern, std::move(digits)).Write();
}
Result<std::string> WriteRoman(const NumberPattern& pattern, int64_t value) {
  Digits digits;
  digits.text = RomanNumeral(value);
  if (digits.text.empty()) digits.text.assign(15, '#');
  return Writer(pattern, std::move(digits)).Write();
}
/// What EEEE shows of NaN and infinities.
std::string HashesOf(const NumberPattern& pattern) {
  std::string out(static_cast<size_t>(pattern.before) + static_cast<size_t>(pattern.after) + 6,
                  '#');
  out[0] = ' ';
  const size_t point = static_cast<size_t>(pattern.before) + 1;
  if (point < out.size()) out[point] = '.';
  return out;
}

/// 1.234e+05 with `scale` digits after the point, a blank in front of what is not negative.
std::string Scientific(const Numeric& value, int scale) {
  int exponent = 0;
  if (!value.is_zero()) {
    int first = value.digits()[0];
    exponent = value.weight() * 4 + (first >= 1000 ? 3 : first >= 100 ? 2 : first >= 10 ? 1 : 0);
  }
  // Rounds the digits as text: one before the point, `scale` behind it.
  std::string text, digits;
  value.Abs().AppendText(&text);
  for (char c : text) {
    if (c != '.' && !(digits.empty() && c == '0')) digits.push_back(c);
  }
  const size_t wanted = static_cast<size_t>(scale) + 1;
  bool up = digits.size() > wanted && digits[wanted] >= '5';
  digits.resize(wanted, '0');
  for (size_t i = wanted; up && i-- > 0;) {
    up = digits[i] == '9';
    digits[i] = up ? '0' : static_cast<char>(digits[i] + 1);
  }
  // A carry makes it two digits, as in PostgreSQL.
  std::string out(value.negative() && !value.is_zero() ? "-" : " ");
  if (up) out.push_back('1');
  out.push_back(digits[0]);
  if (scale > 0) out += "." + digits.substr(1);
  char buffer[16];
  std::snprintf(buffer, sizeof buffer, "e%+03d", exponent);
  return out + buffer;
}

Numeric TenTo(int power) {
  int16_t digit = 1;
  for (int i = 0; i < power % 4; ++i) digit = static_cast<int16_t>(digit * 10);
  return Numeric::FromDigits(&digit, 1, power / 4, false, 0);
}

/// Room that PostgreSQL has for a number under a pattern of digits.
constexpr int kPatternBytesMax = 1 << 27;

}  // namespace

Result<std::string> FormatNumber(const Numeric& value, std::string_view text) {
  if (text.empty() || text.size() >= kPatternBytesMax) return std::string();
  LATHE_ASSIGN(NumberPattern pattern, ReadPattern(text));
  if (pattern.roman) {
    int64_t rounded = 0;
    Numeric whole = value.is_finite() ? value.Rounded(0) : value;
    if (!whole.is_finite()) {
      return MakeError(
          SqlState::kFeatureNotSupported,
          std::string("cannot convert ") + (whole.is_nan() ? "NaN" : "infinity") + " to integer");
    }
    if (!whole.ToInt64(&rounded) || rounded < INT32_MIN || rounded > INT32_MAX) {
      return MakeError(SqlState::kNumericValueOutOfRange, "integer out of range");
    }
    return WriteRoman(pattern, rounded);
  }
  if (pattern.exponent) {
    return value.is_finite() ? Scientific(value, pattern.after) : HashesOf(pattern);
  }
  Numeric shown = value;
  if (pattern.multiply) {
    if (shown.is_finite()) shown = Multiply(shown, TenTo(pattern.shift));
    pattern.before += pattern.shift;
  }
  if (shown.is_finite()) shown = shown.Rounded(pattern.after);
  return WriteNumber(pattern, shown.ToText());
}

Result<std::string> FormatNumber(int64_t value, int bits, std::string_view text) {
  if (text.empty() || text.size() >= kPatternBytesMax) return std::string();
  LATHE_ASSIGN(NumberPattern pattern, ReadPattern(text));
  if (pattern.roman) {
    if (value < INT32_MIN || value > INT32_MAX) {
      return MakeError(SqlState::kNumericValueOutOfRange, "integer out of range");
    }
    return WriteRoman(pattern, value);
  }
  if (pattern.exponent) {
    // An integer is shown as double precision, a bigint exactly.
    if (bits == 32) return FormatNumber(static_cast<double>(value), 15, text);
    return Scientific(Numeric::FromInt64(value), pattern.after);
  }
  if (pattern.multiply) {
    double factor = std::pow(10.0, pattern.shift);
    bool fits = bits == 32 ? factor < 0x1p31 : factor < 0x1p63;
    int64_t product = 0;
    fits = fits && !__builtin_mul_overflow(value, static_cast<int64_t>(factor), &product) &&
           (bits == 64 || (product >= INT32_MIN && product <= INT32_MAX));
    if (!fits) {
      return MakeError(SqlState::kNumericValueOutOfRange,
                       bits == 32 ? "integer out of range" : "bigint out of range");
    }
    value = product;
    pattern.before += pattern.shift;
  }
  std::string digits = std::to_string(value);
  if (pattern.after > 0) {
    digits.push_back('.');
    digits.append(static_cast<size_t>(pattern.after), '0');
  }
  return WriteNumber(pattern, digits);
}

Result<std::string> FormatNumber(double value, int type_digits, std::string_view text) {
  if (text.empty() || text.size() >= kPatternBytesMax) return std::string();
  LATHE_ASSIGN(NumberPattern pattern, ReadPattern(text));
  if (pattern.roman) {
    double rounded = std::rint(value);
    bool fits = rounded >= 1 && rounded <= 3999;
    return WriteRoman(pattern, fits ? static_cast<int64_t>(rounded) : 0);
  }
  auto print = [](double number, int precision, const char* form) {
    auto length = static_cast<size_t>(std::snprintf(nullptr, 0, form, precision, number));
    std::string out(length + 1, '\0');
    std::snprintf(out.data(), out.size(), form, precision, number);
    out.resize(length);
    return out;
  };
  if (pattern.exponent) {
    if (!std::isfinite(value)) return HashesOf(pattern);
    std::string out = print(value, pattern.after, "%+.*e");
    if (out[0] == '+') out[0] = ' ';
    return out;
  }
  if (pattern.multiply) {
    value *= std::pow(10.0, pattern.shift);
    if (type_digits < 10) value = static_cast<double>(static_cast<float>(value));
    pattern.before += pattern.shift;
  }
  if (!std::isfinite(value)) {
    const std::string name = std::isnan(value) ? "NaN" : value < 0 ? "-Infinity" : "Infinity";
    auto length = static_cast<int>(name.size()) - (name[0] == '-' ? 1 : 0);
    pattern.after = std::clamp(type_digits - length, 0, pattern.after);
    return WriteNumber(pattern, name);
  }
  auto before = static_cast<int>(print(std::fabs(value), 0, "%.*f").size());
  pattern.after = std::clamp(type_digits - before, 0, pattern.after);
  return WriteNumber(pattern, print(value, pattern.after, "%.*f"));
}

namespace {

/// Reads a number by a pattern: collects its sign, digits and point.
class Reader {
 public:
  Reader(const NumberPattern& pattern, std::string_view text) : p_(pattern), rest_(text) {}

  Result<Numeric> Read() {
    if (p_.exponent) return NotForInput("EEEE");
    if (p_.roman) return NotForInput("RN");
    for (const PatternPart& part : p_.parts) {
      if (rest_.empty()) break;
      if (part.kind != PatternPart::Kind::kKeyword) {
        Skip();
        continue;
      }
      ReadPart(part.keyword->id);
    }
    std::string text(1, sign_);
    text += digits_;
    if (text.ends_with('.')) text.pop_back();
    LATHE_ASSIGN(Numeric number, Numeric::Parse(text));
    int precision = p_.before + p_.shift + after_read_;
    LATHE_ASSIGN(number, number.WithTypmod((precision << 16 | after_read_) + 4));
    if (p_.multiply) {
      Numeric scaled = Numeric::FromInt64(1);
      LATHE_ASSIGN(scaled, Power(Numeric::FromInt64(10), Numeric::FromInt64(-p_.shift)));
      number = Multiply(number, scaled);
    }
    return number;
  }

 private:
  static Error NotForInput(const char* name) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "\"" + std::string(name) + "\" not supported for input");
  }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  void Skip() {
    size_t bytes = static_cast<size_t>(CharBytes(rest_[0]));
    rest_.remove_prefix(std::min(rest_.size(), bytes));
  }
  /// Passes over characters that cannot be a part of a number.
  void SkipOther(int count) {
    for (; count > 0 && !rest_.empty(); --count) {
      if (std::string_view("0123456789.,+-").find(rest_[0]) != std::string_view::npos) return;
      Skip();
    }
  }
  bool TakeSign(bool brackets) {
    if (rest_[0] == '-' || (brackets && rest_[0] == '<')) {
      sign_ = '-';
    } else if (rest_[0] == '+') {
      sign_ = '+';
    } else {
      return false;
    }
    return true;
  }

  void ReadPart(int key) {
    switch (key) {
      case kNine:
      case kZero:
      case kPoint:
      case kDecimal:
        ReadDigit(key);
        break;
      case kComma:
      case kGroup:
        if (!p_.fill && rest_[0] == ',') rest_.remove_prefix(1);
        break;
      case kCurrency:
        SkipOther(1);
        break;
      case kOrdinalUpper:
      case kOrdinalLower:
        SkipOther(2);
        break;
      case kMinus:
        if (rest_[0] == '-') {
          sign_ = '-';
          rest_.remove_prefix(1);
        } else {
          SkipOther(1);
        }
        break;
      case kPlus:
        if (rest_[0] == '+') {
          sign_ = '+';
          rest_.remove_prefix(1);
        } else {
          SkipOther(1);
        }
        break;
      case kSign:
        if (TakeSign(false)) {
          rest_.remove_prefix(1);
        } else {
          SkipOther(1);
        }
        break;
      default:
        break;
    }
  }

  void ReadDigit(int key) {
    if (rest_[0] == ' ') rest_.remove_prefix(1);
    if (rest_.empty()) return;
    if (sign_ == ' ' && (key == kZero || key == kNine) && before_read_ + after_read_ == 0) {
      bool local = p_.is_signed && p_.signed_at == NumberPattern::SignedAt::kBefore;
      if (TakeSign(!local && p_.brackets)) rest_.remove_prefix(1);
    }
    if (rest_.empty()) return;
    bool read = false;
    size_t step = 1;  // what this part takes of the text
    if (IsDigit(rest_[0])) {
      if (point_read_ && after_read_ == p_.after) {
        rest_.remove_prefix(1);
        return;
      }
      digits_.push_back(rest_[0]);
      ++(point_read_ ? after_read_ : before_read_);
      read = true;
    } else if (p_.decimal && !point_read_) {
      if (rest_[0] == '.') {
        digits_.push_back('.');
        point_read_ = true;
        read = true;
      }
    }
    if (sign_ == ' ' && before_read_ + after_read_ > 0) {
      if (p_.is_signed && read && rest_.size() > 1 && !IsDigit(rest_[1])) {
        if (rest_[1] == '-' || rest_[1] == '+') {
          sign_ = rest_[1];
          step = 2;
        }
      } else if (!read && !p_.is_signed && (p_.plus || p_.minus)) {
        TakeSign(false);
      }
    }
    rest_.remove_prefix(std::min(step, rest_.size()));
  }

  const NumberPattern& p_;
  std::string_view rest_;
  std::string digits_;
  char sign_ = ' ';
  bool point_read_ = false;
  int before_read_ = 0, after_read_ = 0;
};

}  // namespace

Result<Numeric> ParseFormattedNumber(std::string_view text, std::string_view pattern_text) {
  LATHE_ASSIGN(NumberPattern pattern, ReadPattern(pattern_text));
  return Reader(pattern, text).Read();
}

}  // namespace lathe::types
