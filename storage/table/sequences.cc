#include "storage/table/sequences.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/keyspace/keyspace.h"

namespace lathe::table {
namespace {

// Values that one write of the record is good for, as in PostgreSQL.
constexpr int64_t kValuesAhead = 32;
constexpr std::string_view kPrefix = "sequence/";

std::string KeyOf(StorageId state) {
  std::string key(kPrefix);
  AppendBig(&key, state.value);
  return key;
}

/// One step on; false when the range ends there.
bool Step(const schema::SequenceOptions& options, int64_t from, int64_t* to) {
  if (__builtin_add_overflow(from, options.increment, to)) return false;
  return *to >= options.min_value && *to <= options.max_value;
}

}  // namespace

Result<Sequences::Open*> Sequences::Find(const schema::RelationDescriptor& sequence) {
  const StorageId state = sequence.sequence.state;
  auto it = open_.find(state);
  if (it != open_.end()) return &it->second;
  Open open;
  open.now = {sequence.sequence.start, false, 0};
  std::string bytes;
  LATHE_ASSIGN(bool found, kv_->Get(kv::Family::kMeta, KeyOf(state), &bytes));
  if (found) {
    if (bytes.size() != 9) return MakeError(SqlState::kDataCorrupted, "a sequence is damaged");
    open.now = {LoadAt<int64_t>(bytes.data()), bytes[8] != 0, 0};
  }
  open.stored = open.now;
  return &open_.emplace(state, open).first->second;
}

// Not synced: the commit that makes use of a value is behind it in the same log.
Status Sequences::Store(StorageId state, Open* open, SequenceState value) {
  std::string bytes;
  AppendLittle(&bytes, value.last_value);
  bytes.push_back(value.is_called ? 1 : 0);
  kv::WriteBatch batch;
  batch.Put(kv::Family::kMeta, KeyOf(state), bytes);
  LATHE_TRY(kv_->Write(batch, false));
  open->stored = value;
  return Ok();
}

Result<std::pair<int64_t, int64_t>> Sequences::Next(const schema::RelationDescriptor& sequence,
                                                    int64_t count) {
  const schema::SequenceOptions& options = sequence.sequence;
  std::lock_guard lock(mutex_);
  LATHE_ASSIGN(Open * open, Find(sequence));
  int64_t first = open->now.last_value;
  if (open->now.is_called && !Step(options, first, &first)) {
    if (!options.cycle) {
      const bool up = options.increment > 0;
      return MakeError(SqlState::kSequenceGeneratorLimitExceeded,
                       "nextval: reached " + std::string(up ? "maximum" : "minimum") +
                           " value of sequence \"" + sequence.name + "\" (" +
                           std::to_string(up ? options.max_value : options.min_value) + ")");
    }
    first = options.increment > 0 ? options.min_value : options.max_value;
  }
  int64_t last = first;
  for (int64_t i = 1, next; i < count && Step(options, last, &next); ++i) last = next;
  // Does what is stored lie ahead of `last`, in this round?
  const bool up = options.increment > 0;
  const int64_t stored = open->stored.last_value;
  const bool wraps =
      open->now.is_called && (up ? first < open->now.last_value : first > open->now.last_value);
  const bool covered = !wraps && open->stored.is_called && (up ? stored >= last : stored <= last);
  if (!covered) {
    int64_t ahead = last;
    for (int64_t i = 0, next; i < kValuesAhead && Step(options, ahead, &next); ++i) ahead = next;
    LATHE_TRY(Store(options.state, open, {ahead, true, 0}));
  }
  open->now = {last, true, 0};
  if (track_) changed_.insert(options.state);
  return std::pair(first, last);
}

Status Sequences::Set(const schema::RelationDescriptor& sequence, SequenceState state) {
  std::lock_guard lock(mutex_);
  LATHE_ASSIGN(Open * open, Find(sequence));
  LATHE_TRY(Store(sequence.sequence.state, open, state));
  open->now = state;
  if (track_) changed_.insert(sequence.sequence.state);
  return Ok();
}

Result<SequenceState> Sequences::Read(const schema::RelationDescriptor& sequence) {
  std::lock_guard lock(mutex_);
  LATHE_ASSIGN(Open * open, Find(sequence));
  SequenceState state = open->now;
  state.values_ahead = 0;
  int64_t at = state.last_value;
  while (state.is_called && state.values_ahead < kValuesAhead && at != open->stored.last_value &&
         Step(sequence.sequence, at, &at)) {
    ++state.values_ahead;
  }
  return state;
}

std::vector<txn::SequenceAdvance> Sequences::TakeChanged() {
  std::lock_guard lock(mutex_);
  std::vector<txn::SequenceAdvance> advances;
  for (StorageId state : changed_) {
    // Signed as PostgreSQL's values are: small numbers of either sign stay small.
    const int64_t last = open_.at(state).now.last_value;
    advances.push_back(
        {state, static_cast<uint64_t>(last) << 1 ^ static_cast<uint64_t>(last >> 63)});
  }
  changed_.clear();
  return advances;
}

void Sequences::GiveBack(const std::vector<txn::SequenceAdvance>& advances) {
  std::lock_guard lock(mutex_);
  for (const txn::SequenceAdvance& advance : advances) changed_.insert(advance.storage);
}

Status Sequences::Observe(const schema::RelationDescriptor& sequence, uint64_t last) {
  const int64_t value = static_cast<int64_t>(last >> 1) ^ -static_cast<int64_t>(last & 1);
  return Set(sequence, {value, true, 0});
}

Status Sequences::Clean(const catalog::CatalogState& catalog) {
  std::vector<std::string> named;
  for (const auto& [id, relation] : catalog.relations) {
    if (relation->kind == schema::RelationKind::kSequence) {
      named.push_back(KeyOf(relation->sequence.state));
    }
  }
  std::sort(named.begin(), named.end());
  kv::IterateOptions range;
  range.lower = kPrefix;
  range.upper = keyspace::PrefixSuccessor(std::string(kPrefix));
  auto it = kv_->NewIterator(kv::Family::kMeta, range);
  kv::WriteBatch batch;
  bool any = false;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    const std::string key(it->key());
    if (std::binary_search(named.begin(), named.end(), key)) continue;
    batch.Delete(kv::Family::kMeta, key);
    any = true;
  }
  LATHE_TRY(it->status());
  return any ? kv_->Write(batch, false) : Ok();
}

void Sequences::Close() {
  std::lock_guard lock(mutex_);
  for (auto& [state, open] : open_) {
    if (open.stored.last_value == open.now.last_value &&
        open.stored.is_called == open.now.is_called) {
      continue;
    }
    (void)Store(state, &open, open.now);
  }
}

}  // namespace lathe::table
