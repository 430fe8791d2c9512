// Inequalities of a join that bound a key of its kept side by values of the other side: such a join
// visits a range of ordered rows instead of all of them. The whole predicate is still evaluated for
// each row visited, so the range may be too wide.
#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

using types::TypeId;

/// Kept as an integer and ordered like it.
bool OrderedAsInteger(const types::Type& type) {
  switch (type.id) {
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kInt8:
    case TypeId::kDate:
    case TypeId::kTime:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return true;
    case TypeId::kNumeric:
      return types::ReprOf(type) == types::Repr::kI64;
    default:
      return false;
  }
}

/// Whether integers of the two types mean the same values.
bool SameScale(const types::Type& a, const types::Type& b) {
  if (a.is_integer() && b.is_integer()) return true;
  return a.id == b.id && a.scale == b.scale;
}

/// One bound: key >= value or key <= value (strict ones are widened).
struct Bound {
  const Expr* key = nullptr;
  const Expr* value = nullptr;
  bool low = false;
};

bool FromOnly(const Expr& e, const ColumnSet& columns) {
  ColumnSet used;
  AddColumns(e, &used);
  return used.SubsetOf(columns);
}

bool HasSubquery(const Expr& e) {
  if (e.kind == expr::Kind::kSubquery) return true;
  for (const ExprPtr& child : e.children) {
    if (HasSubquery(*child)) return true;
  }
  return false;
}

bool FindBound(const Expr& e, const ColumnSet& inner, const ColumnSet& outer, Bound* bound) {
  const bool less = IsComparison(e, "<") || IsComparison(e, "<=");
  const bool greater = IsComparison(e, ">") || IsComparison(e, ">=");
  if (!less && !greater) return false;
  const Expr *a = e.children[0].get(), *b = e.children[1].get();
  if (!OrderedAsInteger(a->type) || !OrderedAsInteger(b->type) || !SameScale(a->type, b->type)) {
    return false;
  }
  if (HasSubquery(e) || IsVolatile(e)) return false;
  ColumnSet of_a, of_b;
  AddColumns(*a, &of_a);
  AddColumns(*b, &of_b);
  if (!of_a.Empty() && of_a.SubsetOf(inner) && FromOnly(*b, outer)) {
    *bound = {a, b, greater};
    return true;
  }
  if (!of_b.Empty() && of_b.SubsetOf(inner) && FromOnly(*a, outer)) {
    *bound = {b, a, less};
    return true;
  }
  return false;
}

}  // namespace

std::optional<physical::Band> FindBand(const std::vector<ExprPtr>& conjuncts, const Node& inner,
                                       const Node& outer) {
  const ColumnSet inner_columns = OutputSet(inner), outer_columns = OutputSet(outer);
  std::vector<Bound> bounds;
  for (const ExprPtr& e : conjuncts) {
    Bound bound;
    if (FindBound(*e, inner_columns, outer_columns, &bound)) bounds.push_back(bound);
  }
  const Bound* best = nullptr;
  const Bound* best_other = nullptr;
  for (const Bound& one : bounds) {
    const Bound* other = nullptr;
    for (const Bound& two : bounds) {
      if (two.low != one.low && expr::Equal(*two.key, *one.key)) other = &two;
    }
    if (best == nullptr || (best_other == nullptr && other != nullptr)) {
      best = &one;
      best_other = other;
    }
  }
  if (best == nullptr) return std::nullopt;
  physical::Band band;
  band.key = best->key->Clone();
  for (const Bound* bound : {best, best_other}) {
    if (bound != nullptr) (bound->low ? band.low : band.high) = bound->value->Clone();
  }
  return band;
}

}  // namespace lathe::optimize
