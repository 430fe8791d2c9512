// The frame cache: bounds, errors, many threads that pin while pages are evicted; the pool below
// it.
#include "storage/page/frame_cache.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstring>
#include <deque>
#include <thread>

#include "runtime/base/random.h"
#include "storage/keyspace/key_family.h"
#include "storage/kv/memory_kv.h"
#include "storage/page/page_builder.h"

namespace lathe::page {
namespace {

using types::TypeId;

row::Layout TestLayout() {
  return row::Layout::Make({{TypeId::kInt8, false}, {TypeId::kText, false}});
}

/// A store with pages of rows (page number, text), and their places in a cache.
struct Fixture {
  Fixture(int count, uint64_t cache_bytes, size_t text_bytes = 1000)
      : layout(TestLayout()),
        cache(cache_bytes),
        reader(std::make_shared<KvPageReader>(&kv, layout, 1)) {
    auto writer = *kv.NewPageFileWriter();
    for (int i = 0; i < count; ++i) {
      struct Sink : PageSink {
        Status OnPage(const BuiltPage& page) override {
          bytes.assign(page.view());
          return Ok();
        }
        std::string bytes;
      } sink;
      PageBuilder builder(&layout, 1, 1 << 18, &sink);
      const std::string text(text_bytes, static_cast<char>('a' + i % 26));
      types::Datum datums[2];
      datums[0].i64 = i;
      datums[1].string = {text.data(), text.size()};
      LATHE_CHECK(builder.AppendDatums(datums, nullptr).ok() && builder.Finish().ok());
      std::string key;
      AppendBig<uint32_t>(&key, static_cast<uint32_t>(i));
      const PageId id(static_cast<uint64_t>(i) + 1);
      LATHE_CHECK(writer->Add(keyspace::PageKey(StorageId(1), key, id), sink.bytes).ok());
      pages.emplace_back(&cache, reader, StorageId(1), key, id,
                         static_cast<uint32_t>(sink.bytes.size()));
    }
    LATHE_CHECK(writer->Finish().ok());
  }

  int64_t Number(const char* page) const {
    return row::ReadField(layout, page, page + row::kRowsBegin, 0).i64;
  }

  kv::MemoryKv kv;
  row::Layout layout;
  FrameCache cache;
  std::shared_ptr<PageReader> reader;
  std::deque<CachedPage> pages;
};

TEST(FrameCache, ReadsAPageOnce) {
  Fixture f(3, 1 << 20);
  EXPECT_EQ(f.pages[1].TryPin(), nullptr);
  const char* page = *f.pages[1].Pin();
  EXPECT_EQ(f.Number(page), 1);
  EXPECT_EQ(*f.pages[1].Pin(), page);
  EXPECT_EQ(f.cache.misses(), 1u);
  EXPECT_TRUE(f.pages[1].resident());
  EXPECT_FALSE(f.pages[0].resident());
  EXPECT_GT(f.cache.used_bytes(), 1000u);
  f.pages[1].Unpin();
  f.pages[1].Unpin();
  f.cache.EvictAll();
  EXPECT_EQ(f.cache.used_bytes(), 0u);
}

TEST(FrameCache, StaysWithinItsBoundAndKeepsWhatIsPinned) {
  Fixture f(20, 5000);
  PinnedPage kept = *PinnedPage::Make(&f.pages[0]);
  for (CachedPage& page : f.pages) {
    PinnedPage pin = *PinnedPage::Make(&page);
    EXPECT_TRUE(pin);
  }
  EXPECT_LE(f.cache.used_bytes(), 5000u);
  EXPECT_EQ(f.Number(kept.data()), 0);
  EXPECT_GE(f.cache.evictions(), 15u);
  std::vector<PinnedPage> all;
  for (CachedPage& page : f.pages) all.push_back(*PinnedPage::Make(&page));
  EXPECT_GT(f.cache.used_bytes(), 20000u) << "pins go over the bound";
  all.clear();
  f.cache.SetBytesMax(3000);
  EXPECT_LE(f.cache.used_bytes(), 3000u);
  EXPECT_TRUE(f.pages[0].resident()) << "still pinned";
}

TEST(FrameCache, AMorselHoldsItsPages) {
  Fixture f(2, 1);
  {
    exec::Morsel morsel;
    ASSERT_TRUE(f.pages[0].PinFor(&morsel).ok());
    f.cache.EvictAll();
    EXPECT_TRUE(f.pages[0].resident());
  }
  f.cache.EvictAll();
  EXPECT_FALSE(f.pages[0].resident());
}

TEST(FrameCache, ReportsWhatIsMissingDamagedOrUnreadable) {
  Fixture f(2, 1 << 20);
  f.kv.FailRead(1);
  EXPECT_EQ(f.pages[0].Pin().error().state, SqlState::kIoError);
  EXPECT_TRUE(f.pages[0].Pin().ok()) << "the next try reads it";
  f.pages[0].Unpin();
  std::string key;
  AppendBig<uint32_t>(&key, 1);
  const std::string page_key = keyspace::PageKey(StorageId(1), key, PageId(2));
  std::string body;
  ASSERT_TRUE(*f.kv.Get(kv::Family::kPages, page_key, &body));
  body[body.size() / 2] ^= 1;
  kv::WriteBatch batch;
  batch.Put(kv::Family::kPages, page_key, body);
  ASSERT_TRUE(f.kv.Write(batch, true).ok());
  EXPECT_EQ(f.pages[1].Pin().error().state, SqlState::kDataCorrupted);
  batch.Clear();
  batch.Delete(kv::Family::kPages, page_key);
  ASSERT_TRUE(f.kv.Write(batch, true).ok());
  EXPECT_EQ(f.pages[1].Pin().error().state, SqlState::kDataCorrupted);
  auto newer = std::make_shared<KvPageReader>(&f.kv, f.layout, 2);
  key.clear();
  AppendBig<uint32_t>(&key, 0);
  CachedPage old(&f.cache, newer, StorageId(1), key, PageId(1), 0);
  EXPECT_EQ(old.Pin().error().state, SqlState::kDataCorrupted) << "of another schema version";
  EXPECT_TRUE(f.pages[0].resident() && !f.pages[1].resident() && !old.resident());
}

TEST(FrameCache, ManyThreadsPinWhilePagesComeAndGo) {
  Fixture f(40, 12 * 1200);
  std::atomic<uint64_t> pins{0};
  std::vector<std::thread> threads;
  for (uint64_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      base::Random random(t);
      for (int i = 0; i < 3000; ++i) {
        // Some pages are hot.
        const uint64_t n = random.OneIn(2) ? random.Below(5) : random.Below(f.pages.size());
        auto page = f.pages[n].Pin();
        ASSERT_TRUE(page.ok());
        ASSERT_EQ(f.Number(*page), static_cast<int64_t>(n));
        const auto text = row::ReadField(f.layout, *page, *page + row::kRowsBegin, 1).string.view();
        ASSERT_EQ(text.front(), static_cast<char>('a' + n % 26));
        ASSERT_EQ(text.back(), text.front());
        if (random.OneIn(100)) std::this_thread::yield();
        if (random.OneIn(500)) f.cache.EvictAll();
        f.pages[n].Unpin();
        pins.fetch_add(1);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(pins.load(), 12000u);
  f.cache.EvictAll();
  EXPECT_EQ(f.cache.used_bytes(), 0u) << "nothing stays pinned";
}

TEST(FramePool, CutsSlotsFromChunksAndGivesThemBack) {
  FramePool pool;
  {
    std::vector<Frame> frames;
    for (uint64_t bytes :
         {100u, 40000u, 65000u, 65472u, 65473u, 200000u, 262080u, 262081u, 1u << 22}) {
      for (int i = 0; i < 40; ++i) {
        frames.push_back(*pool.Allocate(bytes));
        EXPECT_EQ(frames.back().bytes(), bytes);
        std::memset(frames.back().data(), i, bytes + kFrameSlackBytes);
      }
    }
    for (size_t i = 0; i < frames.size(); ++i) {
      EXPECT_EQ(frames[i].data()[frames[i].bytes() - 1], static_cast<char>(i % 40));
    }
    EXPECT_GE(pool.chunk_bytes(), 80 * 65536u + 80 * 262144u);
    for (size_t i = 0; i < frames.size(); i += 2) frames[i].Reset();
    Frame moved = std::move(frames[1]);
    EXPECT_TRUE(moved);
    EXPECT_FALSE(frames[1]);
  }
  EXPECT_EQ(pool.chunk_bytes(), 0u);
}

}  // namespace
}  // namespace lathe::page
