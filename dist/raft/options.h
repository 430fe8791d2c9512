// Limits and choices of a group, shared by all its replicas of a process, and what a replica starts
// from. Times are in ticks; the host decides how long one is.
#pragma once

#include <cstdint>
#include <vector>

#include "dist/raft/types.h"

namespace lathe::raft {

struct Options {
  uint32_t election_ticks = 10;  // without a leader's word for this long (and up to twice as long,
                                 // by chance) a voter starts an election; 0 = only when told to
  uint32_t heartbeat_ticks = 3;  // a leader's word at least this often
  bool pre_vote = true;          // ask before raising the term
  bool check_quorum = true;      // a leader which hears no quorum, or whose disk hangs, steps down

  size_t entry_bytes_max = 8 << 20;         // a larger proposal is refused
  size_t message_bytes_max = 1 << 20;       // entries in one Append (at least one entry goes)
  size_t window_messages_max = 64;          // Appends under way to one follower
  size_t window_bytes_max = 8 << 20;        // their bytes
  size_t uncommitted_bytes_max = 64 << 20;  // a leader's entries that are not committed
  size_t apply_bytes_max = 4 << 20;         // entries handed out in one batch of effects
  size_t reads_max = 4096;                  // reads waiting for a quorum
};

/// What a replica knows when its process starts, all of it from disk but the last two.
struct StartState {
  ReplicaId id;
  HardState hard_state;
  SnapshotMeta base;           // the log begins after base.index; index 0 = a new group
  std::vector<Entry> entries;  // durable, from base.index + 1 on without gaps
  LogIndex applied;            // the state machine's, >= base.index
  uint64_t seed = 0;           // of the election timeouts
  Time quiet_until;            // promises of support given before the crash hold until then
};

}  // namespace lathe::raft
