// Trees back to SQL text. Printing and parsing again gives an equal tree; comments, letter case and
// redundant parentheses are lost.
#pragma once

#include <string>

#include "frontend/ast/ddl.h"

namespace lathe::ast {

struct PrintOptions {
  /// Prints lifted parameters with their class ($1:int4), so that equal texts may share a plan.
  bool fingerprint = false;
};

std::string Print(const Statement& statement, const PrintOptions& options = {});
std::string Print(const Expr& expr, const PrintOptions& options = {});
std::string Print(const TypeName& type);
std::string Print(const QualifiedName& name);

/// An identifier, in double quotes if it would not read back as it is (upper case, blanks, keywords
/// that need it).
std::string QuoteIdentifier(std::string_view name);
/// A string literal in single quotes ('it''s', or E'...' if it has backslashes).
std::string QuoteLiteral(std::string_view text);

}  // namespace lathe::ast
