// CREATE and DROP TABLE and SCHEMA, ALTER TABLE ADD PRIMARY KEY, TRUNCATE; and names in them.
#include <algorithm>

#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"

namespace lathe::session {
namespace {

using ast::PositionOf;

Notice Skipping(std::string message, SqlState state) {
  Notice notice;
  notice.fields = MakeError(state, std::move(message));
  return notice;
}

std::string KindName(const schema::RelationDescriptor& relation) {
  switch (relation.kind) {
    case schema::RelationKind::kView:
      return "view";
    case schema::RelationKind::kIndex:
      return "index";
    case schema::RelationKind::kType:
      return "type";
    default:
      return "table";
  }
}

}  // namespace

std::vector<std::string> SessionImpl::SearchPath() const {
  std::vector<std::string> path;
  const std::string& text = settings_.Get(Setting::search_path);
  std::string name;
  bool quoted = false, was_quoted = false;
  auto add = [&] {
    if (name == "$user") {
      name = user_;
    }
    if (!name.empty() || was_quoted) path.push_back(name);
    name.clear();
    was_quoted = false;
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      if (quoted && i + 1 < text.size() && text[i + 1] == '"') {
        name += c;
        ++i;
        continue;
      }
      quoted = !quoted;
      was_quoted = true;
    } else if (c == ',' && !quoted) {
      add();
    } else if (c != ' ' || quoted) {
      name += !quoted && c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
    }
  }
  add();
  return path;
}

Result<schema::RelationPtr> SessionImpl::ResolveTable(const ast::QualifiedName& name,
                                                      std::string_view sql, bool missing_ok) {
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  Result<schema::RelationPtr> found = bind::FindRelation(name, context, missing_ok);
  if (!found.ok() || *found == nullptr) {
    // PostgreSQL gives no position for the tables of utility statements.
    if (!found.ok()) {
      Error error = std::move(found).error();
      error.position = 0;
      return error;
    }
    return found;
  }
  if ((*found)->kind == schema::RelationKind::kVirtual) {
    return MakeError(SqlState::kInsufficientPrivilege,
                     "permission denied: \"" + (*found)->name + "\" is a system catalog");
  }
  return found;
}

Status SessionImpl::RunCreateSchema(Run* run) {
  const auto& create = run->prepared->statement->As<ast::CreateSchemaStatement>();
  if (!create.elements.empty()) return NotSupported("CREATE SCHEMA with elements");
  if (!create.authorization.empty() && create.authorization != user_ &&
      create.authorization != "current_user") {
    return NotSupported("CREATE SCHEMA AUTHORIZATION of another role");
  }
  const std::string& name = create.name.empty() ? user_ : create.name;
  run->tag = "CREATE SCHEMA";
  if (create.if_not_exists && catalog_->FindSchema(name) != nullptr) {
    run->client->SendNotice(
        Skipping("schema \"" + name + "\" already exists, skipping", SqlState::kDuplicateSchema));
    return Ok();
  }
  LATHE_TRY(txn_->CreateSchema(name));
  return Ok();
}

Status SessionImpl::RunCreateTable(Run* run) {
  const auto& create = run->prepared->statement->As<ast::CreateTableStatement>();
  bind::BindContext context = MakeBindContext(run->prepared->sql, catalog_.get());
  LATHE_ASSIGN(
      auto schema,
      CreationSchema(create.table, create.persistence == ast::Persistence::kTemporary, &context));
  if (schema->id == schema::kPgCatalogSchema || schema->id == schema::kInformationSchema) {
    return MakeError(
        SqlState::kInsufficientPrivilege,
        "permission denied to create \"" + schema->name + "." + create.table.name + "\"");
  }
  run->tag = "CREATE TABLE";
  if (catalog_->FindRelation(schema->id, create.table.name) != nullptr) {
    std::string message = "relation \"" + create.table.name + "\" already exists";
    if (!create.if_not_exists) return MakeError(SqlState::kDuplicateTable, message);
    run->client->SendNotice(Skipping(message + ", skipping", SqlState::kDuplicateTable));
    return Ok();
  }
  std::vector<bind::IndexDefinition> uniques;
  LATHE_ASSIGN(schema::RelationDescriptor table, bind::BindCreateTable(create, context, &uniques));
  table::TableSpec spec;
  spec.schema = schema->id;
  spec.name = table.name;
  spec.columns = table.columns;
  spec.key = table.key;
  spec.primary_key_name = table.primary_key_name;
  spec.fillfactor = table.fillfactor;
  spec.append_only = table.append_only;
  LATHE_ASSIGN(schema::RelationPtr made, txn_->CreateTable(spec));
  for (const bind::IndexDefinition& unique : uniques) LATHE_TRY(MakeIndex(*made, unique, true));
  return NoteOnCommit(*made, create.on_commit);
}

Status SessionImpl::RunDrop(Run* run) {
  const auto& drop = run->prepared->statement->As<ast::DropStatement>();
  const std::string& sql = run->prepared->sql;
  if (drop.type == ast::ObjectType::kSchema) {
    run->tag = "DROP SCHEMA";
    for (const ast::ObjectName& object : drop.names) {
      const std::string& name = object.name.name;
      auto schema = catalog_->FindSchema(name);
      if (schema == nullptr) {
        std::string message = "schema \"" + name + "\" does not exist";
        if (!drop.if_exists) return MakeError(SqlState::kInvalidSchemaName, message);
        run->client->SendNotice(Skipping(message + ", skipping", SqlState::kSuccessfulCompletion));
        continue;
      }
      if (schema->id == schema::kPgCatalogSchema || schema->id == schema::kInformationSchema) {
        return MakeError(
            SqlState::kDependentObjectsStillExist,
            "cannot drop schema " + name + " because it is required by the database system");
      }
      std::vector<schema::RelationPtr> inside;
      for (const schema::RelationPtr& relation : txn_->catalog()->Relations()) {
        // Indexes go with their tables.
        if (relation->schema == schema->id && relation->kind != schema::RelationKind::kIndex) {
          inside.push_back(relation);
        }
      }
      if (!inside.empty() && !drop.cascade) {
        Error error =
            MakeError(SqlState::kDependentObjectsStillExist,
                      "cannot drop schema " + name + " because other objects depend on it");
        for (const schema::RelationPtr& relation : inside) {
          if (!error.detail.empty()) error.detail += "\n";
          error.detail += KindName(*relation) + " " + name + "." + relation->name +
                          " depends on schema " + name;
        }
        error.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
        return error;
      }
      for (const schema::RelationPtr& relation : inside) {
        // A view among them may have gone with its table.
        if (txn_->catalog()->GetRelation(relation->id) == nullptr) continue;
        LATHE_TRY(DropRelation(relation, true, run->client));
      }
      LATHE_TRY(txn_->DropSchema(schema->id));
    }
    return Ok();
  }
  if (drop.type == ast::ObjectType::kIndex) return RunDropIndex(run);
  if (drop.type == ast::ObjectType::kType) return RunDropType(run);
  if (drop.type != ast::ObjectType::kTable && drop.type != ast::ObjectType::kView) {
    return NotSupported(StatementName(*run->prepared->statement),
                        PositionOf(sql, run->prepared->statement->location));
  }
  const bool table = drop.type == ast::ObjectType::kTable;
  run->tag = table ? "DROP TABLE" : "DROP VIEW";
  for (const ast::ObjectName& object : drop.names) {
    bind::BindContext context = MakeBindContext(sql, catalog_.get());
    Result<schema::RelationPtr> found = bind::FindRelation(object.name, context, true);
    if (!found.ok() && !(drop.if_exists && found.error().state == SqlState::kInvalidSchemaName)) {
      return std::move(found).error();
    }
    const std::string kind = table ? "table" : "view";
    if (!found.ok()) {
      run->client->SendNotice(
          Skipping("schema \"" + object.name.schema + "\" does not exist, skipping",
                   SqlState::kSuccessfulCompletion));
      continue;
    }
    if (*found == nullptr) {
      std::string message = kind + " \"" + object.name.name + "\" does not exist";
      if (!drop.if_exists) return MakeError(SqlState::kUndefinedTable, message);
      run->client->SendNotice(Skipping(message + ", skipping", SqlState::kSuccessfulCompletion));
      continue;
    }
    if ((*found)->kind == schema::RelationKind::kVirtual) {
      return MakeError(SqlState::kInsufficientPrivilege,
                       "permission denied: \"" + (*found)->name + "\" is a system catalog");
    }
    if ((*found)->kind != (table ? schema::RelationKind::kTable : schema::RelationKind::kView)) {
      Error error =
          MakeError(SqlState::kWrongObjectType, "\"" + (*found)->name + "\" is not a " + kind);
      const std::string is = KindName(**found);
      error.hint = "Use DROP " +
                   std::string(is == "view"    ? "VIEW"
                               : is == "index" ? "INDEX"
                                               : "TABLE") +
                   " to remove " + (is == "index" ? "an " : "a ") + is + ".";
      return error;
    }
    LATHE_TRY(DropRelation(*found, drop.cascade, run->client));
  }
  return Ok();
}

Status SessionImpl::DropRelation(const schema::RelationPtr& relation, bool cascade,
                                 Client* client) {
  // All views that read it, directly or through others, nearest first.
  std::vector<std::pair<schema::RelationPtr, schema::RelationPtr>>
      dependents;  // view, what it reads
  std::vector<schema::RelationPtr> open = {relation};
  for (size_t i = 0; i < open.size(); ++i) {
    for (const schema::RelationPtr& view : txn_->catalog()->Relations()) {
      if (view->kind != schema::RelationKind::kView || view->id == relation->id) continue;
      if (std::find(view->view_reads.begin(), view->view_reads.end(), open[i]->id) ==
          view->view_reads.end()) {
        continue;
      }
      if (std::any_of(open.begin(), open.end(),
                      [&](const auto& known) { return known->id == view->id; })) {
        continue;
      }
      dependents.emplace_back(view, open[i]);
      open.push_back(view);
    }
  }
  if (!dependents.empty() && !cascade) {
    Error error = MakeError(SqlState::kDependentObjectsStillExist,
                            "cannot drop " + KindName(*relation) + " " + relation->name +
                                " because other objects depend on it");
    for (const auto& [view, read] : dependents) {
      if (!error.detail.empty()) error.detail += "\n";
      error.detail += "view " + view->name + " depends on " + KindName(*read) + " " + read->name;
    }
    error.hint = "Use DROP ... CASCADE to drop the dependent objects too.";
    return error;
  }
  if (client == nullptr) {
    // Nobody to tell.
  } else if (dependents.size() == 1) {
    client->SendNotice(Skipping("drop cascades to view " + dependents[0].first->name,
                                SqlState::kSuccessfulCompletion));
  } else if (dependents.size() > 1) {
    Notice notice =
        Skipping("drop cascades to " + std::to_string(dependents.size()) + " other objects",
                 SqlState::kSuccessfulCompletion);
    for (const auto& [view, read] : dependents) {
      if (!notice.fields.detail.empty()) notice.fields.detail += "\n";
      notice.fields.detail += "drop cascades to view " + view->name;
    }
    client->SendNotice(notice);
  }
  for (auto it = dependents.rbegin(); it != dependents.rend(); ++it) {
    LATHE_TRY(txn_->DropTable(it->first->id));
  }
  return txn_->DropTable(relation->id);
}

Status SessionImpl::RunAlterTable(Run* run) {
  const auto& alter = run->prepared->statement->As<ast::AlterTableStatement>();
  const std::string& sql = run->prepared->sql;
  if (alter.object != ast::ObjectType::kTable) {
    return NotSupported(StatementName(alter), PositionOf(sql, alter.location));
  }
  run->tag = "ALTER TABLE";
  LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(alter.table, sql, alter.if_exists));
  if (table == nullptr) {
    run->client->SendNotice(
        Skipping("relation \"" + alter.table.name + "\" does not exist, skipping",
                 SqlState::kSuccessfulCompletion));
    return Ok();
  }
  for (const ast::AlterTableCommand& command : alter.commands) {
    const bool add = command.type == ast::AlterTableCommand::Type::kAddConstraint &&
                     command.constraint != nullptr;
    if (add && command.constraint->type == ast::Constraint::Type::kUnique) {
      bind::BindContext context = MakeBindContext(sql, catalog_.get());
      LATHE_ASSIGN(bind::IndexDefinition unique,
                   bind::BindAddUnique(*table, *command.constraint, context));
      LATHE_TRY(MakeIndex(*table, unique, true));
      table = txn_->catalog()->GetRelation(table->id);
      continue;
    }
    if (!add || command.constraint->type != ast::Constraint::Type::kPrimaryKey)
      return NotSupported("this form of ALTER TABLE", PositionOf(sql, command.location));
    LATHE_ASSIGN(table, txn_->LockTable(table->id, txn::TableLockMode::kAccessExclusive));
    bind::BindContext context = MakeBindContext(sql, catalog_.get());
    LATHE_ASSIGN(schema::RelationDescriptor keyed,
                 bind::BindAddPrimaryKey(*table, *command.constraint, context));
    std::vector<uint32_t> columns;
    for (const schema::KeyColumn& column : keyed.key) columns.push_back(column.column);
    LATHE_ASSIGN(table, txn_->AddPrimaryKey(table->id, columns, keyed.primary_key_name));
  }
  return Ok();
}

Status SessionImpl::RunTruncate(Run* run) {
  const auto& truncate = run->prepared->statement->As<ast::TruncateStatement>();
  for (const auto& ref : truncate.tables) {
    LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(ref->name, run->prepared->sql, false));
    if (table->kind != schema::RelationKind::kTable) {
      return MakeError(SqlState::kWrongObjectType, "\"" + table->name + "\" is not a table");
    }
    LATHE_TRY(txn_->TruncateTable(table->id));
  }
  run->tag = "TRUNCATE TABLE";
  return Ok();
}

}  // namespace lathe::session
