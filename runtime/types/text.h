// UTF-8 text: validity, characters, case. Lathe's collation is bytewise ("C"); case follows
// Unicode's simple mappings.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace lathe::types {

/// 22021 `invalid byte sequence for encoding "UTF8": 0x..` when the bytes are not UTF-8 or contain
/// a zero byte.
Status CheckUtf8(std::string_view bytes);
/// Code points of valid UTF-8.
int64_t CharCount(std::string_view text);
/// Bytes of the first `count` code points (all of them when there are fewer).
size_t BytesOfChars(std::string_view text, int64_t count);
/// Bytes of the character that starts with this byte.
inline int CharBytes(char first) {
  auto c = static_cast<unsigned char>(first);
  return c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
}
/// Takes the first code point off non-empty valid UTF-8.
uint32_t NextChar(std::string_view* text);
void AppendChar(uint32_t code_point, std::string* out);

void AppendUpper(std::string_view text, std::string* out);
void AppendLower(std::string_view text, std::string* out);
/// First character of each word upper, the others lower; words are runs of letters and digits.
void AppendInitcap(std::string_view text, std::string* out);
/// Folds one code point for case-insensitive matching.
uint32_t LowerChar(uint32_t code_point);

/// Without the blanks at the end.
inline std::string_view TrimTrailingBlanks(std::string_view text) {
  while (!text.empty() && text.back() == ' ') text.remove_suffix(1);
  return text;
}

}  // namespace lathe::types
