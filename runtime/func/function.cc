// The list of functions put together, its indexes, and the result types that depend on the
// arguments' modifiers.
#include "runtime/func/function.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "runtime/func/tables.h"
#include "runtime/types/fixed.h"

namespace lathe::func {
namespace {

using types::Type;
using types::TypeId;

struct Registry {
  std::vector<Function> functions;
  std::unordered_map<std::string_view, std::vector<const Function*>> by_name;
  std::map<std::pair<std::string_view, int>, std::vector<const Function*>> by_op;
  std::unordered_map<uint32_t, const Function*> by_oid;

  Registry() {
    AddCompareFunctions(&functions);
    AddMathFunctions(&functions);
    AddTextFunctions(&functions);
    AddRegexFunctions(&functions);
    AddMoreRegexFunctions(&functions);
    AddMoreMathFunctions(&functions);
    AddMoreTextFunctions(&functions);
    AddDatetimeFunctions(&functions);
    AddFormatFunctions(&functions);
    AddSystemFunctions(&functions);
    AddByteaFunctions(&functions);
    AddTimeFunctions(&functions);
    AddArrayFunctions(&functions);
    AddArrayEditFunctions(&functions);
    AddJsonFunctions(&functions);
    AddJsonbFunctions(&functions);
    AddJsonbEditFunctions(&functions);
    AddJsonBuildFunctions(&functions);
    AddJsonPathFunctions(&functions);
    AddUserTypeFunctions(&functions);
    AddJsonPopulateFunctions(&functions);
    AddInternalFunctions(&functions);
    for (const Function& f : functions) {
      by_name[f.name].push_back(&f);
      if (!f.op.empty()) by_op[{f.op, static_cast<int>(f.args.size())}].push_back(&f);
      by_oid.emplace(f.oid.value, &f);
    }
  }
};

const Registry& TheRegistry() {
  static const Registry registry;
  return registry;
}

/// A fixed result of this many digits before and after the point; at the 38-digit bound generated
/// code checks for overflow.
Type FixedResult(int integer_digits, int scale) {
  if (scale > types::kFixedDigitsMax) return Type(TypeId::kNumeric);
  return Type::FixedNumeric(std::clamp(integer_digits + scale, 1, types::kFixedDigitsMax), scale);
}

}  // namespace

std::span<const Function> AllFunctions() { return TheRegistry().functions; }

std::span<const Function* const> FunctionsNamed(std::string_view name) {
  auto it = TheRegistry().by_name.find(name);
  if (it == TheRegistry().by_name.end()) return {};
  return it->second;
}

std::span<const Function* const> OperatorsNamed(std::string_view op, int arity) {
  auto it = TheRegistry().by_op.find({op, arity});
  if (it == TheRegistry().by_op.end()) return {};
  return it->second;
}

const Function* FunctionByOid(Oid oid) {
  auto it = TheRegistry().by_oid.find(oid.value);
  return it == TheRegistry().by_oid.end() ? nullptr : it->second;
}

Type ResultType(const Function& function, std::span<const Type> args) {
  if (function.result.id != TypeId::kNumeric) return function.result;
  for (const Type& arg : args) {
    if (!arg.is_fixed_numeric()) return function.result;
  }
  switch (function.inline_op) {
    case InlineOp::kAdd:
    case InlineOp::kSubtract: {
      const int scale = std::max(args[0].scale, args[1].scale);
      const int digits =
          std::max(args[0].precision - args[0].scale, args[1].precision - args[1].scale) + 1;
      return FixedResult(digits, scale);
    }
    case InlineOp::kMultiply:
      return FixedResult(args[0].precision - args[0].scale + args[1].precision - args[1].scale,
                         args[0].scale + args[1].scale);
    case InlineOp::kNegate:
    case InlineOp::kAbs:
      return Type::FixedNumeric(args[0].precision, args[0].scale);
    default:
      return function.result;
  }
}

}  // namespace lathe::func
