// What must hold of a group, whatever happens to it (paper, figure 3; dissertation 6.4.1): checked
// from outside, by whoever runs replicas of one group in one process.
//
//   election safety       a term has at most one leader
//   log matching          (index, term) names one entry and one predecessor in all logs
//   leader completeness   a leader has every entry that was committed in earlier terms
//   state machine safety  an index is committed with one entry only
//   monotony              terms, votes within a term, commit indexes and what a leader knows to be
//                         acknowledged never go back
//   persisted before sent a message leaves after what it vouches for is on the disk
//   one lease             of two replicas at most one holds a lease at a time
#pragma once

#include <map>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "dist/raft/core.h"

namespace lathe::raft {

/// What lies on one replica's disk.
struct DiskView {
  HardState hard_state;
  LogIndex last;  // of the log
};

/// Watches one group. It keeps the first violation; nothing is checked after it. Not thread-safe.
class Invariants {
 public:
  /// A replica started from its disk, for the first time or again.
  void Started(const Core& core);
  /// A replica took an input and gave these effects.
  void Stepped(const Core& core, const Effects& effects);
  /// A message leaves while this is on its sender's disk.
  void Sent(const Message& message, const DiskView& disk);
  /// These replicas answer that they hold a lease, at one moment of true time.
  void HoldLease(std::span<const ReplicaId> holders);

  bool ok() const { return failure_.empty(); }
  /// The first violation, in words; empty = none.
  const std::string& failure() const { return failure_; }
  LogIndex committed() const { return LogIndex(committed_.size()); }
  Term CommittedTerm(LogIndex index) const { return committed_[index.value - 1].term; }

 private:
  struct Committed {
    Term by;  // the term of who committed it first
    Term term;
    uint64_t content;
  };
  struct Seen {
    HardState hard_state;
    LogIndex commit;
    bool leads = false;
    Term leads_in;
    std::vector<std::pair<ReplicaId, LogIndex>> match;  // of its followers, ascending
  };
  void Fail(const Core& core, const std::string& what);
  void CheckLeader(const Core& core, Seen* seen);
  void CheckProgress(const Core& core, Seen* seen);
  void CheckCommit(const Core& core, Seen* seen);

  std::map<ReplicaId, Seen> seen_;
  std::map<Term, ReplicaId> leaders_;
  std::vector<Committed> committed_;  // [i] = index i + 1
  // (index, term) -> the predecessor's term and the content.
  std::unordered_map<uint64_t, uint64_t> entries_;
  std::string failure_;
};

/// The same for one moment only, without history: what any reachable state of a group of fixed
/// voters must satisfy.
/// Gives the violation; empty = none.
std::string CheckState(std::span<const Core* const> cores);

}  // namespace lathe::raft
