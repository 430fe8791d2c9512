// One execution of a compiled query: sets up its state, runs the pipelines in order, each by one or
// more workers in morsels.
#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "codegen/driver/constants.h"
#include "codegen/driver/prefetch.h"
#include "codegen/driver/query_code.h"
#include "codegen/interpret/interpret.h"
#include "runtime/exec/worker_pool.h"
#include "runtime/func/context.h"
#include "runtime/state/state.h"

namespace lathe::driver {

/// Asks for a compilation in the background.
using RequestCompile = std::function<void(size_t pipeline, const Variant& variant, jit::Tier tier)>;

class Execution {
 public:
  /// All arguments outlive it. pool may be null.
  Execution(QueryCode* code, const ExecutionRequest& request, exec::WorkerPool* pool,
            RequestCompile request_compile);
  ~Execution();

  Result<ExecutionStats> Run();

 private:
  struct Worker {
    state::WorkerState state;
    func::FunctionContext functions;
    std::vector<void*> locals;
    std::vector<uint64_t> row_counts;
    std::unique_ptr<row::RowBuffer> result;
  };
  /// What the workers of a running pipeline share.
  struct Running {
    const pipeline::Pipeline* pipeline = nullptr;
    size_t index = 0;
    CodeSlot* slot = nullptr;
    exec::RowSource* source = nullptr;
    std::shared_ptr<jit::Code> tier1, tier2;  // tier2: when it was there from the start
    interpret::Interpreter* tier0 = nullptr;  // runs instead, on one worker, while work is small
    uint64_t compile_ns = 0;                  // after tier 0
    std::atomic<bool> stop{false};
    std::atomic<uint32_t> workers{0};
    std::atomic<uint64_t> rows{0}, ns{0}, morsels{0}, tier2_morsels{0};
    std::mutex mutex;
    std::unique_ptr<Error> error;  // the first

    void Fail(Error e) {
      std::lock_guard lock(mutex);
      if (error == nullptr) error = std::make_unique<Error>(std::move(e));
      stop.store(true);
    }
  };

  Result<ExecutionStats> RunAll();
  Status SetUp();
  bool BoundsHold() const;
  Result<std::unique_ptr<state::Operator>> MakeObject(const pipeline::Object& object);
  Status RunPipeline(size_t index);
  Status RunMorsels(size_t index, exec::RowSource* source, PipelineStats* stats);
  bool StartsInterpreted(size_t index, exec::RowSource* source);
  Status TakeCode(Running* running);
  void RequestLater(size_t index);
  int32_t RunSegment(const exec::Segment& segment, void* view, Running* running,
                     std::shared_ptr<jit::Code>* held);
  int32_t RunPrefetching(Prefetch* prefetch, const exec::Segment& segment, size_t i, void* view,
                         Running* running, std::shared_ptr<jit::Code>* held);
  /// The worker, made when it is needed first: most statements use one.
  Worker& MakeWorker(size_t index);
  void PrepareWorker(size_t worker, const pipeline::Pipeline& pipeline, CodeSlot* slot);
  void Work(size_t worker, Running* running);
  /// Runs a morsel; false: the worker is to stop.
  bool RunMorsel(size_t worker, exec::Morsel* morsel, Running* running,
                 std::shared_ptr<jit::Code>* held, bool* on_tier2);
  void MaybeRequestTier2(Running* running);
  Result<std::unique_ptr<exec::RowSource>> OpenSource(const pipeline::Pipeline& pipeline);
  Status MorselDone(size_t worker, const Running& running, bool last);
  Status FlushResult(row::RowBuffer* rows, bool last);
  Status FinishObjects(const pipeline::Pipeline& pipeline);
  Status WriteChanges();
  Status WriteChange(const pipeline::Change& change, uint64_t* affected);
  /// The rows that the next round of a recursion is to read; none = it is over. The round before
  /// has been read.
  class RoundsSource;
  Status NextRound(size_t recursion, bool first);
  /// No row can come out of the pipeline: its LIMIT is used up, or it probes an empty table.
  bool Pointless(const pipeline::Pipeline& pipeline) const;
  bool HasResultSink(const pipeline::Pipeline& pipeline) const;
  void CollectOperatorStats();

  QueryCode* code_;
  const pipeline::Program& program_;
  const ExecutionRequest& request_;
  exec::WorkerPool* pool_;
  RequestCompile request_compile_;
  size_t workers_max_ = 1;
  uint32_t row_count_nodes_ = 64;  // operators whose rows are counted

  OnceEvaluator evaluator_;
  Constants constants_;
  Variant variant_;
  base::MemoryBudget unlimited_{0};
  base::MemoryBudget* budget_;
  bool holds_result_ = false;  // result rows wait until all changes have been written
  state::QueryState query_;
  std::vector<std::unique_ptr<state::Operator>> operators_;
  std::vector<void*> shared_;
  std::vector<std::unique_ptr<Worker>> workers_;  // grows before a pipeline runs
  std::mutex result_mutex_;
  uint64_t result_rows_ = 0;
  bool later_requested_ = false;
  ExecutionStats stats_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace lathe::driver
