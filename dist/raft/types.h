// The nouns of the log: terms, indexes, replicas, entries, snapshots. Everything else in this
// folder is said in these words. Arithmetic exists only where it means something: an index may be
// moved and two may be subtracted, a term may only be followed by the next.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "dist/raft/payload.h"
#include "runtime/base/ids.h"

namespace lathe::raft {

using Term = StrongId<struct TermTag, uint64_t>;          // an election's number; 0 = before any
using LogIndex = StrongId<struct LogIndexTag, uint64_t>;  // place of an entry, from 1
using ReplicaId = StrongId<struct ReplicaTag, uint64_t>;  // never reused within a group
using WriteId = StrongId<struct WriteTag, uint64_t>;      // one batch handed to the disk
using ReadId = StrongId<struct ReadTag, uint64_t>;        // one read; unique over restarts
using Time = StrongId<struct TimeTag, int64_t>;           // the host's monotonic clock, any unit

constexpr LogIndex operator+(LogIndex i, uint64_t n) { return LogIndex(i.value + n); }
constexpr LogIndex operator-(LogIndex i, uint64_t n) { return LogIndex(i.value - n); }
constexpr uint64_t operator-(LogIndex a, LogIndex b) { return a.value - b.value; }
constexpr Term Next(Term t) { return Term(t.value + 1); }
constexpr WriteId Next(WriteId w) { return WriteId(w.value + 1); }

/// What an entry holds.
enum class EntryKind : uint8_t {
  kCommand,  // the host's bytes
  kNoop,     // the first entry of a leader's term
  kConfig,   // an encoded Config (config.h); in force from the moment it is in the log
};

/// One place of the log. A value: the payload is shared and never changes.
struct Entry {
  LogIndex index;
  Term term;
  EntryKind kind = EntryKind::kCommand;
  Payload payload;

  bool operator==(const Entry&) const = default;
  /// What size limits count: the payload and a fixed price for the entry itself.
  size_t bytes() const { return payload.size() + 24; }
};

/// What must survive a crash beside the log. The host makes it durable before the messages that
/// depend on it leave.
struct HardState {
  Term term;
  ReplicaId vote;  // whom this replica voted for in `term`; none = nobody yet

  bool operator==(const HardState&) const = default;
};

/// Who takes part. Voters decide; learners only receive. While a change of voters is under way
/// (Raft dissertation 4.3, joint consensus) both sets of voters must agree to everything.
struct Config {
  std::vector<ReplicaId> voters;      // ascending
  std::vector<ReplicaId> old_voters;  // ascending; empty unless the configuration is joint
  std::vector<ReplicaId> learners;    // ascending; may overlap with old_voters, not with voters

  bool operator==(const Config&) const = default;
  bool joint() const { return !old_voters.empty(); }
};

/// A snapshot, without its data: the state after `index`.
struct SnapshotMeta {
  LogIndex index;
  Term term;
  Config config;  // in force at `index`

  bool operator==(const SnapshotMeta&) const = default;
};

}  // namespace lathe::raft
