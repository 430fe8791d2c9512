// The specification machine: Raft without any of the core's cleverness (terms, votes, logs,
// commit), run beside a simulation. It is told of each step of the core and of each completed
// write, and says whether the abstract protocol allows it. It knows nothing of messages' contents
// but vote requests: a step is allowed when some step of the specification explains it.
//
//   vote         for a candidate of that term whose log is at least as new, once a term
//   lead         with durable votes of a quorum of the own configuration
//   append       by the leader: entries of its term; by others: what the leader of the term has
//   commit       by the leader: an entry of its term that is on the disks of a quorum;
//                by others: what a leader of no later term has committed
//   forget       a crash takes back to the disk what was not on it
#pragma once

#include <map>
#include <string>
#include <vector>

#include "dist/raft/raft.h"

namespace lathe::sim {

using raft::LogIndex;
using raft::ReplicaId;
using raft::Term;

/// Not thread-safe. Keeps the first step that is not allowed.
class Spec {
 public:
  /// A replica begins, or begins again, with what is on its disk.
  void Started(const raft::Core& core);
  void Stepped(const raft::Core& core, const raft::Effects& effects);
  /// A write of this replica is complete.
  void Durable(ReplicaId id, const raft::HardState& hard_state,
               const std::optional<raft::SnapshotMeta>& snapshot,
               const std::vector<raft::Entry>& append);
  void Sent(const raft::Message& message);

  const std::string& failure() const { return failure_; }

 private:
  struct Slot {
    Term term;
    uint64_t content = 0;
    bool operator==(const Slot&) const = default;
  };
  /// A log of slots that begins after `base`; what lies before is committed.
  struct SpecLog {
    LogIndex base;
    Term base_term;
    std::vector<Slot> slots;
    LogIndex last() const { return base + slots.size(); }
    Term last_term() const { return slots.empty() ? base_term : slots.back().term; }
    const Slot* At(LogIndex index) const;
    void Put(LogIndex index, Slot slot);
    void Reset(LogIndex index, Term term);
  };
  struct Replica {
    raft::HardState hard_state;
    SpecLog log;   // as the replica believes
    SpecLog disk;  // as it would be after a crash
    LogIndex commit;
    Term leads;  // the last term in which it began to lead
  };

  void Fail(ReplicaId id, const std::string& what);
  void CheckVote(const raft::Core& core, Replica* replica);
  void CheckLead(const raft::Core& core, Replica* replica);
  void CheckAppend(const raft::Core& core, const raft::Effects& effects, Replica* replica);
  void CheckCommit(const raft::Core& core, Replica* replica);
  static Slot SlotOf(const raft::Entry& entry);

  std::map<ReplicaId, Replica> replicas_;
  std::map<Term, SpecLog> led_;                           // the log of each term's leader
  std::map<Term, std::map<ReplicaId, ReplicaId>> votes_;  // durable: term -> voter -> candidate
  std::map<Term, std::map<ReplicaId, std::pair<LogIndex, Term>>> candidates_;  // ends of their logs
  std::vector<Slot> committed_;
  std::string failure_;
};

}  // namespace lathe::sim
