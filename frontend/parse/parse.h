// SQL text to syntax trees: PostgreSQL 15's grammar. The front door of frontend/parse. All
// functions are pure and may be called from any thread.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "frontend/ast/ast.h"
#include "runtime/base/result.h"

namespace lathe::parse {

/// Parses the statements of `sql`, separated by semicolons; empty ones are skipped, so the result
/// may be empty. Locations are byte offsets into `sql`. Errors: 42601 and the scanner's other codes
/// with PostgreSQL's wording and position, 54001 for text nested deeper than ast::kMaxDepth, 0A000
/// never (statements without a representation are ast::UnsupportedStatement).
Result<std::vector<ast::ParsedStatement>> Parse(std::string_view sql);

/// Parses one expression, as after SELECT (stored defaults, checks). Same errors.
Result<std::unique_ptr<ast::Expr>> ParseExpression(std::string_view sql);

/// Parses one type name ("numeric(15,2)", "timestamp(3) with time zone", "int4[]"). Same errors.
Result<ast::TypeName> ParseTypeName(std::string_view sql);

}  // namespace lathe::parse
