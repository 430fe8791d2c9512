// Directory entries: encoder, decoder, printer.
#include "storage/page/directory_entry.h"

#include "runtime/base/bytes.h"
#include "storage/keyspace/key_family.h"

namespace lathe::page {

std::string PageDirectoryEntry::EncodeKey() const {
  return keyspace::PageKey(storage, last_key, page);
}

std::string PageDirectoryEntry::EncodeValue() const {
  std::string value;
  value.push_back(kDirectoryFormatVersion);
  value.push_back(0);  // flags
  AppendLittle<uint64_t>(&value, fold_ts.value);
  AppendLittle<uint64_t>(&value, load.value);
  AppendLittle<uint32_t>(&value, row_count);
  AppendLittle<uint32_t>(&value, page_bytes);
  AppendLittle<uint32_t>(&value, schema_version);
  AppendLengthPrefixed(&value, first_key);
  AppendLengthPrefixed(&value, summary);
  return value;
}

Result<PageDirectoryEntry> PageDirectoryEntry::Decode(std::string_view key,
                                                      std::string_view value) {
  auto corrupted = [](const char* what) {
    return MakeError(SqlState::kDataCorrupted,
                     std::string("page directory entry is corrupted: ") + what);
  };
  keyspace::PageKeyParts parts;
  if (!keyspace::DecodePageKey(key, &parts)) return corrupted("key too short");
  ByteReader reader(value);
  if (reader.Little<uint8_t>() != kDirectoryFormatVersion)
    return corrupted("unknown format version");
  if (reader.Little<uint8_t>() != 0) return corrupted("unknown flags");
  PageDirectoryEntry entry;
  entry.storage = parts.storage;
  entry.page = parts.page;
  entry.last_key = parts.last_row_key;
  entry.fold_ts = Timestamp(reader.Little<uint64_t>());
  entry.load = LoadId(reader.Little<uint64_t>());
  entry.row_count = reader.Little<uint32_t>();
  entry.page_bytes = reader.Little<uint32_t>();
  entry.schema_version = reader.Little<uint32_t>();
  entry.first_key = reader.LengthPrefixed();
  entry.summary = reader.LengthPrefixed();
  if (!reader.ok() || !reader.AtEnd()) return corrupted("wrong length");
  if (entry.row_count == 0) return corrupted("page without rows");
  if (entry.first_key > entry.last_key) return corrupted("first key behind last key");
  return entry;
}

std::string PageDirectoryEntry::ToString() const {
  std::string text = "page " + std::to_string(page.value) + " of storage " +
                     std::to_string(storage.value) + ": " + std::to_string(row_count) + " rows, " +
                     std::to_string(page_bytes) + " bytes, schema version " +
                     std::to_string(schema_version);
  if (load) text += ", load " + std::to_string(load.value);
  if (fold_ts) text += ", folded at " + std::to_string(fold_ts.value);
  return text;
}

}  // namespace lathe::page
