// Functions of arrays that read them: dimensions, comparison, containment, search, subscripts,
// x op ANY/ALL (array), and the text forms.
#include <algorithm>

#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/order.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::ArrayReader;
using types::Datum;
using types::Type;
using types::TypeId;

CallStatus SameElements(FunctionContext* context, const ArrayReader& a, const ArrayReader& b) {
  if (a.element() == b.element()) return CallStatus::kOk;
  return context->Fail(SqlState::kDatatypeMismatch,
                       "cannot compare arrays of different element types");
}

// ---- Comparison

template <bool (*kHolds)(int)>
CallStatus ArrayComparison(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  const ArrayReader a(args[0].string.view()), b(args[1].string.view());
  if (SameElements(context, a, b) != CallStatus::kOk) return CallStatus::kError;
  return PutBool(kHolds(Compare(Type(TypeId::kArray), args[0], args[1])), result);
}
bool IsEqual(int order) { return order == 0; }
bool IsUnequal(int order) { return order != 0; }
bool IsLess(int order) { return order < 0; }
bool IsLessOrEqual(int order) { return order <= 0; }
bool IsGreater(int order) { return order > 0; }
bool IsGreaterOrEqual(int order) { return order >= 0; }

/// True when the array has an element that equals the value.
bool HasElement(std::string_view array, const Datum& wanted) {
  ArrayReader reader(array);
  const Type element(reader.element());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    if (reader.Next(&value) && Compare(element, value, wanted) == 0) return true;
  }
  return false;
}

/// True when every (kAll) or any element of `part` is in `whole`; a NULL is in nothing.
template <bool kAll>
bool Within(std::string_view whole, std::string_view part) {
  ArrayReader reader(part);
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool found = reader.Next(&value) && HasElement(whole, value);
    if (found != kAll) return found;
  }
  return kAll;
}
CallStatus ArrayContains(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const ArrayReader a(args[0].string.view()), b(args[1].string.view());
  if (SameElements(context, a, b) != CallStatus::kOk) return CallStatus::kError;
  return PutBool(Within<true>(args[0].string.view(), args[1].string.view()), result);
}
CallStatus ArrayContained(FunctionContext* context, const Datum* args, const bool* nulls,
                          Datum* result) {
  const Datum swapped[2] = {args[1], args[0]};
  return ArrayContains(context, swapped, nulls, result);
}
CallStatus ArrayOverlaps(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const ArrayReader a(args[0].string.view()), b(args[1].string.view());
  if (SameElements(context, a, b) != CallStatus::kOk) return CallStatus::kError;
  return PutBool(Within<false>(args[0].string.view(), args[1].string.view()), result);
}

// ---- x op ANY (array), x op ALL (array)

/// NULL when a NULL might have decided it.
template <bool (*kHolds)(int), bool kAll>
CallStatus Quantified(FunctionContext*, const Datum* args, const bool* nulls, Datum* result) {
  if (nulls[1]) return CallStatus::kNull;
  ArrayReader reader(args[1].string.view());
  if (reader.count() == 0) return PutBool(kAll, result);
  if (nulls[0]) return CallStatus::kNull;
  const Type element(reader.element());
  bool any_null = false;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    if (!reader.Next(&value)) {
      any_null = true;
    } else if (kHolds(Compare(element, args[0], value)) != kAll) {
      return PutBool(!kAll, result);
    }
  }
  return any_null ? CallStatus::kNull : PutBool(kAll, result);
}

/// The same for an operator on text (LIKE, regular expressions).
template <const Function* (*kFunction)(), bool kAll>
CallStatus QuantifiedBy(FunctionContext* context, const Datum* args, const bool* nulls,
                        Datum* result) {
  if (nulls[1]) return CallStatus::kNull;
  ArrayReader reader(args[1].string.view());
  if (reader.count() == 0) return PutBool(kAll, result);
  if (nulls[0]) return CallStatus::kNull;
  bool any_null = false;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum pair[2];
    pair[0] = args[0];
    if (!reader.Next(&pair[1])) {
      any_null = true;
      continue;
    }
    const bool no_nulls[2] = {false, false};
    const CallStatus status = kFunction()->boxed(context, pair, no_nulls, result);
    if (status == CallStatus::kError) return status;
    if (status == CallStatus::kNull) {
      any_null = true;
    } else if (result->b != kAll) {
      return CallStatus::kOk;
    }
  }
  return any_null ? CallStatus::kNull : PutBool(kAll, result);
}
const Function* TextOperator(std::string_view op) {
  for (const Function* f : OperatorsNamed(op, 2)) {
    if (f->args[0].id == TypeId::kText && f->args[1].id == TypeId::kText) return f;
  }
  return nullptr;
}
const Function* Like() {
  static const Function* const f = TextOperator("~~");
  return f;
}
const Function* NotLike() {
  static const Function* const f = TextOperator("!~~");
  return f;
}
const Function* ILike() {
  static const Function* const f = TextOperator("~~*");
  return f;
}
const Function* NotILike() {
  static const Function* const f = TextOperator("!~~*");
  return f;
}
const Function* Matches() {
  static const Function* const f = TextOperator("~");
  return f;
}
const Function* NotMatches() {
  static const Function* const f = TextOperator("!~");
  return f;
}

// ---- Dimensions

const types::ArrayDimension* DimensionOf(const ArrayReader& reader, int32_t number) {
  if (number < 1 || number > reader.dimension_count()) return nullptr;
  return &reader.dimensions()[static_cast<size_t>(number - 1)];
}
CallStatus ArrayLength(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const ArrayReader reader(args[0].string.view());
  const types::ArrayDimension* d = DimensionOf(reader, args[1].i32);
  return d == nullptr ? CallStatus::kNull : PutInt(d->length, result);
}
CallStatus ArrayLower(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const ArrayReader reader(args[0].string.view());
  const types::ArrayDimension* d = DimensionOf(reader, args[1].i32);
  return d == nullptr ? CallStatus::kNull : PutInt(d->lower, result);
}
CallStatus ArrayUpper(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const ArrayReader reader(args[0].string.view());
  const types::ArrayDimension* d = DimensionOf(reader, args[1].i32);
  return d == nullptr ? CallStatus::kNull : PutInt(d->lower + d->length - 1, result);
}
CallStatus ArrayDimensionCount(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  const ArrayReader reader(args[0].string.view());
  if (reader.count() == 0) return CallStatus::kNull;
  return PutInt(reader.dimension_count(), result);
}
CallStatus ArrayDims(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const ArrayReader reader(args[0].string.view());
  if (reader.count() == 0) return CallStatus::kNull;
  std::string text;
  for (const types::ArrayDimension& d : reader.dimensions()) {
    text +=
        "[" + std::to_string(d.lower) + ":" + std::to_string(int64_t{d.lower} + d.length - 1) + "]";
  }
  return PutText(context, text, result);
}
CallStatus Cardinality(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutInt(static_cast<int32_t>(ArrayReader(args[0].string.view()).count()), result);
}

// ---- Subscripts: a[i][j], and slices a[i:j]. The number of subscripts is that of the call.

CallStatus ArrayGet(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  int32_t subscripts[types::kArrayDimensionsMax + 1];
  const size_t count =
      std::min(context->call->args.size() - 1, size_t{types::kArrayDimensionsMax + 1});
  for (size_t i = 0; i < count; ++i) subscripts[i] = args[i + 1].i32;
  return types::ArrayElement(args[0].string.view(), {subscripts, count}, result)
             ? CallStatus::kOk
             : CallStatus::kNull;
}
/// (array, bits of the bounds that are there, lower, upper, lower, upper, ...).
CallStatus ArraySlice(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::vector<types::ArraySlice> slices((context->call->args.size() - 2) / 2);
  for (size_t i = 0; i < slices.size(); ++i) {
    slices[i].has_lower = (args[1].i32 >> (2 * i) & 1) != 0;
    slices[i].has_upper = (args[1].i32 >> (2 * i + 1) & 1) != 0;
    slices[i].lower = args[2 + 2 * i].i32;
    slices[i].upper = args[3 + 2 * i].i32;
  }
  *result = types::ArraySliceOf(args[0].string.view(), slices, context->arena);
  return CallStatus::kOk;
}

// ---- Search

CallStatus ArrayPosition(FunctionContext* context, const Datum* args, const bool* nulls,
                         size_t count, Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  ArrayReader reader(args[0].string.view());
  if (reader.dimension_count() > 1) {
    return context->Fail(SqlState::kFeatureNotSupported,
                         "searching for elements in multidimensional arrays is not supported");
  }
  if (count == 3 && nulls[2])
    return context->Fail(SqlState::kNullValueNotAllowed, "initial position must not be null");
  const Type element(reader.element());
  const int32_t lower = reader.count() == 0 ? 1 : reader.dimensions()[0].lower;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool null = !reader.Next(&value);
    const int32_t position = lower + static_cast<int32_t>(i);
    if (count == 3 && position < args[2].i32) continue;
    if (null || nulls[1] ? null && nulls[1] : Compare(element, value, args[1]) == 0)
      return PutInt(position, result);
  }
  return CallStatus::kNull;
}
CallStatus ArrayPosition2(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return ArrayPosition(c, args, nulls, 2, r);
}
CallStatus ArrayPosition3(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return ArrayPosition(c, args, nulls, 3, r);
}
CallStatus ArrayPositions(FunctionContext* context, const Datum* args, const bool* nulls,
                          Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  ArrayReader reader(args[0].string.view());
  if (reader.dimension_count() > 1) {
    return context->Fail(SqlState::kFeatureNotSupported,
                         "searching for elements in multidimensional arrays is not supported");
  }
  types::ArrayBuilder positions(TypeId::kInt4);
  const Type element(reader.element());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool null = !reader.Next(&value);
    if (null || nulls[1] ? !(null && nulls[1]) : Compare(element, value, args[1]) != 0) continue;
    Datum position;
    position.i32 = reader.dimensions()[0].lower + static_cast<int32_t>(i);
    positions.Add(position);
  }
  *result = positions.ToDatum(context->arena);
  return CallStatus::kOk;
}

// ---- Text

CallStatus ArrayToString(FunctionContext* context, const types::StringRef& bytes,
                         std::string_view separator, const std::string_view* null_text,
                         Datum* result) {
  ArrayReader reader(bytes.view());
  std::string out;
  bool first = true;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum element;
    bool is_null = !reader.Next(&element);
    if (is_null && null_text == nullptr) continue;
    if (!first) out += separator;
    first = false;
    if (is_null) {
      out += *null_text;
    } else {
      types::AppendText(Type(reader.element()), element, context->format_or_default(), &out);
    }
  }
  return PutText(context, out, result);
}
CallStatus ArrayToString2(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return ArrayToString(context, args[0].string, args[1].string.view(), nullptr, result);
}
CallStatus ArrayToString3(FunctionContext* context, const Datum* args, const bool* nulls,
                          Datum* result) {
  if (nulls[0] || nulls[1]) return CallStatus::kNull;
  std::string_view null_text = nulls[2] ? std::string_view() : args[2].string.view();
  return ArrayToString(context, args[0].string, args[1].string.view(),
                       nulls[2] ? nullptr : &null_text, result);
}

/// The array of its text form, by its elements' type. Drivers know array types by this function's
/// name.
CallStatus ArrayIn(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Oid oid(static_cast<uint32_t>(args[1].i32));
  Type element;
  if (!types::TypeFromOid(oid, &element) || element.id == TypeId::kArray) {
    return context->Fail(SqlState::kUndefinedObject,
                         "cache lookup failed for type " + std::to_string(oid.value));
  }
  Status status = types::ParseText(Type::ArrayOf(element.id), args[0].string.view(),
                                   context->format_or_default(), context->arena, result);
  return status.ok() ? CallStatus::kOk : context->Fail(std::move(status).error());
}

template <CallStatus (*kCompare)(FunctionContext*, const Datum*, const bool*, Datum*)>
CallStatus Extreme(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  const CallStatus status = kCompare(context, args, nulls, result);
  if (status == CallStatus::kOk) *result = result->b ? args[0] : args[1];
  return status;
}

}  // namespace

void AddArrayFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, I = TypeId::kInt4, B = TypeId::kBool, O = TypeId::kOid,
                   A = TypeId::kArray, E = TypeId::kAnyElement, CA = TypeId::kAnyCompatibleArray,
                   CE = TypeId::kAnyCompatible;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, bool can_fail = false, bool strict = true) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = can_fail;
    row.strict = strict;
    Add(list, row);
    return &list->back();
  };
  // clang-format off
  add(744, "array_eq", "=", {A, A}, B, ArrayComparison<IsEqual>, true);
  add(390, "array_ne", "<>", {A, A}, B, ArrayComparison<IsUnequal>, true);
  add(391, "array_lt", "<", {A, A}, B, ArrayComparison<IsLess>, true);
  add(393, "array_le", "<=", {A, A}, B, ArrayComparison<IsLessOrEqual>, true);
  add(392, "array_gt", ">", {A, A}, B, ArrayComparison<IsGreater>, true);
  add(396, "array_ge", ">=", {A, A}, B, ArrayComparison<IsGreaterOrEqual>, true);
  add(515, "array_larger", "", {A, A}, A, Extreme<ArrayComparison<IsGreaterOrEqual>>, true);
  add(516, "array_smaller", "", {A, A}, A, Extreme<ArrayComparison<IsLessOrEqual>>, true);
  add(2748, "arraycontains", "@>", {A, A}, B, ArrayContains, true);
  add(2749, "arraycontained", "<@", {A, A}, B, ArrayContained, true);
  add(2747, "arrayoverlap", "&&", {A, A}, B, ArrayOverlaps, true);
  add(2176, "array_length", "", {A, I}, I, ArrayLength);
  add(2091, "array_lower", "", {A, I}, I, ArrayLower);
  add(2092, "array_upper", "", {A, I}, I, ArrayUpper);
  add(748, "array_ndims", "", {A}, I, ArrayDimensionCount);
  add(747, "array_dims", "", {A}, T, ArrayDims);
  add(3179, "cardinality", "", {A}, I, Cardinality);
  add(3277, "array_position", "", {CA, CE}, I, ArrayPosition2, true, false);
  add(3278, "array_position", "", {CA, CE, I}, I, ArrayPosition3, true, false);
  add(3279, "array_positions", "", {CA, CE}, A, ArrayPositions, true, false)->result = Type::ArrayOf(I);
  add(395, "array_to_string", "", {A, T}, T, ArrayToString2, true)->volatility = Volatility::kStable;
  add(384, "array_to_string", "", {A, T, T}, T, ArrayToString3, true, false)->volatility = Volatility::kStable;
  add(750, "array_in", "", {T, O, I}, A, ArrayIn, true)->volatility = Volatility::kStable;
  // Not in PostgreSQL's catalog: what subscripts and ANY/ALL are bound to.
  Function* get = add(9300, "array_get", "", {A, I}, E, ArrayGet);
  get->variadic = get->wants_types = true;
  Function* slice = add(9301, "array_slice", "", {A, I, I}, A, ArraySlice);
  slice->variadic = slice->wants_types = true;
  add(9310, "any_eq", "", {CE, CA}, B, Quantified<IsEqual, false>, false, false);
  add(9311, "any_ne", "", {CE, CA}, B, Quantified<IsUnequal, false>, false, false);
  add(9312, "any_lt", "", {CE, CA}, B, Quantified<IsLess, false>, false, false);
  add(9313, "any_le", "", {CE, CA}, B, Quantified<IsLessOrEqual, false>, false, false);
  add(9314, "any_gt", "", {CE, CA}, B, Quantified<IsGreater, false>, false, false);
  add(9315, "any_ge", "", {CE, CA}, B, Quantified<IsGreaterOrEqual, false>, false, false);
  add(9320, "all_eq", "", {CE, CA}, B, Quantified<IsEqual, true>, false, false);
  add(9321, "all_ne", "", {CE, CA}, B, Quantified<IsUnequal, true>, false, false);
  add(9322, "all_lt", "", {CE, CA}, B, Quantified<IsLess, true>, false, false);
  add(9323, "all_le", "", {CE, CA}, B, Quantified<IsLessOrEqual, true>, false, false);
  add(9324, "all_gt", "", {CE, CA}, B, Quantified<IsGreater, true>, false, false);
  add(9325, "all_ge", "", {CE, CA}, B, Quantified<IsGreaterOrEqual, true>, false, false);
  auto text = [&](uint32_t oid, std::string_view name, BoxedFunction boxed) {
    add(oid, name, "", {T, A}, B, boxed, true, false)->args[1] = Type::ArrayOf(T);
  };
  text(9330, "any_like", QuantifiedBy<Like, false>);
  text(9331, "any_not_like", QuantifiedBy<NotLike, false>);
  text(9332, "any_ilike", QuantifiedBy<ILike, false>);
  text(9333, "any_not_ilike", QuantifiedBy<NotILike, false>);
  text(9334, "any_regex", QuantifiedBy<Matches, false>);
  text(9335, "any_not_regex", QuantifiedBy<NotMatches, false>);
  text(9340, "all_like", QuantifiedBy<Like, true>);
  text(9341, "all_not_like", QuantifiedBy<NotLike, true>);
  text(9342, "all_ilike", QuantifiedBy<ILike, true>);
  text(9343, "all_not_ilike", QuantifiedBy<NotILike, true>);
  text(9344, "all_regex", QuantifiedBy<Matches, true>);
  text(9345, "all_not_regex", QuantifiedBy<NotMatches, true>);
  // clang-format on
}

}  // namespace lathe::func
