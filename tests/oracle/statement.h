// SQL text to bound query for tests, over MemoryTables; with or without its literals lifted to
// parameters.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "codegen/logical/logical.h"
#include "tests/oracle/memory_tables.h"

namespace lathe::oracle {

/// A statement ready to run. No query: it was CREATE TABLE, which has been done.
struct BoundStatement {
  std::optional<logical::Query> query;
  std::vector<types::Value> params;  // values of the lifted literals
};

/// Parses and binds one statement. Errors: the parser's and the binder's, and those of reading
/// lifted literals.
Result<BoundStatement> BindText(const std::string& sql, bool lift, MemoryTables* tables);

/// Lines of a file in testdata.
std::vector<std::string> TestLines(const std::string& file);

/// "= a|b", as testdata/expected.txt has rows.
std::string RowText(const Row& row);
/// "! 22012 division by zero"
std::string ErrorText(const Error& error);

}  // namespace lathe::oracle
