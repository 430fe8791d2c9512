// Rows whose keys change: what a transaction notes, and what those who wait are told.
#include "storage/txn/key_moves.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lathe::txn {
namespace {

std::string Text(const OwnKeyMoves& moves) {
  std::vector<std::string> lines;
  for (const KeyMove& move : moves.Composed()) lines.push_back(move.from + ">" + move.to);
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += (text.empty() ? "" : " ") + line;
  return text;
}

TEST(KeyMoves, OfOneTransaction) {
  OwnKeyMoves moves;
  EXPECT_TRUE(moves.empty());
  moves.Add("1", "2", 1);
  moves.Add("2", "3", 1);  // the row that was at 2 before the statement
  EXPECT_EQ(Text(moves), "1>2 2>3");
  const size_t mark = moves.Mark();
  moves.Add("3", "9", 2);
  moves.Add("2", "1", 2);  // back where it was
  EXPECT_EQ(Text(moves), "2>9");
  moves.UndoTo(mark);
  EXPECT_EQ(Text(moves), "1>2 2>3");
  moves.UndoTo(0);
  EXPECT_TRUE(moves.empty());
}

TEST(KeyMoves, ManyAreForgotten) {
  OwnKeyMoves moves;
  for (int i = 0; i < 100'000; ++i) moves.Add(std::to_string(i), std::to_string(-i), 1);
  EXPECT_TRUE(moves.lost());
  EXPECT_FALSE(moves.empty());
  KeyMoves known;
  known.Add(moves, Timestamp(10), Timestamp(5));
  EXPECT_FALSE(known.Find("1", Timestamp(5)).has_value());
  EXPECT_TRUE(known.ForgottenAfter(Timestamp(9)));
  EXPECT_FALSE(known.ForgottenAfter(Timestamp(10)));
}

TEST(KeyMoves, OfCommits) {
  KeyMoves known;
  OwnKeyMoves first, second;
  first.Add("a", "b", 1);
  second.Add("b", "c", 1);
  known.Add(first, Timestamp(10), Timestamp(1));
  known.Add(second, Timestamp(20), Timestamp(1));
  EXPECT_EQ(known.Find("a", Timestamp(9))->to, "b");
  EXPECT_EQ(known.Find("a", Timestamp(9))->ts, Timestamp(10));
  EXPECT_FALSE(known.Find("a", Timestamp(10)).has_value());
  EXPECT_EQ(known.Find("b", Timestamp(10))->to, "c");
  known.Add(OwnKeyMoves(), Timestamp(30), Timestamp(10));  // nobody is older than 10 any more
  EXPECT_FALSE(known.Find("a", Timestamp(0)).has_value());
  EXPECT_TRUE(known.Find("b", Timestamp(0)).has_value());
  EXPECT_FALSE(known.ForgottenAfter(Timestamp(0)));
}

// More than is kept of commits that somebody may still ask for.
TEST(KeyMoves, AreBounded) {
  KeyMoves known;
  for (uint64_t ts = 1; ts <= 40; ++ts) {
    OwnKeyMoves moves;
    for (int i = 0; i < 15'000; ++i) moves.Add(std::to_string(i), std::to_string(-i), 1);
    ASSERT_FALSE(moves.lost());
    known.Add(moves, Timestamp(ts), Timestamp());
  }
  EXPECT_TRUE(known.ForgottenAfter(Timestamp(1)));
  EXPECT_FALSE(known.ForgottenAfter(Timestamp(39)));
  EXPECT_EQ(known.Find("7", Timestamp(39))->to, "-7");
}

}  // namespace
}  // namespace lathe::txn
