// Elections: when to start one, whom to vote for, what to do on winning.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"
#include "runtime/base/random.h"

namespace lathe::raft {
namespace {

void Insert(std::vector<ReplicaId>* set, ReplicaId id) {
  auto at = std::lower_bound(set->begin(), set->end(), id);
  if (at == set->end() || *at != id) set->insert(at, id);
}

}  // namespace

/// A leader's word came within the shortest election timeout, so that nobody should start one.
bool Core::HeardLeader() const {
  if (!options_->check_quorum) return false;
  if (is_leader()) return options_->election_ticks > 0;
  return leader() && elapsed_ < options_->election_ticks;
}

void Core::ResetTimeout() {
  elapsed_ = 0;
  if (options_->election_ticks == 0) return;
  base::Random random(seed_);
  seed_ = random.Next();
  timeout_ = options_->election_ticks + random.Below(options_->election_ticks);
}

void Core::Campaign() {
  if (removed_ || is_leader() || IsBound()) return;
  Start(false);
}

/// A voter of the newest configuration, or one who is asked for a vote by somebody whose log is
/// older. A change that is not committed may be in force elsewhere, with other voters, and the
/// newest log may lie with a replica that is none for what it knows: left out by its own
/// configuration, or not yet told of the change. It refuses those who need it, so they cannot win,
/// and must be electable itself (dissertation 4.2.2). It asks the voters of its own configuration,
/// and its own vote counts for nothing there. So of all who may campaign and whom they ask, the
/// newest is refused by nobody for its log.
bool Core::MayCampaign() const {
  if (LATHE_RAFT_MUTANT(kLearnerCampaigns)) return true;
  return IsVoter(config(), id_) || (asked_ && !LATHE_RAFT_MUTANT(kAskedNeverCampaigns));
}

void Core::Start(bool forced) {
  if (!MayCampaign()) return;
  if ((installing_ || snapshot_) && !LATHE_RAFT_MUTANT(kCampaignWhileInstalling)) return;
  StartVotes(options_->pre_vote && !forced, forced);
}

void Core::StartVotes(bool pre, bool forced) {
  FailReads();
  if (!pre) {
    if (!LATHE_RAFT_MUTANT(kTermReused)) hard_.term = Next(hard_.term);
    hard_.vote = id_;
    hard_dirty_ = true;
  }
  ResetTimeout();
  role_ = Candidate{pre, forced, {}, {}};
  if (pre || LATHE_RAFT_MUTANT(kOwnVoteAtOnce)) std::get<Candidate>(role_).granted.push_back(id_);
  VoteRequest request{log_.last_index(), log_.last_term(), pre, forced};
  Config electorate = config();
  electorate.learners.clear();
  for (ReplicaId id : Members(electorate)) {
    if (id == id_) continue;
    if (!pre) {
      SendWhenDurable(id, request);
    } else {
      now_out_.push_back({id_, id, Next(hard_.term), request});
    }
  }
  CountVotes();
}

// The own vote in a real election counts when it is durable (LogAppended), in a pre-vote at once.
void Core::CountVotes() {
  Candidate* candidate = std::get_if<Candidate>(&role_);
  if (!candidate) return;
  auto granted = [&](ReplicaId id) { return Has(candidate->granted, id); };
  auto refused = [&](ReplicaId id) { return Has(candidate->refused, id); };
  bool won = HasQuorum(config(), granted);
  if (LATHE_RAFT_MUTANT(kAnyVoterCounts)) {
    won = candidate->granted.size() * 2 > config().voters.size();
  }
  if (LATHE_RAFT_MUTANT(kElectionIgnoresOldVoters)) won = HasMajority(config().voters, granted);
  if (LATHE_RAFT_MUTANT(kHalfIsEnough)) {
    won = candidate->granted.size() * 2 >= config().voters.size();
  }
  if (won) {
    if (candidate->pre) return StartVotes(false, candidate->forced);
    return BecomeLeader();
  }
  if (HasMajority(config().voters, refused) ||
      (config().joint() && HasMajority(config().old_voters, refused))) {
    BecomeFollower(hard_.term, ReplicaId());
  }
}

void Core::BecomeFollower(Term term, ReplicaId leader) {
  FailReads();
  bool was_leader = is_leader();
  if (term > hard_.term) {
    hard_.term = term;
    if (!LATHE_RAFT_MUTANT(kVoteKeptOverTerms)) hard_.vote = ReplicaId();
    if (LATHE_RAFT_MUTANT(kPromiseEndsWithTerm)) bound_ = promise_ = Promise();
    hard_dirty_ |= !LATHE_RAFT_MUTANT(kTermNotPersisted);
  }
  role_ = Follower{leader, {}};
  // A candidate that lost keeps its timeout; who was told of a leader starts to wait anew.
  if (leader || was_leader) ResetTimeout();
}

void Core::BecomeLeader() {
  elapsed_ = 0;
  write_age_ = 0;
  asked_ = false;
  role_ = Leader{};
  Leader& leader = std::get<Leader>(role_);
  SetFollowers(leader);
  if (LATHE_RAFT_MUTANT(kNoNoop)) {
    leader.term_start = log_.last_index();
    return;
  }
  leader.term_start = log_.last_index() + 1;
  // What is not committed counts against the cap for new proposals only, so that the no-op and
  // configurations always fit.
  for (LogIndex i = commit_ + 1; i <= log_.last_index(); i = i + 1) {
    leader.uncommitted_bytes += log_.At(i).bytes();
  }
  AppendOwn(EntryKind::kNoop, Payload());
}

/// Everything of the asker's log is committed here, and the committed configuration does not know
/// it: it was removed, and as ids are never reused, for ever.
bool Core::IsGone(ReplicaId asker, const VoteRequest& request) const {
  if (LATHE_RAFT_MUTANT(kGoneTooEarly)) return !IsMember(config(), asker);
  if (request.last_index > commit_ && !LATHE_RAFT_MUTANT(kGoneIgnoresLog)) return false;
  for (const ConfigAt& at : configs_) {
    if (at.index > commit_ && IsMember(at.config, asker)) return false;
  }
  const Config* committed = &configs_.front().config;
  for (const ConfigAt& at : configs_) {
    if (at.index <= commit_) committed = &at.config;
  }
  return !committed->voters.empty() && !IsMember(*committed, asker);
}

void Core::On(const Message& message, const VoteRequest& request) {
  bool gone = IsGone(message.from, request);
  bool fresh = log_.IsUpToDate(request.last_index, request.last_term);
  asked_ |= !fresh;
  if (LATHE_RAFT_MUTANT(kVoteWithoutLogCheck)) fresh = true;
  if (LATHE_RAFT_MUTANT(kVoteByLengthOnly)) fresh = request.last_index >= log_.last_index();
  if (LATHE_RAFT_MUTANT(kVoteByTermOnly)) fresh = request.last_term >= log_.last_term();
  if (request.pre) {
    bool would = message.term > hard_.term && fresh && !HeardLeader() && !IsBound();
    if (LATHE_RAFT_MUTANT(kPreVoteAlwaysRefused)) would = false;
    if (LATHE_RAFT_MUTANT(kPreVoteIgnoresLeader)) would = message.term > hard_.term && fresh;
    durable_out_.push_back(
        {id_, message.from, would ? message.term : hard_.term, VoteReply{true, would, gone}});
    return;
  }
  if (LATHE_RAFT_MUTANT(kForcedSkipsLog) && request.forced) fresh = true;
  bool free = !hard_.vote || hard_.vote == message.from;
  if (LATHE_RAFT_MUTANT(kVoteTwice)) free = true;
  bool waits = !request.forced && (HeardLeader() || IsBound());
  if (LATHE_RAFT_MUTANT(kVoteWhileBound)) waits = false;
  bool grant = free && fresh && !waits && !gone && !is_leader();
  if (grant && hard_.vote != message.from) {
    if (std::holds_alternative<Candidate>(role_)) role_ = Follower{};
    hard_.vote = message.from;
    if (!LATHE_RAFT_MUTANT(kVoteNotPersisted)) hard_dirty_ = true;
    ResetTimeout();
  }
  if (LATHE_RAFT_MUTANT(kVoteSentBeforePersist)) {
    return SendNow(message.from, VoteReply{false, grant, gone});
  }
  SendWhenDurable(message.from, VoteReply{false, grant, gone});
}

void Core::On(const Message& message, const VoteReply& reply) {
  if (reply.removed && !IsMember(config(), message.from)) return;
  if (reply.removed) {
    FailReads();
    role_ = Follower{};
    removed_ = true;
    return;
  }
  Candidate* candidate = std::get_if<Candidate>(&role_);
  if (!candidate || (candidate->pre != reply.pre && !LATHE_RAFT_MUTANT(kPreVoteCountsAsVote))) {
    return;
  }
  bool of_this_election =
      !reply.granted || message.term == (reply.pre ? Next(hard_.term) : hard_.term);
  if (!of_this_election && !LATHE_RAFT_MUTANT(kPreVoteCountsAsVote)) return;
  Insert(reply.granted ? &candidate->granted : &candidate->refused, message.from);
  CountVotes();
}

void Core::On(const Message& message, const TimeoutNow&) {
  if (is_leader()) return;
  Start(true);
}

}  // namespace lathe::raft
