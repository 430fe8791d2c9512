// Turns every subquery of an expression into a join with its plan: EXISTS and IN that decide about
// a row into semi and anti joins, elsewhere into mark joins; scalar subqueries into single joins.
// Joins that are dependent then become independent ones (unnest.h). Inner subqueries go first, so
// that a dependent join never holds another. A subquery that may fail and stands where it is not
// always evaluated (in a branch of CASE, after a term of OR, ...) is evaluated only for the rows
// that reach it: a guard, which becomes a column, says which.
#include "codegen/optimize/unnest.h"
#include "runtime/base/arena.h"
#include "runtime/types/array.h"

namespace lathe::optimize {
namespace {

using expr::SubqueryKind;
using logical::JoinKind;
using logical::Kind;

/// What decided on the way to a part of an expression whether it is evaluated: each condition was
/// true (wanted) or was not.
struct Decision {
  ExprPtr condition;
  bool wanted;
};
using Path = std::vector<Decision>;

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
    if (!HasSubqueries(**slot)) return Ok();
    std::vector<Attached> around = std::move(attached_);
    attached_.clear();
    Status status = RunKind(slot);
    attached_ = std::move(around);
    return status;
  }

  Status RunKind(NodePtr* slot) {
    Node* node = slot->get();
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
      case Kind::kLimit:
        return RunLimit(slot);
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
        (*inner)->subquery_kind == SubqueryKind::kScalar ||
        (*inner)->subquery_kind == SubqueryKind::kArray) {
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
    const bool all_negated = all_negated_;
    LATHE_TRY(PrepareQuantified(subquery.get(), input));
    all_negated_ = all_negated;
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
        case Kind::kWindow:
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
    Path path;
    return AttachAt(e, input, &path);
  }

  /// path: how evaluation gets to *e.
  Status AttachAt(ExprPtr* e, NodePtr* input, Path* path) {
    if (!HasSubquery(**e)) return Ok();
    switch ((*e)->kind) {
      case expr::Kind::kSubquery:
        return AttachSubquery(e, input, *path);
      case expr::Kind::kCase:
      case expr::Kind::kCoalesce:
      case expr::Kind::kAnd:
      case expr::Kind::kOr:
        return AttachBranches(e->get(), input, path);
      default:
        for (ExprPtr& child : (*e)->children) LATHE_TRY(AttachAt(&child, input, path));
        return Ok();
    }
  }

  /// The operands of an expression that may leave some of them unevaluated.
  Status AttachBranches(Expr* e, NodePtr* input, Path* path) {
    const size_t depth = path->size();
    const size_t count = e->children.size();
    for (size_t i = 0; i < count; ++i) {
      ExprPtr& child = e->children[i];
      const bool then = e->kind == expr::Kind::kCase && i % 2 == 1;
      if (then) path->push_back({e->children[i - 1]->Clone(), true});
      LATHE_TRY(AttachAt(&child, input, path));
      if (then) path->pop_back();
      bool later = false;
      for (size_t k = i + 1; k < count; ++k) later |= HasSubquery(*e->children[k]);
      if (!later) break;
      switch (e->kind) {
        case expr::Kind::kCase:
          if (then) path->push_back({e->children[i - 1]->Clone(), false});
          break;
        case expr::Kind::kCoalesce:
          path->push_back({MakeUnary(expr::Kind::kIsNotNull, child->Clone()), false});
          break;
        case expr::Kind::kAnd:
          path->push_back({MakeUnary(expr::Kind::kIsFalse, child->Clone()), false});
          break;
        default:
          path->push_back({child->Clone(), false});
          break;
      }
    }
    path->resize(depth);
    return Ok();
  }

  Status AttachSubquery(ExprPtr* e, NodePtr* input, const Path& path) {
    const NodePtr plan = (*e)->subquery;
    for (const Attached& attached : attached_) {
      if (attached.plan != plan) continue;
      *e = attached.value->Clone();
      return Ok();
    }
    LATHE_TRY(AttachNew(e, input, path));
    attached_.push_back({plan, (*e)->Clone()});
    return Ok();
  }

  Status AttachNew(ExprPtr* e, NodePtr* input, const Path& path) {
    ExprPtr subquery = std::move(*e);
    switch (subquery->subquery_kind) {
      case SubqueryKind::kArray:
        AggregateToArray(subquery.get());
        [[fallthrough]];
      case SubqueryKind::kScalar:
        return AttachScalar(std::move(subquery), e, input, path);
      case SubqueryKind::kExists: {
        LATHE_ASSIGN(std::optional<bool> known, SimplifyExists(&subquery->subquery));
        if (known) {
          *e = expr::MakeBool(*known);
          return Ok();
        }
        LATHE_TRY(Run(&subquery->subquery));
        SetGuard(input, path, *subquery->subquery, false);
        LATHE_ASSIGN(*e, Mark(input, subquery->subquery, expr::MakeBool(true)));
        return Ok();
      }
      case SubqueryKind::kAny:
      case SubqueryKind::kAll: {
        const bool all = subquery->subquery_kind == SubqueryKind::kAll;
        if (all) ToAny(subquery.get());
        const bool negated = all_negated_;
        LATHE_TRY(PrepareQuantified(subquery.get(), input));
        all_negated_ = negated;
        SetGuard(input, path, *subquery->subquery, false);
        ExprPtr predicate = Comparison(subquery.get());
        LATHE_ASSIGN(ExprPtr mark, Mark(input, subquery->subquery, std::move(predicate)));
        *e = all ? expr::MakeNot(std::move(mark)) : std::move(mark);
        return Ok();
      }
    }
    return Ok();
  }

  /// ARRAY(query): its rows are aggregated in their order; none give an empty array.
  void AggregateToArray(Expr* e) {
    NodePtr plan = e->subquery;
    auto aggregate = std::make_shared<logical::Aggregate>();
    logical::AggregateCall call;
    const bool nested = plan->outputs[0].type.id == types::TypeId::kArray;
    for (const func::Aggregate* f : func::AggregatesNamed("array_agg")) {
      if (!call.function || (f->args[0].id == types::TypeId::kArray) == nested) call.function = f;
    }
    call.order = OrderOf(context_, &plan);
    call.args.push_back(ColumnRef(plan->outputs[0]));
    call.output = {context_->ids->Next(), "array", e->type, true};
    aggregate->outputs.push_back(call.output);
    aggregate->calls.push_back(std::move(call));
    aggregate->children.push_back(std::move(plan));
    base::Arena arena;
    const types::TypeId element = e->type.element;
    ExprPtr empty = expr::MakeConst(
        types::Value::FromDatum(e->type, types::ArrayBuilder(element).ToDatum(&arena)));
    auto project = std::make_shared<logical::Project>();
    project->expressions.push_back(
        MakeCoalesce(ColumnRef(aggregate->outputs[0]), std::move(empty)));
    project->outputs.push_back({context_->ids->Next(), "array", e->type, false});
    project->children.push_back(std::move(aggregate));
    e->subquery = std::move(project);
    e->subquery_kind = SubqueryKind::kScalar;
  }

  Status AttachScalar(ExprPtr subquery, ExprPtr* e, NodePtr* input, const Path& path) {
    LATHE_TRY(Run(&subquery->subquery));
    NodePtr plan = subquery->subquery;
    while (plan->kind == Kind::kSort) {
      NodePtr child = plan->children[0];
      plan = std::move(child);
    }
    const OutputColumn column = plan->outputs[0];
    if (ExprPtr value = RowAsExpression(*plan)) {
      *e = std::move(value);
      return Ok();
    }
    *e = expr::MakeColumn(column.id, column.type);
    // A row that is always there needs no check; the join may then be reordered like any other.
    const bool single = IsSingleRow(*plan);
    SetGuard(input, path, *plan, !single);
    const JoinKind kind = single && !guard_.id ? JoinKind::kInner : JoinKind::kSingle;
    return JoinTo(input, kind, std::move(plan), expr::MakeBool(true));
  }

  /// "(SELECT a + 1)" is a + 1: the first column of a row without tables. Null where it is not
  /// that.
  static ExprPtr RowAsExpression(const Node& plan) {
    if (plan.kind == Kind::kValues) {
      const auto& values = plan.As<logical::Values>();
      if (values.rows.size() != 1 || values.outputs.empty()) return nullptr;
      return IsVolatile(*values.rows[0][0]) ? nullptr : values.rows[0][0]->Clone();
    }
    if (plan.kind != Kind::kProject) return nullptr;
    const Node& child = *plan.children[0];
    const Expr& e = *plan.As<logical::Project>().expressions[0];
    if (child.kind != Kind::kValues || child.As<logical::Values>().rows.size() != 1 ||
        !child.outputs.empty() || IsVolatile(e)) {
      return nullptr;
    }
    return e.Clone();
  }

  /// Makes the next join guarded where the path leads to a plan that may fail; counts: having more
  /// than one row is a failure.
  void SetGuard(NodePtr* input, const Path& path, const Node& plan, bool counts) {
    if (path.empty()) return;
    deep_guard_ = PlanMayFail(plan);
    if (!deep_guard_ && !counts) return;
    auto guard = std::make_unique<Expr>(expr::Kind::kCase, types::Type(types::TypeId::kBool));
    for (const Decision& decision : path) {
      if (IsVolatile(*decision.condition)) return;
      ExprPtr stops = decision.condition->Clone();
      if (decision.wanted) {
        stops = expr::MakeNot(MakeUnary(expr::Kind::kIsTrue, std::move(stops)));
      }
      guard->children.push_back(std::move(stops));
      guard->children.push_back(expr::MakeBool(false));
    }
    guard->children.push_back(expr::MakeBool(true));
    guard_ = {context_->ids->Next(), "reached", types::Type(types::TypeId::kBool), false};
    auto project = std::make_shared<logical::Project>();
    for (const OutputColumn& column : (*input)->outputs) {
      project->expressions.push_back(ColumnRef(column));
      project->outputs.push_back(column);
    }
    project->expressions.push_back(std::move(guard));
    project->outputs.push_back(guard_);
    project->children.push_back(std::move(*input));
    *input = std::move(project);
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
    ColumnSet outer = FreeColumns(*plan);
    outer.Keep(OutputSet(**input));
    const bool dependent = !outer.Empty();
    const OutputColumn guard = guard_;
    guard_ = {};
    const bool deep = guard.id && deep_guard_;
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
    if (guard.id && !deep) {
      std::vector<ExprPtr> both;
      both.push_back(ColumnRef(guard));
      if (!IsConstBool(*predicate, true)) both.push_back(std::move(predicate));
      predicate = expr::MakeAnd(std::move(both));
    }
    join->predicate = std::move(predicate);
    join->dependent = dependent || deep;
    join->mark = mark_;
    mark_ = {};
    join->children.push_back(std::move(*input));
    join->children.push_back(std::move(plan));
    RefreshOutputs(join.get());
    *input = std::move(join);
    if (deep) return UnnestByDomain(context_, input, outer, &guard);
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
    bool both = false;
    for (const ExprPtr& e : with_subquery) both |= OverBothSides(*e, join);
    if (both) {
      for (ExprPtr& e : with_subquery) plain.push_back(std::move(e));
      join.predicate = expr::MakeAnd(std::move(plain));
      return JoinByPairs(slot);
    }
    // Each subquery is joined to the side that it depends on.
    for (ExprPtr& e : with_subquery) {
      LATHE_TRY(AttachToSide(&e, &join));
      plain.push_back(std::move(e));
    }
    join.predicate = expr::MakeAnd(std::move(plain));
    return Ok();
  }

  /// Some subquery in it reads columns of both sides.
  static bool OverBothSides(const Expr& e, const logical::Join& join) {
    if (e.kind == expr::Kind::kSubquery) {
      const ColumnSet columns = ColumnsOf(e);
      return columns.Intersects(OutputSet(*join.children[0])) &&
             columns.Intersects(OutputSet(*join.children[1]));
    }
    for (const ExprPtr& child : e.children) {
      if (OverBothSides(*child, join)) return true;
    }
    return false;
  }

  Status AttachToSide(ExprPtr* e, logical::Join* join) {
    if (!HasSubquery(**e)) return Ok();
    if ((*e)->kind != expr::Kind::kSubquery) {
      for (ExprPtr& child : (*e)->children) LATHE_TRY(AttachToSide(&child, join));
      return Ok();
    }
    const bool left = ColumnsOf(**e).Intersects(OutputSet(*join->children[0]));
    return Attach(e, &join->children[left ? 0 : 1]);
  }

  /// An outer join whose condition has subqueries over both sides: the rows of each preserved side
  /// are numbered, an inner join finds the pairs that match, and the outer join is by number.
  Status JoinByPairs(NodePtr* slot) {
    auto& join = (*slot)->As<logical::Join>();
    if (join.dependent) LATHE_TRY(EliminateDependentJoin(context_, slot));
    if ((*slot)->kind != Kind::kJoin) return NotSupported("a subquery in this place");
    if (join.join_kind == JoinKind::kRight) {
      std::swap(join.children[0], join.children[1]);
      join.join_kind = JoinKind::kLeft;
    }
    const bool full = join.join_kind == JoinKind::kFull;
    if (!full && join.join_kind != JoinKind::kLeft) return NotSupported("a subquery in this place");
    struct Side {
      NodePtr definition;
      std::shared_ptr<logical::CteScan> scan, again;
      OutputColumn number, number_again;
    };
    Side sides[2];
    ExprPtr predicate = std::move(join.predicate);
    for (int i = 0; i < (full ? 2 : 1); ++i) {
      Side& side = sides[i];
      side.definition = join.children[i];
      side.number = NumberRows(context_, &side.definition, {}, {});
      side.scan = ShareAs(context_, side.definition, "numbered");
      side.again = ScanAgain(context_, *side.scan);
      side.number_again = side.again->outputs.back();
      Substitution map;
      std::vector<ExprPtr> columns;
      for (size_t c = 0; c < side.scan->outputs.size(); ++c) {
        columns.push_back(ColumnRef(side.again->outputs[c]));
        map[side.scan->outputs[c].id.value] = columns.back().get();
      }
      Substitute(&predicate, map);
    }
    const NodePtr right = full ? NodePtr(sides[1].again) : join.children[1];
    NodePtr pairs = MakeJoin(JoinKind::kInner, sides[0].again, right, std::move(predicate));
    const std::vector<OutputColumn> right_columns =
        full ? std::vector<OutputColumn>{sides[1].number_again} : right->outputs;
    LATHE_TRY(RunJoin(&pairs));
    std::vector<OutputColumn> kept = {sides[0].number_again};
    kept.insert(kept.end(), right_columns.begin(), right_columns.end());
    pairs = MakePassingProject(std::move(pairs), kept);
    NodePtr result =
        MakeJoin(JoinKind::kLeft, sides[0].scan, std::move(pairs),
                 MakeEqual(ColumnRef(sides[0].number), ColumnRef(sides[0].number_again)));
    if (full) {
      result = MakeJoin(JoinKind::kFull, std::move(result), sides[1].scan,
                        MakeEqual(ColumnRef(sides[1].number_again), ColumnRef(sides[1].number)));
      result = MakeWith(sides[1].scan->cte, "numbered", std::move(sides[1].definition),
                        std::move(result));
    }
    *slot =
        MakeWith(sides[0].scan->cte, "numbered", std::move(sides[0].definition), std::move(result));
    return Ok();
  }

  /// A limit that a subquery gives: by numbers of the rows, which then stand in their order again.
  Status RunLimit(NodePtr* slot) {
    auto& limit = (*slot)->As<logical::Limit>();
    NodePtr input = limit.children[0];
    std::vector<logical::SortKey> order = OrderOf(context_, &input);
    const OutputColumn number = NumberRows(context_, &input, {}, std::move(order));
    for (ExprPtr* e : {&limit.limit, &limit.offset}) {
      if (*e) LATHE_TRY(Attach(e, &input));
    }
    LimitByNumber(&input, number, std::move(limit.limit), std::move(limit.offset));
    auto sort = std::make_shared<logical::Sort>();
    sort->keys.push_back({ColumnRef(number), false, false});
    sort->children.push_back(std::move(input));
    RefreshOutputs(sort.get());
    *slot = std::move(sort);
    return Ok();
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

  /// A subquery's plan and what stands for it in the operator's expressions. An operator may hold
  /// one expression twice (an aggregate's argument that is its order too); copies share the plan.
  struct Attached {
    NodePtr plan;
    ExprPtr value;
  };

  RuleContext* context_;
  std::vector<Attached> attached_;  // of the operator whose expressions are being attached
  OutputColumn mark_;               // of the next mark join
  OutputColumn guard_;              // of the next join; no id = none
  bool deep_guard_ = false;         // the next guarded join's plan may fail by itself
  // The operator of the ALL just turned into ANY has no opposite: its comparison is wrapped in NOT.
  bool all_negated_ = false;
};

}  // namespace

Status UnnestSubqueries(RuleContext* context, NodePtr* root) { return Unnester(context).Run(root); }

}  // namespace lathe::optimize
