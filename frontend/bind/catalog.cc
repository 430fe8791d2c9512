// Names of relations, schemas and column lists, looked up in the catalog.
#include <algorithm>

#include "frontend/ast/position.h"
#include "frontend/bind/bind.h"

namespace lathe::bind {
namespace {

Error At(const BindContext& context, SqlState state, std::string message, int32_t location) {
  return MakeError(state, std::move(message), ast::PositionOf(context.sql, location));
}

}  // namespace

Result<schema::RelationPtr> FindRelation(const ast::QualifiedName& name, BindContext& context,
                                         bool missing_ok) {
  const std::string full = (name.schema.empty() ? "" : name.schema + ".") + name.name;
  if (!name.schema.empty()) {
    auto schema = context.catalog->FindSchema(name.schema);
    if (schema) {
      if (schema::RelationPtr relation = context.catalog->FindRelation(schema->id, name.name)) {
        return relation;
      }
    } else if (!missing_ok) {
      // PostgreSQL calls it a missing relation, whether the schema is there or not.
      return At(context, SqlState::kUndefinedTable, "relation \"" + full + "\" does not exist",
                name.location);
    }
  } else {
    std::vector<std::string> path = context.search_path;
    if (std::find(path.begin(), path.end(), "pg_catalog") == path.end()) {
      path.insert(path.begin(), "pg_catalog");
    }
    for (const std::string& schema_name : path) {
      auto schema = context.catalog->FindSchema(schema_name);
      if (!schema) continue;
      if (schema::RelationPtr relation = context.catalog->FindRelation(schema->id, name.name)) {
        return relation;
      }
    }
  }
  if (missing_ok) return schema::RelationPtr();
  return At(context, SqlState::kUndefinedTable, "relation \"" + full + "\" does not exist",
            name.location);
}

Result<std::shared_ptr<const schema::SchemaDescriptor>> FindCreationSchema(
    const ast::QualifiedName& name, BindContext& context) {
  if (!name.schema.empty()) {
    auto schema = context.catalog->FindSchema(name.schema);
    if (schema) return schema;
    return At(context, SqlState::kInvalidSchemaName,
              "schema \"" + name.schema + "\" does not exist", name.location);
  }
  for (const std::string& schema_name : context.search_path) {
    if (schema_name == "pg_catalog" || schema_name == "pg_temp") continue;
    if (auto schema = context.catalog->FindSchema(schema_name)) return schema;
  }
  return At(context, SqlState::kInvalidSchemaName, "no schema has been selected to create in",
            name.location);
}

Result<std::vector<uint32_t>> BindColumnList(const schema::RelationDescriptor& table,
                                             const std::vector<std::string>& columns) {
  if (columns.empty()) return table.LiveColumns();
  std::vector<uint32_t> list;
  for (const std::string& name : columns) {
    const int column = table.FindColumn(name);
    if (column < 0) {
      return MakeError(SqlState::kUndefinedColumn,
                       "column \"" + name + "\" of relation \"" + table.name + "\" does not exist");
    }
    if (std::find(list.begin(), list.end(), static_cast<uint32_t>(column)) != list.end()) {
      return MakeError(SqlState::kDuplicateColumn,
                       "column \"" + name + "\" specified more than once");
    }
    list.push_back(static_cast<uint32_t>(column));
  }
  return list;
}

}  // namespace lathe::bind
