// One replica of one group, as a value: inputs change it, and Take says what the host has to do.
// It owns no clock, thread, file, socket or source of randomness but the seed it was given, so that
// equal inputs give equal effects, and tests may copy it, hash it and try every next input.
//
//   election.cc    timeouts, pre-vote, votes, becoming leader (paper 5.2, 5.4; dissertation 9.6)
//
//   follow.cc      Append, Heartbeat, InstallSnapshot, as a follower gets them (paper 5.3, 7)
//
//   lead.cc        replication by a leader: answers, windows, commit (paper 5.3, 5.4.2)
//
//   membership.cc  joint consensus, leadership transfer (dissertation 4.3, 3.10)
//
//   read.cc        ReadIndex (dissertation 6.4)
//
//   lease.cc       promises of support, lease reads (dissertation 6.4.1)
//
//   persist.cc     what is durable, and Take
#pragma once

#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "dist/raft/config.h"
#include "dist/raft/effects.h"
#include "dist/raft/log.h"
#include "dist/raft/message.h"
#include "dist/raft/options.h"
#include "dist/raft/progress.h"

namespace lathe::raft {

/// Why a proposal was not taken.
enum class Refusal : uint8_t {
  kNone,
  kNotLeader,
  kTransferring,  // leadership is being handed over
  kTooLarge,      // an entry beyond entry_bytes_max
  kFull,          // uncommitted_bytes_max reached; try again
  kBusy,          // another change is under way, or the term has no committed entry yet
  kInvalid,       // not a valid configuration or target
};

/// What became of a proposal: at `first` and the following indexes in `term`, or refused.
/// The entries are committed if and when (index, term) comes out of Take().apply with this term.
struct Proposal {
  Refusal refusal = Refusal::kNone;
  LogIndex first;
  Term term;
  bool ok() const { return refusal == Refusal::kNone; }
};

/// A read that waits for an index.
struct PendingRead {
  ReadId id;
  ReplicaId from;      // who asked
  LogIndex index;      // none = the leader has not yet committed in its term
  uint64_t round = 0;  // leader: the round that confirms it; follower: ticks it has waited
};

struct Follower {
  ReplicaId leader;                // none = unknown
  std::vector<PendingRead> reads;  // sent to the leader
};

struct Candidate {
  bool pre = false;     // asks "would you?" and has not raised its term
  bool forced = false;  // the leader told it to
  std::vector<ReplicaId> granted, refused;
};

struct Leader {
  LogIndex term_start;              // its no-op
  std::vector<Progress> followers;  // ascending, everybody but itself
  std::vector<PendingRead> reads;   // ascending rounds; those without an index last
  uint64_t round = 0;               // newest read round sent
  bool round_wanted = false;        // a read waits for round + 1
  bool heartbeat_wanted = false;
  bool lease_spent = false;       // an election was asked for: no lease in this term any more
  ReplicaId transfer_to;          // none = no transfer under way
  bool transfer_sent = false;     // TimeoutNow has left
  uint32_t transfer_elapsed = 0;  // ticks
  size_t uncommitted_bytes = 0;
};

using Role = std::variant<Follower, Candidate, Leader>;

/// A replica. Not thread-safe. After any input (or several) the host calls Take and carries out the
/// effects as effects.h says. `options` must outlive it and its copies.
class Core {
 public:
  Core(const Options* options, StartState start);

  // --- Inputs ---

  /// A message from another replica.
  void Step(Message message);
  /// One tick has passed; `now` never goes back. A host may skip ticks while Quiet().
  void Tick(Time now);
  /// Starts an election, if this is a voter, or was asked for a vote by one whose log is older (a
  /// host without ticks calls it when the leader is lost).
  void Campaign();
  /// Adds commands to the log, all or none.
  Proposal Propose(std::span<const Payload> commands);
  /// Starts a change to `target` (which must not be joint).
  Proposal ProposeConfig(const Config& target);
  /// Hands leadership to a voter; none gives a transfer up.
  Refusal Transfer(ReplicaId to);
  /// Asks for an index to read at; exactly one ReadAnswer follows, in this or a later Take.
  void ReadIndex(ReadId id);
  /// The write and all before it are durable.
  void LogAppended(WriteId write);
  /// The state machine has applied everything up to `index`.
  void Applied(LogIndex index);
  /// The state machine has the state of the snapshot at `index`.
  void SnapshotInstalled(LogIndex index);
  /// The host of a leader has finished, or given up, sending a snapshot.
  void SnapshotSent(ReplicaId to, LogIndex index, bool ok);
  /// Messages to `peer` may have been lost.
  void ReportUnreachable(ReplicaId peer);
  /// The store of `peer` promises this replica's store, as promise number `promise`, to let no
  /// other lead until `until` (this store's clock, drift taken off). See lease.cc.
  void Support(ReplicaId peer, uint64_t promise, Time until);
  /// This replica's store has so promised the store of `peer`.
  void Promised(ReplicaId peer, uint64_t promise, Time until);
  /// The host no longer needs log entries up to `upto` (at most what was applied).
  void ForgetLog(LogIndex upto);
  /// Gives back memory that is kept for speed.
  void Shrink();

  /// Moves out what is to be done since the last call.
  void Take(Effects* effects);
  /// False: Take would give nothing and may be left out.
  bool HasWork() const;

  // --- Questions ---

  /// The index to read at, if this replica is leader by lease at `now`. The host reads its state
  /// (applied up to that index) and asks again with a fresh `now` before it answers its client.
  std::optional<LogIndex> LeaseRead(Time now) const;
  /// Nobody waits for anything: a host may leave ticks out (how: docs/subsystems/raft.md).
  bool Quiet() const;
  ReplicaId id() const { return id_; }
  Term term() const { return hard_.term; }
  const HardState& hard_state() const { return hard_; }
  const Role& role() const { return role_; }
  bool is_leader() const { return std::holds_alternative<Leader>(role_); }
  ReplicaId leader() const;
  LogIndex commit() const { return commit_; }
  LogIndex applied() const { return applied_; }
  LogIndex durable() const { return durable_; }
  bool removed() const { return removed_; }
  const Log& log() const { return log_; }
  const Config& config() const { return configs_.back().config; }
  LogIndex config_index() const { return configs_.back().index; }
  /// The snapshot that the host could send, once its state is that of `index` (base <= index <=
  /// applied).
  SnapshotMeta MetaAt(LogIndex index) const;
  /// Every bit of the state after a Take, for hashing: equal bytes mean equal behaviour for ever.
  void Encode(std::string* out) const;

 private:
  struct ConfigAt {
    LogIndex index;
    Config config;
  };
  struct PendingWrite {
    WriteId id;
    LogIndex last;  // the log is durable up to here when it completes
    Term term;      // and the hard state's term
  };

  // election.cc
  bool HeardLeader() const;
  bool MayCampaign() const;
  void Start(bool forced);
  void StartVotes(bool pre, bool forced);
  void CountVotes();
  void BecomeFollower(Term term, ReplicaId leader);
  void BecomeLeader();
  void ResetTimeout();
  bool IsGone(ReplicaId asker, const VoteRequest& request) const;
  void On(const Message& message, const VoteRequest& request);
  void On(const Message& message, const VoteReply& reply);
  void On(const Message& message, const TimeoutNow&);
  // follow.cc
  void HearLeader(ReplicaId leader);
  void On(const Message& message, const Append& append);
  void On(const Message& message, const Heartbeat& heartbeat);
  void On(const Message& message, const InstallSnapshot& install);
  void Refuse(ReplicaId leader, const Append& append);
  void AppendFrom(const Append& append);
  void Accepted(ReplicaId leader, LogIndex index);
  // lead.cc
  void On(const Message& message, const AppendReply& reply);
  void On(const Message& message, const HeartbeatReply& reply);
  void OnRefused(Leader& leader, Progress& progress, const AppendReply& reply);
  void AppendOwn(EntryKind kind, Payload payload);
  void CommitByQuorum();
  void SendEntries(Leader& leader, Progress& progress);
  void SendAppend(Progress& progress);
  void SendHeartbeats(Leader& leader);
  void LeaderTick(Leader& leader);
  bool LeaderHasWork() const;
  void LeaderSends(Effects* effects);
  bool MustLeave(const Leader& leader) const;
  void Leave(Leader& leader);
  void StepDown();
  // membership.cc
  void UseConfig(LogIndex index, Config config);
  void DropConfigsFrom(LogIndex index);
  void SetFollowers(Leader& leader);
  void ConfigCommitted();
  void MaybeTimeoutNow(Leader& leader);
  // read.cc
  void On(const Message& message, const ReadRequest& request);
  void On(const Message& message, const ReadReply& reply);
  void AddRead(Leader& leader, ReadId id, ReplicaId from);
  void PlaceReads(Leader& leader);
  void AnswerReads(Leader& leader);
  void Answer(const PendingRead& read, LogIndex index);
  void FailReads();
  void AgeReads(Follower& follower);
  // lease.cc
  bool IsBound() const;
  uint64_t BindTo(ReplicaId leader);
  // persist.cc
  void CutLog(LogIndex from);
  void AdvanceCommit(LogIndex to);
  LogIndex ApplicableIndex() const;
  bool MustPersist() const;
  // core.cc
  void Answer(const Message& message, Body body);
  void SendNow(ReplicaId to, Body body);
  void SendWhenDurable(ReplicaId to, Body body);
  bool OnOtherTerm(const Message& message);
  Leader* leader_state() { return std::get_if<Leader>(&role_); }
  Progress* Find(Leader& leader, ReplicaId id);

  const Options* options_;
  ReplicaId id_;
  HardState hard_;
  Role role_;
  Log log_;
  std::vector<ConfigAt> configs_;  // the base's, then those in the log; the last one is in force
  LogIndex commit_;
  LogIndex applied_;   // reported by the host
  LogIndex handed_;    // given to the host; applied_ <= handed_ <= commit_
  LogIndex durable_;   // the log is on disk up to here
  Term durable_term_;  // the hard state on disk
  LogIndex taken_;     // entries up to here were handed to the disk
  bool hard_dirty_ = false;
  bool installing_ = false;  // SnapshotInstalled is awaited
  bool removed_ = false;     // see Effects::removed
  bool asked_ = false;       // since a leader's word, for a vote, by one whose log is older
  std::optional<SnapshotMeta> snapshot_;  // to hand out
  WriteId last_write_;
  std::vector<PendingWrite> writes_;  // handed out, not complete
  uint32_t write_age_ = 0;            // ticks since the oldest of them became the oldest
  uint32_t elapsed_ = 0;              // ticks since a leader's word (leader: since its check)
  uint32_t timeout_ = 0;              // ticks until the next election
  uint64_t seed_;
  Time now_;          // of the last tick: never ahead of the clock
  Time quiet_until_;  // no vote before (StartState)
  struct Promise {
    ReplicaId to;
    uint64_t number = 0;  // 0 = none
    Time until;
  };
  Promise promise_;  // our store's newest promise to the leader of this group
  Promise bound_;    // the promise that a leader was told of: no vote before its end
  std::vector<Message> now_out_, durable_out_;
  std::vector<ReadAnswer> answers_;
};

}  // namespace lathe::raft
