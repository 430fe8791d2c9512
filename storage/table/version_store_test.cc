// Versions of many rows while others read them.
#include "storage/table/version_store.h"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <string>
#include <thread>

namespace lathe::table {
namespace {

std::string KeyOf(uint64_t n) {
  std::string key;
  AppendBig(&key, n * 0x9E3779B97F4A7C15ull);
  if (n % 3 == 0) key += "a longer key";
  return key;
}

TEST(VersionStore, FindsWhatWasAdded) {
  VersionStore store;
  std::map<std::string, std::map<uint64_t, std::string>> model;  // images by time
  std::mt19937_64 random(1);
  for (uint64_t ts = 1; ts <= 20'000; ++ts) {
    const std::string key = KeyOf(random() % 4000);
    std::string image = random() % 5 == 0 ? std::string() : std::to_string(ts);
    store.Add(key, Timestamp(ts), 1, image);
    model[key][ts] = std::move(image);
  }
  EXPECT_EQ(store.node_count(), model.size());
  const VersionNode* in_order = store.First();
  for (const auto& [key, versions] : model) {
    const VersionNode* node = store.Find(key);
    ASSERT_NE(node, nullptr);
    EXPECT_EQ(node->key(), key);
    EXPECT_EQ(node, in_order);
    EXPECT_EQ(node, store.Seek(key));
    in_order = in_order->Next();
    for (const auto& [ts, image] : versions) {
      ASSERT_EQ(node->Visible(Timestamp(ts))->ts, Timestamp(ts));
      EXPECT_EQ(node->Visible(Timestamp(ts))->image(), image);
    }
  }
  EXPECT_EQ(in_order, nullptr);
  for (uint64_t n = 4000; n < 5000; ++n) EXPECT_EQ(store.Find(KeyOf(n)), nullptr);
}

// Whoever has heard of a version finds it.
TEST(VersionStore, ReadersWhileItGrows) {
  constexpr uint64_t kRows = 30'000;
  VersionStore store;
  std::atomic<uint64_t> told{0};
  std::vector<std::thread> readers;
  for (uint64_t r = 0; r < 3; ++r) {
    readers.emplace_back([&, r] {
      std::mt19937_64 random(r);
      for (uint64_t known = 0; known < kRows; known = told.load(std::memory_order_acquire)) {
        if (known == 0) continue;
        const uint64_t n = random() % known;
        const VersionNode* node = store.Find(KeyOf(n));
        ASSERT_NE(node, nullptr) << n;
        ASSERT_EQ(node->Visible(Timestamp(kRows))->image(), std::to_string(n));
      }
    });
  }
  for (uint64_t n = 0; n < kRows; ++n) {
    store.Add(KeyOf(n), Timestamp(n + 1), 1, std::to_string(n));
    told.store(n + 1, std::memory_order_release);
  }
  for (std::thread& reader : readers) reader.join();
}

}  // namespace
}  // namespace lathe::table
