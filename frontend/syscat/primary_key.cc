#include "frontend/syscat/primary_key.h"

#include "frontend/ast/print.h"
#include "frontend/syscat/syscat.h"

namespace lathe::syscat {

schema::RelationPtr FindTableOfIndex(schema::CatalogReader* catalog, Oid index) {
  if (!index) return nullptr;
  for (const schema::RelationPtr& relation : catalog->Relations()) {
    if (relation->kind == schema::RelationKind::kTable && HasPrimaryKey(*relation) &&
        relation->primary_key_oid == index) {
      return relation;
    }
  }
  return nullptr;
}

schema::RelationPtr IndexDescriptor(const schema::RelationDescriptor& table) {
  auto index = std::make_shared<schema::RelationDescriptor>();
  index->id = RelationId(table.primary_key_oid.value);
  index->schema = table.schema;
  index->name = table.primary_key_name;
  index->kind = schema::RelationKind::kIndex;
  index->version = table.version;
  index->table = table.id;
  index->unique = true;
  for (const schema::KeyColumn& part : table.key) {
    schema::Column column;
    column.number = ColumnNumber(static_cast<uint16_t>(index->columns.size() + 1));
    column.name = table.columns[part.column].name;
    column.type = table.columns[part.column].type;
    index->key.push_back(
        {static_cast<uint32_t>(index->columns.size()), part.descending, part.nulls_first});
    index->columns.push_back(std::move(column));
  }
  return index;
}

std::string IndexText(schema::CatalogReader* catalog, const schema::RelationDescriptor& table) {
  std::string text = "CREATE UNIQUE INDEX " + ast::QuoteIdentifier(table.primary_key_name) + " ON ";
  if (auto schema = catalog->GetSchema(table.schema)) {
    text += ast::QuoteIdentifier(schema->name) + ".";
  }
  text += ast::QuoteIdentifier(table.name) + " USING btree (";
  for (size_t i = 0; i < table.key.size(); ++i) {
    const schema::KeyColumn& part = table.key[i];
    if (i != 0) text += ", ";
    text += ast::QuoteIdentifier(table.columns[part.column].name);
    if (part.descending) text += " DESC";
    if (part.descending != part.nulls_first)
      text += part.nulls_first ? " NULLS FIRST" : " NULLS LAST";
  }
  return text + ")";
}

std::string ConstraintDefinition(schema::CatalogReader* catalog, Oid constraint) {
  schema::RelationPtr table = FindTableOfIndex(catalog, constraint);
  if (table == nullptr) return "";
  std::string text = "PRIMARY KEY (";
  for (size_t i = 0; i < table->key.size(); ++i) {
    if (i != 0) text += ", ";
    text += ast::QuoteIdentifier(table->columns[table->key[i].column].name);
  }
  return text + ")";
}

std::string IndexDefinition(schema::CatalogReader* catalog, Oid index, int column) {
  schema::RelationPtr table = FindTableOfIndex(catalog, index);
  if (table == nullptr) return "";
  if (column == 0) return IndexText(catalog, *table);
  if (column < 0 || static_cast<size_t>(column) > table->key.size()) return "";
  return ast::QuoteIdentifier(
      table->columns[table->key[static_cast<size_t>(column - 1)].column].name);
}

}  // namespace lathe::syscat
