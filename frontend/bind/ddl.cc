// CREATE TABLE and ADD PRIMARY KEY: from definitions to descriptors.
#include <algorithm>
#include <charconv>
#include <set>

#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"
#include "frontend/bind/index.h"
#include "runtime/schema/index_parts.h"
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
    LATHE_TRY(InheritAll(create));
    for (const ast::TableElement& element : create.elements) {
      if (element.like) LATHE_TRY(CopyColumns(*element.like));
      if (!element.column) continue;
      LATHE_TRY(result_.parents.empty() ? AddColumn(*element.column)
                                        : MergeColumn(*element.column, create));
    }
    if (result_.columns.size() > kColumnsMax) {
      return MakeError(SqlState::kTooManyColumns,
                       "tables can have at most " + std::to_string(kColumnsMax) + " columns");
    }
    for (const ast::TableElement& element : create.elements) {
      if (element.column) LATHE_TRY(AddColumnConstraints(*element.column));
      if (element.constraint) LATHE_TRY(AddTableConstraint(*element.constraint));
      if (element.like) LATHE_TRY(CopyConstraints(*element.like));
    }
    LATHE_TRY(MergeChecks());
    if (!create.partition_of.name.empty()) LATHE_TRY(TakeKeyOfParent());
    if (create.partition_by) LATHE_TRY(SetPartitionKey(*create.partition_by));
    LATHE_TRY(CheckKeysOfPartitioned());
    if (!create.partition_of.name.empty()) {
      LATHE_ASSIGN(result_.partition_bound,
                   BindPartitionBound(*create.bound, *parents_[0], context_));
    }
    return std::move(result_);
  }

  Result<schema::RelationDescriptor> Extend(const ast::ColumnDefinition& definition) {
    LATHE_TRY(AddColumn(definition));
    LATHE_TRY(AddColumnConstraints(definition));
    return std::move(result_);
  }

  TableParts TakeParts(const schema::RelationDescriptor& table) {
    parts_.uniques = TakeUniques(table);
    return std::move(parts_);
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
      if (!unique.constraint) {
        kept.push_back(std::move(unique));
        continue;
      }
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
    auto named = [&](const auto& other) { return other.name == constraint.name; };
    if (!constraint.name.empty() &&
        (std::any_of(result_.checks.begin(), result_.checks.end(), named) ||
         std::any_of(result_.foreign_keys.begin(), result_.foreign_keys.end(), named))) {
      return At(SqlState::kDuplicateObject,
                "constraint \"" + constraint.name + "\" for relation \"" + result_.name +
                    "\" already exists",
                -1);
    }
    LATHE_TRY(AddUnique(constraint, constraint.columns));
    LATHE_TRY(CheckKeysOfPartitioned());
    return std::move(uniques_.back());
  }

  Result<schema::RelationDescriptor> AddPrimaryKey(const Constraint& constraint) {
    if (!constraint.using_index.empty()) {
      return NotYet("ADD CONSTRAINT USING INDEX", constraint.location);
    }
    LATHE_TRY(AddTableConstraint(constraint));
    LATHE_TRY(CheckKeysOfPartitioned());
    return std::move(result_);
  }

 private:
  /// Keys, checks and generation of a column, once all columns are there.
  Status AddColumnConstraints(const ast::ColumnDefinition& definition) {
    for (const Constraint& constraint : definition.constraints) {
      switch (constraint.type) {
        case Constraint::Type::kPrimaryKey:
          LATHE_TRY(AddKey(constraint, {definition.name}));
          break;
        case Constraint::Type::kUnique:
          LATHE_TRY(AddUnique(constraint, {definition.name}));
          break;
        case Constraint::Type::kCheck:
          LATHE_TRY(AddCheck(constraint));
          break;
        case Constraint::Type::kForeignKey:
          parts_.references.push_back({{definition.name}, &constraint});
          break;
        case Constraint::Type::kGenerated: {
          schema::Column& column = result_.columns[result_.FindColumn(definition.name)];
          LATHE_TRY(
              BindRowExpression(result_, *constraint.expr, RowUse::kGenerated, &column, context_));
          LATHE_ASSIGN(column.generated_sql, StoredText(*constraint.expr, context_));
          break;
        }
        default:
          break;
      }
    }
    return Ok();
  }

  Status AddCheck(const Constraint& constraint) {
    // It may have the name of one that parents have: MergeChecks looks at both.
    schema::RelationDescriptor own = result_;
    std::erase_if(own.checks, [&](const auto& other) {
      return other.inherited > 0 && !constraint.name.empty() && other.name == constraint.name;
    });
    LATHE_ASSIGN(schema::CheckConstraint check, BindCheck(own, constraint, context_));
    // There are no rows yet that it could leave out.
    check.validated = true;
    result_.checks.push_back(std::move(check));
    return Ok();
  }

  // ---- INHERITS, PARTITION OF

  Status InheritAll(const ast::CreateTableStatement& create) {
    const bool partition = !create.partition_of.name.empty();
    std::vector<const ast::QualifiedName*> names;
    if (partition) names.push_back(&create.partition_of);
    for (const ast::QualifiedName& name : create.inherits) names.push_back(&name);
    for (const ast::QualifiedName* name : names) {
      LATHE_ASSIGN(schema::RelationPtr parent, FindRelation(*name, context_));
      if (parent->kind != schema::RelationKind::kTable) {
        return At(SqlState::kWrongObjectType,
                  "inherited relation \"" + parent->name + "\" is not a table or foreign table",
                  -1);
      }
      if (partition && !parent->is_partitioned()) {
        return At(SqlState::kInvalidObjectDefinition, "\"" + parent->name + "\" is not partitioned",
                  -1);
      }
      if (!partition && parent->is_partitioned()) {
        return At(SqlState::kWrongObjectType,
                  "cannot inherit from partitioned table \"" + parent->name + "\"", -1);
      }
      if (!partition && parent->is_partition()) {
        return At(SqlState::kWrongObjectType,
                  "cannot inherit from partition \"" + parent->name + "\"", -1);
      }
      for (const schema::RelationPtr& other : parents_) {
        if (other->id != parent->id) continue;
        return At(SqlState::kDuplicateTable,
                  "relation \"" + parent->name + "\" would be inherited from more than once", -1);
      }
      LATHE_TRY(InheritFrom(*parent, partition));
      result_.parents.push_back(parent->id);
      parents_.push_back(std::move(parent));
    }
    return Ok();
  }

  Status InheritFrom(const schema::RelationDescriptor& parent, bool partition) {
    for (uint32_t i : parent.LiveColumns()) {
      const schema::Column& from = parent.columns[i];
      const int known = result_.FindColumn(from.name);
      if (known >= 0) {
        LATHE_TRY(MergeInherited(from, &result_.columns[static_cast<size_t>(known)]));
        continue;
      }
      schema::Column column = from;
      column.number = ColumnNumber(static_cast<uint16_t>(result_.columns.size() + 1));
      column.missing = types::Value::Null(from.type);
      column.comment.clear();
      column.identity = schema::Identity::kNone;
      if (from.identity != schema::Identity::kNone) {
        // The parent's sequence gives values only to rows that come by way of the parent.
        if (partition) return NotYet("partition of a table with an identity column", -1);
        column.default_sql.clear();
      }
      column.inherited = 1;
      column.local = false;
      result_.columns.push_back(std::move(column));
    }
    for (const schema::CheckConstraint& from : parent.checks) {
      if (from.no_inherit) continue;
      schema::CheckConstraint check = from;
      check.oid = Oid();
      check.comment.clear();
      check.inherited = 1;
      check.local = false;
      check.validated = true;
      bool known = false;
      for (schema::CheckConstraint& other : result_.checks) {
        if (other.name != check.name) continue;
        known = true;
        if (other.sql != check.sql) {
          return At(SqlState::kDuplicateObject,
                    "check constraint name \"" + check.name +
                        "\" appears multiple times but with different expressions",
                    -1);
        }
        ++other.inherited;
      }
      if (!known) result_.checks.push_back(std::move(check));
    }
    return Ok();
  }

  Status SameKind(const schema::Column& a, const schema::Column& b, const std::string& what) const {
    if (SameType(a.type, b.type) && a.type.typmod == b.type.typmod && a.domain == b.domain) {
      return Ok();
    }
    Error error = At(SqlState::kDatatypeMismatch, what + " has a type conflict", -1);
    error.detail = types::FormatType(a.type) + " versus " + types::FormatType(b.type);
    return error;
  }

  Status MergeInherited(const schema::Column& from, schema::Column* column) {
    parts_.notices.push_back("merging multiple inherited definitions of column \"" + from.name +
                             "\"");
    LATHE_TRY(SameKind(*column, from, "inherited column \"" + from.name + "\""));
    if (from.generated_sql != column->generated_sql) {
      return At(SqlState::kDatatypeMismatch,
                "inherited column \"" + from.name + "\" has a generation conflict", -1);
    }
    if (from.default_sql != column->default_sql) {
      return NotYet("inheriting different defaults for column \"" + from.name + "\"", -1);
    }
    column->not_null |= from.not_null;
    ++column->inherited;
    return Ok();
  }

  /// A column that parents may have too; in PARTITION OF it must be one of theirs and has no type.
  Status MergeColumn(const ast::ColumnDefinition& definition,
                     const ast::CreateTableStatement& create) {
    const bool partition = !create.partition_of.name.empty();
    const int known = result_.FindColumn(definition.name);
    if (known < 0) {
      if (!partition) return AddColumn(definition);
      return At(SqlState::kUndefinedColumn, "column \"" + definition.name + "\" does not exist",
                -1);
    }
    schema::Column& column = result_.columns[static_cast<size_t>(known)];
    if (column.local) {
      return At(SqlState::kDuplicateColumn,
                "column \"" + definition.name + "\" specified more than once", -1);
    }
    if (!partition) {
      parts_.notices.push_back("merging column \"" + definition.name +
                               "\" with inherited definition");
      schema::Column own;
      LATHE_ASSIGN(own.type, BindTypeName(definition.type, context_, &own.domain));
      LATHE_TRY(SameKind(column, own, "column \"" + definition.name + "\""));
    }
    column.local = true;
    for (const Constraint& constraint : definition.constraints) {
      switch (constraint.type) {
        case Constraint::Type::kNotNull:
          column.not_null = true;
          break;
        case Constraint::Type::kDefault: {
          if (!column.generated_sql.empty()) {
            return At(SqlState::kInvalidTableDefinition,
                      "column \"" + column.name +
                          "\" inherits from generated column but specifies default",
                      -1);
          }
          LATHE_ASSIGN(column.default_sql, BindDefault(*constraint.expr, column, context_));
          break;
        }
        case Constraint::Type::kPrimaryKey:
        case Constraint::Type::kUnique:
        case Constraint::Type::kCheck:
        case Constraint::Type::kForeignKey:
        case Constraint::Type::kNull:
          break;
        case Constraint::Type::kGenerated: {
          if (!column.generated_sql.empty()) {
            Error error =
                At(SqlState::kInvalidTableDefinition,
                   "child column \"" + column.name + "\" specifies generation expression", -1);
            error.hint =
                "Omit the generation expression in the definition of the child table column to "
                "inherit the generation expression from the parent table.";
            return error;
          }
          return NotYet("a generated column that its parent does not generate",
                        constraint.location);
        }
        default:
          return NotYet("this constraint of an inherited column", constraint.location);
      }
    }
    return Ok();
  }

  /// A check that the table has by itself and by its parents is one.
  Status MergeChecks() {
    std::vector<schema::CheckConstraint> kept;
    for (schema::CheckConstraint& check : result_.checks) {
      auto known = std::find_if(kept.begin(), kept.end(),
                                [&](const auto& other) { return other.name == check.name; });
      if (known == kept.end() || parents_.empty()) {
        kept.push_back(std::move(check));
        continue;
      }
      if (known->sql != check.sql) {
        return At(SqlState::kDuplicateObject,
                  "constraint \"" + check.name + "\" for relation \"" + result_.name +
                      "\" already exists",
                  -1);
      }
      if (check.no_inherit) {
        return At(SqlState::kInvalidObjectDefinition,
                  "constraint \"" + check.name +
                      "\" conflicts with inherited constraint on relation \"" + result_.name + "\"",
                  -1);
      }
      known->local = true;
      parts_.notices.push_back("merging constraint \"" + check.name +
                               "\" with inherited definition");
    }
    result_.checks = std::move(kept);
    return Ok();
  }

  /// A partition has its parent's primary key.
  Status TakeKeyOfParent() {
    const schema::RelationDescriptor& parent = *parents_[0];
    if (parent.primary_key_name.empty()) return Ok();
    if (!result_.primary_key_name.empty()) {
      return At(SqlState::kInvalidTableDefinition,
                "multiple primary keys for table \"" + result_.name + "\" are not allowed", -1);
    }
    const std::vector<uint32_t> map = MapColumns(parent, result_);
    for (schema::KeyColumn part : parent.key) {
      part.column = map[part.column];
      result_.columns[part.column].not_null = true;
      result_.key.push_back(part);
    }
    result_.unique = true;
    result_.deferrable = parent.deferrable;
    result_.primary_key_name = GeneratedName(result_.name, {}, "pkey");
    return Ok();
  }

  // ---- PARTITION BY

  Status SetPartitionKey(const ast::PartitionBy& by) {
    using Strategy = schema::PartitionKey::Strategy;
    schema::PartitionKey& key = result_.partition_key;
    if (by.strategy == "range") {
      key.strategy = Strategy::kRange;
    } else if (by.strategy == "list") {
      key.strategy = Strategy::kList;
    } else if (by.strategy == "hash") {
      key.strategy = Strategy::kHash;
    } else {
      return At(SqlState::kInvalidParameterValue,
                "unrecognized partitioning strategy \"" + by.strategy + "\"", -1);
    }
    if (key.strategy == Strategy::kList && by.keys.size() != 1) {
      return At(SqlState::kInvalidObjectDefinition,
                "cannot use \"list\" partition strategy with more than one column", -1);
    }
    if (by.keys.size() > 32) {
      return At(SqlState::kTooManyColumns, "cannot partition using more than 32 columns", -1);
    }
    for (const ast::IndexElement& element : by.keys) {
      if (element.direction != ast::SortItem::Direction::kDefault ||
          element.nulls != ast::SortItem::Nulls::kDefault) {
        return At(SqlState::kSyntaxError, "syntax error in partition key", element.location);
      }
      if (!element.opclass.name.empty()) {
        return NotYet("operator class of a partition key", element.location);
      }
      if (!element.collation.name.empty() && element.collation.name != "C" &&
          element.collation.name != "POSIX" && element.collation.name != "default") {
        return NotYet("collation of a partition key", element.location);
      }
      schema::PartitionKey::Part part;
      if (element.expr->kind == ast::Expr::Kind::kColumnRef) {
        const std::string& name = element.expr->As<ast::ColumnRef>().parts.back();
        const int column = result_.FindColumn(name);
        if (column < 0) {
          if (IsSystemColumn(name)) {
            return At(SqlState::kInvalidObjectDefinition,
                      "cannot use system column \"" + name + "\" in partition key",
                      element.location);
          }
          return At(SqlState::kUndefinedColumn,
                    "column \"" + name + "\" named in partition key does not exist",
                    element.location);
        }
        part.column = static_cast<uint32_t>(column);
        part.type = result_.columns[part.column].type;
        if (!result_.columns[part.column].generated_sql.empty()) {
          Error error = At(SqlState::kInvalidObjectDefinition,
                           "cannot use generated column in partition key", element.location);
          error.detail = "Column \"" + name + "\" is a generated column.";
          return error;
        }
      } else {
        Result<ExprPtr> bound =
            BindRowExpression(result_, *element.expr, RowUse::kIndexExpression, nullptr, context_);
        if (!bound.ok()) {
          Error error = std::move(bound).error();
          for (const char* words : {"index expressions", "index expression"}) {
            const size_t at = error.message.find(words);
            if (at == std::string::npos) continue;
            error.message.replace(
                at, std::string_view(words).size(),
                std::string("partition key ") +
                    (std::string_view(words).ends_with('s') ? "expressions" : "expression"));
            break;
          }
          return error;
        }
        std::set<uint32_t> used;
        AllColumns(**bound, &used);
        if (used.empty()) {
          return At(SqlState::kInvalidObjectDefinition,
                    "cannot use constant expression as partition key", -1);
        }
        part.type = (*bound)->type;
        LATHE_ASSIGN(part.sql, StoredText(*element.expr, context_));
      }
      LATHE_TRY(CheckKeyType(part.type));
      if (key.strategy == Strategy::kHash && !schema::HasPartitionHash(part.type)) {
        return NotYet("hash partitioning by type " + TypeText(part.type), element.location);
      }
      key.parts.push_back(std::move(part));
    }
    return Ok();
  }

 public:
  Status CheckUnique(const IndexDefinition& index) const {
    return CheckKey("UNIQUE", index.columns);
  }

 private:
  Error LacksKey(const std::string& what, const std::string& column) const {
    Error error =
        At(SqlState::kFeatureNotSupported,
           "unique constraint on partitioned table must include all partitioning columns", -1);
    error.detail = what + " constraint on table \"" + result_.name + "\" lacks column \"" + column +
                   "\" which is part of the partition key.";
    return error;
  }

  /// Keys of a partitioned table hold for all its rows because each has the partition key.
  Status CheckKey(const std::string& what, const std::vector<schema::KeyColumn>& columns) const {
    for (const schema::PartitionKey::Part& part : result_.partition_key.parts) {
      if (!part.sql.empty()) {
        Error error = At(SqlState::kFeatureNotSupported,
                         "unsupported " + what + " constraint with partition key definition", -1);
        error.detail =
            what + " constraints cannot be used when partition keys include expressions.";
        return error;
      }
      if (std::none_of(columns.begin(), columns.end(),
                       [&](const auto& column) { return column.column == part.column; })) {
        return LacksKey(what, result_.columns[part.column].name);
      }
    }
    return Ok();
  }

  Status CheckKeysOfPartitioned() const {
    if (!result_.is_partitioned()) return Ok();
    if (!result_.primary_key_name.empty()) LATHE_TRY(CheckKey("PRIMARY KEY", result_.key));
    for (const IndexDefinition& unique : uniques_) {
      if (unique.unique) LATHE_TRY(CheckKey("UNIQUE", unique.columns));
    }
    return Ok();
  }

  // ---- LIKE

  static bool Includes(const ast::TableLike& like, const char* what) {
    bool on = false;
    for (const std::string& name : like.including) on |= name == what || name == "all";
    for (const std::string& name : like.excluding) {
      if (name == what) on = false;
    }
    return on;
  }

  Status CopyColumns(const ast::TableLike& like) {
    LATHE_ASSIGN(schema::RelationPtr source, FindRelation(like.table, context_));
    if (source->kind != schema::RelationKind::kTable &&
        source->kind != schema::RelationKind::kView) {
      return At(SqlState::kWrongObjectType,
                "relation \"" + source->name + "\" is invalid in LIKE clause", -1);
    }
    for (uint32_t i : source->LiveColumns()) {
      const schema::Column& from = source->columns[i];
      if (result_.FindColumn(from.name) >= 0) {
        return At(SqlState::kDuplicateColumn,
                  "column \"" + from.name + "\" specified more than once", -1);
      }
      schema::Column column;
      column.number = ColumnNumber(static_cast<uint16_t>(result_.columns.size() + 1));
      column.name = from.name;
      column.type = from.type;
      column.domain = from.domain;
      column.not_null = from.not_null;
      if (Includes(like, "defaults") && from.identity == schema::Identity::kNone) {
        column.default_sql = from.default_sql;
      }
      if (Includes(like, "generated")) column.generated_sql = from.generated_sql;
      if (Includes(like, "comments")) column.comment = from.comment;
      if (Includes(like, "identity") && from.identity != schema::Identity::kNone) {
        column.identity = from.identity;
        SequenceDefinition sequence;
        sequence.column = static_cast<uint32_t>(result_.columns.size());
        for (const schema::RelationPtr& owned : context_.catalog->Relations()) {
          if (owned->kind == schema::RelationKind::kSequence &&
              owned->sequence.owner == source->id && owned->sequence.owner_column == from.number) {
            sequence.options = owned->sequence;
          }
        }
        sequence.options.identity = true;
        parts_.sequences.push_back(std::move(sequence));
      }
      result_.columns.push_back(std::move(column));
    }
    return Ok();
  }

  Status CopyConstraints(const ast::TableLike& like) {
    LATHE_ASSIGN(schema::RelationPtr source, FindRelation(like.table, context_));
    if (Includes(like, "constraints")) {
      for (schema::CheckConstraint check : source->checks) {
        check.oid = Oid();
        if (!Includes(like, "comments")) check.comment.clear();
        result_.checks.push_back(std::move(check));
      }
    }
    if (!Includes(like, "indexes")) return Ok();
    auto named = [&](const schema::RelationDescriptor& from, const schema::KeyColumn& part) {
      schema::KeyColumn column = part;
      column.column = static_cast<uint32_t>(result_.FindColumn(
          source
              ->columns[from.kind == schema::RelationKind::kIndex ? from.sources[part.column]
                                                                  : part.column]
              .name));
      return column;
    };
    if (!source->primary_key_name.empty()) {
      if (!result_.primary_key_name.empty()) {
        return At(SqlState::kInvalidTableDefinition,
                  "multiple primary keys for table \"" + result_.name + "\" are not allowed", -1);
      }
      for (const schema::KeyColumn& part : source->key) {
        result_.key.push_back(named(*source, part));
        result_.columns[result_.key.back().column].not_null = true;
      }
      result_.unique = true;
      result_.primary_key_name = GeneratedName(result_.name, {}, "pkey");
    }
    for (RelationId id : source->indexes) {
      schema::RelationPtr from = context_.catalog->GetRelation(id);
      if (from == nullptr) continue;
      if (!schema::IsPlain(*from)) {
        return NotYet("copying an index on expressions or with a condition", like.table.location);
      }
      IndexDefinition index;
      index.unique = from->unique;
      index.constraint = from->is_constraint;
      index.nulls_not_distinct = from->nulls_not_distinct;
      for (uint32_t i = 0; i < from->key_columns; ++i) {
        index.columns.push_back(named(*from, from->key[i]));
      }
      index.name = GeneratedName(result_.name, JoinedColumnNames(result_, index.columns),
                                 from->is_constraint ? "key" : "idx");
      uniques_.push_back(std::move(index));
    }
    return Ok();
  }

  Error At(SqlState state, std::string message, int32_t location) const {
    return MakeError(state, std::move(message), ast::PositionOf(context_.sql, location));
  }
  Error NotYet(std::string_view what, int32_t location) const {
    return NotSupported(what, ast::PositionOf(context_.sql, location));
  }

  Status CheckUnsupported(const ast::CreateTableStatement& create) const {
    const int32_t location = create.table.location;
    // An unlogged table is an ordinary one: it keeps more than was asked for.
    if (!create.of_type.name.empty()) return NotYet("CREATE TABLE OF", create.of_type.location);
    if (create.partition_by && !create.inherits.empty()) {
      return At(SqlState::kInvalidObjectDefinition,
                "cannot create partitioned table as inheritance child", -1);
    }
    if (create.partition_by && !create.with.empty()) {
      return NotYet("storage parameters of a partitioned table", create.partition_by->location);
    }
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
        // What only says how PostgreSQL's files and processes are to treat the table.
        static constexpr std::string_view kKnown[] = {"toast_tuple_target", "parallel_workers",
                                                      "vacuum_index_cleanup", "vacuum_truncate"};
        if (option.name.starts_with("autovacuum_") || option.name.starts_with("log_autovacuum_") ||
            std::find(std::begin(kKnown), std::end(kKnown), option.name) != std::end(kKnown)) {
          continue;
        }
        if (option.name == "user_catalog_table") {
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
    bool serial = false;
    LATHE_ASSIGN(serial, SerialType(definition, &column.type));
    if (!serial) {
      LATHE_ASSIGN(column.type, BindTypeName(definition.type, context_, &column.domain));
    }
    LATHE_TRY(CheckType(definition, column.type));
    bool null = false, not_null = serial, has_default = false;
    if (serial) {
      LATHE_TRY(AddSequence(column, {}, false));
      has_default = true;
    }
    const Constraint* generated = nullptr;
    auto twice = [&](const std::string& what, const Constraint& constraint) {
      return At(SqlState::kSyntaxError,
                what + " for column \"" + column.name + "\" of table \"" + result_.name + "\"",
                constraint.location);
    };
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
        case Constraint::Type::kCheck:
        case Constraint::Type::kForeignKey:
          break;
        case Constraint::Type::kGenerated:
          if (generated != nullptr)
            return twice("multiple generation clauses specified", constraint);
          generated = &constraint;
          break;
        case Constraint::Type::kIdentity:
          if (column.domain.value != 0 ||
              (column.type.id != TypeId::kInt2 && column.type.id != TypeId::kInt4 &&
               column.type.id != TypeId::kInt8)) {
            return At(SqlState::kInvalidParameterValue,
                      "identity column type must be smallint, integer, or bigint", -1);
          }
          if (column.identity != schema::Identity::kNone) {
            return twice("multiple identity specifications", constraint);
          }
          column.identity =
              constraint.identity_always ? schema::Identity::kAlways : schema::Identity::kByDefault;
          LATHE_TRY(AddSequence(column, constraint.sequence, true));
          not_null = true;
          break;
        case Constraint::Type::kDefault: {
          if (has_default) {
            return At(SqlState::kSyntaxError,
                      "multiple default values specified for column \"" + column.name +
                          "\" of table \"" + result_.name + "\"",
                      constraint.location);
          }
          has_default = true;
          LATHE_ASSIGN(column.default_sql, BindDefault(*constraint.expr, column, context_));
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
    if (generated != nullptr && has_default) {
      return twice("both default and generation expression specified", *generated);
    }
    if (column.identity != schema::Identity::kNone && has_default) {
      return twice("both default and identity specified", definition.constraints.back());
    }
    if (column.identity != schema::Identity::kNone && generated != nullptr) {
      return twice("both identity and generation expression specified", *generated);
    }
    column.not_null = not_null;
    result_.columns.push_back(std::move(column));
    return Ok();
  }

  /// Whether the type is written as serial; then what it is.
  Result<bool> SerialType(const ast::ColumnDefinition& definition, Type* type) const {
    const ast::QualifiedName& name = definition.type.name;
    if (!name.schema.empty()) return false;
    if (name.name == "smallserial" || name.name == "serial2") {
      *type = Type(TypeId::kInt2);
    } else if (name.name == "serial" || name.name == "serial4") {
      *type = Type(TypeId::kInt4);
    } else if (name.name == "bigserial" || name.name == "serial8") {
      *type = Type(TypeId::kInt8);
    } else {
      return false;
    }
    if (!definition.type.array_bounds.empty()) {
      return At(SqlState::kFeatureNotSupported, "array of serial is not implemented",
                definition.type.location);
    }
    return true;
  }

  /// For a column that is about to be the next one.
  Status AddSequence(const schema::Column& column, const ast::OptionList& options, bool identity) {
    SequenceDefinition sequence;
    sequence.column = static_cast<uint32_t>(result_.columns.size());
    sequence.options.type = column.type.id;
    sequence.options.identity = identity;
    SequenceRequest request;
    LATHE_TRY(BindSequenceOptions(options, true, identity, context_, &sequence.options, &request));
    sequence.name = request.name;
    parts_.sequences.push_back(std::move(sequence));
    return Ok();
  }

  Status Refuse(const Constraint& constraint) const {
    switch (constraint.type) {
      case Constraint::Type::kExclusion:
        return NotYet("EXCLUDE constraint", constraint.location);
      default:
        return NotYet("this constraint", constraint.location);
    }
  }

  Status AddTableConstraint(const Constraint& constraint) {
    if (constraint.type == Constraint::Type::kUnique) {
      return AddUnique(constraint, constraint.columns);
    }
    if (constraint.type == Constraint::Type::kCheck) return AddCheck(constraint);
    if (constraint.type == Constraint::Type::kForeignKey) {
      parts_.references.push_back({constraint.columns, &constraint});
      return Ok();
    }
    if (constraint.type != Constraint::Type::kPrimaryKey) return Refuse(constraint);
    return AddKey(constraint, constraint.columns);
  }

  Status CheckKeyConstraint(const Constraint& constraint, const std::string& what) const {
    // A primary key is checked at the statement's end, whatever is asked for.
    if (constraint.initially_deferred && constraint.type == Constraint::Type::kPrimaryKey) {
      return NotYet("initially deferred " + what, constraint.location);
    }
    if (constraint.deferrable && constraint.nulls_not_distinct) {
      return NotYet("deferrable NULLS NOT DISTINCT", constraint.location);
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
    unique.unique = unique.constraint = true;
    unique.nulls_not_distinct = constraint.nulls_not_distinct;
    unique.deferrable = constraint.deferrable || constraint.initially_deferred;
    unique.initially_deferred = constraint.initially_deferred;
    LATHE_TRY(AddKeyColumns(constraint, columns, "unique", &unique.columns));
    LATHE_ASSIGN(unique.include, BindIncluded(constraint.include, result_));
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
    // Rows lie in the primary key's order: it holds all columns anyway.
    LATHE_TRY(BindIncluded(constraint.include, result_));
    for (const schema::KeyColumn& key : result_.key) result_.columns[key.column].not_null = true;
    result_.unique = true;
    result_.deferrable = constraint.deferrable;
    result_.primary_key_name =
        constraint.name.empty() ? GeneratedName(result_.name, {}, "pkey") : constraint.name;
    return Ok();
  }

  BindContext& context_;
  Binder binder_;
  schema::RelationDescriptor result_;
  std::vector<IndexDefinition> uniques_;
  TableParts parts_;
  std::vector<schema::RelationPtr> parents_;
};

}  // namespace

Result<schema::RelationDescriptor> BindCreateTable(const ast::CreateTableStatement& statement,
                                                   BindContext& context, TableParts* parts) {
  TableBinder binder(statement.table.name, context);
  LATHE_ASSIGN(schema::RelationDescriptor table, binder.Create(statement));
  TableParts made = binder.TakeParts(table);
  if (parts != nullptr) {
    *parts = std::move(made);
  } else if (!made.uniques.empty() || !made.sequences.empty() || !made.references.empty()) {
    return NotSupported("this constraint");
  }
  return table;
}

Result<schema::RelationDescriptor> BindAddColumn(const schema::RelationDescriptor& table,
                                                 const ast::ColumnDefinition& column,
                                                 BindContext& context, TableParts* parts) {
  TableBinder binder(table, context);
  LATHE_ASSIGN(schema::RelationDescriptor extended, binder.Extend(column));
  *parts = binder.TakeParts(extended);
  return extended;
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

Status CheckUniqueOfPartitioned(const schema::RelationDescriptor& table,
                                const IndexDefinition& index) {
  BindContext context;
  return TableBinder(table, context).CheckUnique(index);
}

}  // namespace lathe::bind
