// Fixed-point and big numerics. A fixed type's scale is what is shown, so it may change only where
// nobody sees the value: in comparisons. Everything else that mixes scales computes with big
// numerics, which carry their scale.
#include <algorithm>

#include "frontend/bind/binder.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::bind {
namespace {

constexpr int kDigitsMax = 38;

bool IsNullConst(const Expr& e) { return e.kind == expr::Kind::kConst && e.value.is_null(); }

Type Big() { return Type(TypeId::kNumeric); }

/// An integer or fixed constant in a form that holds it exactly; false if the form does not.
bool ConvertConstant(const types::Value& value, const Type& form, types::Value* result) {
  types::int128 scaled = 0;
  int scale = 0;
  if (value.type().is_integer()) {
    scaled = value.AsInt64();
  } else if (value.type().is_fixed_numeric()) {
    scaled = types::FixedFromDatum(value.type(), value.datum());
    scale = value.type().scale;
  } else {
    return false;
  }
  if (form.is_big_numeric()) {
    base::Arena arena;
    *result =
        types::Value::FromDatum(form, types::Numeric::FromFixed(scaled, scale).ToDatum(&arena));
    return true;
  }
  if (form.scale < scale || !types::RescaleFixed(scaled, scale, form.scale, &scaled) ||
      !types::FitsPrecision(scaled, form.precision)) {
    return false;
  }
  *result = types::Value::FromDatum(form, types::DatumFromFixed(form, scaled));
  return true;
}

bool IsComparison(func::InlineOp op) {
  return op >= func::InlineOp::kEq && op <= func::InlineOp::kGe;
}

/// Operators that compute with fixed numerics as they are.
bool KeepsFixed(func::InlineOp op) {
  return op == func::InlineOp::kAdd || op == func::InlineOp::kSubtract ||
         op == func::InlineOp::kMultiply || op == func::InlineOp::kNegate;
}

}  // namespace

Type Binder::NumericForm(const Type& type) {
  switch (type.id) {
    case TypeId::kInt2:
      return Type::FixedNumeric(5, 0);
    case TypeId::kInt4:
      return Type::FixedNumeric(10, 0);
    case TypeId::kInt8:
      return Type::FixedNumeric(19, 0);
    case TypeId::kNumeric:
      return type;
    default:
      return Big();
  }
}

BoundExpr Binder::ToNumericForm(ExprPtr e, const Type& form) const {
  if (IsNullConst(*e)) {
    e->type = form;
    e->value = types::Value::Null(form);
    return e;
  }
  if (e->type.id == TypeId::kNumeric && e->type.precision == form.precision &&
      e->type.scale == form.scale && (form.typmod < 0 || e->type.typmod == form.typmod)) {
    return e;
  }
  if (e->kind == expr::Kind::kConst && form.typmod < 0) {
    types::Value value;
    if (ConvertConstant(e->value, form, &value)) {
      e->type = form;
      e->value = std::move(value);
      return e;
    }
  }
  // An integer's first form was exact: convert from the integer itself.
  if (e->kind == expr::Kind::kCast && !e->explicit_cast && e->type.is_fixed_numeric() &&
      e->type.scale == 0 && e->children[0]->type.is_integer()) {
    e = std::move(e->children[0]);
  }
  return MakeCast(std::move(e), form, false);
}

Type Binder::SharedForm(std::span<const Expr* const> list) {
  int precision = 0, scale = -1;
  for (const Expr* e : list) {
    if (IsNullConst(*e)) continue;
    const Type form = NumericForm(e->type);
    if (form.is_big_numeric() || (scale >= 0 && form.scale != scale)) return Big();
    scale = form.scale;
    precision = std::max<int>(precision, form.precision);
  }
  return scale < 0 ? Big() : Type::FixedNumeric(precision, scale);
}

Type Binder::ComparisonForm(std::span<const Expr* const> list) {
  int digits = 1, scale = 0;
  for (const Expr* e : list) {
    if (IsNullConst(*e)) continue;
    const Type form = NumericForm(e->type);
    if (form.is_big_numeric()) return Big();
    digits = std::max(digits, form.precision - form.scale);
    scale = std::max<int>(scale, form.scale);
  }
  return digits + scale > kDigitsMax ? Big() : Type::FixedNumeric(digits + scale, scale);
}

Status Binder::FitNumericArguments(const func::Function& function,
                                   std::vector<ExprPtr>& args) const {
  std::vector<size_t> numerics;
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i]->type.id == TypeId::kNumeric) numerics.push_back(i);
  }
  if (numerics.empty()) return Ok();
  std::vector<const Expr*> list;
  std::vector<Type> actual;
  for (const ExprPtr& arg : args) actual.push_back(arg->type);
  for (size_t i : numerics) list.push_back(args[i].get());
  Type form = Big();
  if (IsComparison(function.inline_op)) {
    form = ComparisonForm(list);
    // Same scale, same width: comparable as they are.
    bool alike = !form.is_big_numeric();
    for (const Expr* e : list) {
      alike &= e->type.is_fixed_numeric() && e->type.scale == form.scale &&
               types::ReprOf(e->type) == types::ReprOf(form);
    }
    if (alike) return Ok();
    for (size_t i : numerics) {
      const Type& own = args[i]->type;
      if (own.is_fixed_numeric() && !form.is_big_numeric() && own.scale == form.scale &&
          types::ReprOf(own) == types::ReprOf(form)) {
        continue;
      }
      LATHE_ASSIGN(args[i], ToNumericForm(std::move(args[i]), form));
    }
    return Ok();
  }
  if (KeepsFixed(function.inline_op) && numerics.size() == args.size()) {
    bool fixed = true;
    for (const Expr* e : list) fixed &= e->type.is_fixed_numeric();
    const Type result = func::ResultType(function, actual);
    // At the bound of 38 digits fixed arithmetic may overflow where PostgreSQL's does not.
    // Constants, whose speed does not matter, are computed exactly.
    bool exact = !result.is_fixed_numeric() || result.precision < kDigitsMax;
    for (const Expr* e : list) exact |= !expr::IsRuntimeConstant(*e);
    if (fixed && result.is_fixed_numeric() && exact) return Ok();
  }
  for (size_t i : numerics) {
    LATHE_ASSIGN(args[i], ToNumericForm(std::move(args[i]), form));
  }
  return Ok();
}

}  // namespace lathe::bind
