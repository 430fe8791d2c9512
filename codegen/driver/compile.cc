// The stages of code generation in order, each timed: pipelines, emit, passes, codegen, link. The
// texts for EXPLAIN.
#include <chrono>

#include <llvm/IR/LLVMContext.h>
#include <llvm/IR/Module.h>

#include "codegen/driver/query_code.h"
#include "codegen/emit/emit.h"

namespace lathe::driver {
namespace {

using Clock = std::chrono::steady_clock;

uint64_t NsSince(Clock::time_point start) {
  return static_cast<uint64_t>(
      std::chrono::duration_cast<std::chrono::nanoseconds>(Clock::now() - start).count());
}

constexpr size_t kRecordMax = 256;  // steps kept per query

}  // namespace

CodeSlot& QueryCode::Slot(size_t pipeline, const Variant& variant) {
  std::lock_guard lock(mutex_);
  auto& slot = slots_[{pipeline, variant}];
  if (slot == nullptr) slot = std::make_unique<CodeSlot>();
  return *slot;
}

Status QueryCode::Compile(size_t pipeline, const Variant& variant, jit::Tier tier, uint64_t* ns) {
  CodeSlot& slot = Slot(pipeline, variant);
  auto done = [&] {
    std::lock_guard lock(slot.mutex);
    return (tier == jit::Tier::kOne ? slot.tier1 : slot.tier2) != nullptr;
  };
  if (done()) return Ok();
  auto start = Clock::now();
  // Tier 2 is compiled beside tier 1's users; only one thread compiles tier 1.
  std::unique_lock compiling(slot.compiling, std::defer_lock);
  if (tier == jit::Tier::kOne) {
    compiling.lock();
    if (done()) {
      if (ns != nullptr) *ns += NsSince(start);
      return Ok();
    }
  }
  auto emit_start = Clock::now();
  llvm::LLVMContext context;
  emit::EmitOptions emit_options;
  emit_options.constants_are_values = variant.constants_are_values;
  emit_options.count_rows = variant.count_rows;
  emit_options.columns_are_bounded = variant.columns_are_bounded;
  if (variant.constants_are_bounded) emit_options.constant_bounds = &constant_bounds;
  LATHE_ASSIGN(emit::EmittedPipeline emitted,
               emit::Emit(*program, pipeline, emit_options, &context));
  const uint64_t emit_ns = NsSince(emit_start);
  const std::string& name = program->pipelines[pipeline].name;
  if (verify) {
    std::string broken = jit::VerifyModule(*emitted.module);
    if (!broken.empty())
      return MakeError(SqlState::kInternalError, "code generation failed: " + broken);
  }
  jit::Timing timing;
  LATHE_ASSIGN(std::unique_ptr<jit::Code> code,
               jit->Compile(emitted.module.get(), name, emitted.symbols, tier, &timing));
  emitted.module.reset();  // before its context
  const int number = tier == jit::Tier::kOne ? 1 : 2;
  const std::string prefix = "tier " + std::to_string(number) + " ";
  {
    std::lock_guard lock(slot.mutex);
    if (!slot.sites_set) {
      slot.sites = std::move(emitted.sites);
      slot.sites_set = true;
    }
    auto& place = tier == jit::Tier::kOne ? slot.tier1 : slot.tier2;
    if (place == nullptr) {
      code_bytes_.fetch_add(code->bytes(), std::memory_order_relaxed);
      place = std::move(code);
    }
    slot.instructions.store(timing.instructions, std::memory_order_relaxed);
    if (tier == jit::Tier::kTwo) slot.tier2_ready.store(true, std::memory_order_release);
  }
  std::lock_guard lock(mutex_);
  if (record_.size() < kRecordMax) {
    record_.push_back({prefix + "emit", name, number, emit_ns, 0, timing.instructions});
    if (tier == jit::Tier::kTwo)
      record_.push_back({prefix + "passes", name, number, timing.passes_ns, 0, 0});
    record_.push_back({prefix + "codegen", name, number, timing.codegen_ns, timing.code_bytes, 0});
    record_.push_back({prefix + "link", name, number, timing.link_ns, 0, 0});
  }
  if (ns != nullptr) *ns += NsSince(start);
  return Ok();
}

uint64_t QueryCode::DropCode() {
  std::vector<std::shared_ptr<jit::Code>> dropped;  // freed after the locks
  std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (auto& [key, slot] : slots_) {
    std::lock_guard slot_lock(slot->mutex);
    for (auto* code : {&slot->tier1, &slot->tier2}) {
      if (*code == nullptr) continue;
      bytes += (*code)->bytes();
      dropped.push_back(std::move(*code));
      code->reset();
    }
    slot->tier2_ready.store(false);
    slot->tier2_requested.store(false);
  }
  code_bytes_.fetch_sub(bytes, std::memory_order_relaxed);
  return bytes;
}

std::vector<CompileStep> QueryCode::Record() const {
  std::lock_guard lock(mutex_);
  return record_;
}

Status QueryCode::WithModule(size_t pipeline,
                             const std::function<Status(llvm::Module*)>& use) const {
  llvm::LLVMContext context;
  LATHE_ASSIGN(emit::EmittedPipeline emitted,
               emit::Emit(*program, pipeline, emit::EmitOptions(), &context));
  Status status = use(emitted.module.get());
  emitted.module.reset();
  return status;
}

CompiledQuery::CompiledQuery(std::unique_ptr<QueryCode> code) : code_(std::move(code)) {}
CompiledQuery::~CompiledQuery() = default;

const std::shared_ptr<const physical::Plan>& CompiledQuery::plan() const {
  return code_->program->plan;
}
const row::Layout& CompiledQuery::result_layout() const { return code_->program->result_layout; }
bool CompiledQuery::returns_rows() const { return code_->program->returns_rows; }
const std::vector<AssumedBound>& CompiledQuery::assumed_bounds() const { return code_->bounds; }
std::string CompiledQuery::PipelinesText() const { return pipeline::Print(*code_->program); }
std::vector<CompileStep> CompiledQuery::CompileRecord() const {
  std::vector<CompileStep> record = code_->Record();
  if (!record.empty()) return record;
  // Nothing has run yet: what compiling it would take, on both tiers. A failure ends the record.
  for (jit::Tier tier : {jit::Tier::kOne, jit::Tier::kTwo}) {
    for (size_t i = 0; i < code_->program->pipelines.size(); ++i) {
      if (!code_->Compile(i, Variant(), tier).ok()) return code_->Record();
    }
  }
  return code_->Record();
}
uint64_t CompiledQuery::code_bytes() const { return code_->code_bytes(); }

Result<std::string> CompiledQuery::IrText() const {
  std::string text;
  for (size_t i = 0; i < code_->program->pipelines.size(); ++i) {
    LATHE_TRY(code_->WithModule(i, [&text](llvm::Module* module) {
      text += jit::ModuleText(*module);
      return Ok();
    }));
  }
  return text;
}

Result<std::string> CompiledQuery::IrOptText() const {
  std::string text;
  for (size_t i = 0; i < code_->program->pipelines.size(); ++i) {
    LATHE_TRY(code_->WithModule(i, [&](llvm::Module* module) {
      text += code_->jit->Optimize(module);
      return Ok();
    }));
  }
  return text;
}

Result<std::string> CompiledQuery::AsmText(int tier) const {
  std::string text;
  for (size_t i = 0; i < code_->program->pipelines.size(); ++i) {
    LATHE_TRY(code_->WithModule(i, [&](llvm::Module* module) -> Status {
      LATHE_ASSIGN(std::string assembly,
                   code_->jit->Assembly(module, tier == 1 ? jit::Tier::kOne : jit::Tier::kTwo));
      text += assembly;
      return Ok();
    }));
  }
  return text;
}

}  // namespace lathe::driver
