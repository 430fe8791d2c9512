// Aggregation by sorting: the rows are sorted by their groups, then each group's calls run in their
// C++ form; calls with an order of their own or DISTINCT sort the group's rows once more. For calls
// that generated code has no form of.
#pragma once

#include "runtime/state/steps_call.h"

namespace lathe::state {

/// Everything fixed about it; in the compiled query.
struct SortedAggregateSpec {
  SortSpec sort;  // one key for each group, in order; no keys = one group, always there
  std::vector<StepsCall> calls;
  row::Layout results;  // a field for each group, then one for each call
};

class SortedAggregateState final : public RowCollector {
 public:
  /// spec, budget and context (null = defaults) outlive it. pages() are the results after Finish.
  SortedAggregateState(const SortedAggregateSpec* spec, base::MemoryBudget* budget,
                       const func::FunctionContext* context)
      : RowCollector(&spec->results, budget),
        spec_(spec),
        context_(context),
        sort_(&spec->sort, budget) {}

  void* Local(size_t worker) override { return sort_.Local(worker); }
  Status MorselDone(size_t worker) override { return sort_.MorselDone(worker); }
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override {
    return RowCollector::memory_bytes() + sort_.memory_bytes();
  }

 private:
  struct Task;
  Status RunGroups(Task* task, QueryState* query);
  Status RunGroup(Task* task, const char* const* rows, size_t count, QueryState* query);
  Status RunCall(Task* task, size_t call, const char* const* rows, size_t count, QueryState* query);

  const SortedAggregateSpec* spec_;
  const func::FunctionContext* context_;
  SortState sort_;
};

}  // namespace lathe::state
