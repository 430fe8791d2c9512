#include "storage/txn/batch.h"

#include "runtime/base/bytes.h"

namespace lathe::txn {
namespace {

void Begin(std::string* out, EntryKind kind) {
  out->push_back(static_cast<char>(kEntryFormatVersion));
  out->push_back(static_cast<char>(kind));
}

void EncodeRows(std::string* out, const std::vector<RowChange>& rows) {
  AppendVarint(out, rows.size());
  for (const RowChange& row : rows) {
    AppendLengthPrefixed(out, row.key);
    AppendLengthPrefixed(out, row.row);
  }
}

// A count of things that take at least min_bytes each, so that damaged counts do not allocate.
size_t ReadCount(ByteReader* in, size_t min_bytes) {
  uint64_t count = in->Varint();
  if (count > in->rest().size() / min_bytes) {
    (void)in->Bytes(UINT64_MAX);  // makes the reader fail
    return 0;
  }
  return count;
}

void DecodeRows(ByteReader* in, std::vector<RowChange>* rows) {
  size_t count = ReadCount(in, 2);
  rows->reserve(count);
  for (size_t i = 0; i < count && in->ok(); ++i) {
    RowChange row;
    row.key = in->LengthPrefixed();
    row.row = in->LengthPrefixed();
    rows->push_back(row);
  }
}

void DecodeWrite(ByteReader* in, Entry* entry) {
  LogicalBatch& batch = entry->write;
  entry->ts = Timestamp(in->Varint());
  batch.txn = TxnId(in->Varint());
  for (size_t i = 0, n = ReadCount(in, 3); i < n && in->ok(); ++i) {
    StorageChanges changes;
    changes.storage = StorageId(in->Varint());
    changes.schema_version = static_cast<uint32_t>(in->Varint());
    changes.net_rows = in->Little<int64_t>();
    DecodeRows(in, &changes.rows);
    batch.storages.push_back(std::move(changes));
  }
  for (size_t i = 0, n = ReadCount(in, 2); i < n && in->ok(); ++i) {
    CatalogChange change;
    change.key = in->LengthPrefixed();
    if (in->Little<uint8_t>() != 0) change.value = std::string(in->LengthPrefixed());
    batch.catalog.push_back(std::move(change));
  }
  for (size_t i = 0, n = ReadCount(in, 2); i < n && in->ok(); ++i) {
    SequenceAdvance advance;
    advance.storage = StorageId(in->Varint());
    advance.next = in->Varint();
    batch.sequences.push_back(advance);
  }
  for (size_t i = 0, n = ReadCount(in, 3); i < n && in->ok(); ++i) {
    LoadCommit load;
    load.load = LoadId(in->Varint());
    load.storage = StorageId(in->Varint());
    load.row_count = in->Varint();
    batch.loads.push_back(load);
  }
  for (size_t i = 0, n = ReadCount(in, 1); i < n && in->ok(); ++i) {
    batch.dropped.push_back(StorageId(in->Varint()));
  }
}

}  // namespace

std::string EncodeWrite(const LogicalBatch& batch, Timestamp ts) {
  std::string out;
  Begin(&out, EntryKind::kWrite);
  AppendVarint(&out, ts.value);
  AppendVarint(&out, batch.txn.value);
  AppendVarint(&out, batch.storages.size());
  for (const StorageChanges& changes : batch.storages) {
    AppendVarint(&out, changes.storage.value);
    AppendVarint(&out, changes.schema_version);
    AppendLittle(&out, changes.net_rows);
    EncodeRows(&out, changes.rows);
  }
  AppendVarint(&out, batch.catalog.size());
  for (const CatalogChange& change : batch.catalog) {
    AppendLengthPrefixed(&out, change.key);
    out.push_back(change.value.has_value() ? 1 : 0);
    if (change.value.has_value()) AppendLengthPrefixed(&out, *change.value);
  }
  AppendVarint(&out, batch.sequences.size());
  for (const SequenceAdvance& advance : batch.sequences) {
    AppendVarint(&out, advance.storage.value);
    AppendVarint(&out, advance.next);
  }
  AppendVarint(&out, batch.loads.size());
  for (const LoadCommit& load : batch.loads) {
    AppendVarint(&out, load.load.value);
    AppendVarint(&out, load.storage.value);
    AppendVarint(&out, load.row_count);
  }
  AppendVarint(&out, batch.dropped.size());
  for (StorageId storage : batch.dropped) AppendVarint(&out, storage.value);
  return out;
}

std::string EncodeLoad(const LoadChunk& chunk) {
  std::string out;
  Begin(&out, EntryKind::kLoad);
  AppendVarint(&out, chunk.load.value);
  AppendVarint(&out, chunk.storage.value);
  AppendVarint(&out, chunk.schema_version);
  AppendVarint(&out, chunk.number);
  EncodeRows(&out, chunk.rows);
  return out;
}

Result<Entry> DecodeEntry(std::string_view bytes) {
  ByteReader in(bytes);
  if (in.Little<uint8_t>() != kEntryFormatVersion) {
    return MakeError(SqlState::kDataCorrupted, "logical batch is of an unknown format version");
  }
  Entry entry;
  entry.kind = static_cast<EntryKind>(in.Little<uint8_t>());
  if (entry.kind == EntryKind::kWrite) {
    DecodeWrite(&in, &entry);
  } else if (entry.kind == EntryKind::kLoad) {
    entry.load.load = LoadId(in.Varint());
    entry.load.storage = StorageId(in.Varint());
    entry.load.schema_version = static_cast<uint32_t>(in.Varint());
    entry.load.number = in.Varint();
    DecodeRows(&in, &entry.load.rows);
  } else {
    return MakeError(SqlState::kDataCorrupted, "logical batch is of an unknown kind");
  }
  if (!in.ok() || !in.AtEnd()) {
    return MakeError(SqlState::kDataCorrupted, "logical batch is damaged");
  }
  return entry;
}

}  // namespace lathe::txn
