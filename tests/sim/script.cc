// lathe-raft-script: runs interaction scripts and compares what the cores say with what is written
// beneath each command.
//   lathe-raft-script [--update] [--mutant NAME] FILE-OR-DIRECTORY...
//
// A line that begins with a letter is a command, lines that begin with two spaces are the full
// effect of the one above, '#' begins a comment. --update rewrites the effects; `expect` commands
// fail whatever is written. Commands (n, m: replicas):
//   group N [name=value...]    N voters, instant disks; options as in options.h
//   start n [quiet]            start a replica: a new one, or one that crashed, from its disk
//   campaign n | tick n [times [now]] | propose n bytes... | read n id | transfer n m
//   config n voters [learners]           as 1,2,3 4
//   deliver n m | deliver all | drop n m | drop all | repeat n m     messages from n to m, or all
//   last n m                   the newest message from n to m overtakes the others
//   append n m prev last commit    an Append as a leader n of other pacing might send it
//   settle                     deliver and write until nothing is left
//   disk n manual|instant | write n [count]                          complete writes by hand
//   crash n [writes [entries]]           so many writes, and entries of the next, are on the disk
//   forget n upto | snapshot n m | sent n m index | lost n m | unreachable n m | cut n | heal
//   support n m number until | promised n m number until | lease n now
//   state [n]
//   expect n WORD [value]      leader follower candidate precandidate removed term commit last
//   voters expect n lease|nolease now
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <deque>
#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "dist/raft/invariants.h"
#include "dist/raft/mutant.h"
#include "tests/sim/text.h"

namespace lathe::sim {
namespace {

using raft::Core;
using raft::Entry;
using raft::LogIndex;
using raft::Message;
using raft::ReplicaId;

/// One script's group. Output goes to `out`.
class Stage {
 public:
  /// Runs a command. False when it is unknown or an expectation fails.
  bool Run(const std::string& line);
  std::string out;

 private:
  struct Batch {
    raft::WriteId id;
    std::optional<raft::HardState> hard_state;
    std::optional<raft::SnapshotMeta> snapshot;
    std::vector<Entry> append;
    std::vector<Message> send_after;
  };
  struct Node {
    std::optional<Core> core;
    raft::HardState hard_state;
    raft::SnapshotMeta base;
    std::vector<Entry> log;
    LogIndex applied;
    std::deque<Batch> writes;
    bool manual = false, cut = false;
  };
  using Words = std::vector<std::string>;

  void Say(const std::string& text) { out += "  " + text + "\n"; }
  uint64_t Value(const Words& words, size_t i, uint64_t otherwise = 0) {
    return i < words.size() ? std::strtoull(words[i].c_str(), nullptr, 10) : otherwise;
  }
  std::vector<ReplicaId> Set(const Words& words, size_t i);
  bool Setup(const Words& words);
  bool Input(const Words& words, Core& core, uint64_t n);
  bool Mail(const Words& words);
  bool World(const Words& words, uint64_t n);
  bool Expect(const Words& words);
  bool ExpectValue(const std::string& what, uint64_t got, uint64_t wanted);
  void Start(uint64_t n, uint64_t quiet);
  void CrashNode(uint64_t n, uint64_t writes, uint64_t entries);
  void Settle();
  void Perform(uint64_t n);
  void Carry(uint64_t n, raft::Effects* effects);
  void Persist(Node& node, const Batch& batch, size_t entries);
  void WriteOne(uint64_t n);
  void Post(const Message& message);
  void Deliver(const Message& message);
  void State(uint64_t n);

  raft::Options options_;
  std::map<uint64_t, Node> nodes_;
  std::deque<Message> mail_;
  raft::Config first_;
  raft::Invariants watch_;
};

std::vector<ReplicaId> Stage::Set(const Words& words, size_t i) {
  std::vector<ReplicaId> set;
  if (i >= words.size() || words[i] == "-") return set;
  std::stringstream stream(words[i]);
  for (std::string part; std::getline(stream, part, ',');)
    set.push_back(ReplicaId(std::stoull(part)));
  return set;
}

bool Stage::Setup(const Words& words) {
  std::map<std::string, size_t*> sizes{{"entry_bytes_max", &options_.entry_bytes_max},
                                       {"message_bytes_max", &options_.message_bytes_max},
                                       {"window_messages_max", &options_.window_messages_max},
                                       {"window_bytes_max", &options_.window_bytes_max},
                                       {"uncommitted_bytes_max", &options_.uncommitted_bytes_max},
                                       {"apply_bytes_max", &options_.apply_bytes_max},
                                       {"reads_max", &options_.reads_max}};
  options_.election_ticks = 10;
  for (size_t i = 2; i < words.size(); i++) {
    size_t equals = words[i].find('=');
    std::string name = words[i].substr(0, equals);
    uint64_t value = std::stoull(words[i].substr(equals + 1));
    if (sizes.count(name))
      *sizes[name] = value;
    else if (name == "pre_vote")
      options_.pre_vote = value;
    else if (name == "check_quorum")
      options_.check_quorum = value;
    else if (name == "election_ticks")
      options_.election_ticks = value;
    else
      return false;
  }
  for (uint64_t i = 1; i <= Value(words, 1); i++) first_.voters.push_back(ReplicaId(i));
  for (ReplicaId id : first_.voters) Start(id.value, 0);
  return true;
}

void Stage::Start(uint64_t n, uint64_t quiet) {
  Node& node = nodes_[n];
  if (node.base.index == LogIndex()) node.base.config = first_;
  raft::StartState start;
  start.id = ReplicaId(n);
  start.hard_state = node.hard_state;
  start.base = node.base;
  start.entries = node.log;
  start.applied = std::max(node.applied, node.base.index);
  start.seed = n;
  start.quiet_until = raft::Time(quiet);
  node.core.emplace(&options_, start);
  watch_.Started(*node.core);
}

void Stage::Persist(Node& node, const Batch& batch, size_t entries) {
  if (batch.hard_state) node.hard_state = *batch.hard_state;
  if (batch.snapshot) {
    node.base = *batch.snapshot;
    node.log.clear();
    node.applied = node.base.index;
  }
  for (size_t i = 0; i < entries; i++) {
    if (batch.append[i].index <= node.base.index) continue;
    node.log.resize(batch.append[i].index - node.base.index - 1);
    node.log.push_back(batch.append[i]);
  }
}

void Stage::WriteOne(uint64_t n) {
  Node& node = nodes_[n];
  if (node.writes.empty() || !node.core) return;
  Batch batch = std::move(node.writes.front());
  node.writes.pop_front();
  Persist(node, batch, batch.append.size());
  for (const Message& message : batch.send_after) Post(message);
  node.core->LogAppended(batch.id);
  if (batch.snapshot) node.core->SnapshotInstalled(batch.snapshot->index);
  Perform(n);
}

void Stage::CrashNode(uint64_t n, uint64_t writes, uint64_t entries) {
  Node& node = nodes_[n];
  for (uint64_t i = 0; i < node.writes.size() && i <= writes; i++) {
    if (i < writes)
      Persist(node, node.writes[i], node.writes[i].append.size());
    else if (entries > 0)
      Persist(node, node.writes[i], entries);
  }
  node.writes.clear();
  node.core.reset();
}

void Stage::Post(const Message& message) {
  Node& node = nodes_[message.from.value];
  watch_.Sent(message, {node.hard_state, node.base.index + node.log.size()});
  bool lost = node.cut || (nodes_.count(message.to.value) && nodes_[message.to.value].cut);
  Say(Text(message) + (lost ? " (lost)" : ""));
  if (!lost) mail_.push_back(message);
}

void Stage::Deliver(const Message& message) {
  auto to = nodes_.find(message.to.value);
  if (to == nodes_.end() || !to->second.core) return;
  to->second.core->Step(message);
  Perform(message.to.value);
}

void Stage::Perform(uint64_t n) {
  Node& node = nodes_[n];
  while (node.core) {
    raft::Effects effects;
    bool work = node.core->HasWork();
    node.core->Take(&effects);
    if (!work && !effects.empty()) Say("ALTHOUGH IT SAID THAT IT HAD NONE:");
    watch_.Stepped(*node.core, effects);
    if (effects.empty()) return;
    Carry(n, &effects);
    if (effects.removed) {
      Say(N(n) + " is removed");
      node.core.reset();
    }
  }
}

void Stage::Carry(uint64_t n, raft::Effects* effects) {
  Node& node = nodes_[n];
  if (effects->write) {
    std::string what;
    if (effects->hard_state) {
      what += " term " + N(effects->hard_state->term.value) + " vote " +
              N(effects->hard_state->vote.value);
    }
    if (effects->snapshot) what += " snapshot " + N(effects->snapshot->index.value);
    if (!effects->append.empty()) what += " " + Text(effects->append);
    if (what.empty()) what = " nothing, to wait";
    Say(N(n) + " writes" + what);
  }
  for (const Message& message : effects->send_now) Post(message);
  for (ReplicaId to : effects->need_snapshot) Say(N(n) + " must send a snapshot to " + N(to.value));
  for (const Entry& entry : effects->apply) Say(N(n) + " applies " + Text(entry));
  for (const raft::ReadAnswer& read : effects->reads) {
    Say(N(n) + " read " + N(read.id.value) + (read.ok ? " at " + N(read.index.value) : " failed"));
  }
  if (!effects->apply.empty()) {
    node.applied = effects->apply.back().index;
    node.core->Applied(node.applied);
  }
  if (!effects->write) return;
  node.writes.push_back({effects->write, effects->hard_state, effects->snapshot, effects->append,
                         effects->send_after});
  if (!node.manual) WriteOne(n);
}

void Stage::Settle() {
  for (int rounds = 0; rounds < 10000; rounds++) {
    if (!mail_.empty()) {
      Message message = mail_.front();
      mail_.pop_front();
      Deliver(message);
      continue;
    }
    auto busy = std::find_if(nodes_.begin(), nodes_.end(), [](const auto& n) {
      return n.second.core && !n.second.writes.empty();
    });
    if (busy == nodes_.end()) return;
    WriteOne(busy->first);
  }
  Say("does not come to rest");
}

void Stage::State(uint64_t n) {
  const Node& node = nodes_[n];
  if (!node.core) return Say(N(n) + " is down");
  const Core& core = *node.core;
  Say(Text(core));
  if (const raft::Leader* leader = std::get_if<raft::Leader>(&core.role())) {
    static const char* const kModes[] = {"probe", "replicate", "snapshot"};
    for (const raft::Progress& p : leader->followers) {
      Say("  " + N(p.id.value) + " " + kModes[static_cast<int>(p.mode)] + " match " +
          N(p.match.value) + " next " + N(p.next.value) + " in flight " + N(p.inflight_messages()) +
          (p.window ? " window " + N(p.window) : ""));
    }
  }
}

bool Stage::Input(const Words& words, Core& core, uint64_t n) {
  const std::string& verb = words[0];
  if (verb == "campaign") {
    core.Campaign();
  } else if (verb == "tick") {
    for (uint64_t i = 0; i < Value(words, 2, 1) && nodes_[n].core; i++) {
      core.Tick(raft::Time(Value(words, 3)));
      Perform(n);
    }
    return true;
  } else if (verb == "propose") {
    std::vector<raft::Payload> commands;
    for (size_t i = 2; i < words.size(); i++) commands.emplace_back(words[i]);
    Say(Text(core.Propose(commands).refusal));
  } else if (verb == "read") {
    core.ReadIndex(raft::ReadId(Value(words, 2)));
  } else if (verb == "transfer") {
    Say(Text(core.Transfer(ReplicaId(Value(words, 2)))));
  } else if (verb == "config") {
    raft::Config target{Set(words, 2), {}, Set(words, 3)};
    Say(Text(core.ProposeConfig(target).refusal));
  } else if (verb == "forget") {
    LogIndex upto(Value(words, 2));
    raft::SnapshotMeta meta = core.MetaAt(upto);
    core.ForgetLog(upto);
    Node& node = nodes_[n];
    node.log.erase(node.log.begin(), node.log.begin() + (upto - node.base.index));
    node.base = meta;
  } else if (verb == "sent" || verb == "lost") {
    core.SnapshotSent(ReplicaId(Value(words, 2)), LogIndex(Value(words, 3)), verb == "sent");
  } else if (verb == "unreachable") {
    core.ReportUnreachable(ReplicaId(Value(words, 2)));
  } else if (verb == "support") {
    core.Support(ReplicaId(Value(words, 2)), Value(words, 3), raft::Time(Value(words, 4)));
  } else if (verb == "promised") {
    core.Promised(ReplicaId(Value(words, 2)), Value(words, 3), raft::Time(Value(words, 4)));
  } else if (verb == "lease") {
    std::optional<LogIndex> index = core.LeaseRead(raft::Time(Value(words, 2)));
    Say(index ? "reads at " + N(index->value) : "no lease");
  } else if (verb == "snapshot") {
    Post({core.id(), ReplicaId(Value(words, 2)), core.term(),
          raft::InstallSnapshot{core.MetaAt(core.applied())}});
  } else {
    return false;
  }
  Perform(n);
  return true;
}

bool Stage::Mail(const Words& words) {
  if (words[0] == "last") {
    for (size_t i = mail_.size(); i-- > 0;) {
      Message message = mail_[i];
      if (message.from.value != Value(words, 1) || message.to.value != Value(words, 2)) continue;
      mail_.erase(mail_.begin() + i);
      Deliver(message);
      return true;
    }
    return false;
  }
  if (words[0] == "append") {
    const Core& from = *nodes_[Value(words, 1)].core;
    LogIndex prev(Value(words, 3));
    raft::Append append{
        prev, from.log().TermAt(prev).value_or(raft::Term()), LogIndex(Value(words, 5)), {}};
    from.log().Copy(prev + 1, LogIndex(Value(words, 4)), SIZE_MAX, &append.entries);
    Post({from.id(), ReplicaId(Value(words, 2)), from.term(), append});
    return true;
  }
  bool all = words.size() > 1 && words[1] == "all";
  std::deque<Message> chosen, rest;
  for (const Message& message : mail_) {
    bool is = all || (message.from.value == Value(words, 1) && message.to.value == Value(words, 2));
    (is ? chosen : rest).push_back(message);
  }
  if (words[0] != "repeat") mail_ = rest;
  if (words[0] == "drop") return true;
  for (const Message& message : chosen) Deliver(message);
  return true;
}

bool Stage::World(const Words& words, uint64_t n) {
  const std::string& verb = words[0];
  if (verb == "group") return Setup(words);
  static const char* const kMail[] = {"deliver", "drop", "repeat", "last", "append"};
  if (std::find(std::begin(kMail), std::end(kMail), verb) != std::end(kMail)) return Mail(words);
  if (verb == "settle") return Settle(), true;
  if (verb == "start") {
    Start(n, Value(words, 2));
    Perform(n);
  } else if (verb == "disk") {
    nodes_[n].manual = words[2] == "manual";
    while (!nodes_[n].manual && !nodes_[n].writes.empty()) WriteOne(n);
  } else if (verb == "write") {
    for (uint64_t i = Value(words, 2, 1000); i > 0 && !nodes_[n].writes.empty(); i--) WriteOne(n);
  } else if (verb == "crash") {
    CrashNode(n, Value(words, 2), Value(words, 3));
  } else if (verb == "cut") {
    nodes_[n].cut = true;
  } else if (verb == "heal") {
    for (auto& [id, node] : nodes_) node.cut = false;
  } else if (verb == "state") {
    for (auto& [id, node] : nodes_) {
      if (words.size() < 2 || id == n) State(id);
    }
  } else {
    return false;
  }
  return true;
}

bool Stage::ExpectValue(const std::string& what, uint64_t got, uint64_t wanted) {
  if (got != wanted) Say("EXPECTED " + what + " " + N(wanted) + ", IS " + N(got));
  return got == wanted;
}

bool Stage::Expect(const Words& words) {
  uint64_t n = Value(words, 1);
  const std::string& what = words[2];
  Node& node = nodes_[n];
  if (what == "removed") return ExpectValue(what, !node.core, 1);
  if (!node.core) return ExpectValue("running", 0, 1);
  const Core& core = *node.core;
  const raft::Candidate* candidate = std::get_if<raft::Candidate>(&core.role());
  if (what == "leader") return ExpectValue(what, core.is_leader(), 1);
  if (what == "follower") return ExpectValue(what, core.role().index() == 0, 1);
  if (what == "candidate") return ExpectValue(what, candidate && !candidate->pre, 1);
  if (what == "precandidate") return ExpectValue(what, candidate && candidate->pre, 1);
  if (what == "term") return ExpectValue(what, core.term().value, Value(words, 3));
  if (what == "commit") return ExpectValue(what, core.commit().value, Value(words, 3));
  if (what == "last") return ExpectValue(what, core.log().last_index().value, Value(words, 3));
  if (what == "base") return ExpectValue(what, core.log().base_index().value, Value(words, 3));
  if (what == "quiet") return ExpectValue(what, core.Quiet(), Value(words, 3));
  bool lease = core.LeaseRead(raft::Time(Value(words, 3))).has_value();
  if (what == "lease") return ExpectValue(what, lease, 1);
  if (what == "nolease") return ExpectValue(what, lease, 0);
  if (what == "voters") {
    bool same = core.config().voters == Set(words, 3) && !core.config().joint();
    if (!same) Say("EXPECTED voters " + words[3] + ", ARE " + Text(core.config()));
    return same;
  }
  return false;
}

bool Stage::Run(const std::string& line) {
  std::stringstream stream(line);
  Words words;
  for (std::string word; stream >> word;) words.push_back(word);
  bool ok;
  if (words[0] == "expect") {
    ok = words.size() > 2 && Expect(words);
  } else {
    uint64_t n = Value(words, 1);
    ok = World(words, n);
    auto node = nodes_.find(n);
    if (!ok && node != nodes_.end() && node->second.core) ok = Input(words, *node->second.core, n);
    if (!ok) Say("UNKNOWN COMMAND OR REPLICA");
  }
  if (!watch_.ok()) {
    Say("VIOLATION: " + watch_.failure());
    return false;
  }
  return ok;
}

bool RunFile(const std::filesystem::path& path, bool update) {
  std::ifstream in(path);
  std::string wanted((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
  std::stringstream lines(wanted);
  std::string got;
  Stage stage;
  bool ok = true;
  for (std::string line; std::getline(lines, line);) {
    if (line.rfind("  ", 0) == 0) continue;
    got += line + "\n";
    if (line.empty() || line[0] == '#') continue;
    stage.out.clear();
    if (!stage.Run(line)) {
      ok = false;
      std::printf("%s: %s\n%s", path.filename().c_str(), line.c_str(), stage.out.c_str());
    }
    got += stage.out;
  }
  if (update) {
    std::ofstream(path) << got;
  } else if (got != wanted) {
    size_t at =
        std::mismatch(got.begin(), got.end(), wanted.begin(), wanted.end()).first - got.begin();
    size_t line_begin = at == 0 ? 0 : got.rfind('\n', at - 1) + 1;
    std::printf("%s differs at line %ld: %s\n", path.filename().c_str(),
                static_cast<long>(std::count(got.begin(), got.begin() + at, '\n') + 1),
                got.substr(line_begin, got.find('\n', at) - line_begin).c_str());
    ok = false;
  }
  return ok;
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
  bool update = false;
  std::vector<std::filesystem::path> files;
  for (int i = 1; i < argc; i++) {
    if (std::strcmp(argv[i], "--update") == 0) {
      update = true;
    } else if (std::strcmp(argv[i], "--mutant") == 0 && i + 1 < argc) {
      if (!SetMutant(argv[++i])) return 2;
    } else if (std::filesystem::is_directory(argv[i])) {
      for (const auto& file : std::filesystem::directory_iterator(argv[i])) files.push_back(file);
    } else {
      files.push_back(argv[i]);
    }
  }
  std::sort(files.begin(), files.end());
  size_t failed = 0;
  for (const std::filesystem::path& file : files) failed += !RunFile(file, update);
  std::printf("%zu scripts, %zu failed\n", files.size(), failed);
  return failed || files.empty() ? 1 : 0;
}

}  // namespace
}  // namespace lathe::sim

int main(int argc, char** argv) { return lathe::sim::Main(argc, argv); }
