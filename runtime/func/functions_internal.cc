// Functions without a name in SQL that the binder makes calls of: assignments to a part of an array
// or of a jsonb value, and VARIADIC arguments.
#include <charconv>
#include <cstring>
#include <memory>

#include "runtime/base/hash.h"
#include "runtime/func/like_prefix.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/json.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/order.h"

namespace lathe::func {
namespace {

using types::ArrayBuilder;
using types::ArrayDimension;
using types::ArrayReader;
using types::Datum;
using types::JsonbView;
using types::JsonKind;
using types::JsonNode;
using types::Type;
using types::TypeId;

CallStatus Subscripts(FunctionContext* context, const char* message) {
  return context->Fail(SqlState::kArraySubscriptError, message);
}

/// (array, value, subscripts ...): a[i][j] = value.
CallStatus ArrayPut(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  const size_t count = context->call->args.size() - 2;
  if (count > types::kArrayDimensionsMax)
    return Subscripts(context, "wrong number of array subscripts");
  int32_t subscripts[types::kArrayDimensionsMax];
  for (size_t i = 0; i < count; ++i) {
    if (nulls[i + 2]) {
      return context->Fail(SqlState::kNullValueNotAllowed,
                           "array subscript in assignment must not be null");
    }
    subscripts[i] = args[i + 2].i32;
  }
  Result<Datum> made = types::ArrayWithElement(
      nulls[0] ? std::string_view() : args[0].string.view(), context->call->args[0].element,
      {subscripts, count}, nulls[1] ? nullptr : &args[1], context->arena);
  if (!made.ok()) return context->Fail(std::move(made).error());
  *result = *made;
  return CallStatus::kOk;
}

/// One dimension of a slice that is assigned to.
struct Bounds {
  bool has_lower = false, has_upper = false;
  int64_t lower = 0, upper = 0;
};

/// The elements of an array, to be read in any order.
class Elements {
 public:
  explicit Elements(std::string_view array) {
    ArrayReader reader(array);
    for (uint32_t i = 0; i < reader.count(); ++i) {
      Datum value;
      const bool there = reader.Next(&value);
      items_.emplace_back(there, value);
    }
  }
  size_t size() const { return items_.size(); }
  void AddTo(ArrayBuilder* builder, size_t i) const {
    if (items_[i].first) {
      builder->Add(items_[i].second);
    } else {
      builder->AddNull();
    }
  }

 private:
  std::vector<std::pair<bool, Datum>> items_;
};

/// The array with the elements of a slice taken from `source`, in order; PostgreSQL's rules.
CallStatus PutSlice(FunctionContext* context, std::string_view array, std::string_view source,
                    TypeId element, std::vector<Bounds> bounds, Datum* result) {
  const Elements fresh(source);
  ArrayReader reader(array);
  std::vector<ArrayDimension> made(reader.dimensions().begin(), reader.dimensions().end());
  ArrayBuilder builder(element);
  const bool empty = made.empty();
  if (!empty && (made.size() < bounds.size() || bounds.size() > types::kArrayDimensionsMax)) {
    return Subscripts(context, "wrong number of array subscripts");
  }
  if (empty) {
    for (const Bounds& b : bounds) {
      if (!b.has_lower || !b.has_upper) {
        Error error = MakeError(SqlState::kArraySubscriptError,
                                "array slice subscript must provide both boundaries");
        error.detail =
            "When assigning to a slice of an empty array value, slice boundaries must be fully "
            "specified.";
        return context->Fail(std::move(error));
      }
      made.push_back({0, static_cast<int32_t>(b.lower)});
    }
  }
  bounds.resize(made.size());
  int64_t wanted = 1;
  for (size_t i = 0; i < made.size(); ++i) {
    Bounds& b = bounds[i];
    const int64_t last = int64_t{made[i].lower} + made[i].length - 1;
    if (!b.has_lower) b.lower = made[i].lower;
    if (!b.has_upper) b.upper = last;
    if (b.lower > b.upper)
      return Subscripts(context, "upper bound cannot be less than lower bound");
    if (!empty && made.size() > 1 && (b.lower < made[i].lower || b.upper > last)) {
      return Subscripts(context, "array subscript out of range");
    }
    const int64_t length = b.upper - b.lower + 1;
    if (length > types::kArrayElementsMax || wanted * length > types::kArrayElementsMax) {
      return context->Fail(SqlState::kProgramLimitExceeded,
                           "array size exceeds the maximum allowed (134217727)");
    }
    wanted *= length;
    if (empty) made[i].length = static_cast<int32_t>(length);
  }
  if (wanted > static_cast<int64_t>(fresh.size()))
    return Subscripts(context, "source array too small");
  if (empty) {
    for (int64_t i = 0; i < wanted; ++i) fresh.AddTo(&builder, static_cast<size_t>(i));
    *result = builder.ToDatum(made, context->arena);
    return CallStatus::kOk;
  }
  const Elements old(array);
  if (made.size() == 1) {
    const int64_t lower = std::min<int64_t>(made[0].lower, bounds[0].lower);
    const int64_t upper =
        std::max<int64_t>(int64_t{made[0].lower} + made[0].length - 1, bounds[0].upper);
    if (upper - lower >= types::kArrayElementsMax) {
      return context->Fail(SqlState::kProgramLimitExceeded,
                           "array size exceeds the maximum allowed (134217727)");
    }
    for (int64_t i = lower; i <= upper; ++i) {
      if (i >= bounds[0].lower && i <= bounds[0].upper) {
        fresh.AddTo(&builder, static_cast<size_t>(i - bounds[0].lower));
      } else if (i >= made[0].lower && i < int64_t{made[0].lower} + made[0].length) {
        old.AddTo(&builder, static_cast<size_t>(i - made[0].lower));
      } else {
        builder.AddNull();
      }
    }
    made[0] = {static_cast<int32_t>(upper - lower + 1), static_cast<int32_t>(lower)};
    *result = builder.ToDatum(made, context->arena);
    return CallStatus::kOk;
  }
  std::vector<int64_t> at;
  for (const ArrayDimension& d : made) at.push_back(d.lower);
  size_t next = 0;
  for (size_t e = 0; e < old.size(); ++e) {
    bool within = true;
    for (size_t i = 0; i < at.size(); ++i)
      within &= at[i] >= bounds[i].lower && at[i] <= bounds[i].upper;
    if (within) {
      fresh.AddTo(&builder, next++);
    } else {
      old.AddTo(&builder, e);
    }
    for (size_t i = at.size(); i-- > 0;) {
      if (++at[i] < int64_t{made[i].lower} + made[i].length) break;
      at[i] = made[i].lower;
    }
  }
  *result = builder.ToDatum(made, context->arena);
  return CallStatus::kOk;
}

/// (array, source array, bits of the bounds that are there, lower, upper, ...): a[i:j] = source. A
/// NULL source changes nothing.
CallStatus ArrayPutSlice(FunctionContext* context, const Datum* args, const bool* nulls,
                         Datum* result) {
  std::vector<Bounds> bounds((context->call->args.size() - 3) / 2);
  for (size_t i = 0; i < bounds.size(); ++i) {
    bounds[i].has_lower = (args[2].i32 >> (2 * i) & 1) != 0;
    bounds[i].has_upper = (args[2].i32 >> (2 * i + 1) & 1) != 0;
    if ((bounds[i].has_lower && nulls[3 + 2 * i]) || (bounds[i].has_upper && nulls[4 + 2 * i])) {
      return context->Fail(SqlState::kNullValueNotAllowed,
                           "array subscript in assignment must not be null");
    }
    bounds[i].lower = args[3 + 2 * i].i32;
    bounds[i].upper = args[4 + 2 * i].i32;
  }
  if (nulls[1]) {
    if (nulls[0]) return CallStatus::kNull;
    *result = args[0];
    return CallStatus::kOk;
  }
  const TypeId element = context->call->args[0].element;
  ArrayBuilder none(element);
  return PutSlice(context, nulls[0] ? std::string_view(none.Finish()) : args[0].string.view(),
                  args[1].string.view(), element, std::move(bounds), result);
}

// ---- jsonb

bool ParseIndex(std::string_view text, int64_t* index) {
  int32_t value = 0;
  const auto parsed = std::from_chars(text.data(), text.data() + text.size(), value);
  *index = value;
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
}

/// value[path[level]]... = fresh, what is missing on the way made: an array where the key is a
/// number, else an object.
Result<JsonNode> JsonPut(const JsonbView* value, const std::vector<std::string_view>& path,
                         size_t level, const JsonNode& fresh) {
  if (level == path.size()) return fresh;
  const std::string_view key = path[level];
  int64_t index = 0;
  const bool number = ParseIndex(key, &index);
  if (value != nullptr && !value->is_container()) {
    Error error = MakeError(SqlState::kInvalidParameterValue, "cannot replace existing key");
    error.detail = "The path assumes key is a composite object, but it is a scalar value.";
    return error;
  }
  JsonNode node = value != nullptr ? types::JsonbNode(*value)
                  : number         ? JsonNode::Array()
                                   : JsonNode::Object();
  if (node.kind == JsonKind::kObject) {
    const int64_t found = value != nullptr ? value->Find(key) : -1;
    if (found < 0) {
      LATHE_ASSIGN(JsonNode made, JsonPut(nullptr, path, level + 1, fresh));
      node.AddMember(std::string(key), std::move(made));
    } else {
      const JsonbView member = value->value(static_cast<uint32_t>(found));
      LATHE_ASSIGN(node.items[static_cast<size_t>(found)],
                   JsonPut(&member, path, level + 1, fresh));
    }
    return node;
  }
  if (!number) {
    return MakeError(SqlState::kInvalidTextRepresentation,
                     "path element at position " + std::to_string(level + 1) +
                         " is not an integer: \"" + std::string(key) + "\"");
  }
  const auto count = static_cast<int64_t>(node.items.size());
  if (index < 0 && -index > count) {
    return MakeError(SqlState::kInvalidParameterValue,
                     "path element at position " + std::to_string(level + 1) +
                         " is out of range: " + std::to_string(index));
  }
  if (index < 0) index += count;
  if (index > types::kArrayElementsMax) {
    return MakeError(SqlState::kProgramLimitExceeded,
                     "number of jsonb array elements exceeds the maximum allowed (134217727)");
  }
  if (index < count) {
    const JsonbView item = value->value(static_cast<uint32_t>(index));
    LATHE_ASSIGN(node.items[static_cast<size_t>(index)], JsonPut(&item, path, level + 1, fresh));
    return node;
  }
  LATHE_ASSIGN(JsonNode made, JsonPut(nullptr, path, level + 1, fresh));
  node.items.resize(static_cast<size_t>(index));
  node.items.push_back(std::move(made));
  return node;
}

/// (jsonb, value, keys as text ...): j['a']['b'] = value.
CallStatus JsonbPut(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  std::vector<std::string_view> path;
  for (size_t i = 2; i < context->call->args.size(); ++i) {
    if (nulls[i]) {
      return context->Fail(SqlState::kNullValueNotAllowed,
                           "jsonb subscript in assignment must not be null");
    }
    path.push_back(args[i].string.view());
  }
  const JsonNode fresh = nulls[1] ? JsonNode() : JsonNode::Encoded(args[1].string.view());
  const JsonbView old(nulls[0] ? std::string_view() : args[0].string.view());
  Result<JsonNode> node = JsonPut(nulls[0] ? nullptr : &old, path, 0, fresh);
  if (!node.ok()) return context->Fail(std::move(node).error());
  return PutBytes(context, types::EncodeJsonb(*node), result);
}

// ---- VARIADIC

/// (number of a variadic function, its fixed arguments ..., array): the call with the array's
/// elements; NULL for a NULL array.
CallStatus CallVariadic(FunctionContext* context, const Datum* args, const bool* nulls,
                        Datum* result) {
  const CallTypes* const outer = context->call;
  const Function* const function = FunctionByOid(Oid(static_cast<uint32_t>(args[0].i32)));
  if (function == nullptr) return context->Fail(NotSupported("this VARIADIC call"));
  const size_t fixed = outer->args.size() - 2;
  const size_t last = fixed + 1;
  if (nulls[last]) return CallStatus::kNull;
  std::vector<Type> arg_types;
  std::vector<Datum> values;
  std::vector<uint8_t> absent;
  for (size_t i = 1; i <= fixed; ++i) {
    if (nulls[i] && function->strict) return CallStatus::kNull;
    arg_types.push_back(outer->args[i]);
    values.push_back(args[i]);
    absent.push_back(nulls[i] ? 1 : 0);
  }
  ArrayReader reader(args[last].string.view());
  const Type element(reader.element());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    const bool there = reader.Next(&value);
    if (!there && function->strict) return CallStatus::kNull;
    if (there && function->any_as_text) {
      std::string text;
      types::AppendText(element, value, context->format_or_default(), &text);
      value.string = context->Keep(text);
    }
    arg_types.push_back(function->any_as_text ? Type(TypeId::kText) : element);
    values.push_back(value);
    absent.push_back(there ? 0 : 1);
  }
  std::unique_ptr<bool[]> flags(new bool[absent.size() + 1]());
  for (size_t i = 0; i < absent.size(); ++i) flags[i] = absent[i] != 0;
  values.emplace_back();
  CallTypes inner;
  inner.args = arg_types;
  inner.result = outer->result;
  context->call = &inner;
  const CallStatus status = function->boxed(context, values.data(), flags.get(), result);
  context->call = outer;
  return status;
}

/// (array), (separator, array): concat and concat_ws of the elements, NULLs left out.
template <size_t kArray>
CallStatus JoinVariadic(FunctionContext* context, const Datum* args, const bool* nulls,
                        Datum* result) {
  if (nulls[0] || nulls[kArray]) return CallStatus::kNull;
  ArrayReader reader(args[kArray].string.view());
  const Type element(reader.element());
  std::string text;
  bool first = true;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    if (!reader.Next(&value)) continue;
    if (!first && kArray > 0) text.append(args[0].string.view());
    types::AppendText(element, value, context->format_or_default(), &text);
    first = false;
  }
  return PutText(context, text, result);
}
/// (array): num_nulls and num_nonnulls of the elements.
template <bool kNulls>
CallStatus CountVariadic(FunctionContext*, const Datum* args, const bool* nulls, Datum* result) {
  if (nulls[0]) return CallStatus::kNull;
  ArrayReader reader(args[0].string.view());
  int32_t count = 0;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum value;
    count += reader.Next(&value) != kNulls ? 1 : 0;
  }
  return PutInt(count, result);
}

/// (seed, what identifies a row ...): where TABLESAMPLE REPEATABLE puts the row, from 0 to 100.
CallStatus SampleDraw(FunctionContext* context, const Datum* args, const bool* nulls,
                      Datum* result) {
  if (nulls[0]) {
    return context->Fail(SqlState::kInvalidTablesampleArgument,
                         "TABLESAMPLE REPEATABLE parameter cannot be null");
  }
  uint64_t h = base::MixBits(types::HashByType(Type(TypeId::kFloat8), args[0]) + 1);
  for (size_t i = 1; i < context->call->args.size(); ++i) {
    Type type = context->call->args[i];
    if (type.id == TypeId::kNumeric) type = Type(TypeId::kNumeric);
    h = base::MixBits(h * 31 + (nulls[i] ? 7 : types::HashByType(type, args[i])));
  }
  result->f64 = static_cast<double>(h >> 11) * 0x1p-53 * 100;
  return CallStatus::kOk;
}

/// A count of LIMIT (OFFSET) that depends on the row.
template <bool kLimit>
CallStatus CheckCount(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (args[0].i64 < 0) {
    return kLimit
               ? context->Fail(SqlState::kInvalidRowCountInLimit, "LIMIT must not be negative")
               : context->Fail(SqlState::kInvalidRowCountInOffset, "OFFSET must not be negative");
  }
  return PutInt8(args[0].i64, result);
}

/// A row of the table that MERGE would change twice.
CallStatus MergeAgain(FunctionContext* context, const Datum*, const bool*, Datum*) {
  Error error =
      MakeError(SqlState::kCardinalityViolation, "MERGE command cannot affect row a second time");
  error.hint = "Ensure that not more than one source row matches any one target row.";
  return context->Fail(std::move(error));
}

/// The same of INSERT ... ON CONFLICT DO UPDATE.
CallStatus ConflictAgain(FunctionContext* context, const Datum*, const bool*, Datum*) {
  Error error = MakeError(SqlState::kCardinalityViolation,
                          "ON CONFLICT DO UPDATE command cannot affect row a second time");
  error.hint =
      "Ensure that no rows proposed for insertion within the same command have duplicate "
      "constrained values.";
  return context->Fail(std::move(error));
}

/// (value, condition, domain, constraint): the value, if the condition is not false.
CallStatus CheckDomain(FunctionContext* context, const Datum* args, const bool* nulls,
                       Datum* result) {
  if (!nulls[1] && !args[1].b) {
    Error error =
        MakeError(SqlState::kCheckViolation,
                  "value for domain " + std::string(args[2].string.view()) +
                      " violates check constraint \"" + std::string(args[3].string.view()) + "\"");
    error.constraint_name = args[3].string.view();
    return context->Fail(std::move(error));
  }
  if (nulls[0]) return CallStatus::kNull;
  *result = args[0];
  return CallStatus::kOk;
}

/// (condition, message, relation, constraint or column): true, unless the condition is false.
CallStatus CheckRow(FunctionContext* context, const Datum* args, const bool* nulls, Datum* result) {
  if (!nulls[0] && !args[0].b) {
    const std::string message(args[1].string.view());
    const bool null = message.starts_with("null value");
    Error error =
        MakeError(null ? SqlState::kNotNullViolation : SqlState::kCheckViolation, message);
    error.table_name = args[2].string.view();
    (null ? error.column_name : error.constraint_name) = args[3].string.view();
    return context->Fail(std::move(error));
  }
  result->b = true;
  return CallStatus::kOk;
}

/// (value, domain): the value, which is not NULL.
CallStatus DomainNotNull(FunctionContext* context, const Datum* args, const bool* nulls,
                         Datum* result) {
  if (nulls[0]) {
    return context->Fail(
        SqlState::kNotNullViolation,
        "domain " + std::string(args[1].string.view()) + " does not allow null values");
  }
  *result = args[0];
  return CallStatus::kOk;
}

/// (pattern of LIKE): where the range of strings that may match begins, and where it ends.
template <bool end>
CallStatus LikeRange(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string text = LikePrefix(args[0].string.view());
  if (end) text = PrefixEnd(text);
  char* to = context->arena->Allocate(text.size());
  std::memcpy(to, text.data(), text.size());
  result->string = {to, text.size()};
  return CallStatus::kOk;
}

}  // namespace

void AddInternalFunctions(std::vector<Function>* list) {
  constexpr TypeId A = TypeId::kArray, E = TypeId::kAnyElement, I = TypeId::kInt4,
                   J = TypeId::kJsonb, T = TypeId::kText, U = TypeId::kUnknown;
  auto add = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, TypeId type,
                 BoxedFunction boxed) {
    Row row{oid, name, "", std::move(args), type, boxed};
    row.can_fail = true;
    row.strict = false;
    row.variadic = true;
    row.wants_types = true;
    Add(list, row);
  };
  add(9350, "array_put", {A, E, I}, A, ArrayPut);
  add(9351, "array_put_slice", {A, A, I, I}, A, ArrayPutSlice);
  add(9352, "jsonb_put", {J, J, T}, J, JsonbPut);
  add(9353, "call_variadic", {I, U}, U, CallVariadic);
  list->back().volatility = Volatility::kStable;
  add(9354, "concat_variadic", {U}, T, JoinVariadic<0>);
  list->back().volatility = Volatility::kStable;
  add(9357, "concat_ws_variadic", {T, U}, T, JoinVariadic<1>);
  list->back().volatility = Volatility::kStable;
  add(9364, "merge_again", {I}, I, MergeAgain);
  list->back().variadic = false;
  list->back().wants_types = false;
  add(9368, "conflict_again", {I}, I, ConflictAgain);
  list->back().variadic = false;
  list->back().wants_types = false;
  add(9369, "check_domain", {U, TypeId::kBool, T, T}, U, CheckDomain);
  list->back().variadic = false;
  list->back().wants_types = false;
  add(9371, "check_row", {TypeId::kBool, T, T, T}, TypeId::kBool, CheckRow);
  list->back().variadic = false;
  list->back().wants_types = false;
  add(9370, "domain_not_null", {U, T}, U, DomainNotNull);
  list->back().variadic = false;
  list->back().wants_types = false;
  add(9367, "sample_draw", {TypeId::kFloat8, U}, TypeId::kFloat8, SampleDraw);
  constexpr TypeId L = TypeId::kInt8;
  Add(list, {9365, "check_limit", "", {L}, L, CheckCount<true>, InlineOp::kNone, true});
  Add(list, {9366, "check_offset", "", {L}, L, CheckCount<false>, InlineOp::kNone, true});
  Add(list, {9372, "like_start", "", {T}, T, LikeRange<false>});
  Add(list, {9373, "like_end", "", {T}, T, LikeRange<true>});
  add(9355, "count_nulls", {U}, I, CountVariadic<true>);
  add(9356, "count_nonnulls", {U}, I, CountVariadic<false>);
}

}  // namespace lathe::func
