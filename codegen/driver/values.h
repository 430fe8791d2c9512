// Rows of a Values operator: computed once by the plain evaluator before their pipeline runs.
#pragma once

#include "codegen/driver/constants.h"

namespace lathe::driver {

/// Evaluates the rows of a Values operator into its object's layout.
Status FillValues(const physical::Values& values, OnceEvaluator* evaluator, row::RowBuffer* rows);

}  // namespace lathe::driver
