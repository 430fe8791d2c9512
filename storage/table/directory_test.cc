// A directory of very many pages: opening reads its fences, lookups read leaves, memory keeps to
// its bound. LATHE_DIRECTORY_PAGES says how many pages there are (800000 = 200 GB in pages of 256
// KiB).
#include "storage/table/directory.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "runtime/base/bytes.h"
#include "storage/kv/kv.h"
#include "storage/table/table.h"
#include "storage/table/test_workload.h"

namespace lathe::table::testing {
namespace {

constexpr uint64_t kLeafPages = 256;
constexpr int64_t kFirstKey = 1'000'000;
constexpr int64_t kRowsOfPage = 1000;

double Now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

class DirectoryTest : public ::testing::Test {
 protected:
  DirectoryTest() {
    if (const char* pages = std::getenv("LATHE_DIRECTORY_PAGES")) pages_ = std::atoll(pages);
    options_.background_fold = false;
    options_.directory_cache_bytes = 4 << 20;
  }

  /// One real page with row 0, and behind it entries of pages that are not there.
  void Make() {
    page::PageDirectoryEntry entry;
    {
      auto engine = Engine::Open(directory_.path(), options_);
      ASSERT_TRUE(engine.ok());
      auto txn = (*engine)->Begin(txn::Isolation::kReadCommitted);
      ASSERT_TRUE(txn->StartStatement(nullptr).ok());
      auto table = txn->CreateTable(KeyedSpec());
      ASSERT_TRUE(table.ok());
      ASSERT_TRUE(Insert(txn.get(), *table, {{"0", "0", "the row that is there"}}).ok());
      ASSERT_TRUE(txn->Commit().ok());
      ASSERT_TRUE((*engine)->FoldNow((*table)->id).ok());
    }
    auto kv = kv::Kv::Open(directory_.path(), {});
    ASSERT_TRUE(kv.ok());
    auto it = (*kv)->NewIterator(kv::Family::kPageDir, {});
    it->SeekToFirst();
    ASSERT_TRUE(it->Valid());
    auto decoded = page::PageDirectoryEntry::Decode(it->key(), it->value());
    ASSERT_TRUE(decoded.ok());
    entry = *decoded;
    it.reset();
    const std::string prefix = entry.last_key.substr(0, entry.last_key.size() - 8);
    auto key = [&](int64_t id) {
      std::string bytes = prefix;
      AppendBig(&bytes, static_cast<uint64_t>(id) ^ (uint64_t{1} << 63));
      return bytes;
    };
    ASSERT_EQ(entry.last_key, key(0));
    kv::WriteBatch batch;
    for (int64_t i = 0; i < pages_; ++i) {
      entry.page = PageId(1'000'000 + static_cast<uint64_t>(i));
      entry.first_key = key(kFirstKey + i * kRowsOfPage);
      entry.last_key = key(kFirstKey + (i + 1) * kRowsOfPage - 1);
      entry.row_count = kRowsOfPage;
      entry.page_bytes = 256 << 10;
      batch.Put(kv::Family::kPageDir, entry.EncodeKey(), entry.EncodeValue());
      if (static_cast<uint64_t>(i) % kLeafPages == kLeafPages - 1) {
        batch.Put(kv::Family::kMeta, FenceKey(entry.storage, entry.last_key),
                  EncodeFence(kLeafPages, kLeafPages * kRowsOfPage));
      }
      if (batch.count() < 10'000 && i + 1 < pages_) continue;
      ASSERT_TRUE((*kv)->Write(batch, false).ok());
      batch.Clear();
    }
    ASSERT_TRUE((*kv)->Flush(kv::Family::kPageDir).ok());
    ASSERT_TRUE((*kv)->Flush(kv::Family::kMeta).ok());
  }

  TempDirectory directory_;
  EngineOptions options_;
  int64_t pages_ = 40'000;
};

TEST_F(DirectoryTest, KeepsToItsBound) {
  Make();
  const double start = Now();
  auto engine = Engine::Open(directory_.path(), options_);
  ASSERT_TRUE(engine.ok()) << engine.error().ToString();
  const double opened = Now();
  auto txn = (*engine)->Begin(txn::Isolation::kReadCommitted);
  schema::RelationPtr t = txn->catalog()->FindRelation(schema::kPublicSchema, "t");
  ASSERT_NE(t, nullptr);
  EXPECT_EQ(Scan(txn.get(), t, PointRequest(0)).size(), 1u);
  const double found = Now();
  // Rows between pages and behind them are known not to be there; pages are missing and say so.
  EXPECT_EQ(Scan(txn.get(), t, PointRequest(kFirstKey - 1)).size(), 0u);
  EXPECT_EQ(Scan(txn.get(), t, PointRequest(kFirstKey + pages_ * kRowsOfPage)).size(), 0u);
  Dice dice(1);
  for (int i = 0; i < 500; ++i) {
    ASSERT_TRUE(txn->StartStatement(nullptr).ok());
    auto source =
        txn->tables()->OpenScan(t, PointRequest(kFirstKey + dice.Below(pages_ * kRowsOfPage)));
    ASSERT_TRUE(source.ok());
    exec::Morsel morsel;
    Result<bool> more = source->get()->Next(&morsel);
    ASSERT_FALSE(more.ok());
    EXPECT_EQ(more.error().state, SqlState::kDataCorrupted);
  }
  const EngineStats stats = (*engine)->Stats();
  EXPECT_LE(stats.directory_cache_bytes, options_.directory_cache_bytes);
  EXPECT_GT(stats.directory_evictions, 0u);
  std::printf("%lld pages: opened in %.0f ms, first row after %.0f ms more; directory %.1f MiB\n",
              static_cast<long long>(pages_), (opened - start) * 1e3, (found - opened) * 1e3,
              static_cast<double>(stats.directory_cache_bytes) / 1048576);
}

}  // namespace
}  // namespace lathe::table::testing
