// Aggregates: which query level a call belongs to, and the replacement of grouped expressions above
// the Aggregate operator. A group that is a plain column keeps its column id, so that correlated
// subqueries above need no change.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

const char* PlaceName(Clause clause) {
  switch (clause) {
    case Clause::kFromFunction:
      return "functions in FROM";
    case Clause::kJoinOn:
      return "JOIN conditions";
    case Clause::kWhere:
      return "WHERE";
    case Clause::kGroupBy:
      return "GROUP BY";
    case Clause::kLimit:
      return "LIMIT";
    case Clause::kOffset:
      return "OFFSET";
    case Clause::kValues:
      return "VALUES";
    case Clause::kUpdate:
      return "UPDATE";
    case Clause::kDefault:
      return "DEFAULT expressions";
    case Clause::kFilter:
      return "FILTER";
    case Clause::kNone:
    case Clause::kTargets:
    case Clause::kHaving:
    case Clause::kOrderBy:
      return nullptr;  // allowed
  }
  return nullptr;
}

bool SameCall(const logical::AggregateCall& a, const logical::AggregateCall& b) {
  if (a.function != b.function || a.distinct != b.distinct || a.args.size() != b.args.size() ||
      (a.filter == nullptr) != (b.filter == nullptr) ||
      (a.filter && !expr::Equal(*a.filter, *b.filter))) {
    return false;
  }
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!expr::Equal(*a.args[i], *b.args[i])) return false;
  }
  return true;
}

/// All columns that an expression reads, those in its subqueries included.
void AllColumns(const Expr& e, std::set<uint32_t>* columns) {
  expr::Visit(e, [columns](const Expr& node) {
    if (node.kind == expr::Kind::kColumn) columns->insert(node.column.value);
    if (node.kind == expr::Kind::kSubquery) {
      VisitExpressions(*node.subquery, [columns](ExprPtr& root) { AllColumns(*root, columns); });
    }
  });
}

}  // namespace

BoundExpr Binder::BindAggregate(const ast::FunctionCall& call, Scope& scope) {
  if (!call.order_by.empty()) return NotYet("ORDER BY in an aggregate", call.location);
  logical::AggregateCall bound;
  bound.distinct = call.distinct;
  const bool outer_in_aggregate = scope.in_aggregate;
  const Clause outer_clause = scope.clause;
  scope.in_aggregate = true;
  Result<std::vector<ExprPtr>> args = BindList(call.args, scope);
  BoundExpr filter = ExprPtr();
  if (args.ok() && call.filter) {
    scope.clause = Clause::kFilter;
    filter = BindBoolean(*call.filter, scope, "FILTER");
  }
  scope.in_aggregate = outer_in_aggregate;
  scope.clause = outer_clause;
  if (!args.ok()) return std::move(args).error();
  LATHE_ASSIGN(bound.filter, std::move(filter));
  bound.args = std::move(args).value();

  if (call.star || bound.args.empty()) {
    for (const func::Aggregate* aggregate : func::AggregatesNamed(call.name.name)) {
      if (call.star && aggregate->kind == func::AggregateKind::kCountStar) {
        bound.function = aggregate;
      }
    }
    if (!bound.function && call.name.name == "count") {
      return At(SqlState::kWrongObjectType,
                "count(*) must be used to call a parameterless aggregate function", call.location);
    }
  }
  if (!bound.function) {
    LATHE_ASSIGN(bound.function, ChooseAggregate(call.name, bound.args, call.location));
    for (size_t i = 0; i < bound.args.size(); ++i) {
      LATHE_ASSIGN(bound.args[i],
                   CoerceArgument(std::move(bound.args[i]), bound.function->args[i]));
    }
  }

  // The level: the innermost one whose columns it reads; this one if it reads none.
  std::set<uint32_t> columns;
  for (const ExprPtr& arg : bound.args) AllColumns(*arg, &columns);
  if (bound.filter) AllColumns(*bound.filter, &columns);
  Scope* owner = columns.empty() ? &scope : nullptr;
  for (Scope* level = &scope; level && !owner; level = level->parent) {
    for (uint32_t id : columns) {
      if (level->columns.contains(id)) owner = level;
    }
  }
  if (!owner) owner = &scope;
  if (owner->in_aggregate && owner->clause != Clause::kFilter) {
    return At(SqlState::kGroupingError, "aggregate function calls cannot be nested", call.location);
  }
  if (const char* place = PlaceName(owner->clause)) {
    return At(SqlState::kGroupingError,
              std::string("aggregate functions are not allowed in ") + place, call.location);
  }

  Type type = bound.args.empty() ? bound.function->result
                                 : func::AggregateResultType(*bound.function, bound.args[0]->type);
  // PostgreSQL's aggregates forget the modifier; that of char(n) stays because it says how the
  // value is padded.
  if (type.id != TypeId::kBpChar && !type.is_big_numeric()) type.typmod = -1;
  for (const logical::AggregateCall& other : owner->calls) {
    if (SameCall(bound, other)) {
      ExprPtr column = expr::MakeColumn(other.output.id, other.output.type);
      column->location = call.location;
      return column;
    }
  }
  const bool counts = bound.function->kind == func::AggregateKind::kCount ||
                      bound.function->kind == func::AggregateKind::kCountStar;
  bound.output = Output(NewColumn(!counts), call.name.name, type);
  ExprPtr column = expr::MakeColumn(bound.output.id, type);
  column->location = call.location;
  owner->calls.push_back(std::move(bound));
  return column;
}

/// Replaces group expressions by the columns of the Aggregate, and finds columns that are neither
/// grouped nor aggregated.
class Grouping {
 public:
  Grouping(Binder& binder, Scope& scope, logical::Aggregate& aggregate)
      : binder_(binder), scope_(scope), aggregate_(aggregate) {}

  Status Replace(ExprPtr& e, bool in_subquery = false) {
    for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
      if (!expr::Equal(*e, *aggregate_.groups[i])) continue;
      const int32_t location = e->location;
      e = expr::MakeColumn(outputs_[i].id, outputs_[i].type);
      e->location = location;
      return Ok();
    }
    if (e->kind == expr::Kind::kColumn) return CheckColumn(*e, in_subquery);
    for (ExprPtr& child : e->children) LATHE_TRY(Replace(child, in_subquery));
    if (e->kind != expr::Kind::kSubquery) return Ok();
    Status status;
    VisitExpressions(*e->subquery, [&](ExprPtr& root) {
      if (status.ok()) status = Replace(root, true);
    });
    return status;
  }

  /// Adds a group; a plain column keeps its id.
  void AddGroup(ExprPtr e) {
    for (const ExprPtr& group : aggregate_.groups) {
      if (expr::Equal(*group, *e)) return;
    }
    const bool column = e->kind == expr::Kind::kColumn;
    const ColumnId id = column ? e->column : binder_.NewColumn(binder_.MayBeNull(*e));
    std::string name = "group";
    if (column) {
      auto found = binder_.column_names_.find(id.value);
      if (found != binder_.column_names_.end()) name = found->second;
    }
    outputs_.push_back(binder_.Output(id, std::move(name), e->type));
    aggregate_.groups.push_back(std::move(e));
  }

  const std::vector<OutputColumn>& outputs() const { return outputs_; }

 private:
  Status CheckColumn(const Expr& column, bool in_subquery) {
    if (!scope_.columns.contains(column.column.value)) return Ok();
    if (DependsOnKey(column.column)) {
      AddGroup(expr::MakeColumn(column.column, column.type));
      return Ok();
    }
    const std::string name = binder_.ColumnName(column.column, scope_);
    return binder_.At(
        SqlState::kGroupingError,
        in_subquery
            ? "subquery uses ungrouped column \"" + name + "\" from outer query"
            : "column \"" + name +
                  "\" must appear in the GROUP BY clause or be used in an aggregate function",
        column.location);
  }

  /// The column's table has a primary key all of whose columns are grouped.
  bool DependsOnKey(ColumnId column) const {
    auto found = binder_.base_columns_.find(column.value);
    if (found == binder_.base_columns_.end()) return false;
    const schema::RelationDescriptor& relation = *found->second.relation;
    const std::shared_ptr<const RangeTable> table = found->second.table.lock();
    if (!table || relation.primary_key_name.empty() || relation.key.empty()) return false;
    if (std::find(scope_.tables.begin(), scope_.tables.end(), table) == scope_.tables.end()) {
      return false;
    }
    for (const schema::KeyColumn& key : relation.key) {
      bool grouped = false;
      for (const ExprPtr& group : aggregate_.groups) {
        if (group->kind != expr::Kind::kColumn) continue;
        auto base = binder_.base_columns_.find(group->column.value);
        grouped |= base != binder_.base_columns_.end() && base->second.table.lock() == table &&
                   base->second.column == key.column;
      }
      if (!grouped) return false;
    }
    return true;
  }

  Binder& binder_;
  Scope& scope_;
  logical::Aggregate& aggregate_;
  std::vector<OutputColumn> outputs_;
};

Status Binder::GroupPlan(SelectParts& parts, Scope& scope, NodePtr* plan) {
  if (scope.calls.empty() && !parts.grouped && !parts.having) return Ok();
  auto aggregate = std::make_shared<logical::Aggregate>();
  Grouping grouping(*this, scope, *aggregate);
  for (ExprPtr& group : parts.groups) grouping.AddGroup(std::move(group));
  for (TargetEntry& target : parts.targets) LATHE_TRY(grouping.Replace(target.expr));
  if (parts.having) LATHE_TRY(grouping.Replace(parts.having));
  aggregate->children.push_back(std::move(*plan));
  aggregate->outputs = grouping.outputs();
  aggregate->calls = std::move(scope.calls);
  scope.calls.clear();
  for (const logical::AggregateCall& call : aggregate->calls) {
    aggregate->outputs.push_back(call.output);
  }
  *plan = std::move(aggregate);
  if (!parts.having) return Ok();
  auto filter = std::make_shared<logical::Filter>();
  filter->outputs = (*plan)->outputs;
  filter->predicate = std::move(parts.having);
  filter->children.push_back(std::move(*plan));
  *plan = std::move(filter);
  return Ok();
}

}  // namespace lathe::bind
