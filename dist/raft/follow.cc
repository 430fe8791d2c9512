// A follower and its leader's words.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"
#include "runtime/base/check.h"

namespace lathe::raft {

// The sender leads the current term: whoever was candidate gives in.
void Core::HearLeader(ReplicaId leader) {
  Follower* follower = std::get_if<Follower>(&role_);
  if (!follower || follower->leader != leader) BecomeFollower(hard_.term, leader);
  elapsed_ = 0;
  asked_ = false;
}

void Core::Accepted(ReplicaId leader, LogIndex index) {
  AppendReply reply{.index = index, .commit = commit_, .promise = BindTo(leader)};
  if (LATHE_RAFT_MUTANT(kAckBeforePersist)) return SendNow(leader, reply);
  SendWhenDurable(leader, reply);
}

void Core::Refuse(ReplicaId leader, const Append& append) {
  LogIndex hint = log_.LastWithin(append.prev_index, append.prev_term);
  SendWhenDurable(leader, AppendReply{append.prev_index, true, hint,
                                      log_.TermAt(hint).value_or(Term()), commit_, BindTo(leader)});
}

void Core::On(const Message& message, const Append& append) {
  if (is_leader()) return;  // cannot be: one leader a term
  HearLeader(message.from);
  if (installing_ || snapshot_) return;  // the log is being replaced; the leader will ask again
  LogIndex last = append.prev_index + append.entries.size();
  bool matches =
      append.prev_index < log_.base_index() || log_.Has(append.prev_index, append.prev_term);
  if (LATHE_RAFT_MUTANT(kNoPrevCheck)) matches = append.prev_index <= log_.last_index();
  if (LATHE_RAFT_MUTANT(kPrevTermIgnored)) matches = log_.TermAt(append.prev_index).has_value();
  if (!matches) return Refuse(message.from, append);
  // Old news: all of it is committed here. What follows `last` was not compared with the leader's.
  if (last < commit_) return Accepted(message.from, commit_);
  AppendFrom(append);
  LogIndex known = std::min(append.commit, last);
  if (LATHE_RAFT_MUTANT(kCommitBeyondMatch)) known = std::min(append.commit, log_.last_index());
  AdvanceCommit(known);
  Accepted(message.from, LATHE_RAFT_MUTANT(kAckWholeLog) ? log_.last_index() : last);
}

// Entries that are here already stay; from the first that differs on, the leader's replace ours.
void Core::AppendFrom(const Append& append) {
  if (LATHE_RAFT_MUTANT(kAlwaysTruncate) && !append.entries.empty() &&
      append.prev_index >= log_.base_index() && append.prev_index < log_.last_index()) {
    CutLog(append.prev_index + 1);
  }
  for (const Entry& entry : append.entries) {
    if (entry.index <= log_.base_index() || log_.Has(entry.index, entry.term)) continue;
    if (entry.index <= log_.last_index()) {
      if (LATHE_RAFT_MUTANT(kConflictKept)) continue;
      LATHE_CHECK_NOTE(entry.index > commit_, "a leader contradicts a committed entry");
      CutLog(entry.index);
      DropConfigsFrom(entry.index);
    }
    log_.Append(entry);
    if (entry.kind != EntryKind::kConfig) continue;
    std::optional<Config> config = DecodeConfig(entry.payload.bytes());
    LATHE_CHECK_NOTE(config.has_value(), "a leader sent a damaged configuration");
    UseConfig(entry.index, *std::move(config));
  }
}

void Core::On(const Message& message, const Heartbeat& heartbeat) {
  if (is_leader()) return;
  HearLeader(message.from);
  if (LATHE_RAFT_MUTANT(kHeartbeatCommitsAll)) {
    AdvanceCommit(log_.last_index());
  } else {
    AdvanceCommit(std::min(heartbeat.commit, log_.last_index()));
  }
  SendWhenDurable(message.from,
                  HeartbeatReply{heartbeat.round, heartbeat.check, commit_, BindTo(message.from)});
}

void Core::On(const Message& message, const InstallSnapshot& install) {
  if (is_leader()) return;
  HearLeader(message.from);
  const SnapshotMeta& meta = install.meta;
  bool old = meta.index <= commit_ && !LATHE_RAFT_MUTANT(kOldSnapshotInstalled);
  if (installing_ || snapshot_) return;
  if (old) return Accepted(message.from, commit_);
  if (log_.Has(meta.index, meta.term) &&
      !LATHE_RAFT_MUTANT(kSnapshotAlwaysReplaces)) {  // the log reaches it: no need for the data
    AdvanceCommit(meta.index);
    return Accepted(message.from, meta.index);
  }
  bool was_member = IsMember(config(), id_);
  log_.Reset(meta.index, meta.term);
  configs_.assign(1, {meta.index, meta.config});
  for (PendingWrite& write : writes_) write.last = std::min(write.last, meta.index);
  commit_ = handed_ = applied_ = taken_ = durable_ = meta.index;
  if (LATHE_RAFT_MUTANT(kSnapshotOffByOne)) commit_ = handed_ = applied_ = meta.index - 1;
  snapshot_ = meta;
  installing_ = true;
  if (was_member && !IsMember(config(), id_)) removed_ = true;
  if (LATHE_RAFT_MUTANT(kSnapshotAckAtOnce)) {
    return SendNow(message.from, AppendReply{.index = meta.index, .commit = commit_});
  }
  Accepted(message.from, meta.index);
}

void Core::SnapshotInstalled(LogIndex index) {
  if (installing_ && index == log_.base_index()) installing_ = false;
}

}  // namespace lathe::raft
