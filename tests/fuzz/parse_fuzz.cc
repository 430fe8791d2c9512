// Fuzzes the lexer and the parser: any bytes give trees or an error with a position inside the
// text; trees print as SQL that parses to trees which print the same; lifting literals and printing
// never fail.
#include <cstdint>
#include <string>
#include <string_view>

#include "frontend/ast/ast.h"
#include "frontend/ast/lift.h"
#include "frontend/ast/print.h"
#include "frontend/parse/parse.h"
#include "runtime/base/check.h"

namespace lathe::parse {
namespace {

void CheckError(const Error& error, std::string_view sql) {
  LATHE_CHECK(!error.message.empty());
  LATHE_CHECK(error.position >= 0);
  LATHE_CHECK(static_cast<size_t>(error.position) <= sql.size() + 1);
}

void FuzzStatements(std::string_view sql) {
  Result<std::vector<ast::ParsedStatement>> statements = Parse(sql);
  if (!statements.ok()) {
    CheckError(statements.error(), sql);
    return;
  }
  for (ast::ParsedStatement& parsed : *statements) {
    const std::string printed = ast::Print(*parsed.statement);
    Result<std::vector<ast::ParsedStatement>> again = Parse(printed);
    if (parsed.statement->kind == ast::Statement::Kind::kUnsupported) {
      // Kept as its first words only: what these say by themselves may be another statement (DROP
      // USER MAPPING drops a user of that name).
    } else if (again.ok() && again->size() == 1) {
      LATHE_CHECK(ast::Print(*again->front().statement) == printed);
    } else {
      // Only parentheses that go beyond the depth that the parser takes.
      LATHE_CHECK(!again.ok() && again.error().state == SqlState::kStatementTooComplex);
    }
    ast::LiftLiterals(*parsed.statement);
    (void)ast::Print(*parsed.statement, {.fingerprint = true});
  }
}

}  // namespace
}  // namespace lathe::parse

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe;
  // A copy of exactly this size, so that a sanitizer sees a read beyond it.
  const std::string text(reinterpret_cast<const char*>(data), size);
  parse::FuzzStatements(text);
  Result<ast::ExprPtr> expression = parse::ParseExpression(text);
  if (expression.ok()) (void)ast::Print(**expression);
  Result<ast::TypeName> type = parse::ParseTypeName(text);
  if (type.ok()) (void)ast::Print(*type);
  return 0;
}
