#include "runtime/state/window_frame.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "runtime/types/numeric.h"

namespace lathe::state {

Partition::GroupList& Partition::Groups() {
  if (!groups_.starts.empty()) return groups_;
  const auto& keys = spec_->sort.keys;
  groups_.group_of.resize(count_);
  for (size_t i = 0; i < count_; ++i) {
    if (i == 0 ||
        !SameKeys(layout(), keys, spec_->partition_keys, keys.size(), rows_[i - 1], rows_[i])) {
      groups_.starts.push_back(i);
    }
    groups_.group_of[i] = static_cast<uint32_t>(groups_.starts.size() - 1);
  }
  groups_.starts.push_back(count_);
  return groups_;
}

Frames::Frames(const FrameSpec* spec, const FrameOffsets* offsets, Partition* partition,
               func::FunctionContext* context, base::Arena* arena)
    : spec_(spec),
      offsets_(offsets),
      partition_(partition),
      context_(context),
      arena_(arena),
      not_null_{0, partition->count()} {
  const bool by_value =
      spec->mode == FrameMode::kRange && (!offsets->start.is_null() || !offsets->end.is_null());
  if (!by_value) return;
  const uint32_t field = partition->range_key().field;
  auto null = [&](size_t i) { return partition->layout().IsNull(partition->row(i), field); };
  while (not_null_.from < not_null_.to && null(not_null_.from)) ++not_null_.from;
  while (not_null_.to > not_null_.from && null(not_null_.to - 1)) --not_null_.to;
}

size_t Frames::RowsBound(FrameBoundKind kind, size_t row, uint64_t offset, bool is_end) const {
  const size_t count = partition_->count();
  const size_t at = row + (is_end ? 1 : 0);  // of an offset of 0
  if (kind == FrameBoundKind::kCurrentRow) return at;
  if (kind == FrameBoundKind::kPreceding) return at > offset ? at - offset : 0;
  return offset >= count - std::min(at, count) ? count : at + offset;
}

size_t Frames::GroupsBound(FrameBoundKind kind, size_t row, uint64_t offset, bool is_end) {
  const size_t groups = partition_->group_count();
  const size_t at = partition_->group_of(row) + (is_end ? 1 : 0);
  if (kind == FrameBoundKind::kCurrentRow) return partition_->group_start(at);
  if (kind == FrameBoundKind::kPreceding) {
    return at > offset ? partition_->group_start(at - offset) : 0;
  }
  return offset >= groups - at ? partition_->count() : partition_->group_start(at + offset);
}

namespace {

/// Of a boxed value.
bool IsNan(const types::Type& type, const types::Datum& datum) {
  if (type.id == types::TypeId::kFloat8) return std::isnan(datum.f64);
  if (type.id == types::TypeId::kFloat4) return std::isnan(datum.f32);
  return type.id == types::TypeId::kNumeric && types::Numeric::FromDatum(datum).is_nan();
}

types::Datum InfinityOf(const types::Type& type, bool negative, base::Arena* arena) {
  const double infinity =
      negative ? -std::numeric_limits<double>::infinity() : std::numeric_limits<double>::infinity();
  types::Datum datum;
  if (type.id == types::TypeId::kFloat8) {
    datum.f64 = infinity;
  } else if (type.id == types::TypeId::kFloat4) {
    datum.f32 = static_cast<float>(infinity);
  } else {
    datum = types::Numeric::Infinity(negative).ToDatum(arena);
  }
  return datum;
}

}  // namespace

Result<size_t> Frames::RangeBound(FrameBoundKind kind, size_t row, const types::Value& offset,
                                  bool is_end) {
  const RowRange peers = partition_->peers(row);
  const size_t peer_bound = is_end ? peers.to : peers.from;
  if (kind == FrameBoundKind::kCurrentRow) return peer_bound;
  const row::Layout& layout = partition_->layout();
  const SortKey& key = partition_->range_key();
  // NULLs are one group, near to nothing else.
  if (layout.IsNull(partition_->row(row), key.field)) return peer_bound;
  const bool back = (kind == FrameBoundKind::kPreceding) != key.descending;
  const func::Function& step = back ? *spec_->range_minus : *spec_->range_plus;
  const types::Type& type = layout.field(key.field).type;
  types::Datum args[2];
  const bool nulls[2] = {false, false};
  args[0] = BoxField(layout, partition_->row(row), key.field, arena_);
  args[1] = offset.datum();
  types::Datum boxed;
  context_->arena = arena_;
  const func::CallStatus status = step.boxed(context_, args, nulls, &boxed);
  if (status == func::CallStatus::kError) {
    Error error = std::move(*context_->error);
    context_->error.reset();
    // Beyond the type's range: nothing lies there.
    if (error.state != SqlState::kNumericValueOutOfRange &&
        error.state != SqlState::kDatetimeFieldOverflow) {
      return error;
    }
    return kind == FrameBoundKind::kPreceding ? not_null_.from : not_null_.to;
  }
  // Infinity less infinity: PostgreSQL takes every value (in_range) but NaN.
  if (IsNan(type, boxed) && !IsNan(type, args[0])) {
    boxed = InfinityOf(type, is_end == key.descending, arena_);
  }
  // Rows on this side of the limit come first.
  auto before = [&](size_t i) {
    const types::Datum value =
        row::ReadField(layout, row::RowPageOf(partition_->row(i)), partition_->row(i), key.field);
    int order;
    if (type.is_fixed_numeric()) {
      const types::Datum big = types::BigFromFixed(type, value, arena_);
      order = abi::CompareDatums(types::TypeId::kNumeric, big, boxed);
    } else {
      order = abi::CompareDatums(type, value, boxed);
    }
    if (key.descending) order = -order;
    return is_end ? order <= 0 : order < 0;
  };
  size_t from = not_null_.from, to = not_null_.to;
  while (from < to) {
    const size_t middle = from + (to - from) / 2;
    if (before(middle)) {
      from = middle + 1;
    } else {
      to = middle;
    }
  }
  return from;
}

Result<size_t> Frames::Bound(FrameBoundKind kind, size_t row, const types::Value& offset,
                             bool is_end) {
  if (kind == FrameBoundKind::kUnboundedPreceding) return size_t{0};
  if (kind == FrameBoundKind::kUnboundedFollowing) return partition_->count();
  if (spec_->mode == FrameMode::kRange) return RangeBound(kind, row, offset, is_end);
  const auto steps = offset.is_null() ? uint64_t{0} : static_cast<uint64_t>(offset.AsInt64());
  return spec_->mode == FrameMode::kRows ? RowsBound(kind, row, steps, is_end)
                                         : GroupsBound(kind, row, steps, is_end);
}

Status Frames::FrameOf(size_t row, RowRange* frame) {
  LATHE_ASSIGN(frame->from, Bound(spec_->start, row, offsets_->start, false));
  LATHE_ASSIGN(frame->to, Bound(spec_->end, row, offsets_->end, true));
  if (frame->to < frame->from) frame->to = frame->from;
  return Ok();
}

size_t Frames::Parts(size_t row, const RowRange& frame, RowRange parts[3]) {
  size_t count = 0;
  auto add = [&](size_t from, size_t to) {
    from = std::max(from, frame.from);
    to = std::min(to, frame.to);
    if (from < to) parts[count++] = {from, to};
  };
  if (spec_->exclusion == FrameExclusion::kNone) {
    add(frame.from, frame.to);
    return count;
  }
  RowRange hole{row, row + 1};
  if (spec_->exclusion != FrameExclusion::kCurrentRow) hole = partition_->peers(row);
  add(frame.from, hole.from);
  if (spec_->exclusion == FrameExclusion::kTies) add(row, row + 1);
  add(hole.to, frame.to);
  return count;
}

}  // namespace lathe::state
