// What unique keys make superfluous: DISTINCT over rows that differ anyway, and the check of a
// scalar subquery that finds its row by a key (its join is then an ordinary left join).
#include "codegen/optimize/keys.h"
#include "codegen/optimize/rules.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

/// Columns of node that the predicate equates with something that is fixed for one row of the other
/// side.
ColumnSet EquatedColumns(const Expr& predicate, const Node& node) {
  ColumnSet columns;
  const ColumnSet own = OutputSet(node);
  auto visit = [&](const Expr& e) {
    if (!IsComparison(e, "=")) return;
    for (int side = 0; side < 2; ++side) {
      const Expr& column = *e.children[side];
      if (column.kind == expr::Kind::kColumn && own.Has(column.column) &&
          SameValues(column.type, e.children[1 - side]->type) &&
          !ColumnsOf(*e.children[1 - side]).Intersects(own)) {
        columns.Add(column.column);
      }
    }
  };
  if (predicate.kind == expr::Kind::kAnd) {
    for (const ExprPtr& child : predicate.children) visit(*child);
  } else {
    visit(predicate);
  }
  return columns;
}

NodePtr ToProject(logical::Aggregate* aggregate) {
  auto project = std::make_shared<logical::Project>();
  project->outputs = std::move(aggregate->outputs);
  project->expressions = std::move(aggregate->groups);
  project->children = std::move(aggregate->children);
  return project;
}

void Apply(NodePtr* slot) {
  for (NodePtr& child : (*slot)->children) Apply(&child);
  Node* node = slot->get();
  if (node->kind == Kind::kAggregate) {
    auto& aggregate = node->As<logical::Aggregate>();
    if (!aggregate.calls.empty() || aggregate.groups.empty()) return;
    ColumnSet groups;
    for (const ExprPtr& e : aggregate.groups) {
      if (e->kind == expr::Kind::kColumn) groups.Add(e->column);
    }
    if (!IsUniqueOver(*aggregate.children[0], groups)) return;
    NodePtr project = ToProject(&aggregate);
    *slot = std::move(project);
    return;
  }
  if (node->kind == Kind::kJoin && node->As<logical::Join>().join_kind == JoinKind::kSingle) {
    auto& join = node->As<logical::Join>();
    const Node& right = *join.children[1];
    if (IsUniqueOver(right, EquatedColumns(*join.predicate, right)))
      join.join_kind = JoinKind::kLeft;
  }
}

}  // namespace

Status UseKeys(RuleContext*, NodePtr* root) {
  Apply(root);
  return Ok();
}

}  // namespace lathe::optimize
