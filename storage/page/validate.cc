// Structural checks of pages and rows.
#include "storage/page/validate.h"

#include <algorithm>
#include <string>
#include <vector>

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"

namespace lathe::page {
namespace {

using row::PageHeader;
using types::Repr;

Error Corrupted(std::string what) {
  return MakeError(SqlState::kDataCorrupted, "row page is corrupted: " + std::move(what));
}

constexpr size_t kChecksumOffset = offsetof(PageHeader, checksum);

/// A field whose content has to be looked at.
struct CheckedField {
  uint32_t offset;
  int32_t null_byte;  // -1 = never NULL
  uint8_t null_mask;
  enum Kind : uint8_t { kBool, kText, kNumeric, kArray, kJsonb } kind;
  types::TypeId element;  // of kArray
};

std::vector<CheckedField> CheckedFields(const row::Layout& layout) {
  std::vector<CheckedField> fields;
  for (const row::Field& field : layout.fields()) {
    CheckedField::Kind kind;
    if (field.repr == Repr::kBool) {
      kind = CheckedField::kBool;
    } else if (field.repr == Repr::kString) {
      kind = field.type.id == types::TypeId::kNumeric ? CheckedField::kNumeric
             : field.type.id == types::TypeId::kArray ? CheckedField::kArray
             : field.type.id == types::TypeId::kJsonb ? CheckedField::kJsonb
                                                      : CheckedField::kText;
    } else {
      continue;
    }
    const bool nullable = field.null_bit >= 0;
    CheckedField checked;
    checked.offset = field.offset;
    checked.null_byte =
        nullable ? static_cast<int32_t>(layout.null_offset()) + field.null_bit / 8 : -1;
    checked.null_mask = static_cast<uint8_t>(nullable ? 1 << (field.null_bit % 8) : 0);
    checked.kind = kind;
    checked.element = field.type.element;
    fields.push_back(checked);
  }
  return fields;
}

/// Where a string slot leads, if it is sound: what is wrong, or null.
const char* CheckSlot(const char* base, const char* slot, uint64_t begin, uint64_t end) {
  const uint32_t bits = LoadAt<uint32_t>(slot);
  if (bits & 1) {
    const uint32_t length = (bits >> 1) & 3;
    if ((bits & 0xf8) != 0) return "unknown bits in a string slot";
    if (length < 3 && bits >> (8 * (length + 1)) != 0) return "stray bytes in a string slot";
    return nullptr;
  }
  const uint64_t offset = (bits >> 1) & row::kNearOffsetMax;
  const uint64_t length = bits >> 21;
  if (length != row::kLongStringMark) {
    if (length <= row::kInlineStringMax) return "short string outside its slot";
    if (offset < begin || offset + length > end) return "string outside the heap";
    return nullptr;
  }
  if (offset < begin || offset + 8 > end) return "string reference outside the heap";
  const uint64_t far_offset = LoadAt<uint32_t>(base + offset);
  const uint64_t far_length = LoadAt<uint32_t>(base + offset + 4);
  if (far_length <= row::kInlineStringMax) return "short string outside its slot";
  if (far_offset < begin || far_offset + far_length > end) return "long string outside the heap";
  return nullptr;
}

/// A big numeric as numeric.h lays it out, so that nobody reads past its digits or finds one that
/// is none.
const char* CheckNumeric(std::string_view form) {
  ByteReader reader(form);
  reader.Little<int16_t>();  // weight: any
  const uint16_t sign = reader.Little<uint16_t>();
  const uint16_t dscale = reader.Little<uint16_t>();
  const uint16_t digits = reader.Little<uint16_t>();
  if (!reader.ok() || reader.rest().size() != digits * 2u) return "numeric of wrong length";
  const bool special = sign == 0xc000 || sign == 0xd000 || sign == 0xf000;
  if (sign != 0 && sign != 0x4000 && !special) return "numeric of unknown sign";
  if (special && digits != 0) return "numeric with digits behind a special value";
  if (dscale > 16383) return "numeric of impossible scale";
  int16_t first = 1, last = 1;
  for (uint16_t i = 0; i < digits; ++i) {
    last = reader.Little<int16_t>();
    if (i == 0) first = last;
    if (last < 0 || last > 9999) return "numeric with an impossible digit";
  }
  if (first == 0 || last == 0) return "numeric that is not canonical";
  return nullptr;
}

/// An array as array.h lays it out.
const char* CheckArray(std::string_view form, types::TypeId element) {
  ByteReader reader(form);
  const uint32_t word = reader.Little<uint32_t>();
  if ((word & 0xff) != static_cast<uint32_t>(element)) return "array of another type";
  const uint32_t count = reader.Little<uint32_t>();
  const uint32_t dimensions = word >> 8;
  if (dimensions > types::kArrayDimensionsMax) return "array of too many dimensions";
  uint64_t product = 1;
  for (uint32_t i = 0; i < dimensions; ++i) {
    const int32_t length = reader.Little<int32_t>();
    reader.Little<int32_t>();  // the lower bound: any
    if (length <= 0) return "array with an impossible length";
    product = std::min<uint64_t>(product * static_cast<uint32_t>(length), UINT32_MAX);
  }
  if (dimensions != 0 && product != count) return "array whose dimensions are not its elements";
  const Repr repr = types::ReprOf(types::Type(element));
  for (uint32_t i = 0; i < count && reader.ok(); ++i) {
    const uint32_t size = reader.Little<uint32_t>();
    if (size == UINT32_MAX) continue;
    const std::string_view bytes = reader.Bytes(size);
    if (!reader.ok()) break;
    if (repr != Repr::kString && size != types::SlotBytes(repr))
      return "array element of wrong size";
    if (repr == Repr::kBool && static_cast<uint8_t>(bytes[0]) > 1) return "boolean that is neither";
    if (element == types::TypeId::kNumeric) {
      if (const char* wrong = CheckNumeric(bytes)) return wrong;
    }
    if (element == types::TypeId::kJsonb) {
      if (const char* wrong = types::CheckJsonb(bytes)) return wrong;
    }
  }
  return reader.ok() && reader.AtEnd() ? nullptr : "array of wrong length";
}

const char* CheckRow(const std::vector<CheckedField>& fields, const char* base, const char* row,
                     uint64_t begin, uint64_t end) {
  for (const CheckedField& field : fields) {
    const char* slot = row + field.offset;
    const bool null =
        field.null_byte >= 0 && (static_cast<uint8_t>(row[field.null_byte]) & field.null_mask) != 0;
    if (field.kind == CheckedField::kBool) {
      if (!null && static_cast<uint8_t>(*slot) > 1) return "boolean that is neither";
      continue;
    }
    // Also when it is NULL: generated code may follow the slot before it asks.
    if (const char* wrong = CheckSlot(base, slot, begin, end)) return wrong;
    if (field.kind == CheckedField::kNumeric && !null) {
      if (const char* wrong = CheckNumeric(row::ReadString(base, slot))) return wrong;
    }
    if (field.kind == CheckedField::kJsonb && !null) {
      if (const char* wrong = types::CheckJsonb(row::ReadString(base, slot))) return wrong;
    }
    if (field.kind == CheckedField::kArray && !null) {
      if (const char* wrong = CheckArray(row::ReadString(base, slot), field.element)) return wrong;
    }
  }
  return nullptr;
}

}  // namespace

uint64_t PageChecksum(std::string_view bytes) {
  LATHE_CHECK(bytes.size() >= sizeof(PageHeader));
  char header[sizeof(PageHeader)];
  std::memcpy(header, bytes.data(), sizeof header);
  std::memset(header + kChecksumOffset, 0, sizeof(uint64_t));
  // The header's hash seeds that of the rest: one pass, no copy of the page.
  return base::Hash64(bytes.substr(sizeof header), base::Hash64({header, sizeof header}));
}

void SealPage(char* page, uint64_t bytes) {
  StoreAt(page + kChecksumOffset, PageChecksum({page, bytes}));
}

Result<PageHeader> ReadPageHeader(std::string_view bytes) {
  if (bytes.size() < sizeof(PageHeader)) return Corrupted("shorter than a header");
  const PageHeader header = LoadAt<PageHeader>(bytes.data());
  if (header.magic != row::kPageMagic) return Corrupted("no magic number");
  if (header.format_version != row::kPageFormatVersion) {
    return Corrupted("format version " + std::to_string(header.format_version));
  }
  if (header.page_bytes != bytes.size()) {
    return Corrupted("is " + std::to_string(bytes.size()) + " bytes long and claims " +
                     std::to_string(header.page_bytes));
  }
  const uint64_t rows_end =
      row::kRowsBegin + static_cast<uint64_t>(header.row_count) * header.stride;
  if (rows_end > header.heap_begin || header.heap_begin > header.page_bytes) {
    return Corrupted("rows, heap and end are not in this order");
  }
  return header;
}

Status ValidatePage(std::string_view bytes, const row::Layout& layout, uint32_t schema_version) {
  LATHE_ASSIGN(const PageHeader header, ReadPageHeader(bytes));
  if (PageChecksum(bytes) != header.checksum) return Corrupted("wrong checksum");
  return ValidatePageStructure(bytes, layout, schema_version);
}

Status ValidatePageStructure(std::string_view bytes, const row::Layout& layout,
                             uint32_t schema_version) {
  LATHE_ASSIGN(const PageHeader header, ReadPageHeader(bytes));
  if (header.flags != 0) return Corrupted("unknown flags");
  if (schema_version != 0 && header.schema_version != schema_version) {
    return Corrupted("schema version " + std::to_string(header.schema_version) + " instead of " +
                     std::to_string(schema_version));
  }
  if (header.stride != layout.stride()) {
    return Corrupted("stride " + std::to_string(header.stride) + " instead of " +
                     std::to_string(layout.stride()));
  }
  const std::vector<CheckedField> fields = CheckedFields(layout);
  if (fields.empty()) return Ok();
  const char* page = bytes.data();
  for (uint32_t i = 0; i < header.row_count; ++i) {
    if (const char* wrong = CheckRow(fields, page, row::RowAt(page, header.stride, i),
                                     header.heap_begin, header.page_bytes)) {
      return Corrupted(std::string(wrong) + " in row " + std::to_string(i));
    }
  }
  return Ok();
}

Status ValidateRow(const row::Layout& layout, const char* base, const char* row,
                   uint64_t heap_begin, uint64_t end) {
  if (const char* wrong = CheckRow(CheckedFields(layout), base, row, heap_begin, end)) {
    return Corrupted(wrong);
  }
  return Ok();
}

}  // namespace lathe::page
