#include "frontend/syscat/row_writer.h"

#include "runtime/base/check.h"
#include "runtime/types/array.h"

namespace lathe::syscat {

using types::Datum;
using types::Repr;
using types::TypeId;

RowWriter::RowWriter(const schema::RelationDescriptor& relation, row::RowBuffer* buffer)
    : columns_(relation.columns),
      buffer_(buffer),
      datums_(columns_.size()),
      nulls_(new bool[columns_.size()]),
      strings_(columns_.size()) {
  ClearRow();
}

size_t RowWriter::IndexOf(std::string_view column) {
  for (size_t step = 0; step < columns_.size(); ++step) {
    const size_t i = (next_ + step) % columns_.size();
    if (columns_[i].name != column) continue;
    next_ = i + 1;
    nulls_[i] = false;
    return i;
  }
  LATHE_CHECK(false && "no such column");
  return 0;
}

RowWriter& RowWriter::SetInteger(std::string_view column, int64_t value) {
  const size_t i = IndexOf(column);
  Datum datum;
  switch (types::ReprOf(columns_[i].type)) {
    case Repr::kBool:
      datum.b = value != 0;
      break;
    case Repr::kI8:
      datum.i8 = static_cast<int8_t>(value);
      break;
    case Repr::kI16:
      datum.i16 = static_cast<int16_t>(value);
      break;
    case Repr::kI32:
      datum.i32 = static_cast<int32_t>(value);
      break;
    case Repr::kI64:
      datum.i64 = value;
      break;
    default:
      LATHE_CHECK(false && "not an integer column");
  }
  datums_[i] = datum;
  return *this;
}

RowWriter& RowWriter::Set(std::string_view column, double value) {
  const size_t i = IndexOf(column);
  Datum datum;
  if (types::ReprOf(columns_[i].type) == Repr::kF32) {
    datum.f32 = static_cast<float>(value);
  } else {
    LATHE_CHECK(types::ReprOf(columns_[i].type) == Repr::kF64);
    datum.f64 = value;
  }
  datums_[i] = datum;
  return *this;
}

RowWriter& RowWriter::SetBytes(size_t i, std::string_view bytes) {
  strings_[i].assign(bytes);
  datums_[i].string = {strings_[i].data(), strings_[i].size()};
  return *this;
}

RowWriter& RowWriter::Set(std::string_view column, std::string_view text) {
  const size_t i = IndexOf(column);
  LATHE_CHECK(columns_[i].type.is_string_like());
  return SetBytes(i, text);
}

RowWriter& RowWriter::Set(std::string_view column, const std::vector<int64_t>& elements) {
  const size_t i = IndexOf(column);
  const TypeId element = columns_[i].type.element;
  LATHE_CHECK(columns_[i].type.id == TypeId::kArray);
  LATHE_CHECK(types::ReprOf(types::Type(element)) != Repr::kString);
  types::ArrayBuilder array(element);
  for (int64_t value : elements) {
    Datum datum;
    datum.i64 = value;  // little-endian: narrower elements are its first bytes
    array.Add(datum);
  }
  return SetBytes(i, array.Finish());
}

RowWriter& RowWriter::Set(std::string_view column, const std::vector<std::string>& elements) {
  const size_t i = IndexOf(column);
  LATHE_CHECK(columns_[i].type.id == TypeId::kArray);
  LATHE_CHECK(types::Type(columns_[i].type.element).is_string_like());
  types::ArrayBuilder array(columns_[i].type.element);
  for (const std::string& value : elements) {
    Datum datum;
    datum.string = {value.data(), value.size()};
    array.Add(datum);
  }
  return SetBytes(i, array.Finish());
}

void RowWriter::ClearRow() {
  for (size_t i = 0; i < columns_.size(); ++i) {
    datums_[i] = Datum();
    nulls_[i] = !columns_[i].not_null;
    if (nulls_[i] || types::ReprOf(columns_[i].type) != Repr::kString) continue;
    if (columns_[i].type.id == TypeId::kArray) {
      SetBytes(i, types::ArrayBuilder(columns_[i].type.element).Finish());
    } else {
      SetBytes(i, "");
    }
  }
  next_ = 0;
}

void RowWriter::EndRow() {
  if (ok_) ok_ = buffer_->AppendRow(datums_.data(), nulls_.get());
  ClearRow();
}

}  // namespace lathe::syscat
