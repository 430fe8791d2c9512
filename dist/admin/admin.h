// Front door of dist/admin: the gRPC service through which operators see and steer a node. It knows
// a node only as a NodeControl, which frontend/session implements, so that no other folder meets
// gRPC.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::admin {

/// A session as operators see it.
struct SessionRow {
  uint32_t id = 0;
  std::string user, database, application_name, state, query;
  int64_t started_micros = 0, query_started_micros = 0;
};

struct SettingRow {
  std::string name, value, description;
};

/// Gauges and counters by name; names are those of StatusResponse's fields.
struct NodeStatus {
  std::string version;
  int64_t started_micros = 0;
  uint32_t pgwire_port = 0, connections = 0;
  uint64_t delta_bytes = 0, delta_rows = 0, frame_cache_bytes = 0, frame_misses = 0;
  uint64_t commits = 0, folds = 0, loads = 0, deadlocks = 0, open_transactions = 0, locks = 0;
  uint64_t published_timestamp = 0, oldest_snapshot = 0, oldest_snapshot_micros = 0;
  uint64_t dead_bytes = 0;
  uint64_t query_memory_bytes = 0, code_bytes = 0, code_entries = 0;
  uint64_t plan_entries = 0, plan_hits = 0, plan_misses = 0;
};

struct ExplainOptions {
  bool pipelines = false, ir = false, ir_opt = false, assembly = false, compile = false,
       analyze = false;
};

/// A backup that was made; fields as in BackupResponse.
struct BackupRow {
  uint64_t number = 0, timestamp = 0, files = 0, bytes = 0, bytes_copied = 0, logical_hash = 0;
  int64_t quiet_micros = 0;
};

/// What the service may ask of the node. Implementations are thread-safe.
class NodeControl {
 public:
  virtual ~NodeControl() = default;
  virtual NodeStatus Status() = 0;
  virtual std::vector<SessionRow> Sessions() = 0;
  /// False when there is no such session.
  virtual bool Cancel(uint32_t session, bool terminate) = 0;
  virtual std::vector<SettingRow> Settings() = 0;
  virtual Result<BackupRow> Backup(const std::string& directory, uint64_t bytes_per_second,
                                   bool with_hash) = 0;
  virtual Result<std::vector<std::string>> Explain(const std::string& sql,
                                                   const ExplainOptions& options) = 0;
};

/// The service with health checking and reflection. Owns its threads.
class Server {
 public:
  /// port 0 = any free one. control outlives the server. 55006 when the address is in use.
  static Result<std::unique_ptr<Server>> Start(NodeControl* control, const std::string& address,
                                               uint16_t port);
  virtual ~Server() = default;
  virtual uint16_t port() const = 0;
  virtual void Stop() = 0;
};

}  // namespace lathe::admin
