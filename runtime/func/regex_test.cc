// Regular expressions: what RE2 does not have, and that both matchers agree where both can do it.
#include "runtime/func/regex.h"

#include <gtest/gtest.h>

#include "runtime/func/regex_posix.h"

namespace lathe::func {
namespace {

/// The match and its parts, joined by |; "-" = no match, the message for an error.
std::string Find(const Regex& regex, const char* text) {
  std::vector<RegexGroup> groups;
  if (!regex.Find(text, 0, &groups)) return "-";
  std::string out;
  for (const RegexGroup& group : groups) {
    if (!out.empty()) out += "|";
    out += group;
  }
  return out;
}
std::string Find(const char* pattern, const char* text) {
  auto regex = CompileRegex(pattern, RegexFlags());
  return regex.ok() ? Find(**regex, text) : regex.error().message;
}

TEST(Regex, BeyondRe2) {
  EXPECT_EQ(Find("(.)\\1", "abccd"), "cc|c");
  EXPECT_EQ(Find("foo(?=bar)", "foobaz foobar"), "foo");
  EXPECT_EQ(Find("(?<!x)y", "xy zy"), "y");
  EXPECT_EQ(Find("\\mcat\\M", "concat a cat"), "cat");
  EXPECT_EQ(Find("(.*?)(\\d+)(.*)", "ab12c"), "ab1|ab|1|");
  EXPECT_EQ(Find("(a|ab)(c|bcd)(d*)", "abcd"), "abcd|ab|c|d");
  EXPECT_EQ(Find("(a\\1)", "a"), "invalid regular expression: invalid backreference number");
}

TEST(Regex, BothMatchersAgree) {
  for (const char* pattern : {"a*b+", "(a|b)*c", "[^a-c]x{1,2}", "^ab?$", "(ab|a)(bc)?",
                              "\\d+\\s*\\w", "[[:alpha:]]+", "a{2}", "x*", "(?:ab)+c?", "(ä|ö)+"}) {
    auto fast = CompileRegex(pattern, RegexFlags());
    auto exact = CompilePosixRegex(pattern, RegexFlags());
    ASSERT_TRUE(fast.ok() && exact.ok()) << pattern;
    for (const char* text :
         {"", "a", "ab", "aabbc", "abcabc", "12 x", "xx yxx", "aa", "äöä", "zzabab"}) {
      EXPECT_EQ(Find(**fast, text), Find(**exact, text)) << pattern << " on " << text;
    }
  }
}

TEST(Regex, BrokenPatternsAreErrors) {
  const std::string pieces = "(a[b]{1,2}\\d|(?=c)*?^$)(?:[[:<:]]x\\1";
  for (size_t from = 0; from < pieces.size(); ++from) {
    for (size_t size = 1; from + size <= pieces.size(); ++size) {
      auto regex = CompilePosixRegex(pieces.substr(from, size), RegexFlags());
      if (regex.ok()) (*regex)->Matches("abcabc 12");
    }
  }
}

}  // namespace
}  // namespace lathe::func
