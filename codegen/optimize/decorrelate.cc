// Dependent joins whose correlation can be pulled up: EXISTS and IN with conditions in WHERE, and
// scalar aggregates tied by equalities, which become a left join with the aggregate grouped by the
// local side of those equalities.
#include "codegen/optimize/estimate.h"
#include "codegen/optimize/unnest.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

constexpr double kManyRows = 100000;
constexpr double kManyPerRow = 20;

bool Reads(const Expr& e, const ColumnSet& columns) { return ColumnsOf(e).Intersects(columns); }

class PullUp {
 public:
  PullUp(RuleContext* context, const ColumnSet& outer, bool strict)
      : context_(context), outer_(outer), strict_(strict) {}

  bool Run(NodePtr* slot, std::vector<ExprPtr>* pulled) {
    Node* node = slot->get();
    if (!FreeColumns(*node).Intersects(outer_)) return true;
    switch (node->kind) {
      case Kind::kFilter:
        return RunFilter(slot, pulled);
      case Kind::kProject:
        return RunProject(&node->As<logical::Project>(), pulled);
      case Kind::kJoin:
        return RunJoin(&node->As<logical::Join>(), pulled);
      case Kind::kAggregate:
        return RunAggregate(&node->As<logical::Aggregate>(), pulled);
      case Kind::kSort: {
        // The order of a subquery's rows means nothing (a limit above would have refused).
        NodePtr child = std::move(node->children[0]);
        *slot = std::move(child);
        return Run(slot, pulled);
      }
      case Kind::kWith:
        if (FreeColumns(*node->children[0]).Intersects(outer_)) return false;
        if (!Run(&node->children[1], pulled)) return false;
        RefreshOutputs(node);
        return true;
      default:
        return false;
    }
  }

  /// Groups by the local sides of the equalities in tied; the other sides are compared with the
  /// groups' columns in *pulled.
  bool GroupBy(logical::Aggregate* aggregate, std::vector<ExprPtr> tied,
               std::vector<ExprPtr>* pulled) {
    for (ExprPtr& e : tied) {
      Expr* equality = e.get();
      if (e->kind == expr::Kind::kNot && e->children[0]->kind == expr::Kind::kIsDistinct) {
        equality = e->children[0].get();
      } else if (!IsComparison(*e, "=")) {
        return false;
      }
      ExprPtr* local = nullptr;
      for (int side = 0; side < 2; ++side) {
        const bool outer_here = Reads(*equality->children[side], outer_);
        const ColumnSet other = ColumnsOf(*equality->children[1 - side]);
        if (outer_here && !other.Intersects(outer_)) local = &equality->children[1 - side];
      }
      if (!local) return false;
      const ColumnSet of_local = ColumnsOf(**local);
      const ColumnSet of_outer = ColumnsOf(*equality->children[local == &equality->children[0]]);
      if (of_local.Empty() || of_outer.Intersects(OutputSet(*aggregate->children[0]))) return false;
      if (strict_ && FailsOnRows(**local)) return false;
      *local = GroupColumn(aggregate, std::move(*local));
      pulled->push_back(std::move(e));
    }
    return true;
  }

 private:
  bool RunFilter(NodePtr* slot, std::vector<ExprPtr>* pulled) {
    NodePtr node = *slot;
    if (!Run(&node->children[0], pulled)) return false;
    std::vector<ExprPtr> stay;
    for (ExprPtr& e : expr::SplitConjuncts(std::move(node->As<logical::Filter>().predicate))) {
      if (IsVolatile(*e)) return false;
      if (Reads(*e, outer_)) {
        pulled->push_back(std::move(e));
      } else {
        if (strict_ && FailsOnRows(*e)) return false;
        stay.push_back(std::move(e));
      }
    }
    *slot = MakeFilter(std::move(node->children[0]), std::move(stay));
    return true;
  }

  bool RunProject(logical::Project* project, std::vector<ExprPtr>* pulled) {
    for (const ExprPtr& e : project->expressions) {
      if (Reads(*e, outer_) || IsVolatile(*e) || (strict_ && FailsOnRows(*e))) return false;
    }
    const size_t before = pulled->size();
    if (!Run(&project->children[0], pulled)) return false;
    ColumnSet needed;
    for (size_t i = before; i < pulled->size(); ++i) AddColumns(*(*pulled)[i], &needed);
    needed.Remove(OutputSet(*project));
    for (const OutputColumn& column : project->children[0]->outputs) {
      if (!needed.Has(column.id)) continue;
      project->expressions.push_back(ColumnRef(column));
      project->outputs.push_back(column);
    }
    return true;
  }

  bool RunJoin(logical::Join* join, std::vector<ExprPtr>* pulled) {
    const bool in_left = FreeColumns(*join->children[0]).Intersects(outer_);
    const bool in_right = FreeColumns(*join->children[1]).Intersects(outer_);
    if (join->dependent) return false;
    const JoinKind kind = join->join_kind;
    if (kind == JoinKind::kFull) return false;
    if (kind == JoinKind::kInner) {
      if (in_left && !Run(&join->children[0], pulled)) return false;
      if (in_right && !Run(&join->children[1], pulled)) return false;
      std::vector<ExprPtr> stay;
      for (ExprPtr& e : expr::SplitConjuncts(std::move(join->predicate))) {
        if (IsVolatile(*e) || (strict_ && FailsOnRows(*e))) return false;
        (Reads(*e, outer_) ? *pulled : stay).push_back(std::move(e));
      }
      join->predicate = expr::MakeAnd(std::move(stay));
    } else {
      // Rows of the preserved side come through: only its conditions may be tested later.
      const bool right_preserved = kind == JoinKind::kRight;
      if (Reads(*join->predicate, outer_) || (right_preserved ? in_left : in_right)) return false;
      if (strict_ && FailsOnRows(*join->predicate)) return false;
      if (!Run(&join->children[right_preserved ? 1 : 0], pulled)) return false;
    }
    RefreshOutputs(join);
    return true;
  }

  bool RunAggregate(logical::Aggregate* aggregate, std::vector<ExprPtr>* pulled) {
    // Without groups there is a row for no input, which a pulled condition would lose.
    if (aggregate->groups.empty()) return false;
    if (!CanGroup(*aggregate)) return false;
    std::vector<ExprPtr> tied;
    return Run(&aggregate->children[0], &tied) && GroupBy(aggregate, std::move(tied), pulled);
  }

 public:
  /// Its own expressions neither read outer columns nor may fail on rows that it did not see
  /// before.
  bool CanGroup(logical::Aggregate& aggregate) const {
    bool can = true;
    ForEachExpr(aggregate, [&](ExprPtr& e) {
      can &= !Reads(*e, outer_) && !IsVolatile(*e) && !(strict_ && FailsOnRows(*e));
    });
    return can;
  }

 private:
  /// The output column of the group expression, which is added if it is not there.
  ExprPtr GroupColumn(logical::Aggregate* aggregate, ExprPtr e) {
    for (size_t i = 0; i < aggregate->groups.size(); ++i) {
      if (expr::Equal(*aggregate->groups[i], *e)) return ColumnRef(aggregate->outputs[i]);
    }
    OutputColumn column;
    column.id = context_->ids->Next();
    column.type = e->type;
    column.name = "group";
    if (e->kind == expr::Kind::kColumn) {
      if (const OutputColumn* c = logical::FindOutput(*aggregate->children[0], e->column)) {
        column.name = c->name;
        column.nullable = c->nullable;
      }
    }
    const size_t place = aggregate->groups.size();
    aggregate->groups.push_back(std::move(e));
    aggregate->outputs.insert(aggregate->outputs.begin() + place, column);
    return ColumnRef(column);
  }

  RuleContext* context_;
  const ColumnSet& outer_;
  bool strict_;
};

/// The aggregate without groups under projections, or null.
logical::Aggregate* FindScalarAggregate(Node* node) {
  while (node->kind == Kind::kProject) node = node->children[0].get();
  if (node->kind != Kind::kAggregate) return nullptr;
  auto& aggregate = node->As<logical::Aggregate>();
  return aggregate.groups.empty() ? &aggregate : nullptr;
}

/// What each output of a chain of projections is, over the outputs of the aggregate below it.
std::vector<ExprPtr> FlattenProjections(const Node& node) {
  std::vector<ExprPtr> result;
  if (node.kind == Kind::kValues) {
    for (const ExprPtr& e : node.As<logical::Values>().rows[0]) result.push_back(e->Clone());
    return result;
  }
  if (node.kind != Kind::kProject) {
    for (const OutputColumn& column : node.outputs) result.push_back(ColumnRef(column));
    return result;
  }
  std::vector<ExprPtr> below = FlattenProjections(*node.children[0]);
  Substitution map;
  for (size_t i = 0; i < below.size(); ++i) {
    map[node.children[0]->outputs[i].id.value] = below[i].get();
  }
  for (const ExprPtr& e : node.As<logical::Project>().expressions) {
    result.push_back(e->Clone());
    Substitute(&result.back(), map);
  }
  return result;
}

/// Replaces the join by what follows from its right side giving exactly one row per left row,
/// values[i] for right outputs[i]. *input has the left columns and what values and the predicate
/// read.
NodePtr ApplySingleRow(logical::Join* join, NodePtr input, std::vector<ExprPtr> values) {
  Substitution map;
  for (size_t i = 0; i < values.size(); ++i) {
    map[join->children[1]->outputs[i].id.value] = values[i].get();
  }
  ExprPtr predicate = std::move(join->predicate);
  Substitute(&predicate, map);
  const bool always = IsConstBool(*predicate, true);
  std::vector<OutputColumn> outputs = join->children[0]->outputs;
  auto project = std::make_shared<logical::Project>();
  for (const OutputColumn& column : outputs) project->expressions.push_back(ColumnRef(column));
  std::vector<ExprPtr> conjuncts;
  switch (join->join_kind) {
    case JoinKind::kSemi:
    case JoinKind::kAnti:
      if (join->join_kind == JoinKind::kAnti) {
        predicate = expr::MakeNot(MakeUnary(expr::Kind::kIsTrue, std::move(predicate)));
      }
      conjuncts.push_back(std::move(predicate));
      return MakeFilter(std::move(input), std::move(conjuncts));
    case JoinKind::kMark:
      project->expressions.push_back(std::move(predicate));
      outputs.push_back(join->mark);
      break;
    case JoinKind::kInner:
      if (!always) conjuncts.push_back(predicate->Clone());
      input = MakeFilter(std::move(input), std::move(conjuncts));
      [[fallthrough]];
    default:
      for (size_t i = 0; i < values.size(); ++i) {
        ExprPtr value = std::move(values[i]);
        if (join->join_kind != JoinKind::kInner && !always) {
          value = MakeWhen(predicate->Clone(), std::move(value));
        }
        project->expressions.push_back(std::move(value));
        outputs.push_back(join->children[1]->outputs[i]);
        outputs.back().nullable = true;
      }
      break;
  }
  project->outputs = std::move(outputs);
  project->children.push_back(std::move(input));
  return project;
}

/// A row made from outer columns alone, "(SELECT o.a + 1)": its expressions move into the outer
/// query.
bool UnnestSingleRow(NodePtr* slot) {
  auto& join = (*slot)->As<logical::Join>();
  const Node* node = join.children[1].get();
  while (node->kind == Kind::kProject) {
    for (const ExprPtr& e : node->As<logical::Project>().expressions) {
      if (IsVolatile(*e)) return false;
    }
    node = node->children[0].get();
  }
  if (node->kind != Kind::kValues || node->As<logical::Values>().rows.size() != 1) return false;
  std::vector<ExprPtr> values = FlattenProjections(*join.children[1]);
  NodePtr left = join.children[0];
  NodePtr result = ApplySingleRow(&join, std::move(left), std::move(values));
  *slot = std::move(result);
  return true;
}

/// The right side is a scalar aggregate over many times more rows than the left side has.
bool FewAskForMany(RuleContext* context, logical::Join& join) {
  logical::Aggregate* aggregate = FindScalarAggregate(join.children[1].get());
  if (!aggregate || !context->options->catalog) return false;
  Estimator estimator(*context->options);
  const double asked = estimator.Rows(*join.children[0]);
  const Node* input = aggregate->children[0].get();
  // Without the conditions that tie it to the left side.
  while (input->kind == Kind::kFilter || input->kind == Kind::kProject) {
    input = input->children[0].get();
  }
  const double rows = estimator.Rows(*input);
  return rows > kManyRows && kManyPerRow * asked < rows;
}

/// A scalar aggregate tied by equalities: left join with the aggregate grouped by their local
/// sides.
bool UnnestScalarAggregate(RuleContext* context, NodePtr* slot, const ColumnSet& outer) {
  auto& join = (*slot)->As<logical::Join>();
  NodePtr right = CloneTree(*join.children[1]);
  logical::Aggregate* aggregate = FindScalarAggregate(right.get());
  if (!aggregate) return false;
  PullUp pull_up(context, outer, true);
  if (!pull_up.CanGroup(*aggregate)) return false;
  std::vector<ExprPtr> tied, predicate;
  // Correlation in the projections above is no obstacle: they are evaluated over the join.
  if (!pull_up.Run(&aggregate->children[0], &tied)) return false;
  if (!pull_up.GroupBy(aggregate, std::move(tied), &predicate)) return false;
  std::vector<ExprPtr> values = FlattenProjections(*join.children[1]);
  // The calls get new ids: what the old ones name is computed above the join.
  std::vector<ExprPtr> calls;
  Substitution map;
  for (size_t i = 0; i < aggregate->calls.size(); ++i) {
    logical::AggregateCall& call = aggregate->calls[i];
    const ColumnId old = call.output.id;
    call.output = NewColumn(context, call.output);
    call.output.nullable = true;
    aggregate->outputs[aggregate->groups.size() + i] = call.output;
    calls.push_back(ValueOrEmpty(call, call.output));
    map[old.value] = calls.back().get();
  }
  for (ExprPtr& value : values) Substitute(&value, map);
  NodePtr grouped;  // the aggregate's own node
  for (NodePtr node = right;; node = node->children[0]) {
    if (node.get() == aggregate) {
      grouped = node;
      break;
    }
  }
  NodePtr input = MakeJoin(JoinKind::kLeft, join.children[0], std::move(grouped),
                           expr::MakeAnd(std::move(predicate)));
  NodePtr result = ApplySingleRow(&join, std::move(input), std::move(values));
  *slot = std::move(result);
  return true;
}

}  // namespace

OutputColumn NewColumn(RuleContext* context, const OutputColumn& like) {
  OutputColumn column = like;
  column.id = context->ids->Next();
  return column;
}

namespace {

/// What the aggregate gives for no rows, if that is not NULL.
ExprPtr EmptyValue(const func::Aggregate& function, const types::Type& type) {
  const bool count = function.kind == func::AggregateKind::kCount ||
                     function.kind == func::AggregateKind::kCountStar ||
                     function.name == "regr_count";
  int n = count ? 0 : -1;
  if (function.within_group) {
    // Hypothetical-set aggregates: the place of the value among no others.
    if (function.name == "rank" || function.name == "dense_rank") n = 1;
    if (function.name == "percent_rank") n = 0;
    if (function.name == "cume_dist") n = 1;
  }
  if (n < 0) return nullptr;
  return expr::MakeConst(type.id == types::TypeId::kFloat8 ? types::Value::Float8(n)
                                                           : types::Value::Int8(n));
}

}  // namespace

ExprPtr ValueOrEmpty(const logical::AggregateCall& call, const OutputColumn& column) {
  ExprPtr empty = EmptyValue(*call.function, column.type);
  if (!empty) return ColumnRef(column);
  return MakeCoalesce(ColumnRef(column), std::move(empty));
}

bool IsSingleRow(const Node& plan) {
  const Node* node = &plan;
  while (node->kind == Kind::kProject || node->kind == Kind::kSort) node = node->children[0].get();
  if (node->kind == Kind::kValues) return node->As<logical::Values>().rows.size() == 1;
  return node->kind == Kind::kAggregate && node->As<logical::Aggregate>().groups.empty();
}

bool PullUpCorrelation(RuleContext* context, NodePtr* plan, const ColumnSet& outer, bool strict,
                       std::vector<ExprPtr>* pulled) {
  return PullUp(context, outer, strict).Run(plan, pulled);
}

Status EliminateDependentJoin(RuleContext* context, NodePtr* slot) {
  auto& join = (*slot)->As<logical::Join>();
  ColumnSet outer = FreeColumns(*join.children[1]);
  outer.Keep(OutputSet(*join.children[0]));
  if (outer.Empty()) {
    join.dependent = false;
    return Ok();
  }
  if (join.join_kind == JoinKind::kRight || join.join_kind == JoinKind::kFull) {
    return NotSupported("LATERAL on the right of a RIGHT or FULL JOIN");
  }
  if (UnnestSingleRow(slot)) return Ok();
  // Few outer rows against many that would be aggregated: only what they ask for is aggregated.
  if (FewAskForMany(context, join)) return UnnestByDomain(context, slot, outer);
  if (UnnestScalarAggregate(context, slot, outer)) return Ok();
  const bool strict = join.join_kind != JoinKind::kSemi && join.join_kind != JoinKind::kAnti &&
                      join.join_kind != JoinKind::kMark;
  NodePtr right = CloneTree(*join.children[1]);
  std::vector<ExprPtr> conjuncts, pulled;
  if (PullUpCorrelation(context, &right, outer, strict, &pulled)) {
    if (!IsConstBool(*join.predicate, true)) conjuncts.push_back(std::move(join.predicate));
    for (ExprPtr& e : pulled) {
      // A condition inside the subquery that is NULL removes the row there; it does not make the
      // mark NULL.
      if (join.join_kind == JoinKind::kMark) e = MakeUnary(expr::Kind::kIsTrue, std::move(e));
      conjuncts.push_back(std::move(e));
    }
    join.predicate = expr::MakeAnd(std::move(conjuncts));
    join.children[1] = std::move(right);
    join.dependent = false;
    RefreshOutputs(&join);
    return Ok();
  }
  return UnnestByDomain(context, slot, outer);
}

}  // namespace lathe::optimize
