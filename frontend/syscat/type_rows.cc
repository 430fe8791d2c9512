// Rows about types, derived from runtime/types/type_list.def: pg_type, pg_collation.
#include "frontend/syscat/facts.h"
#include "frontend/syscat/producers.h"
#include "runtime/types/shape.h"

namespace lathe::syscat {
namespace {

using types::Type;
using types::TypeId;

/// A row of type_list.def.
struct TypeRow {
  TypeId id;
  uint32_t oid;
  uint32_t array_oid;
};
constexpr TypeRow kTypes[] = {
#define LATHE_TYPE(id, name, oid, array_oid, category, preferred, length) \
  {TypeId::id, oid, array_oid},
#include "runtime/types/type_list.def"
#undef LATHE_TYPE
};

// Functions that every array type shares, by their oids in PostgreSQL.
constexpr uint32_t kArrayIn = 750, kArrayOut = 751, kArrayReceive = 2400, kArraySend = 2401,
                   kArraySubscript = 6179;

bool IsPseudoType(const Type& type) {
  return type.id == TypeId::kUnknown || type.id == TypeId::kVoid || type.is_polymorphic();
}

RowWriter& BeginType(const Type& type, Oid oid, RowWriter* rows) {
  return rows->Set("oid", oid)
      .Set("typname", types::CatalogName(type))
      .Set("typnamespace", schema::kPgCatalogSchema)
      .Set("typowner", kOwnerRole)
      .Set("typlen", types::CatalogLength(type))
      .Set("typbyval", PassedByValue(type))
      .Set("typtype", IsPseudoType(type) ? 'p' : 'b')
      .Set("typcategory",
           IsPseudoType(type) && type.id != TypeId::kUnknown ? 'P' : types::CategoryOf(type))
      .Set("typispreferred", types::IsPreferred(type))
      .Set("typisdefined", true)
      .Set("typdelim", ',')
      .Set("typalign", AlignmentOf(type))
      .Set("typstorage", StorageOf(type))
      .Set("typtypmod", -1)
      .Set("typcollation", CollationOf(type));
}

}  // namespace

bool PassedByValue(const Type& type) {
  const int16_t length = types::CatalogLength(type);
  return length == 1 || length == 2 || length == 4 || length == 8;
}

char AlignmentOf(const Type& type) {
  if (type.id == TypeId::kArray) {
    const bool wide = AlignmentOf(Type(type.element)) == 'd' && type.element != TypeId::kArray;
    return wide ? 'd' : 'i';
  }
  switch (type.id) {
    case TypeId::kUnknown:
    case TypeId::kBool:
    case TypeId::kChar:
    case TypeId::kName:
      return 'c';
    case TypeId::kInt2:
      return 's';
    case TypeId::kInt8:
    case TypeId::kFloat8:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
    case TypeId::kInterval:
    case TypeId::kTime:
    case TypeId::kTimeTz:
      return 'd';
    case TypeId::kUuid:
      return 'c';
    default:
      return 'i';
  }
}

char StorageOf(const Type& type) {
  if (type.id == TypeId::kNumeric) return 'm';
  return types::CatalogLength(type) == -1 ? 'x' : 'p';
}

uint32_t CollationOf(const Type& type) {
  const TypeId id = type.id == TypeId::kArray ? type.element : type.id;
  if (id == TypeId::kName) return kCCollation;
  const bool text = id == TypeId::kText || id == TypeId::kVarchar || id == TypeId::kBpChar;
  return text ? kDefaultCollation : 0;
}

static void ProduceDomains(const Source& source, RowWriter* rows) {
  for (const schema::RelationPtr& entry : source.catalog->Relations()) {
    if (entry->kind != schema::RelationKind::kDomain) continue;
    const schema::Column& value = entry->columns[0];
    BeginType(value.type, Oid(entry->id.value), rows)
        .Set("typname", entry->name)
        .Set("typnamespace", entry->schema)
        .Set("typtype", 'd')
        .Set("typnotnull", value.not_null)
        .Set("typbasetype",
             value.domain.value != 0 ? Oid(value.domain.value) : types::OidOf(value.type))
        .Set("typtypmod", value.type.typmod)
        .Set("typispreferred", false);
    if (!value.default_sql.empty()) rows->Set("typdefault", value.default_sql);
    rows->EndRow();
  }
}

void ProduceTypes(const Source& source, RowWriter* rows) {
  for (const TypeRow& row : kTypes) {
    const Type type(row.id);
    BeginType(type, Oid(row.oid), rows).Set("typarray", row.array_oid);
    if (row.id == TypeId::kName) rows->Set("typelem", types::OidOf(Type(TypeId::kChar)));
    rows->EndRow();
    if (row.array_oid == 0) continue;
    BeginType(Type::ArrayOf(row.id), Oid(row.array_oid), rows)
        .Set("typsubscript", kArraySubscript)
        .Set("typelem", row.oid)
        .Set("typinput", kArrayIn)
        .Set("typoutput", kArrayOut)
        .Set("typreceive", kArrayReceive)
        .Set("typsend", kArraySend)
        .EndRow();
  }
  for (const schema::RelationPtr& entry : source.catalog->Relations()) {
    if (entry->kind != schema::RelationKind::kType) continue;
    const Type& type = entry->named_type;
    BeginType(type, Oid(type.shape->oid), rows)
        .Set("typnamespace", entry->schema)
        .Set("typtype", type.id == TypeId::kEnum ? 'e' : 'c')
        .Set("typarray", type.shape->array_oid)
        .EndRow();
    const std::string array = "_" + entry->name;
    BeginType(Type::ArrayOf(type), Oid(type.shape->array_oid), rows)
        .Set("typname", array)
        .Set("typnamespace", entry->schema)
        .Set("typsubscript", kArraySubscript)
        .Set("typelem", type.shape->oid)
        .Set("typinput", kArrayIn)
        .Set("typoutput", kArrayOut)
        .Set("typreceive", kArrayReceive)
        .Set("typsend", kArraySend)
        .EndRow();
  }
  ProduceDomains(source, rows);
}

void ProduceEnums(const Source& source, RowWriter* rows) {
  for (const schema::RelationPtr& entry : source.catalog->Relations()) {
    if (entry->kind != schema::RelationKind::kType || entry->named_type.id != TypeId::kEnum) {
      continue;
    }
    // Labels have no numbers of their own: made of the type's and their place.
    uint32_t place = 0;
    for (const types::Shape::Label& label : entry->named_type.shape->labels) {
      ++place;
      rows->Set("oid", 0x80000000u | ((entry->id.value << 10) + place))
          .Set("enumtypid", entry->named_type.shape->oid)
          .Set("enumsortorder", static_cast<double>(place))
          .Set("enumlabel", label.text)
          .EndRow();
    }
  }
}

void ProduceCollations(const Source&, RowWriter* rows) {
  auto begin = [&](uint32_t oid, std::string_view name, char provider) -> RowWriter& {
    return rows->Set("oid", oid)
        .Set("collname", name)
        .Set("collnamespace", schema::kPgCatalogSchema)
        .Set("collowner", kOwnerRole)
        .Set("collprovider", provider)
        .Set("collisdeterministic", true)
        .Set("collencoding", -1);
  };
  begin(kDefaultCollation, "default", 'd').EndRow();
  begin(kCCollation, "C", 'c').Set("collcollate", "C").Set("collctype", "C").EndRow();
}

}  // namespace lathe::syscat
