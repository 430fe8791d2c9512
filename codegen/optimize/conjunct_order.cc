// The order of a filter's conjuncts.
#include <algorithm>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

/// What comparing values of a type costs beyond a number's comparison. Most of it is fetching bytes
/// that lie apart from the row; short strings often differ in size or lie in the row.
double ComparisonCost(const types::Type& type) {
  if (!type.is_string_like()) return 0;
  if (type.typmod > 0) return std::min(4.0, type.typmod / 6.0);
  return 3;
}

/// A comparison of numbers, or of dates and timestamps: also those of two types, which have no
/// inline form of their own, are an instruction or two.
bool IsPlainComparison(const Expr& e) {
  if (e.children.size() != 2 || e.type.id != types::TypeId::kBool) return false;
  const std::string_view op = e.function->op;
  if (op != "=" && op != "<>" && op != "<" && op != "<=" && op != ">" && op != ">=") return false;
  for (const ExprPtr& child : e.children) {
    const types::Type& type = child->type;
    if (!type.is_integer() && type.id != types::TypeId::kDate &&
        type.id != types::TypeId::kTimestamp) {
      return false;
    }
  }
  return true;
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
      cost = IsPlainComparison(e)                             ? 1
             : e.function->inline_op == func::InlineOp::kNone ? 10
             : e.function->inline_op == func::InlineOp::kLike ||
                     e.function->inline_op == func::InlineOp::kNotLike
                 ? 15
                 : 1;
      if (e.children.size() == 2 && e.type.id == types::TypeId::kBool && cost == 1) {
        cost += ComparisonCost(e.children[0]->type);
      }
      break;
    case expr::Kind::kInList:
      // The bytes are fetched once.
      cost +=
          ComparisonCost(e.children[0]->type) + 0.3 * static_cast<double>(e.children.size() - 1);
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
