// Indexes as pg_catalog shows them, primary keys among them: relations with the columns that the
// user has named. Private to this folder.
#pragma once

#include <string>
#include <vector>

#include "frontend/syscat/syscat.h"
#include "runtime/schema/schema.h"

namespace lathe::syscat {

inline bool HasPrimaryKey(const schema::RelationDescriptor& relation) {
  return !relation.primary_key_name.empty();
}
/// The index of a table's primary key as a relation of its own: the key's columns, numbered from 1;
/// sources are the table's columns.
schema::RelationPtr PrimaryKeyIndex(const schema::RelationDescriptor& table);
inline bool IsPrimaryKey(const schema::RelationDescriptor& table,
                         const schema::RelationDescriptor& index) {
  return index.id.value == table.primary_key_oid.value;
}
/// The index with this oid, with the columns that the user has named only; null when there is none.
schema::RelationPtr FindIndex(schema::CatalogReader* catalog, Oid index);
/// The indexes of a table, its primary key first, likewise.
std::vector<schema::RelationPtr> IndexesOf(schema::CatalogReader* catalog,
                                           const schema::RelationDescriptor& table);
/// The primary key's index that has this name; null when there is none.
schema::RelationPtr FindPrimaryKey(schema::CatalogReader* catalog, SchemaId schema,
                                   std::string_view name);
/// "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (a, b DESC)".
std::string IndexText(schema::CatalogReader* catalog, const schema::RelationDescriptor& index);
/// The same with the table's name and the expressions as a session shows them.
std::string IndexText(schema::CatalogReader* catalog, const schema::RelationDescriptor& index,
                      const NameFunction& table_name, const IndexExpressionFunction& shown);

}  // namespace lathe::syscat
