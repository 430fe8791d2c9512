// What unique keys make superfluous: DISTINCT over rows that differ anyway, and the check of a
// scalar subquery that finds its row by a key (its join is then an ordinary left join).
#include "codegen/optimize/keys.h"
#include "codegen/optimize/rules.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

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
