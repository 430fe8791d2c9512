// GROUPING SETS, ROLLUP and CUBE: the input is computed once (a common table expression), each set
// becomes a plain aggregate over it, and UNION ALL puts their rows together. Before that,
// aggregates whose result depends on the order of their rows get that order written down where the
// input has one.
#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"
#include "codegen/optimize/unnest.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

class Expansion {
 public:
  Expansion(RuleContext* context, logical::Aggregate* aggregate)
      : context_(context), aggregate_(*aggregate) {}

  NodePtr Run() {
    if (aggregate_.sets.size() == 1) return Branch(aggregate_.children[0], 0, {});
    NodePtr definition = Definition();
    const uint32_t cte = context_->next_cte++;
    auto all = std::make_shared<logical::SetOperation>();
    all->all = true;
    all->outputs = aggregate_.outputs;
    for (OutputColumn& column : all->outputs) column.nullable = true;
    for (size_t set = 0; set < aggregate_.sets.size(); ++set) {
      auto scan = std::make_shared<logical::CteScan>();
      scan->cte = cte;
      scan->name = "grouped";
      std::vector<ExprPtr> columns;
      Substitution map;
      for (const OutputColumn& column : definition->outputs) {
        scan->source.push_back(column.id);
        scan->outputs.push_back(NewColumn(context_, column));
        columns.push_back(ColumnRef(scan->outputs.back()));
        map[column.id.value] = columns.back().get();
      }
      NodePtr branch = Branch(std::move(scan), set, map);
      // Each column has one producer.
      for (OutputColumn& column : branch->outputs) column = NewColumn(context_, column);
      all->children.push_back(std::move(branch));
    }
    auto with = std::make_shared<logical::With>();
    with->cte = cte;
    with->name = "grouped";
    with->outputs = all->outputs;
    with->children = {std::move(definition), std::move(all)};
    return with;
  }

 private:
  /// The columns that groups and calls read; groups that are more than a column and whatever holds
  /// a subquery are computed here, once.
  NodePtr Definition() {
    auto project = std::make_shared<logical::Project>();
    const NodePtr& child = aggregate_.children[0];
    const ColumnSet available = OutputSet(*child);
    auto compute = [&](ExprPtr* e, const char* name) {
      OutputColumn column;
      column.id = context_->ids->Next();
      column.name = name;
      column.type = (*e)->type;
      project->expressions.push_back(std::move(*e));
      project->outputs.push_back(column);
      *e = ColumnRef(column);
    };
    for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
      ExprPtr& e = aggregate_.groups[i];
      const bool column = e->kind == expr::Kind::kColumn && available.Has(e->column);
      if (!column) compute(&e, aggregate_.outputs[i].name.c_str());
    }
    for (logical::AggregateCall& call : aggregate_.calls) {
      if (call.filter && HasSubquery(*call.filter)) compute(&call.filter, "filter");
      for (ExprPtr& e : call.args) {
        if (HasSubquery(*e)) compute(&e, "argument");
      }
      for (logical::SortKey& key : call.order) {
        if (HasSubquery(*key.expression)) compute(&key.expression, "key");
      }
    }
    ColumnSet read;
    ForEachExpr(aggregate_, [&](ExprPtr& e) { AddColumns(*e, &read); });
    for (const OutputColumn& column : child->outputs) {
      if (!read.Has(column.id)) continue;
      project->expressions.push_back(ColumnRef(column));
      project->outputs.push_back(column);
    }
    project->children.push_back(child);
    return project;
  }

  /// The rows of one set over input; map: what the columns are called there.
  NodePtr Branch(NodePtr input, size_t set, const Substitution& map) {
    auto copy = std::static_pointer_cast<logical::Aggregate>(logical::CloneOperator(aggregate_));
    ForEachExpr(*copy, [&map](ExprPtr& e) { Substitute(&e, map); });
    auto grouped = std::make_shared<logical::Aggregate>();
    auto project = std::make_shared<logical::Project>();
    project->outputs = aggregate_.outputs;
    project->expressions.resize(project->outputs.size());
    for (uint32_t group : aggregate_.sets[set]) {
      grouped->outputs.push_back(NewColumn(context_, aggregate_.outputs[group]));
      project->expressions[group] = ColumnRef(grouped->outputs.back());
      grouped->groups.push_back(std::move(copy->groups[group]));
    }
    for (size_t i = 0; i < aggregate_.groups.size(); ++i) {
      project->outputs[i].nullable = true;
      if (project->expressions[i]) continue;
      project->expressions[i] = expr::MakeConst(types::Value::Null(project->outputs[i].type));
    }
    for (size_t i = 0; i < copy->calls.size(); ++i) {
      logical::AggregateCall& call = copy->calls[i];
      call.output = NewColumn(context_, call.output);
      grouped->outputs.push_back(call.output);
      project->expressions[aggregate_.groups.size() + i] = ColumnRef(call.output);
    }
    grouped->calls = std::move(copy->calls);
    project->expressions.back() = expr::MakeConst(types::Value::Int4(static_cast<int32_t>(set)));
    grouped->children.push_back(std::move(input));
    project->children.push_back(std::move(grouped));
    return project;
  }

  RuleContext* context_;
  logical::Aggregate& aggregate_;
};

/// array_agg(x) over a sorted subquery is array_agg(x ORDER BY ...): the order outlives rewrites
/// that do not keep the order of rows.
void WriteDownOrder(RuleContext* context, logical::Aggregate* aggregate) {
  bool wanted = false;
  auto takes = [](const logical::AggregateCall& call) {
    return call.function->order_matters && call.order.empty() && !call.distinct;
  };
  for (const logical::AggregateCall& call : aggregate->calls) wanted |= takes(call);
  if (!wanted) return;
  const std::vector<logical::SortKey> keys = OrderOf(context, &aggregate->children[0]);
  for (logical::AggregateCall& call : aggregate->calls) {
    if (!takes(call)) continue;
    for (const logical::SortKey& key : keys) {
      call.order.push_back({key.expression->Clone(), key.descending, key.nulls_first});
    }
  }
}

void Expand(RuleContext* context, NodePtr* slot) {
  for (NodePtr& child : (*slot)->children) Expand(context, &child);
  ForEachExpr(**slot, [context](ExprPtr& e) {
    if (!HasSubquery(*e)) return;
    e = expr::Rewrite(std::move(e), [context](ExprPtr part) {
      if (part->kind == expr::Kind::kSubquery) Expand(context, &part->subquery);
      return part;
    });
  });
  RefreshOutputs(slot->get());
  if ((*slot)->kind != Kind::kAggregate) return;
  auto& aggregate = (*slot)->As<logical::Aggregate>();
  WriteDownOrder(context, &aggregate);
  if (aggregate.sets.empty()) return;
  NodePtr expanded = Expansion(context, &aggregate).Run();
  *slot = std::move(expanded);
}

}  // namespace

std::vector<logical::SortKey> OrderOf(RuleContext* context, NodePtr* plan) {
  Node* node = plan->get();
  switch (node->kind) {
    case Kind::kSort: {
      std::vector<logical::SortKey> keys;
      for (const logical::SortKey& key : node->As<logical::Sort>().keys) {
        keys.push_back({key.expression->Clone(), key.descending, key.nulls_first});
      }
      return keys;
    }
    case Kind::kLimit:
    case Kind::kFilter: {
      std::vector<logical::SortKey> keys = OrderOf(context, &node->children[0]);
      RefreshOutputs(node);
      return keys;
    }
    case Kind::kWith: {
      std::vector<logical::SortKey> keys = OrderOf(context, &node->children[1]);
      RefreshOutputs(node);
      return keys;
    }
    case Kind::kProject: {
      // Keys that are no outputs yet are passed on.
      auto& project = node->As<logical::Project>();
      std::vector<logical::SortKey> keys = OrderOf(context, &project.children[0]);
      for (logical::SortKey& key : keys) {
        const OutputColumn* place = nullptr;
        for (size_t i = 0; i < project.outputs.size() && !place; ++i) {
          if (expr::Equal(*project.expressions[i], *key.expression)) place = &project.outputs[i];
        }
        if (!place) {
          OutputColumn column;
          column.id = context->ids->Next();
          if (key.expression->kind == expr::Kind::kColumn) column.id = key.expression->column;
          column.name = "key";
          column.type = key.expression->type;
          project.expressions.push_back(std::move(key.expression));
          project.outputs.push_back(column);
          place = &project.outputs.back();
        }
        key.expression = ColumnRef(*place);
      }
      return keys;
    }
    default:
      return {};
  }
}

Status ExpandGroupingSets(RuleContext* context, NodePtr* root) {
  Expand(context, root);
  return Ok();
}

}  // namespace lathe::optimize
