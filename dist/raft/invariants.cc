#include "dist/raft/invariants.h"

#include "runtime/base/hash.h"

namespace lathe::raft {
namespace {

uint64_t Content(const Entry& entry) {
  return base::Hash64(entry.payload.bytes(), static_cast<uint64_t>(entry.kind));
}

std::string Number(uint64_t value) { return std::to_string(value); }

}  // namespace

void Invariants::Fail(const Core& core, const std::string& what) {
  if (!failure_.empty()) return;
  failure_ =
      "replica " + Number(core.id().value) + " in term " + Number(core.term().value) + ": " + what;
}

void Invariants::Started(const Core& core) {
  Seen& seen = seen_[core.id()];
  if (core.term() < seen.hard_state.term) seen.hard_state = core.hard_state();
  seen.commit = core.commit();  // may lie behind what it was: not every commit index is persisted
  seen.leads = false;
  seen.hard_state = core.hard_state();
}

void Invariants::Stepped(const Core& core, const Effects& effects) {
  if (!ok()) return;
  Seen& seen = seen_[core.id()];
  const HardState& hard = core.hard_state();
  if (hard.term < seen.hard_state.term) Fail(core, "its term went back");
  if (hard.term == seen.hard_state.term && seen.hard_state.vote &&
      hard.vote != seen.hard_state.vote) {
    Fail(core, "it changed its vote within a term");
  }
  seen.hard_state = hard;
  for (const Entry& entry : effects.append) {
    uint64_t key = entry.index.value << 24 | entry.term.value;
    Term before = core.log().TermAt(entry.index - 1).value_or(Term());
    uint64_t value = base::MixBits(Content(entry) + before.value * 0x9e3779b97f4a7c15ull);
    auto [at, fresh] = entries_.emplace(key, value);
    if (!fresh && at->second != value) {
      Fail(core, "log matching: entry " + Number(entry.index.value) + " of term " +
                     Number(entry.term.value) + " differs between logs");
    }
  }
  LogIndex base = core.log().base_index();
  if (base > committed() || (base && CommittedTerm(base) != core.log().base_term())) {
    Fail(core, "its log begins after what is not committed");
  }
  if (core.commit() > core.log().last_index() || core.applied() > core.commit() ||
      core.durable() > core.log().last_index()) {
    Fail(core, "its indexes are out of order");
  }
  CheckCommit(core, &seen);
  CheckLeader(core, &seen);
  CheckProgress(core, &seen);
}

// What a leader knows of its followers: what is acknowledged stays acknowledged.
void Invariants::CheckProgress(const Core& core, Seen* seen) {
  const Leader* leader = std::get_if<Leader>(&core.role());
  if (!leader) return seen->match.clear();
  if (seen->leads_in != core.term()) seen->match.clear();
  size_t i = 0;
  for (const Progress& p : leader->followers) {
    while (i < seen->match.size() && seen->match[i].first < p.id) i++;
    if (i < seen->match.size() && seen->match[i].first == p.id && p.match < seen->match[i].second) {
      Fail(core, "what replica " + Number(p.id.value) + " has went back");
    }
    if (p.match >= p.next) Fail(core, "it sends replica " + Number(p.id.value) + " what it has");
    if (p.mode == FlowMode::kReplicate && p.next > core.log().last_index() + 1) {
      Fail(core, "it waits for what it never sent");
    }
  }
  seen->match.clear();
  for (const Progress& p : leader->followers) seen->match.emplace_back(p.id, p.match);
  seen->leads_in = core.term();
}

void Invariants::CheckCommit(const Core& core, Seen* seen) {
  if (core.commit() < seen->commit) Fail(core, "its commit index went back");
  for (LogIndex i = seen->commit + 1; i <= core.commit(); i = i + 1) {
    if (i <= core.log().base_index()) {
      if (i > committed()) Fail(core, "a snapshot holds what is not committed");
      continue;
    }
    const Entry& entry = core.log().At(i);
    if (i == committed() + 1) {
      committed_.push_back({core.term(), entry.term, Content(entry)});
    } else if (i > committed() || committed_[i.value - 1].term != entry.term ||
               committed_[i.value - 1].content != Content(entry)) {
      Fail(core, "state machine safety: index " + Number(i.value) + " was committed otherwise");
    }
    if (!ok()) return;
  }
  seen->commit = core.commit();
}

void Invariants::CheckLeader(const Core& core, Seen* seen) {
  bool began = core.is_leader() && !seen->leads;
  seen->leads = core.is_leader();
  if (!core.is_leader()) return;
  auto [at, fresh] = leaders_.emplace(core.term(), core.id());
  if (at->second != core.id()) {
    Fail(core, "election safety: replica " + Number(at->second.value) + " leads that term too");
  }
  if (!began) return;
  // By log matching, the newest of those committed in earlier terms stands for all. A late winner
  // may lack older entries that a leader of a later term committed along with its own.
  LogIndex newest = committed();
  while (newest && committed_[newest.value - 1].by >= core.term()) newest = newest - 1;
  if (newest > core.log().base_index() &&
      !core.log().Has(newest, committed_[newest.value - 1].term)) {
    Fail(core, "leader completeness: it lacks the committed entry " + Number(newest.value));
  }
}

void Invariants::Sent(const Message& message, const DiskView& disk) {
  if (!ok()) return;
  std::string what;
  if (const VoteReply* vote = std::get_if<VoteReply>(&message.body)) {
    if (!vote->pre && vote->granted &&
        (disk.hard_state.term != message.term || disk.hard_state.vote != message.to)) {
      what = "a vote";
    }
  } else if (const VoteRequest* request = std::get_if<VoteRequest>(&message.body)) {
    if (!request->pre && disk.hard_state.term < message.term) what = "a candidacy";
  } else if (const AppendReply* reply = std::get_if<AppendReply>(&message.body)) {
    if (!reply->refused && disk.last < reply->index) what = "acknowledged entries";
    if (disk.hard_state.term < message.term) what = "a term";
  } else if (std::holds_alternative<HeartbeatReply>(message.body)) {
    if (disk.hard_state.term < message.term) what = "a term";
  }
  if (what.empty()) return;
  failure_ = "replica " + Number(message.from.value) + " in term " + Number(message.term.value) +
             ": persisted before sent: " + what + " left before being on the disk";
}

void Invariants::HoldLease(std::span<const ReplicaId> holders) {
  if (!ok() || holders.size() < 2) return;
  failure_ = "replicas " + Number(holders[0].value) + " and " + Number(holders[1].value) +
             " hold a lease at once";
}

namespace {

std::string CheckPair(const Core& a, const Core& b) {
  if (a.is_leader() && b.is_leader() && a.term() == b.term()) {
    return "election safety: two leaders in term " + Number(a.term().value);
  }
  LogIndex low = std::max(a.log().first_index(), b.log().first_index());
  LogIndex high = std::min(a.log().last_index(), b.log().last_index());
  bool agreed = false;  // at a higher index
  for (LogIndex i = high; i >= low && i; i = i - 1) {
    const Entry &x = a.log().At(i), &y = b.log().At(i);
    bool same = x.term == y.term;
    if (same && !(x == y)) return "log matching: entry " + Number(i.value) + " differs";
    if (agreed && !same) return "log matching: before entry " + Number(i.value + 1);
    agreed |= same;
    if (!same && i <= std::min(a.commit(), b.commit())) {
      return "state machine safety: index " + Number(i.value);
    }
  }
  for (const auto& [leader, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    LogIndex commit = other->commit();
    if (!leader->is_leader() || leader->term() < other->term() ||
        commit <= leader->log().base_index() || commit <= other->log().base_index()) {
      continue;
    }
    if (!leader->log().Has(commit, other->log().At(commit).term)) {
      return "leader completeness: the leader of term " + Number(leader->term().value) +
             " lacks the committed entry " + Number(commit.value);
    }
  }
  return {};
}

}  // namespace

std::string CheckState(std::span<const Core* const> cores) {
  for (size_t i = 0; i < cores.size(); i++) {
    for (size_t j = i + 1; j < cores.size(); j++) {
      std::string failure = CheckPair(*cores[i], *cores[j]);
      if (!failure.empty()) return failure;
    }
  }
  return {};
}

}  // namespace lathe::raft
