// Functions and operators of text: lengths, parts, padding, case, LIKE, quoting. Positions count
// characters from 1.
#include <algorithm>
#include <cstdio>
#include <cstring>

#include "runtime/func/md5.h"
#include "runtime/func/patterns.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/fixed.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::TypeId;

constexpr int64_t kTextBytesMax = (int64_t{1} << 30) - 64;

CallStatus TooLong(FunctionContext* context) {
  return context->Fail(SqlState::kProgramLimitExceeded, "requested length too large");
}

CallStatus Length(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->i32 = static_cast<int32_t>(types::CharCount(args[0].string.view()));
  return CallStatus::kOk;
}
CallStatus LengthBpChar(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->i32 =
      static_cast<int32_t>(types::CharCount(types::TrimTrailingBlanks(args[0].string.view())));
  return CallStatus::kOk;
}
CallStatus OctetLength(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->i32 = static_cast<int32_t>(args[0].string.size);
  return CallStatus::kOk;
}
CallStatus BitLength(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->i32 = static_cast<int32_t>(args[0].string.size * 8);
  return CallStatus::kOk;
}

template <void (*kMap)(std::string_view, std::string*)>
CallStatus MapCase(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string text;
  text.reserve(args[0].string.size);
  kMap(args[0].string.view(), &text);
  return PutText(context, text, result);
}

CallStatus TextConcat(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  size_t a = args[0].string.size, b = args[1].string.size;
  char* to = context->arena->Allocate(a + b);
  if (a != 0) std::memcpy(to, args[0].string.data, a);
  if (b != 0) std::memcpy(to + a, args[1].string.data, b);
  result->string = {to, a + b};
  return CallStatus::kOk;
}

/// Characters [start, start + length) with start counted from 1; length < 0 here means to the end.
std::string_view Slice(std::string_view text, int64_t start, int64_t length) {
  int64_t end = length < 0 ? INT64_MAX : start + length;
  if (start < 1) start = 1;
  if (end <= start) return {};
  text.remove_prefix(types::BytesOfChars(text, start - 1));
  return length < 0 ? text : text.substr(0, types::BytesOfChars(text, end - start));
}

CallStatus Substring(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (args[2].i32 < 0) {
    return context->Fail(SqlState::kSubstringError, "negative substring length not allowed");
  }
  return PutView(Slice(args[0].string.view(), args[1].i32, args[2].i32), result);
}
CallStatus SubstringFrom(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutView(Slice(args[0].string.view(), args[1].i32, -1), result);
}

CallStatus OverlayWith(FunctionContext* context, std::string_view text, std::string_view by,
                       int64_t start, int64_t length, Datum* result) {
  if (start <= 0)
    return context->Fail(SqlState::kSubstringError, "negative substring length not allowed");
  if (start + length > INT32_MAX || start + length < INT32_MIN) {
    return context->Fail(SqlState::kNumericValueOutOfRange, "integer out of range");
  }
  std::string out(Slice(text, 1, start - 1));
  out += by;
  out += Slice(text, start + length, -1);
  return PutText(context, out, result);
}
CallStatus Overlay4(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return OverlayWith(context, args[0].string.view(), args[1].string.view(), args[2].i32,
                     args[3].i32, result);
}
CallStatus Overlay3(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string_view by = args[1].string.view();
  return OverlayWith(context, args[0].string.view(), by, args[2].i32, types::CharCount(by), result);
}

CallStatus Position(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view();
  size_t at = text.find(args[1].string.view());
  result->i32 = at == std::string_view::npos
                    ? 0
                    : static_cast<int32_t>(types::CharCount(text.substr(0, at)) + 1);
  return CallStatus::kOk;
}

/// Takes characters of `set` off the ends.
std::string_view TrimSet(std::string_view text, std::string_view set, bool front, bool back) {
  auto in_set = [&](std::string_view c) {
    for (size_t i = 0; i < set.size(); i += static_cast<size_t>(types::CharBytes(set[i]))) {
      if (set.substr(i, static_cast<size_t>(types::CharBytes(set[i]))) == c) return true;
    }
    return false;
  };
  while (front && !text.empty()) {
    size_t n = std::min(text.size(), static_cast<size_t>(types::CharBytes(text[0])));
    if (!in_set(text.substr(0, n))) break;
    text.remove_prefix(n);
  }
  while (back && !text.empty()) {
    size_t at = text.size() - 1;
    while (at > 0 && (text[at] & 0xc0) == 0x80) --at;
    if (!in_set(text.substr(at))) break;
    text.remove_suffix(text.size() - at);
  }
  return text;
}
template <bool kFront, bool kBack, bool kSet>
CallStatus TrimText(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutView(TrimSet(args[0].string.view(),
                         kSet ? args[1].string.view() : std::string_view(" "), kFront, kBack),
                 result);
}

template <bool kLeft>
CallStatus PadText(FunctionContext* context, std::string_view text, int32_t length,
                   std::string_view fill, Datum* result) {
  int64_t wanted = std::max(length, 0);
  int64_t have = types::CharCount(text);
  if (wanted <= have || fill.empty())
    return PutView(text.substr(0, types::BytesOfChars(text, wanted)), result);
  int64_t fill_chars = types::CharCount(fill);
  int64_t missing = wanted - have;
  int64_t rounds = missing / fill_chars;
  if (rounds * static_cast<int64_t>(fill.size()) + static_cast<int64_t>(text.size()) >
      kTextBytesMax) {
    return TooLong(context);
  }
  std::string padding;
  for (int64_t i = 0; i < rounds; ++i) padding += fill;
  padding += fill.substr(0, types::BytesOfChars(fill, missing % fill_chars));
  std::string out = kLeft ? padding + std::string(text) : std::string(text) + padding;
  return PutText(context, out, result);
}
template <bool kLeft, bool kFill>
CallStatus Pad(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PadText<kLeft>(context, args[0].string.view(), args[1].i32,
                        kFill ? args[2].string.view() : std::string_view(" "), result);
}

CallStatus Repeat(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  int64_t count = std::max(args[1].i32, 0);
  std::string_view text = args[0].string.view();
  if (count * static_cast<int64_t>(text.size()) > kTextBytesMax) return TooLong(context);
  char* to = context->arena->Allocate(text.size() * static_cast<size_t>(count));
  for (int64_t i = 0; i < count && !text.empty(); ++i) {
    std::memcpy(to + text.size() * static_cast<size_t>(i), text.data(), text.size());
  }
  result->string = {to, text.size() * static_cast<size_t>(count)};
  return CallStatus::kOk;
}

CallStatus Replace(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view(), from = args[1].string.view(),
                   to = args[2].string.view();
  size_t at = from.empty() ? std::string_view::npos : text.find(from);
  if (at == std::string_view::npos) return PutView(text, result);
  std::string out;
  while (at != std::string_view::npos) {
    out += text.substr(0, at);
    out += to;
    text.remove_prefix(at + from.size());
    at = text.find(from);
  }
  out += text;
  return PutText(context, out, result);
}

CallStatus Reverse(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view();
  std::string out;
  out.reserve(text.size());
  size_t end = text.size();
  while (end > 0) {
    size_t at = end - 1;
    while (at > 0 && (text[at] & 0xc0) == 0x80) --at;
    out += text.substr(at, end - at);
    end = at;
  }
  return PutText(context, out, result);
}

CallStatus Left(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view();
  int64_t n = args[1].i32;
  if (n < 0) n = std::max<int64_t>(types::CharCount(text) + n, 0);
  return PutView(text.substr(0, types::BytesOfChars(text, n)), result);
}
CallStatus Right(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view();
  int64_t n = args[1].i32;
  int64_t skip = n < 0 ? -n : std::max<int64_t>(types::CharCount(text) - n, 0);
  return PutView(text.substr(types::BytesOfChars(text, skip)), result);
}

CallStatus SplitPart(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view(), separator = args[1].string.view();
  int32_t n = args[2].i32;
  if (n == 0)
    return context->Fail(SqlState::kInvalidParameterValue, "field position must not be zero");
  if (separator.empty()) return PutView(n == 1 || n == -1 ? text : std::string_view(), result);
  if (n < 0) {
    int64_t fields = 1;
    for (size_t at = text.find(separator); at != std::string_view::npos;
         at = text.find(separator, at + separator.size())) {
      ++fields;
    }
    if (fields + n < 0) return PutView({}, result);
    n = static_cast<int32_t>(fields + n + 1);
  }
  while (true) {
    size_t at = text.find(separator);
    if (--n == 0) return PutView(text.substr(0, at), result);
    if (at == std::string_view::npos) return PutView({}, result);
    text.remove_prefix(at + separator.size());
  }
}

CallStatus Translate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view();
  std::vector<uint32_t> from, to;
  for (std::string_view rest = args[1].string.view(); !rest.empty();)
    from.push_back(types::NextChar(&rest));
  for (std::string_view rest = args[2].string.view(); !rest.empty();)
    to.push_back(types::NextChar(&rest));
  std::string out;
  while (!text.empty()) {
    uint32_t c = types::NextChar(&text);
    auto it = std::find(from.begin(), from.end(), c);
    if (it == from.end()) {
      types::AppendChar(c, &out);
    } else if (size_t i = static_cast<size_t>(it - from.begin()); i < to.size()) {
      types::AppendChar(to[i], &out);
    }
  }
  return PutText(context, out, result);
}

CallStatus Ascii(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view();
  result->i32 = text.empty() ? 0 : static_cast<int32_t>(types::NextChar(&text));
  return CallStatus::kOk;
}
CallStatus Chr(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  int32_t c = args[0].i32;
  if (c < 0)
    return context->Fail(SqlState::kInvalidParameterValue, "character number must be positive");
  if (c == 0) return context->Fail(SqlState::kProgramLimitExceeded, "null character not permitted");
  if (c > 0x10ffff) {
    return context->Fail(SqlState::kProgramLimitExceeded,
                         "requested character too large for encoding: " + std::to_string(c));
  }
  if (c >= 0xd800 && c <= 0xdfff) {
    return context->Fail(SqlState::kProgramLimitExceeded,
                         "requested character not valid for encoding: " + std::to_string(c));
  }
  std::string out;
  types::AppendChar(static_cast<uint32_t>(c), &out);
  return PutText(context, out, result);
}

template <class T>
CallStatus ToHex(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  unsigned long long n;
  if constexpr (sizeof(T) == 4) {
    n = static_cast<uint32_t>(args[0].i32);
  } else {
    n = static_cast<uint64_t>(args[0].i64);
  }
  char buffer[24];
  int size = std::snprintf(buffer, sizeof buffer, "%llx", n);
  return PutText(context, {buffer, static_cast<size_t>(size)}, result);
}

CallStatus Md5OfText(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, Md5Hex(args[0].string.view()), result);
}

CallStatus StartsWith(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  result->b = args[0].string.view().starts_with(args[1].string.view());
  return CallStatus::kOk;
}

CallStatus QuoteIdentifierOf(FunctionContext* context, const Datum* args, const bool*,
                             Datum* result) {
  return PutText(context, QuoteIdentifier(args[0].string.view()), result);
}
CallStatus QuoteLiteralOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, QuoteLiteral(args[0].string.view()), result);
}
CallStatus QuoteNullable(FunctionContext* context, const Datum* args, const bool* nulls,
                         Datum* result) {
  return PutText(context, nulls[0] ? "NULL" : QuoteLiteral(args[0].string.view()), result);
}

CallStatus Concat(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  std::string out;
  for (size_t i = 0; i < context->call->args.size(); ++i) {
    if (!nulls[i]) out += args[i].string.view();
  }
  return PutText(context, out, result);
}
CallStatus ConcatWithSeparator(FunctionContext* context, const Datum* args, const bool* nulls,
                               Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  std::string out;
  bool first = true;
  for (size_t i = 1; i < context->call->args.size(); ++i) {
    if (nulls[i]) continue;
    if (!first) out += args[0].string.view();
    out += args[i].string.view();
    first = false;
  }
  return PutText(context, out, result);
}

template <bool kNegated, bool kIgnoreCase>
CallStatus Like(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string_view text = args[0].string.view(), pattern = args[1].string.view();
  std::string folded_text, folded_pattern;
  if (kIgnoreCase) {
    types::AppendLower(text, &folded_text);
    types::AppendLower(pattern, &folded_pattern);
    text = folded_text;
    pattern = folded_pattern;
  }
  LikeResult match = MatchLike(text, pattern);
  if (match == LikeResult::kBadEscape) {
    return context->Fail(SqlState::kInvalidEscapeSequence,
                         "LIKE pattern must not end with escape character");
  }
  result->b = (match == LikeResult::kMatch) != kNegated;
  return CallStatus::kOk;
}

template <Result<std::string> (*kConvert)(std::string_view, std::string_view)>
CallStatus Escape2(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  Result<std::string> converted = kConvert(args[0].string.view(), args[1].string.view());
  if (!converted.ok()) return context->Fail(std::move(converted).error());
  return PutText(context, *converted, result);
}

CallStatus BoolToText(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutView(args[0].b ? "t" : "f", result);
}

/// char(n) with the blanks that its values are kept without, as text.
CallStatus PadChar(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PadText<false>(context, args[0].string.view(), args[1].i32, " ", result);
}

void AddConcats(std::vector<Function>* list) {
  Row row{3058, "concat", "", {TypeId::kUnknown}, TypeId::kText, Concat};
  row.strict = false;
  row.variadic = row.wants_types = true;
  row.volatility = Volatility::kStable;
  Add(list, row);
  list->back().any_as_text = true;
  row.oid = 3059;
  row.name = "concat_ws";
  row.args = {TypeId::kText, TypeId::kUnknown};
  row.boxed = ConcatWithSeparator;
  Add(list, row);
  list->back().any_as_text = true;
}

}  // namespace

void AddTextFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, I = TypeId::kInt4, B = TypeId::kBool, C = TypeId::kBpChar,
                   N = TypeId::kName;
  constexpr auto kNoInline = InlineOp::kNone;
  Add(list, {1258, "textcat", "||", {T, T}, T, TextConcat, InlineOp::kConcat});
  Add(list, {1317, "length", "", {T}, I, Length, InlineOp::kLength});
  Add(list, {1318, "length", "", {C}, I, LengthBpChar});
  Add(list, {1381, "char_length", "", {T}, I, Length, InlineOp::kLength});
  Add(list, {1372, "char_length", "", {C}, I, LengthBpChar});
  Add(list, {1369, "character_length", "", {T}, I, Length, InlineOp::kLength});
  Add(list, {1367, "character_length", "", {C}, I, LengthBpChar});
  Add(list, {1374, "octet_length", "", {T}, I, OctetLength});
  Add(list, {1375, "octet_length", "", {C}, I, OctetLength});
  list->back().padded_char = true;
  Add(list, {1811, "bit_length", "", {T}, I, BitLength});
  Add(list, {871, "upper", "", {T}, T, MapCase<types::AppendUpper>});
  Add(list, {870, "lower", "", {T}, T, MapCase<types::AppendLower>});
  Add(list, {872, "initcap", "", {T}, T, MapCase<types::AppendInitcap>});
  Add(list, {936, "substring", "", {T, I, I}, T, Substring, InlineOp::kSubstring, true});
  Add(list, {937, "substring", "", {T, I}, T, SubstringFrom, InlineOp::kSubstring});
  Add(list, {877, "substr", "", {T, I, I}, T, Substring, InlineOp::kSubstring, true});
  Add(list, {883, "substr", "", {T, I}, T, SubstringFrom, InlineOp::kSubstring});
  Add(list, {1404, "overlay", "", {T, T, I, I}, T, Overlay4, kNoInline, true});
  Add(list, {1405, "overlay", "", {T, T, I}, T, Overlay3, kNoInline, true});
  Add(list, {849, "position", "", {T, T}, I, Position});
  Add(list, {868, "strpos", "", {T, T}, I, Position});
  Add(list, {884, "btrim", "", {T, T}, T, TrimText<true, true, true>});
  Add(list, {885, "btrim", "", {T}, T, TrimText<true, true, false>});
  Add(list, {875, "ltrim", "", {T, T}, T, TrimText<true, false, true>});
  Add(list, {881, "ltrim", "", {T}, T, TrimText<true, false, false>});
  Add(list, {876, "rtrim", "", {T, T}, T, TrimText<false, true, true>});
  Add(list, {882, "rtrim", "", {T}, T, TrimText<false, true, false>});
  Add(list, {873, "lpad", "", {T, I, T}, T, Pad<true, true>, kNoInline, true});
  Add(list, {879, "lpad", "", {T, I}, T, Pad<true, false>, kNoInline, true});
  Add(list, {874, "rpad", "", {T, I, T}, T, Pad<false, true>, kNoInline, true});
  Add(list, {880, "rpad", "", {T, I}, T, Pad<false, false>, kNoInline, true});
  Add(list, {1622, "repeat", "", {T, I}, T, Repeat, kNoInline, true});
  Add(list, {2087, "replace", "", {T, T, T}, T, Replace});
  Add(list, {3062, "reverse", "", {T}, T, Reverse});
  Add(list, {3060, "left", "", {T, I}, T, Left});
  Add(list, {3061, "right", "", {T, I}, T, Right});
  Add(list, {2088, "split_part", "", {T, T, I}, T, SplitPart, kNoInline, true});
  Add(list, {878, "translate", "", {T, T, T}, T, Translate});
  Add(list, {1620, "ascii", "", {T}, I, Ascii});
  Add(list, {1621, "chr", "", {I}, T, Chr, kNoInline, true});
  Add(list, {2089, "to_hex", "", {I}, T, ToHex<int32_t>});
  Add(list, {2090, "to_hex", "", {TypeId::kInt8}, T, ToHex<int64_t>});
  Add(list, {2311, "md5", "", {T}, T, Md5OfText});
  Add(list, {3696, "starts_with", "^@", {T, T}, B, StartsWith});
  Add(list, {1282, "quote_ident", "", {T}, T, QuoteIdentifierOf});
  Add(list, {1283, "quote_literal", "", {T}, T, QuoteLiteralOf});
  Add(list, {1285,
             "quote_literal",
             "",
             {TypeId::kUnknown},
             T,
             QuoteLiteralOf,
             kNoInline,
             false,
             true,
             Volatility::kStable});
  list->back().any_as_text = true;
  Add(list, {1289, "quote_nullable", "", {T}, T, QuoteNullable, kNoInline, false, false});
  Add(list, {1290,
             "quote_nullable",
             "",
             {TypeId::kUnknown},
             T,
             QuoteNullable,
             kNoInline,
             false,
             false,
             Volatility::kStable});
  list->back().any_as_text = true;
  AddConcats(list);
  Add(list, {850, "textlike", "~~", {T, T}, B, Like<false, false>, InlineOp::kLike, true});
  Add(list, {851, "textnlike", "!~~", {T, T}, B, Like<true, false>, InlineOp::kNotLike, true});
  Add(list, {1633, "texticlike", "~~*", {T, T}, B, Like<false, true>, kNoInline, true});
  Add(list, {1634, "texticnlike", "!~~*", {T, T}, B, Like<true, true>, kNoInline, true});
  Add(list, {858, "namelike", "~~", {N, T}, B, Like<false, false>, kNoInline, true});
  Add(list, {859, "namenlike", "!~~", {N, T}, B, Like<true, false>, kNoInline, true});
  Add(list, {1635, "nameiclike", "~~*", {N, T}, B, Like<false, true>, kNoInline, true});
  Add(list, {1636, "nameicnlike", "!~~*", {N, T}, B, Like<true, true>, kNoInline, true});
  Add(list, {1631, "bpcharlike", "~~", {C, T}, B, Like<false, false>, kNoInline, true});
  list->back().padded_char = true;
  Add(list, {1632, "bpcharnlike", "!~~", {C, T}, B, Like<true, false>, kNoInline, true});
  list->back().padded_char = true;
  Add(list, {1660, "bpchariclike", "~~*", {C, T}, B, Like<false, true>, kNoInline, true});
  list->back().padded_char = true;
  Add(list, {1661, "bpcharicnlike", "!~~*", {C, T}, B, Like<true, true>, kNoInline, true});
  list->back().padded_char = true;
  Add(list, {1569, "like", "", {T, T}, B, Like<false, false>, InlineOp::kLike, true});
  Add(list, {1570, "notlike", "", {T, T}, B, Like<true, false>, InlineOp::kNotLike, true});
  Add(list, {1637, "like_escape", "", {T, T}, T, Escape2<LikeEscape>, kNoInline, true});
  Add(list, {1243, "boolout", "", {B}, T, BoolToText});
  Add(list, {9000, "pad_char", "", {C, I}, T, PadChar, kNoInline, true});
}

}  // namespace lathe::func
