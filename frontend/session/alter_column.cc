// ALTER TABLE on columns: ADD, DROP, TYPE, defaults, NOT NULL, identity, generation.
#include <algorithm>

#include "frontend/bind/deparse.h"
#include "frontend/session/row_values.h"
#include "frontend/session/session_impl.h"
#include "runtime/schema/index_parts.h"

namespace lathe::session {
namespace {

using Command = ast::AlterTableCommand;

Error NoColumn(const std::string& name, const schema::RelationDescriptor& table) {
  return MakeError(SqlState::kUndefinedColumn,
                   "column \"" + name + "\" of relation \"" + table.name + "\" does not exist");
}

Error OfColumn(SqlState state, const std::string& name, const schema::RelationDescriptor& table,
               const std::string& what) {
  return MakeError(state, "column \"" + name + "\" of relation \"" + table.name + "\" " + what);
}

Notice Skipping(std::string message) {
  Notice notice;
  notice.fields = MakeError(SqlState::kSuccessfulCompletion, std::move(message));
  return notice;
}

}  // namespace

Result<uint32_t> SessionImpl::ColumnOf(const schema::RelationDescriptor& table,
                                       const std::string& name) {
  const int column = table.FindColumn(name);
  if (column < 0) return NoColumn(name, table);
  return static_cast<uint32_t>(column);
}

Result<schema::RelationPtr> SessionImpl::RewriteRows(
    const schema::RelationPtr& before, schema::RelationDescriptor next,
    const std::map<uint32_t, expr::ExprPtr>& computed) {
  struct Field {
    int from = -1;  // field of the old row
    const expr::Expr* expression = nullptr;
  };
  std::vector<Field> fields;
  const std::vector<uint32_t> old_live = before->LiveColumns();
  for (uint32_t column : next.LiveColumns()) {
    Field field;
    if (auto it = computed.find(column); it != computed.end()) {
      field.expression = it->second.get();
    } else {
      auto old = std::find(old_live.begin(), old_live.end(), column);
      if (old != old_live.end()) field.from = static_cast<int>(old - old_live.begin());
    }
    fields.push_back(field);
  }
  const row::Layout layout = before->RowLayout();
  RowValues row_values(*before, layout, 0, context_);
  std::vector<types::Value> values(fields.size());
  auto map = [&](const row::Layout& from, const char* page, const char* row, types::Datum* datums,
                 bool* nulls) -> Status {
    row_values.Set(page, row);
    for (size_t i = 0; i < fields.size(); ++i) {
      nulls[i] = true;
      if (fields[i].expression != nullptr) {
        LATHE_ASSIGN(values[i], row_values.Evaluate(*fields[i].expression));
        nulls[i] = values[i].is_null();
        if (!nulls[i]) datums[i] = values[i].datum();
      } else if (fields[i].from >= 0) {
        const size_t field = static_cast<size_t>(fields[i].from);
        nulls[i] = from.IsNull(row, field);
        if (!nulls[i]) datums[i] = row::ReadField(from, page, row, field);
      }
    }
    return CheckInterrupt();
  };
  return txn_->RewriteTable(std::move(next), map);
}

Status SessionImpl::AddColumn(const Command& command, schema::RelationPtr* table, Run* run) {
  const std::string& sql = run->prepared->sql;
  const ast::ColumnDefinition& definition = *command.column;
  if ((*table)->FindColumn(definition.name) >= 0) {
    const std::string message =
        "column \"" + definition.name + "\" of relation \"" + (*table)->name + "\" already exists";
    if (!command.if_not_exists) return MakeError(SqlState::kDuplicateColumn, message);
    run->client->SendNotice(Skipping(message + ", skipping"));
    return Ok();
  }
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  bind::TableParts parts;
  LATHE_ASSIGN(schema::RelationDescriptor next,
               bind::BindAddColumn(**table, definition, context, &parts));
  const uint32_t number = static_cast<uint32_t>(next.columns.size() - 1);
  schema::Column& column = next.columns[number];
  const bool key = next.key.size() != (*table)->key.size();
  std::vector<schema::CheckConstraint> checks(
      next.checks.begin() + static_cast<ptrdiff_t>((*table)->checks.size()), next.checks.end());
  next.checks.resize((*table)->checks.size());
  std::string key_name;
  if (key) {
    // The key comes behind the column, when its values are there.
    key_name = next.primary_key_name;
    next.key = (*table)->key;
    next.unique = (*table)->unique;
    next.primary_key_name = (*table)->primary_key_name;
  }
  // Sequences first: their values go into the rows.
  for (const bind::SequenceDefinition& sequence : parts.sequences) {
    LATHE_ASSIGN(schema::RelationPtr made, MakeSequence(next, sequence));
    next.columns[sequence.column].default_sql =
        "nextval('" + std::to_string(made->id.value) + "'::regclass)";
  }
  parts.sequences.clear();
  std::map<uint32_t, expr::ExprPtr> computed;
  if (!column.generated_sql.empty()) {
    LATHE_ASSIGN(computed[number],
                 bind::BindStoredExpression(next, column.generated_sql, bind::RowUse::kGenerated,
                                            &column, context));
  } else {
    LATHE_ASSIGN(computed[number], bind::BindColumnDefault(column, context));
  }
  LATHE_ASSIGN(*table, RewriteRows(*table, std::move(next), computed));
  if ((*table)->columns[number].domain.value != 0) {
    LATHE_ASSIGN(std::shared_ptr<const TableChecks> known, ChecksOf(**table));
    LATHE_TRY(CheckTableRows(*table, *known, nullptr));
  }
  if (key) {
    LATHE_ASSIGN(*table, txn_->AddPrimaryKey((*table)->id, {number}, key_name));
  }
  for (const schema::CheckConstraint& check : checks) {
    LATHE_TRY(CheckRows(*table, check));
    schema::RelationDescriptor checked = **table;
    checked.checks.push_back(check);
    LATHE_ASSIGN(checked.checks.back().oid, txn_->NewOid());
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(checked)));
  }
  return AddParts(table, parts, sql);
}

Status SessionImpl::RemoveColumn(schema::RelationPtr* table, uint32_t column, bool cascade,
                                 Client* client) {
  const std::string name = (*table)->columns[column].name;
  LATHE_TRY(DropDependents("column " + name + " of table " + (*table)->name,
                           DependentsOf(*table, static_cast<int>(column)), cascade, client));
  LATHE_ASSIGN(*table, txn_->LockTable((*table)->id, txn::TableLockMode::kAccessExclusive));
  // Indexes over it go.
  for (RelationId id : std::vector<RelationId>((*table)->indexes)) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    if (index == nullptr) continue;
    const bool of_key = std::any_of((*table)->key.begin(), (*table)->key.end(),
                                    [&](const auto& part) { return part.column == column; });
    bind::BindContext context = MakeBindContext({}, catalog_.get());
    if (!schema::PredicateOf(*index).empty() &&
        bind::StoredUses(schema::PredicateOf(*index), name, context)) {
      LATHE_TRY(txn_->DropIndex(id));
      continue;
    }
    for (uint32_t i = 0; i < (of_key ? index->key_columns : index->first_tie); ++i) {
      const bool uses = index->sources[i] == schema::kExpressionSource
                            ? bind::StoredUses(index->columns[i].generated_sql, name, context)
                            : index->sources[i] == column;
      if (!uses) continue;
      LATHE_TRY(txn_->DropIndex(id));
      break;
    }
  }
  *table = catalog_->GetRelation((*table)->id);
  const ColumnNumber number = (*table)->columns[column].number;
  for (const schema::RelationPtr& owned : txn_->catalog()->Relations()) {
    if (owned->kind == schema::RelationKind::kSequence && owned->sequence.owner == (*table)->id &&
        owned->sequence.owner_column == number) {
      LATHE_TRY(txn_->DropTable(owned->id));
    }
  }
  schema::RelationDescriptor next = **table;
  if (std::any_of(next.key.begin(), next.key.end(),
                  [&](const schema::KeyColumn& part) { return part.column == column; })) {
    next.key.clear();
    next.unique = next.deferrable = next.initially_deferred = false;
    next.primary_key_name.clear();
    next.primary_key_oid = Oid();
    next.key_comment.clear();
  }
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  std::erase_if(next.checks, [&](const schema::CheckConstraint& check) {
    return bind::StoredUses(check.sql, name, context);
  });
  std::vector<RelationId> parents;
  std::erase_if(next.foreign_keys, [&](const schema::ForeignKey& key) {
    if (std::find(key.columns.begin(), key.columns.end(), column) == key.columns.end()) {
      return false;
    }
    parents.push_back(key.parent);
    return true;
  });
  schema::Column& gone = next.columns[column];
  gone.dropped = true;
  gone.not_null = false;
  gone.default_sql.clear();
  gone.generated_sql.clear();
  gone.comment.clear();
  gone.identity = schema::Identity::kNone;
  gone.domain = RelationId();
  gone.name = "........pg.dropped." + std::to_string(number.value) + "........";
  LATHE_ASSIGN(*table, RewriteRows(*table, std::move(next), {}));
  for (RelationId parent : parents) LATHE_TRY(ForgetReference(parent, (*table)->id));
  *table = catalog_->GetRelation((*table)->id);
  return Ok();
}

Status SessionImpl::DropColumn(const Command& command, schema::RelationPtr* table, Run* run) {
  const int column = (*table)->FindColumn(command.name);
  if (column < 0) {
    if (!command.if_exists) return NoColumn(command.name, **table);
    run->client->SendNotice(Skipping(NoColumn(command.name, **table).message + ", skipping"));
    return Ok();
  }
  return RemoveColumn(table, static_cast<uint32_t>(column), command.cascade, run->client);
}

// All changes of types in one statement are made at once: what follows USING reads the rows as they
// were before any of them.
Status SessionImpl::SetColumnTypes(const std::vector<const Command*>& commands,
                                   schema::RelationPtr* table, Run* run) {
  bind::BindContext context = MakeBindContext(run->prepared->sql, catalog_.get());
  schema::RelationDescriptor next = **table;
  std::vector<uint32_t> numbers;
  for (const Command* command : commands) {
    LATHE_ASSIGN(uint32_t number, ColumnOf(**table, command->name));
    if (std::find(numbers.begin(), numbers.end(), number) != numbers.end()) {
      return MakeError(SqlState::kFeatureNotSupported,
                       "cannot alter type of column \"" + command->name + "\" twice");
    }
    LATHE_TRY(ChangeType(*command, *table, number, &next.columns[number], context));
    numbers.push_back(number);
  }
  // Checks go on meaning what they meant: with the conversions that they had, as in PostgreSQL.
  for (schema::CheckConstraint& check : next.checks) {
    const bool uses = std::any_of(commands.begin(), commands.end(), [&](const Command* command) {
      return bind::StoredUses(check.sql, command->name, context);
    });
    if (!uses) continue;
    LATHE_ASSIGN(
        expr::ExprPtr bound,
        bind::BindStoredExpression(**table, check.sql, bind::RowUse::kCheck, nullptr, context));
    bind::DeparseOptions options;
    options.sql = check.sql;
    std::optional<std::string> text = bind::Deparse(*bound, **table, options);
    if (text && context.parse_expression(*text).ok()) check.sql = *text;
  }
  std::map<uint32_t, expr::ExprPtr> computed;
  for (size_t i = 0; i < commands.size(); ++i) {
    LATHE_ASSIGN(computed[numbers[i]],
                 Transformed(*commands[i], **table, next, numbers[i], context));
    const schema::Column& column = next.columns[numbers[i]];
    if (column.default_sql.empty() || bind::BindColumnDefault(column, context).ok()) continue;
    return MakeError(SqlState::kDatatypeMismatch, "default for column \"" + column.name +
                                                      "\" cannot be cast automatically to type " +
                                                      types::FormatType(column.type));
  }
  // What the checks say must still make sense.
  for (const schema::CheckConstraint& check : next.checks) {
    LATHE_TRY(bind::BindStoredExpression(next, check.sql, bind::RowUse::kCheck, nullptr, context));
  }
  LATHE_ASSIGN(*table, RewriteRows(*table, std::move(next), computed));
  const bool domains = std::any_of(numbers.begin(), numbers.end(), [&](uint32_t number) {
    return (*table)->columns[number].domain.value != 0;
  });
  if (!(*table)->checks.empty() || domains) {
    LATHE_ASSIGN(std::shared_ptr<const TableChecks> known, ChecksOf(**table));
    LATHE_TRY(CheckTableRows(*table, *known, nullptr));
  }
  for (uint32_t number : numbers) {
    const schema::Column& column = (*table)->columns[number];
    if (column.identity == schema::Identity::kNone) continue;
    schema::RelationPtr sequence = OwnedSequence((*table)->id, column.number);
    if (sequence == nullptr) continue;
    ast::Option type;
    type.name = "as";
    type.value = ast::Option::Value::kString;
    type.text = types::FormatType(column.type);
    LATHE_TRY(ChangeSequence(sequence, {type}, run->prepared->sql, true));
  }
  for (const schema::ForeignKey& key : (*table)->foreign_keys) {
    if (std::find_first_of(key.columns.begin(), key.columns.end(), numbers.begin(),
                           numbers.end()) != key.columns.end()) {
      LATHE_TRY(CheckReferences(*table, key));
    }
  }
  return Ok();
}

Status SessionImpl::ChangeType(const Command& command, const schema::RelationPtr& table,
                               uint32_t number, schema::Column* column,
                               bind::BindContext& context) {
  const schema::Column& old = table->columns[number];
  column->domain = RelationId();
  LATHE_ASSIGN(column->type, bind::BindTypeName(command.column->type, context, &column->domain));
  if (old.identity != schema::Identity::kNone && column->type.id != types::TypeId::kInt2 &&
      column->type.id != types::TypeId::kInt4 && column->type.id != types::TypeId::kInt8) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "identity column type must be smallint, integer, or bigint");
  }
  if (!old.generated_sql.empty() && command.expr != nullptr) {
    Error error = MakeError(SqlState::kInvalidColumnDefinition,
                            "cannot specify USING when altering type of generated column");
    error.detail = "Column \"" + old.name + "\" is a generated column.";
    return error;
  }
  for (const Dependent& dependent : DependentsOf(table, static_cast<int>(number))) {
    if (dependent.drop != nullptr) {
      Error error = MakeError(SqlState::kFeatureNotSupported,
                              "cannot alter type of a column used by a view or rule");
      error.detail =
          "rule _RETURN on " + dependent.text + " depends on column \"" + old.name + "\"";
      return error;
    }
    if (dependent.whole) {
      Error error = MakeError(SqlState::kFeatureNotSupported,
                              "cannot alter type of a column used by a generated column");
      error.detail = "Column \"" + old.name + "\" is used by generated column \"" +
                     table->columns[dependent.column].name + "\".";
      return error;
    }
  }
  return Ok();
}

Result<expr::ExprPtr> SessionImpl::Transformed(const Command& command,
                                               const schema::RelationDescriptor& table,
                                               const schema::RelationDescriptor& next,
                                               uint32_t number, bind::BindContext& context) {
  const schema::Column& old = table.columns[number];
  const schema::Column& column = next.columns[number];
  if (!old.generated_sql.empty()) {
    return bind::BindStoredExpression(next, column.generated_sql, bind::RowUse::kGenerated, &column,
                                      context);
  }
  if (command.expr != nullptr) {
    return bind::BindRowExpression(table, *command.expr, bind::RowUse::kTransform, &column,
                                   context);
  }
  Result<expr::ExprPtr> cast = bind::BindStoredExpression(
      table, ast::QuoteIdentifier(old.name), bind::RowUse::kTransform, &column, context);
  if (!cast.ok() && cast.error().state == SqlState::kDatatypeMismatch) {
    Error error = MakeError(SqlState::kDatatypeMismatch,
                            "column \"" + old.name + "\" cannot be cast automatically to type " +
                                types::FormatType(column.type));
    error.hint = "You might need to specify \"USING " + ast::QuoteIdentifier(old.name) +
                 "::" + types::FormatType(column.type) + "\".";
    return error;
  }
  return cast;
}

bool SessionImpl::ReadsDropped(const ast::AlterTableStatement& alter,
                               const schema::RelationPtr& table, const std::string& sql) {
  schema::RelationDescriptor without = *table;
  bool drops = false;
  for (const Command& command : alter.commands) {
    if (command.type != Command::Type::kDropColumn) continue;
    const int number = without.FindColumn(command.name);
    if (number < 0) continue;
    without.columns[static_cast<size_t>(number)].dropped = true;
    drops = true;
  }
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  for (const Command& command : alter.commands) {
    if (!drops || command.type != Command::Type::kSetType || command.expr == nullptr) continue;
    const int number = without.FindColumn(command.name);
    if (number < 0) continue;
    Result<expr::ExprPtr> bound =
        bind::BindRowExpression(without, *command.expr, bind::RowUse::kTransform,
                                &without.columns[static_cast<size_t>(number)], context);
    if (!bound.ok() && bound.error().state == SqlState::kUndefinedColumn) return true;
  }
  return false;
}

Status SessionImpl::AlterColumn(const Command& command, schema::RelationPtr* table, Run* run) {
  using Type = Command::Type;
  LATHE_ASSIGN(uint32_t number, ColumnOf(**table, command.name));
  schema::RelationDescriptor next = **table;
  schema::Column& column = next.columns[number];
  const bool identity = column.identity != schema::Identity::kNone;
  switch (command.type) {
    case Type::kSetDefault:
    case Type::kDropDefault: {
      const bool drop = command.type == Type::kDropDefault;
      if (identity) {
        Error error =
            OfColumn(SqlState::kSyntaxError, column.name, **table, "is an identity column");
        if (drop) error.hint = "Use ALTER TABLE ... ALTER COLUMN ... DROP IDENTITY instead.";
        return error;
      }
      if (!column.generated_sql.empty()) {
        Error error =
            OfColumn(SqlState::kSyntaxError, column.name, **table, "is a generated column");
        if (drop) error.hint = "Use ALTER TABLE ... ALTER COLUMN ... DROP EXPRESSION instead.";
        return error;
      }
      column.default_sql.clear();
      if (!drop) {
        bind::BindContext context = MakeBindContext(run->prepared->sql, catalog_.get());
        LATHE_ASSIGN(column.default_sql, bind::BindDefault(*command.expr, column, context));
      }
      LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    case Type::kSetNotNull: {
      if (column.not_null) return Ok();
      column.not_null = true;
      LATHE_ASSIGN(*table, RewriteRows(*table, std::move(next), {}));
      return Ok();
    }
    case Type::kDropNotNull: {
      if (identity) {
        return OfColumn(SqlState::kSyntaxError, column.name, **table, "is an identity column");
      }
      for (const schema::KeyColumn& part : next.key) {
        if (part.column != number) continue;
        return MakeError(SqlState::kInvalidTableDefinition,
                         "column \"" + column.name + "\" is in a primary key");
      }
      if (!column.not_null) return Ok();
      column.not_null = false;
      LATHE_ASSIGN(*table, RewriteRows(*table, std::move(next), {}));
      return Ok();
    }
    case Type::kDropExpression: {
      if (column.generated_sql.empty()) {
        Error error = OfColumn(SqlState::kObjectNotInPrerequisiteState, column.name, **table,
                               "is not a stored generated column");
        if (!command.if_exists) return error;
        run->client->SendNotice(Skipping(error.message + ", skipping"));
        return Ok();
      }
      column.generated_sql.clear();
      LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
      return Ok();
    }
    case Type::kSetStatistics:
    case Type::kSetStorage:
      return Ok();  // how it is kept, which pages decide for themselves
    default:
      return AlterIdentity(command, table, run);
  }
}

Status SessionImpl::AlterIdentity(const Command& command, schema::RelationPtr* table, Run* run) {
  using Type = Command::Type;
  LATHE_ASSIGN(uint32_t number, ColumnOf(**table, command.name));
  schema::RelationDescriptor next = **table;
  schema::Column& column = next.columns[number];
  const bool identity = column.identity != schema::Identity::kNone;
  if (command.type == Type::kAddIdentity) {
    if (column.type.id != types::TypeId::kInt2 && column.type.id != types::TypeId::kInt4 &&
        column.type.id != types::TypeId::kInt8) {
      return MakeError(SqlState::kInvalidParameterValue,
                       "identity column type must be smallint, integer, or bigint");
    }
    if (!column.not_null) {
      return OfColumn(SqlState::kObjectNotInPrerequisiteState, column.name, **table,
                      "must be declared NOT NULL before identity can be added");
    }
    if (identity) {
      return OfColumn(SqlState::kObjectNotInPrerequisiteState, column.name, **table,
                      "is already an identity column");
    }
    if (!column.default_sql.empty()) {
      return OfColumn(SqlState::kObjectNotInPrerequisiteState, column.name, **table,
                      "already has a default value");
    }
    bind::SequenceDefinition sequence;
    sequence.column = number;
    sequence.options.type = column.type.id;
    sequence.options.identity = true;
    bind::SequenceRequest request;
    bind::BindContext context = MakeBindContext(run->prepared->sql, catalog_.get());
    LATHE_TRY(bind::BindSequenceOptions(command.constraint->sequence, true, true, context,
                                        &sequence.options, &request));
    sequence.name = request.name;
    LATHE_ASSIGN(schema::RelationPtr made, MakeSequence(next, sequence));
    column.default_sql = "nextval('" + std::to_string(made->id.value) + "'::regclass)";
    column.identity = command.constraint->identity_always ? schema::Identity::kAlways
                                                          : schema::Identity::kByDefault;
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
    return Ok();
  }
  if (command.type != Type::kSetIdentity && command.type != Type::kDropIdentity) {
    return NotSupported("this form of ALTER TABLE",
                        ast::PositionOf(run->prepared->sql, command.location));
  }
  if (!identity) {
    Error error = OfColumn(SqlState::kObjectNotInPrerequisiteState, column.name, **table,
                           "is not an identity column");
    if (!command.if_exists) return error;
    run->client->SendNotice(Skipping(error.message + ", skipping"));
    return Ok();
  }
  schema::RelationPtr sequence = OwnedSequence((*table)->id, column.number);
  if (command.type == Type::kDropIdentity) {
    column.identity = schema::Identity::kNone;
    column.default_sql.clear();
    LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
    if (sequence != nullptr) LATHE_TRY(txn_->DropTable(sequence->id));
    return Ok();
  }
  for (const ast::Option& option : command.options) {
    if (option.name != "generated_always") continue;
    column.identity =
        option.text == "true" ? schema::Identity::kAlways : schema::Identity::kByDefault;
  }
  LATHE_ASSIGN(*table, txn_->ChangeRelation(std::move(next)));
  const bool only_kind =
      command.options.size() == 1 && command.options[0].name == "generated_always";
  if (sequence == nullptr || only_kind) return Ok();
  return ChangeSequence(sequence, command.options, run->prepared->sql, true);
}

}  // namespace lathe::session
