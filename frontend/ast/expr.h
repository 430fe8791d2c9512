// Expressions as parsed: one struct per form, told apart by Expr::kind; nothing is resolved or
// typed. Use As<T>() after switching on kind. Every node owns its children. `depth` is the height
// of the tree below (at most kMaxDepth, or the statement was refused with 54001), so recursion over
// a parsed tree cannot overflow the stack. Location: where PostgreSQL's error cursor points for
// this node (the operator of a binary operator, the name of a function, the first token of most
// others).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast/name.h"

namespace lathe::ast {

struct SelectStatement;

/// The largest height of an expression, query or join tree that the parser accepts.
inline constexpr int32_t kMaxDepth = 1000;

struct Expr {
  enum class Kind : uint8_t {
    kLiteral,
    kParameter,
    kColumnRef,
    kUnary,
    kBinary,
    kAnd,
    kOr,
    kNot,
    kFunctionCall,
    kSpecialValue,
    kCoalesce,
    kGreatestLeast,
    kNullIf,
    kCase,
    kCast,
    kCollate,
    kIsNull,
    kIsBoolean,
    kIsDistinct,
    kBetween,
    kInList,
    kLike,
    kSubquery,
    kQuantifiedArray,
    kArray,
    kSubscript,
    kFieldSelect,
    kRow,
    kGrouping,
    kDefault,
    kCurrentOf,
  };

  virtual ~Expr() = default;

  template <class T>
  T& As() {
    return static_cast<T&>(*this);
  }
  template <class T>
  const T& As() const {
    return static_cast<const T&>(*this);
  }

  const Kind kind;
  int32_t location = -1;
  int32_t depth = 1;

 protected:
  explicit Expr(Kind k) : kind(k) {}
  Expr(const Expr&) = delete;
  Expr& operator=(const Expr&) = delete;
};

/// ORDER BY a DESC NULLS LAST, in queries, aggregates, windows.
struct SortItem {
  enum class Direction : uint8_t { kDefault, kAscending, kDescending, kUsing };
  enum class Nulls : uint8_t { kDefault, kFirst, kLast };
  ExprPtr expr;
  Direction direction = Direction::kDefault;
  Nulls nulls = Nulls::kDefault;
  QualifiedName using_op;  // kUsing: the operator
  int32_t location = -1;
};
using SortList = std::vector<SortItem>;

/// A constant as written, without its type's input function applied.
struct Literal : Expr {
  enum class Type : uint8_t {
    kNull,
    kBoolean,    // `integer` is 0 or 1
    kInteger,    // fits int64: `integer`; the type is int4 if it fits, else int8
    kDecimal,    // any other number: `text`, as written (1.5, 1e10, 99999999999999999999)
    kString,     // `text`, escapes resolved; type unknown until bound
    kBitString,  // `text` = 'b' or 'x' followed by the digits
  };
  Literal() : Expr(Kind::kLiteral) {}
  Type type = Type::kNull;
  int64_t integer = 0;
  std::string text;
};

/// $n. After LiftLiterals also stands for a literal that was lifted out of the statement.
struct Parameter : Expr {
  Parameter() : Expr(Kind::kParameter) {}
  int32_t number = 0;  // counted from 1
  /// Set for a lifted literal: the type that it had (see lift.h). A lifted kString is still an
  /// unknown literal.
  std::optional<Literal::Type> lifted;
  /// For a lifted literal: what of its value the plan may depend on ("int4", "int8",
  /// "numeric(3,2)", "unknown", "like:prefix"); part of the fingerprint.
  std::string lifted_class;
};

/// a, t.a, s.t.a, t.*, *
struct ColumnRef : Expr {
  ColumnRef() : Expr(Kind::kColumnRef) {}
  std::vector<std::string> parts;  // without the star
  bool star = false;
};

/// Prefix operator: -x, +x, @x, OPERATOR(s.@) x.
struct Unary : Expr {
  Unary() : Expr(Kind::kUnary) {}
  QualifiedName op;
  ExprPtr operand;
};

/// Infix operator that is not AND, OR, LIKE or IS ...: + - * / % ^ = <> < <= > >= || ~ -> ... ("!="
/// is given as "<>").
struct Binary : Expr {
  Binary() : Expr(Kind::kBinary) {}
  QualifiedName op;
  ExprPtr left;
  ExprPtr right;
};

/// a AND b AND c, a OR b OR c: flattened, two or more operands. kind says which.
struct Logical : Expr {
  explicit Logical(Kind k) : Expr(k) {}
  ExprList operands;
};

struct Not : Expr {
  Not() : Expr(Kind::kNot) {}
  ExprPtr operand;
};

/// One end of a window frame.
struct FrameBound {
  enum class Type : uint8_t {
    kUnboundedPreceding,
    kPreceding,  // `offset` PRECEDING
    kCurrentRow,
    kFollowing,  // `offset` FOLLOWING
    kUnboundedFollowing,
  };
  Type type = Type::kUnboundedPreceding;
  ExprPtr offset;
};

/// OVER (...), OVER name, or one entry of the WINDOW clause.
struct WindowDefinition {
  enum class FrameUnit : uint8_t { kNone, kRange, kRows, kGroups };  // kNone: no frame written
  enum class Exclusion : uint8_t { kNoOthers, kCurrentRow, kGroup, kTies };
  std::string name;             // WINDOW name AS (...)
  std::string reference;        // the window it refers to: OVER (w ...) or OVER w
  bool only_reference = false;  // OVER w, without parentheses
  ExprList partition_by;
  SortList order_by;
  FrameUnit unit = FrameUnit::kNone;
  FrameBound start{FrameBound::Type::kUnboundedPreceding, nullptr};
  FrameBound end{FrameBound::Type::kCurrentRow, nullptr};
  Exclusion exclusion = Exclusion::kNoOthers;
  int32_t location = -1;
};

/// f(args). SQL's special syntaxes are function calls too, as in PostgreSQL, with sql_syntax set
/// and schema pg_catalog: EXTRACT(year FROM x) = extract('year', x); POSITION(a IN b) = position(b,
/// a); SUBSTRING(x FROM a FOR b) = substring(x, a, b); OVERLAY = overlay;
/// TRIM(LEADING/TRAILING/BOTH c FROM x) = ltrim/rtrim/btrim(x, c); x AT TIME ZONE z = timezone(z,
/// x); (a,b) OVERLAPS (c,d) = overlaps(a,b,c,d); SUBSTRING(x SIMILAR p ESCAPE e) = substring(x, p,
/// e); COLLATION FOR (x) = pg_collation_for(x); x IS [NFC] NORMALIZED = is_normalized(x, 'NFC');
/// NORMALIZE(x, NFC) = normalize.
struct FunctionCall : Expr {
  FunctionCall() : Expr(Kind::kFunctionCall) {}
  QualifiedName name;
  ExprList args;
  std::vector<std::string> arg_names;  // empty, or one per argument; "" = positional
  bool star = false;                   // count(*)
  bool distinct = false;
  bool variadic = false;      // the last argument was marked VARIADIC
  bool within_group = false;  // order_by came from WITHIN GROUP (ORDER BY ...)
  bool sql_syntax = false;
  SortList order_by;
  ExprPtr filter;
  std::unique_ptr<WindowDefinition> over;
};

/// CURRENT_DATE and its kin, written without parentheses.
struct SpecialValue : Expr {
  enum class Type : uint8_t {
    kCurrentDate,
    kCurrentTime,
    kCurrentTimestamp,
    kLocalTime,
    kLocalTimestamp,
    kCurrentRole,
    kCurrentUser,
    kUser,
    kSessionUser,
    kCurrentCatalog,
    kCurrentSchema,
  };
  SpecialValue() : Expr(Kind::kSpecialValue) {}
  Type type = Type::kCurrentDate;
  int32_t precision = -1;  // CURRENT_TIMESTAMP(3); -1 = not written
};

struct Coalesce : Expr {
  Coalesce() : Expr(Kind::kCoalesce) {}
  ExprList args;
};

struct GreatestLeast : Expr {
  GreatestLeast() : Expr(Kind::kGreatestLeast) {}
  bool greatest = true;
  ExprList args;
};

struct NullIf : Expr {
  NullIf() : Expr(Kind::kNullIf) {}
  ExprPtr left;
  ExprPtr right;
};

struct Case : Expr {
  struct When {
    ExprPtr condition;  // or the value to compare with, if the CASE has an operand
    ExprPtr result;
    int32_t location = -1;
  };
  Case() : Expr(Kind::kCase) {}
  ExprPtr operand;  // may be null
  std::vector<When> whens;
  ExprPtr otherwise;  // may be null
};

/// CAST(x AS t), x::t, or a typed literal: date '2020-01-01', interval '1' day (operand is a string
/// Literal then, or the Parameter that it was lifted to).
struct Cast : Expr {
  enum class Style : uint8_t { kCast, kColons, kTypedLiteral };
  Cast() : Expr(Kind::kCast) {}
  ExprPtr operand;
  TypeName type;
  Style style = Style::kCast;
};

struct Collate : Expr {
  Collate() : Expr(Kind::kCollate) {}
  ExprPtr operand;
  QualifiedName collation;
};

/// IS [NOT] NULL
struct IsNull : Expr {
  IsNull() : Expr(Kind::kIsNull) {}
  ExprPtr operand;
  bool negated = false;
};

/// IS [NOT] TRUE / FALSE / UNKNOWN
struct IsBoolean : Expr {
  enum class Test : uint8_t { kTrue, kFalse, kUnknown };
  IsBoolean() : Expr(Kind::kIsBoolean) {}
  ExprPtr operand;
  Test test = Test::kTrue;
  bool negated = false;
};

/// IS [NOT] DISTINCT FROM (negated: IS NOT DISTINCT FROM)
struct IsDistinct : Expr {
  IsDistinct() : Expr(Kind::kIsDistinct) {}
  ExprPtr left;
  ExprPtr right;
  bool negated = false;
};

struct Between : Expr {
  Between() : Expr(Kind::kBetween) {}
  ExprPtr operand;
  ExprPtr low;
  ExprPtr high;
  bool negated = false;
  bool symmetric = false;
};

/// x [NOT] IN (a, b, c). IN (SELECT ...) is a Subquery.
struct InList : Expr {
  InList() : Expr(Kind::kInList) {}
  ExprPtr operand;
  ExprList items;
  bool negated = false;
};

struct Like : Expr {
  enum class Type : uint8_t { kLike, kILike, kSimilar };
  Like() : Expr(Kind::kLike) {}
  Type type = Type::kLike;
  ExprPtr operand;
  ExprPtr pattern;
  ExprPtr escape;  // may be null
  bool negated = false;
};

/// A query in an expression.
struct Subquery : Expr {
  enum class Type : uint8_t {
    kScalar,  // (SELECT ...)
    kExists,  // EXISTS (SELECT ...)
    kIn,      // operand [NOT] IN (SELECT ...)
    kAny,     // operand op ANY (SELECT ...); op may be LIKE etc. as "~~", "!~~", "~~*", "!~~*"
    kAll,     // operand op ALL (SELECT ...)
    kArray,   // ARRAY(SELECT ...)
  };
  Subquery();
  ~Subquery() override;
  Type type = Type::kScalar;
  ExprPtr operand;       // kIn, kAny, kAll; a Row for several columns
  QualifiedName op;      // kAny, kAll
  bool negated = false;  // NOT IN
  std::unique_ptr<SelectStatement> query;
};

/// operand op ANY (array), operand op ALL (array)
struct QuantifiedArray : Expr {
  QuantifiedArray() : Expr(Kind::kQuantifiedArray) {}
  ExprPtr operand;
  QualifiedName op;
  bool all = false;
  ExprPtr array;
};

/// ARRAY[a, b]; inner brackets of ARRAY[[1],[2]] are Arrays too.
struct Array : Expr {
  Array() : Expr(Kind::kArray) {}
  ExprList items;
};

/// x[i], x[a:b]
struct Subscript : Expr {
  Subscript() : Expr(Kind::kSubscript) {}
  ExprPtr operand;
  ExprPtr lower;  // the index if !slice; in slices either bound may be null
  ExprPtr upper;
  bool slice = false;
  bool chained = false;  // goes on a chain of subscripts: the [2] of x[1][2], not of (x[1])[2]
};

/// (x).field, (x).*
struct FieldSelect : Expr {
  FieldSelect() : Expr(Kind::kFieldSelect) {}
  ExprPtr operand;
  std::string field;  // empty if star
  bool star = false;
};

/// ROW(a, b) or (a, b)
struct Row : Expr {
  Row() : Expr(Kind::kRow) {}
  ExprList items;
  bool explicit_row = false;  // ROW was written
};

struct Grouping : Expr {
  Grouping() : Expr(Kind::kGrouping) {}
  ExprList args;
};

/// DEFAULT as a value in INSERT, UPDATE.
struct Default : Expr {
  Default() : Expr(Kind::kDefault) {}
};

/// WHERE CURRENT OF cursor
struct CurrentOf : Expr {
  CurrentOf() : Expr(Kind::kCurrentOf) {}
  std::string cursor;
};

}  // namespace lathe::ast
