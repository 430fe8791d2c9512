#include "tests/sim/text.h"

namespace lathe::sim {

using raft::Entry;
using raft::LogIndex;
using raft::Message;
using raft::ReplicaId;

std::string N(uint64_t value) { return std::to_string(value); }

std::string Text(const std::vector<ReplicaId>& set) {
  std::string out;
  for (ReplicaId id : set) out += (out.empty() ? "" : ",") + N(id.value);
  return out.empty() ? "-" : out;
}

std::string Text(const raft::Config& config) {
  std::string out = "voters " + Text(config.voters);
  if (config.joint()) out += " outgoing " + Text(config.old_voters);
  if (!config.learners.empty()) out += " learners " + Text(config.learners);
  return out;
}

std::string Text(const Entry& entry) {
  std::string out = N(entry.index.value) + "/" + N(entry.term.value);
  switch (entry.kind) {
    case raft::EntryKind::kNoop:
      return out + " no-op";
    case raft::EntryKind::kCommand:
      return out + " \"" + std::string(entry.payload.bytes()) + "\"";
    case raft::EntryKind::kConfig: {
      std::optional<raft::Config> config = raft::DecodeConfig(entry.payload.bytes());
      return out + " config (" + (config ? Text(*config) : "damaged") + ")";
    }
  }
  return out;
}

std::string Text(const std::vector<Entry>& entries) {
  std::string out;
  for (const Entry& entry : entries) out += (out.empty() ? "" : ", ") + Text(entry);
  return out;
}

namespace {

struct BodyText {
  std::string At(LogIndex index, raft::Term term) const {
    return N(index.value) + "/" + N(term.value);
  }
  std::string operator()(const raft::VoteRequest& m) const {
    return std::string(m.pre ? "pre-vote" : "vote") + " request, log ends " +
           At(m.last_index, m.last_term) + (m.forced ? ", forced" : "");
  }
  std::string operator()(const raft::VoteReply& m) const {
    return std::string(m.pre ? "pre-vote" : "vote") + (m.granted ? " granted" : " refused") +
           (m.removed ? ", removed" : "");
  }
  std::string operator()(const raft::Append& m) const {
    return "append after " + At(m.prev_index, m.prev_term) + " commit " + N(m.commit.value) +
           (m.entries.empty() ? "" : ": " + Text(m.entries));
  }
  std::string operator()(const raft::AppendReply& m) const {
    std::string bound = m.promise ? ", bound by promise " + N(m.promise) : "";
    if (!m.refused) {
      return "has up to " + N(m.index.value) + " commit " + N(m.commit.value) + bound;
    }
    return "lacks " + N(m.index.value) + ", try " + At(m.hint_index, m.hint_term) + bound;
  }
  std::string operator()(const raft::Heartbeat& m) const {
    return "heartbeat commit " + N(m.commit.value) + " round " + N(m.round);
  }
  std::string operator()(const raft::HeartbeatReply& m) const {
    return "heard round " + N(m.round) + " commit " + N(m.commit.value) +
           (m.promise ? ", bound by promise " + N(m.promise) : "");
  }
  std::string operator()(const raft::InstallSnapshot& m) const {
    return "snapshot " + At(m.meta.index, m.meta.term) + " " + Text(m.meta.config);
  }
  std::string operator()(const raft::TimeoutNow&) const { return "start an election"; }
  std::string operator()(const raft::ReadRequest& m) const { return "read " + N(m.id.value); }
  std::string operator()(const raft::ReadReply& m) const {
    return "read " + N(m.id.value) + (m.index ? " at " + N(m.index.value) : " refused");
  }
};

}  // namespace

std::string Text(const Message& m) {
  return N(m.from.value) + " > " + N(m.to.value) + " term " + N(m.term.value) + ": " +
         std::visit(BodyText{}, m.body);
}

const char* Text(raft::Refusal refusal) {
  static const char* const kNames[] = {"taken", "not leader", "transferring", "too large",
                                       "full",  "busy",       "invalid"};
  return kNames[static_cast<int>(refusal)];
}

std::string Text(const raft::Core& core) {
  static const char* const kRoles[] = {"follower", "candidate", "leader"};
  return N(core.id().value) + " " + kRoles[core.role().index()] + " term " + N(core.term().value) +
         " vote " + N(core.hard_state().vote.value) + " leader " + N(core.leader().value) +
         " log " + N(core.log().base_index().value) + ".." + N(core.log().last_index().value) +
         " durable " + N(core.durable().value) + " commit " + N(core.commit().value) + " " +
         Text(core.config());
}

}  // namespace lathe::sim
