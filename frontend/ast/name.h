// Names as they are written in SQL: qualified names, type names, and name = value options.
// Identifiers are already folded to lower case (unless quoted) and truncated to 63 bytes. A
// location is a byte offset into the statement text, -1 = none.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace lathe::ast {

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;
using ExprList = std::vector<ExprPtr>;

/// `[[catalog.]schema.]name`: a relation, type, function, ... Empty parts were not written.
struct QualifiedName {
  std::string catalog;
  std::string schema;
  std::string name;
  int32_t location = -1;

  bool operator==(const QualifiedName& o) const {
    return catalog == o.catalog && schema == o.schema && name == o.name;
  }
};

/// Which fields an interval type keeps (`interval day to second`). kAll: not written.
enum class IntervalFields : uint8_t {
  kAll,
  kYear,
  kMonth,
  kDay,
  kHour,
  kMinute,
  kSecond,
  kYearToMonth,
  kDayToHour,
  kDayToMinute,
  kDayToSecond,
  kHourToMinute,
  kHourToSecond,
  kMinuteToSecond,
};

/// A type as written. SQL's own spellings are resolved by the parser, as PostgreSQL does: `double
/// precision` is {schema "pg_catalog", name "float8"}, `integer` pg_catalog.int4, `timestamp with
/// time zone` pg_catalog.timestamptz, `char(n)` pg_catalog.bpchar with modifier n (1 if none was
/// written), `"char"` is plain name "char".
struct TypeName {
  TypeName();
  TypeName(TypeName&&) noexcept;
  TypeName& operator=(TypeName&&) noexcept;
  ~TypeName();

  QualifiedName name;
  ExprList modifiers;  // (10,2); for interval: the precision, if written
  IntervalFields interval_fields = IntervalFields::kAll;
  std::vector<int32_t> array_bounds;  // one per dimension; -1 = no bound written
  bool setof = false;
  int32_t location = -1;
};

/// One `name`, `name value` or `name = value` of EXPLAIN (...), COPY ... WITH (...), CREATE TABLE
/// ... WITH (...), sequences, roles.
struct Option {
  enum class Value : uint8_t {
    kNone,    // only the name: usually means true
    kName,    // identifier or keyword, also on/true/false: `text`
    kString,  // quoted string: `text`
    kNumber,  // number, with its sign: `text`
    kStar,    // *
    kList,    // (a, b): `list`
  };
  std::string name_space;  // toast. in `toast.autovacuum_enabled`
  std::string name;
  Value value = Value::kNone;
  std::string text;
  std::vector<std::string> list;
  int32_t location = -1;
};
using OptionList = std::vector<Option>;

}  // namespace lathe::ast
