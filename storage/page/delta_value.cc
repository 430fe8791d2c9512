// Delta values: encoder and decoder.
#include "storage/page/delta_value.h"

#include "runtime/base/bytes.h"

namespace lathe::page {
namespace {

constexpr uint8_t kTombstone = 1, kUnresolved = 2;

Error Corrupted(const char* what) {
  return MakeError(SqlState::kDataCorrupted, std::string("row version is corrupted: ") + what);
}

}  // namespace

void EncodeDeltaValue(const DeltaValue& value, std::string* out) {
  out->push_back(kDeltaFormatVersion);
  out->push_back(
      static_cast<char>((value.tombstone ? kTombstone : 0) | (value.unresolved ? kUnresolved : 0)));
  AppendVarint(out, value.schema_version);
  AppendVarint(out, value.txn.value);
  if (!value.tombstone) out->append(value.image);
}

Result<DeltaValue> DecodeDeltaValue(std::string_view bytes) {
  ByteReader reader(bytes);
  if (reader.Little<uint8_t>() != kDeltaFormatVersion) return Corrupted("unknown format version");
  const uint8_t flags = reader.Little<uint8_t>();
  const uint64_t schema_version = reader.Varint();
  DeltaValue value;
  value.txn = TxnId(reader.Varint());
  if (!reader.ok()) return Corrupted("too short");
  if ((flags & ~(kTombstone | kUnresolved)) != 0) return Corrupted("unknown flags");
  if (schema_version > UINT32_MAX) return Corrupted("impossible schema version");
  value.tombstone = (flags & kTombstone) != 0;
  value.unresolved = (flags & kUnresolved) != 0;
  value.schema_version = static_cast<uint32_t>(schema_version);
  value.image = reader.rest();
  if (value.tombstone && !value.image.empty()) return Corrupted("a row behind a tombstone");
  return value;
}

}  // namespace lathe::page
