#include "dist/raft/config.h"

#include "runtime/base/bytes.h"

namespace lathe::raft {
namespace {

bool IsAscending(const std::vector<ReplicaId>& set) {
  if (set.size() > kReplicasMax) return false;
  for (size_t i = 0; i < set.size(); i++) {
    if (!set[i] || (i > 0 && set[i - 1] >= set[i])) return false;
  }
  return true;
}

void EncodeSet(std::string* out, const std::vector<ReplicaId>& set) {
  AppendVarint(out, set.size());
  for (ReplicaId id : set) AppendVarint(out, id.value);
}

void DecodeSet(ByteReader* reader, std::vector<ReplicaId>* set) {
  uint64_t count = reader->Varint();
  for (uint64_t i = 0; i < count && i <= kReplicasMax && reader->ok(); i++) {
    set->push_back(ReplicaId(reader->Varint()));
  }
}

}  // namespace

std::vector<ReplicaId> Members(const Config& config) {
  std::vector<ReplicaId> all = config.voters;
  all.insert(all.end(), config.old_voters.begin(), config.old_voters.end());
  all.insert(all.end(), config.learners.begin(), config.learners.end());
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
  return all;
}

bool IsValid(const Config& config) {
  if (config.voters.empty()) return false;
  if (!IsAscending(config.voters) || !IsAscending(config.old_voters) ||
      !IsAscending(config.learners)) {
    return false;
  }
  for (ReplicaId id : config.learners) {
    if (Has(config.voters, id)) return false;
  }
  return true;
}

Config EnterChange(const Config& current, const Config& target) {
  Config next = target;
  next.old_voters.clear();
  if (target.voters != current.voters) next.old_voters = current.voters;
  return next;
}

Config LeaveJoint(const Config& joint) {
  Config next = joint;
  next.old_voters.clear();
  return next;
}

Payload EncodeConfig(const Config& config) {
  std::string bytes;
  EncodeSet(&bytes, config.voters);
  EncodeSet(&bytes, config.old_voters);
  EncodeSet(&bytes, config.learners);
  return Payload(bytes);
}

std::optional<Config> DecodeConfig(std::string_view bytes) {
  ByteReader reader(bytes);
  Config config;
  DecodeSet(&reader, &config.voters);
  DecodeSet(&reader, &config.old_voters);
  DecodeSet(&reader, &config.learners);
  if (!reader.ok() || !reader.AtEnd() || !IsValid(config)) return std::nullopt;
  return config;
}

}  // namespace lathe::raft
