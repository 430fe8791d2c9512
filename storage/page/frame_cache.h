// Pages in memory. A CachedPage is the place of one page: it lives in the in-memory page directory,
// knows how to read the page, and holds its frame while the page is in memory. Pinning a page that
// is there is one atomic addition and takes no lock; reading it from the store, checking it and
// evicting others happens behind that. So a hot scan touches neither the store nor a lock.
//
// State of a CachedPage, one 64-bit word: pins in the low 32 bits, kResident above. A page may be
// evicted when the word is exactly kResident (CAS to 0); a pin that finds kResident missing takes
// itself back and goes the slow way. frame_ may be read only under a pin that found kResident.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/exec/exec.h"
#include "runtime/row/page.h"
#include "storage/page/frame_pool.h"

namespace lathe::kv {
class Kv;
}

namespace lathe::page {

class CachedPage;
class FrameCache;

/// Reads pages of one relation from the store into frames. Thread-safe.
class PageReader {
 public:
  virtual ~PageReader() = default;
  /// Brings the page into a frame made by pool, checked (and converted to the reader's layout when
  /// it is older). XX001, 58030, 53200. Must not pin pages of the same cache: a lock on loading is
  /// held.
  virtual Result<Frame> Read(const CachedPage& page, FramePool* pool) = 0;
};

/// Reads a page as it is: pinned get, ValidatePage, copy. Layouts may differ by schema version;
/// converting is the subclass's work.
class KvPageReader : public PageReader {
 public:
  /// kv outlives this. The layout is that of schema_version.
  KvPageReader(kv::Kv* kv, row::Layout layout, uint32_t schema_version)
      : kv_(kv), layout_(std::move(layout)), schema_version_(schema_version) {}

  Result<Frame> Read(const CachedPage& page, FramePool* pool) override;
  const row::Layout& layout() const { return layout_; }
  /// What a page is of, for errors: `table "t", which ends at Key (id)=(7)`. Set before the first
  /// Read.
  void SetDescription(std::function<std::string(const CachedPage&)> describe) {
    describe_ = std::move(describe);
  }

 protected:
  /// Makes a frame of a page of another schema version. Here: XX001.
  virtual Result<Frame> Convert(const CachedPage& page, std::string_view bytes, FramePool* pool);

 private:
  Result<Frame> ReadChecked(const CachedPage& page, FramePool* pool);

  kv::Kv* kv_;
  const row::Layout layout_;
  const uint32_t schema_version_;
  std::function<std::string(const CachedPage&)> describe_;
};

/// One page that may be in memory. Owned by the directory; must not be pinned when it is destroyed;
/// the cache outlives it.
class CachedPage {
 public:
  /// last_key with storage and page id is the page's key in the store. reader is shared by the
  /// pages of a relation.
  CachedPage(FrameCache* cache, std::shared_ptr<PageReader> reader, StorageId storage,
             std::string last_key, PageId page, uint32_t page_bytes);
  ~CachedPage();
  CachedPage(const CachedPage&) = delete;
  CachedPage& operator=(const CachedPage&) = delete;

  /// The page, kept in memory until Unpin. Tens of ns when it is there. Errors of reading: XX001,
  /// 58030, 53200.
  Result<const char*> Pin() {
    if (const char* page = TryPin()) return page;
    return PinSlow();
  }
  /// The page if it is in memory, pinned; else null.
  const char* TryPin() {
    uint64_t before = state_.fetch_add(1, std::memory_order_acquire);
    if (before & kResident) {
      if (!used_.load(std::memory_order_relaxed)) used_.store(true, std::memory_order_relaxed);
      return frame_.data();
    }
    state_.fetch_sub(1, std::memory_order_relaxed);
    return nullptr;
  }
  void Unpin() { state_.fetch_sub(1, std::memory_order_release); }
  /// Unpin as exec::Morsel::Pin wants it; context is the CachedPage.
  static void Release(void* context) { static_cast<CachedPage*>(context)->Unpin(); }
  /// Pins for the life of a morsel's content.
  Result<const char*> PinFor(exec::Morsel* morsel) {
    LATHE_ASSIGN(const char* page, Pin());
    morsel->Pin(&CachedPage::Release, this);
    return page;
  }

  StorageId storage() const { return storage_; }
  PageId page() const { return page_; }
  const std::string& last_key() const { return last_key_; }
  uint32_t page_bytes() const { return page_bytes_; }
  bool resident() const { return (state_.load(std::memory_order_relaxed) & kResident) != 0; }

 private:
  friend class FrameCache;
  static constexpr uint64_t kResident = 1ull << 32;

  Result<const char*> PinSlow();

  std::atomic<uint64_t> state_{0};
  Frame frame_;                    // meaningful while kResident
  std::atomic<bool> used_{false};  // since the clock hand last passed
  const uint32_t page_bytes_;
  uint32_t ring_position_ = 0;  // in the cache's ring while kResident; guarded by its mutex
  const StorageId storage_;
  const PageId page_;
  FrameCache* const cache_;
  const std::shared_ptr<PageReader> reader_;
  const std::string last_key_;
};

/// A pin as an object. Movable.
class PinnedPage {
 public:
  PinnedPage() = default;
  static Result<PinnedPage> Make(CachedPage* page) {
    PinnedPage pinned;
    LATHE_ASSIGN(pinned.data_, page->Pin());
    pinned.page_ = page;
    return pinned;
  }
  PinnedPage(PinnedPage&& other) noexcept { *this = std::move(other); }
  PinnedPage& operator=(PinnedPage&& other) noexcept {
    if (this == &other) return *this;
    Reset();
    page_ = std::exchange(other.page_, nullptr);
    data_ = std::exchange(other.data_, nullptr);
    return *this;
  }
  ~PinnedPage() { Reset(); }
  void Reset() {
    if (page_ != nullptr) page_->Unpin();
    page_ = nullptr;
    data_ = nullptr;
  }
  const char* data() const { return data_; }
  explicit operator bool() const { return data_ != nullptr; }

 private:
  CachedPage* page_ = nullptr;
  const char* data_ = nullptr;
};

/// The bound on all pages in memory, and the clock that picks what goes (second chance: Corbato, A
/// Paging Experiment with the Multics System, 1968). Thread-safe.
class FrameCache {
 public:
  /// Pinned pages may carry it over bytes_max, by what is pinned at that time.
  explicit FrameCache(uint64_t bytes_max);
  ~FrameCache();  // all CachedPages are gone

  /// Bytes of frames in memory.
  uint64_t used_bytes() const { return used_bytes_.load(std::memory_order_relaxed); }
  uint64_t bytes_max() const { return bytes_max_.load(std::memory_order_relaxed); }
  /// Evicts down to the new bound.
  void SetBytesMax(uint64_t bytes);
  /// Evicts all that is not pinned (tests, cold benchmarks).
  void EvictAll();

  /// Pages read from the store, pages evicted. Hits are not counted here: callers count the pages
  /// they pin.
  uint64_t misses() const { return misses_.load(std::memory_order_relaxed); }
  uint64_t evictions() const { return evictions_.load(std::memory_order_relaxed); }
  FramePool* pool() { return &pool_; }

 private:
  friend class CachedPage;

  Result<const char*> Load(CachedPage* page);
  void Forget(CachedPage* page);          // before the page is destroyed
  void EvictTo(uint64_t bytes);           // ring_mutex_ held
  bool TryEvict(CachedPage* page);        // ring_mutex_ held
  void RemoveFromRing(CachedPage* page);  // ring_mutex_ held
  std::mutex* LoadMutex(const CachedPage* page);

  static constexpr size_t kLoadMutexes = 64;
  FramePool pool_;
  std::mutex load_mutexes_[kLoadMutexes];  // one load per page at a time; taken before ring_mutex_
  std::mutex ring_mutex_;
  std::vector<CachedPage*> ring_;  // all resident pages
  size_t hand_ = 0;
  std::atomic<uint64_t> bytes_max_;
  std::atomic<uint64_t> used_bytes_{0};
  std::atomic<uint64_t> misses_{0};
  std::atomic<uint64_t> evictions_{0};
};

}  // namespace lathe::page
