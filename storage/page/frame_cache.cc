// The slow ways of the frame cache: loading, evicting, forgetting.
#include "storage/page/frame_cache.h"

#include <cstring>

#include "runtime/base/hash.h"
#include "storage/keyspace/key_family.h"
#include "storage/kv/kv.h"
#include "storage/page/validate.h"

namespace lathe::page {

Result<Frame> KvPageReader::Read(const CachedPage& page, FramePool* pool) {
  Result<Frame> frame = ReadChecked(page, pool);
  if (frame.ok() || frame.error().state != SqlState::kDataCorrupted || describe_ == nullptr) {
    return frame;
  }
  Error error = std::move(frame).error();
  error.detail = "The damage is in page " + std::to_string(page.page().value) + " of " +
                 describe_(page) + ".";
  error.hint = "Other rows can be read. Restore a backup, or leave these rows out.";
  return error;
}

Result<Frame> KvPageReader::ReadChecked(const CachedPage& page, FramePool* pool) {
  kv::PinnedValue value;
  LATHE_ASSIGN(
      bool found,
      kv_->GetPinned(kv::Family::kPages,
                     keyspace::PageKey(page.storage(), page.last_key(), page.page()), &value));
  if (!found) {
    return MakeError(SqlState::kDataCorrupted,
                     "page " + std::to_string(page.page().value) + " of storage " +
                         std::to_string(page.storage().value) + " is missing");
  }
  const std::string_view bytes = value.view();
  LATHE_ASSIGN(row::PageHeader header, ReadPageHeader(bytes));
  if (header.schema_version != schema_version_) return Convert(page, bytes, pool);
  LATHE_TRY(ValidatePage(bytes, layout_, schema_version_));
  LATHE_ASSIGN(Frame frame, pool->Allocate(bytes.size()));
  std::memcpy(frame.data(), bytes.data(), bytes.size());
  return frame;
}

Result<Frame> KvPageReader::Convert(const CachedPage&, std::string_view bytes, FramePool*) {
  // ValidatePage finds the wrong version and says so.
  LATHE_TRY(ValidatePage(bytes, layout_, schema_version_));
  LATHE_UNREACHABLE("a page of another schema version was found valid");
}

CachedPage::CachedPage(FrameCache* cache, std::shared_ptr<PageReader> reader, StorageId storage,
                       std::string last_key, PageId page, uint32_t page_bytes)
    : page_bytes_(page_bytes),
      storage_(storage),
      page_(page),
      cache_(cache),
      reader_(std::move(reader)),
      last_key_(std::move(last_key)) {}

CachedPage::~CachedPage() { cache_->Forget(this); }

Result<const char*> CachedPage::PinSlow() { return cache_->Load(this); }

FrameCache::FrameCache(uint64_t bytes_max) : bytes_max_(bytes_max) {}

FrameCache::~FrameCache() { LATHE_CHECK_NOTE(ring_.empty(), "pages outlive their cache"); }

std::mutex* FrameCache::LoadMutex(const CachedPage* page) {
  return &load_mutexes_[base::MixBits(reinterpret_cast<uintptr_t>(page)) % kLoadMutexes];
}

Result<const char*> FrameCache::Load(CachedPage* page) {
  std::lock_guard loading(*LoadMutex(page));
  // Somebody may have loaded it while this thread waited.
  if (const char* data = page->TryPin()) return data;
  misses_.fetch_add(1, std::memory_order_relaxed);
  LATHE_ASSIGN(Frame frame, page->reader_->Read(*page, &pool_));

  // The ring's mutex also keeps an eviction of this page, which may be giving its old frame back,
  // apart from the new frame.
  std::lock_guard lock(ring_mutex_);
  used_bytes_.fetch_add(frame.charged_bytes(), std::memory_order_relaxed);
  page->frame_ = std::move(frame);
  page->ring_position_ = static_cast<uint32_t>(ring_.size());
  ring_.push_back(page);
  page->state_.fetch_add(CachedPage::kResident + 1, std::memory_order_release);
  EvictTo(bytes_max());
  return page->frame_.data();
}

void FrameCache::EvictTo(uint64_t bytes) {
  // Twice round: the first clears the marks, the second evicts; what is left then is pinned.
  for (size_t steps = 2 * ring_.size(); used_bytes() > bytes && !ring_.empty() && steps > 0;
       --steps) {
    if (hand_ >= ring_.size()) hand_ = 0;
    CachedPage* page = ring_[hand_];
    if (page->used_.load(std::memory_order_relaxed)) {
      page->used_.store(false, std::memory_order_relaxed);
      ++hand_;
    } else if (!TryEvict(page)) {
      ++hand_;
    }
  }
}

bool FrameCache::TryEvict(CachedPage* page) {
  uint64_t unpinned = CachedPage::kResident;
  // Acquire: what readers did under their pins comes before the memory is given back.
  if (!page->state_.compare_exchange_strong(unpinned, 0, std::memory_order_acquire)) return false;
  RemoveFromRing(page);
  used_bytes_.fetch_sub(page->frame_.charged_bytes(), std::memory_order_relaxed);
  page->frame_.Reset();
  evictions_.fetch_add(1, std::memory_order_relaxed);
  return true;
}

void FrameCache::RemoveFromRing(CachedPage* page) {
  CachedPage* last = ring_.back();
  ring_[page->ring_position_] = last;
  last->ring_position_ = page->ring_position_;
  ring_.pop_back();
}

void FrameCache::Forget(CachedPage* page) {
  std::lock_guard lock(ring_mutex_);
  const uint64_t state = page->state_.load(std::memory_order_acquire);
  if (state == 0) return;
  LATHE_CHECK_NOTE(state == CachedPage::kResident, "a pinned page is destroyed");
  RemoveFromRing(page);
  used_bytes_.fetch_sub(page->frame_.charged_bytes(), std::memory_order_relaxed);
}

void FrameCache::SetBytesMax(uint64_t bytes) {
  bytes_max_.store(bytes, std::memory_order_relaxed);
  std::lock_guard lock(ring_mutex_);
  EvictTo(bytes);
}

void FrameCache::EvictAll() {
  std::lock_guard lock(ring_mutex_);
  for (size_t i = ring_.size(); i > 0; --i) (void)TryEvict(ring_[i - 1]);
}

}  // namespace lathe::page
