// Functions of bytea and uuid.
#include <sys/random.h>

#include <algorithm>
#include <bit>

#include "runtime/func/md5.h"
#include "runtime/func/tables.h"
#include "runtime/types/bytea.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::TypeId;

CallStatus Length(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutInt(static_cast<int32_t>(args[0].string.size), result);
}
CallStatus BitLength(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutInt(static_cast<int32_t>(args[0].string.size * 8), result);
}
CallStatus Concatenate(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string bytes(args[0].string.view());
  bytes += args[1].string.view();
  return PutText(context, bytes, result);
}

CallStatus Substring(FunctionContext* context, const Datum* args, bool has_length, Datum* result) {
  const std::string_view bytes = args[0].string.view();
  const int64_t from = int64_t{args[1].i32} - 1;
  int64_t to = static_cast<int64_t>(bytes.size());
  if (has_length) {
    if (args[2].i32 < 0)
      return context->Fail(SqlState::kSubstringError, "negative substring length not allowed");
    to = std::min(to, from + args[2].i32);
  }
  const int64_t begin = std::max<int64_t>(from, 0);
  if (begin >= to) return PutView({}, result);
  return PutView(bytes.substr(static_cast<size_t>(begin), static_cast<size_t>(to - begin)), result);
}
CallStatus Substring2(FunctionContext* c, const Datum* args, const bool*, Datum* r) {
  return Substring(c, args, false, r);
}
CallStatus Substring3(FunctionContext* c, const Datum* args, const bool*, Datum* r) {
  return Substring(c, args, true, r);
}

CallStatus Position(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const size_t at = args[0].string.view().find(args[1].string.view());
  return PutInt(at == std::string_view::npos ? 0 : static_cast<int32_t>(at) + 1, result);
}

CallStatus OverlayAt(FunctionContext* context, const Datum* args, int64_t length, Datum* result) {
  const std::string_view bytes = args[0].string.view();
  const int64_t from = args[2].i32;
  if (from <= 0)
    return context->Fail(SqlState::kSubstringError, "negative substring length not allowed");
  if (from + length > INT32_MAX || from + length < INT32_MIN) {
    return context->Fail(SqlState::kNumericValueOutOfRange, "integer out of range");
  }
  const auto size = static_cast<int64_t>(bytes.size());
  const int64_t rest = std::clamp<int64_t>(from - 1 + length, 0, size);
  std::string made(bytes.substr(0, static_cast<size_t>(std::min(from - 1, size))));
  made += args[1].string.view();
  made += bytes.substr(static_cast<size_t>(rest));
  return PutText(context, made, result);
}
CallStatus Overlay3(FunctionContext* c, const Datum* args, const bool*, Datum* r) {
  return OverlayAt(c, args, static_cast<int64_t>(args[1].string.size), r);
}
CallStatus Overlay4(FunctionContext* c, const Datum* args, const bool*, Datum* r) {
  return OverlayAt(c, args, args[3].i32, r);
}

template <bool kLeft, bool kRight>
CallStatus TrimBytes(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  std::string_view bytes = args[0].string.view();
  const std::string_view set = args[1].string.view();
  auto in_set = [&](char c) { return set.find(c) != std::string_view::npos; };
  while (kLeft && !bytes.empty() && in_set(bytes.front())) bytes.remove_prefix(1);
  while (kRight && !bytes.empty() && in_set(bytes.back())) bytes.remove_suffix(1);
  return PutView(bytes, result);
}

CallStatus OutOfRange(FunctionContext* context, int64_t index, int64_t last) {
  return context->Fail(
      SqlState::kArraySubscriptError,
      "index " + std::to_string(index) + " out of valid range, 0.." + std::to_string(last));
}
CallStatus GetByte(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string_view bytes = args[0].string.view();
  const int64_t at = args[1].i32, size = static_cast<int64_t>(bytes.size());
  if (at < 0 || at >= size) return OutOfRange(context, at, size - 1);
  return PutInt(static_cast<uint8_t>(bytes[static_cast<size_t>(at)]), result);
}
CallStatus SetByte(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string bytes(args[0].string.view());
  const int64_t at = args[1].i32, size = static_cast<int64_t>(bytes.size());
  if (at < 0 || at >= size) return OutOfRange(context, at, size - 1);
  bytes[static_cast<size_t>(at)] = static_cast<char>(args[2].i32);
  return PutText(context, bytes, result);
}
CallStatus GetBit(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string_view bytes = args[0].string.view();
  const int64_t at = args[1].i64, size = static_cast<int64_t>(bytes.size()) * 8;
  if (at < 0 || at >= size) return OutOfRange(context, at, size - 1);
  return PutInt(static_cast<uint8_t>(bytes[static_cast<size_t>(at / 8)]) >> (at % 8) & 1, result);
}
CallStatus SetBit(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string bytes(args[0].string.view());
  const int64_t at = args[1].i64, size = static_cast<int64_t>(bytes.size()) * 8;
  if (at < 0 || at >= size) return OutOfRange(context, at, size - 1);
  if (args[2].i32 != 0 && args[2].i32 != 1)
    return context->Fail(SqlState::kInvalidParameterValue, "new bit must be 0 or 1");
  char& byte = bytes[static_cast<size_t>(at / 8)];
  const int bit = 1 << (at % 8);
  byte = static_cast<char>(args[2].i32 != 0 ? byte | bit : byte & ~bit);
  return PutText(context, bytes, result);
}
CallStatus BitCount(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  int64_t count = 0;
  for (const char c : args[0].string.view()) count += std::popcount(static_cast<uint8_t>(c));
  return PutInt8(count, result);
}
CallStatus Md5(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, Md5Hex(args[0].string.view()), result);
}

// ---- encode and decode: hex, base64 (lines of 76), escape

constexpr std::string_view kBase64 =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr size_t kBase64Line = 76;

std::string EncodeBase64(std::string_view bytes) {
  std::string out;
  size_t line = 0;
  for (size_t i = 0; i < bytes.size(); i += 3) {
    uint32_t word = 0;
    const size_t count = std::min<size_t>(3, bytes.size() - i);
    for (size_t k = 0; k < 3; ++k)
      word = word << 8 | (k < count ? static_cast<uint8_t>(bytes[i + k]) : 0u);
    for (size_t k = 0; k < 4; ++k)
      out.push_back(k <= count ? kBase64[word >> (18 - 6 * k) & 63] : '=');
    line += 4;
    if (line >= kBase64Line) {
      out.push_back('\n');
      line = 0;
    }
  }
  return out;
}

Result<std::string> DecodeBase64(std::string_view text) {
  std::string out;
  uint32_t word = 0;
  int count = 0, padding = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == ' ' || c == '\t' || c == '\n' || c == '\r') continue;
    const size_t digit = kBase64.find(c);
    if (c == '=') {
      if (padding == 0 && count < 2) {
        return MakeError(SqlState::kInvalidParameterValue,
                         "unexpected \"=\" while decoding base64 sequence");
      }
      ++padding;
    } else if (digit == std::string_view::npos || padding > 0) {
      return MakeError(SqlState::kInvalidParameterValue,
                       "invalid symbol \"" +
                           std::string(text.substr(i, static_cast<size_t>(types::CharBytes(c)))) +
                           "\" found while decoding base64 sequence");
    }
    word = word << 6 | (c == '=' ? 0u : static_cast<uint32_t>(digit));
    if (++count < 4) continue;
    for (int k = 0; k < 3 - padding; ++k) out.push_back(static_cast<char>(word >> (16 - 8 * k)));
    word = 0;
    count = 0;
  }
  if (count != 0) {
    Error error = MakeError(SqlState::kInvalidParameterValue, "invalid base64 end sequence");
    error.hint = "Input data is missing padding, is truncated, or is otherwise corrupted.";
    return error;
  }
  return out;
}

std::string EncodeEscape(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    if (c == '\\') {
      out += "\\\\";
    } else if (byte == 0 || byte >= 0x80) {
      out.push_back('\\');
      for (const int shift : {6, 3, 0}) out.push_back(static_cast<char>('0' + (byte >> shift & 7)));
    } else {
      out.push_back(c);
    }
  }
  return out;
}

std::string LowerOf(std::string_view name) {
  std::string lower(name);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return lower;
}
CallStatus UnknownEncoding(FunctionContext* context, std::string_view name) {
  return context->Fail(SqlState::kInvalidParameterValue,
                       "unrecognized encoding: \"" + std::string(name) + "\"");
}
CallStatus Encode(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string name = LowerOf(args[1].string.view());
  const std::string_view bytes = args[0].string.view();
  if (name == "hex") {
    std::string out;
    types::AppendHex(bytes, &out);
    return PutText(context, out, result);
  }
  if (name == "base64") return PutText(context, EncodeBase64(bytes), result);
  if (name == "escape") return PutText(context, EncodeEscape(bytes), result);
  return UnknownEncoding(context, args[1].string.view());
}
CallStatus Decode(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string name = LowerOf(args[1].string.view());
  const std::string_view text = args[0].string.view();
  if (name == "hex") return PutBytes(context, types::DecodeHex(text), result);
  if (name == "base64") return PutBytes(context, DecodeBase64(text), result);
  if (name == "escape") {
    // Here "\x" is no prefix.
    if (text.substr(0, 2) == "\\x")
      return context->Fail(SqlState::kInvalidTextRepresentation,
                           "invalid input syntax for type bytea");
    return PutBytes(context, types::ParseBytea(text), result);
  }
  return UnknownEncoding(context, args[1].string.view());
}

/// UTF-8 is the only encoding there is.
bool IsUtf8Name(std::string_view name) {
  std::string plain;
  for (const char c : LowerOf(name)) {
    if (c != '-' && c != '_') plain.push_back(c);
  }
  return plain == "utf8" || plain == "unicode";
}
CallStatus ConvertFrom(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string_view name = args[1].string.view();
  if (!IsUtf8Name(name))
    return context->Fail(NotSupported("conversion from encoding \"" + std::string(name) + "\""));
  Status status = types::CheckUtf8(args[0].string.view());
  if (!status.ok()) return context->Fail(std::move(status).error());
  return PutView(args[0].string.view(), result);
}
CallStatus ConvertTo(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const std::string_view name = args[1].string.view();
  if (!IsUtf8Name(name))
    return context->Fail(NotSupported("conversion to encoding \"" + std::string(name) + "\""));
  return PutView(args[0].string.view(), result);
}

/// A random UUID (version 4, RFC 4122 section 4.4).
CallStatus RandomUuid(FunctionContext* context, const Datum*, const bool*, Datum* result) {
  char bytes[16];
  if (getrandom(bytes, sizeof bytes, 0) != static_cast<ssize_t>(sizeof bytes))
    return context->Fail(SqlState::kInternalError, "could not generate random values");
  bytes[6] = static_cast<char>((bytes[6] & 0x0f) | 0x40);
  bytes[8] = static_cast<char>((bytes[8] & 0x3f) | 0x80);
  result->i128 = types::UuidFromBytes(bytes);
  return CallStatus::kOk;
}

}  // namespace

void AddByteaFunctions(std::vector<Function>* list) {
  constexpr TypeId Y = TypeId::kBytea, T = TypeId::kText, I = TypeId::kInt4, L = TypeId::kInt8,
                   N = TypeId::kName;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, bool can_fail = false,
                 Volatility volatility = Volatility::kImmutable) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = can_fail;
    row.volatility = volatility;
    Add(list, row);
  };
  // clang-format off
  add(2010, "length", "", {Y}, I, Length);
  add(720, "octet_length", "", {Y}, I, Length);
  add(1810, "bit_length", "", {Y}, I, BitLength);
  add(2011, "byteacat", "||", {Y, Y}, Y, Concatenate);
  add(2012, "substring", "", {Y, I, I}, Y, Substring3, true);
  add(2013, "substring", "", {Y, I}, Y, Substring2, true);
  add(2085, "substr", "", {Y, I, I}, Y, Substring3, true);
  add(2086, "substr", "", {Y, I}, Y, Substring2, true);
  add(2014, "position", "", {Y, Y}, I, Position);
  add(749, "overlay", "", {Y, Y, I, I}, Y, Overlay4, true);
  add(752, "overlay", "", {Y, Y, I}, Y, Overlay3, true);
  add(2015, "btrim", "", {Y, Y}, Y, TrimBytes<true, true>);
  add(6195, "ltrim", "", {Y, Y}, Y, TrimBytes<true, false>);
  add(6196, "rtrim", "", {Y, Y}, Y, TrimBytes<false, true>);
  add(721, "get_byte", "", {Y, I}, I, GetByte, true);
  add(722, "set_byte", "", {Y, I, I}, Y, SetByte, true);
  add(723, "get_bit", "", {Y, L}, I, GetBit, true);
  add(724, "set_bit", "", {Y, L, I}, Y, SetBit, true);
  add(6163, "bit_count", "", {Y}, L, BitCount);
  add(2321, "md5", "", {Y}, T, Md5);
  add(1946, "encode", "", {Y, T}, T, Encode, true);
  add(1947, "decode", "", {T, T}, Y, Decode, true);
  add(1714, "convert_from", "", {Y, N}, T, ConvertFrom, true);
  add(1717, "convert_to", "", {T, N}, Y, ConvertTo, true);
  add(3432, "gen_random_uuid", "", {}, TypeId::kUuid, RandomUuid, true, Volatility::kVolatile);
  // clang-format on
}

}  // namespace lathe::func
