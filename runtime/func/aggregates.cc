// The list of aggregates put together, and the result types that depend on the argument's.
#include <unordered_map>

#include "runtime/func/function.h"
#include "runtime/func/tables.h"
#include "runtime/types/fixed.h"

namespace lathe::func {

using types::Type;
using types::TypeId;

std::span<const Aggregate> AllAggregates() {
  static const std::vector<Aggregate> list = [] {
    std::vector<Aggregate> made;
    AddBasicAggregates(&made);
    AddStatisticsAggregates(&made);
    AddCollectAggregates(&made);
    AddOrderedSetAggregates(&made);
    return made;
  }();
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
