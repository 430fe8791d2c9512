// The frames of one partition's rows, private to runtime/state.
#pragma once

#include "runtime/state/window.h"

namespace lathe::state {

/// Rows [from, to) of a partition.
struct RowRange {
  size_t from = 0, to = 0;
  bool empty() const { return from >= to; }
};

/// A partition: its rows and, once asked for, its peer groups.
class Partition {
 public:
  Partition(const WindowSpec* spec, const char* const* rows, size_t count)
      : spec_(spec), rows_(rows), count_(count) {}

  const row::Layout& layout() const { return spec_->sort.layout; }
  size_t count() const { return count_; }
  const char* row(size_t i) const { return rows_[i]; }
  const char* const* rows() const { return rows_; }
  size_t group_of(size_t row) { return Groups().group_of[row]; }
  size_t group_count() { return Groups().starts.size() - 1; }
  /// First row of a group; of the group after the last one: count().
  size_t group_start(size_t group) { return Groups().starts[group]; }
  RowRange peers(size_t row) {
    const size_t group = group_of(row);
    return {group_start(group), group_start(group + 1)};
  }
  /// The one key of a RANGE frame with an offset.
  const SortKey& range_key() const { return spec_->sort.keys.back(); }

 private:
  struct GroupList {
    std::vector<uint32_t> group_of;
    std::vector<size_t> starts;
  };
  GroupList& Groups();

  const WindowSpec* spec_;
  const char* const* rows_;
  size_t count_;
  GroupList groups_;
};

/// Computes the frame of each row of a partition for one call.
class Frames {
 public:
  /// All outlive it.
  Frames(const FrameSpec* spec, const FrameOffsets* offsets, Partition* partition,
         func::FunctionContext* context, base::Arena* arena);

  /// The frame of a row before exclusion. Both ends never move back from row to row.
  Status FrameOf(size_t row, RowRange* frame);
  /// The parts that are left after exclusion: at most three, in order; gives their number.
  size_t Parts(size_t row, const RowRange& frame, RowRange parts[3]);
  bool excludes() const { return spec_->exclusion != FrameExclusion::kNone; }
  /// Every frame begins at the partition's first row.
  bool starts_fixed() const { return spec_->start == FrameBoundKind::kUnboundedPreceding; }

 private:
  size_t RowsBound(FrameBoundKind kind, size_t row, uint64_t offset, bool is_end) const;
  size_t GroupsBound(FrameBoundKind kind, size_t row, uint64_t offset, bool is_end);
  Result<size_t> RangeBound(FrameBoundKind kind, size_t row, const types::Value& offset,
                            bool is_end);
  Result<size_t> Bound(FrameBoundKind kind, size_t row, const types::Value& offset, bool is_end);

  const FrameSpec* spec_;
  const FrameOffsets* offsets_;
  Partition* partition_;
  func::FunctionContext* context_;
  base::Arena* arena_;
  RowRange not_null_;  // rows whose range key is not NULL
};

}  // namespace lathe::state
