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
void AddMoreRegexFunctions(std::vector<Function>* list);
void AddMoreMathFunctions(std::vector<Function>* list);
void AddMoreTextFunctions(std::vector<Function>* list);
void AddDatetimeFunctions(std::vector<Function>* list);
void AddFormatFunctions(std::vector<Function>* list);  // to_char and back
void AddSystemFunctions(std::vector<Function>* list);
void AddByteaFunctions(std::vector<Function>* list);  // uuid too
void AddTimeFunctions(std::vector<Function>* list);   // time and timetz
void AddArrayFunctions(std::vector<Function>* list);
void AddArrayEditFunctions(std::vector<Function>* list);
void AddJsonFunctions(std::vector<Function>* list);
void AddJsonbFunctions(std::vector<Function>* list);
void AddJsonbEditFunctions(std::vector<Function>* list);
void AddJsonBuildFunctions(std::vector<Function>* list);
void AddUserTypeFunctions(std::vector<Function>* list);  // of enums and rows
void AddJsonPopulateFunctions(std::vector<Function>* list);
void AddJsonPathFunctions(std::vector<Function>* list);
void AddInternalFunctions(std::vector<Function>* list);  // what the binder makes calls of

// The same for aggregates, windows and sets of rows.
void AddBasicAggregates(std::vector<Aggregate>* list);
void AddStatisticsAggregates(std::vector<Aggregate>* list);
void AddCollectAggregates(std::vector<Aggregate>* list);  // array_agg, string_agg, json_agg, ...
void AddOrderedSetAggregates(std::vector<Aggregate>* list);
void AddSeriesFunctions(std::vector<SetFunction>* list);
void AddJsonSetFunctions(std::vector<SetFunction>* list);
void AddJsonPathSets(std::vector<SetFunction>* list);
void AddJsonPopulateSets(std::vector<SetFunction>* list);

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
  bool wants_types = false;
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
  f.wants_types = row.wants_types;
  f.volatility = row.volatility;
  f.can_fail = row.can_fail;
  f.inline_op = row.inline_op;
  f.boxed = row.boxed;
  list->push_back(std::move(f));
}

// ---- What many of the C++ forms begin or end with.

inline CallStatus PutText(FunctionContext* context, std::string_view text, types::Datum* result) {
  result->string = context->Keep(text);
  return CallStatus::kOk;
}
/// A part of an argument: no copy.
inline CallStatus PutView(std::string_view text, types::Datum* result) {
  result->string = {text.data(), text.size()};
  return CallStatus::kOk;
}
inline CallStatus PutInt(int32_t value, types::Datum* result) {
  result->i32 = value;
  return CallStatus::kOk;
}
inline CallStatus PutInt8(int64_t value, types::Datum* result) {
  result->i64 = value;
  return CallStatus::kOk;
}
inline CallStatus PutBool(bool value, types::Datum* result) {
  result->b = value;
  return CallStatus::kOk;
}
/// A result of 64 bits, or the error.
inline CallStatus PutInt8(FunctionContext* context, Result<int64_t> value, types::Datum* result) {
  if (!value.ok()) return context->Fail(std::move(value).error());
  result->i64 = *value;
  return CallStatus::kOk;
}
/// Bytes made by a function that may fail.
inline CallStatus PutBytes(FunctionContext* context, Result<std::string> bytes,
                           types::Datum* result) {
  if (!bytes.ok()) return context->Fail(std::move(bytes).error());
  return PutText(context, *bytes, result);
}

}  // namespace lathe::func
