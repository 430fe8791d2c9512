// Questions asked of a configuration: who belongs to it, is this a quorum, which index does a
// quorum hold; and its bytes, as they lie in an entry of kind kConfig.
#pragma once

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "dist/raft/types.h"

namespace lathe::raft {

/// Replicas that one configuration may name in each of its sets.
inline constexpr size_t kReplicasMax = 31;

inline bool Has(const std::vector<ReplicaId>& set, ReplicaId id) {
  for (ReplicaId member : set) {
    if (member == id) return true;
  }
  return false;
}
/// Votes for leaders and commits, now or in the outgoing half.
inline bool IsVoter(const Config& config, ReplicaId id) {
  return Has(config.voters, id) || Has(config.old_voters, id);
}
inline bool IsMember(const Config& config, ReplicaId id) {
  return IsVoter(config, id) || Has(config.learners, id);
}
/// Everybody who receives the log, ascending, each once.
std::vector<ReplicaId> Members(const Config& config);
/// Sorted sets, no duplicates, at least one voter, sizes within kReplicasMax, no voter a learner.
bool IsValid(const Config& config);

/// The configuration that moves from `current` (not joint) to `target`: joint when the voters
/// change, `target` itself when only learners do.
Config EnterChange(const Config& current, const Config& target);
/// The configuration after a joint one.
Config LeaveJoint(const Config& joint);

template <class Predicate>
bool HasMajority(const std::vector<ReplicaId>& set, Predicate&& holds) {
  size_t count = 0;
  for (ReplicaId id : set) count += holds(id) ? 1 : 0;
  return count * 2 > set.size();
}

/// True when `holds` is true of a majority of the voters and, in a joint configuration, also of a
/// majority of the outgoing voters. Learners are never asked.
template <class Predicate>
bool HasQuorum(const Config& config, Predicate&& holds) {
  return HasMajority(config.voters, holds) &&
         (!config.joint() || HasMajority(config.old_voters, holds));
}

/// The greatest index that a majority of `set` has reached; `reached` maps a replica to its index.
template <class Function>
LogIndex MajorityIndex(const std::vector<ReplicaId>& set, Function&& reached) {
  std::array<LogIndex, kReplicasMax> at;
  size_t count = 0;
  for (ReplicaId id : set) at[count++] = reached(id);
  if (count == 0) return LogIndex{};
  std::sort(at.begin(), at.begin() + count);
  return at[(count - 1) / 2];
}

/// The greatest index that a quorum of the configuration has reached.
template <class Function>
LogIndex QuorumIndex(const Config& config, Function&& reached) {
  LogIndex index = MajorityIndex(config.voters, reached);
  if (config.joint()) index = std::min(index, MajorityIndex(config.old_voters, reached));
  return index;
}

/// Bytes of an entry of kind kConfig, and back; nothing for bytes that are not a valid one.
Payload EncodeConfig(const Config& config);
std::optional<Config> DecodeConfig(std::string_view bytes);

}  // namespace lathe::raft
