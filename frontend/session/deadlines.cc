#include "frontend/session/deadlines.h"

namespace lathe::session {

Deadlines::~Deadlines() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
    cv_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
}

uint64_t Deadlines::Add(int64_t delay_ms, std::function<void()> call) {
  std::lock_guard lock(mutex_);
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  const Time due = std::chrono::steady_clock::now() + std::chrono::milliseconds(delay_ms);
  const uint64_t number = ++last_;
  calls_.emplace(std::make_pair(due, number), std::move(call));
  times_.emplace(number, due);
  cv_.notify_one();
  return number;
}

bool Deadlines::Remove(uint64_t number) {
  std::lock_guard lock(mutex_);
  auto it = times_.find(number);
  if (it == times_.end()) return true;
  calls_.erase({it->second, number});
  times_.erase(it);
  return false;
}

void Deadlines::Run() {
  std::unique_lock lock(mutex_);
  while (!stop_) {
    if (calls_.empty()) {
      cv_.wait(lock);
      continue;
    }
    auto first = calls_.begin();
    if (first->first.first > std::chrono::steady_clock::now()) {
      const Time due = first->first.first;
      cv_.wait_until(lock, due);
      continue;
    }
    // Made under the lock, so that Remove knows it is not running; calls are short (they set a
    // flag).
    first->second();
    times_.erase(first->first.second);
    calls_.erase(first);
  }
}

}  // namespace lathe::session
