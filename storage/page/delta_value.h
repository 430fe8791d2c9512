// The value of a delta key: one version of a row.
//   u8 format version | u8 flags (bit 0 tombstone, bit 1 unresolved) | varint schema version |
//   varint txn id | row image
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"

namespace lathe::page {

inline constexpr uint8_t kDeltaFormatVersion = 1;

/// A decoded version; image points into the value.
struct DeltaValue {
  bool tombstone = false;   // the row is deleted; no image
  bool unresolved = false;  // of a prepared transaction: the timestamp in the key is not final, ask
                            // for txn's outcome
  uint32_t schema_version = 0;
  TxnId txn;               // that wrote it
  std::string_view image;  // row_image.h, in the layout of schema_version; not validated yet
};

void EncodeDeltaValue(const DeltaValue& value, std::string* out);
/// XX001 when the bytes are no delta value. Check the image with ValidateRowImage before following
/// its strings.
Result<DeltaValue> DecodeDeltaValue(std::string_view bytes);

}  // namespace lathe::page
