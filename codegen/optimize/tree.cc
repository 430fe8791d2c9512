#include "codegen/optimize/tree.h"

namespace lathe::optimize {

using logical::Kind;

void AddColumns(const Expr& e, ColumnSet* columns) {
  if (e.kind == expr::Kind::kColumn) columns->Add(e.column);
  for (const ExprPtr& child : e.children) AddColumns(*child, columns);
  if (e.kind == expr::Kind::kSubquery) AddFreeColumns(*e.subquery, columns);
}

ColumnSet ColumnsOf(const Expr& e) {
  ColumnSet columns;
  AddColumns(e, &columns);
  return columns;
}

ColumnSet OutputSet(const Node& node) {
  ColumnSet columns;
  for (const OutputColumn& column : node.outputs) columns.Add(column.id);
  return columns;
}

void AddFreeColumns(const Node& node, ColumnSet* columns) {
  ColumnSet used, produced;
  ForEachExpr(const_cast<Node&>(node), [&used](ExprPtr& e) { AddColumns(*e, &used); });
  for (const NodePtr& child : node.children) {
    AddFreeColumns(*child, &used);
    for (const OutputColumn& column : child->outputs) produced.Add(column.id);
  }
  used.Remove(produced);
  columns->Add(used);
}

ColumnSet FreeColumns(const Node& node) {
  ColumnSet columns;
  AddFreeColumns(node, &columns);
  return columns;
}

void RefreshOutputs(Node* node) {
  switch (node->kind) {
    case Kind::kFilter:
    case Kind::kSort:
    case Kind::kLimit:
      node->outputs = node->children[0]->outputs;
      break;
    case Kind::kWith:
      node->outputs = node->children[1]->outputs;
      break;
    case Kind::kModify:
      if (!node->outputs.empty()) node->outputs = node->children[0]->outputs;
      break;
    case Kind::kWindow:
    case Kind::kTableFunction:
      node->outputs = node->children[0]->outputs;
      logical::ForEachAddedOutput(
          *node, [node](const OutputColumn& column) { node->outputs.push_back(column); });
      break;
    case Kind::kJoin: {
      const logical::Join& join = node->As<logical::Join>();
      std::vector<OutputColumn> outputs = node->children[0]->outputs;
      const std::vector<OutputColumn>& right = node->children[1]->outputs;
      using JoinKind = logical::JoinKind;
      const JoinKind kind = join.join_kind;
      if (kind == JoinKind::kRight || kind == JoinKind::kFull) {
        for (OutputColumn& column : outputs) column.nullable = true;
      }
      if (kind == JoinKind::kMark) {
        outputs.push_back(join.mark);
      } else if (kind != JoinKind::kSemi && kind != JoinKind::kAnti) {
        const size_t left_count = outputs.size();
        outputs.insert(outputs.end(), right.begin(), right.end());
        if (kind == JoinKind::kLeft || kind == JoinKind::kFull || kind == JoinKind::kSingle) {
          for (size_t i = left_count; i < outputs.size(); ++i) outputs[i].nullable = true;
        }
      }
      node->outputs = std::move(outputs);
      break;
    }
    default:
      break;
  }
}

void Substitute(ExprPtr* e, const Substitution& map) {
  if ((*e)->kind == expr::Kind::kColumn) {
    auto found = map.find((*e)->column.value);
    if (found != map.end()) *e = found->second->Clone();
    return;
  }
  for (ExprPtr& child : (*e)->children) Substitute(&child, map);
  if ((*e)->kind == expr::Kind::kSubquery) SubstituteInTree((*e)->subquery.get(), map);
}

void SubstituteInTree(Node* node, const Substitution& map) {
  ForEachNode(*node,
              [&map](Node& n) { ForEachExpr(n, [&map](ExprPtr& e) { Substitute(&e, map); }); });
}

NodePtr CloneTree(const Node& node) {
  NodePtr copy = logical::CloneOperator(node);
  copy->outputs = node.outputs;
  ForEachExpr(*copy, [](ExprPtr& e) {
    if (!HasSubquery(*e)) return;
    e = expr::Rewrite(std::move(e), [](ExprPtr part) {
      if (part->kind == expr::Kind::kSubquery) part->subquery = CloneTree(*part->subquery);
      return part;
    });
  });
  for (const NodePtr& child : node.children) copy->children.push_back(CloneTree(*child));
  return copy;
}

NodePtr MakeFilter(NodePtr child, std::vector<ExprPtr> conjuncts) {
  if (conjuncts.empty()) return child;
  auto filter = std::make_shared<logical::Filter>();
  filter->outputs = child->outputs;
  filter->predicate = expr::MakeAnd(std::move(conjuncts));
  filter->children.push_back(std::move(child));
  return filter;
}

NodePtr MakeJoin(logical::JoinKind kind, NodePtr left, NodePtr right, ExprPtr predicate) {
  auto join = std::make_shared<logical::Join>();
  join->join_kind = kind;
  join->predicate = std::move(predicate);
  join->children.push_back(std::move(left));
  join->children.push_back(std::move(right));
  RefreshOutputs(join.get());
  return join;
}

NodePtr MakePassingProject(NodePtr child, const std::vector<OutputColumn>& columns) {
  auto project = std::make_shared<logical::Project>();
  project->outputs = columns;
  for (const OutputColumn& column : columns) project->expressions.push_back(ColumnRef(column));
  project->children.push_back(std::move(child));
  return project;
}

bool PassesColumns(const logical::Project& project) {
  for (size_t i = 0; i < project.outputs.size(); ++i) {
    const Expr& e = *project.expressions[i];
    if (e.kind != expr::Kind::kColumn || e.column != project.outputs[i].id) return false;
  }
  return true;
}

NodePtr MakeEmpty(const std::vector<OutputColumn>& columns) {
  auto values = std::make_shared<logical::Values>();
  values->outputs = columns;
  return values;
}

ExprPtr ColumnRef(const OutputColumn& column) { return expr::MakeColumn(column.id, column.type); }

namespace {

bool WideningCast(const Expr& e) {
  const types::Type& from = e.children[0]->type;
  switch (func::InlineCastFor(from, e.type)) {
    case func::InlineCast::kSame:
    case func::InlineCast::kIntWiden:
    case func::InlineCast::kIntToFloat:
    case func::InlineCast::kFloatWiden:
    case func::InlineCast::kFixedToFloat:
    case func::InlineCast::kFixedToBig:
    case func::InlineCast::kTimestampToDate:
      return true;
    case func::InlineCast::kIntToFixed: {
      const int digits = from.id == types::TypeId::kInt2   ? 5
                         : from.id == types::TypeId::kInt4 ? 10
                                                           : 19;
      return e.type.precision - e.type.scale >= digits;
    }
    case func::InlineCast::kFixedToFixed:
      return e.type.scale >= from.scale &&
             e.type.precision - e.type.scale >= from.precision - from.scale;
    default:
      return false;
  }
}

}  // namespace

namespace {

/// constants: parts that are constant at run time count too.
bool Fails(const Expr& e, bool constants) {
  bool fails = false;
  switch (e.kind) {
    case expr::Kind::kConst:
    case expr::Kind::kParam:
    case expr::Kind::kColumn:
      return false;
    case expr::Kind::kAnyArray:
      fails = e.function->can_fail;
      break;
    case expr::Kind::kCall:
      fails = e.function->can_fail || (e.type.is_fixed_numeric() && e.type.precision == 38);
      break;
    case expr::Kind::kCast:
      fails = e.cast->can_fail && !WideningCast(e);
      break;
    case expr::Kind::kSubquery:
      return true;
    default:
      break;
  }
  if (fails) return constants || !expr::IsRuntimeConstant(e);
  for (const ExprPtr& child : e.children) {
    if (Fails(*child, constants)) return true;
  }
  return false;
}

}  // namespace

bool FailsOnRows(const Expr& e) { return Fails(e, false); }

bool MayFail(const Expr& e) { return Fails(e, true); }

bool PlanMayFail(const Node& plan) {
  bool fails =
      plan.kind == Kind::kJoin && plan.As<logical::Join>().join_kind == logical::JoinKind::kSingle;
  ForEachExpr(plan, [&fails](const ExprPtr& e) { fails = fails || MayFail(*e); });
  for (const NodePtr& child : plan.children) fails = fails || PlanMayFail(*child);
  return fails;
}

bool IsVolatile(const Expr& e) {
  if (e.kind == expr::Kind::kCall && e.function->volatility == func::Volatility::kVolatile) {
    return true;
  }
  for (const ExprPtr& child : e.children) {
    if (IsVolatile(*child)) return true;
  }
  return false;
}

bool HasModify(const Node& node) {
  if (node.kind == Kind::kModify) return true;
  for (const NodePtr& child : node.children) {
    if (HasModify(*child)) return true;
  }
  return false;
}

bool TakesChildrenByPosition(const Node& node) {
  return node.kind == Kind::kSetOperation || node.kind == Kind::kRecursive;
}

bool OrderMatters(const logical::AggregateCall& call) {
  return call.function->order_matters || call.function->within_group;
}

bool HasSubquery(const Expr& e) {
  if (e.kind == expr::Kind::kSubquery) return true;
  for (const ExprPtr& child : e.children) {
    if (HasSubquery(*child)) return true;
  }
  return false;
}

bool SameValues(const types::Type& a, const types::Type& b) {
  return a.id == b.id && a.element == b.element && a.precision == b.precision && a.scale == b.scale;
}

bool IsConstBool(const Expr& e, bool value) {
  return e.kind == expr::Kind::kConst && e.type.id == types::TypeId::kBool && !e.value.is_null() &&
         e.value.AsBool() == value;
}

bool IsConstNotTrue(const Expr& e) {
  return e.kind == expr::Kind::kConst &&
         (e.value.is_null() || (e.type.id == types::TypeId::kBool && !e.value.AsBool()));
}

bool IsComparison(const Expr& e, std::string_view op) {
  return e.kind == expr::Kind::kCall && e.children.size() == 2 && e.function->op == op &&
         e.type.id == types::TypeId::kBool;
}

namespace {

/// The comparison operator over exactly these types.
const func::Function* FindComparison(std::string_view op, types::TypeId a, types::TypeId b) {
  if (op == "=" && a == types::TypeId::kArray && b == types::TypeId::kArray) {
    return func::FunctionsNamed("array_eq")[0];
  }
  for (const func::Function* f : func::OperatorsNamed(op, 2)) {
    if (f->args[0].id == a && f->args[1].id == b && f->result.id == types::TypeId::kBool) return f;
  }
  return nullptr;
}

std::string_view NegatedSymbol(std::string_view op) {
  static constexpr std::pair<std::string_view, std::string_view> kPairs[] = {
      {"=", "<>"},     {"<", ">="}, {">", "<="},   {"~~", "!~~"},
      {"~~*", "!~~*"}, {"~", "!~"}, {"~*", "!~*"},
  };
  for (const auto& [a, b] : kPairs) {
    if (op == a) return b;
    if (op == b) return a;
  }
  return {};
}

/// Both operands in a form that the type's "=" takes; its function, or null.
const func::Function* PrepareEquality(ExprPtr* a, ExprPtr* b) {
  types::TypeId id = (*a)->type.id;
  if (const func::Function* f = FindComparison("=", id, id)) return f;
  // varchar is compared as text, the reg* types as oid.
  const types::TypeId by = (*a)->type.is_string_like() ? types::TypeId::kText : types::TypeId::kOid;
  const func::Function* f = FindComparison("=", by, by);
  const func::Cast* cast = func::FindCast(id, by);
  if (!f || !cast || cast->can_fail) return nullptr;
  *a = MakeCast(std::move(*a), types::Type(by));
  *b = MakeCast(std::move(*b), types::Type(by));
  return f;
}

}  // namespace

ExprPtr Negate(ExprPtr e) {
  if (e->kind == expr::Kind::kNot) return std::move(e->children[0]);
  if (e->kind == expr::Kind::kCall && e->children.size() == 2) {
    const std::string_view symbol = NegatedSymbol(e->function->op);
    if (!symbol.empty()) {
      const auto& args = e->function->args;
      if (const func::Function* f = FindComparison(symbol, args[0].id, args[1].id)) {
        e->function = f;
        return e;
      }
    }
  }
  return expr::MakeNot(std::move(e));
}

ExprPtr MakeEqual(ExprPtr a, ExprPtr b) {
  const func::Function* f = PrepareEquality(&a, &b);
  if (!f) return nullptr;
  std::vector<ExprPtr> args;
  args.push_back(std::move(a));
  args.push_back(std::move(b));
  return expr::MakeCall(f, types::Type(types::TypeId::kBool), std::move(args));
}

ExprPtr MakeOperator(std::string_view op, ExprPtr a, ExprPtr b) {
  for (const func::Function* f : func::OperatorsNamed(op, 2)) {
    if (f->args[0].id != a->type.id || f->args[1].id != b->type.id) continue;
    const types::Type args[] = {a->type, b->type};
    const types::Type result = func::ResultType(*f, args);
    std::vector<ExprPtr> list;
    list.push_back(std::move(a));
    list.push_back(std::move(b));
    return expr::MakeCall(f, result, std::move(list));
  }
  return nullptr;
}

ExprPtr MakeCoalesce(ExprPtr e, ExprPtr otherwise) {
  auto coalesce = std::make_unique<Expr>(expr::Kind::kCoalesce, e->type);
  coalesce->children.push_back(std::move(e));
  coalesce->children.push_back(std::move(otherwise));
  return coalesce;
}

ExprPtr MakeWhen(ExprPtr condition, ExprPtr e) {
  auto when = std::make_unique<Expr>(expr::Kind::kCase, e->type);
  const types::Type type = e->type;
  when->children.push_back(std::move(condition));
  when->children.push_back(std::move(e));
  when->children.push_back(expr::MakeConst(types::Value::Null(type)));
  return when;
}

ExprPtr MakeNotDistinct(ExprPtr a, ExprPtr b) {
  const func::Function* f = PrepareEquality(&a, &b);
  if (!f) return nullptr;
  auto e = std::make_unique<Expr>(expr::Kind::kIsDistinct, types::Type(types::TypeId::kBool));
  e->function = f;
  e->children.push_back(std::move(a));
  e->children.push_back(std::move(b));
  return expr::MakeNot(std::move(e));
}

ExprPtr MakeCast(ExprPtr e, const types::Type& type) {
  if (SameValues(e->type, type)) return e;
  const func::Cast* cast = func::FindCast(e->type.id, type.id);
  if (!cast) return nullptr;
  auto result = std::make_unique<Expr>(expr::Kind::kCast, type);
  result->location = e->location;
  result->cast = cast;
  result->children.push_back(std::move(e));
  return result;
}

ExprPtr MakeUnary(expr::Kind kind, ExprPtr operand) {
  auto e = std::make_unique<Expr>(kind, types::Type(types::TypeId::kBool));
  e->children.push_back(std::move(operand));
  return e;
}

}  // namespace lathe::optimize
