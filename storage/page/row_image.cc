// Single rows: images, copies, hashes.
#include "storage/page/row_image.h"

#include "runtime/base/bytes.h"
#include "runtime/base/hash.h"
#include "storage/page/validate.h"

namespace lathe::page {
namespace {

using row::kInlineStringMax;
using types::Repr;

/// Reads field i of a row as a string; empty when it is NULL, whatever its slot holds.
std::string_view TextOf(const row::Layout& layout, const char* base, const char* row, size_t i) {
  if (layout.IsNull(row, i)) return {};
  return row::ReadString(base, row + layout.field(i).offset);
}

/// Adds strings behind a row whose fixed part lies at `start` of out; offsets count from start.
class StringArea {
 public:
  /// heap_bytes: RowHeapBytes of the row. fields: how many strings may need a reference.
  StringArea(std::string* out, size_t start, uint64_t heap_bytes, size_t long_strings,
             size_t all_strings)
      : out_(out), start_(start) {
    // Offsets have 20 bits. Room for a page header: see OneRowPage.
    const uint64_t end = out->size() - start + heap_bytes + 8 * all_strings + row::kRowsBegin;
    far_ = end > row::kNearOffsetMax;
    next_ref_ = out->size();
    out->append(8 * (far_ ? all_strings : long_strings), '\0');
  }

  void Add(size_t slot, std::string_view text) {
    if (text.size() <= kInlineStringMax) {
      StoreAt(out_->data() + slot, row::EncodeInlineString(text));
      return;
    }
    const uint32_t offset = static_cast<uint32_t>(out_->size() - start_);
    out_->append(text);
    if (!far_ && text.size() <= row::kShortStringMax) {
      StoreAt(out_->data() + slot,
              row::EncodeStringRef(offset, static_cast<uint32_t>(text.size())));
      return;
    }
    StoreAt(out_->data() + next_ref_, offset);
    StoreAt(out_->data() + next_ref_ + 4, static_cast<uint32_t>(text.size()));
    StoreAt(out_->data() + slot,
            row::EncodeStringRef(static_cast<uint32_t>(next_ref_ - start_), row::kLongStringMark));
    next_ref_ += 8;
  }

 private:
  std::string* out_;
  const size_t start_;
  size_t next_ref_;
  bool far_;
};

}  // namespace

uint64_t RowHeapBytes(const row::Layout& layout, const char* base, const char* row) {
  uint64_t bytes = 0;
  if (!layout.has_strings()) return 0;
  for (size_t i = 0; i < layout.field_count(); ++i) {
    if (layout.field(i).repr != Repr::kString) continue;
    bytes += row::StringHeapBytes(TextOf(layout, base, row, i).size());
  }
  return bytes;
}

void AppendRowImage(const row::Layout& layout, const char* base, const char* row,
                    std::string* out) {
  LATHE_CHECK(layout.prefix_bytes() == 0);
  const size_t start = out->size();
  out->append(row, layout.stride());
  if (!layout.has_strings()) return;
  uint64_t heap_bytes = 0;
  size_t long_strings = 0, strings = 0;
  for (size_t i = 0; i < layout.field_count(); ++i) {
    if (layout.field(i).repr != Repr::kString) continue;
    const size_t length = TextOf(layout, base, row, i).size();
    heap_bytes += row::StringHeapBytes(length);
    strings += length > kInlineStringMax;
    long_strings += length > row::kShortStringMax;
  }
  StringArea area(out, start, heap_bytes, long_strings, strings);
  for (size_t i = 0; i < layout.field_count(); ++i) {
    const row::Field& field = layout.field(i);
    if (field.repr == Repr::kString) area.Add(start + field.offset, TextOf(layout, base, row, i));
  }
}

std::string RowImage(const row::Layout& layout, const char* base, const char* row) {
  std::string image;
  AppendRowImage(layout, base, row, &image);
  return image;
}

void AppendImageOfDatums(const row::Layout& layout, const types::Datum* datums, const bool* nulls,
                         std::string* out) {
  LATHE_CHECK(layout.prefix_bytes() == 0);
  const size_t start = out->size();
  out->append(layout.stride(), '\0');
  uint64_t heap_bytes = 0;
  size_t long_strings = 0, strings = 0;
  auto is_null = [&](size_t i) { return nulls != nullptr && nulls[i]; };
  for (size_t i = 0; i < layout.field_count(); ++i) {
    const row::Field& field = layout.field(i);
    char* row = out->data() + start;
    if (is_null(i)) {
      LATHE_CHECK_NOTE(field.null_bit >= 0, "NULL in a field that is never null");
      row[layout.null_offset() + field.null_bit / 8] |=
          static_cast<char>(1 << (field.null_bit % 8));
    } else if (field.repr != Repr::kString) {
      std::memcpy(row + field.offset, &datums[i], types::SlotBytes(field.repr));
    } else {
      const uint64_t length = datums[i].string.size;
      heap_bytes += row::StringHeapBytes(length);
      strings += length > kInlineStringMax;
      long_strings += length > row::kShortStringMax;
    }
  }
  if (!layout.has_strings()) return;
  StringArea area(out, start, heap_bytes, long_strings, strings);
  for (size_t i = 0; i < layout.field_count(); ++i) {
    const row::Field& field = layout.field(i);
    if (field.repr != Repr::kString) continue;
    area.Add(start + field.offset, is_null(i) ? std::string_view() : datums[i].string.view());
  }
}

Status ValidateRowImage(std::string_view image, const row::Layout& layout) {
  if (image.size() < layout.stride()) {
    return MakeError(SqlState::kDataCorrupted, "row version is corrupted: too short");
  }
  return ValidateRow(layout, image.data(), image.data(), layout.stride(), image.size());
}

char* CopyRowToBuffer(const row::Layout& layout, const char* base, const char* row,
                      row::RowBuffer* to) {
  char* copy = to->Append(RowHeapBytes(layout, base, row));
  if (copy == nullptr) return nullptr;
  const row::Layout& target = to->layout();
  std::memcpy(copy + target.prefix_bytes(), row + layout.prefix_bytes(),
              layout.stride() - layout.prefix_bytes());
  if (!layout.has_strings()) return copy;
  for (size_t i = 0; i < layout.field_count(); ++i) {
    if (layout.field(i).repr == Repr::kString) to->AddString(copy, i, TextOf(layout, base, row, i));
  }
  return copy;
}

std::string OneRowPage(const row::Layout& layout, const char* base, const char* row) {
  std::string page(row::kRowsBegin, '\0');
  AppendRowImage(layout, base, row, &page);
  char* image = page.data() + row::kRowsBegin;
  // From the row's start to the page's start.
  for (size_t i = 0; i < layout.field_count(); ++i) {
    if (layout.field(i).repr != Repr::kString) continue;
    char* slot = image + layout.field(i).offset;
    uint32_t bits = LoadAt<uint32_t>(slot);
    if (bits & 1) continue;
    if (bits >> 21 == row::kLongStringMark) {
      char* reference = image + ((bits >> 1) & row::kNearOffsetMax);
      StoreAt(reference, LoadAt<uint32_t>(reference) + row::kRowsBegin);
    }
    StoreAt(slot, bits + (row::kRowsBegin << 1));
  }
  row::PageHeader header;
  header.row_count = 1;
  header.stride = layout.stride();
  header.heap_begin = row::kRowsBegin + layout.stride();
  header.page_bytes = static_cast<uint32_t>(page.size());
  StoreAt(page.data(), header);
  return page;
}

uint64_t HashRow(const row::Layout& layout, const char* base, const char* row, uint64_t seed) {
  // Each field: 0 for NULL, else 1 and its bytes, strings with their length in front.
  thread_local std::string content;
  content.clear();
  for (size_t i = 0; i < layout.field_count(); ++i) {
    const row::Field& field = layout.field(i);
    if (layout.IsNull(row, i)) {
      content.push_back(0);
      continue;
    }
    content.push_back(1);
    if (field.repr == Repr::kString) {
      AppendLengthPrefixed(&content, row::ReadString(base, row + field.offset));
    } else {
      content.append(row + field.offset, types::SlotBytes(field.repr));
    }
  }
  return base::Hash64(content, seed);
}

bool RowsIdentical(const row::Layout& layout, const char* base_a, const char* row_a,
                   const char* base_b, const char* row_b) {
  for (size_t i = 0; i < layout.field_count(); ++i) {
    const row::Field& field = layout.field(i);
    const bool null = layout.IsNull(row_a, i);
    if (null != layout.IsNull(row_b, i)) return false;
    if (null) continue;
    const char* a = row_a + field.offset;
    const char* b = row_b + field.offset;
    if (field.repr == Repr::kString) {
      if (row::ReadString(base_a, a) != row::ReadString(base_b, b)) return false;
    } else if (std::memcmp(a, b, types::SlotBytes(field.repr)) != 0) {
      return false;
    }
  }
  return true;
}

}  // namespace lathe::page
