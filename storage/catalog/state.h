// The committed catalog at one moment, as an immutable value: transactions hold it by shared
// pointer, a commit with catalog changes makes the next one.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/schema/schema.h"
#include "storage/catalog/record.h"
#include "storage/txn/batch.h"

namespace lathe::catalog {

using SchemaPtr = std::shared_ptr<const schema::SchemaDescriptor>;
using StatsPtr = std::shared_ptr<const schema::RelationStats>;

/// Another number at each call, never 0. Thread-safe.
uint64_t NextStateSerial();

/// Everything that is committed. Immutable once shared.
struct CatalogState {
  uint64_t serial = NextStateSerial();  // of this value: no other one of this process has it
  std::map<RoleId, Role> roles;
  std::map<DatabaseId, Database> databases;
  std::map<SchemaId, SchemaPtr> schemas;
  std::map<std::string, SchemaId, std::less<>> schema_names;
  std::map<RelationId, schema::RelationPtr> relations;
  std::map<std::pair<SchemaId, std::string>, RelationId> relation_names;
  std::map<RelationId, StatsPtr> stats;  // as ANALYZE left them

  /// Puts or (no value) deletes one record. Error XX001: damaged.
  Status Apply(std::string_view key, const std::optional<std::string_view>& value);
};
using StatePtr = std::shared_ptr<const CatalogState>;

/// state with the changes of a batch; state itself when there are none.
Result<StatePtr> ApplyChanges(const StatePtr& state,
                              const std::vector<txn::CatalogChange>& changes);

/// The records of a new data directory: role and database lathe, the three schemas.
std::vector<txn::CatalogChange> BootstrapRecords();

}  // namespace lathe::catalog
