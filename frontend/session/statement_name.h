// What a kind of statement is called, for "... is not supported".
#pragma once

#include <string>

#include "frontend/ast/ast.h"

namespace lathe::session {

/// "CREATE INDEX", "MERGE", "SAVEPOINT".
std::string StatementName(const ast::Statement& statement);

}  // namespace lathe::session
