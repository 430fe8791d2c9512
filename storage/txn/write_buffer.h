// The changes of a running transaction: per storage and row key the newest own version and the
// older ones below it, each with the statement that made it. A statement sees versions of smaller
// statement numbers; undoing a statement takes off its versions.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/btree_map.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "storage/txn/arena.h"
#include "storage/txn/batch.h"

namespace lathe::txn {

/// One own version of a row. Never changed once a later statement runs.
struct OwnVersion {
  OwnVersion* older = nullptr;
  uint32_t statement = 0;
  bool adopted = false;  // somebody else's commit, not a change of this transaction
  std::string_view
      image;  // of the row (storage/page/row_image.h), in the buffer's arena; empty = deleted
  bool is_delete() const { return image.empty(); }
};

/// Own versions of one storage, by row key.
class StorageWrites {
 public:
  using Map = absl::btree_map<std::string_view, OwnVersion*>;
  /// The newest own version of a key; null = none.
  const OwnVersion* Find(std::string_view key) const {
    auto it = rows_.find(key);
    return it == rows_.end() ? nullptr : it->second;
  }
  /// The newest own version that a statement sees; null = none.
  static const OwnVersion* Visible(const OwnVersion* version, uint32_t statement) {
    while (version != nullptr && version->statement >= statement) version = version->older;
    return version;
  }
  const Map& rows() const { return rows_; }
  bool empty() const { return rows_.empty(); }
  /// What keys and images lie in.
  const std::shared_ptr<Arena>& arena() const { return arena_; }
  uint32_t schema_version = 0;
  int64_t net_rows = 0;  // rows more (or less) than committed

 private:
  friend class WriteBuffer;
  Map rows_;
  std::shared_ptr<Arena> arena_ = std::make_shared<Arena>();
};

/// All own changes of one transaction's rows. Not thread-safe.
class WriteBuffer {
 public:
  /// bytes_max: 53200 beyond.
  explicit WriteBuffer(uint64_t bytes_max) : bytes_max_(bytes_max) {}

  /// Makes image (empty = delete) the newest version of the row, made by `statement`. Key and image
  /// are copied. net_rows: by how much the statement changes the number of rows with it (1 insert,
  /// 0 update, -1 delete).
  Status Put(StorageId storage, uint32_t schema_version, std::string_view key,
             std::string_view image, uint32_t statement, int net_rows);
  /// Makes the newest committed version of a row, which is newer than the snapshot, one that later
  /// statements see; not written at commit. The row is locked.
  Status Adopt(StorageId storage, uint32_t schema_version, std::string_view key,
               std::string_view image, uint32_t statement);
  /// Forgets what was adopted and not changed since: a newer snapshot shows it, and what others
  /// have made of it since (a KEY SHARE lock lets them).
  void DropAdopted();
  /// Takes off all versions made by `statement`, the last one that wrote.
  void Undo(uint32_t statement);
  /// From the first mark on, until DropMarks, all changes can be taken off down to a mark.
  size_t Mark();
  void UndoTo(size_t mark);
  void DropMarks() { marked_ = false; }
  /// Forgets the writes of a storage (dropped or emptied by its own transaction).
  void Forget(StorageId storage);
  /// By how much `statement`, the last one that wrote, changes the number of rows of a storage.
  int64_t NetRowsOf(StorageId storage, uint32_t statement) const;

  /// Null when nothing was written there.
  const StorageWrites* Find(StorageId storage) const {
    auto it = storages_.find(storage);
    return it == storages_.end() ? nullptr : it->second.get();
  }
  /// As Find; what it gives stays, as it is by then, when the storage's writes are forgotten.
  std::shared_ptr<const StorageWrites> FindShared(StorageId storage) const {
    auto it = storages_.find(storage);
    return it == storages_.end() ? nullptr : it->second;
  }
  bool empty() const;
  /// Appends the net changes to a batch; views point into this buffer.
  void AppendTo(LogicalBatch* batch) const;
  uint64_t used_bytes() const { return used_bytes_ + log_.size() * sizeof(LogItem); }
  uint64_t bytes_max() const { return bytes_max_; }

 private:
  struct LogItem {
    StorageId storage;  // none: nothing to undo
    std::string_view key;
    uint32_t statement = 0;
    int net_rows = 0;
  };

  // What a row takes in the map beside key and image, roughly.
  static constexpr uint64_t kRowBytes = 32;

  const uint64_t bytes_max_;
  uint64_t used_bytes_ = 0;
  std::map<StorageId, std::shared_ptr<StorageWrites>> storages_;
  void UndoLast();
  void DropEmpty();
  // Versions in the order in which they were made: those of the last statement that wrote; with
  // marks all since the first one.
  std::vector<LogItem> log_;
  bool marked_ = false;
  std::vector<std::pair<StorageId, std::string_view>> adopted_;  // keys, in the storages' arenas
};

}  // namespace lathe::txn
