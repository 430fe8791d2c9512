// A query's compiled code and where it comes from: one slot per pipeline and variant, filled when
// first needed.
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <vector>

#include "codegen/driver/driver.h"
#include "codegen/jit/jit.h"
#include "codegen/pipeline/pipeline.h"

namespace lathe::driver {

/// Which code of a pipeline: with the constants taken as present or not, with or without row
/// counters.
struct Variant {
  bool constants_are_values = true;
  bool constants_are_bounded = false;  // by QueryCode::constant_bounds
  bool columns_are_bounded = false;    // by QueryCode::bounds
  bool count_rows = false;
  auto operator<=>(const Variant&) const = default;
};

/// Code of one pipeline in one variant. The mutex guards the shared_ptrs; a worker copies the one
/// that it runs.
struct CodeSlot {
  std::mutex compiling;  // held while somebody compiles tier 1
  std::mutex mutex;
  std::shared_ptr<jit::Code> tier1, tier2;
  std::vector<state::ErrorSite> sites;  // set before tier1 or tier2 and never changed
  bool sites_set = false;
  std::atomic<bool> tier2_ready{false};
  std::atomic<bool> tier2_requested{false};
  std::atomic<uint64_t> instructions{0};  // as emitted; 0 = not yet known
  std::atomic<uint64_t> tier1_ns{0};      // run time on tier 1 so far, all executions
  std::atomic<uint64_t> tier0_work{0};    // interpret::Interpreter::work() so far, all executions
  std::atomic<bool> tier1_requested{false};
};

struct QueryCode {
  std::shared_ptr<jit::Jit> jit;
  std::shared_ptr<const pipeline::Program> program;
  CompileOptions options;
  bool verify = false;
  std::vector<AssumedBound> bounds;

  /// Magnitudes that constants had at the first execution, generously rounded up; -1 = any. Set
  /// once.
  std::once_flag constant_bounds_once;
  std::vector<types::int128> constant_bounds;

  /// The slot, made when there is none.
  CodeSlot& Slot(size_t pipeline, const Variant& variant);
  /// Compiles the pipeline for a tier unless that is done. Errors: 0A000, XX000. *ns (may be null)
  /// += the time it took.
  Status Compile(size_t pipeline, const Variant& variant, jit::Tier tier, uint64_t* ns = nullptr);
  /// Drops all code; what runs now keeps its own until it ends. Gives the bytes freed.
  uint64_t DropCode();
  uint64_t code_bytes() const { return code_bytes_.load(std::memory_order_relaxed); }

  std::vector<CompileStep> Record() const;
  /// Emits the pipeline and passes it to use; for texts.
  Status WithModule(size_t pipeline, const std::function<Status(llvm::Module*)>& use) const;

 private:
  mutable std::mutex mutex_;  // guards the two below
  std::map<std::pair<size_t, Variant>, std::unique_ptr<CodeSlot>> slots_;
  std::vector<CompileStep> record_;
  std::atomic<uint64_t> code_bytes_{0};
};

}  // namespace lathe::driver
