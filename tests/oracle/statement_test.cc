// What the tests of this folder share (statement.h); in a _test.cc because only tests may know the
// frontend.
#include "tests/oracle/statement.h"

#include <gtest/gtest.h>

#include <fstream>

#include "frontend/bind/bind.h"
#include "frontend/parse/parse.h"

namespace lathe::oracle {

Result<BoundStatement> BindText(const std::string& sql, bool lift, MemoryTables* tables) {
  LATHE_ASSIGN(std::vector<ast::ParsedStatement> parsed, parse::Parse(sql));
  ast::Statement& statement = *parsed.at(0).statement;
  bind::BindContext context;
  context.catalog = tables;
  context.search_path = {"public"};
  context.sql = sql;
  context.parse_expression = [](std::string_view text) { return parse::ParseExpression(text); };
  BoundStatement bound;
  if (statement.kind == ast::Statement::Kind::kCreateTable) {
    LATHE_ASSIGN(schema::RelationDescriptor table,
                 bind::BindCreateTable(statement.As<ast::CreateTableStatement>(), context));
    tables->Create(std::move(table));
    return bound;
  }
  std::vector<ast::LiftedLiteral> literals;
  if (lift) {
    auto lifted = ast::LiftLiterals(statement);
    if (lifted) literals = std::move(lifted->literals);
    for (const ast::LiftedLiteral& literal : literals) {
      context.params.push_back(bind::LiftedType(literal));
    }
  }
  LATHE_ASSIGN(bound.query, bind::BindQuery(statement, context));
  for (size_t i = 0; i < bound.query->params.size(); ++i) {
    size_t source = i;
    for (const bind::LiteralCopy& copy : context.literal_copies) {
      if (copy.param == i) source = copy.source;
    }
    for (const ast::LiftedLiteral& literal : literals) {
      if (static_cast<size_t>(literal.number) != source + 1) continue;
      LATHE_ASSIGN(types::Value value, bind::ReadLiteral(literal, bound.query->params[i], context));
      bound.params.push_back(std::move(value));
    }
  }
  return bound;
}

std::vector<std::string> TestLines(const std::string& file) {
  std::ifstream in(std::string(LATHE_ORACLE_TESTDATA) + "/" + file);
  EXPECT_TRUE(in.good()) << file;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string RowText(const Row& row) {
  std::string text = "= ";
  for (size_t i = 0; i < row.size(); ++i) {
    std::string value = row[i].ToString();
    if (row[i].type().id == types::TypeId::kBool && !row[i].is_null()) {
      value = row[i].AsBool() ? "t" : "f";
    }
    text += (i ? "|" : "") + value;
  }
  return text;
}

std::string ErrorText(const Error& error) {
  return "! " + std::string(SqlStateCode(error.state)) + " " + error.message;
}

}  // namespace lathe::oracle
