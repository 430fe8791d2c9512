// SQL values as JSON.
#include "runtime/func/json_write.h"

#include "runtime/types/array.h"
#include "runtime/types/jsonb.h"
#include "runtime/types/record.h"

namespace lathe::func {
namespace {

using types::Datum;
using types::JsonNode;
using types::Type;
using types::TypeId;

bool IsPlainNumber(std::string_view text) {
  return !text.empty() && (text.back() >= '0' && text.back() <= '9');  // not NaN, Infinity
}

/// Numerics come in the big form, whatever their type says.
Type ShownType(const Type& type) {
  return type.id == TypeId::kNumeric ? Type(TypeId::kNumeric) : type;
}

/// The text form; dates in ISO style whatever the session's.
std::string TextOf(FunctionContext* context, const Type& type, const Datum& value) {
  std::string text;
  const bool styled = context->format_or_default().style.date != types::DateStyle::kIso;
  if (styled && (type.id == TypeId::kDate || type.id == TypeId::kTimestamp ||
                 type.id == TypeId::kTimestampTz)) {
    types::FormatContext iso = context->format_or_default();
    iso.style.date = types::DateStyle::kIso;
    types::AppendText(type, value, iso, &text);
    return text;
  }
  types::AppendText(ShownType(type), value, context->format_or_default(), &text);
  return text;
}

/// Dates and timestamps as ISO 8601 has them.
std::string IsoText(FunctionContext* context, const Type& type, const Datum& value) {
  std::string text = TextOf(context, type, value);
  if (type.id == TypeId::kDate || text.find("infinity") != std::string::npos) return text;
  const size_t blank = text.find(' ');
  if (blank != std::string::npos) text[blank] = 'T';
  if (type.id == TypeId::kTimestampTz) {
    // The offset has minutes, also when they are 0.
    const bool bc = text.size() > 3 && text.ends_with(" BC");
    const size_t end = bc ? text.size() - 3 : text.size();
    const size_t sign = text.find_last_of("+-", end - 1);
    if (sign != std::string::npos && end - sign == 3) text.insert(end, ":00");
  }
  return text;
}

/// Calls item(value or null) and open/close around the braces of an array's dimensions.
template <class Item, class Open, class Close>
void WalkArray(types::ArrayReader* reader, size_t depth, Item item, Open open, Close close) {
  const auto dimensions = reader->dimensions();
  open();
  const int32_t length = depth < dimensions.size() ? dimensions[depth].length : 0;
  for (int32_t i = 0; i < length; ++i) {
    if (depth + 1 < dimensions.size()) {
      WalkArray(reader, depth + 1, item, open, close);
    } else {
      Datum value;
      item(reader->Next(&value) ? &value : nullptr);
    }
  }
  close();
}

/// The type of the elements: what the array says, and what only its type knows.
Type ElementOf(const Type& array, TypeId stored) {
  Type element(stored);
  if (array.element == stored) element.shape = array.shape;
  return element;
}

void AppendArray(FunctionContext* context, const Type& type, const Datum& value,
                 std::string* out) {
  types::ArrayReader reader(value.string.view());
  const Type element = ElementOf(type, reader.element());
  auto comma = [out] {
    if (out->back() != '[') out->push_back(',');
  };
  // A bracket right after its opening needs no comma; `[` can only end the text there.
  bool fresh = true;
  auto separate = [&] {
    if (!fresh) comma();
    fresh = false;
  };
  WalkArray(
      &reader, 0,
      [&](const Datum* item) {
        separate();
        if (item == nullptr) {
          out->append("null");
        } else {
          AppendJsonOf(context, element, *item, out);
        }
      },
      [&] {
        separate();
        out->push_back('[');
        fresh = true;
      },
      [&] {
        out->push_back(']');
        fresh = false;
      });
}

Result<JsonNode> ArrayNode(FunctionContext* context, const Type& element,
                           types::ArrayReader* reader, size_t depth) {
  const auto dimensions = reader->dimensions();
  JsonNode node = JsonNode::Array();
  const int32_t length = depth < dimensions.size() ? dimensions[depth].length : 0;
  for (int32_t i = 0; i < length; ++i) {
    if (depth + 1 < dimensions.size()) {
      LATHE_ASSIGN(JsonNode inner, ArrayNode(context, element, reader, depth + 1));
      node.items.push_back(std::move(inner));
      continue;
    }
    Datum value;
    if (!reader->Next(&value)) {
      node.items.emplace_back();
      continue;
    }
    LATHE_ASSIGN(JsonNode item, JsonNodeOf(context, element, value));
    node.items.push_back(std::move(item));
  }
  return node;
}

std::string FieldName(const Type& type, uint32_t i) {
  if (type.shape != nullptr && i < type.shape->fields.size()) return type.shape->fields[i].name;
  return "f" + std::to_string(i + 1);
}

}  // namespace

void AppendJsonOf(FunctionContext* context, const Type& type, const Datum& value,
                  std::string* out) {
  switch (type.id) {
    case TypeId::kBool:
      out->append(value.b ? "true" : "false");
      return;
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kInt8:
    case TypeId::kFloat4:
    case TypeId::kFloat8:
    case TypeId::kNumeric: {
      const std::string text = TextOf(context, type, value);
      if (IsPlainNumber(text)) {
        out->append(text);
      } else {
        types::AppendJsonString(text, out);
      }
      return;
    }
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return types::AppendJsonString(IsoText(context, type, value), out);
    case TypeId::kJson:
      out->append(value.string.view());
      return;
    case TypeId::kJsonb:
      return types::AppendJsonb(types::JsonbView(value.string.view()), out);
    case TypeId::kArray:
      return AppendArray(context, type, value, out);
    case TypeId::kRecord: {
      types::RecordReader reader(value.string.view());
      out->push_back('{');
      for (uint32_t i = 0; i < reader.count(); ++i) {
        if (i > 0) out->push_back(',');
        types::AppendJsonString(FieldName(type, i), out);
        out->push_back(':');
        Type stored;
        Datum field;
        if (reader.Next(&stored, &field)) {
          AppendJsonOf(context, types::FieldType(type, i, stored), field, out);
        } else {
          out->append("null");
        }
      }
      out->push_back('}');
      return;
    }
    default:
      return types::AppendJsonString(TextOf(context, type, value), out);
  }
}

Result<JsonNode> JsonNodeOf(FunctionContext* context, const Type& type, const Datum& value) {
  switch (type.id) {
    case TypeId::kBool:
      return JsonNode::Bool(value.b);
    case TypeId::kInt2:
    case TypeId::kInt4:
    case TypeId::kInt8:
    case TypeId::kFloat4:
    case TypeId::kFloat8:
    case TypeId::kNumeric: {
      const std::string text = TextOf(context, type, value);
      return IsPlainNumber(text) ? JsonNode::Number(text) : JsonNode::String(text);
    }
    case TypeId::kDate:
    case TypeId::kTimestamp:
    case TypeId::kTimestampTz:
      return JsonNode::String(IsoText(context, type, value));
    case TypeId::kJson:
      return types::ParseJson(value.string.view());
    case TypeId::kJsonb:
      return JsonNode::Encoded(value.string.view());
    case TypeId::kArray: {
      types::ArrayReader reader(value.string.view());
      return ArrayNode(context, ElementOf(type, reader.element()), &reader, 0);
    }
    case TypeId::kRecord: {
      types::RecordReader reader(value.string.view());
      JsonNode node = JsonNode::Object();
      for (uint32_t i = 0; i < reader.count(); ++i) {
        Type stored;
        Datum field;
        if (!reader.Next(&stored, &field)) {
          node.AddMember(FieldName(type, i), JsonNode());
          continue;
        }
        LATHE_ASSIGN(JsonNode item,
                     JsonNodeOf(context, types::FieldType(type, i, stored), field));
        node.AddMember(FieldName(type, i), std::move(item));
      }
      return node;
    }
    default:
      return JsonNode::String(TextOf(context, type, value));
  }
}

bool JsonKeyOf(FunctionContext* context, const Type& type, const Datum& value, std::string* key) {
  if (type.id == TypeId::kArray || type.id == TypeId::kJson || type.id == TypeId::kJsonb ||
      type.id == TypeId::kRecord)
    return false;
  *key = type.id == TypeId::kBool ? (value.b ? "true" : "false") : TextOf(context, type, value);
  if (type.id == TypeId::kDate || type.id == TypeId::kTimestamp || type.id == TypeId::kTimestampTz)
    *key = IsoText(context, type, value);
  return true;
}

}  // namespace lathe::func
