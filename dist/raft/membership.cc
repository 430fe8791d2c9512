// Changes of membership and of leadership.
//
// Any change of voters goes through a joint configuration (dissertation 4.3): while it is in force
// both sets must agree. A configuration is in force from the moment it is in the log; a leader
// begins a change only when the newest one is committed and something of its own term is too, and
// leaves a joint one by itself as soon as that is committed.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"
#include "runtime/base/check.h"

namespace lathe::raft {

Proposal Core::ProposeConfig(const Config& target) {
  Leader* leader = leader_state();
  if (!leader) return {Refusal::kNotLeader, {}, {}};
  if (leader->transfer_to) return {Refusal::kTransferring, {}, {}};
  if (!IsValid(target) || target.joint() || target == config()) {
    return {Refusal::kInvalid, {}, {}};
  }
  bool settled = config_index() <= commit_ && !config().joint();
  if (LATHE_RAFT_MUTANT(kConfigWhilePending)) settled = !config().joint();
  bool own_term = commit_ >= leader->term_start || LATHE_RAFT_MUTANT(kConfigBeforeOwnTerm);
  if (!settled || !own_term) return {Refusal::kBusy, {}, {}};
  Config next = EnterChange(config(), target);
  if (LATHE_RAFT_MUTANT(kNoJointConfig)) next = target;
  Proposal proposal{Refusal::kNone, log_.last_index() + 1, hard_.term};
  AppendOwn(EntryKind::kConfig, EncodeConfig(next));
  UseConfig(proposal.first, std::move(next));
  return proposal;
}

void Core::UseConfig(LogIndex index, Config config) {
  configs_.push_back({index, std::move(config)});
  Leader* leader = leader_state();
  if (!leader) return;
  SetFollowers(*leader);
  // Those who have confirmed a read may be a quorum now, and nobody else may be left to answer.
  if (!LATHE_RAFT_MUTANT(kReadsForgottenByChange)) AnswerReads(*leader);
}

void Core::DropConfigsFrom(LogIndex index) {
  if (LATHE_RAFT_MUTANT(kConfigNotRolledBack)) {
    for (ConfigAt& at : configs_) at.index = std::min(at.index, index - 1);
    return;
  }
  while (configs_.size() > 1 && configs_.back().index >= index) configs_.pop_back();
}

void Core::SetFollowers(Leader& leader) {
  std::vector<Progress> next;
  for (ReplicaId id : Members(config())) {
    if (id == id_) continue;
    Progress* known = Find(leader, id);
    if (known) {
      next.push_back(std::move(*known));
      continue;
    }
    Progress progress;
    progress.id = id;
    progress.active = true;  // it has until the next quorum check to be heard
    progress.next = log_.last_index() + 1;
    next.push_back(std::move(progress));
  }
  leader.followers = std::move(next);
  if (leader.transfer_to && !IsVoter(config(), leader.transfer_to)) {
    leader.transfer_to = ReplicaId();
  }
}

// The commit index has moved: a joint configuration is left when it is committed.
void Core::ConfigCommitted() {
  if (!is_leader() || config_index() > commit_ || !config().joint()) return;
  if (commit_ < std::get<Leader>(role_).term_start) return;
  if (LATHE_RAFT_MUTANT(kJointOfOthersStays) && *log_.TermAt(config_index()) != hard_.term) return;
  Config next = LeaveJoint(config());
  AppendOwn(EntryKind::kConfig, EncodeConfig(next));
  UseConfig(log_.last_index(), std::move(next));
}

Refusal Core::Transfer(ReplicaId to) {
  Leader* leader = leader_state();
  if (!leader) return Refusal::kNotLeader;
  if (!to) {
    leader->transfer_to = to;
    return Refusal::kNone;
  }
  if (to == id_ || !IsVoter(config(), to)) return Refusal::kInvalid;
  leader->transfer_to = to;
  leader->transfer_elapsed = 0;
  leader->transfer_sent = false;
  MaybeTimeoutNow(*leader);
  return Refusal::kNone;
}

// Once the heir has the whole log, it is told to start an election at once. Nothing can take that
// word back, so the lease is over for this term even if the transfer is given up.
void Core::MaybeTimeoutNow(Leader& leader) {
  if (!leader.transfer_to || leader.transfer_sent) return;
  Progress* heir = Find(leader, leader.transfer_to);
  if (!heir) return;
  if (heir->match != log_.last_index() && !LATHE_RAFT_MUTANT(kTransferTooEarly)) return;
  if (!LATHE_RAFT_MUTANT(kLeaseKeptOverTransfer)) leader.lease_spent = true;
  leader.transfer_sent = true;
  SendNow(heir->id, TimeoutNow{});
}

}  // namespace lathe::raft
