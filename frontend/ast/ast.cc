// What the headers could not define where their members' types were still incomplete.
#include "frontend/ast/ast.h"

namespace lathe::ast {

TypeName::TypeName() = default;
TypeName::TypeName(TypeName&&) noexcept = default;
TypeName& TypeName::operator=(TypeName&&) noexcept = default;
TypeName::~TypeName() = default;

Subquery::Subquery() : Expr(Kind::kSubquery) {}
Subquery::~Subquery() = default;

SubqueryRef::SubqueryRef() : TableRef(Kind::kSubquery) {}
SubqueryRef::~SubqueryRef() = default;

StatementPtr SelectIntoAsCreate(StatementPtr statement) {
  auto* select = static_cast<SelectStatement*>(statement.get());
  while (select->form == SelectStatement::Form::kSetOperation) select = select->left.get();
  if (!select->into) return statement;
  auto create = std::make_unique<CreateTableAsStatement>();
  create->location = statement->location;
  create->table = std::move(select->into->table);
  create->persistence = select->into->persistence;
  select->into.reset();
  create->query = std::move(statement);
  return create;
}

}  // namespace lathe::ast
