// Moves conjuncts down to the lowest operator at which their columns are there, those that may fail
// on some row too: PostgreSQL evaluates a qualification at the lowest level that has its columns,
// so it fails on such a row as well, whatever a join above would have removed. Volatile conjuncts
// stay where they are.
#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;
using Conjuncts = std::vector<ExprPtr>;

NodePtr Push(NodePtr node, Conjuncts conjuncts);

void Append(Conjuncts* to, ExprPtr predicate) {
  for (ExprPtr& e : expr::SplitConjuncts(std::move(predicate))) {
    if (!IsConstBool(*e, true)) to->push_back(std::move(e));
  }
}

/// Takes out those that may move below an operator and for which test holds.
template <class F>
Conjuncts Take(Conjuncts* from, F&& test) {
  Conjuncts taken, rest;
  for (ExprPtr& e : *from) {
    const bool movable = !IsVolatile(*e);
    (movable && test(*e) ? taken : rest).push_back(std::move(e));
  }
  *from = std::move(rest);
  return taken;
}

Conjuncts TakeWithin(Conjuncts* from, const ColumnSet& columns) {
  return Take(from, [&](const Expr& e) { return ColumnsOf(e).SubsetOf(columns); });
}

/// above is what stays over the join; predicate conjuncts go where they may.
NodePtr PushJoin(NodePtr node, Conjuncts above) {
  auto& join = node->As<logical::Join>();
  const ColumnSet left = OutputSet(*join.children[0]);
  const ColumnSet right = OutputSet(*join.children[1]);
  Conjuncts on;
  Append(&on, std::move(join.predicate));
  Conjuncts to_left, to_right;
  auto move_all = [](Conjuncts* to, Conjuncts from) {
    for (ExprPtr& e : from) to->push_back(std::move(e));
  };
  switch (join.join_kind) {
    case JoinKind::kInner: {
      if (!join.dependent) {
        // Everything is one list; what cannot go down stays in the predicate.
        move_all(&on, std::move(above));
        above.clear();
        to_left = TakeWithin(&on, left);
        to_right = TakeWithin(&on, right);
        Conjuncts stay;
        for (ExprPtr& e : on) {
          const bool here = !IsVolatile(*e);
          (here ? stay : above).push_back(std::move(e));
        }
        on = std::move(stay);
      } else {
        to_left = TakeWithin(&above, left);
      }
      break;
    }
    case JoinKind::kLeft:
    case JoinKind::kSingle:
      to_left = TakeWithin(&above, left);
      if (!join.dependent) to_right = TakeWithin(&on, right);
      break;
    case JoinKind::kRight:
      to_right = TakeWithin(&above, right);
      to_left = TakeWithin(&on, left);
      break;
    case JoinKind::kFull:
      break;
    case JoinKind::kSemi:
      to_left = TakeWithin(&above, left);
      move_all(&to_left, TakeWithin(&on, left));
      if (!join.dependent) to_right = TakeWithin(&on, right);
      break;
    case JoinKind::kAnti:
      to_left = TakeWithin(&above, left);
      if (!join.dependent) to_right = TakeWithin(&on, right);
      break;
    case JoinKind::kMark:
      to_left = TakeWithin(&above, left);
      // The mark is NULL where a conjunct is; only one that never is can become a filter.
      if (!join.dependent) {
        to_right = Take(&on, [&](const Expr& e) {
          return ColumnsOf(e).SubsetOf(right) && !expr::MayBeNull(e, [&](ColumnId id) {
                   const OutputColumn* column = logical::FindOutput(*join.children[1], id);
                   return !column || column->nullable;
                 });
        });
      }
      break;
  }
  join.predicate = expr::MakeAnd(std::move(on));
  join.children[0] = Push(std::move(join.children[0]), std::move(to_left));
  join.children[1] = Push(std::move(join.children[1]), std::move(to_right));
  RefreshOutputs(&join);
  return MakeFilter(std::move(node), std::move(above));
}

NodePtr PushProject(NodePtr node, Conjuncts conjuncts) {
  auto& project = node->As<logical::Project>();
  Substitution map;
  ColumnSet fixed;  // columns whose expression must not be evaluated twice or earlier
  for (size_t i = 0; i < project.outputs.size(); ++i) {
    const Expr& e = *project.expressions[i];
    if (IsVolatile(e) || FailsOnRows(e) || HasSubquery(e)) fixed.Add(project.outputs[i].id);
    map[project.outputs[i].id.value] = &e;
  }
  Conjuncts down = Take(&conjuncts, [&](const Expr& e) { return !ColumnsOf(e).Intersects(fixed); });
  for (ExprPtr& e : down) Substitute(&e, map);
  // One that may fail goes as well if it only reads columns that are passed through: no row is lost
  // here.
  project.children[0] = Push(std::move(project.children[0]), std::move(down));
  return MakeFilter(std::move(node), std::move(conjuncts));
}

NodePtr PushAggregate(NodePtr node, Conjuncts conjuncts) {
  auto& aggregate = node->As<logical::Aggregate>();
  ColumnSet groups;
  Substitution map;
  for (size_t i = 0; i < aggregate.groups.size(); ++i) {
    if (IsVolatile(*aggregate.groups[i]) || FailsOnRows(*aggregate.groups[i])) continue;
    groups.Add(aggregate.outputs[i].id);
    map[aggregate.outputs[i].id.value] = aggregate.groups[i].get();
  }
  Conjuncts down;
  // Without groups there is a row even for no input.
  if (!aggregate.groups.empty()) down = TakeWithin(&conjuncts, groups);
  for (ExprPtr& e : down) Substitute(&e, map);
  aggregate.children[0] = Push(std::move(aggregate.children[0]), std::move(down));
  return MakeFilter(std::move(node), std::move(conjuncts));
}

NodePtr PushSetOperation(NodePtr node, Conjuncts conjuncts) {
  Conjuncts down = Take(&conjuncts, [](const Expr&) { return true; });
  for (NodePtr& child : node->children) {
    std::vector<ExprPtr> columns;
    Substitution map;
    for (size_t i = 0; i < node->outputs.size(); ++i) {
      columns.push_back(ColumnRef(child->outputs[i]));
      map[node->outputs[i].id.value] = columns.back().get();
    }
    Conjuncts copy;
    for (const ExprPtr& e : down) {
      copy.push_back(e->Clone());
      Substitute(&copy.back(), map);
    }
    const std::vector<OutputColumn> before = child->outputs;
    child = Push(std::move(child), std::move(copy));
  }
  return MakeFilter(std::move(node), std::move(conjuncts));
}

/// Below a window only whole partitions may disappear.
NodePtr PushWindow(NodePtr node, Conjuncts conjuncts) {
  ColumnSet partition;
  for (const ExprPtr& e : node->As<logical::Window>().partition) {
    if (e->kind == expr::Kind::kColumn) partition.Add(e->column);
  }
  Conjuncts down = Take(&conjuncts, [&](const Expr& e) {
    const ColumnSet columns = ColumnsOf(e);
    return !columns.Empty() && columns.SubsetOf(partition);
  });
  node->children[0] = Push(std::move(node->children[0]), std::move(down));
  RefreshOutputs(node.get());
  return MakeFilter(std::move(node), std::move(conjuncts));
}

/// Returns node with the conjuncts applied to its rows.
NodePtr Push(NodePtr node, Conjuncts conjuncts) {
  for (const ExprPtr& e : conjuncts) {
    // No row passes.
    if (IsConstNotTrue(*e) && !HasModify(*node)) return MakeEmpty(node->outputs);
  }
  switch (node->kind) {
    case Kind::kFilter: {
      Conjuncts all;
      Append(&all, std::move(node->As<logical::Filter>().predicate));
      for (ExprPtr& e : conjuncts) all.push_back(std::move(e));
      return Push(std::move(node->children[0]), std::move(all));
    }
    case Kind::kProject:
      return PushProject(std::move(node), std::move(conjuncts));
    case Kind::kJoin:
      return PushJoin(std::move(node), std::move(conjuncts));
    case Kind::kAggregate:
      return PushAggregate(std::move(node), std::move(conjuncts));
    case Kind::kSetOperation:
      return PushSetOperation(std::move(node), std::move(conjuncts));
    case Kind::kSort:
      node->children[0] = Push(std::move(node->children[0]), std::move(conjuncts));
      RefreshOutputs(node.get());
      return node;
    case Kind::kWith:
      node->children[0] = Push(std::move(node->children[0]), {});
      node->children[1] = Push(std::move(node->children[1]), std::move(conjuncts));
      RefreshOutputs(node.get());
      return node;
    case Kind::kLimit:
    case Kind::kModify:
      node->children[0] = Push(std::move(node->children[0]), {});
      RefreshOutputs(node.get());
      return MakeFilter(std::move(node), std::move(conjuncts));
    case Kind::kWindow:
      return PushWindow(std::move(node), std::move(conjuncts));
    case Kind::kTableFunction: {
      // What is asked of the child's columns alone.
      Conjuncts down = TakeWithin(&conjuncts, OutputSet(*node->children[0]));
      node->children[0] = Push(std::move(node->children[0]), std::move(down));
      RefreshOutputs(node.get());
      return MakeFilter(std::move(node), std::move(conjuncts));
    }
    case Kind::kRecursive:
      // A row that is filtered out of the result may lead to one that is not.
      for (NodePtr& child : node->children) child = Push(std::move(child), {});
      return MakeFilter(std::move(node), std::move(conjuncts));
    case Kind::kScan:
    case Kind::kValues:
    case Kind::kCteScan:
      return MakeFilter(std::move(node), std::move(conjuncts));
  }
  return node;
}

}  // namespace

Status PushPredicates(RuleContext*, NodePtr* root) {
  *root = Push(std::move(*root), {});
  return Ok();
}

}  // namespace lathe::optimize
