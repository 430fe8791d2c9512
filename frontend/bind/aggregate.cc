// Aggregates: which query level a call belongs to, and the replacement of grouped expressions above
// the Aggregate operator. A group that is a plain column keeps its column id, so that correlated
// subqueries above need no change.
#include <algorithm>
#include <map>

#include "frontend/bind/resolve.h"

namespace lathe::bind {
namespace {

bool SameCall(const logical::AggregateCall& a, const logical::AggregateCall& b) {
  if (a.function != b.function || a.distinct != b.distinct || a.args.size() != b.args.size() ||
      a.order.size() != b.order.size() || (a.filter == nullptr) != (b.filter == nullptr) ||
      (a.filter && !expr::Equal(*a.filter, *b.filter))) {
    return false;
  }
  for (size_t i = 0; i < a.args.size(); ++i) {
    if (!expr::Equal(*a.args[i], *b.args[i])) return false;
  }
  for (size_t i = 0; i < a.order.size(); ++i) {
    if (a.order[i].descending != b.order[i].descending ||
        a.order[i].nulls_first != b.order[i].nulls_first ||
        !expr::Equal(*a.order[i].expression, *b.order[i].expression)) {
      return false;
    }
  }
  return true;
}

}  // namespace

const char* ClauseName(Clause clause) {
  switch (clause) {
    case Clause::kNone:
      return nullptr;
    case Clause::kTargets:
      return "SELECT";
    case Clause::kFromFunction:
      return "functions in FROM";
    case Clause::kFromSubquery:
      return "FROM clause of their own query level";
    case Clause::kJoinOn:
      return "JOIN conditions";
    case Clause::kWhere:
      return "WHERE";
    case Clause::kGroupBy:
      return "GROUP BY";
    case Clause::kHaving:
      return "HAVING";
    case Clause::kOrderBy:
      return "ORDER BY";
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
    case Clause::kDistinctOn:
      return "DISTINCT ON";
    case Clause::kWindow:
      return "window definitions";
    case Clause::kFrameRows:
      return "window ROWS";
    case Clause::kFrameRange:
      return "window RANGE";
    case Clause::kFrameGroups:
      return "window GROUPS";
    case Clause::kReturning:
      return "RETURNING";
    case Clause::kCheck:
    case Clause::kDomainCheck:
      return "check constraints";
    case Clause::kGenerated:
      return "column generation expressions";
    case Clause::kTransform:
      return "transform expressions";
    case Clause::kIndexExpression:
      return "index expressions";
    case Clause::kIndexPredicate:
      return "index predicates";
  }
  return nullptr;
}

Status Binder::BindWithinGroup(const ast::FunctionCall& call, logical::AggregateCall* bound,
                               Type* type) {
  // The arguments were the direct ones and then the sorted ones.
  std::vector<ExprPtr>& args = bound->args;
  const func::Aggregate& function = *bound->function;
  const size_t sorted = bound->order.size();
  const bool hypothetical = !func::WindowFunctionsNamed(call.name.name).empty();
  Polymorphic polymorphic;
  if (hypothetical) {
    // Each direct argument is placed among the values of a sorted one.
    for (size_t i = 0; i < sorted; ++i) {
      std::vector<ExprPtr> pair;
      pair.push_back(std::move(args[sorted + i]));
      pair.push_back(std::move(args[i]));
      LATHE_ASSIGN(Type common, Unify(pair, "WITHIN GROUP"));
      static_cast<void>(common);
      args[sorted + i] = std::move(pair[0]);
      args[i] = std::move(pair[1]);
    }
  } else {
    const Candidate candidate{function.args, false};
    LATHE_ASSIGN(polymorphic, FitArguments(candidate, args, call.location));
  }
  for (size_t i = 0; i < sorted; ++i) {
    bound->order[i].expression = args[args.size() - sorted + i]->Clone();
  }
  const Type& value = args.back()->type;
  if (PseudoOf(function.result) == Pseudo::kNone) {
    *type = function.result;
  } else {
    *type = Actual(function.result, polymorphic);
    if (SameType(*type, value)) {
      *type = value;
      if (type->id != TypeId::kBpChar) type->typmod = -1;
    }
  }
  return Ok();
}

Status Binder::BindAggregateCall(const ast::FunctionCall& call, Scope& scope,
                                 logical::AggregateCall* bound, Type* type) {
  const std::string& name = call.name.name;
  bound->distinct = call.distinct;
  const char* no_sets = scope.no_sets;
  scope.no_sets = "aggregate function calls cannot contain set-returning function calls";
  const Clause clause = scope.clause;
  Status status = [&]() -> Status {
    LATHE_ASSIGN(bound->args, BindList(call.args, scope));
    if (!call.order_by.empty()) {
      LATHE_ASSIGN(bound->order, BindSortKeys(call.order_by, scope));
    }
    if (call.filter) {
      scope.clause = Clause::kFilter;
      LATHE_ASSIGN(bound->filter, BindBoolean(*call.filter, scope, "FILTER"));
    }
    return Ok();
  }();
  scope.clause = clause;
  scope.no_sets = no_sets;
  LATHE_TRY(std::move(status));

  const auto overloads = func::AggregatesNamed(name);
  if (call.star || (bound->args.empty() && !call.within_group)) {
    for (const func::Aggregate* aggregate : overloads) {
      if (call.star && aggregate->kind == func::AggregateKind::kCountStar) {
        bound->function = aggregate;
        *type = aggregate->result;
        return Ok();
      }
    }
    if (name == "count") {
      return At(SqlState::kWrongObjectType,
                "count(*) must be used to call a parameterless aggregate function", call.location);
    }
  }
  if (call.within_group) {
    for (const logical::SortKey& key : bound->order) {
      bound->args.push_back(key.expression->Clone());
    }
  }
  LATHE_ASSIGN(bound->function, ChooseAggregate(call.name, bound->args, call.location));
  if (bound->function->within_group != call.within_group) {
    return At(SqlState::kWrongObjectType,
              call.within_group
                  ? name + " is not an ordered-set aggregate, so it cannot have WITHIN GROUP"
                  : "WITHIN GROUP is required for ordered-set aggregate " + name,
              call.location);
  }
  if (call.within_group) return BindWithinGroup(call, bound, type);
  // A sorted argument keeps being one when it is converted.
  std::vector<size_t> sorted_argument(bound->order.size(), SIZE_MAX);
  for (size_t k = 0; k < bound->order.size(); ++k) {
    for (size_t i = 0; i < bound->args.size(); ++i) {
      if (expr::Equal(*bound->order[k].expression, *bound->args[i])) sorted_argument[k] = i;
    }
    if (call.distinct && sorted_argument[k] == SIZE_MAX) {
      return At(SqlState::kInvalidColumnReference,
                "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list",
                Leftmost(*bound->order[k].expression));
    }
  }
  const Candidate candidate{bound->function->args, false};
  LATHE_ASSIGN(Polymorphic polymorphic, FitArguments(candidate, bound->args, call.location));
  for (size_t k = 0; k < bound->order.size(); ++k) {
    if (sorted_argument[k] == SIZE_MAX) continue;
    bound->order[k].expression = bound->args[sorted_argument[k]]->Clone();
  }
  if (call.distinct) {
    for (const ExprPtr& arg : bound->args) LATHE_TRY(CheckComparable(*arg, false));
  }
  // What does not depend on the order of rows needs none.
  if (!bound->function->order_matters && !bound->order.empty() &&
      bound->function->kind != func::AggregateKind::kGeneric) {
    bound->order.clear();
  }
  if (PseudoOf(bound->function->result) != Pseudo::kNone) {
    *type = Actual(bound->function->result, polymorphic);
    return Ok();
  }
  *type = bound->args.empty() ? bound->function->result
                              : func::AggregateResultType(*bound->function, bound->args[0]->type);
  // PostgreSQL's aggregates forget the modifier; that of char(n) stays because it says how the
  // value is padded.
  if (type->id != TypeId::kBpChar && !type->is_big_numeric()) type->typmod = -1;
  return Ok();
}

/// The call of this level that gives one of the columns; null = none does.
static const logical::AggregateCall* CallAmong(const std::set<uint32_t>& columns,
                                               const Scope& level) {
  for (const logical::AggregateCall& call : level.calls) {
    if (columns.contains(call.output.id.value)) return &call;
  }
  return nullptr;
}

Scope* Binder::OwnerOf(const std::set<uint32_t>& columns, Scope& scope) const {
  // The innermost level whose columns or aggregates are read; this one if none is.
  for (Scope* level = &scope; level && !columns.empty(); level = level->parent) {
    for (uint32_t id : columns) {
      if (level->columns.contains(id)) return level;
    }
    if (CallAmong(columns, *level) != nullptr) return level;
  }
  return &scope;
}

BoundExpr Binder::BindAggregate(const ast::FunctionCall& call, Scope& scope) {
  logical::AggregateCall bound;
  Type type;
  const bool outer_in_aggregate = scope.in_aggregate, in_window = scope.in_window;
  scope.in_aggregate = true;
  scope.in_window = false;
  Status status = BindAggregateCall(call, scope, &bound, &type);
  scope.in_aggregate = outer_in_aggregate;
  scope.in_window = in_window;
  LATHE_TRY(std::move(status));

  std::set<uint32_t> columns;
  for (const ExprPtr& arg : bound.args) AllColumns(*arg, &columns);
  for (const logical::SortKey& key : bound.order) AllColumns(*key.expression, &columns);
  if (bound.filter) AllColumns(*bound.filter, &columns);
  Scope* owner = OwnerOf(columns, scope);
  if (const logical::AggregateCall* inner = CallAmong(columns, *owner)) {
    return At(SqlState::kGroupingError, "aggregate function calls cannot be nested",
              owner->call_locations.at(inner->output.id.value));
  }
  if (owner->in_aggregate && owner->clause != Clause::kFilter) {
    return At(SqlState::kGroupingError, "aggregate function calls cannot be nested", call.location);
  }
  switch (owner->clause) {
    case Clause::kNone:
    case Clause::kTargets:
    case Clause::kHaving:
    case Clause::kOrderBy:
    case Clause::kDistinctOn:
    case Clause::kWindow:
      break;
    default:
      return At(SqlState::kGroupingError,
                std::string("aggregate functions are not allowed in ") + ClauseName(owner->clause),
                call.location);
  }
  if (owner->recursive_term) {
    return At(SqlState::kInvalidRecursion,
              "aggregate functions are not allowed in a recursive query's recursive term",
              call.location);
  }
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
  owner->call_locations[bound.output.id.value] = call.location;
  owner->calls.push_back(std::move(bound));
  return column;
}

BoundExpr Binder::BindGrouping(const ast::Grouping& e, Scope& scope) {
  if (e.args.size() > 31) {
    return At(SqlState::kTooManyArguments, "GROUPING must have fewer than 32 arguments",
              e.location);
  }
  GroupingCall bound;
  LATHE_ASSIGN(bound.args, BindList(e.args, scope));
  std::set<uint32_t> columns;
  for (const ExprPtr& arg : bound.args) AllColumns(*arg, &columns);
  Scope* owner = OwnerOf(columns, scope);
  switch (owner->clause) {
    case Clause::kNone:
    case Clause::kTargets:
    case Clause::kHaving:
    case Clause::kOrderBy:
    case Clause::kDistinctOn:
    case Clause::kWindow:
      break;
    default:
      return At(SqlState::kGroupingError,
                std::string("grouping operations are not allowed in ") + ClauseName(owner->clause),
                e.location);
  }
  bound.id = NewColumn(false);
  bound.location = e.location;
  ExprPtr column = expr::MakeColumn(bound.id, Type(TypeId::kInt4));
  column->location = e.location;
  owner->groupings.push_back(std::move(bound));
  return column;
}

/// Replaces group expressions by the columns of the Aggregate, and finds columns that are neither
/// grouped nor aggregated. With grouping sets the groups' columns are new ones: they are NULL in
/// the rows of the sets that have not got them.
class Grouping {
 public:
  Grouping(Binder& binder, Scope& scope, logical::Aggregate& aggregate, bool sets)
      : binder_(binder), scope_(scope), aggregate_(aggregate), sets_(sets) {}

  Status Replace(ExprPtr& e, bool in_subquery = false) {
    for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
      if (!expr::Equal(*e, *aggregate_.groups[i])) continue;
      e = GroupColumn(i, e->location);
      return Ok();
    }
    if (e->kind == expr::Kind::kColumn) return ReplaceColumn(e, in_subquery);
    for (ExprPtr& child : e->children) LATHE_TRY(Replace(child, in_subquery));
    if (e->kind != expr::Kind::kSubquery) return Ok();
    Status status;
    VisitExpressions(*e->subquery, [&](ExprPtr& root) {
      if (status.ok()) status = Replace(root, true);
    });
    return status;
  }

  Status Replace(std::vector<ExprPtr>& list) {
    for (ExprPtr& e : list) LATHE_TRY(Replace(e));
    return Ok();
  }

  /// Adds a group, or finds it; a plain column keeps its id. Its index.
  uint32_t AddGroup(ExprPtr e) {
    for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
      if (expr::Equal(*aggregate_.groups[i], *e)) return static_cast<uint32_t>(i);
    }
    const bool column = e->kind == expr::Kind::kColumn;
    const ColumnId id =
        column && !sets_ ? e->column : binder_.NewColumn(sets_ || binder_.MayBeNull(*e));
    std::string name = "group";
    if (column) {
      auto found = binder_.column_names_.find(e->column.value);
      if (found != binder_.column_names_.end()) name = found->second;
      if (id != e->column) {
        auto base = binder_.base_columns_.find(e->column.value);
        if (base != binder_.base_columns_.end()) {
          Binder::BaseColumn copy = base->second;
          binder_.base_columns_[id.value] = std::move(copy);
        }
      }
    }
    outputs_.push_back(binder_.Output(id, std::move(name), e->type));
    aggregate_.groups.push_back(std::move(e));
    return static_cast<uint32_t>(aggregate_.groups.size() - 1);
  }

  /// The direct arguments of an ordered-set aggregate have one value for each group.
  Status CheckDirectArguments(const logical::AggregateCall& call) {
    const size_t direct = call.args.size() - call.order.size();
    for (size_t i = 0; i < direct; ++i) {
      ExprPtr copy = call.args[i]->Clone();
      Status status = Replace(copy);
      if (status.ok()) continue;
      Error error = std::move(status).error();
      error.detail = "Direct arguments of an ordered-set aggregate must use only grouped columns.";
      return error;
    }
    return Ok();
  }

  /// The value of each GROUPING(...), known now.
  Status BindGroupings() {
    for (GroupingCall& call : scope_.groupings) {
      std::vector<uint32_t> groups;
      for (const ExprPtr& arg : call.args) {
        uint32_t found = UINT32_MAX;
        for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
          if (expr::Equal(*arg, *aggregate_.groups[i])) found = static_cast<uint32_t>(i);
        }
        if (found == UINT32_MAX) {
          return binder_.At(
              SqlState::kGroupingError,
              "arguments to GROUPING must be grouping expressions of the associated query level",
              Leftmost(*arg));
        }
        groups.push_back(found);
      }
      LATHE_ASSIGN(ExprPtr value, GroupingValue(groups));
      grouping_values_[call.id.value] = std::move(value);
    }
    return Ok();
  }

  const std::vector<OutputColumn>& outputs() const { return outputs_; }

 private:
  ExprPtr GroupColumn(size_t i, int32_t location) const {
    ExprPtr e = expr::MakeColumn(outputs_[i].id, outputs_[i].type);
    e->location = location;
    return e;
  }

  /// A bit for each argument, set where the row's grouping set has not got it: the sets of each
  /// value in a CASE over the set's number.
  BoundExpr GroupingValue(const std::vector<uint32_t>& groups) {
    std::map<int32_t, std::vector<int32_t>> by_value;
    for (size_t s = 0; s < aggregate_.sets.size(); ++s) {
      const std::vector<uint32_t>& set = aggregate_.sets[s];
      int32_t value = 0;
      for (uint32_t group : groups) {
        value = value * 2 + (std::find(set.begin(), set.end(), group) == set.end() ? 1 : 0);
      }
      by_value[value].push_back(static_cast<int32_t>(s));
    }
    if (by_value.empty()) return expr::MakeConst(types::Value::Int4(0));
    const int32_t last = by_value.rbegin()->first;
    if (by_value.size() == 1) return expr::MakeConst(types::Value::Int4(last));
    auto e = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt4));
    for (const auto& [value, sets] : by_value) {
      if (value == last) break;
      std::vector<ExprPtr> numbers;
      for (int32_t s : sets) numbers.push_back(expr::MakeConst(types::Value::Int4(s)));
      ExprPtr number = expr::MakeColumn(aggregate_.set_number.id, aggregate_.set_number.type);
      ExprPtr condition;
      if (numbers.size() == 1) {
        LATHE_ASSIGN(condition,
                     binder_.MakeOperator("=", std::move(number), std::move(numbers[0]), -1));
      } else {
        LATHE_ASSIGN(condition, binder_.MakeInList(std::move(number), std::move(numbers), -1));
      }
      e->children.push_back(std::move(condition));
      e->children.push_back(expr::MakeConst(types::Value::Int4(value)));
    }
    e->children.push_back(expr::MakeConst(types::Value::Int4(last)));
    return ExprPtr(std::move(e));
  }

  Status ReplaceColumn(ExprPtr& e, bool in_subquery) {
    if (auto value = grouping_values_.find(e->column.value); value != grouping_values_.end()) {
      e = value->second->Clone();
      return Ok();
    }
    if (!scope_.columns.contains(e->column.value)) return Ok();
    if (DependsOnKey(e->column)) {
      const uint32_t group = AddGroup(expr::MakeColumn(e->column, e->type));
      for (std::vector<uint32_t>& set : aggregate_.sets) {
        if (std::find(set.begin(), set.end(), group) == set.end()) set.push_back(group);
      }
      e = GroupColumn(group, e->location);
      return Ok();
    }
    const std::string name = binder_.ColumnName(e->column, scope_);
    return binder_.At(
        SqlState::kGroupingError,
        in_subquery
            ? "subquery uses ungrouped column \"" + name + "\" from outer query"
            : "column \"" + name +
                  "\" must appear in the GROUP BY clause or be used in an aggregate function",
        e->location);
  }

  /// The column's table has a primary key all of whose columns are grouped, in every set.
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
      for (size_t i = 0; i < aggregate_.groups.size() && !grouped; ++i) {
        const Expr& group = *aggregate_.groups[i];
        if (group.kind != expr::Kind::kColumn || !InEverySet(static_cast<uint32_t>(i))) continue;
        auto base = binder_.base_columns_.find(group.column.value);
        grouped = base != binder_.base_columns_.end() && base->second.table.lock() == table &&
                  base->second.column == key.column;
      }
      if (!grouped) return false;
    }
    return true;
  }

  bool InEverySet(uint32_t group) const {
    for (const std::vector<uint32_t>& set : aggregate_.sets) {
      if (std::find(set.begin(), set.end(), group) == set.end()) return false;
    }
    return true;
  }

  Binder& binder_;
  Scope& scope_;
  logical::Aggregate& aggregate_;
  const bool sets_;
  std::vector<OutputColumn> outputs_;
  std::map<uint32_t, ExprPtr> grouping_values_;
};

Status Binder::GroupPlan(SelectParts& parts, Scope& scope, NodePtr* plan) {
  const bool grouped = parts.grouped || parts.having || !scope.calls.empty();
  if (!grouped && scope.groupings.empty()) return Ok();
  auto aggregate = std::make_shared<logical::Aggregate>();
  Grouping grouping(*this, scope, *aggregate, parts.has_sets);
  std::vector<uint32_t> index;
  for (ExprPtr& group : parts.groups) index.push_back(grouping.AddGroup(std::move(group)));
  if (parts.has_sets) {
    for (const std::vector<uint32_t>& set : parts.sets) {
      std::set<uint32_t> members;
      for (uint32_t i : set) members.insert(index[i]);
      aggregate->sets.emplace_back(members.begin(), members.end());
    }
    aggregate->set_number = Output(NewColumn(false), "set", Type(TypeId::kInt4));
  }
  LATHE_TRY(grouping.BindGroupings());
  for (TargetEntry& target : parts.targets) LATHE_TRY(grouping.Replace(target.expr));
  if (parts.having) LATHE_TRY(grouping.Replace(parts.having));
  for (WindowGroup& window : scope.windows) {
    for (logical::WindowCall& call : window.calls) {
      LATHE_TRY(grouping.Replace(call.args));
      if (call.filter) LATHE_TRY(grouping.Replace(call.filter));
    }
  }
  for (WindowGroup& window : scope.windows) {
    LATHE_TRY(grouping.Replace(window.partition));
    for (logical::SortKey& key : window.order) LATHE_TRY(grouping.Replace(key.expression));
  }
  for (SetCall& call : scope.set_calls) LATHE_TRY(grouping.Replace(call.call.args));
  for (const logical::AggregateCall& call : scope.calls) {
    if (call.function->within_group) LATHE_TRY(grouping.CheckDirectArguments(call));
  }
  for (std::vector<uint32_t>& set : aggregate->sets) std::sort(set.begin(), set.end());
  aggregate->children.push_back(std::move(*plan));
  aggregate->outputs = grouping.outputs();
  aggregate->calls = std::move(scope.calls);
  scope.calls.clear();
  for (const logical::AggregateCall& call : aggregate->calls) {
    aggregate->outputs.push_back(call.output);
  }
  if (parts.has_sets) aggregate->outputs.push_back(aggregate->set_number);
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
