// What is computed once per execution before any pipeline runs: the constants, the bounds of scans,
// limits.
#pragma once

#include <memory>
#include <vector>

#include "codegen/driver/driver.h"
#include "codegen/expr/evaluate.h"
#include "codegen/pipeline/pipeline.h"
#include "runtime/abi/abi.h"
#include "runtime/state/state.h"

namespace lathe::driver {

/// Evaluates expressions without columns with the request's parameters and context. One thread.
class OnceEvaluator {
 public:
  explicit OnceEvaluator(const ExecutionRequest& request);
  Result<types::Value> Evaluate(const expr::Expr& e) { return expr::Evaluate(e, context_); }
  expr::EvalContext& context() { return context_; }
  base::Arena& arena() { return arena_; }

 private:
  base::Arena arena_;
  func::FunctionContext functions_;
  expr::EvalContext context_;
};

/// The constants of one execution as generated code reads them.
struct Constants {
  std::vector<types::Value> values;  // own the strings
  std::vector<state::ConstantSlot> slots;
  std::vector<std::unique_ptr<Error>> errors;
  std::vector<const Error*> error_pointers;
  std::vector<std::unique_ptr<abi::LikePattern>> patterns;
  std::vector<std::unique_ptr<abi::ValueSet>> sets;
  std::vector<std::vector<types::Value>> set_values;  // own the sets' strings
  bool all_values = true;                             // none is NULL or an error

  void Compute(const pipeline::Program& program, OnceEvaluator* evaluator);

 private:
  Status ComputeSet(const expr::Expr& list, OnceEvaluator* evaluator, state::ConstantSlot* slot);
};

/// The magnitude of an integer or fixed-point constant in units of its last digit; -1 for others.
types::int128 MagnitudeOf(const types::Value& value);
/// Bounds for constants of these values: the next power of 2^10, so that other values of the same
/// kind fit as well.
std::vector<types::int128> BoundsFor(const std::vector<types::Value>& values);

/// The bounds of a scan. empty: a bound is NULL, no row qualifies.
struct ScanBounds {
  exec::ScanRequest request;
  bool empty = false;
};
Result<ScanBounds> BoundsOf(const physical::TableScan& scan, OnceEvaluator* evaluator);

/// LIMIT or OFFSET: `fallback` when null or NULL. 2201W, 2201X when negative.
Result<int64_t> LimitOf(const expr::Expr* e, bool is_offset, int64_t fallback,
                        OnceEvaluator* evaluator);

}  // namespace lathe::driver
