// Where rows have gone whose key a commit has changed. A row is known by its key, so whoever waited
// for a row to update it must hear of the new key: PostgreSQL follows the row's versions there.
#pragma once

#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "runtime/base/ids.h"

namespace lathe::txn {

/// A row that has got another key within its storage; both are StorageId | key.
struct KeyMove {
  std::string from, to;
};

/// What one transaction notes for its commit. Not thread-safe. Bounded: beyond its bound it knows
/// only that it does not know.
class OwnKeyMoves {
 public:
  /// statement: numbers grow; those of one statement move the rows that were there before it.
  void Add(std::string_view from, std::string_view to, uint32_t statement);
  /// For undoing what comes later.
  size_t Mark() const { return moves_.size(); }
  void UndoTo(size_t mark);
  bool empty() const { return moves_.empty() && !lost_; }
  /// From where each row was before the transaction to where it is now.
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
    std::string to;
  };

  /// Notes a commit's moves, before its timestamp is published. oldest: no snapshot is older, now
  /// or later.
  void Add(const OwnKeyMoves& moves, Timestamp ts, Timestamp oldest);
  /// The first move of a row away from this key after a timestamp.
  std::optional<Move> Find(std::string_view from, Timestamp after) const;
  /// Moves after this timestamp may have been forgotten.
  bool ForgottenAfter(Timestamp after) const;

 private:
  struct Known {
    Timestamp ts;
    std::string from;
    uint64_t bytes;
  };
  void DropOldest();

  mutable std::mutex mutex_;
  absl::flat_hash_map<std::string, std::vector<Move>> moves_;  // each by timestamp
  std::deque<Known> order_;
  uint64_t bytes_ = 0;
  Timestamp forgotten_;  // the newest move that is not here any more, or never was
};

}  // namespace lathe::txn
