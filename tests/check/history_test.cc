#include "tests/check/history.h"

#include <gtest/gtest.h>

namespace lathe::check {
namespace {

TEST(History, ListsAreRead) {
  auto history = ParseLists(
      "{\"process\": 3, \"type\": \"ok\", \"start\": 1, \"end\": 2, \"ops\": [[\"append\", 5, 7], "
      "[\"r\", 5, [7]]], \"more\": {}}\n\n"
      "{\"process\": 4, \"type\": \"info\", \"start\": 1, \"end\": null, \"ops\": [[\"r\", 5, "
      "null]]}\n");
  ASSERT_TRUE(history.ok()) << history.error().message;
  ASSERT_EQ(history.value().size(), 2u);
  const ListTransaction& first = history.value()[0];
  EXPECT_EQ(first.process, 3);
  ASSERT_EQ(first.ops.size(), 2u);
  EXPECT_TRUE(first.ops[0].append);
  EXPECT_EQ(first.ops[0].value, 7);
  EXPECT_EQ(first.ops[1].list, std::vector<int64_t>{7});
  EXPECT_EQ(history.value()[1].line, 3u);
  EXPECT_EQ(history.value()[1].end, kNever);
  EXPECT_FALSE(history.value()[1].ops[0].list.has_value());
}

TEST(History, RegistersAreRead) {
  auto history = ParseRegisters(
      R"({"process": 1, "type": "ok", "start": 1, "end": 2, "ops": [["cas", 5, 1, 2, false]]})");
  ASSERT_TRUE(history.ok()) << history.error().message;
  EXPECT_EQ(history.value()[0].kind, RegisterKind::kFailedCas);
  EXPECT_EQ(history.value()[0].expected, 1);
}

TEST(History, WhatIsNoHistoryNamesItsLine) {
  for (const char* line :
       {"no json", "[]", "{}", R"({"process": 1, "start": 1, "end": 2, "ops": []})",
        R"({"process": 1, "type": "maybe", "start": 1, "end": 2, "ops": []})",
        R"({"process": 1, "type": "ok", "start": 3, "end": 2, "ops": []})",
        R"({"process": 1, "type": "ok", "start": 1, "end": 2, "ops": [["r", 1, null]]})",
        R"({"process": 1, "type": "ok", "start": 1, "end": 2, "ops": [["r", 1, ["x"]]]})",
        R"({"process": 1, "type": "ok", "start": 1, "end": 2, "ops": [["pop", 1, 1]]})",
        R"({"process": 1, "type": "ok", "start": 1, "end": 2, "ops": [["append", 1]]})"}) {
    auto history = ParseLists(std::string("\n") + line);
    ASSERT_FALSE(history.ok()) << line;
    EXPECT_NE(history.error().message.find("line 2"), std::string::npos);
  }
  EXPECT_FALSE(ParseRegisters(
                   R"({"process": 1, "type": "ok", "start": 1, "end": 2, "ops": [["cas", 5, 1]]})")
                   .ok());
}

}  // namespace
}  // namespace lathe::check
