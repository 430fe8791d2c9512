// Limits go below projections (next to the sort that they belong to) and into the parts of UNION
// ALL; sorts whose order nobody sees disappear.
#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

/// ordered: somebody above sees the order of the rows.
void DropSorts(NodePtr* slot, bool ordered) {
  while ((*slot)->kind == Kind::kSort && !ordered) {
    NodePtr child = (*slot)->children[0];
    *slot = std::move(child);
  }
  Node* node = slot->get();
  for (size_t i = 0; i < node->children.size(); ++i) {
    bool seen = false;
    switch (node->kind) {
      case Kind::kLimit:
        seen = true;
        break;
      case Kind::kProject:
      case Kind::kFilter:
      case Kind::kTableFunction:
        seen = ordered;
        break;
      case Kind::kModify:
        // Rows are written in their order: sequences count along it.
        seen = true;
        break;
      case Kind::kWindow:
        // As in PostgreSQL a window without an order of its own sees the order below it.
        seen = node->As<logical::Window>().order.empty();
        break;
      case Kind::kAggregate:
        for (const logical::AggregateCall& call : node->As<logical::Aggregate>().calls) {
          seen |= call.function->order_matters && call.order.empty();
        }
        break;
      case Kind::kWith:
        seen = ordered && i == 1;
        break;
      default:
        break;
    }
    DropSorts(&node->children[i], seen);
  }
}

bool HasVolatile(Node& node) {
  bool found = false;
  ForEachExpr(node, [&found](ExprPtr& e) { found = found || IsVolatile(*e); });
  return found;
}

void PushLimit(NodePtr* slot) {
  Node* node = slot->get();
  if (node->kind == Kind::kLimit) {
    Node* child = node->children[0].get();
    if (child->kind == Kind::kProject && !HasVolatile(*child)) {
      NodePtr limit = *slot;
      NodePtr project = limit->children[0];
      limit->children[0] = project->children[0];
      RefreshOutputs(limit.get());
      project->children[0] = limit;
      *slot = project;
      PushLimit(slot);
      return;
    }
    auto& limit = node->As<logical::Limit>();
    if (child->kind == Kind::kSetOperation && limit.limit && !limit.offset) {
      auto& set = child->As<logical::SetOperation>();
      if (set.operation == logical::SetOperationKind::kUnion && set.all) {
        for (NodePtr& part : set.children) {
          auto copy = std::make_shared<logical::Limit>();
          copy->limit = limit.limit->Clone();
          copy->outputs = part->outputs;
          copy->children.push_back(std::move(part));
          part = std::move(copy);
        }
      }
    }
  }
  for (NodePtr& child : node->children) PushLimit(&child);
}

}  // namespace

Status PushLimits(RuleContext*, NodePtr* root) {
  DropSorts(root, true);
  PushLimit(root);
  return Ok();
}

}  // namespace lathe::optimize
