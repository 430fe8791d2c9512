// Threads that help queries: one pool per process, sized to the cores. A query always runs on its
// own thread; the pool's threads join in where work is left.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

namespace lathe::exec {

/// Thread-safe. Destroyed only when nothing runs in it.
class WorkerPool {
 public:
  /// cores: how many threads may work at once, callers included; 0 = as many as the machine has.
  /// Starts cores - 1 threads.
  explicit WorkerPool(size_t cores = 0);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  size_t cores() const { return threads_.size() + 1; }

  /// Calls work(0) on this thread and work(1) .. work(workers - 1) on threads of the pool as they
  /// are free; returns when all that began have returned. Those that have not begun when work(0)
  /// returns are not called, so work(0) must be able to do it all.
  void Run(size_t workers, const std::function<void(size_t)>& work);
  /// Calls task(0) .. task(count - 1), each once, on at most `workers` threads, this one included.
  void ForEach(size_t workers, size_t count, const std::function<void(size_t)>& task);

 private:
  struct Job;
  void ThreadMain();

  std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<std::pair<std::shared_ptr<Job>, size_t>> queue_;  // job and worker number
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace lathe::exec
