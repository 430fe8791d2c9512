#include "tests/sim/cluster.h"

#include <algorithm>
#include <cstdio>

#include "runtime/base/hash.h"
#include "tests/sim/text.h"

namespace lathe::sim {

using raft::Core;
using raft::Effects;
using raft::Entry;
using raft::Message;

Cluster::Cluster(const Settings& settings)
    : settings_(settings),
      net_(base::SeedTree(settings.seed).Child("net").Stream()),
      disk_(base::SeedTree(settings.seed).Child("disk").Stream()),
      fault_(base::SeedTree(settings.seed).Child("fault").Stream()),
      client_(base::SeedTree(settings.seed).Child("client").Stream()),
      clock_(base::SeedTree(settings.seed).Child("clock").Stream()) {
  DrawSwarm();
}

void Cluster::Fail(const std::string& what) {
  if (outcome_.failure.empty()) outcome_.failure = what;
}

void Cluster::Mix(uint64_t value) {
  outcome_.trace = base::MixBits(outcome_.trace + 0x9e3779b97f4a7c15ull + value);
}

void Cluster::Push(int64_t at, Kind kind, uint32_t node, int64_t a, int64_t b) {
  heap_.push({at, order_++, kind, node, node < nodes_.size() ? nodes_[node].life : 0, a, b});
}

int64_t Cluster::Local(const Node& node) const {
  return now_ + now_ / 1000000 * node.clock_ppm + node.clock_offset;
}

Outcome Cluster::Run() {
  int64_t end = settings_.seconds * kSecond;
  while (!heap_.empty() && outcome_.failure.empty()) {
    Event event = heap_.top();
    heap_.pop();
    if (event.at > end) break;
    now_ = event.at;
    Handle(event);
    if (!invariants_.ok()) Fail(invariants_.failure());
    if (!spec_.failure().empty()) Fail(spec_.failure());
  }
  outcome_.committed = invariants_.committed().value;
  if (!outcome_.failure.empty()) {
    outcome_.failure += " (at " + std::to_string(now_ / kMillis) + " ms)";
  }
  return outcome_;
}

void Cluster::Handle(const Event& event) {
  outcome_.events++;
  bool of_node = event.kind <= Kind::kSupported || event.kind == Kind::kUnreachable;
  if (of_node && event.kind != Kind::kDeliver && event.kind != Kind::kAskSupport &&
      event.life != nodes_[event.node].life) {
    return;
  }
  if (of_node && nodes_[event.node].paused_until > now_ && event.kind != Kind::kWriteDone) {
    nodes_[event.node].held.push_back(event);
    return;
  }
  Mix(static_cast<uint64_t>(now_) << 12 ^ static_cast<uint64_t>(event.kind) << 8 ^ event.node);
  if (settings_.print) {
    std::printf("%lld.%06lld kind %d node %u a %lld\n", static_cast<long long>(now_ / kSecond),
                static_cast<long long>(now_ % kSecond), static_cast<int>(event.kind),
                event.node + 1, static_cast<long long>(event.a));
  }
  switch (event.kind) {
    case Kind::kClient:
      return Client();
    case Kind::kFault:
      return Fault();
    case Kind::kPhase:
      return event.a == kEndHeal ? EndHeal() : BeginHeal();
    case Kind::kRestart:
      return Start(event.node);
    case Kind::kWake:
      if (nodes_[event.node].paused_until <= now_) Wake(event.node);
      return;
    default:
      break;
  }
  Node& node = nodes_[event.node];
  if (event.kind == Kind::kDeliver) {
    Message message = std::move(mail_[event.a]);
    mail_[event.a] = Message{};
    mail_free_.push_back(static_cast<uint32_t>(event.a));
    // A network that delays by seconds is a fault, and faults have stopped.
    bool late = healing_ && event.b < heal_began_ && now_ > heal_began_ + kSecond / 2;
    if (!node.core || late) return;
    node.heard_at = node.ticks;
    if (node.stopped) node.awake_until = node.ticks + options_.election_ticks + 1;
    if (settings_.print) std::printf("  %s\n", Text(message).c_str());
    Mix(message.term.value << 8 ^ message.body.index() << 4 ^ message.from.value);
    node.core->Step(std::move(message));
    return Perform(event.node);
  }
  if (!node.core) return;
  switch (event.kind) {
    case Kind::kTick:
      Tick(event.node);
      break;
    case Kind::kWriteDone:
      return FinishWrite(event.node);
    case Kind::kSnapshotSent:
      node.core->SnapshotSent(ReplicaId(event.a), LogIndex(event.b), event.b != 0);
      break;
    case Kind::kUnreachable:
      node.core->ReportUnreachable(ReplicaId(event.a));
      break;
    case Kind::kAskSupport: {  // from store a, sent at its local time b
      uint32_t asker = static_cast<uint32_t>(event.a);
      node.given.resize(nodes_.size());
      Given& given = node.given[asker];
      int64_t local = Local(node);
      if (local >= given.until) given.number = ++node.last_number;
      given.until = std::max(given.until, local + promise_time_);
      node.quiet_until = std::max(node.quiet_until, given.until);
      if (!node.stopped) node.core->Tick(raft::Time(local));
      node.core->Promised(IdOf(asker), given.number, raft::Time(given.until));
      Perform(event.node);
      if (Loses() || cut_[event.node][asker]) return;
      // The promise's number and, by the asker's clock, the time it began: cautious by 3 %.
      int64_t packed = static_cast<int64_t>(given.number << 8 | event.node);
      Push(now_ + net_.Between(1, 10) * kMillis, Kind::kSupported, asker, packed,
           event.b + promise_time_ / 100 * 97);
      return;
    }
    case Kind::kSupported:
      node.core->Support(IdOf(event.a & 255), static_cast<uint64_t>(event.a) >> 8,
                         raft::Time(event.b));
      break;
    default:
      break;
  }
  Perform(event.node);
}

void Cluster::Tick(uint32_t n) {
  Node& node = nodes_[n];
  Push(now_ + 100 * kMillis, Kind::kTick, n);
  node.stopped = settings_.idle && MayStop(n);
  if (node.stopped) {
    node.heard_at = node.ticks;
    outcome_.ticks_left_out++;
  } else {
    node.core->Tick(raft::Time(Local(node)));
  }
  node.ticks++;
  CheckUseless();
  if (leases_ && node.ticks % 2 == 0 && node.core->is_leader()) AskSupport(n);
}

// What a host must see to before it leaves ticks out: the core has been quiet for an election
// timeout since the last message, and the store of the leader lives (stores hear of each other
// whether their groups are idle or not).
bool Cluster::MayStop(uint32_t n) {
  Node& node = nodes_[n];
  bool lives = node.core->is_leader();
  if (ReplicaId leader = node.core->leader(); leader && !lives) {
    uint32_t l = static_cast<uint32_t>(leader.value - 1);
    lives = nodes_[l].core && nodes_[l].paused_until <= now_ && !cut_[l][n] && !cut_[n][l];
  }
  if (!lives || !node.core->Quiet()) {
    node.awake_until = node.ticks + options_.election_ticks + 1;
  }
  return node.ticks >= node.awake_until;
}

// A process that does not run for a while: all that comes to it meanwhile waits.
void Cluster::Pause(uint32_t n, int64_t until) {
  nodes_[n].paused_until = until;
  Push(until, Kind::kWake, n);
}

// Everything that waited happens now, the clock's ticks too: a replica that answers messages while
// its ticks are still held back would be none that a host may have.
void Cluster::Wake(uint32_t n) {
  nodes_[n].paused_until = 0;
  CheckLeases();  // the clock has gone on, and it has heard nothing
  for (Event event : std::exchange(nodes_[n].held, {})) {
    event.at = now_;
    event.order = order_++;
    heap_.push(event);
  }
}

// Lets the core's effects happen until there are none left.
void Cluster::Perform(uint32_t n) {
  while (nodes_[n].core && outcome_.failure.empty()) {
    Node& node = nodes_[n];
    Effects effects;
    bool work = node.core->HasWork();
    node.core->Take(&effects);
    if (!work && !effects.empty()) Fail("effects, although the core said that it had none");
    invariants_.Stepped(*node.core, effects);
    spec_.Stepped(*node.core, effects);
    if (settings_.print) std::printf("  %s\n", Text(*node.core).c_str());
    if (!node.leads && node.core->is_leader()) {
      outcome_.elections++;
      node.leads_since = node.ticks;
      CheckAll();
    }
    node.leads = node.core->is_leader();
    if (effects.empty()) return;
    Carry(n, &effects);
  }
}

void Cluster::Carry(uint32_t n, Effects* effects) {
  Node& node = nodes_[n];
  for (const Message& message : effects->send_now) Send(message);
  if (effects->write) {
    node.writes.push_back({effects->write, effects->hard_state, effects->snapshot,
                           std::move(effects->append), std::move(effects->send_after), node.ticks});
    StartWrite(n);
  } else if (effects->hard_state || !effects->append.empty() || !effects->send_after.empty()) {
    Fail("effects to persist without a write");
  }
  for (const raft::ReadAnswer& answer : effects->reads) {
    auto read = std::find_if(reads_.begin(), reads_.end(),
                             [&](const Read& r) { return r.id == answer.id; });
    if (read == reads_.end()) {
      Fail("a read was answered twice");
      return;
    }
    if (answer.ok && answer.index < read->at_least) {
      Fail("stale read: index " + std::to_string(answer.index.value) +
           ", committed before it: " + std::to_string(read->at_least.value));
    }
    outcome_.reads += answer.ok;
    reads_.erase(read);
  }
  for (ReplicaId to : effects->need_snapshot) SendSnapshot(n, to);
  Apply(n, effects->apply);
  if (effects->removed && node.core) {
    node.gone = true;
    node.core.reset();
    node.life++;
  }
}

void Cluster::Apply(uint32_t n, const std::vector<Entry>& entries) {
  Node& node = nodes_[n];
  for (const Entry& entry : entries) {
    size_t i = entry.index.value;
    if (i > states_.size()) return Fail("entries were applied with a gap");
    uint64_t state =
        base::MixBits(states_[i - 1] + entry.term.value * 31 + base::Hash64(entry.payload.bytes()));
    if (i == states_.size()) states_.push_back(state);
    if (states_[i] != state) return Fail("state machines differ at " + std::to_string(i));
    if (entry.index > node.disk.last()) return Fail("an entry was applied before it was durable");
    if (entry.index > invariants_.committed() ||
        invariants_.CommittedTerm(entry.index) != entry.term) {
      return Fail("an entry was applied that is not committed");
    }
    Mix(state);
  }
  if (entries.empty()) return;
  node.core->Applied(entries.back().index);
  if (disk_.OneIn(4)) node.disk.applied = entries.back().index;
}

void Cluster::Send(const Message& message) {
  const Disk& disk = nodes_[message.from.value - 1].disk;
  invariants_.Sent(message, {disk.hard_state, disk.last()});
  spec_.Sent(message);
  Transmit(message);
  if (net_.Below(1000) < duplicate_) Transmit(message);
}

void Cluster::Transmit(const Message& message) {
  uint32_t from = message.from.value - 1, to = message.to.value - 1;
  int64_t delay = net_.Between(200, 5 * kMillis);
  if (net_.Below(1000) < tail_ && !healing_)
    delay += net_.Between(0, net_.OneIn(10) ? 8000 : 200) * kMillis;
  bool lost = Loses();
  if (to >= nodes_.size() || nodes_[to].gone) return;
  if (cut_[from][to] || lost) {
    if (net_.OneIn(8)) Push(now_ + delay, Kind::kUnreachable, from, message.to.value);
    return;
  }
  uint32_t slot;
  if (mail_.size() - mail_free_.size() > kMailMax) return Fail("congestion: too many messages");
  if (mail_free_.empty()) {
    slot = static_cast<uint32_t>(mail_.size());
    mail_.push_back(message);
  } else {
    slot = mail_free_.back();
    mail_free_.pop_back();
    mail_[slot] = message;
  }
  Push(now_ + delay, Kind::kDeliver, to, slot, now_);
}

void Cluster::StartWrite(uint32_t n) {
  Node& node = nodes_[n];
  if (node.writing || node.hung || node.writes.empty()) return;
  node.writing = true;
  node.writes_in_flight = node.writes.size();
  Push(now_ + disk_.Between(node.write_time / 4, node.write_time), Kind::kWriteDone, n);
}

void Cluster::FinishWrite(uint32_t n) {
  Node& node = nodes_[n];
  node.writing = false;
  if (node.hung || node.writes.empty()) return;
  // One flush of the disk makes everything durable that was handed over before it began.
  for (; node.writes_in_flight > 0; node.writes_in_flight--) {
    Batch batch = std::move(node.writes.front());
    node.writes.pop_front();
    Persist(node, batch, batch.append.size(), true);
    for (const Message& message : batch.send_after) Send(message);
    node.core->LogAppended(batch.id);
    if (batch.snapshot) {
      node.core->SnapshotInstalled(batch.snapshot->index);
      outcome_.snapshots++;
    }
    // The host may look at the effects after each completion or after all.
    if (disk_.OneIn(2)) Perform(n);
    if (!node.core) return;
  }
  StartWrite(n);
  Perform(n);
}

// The first `entries` of the batch's entries, with or without its hard state, reach the disk.
void Cluster::Persist(Node& node, const Batch& batch, size_t entries, bool hard_state) {
  Disk& disk = node.disk;
  if (batch.hard_state && hard_state) disk.hard_state = *batch.hard_state;
  if (batch.snapshot) {
    disk.base = *batch.snapshot;
    disk.log.clear();
    disk.applied = batch.snapshot->index;
  }
  std::vector<Entry> append(batch.append.begin(), batch.append.begin() + entries);
  for (const Entry& entry : append) {
    if (entry.index <= disk.base.index) continue;
    size_t keep = entry.index - disk.base.index - 1;
    if (keep > disk.log.size()) return Fail("a write leaves a gap on the disk");
    disk.log.resize(keep);
    disk.log.push_back(entry);
  }
  spec_.Durable(IdOf(static_cast<uint32_t>(&node - nodes_.data())), disk.hard_state, batch.snapshot,
                append);
}

void Cluster::SendSnapshot(uint32_t n, ReplicaId to) {
  Core& core = *nodes_[n].core;
  LogIndex index = core.applied();
  int64_t delay = fault_.Between(20, 400) * kMillis;
  bool ok = index >= core.log().base_index() && !cut_[n][to.value - 1] &&
            (fault_.Below(1000) >= drop_ || healing_) && to.value <= nodes_.size();
  if (ok) {
    mail_.push_back({core.id(), to, core.term(), raft::InstallSnapshot{core.MetaAt(index)}});
    Push(now_ + delay, Kind::kDeliver, to.value - 1, mail_.size() - 1, now_);
    if (fault_.Below(1000) < duplicate_) {  // once more, and late
      mail_.push_back(Message(mail_.back()));
      Push(now_ + delay + fault_.Between(0, 5000) * kMillis, Kind::kDeliver, to.value - 1,
           mail_.size() - 1, now_);
    }
  }
  Push(now_ + delay + kMillis, Kind::kSnapshotSent, n, to.value, ok ? index.value : 0);
}

// The host gives up the log before what its state machine has on disk.
void Cluster::Forget(uint32_t n) {
  Node& node = nodes_[n];
  if (!node.core) return;
  LogIndex upto =
      std::min({node.disk.applied, node.core->durable(), node.core->applied(), node.disk.last()});
  if (upto <= node.disk.base.index || upto <= node.core->log().base_index()) return;
  raft::SnapshotMeta meta = node.core->MetaAt(upto);
  node.disk.log.erase(node.disk.log.begin(), node.disk.log.begin() + (upto - node.disk.base.index));
  node.disk.base = meta;
  node.core->ForgetLog(upto);
}

uint32_t Cluster::AddNode() {
  uint32_t n = static_cast<uint32_t>(nodes_.size());
  nodes_.emplace_back();
  nodes_[n].disk.base.config = first_config_;
  nodes_[n].clock_ppm = clock_.Between(-10000, 10000);
  nodes_[n].clock_offset = clock_.Between(0, 1000) * kSecond;
  for (auto& row : cut_) row.resize(nodes_.size());
  cut_.resize(nodes_.size(), std::vector<bool>(nodes_.size()));
  Start(n);
  return n;
}

void Cluster::Start(uint32_t n) {
  Node& node = nodes_[n];
  if (node.gone || node.core) return;
  raft::StartState start;
  start.id = IdOf(n);
  start.hard_state = node.disk.hard_state;
  start.base = node.disk.base;
  start.entries = node.disk.log;
  start.applied = std::max(node.disk.applied, node.disk.base.index);
  start.seed = clock_.Next();
  start.quiet_until = raft::Time(leases_ ? node.quiet_until : 0);
  node.core.emplace(&options_, start);
  invariants_.Started(*node.core);
  spec_.Started(*node.core);
  Push(now_ + clock_.Between(1, 100) * kMillis, Kind::kTick, n);
  if (!settings_.idle) return;
  node.stopped = false;
  node.awake_until = node.ticks + options_.election_ticks + 1;
  for (uint32_t other = 0; other < nodes_.size(); other++) {  // they see that its store is new
    if (other != n) Push(now_ + kMillis, Kind::kUnreachable, other, IdOf(n).value);
  }
}

// Power fails: writes under way reach the disk up to some point, the last of them torn.
void Cluster::Crash(uint32_t n) {
  Node& node = nodes_[n];
  if (!node.core) return;
  outcome_.crashes++;
  size_t whole = disk_.Below(node.writes.size() + 1);
  for (size_t i = 0; i < whole; i++) {
    Persist(node, node.writes[i], node.writes[i].append.size(), true);
  }
  if (whole < node.writes.size() && !node.writes[whole].snapshot) {
    size_t part = disk_.Below(node.writes[whole].append.size() + 1);
    Persist(node, node.writes[whole], part, part > 0 || disk_.OneIn(2));
  }
  for (Read& read : reads_) {  // those of this node will never be answered
    if (read.id.value % 256 == n) read.id = raft::ReadId(0);
  }
  std::erase_if(reads_, [](const Read& read) { return !read.id; });
  node.writes.clear();
  node.writing = node.hung = false;
  node.writes_in_flight = 0;
  Wake(n);
  node.core.reset();
  node.leads = false;
  node.life++;
}

// The invariants of one moment, over all replicas at once.
void Cluster::CheckAll() {
  std::vector<const Core*> cores;
  for (const Node& node : nodes_) {
    if (node.core) cores.push_back(&*node.core);
  }
  std::string failure = raft::CheckState(cores);
  if (!failure.empty()) Fail(failure);
}

// A leader that hears nobody, or whose disk hangs, must give up within two election timeouts.
void Cluster::CheckUseless() {
  const uint64_t limit = 3 * options_.election_ticks;
  for (Node& node : nodes_) {
    if (!node.core || !node.core->is_leader()) continue;
    // Who votes alone needs nobody, also while the check below does not hold for it yet.
    bool alone = node.core->config().voters == std::vector<ReplicaId>{node.core->id()} &&
                 !node.core->config().joint();
    if (alone) node.heard_at = node.ticks;
    if (node.leads_since + limit > node.ticks) continue;
    if (!node.writes.empty() && node.writes.front().tick + limit < node.ticks) {
      Fail("a leader goes on although its disk hangs");
    }
    if (node.heard_at + limit < node.ticks) Fail("a leader goes on although it hears nobody");
  }
}

void Cluster::CheckLeases() {
  if (!leases_) return;
  std::vector<ReplicaId> holders;
  for (const Node& node : nodes_) {
    if (!node.core || node.paused_until > now_) continue;
    std::optional<LogIndex> index = node.core->LeaseRead(raft::Time(Local(node)));
    if (!index) continue;
    outcome_.lease_reads++;
    holders.push_back(node.core->id());
    if (*index < invariants_.committed()) Fail("a lease read misses what was committed");
  }
  invariants_.HoldLease(holders);
}

}  // namespace lathe::sim
