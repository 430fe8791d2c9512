// What follows from equalities: where a = b and a = 5, also b = 5. The inferred conjuncts are added
// to join predicates; pushing predicates down once more brings them to their tables. (Equality of
// columns among each other is closed by order_joins.cc.)
#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"

namespace lathe::optimize {
namespace {

using logical::JoinKind;
using logical::Kind;

/// column = constant, as it stands somewhere in the plan.
struct KnownConstant {
  ColumnId column;
  const Expr* comparison;
  int column_side;
};

struct Equality {
  ColumnId a, b;
};

/// What holds for every row that an operator gives.
struct Knowledge {
  std::vector<KnownConstant> constants;
  std::vector<Equality> equalities;

  const KnownConstant* Find(ColumnId column) const {
    for (const KnownConstant& known : constants) {
      if (known.column == column) return &known;
    }
    return nullptr;
  }
  void Add(const Knowledge& other) {
    constants.insert(constants.end(), other.constants.begin(), other.constants.end());
    equalities.insert(equalities.end(), other.equalities.begin(), other.equalities.end());
  }
};

void Learn(const Expr& e, Knowledge* knowledge) {
  if (e.kind == expr::Kind::kAnd) {
    for (const ExprPtr& child : e.children) Learn(*child, knowledge);
    return;
  }
  if (!IsComparison(e, "=")) return;
  const bool column[2] = {e.children[0]->kind == expr::Kind::kColumn,
                          e.children[1]->kind == expr::Kind::kColumn};
  if (column[0] && column[1]) {
    // Only within one type does equality mean that one may stand for the other.
    if (SameValues(e.children[0]->type, e.children[1]->type)) {
      knowledge->equalities.push_back({e.children[0]->column, e.children[1]->column});
    }
    return;
  }
  for (int side = 0; side < 2; ++side) {
    if (column[side] && expr::IsRuntimeConstant(*e.children[1 - side])) {
      knowledge->constants.push_back({e.children[side]->column, &e, side});
    }
  }
}

/// The comparison of known for another column of the same type.
ExprPtr ForColumn(const KnownConstant& known, ColumnId column) {
  ExprPtr copy = known.comparison->Clone();
  copy->children[known.column_side]->column = column;
  return copy;
}

class Inference {
 public:
  Knowledge Run(Node* node) {
    std::vector<Knowledge> below;
    for (NodePtr& child : node->children) below.push_back(Run(child.get()));
    switch (node->kind) {
      case Kind::kFilter: {
        Learn(*node->As<logical::Filter>().predicate, &below[0]);
        return std::move(below[0]);
      }
      case Kind::kSort:
      case Kind::kLimit:
        return std::move(below[0]);
      case Kind::kWith:
        return std::move(below[1]);
      case Kind::kProject: {
        // Only columns that are passed through are known above.
        const ColumnSet outputs = OutputSet(*node);
        Knowledge kept;
        for (const KnownConstant& known : below[0].constants) {
          if (outputs.Has(known.column)) kept.constants.push_back(known);
        }
        for (const Equality& e : below[0].equalities) {
          if (outputs.Has(e.a) && outputs.Has(e.b)) kept.equalities.push_back(e);
        }
        return kept;
      }
      case Kind::kJoin:
        return RunJoin(&node->As<logical::Join>(), std::move(below[0]), below[1]);
      default:
        return {};
    }
  }

 private:
  Knowledge RunJoin(logical::Join* join, Knowledge left, const Knowledge& right) {
    const JoinKind kind = join->join_kind;
    if (kind == JoinKind::kFull || kind == JoinKind::kRight || kind == JoinKind::kMark) return {};
    // Within the join, everything that its predicate says holds for the rows that match.
    Knowledge all = left;
    all.Add(right);
    Learn(*join->predicate, &all);
    const ColumnSet of_right = OutputSet(*join->children[1]);
    std::vector<ExprPtr> inferred;
    for (bool changed = true; changed;) {
      changed = false;
      for (const Equality& e : all.equalities) {
        const KnownConstant* a = all.Find(e.a);
        const KnownConstant* b = all.Find(e.b);
        if ((a != nullptr) == (b != nullptr)) continue;
        const ColumnId target = a ? e.b : e.a;
        // An outer, semi or anti join's predicate may only ask more of the right side.
        if (kind != JoinKind::kInner && !of_right.Has(target)) continue;
        ExprPtr conjunct = ForColumn(a ? *a : *b, target);
        all.constants.push_back({target, conjunct.get(), (a ? a : b)->column_side});
        inferred.push_back(std::move(conjunct));
        changed = true;
        break;
      }
    }
    if (!inferred.empty()) {
      std::vector<ExprPtr> conjuncts;
      if (!IsConstBool(*join->predicate, true)) conjuncts.push_back(std::move(join->predicate));
      for (ExprPtr& e : inferred) conjuncts.push_back(std::move(e));
      join->predicate = expr::MakeAnd(std::move(conjuncts));
    }
    if (kind == JoinKind::kInner) return all;
    return left;
  }
};

}  // namespace

Status InferPredicates(RuleContext*, NodePtr* root) {
  Inference().Run(root->get());
  return Ok();
}

}  // namespace lathe::optimize
