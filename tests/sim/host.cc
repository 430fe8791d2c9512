#include "tests/sim/host.h"

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "tests/sim/wire.h"

namespace lathe::sim {
namespace {

using raft::Entry;
using raft::HardState;

// A record: length and hash of the body, the body; its first byte says what follows.
constexpr char kHardStateRecord = 'H', kEntryRecord = 'E';
constexpr size_t kRecordHead = sizeof(uint32_t) + sizeof(uint64_t);

void AddRecord(std::string* out, char kind, std::string_view bytes) {
  std::string body = kind + std::string(bytes);
  AppendLittle(out, static_cast<uint32_t>(body.size()));
  AppendLittle(out, base::Hash64(body));
  out->append(body);
}

// Takes one record into `start`. False for what is none.
bool Replay(std::string_view body, raft::StartState* start) {
  std::string_view bytes = body.substr(1);
  if (body[0] == kHardStateRecord) {
    std::optional<HardState> state = DecodeHardState(bytes);
    if (state) start->hard_state = *state;
    return state.has_value();
  }
  std::optional<Entry> entry = body[0] == kEntryRecord ? DecodeEntry(bytes) : std::nullopt;
  if (!entry || !entry->index || entry->index.value > start->entries.size() + 1) return false;
  start->entries.resize(entry->index.value - 1);  // it takes the place of what was there
  start->entries.push_back(*std::move(entry));
  return true;
}

}  // namespace

Result<std::unique_ptr<Host>> Host::Open(const Environment& environment,
                                         const std::string& directory, raft::ReplicaId id,
                                         const raft::Config& first, uint64_t seed) {
  std::unique_ptr<Host> host(new Host(environment));
  host->options_.election_ticks = 6;
  host->options_.heartbeat_ticks = 2;
  raft::StartState start;
  start.id = id;
  start.base.config = first;
  start.seed = seed;
  LATHE_TRY(host->Recover(directory, &start));
  host->core_ = std::make_unique<raft::Core>(&host->options_, std::move(start));
  environment.transport->SetReceiver(
      [host = host.get()](base::NodeId from, std::string bytes) { host->Receive(from, bytes); });
  return host;
}

// Whole records from the front on; after them lies what a crash has torn, or nothing.
Status Host::Recover(const std::string& directory, raft::StartState* start) {
  base::FileSystem* files = environment_.files;
  LATHE_TRY(files->MakeDirectory(directory));
  LATHE_ASSIGN(log_, files->Open(base::JoinPath(directory, "log"), base::OpenMode::kCreate));
  LATHE_TRY(files->SyncDirectory(directory));
  LATHE_ASSIGN(uint64_t size, log_->Size());
  std::string bytes(size, '\0');
  LATHE_ASSIGN(size_t read, log_->ReadAt(0, bytes.data(), bytes.size()));
  uint64_t good = 0;
  while (good + kRecordHead < read) {
    uint32_t length = LoadAt<uint32_t>(&bytes[good]);
    if (length == 0 || length > read - good - kRecordHead) break;
    std::string_view body = std::string_view(bytes).substr(good + kRecordHead, length);
    if (base::Hash64(body) != LoadAt<uint64_t>(&bytes[good + sizeof(uint32_t)])) break;
    if (!Replay(body, start)) break;
    good += kRecordHead + length;
  }
  if (good == size) return {};
  LATHE_TRY(log_->Truncate(good));
  return log_->Sync();
}

void Host::Tick() {
  core_->Tick(raft::Time(environment_.clock->MonotonicNanos() / 1000));
  Work();
}

bool Host::Propose(std::string_view command) {
  raft::Payload payload(command);
  bool taken = core_->Propose({&payload, 1}).ok();
  Work();
  return taken;
}

void Host::Receive(base::NodeId from, std::string_view bytes) {
  std::optional<raft::Message> message = DecodeMessage(bytes);
  if (!message || message->from.value != from.value) return;
  core_->Step(*std::move(message));
  Work();
}

void Host::Work() {
  raft::Effects effects;
  while (failure_.ok() && core_->HasWork()) {
    core_->Take(&effects);
    Send(effects.send_now);
    if (effects.write) {
      failure_ = Write(effects);
      if (!failure_.ok()) return;
      core_->LogAppended(effects.write);
    }
    Send(effects.send_after);
    for (const Entry& entry : effects.apply) {
      if (entry.kind == raft::EntryKind::kCommand) applied_.emplace_back(entry.payload.bytes());
      core_->Applied(entry.index);
    }
  }
}

Status Host::Write(const raft::Effects& effects) {
  std::string records;
  if (effects.hard_state)
    AddRecord(&records, kHardStateRecord, EncodeHardState(*effects.hard_state));
  for (const Entry& entry : effects.append) AddRecord(&records, kEntryRecord, EncodeEntry(entry));
  if (records.empty()) return {};
  LATHE_TRY(log_->Append(records));
  return log_->Sync();
}

void Host::Send(const std::vector<raft::Message>& messages) {
  for (const raft::Message& message : messages) {
    environment_.transport->Send(base::NodeId(message.to.value), EncodeMessage(message));
  }
}

}  // namespace lathe::sim
