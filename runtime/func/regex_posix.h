// Regular expressions with what RE2 does not have: back references, look-around, word ends, and
// greedy and non-greedy parts in one pattern.
#pragma once

#include <memory>
#include <string_view>

#include "runtime/func/regex.h"

namespace lathe::func {

/// A pattern of this kind.
class PosixRegex : public Regex {
 public:
  /// groups[0] is a match: sets the others to what the parentheses match within it.
  virtual void TakeApart(std::string_view text, std::vector<RegexGroup>* groups) const = 0;
};

/// Compiles a pattern. 2201B, 0A000 (collating elements).
Result<std::shared_ptr<const PosixRegex>> CompilePosixRegex(std::string_view pattern,
                                                            RegexFlags flags);

}  // namespace lathe::func
