// The oracle itself is tested against PostgreSQL 15: testdata/expected.txt holds its answers to
// testdata/queries.sql (made by testdata/ask_postgres.py). This tests the parser, the binder and
// the functions on the way.
#include "tests/oracle/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>

#include "frontend/bind/bind.h"
#include "frontend/parse/parse.h"
#include "tests/oracle/memory_tables.h"

namespace lathe::oracle {
namespace {

std::vector<std::string> Lines(const std::string& file) {
  std::ifstream in(std::string(LATHE_ORACLE_TESTDATA) + "/" + file);
  EXPECT_TRUE(in.good()) << file;
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

class OracleTest : public ::testing::Test {
 protected:
  OracleTest() {
    for (const std::string& line : Lines("setup.sql")) {
      const std::vector<std::string> answer = Answer(line);
      EXPECT_TRUE(answer.empty()) << line << ": " << answer[0];
    }
  }

  /// The rows or the error in the form of expected.txt. lift: with the literals as parameters.
  std::vector<std::string> Answer(const std::string& sql, bool lift = false) {
    auto parsed = parse::Parse(sql);
    if (!parsed.ok()) return ErrorText(parsed.error());
    ast::Statement& statement = *(*parsed)[0].statement;
    bind::BindContext context;
    context.catalog = &tables_;
    context.search_path = {"public"};
    context.sql = sql;
    context.parse_expression = [](std::string_view text) { return parse::ParseExpression(text); };
    if (statement.kind == ast::Statement::Kind::kCreateTable) {
      auto table = bind::BindCreateTable(statement.As<ast::CreateTableStatement>(), context);
      if (!table.ok()) return ErrorText(table.error());
      tables_.Create(std::move(table).value());
      return {};
    }
    std::vector<ast::LiftedLiteral> literals;
    if (lift) {
      auto lifted = ast::LiftLiterals(statement);
      if (lifted) literals = std::move(lifted->literals);
      for (const ast::LiftedLiteral& literal : literals) {
        context.params.push_back(bind::LiftedType(literal));
      }
    }
    auto query = bind::BindQuery(statement, context);
    if (!query.ok()) return ErrorText(query.error());
    std::vector<types::Value> params;
    for (size_t i = 0; i < query->params.size(); ++i) {
      size_t source = i;
      for (const bind::LiteralCopy& copy : context.literal_copies) {
        if (copy.param == i) source = copy.source;
      }
      for (const ast::LiftedLiteral& literal : literals) {
        if (static_cast<size_t>(literal.number) != source + 1) continue;
        auto value = bind::ReadLiteral(literal, query->params[i], context);
        if (!value.ok()) return ErrorText(value.error());
        params.push_back(std::move(value).value());
      }
    }
    auto rows = oracle::Run(*query, params, &tables_);
    if (!rows.ok()) return ErrorText(rows.error());
    std::vector<std::string> answer;
    for (const Row& row : *rows) {
      std::string text = "= ";
      for (size_t i = 0; i < row.size(); ++i) {
        std::string value = row[i].ToString();
        if (row[i].type().id == types::TypeId::kBool && !row[i].is_null()) {
          value = row[i].AsBool() ? "t" : "f";
        }
        text += (i ? "|" : "") + value;
      }
      answer.push_back(std::move(text));
    }
    return answer;
  }

  static std::vector<std::string> ErrorText(const Error& error) {
    return {"! " + std::string(SqlStateCode(error.state)) + " " + error.message};
  }

  void Compare(bool lift) {
    const std::vector<std::string> lines = Lines("expected.txt");
    for (size_t i = 0; i < lines.size();) {
      const std::string sql = lines[i++];
      std::vector<std::string> expected;
      while (i < lines.size() && (lines[i][0] == '=' || lines[i][0] == '!')) {
        expected.push_back(lines[i++]);
      }
      std::vector<std::string> answer = Answer(sql, lift);
      if (sql.find("order by") == std::string::npos) {
        std::sort(expected.begin(), expected.end());
        std::sort(answer.begin(), answer.end());
      }
      EXPECT_EQ(answer, expected) << sql;
    }
  }

  MemoryTables tables_;
};

TEST_F(OracleTest, AnswersAsPostgreSQL) { Compare(false); }

TEST_F(OracleTest, AnswersTheSameWithLiteralsLifted) { Compare(true); }

}  // namespace
}  // namespace lathe::oracle
