#include "dist/raft/progress.h"

#include <algorithm>

#include "dist/raft/mutant.h"

namespace lathe::raft {

bool Progress::CanSend(const Options& options) const {
  switch (mode) {
    case FlowMode::kProbe:
      return !probe_sent;
    case FlowMode::kReplicate:
      if (LATHE_RAFT_MUTANT(kWindowIgnored)) return true;
      if (window != 0 && inflight_messages() >= window) return false;
      return inflight_messages() < options.window_messages_max &&
             inflight_bytes_ < options.window_bytes_max;
    case FlowMode::kSnapshot:
      return false;
  }
  return false;
}

void Progress::Sent(LogIndex last, size_t bytes) {
  if (mode == FlowMode::kProbe) {
    probe_sent = true;
    asked = last;
    return;
  }
  if (last < next) return;
  next = last + 1;
  inflight_.push_back({last, bytes});
  inflight_bytes_ += bytes;
}

bool Progress::Accept(LogIndex index) {
  next = std::max(next, index + 1);
  if (LATHE_RAFT_MUTANT(kMatchRegresses) && index < match) {
    match = index;
    return false;
  }
  if (index <= match) return false;
  match = index;
  while (head_ < inflight_.size() && inflight_[head_].last <= index) {
    inflight_bytes_ -= inflight_[head_++].bytes;
  }
  if (head_ * 2 >= inflight_.size()) {
    inflight_.erase(inflight_.begin(), inflight_.begin() + head_);
    head_ = 0;
  }
  return true;
}

void Progress::ForgetInFlight() {
  asked = LogIndex();
  inflight_.clear();
  head_ = 0;
  inflight_bytes_ = 0;
}

void Progress::BecomeProbe() {
  mode = FlowMode::kProbe;
  probe_sent = false;
  next = match + 1;
  ForgetInFlight();
}

void Progress::BecomeReplicate() {
  mode = FlowMode::kReplicate;
  probe_sent = false;
  snapshot_asked = false;
  ForgetInFlight();
}

void Progress::BecomeSnapshot() {
  mode = FlowMode::kSnapshot;
  snapshot_asked = false;
  ForgetInFlight();
}

void Progress::Shrink() {
  inflight_.erase(inflight_.begin(), inflight_.begin() + head_);
  head_ = 0;
  inflight_.shrink_to_fit();
}

}  // namespace lathe::raft
