// Turns every subquery of an expression into a join with its plan: EXISTS and IN that decide about
// a row into semi and anti joins, elsewhere into mark joins; scalar subqueries into single joins.
// Joins that are dependent then become independent ones (unnest.h). Inner subqueries go first, so
// that a dependent join never holds another.
#include "codegen/optimize/unnest.h"

namespace lathe::optimize {
namespace {

using expr::SubqueryKind;
using logical::JoinKind;
using logical::Kind;

class Unnester {
 public:
  explicit Unnester(RuleContext* context) : context_(context) {}

  Status Run(NodePtr* slot) {
    const bool positional = TakesChildrenByPosition(**slot);
    for (NodePtr& child : (*slot)->children) {
      if (!positional) {
        LATHE_TRY(Run(&child));
        continue;
      }
      const std::vector<OutputColumn> before = child->outputs;
      LATHE_TRY(Run(&child));
      bool same = child->outputs.size() == before.size();
      for (size_t i = 0; same && i < before.size(); ++i)
        same = child->outputs[i].id == before[i].id;
      if (!same) child = MakePassingProject(std::move(child), before);
    }
    LATHE_TRY(RunNode(slot));
    if ((*slot)->kind == Kind::kJoin && (*slot)->As<logical::Join>().dependent) {
      LATHE_TRY(EliminateDependentJoin(context_, slot));
    }
    RefreshOutputs(slot->get());
    return Ok();
  }

 private:
  static bool HasSubqueries(Node& node) {
    bool has = false;
    ForEachExpr(node, [&has](ExprPtr& e) { has = has || HasSubquery(*e); });
    return has;
  }

  Status RunNode(NodePtr* slot) {
    Node* node = slot->get();
    if (!HasSubqueries(*node)) return Ok();
    switch (node->kind) {
      case Kind::kFilter:
        return RunFilter(slot);
      case Kind::kProject:
      case Kind::kAggregate:
      case Kind::kSort:
      case Kind::kWindow:
      case Kind::kTableFunction:
        return RunExpressions(node, &node->children[0]);
      case Kind::kJoin:
        return RunJoin(slot);
      case Kind::kValues:
        return RunValues(slot);
      default:
        return NotSupported("a subquery in this place");
    }
  }

  /// Subqueries of all expressions are joined to the input.
  Status RunExpressions(Node* node, NodePtr* input) {
    Status status;
    ForEachExpr(*node, [&](ExprPtr& e) {
      if (status.ok()) status = Attach(&e, input);
    });
    return status;
  }

  Status RunFilter(NodePtr* slot) {
    auto& filter = (*slot)->As<logical::Filter>();
    std::vector<ExprPtr> below, above;
    for (ExprPtr& e : expr::SplitConjuncts(std::move(filter.predicate))) {
      (HasSubquery(*e) ? above : below).push_back(std::move(e));
    }
    NodePtr input = MakeFilter(std::move(filter.children[0]), std::move(below));
    LATHE_TRY(ApplyConjuncts(std::move(above), &input));
    *slot = std::move(input);
    return Ok();
  }

  /// Keeps the rows of *input for which the conjuncts, all with subqueries, are true.
  Status ApplyConjuncts(std::vector<ExprPtr> conjuncts, NodePtr* input) {
    std::vector<ExprPtr> rest;
    for (ExprPtr& e : conjuncts) {
      LATHE_ASSIGN(bool done, DecideByJoin(&e, input));
      if (!done) rest.push_back(std::move(e));
    }
    for (ExprPtr& e : rest) LATHE_TRY(Attach(&e, input));
    *input = MakeFilter(std::move(*input), std::move(rest));
    return Ok();
  }

  /// A conjunct that is [NOT] EXISTS, IN, ANY or ALL becomes a semi or anti join. False = it is
  /// none of these.
  Result<bool> DecideByJoin(ExprPtr* e, NodePtr* input) {
    bool negated = false;
    ExprPtr* inner = e;
    while ((*inner)->kind == expr::Kind::kNot) {
      negated = !negated;
      inner = &(*inner)->children[0];
    }
    if ((*inner)->kind != expr::Kind::kSubquery ||
        (*inner)->subquery_kind == SubqueryKind::kScalar) {
      return false;
    }
    ExprPtr subquery = std::move(*inner);
    if (subquery->subquery_kind == SubqueryKind::kExists) {
      // Before what it selects is unnested: that is never evaluated.
      LATHE_ASSIGN(std::optional<bool> known, SimplifyExists(&subquery->subquery));
      if (known) {
        *e = expr::MakeBool(*known != negated);
        return false;
      }
      LATHE_TRY(Run(&subquery->subquery));
      LATHE_TRY(JoinTo(input, negated ? JoinKind::kAnti : JoinKind::kSemi, subquery->subquery,
                       expr::MakeBool(true)));
      return true;
    }
    if (subquery->subquery_kind == SubqueryKind::kAll) {
      ToAny(subquery.get());
      negated = !negated;
    }
    LATHE_TRY(PrepareQuantified(subquery.get(), input));
    ExprPtr predicate = Comparison(subquery.get());
    if (!negated) {
      LATHE_TRY(JoinTo(input, JoinKind::kSemi, subquery->subquery, std::move(predicate)));
      return true;
    }
    if (!MayBeNull(*predicate, **input, *subquery->subquery)) {
      LATHE_TRY(JoinTo(input, JoinKind::kAnti, subquery->subquery, std::move(predicate)));
      return true;
    }
    // NOT IN: a NULL on either side makes the answer NULL.
    LATHE_ASSIGN(ExprPtr mark, Mark(input, subquery->subquery, std::move(predicate)));
    *e = expr::MakeNot(std::move(mark));
    std::vector<ExprPtr> conjunct;
    conjunct.push_back(std::move(*e));
    *input = MakeFilter(std::move(*input), std::move(conjunct));
    return true;
  }

  static bool MayBeNull(const Expr& e, const Node& left, const Node& right) {
    return expr::MayBeNull(e, [&](ColumnId id) {
      for (const Node* node : {&left, &right}) {
        if (const OutputColumn* column = logical::FindOutput(*node, id)) return column->nullable;
      }
      return true;
    });
  }

  /// x op ALL (S) is NOT (x negated-op ANY (S)).
  void ToAny(Expr* e) {
    e->subquery_kind = SubqueryKind::kAny;
    all_negated_ = false;
    for (const func::Function* f : func::OperatorsNamed(NegatedOp(e->function->op), 2)) {
      if (f->args == e->function->args) {
        e->function = f;
        return;
      }
    }
    all_negated_ = true;
  }

  static std::string_view NegatedOp(std::string_view op) {
    static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
        {"=", "<>"}, {"<", ">="}, {">", "<="}, {"~~", "!~~"}, {"~", "!~"}};
    for (const auto& [a, b] : kPairs) {
      if (op == a) return b;
      if (op == b) return a;
    }
    return {};
  }

  /// Unnests what lies within an ANY: its plan and its left-hand values.
  Status PrepareQuantified(Expr* e, NodePtr* input) {
    for (ExprPtr& child : e->children) LATHE_TRY(Attach(&child, input));
    LATHE_TRY(Run(&e->subquery));
    while (e->subquery->kind == Kind::kSort) {
      NodePtr child = e->subquery->children[0];
      e->subquery = std::move(child);
    }
    return Ok();
  }

  /// The comparison of an ANY over the columns of its plan; rows compare column by column.
  ExprPtr Comparison(Expr* e) {
    std::vector<ExprPtr> parts;
    const bool differs = e->function->op == "<>";
    for (size_t i = 0; i < e->children.size(); ++i) {
      std::vector<ExprPtr> args;
      args.push_back(std::move(e->children[i]));
      args.push_back(ColumnRef(e->subquery->outputs[i]));
      ExprPtr part =
          expr::MakeCall(e->function, types::Type(types::TypeId::kBool), std::move(args));
      part->location = e->location;
      parts.push_back(all_negated_ ? expr::MakeNot(std::move(part)) : std::move(part));
    }
    all_negated_ = false;
    if (!differs || parts.size() == 1) return expr::MakeAnd(std::move(parts));
    auto any = std::make_unique<Expr>(expr::Kind::kOr, types::Type(types::TypeId::kBool));
    any->children = std::move(parts);
    return any;
  }

  /// Only whether there is a row matters: order, projections and grouping go. A value when the
  /// answer is known at once.
  Result<std::optional<bool>> SimplifyExists(NodePtr* plan) {
    while (true) {
      Node* node = plan->get();
      NodePtr child = node->children.empty() ? nullptr : node->children[0];
      switch (node->kind) {
        case Kind::kSort:
          break;
        case Kind::kProject: {
          bool is_volatile = false;
          ForEachExpr(*node, [&](ExprPtr& e) { is_volatile = is_volatile || IsVolatile(*e); });
          if (is_volatile) return std::optional<bool>();
          break;
        }
        case Kind::kAggregate:
          if (node->As<logical::Aggregate>().groups.empty()) return std::optional<bool>(true);
          break;
        case Kind::kValues:
          return std::optional<bool>(!node->As<logical::Values>().rows.empty());
        case Kind::kLimit: {
          const auto& limit = node->As<logical::Limit>();
          if (limit.offset || !limit.limit || limit.limit->kind != expr::Kind::kConst ||
              limit.limit->value.is_null() || limit.limit->value.AsInt64() <= 0) {
            return std::optional<bool>();
          }
          break;
        }
        default:
          return std::optional<bool>();
      }
      *plan = std::move(child);
    }
  }

  /// Replaces all subqueries in *e by columns of joins added to *input.
  Status Attach(ExprPtr* e, NodePtr* input) {
    if (!HasSubquery(**e)) return Ok();
    if ((*e)->kind != expr::Kind::kSubquery) {
      for (ExprPtr& child : (*e)->children) LATHE_TRY(Attach(&child, input));
      return Ok();
    }
    ExprPtr subquery = std::move(*e);
    switch (subquery->subquery_kind) {
      case SubqueryKind::kScalar:
        return AttachScalar(std::move(subquery), e, input);
      case SubqueryKind::kExists: {
        LATHE_ASSIGN(std::optional<bool> known, SimplifyExists(&subquery->subquery));
        if (known) {
          *e = expr::MakeBool(*known);
          return Ok();
        }
        LATHE_TRY(Run(&subquery->subquery));
        LATHE_ASSIGN(*e, Mark(input, subquery->subquery, expr::MakeBool(true)));
        return Ok();
      }
      case SubqueryKind::kAny:
      case SubqueryKind::kAll: {
        const bool all = subquery->subquery_kind == SubqueryKind::kAll;
        if (all) ToAny(subquery.get());
        LATHE_TRY(PrepareQuantified(subquery.get(), input));
        ExprPtr predicate = Comparison(subquery.get());
        LATHE_ASSIGN(ExprPtr mark, Mark(input, subquery->subquery, std::move(predicate)));
        *e = all ? expr::MakeNot(std::move(mark)) : std::move(mark);
        return Ok();
      }
    }
    return Ok();
  }

  Status AttachScalar(ExprPtr subquery, ExprPtr* e, NodePtr* input) {
    LATHE_TRY(Run(&subquery->subquery));
    NodePtr plan = subquery->subquery;
    while (plan->kind == Kind::kSort) {
      NodePtr child = plan->children[0];
      plan = std::move(child);
    }
    const OutputColumn column = plan->outputs[0];
    *e = expr::MakeColumn(column.id, column.type);
    // A row that is always there needs no check; the join may then be reordered like any other.
    const JoinKind kind = IsSingleRow(*plan) ? JoinKind::kInner : JoinKind::kSingle;
    return JoinTo(input, kind, std::move(plan), expr::MakeBool(true));
  }

  /// A column that says whether the predicate holds for some row of the plan.
  Result<ExprPtr> Mark(NodePtr* input, NodePtr plan, ExprPtr predicate) {
    OutputColumn mark;
    mark.id = context_->ids->Next();
    mark.name = "mark";
    mark.type = types::Type(types::TypeId::kBool);
    mark.nullable = MayBeNull(*predicate, **input, *plan);
    mark_ = mark;
    LATHE_TRY(JoinTo(input, JoinKind::kMark, std::move(plan), std::move(predicate)));
    return ColumnRef(mark);
  }

  /// *input = *input joined with the plan; dependent joins are eliminated at once.
  Status JoinTo(NodePtr* input, JoinKind kind, NodePtr plan, ExprPtr predicate) {
    const bool dependent = FreeColumns(*plan).Intersects(OutputSet(**input));
    if (!dependent && IsConstBool(*predicate, true) &&
        (kind == JoinKind::kSemi || kind == JoinKind::kAnti || kind == JoinKind::kMark)) {
      // One row decides.
      auto limit = std::make_shared<logical::Limit>();
      limit->outputs = plan->outputs;
      limit->limit = expr::MakeConst(types::Value::Int8(1));
      limit->children.push_back(std::move(plan));
      plan = std::move(limit);
    }
    auto join = std::make_shared<logical::Join>();
    join->join_kind = kind;
    join->predicate = std::move(predicate);
    join->dependent = dependent;
    join->mark = mark_;
    mark_ = {};
    join->children.push_back(std::move(*input));
    join->children.push_back(std::move(plan));
    RefreshOutputs(join.get());
    *input = std::move(join);
    if (dependent) LATHE_TRY(EliminateDependentJoin(context_, input));
    return Ok();
  }

  Status RunJoin(NodePtr* slot) {
    auto& join = (*slot)->As<logical::Join>();
    std::vector<ExprPtr> plain, with_subquery;
    for (ExprPtr& e : expr::SplitConjuncts(std::move(join.predicate))) {
      (HasSubquery(*e) ? with_subquery : plain).push_back(std::move(e));
    }
    if (join.join_kind == JoinKind::kInner) {
      join.predicate = expr::MakeAnd(std::move(plain));
      if (join.dependent) LATHE_TRY(EliminateDependentJoin(context_, slot));
      return ApplyConjuncts(std::move(with_subquery), slot);
    }
    // Each subquery is joined to the side that it depends on.
    for (ExprPtr& e : with_subquery) {
      LATHE_TRY(AttachToSide(&e, &join));
      plain.push_back(std::move(e));
    }
    join.predicate = expr::MakeAnd(std::move(plain));
    return Ok();
  }

  Status AttachToSide(ExprPtr* e, logical::Join* join) {
    if (!HasSubquery(**e)) return Ok();
    if ((*e)->kind != expr::Kind::kSubquery) {
      for (ExprPtr& child : (*e)->children) LATHE_TRY(AttachToSide(&child, join));
      return Ok();
    }
    const ColumnSet columns = ColumnsOf(**e);
    const bool left = columns.Intersects(OutputSet(*join->children[0]));
    const bool right = columns.Intersects(OutputSet(*join->children[1]));
    if (left && right) {
      return NotSupported("a subquery over both sides in the condition of an outer join");
    }
    return Attach(e, &join->children[left ? 0 : 1]);
  }

  /// Rows with subqueries become projections of one empty row each.
  Status RunValues(NodePtr* slot) {
    auto& values = (*slot)->As<logical::Values>();
    std::vector<NodePtr> parts;
    const bool single = values.rows.size() == 1;
    for (auto& row : values.rows) {
      auto one = std::make_shared<logical::Values>();
      one->rows.emplace_back();
      auto project = std::make_shared<logical::Project>();
      for (size_t i = 0; i < row.size(); ++i) {
        project->expressions.push_back(std::move(row[i]));
        project->outputs.push_back(single ? values.outputs[i]
                                          : NewColumn(context_, values.outputs[i]));
      }
      project->children.push_back(std::move(one));
      LATHE_TRY(RunExpressions(project.get(), &project->children[0]));
      parts.push_back(std::move(project));
    }
    if (single) {
      *slot = std::move(parts[0]);
      return Ok();
    }
    auto all = std::make_shared<logical::SetOperation>();
    all->all = true;
    all->outputs = values.outputs;
    all->children = std::move(parts);
    *slot = std::move(all);
    return Ok();
  }

  RuleContext* context_;
  OutputColumn mark_;  // of the next mark join
  // The operator of the ALL just turned into ANY has no opposite: its comparison is wrapped in NOT.
  bool all_negated_ = false;
};

}  // namespace

Status UnnestSubqueries(RuleContext* context, NodePtr* root) { return Unnester(context).Run(root); }

}  // namespace lathe::optimize
