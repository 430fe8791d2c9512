// Ordered-set aggregates (percentile_cont, percentile_disc, mode) and hypothetical-set ones (rank,
// dense_rank, percent_rank, cume_dist). Rows come sorted; direct arguments come with every row.
#include <algorithm>
#include <cmath>

#include "runtime/func/aggregate_state.h"
#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/datetime.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::Type;
using types::TypeId;

bool IsString(const Type& type) {
  return type.id == TypeId::kNumeric || types::ReprOf(type) == types::Repr::kString;
}

/// A value that the next ones do not overwrite.
Datum Keep(FunctionContext* context, const Type& type, const Datum& value) {
  Datum kept = value;
  if (IsString(type)) kept.string = context->Keep(value.string.view());
  return kept;
}

/// The sorted values, and the direct argument.
struct Values {
  bool any;
  Datum fraction;
  ArenaBytes datums;

  size_t count() const { return datums.size / sizeof(Datum); }
  const Datum& at(size_t i) const { return reinterpret_cast<const Datum*>(datums.data)[i]; }
};

CallStatus Collect(FunctionContext* context, void* state, const Datum* args, const bool*) {
  auto* s = StateOf<Values>(state);
  const auto& types = context->call->args;
  if (!s->any) s->fraction = Keep(context, types[0], args[0]);
  s->any = true;
  const Datum kept = Keep(context, types[1], args[1]);
  s->datums.Append(context->arena, {reinterpret_cast<const char*>(&kept), sizeof kept});
  return CallStatus::kOk;
}

bool CheckFraction(FunctionContext* context, double fraction) {
  if (fraction >= 0 && fraction <= 1) return true;
  char text[80];
  std::snprintf(text, sizeof text, "percentile value %g is not between 0 and 1", fraction);
  context->Fail(SqlState::kNumericValueOutOfRange, text);
  return false;
}

using Pick = CallStatus (*)(FunctionContext*, const Values&, double, Datum*);

CallStatus Discrete(FunctionContext* context, const Values& values, double fraction,
                    Datum* result) {
  if (!CheckFraction(context, fraction)) return CallStatus::kError;
  const auto row =
      static_cast<size_t>(std::max(1.0, std::ceil(fraction * static_cast<double>(values.count()))));
  *result = values.at(row - 1);
  return CallStatus::kOk;
}

CallStatus Between(FunctionContext*, double low, double high, double part, Datum* result) {
  result->f64 = low + part * (high - low);
  return CallStatus::kOk;
}
CallStatus Between(FunctionContext* context, const types::Interval& low,
                   const types::Interval& high, double part, Datum* result) {
  Result<types::Interval> step = types::SubtractIntervals(high, low);
  if (step.ok()) step = types::MultiplyInterval(*step, part);
  if (step.ok()) step = types::AddIntervals(low, *step);
  if (!step.ok()) return context->Fail(std::move(step).error());
  result->interval = *step;
  return CallStatus::kOk;
}
template <bool kInterval>
CallStatus Continuous(FunctionContext* context, const Values& values, double fraction,
                      Datum* result) {
  if (!CheckFraction(context, fraction)) return CallStatus::kError;
  const double place = fraction * static_cast<double>(values.count() - 1);
  const auto low = static_cast<size_t>(std::floor(place));
  const auto high = static_cast<size_t>(std::ceil(place));
  *result = values.at(low);
  if (low == high) return CallStatus::kOk;
  const double part = place - static_cast<double>(low);
  if constexpr (kInterval) {
    return Between(context, values.at(low).interval, values.at(high).interval, part, result);
  } else {
    return Between(context, values.at(low).f64, values.at(high).f64, part, result);
  }
}

template <Pick kPick>
CallStatus FinishOne(FunctionContext* context, const void* state, Datum* result) {
  const auto* s = StateOf<Values>(state);
  if (!s->any) return CallStatus::kNull;
  return kPick(context, *s, s->fraction.f64, result);
}
/// An array of fractions: an array of results like it.
template <Pick kPick>
CallStatus FinishMany(FunctionContext* context, const void* state, Datum* result) {
  const auto* s = StateOf<Values>(state);
  if (!s->any) return CallStatus::kNull;
  types::ArrayReader fractions(s->fraction.string.view());
  types::ArrayBuilder builder(context->call->result.element);
  for (uint32_t i = 0; i < fractions.count(); ++i) {
    Datum fraction, value;
    if (!fractions.Next(&fraction)) {
      builder.AddNull();
      continue;
    }
    if (kPick(context, *s, fraction.f64, &value) != CallStatus::kOk) return CallStatus::kError;
    builder.Add(value);
  }
  *result = builder.ToDatum(fractions.dimensions(), context->arena);
  return CallStatus::kOk;
}

// ---- mode: the first of the most frequent values

struct ModeState {
  int64_t best_count, run_count;
  Datum best, run;
};
CallStatus ModeStep(FunctionContext* context, void* state, const Datum* args, const bool*) {
  auto* s = StateOf<ModeState>(state);
  Type type = context->call->args[0];
  if (type.id == TypeId::kNumeric) type = Type(TypeId::kNumeric);
  if (s->run_count > 0 && Compare(type, s->run, args[0]) == 0) {
    ++s->run_count;
  } else {
    s->run = Keep(context, type, args[0]);
    s->run_count = 1;
  }
  if (s->run_count > s->best_count) {
    s->best_count = s->run_count;
    s->best = s->run;
  }
  return CallStatus::kOk;
}
CallStatus ModeFinish(FunctionContext*, const void* state, Datum* result) {
  const auto* s = StateOf<ModeState>(state);
  if (s->best_count == 0) return CallStatus::kNull;
  *result = s->best;
  return CallStatus::kOk;
}

// ---- Where the row of the direct arguments would stand

struct PlaceState {
  int64_t rows, before, equal, distinct_before;
  bool has_last;
  Datum last[4];
  bool last_null[4];
};

/// The order of two rows by the sort's keys.
int CompareRows(FunctionContext* context, size_t keys, const Datum* a, const bool* a_null,
                const Datum* b, const bool* b_null) {
  const auto& call = *context->call;
  for (size_t i = 0; i < keys; ++i) {
    Type type = call.args[keys + i];
    if (type.id == TypeId::kNumeric) type = Type(TypeId::kNumeric);
    const CallTypes::SortedBy by = i < call.order.size() ? call.order[i] : CallTypes::SortedBy();
    if (a_null[i] || b_null[i]) {
      if (a_null[i] == b_null[i]) continue;
      return a_null[i] == by.nulls_first ? -1 : 1;
    }
    const int order = Compare(type, a[i], b[i]);
    if (order != 0) return by.descending ? -order : order;
  }
  return 0;
}
CallStatus PlaceStep(FunctionContext* context, void* state, const Datum* args, const bool* nulls) {
  auto* s = StateOf<PlaceState>(state);
  const size_t keys = context->call->args.size() / 2;
  ++s->rows;
  const Datum* row = args + keys;
  const bool* row_null = nulls + keys;
  const int order = CompareRows(context, keys, row, row_null, args, nulls);
  if (order == 0) ++s->equal;
  if (order >= 0) return CallStatus::kOk;
  ++s->before;
  if (s->has_last && CompareRows(context, keys, row, row_null, s->last, s->last_null) == 0)
    return CallStatus::kOk;
  ++s->distinct_before;
  s->has_last = true;
  for (size_t i = 0; i < keys; ++i) {
    s->last_null[i] = row_null[i];
    if (!row_null[i]) s->last[i] = Keep(context, context->call->args[keys + i], row[i]);
  }
  return CallStatus::kOk;
}
CallStatus FinishRank(FunctionContext*, const void* state, Datum* result) {
  result->i64 = StateOf<PlaceState>(state)->before + 1;
  return CallStatus::kOk;
}
CallStatus FinishDenseRank(FunctionContext*, const void* state, Datum* result) {
  result->i64 = StateOf<PlaceState>(state)->distinct_before + 1;
  return CallStatus::kOk;
}
CallStatus FinishPercentRank(FunctionContext*, const void* state, Datum* result) {
  const auto* s = StateOf<PlaceState>(state);
  result->f64 = s->rows == 0 ? 0 : static_cast<double>(s->before) / static_cast<double>(s->rows);
  return CallStatus::kOk;
}
CallStatus FinishCumeDist(FunctionContext*, const void* state, Datum* result) {
  const auto* s = StateOf<PlaceState>(state);
  result->f64 = static_cast<double>(s->before + s->equal + 1) / static_cast<double>(s->rows + 1);
  return CallStatus::kOk;
}

using StepForm = CallStatus (*)(FunctionContext*, void*, const Datum*, const bool*);
using FinishForm = CallStatus (*)(FunctionContext*, const void*, Datum*);
template <class State, StepForm kStep, FinishForm kFinish>
const AggregateSteps* Steps() {
  static const AggregateSteps steps = [] {
    AggregateSteps s;
    s.state_bytes = (sizeof(State) + 15) / 16 * 16;
    s.step = kStep;
    s.finish = kFinish;
    return s;
  }();
  return &steps;
}

constexpr uint32_t kSortKeysMax = 4;

}  // namespace

void AddOrderedSetAggregates(std::vector<Aggregate>* list) {
  using enum TypeId;
  auto add = [list](uint32_t oid, std::string_view name, std::vector<Type> args, uint32_t direct,
                    Type result, const AggregateSteps* steps) {
    Aggregate* a =
        AddAggregate(list, oid, name, AggregateKind::kGeneric, std::move(args), result, steps);
    a->wants_types = true;
    a->order_matters = true;
    a->within_group = true;
    a->direct_args = direct;
    return a;
  };
  const Type floats = Type::ArrayOf(kFloat8), intervals = Type::ArrayOf(kInterval);
  // clang-format off
  add(3972, "percentile_disc", {Type(kFloat8), Type(kAnyElement)}, 1, kAnyElement, Steps<Values, Collect, FinishOne<Discrete>>());
  add(3978, "percentile_disc", {floats, Type(kAnyElement)}, 1, kArray, Steps<Values, Collect, FinishMany<Discrete>>());
  add(3974, "percentile_cont", {Type(kFloat8), Type(kFloat8)}, 1, kFloat8, Steps<Values, Collect, FinishOne<Continuous<false>>>());
  add(3976, "percentile_cont", {Type(kFloat8), Type(kInterval)}, 1, kInterval, Steps<Values, Collect, FinishOne<Continuous<true>>>());
  add(3980, "percentile_cont", {floats, Type(kFloat8)}, 1, floats, Steps<Values, Collect, FinishMany<Continuous<false>>>());
  add(3982, "percentile_cont", {floats, Type(kInterval)}, 1, intervals, Steps<Values, Collect, FinishMany<Continuous<true>>>());
  add(3984, "mode", {Type(kAnyElement)}, 0, kAnyElement, Steps<ModeState, ModeStep, ModeFinish>());
  // clang-format on
  struct Place {
    uint32_t oid;
    std::string_view name;
    TypeId result;
    const AggregateSteps* steps;
  };
  const Place places[] = {
      {3986, "rank", kInt8, Steps<PlaceState, PlaceStep, FinishRank>()},
      {3988, "percent_rank", kFloat8, Steps<PlaceState, PlaceStep, FinishPercentRank>()},
      {3990, "cume_dist", kFloat8, Steps<PlaceState, PlaceStep, FinishCumeDist>()},
      {3992, "dense_rank", kInt8, Steps<PlaceState, PlaceStep, FinishDenseRank>()},
  };
  for (const Place& place : places) {
    for (uint32_t keys = 1; keys <= kSortKeysMax; ++keys) {
      std::vector<Type> args(2 * keys, Type(kUnknown));
      const uint32_t oid = keys == 1 ? place.oid : 9400 + (place.oid - 3986) * 4 + keys;
      add(oid, place.name, std::move(args), keys, place.result, place.steps)->strict = false;
    }
  }
}

}  // namespace lathe::func
