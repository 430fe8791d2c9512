// Aggregation before the join (Yan, Larson: Eager Aggregation and Lazy Aggregation, VLDB 1995; the
// case that Moerkotte and Neumann call a groupjoin, PVLDB 2011): where every group is one row of
// the left side and the calls read the right side only, the right side is grouped by its join keys
// and then joined. Rows that would find no partner are aggregated in vain, so it is done only where
// most rows find one and grouping leaves few.
#include "codegen/optimize/estimate.h"
#include "codegen/optimize/keys.h"
#include "codegen/optimize/rules.h"
#include "codegen/optimize/unnest.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

constexpr double kPartnersMin = 0.7;  // joined rows per right row
constexpr double kGroupsMax = 0.5;    // groups per right row

/// The right-hand columns of a predicate that consists of equalities of one column of each side.
bool JoinColumns(const logical::Join& join, std::vector<ColumnId>* left,
                 std::vector<ColumnId>* right) {
  std::vector<const Expr*> conjuncts;
  if (join.predicate->kind == expr::Kind::kAnd) {
    for (const ExprPtr& e : join.predicate->children) conjuncts.push_back(e.get());
  } else {
    conjuncts.push_back(join.predicate.get());
  }
  for (const Expr* e : conjuncts) {
    if (!IsComparison(*e, "=")) return false;
    const Expr *a = e->children[0].get(), *b = e->children[1].get();
    if (a->kind != expr::Kind::kColumn || b->kind != expr::Kind::kColumn) return false;
    if (!SameValues(a->type, b->type)) return false;
    if (!logical::FindOutput(*join.children[0], a->column)) std::swap(a, b);
    if (!logical::FindOutput(*join.children[0], a->column) ||
        !logical::FindOutput(*join.children[1], b->column)) {
      return false;
    }
    left->push_back(a->column);
    right->push_back(b->column);
  }
  return true;
}

class Pusher {
 public:
  explicit Pusher(RuleContext* context) : context_(context) {}

  void Run(NodePtr* slot) {
    for (NodePtr& child : (*slot)->children) Run(&child);
    if ((*slot)->kind != Kind::kAggregate) return;
    auto& aggregate = (*slot)->As<logical::Aggregate>();
    // Projections that only pass columns hide the join before simplification only.
    if (aggregate.children[0]->kind != Kind::kJoin) return;
    auto& join = aggregate.children[0]->As<logical::Join>();
    if (Possible(aggregate, join) && Pays(aggregate, join)) *slot = Push(&aggregate, &join);
  }

 private:
  bool Possible(const logical::Aggregate& aggregate, const logical::Join& join) {
    if (join.dependent || aggregate.calls.empty() || aggregate.groups.empty()) return false;
    if (join.join_kind != JoinKind::kInner && join.join_kind != JoinKind::kLeft) return false;
    left_.clear();
    right_.clear();
    if (!JoinColumns(join, &left_, &right_)) return false;
    ColumnSet groups;
    for (const ExprPtr& e : aggregate.groups) {
      if (e->kind != expr::Kind::kColumn) return false;
      if (!logical::FindOutput(*join.children[0], e->column)) return false;
      groups.Add(e->column);
    }
    if (!IsUniqueOver(*join.children[0], groups)) return false;
    const ColumnSet right = OutputSet(*join.children[1]);
    for (const logical::AggregateCall& call : aggregate.calls) {
      const func::AggregateKind kind = call.function->kind;
      if (kind == func::AggregateKind::kGeneric || call.function->within_group) return false;
      std::vector<const Expr*> parts;
      for (const ExprPtr& e : call.args) parts.push_back(e.get());
      if (call.filter) parts.push_back(call.filter.get());
      ColumnSet read;
      for (const Expr* e : parts) {
        if (FailsOnRows(*e) || IsVolatile(*e)) return false;
        AddColumns(*e, &read);
      }
      if (!read.SubsetOf(right)) return false;
      // A row of NULLs in place of a missing partner must not count.
      if (join.join_kind == JoinKind::kLeft && !NothingForNulls(call, right)) return false;
    }
    return true;
  }

  /// The call gives for one row of NULLs what it gives for none.
  static bool NothingForNulls(const logical::AggregateCall& call, const ColumnSet& right) {
    if (call.filter || call.args.size() != 1 || !call.function->strict) return false;
    const Expr& e = *call.args[0];
    return e.kind == expr::Kind::kColumn && right.Has(e.column);
  }

  bool Pays(const logical::Aggregate& aggregate, const logical::Join& join) {
    Estimator estimator(*context_->options);
    const double joined = estimator.Rows(join);
    const double rows = estimator.Rows(*join.children[1]);
    double groups = 1;
    for (ColumnId id : right_) {
      const OutputColumn* column = logical::FindOutput(*join.children[1], id);
      groups *= estimator.Distinct(*ColumnRef(*column), rows);
    }
    return joined >= kPartnersMin * rows && groups <= kGroupsMax * rows;
  }

  NodePtr Push(logical::Aggregate* aggregate, logical::Join* join) {
    auto grouped = std::make_shared<logical::Aggregate>();
    auto project = std::make_shared<logical::Project>();
    project->outputs = aggregate->outputs;
    for (ExprPtr& e : aggregate->groups) project->expressions.push_back(std::move(e));
    std::vector<ExprPtr> conjuncts;
    for (size_t i = 0; i < right_.size(); ++i) {
      const OutputColumn* right = logical::FindOutput(*join->children[1], right_[i]);
      const OutputColumn* left = logical::FindOutput(*join->children[0], left_[i]);
      grouped->groups.push_back(ColumnRef(*right));
      grouped->outputs.push_back(NewColumn(context_, *right));
      conjuncts.push_back(MakeEqual(ColumnRef(*left), ColumnRef(grouped->outputs.back())));
    }
    const bool outer = join->join_kind == JoinKind::kLeft;
    for (logical::AggregateCall& call : aggregate->calls) {
      call.output = NewColumn(context_, call.output);
      project->expressions.push_back(outer ? ValueOrEmpty(call, call.output)
                                           : ColumnRef(call.output));
      grouped->outputs.push_back(call.output);
    }
    grouped->calls = std::move(aggregate->calls);
    grouped->children.push_back(join->children[1]);
    project->children.push_back(MakeJoin(join->join_kind, join->children[0], std::move(grouped),
                                         expr::MakeAnd(std::move(conjuncts))));
    return project;
  }

  RuleContext* context_;
  std::vector<ColumnId> left_, right_;
};

}  // namespace

Status PushAggregates(RuleContext* context, NodePtr* root) {
  Pusher(context).Run(root);
  return Ok();
}

}  // namespace lathe::optimize
