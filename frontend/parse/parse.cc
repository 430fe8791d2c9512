#include "frontend/parse/parse.h"

#include "frontend/parse/semantic.h"
#include "frontend/parse/tokens.h"

namespace lathe::parse {
namespace {

/// Positions are 32-bit; PostgreSQL's limit for a text is the same.
constexpr size_t kTextBytesMax = (size_t{1} << 30) - 1;

Status CheckSize(std::string_view sql) {
  if (sql.size() > kTextBytesMax) {
    return MakeError(SqlState::kProgramLimitExceeded, "statement text is larger than 1 GB");
  }
  return Ok();
}

/// Runs the grammar over the whole of `sql` with a start token of its own.
Status RunWhole(ParseContext& context, int start) {
  context.StartWith(start);
  LatheSqlparse(&context);
  if (context.failed()) return context.TakeError();
  if (context.statement_end() < static_cast<int32_t>(context.sql().size()) &&
      context.StartStatement()) {
    context.SyntaxError("syntax error");
    return context.TakeError();
  }
  return Ok();
}

}  // namespace

Result<std::vector<ast::ParsedStatement>> Parse(std::string_view sql) {
  LATHE_TRY(CheckSize(sql));
  std::vector<ast::ParsedStatement> statements;
  ParseContext context(sql);
  while (context.StartStatement()) {
    LatheSqlparse(&context);
    if (context.failed()) {
      std::string what;
      if (!context.SkipUnsupported(&what)) return context.TakeError();
      auto unsupported = std::make_unique<ast::UnsupportedStatement>();
      unsupported->location = context.statement_begin();
      unsupported->what = std::move(what);
      context.statement = std::move(unsupported);
    }
    statements.push_back(ast::ParsedStatement{std::move(context.statement),
                                              context.statement_begin(), context.statement_end()});
  }
  if (context.failed()) return context.TakeError();
  return statements;
}

Result<std::unique_ptr<ast::Expr>> ParseExpression(std::string_view sql) {
  LATHE_TRY(CheckSize(sql));
  ParseContext context(sql);
  LATHE_TRY(RunWhole(context, K_START_EXPRESSION));
  return std::move(context.expression);
}

Result<ast::TypeName> ParseTypeName(std::string_view sql) {
  LATHE_TRY(CheckSize(sql));
  ParseContext context(sql);
  LATHE_TRY(RunWhole(context, K_START_TYPE));
  return std::move(*context.type);
}

}  // namespace lathe::parse
