// Input of intervals: "1 day 02:03:04", "1-2", "@ 3 weeks ago", ISO 8601 ("P1Y2MT3H",
// "P0001-02-03T04:05:06").
#include <charconv>
#include <cmath>
#include <vector>

#include "runtime/types/datetime.h"
#include "runtime/types/text_style.h"

namespace lathe::types {
namespace {

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

enum class Unit : uint8_t {
  kMicrosecond,
  kMillisecond,
  kSecond,
  kMinute,
  kHour,
  kDay,
  kWeek,
  kMonth,
  kYear,
  kDecade,
  kCentury,
  kMillennium,
};

struct UnitName {
  std::string_view name;
  Unit unit;
};
constexpr UnitName kUnits[] = {
    {"microsecond", Unit::kMicrosecond},
    {"microseconds", Unit::kMicrosecond},
    {"us", Unit::kMicrosecond},
    {"usec", Unit::kMicrosecond},
    {"usecs", Unit::kMicrosecond},
    {"usecond", Unit::kMicrosecond},
    {"useconds", Unit::kMicrosecond},
    {"millisecond", Unit::kMillisecond},
    {"milliseconds", Unit::kMillisecond},
    {"ms", Unit::kMillisecond},
    {"msec", Unit::kMillisecond},
    {"msecs", Unit::kMillisecond},
    {"msecond", Unit::kMillisecond},
    {"mseconds", Unit::kMillisecond},
    {"second", Unit::kSecond},
    {"seconds", Unit::kSecond},
    {"sec", Unit::kSecond},
    {"secs", Unit::kSecond},
    {"s", Unit::kSecond},
    {"minute", Unit::kMinute},
    {"minutes", Unit::kMinute},
    {"min", Unit::kMinute},
    {"mins", Unit::kMinute},
    {"m", Unit::kMinute},
    {"hour", Unit::kHour},
    {"hours", Unit::kHour},
    {"hr", Unit::kHour},
    {"hrs", Unit::kHour},
    {"h", Unit::kHour},
    {"day", Unit::kDay},
    {"days", Unit::kDay},
    {"d", Unit::kDay},
    {"week", Unit::kWeek},
    {"weeks", Unit::kWeek},
    {"w", Unit::kWeek},
    {"month", Unit::kMonth},
    {"months", Unit::kMonth},
    {"mon", Unit::kMonth},
    {"mons", Unit::kMonth},
    {"year", Unit::kYear},
    {"years", Unit::kYear},
    {"yr", Unit::kYear},
    {"yrs", Unit::kYear},
    {"y", Unit::kYear},
    {"decade", Unit::kDecade},
    {"decades", Unit::kDecade},
    {"dec", Unit::kDecade},
    {"decs", Unit::kDecade},
    {"century", Unit::kCentury},
    {"centuries", Unit::kCentury},
    {"cent", Unit::kCentury},
    {"c", Unit::kCentury},
    {"millennium", Unit::kMillennium},
    {"millennia", Unit::kMillennium},
    {"mil", Unit::kMillennium},
    {"mils", Unit::kMillennium},
};

/// Adds up parts; fractions go down to smaller parts (a month has 30 days here).
class Sum {
 public:
  bool Add(Unit unit, int64_t whole, double fraction) {
    switch (unit) {
      case Unit::kMicrosecond:
        return Time(whole, 1) && Fraction(fraction, 1);
      case Unit::kMillisecond:
        return Time(whole, 1000) && Fraction(fraction, 1000);
      case Unit::kSecond:
        return Time(whole, kMicrosPerSecond) && Fraction(fraction, kMicrosPerSecond);
      case Unit::kMinute:
        return Time(whole, kMicrosPerMinute) && Fraction(fraction, kMicrosPerMinute);
      case Unit::kHour:
        return Time(whole, kMicrosPerHour) && Fraction(fraction, kMicrosPerHour);
      case Unit::kDay:
        return Days(whole) && Fraction(fraction, kMicrosPerDay);
      case Unit::kWeek:
        return Days(whole * 7) && DayFraction(fraction, 7);
      case Unit::kMonth:
        return Months(whole) && DayFraction(fraction, 30);
      case Unit::kYear:
        return Years(whole, 1, fraction);
      case Unit::kDecade:
        return Years(whole, 10, fraction);
      case Unit::kCentury:
        return Years(whole, 100, fraction);
      case Unit::kMillennium:
        return Years(whole, 1000, fraction);
    }
    return false;
  }
  bool Time(int64_t count, int64_t unit) {
    int64_t part;
    return !__builtin_mul_overflow(count, unit, &part) &&
           !__builtin_add_overflow(micros_, part, &micros_);
  }
  /// Whether no part is the least of its type.
  bool CanNegate() const {
    return years_ != INT32_MIN && months_ != INT32_MIN && days_ != INT32_MIN &&
           micros_ != INT64_MIN;
  }
  bool Get(Interval* out, bool negate) const {
    int64_t sign = negate ? -1 : 1;
    if (negate && micros_ == INT64_MIN) return false;
    int64_t months = (years_ * 12 + months_) * sign, days = days_ * sign;
    out->micros = micros_ * sign;
    out->months = static_cast<int32_t>(months);
    out->days = static_cast<int32_t>(days);
    return out->months == months && out->days == days;
  }

 private:
  bool Days(int64_t n) { return Small(n) && Small(days_ += n); }
  bool Months(int64_t n) { return Small(n) && Small(months_ += n); }
  bool Years(int64_t n, int64_t unit, double fraction) {
    if (!Small(n) || !Small(n * unit) || !Small(years_ += n * unit)) return false;
    return Months(static_cast<int64_t>(std::rint(fraction * static_cast<double>(unit) * 12)));
  }
  bool DayFraction(double fraction, int days) {
    double part = fraction * days;
    auto whole = static_cast<int64_t>(part);
    return Days(whole) && Fraction(part - static_cast<double>(whole), kMicrosPerDay);
  }
  bool Fraction(double fraction, int64_t unit) {
    // Half a microsecond goes towards zero.
    double part = fraction * static_cast<double>(unit);
    auto whole = static_cast<int64_t>(part);
    part -= static_cast<double>(whole);
    if (part > 0.5) ++whole;
    if (part < -0.5) --whole;
    return Time(whole, 1);
  }
  static bool Small(int64_t n) { return n >= INT32_MIN && n <= INT32_MAX; }

  int64_t years_ = 0, months_ = 0, days_ = 0, micros_ = 0;
};

enum class Outcome { kOk, kFormat, kRange };

/// Digits with an optional fraction at text[*at]; no sign. The fraction has the sign given.
Outcome ReadNumber(std::string_view text, size_t* at, bool negative, int64_t* whole,
                   double* fraction) {
  size_t begin = *at;
  int64_t value = 0;
  bool range = false;
  while (*at < text.size() && IsDigit(text[*at])) {
    const int64_t digit = negative ? '0' - text[*at] : text[*at] - '0';
    range = range || __builtin_mul_overflow(value, int64_t{10}, &value) ||
            __builtin_add_overflow(value, digit, &value);
    ++*at;
  }
  *fraction = 0;
  bool digits = *at > begin;
  if (*at < text.size() && text[*at] == '.') {
    std::string part = "0.";
    ++*at;
    while (*at < text.size() && IsDigit(text[*at])) part.push_back(text[(*at)++]);
    if (part.size() > 2) {
      digits = true;
      std::from_chars(part.data(), part.data() + part.size(), *fraction);
    }
  }
  if (!digits) return Outcome::kFormat;
  *whole = value;
  if (negative) *fraction = -*fraction;
  return range ? Outcome::kRange : Outcome::kOk;
}

/// A number of an ISO 8601 interval, which goes through double precision and may have an exponent.
/// `digits`: how many there are before the point.
Outcome ReadIsoNumber(std::string_view text, size_t* at, int64_t* whole, double* fraction,
                      size_t* digits) {
  if (*at >= text.size() || !(IsDigit(text[*at]) || text[*at] == '-' || text[*at] == '.')) {
    return Outcome::kFormat;
  }
  double value = 0;
  auto end = std::from_chars(text.data() + *at, text.data() + text.size(), value);
  if (end.ec != std::errc()) return Outcome::kFormat;
  size_t first = *at + (text[*at] == '-' ? 1 : 0);
  *digits = 0;
  while (first + *digits < text.size() && IsDigit(text[first + *digits])) ++*digits;
  *at = static_cast<size_t>(end.ptr - text.data());
  if (value < -1e15 || value > 1e15) return Outcome::kRange;
  const double integer = std::trunc(value);
  *whole = static_cast<int64_t>(integer);
  *fraction = value - integer;
  return Outcome::kOk;
}

/// Three parts of two digits each, the first of any length, in one number.
bool AddPacked(int64_t packed, double fraction, Unit first, Unit second, Unit third, Sum* sum) {
  return sum->Add(first, packed / 10000, 0) && sum->Add(second, packed / 100 % 100, 0) &&
         sum->Add(third, packed % 100, fraction);
}

/// ISO 8601 after the P.
Outcome ParseIso(std::string_view text, Sum* sum) {
  bool in_time = false, any = false, any_time = false;
  size_t i = 0;
  while (i < text.size()) {
    if (text[i] == 'T') {
      if (in_time) return Outcome::kFormat;
      in_time = true;
      ++i;
      any = true;
      continue;
    }
    int64_t whole;
    double fraction;
    size_t digits;
    Outcome outcome = ReadIsoNumber(text, &i, &whole, &fraction, &digits);
    if (outcome != Outcome::kOk) return outcome;
    char designator = i < text.size() ? text[i] : '\0';
    Unit unit;
    if (!in_time) {
      if (designator == 'Y')
        unit = Unit::kYear;
      else if (designator == 'M')
        unit = Unit::kMonth;
      else if (designator == 'W')
        unit = Unit::kWeek;
      else if (designator == 'D')
        unit = Unit::kDay;
      else if (designator == '-' || ((designator == 'T' || designator == '\0') && !any)) {
        if (designator != '-' && digits == 8) {
          // Basic form: eight digits.
          if (!AddPacked(whole, fraction, Unit::kYear, Unit::kMonth, Unit::kDay, sum)) {
            return Outcome::kRange;
          }
          any = true;
          continue;
        }
        // Alternative form: years-months-days.
        if (!sum->Add(Unit::kYear, whole, fraction)) return Outcome::kRange;
        for (Unit next : {Unit::kMonth, Unit::kDay}) {
          if (i >= text.size() || text[i] != '-') break;
          ++i;
          outcome = ReadIsoNumber(text, &i, &whole, &fraction, &digits);
          if (outcome != Outcome::kOk) return outcome;
          if (!sum->Add(next, whole, fraction)) return Outcome::kRange;
        }
        any = true;
        if (i < text.size() && text[i] != 'T') return Outcome::kFormat;
        continue;
      } else {
        return Outcome::kFormat;
      }
    } else {
      if (designator == 'H')
        unit = Unit::kHour;
      else if (designator == 'M')
        unit = Unit::kMinute;
      else if (designator == 'S')
        unit = Unit::kSecond;
      else if (designator == '\0' && digits == 6 && !any_time) {
        return AddPacked(whole, fraction, Unit::kHour, Unit::kMinute, Unit::kSecond, sum)
                   ? Outcome::kOk
                   : Outcome::kRange;
      } else if (designator == ':' || designator == '\0') {
        if (!sum->Add(Unit::kHour, whole, fraction)) return Outcome::kRange;
        for (Unit next : {Unit::kMinute, Unit::kSecond}) {
          if (i >= text.size() || text[i] != ':') break;
          ++i;
          outcome = ReadIsoNumber(text, &i, &whole, &fraction, &digits);
          if (outcome != Outcome::kOk) return outcome;
          if (!sum->Add(next, whole, fraction)) return Outcome::kRange;
        }
        return i == text.size() ? Outcome::kOk : Outcome::kFormat;
      } else {
        return Outcome::kFormat;
      }
    }
    ++i;
    any = true;
    any_time |= in_time;
    if (!sum->Add(unit, whole, fraction)) return Outcome::kRange;
  }
  return any ? Outcome::kOk : Outcome::kFormat;
}

struct Token {
  enum class Kind { kNumber, kClock, kYearMonth, kWord } kind;
  bool negative = false;
  std::string text;
};

bool Split(std::string_view text, std::vector<Token>* tokens) {
  size_t i = 0;
  auto at = [&](size_t k) { return k < text.size() ? text[k] : '\0'; };
  while (i < text.size()) {
    char c = text[i];
    if (IsBlank(c) || c == '@' || c == ',') {
      ++i;
      continue;
    }
    if (tokens->size() > 25) return false;
    Token token{Token::Kind::kNumber, false, ""};
    bool sign = false;
    if (c == '+' || c == '-') {
      token.negative = c == '-';
      sign = true;
      ++i;
      while (IsBlank(at(i))) ++i;
    }
    if (IsDigit(at(i)) || (at(i) == '.' && IsDigit(at(i + 1)))) {
      while (IsDigit(at(i))) token.text.push_back(text[i++]);
      if (at(i) == ':') {
        token.kind = Token::Kind::kClock;
        while (IsDigit(at(i)) || at(i) == ':' || at(i) == '.') token.text.push_back(text[i++]);
      } else if (at(i) == '-' && IsDigit(at(i + 1))) {
        token.kind = Token::Kind::kYearMonth;
        token.text.push_back(text[i++]);
        while (IsDigit(at(i))) token.text.push_back(text[i++]);
        if (at(i) == '-') return false;
      } else if (at(i) == '.') {
        token.text.push_back(text[i++]);
        while (IsDigit(at(i))) token.text.push_back(text[i++]);
      }
    } else if (IsAlpha(at(i)) && !sign) {
      token.kind = Token::Kind::kWord;
      while (IsAlpha(at(i))) token.text.push_back(static_cast<char>(text[i++] | 32));
    } else {
      return false;
    }
    tokens->push_back(std::move(token));
  }
  return true;
}

constexpr int kMonthBit = 1 << 1, kYearBit = 1 << 2, kDayBit = 1 << 3, kHourBit = 1 << 10,
              kMinuteBit = 1 << 11, kSecondBit = 1 << 12;

/// The unit of a number without one, after the restriction of the type.
Unit DefaultUnit(int mask) {
  if (mask == kYearBit) return Unit::kYear;
  if (mask == kMonthBit || mask == (kYearBit | kMonthBit)) return Unit::kMonth;
  if (mask == kDayBit) return Unit::kDay;
  if (mask == kHourBit || mask == (kDayBit | kHourBit)) return Unit::kHour;
  if (mask == kMinuteBit || mask == (kHourBit | kMinuteBit) ||
      mask == (kDayBit | kHourBit | kMinuteBit)) {
    return Unit::kMinute;
  }
  return Unit::kSecond;
}

/// H:M, H:M:S or (with a fraction in the second part, or for minute to second) M:S.
Outcome AddClock(const Token& token, int mask, Sum* sum) {
  int64_t whole[3] = {0, 0, 0};
  double fraction = 0;
  size_t i = 0;
  int parts = 0;
  std::string_view text = token.text;
  while (parts < 3) {
    double part_fraction;
    Outcome outcome = ReadNumber(text, &i, false, &whole[parts], &part_fraction);
    if (outcome != Outcome::kOk) return outcome;
    ++parts;
    fraction = part_fraction;
    if (i == text.size()) break;
    if (text[i] != ':' || fraction != 0) return Outcome::kFormat;
    ++i;
    if (i == text.size() && parts == 1) parts = 2;  // "1:"
    if (i == text.size()) break;
  }
  if (i != text.size() || parts < 2) return Outcome::kFormat;
  bool has_point = text.find('.') != std::string_view::npos;
  if (parts == 2 && (has_point || mask == (kMinuteBit | kSecondBit))) {
    whole[2] = whole[1];
    whole[1] = whole[0];
    whole[0] = 0;
  }
  if (whole[1] > 59 || whole[2] > 60) return Outcome::kRange;
  int64_t sign = token.negative ? -1 : 1;
  bool ok = sum->Time(sign * whole[0], kMicrosPerHour) &&
            sum->Time(sign * whole[1], kMicrosPerMinute) &&
            sum->Time(sign * whole[2], kMicrosPerSecond) &&
            sum->Time(sign * static_cast<int64_t>(std::rint(fraction * 1e6)), 1);
  return ok ? Outcome::kOk : Outcome::kRange;
}

/// `all_negative`: the sign of the first field is every field's.
Outcome ParseVerbose(std::string_view text, int mask, bool all_negative, Sum* sum, bool* ago) {
  std::vector<Token> tokens;
  if (!Split(text, &tokens) || tokens.empty()) return Outcome::kFormat;
  for (Token& token : tokens) token.negative |= all_negative;
  *ago = false;
  bool unit_known = false, fresh_word = false;
  Unit unit = Unit::kSecond;
  uint32_t seen = 0;  // bits of units (and clock as hour) that have come
  auto take = [&](uint32_t bits) {
    bool again = (seen & bits) != 0;
    seen |= bits;
    return !again;
  };
  auto bit = [](Unit u) { return 1u << static_cast<int>(u); };
  const uint32_t all_seconds =
      bit(Unit::kSecond) | bit(Unit::kMillisecond) | bit(Unit::kMicrosecond);
  // From the right, so that a number knows the unit that follows it.
  for (size_t k = tokens.size(); k-- > 0;) {
    const Token& token = tokens[k];
    switch (token.kind) {
      case Token::Kind::kWord: {
        if (token.text == "ago") {
          if (k + 1 != tokens.size()) return Outcome::kFormat;
          *ago = true;
          break;
        }
        if (token.text == "and") return Outcome::kFormat;
        bool found = false;
        for (const UnitName& name : kUnits) {
          // Ten characters tell.
          if (name.name.substr(0, 10) == std::string_view(token.text).substr(0, 10)) {
            unit = name.unit;
            found = true;
            break;
          }
        }
        if (!found || fresh_word) return Outcome::kFormat;
        unit_known = fresh_word = true;
        break;
      }
      case Token::Kind::kClock: {
        if (fresh_word || !take(bit(Unit::kHour) | bit(Unit::kMinute) | all_seconds))
          return Outcome::kFormat;
        Outcome outcome = AddClock(token, mask, sum);
        if (outcome != Outcome::kOk) return outcome;
        unit = Unit::kDay;  // a bare number before a clock counts days
        unit_known = true;
        break;
      }
      case Token::Kind::kYearMonth: {
        if (fresh_word || !take(bit(Unit::kYear) | bit(Unit::kMonth))) return Outcome::kFormat;
        size_t dash = token.text.find('-');
        int64_t years = 0, months = 0;
        std::from_chars(token.text.data(), token.text.data() + dash, years);
        std::from_chars(token.text.data() + dash + 1, token.text.data() + token.text.size(),
                        months);
        if (months >= 12) return Outcome::kRange;
        int64_t sign = token.negative ? -1 : 1;
        if (!sum->Add(Unit::kYear, sign * years, 0) || !sum->Add(Unit::kMonth, sign * months, 0))
          return Outcome::kRange;
        unit = Unit::kMonth;
        unit_known = true;
        break;
      }
      case Token::Kind::kNumber: {
        if (!unit_known) unit = DefaultUnit(mask);
        unit_known = true;
        fresh_word = false;
        int64_t whole;
        double fraction;
        size_t i = 0;
        Outcome outcome = ReadNumber(token.text, &i, token.negative, &whole, &fraction);
        if (outcome != Outcome::kOk) return outcome;
        // A fraction of a second is milliseconds and microseconds.
        if (!take(unit == Unit::kSecond && fraction != 0 ? all_seconds : bit(unit))) {
          return Outcome::kFormat;
        }
        if (!sum->Add(unit, whole, fraction)) return Outcome::kRange;
        if (unit == Unit::kHour) unit = Unit::kDay;  // "5 10 hours" are five days and ten hours
        break;
      }
    }
  }
  if (fresh_word || seen == 0) return Outcome::kFormat;
  return Outcome::kOk;
}

}  // namespace

namespace {

/// "-1 2:03:04": whether the text begins with a minus and no other field has a sign.
bool LeadingSignOnly(std::string_view text) {
  if (text.empty() || text[0] != '-') return false;
  for (size_t i = 1; i < text.size(); ++i) {
    const bool sign = text[i] == '-' || text[i] == '+';
    if (sign && !(text[i - 1] >= '0' && text[i - 1] <= '9')) return false;
  }
  return true;
}

}  // namespace

Result<Interval> ParseInterval(std::string_view text, int32_t typmod) {
  return ParseInterval(text, typmod, IntervalStyle::kPostgres);
}

Result<Interval> ParseInterval(std::string_view text, int32_t typmod, IntervalStyle style) {
  std::string_view trimmed = text;
  while (!trimmed.empty() && IsBlank(trimmed.front())) trimmed.remove_prefix(1);
  while (!trimmed.empty() && IsBlank(trimmed.back())) trimmed.remove_suffix(1);
  int mask = typmod < 0 ? 0x7fff : typmod >> 16 & 0x7fff;
  Sum sum;
  bool ago = false;
  const bool all_negative = style == IntervalStyle::kSqlStandard && LeadingSignOnly(trimmed);
  Outcome outcome = !trimmed.empty() && trimmed[0] == 'P'
                        ? ParseIso(trimmed.substr(1), &sum)
                        : ParseVerbose(trimmed, mask, all_negative, &sum, &ago);
  std::string quoted = "\"" + std::string(text) + "\"";
  if (outcome == Outcome::kFormat) {
    return MakeError(SqlState::kInvalidDatetimeFormat,
                     "invalid input syntax for type interval: " + quoted);
  }
  Interval interval;
  if (outcome == Outcome::kRange || (ago && !sum.CanNegate())) {
    return MakeError(SqlState::kIntervalFieldOverflow,
                     "interval field value out of range: " + quoted);
  }
  if (!sum.Get(&interval, ago)) return IntervalOutOfRange();
  return IntervalWithTypmod(interval, typmod);
}

}  // namespace lathe::types
