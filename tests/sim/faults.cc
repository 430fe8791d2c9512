// What happens to the group: the swarm of faults of a seed, clients, operators, healing.
#include <algorithm>

#include "runtime/base/bytes.h"
#include "tests/sim/cluster.h"

namespace lathe::sim {
namespace {

// What a leader knows of a follower, for reports.
std::string Flow(const raft::Core& core, ReplicaId id) {
  for (const raft::Progress& p : std::get<raft::Leader>(core.role()).followers) {
    if (p.id != id) continue;
    return " mode " + std::to_string(static_cast<int>(p.mode)) + " match " +
           std::to_string(p.match.value) + " next " + std::to_string(p.next.value) + " in flight " +
           std::to_string(p.inflight_messages()) + " probe sent " + std::to_string(p.probe_sent) +
           " snapshot asked " + std::to_string(p.snapshot_asked);
  }
  return " unknown to the leader";
}

}  // namespace

// Each seed has its own mix of faults, so that some see one kind only and much of it (Groce et al.,
// Swarm Testing, ISSTA 2012).
void Cluster::DrawSwarm() {
  auto rate = [&](uint64_t most) { return fault_.OneIn(2) ? 0 : fault_.Below(most + 1); };
  drop_ = rate(150);
  duplicate_ = rate(100);
  tail_ = rate(200);
  client_every_ms_ = fault_.OneIn(4) ? 60 : 400;
  fault_every_ms_ = 300 + fault_.Below(4000);
  crash_ = rate(10);
  partition_ = rate(10);
  pause_ = rate(5);
  disk_fault_ = rate(8);
  change_ = rate(10);
  transfer_ = rate(5);
  forget_ = rate(10);
  clock_jump_ = rate(2);
  campaign_ = rate(3);
  leases_ = clock_jump_ == 0;
  if (fault_.OneIn(2)) promise_time_ = 1500 * kMillis;
  options_.election_ticks = 6;
  options_.heartbeat_ticks = 2;
  options_.window_messages_max = 1 + fault_.Below(fault_.OneIn(2) ? 3 : 64);
  options_.message_bytes_max = fault_.OneIn(2) ? 1 + fault_.Below(600) : 1 << 20;
  options_.uncommitted_bytes_max = fault_.OneIn(2) ? 1 + fault_.Below(1000) : 1 << 20;
  options_.apply_bytes_max = fault_.OneIn(2) ? 1 + fault_.Below(100) : 1 << 20;
  options_.reads_max = fault_.OneIn(4) ? 1 + fault_.Below(2) : 100;
  if (settings_.idle) client_every_ms_ *= 20;
  states_.push_back(settings_.seed);
  uint64_t voters =
      std::array<uint64_t, 4>{3, 3, 5, fault_.OneIn(4) ? 2ull : 4ull}[fault_.Below(4)];
  for (uint64_t i = 1; i <= voters; i++) first_config_.voters.push_back(ReplicaId(i));
  for (uint64_t i = 0; i < voters; i++) AddNode();
  Push(kSecond, Kind::kClient, 0);
  Push(2 * kSecond, Kind::kFault, 0);
  Push(50 * kSecond, Kind::kPhase, 0, kBeginHeal);
}

std::optional<uint32_t> Cluster::SomeLeader() {
  std::vector<uint32_t> leaders;
  for (uint32_t n = 0; n < nodes_.size(); n++) {
    if (nodes_[n].core && nodes_[n].core->is_leader()) leaders.push_back(n);
  }
  if (leaders.empty()) return std::nullopt;
  return leaders[client_.Below(leaders.size())];
}

uint32_t Cluster::SomeNode() { return static_cast<uint32_t>(fault_.Below(nodes_.size())); }

void Cluster::Client() {
  Push(now_ + client_.Between(1, 2 * client_every_ms_) * kMillis, Kind::kClient, 0);
  CheckLeases();
  if (healing_ && now_ > heal_began_ + 3 * kSecond) return;  // leave time for all to be decided
  std::optional<uint32_t> leader = SomeLeader();
  uint64_t count = 1 + client_.Below(3);
  uint32_t reader = static_cast<uint32_t>(client_.Below(nodes_.size()));
  if (leader && nodes_[*leader].paused_until <= now_) {
    std::vector<raft::Payload> commands;
    for (uint64_t i = 0; i < count; i++) {
      std::string bytes;
      AppendVarint(&bytes, ++next_command_);
      commands.emplace_back(bytes);
    }
    nodes_[*leader].core->Propose(commands);
    Perform(*leader);
  }
  Node& node = nodes_[reader];
  if (node.core && node.paused_until <= now_) {
    raft::ReadId id(++next_read_ << 8 | reader);
    reads_.push_back({id, invariants_.committed()});
    node.core->ReadIndex(id);
    Perform(reader);
  }
}

void Cluster::Fault() {
  Push(now_ + fault_.Between(1, 2 * fault_every_ms_) * kMillis, Kind::kFault, 0);
  uint64_t total = crash_ * 2 + partition_ * 2 + pause_ + disk_fault_ + change_ + transfer_ +
                   forget_ + clock_jump_ + campaign_;
  uint64_t pick = fault_.Below(total + 1);
  auto chosen = [&](uint64_t weight) {
    bool is = pick < weight;
    pick -= is ? 0 : weight;
    if (is) pick = UINT64_MAX;
    return is;
  };
  uint32_t n = SomeNode();
  if (healing_) return;
  if (chosen(crash_)) {
    Crash(n);
    // Sometimes it is back at once, having forgotten what it promised.
    if (fault_.OneIn(3)) Push(now_ + fault_.Between(5, 300) * kMillis, Kind::kRestart, n);
    return;
  }
  if (chosen(crash_)) return Start(n);
  if (chosen(partition_)) return Partition();
  if (chosen(partition_)) return HealNetwork();
  if (chosen(pause_)) {
    Pause(n, now_ + fault_.Between(50, 4000) * kMillis);
  } else if (chosen(disk_fault_)) {
    DiskFault(nodes_[n], n);
  } else if (chosen(change_)) {
    ChangeConfig();
  } else if (chosen(transfer_)) {
    std::optional<uint32_t> leader = SomeLeader();
    if (!leader || nodes_[*leader].paused_until > now_) return;
    nodes_[*leader].core->Transfer(IdOf(n));
    Perform(*leader);
  } else if (chosen(forget_)) {
    Forget(n);
  } else if (chosen(clock_jump_)) {
    nodes_[n].clock_offset += fault_.Between(-100, 100) * kSecond;
  } else if (chosen(campaign_)) {  // a host that believes the leader to be lost
    if (!nodes_[n].core || nodes_[n].paused_until > now_) return;
    nodes_[n].core->Campaign();
    Perform(n);
  }
}

void Cluster::Partition() {
  uint64_t kind = fault_.Below(4);
  uint32_t victim = SomeNode();
  std::vector<bool> side;
  for (size_t i = 0; i < nodes_.size(); i++) side.push_back(fault_.OneIn(2));
  for (uint32_t from = 0; from < nodes_.size(); from++) {
    for (uint32_t to = 0; to < nodes_.size(); to++) {
      switch (kind) {
        case 0:
          if (side[from] != side[to]) cut_[from][to] = true;
          break;  // two sides
        case 1:
          if (side[from] && !side[to]) cut_[from][to] = true;
          break;  // one way
        case 2:
          if (from == victim) cut_[from][to] = true;
          break;  // dumb
        case 3:   // any links
          if (fault_.OneIn(3)) cut_[from][to] = cut_[to][from] = true;
          break;
        default:
          break;
      }
    }
  }
}

void Cluster::HealNetwork() {
  for (auto& row : cut_) row.assign(nodes_.size(), false);
}

void Cluster::DiskFault(Node& node, uint32_t n) {
  switch (fault_.Below(4)) {
    case 0:
      node.write_time = fault_.Between(20, 400) * kMillis;
      break;
    case 1:
      node.hung = true;
      break;
    default:
      node.write_time = fault_.Between(100, 3000);
      node.hung = false;
      StartWrite(n);
  }
}

void Cluster::ChangeConfig() {
  std::optional<uint32_t> leader = SomeLeader();
  if (!leader || nodes_[*leader].paused_until > now_) return;
  raft::Core& core = *nodes_[*leader].core;
  raft::Config target = core.config();
  target.old_voters.clear();
  uint64_t kind = fault_.Below(6);
  bool fresh = kind <= 1 && nodes_.size() < 14 && target.voters.size() < 6;
  ReplicaId added = IdOf(static_cast<uint32_t>(nodes_.size()));
  if (fresh) (kind == 0 ? target.learners : target.voters).push_back(added);
  if (kind == 2 && !target.learners.empty()) {  // promote
    target.voters.push_back(target.learners.back());
    target.learners.pop_back();
  }
  if (kind == 5 && target.voters.size() > 2) {  // most of the voters at once
    std::vector<ReplicaId> old = std::exchange(target.voters, target.learners);
    target.learners.clear();
    size_t kept = fault_.Below(old.size());
    for (size_t i = 0; i < old.size(); i++) {
      (i == kept || target.voters.size() > 3 ? target.voters : target.learners).push_back(old[i]);
    }
  }
  if ((kind == 1 || kind == 3 || kind == 4) &&
      target.voters.size() > (fresh             ? 3u
                              : fault_.OneIn(4) ? 1u
                                                : 2u)) {  // remove or replace
    size_t at = fault_.Below(target.voters.size() - (fresh ? 1 : 0));
    if (kind == 4) target.learners.push_back(target.voters[at]);  // demote
    target.voters.erase(target.voters.begin() + at);
  }
  std::sort(target.voters.begin(), target.voters.end());
  std::sort(target.learners.begin(), target.learners.end());
  if (!core.ProposeConfig(target).ok()) return;
  outcome_.config_changes++;
  if (fresh) AddNode();
  Perform(*leader);
}

// Faults stop; all run again, but perhaps a minority of the voters. Those who are left can decide:
// they are a quorum of every change that one of them has in its log and that may yet be committed.
void Cluster::BeginHeal() {
  healing_ = true;
  heal_began_ = now_;
  outcome_.heals++;
  HealNetwork();
  const raft::Core* newest = nullptr;
  for (uint32_t n = 0; n < nodes_.size(); n++) {
    Wake(n);
    nodes_[n].ticks_at_heal = nodes_[n].ticks;
    nodes_[n].write_time = 1000;
    nodes_[n].hung = false;
    Start(n);
    StartWrite(n);
    const auto& core = nodes_[n].core;
    if (core && (!newest || core->log().last_term() > newest->log().last_term() ||
                 (core->log().last_term() == newest->log().last_term() &&
                  core->log().last_index() > newest->log().last_index()))) {
      newest = &*core;
    }
  }
  bool settled = newest && !newest->config().joint() && newest->config_index() <= newest->commit();
  if (settled && fault_.OneIn(2)) {
    std::vector<ReplicaId> voters = newest->config().voters;
    std::vector<ReplicaId> down;
    for (size_t i = 0; i < (voters.size() - 1) / 2; i++) {
      down.push_back(voters[fault_.Below(voters.size())]);
    }
    if (CanDecideWithout(down)) {
      for (ReplicaId id : down) Crash(static_cast<uint32_t>(id.value - 1));
    }
  }
  if (TimeToSend(*newest) > kSecond) {  // an operator would raise the limits, too
    limits_ = options_;
    options_.window_messages_max = 64;
    options_.message_bytes_max = 1 << 20;
    options_.apply_bytes_max = 1 << 20;
  }
  Push(now_ + 5 * kSecond, Kind::kPhase, 0, kEndHeal);
}

// With the smallest windows an entry is a message, and a message must be answered before the next
// leaves. Who was down for long then needs more than five seconds for the bytes alone: 12 ms for
// there, the disk and back, which is the worst while healing.
int64_t Cluster::TimeToSend(const raft::Core& newest) const {
  constexpr uint64_t kEntryBytes = 40;
  uint64_t missing = 0, coming = 6000 / client_every_ms_;
  for (const Node& node : nodes_) {
    if (node.core && newest.log().last_index() > node.core->commit()) {
      missing = std::max(missing, newest.log().last_index() - node.core->commit());
    }
  }
  uint64_t per_message = std::max<uint64_t>(1, options_.message_bytes_max / kEntryBytes);
  uint64_t rounds = (missing + coming) / per_message;  // what overtakes is sent again: one by one
  return static_cast<int64_t>(rounds) * 12 * kMillis;
}

const raft::Core* Cluster::Leader() const {
  const raft::Core* leader = nullptr;
  for (const Node& node : nodes_) {
    if (!node.core || !node.core->is_leader()) continue;
    if (!leader || leader->term() < node.core->term()) leader = &*node.core;
  }
  return leader;
}

bool Cluster::CanDecideWithout(const std::vector<ReplicaId>& down) const {
  auto up = [&](ReplicaId id) {
    return nodes_[id.value - 1].core && std::find(down.begin(), down.end(), id) == down.end();
  };
  return std::all_of(nodes_.begin(), nodes_.end(), [&](const Node& node) {
    if (!node.core || !up(node.core->id())) return true;
    const bool pending = node.core->config_index() > node.core->commit();
    return !pending || raft::HasQuorum(node.core->config(), up);
  });
}

// Now all must be decided.
void Cluster::EndHeal() {
  healing_ = false;
  if (limits_) options_ = *std::exchange(limits_, std::nullopt);
  Push(now_ + 50 * kSecond, Kind::kPhase, 0, kBeginHeal);
  const raft::Core* leader = Leader();
  for (const Node& node : nodes_) {
    // Of the simulation itself: who answers must also be given the time (seed 7476, once).
    // One that had crashed just before came back up to 0.3 s later (seed 21126).
    if (node.core && node.ticks < node.ticks_at_heal + 45) return Fail("a clock stood still");
  }
  if (!leader) return Fail("liveness: no leader after five seconds without faults");
  if (leader->commit() != leader->log().last_index()) return Fail("liveness: not all is committed");
  if (leader->config().joint()) return Fail("liveness: a joint configuration stays");
  for (const Node& node : nodes_) {
    if (!node.core || !raft::IsMember(leader->config(), node.core->id())) continue;
    if (node.core->applied() != leader->commit()) {
      return Fail("liveness: replica " + std::to_string(node.core->id().value) + " applied " +
                  std::to_string(node.core->applied().value) + " has " +
                  std::to_string(node.core->log().last_index().value) + " committed " +
                  std::to_string(node.core->commit().value) + " of " +
                  std::to_string(leader->commit().value) + Flow(*leader, node.core->id()));
    }
  }
  if (!reads_.empty()) Fail("liveness: a read was not answered");
}

void Cluster::AskSupport(uint32_t n) {
  const Node& node = nodes_[n];
  for (ReplicaId id : raft::Members(node.core->config())) {
    uint32_t to = static_cast<uint32_t>(id.value - 1);
    if (to == n || to >= nodes_.size() || !nodes_[to].core) continue;
    if (Loses() || cut_[n][to]) continue;
    Push(now_ + net_.Between(1, 20) * kMillis, Kind::kAskSupport, to, n, Local(node));
  }
}

}  // namespace lathe::sim
