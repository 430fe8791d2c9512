// CREATE, DROP, TRUNCATE and ALTER as changes of the transaction's catalog view, with the locks and
// the checks that they need.
#include <algorithm>
#include <functional>

#include "storage/table/transaction_impl.h"

namespace lathe::table {
namespace {

// Lock objects: names in a schema, and schemas against their own removal. Relations have their oid,
// storages bit 63.
uint64_t NameObject(SchemaId schema, const std::string& name) {
  uint64_t hash = std::hash<std::string>()(name) * 0x9E3779B97F4A7C15ull + schema.value;
  return 1ull << 62 | (hash >> 2);
}
uint64_t SchemaObject(SchemaId schema) { return 1ull << 40 | schema.value; }

Error SchemaGone(SchemaId schema) {
  return MakeError(SqlState::kInvalidSchemaName,
                   "schema with OID " + std::to_string(schema.value) + " does not exist");
}

}  // namespace

Status TransactionImpl::LockName(SchemaId schema, const std::string& name) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, NameObject(schema, name),
                                              txn::TableLockMode::kExclusive, lock_wait()));
  view_.Refresh(engine_->catalog()->state());
  return Ok();
}

Result<StorageId> TransactionImpl::NewStorage() {
  LATHE_ASSIGN(uint64_t id, engine_->storage_ids()->Next());
  created_.push_back(StorageId(id));
  engine_->NoteNewStorage(StorageId(id));
  return StorageId(id);
}

Result<SchemaId> TransactionImpl::CreateSchema(const std::string& name) {
  if (name.starts_with("pg_") && !name.starts_with("pg_temp_")) {
    Error error = MakeError(SqlState::kReservedName, "unacceptable schema name \"" + name + "\"");
    error.detail = "The prefix \"pg_\" is reserved for system schemas.";
    return error;
  }
  LATHE_TRY(LockName(SchemaId(), name));
  if (view_.FindSchema(name) != nullptr) {
    return MakeError(SqlState::kDuplicateSchema, "schema \"" + name + "\" already exists");
  }
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next());
  SchemaId id(static_cast<uint32_t>(oid));
  view_.PutSchema(std::make_shared<schema::SchemaDescriptor>(schema::SchemaDescriptor{id, name}));
  return id;
}

Status TransactionImpl::DropSchema(SchemaId schema) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, SchemaObject(schema),
                                              txn::TableLockMode::kAccessExclusive, lock_wait()));
  view_.Refresh(engine_->catalog()->state());
  catalog::SchemaPtr found = view_.GetSchema(schema);
  if (found == nullptr) return SchemaGone(schema);
  if (schema == schema::kPgCatalogSchema || schema == schema::kInformationSchema) {
    return MakeError(
        SqlState::kDependentObjectsStillExist,
        "cannot drop schema " + found->name + " because it is required by the database system");
  }
  std::string dependents;
  for (const schema::RelationPtr& relation : view_.Relations()) {
    if (relation->schema != schema || relation->kind == schema::RelationKind::kIndex) continue;
    if (!dependents.empty()) dependents += "\n";
    dependents +=
        "table " + found->name + "." + relation->name + " depends on schema " + found->name;
  }
  if (!dependents.empty()) {
    Error error =
        MakeError(SqlState::kDependentObjectsStillExist,
                  "cannot drop schema " + found->name + " because other objects depend on it");
    error.detail = dependents;
    error.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
    return error;
  }
  view_.DropSchema(schema);
  return Ok();
}

std::string TransactionImpl::FreeRelationName(SchemaId schema, const std::string& name) {
  std::string candidate = name;
  auto taken = [&] {
    if (view_.FindRelation(schema, candidate) != nullptr) return true;
    for (const schema::RelationPtr& relation : view_.Relations()) {
      if (relation->schema == schema && relation->primary_key_name == candidate) return true;
    }
    return false;
  };
  for (int i = 1; taken(); ++i) candidate = name + std::to_string(i);
  return candidate;
}

Result<schema::RelationPtr> TransactionImpl::MakeTable(schema::RelationDescriptor relation) {
  LATHE_ASSIGN(relation.storage, NewStorage());
  auto made = std::make_shared<const schema::RelationDescriptor>(std::move(relation));
  LATHE_TRY(keyspace::KeyEncoder::Make(*made));  // 0A000 for types that cannot be keys
  view_.PutRelation(made);
  return schema::RelationPtr(made);
}

Result<schema::RelationPtr> TransactionImpl::CreateTable(const TableSpec& spec) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, SchemaObject(spec.schema),
                                              txn::TableLockMode::kAccessShare, lock_wait()));
  LATHE_TRY(LockName(spec.schema, spec.name));
  if (view_.GetSchema(spec.schema) == nullptr) return SchemaGone(spec.schema);
  if (view_.FindRelation(spec.schema, spec.name) != nullptr) {
    return MakeError(SqlState::kDuplicateTable, "relation \"" + spec.name + "\" already exists");
  }
  schema::RelationDescriptor relation;
  relation.schema = spec.schema;
  relation.name = spec.name;
  relation.columns = spec.columns;
  relation.key = spec.key;
  relation.fillfactor = spec.fillfactor;
  relation.append_only = spec.append_only;
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    relation.columns[i].number = ColumnNumber(static_cast<uint16_t>(i + 1));
    for (size_t j = 0; j < i; ++j) {
      if (relation.columns[j].name == relation.columns[i].name) {
        return MakeError(SqlState::kDuplicateColumn,
                         "column \"" + relation.columns[i].name + "\" specified more than once");
      }
    }
  }
  for (const schema::KeyColumn& part : relation.key) {
    LATHE_CHECK(part.column < relation.columns.size());
    relation.columns[part.column].not_null = true;
  }
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next(2));
  relation.id = RelationId(static_cast<uint32_t>(oid));
  if (!relation.key.empty()) {
    relation.unique = true;
    relation.primary_key_oid = Oid(static_cast<uint32_t>(oid + 1));
    if (spec.primary_key_name.empty()) {
      relation.primary_key_name = FreeRelationName(spec.schema, spec.name + "_pkey");
    } else if (spec.choose_name) {
      relation.primary_key_name = FreeRelationName(spec.schema, spec.primary_key_name);
    } else if (FreeRelationName(spec.schema, spec.primary_key_name) != spec.primary_key_name) {
      return MakeError(SqlState::kDuplicateTable,
                       "relation \"" + spec.primary_key_name + "\" already exists");
    } else {
      relation.primary_key_name = spec.primary_key_name;
    }
  }
  LATHE_TRY(engine_->locks()->LockTableObject(id_, relation.id.value,
                                              txn::TableLockMode::kAccessExclusive, lock_wait()));
  return MakeTable(std::move(relation));
}

Result<schema::RelationPtr> TransactionImpl::CreateView(const ViewSpec& spec, bool replace) {
  LATHE_TRY(engine_->locks()->LockTableObject(id_, SchemaObject(spec.schema),
                                              txn::TableLockMode::kAccessShare, lock_wait()));
  LATHE_TRY(LockName(spec.schema, spec.name));
  if (view_.GetSchema(spec.schema) == nullptr) return SchemaGone(spec.schema);
  schema::RelationDescriptor relation;
  if (schema::RelationPtr found = view_.FindRelation(spec.schema, spec.name)) {
    if (!replace) {
      return MakeError(SqlState::kDuplicateTable, "relation \"" + spec.name + "\" already exists");
    }
    if (found->kind != schema::RelationKind::kView) {
      return MakeError(SqlState::kWrongObjectType, "\"" + spec.name + "\" is not a view");
    }
    LATHE_ASSIGN(found, LockTable(found->id, txn::TableLockMode::kAccessExclusive));
    relation = *found;
    ++relation.version;
  } else {
    LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next());
    relation.id = RelationId(static_cast<uint32_t>(oid));
    relation.kind = schema::RelationKind::kView;
    relation.schema = spec.schema;
    relation.name = spec.name;
    LATHE_TRY(engine_->locks()->LockTableObject(id_, relation.id.value,
                                                txn::TableLockMode::kAccessExclusive, lock_wait()));
  }
  relation.columns = spec.columns;
  for (size_t i = 0; i < relation.columns.size(); ++i) {
    relation.columns[i].number = ColumnNumber(static_cast<uint16_t>(i + 1));
  }
  relation.view_sql = spec.sql;
  relation.view_search_path = spec.search_path;
  relation.view_reads = spec.reads;
  relation.view_relations = spec.relations;
  auto made = std::make_shared<const schema::RelationDescriptor>(std::move(relation));
  view_.PutRelation(made);
  return schema::RelationPtr(made);
}

Status TransactionImpl::DropTable(RelationId id) {
  LATHE_ASSIGN(schema::RelationPtr relation, LockTable(id, txn::TableLockMode::kAccessExclusive));
  for (RelationId index : relation->indexes) {
    schema::RelationPtr found = view_.GetRelation(index);
    if (found == nullptr) continue;
    view_.DropRelation(index);
    dropped_.push_back(found->storage);
  }
  view_.DropRelation(id);
  if (relation->storage.value != 0) dropped_.push_back(relation->storage);
  return Ok();
}

Status TransactionImpl::TruncateTable(RelationId id) {
  LATHE_ASSIGN(schema::RelationPtr relation, LockTable(id, txn::TableLockMode::kAccessExclusive));
  schema::RelationDescriptor next = *relation;
  ++next.version;
  LATHE_TRY(MakeTable(std::move(next)));
  dropped_.push_back(relation->storage);
  for (RelationId id : relation->indexes) {
    schema::RelationPtr index = view_.GetRelation(id);
    LATHE_CHECK(index != nullptr);
    schema::RelationDescriptor empty = *index;
    ++empty.version;
    LATHE_TRY(MakeTable(std::move(empty)));
    dropped_.push_back(index->storage);
  }
  return Ok();
}

Result<schema::RelationPtr> TransactionImpl::AddPrimaryKey(RelationId id,
                                                           const std::vector<uint32_t>& columns,
                                                           const std::string& name) {
  LATHE_ASSIGN(schema::RelationPtr before, LockTable(id, txn::TableLockMode::kAccessExclusive));
  if (!before->primary_key_name.empty()) {
    return MakeError(SqlState::kInvalidTableDefinition,
                     "multiple primary keys for table \"" + before->name + "\" are not allowed");
  }
  schema::RelationDescriptor next = *before;
  ++next.version;
  ++next.schema_version;
  next.unique = true;
  for (uint32_t column : columns) {
    next.key.push_back({column});
    next.columns[column].not_null = true;
  }
  LATHE_TRY(LockName(before->schema, name.empty() ? before->name + "_pkey" : name));
  next.primary_key_name =
      FreeRelationName(before->schema, name.empty() ? before->name + "_pkey" : name);
  if (!name.empty() && next.primary_key_name != name) {
    return MakeError(SqlState::kDuplicateTable, "relation \"" + name + "\" already exists");
  }
  LATHE_ASSIGN(uint64_t oid, engine_->oids()->Next());
  next.primary_key_oid = Oid(static_cast<uint32_t>(oid));
  LATHE_ASSIGN(schema::RelationPtr after, MakeTable(std::move(next)));
  LATHE_TRY(Rewrite(before, after, nullptr));
  dropped_.push_back(before->storage);
  // Entries name rows by the table's key.
  for (RelationId id : before->indexes) {
    schema::RelationPtr index = view_.GetRelation(id);
    LATHE_CHECK(index != nullptr);
    LATHE_ASSIGN(schema::RelationPtr made, MakeIndex(*index, after));
    LATHE_TRY(BuildIndex(after, made));
    dropped_.push_back(index->storage);
  }
  return after;
}

}  // namespace lathe::table
