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
  bool wants_types = false;  // its C++ form asks FunctionContext::call for the types of this call:
                             // whoever calls it sets them first
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

/// The C++ form of an aggregate: a state advanced row by row. Used where code generation has no
/// form of its own (kGeneric), for ordered calls, and over window frames.
struct AggregateSteps {
  /// Bytes of a state, aligned to 16, zeroed before init. What it refers to lives in the arena that
  /// context->arena is during init, step and combine; states are dropped without a call.
  uint32_t state_bytes = 0;
  /// Null: zero bytes are a fresh state.
  void (*init)(FunctionContext* context, void* state) = nullptr;
  /// Takes a row's arguments (direct arguments of an ordered-set aggregate come first, at every
  /// row). Strict aggregates are not called for rows with a NULL argument. kOk or kError.
  CallStatus (*step)(FunctionContext* context, void* state, const types::Datum* args,
                     const bool* nulls) = nullptr;
  /// Takes a row out of the state again, for moving frames; null = cannot. Only rows that step
  /// took.
  CallStatus (*inverse)(FunctionContext* context, void* state, const types::Datum* args,
                        const bool* nulls) = nullptr;
  /// Adds the rows of `from`, which came after those of `into`; null = cannot.
  CallStatus (*combine)(FunctionContext* context, void* into, const void* from) = nullptr;
  /// The result so far; does not change the state. kOk, kNull or kError. The result lives in
  /// context->arena or in the state.
  CallStatus (*finish)(FunctionContext* context, const void* state, types::Datum* result) = nullptr;
};

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
  kGeneric,  // only as AggregateSteps
};

/// One overload of an aggregate.
struct Aggregate {
  Oid oid;
  std::string_view name;
  AggregateKind kind;
  std::vector<types::Type> args;  // empty for count(*)
  types::Type result;
  bool strict = true;        // rows with a NULL argument do not count
  bool wants_types = false;  // as Function::wants_types, set before init, step, combine and finish
  bool order_matters = false;  // the result depends on the order of the rows (array_agg)
  /// An ordered-set or hypothetical-set aggregate (percentile_cont, mode, rank): called with WITHIN
  /// GROUP only. args = the direct arguments, then the sorted ones; step gets the rows in the order
  /// of the sort.
  uint32_t direct_args = 0;
  bool within_group = false;
  const AggregateSteps* steps = nullptr;  // never null
};
std::span<const Aggregate> AllAggregates();
std::span<const Aggregate* const> AggregatesNamed(std::string_view name);
/// The result type for this argument type: sum(int4) int8, sum(int8) numeric(38,0),
/// sum(numeric(p,s)) numeric(38,s), avg of integers and numeric big numeric, min/max the argument's
/// type.
types::Type AggregateResultType(const Aggregate& aggregate, const types::Type& arg);

/// Functions that only make sense over a window; aggregates may be used there too.
enum class WindowKind : uint8_t {
  kRowNumber,
  kRank,
  kDenseRank,
  kPercentRank,
  kCumeDist,
  kNtile,       // (int4)
  kLag,         // (anyelement [, int4 [, anyelement]])
  kLead,        // the same
  kFirstValue,  // (anyelement), of the frame
  kLastValue,
  kNthValue,  // (anyelement, int4)
};

struct WindowFunction {
  Oid oid;
  std::string_view name;
  WindowKind kind;
  std::vector<types::Type> args;
  types::Type result;  // kAnyElement = the type of the first argument
};
std::span<const WindowFunction> AllWindowFunctions();
std::span<const WindowFunction* const> WindowFunctionsNamed(std::string_view name);

/// Takes the rows that a set-returning function gives.
class SetSink {
 public:
  virtual ~SetSink() = default;
  /// One row: as many values as the function has result columns; copied. false: stop now (cancelled
  /// or out of memory; return kError at once, the error is the caller's).
  virtual bool Add(const types::Datum* values, const bool* nulls) = 0;
};

/// A function that returns rows: generate_series, unnest, json_each.
struct SetFunction {
  Oid oid;
  std::string_view name;
  std::vector<types::Type> args;
  bool variadic = false;
  /// The result columns and their default names. One column whose name is empty is called like the
  /// function (or its table alias).
  std::vector<types::Type> columns;
  std::vector<std::string_view> column_names;
  bool strict = true;  // a NULL argument gives no rows
  bool wants_types = false;
  Volatility volatility = Volatility::kImmutable;
  double rows = 1000;  // PostgreSQL's prorows
  /// kOk when all rows have been added. String values need to live only during Add.
  CallStatus (*run)(FunctionContext* context, const types::Datum* args, const bool* nulls,
                    SetSink* sink) = nullptr;
};
std::span<const SetFunction> AllSetFunctions();
std::span<const SetFunction* const> SetFunctionsNamed(std::string_view name);

}  // namespace lathe::func
