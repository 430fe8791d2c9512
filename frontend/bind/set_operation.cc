// UNION, INTERSECT, EXCEPT: each pair of columns gets a common type; ORDER BY may name result
// columns only.
#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

/// Equal but for modifiers that only describe.
bool LosesBlanks(const Type& from, const Type& to) {
  return from.id == TypeId::kBpChar && from.typmod >= 4 && to.id == TypeId::kBpChar && to.typmod < 0;
}

bool SameRepresentation(const Type& a, const Type& b) {
  return SameType(a, b) && a.precision == b.precision && a.scale == b.scale && !LosesBlanks(a, b);
}

}  // namespace

Status Binder::CoerceOutput(logical::Node* plan, size_t i, const Type& type) {
  auto convert = [&](ExprPtr& e) -> Status {
    if (type.id == TypeId::kNumeric && !IsUnknown(*e)) {
      LATHE_ASSIGN(e, ToNumericForm(std::move(e), type));
    } else {
      LATHE_ASSIGN(e, Coerce(std::move(e), type, false));
      if (type.id == TypeId::kNumeric) {
        LATHE_ASSIGN(e, ToNumericForm(std::move(e), type));
      }
    }
    return Ok();
  };
  if (plan->kind == logical::Kind::kProject) {
    ExprPtr& e = plan->As<logical::Project>().expressions[i];
    logical::Node& child = *plan->children[0];
    size_t source = 0;
    while (source < child.outputs.size() &&
           !(e->kind == expr::Kind::kColumn && child.outputs[source].id == e->column)) {
      ++source;
    }
    if (IsUnknown(*e) && source < child.outputs.size()) {
      LATHE_TRY(CoerceOutput(&child, source, type));
      e->type = type;
    } else {
      LATHE_TRY(convert(e));
    }
  } else if (plan->kind == logical::Kind::kLimit || plan->kind == logical::Kind::kFilter ||
             plan->kind == logical::Kind::kSort || plan->kind == logical::Kind::kWindow) {
    LATHE_TRY(CoerceOutput(plan->children[0].get(), i, type));
  } else if (plan->kind == logical::Kind::kWith) {
    LATHE_TRY(CoerceOutput(plan->children[1].get(), i, type));
  } else {
    return MakeError(SqlState::kInternalError, "a literal of unknown type is out of reach");
  }
  plan->outputs[i].type = type;
  return Ok();
}

Result<NodePtr> Binder::CoerceOutputs(NodePtr plan, const std::vector<Type>& types) {
  bool needed = false;
  for (size_t i = 0; i < types.size(); ++i) {
    const Type& own = plan->outputs[i].type;
    if (own.id == TypeId::kUnknown) {
      LATHE_TRY(CoerceOutput(plan.get(), i, types[i]));
    }
    needed |= !SameRepresentation(plan->outputs[i].type, types[i]);
  }
  if (!needed) return plan;
  auto project = std::make_shared<logical::Project>();
  for (size_t i = 0; i < types.size(); ++i) {
    const OutputColumn column = plan->outputs[i];
    ExprPtr e = expr::MakeColumn(column.id, column.type);
    if (types[i].id == TypeId::kNumeric) {
      LATHE_ASSIGN(e, ToNumericForm(std::move(e), types[i]));
    } else if (LosesBlanks(column.type, types[i])) {
      LATHE_ASSIGN(e, WithBlanks(std::move(e)));
      e->type = types[i];
    } else {
      LATHE_ASSIGN(e, Coerce(std::move(e), types[i], false));
    }
    const bool same = e->kind == expr::Kind::kColumn;
    const ColumnId id = same ? column.id : NewColumn(MayBeNull(*e));
    project->outputs.push_back(Output(id, column.name, e->type));
    project->expressions.push_back(std::move(e));
  }
  project->children.push_back(std::move(plan));
  return NodePtr(std::move(project));
}

BoundQuery Binder::BindSetOperation(const ast::SelectStatement& select, Scope& scope) {
  static constexpr const char* kLabels[] = {"UNION", "INTERSECT", "EXCEPT"};
  const char* label = kLabels[static_cast<int>(select.operation)];
  LATHE_ASSIGN(NodePtr left, BindSelect(*select.left, &scope, false));
  LATHE_ASSIGN(NodePtr right, BindSelect(*select.right, &scope, false));
  if (left->outputs.size() != right->outputs.size()) {
    return At(
        SqlState::kSyntaxError,
        std::string("each ") + label + " query must have the same number of columns",
        select.right->form == ast::SelectStatement::Form::kSelect && !select.right->targets.empty()
            ? select.right->targets[0].location
            : select.right->location);
  }
  auto set = std::make_shared<logical::SetOperation>();
  set->operation = static_cast<logical::SetOperationKind>(select.operation);
  set->all = select.all;
  std::vector<Type> types;
  auto location = [](const ast::SelectStatement& query, size_t i) {
    return query.form == ast::SelectStatement::Form::kSelect && i < query.targets.size()
               ? query.targets[i].location
               : query.location;
  };
  for (size_t i = 0; i < left->outputs.size(); ++i) {
    std::vector<ExprPtr> both;
    for (const NodePtr& side : {left, right}) {
      const Type& type = side->outputs[i].type;
      both.push_back(type.id == TypeId::kUnknown ? expr::MakeConst(types::Value::Null(Type()))
                                                 : expr::MakeColumn(side->outputs[i].id, type));
    }
    both[0]->location = location(*select.left, i);
    both[1]->location = location(*select.right, i);
    const int32_t first_location = both[0]->location;
    const bool unknown_left = IsUnknown(*both[0]), unknown_right = IsUnknown(*both[1]);
    LATHE_ASSIGN(Type type, Unify(both, label));
    // A literal beside a fixed numeric may have another scale.
    if (type.is_fixed_numeric() && (unknown_left || unknown_right)) type = Type(TypeId::kNumeric);
    types.push_back(type);
    if (!select.all) {
      ExprPtr column = expr::MakeColumn(ColumnId(UINT32_MAX), type);
      column->location = first_location;
      LATHE_TRY(CheckComparable(*column, false));
    }
  }
  LATHE_ASSIGN(left, CoerceOutputs(std::move(left), types));
  LATHE_ASSIGN(right, CoerceOutputs(std::move(right), types));

  SelectParts parts;
  auto table = std::make_shared<RangeTable>();
  for (size_t i = 0; i < types.size(); ++i) {
    const OutputColumn& column = left->outputs[i];
    const bool from_left_only = set->operation == logical::SetOperationKind::kExcept;
    const bool nullable = not_null_.contains(column.id.value)
                              ? !from_left_only && !not_null_.contains(right->outputs[i].id.value)
                              : true;
    const ColumnId id = NewColumn(nullable);
    set->outputs.push_back(Output(id, column.name, types[i]));
    table->columns.push_back({column.name, expr::MakeColumn(id, types[i])});
    parts.targets.push_back({expr::MakeColumn(id, types[i]), column.name, -1, false, {}});
  }
  set->children.push_back(std::move(left));
  set->children.push_back(std::move(right));
  scope.items.push_back({std::move(table), false, true, false, true});
  scope.clause = Clause::kOrderBy;
  for (const ast::SortItem& item : select.order_by) {
    const size_t before = parts.targets.size();
    LATHE_ASSIGN(size_t target, FindOrAddTarget(*item.expr, scope, &parts));
    if (parts.targets.size() > before || parts.targets[target].hidden) {
      Error error =
          At(SqlState::kFeatureNotSupported, "invalid UNION/INTERSECT/EXCEPT ORDER BY clause",
             Leftmost(*parts.targets[target].expr));
      error.detail = "Only result column names can be used, not expressions or functions.";
      error.hint =
          "Add the expression/function to every SELECT, or move the UNION into a FROM clause.";
      return error;
    }
  }
  LATHE_TRY(BindOrderBy(select.order_by, scope, &parts, false));
  LATHE_TRY(BindLimit(select, scope, &parts));
  scope.clause = Clause::kNone;
  NodePtr plan = MakeProject(std::move(set), parts.targets);
  return Finish(parts, std::move(plan));
}

}  // namespace lathe::bind
