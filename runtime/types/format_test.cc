// Patterns of to_char, to_date and to_number, and the text of jsonpath. More cases, recorded from
// PostgreSQL, are in tests/sql/formatting.slt.
#include <gtest/gtest.h>

#include "runtime/types/format_date.h"
#include "runtime/types/format_number.h"
#include "runtime/types/jsonpath.h"

namespace lathe::types {
namespace {

std::string Number(const char* value, const char* pattern) {
  Result<Numeric> number = Numeric::Parse(value);
  Result<std::string> text = FormatNumber(*number, pattern);
  return text.ok() ? *text : text.error().message;
}

TEST(FormatNumber, Patterns) {
  EXPECT_EQ(Number("1234.5", "9,999.99"), " 1,234.50");
  EXPECT_EQ(Number("-485", "999PR"), "<485>");
  EXPECT_EQ(Number("485", "RN"), "        CDLXXXV");
  EXPECT_EQ(Number("0.1", "FM9.99"), ".1");
  EXPECT_EQ(Number("12345", "999"), " ###");
  EXPECT_EQ(Number("9.99", "9.9EEEE"), " 10.0e+00");
  EXPECT_EQ(Number("NaN", "9999"), "  NaN");
  EXPECT_EQ(Number("1", "9.9.9"), "multiple decimal points");
  // Exponents beyond what a number may show.
  EXPECT_EQ(Number("1e-16380", "9.9EEEE"), " 1.0e-16380");
  EXPECT_EQ(Number("9.99e131071", "9EEEE"), " 10e+131071");
}

TEST(FormatNumber, EveryPrefixOfAPatternIsSafe) {
  const std::string pattern = "FMSGB90,9G9D0V9PLMI9thTHRNL\\\"x\"PR9EEEE";
  for (size_t from = 0; from < pattern.size(); ++from) {
    for (size_t size = 1; from + size <= pattern.size(); ++size) {
      const std::string part = pattern.substr(from, size);
      for (const char* value : {"0", "-12.345", "NaN", "-Infinity", "1e30"}) {
        Number(value, part.c_str());
        FormatNumber(1.5, 15, part).ok();
        FormatNumber(int64_t{-7}, 32, part).ok();
        ParseFormattedNumber(value, part).ok();
      }
    }
  }
}

TEST(FormatDate, ThereAndBack) {
  Result<int32_t> date = ParseFormattedDate("29 Feb 2024", "DD Mon YYYY");
  ASSERT_TRUE(date.ok());
  Result<int64_t> midnight = DateToTimestamp(*date);
  EXPECT_EQ(FormatTimestamp(*midnight, "FMDay, DDth FMMonth YYYY, IYYY-IW-ID, J"),
            "Thursday, 29th February 2024, 2024-09-4, 2460370");
  EXPECT_EQ(FormatTimestamp(kTimestampInfinity, "YYYY"), std::nullopt);
  EXPECT_EQ(ParseFormattedDate("2023-02-29", "YYYY-MM-DD").error().message,
            "date/time field value out of range: \"2023-02-29\"");
  EXPECT_EQ(FormatInterval({.micros = 0, .days = 1, .months = 0}, "Month").error().hint,
            "Intervals are not tied to specific calendar dates.");
}

TEST(JsonPath, TextIsStable) {
  for (const char* text :
       {"strict $.a[*]?(@.x > 1 && !(exists (@.y)))", "-$.a.**{2 to last}.b",
        "$[0 to last - 1,3].size() + 1.50", "(1).type()", "$ like_regex \"^a\" flag \"iq\""}) {
    Result<std::string> once = NormalizeJsonPath(text);
    ASSERT_TRUE(once.ok()) << text << once.error().message;
    EXPECT_EQ(*NormalizeJsonPath(*once), *once);
  }
  EXPECT_EQ(NormalizeJsonPath("$.a == ").error().message, "syntax error at end of jsonpath input");
  const std::string deep(100000, '(');
  EXPECT_EQ(NormalizeJsonPath(deep).error().state, SqlState::kStatementTooComplex);
}

}  // namespace
}  // namespace lathe::types
