// ALTER TABLE on a table and on those below it.
#include <algorithm>

#include "frontend/ast/position.h"
#include "frontend/session/session_impl.h"

namespace lathe::session {

namespace {

using Command = ast::AlterTableCommand;

/// Is the column one of the partition key, or read by an expression of it?
bool OfPartitionKey(const schema::RelationDescriptor& table, const std::string& column,
                    bind::BindContext& context) {
  return std::any_of(table.partition_key.parts.begin(), table.partition_key.parts.end(),
                     [&](const schema::PartitionKey::Part& part) {
                       return part.sql.empty() ? table.columns[part.column].name == column
                                               : bind::StoredUses(part.sql, column, context);
                     });
}

}  // namespace

bool SessionImpl::HasUniqueParent(const schema::RelationDescriptor& table) {
  schema::RelationPtr parent =
      table.is_partition() ? catalog_->GetRelation(table.parents[0]) : nullptr;
  if (parent == nullptr) return false;
  return std::any_of(parent->indexes.begin(), parent->indexes.end(), [&](RelationId id) {
    schema::RelationPtr index = catalog_->GetRelation(id);
    return index != nullptr && (index->unique || index->is_constraint);
  });
}

Status SessionImpl::SetTypesWithChildren(const std::vector<const Command*>& commands,
                                         schema::RelationPtr* table, bool only, Run* run) {
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  const std::vector<schema::RelationPtr> below = DescendantsOf(**table);
  auto changes = [&](RelationId id) {
    return id == (*table)->id || std::any_of(below.begin(), below.end(),
                                             [&](const auto& other) { return other->id == id; });
  };
  for (const Command* command : commands) {
    const int found = (*table)->FindColumn(command->name);
    if (found < 0) continue;  // SetColumnTypes tells
    if ((*table)->columns[static_cast<size_t>(found)].inherited > 0) {
      return MakeError(SqlState::kInvalidTableDefinition,
                       "cannot alter inherited column \"" + command->name + "\"");
    }
    if (only && !below.empty()) {
      return MakeError(
          SqlState::kInvalidTableDefinition,
          "type of inherited column \"" + command->name + "\" must be changed in child tables too");
    }
    std::vector<schema::RelationPtr> all = below;
    all.push_back(*table);
    for (const schema::RelationPtr& one : all) {
      if (OfPartitionKey(*one, command->name, context)) {
        return MakeError(SqlState::kInvalidTableDefinition,
                         "cannot alter column \"" + command->name +
                             "\" because it is part of the partition key of relation \"" +
                             one->name + "\"");
      }
      const bool elsewhere =
          std::any_of(one->parents.begin(), one->parents.end(), [&](RelationId id) {
            schema::RelationPtr parent = catalog_->GetRelation(id);
            return !changes(id) && parent != nullptr && parent->FindColumn(command->name) >= 0;
          });
      if (elsewhere) {
        return MakeError(SqlState::kInvalidTableDefinition,
                         "cannot alter inherited column \"" + command->name + "\" of relation \"" +
                             one->name + "\"");
      }
    }
  }
  LATHE_TRY(SetColumnTypes(commands, table, run));
  for (const schema::RelationPtr& child : below) {
    LATHE_ASSIGN(schema::RelationPtr to,
                 txn_->LockTable(child->id, txn::TableLockMode::kAccessExclusive));
    LATHE_TRY(SetColumnTypes(commands, &to, run));
  }
  return Ok();
}

Status SessionImpl::AddColumnBelow(const Command& command, const schema::RelationDescriptor& table,
                                   Run* run) {
  const std::string& name = command.column->name;
  const schema::Column& added = table.columns[static_cast<size_t>(table.FindColumn(name))];
  for (RelationId id : table.children) {
    LATHE_ASSIGN(schema::RelationPtr child,
                 txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
    const int known = child->FindColumn(name);
    if (known >= 0) {
      // Those below it have it from there.
      schema::RelationDescriptor next = *child;
      schema::Column& own = next.columns[static_cast<size_t>(known)];
      if (own.type != added.type || own.domain != added.domain) {
        return MakeError(
            SqlState::kDatatypeMismatch,
            "child table \"" + child->name + "\" has different type for column \"" + name + "\"");
      }
      ++own.inherited;
      Notify(run->client, "NOTICE", SqlState::kSuccessfulCompletion,
             "merging definition of column \"" + name + "\" for child \"" + child->name + "\"");
      LATHE_TRY(txn_->ChangeRelation(std::move(next)));
      continue;
    }
    LATHE_TRY(AlterOne(command, &child, run));
    schema::RelationDescriptor next = *child;
    schema::Column& made = next.columns[static_cast<size_t>(next.FindColumn(name))];
    made.inherited = 1;
    made.local = false;
    LATHE_ASSIGN(child, txn_->ChangeRelation(std::move(next)));
    LATHE_TRY(AddColumnBelow(command, *child, run));
  }
  return Ok();
}

Status SessionImpl::ValidateBelow(const Command& command, schema::RelationPtr* table, bool only) {
  const schema::RelationDescriptor before = **table;
  auto check = std::find_if(before.checks.begin(), before.checks.end(),
                            [&](const auto& other) { return other.name == command.name; });
  if (check != before.checks.end() && !check->no_inherit) {
    if (only && !before.children.empty()) {
      return MakeError(SqlState::kInvalidTableDefinition,
                       "constraint must be validated on child tables too");
    }
    for (const schema::RelationPtr& below : DescendantsOf(before)) {
      LATHE_ASSIGN(schema::RelationPtr child,
                   txn_->LockTable(below->id, txn::TableLockMode::kAccessExclusive));
      LATHE_TRY(ValidateConstraint(command, &child));
    }
    *table = catalog_->GetRelation(before.id);
  }
  return ValidateConstraint(command, table);
}

Status SessionImpl::AlterWithChildren(const Command& command, schema::RelationPtr* table, bool only,
                                      Run* run) {
  using Type = Command::Type;
  const schema::RelationDescriptor before = **table;
  if (before.children.empty() && before.parents.empty() && !before.is_partitioned()) {
    switch (command.type) {
      case Type::kAttachPartition:
        return AttachPartition(command, table, run);
      case Type::kDetachPartition:
        return DetachPartition(command, table, run);
      case Type::kInherit:
        return Inherit(command, table, run);
      case Type::kNoInherit:
        return NoInherit(command, table, run);
      default:
        return AlterOne(command, table, run);
    }
  }
  bind::BindContext context = MakeBindContext({}, catalog_.get());
  const int found = command.name.empty() ? -1 : before.FindColumn(command.name);
  const schema::Column* column = found < 0 ? nullptr : &before.columns[static_cast<size_t>(found)];
  auto part_of_key = [&](const std::string& verb) {
    return MakeError(SqlState::kInvalidTableDefinition,
                     "cannot " + verb + " column \"" + command.name +
                         "\" because it is part of the partition key of relation \"" + before.name +
                         "\"");
  };
  switch (command.type) {
    case Type::kAttachPartition:
      return AttachPartition(command, table, run);
    case Type::kDetachPartition:
      return DetachPartition(command, table, run);
    case Type::kInherit:
      return Inherit(command, table, run);
    case Type::kNoInherit:
      return NoInherit(command, table, run);
    case Type::kOwnerTo:
    case Type::kSetStatistics:
    case Type::kSetStorage:
    case Type::kSetOptions:
    case Type::kSetWithoutOids:
    case Type::kSetWithoutCluster:
    case Type::kSetLogged:
    case Type::kSetUnlogged:
      return AlterOne(command, table, run);
    case Type::kAddColumn: {
      if (before.is_partition()) {
        return MakeError(SqlState::kWrongObjectType, "cannot add column to a partition");
      }
      if (before.children.empty()) return AlterOne(command, table, run);
      if (only) {
        return MakeError(SqlState::kInvalidTableDefinition,
                         "column must be added to child tables too");
      }
      const std::string& name = command.column->name;
      for (const ast::Constraint& constraint : command.column->constraints) {
        using Kind = ast::Constraint::Type;
        if (constraint.type == Kind::kIdentity) {
          return MakeError(SqlState::kInvalidTableDefinition,
                           "cannot recursively add identity column to table that has child tables");
        }
        if (constraint.type != Kind::kNotNull && constraint.type != Kind::kNull &&
            constraint.type != Kind::kDefault && constraint.type != Kind::kGenerated) {
          return NotSupported("this constraint of a column of a table with children");
        }
      }
      const bool had = before.FindColumn(name) >= 0;
      LATHE_TRY(AlterOne(command, table, run));
      const int made = (*table)->FindColumn(name);
      if (had || made < 0) return Ok();
      // serial: one sequence for all.
      const std::string& by = (*table)->columns[static_cast<size_t>(made)].default_sql;
      if (by.find("nextval(") != std::string::npos) {
        return NotSupported("adding a serial column to a table with children");
      }
      LATHE_TRY(AddColumnBelow(command, **table, run));
      *table = catalog_->GetRelation(before.id);
      return Ok();
    }
    case Type::kDropColumn: {
      if (column != nullptr && column->inherited > 0) {
        return MakeError(SqlState::kInvalidTableDefinition,
                         "cannot drop inherited column \"" + command.name + "\"");
      }
      if (column != nullptr && OfPartitionKey(before, command.name, context)) {
        return part_of_key("drop");
      }
      if (only && before.is_partitioned() && !before.children.empty()) {
        Error error =
            MakeError(SqlState::kInvalidTableDefinition,
                      "cannot drop column from only the partitioned table when partitions exist");
        error.hint = "Do not specify the ONLY keyword.";
        return error;
      }
      const std::vector<RelationId> children = before.children;
      if (column == nullptr) return AlterOne(command, table, run);
      LATHE_TRY(AlterOne(command, table, run));
      for (RelationId id : children) {
        LATHE_ASSIGN(schema::RelationPtr child,
                     txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
        const int its = child->FindColumn(command.name);
        if (its < 0) continue;
        schema::RelationDescriptor next = *child;
        schema::Column& theirs = next.columns[static_cast<size_t>(its)];
        if (theirs.inherited > 0) --theirs.inherited;
        const bool goes = theirs.inherited == 0 && !theirs.local && !only;
        if (only && theirs.inherited == 0) theirs.local = true;
        LATHE_ASSIGN(child, txn_->ChangeRelation(std::move(next)));
        if (goes) LATHE_TRY(AlterWithChildren(command, &child, false, run));
      }
      *table = catalog_->GetRelation(before.id);
      return Ok();
    }
    case Type::kSetNotNull:
    case Type::kDropNotNull:
    case Type::kSetDefault:
    case Type::kDropDefault: {
      if (command.type == Type::kDropNotNull && column != nullptr && before.is_partition()) {
        schema::RelationPtr parent = catalog_->GetRelation(before.parents[0]);
        const int theirs = parent == nullptr ? -1 : parent->FindColumn(command.name);
        if (theirs >= 0 && parent->columns[static_cast<size_t>(theirs)].not_null) {
          return MakeError(SqlState::kInvalidTableDefinition,
                           "column \"" + command.name + "\" is marked NOT NULL in parent table");
        }
      }
      const bool constraint =
          command.type == Type::kSetNotNull || command.type == Type::kDropNotNull;
      if (only && constraint && before.is_partitioned() && !before.children.empty()) {
        Error error = MakeError(
            SqlState::kInvalidTableDefinition,
            command.type == Type::kSetNotNull
                ? "constraint must be added to child tables too"
                : "cannot remove constraint from only the partitioned table when partitions exist");
        error.hint = "Do not specify the ONLY keyword.";
        return error;
      }
      LATHE_TRY(AlterOne(command, table, run));
      if (only) return Ok();
      for (const schema::RelationPtr& child : DescendantsOf(before)) {
        LATHE_ASSIGN(schema::RelationPtr to,
                     txn_->LockTable(child->id, txn::TableLockMode::kAccessExclusive));
        LATHE_TRY(AlterOne(command, &to, run));
      }
      return Ok();
    }
    case Type::kAddConstraint: {
      const ast::Constraint& added = *command.constraint;
      using Kind = ast::Constraint::Type;
      if (added.type == Kind::kCheck && !added.no_inherit) {
        if (only && !before.children.empty()) {
          return MakeError(SqlState::kInvalidTableDefinition,
                           "constraint must be added to child tables too");
        }
        LATHE_TRY(AlterOne(command, table, run));
        const schema::CheckConstraint made = (*table)->checks.back();
        for (const schema::RelationPtr& child : DescendantsOf(before)) {
          LATHE_ASSIGN(schema::RelationPtr to,
                       txn_->LockTable(child->id, txn::TableLockMode::kAccessExclusive));
          schema::RelationDescriptor next = *to;
          auto known = std::find_if(next.checks.begin(), next.checks.end(),
                                    [&](const auto& other) { return other.name == made.name; });
          if (known != next.checks.end()) {
            if (known->sql != made.sql || known->no_inherit) {
              return MakeError(SqlState::kDuplicateObject, "constraint \"" + made.name +
                                                               "\" for relation \"" + next.name +
                                                               "\" already exists");
            }
            Notify(run->client, "NOTICE", SqlState::kSuccessfulCompletion,
                   "merging constraint \"" + made.name + "\" with inherited definition");
            ++known->inherited;
          } else {
            schema::CheckConstraint check = made;
            LATHE_ASSIGN(check.oid, txn_->NewOid());
            check.inherited = 1;
            check.local = false;
            if (check.validated) LATHE_TRY(CheckRows(to, check));
            next.checks.push_back(std::move(check));
          }
          LATHE_TRY(txn_->ChangeRelation(std::move(next)));
        }
        return Ok();
      }
      if (!before.is_partitioned() || before.children.empty()) {
        return AlterOne(command, table, run);
      }
      if (added.type == Kind::kForeignKey && only) {
        return MakeError(SqlState::kWrongObjectType,
                         "cannot use ONLY for foreign key on partitioned table \"" + before.name +
                             "\" referencing relation \"" + added.reference.name + "\"");
      }
      if (only) return NotSupported("ADD CONSTRAINT on ONLY a partitioned table");
      if (added.type == Kind::kForeignKey || added.type == Kind::kUnique) {
        LATHE_TRY(AlterOne(command, table, run));
        schema::RelationDescriptor more = **table;
        if (added.type == Kind::kUnique) {
          more.foreign_keys.clear();
          more.indexes = {more.indexes.back()};
        } else {
          more.indexes.clear();
          more.foreign_keys = {more.foreign_keys.back()};
        }
        for (RelationId id : before.children) {
          LATHE_ASSIGN(schema::RelationPtr child,
                       txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
          LATHE_TRY(AdoptParts(more, std::move(child)));
        }
        *table = catalog_->GetRelation(before.id);
        return Ok();
      }
      if (added.type == Kind::kPrimaryKey) {
        const std::vector<schema::RelationPtr> below = DescendantsOf(before);
        LATHE_TRY(AlterOne(command, table, run));
        for (const schema::RelationPtr& child : below) {
          std::vector<uint32_t> columns;
          for (const schema::KeyColumn& part : (*table)->key) {
            columns.push_back(
                static_cast<uint32_t>(child->FindColumn((*table)->columns[part.column].name)));
          }
          if (!child->primary_key_name.empty()) {
            return MakeError(
                SqlState::kInvalidTableDefinition,
                "multiple primary keys for table \"" + child->name + "\" are not allowed");
          }
          LATHE_TRY(txn_->AddPrimaryKey(child->id, columns, child->name + "_pkey"));
        }
        return Ok();
      }
      return NotSupported("this constraint of a table with children");
    }
    case Type::kDropConstraint: {
      auto check = std::find_if(before.checks.begin(), before.checks.end(),
                                [&](const auto& other) { return other.name == command.name; });
      const bool inherited_key = std::any_of(
          before.foreign_keys.begin(), before.foreign_keys.end(), [&](const auto& other) {
            return other.name == command.name && other.part_of.value != 0;
          });
      if ((check != before.checks.end() && check->inherited > 0) || inherited_key) {
        return MakeError(SqlState::kInvalidTableDefinition, "cannot drop inherited constraint \"" +
                                                                command.name + "\" of relation \"" +
                                                                before.name + "\"");
      }
      if (check == before.checks.end() || before.children.empty()) {
        const bool key = std::any_of(
            before.foreign_keys.begin(), before.foreign_keys.end(),
            [&](const schema::ForeignKey& other) { return other.name == command.name; });
        if (before.is_partitioned() && !before.children.empty() && !key) {
          return NotSupported("dropping a key of a partitioned table");
        }
        if (before.is_partition() && !key && command.name == before.primary_key_name) {
          schema::RelationPtr parent = catalog_->GetRelation(before.parents[0]);
          if (parent != nullptr && !parent->primary_key_name.empty()) {
            return MakeError(SqlState::kInvalidTableDefinition,
                             "cannot drop inherited constraint \"" + command.name +
                                 "\" of relation \"" + before.name + "\"");
          }
        }
        if (!key && check == before.checks.end() && command.name != before.primary_key_name &&
            HasUniqueParent(before)) {
          return NotSupported("dropping a unique constraint of a partition");
        }
        LATHE_TRY(AlterOne(command, table, run));
        return Ok();
      }
      const bool heritable = !check->no_inherit;
      if (only && before.is_partitioned()) {
        Error error = MakeError(
            SqlState::kInvalidTableDefinition,
            "cannot remove constraint from only the partitioned table when partitions exist");
        error.hint = "Do not specify the ONLY keyword.";
        return error;
      }
      LATHE_TRY(AlterOne(command, table, run));
      for (RelationId id : before.children) {
        if (!heritable) break;
        LATHE_ASSIGN(schema::RelationPtr child,
                     txn_->LockTable(id, txn::TableLockMode::kAccessExclusive));
        schema::RelationDescriptor next = *child;
        bool goes = false;
        for (schema::CheckConstraint& theirs : next.checks) {
          if (theirs.name != command.name) continue;
          if (theirs.inherited > 0) --theirs.inherited;
          goes = theirs.inherited == 0 && !theirs.local && !only;
          if (only && theirs.inherited == 0) theirs.local = true;
        }
        LATHE_ASSIGN(child, txn_->ChangeRelation(std::move(next)));
        if (goes) LATHE_TRY(AlterWithChildren(command, &child, false, run));
      }
      return Ok();
    }
    case Type::kAlterConstraint:
      return AlterOne(command, table, run);
    case Type::kValidateConstraint:
      return ValidateBelow(command, table, only);
    default:
      break;
  }
  if (before.children.empty() && !before.is_partitioned()) return AlterOne(command, table, run);
  return NotSupported("this form of ALTER TABLE of a table with children",
                      ast::PositionOf(run->prepared->sql, command.location));
}

}  // namespace lathe::session
