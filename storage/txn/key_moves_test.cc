// Rows whose keys change: what a transaction notes, and what those who wait are told.
#include "storage/txn/key_moves.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace lathe::txn {
namespace {

KeyMoves::Move Found(const KeyMoves& moves, std::string_view from, uint64_t after) {
  auto found = moves.Find(from, Timestamp(after));
  EXPECT_TRUE(found.ok());
  return found.value().value_or(KeyMoves::Move{Timestamp(), "nowhere"});
}

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
  EXPECT_EQ(Found(known, "1", 5).to, "nowhere");
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
  EXPECT_EQ(Found(known, "a", 9).to, "b");
  EXPECT_EQ(Found(known, "a", 9).ts, Timestamp(10));
  EXPECT_EQ(Found(known, "a", 10).to, "nowhere");
  EXPECT_EQ(Found(known, "b", 10).to, "c");
  known.Add(OwnKeyMoves(), Timestamp(30), Timestamp(10));  // nobody is older than 10 any more
  EXPECT_EQ(Found(known, "a", 0).to, "nowhere");
  EXPECT_NE(Found(known, "b", 0).to, "nowhere");
  EXPECT_FALSE(known.ForgottenAfter(Timestamp(0)));
}

TEST(KeyMoves, RowsThatWereReplaced) {
  OwnKeyMoves moves;
  moves.Add("a", "b", 1);
  moves.AddReplaced("b", 2);  // which was the row from a
  moves.AddReplaced("c", 2);
  moves.Add("d", "e", 3);
  moves.AddReplaced("d", 4);  // the row that was there has moved before
  EXPECT_EQ(Text(moves), "a> c> d> d>e");
  KeyMoves known;
  known.Add(moves, Timestamp(10), Timestamp(1));
  EXPECT_EQ(Found(known, "a", 5).to, "");
  EXPECT_EQ(Found(known, "b", 5).to, "nowhere");
  EXPECT_EQ(Found(known, "c", 5).to, "");
  EXPECT_EQ(Found(known, "d", 5).to, "e");
  EXPECT_EQ(Found(known, "c", 10).to, "nowhere");
}

TEST(KeyMoves, RowsThatWereDeletedTogether) {
  struct Below final : DeletedRows {
    explicit Below(std::string b) : bound(std::move(b)) {}
    Result<bool> Contains(std::string_view key) override { return key < bound; }
    std::string bound;
  };
  KeyMoves known;
  OwnKeyMoves moves;
  moves.Add("a", "z", 1);
  known.AddDeleted(std::make_shared<Below>("c"), Timestamp(10));
  known.Add(moves, Timestamp(10), Timestamp(1));
  known.AddDeleted(std::make_shared<Below>("f"), Timestamp(20));
  EXPECT_EQ(Found(known, "a", 5).to, "z");
  EXPECT_EQ(Found(known, "b", 5).to, "");
  EXPECT_EQ(Found(known, "b", 5).ts, Timestamp(10));
  EXPECT_EQ(Found(known, "d", 5).ts, Timestamp(20));
  EXPECT_EQ(Found(known, "g", 5).to, "nowhere");
  EXPECT_EQ(Found(known, "d", 20).to, "nowhere");
  known.Trim(Timestamp(10));
  EXPECT_EQ(Found(known, "b", 5).ts, Timestamp(20));
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
  EXPECT_EQ(Found(known, "7", 39).to, "-7");
}

}  // namespace
}  // namespace lathe::txn
