// The Compiler: LLVM, the background thread, and the bound on compiled code.
#include <condition_variable>
#include <deque>
#include <list>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "codegen/driver/execute.h"
#include "codegen/driver/query_code.h"
#include "runtime/types/fixed.h"

namespace lathe::driver {

struct Compiler::State {
  CompilerOptions options;
  std::shared_ptr<jit::Jit> jit;

  struct Job {
    std::shared_ptr<CompiledQuery> query;
    size_t pipeline;
    Variant variant;
    jit::Tier tier;
  };
  std::mutex mutex;
  std::condition_variable wake;
  std::deque<Job> jobs;  // tier 1 in front
  bool stopping = false;
  std::thread background;

  // Queries that may have code, most recently executed first. Bounded by options.code_entries_max.
  std::mutex cache_mutex;
  std::list<std::weak_ptr<CompiledQuery>> recent;

  void BackgroundMain();
};

void Compiler::State::BackgroundMain() {
  for (;;) {
    Job job;
    {
      std::unique_lock lock(mutex);
      wake.wait(lock, [this] { return stopping || !jobs.empty(); });
      if (stopping) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    // An error comes back when the pipeline is compiled in the foreground, or tier 1 simply goes
    // on.
    (void)job.query->code_->Compile(job.pipeline, job.variant, job.tier);
  }
}

Compiler::Compiler(std::unique_ptr<State> state) : state_(std::move(state)) {}

Compiler::~Compiler() {
  {
    std::lock_guard lock(state_->mutex);
    state_->stopping = true;
    state_->jobs.clear();
  }
  state_->wake.notify_all();
  if (state_->background.joinable()) state_->background.join();
}

Result<std::unique_ptr<Compiler>> Compiler::Create(CompilerOptions options) {
  auto state = std::make_unique<State>();
  state->options = options;
  LATHE_ASSIGN(state->jit, jit::Jit::Create());
  State* raw = state.get();
  std::unique_ptr<Compiler> compiler(new Compiler(std::move(state)));
  if (options.warm_up) LATHE_TRY(WarmUp(compiler.get()));
  raw->background = std::thread([raw] { raw->BackgroundMain(); });
  return compiler;
}

/// Compiles and drops a small query on both tiers: LLVM's pages and tables are then there.
Status Compiler::WarmUp(Compiler* compiler) {
  auto plan = std::make_shared<physical::Plan>();
  auto limit = std::make_unique<physical::Limit>();
  auto values = std::make_unique<physical::Values>();
  logical::OutputColumn column;
  column.id = expr::ColumnId(1);
  column.name = "n";
  column.type = types::TypeId::kInt4;
  values->outputs.push_back(column);
  values->rows.emplace_back();
  values->rows[0].push_back(expr::MakeConst(types::Value::Int4(1)));
  limit->outputs.push_back(column);
  limit->children.push_back(std::move(values));
  plan->root = std::move(limit);
  physical::AssignIds(plan->root.get());
  LATHE_ASSIGN(std::shared_ptr<CompiledQuery> query, compiler->Compile(plan, CompileOptions()));
  LATHE_TRY(query->code_->Compile(0, Variant(), jit::Tier::kOne));
  return query->code_->Compile(0, Variant(), jit::Tier::kTwo);
}

Result<std::shared_ptr<CompiledQuery>> Compiler::Compile(std::shared_ptr<const physical::Plan> plan,
                                                         CompileOptions options) {
  auto code = std::make_unique<QueryCode>();
  code->jit = state_->jit;
  code->verify = state_->options.verify;
  code->options = std::move(options);
  // Bounds of columns make arithmetic cheaper; those that are used are listed for the caller to
  // check at each execution.
  std::map<RelationId, std::shared_ptr<const schema::RelationStats>> stats;
  std::set<std::pair<RelationId, uint32_t>> listed;
  QueryCode* made = code.get();
  pipeline::RangeLookup ranges = [&, made](const schema::RelationDescriptor& relation,
                                           uint32_t column, pipeline::Range* range) {
    if (!made->options.stats) return false;
    auto& known = stats[relation.id];
    if (known == nullptr) known = made->options.stats(relation.id);
    if (known == nullptr || column >= known->columns.size()) return false;
    const types::Type& type = relation.columns[column].type;
    const schema::ColumnStats& bounds = known->columns[column];
    if (!type.is_fixed_numeric() || bounds.min.is_null() || bounds.max.is_null()) return false;
    if (!(bounds.min.type() == type) || !(bounds.max.type() == type)) return false;
    const types::int128 low = types::FixedFromDatum(type, bounds.min.datum());
    const types::int128 high = types::FixedFromDatum(type, bounds.max.datum());
    // Room for growth: twice the next power of two, on both sides.
    types::int128 bound = 2;
    while (bound < high || bound < -low) bound *= 2;
    bound *= 2;
    if (!types::FitsPrecision(bound, type.precision)) return false;
    range->min = -bound;
    range->max = bound;
    if (listed.insert({relation.id, column}).second) {
      made->bounds.push_back({relation.id, column,
                              types::Value::FromDatum(type, types::DatumFromFixed(type, -bound)),
                              types::Value::FromDatum(type, types::DatumFromFixed(type, bound))});
    }
    return true;
  };
  LATHE_ASSIGN(code->program, pipeline::Build(std::move(plan), ranges));
  return std::shared_ptr<CompiledQuery>(new CompiledQuery(std::move(code)));
}

void Compiler::Touch(const std::shared_ptr<CompiledQuery>& query) {
  State& state = *state_;
  std::vector<std::shared_ptr<CompiledQuery>> victims;
  {
    std::lock_guard lock(state.cache_mutex);
    uint64_t bytes = 0, entries = 0;
    for (auto it = state.recent.begin(); it != state.recent.end();) {
      std::shared_ptr<CompiledQuery> known = it->lock();
      if (known == nullptr || known == query) {
        it = state.recent.erase(it);
        continue;
      }
      if (known->code_bytes() > 0) {
        bytes += known->code_bytes();
        ++entries;
        // Beyond the bound: everything from here on was used longer ago.
        if (bytes > state.options.code_bytes_max || entries >= state.options.code_entries_max) {
          victims.push_back(known);
          it = state.recent.erase(it);
          continue;
        }
      }
      ++it;
    }
    state.recent.push_front(query);
  }
  for (const auto& victim : victims) victim->code_->DropCode();
}

Result<ExecutionStats> Compiler::Execute(const std::shared_ptr<CompiledQuery>& query,
                                         const ExecutionRequest& request) {
  Execution execution(query->code_.get(), request, state_->options.pool,
                      [this, &query](size_t pipeline, const Variant& variant, jit::Tier tier) {
                        {
                          std::lock_guard lock(state_->mutex);
                          State::Job job{query, pipeline, variant, tier};
                          if (tier == jit::Tier::kTwo) {
                            state_->jobs.push_back(std::move(job));
                          } else {
                            auto place = state_->jobs.begin();
                            while (place != state_->jobs.end() && place->tier == jit::Tier::kOne)
                              ++place;
                            state_->jobs.insert(place, std::move(job));
                          }
                        }
                        state_->wake.notify_one();
                      });
  const uint64_t before = query->code_bytes();
  Result<ExecutionStats> stats = execution.Run();
  if (query->code_bytes() != before || before == 0) Touch(query);
  return stats;
}

uint64_t Compiler::code_bytes() const {
  std::lock_guard lock(state_->cache_mutex);
  uint64_t bytes = 0;
  for (const auto& known : state_->recent) {
    if (auto query = known.lock()) bytes += query->code_bytes();
  }
  return bytes;
}

uint64_t Compiler::code_entries() const {
  std::lock_guard lock(state_->cache_mutex);
  uint64_t entries = 0;
  for (const auto& known : state_->recent) {
    auto query = known.lock();
    if (query != nullptr && query->code_bytes() > 0) ++entries;
  }
  return entries;
}

}  // namespace lathe::driver
