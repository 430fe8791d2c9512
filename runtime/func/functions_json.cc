// Functions and operators of json (text): parts, kinds, and the sets of rows of json and jsonb.
#include <charconv>

#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/json.h"
#include "runtime/types/jsonb.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonbView;
using types::JsonKind;
using types::JsonSlice;
using types::Type;
using types::TypeId;

using Parts = std::vector<std::pair<std::string, JsonSlice>>;

CallStatus Invalid(FunctionContext* context, std::string message) {
  return context->Fail(SqlState::kInvalidParameterValue, std::move(message));
}

/// A part as json, or as text: strings unescaped, null as NULL.
CallStatus PutPart(FunctionContext* context, const JsonSlice& part, bool as_text, Datum* result) {
  if (!as_text) return PutView(part.text, result);
  if (part.kind == JsonKind::kNull) return CallStatus::kNull;
  if (part.kind == JsonKind::kString)
    return PutBytes(context, types::JsonUnescape(part.text), result);
  return PutView(part.text, result);
}

/// The member of this key (the last one), or the item of this number (from the end if negative).
const JsonSlice* Member(const Parts& parts, std::string_view key) {
  for (size_t i = parts.size(); i-- > 0;) {
    if (parts[i].first == key) return &parts[i].second;
  }
  return nullptr;
}
const JsonSlice* Item(const Parts& parts, int64_t index) {
  if (index < 0) index += static_cast<int64_t>(parts.size());
  if (index < 0 || index >= static_cast<int64_t>(parts.size())) return nullptr;
  return &parts[static_cast<size_t>(index)].second;
}

template <bool kText>
CallStatus Field(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (types::JsonKindOf(args[0].string.view()) != JsonKind::kObject) return CallStatus::kNull;
  Result<Parts> parts = types::JsonParts(args[0].string.view());
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  const JsonSlice* found = Member(*parts, args[1].string.view());
  return found == nullptr ? CallStatus::kNull : PutPart(context, *found, kText, result);
}
template <bool kText>
CallStatus Element(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  if (types::JsonKindOf(args[0].string.view()) != JsonKind::kArray) return CallStatus::kNull;
  Result<Parts> parts = types::JsonParts(args[0].string.view());
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  const JsonSlice* found = Item(*parts, args[1].i32);
  return found == nullptr ? CallStatus::kNull : PutPart(context, *found, kText, result);
}

bool ParseIndex(std::string_view text, int64_t* index) {
  if (!text.empty() && text[0] == '+') text.remove_prefix(1);
  auto end = std::from_chars(text.data(), text.data() + text.size(), *index);
  return end.ec == std::errc() && end.ptr == text.data() + text.size() && *index >= INT32_MIN &&
         *index <= INT32_MAX;
}

/// Follows a path of keys and numbers. False when it leads nowhere, or with an error.
CallStatus Follow(FunctionContext* context, std::string_view json,
                  const std::vector<std::string_view>& path, bool as_text, Datum* result) {
  JsonSlice at{types::JsonKindOf(json), json};
  for (const std::string_view step : path) {
    if (at.kind != JsonKind::kObject && at.kind != JsonKind::kArray) return CallStatus::kNull;
    Result<Parts> parts = types::JsonParts(at.text);
    if (!parts.ok()) return context->Fail(std::move(parts).error());
    const JsonSlice* found = nullptr;
    int64_t index;
    if (at.kind == JsonKind::kObject) {
      found = Member(*parts, step);
    } else if (ParseIndex(step, &index)) {
      found = Item(*parts, index);
    }
    if (found == nullptr) return CallStatus::kNull;
    at = *found;
  }
  return PutPart(context, at, as_text, result);
}
CallStatus FollowBinary(FunctionContext* context, JsonbView at,
                        const std::vector<std::string_view>& path, bool as_text, Datum* result) {
  for (const std::string_view step : path) {
    int64_t index;
    if (at.kind() == JsonKind::kObject) {
      index = at.Find(step);
      if (index < 0) return CallStatus::kNull;
    } else if (at.kind() == JsonKind::kArray && ParseIndex(step, &index)) {
      if (index < 0) index += at.count();
      if (index < 0 || index >= at.count()) return CallStatus::kNull;
    } else {
      return CallStatus::kNull;
    }
    at = at.value(static_cast<uint32_t>(index));
  }
  if (!as_text) return PutView(at.bytes(), result);
  if (at.kind() == JsonKind::kNull) return CallStatus::kNull;
  std::string text;
  types::AppendJsonbText(at, &text);
  return PutText(context, text, result);
}

/// The path of a text[]; false when it has a NULL.
bool PathOfArray(const Datum& array, std::vector<std::string_view>* path) {
  types::ArrayReader reader(array.string.view());
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Datum step;
    if (!reader.Next(&step)) return false;
    path->push_back(step.string.view());
  }
  return true;
}
template <bool kBinary, bool kText>
CallStatus AtPath(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::vector<std::string_view> path;
  if (!PathOfArray(args[1], &path)) return CallStatus::kNull;
  if (kBinary) return FollowBinary(context, JsonbView(args[0].string.view()), path, kText, result);
  return Follow(context, args[0].string.view(), path, kText, result);
}
/// The same with the path as arguments.
template <bool kBinary, bool kText>
CallStatus AtArguments(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::vector<std::string_view> path;
  for (size_t i = 1; i < context->call->args.size(); ++i) path.push_back(args[i].string.view());
  if (kBinary) return FollowBinary(context, JsonbView(args[0].string.view()), path, kText, result);
  return Follow(context, args[0].string.view(), path, kText, result);
}

const char* KindName(JsonKind kind) {
  switch (kind) {
    case JsonKind::kNull:
      return "null";
    case JsonKind::kString:
      return "string";
    case JsonKind::kNumber:
      return "number";
    case JsonKind::kFalse:
    case JsonKind::kTrue:
      return "boolean";
    case JsonKind::kArray:
      return "array";
    case JsonKind::kObject:
      return "object";
  }
  return "";
}
CallStatus JsonTypeOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, KindName(types::JsonKindOf(args[0].string.view())), result);
}
CallStatus JsonbTypeOf(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutText(context, KindName(JsonbView(args[0].string.view()).kind()), result);
}
CallStatus CheckArray(FunctionContext* context, JsonKind kind) {
  if (kind == JsonKind::kArray) return CallStatus::kOk;
  return Invalid(context, kind == JsonKind::kObject ? "cannot get array length of a non-array"
                                                    : "cannot get array length of a scalar");
}
CallStatus JsonArrayLength(FunctionContext* context, const Datum* args, const bool*,
                           Datum* result) {
  if (CheckArray(context, types::JsonKindOf(args[0].string.view())) != CallStatus::kOk)
    return CallStatus::kError;
  Result<Parts> parts = types::JsonParts(args[0].string.view());
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  return PutInt(static_cast<int32_t>(parts->size()), result);
}
CallStatus JsonbArrayLength(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  const JsonbView value(args[0].string.view());
  if (CheckArray(context, value.kind()) != CallStatus::kOk) return CallStatus::kError;
  return PutInt(static_cast<int32_t>(value.count()), result);
}
CallStatus StripNulls(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutBytes(context, types::JsonStripNulls(args[0].string.view()), result);
}

// ---- Rows

Datum ViewDatum(std::string_view text) {
  Datum value;
  value.string = {text.data(), text.size()};
  return value;
}

/// The parts of json or jsonb as rows (key and value, key, or value); with kText the values as
/// text.
enum class Rows { kBoth, kKeys, kValues };
bool AddRow(SetSink* sink, Rows rows, std::string_view key, const Datum& value, bool null) {
  Datum both[2] = {ViewDatum(key), value};
  const bool nulls[2] = {false, null};
  if (rows == Rows::kBoth) return sink->Add(both, nulls);
  return rows == Rows::kKeys ? sink->Add(both, nulls) : sink->Add(both + 1, nulls + 1);
}

template <Rows kRows, bool kText>
CallStatus JsonRows(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  static const std::string name = kRows == Rows::kKeys ? "json_object_keys"
                                  : kText              ? "json_array_elements_text"
                                                       : "json_array_elements";
  const std::string_view json = args[0].string.view();
  const JsonKind kind = types::JsonKindOf(json);
  const bool scalar = kind != JsonKind::kObject && kind != JsonKind::kArray;
  if (kRows == Rows::kBoth && kind != JsonKind::kObject) {
    return Invalid(context, scalar ? "cannot deconstruct a scalar"
                                   : "cannot deconstruct an array as an object");
  }
  if (kRows == Rows::kKeys && kind != JsonKind::kObject)
    return Invalid(context, "cannot call " + name + (scalar ? " on a scalar" : " on an array"));
  if (kRows == Rows::kValues && kind != JsonKind::kArray)
    return Invalid(context, "cannot call " + name + (scalar ? " on a scalar" : " on a non-array"));
  Result<Parts> parts = types::JsonParts(json);
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  for (const auto& [key, part] : *parts) {
    Datum value;
    bool null = false;
    if (kRows != Rows::kKeys) {
      const CallStatus status = PutPart(context, part, kText, &value);
      if (status == CallStatus::kError) return status;
      null = status == CallStatus::kNull;
    }
    if (!AddRow(sink, kRows, key, value, null)) return CallStatus::kError;
  }
  return CallStatus::kOk;
}

template <Rows kRows, bool kText>
CallStatus JsonbRows(FunctionContext* context, const Datum* args, const bool*, SetSink* sink) {
  const JsonbView value(args[0].string.view());
  const bool scalar = !value.is_container();
  if (kRows == Rows::kBoth && value.kind() != JsonKind::kObject) {
    return Invalid(context, std::string("cannot call ") +
                                (kText ? "jsonb_each_text" : "jsonb_each") + " on a non-object");
  }
  if (kRows == Rows::kKeys && value.kind() != JsonKind::kObject) {
    return Invalid(context, std::string("cannot call jsonb_object_keys on ") +
                                (scalar ? "a scalar" : "an array"));
  }
  if (kRows == Rows::kValues && value.kind() != JsonKind::kArray)
    return Invalid(context, scalar ? "cannot extract elements from a scalar"
                                   : "cannot extract elements from an object");
  std::string text;
  for (uint32_t i = 0; i < value.count(); ++i) {
    const JsonbView part = value.value(i);
    text.clear();
    if (kText && kRows != Rows::kKeys) types::AppendJsonbText(part, &text);
    const std::string_view key = kRows == Rows::kValues ? std::string_view() : value.key(i);
    const bool null = kText && part.kind() == JsonKind::kNull;
    if (!AddRow(sink, kRows, key, ViewDatum(kText ? std::string_view(text) : part.bytes()), null))
      return CallStatus::kError;
  }
  return CallStatus::kOk;
}

}  // namespace

void AddJsonFunctions(std::vector<Function>* list) {
  constexpr TypeId J = TypeId::kJson, JB = TypeId::kJsonb, T = TypeId::kText, I = TypeId::kInt4;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, bool can_fail = true) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = can_fail;
    Add(list, row);
    return &list->back();
  };
  auto path = [&](uint32_t oid, std::string_view name, std::string_view op, TypeId type,
                  TypeId result, BoxedFunction boxed) {
    add(oid, name, op, {type, T}, result, boxed)->args[1] = Type::ArrayOf(T);
  };
  auto steps = [&](uint32_t oid, std::string_view name, TypeId type, TypeId result,
                   BoxedFunction boxed) {
    Function* f = add(oid, name, "", {type, T}, result, boxed);
    f->variadic = f->wants_types = true;
  };
  // clang-format off
  add(3947, "json_object_field", "->", {J, T}, J, Field<false>);
  add(3948, "json_object_field_text", "->>", {J, T}, T, Field<true>);
  add(3949, "json_array_element", "->", {J, I}, J, Element<false>);
  add(3950, "json_array_element_text", "->>", {J, I}, T, Element<true>);
  path(3951, "json_extract_path", "#>", J, J, AtPath<false, false>);
  path(3953, "json_extract_path_text", "#>>", J, T, AtPath<false, true>);
  path(3217, "jsonb_extract_path", "#>", JB, JB, AtPath<true, false>);
  path(3940, "jsonb_extract_path_text", "#>>", JB, T, AtPath<true, true>);
  steps(9500, "json_extract_path", J, J, AtArguments<false, false>);
  steps(9501, "json_extract_path_text", J, T, AtArguments<false, true>);
  steps(9502, "jsonb_extract_path", JB, JB, AtArguments<true, false>);
  steps(9503, "jsonb_extract_path_text", JB, T, AtArguments<true, true>);
  add(3968, "json_typeof", "", {J}, T, JsonTypeOf, false);
  add(3210, "jsonb_typeof", "", {JB}, T, JsonbTypeOf, false);
  add(3956, "json_array_length", "", {J}, I, JsonArrayLength);
  add(3207, "jsonb_array_length", "", {JB}, I, JsonbArrayLength);
  add(3261, "json_strip_nulls", "", {J}, J, StripNulls);
  // clang-format on
}

void AddJsonSetFunctions(std::vector<SetFunction>* list) {
  constexpr TypeId J = TypeId::kJson, JB = TypeId::kJsonb, T = TypeId::kText;
  auto add = [&](uint32_t oid, std::string_view name, TypeId arg, std::vector<Type> columns,
                 std::vector<std::string_view> names, decltype(SetFunction::run) run) {
    SetFunction f;
    f.oid = Oid(oid);
    f.name = name;
    f.args = {Type(arg)};
    f.columns = std::move(columns);
    f.column_names = std::move(names);
    f.rows = 100;
    f.run = run;
    list->push_back(std::move(f));
  };
  // clang-format off
  add(3955, "json_array_elements", J, {Type(J)}, {"value"}, JsonRows<Rows::kValues, false>);
  add(3969, "json_array_elements_text", J, {Type(T)}, {"value"}, JsonRows<Rows::kValues, true>);
  add(3958, "json_each", J, {Type(T), Type(J)}, {"key", "value"}, JsonRows<Rows::kBoth, false>);
  add(3959, "json_each_text", J, {Type(T), Type(T)}, {"key", "value"}, JsonRows<Rows::kBoth, true>);
  add(3957, "json_object_keys", J, {Type(T)}, {""}, JsonRows<Rows::kKeys, false>);
  add(3219, "jsonb_array_elements", JB, {Type(JB)}, {"value"}, JsonbRows<Rows::kValues, false>);
  add(3465, "jsonb_array_elements_text", JB, {Type(T)}, {"value"}, JsonbRows<Rows::kValues, true>);
  add(3208, "jsonb_each", JB, {Type(T), Type(JB)}, {"key", "value"}, JsonbRows<Rows::kBoth, false>);
  add(3932, "jsonb_each_text", JB, {Type(T), Type(T)}, {"key", "value"}, JsonbRows<Rows::kBoth, true>);
  add(3931, "jsonb_object_keys", JB, {Type(T)}, {""}, JsonbRows<Rows::kKeys, false>);
  // clang-format on
}

}  // namespace lathe::func
