// Whole nodes on the simulation's kernel: their files, messages and clocks are the kernel's.
#include "tests/sim/host.h"

#include <gtest/gtest.h>

#include <optional>

#include "runtime/base/memory_file.h"
#include "tests/sim/kernel.h"
#include "tests/sim/wire.h"

namespace lathe::sim {
namespace {

constexpr int64_t kMilli = 1000, kSec = 1'000'000;

class World {
 public:
  World(uint64_t seed, uint64_t count)
      : kernel_(seed), network_(&kernel_), random_(kernel_.Stream("faults")), nodes_(count) {
    for (uint64_t i = 1; i <= count; i++) config_.voters.push_back(raft::ReplicaId(i));
    for (size_t n = 0; n < count; n++) {
      nodes_[n].clock = std::make_unique<SimulatedClock>(&kernel_, random_.Between(-10000, 10000));
      Start(n);
    }
  }

  /// Half a minute of faults, then five seconds without; gives a hash of all that happened.
  uint64_t Run() {
    Propose();
    Fault();
    network_.Set({.lost = 30, .repeated = 30});
    kernel_.RunUntil(30 * kSec);
    faults_ = false;
    network_.Heal();
    network_.Set({});
    for (size_t n = 0; n < nodes_.size(); n++) Start(n);
    kernel_.RunUntil(33 * kSec);
    proposing_ = false;
    kernel_.RunUntil(35 * kSec);
    Compare();
    for (Node& node : nodes_) {
      EXPECT_TRUE(node.host->failure().ok());
      EXPECT_EQ(node.host->applied().size(), agreed_.size());
    }
    return kernel_.trace();
  }
  size_t agreed() const { return agreed_.size(); }
  size_t crashes() const { return crashes_; }

 private:
  struct Node {
    base::MemoryFileSystem files;
    std::unique_ptr<SimulatedClock> clock;
    std::unique_ptr<Host> host;
    uint64_t life = 0;
  };

  base::NodeId IdOf(size_t n) const { return base::NodeId(n + 1); }

  void Start(size_t n) {
    Node& node = nodes_[n];
    if (node.host) return;
    Environment environment{node.clock.get(), network_.Endpoint(IdOf(n)), &node.files};
    auto host = Host::Open(environment, "data", raft::ReplicaId(n + 1), config_, random_.Next());
    ASSERT_TRUE(host.ok()) << host.error().message;
    node.host = *std::move(host);
    Tick(n, ++node.life);
  }

  void Tick(size_t n, uint64_t life) {
    kernel_.After(100 * kMilli, [this, n, life] {
      if (nodes_[n].life != life || !nodes_[n].host) return;
      nodes_[n].host->Tick();
      Tick(n, life);
    });
  }

  // Power fails. What was not synced is gone, or some of it came onto the disk, torn.
  void Crash(size_t n) {
    Node& node = nodes_[n];
    if (!node.host) return;
    crashes_++;
    network_.Down(IdOf(n));
    node.host.reset();
    node.files.Crash();
    if (random_.OneIn(2)) return;
    auto log = node.files.Open("data/log", base::OpenMode::kReadWrite);
    ASSERT_TRUE(log.ok());
    std::string torn(random_.Between(1, 40), static_cast<char>(random_.Below(3)));
    ASSERT_TRUE((*log)->Append(torn).ok() && (*log)->Sync().ok());
  }

  void Fault() {
    kernel_.After(random_.Between(50, 1500) * kMilli, [this] {
      if (!faults_) return;
      size_t n = random_.Below(nodes_.size()), m = random_.Below(nodes_.size());
      switch (random_.Below(5)) {
        case 0:
          Crash(n);
          break;
        case 1:
          network_.Cut(IdOf(n), IdOf(m));
          break;
        case 2:
          network_.Heal();
          break;
        case 3:
          nodes_[n].clock->Jump(random_.Between(-100, 100) * kSec);
          break;
        default:
          for (size_t i = 0; i < nodes_.size(); i++) Start(i);
      }
      Fault();
    });
  }

  void Propose() {
    kernel_.After(random_.Between(1, 100) * kMilli, [this] {
      if (!proposing_) return;
      for (Node& node : nodes_) {
        if (node.host && node.host->core().is_leader()) {
          node.host->Propose("command " + std::to_string(++commands_));
        }
      }
      Compare();
      Propose();
    });
  }

  // What one has applied, all apply, in the same order, for ever.
  void Compare() {
    for (Node& node : nodes_) {
      if (!node.host) continue;
      const std::vector<std::string>& applied = node.host->applied();
      for (size_t i = 0; i < applied.size(); i++) {
        if (i == agreed_.size()) agreed_.push_back(applied[i]);
        ASSERT_EQ(applied[i], agreed_[i]);
      }
    }
  }

  Kernel kernel_;
  SimulatedNetwork network_;
  base::Random random_;
  std::vector<Node> nodes_;
  raft::Config config_;
  std::vector<std::string> agreed_;
  uint64_t commands_ = 0;
  size_t crashes_ = 0;
  bool faults_ = true, proposing_ = true;
};

TEST(Host, WholeNodesAgreeUnderFaults) {
  size_t crashes = 0;
  for (uint64_t seed = 1; seed <= 20; seed++) {
    World world(seed, seed % 2 ? 3 : 5);
    world.Run();
    EXPECT_GT(world.agreed(), 20u) << "seed " << seed;
    crashes += world.crashes();
    if (HasFailure()) FAIL() << "seed " << seed;
  }
  EXPECT_GT(crashes, 20u);
}

TEST(Host, SameSeedSameTrace) {
  uint64_t first = World(7, 3).Run();
  EXPECT_EQ(first, World(7, 3).Run());
  EXPECT_NE(first, World(8, 3).Run());
}

TEST(Kernel, EqualTimesKeepTheirOrder) {
  Kernel kernel(1);
  std::string order;
  kernel.At(5, [&] { order += 'b'; });
  kernel.At(5, [&] { order += 'c'; });
  kernel.At(3, [&] {
    order += 'a';
    kernel.After(2, [&] { order += 'd'; });
  });
  kernel.RunUntil(4);
  EXPECT_EQ(order, "a");
  EXPECT_EQ(kernel.now(), 4);
  kernel.RunUntil(9);
  EXPECT_EQ(order, "abcd");
}

TEST(Kernel, ClocksDriftAndOnlyTheCalendarJumps) {
  Kernel kernel(1);
  SimulatedClock fast(&kernel, 1000), right(&kernel, 0);
  kernel.RunUntil(100 * kSec);
  EXPECT_EQ(right.MonotonicNanos(), 100 * kSec * 1000);
  EXPECT_EQ(fast.MonotonicNanos() - right.MonotonicNanos(), 100 * kMilli * 1000);
  int64_t before = right.UnixMicros();
  right.Jump(-kSec);
  EXPECT_EQ(right.UnixMicros(), before - kSec);
  EXPECT_EQ(right.MonotonicNanos(), 100 * kSec * 1000);
}

TEST(Wire, MessagesComeBackAndDamageIsNoMessage) {
  raft::Append append{raft::LogIndex(4), raft::Term(2), raft::LogIndex(3), {}};
  append.entries.push_back(
      {raft::LogIndex(5), raft::Term(3), raft::EntryKind::kCommand, raft::Payload("a command")});
  raft::SnapshotMeta meta{raft::LogIndex(9), raft::Term(3), {{raft::ReplicaId(1)}, {}, {}}};
  std::vector<raft::Body> bodies{raft::VoteRequest{raft::LogIndex(7), raft::Term(2), true, false},
                                 raft::VoteReply{false, true, false},
                                 append,
                                 raft::AppendReply{.index = raft::LogIndex(5), .promise = 8},
                                 raft::Heartbeat{raft::LogIndex(300), 2, true},
                                 raft::HeartbeatReply{2, true, raft::LogIndex(1), 9},
                                 raft::InstallSnapshot{meta},
                                 raft::TimeoutNow{},
                                 raft::ReadRequest{raft::ReadId(77)},
                                 raft::ReadReply{raft::ReadId(77), raft::LogIndex(5)}};
  for (const raft::Body& body : bodies) {
    std::string bytes =
        EncodeMessage({raft::ReplicaId(1), raft::ReplicaId(2), raft::Term(6), body});
    std::optional<raft::Message> back = DecodeMessage(bytes);
    ASSERT_TRUE(back.has_value());
    EXPECT_EQ(back->body.index(), body.index());
    EXPECT_EQ(EncodeMessage(*back), bytes);
    for (size_t cut = 0; cut < bytes.size(); cut++) {
      EXPECT_FALSE(DecodeMessage(bytes.substr(0, cut)).has_value());
    }
  }
}

}  // namespace
}  // namespace lathe::sim
