// Front door of codegen/interpret: tier 0. A pipeline runs row by row over the program itself;
// nothing is compiled. Worth it for a few hundred rows, which most statements of most applications
// are: compiling a pipeline takes as long as interpreting thousands of expression nodes.
#pragma once

#include <cstdint>
#include <memory>

#include "codegen/pipeline/pipeline.h"
#include "runtime/state/state.h"

namespace lathe::interpret {

/// Every step, sink and expression of the pipeline is known here.
bool CanInterpret(const pipeline::Program& program, const pipeline::Pipeline& pipeline);

/// One pipeline in one execution. For one thread.
class Interpreter {
 public:
  virtual ~Interpreter() = default;

  /// Runs the rows [from, to) of a segment, as a compiled pipeline function would: page is a row
  /// page, or an array of row pointers where the source hands those out. Stops early, before a row
  /// of the source, once work() has passed work_max; *reached = the first row not run. Gives
  /// abi::kReturnOk, kReturnStop or kReturnError (the error is in the worker's state).
  virtual int32_t Run(const char* page, int32_t from, int32_t to, uint64_t work_max,
                      int32_t* reached) = 0;

  /// Expression nodes and steps evaluated so far; some 20 ns each.
  virtual uint64_t work() const = 0;
};

/// A pipeline for which CanInterpret holds. query and worker are set up as for generated code
/// (objects, locals, constants) and outlive the interpreter, as does the program. result_local: the
/// number of the result sink's local; count_rows: count in the worker's row_counts.
std::unique_ptr<Interpreter> MakeInterpreter(const pipeline::Program& program,
                                             const pipeline::Pipeline& pipeline,
                                             state::QueryState* query, state::WorkerState* worker,
                                             uint32_t result_local, bool count_rows);

}  // namespace lathe::interpret
