// What the page directory (family pagedir) holds for one page. Key: keyspace::PageKey(storage,
// last_key, page). Value:
//   u8 format version | u8 flags | u64 fold_ts | u64 load id | u32 rows | u32 bytes | u32 schema
//   version | first key (length-prefixed) | summary (length-prefixed)
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::page {

inline constexpr uint8_t kDirectoryFormatVersion = 1;

/// Plain value.
struct PageDirectoryEntry {
  StorageId storage;
  PageId page;
  std::string first_key, last_key;  // row keys; first_key <= last_key
  Timestamp fold_ts;  // delta versions up to this time are in the page; 0 for pages of a load
  LoadId load;  // the load that wrote the page; 0 = a fold. Its commit time is in family loads
  uint32_t row_count = 0;
  uint32_t page_bytes = 0;
  uint32_t schema_version = 0;
  std::string summary;  // page_summary.h

  bool operator==(const PageDirectoryEntry&) const = default;

  std::string EncodeKey() const;
  std::string EncodeValue() const;
  /// XX001 when the bytes are no entry.
  static Result<PageDirectoryEntry> Decode(std::string_view key, std::string_view value);
  /// "page 7 of storage 3: 500 rows, 65000 bytes, ...", for logs and tests.
  std::string ToString() const;
};

}  // namespace lathe::page
