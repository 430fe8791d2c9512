// The order of a filter's conjuncts.
#include <algorithm>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

/// What comparing two values of a type costs beyond a number's comparison.
double ComparisonCost(const types::Type& type) {
  if (type.id == types::TypeId::kBpChar) return 4;
  return type.is_string_like() ? 3 : 0;
}

/// Rough price of evaluating an expression once.
double CostOf(const Expr& e) {
  // Computed once per execution, whatever it is.
  if (expr::IsRuntimeConstant(e)) return e.type.is_string_like() ? 0.5 : 0.1;
  double cost = 0.2;
  switch (e.kind) {
    case expr::Kind::kConst:
    case expr::Kind::kParam:
    case expr::Kind::kColumn:
      return e.type.is_string_like() ? 0.5 : 0.1;
    case expr::Kind::kCall:
      cost = e.function->inline_op == func::InlineOp::kNone ? 10
             : e.function->inline_op == func::InlineOp::kLike ||
                     e.function->inline_op == func::InlineOp::kNotLike
                 ? 15
                 : 1;
      if (e.children.size() == 2 && e.type.id == types::TypeId::kBool && cost == 1) {
        cost += ComparisonCost(e.children[0]->type);
      }
      break;
    case expr::Kind::kInList:
      cost += static_cast<double>(e.children.size() - 1) *
              (0.2 + ComparisonCost(e.children[0]->type));
      break;
    case expr::Kind::kCast:
      cost = func::InlineCastFor(e.children[0]->type, e.type) == func::InlineCast::kNone ? 10 : 0.3;
      break;
    default:
      break;
  }
  for (const ExprPtr& child : e.children) cost += CostOf(*child);
  return cost;
}

}  // namespace

void OrderConjuncts(std::vector<ExprPtr>* conjuncts, Estimator* estimator) {
  if (conjuncts->size() < 2) return;
  struct Ranked {
    ExprPtr e;
    size_t place;
    bool fails;
    double rank;
  };
  std::vector<Ranked> ranked;
  for (ExprPtr& e : *conjuncts) {
    const bool fails = FailsOnRows(*e) || IsVolatile(*e);
    // The classic order: gain per cost.
    const double rank = (estimator->Selectivity(*e) - 1) / CostOf(*e);
    ranked.push_back({std::move(e), ranked.size(), fails, rank});
  }
  std::sort(ranked.begin(), ranked.end(), [](const Ranked& a, const Ranked& b) {
    if (a.fails != b.fails) return b.fails;
    if (!a.fails && a.rank != b.rank) return a.rank < b.rank;
    return a.place < b.place;
  });
  for (size_t i = 0; i < ranked.size(); ++i) (*conjuncts)[i] = std::move(ranked[i].e);
}

}  // namespace lathe::optimize
