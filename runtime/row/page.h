// The row page: header, dense fixed-stride rows, heap for strings. Position-independent (offsets
// from the page's start only), so the same bytes serve on disk, in memory, in spill files and
// between nodes.
//
//   +--------+---------------------------------+---------------------+
//   | header | row 0 | row 1 | ... | row n-1   | heap (strings)      |
//   +--------+---------------------------------+---------------------+
//   0        64      64 + stride               heap_begin            page_bytes
//
// In pages on disk the heap follows the last row; in pages being filled in memory it grows down
// from the end.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.h"
#include "runtime/row/layout.h"
#include "runtime/row/string_slot.h"
#include "runtime/types/value.h"

namespace lathe::row {

inline constexpr uint16_t kPageFormatVersion = 1;
inline constexpr uint32_t kPageMagic = 0x4547504c;  // "LPGE"

struct PageHeader {
  uint32_t magic = kPageMagic;
  uint16_t format_version = kPageFormatVersion;
  uint16_t flags = 0;
  uint32_t schema_version = 0;  // of the relation; 0 in pages between pipelines
  uint32_t row_count = 0;
  uint32_t stride = 0;
  uint32_t heap_begin = 0;  // first byte of the heap
  uint32_t page_bytes = 0;  // whole page
  uint32_t reserved = 0;
  uint64_t checksum = 0;  // XXH3-64 of the page with this field zero; pages on disk only
  uint64_t unused[3] = {0, 0, 0};
};
static_assert(sizeof(PageHeader) == 64);
inline constexpr uint32_t kRowsBegin = sizeof(PageHeader);

inline const PageHeader& HeaderOf(const char* page) {
  return *reinterpret_cast<const PageHeader*>(page);
}
inline const char* RowAt(const char* page, uint32_t stride, uint32_t row) {
  return page + kRowsBegin + static_cast<uint64_t>(row) * stride;
}

/// Field i of a row, which must not be NULL there. A string points into the page.
inline types::Datum ReadField(const Layout& layout, const char* page, const char* row, size_t i) {
  const Field& field = layout.field(i);
  types::Datum datum;
  if (field.repr == types::Repr::kString) {
    std::string_view text = ReadString(page, row + field.offset);
    datum.string = {text.data(), text.size()};
  } else {
    std::memcpy(&datum, row + field.offset, types::SlotBytes(field.repr));
  }
  return datum;
}

}  // namespace lathe::row
