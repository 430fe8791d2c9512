#include "runtime/state/sorted_aggregate.h"

#include <algorithm>

#include "runtime/state/stable_sort.h"

namespace lathe::state {
namespace {

constexpr size_t kTaskRows = 16 * 1024;
constexpr size_t kRowsPerCancelCheck = 4096;

}  // namespace

/// A run of whole groups, worked on by one thread.
struct SortedAggregateState::Task {
  size_t from, to;  // rows
  func::FunctionContext context;
  base::Arena states, results;
  std::vector<std::unique_ptr<StepsRunner>> runners;
  row::RowBuffer* out = nullptr;
  std::vector<types::Datum> datums;
  std::unique_ptr<bool[]> nulls;
  std::vector<const char*> ordered;
  Status status;
};

Status SortedAggregateState::Finish(QueryState* query, const ParallelFor& parallel) {
  LATHE_TRY(sort_.Finish(query, parallel));
  const RowList& rows = sort_.rows();
  const auto& keys = spec_->sort.keys;
  std::vector<std::unique_ptr<Task>> tasks;
  auto add_task = [&](size_t from, size_t to) {
    auto task = std::make_unique<Task>();
    task->from = from;
    task->to = to;
    if (context_ != nullptr) task->context = *context_;
    task->context.error.reset();
    task->out = static_cast<row::RowBuffer*>(RowCollector::Local(tasks.size()));
    task->datums.resize(spec_->results.field_count() + 1);
    task->nulls.reset(new bool[spec_->results.field_count() + 1]);
    for (const StepsCall& call : spec_->calls) {
      task->runners.push_back(
          std::make_unique<StepsRunner>(&call, &spec_->sort.layout, &task->context, budget_));
    }
    tasks.push_back(std::move(task));
  };
  // Cut where a group begins.
  for (size_t from = 0; from < rows.size();) {
    size_t to = keys.empty() ? rows.size() : std::min(rows.size(), from + kTaskRows);
    while (to < rows.size() &&
           SameKeys(spec_->sort.layout, keys, 0, keys.size(), rows[to - 1], rows[to])) {
      ++to;
    }
    add_task(from, to);
    from = to;
  }
  if (rows.empty() && keys.empty()) add_task(0, 0);
  auto run = [&](size_t i) { tasks[i]->status = RunGroups(tasks[i].get(), query); };
  if (tasks.size() <= 1) {
    if (!tasks.empty()) run(0);
  } else {
    parallel(tasks.size(), run);
  }
  for (const auto& task : tasks) LATHE_TRY(std::move(task->status));
  return RowCollector::Finish(query, parallel);
}

Status SortedAggregateState::RunGroups(Task* task, QueryState* query) {
  const RowList& rows = sort_.rows();
  const auto& keys = spec_->sort.keys;
  if (task->from == task->to) return RunGroup(task, nullptr, 0, query);
  for (size_t from = task->from; from < task->to;) {
    size_t to = from + 1;
    while (to < task->to &&
           SameKeys(spec_->sort.layout, keys, 0, keys.size(), rows[from], rows[to])) {
      ++to;
    }
    LATHE_TRY(RunGroup(task, rows.data() + from, to - from, query));
    from = to;
  }
  return Ok();
}

Status SortedAggregateState::RunGroup(Task* task, const char* const* rows, size_t count,
                                      QueryState* query) {
  if (Cancelled(*query)) return CancelError(query->cancel->load(std::memory_order_relaxed));
  Relieve(budget_);
  const auto& keys = spec_->sort.keys;
  const row::Layout& layout = spec_->sort.layout;
  for (size_t i = 0; i < keys.size(); ++i) {
    task->nulls[i] = layout.IsNull(rows[0], keys[i].field);
    if (!task->nulls[i]) {
      task->datums[i] = row::ReadField(layout, row::RowPageOf(rows[0]), rows[0], keys[i].field);
    }
  }
  for (size_t call = 0; call < spec_->calls.size(); ++call) {
    LATHE_TRY(RunCall(task, call, rows, count, query));
  }
  if (!task->out->AppendRow(task->datums.data(), task->nulls.get())) return OutOfMemory();
  task->states.Reset();
  task->results.Reset();
  return Ok();
}

Status SortedAggregateState::RunCall(Task* task, size_t call, const char* const* rows, size_t count,
                                     QueryState* query) {
  const StepsCall& spec = spec_->calls[call];
  const row::Layout& layout = spec_->sort.layout;
  std::vector<SortKey> order = spec.order;
  if (spec.distinct) {
    for (uint32_t arg : spec.args) order.push_back({arg});
  }
  if (!order.empty()) {
    task->ordered.assign(rows, rows + count);
    StableSort(task->ordered.begin(), task->ordered.end(), [&](const char* a, const char* b) {
      for (const SortKey& key : order) {
        const int o = CompareByKey(layout, key, a, b);
        if (o != 0) return o < 0;
      }
      return false;
    });
    rows = task->ordered.data();
  }
  StepsRunner& runner = *task->runners[call];
  void* state = task->states.Allocate(runner.state_bytes());
  runner.Init(state, &task->states);
  const char* last = nullptr;
  for (size_t i = 0; i < count; ++i) {
    if (i % kRowsPerCancelCheck == kRowsPerCancelCheck - 1 && Cancelled(*query)) break;
    if (spec.distinct) {
      // Rows that the filter drops do not stand for a value.
      if (spec.filter >= 0) {
        const auto filter = static_cast<uint32_t>(spec.filter);
        if (layout.IsNull(rows[i], filter) || rows[i][layout.field(filter).offset] == 0) continue;
      }
      bool same = last != nullptr;
      for (size_t a = 0; same && a < spec.args.size(); ++a) {
        same = CompareByKey(layout, {spec.args[a]}, last, rows[i]) == 0;
      }
      if (same) continue;
      last = rows[i];
    }
    LATHE_TRY(runner.Step(state, rows[i], &task->states));
  }
  const size_t field = spec_->sort.keys.size() + call;
  return runner.Finish(state, &task->results, &task->datums[field], &task->nulls[field]);
}

}  // namespace lathe::state
