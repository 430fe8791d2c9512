// Front door of tests/oracle: runs a logical plan by its definition, with no thought of speed.
#pragma once

#include <span>
#include <vector>

#include "codegen/logical/logical.h"
#include "runtime/exec/exec.h"
#include "runtime/func/context.h"

namespace lathe::oracle {

using Row = std::vector<types::Value>;

/// The rows of the query, columns as root->outputs; for a Modify no rows, and *affected (may be
/// null) tells how many were written. params are of the types in query.params. functions: the
/// session's settings for functions, without an arena; null = defaults. Errors: as the engine's,
/// without positions.
Result<std::vector<Row>> Run(const logical::Query& query, std::span<const types::Value> params,
                             exec::TableAccess* tables,
                             const func::FunctionContext* functions = nullptr,
                             uint64_t* affected = nullptr);

}  // namespace lathe::oracle
