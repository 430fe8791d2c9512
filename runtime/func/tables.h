// The parts of the function list, private to this folder: each file adds its functions, function.cc
// puts them together.
#pragma once

#include <vector>

#include "runtime/func/context.h"
#include "runtime/func/function.h"

namespace lathe::func {

void AddCompareFunctions(std::vector<Function>* list);
void AddMathFunctions(std::vector<Function>* list);
void AddTextFunctions(std::vector<Function>* list);
void AddRegexFunctions(std::vector<Function>* list);
void AddDatetimeFunctions(std::vector<Function>* list);
void AddSystemFunctions(std::vector<Function>* list);

/// A row of the list; what is not said keeps the default (strict, immutable, cannot fail, no inline
/// form).
struct Row {
  uint32_t oid;
  std::string_view name, op;
  std::vector<types::TypeId> args;
  types::TypeId result;
  BoxedFunction boxed;
  InlineOp inline_op = InlineOp::kNone;
  bool can_fail = false;
  bool strict = true;
  Volatility volatility = Volatility::kImmutable;
  bool variadic = false;
};
inline void Add(std::vector<Function>* list, const Row& row) {
  Function f;
  f.oid = Oid(row.oid);
  f.name = row.name;
  f.op = row.op;
  for (types::TypeId id : row.args) f.args.emplace_back(id);
  f.result = types::Type(row.result);
  f.strict = row.strict;
  f.variadic = row.variadic;
  f.volatility = row.volatility;
  f.can_fail = row.can_fail;
  f.inline_op = row.inline_op;
  f.boxed = row.boxed;
  list->push_back(std::move(f));
}

}  // namespace lathe::func
