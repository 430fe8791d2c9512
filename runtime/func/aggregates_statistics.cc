// Variance, standard deviation, covariance, correlation and regression. Integers and numerics are
// exact; floats by the updating formulas of Youngs and Cramer (Some Results Relevant to Choice of
// Sum and Sum-of-Product Algorithms, Technometrics 13, 1971), merged as in Chan, Golub, LeVeque.
#include <array>
#include <cmath>

#include "runtime/func/aggregate_state.h"
#include "runtime/func/tables.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::int128;
using types::Numeric;
using types::Type;
using types::TypeId;

// ---- Exact

/// From n, sum(x) and sum(x*x).
CallStatus FinishSpread(FunctionContext* context, int64_t n, const Numeric& sum,
                        const Numeric& squares, bool sample, bool root, Datum* result) {
  if (n == 0 || (sample && n == 1)) return CallStatus::kNull;
  const Numeric count = Numeric::FromInt64(n);
  const Numeric spread =
      types::Subtract(types::Multiply(count, squares), types::Multiply(sum, sum));
  if (spread.is_nan() || spread.is_infinite())
    return FinishNumeric(context, Numeric::NaN(), result);
  if (spread.sign() <= 0) return FinishNumeric(context, Numeric(), result);
  const Numeric divisor = types::Multiply(count, Numeric::FromInt64(sample ? n - 1 : n));
  Result<Numeric> variance = types::Divide(spread, divisor);
  if (!variance.ok() || !root) return FinishNumeric(context, std::move(variance), result);
  return FinishNumeric(context, types::SquareRootToScale(*variance, variance->dscale()), result);
}

template <TypeId kType, bool kSample, bool kRoot>
struct ExactSpread {
  struct State {
    int64_t count;
    NumericCell sum, squares;
  };
  static Numeric ValueOf(const Datum& d) {
    if constexpr (kType == TypeId::kInt2) return Numeric::FromInt64(d.i16);
    if constexpr (kType == TypeId::kInt4) return Numeric::FromInt64(d.i32);
    if constexpr (kType == TypeId::kInt8) return Numeric::FromInt64(d.i64);
    return Numeric::FromDatum(d);
  }
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    const Numeric x = ValueOf(args[0]);
    ++s->count;
    s->sum.Add(context->arena, x);
    s->squares.Add(context->arena, types::Multiply(x, x));
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    const auto* other = StateOf<State>(from);
    s->count += other->count;
    s->sum.Add(context->arena, other->sum.Get());
    s->squares.Add(context->arena, other->squares.Get());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    return FinishSpread(context, s->count, s->sum.Get(), s->squares.Get(), kSample, kRoot, result);
  }
};

/// The same over int2 and int4: sums in 128 bits.
template <TypeId kType, bool kSample, bool kRoot>
struct IntSpread {
  struct State {
    int64_t count;
    int128 sum, squares;
  };
  static CallStatus Step(FunctionContext*, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    const int64_t x = kType == TypeId::kInt2 ? args[0].i16 : args[0].i32;
    ++s->count;
    s->sum += x;
    s->squares += x * x;
    return CallStatus::kOk;
  }
  static CallStatus Inverse(FunctionContext*, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    const int64_t x = kType == TypeId::kInt2 ? args[0].i16 : args[0].i32;
    --s->count;
    s->sum -= x;
    s->squares -= x * x;
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext*, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    s->count += StateOf<State>(from)->count;
    s->sum += StateOf<State>(from)->sum;
    s->squares += StateOf<State>(from)->squares;
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    return FinishSpread(context, s->count, Numeric::FromFixed(s->sum, 0),
                        Numeric::FromFixed(s->squares, 0), kSample, kRoot, result);
  }
};

// ---- Floats

CallStatus Overflow(FunctionContext* context) {
  return context->Fail(SqlState::kNumericValueOutOfRange, "value out of range: overflow");
}

template <class Float, bool kSample, bool kRoot>
struct FloatSpread {
  struct State {
    double n, sx, sxx;  // count, sum, sum of squared distances from the mean
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    const double x = sizeof(Float) == 4 ? static_cast<double>(args[0].f32) : args[0].f64;
    const double before_sx = s->sx, before_n = s->n;
    s->n += 1;
    s->sx += x;
    if (before_n > 0) {
      const double distance = x * s->n - s->sx;
      s->sxx += distance * distance / (s->n * before_n);
      if (std::isinf(s->sx) || std::isinf(s->sxx)) {
        if (!std::isinf(before_sx) && !std::isinf(x)) return Overflow(context);
        s->sxx = std::nan("");
      }
    } else if (std::isnan(x) || std::isinf(x)) {
      s->sxx = std::nan("");
    }
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    const State other = *StateOf<State>(from);
    if (other.n == 0) return CallStatus::kOk;
    if (s->n == 0) {
      *s = other;
      return CallStatus::kOk;
    }
    const double n = s->n + other.n, distance = s->sx / s->n - other.sx / other.n;
    s->sxx += other.sxx + s->n * other.n * distance * distance / n;
    s->sx += other.sx;
    s->n = n;
    return std::isinf(s->sx) || std::isinf(s->sxx) ? Overflow(context) : CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->n == 0 || (kSample && s->n <= 1)) return CallStatus::kNull;
    result->f64 = s->sxx / (kSample ? s->n - 1 : s->n);
    if (kRoot) result->f64 = std::sqrt(result->f64);
    return CallStatus::kOk;
  }
};

enum class Regression {
  kCount,
  kSxx,
  kSyy,
  kSxy,
  kAvgX,
  kAvgY,
  kR2,
  kSlope,
  kIntercept,
  kCovarPop,
  kCovarSamp,
  kCorr,
};

/// (Y, X) pairs.
template <Regression kWhat>
struct Pairs {
  struct State {
    double n, sx, sxx, sy, syy, sxy;
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args, const bool*) {
    auto* s = StateOf<State>(state);
    const double y = args[0].f64, x = args[1].f64;
    const State before = *s;
    s->n += 1;
    s->sx += x;
    s->sy += y;
    if (before.n > 0) {
      const double dx = x * s->n - s->sx, dy = y * s->n - s->sy;
      const double scale = 1 / (s->n * before.n);
      s->sxx += dx * dx * scale;
      s->syy += dy * dy * scale;
      s->sxy += dx * dy * scale;
      const bool inf = std::isinf(s->sx) || std::isinf(s->sxx) || std::isinf(s->sy) ||
                       std::isinf(s->syy) || std::isinf(s->sxy);
      if (inf) {
        const bool x_known = std::isinf(before.sx) || std::isinf(x),
                   y_known = std::isinf(before.sy) || std::isinf(y);
        if (((std::isinf(s->sx) || std::isinf(s->sxx)) && !x_known) ||
            ((std::isinf(s->sy) || std::isinf(s->syy)) && !y_known) ||
            (std::isinf(s->sxy) && !x_known && !y_known)) {
          return Overflow(context);
        }
        if (std::isinf(s->sxx)) s->sxx = std::nan("");
        if (std::isinf(s->syy)) s->syy = std::nan("");
        if (std::isinf(s->sxy)) s->sxy = std::nan("");
      }
    } else {
      if (!std::isfinite(x)) s->sxx = s->sxy = std::nan("");
      if (!std::isfinite(y)) s->syy = s->sxy = std::nan("");
    }
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    const State other = *StateOf<State>(from);
    if (other.n == 0) return CallStatus::kOk;
    if (s->n == 0) {
      *s = other;
      return CallStatus::kOk;
    }
    const double n = s->n + other.n, weight = s->n * other.n / n;
    const double dx = s->sx / s->n - other.sx / other.n, dy = s->sy / s->n - other.sy / other.n;
    s->sxx += other.sxx + weight * dx * dx;
    s->syy += other.syy + weight * dy * dy;
    s->sxy += other.sxy + weight * dx * dy;
    s->sx += other.sx;
    s->sy += other.sy;
    s->n = n;
    const bool inf = std::isinf(s->sx) || std::isinf(s->sxx) || std::isinf(s->sy) ||
                     std::isinf(s->syy) || std::isinf(s->sxy);
    return inf ? Overflow(context) : CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext*, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    auto put = [result](double value) {
      result->f64 = value;
      return CallStatus::kOk;
    };
    if (kWhat == Regression::kCount) {
      result->i64 = static_cast<int64_t>(s->n);
      return CallStatus::kOk;
    }
    if (s->n < 1) return CallStatus::kNull;
    switch (kWhat) {
      case Regression::kCount:
        break;
      case Regression::kSxx:
        return put(s->sxx);
      case Regression::kSyy:
        return put(s->syy);
      case Regression::kSxy:
        return put(s->sxy);
      case Regression::kAvgX:
        return put(s->sx / s->n);
      case Regression::kAvgY:
        return put(s->sy / s->n);
      case Regression::kCovarPop:
        return put(s->sxy / s->n);
      case Regression::kCovarSamp:
        return s->n < 2 ? CallStatus::kNull : put(s->sxy / (s->n - 1));
      case Regression::kCorr:
        if (s->sxx == 0 || s->syy == 0) return CallStatus::kNull;
        return put(s->sxy / std::sqrt(s->sxx * s->syy));
      case Regression::kR2:
        if (s->sxx == 0) return CallStatus::kNull;
        if (s->syy == 0) return put(1);
        return put((s->sxy * s->sxy) / (s->sxx * s->syy));
      case Regression::kSlope:
        return s->sxx == 0 ? CallStatus::kNull : put(s->sxy / s->sxx);
      case Regression::kIntercept:
        if (s->sxx == 0) return CallStatus::kNull;
        return put((s->sy - s->sx * s->sxy / s->sxx) / s->n);
    }
    return CallStatus::kNull;
  }
};

template <bool kSample, bool kRoot>
void AddSpread(std::vector<Aggregate>* list, std::string_view name,
               const std::array<uint32_t, 6>& oids) {
  using enum TypeId;
  auto add = [&](uint32_t oid, TypeId arg, TypeId result, const AggregateSteps* steps) {
    AddAggregate(list, oid, name, AggregateKind::kGeneric, {Type(arg)}, result, steps);
  };
  add(oids[0], kInt8, kNumeric, StepsOf<ExactSpread<kInt8, kSample, kRoot>>());
  add(oids[1], kInt4, kNumeric, StepsOf<IntSpread<kInt4, kSample, kRoot>, true>());
  add(oids[2], kInt2, kNumeric, StepsOf<IntSpread<kInt2, kSample, kRoot>, true>());
  add(oids[3], kFloat4, kFloat8, StepsOf<FloatSpread<float, kSample, kRoot>>());
  add(oids[4], kFloat8, kFloat8, StepsOf<FloatSpread<double, kSample, kRoot>>());
  add(oids[5], kNumeric, kNumeric, StepsOf<ExactSpread<kNumeric, kSample, kRoot>>());
}

template <Regression kWhat>
void AddPairs(std::vector<Aggregate>* list, uint32_t oid, std::string_view name) {
  AddAggregate(
      list, oid, name, AggregateKind::kGeneric, {Type(TypeId::kFloat8), Type(TypeId::kFloat8)},
      kWhat == Regression::kCount ? TypeId::kInt8 : TypeId::kFloat8, StepsOf<Pairs<kWhat>>());
}

}  // namespace

void AddStatisticsAggregates(std::vector<Aggregate>* list) {
  // By argument: int8, int4, int2, float4, float8, numeric.
  AddSpread<true, false>(list, "variance", {2148, 2149, 2150, 2151, 2152, 2153});
  AddSpread<true, false>(list, "var_samp", {2641, 2642, 2643, 2644, 2645, 2646});
  AddSpread<false, false>(list, "var_pop", {2718, 2719, 2720, 2721, 2722, 2723});
  AddSpread<true, true>(list, "stddev", {2154, 2155, 2156, 2157, 2158, 2159});
  AddSpread<true, true>(list, "stddev_samp", {2712, 2713, 2714, 2715, 2716, 2717});
  AddSpread<false, true>(list, "stddev_pop", {2724, 2725, 2726, 2727, 2728, 2729});
  AddPairs<Regression::kCount>(list, 2818, "regr_count");
  AddPairs<Regression::kSxx>(list, 2819, "regr_sxx");
  AddPairs<Regression::kSyy>(list, 2820, "regr_syy");
  AddPairs<Regression::kSxy>(list, 2821, "regr_sxy");
  AddPairs<Regression::kAvgX>(list, 2822, "regr_avgx");
  AddPairs<Regression::kAvgY>(list, 2823, "regr_avgy");
  AddPairs<Regression::kR2>(list, 2824, "regr_r2");
  AddPairs<Regression::kSlope>(list, 2825, "regr_slope");
  AddPairs<Regression::kIntercept>(list, 2826, "regr_intercept");
  AddPairs<Regression::kCovarPop>(list, 2827, "covar_pop");
  AddPairs<Regression::kCovarSamp>(list, 2828, "covar_samp");
  AddPairs<Regression::kCorr>(list, 2829, "corr");
}

}  // namespace lathe::func
