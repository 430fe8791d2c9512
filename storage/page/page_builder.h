// Packs rows into pages for disk: header | rows | heap, strings in row order, checksum set. While a
// page grows, its rows and its heap are apart and string offsets count from the heap's start;
// cutting the page joins the two and moves the offsets.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"
#include "runtime/row/page.h"
#include "runtime/types/value.h"

namespace lathe::page {

// Large, so that a scan meets few ends of pages, where memory has to be waited for. A little under
// the round number, so that a page with its key still fits one block and one frame.
inline constexpr uint32_t kPageBytes = 256 * 1024 - 512;

/// A finished page, valid during PageSink::OnPage.
struct BuiltPage {
  const char* page = nullptr;
  uint32_t bytes = 0;
  uint32_t row_count = 0;    // at least 1
  std::string_view summary;  // see page_summary.h
  std::string_view view() const { return {page, bytes}; }
};

/// Takes pages as they are cut.
class PageSink {
 public:
  virtual ~PageSink() = default;
  virtual Status OnPage(const BuiltPage& page) = 0;
};

/// Appends rows, in the order of their keys, and hands out a page whenever the next row would make
/// it larger than target_bytes; a single larger row gets a page of its own (up to 4 GiB; 54000
/// beyond). Not thread-safe. The layout (without prefix) and the sink outlive it. A failed call
/// leaves it unusable.
class PageBuilder {
 public:
  PageBuilder(const row::Layout* layout, uint32_t schema_version, uint32_t target_bytes,
              PageSink* sink);
  ~PageBuilder();
  PageBuilder(const PageBuilder&) = delete;
  PageBuilder& operator=(const PageBuilder&) = delete;

  /// A row from values; nulls may be null when no value is. NULL fields become zeros.
  Status AppendDatums(const types::Datum* datums, const bool* nulls);
  /// A row in the same layout; base is what its string offsets count from (a page, or the row
  /// itself for a row image).
  Status AppendRow(const char* base, const char* row);
  /// Rows [from, to) of a page in the same layout; the fast way: rows and strings are copied in
  /// bulk.
  Status AppendRows(const char* page, uint32_t from, uint32_t to);
  /// Ends the current page here, for a caller that knows a boundary. Nothing when it has no rows.
  Status Cut();
  /// Hands out the last page. The builder may be used again afterwards.
  Status Finish() { return Cut(); }

  uint64_t page_count() const { return page_count_; }
  uint64_t row_count() const { return row_count_; }  // in all pages, the current one included
  /// Rows in the current page.
  uint32_t pending_rows() const { return rows_; }

 private:
  /// Consecutive rows of a page that fit the current page, and where their strings lie.
  struct Run {
    uint32_t rows = 0;
    uint32_t heap_from = 0;  // offset in their page
    uint64_t heap_bytes = 0;
    bool in_bulk = false;  // the strings lie together and none is long: CopyRun may take it
  };

  Status MakeRoom(uint64_t heap_bytes);  // for one row; cuts when it does not fit
  Run FittingRun(const char* page, uint32_t from, uint32_t to) const;
  void CopyRun(const char* page, uint32_t from, const Run& run);
  void AddString(char* slot, std::string_view text);
  Status EmitFarRow(const char* base, const char* row);  // beyond the reach of string slots
  Status Emit(char* page, uint64_t bytes, uint32_t heap_begin, uint32_t rows);

  const row::Layout* layout_;
  const uint32_t schema_version_;
  const uint32_t target_bytes_;
  PageSink* sink_;
  std::vector<uint32_t> string_fields_;
  std::string
      row_bytes_;     // header and rows of the current page, then, when it is cut, the whole page
  std::string heap_;  // its strings
  std::string summary_;
  uint32_t rows_ = 0;
  uint64_t page_count_ = 0;
  uint64_t row_count_ = 0;
};

}  // namespace lathe::page
