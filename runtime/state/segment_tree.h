// Aggregate states over blocks of rows, blocks of blocks, and so on, so that the aggregate of any
// range of rows takes a number of steps that grows with its logarithm (Leis et al., VLDB 2015,
// section 4.3). Private to runtime/state.
#pragma once

#include "runtime/state/steps_call.h"

namespace lathe::state {

class SegmentTree {
 public:
  /// runner can combine; all outlive the tree.
  SegmentTree(StepsRunner* runner, const char* const* rows, size_t count)
      : runner_(runner), rows_(rows), count_(count) {}

  /// Computes the states. Errors: the aggregate's, 57014, 53200.
  Status Build(QueryState* query);
  /// Adds rows [from, to), in order, to a state.
  Status Add(size_t from, size_t to, void* state, base::Arena* arena);

 private:
  static constexpr size_t kFanout = 16;
  char* StateAt(size_t level, size_t node) {
    return levels_[level] + node * runner_->state_bytes();
  }
  /// Entries [from, to) of a level; level 0 = rows.
  Status AddEntries(size_t level, size_t from, size_t to, void* state, base::Arena* arena);

  StepsRunner* runner_;
  const char* const* rows_;
  size_t count_;
  base::Arena arena_;
  std::vector<char*> levels_;  // [0]: blocks of rows
  std::vector<size_t> sizes_;
};

}  // namespace lathe::state
