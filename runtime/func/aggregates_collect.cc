// Aggregates that keep all of their values: array_agg, string_agg, json_agg, jsonb_agg,
// json_object_agg, jsonb_object_agg.
#include "runtime/func/aggregate_state.h"
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

// ---- array_agg: the elements as an array has them

struct ArrayAggregate {
  struct State {
    uint32_t count;
    ArenaBytes elements;
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args,
                         const bool* nulls) {
    auto* s = StateOf<State>(state);
    auto put_size = [&](uint32_t size) {
      s->elements.Append(context->arena, {reinterpret_cast<const char*>(&size), sizeof size});
    };
    ++s->count;
    if (nulls[0]) {
      put_size(UINT32_MAX);
      return CallStatus::kOk;
    }
    const types::Repr repr = types::ReprOf(Type(context->call->args[0].id));
    if (repr == types::Repr::kString || context->call->args[0].id == TypeId::kNumeric) {
      put_size(static_cast<uint32_t>(args[0].string.size));
      s->elements.Append(context->arena, args[0].string.view());
    } else {
      const uint32_t size = types::SlotBytes(repr);
      put_size(size);
      s->elements.Append(context->arena, {reinterpret_cast<const char*>(&args[0]), size});
    }
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    s->count += StateOf<State>(from)->count;
    s->elements.Append(context->arena, StateOf<State>(from)->elements.view());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->count == 0) return CallStatus::kNull;
    const uint32_t header[2] = {static_cast<uint32_t>(context->call->result.element), s->count};
    const uint64_t size = sizeof header + s->elements.size;
    if (size > UINT32_MAX)
      return context->Fail(SqlState::kProgramLimitExceeded,
                           "array size exceeds the maximum allowed");
    char* bytes = context->arena->Allocate(size);
    std::memcpy(bytes, header, sizeof header);
    if (s->elements.size != 0)
      std::memcpy(bytes + sizeof header, s->elements.data, s->elements.size);
    result->string = {bytes, size};
    return CallStatus::kOk;
  }
};

/// array_agg of arrays: one dimension more.
struct ArrayOfArraysAggregate {
  using State = ArrayAggregate::State;
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args,
                         const bool* nulls) {
    auto* s = StateOf<State>(state);
    if (nulls[0])
      return context->Fail(SqlState::kNullValueNotAllowed, "cannot accumulate null arrays");
    const types::ArrayReader reader(args[0].string.view());
    if (reader.count() == 0)
      return context->Fail(SqlState::kArraySubscriptError, "cannot accumulate empty arrays");
    if (s->count != 0) {
      uint32_t size;
      std::memcpy(&size, s->elements.data, sizeof size);
      const types::ArrayReader first({s->elements.data + 4, size});
      const auto a = first.dimensions(), b = reader.dimensions();
      if (!std::equal(a.begin(), a.end(), b.begin(), b.end())) {
        return context->Fail(SqlState::kArraySubscriptError,
                             "cannot accumulate arrays of different dimensionality");
      }
    }
    return ArrayAggregate::Step(context, state, args, nulls);
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    return ArrayAggregate::Combine(context, into, from);
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->count == 0) return CallStatus::kNull;
    std::vector<types::StringRef> arrays;
    ByteReader reader(s->elements.view());
    for (uint32_t i = 0; i < s->count; ++i) {
      const std::string_view bytes = reader.Bytes(reader.Little<uint32_t>());
      arrays.push_back({bytes.data(), bytes.size()});
    }
    std::vector<const types::StringRef*> pointers;
    for (const types::StringRef& array : arrays) pointers.push_back(&array);
    Result<Datum> made =
        types::ArrayOfArrays(context->call->result.element, pointers, context->arena);
    if (!made.ok()) return context->Fail(std::move(made).error());
    *result = *made;
    return CallStatus::kOk;
  }
};

// ---- string_agg: the delimiter of the first value does not show

struct StringAggregate {
  struct State {
    bool any;
    uint64_t first_delimiter;  // bytes of it at the front
    ArenaBytes text;
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args,
                         const bool* nulls) {
    auto* s = StateOf<State>(state);
    if (nulls[0]) return CallStatus::kOk;
    if (!nulls[1]) s->text.Append(context->arena, args[1].string.view());
    if (!s->any) s->first_delimiter = s->text.size;
    s->any = true;
    s->text.Append(context->arena, args[0].string.view());
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    const auto* other = StateOf<State>(from);
    if (!other->any) return CallStatus::kOk;
    if (!s->any) s->first_delimiter = other->first_delimiter;
    s->any = true;
    s->text.Append(context->arena, other->text.view());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (!s->any) return CallStatus::kNull;
    return PutText(context, s->text.view().substr(s->first_delimiter), result);
  }
};

// ---- JSON: the state is the text so far, for jsonb too (its parts encoded one after the other)

struct JsonAggregate {
  struct State {
    ArenaBytes text;
  };
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args,
                         const bool* nulls) {
    auto* s = StateOf<State>(state);
    std::string item;
    const Type& type = context->call->args[0];
    if (s->text.size != 0) {
      item = ", ";
      if (!nulls[0] && (type.id == TypeId::kArray || type.id == TypeId::kRecord)) item += "\n ";
    }
    if (nulls[0]) {
      item += "null";
    } else {
      AppendJsonOf(context, type, args[0], &item);
    }
    s->text.Append(context->arena, item);
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    const auto* other = StateOf<State>(from);
    if (other->text.size == 0) return CallStatus::kOk;
    if (s->text.size != 0) {
      s->text.Append(context->arena, context->call->args[0].id == TypeId::kArray ||
                                              context->call->args[0].id == TypeId::kRecord
                                          ? ", \n " : ", ");
    }
    s->text.Append(context->arena, other->text.view());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->text.size == 0) return CallStatus::kNull;
    return PutText(context, "[" + std::string(s->text.view()) + "]", result);
  }
};

CallStatus ReadKey(FunctionContext* context, const Datum* args, const bool* nulls,
                   std::string* key) {
  if (nulls[0])
    return context->Fail(SqlState::kInvalidParameterValue, "field name must not be null");
  if (!JsonKeyOf(context, context->call->args[0], args[0], key)) {
    return context->Fail(SqlState::kInvalidParameterValue,
                         "key value must be scalar, not array, composite, or json");
  }
  return CallStatus::kOk;
}

struct JsonObjectAggregate {
  using State = JsonAggregate::State;
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args,
                         const bool* nulls) {
    auto* s = StateOf<State>(state);
    std::string key, item;
    if (ReadKey(context, args, nulls, &key) != CallStatus::kOk) return CallStatus::kError;
    if (s->text.size != 0) item = ", ";
    types::AppendJsonString(key, &item);
    item += " : ";
    if (nulls[1]) {
      item += "null";
    } else {
      AppendJsonOf(context, context->call->args[1], args[1], &item);
    }
    s->text.Append(context->arena, item);
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    auto* s = StateOf<State>(into);
    const auto* other = StateOf<State>(from);
    if (s->text.size != 0 && other->text.size != 0) s->text.Append(context->arena, ", ");
    s->text.Append(context->arena, other->text.view());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->text.size == 0) return CallStatus::kNull;
    return PutText(context, "{ " + std::string(s->text.view()) + " }", result);
  }
};

/// Keys (objects only) and encoded values, each after its length.
template <bool kObject>
struct JsonbAggregate {
  struct State {
    ArenaBytes parts;
  };
  static void Put(FunctionContext* context, State* s, std::string_view bytes) {
    const auto size = static_cast<uint32_t>(bytes.size());
    s->parts.Append(context->arena, {reinterpret_cast<const char*>(&size), sizeof size});
    s->parts.Append(context->arena, bytes);
  }
  static CallStatus Step(FunctionContext* context, void* state, const Datum* args,
                         const bool* nulls) {
    auto* s = StateOf<State>(state);
    std::string key;
    if (kObject && ReadKey(context, args, nulls, &key) != CallStatus::kOk)
      return CallStatus::kError;
    constexpr size_t kValue = kObject ? 1 : 0;
    Result<JsonNode> node = nulls[kValue]
                                ? Result<JsonNode>(JsonNode())
                                : JsonNodeOf(context, context->call->args[kValue], args[kValue]);
    if (!node.ok()) return context->Fail(std::move(node).error());
    Result<std::string> bytes = types::EncodeJsonb(*node);
    if (!bytes.ok()) return context->Fail(std::move(bytes).error());
    if (kObject) Put(context, s, key);
    Put(context, s, *bytes);
    return CallStatus::kOk;
  }
  static CallStatus Combine(FunctionContext* context, void* into, const void* from) {
    StateOf<State>(into)->parts.Append(context->arena, StateOf<State>(from)->parts.view());
    return CallStatus::kOk;
  }
  static CallStatus Finish(FunctionContext* context, const void* state, Datum* result) {
    const auto* s = StateOf<State>(state);
    if (s->parts.size == 0) return CallStatus::kNull;
    JsonNode node = kObject ? JsonNode::Object() : JsonNode::Array();
    ByteReader reader(s->parts.view());
    while (!reader.AtEnd()) {
      std::string key;
      if (kObject) key = reader.Bytes(reader.Little<uint32_t>());
      JsonNode value = JsonNode::Encoded(reader.Bytes(reader.Little<uint32_t>()));
      if (kObject) {
        node.AddMember(std::move(key), std::move(value));
      } else {
        node.items.push_back(std::move(value));
      }
    }
    return PutBytes(context, types::EncodeJsonb(node), result);
  }
};

}  // namespace

void AddCollectAggregates(std::vector<Aggregate>* list) {
  using enum TypeId;
  auto add = [list](uint32_t oid, std::string_view name, std::vector<Type> args, Type result,
                    const AggregateSteps* steps) {
    Aggregate* a =
        AddAggregate(list, oid, name, AggregateKind::kGeneric, std::move(args), result, steps);
    a->strict = false;
    a->wants_types = true;
    a->order_matters = true;
  };
  // clang-format off
  add(2335, "array_agg", {Type(kAnyNonArray)}, kArray, StepsOf<ArrayAggregate>());
  add(4053, "array_agg", {Type(kArray)}, kArray, StepsOf<ArrayOfArraysAggregate>());
  add(3538, "string_agg", {Type(kText), Type(kText)}, kText, StepsOf<StringAggregate>());
  add(3545, "string_agg", {Type(kBytea), Type(kBytea)}, kBytea, StepsOf<StringAggregate>());
  add(3175, "json_agg", {Type(kAnyElement)}, kJson, StepsOf<JsonAggregate>());
  add(3267, "jsonb_agg", {Type(kAnyElement)}, kJsonb, StepsOf<JsonbAggregate<false>>());
  add(3197, "json_object_agg", {Type(kUnknown), Type(kUnknown)}, kJson, StepsOf<JsonObjectAggregate>());
  add(3270, "jsonb_object_agg", {Type(kUnknown), Type(kUnknown)}, kJsonb, StepsOf<JsonbAggregate<true>>());
  // clang-format on
}

}  // namespace lathe::func
