// Type names with their modifiers, and the types and values of literals.
#include <algorithm>
#include <array>
#include <cctype>
#include <limits>

#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

using ast::IntervalFields;

constexpr int32_t kVarcharMax = 10485760;
constexpr int32_t kHeader = 4;  // of a length typmod

/// PostgreSQL's types that Lathe does not have yet: 0A000, not "does not exist".
constexpr std::string_view kLaterTypes[] = {
    "aclitem",      "bit",           "box",         "cid",           "cidr",      "circle",
    "cstring",      "daterange",     "inet",        "int2vector",    "int4range", "int8range",
    "jsonpath",     "line",          "lseg",        "macaddr",       "macaddr8",  "money",
    "numrange",     "oidvector",     "path",        "pg_lsn",        "point",     "polygon",
    "refcursor",    "regcollation",  "regconfig",   "bigserial",     "serial",    "serial2",
    "serial4",      "serial8",       "smallserial", "regdictionary", "regoper",   "regoperator",
    "regprocedure", "regrole",       "tid",         "tsquery",       "tsrange",   "tstzrange",
    "tsvector",     "txid_snapshot", "varbit",      "xid",           "xid8",      "xml",
};

/// PostgreSQL's interval field bits (its datetime.h: the field's number in a mask).
int32_t FieldMask(IntervalFields fields) {
  constexpr int32_t kMonth = 1 << 1, kYear = 1 << 2, kDay = 1 << 3, kHour = 1 << 10,
                    kMinute = 1 << 11, kSecond = 1 << 12, kFull = 0x7fff;
  switch (fields) {
    case IntervalFields::kAll:
      return kFull;
    case IntervalFields::kYear:
      return kYear;
    case IntervalFields::kMonth:
      return kMonth;
    case IntervalFields::kDay:
      return kDay;
    case IntervalFields::kHour:
      return kHour;
    case IntervalFields::kMinute:
      return kMinute;
    case IntervalFields::kSecond:
      return kSecond;
    case IntervalFields::kYearToMonth:
      return kYear | kMonth;
    case IntervalFields::kDayToHour:
      return kDay | kHour;
    case IntervalFields::kDayToMinute:
      return kDay | kHour | kMinute;
    case IntervalFields::kDayToSecond:
      return kDay | kHour | kMinute | kSecond;
    case IntervalFields::kHourToMinute:
      return kHour | kMinute;
    case IntervalFields::kHourToSecond:
      return kHour | kMinute | kSecond;
    case IntervalFields::kMinuteToSecond:
      return kMinute | kSecond;
  }
  return kFull;
}

class TypeBinder {
 public:
  TypeBinder(const ast::TypeName& name, const BindContext& context, RelationId* domain)
      : name_(name), context_(context), domain_(domain) {}

  Result<Type> Bind() {
    const ast::QualifiedName& written = name_.name;
    if (name_.setof) return Fail("SETOF");
    Type type;
    const bool builtin =
        written.catalog.empty() && (written.schema.empty() || written.schema == "pg_catalog");
    // What the grammar makes of its own spellings has the catalog's name; other one-word names are
    // such names too.
    if (builtin && written.name == "char") {
      type = Type(TypeId::kChar);  // the type of one byte; char(n) comes as bpchar
    } else if ((!builtin || !types::TypeFromName(written.name, &type) ||
                types::CatalogName(type) != written.name) &&
               !FindUserType(&type)) {
      if (builtin && IsLater(written.name)) return Fail("type " + written.name);
      if (!builtin && context_.catalog && !context_.catalog->FindSchema(written.schema)) {
        return At(SqlState::kInvalidSchemaName, "schema \"" + written.schema + "\" does not exist");
      }
      return At(SqlState::kUndefinedObject, "type \"" + Full() + "\" does not exist");
    }
    // Values carry base types only: what keeps no domain's conditions cannot be of it.
    if (is_domain_ && !name_.array_bounds.empty()) return Fail("array of a domain");
    if (is_domain_ && domain_ == nullptr) return Fail("domain \"" + Full() + "\" here");
    if (is_domain_ && !name_.modifiers.empty()) {
      return At(SqlState::kSyntaxError, "type modifier is not allowed for type \"" + Full() + "\"");
    }
    LATHE_ASSIGN(type, Modify(type));
    if (name_.array_bounds.empty()) return type;
    if (type.id == TypeId::kArray) return type;
    // Of the modifiers those stay that say what the elements are; numerics in arrays are big.
    Type array = Type::ArrayOf(type);
    array.typmod = type.typmod;
    return array;
  }

 private:
  static bool IsLater(std::string_view name) {
    return std::find(std::begin(kLaterTypes), std::end(kLaterTypes), name) != std::end(kLaterTypes);
  }
  /// A type of the user's: an enum, a composite type, the rows of a table.
  bool FindUserType(Type* type) const {
    if (context_.catalog == nullptr) return false;
    const std::string& name = name_.name.name;
    std::vector<std::string> path;
    if (name_.name.schema.empty()) {
      path = EffectivePath(context_);
    } else {
      path.push_back(name_.name.schema == "pg_temp" ? context_.temp_schema : name_.name.schema);
    }
    for (const std::string& schema_name : path) {
      auto schema = context_.catalog->FindSchema(schema_name);
      if (schema == nullptr) continue;
      const bool array = name.size() > 1 && name[0] == '_';
      for (int pass = 0; pass < (array ? 2 : 1); ++pass) {
        schema::RelationPtr found =
            context_.catalog->FindRelation(schema->id, pass == 0 ? name : name.substr(1));
        if (found == nullptr) continue;
        if (found->kind == schema::RelationKind::kType) {
          *type = found->named_type;
        } else if (found->kind == schema::RelationKind::kDomain && pass == 0) {
          *type = found->columns[0].type;
          if (domain_ != nullptr) *domain_ = found->id;
          is_domain_ = true;
        } else if (pass == 0 && (found->kind == schema::RelationKind::kTable ||
                                 found->kind == schema::RelationKind::kVirtual ||
                                 found->kind == schema::RelationKind::kView)) {
          *type = RowTypeOf(*found);
        } else {
          continue;
        }
        if (pass == 1) *type = Type::ArrayOf(*type);
        return true;
      }
    }
    return false;
  }
  std::string Full() const {
    return (name_.name.schema.empty() ? "" : name_.name.schema + ".") + name_.name.name;
  }
  Error At(SqlState state, std::string message) const {
    return MakeError(state, std::move(message), ast::PositionOf(context_.sql, name_.location));
  }
  Error Fail(std::string_view what) const {
    return NotSupported(what, ast::PositionOf(context_.sql, name_.location));
  }

  Result<std::vector<int32_t>> Modifiers() const {
    std::vector<int32_t> modifiers;
    for (const ast::ExprPtr& e : name_.modifiers) {
      int64_t sign = 1;
      const ast::Expr* operand = e.get();
      if (operand->kind == ast::Expr::Kind::kUnary && operand->As<ast::Unary>().op.name == "-") {
        sign = -1;
        operand = operand->As<ast::Unary>().operand.get();
      }
      const bool integer = operand->kind == ast::Expr::Kind::kLiteral &&
                           operand->As<ast::Literal>().type == ast::Literal::Type::kInteger;
      if (!integer) {
        return At(SqlState::kSyntaxError, "type modifiers must be simple constants or identifiers");
      }
      const int64_t value = sign * operand->As<ast::Literal>().integer;
      if (value > std::numeric_limits<int32_t>::max() ||
          value < std::numeric_limits<int32_t>::min()) {
        return MakeError(
            SqlState::kNumericValueOutOfRange,
            "value \"" + std::to_string(value) + "\" is out of range for type integer");
      }
      modifiers.push_back(static_cast<int32_t>(value));
    }
    return modifiers;
  }

  Result<Type> Modify(Type type) const {
    LATHE_ASSIGN(std::vector<int32_t> modifiers, Modifiers());
    if (type.id == TypeId::kInterval) return Interval(modifiers);
    if (modifiers.empty()) return type;
    switch (type.id) {
      case TypeId::kVarchar:
        return Length(type, modifiers, "varchar");
      case TypeId::kBpChar:
        return Length(type, modifiers, "char");
      case TypeId::kNumeric:
        return Numeric(modifiers);
      case TypeId::kTime:
      case TypeId::kTimeTz:
      case TypeId::kTimestamp:
      case TypeId::kTimestampTz:
        return Timestamp(type, modifiers);
      default:
        return At(SqlState::kSyntaxError,
                  "type modifier is not allowed for type \"" + Full() + "\"");
    }
  }

  Result<Type> Length(Type type, const std::vector<int32_t>& modifiers, const char* name) const {
    if (modifiers.size() != 1) return At(SqlState::kInvalidParameterValue, "invalid type modifier");
    if (modifiers[0] < 1) {
      return At(SqlState::kInvalidParameterValue,
                std::string("length for type ") + name + " must be at least 1");
    }
    if (modifiers[0] > kVarcharMax) {
      return At(
          SqlState::kInvalidParameterValue,
          std::string("length for type ") + name + " cannot exceed " + std::to_string(kVarcharMax));
    }
    type.typmod = modifiers[0] + kHeader;
    return type;
  }

  Result<Type> Numeric(const std::vector<int32_t>& modifiers) const {
    if (modifiers.size() > 2) {
      return At(SqlState::kInvalidParameterValue, "invalid NUMERIC type modifier");
    }
    const int32_t precision = modifiers[0], scale = modifiers.size() == 2 ? modifiers[1] : 0;
    if (precision < 1 || precision > 1000) {
      return At(SqlState::kInvalidParameterValue,
                "NUMERIC precision " + std::to_string(precision) + " must be between 1 and 1000");
    }
    if (scale < -1000 || scale > 1000) {
      return At(SqlState::kInvalidParameterValue,
                "NUMERIC scale " + std::to_string(scale) + " must be between -1000 and 1000");
    }
    return Type::NumericColumn(precision, scale);
  }

  Result<Type> Timestamp(Type type, const std::vector<int32_t>& modifiers) const {
    if (modifiers.size() != 1) return At(SqlState::kInvalidParameterValue, "invalid type modifier");
    const bool clock = type.id == TypeId::kTime || type.id == TypeId::kTimeTz;
    const bool zoned = type.id == TypeId::kTimestampTz || type.id == TypeId::kTimeTz;
    if (modifiers[0] < 0) {
      return At(SqlState::kInvalidParameterValue,
                std::string(clock ? "TIME(" : "TIMESTAMP(") + std::to_string(modifiers[0]) + ")" +
                    (zoned ? " WITH TIME ZONE" : "") + " precision must not be negative");
    }
    type.typmod = std::min(modifiers[0], 6);
    return type;
  }

  Result<Type> Interval(const std::vector<int32_t>& modifiers) const {
    constexpr int32_t kFullPrecision = 0xffff;
    Type type(TypeId::kInterval);
    if (modifiers.empty() && name_.interval_fields == IntervalFields::kAll) return type;
    int32_t precision = kFullPrecision;
    if (!modifiers.empty()) {
      if (modifiers[0] < 0) {
        return At(SqlState::kInvalidParameterValue,
                  "INTERVAL(" + std::to_string(modifiers[0]) + ") precision must not be negative");
      }
      precision = std::min(modifiers[0], 6);
    }
    type.typmod = (FieldMask(name_.interval_fields) << 16) | precision;
    return type;
  }

  const ast::TypeName& name_;
  const BindContext& context_;
  RelationId* const domain_;
  mutable bool is_domain_ = false;
};

}  // namespace

Result<types::Type> BindTypeName(const ast::TypeName& name, const BindContext& context,
                                 RelationId* domain) {
  return TypeBinder(name, context, domain).Bind();
}

types::Type LiftedType(const ast::LiftedLiteral& literal) {
  if (literal.type == ast::Literal::Type::kInteger) {
    const bool small = literal.integer >= std::numeric_limits<int32_t>::min() &&
                       literal.integer <= std::numeric_limits<int32_t>::max();
    return Type(small ? TypeId::kInt4 : TypeId::kInt8);
  }
  if (literal.type != ast::Literal::Type::kDecimal) return Type();
  int digits = 0, scale = 0;
  bool point = false;
  for (char c : literal.text) {
    if (c == '.') {
      point = true;
    } else if (c >= '0' && c <= '9') {
      ++digits;
      if (point) ++scale;
    } else {
      return Type(TypeId::kNumeric);  // an exponent
    }
  }
  for (int precision : {9, 18, 38}) {
    if (digits <= precision && scale <= precision) return Type::FixedNumeric(precision, scale);
  }
  return Type(TypeId::kNumeric);
}

Result<types::Value> ReadText(std::string_view text, const types::Type& type, int32_t location,
                              BindContext& context) {
  static const types::FormatContext kDefaults;
  Result<types::Value> value =
      types::ValueFromText(type, text, context.format ? *context.format : kDefaults);
  if (value.ok()) return value;
  Error error = std::move(value).error();
  if (error.position == 0) error.position = ast::PositionOf(context.sql, location);
  return error;
}

Result<types::Value> ReadLiteral(const ast::LiftedLiteral& literal, const types::Type& type,
                                 BindContext& context) {
  if (literal.type == ast::Literal::Type::kInteger) {
    if (type.id == TypeId::kInt4) {
      return types::Value::Int4(static_cast<int32_t>(literal.integer));
    }
    if (type.id == TypeId::kInt8) return types::Value::Int8(literal.integer);
    return ReadText(std::to_string(literal.integer), type, literal.location, context);
  }
  return ReadText(literal.text, type, literal.location, context);
}

}  // namespace lathe::bind
