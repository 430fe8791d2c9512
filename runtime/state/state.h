// Front door of runtime/state: what one execution of a query keeps, as generated code sees it.
// Everything is reached from two pointers, the query's state and the worker's; generated code holds
// no other address of an execution. Members that generated code reads lie at the fixed offsets
// asserted below (twin: codegen/ir/abi_types.h).
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "runtime/abi/abi.h"
#include "runtime/base/arena.h"
#include "runtime/base/memory.h"
#include "runtime/base/result.h"
#include "runtime/types/value.h"

namespace lathe::func {
class FunctionContext;
}

namespace lathe::state {

/// Runs task(0) .. task(count - 1), on several threads where that helps, and returns when all are
/// done.
using ParallelFor = std::function<void(size_t count, const std::function<void(size_t)>& task)>;

enum class ConstantState : uint32_t { kValue, kNull, kError };

/// The value of an expression without columns, computed once per execution. An error waits here
/// until a row needs the value.
struct alignas(16) ConstantSlot {
  types::Datum value;
  ConstantState state = ConstantState::kNull;
  uint32_t inline_slot =
      0;  // of a string of up to 3 bytes: its row slot (row/string_slot.h); else 0
  const void* prepared = nullptr;  // abi::LikePattern of a pattern
};
static_assert(sizeof(ConstantSlot) == 32 && offsetof(ConstantSlot, state) == 16 &&
              offsetof(ConstantSlot, prepared) == 24);

/// What can go wrong at one place of generated code. In the compiled query; sites are numbered per
/// pipeline.
struct ErrorSite {
  SqlState state = SqlState::kInternalError;
  std::string message;
  int32_t location = -1;  // byte offset in the statement's text
  uint32_t node = 0;      // physical::Node::id of the operator
};

/// One execution. Made by the driver, shared by its workers.
struct QueryState {
  const ConstantSlot* constants = nullptr;
  void* const* objects =
      nullptr;  // shared parts of the operators' states, by number (see Operator::shared)
  // From here on C++ only.
  const std::atomic<uint32_t>* cancel =
      nullptr;  // exec::CancelFlag::state; null = cannot be cancelled
  base::MemoryBudget* budget = nullptr;
  const Error* const* constant_errors = nullptr;  // by constant; set where state is kError
};
static_assert(offsetof(QueryState, constants) == 0 && offsetof(QueryState, objects) == 8);

/// What generated code reads of a worker.
struct WorkerView {
  void* const* locals = nullptr;   // the worker's parts of the operators' states, by number
  uint64_t* row_counts = nullptr;  // by node id; EXPLAIN ANALYZE
  func::FunctionContext* functions = nullptr;  // for boxed functions
  // Scans of pages ask for the line this far behind each row that they read; the driver points it
  // at the following page near a page's end. 0 = there is nothing to ask for.
  int64_t prefetch_ahead = 0;
};
static_assert(offsetof(WorkerView, locals) == 0 && offsetof(WorkerView, row_counts) == 8 &&
              offsetof(WorkerView, functions) == 16 && offsetof(WorkerView, prefetch_ahead) == 24);

/// One worker in one execution.
struct WorkerState : WorkerView {
  QueryState* query = nullptr;
  base::Arena arena;  // what generated code and boxed functions allocate; reset when a row is done
                      // and it has grown
  const std::vector<ErrorSite>* sites = nullptr;  // of the running pipeline
  std::unique_ptr<Error> error;  // set when a pipeline function returned kReturnError
};

/// The error of a cancelled statement: 57014 in PostgreSQL's words, or the reason's own.
Error CancelError(uint32_t cancel_state);
inline bool Cancelled(const QueryState& query) {
  return query.cancel != nullptr && query.cancel->load(std::memory_order_relaxed) != 0;
}
Error OutOfMemory();

/// The state of one operator in one execution: a part shared by all workers and, for most, a part
/// per worker.
class Operator {
 public:
  virtual ~Operator() = default;
  /// What generated code gets as objects[i].
  virtual void* shared() = 0;
  /// What generated code of worker w gets as locals[i]; called once per worker, before it runs.
  /// Null = has none.
  virtual void* Local(size_t worker) { return nullptr; }
  /// After each morsel of a worker that writes into it.
  virtual Status MorselDone(size_t worker) { return Ok(); }
  /// All rows have come.
  virtual Status Finish(QueryState* query, const ParallelFor& parallel) { return Ok(); }
  virtual uint64_t memory_bytes() const { return 0; }
};

}  // namespace lathe::state
