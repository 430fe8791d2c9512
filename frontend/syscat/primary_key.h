// Primary keys as pg_catalog shows them: an index with an entry of its own in pg_class. Private to
// this folder.
#pragma once

#include <string>

#include "runtime/schema/schema.h"

namespace lathe::syscat {

inline bool HasPrimaryKey(const schema::RelationDescriptor& relation) {
  return !relation.primary_key_name.empty();
}
/// The table whose primary key's index has this oid; null when there is none.
schema::RelationPtr FindTableOfIndex(schema::CatalogReader* catalog, Oid index);
/// The index as a relation of its own: the key's columns, numbered from 1.
schema::RelationPtr IndexDescriptor(const schema::RelationDescriptor& table);
/// "CREATE UNIQUE INDEX t_pkey ON public.t USING btree (a, b DESC)".
std::string IndexText(schema::CatalogReader* catalog, const schema::RelationDescriptor& table);

}  // namespace lathe::syscat
