// What strings that match a LIKE pattern begin with, for planners and key ranges.
#pragma once

#include <string>
#include <string_view>

namespace lathe::func {

/// The characters before the pattern's first wildcard, escapes (backslash) resolved. May be empty.
inline std::string LikePrefix(std::string_view pattern) {
  std::string prefix;
  for (size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '%' || pattern[i] == '_') break;
    if (pattern[i] == '\\' && ++i == pattern.size()) break;
    prefix += pattern[i];
  }
  return prefix;
}

/// The least string of bytes above all strings with this prefix; of an empty prefix: above all
/// UTF-8 texts. It need not be valid UTF-8.
inline std::string PrefixEnd(std::string_view prefix) {
  std::string end(prefix);
  while (!end.empty() && static_cast<unsigned char>(end.back()) == 0xff) end.pop_back();
  if (end.empty()) return std::string(1, '\xff');
  end.back() = static_cast<char>(static_cast<unsigned char>(end.back()) + 1);
  return end;
}

}  // namespace lathe::func
