#include "tests/sim/spec.h"

#include "runtime/base/hash.h"

namespace lathe::sim {

const Spec::Slot* Spec::SpecLog::At(LogIndex index) const {
  if (index <= base || index > last()) return nullptr;
  return &slots[index - base - 1];
}

void Spec::SpecLog::Put(LogIndex index, Slot slot) {
  slots.resize(index - base - 1);
  slots.push_back(slot);
}

void Spec::SpecLog::Reset(LogIndex index, Term term) {
  base = index;
  base_term = term;
  slots.clear();
}

Spec::Slot Spec::SlotOf(const raft::Entry& entry) {
  return {entry.term, base::Hash64(entry.payload.bytes(), static_cast<uint64_t>(entry.kind))};
}

void Spec::Fail(ReplicaId id, const std::string& what) {
  if (failure_.empty()) {
    failure_ = "specification: replica " + std::to_string(id.value) + " " + what;
  }
}

void Spec::Started(const raft::Core& core) {
  Replica& replica = replicas_[core.id()];
  SpecLog log;
  log.Reset(core.log().base_index(), core.log().base_term());
  for (LogIndex i = core.log().first_index(); i <= core.log().last_index(); i = i + 1) {
    log.Put(i, SlotOf(core.log().At(i)));
  }
  bool fresh = !replica.hard_state.term && replica.disk.last() == LogIndex();
  if (!fresh) {
    for (LogIndex i = log.base + 1; i <= log.last(); i = i + 1) {
      const Slot* slot = replica.log.At(i);
      if (i > replica.disk.base && (!slot || !(*slot == *log.At(i)))) {
        const Slot* durable = replica.disk.At(i);
        if (!durable || !(*durable == *log.At(i))) Fail(core.id(), "woke with a log it never had");
      }
    }
    if (log.last() < replica.disk.last() && log.last() < core.log().base_index()) {
      Fail(core.id(), "lost what was on its disk");
    }
  }
  replica.log = replica.disk = log;
  replica.hard_state = core.hard_state();
  replica.commit = core.commit();
  replica.leads = Term();
}

void Spec::Durable(ReplicaId id, const raft::HardState& hard_state,
                   const std::optional<raft::SnapshotMeta>& snapshot,
                   const std::vector<raft::Entry>& append) {
  Replica& replica = replicas_[id];
  if (hard_state.vote) votes_[hard_state.term].emplace(id, hard_state.vote);
  if (snapshot) replica.disk.Reset(snapshot->index, snapshot->term);
  for (const raft::Entry& entry : append) {
    if (entry.index > replica.disk.base) replica.disk.Put(entry.index, SlotOf(entry));
  }
}

void Spec::Sent(const raft::Message& message) {
  const raft::VoteRequest* request = std::get_if<raft::VoteRequest>(&message.body);
  if (!request || request->pre) return;
  candidates_[message.term][message.from] = {request->last_index, request->last_term};
}

void Spec::Stepped(const raft::Core& core, const raft::Effects& effects) {
  if (!failure_.empty()) return;
  Replica& replica = replicas_[core.id()];
  CheckAppend(core, effects, &replica);
  CheckVote(core, &replica);
  CheckLead(core, &replica);
  CheckCommit(core, &replica);
}

void Spec::CheckVote(const raft::Core& core, Replica* replica) {
  const raft::HardState& now = core.hard_state();
  raft::HardState& before = replica->hard_state;
  if (now == before) return;
  if (now.term < before.term) Fail(core.id(), "went back to an earlier term");
  if (now.term == before.term && before.vote) Fail(core.id(), "voted twice in a term");
  if (now.vote && now.vote != core.id()) {
    auto& ends = candidates_[now.term];
    auto end = ends.find(now.vote);
    if (end == ends.end()) {
      Fail(core.id(), "voted for who was no candidate");
    } else if (end->second.second < replica->log.last_term() ||
               (end->second.second == replica->log.last_term() &&
                end->second.first < replica->log.last())) {
      Fail(core.id(), "voted for a candidate with an older log");
    }
  }
  before = now;
}

void Spec::CheckLead(const raft::Core& core, Replica* replica) {
  if (!core.is_leader() || replica->leads == core.term()) return;
  replica->leads = core.term();
  const auto& votes = votes_[core.term()];
  // Its configuration when it counted: without what it has appended since.
  bool elected = raft::HasQuorum(core.config(), [&](ReplicaId id) {
    auto vote = votes.find(id);
    return vote != votes.end() && vote->second == core.id();
  });
  if (!elected) Fail(core.id(), "leads without durable votes of a quorum");
}

void Spec::CheckAppend(const raft::Core& core, const raft::Effects& effects, Replica* replica) {
  if (effects.snapshot) {
    const raft::SnapshotMeta& meta = *effects.snapshot;
    if (meta.index.value > committed_.size() ||
        committed_[meta.index.value - 1].term != meta.term) {
      Fail(core.id(), "took a snapshot of what is not committed");
    }
    replica->log.Reset(meta.index, meta.term);
  }
  SpecLog* led = nullptr;
  auto at = led_.find(core.term());
  if (core.is_leader()) {
    if (at == led_.end()) at = led_.emplace(core.term(), replica->log).first;
    led = &at->second;
  } else if (at != led_.end()) {
    led = &at->second;
  }
  for (const raft::Entry& entry : effects.append) {
    Slot slot = SlotOf(entry);
    const Slot* old = replica->log.At(entry.index);
    if (entry.index.value <= committed_.size() && entry.index <= replica->commit &&
        !(committed_[entry.index.value - 1] == slot)) {
      Fail(core.id(), "replaced a committed entry");
    }
    if (core.is_leader()) {
      if (entry.term == core.term() && old)
        Fail(core.id(), "replaced an entry of its log as leader");
      if (entry.term == core.term()) led->Put(entry.index, slot);
    } else {
      // An entry may also come from the leader of an earlier term, taken just before this one.
      bool known = led && led->At(entry.index) && *led->At(entry.index) == slot;
      for (auto other = led_.rbegin(); !known && other != led_.rend(); ++other) {
        const Slot* theirs = other->second.At(entry.index);
        known = (theirs && *theirs == slot) || entry.index <= other->second.base;
      }
      if (!known) Fail(core.id(), "appended what no leader had");
    }
    if (entry.index > replica->log.last() + 1) {
      Fail(core.id(), "left a gap in its log");
      return;
    }
    replica->log.Put(entry.index, slot);
  }
}

void Spec::CheckCommit(const raft::Core& core, Replica* replica) {
  LogIndex to = core.commit();
  if (to < replica->commit) Fail(core.id(), "took back a commit");
  if (to <= replica->commit) return;
  LogIndex known(committed_.size());
  if (to > known) {
    const Slot* slot = replica->log.At(to);
    // A leader that has just committed its own removal steps down in the same step.
    bool leads = core.is_leader() || replica->leads == core.term();
    if (!leads) return Fail(core.id(), "committed before its leader did");
    if (!slot || slot->term != core.term()) {
      return Fail(core.id(), "committed an entry of another term by itself");
    }
    bool held = false;  // by a quorum of a configuration that was in force since
    const raft::Config& config = core.config();
    auto on_disk = [&](ReplicaId id) {
      auto other = replicas_.find(id);
      if (other == replicas_.end()) return false;
      const Slot* theirs = other->second.disk.At(to);
      return (theirs && *theirs == *slot) || to <= other->second.disk.base;
    };
    held = raft::HasQuorum(config, on_disk);
    // A joint configuration that this commit completes is left in the same step.
    for (LogIndex i = core.log().last_index(); !held && i > core.log().base_index(); i = i - 1) {
      if (core.log().At(i).kind != raft::EntryKind::kConfig) continue;
      if (auto earlier = raft::DecodeConfig(core.log().At(i).payload.bytes())) {
        held = i <= to && raft::HasQuorum(*earlier, on_disk);
        if (i <= to) break;
      }
    }
    if (!held) return Fail(core.id(), "committed what no quorum has on its disks");
    for (LogIndex i = known + 1; i <= to; i = i + 1) committed_.push_back(*replica->log.At(i));
  }
  for (LogIndex i = replica->commit + 1; i <= to; i = i + 1) {
    const Slot* slot = replica->log.At(i);
    if (slot && !(*slot == committed_[i.value - 1])) {
      return Fail(core.id(), "committed other than the group");
    }
  }
  replica->commit = to;
}

}  // namespace lathe::sim
