#include "codegen/driver/constants.h"

#include "runtime/row/string_slot.h"
#include "runtime/types/fixed.h"

namespace lathe::driver {

OnceEvaluator::OnceEvaluator(const ExecutionRequest& request) {
  if (request.context != nullptr) functions_ = *request.context;
  functions_.arena = &arena_;
  functions_.error.reset();
  context_.functions = &functions_;
  context_.params = request.params;
}

void Constants::Compute(const pipeline::Program& program, OnceEvaluator* evaluator) {
  const size_t count = program.constants.size();
  values.resize(count);
  slots.resize(count);
  errors.resize(count);
  error_pointers.assign(count, nullptr);
  for (size_t i = 0; i < count; ++i) {
    const pipeline::Constant& constant = program.constants[i];
    state::ConstantSlot& slot = slots[i];
    auto fail = [&](Error error) {
      errors[i] = std::make_unique<Error>(std::move(error));
      error_pointers[i] = errors[i].get();
      slot.state = state::ConstantState::kError;
      all_values = false;
    };
    if (constant.item_list) {
      Status status = ComputeSet(*constant.expr, evaluator, &slot);
      if (!status.ok()) fail(std::move(status).error());
      continue;
    }
    Result<types::Value> value = evaluator->Evaluate(*constant.expr);
    if (!value.ok()) {
      fail(std::move(value).error());
      continue;
    }
    values[i] = std::move(value).value();
    if (values[i].is_null()) {
      slot.state = state::ConstantState::kNull;
      all_values = false;
      continue;
    }
    slot.state = state::ConstantState::kValue;
    slot.value = values[i].datum();
    if (types::ReprOf(constant.expr->type) != types::Repr::kString) continue;
    std::string_view text = slot.value.string.view();
    if (text.size() <= row::kInlineStringMax) slot.inline_slot = row::EncodeInlineString(text);
    if (constant.like_pattern) {
      patterns.push_back(std::make_unique<abi::LikePattern>(text));
      if (!patterns.back()->valid()) {
        fail(MakeError(SqlState::kInvalidEscapeSequence,
                       "LIKE pattern must not end with escape character"));
        continue;
      }
      slot.prepared = patterns.back().get();
    }
  }
}

Status Constants::ComputeSet(const expr::Expr& list, OnceEvaluator* evaluator,
                             state::ConstantSlot* slot) {
  auto set = std::make_unique<abi::ValueSet>(list.children[0]->type);
  std::vector<types::Value> items;
  items.reserve(list.children.size());
  for (size_t i = 1; i < list.children.size(); ++i) {
    LATHE_ASSIGN(types::Value item, evaluator->Evaluate(*list.children[i]));
    if (item.is_null()) {
      set->AddNull();
      continue;
    }
    items.push_back(std::move(item));
    set->Add(items.back().datum());
  }
  set->Seal();
  slot->state = state::ConstantState::kValue;
  slot->prepared = set.get();
  sets.push_back(std::move(set));
  set_values.push_back(std::move(items));
  return Ok();
}

types::int128 MagnitudeOf(const types::Value& value) {
  if (value.is_null()) return -1;
  types::int128 v;
  if (value.type().is_fixed_numeric()) {
    v = types::FixedFromDatum(value.type(), value.datum());
  } else if (value.type().is_integer()) {
    v = value.AsInt64();
  } else {
    return -1;
  }
  return v < 0 ? -v : v;
}

std::vector<types::int128> BoundsFor(const std::vector<types::Value>& values) {
  std::vector<types::int128> bounds;
  for (const types::Value& value : values) {
    const types::int128 magnitude = MagnitudeOf(value);
    types::int128 bound = -1;
    for (int bits = 50; magnitude >= 0 && bits >= 10; bits -= 10) {
      if (magnitude <= static_cast<types::int128>(1) << bits)
        bound = static_cast<types::int128>(1) << bits;
    }
    bounds.push_back(bound);
  }
  return bounds;
}

Result<ScanBounds> BoundsOf(const physical::TableScan& scan, OnceEvaluator* evaluator) {
  ScanBounds bounds;
  auto fill = [&](const physical::KeyBoundExprs& from, exec::KeyBound* to) -> Status {
    to->inclusive = from.inclusive;
    for (const auto& e : from.values) {
      LATHE_ASSIGN(types::Value value, evaluator->Evaluate(*e));
      const bool meant = (from.null_parts >> to->values.size() & 1) != 0;
      if (value.is_null() && !meant) bounds.empty = true;
      to->values.push_back(std::move(value));
    }
    return Ok();
  };
  LATHE_TRY(fill(scan.lower, &bounds.request.lower));
  LATHE_TRY(fill(scan.upper, &bounds.request.upper));
  for (const auto& point : scan.points) {
    std::vector<types::Value> values;
    bool has_null = false;
    for (const auto& e : point) {
      LATHE_ASSIGN(types::Value value, evaluator->Evaluate(*e));
      has_null |= value.is_null();
      values.push_back(std::move(value));
    }
    if (!has_null) bounds.request.points.push_back(std::move(values));
  }
  if (!scan.points.empty() && bounds.request.points.empty()) bounds.empty = true;
  for (const physical::SkipRangeExprs& skip : scan.skip) {
    exec::SkipRange range;
    range.field = skip.field;
    // Only a hint: an end that cannot be computed is open; the filter above will tell.
    auto end = [&](const expr::ExprPtr& e) {
      if (e == nullptr) return types::Value();
      Result<types::Value> value = evaluator->Evaluate(*e);
      return value.ok() ? std::move(value).value() : types::Value();
    };
    range.min = end(skip.min);
    range.max = end(skip.max);
    bounds.request.skip.push_back(std::move(range));
  }
  bounds.request.key_order = scan.key_order;
  bounds.request.reverse = scan.reverse;
  if (!scan.index_only) bounds.request.index = scan.index;
  return bounds;
}

Result<int64_t> LimitOf(const expr::Expr* e, bool is_offset, int64_t fallback,
                        OnceEvaluator* evaluator) {
  if (e == nullptr) return fallback;
  LATHE_ASSIGN(types::Value value, evaluator->Evaluate(*e));
  if (value.is_null()) return fallback;
  if (value.AsInt64() < 0) {
    return is_offset ? MakeError(SqlState::kInvalidRowCountInOffset, "OFFSET must not be negative")
                     : MakeError(SqlState::kInvalidRowCountInLimit, "LIMIT must not be negative");
  }
  return value.AsInt64();
}

}  // namespace lathe::driver
