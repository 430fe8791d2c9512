// SERIALIZABLE: what a transaction has read must not have changed between its snapshot and its
// commit. Then every transaction that writes is as if it ran at its commit's instant, and one that
// only reads as if it ran at its snapshot's: the order of commits is a serial order. This is
// backward validation (Haerder, "Observations on Optimistic Concurrency Control Schemes",
// Information Systems 9(2), 1984, section 3). Checking the reads, noting the writes and drawing the
// timestamp is one step, so of two commits in flight one sees the other's writes.
#pragma once

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "storage/txn/batch.h"
#include "storage/txn/oracle.h"
#include "storage/txn/read_set.h"
#include "storage/txn/watermark.h"

namespace lathe::txn {

/// The reads of a SERIALIZABLE transaction at its commit.
struct Reads {
  ReadSet* set = nullptr;
  Timestamp snapshot;
};

/// Keeps what was written while SERIALIZABLE transactions run. Thread-safe.
class Validator {
 public:
  explicit Validator(Watermark* watermark) : watermark_(watermark) {}

  /// A snapshot for a SERIALIZABLE transaction: all later commits are noted until Leave. As
  /// Watermark::Acquire, and given back with Leave instead of Release.
  Timestamp Enter();
  void Leave(Timestamp snapshot);

  /// Checks the reads (null: there is nothing to check), notes the writes and draws the commit
  /// timestamp, which is in flight then (Watermark::Begin). Error: 40001.
  Result<Timestamp> Begin(Oracle* oracle, const LogicalBatch& batch, const Reads* reads);
  /// Would a commit with these reads fail by now?
  bool HasChanged(const Reads& reads);
  /// 40001.
  static Error ConflictError();

 private:
  struct Written {
    bool all = false;  // rows that nobody lists: loads, dropped storages
    std::string bytes;
    std::vector<uint32_t> ends;  // of the keys in bytes; they ascend
    std::string_view key(size_t i) const {
      const uint32_t begin = i == 0 ? 0 : ends[i - 1];
      return std::string_view(bytes).substr(begin, ends[i] - begin);
    }
  };
  struct Commit {
    Timestamp ts;
    std::map<StorageId, Written> storages;
    uint64_t bytes = 0;
  };

  bool Conflict(const Reads& reads) const;
  static bool Touches(const Written& written, const std::vector<ReadRange>& ranges);
  void Note(const LogicalBatch& batch, Timestamp ts);
  void Prune();

  Watermark* const watermark_;
  std::mutex mutex_;  // before the watermark's; guards the rest
  uint32_t entering_ = 0;
  std::multiset<Timestamp> snapshots_;
  std::deque<Commit> commits_;  // by timestamp
  uint64_t bytes_ = 0;
  Timestamp last_unnoted_;  // the newest commit that was not noted
};

}  // namespace lathe::txn
