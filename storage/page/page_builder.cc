// Building pages. String offsets of the current page count from its heap's start until Cut adds
// where the heap begins.
#include "storage/page/page_builder.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/page/page_summary.h"
#include "storage/page/row_image.h"
#include "storage/page/validate.h"

namespace lathe::page {
namespace {

using row::kInlineStringMax;
using row::kLongStringMark;
using row::kNearOffsetMax;

uint32_t OffsetOf(uint32_t slot) { return (slot >> 1) & kNearOffsetMax; }

}  // namespace

PageBuilder::PageBuilder(const row::Layout* layout, uint32_t schema_version, uint32_t target_bytes,
                         PageSink* sink)
    : layout_(layout),
      schema_version_(schema_version),
      target_bytes_(std::min(target_bytes, kNearOffsetMax)),
      sink_(sink),
      row_bytes_(row::kRowsBegin, '\0') {
  LATHE_CHECK(layout->prefix_bytes() == 0);
  for (size_t i = 0; i < layout->field_count(); ++i) {
    if (layout->field(i).repr == types::Repr::kString) {
      string_fields_.push_back(static_cast<uint32_t>(i));
    }
  }
  row_bytes_.reserve(target_bytes_ + 4096);
  heap_.reserve(target_bytes_ / 2);
}

PageBuilder::~PageBuilder() = default;

Status PageBuilder::MakeRoom(uint64_t heap_bytes) {
  const uint64_t bytes = row_bytes_.size() + layout_->stride() + heap_.size() + heap_bytes;
  if (bytes > target_bytes_ && rows_ > 0) return Cut();
  return Ok();
}

void PageBuilder::AddString(char* slot, std::string_view text) {
  if (text.size() <= kInlineStringMax) {
    StoreAt(slot, row::EncodeInlineString(text));
    return;
  }
  const uint32_t offset = static_cast<uint32_t>(heap_.size());
  const uint32_t length = static_cast<uint32_t>(text.size());
  if (length <= row::kShortStringMax) {
    StoreAt(slot, row::EncodeStringRef(offset, length));
  } else {
    AppendLittle<uint32_t>(&heap_, offset + 8);
    AppendLittle<uint32_t>(&heap_, length);
    StoreAt(slot, row::EncodeStringRef(offset, kLongStringMark));
  }
  heap_.append(text);
}

Status PageBuilder::AppendDatums(const types::Datum* datums, const bool* nulls) {
  uint64_t heap_bytes = 0;
  for (uint32_t i : string_fields_) {
    if (nulls == nullptr || !nulls[i]) heap_bytes += row::StringHeapBytes(datums[i].string.size);
  }
  if (row::kRowsBegin + layout_->stride() + heap_bytes > kNearOffsetMax) {
    std::string image;
    AppendImageOfDatums(*layout_, datums, nulls, &image);
    return AppendRow(image.data(), image.data());
  }
  LATHE_TRY(MakeRoom(heap_bytes));
  const size_t at = row_bytes_.size();
  row_bytes_.append(layout_->stride(), '\0');
  char* row = row_bytes_.data() + at;
  for (size_t i = 0; i < layout_->field_count(); ++i) {
    const row::Field& field = layout_->field(i);
    if (nulls != nullptr && nulls[i]) {
      LATHE_CHECK_NOTE(field.null_bit >= 0, "NULL in a field that is never null");
      row[layout_->null_offset() + field.null_bit / 8] |=
          static_cast<char>(1 << (field.null_bit % 8));
      if (field.repr == types::Repr::kString) AddString(row + field.offset, {});
    } else if (field.repr == types::Repr::kString) {
      AddString(row + field.offset, datums[i].string.view());
    } else {
      std::memcpy(row + field.offset, &datums[i], types::SlotBytes(field.repr));
    }
  }
  ++rows_;
  ++row_count_;
  return Ok();
}

Status PageBuilder::AppendRow(const char* base, const char* row) {
  const uint64_t heap_bytes = RowHeapBytes(*layout_, base, row);
  if (row::kRowsBegin + layout_->stride() + heap_bytes > kNearOffsetMax) {
    LATHE_TRY(Cut());
    return EmitFarRow(base, row);
  }
  LATHE_TRY(MakeRoom(heap_bytes));
  const size_t at = row_bytes_.size();
  row_bytes_.append(row, layout_->stride());
  char* copy = row_bytes_.data() + at;
  for (uint32_t i : string_fields_) {
    const uint32_t offset = layout_->field(i).offset;
    AddString(copy + offset,
              layout_->IsNull(row, i) ? std::string_view() : row::ReadString(base, row + offset));
  }
  ++rows_;
  ++row_count_;
  return Ok();
}

PageBuilder::Run PageBuilder::FittingRun(const char* page, uint32_t from, uint32_t to) const {
  const uint32_t stride = layout_->stride();
  const uint64_t used = row_bytes_.size() + heap_.size();
  const uint64_t room = used < target_bytes_ ? target_bytes_ - used : 0;
  Run run;
  if (string_fields_.empty()) {
    run.rows = static_cast<uint32_t>(std::min<uint64_t>(to - from, room / stride));
    run.in_bulk = true;
    return run;
  }
  run.in_bulk = true;
  uint32_t begin = UINT32_MAX, end = 0;  // of all strings of the run
  const char* row = row::RowAt(page, stride, from);
  for (uint32_t r = from; r < to; ++r, row += stride) {
    uint64_t heap = 0;
    uint32_t row_begin = begin, row_end = end;
    bool has_long = false;
    for (uint32_t i : string_fields_) {
      if (layout_->IsNull(row, i)) continue;
      const uint32_t slot = LoadAt<uint32_t>(row + layout_->field(i).offset);
      if (slot & 1) continue;
      const uint32_t length = slot >> 21;
      has_long |= length == kLongStringMark;
      heap += length;
      row_begin = std::min(row_begin, OffsetOf(slot));
      row_end = std::max(row_end, OffsetOf(slot) + length);
    }
    // Long strings have a second offset: row by row.
    if (has_long) {
      run.in_bulk = run.rows != 0;
      break;
    }
    if ((run.rows + 1ull) * stride + run.heap_bytes + heap > room) break;
    ++run.rows;
    run.heap_bytes += heap;
    begin = row_begin, end = row_end;
  }
  if (run.heap_bytes != 0) {
    run.heap_from = begin;
    // Strings that do not lie together are picked up one by one.
    if (end - begin > run.heap_bytes) run.in_bulk = false;
    run.heap_bytes = end - begin;
  }
  return run;
}

void PageBuilder::CopyRun(const char* page, uint32_t from, const Run& run) {
  const uint32_t stride = layout_->stride();
  const size_t at = row_bytes_.size();
  row_bytes_.append(row::RowAt(page, stride, from), static_cast<size_t>(run.rows) * stride);
  rows_ += run.rows;
  row_count_ += run.rows;
  if (string_fields_.empty()) return;
  const uint32_t shift = (static_cast<uint32_t>(heap_.size()) - run.heap_from) << 1;
  heap_.append(page + run.heap_from, run.heap_bytes);
  char* row = row_bytes_.data() + at;
  for (uint32_t r = 0; r < run.rows; ++r, row += stride) {
    for (uint32_t i : string_fields_) {
      char* slot = row + layout_->field(i).offset;
      if (layout_->IsNull(row, i)) {
        StoreAt(slot, row::EncodeInlineString({}));
        continue;
      }
      const uint32_t bits = LoadAt<uint32_t>(slot);
      // The offset bits move by a sum that fits them, so nothing carries into the length.
      if (!(bits & 1)) StoreAt(slot, bits + shift);
    }
  }
}

Status PageBuilder::AppendRows(const char* page, uint32_t from, uint32_t to) {
  while (from < to) {
    const Run run = FittingRun(page, from, to);
    if (run.rows != 0 && run.in_bulk) {
      CopyRun(page, from, run);
      from += run.rows;
      continue;
    }
    // The next row does not fit, has a long string, or is one of those whose strings lie apart.
    const uint32_t singly = std::max(run.rows, 1u);
    for (uint32_t i = 0; i < singly; ++i, ++from) {
      LATHE_TRY(AppendRow(page, row::RowAt(page, layout_->stride(), from)));
    }
  }
  return Ok();
}

Status PageBuilder::Cut() {
  if (rows_ == 0) return Ok();
  const uint32_t heap_begin = static_cast<uint32_t>(row_bytes_.size());
  const uint32_t stride = layout_->stride();
  row_bytes_.append(heap_);
  char* page = row_bytes_.data();
  char* row = page + row::kRowsBegin;
  for (uint32_t r = 0; r < rows_ && !heap_.empty(); ++r, row += stride) {
    for (uint32_t i : string_fields_) {
      char* slot = row + layout_->field(i).offset;
      const uint32_t bits = LoadAt<uint32_t>(slot);
      if (bits & 1) continue;
      if (bits >> 21 == kLongStringMark) {
        char* reference = page + heap_begin + OffsetOf(bits);
        StoreAt(reference, LoadAt<uint32_t>(reference) + heap_begin);
      }
      StoreAt(slot, bits + (heap_begin << 1));
    }
  }
  const uint32_t rows = rows_;
  rows_ = 0;
  heap_.clear();
  Status emitted = Emit(page, row_bytes_.size(), heap_begin, rows);
  row_bytes_.resize(row::kRowsBegin);
  return emitted;
}

Status PageBuilder::EmitFarRow(const char* base, const char* row) {
  if (RowHeapBytes(*layout_, base, row) > UINT32_MAX - (1u << 20)) {
    return MakeError(SqlState::kProgramLimitExceeded, "row is too big for a page");
  }
  std::string page = OneRowPage(*layout_, base, row);
  ++row_count_;
  return Emit(page.data(), page.size(), row::kRowsBegin + layout_->stride(), 1);
}

Status PageBuilder::Emit(char* page, uint64_t bytes, uint32_t heap_begin, uint32_t rows) {
  row::PageHeader header;
  header.schema_version = schema_version_;
  header.row_count = rows;
  header.stride = layout_->stride();
  header.heap_begin = heap_begin;
  header.page_bytes = static_cast<uint32_t>(bytes);
  StoreAt(page, header);
  SealPage(page, bytes);
  summary_.clear();
  SummarizePage(*layout_, page, &summary_);
  ++page_count_;
  BuiltPage built;
  built.page = page;
  built.bytes = static_cast<uint32_t>(bytes);
  built.row_count = rows;
  built.summary = summary_;
  return sink_->OnPage(built);
}

}  // namespace lathe::page
