// CREATE, ALTER and DROP DOMAIN. A domain is an entry of the catalog with one column, "value", that
// has its type, NOT NULL and DEFAULT, and the domain's checks; columns of the domain are of the
// base type and name the domain.
#include <algorithm>

#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"

namespace lathe::session {
namespace {

using ast::PositionOf;

Notice Skipping(std::string message) {
  Notice notice;
  notice.fields = MakeError(SqlState::kSuccessfulCompletion, std::move(message));
  return notice;
}

}  // namespace

Result<schema::RelationPtr> SessionImpl::FindDomain(const ast::QualifiedName& name,
                                                    std::string_view sql, bool missing_ok) {
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  std::vector<std::string> path = bind::EffectivePath(context);
  if (!name.schema.empty()) path = {name.schema};
  for (const std::string& schema_name : path) {
    auto schema = catalog_->FindSchema(schema_name);
    if (schema == nullptr) continue;
    schema::RelationPtr found = catalog_->FindRelation(schema->id, name.name);
    if (found == nullptr) continue;
    if (found->kind == schema::RelationKind::kDomain) return found;
    if (found->kind == schema::RelationKind::kType) {
      return MakeError(SqlState::kWrongObjectType, "\"" + name.name + "\" is not a domain");
    }
  }
  if (missing_ok) return schema::RelationPtr();
  return MakeError(
      SqlState::kUndefinedObject,
      "type \"" + (name.schema.empty() ? "" : name.schema + ".") + name.name + "\" does not exist");
}

Status SessionImpl::RunCreateDomain(Run* run) {
  const auto& create = run->prepared->statement->As<ast::CreateDomainStatement>();
  const std::string& sql = run->prepared->sql;
  run->tag = "CREATE DOMAIN";
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  LATHE_ASSIGN(auto schema, CreationSchema(create.domain, false, &context));
  schema::RelationDescriptor domain;
  domain.kind = schema::RelationKind::kDomain;
  domain.schema = schema->id;
  domain.name = create.domain.name;
  schema::Column value;
  value.number = ColumnNumber(1);
  value.name = "value";
  LATHE_ASSIGN(value.type, bind::BindTypeName(create.type, context, &value.domain));
  if (value.type.id == types::TypeId::kUnknown || value.type.id == types::TypeId::kVoid ||
      value.type.is_polymorphic() ||
      (value.type.id == types::TypeId::kRecord && value.type.shape == nullptr)) {
    return MakeError(SqlState::kDatatypeMismatch, "\"" + types::FormatType(value.type) +
                                                      "\" is not a valid base type for a domain");
  }
  if (value.type.id == types::TypeId::kRecord) {
    return NotSupported("domain over a composite type", PositionOf(sql, create.location));
  }
  if (!create.collation.name.empty() && create.collation.name != "C" &&
      create.collation.name != "default" && create.collation.name != "POSIX") {
    return NotSupported("collation \"" + create.collation.name + "\"",
                        PositionOf(sql, create.location));
  }
  domain.columns.push_back(value);
  bool null = false;
  for (const ast::Constraint& constraint : create.constraints) {
    using Type = ast::Constraint::Type;
    schema::Column& column = domain.columns[0];
    switch (constraint.type) {
      case Type::kNotNull:
        column.not_null = true;
        break;
      case Type::kNull:
        null = true;
        break;
      case Type::kDefault: {
        if (!column.default_sql.empty()) {
          return MakeError(SqlState::kSyntaxError, "multiple default expressions");
        }
        LATHE_ASSIGN(column.default_sql, bind::BindDefault(*constraint.expr, column, context));
        break;
      }
      case Type::kCheck: {
        if (constraint.no_inherit) {
          return MakeError(SqlState::kInvalidObjectDefinition,
                           "check constraints for domains cannot be marked NO INHERIT");
        }
        LATHE_ASSIGN(schema::CheckConstraint check, bind::BindCheck(domain, constraint, context));
        LATHE_ASSIGN(check.oid, txn_->NewOid());
        domain.checks.push_back(std::move(check));
        break;
      }
      case Type::kUnique:
        return MakeError(SqlState::kSyntaxError, "unique constraints not possible for domains");
      case Type::kPrimaryKey:
        return MakeError(SqlState::kSyntaxError,
                         "primary key constraints not possible for domains");
      case Type::kForeignKey:
        return MakeError(SqlState::kSyntaxError,
                         "foreign key constraints not possible for domains");
      default:
        return MakeError(SqlState::kSyntaxError,
                         "specifying this constraint is not possible for domains");
    }
    if (null && column.not_null) {
      return MakeError(SqlState::kSyntaxError, "conflicting NULL/NOT NULL constraints");
    }
  }
  LATHE_TRY(txn_->CreateEntry(std::move(domain)));
  return Ok();
}

std::vector<schema::RelationPtr> SessionImpl::DomainFamily(RelationId domain) {
  // The domain and those that are made of it.
  std::vector<schema::RelationPtr> family = {catalog_->GetRelation(domain)};
  for (size_t i = 0; i < family.size(); ++i) {
    for (const schema::RelationPtr& other : txn_->catalog()->Relations()) {
      if (other->kind == schema::RelationKind::kDomain &&
          other->columns[0].domain == family[i]->id) {
        family.push_back(other);
      }
    }
  }
  return family;
}

Status SessionImpl::ChangeDomain(schema::RelationDescriptor next) {
  const RelationId id = next.id;
  LATHE_TRY(txn_->ChangeRelation(std::move(next)));
  // What was bound with its tables is bound anew.
  std::vector<schema::RelationPtr> family = DomainFamily(id);
  for (const schema::RelationPtr& table : txn_->catalog()->Relations()) {
    if (table->kind != schema::RelationKind::kTable) continue;
    const bool uses =
        std::any_of(table->columns.begin(), table->columns.end(), [&](const schema::Column& c) {
          return !c.dropped && std::any_of(family.begin(), family.end(), [&](const auto& domain) {
            return domain->id == c.domain;
          });
        });
    if (uses) LATHE_TRY(txn_->ChangeRelation(*table));
  }
  return Ok();
}

Status SessionImpl::CheckDomainUses(const schema::RelationPtr& domain,
                                    const schema::CheckConstraint* check) {
  std::vector<schema::RelationPtr> family = DomainFamily(domain->id);
  for (const schema::RelationPtr& table : txn_->catalog()->Relations()) {
    if (table->kind != schema::RelationKind::kTable) continue;
    for (uint32_t column : table->LiveColumns()) {
      const RelationId of = table->columns[column].domain;
      if (of.value == 0 || std::none_of(family.begin(), family.end(),
                                        [&](const auto& member) { return member->id == of; })) {
        continue;
      }
      TableChecks checks;
      if (check == nullptr) {
        checks.domain_not_null.push_back({column, domain->name});
      } else {
        bind::BindContext context = MakeBindContext({}, catalog_.get());
        LATHE_ASSIGN(expr::ExprPtr condition,
                     bind::BindStoredExpression(*domain, check->sql, bind::RowUse::kDomainCheck,
                                                nullptr, context));
        condition = expr::Rewrite(std::move(condition), [column](expr::ExprPtr node) {
          if (node->kind == expr::Kind::kColumn) node->column = expr::ColumnId(column + 1);
          return node;
        });
        checks.checks.push_back({std::move(condition), check->name, domain->name});
      }
      Status checked = CheckTableRows(table, checks, nullptr);
      if (checked.ok()) continue;
      if (checked.error().state != SqlState::kCheckViolation) return checked;
      return MakeError(SqlState::kCheckViolation,
                       "column \"" + table->columns[column].name + "\" of table \"" + table->name +
                           "\" contains values that violate the new constraint");
    }
  }
  return Ok();
}

Status SessionImpl::RunAlterDomain(Run* run) {
  const auto& alter = run->prepared->statement->As<ast::AlterStatement>();
  const std::string& sql = run->prepared->sql;
  run->tag = "ALTER DOMAIN";
  LATHE_ASSIGN(schema::RelationPtr domain, FindDomain(alter.name.name, sql, false));
  LATHE_ASSIGN(domain, txn_->LockTable(domain->id, txn::TableLockMode::kAccessExclusive));
  const ast::AlterTableCommand& command = *alter.command;
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  schema::RelationDescriptor next = *domain;
  schema::Column& value = next.columns[0];
  using Type = ast::AlterTableCommand::Type;
  switch (command.type) {
    case Type::kSetDefault: {
      LATHE_ASSIGN(value.default_sql, bind::BindDefault(*command.expr, value, context));
      return ChangeDomain(std::move(next));
    }
    case Type::kDropDefault:
      value.default_sql.clear();
      return ChangeDomain(std::move(next));
    case Type::kSetNotNull:
      if (value.not_null) return Ok();
      LATHE_TRY(CheckDomainUses(domain, nullptr));
      value.not_null = true;
      return ChangeDomain(std::move(next));
    case Type::kDropNotNull:
      value.not_null = false;
      return ChangeDomain(std::move(next));
    case Type::kAddConstraint: {
      if (command.constraint->type == ast::Constraint::Type::kNotNull) {
        LATHE_TRY(CheckDomainUses(domain, nullptr));
        value.not_null = true;
        return ChangeDomain(std::move(next));
      }
      if (command.constraint->type != ast::Constraint::Type::kCheck) break;
      LATHE_ASSIGN(schema::CheckConstraint check,
                   bind::BindCheck(*domain, *command.constraint, context));
      LATHE_ASSIGN(check.oid, txn_->NewOid());
      if (check.validated) LATHE_TRY(CheckDomainUses(domain, &check));
      next.checks.push_back(std::move(check));
      return ChangeDomain(std::move(next));
    }
    case Type::kValidateConstraint:
    case Type::kDropConstraint: {
      for (size_t i = 0; i < next.checks.size(); ++i) {
        if (next.checks[i].name != command.name) continue;
        if (command.type == Type::kDropConstraint) {
          next.checks.erase(next.checks.begin() + static_cast<ptrdiff_t>(i));
        } else {
          LATHE_TRY(CheckDomainUses(domain, &next.checks[i]));
          next.checks[i].validated = true;
        }
        return ChangeDomain(std::move(next));
      }
      const std::string message =
          "constraint \"" + command.name + "\" of domain \"" + domain->name + "\" does not exist";
      if (!command.if_exists) return MakeError(SqlState::kUndefinedObject, message);
      run->client->SendNotice(Skipping(message + ", skipping"));
      return Ok();
    }
    case Type::kOwnerTo:
      return CheckRole(command.text);
    default:
      break;
  }
  return NotSupported(StatementName(alter), PositionOf(sql, alter.location));
}

}  // namespace lathe::session
