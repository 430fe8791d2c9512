#include "frontend/ast/unlift.h"

#include "frontend/ast/print.h"
#include "frontend/ast/walk.h"

namespace lathe::ast {
namespace {

struct Restorer {
  const std::vector<LiftedLiteral>& literals;

  void operator()(ExprPtr& e) {
    if (e->kind == Expr::Kind::kParameter && e->As<Parameter>().lifted.has_value()) {
      for (const LiftedLiteral& literal : literals) {
        if (literal.number != e->As<Parameter>().number) continue;
        auto back = std::make_unique<Literal>();
        back->location = e->location;
        back->type = literal.type;
        back->integer = literal.integer;
        back->text = literal.text;
        e = std::move(back);
        return;
      }
    }
    VisitChildren(*e, *this);
  }
  void operator()(SelectStatement& s) { VisitChildren(s, *this); }
  void operator()(TableRef& t) { VisitChildren(t, *this); }
};

}  // namespace

void RestoreLiterals(Statement& statement, LiftedStatement* lifted) {
  Restorer restorer{lifted->literals};
  VisitChildren(statement, restorer);
  lifted->literals.clear();
  lifted->fingerprint = "as written: " + Print(statement, PrintOptions{});
}

}  // namespace lathe::ast
