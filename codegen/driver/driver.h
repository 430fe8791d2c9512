// Front door of codegen/driver: physical plan in, running query out. A Compiler holds what is worth
// keeping between statements (LLVM, compiled code, the thread that compiles tier 2); a
// CompiledQuery is one plan with whatever code it has so far, shared by all sessions; Execute runs
// it once.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "codegen/physical/physical.h"
#include "runtime/base/memory.h"
#include "runtime/base/result.h"
#include "runtime/exec/exec.h"
#include "runtime/row/layout.h"
#include "runtime/types/value.h"

namespace lathe::func {
class FunctionContext;
}
namespace lathe::exec {
class WorkerPool;
}

namespace lathe::driver {

/// Which code may run. kAuto: pipelines over a few rows are interpreted (tier 0); otherwise, and as
/// soon as they turn out to be long, tier 1, and tier 2 when the measured remaining work is worth
/// it. kTier0Only: compiled only where there is no interpreting.
enum class TierChoice : uint8_t { kAuto, kTier1Only, kTier2Only, kTier0Only };

struct CompilerOptions {
  exec::WorkerPool* pool =
      nullptr;  // outlives the compiler; null = everything runs on the calling thread
  bool warm_up =
      true;  // compile a small function at once, so that the first query does not pay for it
  bool verify = false;  // check all IR before it is compiled (tests)
  uint64_t code_bytes_max =
      256ull << 20;  // machine code kept for queries; least recently used code goes first
  uint64_t code_entries_max = 4096;  // queries that may have code at a time
};

struct CompileOptions {
  /// Statistics from which bounds of columns are taken (they are listed in
  /// CompiledQuery::assumed_bounds); may be empty.
  std::function<std::shared_ptr<const schema::RelationStats>(RelationId)> stats;
};

/// A column's bounds that the fastest code relies on, generously rounded outwards. Execute checks
/// them against the request's statistics each time and runs other code where they do not hold.
struct AssumedBound {
  RelationId relation;
  uint32_t column;  // index into RelationDescriptor::columns
  types::Value min, max;
};

/// One step of compilation, in order.
struct CompileStep {
  std::string
      stage;  // "pipelines", "emit", "tier 1 codegen", "tier 2 passes", "tier 2 codegen", "link"
  std::string pipeline;  // "p1_scan_lineitem"; empty = the whole query
  int tier = 0;          // 0 = not of a tier
  uint64_t ns = 0;
  uint64_t bytes = 0;         // machine code; 0 where there is none
  uint64_t instructions = 0;  // LLVM instructions; 0 where there are none
};

struct QueryCode;  // private

/// One compiled plan. Thread-safe; immutable but for code that is added as it is compiled.
class CompiledQuery {
 public:
  ~CompiledQuery();
  CompiledQuery(const CompiledQuery&) = delete;
  CompiledQuery& operator=(const CompiledQuery&) = delete;

  const std::shared_ptr<const physical::Plan>& plan() const;
  /// Layout of the rows that Execute hands to the result sink: field i is plan->root->outputs[i].
  const row::Layout& result_layout() const;
  /// The plan gives rows (is not a Modify).
  bool returns_rows() const;
  const std::vector<AssumedBound>& assumed_bounds() const;

  // Texts for EXPLAIN. Those below PipelinesText compile what has not been compiled yet.
  std::string PipelinesText() const;
  Result<std::string> IrText() const;     // as emitted, before LLVM's passes
  Result<std::string> IrOptText() const;  // after tier 2's passes
  Result<std::string> AsmText(int tier = 2) const;
  /// What has been compiled so far; where that is nothing, everything is compiled on both tiers
  /// first.
  std::vector<CompileStep> CompileRecord() const;
  uint64_t code_bytes() const;

 private:
  friend class Compiler;
  explicit CompiledQuery(std::unique_ptr<QueryCode> code);
  std::unique_ptr<QueryCode> code_;
};

/// What one operator did in an execution with analyze set.
struct OperatorStats {
  uint32_t node = 0;          // physical::Node::id
  uint64_t rows = 0;          // that it gave to its parent
  uint64_t memory_bytes = 0;  // held at most
};

struct PipelineStats {
  std::string name;
  std::vector<uint32_t> nodes;  // operators in it, source first
  uint64_t rows = 0;            // from its source
  uint64_t ns = 0;              // wall time from start to end, finishing included
  uint64_t finish_ns = 0;       // of that, for merging, sorting, building directories
  uint32_t workers = 0;
  uint64_t morsels = 0;
  uint64_t tier2_morsels = 0;
  uint64_t compile_ns = 0;  // that this execution waited for the compiler
};

struct ExecutionStats {
  uint64_t rows = 0;  // given to the result sink, or affected
  uint64_t ns = 0;
  uint64_t compile_ns = 0;          // waited for the compiler, in all
  uint64_t first_row_start_ns = 0;  // from the call of Execute to the first pipeline running
  uint64_t memory_peak_bytes = 0;
  std::vector<PipelineStats> pipelines;
  std::vector<OperatorStats> operators;  // with analyze only
};

/// Everything that one execution needs. All pointers are the caller's and outlive the call.
struct ExecutionRequest {
  std::vector<types::Value> params;          // of Plan::params, same types
  exec::TableAccess* tables = nullptr;       // may be null when the plan reads and writes no table
  exec::RowSink* result = nullptr;           // null = rows are counted and dropped
  base::MemoryBudget* budget = nullptr;      // null = unlimited
  const exec::CancelFlag* cancel = nullptr;  // null = cannot be cancelled
  /// The session's context: time zone, timestamps and whatever else functions may ask. Each worker
  /// gets its own copy with an own arena. Null = default settings.
  const func::FunctionContext* context = nullptr;
  uint32_t parallelism = 0;           // workers at most; 0 = as many as the pool has
  uint64_t* affected_rows = nullptr;  // of a Modify; may be null
  /// Statistics as the statement's snapshot may rely on them, to check
  /// CompiledQuery::assumed_bounds. Empty, or bounds that no longer hold: code that relies on no
  /// column's bounds runs.
  std::function<std::shared_ptr<const schema::RelationStats>(RelationId)> stats;
  TierChoice tier = TierChoice::kAuto;
  bool analyze = false;  // count rows per operator (runs code of its own with counters)
};

/// Compiles plans and runs them. One per process; thread-safe.
class Compiler {
 public:
  /// Starts LLVM. Errors: the host cannot be compiled for, or a runtime function's signature does
  /// not fit (a bug).
  static Result<std::unique_ptr<Compiler>> Create(CompilerOptions options);
  ~Compiler();
  Compiler(const Compiler&) = delete;
  Compiler& operator=(const Compiler&) = delete;

  /// Cuts the plan into pipelines; code follows when Execute (or an EXPLAIN text) needs it. Errors:
  /// 0A000.
  Result<std::shared_ptr<CompiledQuery>> Compile(std::shared_ptr<const physical::Plan> plan,
                                                 CompileOptions options);

  /// Runs the query to its end on this thread and, for long pipelines, on the pool's. Result rows
  /// go to request.result from one thread at a time (not always the same), in order where the plan
  /// ends in a sort; Finish is called when all went well. Errors: what expressions raise (division
  /// by zero, ...), the sources' and sinks', 53200, 57014.
  Result<ExecutionStats> Execute(const std::shared_ptr<CompiledQuery>& query,
                                 const ExecutionRequest& request);

  /// Machine code held by all queries.
  uint64_t code_bytes() const;
  uint64_t code_entries() const;

 private:
  struct State;
  explicit Compiler(std::unique_ptr<State> state);
  static Status WarmUp(Compiler* compiler);
  /// Marks the query as just used and drops the code of those least recently used, beyond the
  /// bounds.
  void Touch(const std::shared_ptr<CompiledQuery>& query);
  std::unique_ptr<State> state_;
};

}  // namespace lathe::driver
