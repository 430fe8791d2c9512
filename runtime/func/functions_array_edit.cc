// Functions that make arrays: ARRAY[...], appending, concatenation, removal, filling, from text.
#include <algorithm>

#include "runtime/func/compare.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

using types::ArrayBuilder;
using types::ArrayDimension;
using types::ArrayReader;
using types::Datum;
using types::Type;
using types::TypeId;

void AddNext(ArrayReader* from, ArrayBuilder* to) {
  Datum value;
  if (from->Next(&value)) {
    to->Add(value);
  } else {
    to->AddNull();
  }
}
void AddValue(const Datum& value, bool null, ArrayBuilder* to) {
  if (null) {
    to->AddNull();
  } else {
    to->Add(value);
  }
}

/// The element type of the call's result.
TypeId ResultElement(const FunctionContext* context) { return context->call->result.element; }

// ---- ARRAY[...]

CallStatus ArrayOf(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  ArrayBuilder builder(ResultElement(context));
  for (size_t i = 0; i < context->call->args.size(); ++i) AddValue(args[i], nulls[i], &builder);
  *result = builder.ToDatum(context->arena);
  return CallStatus::kOk;
}
CallStatus ArrayOfArrays(FunctionContext* context, const Datum* args, const bool* nulls,
                         Datum* result) {
  std::vector<const types::StringRef*> arrays;
  for (size_t i = 0; i < context->call->args.size(); ++i)
    arrays.push_back(nulls[i] ? nullptr : &args[i].string);
  Result<Datum> made = types::ArrayOfArrays(ResultElement(context), arrays, context->arena);
  if (!made.ok()) return context->Fail(std::move(made).error());
  *result = *made;
  return CallStatus::kOk;
}

// ---- Appending

/// The array and one element before or after it. A NULL array is empty.
CallStatus AddOne(FunctionContext* context, const Datum& array, bool array_null,
                  const Datum& element, bool element_null, bool in_front, Datum* result) {
  ArrayBuilder empty(ResultElement(context));
  ArrayReader reader(array_null ? std::string_view(empty.Finish()) : array.string.view());
  if (reader.dimension_count() > 1) {
    return context->Fail(SqlState::kDataException,
                         "argument must be empty or one-dimensional array");
  }
  ArrayBuilder builder(reader.element());
  if (in_front) AddValue(element, element_null, &builder);
  for (uint32_t i = 0; i < reader.count(); ++i) AddNext(&reader, &builder);
  if (!in_front) AddValue(element, element_null, &builder);
  ArrayDimension made{static_cast<int32_t>(builder.count()), 1};
  if (reader.count() > 0) made.lower = reader.dimensions()[0].lower;
  if (int64_t{made.lower} + made.length - 1 > INT32_MAX)
    return context->Fail(SqlState::kNumericValueOutOfRange, "integer out of range");
  *result = builder.ToDatum({&made, 1}, context->arena);
  return CallStatus::kOk;
}
CallStatus ArrayAppend(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return AddOne(c, args[0], nulls[0], args[1], nulls[1], false, r);
}
CallStatus ArrayPrepend(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return AddOne(c, args[1], nulls[1], args[0], nulls[0], true, r);
}

CallStatus Incompatible(FunctionContext* context, std::string detail) {
  Error error = MakeError(SqlState::kArraySubscriptError, "cannot concatenate incompatible arrays");
  error.detail = std::move(detail);
  return context->Fail(std::move(error));
}
CallStatus ArrayConcatenate(FunctionContext* context, const Datum* args, const bool* nulls,
                            Datum* result) {
  if (nulls[0] && nulls[1]) return CallStatus::kNull;
  if (nulls[0] || nulls[1]) {
    *result = args[nulls[0] ? 1 : 0];
    return CallStatus::kOk;
  }
  ArrayReader a(args[0].string.view()), b(args[1].string.view());
  if (a.count() == 0 || b.count() == 0) {
    *result = args[a.count() == 0 ? 1 : 0];
    return CallStatus::kOk;
  }
  const int da = a.dimension_count(), db = b.dimension_count();
  if (da - db > 1 || db - da > 1) {
    return Incompatible(context, "Arrays of " + std::to_string(da) + " and " + std::to_string(db) +
                                     " dimensions are not compatible for concatenation.");
  }
  const auto x = a.dimensions(), y = b.dimensions();
  std::vector<ArrayDimension> made;
  if (da == db) {
    if (!std::equal(x.begin() + 1, x.end(), y.begin() + 1, y.end())) {
      return Incompatible(
          context,
          "Arrays with differing element dimensions are not compatible for concatenation.");
    }
    made.assign(x.begin(), x.end());
    made[0].length += y[0].length;
  } else {
    // One is an element of the other.
    const auto& outer = da > db ? x : y;
    const auto& inner = da > db ? y : x;
    if (!std::equal(outer.begin() + 1, outer.end(), inner.begin(), inner.end())) {
      return Incompatible(context,
                          "Arrays with differing dimensions are not compatible for concatenation.");
    }
    made.assign(outer.begin(), outer.end());
    ++made[0].length;
  }
  ArrayBuilder builder(a.element());
  for (uint32_t i = 0; i < a.count(); ++i) AddNext(&a, &builder);
  for (uint32_t i = 0; i < b.count(); ++i) AddNext(&b, &builder);
  Result<int64_t> count = types::ArrayElementCount(made);
  if (!count.ok()) return context->Fail(std::move(count).error());
  *result = builder.ToDatum(made, context->arena);
  return CallStatus::kOk;
}

// ---- Removing and replacing

bool SameValue(const Type& type, const Datum& a, bool a_null, const Datum& b, bool b_null) {
  return a_null || b_null ? a_null && b_null : Compare(type, a, b) == 0;
}

CallStatus ArrayRemove(FunctionContext* context, const Datum* args, const bool* nulls,
                       Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  ArrayReader reader(args[0].string.view());
  if (reader.dimension_count() > 1) {
    return context->Fail(SqlState::kFeatureNotSupported,
                         "removing elements from multidimensional arrays is not supported");
  }
  ArrayBuilder builder(reader.element());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool null = !reader.Next(&value);
    if (!SameValue(Type(reader.element()), value, null, args[1], nulls[1]))
      AddValue(value, null, &builder);
  }
  if (builder.count() == reader.count()) {
    *result = args[0];
    return CallStatus::kOk;
  }
  std::vector<ArrayDimension> made(reader.dimensions().begin(), reader.dimensions().end());
  if (!made.empty()) made[0].length = static_cast<int32_t>(builder.count());
  *result = builder.ToDatum(made, context->arena);
  return CallStatus::kOk;
}
CallStatus ArrayReplace(FunctionContext* context, const Datum* args, const bool* nulls,
                        Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  ArrayReader reader(args[0].string.view());
  ArrayBuilder builder(reader.element());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool null = !reader.Next(&value);
    if (SameValue(Type(reader.element()), value, null, args[1], nulls[1])) {
      AddValue(args[2], nulls[2], &builder);
    } else {
      AddValue(value, null, &builder);
    }
  }
  *result = builder.ToDatum(reader.dimensions(), context->arena);
  return CallStatus::kOk;
}
CallStatus TrimArray(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const ArrayReader reader(args[0].string.view());
  const int32_t length = reader.count() == 0 ? 0 : reader.dimensions()[0].length;
  const int32_t cut = args[1].i32;
  if (cut < 0 || cut > length) {
    return context->Fail(
        SqlState::kArraySubscriptError,
        "number of elements to trim must be between 0 and " + std::to_string(length));
  }
  types::ArraySlice slice;
  slice.has_upper = true;
  slice.upper = reader.count() == 0 ? 0 : reader.dimensions()[0].lower + length - cut - 1;
  *result = types::ArraySliceOf(args[0].string.view(), {&slice, 1}, context->arena);
  return CallStatus::kOk;
}

// ---- Filling

/// The elements of an int4[] of one dimension without NULLs.
bool ReadInts(FunctionContext* context, const Datum& array, std::vector<int32_t>* ints) {
  ArrayReader reader(array.string.view());
  if (reader.dimension_count() > 1) {
    Error error = MakeError(SqlState::kArraySubscriptError, "wrong number of array subscripts");
    error.detail = "Dimension array must be one dimensional.";
    context->Fail(std::move(error));
    return false;
  }
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    if (!reader.Next(&value)) {
      context->Fail(SqlState::kNullValueNotAllowed, "dimension values cannot be null");
      return false;
    }
    ints->push_back(value.i32);
  }
  return true;
}
CallStatus ArrayFill(FunctionContext* context, const Datum* args, const bool* nulls, size_t count,
                     Datum* result) {
  if (nulls[1] || (count == 3 && nulls[2])) {
    return context->Fail(SqlState::kNullValueNotAllowed,
                         "dimension array or low bound array cannot be null");
  }
  std::vector<int32_t> lengths, lowers;
  if (!ReadInts(context, args[1], &lengths)) return CallStatus::kError;
  if (count == 3) {
    if (!ReadInts(context, args[2], &lowers)) return CallStatus::kError;
    if (lowers.size() != lengths.size()) {
      Error error = MakeError(SqlState::kArraySubscriptError, "wrong number of array subscripts");
      error.detail = "Low bound array has different size than dimensions array.";
      return context->Fail(std::move(error));
    }
  }
  if (lengths.size() > types::kArrayDimensionsMax) {
    return context->Fail(SqlState::kProgramLimitExceeded, "number of array dimensions (" +
                                                              std::to_string(lengths.size()) +
                                                              ") exceeds the maximum allowed (6)");
  }
  std::vector<ArrayDimension> made;
  bool empty = false;
  for (size_t i = 0; i < lengths.size(); ++i) {
    if (lengths[i] < 0) {
      return context->Fail(SqlState::kProgramLimitExceeded,
                           "array size exceeds the maximum allowed (134217727)");
    }
    empty |= lengths[i] == 0;
    made.push_back({lengths[i], lowers.empty() ? 1 : lowers[i]});
  }
  ArrayBuilder builder(ResultElement(context));
  Result<int64_t> elements = types::ArrayElementCount(made);
  if (!elements.ok()) return context->Fail(std::move(elements).error());
  if (empty) made.clear();
  for (int64_t i = 0; !empty && i < *elements; ++i) AddValue(args[0], nulls[0], &builder);
  *result = builder.ToDatum(made, context->arena);
  return CallStatus::kOk;
}
CallStatus ArrayFill2(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return ArrayFill(c, args, nulls, 2, r);
}
CallStatus ArrayFill3(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return ArrayFill(c, args, nulls, 3, r);
}

// ---- From text

CallStatus StringToArray(FunctionContext* context, const Datum* args, const bool* nulls,
                         bool has_null_text, Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  std::string_view rest = args[0].string.view();
  ArrayBuilder builder(TypeId::kText);
  auto put = [&](std::string_view part) {
    Datum value;
    value.string = {part.data(), part.size()};
    AddValue(value, has_null_text && !nulls[2] && part == args[2].string.view(), &builder);
  };
  if (nulls[1]) {
    while (!rest.empty()) {
      const auto size = static_cast<size_t>(types::CharBytes(rest[0]));
      put(rest.substr(0, size));
      rest.remove_prefix(size);
    }
  } else if (!rest.empty()) {
    const std::string_view separator = args[1].string.view();
    size_t at;
    while (!separator.empty() && (at = rest.find(separator)) != std::string_view::npos) {
      put(rest.substr(0, at));
      rest.remove_prefix(at + separator.size());
    }
    put(rest);
  }
  *result = builder.ToDatum(context->arena);
  return CallStatus::kOk;
}
CallStatus StringToArray2(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return StringToArray(c, args, nulls, false, r);
}
CallStatus StringToArray3(FunctionContext* c, const Datum* args, const bool* nulls, Datum* r) {
  return StringToArray(c, args, nulls, true, r);
}

}  // namespace

void AddArrayEditFunctions(std::vector<Function>* list) {
  constexpr TypeId T = TypeId::kText, I = TypeId::kInt4, A = TypeId::kArray,
                   E = TypeId::kAnyElement, CA = TypeId::kAnyCompatibleArray,
                   CE = TypeId::kAnyCompatible;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, bool strict = false) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = true;
    row.strict = strict;
    row.wants_types = true;
    Add(list, row);
    return &list->back();
  };
  // clang-format off
  add(378, "array_append", "||", {CA, CE}, CA, ArrayAppend);
  add(379, "array_prepend", "||", {CE, CA}, CA, ArrayPrepend);
  add(383, "array_cat", "||", {CA, CA}, CA, ArrayConcatenate);
  add(3167, "array_remove", "", {CA, CE}, CA, ArrayRemove);
  add(3168, "array_replace", "", {CA, CE, CE}, CA, ArrayReplace);
  add(6172, "trim_array", "", {A, I}, A, TrimArray, true);
  add(1193, "array_fill", "", {E, A}, A, ArrayFill2)->args[1] = Type::ArrayOf(I);
  Function* fill = add(1286, "array_fill", "", {E, A, A}, A, ArrayFill3);
  fill->args[1] = fill->args[2] = Type::ArrayOf(I);
  add(394, "string_to_array", "", {T, T}, A, StringToArray2)->result = Type::ArrayOf(T);
  add(376, "string_to_array", "", {T, T, T}, A, StringToArray3)->result = Type::ArrayOf(T);
  // Not in PostgreSQL's catalog: ARRAY[...] of values, and of arrays.
  add(9302, "array_of", "", {E}, A, ArrayOf)->variadic = true;
  add(9303, "array_of_arrays", "", {A}, A, ArrayOfArrays)->variadic = true;
  // clang-format on
}

}  // namespace lathe::func
