// Functional dependencies and unique keys of a plan's rows, from primary keys, equalities and
// groups.
#pragma once

#include "codegen/optimize/tree.h"

namespace lathe::optimize {

/// Adds the output columns of the plan that the given ones determine.
void AddDetermined(const Node& plan, ColumnSet* columns);
/// No two rows of the plan agree in all these columns.
bool IsUniqueOver(const Node& plan, const ColumnSet& columns);
/// Columns of node that the predicate equates with something that is fixed for one row of the other
/// side.
ColumnSet EquatedColumns(const Expr& predicate, const Node& node);

}  // namespace lathe::optimize
