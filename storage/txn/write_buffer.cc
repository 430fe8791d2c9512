#include "storage/txn/write_buffer.h"

#include <new>
#include <utility>

namespace lathe::txn {

Status WriteBuffer::Put(StorageId storage, uint32_t schema_version, std::string_view key,
                        std::string_view image, uint32_t statement, int net_rows) {
  if (used_bytes() > bytes_max_) {
    Error error = MakeError(SqlState::kOutOfMemory, "out of memory");
    error.detail =
        "The transaction's buffered changes exceed " + std::to_string(bytes_max_) + " bytes.";
    return error;
  }
  if (!marked_ && !log_.empty() && log_.back().statement != statement) log_.clear();
  std::shared_ptr<StorageWrites>& of_storage = storages_[storage];
  if (of_storage == nullptr) of_storage = std::make_shared<StorageWrites>();
  StorageWrites& writes = *of_storage;
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
    it->second->adopted = false;
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

Status WriteBuffer::Adopt(StorageId storage, uint32_t schema_version, std::string_view key,
                          std::string_view image, uint32_t statement) {
  LATHE_TRY(Put(storage, schema_version, key, image, statement, 0));
  auto it = storages_[storage]->rows_.find(key);
  it->second->adopted = true;
  adopted_.emplace_back(storage, it->first);
  return Ok();
}

void WriteBuffer::DropAdopted() {
  // The log keeps its items, which find nothing any more.
  const auto adopted = std::exchange(adopted_, {});
  for (const auto& [storage, key] : adopted) {
    auto writes = storages_.find(storage);
    if (writes == storages_.end()) continue;
    auto it = writes->second->rows_.find(key);
    if (it == writes->second->rows_.end()) continue;
    if (!it->second->adopted) {
      // Changed since. It comes up again when the changes are undone.
      adopted_.emplace_back(storage, it->first);
      continue;
    }
    writes->second->rows_.erase(it);
    used_bytes_ -= kRowBytes;
  }
  if (!adopted.empty() && !marked_) DropEmpty();
}

void WriteBuffer::UndoLast() {
  const LogItem item = log_.back();
  log_.pop_back();
  auto storage = storages_.find(item.storage);
  if (storage == storages_.end()) return;
  StorageWrites& writes = *storage->second;
  writes.net_rows -= item.net_rows;
  auto it = writes.rows_.find(item.key);
  if (it == writes.rows_.end() || it->second->statement != item.statement) return;
  it->second = it->second->older;
  if (it->second != nullptr) return;
  writes.rows_.erase(it);
  used_bytes_ -= kRowBytes;
}

void WriteBuffer::Undo(uint32_t statement) {
  while (!log_.empty() && log_.back().statement == statement) UndoLast();
  if (!marked_) log_.clear();
  DropEmpty();
}

size_t WriteBuffer::Mark() {
  if (!marked_) log_.clear();
  marked_ = true;
  return log_.size();
}

void WriteBuffer::UndoTo(size_t mark) {
  while (log_.size() > mark) UndoLast();
  DropEmpty();
}

// Storages without rows go with their arenas.
void WriteBuffer::DropEmpty() {
  for (auto it = storages_.begin(); it != storages_.end();) {
    const StorageId storage = it->first;
    const bool empty = it->second->rows_.empty();
    ++it;
    if (empty) Forget(storage);
  }
}

void WriteBuffer::Forget(StorageId storage) {
  auto it = storages_.find(storage);
  if (it == storages_.end()) return;
  used_bytes_ -= it->second->arena_->used_bytes() + it->second->rows_.size() * kRowBytes;
  // Items of the log point into the arena. Marks count items, so with marks they stay.
  if (!marked_) {
    std::erase_if(log_, [&](const LogItem& item) { return item.storage == storage; });
  }
  for (LogItem& item : log_) {
    if (item.storage == storage) item.storage = StorageId(), item.key = {};
  }
  std::erase_if(adopted_, [&](const auto& item) { return item.first == storage; });
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
    changes.schema_version = writes->schema_version;
    changes.net_rows = writes->net_rows;
    changes.rows.reserve(writes->rows_.size());
    for (const auto& [key, version] : writes->rows_) {
      if (version->adopted) continue;
      RowChange row;
      row.key = key;
      if (!version->is_delete()) row.row = version->image;
      changes.rows.push_back(row);
    }
    if (!changes.rows.empty()) batch->storages.push_back(std::move(changes));
  }
}

}  // namespace lathe::txn
