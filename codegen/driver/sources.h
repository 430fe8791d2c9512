// Row sources over what earlier pipelines kept.
#pragma once

#include <atomic>
#include <vector>

#include "runtime/exec/exec.h"
#include "runtime/row/page.h"
#include "runtime/state/spillable.h"

namespace lathe::driver {

/// Pages in memory, some at a time.
class PagesSource final : public exec::RowSource {
 public:
  explicit PagesSource(const std::vector<const char*>* pages) : pages_(pages) {
    for (const char* page : *pages) rows_left_ += row::HeaderOf(page).row_count;
  }
  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    size_t i = next_.fetch_add(1);
    if (i >= pages_->size()) return false;
    const char* page = (*pages_)[i];
    const uint32_t rows = row::HeaderOf(page).row_count;
    morsel->segments.push_back({page, 0, rows});
    morsel->row_count = rows;
    rows_left_.fetch_sub(rows);
    return true;
  }
  double RowsLeft() override { return static_cast<double>(rows_left_.load()); }

 private:
  const std::vector<const char*>* pages_;
  std::atomic<size_t> next_{0};
  std::atomic<uint64_t> rows_left_{0};
};

/// Row pointers: a segment's page is the array, from and to are indexes into it.
class RowPointersSource final : public exec::RowSource {
 public:
  explicit RowPointersSource(const state::RowList* rows) : rows_(rows) {}
  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    const size_t from = next_.fetch_add(kRows);
    if (from >= rows_->size()) return false;
    const size_t to = std::min(rows_->size(), from + kRows);
    // Offsets of a segment are 32 bits: the array is addressed from the morsel's first row.
    morsel->segments.push_back(
        {reinterpret_cast<const char*>(rows_->data() + from), 0, static_cast<uint32_t>(to - from)});
    morsel->row_count = to - from;
    return true;
  }
  double RowsLeft() override {
    const size_t next = next_.load();
    return next >= rows_->size() ? 0 : static_cast<double>(rows_->size() - next);
  }

 private:
  static constexpr size_t kRows = 2048;
  const state::RowList* rows_;
  std::atomic<size_t> next_{0};
};

/// No rows.
class EmptySource final : public exec::RowSource {
 public:
  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    return false;
  }
  double RowsLeft() override { return 0; }
};

}  // namespace lathe::driver
