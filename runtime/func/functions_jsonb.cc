// Functions and operators of jsonb that read it: parts, containment, keys, printing.
#include "runtime/func/tables.h"
#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonbView;
using types::JsonKind;
using types::JsonNode;
using types::Type;
using types::TypeId;

JsonbView ViewOf(const Datum& datum) { return JsonbView(datum.string.view()); }

template <bool kText>
CallStatus PutPart(FunctionContext* context, const JsonbView& part, Datum* result) {
  if (!kText) return PutView(part.bytes(), result);
  if (part.kind() == JsonKind::kNull) return CallStatus::kNull;
  std::string text;
  types::AppendJsonbText(part, &text);
  return PutText(context, text, result);
}
template <bool kText>
CallStatus Field(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const JsonbView value = ViewOf(args[0]);
  const int64_t at = value.Find(args[1].string.view());
  return at < 0 ? CallStatus::kNull
                : PutPart<kText>(context, value.value(static_cast<uint32_t>(at)), result);
}
template <bool kText>
CallStatus Element(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  const JsonbView value = ViewOf(args[0]);
  if (value.kind() == JsonKind::kObject) return CallStatus::kNull;
  int64_t at = args[1].i32;
  if (value.kind() != JsonKind::kArray) {
    // A scalar is its own only element, as in PostgreSQL.
    if (at != 0 && at != -1) return CallStatus::kNull;
    return PutPart<kText>(context, value, result);
  }
  if (at < 0) at += value.count();
  if (at < 0 || at >= value.count()) return CallStatus::kNull;
  return PutPart<kText>(context, value.value(static_cast<uint32_t>(at)), result);
}

CallStatus Contains(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutBool(types::JsonbContains(ViewOf(args[0]), ViewOf(args[1])), result);
}
CallStatus Contained(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutBool(types::JsonbContains(ViewOf(args[1]), ViewOf(args[0])), result);
}
CallStatus Exists(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  return PutBool(types::JsonbHas(ViewOf(args[0]), args[1].string.view()), result);
}
/// ?| and ?&; NULL keys do not count.
template <bool kAll>
CallStatus ExistsOf(FunctionContext*, const Datum* args, const bool*, Datum* result) {
  types::ArrayReader keys(args[1].string.view());
  for (uint32_t i = 0; i < keys.count(); ++i) {
    Datum key;
    if (!keys.Next(&key)) continue;
    if (types::JsonbHas(ViewOf(args[0]), key.string.view()) != kAll) return PutBool(!kAll, result);
  }
  return PutBool(kAll, result);
}

CallStatus Pretty(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  std::string text;
  types::AppendJsonb(ViewOf(args[0]), &text, true);
  return PutText(context, text, result);
}

JsonNode WithoutNulls(const JsonbView& value) {
  if (!value.is_container()) return JsonNode::Encoded(value.bytes());
  const bool object = value.kind() == JsonKind::kObject;
  JsonNode node = object ? JsonNode::Object() : JsonNode::Array();
  for (uint32_t i = 0; i < value.count(); ++i) {
    const JsonbView part = value.value(i);
    if (object && part.kind() == JsonKind::kNull) continue;
    if (object) {
      node.AddMember(std::string(value.key(i)), WithoutNulls(part));
    } else {
      node.items.push_back(WithoutNulls(part));
    }
  }
  return node;
}
CallStatus StripNulls(FunctionContext* context, const Datum* args, const bool*, Datum* result) {
  return PutBytes(context, types::EncodeJsonb(WithoutNulls(ViewOf(args[0]))), result);
}

}  // namespace

void AddJsonbFunctions(std::vector<Function>* list) {
  constexpr TypeId JB = TypeId::kJsonb, T = TypeId::kText, I = TypeId::kInt4, B = TypeId::kBool;
  auto add = [&](uint32_t oid, std::string_view name, std::string_view op, std::vector<TypeId> args,
                 TypeId type, BoxedFunction boxed, bool can_fail = false) {
    Row row{oid, name, op, std::move(args), type, boxed};
    row.can_fail = can_fail;
    Add(list, row);
    return &list->back();
  };
  // clang-format off
  add(3478, "jsonb_object_field", "->", {JB, T}, JB, Field<false>);
  add(3214, "jsonb_object_field_text", "->>", {JB, T}, T, Field<true>);
  add(3215, "jsonb_array_element", "->", {JB, I}, JB, Element<false>);
  add(3216, "jsonb_array_element_text", "->>", {JB, I}, T, Element<true>);
  add(4046, "jsonb_contains", "@>", {JB, JB}, B, Contains);
  add(4050, "jsonb_contained", "<@", {JB, JB}, B, Contained);
  add(4047, "jsonb_exists", "?", {JB, T}, B, Exists);
  add(4048, "jsonb_exists_any", "?|", {JB, T}, B, ExistsOf<false>)->args[1] = Type::ArrayOf(T);
  add(4049, "jsonb_exists_all", "?&", {JB, T}, B, ExistsOf<true>)->args[1] = Type::ArrayOf(T);
  add(3306, "jsonb_pretty", "", {JB}, T, Pretty);
  add(3262, "jsonb_strip_nulls", "", {JB}, JB, StripNulls, true);
  // clang-format on
}

}  // namespace lathe::func
