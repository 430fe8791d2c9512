// CREATE INDEX and UNIQUE constraints: columns, order, names.
#include "frontend/bind/index.h"

#include <algorithm>
#include <charconv>

#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"
#include "runtime/schema/index_parts.h"
#include "runtime/types/order.h"

namespace lathe::bind {
namespace {

constexpr size_t kNameBytesMax = 63;
constexpr size_t kIndexColumnsMax = 32;

/// The first bytes of a name that are whole characters.
std::string_view Clip(std::string_view name, size_t bytes) {
  if (bytes >= name.size()) return name;
  while (bytes > 0 && (static_cast<unsigned char>(name[bytes]) & 0xc0) == 0x80) --bytes;
  return name.substr(0, bytes);
}

Status CheckOptions(const ast::CreateIndexStatement& create, const BindContext& context,
                    int32_t* fillfactor) {
  for (const ast::Option& option : create.with) {
    const int32_t position = ast::PositionOf(context.sql, option.location);
    if (!option.name_space.empty() || option.name == "deduplicate_items") {
      return NotSupported("storage parameter \"" + option.name + "\" of an index", position);
    }
    if (option.name != "fillfactor") {
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
      Error error = MakeError(SqlState::kInvalidParameterValue,
                              "value " + option.text + " out of bounds for option \"fillfactor\"");
      error.detail = "Valid values are between \"10\" and \"100\".";
      return error;
    }
    *fillfactor = value;
  }
  return Ok();
}

Status CheckMethod(const ast::CreateIndexStatement& create, const BindContext& context) {
  if (create.method.empty() || create.method == "btree") return Ok();
  static constexpr std::string_view kOthers[] = {"hash", "gist", "gin", "spgist", "brin"};
  if (std::find(std::begin(kOthers), std::end(kOthers), create.method) != std::end(kOthers)) {
    return NotSupported("index access method \"" + create.method + "\"",
                        ast::PositionOf(context.sql, create.location));
  }
  return MakeError(SqlState::kUndefinedObject,
                   "access method \"" + create.method + "\" does not exist");
}

Status CheckUnsupported(const ast::CreateIndexStatement& create, const BindContext& context) {
  const int32_t position = ast::PositionOf(context.sql, create.location);
  if (!create.tablespace.empty() && create.tablespace != "pg_default") {
    return NotSupported("tablespace", position);
  }
  return Ok();
}

/// Operator classes of btree that order as the type does. Under the one collation, C, the patterns'
/// classes order as the others.
struct OperatorClass {
  std::string_view name;
  TypeId type;
};
constexpr OperatorClass kOperatorClasses[] = {{"bool_ops", TypeId::kBool},
                                              {"bytea_ops", TypeId::kBytea},
                                              {"char_ops", TypeId::kChar},
                                              {"name_ops", TypeId::kName},
                                              {"int2_ops", TypeId::kInt2},
                                              {"int4_ops", TypeId::kInt4},
                                              {"int8_ops", TypeId::kInt8},
                                              {"oid_ops", TypeId::kOid},
                                              {"float4_ops", TypeId::kFloat4},
                                              {"float8_ops", TypeId::kFloat8},
                                              {"numeric_ops", TypeId::kNumeric},
                                              {"text_ops", TypeId::kText},
                                              {"text_pattern_ops", TypeId::kText},
                                              {"varchar_ops", TypeId::kText},
                                              {"varchar_pattern_ops", TypeId::kText},
                                              {"bpchar_ops", TypeId::kBpChar},
                                              {"bpchar_pattern_ops", TypeId::kBpChar},
                                              {"date_ops", TypeId::kDate},
                                              {"time_ops", TypeId::kTime},
                                              {"timetz_ops", TypeId::kTimeTz},
                                              {"timestamp_ops", TypeId::kTimestamp},
                                              {"timestamptz_ops", TypeId::kTimestampTz},
                                              {"interval_ops", TypeId::kInterval},
                                              {"uuid_ops", TypeId::kUuid},
                                              {"jsonb_ops", TypeId::kJsonb},
                                              {"enum_ops", TypeId::kEnum},
                                              {"array_ops", TypeId::kArray},
                                              {"record_ops", TypeId::kRecord}};

/// 42704 for one that is not there, 42804 for one of another type.
Status CheckOperatorClass(const ast::QualifiedName& opclass, const Type& type) {
  const std::string shown =
      opclass.schema.empty() ? opclass.name : opclass.schema + "." + opclass.name;
  const TypeId wanted = type.id == TypeId::kVarchar ? TypeId::kText : type.id;
  if (opclass.schema.empty() || opclass.schema == "pg_catalog") {
    for (const OperatorClass& known : kOperatorClasses) {
      if (known.name != opclass.name) continue;
      if (known.type == wanted) return Ok();
      return MakeError(
          SqlState::kDatatypeMismatch,
          "operator class \"" + shown + "\" does not accept data type " + TypeText(Type(type.id)));
    }
  }
  return MakeError(SqlState::kUndefinedObject,
                   "operator class \"" + shown + "\" does not exist for access method \"btree\"");
}

Status CheckCollation(const ast::IndexElement& element, const Type& type,
                      const BindContext& context) {
  const int32_t position = ast::PositionOf(context.sql, element.location);
  if (!element.opclass.name.empty()) LATHE_TRY(CheckOperatorClass(element.opclass, type));
  const std::string& collation = element.collation.name;
  if (collation.empty()) return Ok();
  if (types::CategoryOf(type) != 'S') {
    return MakeError(SqlState::kDatatypeMismatch,
                     "collations are not supported by type " + TypeText(type));
  }
  if (collation != "C" && collation != "POSIX" && collation != "default" &&
      collation != "ucs_basic") {
    return NotSupported("collation \"" + collation + "\"", position);
  }
  return Ok();
}

Error NoOrder(const std::string& type) {
  Error error =
      MakeError(SqlState::kUndefinedObject,
                "data type " + type + " has no default operator class for access method \"btree\"");
  error.hint =
      "You must specify an operator class for the index or define a default operator class for the "
      "data type.";
  return error;
}

}  // namespace

Result<std::vector<uint32_t>> BindIncluded(const std::vector<std::string>& names,
                                           const schema::RelationDescriptor& table) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) {
    const int column = table.FindColumn(name);
    if (column < 0) {
      return MakeError(SqlState::kUndefinedColumn, "column \"" + name + "\" does not exist");
    }
    columns.push_back(static_cast<uint32_t>(column));
  }
  return columns;
}

Status CheckKeyType(const types::Type& type) {
  return types::HasEquality(type) ? Ok() : Status(NoOrder(TypeText(type)));
}

std::string GeneratedName(std::string_view first, std::string_view second, std::string_view last) {
  const size_t overhead = last.size() + 1 + (second.empty() ? 0 : 1);
  size_t a = first.size(), b = second.size();
  while (a + b + overhead > kNameBytesMax) --(a > b ? a : b);
  std::string name(Clip(first, a));
  if (!second.empty()) name += "_" + std::string(Clip(second, b));
  return name + "_" + std::string(last);
}

namespace {

std::string JoinedNames(const std::vector<std::string>& all) {
  std::vector<std::string> names;
  std::string joined;
  for (const std::string& name : all) {
    std::string free = name;
    for (int i = 1; std::find(names.begin(), names.end(), free) != names.end(); ++i) {
      const std::string number = std::to_string(i);
      free = std::string(Clip(name, kNameBytesMax - number.size())) + number;
    }
    names.push_back(free);
    if (!joined.empty()) joined += "_";
    joined += free;
    if (joined.size() > kNameBytesMax) break;
  }
  return joined;
}

/// An expression in the list of CREATE INDEX, as a column of the index.
Result<schema::Column> BindIndexExpression(const ast::IndexElement& element,
                                           const schema::RelationDescriptor& table,
                                           BindContext& context) {
  LATHE_ASSIGN(ExprPtr bound,
               BindRowExpression(table, *element.expr, RowUse::kIndexExpression, nullptr, context));
  schema::Column column;
  column.type = bound->type;
  column.name = ResultName(*element.expr);
  if (column.name == "?column?") column.name = "expr";
  LATHE_ASSIGN(column.generated_sql, StoredText(*element.expr, context));
  LATHE_TRY(CheckCollation(element, column.type, context));
  LATHE_TRY(CheckKeyType(column.type));
  return column;
}

}  // namespace

std::string JoinedColumnNames(const schema::RelationDescriptor& table,
                              const std::vector<schema::KeyColumn>& columns) {
  std::vector<std::string> names;
  for (const schema::KeyColumn& column : columns) {
    names.push_back(table.columns[column.column].name);
  }
  return JoinedNames(names);
}

Result<IndexDefinition> BindCreateIndex(const ast::CreateIndexStatement& create,
                                        const schema::RelationDescriptor& table,
                                        BindContext& context) {
  LATHE_TRY(CheckUnsupported(create, context));
  if (create.elements.size() > kIndexColumnsMax) {
    return MakeError(
        SqlState::kTooManyColumns,
        "cannot use more than " + std::to_string(kIndexColumnsMax) + " columns in an index");
  }
  LATHE_TRY(CheckMethod(create, context));
  IndexDefinition index;
  LATHE_TRY(CheckOptions(create, context, &index.fillfactor));
  index.unique = create.unique;
  index.nulls_not_distinct = create.nulls_not_distinct;
  std::vector<std::string> names;
  auto add = [&](const ast::IndexElement& element, uint32_t column) {
    schema::KeyColumn part{column};
    part.descending = element.direction == ast::SortItem::Direction::kDescending;
    part.nulls_first = element.nulls == ast::SortItem::Nulls::kDefault
                           ? part.descending
                           : element.nulls == ast::SortItem::Nulls::kFirst;
    index.columns.push_back(part);
  };
  for (const ast::IndexElement& element : create.elements) {
    if (element.expr->kind != ast::Expr::Kind::kColumnRef ||
        element.expr->As<ast::ColumnRef>().parts.size() != 1) {
      LATHE_ASSIGN(schema::Column value, BindIndexExpression(element, table, context));
      names.push_back(value.name);
      index.expressions.push_back(std::move(value));
      add(element, schema::kExpressionSource);
      continue;
    }
    const std::string& name = element.expr->As<ast::ColumnRef>().parts[0];
    const int column = table.FindColumn(name);
    if (column < 0) {
      if (name == "ctid" || name == "tableoid") {
        return MakeError(SqlState::kFeatureNotSupported,
                         "index creation on system columns is not supported");
      }
      if (name == "xmin" || name == "xmax") return NoOrder("xid");
      if (name == "cmin" || name == "cmax") return NoOrder("cid");
      return MakeError(SqlState::kUndefinedColumn, "column \"" + name + "\" does not exist");
    }
    const Type& type = table.columns[static_cast<size_t>(column)].type;
    LATHE_TRY(CheckCollation(element, type, context));
    LATHE_TRY(CheckKeyType(type));
    names.push_back(name);
    add(element, static_cast<uint32_t>(column));
  }
  if (create.where) {
    LATHE_TRY(BindRowExpression(table, *create.where, RowUse::kIndexPredicate, nullptr, context));
    LATHE_ASSIGN(index.predicate, StoredText(*create.where, context));
  }
  LATHE_ASSIGN(index.include, BindIncluded(create.include, table));
  index.named = !create.name.empty();
  index.name = index.named ? create.name : GeneratedName(table.name, JoinedNames(names), "idx");
  return index;
}

}  // namespace lathe::bind
