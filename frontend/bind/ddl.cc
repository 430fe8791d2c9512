// CREATE TABLE and ADD PRIMARY KEY: from definitions to descriptors.
#include <algorithm>
#include <charconv>

#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"
#include "frontend/bind/index.h"
#include "runtime/types/order.h"

namespace lathe::bind {
namespace {

constexpr size_t kColumnsMax = 1600;

using Constraint = ast::Constraint;

bool IsSystemColumn(std::string_view name) {
  static constexpr std::string_view kNames[] = {"ctid", "xmin", "cmin", "xmax", "cmax", "tableoid"};
  return std::find(std::begin(kNames), std::end(kNames), name) != std::end(kNames);
}

class TableBinder {
 public:
  TableBinder(const std::string& table, BindContext& context)
      : context_(context), binder_(context) {
    result_.name = table;
  }
  TableBinder(const schema::RelationDescriptor& table, BindContext& context)
      : context_(context), binder_(context), result_(table) {}

  Result<schema::RelationDescriptor> Create(const ast::CreateTableStatement& create) {
    LATHE_TRY(CheckUnsupported(create));
    LATHE_TRY(StorageParameters(create.with));
    for (const ast::TableElement& element : create.elements) {
      if (element.like) return NotYet("LIKE in CREATE TABLE", element.like->location);
      if (element.column) LATHE_TRY(AddColumn(*element.column));
    }
    if (result_.columns.size() > kColumnsMax) {
      return MakeError(SqlState::kTooManyColumns,
                       "tables can have at most " + std::to_string(kColumnsMax) + " columns");
    }
    for (const ast::TableElement& element : create.elements) {
      if (element.column) {
        for (const Constraint& constraint : element.column->constraints) {
          if (constraint.type == Constraint::Type::kPrimaryKey) {
            LATHE_TRY(AddKey(constraint, {element.column->name}));
          } else if (constraint.type == Constraint::Type::kUnique) {
            LATHE_TRY(AddUnique(constraint, {element.column->name}));
          }
        }
      }
      if (element.constraint) LATHE_TRY(AddTableConstraint(*element.constraint));
    }
    return std::move(result_);
  }

  /// The UNIQUE constraints, without those that another key says already.
  std::vector<IndexDefinition> TakeUniques(const schema::RelationDescriptor& table) {
    auto same = [](const std::vector<schema::KeyColumn>& a,
                   const std::vector<schema::KeyColumn>& b) {
      return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                        [](const auto& x, const auto& y) { return x.column == y.column; });
    };
    std::vector<IndexDefinition> kept;
    for (IndexDefinition& unique : uniques_) {
      bool repeats = same(unique.columns, table.key) && !unique.nulls_not_distinct;
      for (IndexDefinition& other : kept) {
        if (!same(unique.columns, other.columns) ||
            unique.nulls_not_distinct != other.nulls_not_distinct) {
          continue;
        }
        repeats = true;
        if (!other.named && unique.named) {
          other.named = true;
          other.name = unique.name;
        }
      }
      if (!repeats) kept.push_back(std::move(unique));
    }
    return kept;
  }

  Result<IndexDefinition> AddUniqueTo(const Constraint& constraint) {
    if (!constraint.using_index.empty()) {
      return NotYet("ADD CONSTRAINT USING INDEX", constraint.location);
    }
    LATHE_TRY(AddUnique(constraint, constraint.columns));
    return std::move(uniques_.back());
  }

  Result<schema::RelationDescriptor> AddPrimaryKey(const Constraint& constraint) {
    if (!constraint.using_index.empty()) {
      return NotYet("ADD CONSTRAINT USING INDEX", constraint.location);
    }
    LATHE_TRY(AddTableConstraint(constraint));
    return std::move(result_);
  }

 private:
  Error At(SqlState state, std::string message, int32_t location) const {
    return MakeError(state, std::move(message), ast::PositionOf(context_.sql, location));
  }
  Error NotYet(std::string_view what, int32_t location) const {
    return NotSupported(what, ast::PositionOf(context_.sql, location));
  }

  Status CheckUnsupported(const ast::CreateTableStatement& create) const {
    const int32_t location = create.table.location;
    // An unlogged table is an ordinary one: it keeps more than was asked for.
    if (!create.inherits.empty()) return NotYet("INHERITS", create.inherits[0].location);
    if (!create.of_type.name.empty()) return NotYet("CREATE TABLE OF", create.of_type.location);
    if (!create.partition_of.name.empty()) {
      return NotYet("PARTITION OF", create.partition_of.location);
    }
    if (create.partition_by) return NotYet("PARTITION BY", create.partition_by->location);
    if (!create.access_method.empty()) {
      return NotYet("table access method \"" + create.access_method + "\"", location);
    }
    if (!create.tablespace.empty() && create.tablespace != "pg_default") {
      return NotYet("tablespace", location);
    }
    return Ok();
  }

  Status StorageParameters(const ast::OptionList& options) {
    for (const ast::Option& option : options) {
      if (!option.name_space.empty()) {
        return NotYet("storage parameter \"" + option.name_space + "." + option.name + "\"",
                      option.location);
      }
      if (option.name != "fillfactor") {
        static constexpr std::string_view kKnown[] = {"toast_tuple_target", "parallel_workers",
                                                      "user_catalog_table", "vacuum_index_cleanup",
                                                      "vacuum_truncate"};
        if (option.name.starts_with("autovacuum_") || option.name.starts_with("log_autovacuum_") ||
            std::find(std::begin(kKnown), std::end(kKnown), option.name) != std::end(kKnown)) {
          return NotYet("storage parameter \"" + option.name + "\"", option.location);
        }
        return MakeError(SqlState::kInvalidParameterValue,
                         "unrecognized parameter \"" + option.name + "\"");
      }
      int value = 0;
      const char* end = option.text.data() + option.text.size();
      const auto parsed = std::from_chars(option.text.data(), end, value);
      if (option.text.empty() || parsed.ec != std::errc() || parsed.ptr != end) {
        return MakeError(SqlState::kInvalidParameterValue,
                         "invalid value for integer option \"fillfactor\": " + option.text);
      }
      if (value < 10 || value > 100) {
        Error error =
            MakeError(SqlState::kInvalidParameterValue,
                      "value " + option.text + " out of bounds for option \"fillfactor\"");
        error.detail = "Valid values are between \"10\" and \"100\".";
        return error;
      }
      result_.fillfactor = value;
    }
    return Ok();
  }

  Status CheckType(const ast::ColumnDefinition& definition, const Type& type) const {
    if (type.id == TypeId::kUnknown || type.id == TypeId::kVoid || type.is_polymorphic()) {
      return At(SqlState::kInvalidTableDefinition,
                "column \"" + definition.name + "\" has pseudo-type " + types::FormatType(type),
                -1);
    }
    if (definition.collation.name.empty()) return Ok();
    if (types::CategoryOf(type) != 'S') {
      return At(SqlState::kDatatypeMismatch,
                "collations are not supported by type " + TypeText(type),
                definition.collation.location);
    }
    const std::string& collation = definition.collation.name;
    if (collation != "C" && collation != "POSIX" && collation != "default" &&
        collation != "ucs_basic") {
      return NotYet("collation \"" + collation + "\"", definition.collation.location);
    }
    return Ok();
  }

  Status AddColumn(const ast::ColumnDefinition& definition) {
    if (IsSystemColumn(definition.name)) {
      return At(SqlState::kDuplicateColumn,
                "column name \"" + definition.name + "\" conflicts with a system column name", -1);
    }
    if (result_.FindColumn(definition.name) >= 0) {
      return At(SqlState::kDuplicateColumn,
                "column \"" + definition.name + "\" specified more than once", -1);
    }
    if (!definition.compression.empty()) return NotYet("COMPRESSION", definition.location);
    if (!definition.storage.empty()) return NotYet("STORAGE", definition.location);
    schema::Column column;
    column.number = ColumnNumber(static_cast<uint16_t>(result_.columns.size() + 1));
    column.name = definition.name;
    LATHE_ASSIGN(column.type, BindTypeName(definition.type, context_));
    LATHE_TRY(CheckType(definition, column.type));
    bool null = false, not_null = false, has_default = false;
    for (const Constraint& constraint : definition.constraints) {
      switch (constraint.type) {
        case Constraint::Type::kNotNull:
          not_null = true;
          break;
        case Constraint::Type::kNull:
          null = true;
          break;
        case Constraint::Type::kPrimaryKey:
        case Constraint::Type::kUnique:
          break;
        case Constraint::Type::kDefault: {
          if (has_default) {
            return At(SqlState::kSyntaxError,
                      "multiple default values specified for column \"" + column.name +
                          "\" of table \"" + result_.name + "\"",
                      constraint.location);
          }
          has_default = true;
          LATHE_ASSIGN(ExprPtr value, binder_.DefaultExpression(*constraint.expr, column));
          const bool null_default = value->kind == expr::Kind::kConst && value->value.is_null();
          if (!null_default) column.default_sql = ast::Print(*constraint.expr);
          break;
        }
        default:
          LATHE_TRY(Refuse(constraint));
      }
      if (null && not_null) {
        return At(SqlState::kSyntaxError,
                  "conflicting NULL/NOT NULL declarations for column \"" + column.name +
                      "\" of table \"" + result_.name + "\"",
                  constraint.location);
      }
    }
    column.not_null = not_null;
    result_.columns.push_back(std::move(column));
    return Ok();
  }

  Status Refuse(const Constraint& constraint) const {
    switch (constraint.type) {
      case Constraint::Type::kCheck:
        return NotYet("CHECK constraint", constraint.location);
      case Constraint::Type::kForeignKey:
        return NotYet("FOREIGN KEY constraint", constraint.location);
      case Constraint::Type::kExclusion:
        return NotYet("EXCLUDE constraint", constraint.location);
      case Constraint::Type::kGenerated:
        return NotYet("generated column", constraint.location);
      case Constraint::Type::kIdentity:
        return NotYet("identity column", constraint.location);
      default:
        return NotYet("this constraint", constraint.location);
    }
  }

  Status AddTableConstraint(const Constraint& constraint) {
    if (constraint.type == Constraint::Type::kUnique) {
      return AddUnique(constraint, constraint.columns);
    }
    if (constraint.type != Constraint::Type::kPrimaryKey) return Refuse(constraint);
    return AddKey(constraint, constraint.columns);
  }

  Status CheckKeyConstraint(const Constraint& constraint, const std::string& what) const {
    if (!constraint.include.empty()) return NotYet("INCLUDE", constraint.location);
    if (constraint.deferrable || constraint.initially_deferred) {
      return NotYet("deferrable " + what, constraint.location);
    }
    if (!constraint.tablespace.empty() && constraint.tablespace != "pg_default") {
      return NotYet("tablespace", constraint.location);
    }
    for (const ast::Option& option : constraint.with) {
      return NotYet("storage parameter \"" + option.name + "\" of a " + what, option.location);
    }
    return Ok();
  }

  /// what: "unique" or "primary key".
  Status AddKeyColumns(const Constraint& constraint, const std::vector<std::string>& columns,
                       const std::string& what, std::vector<schema::KeyColumn>* key) {
    for (const std::string& name : columns) {
      const int index = result_.FindColumn(name);
      if (index < 0) {
        return At(SqlState::kUndefinedColumn, "column \"" + name + "\" named in key does not exist",
                  constraint.location);
      }
      for (const schema::KeyColumn& part : *key) {
        if (part.column != static_cast<uint32_t>(index)) continue;
        return At(SqlState::kDuplicateColumn,
                  "column \"" + name + "\" appears twice in " + what + " constraint",
                  constraint.location);
      }
      LATHE_TRY(CheckKeyType(result_.columns[static_cast<size_t>(index)].type));
      key->push_back({static_cast<uint32_t>(index), false, false});
    }
    return Ok();
  }

  Status AddUnique(const Constraint& constraint, const std::vector<std::string>& columns) {
    LATHE_TRY(CheckKeyConstraint(constraint, "unique constraint"));
    IndexDefinition unique;
    unique.unique = true;
    unique.nulls_not_distinct = constraint.nulls_not_distinct;
    LATHE_TRY(AddKeyColumns(constraint, columns, "unique", &unique.columns));
    unique.named = !constraint.name.empty();
    unique.name = unique.named ? constraint.name
                               : GeneratedName(result_.name,
                                               JoinedColumnNames(result_, unique.columns), "key");
    uniques_.push_back(std::move(unique));
    return Ok();
  }

  Status AddKey(const Constraint& constraint, const std::vector<std::string>& columns) {
    if (!result_.primary_key_name.empty()) {
      return At(SqlState::kInvalidTableDefinition,
                "multiple primary keys for table \"" + result_.name + "\" are not allowed",
                constraint.location);
    }
    LATHE_TRY(CheckKeyConstraint(constraint, "primary key"));
    LATHE_TRY(AddKeyColumns(constraint, columns, "primary key", &result_.key));
    for (const schema::KeyColumn& key : result_.key) result_.columns[key.column].not_null = true;
    result_.unique = true;
    result_.primary_key_name =
        constraint.name.empty() ? GeneratedName(result_.name, {}, "pkey") : constraint.name;
    return Ok();
  }

  BindContext& context_;
  Binder binder_;
  schema::RelationDescriptor result_;
  std::vector<IndexDefinition> uniques_;
};

}  // namespace

Result<schema::RelationDescriptor> BindCreateTable(const ast::CreateTableStatement& statement,
                                                   BindContext& context,
                                                   std::vector<IndexDefinition>* uniques) {
  TableBinder binder(statement.table.name, context);
  LATHE_ASSIGN(schema::RelationDescriptor table, binder.Create(statement));
  std::vector<IndexDefinition> made = binder.TakeUniques(table);
  if (uniques != nullptr) {
    *uniques = std::move(made);
  } else if (!made.empty()) {
    return NotSupported("UNIQUE constraint");
  }
  return table;
}

Result<IndexDefinition> BindAddUnique(const schema::RelationDescriptor& table,
                                      const ast::Constraint& constraint, BindContext& context) {
  return TableBinder(table, context).AddUniqueTo(constraint);
}

Result<schema::RelationDescriptor> BindAddPrimaryKey(const schema::RelationDescriptor& table,
                                                     const ast::Constraint& constraint,
                                                     BindContext& context) {
  return TableBinder(table, context).AddPrimaryKey(constraint);
}

}  // namespace lathe::bind
