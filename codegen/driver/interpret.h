// Small pipelines without generated code: constant rows through filters and projections into kept
// rows or the result, by the plain evaluator. INSERT ... VALUES and SELECT of constants cost no
// LLVM work that way.
#pragma once

#include "codegen/driver/constants.h"

namespace lathe::driver {

/// The pipeline's source is a Values operator and all its steps and sinks are ones that Interpret
/// knows.
bool CanInterpret(const pipeline::Program& program, const pipeline::Pipeline& pipeline);

/// Runs it: appends to `rows`, the buffer of the pipeline's one sink. row_counts (may be null) by
/// node id.
Status Interpret(const pipeline::Program& program, const pipeline::Pipeline& pipeline,
                 OnceEvaluator* evaluator, row::RowBuffer* rows, uint64_t* row_counts);

/// Evaluates the rows of a Values operator into its object's layout.
Status FillValues(const physical::Values& values, OnceEvaluator* evaluator, row::RowBuffer* rows);

}  // namespace lathe::driver
