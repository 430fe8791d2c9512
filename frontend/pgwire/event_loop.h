// An event loop whose handlers may block. One thread waits for events and handles them in place,
// which is what makes a short statement cheap; when every thread of the loop has been inside a
// handler for longer than a tick, the watchdog lets a further thread wait for events, and threads
// beyond the first leave when they are not needed.
#pragma once

#include <asio/executor_work_guard.hpp>
#include <asio/io_context.hpp>
#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace lathe::pgwire {

/// Owned by the server. context() may be posted to from any thread.
class EventLoop {
 public:
  EventLoop();
  ~EventLoop();  // after Join

  asio::io_context& context() { return context_; }
  void Start();
  /// Lets the threads end once their handlers return.
  void Stop();
  void Join();

  /// Wrap every handler that may block: while it lives, its thread counts as busy.
  class Busy {
   public:
    explicit Busy(EventLoop* loop) : loop_(loop) {
      loop_->waiting_.fetch_sub(1, std::memory_order_relaxed);
    }
    ~Busy() { loop_->waiting_.fetch_add(1, std::memory_order_relaxed); }

   private:
    EventLoop* const loop_;
  };

  /// Called by a handler that is about to sleep for others (a lock, the disk), through
  /// SetBlockingHook: brings in a thread at once if nobody else waits for events.
  static void AboutToBlock();

  /// Called by the watchdog every tick: brings in a thread if nobody waits for events since the
  /// last tick.
  void Tick();
  /// Whether some handler is running right now.
  bool active() const {
    return waiting_.load(std::memory_order_relaxed) <
           threads_running_.load(std::memory_order_relaxed);
  }

 private:
  void Run(bool primary);
  void BringInThread();

  asio::io_context context_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::atomic<int> waiting_{0};          // threads in Run that are not inside a handler
  std::atomic<int> threads_running_{0};  // threads in Run
  bool starved_ = false;                 // nobody waited at the last tick; watchdog only
  std::mutex mutex_;
  std::vector<std::thread> threads_;  // guarded by mutex_; only grows, until Join
  std::condition_variable parked_cv_;
  int parked_ = 0;  // threads that wait to be needed again; guarded by mutex_
  int wake_ = 0;    // how many of them may go; guarded by mutex_
  bool stopping_ = false;
};

}  // namespace lathe::pgwire
