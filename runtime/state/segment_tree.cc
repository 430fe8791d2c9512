#include "runtime/state/segment_tree.h"

#include <algorithm>

namespace lathe::state {

Status SegmentTree::Build(QueryState* query) {
  for (size_t entries = count_; entries > kFanout;) {
    const size_t nodes = (entries + kFanout - 1) / kFanout;
    levels_.push_back(arena_.Allocate(nodes * runner_->state_bytes()));
    sizes_.push_back(nodes);
    const size_t level = levels_.size() - 1;
    for (size_t node = 0; node < nodes; ++node) {
      if (node % 1024 == 1023 && Cancelled(*query)) {
        return CancelError(query->cancel->load(std::memory_order_relaxed));
      }
      void* state = StateAt(level, node);
      runner_->Init(state, &arena_);
      const size_t from = node * kFanout, to = std::min(entries, from + kFanout);
      for (size_t i = from; i < to; ++i) {
        if (level == 0) {
          LATHE_TRY(runner_->Step(state, rows_[i], &arena_));
        } else {
          LATHE_TRY(runner_->Combine(state, StateAt(level - 1, i), &arena_));
        }
      }
    }
    entries = nodes;
  }
  return Ok();
}

Status SegmentTree::Add(size_t from, size_t to, void* state, base::Arena* arena) {
  return AddEntries(0, from, to, state, arena);
}

Status SegmentTree::AddEntries(size_t level, size_t from, size_t to, void* state,
                               base::Arena* arena) {
  auto add_one = [&](size_t i) {
    return level == 0 ? runner_->Step(state, rows_[i], arena)
                      : runner_->Combine(state, StateAt(level - 1, i), arena);
  };
  const bool top = level == levels_.size();
  const size_t inner_from = (from + kFanout - 1) / kFanout, inner_to = to / kFanout;
  if (top || inner_from >= inner_to) {
    for (size_t i = from; i < to; ++i) LATHE_TRY(add_one(i));
    return Ok();
  }
  for (size_t i = from; i < inner_from * kFanout; ++i) LATHE_TRY(add_one(i));
  LATHE_TRY(AddEntries(level + 1, inner_from, inner_to, state, arena));
  for (size_t i = inner_to * kFanout; i < to; ++i) LATHE_TRY(add_one(i));
  return Ok();
}

}  // namespace lathe::state
