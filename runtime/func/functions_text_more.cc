// format, unistr, parse_ident, num_nulls, and the SHA-2 digests.
#include <charconv>

#include "runtime/func/patterns.h"
#include "runtime/func/sha2.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::TypeId;

// ---- format

Error TooFewArguments() {
  return MakeError(SqlState::kInvalidParameterValue, "too few arguments for format()");
}
Error Unterminated() {
  Error error = MakeError(SqlState::kInvalidParameterValue, "unterminated format() type specifier");
  error.hint = "For a single \"%\" use \"%%\".";
  return error;
}

/// Writes a format with its arguments (their output forms; null where `nulls` says so).
class Formatter {
 public:
  Formatter(const Datum* args, const bool* nulls, size_t count)
      : rest_(args[0].string.view()), args_(args), nulls_(nulls), count_(count) {}

  Result<std::string> Format() {
    while (!rest_.empty()) {
      const size_t percent = std::min(rest_.size(), rest_.find('%'));
      out_ += rest_.substr(0, percent);
      rest_.remove_prefix(percent);
      if (!rest_.empty()) LATHE_TRY(Specifier());
    }
    return std::move(out_);
  }

 private:
  Status Advance() {
    rest_.remove_prefix(1);
    if (rest_.empty()) return Unterminated();
    return Ok();
  }
  static bool IsDigit(char c) { return c >= '0' && c <= '9'; }
  /// Digits at the front; -1 when there are none.
  Result<int32_t> Number() {
    if (!IsDigit(rest_[0])) return -1;
    int32_t value = 0;
    while (IsDigit(rest_[0])) {
      if (__builtin_mul_overflow(value, 10, &value) ||
          __builtin_add_overflow(value, rest_[0] - '0', &value)) {
        return MakeError(SqlState::kNumericValueOutOfRange, "number is out of range");
      }
      LATHE_TRY(Advance());
    }
    return value;
  }
  static Status CheckPosition(int32_t position) {
    if (position != 0) return Ok();
    return MakeError(SqlState::kInvalidParameterValue,
                     "format specifies argument 0, but arguments are numbered from 1");
  }
  /// The index of the argument at a position, or of the next one when it is negative.
  Result<size_t> Argument(int32_t position) {
    const size_t index = position > 0 ? static_cast<size_t>(position) : next_ + 1;
    next_ = index;
    if (index >= count_) return TooFewArguments();
    return index;
  }

  /// From the % on.
  Status Specifier() {
    LATHE_TRY(Advance());
    if (rest_[0] == '%') {
      out_.push_back('%');
      rest_.remove_prefix(1);
      return Ok();
    }
    int32_t position = -1, width = 0, width_position = -1;
    bool left = false, width_is_argument = false;
    LATHE_ASSIGN(int32_t number, Number());
    if (number >= 0 && rest_[0] == '$') {
      LATHE_TRY(CheckPosition(number));
      position = number;
      LATHE_TRY(Advance());
      number = -1;
    }
    if (number < 0) {
      while (rest_[0] == '-') {
        left = true;
        LATHE_TRY(Advance());
      }
      if (rest_[0] == '*') {
        width_is_argument = true;
        LATHE_TRY(Advance());
        LATHE_ASSIGN(width_position, Number());
        if (width_position >= 0) {
          if (rest_[0] != '$') {
            return MakeError(SqlState::kInvalidParameterValue,
                             "width argument position must be ended by \"$\"");
          }
          LATHE_TRY(CheckPosition(width_position));
          LATHE_TRY(Advance());
        }
      } else {
        LATHE_ASSIGN(number, Number());
      }
    }
    if (number > 0) width = number;
    const char type = rest_[0];
    if (type != 's' && type != 'I' && type != 'L') {
      const auto bytes = static_cast<size_t>(types::CharBytes(type));
      Error error = MakeError(
          SqlState::kInvalidParameterValue,
          "unrecognized format() type specifier \"" + std::string(rest_.substr(0, bytes)) + "\"");
      error.hint = "For a single \"%\" use \"%%\".";
      return error;
    }
    rest_.remove_prefix(1);
    if (width_is_argument) {
      LATHE_ASSIGN(width, Width(width_position));
    }
    LATHE_ASSIGN(size_t index, Argument(position));
    return Put(type, index, width, left);
  }
  Result<int32_t> Width(int32_t position) {
    LATHE_ASSIGN(size_t index, Argument(position));
    if (nulls_[index]) return 0;
    const std::string_view text = args_[index].string.view();
    int32_t width = 0;
    auto parsed = std::from_chars(text.data(), text.data() + text.size(), width);
    if (parsed.ec == std::errc::result_out_of_range) {
      return MakeError(SqlState::kNumericValueOutOfRange,
                       "value \"" + std::string(text) + "\" is out of range for type integer");
    }
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) {
      return MakeError(SqlState::kInvalidTextRepresentation,
                       "invalid input syntax for type integer: \"" + std::string(text) + "\"");
    }
    return width;
  }
  Status Put(char type, size_t index, int32_t width, bool left) {
    std::string text;
    if (!nulls_[index]) {
      const std::string_view value = args_[index].string.view();
      text = type == 's'   ? std::string(value)
             : type == 'I' ? QuoteIdentifier(value)
                           : QuoteLiteral(value);
    } else if (type == 'I') {
      return MakeError(SqlState::kNullValueNotAllowed,
                       "null values cannot be formatted as an SQL identifier");
    } else if (type == 'L') {
      text = "NULL";
    }
    if (width == INT32_MIN) {
      return MakeError(SqlState::kNumericValueOutOfRange, "number is out of range");
    }
    left |= width < 0;
    const int64_t fill = std::abs(int64_t{width}) - types::CharCount(text);
    const std::string blanks(static_cast<size_t>(std::max<int64_t>(fill, 0)), ' ');
    out_ += left ? text + blanks : blanks + text;
    return Ok();
  }

  std::string_view rest_;
  const Datum* args_;
  const bool* nulls_;
  const size_t count_;
  size_t next_ = 0;  // the argument used last
  std::string out_;
};

CallStatus Format(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  return PutBytes(context, Formatter(args, nulls, context->call->args.size()).Format(), result);
}
CallStatus FormatOnly(FunctionContext* context, const Datum* args, const bool* nulls,
                      Datum* result) {
  return PutBytes(context, Formatter(args, nulls, 1).Format(), result);
}

template <bool kNulls>
CallStatus CountNulls(FunctionContext* context, const Datum*, const bool* nulls, Datum* result) {
  int32_t count = 0;
  for (size_t i = 0; i < context->call->args.size(); ++i) count += nulls[i] == kNulls ? 1 : 0;
  return PutInt(count, result);
}

// ---- unistr

Error BadUnicodeEscape() {
  Error error = MakeError(SqlState::kSyntaxError, "invalid Unicode escape");
  error.hint = "Unicode escapes must be \\XXXX, \\+XXXXXX, \\uXXXX, or \\UXXXXXXXX.";
  return error;
}
/// The number of so many hexadecimal digits at the front.
bool HexAt(std::string_view text, size_t digits, uint32_t* value) {
  *value = 0;
  if (text.size() < digits) return false;
  for (char c : text.substr(0, digits)) {
    const int digit = c >= '0' && c <= '9'                 ? c - '0'
                      : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                           : -1;
    if (digit < 0) return false;
    *value = *value << 4 | static_cast<uint32_t>(digit);
  }
  return true;
}
/// Takes one escape (its backslash is at the front).
Result<uint32_t> TakeUnicodeEscape(std::string_view* rest) {
  uint32_t value;
  size_t taken;
  if (HexAt(rest->substr(1), 4, &value)) {
    taken = 5;
  } else if (rest->size() > 1 && (*rest)[1] == '+' && HexAt(rest->substr(2), 6, &value)) {
    taken = 8;
  } else if (rest->size() > 1 && (*rest)[1] == 'u' && HexAt(rest->substr(2), 4, &value)) {
    taken = 6;
  } else if (rest->size() > 1 && (*rest)[1] == 'U' && HexAt(rest->substr(2), 8, &value)) {
    taken = 10;
  } else {
    return BadUnicodeEscape();
  }
  rest->remove_prefix(taken);
  if (value == 0 || value > 0x10ffff) {
    char digits[9];
    std::snprintf(digits, sizeof digits, "%04X", value);
    return MakeError(SqlState::kInvalidParameterValue,
                     "invalid Unicode code point: " + std::string(digits));
  }
  return value;
}
Result<std::string> Unistr(std::string_view rest) {
  const Error pair = MakeError(SqlState::kSyntaxError, "invalid Unicode surrogate pair");
  std::string out;
  uint32_t high = 0;  // a surrogate that waits for its other half
  while (!rest.empty()) {
    if (rest[0] != '\\' || rest.starts_with("\\\\")) {
      if (high != 0) return pair;
      out.push_back(rest[0]);
      rest.remove_prefix(rest[0] == '\\' ? 2 : 1);
      continue;
    }
    LATHE_ASSIGN(uint32_t value, TakeUnicodeEscape(&rest));
    const bool is_high = value >= 0xd800 && value < 0xdc00,
               is_low = value >= 0xdc00 && value < 0xe000;
    if (is_low != (high != 0)) return pair;
    if (is_high) {
      high = value;
      continue;
    }
    if (is_low) value = 0x10000 + ((high & 0x3ff) << 10) + (value & 0x3ff);
    high = 0;
    types::AppendChar(value, &out);
  }
  if (high != 0) return pair;
  return out;
}
CallStatus UnistrOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutBytes(context, Unistr(args[0].string.view()), result);
}

// ---- parse_ident

Error NoIdentifier(std::string_view text, std::string detail = {}) {
  Error error = MakeError(SqlState::kInvalidParameterValue,
                          "string is not a valid identifier: \"" + std::string(text) + "\"");
  error.detail = std::move(detail);
  return error;
}
bool IsIdentStart(char c) {
  return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         static_cast<signed char>(c) < 0;
}
bool IsIdentPart(char c) { return IsIdentStart(c) || (c >= '0' && c <= '9') || c == '$'; }
void SkipBlanks(std::string_view* rest) {
  while (!rest->empty() &&
         std::string_view(" \t\n\r\f\v").find((*rest)[0]) != std::string_view::npos) {
    rest->remove_prefix(1);
  }
}

Result<std::vector<std::string>> ParseIdentifiers(std::string_view text, bool strict) {
  std::vector<std::string> parts;
  std::string_view rest = text;
  SkipBlanks(&rest);
  for (bool after_dot = false;; after_dot = true) {
    const bool before_dot = !rest.empty() && rest[0] == '.';
    std::string part;
    if (!rest.empty() && rest[0] == '"') {
      const size_t end = rest.find('"', 1);
      if (end == std::string_view::npos) {
        return NoIdentifier(text, "String has unclosed double quotes.");
      }
      part = rest.substr(1, end - 1);
      rest.remove_prefix(end + 1);
      if (part.empty()) return NoIdentifier(text, "Quoted identifier must not be empty.");
    } else if (!rest.empty() && IsIdentStart(rest[0])) {
      size_t end = 1;
      while (end < rest.size() && IsIdentPart(rest[end])) ++end;
      types::AppendLower(rest.substr(0, end), &part);
      rest.remove_prefix(end);
    } else if (before_dot) {
      return NoIdentifier(text, "No valid identifier before \".\".");
    } else if (after_dot) {
      return NoIdentifier(text, "No valid identifier after \".\".");
    } else {
      return NoIdentifier(text);
    }
    parts.push_back(std::move(part));
    SkipBlanks(&rest);
    if (rest.empty() || rest[0] != '.') break;
    rest.remove_prefix(1);
    SkipBlanks(&rest);
  }
  if (!rest.empty() && strict) return NoIdentifier(text);
  return parts;
}
template <bool kStrictGiven>
CallStatus ParseIdent(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  auto parts = ParseIdentifiers(args[0].string.view(), kStrictGiven ? args[1].b : true);
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  types::ArrayBuilder array(TypeId::kText);
  for (const std::string& part : *parts) {
    Datum datum;
    datum.string = {part.data(), part.size()};
    array.Add(datum);
  }
  *result = array.ToDatum(context->arena);
  return CallStatus::kOk;
}

// ---- LIKE of bytes, and the order of bytes whatever the collation

/// Whether the pattern (%, _, backslash escapes) matches all of the bytes; fails when it ends in an
/// escape that matters.
Result<bool> MatchBytes(std::string_view bytes, std::string_view pattern) {
  size_t b = 0, p = 0, star = std::string_view::npos, mark = 0;
  while (b < bytes.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      star = ++p;
      mark = b;
      continue;
    }
    if (p < pattern.size()) {
      const bool escaped = pattern[p] == '\\';
      if (escaped && p + 1 == pattern.size()) {
        return MakeError(SqlState::kInvalidEscapeSequence,
                         "LIKE pattern must not end with escape character");
      }
      const char wanted = pattern[p + (escaped ? 1 : 0)];
      if ((!escaped && wanted == '_') || wanted == bytes[b]) {
        p += escaped ? 2 : 1;
        ++b;
        continue;
      }
    }
    if (star == std::string_view::npos) return false;
    p = star;
    b = ++mark;
  }
  while (p < pattern.size() && pattern[p] == '%') ++p;
  return p == pattern.size();
}
template <bool kNegated>
CallStatus ByteaLike(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<bool> match = MatchBytes(args[0].string.view(), args[1].string.view());
  if (!match.ok()) return context->Fail(std::move(match).error());
  return PutBool(*match != kNegated, result);
}
/// Less (kSign below 0) or greater.
template <int kSign, bool kOrEqual>
CallStatus PatternOrder(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const int order = args[0].string.view().compare(args[1].string.view());
  return PutBool(order == 0 ? kOrEqual : (order < 0) == (kSign < 0), result);
}

template <int kBits>
CallStatus Sha(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, Sha2(kBits, args[0].string.view()), result);
}

}  // namespace

void AddMoreTextFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, Y = TypeId::kBytea;
  Row row{3539, "format", "", {T, TypeId::kUnknown}, T, Format};
  row.can_fail = true;
  row.strict = false;
  row.variadic = row.wants_types = true;
  row.volatility = Volatility::kStable;
  Add(list, row);
  list->back().any_as_text = true;
  Add(list,
      {3540, "format", "", {T}, T, FormatOnly, InlineOp::kNone, true, true, Volatility::kStable});
  row = {438, "num_nulls", "", {TypeId::kUnknown}, TypeId::kInt4, CountNulls<true>};
  row.strict = false;
  row.variadic = row.wants_types = true;
  Add(list, row);
  row.oid = 440;
  row.name = "num_nonnulls";
  row.boxed = CountNulls<false>;
  Add(list, row);
  Add(list, {6198, "unistr", "", {T}, T, UnistrOf, InlineOp::kNone, true});
  Add(list, {1268,
             "parse_ident",
             "",
             {T, TypeId::kBool},
             TypeId::kArray,
             ParseIdent<true>,
             InlineOp::kNone,
             true});
  list->back().result = types::Type::ArrayOf(T);
  Add(list,
      {9630, "parse_ident", "", {T}, TypeId::kArray, ParseIdent<false>, InlineOp::kNone, true});
  list->back().result = types::Type::ArrayOf(T);
  constexpr TypeId B = TypeId::kBool, C = TypeId::kBpChar;
  Add(list, {2005, "bytealike", "~~", {Y, Y}, B, ByteaLike<false>, InlineOp::kNone, true});
  Add(list, {2006, "byteanlike", "!~~", {Y, Y}, B, ByteaLike<true>, InlineOp::kNone, true});
  Add(list, {2007, "like", "", {Y, Y}, B, ByteaLike<false>, InlineOp::kNone, true});
  Add(list, {2008, "notlike", "", {Y, Y}, B, ByteaLike<true>, InlineOp::kNone, true});
  Add(list, {2160, "text_pattern_lt", "~<~", {T, T}, B, PatternOrder<-1, false>});
  Add(list, {2161, "text_pattern_le", "~<=~", {T, T}, B, PatternOrder<-1, true>});
  Add(list, {2163, "text_pattern_ge", "~>=~", {T, T}, B, PatternOrder<1, true>});
  Add(list, {2164, "text_pattern_gt", "~>~", {T, T}, B, PatternOrder<1, false>});
  Add(list, {2174, "bpchar_pattern_lt", "~<~", {C, C}, B, PatternOrder<-1, false>});
  Add(list, {2175, "bpchar_pattern_le", "~<=~", {C, C}, B, PatternOrder<-1, true>});
  Add(list, {2177, "bpchar_pattern_ge", "~>=~", {C, C}, B, PatternOrder<1, true>});
  Add(list, {2178, "bpchar_pattern_gt", "~>~", {C, C}, B, PatternOrder<1, false>});
  Add(list, {3419, "sha224", "", {Y}, Y, Sha<224>});
  Add(list, {3420, "sha256", "", {Y}, Y, Sha<256>});
  Add(list, {3421, "sha384", "", {Y}, Y, Sha<384>});
  Add(list, {3422, "sha512", "", {Y}, Y, Sha<512>});
}

}  // namespace lathe::func
