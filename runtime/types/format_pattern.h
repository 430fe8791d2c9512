// The patterns of to_char, to_date, to_timestamp and to_number cut into parts: keywords with their
// prefix and suffix, text between them. Private to the formatting of numbers and of dates.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace lathe::types {

/// A keyword as written in one case; `id` is the meaning, shared by its spellings.
struct PatternKeyword {
  std::string_view text;
  int id;
  bool digits = false;  // its input begins with a digit
  uint8_t calendar = 0;  // 1 = Gregorian, 2 = ISO week, 0 = either
};

/// One part of a pattern.
struct PatternPart {
  enum class Kind : uint8_t { kKeyword, kText, kSeparator, kSpace };
  Kind kind = Kind::kText;
  const PatternKeyword* keyword = nullptr;
  bool fill_mode = false;  // FM
  bool localized = false;  // TM
  char ordinal = 0;        // 'T' for TH, 't' for th
  std::string text;        // one character, of the other kinds
};

/// Cuts a pattern. Of keywords that begin alike the first of the list is taken, so longer ones come
/// first. `dates`: prefixes FM and TM and suffixes TH, th and SP are known, and separators are told
/// from text.
std::vector<PatternPart> CutPattern(std::string_view pattern,
                                    std::span<const PatternKeyword> keywords, bool dates);

/// "st", "nd", "rd" or "th" for a number in text form that ends in a digit.
std::string_view OrdinalSuffix(std::string_view number, bool upper);

/// A roman numeral; empty when the number is not in 1 .. 3999.
std::string RomanNumeral(int64_t number);

/// A separator: an ASCII character that is no letter, digit or blank.
inline bool IsPatternSeparator(char c) {
  return c > 0x20 && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'a' && c <= 'z') &&
         !(c >= 'A' && c <= 'Z');
}
inline bool IsPatternSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

}  // namespace lathe::types
