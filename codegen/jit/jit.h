// Front door of codegen/jit: LLVM modules in, machine code out. One Jit per process: one LLJIT with
// JITLink, one target machine per thread that compiles and tier. Tier 1 is the IR as emitted
// through FastISel; tier 2 runs a short list of passes and the full code generator for the host's
// processor.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "codegen/emit/emit.h"
#include "runtime/base/result.h"

namespace llvm {
class Module;
}

namespace lathe::jit {

/// A pipeline's function: (query, worker, page, from, to); see codegen/ir.
using PipelineFunction = int32_t (*)(void* query, void* worker, const char* page, int32_t from,
                                     int32_t to);

enum class Tier : uint8_t { kOne = 1, kTwo = 2 };

/// What compiling one module took.
struct Timing {
  uint64_t passes_ns = 0;
  uint64_t codegen_ns = 0;
  uint64_t link_ns = 0;
  uint64_t instructions = 0;  // of LLVM, as emitted
  uint64_t code_bytes = 0;    // of the object
};

/// Machine code in memory; freed with it. Nothing of it may run any more then.
class Code {
 public:
  virtual ~Code() = default;
  virtual PipelineFunction function() const = 0;
  virtual uint64_t bytes() const = 0;
};

/// Thread-safe.
class Jit {
 public:
  /// Errors: the host cannot be compiled for.
  static Result<std::unique_ptr<Jit>> Create();
  virtual ~Jit() = default;

  /// Compiles the module, whose one entry is `function`; symbols are the C++ functions it calls
  /// beside those of functions.def. Changes the module (passes). Errors: XX000.
  virtual Result<std::unique_ptr<Code>> Compile(llvm::Module* module, const std::string& function,
                                                const std::vector<emit::Symbol>& symbols, Tier tier,
                                                Timing* timing) = 0;
  /// The module's text after tier 2's passes; changes the module.
  virtual std::string Optimize(llvm::Module* module) = 0;
  /// Assembly of this tier; changes the module.
  virtual Result<std::string> Assembly(llvm::Module* module, Tier tier) = 0;
};

/// The module's text.
std::string ModuleText(const llvm::Module& module);
/// What is wrong with the module; empty = nothing.
std::string VerifyModule(const llvm::Module& module);

}  // namespace lathe::jit
