// ORDER BY and GROUP BY: names, ordinals and expressions, matched with the select list. ORDER BY
// prefers output names, GROUP BY the columns of FROM, as PostgreSQL.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

/// A name of one part.
const std::string* PlainName(const ast::Expr& e) {
  if (e.kind != ast::Expr::Kind::kColumnRef) return nullptr;
  const auto& ref = e.As<ast::ColumnRef>();
  return !ref.star && ref.parts.size() == 1 ? &ref.parts[0] : nullptr;
}

}  // namespace

Result<std::optional<size_t>> Binder::FindTargetByName(
    const ast::Expr& e, std::string_view clause, const std::vector<TargetEntry>& targets) const {
  const std::string* name = PlainName(e);
  std::optional<size_t> found;
  if (!name) return found;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (targets[i].hidden || targets[i].name != *name) continue;
    if (found && !expr::Equal(*targets[*found].expr, *targets[i].expr)) {
      return At(SqlState::kAmbiguousColumn, std::string(clause) + " \"" + *name + "\" is ambiguous",
                e.location);
    }
    if (!found) found = i;
  }
  return found;
}

Result<std::optional<size_t>> Binder::FindTargetByOrdinal(
    const ast::Expr& e, std::string_view clause, const std::vector<TargetEntry>& targets) const {
  const bool lifted =
      e.kind == ast::Expr::Kind::kParameter && e.As<ast::Parameter>().lifted.has_value();
  if (e.kind != ast::Expr::Kind::kLiteral && !lifted) return std::optional<size_t>();
  const bool integer = !lifted && e.As<ast::Literal>().type == ast::Literal::Type::kInteger;
  if (!integer) {
    const bool null_or_bool =
        !lifted && (e.As<ast::Literal>().type == ast::Literal::Type::kNull ||
                    e.As<ast::Literal>().type == ast::Literal::Type::kBoolean);
    // TRUE is a cast in PostgreSQL's grammar, hence an expression.
    if (null_or_bool && e.As<ast::Literal>().type == ast::Literal::Type::kBoolean) {
      return std::optional<size_t>();
    }
    return At(SqlState::kSyntaxError, "non-integer constant in " + std::string(clause), e.location);
  }
  const int64_t ordinal = e.As<ast::Literal>().integer;
  int64_t visible = 0;
  for (size_t i = 0; i < targets.size(); ++i) {
    if (!targets[i].hidden && ++visible == ordinal) return std::optional<size_t>(i);
  }
  return At(SqlState::kInvalidColumnReference,
            std::string(clause) + " position " + std::to_string(ordinal) + " is not in select list",
            e.location);
}

Result<size_t> Binder::FindOrAddTarget(const ast::Expr& e, Scope& scope, SelectParts* parts,
                                       const char* clause) {
  LATHE_ASSIGN(std::optional<size_t> found, FindTargetByName(e, clause, parts->targets));
  if (!found) {
    LATHE_ASSIGN(found, FindTargetByOrdinal(e, clause, parts->targets));
  }
  if (found) {
    ExprPtr& target = parts->targets[*found].expr;
    LATHE_ASSIGN(target, ResolveUnknown(std::move(target)));
    return *found;
  }
  LATHE_ASSIGN(ExprPtr bound, Bind(e, scope));
  LATHE_ASSIGN(bound, ResolveUnknown(std::move(bound)));
  for (size_t i = 0; i < parts->targets.size(); ++i) {
    if (expr::Equal(*parts->targets[i].expr, *bound)) return i;
  }
  if (parts->targets.size() >= kTargetsMax) return TooManyTargets();
  parts->targets.push_back({std::move(bound), ResultName(e), e.location, true, {}});
  return parts->targets.size() - 1;
}

Status Binder::SortDirection(const ast::SortItem& item, bool* descending, bool* nulls_first) const {
  *descending = item.direction == ast::SortItem::Direction::kDescending;
  if (item.direction == ast::SortItem::Direction::kUsing) {
    if (item.using_op.name != "<" && item.using_op.name != ">") {
      Error error =
          At(SqlState::kWrongObjectType,
             "operator " + item.using_op.name + " is not a valid ordering operator", item.location);
      error.hint = "Ordering operators must be \"<\" or \">\" members of btree operator families.";
      return error;
    }
    *descending = item.using_op.name == ">";
  }
  *nulls_first = item.nulls == ast::SortItem::Nulls::kDefault
                     ? *descending
                     : item.nulls == ast::SortItem::Nulls::kFirst;
  return Ok();
}

Status Binder::CheckComparable(const Expr& e, bool sort) const {
  // All types of these categories have an order.
  static constexpr std::string_view kOrdered = "NSDTBAEX";
  const char category = types::CategoryOf(e.type);
  if (kOrdered.find(category) != std::string_view::npos) return Ok();
  for (const func::Function* function : func::OperatorsNamed(sort ? "<" : "=", 2)) {
    if (CanCoerce(e.type, function->args[0], CastContext::kImplicit) &&
        CanCoerce(e.type, function->args[1], CastContext::kImplicit)) {
      return Ok();
    }
  }
  Error error = At(SqlState::kUndefinedFunction,
                   std::string("could not identify an ") + (sort ? "ordering" : "equality") +
                       " operator for type " + TypeText(e.type),
                   Leftmost(e));
  if (sort) error.hint = "Use an explicit ordering operator or modify the query.";
  return error;
}

Result<std::vector<logical::SortKey>> Binder::BindSortKeys(const ast::SortList& list,
                                                           Scope& scope) {
  std::vector<logical::SortKey> keys;
  for (const ast::SortItem& item : list) {
    logical::SortKey key;
    LATHE_ASSIGN(key.expression, Bind(*item.expr, scope));
    LATHE_ASSIGN(key.expression, ResolveUnknown(std::move(key.expression)));
    LATHE_TRY(CheckComparable(*key.expression, true));
    LATHE_TRY(SortDirection(item, &key.descending, &key.nulls_first));
    keys.push_back(std::move(key));
  }
  return keys;
}

Status Binder::BindOrderBy(const ast::SortList& list, Scope& scope, SelectParts* parts,
                           bool distinct) {
  for (const ast::SortItem& item : list) {
    const size_t before = parts->targets.size();
    LATHE_ASSIGN(size_t target, FindOrAddTarget(*item.expr, scope, parts));
    if (distinct && parts->targets.size() > before) {
      return At(SqlState::kInvalidColumnReference,
                "for SELECT DISTINCT, ORDER BY expressions must appear in select list",
                item.expr->location);
    }
    LATHE_TRY(CheckComparable(*parts->targets[target].expr, true));
    bool descending, nulls_first;
    LATHE_TRY(SortDirection(item, &descending, &nulls_first));
    bool repeated = false;
    for (const SortEntry& entry : parts->sort) repeated |= entry.target == target;
    if (!repeated) parts->sort.push_back({target, descending, nulls_first});
  }
  return Ok();
}

Status Binder::BindGroupItem(const ast::Expr& e, Scope& scope, SelectParts* parts,
                             uint32_t* index) {
  std::optional<size_t> found;
  const std::string* name = PlainName(e);
  if (name) {
    // A column of FROM goes before an output name.
    LATHE_ASSIGN(ExprPtr column, FindColumn(*name, scope, e.location, true));
    if (!column) {
      LATHE_ASSIGN(found, FindTargetByName(e, "GROUP BY", parts->targets));
    }
  } else {
    LATHE_ASSIGN(found, FindTargetByOrdinal(e, "GROUP BY", parts->targets));
  }
  ExprPtr group;
  if (found) {
    ExprPtr& target = parts->targets[*found].expr;
    LATHE_ASSIGN(target, ResolveUnknown(std::move(target)));
    bool aggregated = false, windowed = false;
    expr::Visit(*target, [&](const Expr& node) {
      if (node.kind != expr::Kind::kColumn) return;
      for (const logical::AggregateCall& call : scope.calls) {
        aggregated |= call.output.id == node.column;
      }
      for (const GroupingCall& call : scope.groupings) aggregated |= call.id == node.column;
      for (const WindowGroup& window : scope.windows) {
        for (const logical::WindowCall& call : window.calls) {
          windowed |= call.output.id == node.column;
        }
      }
    });
    if (aggregated) {
      return At(SqlState::kGroupingError, "aggregate functions are not allowed in GROUP BY",
                target->location);
    }
    if (windowed) {
      return At(SqlState::kWindowingError, "window functions are not allowed in GROUP BY",
                target->location);
    }
    group = target->Clone();
  } else {
    LATHE_ASSIGN(group, Bind(e, scope));
    LATHE_ASSIGN(group, ResolveUnknown(std::move(group)));
  }
  LATHE_TRY(CheckComparable(*group, false));
  *index = static_cast<uint32_t>(parts->groups.size());
  parts->groups.push_back(std::move(group));
  return Ok();
}

namespace {

using Sets = std::vector<std::vector<uint32_t>>;
constexpr size_t kSetsMax = 4096;
constexpr size_t kCubeMax = 12;

bool IsList(const ast::Expr& e) {
  return e.kind == ast::Expr::Kind::kRow && !e.As<ast::Row>().explicit_row;
}

/// Every set of the one with every set of the other.
Sets Product(const Sets& a, const Sets& b) {
  Sets product;
  for (const auto& left : a) {
    for (const auto& right : b) {
      product.push_back(left);
      product.back().insert(product.back().end(), right.begin(), right.end());
    }
  }
  return product;
}

/// The items of one ROLLUP or CUBE taken together.
std::vector<uint32_t> Together(const Sets& items, size_t count, uint64_t mask) {
  std::vector<uint32_t> set;
  for (size_t i = 0; i < count; ++i) {
    if (mask >> i & 1) set.insert(set.end(), items[i].begin(), items[i].end());
  }
  return set;
}

}  // namespace

Result<std::vector<std::vector<uint32_t>>> Binder::BindGroupSets(const ast::GroupItem& item,
                                                                 Scope& scope, SelectParts* parts) {
  using Type = ast::GroupItem::Type;
  Sets sets;
  switch (item.type) {
    case Type::kEmpty:
      return Sets{{}};
    case Type::kExpr: {
      sets.emplace_back();
      const std::function<Status(const ast::Expr&)> add = [&](const ast::Expr& e) -> Status {
        if (IsList(e)) {
          for (const ast::ExprPtr& one : e.As<ast::Row>().items) LATHE_TRY(add(*one));
          return Ok();
        }
        uint32_t index;
        LATHE_TRY(BindGroupItem(e, scope, parts, &index));
        sets[0].push_back(index);
        return Ok();
      };
      LATHE_TRY(add(*item.expr));
      return sets;
    }
    case Type::kSets:
      for (const ast::GroupItem& inner : item.items) {
        LATHE_ASSIGN(Sets more, BindGroupSets(inner, scope, parts));
        sets.insert(sets.end(), more.begin(), more.end());
      }
      return sets;
    case Type::kRollup:
    case Type::kCube:
      break;
  }
  Sets items;
  for (const ast::GroupItem& inner : item.items) {
    LATHE_ASSIGN(Sets one, BindGroupSets(inner, scope, parts));
    items.push_back(std::move(one[0]));
  }
  const size_t n = items.size();
  if (item.type == Type::kRollup) {
    for (size_t count = n + 1; count-- > 0;) {
      sets.push_back(Together(items, count, UINT64_MAX));
    }
    return sets;
  }
  if (n > kCubeMax) {
    return At(SqlState::kTooManyColumns, "CUBE is limited to 12 elements", item.location);
  }
  // The larger sets first.
  for (uint64_t mask = uint64_t{1} << n; mask-- > 0;) sets.push_back(Together(items, n, mask));
  return sets;
}

Status Binder::BindGroupBy(const ast::SelectStatement& select, Scope& scope, SelectParts* parts) {
  Sets sets{{}};
  for (const ast::GroupItem& item : select.group_by) {
    parts->grouped = true;
    parts->has_sets |= item.type == ast::GroupItem::Type::kRollup ||
                       item.type == ast::GroupItem::Type::kCube ||
                       item.type == ast::GroupItem::Type::kSets;
    LATHE_ASSIGN(Sets own, BindGroupSets(item, scope, parts));
    if (own.size() == 1) {
      for (auto& set : sets) set.insert(set.end(), own[0].begin(), own[0].end());
      continue;
    }
    if (sets.size() * own.size() > kSetsMax) {
      return At(SqlState::kStatementTooComplex, "too many grouping sets present (maximum 4096)",
                item.location);
    }
    sets = Product(sets, own);
  }
  if (!parts->has_sets) return Ok();
  if (select.group_distinct) {
    std::set<std::set<uint32_t>> seen;
    Sets distinct;
    for (auto& set : sets) {
      // Equal expressions are one group.
      std::set<uint32_t> members;
      for (uint32_t i : set) {
        uint32_t first = i;
        for (uint32_t j = 0; j < i && first == i; ++j) {
          if (expr::Equal(*parts->groups[i], *parts->groups[j])) first = j;
        }
        members.insert(first);
      }
      if (seen.insert(members).second) distinct.push_back(std::move(set));
    }
    sets = std::move(distinct);
  }
  parts->sets = std::move(sets);
  return Ok();
}

Status Binder::BindDistinctOn(const ast::ExprList& list, Scope& scope, SelectParts* parts) {
  for (const ast::ExprPtr& e : list) {
    LATHE_ASSIGN(size_t target, FindOrAddTarget(*e, scope, parts, "DISTINCT ON"));
    LATHE_TRY(CheckComparable(*parts->targets[target].expr, false));
    if (std::find(parts->distinct_on.begin(), parts->distinct_on.end(), target) ==
        parts->distinct_on.end()) {
      parts->distinct_on.push_back(target);
    }
  }
  // The first sort keys are these, in any order.
  for (size_t i = 0; i < parts->sort.size() && i < parts->distinct_on.size(); ++i) {
    if (std::find(parts->distinct_on.begin(), parts->distinct_on.end(), parts->sort[i].target) !=
        parts->distinct_on.end()) {
      continue;
    }
    // Where PostgreSQL points: the first of these that is not sorted by before.
    int32_t location = -1;
    for (const ast::ExprPtr& e : list) {
      bool sorted = false;
      LATHE_ASSIGN(size_t target, FindOrAddTarget(*e, scope, parts, "DISTINCT ON"));
      for (size_t k = 0; k < i; ++k) sorted |= parts->sort[k].target == target;
      if (!sorted) {
        location = e->location;
        break;
      }
    }
    return At(SqlState::kInvalidColumnReference,
              "SELECT DISTINCT ON expressions must match initial ORDER BY expressions", location);
  }
  return Ok();
}

Status Binder::DistinctOnPlan(const SelectParts& parts, NodePtr* plan) {
  const std::vector<OutputColumn> outputs = (*plan)->outputs;
  auto column = [&](size_t target) {
    const OutputColumn* output = logical::FindOutput(**plan, parts.targets[target].id);
    return expr::MakeColumn(output->id, output->type);
  };
  std::vector<ExprPtr> partition;
  for (size_t target : parts.distinct_on) partition.push_back(column(target));
  std::vector<logical::SortKey> order;
  for (const SortEntry& entry : parts.sort) {
    if (std::find(parts.distinct_on.begin(), parts.distinct_on.end(), entry.target) ==
        parts.distinct_on.end()) {
      order.push_back({column(entry.target), entry.descending, entry.nulls_first});
    }
  }
  LATHE_ASSIGN(ExprPtr number,
               NumberRows("row_number", std::move(partition), std::move(order), plan));
  auto filter = std::make_shared<logical::Filter>();
  filter->outputs = (*plan)->outputs;
  LATHE_ASSIGN(filter->predicate,
               MakeOperator("=", std::move(number), expr::MakeConst(types::Value::Int8(1)), -1));
  filter->children.push_back(std::move(*plan));
  *plan = std::move(filter);
  return Ok();
}

Status Binder::WithTiesPlan(SelectParts& parts, NodePtr* plan) {
  // Rows after the offset whose rank is that of a row within the limit.
  auto keys = [&] {
    std::vector<logical::SortKey> order;
    for (const SortEntry& entry : parts.sort) {
      const OutputColumn* output = logical::FindOutput(**plan, parts.targets[entry.target].id);
      order.push_back(
          {expr::MakeColumn(output->id, output->type), entry.descending, entry.nulls_first});
    }
    return order;
  };
  LATHE_ASSIGN(ExprPtr rank, NumberRows("rank", {}, keys(), plan));
  auto& window = (*plan)->As<logical::Window>();
  const auto row_number = func::WindowFunctionsNamed("row_number");
  logical::WindowCall call;
  call.function = row_number[0];
  call.output = Output(NewColumn(false), "row_number", Type(TypeId::kInt8));
  ExprPtr number = expr::MakeColumn(call.output.id, call.output.type);
  window.outputs.push_back(call.output);
  window.calls.push_back(std::move(call));

  auto constant = [](int64_t n) { return expr::MakeConst(types::Value::Int8(n)); };
  auto offset = [&]() -> ExprPtr {
    if (!parts.offset) return constant(0);
    auto e = std::make_unique<Expr>(expr::Kind::kCoalesce, Type(TypeId::kInt8));
    e->children.push_back(parts.offset->Clone());
    e->children.push_back(constant(0));
    return e;
  };
  // rank - offset <= limit: the sum of both might be too large.
  std::vector<ExprPtr> conditions;
  LATHE_ASSIGN(ExprPtr after, MakeOperator("-", std::move(rank), offset(), -1));
  LATHE_ASSIGN(ExprPtr within, MakeOperator("<=", std::move(after), parts.limit->Clone(), -1));
  conditions.push_back(std::move(within));
  LATHE_ASSIGN(ExprPtr some, MakeOperator(">", parts.limit->Clone(), constant(0), -1));
  conditions.push_back(std::move(some));
  LATHE_ASSIGN(ExprPtr skipped, MakeOperator(">", std::move(number), offset(), -1));
  conditions.push_back(std::move(skipped));
  auto filter = std::make_shared<logical::Filter>();
  filter->outputs = (*plan)->outputs;
  filter->predicate = expr::MakeAnd(std::move(conditions));
  filter->children.push_back(std::move(*plan));
  *plan = std::move(filter);
  // The Limit above remains for its errors: it gets negative values only.
  auto negative = [&](ExprPtr& e) -> Status {
    if (!e) return Ok();
    auto only = std::make_unique<Expr>(expr::Kind::kCase, Type(TypeId::kInt8));
    LATHE_ASSIGN(ExprPtr test, MakeOperator("<", e->Clone(), constant(0), -1));
    only->children.push_back(std::move(test));
    only->children.push_back(std::move(e));
    only->children.push_back(expr::MakeConst(types::Value::Null(Type(TypeId::kInt8))));
    e = std::move(only);
    return Ok();
  };
  LATHE_TRY(negative(parts.limit));
  return negative(parts.offset);
}

}  // namespace lathe::bind
