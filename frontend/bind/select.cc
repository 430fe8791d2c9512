// SELECT and VALUES: from the parts of a query to its plan, in the order
// FROM, WHERE, Aggregate, HAVING, projection, DISTINCT, ORDER BY, LIMIT.
#include "frontend/bind/binder.h"

namespace lathe::bind {

Status Binder::CheckUnsupported(const ast::SelectStatement& select) const {
  if (select.into) return NotYet("SELECT INTO", select.location);
  return Ok();
}

BoundQuery Binder::BindSelect(const ast::SelectStatement& select, Scope* outer,
                              bool resolve_unknown, bool lateral) {
  LATHE_TRY(CheckUnsupported(select));
  if (!select.locking.empty()) LATHE_TRY(CheckLocking(select));
  ++select_depth_;
  const bool locks_before = std::exchange(locks_rows_, !select.locking.empty());
  Scope scope(outer);
  // A derived table sees its neighbours only if it is LATERAL. Once a level outside is entered
  // through an expression, it sees all.
  const bool lateral_before = outer && outer->lateral_active;
  if (outer) outer->lateral_active = lateral;
  const BoundQuery plan = [&]() -> BoundQuery {
    if (select.with) LATHE_TRY(BindWith(*select.with, scope));
    switch (select.form) {
      case ast::SelectStatement::Form::kValues:
        return BindValues(select, scope);
      case ast::SelectStatement::Form::kSetOperation:
        return BindSetOperation(select, scope);
      case ast::SelectStatement::Form::kSelect:
        break;
    }
    return BindSelectForm(select, scope, resolve_unknown);
  }();
  if (outer) outer->lateral_active = lateral_before;
  --select_depth_;
  locks_rows_ = locks_before;
  if (!plan.ok()) return plan.error();
  return WrapWith(scope, *plan);
}

Status Binder::BindTargets(const ast::TargetList& list, Scope& scope,
                           std::vector<TargetEntry>* targets) {
  if (scope.clause != Clause::kReturning) scope.clause = Clause::kTargets;
  for (const ast::Target& target : list) {
    if (target.expr->kind == ast::Expr::Kind::kColumnRef &&
        target.expr->As<ast::ColumnRef>().star) {
      LATHE_TRY(ExpandStar(target.expr->As<ast::ColumnRef>(), scope, targets));
      continue;
    }
    if (target.expr->kind == ast::Expr::Kind::kFieldSelect &&
        target.expr->As<ast::FieldSelect>().star) {
      LATHE_TRY(ExpandStarItem(*target.expr, scope, targets));
      continue;
    }
    LATHE_ASSIGN(ExprPtr e, Bind(*target.expr, scope));
    std::string name = target.name.empty() ? ResultName(*target.expr) : target.name;
    targets->push_back({std::move(e), std::move(name), target.location, false, {}});
  }
  return Ok();
}

Status Binder::BindLimit(const ast::SelectStatement& select, Scope& scope, SelectParts* parts) {
  auto bind = [&](const ast::ExprPtr& e, Clause clause, const char* label, ExprPtr* to) -> Status {
    if (!e) return Ok();
    scope.clause = clause;
    LATHE_ASSIGN(ExprPtr count, Bind(*e, scope));
    const Type int8(TypeId::kInt8);
    if (!CanCoerce(count->type, int8, CastContext::kAssignment)) {
      return At(SqlState::kDatatypeMismatch,
                std::string("argument of ") + label + " must be type bigint, not type " +
                    TypeText(count->type),
                Leftmost(*count));
    }
    LATHE_ASSIGN(*to, Coerce(std::move(count), int8, false));
    return Ok();
  };
  parts->with_ties = select.with_ties;
  LATHE_TRY(bind(select.offset, Clause::kOffset, "OFFSET", &parts->offset));
  return bind(select.limit, Clause::kLimit, "LIMIT", &parts->limit);
}

NodePtr Binder::MakeProject(NodePtr child, std::vector<TargetEntry>& targets) {
  auto project = std::make_shared<logical::Project>();
  std::set<uint32_t> used;
  bool same = targets.size() == child->outputs.size();
  for (size_t i = 0; i < targets.size(); ++i) {
    TargetEntry& target = targets[i];
    // A column keeps its id the first time it is listed; that of an outer query gets an own one.
    const bool own = target.expr->kind == expr::Kind::kColumn &&
                     logical::FindOutput(*child, target.expr->column) &&
                     used.insert(target.expr->column.value).second;
    if (own) {
      target.id = target.expr->column;
    } else {
      target.id = NewColumn(MayBeNull(*target.expr));
      if (target.expr->kind == expr::Kind::kColumn) {
        auto base = base_columns_.find(target.expr->column.value);
        if (base != base_columns_.end()) {
          BaseColumn copy = base->second;
          base_columns_[target.id.value] = std::move(copy);
        }
      }
    }
    same = same && own && child->outputs[i].id == target.id;
    project->outputs.push_back(Output(target.id, target.name, target.expr->type));
    project->expressions.push_back(std::move(target.expr));
  }
  if (same) {
    // Nothing but names and modifiers would change.
    child->outputs = project->outputs;
    return child;
  }
  project->children.push_back(std::move(child));
  return NodePtr(std::move(project));
}

NodePtr Binder::MakeDistinct(NodePtr child) {
  auto aggregate = std::make_shared<logical::Aggregate>();
  aggregate->outputs = child->outputs;
  for (const OutputColumn& column : child->outputs) {
    aggregate->groups.push_back(expr::MakeColumn(column.id, column.type));
  }
  aggregate->children.push_back(std::move(child));
  return aggregate;
}

BoundQuery Binder::Finish(SelectParts& parts, NodePtr plan) {
  if (!parts.distinct_on.empty()) LATHE_TRY(DistinctOnPlan(parts, &plan));
  if (parts.with_ties && parts.limit) {
    const bool null = parts.limit->kind == expr::Kind::kConst && parts.limit->value.is_null();
    if (null) {
      return At(SqlState::kInvalidRowCountInLimit,
                "row count cannot be null in FETCH FIRST ... WITH TIES clause", -1);
    }
    LATHE_TRY(WithTiesPlan(parts, &plan));
  }
  if (!parts.sort.empty()) {
    auto sort = std::make_shared<logical::Sort>();
    sort->outputs = plan->outputs;
    for (const SortEntry& entry : parts.sort) {
      const TargetEntry& target = parts.targets[entry.target];
      const OutputColumn* column = logical::FindOutput(*plan, target.id);
      sort->keys.push_back(
          {expr::MakeColumn(target.id, column->type), entry.descending, entry.nulls_first});
    }
    sort->children.push_back(std::move(plan));
    plan = std::move(sort);
  }
  if (parts.limit || parts.offset) {
    auto limit = std::make_shared<logical::Limit>();
    limit->outputs = plan->outputs;
    limit->limit = std::move(parts.limit);
    limit->offset = std::move(parts.offset);
    limit->children.push_back(std::move(plan));
    plan = std::move(limit);
  }
  size_t visible = 0;
  while (visible < parts.targets.size() && !parts.targets[visible].hidden) ++visible;
  if (visible == parts.targets.size() && plan->outputs.size() == visible) return plan;
  auto project = std::make_shared<logical::Project>();
  for (size_t i = 0; i < visible; ++i) {
    const OutputColumn& column = plan->outputs[i];
    project->outputs.push_back(column);
    project->expressions.push_back(expr::MakeColumn(column.id, column.type));
  }
  for (size_t i = visible; i < parts.targets.size(); ++i) {
    if (!parts.targets[i].given) continue;
    const OutputColumn column = *logical::FindOutput(*plan, parts.targets[i].id);
    project->outputs.push_back(column);
    project->expressions.push_back(expr::MakeColumn(column.id, column.type));
  }
  project->children.push_back(std::move(plan));
  return NodePtr(std::move(project));
}

void Binder::GroupedSetFunctions(const SelectParts& parts, Scope& scope, NodePtr* plan) {
  std::set<uint32_t> used;
  for (const ExprPtr& group : parts.groups) AllColumns(*group, &used);
  std::vector<SetCall> grouped;
  bool more = true;
  while (more) {
    more = false;
    for (size_t i = 0; i < scope.set_calls.size(); ++i) {
      SetCall& call = scope.set_calls[i];
      if (!used.contains(call.call.outputs[0].id.value)) continue;
      for (const ExprPtr& arg : call.call.args) AllColumns(*arg, &used);
      grouped.push_back(std::move(call));
      scope.set_calls.erase(scope.set_calls.begin() + static_cast<std::ptrdiff_t>(i));
      more = true;
      break;
    }
  }
  if (!grouped.empty()) SetFunctionPlan(std::move(grouped), plan, nullptr);
}

void Binder::SelectedSetFunctions(SelectParts& parts, Scope& scope, bool distinct, NodePtr* plan) {
  std::set<uint32_t> sorted;
  for (const SortEntry& entry : parts.sort) AllColumns(*parts.targets[entry.target].expr, &sorted);
  bool sorted_by_set = false;
  for (const SetCall& call : scope.set_calls) {
    sorted_by_set |= sorted.contains(call.call.outputs[0].id.value);
  }
  // The rows of one input row stay in the order that the functions give them.
  const bool ordered = !parts.sort.empty() && !sorted_by_set && !distinct &&
                       parts.distinct_on.empty() && !parts.with_ties;
  OutputColumn ordinality;
  SetFunctionPlan(std::move(scope.set_calls), plan, ordered ? &ordinality : nullptr);
  scope.set_calls.clear();
  if (!ordered) return;
  parts.sort.push_back({parts.targets.size(), false, false});
  parts.targets.push_back(
      {expr::MakeColumn(ordinality.id, ordinality.type), ordinality.name, -1, true, {}});
}

Status Binder::CheckTargetCount(const SelectParts& parts, const Scope& scope) const {
  // Groups and the keys of windows count where they are not among the targets already.
  size_t count = parts.targets.size();
  auto add = [&](const Expr& e) {
    if (count > kTargetsMax) return;
    count += std::none_of(parts.targets.begin(), parts.targets.end(), [&](const TargetEntry& t) {
      return t.expr != nullptr && expr::Equal(*t.expr, e);
    });
  };
  size_t more = parts.groups.size();
  for (const WindowGroup& window : scope.windows) {
    more += window.partition.size() + window.order.size();
  }
  if (count + more > kTargetsMax) {
    for (const ExprPtr& group : parts.groups) add(*group);
    for (const WindowGroup& window : scope.windows) {
      for (const ExprPtr& e : window.partition) add(*e);
      for (const logical::SortKey& key : window.order) add(*key.expression);
    }
  }
  if (count <= kTargetsMax) return Ok();
  return TooManyTargets();
}

Error Binder::TooManyTargets() {
  return MakeError(SqlState::kTooManyColumns, "target lists can have at most 1664 entries");
}

BoundQuery Binder::BindSelectForm(const ast::SelectStatement& select, Scope& scope,
                                  bool resolve_unknown) {
  const bool distinct = select.distinct == ast::SelectStatement::Distinct::kDistinct;
  SelectParts parts;
  LATHE_ASSIGN(NodePtr plan, BindFrom(select.from, scope));
  if (!select.windows.empty()) LATHE_TRY(BindNamedWindows(select.windows, scope));
  LATHE_TRY(BindTargets(select.targets, scope, &parts.targets));
  if (select.where) {
    scope.clause = Clause::kWhere;
    LATHE_ASSIGN(parts.where, BindBoolean(*select.where, scope, "WHERE"));
  }
  if (select.having) {
    scope.clause = Clause::kHaving;
    LATHE_ASSIGN(parts.having, BindBoolean(*select.having, scope, "HAVING"));
  }
  scope.clause = Clause::kOrderBy;
  LATHE_TRY(BindOrderBy(select.order_by, scope, &parts, distinct));
  scope.clause = Clause::kGroupBy;
  LATHE_TRY(BindGroupBy(select, scope, &parts));
  if (select.distinct == ast::SelectStatement::Distinct::kDistinctOn) {
    scope.clause = Clause::kDistinctOn;
    LATHE_TRY(BindDistinctOn(select.distinct_on, scope, &parts));
  }
  LATHE_TRY(BindLimit(select, scope, &parts));
  scope.clause = Clause::kNone;
  LATHE_TRY(CheckTargetCount(parts, scope));
  if (distinct && parts.targets.empty()) {
    return At(SqlState::kSyntaxError, "SELECT DISTINCT must have at least one column", -1);
  }
  if (!select.locking.empty()) LATHE_TRY(AddRowLocks(select, scope, &parts));
  if (resolve_unknown || distinct) {
    for (TargetEntry& target : parts.targets) {
      LATHE_ASSIGN(target.expr, ResolveUnknown(std::move(target.expr)));
      if (distinct) LATHE_TRY(CheckComparable(*target.expr, false));
    }
  }
  if (parts.where) {
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = plan->outputs;
    filter->predicate = std::move(parts.where);
    filter->children.push_back(std::move(plan));
    plan = std::move(filter);
  }
  if (!scope.set_calls.empty()) GroupedSetFunctions(parts, scope, &plan);
  LATHE_TRY(GroupPlan(parts, scope, &plan));
  WindowPlan(scope, &plan);
  if (!scope.set_calls.empty()) SelectedSetFunctions(parts, scope, distinct, &plan);
  plan = MakeProject(std::move(plan), parts.targets);
  if (distinct) plan = MakeDistinct(std::move(plan));
  return Finish(parts, std::move(plan));
}

BoundQuery Binder::BindValues(const ast::SelectStatement& select, Scope& scope) {
  scope.clause = Clause::kValues;
  const size_t width = select.rows[0].size();
  std::vector<std::vector<ExprPtr>> columns(width);
  for (const ast::ExprList& row : select.rows) {
    if (row.size() != width) {
      return At(SqlState::kSyntaxError, "VALUES lists must all be the same length",
                row.empty() ? select.location : row[0]->location);
    }
    for (size_t i = 0; i < width; ++i) {
      LATHE_ASSIGN(ExprPtr e, Bind(*row[i], scope));
      columns[i].push_back(std::move(e));
    }
  }
  auto values = std::make_shared<logical::Values>();
  values->rows.resize(select.rows.size());
  SelectParts parts;
  auto table = std::make_shared<RangeTable>();
  table->alias = "*VALUES*";
  for (size_t i = 0; i < width; ++i) {
    LATHE_ASSIGN(Type type, Unify(columns[i], "VALUES"));
    bool nullable = false;
    for (const ExprPtr& e : columns[i]) nullable |= MayBeNull(*e);
    const ColumnId id = NewColumn(nullable);
    const std::string name = "column" + std::to_string(i + 1);
    values->outputs.push_back(Output(id, name, type));
    for (size_t r = 0; r < columns[i].size(); ++r) {
      values->rows[r].push_back(std::move(columns[i][r]));
    }
    table->columns.push_back({name, expr::MakeColumn(id, type)});
    column_names_[id.value] = name;
    scope.columns.insert(id.value);
    parts.targets.push_back({expr::MakeColumn(id, type), name, -1, false, {}});
  }
  scope.tables.push_back(table);
  scope.items.push_back({std::move(table), false, true, false, true});
  scope.clause = Clause::kOrderBy;
  LATHE_TRY(BindOrderBy(select.order_by, scope, &parts, false));
  LATHE_TRY(BindLimit(select, scope, &parts));
  scope.clause = Clause::kNone;
  LATHE_TRY(CheckTargetCount(parts, scope));
  NodePtr plan = MakeProject(std::move(values), parts.targets);
  return Finish(parts, std::move(plan));
}

}  // namespace lathe::bind
