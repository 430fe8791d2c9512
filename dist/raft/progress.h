// What a leader knows of one other replica, and how much it may send it.
//
//   probe      the place where the logs agree is not known: one Append at a time
//   replicate  it is known: Appends follow one another without waiting, within the window
//   snapshot   what the replica needs is no longer in the log: nothing until the host reports
#pragma once

#include <vector>

#include "dist/raft/options.h"
#include "dist/raft/types.h"

namespace lathe::raft {

enum class FlowMode : uint8_t { kProbe, kReplicate, kSnapshot };

/// A value. match < next always; match only grows.
struct Progress {
  ReplicaId id;
  FlowMode mode = FlowMode::kProbe;
  bool probe_sent = false;             // kProbe: an Append is under way
  bool active = false;                 // was heard since the last quorum check
  bool snapshot_asked = false;         // kSnapshot: the host was told
  bool check = false;                  // kReplicate: ask whether what was sent arrived
  LogIndex asked;                      // kProbe: where what was sent ends
  size_t window = 0;                   // Appends under way, if less than the option; 0 = that
  LogIndex match;                      // the replica durably holds the leader's log up to here
  LogIndex next;                       // the next entry to send
  LogIndex commit_sent, commit_known;  // commit index told to it; told by it
  uint64_t round = 0;                  // newest read round that it confirmed
  uint64_t promise_bound = 0;          // the promise that it said binds it (lease.cc)
  uint64_t promise = 0;                // the promise of support received from its store
  Time promise_until;                  // end of `promise` by the leader's clock

  bool CanSend(const Options& options) const;
  void Sent(LogIndex last, size_t bytes);
  /// The replica holds the log up to `index`. True when that is news.
  bool Accept(LogIndex index);
  void BecomeProbe();
  void BecomeReplicate();
  void BecomeSnapshot();
  /// An Append that is not answered.
  struct InFlight {
    LogIndex last;
    size_t bytes;
  };
  size_t inflight_messages() const { return inflight_.size() - head_; }
  const InFlight& inflight(size_t i) const { return inflight_[head_ + i]; }  // 0 = the oldest
  size_t inflight_bytes() const { return inflight_bytes_; }
  void Shrink();

 private:
  void ForgetInFlight();

  std::vector<InFlight> inflight_;  // oldest at head_
  size_t head_ = 0;
  size_t inflight_bytes_ = 0;
};

}  // namespace lathe::raft
