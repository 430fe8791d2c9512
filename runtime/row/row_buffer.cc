#include "runtime/row/row_buffer.h"

#include <cstdlib>
#include <new>

#include "runtime/base/spill.h"

namespace lathe::row {
namespace {

PageHeader& MutableHeader(char* page) { return *reinterpret_cast<PageHeader*>(page); }

}  // namespace

RowBuffer::RowBuffer(const Layout* layout, base::MemoryBudget* budget)
    : layout_(layout), budget_(budget) {}

RowBuffer::RowBuffer(RowBuffer&& other) noexcept
    : layout_(other.layout_),
      budget_(other.budget_),
      pages_(std::move(other.pages_)),
      allocated_bytes_(other.allocated_bytes_),
      charged_bytes_(other.charged_bytes_) {
  other.pages_.clear();
  other.allocated_bytes_ = 0;
  other.charged_bytes_ = 0;
}

RowBuffer::~RowBuffer() { Clear(); }

void RowBuffer::Clear() {
  base::SpillMemory* spill = budget_ != nullptr ? budget_->spill() : nullptr;
  for (char* page : pages_) {
    if (spill != nullptr && spill->Owns(page)) {
      spill->Free(page, HeaderOf(page).page_bytes);
      spill->Relieve();  // looking at the header made the page resident, and others around it
    } else {
      std::free(page);
    }
  }
  pages_.clear();
  if (budget_ != nullptr) budget_->Release(charged_bytes_);
  allocated_bytes_ = 0;
  charged_bytes_ = 0;
}

bool RowBuffer::AddPage(uint64_t row_and_heap_bytes) {
  uint64_t bytes = kRowsBegin + row_and_heap_bytes;
  bytes = bytes <= kBufferPageBytes
              ? kBufferPageBytes
              : (bytes + kBufferPageBytes - 1) / kBufferPageBytes * kBufferPageBytes;
  if (bytes > kNearOffsetMax) bytes += kBufferPageBytes;  // references of up to 32,768 far strings
  if (bytes > UINT32_MAX) return false;
  char* page;
  if (budget_ == nullptr || budget_->TryChargeSpillable(bytes)) {
    page = static_cast<char*>(std::aligned_alloc(kBufferPageBytes, bytes));
    if (page == nullptr) {
      if (budget_ != nullptr) budget_->Release(bytes);
      return false;
    }
    charged_bytes_ += bytes;
  } else {
    static_assert(base::SpillMemory::kAlignment == kBufferPageBytes);
    page = budget_->spill() != nullptr ? budget_->spill()->Allocate(bytes) : nullptr;
    if (page == nullptr) return false;
  }
  PageHeader header;
  header.stride = layout_->stride();
  header.heap_begin = header.page_bytes = static_cast<uint32_t>(bytes);
  StoreAt(page, header);
  pages_.push_back(page);
  allocated_bytes_ += bytes;
  return true;
}

char* RowBuffer::Append(uint64_t heap_bytes) {
  const uint32_t stride = layout_->stride();
  if (!pages_.empty()) {
    PageHeader& header = MutableHeader(pages_.back());
    uint64_t rows_end = kRowsBegin + static_cast<uint64_t>(header.row_count + 1) * stride;
    // Rows lie in the first kBufferPageBytes; a page beyond 1 MiB holds one row only (see
    // AddString).
    if (rows_end + heap_bytes <= header.heap_begin && rows_end <= kBufferPageBytes &&
        header.page_bytes <= kNearOffsetMax) {
      char* row = pages_.back() + rows_end - stride;
      ++header.row_count;
      std::memset(row, 0, layout_->prefix_bytes() + layout_->null_bytes());
      return row;
    }
  }
  if (!AddPage(stride + heap_bytes)) return nullptr;
  MutableHeader(pages_.back()).row_count = 1;
  char* row = pages_.back() + kRowsBegin;
  std::memset(row, 0, layout_->prefix_bytes() + layout_->null_bytes());
  return row;
}

void RowBuffer::AddString(char* row, size_t i, std::string_view text) {
  char* slot = row + layout_->field(i).offset;
  if (text.size() <= kInlineStringMax) {
    StoreAt(slot, EncodeInlineString(text));
    return;
  }
  char* page = pages_.back();
  PageHeader& header = MutableHeader(page);
  header.heap_begin -= static_cast<uint32_t>(text.size());
  const uint32_t begin = header.heap_begin;
  const uint32_t length = static_cast<uint32_t>(text.size());
  std::memcpy(page + begin, text.data(), text.size());
  const bool far = header.page_bytes > kNearOffsetMax;
  if (!far && length <= kShortStringMax) {
    StoreAt(slot, EncodeStringRef(begin, length));
    return;
  }
  // The reference itself must lie near the page's start: below the string, or, in a page beyond 1
  // MiB (one row only), right behind that row, where AddPage left room.
  uint32_t ref;
  if (far) {
    ref = kRowsBegin + header.stride + header.reserved;
    header.reserved += 8;
  } else {
    ref = header.heap_begin -= 8;
  }
  StoreAt(page + ref, begin);
  StoreAt(page + ref + 4, length);
  StoreAt(slot, EncodeStringRef(ref, kLongStringMark));
}

void RowBuffer::Set(char* row, size_t i, const types::Datum& datum) {
  const Field& field = layout_->field(i);
  if (field.repr == types::Repr::kString) {
    AddString(row, i, datum.string.view());
  } else {
    std::memcpy(row + field.offset, &datum, types::SlotBytes(field.repr));
  }
}

void RowBuffer::SetNull(char* row, size_t i) {
  const Field& field = layout_->field(i);
  LATHE_CHECK_NOTE(field.null_bit >= 0, "NULL in a field that is never null");
  row[layout_->null_offset() + field.null_bit / 8] |= static_cast<char>(1 << (field.null_bit % 8));
  std::memset(row + field.offset, 0, types::SlotBytes(field.repr));
  if (field.repr == types::Repr::kString) StoreAt(row + field.offset, EncodeInlineString(""));
}

bool RowBuffer::AppendRow(const types::Datum* datums, const bool* nulls) {
  uint64_t heap_bytes = 0;
  for (size_t i = 0; i < layout_->field_count(); ++i) {
    if (layout_->field(i).repr == types::Repr::kString && !nulls[i]) {
      heap_bytes += StringHeapBytes(datums[i].string.size);
    }
  }
  char* row = Append(heap_bytes);
  if (row == nullptr) return false;
  for (size_t i = 0; i < layout_->field_count(); ++i) {
    if (nulls[i]) {
      SetNull(row, i);
    } else {
      Set(row, i, datums[i]);
    }
  }
  return true;
}

void RowBuffer::Absorb(RowBuffer&& other) {
  pages_.insert(pages_.end(), other.pages_.begin(), other.pages_.end());
  allocated_bytes_ += other.allocated_bytes_;
  charged_bytes_ += other.charged_bytes_;
  if (other.budget_ != budget_) {
    // Both budgets of one query have the same parent; move the charge.
    if (other.budget_ != nullptr) other.budget_->Release(other.charged_bytes_);
    if (budget_ != nullptr) (void)budget_->TryCharge(other.charged_bytes_);
  }
  other.pages_.clear();
  other.allocated_bytes_ = 0;
  other.charged_bytes_ = 0;
}

uint64_t RowBuffer::row_count() const {
  uint64_t rows = 0;
  base::SpillMemory* spill = budget_ != nullptr ? budget_->spill() : nullptr;
  for (const char* page : pages_) {
    rows += HeaderOf(page).row_count;
    if (spill != nullptr) spill->Relieve();
  }
  return rows;
}

}  // namespace lathe::row
