// Left joins to at most one row each of which nothing is read go: the left side alone gives the
// same rows. Runs after unread columns are gone, so that what an operator passes on is read
// somewhere.
#include "codegen/optimize/keys.h"
#include "codegen/optimize/rules.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

/// How often each column is read: by expressions, and by position.
class Readers {
 public:
  void Add(const Node& node, int by) {
    for (const NodePtr& child : node.children) Add(*child, by);
    AddOwn(node, by);
  }
  void AddExpr(const Expr& e, int by) {
    ColumnsOf(e).ForEach([&](ColumnId id) { count_[id.value] += by; });
  }
  void AddOutputs(const Node& node, int by) {
    for (const OutputColumn& column : node.outputs) count_[column.id.value] += by;
  }
  bool Read(ColumnId id) const {
    auto found = count_.find(id.value);
    return found != count_.end() && found->second > 0;
  }

 private:
  void AddOwn(const Node& node, int by) {
    ForEachExpr(const_cast<Node&>(node), [&](ExprPtr& e) { AddExpr(*e, by); });
    switch (node.kind) {
      case Kind::kSetOperation:
      case Kind::kRecursive:
        for (const NodePtr& child : node.children) AddOutputs(*child, by);
        break;
      case Kind::kWith:
        AddOutputs(*node.children[0], by);
        break;
      case Kind::kModify:
        AddOutputs(*node.children[0], by);
        break;
      default:
        break;
    }
  }

  std::unordered_map<uint32_t, int> count_;
};

bool MayGo(const logical::Join& join, const Readers& readers) {
  if (join.join_kind != JoinKind::kLeft && join.join_kind != JoinKind::kSingle) return false;
  const Node& right = *join.children[1];
  if (MayFail(*join.predicate) || IsVolatile(*join.predicate) || HasSubquery(*join.predicate)) {
    return false;
  }
  ColumnSet own;
  AddColumns(*join.predicate, &own);
  for (const OutputColumn& column : right.outputs) {
    if (readers.Read(column.id)) return false;
  }
  if (!IsUniqueOver(right, EquatedColumns(*join.predicate, right))) return false;
  return !PlanMayFail(right) && !HasModify(right);
}

/// True when something went.
bool Apply(NodePtr* slot, Readers* readers) {
  bool removed = false;
  while ((*slot)->kind == Kind::kJoin) {
    auto& join = (*slot)->As<logical::Join>();
    if (join.join_kind != JoinKind::kLeft && join.join_kind != JoinKind::kSingle) break;
    // What the join itself and its right side read does not count.
    readers->AddExpr(*join.predicate, -1);
    readers->Add(*join.children[1], -1);
    if (!MayGo(join, *readers)) {
      readers->AddExpr(*join.predicate, 1);
      readers->Add(*join.children[1], 1);
      break;
    }
    NodePtr left = join.children[0];
    *slot = std::move(left);
    removed = true;
  }
  for (NodePtr& child : (*slot)->children) removed |= Apply(&child, readers);
  RefreshOutputs(slot->get());
  return removed;
}

}  // namespace

Status RemoveJoins(RuleContext* context, NodePtr* root) {
  bool left_join = false;
  ForEachNode(**root, [&](Node& node) {
    if (node.kind != Kind::kJoin) return;
    const JoinKind kind = node.As<logical::Join>().join_kind;
    left_join |= kind == JoinKind::kLeft || kind == JoinKind::kSingle;
  });
  if (!left_join) return Ok();
  Readers readers;
  readers.Add(**root, 1);
  readers.AddOutputs(**root, 1);
  // What only the join read is not read any more.
  if (Apply(root, &readers)) return PruneColumns(context, root);
  return Ok();
}

}  // namespace lathe::optimize
