// count, sum, avg, min, max, bool_and, bool_or, bit_and, bit_or, bit_xor.
#include <cmath>

#include "runtime/func/aggregate_state.h"
#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/datetime.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::int128;
using types::Numeric;
using types::Type;
using types::TypeId;

struct CountRows {
  struct State {
    int64_t count;
  };
  static CallStatus Step(FunctionContext*, void* state, const Datum*, const bool*) {
    ++StateOf<State>(state)->count;
    return CallStatus::kOk;
  }
  static CallStatus Inverse(FunctionContext*, void* state, const Datum*, const bool*) {
    --StateOf<State>(state)->count;
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext*, void* into, const void* from) {
    StateOf<State>(into)->count += StateOf<State>(from)->count;
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    result->i64 = StateOf<State>(state)->count;
    return CallStatus::kOk;
  }
};

template <TypeId kType>
int64_t IntegerOf(const Datum& d) {
  if constexpr (kType == TypeId::kInt2) return d.i16;
  if constexpr (kType == TypeId::kInt4) return d.i32;
  return d.i64;
}

/// Sum and average of integers, exact in 128 bits.
template <TypeId kType, bool kAverage>
struct IntegerSum {
  struct State {
    int64_t count;
    int128 sum;
  };
  static CallStatus Step(FunctionContext*, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    ++s->count;
    s->sum += IntegerOf<kType>(args[0]);
    return CallStatus::kOk;
  }
  static CallStatus Inverse(FunctionContext*, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    --s->count;
    s->sum -= IntegerOf<kType>(args[0]);
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext*, void* into, const void* from) {
    StateOf<State>(into)->count += StateOf<State>(from)->count;
    StateOf<State>(into)->sum += StateOf<State>(from)->sum;
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->count == 0) return CallStatus::kNull;
    if constexpr (kAverage) {
      return FinishNumeric(
          context, types::Divide(Numeric::FromFixed(s->sum, 0), Numeric::FromInt64(s->count)),
          result);
    } else if constexpr (kType == TypeId::kInt8) {
      return FinishNumeric(context, Numeric::FromFixed(s->sum, 0), result);
    } else {
      if (s->sum > INT64_MAX || s->sum < INT64_MIN)
        return context->Fail(SqlState::kNumericValueOutOfRange, "bigint out of range");
      result->i64 = static_cast<int64_t>(s->sum);
      return CallStatus::kOk;
    }
  }
};

template <bool kAverage>
struct NumericSum {
  struct State {
    int64_t count;
    NumericCell sum;
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    ++s->count;
    s->sum.Add(context->arena, Numeric::FromDatum(args[0]));
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    s->count += StateOf<State>(from)->count;
    if (StateOf<State>(from)->count != 0)
      s->sum.Add(context->arena, StateOf<State>(from)->sum.Get());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->count == 0) return CallStatus::kNull;
    if (!kAverage) return FinishNumeric(context, s->sum.Get(), result);
    return FinishNumeric(context, types::Divide(s->sum.Get(), Numeric::FromInt64(s->count)),
                         result);
  }
};

template <class Float>
Float FloatOf(const Datum& d) {
  if constexpr (sizeof(Float) == 4) return d.f32;
  return d.f64;
}

template <class Float, bool kAverage>
struct FloatSum {
  using Sum = std::conditional_t<kAverage, double, Float>;
  struct State {
    int64_t count;
    Sum sum;
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    const Sum before = s->sum;
    const auto value = static_cast<Sum>(FloatOf<Float>(args[0]));
    s->sum = s->count == 0 ? value : before + value;
    ++s->count;
    if (std::isinf(s->sum) && !std::isinf(before) && !std::isinf(value)) {
      return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: overflow");
    }
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext*, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    if (StateOf<State>(from)->count == 0) return CallStatus::kOk;
    s->sum = s->count == 0 ? StateOf<State>(from)->sum : s->sum + StateOf<State>(from)->sum;
    s->count += StateOf<State>(from)->count;
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->count == 0) return CallStatus::kNull;
    if constexpr (kAverage) {
      result->f64 = s->sum / static_cast<double>(s->count);
    } else if constexpr (sizeof(Float) == 4) {
      result->f32 = s->sum;
    } else {
      result->f64 = s->sum;
    }
    return CallStatus::kOk;
  }
};

template <bool kAverage>
struct IntervalSum {
  struct State {
    int64_t count;
    types::Interval sum;
  };
  static CallStatus Put(FunctionContext* context, Result<types::Interval> sum, State* s) {
    if (!sum.ok()) return context->Fail(std::move(sum).error());
    s->sum = *sum;
    return CallStatus::kOk;
  }
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    ++s->count;
    return Put(context, types::AddIntervals(s->sum, args[0].interval), s);
  }
  static CallStatus Inverse(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    --s->count;
    return Put(context, types::SubtractIntervals(s->sum, args[0].interval), s);
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    s->count += StateOf<State>(from)->count;
    return Put(context, types::AddIntervals(s->sum, StateOf<State>(from)->sum), s);
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->count == 0) return CallStatus::kNull;
    result->interval = s->sum;
    if (!kAverage) return CallStatus::kOk;
    Result<types::Interval> average = types::DivideInterval(s->sum, static_cast<double>(s->count));
    if (!average.ok()) return context->Fail(std::move(average).error());
    result->interval = *average;
    return CallStatus::kOk;
  }
};

template <TypeId kType, bool kMin>
struct Extreme {
  struct State {
    bool any;
    KeptDatum best;
  };
  static void Offer(FunctionContext* context, State* s, const Datum& value) {
    const Type type(kType);
    if (s->any) {
      const int order = Compare(type, value, s->best.datum);
      if (kMin ? order >= 0 : order <= 0) return;
    }
    s->any = true;
    s->best.Set(context->arena, value, types::ReprOf(type) == types::Repr::kString);
  }
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    Offer(context, StateOf<State>(state), args[0]);
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    if (StateOf<State>(from)->any)
      Offer(context, StateOf<State>(into), StateOf<State>(from)->best.datum);
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    if (!StateOf<State>(state)->any) return CallStatus::kNull;
    *result = StateOf<State>(state)->best.datum;
    return CallStatus::kOk;
  }
};

template <bool kAnd>
struct BoolFold {
  struct State {
    int64_t trues, falses;
  };
  static CallStatus Count(State* s, bool value, int64_t by) {
    (value ? s->trues : s->falses) += by;
    return CallStatus::kOk;
  }
  static CallStatus Step(FunctionContext*, void* state, const Datum* args, const bool*) {
    return Count(StateOf<State>(state), args[0].b, 1);
  }
  static CallStatus Inverse(FunctionContext*, void* state, const Datum* args, const bool*) {
    return Count(StateOf<State>(state), args[0].b, -1);
  }
  static CallStatus Combine(FunctionContext*, void* into, const void* from) {
    StateOf<State>(into)->trues += StateOf<State>(from)->trues;
    StateOf<State>(into)->falses += StateOf<State>(from)->falses;
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->trues + s->falses == 0) return CallStatus::kNull;
    result->b = kAnd ? s->falses == 0 : s->trues != 0;
    return CallStatus::kOk;
  }
};

enum class BitOp { kAnd, kOr, kXor };
template <TypeId kType, BitOp kOp>
struct BitFold {
  struct State {
    bool any;
    int64_t bits;
  };
  static void Fold(State* s, int64_t bits) {
    if (!s->any) {
      s->any = true;
      s->bits = bits;
    } else if (kOp == BitOp::kAnd) {
      s->bits &= bits;
    } else if (kOp == BitOp::kOr) {
      s->bits |= bits;
    } else {
      s->bits ^= bits;
    }
  }
  static CallStatus Step(FunctionContext*, void* state, const Datum* args, const bool*) {
    Fold(StateOf<State>(state), IntegerOf<kType>(args[0]));
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext*, void* into, const void* from) {
    if (StateOf<State>(from)->any) Fold(StateOf<State>(into), StateOf<State>(from)->bits);
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (!s->any) return CallStatus::kNull;
    if constexpr (kType == TypeId::kInt2) {
      result->i16 = static_cast<int16_t>(s->bits);
    } else if constexpr (kType == TypeId::kInt4) {
      result->i32 = static_cast<int32_t>(s->bits);
    } else {
      result->i64 = s->bits;
    }
    return CallStatus::kOk;
  }
};

template <TypeId kType>
void AddExtremes(std::vector<Aggregate>* list, uint32_t max_oid, uint32_t min_oid) {
  using Kind = AggregateKind;
  AddAggregate(list, max_oid, "max", Kind::kMax, {Type(kType)}, kType,
               StepsOf<Extreme<kType, false>>());
  AddAggregate(list, min_oid, "min", Kind::kMin, {Type(kType)}, kType,
               StepsOf<Extreme<kType, true>>());
}

template <TypeId kType>
void AddBits(std::vector<Aggregate>* list, uint32_t and_oid, uint32_t or_oid, uint32_t xor_oid) {
  using Kind = AggregateKind;
  AddAggregate(list, and_oid, "bit_and", Kind::kGeneric, {Type(kType)}, kType,
               StepsOf<BitFold<kType, BitOp::kAnd>>());
  AddAggregate(list, or_oid, "bit_or", Kind::kGeneric, {Type(kType)}, kType,
               StepsOf<BitFold<kType, BitOp::kOr>>());
  AddAggregate(list, xor_oid, "bit_xor", Kind::kGeneric, {Type(kType)}, kType,
               StepsOf<BitFold<kType, BitOp::kXor>>());
}

}  // namespace

void AddBasicAggregates(std::vector<Aggregate>* list) {
  using enum TypeId;
  using Kind = AggregateKind;
  auto add = [list](uint32_t oid, std::string_view name, Kind kind, std::vector<Type> args,
                    Type result, const AggregateSteps* steps) {
    return AddAggregate(list, oid, name, kind, std::move(args), result, steps);
  };
  // clang-format off
  add(2803, "count", Kind::kCountStar, {}, kInt8, StepsOf<CountRows, true>());
  add(2147, "count", Kind::kCount, {Type(kUnknown)}, kInt8, StepsOf<CountRows, true>());  // "any"
  add(2109, "sum", Kind::kSum, {Type(kInt2)}, kInt8, StepsOf<IntegerSum<kInt2, false>, true>());
  add(2108, "sum", Kind::kSum, {Type(kInt4)}, kInt8, StepsOf<IntegerSum<kInt4, false>, true>());
  add(2107, "sum", Kind::kSum, {Type(kInt8)}, kNumeric, StepsOf<IntegerSum<kInt8, false>, true>());
  add(2114, "sum", Kind::kSum, {Type(kNumeric)}, kNumeric, StepsOf<NumericSum<false>>());
  add(2110, "sum", Kind::kSum, {Type(kFloat4)}, kFloat4, StepsOf<FloatSum<float, false>>());
  add(2111, "sum", Kind::kSum, {Type(kFloat8)}, kFloat8, StepsOf<FloatSum<double, false>>());
  add(2113, "sum", Kind::kSum, {Type(kInterval)}, kInterval, StepsOf<IntervalSum<false>, true>());
  add(2102, "avg", Kind::kAvg, {Type(kInt2)}, kNumeric, StepsOf<IntegerSum<kInt2, true>, true>());
  add(2101, "avg", Kind::kAvg, {Type(kInt4)}, kNumeric, StepsOf<IntegerSum<kInt4, true>, true>());
  add(2100, "avg", Kind::kAvg, {Type(kInt8)}, kNumeric, StepsOf<IntegerSum<kInt8, true>, true>());
  add(2103, "avg", Kind::kAvg, {Type(kNumeric)}, kNumeric, StepsOf<NumericSum<true>>());
  add(2104, "avg", Kind::kAvg, {Type(kFloat4)}, kFloat8, StepsOf<FloatSum<float, true>>());
  add(2105, "avg", Kind::kAvg, {Type(kFloat8)}, kFloat8, StepsOf<FloatSum<double, true>>());
  add(2106, "avg", Kind::kAvg, {Type(kInterval)}, kInterval, StepsOf<IntervalSum<true>, true>());
  AddExtremes<kInt8>(list, 2115, 2131);
  AddExtremes<kInt4>(list, 2116, 2132);
  AddExtremes<kInt2>(list, 2117, 2133);
  AddExtremes<kOid>(list, 2118, 2134);
  AddExtremes<kFloat4>(list, 2119, 2135);
  AddExtremes<kFloat8>(list, 2120, 2136);
  AddExtremes<kDate>(list, 2122, 2138);
  AddExtremes<kTime>(list, 2123, 2139);
  AddExtremes<kTimeTz>(list, 2124, 2140);
  AddExtremes<kTimestamp>(list, 2126, 2142);
  AddExtremes<kTimestampTz>(list, 2127, 2143);
  AddExtremes<kInterval>(list, 2128, 2144);
  AddExtremes<kText>(list, 2129, 2145);
  AddExtremes<kNumeric>(list, 2130, 2146);
  AddExtremes<kBpChar>(list, 2244, 2245);
  AddExtremes<kArray>(list, 2050, 2051);
  AddExtremes<kEnum>(list, 3526, 3527);
  add(2517, "bool_and", Kind::kBoolAnd, {Type(kBool)}, kBool, StepsOf<BoolFold<true>, true>());
  add(2519, "every", Kind::kBoolAnd, {Type(kBool)}, kBool, StepsOf<BoolFold<true>, true>());
  add(2518, "bool_or", Kind::kBoolOr, {Type(kBool)}, kBool, StepsOf<BoolFold<false>, true>());
  AddBits<kInt2>(list, 2236, 2237, 6164);
  AddBits<kInt4>(list, 2238, 2239, 6165);
  AddBits<kInt8>(list, 2240, 2241, 6166);
  // clang-format on
}

}  // namespace lathe::func
