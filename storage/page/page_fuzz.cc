// Fuzzes what reads pages, row images, delta values and directory entries: whatever passes
// validation must be safe to read, to summarise and to rebuild. The first two bytes choose what to
// decode and the layout; the rest is the bytes, or (first byte >= kDamaged) changes to a valid page
// or image, which get further than bytes from nowhere.
#include <array>
#include <cstdint>
#include <cstring>
#include <memory>
#include <string>

#include "runtime/base/random.h"
#include "storage/keyspace/key_encoder.h"
#include "storage/keyspace/random_values.h"
#include "storage/page/page.h"

namespace lathe::page {
namespace {

constexpr uint8_t kDamaged = 128;

/// Keeps the last page that was built.
struct LastPage : PageSink {
  Status OnPage(const BuiltPage& page) override {
    bytes = page.view();
    return Ok();
  }
  std::string bytes;
};

/// What the second byte of an input stands for, made once for each byte: a layout, a valid page and
/// a valid row image of it.
struct Setting {
  explicit Setting(uint8_t choice) : random(choice) {
    LastPage sink;
    PageBuilder builder(&layout, 1, kPageBytes, &sink);
    for (uint64_t rows = 1 + random.Below(6); rows > 0; --rows) {
      const auto values = keyspace::RandomRow(layout, &random, 24);
      const keyspace::RowDatums row = keyspace::DatumsOf(values);
      LATHE_CHECK(builder.AppendDatums(row.datums.data(), row.nulls.get()).ok());
    }
    LATHE_CHECK(builder.Finish().ok());
    page = sink.bytes;
    image = RowImage(layout, page.data(), row::RowAt(page.data(), layout.stride(), 0));
  }

  base::Random random;
  row::Layout layout = keyspace::RandomLayout(&random, 1 + random.Below(5));
  std::string page;
  std::string image;
};

const Setting& SettingFor(uint8_t choice) {
  static std::array<std::unique_ptr<Setting>, 256> settings;
  if (settings[choice] == nullptr) settings[choice] = std::make_unique<Setting>(choice);
  return *settings[choice];
}

/// bytes with changes: three bytes each, an offset and the byte that goes there.
std::string Damage(std::string bytes, std::string_view changes) {
  for (; changes.size() >= 3; changes.remove_prefix(3)) {
    const size_t at = static_cast<uint8_t>(changes[0]) << 8 | static_cast<uint8_t>(changes[1]);
    bytes[at % bytes.size()] = changes[2];
  }
  return bytes;
}

class Rebuilt : public PageSink {
 public:
  explicit Rebuilt(const row::Layout* layout) : layout_(layout) {}
  Status OnPage(const BuiltPage& page) override {
    LATHE_CHECK(ValidatePage(page.view(), *layout_, 1).ok());
    LATHE_CHECK(ValidateSummary(page.summary, layout_->field_count()));
    rows += page.row_count;
    return Ok();
  }
  uint64_t rows = 0;

 private:
  const row::Layout* layout_;
};

/// Bytes in memory of exactly their size, so that a sanitizer sees a read beyond them.
std::unique_ptr<char[]> Exact(std::string_view bytes) {
  std::unique_ptr<char[]> copy(new char[bytes.size()]);
  std::memcpy(copy.get(), bytes.data(), bytes.size());
  return copy;
}

void FuzzPage(std::string_view bytes, const row::Layout& layout) {
  (void)ReadPageHeader(bytes);
  if (bytes.size() < sizeof(row::PageHeader)) return;
  // Most inputs would fail at the first numbers: make those fit, and leave the rest.
  std::unique_ptr<char[]> page = Exact(bytes);
  row::PageHeader header = LoadAt<row::PageHeader>(page.get());
  header.magic = row::kPageMagic;
  header.format_version = row::kPageFormatVersion;
  header.flags = 0;
  header.stride = layout.stride();
  header.page_bytes = static_cast<uint32_t>(bytes.size());
  header.row_count %= 64;
  StoreAt(page.get(), header);
  SealPage(page.get(), bytes.size());
  if (!ValidatePage({page.get(), bytes.size()}, layout, 0).ok()) return;
  for (uint32_t i = 0; i < header.row_count; ++i) {
    const char* row = row::RowAt(page.get(), layout.stride(), i);
    (void)HashRow(layout, page.get(), row);
    const std::string image = RowImage(layout, page.get(), row);
    LATHE_CHECK(ValidateRowImage(image, layout).ok());
    LATHE_CHECK(RowsIdentical(layout, page.get(), row, image.data(), image.data()));
  }
  Rebuilt rebuilt(&layout);
  PageBuilder builder(&layout, 1, 4096, &rebuilt);
  LATHE_CHECK(builder.AppendRows(page.get(), 0, header.row_count).ok());
  LATHE_CHECK(builder.Finish().ok());
  LATHE_CHECK(rebuilt.rows == header.row_count);
}

void FuzzImage(std::string_view bytes, const row::Layout& layout) {
  std::unique_ptr<char[]> image = Exact(bytes);
  if (!ValidateRowImage({image.get(), bytes.size()}, layout).ok()) return;
  (void)HashRow(layout, image.get(), image.get());
  const std::string page = OneRowPage(layout, image.get(), image.get());
  LATHE_CHECK(ValidatePageStructure(page, layout, 0).ok());
}

void FuzzRecords(std::string_view bytes, const row::Layout& layout) {
  Result<DeltaValue> delta = DecodeDeltaValue(bytes);
  if (delta.ok()) FuzzImage(delta->image, layout);
  const size_t key_bytes = bytes.size() / 2;
  auto entry = PageDirectoryEntry::Decode(bytes.substr(0, key_bytes), bytes.substr(key_bytes));
  if (entry.ok()) {
    auto again = PageDirectoryEntry::Decode(entry->EncodeKey(), entry->EncodeValue());
    LATHE_CHECK(again.ok() && *again == *entry);
  }
  for (size_t i = 0; i < 4; ++i) (void)SummaryOfColumn(bytes, i);
  (void)ValidateSummary(bytes, layout.field_count());
}

}  // namespace
}  // namespace lathe::page

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace lathe;
  if (size < 2) return 0;
  const page::Setting& setting = page::SettingFor(data[1]);
  const bool damaged = data[0] >= page::kDamaged;
  const std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  switch (data[0] % 3) {
    case 0:
      page::FuzzPage(damaged ? page::Damage(setting.page, bytes) : std::string(bytes),
                     setting.layout);
      break;
    case 1:
      page::FuzzImage(damaged ? page::Damage(setting.image, bytes) : std::string(bytes),
                      setting.layout);
      break;
    default:
      page::FuzzRecords(bytes, setting.layout);
      break;
  }
  return 0;
}
