// Hash keys of joins: equalities whose sides come from one side of the join each, cast to one type.
#include <algorithm>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

using types::TypeId;

/// The type that both sides of an equality are compared in; kUnknown when there is none that a hash
/// can use.
types::Type CommonType(const types::Type& a, const types::Type& b) {
  if (SameValues(a, b)) return a;
  if (a.is_integer() && b.is_integer()) {
    const auto width = [](const types::Type& t) {
      return t.id == TypeId::kInt2 ? 2 : t.id == TypeId::kInt4 ? 4 : 8;
    };
    return width(a) > width(b) ? a : b;
  }
  if (a.id == TypeId::kNumeric && b.id == TypeId::kNumeric) {
    if (a.is_fixed_numeric() && b.is_fixed_numeric()) {
      const int scale = std::max(a.scale, b.scale);
      const int digits = std::max(a.precision - a.scale, b.precision - b.scale) + scale;
      if (digits <= 38) return types::Type::FixedNumeric(digits, scale);
    }
    return types::Type(TypeId::kNumeric);
  }
  const auto is_float = [](const types::Type& t) {
    return t.id == TypeId::kFloat4 || t.id == TypeId::kFloat8;
  };
  if (is_float(a) && is_float(b)) return types::Type(TypeId::kFloat8);
  const auto is_text = [](const types::Type& t) {
    return t.id == TypeId::kText || t.id == TypeId::kVarchar;
  };
  if (is_text(a) && is_text(b)) return types::Type(TypeId::kText);
  return types::Type();
}

bool CanCast(const types::Type& from, const types::Type& to) {
  return SameValues(from, to) || func::FindCast(from.id, to.id) != nullptr;
}

/// An equality within a conjunct: its operands, and how it treats NULL.
struct Equality {
  Expr* e = nullptr;
  bool null_equal = false;
  bool never_null = false;  // (a = b) IS TRUE
};

Equality FindEquality(Expr* e) {
  if (IsComparison(*e, "=")) return {e, false, false};
  if (e->kind == expr::Kind::kIsTrue && IsComparison(*e->children[0], "=")) {
    return {e->children[0].get(), false, true};
  }
  if (e->kind == expr::Kind::kNot && e->children[0]->kind == expr::Kind::kIsDistinct) {
    return {e->children[0].get(), true, true};
  }
  return {};
}

}  // namespace

JoinKeys ExtractJoinKeys(const logical::Join& join, std::vector<ExprPtr>* conjuncts) {
  JoinKeys keys;
  const ColumnSet left = OutputSet(*join.children[0]);
  const ColumnSet right = OutputSet(*join.children[1]);
  const bool mark = join.join_kind == logical::JoinKind::kMark;
  auto may_be_null = [&](const Expr& e) {
    return expr::MayBeNull(e, [&](ColumnId id) {
      for (const NodePtr& child : join.children) {
        if (const OutputColumn* column = logical::FindOutput(*child, id)) return column->nullable;
      }
      return true;
    });
  };
  std::vector<ExprPtr> rest;
  for (ExprPtr& conjunct : *conjuncts) {
    const Equality equality = FindEquality(conjunct.get());
    bool is_key = false;
    if (equality.e) {
      ExprPtr& a = equality.e->children[0];
      ExprPtr& b = equality.e->children[1];
      const ColumnSet of_a = ColumnsOf(*a), of_b = ColumnsOf(*b);
      const bool straight = of_a.SubsetOf(left) && of_b.SubsetOf(right);
      const bool crossed = of_a.SubsetOf(right) && of_b.SubsetOf(left);
      const types::Type type = CommonType(a->type, b->type);
      bool usable = (straight || crossed) && !of_a.Empty() && !of_b.Empty() &&
                    !IsVolatile(*conjunct) && type.id != TypeId::kUnknown &&
                    CanCast(a->type, type) && CanCast(b->type, type);
      bool null_aware = false;
      if (usable && mark && !equality.never_null && (may_be_null(*a) || may_be_null(*b))) {
        // NULL makes the mark NULL: only as the one and only condition can a hash table answer
        // that.
        null_aware = conjuncts->size() == 1;
        usable = null_aware;
      }
      if (usable) {
        ExprPtr l = MakeCast(std::move(straight ? a : b), type);
        ExprPtr r = MakeCast(std::move(straight ? b : a), type);
        if (type.id == TypeId::kBpChar && l->type.typmod != r->type.typmod) {
          // One side may have blanks at its end, which do not count: both are taken as if.
          l->type.typmod = r->type.typmod = -1;
        }
        keys.left.push_back(std::move(l));
        keys.right.push_back(std::move(r));
        keys.null_equal.push_back(equality.null_equal);
        keys.null_aware |= null_aware;
        is_key = true;
      }
    }
    if (!is_key) rest.push_back(std::move(conjunct));
  }
  *conjuncts = std::move(rest);
  return keys;
}

}  // namespace lathe::optimize
