#include "storage/txn/watermark.h"

#include <algorithm>

namespace lathe::txn {

Result<Timestamp> Watermark::Begin(Oracle* oracle) {
  std::lock_guard lock(mutex_);
  LATHE_ASSIGN(Timestamp ts, oracle->Next());
  in_flight_.push_back({ts});
  return ts;
}

void Watermark::BeginAt(Timestamp ts) {
  std::lock_guard lock(mutex_);
  LATHE_CHECK(in_flight_.empty() || in_flight_.back().ts < ts);
  in_flight_.push_back({ts});
}

void Watermark::Finish(Timestamp ts) {
  std::unique_lock lock(mutex_);
  for (InFlight& commit : in_flight_) {
    if (commit.ts == ts) commit.done = true;
  }
  bool advanced = false;
  while (!in_flight_.empty() && in_flight_.front().done) {
    published_ = in_flight_.front().ts;
    in_flight_.pop_front();
    advanced = true;
  }
  if (advanced) moved_.notify_all();
  moved_.wait(lock, [&] { return published_ >= ts; });
}

void Watermark::FinishAll(Timestamp ts) {
  std::lock_guard lock(mutex_);
  while (!in_flight_.empty() && in_flight_.front().ts <= ts) in_flight_.pop_front();
  published_ = std::max(published_, ts);
  moved_.notify_all();
}

void Watermark::WaitFor(Timestamp ts) {
  std::unique_lock lock(mutex_);
  moved_.wait(lock, [&] { return published_ >= ts; });
}

Timestamp Watermark::published() const {
  std::lock_guard lock(mutex_);
  return published_;
}

Timestamp Watermark::Acquire() {
  const int64_t now = clock_->MonotonicNanos();
  std::lock_guard lock(mutex_);
  Holders& holders = snapshots_[published_];
  if (holders.count++ == 0) holders.first_ns = now;
  holders.acquired_ns = now;
  return published_;
}

void Watermark::Release(Timestamp snapshot) {
  std::lock_guard lock(mutex_);
  auto it = snapshots_.find(snapshot);
  LATHE_CHECK(it != snapshots_.end());
  if (--it->second.count == 0) snapshots_.erase(it);
}

Timestamp Watermark::oldest() const {
  std::lock_guard lock(mutex_);
  return snapshots_.empty() ? published_ : snapshots_.begin()->first;
}

std::vector<Timestamp> Watermark::Readable(int64_t max_age_ns) const {
  const int64_t now = clock_->MonotonicNanos();
  std::vector<Timestamp> readable;
  std::lock_guard lock(mutex_);
  for (const auto& [snapshot, holders] : snapshots_) {
    if (max_age_ns == 0 || now - holders.acquired_ns < max_age_ns) readable.push_back(snapshot);
  }
  if (readable.empty() || readable.back() < published_) readable.push_back(published_);
  return readable;
}

int64_t Watermark::OldestAgeNanos() const {
  const int64_t now = clock_->MonotonicNanos();
  std::lock_guard lock(mutex_);
  return snapshots_.empty() ? 0 : now - snapshots_.begin()->second.first_ns;
}

}  // namespace lathe::txn
