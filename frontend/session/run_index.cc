// CREATE INDEX, DROP INDEX, and the indexes of UNIQUE constraints.
#include <algorithm>

#include "frontend/bind/index.h"
#include "frontend/session/session_impl.h"

namespace lathe::session {
namespace {

Notice Skipping(std::string message, SqlState state) {
  Notice notice;
  notice.fields = MakeError(state, std::move(message));
  return notice;
}

}  // namespace

Status SessionImpl::MakeIndex(const schema::RelationDescriptor& table,
                              const bind::IndexDefinition& index, bool constraint) {
  table::IndexSpec spec;
  spec.table = table.id;
  spec.name = index.name;
  spec.choose_name = !index.named;
  spec.columns = index.columns;
  spec.expressions = index.expressions;
  spec.predicate = index.predicate;
  spec.unique = index.unique;
  spec.nulls_not_distinct = index.nulls_not_distinct;
  spec.include = index.include;
  spec.deferrable = index.deferrable;
  spec.initially_deferred = index.initially_deferred;
  // A key that may be doubled for a while: the index does not refuse it (CheckUnique does).
  if (index.deferrable) spec.unique = false;
  spec.constraint = constraint;
  spec.fillfactor = index.fillfactor;
  LATHE_ASSIGN(schema::RelationPtr made, txn_->CreateIndex(spec));
  return index.deferrable ? CheckAllUnique(table, *made) : Ok();
}

Status SessionImpl::RunCreateIndex(Run* run) {
  const auto& create = run->prepared->statement->As<ast::CreateIndexStatement>();
  const std::string& sql = run->prepared->sql;
  run->tag = "CREATE INDEX";
  // Writers wait meanwhile, as with any other index.
  if (create.concurrently) LATHE_TRY(RequireNoBlock("CREATE INDEX CONCURRENTLY"));
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  LATHE_ASSIGN(schema::RelationPtr table, bind::FindRelation(create.table, context));
  if (table->kind == schema::RelationKind::kVirtual) {
    return MakeError(SqlState::kInsufficientPrivilege,
                     "permission denied: \"" + table->name + "\" is a system catalog");
  }
  if (table->kind != schema::RelationKind::kTable) {
    Error error = MakeError(SqlState::kWrongObjectType,
                            "cannot create index on relation \"" + table->name + "\"");
    error.detail = table->kind == schema::RelationKind::kView
                       ? "This operation is not supported for views."
                       : "This operation is not supported for indexes.";
    return error;
  }
  LATHE_ASSIGN(table, txn_->LockTable(table->id, txn::TableLockMode::kShareRowExclusive));
  LATHE_ASSIGN(bind::IndexDefinition index, bind::BindCreateIndex(create, *table, context));
  if (create.if_not_exists && catalog_->FindRelation(table->schema, index.name) != nullptr) {
    run->client->SendNotice(Skipping("relation \"" + index.name + "\" already exists, skipping",
                                     SqlState::kDuplicateTable));
    return Ok();
  }
  if (!table->is_partitioned()) return MakeIndex(*table, index, false);
  if (create.concurrently) {
    return MakeError(SqlState::kFeatureNotSupported, "cannot create index on partitioned table \"" +
                                                         table->name + "\" concurrently");
  }
  if (index.unique) LATHE_TRY(bind::CheckUniqueOfPartitioned(*table, index));
  const std::vector<RelationId> before = table->indexes;
  LATHE_TRY(MakeIndex(*table, index, false));
  if (create.only) return NotSupported("CREATE INDEX ON ONLY a partitioned table");
  schema::RelationDescriptor more = *catalog_->GetRelation(table->id);
  std::erase_if(more.indexes, [&](RelationId id) {
    return std::find(before.begin(), before.end(), id) != before.end();
  });
  more.foreign_keys.clear();
  for (schema::RelationPtr child : DescendantsOf(*table)) {
    LATHE_TRY(CopyPartsOfParent(std::make_shared<const schema::RelationDescriptor>(more), &child));
  }
  return Ok();
}

Status SessionImpl::RunDropIndex(Run* run) {
  const auto& drop = run->prepared->statement->As<ast::DropStatement>();
  const std::string& sql = run->prepared->sql;
  run->tag = "DROP INDEX";
  if (drop.concurrently) LATHE_TRY(RequireNoBlock("DROP INDEX CONCURRENTLY"));
  for (const ast::ObjectName& object : drop.names) {
    const std::string& name = object.name.name;
    bind::BindContext context = MakeBindContext(sql, catalog_.get());
    LATHE_ASSIGN(schema::RelationPtr index, bind::FindRelation(object.name, context, true));
    if (index == nullptr && !object.name.schema.empty() &&
        catalog_->FindSchema(object.name.schema) == nullptr) {
      const std::string message = "schema \"" + object.name.schema + "\" does not exist";
      if (!drop.if_exists) return MakeError(SqlState::kInvalidSchemaName, message);
      run->client->SendNotice(Skipping(message + ", skipping", SqlState::kSuccessfulCompletion));
      continue;
    }
    if (index == nullptr) {
      const std::string message = "index \"" + name + "\" does not exist";
      if (!drop.if_exists) return MakeError(SqlState::kUndefinedObject, message);
      run->client->SendNotice(Skipping(message + ", skipping", SqlState::kSuccessfulCompletion));
      continue;
    }
    if (index->kind == schema::RelationKind::kVirtual) {
      return MakeError(SqlState::kInsufficientPrivilege,
                       "permission denied: \"" + index->name + "\" is a system catalog");
    }
    if (index->kind != schema::RelationKind::kIndex) {
      Error error =
          MakeError(SqlState::kWrongObjectType, "\"" + index->name + "\" is not an index");
      const std::string kind = KindName(*index);
      error.hint = "Use DROP " + std::string(kind == "view" ? "VIEW" : "TABLE") + " to remove a " +
                   kind + ".";
      return error;
    }
    if (index->is_constraint) {
      schema::RelationPtr table = catalog_->GetRelation(index->table);
      const std::string constraint = "constraint " + index->name + " on table " + table->name;
      Error error =
          MakeError(SqlState::kDependentObjectsStillExist,
                    "cannot drop index " + index->name + " because " + constraint + " requires it");
      error.hint = "You can drop " + constraint + " instead.";
      return error;
    }
    schema::RelationPtr parent = catalog_->GetRelation(index->table);
    if (parent->is_partitioned() && !parent->children.empty()) {
      return NotSupported("DROP INDEX of an index of a partitioned table");
    }
    if (index->unique && HasUniqueParent(*parent)) {
      return NotSupported("DROP INDEX of a unique index of a partition");
    }
    LATHE_TRY(DropDependents("index " + index->name, ReferringTo(*parent, index->id, index->name),
                             drop.cascade, run->client));
    LATHE_TRY(txn_->DropIndex(index->id));
  }
  return Ok();
}

Status SessionImpl::RunReindex(Run* run) {
  const auto& reindex = run->prepared->statement->As<ast::ReindexStatement>();
  const std::string& sql = run->prepared->sql;
  using Target = ast::ReindexStatement::Target;
  run->tag = "REINDEX";
  for (const ast::Option& option : reindex.options) {
    if (option.name != "verbose" && option.name != "concurrently") {
      return NotSupported("REINDEX option \"" + option.name + "\"",
                          ast::PositionOf(sql, option.location));
    }
  }
  const bool whole = reindex.target != Target::kIndex && reindex.target != Target::kTable;
  if (reindex.concurrently) LATHE_TRY(RequireNoBlock("REINDEX CONCURRENTLY"));
  std::vector<schema::RelationPtr> tables;
  if (whole) {
    LATHE_TRY(RequireNoBlock(reindex.target == Target::kSchema     ? "REINDEX SCHEMA"
                             : reindex.target == Target::kDatabase ? "REINDEX DATABASE"
                                                                   : "REINDEX SYSTEM"));
    auto schema = catalog_->FindSchema(reindex.name.name);
    if (reindex.target == Target::kSchema && schema == nullptr) {
      return MakeError(SqlState::kInvalidSchemaName,
                       "schema \"" + reindex.name.name + "\" does not exist");
    }
    if (reindex.target != Target::kSchema && !reindex.name.name.empty() &&
        reindex.name.name != database_) {
      return MakeError(SqlState::kFeatureNotSupported,
                       "can only reindex the currently open database");
    }
    for (const schema::RelationPtr& table : txn_->catalog()->Relations()) {
      if (table->kind != schema::RelationKind::kTable || reindex.target == Target::kSystem)
        continue;
      if (reindex.target == Target::kSchema && table->schema != schema->id) continue;
      tables.push_back(table);
    }
  } else {
    LATHE_ASSIGN(schema::RelationPtr relation, ResolveTable(reindex.name, sql, false));
    if (reindex.target == Target::kIndex) {
      if (relation->kind != schema::RelationKind::kIndex) {
        return MakeError(SqlState::kWrongObjectType, "\"" + relation->name + "\" is not an index");
      }
      relation = catalog_->GetRelation(relation->table);
    } else if (relation->kind != schema::RelationKind::kTable) {
      return MakeError(SqlState::kWrongObjectType,
                       "\"" + relation->name + "\" is not a table or materialized view");
    }
    tables.push_back(std::move(relation));
  }
  // The rows are the primary key's index: table and indexes are made anew together.
  for (const schema::RelationPtr& table : tables) {
    Result<schema::RelationPtr> locked =
        txn_->LockTable(table->id, txn::TableLockMode::kAccessExclusive);
    if (!locked.ok()) {
      if (whole && locked.error().state == SqlState::kUndefinedTable)
        continue;  // dropped meanwhile
      return std::move(locked).error();
    }
    LATHE_TRY(txn_->RewriteTable(**locked, nullptr));
  }
  return Ok();
}

}  // namespace lathe::session
