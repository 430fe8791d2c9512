#include "codegen/expr/evaluate.h"

#include "runtime/func/any_array.h"
#include "runtime/func/compare.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::expr {
namespace {

using types::Datum;
using types::Numeric;
using types::Type;
using types::TypeId;
using types::Value;

class Evaluator {
 public:
  Evaluator(EvalContext& context, const Expr** failed) : context_(context), failed_(failed) {}

  Result<Value> Eval(const Expr& e) {
    switch (e.kind) {
      case Kind::kConst:
        return Retyped(e.value, e.type);
      case Kind::kParam:
        LATHE_CHECK(e.param < context_.params.size());
        return Retyped(context_.params[e.param], e.type);
      case Kind::kColumn:
        LATHE_CHECK(context_.column != nullptr);
        return context_.column(e.column);
      case Kind::kCall:
        return Call(e);
      case Kind::kCast:
        return Cast(e);
      case Kind::kAnd:
        return Connective(e, false);
      case Kind::kOr:
        return Connective(e, true);
      case Kind::kNot: {
        LATHE_ASSIGN(Value v, Eval(*e.children[0]));
        return v.is_null() ? v : Value::Bool(!v.AsBool());
      }
      case Kind::kIsNull:
      case Kind::kIsNotNull: {
        LATHE_ASSIGN(Value v, Eval(*e.children[0]));
        return Value::Bool(v.is_null() == (e.kind == Kind::kIsNull));
      }
      case Kind::kIsTrue:
      case Kind::kIsFalse: {
        LATHE_ASSIGN(Value v, Eval(*e.children[0]));
        return Value::Bool(!v.is_null() && v.AsBool() == (e.kind == Kind::kIsTrue));
      }
      case Kind::kIsDistinct: {
        LATHE_ASSIGN(Value a, Eval(*e.children[0]));
        LATHE_ASSIGN(Value b, Eval(*e.children[1]));
        if (a.is_null() || b.is_null()) return Value::Bool(a.is_null() != b.is_null());
        return Value::Bool(Order(a, b) != 0);
      }
      case Kind::kCase:
        return Case(e);
      case Kind::kCoalesce:
        for (const ExprPtr& child : e.children) {
          LATHE_ASSIGN(Value v, Eval(*child));
          if (!v.is_null()) return v;
        }
        return Value::Null(e.type);
      case Kind::kGreatest:
      case Kind::kLeast:
        return Extreme(e);
      case Kind::kInList:
        return InList(e);
      case Kind::kAnyArray:
        return AnyArray(e);
      case Kind::kSubquery:
        if (context_.subquery == nullptr) return NotSupported("a subquery here");
        return context_.subquery(e);
    }
    LATHE_UNREACHABLE("expression kind");
  }

 private:
  static Value Retyped(Value v, const Type& type) {
    if (v.is_null()) return Value::Null(type);
    if (types::ReprOf(v.type()) == types::ReprOf(type)) v.set_type(type);
    return v;
  }

  /// Two non-null values of one type, or numerics in two forms.
  int Order(const Value& a, const Value& b) {
    if (a.type().id == TypeId::kNumeric && !(a.type() == b.type())) {
      return types::Compare(NumericOf(a), NumericOf(b));
    }
    return func::Compare(a.type(), a.datum(), b.datum());
  }
  static Numeric NumericOf(const Value& v) {
    if (v.type().is_fixed_numeric()) {
      return Numeric::FromFixed(types::FixedFromDatum(v.type(), v.datum()), v.type().scale);
    }
    return Numeric::FromDatum(v.datum());
  }

  /// The datum as boxed functions take it: numerics big.
  Datum Boxed(const Value& v) {
    if (v.type().is_fixed_numeric())
      return types::BigFromFixed(v.type(), v.datum(), context_.functions->arena);
    return v.datum();
  }
  /// A boxed result as the node's type has it.
  Result<Value> Unboxed(const Expr& e, const Datum& datum) {
    if (!e.type.is_fixed_numeric()) return Value::FromDatum(e.type, datum);
    Result<Datum> fixed = types::FixedFromNumeric(e.type, Numeric::FromDatum(datum));
    if (!fixed.ok()) return Failed(e, std::move(fixed).error());
    return Value::FromDatum(e.type, *fixed);
  }
  Error Failed(const Expr& e, Error error) {
    if (failed_ != nullptr) *failed_ = &e;
    return error;
  }
  Error Failed(const Expr& e) {
    LATHE_CHECK(context_.functions->error.has_value());
    Error error = std::move(*context_.functions->error);
    context_.functions->error.reset();
    return Failed(e, std::move(error));
  }

  Result<Value> Call(const Expr& e) {
    const size_t count = e.children.size();
    std::vector<Value> values;
    values.reserve(count);
    std::vector<Datum> datums(count + 1);
    std::unique_ptr<bool[]> nulls(new bool[count + 1]());
    bool any_null = false;
    for (const ExprPtr& child : e.children) {
      LATHE_ASSIGN(Value v, Eval(*child));
      any_null |= v.is_null();
      values.push_back(std::move(v));
    }
    if (any_null && e.function->strict) return Value::Null(e.type);
    for (size_t i = 0; i < count; ++i) {
      nulls[i] = values[i].is_null();
      if (!nulls[i]) datums[i] = Boxed(values[i]);
    }
    std::vector<Type> arg_types;
    func::CallTypes call;
    if (e.function->wants_types) {
      for (const ExprPtr& child : e.children) arg_types.push_back(child->type);
      call.args = arg_types;
      call.result = e.type;
      context_.functions->call = &call;
    }
    Datum result;
    switch (e.function->boxed(context_.functions, datums.data(), nulls.get(), &result)) {
      case func::CallStatus::kOk:
        return Unboxed(e, result);
      case func::CallStatus::kNull:
        return Value::Null(e.type);
      case func::CallStatus::kError:
        return Failed(e);
    }
    LATHE_UNREACHABLE("call status");
  }

  Result<Value> Cast(const Expr& e) {
    LATHE_ASSIGN(Value v, Eval(*e.children[0]));
    if (v.is_null()) return Value::Null(e.type);
    if (e.cast == nullptr) return Retyped(std::move(v), e.type);
    Datum result;
    Type to = e.type;
    if (to.id == TypeId::kNumeric) to = Type(TypeId::kNumeric, to.typmod);
    const Type from = v.type().id == TypeId::kNumeric ? Type(TypeId::kNumeric) : v.type();
    switch (e.cast->boxed(context_.functions, Boxed(v), from, to, e.explicit_cast, &result)) {
      case func::CallStatus::kOk:
        return Unboxed(e, result);
      case func::CallStatus::kNull:
        return Value::Null(e.type);
      case func::CallStatus::kError:
        return Failed(e);
    }
    LATHE_UNREACHABLE("call status");
  }

  /// AND (decides on false) and OR (decides on true).
  Result<Value> Connective(const Expr& e, bool decisive) {
    bool any_null = false;
    for (const ExprPtr& child : e.children) {
      LATHE_ASSIGN(Value v, Eval(*child));
      if (v.is_null()) {
        any_null = true;
      } else if (v.AsBool() == decisive) {
        return Value::Bool(decisive);
      }
    }
    return any_null ? Value::Null(e.type) : Value::Bool(!decisive);
  }

  Result<Value> Case(const Expr& e) {
    for (size_t i = 0; i + 1 < e.children.size(); i += 2) {
      LATHE_ASSIGN(Value when, Eval(*e.children[i]));
      if (!when.is_null() && when.AsBool()) return Eval(*e.children[i + 1]);
    }
    return Eval(*e.children.back());
  }

  Result<Value> Extreme(const Expr& e) {
    Value best = Value::Null(e.type);
    for (const ExprPtr& child : e.children) {
      LATHE_ASSIGN(Value v, Eval(*child));
      if (v.is_null()) continue;
      if (best.is_null() || (e.kind == Kind::kGreatest ? Order(v, best) > 0 : Order(v, best) < 0)) {
        best = std::move(v);
      }
    }
    return best;
  }

  Result<Value> InList(const Expr& e) {
    LATHE_ASSIGN(Value needle, Eval(*e.children[0]));
    if (needle.is_null()) return Value::Null(e.type);
    bool any_null = false;
    for (size_t i = 1; i < e.children.size(); ++i) {
      LATHE_ASSIGN(Value item, Eval(*e.children[i]));
      if (item.is_null()) {
        any_null = true;
      } else if (Order(needle, item) == 0) {
        return Value::Bool(true);
      }
    }
    return any_null ? Value::Null(e.type) : Value::Bool(false);
  }

  Result<Value> AnyArray(const Expr& e) {
    LATHE_ASSIGN(Value operand, Eval(*e.children[0]));
    LATHE_ASSIGN(Value array, Eval(*e.children[1]));
    const bool nulls[2] = {operand.is_null(), array.is_null()};
    Datum args[2], result;
    if (!nulls[0]) args[0] = Boxed(operand);
    if (!nulls[1]) args[1] = array.datum();
    const uint32_t all = e.subquery_kind == SubqueryKind::kAll ? 1 : 0;
    switch (func::AnyArray(context_.functions, e.function->oid.value, all, args, nulls, &result)) {
      case func::CallStatus::kOk:
        return Value::Bool(result.b);
      case func::CallStatus::kNull:
        return Value::Null(e.type);
      case func::CallStatus::kError:
        return Failed(e);
    }
    LATHE_UNREACHABLE("call status");
  }

  EvalContext& context_;
  const Expr** const failed_;
};

}  // namespace

Result<Value> Evaluate(const Expr& e, EvalContext& context, const Expr** failed) {
  return Evaluator(context, failed).Eval(e);
}

}  // namespace lathe::expr
