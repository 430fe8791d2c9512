// Facts that several producers need: oids of the fixed objects, the tables of the catalog, how
// PostgreSQL stores a type. Private to this folder.
#pragma once

#include "frontend/syscat/syscat.h"
#include "runtime/types/type.h"

namespace lathe::syscat {

// Oids of objects that PostgreSQL makes at initdb.
inline constexpr uint32_t kOwnerRole = 10;
inline constexpr uint32_t kHeapAccessMethod = 2;
inline constexpr uint32_t kBtreeAccessMethod = 403;
inline constexpr uint32_t kInternalLanguage = 12;
inline constexpr uint32_t kDatabaseOid = 5;
inline constexpr uint32_t kDefaultTablespace = 1663;
inline constexpr uint32_t kGlobalTablespace = 1664;
inline constexpr uint32_t kDefaultCollation = 100;
inline constexpr uint32_t kCCollation = 950;

/// Calls f(relation) for each table of the users.
template <class F>
void ForEachTable(const Source& source, F f) {
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    if (relation->kind == schema::RelationKind::kTable) f(*relation);
  }
}
template <class F>
void ForEachView(const Source& source, F f) {
  for (const schema::RelationPtr& relation : source.catalog->Relations()) {
    if (relation->kind == schema::RelationKind::kView) f(*relation);
  }
}
/// The name of the schema of a relation.
inline std::string SchemaNameOf(const Source& source, const schema::RelationDescriptor& relation) {
  auto schema = source.catalog->GetSchema(relation.schema);
  return schema == nullptr ? "" : schema->name;
}

// type_rows.cc: pg_type's typbyval, typalign, typstorage, typcollation.
bool PassedByValue(const types::Type& type);
char AlignmentOf(const types::Type& type);
char StorageOf(const types::Type& type);
uint32_t CollationOf(const types::Type& type);

}  // namespace lathe::syscat
