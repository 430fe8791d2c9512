// Front door of codegen/emit: turns a pipeline into one LLVM function.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "codegen/pipeline/pipeline.h"
#include "runtime/state/state.h"

namespace llvm {
class LLVMContext;
class Module;
}  // namespace llvm

namespace lathe::emit {

struct EmitOptions {
  /// The constants are neither NULL nor errors; otherwise code looks each time.
  bool constants_are_values = true;
  /// Largest magnitude of each constant, in units of its last digit; -1 = any. Null = nothing
  /// known. Outlives the call.
  const std::vector<types::int128>* constant_bounds = nullptr;
  /// Columns lie in Program::ranges.
  bool columns_are_bounded = false;
  /// Count the rows of each operator (EXPLAIN ANALYZE).
  bool count_rows = false;
};

/// A C++ function that the code calls by this symbol beside those of functions.def: a SQL function
/// or cast.
struct Symbol {
  std::string name;
  const void* address;
};

struct EmittedPipeline {
  std::unique_ptr<llvm::Module> module;
  std::vector<state::ErrorSite> sites;
  std::vector<Symbol> symbols;
  bool resets_arena = false;
};

/// Where rows of the result go: locals[ResultLocal(program)].
inline uint32_t ResultLocal(const pipeline::Program& program) {
  return static_cast<uint32_t>(program.objects.size());
}

/// Emits program.pipelines[index] as the function of that name. Pure: the same input gives the same
/// text. Errors: 0A000 for an expression without a compiled form.
Result<EmittedPipeline> Emit(const pipeline::Program& program, size_t index,
                             const EmitOptions& options, llvm::LLVMContext* context);

}  // namespace lathe::emit
