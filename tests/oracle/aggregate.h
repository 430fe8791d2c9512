// Aggregates over a list of values, private to the oracle.
#pragma once

#include <vector>

#include "runtime/func/function.h"
#include "runtime/types/value.h"

namespace lathe::oracle {

/// -1, 0, 1; NULLs are equal and last. Both of one type.
int CompareValues(const types::Value& a, const types::Value& b);

/// The aggregate of values that are not NULL (one value per row for count(*)), as `result`. 22003
/// on overflow.
Result<types::Value> AggregateValues(const func::Aggregate& function, const types::Type& result,
                                     const std::vector<types::Value>& values);

}  // namespace lathe::oracle
