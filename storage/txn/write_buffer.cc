#include "storage/txn/write_buffer.h"

#include <new>

namespace lathe::txn {

Status WriteBuffer::Put(StorageId storage, uint32_t schema_version, std::string_view key,
                        std::string_view image, uint32_t statement, int net_rows) {
  if (arena_.used_bytes() > bytes_max_) {
    Error error = MakeError(SqlState::kOutOfMemory, "out of memory");
    error.detail =
        "The transaction's buffered changes exceed " + std::to_string(bytes_max_) + " bytes.";
    return error;
  }
  if (!log_.empty() && log_.back().statement != statement) log_.clear();
  StorageWrites& writes = storages_[storage];
  writes.schema_version = schema_version;
  auto it = writes.rows_.find(key);
  if (it == writes.rows_.end()) {
    it = writes.rows_.emplace(arena_.Copy(key), nullptr).first;
  }
  if (!image.empty()) image = arena_.Copy(image);
  writes.net_rows += net_rows;
  if (it->second != nullptr && it->second->statement == statement) {
    it->second->image = image;
    log_.push_back({storage, it->first, statement, net_rows});
    return Ok();
  }
  auto* version = new (arena_.Allocate(sizeof(OwnVersion))) OwnVersion();
  version->older = it->second;
  version->statement = statement;
  version->image = image;
  it->second = version;
  log_.push_back({storage, it->first, statement, net_rows});
  return Ok();
}

void WriteBuffer::Undo(uint32_t statement) {
  for (auto item = log_.rbegin(); item != log_.rend(); ++item) {
    if (item->statement != statement) continue;
    auto storage = storages_.find(item->storage);
    if (storage == storages_.end()) continue;
    storage->second.net_rows -= item->net_rows;
    auto it = storage->second.rows_.find(item->key);
    if (it == storage->second.rows_.end() || it->second->statement != statement) continue;
    it->second = it->second->older;
    if (it->second == nullptr) storage->second.rows_.erase(it);
    if (storage->second.rows_.empty()) storages_.erase(storage);
  }
  log_.clear();
}

void WriteBuffer::Forget(StorageId storage) { storages_.erase(storage); }

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
