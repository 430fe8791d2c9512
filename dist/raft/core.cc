// Construction, the dispatch of messages, the clock.
#include "dist/raft/core.h"

#include <algorithm>

#include "dist/raft/mutant.h"
#include "runtime/base/check.h"

namespace lathe::raft {

Core::Core(const Options* options, StartState start)
    : options_(options),
      id_(start.id),
      hard_(start.hard_state),
      log_(start.base.index, start.base.term, std::move(start.entries)),
      commit_(std::max(start.base.index, start.applied)),
      applied_(commit_),
      handed_(commit_),
      durable_(log_.last_index()),
      durable_term_(hard_.term),
      taken_(log_.last_index()),
      seed_(start.seed),
      quiet_until_(start.quiet_until) {
  LATHE_CHECK(commit_ <= log_.last_index());
  configs_.push_back({start.base.index, start.base.config});
  bool was_member = IsMember(config(), id_);
  for (LogIndex i = log_.first_index(); i <= log_.last_index(); i = i + 1) {
    if (log_.At(i).kind != EntryKind::kConfig) continue;
    if (i > commit_ && LATHE_RAFT_MUTANT(kRestartForgetsConfig)) continue;
    std::optional<Config> config = DecodeConfig(log_.At(i).payload.bytes());
    LATHE_CHECK_NOTE(config.has_value(), "a configuration in the log is damaged");
    bool member = IsMember(*config, id_);
    if (i <= commit_ && was_member && !member) removed_ = true;
    was_member = member;
    configs_.push_back({i, *std::move(config)});
  }
  ResetTimeout();
}

ReplicaId Core::leader() const {
  if (is_leader()) return id_;
  const Follower* follower = std::get_if<Follower>(&role_);
  return follower ? follower->leader : ReplicaId();
}

void Core::Step(Message message) {
  if (message.to != id_ || removed_) return;
  if (message.term != hard_.term && !OnOtherTerm(message)) return;
  std::visit([&](const auto& body) { On(message, body); }, message.body);
}

// Says whether the message is to be handled, after taking over its term if it is newer.
bool Core::OnOtherTerm(const Message& message) {
  const Body& body = message.body;
  const VoteRequest* request = std::get_if<VoteRequest>(&body);
  if (message.term > hard_.term) {
    if (request && request->pre) return true;
    const VoteReply* reply = std::get_if<VoteReply>(&body);
    if (reply && reply->pre && reply->granted) return true;
    // A voter that hears its leader does not even take over the term (dissertation 4.2.3).
    if (request && !request->forced && (HeardLeader() || IsBound()) &&
        !LATHE_RAFT_MUTANT(kVoteWhileBound)) {
      return false;
    }
    bool from_leader = std::holds_alternative<Append>(body) ||
                       std::holds_alternative<Heartbeat>(body) ||
                       std::holds_alternative<InstallSnapshot>(body);
    BecomeFollower(message.term, from_leader ? message.from : ReplicaId());
    return true;
  }
  if (LATHE_RAFT_MUTANT(kOldTermAccepted) && !request) return true;
  if (LATHE_RAFT_MUTANT(kOldTimeoutNowTaken) && std::holds_alternative<TimeoutNow>(body)) {
    return true;
  }
  const VoteReply* reply = std::get_if<VoteReply>(&body);
  if (reply && reply->removed && !LATHE_RAFT_MUTANT(kRemovedOfOldTerm)) return true;  // for ever
  // An old term: a leader or candidate that was left behind learns of the newer one, else it would
  // call in vain for ever while this replica hears nobody.
  if (request && !LATHE_RAFT_MUTANT(kOldTermVoteUnanswered)) {
    SendWhenDurable(message.from, VoteReply{request->pre, false, IsGone(message.from, *request)});
  } else if ((std::holds_alternative<Append>(body) || std::holds_alternative<Heartbeat>(body) ||
              std::holds_alternative<InstallSnapshot>(body)) &&
             !LATHE_RAFT_MUTANT(kOldLeaderUnanswered)) {
    SendWhenDurable(message.from, AppendReply{.refused = true});
  }
  return false;
}

void Core::Tick(Time now) {
  now_ = std::max(now_, now);
  elapsed_++;
  if (!writes_.empty()) write_age_++;
  if (options_->election_ticks == 0 || removed_) return;
  if (Leader* leader = leader_state()) {
    LeaderTick(*leader);
    return;
  }
  if (Follower* follower = std::get_if<Follower>(&role_)) AgeReads(*follower);
  if (elapsed_ >= timeout_ && MayCampaign()) {
    ResetTimeout();
    if (!IsBound()) Start(false);
  }
}

Progress* Core::Find(Leader& leader, ReplicaId id) {
  for (Progress& progress : leader.followers) {
    if (progress.id == id) return &progress;
  }
  return nullptr;
}

void Core::SendNow(ReplicaId to, Body body) {
  now_out_.push_back({id_, to, hard_.term, std::move(body)});
}

void Core::SendWhenDurable(ReplicaId to, Body body) {
  if (LATHE_RAFT_MUTANT(kSendBeforePersist)) return SendNow(to, std::move(body));
  durable_out_.push_back({id_, to, hard_.term, std::move(body)});
}

SnapshotMeta Core::MetaAt(LogIndex index) const {
  LATHE_CHECK(index >= log_.base_index() && index <= applied_);
  SnapshotMeta meta{index, *log_.TermAt(index), {}};
  for (const ConfigAt& at : configs_) {
    if (at.index <= index || LATHE_RAFT_MUTANT(kSnapshotOfNewestConfig)) meta.config = at.config;
  }
  return meta;
}

void Core::ForgetLog(LogIndex upto) {
  upto = std::min({upto, applied_, durable_});
  if (upto <= log_.base_index()) return;
  size_t keep = 0;
  while (keep + 1 < configs_.size() && configs_[keep + 1].index <= upto) keep++;
  configs_.erase(configs_.begin(), configs_.begin() + keep);
  log_.ForgetUpTo(upto);
}

void Core::Shrink() {
  log_.Shrink();
  configs_.shrink_to_fit();
  std::vector<PendingWrite>(writes_).swap(writes_);
  if (now_out_.empty()) std::vector<Message>().swap(now_out_);
  if (durable_out_.empty()) std::vector<Message>().swap(durable_out_);
  if (answers_.empty()) std::vector<ReadAnswer>().swap(answers_);
  if (Leader* leader = leader_state()) {
    leader->reads.shrink_to_fit();
    leader->followers.shrink_to_fit();
    for (Progress& progress : leader->followers) progress.Shrink();
  }
}

bool Core::Quiet() const {
  if (HasWork() || !writes_.empty() || applied_ < commit_ || log_.last_index() > commit_) {
    return false;
  }
  if (const Follower* follower = std::get_if<Follower>(&role_)) {
    // A leader that its own configuration leaves out goes once that is committed, and its last word
    // may be lost.
    bool stays = IsVoter(config(), follower->leader) || LATHE_RAFT_MUTANT(kQuietUnderOutgoing);
    return follower->leader && stays && follower->reads.empty();
  }
  const Leader* leader = std::get_if<Leader>(&role_);
  if (!leader || !leader->reads.empty() || leader->transfer_to) return false;
  return std::all_of(leader->followers.begin(), leader->followers.end(), [&](const Progress& p) {
    return p.mode == FlowMode::kReplicate && p.match == log_.last_index() &&
           p.commit_known == commit_;
  });
}

}  // namespace lathe::raft
