#include "storage/txn/write_buffer.h"

#include <new>

namespace lathe::txn {

Status WriteBuffer::Put(StorageId storage, uint32_t schema_version, std::string_view key,
                        std::string_view image, uint32_t statement, int net_rows) {
  if (used_bytes() > bytes_max_) {
    Error error = MakeError(SqlState::kOutOfMemory, "out of memory");
    error.detail =
        "The transaction's buffered changes exceed " + std::to_string(bytes_max_) + " bytes.";
    return error;
  }
  if (!log_.empty() && log_.back().statement != statement) log_.clear();
  StorageWrites& writes = storages_[storage];
  writes.schema_version = schema_version;
  Arena& arena = *writes.arena_;
  used_bytes_ -= arena.used_bytes() + writes.rows_.size() * kRowBytes;
  auto it = writes.rows_.find(key);
  if (it == writes.rows_.end()) {
    it = writes.rows_.emplace(arena.Copy(key), nullptr).first;
  }
  if (!image.empty()) image = arena.Copy(image);
  writes.net_rows += net_rows;
  if (it->second != nullptr && it->second->statement == statement) {
    it->second->image = image;
    log_.push_back({storage, it->first, statement, net_rows});
    used_bytes_ += arena.used_bytes() + writes.rows_.size() * kRowBytes;
    return Ok();
  }
  auto* version = new (arena.Allocate(sizeof(OwnVersion))) OwnVersion();
  version->older = it->second;
  version->statement = statement;
  version->image = image;
  it->second = version;
  log_.push_back({storage, it->first, statement, net_rows});
  used_bytes_ += arena.used_bytes() + writes.rows_.size() * kRowBytes;
  return Ok();
}

void WriteBuffer::Undo(uint32_t statement) {
  std::vector<StorageId> emptied;
  for (auto item = log_.rbegin(); item != log_.rend(); ++item) {
    if (item->statement != statement) continue;
    auto storage = storages_.find(item->storage);
    if (storage == storages_.end()) continue;
    storage->second.net_rows -= item->net_rows;
    auto it = storage->second.rows_.find(item->key);
    if (it == storage->second.rows_.end() || it->second->statement != statement) continue;
    it->second = it->second->older;
    if (it->second == nullptr) {
      storage->second.rows_.erase(it);
      used_bytes_ -= kRowBytes;
    }
    // The item's key lies in the arena; what is undone behind it may, too.
    if (storage->second.rows_.empty()) emptied.push_back(storage->first);
  }
  log_.clear();
  for (StorageId storage : emptied) {
    auto it = storages_.find(storage);
    if (it != storages_.end() && it->second.rows_.empty()) Forget(storage);
  }
}

void WriteBuffer::Forget(StorageId storage) {
  auto it = storages_.find(storage);
  if (it == storages_.end()) return;
  used_bytes_ -= it->second.arena_->used_bytes() + it->second.rows_.size() * kRowBytes;
  std::erase_if(log_, [&](const LogItem& item) { return item.storage == storage; });
  storages_.erase(it);
}

int64_t WriteBuffer::NetRowsOf(StorageId storage, uint32_t statement) const {
  int64_t rows = 0;
  for (const LogItem& item : log_) {
    if (item.storage == storage && item.statement == statement) rows += item.net_rows;
  }
  return rows;
}

bool WriteBuffer::empty() const { return storages_.empty(); }

void WriteBuffer::AppendTo(LogicalBatch* batch) const {
  for (const auto& [storage, writes] : storages_) {
    StorageChanges changes;
    changes.storage = storage;
    changes.schema_version = writes.schema_version;
    changes.net_rows = writes.net_rows;
    changes.rows.reserve(writes.rows_.size());
    for (const auto& [key, version] : writes.rows_) {
      RowChange row;
      row.key = key;
      if (!version->is_delete()) row.row = version->image;
      changes.rows.push_back(row);
    }
    if (!changes.rows.empty()) batch->storages.push_back(std::move(changes));
  }
}

}  // namespace lathe::txn
