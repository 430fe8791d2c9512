// One open database with everything that its sessions share: the storage engine, the query compiler
// with its code and plan caches, the worker pool, and the list of sessions. The server has one; so
// has the embedded shell.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "codegen/driver/driver.h"
#include "codegen/driver/plan_cache.h"
#include "frontend/session/deadlines.h"
#include "frontend/session/scan_counts.h"
#include "frontend/session/session.h"
#include "runtime/base/clock.h"
#include "runtime/base/memory.h"
#include "runtime/exec/worker_pool.h"
#include "storage/table/engine.h"

namespace lathe::session {

struct InstanceOptions {
  table::EngineOptions engine;
  uint64_t memory_bytes_max = uint64_t{8} << 30;        // of all queries together
  uint64_t query_memory_bytes_max = uint64_t{4} << 30;  // of one query
  uint32_t workers = 0;                                 // 0 = one per core
};

/// What is known of a session, for the admin service and pg_stat_activity.
struct SessionInfo {
  SessionId id;
  std::string user, database, application_name, state, query;
  int64_t started_micros = 0;        // unix time of the session's start
  int64_t query_started_micros = 0;  // of the last statement; 0 = none yet
};

/// Thread-safe. Sessions must be gone before it is.
class Instance {
 public:
  /// Opens the data directory (see table::Engine::Open for errors).
  static Result<std::unique_ptr<Instance>> Open(const std::string& dir,
                                                const InstanceOptions& options,
                                                base::Clock* clock = base::Clock::System());
  ~Instance();

  /// 28000 for an unknown role, 3D000 for an unknown database, and errors of settings.
  Result<std::unique_ptr<Session>> OpenSession(const SessionOptions& options);
  /// Cancels what the session runs; false when there is no such session or the key is wrong.
  bool Cancel(SessionId id, uint32_t key);
  /// As Cancel without a key, for the admin service.
  bool CancelAsAdmin(SessionId id);
  bool TerminateAsAdmin(SessionId id);
  std::vector<SessionInfo> Sessions();

  table::Engine* engine() { return engine_.get(); }
  driver::Compiler* compiler() { return compiler_.get(); }
  driver::PlanCache* plans() { return &plans_; }
  base::MemoryBudget* memory() { return &memory_; }
  base::Clock* clock() { return clock_; }
  const InstanceOptions& options() const { return options_; }
  exec::WorkerPool* pool() { return pool_.get(); }
  Deadlines* deadlines() { return &deadlines_; }
  ScanCounts* scan_counts() { return &scan_counts_; }
  /// Where queries keep what does not fit their memory; emptied at start.
  const std::string& spill_folder() const { return spill_folder_; }
  int64_t started_micros() const { return started_micros_; }

 private:
  friend class SessionImpl;
  explicit Instance(const InstanceOptions& options, base::Clock* clock);
  void Forget(SessionId id);

  const InstanceOptions options_;
  base::Clock* const clock_;
  const int64_t started_micros_;
  base::MemoryBudget memory_;
  std::string spill_folder_;
  std::unique_ptr<table::Engine> engine_;
  std::unique_ptr<exec::WorkerPool> pool_;
  std::unique_ptr<driver::Compiler> compiler_;
  driver::PlanCache plans_;
  Deadlines deadlines_;
  ScanCounts scan_counts_;

  std::mutex mutex_;
  uint32_t last_session_ = 0;  // guarded by mutex_
  std::map<SessionId, class SessionImpl*>
      sessions_;  // guarded by mutex_; removed by the session's destructor
};

}  // namespace lathe::session
