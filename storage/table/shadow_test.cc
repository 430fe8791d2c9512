// A second store that is fed with another's entries only, while that one changes definitions too:
// indexes come and go, tables are emptied, loaded, rewritten, renamed and dropped, sequences run.
#include <gtest/gtest.h>

#include <mutex>

#include "storage/table/test_kv.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

schema::RelationPtr Find(Transaction* txn, const std::string& name) {
  return txn->catalog()->FindRelation(schema::kPublicSchema, name);
}

/// Random statements, definitions among them. Whether they fit is asked of the catalog.
class Work {
 public:
  explicit Work(uint64_t seed) : dice_(seed) {}

  Status Setup(Engine* engine) {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    LATHE_TRY(txn->StartStatement(nullptr));
    LATHE_TRY(txn->CreateTable(KeyedSpec("t")));
    schema::RelationDescriptor sequence;
    sequence.kind = schema::RelationKind::kSequence;
    sequence.schema = schema::kPublicSchema;
    sequence.name = "numbers";
    LATHE_TRY(txn->CreateEntry(std::move(sequence)));
    return txn->Commit();
  }

  /// One transaction of a few statements; some are rolled back.
  Status Run(Engine* engine) {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    const int64_t next_key = next_key_;
    for (int64_t i = 1 + dice_.Below(3); i > 0; --i) LATHE_TRY(Statement(engine, txn.get()));
    if (dice_.Below(6) == 0) {
      txn->Rollback();
      next_key_ = next_key;
      return Ok();
    }
    const bool writes = txn->has_changes();
    LATHE_TRY(txn->Commit());
    if (writes) last_known_ = last_given_;
    return Ok();
  }

  Dice* dice() { return &dice_; }
  /// The last value of the sequence that a commit has followed.
  int64_t last_known() const { return last_known_; }

 private:
  Status AddRows(Transaction* txn, const std::string& table, int64_t count) {
    std::vector<Row> rows;
    for (int64_t i = 0; i < count; ++i) {
      rows.push_back({std::to_string(next_key_++), std::to_string(dice_.Below(50)),
                      std::string(static_cast<size_t>(dice_.Below(60)), 'x')});
    }
    return Insert(txn, Find(txn, table), rows);
  }

  Status SwitchIndex(Transaction* txn, const std::string& name, uint32_t column, bool unique) {
    LATHE_TRY(txn->StartStatement(nullptr));
    if (schema::RelationPtr index = Find(txn, name)) return txn->DropIndex(index->id);
    IndexSpec spec;
    spec.table = Find(txn, "t")->id;
    spec.name = name;
    spec.columns = {{column}};
    spec.unique = unique;
    LATHE_TRY(txn->CreateIndex(spec));
    return Ok();
  }

  // CREATE TABLE AS and a key for it, rename, DROP TABLE: one after the other.
  Status SwitchTable(Transaction* txn) {
    LATHE_TRY(txn->StartStatement(nullptr));
    if (schema::RelationPtr renamed = Find(txn, "renamed")) return txn->DropTable(renamed->id);
    schema::RelationPtr second = Find(txn, "second");
    if (second == nullptr) {
      LATHE_TRY(txn->CreateTable(KeyedSpec("second", false)));
      return AddRows(txn, "second", 20 + dice_.Below(300));
    }
    if (second->has_row_id()) {
      LATHE_TRY(txn->AddPrimaryKey(second->id, {0}, ""));
      return Ok();
    }
    schema::RelationDescriptor next = *second;
    next.name = "renamed";
    LATHE_TRY(txn->ChangeRelation(std::move(next)));
    return Ok();
  }

  Status Statement(Engine* engine, Transaction* txn) {
    switch (dice_.Below(12)) {
      case 0:
        return SwitchIndex(txn, "by_v", 1, false);
      case 1:
        return SwitchIndex(txn, "unique_k", 0, true);
      case 2:
        return SwitchTable(txn);
      case 3: {  // VACUUM FULL
        LATHE_TRY(txn->StartStatement(nullptr));
        LATHE_TRY(txn->RewriteTable(*Find(txn, "t"), {}));
        return Ok();
      }
      case 4:
        if (dice_.Below(3) != 0) return AddRows(txn, "t", 3);
        LATHE_TRY(txn->StartStatement(nullptr));
        return txn->TruncateTable(Find(txn, "t")->id);
      case 5:
        return AddRows(txn, "t", 100 + dice_.Below(300));  // a load
      case 6:
      case 7: {
        LATHE_ASSIGN(auto given, engine->NextValues(*Find(txn, "numbers"), 1 + dice_.Below(40)));
        last_given_ = given.second;
        return AddRows(txn, "t", 1);
      }
      case 8: {
        const int64_t remainder = dice_.Below(9);
        return Change(
            txn, Find(txn, "t"),
            [&](const Row& row) { return std::stoll(*row[0]) % 9 == remainder; },
            [](const Row&) { return std::nullopt; });
      }
      case 9: {
        const int64_t remainder = dice_.Below(5);
        return Change(
            txn, Find(txn, "t"),
            [&](const Row& row) { return std::stoll(*row[0]) % 5 == remainder; },
            [&](const Row& row) {
              Row next = row;
              next[1] = std::to_string(dice_.Below(50));
              return next;
            });
      }
      default:
        return AddRows(txn, "t", 1 + dice_.Below(8));
    }
  }

  Dice dice_;
  int64_t next_key_ = 0, last_given_ = 0, last_known_ = 0;
};

TEST(Shadow, FollowsDefinitions) {
  for (uint64_t seed = 1; seed <= 8; ++seed) {
    std::mutex mutex;
    std::vector<std::string> entries;
    EngineOptions options = SmallOptions();
    if (seed % 4 == 0) options.transaction_spill_bytes = 5000;
    options.on_entry = [&](std::string_view entry) {
      std::lock_guard lock(mutex);
      entries.emplace_back(entry);
    };
    kv::MemoryKv kv, shadow_kv;
    auto engine = OpenOn(&kv, options);
    auto shadow = OpenOn(&shadow_kv, SmallOptions());
    Work work(seed);
    ASSERT_TRUE(work.Setup(engine.get()).ok());
    size_t fed = 0;
    auto feed = [&](size_t from) {
      for (size_t i = from; i < entries.size(); ++i) {
        Status status = shadow->ApplyEntry(entries[i]);
        ASSERT_TRUE(status.ok()) << status.error().ToString();
      }
      fed = entries.size();
    };
    for (int i = 0; i < 80; ++i) {
      Status status = work.Run(engine.get());
      ASSERT_TRUE(status.ok()) << seed << " " << i << " " << status.error().ToString();
      const int64_t what = work.dice()->Below(12);
      if (what < 2) {
        ASSERT_TRUE(engine->FoldAll().ok());
      }
      if (what == 3) continue;  // the replica falls behind
      feed(fed);
      if (what == 4) {
        ASSERT_TRUE(shadow->FoldAll().ok());
      }
      if (what == 5) {  // a power cut; it gets everything again
        shadow.reset();
        shadow_kv.Crash(0);
        shadow = OpenOn(&shadow_kv, SmallOptions());
        feed(0);
      }
      ASSERT_EQ(engine->LogicalHashAll().value(), shadow->LogicalHashAll().value())
          << seed << " " << i;
    }
    feed(fed);
    ASSERT_EQ(engine->LogicalHashAll().value(), shadow->LogicalHashAll().value()) << seed;
    // The replica takes over: it gives no value of the sequence again.
    ASSERT_TRUE(shadow->Promote().ok());
    auto txn = shadow->Begin(txn::Isolation::kReadCommitted);
    auto next = shadow->NextValues(*Find(txn.get(), "numbers"), 1);
    ASSERT_TRUE(next.ok()) << next.error().ToString();
    EXPECT_GT(next->first, work.last_known()) << seed;
  }
}

// A commit that fails takes the news of others' values with it; the next one has them.
TEST(Shadow, FailedCommitsLoseNoValues) {
  std::vector<std::string> entries;
  EngineOptions options = SmallOptions();
  options.on_entry = [&](std::string_view entry) { entries.emplace_back(entry); };
  kv::MemoryKv kv, shadow_kv;
  auto engine = OpenOn(&kv, options);
  Work work(1);
  ASSERT_TRUE(work.Setup(engine.get()).ok());
  int64_t given = 0;
  auto insert = [&](const char* key) -> Status {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    LATHE_TRY(Insert(txn.get(), Find(txn.get(), "t"), {{key, "1", "x"}}));
    return txn->Commit();
  };
  ASSERT_TRUE(insert("1").ok());
  {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    auto values = engine->NextValues(*Find(txn.get(), "numbers"), 20);
    ASSERT_TRUE(values.ok());
    given = values->second;
  }
  kv.FailChangesFrom(1);
  EXPECT_FALSE(insert("2").ok());
  kv.FailChangesFrom(0);
  ASSERT_TRUE(insert("3").ok());
  auto shadow = OpenOn(&shadow_kv, SmallOptions());
  for (const std::string& entry : entries) ASSERT_TRUE(shadow->ApplyEntry(entry).ok());
  ASSERT_TRUE(shadow->Promote().ok());
  auto txn = shadow->Begin(txn::Isolation::kReadCommitted);
  auto next = shadow->NextValues(*Find(txn.get(), "numbers"), 1);
  ASSERT_TRUE(next.ok());
  EXPECT_GT(next->first, given);
}

}  // namespace
}  // namespace lathe::table::testing
