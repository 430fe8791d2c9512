// Windows: the rows are sorted by partition and order once; each partition's calls are computed in
// C++, partitions side by side; the results lie in rows of their own, whose address goes into the
// sorted row's prefix, so that sorted rows are not copied. Row prefix: result row (8).
//
// Aggregates over frames: a running state where frames only grow; taking rows out again where the
// aggregate can; otherwise a segment tree (Leis et al., "Efficient Processing of Window Functions
// in Analytical SQL Queries", VLDB 2015, section 4.3), so that moving frames are not quadratic.
#pragma once

#include "runtime/state/steps_call.h"
#include "runtime/types/value.h"

namespace lathe::state {

inline constexpr uint32_t kWindowResultOffset = 0;
inline constexpr uint32_t kWindowPrefixBytes = 8;

// As in logical::Frame.
enum class FrameMode : uint8_t { kRows, kRange, kGroups };
enum class FrameBoundKind : uint8_t {
  kUnboundedPreceding,
  kPreceding,
  kCurrentRow,
  kFollowing,
  kUnboundedFollowing,
};
enum class FrameExclusion : uint8_t { kNone, kCurrentRow, kGroup, kTies };

struct FrameSpec {
  FrameMode mode = FrameMode::kRange;
  FrameBoundKind start = FrameBoundKind::kUnboundedPreceding;
  FrameBoundKind end = FrameBoundKind::kCurrentRow;
  FrameExclusion exclusion = FrameExclusion::kNone;
  const func::Function* range_minus = nullptr;  // (key, offset) -> key
  const func::Function* range_plus = nullptr;
};

/// One call: a window function (then call.aggregate is null) or an aggregate.
struct WindowCallSpec {
  const func::WindowFunction* function = nullptr;
  StepsCall call;  // arguments, filter, type of the result
  FrameSpec frame;
};

/// Everything fixed about it; in the compiled query.
struct WindowSpec {
  SortSpec sort;                // layout with kWindowPrefixBytes
  uint32_t partition_keys = 0;  // the first of sort.keys
  std::vector<WindowCallSpec> calls;
  row::Layout results;  // a field for each call
};

/// The values of a frame's offsets in one execution; NULL where there is none.
struct FrameOffsets {
  types::Value start, end;
};

class WindowState final : public Operator {
 public:
  /// spec, budget and context (null = defaults) outlive it.
  WindowState(const WindowSpec* spec, base::MemoryBudget* budget,
              const func::FunctionContext* context);
  ~WindowState() override;

  /// Before Finish. Errors: NULL (22004) or negative (22013) offsets.
  Status SetOffsets(size_t call, FrameOffsets offsets);

  void* shared() override { return this; }
  void* Local(size_t worker) override { return sort_.Local(worker); }
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override;
  /// The rows in order, their prefix set, after Finish.
  const RowList& rows() const { return sort_.rows(); }

 private:
  const WindowSpec* spec_;
  base::MemoryBudget* budget_;
  const func::FunctionContext* context_;
  SortState sort_;
  std::vector<FrameOffsets> offsets_;
  std::vector<std::unique_ptr<row::RowBuffer>> results_;  // by task
};

}  // namespace lathe::state
