// Leases by promises of support between stores.
//
// A store promises another, under a number, to let nobody else lead until a time of its own clock;
// it may prolong the promise while it runs, and gives the next one a new number once it has ended.
// The promise knows nothing of groups: a replica becomes bound to it by telling its leader the
// number in an answer of the leader's term. From then on, until the promise ends, it grants no vote
// (but to an heir whom the leader named) and starts no election. A leader holds the lease while a
// quorum is bound to promises that have not ended by its own, cautious, reckoning.
//
// A replica that restarts has forgotten what binds it, so StartState::quiet_until must be no
// earlier than the end of any promise its store has given.
#include <algorithm>

#include "dist/raft/core.h"
#include "dist/raft/mutant.h"

namespace lathe::raft {

void Core::Support(ReplicaId peer, uint64_t promise, Time until) {
  Leader* leader = leader_state();
  Progress* progress = leader ? Find(*leader, peer) : nullptr;
  if (!progress) return;
  if (promise > progress->promise) {
    progress->promise = promise;
    progress->promise_until = until;
  } else if (promise == progress->promise) {
    progress->promise_until = std::max(progress->promise_until, until);
  }
}

void Core::Promised(ReplicaId peer, uint64_t promise, Time until) {
  if (bound_.to == peer && bound_.number == promise) bound_.until = std::max(bound_.until, until);
  if (peer == leader()) promise_ = Promise{peer, promise, until};
}

bool Core::IsBound() const {
  if (now_ < quiet_until_ && !LATHE_RAFT_MUTANT(kRestartForgetsPromise)) return true;
  return bound_.number != 0 && now_ < bound_.until;
}

uint64_t Core::BindTo(ReplicaId leader) {
  if (promise_.number == 0 || promise_.to != leader || now_ >= promise_.until) return 0;
  bound_ = promise_;
  return promise_.number;
}

std::optional<LogIndex> Core::LeaseRead(Time now) const {
  const Leader* leader = std::get_if<Leader>(&role_);
  if (!leader || leader->lease_spent) return std::nullopt;
  if (commit_ < leader->term_start && !LATHE_RAFT_MUTANT(kLeaseBeforeOwnCommit)) {
    return std::nullopt;
  }
  auto supports = [&](ReplicaId id) {
    if (id == id_) return true;
    for (const Progress& progress : leader->followers) {
      if (progress.id != id) continue;
      bool bound = progress.promise != 0 && progress.promise == progress.promise_bound;
      if (LATHE_RAFT_MUTANT(kLeaseWithoutBinding)) bound = progress.promise != 0;
      return bound && (now < progress.promise_until || LATHE_RAFT_MUTANT(kLeaseNeverEnds));
    }
    return false;
  };
  if (LATHE_RAFT_MUTANT(kLeaseIgnoresOldVoters) && HasMajority(config().voters, supports)) {
    return commit_;
  }
  if (!HasQuorum(config(), supports)) return std::nullopt;
  return commit_;
}

}  // namespace lathe::raft
