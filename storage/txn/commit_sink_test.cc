// Commits that threads wait for and commits that nobody waits for, together.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "storage/txn/txn.h"

namespace lathe::txn {
namespace {

/// Keeps what it is given; refuses batches of one transaction.
class Target final : public CommitTarget {
 public:
  Status Persist(std::span<const BatchAt> batches) override {
    for (const BatchAt& item : batches) {
      if (item.batch->txn == refused) return MakeError(SqlState::kDiskFull, "full");
    }
    for (const BatchAt& item : batches) {
      persisted.push_back(item.ts);
      largest = std::max(largest, batches.size());
    }
    return Ok();
  }
  void Publish(const LogicalBatch& batch, Timestamp ts) override {
    ASSERT_FALSE(persisted.empty());
    EXPECT_NE(batch.txn, refused);
    published.push_back(ts);
  }
  void Visible(const LogicalBatch&) override { visible.fetch_add(1); }

  TxnId refused{0};
  std::vector<Timestamp> persisted, published;  // one thread writes at a time
  size_t largest = 0;
  std::atomic<int> visible{0};
};

class CommitSinkTest : public ::testing::Test {
 protected:
  static LogicalBatch BatchOf(uint64_t txn) {
    LogicalBatch batch;
    batch.txn = TxnId(txn);
    batch.storages.push_back({StorageId(1), 1, 1, {{"k", "v"}}});
    return batch;
  }

  Oracle oracle_{base::Clock::System(), Timestamp(0), [](Timestamp) { return Ok(); }};
  Watermark watermark_{Timestamp(1)};
  Validator validator_{&watermark_};
  Target target_;
  LocalCommitSink sink_{&oracle_, &watermark_, &target_, &validator_, nullptr};
};

TEST_F(CommitSinkTest, LaterCommitsAreOneGroupAndEachHasItsOutcome) {
  target_.refused = TxnId(2);
  std::vector<LogicalBatch> batches;
  for (uint64_t i = 1; i <= 3; ++i) batches.push_back(BatchOf(i));
  std::vector<Status> outcomes(3);
  int called = 0;
  for (size_t i = 0; i < 3; ++i) {
    sink_.CommitLater(batches[i], nullptr, [&, i](Status outcome) {
      // Whoever hears of it is told the truth.
      if (outcome.ok()) EXPECT_EQ(target_.visible.load(), 2);
      outcomes[i] = std::move(outcome);
      ++called;
    });
  }
  EXPECT_TRUE(target_.persisted.empty());
  sink_.WriteWaiting();
  EXPECT_EQ(called, 3);
  EXPECT_TRUE(outcomes[0].ok());
  EXPECT_EQ(outcomes[1].error().state, SqlState::kDiskFull);
  EXPECT_TRUE(outcomes[2].ok());
  EXPECT_EQ(target_.published.size(), 2u);
  EXPECT_EQ(watermark_.published(), target_.published.back());
  sink_.WriteWaiting();  // nothing to do
}

TEST_F(CommitSinkTest, ReadsThatHaveChangedAreToldAtOnce) {
  ReadSet set;
  set.Add(StorageId(1), "k", "l");
  const Timestamp snapshot = validator_.Enter();
  ASSERT_TRUE(sink_.Commit(BatchOf(1), nullptr).ok());
  const LogicalBatch batch = BatchOf(2);
  const Reads reads{&set, snapshot};
  Status outcome = Ok();
  sink_.CommitLater(batch, &reads, [&](Status told) { outcome = std::move(told); });
  ASSERT_FALSE(outcome.ok());
  EXPECT_EQ(outcome.error().state, SqlState::kSerializationFailure);
  validator_.Leave(snapshot);
}

// A commit that a thread waits for passes those of nobody's thread on to the sink's own.
TEST_F(CommitSinkTest, WaitingAndLaterCommitsTogether) {
  constexpr int kThreads = 4, kEach = 500;
  std::atomic<int> told{0}, quiet{0};
  std::vector<std::thread> threads;
  std::vector<std::vector<LogicalBatch>> batches(kThreads);
  for (int t = 0; t < kThreads; ++t) {
    for (int i = 0; i < kEach; ++i) {
      batches[t].push_back(BatchOf(static_cast<uint64_t>(t * kEach + i + 1)));
    }
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        const LogicalBatch& batch = batches[t][i];
        if (i % 100 == 99) sink_.WhileQuiet([&] { quiet.fetch_add(1); });
        if (t % 2 == 0) {
          ASSERT_TRUE(sink_.Commit(batch, nullptr).ok());
          told.fetch_add(1);
        } else {
          sink_.CommitLater(batch, nullptr, [&](Status outcome) {
            EXPECT_TRUE(outcome.ok());
            told.fetch_add(1);
          });
          sink_.WriteWaiting();
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  // All that is left is being written by the sink's own thread: this one comes after it.
  sink_.WhileQuiet([] {});
  while (told.load() != kThreads * kEach) std::this_thread::yield();
  EXPECT_EQ(quiet.load(), kThreads * kEach / 100);
  EXPECT_EQ(target_.published.size(), size_t{kThreads} * kEach);
  EXPECT_TRUE(std::is_sorted(target_.published.begin(), target_.published.end()));
}

}  // namespace
}  // namespace lathe::txn
