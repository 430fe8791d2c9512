// Where scans of row pages prefetch: some KiB ahead of each row; near the end of a page's rows from
// the page that follows, as what lies behind is the page's heap. The processor's own streams end
// there and take long to get up to speed in the next page.
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>

#include "runtime/exec/exec.h"

namespace lathe::driver {

/// For segments of a morsel taken in their order. Pieces of one page that follow one another count
/// as one run of rows; short runs (newer rows of a changed page) are prefetched when the run before
/// them begins.
class Prefetch {
 public:
  /// How far ahead (measured, see docs/decisions).
  static constexpr int64_t kBytes = 12 * 1024;

  /// stride: of the rows; at least 1.
  Prefetch(std::span<const exec::Segment> segments, uint32_t stride)
      : segments_(segments), stride_(stride), rows_ahead_(static_cast<uint32_t>(kBytes / stride)) {}

  /// Rows of segment i below this prefetch kBytes ahead, the others Jump() bytes. i never falls.
  uint32_t SplitOf(size_t i) {
    if (i >= run_end_) FindRun(i);
    const exec::Segment& segment = segments_[i];
    return short_ ? segment.from : std::clamp(jump_from_, segment.from, segment.to);
  }
  int64_t Jump() const { return jump_; }

 private:
  static constexpr uint32_t kLinesOfShortRun = 4;

  const char* RowAt(const exec::Segment& segment, uint32_t row) const {
    return segment.page + row::kRowsBegin + static_cast<uint64_t>(row) * stride_;
  }

  /// The run that begins with segment i, and the first one behind it that is not short.
  void FindRun(size_t i) {
    uint32_t rows;
    run_end_ = EndOfRun(i, &rows);
    short_ = rows < rows_ahead_ / 4;
    jump_ = 0;
    if (short_) return;
    const exec::Segment& last = segments_[run_end_ - 1];
    jump_from_ = last.to > rows_ahead_ ? last.to - rows_ahead_ : 0;
    for (size_t next = run_end_; next < segments_.size();) {
      const char* target = RowAt(segments_[next], segments_[next].from);
      const size_t end = EndOfRun(next, &rows);
      if (rows >= rows_ahead_ / 4) {
        jump_ = static_cast<int64_t>(reinterpret_cast<uintptr_t>(target) -
                                     reinterpret_cast<uintptr_t>(RowAt(last, last.to))) +
                static_cast<int64_t>(rows_ahead_) * stride_;
        return;
      }
      for (uint32_t line = 0; line < kLinesOfShortRun; ++line) {
        __builtin_prefetch(target + 64 * line);
      }
      next = end;
    }
  }

  size_t EndOfRun(size_t i, uint32_t* rows) const {
    *rows = segments_[i].to - segments_[i].from;
    size_t end = i + 1;
    for (; end < segments_.size() && segments_[end].page == segments_[i].page &&
           segments_[end].from >= segments_[end - 1].to;
         ++end) {
      *rows += segments_[end].to - segments_[end].from;
    }
    return end;
  }

  const std::span<const exec::Segment> segments_;
  const uint32_t stride_;
  const uint32_t rows_ahead_;
  size_t run_end_ = 0;
  bool short_ = false;
  uint32_t jump_from_ = 0;
  int64_t jump_ = 0;
};

}  // namespace lathe::driver
