// Sums are computed exactly where PostgreSQL does (integers, numerics), in row order where it does
// not (floats).
#include "tests/oracle/aggregate.h"

#include "runtime/base/arena.h"
#include "runtime/func/compare.h"
#include "runtime/types/datetime.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::oracle {
namespace {

using types::Numeric;
using types::Type;
using types::TypeId;
using types::Value;

Numeric ToNumeric(const Value& value) {
  const Type& type = value.type();
  if (type.is_integer()) return Numeric::FromInt64(value.AsInt64());
  if (type.is_fixed_numeric()) {
    return Numeric::FromFixed(types::FixedFromDatum(type, value.datum()), type.scale);
  }
  return Numeric::FromDatum(value.datum());
}

Value BigValue(const Numeric& n) {
  base::Arena arena;
  return Value::FromDatum(Type(TypeId::kNumeric), n.ToDatum(&arena));
}

Error OutOfRange(const char* what) {
  return MakeError(SqlState::kNumericValueOutOfRange, std::string(what) + " out of range");
}

Result<Value> Sum(const Type& result, const std::vector<Value>& values) {
  const TypeId id = values[0].type().id;
  types::Datum datum;
  if (id == TypeId::kFloat4) {
    float sum = 0;
    for (const Value& value : values) sum += static_cast<float>(value.AsDouble());
    datum.f32 = sum;
    return Value::FromDatum(result, datum);
  }
  if (id == TypeId::kFloat8) {
    double sum = 0;
    for (const Value& value : values) sum += value.AsDouble();
    return Value::Float8(sum);
  }
  if (id == TypeId::kInterval) {
    types::Interval sum;
    for (const Value& value : values) {
      LATHE_ASSIGN(sum, types::AddIntervals(sum, value.datum().interval));
    }
    datum.interval = sum;
    return Value::FromDatum(result, datum);
  }
  Numeric sum;
  for (const Value& value : values) sum = types::Add(sum, ToNumeric(value));
  if (result.id == TypeId::kInt8) {
    int64_t n = 0;
    if (!sum.ToInt64(&n)) return OutOfRange("bigint");
    return Value::Int8(n);
  }
  if (result.is_big_numeric()) return BigValue(sum);
  LATHE_ASSIGN(types::Datum fixed, types::FixedFromNumeric(result, sum));
  return Value::FromDatum(result, fixed);
}

Result<Value> Average(const Type& result, const std::vector<Value>& values) {
  const TypeId id = values[0].type().id;
  const double count = static_cast<double>(values.size());
  if (id == TypeId::kFloat4 || id == TypeId::kFloat8) {
    double sum = 0;
    for (const Value& value : values) sum += value.AsDouble();
    return Value::Float8(sum / count);
  }
  if (id == TypeId::kInterval) {
    LATHE_ASSIGN(Value sum, Sum(result, values));
    types::Datum datum;
    LATHE_ASSIGN(datum.interval, types::DivideInterval(sum.datum().interval, count));
    return Value::FromDatum(result, datum);
  }
  Numeric sum;
  for (const Value& value : values) sum = types::Add(sum, ToNumeric(value));
  LATHE_ASSIGN(Numeric average,
               types::Divide(sum, Numeric::FromInt64(static_cast<int64_t>(values.size()))));
  return BigValue(average);
}

}  // namespace

int CompareValues(const Value& a, const Value& b) {
  if (a.is_null() || b.is_null())
    return static_cast<int>(a.is_null()) - static_cast<int>(b.is_null());
  return func::Compare(a.type(), a.datum(), b.datum());
}

Result<Value> AggregateValues(const func::Aggregate& function, const Type& result,
                              const std::vector<Value>& values) {
  using Kind = func::AggregateKind;
  if (function.kind == Kind::kCount || function.kind == Kind::kCountStar) {
    return Value::Int8(static_cast<int64_t>(values.size()));
  }
  if (values.empty()) return Value::Null(result);
  switch (function.kind) {
    case Kind::kSum:
      return Sum(result, values);
    case Kind::kAvg:
      return Average(result, values);
    case Kind::kMin:
    case Kind::kMax: {
      Value best = values[0];
      for (const Value& value : values) {
        const int order = CompareValues(value, best);
        if (function.kind == Kind::kMin ? order < 0 : order > 0) best = value;
      }
      return best;
    }
    case Kind::kBoolAnd:
    case Kind::kBoolOr: {
      const bool stop = function.kind == Kind::kBoolOr;
      for (const Value& value : values) {
        if (value.AsBool() == stop) return Value::Bool(stop);
      }
      return Value::Bool(!stop);
    }
    case Kind::kCount:
    case Kind::kCountStar:
      break;
  }
  return MakeError(SqlState::kInternalError, "unknown aggregate");
}

}  // namespace lathe::oracle
