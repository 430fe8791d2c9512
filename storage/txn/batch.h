// Every durable change as a value: the logical batch. It names rows, never pages, so a replica that
// applies it may lay out and fold its pages as it likes. Serialised as entries:
//
//   entry:  format (1 byte) | kind (1 byte) | body      (whoever stores entries adds a checksum)
//   kWrite: timestamp | transaction | storages with their rows | catalog changes | sequence
//   advances | committed loads | dropped storages kLoad:  load id | storage | schema version |
//   number of the chunk | rows in key order (at most about 4 MiB)
//
// Numbers are varints, byte strings length-prefixed. Applying an entry twice is the same as once.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "storage/txn/key_moves.h"

namespace lathe::txn {

inline constexpr uint8_t kEntryFormatVersion = 1;

enum class EntryKind : uint8_t { kWrite = 1, kLoad = 2 };

/// A row put or deleted. key = the row key without the StorageId; row = the row image (see
/// storage/page/row_image.h), empty for a delete.
struct RowChange {
  std::string_view key;
  std::string_view row;
  bool is_delete() const { return row.empty(); }
};

/// Changes of the rows of one storage, in key order, each key once.
struct StorageChanges {
  StorageId storage;
  uint32_t schema_version = 0;
  int64_t net_rows = 0;  // rows more (or less) after it; an estimate for statistics
  std::vector<RowChange> rows;
};

/// A catalog record put, or deleted when it has no value.
struct CatalogChange {
  std::string key;
  std::optional<std::string> value;
};

/// Hidden row ids below `next` are used in this storage.
struct SequenceAdvance {
  StorageId storage;
  uint64_t next = 0;
};

/// A load whose rows become visible with this commit.
struct LoadCommit {
  LoadId load;
  StorageId storage;
  uint64_t row_count = 0;
};

/// All changes of one commit. Views point into the transaction (or into the decoded entry), which
/// outlives the batch.
struct LogicalBatch {
  TxnId txn;
  std::vector<StorageChanges> storages;
  std::vector<CatalogChange> catalog;
  std::vector<SequenceAdvance> sequences;
  std::vector<LoadCommit> loads;
  std::vector<StorageId> dropped;      // storages that nobody can reach after this commit
  // For those who wait here; not stored.
  const OwnKeyMoves* moves = nullptr;  // null = none
  std::vector<DeletedRowsPtr> deleted;

  bool empty() const {
    return storages.empty() && catalog.empty() && sequences.empty() && loads.empty() &&
           dropped.empty();
  }
};

/// A piece of a load's rows.
struct LoadChunk {
  LoadId load;
  StorageId storage;
  uint32_t schema_version = 0;
  uint64_t number = 0;  // from 0
  std::vector<RowChange> rows;
};

std::string EncodeWrite(const LogicalBatch& batch, Timestamp ts);
std::string EncodeLoad(const LoadChunk& chunk);

/// A decoded entry; views point into the bytes that it was decoded from.
struct Entry {
  EntryKind kind = EntryKind::kWrite;
  Timestamp ts;        // kWrite
  LogicalBatch write;  // kWrite
  LoadChunk load;      // kLoad
};
/// XX001 when the bytes are damaged or of another format version.
Result<Entry> DecodeEntry(std::string_view bytes);

}  // namespace lathe::txn
