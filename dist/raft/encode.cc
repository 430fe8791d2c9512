// The state as bytes, for hashing and for telling two runs apart.
#include "dist/raft/core.h"
#include "runtime/base/bytes.h"

namespace lathe::raft {
namespace {

void Put(std::string* out, uint64_t value) { AppendVarint(out, value); }
template <class Tag, class Rep>
void Put(std::string* out, StrongId<Tag, Rep> id) {
  AppendVarint(out, static_cast<uint64_t>(id.value));
}
void Put(std::string* out, const std::vector<ReplicaId>& set) {
  Put(out, set.size());
  for (ReplicaId id : set) Put(out, id);
}
void Put(std::string* out, const Config& config) {
  Put(out, config.voters);
  Put(out, config.old_voters);
  Put(out, config.learners);
}
void Put(std::string* out, const std::vector<PendingRead>& reads) {
  Put(out, reads.size());
  for (const PendingRead& read : reads) {
    Put(out, read.id);
    Put(out, read.from);
    Put(out, read.index);
    Put(out, read.round);
  }
}
void Put(std::string* out, const Progress& p) {
  Put(out, p.id);
  Put(out, static_cast<uint64_t>(p.mode) << 4 | p.check << 3 | p.probe_sent << 2 | p.active << 1 |
               static_cast<uint64_t>(p.snapshot_asked));
  Put(out, p.match);
  Put(out, p.next);
  Put(out, p.commit_sent);
  Put(out, p.commit_known);
  Put(out, p.round);
  Put(out, p.promise_bound);
  Put(out, p.promise);
  Put(out, p.promise_until);
  Put(out, p.asked);
  Put(out, p.window);
  Put(out, p.inflight_messages());
  for (size_t i = 0; i < p.inflight_messages(); i++) {
    Put(out, p.inflight(i).last);
    Put(out, p.inflight(i).bytes);
  }
}
void Put(std::string* out, const Role& role) {
  out->push_back(static_cast<char>(role.index()));
  if (const Follower* follower = std::get_if<Follower>(&role)) {
    Put(out, follower->leader);
    Put(out, follower->reads);
  } else if (const Candidate* candidate = std::get_if<Candidate>(&role)) {
    Put(out, static_cast<uint64_t>(candidate->pre) << 1 | candidate->forced);
    Put(out, candidate->granted);
    Put(out, candidate->refused);
  } else {
    const Leader& leader = std::get<Leader>(role);
    Put(out, leader.term_start);
    Put(out, leader.followers.size());
    for (const Progress& progress : leader.followers) Put(out, progress);
    Put(out, leader.reads);
    Put(out, leader.round);
    Put(out, leader.round_wanted << 4 | leader.heartbeat_wanted << 3 | leader.lease_spent << 2 |
                 static_cast<uint64_t>(leader.transfer_sent));
    Put(out, leader.transfer_to);
    Put(out, leader.transfer_elapsed);
    Put(out, leader.uncommitted_bytes);
  }
}

}  // namespace

void Core::Encode(std::string* out) const {
  Put(out, id_);
  Put(out, hard_.term);
  Put(out, hard_.vote);
  Put(out, role_);
  Put(out, log_.base_index());
  Put(out, log_.base_term());
  Put(out, log_.size());
  for (LogIndex i = log_.first_index(); i <= log_.last_index(); i = i + 1) {
    const Entry& entry = log_.At(i);
    Put(out, entry.term);
    out->push_back(static_cast<char>(entry.kind));
    AppendLengthPrefixed(out, entry.payload.bytes());
  }
  Put(out, configs_.front().index);
  Put(out, configs_.front().config);
  Put(out, commit_);
  Put(out, applied_);
  Put(out, handed_);
  Put(out, durable_);
  Put(out, durable_term_);
  Put(out, taken_);
  Put(out, asked_ << 4 | hard_dirty_ << 3 | installing_ << 2 | removed_ << 1 |
               static_cast<uint64_t>(snapshot_.has_value()));
  Put(out, writes_.size());
  for (const PendingWrite& write : writes_) {  // ids mean something only beside each other
    Put(out, last_write_.value - write.id.value);
    Put(out, write.last);
    Put(out, write.term);
  }
  Put(out, write_age_);
  Put(out, elapsed_);
  Put(out, timeout_);
  Put(out, seed_);
  Put(out, now_);
  Put(out, quiet_until_);
  for (const Promise& promise : {promise_, bound_}) {
    Put(out, promise.to);
    Put(out, promise.number);
    Put(out, promise.until);
  }
  Put(out, now_out_.size() + durable_out_.size() + answers_.size());
}

}  // namespace lathe::raft
