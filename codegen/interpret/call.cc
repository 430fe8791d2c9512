// Calls, casts, comparisons and hashes. The commonest operators of integers and floats are done
// here; everything else goes through the function's C++ form.
#include <cmath>

#include "codegen/interpret/interpreter.h"
#include "runtime/types/fixed.h"
#include "runtime/types/numeric.h"

namespace lathe::interpret {

using func::InlineOp;
using types::Repr;
using types::TypeId;

namespace {

int64_t IntegerOf(const Type& type, const Datum& datum) {
  switch (types::ReprOf(type)) {
    case Repr::kI16:
      return datum.i16;
    case Repr::kI32:
      return datum.i32;
    default:
      return datum.i64;
  }
}

bool Holds(InlineOp op, int order) {
  switch (op) {
    case InlineOp::kEq:
      return order == 0;
    case InlineOp::kNe:
      return order != 0;
    case InlineOp::kLt:
      return order < 0;
    case InlineOp::kLe:
      return order <= 0;
    case InlineOp::kGt:
      return order > 0;
    default:
      return order >= 0;
  }
}

/// Of one type as far as comparison goes: the order of their datums is that of their type.
bool SameOrder(const Type& a, const Type& b) {
  if (a.id == TypeId::kNumeric) return a.precision == b.precision && a.scale == b.scale;
  if (types::ReprOf(a) == Repr::kString) {
    return a.is_string_like() && b.is_string_like() &&
           (a.id == TypeId::kBpChar) == (b.id == TypeId::kBpChar);
  }
  return a.id == b.id;
}

/// Types whose order and equality abi::CompareDatums knows.
bool PlainOrder(const Type& type) {
  return types::ReprOf(type) != Repr::kString || type.is_string_like() ||
         type.id == TypeId::kNumeric;
}

types::Numeric NumericOf(const Type& type, const Datum& datum) {
  if (type.is_fixed_numeric()) {
    return types::Numeric::FromFixed(types::FixedFromDatum(type, datum), type.scale);
  }
  return types::Numeric::FromDatum(datum);
}

const char* OutOfRange(Repr repr) {
  return repr == Repr::kI16   ? "smallint out of range"
         : repr == Repr::kI32 ? "integer out of range"
                              : "bigint out of range";
}

}  // namespace

InlineOp ComparisonOf(const func::Function& f) {
  if (f.args.size() != 2 || f.result.id != TypeId::kBool) return InlineOp::kNone;
  static constexpr std::pair<std::string_view, InlineOp> kSymbols[] = {
      {"=", InlineOp::kEq},  {"<>", InlineOp::kNe}, {"<", InlineOp::kLt},
      {"<=", InlineOp::kLe}, {">", InlineOp::kGt},  {">=", InlineOp::kGe}};
  for (const auto& [symbol, op] : kSymbols) {
    if (f.op == symbol) return op;
  }
  return InlineOp::kNone;
}

bool Machine::Compare(const func::Function* f, InlineOp op, const Type& a_type, const Datum& a,
                      const Type& b_type, const Datum& b, bool* out) {
  if (SameOrder(a_type, b_type) && PlainOrder(a_type)) {
    *out = Holds(op, abi::CompareDatums(a_type, a, b));
    return true;
  }
  if (a_type.is_integer() && b_type.is_integer()) {
    const int64_t x = IntegerOf(a_type, a), y = IntegerOf(b_type, b);
    *out = Holds(op, x < y ? -1 : x > y ? 1 : 0);
    return true;
  }
  if (a_type.id == TypeId::kNumeric && b_type.id == TypeId::kNumeric) {
    *out = Holds(op, types::Compare(NumericOf(a_type, a), NumericOf(b_type, b)));
    return true;
  }
  if (f == nullptr || f->boxed == nullptr) {
    return Fail(NotSupported("this comparison of " + types::FormatType(a_type) + " and " +
                             types::FormatType(b_type)));
  }
  Datum args[2] = {ToBig(a_type, a), ToBig(b_type, b)};
  bool nulls[2] = {false, false};
  Datum result;
  const Type arg_types[2] = {a_type, b_type};
  func::CallTypes call{arg_types, TypeId::kBool};
  if (f->wants_types) functions_->call = &call;
  const func::CallStatus status = f->boxed(functions_, args, nulls, &result);
  functions_->call = nullptr;
  if (status == func::CallStatus::kError) return FailFunction();
  *out = status == func::CallStatus::kOk && result.b;
  return true;
}

bool Machine::Call(const Expr& e, Cell* out) {
  const func::Function& f = *e.function;
  if (f.inline_op == InlineOp::kLike || f.inline_op == InlineOp::kNotLike) {
    bool done = false;
    if (!Like(e, out, &done)) return false;
    if (done) return true;
  }
  const size_t count = e.children.size();
  Cell few[4];
  std::vector<Cell> many;
  Cell* args = few;
  if (count > 4) {
    many.resize(count);
    args = many.data();
  }
  bool any_null = false;
  for (size_t i = 0; i < count; ++i) {
    if (!Eval(*e.children[i], &args[i])) return false;
    any_null |= args[i].null;
  }
  if (any_null && f.strict) {
    out->null = true;
    return true;
  }
  if (!any_null) {
    bool done = false;
    if (!InlineCall(e, args, out, &done)) return false;
    if (done) return true;
  }
  return BoxedCall(e, args, out);
}

bool Machine::InlineCall(const Expr& e, const Cell* args, Cell* out, bool* done) {
  const func::Function& f = *e.function;
  if (e.children.size() != 2) return true;
  const Type &a = e.children[0]->type, &b = e.children[1]->type;
  if (const InlineOp op = ComparisonOf(f); op != InlineOp::kNone) {
    if ((SameOrder(a, b) && PlainOrder(a)) || (a.is_integer() && b.is_integer()) ||
        (a.id == TypeId::kNumeric && b.id == TypeId::kNumeric)) {
      *done = true;
      out->null = false;
      bool holds = false;
      if (!Compare(&f, op, a, args[0].datum, b, args[1].datum, &holds)) return false;
      out->datum.b = holds;
    }
    return true;
  }
  if (f.inline_op == InlineOp::kNone) return true;
  if (e.type.is_integer() && a.is_integer() && b.is_integer()) {
    return InlineInteger(e, IntegerOf(a, args[0].datum), IntegerOf(b, args[1].datum), out, done);
  }
  return true;
}

bool Machine::InlineInteger(const Expr& e, int64_t a, int64_t b, Cell* out, bool* done) {
  const Repr repr = types::ReprOf(e.type);
  int64_t result = 0;
  bool overflow = false;
  switch (e.function->inline_op) {
    case InlineOp::kAdd:
      overflow = __builtin_add_overflow(a, b, &result);
      break;
    case InlineOp::kSubtract:
      overflow = __builtin_sub_overflow(a, b, &result);
      break;
    case InlineOp::kMultiply:
      overflow = __builtin_mul_overflow(a, b, &result);
      break;
    case InlineOp::kDivide:
      if (b == 0) return Fail(SqlState::kDivisionByZero, "division by zero");
      overflow = b == -1 && a == INT64_MIN;
      result = overflow ? 0 : b == -1 ? -a : a / b;
      break;
    case InlineOp::kModulo:
      if (b == 0) return Fail(SqlState::kDivisionByZero, "division by zero");
      result = b == -1 ? 0 : a % b;
      break;
    default:
      return true;
  }
  *done = true;
  overflow |= (repr == Repr::kI32 && result != static_cast<int32_t>(result)) ||
              (repr == Repr::kI16 && result != static_cast<int16_t>(result));
  if (overflow) return Fail(SqlState::kNumericValueOutOfRange, OutOfRange(repr));
  out->null = false;
  out->datum = Datum();
  if (repr == Repr::kI64) {
    out->datum.i64 = result;
  } else if (repr == Repr::kI32) {
    out->datum.i32 = static_cast<int32_t>(result);
  } else {
    out->datum.i16 = static_cast<int16_t>(result);
  }
  return true;
}

bool Machine::Like(const Expr& e, Cell* out, bool* done) {
  if (e.children.size() != 2 || e.children[0]->type.id == TypeId::kBpChar) return true;
  auto constant = program_.constant_of.find(e.children[1].get());
  if (constant == program_.constant_of.end()) return true;
  if (!program_.constants[constant->second].like_pattern) return true;
  *done = true;
  Cell text, pattern;
  if (!Eval(*e.children[0], &text) || !Constant(constant->second, &pattern)) return false;
  out->null = text.null || pattern.null;
  if (out->null) return true;
  const bool hit = lathe_like(query_->constants[constant->second].prepared, text.datum.string.data,
                              text.datum.string.size) != 0;
  out->datum.b = hit == (e.function->inline_op == InlineOp::kLike);
  return true;
}

bool Machine::BoxedCall(const Expr& e, Cell* args, Cell* out) {
  const func::Function& f = *e.function;
  const size_t count = e.children.size();
  std::vector<Datum> datums(count + 1);
  std::unique_ptr<bool[]> nulls(new bool[count + 1]());
  for (size_t i = 0; i < count; ++i) {
    nulls[i] = args[i].null;
    if (!args[i].null) datums[i] = ToBig(e.children[i]->type, args[i].datum);
  }
  std::vector<Type> arg_types;
  func::CallTypes call;
  if (f.wants_types) {
    for (const auto& child : e.children) arg_types.push_back(child->type);
    call = {arg_types, e.type};
    functions_->call = &call;
  }
  Datum result;
  const func::CallStatus status = f.boxed(functions_, datums.data(), nulls.get(), &result);
  functions_->call = nullptr;
  if (status == func::CallStatus::kError) return FailFunction();
  out->null = status == func::CallStatus::kNull;
  out->datum = result;
  return Coerce(e.type.id == TypeId::kNumeric ? Type(TypeId::kNumeric) : e.type, e.type, out);
}

bool Machine::Cast(const Expr& e, Cell* out) {
  const Type &from = e.children[0]->type, &to = e.type;
  if (!Eval(*e.children[0], out)) return false;
  if (out->null) return true;
  switch (func::InlineCastFor(from, to)) {
    case func::InlineCast::kSame:
      if (types::ReprOf(from) == types::ReprOf(to)) return true;
      break;
    case func::InlineCast::kIntWiden: {
      const int64_t value = IntegerOf(from, out->datum);
      out->datum = Datum();
      if (types::ReprOf(to) == Repr::kI64) {
        out->datum.i64 = value;
      } else {
        out->datum.i32 = static_cast<int32_t>(value);
      }
      return true;
    }
    case func::InlineCast::kFixedToBig:
      out->datum = ToBig(from, out->datum);
      return true;
    default:
      break;
  }
  if (e.cast == nullptr) return Coerce(from, to, out);
  Datum result;
  Type target = to;
  if (to.id == TypeId::kNumeric) target = Type(TypeId::kNumeric, to.typmod);
  const Type source = from.id == TypeId::kNumeric ? Type(TypeId::kNumeric) : from;
  switch (e.cast->boxed(functions_, ToBig(from, out->datum), source, target, e.explicit_cast,
                        &result)) {
    case func::CallStatus::kOk:
      out->datum = result;
      return Coerce(to.id == TypeId::kNumeric ? Type(TypeId::kNumeric) : to, to, out);
    case func::CallStatus::kNull:
      out->null = true;
      return true;
    case func::CallStatus::kError:
      return FailFunction();
  }
  LATHE_UNREACHABLE("call status");
}

Datum Machine::ToBig(const Type& type, const Datum& datum) {
  if (!type.is_fixed_numeric()) return datum;
  return types::BigFromFixed(type, datum, arena_);
}

bool Machine::Coerce(const Type& from, const Type& to, Cell* value) {
  if (value->null || from.id != TypeId::kNumeric || to.id != TypeId::kNumeric) return true;
  if (to.is_big_numeric()) {
    value->datum = ToBig(from, value->datum);
    return true;
  }
  if (from.is_fixed_numeric() && from.scale == to.scale &&
      types::ReprOf(from) == types::ReprOf(to)) {
    return true;
  }
  if (from.is_fixed_numeric() && to.scale >= from.scale &&
      to.precision - to.scale >= from.precision - from.scale) {
    const types::int128 scaled =
        types::FixedFromDatum(from, value->datum) * types::PowerOf10(to.scale - from.scale);
    value->datum = types::DatumFromFixed(to, scaled);
    return true;
  }
  Result<Datum> fixed = types::FixedFromNumeric(to, NumericOf(from, value->datum));
  if (!fixed.ok()) return Fail(std::move(fixed).error());
  value->datum = fixed.value();
  return true;
}

}  // namespace lathe::interpret
