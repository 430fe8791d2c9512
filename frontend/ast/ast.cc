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

}  // namespace lathe::ast
