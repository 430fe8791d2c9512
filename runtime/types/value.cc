// Values that own their bytes.
#include "runtime/types/value.h"

#include <cstring>

#include "runtime/types/codec.h"

namespace lathe::types {

Value Value::Bool(bool b) {
  Datum datum;
  datum.b = b;
  return FromDatum(TypeId::kBool, datum);
}
Value Value::Int4(int32_t n) {
  Datum datum;
  datum.i32 = n;
  return FromDatum(TypeId::kInt4, datum);
}
Value Value::Int8(int64_t n) {
  Datum datum;
  datum.i64 = n;
  return FromDatum(TypeId::kInt8, datum);
}
Value Value::Float8(double d) {
  Datum datum;
  datum.f64 = d;
  return FromDatum(TypeId::kFloat8, datum);
}
Value Value::Text(std::string text) {
  Value value;
  value.type_ = Type(TypeId::kText);
  value.null_ = false;
  value.bytes_ = std::move(text);
  return value;
}

Value Value::FromDatum(Type type, const Datum& datum) {
  Value value;
  value.type_ = type;
  value.null_ = false;
  Repr repr = ReprOf(type);
  if (repr == Repr::kString) {
    value.bytes_.assign(datum.string.data, datum.string.size);
  } else {
    std::memcpy(&value.datum_, &datum, SlotBytes(repr));
  }
  return value;
}

Datum Value::datum() const {
  LATHE_CHECK(!null_);
  if (ReprOf(type_) != Repr::kString) return datum_;
  Datum datum;
  datum.string = {bytes_.data(), bytes_.size()};
  return datum;
}

int64_t Value::AsInt64() const {
  switch (ReprOf(type_)) {
    case Repr::kBool:
    case Repr::kI8:
      return datum_.i8;
    case Repr::kI16:
      return datum_.i16;
    case Repr::kI32:
      return type_.id == TypeId::kOid ? int64_t{static_cast<uint32_t>(datum_.i32)}
                                      : int64_t{datum_.i32};
    case Repr::kI64:
      return datum_.i64;
    default:
      LATHE_UNREACHABLE("AsInt64 of a value that is no integer");
  }
}

double Value::AsDouble() const {
  if (ReprOf(type_) == Repr::kF32) return datum_.f32;
  LATHE_CHECK(ReprOf(type_) == Repr::kF64);
  return datum_.f64;
}

std::string Value::ToString() const {
  if (null_) return "NULL";
  std::string text;
  AppendText(type_, datum(), FormatContext(), &text);
  return text;
}

bool Value::Identical(const Value& other) const {
  if (!(type_ == other.type_) || null_ != other.null_) return false;
  if (null_) return true;
  if (ReprOf(type_) == Repr::kString) return bytes_ == other.bytes_;
  return std::memcmp(&datum_, &other.datum_, SlotBytes(ReprOf(type_))) == 0;
}

}  // namespace lathe::types
