// Names of relations, schemas and column lists, looked up in the catalog.
#include <algorithm>

#include "frontend/ast/position.h"
#include "frontend/bind/bind.h"

namespace lathe::bind {
namespace {

Error At(const BindContext& context, SqlState state, std::string message, int32_t location) {
  return MakeError(state, std::move(message), ast::PositionOf(context.sql, location));
}

/// Types share the relations' names, but are not found where a relation is meant.
bool IsType(const schema::RelationDescriptor& relation) {
  return relation.kind == schema::RelationKind::kType ||
         relation.kind == schema::RelationKind::kDomain;
}

/// The schema of a name as written.
std::string_view SchemaCalled(const BindContext& context, const std::string& name) {
  return name == "pg_temp" ? std::string_view(context.temp_schema) : std::string_view(name);
}

}  // namespace

std::vector<std::string> EffectivePath(const BindContext& context) {
  std::vector<std::string> path;
  bool temp = false, system = false;
  for (const std::string& name : context.search_path) {
    path.emplace_back(SchemaCalled(context, name));
    temp |= path.back() == context.temp_schema;
    system |= name == "pg_catalog";
  }
  if (!system) path.insert(path.begin(), "pg_catalog");
  if (!temp && !context.temp_schema.empty()) path.insert(path.begin(), context.temp_schema);
  return path;
}

namespace {

/// Within a view: the relation that had this name when the view was made; null = none had.
schema::RelationPtr FindFrozen(const ast::QualifiedName& name, const BindContext& context) {
  if (context.view_relations == nullptr) return nullptr;
  const std::vector<std::string> path = name.schema.empty()
                                            ? EffectivePath(context)
                                            : std::vector<std::string>{name.schema};
  for (const std::string& schema : path) {
    for (const schema::ViewRelation& read : *context.view_relations) {
      if (read.name != name.name || read.schema != schema) continue;
      schema::RelationPtr relation = context.catalog->GetRelation(read.id);
      // By its name of today: whoever keeps the plan learns of changes by names.
      if (relation != nullptr) context.catalog->FindRelation(relation->schema, relation->name);
      return relation;
    }
  }
  return nullptr;
}

}  // namespace

Result<schema::RelationPtr> FindRelation(const ast::QualifiedName& name, BindContext& context,
                                         bool missing_ok) {
  if (schema::RelationPtr frozen = FindFrozen(name, context)) return frozen;
  const std::string full = (name.schema.empty() ? "" : name.schema + ".") + name.name;
  if (!name.schema.empty()) {
    auto schema = context.catalog->FindSchema(SchemaCalled(context, name.schema));
    if (schema) {
      schema::RelationPtr relation = context.catalog->FindRelation(schema->id, name.name);
      if (relation != nullptr && !IsType(*relation)) return relation;
    } else if (!missing_ok) {
      // PostgreSQL calls it a missing relation, whether the schema is there or not.
      return At(context, SqlState::kUndefinedTable, "relation \"" + full + "\" does not exist",
                name.location);
    }
  } else {
    for (const std::string& schema_name : EffectivePath(context)) {
      auto schema = context.catalog->FindSchema(schema_name);
      if (!schema) continue;
      schema::RelationPtr relation = context.catalog->FindRelation(schema->id, name.name);
      if (relation == nullptr || IsType(*relation)) continue;
      if (context.view_reads != nullptr && relation->kind != schema::RelationKind::kVirtual &&
          std::find(context.view_reads->begin(), context.view_reads->end(), relation->id) ==
              context.view_reads->end()) {
        continue;
      }
      return relation;
    }
  }
  if (missing_ok) return schema::RelationPtr();
  return At(context, SqlState::kUndefinedTable, "relation \"" + full + "\" does not exist",
            name.location);
}

Result<std::shared_ptr<const schema::SchemaDescriptor>> FindCreationSchema(
    const ast::QualifiedName& name, BindContext& context) {
  if (!name.schema.empty()) {
    auto schema = context.catalog->FindSchema(SchemaCalled(context, name.schema));
    if (schema) return schema;
    return At(context, SqlState::kInvalidSchemaName,
              "schema \"" + name.schema + "\" does not exist", name.location);
  }
  for (const std::string& schema_name : context.search_path) {
    if (schema_name == "pg_catalog") continue;
    if (auto schema = context.catalog->FindSchema(SchemaCalled(context, schema_name))) {
      return schema;
    }
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
