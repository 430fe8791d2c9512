// What is on disk, what may be applied, and the batch of effects.
//
// Writes complete in the order in which they were handed out. The log may be cut while they are
// under way, and grow again to the same indexes with the same terms, or by other entries: so a
// completion names its write, and a write that was cut counts only up to the cut.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"
#include "runtime/base/check.h"

namespace lathe::raft {

void Effects::Clear() {
  write = WriteId();
  hard_state.reset();
  snapshot.reset();
  append.clear();
  send_now.clear();
  send_after.clear();
  apply.clear();
  reads.clear();
  need_snapshot.clear();
  removed = false;
}

bool Effects::empty() const {
  return !write && send_now.empty() && send_after.empty() && apply.empty() && reads.empty() &&
         need_snapshot.empty() && !removed;
}

void Core::CutLog(LogIndex from) {
  log_.CutFrom(from);
  if (!LATHE_RAFT_MUTANT(kDurableNotCut)) durable_ = std::min(durable_, from - 1);
  taken_ = std::min(taken_, from - 1);
  if (LATHE_RAFT_MUTANT(kWriteNotCut)) return;
  for (PendingWrite& write : writes_) write.last = std::min(write.last, from - 1);
}

void Core::LogAppended(WriteId write) {
  size_t done = 0;
  LogIndex durable = durable_;
  while (done < writes_.size() && writes_[done].id <= write) {
    durable = std::max(durable, writes_[done].last);
    durable_term_ = std::max(durable_term_, writes_[done].term);
    done++;
  }
  if (done == 0) return;
  writes_.erase(writes_.begin(), writes_.begin() + done);
  write_age_ = 0;
  durable_ = std::min(durable, log_.last_index());
  Candidate* candidate = std::get_if<Candidate>(&role_);
  bool voted = durable_term_ == hard_.term || LATHE_RAFT_MUTANT(kOldWriteCountsAsVote);
  if (candidate && !candidate->pre && voted && !Has(candidate->granted, id_)) {
    candidate->granted.insert(
        std::lower_bound(candidate->granted.begin(), candidate->granted.end(), id_), id_);
    CountVotes();
  }
  if (is_leader()) CommitByQuorum();
}

void Core::AdvanceCommit(LogIndex to) {
  if (to <= commit_) return;
  LATHE_CHECK(to <= log_.last_index());
  Leader* leader = leader_state();
  if (leader) {
    size_t bytes = 0;
    for (LogIndex i = commit_ + 1; i <= to; i = i + 1) bytes += log_.At(i).bytes();
    leader->uncommitted_bytes -= std::min(bytes, leader->uncommitted_bytes);
  }
  LogIndex before = commit_;
  commit_ = to;
  bool was_member = false;
  for (const ConfigAt& at : configs_) {
    if (at.index > commit_) break;
    bool member = IsMember(at.config, id_);
    if (at.index > before && was_member && !member) removed_ = true;
    was_member = member;
  }
  if (!leader) return;
  PlaceReads(*leader);
  ConfigCommitted();
}

void Core::Applied(LogIndex index) {
  if (installing_) return;
  LATHE_CHECK(index <= handed_ || LATHE_RAFT_MUTANT(kSnapshotOffByOne));
  applied_ = std::max(applied_, index);
}

LogIndex Core::ApplicableIndex() const {
  if (installing_ || applied_ < handed_) return handed_;
  if (LATHE_RAFT_MUTANT(kApplyUncommitted)) return log_.last_index();
  if (LATHE_RAFT_MUTANT(kApplyNotDurable)) return commit_;
  return std::min(commit_, durable_);
}

bool Core::MustPersist() const {
  return hard_dirty_ || snapshot_.has_value() || taken_ < log_.last_index();
}

bool Core::HasWork() const {
  return MustPersist() || !now_out_.empty() || !durable_out_.empty() || !answers_.empty() ||
         ApplicableIndex() > handed_ || (removed_ && handed_ == commit_) ||
         (LeaderHasWork() && !LATHE_RAFT_MUTANT(kLeaderWorkUnseen));
}

void Core::Take(Effects* effects) {
  effects->Clear();
  LeaderSends(effects);
  bool waits = !durable_out_.empty() && !writes_.empty();
  if (LATHE_RAFT_MUTANT(kAnswersOvertakeWrites)) waits = false;
  if (MustPersist() || waits) {
    last_write_ = Next(last_write_);
    effects->write = last_write_;
    if (hard_dirty_) effects->hard_state = hard_;
    effects->snapshot = std::exchange(snapshot_, std::nullopt);
    log_.Copy(taken_ + 1, log_.last_index(), SIZE_MAX, &effects->append);
    if (writes_.empty()) write_age_ = 0;
    writes_.push_back({last_write_, log_.last_index(), hard_.term});
    taken_ = log_.last_index();
    hard_dirty_ = false;
  }
  std::swap(effects->send_now, now_out_);
  std::swap(effects->send_after, durable_out_);
  if (!effects->write && !effects->send_after.empty()) {  // all they depend on is durable
    for (Message& message : effects->send_after) effects->send_now.push_back(std::move(message));
    effects->send_after.clear();
  }
  LogIndex to = ApplicableIndex();
  if (to > handed_) {
    log_.Copy(handed_ + 1, to, options_->apply_bytes_max, &effects->apply);
    handed_ = handed_ + effects->apply.size();
  }
  if (removed_ && handed_ == commit_) {
    effects->removed = true;
    FailReads();
    role_ = Follower{};
  }
  std::swap(effects->reads, answers_);
}

}  // namespace lathe::raft
