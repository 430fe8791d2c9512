// The plain evaluator of expressions over runtime/func: constant folding, DEFAULT, VALUES, key
// bounds, predicates on samples, and the reference that generated code is tested against.
#pragma once

#include <functional>
#include <span>

#include "codegen/expr/expr.h"
#include "runtime/func/context.h"

namespace lathe::expr {

/// What an evaluation reads. Pointers are the caller's. Not shared between threads.
struct EvalContext {
  func::FunctionContext* functions = nullptr;  // with an arena; its error slot is used
  std::span<const types::Value> params;
  /// The value of a column; null function = there are no columns.
  std::function<Result<types::Value>(ColumnId)> column;
  /// The value of a subquery expression; null function = there are none (0A000).
  std::function<Result<types::Value>(const Expr&)> subquery;
};

/// The value of the expression, of type e.type. Three-valued logic; CASE, COALESCE, AND and OR
/// evaluate no more than they need, left to right. Errors: those of the functions and casts, with
/// no position (the caller knows the statement's text); Error::position holds nothing, *failed (if
/// not null) is set to the node that failed.
Result<types::Value> Evaluate(const Expr& e, EvalContext& context, const Expr** failed = nullptr);

}  // namespace lathe::expr
