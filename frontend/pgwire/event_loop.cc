#include "frontend/pgwire/event_loop.h"

#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace lathe::pgwire {
namespace {

// A descriptor is reported once, then it must be armed again: no second thread handles it
// meanwhile.
constexpr uint32_t kEvents = EPOLLIN | EPOLLRDHUP | EPOLLONESHOT;
// Threads that wait in a lane: one that comes back from the disk finds a place there instead of
// having to sleep and be woken for the next event.
constexpr int kWaitersMax = 3;
// Before a thread sleeps it gives way so often and looks again: to be woken costs more than that.
constexpr int kYields = 2;
// And looks into so many other lanes.
constexpr size_t kLanesHelped = 3;
// After so many events of a source it is looked at whether its lane is still the right one.
constexpr uint32_t kEventsBetweenLooks = 32;
constexpr int kTicksPerPeriod = 32;
// A handler that takes so long should not have to stay where its thread waits for events.
constexpr int kLongTicks = 3;

Error SystemError(const char* call) {
  return MakeError(SqlState::kIoError, std::string(call) + ": " + std::strerror(errno));
}

cpu_set_t AllowedCpus() {
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  (void)sched_getaffinity(0, sizeof(allowed), &allowed);
  return allowed;
}

// What could not be set is a matter of speed only.
void StayOn(pid_t thread, int cpu) {
  cpu_set_t only;
  CPU_ZERO(&only);
  CPU_SET(static_cast<size_t>(cpu), &only);
  (void)sched_setaffinity(thread, sizeof(only), &only);
}

// The processor that the last packet came in on: of a client on this machine, the client's own. -1:
// not known.
int IncomingCpu(int fd) {
  int cpu = -1;
  socklen_t size = sizeof(cpu);
  return getsockopt(fd, SOL_SOCKET, SO_INCOMING_CPU, &cpu, &size) == 0 ? cpu : -1;
}

}  // namespace

struct alignas(64) EventLoop::Lane {
  size_t index = 0;  // among the lanes
  int epoll = -1;
  int cpu = -1;
  std::atomic<int> waiting{0};  // threads that wait for events
  // Sources served in this period, and in the last one (with those that came and went since).
  std::atomic<int> busy_now{0}, busy{0};
  bool starved = false;  // nobody waited at the last tick; watchdog only
  int wake = 0;          // parked threads that are to come here; guarded by mutex_

  ~Lane() {
    if (epoll >= 0) close(epoll);
  }
};

struct EventLoop::Worker {
  EventLoop* loop = nullptr;
  Lane* lane = nullptr;  // its own thread only
  std::atomic<pid_t> id{0};
  std::atomic<uint32_t> handlers{0};  // begun and ended: odd = it is inside one
  std::atomic<bool> loose{false};     // it may run anywhere
  uint32_t seen = 0;                  // of handlers at the last tick; watchdog only
  int long_ticks = 0;                 // watchdog only
  std::thread thread;
};

namespace {
thread_local void* current_worker = nullptr;  // EventLoop::Worker of this thread
}  // namespace

EventLoop::EventLoop() = default;

EventLoop::~EventLoop() {
  Stop();
  Join();
  if (stop_event_ >= 0) close(stop_event_);
}

Status EventLoop::Start(uint32_t lanes, Handler handler) {
  handler_ = std::move(handler);
  stop_event_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (stop_event_ < 0) return SystemError("eventfd");
  const cpu_set_t allowed = AllowedCpus();
  std::vector<int> cpus;
  for (int i = 0; i < CPU_SETSIZE; ++i) {
    if (CPU_ISSET(static_cast<size_t>(i), &allowed)) cpus.push_back(i);
  }
  lane_of_cpu_.resize(CPU_SETSIZE);
  for (uint32_t i = 0; i < lanes; ++i) {
    auto lane = std::make_unique<Lane>();
    lane->index = i;
    lane->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (lane->epoll < 0) return SystemError("epoll_create1");
    epoll_event event{};
    event.events = EPOLLIN;  // all threads see it, again and again
    if (epoll_ctl(lane->epoll, EPOLL_CTL_ADD, stop_event_, &event) != 0) {
      return SystemError("epoll_ctl");
    }
    if (!cpus.empty()) {
      lane->cpu = cpus[i % cpus.size()];
      lane_of_cpu_[static_cast<size_t>(lane->cpu)] = lane.get();
    }
    lanes_.push_back(std::move(lane));
  }
  std::lock_guard lock(mutex_);
  for (const auto& lane : lanes_) StartThread(lane.get());
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
  std::vector<std::unique_ptr<Worker>> workers;
  {
    std::lock_guard lock(mutex_);
    workers.swap(workers_);
  }
  for (const auto& worker : workers) worker->thread.join();
}

// --- Sources

Status EventLoop::Add(Source* source) {
  // Where there are the fewest, until it is known where its requests come in.
  source->lane_ = std::min_element(lanes_.begin(), lanes_.end(), [](const auto& a, const auto& b) {
                    return a->busy_now.load() < b->busy_now.load();
                  })->get();
  source->period_ = period_.load(std::memory_order_relaxed);
  source->lane_->busy_now.fetch_add(1);
  source->armed_.store(true, std::memory_order_release);
  epoll_event event{};
  event.events = kEvents;
  event.data.ptr = source;
  if (epoll_ctl(source->lane_->epoll, EPOLL_CTL_ADD, source->fd_, &event) != 0) {
    return SystemError("epoll_ctl");
  }
  return Ok();
}

// Once it is armed, the source may be served and be gone.
void EventLoop::Rearm(Source* source, bool now) {
  epoll_event event{};
  event.events = now ? kEvents | EPOLLOUT : kEvents;
  event.data.ptr = source;
  const uint32_t period = period_.load(std::memory_order_relaxed);
  if (source->period_ != period) {
    source->period_ = period;
    source->lane_->busy_now.fetch_add(1, std::memory_order_relaxed);
  }
  if (++source->events_ % kEventsBetweenLooks == 0) {
    Lane* const before = source->lane_;
    Lane* const next = NewLaneOf(source);
    if (next != before) {
      source->lane_ = next;
      source->moved_period_ = period;
      before->busy.fetch_sub(1, std::memory_order_relaxed);
      before->busy_now.fetch_sub(1, std::memory_order_relaxed);
      next->busy.fetch_add(1, std::memory_order_relaxed);
      next->busy_now.fetch_add(1, std::memory_order_relaxed);
      source->armed_.store(true, std::memory_order_release);
      // Fails for a closed descriptor only.
      (void)epoll_ctl(before->epoll, EPOLL_CTL_DEL, source->fd_, nullptr);
      (void)epoll_ctl(next->epoll, EPOLL_CTL_ADD, source->fd_, &event);
      return;
    }
  }
  const int epoll = source->lane_->epoll, fd = source->fd_;
  source->armed_.store(true, std::memory_order_release);
  (void)epoll_ctl(epoll, EPOLL_CTL_MOD, fd, &event);  // as above
}

// The lane where its requests come in, as long as that has not more than its share: all clients may
// be behind one processor.
EventLoop::Lane* EventLoop::NewLaneOf(Source* source) {
  Lane* const lane = source->lane_;
  if (source->moved_period_ == source->period_) return lane;
  const int busy_max = busy_sources_max_.load(std::memory_order_relaxed);
  const int cpu = IncomingCpu(source->fd_);
  Lane* const home =
      cpu >= 0 && cpu < CPU_SETSIZE ? lane_of_cpu_[static_cast<size_t>(cpu)] : nullptr;
  if (home == lane && lane->busy.load(std::memory_order_relaxed) <= busy_max) return lane;
  if (home != nullptr && home != lane && home->busy.load(std::memory_order_relaxed) < busy_max) {
    return home;
  }
  if (lane->busy.load(std::memory_order_relaxed) <= busy_max) return lane;
  for (const auto& other : lanes_) {
    if (other->busy.load(std::memory_order_relaxed) + 1 < busy_max) return other.get();
  }
  return lane;
}

void EventLoop::BeginPeriod() {
  int busy = 0;
  for (const auto& lane : lanes_) {
    lane->busy.store(std::max(lane->busy_now.exchange(0), 0), std::memory_order_relaxed);
    busy += lane->busy.load(std::memory_order_relaxed);
  }
  const int lanes = static_cast<int>(lanes_.size());
  busy_sources_max_.store((busy + lanes - 1) / lanes + 1, std::memory_order_relaxed);
  period_.fetch_add(1, std::memory_order_relaxed);
}

// --- Threads

void EventLoop::StartThread(Lane* lane) {
  workers_.push_back(std::make_unique<Worker>());
  Worker* worker = workers_.back().get();
  worker->loop = this;
  worker->lane = lane;
  worker->loose = true;
  worker->thread = std::thread([this, worker] { Run(worker); });
}

void EventLoop::Run(Worker* worker) {
  current_worker = worker;
  worker->id = gettid();
  running_.fetch_add(1, std::memory_order_relaxed);
  while (!stopping_.load(std::memory_order_relaxed)) {
    Lane* const lane = worker->lane;
    if (lane->waiting.fetch_add(1, std::memory_order_relaxed) < kWaitersMax) {
      Serve(worker);
      continue;
    }
    lane->waiting.fetch_sub(1, std::memory_order_relaxed);
    if (GoWhereNobodyWaits(worker)) continue;
    running_.fetch_sub(1, std::memory_order_relaxed);
    if (!Park(worker)) return;
    running_.fetch_add(1, std::memory_order_relaxed);
  }
  running_.fetch_sub(1, std::memory_order_relaxed);
}

bool EventLoop::GoWhereNobodyWaits(Worker* worker) {
  for (const auto& lane : lanes_) {
    if (lane->waiting.load(std::memory_order_relaxed) > 0) continue;
    worker->lane = lane.get();
    worker->loose = true;
    return true;
  }
  return false;
}

void EventLoop::Serve(Worker* worker) {
  Lane* const lane = worker->lane;
  if (worker->loose.exchange(false) && lane->cpu >= 0) StayOn(0, lane->cpu);
  epoll_event event{};
  // One at a time: what follows may take long.
  int got = epoll_wait(lane->epoll, &event, 1, 0);
  for (int i = 0; got == 0 && i < kYields; ++i) {
    sched_yield();
    got = epoll_wait(lane->epoll, &event, 1, 0);
  }
  // Rather than sleep it helps where events wait already.
  for (size_t i = 1; got == 0 && i <= kLanesHelped && i < lanes_.size(); ++i) {
    got = epoll_wait(lanes_[(lane->index + i) % lanes_.size()]->epoll, &event, 1, 0);
  }
  if (got == 0) got = epoll_wait(lane->epoll, &event, 1, -1);
  lane->waiting.fetch_sub(1, std::memory_order_relaxed);
  if (got != 1 || event.data.ptr == nullptr) return;
  worker->handlers.fetch_add(1, std::memory_order_relaxed);
  auto* const source = static_cast<Source*>(event.data.ptr);
  (void)source->armed_.load(std::memory_order_acquire);
  handler_(source->data());
  worker->handlers.fetch_add(1, std::memory_order_relaxed);
}

// Sleeps until the thread is needed. False: the loop ends.
bool EventLoop::Park(Worker* worker) {
  std::unique_lock lock(mutex_);
  ++parked_;
  parked_cv_.wait(lock, [this] { return coming_ > 0 || stopping_.load(); });
  --parked_;
  if (stopping_.load()) return false;
  --coming_;
  for (const auto& lane : lanes_) {
    if (lane->wake == 0) continue;
    --lane->wake;
    if (worker->lane != lane.get()) worker->loose = true;
    worker->lane = lane.get();
    break;
  }
  return true;
}

bool EventLoop::active() const {
  int waiting = 0;
  for (const auto& lane : lanes_) waiting += lane->waiting.load(std::memory_order_relaxed);
  return waiting < running_.load(std::memory_order_relaxed);
}

void EventLoop::Tick() {
  if (++ticks_ % kTicksPerPeriod == 0) BeginPeriod();
  LoosenLongRunning();
  for (const auto& lane : lanes_) {
    if (lane->waiting.load(std::memory_order_relaxed) > 0) {
      lane->starved = false;
    } else if (!lane->starved) {
      lane->starved = true;  // give the running handlers one more tick
    } else {
      lane->starved = false;
      LetIn(lane.get());
    }
  }
}

void EventLoop::LoosenLongRunning() {
  const auto anywhere = AllowedCpus();  // the watchdog's own
  std::lock_guard lock(mutex_);
  for (const auto& worker : workers_) {
    const uint32_t handlers = worker->handlers.load(std::memory_order_relaxed);
    const bool inside = handlers % 2 == 1 && handlers == worker->seen;
    worker->seen = handlers;
    worker->long_ticks = inside ? worker->long_ticks + 1 : 0;
    if (worker->long_ticks != kLongTicks) continue;
    // In this order: a thread that goes back to its place sees it now or the next time.
    (void)sched_setaffinity(worker->id, sizeof(anywhere), &anywhere);
    worker->loose = true;
  }
}

void EventLoop::AboutToBlock() {
  auto* worker = static_cast<Worker*>(current_worker);
  if (worker != nullptr && worker->lane->waiting.load(std::memory_order_relaxed) <= 0) {
    worker->loop->LetIn(worker->lane);
  }
}

void EventLoop::LetIn(Lane* lane) {
  std::lock_guard lock(mutex_);
  if (stopping_.load()) return;
  if (lane->wake > 0) return;  // somebody is on the way
  if (parked_ > coming_) {
    ++lane->wake;
    ++coming_;
    parked_cv_.notify_one();
  } else {
    StartThread(lane);
  }
}

}  // namespace lathe::pgwire
