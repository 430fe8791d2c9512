// Arrays: ARRAY[...], subscripts and slices, x op ANY/ALL (array). They are calls of functions of
// runtime/func that have no names in SQL.
#include "frontend/bind/resolve.h"

namespace lathe::bind {
namespace {

constexpr size_t kDimensionsMax = 6;

const func::Function* Internal(std::string_view name) {
  const auto overloads = func::FunctionsNamed(name);
  return overloads.empty() ? nullptr : overloads[0];
}

/// The function for `left op ANY (array)` or ALL; null when there is none.
const func::Function* QuantifiedFunction(std::string_view op, bool all) {
  static constexpr std::pair<std::string_view, std::string_view> kNames[] = {
      {"=", "eq"},      {"<>", "ne"},          {"<", "lt"},    {"<=", "le"},
      {">", "gt"},      {">=", "ge"},          {"~~", "like"}, {"!~~", "not_like"},
      {"~~*", "ilike"}, {"!~~*", "not_ilike"}, {"~", "regex"}, {"!~", "not_regex"}};
  for (const auto& [symbol, name] : kNames) {
    if (symbol == op) return Internal((all ? "all_" : "any_") + std::string(name));
  }
  return nullptr;
}

ExprPtr MakeInternal(const func::Function* function, Type type, std::vector<ExprPtr> args,
                     int32_t location) {
  ExprPtr call = expr::MakeCall(function, type, std::move(args));
  call->location = location;
  return call;
}

}  // namespace

BoundExpr Binder::BindArray(const ast::Array& array, Scope& scope, const Type* wanted) {
  std::vector<ExprPtr> items;
  bool nested = false;
  for (const ast::ExprPtr& item : array.items) {
    ExprPtr bound;
    if (item->kind == ast::Expr::Kind::kArray) {
      LATHE_ASSIGN(bound, BindArray(item->As<ast::Array>(), scope, wanted));
    } else {
      LATHE_ASSIGN(bound, Bind(*item, scope));
    }
    nested |= bound->type.id == TypeId::kArray;
    items.push_back(std::move(bound));
  }
  if (items.empty()) {
    if (!wanted) {
      Error error = At(SqlState::kIndeterminateDatatype, "cannot determine type of empty array",
                       array.location);
      error.hint = "Explicitly cast to the desired type, for example ARRAY[]::integer[].";
      return error;
    }
    return MakeInternal(Internal("array_of"), Type::ArrayOf(wanted->element), {}, array.location);
  }
  Type type;
  if (wanted) {
    Type element(wanted->element);
    element.typmod = wanted->typmod;
    type = nested ? Type::ArrayOf(wanted->element) : element;
    for (ExprPtr& item : items) {
      if (!CanCoerce(item->type, type, CastContext::kExplicit)) {
        return At(SqlState::kCannotCoerce,
                  "cannot cast type " + TypeText(item->type) + " to " + TypeText(type),
                  Leftmost(*item));
      }
      LATHE_ASSIGN(item, Coerce(std::move(item), type, true));
    }
  } else {
    LATHE_ASSIGN(type, Unify(items, "ARRAY"));
  }
  if (type.id == TypeId::kNumeric) {
    for (ExprPtr& item : items) {
      LATHE_ASSIGN(item, ToNumericForm(std::move(item), Type(TypeId::kNumeric)));
    }
  }
  const Type result = Type::ArrayOf(nested ? type.element : type.id);
  if (types::OidOf(result).value == 0) {
    return At(SqlState::kUndefinedObject,
              "could not find array type for data type " + TypeText(type), array.location);
  }
  return MakeInternal(Internal(nested ? "array_of_arrays" : "array_of"), result, std::move(items),
                      array.location);
}

BoundExpr Binder::BindSubscript(const ast::Subscript& subscript, Scope& scope) {
  // The whole chain a[i][j:k], outermost last.
  std::vector<const ast::Subscript*> chain;
  const ast::Expr* base = &subscript;
  bool slice = false;
  while (base->kind == ast::Expr::Kind::kSubscript) {
    chain.insert(chain.begin(), &base->As<ast::Subscript>());
    slice |= chain[0]->slice;
    base = chain[0]->operand.get();
  }
  LATHE_ASSIGN(ExprPtr container, Bind(*base, scope));
  const Type type = container->type;
  if (types::CatalogName(type) == "jsonb") {
    for (const ast::Subscript* one : chain) {
      if (one->slice) {
        return At(SqlState::kDatatypeMismatch, "jsonb subscript does not support slices",
                  one->location);
      }
      LATHE_ASSIGN(ExprPtr index, Bind(*one->lower, scope));
      LATHE_ASSIGN(container,
                   MakeOperator("->", std::move(container), std::move(index), one->location));
    }
    return container;
  }
  if (type.id != TypeId::kArray || type.element == TypeId::kUnknown) {
    return At(
        SqlState::kDatatypeMismatch,
        "cannot subscript type " + TypeText(type) + " because it does not support subscripting",
        Leftmost(*container));
  }
  if (chain.size() > kDimensionsMax) {
    return At(SqlState::kProgramLimitExceeded,
              "number of array dimensions (" + std::to_string(chain.size()) +
                  ") exceeds the maximum allowed (6)",
              -1);
  }
  const int32_t location = container->location;
  std::vector<ExprPtr> args;
  args.push_back(std::move(container));
  auto add = [&](const ast::ExprPtr& e, int32_t otherwise) -> Status {
    if (!e) {
      args.push_back(expr::MakeConst(types::Value::Int4(otherwise)));
      return Ok();
    }
    LATHE_ASSIGN(ExprPtr index, Bind(*e, scope));
    const Type int4(TypeId::kInt4);
    if (!CanCoerce(index->type, int4, CastContext::kAssignment)) {
      return At(SqlState::kDatatypeMismatch, "array subscript must have type integer",
                Leftmost(*index));
    }
    LATHE_ASSIGN(index, Coerce(std::move(index), int4, false));
    args.push_back(std::move(index));
    return Ok();
  };
  if (!slice) {
    for (const ast::Subscript* one : chain) LATHE_TRY(add(one->lower, 0));
    return MakeInternal(Internal("array_get"), Type(type.element), std::move(args), location);
  }
  int32_t bounds = 0;
  for (size_t i = 0; i < chain.size(); ++i) {
    const bool lower = !chain[i]->slice || chain[i]->lower,
               upper = !chain[i]->slice || chain[i]->upper;
    bounds |= (lower ? 1 : 0) << (2 * i) | (upper ? 2 : 0) << (2 * i);
  }
  args.push_back(expr::MakeConst(types::Value::Int4(bounds)));
  for (const ast::Subscript* one : chain) {
    if (one->slice) {
      LATHE_TRY(add(one->lower, 0));
      LATHE_TRY(add(one->upper, 0));
    } else {
      // Beside slices a single subscript is the slice from 1.
      LATHE_TRY(add(nullptr, 1));
      LATHE_TRY(add(one->lower, 0));
    }
  }
  return MakeInternal(Internal("array_slice"), Type::ArrayOf(type.element), std::move(args),
                      location);
}

BoundExpr Binder::MakeAnyArray(const ast::QualifiedName& op, ExprPtr left, ExprPtr array, bool all,
                               int32_t location) {
  Type element;  // unknown for a literal, whose type the operator decides
  if (!IsUnknown(*array)) {
    if (array->type.id != TypeId::kArray) {
      return At(SqlState::kWrongObjectType, "op ANY/ALL (array) requires array on right side",
                location);
    }
    element = Type(array->type.element);
  }
  ExprPtr item = IsUnknown(*array) ? expr::MakeConst(types::Value::Null(Type()))
                                   : expr::MakeColumn(ColumnId(UINT32_MAX), element);
  LATHE_ASSIGN(ExprPtr comparison, MakeOperator(op, std::move(left), std::move(item), location));
  if (comparison->type.id != TypeId::kBool) {
    return At(SqlState::kWrongObjectType, "op ANY/ALL (array) requires operator to yield boolean",
              location);
  }
  const func::Function* function = QuantifiedFunction(op.name, all);
  if (!function || comparison->kind != expr::Kind::kCall || comparison->children.size() != 2) {
    return NotYet("ANY/ALL with operator " + op.name, location);
  }
  const Type compared = comparison->children[1]->type;
  if (compared.id == TypeId::kArray) return NotYet("ANY/ALL over an array of arrays", location);
  ExprPtr operand = std::move(comparison->children[0]);
  if (!SameType(operand->type, compared)) {
    // The functions compare values of one type.
    if (!CanCoerce(operand->type, compared, CastContext::kImplicit)) {
      return NotYet("ANY/ALL over values of different types", location);
    }
    LATHE_ASSIGN(operand, Coerce(std::move(operand), compared, false));
  }
  LATHE_ASSIGN(array, Coerce(std::move(array), Type::ArrayOf(compared.id), false));
  if (operand->type.is_fixed_numeric()) {
    // Elements are big numerics.
    LATHE_ASSIGN(operand, ToNumericForm(std::move(operand), Type(TypeId::kNumeric)));
  }
  std::vector<ExprPtr> args;
  args.push_back(std::move(operand));
  args.push_back(std::move(array));
  return MakeInternal(function, BoolType(), std::move(args), location);
}

}  // namespace lathe::bind
