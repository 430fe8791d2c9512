// LIKE and SIMILAR TO patterns, and SQL quoting.
#pragma once

#include <string>
#include <string_view>

#include "runtime/base/result.h"

namespace lathe::func {

enum class LikeResult { kMatch, kNoMatch, kBadEscape };

/// Matches LIKE's pattern (%, _, backslash escapes) against the whole text.
LikeResult MatchLike(std::string_view text, std::string_view pattern);

/// A LIKE pattern with another escape character, rewritten to backslash; empty = no escape. 22025
/// when escape is longer than one character.
Result<std::string> LikeEscape(std::string_view pattern, std::string_view escape);

/// With double quotes where SQL needs them.
std::string QuoteIdentifier(std::string_view name);
/// As a string constant; E'' when there are backslashes.
std::string QuoteLiteral(std::string_view text);

}  // namespace lathe::func
