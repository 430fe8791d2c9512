// For tests: a deterministic random workload on one table, with the model of what the table must
// hold after each commit.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/hash.h"
#include "storage/table/test_rows.h"

namespace lathe::table::testing {

/// Random numbers from a seed; the same on every machine.
class Dice {
 public:
  explicit Dice(uint64_t seed) : state_(seed) {}
  uint64_t Next() { return base::MixBits(state_ += 0x9E3779B97F4A7C15ull); }
  int64_t Below(int64_t n) { return static_cast<int64_t>(Next() % static_cast<uint64_t>(n)); }

 private:
  uint64_t state_;
};

/// Commit number i of the workload depends only on the seed and on the rows before it.
class Workload {
 public:
  using Model = std::map<int64_t, Row>;  // all rows by key, the progress row (key -1, v = number of
                                         // commits) included

  Workload(std::string table, uint64_t seed) : table_(std::move(table)), seed_(seed) {}

  /// Makes the table if there is none. Takes the model from nothing: call Recover for a table with
  /// rows.
  Status Setup(Engine* engine) {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    LATHE_TRY(txn->StartStatement(nullptr));
    if (txn->catalog()->FindRelation(schema::kPublicSchema, table_) != nullptr) return Ok();
    LATHE_ASSIGN(schema::RelationPtr made, txn->CreateTable(KeyedSpec(table_)));
    (void)made;
    return txn->Commit();
  }

  schema::RelationPtr Find(Engine* engine) const {
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    return txn->catalog()->FindRelation(schema::kPublicSchema, table_);
  }

  Model Read(Engine* engine) const {
    Model rows;
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    schema::RelationPtr relation = txn->catalog()->FindRelation(schema::kPublicSchema, table_);
    if (relation == nullptr) return rows;
    for (Row& row : Scan(txn.get(), relation)) {
      int64_t key = std::stoll(*row[0]);
      LATHE_CHECK_NOTE(rows.emplace(key, std::move(row)).second, "a key twice");
    }
    return rows;
  }

  uint64_t commits() const { return commits_; }
  const Model& model() const { return model_; }

  /// Changes the model as commit number commits() does.
  void Advance() {
    Batch batch = Plan();
    if (batch.truncate) model_.clear();
    for (const Row& row : batch.inserts) model_[std::stoll(*row[0])] = row;
    for (const auto& [key, row] : batch.updates) model_[key] = row;
    for (int64_t key : batch.deletes) model_.erase(key);
    model_[-1] = Progress();
    ++commits_;
  }

  /// Runs commit number commits() in the engine (not in the model); now and then it is rolled back
  /// first and then run.
  Status Commit(Engine* engine) const {
    if (Dice(seed_ ^ commits_ * 77).Below(10) == 0) LATHE_TRY(Run(engine, true));
    return Run(engine, false);
  }

 private:
  Status Run(Engine* engine, bool rehearse) const {
    Batch batch = Plan();
    auto txn = engine->Begin(txn::Isolation::kReadCommitted);
    LATHE_TRY(txn->StartStatement(nullptr));
    schema::RelationPtr relation = txn->catalog()->FindRelation(schema::kPublicSchema, table_);
    if (batch.truncate) {
      LATHE_TRY(txn->TruncateTable(relation->id));
      relation = txn->catalog()->GetRelation(relation->id);
    }
    if (!batch.inserts.empty()) LATHE_TRY(Insert(txn.get(), relation, batch.inserts));
    for (const auto& [key, row] : batch.updates) {
      LATHE_TRY(Change(
          txn.get(), relation, [](const Row&) { return true; },
          [&row = row](const Row&) { return row; }, PointRequest(key)));
    }
    if (!batch.deletes.empty()) {
      std::set<std::string> keys;
      for (int64_t key : batch.deletes) keys.insert(std::to_string(key));
      exec::ScanRequest range;
      range.lower.values = {types::Value::Int8(batch.deletes.front())};
      range.upper.values = {types::Value::Int8(batch.deletes.back())};
      LATHE_TRY(Change(
          txn.get(), relation, [&](const Row& r) { return keys.contains(*r[0]); },
          [](const Row&) { return std::nullopt; }, range));
    }
    if (batch.truncate || !model_.contains(-1)) {
      LATHE_TRY(Insert(txn.get(), relation, {Progress()}));
    } else {
      LATHE_TRY(Change(
          txn.get(), relation, [](const Row&) { return true; },
          [&](const Row&) { return Progress(); }, PointRequest(-1)));
    }
    if (rehearse) {
      txn->Rollback();
      return Ok();
    }
    return txn->Commit();
  }

  struct Batch {
    bool truncate = false;
    std::vector<Row> inserts;  // keys that are not there
    std::vector<std::pair<int64_t, Row>> updates;
    std::vector<int64_t> deletes;  // ascending
  };

  Row Progress() const { return {"-1", std::to_string(commits_ + 1), "progress"}; }

  Row MakeRow(int64_t key, Dice* dice) const {
    Row row = {std::to_string(key), std::to_string(dice->Below(1000)), std::nullopt};
    int64_t length = dice->Below(40);
    if (dice->Below(200) == 0)
      length = 3000 + dice->Below(200'000);  // larger than a page now and then
    if (length > 0)
      row[2] = std::string(static_cast<size_t>(length), static_cast<char>('a' + dice->Below(26)));
    return row;
  }

  Batch Plan() const {
    Dice dice(seed_ * 1000003 + commits_);
    Batch batch;
    std::vector<int64_t> keys;
    for (const auto& [key, row] : model_) {
      if (key >= 0) keys.push_back(key);
    }
    auto some_key = [&] {
      return keys[static_cast<size_t>(dice.Below(static_cast<int64_t>(keys.size())))];
    };
    auto insert_new = [&](int64_t key, std::set<int64_t>* taken) {
      if (!model_.contains(key) && taken->insert(key).second)
        batch.inserts.push_back(MakeRow(key, &dice));
    };
    std::set<int64_t> taken;
    const int64_t kind = dice.Below(12);
    if (kind == 0 && commits_ > 0 && dice.Below(4) == 0) {
      batch.truncate = true;
    } else if (kind <= 2) {  // a load into a range of its own, sorted or not
      const int64_t base = dice.Below(50) * 1000;
      for (int64_t i = 0, n = 100 + dice.Below(400); i < n; ++i) insert_new(base + i, &taken);
      if (kind == 2) std::reverse(batch.inserts.begin(), batch.inserts.end());
    } else if (kind == 3) {  // a load scattered over what is there
      for (int64_t i = 0, n = 100 + dice.Below(300); i < n; ++i)
        insert_new(dice.Below(50'000), &taken);
    } else if (kind == 4 && !keys.empty()) {  // a range goes
      const int64_t first = some_key();
      const int64_t last = first + dice.Below(2000);
      for (int64_t key : keys) {
        if (key >= first && key <= last) batch.deletes.push_back(key);
      }
    } else {
      for (int64_t i = 0, n = 1 + dice.Below(4); i < n; ++i) insert_new(dice.Below(50'000), &taken);
    }
    if (!batch.truncate && !keys.empty() && batch.deletes.empty()) {
      std::set<int64_t> changed;
      for (int64_t i = 0, n = dice.Below(5); i < n; ++i) {
        const int64_t key = some_key();
        if (changed.insert(key).second) batch.updates.emplace_back(key, MakeRow(key, &dice));
      }
    }
    return batch;
  }

  std::string table_;
  uint64_t seed_;
  uint64_t commits_ = 0;
  Model model_;
};

}  // namespace lathe::table::testing
