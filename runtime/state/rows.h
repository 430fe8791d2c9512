// Rows collected by many workers: the common ground of materialisation, join build, sort and nested
// loops.
#pragma once

#include "runtime/row/row_buffer.h"
#include "runtime/state/state.h"

namespace lathe::state {

/// Rows of one layout, one buffer per worker, joined by Finish. locals[i] is the worker's
/// row::RowBuffer.
class RowCollector : public Operator {
 public:
  /// layout and budget outlive it.
  RowCollector(const row::Layout* layout, base::MemoryBudget* budget)
      : layout_(layout), budget_(budget) {}

  void* shared() override { return &view_; }
  void* Local(size_t worker) override;
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override;

  const row::Layout& layout() const { return *layout_; }
  /// After Finish.
  const std::vector<const char*>& pages() const { return pages_; }
  uint64_t row_count() const { return view_.row_count; }
  /// Takes the workers' buffers away, which leaves it without rows.
  std::vector<row::RowBuffer> TakeBuffers();

  /// What generated code reads of finished rows (nested loops).
  struct View {
    const char* const* pages = nullptr;
    uint64_t page_count = 0;
    const char* null_row = nullptr;  // a row of zeros: stands in for "no row" in outer joins
    uint64_t row_count = 0;
    const char* null_page = nullptr;  // of null_row: a page with that one row
  };
  static_assert(offsetof(View, page_count) == 8 && offsetof(View, null_row) == 16 &&
                offsetof(View, row_count) == 24 && offsetof(View, null_page) == 32);

 protected:
  const row::Layout* layout_;
  base::MemoryBudget* budget_;
  std::vector<std::unique_ptr<row::RowBuffer>> buffers_;  // by worker
  std::vector<const char*> pages_;
  std::unique_ptr<char[]> null_page_;
  View view_;
};

/// LIMIT and OFFSET: numbers the rows that pass.
struct LimitState final : Operator {
  std::atomic<int64_t> next{0};
  int64_t offset = 0;
  int64_t limit = INT64_MAX;  // INT64_MAX = none
  struct View {
    int64_t offset = 0;
    int64_t end = INT64_MAX;  // offset + limit, saturated
    LimitState* state = nullptr;
  } view;
  void* shared() override { return &view; }
  /// Enough rows have passed (or none are wanted).
  bool exhausted() const { return next.load(std::memory_order_relaxed) >= view.end; }
};

}  // namespace lathe::state
