#include "runtime/exec/worker_pool.h"

#include <algorithm>
#include <atomic>

namespace lathe::exec {

struct WorkerPool::Job {
  const std::function<void(size_t)>* work;
  std::mutex mutex;
  std::condition_variable done;
  size_t running = 0;
  bool closed = false;  // work(0) has returned: nobody else begins
};

WorkerPool::WorkerPool(size_t cores) {
  if (cores == 0) cores = std::max(1u, std::thread::hardware_concurrency());
  for (size_t i = 1; i < cores; ++i) threads_.emplace_back([this] { ThreadMain(); });
}

WorkerPool::~WorkerPool() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::ThreadMain() {
  for (;;) {
    std::pair<std::shared_ptr<Job>, size_t> next;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    Job& job = *next.first;
    {
      std::lock_guard lock(job.mutex);
      if (job.closed) continue;
      ++job.running;
    }
    (*job.work)(next.second);
    std::lock_guard lock(job.mutex);
    --job.running;
    job.done.notify_all();
  }
}

void WorkerPool::Run(size_t workers, const std::function<void(size_t)>& work) {
  workers = std::min(workers, cores());
  if (workers <= 1) {
    work(0);
    return;
  }
  auto job = std::make_shared<Job>();
  job->work = &work;
  {
    std::lock_guard lock(mutex_);
    for (size_t i = 1; i < workers; ++i) queue_.emplace_back(job, i);
  }
  wake_.notify_all();
  work(0);
  std::unique_lock lock(job->mutex);
  job->closed = true;
  job->done.wait(lock, [&] { return job->running == 0; });
}

void WorkerPool::ForEach(size_t workers, size_t count, const std::function<void(size_t)>& task) {
  std::atomic<size_t> next{0};
  Run(std::min(workers, count), [&](size_t) {
    for (size_t i = next.fetch_add(1); i < count; i = next.fetch_add(1)) task(i);
  });
}

}  // namespace lathe::exec
