// Fuzzes keys: decoding takes nothing but what encoding writes, and comparing a row with any bytes
// agrees with memcmp of its key. The first byte chooses layout, parts and rows; the rest is a key.
#include <cstdint>
#include <string>

#include "runtime/base/random.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/random_values.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe;
  using namespace lathe::keyspace;
  if (size < 1) return 0;
  base::Random random(data[0]);
  const std::string_view key(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto sign = [](int n) { return n < 0 ? -1 : (n > 0 ? 1 : 0); };

  const row::Layout layout = RandomLayout(&random, 1 + random.Below(3));
  std::vector<KeyPart> parts;
  for (uint32_t i = 0; i < layout.field_count(); ++i) {
    parts.push_back({i, random.OneIn(3), random.OneIn(2)});
  }
  const KeyEncoder encoder = *KeyEncoder::Make(layout, parts);
  std::vector<types::Value> values;
  std::string again;
  if (encoder.Decode(key, &values)) {
    LATHE_CHECK(encoder.EncodePrefix(values, &again).ok());
    LATHE_CHECK(again == key);
    // The row of these values has this key.
    row::RowBuffer rows(&layout, nullptr);
    AppendValues(values, &rows);
    const char* page = rows.page(0);
    LATHE_CHECK(encoder.CompareRow(page, page + row::kRowsBegin, key) == 0);
    LATHE_CHECK(encoder.FindRow(page, key) == 0);
  }
  row::RowBuffer rows(&layout, nullptr);
  for (int i = 0; i < 3; ++i) {
    AppendValues(RandomRow(layout, &random), &rows);
    const char* page = rows.page(0);
    const char* row = row::RowAt(page, layout.stride(), static_cast<uint32_t>(i));
    LATHE_CHECK(encoder.CompareRow(page, row, key) == sign(encoder.RowKey(page, row).compare(key)));
  }
  for (const types::Type& type : KeyTypes()) {
    for (bool descending : {false, true}) {
      std::string_view rest = key;
      types::Value value;
      if (!DecodeValue(type, descending, &rest, &value)) continue;
      again.clear();
      EncodeValue(type, value.datum(), descending, &again);
      LATHE_CHECK(again == key.substr(0, key.size() - rest.size()));
    }
  }
  DeltaKeyParts delta;
  if (DecodeDeltaKey(key, &delta)) {
    LATHE_CHECK(DeltaKey(delta.storage, delta.row_key, delta.commit_ts) == key);
  }
  PageKeyParts page_key;
  if (DecodePageKey(key, &page_key)) {
    LATHE_CHECK(PageKey(page_key.storage, page_key.last_row_key, page_key.page) == key);
  }
  const std::string next = PrefixSuccessor(key);
  LATHE_CHECK(next.empty() || next > key);
  return 0;
}
