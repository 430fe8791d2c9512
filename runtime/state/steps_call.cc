#include "runtime/state/steps_call.h"

#include <cstring>

#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::state {
namespace {

constexpr uint32_t kStepsPerCharge = 256;
constexpr uint64_t kUnchargedBytes = 64 * 1024;  // of an arena: not worth counting

}  // namespace

types::Datum BoxField(const row::Layout& layout, const char* row, uint32_t field,
                      base::Arena* arena) {
  const types::Datum datum = row::ReadField(layout, row::RowPageOf(row), row, field);
  const types::Type& type = layout.field(field).type;
  return type.is_fixed_numeric() ? types::BigFromFixed(type, datum, arena) : datum;
}

Result<types::Datum> Unbox(const types::Type& type, const types::Datum& boxed) {
  if (!type.is_fixed_numeric()) return boxed;
  return types::FixedFromNumeric(type, types::Numeric::FromDatum(boxed));
}

int CompareByKey(const row::Layout& layout, const SortKey& key, const char* a, const char* b) {
  const bool a_null = layout.IsNull(a, key.field), b_null = layout.IsNull(b, key.field);
  if (a_null || b_null) {
    if (a_null == b_null) return 0;
    return a_null == key.nulls_first ? -1 : 1;
  }
  const types::Datum x = row::ReadField(layout, row::RowPageOf(a), a, key.field);
  const types::Datum y = row::ReadField(layout, row::RowPageOf(b), b, key.field);
  const int order = abi::CompareDatums(layout.field(key.field).type, x, y);
  return key.descending ? -order : order;
}

bool SameKeys(const row::Layout& layout, const std::vector<SortKey>& keys, size_t from, size_t to,
              const char* a, const char* b) {
  for (size_t i = from; i < to; ++i) {
    if (CompareByKey(layout, keys[i], a, b) != 0) return false;
  }
  return true;
}

StepsRunner::StepsRunner(const StepsCall* call, const row::Layout* layout,
                         func::FunctionContext* context, base::MemoryBudget* budget)
    : call_(call),
      steps_(*call->aggregate->steps),
      layout_(layout),
      context_(context),
      budget_(budget),
      datums_(call->args.size() + 1),
      nulls_(new bool[call->args.size() + 1]()) {
  types_.args = call->arg_types;
  types_.result = BoxedType(call->type);
  for (const SortKey& key : call->order) sorted_by_.push_back({key.descending, key.nulls_first});
  if (call->aggregate->within_group) types_.order = sorted_by_;
}

StepsRunner::~StepsRunner() {
  if (budget_ != nullptr) budget_->Release(charged_);
}

void StepsRunner::Init(void* state, base::Arena* arena) {
  std::memset(state, 0, state_bytes());
  if (steps_.init == nullptr) return;
  Enter(arena);
  steps_.init(context_, state);
}

Status StepsRunner::Take(StepFunction step, void* state, const char* row, base::Arena* arena) {
  if (call_->filter >= 0) {
    const auto filter = static_cast<uint32_t>(call_->filter);
    if (layout_->IsNull(row, filter) || row[layout_->field(filter).offset] == 0) return Ok();
  }
  for (size_t i = 0; i < call_->args.size(); ++i) {
    nulls_[i] = layout_->IsNull(row, call_->args[i]);
    if (!nulls_[i]) {
      datums_[i] = BoxField(*layout_, row, call_->args[i], &scratch_);
    } else if (call_->aggregate->strict) {
      return Ok();
    }
  }
  Enter(arena);
  const func::CallStatus status = step(context_, state, datums_.data(), nulls_.get());
  if ((++taken_ & 63) == 0) scratch_.Reset();
  if (status == func::CallStatus::kError) return TakeError();
  return taken_ % kStepsPerCharge == 0 ? Charge(arena) : Ok();
}

Status StepsRunner::Charge(base::Arena* arena) {
  if (budget_ == nullptr) return Ok();
  if (arena != charged_arena_) {
    budget_->Release(charged_);
    charged_ = 0;
    charged_arena_ = arena;
  }
  const uint64_t held = arena->held_bytes();
  if (held < kUnchargedBytes || held <= charged_) return Ok();
  if (!budget_->TryChargeSmall(held - charged_)) return OutOfMemory();
  charged_ = held;
  return Ok();
}

Status StepsRunner::Combine(void* into, const void* from, base::Arena* arena) {
  Enter(arena);
  if (steps_.combine(context_, into, from) == func::CallStatus::kError) return TakeError();
  return ++taken_ % kStepsPerCharge == 0 ? Charge(arena) : Ok();
}

Status StepsRunner::Finish(const void* state, base::Arena* arena, types::Datum* result,
                           bool* null) {
  Enter(arena);
  types::Datum boxed;
  const func::CallStatus status = steps_.finish(context_, state, &boxed);
  if (status == func::CallStatus::kError) return TakeError();
  *null = status == func::CallStatus::kNull;
  if (!*null) {
    LATHE_ASSIGN(*result, Unbox(call_->type, boxed));
  }
  return Ok();
}

Error StepsRunner::TakeError() {
  if (!context_->error.has_value()) {
    return MakeError(SqlState::kInternalError, "an aggregate failed without an error");
  }
  Error error = std::move(*context_->error);
  context_->error.reset();
  return error;
}

}  // namespace lathe::state
