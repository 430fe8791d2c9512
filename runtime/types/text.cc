// UTF-8 text.
#include "runtime/types/text.h"

#include <clocale>
#include <cstdio>
#include <cstring>
#include <cwctype>

#include "runtime/base/bytes.h"

namespace lathe::types {
namespace {

/// The C library's Unicode tables; made once, lives for ever.
locale_t UnicodeLocale() {
  static const locale_t locale = [] {
    locale_t l = newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
    return l != nullptr ? l : newlocale(LC_CTYPE_MASK, "C", nullptr);
  }();
  return locale;
}

/// Length of the valid sequence at the front, 0 when it is not valid (RFC 3629).
int ValidSequence(const unsigned char* at, size_t left) {
  unsigned char c = at[0];
  if (c < 0x80) return c == 0 ? 0 : 1;
  auto follows = [&](size_t i) { return i < left && (at[i] & 0xc0) == 0x80; };
  if (c >= 0xc2 && c <= 0xdf) return follows(1) ? 2 : 0;
  if (c >= 0xe0 && c <= 0xef) {
    if (!follows(1) || !follows(2)) return 0;
    if (c == 0xe0 && at[1] < 0xa0) return 0;
    if (c == 0xed && at[1] > 0x9f) return 0;
    return 3;
  }
  if (c >= 0xf0 && c <= 0xf4) {
    if (!follows(1) || !follows(2) || !follows(3)) return 0;
    if (c == 0xf0 && at[1] < 0x90) return 0;
    if (c == 0xf4 && at[1] > 0x8f) return 0;
    return 4;
  }
  return 0;
}

/// True when 8 bytes are all 0x01..0x7f.
bool AllAscii(uint64_t word) {
  constexpr uint64_t kHigh = 0x8080808080808080ull, kOnes = 0x0101010101010101ull;
  return (word & kHigh) == 0 && ((word - kOnes) & ~word & kHigh) == 0;
}

}  // namespace

Status CheckUtf8(std::string_view bytes) {
  const auto* at = reinterpret_cast<const unsigned char*>(bytes.data());
  const unsigned char* end = at + bytes.size();
  while (at < end) {
    while (end - at >= 8 && AllAscii(LoadAt<uint64_t>(at))) at += 8;
    if (at == end) break;
    int length = ValidSequence(at, static_cast<size_t>(end - at));
    if (length == 0) {
      std::string message = "invalid byte sequence for encoding \"UTF8\":";
      int shown = *at < 0x80 ? 1 : *at < 0xe0 ? 2 : *at < 0xf0 ? 3 : *at < 0xf8 ? 4 : 1;
      for (int i = 0; i < shown && at + i < end; ++i) {
        char hex[8];
        std::snprintf(hex, sizeof hex, " 0x%02x", at[i]);
        message += hex;
      }
      return MakeError(SqlState::kCharacterNotInRepertoire, message);
    }
    at += length;
  }
  return Ok();
}

int64_t CharCount(std::string_view text) {
  int64_t count = 0;
  const char* at = text.data();
  const char* end = at + text.size();
  constexpr uint64_t kOnes = 0x0101010101010101ull;
  for (; end - at >= 8; at += 8) {
    uint64_t word = LoadAt<uint64_t>(at);
    // A continuation byte has bit 7 set and bit 6 clear.
    uint64_t continuation = (word >> 7) & ~(word >> 6) & kOnes;
    count += 8 - __builtin_popcountll(continuation);
  }
  for (; at < end; ++at) count += (*at & 0xc0) != 0x80;
  return count;
}

size_t BytesOfChars(std::string_view text, int64_t count) {
  if (count >= static_cast<int64_t>(text.size())) return text.size();
  size_t at = 0;
  while (count > 0 && at < text.size()) {
    at += static_cast<size_t>(CharBytes(text[at]));
    --count;
  }
  return at < text.size() ? at : text.size();
}

uint32_t NextChar(std::string_view* text) {
  auto byte = [&](size_t i) {
    return i < text->size() ? static_cast<uint32_t>(static_cast<unsigned char>((*text)[i])) : 0x80u;
  };
  uint32_t c = byte(0);
  size_t length = static_cast<size_t>(CharBytes((*text)[0]));
  if (length == 2) c = (c & 0x1f) << 6 | (byte(1) & 0x3f);
  if (length == 3) c = (c & 0x0f) << 12 | (byte(1) & 0x3f) << 6 | (byte(2) & 0x3f);
  if (length == 4) {
    c = (c & 0x07) << 18 | (byte(1) & 0x3f) << 12 | (byte(2) & 0x3f) << 6 | (byte(3) & 0x3f);
  }
  text->remove_prefix(length < text->size() ? length : text->size());
  return c;
}

void AppendChar(uint32_t c, std::string* out) {
  if (c < 0x80) {
    out->push_back(static_cast<char>(c));
  } else if (c < 0x800) {
    out->push_back(static_cast<char>(0xc0 | c >> 6));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else if (c < 0x10000) {
    out->push_back(static_cast<char>(0xe0 | c >> 12));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  } else {
    out->push_back(static_cast<char>(0xf0 | c >> 18));
    out->push_back(static_cast<char>(0x80 | (c >> 12 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c >> 6 & 0x3f)));
    out->push_back(static_cast<char>(0x80 | (c & 0x3f)));
  }
}

uint32_t LowerChar(uint32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return static_cast<uint32_t>(towlower_l(static_cast<wint_t>(c), UnicodeLocale()));
}

void AppendUpper(std::string_view text, std::string* out) {
  while (!text.empty()) {
    if (static_cast<signed char>(text[0]) >= 0) {
      char c = text[0];
      out->push_back(c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c);
      text.remove_prefix(1);
      continue;
    }
    AppendChar(
        static_cast<uint32_t>(towupper_l(static_cast<wint_t>(NextChar(&text)), UnicodeLocale())),
        out);
  }
}

void AppendLower(std::string_view text, std::string* out) {
  while (!text.empty()) {
    if (static_cast<signed char>(text[0]) >= 0) {
      char c = text[0];
      out->push_back(c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c);
      text.remove_prefix(1);
      continue;
    }
    AppendChar(LowerChar(NextChar(&text)), out);
  }
}

void AppendInitcap(std::string_view text, std::string* out) {
  bool in_word = false;
  while (!text.empty()) {
    auto c = static_cast<wint_t>(NextChar(&text));
    wint_t mapped = in_word ? towlower_l(c, UnicodeLocale()) : towupper_l(c, UnicodeLocale());
    AppendChar(static_cast<uint32_t>(mapped), out);
    in_word = iswalnum_l(c, UnicodeLocale()) != 0;
  }
}

}  // namespace lathe::types
