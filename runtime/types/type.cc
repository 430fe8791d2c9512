// Facts about types: the table of type_list.def, and names as PostgreSQL spells them.
#include "runtime/types/type.h"

#include <array>
#include <utility>

#include "runtime/base/check.h"
#include "runtime/types/shape.h"

namespace lathe::types {
namespace {

struct TypeInfo {
  TypeId id;
  std::string_view name;
  std::string_view array_name;
  uint32_t oid;
  uint32_t array_oid;
  char category;
  bool preferred;
  int16_t length;
};

constexpr TypeInfo kTypes[] = {
#define LATHE_TYPE(id, name, oid, array_oid, category, preferred, length) \
  {TypeId::id, name, "_" name, oid, array_oid, category, preferred, length},
#include "runtime/types/type_list.def"
#undef LATHE_TYPE
};

const TypeInfo& InfoOf(TypeId id) { return kTypes[static_cast<size_t>(id)]; }

/// SQL spellings in one word that differ from the catalog name.
constexpr std::pair<std::string_view, TypeId> kSqlNames[] = {
    {"int", TypeId::kInt4},    {"integer", TypeId::kInt4},     {"smallint", TypeId::kInt2},
    {"bigint", TypeId::kInt8}, {"decimal", TypeId::kNumeric},  {"dec", TypeId::kNumeric},
    {"real", TypeId::kFloat4}, {"float", TypeId::kFloat8},     {"boolean", TypeId::kBool},
    {"char", TypeId::kBpChar}, {"character", TypeId::kBpChar},
};

/// The name without modifier as format_type gives it.
std::string_view DisplayName(TypeId id) {
  switch (id) {
    case TypeId::kBool:
      return "boolean";
    case TypeId::kChar:
      return "\"char\"";
    case TypeId::kInt8:
      return "bigint";
    case TypeId::kInt2:
      return "smallint";
    case TypeId::kInt4:
      return "integer";
    case TypeId::kFloat4:
      return "real";
    case TypeId::kFloat8:
      return "double precision";
    case TypeId::kBpChar:
      return "character";
    case TypeId::kVarchar:
      return "character varying";
    default:
      return InfoOf(id).name;
  }
}

/// PostgreSQL's names of interval field sets (typmod high half, bits of INTERVAL_MASK).
std::string_view IntervalFields(int mask) {
  constexpr int kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10, kMinute = 1 << 11,
                kSecond = 1 << 12;
  switch (mask) {
    case kYear:
      return " year";
    case kMonth:
      return " month";
    case kDay:
      return " day";
    case kHour:
      return " hour";
    case kMinute:
      return " minute";
    case kSecond:
      return " second";
    case kYear | kMonth:
      return " year to month";
    case kDay | kHour:
      return " day to hour";
    case kDay | kHour | kMinute:
      return " day to minute";
    case kDay | kHour | kMinute | kSecond:
      return " day to second";
    case kHour | kMinute:
      return " hour to minute";
    case kHour | kMinute | kSecond:
      return " hour to second";
    case kMinute | kSecond:
      return " minute to second";
    default:
      return "";
  }
}

/// A name as quote_ident gives it, keywords apart.
std::string QuotedName(std::string_view name) {
  bool plain = !name.empty() && !(name[0] >= '0' && name[0] <= '9') && name[0] != '$';
  for (char c : name) {
    plain &= (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '$' || (c & 0x80);
  }
  if (plain) return std::string(name);
  std::string quoted = "\"";
  for (char c : name) {
    if (c == '"') quoted.push_back(c);
    quoted.push_back(c);
  }
  return quoted + "\"";
}

std::string FormatScalar(TypeId id, int32_t typmod) {
  std::string name(DisplayName(id));
  switch (id) {
    case TypeId::kBpChar:
      if (typmod > 4) return name + "(" + std::to_string(typmod - 4) + ")";
      if (typmod >= 0) return name;
      // A char without length in the catalog is not "character", which would mean character(1).
      return "bpchar";
    case TypeId::kVarchar:
      if (typmod >= 4) return name + "(" + std::to_string(typmod - 4) + ")";
      return name;
    case TypeId::kNumeric: {
      if (typmod < 4) return name;
      int32_t packed = typmod - 4;
      int scale = ((packed & 0x7ff) ^ 1024) - 1024;
      return name + "(" + std::to_string(packed >> 16 & 0xffff) + "," + std::to_string(scale) + ")";
    }
    case TypeId::kTime:
    case TypeId::kTimeTz: {
      std::string precision = typmod >= 0 ? "(" + std::to_string(typmod) + ")" : "";
      return "time" + precision + (id == TypeId::kTime ? " without time zone" : " with time zone");
    }
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz: {
      std::string precision = typmod >= 0 ? "(" + std::to_string(typmod) + ")" : "";
      return "timestamp" + precision +
             (id == TypeId::kTimestamp ? " without time zone" : " with time zone");
    }
    case TypeId::kInterval: {
      if (typmod < 0) return name;
      int precision = typmod & 0xffff;
      name += IntervalFields(typmod >> 16 & 0x7fff);
      if (precision != 0xffff) name += "(" + std::to_string(precision) + ")";
      return name;
    }
    default:
      return name;
  }
}

}  // namespace

Type Type::FixedNumeric(int precision, int scale, int32_t typmod) {
  LATHE_CHECK(precision >= 1 && precision <= 38 && scale >= 0 && scale <= precision);
  Type type(TypeId::kNumeric, typmod);
  type.precision = static_cast<uint8_t>(precision);
  type.scale = static_cast<uint8_t>(scale);
  return type;
}

Type Type::NumericColumn(int precision, int scale) {
  int32_t typmod = static_cast<int32_t>(
      (static_cast<uint32_t>(precision) << 16 | (static_cast<uint32_t>(scale) & 0x7ff)) + 4);
  if (precision <= 38 && scale >= 0 && scale <= precision) {
    return FixedNumeric(precision, scale, typmod);
  }
  return Type(TypeId::kNumeric, typmod);
}

Type Type::ArrayOf(TypeId element) {
  Type type(TypeId::kArray);
  type.element = element;
  return type;
}

Type Type::ArrayOf(const Type& element) {
  Type type = ArrayOf(element.id);
  type.shape = element.shape;
  return type;
}

bool Type::is_string_like() const {
  return id == TypeId::kText || id == TypeId::kVarchar || id == TypeId::kBpChar ||
         id == TypeId::kName || id == TypeId::kUnknown;
}
bool Type::is_integer() const {
  return id == TypeId::kInt2 || id == TypeId::kInt4 || id == TypeId::kInt8;
}
bool Type::is_number() const {
  return is_integer() || id == TypeId::kFloat4 || id == TypeId::kFloat8 || id == TypeId::kNumeric;
}

bool Type::is_polymorphic() const {
  return id == TypeId::kAnyElement || id == TypeId::kAnyNonArray || id == TypeId::kAnyCompatible ||
         id == TypeId::kAnyCompatibleArray || id == TypeId::kAnyCompatibleNonArray ||
         (id == TypeId::kArray && element == TypeId::kUnknown);
}

Repr ReprOf(const Type& type) {
  switch (type.id) {
    case TypeId::kBool:
      return Repr::kBool;
    case TypeId::kChar:
      return Repr::kI8;
    case TypeId::kInt2:
      return Repr::kI16;
    case TypeId::kInt4:
    case TypeId::kOid:
    case TypeId::kDate:
    case TypeId::kRegproc:
    case TypeId::kRegclass:
    case TypeId::kRegtype:
    case TypeId::kRegnamespace:
    case TypeId::kVoid:
    case TypeId::kAnyElement:
    case TypeId::kAnyNonArray:
    case TypeId::kAnyCompatible:
    case TypeId::kAnyCompatibleArray:
    case TypeId::kAnyCompatibleNonArray:
      return Repr::kI32;
    case TypeId::kUuid:
      return Repr::kI128;
    case TypeId::kTime:
    case TypeId::kTimeTz:
    case TypeId::kEnum:
    case TypeId::kInt8:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return Repr::kI64;
    case TypeId::kFloat4:
      return Repr::kF32;
    case TypeId::kFloat8:
      return Repr::kF64;
    case TypeId::kInterval:
      return Repr::kInterval;
    case TypeId::kNumeric:
      if (type.precision == 0) return Repr::kString;
      return type.precision <= 18 ? Repr::kI64 : Repr::kI128;
    case TypeId::kUnknown:
    case TypeId::kName:
    case TypeId::kText:
    case TypeId::kBpChar:
    case TypeId::kVarchar:
    case TypeId::kArray:
    case TypeId::kBytea:
    case TypeId::kJson:
    case TypeId::kJsonb:
    case TypeId::kRecord:
    case TypeId::kJsonPath:
      return Repr::kString;
  }
  LATHE_UNREACHABLE("type id");
}

uint32_t SlotBytes(Repr repr) {
  switch (repr) {
    case Repr::kBool:
    case Repr::kI8:
      return 1;
    case Repr::kI16:
      return 2;
    case Repr::kI32:
    case Repr::kF32:
    case Repr::kString:
      return 4;
    case Repr::kI64:
    case Repr::kF64:
      return 8;
    case Repr::kI128:
    case Repr::kInterval:
      return 16;
  }
  LATHE_UNREACHABLE("repr");
}

Oid OidOf(const Type& type) {
  if (type.shape != nullptr && type.shape->oid != 0) {
    return Oid(type.id == TypeId::kArray ? type.shape->array_oid : type.shape->oid);
  }
  if (type.id == TypeId::kArray && type.element != TypeId::kUnknown) {
    return Oid(InfoOf(type.element).array_oid);
  }
  return Oid(InfoOf(type.id).oid);
}

bool TypeFromOid(Oid oid, Type* type) {
  for (const TypeInfo& info : kTypes) {
    if (info.oid == oid.value) {
      *type = Type(info.id);
      return true;
    }
    if (info.array_oid != 0 && info.array_oid == oid.value) {
      *type = Type::ArrayOf(info.id);
      return true;
    }
  }
  *type = Type();
  return false;
}

std::string_view CatalogName(const Type& type) {
  if (type.shape != nullptr && !type.shape->name.empty() && type.id != TypeId::kArray) {
    return type.shape->name;
  }
  if (type.id == TypeId::kArray && type.element != TypeId::kUnknown) {
    return InfoOf(type.element).array_name;
  }
  return InfoOf(type.id).name;
}

std::string FormatType(const Type& type) {
  if (type.shape != nullptr && !type.shape->name.empty()) {
    return QuotedName(type.shape->name) + (type.id == TypeId::kArray ? "[]" : "");
  }
  if (type.id == TypeId::kArray && type.element != TypeId::kUnknown) {
    return FormatScalar(type.element, type.typmod) + "[]";
  }
  return FormatScalar(type.id, type.typmod);
}

bool TypeFromName(std::string_view name, Type* type) {
  for (const auto& [sql_name, id] : kSqlNames) {
    if (sql_name == name) {
      *type = Type(id);
      if (id == TypeId::kBpChar) type->typmod = 4 + 1;
      return true;
    }
  }
  for (const TypeInfo& info : kTypes) {
    if (info.name == name) {
      *type = Type(info.id);
      return true;
    }
    if (info.array_oid != 0 && info.array_name == name) {
      *type = Type::ArrayOf(info.id);
      return true;
    }
  }
  return false;
}

char CategoryOf(const Type& type) {
  if (type.id == TypeId::kEnum && type.shape != nullptr) return 'E';
  if (type.id == TypeId::kRecord && type.shape != nullptr && type.shape->oid != 0) return 'C';
  return type.id == TypeId::kArray && type.element != TypeId::kUnknown ? 'A'
                                                                       : InfoOf(type.id).category;
}

bool IsPreferred(const Type& type) { return InfoOf(type.id).preferred; }

int16_t CatalogLength(const Type& type) { return InfoOf(type.id).length; }

}  // namespace lathe::types
