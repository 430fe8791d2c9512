// Subqueries in expressions. They stay subqueries here, with columns of outer levels in them; the
// optimizer unnests them.
#include "frontend/bind/binder.h"
#include "frontend/bind/later.h"

namespace lathe::bind {

namespace {

ExprPtr MakeSubquery(expr::SubqueryKind kind, Type type, NodePtr query, int32_t location) {
  auto e = std::make_unique<Expr>(expr::Kind::kSubquery, type);
  e->location = location;
  e->subquery_kind = kind;
  e->subquery = std::move(query);
  return e;
}

}  // namespace

BoundExpr Binder::BindSubquery(const ast::Subquery& e, Scope& scope) {
  using Form = ast::Subquery::Type;
  if (scope.clause == Clause::kDefault) {
    return At(SqlState::kFeatureNotSupported, "cannot use subquery in DEFAULT expression",
              e.location);
  }
  if (IsRowClause(scope.clause)) {
    const std::string where = ClauseName(scope.clause);
    return At(SqlState::kFeatureNotSupported,
              "cannot use subquery in " + where.substr(0, where.size() - 1), e.location);
  }
  LATHE_ASSIGN(NodePtr query, BindSelect(*e.query, &scope, true));
  if (e.type == Form::kArray) {
    if (query->outputs.size() != 1) {
      return At(SqlState::kSyntaxError, "subquery must return only one column", e.location);
    }
    Type element = query->outputs[0].type;
    const int32_t modifier = element.typmod;
    if (element.id == TypeId::kNumeric) {
      // Elements are big numerics.
      element = Type(TypeId::kNumeric);
      LATHE_ASSIGN(query, CoerceOutputs(std::move(query), {element}));
    }
    if (element.id != TypeId::kArray) {
      if (types::OidOf(Type::ArrayOf(element)).value == 0) {
        return At(SqlState::kUndefinedObject,
                  "could not find array type for data type " + TypeText(element), e.location);
      }
      element = Type::ArrayOf(element);
      element.typmod = modifier;
    }
    return MakeSubquery(expr::SubqueryKind::kArray, element, std::move(query), e.location);
  }
  if (e.type == Form::kExists) {
    return MakeSubquery(expr::SubqueryKind::kExists, BoolType(), std::move(query), e.location);
  }
  if (e.type == Form::kScalar) {
    if (query->outputs.size() != 1) {
      return At(SqlState::kSyntaxError, "subquery must return only one column", e.location);
    }
    const Type type = query->outputs[0].type;
    return MakeSubquery(expr::SubqueryKind::kScalar, type, std::move(query), e.location);
  }
  const std::string op = e.type == Form::kIn ? "=" : e.op.name;
  if (e.type != Form::kIn && !e.op.schema.empty() && e.op.schema != "pg_catalog") {
    return NotYet("operator of another schema", e.location);
  }
  const expr::SubqueryKind kind =
      e.type == Form::kAll ? expr::SubqueryKind::kAll : expr::SubqueryKind::kAny;
  LATHE_ASSIGN(ExprPtr quantified,
               BindQuantified(*e.operand, op, kind, std::move(query), e.location, scope));
  if (!e.negated) return quantified;
  ExprPtr negated = expr::MakeNot(std::move(quantified));
  negated->location = e.location;
  return negated;
}

BoundExpr Binder::BindQuantified(const ast::Expr& operand, std::string_view op,
                                 expr::SubqueryKind kind, NodePtr query, int32_t location,
                                 Scope& scope) {
  std::vector<const ast::Expr*> operands;
  if (operand.kind == ast::Expr::Kind::kRow) {
    for (const ast::ExprPtr& item : operand.As<ast::Row>().items) operands.push_back(item.get());
  } else {
    operands.push_back(&operand);
  }
  if (query->outputs.size() != operands.size()) {
    return At(SqlState::kSyntaxError,
              query->outputs.size() > operands.size() ? "subquery has too many columns"
                                                      : "subquery has too few columns",
              location);
  }
  if (operands.size() > 1 && op != "=" && op != "<>") {
    return QuantifyRows(operand.As<ast::Row>(), op, kind, std::move(query), location, scope);
  }
  auto e = MakeSubquery(kind, BoolType(), nullptr, location);
  std::vector<Type> types;
  for (size_t i = 0; i < operands.size(); ++i) {
    LATHE_ASSIGN(ExprPtr left, Bind(*operands[i], scope));
    const OutputColumn& output = query->outputs[i];
    LATHE_ASSIGN(
        ExprPtr comparison,
        MakeOperator(op, std::move(left), expr::MakeColumn(output.id, output.type), location));
    if (comparison->type.id != TypeId::kBool) {
      return At(SqlState::kDatatypeMismatch, "row comparison operator must yield type boolean",
                location);
    }
    if (e->function && e->function != comparison->function) {
      return QuantifyRows(operand.As<ast::Row>(), op, kind, std::move(query), location, scope);
    }
    e->function = comparison->function;
    e->children.push_back(std::move(comparison->children[0]));
    types.push_back(comparison->children[1]->type);
  }
  LATHE_ASSIGN(e->subquery, CoerceOutputs(std::move(query), types));
  return e;
}

Result<NodePtr> Binder::CompareRows(const ast::Row& row, std::string_view op, NodePtr query,
                                    int32_t location, Scope& scope) {
  if (query->outputs.size() != row.items.size()) {
    return At(SqlState::kSyntaxError,
              query->outputs.size() > row.items.size() ? "subquery has too many columns"
                                                       : "subquery has too few columns",
              location);
  }
  // Where a value is compared twice, each comparison has a copy bound anew.
  auto compare = [&](std::string_view with, size_t i) -> BoundExpr {
    LATHE_ASSIGN(ExprPtr left, Bind(*row.items[i], scope));
    const OutputColumn& output = query->outputs[i];
    LATHE_ASSIGN(ExprPtr result, MakeOperator(with, std::move(left),
                                              expr::MakeColumn(output.id, output.type), location));
    return ToBoolean(std::move(result), "row comparison");
  };
  LATHE_ASSIGN(ExprPtr value, CombineRowComparison(op, row.items.size(), location, compare));
  auto project = std::make_shared<logical::Project>();
  project->outputs.push_back(Output(NewColumn(true), "compared", BoolType()));
  project->expressions.push_back(std::move(value));
  project->children.push_back(std::move(query));
  return NodePtr(std::move(project));
}

BoundExpr Binder::QuantifyRows(const ast::Row& row, std::string_view op, expr::SubqueryKind kind,
                               NodePtr query, int32_t location, Scope& scope) {
  // TRUE op ANY/ALL (SELECT row op (columns) FROM query).
  LATHE_ASSIGN(NodePtr compared, CompareRows(row, op, std::move(query), location, scope));
  const OutputColumn& output = compared->outputs[0];
  LATHE_ASSIGN(ExprPtr equal, MakeOperator("=", expr::MakeBool(true),
                                           expr::MakeColumn(output.id, output.type), location));
  auto e = MakeSubquery(kind, BoolType(), std::move(compared), location);
  e->function = equal->function;
  e->children.push_back(std::move(equal->children[0]));
  return e;
}

BoundExpr Binder::BindRowSubquery(std::string_view op, const ast::Row& row,
                                  const ast::Subquery& subquery, int32_t location, Scope& scope) {
  LATHE_ASSIGN(NodePtr query, BindSelect(*subquery.query, &scope, true));
  LATHE_ASSIGN(NodePtr compared, CompareRows(row, op, std::move(query), location, scope));
  return MakeSubquery(expr::SubqueryKind::kScalar, BoolType(), std::move(compared), location);
}

}  // namespace lathe::bind
