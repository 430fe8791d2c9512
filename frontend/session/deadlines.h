// Calls that are due at a time (statement timeouts), made by one thread.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <thread>

namespace lathe::session {

/// Thread-safe. The thread is started by the first Add.
class Deadlines {
 public:
  Deadlines() = default;
  ~Deadlines();

  /// Calls `call` after delay_ms unless it is removed before. The number returned is never 0.
  uint64_t Add(int64_t delay_ms, std::function<void()> call);
  /// True when the call has been made. After this it is not made any more, nor running.
  bool Remove(uint64_t number);

 private:
  using Time = std::chrono::steady_clock::time_point;
  void Run();

  std::mutex mutex_;
  std::condition_variable cv_;
  uint64_t last_ = 0;
  std::map<std::pair<Time, uint64_t>, std::function<void()>>
      calls_;  // guarded by mutex_, as the rest
  std::map<uint64_t, Time> times_;
  bool stop_ = false;
  std::thread thread_;
};

}  // namespace lathe::session
