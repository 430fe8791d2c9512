// Function calls and the special values that are written without parentheses.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {

BoundExpr Binder::BindCall(const ast::FunctionCall& call, Scope& scope) {
  const std::string& name = call.name.name;
  const bool builtin = call.name.schema.empty() || call.name.schema == "pg_catalog";
  if (call.variadic) return NotYet("VARIADIC argument", call.location);
  for (const std::string& arg_name : call.arg_names) {
    if (!arg_name.empty()) return NotYet("named argument", call.location);
  }
  if (builtin) {
    const bool aggregate = !func::AggregatesNamed(name).empty();
    const bool window = !func::WindowFunctionsNamed(name).empty();
    if (call.over && (aggregate || window)) return BindWindowCall(call, scope);
    if (window && !(aggregate && (call.within_group || !call.args.empty()))) {
      LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(call.args, scope));
      LATHE_ASSIGN(const func::WindowFunction* function,
                   ChooseWindowFunction(call.name, args, call.location));
      static_cast<void>(function);
      return At(SqlState::kWrongObjectType,
                call.within_group ? "window function " + name + " cannot have WITHIN GROUP"
                                  : "window function " + name + " requires an OVER clause",
                call.location);
    }
    if (aggregate) return BindAggregate(call, scope);
    if (!func::SetFunctionsNamed(name).empty() && !call.over) return BindSetCall(call, scope);
  }
  LATHE_ASSIGN(std::vector<ExprPtr> args, BindList(call.args, scope));
  LATHE_ASSIGN(ExprPtr bound, MakeFunction(call.name, std::move(args), call.location));
  const char* misuse = call.star                ? "(*)"
                       : call.distinct          ? "DISTINCT"
                       : call.within_group      ? "WITHIN GROUP"
                       : !call.order_by.empty() ? "ORDER BY"
                       : call.filter            ? "FILTER"
                       : call.over              ? "OVER"
                                                : nullptr;
  if (misuse != nullptr) {
    return At(SqlState::kWrongObjectType,
              (call.star ? name + "(*)" : std::string(misuse)) + " specified, but " + name +
                  (call.over && !call.filter ? " is not a window function nor an aggregate function"
                                             : " is not an aggregate function"),
              call.location);
  }
  return bound;
}

BoundExpr Binder::BindSpecialValue(const ast::SpecialValue& e) {
  using Value = ast::SpecialValue::Type;
  auto cast_now = [&](TypeId type) -> BoundExpr {
    LATHE_ASSIGN(ExprPtr now, MakeFunction("now", {}, e.location));
    Type target(type);
    if (type != TypeId::kDate && e.precision >= 0) target.typmod = std::min(e.precision, 6);
    return Coerce(std::move(now), target, false);
  };
  switch (e.type) {
    case Value::kCurrentDate:
      return cast_now(TypeId::kDate);
    case Value::kCurrentTimestamp:
      return cast_now(TypeId::kTimestampTz);
    case Value::kLocalTimestamp:
      return cast_now(TypeId::kTimestamp);
    case Value::kCurrentTime:
    case Value::kLocalTime:
      return NotYet("type time", e.location);
    case Value::kCurrentRole:
    case Value::kCurrentUser:
    case Value::kUser:
      return MakeFunction("current_user", {}, e.location);
    case Value::kSessionUser:
      return MakeFunction("session_user", {}, e.location);
    case Value::kCurrentCatalog:
      return MakeFunction("current_database", {}, e.location);
    case Value::kCurrentSchema:
      return MakeFunction("current_schema", {}, e.location);
  }
  return NotYet("this value", e.location);
}

}  // namespace lathe::bind
