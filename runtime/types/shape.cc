#include "runtime/types/shape.h"

#include <deque>
#include <mutex>
#include <unordered_map>

#include "runtime/base/hash.h"

namespace lathe::types {
namespace {

// In place of the oid, for types that are not in type_list.def.
constexpr uint32_t kEnumMark = 0xfffffff0, kRecordMark = 0xfffffff1, kEnumArrayMark = 0xfffffff2,
                   kRecordArrayMark = 0xfffffff3;
constexpr int kDepthMax = 100;

uint32_t MarkOf(const Type& type) {
  if (type.shape == nullptr) return 0;
  if (type.id == TypeId::kArray)
    return type.element == TypeId::kEnum ? kEnumArrayMark : kRecordArrayMark;
  return type.id == TypeId::kEnum ? kEnumMark : kRecordMark;
}

void AppendShape(const Shape& shape, std::string* out) {
  out->push_back(static_cast<char>(shape.kind));
  AppendVarint(out, shape.oid);
  AppendVarint(out, shape.array_oid);
  AppendLengthPrefixed(out, shape.name);
  AppendVarint(out, shape.labels.size());
  for (const Shape::Label& label : shape.labels) {
    AppendLittle(out, label.value);
    AppendLengthPrefixed(out, label.text);
  }
  AppendVarint(out, shape.fields.size());
  for (const Shape::Field& field : shape.fields) {
    AppendLengthPrefixed(out, field.name);
    AppendType(field.type, out);
  }
}

Type ReadTypeAt(ByteReader* in, int depth);

Shape ReadShape(ByteReader* in, int depth) {
  Shape shape;
  shape.kind = in->Little<uint8_t>() == 0 ? Shape::Kind::kRecord : Shape::Kind::kEnum;
  shape.oid = static_cast<uint32_t>(in->Varint());
  shape.array_oid = static_cast<uint32_t>(in->Varint());
  shape.name = in->LengthPrefixed();
  const uint64_t labels = in->Varint();
  for (uint64_t i = 0; i < labels && in->ok(); ++i) {
    Shape::Label label;
    label.value = in->Little<int64_t>();
    label.text = in->LengthPrefixed();
    shape.labels.push_back(std::move(label));
  }
  const uint64_t fields = in->Varint();
  for (uint64_t i = 0; i < fields && in->ok(); ++i) {
    Shape::Field field;
    field.name = in->LengthPrefixed();
    field.type = ReadTypeAt(in, depth + 1);
    shape.fields.push_back(std::move(field));
  }
  return shape;
}

Type ReadTypeAt(ByteReader* in, int depth) {
  Type type;
  const uint32_t oid = in->Little<uint32_t>();
  const uint8_t precision = in->Little<uint8_t>(), scale = in->Little<uint8_t>();
  const int32_t typmod = in->Little<int32_t>();
  if (oid >= kEnumMark && depth < kDepthMax) {
    const bool array = oid == kEnumArrayMark || oid == kRecordArrayMark;
    const TypeId id = oid == kEnumMark || oid == kEnumArrayMark ? TypeId::kEnum : TypeId::kRecord;
    type = array ? Type::ArrayOf(id) : Type(id);
    type.shape = InternShape(ReadShape(in, depth));
  } else {
    TypeFromOid(Oid(oid), &type);
  }
  type.precision = precision;
  type.scale = scale;
  type.typmod = typmod;
  return type;
}

}  // namespace

const Shape::Label* Shape::FindLabel(std::string_view text) const {
  for (const Label& label : labels) {
    if (label.text == text) return &label;
  }
  return nullptr;
}

const Shape::Label* Shape::FindLabel(int64_t value) const {
  for (const Label& label : labels) {
    if (label.value == value) return &label;
  }
  return nullptr;
}

int Shape::FindField(std::string_view wanted) const {
  for (size_t i = 0; i < fields.size(); ++i) {
    if (fields[i].name == wanted) return static_cast<int>(i);
  }
  return -1;
}

const Shape* InternShape(Shape shape) {
  static std::mutex mutex;
  static auto* const shapes = new std::deque<Shape>();
  static auto* const by_bytes = new std::unordered_map<std::string, const Shape*>();
  std::string bytes;
  AppendShape(shape, &bytes);
  std::lock_guard lock(mutex);
  auto [it, fresh] = by_bytes->try_emplace(std::move(bytes), nullptr);
  if (fresh) {
    shapes->push_back(std::move(shape));
    it->second = &shapes->back();
  }
  return it->second;
}

Type RecordType(Shape shape) {
  Type type(TypeId::kRecord);
  type.shape = InternShape(std::move(shape));
  return type;
}

Type EnumType(Shape shape) {
  shape.kind = Shape::Kind::kEnum;
  Type type(TypeId::kEnum);
  type.shape = InternShape(std::move(shape));
  return type;
}

void AppendType(const Type& type, std::string* out) {
  const uint32_t mark = MarkOf(type);
  AppendLittle(out, mark != 0 ? mark : OidOf(type).value);
  out->push_back(static_cast<char>(type.precision));
  out->push_back(static_cast<char>(type.scale));
  AppendLittle(out, type.typmod);
  if (mark != 0) AppendShape(*type.shape, out);
}

Type ReadType(ByteReader* in) { return ReadTypeAt(in, 0); }

}  // namespace lathe::types
