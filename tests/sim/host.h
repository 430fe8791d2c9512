// A small host of one replica, whole: core, log file, messages as bytes, clock. It knows nothing
// but the interfaces of runtime/base, so that the simulation's kernel runs it as a process would.
// Its state machine is the list of the commands it has applied; there are no snapshots.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dist/raft/raft.h"
#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/transport.h"

namespace lathe::sim {

struct Environment {
  base::Clock* clock;
  base::Transport* transport;
  base::FileSystem* files;  // the node's own
};

class Host {
 public:
  /// Reads the log in `directory`, cuts off a torn end, and begins to receive. `first` is the
  /// configuration of a new group.
  static Result<std::unique_ptr<Host>> Open(const Environment& environment,
                                            const std::string& directory, raft::ReplicaId id,
                                            const raft::Config& first, uint64_t seed);

  void Tick();
  /// False when this replica does not lead or is full. The command is one of applied() when it is
  /// committed.
  bool Propose(std::string_view command);
  const std::vector<std::string>& applied() const { return applied_; }
  const raft::Core& core() const { return *core_; }
  /// The first error of the disk; the host does nothing any more.
  const Status& failure() const { return failure_; }

 private:
  explicit Host(const Environment& environment) : environment_(environment) {}
  Status Recover(const std::string& directory, raft::StartState* start);
  void Receive(base::NodeId from, std::string_view bytes);
  void Work();
  Status Write(const raft::Effects& effects);
  void Send(const std::vector<raft::Message>& messages);

  Environment environment_;
  raft::Options options_;
  std::unique_ptr<base::File> log_;
  std::unique_ptr<raft::Core> core_;
  std::vector<std::string> applied_;
  Status failure_;
};

}  // namespace lathe::sim
