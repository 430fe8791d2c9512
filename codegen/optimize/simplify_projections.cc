// Common table expressions with one reference take its place; projections that only pass or rename
// columns disappear, so that joins on both sides of them become neighbours.
#include <set>

#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

/// Puts definitions with a single reference in the place of that reference.
class Inliner {
 public:
  void Run(NodePtr* root) {
    bool any = false;
    ForEachNode(**root, [&](Node& node) {
      if (node.kind == Kind::kCteScan) ++references_[node.As<logical::CteScan>().cte];
      if (node.kind == Kind::kWith && HasModify(*node.children[0])) {
        fixed_.insert(node.As<logical::With>().cte);
      }
      if (node.kind == Kind::kRecursive) {
        // What the recursive term reads of common table expressions outside is computed once.
        ForEachNode(*node.children[1], [&](Node& inner) {
          if (inner.kind == Kind::kCteScan) fixed_.insert(inner.As<logical::CteScan>().cte);
        });
        ForEachNode(*node.children[1], [&](Node& inner) {
          if (inner.kind == Kind::kWith) fixed_.erase(inner.As<logical::With>().cte);
        });
      }
      any |= node.kind == Kind::kWith;
    });
    if (any) Inline(root);
  }

 private:
  void Inline(NodePtr* slot) {
    Node* node = slot->get();
    if (node->kind == Kind::kWith) {
      auto& with = node->As<logical::With>();
      const bool fixed = fixed_.count(with.cte) != 0;
      const int references = references_[with.cte];
      if (references == 0 && !fixed) {
        ForEachNode(*with.children[0], [this](Node& n) {
          if (n.kind == Kind::kCteScan) --references_[n.As<logical::CteScan>().cte];
        });
      }
      if (references <= 1 && !fixed) {
        if (references == 1) {
          Inline(&with.children[0]);
          definitions_[with.cte] = with.children[0];
        }
        NodePtr body = with.children[1];
        *slot = std::move(body);
        Inline(slot);
        return;
      }
    }
    if (node->kind == Kind::kCteScan) {
      auto found = definitions_.find(node->As<logical::CteScan>().cte);
      if (found == definitions_.end()) return;
      *slot = Renamed(node->As<logical::CteScan>(), std::move(found->second));
      definitions_.erase(found);
      return;
    }
    for (NodePtr& child : node->children) Inline(&child);
    RefreshOutputs(node);
  }

  static NodePtr Renamed(const logical::CteScan& scan, NodePtr definition) {
    auto project = std::make_shared<logical::Project>();
    project->outputs = scan.outputs;
    for (size_t i = 0; i < scan.source.size(); ++i) {
      project->expressions.push_back(expr::MakeColumn(scan.source[i], scan.outputs[i].type));
    }
    project->children.push_back(std::move(definition));
    return project;
  }

  std::unordered_map<uint32_t, int> references_;
  std::set<uint32_t> fixed_;  // definitions that stay where they are
  std::unordered_map<uint32_t, NodePtr> definitions_;
};

class Remover {
 public:
  /// positional: the parent relies on the order of the outputs.
  void Run(NodePtr* slot, bool positional) {
    Node* node = slot->get();
    const std::vector<OutputColumn> before = node->outputs;
    for (size_t i = 0; i < node->children.size(); ++i) {
      Run(&node->children[i], TakesChildrenByPosition(*node) || (positional && Passes(*node, i)));
    }
    if (!names_.empty()) Rename(node);
    if (node->kind == Kind::kProject && !positional && OnlyColumns(*node)) {
      for (size_t i = 0; i < node->outputs.size(); ++i) {
        const ColumnId from = node->As<logical::Project>().expressions[i]->column;
        if (node->outputs[i].id != from) names_[node->outputs[i].id.value] = from;
      }
      NodePtr child = node->children[0];
      *slot = std::move(child);
      return;
    }
    if (!positional && !names_.empty()) RenameOutputs(node);
    // Where outputs keep their names, operators above go on using them.
    if (positional && (node->kind == Kind::kProject || node->kind == Kind::kAggregate)) {
      for (const OutputColumn& column : node->outputs) names_.erase(column.id.value);
    }
    RefreshOutputs(node);
    if (positional && node->kind == Kind::kJoin) KeepPositions(slot, before);
  }

  /// Gives the result its columns back where they have been renamed.
  void Restore(NodePtr* root, const std::vector<OutputColumn>& outputs) const {
    if ((*root)->kind == Kind::kModify) return;
    bool same = true;
    for (const OutputColumn& column : outputs)
      same &= logical::FindOutput(**root, column.id) != nullptr;
    if (same) return;
    auto project = std::make_shared<logical::Project>();
    project->outputs = outputs;
    for (const OutputColumn& column : outputs) {
      ColumnId id = column.id;
      RenameId(&id);
      project->expressions.push_back(expr::MakeColumn(id, column.type));
    }
    project->children.push_back(std::move(*root));
    *root = std::move(project);
  }

 private:
  /// A join passes what its inputs now have; above it the columns of before stand in their places.
  void KeepPositions(NodePtr* slot, const std::vector<OutputColumn>& before) {
    const std::vector<OutputColumn>& now = (*slot)->outputs;
    bool same = now.size() == before.size();
    for (size_t i = 0; same && i < now.size(); ++i) same = now[i].id == before[i].id;
    if (same) return;
    auto project = std::make_shared<logical::Project>();
    project->outputs = before;
    for (const OutputColumn& column : before) {
      ColumnId id = column.id;
      RenameId(&id);
      project->expressions.push_back(expr::MakeColumn(id, column.type));
    }
    for (const OutputColumn& column : before) names_.erase(column.id.value);
    project->children.push_back(std::move(*slot));
    *slot = std::move(project);
  }

  /// The operator's outputs are those of its i-th child, in its order.
  static bool Passes(const Node& node, size_t i) {
    return node.kind == Kind::kLimit || node.kind == Kind::kSort || node.kind == Kind::kFilter ||
           node.kind == Kind::kWindow || node.kind == Kind::kTableFunction ||
           (node.kind == Kind::kWith && i == 1);
  }
  static bool OnlyColumns(const Node& node) {
    for (const ExprPtr& e : node.As<logical::Project>().expressions) {
      if (e->kind != expr::Kind::kColumn) return false;
    }
    return true;
  }

  /// A projection or DISTINCT that passes a renamed column passes it under its new name, once.
  void RenameOutputs(Node* node) const {
    std::vector<ExprPtr>* list =
        node->kind == Kind::kProject     ? &node->As<logical::Project>().expressions
        : node->kind == Kind::kAggregate ? &node->As<logical::Aggregate>().groups
                                         : nullptr;
    if (!list) return;
    ColumnSet seen;
    for (size_t i = 0; i < list->size();) {
      ColumnId* id = &node->outputs[i].id;
      RenameId(id);
      if (seen.Has(*id)) {
        list->erase(list->begin() + static_cast<ptrdiff_t>(i));
        node->outputs.erase(node->outputs.begin() + static_cast<ptrdiff_t>(i));
        continue;
      }
      seen.Add(*id);
      ++i;
    }
  }

  void RenameId(ColumnId* id) const {
    auto found = names_.find(id->value);
    if (found != names_.end()) *id = found->second;
  }
  void RenameIn(Expr* e) const {
    if (e->kind == expr::Kind::kColumn) RenameId(&e->column);
    for (ExprPtr& child : e->children) RenameIn(child.get());
  }
  void Rename(Node* node) const {
    ForEachExpr(*node, [this](ExprPtr& e) { RenameIn(e.get()); });
    if (node->kind == Kind::kModify) {
      for (ColumnId& id : node->As<logical::Modify>().source) RenameId(&id);
    }
    if (node->kind == Kind::kCteScan) {
      for (ColumnId& id : node->As<logical::CteScan>().source) RenameId(&id);
    }
  }

  std::unordered_map<uint32_t, ColumnId>
      names_;  // id given by a removed projection -> what it stood for
};

}  // namespace

Status SimplifyProjections(RuleContext*, NodePtr* root) {
  Inliner().Run(root);
  const std::vector<OutputColumn> outputs = (*root)->outputs;
  Remover remover;
  remover.Run(root, true);
  remover.Restore(root, outputs);
  return Ok();
}

}  // namespace lathe::optimize
