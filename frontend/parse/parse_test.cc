#include "frontend/parse/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

namespace lathe::parse {
namespace {

using namespace ast;

std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::vector<std::string> Lines(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::filesystem::path TestData() { return std::filesystem::path(LATHE_PARSE_TESTDATA); }

/// The only statement of `sql`.
StatementPtr One(std::string_view sql) {
  auto parsed = Parse(sql);
  EXPECT_TRUE(parsed.ok()) << sql << ": " << parsed.error().ToString();
  if (!parsed.ok()) return nullptr;
  EXPECT_EQ(parsed->size(), 1u) << sql;
  return std::move((*parsed)[0].statement);
}

/// The first output expression of SELECT `text`.
ExprPtr Expression(std::string_view text) {
  auto expr = ParseExpression(text);
  EXPECT_TRUE(expr.ok()) << text << ": " << expr.error().ToString();
  return expr.ok() ? std::move(*expr) : nullptr;
}

std::string Printed(std::string_view text) { return Print(*Expression(text)); }

std::string ErrorOf(std::string_view sql) {
  auto parsed = Parse(sql);
  return parsed.ok() ? "ok" : parsed.error().ToString();
}

TEST(Parse, PrintsAndParsesToTheSameText) {
  int count = 0;
  for (const std::string& line : Lines(ReadFile(TestData() / "statements.sql"))) {
    if (line.empty() || line.starts_with("--")) continue;
    StatementPtr statement = One(line);
    ASSERT_NE(statement, nullptr) << line;
    const std::string printed = Print(*statement);
    auto again = Parse(printed);
    ASSERT_TRUE(again.ok()) << line << "\n" << printed << "\n" << again.error().ToString();
    ASSERT_EQ(again->size(), 1u) << printed;
    EXPECT_EQ(Print(*(*again)[0].statement), printed) << line;
    EXPECT_EQ((*again)[0].statement->kind, statement->kind) << line;
    ++count;
  }
  EXPECT_GT(count, 200);
}

TEST(Parse, WrongStatementsAnswerAsPostgres) {
  const std::vector<std::string> lines = Lines(ReadFile(TestData() / "errors.txt"));
  int count = 0;
  for (size_t i = 0; i + 1 < lines.size(); ++i) {
    if (lines[i].empty() || lines[i].starts_with("#")) continue;
    const std::string& sql = lines[i];
    const std::string& expected = lines[++i];
    auto parsed = Parse(sql);
    ASSERT_FALSE(parsed.ok()) << sql;
    const Error& error = parsed.error();
    EXPECT_EQ(std::string(SqlStateCode(error.state)) + " " + std::to_string(error.position) + " " +
                  error.message,
              expected)
        << sql;
    ++count;
  }
  EXPECT_GT(count, 150);
}

TEST(Parse, SplitsStatements) {
  const std::string sql = " select 1 ; ;\n-- x;\n select ';' /* ; */ ; begin; ";
  auto parsed = Parse(sql);
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->size(), 3u);
  std::vector<std::string> texts;
  for (const ParsedStatement& s : *parsed) texts.push_back(sql.substr(s.begin, s.end - s.begin));
  EXPECT_THAT(texts, testing::ElementsAre("select 1", "select ';'", "begin"));
  EXPECT_EQ((*parsed)[1].statement->location, 21);
  EXPECT_TRUE(Parse("").ok());
  EXPECT_TRUE(Parse(" ;; -- nothing").value().empty());
}

TEST(Parse, LocationsPointAtPostgresPlaces) {
  auto statement = One("select a +  f(b), c::int from t");
  auto& select = statement->As<SelectStatement>();
  EXPECT_EQ(select.targets[0].expr->location, 9);
  EXPECT_EQ(select.targets[0].expr->As<Binary>().right->location, 12);
  EXPECT_EQ(select.targets[1].expr->location, 19);
  EXPECT_EQ(select.from[0]->location, 30);
  EXPECT_EQ(PositionOf("aäb", 3), 3);
  EXPECT_EQ(PositionOf("aäb", -1), 0);
}

TEST(Parse, Numbers) {
  const auto literal = [](std::string_view text) {
    auto e = Expression(text);
    return e->As<Literal>().type == Literal::Type::kInteger
               ? "i" + std::to_string(e->As<Literal>().integer)
               : "d" + e->As<Literal>().text;
  };
  EXPECT_EQ(literal("2147483647"), "i2147483647");
  EXPECT_EQ(literal("2147483648"), "i2147483648");
  EXPECT_EQ(literal("-2147483648"), "i-2147483648");
  EXPECT_EQ(literal("9223372036854775807"), "i9223372036854775807");
  EXPECT_EQ(literal("9223372036854775808"), "d9223372036854775808");
  EXPECT_EQ(literal("-9223372036854775808"), "i-9223372036854775808");
  EXPECT_EQ(literal("-9223372036854775809"), "d-9223372036854775809");
  EXPECT_EQ(literal("1.50"), "d1.50");
  EXPECT_EQ(literal("007"), "i7");
  EXPECT_EQ(literal("1e3"), "d1e3");
}

TEST(Parse, Strings) {
  const auto text = [](std::string_view sql) { return Expression(sql)->As<Literal>().text; };
  EXPECT_EQ(text("'it''s'"), "it's");
  EXPECT_EQ(text("'a'\n 'b'"), "ab");
  EXPECT_EQ(text("'a' -- c\n 'b'"), "ab");
  EXPECT_EQ(text("E'a\\tb\\x41\\101\\u00e9\\ud83d\\ude00'"), "a\tbAAé😀");
  EXPECT_EQ(text("U&'d\\0061\\+01F600'"), "da😀");
  EXPECT_EQ(text("U&'d!0061!!' uescape '!'"), "da!");
  EXPECT_EQ(text("$x$a $$ 'b'$x$"), "a $$ 'b'");
  EXPECT_EQ(text("'a\\b'"), "a\\b");
}

TEST(Parse, Names) {
  EXPECT_EQ(Printed("FooBar"), "foobar");
  EXPECT_EQ(Printed("\"FooBar\""), "\"FooBar\"");
  EXPECT_EQ(Printed("\"a\"\"b\".c"), "\"a\"\"b\".c");
  EXPECT_EQ(Printed(std::string(70, 'x')), std::string(63, 'x'));
  std::string umlauts;
  for (int i = 0; i < 40; ++i) umlauts += "ä";
  EXPECT_EQ(Expression(umlauts)->As<ColumnRef>().parts[0].size(), 62u);
}

TEST(Parse, Precedence) {
  EXPECT_EQ(Printed("a + b * c"), "a + (b * c)");
  EXPECT_EQ(Printed("a - b - c"), "(a - b) - c");
  EXPECT_EQ(Printed("a ^ b ^ c"), "(a ^ b) ^ c");
  EXPECT_EQ(Printed("-a ^ 2"), "(- a) ^ 2");
  EXPECT_EQ(Printed("not a = b"), "NOT (a = b)");
  EXPECT_EQ(Printed("a or b and not c"), "a OR (b AND (NOT c))");
  EXPECT_EQ(Printed("a || b < c"), "(a || b) < c");
  EXPECT_EQ(Printed("a = b is null"), "(a = b) IS NULL");
  EXPECT_EQ(Printed("a + b in (1)"), "(a + b) IN (1)");
  EXPECT_EQ(Printed("a between b and c and d"), "(a BETWEEN b AND c) AND d");
  EXPECT_EQ(Printed("a::int + - b::int"), "(a::pg_catalog.int4) + (- (b::pg_catalog.int4))");
  EXPECT_EQ(Printed("a at time zone b || c"), "pg_catalog.timezone(b, a) || c");
}

TEST(Parse, ExtractIsACall) {
  auto e = Expression("extract(Year from a)");
  auto& call = e->As<FunctionCall>();
  EXPECT_EQ(call.name.name, "extract");
  EXPECT_TRUE(call.sql_syntax);
  EXPECT_EQ(call.args[0]->As<Literal>().text, "year");
}

TEST(Parse, TypeNames) {
  const auto type = [](std::string_view sql) {
    auto t = ParseTypeName(sql);
    return t.ok() ? Print(*t) : t.error().ToString();
  };
  EXPECT_EQ(type("double precision"), "pg_catalog.float8");
  EXPECT_EQ(type("numeric(15,2)"), "pg_catalog.\"numeric\"(15, 2)");
  EXPECT_EQ(type("timestamp(3) with time zone"), "timestamp(3) with time zone");
  EXPECT_EQ(type("character varying(10)"), "pg_catalog.\"varchar\"(10)");
  EXPECT_EQ(type("char"), "pg_catalog.bpchar(1)");
  EXPECT_EQ(type("\"char\""), "\"char\"");
  EXPECT_EQ(type("int[][3]"), "pg_catalog.int4[][3]");
  EXPECT_EQ(type("interval day to second(2)"), "interval day to second(2)");
  EXPECT_EQ(type("text x"), "42601: syntax error at or near \"x\" (position 6)");
  EXPECT_EQ(type(""), "42601: syntax error at end of input (position 1)");
}

TEST(Parse, ExpressionsStandAlone) {
  EXPECT_EQ(ParseExpression("1 +").error().ToString(),
            "42601: syntax error at end of input (position 4)");
  EXPECT_EQ(ParseExpression("1; 2").ok(), false);
  EXPECT_EQ(ParseExpression("1 2").ok(), false);
  EXPECT_TRUE(ParseExpression("nextval('s'::regclass)").ok());
}

TEST(Parse, WhatHasNoRepresentationIsUnsupported) {
  auto parsed = Parse(
      "create function f() returns int begin atomic select case a when 1 then 2 end; select 1; "
      "end; select 2");
  ASSERT_TRUE(parsed.ok());
  ASSERT_EQ(parsed->size(), 2u);
  EXPECT_EQ((*parsed)[0].statement->As<UnsupportedStatement>().what, "CREATE FUNCTION");
  EXPECT_EQ((*parsed)[1].statement->kind, Statement::Kind::kSelect);
  EXPECT_EQ(One("create or replace trigger t before insert on u execute function f()")
                ->As<UnsupportedStatement>()
                .what,
            "CREATE TRIGGER");
  EXPECT_EQ(ErrorOf("select xmlelement(name a)"), "0A000: XML is not supported (position 18)");
}

TEST(Parse, DeepTextIsRefusedNotCrashedOn) {
  const auto repeat = [](std::string_view text, int times) {
    std::string all;
    for (int i = 0; i < times; ++i) all += text;
    return all;
  };
  const std::vector<std::string> deep = {
      "select " + repeat("(", 100000) + "1" + repeat(")", 100000),
      "select " + repeat("not ", 100000) + "a",
      "select " + repeat("- ", 100000) + "a",
      "select 1" + repeat(" + 1", 100000),
      "select a" + repeat("[1]", 100000),
      "select " + repeat("(select ", 50000) + "1" + repeat(")", 50000),
      "select 1" + repeat(" union all select 1", 50000),
      "select * from a" + repeat(" cross join a", 50000),
      "select " + repeat("f(", 50000) + "1" + repeat(")", 50000),
      "select " + repeat("case when ", 50000) + "1",
      "select a" + repeat("::int", 50000),
      repeat("with a as (", 50000) + "select 1" + repeat(") select 1", 50000),
      "select * from " + repeat("(", 50000) + "a",
      "select a group by " + repeat("grouping sets (", 50000) + "a",
  };
  for (const std::string& sql : deep) {
    auto parsed = Parse(sql);
    ASSERT_FALSE(parsed.ok()) << sql.substr(0, 30);
    EXPECT_EQ(parsed.error().state, SqlState::kStatementTooComplex)
        << sql.substr(0, 30) << parsed.error().ToString();
  }
  EXPECT_TRUE(Parse("select " + repeat("(", 900) + "1" + repeat(")", 900)).ok());
  EXPECT_TRUE(Parse("select 1" + repeat(" + 1", 900)).ok());
  EXPECT_TRUE(Parse("select a" + repeat(" or a", 100000)).ok()) << "chains of OR are flat";
  EXPECT_TRUE(Parse("values (1)" + repeat(", (1)", 100000)).ok());
  EXPECT_TRUE(Parse("select " + repeat("/*", 1000) + repeat("*/", 1000) + "1").ok());
}

TEST(Parse, RandomTextNeverCrashes) {
  std::vector<std::string> pieces = {"'", "\"", "$$", "E'", "U&'",  "/*", "*/", "--", "\n",
                                     "(", ")",  ";",  "\\", "\xff", "1",  ".",  "e"};
  for (const std::string& line : Lines(ReadFile(TestData() / "statements.sql"))) {
    std::istringstream words(line);
    for (std::string word; words >> word;) pieces.push_back(word);
  }
  std::mt19937 random(7);
  int good = 0;
  for (int i = 0; i < 20000; ++i) {
    std::string sql;
    for (size_t n = random() % 12 + 1; n > 0; --n) sql += pieces[random() % pieces.size()] + " ";
    auto parsed = Parse(sql);
    if (!parsed.ok()) {
      EXPECT_FALSE(parsed.error().message.empty());
      continue;
    }
    good += !parsed->empty();
    for (const ParsedStatement& s : *parsed) {
      EXPECT_LE(s.end, static_cast<int32_t>(sql.size()));
      EXPECT_LE(s.begin, s.end);
    }
  }
  EXPECT_GT(good, 0);
}

TEST(Parse, TpchQueries) {
  // The project's own queries, and the reference data's where it is beside the project.
  for (const char* folder : {"bench/tpch/queries", "../shared/tpch/queries"}) {
    const auto path = std::filesystem::path(LATHE_SOURCE_DIR) / folder;
    if (!std::filesystem::exists(path)) continue;
    for (const auto& file : std::filesystem::directory_iterator(path)) {
      if (file.path().extension() != ".sql") continue;
      auto parsed = Parse(ReadFile(file.path()));
      EXPECT_TRUE(parsed.ok()) << file.path() << parsed.error().ToString();
    }
  }
}

std::string Lifted(std::string_view sql) {
  auto statement = One(sql);
  auto lifted = LiftLiterals(*statement);
  if (!lifted.has_value()) return "";
  std::string text = lifted->fingerprint + " |";
  for (const LiftedLiteral& l : lifted->literals) {
    text += " $" + std::to_string(l.number) + "=" +
            (l.text.empty() ? std::to_string(l.integer) : l.text);
  }
  return text;
}

TEST(Lift, LiteralsBecomeParameters) {
  EXPECT_EQ(Lifted("select a + 1 from t where b = 'x' and c < 1.50 and d > 3000000000"),
            "SELECT a + $1:int4 FROM t WHERE (b = $2:unknown) AND (c < $3:numeric(3,2)) AND (d > "
            "$4:int8) |"
            " $1=1 $2=x $3=1.50 $4=3000000000");
  EXPECT_EQ(Lifted("select a + 1 from t group by a + 1"),
            "SELECT a + $1:int4 FROM t GROUP BY a + $1:int4 | $1=1");
  EXPECT_EQ(Lifted("select $1, 5"), "SELECT $1, $2:int4 | $2=5");
}

TEST(Lift, WhatDecidesThePlanStays) {
  EXPECT_EQ(Lifted("select null, true, a::numeric(10,2), interval '1' day from t order by 1, a + 2 "
                   "limit 10"),
            "SELECT NULL, TRUE, a::pg_catalog.\"numeric\"(10, 2), CAST($1:unknown AS interval day) "
            "FROM t ORDER BY 1, a + $2:int4 "
            "LIMIT $3:int4 | $1=1 $2=2 $3=10");
  EXPECT_EQ(Lifted("select extract(year from a), count(*) from t group by 1"),
            "SELECT pg_catalog.\"extract\"('year', a), count(*) FROM t GROUP BY 1 |");
  EXPECT_EQ(
      Lifted(
          "select a like 'x%', a like '%x', a like '%x%', a like 'x', a like 'x_', a ilike 'x%'"),
      "SELECT a LIKE $1:like:prefix, a LIKE $2:like:suffix, a LIKE $3:like:contains, a LIKE "
      "$4:like:exact, "
      "a LIKE $5:like:general, a ILIKE $6:like:general | $1=x% $2=%x $3=%x% $4=x $5=x_ $6=x%");
}

TEST(Lift, StatementsWithRows) {
  EXPECT_EQ(Lifted("insert into t values (1, 'a'), (1, 'b')"),
            "INSERT INTO t VALUES ($1:int4, $2:unknown), ($1:int4, $3:unknown) | $1=1 $2=a $3=b");
  EXPECT_EQ(Lifted("update t set a = 2 where b = -3"),
            "UPDATE t SET a = $1:int4 WHERE b = $2:int4 | $1=2 $2=-3");
  EXPECT_EQ(Lifted("with x as (delete from t where a = 1 returning a) select * from x where a in "
                   "(select 2)"),
            "WITH x AS (DELETE FROM t WHERE a = $1:int4 RETURNING a) SELECT * FROM x WHERE a IN "
            "(SELECT $2:int4) | $1=1 $2=2");
  EXPECT_EQ(Lifted("create table t (a int default 1)"), "");
  EXPECT_EQ(Lifted("insert into t values (1) on conflict ((a + 1)) do nothing"), "");
  auto many = One("select 1, 2, 3");
  EXPECT_FALSE(LiftLiterals(*many, 2).has_value());
}

}  // namespace
}  // namespace lathe::parse
