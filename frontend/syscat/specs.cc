#include "frontend/syscat/specs.h"

#include <map>
#include <utility>
#include <vector>

#include "runtime/base/check.h"

namespace lathe::syscat {
namespace {

using schema::kInformationSchema;
using schema::kPgCatalogSchema;
using types::Type;
using types::TypeId;

constexpr TableSpec kSpecs[] = {
#define LATHE_SYSTEM_TABLE(name, oid, schema, producer, columns) \
  {#name, oid, schema, 'r', Produce##producer, columns},
#define LATHE_SYSTEM_VIEW(name, oid, schema, producer, columns) \
  {#name, oid, schema, 'v', Produce##producer, columns},
#include "frontend/syscat/tables.def"
#undef LATHE_SYSTEM_VIEW
#undef LATHE_SYSTEM_TABLE
};

/// Stand-ins for types that Lathe has not, and names that its own lookup reads in another way.
Type NearestType(std::string_view name) {
  if (name.ends_with("[]")) {
    return Type::ArrayOf(NearestType(name.substr(0, name.size() - 2)).id);
  }
  if (name == "char") return Type(TypeId::kChar);
  if (name == "int2vector") return Type::ArrayOf(TypeId::kInt2);
  if (name == "oidvector") return Type::ArrayOf(TypeId::kOid);
  if (name == "xid") return Type(TypeId::kOid);
  if (name == "sql_identifier") return Type(TypeId::kName);
  if (name == "character_data" || name == "yes_or_no") return Type(TypeId::kVarchar);
  if (name == "cardinal_number") return Type(TypeId::kInt4);
  if (name == "time_stamp") return Type(TypeId::kTimestampTz);
  for (std::string_view text : {"aclitem", "pg_node_tree", "anyarray", "bytea", "inet", "pg_lsn"}) {
    if (name == text) return Type(TypeId::kText);
  }
  Type type;
  LATHE_CHECK(types::TypeFromName(name, &type));
  return type;
}

/// "oid oid!, relname name!, relacl aclitem[]" as columns.
std::vector<schema::Column> ParseColumns(std::string_view text) {
  std::vector<schema::Column> columns;
  while (!text.empty()) {
    const size_t comma = text.find(", ");
    std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 2);
    schema::Column column;
    column.number = ColumnNumber(static_cast<uint16_t>(columns.size() + 1));
    column.not_null = part.ends_with('!');
    if (column.not_null) part.remove_suffix(1);
    const size_t blank = part.find(' ');
    LATHE_CHECK(blank != std::string_view::npos);
    column.name = std::string(part.substr(0, blank));
    column.type = NearestType(part.substr(blank + 1));
    columns.push_back(std::move(column));
  }
  return columns;
}

struct Registry {
  std::vector<schema::RelationPtr> descriptors;  // like kSpecs
  std::map<RelationId, const TableSpec*> by_id;
  std::map<std::pair<SchemaId, std::string_view>, const TableSpec*> by_name;

  Registry() {
    for (const TableSpec& spec : kSpecs) {
      auto relation = std::make_shared<schema::RelationDescriptor>();
      relation->id = RelationId(spec.oid);
      relation->schema = spec.schema;
      relation->name = std::string(spec.name);
      relation->kind = schema::RelationKind::kVirtual;
      relation->columns = ParseColumns(spec.columns);
      descriptors.push_back(std::move(relation));
      LATHE_CHECK(by_id.emplace(RelationId(spec.oid), &spec).second);
      LATHE_CHECK(by_name.emplace(std::pair(spec.schema, spec.name), &spec).second);
    }
  }
};

const Registry& TheRegistry() {
  static const Registry registry;
  return registry;
}

}  // namespace

std::span<const TableSpec> AllSpecs() { return kSpecs; }

const TableSpec* FindSpec(SchemaId schema, std::string_view name) {
  auto it = TheRegistry().by_name.find(std::pair(schema, name));
  return it == TheRegistry().by_name.end() ? nullptr : it->second;
}

const TableSpec* FindSpec(RelationId id) {
  auto it = TheRegistry().by_id.find(id);
  return it == TheRegistry().by_id.end() ? nullptr : it->second;
}

const schema::RelationPtr& DescriptorOf(const TableSpec& spec) {
  return TheRegistry().descriptors[static_cast<size_t>(&spec - kSpecs)];
}

}  // namespace lathe::syscat
