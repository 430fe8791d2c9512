// The rewriting of SEARCH and CYCLE. Private to this folder.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "frontend/ast/ast.h"
#include "runtime/base/result.h"

namespace lathe::bind {

/// The text of a recursive WITH query (a UNION, checked) that has the columns of its SEARCH and
/// CYCLE clauses itself. columns: its own columns; all: gets those and the new ones. parse: parses
/// one statement. 42601, 42701, 0A000.
Result<std::string> SearchCycleText(
    const ast::CommonTableExpr& item, const std::vector<std::string>& columns,
    std::vector<std::string>* all,
    const std::function<Result<ast::StatementPtr>(std::string_view)>& parse,
    const std::function<Error(SqlState, std::string)>& fail);

}  // namespace lathe::bind
