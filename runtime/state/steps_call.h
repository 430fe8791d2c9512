// Calls of aggregates in their C++ form (func::AggregateSteps) over rows of a layout: what windows
// and sorted aggregation share.
#pragma once

#include <vector>

#include "runtime/func/context.h"
#include "runtime/row/row_buffer.h"
#include "runtime/state/sort.h"

namespace lathe::state {

/// A type as boxed functions take its values: numerics big.
inline types::Type BoxedType(const types::Type& type) {
  return type.is_fixed_numeric() ? types::Type(types::TypeId::kNumeric, type.typmod) : type;
}
/// Field of a row of a RowBuffer, which must not be NULL there, boxed (big numerics in the arena).
types::Datum BoxField(const row::Layout& layout, const char* row, uint32_t field,
                      base::Arena* arena);
/// A boxed value in the form of `type`. 22003 when a fixed numeric cannot hold it.
Result<types::Datum> Unbox(const types::Type& type, const types::Datum& boxed);
/// -1, 0, 1 by one key of two rows, direction and place of NULLs included.
int CompareByKey(const row::Layout& layout, const SortKey& key, const char* a, const char* b);
/// All keys [from, to) are equal; NULL equals NULL.
bool SameKeys(const row::Layout& layout, const std::vector<SortKey>& keys, size_t from, size_t to,
              const char* a, const char* b);

/// One call; in the compiled query.
struct StepsCall {
  const func::Aggregate* aggregate = nullptr;
  std::vector<uint32_t> args;          // fields of the rows
  std::vector<types::Type> arg_types;  // boxed
  int32_t filter = -1;                 // field; rows where it is not true do not count; -1 = none
  types::Type type;                    // of the result
  bool distinct = false;               // sorted aggregation only
  std::vector<SortKey> order;          // the same
};

/// Runs one call on one thread. The context is the thread's own; its arena is changed as needed.
class StepsRunner {
 public:
  /// All outlive it. budget may be null.
  StepsRunner(const StepsCall* call, const row::Layout* layout, func::FunctionContext* context,
              base::MemoryBudget* budget);
  ~StepsRunner();

  bool has_inverse() const { return steps_.inverse != nullptr; }
  bool has_combine() const { return steps_.combine != nullptr; }
  const types::Type& type() const { return call_->type; }
  /// Bytes of a state, rounded up to 16.
  size_t state_bytes() const { return (steps_.state_bytes + 15) & ~size_t{15}; }

  /// Makes the bytes a fresh state.
  void Init(void* state, base::Arena* arena);
  /// Takes a row in or, if it was in, out again; rows that do not count are passed over.
  Status Step(void* state, const char* row, base::Arena* arena) {
    return Take(steps_.step, state, row, arena);
  }
  Status Inverse(void* state, const char* row, base::Arena* arena) {
    return Take(steps_.inverse, state, row, arena);
  }
  Status Combine(void* into, const void* from, base::Arena* arena);
  /// The result, in the form of the call's type, its bytes in the arena or the state.
  Status Finish(const void* state, base::Arena* arena, types::Datum* result, bool* null);

 private:
  using StepFunction = decltype(func::AggregateSteps::step);
  Status Take(StepFunction step, void* state, const char* row, base::Arena* arena);
  Status Charge(base::Arena* arena);
  Error TakeError();
  void Enter(base::Arena* arena) {
    context_->arena = arena;
    if (call_->aggregate->wants_types) context_->call = &types_;
  }

  const StepsCall* call_;
  const func::AggregateSteps& steps_;
  const row::Layout* layout_;
  func::FunctionContext* context_;
  base::MemoryBudget* budget_;
  func::CallTypes types_;
  std::vector<func::CallTypes::SortedBy> sorted_by_;
  std::vector<types::Datum> datums_;
  std::unique_ptr<bool[]> nulls_;
  base::Arena scratch_;  // boxed arguments
  uint32_t taken_ = 0;
  const base::Arena* charged_arena_ = nullptr;
  uint64_t charged_ = 0;
};

}  // namespace lathe::state
