// Outer joins whose added rows a condition above removes again become inner joins (Galindo-Legaria,
// Rosenthal: Outerjoin Simplification and Reordering, TODS 1997): LEFT to INNER, FULL to LEFT,
// RIGHT or INNER. RIGHT becomes LEFT with its sides swapped.
#include "codegen/optimize/null_rejection.h"
#include "codegen/optimize/rules.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

/// not_null: columns that a condition above rejects NULL of.
void Simplify(Node* node, ColumnSet not_null) {
  switch (node->kind) {
    case Kind::kFilter:
      AddRejected(*node->As<logical::Filter>().predicate, &not_null);
      break;
    case Kind::kJoin: {
      auto& join = node->As<logical::Join>();
      const bool left_needed = not_null.Intersects(OutputSet(*join.children[0]));
      const bool right_needed = not_null.Intersects(OutputSet(*join.children[1]));
      if (join.join_kind == JoinKind::kFull) {
        // Rows with a NULL left side come from unmatched right rows, and the other way round.
        if (left_needed && right_needed) {
          join.join_kind = JoinKind::kInner;
        } else if (left_needed) {
          join.join_kind = JoinKind::kLeft;
        } else if (right_needed) {
          join.join_kind = JoinKind::kRight;
        }
      }
      if (join.join_kind == JoinKind::kLeft && right_needed) join.join_kind = JoinKind::kInner;
      if (join.join_kind == JoinKind::kRight && left_needed) join.join_kind = JoinKind::kInner;
      if (join.join_kind == JoinKind::kRight) {
        std::swap(join.children[0], join.children[1]);
        join.join_kind = JoinKind::kLeft;
      }
      // What holds above holds in a child whose rows come through unchanged; its own predicate
      // counts where it removes rows.
      ColumnSet left = not_null, right;
      switch (join.join_kind) {
        case JoinKind::kInner:
          AddRejected(*join.predicate, &left);
          right = left;
          break;
        case JoinKind::kSemi:
          AddRejected(*join.predicate, &left);
          AddRejected(*join.predicate, &right);
          break;
        case JoinKind::kLeft:
        case JoinKind::kAnti:
        case JoinKind::kSingle:
          // A right row without a match does not count.
          AddRejected(*join.predicate, &right);
          break;
        case JoinKind::kMark:
        case JoinKind::kFull:
        case JoinKind::kRight:
          if (join.join_kind == JoinKind::kFull) left = {};
          break;
      }
      Simplify(join.children[0].get(), left);
      Simplify(join.children[1].get(), right);
      RefreshOutputs(node);
      return;
    }
    case Kind::kProject: {
      auto& project = node->As<logical::Project>();
      ColumnSet below;
      for (size_t i = 0; i < project.outputs.size(); ++i) {
        if (!not_null.Has(project.outputs[i].id)) continue;
        AddNullSources(*project.expressions[i], &below);
      }
      Simplify(node->children[0].get(), below);
      return;
    }
    case Kind::kAggregate: {
      auto& aggregate = node->As<logical::Aggregate>();
      ColumnSet below;
      for (size_t i = 0; i < aggregate.groups.size(); ++i) {
        if (not_null.Has(aggregate.outputs[i].id)) AddNullSources(*aggregate.groups[i], &below);
      }
      Simplify(node->children[0].get(), below);
      return;
    }
    case Kind::kSort:
      break;
    case Kind::kWith:
      Simplify(node->children[0].get(), {});
      Simplify(node->children[1].get(), not_null);
      RefreshOutputs(node);
      return;
    default:
      // Below a limit or a set operation, rows that are removed above still count.
      not_null = {};
      break;
  }
  for (NodePtr& child : node->children) Simplify(child.get(), not_null);
  RefreshOutputs(node);
}

}  // namespace

Status SimplifyOuterJoins(RuleContext*, NodePtr* root) {
  // Swapping a join's sides changes the order of its outputs, which only a set operation's children
  // (and a recursion's) must keep.
  ForEachNode(**root, [](Node& node) {
    if (!TakesChildrenByPosition(node)) return;
    for (NodePtr& child : node.children) {
      if (child->kind != Kind::kProject && child->kind != Kind::kAggregate &&
          child->kind != Kind::kSetOperation && !child->children.empty()) {
        const std::vector<OutputColumn> outputs = child->outputs;
        child = MakePassingProject(std::move(child), outputs);
      }
    }
  });
  Simplify(root->get(), {});
  return Ok();
}

}  // namespace lathe::optimize
