// Fuzzes keys: decoding takes nothing but what encoding writes, and comparing a row with any bytes
// agrees with memcmp of its key. The first byte chooses layout, parts and rows; the rest is a key.
#include <array>
#include <cstdint>
#include <memory>
#include <string>

#include "runtime/base/random.h"
#include "storage/keyspace/keyspace.h"
#include "storage/keyspace/random_values.h"

namespace lathe::keyspace {
namespace {

constexpr size_t kRows = 3;

/// What the first byte of an input stands for. It is made once for each byte: making it costs far
/// more than what is checked with it.
struct Setting {
  explicit Setting(uint8_t choice) : random(choice) {
    for (uint32_t i = 0; i < layout.field_count(); ++i) {
      parts.push_back({i, random.OneIn(3), random.OneIn(2)});
    }
    encoder = *KeyEncoder::Make(layout, parts);
    for (size_t i = 0; i < kRows; ++i) {
      AppendValues(RandomRow(layout, &random), &rows);
      row[i] = row::RowAt(rows.page(0), layout.stride(), static_cast<uint32_t>(i));
      row_key[i] = encoder.RowKey(rows.page(0), row[i]);
    }
  }

  base::Random random;
  row::Layout layout = RandomLayout(&random, 1 + random.Below(3));
  std::vector<KeyPart> parts;
  KeyEncoder encoder;
  row::RowBuffer rows{&layout, nullptr};
  std::array<const char*, kRows> row;
  std::array<std::string, kRows> row_key;
  row::RowBuffer scratch{&layout, nullptr};  // for a row of decoded values
};

Setting& SettingFor(uint8_t choice) {
  static std::array<std::unique_ptr<Setting>, 256> settings;
  if (settings[choice] == nullptr) settings[choice] = std::make_unique<Setting>(choice);
  return *settings[choice];
}

/// Empties a buffer but keeps its page, whose 256 KiB are dear to allocate.
void Empty(row::RowBuffer* rows) {
  if (rows->page_count() != 1) {
    rows->Clear();
    return;
  }
  char* page = const_cast<char*>(rows->page(0));
  row::PageHeader header = row::HeaderOf(page);
  header.row_count = 0;
  header.heap_begin = header.page_bytes;
  StoreAt(page, header);
}

int Sign(int n) { return n < 0 ? -1 : (n > 0 ? 1 : 0); }

void FuzzRowKey(std::string_view key, Setting* setting) {
  const KeyEncoder& encoder = setting->encoder;
  std::vector<types::Value> values;
  if (encoder.Decode(key, &values)) {
    std::string again;
    LATHE_CHECK(encoder.EncodePrefix(values, &again).ok());
    LATHE_CHECK(again == key);
    // The row of these values has this key.
    Empty(&setting->scratch);
    AppendValues(values, &setting->scratch);
    const char* page = setting->scratch.page(0);
    LATHE_CHECK(encoder.RowKey(page, page + row::kRowsBegin) == key);
    LATHE_CHECK(encoder.CompareRow(page, page + row::kRowsBegin, key) == 0);
    LATHE_CHECK(encoder.FindRow(page, key) == 0);
  }
  for (size_t i = 0; i < kRows; ++i) {
    LATHE_CHECK(encoder.CompareRow(setting->rows.page(0), setting->row[i], key) ==
                Sign(setting->row_key[i].compare(key)));
  }
}

void FuzzValues(std::string_view key) {
  static const std::vector<types::Type> kTypes = KeyTypes();
  std::string again;
  for (const types::Type& type : kTypes) {
    for (bool descending : {false, true}) {
      std::string_view rest = key;
      types::Value value;
      if (!DecodeValue(type, descending, &rest, &value)) continue;
      again.clear();
      EncodeValue(type, value.datum(), descending, &again);
      LATHE_CHECK(again == key.substr(0, key.size() - rest.size()));
    }
  }
}

void FuzzFamilies(std::string_view key) {
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
}

}  // namespace
}  // namespace lathe::keyspace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe::keyspace;
  if (size < 1) return 0;
  const std::string_view key(reinterpret_cast<const char*>(data) + 1, size - 1);
  FuzzRowKey(key, &SettingFor(data[0]));
  FuzzValues(key);
  FuzzFamilies(key);
  return 0;
}
