// The virtual tables as data: tables.def read into specs, and a descriptor made of each, once.
// Private to this folder.
#pragma once

#include <span>
#include <string_view>

#include "frontend/syscat/producers.h"
#include "runtime/schema/schema.h"

namespace lathe::syscat {

/// A row of tables.def. Lives for ever.
struct TableSpec {
  std::string_view name;
  uint32_t oid;
  SchemaId schema;
  char kind;  // pg_class.relkind
  Producer producer;
  std::string_view columns;
};

/// All of them, in the order of tables.def.
std::span<const TableSpec> AllSpecs();
/// Null when there is none.
const TableSpec* FindSpec(SchemaId schema, std::string_view name);
const TableSpec* FindSpec(RelationId id);
/// The table's descriptor; always the same object. Thread-safe.
const schema::RelationPtr& DescriptorOf(const TableSpec& spec);

}  // namespace lathe::syscat
