#include "storage/txn/validator.h"

#include <algorithm>

namespace lathe::txn {
namespace {

// Noted writes beyond this are given up, oldest first; transactions with older snapshots then fail.
constexpr uint64_t kBytesMax = 64ull << 20;

}  // namespace

Timestamp Validator::Enter() {
  Timestamp unnoted;
  {
    std::lock_guard lock(mutex_);
    ++entering_;  // from here on commits are noted
    unnoted = last_unnoted_;
  }
  watermark_->WaitFor(unnoted);
  const Timestamp snapshot = watermark_->Acquire();
  std::lock_guard lock(mutex_);
  --entering_;
  snapshots_.insert(snapshot);
  return snapshot;
}

void Validator::Leave(Timestamp snapshot) {
  watermark_->Release(snapshot);
  std::lock_guard lock(mutex_);
  snapshots_.erase(snapshots_.find(snapshot));
  Prune();
}

// What no running transaction can conflict with goes.
void Validator::Prune() {
  if (entering_ > 0) return;
  while (!commits_.empty() && (snapshots_.empty() || commits_.front().ts <= *snapshots_.begin())) {
    bytes_ -= commits_.front().bytes;
    last_unnoted_ = std::max(last_unnoted_, commits_.front().ts);
    commits_.pop_front();
  }
}

bool Validator::Touches(const Written& written, const std::vector<ReadRange>& ranges) {
  if (written.all) return true;
  // The first key at or behind each range's begin decides. The longer list is searched.
  size_t low = 0;
  for (const ReadRange& range : ranges) {
    size_t high = written.ends.size();
    while (low < high) {
      const size_t middle = low + (high - low) / 2;
      if (written.key(middle) < range.begin) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    if (low == written.ends.size()) return false;
    if (range.end.empty() || written.key(low) < range.end) return true;
  }
  return false;
}

bool Validator::Conflict(const Reads& reads) const {
  // Commits after the snapshot that are not there any more count as conflicts.
  if (last_unnoted_ > reads.snapshot) return true;
  for (auto commit = commits_.rbegin(); commit != commits_.rend(); ++commit) {
    if (commit->ts <= reads.snapshot) break;
    for (const auto& [storage, written] : commit->storages) {
      const std::vector<ReadRange>* ranges = reads.set->Find(storage);
      if (ranges != nullptr && Touches(written, *ranges)) return true;
    }
  }
  return false;
}

void Validator::Note(const LogicalBatch& batch, Timestamp ts) {
  Commit commit;
  commit.ts = ts;
  for (const StorageChanges& changes : batch.storages) {
    Written& written = commit.storages[changes.storage];
    size_t bytes = 0;
    for (const RowChange& row : changes.rows) bytes += row.key.size();
    if (bytes > UINT32_MAX / 2) {
      written.all = true;
      continue;
    }
    written.bytes.reserve(bytes);
    written.ends.reserve(changes.rows.size());
    for (const RowChange& row : changes.rows) {
      written.bytes.append(row.key);
      written.ends.push_back(static_cast<uint32_t>(written.bytes.size()));
    }
    commit.bytes += bytes + changes.rows.size() * sizeof(uint32_t) + sizeof(Written);
  }
  for (const LoadCommit& load : batch.loads) commit.storages[load.storage].all = true;
  for (StorageId storage : batch.dropped) commit.storages[storage].all = true;
  bytes_ += commit.bytes;
  commits_.push_back(std::move(commit));
  while (bytes_ > kBytesMax && !commits_.empty()) {
    bytes_ -= commits_.front().bytes;
    last_unnoted_ = std::max(last_unnoted_, commits_.front().ts);
    commits_.pop_front();
  }
}

Error Validator::ConflictError() {
  Error error =
      MakeError(SqlState::kSerializationFailure,
                "could not serialize access due to read/write dependencies among transactions");
  error.detail = "Reason code: Canceled on conflict out to a committed transaction, during commit.";
  error.hint = "The transaction might succeed if retried.";
  return error;
}

bool Validator::HasChanged(const Reads& reads) {
  std::lock_guard lock(mutex_);
  return Conflict(reads);
}

Result<Timestamp> Validator::Begin(Oracle* oracle, const LogicalBatch& batch, const Reads* reads) {
  std::lock_guard lock(mutex_);
  if (reads != nullptr && Conflict(*reads)) return ConflictError();
  LATHE_ASSIGN(Timestamp ts, watermark_->Begin(oracle));
  if (entering_ == 0 && snapshots_.empty()) {
    last_unnoted_ = ts;
  } else {
    Note(batch, ts);
  }
  return ts;
}

}  // namespace lathe::txn
