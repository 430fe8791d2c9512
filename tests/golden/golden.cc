// Compares the text of each stage of compiling the TPC-H queries with the files in expected/:
//
//   lathe_golden_test            compares; prints the first line that differs of each file
//   lathe_golden_test --update   writes the files anew, to be reviewed as a diff
//
// The statements go through the stages as in a session, over generated data with statistics. IR is
// the text before LLVM's passes; only a few files have it, so that they stay readable.
#include <cstdio>
#include <fstream>
#include <iterator>
#include <memory>
#include <regex>
#include <string>
#include <string_view>
#include <vector>

#include "bench/micro/data.h"
#include "codegen/driver/driver.h"
#include "codegen/optimize/optimize.h"
#include "frontend/ast/lift.h"
#include "frontend/bind/bind.h"
#include "frontend/parse/parse.h"
#include "storage/table/engine.h"

namespace lathe::golden {
namespace {

struct Statement {
  std::string name;
  std::string sql;
  bool with_ir;
};

void AddSection(std::string_view title, std::string_view text, std::string* all) {
  all->append("==== ").append(title).append("\n").append(text);
  if (!text.empty() && text.back() != '\n') all->push_back('\n');
}

/// The text without the numbers at the ends of SQL functions' names (@sql_date_lt_2338): they are
/// places in a table that grows.
std::string WithoutFunctionNumbers(const std::string& text) {
  static const std::regex kNumbered("(@sql_[a-z0-9_]*[a-z0-9])_[0-9]+\\b");
  return std::regex_replace(text, kNumbered, "$1");
}

/// One statement on its way, each stage's text appended to *text.
class Stages {
 public:
  Stages(micro::Database* database, const Statement& statement, std::string* text)
      : database_(database), statement_(statement), text_(text) {}

  Status Run() {
    transaction_ = database_->instance()->engine()->Begin(txn::Isolation::kReadCommitted);
    LATHE_TRY(transaction_->StartStatement(nullptr));
    LATHE_ASSIGN(logical::Query query, BindStatement());
    AddSection("logical plan", logical::Print(*query.root), text_);
    optimize::OptimizeContext optimizer;
    optimizer.catalog = transaction_->catalog();
    optimizer.params = params_;
    optimizer.verify = true;
    LATHE_ASSIGN(physical::Plan plan, optimize::Optimize(std::move(query), optimizer));
    AddSection("physical plan", physical::Print(*plan.root, false), text_);
    driver::CompileOptions options;
    options.stats = [this](RelationId id) { return transaction_->catalog()->GetStats(id); };
    LATHE_ASSIGN(std::shared_ptr<driver::CompiledQuery> compiled,
                 database_->instance()->compiler()->Compile(
                     std::make_shared<const physical::Plan>(std::move(plan)), options));
    AddSection("pipelines", compiled->PipelinesText(), text_);
    if (!statement_.with_ir) return Ok();
    LATHE_ASSIGN(std::string ir, compiled->IrText());
    AddSection("IR", WithoutFunctionNumbers(ir), text_);
    return Ok();
  }

 private:
  Result<logical::Query> BindStatement() {
    LATHE_ASSIGN(std::vector<ast::ParsedStatement> statements, parse::Parse(statement_.sql));
    auto lifted = ast::LiftLiterals(*statements.front().statement);
    context_.catalog = transaction_->catalog();
    context_.search_path = {"public"};
    context_.sql = statement_.sql;
    if (lifted.has_value()) {
      for (const ast::LiftedLiteral& literal : lifted->literals) {
        context_.params.push_back(bind::LiftedType(literal));
      }
    }
    LATHE_ASSIGN(logical::Query query, bind::BindQuery(*statements.front().statement, context_));
    if (!lifted.has_value()) return query;
    for (size_t i = 0; i < lifted->literals.size(); ++i) {
      LATHE_ASSIGN(types::Value value,
                   bind::ReadLiteral(lifted->literals[i], query.params[i], context_));
      params_.push_back(std::move(value));
    }
    return query;
  }

  micro::Database* const database_;
  const Statement& statement_;
  std::string* const text_;
  std::unique_ptr<table::Transaction> transaction_;
  bind::BindContext context_;
  std::vector<types::Value> params_;
};

std::string TextOf(micro::Database* database, const Statement& statement) {
  std::string text;
  Status done = Stages(database, statement, &text).Run();
  if (!done.ok()) AddSection("error", done.error().ToString(), &text);
  return text;
}

Result<std::vector<Statement>> Statements() {
  std::vector<Statement> statements;
  for (int number = 1; number <= 22; ++number) {
    LATHE_ASSIGN(std::string sql, micro::QueryText(number));
    const bool with_ir = number == 1 || number == 3 || number == 6 || number == 13;
    statements.push_back({(number < 10 ? "q0" : "q") + std::to_string(number), sql, with_ir});
  }
  statements.push_back(
      {"point", "SELECT o_totalprice, o_comment FROM orders WHERE o_orderkey = 7", true});
  statements.push_back({"window",
                        "SELECT n_name, rank() OVER (PARTITION BY n_regionkey ORDER BY n_name), "
                        "sum(n_nationkey) OVER (ORDER BY n_nationkey ROWS 2 PRECEDING) FROM nation",
                        true});
  statements.push_back({"sorted_groups",
                        "SELECT n_regionkey, string_agg(n_name, ',' ORDER BY n_name DESC) "
                        "FROM nation GROUP BY n_regionkey",
                        true});
  statements.push_back(
      {"function", "SELECT n_name, g FROM nation, generate_series(1, n_regionkey) g", true});
  statements.push_back({"recursion",
                        "WITH RECURSIVE r (n) AS (SELECT 0 UNION SELECT n_nationkey FROM r "
                        "JOIN nation ON n_nationkey = n + 1) SELECT n FROM r",
                        true});
  statements.push_back({"returning",
                        "DELETE FROM region WHERE r_regionkey = ANY (ARRAY[1, 2]) "
                        "RETURNING r_name",
                        true});
  return statements;
}

/// Prints where the texts part. True if they do.
bool Differ(const std::string& path, const std::string& expected, const std::string& actual) {
  if (expected == actual) return false;
  size_t begin = 0;
  int line = 1;
  for (size_t i = 0; i < expected.size() && i < actual.size() && expected[i] == actual[i]; ++i) {
    if (expected[i] != '\n') continue;
    begin = i + 1;
    ++line;
  }
  auto line_of = [begin](const std::string& text) {
    return begin >= text.size() ? "(end)" : text.substr(begin, text.find('\n', begin) - begin);
  };
  std::printf("%s:%d\n  expected: %s\n  actual:   %s\n", path.c_str(), line,
              line_of(expected).c_str(), line_of(actual).c_str());
  return true;
}

Result<int> Run(bool update) {
  session::InstanceOptions options;
  options.engine.background_fold = false;
  options.workers = 1;
  LATHE_ASSIGN(std::unique_ptr<micro::Database> database, micro::Database::Create(options));
  LATHE_ASSIGN(tpch::Generator generator, tpch::Generator::Make({.scale_factor = 0.01}));
  for (int t = 0; t < tpch::kTableCount; ++t) {
    LATHE_TRY(database->Load(generator, static_cast<tpch::Table>(t)));
  }
  LATHE_ASSIGN(auto ignored, database->Run("ANALYZE"));
  (void)ignored;
  LATHE_ASSIGN(std::vector<Statement> statements, Statements());
  int different = 0;
  for (const Statement& statement : statements) {
    const std::string path = std::string(LATHE_GOLDEN_DIR) + "/" + statement.name + ".txt";
    const std::string actual = TextOf(database.get(), statement);
    if (update) {
      std::ofstream(path, std::ios::trunc) << actual;
      continue;
    }
    std::ifstream file(path);
    const std::string expected{std::istreambuf_iterator<char>(file),
                               std::istreambuf_iterator<char>()};
    different += Differ(path, expected, actual) ? 1 : 0;
  }
  std::printf("%zu statements, %d differ\n", statements.size(), different);
  return different;
}

}  // namespace
}  // namespace lathe::golden

int main(int argc, char** argv) {
  const bool update = argc == 2 && std::string_view(argv[1]) == "--update";
  if (argc > 1 && !update) {
    std::fprintf(stderr, "usage: lathe_golden_test [--update]\n");
    return 2;
  }
  lathe::Result<int> different = lathe::golden::Run(update);
  if (!different.ok()) {
    std::fprintf(stderr, "%s\n", different.error().ToString().c_str());
    return 1;
  }
  return *different == 0 ? 0 : 1;
}
