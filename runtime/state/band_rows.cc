#include "runtime/state/band_rows.h"

#include <algorithm>

namespace lathe::state {
namespace {

int64_t KeyAt(const row::Field& field, const char* row) {
  switch (field.repr) {
    case types::Repr::kI16:
      return LoadAt<int16_t>(row + field.offset);
    case types::Repr::kI32:
      return LoadAt<int32_t>(row + field.offset);
    default:
      return LoadAt<int64_t>(row + field.offset);
  }
}

}  // namespace

Status BandRows::Finish(QueryState* query, const ParallelFor& parallel) {
  LATHE_TRY(RowCollector::Finish(query, parallel));
  header_.rows = view_;
  const row::Field& field = layout_->field(0);
  entries_.clear();
  try {
    entries_.reserve(view_.row_count);
    for (size_t p = 0; p < pages_.size(); ++p) {
      if (Cancelled(*query)) break;
      if (p % 8 == 0) Relieve(budget_);
      const uint32_t rows = row::HeaderOf(pages_[p]).row_count;
      for (uint32_t i = 0; i < rows; ++i) {
        const char* row = row::RowAt(pages_[p], layout_->stride(), i);
        if (!layout_->IsNull(row, 0)) entries_.push_back({KeyAt(field, row), row});
      }
    }
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
  std::sort(entries_.begin(), entries_.end(),
            [](const Entry& a, const Entry& b) { return a.key < b.key; });
  header_.entries = entries_.data();
  header_.count = entries_.size();
  return Ok();
}

uint64_t BandRows::First(const Header& header, int64_t low) {
  const Entry* end = header.entries + header.count;
  return static_cast<uint64_t>(
      std::lower_bound(header.entries, end, low,
                       [](const Entry& entry, int64_t key) { return entry.key < key; }) -
      header.entries);
}

}  // namespace lathe::state

extern "C" uint64_t lathe_band_first(const void* rows, int64_t low) {
  using lathe::state::BandRows;
  return BandRows::First(*static_cast<const BandRows::Header*>(rows), low);
}
