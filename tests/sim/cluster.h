// A whole group in simulation: the shipped cores, with simulated disks, network, clocks and
// clients, on one heap of events. Everything that happens follows from the seed. Safety: cores are
// watched by raft::Invariants and by the specification machine while faults are injected. Liveness:
// from time to time faults stop, a quorum heals, and within five simulated seconds there must be a
// leader and nothing left undecided. No floating point and no unordered iteration: equal seeds give
// equal traces with every compiler.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "dist/raft/invariants.h"
#include "runtime/base/random.h"
#include "runtime/base/seed_tree.h"
#include "tests/sim/spec.h"

namespace lathe::sim {

inline constexpr int64_t kMillis = 1000;  // simulated time is in microseconds
inline constexpr int64_t kSecond = 1000000;
inline constexpr size_t kMailMax = 20000;  // messages under way at once: windows bound them

struct Settings {
  uint64_t seed = 1;
  int64_t seconds = 600;  // simulated
  bool print = false;     // every event, to standard output
  bool idle = false;      // few clients, and hosts that leave ticks out while cores are Quiet()
};

/// What one run gave. Two runs are equal when their traces are.
struct Outcome {
  std::string failure;  // empty = none
  uint64_t trace = 0;   // hash over all events
  uint64_t events = 0, committed = 0, elections = 0, crashes = 0, reads = 0, lease_reads = 0;
  uint64_t config_changes = 0, snapshots = 0, heals = 0;
  uint64_t ticks_left_out = 0;
};

class Cluster {
 public:
  explicit Cluster(const Settings& settings);
  Outcome Run();

 private:
  enum class Kind : uint8_t {
    kTick,
    kDeliver,
    kWriteDone,
    kSnapshotSent,
    kAskSupport,
    kSupported,
    kClient,
    kFault,
    kPhase,
    kUnreachable,
    kWake,
    kRestart,
  };
  enum Phase : int64_t { kBeginHeal, kEndHeal };
  struct Event {
    int64_t at = 0;
    uint64_t order = 0;
    Kind kind = Kind::kTick;
    uint32_t node = 0;
    uint32_t life = 0;  // of the node, when it matters
    int64_t a = 0, b = 0;
    bool operator>(const Event& other) const {
      return at != other.at ? at > other.at : order > other.order;
    }
  };
  struct Batch {  // one write
    raft::WriteId id;
    std::optional<raft::HardState> hard_state;
    std::optional<raft::SnapshotMeta> snapshot;
    std::vector<raft::Entry> append;
    std::vector<raft::Message> send_after;
    uint64_t tick = 0;  // of the node, when it was handed over
  };
  struct Disk {
    raft::HardState hard_state;
    raft::SnapshotMeta base;
    std::vector<raft::Entry> log;  // after base
    LogIndex applied;              // of the state machine
    LogIndex last() const { return base.index + log.size(); }
  };
  struct Given {  // a promise of support to a store
    uint64_t number = 0;
    int64_t until = 0;
  };
  struct Node {
    std::optional<raft::Core> core;  // none = crashed
    bool gone = false;               // removed for ever
    uint32_t life = 0;
    int64_t paused_until = 0;
    std::vector<Event> held;  // what came during the pause
    Disk disk;
    std::deque<Batch> writes;
    uint64_t leads_since = 0;  // tick
    bool leads = false;        // after the last step
    bool writing = false, hung = false;
    size_t writes_in_flight = 0;  // of `writes`, that the disk is now making durable
    int64_t write_time = 500;
    int64_t clock_offset = 0, clock_ppm = 0;
    std::vector<Given> given;  // by node
    uint64_t last_number = 0;
    int64_t quiet_until = 0;
    uint64_t heard_at = 0;  // tick of the last message
    uint64_t ticks = 0, ticks_at_heal = 0;
    bool stopped = false;      // idle: its ticks are left out
    uint64_t awake_until = 0;  // idle: tick
  };
  struct Read {
    raft::ReadId id;
    LogIndex at_least;
  };

  // cluster.cc
  void Push(int64_t at, Kind kind, uint32_t node, int64_t a = 0, int64_t b = 0);
  void Handle(const Event& event);
  void Pause(uint32_t n, int64_t until);
  void Wake(uint32_t n);
  void Perform(uint32_t n);
  void Carry(uint32_t n, raft::Effects* effects);
  void Apply(uint32_t n, const std::vector<raft::Entry>& entries);
  void Send(const raft::Message& message);
  void Transmit(const raft::Message& message);
  void StartWrite(uint32_t n);
  void FinishWrite(uint32_t n);
  void Persist(Node& node, const Batch& batch, size_t entries, bool hard_state);
  void SendSnapshot(uint32_t n, ReplicaId to);
  void Forget(uint32_t n);
  int64_t Local(const Node& node) const;
  void Tick(uint32_t n);
  bool MayStop(uint32_t n);
  uint32_t AddNode();
  void Start(uint32_t n);
  void Crash(uint32_t n);
  void CheckLeases();
  void CheckAll();
  void CheckUseless();
  bool Loses() { return net_.Below(1000) < drop_ && !healing_; }
  void Fail(const std::string& what);
  void Mix(uint64_t value);
  ReplicaId IdOf(uint32_t n) const { return ReplicaId(n + 1); }
  // faults.cc
  void DrawSwarm();
  void Client();
  void Fault();
  void Partition();
  void HealNetwork();
  void ChangeConfig();
  void DiskFault(Node& node, uint32_t n);
  void BeginHeal();
  void EndHeal();
  bool CanDecideWithout(const std::vector<ReplicaId>& down) const;
  int64_t TimeToSend(const raft::Core& newest) const;
  const raft::Core* Leader() const;
  std::optional<uint32_t> SomeLeader();
  uint32_t SomeNode();
  void AskSupport(uint32_t n);

  Settings settings_;
  raft::Options options_;
  std::optional<raft::Options> limits_;  // put aside while healing
  base::Random net_, disk_, fault_, client_, clock_;
  std::vector<Node> nodes_;
  std::priority_queue<Event, std::vector<Event>, std::greater<Event>> heap_;
  std::vector<raft::Message> mail_;  // messages under way, by slot
  std::vector<uint32_t> mail_free_;
  std::vector<std::vector<bool>> cut_;  // [from][to]
  raft::Config first_config_;
  raft::Invariants invariants_;
  Spec spec_;
  std::vector<Read> reads_;
  std::vector<uint64_t> states_;  // state machine's hash after each index
  raft::Effects effects_;
  int64_t now_ = 0;
  uint64_t order_ = 0, next_read_ = 0, next_command_ = 0;
  bool healing_ = false;
  int64_t heal_began_ = 0;
  // The swarm: which faults this seed has, per thousand or as ranges.
  uint64_t drop_ = 0, duplicate_ = 0, tail_ = 0, client_every_ms_ = 300, fault_every_ms_ = 2000;
  uint64_t crash_ = 0, partition_ = 0, pause_ = 0, disk_fault_ = 0, change_ = 0, transfer_ = 0;
  uint64_t forget_ = 0, clock_jump_ = 0, campaign_ = 0;
  bool leases_ = false;
  int64_t promise_time_ = 600 * kMillis;
  Outcome outcome_;
};

}  // namespace lathe::sim
