#include "frontend/pgwire/event_loop.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace lathe::pgwire {
namespace {

thread_local EventLoop* current_loop = nullptr;  // that this thread serves

// A descriptor is reported once, then it must be armed again: no second thread handles it
// meanwhile.
constexpr uint32_t kEvents = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
// Threads that wait beside those that may work: one that comes back from the disk finds a place
// there instead of having to sleep and be woken for the next event.
constexpr int kSpareWaiters = 2;

// Before a thread sleeps it gives way so often and looks again: to be woken costs more than that.
constexpr int kYields = 2;

Error SystemError(const char* call) {
  return MakeError(SqlState::kIoError, std::string(call) + ": " + std::strerror(errno));
}

}  // namespace

EventLoop::~EventLoop() {
  Stop();
  Join();
  if (stop_event_ >= 0) close(stop_event_);
  if (epoll_ >= 0) close(epoll_);
}

Status EventLoop::Start(uint32_t threads, Handler handler) {
  handler_ = std::move(handler);
  waiting_max_ = static_cast<int>(threads) + kSpareWaiters;
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (epoll_ < 0) return SystemError("epoll_create1");
  stop_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event_ < 0) return SystemError("eventfd");
  epoll_event event{};
  event.events = EPOLLIN;  // all threads see it, again and again
  event.data.ptr = this;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_event_, &event) != 0) return SystemError("epoll_ctl");
  std::lock_guard lock(mutex_);
  for (uint32_t i = 0; i < threads; ++i) threads_.emplace_back([this] { Run(); });
  return Ok();
}

void EventLoop::Stop() {
  std::lock_guard lock(mutex_);
  if (stopping_.exchange(true)) return;
  const uint64_t one = 1;
  if (stop_event_ >= 0) (void)!write(stop_event_, &one, sizeof(one));
  parked_cv_.notify_all();
}

void EventLoop::Join() {
  std::vector<std::thread> threads;
  {
    std::lock_guard lock(mutex_);
    threads.swap(threads_);
  }
  for (std::thread& thread : threads) thread.join();
}

Status EventLoop::Add(int fd, void* data) {
  epoll_event event{};
  event.events = kEvents;
  event.data.ptr = data;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) return SystemError("epoll_ctl");
  return Ok();
}

void EventLoop::Rearm(int fd, void* data, bool now) {
  epoll_event event{};
  event.events = now ? kEvents | EPOLLOUT : kEvents;
  event.data.ptr = data;
  (void)epoll_ctl(epoll_, EPOLL_CTL_MOD, fd, &event);  // fails for a closed descriptor only
}

void EventLoop::Run() {
  current_loop = this;
  running_.fetch_add(1, std::memory_order_relaxed);
  while (!stopping_.load(std::memory_order_relaxed)) {
    if (waiting_.fetch_add(1, std::memory_order_relaxed) >= waiting_max_) {
      waiting_.fetch_sub(1, std::memory_order_relaxed);
      running_.fetch_sub(1, std::memory_order_relaxed);
      if (!Park()) return;
      running_.fetch_add(1, std::memory_order_relaxed);
      continue;
    }
    epoll_event event{};
    // One at a time: what follows may take long.
    int got = epoll_wait(epoll_, &event, 1, 0);
    for (int i = 0; got == 0 && i < kYields; ++i) {
      sched_yield();
      got = epoll_wait(epoll_, &event, 1, 0);
    }
    if (got == 0) got = epoll_wait(epoll_, &event, 1, -1);
    waiting_.fetch_sub(1, std::memory_order_relaxed);
    if (got == 1 && event.data.ptr != this) handler_(event.data.ptr);
  }
  running_.fetch_sub(1, std::memory_order_relaxed);
}

// Sleeps until the thread is needed. False: the loop ends.
bool EventLoop::Park() {
  std::unique_lock lock(mutex_);
  ++parked_;
  parked_cv_.wait(lock, [this] { return wake_ > 0 || stopping_.load(); });
  --parked_;
  if (stopping_.load()) return false;
  --wake_;
  return true;
}

void EventLoop::Tick() {
  if (waiting_.load(std::memory_order_relaxed) > 0) {
    starved_ = false;
    return;
  }
  if (!starved_) {
    starved_ = true;  // give the running handlers one more tick
    return;
  }
  starved_ = false;
  LetIn();
}

void EventLoop::AboutToBlock() {
  EventLoop* loop = current_loop;
  if (loop != nullptr && loop->waiting_.load(std::memory_order_relaxed) <= 0) loop->LetIn();
}

void EventLoop::LetIn() {
  std::lock_guard lock(mutex_);
  if (stopping_.load()) return;
  if (wake_ > 0) return;  // somebody is on the way
  if (parked_ > 0) {
    ++wake_;
    parked_cv_.notify_one();
  } else {
    threads_.emplace_back([this] { Run(); });
  }
}

}  // namespace lathe::pgwire
