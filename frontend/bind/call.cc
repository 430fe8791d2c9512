// Function calls and the special values that are written without parentheses.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {

BoundExpr Binder::BindCall(const ast::FunctionCall& call, Scope& scope) {
  const std::string& name = call.name.name;
  if (call.args.size() + (call.within_group ? call.order_by.size() : 0) > kArgumentsMax) {
    return At(SqlState::kTooManyArguments, "cannot pass more than 100 arguments to a function",
              call.location);
  }
  const bool builtin = call.name.schema.empty() || call.name.schema == "pg_catalog";
  for (const std::string& arg_name : call.arg_names) {
    if (!arg_name.empty()) return BindNamed(call, scope);
  }
  if (builtin) {
    const bool aggregate = !func::AggregatesNamed(name).empty();
    const bool window = !func::WindowFunctionsNamed(name).empty();
    if (call.variadic && (aggregate || window || !func::SetFunctionsNamed(name).empty())) {
      return NotYet("VARIADIC argument of this function", call.location);
    }
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
  if (call.variadic && builtin) return BindVariadic(call, scope);
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

namespace {

/// The functions whose arguments have names, and what stands for those that are left out (null:
/// they may not be), as in pg_proc.
struct Named {
  std::string_view function;
  std::vector<std::pair<std::string_view, const char*>> args;
};
const std::vector<Named>& NamedFunctions() {
  static const std::vector<Named> list = {
      {"make_interval",
       {{"years", "0"},
        {"months", "0"},
        {"weeks", "0"},
        {"days", "0"},
        {"hours", "0"},
        {"mins", "0"},
        {"secs", "0.0"}}},
      {"make_date", {{"year", nullptr}, {"month", nullptr}, {"day", nullptr}}},
      {"make_time", {{"hour", nullptr}, {"min", nullptr}, {"sec", nullptr}}},
      {"make_timestamp",
       {{"year", nullptr},
        {"month", nullptr},
        {"mday", nullptr},
        {"hour", nullptr},
        {"min", nullptr},
        {"sec", nullptr}}},
      {"jsonb_set",
       {{"jsonb_in", nullptr},
        {"path", nullptr},
        {"replacement", nullptr},
        {"create_if_missing", "true"}}},
      {"jsonb_set_lax",
       {{"jsonb_in", nullptr},
        {"path", nullptr},
        {"replacement", nullptr},
        {"create_if_missing", "true"},
        {"null_value_treatment", "'use_json_null'"}}},
      {"jsonb_insert",
       {{"jsonb_in", nullptr},
        {"path", nullptr},
        {"replacement", nullptr},
        {"insert_after", "false"}}},
      {"json_strip_nulls", {{"target", nullptr}}},
      {"parse_ident", {{"str", nullptr}, {"strict", "true"}}},
  };
  return list;
}

}  // namespace

BoundExpr Binder::BindNamed(const ast::FunctionCall& call, Scope& scope) {
  auto none = [&]() -> Error {
    return At(SqlState::kUndefinedFunction,
              "function " + call.name.name + " does not exist with these argument names",
              call.location);
  };
  if (func::FunctionsNamed(call.name.name).empty()) return none();
  const std::vector<Named>& list = NamedFunctions();
  auto named = std::find_if(list.begin(), list.end(),
                            [&](const Named& n) { return n.function == call.name.name; });
  if (named == list.end()) return NotYet("named argument of this function", call.location);
  if (call.args.size() > named->args.size()) return none();
  std::vector<ExprPtr> args(named->args.size());
  for (size_t i = 0; i < call.args.size(); ++i) {
    size_t place = i;
    if (!call.arg_names[i].empty()) {
      for (place = 0; place < args.size(); ++place) {
        if (named->args[place].first == call.arg_names[i]) break;
      }
      if (place == args.size() || args[place]) return none();
    }
    LATHE_ASSIGN(args[place], Bind(*call.args[i], scope));
  }
  for (size_t i = 0; i < args.size(); ++i) {
    if (args[i]) continue;
    const char* otherwise = named->args[i].second;
    if (otherwise == nullptr || !context_.parse_expression) return none();
    LATHE_ASSIGN(ast::ExprPtr parsed, context_.parse_expression(otherwise));
    LATHE_ASSIGN(args[i], Bind(*parsed, scope));
    args[i]->location = -1;
  }
  return MakeFunction(call.name, std::move(args), call.location);
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
