// Which operator or function is meant: PostgreSQL's rules (documentation, sections 10.2 and 10.3)
// over the overloads of runtime/func.
#include <algorithm>

#include "frontend/bind/binder.h"
#include "frontend/bind/later.h"

namespace lathe::bind {
namespace {

constexpr int kNone = -1;
constexpr int kAmbiguous = -2;

using Signature = std::vector<Type>;

std::string TypeList(const std::vector<ExprPtr>& args) {
  std::string text;
  for (const ExprPtr& arg : args) text += (text.empty() ? "" : ", ") + TypeText(arg->type);
  return text;
}

/// Keeps those of `left` for which score is highest.
template <class Score>
void KeepBest(std::vector<int>& left, Score score) {
  int best = 0;
  std::vector<int> kept;
  for (int candidate : left) {
    const int points = score(candidate);
    if (points > best) {
      best = points;
      kept.clear();
    }
    if (points == best) kept.push_back(candidate);
  }
  left = std::move(kept);
}

class Chooser {
 public:
  Chooser(const Binder& binder, const Signature& actual, const std::vector<Signature>& candidates)
      : binder_(binder), actual_(actual), candidates_(candidates) {}

  int Choose() {
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (Exact(static_cast<int>(c))) return static_cast<int>(c);
    }
    for (size_t c = 0; c < candidates_.size(); ++c) {
      if (Fits(static_cast<int>(c), actual_)) left_.push_back(static_cast<int>(c));
    }
    if (left_.empty()) return kNone;
    if (left_.size() == 1) return left_[0];
    // 10.3 step 4.c: most exact matches.
    KeepBest(left_, [this](int c) { return Count(c, false); });
    if (left_.size() == 1) return left_[0];
    // 4.d: most exact matches or preferred types.
    KeepBest(left_, [this](int c) { return Count(c, true); });
    if (left_.size() == 1) return left_[0];
    if (std::none_of(actual_.begin(), actual_.end(), Unknown)) return kAmbiguous;
    ByCategory();
    if (left_.size() == 1) return left_[0];
    return BySameType();
  }

 private:
  static bool Unknown(const Type& type) { return type.id == TypeId::kUnknown; }
  const Type& Arg(int c, size_t i) const { return candidates_[c][i]; }

  bool Exact(int c) const {
    if (candidates_[c].size() != actual_.size()) return false;
    for (size_t i = 0; i < actual_.size(); ++i) {
      if (Unknown(actual_[i]) || !SameType(Arg(c, i), actual_[i])) return false;
    }
    return true;
  }
  bool Fits(int c, const Signature& actual) const {
    if (candidates_[c].size() != actual.size()) return false;
    for (size_t i = 0; i < actual.size(); ++i) {
      if (!binder_.CanCoerce(actual[i], Arg(c, i), CastContext::kImplicit)) return false;
    }
    return true;
  }
  int Count(int c, bool preferred_too) const {
    int count = 0;
    for (size_t i = 0; i < actual_.size(); ++i) {
      if (Unknown(actual_[i])) continue;
      if (SameType(Arg(c, i), actual_[i])) {
        ++count;
      } else if (preferred_too && types::IsPreferred(Arg(c, i)) &&
                 types::CategoryOf(Arg(c, i)) == types::CategoryOf(actual_[i])) {
        ++count;
      }
    }
    return count;
  }

  /// 4.e: at the places of unknown literals, string if any candidate takes it there, else the
  /// category that all agree on.
  void ByCategory() {
    std::vector<char> category(actual_.size(), 0);
    std::vector<bool> preferred(actual_.size(), false);
    for (size_t i = 0; i < actual_.size(); ++i) {
      if (!Unknown(actual_[i])) continue;
      bool conflict = false;
      for (int c : left_) {
        const char own = types::CategoryOf(Arg(c, i));
        const bool own_preferred = types::IsPreferred(Arg(c, i));
        if (category[i] == 0) {
          category[i] = own;
          preferred[i] = own_preferred;
        } else if (own == category[i]) {
          preferred[i] = preferred[i] || own_preferred;
        } else if (own == 'S') {
          category[i] = own;
          preferred[i] = own_preferred;
          conflict = false;
        } else if (category[i] != 'S') {
          conflict = true;
        }
      }
      if (conflict) return;
    }
    std::vector<int> kept;
    for (int c : left_) {
      bool keep = true;
      for (size_t i = 0; i < actual_.size() && keep; ++i) {
        if (!Unknown(actual_[i])) continue;
        keep = types::CategoryOf(Arg(c, i)) == category[i] &&
               (!preferred[i] || types::IsPreferred(Arg(c, i)));
      }
      if (keep) kept.push_back(c);
    }
    if (!kept.empty()) left_ = std::move(kept);
  }

  /// 4.f: if the known arguments have one type, the unknown ones are taken to have it too.
  int BySameType() {
    Type known;
    for (const Type& type : actual_) {
      if (Unknown(type)) continue;
      if (!Unknown(known) && !SameType(known, type)) return kAmbiguous;
      known = type;
    }
    if (Unknown(known)) return kAmbiguous;
    const Signature same(actual_.size(), known);
    int chosen = kAmbiguous;
    for (int c : left_) {
      if (!Fits(c, same)) continue;
      if (chosen != kAmbiguous) return kAmbiguous;
      chosen = c;
    }
    return chosen;
  }

  const Binder& binder_;
  const Signature& actual_;
  const std::vector<Signature>& candidates_;
  std::vector<int> left_;
};

Signature TypesOf(const std::vector<ExprPtr>& args) {
  Signature types;
  for (const ExprPtr& arg : args) types.push_back(arg->type);
  return types;
}

/// The declared types for a call with this many arguments (a variadic last argument repeated).
Signature Declared(const func::Function& function, size_t count) {
  Signature types = function.args;
  if (function.variadic && !types.empty()) {
    const Type last = types.back();
    types.pop_back();
    while (types.size() < count) types.push_back(last);
  }
  return types;
}

/// Declares unknown literals in the place of arrays of any type to be arrays like those that are
/// known. False when none is.
bool ResolveArrays(const std::vector<ExprPtr>& args, Signature* declared) {
  const auto any_array = [](const Type& type) {
    return type.id == TypeId::kArray && type.element == TypeId::kUnknown;
  };
  const size_t count = std::min(args.size(), declared->size());
  Type known;
  bool unknown = false;
  for (size_t i = 0; i < count; ++i) {
    if (!any_array((*declared)[i])) continue;
    if (IsUnknown(*args[i])) {
      unknown = true;
    } else {
      known = args[i]->type;
    }
  }
  if (!unknown) return true;
  if (known.id != TypeId::kArray) return false;
  for (size_t i = 0; i < count; ++i) {
    if (any_array((*declared)[i]) && IsUnknown(*args[i]))
      (*declared)[i] = Type::ArrayOf(known.element);
  }
  return true;
}

bool InPgCatalog(const ast::QualifiedName& name) {
  return name.catalog.empty() && (name.schema.empty() || name.schema == "pg_catalog");
}

}  // namespace

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
  Signature declared = Declared(function, args.size());
  if (!ResolveArrays(args, &declared)) {
    return At(SqlState::kDatatypeMismatch,
              "could not determine polymorphic type because input has type unknown", location);
  }
  if (function.name == "pg_typeof" && args.size() == 1) {
    types::Datum oid;
    oid.i32 = static_cast<int32_t>(types::OidOf(args[0]->type).value);
    return expr::MakeConst(types::Value::FromDatum(Type(TypeId::kRegtype), oid));
  }
  for (size_t i = 0; i < args.size() && i < declared.size(); ++i) {
    const bool as_text = function.any_as_text && declared[i].id == TypeId::kUnknown;
    const bool padded = (as_text || (function.padded_char && declared[i].id == TypeId::kBpChar)) &&
                        args[i]->type.id == TypeId::kBpChar && args[i]->type.typmod >= 4;
    if (padded) {
      std::vector<ExprPtr> pad;
      const int32_t length = args[i]->type.typmod - 4;
      pad.push_back(std::move(args[i]));
      pad.push_back(expr::MakeConst(types::Value::Int4(length)));
      LATHE_ASSIGN(args[i], MakeFunction("pad_char", std::move(pad), location));
    } else if (as_text && args[i]->type.id == TypeId::kBool) {
      std::vector<ExprPtr> value;
      value.push_back(std::move(args[i]));
      LATHE_ASSIGN(args[i], MakeFunction("boolout", std::move(value), location));
    } else if (as_text) {
      LATHE_ASSIGN(args[i], Coerce(std::move(args[i]), Type(TypeId::kText), true));
    } else {
      LATHE_ASSIGN(args[i], CoerceArgument(std::move(args[i]), declared[i]));
    }
  }
  LATHE_TRY(FitNumericArguments(function, args));
  const Type type = func::ResultType(function, TypesOf(args));
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
  std::vector<const func::Function*> functions;
  std::vector<Signature> candidates;
  if (InPgCatalog(op)) {
    for (const func::Function* function :
         func::OperatorsNamed(op.name, static_cast<int>(args.size()))) {
      functions.push_back(function);
      candidates.push_back(function->args);
    }
  }
  Signature actual = TypesOf(args);
  int chosen = kNone;
  if (args.size() == 2 && (IsUnknown(*args[0]) != IsUnknown(*args[1]))) {
    // 10.2 step 2.a: an unknown operand is first assumed to have the other one's type.
    const Signature same(2, IsUnknown(*args[0]) ? actual[1] : actual[0]);
    for (size_t c = 0; c < candidates.size() && chosen == kNone; ++c) {
      if (SameType(candidates[c][0], same[0]) && SameType(candidates[c][1], same[1])) {
        chosen = static_cast<int>(c);
      }
    }
  }
  if (chosen == kNone) chosen = Chooser(*this, actual, candidates).Choose();
  if (chosen == kNone && op.name == "||" && args.size() == 2) {
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
  if (chosen < 0 && InPgCatalog(op) && args.size() == 2 &&
      (args[0]->type.id == TypeId::kArray || args[1]->type.id == TypeId::kArray)) {
    // Only catalog relations have array columns: what is refused here is so when it is evaluated.
    const Type type = op.name == "||" ? Type(TypeId::kArray) : BoolType();
    Type result = type;
    if (type.id == TypeId::kArray) {
      const Type& left_type = args[0]->type;
      result = left_type.id == TypeId::kArray ? left_type : args[1]->type;
    }
    for (ExprPtr& arg : args) {
      LATHE_ASSIGN(arg, ResolveUnknown(std::move(arg)));
    }
    return Later("operator " + op.name + " on arrays", result, std::move(args), location);
  }
  if (chosen < 0) {
    const std::string name = op.schema.empty() ? op.name : op.schema + "." + op.name;
    const std::string text =
        args.size() == 1 ? name + " " + TypeText(args[0]->type)
                         : TypeText(args[0]->type) + " " + name + " " + TypeText(args[1]->type);
    Error error =
        chosen == kNone
            ? At(SqlState::kUndefinedFunction, "operator does not exist: " + text, location)
            : At(SqlState::kAmbiguousFunction, "operator is not unique: " + text, location);
    error.hint = chosen == kNone
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
  std::vector<const func::Function*> functions;
  std::vector<Signature> candidates;
  if (InPgCatalog(name)) {
    for (const func::Function* function : func::FunctionsNamed(name.name)) {
      functions.push_back(function);
      candidates.push_back(Declared(*function, args.size()));
    }
  } else if (name.schema != "information_schema" && context_.catalog &&
             !context_.catalog->FindSchema(name.schema)) {
    return At(SqlState::kInvalidSchemaName, "schema \"" + name.schema + "\" does not exist",
              location);
  }
  const Signature actual = TypesOf(args);
  const int chosen = Chooser(*this, actual, candidates).Choose();
  if (chosen >= 0) {
    const bool exact = SameType(candidates[chosen].empty() ? Type() : candidates[chosen][0],
                                args.empty() ? Type() : args[0]->type);
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
  const std::string text =
      (name.schema.empty() ? "" : name.schema + ".") + name.name + "(" + TypeList(args) + ")";
  Error error =
      chosen == kNone
          ? At(SqlState::kUndefinedFunction, "function " + text + " does not exist", location)
          : At(SqlState::kAmbiguousFunction, "function " + text + " is not unique", location);
  error.hint = chosen == kNone ? "No function matches the given name and argument types. You might "
                                 "need to add explicit type casts."
                               : "Could not choose a best candidate function. You might need to "
                                 "add explicit type casts.";
  return error;
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
  std::vector<Signature> candidates;
  for (const func::Aggregate* aggregate : func::AggregatesNamed(name.name)) {
    if (aggregate->kind == func::AggregateKind::kCountStar) continue;
    aggregates.push_back(aggregate);
    candidates.push_back(aggregate->args);
  }
  const int chosen = Chooser(*this, TypesOf(args), candidates).Choose();
  if (chosen >= 0) return aggregates[chosen];
  const std::string text = name.name + "(" + TypeList(args) + ")";
  Error error =
      chosen == kNone
          ? At(SqlState::kUndefinedFunction, "function " + text + " does not exist", location)
          : At(SqlState::kAmbiguousFunction, "function " + text + " is not unique", location);
  error.hint = chosen == kNone ? "No function matches the given name and argument types. You might "
                                 "need to add explicit type casts."
                               : "Could not choose a best candidate function. You might need to "
                                 "add explicit type casts.";
  return error;
}

}  // namespace lathe::bind
