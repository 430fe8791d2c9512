// Flipped bits and torn pages on disk: said, with what they are of, and never served.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "storage/table/engine.h"
#include "storage/table/test_rows.h"

namespace lathe::table::testing {
namespace {

namespace fs = std::filesystem;

std::string ReadAll(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// Changes bytes in the store's files where a text stands; how often it was found.
int Damage(const std::string& directory, const std::string& text,
           const std::function<void(char*)>& change) {
  int found = 0;
  for (const auto& file : fs::directory_iterator(directory + "/db")) {
    if (file.path().extension() != ".sst") continue;
    std::string bytes = ReadAll(file.path());
    const size_t at = bytes.find(text);
    if (at == std::string::npos) continue;
    ++found;
    change(bytes.data() + at);
    std::ofstream(file.path(), std::ios::binary | std::ios::trunc) << bytes;
  }
  return found;
}

class DamageTest : public ::testing::TestWithParam<int> {};

TEST_P(DamageTest, IsReportedAndNotServed) {
  TempDirectory directory;
  EngineOptions options;
  options.background_fold = false;
  {
    auto engine = Engine::Open(directory.path(), options);
    ASSERT_TRUE(engine.ok());
    for (const char* name : {"damaged", "whole"}) {
      auto txn = (*engine)->Begin(txn::Isolation::kReadCommitted);
      ASSERT_TRUE(txn->StartStatement(nullptr).ok());
      auto table = txn->CreateTable(KeyedSpec(name));
      ASSERT_TRUE(table.ok());
      std::vector<Row> rows;
      for (int64_t i = 0; i < 20'000; ++i) {
        rows.push_back({std::to_string(i), "1",
                        "a long text of " + std::string(name) + " in row " + std::to_string(i) +
                            " that is not short"});
      }
      ASSERT_TRUE(Insert(txn.get(), *table, rows).ok());
      ASSERT_TRUE(txn->Commit().ok());
    }
    ASSERT_TRUE((*engine)->FoldAll().ok());
  }
  const int kind = GetParam();
  ASSERT_EQ(Damage(directory.path(), "of damaged in row 15000 that",
                   [&](char* at) {
                     if (kind == 0) at[10] = static_cast<char>(at[10] ^ 1);  // one bit
                     if (kind == 1) std::fill(at - 2000, at + 2000, '\0');   // a torn sector
                     if (kind == 2) std::swap_ranges(at, at + 500, at + 600);
                   }),
            1);
  auto engine = Engine::Open(directory.path(), options);
  ASSERT_TRUE(engine.ok()) << engine.error().ToString();
  auto txn = (*engine)->Begin(txn::Isolation::kReadCommitted);
  ASSERT_TRUE(txn->StartStatement(nullptr).ok());
  auto find = [&](const char* name) {
    return txn->catalog()->FindRelation(schema::kPublicSchema, name);
  };
  EXPECT_EQ(Scan(txn.get(), find("whole")).size(), 20'000u);
  schema::RelationPtr damaged = find("damaged");
  ASSERT_TRUE(txn->StartStatement(nullptr).ok());
  auto source = txn->tables()->OpenScan(damaged, {});
  ASSERT_TRUE(source.ok());
  auto rows = Drain(source->get(), *damaged);
  ASSERT_FALSE(rows.ok());
  EXPECT_EQ(rows.error().state, SqlState::kDataCorrupted);
  EXPECT_NE(rows.error().detail.find("of table \"damaged\", whose last row has Key (k)=(1"),
            std::string::npos)
      << rows.error().ToString();
  // Rows of other pages can be read.
  EXPECT_EQ(Scan(txn.get(), damaged, PointRequest(3)).size(), 1u);
  // What would be made of it is not: a fold, a backup's check, a hash.
  txn->Rollback();
  EXPECT_FALSE((*engine)->LogicalHash(damaged->id).ok());
}

INSTANTIATE_TEST_SUITE_P(Kinds, DamageTest, ::testing::Values(0, 1, 2));

}  // namespace
}  // namespace lathe::table::testing
