// An event loop whose handlers may block. Threads wait on one epoll instance and handle what they
// get in place, which is what makes a short statement cheap. A few of them wait at a time; when
// none does, because all are inside handlers that sleep or take long, another one is let in.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::pgwire {

/// Owned by the server. Thread-safe.
class EventLoop {
 public:
  /// Called with what a descriptor was added with, on any of the loop's threads, one at a time for
  /// each descriptor.
  using Handler = std::function<void(void* data)>;

  EventLoop() = default;
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// threads: how many work at a time as long as no handler blocks.
  Status Start(uint32_t threads, Handler handler);
  /// Lets the threads end once their handlers return.
  void Stop();
  void Join();

  /// Calls the handler once when fd becomes readable or is closed by the other side.
  Status Add(int fd, void* data);
  /// Once more. By the handler, as the last thing that it does with what data points to. A closed
  /// descriptor needs nothing.
  /// now: also when it can be written to, which is soon.
  void Rearm(int fd, void* data, bool now = false);

  /// Called by a handler that is about to sleep for others (a lock, the disk), through
  /// SetBlockingHook: lets a thread in at once if nobody waits for events.
  static void AboutToBlock();

  /// Called by the watchdog every tick: lets a thread in if nobody waits for events since the last
  /// tick.
  void Tick();
  /// Whether some handler is running right now.
  bool active() const {
    return waiting_.load(std::memory_order_relaxed) < running_.load(std::memory_order_relaxed);
  }

 private:
  void Run();
  bool Park();
  void LetIn();

  int epoll_ = -1;
  int stop_event_ = -1;  // an eventfd that stays readable from Stop on
  Handler handler_;
  int waiting_max_ = 0;          // threads that may wait for events at a time
  std::atomic<int> waiting_{0};  // threads that wait for events
  std::atomic<int> running_{0};  // threads that are not parked
  std::atomic<bool> stopping_{false};
  bool starved_ = false;  // nobody waited at the last tick; watchdog only
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_; only grows, until Join
  std::condition_variable parked_cv_;
  int parked_ = 0;  // threads that wait to be needed again; guarded by mutex_
  int wake_ = 0;    // how many of them may go; guarded by mutex_
};

}  // namespace lathe::pgwire
