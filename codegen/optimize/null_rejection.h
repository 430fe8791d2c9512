// Which NULLs a predicate cannot be true for.
#pragma once

#include "codegen/optimize/tree.h"

namespace lathe::optimize {

/// Adds columns of which any single one being NULL makes the expression NULL.
void AddNullSources(const Expr& e, ColumnSet* columns);
/// Adds columns of which any single one being NULL makes the predicate false or NULL.
void AddRejected(const Expr& predicate, ColumnSet* columns);
/// The predicate is not true for a row in which all these columns are NULL.
bool RejectsNulls(const Expr& predicate, const ColumnSet& columns);

}  // namespace lathe::optimize
