// Comparisons and tests: binary operators, BETWEEN, IN lists, LIKE, IS.
#include "frontend/bind/binder.h"
#include "frontend/bind/later.h"

namespace lathe::bind {
namespace {

bool IsRow(const ast::Expr& e) { return e.kind == ast::Expr::Kind::kRow; }

ExprPtr MakeNode(expr::Kind kind, int32_t location, ExprPtr a, ExprPtr b = nullptr) {
  auto node = std::make_unique<Expr>(kind, BoolType());
  node->location = location;
  node->children.push_back(std::move(a));
  if (b) node->children.push_back(std::move(b));
  return node;
}

ExprPtr Negate(ExprPtr e, bool negated, int32_t location) {
  if (!negated) return e;
  ExprPtr node = expr::MakeNot(std::move(e));
  node->location = location;
  return node;
}

}  // namespace

BoundExpr Binder::BindBinary(const ast::Binary& e, Scope& scope) {
  return BindComparison(e.op, *e.left, *e.right, e.location, scope);
}

BoundExpr Binder::BindComparison(const ast::QualifiedName& op, const ast::Expr& left,
                                 const ast::Expr& right, int32_t location, Scope& scope) {
  if (IsRow(left) && IsRow(right)) {
    return BindRowComparison(op.name, left.As<ast::Row>(), right.As<ast::Row>(), location, scope);
  }
  if (IsRow(left) && right.kind == ast::Expr::Kind::kSubquery) {
    const auto& subquery = right.As<ast::Subquery>();
    if (subquery.type == ast::Subquery::Type::kScalar) {
      return BindRowSubquery(op.name, left.As<ast::Row>(), subquery, location, scope);
    }
  }
  LATHE_ASSIGN(ExprPtr bound_left, Bind(left, scope));
  LATHE_ASSIGN(ExprPtr bound_right, Bind(right, scope));
  return MakeOperator(op, std::move(bound_left), std::move(bound_right), location);
}

BoundExpr Binder::BindRowComparison(std::string_view op, const ast::Row& left,
                                    const ast::Row& right, int32_t location, Scope& scope) {
  if (left.items.size() != right.items.size()) {
    return At(SqlState::kSyntaxError, "unequal number of entries in row expressions", location);
  }
  if (left.items.empty()) {
    return At(SqlState::kFeatureNotSupported, "cannot compare rows of zero length", location);
  }
  if (left.items.size() > kTargetsMax) {
    return At(SqlState::kTooManyColumns, "ROW expressions can have at most 1664 entries",
              left.location);
  }
  auto compare = [&](std::string_view with, size_t i) -> BoundExpr {
    ast::QualifiedName name;
    name.name = with;
    LATHE_ASSIGN(ExprPtr part,
                 BindComparison(name, *left.items[i], *right.items[i], location, scope));
    return ToBoolean(std::move(part), "row comparison");
  };
  return CombineRowComparison(op, left.items.size(), location, compare);
}

BoundExpr Binder::CombineRowComparison(
    std::string_view op, size_t count, int32_t location,
    const std::function<BoundExpr(std::string_view, size_t)>& compare) {
  if (count == 1) return compare(op, 0);
  if (op == "=" || op == "<>") {
    std::vector<ExprPtr> parts;
    for (size_t i = 0; i < count; ++i) {
      LATHE_ASSIGN(ExprPtr part, compare(op, i));
      parts.push_back(std::move(part));
    }
    auto node = std::make_unique<Expr>(op == "=" ? expr::Kind::kAnd : expr::Kind::kOr, BoolType());
    node->location = location;
    node->children = std::move(parts);
    return ExprPtr(std::move(node));
  }
  if (op != "<" && op != "<=" && op != ">" && op != ">=") {
    for (size_t i = 0; i < count; ++i) {
      LATHE_ASSIGN(ExprPtr unused, compare(op, i));
      static_cast<void>(unused);
    }
    Error error =
        At(SqlState::kFeatureNotSupported,
           "could not determine interpretation of row comparison operator " + std::string(op),
           location);
    error.hint = "Row comparison operators must be associated with btree operator families.";
    return error;
  }
  // (a, b) < (c, d) is a < c OR (a = c AND b < d); only the last column's comparison may be the
  // inclusive one.
  ExprPtr result;
  for (size_t i = count; i-- > 0;) {
    const bool last = i + 1 == count;
    LATHE_ASSIGN(ExprPtr before, compare(last ? op : op.substr(0, 1), i));
    if (last) {
      result = std::move(before);
      continue;
    }
    LATHE_ASSIGN(ExprPtr same, compare("=", i));
    result = MakeNode(expr::Kind::kOr, location, std::move(before),
                      MakeNode(expr::Kind::kAnd, location, std::move(same), std::move(result)));
  }
  return result;
}

BoundExpr Binder::BindRowDistinct(const ast::Row& left, const ast::Row& right, int32_t location,
                                  Scope& scope) {
  if (left.items.size() != right.items.size()) {
    return At(SqlState::kSyntaxError, "unequal number of entries in row expressions", location);
  }
  std::vector<ExprPtr> parts;
  for (size_t i = 0; i < left.items.size(); ++i) {
    LATHE_ASSIGN(ExprPtr a, Bind(*left.items[i], scope));
    LATHE_ASSIGN(ExprPtr b, Bind(*right.items[i], scope));
    LATHE_ASSIGN(ExprPtr part, MakeOperator("=", std::move(a), std::move(b), location));
    part->kind = expr::Kind::kIsDistinct;
    parts.push_back(std::move(part));
  }
  if (parts.empty()) return expr::MakeBool(false);
  if (parts.size() == 1) return std::move(parts[0]);
  auto any = std::make_unique<Expr>(expr::Kind::kOr, BoolType());
  any->location = location;
  any->children = std::move(parts);
  return ExprPtr(std::move(any));
}

BoundExpr Binder::BindBetween(const ast::Between& e, Scope& scope) {
  // The operand is bound once for each comparison, so that no two share a subquery's columns.
  auto compare = [&](std::string_view op, const ast::Expr& bound) -> BoundExpr {
    ast::QualifiedName name;
    name.name = op;
    return BindComparison(name, *e.operand, bound, e.location, scope);
  };
  auto range = [&](const ast::Expr& low, const ast::Expr& high) -> BoundExpr {
    LATHE_ASSIGN(ExprPtr first, compare(e.negated ? "<" : ">=", low));
    LATHE_ASSIGN(ExprPtr second, compare(e.negated ? ">" : "<=", high));
    if (IsVolatile(*first) || IsVolatile(*second)) {
      return NotYet("BETWEEN over a volatile function", e.location);
    }
    return MakeNode(e.negated ? expr::Kind::kOr : expr::Kind::kAnd, e.location, std::move(first),
                    std::move(second));
  };
  LATHE_ASSIGN(ExprPtr forward, range(*e.low, *e.high));
  if (!e.symmetric) return forward;
  LATHE_ASSIGN(ExprPtr backward, range(*e.high, *e.low));
  return MakeNode(e.negated ? expr::Kind::kAnd : expr::Kind::kOr, e.location, std::move(forward),
                  std::move(backward));
}

BoundExpr Binder::MakeInList(ExprPtr operand, std::vector<ExprPtr> items, int32_t location) {
  // One type for the operand and all items, then the = operator of that type.
  std::vector<ExprPtr> all;
  all.push_back(std::move(operand));
  for (ExprPtr& item : items) all.push_back(std::move(item));
  std::vector<const Expr*> list;
  for (const ExprPtr& e : all) list.push_back(e.get());
  LATHE_ASSIGN(Type type, CommonType(list, "IN"));
  for (ExprPtr& e : all) {
    if (type.id == TypeId::kNumeric && !IsUnknown(*e)) continue;  // their common form comes below
    LATHE_ASSIGN(e, Coerce(std::move(e), type, false));
  }
  if (type.id == TypeId::kNumeric) {
    list.clear();
    for (const ExprPtr& e : all) list.push_back(e.get());
    const Type form = ComparisonForm(list);
    for (ExprPtr& e : all) {
      LATHE_ASSIGN(e, ToNumericForm(std::move(e), form));
    }
  }
  LATHE_ASSIGN(ExprPtr equal, MakeOperator("=", all[0]->Clone(), all[0]->Clone(), location));
  const Type compared = equal->children[0]->type;
  for (ExprPtr& e : all) {
    if (!SameType(e->type, compared)) {
      LATHE_ASSIGN(e, Coerce(std::move(e), compared, false));
    }
  }
  auto node = std::make_unique<Expr>(expr::Kind::kInList, BoolType());
  node->location = location;
  node->function = equal->function;
  node->children = std::move(all);
  return ExprPtr(std::move(node));
}

BoundExpr Binder::BindInList(const ast::InList& e, Scope& scope) {
  bool rows = IsRow(*e.operand);
  for (const ast::ExprPtr& item : e.items) rows |= IsRow(*item);
  if (!rows) {
    LATHE_ASSIGN(ExprPtr operand, Bind(*e.operand, scope));
    LATHE_ASSIGN(std::vector<ExprPtr> items, BindList(e.items, scope));
    bool constant = items.size() > 1;
    std::vector<const Expr*> list{operand.get()};
    for (const ExprPtr& item : items) {
      constant &= expr::IsRuntimeConstant(*item);
      list.push_back(item.get());
    }
    if (constant && CommonType(list, "IN").ok()) {
      LATHE_ASSIGN(ExprPtr in, MakeInList(std::move(operand), std::move(items), e.location));
      return Negate(std::move(in), e.negated, e.location);
    }
    if (IsVolatile(*operand) && items.size() > 1) {
      return NotYet("IN over a volatile function", e.location);
    }
  }
  std::vector<ExprPtr> parts;
  ast::QualifiedName op;
  op.name = e.negated ? "<>" : "=";
  for (const ast::ExprPtr& item : e.items) {
    LATHE_ASSIGN(ExprPtr part, BindComparison(op, *e.operand, *item, e.location, scope));
    LATHE_ASSIGN(part, ToBoolean(std::move(part), "IN"));
    parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return std::move(parts[0]);
  auto node = std::make_unique<Expr>(e.negated ? expr::Kind::kAnd : expr::Kind::kOr, BoolType());
  node->location = e.location;
  node->children = std::move(parts);
  return ExprPtr(std::move(node));
}

BoundExpr Binder::BindLike(const ast::Like& e, Scope& scope) {
  LATHE_ASSIGN(ExprPtr operand, Bind(*e.operand, scope));
  LATHE_ASSIGN(ExprPtr pattern, Bind(*e.pattern, scope));
  const bool similar = e.type == ast::Like::Type::kSimilar;
  if (e.escape || similar) {
    std::vector<ExprPtr> args;
    args.push_back(std::move(pattern));
    if (e.escape) {
      LATHE_ASSIGN(ExprPtr escape, Bind(*e.escape, scope));
      args.push_back(std::move(escape));
    }
    LATHE_ASSIGN(pattern, MakeFunction(similar ? "similar_to_escape" : "like_escape",
                                       std::move(args), e.location));
  }
  if (similar) {
    return MakeOperator(e.negated ? "!~" : "~", std::move(operand), std::move(pattern), e.location);
  }
  const bool folded = e.type == ast::Like::Type::kILike;
  const char* op = folded ? (e.negated ? "!~~*" : "~~*") : (e.negated ? "!~~" : "~~");
  return MakeOperator(op, std::move(operand), std::move(pattern), e.location);
}

BoundExpr Binder::BindIsNull(const ast::IsNull& e, Scope& scope) {
  const expr::Kind kind = e.negated ? expr::Kind::kIsNotNull : expr::Kind::kIsNull;
  if (!IsRow(*e.operand)) {
    LATHE_ASSIGN(ExprPtr operand, Bind(*e.operand, scope));
    LATHE_ASSIGN(operand, ResolveUnknownLiteral(std::move(operand)));
    if (operand->type.id == TypeId::kRecord) {
      std::vector<ExprPtr> args;
      args.push_back(std::move(operand));
      ExprPtr test = expr::MakeCall(
          func::FunctionsNamed(e.negated ? "record_is_not_null" : "record_is_null")[0], BoolType(),
          std::move(args));
      test->location = e.location;
      return test;
    }
    return MakeNode(kind, e.location, std::move(operand));
  }
  // A row is NULL if all its columns are, and not NULL if none is.
  std::vector<ExprPtr> parts;
  for (const ast::ExprPtr& item : e.operand->As<ast::Row>().items) {
    LATHE_ASSIGN(ExprPtr operand, Bind(*item, scope));
    LATHE_ASSIGN(operand, ResolveUnknownLiteral(std::move(operand)));
    parts.push_back(MakeNode(kind, e.location, std::move(operand)));
  }
  return expr::MakeAnd(std::move(parts));
}

BoundExpr Binder::BindIsBoolean(const ast::IsBoolean& e, Scope& scope) {
  using Test = ast::IsBoolean::Test;
  const char* test = e.test == Test::kTrue ? "TRUE" : e.test == Test::kFalse ? "FALSE" : "UNKNOWN";
  LATHE_ASSIGN(ExprPtr operand, BindBoolean(*e.operand, scope,
                                            std::string("IS ") + (e.negated ? "NOT " : "") + test));
  if (e.test == Test::kUnknown) {
    return MakeNode(e.negated ? expr::Kind::kIsNotNull : expr::Kind::kIsNull, e.location,
                    std::move(operand));
  }
  const expr::Kind kind = e.test == Test::kTrue ? expr::Kind::kIsTrue : expr::Kind::kIsFalse;
  return Negate(MakeNode(kind, e.location, std::move(operand)), e.negated, e.location);
}

BoundExpr Binder::BindIsDistinct(const ast::IsDistinct& e, Scope& scope) {
  if (IsRow(*e.left) && IsRow(*e.right)) {
    LATHE_ASSIGN(ExprPtr distinct, BindRowDistinct(e.left->As<ast::Row>(), e.right->As<ast::Row>(),
                                                   e.location, scope));
    return Negate(std::move(distinct), e.negated, e.location);
  }
  LATHE_ASSIGN(ExprPtr left, Bind(*e.left, scope));
  LATHE_ASSIGN(ExprPtr right, Bind(*e.right, scope));
  LATHE_ASSIGN(ExprPtr equal, MakeOperator("=", std::move(left), std::move(right), e.location));
  if (equal->type.id != TypeId::kBool) {
    return At(SqlState::kDatatypeMismatch, "IS DISTINCT FROM requires = operator to yield boolean",
              e.location);
  }
  equal->kind = expr::Kind::kIsDistinct;
  return Negate(std::move(equal), e.negated, e.location);
}

BoundExpr Binder::BindQuantifiedArray(const ast::QuantifiedArray& e, Scope& scope) {
  const bool listed = e.array->kind == ast::Expr::Kind::kArray &&
                      !e.array->As<ast::Array>().items.empty() &&
                      e.array->As<ast::Array>().items[0]->kind != ast::Expr::Kind::kArray;
  LATHE_ASSIGN(ExprPtr operand, Bind(*e.operand, scope));
  if (!listed || IsVolatile(*operand) || ContainsSubquery(*operand)) {
    LATHE_ASSIGN(ExprPtr array, Bind(*e.array, scope));
    return MakeAnyArray(e.op, std::move(operand), std::move(array), e.all, e.location);
  }
  // Over ARRAY[...] it is a list of comparisons.
  LATHE_ASSIGN(std::vector<ExprPtr> items, BindList(e.array->As<ast::Array>().items, scope));
  bool constant = items.size() > 1;
  for (const ExprPtr& item : items) constant &= expr::IsRuntimeConstant(*item);
  LATHE_TRY(Unify(items, "ARRAY"));
  if (constant && !e.all && e.op.name == "=" && e.op.schema.empty()) {
    std::vector<const Expr*> list{operand.get()};
    for (const ExprPtr& item : items) list.push_back(item.get());
    if (CommonType(list, "IN").ok()) {
      return MakeInList(std::move(operand), std::move(items), e.location);
    }
  }
  std::vector<ExprPtr> parts;
  for (ExprPtr& item : items) {
    LATHE_ASSIGN(ExprPtr part, MakeOperator(e.op, operand->Clone(), std::move(item), e.location));
    if (part->type.id != TypeId::kBool) {
      return At(SqlState::kWrongObjectType, "op ANY/ALL (array) requires operator to yield boolean",
                e.location);
    }
    parts.push_back(std::move(part));
  }
  if (parts.size() == 1) return std::move(parts[0]);
  auto node = std::make_unique<Expr>(e.all ? expr::Kind::kAnd : expr::Kind::kOr, BoolType());
  node->location = e.location;
  node->children = std::move(parts);
  return ExprPtr(std::move(node));
}

}  // namespace lathe::bind
