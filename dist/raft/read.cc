// ReadIndex (dissertation 6.4): a leader that has committed in its term notes its commit index, and
// answers when a quorum has confirmed, by an answer to a later heartbeat, that it still leads. All
// reads that come between two Takes share one round. Followers ask their leader.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"

namespace lathe::raft {

void Core::ReadIndex(ReadId id) {
  if (Leader* leader = leader_state()) return AddRead(*leader, id, id_);
  Follower* follower = std::get_if<Follower>(&role_);
  bool known = follower && std::any_of(follower->reads.begin(), follower->reads.end(),
                                       [&](const PendingRead& read) { return read.id == id; });
  if (!follower || !follower->leader || removed_ || known ||
      follower->reads.size() >= options_->reads_max) {
    answers_.push_back({id, false, {}});
    return;
  }
  follower->reads.push_back({id, id_, {}, 0});
  SendWhenDurable(follower->leader, ReadRequest{id});
}

void Core::AddRead(Leader& leader, ReadId id, ReplicaId from) {
  PendingRead read{id, from, {}, 0};
  if (leader.reads.size() >= options_->reads_max) return Answer(read, {});
  leader.reads.push_back(read);
  PlaceReads(leader);
}

// Gives reads their index once the leader has committed in its term, not before: until then its
// commit index may lag behind what an earlier leader has acknowledged.
void Core::PlaceReads(Leader& leader) {
  if (commit_ < leader.term_start && !LATHE_RAFT_MUTANT(kReadBeforeOwnTerm)) return;
  for (PendingRead& read : leader.reads) {
    if (read.round != 0) continue;
    read.index = commit_;
    read.round = leader.round + (LATHE_RAFT_MUTANT(kReadJoinsOldRound) ? 0 : 1);
    leader.round_wanted = true;
  }
}

void Core::AnswerReads(Leader& leader) {
  size_t done = 0;
  while (done < leader.reads.size()) {
    const PendingRead& read = leader.reads[done];
    bool placed = read.index || (LATHE_RAFT_MUTANT(kReadBeforeOwnTerm) && read.round != 0);
    if (!placed || read.round > leader.round) break;
    bool confirmed = HasQuorum(config(), [&](ReplicaId id) {
      Progress* progress = Find(leader, id);
      return id == id_ || (progress && progress->round >= read.round);
    });
    if (LATHE_RAFT_MUTANT(kReadIgnoresOldVoters)) {
      confirmed = HasMajority(config().voters, [&](ReplicaId id) {
        Progress* progress = Find(leader, id);
        return id == id_ || (progress && progress->round >= read.round);
      });
    }
    if (!confirmed && !LATHE_RAFT_MUTANT(kReadWithoutQuorum)) break;
    Answer(read, read.index);
    done++;
  }
  leader.reads.erase(leader.reads.begin(), leader.reads.begin() + done);
}

void Core::Answer(const PendingRead& read, LogIndex index) {
  if (read.from == id_) {
    answers_.push_back({read.id, static_cast<bool>(index), index});
  } else {
    SendWhenDurable(read.from, ReadReply{read.id, index});
  }
}

void Core::FailReads() {
  if (Leader* leader = leader_state()) {
    std::vector<PendingRead> reads = std::move(leader->reads);
    leader->reads.clear();
    for (const PendingRead& read : reads) {
      if (read.from == id_) answers_.push_back({read.id, false, {}});
    }
  } else if (Follower* follower = std::get_if<Follower>(&role_)) {
    for (const PendingRead& read : follower->reads) answers_.push_back({read.id, false, {}});
    follower->reads.clear();
  }
}

void Core::On(const Message& message, const ReadRequest& request) {
  Leader* leader = leader_state();
  if (leader) return AddRead(*leader, request.id, message.from);
  SendWhenDurable(message.from, ReadReply{request.id, {}});
}

void Core::On(const Message& message, const ReadReply& reply) {
  Follower* follower = std::get_if<Follower>(&role_);
  if (!follower) return;
  for (size_t i = 0; i < follower->reads.size(); i++) {
    if (follower->reads[i].id != reply.id) continue;
    answers_.push_back({reply.id, static_cast<bool>(reply.index), reply.index});
    follower->reads.erase(follower->reads.begin() + i);
    return;
  }
}

// The request or its answer may be lost: after an election timeout a read is given up.
void Core::AgeReads(Follower& follower) {
  size_t kept = 0;
  for (PendingRead& read : follower.reads) {
    if (++read.round >= options_->election_ticks) {
      answers_.push_back({read.id, false, {}});
    } else {
      follower.reads[kept++] = read;
    }
  }
  follower.reads.resize(kept);
}

}  // namespace lathe::raft
