// Planted anomalies of each kind, and small random histories against a search of all orders.
#include "tests/check/list_append.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>

#include "runtime/base/random.h"

namespace lathe::check {
namespace {

using List = std::vector<int64_t>;

ListOp Append(int64_t key, int64_t value) { return {true, key, value, std::nullopt}; }
ListOp Read(int64_t key, List list) { return {false, key, 0, std::move(list)}; }

/// Transactions that all overlap, unless times are given.
class History {
 public:
  History& Did(std::vector<ListOp> ops, int64_t start = 0, int64_t end = 100) {
    return Add(Outcome::kOk, std::move(ops), start, end);
  }
  History& Failed(std::vector<ListOp> ops) { return Add(Outcome::kFail, std::move(ops), 0, 100); }
  History& Unknown(std::vector<ListOp> ops, int64_t start = 0) {
    return Add(Outcome::kUnknown, std::move(ops), start, kNever);
  }
  std::vector<std::string> Kinds(Level level = Level::kSerializable, bool realtime = false) const {
    std::vector<std::string> kinds;
    for (const Anomaly& a : CheckLists(all_, {level, realtime}).anomalies) kinds.push_back(a.kind);
    return kinds;
  }
  std::vector<ListTransaction> all_;

 private:
  History& Add(Outcome outcome, std::vector<ListOp> ops, int64_t start, int64_t end) {
    all_.push_back({all_.size() + 1, 0, outcome, start, end, std::move(ops)});
    return *this;
  }
};

using Kinds = std::vector<std::string>;
constexpr Level kRc = Level::kReadCommitted, kRr = Level::kRepeatableRead;

TEST(ListAppend, SerialHistoryIsFine) {
  History h;
  h.Did({Append(1, 1), Read(1, {1})}).Did({Read(1, {1}), Append(1, 2), Append(2, 3)});
  h.Did({Read(1, {1, 2}), Read(2, {3})}).Did({Read(1, {}), Read(2, {})});
  EXPECT_EQ(h.Kinds(), Kinds{});
}

TEST(ListAppend, G0WritesInterleave) {
  History h;
  h.Did({Append(1, 1), Append(2, 1)}).Did({Append(1, 2), Append(2, 2)});
  h.Did({Read(1, {1, 2})}).Did({Read(2, {2, 1})});
  EXPECT_EQ(h.Kinds(kRc), Kinds{"G0"});
}

TEST(ListAppend, G1aRefusedIsSeen) {
  History h;
  h.Failed({Append(1, 1)}).Did({Read(1, {1})});
  EXPECT_EQ(h.Kinds(kRc), Kinds{"G1a"});
}

TEST(ListAppend, G1bIntermediateIsSeen) {
  History h;
  h.Did({Append(1, 1), Append(1, 2)}).Did({Read(1, {1})}).Did({Read(1, {1, 2})});
  // Its reader stands both after and before the writer, too.
  EXPECT_EQ(h.Kinds(kRc), Kinds{"G1b"});
  EXPECT_EQ(h.Kinds(), (Kinds{"G1b", "G-single"}));
}

TEST(ListAppend, G1cReadsInACircle) {
  History h;
  h.Did({Append(1, 1), Read(2, {2})}).Did({Append(2, 2), Read(1, {1})});
  EXPECT_EQ(h.Kinds(kRc), Kinds{"G1c"});
}

TEST(ListAppend, GSingleReadSkewAndLostUpdate) {
  History skew;
  skew.Did({Append(1, 1), Append(2, 1)}).Did({Read(1, {1}), Read(2, {})}).Did({Read(2, {1})});
  EXPECT_EQ(skew.Kinds(kRc), Kinds{});
  EXPECT_EQ(skew.Kinds(kRr), Kinds{"G-single"});
  History lost;
  lost.Did({Read(1, {}), Append(1, 1)}).Did({Read(1, {}), Append(1, 2)}).Did({Read(1, {1, 2})});
  EXPECT_EQ(lost.Kinds(kRc), Kinds{});
  EXPECT_EQ(lost.Kinds(kRr), Kinds{"G-single"});
}

TEST(ListAppend, G2WriteSkew) {
  History h;
  h.Did({Read(1, {}), Append(2, 1)}).Did({Read(2, {}), Append(1, 2)});
  h.Did({Read(1, {2}), Read(2, {1})});
  EXPECT_EQ(h.Kinds(kRr), Kinds{});
  EXPECT_EQ(h.Kinds(), Kinds{"G2"});
}

TEST(ListAppend, ReadsDisagree) {
  History h;
  h.Did({Append(1, 1)}).Did({Append(1, 2)}).Did({Read(1, {1})}).Did({Read(1, {2})});
  EXPECT_EQ(h.Kinds(kRc), Kinds{"incompatible-order"});
}

TEST(ListAppend, InsideOneTransaction) {
  History own;
  own.Did({Append(1, 1), Read(1, {})});
  EXPECT_EQ(own.Kinds(kRc), Kinds{"internal"});
  History twice;
  twice.Did({Append(1, 1)}).Did({Read(1, {}), Read(1, {1})});
  EXPECT_EQ(twice.Kinds(kRc), Kinds{});
  EXPECT_EQ(twice.Kinds(kRr), (Kinds{"internal", "G-single"}));
  History order;
  order.Did({Append(1, 1), Append(1, 2)}).Did({Read(1, {2, 1})});
  auto kinds = order.Kinds(kRc);
  EXPECT_TRUE(std::count(kinds.begin(), kinds.end(), "own-order"));
}

TEST(ListAppend, ValuesFromNowhereAndTwice) {
  History nowhere;
  nowhere.Did({Read(1, {7})});
  EXPECT_EQ(nowhere.Kinds(kRc), Kinds{"unknown-value"});
  History twice;
  twice.Did({Append(1, 7)}).Did({Read(1, {7, 7})});
  auto kinds = twice.Kinds(kRc);
  EXPECT_TRUE(std::count(kinds.begin(), kinds.end(), "duplicate"));
}

TEST(ListAppend, UnknownCountsWhenSeen) {
  History unseen;
  unseen.Unknown({Append(1, 1), Append(2, 1)}).Did({Read(1, {}), Read(2, {})}, 10, 20);
  EXPECT_EQ(unseen.Kinds(Level::kSerializable, true), Kinds{});
  History half;
  half.Unknown({Append(1, 1), Append(2, 1)}).Did({Read(1, {1}), Read(2, {})}, 10, 20);
  EXPECT_EQ(half.Kinds(), Kinds{"G-single"});
}

TEST(ListAppend, ClockForbidsStaleReadsAndLostAppends) {
  History stale;
  stale.Did({Append(1, 1)}, 0, 10).Did({Read(1, {})}, 20, 30).Did({Read(1, {1})}, 40, 50);
  EXPECT_EQ(stale.Kinds(), Kinds{});
  EXPECT_EQ(stale.Kinds(Level::kSerializable, true), Kinds{"G-single-realtime"});
  History lost;
  lost.Did({Append(1, 1)}, 0, 10).Did({Append(1, 2)}, 0, 10).Did({Read(1, {2})}, 20, 30);
  EXPECT_EQ(lost.Kinds(), Kinds{});
  EXPECT_EQ(lost.Kinds(Level::kSerializable, true), Kinds{"G-single-realtime"});
}

// --- Against all orders of small histories ---

bool RunsInOrder(const std::vector<ListTransaction>& all, const std::vector<size_t>& order) {
  std::map<int64_t, List> lists;
  for (size_t t : order) {
    for (const ListOp& op : all[t].ops) {
      if (op.append)
        lists[op.key].push_back(op.value);
      else if (op.list && *op.list != lists[op.key])
        return false;
    }
  }
  return true;
}

bool KeepsTheClock(const std::vector<ListTransaction>& all, const std::vector<size_t>& order) {
  for (size_t i = 0; i < order.size(); i++) {
    for (size_t j = i + 1; j < order.size(); j++) {
      if (all[order[j]].outcome == Outcome::kOk && all[order[j]].end < all[order[i]].start) {
        return false;
      }
    }
  }
  return true;
}

bool SomeOrderExists(const std::vector<ListTransaction>& all, bool realtime) {
  std::vector<size_t> sure, maybe;
  for (size_t t = 0; t < all.size(); t++) {
    if (all[t].outcome == Outcome::kOk) sure.push_back(t);
    if (all[t].outcome == Outcome::kUnknown) maybe.push_back(t);
  }
  for (size_t subset = 0; subset < size_t{1} << maybe.size(); subset++) {
    std::vector<size_t> order = sure;
    for (size_t i = 0; i < maybe.size(); i++) {
      if (subset >> i & 1) order.push_back(maybe[i]);
    }
    std::sort(order.begin(), order.end());
    do {
      if ((!realtime || KeepsTheClock(all, order)) && RunsInOrder(all, order)) return true;
    } while (std::next_permutation(order.begin(), order.end()));
  }
  return false;
}

/// Transactions one after the other, whose reads are now and then those of another moment.
std::vector<ListTransaction> SmallHistory(base::Random* random) {
  std::vector<ListTransaction> all;
  std::map<int64_t, std::vector<List>> versions;
  uint64_t wrong = random->Below(4), count = 2 + random->Below(4);
  int64_t value = 0;
  for (size_t t = 0; t < count; t++) {
    ListTransaction one;
    one.line = t + 1;
    one.outcome =
        random->OneIn(6) ? (random->OneIn(2) ? Outcome::kFail : Outcome::kUnknown) : Outcome::kOk;
    one.start = static_cast<int64_t>(t) * 10 - random->Between(0, 15);
    one.end = one.outcome == Outcome::kUnknown ? kNever : one.start + random->Between(1, 20);
    bool happens = one.outcome == Outcome::kOk ||
                   (one.outcome == Outcome::kUnknown && random->OneIn(2)) ||
                   random->Below(30) < wrong;
    std::map<int64_t, std::vector<List>> mine = versions;
    for (uint64_t i = 0, ops = 1 + random->Below(3); i < ops; i++) {
      int64_t key = random->Between(1, 2);
      std::vector<List>& list = mine[key];
      if (list.empty()) list.push_back({});
      if (random->OneIn(2)) {
        one.ops.push_back(Append(key, ++value));
        list.push_back(list.back());
        list.back().push_back(value);
        continue;
      }
      List seen = list.back();
      if (random->Below(10) < wrong) seen = list[random->Below(list.size())];
      if (random->Below(40) < wrong && !seen.empty()) std::swap(seen[0], seen.back());
      if (random->Below(40) < wrong && !seen.empty()) seen.erase(seen.begin());
      one.ops.push_back(Read(key, seen));
    }
    if (happens) versions = std::move(mine);
    all.push_back(std::move(one));
  }
  for (size_t i = all.size(); i > 1; i--) std::swap(all[i - 1], all[random->Below(i)]);
  return all;
}

std::string Show(const std::vector<ListTransaction>& all, const ListReport& report) {
  std::string out;
  for (const ListTransaction& t : all) {
    out += std::to_string(t.line) + " outcome " + std::to_string(static_cast<int>(t.outcome)) +
           " from " + std::to_string(t.start) + " to " + std::to_string(t.end) + ":";
    for (const ListOp& op : t.ops) {
      out += (op.append ? " append " : " read ") + std::to_string(op.key) + ":";
      if (op.append) out += std::to_string(op.value);
      for (int64_t v : op.list.value_or(List{})) out += std::to_string(v) + ",";
    }
    out += "\n";
  }
  for (const Anomaly& a : report.anomalies) out += a.kind + ": " + a.text + "\n";
  return out;
}

TEST(ListAppend, AgreesWithASearchOfAllOrders) {
  base::Random random(11);
  int fine = 0, wrong = 0;
  for (int i = 0; i < 20000; i++) {
    std::vector<ListTransaction> all = SmallHistory(&random);
    for (bool realtime : {false, true}) {
      ListReport report = CheckLists(all, {Level::kSerializable, realtime});
      bool exists = SomeOrderExists(all, realtime);
      ASSERT_EQ(report.anomalies.empty(), exists) << "realtime " << realtime << "\n"
                                                  << Show(all, report);
      (exists ? fine : wrong)++;
    }
  }
  EXPECT_GT(fine, 4000);
  EXPECT_GT(wrong, 4000);
}

}  // namespace
}  // namespace lathe::check
