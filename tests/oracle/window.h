// Window calls by their definition, private to the oracle: each row's frame is found by asking
// every row of the partition whether it is in it.
#pragma once

#include "codegen/logical/logical.h"
#include "runtime/func/context.h"
#include "tests/oracle/oracle.h"

namespace lathe::oracle {

/// One partition in order, with everything that a call needs already evaluated.
struct WindowInput {
  const std::vector<logical::SortKey>* order = nullptr;
  std::vector<Row> keys;     // by row: values of the sort keys
  std::vector<Row> args;     // by row
  std::vector<bool> passes;  // by row: FILTER
  types::Value start, end;   // the frame's offsets
};

/// -1, 0, 1 of two rows' keys.
int CompareKeys(const std::vector<logical::SortKey>& order, const Row& a, const Row& b);

/// The call's result for each row of the partition.
Result<std::vector<types::Value>> WindowColumn(const logical::WindowCall& call,
                                               const WindowInput& input,
                                               func::FunctionContext* functions);

/// An aggregate in its C++ form over rows of arguments, in order. filtered and distinct: done by
/// the caller.
Result<types::Value> RunSteps(const func::Aggregate& function, const types::Type& result,
                              const std::vector<Row>& rows,
                              const std::vector<types::Type>& arg_types,
                              const std::vector<logical::SortKey>* order,
                              func::FunctionContext* functions);

}  // namespace lathe::oracle
