// The catalog with the virtual tables, and the indexes of primary keys, added.
#include <algorithm>

#include "frontend/syscat/indexes.h"
#include "frontend/syscat/specs.h"
#include "frontend/syscat/syscat.h"

namespace lathe::syscat {
namespace {

using SchemaPtr = std::shared_ptr<const schema::SchemaDescriptor>;

const std::vector<SchemaPtr>& OwnSchemas() {
  static const std::vector<SchemaPtr> schemas = {
      std::make_shared<schema::SchemaDescriptor>(
          schema::SchemaDescriptor{schema::kPgCatalogSchema, "pg_catalog"}),
      std::make_shared<schema::SchemaDescriptor>(
          schema::SchemaDescriptor{schema::kInformationSchema, "information_schema"})};
  return schemas;
}

}  // namespace

SchemaPtr SystemCatalog::FindSchema(std::string_view name) {
  if (SchemaPtr schema = inner_->FindSchema(name)) return schema;
  for (const SchemaPtr& own : OwnSchemas()) {
    if (own->name == name) return own;
  }
  return nullptr;
}

SchemaPtr SystemCatalog::GetSchema(SchemaId id) {
  if (SchemaPtr schema = inner_->GetSchema(id)) return schema;
  for (const SchemaPtr& own : OwnSchemas()) {
    if (own->id == id) return own;
  }
  return nullptr;
}

std::vector<SchemaPtr> SystemCatalog::Schemas() {
  std::vector<SchemaPtr> schemas = inner_->Schemas();
  for (const SchemaPtr& own : OwnSchemas()) {
    const bool known = std::any_of(schemas.begin(), schemas.end(),
                                   [&](const SchemaPtr& schema) { return schema->id == own->id; });
    if (!known) schemas.push_back(own);
  }
  return schemas;
}

schema::RelationPtr SystemCatalog::FindRelation(SchemaId schema, std::string_view name) {
  if (const TableSpec* spec = FindSpec(schema, name)) return DescriptorOf(*spec);
  if (schema == schema::kPgCatalogSchema || schema == schema::kInformationSchema) return nullptr;
  if (schema::RelationPtr relation = inner_->FindRelation(schema, name)) return relation;
  return FindPrimaryKey(inner_, schema, name);
}

schema::RelationPtr SystemCatalog::GetRelation(RelationId id) {
  if (const TableSpec* spec = FindSpec(id)) return DescriptorOf(*spec);
  if (schema::RelationPtr relation = inner_->GetRelation(id)) return relation;
  return FindIndex(inner_, Oid(id.value));
}

std::vector<schema::RelationPtr> SystemCatalog::Relations() {
  std::vector<schema::RelationPtr> relations = inner_->Relations();
  for (const TableSpec& spec : AllSpecs()) relations.push_back(DescriptorOf(spec));
  return relations;
}

std::shared_ptr<const schema::RelationStats> SystemCatalog::GetStats(RelationId id) {
  static const auto kNothingKnown = std::make_shared<const schema::RelationStats>();
  if (FindSpec(id) != nullptr) return kNothingKnown;
  if (inner_->GetRelation(id) == nullptr) return kNothingKnown;
  return inner_->GetStats(id);
}

}  // namespace lathe::syscat
