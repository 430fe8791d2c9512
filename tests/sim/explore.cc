// lathe-raft-explore: searches every reachable state of three shipped cores, within bounds.
//   lathe-raft-explore [--seconds N] [--states N] [--terms N] [--entries N] [--drops N]
//                      [--duplicates N] [--crashes N] [--table-bits N] [--whole 1] [--mutant NAME]
//
// A state is three replicas (core, disk, writes under way), the messages under way as a set, and
// what is left of the bounds. From each state every possible next step is tried: deliver any
// message, lose or repeat one, complete a write, crash a replica with any number of its writes on
// the disk and the next one torn at any entry, start it again, start an election, propose. Cores
// run without ticks and pre-vote, so that elections happen whenever they could with any timeouts.
// Parts of a state are shared between states and carry their hashes; a state is remembered as 64
// bits (a collision could hide a state, never invent a failure). Depth first, so that the memory is
// the table. With bounds in the state, the order of the search changes nothing but what is seen
// before a limit ends it. The search begins with smaller bounds, whose states count anew, unless
// --whole.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "dist/raft/invariants.h"
#include "dist/raft/mutant.h"
#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"

namespace lathe::sim {
namespace {

using raft::Core;
using raft::Entry;
using raft::LogIndex;
using raft::Message;
using raft::ReplicaId;
using raft::Term;

constexpr int kReplicas = 3;

struct Bounds {
  uint64_t terms = 3, entries = 2;
  int drops = 1, duplicates = 1, crashes = 1, elections = 3;
};

/// A message under way, with its hash.
struct Letter {
  Message message;
  uint64_t hash;
};

struct Write {
  raft::WriteId id;
  std::optional<raft::HardState> hard_state;
  std::vector<Entry> append;
  std::vector<Message> send_after;
};

/// One replica: shared between states, never changed once it is in one.
struct Node {
  std::optional<Core> core;  // none = crashed
  raft::HardState disk_hard;
  std::vector<Entry> disk_log;
  std::deque<Write> writes;
  uint64_t hash = 0;
};

struct State {
  std::shared_ptr<const Node> nodes[kReplicas];
  std::vector<std::shared_ptr<const Letter>> mail;  // ascending hashes
  int drops = 0, duplicates = 0, crashes = 0, elections = 0;
  uint64_t proposals = 0;
};

void PutEntry(std::string* out, const Entry& entry) {
  AppendVarint(out, entry.index.value);
  AppendVarint(out, entry.term.value);
  out->push_back(static_cast<char>(entry.kind));
  AppendLengthPrefixed(out, entry.payload.bytes());
}

void PutMessage(std::string* out, const Message& m) {
  auto put = [&](auto... values) { (AppendVarint(out, static_cast<uint64_t>(values)), ...); };
  put(m.from.value, m.to.value, m.term.value, m.body.index());
  if (auto* x = std::get_if<raft::VoteRequest>(&m.body)) {
    put(x->last_index.value, x->last_term.value, x->pre * 2 + x->forced);
  } else if (auto* x = std::get_if<raft::VoteReply>(&m.body)) {
    put(x->pre * 4 + x->granted * 2 + x->removed);
  } else if (auto* x = std::get_if<raft::Append>(&m.body)) {
    put(x->prev_index.value, x->prev_term.value, x->commit.value, x->entries.size());
    for (const Entry& entry : x->entries) PutEntry(out, entry);
  } else if (auto* x = std::get_if<raft::AppendReply>(&m.body)) {
    put(x->index.value, x->refused, x->hint_index.value, x->hint_term.value, x->commit.value);
  }
}

uint64_t HashOf(const Message& message) {
  thread_local std::string bytes;
  bytes.clear();
  PutMessage(&bytes, message);
  return base::Hash64(bytes);
}

void Rehash(Node* node) {
  thread_local std::string bytes;
  bytes.clear();
  bytes.push_back(node->core ? 1 : 0);
  if (node->core) node->core->Encode(&bytes);
  AppendVarint(&bytes, node->disk_hard.term.value);
  AppendVarint(&bytes, node->disk_hard.vote.value);
  AppendVarint(&bytes, node->disk_log.size());
  for (const Entry& entry : node->disk_log) PutEntry(&bytes, entry);
  for (const Write& write : node->writes) {
    AppendVarint(&bytes, write.hard_state ? write.hard_state->term.value + 1 : 0);
    AppendVarint(&bytes, write.hard_state ? write.hard_state->vote.value : 0);
    AppendVarint(&bytes, write.append.size());
    for (const Entry& entry : write.append) PutEntry(&bytes, entry);
    AppendVarint(&bytes, write.send_after.size());
    for (const Message& message : write.send_after) PutMessage(&bytes, message);
  }
  node->hash = base::Hash64(bytes, 17);
}

uint64_t HashOf(const State& state) {
  uint64_t hash = state.proposals;
  auto mix = [&](uint64_t v) { hash = base::MixBits(hash * 0x9e3779b97f4a7c15ull + v); };
  for (const auto& node : state.nodes) mix(node->hash);
  for (const auto& letter : state.mail) mix(letter->hash);
  mix(state.drops * 1000000 + state.duplicates * 10000 + state.crashes * 100 + state.elections);
  return hash ? hash : 1;
}

/// Remembers 64-bit hashes; open addressing.
class Table {
 public:
  explicit Table(int bits) : mask_((uint64_t{1} << bits) - 1), slots_(mask_ + 1) {}
  /// False when it was there already.
  bool Add(uint64_t hash) {
    for (uint64_t i = base::MixBits(hash) & mask_;; i = (i + 1) & mask_) {
      if (slots_[i] == hash) return false;
      if (slots_[i] != 0) continue;
      slots_[i] = hash;
      size_++;
      return true;
    }
  }
  bool Full() const { return size_ > mask_ / 8 * 7; }
  uint64_t size() const { return size_; }

 private:
  uint64_t mask_, size_ = 0;
  std::vector<uint64_t> slots_;
};

class Explorer {
 public:
  Explorer(const Bounds& bounds, int table_bits) : bounds_(bounds), seen_(table_bits) {
    options_.election_ticks = 0;
    options_.pre_vote = false;
    options_.check_quorum = false;
  }
  /// Runs until all is seen, a failure, or a limit. Gives whether there was no failure.
  bool Run(uint64_t states_max, double seconds, bool only_whole);

 private:
  std::vector<Bounds> Stages() const;
  template <class Late>
  const char* Search(uint64_t states_max, Late&& late);
  State First();
  void Expand(const State& state);
  void Deliver(const State& state);
  void Crash(const State& state, int n);
  void Visit(State state, const char* what);
  std::shared_ptr<Node> Change(State* state, int n);
  void Finish(State state, std::shared_ptr<Node> node, int n, const char* what);
  void Take(State* state, Node* node);
  void Post(State* state, const Message& message);
  void Persist(Node* node, const Write& write, size_t entries, bool hard);
  std::string Check(const State& state) const;

  Bounds bounds_;
  raft::Options options_;
  Table seen_;
  std::vector<State> stack_;
  uint64_t steps_ = 0;
  size_t deepest_ = 0;
  struct Next {
    uint64_t order;
    State state;
  };
  std::vector<Next> next_;  // found from the state that is being expanded
  uint64_t salt_ = 0;
  std::string failure_, failed_;  // what is wrong; with the step that led there
};

State Explorer::First() {
  State state;
  state.drops = bounds_.drops, state.duplicates = bounds_.duplicates;
  state.crashes = bounds_.crashes, state.elections = bounds_.elections;
  state.proposals = bounds_.entries;
  raft::Config config;
  for (int i = 0; i < kReplicas; i++) config.voters.push_back(ReplicaId(i + 1));
  for (int i = 0; i < kReplicas; i++) {
    auto node = std::make_shared<Node>();
    raft::StartState start;
    start.id = ReplicaId(i + 1);
    start.base.config = config;
    node->core.emplace(&options_, start);
    Rehash(node.get());
    state.nodes[i] = node;
  }
  return state;
}

void Explorer::Post(State* state, const Message& message) {
  auto letter = std::make_shared<Letter>(Letter{message, HashOf(message)});
  auto at = state->mail.begin();
  while (at != state->mail.end() && (*at)->hash < letter->hash) ++at;
  // Equal messages at the same time are one: repeating is a step of its own.
  if (at == state->mail.end() || (*at)->hash != letter->hash) state->mail.insert(at, letter);
}

void Explorer::Persist(Node* node, const Write& write, size_t entries, bool hard) {
  if (write.hard_state && hard) node->disk_hard = *write.hard_state;
  for (size_t i = 0; i < entries; i++) {
    node->disk_log.resize(write.append[i].index.value - 1);
    node->disk_log.push_back(write.append[i]);
  }
}

// Carries out the core's effects: writes queue up, messages are under way, entries are applied.
void Explorer::Take(State* state, Node* node) {
  raft::Effects effects;
  for (node->core->Take(&effects); !effects.empty(); node->core->Take(&effects)) {
    raft::DiskView disk{node->disk_hard, LogIndex(node->disk_log.size())};
    raft::Invariants watch;
    for (const Message& message : effects.send_now) {
      watch.Sent(message, disk);
      Post(state, message);
    }
    if (!watch.ok()) failure_ = watch.failure();
    for (const Entry& entry : effects.apply) {
      if (entry.index.value > node->disk_log.size()) failure_ = "applied before it was durable";
    }
    if (!effects.apply.empty()) node->core->Applied(effects.apply.back().index);
    if (effects.write) {
      node->writes.push_back({effects.write, effects.hard_state, std::move(effects.append),
                              std::move(effects.send_after)});
    }
  }
}

std::shared_ptr<Node> Explorer::Change(State* state, int n) {
  return std::make_shared<Node>(*state->nodes[n]);
}

void Explorer::Finish(State state, std::shared_ptr<Node> node, int n, const char* what) {
  if (node->core) Take(&state, node.get());
  Rehash(node.get());
  state.nodes[n] = std::move(node);
  Visit(std::move(state), what);
}

void Explorer::Visit(State state, const char* what) {
  steps_++;
  if (!failed_.empty()) return;
  uint64_t hash = HashOf(state);
  if (!seen_.Add(hash)) return;
  if (failure_.empty()) failure_ = Check(state);
  if (!failure_.empty()) {
    failed_ = failure_ + " after " + what;
    return;
  }
  next_.push_back({base::MixBits(hash + salt_), std::move(state)});
}

// Beside the invariants of states: what any replica takes for committed is on a quorum's disks.
std::string Explorer::Check(const State& state) const {
  const Core* cores[kReplicas];
  size_t count = 0;
  for (const auto& node : state.nodes) {
    if (node->core) cores[count++] = &*node->core;
  }
  std::string failure = raft::CheckState({cores, count});
  if (!failure.empty()) return failure;
  for (size_t i = 0; i < count; i++) {
    LogIndex commit = cores[i]->commit();
    if (!commit) continue;
    Term term = cores[i]->log().At(commit).term;
    int holders = 0;
    for (const auto& node : state.nodes) {
      holders +=
          node->disk_log.size() >= commit.value && node->disk_log[commit.value - 1].term == term;
    }
    if (holders * 2 <= kReplicas) return "a committed entry is not on the disks of a quorum";
  }
  return {};
}

void Explorer::Deliver(const State& state) {
  for (size_t i = 0; i < state.mail.size(); i++) {
    const std::shared_ptr<const Letter> letter = state.mail[i];
    int n = static_cast<int>(letter->message.to.value) - 1;
    State without = state;
    without.mail.erase(without.mail.begin() + i);
    if (state.drops > 0) {
      State lost = without;
      lost.drops--;
      Visit(std::move(lost), "a loss");
    }
    if (!state.nodes[n]->core) continue;
    if (state.duplicates > 0) {
      State twice = state;
      twice.duplicates--;
      std::shared_ptr<Node> node = Change(&twice, n);
      node->core->Step(letter->message);
      Finish(std::move(twice), std::move(node), n, "a repeated delivery");
    }
    std::shared_ptr<Node> node = Change(&without, n);
    node->core->Step(letter->message);
    Finish(std::move(without), std::move(node), n, "a delivery");
  }
}

// The first k writes are on the disk, and of the next one its hard state and j entries.
void Explorer::Crash(const State& state, int n) {
  const Node& old = *state.nodes[n];
  for (size_t k = 0; k <= old.writes.size(); k++) {
    size_t parts = k < old.writes.size() ? old.writes[k].append.size() : 0;
    for (size_t j = 0; j <= parts; j++) {
      State next = state;
      next.crashes--;
      auto node = std::make_shared<Node>(old);
      for (size_t i = 0; i < k; i++) {
        Persist(node.get(), old.writes[i], old.writes[i].append.size(), true);
      }
      if (j > 0) Persist(node.get(), old.writes[k], j, true);
      node->writes.clear();
      node->core.reset();
      Finish(std::move(next), std::move(node), n, "a crash");
    }
  }
}

void Explorer::Expand(const State& state) {
  Deliver(state);
  for (int n = 0; n < kReplicas && failed_.empty(); n++) {
    const Node& old = *state.nodes[n];
    State next = state;
    std::shared_ptr<Node> node = Change(&next, n);
    if (!old.core) {
      raft::StartState start;
      start.id = ReplicaId(n + 1);
      for (int i = 0; i < kReplicas; i++) start.base.config.voters.push_back(ReplicaId(i + 1));
      start.hard_state = old.disk_hard;
      start.entries = old.disk_log;
      node->core.emplace(&options_, start);
      Finish(std::move(next), std::move(node), n, "a start");
      continue;
    }
    if (!old.writes.empty()) {
      Write write = std::move(node->writes.front());
      node->writes.pop_front();
      Persist(node.get(), write, write.append.size(), true);
      for (const Message& message : write.send_after) Post(&next, message);
      node->core->LogAppended(write.id);
      Finish(std::move(next), std::move(node), n, "a completed write");
    }
    if (state.crashes > 0) Crash(state, n);
    if (!old.core->is_leader() && state.elections > 0 && old.core->term().value < bounds_.terms) {
      State elect = state;
      elect.elections--;
      std::shared_ptr<Node> candidate = Change(&elect, n);
      candidate->core->Campaign();
      Finish(std::move(elect), std::move(candidate), n, "an election");
    }
    if (old.core->is_leader() && state.proposals > 0) {
      State propose = state;
      std::string name(1, static_cast<char>('a' + --propose.proposals));
      std::shared_ptr<Node> leader = Change(&propose, n);
      std::vector<raft::Payload> commands{raft::Payload(name)};
      leader->core->Propose(commands);
      Finish(std::move(propose), std::move(leader), n, "a proposal");
    }
  }
}

// Small bounds first, each within its share of the limits: what can go wrong in few steps is found
// at once, and is not drowned by what many faults make possible. Then all that is allowed.
std::vector<Bounds> Explorer::Stages() const {
  std::vector<Bounds> stages;
  auto add = [&](uint64_t terms, uint64_t entries, int drops, int duplicates, int crashes) {
    Bounds b;
    b.terms = std::min(terms, bounds_.terms), b.entries = std::min(entries, bounds_.entries);
    b.drops = std::min(drops, bounds_.drops), b.crashes = std::min(crashes, bounds_.crashes);
    b.duplicates = std::min(duplicates, bounds_.duplicates);
    b.elections = static_cast<int>(b.terms);
    stages.push_back(b);
  };
  add(1, 1, 0, 0, 0);
  add(2, 1, 0, 0, 0);
  add(2, 1, 0, 0, 1);
  add(2, 1, 1, 1, 0);
  add(3, 1, 0, 0, 1);
  stages.push_back(bounds_);
  return stages;
}

bool Explorer::Run(uint64_t states_max, double seconds, bool only_whole) {
  auto begin = std::chrono::steady_clock::now();
  auto elapsed = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  };
  std::vector<Bounds> stages = only_whole ? std::vector<Bounds>{bounds_} : Stages();
  const Bounds whole = bounds_;
  const char* end = "everything within the bounds";
  for (size_t i = 0; i < stages.size() && failed_.empty(); i++) {
    size_t left = stages.size() - i;
    uint64_t states = seen_.size() + (states_max - std::min(states_max, seen_.size())) / left;
    double until = elapsed() + (seconds - elapsed()) / static_cast<double>(left);
    bounds_ = stages[i];
    salt_ = i;
    stack_.clear();
    end = Search(states, [&] { return elapsed() > until; });
  }
  bounds_ = whole;
  std::printf("%llu distinct states, %llu steps, %.1f s, longest stack %zu, ended by %s\n",
              static_cast<unsigned long long>(seen_.size()),
              static_cast<unsigned long long>(steps_), elapsed(), deepest_,
              failed_.empty() ? end : "a failure");
  if (!failed_.empty()) std::printf("failure: %s\n", failed_.c_str());
  return failed_.empty();
}

// Depth first; which of a state's successors comes first is drawn by their hashes, so that no kind
// of step is preferred. Gives what ended it.
template <class Late>
const char* Explorer::Search(uint64_t states_max, Late&& late) {
  auto push = [&] {
    std::sort(next_.begin(), next_.end(),
              [](const Next& a, const Next& b) { return a.order < b.order; });
    for (Next& next : next_) stack_.push_back(std::move(next.state));
    next_.clear();
  };
  Visit(First(), "the start");
  push();
  for (uint64_t expanded = 1; !stack_.empty() && failed_.empty(); expanded++) {
    if (seen_.size() >= states_max || seen_.Full()) return "the limit of states";
    if (expanded % 1024 == 0 && late()) return "the limit of time";
    deepest_ = std::max(deepest_, stack_.size());
    State state = std::move(stack_.back());
    stack_.pop_back();
    Expand(state);
    push();
  }
  return "everything within the bounds";
}

bool SetMutant(const char* name) {
#ifdef LATHE_RAFT_MUTANTS
#define LATHE_IS(mutant) \
  if (std::strcmp(name, #mutant) == 0) raft::active_mutant = raft::Mutant::mutant;
  LATHE_RAFT_MUTANTS_ALL(LATHE_IS)
#undef LATHE_IS
  return raft::active_mutant != raft::Mutant::kNone;
#else
  return false;
#endif
}

int Main(int argc, char** argv) {
  Bounds bounds;
  uint64_t states = UINT64_MAX;
  double seconds = 60;
  int bits = 26;
  bool whole = false;
  for (int i = 1; i + 1 < argc; i += 2) {
    std::string name = argv[i];
    const char* value = argv[i + 1];
    int number = std::atoi(value);
    if (name == "--seconds")
      seconds = number;
    else if (name == "--states")
      states = std::strtoull(value, nullptr, 10);
    else if (name == "--terms")
      bounds.terms = bounds.elections = number;
    else if (name == "--entries")
      bounds.entries = number;
    else if (name == "--drops")
      bounds.drops = number;
    else if (name == "--duplicates")
      bounds.duplicates = number;
    else if (name == "--crashes")
      bounds.crashes = number;
    else if (name == "--table-bits")
      bits = number;
    else if (name == "--whole")
      whole = number != 0;
    else if (name != "--mutant" || !SetMutant(value))
      return 2;
  }
  return Explorer(bounds, bits).Run(states, seconds, whole) ? 0 : 1;
}

}  // namespace
}  // namespace lathe::sim

int main(int argc, char** argv) { return lathe::sim::Main(argc, argv); }
