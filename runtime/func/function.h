// SQL functions and operators as plain descriptions: the one list (function tables in this folder)
// from which binding, code generation, EXPLAIN, pg_proc and the reference are derived. Casts are
// functions too (cast.h).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/types/value.h"

namespace lathe::func {

class FunctionContext;

/// How a boxed call ended.
enum class CallStatus : int32_t { kOk = 0, kNull = 1, kError = 2 };

/// The C++ form of a function: args[i] is meaningful where nulls[i] is false; writes *result on
/// kOk. Strict functions are never called with a NULL. Numeric arguments and results are always in
/// the "big" form (types/numeric.h), whatever their Type says. String results live in the context's
/// arena. kError: the error is in the context.
using BoxedFunction = CallStatus (*)(FunctionContext* context, const types::Datum* args,
                                     const bool* nulls, types::Datum* result);

/// What the code generator can emit inline instead of a boxed call. Operand types are the
/// function's argument types.
enum class InlineOp : uint8_t {
  kNone,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kNegate,
  kAbs,
  kEq,
  kNe,
  kLt,
  kLe,
  kGt,
  kGe,
  kBitAnd,
  kBitOr,
  kBitXor,
  kBitNot,
  kShiftLeft,
  kShiftRight,
  kExtract,  // extract/date_part of a date or timestamp with a constant field
  kLike,     // text LIKE pattern (also ~~); kNotLike: !~~
  kNotLike,
  kConcat,     // text || text
  kSubstring,  // substring(text, int [, int])
  kLength,     // characters
};

enum class Volatility : uint8_t { kImmutable, kStable, kVolatile };

/// One overload of a SQL function or operator. Lives for ever (static tables).
struct Function {
  Oid oid;                // PostgreSQL's oid where it has this function, else a Lathe one (>= 9000)
  std::string_view name;  // "int4pl", "lower"; schema pg_catalog
  std::string_view op;    // operator symbol ("+", "~~"), empty = not an operator; unary prefix
                          // operators have one argument
  std::vector<types::Type> args;  // declared types (typmod -1)
  types::Type result;             // declared type; numeric operators refine it (see ResultType)
  bool strict = true;             // NULL in, NULL out
  bool variadic = false;          // the last argument may come any number of times
  Volatility volatility = Volatility::kImmutable;
  bool can_fail = false;  // may raise an error: never evaluated where PostgreSQL would not
  InlineOp inline_op = InlineOp::kNone;
  bool any_as_text =
      false;  // arguments declared "unknown" (any type) come in their output form, as text
  bool padded_char =
      false;  // char(n) arguments come with the blanks at their end (pad_char), as text
  BoxedFunction boxed = nullptr;  // never null for a function that can be called
};

/// All functions, operators included.
std::span<const Function> AllFunctions();
/// Overloads by function name (lower case); empty when there is none.
std::span<const Function* const> FunctionsNamed(std::string_view name);
/// Overloads by operator symbol with 1 (prefix) or 2 arguments.
std::span<const Function* const> OperatorsNamed(std::string_view op, int arity);
const Function* FunctionByOid(Oid oid);

/// The result type for these actual argument types: refines numeric + - * (precision, scale), keeps
/// typmods where PostgreSQL does, else function.result.
types::Type ResultType(const Function& function, std::span<const types::Type> args);

/// The aggregates.
enum class AggregateKind : uint8_t {
  kCountStar,
  kCount,
  kSum,
  kAvg,
  kMin,
  kMax,
  kBoolAnd,
  kBoolOr,
};

/// One overload of an aggregate.
struct Aggregate {
  Oid oid;
  std::string_view name;
  AggregateKind kind;
  std::vector<types::Type> args;  // empty for count(*)
  types::Type result;
};
std::span<const Aggregate> AllAggregates();
std::span<const Aggregate* const> AggregatesNamed(std::string_view name);
/// The result type for this argument type: sum(int4) int8, sum(int8) numeric(38,0),
/// sum(numeric(p,s)) numeric(38,s), avg of integers and numeric big numeric, min/max the argument's
/// type.
types::Type AggregateResultType(const Aggregate& aggregate, const types::Type& arg);

}  // namespace lathe::func
