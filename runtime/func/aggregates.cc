// The aggregates and their result types.
#include <unordered_map>

#include "runtime/func/function.h"
#include "runtime/types/fixed.h"

namespace lathe::func {
namespace {

using types::Type;
using types::TypeId;

std::vector<Aggregate> MakeAggregates() {
  std::vector<Aggregate> list;
  auto add = [&list](uint32_t oid, std::string_view name, AggregateKind kind,
                     std::vector<Type> args, Type result) {
    list.push_back({Oid(oid), name, kind, std::move(args), result});
  };
  using enum TypeId;
  add(2803, "count", AggregateKind::kCountStar, {}, kInt8);
  add(2147, "count", AggregateKind::kCount, {Type(kUnknown)}, kInt8);  // "any"
  add(2109, "sum", AggregateKind::kSum, {Type(kInt2)}, kInt8);
  add(2108, "sum", AggregateKind::kSum, {Type(kInt4)}, kInt8);
  add(2107, "sum", AggregateKind::kSum, {Type(kInt8)}, kNumeric);
  add(2114, "sum", AggregateKind::kSum, {Type(kNumeric)}, kNumeric);
  add(2110, "sum", AggregateKind::kSum, {Type(kFloat4)}, kFloat4);
  add(2111, "sum", AggregateKind::kSum, {Type(kFloat8)}, kFloat8);
  add(2113, "sum", AggregateKind::kSum, {Type(kInterval)}, kInterval);
  add(2102, "avg", AggregateKind::kAvg, {Type(kInt2)}, kNumeric);
  add(2101, "avg", AggregateKind::kAvg, {Type(kInt4)}, kNumeric);
  add(2100, "avg", AggregateKind::kAvg, {Type(kInt8)}, kNumeric);
  add(2103, "avg", AggregateKind::kAvg, {Type(kNumeric)}, kNumeric);
  add(2104, "avg", AggregateKind::kAvg, {Type(kFloat4)}, kFloat8);
  add(2105, "avg", AggregateKind::kAvg, {Type(kFloat8)}, kFloat8);
  add(2106, "avg", AggregateKind::kAvg, {Type(kInterval)}, kInterval);
  struct MinMax {
    TypeId type;
    uint32_t max_oid, min_oid;
  };
  const MinMax ordered[] = {
      {kInt8, 2115, 2131},     {kInt4, 2116, 2132},      {kInt2, 2117, 2133},
      {kOid, 2118, 2134},      {kFloat4, 2119, 2135},    {kFloat8, 2120, 2136},
      {kDate, 2122, 2138},     {kTimestamp, 2126, 2142}, {kTimestampTz, 2127, 2143},
      {kInterval, 2128, 2144}, {kText, 2129, 2145},      {kNumeric, 2130, 2146},
      {kBpChar, 2244, 2245},
  };
  for (const MinMax& m : ordered) {
    add(m.max_oid, "max", AggregateKind::kMax, {Type(m.type)}, m.type);
    add(m.min_oid, "min", AggregateKind::kMin, {Type(m.type)}, m.type);
  }
  add(2517, "bool_and", AggregateKind::kBoolAnd, {Type(kBool)}, kBool);
  add(2519, "every", AggregateKind::kBoolAnd, {Type(kBool)}, kBool);
  add(2518, "bool_or", AggregateKind::kBoolOr, {Type(kBool)}, kBool);
  return list;
}

}  // namespace

std::span<const Aggregate> AllAggregates() {
  static const std::vector<Aggregate> list = MakeAggregates();
  return list;
}

std::span<const Aggregate* const> AggregatesNamed(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, std::vector<const Aggregate*>> by_name;
    for (const Aggregate& aggregate : AllAggregates())
      by_name[aggregate.name].push_back(&aggregate);
    return by_name;
  }();
  auto it = index.find(name);
  if (it == index.end()) return {};
  return it->second;
}

Type AggregateResultType(const Aggregate& aggregate, const Type& arg) {
  switch (aggregate.kind) {
    case AggregateKind::kSum:
      if (arg.id == TypeId::kInt8) return Type::FixedNumeric(types::kFixedDigitsMax, 0);
      if (arg.is_fixed_numeric()) return Type::FixedNumeric(types::kFixedDigitsMax, arg.scale);
      return aggregate.result;
    case AggregateKind::kMin:
    case AggregateKind::kMax:
      // The modifier stays: it says how char(n) is padded and how numeric(p,s) is held.
      return arg.id == aggregate.result.id ? arg : aggregate.result;
    default:
      return aggregate.result;
  }
}

}  // namespace lathe::func
