#include "storage/catalog/state.h"

#include <atomic>

namespace lathe::catalog {

Status CatalogState::Apply(std::string_view key, const std::optional<std::string_view>& value) {
  RecordKind kind;
  uint32_t id;
  if (!ParseRecordKey(key, &kind, &id)) {
    return MakeError(SqlState::kDataCorrupted, "catalog key is damaged");
  }
  switch (kind) {
    case RecordKind::kRole: {
      roles.erase(RoleId(id));
      if (!value) return Ok();
      LATHE_ASSIGN(Role role, DecodeRole(*value));
      roles[role.id] = std::move(role);
      return Ok();
    }
    case RecordKind::kDatabase: {
      databases.erase(DatabaseId(id));
      if (!value) return Ok();
      LATHE_ASSIGN(Database database, DecodeDatabase(*value));
      databases[database.id] = std::move(database);
      return Ok();
    }
    case RecordKind::kSchema: {
      if (auto it = schemas.find(SchemaId(id)); it != schemas.end()) {
        schema_names.erase(it->second->name);
        schemas.erase(it);
      }
      if (!value) return Ok();
      LATHE_ASSIGN(schema::SchemaDescriptor schema, DecodeSchema(*value));
      auto added = std::make_shared<schema::SchemaDescriptor>(std::move(schema));
      schema_names[added->name] = added->id;
      schemas[added->id] = std::move(added);
      return Ok();
    }
    case RecordKind::kRelation: {
      if (auto it = relations.find(RelationId(id)); it != relations.end()) {
        relation_names.erase({it->second->schema, it->second->name});
        relations.erase(it);
      }
      if (!value) return Ok();
      LATHE_ASSIGN(schema::RelationDescriptor relation, DecodeRelation(*value));
      auto added = std::make_shared<schema::RelationDescriptor>(std::move(relation));
      relation_names[{added->schema, added->name}] = added->id;
      relations[added->id] = std::move(added);
      return Ok();
    }
    case RecordKind::kStats: {
      stats.erase(RelationId(id));
      if (!value) return Ok();
      LATHE_ASSIGN(schema::RelationStats found, DecodeStats(*value));
      stats[RelationId(id)] = std::make_shared<schema::RelationStats>(std::move(found));
      return Ok();
    }
  }
  return MakeError(SqlState::kDataCorrupted, "catalog key is of an unknown kind");
}

uint64_t NextStateSerial() {
  static std::atomic<uint64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Result<StatePtr> ApplyChanges(const StatePtr& state,
                              const std::vector<txn::CatalogChange>& changes) {
  if (changes.empty()) return state;
  auto next = std::make_shared<CatalogState>(*state);
  next->serial = NextStateSerial();
  for (const txn::CatalogChange& change : changes) {
    std::optional<std::string_view> value;
    if (change.value.has_value()) value = *change.value;
    LATHE_TRY(next->Apply(change.key, value));
  }
  return StatePtr(std::move(next));
}

std::vector<txn::CatalogChange> BootstrapRecords() {
  const Role role{RoleId(10), "lathe", true, true};
  const Database database{DatabaseId(5), "lathe", role.id};
  std::vector<txn::CatalogChange> records;
  records.push_back({RecordKey(RecordKind::kRole, role.id.value), EncodeRole(role)});
  records.push_back(
      {RecordKey(RecordKind::kDatabase, database.id.value), EncodeDatabase(database)});
  for (const schema::SchemaDescriptor& schema :
       {schema::SchemaDescriptor{schema::kPgCatalogSchema, "pg_catalog"},
        schema::SchemaDescriptor{schema::kPublicSchema, "public"},
        schema::SchemaDescriptor{schema::kInformationSchema, "information_schema"}}) {
    records.push_back({RecordKey(RecordKind::kSchema, schema.id.value), EncodeSchema(schema)});
  }
  return records;
}

}  // namespace lathe::catalog
