// Rows kept in memory between pipelines: a list of row pages, aligned in memory to
// kBufferPageBytes, so that the page of a row is found from the row's address (RowPageOf) and
// generated code can follow its strings with the row pointer alone.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "runtime/base/memory.h"
#include "runtime/base/result.h"
#include "runtime/row/page.h"

namespace lathe::row {

inline constexpr uint64_t kBufferPageBytes = 256 * 1024;

/// The page of a row that lies in a RowBuffer.
inline const char* RowPageOf(const char* row) {
  return reinterpret_cast<const char*>(reinterpret_cast<uintptr_t>(row) & ~(kBufferPageBytes - 1));
}

/// Owns row pages of one layout and appends rows to the last of them. A row whose strings do not
/// fit a normal page gets a larger one of its own (same alignment; its row lies in the first
/// kBufferPageBytes). Not thread-safe: one per worker; pages can be moved from one buffer to
/// another of the same layout. Memory is charged to the budget, which outlives the buffer.
class RowBuffer {
 public:
  RowBuffer(const Layout* layout, base::MemoryBudget* budget);
  ~RowBuffer();
  RowBuffer(RowBuffer&& other) noexcept;
  RowBuffer& operator=(RowBuffer&&) = delete;

  /// Room for one row (zeroed null bits and prefix) with heap_bytes of string heap. Returns the
  /// row, valid until the buffer goes; null when the budget refuses. Strings are then added with
  /// AddString.
  char* Append(uint64_t heap_bytes);
  /// Writes text into field i of `row`, which is the row last returned by Append; heap room must
  /// have been asked for.
  void AddString(char* row, size_t i, std::string_view text);
  /// Stores a value or NULL into field i of the row last appended.
  void Set(char* row, size_t i, const types::Datum& datum);
  void SetNull(char* row, size_t i);
  /// Appends one row from datums (nulls[i] != 0 = NULL). False when the budget refuses.
  bool AppendRow(const types::Datum* datums, const bool* nulls);

  /// Takes all pages of other, which is left empty. Same layout.
  void Absorb(RowBuffer&& other);
  void Clear();

  const Layout& layout() const { return *layout_; }
  size_t page_count() const { return pages_.size(); }
  const char* page(size_t i) const { return pages_[i]; }
  uint64_t row_count() const;
  /// In main memory and spilled.
  uint64_t allocated_bytes() const { return allocated_bytes_; }

 private:
  bool AddPage(uint64_t row_and_heap_bytes);

  const Layout* layout_;
  base::MemoryBudget* budget_;
  std::vector<char*> pages_;
  uint64_t allocated_bytes_ = 0;
  uint64_t charged_bytes_ = 0;  // of them, to the budget; the rest lies in its spill memory
};

}  // namespace lathe::row
