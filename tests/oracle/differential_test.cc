// The compiled engine against the oracle: every statement of testdata on tier 1 and on tier 2, with
// and without lifted literals, must give the same rows or the same error. What the optimizer or the
// compiler refuses with 0A000 is listed in testdata/not_compiled.sql.
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "codegen/driver/driver.h"
#include "codegen/optimize/optimize.h"
#include "runtime/base/spill.h"
#include "runtime/func/context.h"
#include "tests/oracle/oracle.h"
#include "tests/oracle/statement.h"

namespace lathe::oracle {
namespace {

/// Keeps the rows as values.
class RowCollector : public exec::RowSink {
 public:
  explicit RowCollector(const row::Layout& layout) : layout_(layout) {}
  Status Consume(const exec::Segment& segment) override {
    for (uint32_t r = segment.from; r < segment.to; ++r) {
      const char* bytes = row::RowAt(segment.page, layout_.stride(), r);
      Row row;
      for (size_t i = 0; i < layout_.field_count(); ++i) {
        const types::Type& type = layout_.field(i).type;
        row.push_back(
            layout_.IsNull(bytes, i)
                ? types::Value::Null(type)
                : types::Value::FromDatum(type, row::ReadField(layout_, segment.page, bytes, i)));
      }
      rows.push_back(RowText(row));
    }
    return Ok();
  }
  Status Finish() override { return Ok(); }

  std::vector<std::string> rows;

 private:
  const row::Layout& layout_;
};

class DifferentialTest : public ::testing::Test {
 protected:
  DifferentialTest() {
    driver::CompilerOptions options;
    options.warm_up = false;
    auto compiler = driver::Compiler::Create(options);
    LATHE_CHECK(compiler.ok());
    compiler_ = std::move(compiler).value();
  }

  std::vector<std::string> Engine(const std::string& sql, bool lift, driver::TierChoice tier,
                                  MemoryTables* tables) {
    auto bound = BindText(sql, lift, tables);
    if (!bound.ok()) return {ErrorText(bound.error())};
    if (!bound->query) return {};
    optimize::OptimizeContext context;
    context.catalog = tables;
    auto plan = optimize::Optimize(std::move(*bound->query), context);
    if (!plan.ok()) return {ErrorText(plan.error())};
    auto compiled =
        compiler_->Compile(std::make_shared<const physical::Plan>(std::move(plan).value()), {});
    if (!compiled.ok()) return {ErrorText(compiled.error())};
    RowCollector collector((*compiled)->result_layout());
    driver::ExecutionRequest request;
    request.params = std::move(bound->params);
    request.tables = tables;
    request.result = (*compiled)->returns_rows() ? &collector : nullptr;
    request.tier = tier;
    request.parallelism = 1;
    base::MemoryBudget budget(budget_bytes_);
    base::SpillMemory spill(::testing::TempDir(), 1 << 20);
    if (budget_bytes_ != 0) {
      budget.SetSpill(&spill);
      request.budget = &budget;
    }
    auto done = compiler_->Execute(*compiled, request);
    if (!done.ok()) return {ErrorText(done.error())};
    return std::move(collector.rows);
  }

  static std::vector<std::string> Oracle(const std::string& sql, MemoryTables* tables) {
    auto bound = BindText(sql, false, tables);
    if (!bound.ok()) return {ErrorText(bound.error())};
    if (!bound->query) return {};
    auto rows = oracle::Run(*bound->query, bound->params, tables);
    if (!rows.ok()) return {ErrorText(rows.error())};
    std::vector<std::string> answer;
    for (const Row& row : *rows) answer.push_back(RowText(row));
    return answer;
  }

  void Compare(driver::TierChoice tier, bool lift) {
    std::set<std::string> not_compiled;
    for (const std::string& line : TestLines("not_compiled.sql")) not_compiled.insert(line);
    MemoryTables engine, oracle;
    std::vector<std::string> statements = TestLines("setup.sql");
    for (const std::string& query : TestLines("queries.sql")) statements.push_back(query);
    for (const std::string& sql : statements) {
      std::vector<std::string> got = Engine(sql, lift, tier, &engine);
      std::vector<std::string> wanted = Oracle(sql, &oracle);
      if (not_compiled.contains(sql)) {
        ASSERT_EQ(got.size(), 1u) << sql;
        EXPECT_EQ(got[0].substr(0, 7), "! 0A000") << sql;
        continue;
      }
      std::sort(got.begin(), got.end());
      std::sort(wanted.begin(), wanted.end());
      EXPECT_EQ(got, wanted) << sql;
    }
  }

  std::unique_ptr<driver::Compiler> compiler_;
  uint64_t budget_bytes_ = 0;  // 0 = no limit
};

TEST_F(DifferentialTest, Tier0) { Compare(driver::TierChoice::kTier0Only, false); }
TEST_F(DifferentialTest, Tier0Lifted) { Compare(driver::TierChoice::kTier0Only, true); }
TEST_F(DifferentialTest, SmallMemory) {
  budget_bytes_ = 300 * 1024;  // one page of rows fits, everything else spills
  Compare(driver::TierChoice::kTier1Only, false);
}
TEST_F(DifferentialTest, Tier1) { Compare(driver::TierChoice::kTier1Only, false); }
TEST_F(DifferentialTest, Tier1Lifted) { Compare(driver::TierChoice::kTier1Only, true); }
TEST_F(DifferentialTest, Tier2) { Compare(driver::TierChoice::kTier2Only, false); }
TEST_F(DifferentialTest, Tier2Lifted) { Compare(driver::TierChoice::kTier2Only, true); }

}  // namespace
}  // namespace lathe::oracle
