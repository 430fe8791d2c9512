#include "frontend/pgwire/event_loop.h"

namespace lathe::pgwire {
namespace {
thread_local EventLoop* current_loop = nullptr;  // that this thread serves
}  // namespace

EventLoop::EventLoop() : work_(asio::make_work_guard(context_)) {}

EventLoop::~EventLoop() { Join(); }

void EventLoop::Start() {
  std::lock_guard lock(mutex_);
  threads_.emplace_back([this] { Run(true); });
}

void EventLoop::Stop() {
  work_.reset();
  context_.stop();
  std::lock_guard lock(mutex_);
  stopping_ = true;
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

void EventLoop::Run(bool primary) {
  for (;;) {
    current_loop = this;
    threads_running_.fetch_add(1);
    waiting_.fetch_add(1);
    while (!context_.stopped()) {
      if (context_.run_one() == 0) break;
      // A helper leaves when somebody else waits for events again.
      if (!primary && waiting_.load(std::memory_order_relaxed) > 1) break;
    }
    waiting_.fetch_sub(1);
    threads_running_.fetch_sub(1);
    if (primary || context_.stopped()) return;
    std::unique_lock lock(mutex_);
    ++parked_;
    parked_cv_.wait(lock, [this] { return wake_ > 0 || stopping_; });
    --parked_;
    if (stopping_) return;
    --wake_;
  }
}

void EventLoop::Tick() {
  if (waiting_.load(std::memory_order_relaxed) > 0) {
    starved_ = false;
    return;
  }
  if (!starved_) {
    starved_ = true;  // give the running handler one more tick
    return;
  }
  starved_ = false;
  BringInThread();
}

void EventLoop::AboutToBlock() {
  EventLoop* loop = current_loop;
  if (loop != nullptr && loop->waiting_.load(std::memory_order_relaxed) <= 0) {
    loop->BringInThread();
  }
}

void EventLoop::BringInThread() {
  std::lock_guard lock(mutex_);
  if (stopping_) return;
  if (wake_ > 0) return;  // somebody is on the way
  if (parked_ > wake_) {
    ++wake_;
    parked_cv_.notify_one();
  } else {
    threads_.emplace_back([this] { Run(false); });
  }
}

}  // namespace lathe::pgwire
