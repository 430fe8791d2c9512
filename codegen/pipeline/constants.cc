// Expressions that are computed once per execution.
#include "codegen/pipeline/builder.h"

namespace lathe::pipeline {

void Builder::AddConstant(const Expr& e, bool like_pattern) {
  for (size_t i = 0; i < program_.constants.size(); ++i) {
    Constant& known = program_.constants[i];
    if (!known.item_list && expr::Equal(*known.expr, e) && known.expr->type == e.type) {
      known.like_pattern |= like_pattern;
      program_.constant_of[&e] = static_cast<uint32_t>(i);
      return;
    }
  }
  program_.constant_of[&e] = static_cast<uint32_t>(program_.constants.size());
  program_.constants.push_back({&e, like_pattern});
}

bool Builder::FindVarying(const Expr& e) {
  bool varying =
      e.kind == expr::Kind::kColumn || e.kind == expr::Kind::kSubquery ||
      (e.kind == expr::Kind::kCall && e.function->volatility == func::Volatility::kVolatile);
  for (const auto& child : e.children) varying |= FindVarying(*child);
  if (varying) varying_.insert(&e);
  return varying;
}

void Builder::VisitConstants(const Expr& e) {
  if (e.kind == expr::Kind::kConst) return;
  if (!varying_.contains(&e)) {
    AddConstant(e, false);
    return;
  }
  const bool like =
      e.kind == expr::Kind::kCall && (e.function->inline_op == func::InlineOp::kLike ||
                                      e.function->inline_op == func::InlineOp::kNotLike);
  if (like && e.children.size() == 2 && !varying_.contains(e.children[1].get())) {
    VisitConstants(*e.children[0]);
    AddConstant(*e.children[1], true);
    return;
  }
  if (IsLongList(e)) {
    VisitConstants(*e.children[0]);
    program_.item_list_of[&e] = static_cast<uint32_t>(program_.constants.size());
    program_.constants.push_back({&e, false, true});
    return;
  }
  for (const auto& child : e.children) VisitConstants(*child);
}

bool Builder::IsLongList(const Expr& e) {
  constexpr size_t kItemsMin = 33;
  if (e.kind != expr::Kind::kInList || e.children.size() <= kItemsMin) return false;
  for (size_t i = 1; i < e.children.size(); ++i) {
    types::Type type = e.children[i]->type;
    types::Type wanted = e.children[0]->type;
    // Lengths of strings do not matter here.
    if (type.is_string_like() && type.id == wanted.id) type.typmod = wanted.typmod;
    if (!(type == wanted) || !expr::IsRuntimeConstant(*e.children[i])) return false;
  }
  return e.children[0]->type.id != types::TypeId::kArray;
}

void Builder::VisitExpressions(const Node& node, const std::function<void(const Expr&)>& visit) {
  using physical::Kind;
  auto each = [&visit](const std::vector<expr::ExprPtr>& list) {
    for (const auto& e : list) visit(*e);
  };
  switch (node.kind) {
    case Kind::kFilter:
      each(node.As<physical::Filter>().conjuncts);
      break;
    case Kind::kProject:
      each(node.As<physical::Project>().expressions);
      break;
    case Kind::kHashJoin: {
      const auto& join = node.As<physical::HashJoin>();
      each(join.build_keys);
      each(join.probe_keys);
      if (join.residual != nullptr) visit(*join.residual);
      break;
    }
    case Kind::kNestedLoopJoin: {
      const auto& join = node.As<physical::NestedLoopJoin>();
      if (join.predicate != nullptr) visit(*join.predicate);
      if (join.band) {
        for (const auto* e : {&join.band->key, &join.band->low, &join.band->high}) {
          if (*e != nullptr) visit(**e);
        }
      }
      break;
    }
    case Kind::kHashAggregate: {
      const auto& aggregate = node.As<physical::HashAggregate>();
      each(aggregate.groups);
      for (const auto& call : aggregate.calls) {
        each(call.args);
        if (call.filter != nullptr) visit(*call.filter);
      }
      break;
    }
    case Kind::kWindow: {
      const auto& window = node.As<physical::Window>();
      each(window.partition);
      for (const auto& key : window.order) visit(*key.expression);
      for (const auto& call : window.calls) {
        each(call.args);
        if (call.filter != nullptr) visit(*call.filter);
      }
      break;
    }
    case Kind::kSortedAggregate: {
      const auto& aggregate = node.As<physical::SortedAggregate>();
      each(aggregate.groups);
      for (const auto& call : aggregate.calls) {
        each(call.args);
        if (call.filter != nullptr) visit(*call.filter);
        for (const auto& key : call.order) visit(*key.expression);
      }
      break;
    }
    case Kind::kTableFunction:
      for (const auto& call : node.As<physical::TableFunction>().calls) each(call.args);
      break;
    case Kind::kSort:
      for (const auto& key : node.As<physical::Sort>().keys) visit(*key.expression);
      break;
    default:
      break;
  }
  for (const auto& child : node.children) VisitExpressions(*child, visit);
}

void Builder::CollectConstants() {
  VisitExpressions(*program_.plan->root, [this](const Expr& e) {
    FindVarying(e);
    VisitConstants(e);
  });
}

}  // namespace lathe::pipeline
