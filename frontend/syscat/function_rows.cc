// Rows about functions, derived from the lists of runtime/func: pg_proc, pg_aggregate, pg_operator;
// and the language that they are in.
#include "frontend/syscat/facts.h"
#include "frontend/syscat/producers.h"
#include "runtime/func/function.h"

namespace lathe::syscat {
namespace {

using types::Type;

std::vector<int64_t> OidsOf(const std::vector<Type>& list) {
  std::vector<int64_t> oids;
  for (const Type& type : list) oids.push_back(types::OidOf(type).value);
  return oids;
}

char VolatilityOf(func::Volatility volatility) {
  switch (volatility) {
    case func::Volatility::kImmutable:
      return 'i';
    case func::Volatility::kStable:
      return 's';
    case func::Volatility::kVolatile:
      break;
  }
  return 'v';
}

RowWriter& BeginProcedure(Oid oid, std::string_view name, char kind, const std::vector<Type>& args,
                          const Type& result, RowWriter* rows) {
  return rows->Set("oid", oid)
      .Set("proname", name)
      .Set("pronamespace", schema::kPgCatalogSchema)
      .Set("proowner", kOwnerRole)
      .Set("prolang", kInternalLanguage)
      .Set("procost", 1.0)
      .Set("prokind", kind)
      .Set("proparallel", 's')
      .Set("pronargs", args.size())
      .Set("prorettype", types::OidOf(result))
      .Set("proargtypes", OidsOf(args))
      .Set("prosrc", name);
}

/// A function, not an operator that has no function of its own.
bool IsNamed(const func::Function& function) { return !function.name.empty(); }

}  // namespace

void ProduceProcedures(const Source&, RowWriter* rows) {
  for (const func::Function& function : func::AllFunctions()) {
    if (!IsNamed(function)) continue;
    BeginProcedure(function.oid, function.name, 'f', function.args, function.result, rows)
        .Set("proisstrict", function.strict)
        .Set("provolatile", VolatilityOf(function.volatility));
    if (function.variadic && !function.args.empty()) {
      rows->Set("provariadic", types::OidOf(function.args.back()));
    }
    rows->EndRow();
  }
  for (const func::Aggregate& aggregate : func::AllAggregates()) {
    BeginProcedure(aggregate.oid, aggregate.name, 'a', aggregate.args, aggregate.result, rows)
        .Set("provolatile", 'i')
        .EndRow();
  }
  for (const func::WindowFunction& function : func::AllWindowFunctions()) {
    BeginProcedure(function.oid, function.name, 'w', function.args, function.result, rows)
        .Set("provolatile", 'i')
        .EndRow();
  }
  for (const func::SetFunction& function : func::AllSetFunctions()) {
    const Type result =
        function.columns.size() == 1 ? function.columns[0] : Type(types::TypeId::kRecord);
    BeginProcedure(function.oid, function.name, 'f', function.args, result, rows)
        .Set("proretset", true)
        .Set("prorows", function.rows)
        .Set("proisstrict", function.strict)
        .Set("provolatile", VolatilityOf(function.volatility))
        .EndRow();
  }
}

void ProduceAggregates(const Source&, RowWriter* rows) {
  for (const func::Aggregate& aggregate : func::AllAggregates()) {
    rows->Set("aggfnoid", aggregate.oid)
        .Set("aggkind", 'n')
        .Set("aggfinalmodify", 'r')
        .Set("aggmfinalmodify", 'r')
        .EndRow();
  }
}

void ProduceOperators(const Source&, RowWriter* rows) {
  for (const func::Function& function : func::AllFunctions()) {
    if (function.op.empty() || function.args.empty()) continue;
    const bool prefix = function.args.size() == 1;
    rows->Set("oid", function.oid)  // operators have no number of their own
        .Set("oprname", function.op)
        .Set("oprnamespace", schema::kPgCatalogSchema)
        .Set("oprowner", kOwnerRole)
        .Set("oprkind", prefix ? 'l' : 'b')
        .Set("oprcanmerge", function.op == "=")
        .Set("oprcanhash", function.op == "=")
        .Set("oprleft", prefix ? Oid() : types::OidOf(function.args[0]))
        .Set("oprright", types::OidOf(function.args.back()))
        .Set("oprresult", types::OidOf(function.result))
        .Set("oprcode", function.oid)
        .EndRow();
  }
}

void ProduceLanguages(const Source&, RowWriter* rows) {
  rows->Set("oid", kInternalLanguage)
      .Set("lanname", "internal")
      .Set("lanowner", kOwnerRole)
      .EndRow();
}

}  // namespace lathe::syscat
