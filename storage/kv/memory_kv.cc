// The Kv for tests: sorted maps, a list of writes that a crash may lose, and calls that fail on
// request.
#include "storage/kv/memory_kv.h"

#include <algorithm>

namespace lathe::kv {

/// Walks over a copy of a range (values are shared).
class MemoryKv::Walker final : public Iterator {
 public:
  Walker(MemoryKv* kv, std::vector<std::pair<std::string, Value>> entries)
      : kv_(kv), entries_(std::move(entries)), at_(entries_.size()) {}

  bool Valid() const override { return error_.ok() && at_ < entries_.size(); }
  void SeekToFirst() override { MoveTo(0); }
  void SeekToLast() override { MoveTo(entries_.empty() ? 0 : entries_.size() - 1); }
  void Seek(std::string_view target) override { MoveTo(FirstNotBelow(target)); }
  void SeekForPrev(std::string_view target) override {
    size_t at = FirstNotBelow(target);
    if (at < entries_.size() && entries_[at].first == target) return MoveTo(at);
    MoveTo(at == 0 ? entries_.size() : at - 1);
  }
  void Next() override { ++at_; }
  void Prev() override { at_ = at_ == 0 ? entries_.size() : at_ - 1; }
  std::string_view key() const override { return entries_[at_].first; }
  std::string_view value() const override { return *entries_[at_].second; }
  Status status() const override {
    if (error_.ok()) return Ok();
    return Error(error_.error());
  }

 private:
  size_t FirstNotBelow(std::string_view target) const {
    auto found =
        std::lower_bound(entries_.begin(), entries_.end(), target,
                         [](const auto& entry, std::string_view key) { return entry.first < key; });
    return static_cast<size_t>(found - entries_.begin());
  }
  void MoveTo(size_t at) {
    std::lock_guard lock(kv_->mutex_);
    error_ = kv_->CountRead();
    at_ = at;
  }

  MemoryKv* const kv_;
  const std::vector<std::pair<std::string, Value>> entries_;
  size_t at_;
  Status error_;
};

class MemoryKv::Writer final : public PageFileWriter {
 public:
  explicit Writer(MemoryKv* kv) : kv_(kv) {}

  Status Add(std::string_view key, std::string_view body) override {
    if (!pages_.empty() && key <= pages_.back().first) {
      return MakeError(SqlState::kInternalError, "page keys are not ascending");
    }
    pages_.emplace_back(key, std::make_shared<const std::string>(body));
    bytes_ += body.size();
    return Ok();
  }
  uint64_t bytes() const override { return bytes_; }

  Status Finish() override {
    std::lock_guard lock(kv_->mutex_);
    LATHE_TRY(kv_->CountChange());
    const size_t family = static_cast<size_t>(Family::kPages);
    for (auto& [key, value] : pages_) {
      kv_->current_[family].insert_or_assign(key, value);
      kv_->durable_[family].insert_or_assign(key, value);
    }
    return Ok();
  }

 private:
  MemoryKv* const kv_;
  std::vector<std::pair<std::string, Value>> pages_;
  uint64_t bytes_ = 0;
};

void MemoryKv::FailChange(uint64_t n, Error error) {
  std::lock_guard lock(mutex_);
  fail_change_ = n == 0 ? 0 : changes_ + n;
  fail_ever_after_ = false;
  error_ = std::move(error);
}

void MemoryKv::FailChangesFrom(uint64_t n, Error error) {
  FailChange(n, std::move(error));
  std::lock_guard lock(mutex_);
  fail_ever_after_ = n != 0;
}

void MemoryKv::FailRead(uint64_t n) {
  std::lock_guard lock(mutex_);
  fail_read_ = n == 0 ? 0 : reads_ + n;
}

uint64_t MemoryKv::change_count() const {
  std::lock_guard lock(mutex_);
  return changes_;
}

uint64_t MemoryKv::unsynced_count() const {
  std::lock_guard lock(mutex_);
  return unsynced_.size();
}

void MemoryKv::Crash(uint64_t keep_unsynced) {
  std::lock_guard lock(mutex_);
  for (size_t i = 0; i < unsynced_.size() && i < keep_unsynced; ++i) {
    Apply(unsynced_[i], &durable_);
  }
  unsynced_.clear();
  current_ = durable_;
  fail_change_ = fail_read_ = 0;
}

Status MemoryKv::CountChange() {
  ++changes_;
  const bool fails = fail_change_ != 0 &&
                     (changes_ == fail_change_ || (fail_ever_after_ && changes_ > fail_change_));
  if (fails) return Error(error_);
  return Ok();
}

Status MemoryKv::CountRead() {
  if (++reads_ == fail_read_) return MakeError(SqlState::kIoError, "injected fault");
  return Ok();
}

void MemoryKv::Apply(const WriteBatch& batch, Maps* maps) {
  batch.ForEach(
      [&](WriteBatch::Op op, Family family, std::string_view key, std::string_view value) {
        Map& map = (*maps)[static_cast<size_t>(family)];
        switch (op) {
          case WriteBatch::Op::kPut:
            map.insert_or_assign(std::string(key), std::make_shared<const std::string>(value));
            break;
          case WriteBatch::Op::kDelete:
            if (auto found = map.find(key); found != map.end()) map.erase(found);
            break;
          case WriteBatch::Op::kDeleteRange:
            if (key < value) map.erase(map.lower_bound(key), map.lower_bound(value));
            break;
        }
      });
}

Status MemoryKv::Write(const WriteBatch& batch, bool sync) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountChange());
  Apply(batch, &current_);
  unsynced_.push_back(batch);
  if (sync) {
    for (const WriteBatch& earlier : unsynced_) Apply(earlier, &durable_);
    unsynced_.clear();
  }
  return Ok();
}

Result<bool> MemoryKv::Get(Family family, std::string_view key, std::string* value) {
  PinnedValue pinned;
  LATHE_ASSIGN(bool found, GetPinned(family, key, &pinned));
  if (found) value->assign(pinned.view());
  return found;
}

Result<bool> MemoryKv::GetPinned(Family family, std::string_view key, PinnedValue* value) {
  std::lock_guard lock(mutex_);
  LATHE_TRY(CountRead());
  const Map& map = current_[static_cast<size_t>(family)];
  auto found = map.find(key);
  if (found == map.end()) return false;
  *value = PinnedValue(*found->second, found->second);
  return true;
}

std::unique_ptr<Iterator> MemoryKv::NewIterator(Family family, const IterateOptions& options) {
  std::lock_guard lock(mutex_);
  const Map& map = current_[static_cast<size_t>(family)];
  std::vector<std::pair<std::string, Value>> entries;
  for (auto at = map.lower_bound(options.lower); at != map.end(); ++at) {
    if (!options.upper.empty() && at->first >= options.upper) break;
    entries.push_back(*at);
  }
  return std::make_unique<Walker>(this, std::move(entries));
}

Result<std::unique_ptr<PageFileWriter>> MemoryKv::NewPageFileWriter() {
  return std::unique_ptr<PageFileWriter>(new Writer(this));
}

Status MemoryKv::DropPages(std::string_view from, std::string_view to) {
  WriteBatch batch;
  batch.DeleteRange(Family::kPages, from, to);
  return Write(batch, /*sync=*/false);
}

Status MemoryKv::Flush(Family) {
  std::lock_guard lock(mutex_);
  for (const WriteBatch& earlier : unsynced_) Apply(earlier, &durable_);
  unsynced_.clear();
  return Ok();
}

Status MemoryKv::Compact(Family, std::string_view, std::string_view) { return Ok(); }

Status MemoryKv::Checkpoint(const std::string&) { return NotSupported("a checkpoint in memory"); }

KvStats MemoryKv::Stats() {
  std::lock_guard lock(mutex_);
  KvStats stats;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    for (const auto& [key, value] : current_[i]) {
      stats.sst_bytes += value->size();
      if (static_cast<Family>(i) == Family::kPages) stats.page_bytes += value->size();
    }
  }
  return stats;
}

std::string MemoryKv::Property(Family, const std::string&) { return {}; }

}  // namespace lathe::kv
