// ORDER BY and GROUP BY: names, ordinals and expressions, matched with the select list. ORDER BY
// prefers output names, GROUP BY the columns of FROM, as PostgreSQL.
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

Result<size_t> Binder::FindOrAddTarget(const ast::Expr& e, Scope& scope, SelectParts* parts) {
  LATHE_ASSIGN(std::optional<size_t> found, FindTargetByName(e, "ORDER BY", parts->targets));
  if (!found) {
    LATHE_ASSIGN(found, FindTargetByOrdinal(e, "ORDER BY", parts->targets));
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
  parts->targets.push_back({std::move(bound), ResultName(e), e.location, true, {}});
  return parts->targets.size() - 1;
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
    bool descending = item.direction == ast::SortItem::Direction::kDescending;
    if (item.direction == ast::SortItem::Direction::kUsing) {
      if (item.using_op.name != "<" && item.using_op.name != ">") {
        Error error = At(SqlState::kWrongObjectType,
                         "operator " + item.using_op.name + " is not a valid ordering operator",
                         item.location);
        error.hint =
            "Ordering operators must be \"<\" or \">\" members of btree operator families.";
        return error;
      }
      descending = item.using_op.name == ">";
    }
    const bool nulls_first = item.nulls == ast::SortItem::Nulls::kDefault
                                 ? descending
                                 : item.nulls == ast::SortItem::Nulls::kFirst;
    bool repeated = false;
    for (const SortEntry& entry : parts->sort) repeated |= entry.target == target;
    if (!repeated) parts->sort.push_back({target, descending, nulls_first});
  }
  return Ok();
}

Status Binder::BindGroupBy(const std::vector<ast::GroupItem>& items, Scope& scope,
                           SelectParts* parts) {
  auto add = [&](const ast::Expr& e) -> Status {
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
      bool aggregated = false;
      expr::Visit(*target, [&](const Expr& node) {
        if (node.kind != expr::Kind::kColumn) return;
        for (const logical::AggregateCall& call : scope.calls) {
          aggregated |= call.output.id == node.column;
        }
      });
      if (aggregated) {
        return At(SqlState::kGroupingError, "aggregate functions are not allowed in GROUP BY",
                  target->location);
      }
      group = target->Clone();
    } else {
      LATHE_ASSIGN(group, Bind(e, scope));
      LATHE_ASSIGN(group, ResolveUnknown(std::move(group)));
    }
    parts->groups.push_back(std::move(group));
    return Ok();
  };
  for (const ast::GroupItem& item : items) {
    parts->grouped = true;
    if (item.type == ast::GroupItem::Type::kEmpty) continue;
    if (item.type != ast::GroupItem::Type::kExpr) return NotYet("GROUPING SETS", item.location);
    if (item.expr->kind == ast::Expr::Kind::kRow && !item.expr->As<ast::Row>().explicit_row) {
      for (const ast::ExprPtr& e : item.expr->As<ast::Row>().items) LATHE_TRY(add(*e));
    } else {
      LATHE_TRY(add(*item.expr));
    }
  }
  return Ok();
}

}  // namespace lathe::bind
