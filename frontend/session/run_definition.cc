// CREATE and DROP TABLE and SCHEMA, TRUNCATE; and names in them.
#include <algorithm>

#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"

namespace lathe::session {
namespace {

using ast::PositionOf;

/// Does a CREATE TABLE say how its primary key is called?
bool NamesPrimaryKey(const ast::CreateTableStatement& create) {
  auto names = [](const ast::Constraint& constraint) {
    return constraint.type == ast::Constraint::Type::kPrimaryKey && !constraint.name.empty();
  };
  return std::any_of(create.elements.begin(), create.elements.end(), [&](const auto& element) {
    if (element.constraint != nullptr) return names(*element.constraint);
    return element.column != nullptr && std::any_of(element.column->constraints.begin(),
                                                    element.column->constraints.end(), names);
  });
}

Notice Skipping(std::string message, SqlState state) {
  Notice notice;
  notice.fields = MakeError(state, std::move(message));
  return notice;
}

}  // namespace

std::vector<std::string> SessionImpl::SearchPath() const {
  std::vector<std::string> path;
  const std::string& text = settings_.Get(Setting::search_path);
  if (!schema_being_made_.empty()) path.push_back(schema_being_made_);
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
  if (create.elements.empty()) return Ok();
  schema_being_made_ = name;
  Status done = RunSchemaElements(create, run);
  schema_being_made_.clear();
  return done;
}

// Sequences come first and indexes last, whatever their order, as PostgreSQL has it.
Status SessionImpl::RunSchemaElements(const ast::CreateSchemaStatement& create, Run* run) {
  using Kind = ast::Statement::Kind;
  const std::string& sql = run->prepared->sql;
  auto target = [](const ast::Statement& element) -> const ast::QualifiedName* {
    switch (element.kind) {
      case Kind::kCreateTable:
        return &element.As<ast::CreateTableStatement>().table;
      case Kind::kCreateView:
        return &element.As<ast::CreateViewStatement>().view;
      case Kind::kCreateSequence:
        return &element.As<ast::CreateSequenceStatement>().sequence;
      case Kind::kCreateIndex:
        return &element.As<ast::CreateIndexStatement>().table;
      default:
        return nullptr;
    }
  };
  for (const ast::StatementPtr& element : create.elements) {
    const ast::QualifiedName* of = target(*element);
    if (of == nullptr) return NotSupported("this element of CREATE SCHEMA");
    if (of->schema.empty() || of->schema == schema_being_made_) continue;
    return MakeError(SqlState::kInvalidSchemaDefinition,
                     "CREATE specifies a schema (" + of->schema +
                         ") different from the one being created (" + schema_being_made_ + ")");
  }
  for (Kind kind :
       {Kind::kCreateSequence, Kind::kCreateTable, Kind::kCreateView, Kind::kCreateIndex}) {
    for (size_t i = 0; i < create.elements.size(); ++i) {
      if (create.elements[i]->kind != kind) continue;
      const auto begin = static_cast<size_t>(create.elements[i]->location);
      const size_t end = i + 1 < create.elements.size()
                             ? static_cast<size_t>(create.elements[i + 1]->location)
                             : sql.size();
      // Blanks before it keep the positions of errors.
      LATHE_ASSIGN(std::shared_ptr<Prepared> prepared,
                   PrepareText(std::string(begin, ' ') + sql.substr(begin, end - begin)));
      const std::vector<types::Value> none;
      Run part{prepared.get(), &none, run->client, false, nullptr, nullptr, {}};
      LATHE_TRY(StartStatement());
      LATHE_TRY(RunOnce(&part));
    }
  }
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
  bind::TableParts parts;
  LATHE_ASSIGN(schema::RelationDescriptor table, bind::BindCreateTable(create, context, &parts));
  for (const std::string& notice : parts.notices) {
    Notify(run->client, "NOTICE", SqlState::kSuccessfulCompletion, notice);
  }
  schema::RelationPtr parent;
  for (RelationId id : table.parents) {
    LATHE_ASSIGN(parent, txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
    if (IsTemporary(parent->schema) == IsTemporary(schema->id)) continue;
    if (!table.is_partition()) {
      return NotSupported("inheritance between temporary and permanent tables");
    }
    return MakeError(
        SqlState::kWrongObjectType,
        IsTemporary(parent->schema)
            ? "cannot create a permanent relation as partition of temporary relation \"" +
                  parent->name + "\""
            : "cannot create a temporary relation as partition of permanent relation \"" +
                  parent->name + "\"");
  }
  if (table.is_partition())
    LATHE_TRY(
        CheckBound(parent, *table.partition_bound, table.name, *create.bound, run->prepared->sql));
  table::TableSpec spec;
  spec.schema = schema->id;
  spec.name = table.name;
  spec.columns = table.columns;
  spec.key = table.key;
  spec.primary_key_name = table.primary_key_name;
  spec.choose_name = !NamesPrimaryKey(create);
  spec.fillfactor = table.fillfactor;
  spec.append_only = table.append_only;
  LATHE_ASSIGN(schema::RelationPtr made, txn_->CreateTable(spec));
  const bool unlogged = create.persistence == ast::Persistence::kUnlogged;
  if (!table.checks.empty() || table.deferrable || table.is_partitioned() ||
      !table.parents.empty() || unlogged) {
    schema::RelationDescriptor next = *made;
    next.unlogged = unlogged;
    next.checks = table.checks;
    next.partition_key = table.partition_key;
    next.partition_bound = table.partition_bound;
    next.parents = table.parents;
    next.deferrable = table.deferrable;
    for (schema::CheckConstraint& check : next.checks) {
      LATHE_ASSIGN(check.oid, txn_->NewOid());
    }
    LATHE_ASSIGN(made, txn_->ChangeRelation(std::move(next)));
  }
  LATHE_TRY(LinkToParents(made));
  LATHE_TRY(AddParts(&made, parts, run->prepared->sql));
  if (made->is_partition()) LATHE_TRY(AdoptParts(*parent, made));
  return NoteOnCommit(*made, create.on_commit);
}

Status SessionImpl::RunDrop(Run* run) {
  const auto& drop = run->prepared->statement->As<ast::DropStatement>();
  const std::string& sql = run->prepared->sql;
  if (drop.type == ast::ObjectType::kSchema) {
    run->tag = "DROP SCHEMA";
    std::vector<schema::RelationPtr> all;
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
      all.insert(all.end(), inside.begin(), inside.end());
    }
    TellCascade(DroppedWith(all), run->client);
    for (const ast::ObjectName& object : drop.names) {
      auto schema = catalog_->FindSchema(object.name.name);
      if (schema == nullptr) continue;
      for (const schema::RelationPtr& relation : all) {
        if (relation->schema != schema->id) continue;
        // A view among them may have gone with its table.
        if (txn_->catalog()->GetRelation(relation->id) == nullptr) continue;
        if (relation->kind == schema::RelationKind::kType ||
            relation->kind == schema::RelationKind::kDomain) {
          LATHE_TRY(
              DropDependents("type " + relation->name, DependentsOfType(*relation), true, nullptr));
        }
        LATHE_TRY(DropRelation(relation, true, nullptr));
      }
      LATHE_TRY(txn_->DropSchema(schema->id));
    }
    return Ok();
  }
  if (drop.type == ast::ObjectType::kIndex) return RunDropIndex(run);
  if (drop.type == ast::ObjectType::kType || drop.type == ast::ObjectType::kDomain) {
    return RunDropType(run);
  }
  const bool sequence = drop.type == ast::ObjectType::kSequence;
  if (drop.type != ast::ObjectType::kTable && drop.type != ast::ObjectType::kView && !sequence) {
    return NotSupported(StatementName(*run->prepared->statement),
                        PositionOf(sql, run->prepared->statement->location));
  }
  const bool table = drop.type == ast::ObjectType::kTable;
  run->tag = table ? "DROP TABLE" : sequence ? "DROP SEQUENCE" : "DROP VIEW";
  std::vector<schema::RelationPtr> dropped;
  for (const ast::ObjectName& object : drop.names) {
    bind::BindContext context = MakeBindContext(sql, catalog_.get());
    Result<schema::RelationPtr> found = bind::FindRelation(object.name, context, true);
    if (!found.ok() && !(drop.if_exists && found.error().state == SqlState::kInvalidSchemaName)) {
      return std::move(found).error();
    }
    const std::string kind = table ? "table" : sequence ? "sequence" : "view";
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
    if ((*found)->kind != (table      ? schema::RelationKind::kTable
                           : sequence ? schema::RelationKind::kSequence
                                      : schema::RelationKind::kView)) {
      Error error =
          MakeError(SqlState::kWrongObjectType, "\"" + (*found)->name + "\" is not a " + kind);
      const std::string is = KindName(**found);
      error.hint = "Use DROP " +
                   std::string(is == "view"       ? "VIEW"
                               : is == "index"    ? "INDEX"
                               : is == "sequence" ? "SEQUENCE"
                                                  : "TABLE") +
                   " to remove " + (is == "index" ? "an " : "a ") + is + ".";
      return error;
    }
    if (sequence && (*found)->sequence.identity) {
      schema::RelationPtr owner = catalog_->GetRelation((*found)->sequence.owner);
      std::string column;
      if (owner != nullptr) {
        for (const schema::Column& c : owner->columns) {
          if (c.number == (*found)->sequence.owner_column) column = c.name;
        }
        Error error = MakeError(SqlState::kDependentObjectsStillExist,
                                "cannot drop sequence " + (*found)->name + " because column " +
                                    column + " of table " + owner->name + " requires it");
        error.hint = "You can drop column " + column + " of table " + owner->name + " instead.";
        return error;
      }
    }
    dropped.push_back(*found);
    // Partitions go with their table.
    if (!(*found)->is_partitioned()) continue;
    for (schema::RelationPtr& below : DescendantsOf(**found)) dropped.push_back(std::move(below));
  }
  // Those that are dropped with each other do not stand in each other's way.
  for (const schema::RelationPtr& relation : dropped) {
    if (catalog_->GetRelation(relation->id) == nullptr) continue;
    std::vector<Dependent> others = DependentsOf(relation, -1);
    std::erase_if(others, [&](const Dependent& dependent) {
      return std::any_of(dropped.begin(), dropped.end(), [&](const schema::RelationPtr& other) {
        return other->id == dependent.table ||
               (dependent.drop != nullptr && other->id == dependent.drop->id);
      });
    });
    LATHE_TRY(DropDependents(KindName(*relation) + " " + relation->name, others, drop.cascade,
                             run->client));
  }
  for (const schema::RelationPtr& relation : dropped) {
    if (catalog_->GetRelation(relation->id) == nullptr) continue;
    LATHE_TRY(DropRelation(relation, true, nullptr));
  }
  return Ok();
}

Status SessionImpl::RunTruncate(Run* run) {
  const auto& truncate = run->prepared->statement->As<ast::TruncateStatement>();
  run->tag = "TRUNCATE TABLE";
  std::vector<schema::RelationPtr> tables;
  auto listed = [&](RelationId id) {
    return std::any_of(tables.begin(), tables.end(),
                       [id](const schema::RelationPtr& table) { return table->id == id; });
  };
  for (const auto& ref : truncate.tables) {
    LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(ref->name, run->prepared->sql, false));
    if (table->kind != schema::RelationKind::kTable) {
      return MakeError(SqlState::kWrongObjectType, "\"" + table->name + "\" is not a table");
    }
    if (ref->only && table->is_partitioned()) {
      Error error =
          MakeError(SqlState::kWrongObjectType, "cannot truncate only a partitioned table");
      error.hint =
          "Do not specify the ONLY keyword, or use TRUNCATE ONLY on the partitions directly.";
      return error;
    }
    std::vector<schema::RelationPtr> below;
    if (!ref->only) below = DescendantsOf(*table);
    if (!listed(table->id)) tables.push_back(std::move(table));
    for (schema::RelationPtr& child : below) {
      if (!listed(child->id)) tables.push_back(std::move(child));
    }
  }
  for (size_t i = 0; i < tables.size(); ++i) {
    std::vector<RelationId> referring = tables[i]->referenced_by;
    LATHE_ASSIGN(std::vector<schema::RelationPtr> above, AncestorsOf(*tables[i]));
    for (const schema::RelationPtr& parent : above) {
      referring.insert(referring.end(), parent->referenced_by.begin(), parent->referenced_by.end());
    }
    for (RelationId id : referring) {
      if (listed(id)) continue;
      schema::RelationPtr child = catalog_->GetRelation(id);
      if (child == nullptr) continue;
      if (!truncate.cascade) {
        Error error = MakeError(SqlState::kFeatureNotSupported,
                                "cannot truncate a table referenced in a foreign key constraint");
        error.detail = "Table \"" + child->name + "\" references \"" + tables[i]->name + "\".";
        error.hint =
            "Truncate table \"" + child->name + "\" at the same time, or use TRUNCATE ... CASCADE.";
        return error;
      }
      Notify(run->client, "NOTICE", SqlState::kSuccessfulCompletion,
             "truncate cascades to table \"" + child->name + "\"");
      std::vector<schema::RelationPtr> below = DescendantsOf(*child);
      tables.push_back(std::move(child));
      for (schema::RelationPtr& other : below) {
        if (!listed(other->id)) tables.push_back(std::move(other));
      }
    }
  }
  for (const schema::RelationPtr& table : tables) {
    LATHE_TRY(txn_->TruncateTable(table->id));
    if (!truncate.restart_identity) continue;
    for (const schema::RelationPtr& owned : txn_->catalog()->Relations()) {
      if (owned->kind == schema::RelationKind::kSequence && owned->sequence.owner == table->id) {
        LATHE_TRY(RestartSequence(owned, std::nullopt));
      }
    }
  }
  return Ok();
}

}  // namespace lathe::session
