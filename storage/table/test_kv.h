// For tests: engines over a Kv in memory that outlives them.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>

#include "storage/kv/memory_kv.h"
#include "storage/table/engine_impl.h"

namespace lathe::table::testing {

// A Kv that outlives the engine that owns it.
class SharedKv final : public kv::Kv {
 public:
  /// before_pages: runs on a thread that is about to write pages.
  explicit SharedKv(kv::MemoryKv* kv, std::function<void()> before_pages = {})
      : kv_(kv), before_pages_(std::move(before_pages)) {}
  Status Write(const kv::WriteBatch& batch, bool sync) override { return kv_->Write(batch, sync); }
  Result<bool> Get(kv::Family f, std::string_view key, std::string* value) override {
    return kv_->Get(f, key, value);
  }
  Result<bool> GetPinned(kv::Family f, std::string_view key, kv::PinnedValue* value) override {
    return kv_->GetPinned(f, key, value);
  }
  std::unique_ptr<kv::Iterator> NewIterator(kv::Family f, const kv::IterateOptions& o) override {
    return kv_->NewIterator(f, o);
  }
  Result<std::unique_ptr<kv::PageFileWriter>> NewPageFileWriter() override {
    if (before_pages_) before_pages_();
    return kv_->NewPageFileWriter();
  }
  Status DropPages(std::string_view from, std::string_view to) override {
    return kv_->DropPages(from, to);
  }
  Status Flush(kv::Family f) override { return kv_->Flush(f); }
  Status GiveBack(uint64_t live_bytes) override { return kv_->GiveBack(live_bytes); }
  Status Compact(kv::Family f, std::string_view from, std::string_view to) override {
    return kv_->Compact(f, from, to);
  }
  Status Checkpoint(const std::string& d) override { return kv_->Checkpoint(d); }
  kv::KvStats Stats() override { return kv_->Stats(); }
  std::string Property(kv::Family f, const std::string& name) override {
    return kv_->Property(f, name);
  }

 private:
  kv::MemoryKv* const kv_;
  const std::function<void()> before_pages_;
};

inline EngineOptions SmallOptions() {
  EngineOptions options;
  options.background_fold = false;
  options.load_rows_min = 100;
  options.load_sort_bytes = 32 << 10;
  options.page_bytes = 64 << 10;
  options.directory_leaf_pages = 2;
  options.directory_cache_bytes = 4096;
  return options;
}

inline std::unique_ptr<EngineImpl> OpenOn(kv::MemoryKv* kv, const EngineOptions& options,
                                          std::function<void()> before_pages = {}) {
  auto engine = std::make_unique<EngineImpl>(
      std::make_unique<SharedKv>(kv, std::move(before_pages)), options, base::Clock::System());
  Status status = engine->Start();
  EXPECT_TRUE(status.ok()) << status.error().ToString();
  return engine;
}

}  // namespace lathe::table::testing
