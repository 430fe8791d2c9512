// Conversions between types: which are allowed where, and the nodes that carry them out. An unknown
// literal is converted here and now; an unknown parameter takes the type.
#include "frontend/bind/binder.h"
#include "runtime/types/shape.h"

namespace lathe::bind {

bool Binder::CanCoerce(const Type& from, const Type& to, CastContext context) const {
  if (from.id == TypeId::kUnknown || to.id == TypeId::kUnknown)
    return true;  // a declared unknown is "any"
  if (to.id == TypeId::kArray && from.id == TypeId::kArray) {
    if (to.element == TypeId::kUnknown) return true;
    if (to.element == from.element && (to.shape == nullptr || to.shape == from.shape)) return true;
    // Rows in arrays are not converted one by one.
    if (to.element == TypeId::kRecord || from.element == TypeId::kRecord) return false;
    return CanCoerce(from.Element(), to.Element(), context);
  }
  if (from.id == TypeId::kRecord && to.id == TypeId::kRecord && from.shape != to.shape) {
    if (to.shape == nullptr) return true;
    // An anonymous row becomes one of any type whose fields its own can become.
    if (from.shape == nullptr || (from.shape->oid != 0 && to.shape->oid != 0)) return false;
    if (from.shape->fields.size() != to.shape->fields.size()) return false;
    for (size_t i = 0; i < to.shape->fields.size(); ++i) {
      if (!CanCoerce(from.shape->fields[i].type, to.shape->fields[i].type, context)) return false;
    }
    return true;
  }
  if (from.id == to.id) {
    return from.id != TypeId::kEnum || to.shape == nullptr || from.shape == to.shape;
  }
  const func::Cast* cast = func::FindCast(from.id, to.id);
  return cast != nullptr && static_cast<int>(cast->context) <= static_cast<int>(context);
}

BoundExpr Binder::MakeCast(ExprPtr e, const Type& to, bool is_explicit) const {
  const func::Cast* cast = func::FindCast(e->type.id, to.id);
  if (cast == nullptr) {
    return At(SqlState::kCannotCoerce,
              "cannot cast type " + TypeText(e->type) + " to " + TypeText(to), e->location);
  }
  auto node = std::make_unique<Expr>(expr::Kind::kCast, to);
  node->location = e->location;
  node->cast = cast;
  node->explicit_cast = is_explicit;
  node->children.push_back(std::move(e));
  return ExprPtr(std::move(node));
}

BoundExpr Binder::Coerce(ExprPtr e, const Type& target, bool is_explicit) {
  if (IsUnknown(*e)) {
    // The literal is read as the type without its modifier, which is applied after that; but what
    // an interval literal means depends on its fields.
    const bool fields = target.id == TypeId::kInterval;
    Type base = target;
    if (!fields) {
      base = target.id == TypeId::kArray ? Type::ArrayOf(target.element) : Type(target.id);
      base.shape = target.shape;
    }
    if (e->kind == expr::Kind::kParam) {
      if (fields && !parameters_[e->param].lifted) base = Type(target.id);
      LATHE_TRY(InferParameter(e.get(), base));
    } else if (e->kind == expr::Kind::kConst) {
      types::Value value = types::Value::Null(base);
      if (!e->value.is_null()) {
        LATHE_ASSIGN(value, ReadText(e->value.AsString(), base, e->location, context_));
      }
      const int32_t location = e->location;
      e = expr::MakeConst(std::move(value));
      e->location = location;
    } else {
      // A column of unknown type (a subquery's literal): converted through text.
      e->type = Type(TypeId::kText);
    }
    if (e->kind == expr::Kind::kConst && e->value.is_null()) {
      e->type = target;
      e->value = types::Value::Null(target);
      return e;
    }
  }
  if (e->type.id == TypeId::kRecord && target.id == TypeId::kRecord &&
      !SameType(e->type, target)) {
    return CoerceRecord(std::move(e), target, is_explicit);
  }
  if (e->type.id == target.id && target.shape == nullptr && e->type.shape != nullptr) return e;
  if (!SameType(e->type, target)) return MakeCast(std::move(e), target, is_explicit);
  if (target.typmod < 0) return e;
  if (e->type == target) return e;
  return MakeCast(std::move(e), target, is_explicit);
}

BoundExpr Binder::ResolveUnknown(ExprPtr e) {
  if (!IsUnknown(*e)) return e;
  return Coerce(std::move(e), Type(TypeId::kText), false);
}

BoundExpr Binder::ResolveUnknownLiteral(ExprPtr e) {
  if (IsUnknown(*e) && e->kind == expr::Kind::kParam && !parameters_[e->param].lifted) {
    parameters_[e->param].untyped_use = true;
    return e;
  }
  return ResolveUnknown(std::move(e));
}

Result<Type> Binder::CommonType(std::span<const Expr* const> list, std::string_view label) const {
  Type chosen;
  for (const Expr* e : list) {
    if (IsUnknown(*e)) continue;
    if (chosen.id == TypeId::kUnknown) {
      chosen = e->type;
      continue;
    }
    if (SameType(chosen, e->type)) continue;
    if (types::CategoryOf(chosen) != types::CategoryOf(e->type)) {
      return At(SqlState::kDatatypeMismatch,
                std::string(label) + " types " + TypeText(chosen) + " and " + TypeText(e->type) +
                    " cannot be matched",
                Leftmost(*e));
    }
    if (!types::IsPreferred(chosen) && CanCoerce(chosen, e->type, CastContext::kImplicit) &&
        !CanCoerce(e->type, chosen, CastContext::kImplicit)) {
      chosen = e->type;
    }
  }
  if (chosen.id == TypeId::kUnknown) chosen = Type(TypeId::kText);
  Type plain(chosen.id);
  plain.element = chosen.element;
  plain.shape = chosen.shape;
  return plain;
}

Result<Type> Binder::Unify(std::vector<ExprPtr>& list, std::string_view label) {
  std::vector<const Expr*> all;
  for (const ExprPtr& e : list) all.push_back(e.get());
  LATHE_ASSIGN(Type type, CommonType(all, label));
  int32_t typmod = -1;
  bool first = true;
  for (ExprPtr& e : list) {
    const int32_t own = SameType(e->type, type) ? e->type.typmod : -1;
    typmod = first || own == typmod ? own : -1;
    first = false;
    if (!IsUnknown(*e)) {
      if (!CanCoerce(e->type, type, CastContext::kImplicit)) {
        return At(SqlState::kCannotCoerce,
                  std::string(label) + " could not convert type " + TypeText(e->type) + " to " +
                      TypeText(type),
                  Leftmost(*e));
      }
    }
    if (type.id == TypeId::kNumeric && !IsUnknown(*e)) {
      const Type form = NumericForm(e->type);
      LATHE_ASSIGN(e, ToNumericForm(std::move(e), form));
    } else {
      LATHE_ASSIGN(e, Coerce(std::move(e), type, false));
    }
  }
  if (type.id == TypeId::kNumeric) {
    all.clear();
    for (const ExprPtr& e : list) all.push_back(e.get());
    type = SharedForm(all);
    for (ExprPtr& e : list) {
      LATHE_ASSIGN(e, ToNumericForm(std::move(e), type));
    }
    if (type.is_big_numeric()) typmod = -1;
  }
  type.typmod = typmod;
  if (type.id == TypeId::kBpChar && typmod < 0) {
    for (ExprPtr& e : list) {
      const bool blanks = e->type.typmod >= 4;
      LATHE_ASSIGN(e, WithBlanks(std::move(e)));
      if (blanks) e->type = type;
    }
  }
  return type;
}

BoundExpr Binder::WithBlanks(ExprPtr e) {
  const Type type = e->type;
  if (type.id != TypeId::kBpChar || type.typmod < 4) return e;
  const int32_t location = e->location;
  std::vector<ExprPtr> pad;
  pad.push_back(std::move(e));
  pad.push_back(expr::MakeConst(types::Value::Int4(type.typmod - 4)));
  LATHE_ASSIGN(e, MakeFunction("pad_char", std::move(pad), location));
  return e;
}

BoundExpr Binder::ToBoolean(ExprPtr e, std::string_view label) {
  if (!CanCoerce(e->type, BoolType(), CastContext::kAssignment)) {
    return At(SqlState::kDatatypeMismatch,
              "argument of " + std::string(label) + " must be type boolean, not type " +
                  TypeText(e->type),
              Leftmost(*e));
  }
  return Coerce(std::move(e), BoolType(), false);
}

BoundExpr Binder::Assign(ExprPtr e, const schema::Column& column, bool is_default) {
  if (!CanCoerce(e->type, column.type, CastContext::kAssignment)) {
    Error error =
        At(SqlState::kDatatypeMismatch,
           "column \"" + column.name + "\" is of type " + TypeText(column.type) + " but " +
               (is_default ? "default " : "") + "expression is of type " + TypeText(e->type),
           is_default ? -1 : Leftmost(*e));
    error.hint = "You will need to rewrite or cast the expression.";
    return error;
  }
  LATHE_ASSIGN(e, Coerce(std::move(e), column.type, false));
  // A numeric column without modifier is big.
  if (column.type.id == TypeId::kNumeric) return ToNumericForm(std::move(e), column.type);
  return e;
}

}  // namespace lathe::bind
