// Operators and functions by name: the overloads of runtime/func, and the calls made of them.
#include <algorithm>

#include "frontend/bind/binder.h"
#include "frontend/bind/resolve.h"

namespace lathe::bind {
namespace {

using Signature = std::vector<Type>;

std::string TypeList(const std::vector<ExprPtr>& args) {
  std::string text;
  for (const ExprPtr& arg : args) text += (text.empty() ? "" : ", ") + TypeText(arg->type);
  return text;
}

Signature TypesOf(const std::vector<ExprPtr>& args) {
  Signature types;
  types.reserve(args.size());
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  return types;
}

/// The overload for these arguments out of a list of functions of any kind.
template <class Function>
int ChooseFrom(const Binder& binder, std::span<const Function* const> functions,
               std::span<const Type> actual) {
  std::vector<Candidate> candidates;
  candidates.reserve(functions.size());
  for (const Function* function : functions) {
    bool variadic = false;
    if constexpr (requires { function->variadic; }) variadic = function->variadic;
    candidates.push_back({function->args, variadic});
  }
  return Choose(binder, actual, candidates);
}

bool InPgCatalog(const ast::QualifiedName& name) {
  return name.catalog.empty() && (name.schema.empty() || name.schema == "pg_catalog");
}

}  // namespace

Error Binder::NoFunction(const ast::QualifiedName& name, const std::vector<ExprPtr>& args,
                         bool ambiguous, int32_t location) const {
  const std::string text =
      (name.schema.empty() ? "" : name.schema + ".") + name.name + "(" + TypeList(args) + ")";
  Error error =
      ambiguous
          ? At(SqlState::kAmbiguousFunction, "function " + text + " is not unique", location)
          : At(SqlState::kUndefinedFunction, "function " + text + " does not exist", location);
  error.hint = ambiguous ? "Could not choose a best candidate function. You might need to add "
                           "explicit type casts."
                         : "No function matches the given name and argument types. You might need "
                           "to add explicit type casts.";
  return error;
}

Result<Polymorphic> Binder::FitArguments(const Candidate& candidate, std::vector<ExprPtr>& args,
                                         int32_t location) {
  Polymorphic polymorphic;
  bool used = false, family1 = false;
  for (size_t i = 0; i < args.size(); ++i) {
    const Pseudo pseudo = PseudoOf(candidate.Arg(i));
    used |= pseudo > Pseudo::kAny;
    family1 |= pseudo > Pseudo::kAny && pseudo < Pseudo::kCompatible;
  }
  if (used) {
    const Signature actual = TypesOf(args);
    if (!FindPolymorphic(candidate, actual, &polymorphic)) {
      return At(SqlState::kDatatypeMismatch, "arguments of a polymorphic type are not all alike",
                location);
    }
    if (family1 && polymorphic.element.id == TypeId::kUnknown) {
      return At(SqlState::kDatatypeMismatch,
                "could not determine polymorphic type because input has type unknown", -1);
    }
  }
  for (size_t i = 0; i < args.size(); ++i) {
    const Type declared = used ? Actual(candidate.Arg(i), polymorphic) : candidate.Arg(i);
    LATHE_ASSIGN(args[i], CoerceArgument(std::move(args[i]), declared));
  }
  return polymorphic;
}

BoundExpr Binder::CoerceArgument(ExprPtr arg, const Type& declared) {
  if (declared.id == TypeId::kUnknown) return ResolveUnknown(std::move(arg));
  if (declared.id == TypeId::kArray && declared.element == TypeId::kUnknown) return arg;
  if (declared.id == TypeId::kNumeric && !IsUnknown(*arg)) {
    Type form = NumericForm(arg->type);
    form.typmod = -1;
    return ToNumericForm(std::move(arg), form);
  }
  return Coerce(std::move(arg), declared, false);
}

BoundExpr Binder::MakeCall(const func::Function& function, std::vector<ExprPtr> args,
                           int32_t location) {
  const Candidate candidate{function.args, function.variadic};
  if (function.name == "pg_typeof" && args.size() == 1) {
    types::Datum oid;
    oid.i32 = static_cast<int32_t>(types::OidOf(args[0]->type).value);
    return expr::MakeConst(types::Value::FromDatum(Type(TypeId::kRegtype), oid));
  }
  LATHE_ASSIGN(Polymorphic polymorphic, FitArguments(candidate, args, location));
  const bool plain = !function.any_as_text && !function.padded_char;
  for (size_t i = 0; i < args.size() && !plain; ++i) {
    const Type& declared = candidate.Arg(i);
    const bool as_text = function.any_as_text && PseudoOf(declared) == Pseudo::kAny;
    const bool padded = (as_text || (function.padded_char && declared.id == TypeId::kBpChar)) &&
                        args[i]->type.id == TypeId::kBpChar && args[i]->type.typmod >= 4;
    if (padded) {
      LATHE_ASSIGN(args[i], WithBlanks(std::move(args[i])));
    } else if (as_text && args[i]->type.id == TypeId::kBool) {
      std::vector<ExprPtr> value;
      value.push_back(std::move(args[i]));
      LATHE_ASSIGN(args[i], MakeFunction("boolout", std::move(value), location));
    } else if (as_text) {
      LATHE_ASSIGN(args[i], Coerce(std::move(args[i]), Type(TypeId::kText), true));
    }
  }
  LATHE_TRY(FitNumericArguments(function, args));
  const Type type = PseudoOf(function.result) == Pseudo::kNone
                        ? func::ResultType(function, TypesOf(args))
                        : Actual(function.result, polymorphic);
  ExprPtr call = expr::MakeCall(&function, type, std::move(args));
  call->location = location;
  return call;
}

BoundExpr Binder::MakeOperator(const ast::QualifiedName& op, ExprPtr left, ExprPtr right,
                               int32_t location) {
  std::vector<ExprPtr> args;
  if (left) args.push_back(std::move(left));
  args.push_back(std::move(right));
  if (InPgCatalog(op)) {
    for (const func::Function* function :
         func::OperatorsNamed(op.name, static_cast<int>(args.size()))) {
      bool exact = true;
      for (size_t i = 0; i < args.size(); ++i) {
        exact &= !IsUnknown(*args[i]) && SameType(function->args[i], args[i]->type);
      }
      if (exact) return MakeCall(*function, std::move(args), location);
    }
  }
  std::span<const func::Function* const> functions;
  if (InPgCatalog(op)) functions = func::OperatorsNamed(op.name, static_cast<int>(args.size()));
  const Signature actual = TypesOf(args);
  int chosen = kNoCandidate;
  if (args.size() == 2 && (IsUnknown(*args[0]) != IsUnknown(*args[1]))) {
    // 10.2 step 2.a: an unknown operand is first assumed to have the other one's type.
    const Type& same = IsUnknown(*args[0]) ? actual[1] : actual[0];
    for (size_t c = 0; c < functions.size() && chosen == kNoCandidate; ++c) {
      if (SameType(functions[c]->args[0], same) && SameType(functions[c]->args[1], same)) {
        chosen = static_cast<int>(c);
      }
    }
  }
  if (chosen == kNoCandidate && op.name == "||" && args.size() == 2) {
    // PostgreSQL's anynonarray || text and text || anynonarray.
    auto is_text = [](const Expr& e) { return IsUnknown(e) || types::CategoryOf(e.type) == 'S'; };
    const bool left_text = is_text(*args[0]), right_text = is_text(*args[1]);
    if (left_text != right_text) {
      ExprPtr& other = args[left_text ? 1 : 0];
      if (other->type.id != TypeId::kArray &&
          CanCoerce(other->type, Type(TypeId::kText), CastContext::kExplicit)) {
        LATHE_ASSIGN(other, Coerce(std::move(other), Type(TypeId::kText), false));
        return MakeOperator(op, std::move(args[0]), std::move(args[1]), location);
      }
    }
  }
  if (chosen == kNoCandidate) chosen = ChooseFrom(*this, functions, actual);
  if (chosen < 0) {
    const std::string name = op.schema.empty() ? op.name : op.schema + "." + op.name;
    const std::string text =
        args.size() == 1 ? name + " " + TypeText(args[0]->type)
                         : TypeText(args[0]->type) + " " + name + " " + TypeText(args[1]->type);
    Error error =
        chosen == kNoCandidate
            ? At(SqlState::kUndefinedFunction, "operator does not exist: " + text, location)
            : At(SqlState::kAmbiguousFunction, "operator is not unique: " + text, location);
    error.hint = chosen == kNoCandidate
                     ? (args.size() == 1 ? "No operator matches the given name and argument type. "
                                           "You might need to add an explicit type cast."
                                         : "No operator matches the given name and argument types. "
                                           "You might need to add explicit type casts.")
                     : "Could not choose a best candidate operator. You might need to add explicit "
                       "type casts.";
    return error;
  }
  return MakeCall(*functions[chosen], std::move(args), location);
}

BoundExpr Binder::MakeOperator(std::string_view op, ExprPtr left, ExprPtr right, int32_t location) {
  ast::QualifiedName name;
  name.name = op;
  return MakeOperator(name, std::move(left), std::move(right), location);
}

BoundExpr Binder::MakeFunction(const ast::QualifiedName& name, std::vector<ExprPtr> args,
                               int32_t location) {
  std::span<const func::Function* const> functions;
  if (InPgCatalog(name)) {
    functions = func::FunctionsNamed(name.name);
  } else if (name.schema != "information_schema" && context_.catalog &&
             !context_.catalog->FindSchema(name.schema)) {
    return At(SqlState::kInvalidSchemaName, "schema \"" + name.schema + "\" does not exist",
              location);
  }
  // What the binder alone may call has no name in SQL.
  constexpr uint32_t kInternalFirst = 9350, kInternalLast = 9379;
  if (!functions.empty() && functions[0]->oid.value >= kInternalFirst &&
      functions[0]->oid.value <= kInternalLast) {
    functions = {};
  }
  const int chosen = ChooseFrom(*this, functions, TypesOf(args));
  if (chosen >= 0) {
    const bool exact = args.size() == 1 && SameType(functions[chosen]->args[0], args[0]->type);
    if (exact || args.size() != 1) return MakeCall(*functions[chosen], std::move(args), location);
  }
  // A type's name as a function of one argument is a cast: date('2020-01-01'), int8(x).
  Type type;
  if (args.size() == 1 && InPgCatalog(name) && types::TypeFromName(name.name, &type) &&
      types::CatalogName(type) == name.name &&
      CanCoerce(args[0]->type, type, CastContext::kExplicit)) {
    return Coerce(std::move(args[0]), type, true);
  }
  if (chosen >= 0) return MakeCall(*functions[chosen], std::move(args), location);
  return NoFunction(name, args, chosen == kAmbiguousCandidates, location);
}

BoundExpr Binder::MakeFunction(std::string_view name, std::vector<ExprPtr> args, int32_t location) {
  ast::QualifiedName qualified;
  qualified.name = name;
  return MakeFunction(qualified, std::move(args), location);
}

Result<const func::Aggregate*> Binder::ChooseAggregate(const ast::QualifiedName& name,
                                                       const std::vector<ExprPtr>& args,
                                                       int32_t location) {
  std::vector<const func::Aggregate*> aggregates;
  for (const func::Aggregate* aggregate : func::AggregatesNamed(name.name)) {
    if (aggregate->kind != func::AggregateKind::kCountStar) aggregates.push_back(aggregate);
  }
  const int chosen =
      ChooseFrom(*this, std::span<const func::Aggregate* const>(aggregates), TypesOf(args));
  if (chosen >= 0) return aggregates[chosen];
  return NoFunction(name, args, chosen == kAmbiguousCandidates, location);
}

Result<const func::WindowFunction*> Binder::ChooseWindowFunction(const ast::QualifiedName& name,
                                                                 const std::vector<ExprPtr>& args,
                                                                 int32_t location) {
  const auto functions = func::WindowFunctionsNamed(name.name);
  const int chosen = ChooseFrom(*this, functions, TypesOf(args));
  if (chosen >= 0) return functions[chosen];
  return NoFunction(name, args, chosen == kAmbiguousCandidates, location);
}

Result<const func::SetFunction*> Binder::ChooseSetFunction(const ast::QualifiedName& name,
                                                           const std::vector<ExprPtr>& args,
                                                           int32_t location) {
  const auto functions = func::SetFunctionsNamed(name.name);
  const int chosen = ChooseFrom(*this, functions, TypesOf(args));
  if (chosen >= 0) return functions[chosen];
  return NoFunction(name, args, chosen == kAmbiguousCandidates, location);
}

}  // namespace lathe::bind
