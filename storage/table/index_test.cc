// Indexes against their tables: after any work their entries are those of the rows.
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <set>
#include <thread>

#include "storage/table/test_kv.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

using Model = std::map<int64_t, Row>;  // rows by k, which the tests keep unique

schema::RelationPtr FindTable(Transaction* txn) {
  return txn->catalog()->FindRelation(schema::kPublicSchema, "t");
}

Status MakeIndex(Transaction* txn, const std::string& name, std::vector<schema::KeyColumn> columns,
                 bool unique, bool nulls_equal = false) {
  LATHE_TRY(txn->StartStatement(nullptr));
  IndexSpec spec;
  spec.table = FindTable(txn)->id;
  spec.name = name;
  spec.columns = std::move(columns);
  spec.unique = unique;
  spec.nulls_not_distinct = nulls_equal;
  LATHE_TRY(txn->CreateIndex(spec));
  return Ok();
}

/// t(k, v, s) with an index of each kind.
Status MakeTables(Engine* engine, bool key) {
  auto txn = engine->Begin(txn::Isolation::kReadCommitted);
  LATHE_TRY(txn->StartStatement(nullptr));
  LATHE_TRY(txn->CreateTable(KeyedSpec("t", key)));
  LATHE_TRY(MakeIndex(txn.get(), "by_v", {{1}}, false));
  LATHE_TRY(MakeIndex(txn.get(), "by_s_v", {{2, true, true}, {1}}, false));
  LATHE_TRY(MakeIndex(txn.get(), "unique_s", {{2}}, true));
  LATHE_TRY(MakeIndex(txn.get(), "unique_k", {{0, true, true}}, true, true));
  return txn->Commit();
}

Row EntryOf(const schema::RelationDescriptor& index, const Row& row) {
  Row entry;
  bool has_null = false;
  for (size_t i = 0; i < index.sources.size(); ++i) {
    const uint32_t source = index.sources[i];
    const Cell& cell = source == schema::kRowIdSource ? row.back() : row[source];
    has_null |= i < index.key_columns && !cell.has_value();
    entry.push_back(i >= index.first_tie && !has_null ? Cell() : cell);
  }
  return entry;
}

std::vector<Row> Sorted(std::vector<Row> rows) {
  std::sort(rows.begin(), rows.end());
  return rows;
}

/// Each index has the entries of all rows, and finds the rows by them.
void ExpectIndexesMatch(Transaction* txn, Dice* dice, const std::string& note) {
  schema::RelationPtr t = FindTable(txn);
  const std::vector<Row> rows = Scan(txn, t, {}, true);
  for (RelationId id : t->indexes) {
    schema::RelationPtr index = txn->catalog()->GetRelation(id);
    std::vector<Row> expected;
    for (const Row& row : rows) expected.push_back(EntryOf(*index, row));
    ASSERT_EQ(Sorted(Scan(txn, index)), Sorted(expected)) << index->name << " " << note;
    exec::ScanRequest request;
    request.index = index;
    std::vector<Row> forwards = Scan(txn, t, request, true);
    request.reverse = true;
    std::vector<Row> backwards = Scan(txn, t, request, true);
    ASSERT_EQ(Sorted(forwards), Sorted(rows)) << index->name << " " << note;
    std::reverse(backwards.begin(), backwards.end());
    ASSERT_EQ(backwards, forwards) << index->name << " " << note;
    // Some values of the first column.
    const uint32_t column = index->sources[0];
    std::set<std::string> wanted;
    for (int i = 0; i < 5 && !rows.empty(); ++i) {
      const Row& row = rows[static_cast<size_t>(dice->Below(static_cast<int64_t>(rows.size())))];
      if (row[column].has_value()) wanted.insert(*row[column]);
    }
    if (wanted.empty()) continue;
    exec::ScanRequest points;
    points.index = index;
    for (const std::string& text : wanted) {
      points.points.push_back({types::ValueFromText(index->columns[0].type, text).value()});
    }
    std::vector<Row> found;
    for (const Row& row : rows) {
      if (row[column].has_value() && wanted.contains(*row[column])) found.push_back(row);
    }
    ASSERT_EQ(Sorted(Scan(txn, t, points, true)), Sorted(found)) << index->name << " " << note;
    points.reverse = true;
    ASSERT_EQ(Scan(txn, t, points, true).size(), found.size()) << index->name << " " << note;
  }
}

bool IsUnique(const Model& model) {
  std::set<std::string> seen;
  return std::all_of(model.begin(), model.end(), [&](const auto& row) {
    return !row.second[2].has_value() || seen.insert(*row.second[2]).second;
  });
}

/// Random statements, in the engine and in a model.
class Worker {
 public:
  explicit Worker(uint64_t seed) : dice_(seed) {}

  /// One transaction. False: the engine failed with something else than it should.
  Status Run(Engine* engine) {
    auto txn = engine->Begin(dice_.Below(3) == 0 ? txn::Isolation::kRepeatableRead
                                                 : txn::Isolation::kReadCommitted);
    Model next = model_;
    const int64_t statements = 1 + dice_.Below(3);
    for (int64_t i = 0; i < statements; ++i) {
      Model after = next;
      Status status = Statement(txn.get(), &after);
      if (!IsUnique(after)) {
        EXPECT_FALSE(status.ok());
        if (status.ok()) return MakeError(SqlState::kInternalError, "a duplicate went in");
        if (status.error().state != SqlState::kUniqueViolation) return status;
        EXPECT_EQ(status.error().constraint_name, "unique_s");
        txn->UndoStatement();
      } else {
        LATHE_TRY(std::move(status));
        next = std::move(after);
      }
      if (dice_.Below(3) == 0) ExpectIndexesMatch(txn.get(), &dice_, "within a transaction");
    }
    if (dice_.Below(5) == 0) {
      txn->Rollback();
      return Ok();
    }
    LATHE_TRY(txn->Commit());
    model_ = std::move(next);
    return Ok();
  }

  const Model& model() const { return model_; }
  Dice* dice() { return &dice_; }

 private:
  Cell RandomText() {
    if (dice_.Below(4) == 0) return Cell();
    return "s" + std::to_string(dice_.Below(2'000'000));
  }

  Status Statement(Transaction* txn, Model* model) {
    LATHE_TRY(txn->StartStatement(nullptr));
    schema::RelationPtr t = FindTable(txn);
    switch (dice_.Below(6)) {
      case 0:
      case 1: {
        std::vector<Row> rows;
        const int64_t count = dice_.Below(3) == 0 ? 150 : 1 + dice_.Below(8);
        const bool twice = dice_.Below(8) == 0 && !model->empty();
        for (int64_t i = 0; i < count; ++i) {
          Row row = {std::to_string(next_key_), std::to_string(dice_.Below(20)), RandomText()};
          if (dice_.Below(5) == 0) row[1] = Cell();
          if (twice && i == count / 2) row[2] = model->rbegin()->second[2];
          (*model)[next_key_] = row;
          next_key_ += 1 + dice_.Below(3);
          rows.push_back(std::move(row));
        }
        return Insert(txn, t, rows);
      }
      case 2:
        return Update(txn, t, model,
                      [this](Row* row) { (*row)[1] = std::to_string(dice_.Below(20)); });
      case 3:
        return Update(txn, t, model, [this](Row* row) { (*row)[2] = RandomText(); });
      case 4: {
        // Every row moves, onto what was another's key.
        const int64_t step = dice_.Below(2) == 0 ? 1 : 1000;
        Model moved;
        for (auto& [key, row] : *model) {
          row[0] = std::to_string(key + step);
          moved[key + step] = row;
        }
        *model = std::move(moved);
        next_key_ += step;
        return Change(
            txn, t, [](const Row&) { return true; },
            [&](const Row& row) {
              Row next = row;
              next[0] = std::to_string(std::stoll(*row[0]) + step);
              return next;
            });
      }
      default: {
        const int64_t remainder = dice_.Below(7);
        std::erase_if(*model, [&](const auto& row) { return row.first % 7 == remainder; });
        return Change(
            txn, t, [&](const Row& row) { return std::stoll(*row[0]) % 7 == remainder; },
            [](const Row&) { return std::nullopt; });
      }
    }
  }

  template <class F>
  Status Update(Transaction* txn, const schema::RelationPtr& t, Model* model, F change) {
    const int64_t remainder = dice_.Below(5);
    std::map<std::string, Row> changed;
    for (auto& [key, row] : *model) {
      if (key % 5 != remainder) continue;
      change(&row);
      changed[std::to_string(key)] = row;
    }
    return Change(
        txn, t, [&](const Row& row) { return changed.contains(*row[0]); },
        [&](const Row& row) { return changed[*row[0]]; });
  }

  Dice dice_;
  Model model_;
  int64_t next_key_ = 1;
};

Model ReadModel(Transaction* txn) {
  Model rows;
  for (Row& row : Scan(txn, FindTable(txn))) {
    const int64_t key = std::stoll(*row[0]);
    EXPECT_TRUE(rows.emplace(key, std::move(row)).second);
  }
  return rows;
}

TEST(Index, EntriesAreThoseOfTheRows) {
  for (uint64_t seed = 1; seed <= 6; ++seed) {
    EngineOptions options = SmallOptions();
    if (seed > 3) options.transaction_spill_bytes = seed == 4 ? 1 : 5000;
    kv::MemoryKv kv;
    auto engine = OpenOn(&kv, options);
    Status made = MakeTables(engine.get(), seed % 2 == 0);
    ASSERT_TRUE(made.ok()) << made.error().ToString();
    Worker worker(seed);
    for (int i = 0; i < 60; ++i) {
      Status status = worker.Run(engine.get());
      ASSERT_TRUE(status.ok()) << seed << " " << i << " " << status.error().ToString();
      const int64_t what = worker.dice()->Below(8);
      if (what == 0) {
        ASSERT_TRUE(engine->FoldAll().ok());
      }
      if (what == 1) {
        auto txn = engine->Begin(txn::Isolation::kReadCommitted);
        schema::RelationPtr t = FindTable(txn.get());
        txn.reset();
        ASSERT_TRUE(engine->FoldNow(t->indexes[worker.dice()->Below(4)]).ok());
      }
      if (what == 2) {
        engine.reset();
        engine = OpenOn(&kv, options);
      }
      auto txn = engine->Begin(txn::Isolation::kReadCommitted);
      ASSERT_EQ(ReadModel(txn.get()), worker.model()) << seed << " " << i;
      ExpectIndexesMatch(txn.get(), worker.dice(), std::to_string(seed) + " " + std::to_string(i));
      if (::testing::Test::HasFatalFailure() || ::testing::Test::HasFailure()) return;
    }
  }
}

// The n-th change of the store fails for ever; what was acknowledged is there afterwards, in the
// table and in its indexes.
TEST(Index, PowerCutsAnywhere) {
  for (uint64_t seed = 1; seed <= 12; ++seed) {
    EngineOptions options = SmallOptions();
    if (seed % 2 == 0) options.transaction_spill_bytes = 5000;
    kv::MemoryKv kv;
    {
      auto engine = OpenOn(&kv, options);
      ASSERT_TRUE(MakeTables(engine.get(), seed % 3 == 0).ok());
    }
    Worker worker(seed);
    for (int round = 0; round < 3; ++round) {
      {
        auto engine = OpenOn(&kv, options);
        kv.FailChangesFrom(static_cast<uint64_t>(1 + worker.dice()->Below(40)));
        for (int i = 0; i < 30; ++i) {
          if (!worker.Run(engine.get()).ok()) break;
          if (worker.dice()->Below(4) == 0 && !engine->FoldAll().ok()) break;
        }
      }
      kv.FailChangesFrom(0);
      kv.Crash(static_cast<uint64_t>(worker.dice()->Below(3)));
      auto engine = OpenOn(&kv, options);
      auto txn = engine->Begin(txn::Isolation::kReadCommitted);
      ASSERT_EQ(ReadModel(txn.get()), worker.model()) << seed << " " << round;
      ExpectIndexesMatch(txn.get(), worker.dice(), std::to_string(seed));
      if (::testing::Test::HasFailure()) return;
    }
  }
}

// Snapshots taken at any time see tables and indexes that agree, while both are folded in turns and
// written, and until they are given back.
TEST(Index, SnapshotsAgreeDuringFolds) {
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    kv::MemoryKv kv;
    auto engine = OpenOn(&kv, SmallOptions());
    ASSERT_TRUE(MakeTables(engine.get(), seed % 2 == 0).ok());
    RelationId table;
    std::vector<RelationId> indexes;
    {
      auto txn = engine->Begin(txn::Isolation::kReadCommitted);
      table = FindTable(txn.get())->id;
      indexes = FindTable(txn.get())->indexes;
    }
    std::atomic<bool> done{false};
    std::thread folder([&] {
      for (size_t i = 0; !done.load(); ++i) {
        const bool all = i % (indexes.size() + 1) == indexes.size();
        Status folded = all ? engine->FoldAll() : engine->FoldNow(indexes[i % indexes.size()]);
        EXPECT_TRUE(folded.ok()) << folded.error().ToString();
      }
    });
    Worker worker(100 + seed);
    // What each open snapshot has seen at first.
    std::vector<std::pair<std::unique_ptr<Transaction>, Model>> open;
    for (int i = 0; i < 60 && !::testing::Test::HasFailure(); ++i) {
      Status status = worker.Run(engine.get());
      EXPECT_TRUE(status.ok()) << seed << " " << i << " " << status.error().ToString();
      if (worker.dice()->Below(4) == 0) {
        auto txn = engine->Begin(txn::Isolation::kRepeatableRead);
        Model seen = ReadModel(txn.get());
        EXPECT_EQ(seen, worker.model());
        open.emplace_back(std::move(txn), std::move(seen));
      }
      if (open.empty()) continue;
      const auto at = open.begin() + worker.dice()->Below(static_cast<int64_t>(open.size()));
      EXPECT_EQ(ReadModel(at->first.get()), at->second) << seed << " " << i;
      ExpectIndexesMatch(at->first.get(), worker.dice(), "snapshot " + std::to_string(i));
      if (open.size() > 4) open.erase(at);
    }
    done.store(true);
    folder.join();
    open.clear();
    Status folded = engine->FoldNow(table);
    ASSERT_TRUE(folded.ok()) << folded.error().ToString();
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    EXPECT_EQ(ReadModel(txn.get()), worker.model());
    ExpectIndexesMatch(txn.get(), worker.dice(), "at the end");
    if (::testing::Test::HasFailure()) return;
  }
}

TEST(Index, BuiltOverRowsOfAllKinds) {
  for (const bool key : {false, true}) {
    kv::MemoryKv kv;
    auto engine = OpenOn(&kv, SmallOptions());
    Dice dice(7);
    {
      auto txn = engine->Begin(txn::Isolation::kReadCommitted);
      ASSERT_TRUE(txn->StartStatement(nullptr).ok());
      schema::RelationPtr t = txn->CreateTable(KeyedSpec("t", key)).value();
      std::vector<Row> rows;
      for (int i = 0; i < 3000; ++i) {
        rows.push_back({std::to_string(i), std::to_string(i % 7), "s" + std::to_string(i)});
      }
      ASSERT_TRUE(Insert(txn.get(), t, rows).ok());
      ASSERT_TRUE(txn->Commit().ok());
    }
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(Insert(txn.get(), FindTable(txn.get()), {{"5000", Cell(), Cell()}}).ok());
    ASSERT_TRUE(MakeIndex(txn.get(), "by_v", {{1, true, true}}, false).ok());
    ASSERT_TRUE(MakeIndex(txn.get(), "unique_s", {{2}}, true).ok());
    ExpectIndexesMatch(txn.get(), &dice, "before the commit");
    ASSERT_TRUE(txn->Commit().ok());
    txn = engine->Begin(txn::Isolation::kReadCommitted);
    ExpectIndexesMatch(txn.get(), &dice, "after it");
    Status status = MakeIndex(txn.get(), "unique_v", {{1}}, true);
    ASSERT_FALSE(status.ok());
    EXPECT_EQ(status.error().state, SqlState::kUniqueViolation);
    EXPECT_EQ(status.error().message, "could not create unique index \"unique_v\"");
    txn->UndoStatement();
    // Another key of the table: its entries are made anew.
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    if (!key) {
      ASSERT_TRUE(txn->AddPrimaryKey(FindTable(txn.get())->id, {0}, "").ok());
    }
    ExpectIndexesMatch(txn.get(), &dice, "with a primary key");
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    ASSERT_TRUE(txn->TruncateTable(FindTable(txn.get())->id).ok());
    ExpectIndexesMatch(txn.get(), &dice, "empty");
    ASSERT_TRUE(Insert(txn.get(), FindTable(txn.get()), {{"1", "2", "s3"}}).ok());
    ExpectIndexesMatch(txn.get(), &dice, "one row");
    ASSERT_TRUE(txn->Commit().ok());
    ASSERT_TRUE(engine->FoldAll().ok());
    txn = engine->Begin(txn::Isolation::kReadCommitted);
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    ASSERT_TRUE(txn->DropIndex(FindTable(txn.get())->indexes[0]).ok());
    ASSERT_TRUE(txn->Commit().ok());
    txn = engine->Begin(txn::Isolation::kReadCommitted);
    EXPECT_EQ(FindTable(txn.get())->indexes.size(), 1u);
    ExpectIndexesMatch(txn.get(), &dice, "after a drop");
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    ASSERT_TRUE(txn->DropTable(FindTable(txn.get())->id).ok());
    EXPECT_EQ(txn->catalog()->FindRelation(schema::kPublicSchema, "unique_s"), nullptr);
    ASSERT_TRUE(txn->Commit().ok());
    ASSERT_TRUE(engine->FoldAll().ok());
    EXPECT_EQ(engine->Stats().delta_rows, 0u);
  }
}

// An index that is younger than a snapshot does not have what the snapshot sees.
TEST(Index, OlderSnapshotsDoNotReadIt) {
  kv::MemoryKv kv;
  auto engine = OpenOn(&kv, SmallOptions());
  auto txn = engine->Begin(txn::Isolation::kReadCommitted);
  ASSERT_TRUE(txn->StartStatement(nullptr).ok());
  schema::RelationPtr t = txn->CreateTable(KeyedSpec()).value();
  ASSERT_TRUE(Insert(txn.get(), t, {{"1", "1", "a"}, {"2", "2", "b"}}).ok());
  ASSERT_TRUE(txn->Commit().ok());
  auto old = engine->Begin(txn::Isolation::kRepeatableRead);
  EXPECT_EQ(Scan(old.get(), t).size(), 2u);
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  ASSERT_TRUE(Change(
                  txn.get(), t, [](const Row& row) { return row[0] == "1"; },
                  [](const Row&) { return std::nullopt; })
                  .ok());
  ASSERT_TRUE(txn->Commit().ok());
  txn = engine->Begin(txn::Isolation::kReadCommitted);
  ASSERT_TRUE(MakeIndex(txn.get(), "by_v", {{1}}, false).ok());
  ASSERT_TRUE(txn->Commit().ok());
  ASSERT_TRUE(old->StartStatement(nullptr).ok());
  exec::ScanRequest request;
  request.index = old->catalog()->FindRelation(schema::kPublicSchema, "by_v");
  ASSERT_NE(request.index, nullptr);
  auto source = old->tables()->OpenScan(t, request);
  ASSERT_FALSE(source.ok());
  EXPECT_EQ(source.error().state, SqlState::kSerializationFailure);
}

}  // namespace
}  // namespace lathe::table::testing
