#include "codegen/expr/expr.h"

namespace lathe::expr {

ExprPtr Expr::Clone() const {
  auto copy = std::make_unique<Expr>(kind, type);
  copy->location = location;
  copy->value = value;
  copy->param = param;
  copy->column = column;
  copy->function = function;
  copy->cast = cast;
  copy->explicit_cast = explicit_cast;
  copy->subquery_kind = subquery_kind;
  copy->subquery = subquery;
  for (const ExprPtr& child : children) copy->children.push_back(child->Clone());
  return copy;
}

ExprPtr MakeConst(types::Value value) {
  auto e = std::make_unique<Expr>(Kind::kConst, value.type());
  e->value = std::move(value);
  return e;
}

ExprPtr MakeBool(bool value) { return MakeConst(types::Value::Bool(value)); }

ExprPtr MakeColumn(ColumnId id, types::Type type) {
  auto e = std::make_unique<Expr>(Kind::kColumn, type);
  e->column = id;
  return e;
}

ExprPtr MakeCall(const func::Function* function, types::Type type, std::vector<ExprPtr> args) {
  auto e = std::make_unique<Expr>(Kind::kCall, type);
  e->function = function;
  e->children = std::move(args);
  return e;
}

ExprPtr MakeAnd(std::vector<ExprPtr> conjuncts) {
  if (conjuncts.empty()) return MakeBool(true);
  if (conjuncts.size() == 1) return std::move(conjuncts[0]);
  auto e = std::make_unique<Expr>(Kind::kAnd, types::Type(types::TypeId::kBool));
  for (ExprPtr& conjunct : conjuncts) {
    for (ExprPtr& part : SplitConjuncts(std::move(conjunct)))
      e->children.push_back(std::move(part));
  }
  return e;
}

ExprPtr MakeNot(ExprPtr operand) {
  auto e = std::make_unique<Expr>(Kind::kNot, types::Type(types::TypeId::kBool));
  e->children.push_back(std::move(operand));
  return e;
}

std::vector<ExprPtr> SplitConjuncts(ExprPtr predicate) {
  std::vector<ExprPtr> conjuncts;
  if (predicate->kind != Kind::kAnd) {
    conjuncts.push_back(std::move(predicate));
    return conjuncts;
  }
  for (ExprPtr& child : predicate->children) {
    for (ExprPtr& part : SplitConjuncts(std::move(child))) conjuncts.push_back(std::move(part));
  }
  return conjuncts;
}

void Visit(const Expr& e, const std::function<void(const Expr&)>& visit) {
  visit(e);
  for (const ExprPtr& child : e.children) Visit(*child, visit);
}

void CollectColumns(const Expr& e, std::set<ColumnId>* columns) {
  Visit(e, [columns](const Expr& node) {
    if (node.kind == Kind::kColumn) columns->insert(node.column);
  });
}

ExprPtr Rewrite(ExprPtr e, const std::function<ExprPtr(ExprPtr)>& rewrite) {
  for (ExprPtr& child : e->children) child = Rewrite(std::move(child), rewrite);
  return rewrite(std::move(e));
}

bool IsRuntimeConstant(const Expr& e) {
  bool constant = true;
  Visit(e, [&constant](const Expr& node) {
    if (node.kind == Kind::kColumn || node.kind == Kind::kSubquery) constant = false;
    if (node.kind == Kind::kCall && node.function->volatility == func::Volatility::kVolatile) {
      constant = false;
    }
  });
  return constant;
}

bool CanFail(const Expr& e) {
  bool can_fail = false;
  Visit(e, [&can_fail](const Expr& node) {
    if ((node.kind == Kind::kCall || node.kind == Kind::kAnyArray) && node.function->can_fail) {
      can_fail = true;
    }
    if (node.kind == Kind::kCast && node.cast->can_fail) can_fail = true;
    if (node.kind == Kind::kSubquery) can_fail = true;
    // A fixed-point numeric at the 38-digit bound may overflow.
    if (node.kind == Kind::kCall && node.type.is_fixed_numeric() && node.type.precision == 38) {
      can_fail = true;
    }
  });
  return can_fail;
}

namespace {

/// Operators that answer NULL where there is no such member, element or path.
bool MayFindNothing(const func::Function& f) {
  return f.op == "->" || f.op == "->>" || f.op == "#>" || f.op == "#>>" || f.op == "@?" ||
         f.op == "@@";
}

}  // namespace

bool MayBeNull(const Expr& e, const std::function<bool(ColumnId)>& column_may_be_null) {
  auto any_child = [&](size_t from) {
    for (size_t i = from; i < e.children.size(); ++i) {
      if (MayBeNull(*e.children[i], column_may_be_null)) return true;
    }
    return false;
  };
  switch (e.kind) {
    case Kind::kConst:
      return e.value.is_null();
    case Kind::kParam:
      return true;
    case Kind::kColumn:
      return column_may_be_null(e.column);
    case Kind::kCall:
      // A strict function may still return NULL on its own; those with an inline form or an
      // operator symbol do not.
      if (!e.function->strict) return true;
      // Fields of infinite dates are NULL, and so is what is not in a JSON value.
      return (e.function->inline_op == func::InlineOp::kNone && e.function->op.empty()) ||
             e.function->inline_op == func::InlineOp::kExtract || MayFindNothing(*e.function) ||
             any_child(0);
    case Kind::kCast:
    case Kind::kAnd:
    case Kind::kOr:
    case Kind::kNot:
    case Kind::kInList:
      return any_child(0);
    case Kind::kIsNull:
    case Kind::kIsNotNull:
    case Kind::kIsTrue:
    case Kind::kIsFalse:
    case Kind::kIsDistinct:
      return false;
    case Kind::kCase:
      for (size_t i = 1; i < e.children.size(); i += 2) {
        if (MayBeNull(*e.children[i], column_may_be_null)) return true;
      }
      return MayBeNull(*e.children.back(), column_may_be_null);
    case Kind::kCoalesce:
    case Kind::kGreatest:
    case Kind::kLeast:
      for (const ExprPtr& child : e.children) {
        if (!MayBeNull(*child, column_may_be_null)) return false;
      }
      return true;
    case Kind::kAnyArray:
      return true;  // an element may be NULL
    case Kind::kSubquery:
      return e.subquery_kind != SubqueryKind::kExists && e.subquery_kind != SubqueryKind::kArray;
  }
  return true;
}

bool Equal(const Expr& a, const Expr& b) {
  if (a.kind != b.kind || !(a.type == b.type) || a.children.size() != b.children.size() ||
      a.param != b.param || a.column != b.column || a.function != b.function || a.cast != b.cast ||
      a.explicit_cast != b.explicit_cast || a.subquery != b.subquery ||
      (a.kind == Kind::kSubquery && a.subquery_kind != b.subquery_kind) ||
      (a.kind == Kind::kConst && !a.value.Identical(b.value))) {
    return false;
  }
  for (size_t i = 0; i < a.children.size(); ++i) {
    if (!Equal(*a.children[i], *b.children[i])) return false;
  }
  return true;
}

}  // namespace lathe::expr
