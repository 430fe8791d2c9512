#include "codegen/driver/execute.h"

#include <algorithm>
#include <chrono>

#include "codegen/driver/function_source.h"
#include "codegen/driver/sources.h"
#include "codegen/driver/values.h"
#include "runtime/row/row_buffer.h"
#include "runtime/state/aggregate_table.h"
#include "runtime/state/band_rows.h"
#include "runtime/state/changes.h"
#include "runtime/state/join_table.h"
#include "runtime/state/recursion.h"
#include "runtime/state/rows.h"
#include "runtime/state/sort.h"

namespace lathe::driver {
namespace {

using Clock = std::chrono::steady_clock;
using pipeline::ObjectKind;
using pipeline::SinkKind;
using pipeline::SourceKind;
using pipeline::StepKind;

uint64_t NsSince(Clock::time_point start) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

// Waking another worker costs more than it saves below this.
constexpr double kParallelRowsMin = 32 * 1024;
// Cost of tier 2 per LLVM instruction, and the share of tier 1's time that it saves (measured; see
// docs/decisions).
constexpr double kTier2NsPerInstruction = 20000;
constexpr double kTier2Saves = 0.4;
// Tier 0: rows of the source (and of kept sides) beyond which it is not begun; units of work (some
// 20 ns each) after which a run goes on with code, about what compiling a pipeline takes; and work
// over all executions after which code is made in the background.
constexpr double kInterpretRowsMax = 4096;
constexpr uint64_t kInterpretWorkMax = 30000;
constexpr uint64_t kInterpretWorkInAll = 30000;

}  // namespace

Execution::Execution(QueryCode* code, const ExecutionRequest& request, exec::WorkerPool* pool,
                     RequestCompile request_compile)
    : code_(code),
      program_(*code->program),
      request_(request),
      pool_(pool),
      request_compile_(std::move(request_compile)),
      evaluator_(request),
      budget_(request.budget != nullptr ? request.budget : &unlimited_) {
  workers_max_ = pool == nullptr ? 1 : pool->cores();
  if (request.parallelism != 0) workers_max_ = std::min<size_t>(workers_max_, request.parallelism);
}

Execution::~Execution() = default;

Result<std::unique_ptr<state::Operator>> Execution::MakeObject(const pipeline::Object& object) {
  using Made = std::unique_ptr<state::Operator>;
  switch (object.kind) {
    case ObjectKind::kRows:
      return Made(std::make_unique<state::RowCollector>(&object.layout, budget_));
    case ObjectKind::kBandRows:
      return Made(std::make_unique<state::BandRows>(&object.layout, budget_));
    case ObjectKind::kJoinTable:
      return Made(std::make_unique<state::JoinTable>(&object.layout, budget_));
    case ObjectKind::kAggregate:
      return Made(std::make_unique<state::AggregateTable>(&object.aggregate, budget_));
    case ObjectKind::kSortedAggregate:
      return Made(
          std::make_unique<state::SortedAggregateState>(&object.sorted, budget_, request_.context));
    case ObjectKind::kRecursion:
      return Made(
          std::make_unique<state::RecursionState>(&object.layout, object.distinct, budget_));
    case ObjectKind::kChanges:
      return Made(std::make_unique<state::ChangeRows>(&object.layout, &object.changes, budget_));
    case ObjectKind::kWindow: {
      auto window = std::make_unique<state::WindowState>(&object.window, budget_, request_.context);
      for (size_t i = 0; i < object.window_node->calls.size(); ++i) {
        const logical::Frame& frame = object.window_node->calls[i].frame;
        state::FrameOffsets offsets;
        if (frame.start.offset != nullptr) {
          LATHE_ASSIGN(offsets.start, evaluator_.Evaluate(*frame.start.offset));
        }
        if (frame.end.offset != nullptr) {
          LATHE_ASSIGN(offsets.end, evaluator_.Evaluate(*frame.end.offset));
        }
        LATHE_TRY(window->SetOffsets(i, std::move(offsets)));
      }
      return Made(std::move(window));
    }
    case ObjectKind::kSort: {
      auto sort = std::make_unique<state::SortState>(&object.sort, budget_);
      LATHE_ASSIGN(int64_t offset, LimitOf(object.offset, true, 0, &evaluator_));
      LATHE_ASSIGN(int64_t limit, LimitOf(object.limit, false, INT64_MAX, &evaluator_));
      sort->SetLimit(offset, limit);
      return Made(std::move(sort));
    }
    case ObjectKind::kLimit: {
      auto limit = std::make_unique<state::LimitState>();
      LATHE_ASSIGN(limit->offset, LimitOf(object.offset, true, 0, &evaluator_));
      LATHE_ASSIGN(limit->limit, LimitOf(object.limit, false, INT64_MAX, &evaluator_));
      limit->view.offset = limit->offset;
      limit->view.end =
          limit->limit > INT64_MAX - limit->offset ? INT64_MAX : limit->limit + limit->offset;
      limit->view.state = limit.get();
      // LIMIT 0 never asks for a row, whatever the offset.
      if (limit->limit == 0) limit->view.end = 0;
      return Made(std::move(limit));
    }
  }
  LATHE_UNREACHABLE("object kind");
}

Status Execution::SetUp() {
  LATHE_CHECK_NOTE(request_.params.size() == program_.plan->params.size(),
                   "one value for each parameter");
  constants_.Compute(program_, &evaluator_);
  variant_.constants_are_values = constants_.all_values;
  variant_.count_rows = request_.analyze;
  if (constants_.all_values && !constants_.values.empty()) {
    std::call_once(code_->constant_bounds_once,
                   [this] { code_->constant_bounds = BoundsFor(constants_.values); });
    variant_.constants_are_bounded = true;
    for (size_t i = 0; i < constants_.values.size(); ++i) {
      const types::int128 bound = code_->constant_bounds[i];
      if (bound >= 0 && MagnitudeOf(constants_.values[i]) > bound)
        variant_.constants_are_bounded = false;
    }
  }
  variant_.columns_are_bounded = BoundsHold();
  for (const pipeline::Object& object : program_.objects) {
    LATHE_ASSIGN(std::unique_ptr<state::Operator> made, MakeObject(object));
    operators_.push_back(std::move(made));
  }
  holds_result_ = program_.returns_rows && !program_.changes.empty();
  query_.constants = constants_.slots.data();
  query_.constant_errors = constants_.error_pointers.data();
  query_.cancel = request_.cancel == nullptr ? nullptr : &request_.cancel->state;
  query_.budget = budget_;
  for (const auto& op : operators_) shared_.push_back(op->shared());
  query_.objects = shared_.data();
  if (request_.analyze) {
    uint32_t nodes = 0;
    std::function<void(const physical::Node&)> visit = [&](const physical::Node& node) {
      nodes = std::max(nodes, node.id + 1);
      for (const auto& child : node.children) visit(*child);
    };
    visit(*program_.plan->root);
    row_count_nodes_ = nodes;
  }
  MakeWorker(0);
  return Ok();
}

Execution::Worker& Execution::MakeWorker(size_t index) {
  while (workers_.size() <= index) {
    auto worker = std::make_unique<Worker>();
    worker->state.query = &query_;
    if (request_.context != nullptr) worker->functions = *request_.context;
    worker->functions.arena = &worker->state.arena;
    worker->functions.error.reset();
    worker->state.functions = &worker->functions;
    worker->locals.assign(operators_.size() + 1, nullptr);
    worker->state.locals = worker->locals.data();
    worker->row_counts.assign(row_count_nodes_, 0);
    worker->state.row_counts = worker->row_counts.data();
    workers_.push_back(std::move(worker));
  }
  return *workers_[index];
}

bool Execution::BoundsHold() const {
  if (code_->bounds.empty() || !request_.stats) return false;
  RelationId relation;
  std::shared_ptr<const schema::RelationStats> stats;
  for (const AssumedBound& bound : code_->bounds) {
    if (stats == nullptr || bound.relation != relation) {
      relation = bound.relation;
      stats = request_.stats(relation);
    }
    if (stats == nullptr || bound.column >= stats->columns.size()) return false;
    const schema::ColumnStats& now = stats->columns[bound.column];
    if (now.min.is_null() || now.max.is_null() || !(now.min.type() == bound.min.type()))
      return false;
    if (abi::CompareDatums(bound.min.type(), now.min.datum(), bound.min.datum()) < 0) return false;
    if (abi::CompareDatums(bound.max.type(), now.max.datum(), bound.max.datum()) > 0) return false;
  }
  return true;
}

bool Execution::HasResultSink(const pipeline::Pipeline& pipeline) const {
  return std::any_of(pipeline.sinks.begin(), pipeline.sinks.end(),
                     [](const pipeline::Sink& sink) { return sink.kind == SinkKind::kResult; });
}

bool Execution::Pointless(const pipeline::Pipeline& pipeline) const {
  for (const pipeline::Step& step : pipeline.steps) {
    if (step.kind == StepKind::kLimit &&
        static_cast<state::LimitState*>(operators_[step.object].get())->exhausted()) {
      return true;
    }
    if (step.kind == StepKind::kProbe || step.kind == StepKind::kNestedLoop) {
      using Probe = pipeline::JoinRule::Probe;
      const bool needs_match = !step.join.keep_probe && (step.join.probe == Probe::kPairs ||
                                                         step.join.probe == Probe::kSemi ||
                                                         step.join.probe == Probe::kFlagOnly);
      if (needs_match &&
          static_cast<state::RowCollector*>(operators_[step.object].get())->row_count() == 0) {
        return true;
      }
    }
  }
  return false;
}

/// Runs the rounds of a recursion, one whenever the rows of the last have been read.
class Execution::RoundsSource final : public exec::RowSource {
 public:
  RoundsSource(Execution* execution, size_t recursion, const pipeline::Pipeline* reader)
      : execution_(execution), recursion_(recursion), reader_(reader) {}

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    const pipeline::Recursion& recursion = execution_->program_.recursions[recursion_];
    auto* working =
        static_cast<state::RecursionState*>(execution_->operators_[recursion.working].get());
    while (!begun_ || page_ >= working->pages().size()) {
      if (begun_ && working->row_count() == 0) return false;
      Status status = execution_->NextRound(recursion_, !begun_);
      // The round ran on the reader's workers.
      const auto index = static_cast<size_t>(reader_ - execution_->program_.pipelines.data());
      execution_->PrepareWorker(0, *reader_, &execution_->code_->Slot(index, execution_->variant_));
      LATHE_TRY(std::move(status));
      begun_ = true;
      page_ = 0;
      if (working->row_count() == 0) return false;
    }
    const char* page = working->pages()[page_++];
    morsel->segments.push_back({page, 0, row::HeaderOf(page).row_count});
    morsel->row_count = row::HeaderOf(page).row_count;
    return true;
  }
  double RowsLeft() override { return 0; }

 private:
  Execution* execution_;
  size_t recursion_;
  const pipeline::Pipeline* reader_;
  bool begun_ = false;
  size_t page_ = 0;
};

namespace {

/// These key fields of all rows of a join table that have no NULL in them.
std::vector<std::vector<types::Value>> KeysOf(const state::RowCollector& rows,
                                              const std::vector<uint32_t>& fields) {
  std::vector<std::vector<types::Value>> keys;
  const row::Layout& layout = rows.layout();
  for (const char* page : rows.pages()) {
    for (uint32_t i = 0; i < row::HeaderOf(page).row_count; ++i) {
      const char* row = row::RowAt(page, layout.stride(), i);
      std::vector<types::Value> key;
      for (uint32_t field : fields) {
        if (layout.IsNull(row, field)) break;
        key.push_back(types::Value::FromDatum(layout.field(field).type,
                                              row::ReadField(layout, page, row, field)));
      }
      if (key.size() == fields.size()) keys.push_back(std::move(key));
    }
  }
  return keys;
}

}  // namespace

Result<std::unique_ptr<exec::RowSource>> Execution::OpenSource(const pipeline::Pipeline& pipeline) {
  const pipeline::Source& source = pipeline.source;
  switch (source.kind) {
    case SourceKind::kTable: {
      LATHE_CHECK_NOTE(request_.tables != nullptr, "the plan scans a table");
      LATHE_ASSIGN(ScanBounds bounds, BoundsOf(*source.scan, &evaluator_));
      if (bounds.empty) return std::unique_ptr<exec::RowSource>(std::make_unique<EmptySource>());
      const schema::RelationPtr& relation =
          source.scan->index_only ? source.scan->index : source.scan->relation;
      auto open_whole = [&] { return request_.tables->OpenScan(relation, bounds.request); };
      if (!source.by_keys) return open_whole();
      auto* keys = static_cast<state::RowCollector*>(operators_[source.object].get());
      const physical::KeyLookup& lookup = source.scan->lookup;
      const double cost = static_cast<double>(keys->row_count()) * lookup.key_cost;
      // A scan counts as a read of all its rows from the moment it is opened (SERIALIZABLE): it is
      // asked for the number of its rows only where statistics leave a doubt.
      std::unique_ptr<exec::RowSource> rows;
      if (!request_.stats || cost >= request_.stats(source.scan->relation->id)->row_count) {
        LATHE_ASSIGN(rows, open_whole());
        if (cost >= rows->RowsLeft()) return rows;
      }
      rows.reset();
      exec::ScanRequest request;
      if (!source.scan->index_only) request.index = lookup.index;
      request.points = KeysOf(*keys, lookup.join_keys);
      if (request.points.empty()) {
        return std::unique_ptr<exec::RowSource>(std::make_unique<EmptySource>());
      }
      return request_.tables->OpenScan(relation, request);
    }
    case SourceKind::kPages: {
      auto* rows = static_cast<state::RowCollector*>(operators_[source.object].get());
      const pipeline::Object& object = program_.objects[source.object];
      if (object.values != nullptr && rows->row_count() == 0) {
        LATHE_TRY(
            FillValues(*object.values, &evaluator_, static_cast<row::RowBuffer*>(rows->Local(0))));
        LATHE_TRY(rows->Finish(&query_, {}));
      }
      return std::unique_ptr<exec::RowSource>(std::make_unique<PagesSource>(&rows->pages()));
    }
    case SourceKind::kRows: {
      state::Operator* op = operators_[source.object].get();
      const ObjectKind kind = program_.objects[source.object].kind;
      const auto& rows = kind == ObjectKind::kSort ? static_cast<state::SortState*>(op)->rows()
                         : kind == ObjectKind::kWindow
                             ? static_cast<state::WindowState*>(op)->rows()
                             : static_cast<state::AggregateTable*>(op)->rows();
      return std::unique_ptr<exec::RowSource>(std::make_unique<RowPointersSource>(&rows));
    }
    case SourceKind::kFunction: {
      auto* rows = static_cast<state::RowCollector*>(operators_[source.object].get());
      return std::unique_ptr<exec::RowSource>(std::make_unique<FunctionSource>(
          &source, &rows->layout(), &rows->pages(), budget_, request_.context));
    }
    case SourceKind::kRounds:
      return std::unique_ptr<exec::RowSource>(
          std::make_unique<RoundsSource>(this, source.recursion, &pipeline));
  }
  LATHE_UNREACHABLE("source kind");
}

Status Execution::NextRound(size_t index, bool first) {
  const pipeline::Recursion& recursion = program_.recursions[index];
  auto* working = static_cast<state::RecursionState*>(operators_[recursion.working].get());
  auto* from =
      static_cast<state::RowCollector*>(operators_[first ? recursion.first : recursion.next].get());
  if (!first) {
    for (uint32_t object : recursion.renewed) {
      LATHE_ASSIGN(operators_[object], MakeObject(program_.objects[object]));
      shared_[object] = operators_[object]->shared();
    }
    for (size_t pipeline : recursion.pipelines) LATHE_TRY(RunPipeline(pipeline));
    if (state::Cancelled(query_)) return state::CancelError(query_.cancel->load());
  }
  return working->Advance(from->TakeBuffers(), &query_);
}

Status Execution::FlushResult(row::RowBuffer* rows, bool last) {
  if (holds_result_) return Ok();
  if (rows->page_count() == 0 || (!last && rows->page_count() < 2)) return Ok();
  std::lock_guard lock(result_mutex_);
  for (size_t i = 0; i < rows->page_count(); ++i) {
    const uint32_t count = row::HeaderOf(rows->page(i)).row_count;
    result_rows_ += count;
    if (request_.result != nullptr) LATHE_TRY(request_.result->Consume({rows->page(i), 0, count}));
  }
  rows->Clear();
  return Ok();
}

Status Execution::MorselDone(size_t worker, const Running& running, bool last) {
  for (const pipeline::Sink& sink : running.pipeline->sinks) {
    if (sink.kind == SinkKind::kResult) {
      LATHE_TRY(FlushResult(workers_[worker]->result.get(), last));
    } else {
      LATHE_TRY(operators_[sink.object]->MorselDone(worker));
    }
  }
  lathe_row_done(static_cast<state::WorkerView*>(&workers_[worker]->state));
  state::Relieve(budget_);
  return Ok();
}

void Execution::MaybeRequestTier2(Running* running) {
  if (request_.tier != TierChoice::kAuto ||
      running->slot->tier2_requested.load(std::memory_order_relaxed))
    return;
  const double rows = static_cast<double>(running->rows.load(std::memory_order_relaxed));
  const double ns = static_cast<double>(running->ns.load(std::memory_order_relaxed));
  if (rows < 1) return;
  const double cost =
      static_cast<double>(running->slot->instructions.load(std::memory_order_relaxed)) *
      kTier2NsPerInstruction;
  const double remaining = running->source->RowsLeft() * ns / rows;
  const double so_far =
      static_cast<double>(running->slot->tier1_ns.load(std::memory_order_relaxed)) + ns;
  // Worth it for what is left of this run, or because the statement keeps coming back.
  if (remaining * kTier2Saves < cost && so_far * kTier2Saves < 3 * cost) return;
  if (running->slot->tier2_requested.exchange(true)) return;
  request_compile_(running->index, variant_, jit::Tier::kTwo);
}

/// A few rows that no code is there for.
bool Execution::StartsInterpreted(size_t index, exec::RowSource* source) {
  const pipeline::Pipeline& pipeline = program_.pipelines[index];
  if (request_.tier != TierChoice::kAuto && request_.tier != TierChoice::kTier0Only) return false;
  if (!interpret::CanInterpret(program_, pipeline)) return false;
  if (request_.tier == TierChoice::kTier0Only) return true;
  const CodeSlot& slot = code_->Slot(index, variant_);
  if (slot.instructions.load(std::memory_order_relaxed) != 0) return false;
  // Constant rows come from the statement's own text: work in proportion to it.
  const bool values = pipeline.source.kind == SourceKind::kPages &&
                      program_.objects[pipeline.source.object].values != nullptr;
  if (!values && source->RowsLeft() > kInterpretRowsMax) return false;
  // One row may meet all rows of a kept side.
  for (const pipeline::Step& step : pipeline.steps) {
    if (step.kind != StepKind::kProbe && step.kind != StepKind::kNestedLoop) continue;
    auto* kept = static_cast<state::RowCollector*>(operators_[step.object].get());
    if (static_cast<double>(kept->row_count()) > kInterpretRowsMax) return false;
  }
  return true;
}

/// Compiles what is missing of later pipelines in the background: once, when the first pipeline
/// turns out to need code.
void Execution::RequestLater(size_t index) {
  if (request_.tier != TierChoice::kAuto || later_requested_) return;
  later_requested_ = true;
  for (size_t i = index + 1; i < program_.pipelines.size(); ++i) {
    CodeSlot& slot = code_->Slot(i, variant_);
    if (slot.instructions.load(std::memory_order_relaxed) == 0 &&
        !slot.tier1_requested.exchange(true)) {
      request_compile_(i, variant_, jit::Tier::kOne);
    }
  }
}

/// The code that the request's tier asks for, compiled where it is missing.
Status Execution::TakeCode(Running* running) {
  CodeSlot& slot = *running->slot;
  RequestLater(running->index);
  if (request_.tier == TierChoice::kTier2Only) {
    LATHE_TRY(code_->Compile(running->index, variant_, jit::Tier::kTwo, &running->compile_ns));
  } else if (request_.tier == TierChoice::kTier1Only ||
             !slot.tier2_ready.load(std::memory_order_acquire)) {
    LATHE_TRY(code_->Compile(running->index, variant_, jit::Tier::kOne, &running->compile_ns));
  }
  auto take = [&] {
    std::lock_guard lock(slot.mutex);
    running->tier1 = slot.tier1;
    if (request_.tier != TierChoice::kTier1Only) running->tier2 = slot.tier2;
    return running->tier1 != nullptr || running->tier2 != nullptr;
  };
  if (take()) return Ok();
  // The cache dropped it in between; once more.
  LATHE_TRY(code_->Compile(running->index, variant_, jit::Tier::kOne, &running->compile_ns));
  if (take()) return Ok();
  return MakeError(SqlState::kInternalError, "the code cache is too small");
}

/// Runs a segment with the worker's code; on tier 0 until the work has grown beyond what code
/// costs, then compiles and goes on with code.
int32_t Execution::RunSegment(const exec::Segment& segment, void* view, Running* running,
                              std::shared_ptr<jit::Code>* held) {
  auto from = static_cast<int32_t>(segment.from);
  const auto to = static_cast<int32_t>(segment.to);
  if (running->tier0 != nullptr) {
    const uint64_t work_max =
        request_.tier == TierChoice::kTier0Only ? UINT64_MAX : kInterpretWorkMax;
    int32_t code = running->tier0->Run(segment.page, from, to, work_max, &from);
    if (code != abi::kReturnOk || from == to) return code;
    if (program_.objects.size() > running->pipeline->source.object &&
        running->pipeline->source.kind == SourceKind::kPages &&
        program_.objects[running->pipeline->source.object].values != nullptr) {
      return running->tier0->Run(segment.page, from, to, UINT64_MAX, &from);
    }
    running->slot->tier0_work.fetch_add(running->tier0->work(), std::memory_order_relaxed);
    running->tier0 = nullptr;
    Status status = TakeCode(running);
    if (!status.ok()) {
      static_cast<state::WorkerState*>(static_cast<state::WorkerView*>(view))->error =
          std::make_unique<Error>(std::move(status).error());
      return abi::kReturnError;
    }
    *held = running->tier2 != nullptr ? running->tier2 : running->tier1;
  }
  return (*held)->function()(&query_, view, segment.page, from, to);
}

/// Runs segment i of row pages, in two parts where prefetching changes its aim.
int32_t Execution::RunPrefetching(Prefetch* prefetch, const exec::Segment& segment, size_t i,
                                  void* view, Running* running, std::shared_ptr<jit::Code>* held) {
  auto* const worker = static_cast<state::WorkerView*>(view);
  if (running->tier0 != nullptr) return RunSegment(segment, view, running, held);
  const uint32_t split = prefetch->SplitOf(i);
  if (split != segment.from) {
    worker->prefetch_ahead = Prefetch::kBytes;
    const int32_t code = RunSegment({segment.page, segment.from, split}, view, running, held);
    if (code != abi::kReturnOk || split == segment.to) return code;
  }
  worker->prefetch_ahead = prefetch->Jump();
  return RunSegment({segment.page, split, segment.to}, view, running, held);
}

bool Execution::RunMorsel(size_t worker, exec::Morsel* morsel, Running* running,
                          std::shared_ptr<jit::Code>* held, bool* on_tier2) {
  Worker& w = *workers_[worker];
  void* view = static_cast<state::WorkerView*>(&w.state);
  if (!*on_tier2 && running->tier0 == nullptr && request_.tier == TierChoice::kAuto &&
      running->slot->tier2_ready.load(std::memory_order_acquire)) {
    std::lock_guard lock(running->slot->mutex);
    if (running->slot->tier2 != nullptr) {
      *held = running->slot->tier2;
      *on_tier2 = true;
    }
  }
  // Of rows that lie in pages; 0 = the source hands out row pointers.
  const uint32_t stride = running->pipeline->source.kind == SourceKind::kRows
                              ? 0
                              : running->pipeline->source.layout.stride();
  const auto start = Clock::now();
  const bool compiled = running->tier0 == nullptr;
  int32_t code = abi::kReturnOk;
  Prefetch prefetch(morsel->segments, std::max(stride, 1u));
  for (size_t i = 0; i < morsel->segments.size(); ++i) {
    const exec::Segment& segment = morsel->segments[i];
    code = stride == 0 ? RunSegment(segment, view, running, held)
                       : RunPrefetching(&prefetch, segment, i, view, running, held);
    if (code != abi::kReturnOk) break;
    if (running->stop.load(std::memory_order_relaxed)) break;
  }
  running->rows.fetch_add(morsel->row_count, std::memory_order_relaxed);
  running->morsels.fetch_add(1, std::memory_order_relaxed);
  if (*on_tier2) {
    running->tier2_morsels.fetch_add(1, std::memory_order_relaxed);
  } else if (compiled) {
    running->ns.fetch_add(NsSince(start), std::memory_order_relaxed);
  }
  if (code == abi::kReturnError) {
    running->Fail(w.state.error != nullptr
                      ? *w.state.error
                      : MakeError(SqlState::kInternalError, "generated code failed"));
    w.state.error.reset();
    return false;
  }
  if (code == abi::kReturnStop) running->stop.store(true);
  Status status = MorselDone(worker, *running, false);
  if (!status.ok()) {
    running->Fail(std::move(status).error());
    return false;
  }
  if (!*on_tier2 && compiled) MaybeRequestTier2(running);
  return !running->stop.load(std::memory_order_relaxed);
}

void Execution::Work(size_t worker, Running* running) {
  running->workers.fetch_add(1);
  std::shared_ptr<jit::Code> held = running->tier2 != nullptr ? running->tier2 : running->tier1;
  bool on_tier2 = running->tier2 != nullptr;
  exec::Morsel morsel;
  auto cancelled = [&] {
    if (!state::Cancelled(query_)) return false;
    running->Fail(state::CancelError(query_.cancel->load()));
    return true;
  };
  if (running->pipeline->source.kind == SourceKind::kFunction) {
    Status status =
        static_cast<FunctionSource*>(running->source)->Push([&](const exec::Segment& segment) {
          if (cancelled()) return false;
          morsel.Clear();
          morsel.segments.push_back(segment);
          morsel.row_count = segment.to - segment.from;
          return RunMorsel(worker, &morsel, running, &held, &on_tier2);
        });
    if (!status.ok()) running->Fail(std::move(status).error());
    return;
  }
  while (!running->stop.load(std::memory_order_relaxed)) {
    if (cancelled()) break;
    Result<bool> more = running->source->Next(&morsel);
    if (!more.ok()) {
      running->Fail(std::move(more).error());
      break;
    }
    if (!more.value() || !RunMorsel(worker, &morsel, running, &held, &on_tier2)) break;
  }
  morsel.Clear();
}

void Execution::PrepareWorker(size_t index, const pipeline::Pipeline& pipeline, CodeSlot* slot) {
  Worker& worker = MakeWorker(index);
  worker.state.sites = &slot->sites;
  for (const pipeline::Sink& sink : pipeline.sinks) {
    if (sink.kind == SinkKind::kResult) {
      if (worker.result == nullptr) {
        worker.result = std::make_unique<row::RowBuffer>(&program_.result_layout, budget_);
      }
      worker.locals[operators_.size()] = worker.result.get();
    } else {
      worker.locals[sink.object] = operators_[sink.object]->Local(index);
    }
  }
}

Status Execution::RunMorsels(size_t index, exec::RowSource* source, PipelineStats* stats) {
  const pipeline::Pipeline& pipeline = program_.pipelines[index];
  CodeSlot& slot = code_->Slot(index, variant_);
  Running running;
  running.pipeline = &pipeline;
  running.index = index;
  running.slot = &slot;
  running.source = source;
  std::unique_ptr<interpret::Interpreter> tier0;
  size_t workers = 1;
  if (StartsInterpreted(index, source)) {
    PrepareWorker(0, pipeline, &slot);
    tier0 = interpret::MakeInterpreter(program_, pipeline, &query_, &workers_[0]->state,
                                       static_cast<uint32_t>(operators_.size()), request_.analyze);
    running.tier0 = tier0.get();
  } else {
    LATHE_TRY(TakeCode(&running));
    if (!pipeline.source.ordered && workers_max_ > 1 && source->RowsLeft() >= kParallelRowsMin)
      workers = workers_max_;
    for (size_t w = 0; w < workers; ++w) PrepareWorker(w, pipeline, &slot);
  }
  if (stats_.first_row_start_ns == 0) stats_.first_row_start_ns = NsSince(start_);
  if (workers > 1) {
    pool_->Run(workers, [&](size_t w) { Work(w, &running); });
  } else {
    Work(0, &running);
  }
  stats->workers = running.workers.load();
  stats->rows = running.rows.load();
  stats->morsels = running.morsels.load();
  stats->tier2_morsels = running.tier2_morsels.load();
  stats->compile_ns += running.compile_ns;
  slot.tier1_ns.fetch_add(running.ns.load(), std::memory_order_relaxed);
  if (running.tier0 != nullptr && request_.tier == TierChoice::kAuto) {
    // A statement that keeps coming back gets code in the end.
    const uint64_t work = tier0->work();
    if (slot.tier0_work.fetch_add(work, std::memory_order_relaxed) + work > kInterpretWorkInAll &&
        !slot.tier1_requested.exchange(true)) {
      request_compile_(index, variant_, jit::Tier::kOne);
    }
  }
  if (running.error != nullptr) return std::move(*running.error);
  for (size_t w = 0; w < workers; ++w) {
    if (HasResultSink(pipeline) && workers_[w]->result != nullptr) {
      LATHE_TRY(FlushResult(workers_[w]->result.get(), true));
    }
  }
  return Ok();
}

Status Execution::FinishObjects(const pipeline::Pipeline& pipeline) {
  state::ParallelFor parallel = [this](size_t count, const std::function<void(size_t)>& task) {
    if (pool_ == nullptr || workers_max_ <= 1) {
      for (size_t i = 0; i < count; ++i) task(i);
    } else {
      pool_->ForEach(workers_max_, count, task);
    }
  };
  for (uint32_t object : pipeline.finishes)
    LATHE_TRY(operators_[object]->Finish(&query_, parallel));
  if (state::Cancelled(query_)) return state::CancelError(query_.cancel->load());
  return Ok();
}

Status Execution::RunPipeline(size_t index) {
  const pipeline::Pipeline& pipeline = program_.pipelines[index];
  const auto start = Clock::now();
  PipelineStats stats;
  stats.name = pipeline.name;
  if (!Pointless(pipeline)) {
    LATHE_ASSIGN(std::unique_ptr<exec::RowSource> source, OpenSource(pipeline));
    LATHE_TRY(RunMorsels(index, source.get(), &stats));
  }
  const auto finish_start = Clock::now();
  LATHE_TRY(FinishObjects(pipeline));
  stats.finish_ns = NsSince(finish_start);
  stats.ns = NsSince(start);
  stats_.compile_ns += stats.compile_ns;
  stats.nodes.push_back(pipeline.source.node);
  for (const pipeline::Step& step : pipeline.steps) {
    if (step.node != nullptr && step.node->id != stats.nodes.back())
      stats.nodes.push_back(step.node->id);
  }
  PipelineStats& total = stats_.pipelines[index];
  stats.rows += total.rows;
  stats.ns += total.ns;
  stats.finish_ns += total.finish_ns;
  stats.workers = std::max(stats.workers, total.workers);
  stats.morsels += total.morsels;
  stats.tier2_morsels += total.tier2_morsels;
  stats.compile_ns += total.compile_ns;
  total = std::move(stats);
  return Ok();
}

Status Execution::WriteChange(const pipeline::Change& change, uint64_t* affected) {
  const physical::Modify& modify = *change.node;
  LATHE_CHECK_NOTE(request_.tables != nullptr, "the plan writes a table");
  LATHE_ASSIGN(std::unique_ptr<exec::RowSink> sink,
               request_.tables->OpenWrite(modify.relation, modify.write, affected));
  auto* rows = static_cast<state::RowCollector*>(operators_[change.object].get());
  const row::Layout& layout = rows->layout();
  const size_t written = program_.objects[change.object].changes.written_fields;
  if (written == layout.field_count()) {
    for (const char* page : rows->pages()) {
      if (state::Cancelled(query_)) return state::CancelError(query_.cancel->load());
      LATHE_TRY(sink->Consume({page, 0, row::HeaderOf(page).row_count}));
      state::Relieve(budget_);
    }
    return sink->Finish();
  }
  // The rows go on in the plan with more columns: only the first are written.
  const row::Layout written_layout = exec::WriteLayout(*modify.relation, modify.write);
  row::RowBuffer out(&written_layout, budget_);
  std::vector<types::Datum> datums(written + 1);
  std::unique_ptr<bool[]> nulls(new bool[written + 1]);
  for (const char* page : rows->pages()) {
    if (state::Cancelled(query_)) return state::CancelError(query_.cancel->load());
    for (uint32_t i = 0; i < row::HeaderOf(page).row_count; ++i) {
      const char* row = row::RowAt(page, layout.stride(), i);
      for (size_t f = 0; f < written; ++f) {
        nulls[f] = layout.IsNull(row, f);
        if (!nulls[f]) datums[f] = row::ReadField(layout, page, row, f);
      }
      if (!out.AppendRow(datums.data(), nulls.get())) return state::OutOfMemory();
    }
    for (size_t p = 0; p < out.page_count(); ++p) {
      LATHE_TRY(sink->Consume({out.page(p), 0, row::HeaderOf(out.page(p)).row_count}));
    }
    out.Clear();
    state::Relieve(budget_);
  }
  return sink->Finish();
}

Status Execution::WriteChanges() {
  uint64_t affected = 0;
  for (const pipeline::Change& change : program_.changes) {
    uint64_t written = 0;
    LATHE_TRY(WriteChange(change, &written));
    if (change.node->counts) affected += written;
  }
  if (!program_.returns_rows) stats_.rows = affected;
  if (request_.affected_rows != nullptr) *request_.affected_rows = affected;
  if (!holds_result_) return Ok();
  holds_result_ = false;
  for (const auto& worker : workers_) {
    if (worker->result != nullptr) LATHE_TRY(FlushResult(worker->result.get(), true));
  }
  return Ok();
}

void Execution::CollectOperatorStats() {
  std::vector<OperatorStats> stats(workers_[0]->row_counts.size());
  for (size_t i = 0; i < stats.size(); ++i) {
    stats[i].node = static_cast<uint32_t>(i);
    for (const auto& worker : workers_) stats[i].rows += worker->row_counts[i];
  }
  for (size_t i = 0; i < program_.objects.size(); ++i) {
    const uint32_t node = program_.objects[i].node;
    if (node < stats.size()) stats[node].memory_bytes += operators_[i]->memory_bytes();
  }
  stats_.operators = std::move(stats);
}

Result<ExecutionStats> Execution::Run() {
  Result<ExecutionStats> stats = RunAll();
  const base::SpillMemory* spill = budget_->spill();
  if (!stats.ok() && spill != nullptr && spill->error() != nullptr &&
      stats.error().state == SqlState::kOutOfMemory) {
    return *spill->error();
  }
  return stats;
}

Result<ExecutionStats> Execution::RunAll() {
  start_ = Clock::now();
  LATHE_TRY(SetUp());
  // Later pipelines are compiled while earlier ones run: at once where a large scan is expected,
  // else when the first of them turns out to need code. Which tier runs is never decided by an
  // estimate.
  for (size_t i = 0; i < program_.pipelines.size(); ++i) {
    const physical::TableScan* scan = program_.pipelines[i].source.scan;
    if (scan != nullptr && scan->estimated_rows > 4 * kInterpretRowsMax) {
      RequestLater(0);
      break;
    }
  }
  stats_.pipelines.resize(program_.pipelines.size());
  for (size_t i = 0; i < program_.pipelines.size(); ++i) {
    stats_.pipelines[i].name = program_.pipelines[i].name;
  }
  for (size_t i = 0; i < program_.pipelines.size(); ++i) {
    if (program_.pipelines[i].recursion == 0) LATHE_TRY(RunPipeline(i));
  }
  if (!program_.changes.empty()) LATHE_TRY(WriteChanges());
  if (program_.returns_rows) {
    stats_.rows = result_rows_;
    if (request_.result != nullptr) LATHE_TRY(request_.result->Finish());
  }
  if (request_.analyze) CollectOperatorStats();
  stats_.memory_peak_bytes = budget_->peak_bytes();
  stats_.ns = NsSince(start_);
  return std::move(stats_);
}

}  // namespace lathe::driver
