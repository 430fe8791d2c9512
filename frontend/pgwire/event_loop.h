// An event loop whose handlers may block. Each processor has a lane: an epoll instance, the
// connections whose requests come in there, and threads that stay there, wait for events and handle
// them in place. So a client on the same machine and the thread that serves it take turns on one
// processor, and nobody is woken across processors, which costs more than a short statement. A few
// threads wait in a lane at a time; when none does, because all are inside handlers that sleep or
// take long, another one is let in.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::pgwire {

/// Owned by the server. Thread-safe.
class EventLoop {
 private:
  struct Lane;

 public:
  /// A descriptor to be watched, with what its handler is called with. Owned by the caller, who
  /// keeps it where it is as long as the descriptor is open.
  class Source {
   public:
    Source(int fd, void* data) : fd_(fd), data_(data) {}
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    int fd() const { return fd_; }
    void* data() const { return data_; }

   private:
    friend class EventLoop;
    const int fd_;
    void* const data_;
    // What the kernel orders, said in C++: who served it last has stored it, who serves it loads
    // it.
    std::atomic<bool> armed_{false};
    // By whoever serves it.
    Lane* lane_ = nullptr;
    uint32_t events_ = 0;        // so far
    uint32_t period_ = 0;        // in which it was last served
    uint32_t moved_period_ = 0;  // in which it last changed lanes
  };

  /// Called with a source's data on any of the loop's threads, one at a time for each source.
  using Handler = std::function<void(void* data)>;

  EventLoop();
  ~EventLoop();
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /// lanes: how many handlers work at a time as long as none blocks.
  Status Start(uint32_t lanes, Handler handler);
  /// Lets the threads end once their handlers return.
  void Stop();
  void Join();

  /// Calls the handler once when the source becomes readable or is closed by the other side.
  Status Add(Source* source);
  /// Once more. By whoever has handled it, as the last thing that it does with the source. A closed
  /// descriptor needs nothing.
  /// now: also when it can be written to, which is soon.
  void Rearm(Source* source, bool now = false);

  /// Called by a handler that is about to sleep for others (a lock, the disk), through
  /// SetBlockingHook: lets a thread in at once if nobody waits for events in its lane.
  static void AboutToBlock();

  /// Called by the watchdog every tick: lets a thread into each lane in which nobody has waited for
  /// events since the last tick, and lets go of threads whose handlers take long.
  void Tick();
  /// Whether some handler is running right now. By the watchdog.
  bool active() const;

 private:
  struct Worker;

  void Run(Worker* worker);
  /// Waits for an event and handles it.
  void Serve(Worker* worker);
  bool Park(Worker* worker);
  bool GoWhereNobodyWaits(Worker* worker);
  void LetIn(Lane* lane);
  void StartThread(Lane* lane);  // mutex_ held
  Lane* NewLaneOf(Source* source);
  void BeginPeriod();
  void LoosenLongRunning();

  int stop_event_ = -1;  // an eventfd that stays readable from Stop on
  Handler handler_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::vector<Lane*> lane_of_cpu_;  // null where there is none
  std::atomic<bool> stopping_{false};
  // Periods are some tens of milliseconds long.
  std::atomic<uint32_t> period_{1};
  std::atomic<int> busy_sources_max_{1 << 30};  // what a lane should have, by the last period
  int ticks_ = 0;                               // watchdog only
  std::atomic<int> running_{0};                 // threads that are not parked
  std::mutex mutex_;
  std::vector<std::unique_ptr<Worker>> workers_;  // guarded by mutex_; only grows, until Join
  std::condition_variable parked_cv_;
  int parked_ = 0;  // threads that wait to be needed again; guarded by mutex_
  int coming_ = 0;  // of them have been woken; guarded by mutex_
};

}  // namespace lathe::pgwire
