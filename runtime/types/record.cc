#include "runtime/types/record.h"

#include <algorithm>
#include <cstring>

#include "runtime/base/hash.h"
#include "runtime/types/codec_parts.h"
#include "runtime/types/order.h"

namespace lathe::types {
namespace {

constexpr uint8_t kTypeCount = 0
#define LATHE_TYPE(id, name, oid, array_oid, category, preferred, length) +1
#include "runtime/types/type_list.def"
#undef LATHE_TYPE
    ;

bool NeedsQuotes(std::string_view text) {
  if (text.empty()) return true;
  return std::any_of(text.begin(), text.end(), [](char c) {
    return c == '"' || c == '\\' || c == '(' || c == ')' || c == ',' || IsBlank(c);
  });
}

Error Malformed(std::string_view text, std::string detail) {
  Error error =
      MakeError(SqlState::kInvalidTextRepresentation, "malformed record literal: " + Quoted(text));
  error.detail = std::move(detail);
  return error;
}

}  // namespace

void RecordBuilder::Begin(const Type& type) {
  bytes_.push_back(static_cast<char>(type.id));
  bytes_.push_back(static_cast<char>(type.element));
  ++count_;
}

void RecordBuilder::Add(const Type& type, const Datum& datum) {
  Begin(type);
  const Repr repr = type.id == TypeId::kNumeric ? Repr::kString : ReprOf(type);
  if (repr == Repr::kString) {
    AppendLittle<uint32_t>(&bytes_, static_cast<uint32_t>(datum.string.size));
    bytes_.append(datum.string.view());
  } else {
    AppendLittle<uint32_t>(&bytes_, SlotBytes(repr));
    bytes_.append(reinterpret_cast<const char*>(&datum), SlotBytes(repr));
  }
}

void RecordBuilder::AddNull(const Type& type) {
  Begin(type);
  AppendLittle<uint32_t>(&bytes_, UINT32_MAX);
}

Datum RecordBuilder::ToDatum(base::Arena* arena) {
  StoreAt<uint32_t>(bytes_.data(), count_);
  const std::string_view kept = arena->Copy(bytes_);
  Datum datum;
  datum.string = {kept.data(), kept.size()};
  return datum;
}

bool RecordReader::Next(Type* type, Datum* datum) {
  const auto id = reader_.Little<uint8_t>(), element = reader_.Little<uint8_t>();
  const uint32_t size = reader_.Little<uint32_t>();
  *type = Type();
  // Damaged bytes have NULLs for fields.
  if (!reader_.ok() || id >= kTypeCount || element >= kTypeCount) return false;
  *type = Type(static_cast<TypeId>(id));
  type->element = static_cast<TypeId>(element);
  if (size == UINT32_MAX) return false;
  const std::string_view bytes = reader_.Bytes(size);
  *datum = Datum();
  if (ReprOf(*type) == Repr::kString) {
    datum->string = {bytes.data(), bytes.size()};
  } else if (bytes.size() <= sizeof(Datum)) {
    std::memcpy(static_cast<void*>(datum), bytes.data(), bytes.size());
  }
  return true;
}

bool RecordField(std::string_view record, uint32_t i, Datum* field) {
  RecordReader reader(record);
  if (i >= reader.count()) return false;
  Type type;
  for (uint32_t k = 0; k < i; ++k) reader.Next(&type, field);
  return reader.Next(&type, field);
}

int CompareRecords(std::string_view x, std::string_view y) {
  RecordReader a(x), b(y);
  const uint32_t common = std::min(a.count(), b.count());
  for (uint32_t i = 0; i < common; ++i) {
    Type p, q;
    Datum left, right;
    const bool has_left = a.Next(&p, &left), has_right = b.Next(&q, &right);
    if (p.id != q.id) return p.id < q.id ? -1 : 1;
    if (!has_left || !has_right) {
      if (has_left != has_right) return has_left ? -1 : 1;
      continue;
    }
    if (const int order = CompareByType(p, left, right)) return order;
  }
  return a.count() == b.count() ? 0 : a.count() < b.count() ? -1 : 1;
}

uint64_t HashRecord(std::string_view bytes) {
  RecordReader reader(bytes);
  uint64_t h = base::MixBits(reader.count() + 3);
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Type type;
    Datum value;
    h = base::MixBits(h * 31 + (reader.Next(&type, &value) ? HashByType(type, value) : 7));
  }
  return h;
}

Type FieldType(const Type& record, uint32_t i, const Type& stored) {
  if (record.shape == nullptr || i >= record.shape->fields.size()) return stored;
  Type type = record.shape->fields[i].type;
  if (type.id != stored.id) return stored;
  if (type.id == TypeId::kNumeric) return Type(TypeId::kNumeric, type.typmod);
  return type;
}

void AppendRecordText(const Type& type, const Datum& datum, const FormatContext& context,
                      std::string* out) {
  RecordReader reader(datum.string.view());
  out->push_back('(');
  std::string text;
  for (uint32_t i = 0; i < reader.count(); ++i) {
    if (i > 0) out->push_back(',');
    Type stored;
    Datum value;
    if (!reader.Next(&stored, &value)) continue;
    text.clear();
    AppendText(FieldType(type, i, stored), value, context, &text);
    if (!NeedsQuotes(text)) {
      out->append(text);
      continue;
    }
    out->push_back('"');
    for (char c : text) {
      if (c == '"' || c == '\\') out->push_back(c);
      out->push_back(c);
    }
    out->push_back('"');
  }
  out->push_back(')');
}

Status ParseRecordText(const Type& type, std::string_view text, const FormatContext& context,
                       base::Arena* arena, Datum* datum) {
  if (type.shape == nullptr || type.shape->name.empty()) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "input of anonymous composite types is not implemented");
  }
  const std::vector<Shape::Field>& fields = type.shape->fields;
  size_t at = 0;
  while (at < text.size() && IsBlank(text[at])) ++at;
  if (at >= text.size() || text[at] != '(') return Malformed(text, "Missing left parenthesis.");
  ++at;
  RecordBuilder builder;
  for (size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) {
      if (at >= text.size() || text[at] != ',') return Malformed(text, "Too few columns.");
      ++at;
    }
    Type field = fields[i].type;
    if (field.id == TypeId::kNumeric) field = Type(TypeId::kNumeric, field.typmod);
    if (at < text.size() && (text[at] == ',' || text[at] == ')')) {
      builder.AddNull(field);
      continue;
    }
    std::string item;
    bool quoted = false;
    for (;;) {
      if (at >= text.size()) return Malformed(text, "Unexpected end of input.");
      const char c = text[at];
      if (!quoted && (c == ',' || c == ')')) break;
      ++at;
      if (c == '\\') {
        if (at >= text.size()) return Malformed(text, "Unexpected end of input.");
        item.push_back(text[at++]);
      } else if (c == '"') {
        if (quoted && at < text.size() && text[at] == '"') {
          item.push_back('"');
          ++at;
        } else {
          quoted = !quoted;
        }
      } else {
        item.push_back(c);
      }
    }
    Datum value;
    LATHE_TRY(ParseText(field, arena->Copy(item), context, arena, &value));
    builder.Add(field, value);
  }
  if (fields.empty() && at < text.size() && text[at] != ')')
    return Malformed(text, "Too many columns.");
  if (at >= text.size() || text[at] != ')') return Malformed(text, "Too many columns.");
  ++at;
  while (at < text.size() && IsBlank(text[at])) ++at;
  if (at != text.size()) return Malformed(text, "Junk after right parenthesis.");
  *datum = builder.ToDatum(arena);
  return Ok();
}

void AppendRecordBinary(const Type& type, const Datum& datum, std::string* out) {
  RecordReader reader(datum.string.view());
  AppendBig<int32_t>(out, static_cast<int32_t>(reader.count()));
  for (uint32_t i = 0; i < reader.count(); ++i) {
    Type stored;
    Datum value;
    const bool there = reader.Next(&stored, &value);
    const Type field = FieldType(type, i, stored);
    AppendBig<uint32_t>(out, OidOf(field).value);
    const size_t length_at = out->size();
    AppendBig<int32_t>(out, -1);
    if (!there) continue;
    AppendBinary(field, value, out);
    StoreAt<uint32_t>(out->data() + length_at,
                      ByteSwap<uint32_t>(static_cast<uint32_t>(out->size() - length_at - 4)));
  }
}

}  // namespace lathe::types
