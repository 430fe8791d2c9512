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
    return MakeInternal(Internal("array_of"), Type::ArrayOf(wanted->Element()), {}, array.location);
  }
  Type type;
  if (wanted) {
    Type element = wanted->Element();
    element.typmod = wanted->typmod;
    type = nested ? Type::ArrayOf(wanted->Element()) : element;
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
  const Type result = Type::ArrayOf(nested ? type.Element() : type);
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
    if (!chain[0]->chained) break;
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
  if (!slice) {
    for (const ast::Subscript* one : chain) LATHE_TRY(AddSubscript(one->lower, 0, scope, &args));
    return MakeInternal(Internal("array_get"), type.Element(), std::move(args), location);
  }
  LATHE_TRY(AddSlices(chain, scope, &args));
  return MakeInternal(Internal("array_slice"), Type::ArrayOf(type.Element()), std::move(args),
                      location);
}

Status Binder::AddSubscript(const ast::ExprPtr& e, int32_t otherwise, Scope& scope,
                            std::vector<ExprPtr>* args) {
  if (!e) {
    args->push_back(expr::MakeConst(types::Value::Int4(otherwise)));
    return Ok();
  }
  LATHE_ASSIGN(ExprPtr index, Bind(*e, scope));
  const Type int4(TypeId::kInt4);
  if (!CanCoerce(index->type, int4, CastContext::kAssignment)) {
    return At(SqlState::kDatatypeMismatch, "array subscript must have type integer",
              Leftmost(*index));
  }
  LATHE_ASSIGN(index, Coerce(std::move(index), int4, false));
  args->push_back(std::move(index));
  return Ok();
}

Status Binder::AddSlices(const std::vector<const ast::Subscript*>& chain, Scope& scope,
                         std::vector<ExprPtr>* args) {
  int32_t bounds = 0;
  for (size_t i = 0; i < chain.size(); ++i) {
    const bool lower = !chain[i]->slice || chain[i]->lower,
               upper = !chain[i]->slice || chain[i]->upper;
    bounds |= (lower ? 1 : 0) << (2 * i) | (upper ? 2 : 0) << (2 * i);
  }
  args->push_back(expr::MakeConst(types::Value::Int4(bounds)));
  for (const ast::Subscript* one : chain) {
    if (one->slice) {
      LATHE_TRY(AddSubscript(one->lower, 0, scope, args));
      LATHE_TRY(AddSubscript(one->upper, 0, scope, args));
    } else {
      // Beside slices a single subscript is the slice from 1.
      LATHE_TRY(AddSubscript(nullptr, 1, scope, args));
      LATHE_TRY(AddSubscript(one->lower, 0, scope, args));
    }
  }
  return Ok();
}

BoundExpr Binder::AssignPart(const ast::ColumnTarget& target, const schema::Column& column,
                             ExprPtr base, ExprPtr value, Scope& scope) {
  std::vector<const ast::Subscript*> chain;
  bool slice = false;
  for (const ast::Expr* e = target.indirection.get(); e->kind == ast::Expr::Kind::kSubscript;) {
    chain.insert(chain.begin(), &e->As<ast::Subscript>());
    slice |= chain[0]->slice;
    e = chain[0]->operand.get();
  }
  const Type type = column.type;
  if (type.id == TypeId::kJsonb) {
    std::vector<ExprPtr> args;
    args.push_back(std::move(base));
    LATHE_ASSIGN(value, Assign(std::move(value), column, false));
    args.push_back(std::move(value));
    for (const ast::Subscript* one : chain) {
      if (one->slice) {
        return At(SqlState::kDatatypeMismatch, "jsonb subscript does not support slices",
                  one->location);
      }
      LATHE_ASSIGN(ExprPtr key, Bind(*one->lower, scope));
      const Type text(TypeId::kText), int4(TypeId::kInt4);
      if (!IsUnknown(*key) && !CanCoerce(key->type, int4, CastContext::kImplicit) &&
          !CanCoerce(key->type, text, CastContext::kImplicit)) {
        Error error =
            At(SqlState::kDatatypeMismatch,
               "subscript type " + TypeText(key->type) + " is not supported", Leftmost(*key));
        error.hint = "jsonb subscript must be coercible to either integer or text.";
        return error;
      }
      LATHE_ASSIGN(key, Coerce(std::move(key), text, true));
      args.push_back(std::move(key));
    }
    return MakeInternal(Internal("jsonb_put"), type, std::move(args), target.location);
  }
  if (type.id != TypeId::kArray) {
    return At(
        SqlState::kDatatypeMismatch,
        "cannot subscript type " + TypeText(type) + " because it does not support subscripting",
        target.location);
  }
  if (chain.size() > kDimensionsMax) {
    return At(SqlState::kProgramLimitExceeded,
              "number of array dimensions (" + std::to_string(chain.size()) +
                  ") exceeds the maximum allowed (6)",
              -1);
  }
  Type part = slice ? type : type.Element();
  if (!slice) part.typmod = type.typmod;
  if (!CanCoerce(value->type, part, CastContext::kAssignment)) {
    Error error = At(SqlState::kDatatypeMismatch,
                     "subscripted assignment to \"" + column.name + "\" requires type " +
                         TypeText(part) + " but expression is of type " + TypeText(value->type),
                     target.location);
    error.hint = "You will need to rewrite or cast the expression.";
    return error;
  }
  schema::Column field = column;
  field.type = part;
  LATHE_ASSIGN(value, Assign(std::move(value), field, false));
  if (part.id == TypeId::kNumeric) {
    LATHE_ASSIGN(value, ToNumericForm(std::move(value), Type(TypeId::kNumeric)));
  }
  std::vector<ExprPtr> args;
  args.push_back(std::move(base));
  args.push_back(std::move(value));
  if (slice) {
    LATHE_TRY(AddSlices(chain, scope, &args));
    return MakeInternal(Internal("array_put_slice"), type, std::move(args), target.location);
  }
  for (const ast::Subscript* one : chain) LATHE_TRY(AddSubscript(one->lower, 0, scope, &args));
  return MakeInternal(Internal("array_put"), type, std::move(args), target.location);
}

BoundExpr Binder::BindVariadic(const ast::FunctionCall& call, Scope& scope) {
  LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(call.args, scope));
  ExprPtr array = std::move(args.back());
  args.pop_back();
  const auto functions = func::FunctionsNamed(call.name.name);
  if (array->type.id != TypeId::kArray || array->type.element == TypeId::kUnknown) {
    if (!functions.empty() && !IsUnknown(*array)) {
      return At(SqlState::kDatatypeMismatch, "VARIADIC argument must be an array",
                Leftmost(*array));
    }
    args.push_back(std::move(array));
    return NoFunction(call.name, args, false, call.location);
  }
  const Type element = array->type.Element();
  const std::string& name = call.name.name;
  if ((name == "concat" && args.empty()) || (name == "concat_ws" && args.size() == 1)) {
    std::vector<ExprPtr> all;
    for (ExprPtr& arg : args) {
      LATHE_ASSIGN(arg, Coerce(std::move(arg), Type(TypeId::kText), false));
      all.push_back(std::move(arg));
    }
    all.push_back(std::move(array));
    return MakeInternal(Internal(name == "concat" ? "concat_variadic" : "concat_ws_variadic"),
                        Type(TypeId::kText), std::move(all), call.location);
  }
  if (args.empty() && (name == "num_nulls" || name == "num_nonnulls")) {
    std::vector<ExprPtr> all;
    all.push_back(std::move(array));
    return MakeInternal(Internal(name == "num_nulls" ? "count_nulls" : "count_nonnulls"),
                        Type(TypeId::kInt4), std::move(all), call.location);
  }
  // Of the variadic functions of this name that have these fixed arguments, one that takes the
  // elements as they are.
  const func::Function* chosen = nullptr;
  for (const func::Function* function : functions) {
    if (!function->variadic || function->args.size() != args.size() + 1) continue;
    const Type& last = function->args.back();
    bool fits = last.id == TypeId::kUnknown || last.is_polymorphic() || SameType(last, element);
    for (size_t i = 0; i < args.size() && fits; ++i) {
      fits = function->args[i].id == TypeId::kUnknown || IsUnknown(*args[i]) ||
             CanCoerce(args[i]->type, function->args[i], CastContext::kImplicit);
    }
    if (fits) chosen = function;
  }
  if (chosen == nullptr) {
    args.push_back(std::move(array));
    return NoFunction(call.name, args, false, call.location);
  }
  // The call with one element gives the fixed arguments their types, and the result.
  args.push_back(expr::MakeColumn(ColumnId(UINT32_MAX), element));
  LATHE_ASSIGN(ExprPtr one, MakeCall(*chosen, std::move(args), call.location));
  std::vector<ExprPtr> all;
  all.push_back(expr::MakeConst(types::Value::Int4(static_cast<int32_t>(chosen->oid.value))));
  for (size_t i = 0; i + 1 < one->children.size(); ++i) all.push_back(std::move(one->children[i]));
  all.push_back(std::move(array));
  return MakeInternal(Internal("call_variadic"), one->type, std::move(all), call.location);
}

BoundExpr Binder::MakeAnyArray(const ast::QualifiedName& op, ExprPtr left, ExprPtr array, bool all,
                               int32_t location) {
  Type element;  // unknown for a literal, whose type the operator decides
  if (!IsUnknown(*array)) {
    if (array->type.id != TypeId::kArray) {
      return At(SqlState::kWrongObjectType, "op ANY/ALL (array) requires array on right side",
                location);
    }
    element = array->type.Element();
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
  LATHE_ASSIGN(array, Coerce(std::move(array), Type::ArrayOf(compared), false));
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
