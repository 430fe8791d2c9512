// ALTER TABLE and its kin: the list of commands, constraints, names and schemas.
#include <algorithm>

#include "frontend/session/row_values.h"
#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"

namespace lathe::session {
namespace {

using ast::PositionOf;
using Command = ast::AlterTableCommand;

Notice Skipping(std::string message) {
  Notice notice;
  notice.fields = MakeError(SqlState::kSuccessfulCompletion, std::move(message));
  return notice;
}

const char* ObjectWord(ast::ObjectType type) {
  switch (type) {
    case ast::ObjectType::kView:
      return "VIEW";
    case ast::ObjectType::kIndex:
      return "INDEX";
    case ast::ObjectType::kSequence:
      return "SEQUENCE";
    case ast::ObjectType::kDomain:
      return "DOMAIN";
    case ast::ObjectType::kType:
      return "TYPE";
    case ast::ObjectType::kSchema:
      return "SCHEMA";
    default:
      return "TABLE";
  }
}

/// 42809 when the relation is of another kind than the statement says.
Status CheckKind(const schema::RelationDescriptor& relation, ast::ObjectType type) {
  using Kind = schema::RelationKind;
  const char* wanted = nullptr;
  switch (type) {
    case ast::ObjectType::kView:
      if (relation.kind != Kind::kView) wanted = "a view";
      break;
    case ast::ObjectType::kIndex:
      if (relation.kind != Kind::kIndex) wanted = "an index";
      break;
    case ast::ObjectType::kSequence:
      if (relation.kind != Kind::kSequence) wanted = "a sequence";
      break;
    default:
      break;
  }
  if (wanted == nullptr) return Ok();
  return MakeError(SqlState::kWrongObjectType, "\"" + relation.name + "\" is not " + wanted);
}

}  // namespace

Status SessionImpl::CheckTableRows(const schema::RelationPtr& table, const TableChecks& checks,
                                   const schema::CheckConstraint* only) {
  const row::Layout layout = table->RowLayout();
  RowValues rows(*table, layout, 0, context_);
  return txn_->VisitRows(
      table, [&](const row::Layout&, const char* page, const char* row) -> Status {
        rows.Set(page, row);
        for (const TableChecks::DomainColumn& column : checks.domain_not_null) {
          if (!rows.Column(column.column).is_null()) continue;
          Error error = MakeError(SqlState::kNotNullViolation,
                                  "column \"" + table->columns[column.column].name +
                                      "\" of table \"" + table->name + "\" contains null values");
          error.table_name = table->name;
          error.column_name = table->columns[column.column].name;
          return error;
        }
        for (const TableChecks::Check& check : checks.checks) {
          if (only != nullptr && check.name != only->name) continue;
          LATHE_ASSIGN(types::Value holds, rows.Evaluate(*check.condition));
          if (holds.is_null() || holds.AsBool()) continue;
          Error error = MakeError(SqlState::kCheckViolation, "check constraint \"" + check.name +
                                                                 "\" of relation \"" + table->name +
                                                                 "\" is violated by some row");
          error.table_name = table->name;
          error.schema_name = catalog_->GetSchema(table->schema)->name;
          error.constraint_name = check.name;
          return error;
        }
        return CheckInterrupt();
      });
}

Status SessionImpl::CheckRows(const schema::RelationPtr& table,
                              const schema::CheckConstraint& check) {
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  TableChecks checks;
  LATHE_ASSIGN(
      expr::ExprPtr condition,
      bind::BindStoredExpression(*table, check.sql, bind::RowUse::kCheck, nullptr, context));
  checks.checks.push_back({std::move(condition), check.name, {}});
  return CheckTableRows(table, checks, nullptr);
}

Status SessionImpl::CheckReferences(const schema::RelationPtr& table,
                                    const schema::ForeignKey& key) {
  const row::Layout layout = table->RowLayout();
  RowValues rows(*table, layout, 0, context_);
  // The rows are seen first, the keys held then: a check is a statement of its own.
  std::vector<KeyEvent> events;
  std::set<std::string> known;
  LATHE_TRY(
      txn_->VisitRows(table, [&](const row::Layout&, const char* page, const char* row) -> Status {
        rows.Set(page, row);
        KeyEvent event;
        event.table = table->id;
        event.key = key.oid;
        std::string text;
        for (uint32_t column : key.columns) {
          event.values.push_back(rows.Column(column));
          const types::Value& value = event.values.back();
          if (value.is_null()) {
            text += "n,";
            continue;
          }
          std::string one;
          types::AppendText(value.type(), value.datum(), {}, &one);
          text += std::to_string(one.size()) + ":" + one + ",";
        }
        if (known.insert(std::move(text)).second) events.push_back(std::move(event));
        return CheckInterrupt();
      }));
  for (const KeyEvent& event : events) LATHE_TRY(CheckReference(table, key, event));
  return Ok();
}

Status SessionImpl::AddForeignKey(schema::RelationPtr* table,
                                  const bind::ReferenceDefinition& definition,
                                  const std::string& sql, bool check) {
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  schema::RelationPtr parent;
  LATHE_ASSIGN(schema::ForeignKey key, bind::BindForeignKey(**table, definition, context, &parent));
  if ((*table)->is_partitioned() && definition.constraint->not_valid) {
    Error error =
        MakeError(SqlState::kWrongObjectType,
                  "cannot add NOT VALID foreign key on partitioned table \"" + (*table)->name +
                      "\" referencing relation \"" + parent->name + "\"");
    error.detail = "This feature is not yet supported on partitioned tables.";
    return error;
  }
  if (parent->unlogged && !(*table)->unlogged && !IsTemporary((*table)->schema)) {
    return MakeError(SqlState::kInvalidTableDefinition,
                     "constraints on permanent tables may reference only permanent tables");
  }
  if (IsTemporary(parent->schema) != IsTemporary((*table)->schema)) {
    return MakeError(SqlState::kInvalidTableDefinition,
                     IsTemporary(parent->schema)
                         ? "constraints on permanent tables may reference only permanent tables"
                         : "constraints on temporary tables may reference only temporary tables");
  }
  LATHE_ASSIGN(key.oid, txn_->NewOid());
  schema::RelationDescriptor next = **table;
  next.foreign_keys.push_back(key);
  const bool self = parent->id == (*table)->id;
  auto refer = [&](schema::RelationDescriptor* to) {
    if (std::find(to->referenced_by.begin(), to->referenced_by.end(), (*table)->id) ==
        to->referenced_by.end()) {
      to->referenced_by.push_back((*table)->id);
    }
  };
  if (self) refer(&next);
  LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
  if (!self) {
    LATHE_ASSIGN(parent, txn_->LockTable(parent->id, txn::TableLockMode::kAccessExclusive));
    schema::RelationDescriptor changed = *parent;
    refer(&changed);
    LATHE_TRY(txn_->ChangeRelation(std::move(changed)));
  }
  // Whoever writes to a partition has to know.
  for (const schema::RelationPtr& below : DescendantsOf(*parent)) {
    LATHE_TRY(txn_->LockTable(below->id, txn::TableLockMode::kAccessExclusive));
  }
  return check ? CheckReferences(*table, key) : Ok();
}

Status SessionImpl::AddParts(schema::RelationPtr* table, const bind::TableParts& parts,
                             const std::string& sql) {
  schema::RelationDescriptor next = **table;
  bool changed = false;
  for (schema::CheckConstraint& check : next.checks) {
    if (check.oid.value != 0) continue;
    LATHE_ASSIGN(check.oid, txn_->NewOid());
    changed = true;
  }
  for (const bind::SequenceDefinition& sequence : parts.sequences) {
    LATHE_ASSIGN(schema::RelationPtr made, MakeSequence(next, sequence));
    next.columns[sequence.column].default_sql =
        "nextval('" + std::to_string(made->id.value) + "'::regclass)";
    changed = true;
  }
  if (changed) {
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
  }
  for (const bind::IndexDefinition& unique : parts.uniques) {
    LATHE_TRY(MakeIndex(**table, unique, unique.constraint));
  }
  *table = catalog_->GetRelation((*table)->id);
  for (const bind::ReferenceDefinition& reference : parts.references) {
    LATHE_TRY(AddForeignKey(table, reference, sql, !reference.constraint->not_valid));
  }
  return Ok();
}

Status SessionImpl::AddConstraint(const Command& command, schema::RelationPtr* table, Run* run) {
  using Type = ast::Constraint::Type;
  const ast::Constraint& constraint = *command.constraint;
  const std::string& sql = run->prepared->sql;
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  switch (constraint.type) {
    case Type::kUnique: {
      LATHE_ASSIGN(bind::IndexDefinition unique, bind::BindAddUnique(**table, constraint, context));
      LATHE_TRY(MakeIndex(**table, unique, true));
      *table = catalog_->GetRelation((*table)->id);
      return Ok();
    }
    case Type::kPrimaryKey: {
      LATHE_ASSIGN(schema::RelationDescriptor keyed,
                   bind::BindAddPrimaryKey(**table, constraint, context));
      std::vector<uint32_t> columns;
      for (const schema::KeyColumn& column : keyed.key) columns.push_back(column.column);
      LATHE_ASSIGN(*table, txn_->AddPrimaryKey((*table)->id, columns, keyed.primary_key_name));
      if (keyed.deferrable) {
        schema::RelationDescriptor next = **table;
        next.deferrable = true;
        LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
      }
      return Ok();
    }
    case Type::kCheck: {
      LATHE_ASSIGN(schema::CheckConstraint check, bind::BindCheck(**table, constraint, context));
      if (check.validated) LATHE_TRY(CheckRows(*table, check));
      schema::RelationDescriptor next = **table;
      LATHE_ASSIGN(check.oid, txn_->NewOid());
      next.checks.push_back(std::move(check));
      LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    case Type::kForeignKey:
      return AddForeignKey(table, {constraint.columns, &constraint}, sql, !constraint.not_valid);
    default:
      return NotSupported("this constraint", PositionOf(sql, command.location));
  }
}

Status SessionImpl::SetUnlogged(bool unlogged, schema::RelationPtr* table) {
  const schema::RelationDescriptor& before = **table;
  if (IsTemporary(before.schema)) {
    return MakeError(
        SqlState::kInvalidTableDefinition,
        "cannot change logged status of table \"" + before.name + "\" because it is temporary");
  }
  if (before.unlogged == unlogged) return Ok();
  std::vector<RelationId> others = unlogged ? before.referenced_by : std::vector<RelationId>();
  if (!unlogged) {
    for (const schema::ForeignKey& key : before.foreign_keys) others.push_back(key.parent);
  }
  for (RelationId id : others) {
    schema::RelationPtr other = catalog_->GetRelation(id);
    if (other == nullptr || id == before.id || other->unlogged == unlogged) continue;
    return MakeError(SqlState::kInvalidTableDefinition,
                     "could not change table \"" + before.name + "\" to " +
                         (unlogged ? "unlogged" : "logged") + " because it references " +
                         (unlogged ? "logged" : "unlogged") + " table \"" + other->name + "\"");
  }
  schema::RelationDescriptor next = before;
  next.unlogged = unlogged;
  LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
  for (const schema::RelationPtr& owned : txn_->catalog()->Relations()) {
    if (owned->kind != schema::RelationKind::kSequence || owned->sequence.owner != (*table)->id) {
      continue;
    }
    schema::RelationDescriptor sequence = *owned;
    sequence.unlogged = unlogged;
    LATHE_TRY(txn_->ChangeRelation(std::move(sequence)));
  }
  return Ok();
}

Status SessionImpl::SetKeyDeferrable(RelationId table, Oid key, bool deferrable, bool deferred) {
  LATHE_ASSIGN(schema::RelationPtr locked,
               txn_->LockTable(table, txn::TableLockMode::kAccessExclusive));
  schema::RelationDescriptor next = *locked;
  for (schema::ForeignKey& own : next.foreign_keys) {
    if (own.oid != key && own.part_of != key) continue;
    own.deferrable = deferrable;
    own.initially_deferred = deferred;
    key = own.oid;
    break;
  }
  LATHE_ASSIGN(locked, txn_->ChangeRelation(std::move(next)));
  for (RelationId child : locked->children) {
    LATHE_TRY(SetKeyDeferrable(child, key, deferrable, deferred));
  }
  return Ok();
}

Status SessionImpl::DropConstraint(const Command& command, schema::RelationPtr* table, Run* run) {
  schema::RelationDescriptor next = **table;
  const std::string what = "constraint " + command.name + " on table " + next.name;
  for (size_t i = 0; i < next.checks.size(); ++i) {
    if (next.checks[i].name != command.name) continue;
    next.checks.erase(next.checks.begin() + static_cast<ptrdiff_t>(i));
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
    return Ok();
  }
  for (size_t i = 0; i < next.foreign_keys.size(); ++i) {
    if (next.foreign_keys[i].name != command.name) continue;
    LATHE_TRY(DropForeignKey(next.id, next.foreign_keys[i].oid));
    *table = catalog_->GetRelation(next.id);
    return Ok();
  }
  if (!next.primary_key_name.empty() && next.primary_key_name == command.name) {
    LATHE_TRY(DropDependents(what, ReferringTo(next, RelationId(), command.name), command.cascade,
                             run->client));
    next = *catalog_->GetRelation(next.id);
    next.key.clear();
    next.unique = next.deferrable = false;
    next.primary_key_name.clear();
    next.primary_key_oid = Oid();
    next.key_comment.clear();
    const schema::RelationPtr before = catalog_->GetRelation(next.id);
    LATHE_ASSIGN(*table, RewriteRows(before, std::move(next), {}));
    return Ok();
  }
  for (RelationId id : next.indexes) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr || !index->is_constraint || index->name != command.name) continue;
    LATHE_TRY(
        DropDependents(what, ReferringTo(next, id, command.name), command.cascade, run->client));
    LATHE_TRY(txn_->DropIndex(id));
    *table = catalog_->GetRelation(next.id);
    return Ok();
  }
  const std::string message =
      "constraint \"" + command.name + "\" of relation \"" + next.name + "\" does not exist";
  if (!command.if_exists) return MakeError(SqlState::kUndefinedObject, message);
  run->client->SendNotice(Skipping(message + ", skipping"));
  return Ok();
}

Status SessionImpl::ValidateConstraint(const Command& command, schema::RelationPtr* table) {
  schema::RelationDescriptor next = **table;
  for (schema::CheckConstraint& check : next.checks) {
    if (check.name != command.name) continue;
    if (!check.validated) LATHE_TRY(CheckRows(*table, check));
    check.validated = true;
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
    return Ok();
  }
  for (schema::ForeignKey& key : next.foreign_keys) {
    if (key.name != command.name) continue;
    if (!key.validated) LATHE_TRY(CheckReferences(*table, key));
    key.validated = true;
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
    return Ok();
  }
  for (RelationId id : next.indexes) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr || index->name != command.name) continue;
    return MakeError(SqlState::kWrongObjectType, "constraint \"" + command.name +
                                                     "\" of relation \"" + next.name +
                                                     "\" is not a foreign key or check constraint");
  }
  return MakeError(
      SqlState::kUndefinedObject,
      "constraint \"" + command.name + "\" of relation \"" + next.name + "\" does not exist");
}

Status SessionImpl::AlterOne(const Command& command, schema::RelationPtr* table, Run* run) {
  using Type = Command::Type;
  switch (command.type) {
    case Type::kAddColumn:
      return AddColumn(command, table, run);
    case Type::kDropColumn:
      return DropColumn(command, table, run);
    case Type::kSetType:  // all of them at once: SetColumnTypes
      break;
    case Type::kSetDefault:
    case Type::kDropDefault:
    case Type::kSetNotNull:
    case Type::kDropNotNull:
    case Type::kDropExpression:
    case Type::kSetStatistics:
    case Type::kSetStorage:
    case Type::kAddIdentity:
    case Type::kSetIdentity:
    case Type::kDropIdentity:
      return AlterColumn(command, table, run);
    case Type::kAddConstraint:
      return AddConstraint(command, table, run);
    case Type::kDropConstraint:
      return DropConstraint(command, table, run);
    case Type::kValidateConstraint:
      return ValidateConstraint(command, table);
    case Type::kAlterConstraint: {
      for (const schema::ForeignKey& key : (*table)->foreign_keys) {
        if (key.name != command.name) continue;
        if (key.part_of.value != 0) {
          Error error = MakeError(SqlState::kInvalidTableDefinition,
                                  "cannot alter constraint \"" + key.name + "\" on relation \"" +
                                      (*table)->name + "\"");
          error.hint = "You may alter the constraint it derives from instead.";
          return error;
        }
        const bool deferred = command.constraint->initially_deferred;
        LATHE_TRY(SetKeyDeferrable((*table)->id, key.oid,
                                   command.constraint->deferrable || deferred, deferred));
        *table = catalog_->GetRelation((*table)->id);
        return Ok();
      }
      return MakeError(SqlState::kUndefinedObject, "constraint \"" + command.name +
                                                       "\" of relation \"" + (*table)->name +
                                                       "\" does not exist");
    }
    case Type::kOwnerTo:
      return CheckRole(command.text);
    case Type::kSetLogged:
    case Type::kSetUnlogged:
      return SetUnlogged(command.type == Type::kSetUnlogged, table);
    case Type::kSetWithoutOids:
    case Type::kSetWithoutCluster:
      return Ok();  // no table has oids or is clustered
    case Type::kSetOptions: {
      schema::RelationDescriptor next = **table;
      for (const ast::Option& option : command.options) {
        if (option.name != "fillfactor" || !option.name_space.empty()) {
          return NotSupported("storage parameter \"" + option.name + "\"",
                              PositionOf(run->prepared->sql, option.location));
        }
        next.fillfactor = command.reset ? 100 : std::atoi(option.text.c_str());
        if (next.fillfactor < 10 || next.fillfactor > 100) {
          Error error =
              MakeError(SqlState::kInvalidParameterValue,
                        "value " + option.text + " out of bounds for option \"fillfactor\"");
          error.detail = "Valid values are between \"10\" and \"100\".";
          return error;
        }
      }
      LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    default:
      break;
  }
  return NotSupported("this form of ALTER TABLE", PositionOf(run->prepared->sql, command.location));
}

Status SessionImpl::CheckRole(const std::string& role) {
  if (role == user_ || role == "current_user" || role == "session_user" || role == "current_role" ||
      role == instance_->engine()->role_name()) {
    return Ok();
  }
  return MakeError(SqlState::kUndefinedObject, "role \"" + role + "\" does not exist");
}

namespace {

/// In which order the commands of one statement are carried out, whatever order they are written
/// in: as in PostgreSQL, so that a column can be replaced by one of the same name, or lose a
/// default that does not fit its new type.
enum class Pass : uint8_t { kDrop, kDropColumn, kSetType, kAddColumn, kColumns, kRest };
Pass PassOf(Command::Type type) {
  using Type = Command::Type;
  switch (type) {
    case Type::kDropConstraint:
    case Type::kDropDefault:
    case Type::kDropNotNull:
    case Type::kDropIdentity:
    case Type::kDropExpression:
      return Pass::kDrop;
    case Type::kDropColumn:
      return Pass::kDropColumn;
    case Type::kSetType:
      return Pass::kSetType;
    case Type::kAddColumn:
      return Pass::kAddColumn;
    case Type::kSetNotNull:
    case Type::kSetStatistics:
    case Type::kSetStorage:
    case Type::kAddIdentity:
    case Type::kSetIdentity:
      return Pass::kColumns;
    default:
      return Pass::kRest;
  }
}

}  // namespace

Status SessionImpl::RunAlterTable(Run* run) {
  const auto& alter = run->prepared->statement->As<ast::AlterTableStatement>();
  const std::string& sql = run->prepared->sql;
  run->tag = std::string("ALTER ") + ObjectWord(alter.object);
  LATHE_ASSIGN(schema::RelationPtr table, ResolveTable(alter.table, sql, alter.if_exists));
  if (table == nullptr) {
    run->client->SendNotice(
        Skipping("relation \"" + alter.table.name + "\" does not exist, skipping"));
    return Ok();
  }
  LATHE_TRY(CheckKind(*table, alter.object));
  const bool owner_only =
      std::all_of(alter.commands.begin(), alter.commands.end(),
                  [](const Command& command) { return command.type == Command::Type::kOwnerTo; });
  const bool logging_only =
      std::all_of(alter.commands.begin(), alter.commands.end(), [](const Command& command) {
        return command.type == Command::Type::kSetLogged ||
               command.type == Command::Type::kSetUnlogged;
      });
  const bool sequence = table->kind == schema::RelationKind::kSequence;
  if (table->kind != schema::RelationKind::kTable && !owner_only && !(sequence && logging_only)) {
    if (alter.object != ast::ObjectType::kTable) {
      return NotSupported(StatementName(alter), PositionOf(sql, alter.location));
    }
    return MakeError(SqlState::kWrongObjectType, "\"" + table->name + "\" is not a table");
  }
  LATHE_ASSIGN(table, txn_->LockTable(table->id, txn::TableLockMode::kAccessExclusive));
  // A column that USING reads is dropped after it was read.
  const bool types_first = ReadsDropped(alter, table, sql);
  std::vector<const Command*> types;
  for (const Command& command : alter.commands) {
    if (command.type == Command::Type::kSetType) types.push_back(&command);
  }
  for (Pass pass : {Pass::kDrop, Pass::kDropColumn, Pass::kSetType, Pass::kAddColumn,
                    Pass::kColumns, Pass::kRest}) {
    const bool now = pass == (types_first ? Pass::kDropColumn : Pass::kSetType);
    if (now && !types.empty()) {
      LATHE_TRY(SetTypesWithChildren(types, &table, alter.only, run));
    }
    for (const Command& command : alter.commands) {
      if (PassOf(command.type) == pass && pass != Pass::kSetType) {
        LATHE_TRY(AlterWithChildren(command, &table, alter.only, run));
      }
    }
  }
  return Ok();
}

// ---- Names and schemas

Status SessionImpl::RenameColumn(const schema::RelationPtr& table, const std::string& old_name,
                                 const std::string& new_name) {
  if (table->FindColumn(old_name) < 0) {
    return MakeError(SqlState::kUndefinedColumn, "column \"" + old_name + "\" does not exist");
  }
  LATHE_ASSIGN(uint32_t number, ColumnOf(*table, old_name));
  if (table->FindColumn(new_name) >= 0) {
    return MakeError(SqlState::kDuplicateColumn, "column \"" + new_name + "\" of relation \"" +
                                                     table->name + "\" already exists");
  }
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  schema::RelationDescriptor next = *table;
  next.columns[number].name = new_name;
  for (schema::PartitionKey::Part& part : next.partition_key.parts) {
    if (part.sql.empty()) continue;
    LATHE_ASSIGN(part.sql, bind::RenameInStored(part.sql, old_name, new_name, context));
  }
  for (schema::CheckConstraint& check : next.checks) {
    LATHE_ASSIGN(check.sql, bind::RenameInStored(check.sql, old_name, new_name, context));
  }
  for (schema::Column& column : next.columns) {
    if (column.generated_sql.empty()) continue;
    LATHE_ASSIGN(column.generated_sql,
                 bind::RenameInStored(column.generated_sql, old_name, new_name, context));
  }
  const std::vector<RelationId> indexes = next.indexes;
  LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  for (RelationId id : indexes) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr) continue;
    schema::RelationDescriptor renamed = *index;
    for (size_t i = 0; i < renamed.columns.size(); ++i) {
      if (renamed.sources[i] == number) renamed.columns[i].name = new_name;
      std::string& text = renamed.columns[i].generated_sql;
      if (!text.empty()) {
        LATHE_ASSIGN(text, bind::RenameInStored(text, old_name, new_name, context));
      }
    }
    for (schema::CheckConstraint& where : renamed.checks) {
      LATHE_ASSIGN(where.sql, bind::RenameInStored(where.sql, old_name, new_name, context));
    }
    LATHE_TRY(txn_->ChangeRelation(std::move(renamed)));
  }
  return Ok();
}

Status SessionImpl::RenameConstraint(const schema::RelationPtr& table, const std::string& old_name,
                                     const std::string& new_name) {
  schema::RelationDescriptor next = *table;
  const bool domain = table->kind == schema::RelationKind::kDomain;
  bool found = false, taken = next.primary_key_name == new_name;
  if (next.primary_key_name == old_name && !old_name.empty()) {
    if (catalog_->FindRelation(table->schema, new_name) != nullptr) {
      return MakeError(SqlState::kDuplicateTable, "relation \"" + new_name + "\" already exists");
    }
    next.primary_key_name = new_name;
    found = true;
  }
  for (schema::CheckConstraint& check : next.checks) {
    taken |= check.name == new_name;
    if (check.name != old_name) continue;
    check.name = new_name;
    found = true;
  }
  for (schema::ForeignKey& key : next.foreign_keys) {
    taken |= key.name == new_name;
    if (key.name != old_name) continue;
    key.name = new_name;
    found = true;
  }
  if (found && taken) {
    return MakeError(SqlState::kDuplicateObject, "constraint \"" + new_name + "\" for " +
                                                     (domain ? "domain" : "relation") + " \"" +
                                                     table->name + "\" already exists");
  }
  if (found) {
    if (domain) return ChangeDomain(std::move(next));
    LATHE_TRY(txn_->ChangeRelation(std::move(next)));
    return Ok();
  }
  for (RelationId id : next.indexes) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr || !index->is_constraint || index->name != old_name) continue;
    schema::RelationDescriptor renamed = *index;
    renamed.name = new_name;
    LATHE_TRY(txn_->ChangeRelation(std::move(renamed)));
    return Ok();
  }
  return MakeError(SqlState::kUndefinedObject, "constraint \"" + old_name + "\" for " +
                                                   (domain ? "domain" : "table") + " \"" +
                                                   table->name + "\" does not exist");
}

Status SessionImpl::RunRename(Run* run) {
  const auto& rename = run->prepared->statement->As<ast::RenameStatement>();
  const std::string& sql = run->prepared->sql;
  using Object = ast::ObjectType;
  const bool part = rename.object == Object::kColumn || rename.object == Object::kConstraint;
  const Object holder = part ? rename.parent : rename.object;
  run->tag = std::string("ALTER ") + ObjectWord(holder);
  if (holder == Object::kDomain) {
    LATHE_ASSIGN(schema::RelationPtr domain, FindDomain(rename.name.name, sql, false));
    if (part) return RenameConstraint(domain, rename.old_name, rename.new_name);
    schema::RelationDescriptor next = *domain;
    next.name = rename.new_name;
    return ChangeDomain(std::move(next));
  }
  if (holder == Object::kType && !part) return RunRenameType(run);
  if (holder != Object::kTable && holder != Object::kView && holder != Object::kIndex &&
      holder != Object::kSequence) {
    return NotSupported(StatementName(rename), PositionOf(sql, rename.location));
  }
  LATHE_ASSIGN(schema::RelationPtr relation,
               ResolveTable(rename.name.name, sql, rename.if_exists || holder == Object::kIndex));
  if (relation == nullptr) {
    const ast::QualifiedName& name = rename.name.name;
    if (holder == Object::kIndex) {
      if (!rename.if_exists) {
        return MakeError(SqlState::kUndefinedTable,
                         "relation \"" + name.name + "\" does not exist");
      }
    }
    run->client->SendNotice(Skipping("relation \"" + name.name + "\" does not exist, skipping"));
    return Ok();
  }
  if (relation->kind == schema::RelationKind::kIndex && !part &&
      txn_->catalog()->GetRelation(relation->id) == nullptr) {
    // A primary key's index is known by its table.
    schema::RelationPtr table = catalog_->GetRelation(relation->table);
    if (table != nullptr) return RenameConstraint(table, relation->name, rename.new_name);
  }
  // ALTER TABLE may name anything; the others only their own kind.
  LATHE_TRY(CheckKind(*relation, holder));
  if (rename.object == Object::kConstraint) {
    for (const schema::CheckConstraint& check : relation->checks) {
      if (check.name != rename.old_name || check.inherited == 0) continue;
      return MakeError(SqlState::kInvalidTableDefinition,
                       "cannot rename inherited constraint \"" + rename.old_name + "\"");
    }
    if (!relation->children.empty()) {
      return NotSupported("renaming a constraint of a table with children");
    }
    return RenameConstraint(relation, rename.old_name, rename.new_name);
  }
  if (rename.object == Object::kColumn) {
    if (relation->kind == schema::RelationKind::kView) {
      LATHE_ASSIGN(uint32_t number, ColumnOf(*relation, rename.old_name));
      if (relation->FindColumn(rename.new_name) >= 0) {
        return MakeError(SqlState::kDuplicateColumn, "column \"" + rename.new_name +
                                                         "\" of relation \"" + relation->name +
                                                         "\" already exists");
      }
      schema::RelationDescriptor next = *relation;
      next.columns[number].name = rename.new_name;
      LATHE_TRY(txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    if (relation->kind != schema::RelationKind::kTable) {
      return NotSupported("a renamed column of an index", PositionOf(sql, rename.location));
    }
    const int column = relation->FindColumn(rename.old_name);
    if (column >= 0 && relation->columns[static_cast<size_t>(column)].inherited > 0) {
      return MakeError(SqlState::kInvalidTableDefinition,
                       "cannot rename inherited column \"" + rename.old_name + "\"");
    }
    const std::vector<schema::RelationPtr> below = DescendantsOf(*relation);
    LATHE_TRY(RenameColumn(relation, rename.old_name, rename.new_name));
    for (const schema::RelationPtr& child : below) {
      if (child->parents.size() > 1) return NotSupported("renaming a column of several parents");
      LATHE_TRY(RenameColumn(child, rename.old_name, rename.new_name));
    }
    return Ok();
  }
  schema::RelationDescriptor next = *relation;
  next.name = rename.new_name;
  LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  return Ok();
}

Status SessionImpl::MoveToSchema(const schema::RelationPtr& relation, const std::string& name) {
  auto schema = catalog_->FindSchema(name);
  if (schema == nullptr) {
    return MakeError(SqlState::kInvalidSchemaName, "schema \"" + name + "\" does not exist");
  }
  if (schema->id == relation->schema) return Ok();
  if (IsTemporary(schema->id) || IsTemporary(relation->schema)) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "cannot move objects into or out of temporary schemas");
  }
  if (catalog_->FindRelation(schema->id, relation->name) != nullptr) {
    return MakeError(SqlState::kDuplicateTable, "relation \"" + relation->name +
                                                    "\" already exists in schema \"" + name + "\"");
  }
  std::vector<schema::RelationPtr> all = {relation};
  for (RelationId id : relation->indexes) {
    if (schema::RelationPtr index = catalog_->GetRelation(id)) all.push_back(index);
  }
  for (const schema::RelationPtr& owned : txn_->catalog()->Relations()) {
    if (owned->kind == schema::RelationKind::kSequence && owned->sequence.owner == relation->id) {
      all.push_back(owned);
    }
  }
  for (const schema::RelationPtr& moved : all) {
    schema::RelationDescriptor next = *moved;
    next.schema = schema->id;
    LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  }
  return Ok();
}

Status SessionImpl::RunAlter(Run* run) {
  const auto& alter = run->prepared->statement->As<ast::AlterStatement>();
  const std::string& sql = run->prepared->sql;
  using Action = ast::AlterStatement::Action;
  using Object = ast::ObjectType;
  run->tag = std::string("ALTER ") + ObjectWord(alter.object);
  switch (alter.action) {
    case Action::kSequenceOptions:
      return RunAlterSequence(run);
    case Action::kDomain:
      return RunAlterDomain(run);
    case Action::kAddEnumValue:
    case Action::kRenameEnumValue:
      return RunAlterType(run);
    case Action::kOwnerTo:
      if (alter.object == Object::kSchema || alter.object == Object::kDatabase ||
          alter.object == Object::kTable || alter.object == Object::kView ||
          alter.object == Object::kSequence || alter.object == Object::kType ||
          alter.object == Object::kDomain) {
        if (alter.object == Object::kDatabase) run->tag = "ALTER DATABASE";
        return CheckRole(alter.text);
      }
      break;
    case Action::kSetSchema: {
      schema::RelationPtr relation;
      if (alter.object == Object::kType || alter.object == Object::kDomain) {
        LATHE_ASSIGN(relation, alter.object == Object::kType
                                   ? FindType(alter.name.name, sql, alter.if_exists)
                                   : FindDomain(alter.name.name, sql, alter.if_exists));
      } else if (alter.object == Object::kTable || alter.object == Object::kView ||
                 alter.object == Object::kSequence) {
        LATHE_ASSIGN(relation, ResolveTable(alter.name.name, sql, alter.if_exists));
      } else {
        break;
      }
      if (relation == nullptr) {
        run->client->SendNotice(
            Skipping("relation \"" + alter.name.name.name + "\" does not exist, skipping"));
        return Ok();
      }
      LATHE_TRY(CheckKind(*relation, alter.object));
      if (relation->kind == schema::RelationKind::kSequence &&
          relation->sequence.owner.value != 0) {
        Error error = MakeError(SqlState::kFeatureNotSupported,
                                "cannot move an owned sequence into another schema");
        schema::RelationPtr owner = catalog_->GetRelation(relation->sequence.owner);
        if (owner != nullptr) {
          error.detail =
              "Sequence \"" + relation->name + "\" is linked to table \"" + owner->name + "\".";
        }
        return error;
      }
      return MoveToSchema(relation, alter.text);
    }
    default:
      break;
  }
  return NotSupported(StatementName(alter), PositionOf(sql, alter.location));
}

// ---- COMMENT ON

Status SessionImpl::RunComment(Run* run) {
  const auto& comment = run->prepared->statement->As<ast::CommentStatement>();
  const std::string& sql = run->prepared->sql;
  using Object = ast::ObjectType;
  run->tag = "COMMENT";
  const std::string text = comment.null ? std::string() : comment.text;
  auto refuse = [&] {
    return NotSupported("COMMENT ON this object", PositionOf(sql, comment.location));
  };
  switch (comment.type) {
    case Object::kTable:
    case Object::kView:
    case Object::kIndex:
    case Object::kSequence: {
      Result<schema::RelationPtr> found =
          ResolveTable(comment.name.name, sql, comment.type == Object::kIndex);
      if (found.ok() && *found == nullptr) {
        return MakeError(SqlState::kUndefinedTable,
                         "relation \"" + comment.name.name.name + "\" does not exist");
      }
      LATHE_ASSIGN(schema::RelationPtr relation, std::move(found));
      if (txn_->catalog()->GetRelation(relation->id) == nullptr) return refuse();
      LATHE_TRY(CheckKind(*relation, comment.type));
      if (comment.type == Object::kTable && relation->kind != schema::RelationKind::kTable) {
        return MakeError(SqlState::kWrongObjectType, "\"" + relation->name + "\" is not a table");
      }
      schema::RelationDescriptor next = *relation;
      next.comment = text;
      LATHE_TRY(txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    case Object::kColumn: {
      ast::QualifiedName name;
      name.name = comment.name.name.schema;
      name.schema = comment.name.name.catalog;
      LATHE_ASSIGN(schema::RelationPtr relation, ResolveTable(name, sql, false));
      LATHE_ASSIGN(uint32_t column, ColumnOf(*relation, comment.name.name.name));
      schema::RelationDescriptor next = *relation;
      next.columns[column].comment = text;
      LATHE_TRY(txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    case Object::kType:
    case Object::kDomain: {
      LATHE_ASSIGN(schema::RelationPtr type, comment.type == Object::kType
                                                 ? FindType(comment.name.name, sql, true)
                                                 : FindDomain(comment.name.name, sql, false));
      if (type == nullptr) {
        LATHE_ASSIGN(type, FindDomain(comment.name.name, sql, false));
      }
      schema::RelationDescriptor next = *type;
      next.comment = text;
      LATHE_TRY(txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    case Object::kConstraint: {
      schema::RelationPtr table;
      if (comment.on_domain) {
        LATHE_ASSIGN(table, FindDomain(comment.table, sql, false));
      } else {
        LATHE_ASSIGN(table, ResolveTable(comment.table, sql, false));
      }
      const std::string& name = comment.name.name.name;
      schema::RelationDescriptor next = *table;
      bool found = false;
      for (schema::CheckConstraint& check : next.checks) {
        if (check.name != name) continue;
        check.comment = text;
        found = true;
      }
      for (schema::ForeignKey& key : next.foreign_keys) {
        if (key.name != name) continue;
        key.comment = text;
        found = true;
      }
      if (!found && next.primary_key_name == name && !name.empty()) {
        next.key_comment = text;
        found = true;
      }
      if (found) {
        LATHE_TRY(txn_->ChangeRelation(std::move(next)));
        return Ok();
      }
      for (RelationId id : table->indexes) {
        schema::RelationPtr index = catalog_->GetRelation(id);
        if (index == nullptr || !index->is_constraint || index->name != name) continue;
        schema::RelationDescriptor commented = *index;
        commented.key_comment = text;
        LATHE_TRY(txn_->ChangeRelation(std::move(commented)));
        return Ok();
      }
      return MakeError(SqlState::kUndefinedObject, "constraint \"" + name + "\" for " +
                                                       (comment.on_domain ? "domain" : "table") +
                                                       " \"" + table->name + "\" does not exist");
    }
    default:
      return refuse();
  }
}

}  // namespace lathe::session
