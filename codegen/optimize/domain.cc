// Unnesting in general (Neumann, Kemper: Unnesting Arbitrary Queries, BTW 2015, section 3). For a
// dependent join L and R:
//
//   L'   := L, computed once (a common table expression)
//   D    := the distinct values in L' of the columns that R reads
//   R'   := D joined with R, with D pushed down until no operator reads outer columns; R' has a
//   copy of D's columns join := L' join R' on the join's predicate and L'.d IS NOT DISTINCT FROM
//   R'.d
//
// Pushing D below an operator keeps this invariant: for each value d of D, the rows of the
// rewritten operator with D's columns = d are the rows that the original operator gives when its
// outer columns are d.
#include "codegen/optimize/unnest.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

/// A rewritten operator and which of its outputs hold D's columns, in D's order.
struct Pushed {
  NodePtr node;
  std::vector<OutputColumn> columns;
};

class Domain {
 public:
  /// cte: the common table expression of D; source its columns.
  /// guarded: nothing that may fail is evaluated when D is empty.
  Domain(RuleContext* context, uint32_t cte, std::vector<OutputColumn> outer,
         std::vector<ColumnId> source, bool guarded)
      : context_(context),
        cte_(cte),
        columns_(std::move(outer)),
        source_(std::move(source)),
        guarded_(guarded) {
    for (const OutputColumn& column : columns_) outer_.Add(column.id);
  }

  Result<Pushed> Push(NodePtr node) {
    if (!Depends(*node)) return Cross(Instance(), std::move(node));
    switch (node->kind) {
      case Kind::kFilter: {
        LATHE_ASSIGN(Pushed child, Push(node->children[0]));
        ExprPtr predicate = std::move(node->As<logical::Filter>().predicate);
        Replace(&predicate, child.columns);
        std::vector<ExprPtr> conjuncts;
        conjuncts.push_back(std::move(predicate));
        return Pushed{MakeFilter(std::move(child.node), std::move(conjuncts)), child.columns};
      }
      case Kind::kProject:
        return PushProject(std::move(node));
      case Kind::kValues:
        return PushValues(node);
      case Kind::kJoin:
        return PushJoin(std::move(node));
      case Kind::kAggregate:
        return PushAggregate(std::move(node));
      case Kind::kSort:
        // The order of a subquery's rows means nothing without a limit, which takes it along.
        return Push(node->children[0]);
      case Kind::kLimit:
        return PushLimit(node);
      case Kind::kWindow: {
        LATHE_ASSIGN(Pushed child, Push(node->children[0]));
        node->children[0] = std::move(child.node);
        ForEachExpr(*node, [&](ExprPtr& e) { Replace(&e, child.columns); });
        for (const OutputColumn& column : child.columns) {
          node->As<logical::Window>().partition.push_back(ColumnRef(column));
        }
        RefreshOutputs(node.get());
        return Pushed{std::move(node), std::move(child.columns)};
      }
      case Kind::kTableFunction: {
        LATHE_ASSIGN(Pushed child, Push(node->children[0]));
        node->children[0] = std::move(child.node);
        ForEachExpr(*node, [&](ExprPtr& e) { Replace(&e, child.columns); });
        RefreshOutputs(node.get());
        return Pushed{std::move(node), std::move(child.columns)};
      }
      case Kind::kRecursive:
        return PushRecursive(std::move(node));
      case Kind::kSetOperation:
        return PushSetOperation(std::move(node));
      case Kind::kWith:
        return PushWith(std::move(node));
      case Kind::kCteScan:
        return PushCteScan(std::move(node));
      case Kind::kScan:
      case Kind::kModify:
        break;
    }
    return NotSupported("a correlated subquery of this form");
  }

  /// l.d IS NOT DISTINCT FROM r.d for all of D's columns, added to the conjuncts. False when a type
  /// has no equality.
  static bool Tie(const std::vector<OutputColumn>& l, const std::vector<OutputColumn>& r,
                  std::vector<ExprPtr>* conjuncts) {
    for (size_t i = 0; i < l.size(); ++i) {
      ExprPtr e = l[i].nullable || r[i].nullable ? MakeNotDistinct(ColumnRef(l[i]), ColumnRef(r[i]))
                                                 : MakeEqual(ColumnRef(l[i]), ColumnRef(r[i]));
      if (!e) return false;
      conjuncts->push_back(std::move(e));
    }
    return true;
  }

 private:
  bool Depends(Node& node) {
    if (guarded_ && !node.children.empty() && PlanMayFail(node)) return true;
    if (guarded_ && node.kind == Kind::kValues && PlanMayFail(node)) return true;
    if (FreeColumns(node).Intersects(outer_)) return true;
    bool found = false;
    if (!dependent_ctes_.empty()) {
      ForEachNode(node, [&](Node& n) {
        if (n.kind == Kind::kCteScan)
          found |= dependent_ctes_.count(n.As<logical::CteScan>().cte) > 0;
      });
    }
    return found;
  }

  /// A new scan of D.
  Pushed Instance() {
    auto scan = std::make_shared<logical::CteScan>();
    scan->cte = cte_;
    scan->name = "domain";
    scan->source = source_;
    for (const OutputColumn& column : columns_)
      scan->outputs.push_back(NewColumn(context_, column));
    std::vector<OutputColumn> outputs = scan->outputs;
    return {std::move(scan), std::move(outputs)};
  }

  static Pushed Cross(Pushed instance, NodePtr node) {
    NodePtr join =
        MakeJoin(JoinKind::kInner, std::move(instance.node), std::move(node), expr::MakeBool(true));
    return {std::move(join), std::move(instance.columns)};
  }

  /// Reads D's columns in place of the outer ones.
  void Replace(ExprPtr* e, const std::vector<OutputColumn>& columns) const {
    std::vector<ExprPtr> refs;
    Substitution map;
    for (size_t i = 0; i < columns.size(); ++i) {
      refs.push_back(ColumnRef(columns[i]));
      map[columns_[i].id.value] = refs.back().get();
    }
    Substitute(e, map);
  }

  static Error NoEquality() {
    return NotSupported("a correlated subquery over columns without an equality operator");
  }

  Result<Pushed> PushProject(NodePtr node) {
    auto& project = node->As<logical::Project>();
    LATHE_ASSIGN(Pushed child, Push(project.children[0]));
    for (ExprPtr& e : project.expressions) Replace(&e, child.columns);
    project.children[0] = std::move(child.node);
    for (const OutputColumn& column : child.columns) {
      project.expressions.push_back(ColumnRef(column));
      project.outputs.push_back(column);
    }
    return Pushed{std::move(node), std::move(child.columns)};
  }

  /// Rows that are computed from outer columns: a projection of D for each, all together.
  Result<Pushed> PushValues(const NodePtr& node) {
    auto& values = node->As<logical::Values>();
    std::vector<NodePtr> parts;
    std::vector<OutputColumn> columns;
    const bool single = values.rows.size() == 1;
    for (auto& row : values.rows) {
      Pushed instance = Instance();
      auto project = std::make_shared<logical::Project>();
      for (size_t i = 0; i < row.size(); ++i) {
        Replace(&row[i], instance.columns);
        project->expressions.push_back(std::move(row[i]));
        project->outputs.push_back(single ? values.outputs[i]
                                          : NewColumn(context_, values.outputs[i]));
      }
      for (const OutputColumn& column : instance.columns) {
        project->expressions.push_back(ColumnRef(column));
        project->outputs.push_back(column);
      }
      columns = instance.columns;
      project->children.push_back(std::move(instance.node));
      parts.push_back(std::move(project));
    }
    if (single) return Pushed{std::move(parts[0]), std::move(columns)};
    auto all = std::make_shared<logical::SetOperation>();
    all->all = true;
    all->outputs = values.outputs;
    for (OutputColumn& column : columns) {
      column = NewColumn(context_, column);
      all->outputs.push_back(column);
    }
    all->children = std::move(parts);
    return Pushed{std::move(all), std::move(columns)};
  }

  Result<Pushed> PushJoin(NodePtr node) {
    auto& join = node->As<logical::Join>();
    if (join.join_kind == JoinKind::kRight) {
      std::swap(join.children[0], join.children[1]);
      join.join_kind = JoinKind::kLeft;
    }
    const bool in_left = Depends(*join.children[0]);
    const bool in_right = Depends(*join.children[1]);
    const bool full = join.join_kind == JoinKind::kFull;
    const bool inner = join.join_kind == JoinKind::kInner;
    Pushed left, right;
    // The preserved side always gets D: its rows must be there for every value.
    const bool push_left = in_left || !inner || !in_right;
    const bool push_right = in_right || full;
    if (push_left) {
      LATHE_ASSIGN(left, Push(join.children[0]));
      join.children[0] = left.node;
    }
    if (push_right) {
      LATHE_ASSIGN(right, Push(join.children[1]));
      join.children[1] = right.node;
    }
    std::vector<OutputColumn> columns = push_left ? left.columns : right.columns;
    std::vector<ExprPtr> conjuncts;
    ExprPtr predicate = std::move(join.predicate);
    Replace(&predicate, columns);
    if (!IsConstBool(*predicate, true)) conjuncts.push_back(std::move(predicate));
    if (push_left && push_right && !Tie(left.columns, right.columns, &conjuncts)) {
      return NoEquality();
    }
    join.predicate = expr::MakeAnd(std::move(conjuncts));
    RefreshOutputs(&join);
    if (!full) return Pushed{std::move(node), std::move(columns)};
    // Whichever side has a row knows the value.
    auto project = std::make_shared<logical::Project>();
    for (const OutputColumn& column : join.outputs) {
      project->expressions.push_back(ColumnRef(column));
      project->outputs.push_back(column);
    }
    for (size_t i = 0; i < columns.size(); ++i) {
      auto coalesce = std::make_unique<Expr>(expr::Kind::kCoalesce, columns[i].type);
      coalesce->children.push_back(ColumnRef(left.columns[i]));
      coalesce->children.push_back(ColumnRef(right.columns[i]));
      columns[i] = NewColumn(context_, columns[i]);
      project->expressions.push_back(std::move(coalesce));
      project->outputs.push_back(columns[i]);
    }
    project->children.push_back(std::move(node));
    return Pushed{std::move(project), std::move(columns)};
  }

  Result<Pushed> PushAggregate(NodePtr node) {
    auto& aggregate = node->As<logical::Aggregate>();
    const bool scalar = aggregate.groups.empty();
    LATHE_ASSIGN(Pushed child, Push(aggregate.children[0]));
    aggregate.children[0] = std::move(child.node);
    ForEachExpr(aggregate, [&](ExprPtr& e) { Replace(&e, child.columns); });
    std::vector<OutputColumn> columns;
    size_t place = aggregate.groups.size();
    for (const OutputColumn& column : child.columns) {
      aggregate.groups.push_back(ColumnRef(column));
      columns.push_back(NewColumn(context_, column));
      aggregate.outputs.insert(aggregate.outputs.begin() + place++, columns.back());
    }
    if (!scalar) return Pushed{std::move(node), std::move(columns)};
    // One row for every value of D, also where nothing was aggregated.
    Pushed all = Instance();
    auto project = std::make_shared<logical::Project>();
    for (logical::AggregateCall& call : aggregate.calls) {
      const OutputColumn old = call.output;
      call.output = NewColumn(context_, old);
      call.output.nullable = true;
      project->expressions.push_back(ValueOrEmpty(call, call.output));
      project->outputs.push_back(old);
      aggregate.outputs[place++] = call.output;
    }
    for (const OutputColumn& column : all.columns) {
      project->expressions.push_back(ColumnRef(column));
      project->outputs.push_back(column);
    }
    std::vector<ExprPtr> conjuncts;
    if (!Tie(all.columns, columns, &conjuncts)) return NoEquality();
    project->children.push_back(MakeJoin(JoinKind::kLeft, std::move(all.node), std::move(node),
                                         expr::MakeAnd(std::move(conjuncts))));
    return Pushed{std::move(project), std::move(all.columns)};
  }

  /// The first rows for each value of D: by their numbers.
  Result<Pushed> PushLimit(const NodePtr& node) {
    auto& limit = node->As<logical::Limit>();
    std::vector<logical::SortKey> order = OrderOf(context_, &limit.children[0]);
    LATHE_ASSIGN(Pushed child, Push(limit.children[0]));
    std::vector<ExprPtr> partition;
    for (const OutputColumn& column : child.columns) partition.push_back(ColumnRef(column));
    for (logical::SortKey& key : order) Replace(&key.expression, child.columns);
    const OutputColumn number =
        NumberRows(context_, &child.node, std::move(partition), std::move(order));
    for (ExprPtr* e : {&limit.limit, &limit.offset}) {
      if (*e) Replace(e, child.columns);
    }
    LimitByNumber(&child.node, number, std::move(limit.limit), std::move(limit.offset));
    return child;
  }

  /// Every value of D has a recursion of its own: its columns go round with the rows.
  Result<Pushed> PushRecursive(NodePtr node) {
    auto& recursive = node->As<logical::Recursive>();
    std::vector<OutputColumn> columns;
    for (const OutputColumn& column : columns_) columns.push_back(NewColumn(context_, column));
    for (size_t i = 0; i < 2; ++i) {
      if (i == 1) dependent_ctes_[recursive.working] = columns;
      NodePtr& child = recursive.children[i];
      std::vector<OutputColumn> wanted = child->outputs;
      LATHE_ASSIGN(Pushed pushed, Push(child));
      wanted.insert(wanted.end(), pushed.columns.begin(), pushed.columns.end());
      child = MakePassingProject(std::move(pushed.node), wanted);
    }
    recursive.outputs.insert(recursive.outputs.end(), columns.begin(), columns.end());
    return Pushed{std::move(node), std::move(columns)};
  }

  Result<Pushed> PushSetOperation(NodePtr node) {
    for (NodePtr& child : node->children) {
      std::vector<OutputColumn> wanted = child->outputs;
      LATHE_ASSIGN(Pushed pushed, Push(child));
      wanted.insert(wanted.end(), pushed.columns.begin(), pushed.columns.end());
      child = MakePassingProject(std::move(pushed.node), wanted);
    }
    std::vector<OutputColumn> columns;
    for (const OutputColumn& column : columns_) {
      columns.push_back(NewColumn(context_, column));
      node->outputs.push_back(columns.back());
    }
    return Pushed{std::move(node), std::move(columns)};
  }

  Result<Pushed> PushWith(NodePtr node) {
    auto& with = node->As<logical::With>();
    if (Depends(*with.children[0])) {
      LATHE_ASSIGN(Pushed definition, Push(with.children[0]));
      with.children[0] = std::move(definition.node);
      dependent_ctes_[with.cte] = std::move(definition.columns);
    }
    LATHE_ASSIGN(Pushed body, Push(with.children[1]));
    with.children[1] = std::move(body.node);
    RefreshOutputs(&with);
    return Pushed{std::move(node), std::move(body.columns)};
  }

  Result<Pushed> PushCteScan(NodePtr node) {
    auto& scan = node->As<logical::CteScan>();
    std::vector<OutputColumn> columns;
    for (const OutputColumn& source : dependent_ctes_[scan.cte]) {
      scan.source.push_back(source.id);
      columns.push_back(NewColumn(context_, source));
      scan.outputs.push_back(columns.back());
    }
    return Pushed{std::move(node), std::move(columns)};
  }

  RuleContext* context_;
  uint32_t cte_;
  std::vector<OutputColumn> columns_;  // of the outer query
  std::vector<ColumnId> source_;       // of D's definition, in the same order
  const bool guarded_;
  ColumnSet outer_;
  // Common table expressions of the subquery that depend on D: where their definitions hold D's
  // columns.
  std::unordered_map<uint32_t, std::vector<OutputColumn>> dependent_ctes_;
};

/// Gives every column that the tree produces a new id, in producers and readers; returns old to
/// new.
std::unordered_map<uint32_t, ColumnId> RenameAll(RuleContext* context, Node* tree) {
  std::unordered_map<uint32_t, ColumnId> names;
  auto rename = [&](ColumnId* id) {
    auto found = names.find(id->value);
    if (found != names.end()) *id = found->second;
  };
  ForEachNode(*tree, [&](Node& node) {
    for (OutputColumn& column : node.outputs) {
      ColumnId& id = names[column.id.value];
      if (!id) id = context->ids->Next();
    }
  });
  std::function<void(Expr*)> in_expr = [&](Expr* e) {
    if (e->kind == expr::Kind::kColumn) rename(&e->column);
    for (ExprPtr& child : e->children) in_expr(child.get());
  };
  ForEachNode(*tree, [&](Node& node) {
    for (OutputColumn& column : node.outputs) rename(&column.id);
    ForEachExpr(node, [&](ExprPtr& e) { in_expr(e.get()); });
    logical::ForEachAddedOutput(node, [&](OutputColumn& column) { rename(&column.id); });
    if (node.kind == Kind::kModify) {
      for (ColumnId& id : node.As<logical::Modify>().source) rename(&id);
    }
    if (node.kind == Kind::kCteScan) {
      for (ColumnId& id : node.As<logical::CteScan>().source) rename(&id);
    }
  });
  return names;
}

}  // namespace

NodePtr MakeWith(uint32_t cte, std::string name, NodePtr definition, NodePtr body) {
  auto with = std::make_shared<logical::With>();
  with->cte = cte;
  with->name = std::move(name);
  with->outputs = body->outputs;
  with->children.push_back(std::move(definition));
  with->children.push_back(std::move(body));
  return with;
}

std::shared_ptr<logical::CteScan> ShareAs(RuleContext* context, const NodePtr& definition,
                                          std::string name) {
  auto scan = std::make_shared<logical::CteScan>();
  scan->cte = context->next_cte++;
  scan->name = std::move(name);
  scan->outputs = definition->outputs;
  auto names = RenameAll(context, definition.get());
  for (const OutputColumn& column : scan->outputs) scan->source.push_back(names[column.id.value]);
  return scan;
}

std::shared_ptr<logical::CteScan> ScanAgain(RuleContext* context, const logical::CteScan& scan) {
  auto again = std::make_shared<logical::CteScan>();
  again->cte = scan.cte;
  again->name = scan.name;
  again->source = scan.source;
  for (const OutputColumn& column : scan.outputs) {
    again->outputs.push_back(NewColumn(context, column));
  }
  return again;
}

OutputColumn NumberRows(RuleContext* context, NodePtr* plan, std::vector<ExprPtr> partition,
                        std::vector<logical::SortKey> order) {
  OutputColumn number{context->ids->Next(), "row_number", types::Type(types::TypeId::kInt8), false};
  auto window = std::make_shared<logical::Window>();
  window->partition = std::move(partition);
  window->order = std::move(order);
  logical::WindowCall call;
  call.output = number;
  call.function = func::WindowFunctionsNamed("row_number")[0];
  window->calls.push_back(std::move(call));
  window->children.push_back(std::move(*plan));
  RefreshOutputs(window.get());
  *plan = std::move(window);
  return number;
}

void LimitByNumber(NodePtr* plan, const OutputColumn& number, ExprPtr limit, ExprPtr offset) {
  auto zero = [] { return expr::MakeConst(types::Value::Int8(0)); };
  const auto plain = [](const Expr& e) {
    return e.kind == expr::Kind::kConst && !e.value.is_null() && e.value.AsInt64() >= 0;
  };
  // A Limit that lets everything through remains for its errors: it sees negative counts only.
  auto negative = [&](const ExprPtr& e) -> ExprPtr {
    if (!e || plain(*e) || !expr::IsRuntimeConstant(*e)) return nullptr;
    return MakeWhen(MakeOperator("<", e->Clone(), zero()), e->Clone());
  };
  auto check = std::make_shared<logical::Limit>();
  check->limit = negative(limit);
  check->offset = negative(offset);
  // One that depends on the row is checked where it is compared.
  auto checked = [](ExprPtr e, const char* function) {
    if (!e || e->kind == expr::Kind::kConst || expr::IsRuntimeConstant(*e)) return e;
    std::vector<ExprPtr> args;
    args.push_back(std::move(e));
    return expr::MakeCall(func::FunctionsNamed(function)[0], types::Type(types::TypeId::kInt8),
                          std::move(args));
  };
  limit = checked(std::move(limit), "check_limit");
  offset = checked(std::move(offset), "check_offset");
  std::vector<ExprPtr> conjuncts;
  ExprPtr place = ColumnRef(number);  // after the offset
  if (offset) {
    if (!plain(*offset)) offset = MakeCoalesce(std::move(offset), zero());
    conjuncts.push_back(MakeOperator(">", ColumnRef(number), offset->Clone()));
    // Not limit + offset, which might be too large.
    place = MakeOperator("-", std::move(place), std::move(offset));
  }
  if (limit) {
    const bool null = !plain(*limit);
    ExprPtr copy = limit->Clone();
    ExprPtr within = MakeOperator("<=", std::move(place), std::move(limit));
    if (null) {
      auto either = std::make_unique<Expr>(expr::Kind::kOr, types::Type(types::TypeId::kBool));
      either->children.push_back(MakeUnary(expr::Kind::kIsNull, std::move(copy)));
      either->children.push_back(std::move(within));
      within = std::move(either);
    }
    conjuncts.push_back(std::move(within));
  }
  *plan = MakeFilter(std::move(*plan), std::move(conjuncts));
  if (!check->limit && !check->offset) return;
  check->children.push_back(std::move(*plan));
  RefreshOutputs(check.get());
  *plan = std::move(check);
}

namespace {

/// Outer columns of types without an equality operator (json) are told apart by their texts, from
/// which the right side makes them again.
Status UseTexts(RuleContext* context, logical::Join* join, ColumnSet* outer) {
  auto project = std::make_shared<logical::Project>();
  std::vector<ExprPtr> values;
  Substitution map;
  for (const OutputColumn& column : join->children[0]->outputs) {
    project->outputs.push_back(column);
    project->expressions.push_back(ColumnRef(column));
    if (!outer->Has(column.id) || MakeEqual(ColumnRef(column), ColumnRef(column))) continue;
    OutputColumn text = NewColumn(context, column);
    text.type = types::Type(types::TypeId::kText);
    ExprPtr made = MakeCast(ColumnRef(column), text.type);
    ExprPtr back = made ? MakeCast(ColumnRef(text), column.type) : nullptr;
    if (!back) {
      return NotSupported("a correlated subquery over columns without an equality operator");
    }
    outer->Remove(column.id);
    outer->Add(text.id);
    values.push_back(std::move(back));
    map[column.id.value] = values.back().get();
    project->outputs.push_back(text);
    project->expressions.push_back(std::move(made));
  }
  if (map.empty()) return Ok();
  SubstituteInTree(join->children[1].get(), map);
  project->children.push_back(std::move(join->children[0]));
  join->children[0] = std::move(project);
  RefreshOutputs(join);
  return Ok();
}

}  // namespace

Status UnnestByDomain(RuleContext* context, NodePtr* slot, const ColumnSet& read,
                      const OutputColumn* guard) {
  auto& join = (*slot)->As<logical::Join>();
  ColumnSet outer = read;
  if (guard) outer.Add(guard->id);
  LATHE_TRY(UseTexts(context, &join, &outer));
  NodePtr definition = join.children[0];
  std::shared_ptr<logical::CteScan> scan = ShareAs(context, definition, "outer");

  // D: the distinct outer values.
  std::shared_ptr<logical::CteScan> values = ScanAgain(context, *scan);
  auto distinct = std::make_shared<logical::Aggregate>();
  std::vector<OutputColumn> columns;
  std::vector<ColumnId> source;
  std::vector<ExprPtr> reached;
  for (size_t i = 0; i < scan->outputs.size(); ++i) {
    const OutputColumn& column = scan->outputs[i];
    if (!outer.Has(column.id)) continue;
    columns.push_back(column);
    distinct->groups.push_back(ColumnRef(values->outputs[i]));
    distinct->outputs.push_back(NewColumn(context, column));
    source.push_back(distinct->outputs.back().id);
    if (guard && column.id == guard->id) reached.push_back(ColumnRef(values->outputs[i]));
  }
  distinct->children.push_back(MakeFilter(std::move(values), std::move(reached)));
  const uint32_t domain_cte = context->next_cte++;

  const uint32_t outer_cte = scan->cte;
  join.children[0] = std::move(scan);
  Domain domain(context, domain_cte, columns, source, guard != nullptr);
  LATHE_ASSIGN(Pushed right, domain.Push(join.children[1]));
  std::vector<ExprPtr> conjuncts;
  if (!IsConstBool(*join.predicate, true)) conjuncts.push_back(std::move(join.predicate));
  if (!Domain::Tie(columns, right.columns, &conjuncts)) {
    return NotSupported("a correlated subquery over columns without an equality operator");
  }
  join.predicate = expr::MakeAnd(std::move(conjuncts));
  join.children[1] = std::move(right.node);
  join.dependent = false;
  RefreshOutputs(&join);
  NodePtr body = MakeWith(domain_cte, "domain", std::move(distinct), *slot);
  *slot = MakeWith(outer_cte, "outer", std::move(definition), std::move(body));
  return Ok();
}

}  // namespace lathe::optimize
