// Where rows have gone whose key a commit has changed, and which rows have gone for good although
// their key is there again. A row is known by its key, so whoever waited for a row to update it
// must hear of that: PostgreSQL follows the row's versions to where they end.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::txn {

/// A row that has got another key within its storage; both are StorageId | key. to empty = the row
/// has gone, and another has its key.
struct KeyMove {
  std::string from, to;
};

/// Rows that a transaction has deleted, however many. Thread-safe.
class DeletedRows {
 public:
  virtual ~DeletedRows() = default;
  /// key: StorageId | key. Errors: of reading pages.
  virtual Result<bool> Contains(std::string_view key) = 0;
};
using DeletedRowsPtr = std::shared_ptr<DeletedRows>;

/// What one transaction notes for its commit. Not thread-safe. Bounded: beyond its bound it knows
/// only that it does not know.
class OwnKeyMoves {
 public:
  /// statement: numbers grow; those of one statement move the rows that were there before it.
  void Add(std::string_view from, std::string_view to, uint32_t statement);
  /// The row that was at this key before the statement has been deleted, and now another is there.
  void AddReplaced(std::string_view key, uint32_t statement) { Add(key, {}, statement); }
  /// For undoing what comes later.
  size_t Mark() const { return moves_.size(); }
  void UndoTo(size_t mark);
  bool empty() const { return moves_.empty() && !lost_; }
  /// From where each row was before the transaction to where it is now, if anywhere.
  std::vector<KeyMove> Composed() const;
  /// Moves were forgotten.
  bool lost() const { return lost_; }

 private:
  struct Step {
    KeyMove move;
    uint32_t statement;
  };
  std::vector<Step> moves_;
  uint64_t bytes_ = 0;
  bool lost_ = false;
};

/// The moves of commits that somebody's snapshot is older than. Thread-safe, bounded.
class KeyMoves {
 public:
  struct Move {
    Timestamp ts;
    std::string to;  // empty = the row has gone
  };

  /// Notes a commit's moves, before its timestamp is published. oldest: no snapshot is older, now
  /// or later.
  void Add(const OwnKeyMoves& moves, Timestamp ts, Timestamp oldest);
  /// Notes which rows a commit has deleted that it has not noted one by one; before its timestamp
  /// is published.
  void AddDeleted(DeletedRowsPtr rows, Timestamp ts);
  /// What happened first to the row of this key (StorageId | key) after a timestamp. A move goes
  /// before a deletion by the same commit.
  Result<std::optional<Move>> Find(std::string_view from, Timestamp after) const;
  /// Forgets what no snapshot is older than.
  void Trim(Timestamp oldest);
  /// Moves after this timestamp may have been forgotten.
  bool ForgottenAfter(Timestamp after) const;

 private:
  struct Known {
    Timestamp ts;
    std::string from;
    uint64_t bytes;
  };
  struct Deleted {
    Timestamp ts;
    DeletedRowsPtr rows;
  };
  // mutex_ held
  void DropOldest();
  void TrimTo(Timestamp oldest);

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<Move>> moves_;  // each by timestamp
  std::deque<Known> order_;
  std::deque<Deleted> deleted_;
  uint64_t bytes_ = 0;
  Timestamp forgotten_;  // the newest move that is not here any more, or never was
};

}  // namespace lathe::txn
