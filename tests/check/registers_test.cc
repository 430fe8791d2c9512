// Planted anomalies, and small random histories against a search of all orders.
#include "tests/check/registers.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "runtime/base/random.h"

namespace lathe::check {
namespace {

using Value = std::optional<int64_t>;

RegisterOp Op(RegisterKind kind, Value value, int64_t start, int64_t end, int64_t expected = 0) {
  RegisterOp op;
  op.kind = kind;
  op.value = value;
  op.expected = expected;
  op.start = start;
  op.end = end;
  return op;
}
RegisterOp Read(Value value, int64_t start, int64_t end) {
  return Op(RegisterKind::kRead, value, start, end);
}
RegisterOp Write(Value value, int64_t start, int64_t end) {
  return Op(RegisterKind::kWrite, value, start, end);
}
RegisterOp Unknown(RegisterOp op) {
  op.outcome = Outcome::kUnknown;
  op.end = kNever;
  return op;
}
bool Fine(std::vector<RegisterOp> ops) { return CheckRegisters(ops).ok; }

TEST(Registers, ConcurrentOperationsMayStandInAnyOrder) {
  EXPECT_TRUE(Fine({Write(1, 0, 10), Write(2, 0, 10), Read(1, 11, 12), Read(1, 13, 14)}));
  EXPECT_TRUE(Fine({Write(1, 0, 10), Read({}, 5, 6), Read(1, 7, 8)}));
}

TEST(Registers, StaleReadIsFound) {
  EXPECT_FALSE(Fine({Write(1, 0, 1), Write(2, 2, 3), Read(1, 4, 5)}));
}

TEST(Registers, ValueThatFlickersIsFound) {
  EXPECT_FALSE(Fine({Write(1, 0, 1), Write(2, 2, 20), Read(2, 3, 4), Read(1, 5, 6)}));
}

TEST(Registers, LostWriteIsFound) { EXPECT_FALSE(Fine({Write(1, 0, 1), Read({}, 2, 3)})); }

TEST(Registers, DirtyReadOfAFailedWriteIsFound) {
  RegisterOp failed = Write(1, 0, 1);
  failed.outcome = Outcome::kFail;
  EXPECT_FALSE(Fine({failed, Read(1, 2, 3)}));
  EXPECT_TRUE(Fine({failed, Read({}, 2, 3)}));
}

TEST(Registers, UnknownWriteMayComeLateOrNever) {
  RegisterOp write = Unknown(Write(1, 0, 0));
  EXPECT_TRUE(Fine({write, Read({}, 5, 6), Read(1, 7, 8)}));
  EXPECT_TRUE(Fine({write, Read({}, 5, 6)}));
  EXPECT_FALSE(Fine({write, Read(1, 5, 6), Read({}, 7, 8)}));
}

TEST(Registers, TwoWinnersOfOneCompareAndSetAreFound) {
  auto cas = [](int64_t from, int64_t to) { return Op(RegisterKind::kCas, to, 2, 9, from); };
  EXPECT_TRUE(Fine({Write(1, 0, 1), cas(1, 2), cas(2, 3)}));
  EXPECT_FALSE(Fine({Write(1, 0, 1), cas(1, 2), cas(1, 3)}));
  EXPECT_TRUE(Fine({Write(1, 0, 1), cas(1, 2), Op(RegisterKind::kFailedCas, 3, 2, 9, 1)}));
  EXPECT_FALSE(Fine({Write(1, 0, 1), Op(RegisterKind::kFailedCas, 3, 2, 9, 1)}));
}

TEST(Registers, KeysAreIndependentAndTheWrongOneIsNamed) {
  std::vector<RegisterOp> ops{Write(1, 0, 1), Read(1, 2, 3), Write(5, 0, 1), Read(4, 2, 3)};
  ops[2].key = ops[3].key = 9;
  ops[3].line = 4;
  RegisterReport report = CheckRegisters(ops);
  EXPECT_FALSE(report.ok);
  EXPECT_NE(report.text.find("register 9"), std::string::npos);
  EXPECT_NE(report.text.find("line 4"), std::string::npos);
}

TEST(Registers, LongHistoryOfManyClients) {
  base::Random random(5);
  std::vector<RegisterOp> ops;
  Value now;
  for (int64_t t = 0; t < 5000; t++) {  // takes effect at 10 t, and lasts over several others
    int64_t start = 10 * t - random.Between(0, 60), end = 10 * t + random.Between(0, 60);
    if (random.OneIn(3)) {
      now = t;
      ops.push_back(Write(now, start, end));
    } else {
      ops.push_back(Read(now, start, end));
    }
  }
  EXPECT_TRUE(Fine(ops));
  ops[4000] = Read(7, ops[4000].start, ops[4000].end);
  EXPECT_FALSE(Fine(ops));
}

bool SomeOrderExists(const std::vector<RegisterOp>& all) {
  std::vector<size_t> sure, maybe;
  for (size_t i = 0; i < all.size(); i++) {
    if (all[i].outcome == Outcome::kOk) sure.push_back(i);
    if (all[i].outcome == Outcome::kUnknown) maybe.push_back(i);
  }
  auto runs = [&](const std::vector<size_t>& order) {
    Value value;
    for (size_t i = 0; i < order.size(); i++) {
      const RegisterOp& op = all[order[i]];
      for (size_t j = i + 1; j < order.size(); j++) {
        const RegisterOp& later = all[order[j]];
        if (later.outcome == Outcome::kOk && later.end < op.start) return false;
      }
      bool hit = value == Value(op.expected);
      if (op.kind == RegisterKind::kRead && op.value != value) return false;
      if (op.kind == RegisterKind::kCas && !hit) return false;
      if (op.kind == RegisterKind::kFailedCas && hit) return false;
      if (op.kind == RegisterKind::kWrite || op.kind == RegisterKind::kCas) value = op.value;
    }
    return true;
  };
  for (size_t subset = 0; subset < size_t{1} << maybe.size(); subset++) {
    std::vector<size_t> order = sure;
    for (size_t i = 0; i < maybe.size(); i++) {
      if (subset >> i & 1) order.push_back(maybe[i]);
    }
    std::sort(order.begin(), order.end());
    do {
      if (runs(order)) return true;
    } while (std::next_permutation(order.begin(), order.end()));
  }
  return false;
}

TEST(Registers, AgreesWithASearchOfAllOrders) {
  base::Random random(3);
  int fine = 0, wrong = 0;
  for (int round = 0; round < 20000; round++) {
    std::vector<RegisterOp> ops;
    for (uint64_t i = 0, count = 2 + random.Below(5); i < count; i++) {
      int64_t start = random.Between(0, 30);
      RegisterOp op = Op(static_cast<RegisterKind>(random.Below(4)), random.Between(1, 2), start,
                         start + random.Between(0, 15), random.Between(1, 2));
      if (op.kind == RegisterKind::kRead && random.OneIn(4)) op.value.reset();
      if (random.OneIn(8)) op = Unknown(op);
      if (random.OneIn(12)) op.outcome = Outcome::kFail;
      ops.push_back(op);
    }
    bool exists = SomeOrderExists(ops);
    ASSERT_EQ(Fine(ops), exists) << "round " << round;
    (exists ? fine : wrong)++;
  }
  EXPECT_GT(fine, 2000);
  EXPECT_GT(wrong, 2000);
}

}  // namespace
}  // namespace lathe::check
