// PostgreSQL's regular expressions: on RE2 where both mean the same, else on regex_posix.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::func {

/// A part of the text that matched; data null = the group took no part.
using RegexGroup = std::string_view;

/// A compiled pattern. Thread-compatible: const methods may be called from several threads.
class Regex {
 public:
  virtual ~Regex() = default;
  /// The leftmost match from byte `from` on. groups[0] is the whole match, then the parentheses.
  /// False when there is none.
  virtual bool Find(std::string_view text, size_t from, std::vector<RegexGroup>* groups) const = 0;
  /// Whether there is a match at all.
  virtual bool Matches(std::string_view text) const = 0;
  virtual int group_count() const = 0;
};

/// What the flags argument of the regexp_ functions says.
struct RegexFlags {
  bool global = false;
  bool ignore_case = false;
  bool literal = false;
  bool newline_ends_dot = false;   // . and [^...] do not match it
  bool newline_ends_line = false;  // ^ and $ match around it
  bool expanded = false;           // blanks and comments in the pattern do not count
};
/// 22023 for unknown letters, 0A000 for those not there yet; 'g' only where allowed.
Result<RegexFlags> ParseRegexFlags(std::string_view letters, std::string_view function,
                                   bool global_allowed);

/// Compiled patterns are kept per thread, so that one used for every row is compiled once. 2201B,
/// 0A000.
Result<std::shared_ptr<const Regex>> CompileRegex(std::string_view pattern, RegexFlags flags);

}  // namespace lathe::func
