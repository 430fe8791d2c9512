// Expressions: the dispatch over the tree's node kinds, literals, casts, CASE and its kin.
#include <limits>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

constexpr int kDigitsMax = 38;

/// A decimal literal as a fixed numeric of exactly its digits; false if it needs more than 38.
bool ReadFixed(std::string_view text, types::Value* value) {
  types::int128 scaled = 0;
  int digits = 0, scale = 0;
  int64_t exponent = 0;
  bool point = false;
  size_t i = 0;
  for (; i < text.size() && text[i] != 'e' && text[i] != 'E'; ++i) {
    if (text[i] == '_') return false;
    if (text[i] == '.') {
      point = true;
      continue;
    }
    if (text[i] < '0' || text[i] > '9') return false;
    if (digits > 0 || text[i] != '0') ++digits;
    if (digits > kDigitsMax) return false;
    scaled = scaled * 10 + (text[i] - '0');
    if (point && ++scale > kDigitsMax) return false;
  }
  if (i < text.size()) {
    ++i;
    const bool negative = i < text.size() && text[i] == '-';
    if (i < text.size() && (text[i] == '-' || text[i] == '+')) ++i;
    for (; i < text.size(); ++i) {
      if (text[i] < '0' || text[i] > '9' || exponent > kDigitsMax) return false;
      exponent = exponent * 10 + (text[i] - '0');
    }
    if (negative) exponent = -exponent;
  }
  int64_t final_scale = scale - exponent;
  for (; final_scale < 0; ++final_scale) {
    if (scaled != 0 && ++digits > kDigitsMax) return false;
    scaled *= 10;
  }
  if (final_scale > kDigitsMax) return false;
  const int precision = std::max({digits, static_cast<int>(final_scale), 1});
  const Type type = Type::FixedNumeric(precision, static_cast<int>(final_scale));
  types::Datum datum;
  if (types::ReprOf(type) == types::Repr::kI64) {
    datum.i64 = static_cast<int64_t>(scaled);
  } else {
    datum.i128 = scaled;
  }
  *value = types::Value::FromDatum(type, datum);
  return true;
}

ExprPtr Constant(types::Value value, int32_t location) {
  ExprPtr e = expr::MakeConst(std::move(value));
  e->location = location;
  return e;
}

types::Value UnknownText(std::string text) {
  types::Value value = types::Value::Text(std::move(text));
  value.set_type(Type());
  return value;
}

}  // namespace

Result<std::vector<ExprPtr>> Binder::BindList(const ast::ExprList& list, Scope& scope) {
  std::vector<ExprPtr> bound;
  bound.reserve(list.size());
  for (const ast::ExprPtr& e : list) {
    LATHE_ASSIGN(ExprPtr one, Bind(*e, scope));
    bound.push_back(std::move(one));
  }
  return bound;
}

BoundExpr Binder::BindBoolean(const ast::Expr& e, Scope& scope, std::string_view label) {
  LATHE_ASSIGN(ExprPtr bound, Bind(e, scope));
  return ToBoolean(std::move(bound), label);
}

BoundExpr Binder::BindLiteral(const ast::Literal& literal) {
  switch (literal.type) {
    case ast::Literal::Type::kNull:
      return Constant(types::Value::Null(Type()), literal.location);
    case ast::Literal::Type::kBoolean:
      return Constant(types::Value::Bool(literal.integer != 0), literal.location);
    case ast::Literal::Type::kInteger:
      if (literal.integer >= std::numeric_limits<int32_t>::min() &&
          literal.integer <= std::numeric_limits<int32_t>::max()) {
        return Constant(types::Value::Int4(static_cast<int32_t>(literal.integer)),
                        literal.location);
      }
      return Constant(types::Value::Int8(literal.integer), literal.location);
    case ast::Literal::Type::kDecimal: {
      types::Value value;
      if (!ReadFixed(literal.text, &value)) {
        LATHE_ASSIGN(value,
                     ReadText(literal.text, Type(TypeId::kNumeric), literal.location, context_));
      }
      return Constant(std::move(value), literal.location);
    }
    case ast::Literal::Type::kString:
      return Constant(UnknownText(literal.text), literal.location);
    case ast::Literal::Type::kBitString:
      return NotYet("bit string", literal.location);
  }
  return NotYet("this literal", literal.location);
}

BoundExpr Binder::BindUnary(const ast::Unary& unary, Scope& scope) {
  if (unary.op.name == "-" && unary.op.schema.empty() &&
      unary.operand->kind == ast::Expr::Kind::kLiteral) {
    // A minus before a number belongs to it, as in PostgreSQL's grammar: -2147483648 is an integer.
    const auto& literal = unary.operand->As<ast::Literal>();
    if (literal.type == ast::Literal::Type::kInteger) {
      const int64_t n = -literal.integer;
      const bool small = n >= std::numeric_limits<int32_t>::min();
      return Constant(small ? types::Value::Int4(static_cast<int32_t>(n)) : types::Value::Int8(n),
                      unary.location);
    }
    if (literal.type == ast::Literal::Type::kDecimal && literal.text == "9223372036854775808") {
      return Constant(types::Value::Int8(std::numeric_limits<int64_t>::min()), unary.location);
    }
  }
  LATHE_ASSIGN(ExprPtr operand, Bind(*unary.operand, scope));
  return MakeOperator(unary.op, nullptr, std::move(operand), unary.location);
}

BoundExpr Binder::BindLogical(const ast::Logical& logical, Scope& scope) {
  const bool conjunction = logical.kind == ast::Expr::Kind::kAnd;
  auto e = std::make_unique<Expr>(conjunction ? expr::Kind::kAnd : expr::Kind::kOr, BoolType());
  e->location = logical.location;
  for (const ast::ExprPtr& operand : logical.operands) {
    LATHE_ASSIGN(ExprPtr one, BindBoolean(*operand, scope, conjunction ? "AND" : "OR"));
    e->children.push_back(std::move(one));
  }
  return ExprPtr(std::move(e));
}

BoundExpr Binder::BindCast(const ast::Cast& cast, Scope& scope) {
  RelationId domain;
  LATHE_ASSIGN(Type type, BindTypeName(cast.type, context_, &domain));
  ExprPtr operand;
  if (type.id == TypeId::kArray && cast.operand->kind == ast::Expr::Kind::kArray) {
    LATHE_ASSIGN(operand, BindArray(cast.operand->As<ast::Array>(), scope, &type));
  } else if (type.id == TypeId::kRecord && type.shape != nullptr &&
             cast.operand->kind == ast::Expr::Kind::kRow) {
    return BindRow(cast.operand->As<ast::Row>(), scope, &type, cast.location);
  } else {
    LATHE_ASSIGN(operand, Bind(*cast.operand, scope));
  }
  if (!CanCoerce(operand->type, type, CastContext::kExplicit)) {
    return At(SqlState::kCannotCoerce,
              "cannot cast type " + TypeText(operand->type) + " to " + TypeText(type),
              cast.location);
  }
  LATHE_ASSIGN(operand, Coerce(std::move(operand), type, true));
  if (type.id == TypeId::kNumeric && operand->kind == expr::Kind::kColumn && type.typmod < 0 &&
      domain.value == 0) {
    return operand;
  }
  if (operand->location < 0) operand->location = cast.location;
  if (domain.value != 0) return CheckDomain(std::move(operand), domain, cast.location);
  return operand;
}

BoundExpr Binder::BindCollate(const ast::Collate& collate, Scope& scope) {
  LATHE_ASSIGN(ExprPtr operand, Bind(*collate.operand, scope));
  const std::string& name = collate.collation.name;
  if (name != "C" && name != "POSIX" && name != "default" && name != "ucs_basic") {
    return NotYet("collation \"" + name + "\"", collate.location);
  }
  LATHE_ASSIGN(operand, ResolveUnknown(std::move(operand)));
  if (types::CategoryOf(operand->type) != 'S') {
    return At(SqlState::kDatatypeMismatch,
              "collations are not supported by type " + TypeText(operand->type), collate.location);
  }
  return operand;
}

namespace {

/// Says where set-returning functions are not allowed while the arguments of an expression that
/// evaluates some of them only are bound.
class NoSets {
 public:
  NoSets(Scope& scope, const char* message) : scope_(scope), before_(scope.no_sets) {
    if (scope.no_sets == nullptr) scope.no_sets = message;
  }
  ~NoSets() { scope_.no_sets = before_; }
  NoSets(const NoSets&) = delete;
  NoSets& operator=(const NoSets&) = delete;

 private:
  Scope& scope_;
  const char* before_;
};

}  // namespace

BoundExpr Binder::BindCase(const ast::Case& e, Scope& scope) {
  const NoSets no_sets(scope, "set-returning functions are not allowed in CASE");
  ExprPtr operand;
  if (e.operand) {
    LATHE_ASSIGN(operand, Bind(*e.operand, scope));
    LATHE_ASSIGN(operand, ResolveUnknown(std::move(operand)));
  }
  std::vector<ExprPtr> conditions, results;
  for (const ast::Case::When& when : e.whens) {
    LATHE_ASSIGN(ExprPtr condition, Bind(*when.condition, scope));
    if (operand) {
      // Each comparison has its own copy of the operand; a subquery is bound anew, so that no two
      // share its columns.
      ExprPtr copy;
      if (ContainsSubquery(*operand)) {
        LATHE_ASSIGN(copy, Bind(*e.operand, scope));
      } else {
        copy = operand->Clone();
      }
      if (!expr::IsRuntimeConstant(*operand)) {
        bool is_volatile = false;
        expr::Visit(*operand, [&is_volatile](const Expr& node) {
          is_volatile |= node.kind == expr::Kind::kCall &&
                         node.function->volatility == func::Volatility::kVolatile;
        });
        if (is_volatile) return NotYet("CASE over a volatile function", e.location);
      }
      LATHE_ASSIGN(condition,
                   MakeOperator("=", std::move(copy), std::move(condition), when.location));
    }
    LATHE_ASSIGN(condition, ToBoolean(std::move(condition), "CASE/WHEN"));
    LATHE_ASSIGN(ExprPtr result, Bind(*when.result, scope));
    conditions.push_back(std::move(condition));
    results.push_back(std::move(result));
  }
  // PostgreSQL looks at the ELSE branch first when it looks for the common type.
  ExprPtr otherwise;
  if (e.otherwise) {
    LATHE_ASSIGN(otherwise, Bind(*e.otherwise, scope));
  } else {
    otherwise = expr::MakeConst(types::Value::Null(Type()));
  }
  results.insert(results.begin(), std::move(otherwise));
  LATHE_ASSIGN(Type type, Unify(results, "CASE"));
  auto node = std::make_unique<Expr>(expr::Kind::kCase, type);
  node->location = e.location;
  for (size_t i = 0; i < conditions.size(); ++i) {
    node->children.push_back(std::move(conditions[i]));
    node->children.push_back(std::move(results[i + 1]));
  }
  node->children.push_back(std::move(results[0]));
  return ExprPtr(std::move(node));
}

BoundExpr Binder::BindCoalesce(const ast::Coalesce& e, Scope& scope) {
  const NoSets no_sets(scope, "set-returning functions are not allowed in COALESCE");
  LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(e.args, scope));
  LATHE_ASSIGN(Type type, Unify(args, "COALESCE"));
  auto node = std::make_unique<Expr>(expr::Kind::kCoalesce, type);
  node->location = e.location;
  node->children = std::move(args);
  return ExprPtr(std::move(node));
}

BoundExpr Binder::BindGreatestLeast(const ast::GreatestLeast& e, Scope& scope) {
  const char* label = e.greatest ? "GREATEST" : "LEAST";
  LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(e.args, scope));
  LATHE_ASSIGN(Type type, Unify(args, label));
  LATHE_ASSIGN(ExprPtr comparison, MakeOperator(e.greatest ? ">" : "<", args[0]->Clone(),
                                                args[0]->Clone(), e.location));
  auto node = std::make_unique<Expr>(e.greatest ? expr::Kind::kGreatest : expr::Kind::kLeast, type);
  node->location = e.location;
  node->function = comparison->function;
  // The comparison may be that of another type; varchar is compared as the text that it is.
  if (!SameType(comparison->children[0]->type, type) && type.id != TypeId::kVarchar) {
    for (ExprPtr& arg : args) {
      LATHE_ASSIGN(arg, Coerce(std::move(arg), comparison->children[0]->type, false));
    }
    node->type = args[0]->type;
  }
  node->children = std::move(args);
  return ExprPtr(std::move(node));
}

BoundExpr Binder::BindNullIf(const ast::NullIf& e, Scope& scope) {
  LATHE_ASSIGN(ExprPtr left, Bind(*e.left, scope));
  LATHE_ASSIGN(ExprPtr right, Bind(*e.right, scope));
  ExprPtr original = left->Clone();
  LATHE_ASSIGN(ExprPtr equal, MakeOperator("=", std::move(left), std::move(right), e.location));
  LATHE_ASSIGN(equal, ToBoolean(std::move(equal), "NULLIF"));
  // The value shown has the type that it is compared as, but keeps its own scale.
  const Type compared = equal->children[0]->type;
  ExprPtr shown = std::move(original);
  if (compared.id == TypeId::kNumeric && !IsUnknown(*shown)) {
    const Type form = NumericForm(shown->type);
    LATHE_ASSIGN(shown, ToNumericForm(std::move(shown), form));
  } else {
    LATHE_ASSIGN(shown, Coerce(std::move(shown), compared, false));
  }
  auto node = std::make_unique<Expr>(expr::Kind::kCase, shown->type);
  node->location = e.location;
  node->children.push_back(std::move(equal));
  node->children.push_back(expr::MakeConst(types::Value::Null(shown->type)));
  node->children.push_back(std::move(shown));
  return ExprPtr(std::move(node));
}

BoundExpr Binder::Bind(const ast::Expr& e, Scope& scope) {
  using Kind = ast::Expr::Kind;
  switch (e.kind) {
    case Kind::kLiteral:
      return BindLiteral(e.As<ast::Literal>());
    case Kind::kParameter:
      return Parameter(e.As<ast::Parameter>());
    case Kind::kColumnRef:
      return BindColumn(e.As<ast::ColumnRef>(), scope);
    case Kind::kUnary:
      return BindUnary(e.As<ast::Unary>(), scope);
    case Kind::kBinary:
      return BindBinary(e.As<ast::Binary>(), scope);
    case Kind::kAnd:
    case Kind::kOr:
      return BindLogical(e.As<ast::Logical>(), scope);
    case Kind::kNot: {
      LATHE_ASSIGN(ExprPtr operand, BindBoolean(*e.As<ast::Not>().operand, scope, "NOT"));
      ExprPtr negated = expr::MakeNot(std::move(operand));
      negated->location = e.location;
      return negated;
    }
    case Kind::kFunctionCall:
      return BindCall(e.As<ast::FunctionCall>(), scope);
    case Kind::kSpecialValue:
      return BindSpecialValue(e.As<ast::SpecialValue>());
    case Kind::kCoalesce:
      return BindCoalesce(e.As<ast::Coalesce>(), scope);
    case Kind::kGreatestLeast:
      return BindGreatestLeast(e.As<ast::GreatestLeast>(), scope);
    case Kind::kNullIf:
      return BindNullIf(e.As<ast::NullIf>(), scope);
    case Kind::kCase:
      return BindCase(e.As<ast::Case>(), scope);
    case Kind::kCast:
      return BindCast(e.As<ast::Cast>(), scope);
    case Kind::kCollate:
      return BindCollate(e.As<ast::Collate>(), scope);
    case Kind::kIsNull:
      return BindIsNull(e.As<ast::IsNull>(), scope);
    case Kind::kIsBoolean:
      return BindIsBoolean(e.As<ast::IsBoolean>(), scope);
    case Kind::kIsDistinct:
      return BindIsDistinct(e.As<ast::IsDistinct>(), scope);
    case Kind::kBetween:
      return BindBetween(e.As<ast::Between>(), scope);
    case Kind::kInList:
      return BindInList(e.As<ast::InList>(), scope);
    case Kind::kLike:
      return BindLike(e.As<ast::Like>(), scope);
    case Kind::kSubquery:
      return BindSubquery(e.As<ast::Subquery>(), scope);
    case Kind::kQuantifiedArray:
      return BindQuantifiedArray(e.As<ast::QuantifiedArray>(), scope);
    case Kind::kArray:
      return BindArray(e.As<ast::Array>(), scope, nullptr);
    case Kind::kSubscript:
      return BindSubscript(e.As<ast::Subscript>(), scope);
    case Kind::kFieldSelect:
      return BindFieldSelect(e.As<ast::FieldSelect>(), scope);
    case Kind::kRow:
      return BindRow(e.As<ast::Row>(), scope, nullptr);
    case Kind::kGrouping:
      return BindGrouping(e.As<ast::Grouping>(), scope);
    case Kind::kDefault:
      return At(SqlState::kSyntaxError, "DEFAULT is not allowed in this context", e.location);
    case Kind::kCurrentOf:
      return NotYet("WHERE CURRENT OF", e.location);
  }
  return NotYet("this expression", e.location);
}

}  // namespace lathe::bind
