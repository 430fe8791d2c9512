// CREATE, ALTER and DROP TYPE: enums and composite types.
#include <algorithm>

#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"
#include "runtime/types/shape.h"

namespace lathe::session {
namespace {

using ast::PositionOf;

constexpr int64_t kLabelStep = int64_t{1} << 32;
constexpr size_t kNameBytesMax = 63;

Notice Skipping(std::string message) {
  Notice notice;
  notice.fields = MakeError(SqlState::kSuccessfulCompletion, std::move(message));
  return notice;
}

Status CheckLabel(const std::string& label) {
  if (label.size() <= kNameBytesMax) return Ok();
  Error error = MakeError(SqlState::kInvalidName, "invalid enum label \"" + label + "\"");
  error.detail = "Labels must be 63 bytes or less.";
  return error;
}

}  // namespace

Status SessionImpl::RunCreateType(Run* run) {
  const auto& create = run->prepared->statement->As<ast::CreateTypeStatement>();
  const std::string& sql = run->prepared->sql;
  using Form = ast::CreateTypeStatement::Form;
  if (create.form == Form::kOther) {
    return NotSupported("CREATE TYPE", PositionOf(sql, create.location));
  }
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  LATHE_ASSIGN(auto schema, CreationSchema(create.type, false, &context));
  if (schema->id == schema::kPgCatalogSchema || schema->id == schema::kInformationSchema) {
    return MakeError(SqlState::kInsufficientPrivilege,
                     "permission denied for schema " + schema->name);
  }
  types::Shape shape;
  if (create.form == Form::kEnum) {
    shape.kind = types::Shape::Kind::kEnum;
    for (const std::string& label : create.labels) {
      LATHE_TRY(CheckLabel(label));
      if (shape.FindLabel(label) != nullptr) {
        return MakeError(SqlState::kUniqueViolation,
                         "duplicate key value violates unique constraint "
                         "\"pg_enum_typid_label_index\"");
      }
      shape.labels.push_back({static_cast<int64_t>(shape.labels.size() + 1) * kLabelStep, label});
    }
  } else {
    shape.kind = types::Shape::Kind::kRecord;
    for (const ast::ColumnDefinitionItem& field : create.fields) {
      if (shape.FindField(field.name) >= 0) {
        return MakeError(SqlState::kDuplicateColumn,
                         "column \"" + field.name + "\" specified more than once");
      }
      LATHE_ASSIGN(types::Type type, bind::BindTypeName(field.type, context));
      if (type.id == types::TypeId::kUnknown || type.id == types::TypeId::kVoid ||
          type.is_polymorphic() || (type.id == types::TypeId::kRecord && type.shape == nullptr)) {
        return MakeError(
            SqlState::kInvalidTableDefinition,
            "column \"" + field.name + "\" has pseudo-type " + types::FormatType(type));
      }
      if (type.id == types::TypeId::kNumeric) type = types::Type(type.id, type.typmod);
      shape.fields.push_back({field.name, type});
    }
  }
  run->tag = "CREATE TYPE";
  LATHE_TRY(txn_->CreateType(schema->id, create.type.name, std::move(shape)));
  return Ok();
}

Result<schema::RelationPtr> SessionImpl::FindType(const ast::QualifiedName& name,
                                                  std::string_view sql, bool missing_ok) {
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  std::vector<std::string> path = bind::EffectivePath(context);
  if (!name.schema.empty()) path = {name.schema};
  for (const std::string& schema_name : path) {
    auto schema = catalog_->FindSchema(schema_name);
    if (schema == nullptr) continue;
    schema::RelationPtr found = catalog_->FindRelation(schema->id, name.name);
    if (found != nullptr && found->kind == schema::RelationKind::kType) return found;
  }
  if (missing_ok) return schema::RelationPtr();
  return MakeError(
      SqlState::kUndefinedObject,
      "type \"" + (name.schema.empty() ? "" : name.schema + ".") + name.name + "\" does not exist");
}

Status SessionImpl::RunAlterType(Run* run) {
  const auto& alter = run->prepared->statement->As<ast::AlterStatement>();
  const std::string& sql = run->prepared->sql;
  using Action = ast::AlterStatement::Action;
  if (alter.action != Action::kAddEnumValue && alter.action != Action::kRenameEnumValue) {
    return NotSupported(StatementName(alter), PositionOf(sql, alter.location));
  }
  LATHE_ASSIGN(schema::RelationPtr type, FindType(alter.name.name, sql, false));
  if (type->named_type.id != types::TypeId::kEnum) {
    return MakeError(SqlState::kWrongObjectType,
                     types::FormatType(type->named_type) + " is not an enum");
  }
  run->tag = "ALTER TYPE";
  types::Shape shape = *type->named_type.shape;
  auto place = [&](const std::string& label) {
    return std::find_if(shape.labels.begin(), shape.labels.end(),
                        [&](const types::Shape::Label& l) { return l.text == label; });
  };
  auto missing = [&](const std::string& label) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "\"" + label + "\" is not an existing enum label");
  };
  if (alter.action == Action::kRenameEnumValue) {
    auto label = place(alter.text);
    if (label == shape.labels.end()) return missing(alter.text);
    LATHE_TRY(CheckLabel(alter.neighbor));
    if (place(alter.neighbor) != shape.labels.end()) {
      return MakeError(SqlState::kDuplicateObject,
                       "enum label \"" + alter.neighbor + "\" already exists");
    }
    label->text = alter.neighbor;
    return txn_->ChangeType(type->id, type->name, std::move(shape));
  }
  LATHE_TRY(CheckLabel(alter.text));
  if (place(alter.text) != shape.labels.end()) {
    const std::string message = "enum label \"" + alter.text + "\" already exists";
    if (!alter.if_not_exists) return MakeError(SqlState::kDuplicateObject, message);
    run->client->SendNotice(Skipping(message + ", skipping"));
    return Ok();
  }
  auto at = shape.labels.end();
  if (!alter.neighbor.empty()) {
    at = place(alter.neighbor);
    if (at == shape.labels.end()) return missing(alter.neighbor);
    if (!alter.before) ++at;
  }
  int64_t value = 0;
  if (at == shape.labels.end()) {
    value = shape.labels.empty() ? kLabelStep : shape.labels.back().value + kLabelStep;
  } else if (at == shape.labels.begin()) {
    value = at->value - kLabelStep;
  } else {
    const int64_t before = std::prev(at)->value;
    if (at->value - before < 2) {
      return MakeError(SqlState::kProgramLimitExceeded,
                       "no room for another enum label between these two");
    }
    value = before + (at->value - before) / 2;
  }
  shape.labels.insert(at, {value, alter.text});
  return txn_->ChangeType(type->id, type->name, std::move(shape));
}

Status SessionImpl::RunRenameType(Run* run) {
  const auto& rename = run->prepared->statement->As<ast::RenameStatement>();
  LATHE_ASSIGN(schema::RelationPtr type,
               FindType(rename.name.name, run->prepared->sql, rename.if_exists));
  run->tag = "ALTER TYPE";
  if (type == nullptr) return Ok();
  return txn_->ChangeType(type->id, rename.new_name, *type->named_type.shape);
}

namespace {

/// Uses the type with this oid, within a composite type too.
bool Uses(const types::Type& type, uint32_t oid) {
  if (type.shape == nullptr) return false;
  if (type.shape->oid == oid) return true;
  return std::any_of(type.shape->fields.begin(), type.shape->fields.end(),
                     [oid](const types::Shape::Field& field) { return Uses(field.type, oid); });
}

}  // namespace

Status SessionImpl::RunDropType(Run* run) {
  const auto& drop = run->prepared->statement->As<ast::DropStatement>();
  const std::string& sql = run->prepared->sql;
  const bool domain = drop.type == ast::ObjectType::kDomain;
  run->tag = domain ? "DROP DOMAIN" : "DROP TYPE";
  for (const ast::ObjectName& object : drop.names) {
    schema::RelationPtr type;
    if (domain) {
      LATHE_ASSIGN(type, FindDomain(object.name, sql, drop.if_exists));
    } else {
      LATHE_ASSIGN(type, FindType(object.name, sql, true));
      if (type == nullptr) {
        LATHE_ASSIGN(type, FindDomain(object.name, sql, drop.if_exists));
      }
    }
    if (type == nullptr) {
      run->client->SendNotice(
          Skipping("type \"" + object.name.name + "\" does not exist, skipping"));
      continue;
    }
    LATHE_TRY(
        DropDependents("type " + type->name, DependentsOfType(*type), drop.cascade, run->client));
    LATHE_TRY(txn_->DropTable(type->id));
  }
  return Ok();
}

std::vector<SessionImpl::Dependent> SessionImpl::DependentsOfType(
    const schema::RelationDescriptor& type) {
  std::vector<Dependent> found;
  const bool domain = type.kind == schema::RelationKind::kDomain;
  const uint32_t oid = domain ? 0 : type.named_type.shape->oid;
  for (const schema::RelationPtr& relation : txn_->catalog()->Relations()) {
    if (relation->id == type.id || relation->kind == schema::RelationKind::kIndex) continue;
    Dependent dependent;
    dependent.on = "type " + type.name;
    const bool is_type = relation->kind == schema::RelationKind::kType ||
                         relation->kind == schema::RelationKind::kDomain;
    auto uses = [&](const schema::Column& column) {
      return !column.dropped && (domain ? column.domain == type.id : Uses(column.type, oid));
    };
    if (is_type) {
      const bool used = relation->kind == schema::RelationKind::kDomain
                            ? uses(relation->columns[0])
                            : !domain && Uses(relation->named_type, oid);
      if (!used) continue;
      dependent.text = "type " + relation->name;
      dependent.drop = relation;
      found.push_back(dependent);
      for (Dependent& further : DependentsOfType(*relation)) found.push_back(std::move(further));
      continue;
    }
    for (size_t i = 0; i < relation->columns.size(); ++i) {
      if (!uses(relation->columns[i])) continue;
      if (relation->kind == schema::RelationKind::kView) {
        dependent.text = "view " + relation->name;
        dependent.drop = relation;
        found.push_back(dependent);
        break;
      }
      dependent.text = "column " + relation->columns[i].name + " of " + KindName(*relation) + " " +
                       relation->name;
      dependent.table = relation->id;
      dependent.column = static_cast<int>(i);
      dependent.whole = true;
      found.push_back(dependent);
    }
  }
  return found;
}

}  // namespace lathe::session
