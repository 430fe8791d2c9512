// A group of three in one process whose messages all arrive and whose disks are instant.
#include "dist/raft/core.h"

#include <gtest/gtest.h>

#include <map>

namespace lathe::raft {
namespace {

class Group {
 public:
  explicit Group(uint64_t count, Options options = {}) : options_(options) {
    Config config;
    for (uint64_t i = 1; i <= count; i++) config.voters.push_back(ReplicaId(i));
    for (uint64_t i = 1; i <= count; i++) {
      StartState start;
      start.id = ReplicaId(i);
      start.base.config = config;
      start.seed = i;
      cores_.emplace(ReplicaId(i), Core(&options_, start));
    }
  }
  Core& operator[](uint64_t id) { return cores_.at(ReplicaId(id)); }
  void Tick() {
    for (auto& [id, core] : cores_) core.Tick(Time(++now_));
    Settle();
  }
  void Settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& [id, core] : cores_) {
        Effects effects;
        core.Take(&effects);
        if (effects.empty()) continue;
        busy = true;
        if (effects.write) core.LogAppended(effects.write);
        for (Entry& entry : effects.apply) {
          applied_[id].push_back(entry);
          core.Applied(entry.index);
        }
        for (ReadAnswer& read : effects.reads) reads_.push_back(read);
        for (auto* list : {&effects.send_now, &effects.send_after}) {
          for (Message& message : *list) Deliver(std::move(message));
        }
      }
    }
  }
  void Deliver(Message message) {
    if (message.to == cut_ || message.from == cut_) return;
    auto to = cores_.find(message.to);
    if (to != cores_.end()) to->second.Step(std::move(message));
  }

  Options options_;
  std::map<ReplicaId, Core> cores_;
  std::map<ReplicaId, std::vector<Entry>> applied_;
  std::vector<ReadAnswer> reads_;
  ReplicaId cut_;
  int64_t now_ = 0;
};

TEST(Core, ElectsReplicatesAndApplies) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  ASSERT_TRUE(group[1].is_leader());
  EXPECT_EQ(group[1].term(), Term(1));
  std::vector<Payload> commands{Payload("a"), Payload("b")};
  Proposal proposal = group[1].Propose(commands);
  ASSERT_TRUE(proposal.ok());
  EXPECT_EQ(proposal.first, LogIndex(2));
  group.Settle();
  for (uint64_t id : {1, 2, 3}) {
    EXPECT_EQ(group[id].commit(), LogIndex(3));
    ASSERT_EQ(group.applied_[ReplicaId(id)].size(), 3u);
    EXPECT_EQ(group.applied_[ReplicaId(id)][2].payload.bytes(), "b");
  }
  EXPECT_TRUE(group[1].Quiet());
  EXPECT_TRUE(group[2].Quiet());
}

TEST(Core, TimeoutsElectALeader) {
  Group group(5);
  for (int i = 0; i < 40; i++) group.Tick();
  int leaders = 0;
  for (uint64_t id = 1; id <= 5; id++) leaders += group[id].is_leader();
  EXPECT_EQ(leaders, 1);
}

TEST(Core, LoneVoterCommitsAlone) {
  Group group(1);
  group[1].Campaign();
  group.Settle();
  ASSERT_TRUE(group[1].is_leader());
  EXPECT_EQ(group[1].commit(), LogIndex(1));
  group[1].ReadIndex(ReadId(7));
  group.Settle();
  ASSERT_EQ(group.reads_.size(), 1u);
  EXPECT_TRUE(group.reads_[0].ok);
}

TEST(Core, ReadIndexOnLeaderAndFollower) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  group[1].ReadIndex(ReadId(1));
  group[2].ReadIndex(ReadId(2));
  group.Settle();
  ASSERT_EQ(group.reads_.size(), 2u);
  for (const ReadAnswer& read : group.reads_) {
    EXPECT_TRUE(read.ok);
    EXPECT_EQ(read.index, LogIndex(1));
  }
}

TEST(Core, CutLeaderStepsDownAndCatchesUp) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  group.cut_ = ReplicaId(1);
  std::vector<Payload> lost{Payload("lost")};
  ASSERT_TRUE(group[1].Propose(lost).ok());
  for (int i = 0; i < 60; i++) group.Tick();
  EXPECT_FALSE(group[1].is_leader());
  ASSERT_TRUE(group[2].is_leader() || group[3].is_leader());
  Core& leader = group[2].is_leader() ? group[2] : group[3];
  std::vector<Payload> kept{Payload("kept")};
  ASSERT_TRUE(leader.Propose(kept).ok());
  group.cut_ = ReplicaId();
  for (int i = 0; i < 60; i++) group.Tick();
  EXPECT_EQ(group.applied_[ReplicaId(1)].back().payload.bytes(), "kept");
}

TEST(Core, TransferMovesLeadership) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  EXPECT_EQ(group[1].Transfer(ReplicaId(3)), Refusal::kNone);
  group.Settle();
  EXPECT_TRUE(group[3].is_leader());
  EXPECT_FALSE(group[1].is_leader());
}

TEST(Core, JointChangeReplacesAVoterAndRemovesTheOld) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  StartState start;
  start.id = ReplicaId(4);
  start.seed = 4;
  start.base.config = group[1].config();
  group.cores_.emplace(ReplicaId(4), Core(&group.options_, start));
  Config target;
  target.voters = {ReplicaId(1), ReplicaId(2), ReplicaId(4)};
  ASSERT_TRUE(group[1].ProposeConfig(target).ok());
  EXPECT_EQ(group[1].ProposeConfig(target).refusal, Refusal::kBusy);
  group.Settle();
  EXPECT_EQ(group[1].config(), target);
  EXPECT_EQ(group[4].config(), target);
  EXPECT_EQ(group[4].commit(), group[1].commit());
}

TEST(Core, LearnerReceivesButDoesNotVote) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  StartState start;
  start.id = ReplicaId(4);
  group.cores_.emplace(ReplicaId(4), Core(&group.options_, start));
  Config target = group[1].config();
  target.learners = {ReplicaId(4)};
  ASSERT_TRUE(group[1].ProposeConfig(target).ok());
  group.Settle();
  EXPECT_EQ(group[4].commit(), group[1].commit());
  group[4].Campaign();
  group.Settle();
  EXPECT_TRUE(group[1].is_leader());
}

TEST(Core, CapsRefuse) {
  Options options;
  options.entry_bytes_max = 10;
  options.uncommitted_bytes_max = 100;
  Group group(3, options);
  EXPECT_EQ(group[1].Propose({}).refusal, Refusal::kNotLeader);
  group[1].Campaign();
  group.Settle();
  std::vector<Payload> large{Payload("12345678901")};
  EXPECT_EQ(group[1].Propose(large).refusal, Refusal::kTooLarge);
  std::vector<Payload> some(3, Payload("1234567890"));
  EXPECT_TRUE(group[1].Propose(some).ok());
  EXPECT_EQ(group[1].Propose(some).refusal, Refusal::kFull);
  group.Settle();
  EXPECT_TRUE(group[1].Propose(some).ok());
}

TEST(Core, CopiesAreIndependentValues) {
  Group group(3);
  group[1].Campaign();
  group.Settle();
  Core copy = group[1];
  std::string a, b;
  copy.Encode(&a);
  group[1].Encode(&b);
  EXPECT_EQ(a, b);
  std::vector<Payload> commands{Payload("x")};
  copy.Propose(commands);
  std::string c;
  copy.Encode(&c);
  EXPECT_NE(a, c);
  a.clear();
  group[1].Encode(&a);
  EXPECT_EQ(a, b);
}

}  // namespace
}  // namespace lathe::raft
