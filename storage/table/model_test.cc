// Storage against models: random work with power cuts on a Kv in memory, a shadow replica fed with
// entries only, and (crash_test.cc) a process that is killed.
#include <gtest/gtest.h>

#include <thread>

#include "storage/table/test_kv.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

uint64_t CountKeys(kv::MemoryKv* kv, kv::Family family) {
  auto it = kv->NewIterator(family, {});
  uint64_t n = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++n;
  return n;
}

uint64_t CountMeta(kv::MemoryKv* kv, const std::string& prefix) {
  auto it = kv->NewIterator(kv::Family::kMeta, {prefix, keyspace::PrefixSuccessor(prefix)});
  uint64_t n = 0;
  for (it->SeekToFirst(); it->Valid(); it->Next()) ++n;
  return n;
}

TEST(Model, RandomWorkFoldsAndRestarts) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    auto Options = [&] {
      EngineOptions options = SmallOptions();
      // Half of them with write buffers that hold next to nothing.
      if (seed > 4) options.transaction_spill_bytes = seed == 5 ? 1 : 10'000;
      return options;
    };
    kv::MemoryKv kv;
    Workload work("t", seed);
    auto engine = OpenOn(&kv, Options());
    ASSERT_TRUE(work.Setup(engine.get()).ok());
    Dice dice(seed);
    for (int i = 0; i < 120; ++i) {
      Status status = work.Commit(engine.get());
      ASSERT_TRUE(status.ok()) << status.error().ToString();
      work.Advance();
      const int64_t what = dice.Below(10);
      if (what == 0) {
        ASSERT_TRUE(engine->FoldNow(work.Find(engine.get())->id).ok());
      }
      if (what == 1) {
        ASSERT_TRUE(engine->FoldAll().ok());
      }
      if (what == 2) {
        engine.reset();
        engine = OpenOn(&kv, Options());
      }
      if (what < 4) {
        ASSERT_EQ(work.Read(engine.get()), work.model()) << seed << " " << i;
      }
    }
    ASSERT_EQ(work.Read(engine.get()), work.model());
    ASSERT_TRUE(engine->FoldAll().ok());
    ASSERT_TRUE(engine->FoldAll().ok());
    ASSERT_EQ(work.Read(engine.get()), work.model());
    // Nothing is left of what was replaced or rolled back.
    EXPECT_EQ(CountKeys(&kv, kv::Family::kPages), CountKeys(&kv, kv::Family::kPageDir));
    EXPECT_EQ(CountKeys(&kv, kv::Family::kLoads), 0u);
    EXPECT_EQ(CountKeys(&kv, kv::Family::kDelta), 0u);
    EXPECT_EQ(CountMeta(&kv, "load/"), 0u);
    EXPECT_GT(engine->Stats().directory_evictions, 0u);
  }
}

// A table of many leaves: opening reads none of them but the last, a point read one, and what is
// in memory stays bounded.
TEST(Model, DirectoryIsReadByKeyRange) {
  kv::MemoryKv kv;
  EngineOptions options = SmallOptions();
  options.directory_leaf_pages = 4;
  schema::RelationPtr t;
  {
    auto engine = OpenOn(&kv, options);
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    t = txn->CreateTable(KeyedSpec()).value();
    std::vector<Row> rows;
    for (int i = 0; i < 20'000; ++i)
      rows.push_back({std::to_string(i), "1", std::string(200, 'x')});
    ASSERT_TRUE(Insert(txn.get(), t, rows).ok());
    ASSERT_TRUE(txn->Commit().ok());
    ASSERT_TRUE(engine->FoldAll().ok());
  }
  const uint64_t pages = CountKeys(&kv, kv::Family::kPageDir);
  ASSERT_GT(pages, 40u);
  EXPECT_GE(CountMeta(&kv, "chunk/"), pages / 8);
  options.directory_cache_bytes = 1 << 20;
  auto engine = OpenOn(&kv, options);
  auto txn = engine->Begin(txn::Isolation::kReadCommitted);
  EXPECT_EQ(Scan(txn.get(), t, PointRequest(10)).size(), 1u);
  const uint64_t two_leaves = engine->Stats().directory_cache_bytes;
  EXPECT_EQ(Scan(txn.get(), t).size(), 20'000u);
  const uint64_t all_leaves = engine->Stats().directory_cache_bytes;
  EXPECT_LT(two_leaves * 4, all_leaves);
  const schema::RelationStats* stats = txn->catalog()->GetStats(t->id).get();
  ASSERT_NE(stats, nullptr);
  EXPECT_EQ(stats->row_count, 20'000);
  EXPECT_EQ(stats->page_count, static_cast<double>(pages));
  EXPECT_EQ(stats->columns[0].max.datum().i64, 19'999);
  txn.reset();
  engine.reset();
  options.directory_cache_bytes = two_leaves * 2;
  engine = OpenOn(&kv, options);
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  EXPECT_EQ(Scan(txn.get(), t).size(), 20'000u);
  EXPECT_LE(engine->Stats().directory_cache_bytes, two_leaves * 2);
}

// The n-th change of the store fails for ever: the engine stops there. What was acknowledged is
// there afterwards, nothing half.
TEST(Model, PowerCutsAnywhere) {
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    auto Options = [&] {
      EngineOptions options = SmallOptions();
      if (seed % 2 == 0) options.transaction_spill_bytes = seed % 4 == 0 ? 1 : 5000;
      return options;
    };
    kv::MemoryKv kv;
    Workload work("t", seed % 3);
    {
      auto engine = OpenOn(&kv, Options());
      ASSERT_TRUE(work.Setup(engine.get()).ok());
    }
    Dice dice(seed);
    for (int round = 0; round < 3; ++round) {
      {
        auto engine = OpenOn(&kv, Options());
        kv.FailChangesFrom(static_cast<uint64_t>(1 + dice.Below(60)));
        for (int i = 0; i < 40; ++i) {
          if (!work.Commit(engine.get()).ok()) break;
          work.Advance();
          if (dice.Below(4) == 0 && !engine->FoldAll().ok()) break;
        }
      }
      kv.FailChangesFrom(0);
      kv.Crash(static_cast<uint64_t>(dice.Below(3)));
      auto engine = OpenOn(&kv, Options());
      ASSERT_EQ(work.Read(engine.get()), work.model()) << seed << " " << round;
    }
    auto engine = OpenOn(&kv, Options());
    ASSERT_TRUE(engine->FoldAll().ok());
    ASSERT_TRUE(engine->FoldAll().ok());
    ASSERT_EQ(work.Read(engine.get()), work.model()) << seed;
    EXPECT_EQ(CountKeys(&kv, kv::Family::kLoads), 0u);
    EXPECT_EQ(CountKeys(&kv, kv::Family::kDelta), 0u);
  }
}

void ShadowEndsEqual(uint64_t spill_bytes) {
  std::mutex mutex;
  std::vector<std::string> entries;
  EngineOptions options = SmallOptions();
  options.on_entry = [&](std::string_view entry) {
    std::lock_guard lock(mutex);
    entries.emplace_back(entry);
  };
  options.transaction_spill_bytes = spill_bytes;
  kv::MemoryKv kv, shadow_kv;
  auto engine = OpenOn(&kv, options);
  auto shadow = OpenOn(&shadow_kv, SmallOptions());
  Workload a("a", 11), b("b", 12);
  ASSERT_TRUE(a.Setup(engine.get()).ok());
  ASSERT_TRUE(b.Setup(engine.get()).ok());
  Dice dice(5);
  size_t fed = 0;
  auto feed = [&](size_t from) {
    for (size_t i = from; i < entries.size(); ++i) {
      Status status = shadow->ApplyEntry(entries[i]);
      ASSERT_TRUE(status.ok()) << status.error().ToString();
    }
    fed = entries.size();
  };
  for (int i = 0; i < 150; ++i) {
    Workload& work = dice.Below(2) == 0 ? a : b;
    ASSERT_TRUE(work.Commit(engine.get()).ok());
    work.Advance();
    if (dice.Below(10) == 0) {
      ASSERT_TRUE(engine->FoldAll().ok());
    }
    feed(fed);
    if (dice.Below(7) == 0) {
      ASSERT_TRUE(shadow->FoldAll().ok());
    }
    if (dice.Below(20) ==
        0) {  // the replica restarts, after a power cut, and gets everything again
      shadow.reset();
      shadow_kv.Crash(0);
      shadow = OpenOn(&shadow_kv, SmallOptions());
      feed(0);
    }
    if (i % 10 == 0) {
      ASSERT_EQ(engine->LogicalHashAll().value(), shadow->LogicalHashAll().value()) << i;
    }
  }
  EXPECT_EQ(a.Read(shadow.get()), a.model());
  EXPECT_EQ(b.Read(shadow.get()), b.model());
  EXPECT_EQ(engine->LogicalHashAll().value(), shadow->LogicalHashAll().value());
}

TEST(Model, ShadowReplicaEndsEqual) { ShadowEndsEqual(64 << 20); }
TEST(Model, ShadowReplicaEndsEqualWhenWritesSpill) {
  ShadowEndsEqual(1);
  ShadowEndsEqual(5000);
}

// READ COMMITTED: everybody adds to the same few rows; a statement that lost a race is run again,
// so nothing is lost.
TEST(Model, RestartedStatementsLoseNothing) {
  kv::MemoryKv kv;
  auto engine = OpenOn(&kv, SmallOptions());
  schema::RelationPtr t;
  {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    t = txn->CreateTable(KeyedSpec()).value();
    ASSERT_TRUE(Insert(txn.get(), t, {{"1", "0", "a"}, {"2", "0", "b"}}).ok());
    ASSERT_TRUE(txn->Commit().ok());
  }
  constexpr int kThreads = 4, kCommits = 100;
  std::vector<std::thread> threads;
  for (int w = 0; w < kThreads; ++w) {
    threads.emplace_back([&] {
      for (int i = 0; i < kCommits; ++i) {
        auto txn = engine->Begin(txn::Isolation::kReadCommitted);
        for (int64_t key : {1, 2}) {  // always in this order: no deadlock
          for (;;) {
            Status status = Change(
                txn.get(), t, [](const Row&) { return true; },
                [](const Row& r) { return Row{r[0], std::to_string(std::stoi(*r[1]) + 1), r[2]}; },
                PointRequest(key));
            if (status.ok()) break;
            ASSERT_EQ(status.error().message, exec::kRestartStatement);
            txn->UndoStatement();
          }
        }
        ASSERT_TRUE(txn->Commit().ok());
        if (i % 20 == 0) {
          ASSERT_TRUE(engine->FoldAll().ok());
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto txn = engine->Begin(txn::Isolation::kReadCommitted);
  for (const std::vector<Row> rows = Scan(txn.get(), t); const Row& row : rows) {
    EXPECT_EQ(row[1], std::to_string(kThreads * kCommits));
  }
}

// Inserters of the same key: exactly one of them gets it.
TEST(Model, OneInserterWins) {
  kv::MemoryKv kv;
  auto engine = OpenOn(&kv, SmallOptions());
  schema::RelationPtr t;
  {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    t = txn->CreateTable(KeyedSpec()).value();
    ASSERT_TRUE(txn->Commit().ok());
  }
  std::atomic<int> inserted{0}, refused{0};
  std::vector<std::thread> threads;
  for (int w = 0; w < 4; ++w) {
    threads.emplace_back([&, w] {
      Dice dice(static_cast<uint64_t>(w));
      for (int key = 0; key < 100; ++key) {
        auto txn = engine->Begin(txn::Isolation::kReadCommitted);
        Status status = Insert(txn.get(), t, {{std::to_string(key), std::to_string(w), "x"}});
        if (!status.ok()) {
          EXPECT_EQ(status.error().state, SqlState::kUniqueViolation);
          ++refused;
        } else if (dice.Below(3) != 0) {
          EXPECT_TRUE(txn->Commit().ok());
          ++inserted;
        }
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  auto txn = engine->Begin(txn::Isolation::kReadCommitted);
  EXPECT_EQ(Scan(txn.get(), t).size(), static_cast<size_t>(inserted.load()));
}

// Writers, readers and folds at the same time. Each commit moves an amount between two rows, so
// every snapshot has the same sum.
TEST(Model, SumsStayUnderConcurrentFolds) {
  kv::MemoryKv kv;
  EngineOptions options = SmallOptions();
  auto engine = OpenOn(&kv, options);
  schema::RelationPtr t;
  {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    t = txn->CreateTable(KeyedSpec()).value();
    std::vector<Row> rows;
    for (int i = 0; i < 3000; ++i) rows.push_back({std::to_string(i), "100", "text of a row"});
    ASSERT_TRUE(Insert(txn.get(), t, rows).ok());
    ASSERT_TRUE(txn->Commit().ok());
  }
  std::atomic<bool> stop{false};
  std::atomic<int> conflicts{0}, moved{0};
  auto move = [&](uint64_t seed) {
    Dice dice(seed);
    while (!stop) {
      auto txn = engine->Begin(txn::Isolation::kRepeatableRead);
      bool ok = true;
      int64_t from = dice.Below(3000), to = (from + 1 + dice.Below(2999)) % 3000;
      for (auto [key, by] : {std::pair{from, -1}, std::pair{to, 1}}) {
        Status status = Change(
            txn.get(), t, [](const Row&) { return true; },
            [by = by](const Row& r) {
              return Row{r[0], std::to_string(std::stoi(*r[1]) + by), r[2]};
            },
            PointRequest(key));
        if (!status.ok()) {
          EXPECT_TRUE(status.error().state == SqlState::kSerializationFailure ||
                      status.error().state == SqlState::kDeadlockDetected)
              << status.error().ToString();
          ok = false;
          break;
        }
      }
      if (ok) {
        EXPECT_TRUE(txn->Commit().ok());
        ++moved;
      } else {
        ++conflicts;
      }
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t i = 0; i < 3; ++i) threads.emplace_back(move, i);
  threads.emplace_back([&] {
    while (!stop) EXPECT_TRUE(engine->FoldAll().ok());
  });
  for (int i = 0; i < 60 || moved < 200; ++i) {
    auto txn = engine->Begin(txn::Isolation::kRepeatableRead);
    for (int again = 0; again < 2; ++again) {
      int64_t sum = 0, count = 0;
      for (const Row& row : Scan(txn.get(), t)) {
        sum += std::stoi(*row[1]);
        ++count;
      }
      ASSERT_EQ(count, 3000);
      ASSERT_EQ(sum, 300'000);
    }
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
}

}  // namespace
}  // namespace lathe::table::testing
