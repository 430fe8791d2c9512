// The oracle itself is tested against PostgreSQL 15: testdata/expected.txt holds its answers to
// testdata/queries.sql (made by testdata/ask_postgres.py). This tests the parser, the binder and
// the functions on the way.
#include "tests/oracle/oracle.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/oracle/statement.h"

namespace lathe::oracle {
namespace {

class OracleTest : public ::testing::Test {
 protected:
  OracleTest() {
    for (const std::string& line : TestLines("setup.sql")) {
      const std::vector<std::string> answer = Answer(line, false);
      EXPECT_TRUE(answer.empty()) << line << ": " << answer[0];
    }
  }

  /// The rows or the error in the form of expected.txt.
  std::vector<std::string> Answer(const std::string& sql, bool lift) {
    auto bound = BindText(sql, lift, &tables_);
    if (!bound.ok()) return {ErrorText(bound.error())};
    if (!bound->query) return {};
    auto rows = oracle::Run(*bound->query, bound->params, &tables_);
    if (!rows.ok()) return {ErrorText(rows.error())};
    std::vector<std::string> answer;
    for (const Row& row : *rows) answer.push_back(RowText(row));
    return answer;
  }

  void Compare(bool lift) {
    const std::vector<std::string> lines = TestLines("expected.txt");
    for (size_t i = 0; i < lines.size();) {
      const std::string& sql = lines[i++];
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
