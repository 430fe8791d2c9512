// Functions that make json and jsonb of SQL values: to_json, array_to_json, json_build_*,
// json_object and their jsonb counterparts.
#include "runtime/func/json_write.h"
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonNode;
using types::Type;
using types::TypeId;

CallStatus Invalid(FunctionContext* context, std::string message, std::string hint = {}) {
  Error error = MakeError(SqlState::kInvalidParameterValue, std::move(message));
  error.hint = std::move(hint);
  return context->Fail(std::move(error));
}

template <bool kBinary>
CallStatus Convert(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Type& type = context->call->args[0];
  if (kBinary) {
    Result<JsonNode> node = JsonNodeOf(context, type, args[0]);
    if (!node.ok()) return context->Fail(std::move(node).error());
    return PutBytes(context, types::EncodeJsonb(*node), result);
  }
  std::string text;
  AppendJsonOf(context, type, args[0], &text);
  return PutText(context, text, result);
}
/// array_to_json with line feeds between the items of the first dimension.
CallStatus ArrayToJsonLines(FunctionContext* context, const Datum* args, const bool*,
                            Datum* result) {
  std::string text;
  AppendJsonOf(context, context->call->args[0], args[0], &text);
  if (!args[1].b) return PutText(context, text, result);
  Result<std::vector<std::pair<std::string, types::JsonSlice>>> parts = types::JsonParts(text);
  if (!parts.ok()) return context->Fail(std::move(parts).error());
  std::string lines = "[";
  for (const auto& [key, part] : *parts) {
    if (lines.size() > 1) lines += ",\n ";
    lines += part.text;
  }
  return PutText(context, lines + "]", result);
}

// ---- json_build_array, json_build_object

CallStatus BuildArray(FunctionContext* context, const Datum* args, const bool* nulls,
                      Datum* result) {
  std::string text = "[";
  for (size_t i = 0; i < context->call->args.size(); ++i) {
    if (i > 0) text += ", ";
    if (nulls[i]) {
      text += "null";
    } else {
      AppendJsonOf(context, context->call->args[i], args[i], &text);
    }
  }
  return PutText(context, text + "]", result);
}
CallStatus BuildBinaryArray(FunctionContext* context, const Datum* args, const bool* nulls,
                            Datum* result) {
  JsonNode node = JsonNode::Array();
  for (size_t i = 0; i < context->call->args.size(); ++i) {
    Result<JsonNode> item = nulls[i] ? Result<JsonNode>(JsonNode())
                                     : JsonNodeOf(context, context->call->args[i], args[i]);
    if (!item.ok()) return context->Fail(std::move(item).error());
    node.items.push_back(std::move(*item));
  }
  return PutBytes(context, types::EncodeJsonb(node), result);
}

CallStatus CheckPairs(FunctionContext* context, const char* name) {
  if (context->call->args.size() % 2 == 0) return CallStatus::kOk;
  return Invalid(
      context, "argument list must have even number of elements",
      std::string("The arguments of ") + name + "() must consist of alternating keys and values.");
}
CallStatus KeyOf(FunctionContext* context, const Datum* args, size_t i, std::string* key) {
  if (JsonKeyOf(context, context->call->args[i], args[i], key)) return CallStatus::kOk;
  return Invalid(context, "key value must be scalar, not array, composite, or json");
}
CallStatus BuildObject(FunctionContext* context, const Datum* args, const bool* nulls,
                       Datum* result) {
  if (CheckPairs(context, "json_build_object") != CallStatus::kOk) return CallStatus::kError;
  std::string text = "{";
  for (size_t i = 0; i < context->call->args.size(); i += 2) {
    std::string key;
    if (nulls[i]) {
      return Invalid(context, "argument " + std::to_string(i + 1) + " cannot be null",
                     "Object keys should be text.");
    }
    if (KeyOf(context, args, i, &key) != CallStatus::kOk) return CallStatus::kError;
    if (i > 0) text += ", ";
    types::AppendJsonString(key, &text);
    text += " : ";
    if (nulls[i + 1]) {
      text += "null";
    } else {
      AppendJsonOf(context, context->call->args[i + 1], args[i + 1], &text);
    }
  }
  return PutText(context, text + "}", result);
}
CallStatus BuildBinaryObject(FunctionContext* context, const Datum* args, const bool* nulls,
                             Datum* result) {
  if (CheckPairs(context, "jsonb_build_object") != CallStatus::kOk) return CallStatus::kError;
  JsonNode node = JsonNode::Object();
  for (size_t i = 0; i < context->call->args.size(); i += 2) {
    std::string key;
    if (nulls[i])
      return Invalid(context, "argument " + std::to_string(i + 1) + ": key must not be null");
    if (KeyOf(context, args, i, &key) != CallStatus::kOk) return CallStatus::kError;
    Result<JsonNode> value = nulls[i + 1]
                                 ? Result<JsonNode>(JsonNode())
                                 : JsonNodeOf(context, context->call->args[i + 1], args[i + 1]);
    if (!value.ok()) return context->Fail(std::move(value).error());
    node.AddMember(std::move(key), std::move(*value));
  }
  return PutBytes(context, types::EncodeJsonb(node), result);
}

// ---- json_object

struct Strings {
  std::vector<std::optional<std::string_view>> list;
  std::vector<types::ArrayDimension> dimensions;

  explicit Strings(const Datum& array) {
    types::ArrayReader reader(array.string.view());
    dimensions.assign(reader.dimensions().begin(), reader.dimensions().end());
    for (uint32_t i = 0; i < reader.count(); ++i) {
      Datum value;
      const bool there = reader.Next(&value);
      list.push_back(there ? std::optional<std::string_view>(value.string.view()) : std::nullopt);
    }
  }
};

template <bool kBinary>
CallStatus PutPairs(FunctionContext* context,
                    const std::vector<std::optional<std::string_view>>& keys,
                    const std::vector<std::optional<std::string_view>>& values, Datum* result) {
  JsonNode node = JsonNode::Object();
  std::string text = "{";
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!keys[i])
      return context->Fail(SqlState::kNullValueNotAllowed, "null value not allowed for object key");
    if (kBinary) {
      node.AddMember(std::string(*keys[i]), values[i] ? JsonNode::String(*values[i]) : JsonNode());
      continue;
    }
    if (i > 0) text += ", ";
    types::AppendJsonString(*keys[i], &text);
    text += " : ";
    if (values[i]) {
      types::AppendJsonString(*values[i], &text);
    } else {
      text += "null";
    }
  }
  if (kBinary) return PutBytes(context, types::EncodeJsonb(node), result);
  return PutText(context, text + "}", result);
}
template <bool kBinary>
CallStatus ObjectOfPairs(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Strings all(args[0]);
  if (all.dimensions.size() > 2)
    return context->Fail(SqlState::kArraySubscriptError, "wrong number of array subscripts");
  if (all.dimensions.size() == 1 && all.list.size() % 2 != 0)
    return context->Fail(SqlState::kArraySubscriptError, "array must have even number of elements");
  if (all.dimensions.size() == 2 && all.dimensions[1].length != 2)
    return context->Fail(SqlState::kArraySubscriptError, "array must have two columns");
  std::vector<std::optional<std::string_view>> keys, values;
  for (size_t i = 0; i + 1 < all.list.size(); i += 2) {
    keys.push_back(all.list[i]);
    values.push_back(all.list[i + 1]);
  }
  return PutPairs<kBinary>(context, keys, values, result);
}
template <bool kBinary>
CallStatus ObjectOfTwo(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const Strings keys(args[0]), values(args[1]);
  if (keys.dimensions.size() > 1 || keys.dimensions.size() != values.dimensions.size())
    return context->Fail(SqlState::kArraySubscriptError, "wrong number of array subscripts");
  if (keys.list.size() != values.list.size())
    return context->Fail(SqlState::kArraySubscriptError, "mismatched array dimensions");
  return PutPairs<kBinary>(context, keys.list, values.list, result);
}

}  // namespace

void AddJsonBuildFunctions(std::vector<Function>* list) {
  constexpr TypeId J = TypeId::kJson, JB = TypeId::kJsonb, E = TypeId::kAnyElement,
                   A = TypeId::kArray, B = TypeId::kBool, U = TypeId::kUnknown, T = TypeId::kText;
  auto add = [&](uint32_t oid, std::string_view name, std::vector<TypeId> args, TypeId type,
                 BoxedFunction boxed, bool strict = true, bool variadic = false) {
    Row row{oid, name, "", std::move(args), type, boxed};
    row.can_fail = true;
    row.strict = strict;
    row.variadic = variadic;
    row.wants_types = true;
    row.volatility = Volatility::kStable;
    Add(list, row);
    return &list->back();
  };
  // clang-format off
  add(3176, "to_json", {E}, J, Convert<false>);
  add(3787, "to_jsonb", {E}, JB, Convert<true>);
  add(3153, "array_to_json", {A}, J, Convert<false>);
  add(3154, "array_to_json", {A, B}, J, ArrayToJsonLines);
  add(3198, "json_build_array", {U}, J, BuildArray, false, true);
  add(3199, "json_build_array", {}, J, BuildArray, false);
  add(3271, "jsonb_build_array", {U}, JB, BuildBinaryArray, false, true);
  add(3272, "jsonb_build_array", {}, JB, BuildBinaryArray, false);
  add(3200, "json_build_object", {U}, J, BuildObject, false, true);
  add(3201, "json_build_object", {}, J, BuildObject, false);
  add(3273, "jsonb_build_object", {U}, JB, BuildBinaryObject, false, true);
  add(3274, "jsonb_build_object", {}, JB, BuildBinaryObject, false);
  const Type texts = Type::ArrayOf(T);
  add(3202, "json_object", {A}, J, ObjectOfPairs<false>)->args = {texts};
  add(3203, "json_object", {A, A}, J, ObjectOfTwo<false>)->args = {texts, texts};
  add(3263, "jsonb_object", {A}, JB, ObjectOfPairs<true>)->args = {texts};
  add(3264, "jsonb_object", {A, A}, JB, ObjectOfTwo<true>)->args = {texts, texts};
  // clang-format on
}

}  // namespace lathe::func
