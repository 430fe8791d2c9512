// Evaluates what is constant for every execution: calls of immutable functions over constants,
// conditions of CASE and COALESCE that are known, TRUE and FALSE in AND and OR. An expression whose
// evaluation fails stays as it is: it fails when, and only if, it is reached.
#include <algorithm>

#include "codegen/expr/evaluate.h"
#include "codegen/optimize/rules.h"
#include "codegen/optimize/tree.h"
#include "runtime/base/arena.h"

namespace lathe::optimize {
namespace {

bool IsConst(const Expr& e) { return e.kind == expr::Kind::kConst; }

/// Its value depends on nothing but its operands: no setting of the session, no clock.
bool Foldable(const Expr& e) {
  switch (e.kind) {
    case expr::Kind::kCall:
    case expr::Kind::kIsDistinct:
    case expr::Kind::kGreatest:
    case expr::Kind::kLeast:
    case expr::Kind::kInList:
      return e.function->volatility == func::Volatility::kImmutable;
    case expr::Kind::kCast:
      // Text forms of dates depend on the session.
      return func::InlineCastFor(e.children[0]->type, e.type) != func::InlineCast::kNone ||
             (e.children[0]->type.is_number() && e.type.is_number());
    case expr::Kind::kNot:
    case expr::Kind::kIsNull:
    case expr::Kind::kIsNotNull:
    case expr::Kind::kIsTrue:
    case expr::Kind::kIsFalse:
      return true;
    default:
      return false;
  }
}

class Folder {
 public:
  void Fold(ExprPtr* slot) {
    Expr& e = **slot;
    if (e.children.empty()) return;
    for (ExprPtr& child : e.children) Fold(&child);
    switch (e.kind) {
      case expr::Kind::kAnd:
        return FoldLogic(slot, true);
      case expr::Kind::kOr:
        return FoldLogic(slot, false);
      case expr::Kind::kCase:
        return FoldCase(slot);
      case expr::Kind::kCoalesce:
        return FoldCoalesce(slot);
      default:
        break;
    }
    if (FoldStrict(slot) || !Foldable(e)) return;
    for (const ExprPtr& child : e.children) {
      if (!IsConst(*child)) return;
    }
    Evaluate(slot);
  }

 private:
  /// A strict function of a constant NULL is NULL; as in PostgreSQL its other arguments are then
  /// not evaluated, even where they would fail.
  static bool FoldStrict(ExprPtr* slot) {
    const Expr& e = **slot;
    if (e.kind != expr::Kind::kCall || e.function == nullptr || !e.function->strict) return false;
    const bool null = std::any_of(e.children.begin(), e.children.end(), [](const ExprPtr& child) {
      return IsConst(*child) && child->value.is_null();
    });
    if (!null) return false;
    const int32_t location = e.location;
    *slot = expr::MakeConst(types::Value::Null(e.type));
    (*slot)->location = location;
    return true;
  }

  void Evaluate(ExprPtr* slot) {
    func::FunctionContext functions;
    functions.arena = &arena_;
    expr::EvalContext context;
    context.functions = &functions;
    Result<types::Value> value = expr::Evaluate(**slot, context);
    if (!value.ok()) return;
    const int32_t location = (*slot)->location;
    const types::Type type = (*slot)->type;
    if (!SameValues(value->type(), type)) return;
    types::Value constant = std::move(value).value();
    constant.set_type(type);
    *slot = expr::MakeConst(std::move(constant));
    (*slot)->location = location;
  }

  /// neutral: TRUE for AND, FALSE for OR; the opposite decides. What stands before a decisive
  /// constant may fail, and would then have been evaluated first; as in PostgreSQL the constant
  /// wins.
  static void FoldLogic(ExprPtr* slot, bool neutral) {
    std::vector<ExprPtr> kept;
    for (ExprPtr& child : (*slot)->children) {
      if (IsConstBool(*child, neutral)) continue;
      if (IsConstBool(*child, !neutral)) {
        *slot = expr::MakeBool(!neutral);
        return;
      }
      kept.push_back(std::move(child));
    }
    if (kept.empty()) {
      *slot = expr::MakeBool(neutral);
    } else if (kept.size() == 1) {
      ExprPtr only = std::move(kept[0]);
      *slot = std::move(only);
    } else {
      (*slot)->children = std::move(kept);
    }
  }

  static void FoldCase(ExprPtr* slot) {
    auto& children = (*slot)->children;
    std::vector<ExprPtr> kept;
    for (size_t i = 0; i + 1 < children.size(); i += 2) {
      if (IsConstNotTrue(*children[i])) continue;
      if (IsConstBool(*children[i], true)) {
        kept.push_back(std::move(children[i + 1]));
        break;
      }
      kept.push_back(std::move(children[i]));
      kept.push_back(std::move(children[i + 1]));
    }
    if (kept.size() % 2 == 0) kept.push_back(std::move(children.back()));
    if (kept.size() == 1) {
      ExprPtr only = std::move(kept[0]);
      *slot = std::move(only);
    } else {
      children = std::move(kept);
    }
  }

  static void FoldCoalesce(ExprPtr* slot) {
    auto& children = (*slot)->children;
    std::vector<ExprPtr> kept;
    for (ExprPtr& child : children) {
      if (IsConst(*child) && child->value.is_null()) continue;
      const bool last = IsConst(*child);
      kept.push_back(std::move(child));
      if (last) break;
    }
    const types::Type type = (*slot)->type;
    if (kept.empty()) {
      *slot = expr::MakeConst(types::Value::Null(type));
    } else if (kept.size() == 1) {
      ExprPtr only = std::move(kept[0]);
      *slot = std::move(only);
    } else {
      children = std::move(kept);
    }
  }

  base::Arena arena_;
};

void FoldTree(Node& root, Folder* folder) {
  ForEachNode(root, [folder](Node& node) {
    ForEachExpr(node, [folder](ExprPtr& e) {
      folder->Fold(&e);
      if (!HasSubquery(*e)) return;
      expr::Visit(*e, [folder](const Expr& part) {
        if (part.kind == expr::Kind::kSubquery) FoldTree(*part.subquery, folder);
      });
    });
  });
}

}  // namespace

Status FoldConstants(RuleContext*, NodePtr* root) {
  Folder folder;
  FoldTree(**root, &folder);
  return Ok();
}

}  // namespace lathe::optimize
