// A leader: what it sends, what it makes of the answers, when an entry is committed.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"
#include "runtime/base/check.h"

namespace lathe::raft {

Proposal Core::Propose(std::span<const Payload> commands) {
  Leader* leader = leader_state();
  if (!leader) return {Refusal::kNotLeader, {}, {}};
  if (leader->transfer_to) return {Refusal::kTransferring, {}, {}};
  size_t bytes = 0;
  for (const Payload& command : commands) {
    if (command.size() > options_->entry_bytes_max) return {Refusal::kTooLarge, {}, {}};
    bytes += Entry{.payload = {}}.bytes() + command.size();
  }
  // A leader with nothing uncommitted takes anything that the entry cap lets through.
  if (leader->uncommitted_bytes > 0 &&
      leader->uncommitted_bytes + bytes > options_->uncommitted_bytes_max) {
    return {Refusal::kFull, {}, {}};
  }
  Proposal proposal{Refusal::kNone, log_.last_index() + 1, hard_.term};
  for (const Payload& command : commands) AppendOwn(EntryKind::kCommand, command);
  return proposal;
}

void Core::AppendOwn(EntryKind kind, Payload payload) {
  Entry entry{log_.last_index() + 1, hard_.term, kind, std::move(payload)};
  std::get<Leader>(role_).uncommitted_bytes += entry.bytes();
  log_.Append(std::move(entry));
}

void Core::On(const Message& message, const AppendReply& reply) {
  Leader* leader = leader_state();
  Progress* progress = leader ? Find(*leader, message.from) : nullptr;
  if (!progress) return;
  progress->active = true;
  progress->promise_bound = reply.promise;
  progress->commit_known = std::max(progress->commit_known, reply.commit);
  if (reply.refused) return OnRefused(*leader, *progress, reply);
  LATHE_CHECK(reply.index <= log_.last_index() || LATHE_RAFT_MUTANT(kAckWholeLog) ||
              LATHE_RAFT_MUTANT(kOldTermAccepted));
  bool news = progress->Accept(std::min(reply.index, log_.last_index()));
  // Only what the probe itself brings opens the window again. If Appends from before it did, each
  // that overtook another would have all of the window sent once more, which then overtake others.
  bool answered = progress->asked && reply.index >= progress->asked;
  if (LATHE_RAFT_MUTANT(kAnyAnswerEndsProbe)) answered = true;
  if (progress->mode == FlowMode::kProbe && answered) progress->BecomeReplicate();
  // A replica that was sent a snapshot may have caught up by other means.
  if (progress->mode == FlowMode::kSnapshot && progress->match >= log_.base_index()) {
    progress->BecomeProbe();
    progress->BecomeReplicate();
  }
  if (!news) return;
  if (progress->window != 0) {
    ++progress->window;
    if (progress->window >= options_->window_messages_max) progress->window = 0;
  }
  CommitByQuorum();
  if (Leader* still = leader_state()) MaybeTimeoutNow(*still);
}

void Core::OnRefused(Leader& leader, Progress& progress, const AppendReply& reply) {
  // Answers to Appends that were overtaken say nothing about the present.
  bool stale = reply.index <= progress.match;
  if (progress.mode == FlowMode::kProbe) stale |= reply.index != progress.next - 1;
  if (progress.mode == FlowMode::kSnapshot) stale = true;
  if (stale && !LATHE_RAFT_MUTANT(kStaleRefusalTaken)) return;
  // The window shrinks by half and grows by one an answer, as that of TCP (Jacobson 1988): over a
  // network that reorders, most of a large one would be refused and sent again.
  if (progress.mode == FlowMode::kReplicate && !LATHE_RAFT_MUTANT(kWindowNeverShrinks)) {
    progress.window = std::max<size_t>(1, progress.inflight_messages() / 2);
  }
  progress.BecomeProbe();
  // Below the base nothing is known of the terms: what the follower has may differ there.
  LogIndex agree = reply.hint_index;
  if (agree > log_.base_index()) agree = log_.LastWithin(agree, reply.hint_term);
  agree = std::min(agree, reply.index - 1);
  progress.next = std::max(progress.match, agree) + 1;
  if (LATHE_RAFT_MUTANT(kStaleRefusalTaken)) {
    progress.match = std::min(progress.match, agree);
    progress.next = agree + 1;
  }
}

void Core::On(const Message& message, const HeartbeatReply& reply) {
  Leader* leader = leader_state();
  Progress* progress = leader ? Find(*leader, message.from) : nullptr;
  if (!progress) return;
  progress->active = true;
  progress->promise_bound = reply.promise;
  progress->commit_known = std::max(progress->commit_known, reply.commit);
  progress->round = std::max(progress->round, reply.round);
  progress->probe_sent = false;
  if (reply.check && progress->mode == FlowMode::kReplicate) {
    progress->check = progress->match + 1 < progress->next;
  }
  AnswerReads(*leader);
}

// Paper 5.4.2: only an entry of the own term is committed by counting; those before it follow.
void Core::CommitByQuorum() {
  auto reached = [&](ReplicaId id) {
    if (id == id_) return LATHE_RAFT_MUTANT(kOwnAppendAtOnce) ? log_.last_index() : durable_;
    Progress* progress = Find(std::get<Leader>(role_), id);
    return progress ? progress->match : LogIndex();
  };
  LogIndex index = QuorumIndex(config(), reached);
  if (LATHE_RAFT_MUTANT(kCommitIgnoresOldVoters)) index = MajorityIndex(config().voters, reached);
  if (LATHE_RAFT_MUTANT(kLearnersCommit)) {
    Config all = config();
    all.voters = Members(all);
    index = QuorumIndex(all, reached);
  }
  if (LATHE_RAFT_MUTANT(kCommitByOne)) {
    for (const Progress& p : std::get<Leader>(role_).followers) index = std::max(index, p.match);
  }
  if (index <= commit_) return;
  std::optional<Term> term = log_.TermAt(index);
  if ((term && *term == hard_.term) || LATHE_RAFT_MUTANT(kCommitOldTerms)) AdvanceCommit(index);
}

void Core::SendAppend(Progress& progress) {
  Append append{progress.next - 1, {}, commit_, {}};
  std::optional<Term> prev_term = log_.TermAt(append.prev_index);
  if (!prev_term) {
    progress.BecomeSnapshot();
    return;
  }
  append.prev_term = *prev_term;
  log_.Copy(progress.next, log_.last_index(), options_->message_bytes_max, &append.entries);
  size_t bytes = 0;
  for (const Entry& entry : append.entries) bytes += entry.bytes();
  progress.commit_sent = std::min(commit_, append.prev_index + append.entries.size());
  progress.Sent(append.prev_index + append.entries.size(), bytes);
  SendNow(progress.id, std::move(append));
}

// As many Appends as the window lets through; an empty one to tell of a commit or to probe.
void Core::SendEntries(Leader& leader, Progress& progress) {
  while (progress.CanSend(*options_) && progress.next <= log_.last_index()) {
    SendAppend(progress);
  }
  // Unanswered for a heartbeat's time: an Append without entries asks whether they arrived, however
  // full the window is.
  if (progress.check && progress.mode == FlowMode::kReplicate) {
    LogIndex prev = progress.next - 1;
    SendNow(progress.id, Append{prev, log_.TermAt(prev).value_or(Term()), commit_, {}});
  }
  progress.check = false;
  bool behind = progress.commit_sent < std::min(commit_, progress.match);
  bool probe = progress.mode == FlowMode::kProbe && !progress.probe_sent;
  if (probe || (behind && progress.mode == FlowMode::kReplicate)) SendAppend(progress);
}

void Core::SendHeartbeats(Leader& leader) {
  for (Progress& progress : leader.followers) {
    LogIndex commit = std::min(commit_, progress.match);
    if (LATHE_RAFT_MUTANT(kHeartbeatCommitUncapped)) commit = commit_;
    progress.commit_sent = std::max(progress.commit_sent, commit);
    SendNow(progress.id, Heartbeat{commit, leader.round, leader.heartbeat_wanted});
  }
}

// What LeaderSends would find to do.
bool Core::LeaderHasWork() const {
  const Leader* leader = std::get_if<Leader>(&role_);
  if (!leader) return false;
  if (leader->heartbeat_wanted || leader->round_wanted) return true;
  for (const Progress& p : leader->followers) {
    if (p.CanSend(*options_) && (p.mode == FlowMode::kProbe || p.next <= log_.last_index())) {
      return true;
    }
    if (p.mode == FlowMode::kSnapshot && !p.snapshot_asked) return true;
    bool behind = p.commit_sent < std::min(commit_, p.match);
    if (p.mode == FlowMode::kReplicate && (p.check || behind)) return true;
  }
  return MustLeave(*leader);
}

// Called by Take, so that all inputs since the last one share their messages.
void Core::LeaderSends(Effects* effects) {
  Leader* leader = leader_state();
  if (!leader) return;
  for (Progress& progress : leader->followers) {
    SendEntries(*leader, progress);
    if (progress.mode == FlowMode::kSnapshot && !progress.snapshot_asked) {
      progress.snapshot_asked = true;
      effects->need_snapshot.push_back(progress.id);
    }
  }
  if (leader->heartbeat_wanted) SendHeartbeats(*leader);
  leader->heartbeat_wanted = false;
  if (leader->round_wanted) {
    leader->round_wanted = false;
    leader->round++;
    SendHeartbeats(*leader);
    AnswerReads(*leader);
  }
  // Having told of the commit.
  if (MustLeave(*leader) && !LATHE_RAFT_MUTANT(kLeaderStaysOutside)) Leave(*leader);
}

// A leader that is no voter of the committed configuration goes as soon as it has committed
// something: with that, a quorum has all that it was needed for.
bool Core::MustLeave(const Leader& leader) const {
  if (IsVoter(config(), id_) || config_index() > commit_) return false;
  return commit_ >= leader.term_start || LATHE_RAFT_MUTANT(kLeavesTooEarly);
}

// One of those who have the whole log is told to take over; it is no leader any more, so that no
// lease is left that this could break.
void Core::Leave(Leader& leader) {
  for (const Progress& progress : leader.followers) {
    if (progress.match != log_.last_index() || !IsVoter(config(), progress.id)) continue;
    SendNow(progress.id, TimeoutNow{});
    break;
  }
  StepDown();
}

void Core::StepDown() {
  if (!is_leader()) return;
  BecomeFollower(hard_.term, ReplicaId());
}

void Core::LeaderTick(Leader& leader) {
  if (elapsed_ % std::max(options_->heartbeat_ticks, 1u) == 0) leader.heartbeat_wanted = true;
  if (leader.transfer_to && ++leader.transfer_elapsed >= options_->election_ticks) {
    leader.transfer_to = ReplicaId();
    if (LATHE_RAFT_MUTANT(kLeaseReturns)) leader.lease_spent = false;
  }
  if (!options_->check_quorum) return;
  // A disk that hangs makes the leader useless, however well it answers.
  if (!writes_.empty() && write_age_ >= options_->election_ticks &&
      !LATHE_RAFT_MUTANT(kHungDiskLeads)) {
    return StepDown();
  }
  if (elapsed_ < options_->election_ticks) return;
  elapsed_ = 0;
  bool heard = HasQuorum(config(), [&](ReplicaId id) {
    Progress* progress = Find(leader, id);
    return id == id_ || (progress && progress->active);
  });
  if (LATHE_RAFT_MUTANT(kAnyoneKeepsLeader)) {
    heard |= std::any_of(leader.followers.begin(), leader.followers.end(),
                         [](const Progress& p) { return p.active; });
  }
  for (Progress& progress : leader.followers) progress.active = false;
  if (!heard && !LATHE_RAFT_MUTANT(kNoQuorumCheck)) StepDown();
}

void Core::SnapshotSent(ReplicaId to, LogIndex index, bool ok) {
  Leader* leader = leader_state();
  Progress* progress = leader ? Find(*leader, to) : nullptr;
  if (!progress || progress->mode != FlowMode::kSnapshot) return;
  progress->BecomeProbe();
  if (ok) progress->next = std::max(progress->next, index + 1);
}

void Core::ReportUnreachable(ReplicaId peer) {
  Leader* leader = leader_state();
  Progress* progress = leader ? Find(*leader, peer) : nullptr;
  if (progress && progress->mode == FlowMode::kReplicate) progress->BecomeProbe();
}

}  // namespace lathe::raft
