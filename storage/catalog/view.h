// The catalog as one transaction sees it: the newest committed state that it has looked at, with
// its own changes on top.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/schema/schema.h"
#include "storage/catalog/state.h"

namespace lathe::catalog {

/// Gives current row counts, page counts and column bounds of a relation; never null. Implemented
/// by storage/table.
using LiveStats = std::function<StatsPtr(const schema::RelationPtr&)>;

/// Own catalog changes of a transaction; null = deleted.
struct Changes {
  std::map<SchemaId, SchemaPtr> schemas;
  std::map<RelationId, schema::RelationPtr> relations;
  std::map<RelationId, StatsPtr> stats;

  bool empty() const { return schemas.empty() && relations.empty() && stats.empty(); }
  /// As records for the commit.
  std::vector<txn::CatalogChange> ToRecords() const;
};

/// A transaction's CatalogReader. Used by one thread.
class View final : public schema::CatalogReader {
 public:
  View(StatePtr state, LiveStats live_stats)
      : state_(std::move(state)), live_stats_(std::move(live_stats)) {}

  SchemaPtr FindSchema(std::string_view name) override;
  SchemaPtr GetSchema(SchemaId id) override;
  schema::RelationPtr FindRelation(SchemaId schema, std::string_view name) override;
  schema::RelationPtr GetRelation(RelationId id) override;
  std::vector<SchemaPtr> Schemas() override;
  std::vector<schema::RelationPtr> Relations() override;
  StatsPtr GetStats(RelationId id) override;

  /// Looks at a newer committed state.
  void Refresh(StatePtr state) { state_ = std::move(state); }
  const CatalogState& state() const { return *state_; }

  void PutSchema(SchemaPtr schema);
  void DropSchema(SchemaId id) { changes_.schemas[id] = nullptr; }
  void PutRelation(schema::RelationPtr relation);
  void DropRelation(RelationId id);
  void PutStats(RelationId id, StatsPtr stats) { changes_.stats[id] = std::move(stats); }
  const Changes& changes() const { return changes_; }
  /// For undoing a statement.
  void Restore(Changes changes) { changes_ = std::move(changes); }

 private:
  StatePtr state_;
  LiveStats live_stats_;
  Changes changes_;
};

}  // namespace lathe::catalog
