// What replicas of a group say to each other. A host may lose, repeat, delay and reorder messages;
// it must not change them, and must know that `from` is who sent it. Each carries its sender's
// term; only a granted pre-vote and a pre-vote's request carry the term that the election would
// have.
#pragma once

#include <variant>
#include <vector>

#include "dist/raft/types.h"

namespace lathe::raft {

/// "Vote for me" (paper 5.2), or with `pre`: "would you?" (dissertation 9.6).
struct VoteRequest {
  LogIndex last_index;
  Term last_term;
  bool pre = false;
  bool forced = false;  // the leader asked for this election: no voter waits for its timeout
};

struct VoteReply {
  bool pre = false;
  bool granted = false;
  bool removed = false;  // the asker is no member any more, and never will be again
};

/// Entries after (prev_index, prev_term), which the receiver must have (paper 5.3).
struct Append {
  LogIndex prev_index;
  Term prev_term;
  LogIndex commit;  // the leader's
  std::vector<Entry> entries;
};

/// Accepted: the receiver durably holds the leader's log up to `index`.
/// Refused: the receiver lacks (index, prev_term of the request); it has nothing of the leader's
/// beyond (hint_index, hint_term).
struct AppendReply {
  LogIndex index;
  bool refused = false;
  LogIndex hint_index;
  Term hint_term;
  LogIndex commit;       // the receiver's
  uint64_t promise = 0;  // the promise of support that now binds it to the leader (lease.cc)
};

struct Heartbeat {
  LogIndex commit;     // never beyond what the receiver has acknowledged
  uint64_t round = 0;  // read round that an answer confirms
  bool check = false;  // sent by the clock: what was sent before should have been answered
};

struct HeartbeatReply {
  uint64_t round = 0;
  bool check = false;
  LogIndex commit;       // the receiver's
  uint64_t promise = 0;  // as in AppendReply
};

/// The host of the leader sends this beside the data; the host of the receiver steps it when it has
/// all of the data.
struct InstallSnapshot {
  SnapshotMeta meta;
};

/// The receiver may start an election at once: the leader steps aside for it.
struct TimeoutNow {};

/// A follower asks the leader for an index to read at.
struct ReadRequest {
  ReadId id;
};

struct ReadReply {
  ReadId id;
  LogIndex index;  // none = refused, try again
};

using Body = std::variant<VoteRequest, VoteReply, Append, AppendReply, Heartbeat, HeartbeatReply,
                          InstallSnapshot, TimeoutNow, ReadRequest, ReadReply>;

struct Message {
  ReplicaId from;
  ReplicaId to;
  Term term;
  Body body;
};

}  // namespace lathe::raft
