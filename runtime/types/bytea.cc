// Text forms of bytea and uuid.
#include "runtime/types/bytea.h"

#include "runtime/base/bytes.h"
#include "runtime/types/text.h"

namespace lathe::types {
namespace {

constexpr char kHex[] = "0123456789abcdef";
constexpr uint64_t kSignBit = uint64_t{1} << 63;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  c |= 32;
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

bool IsOctal(char c, char most) { return c >= '0' && c <= most; }

Error BadUuid(std::string_view text) {
  return MakeError(SqlState::kInvalidTextRepresentation,
                   "invalid input syntax for type uuid: \"" + std::string(text) + "\"");
}

}  // namespace

void AppendHex(std::string_view bytes, std::string* out) {
  for (const char c : bytes) {
    out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
    out->push_back(kHex[c & 15]);
  }
}

Result<std::string> DecodeHex(std::string_view text) {
  std::string bytes;
  bytes.reserve(text.size() / 2);
  auto bad_digit = [&](size_t at) {
    const auto size = static_cast<size_t>(CharBytes(text[at]));
    return MakeError(SqlState::kInvalidParameterValue,
                     "invalid hexadecimal digit: \"" + std::string(text.substr(at, size)) + "\"");
  };
  for (size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == ' ' || c == '\n' || c == '\t' || c == '\r') {
      ++i;
      continue;
    }
    const int high = HexDigit(c);
    if (high < 0) return bad_digit(i);
    if (i + 1 >= text.size()) {
      return MakeError(SqlState::kInvalidParameterValue,
                       "invalid hexadecimal data: odd number of digits");
    }
    const int low = HexDigit(text[i + 1]);
    if (low < 0) return bad_digit(i + 1);
    bytes.push_back(static_cast<char>(high << 4 | low));
    i += 2;
  }
  return bytes;
}

Result<std::string> ParseBytea(std::string_view text) {
  if (text.size() >= 2 && text[0] == '\\' && text[1] == 'x') return DecodeHex(text.substr(2));
  std::string bytes;
  bytes.reserve(text.size());
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '\\') {
      bytes.push_back(text[i++]);
    } else if (i + 3 < text.size() && IsOctal(text[i + 1], '3') && IsOctal(text[i + 2], '7') &&
               IsOctal(text[i + 3], '7')) {
      bytes.push_back(static_cast<char>((text[i + 1] - '0') << 6 | (text[i + 2] - '0') << 3 |
                                        (text[i + 3] - '0')));
      i += 4;
    } else if (i + 1 < text.size() && text[i + 1] == '\\') {
      bytes.push_back('\\');
      i += 2;
    } else {
      return MakeError(SqlState::kInvalidTextRepresentation, "invalid input syntax for type bytea");
    }
  }
  return bytes;
}

void AppendBytea(std::string_view bytes, std::string* out) {
  out->append("\\x");
  AppendHex(bytes, out);
}

Result<int128> ParseUuid(std::string_view text) {
  std::string_view rest = text;
  const bool braces = !rest.empty() && rest[0] == '{';
  if (braces) rest.remove_prefix(1);
  char bytes[16];
  for (int i = 0; i < 16; ++i) {
    if (rest.size() < 2) return BadUuid(text);
    const int high = HexDigit(rest[0]), low = HexDigit(rest[1]);
    if (high < 0 || low < 0) return BadUuid(text);
    bytes[i] = static_cast<char>(high << 4 | low);
    rest.remove_prefix(2);
    if (i % 2 == 1 && i < 15 && !rest.empty() && rest[0] == '-') rest.remove_prefix(1);
  }
  if (braces && (rest.empty() || rest[0] != '}')) return BadUuid(text);
  if (braces) rest.remove_prefix(1);
  if (!rest.empty()) return BadUuid(text);
  return UuidFromBytes(bytes);
}

void AppendUuid(int128 uuid, std::string* out) {
  char bytes[16];
  UuidBytes(uuid, bytes);
  size_t at = 0;
  for (const size_t count : {4, 2, 2, 2, 6}) {
    if (at > 0) out->push_back('-');
    AppendHex({bytes + at, count}, out);
    at += count;
  }
}

void UuidBytes(int128 uuid, char* bytes) {
  StoreAt(bytes, ByteSwap(static_cast<uint64_t>(static_cast<uint128>(uuid) >> 64) ^ kSignBit));
  StoreAt(bytes + 8, ByteSwap(static_cast<uint64_t>(uuid)));
}

int128 UuidFromBytes(const char* bytes) {
  const uint64_t high = LoadBig<uint64_t>(bytes) ^ kSignBit, low = LoadBig<uint64_t>(bytes + 8);
  return static_cast<int128>(static_cast<uint128>(high) << 64 | low);
}

}  // namespace lathe::types
