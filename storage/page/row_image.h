// One row by itself: the row's fixed part, then its strings, string offsets counted from the row's
// start. So an image is read like a row in a page whose base is the row itself: ReadField(layout,
// image, image, i), KeyEncoder::EncodeRow(image, image, ...), PageBuilder::AppendRow(image, image).
// Delta values and overlay versions hold images.
//
//   +-----------------+--------------------------------------+-----------------+
//   | row (stride)    | {offset, length} of long strings     | string bytes    |
//   +-----------------+--------------------------------------+-----------------+
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "runtime/base/result.h"
#include "runtime/row/page.h"
#include "runtime/row/row_buffer.h"
#include "runtime/types/value.h"

namespace lathe::page {

/// Appends the image of a row (base: what its strings count from) to out.
void AppendRowImage(const row::Layout& layout, const char* base, const char* row, std::string* out);
std::string RowImage(const row::Layout& layout, const char* base, const char* row);
/// Appends the image of values; nulls may be null when no value is.
void AppendImageOfDatums(const row::Layout& layout, const types::Datum* datums, const bool* nulls,
                         std::string* out);
/// Checks an image from disk: every string inside it. XX001.
Status ValidateRowImage(std::string_view image, const row::Layout& layout);

/// Bytes that the strings of a row take in a heap.
uint64_t RowHeapBytes(const row::Layout& layout, const char* base, const char* row);

/// Copies a row (of a page, a buffer or an image) behind a buffer's last row. Same fields; the
/// buffer's layout may have a prefix. Gives the new row; null when the budget refuses.
char* CopyRowToBuffer(const row::Layout& layout, const char* base, const char* row,
                      row::RowBuffer* to);

/// A page in memory that holds exactly this row (for running a pipeline over one version). Not
/// sealed.
std::string OneRowPage(const row::Layout& layout, const char* base, const char* row);

/// Hash of a row's content: fields in order, nullness, bytes of strings; the same for page, buffer
/// and image. For logical hashes, which sum it over rows so that order does not matter. The value
/// is stable across versions.
uint64_t HashRow(const row::Layout& layout, const char* base, const char* row, uint64_t seed = 0);
/// True when two rows of one layout have the same content, field by field, bit by bit.
bool RowsIdentical(const row::Layout& layout, const char* base_a, const char* row_a,
                   const char* base_b, const char* row_b);

}  // namespace lathe::page
