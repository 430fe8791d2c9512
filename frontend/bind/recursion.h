// References between WITH names, and PostgreSQL's rules about where a recursive query may name
// itself (its parse_cte.c, in own words). Part of the binder.
#pragma once

#include <functional>
#include <set>
#include <string>

#include "frontend/ast/ast.h"
#include "runtime/base/result.h"

namespace lathe::bind {

/// The WITH names out of `names` that a query refers to (names of inner WITH clauses hide them).
std::set<std::string> ReferredNames(const ast::Statement& query,
                                    const std::set<std::string>& names);

/// Checks the query of a WITH item that refers to itself. at makes an error at a location.
Status CheckRecursion(const ast::CommonTableExpr& item,
                      const std::function<Error(SqlState, std::string, int32_t)>& at);

}  // namespace lathe::bind
