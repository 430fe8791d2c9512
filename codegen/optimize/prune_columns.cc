// Drops columns that nobody reads, from the root down. Only operators that make columns (scans,
// VALUES, projections, aggregates, scans of common table expressions) lose outputs here; the others
// follow their children.
#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

class Pruner {
 public:
  /// required: the outputs of node that its parent needs.
  void Prune(Node* node, const ColumnSet& required) {
    switch (node->kind) {
      case Kind::kScan:
        PruneScan(&node->As<logical::Scan>(), required);
        return;
      case Kind::kValues:
        PruneValues(&node->As<logical::Values>(), required);
        return;
      case Kind::kCteScan: {
        auto& scan = node->As<logical::CteScan>();
        KeepOnly(
            node, required, [&](size_t from, size_t to) { scan.source[to] = scan.source[from]; },
            [&](size_t size) { scan.source.resize(size); });
        for (ColumnId id : scan.source) cte_columns_[scan.cte].Add(id);
        return;
      }
      case Kind::kProject: {
        auto& project = node->As<logical::Project>();
        ColumnSet keep = required;
        for (size_t i = 0; i < project.expressions.size(); ++i) {
          if (IsVolatile(*project.expressions[i])) keep.Add(project.outputs[i].id);
        }
        auto& list = project.expressions;
        KeepOnly(
            node, keep, [&](size_t from, size_t to) { list[to] = std::move(list[from]); },
            [&](size_t size) { list.resize(size); });
        PruneChild(node, {});
        return;
      }
      case Kind::kAggregate:
        PruneAggregate(&node->As<logical::Aggregate>(), required);
        PruneChild(node, {});
        return;
      case Kind::kFilter:
      case Kind::kSort:
      case Kind::kLimit:
        PruneChild(node, required);
        RefreshOutputs(node);
        return;
      case Kind::kJoin:
        PruneJoin(&node->As<logical::Join>(), required);
        return;
      case Kind::kSetOperation:
        PruneSetOperation(&node->As<logical::SetOperation>(), required);
        return;
      case Kind::kRecursive:
        // What comes round again may be read by the recursive term: everything stays.
        for (NodePtr& child : node->children) PruneByPosition(&child, OutputSet(*child));
        return;
      case Kind::kWindow:
        PruneWindow(&node->As<logical::Window>(), required);
        return;
      case Kind::kTableFunction:
        PruneChild(node, required);
        RefreshOutputs(node);
        return;
      case Kind::kWith: {
        // The body first: it tells which columns of the definition are read.
        Prune(node->children[1].get(), required);
        Prune(node->children[0].get(), cte_columns_[node->As<logical::With>().cte]);
        RefreshOutputs(node);
        return;
      }
      case Kind::kModify: {
        ColumnSet source;
        if (!node->outputs.empty()) source = required;
        for (ColumnId id : node->As<logical::Modify>().source) {
          if (id) source.Add(id);
        }
        Prune(node->children[0].get(), source);
        RefreshOutputs(node);
        return;
      }
    }
  }

 private:
  /// Compacts outputs to those in required; move(from, to) moves what belongs to an output.
  template <class Move, class Resize>
  static void KeepOnly(Node* node, const ColumnSet& required, Move&& move, Resize&& resize) {
    size_t kept = 0;
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      if (!required.Has(node->outputs[i].id)) continue;
      if (kept != i) {
        node->outputs[kept] = std::move(node->outputs[i]);
        move(i, kept);
      }
      ++kept;
    }
    node->outputs.resize(kept);
    resize(kept);
  }

  /// Prunes the only child to what its parent passes on and what the parent's own expressions read.
  void PruneChild(Node* node, ColumnSet required) {
    ForEachExpr(*node, [&required](ExprPtr& e) { AddColumns(*e, &required); });
    PruneSubqueries(node);
    Prune(node->children[0].get(), required);
  }

  /// A subquery's own plan keeps its outputs; below them it is pruned.
  void PruneSubqueries(Node* node) {
    ForEachExpr(*node, [this](ExprPtr& e) { PruneSubqueriesOf(e.get()); });
  }
  void PruneSubqueriesOf(Expr* e) {
    if (e->kind == expr::Kind::kSubquery) Prune(e->subquery.get(), OutputSet(*e->subquery));
    for (ExprPtr& child : e->children) PruneSubqueriesOf(child.get());
  }

  static void PruneScan(logical::Scan* scan, const ColumnSet& required) {
    KeepOnly(
        scan, required, [&](size_t from, size_t to) { scan->fields[to] = scan->fields[from]; },
        [&](size_t size) { scan->fields.resize(size); });
  }

  static void PruneValues(logical::Values* values, const ColumnSet& required) {
    bool all = true;
    for (const OutputColumn& column : values->outputs) all &= required.Has(column.id);
    if (all) return;
    auto& rows = values->rows;
    KeepOnly(
        values, required,
        [&](size_t from, size_t to) {
          for (auto& row : rows) row[to] = std::move(row[from]);
        },
        [&](size_t size) {
          for (auto& row : rows) row.resize(size);
        });
  }

  static void PruneAggregate(logical::Aggregate* aggregate, const ColumnSet& required) {
    const size_t groups = aggregate->groups.size();
    auto& calls = aggregate->calls;
    size_t kept = 0;
    for (size_t i = 0; i < calls.size(); ++i) {
      if (!required.Has(calls[i].output.id)) continue;
      if (!OrderMatters(calls[i])) calls[i].order.clear();
      if (kept != i) {
        calls[kept] = std::move(calls[i]);
        aggregate->outputs[groups + kept] = std::move(aggregate->outputs[groups + i]);
      }
      ++kept;
    }
    calls.resize(kept);
    aggregate->outputs.resize(groups + kept);
  }

  void PruneJoin(logical::Join* join, ColumnSet required) {
    AddColumns(*join->predicate, &required);
    PruneSubqueriesOf(join->predicate.get());
    if (join->dependent) AddFreeColumns(*join->children[1], &required);
    for (NodePtr& child : join->children) Prune(child.get(), required);
    RefreshOutputs(join);
  }

  /// A child whose parent takes its columns by position: those needed stay, in their order.
  void PruneByPosition(NodePtr* child, const ColumnSet& needed) {
    const std::vector<OutputColumn> before = (*child)->outputs;
    Prune(child->get(), needed);
    std::vector<OutputColumn> wanted;
    for (const OutputColumn& column : before) {
      if (needed.Has(column.id)) wanted.push_back(column);
    }
    bool same = wanted.size() == (*child)->outputs.size();
    for (size_t i = 0; same && i < wanted.size(); ++i) {
      same = wanted[i].id == (*child)->outputs[i].id;
    }
    if (!same) *child = MakePassingProject(std::move(*child), wanted);
  }

  /// Calls that nobody reads go; without any the rows pass unchanged.
  void PruneWindow(logical::Window* window, const ColumnSet& required) {
    std::erase_if(window->calls,
                  [&](const logical::WindowCall& call) { return !required.Has(call.output.id); });
    if (window->calls.empty()) {
      window->partition.clear();
      window->order.clear();
    }
    PruneChild(window, required);
    RefreshOutputs(window);
  }

  void PruneSetOperation(logical::SetOperation* set, const ColumnSet& required) {
    // Distinct rows are told apart by all columns; only UNION ALL can do without some.
    const bool prune = set->operation == logical::SetOperationKind::kUnion && set->all;
    for (NodePtr& child : set->children) {
      ColumnSet needed;
      for (size_t i = 0; i < set->outputs.size(); ++i) {
        if (!prune || required.Has(set->outputs[i].id)) needed.Add(child->outputs[i].id);
      }
      PruneByPosition(&child, needed);
    }
    if (prune) {
      KeepOnly(set, required, [](size_t, size_t) {}, [](size_t) {});
    }
  }

  std::unordered_map<uint32_t, ColumnSet> cte_columns_;  // by cte: what its scans read
};

}  // namespace

Status PruneColumns(RuleContext*, NodePtr* root) {
  Pruner().Prune(root->get(), OutputSet(**root));
  return Ok();
}

}  // namespace lathe::optimize
