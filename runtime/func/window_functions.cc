// The list of window functions.
#include <unordered_map>

#include "runtime/func/function.h"

namespace lathe::func {

using types::Type;
using types::TypeId;

std::span<const WindowFunction> AllWindowFunctions() {
  static const std::vector<WindowFunction> list = [] {
    using enum TypeId;
    using Kind = WindowKind;
    const Type any(kAnyElement), integer(kInt4), like(kAnyCompatible);
    // clang-format off
    return std::vector<WindowFunction>{
        {Oid(3100), "row_number", Kind::kRowNumber, {}, kInt8},
        {Oid(3101), "rank", Kind::kRank, {}, kInt8},
        {Oid(3102), "dense_rank", Kind::kDenseRank, {}, kInt8},
        {Oid(3103), "percent_rank", Kind::kPercentRank, {}, kFloat8},
        {Oid(3104), "cume_dist", Kind::kCumeDist, {}, kFloat8},
        {Oid(3105), "ntile", Kind::kNtile, {integer}, kInt4},
        {Oid(3106), "lag", Kind::kLag, {any}, kAnyElement},
        {Oid(3107), "lag", Kind::kLag, {any, integer}, kAnyElement},
        {Oid(3108), "lag", Kind::kLag, {like, integer, like}, kAnyCompatible},
        {Oid(3109), "lead", Kind::kLead, {any}, kAnyElement},
        {Oid(3110), "lead", Kind::kLead, {any, integer}, kAnyElement},
        {Oid(3111), "lead", Kind::kLead, {like, integer, like}, kAnyCompatible},
        {Oid(3112), "first_value", Kind::kFirstValue, {any}, kAnyElement},
        {Oid(3113), "last_value", Kind::kLastValue, {any}, kAnyElement},
        {Oid(3114), "nth_value", Kind::kNthValue, {any, integer}, kAnyElement},
    };
    // clang-format on
  }();
  return list;
}

std::span<const WindowFunction* const> WindowFunctionsNamed(std::string_view name) {
  static const auto index = [] {
    std::unordered_map<std::string_view, std::vector<const WindowFunction*>> by_name;
    for (const WindowFunction& f : AllWindowFunctions()) by_name[f.name].push_back(&f);
    return by_name;
  }();
  auto it = index.find(name);
  if (it == index.end()) return {};
  return it->second;
}

}  // namespace lathe::func
