// Reading parts of arrays and making arrays of arrays.
#include "runtime/types/array.h"

#include <algorithm>
#include <vector>

namespace lathe::types {
namespace {

constexpr uint32_t kElementMask = 0xff;
constexpr uint32_t kDimensionShift = 8;

bool IsPlain(std::span<const ArrayDimension> dimensions) {
  return dimensions.empty() || (dimensions.size() == 1 && dimensions[0].lower == 1);
}

Error SubscriptError(std::string message, std::string detail = {}) {
  Error error = MakeError(SqlState::kArraySubscriptError, std::move(message));
  error.detail = std::move(detail);
  return error;
}

void AddNext(ArrayReader* from, ArrayBuilder* to) {
  Datum value;
  if (from->Next(&value)) {
    to->Add(value);
  } else {
    to->AddNull();
  }
}

Datum EmptyArray(TypeId element, base::Arena* arena) {
  return ArrayBuilder(element).ToDatum(arena);
}

}  // namespace

const std::string& ArrayBuilder::Finish(std::span<const ArrayDimension> dimensions) {
  Finish();
  if (count_ == 0 || IsPlain(dimensions)) return bytes_;
  std::string header;
  for (const ArrayDimension& d : dimensions) {
    AppendLittle<int32_t>(&header, d.length);
    AppendLittle<int32_t>(&header, d.lower);
  }
  bytes_.insert(8, header);
  const auto count = static_cast<uint32_t>(dimensions.size());
  StoreAt<uint32_t>(bytes_.data(), static_cast<uint32_t>(element_) | count << kDimensionShift);
  return bytes_;
}

ArrayReader::ArrayReader(std::string_view bytes) : reader_(bytes) {
  const uint32_t word = reader_.Little<uint32_t>();
  element_ = static_cast<TypeId>(word & kElementMask);
  count_ = reader_.Little<uint32_t>();
  const uint32_t written = word >> kDimensionShift;
  if (!reader_.ok() || written > kArrayDimensionsMax) count_ = 0;
  is_string_ = ReprOf(Type(element_)) == Repr::kString;
  dimension_count_ = count_ == 0 ? 0 : 1;
  dimensions_[0] = {static_cast<int32_t>(count_), 1};
  if (count_ == 0 || written == 0) return;
  dimension_count_ = static_cast<int>(written);
  for (uint32_t i = 0; i < written; ++i) {
    dimensions_[i].length = reader_.Little<int32_t>();
    dimensions_[i].lower = reader_.Little<int32_t>();
  }
}

void ArrayReader::Skip(uint32_t count) {
  for (; count > 0; --count) {
    const uint32_t size = reader_.Little<uint32_t>();
    if (size != UINT32_MAX) reader_.Bytes(size);
  }
}

bool ArrayElement(std::string_view array, std::span<const int32_t> subscripts, Datum* element) {
  ArrayReader reader(array);
  const auto dimensions = reader.dimensions();
  if (subscripts.size() != dimensions.size()) return false;
  int64_t index = 0;
  for (size_t i = 0; i < dimensions.size(); ++i) {
    const int64_t offset = int64_t{subscripts[i]} - dimensions[i].lower;
    if (offset < 0 || offset >= dimensions[i].length) return false;
    index = index * dimensions[i].length + offset;
  }
  reader.Skip(static_cast<uint32_t>(index));
  return reader.Next(element);
}

Datum ArraySliceOf(std::string_view array, std::span<const ArraySlice> slices, base::Arena* arena) {
  ArrayReader reader(array);
  const auto dimensions = reader.dimensions();
  const size_t count = dimensions.size();
  if (count == 0 || slices.size() > count) return EmptyArray(reader.element(), arena);
  std::vector<ArrayDimension> made(count);
  std::vector<int64_t> from(count), to(count);  // offsets within each dimension, `to` exclusive
  for (size_t i = 0; i < count; ++i) {
    const ArrayDimension& d = dimensions[i];
    from[i] = 0;
    to[i] = d.length;
    if (i < slices.size()) {
      if (slices[i].has_lower) from[i] = std::max<int64_t>(0, int64_t{slices[i].lower} - d.lower);
      if (slices[i].has_upper) {
        to[i] = std::min<int64_t>(d.length, int64_t{slices[i].upper} - d.lower + 1);
      }
    }
    if (from[i] >= to[i]) return EmptyArray(reader.element(), arena);
    made[i] = {static_cast<int32_t>(to[i] - from[i]), 1};
  }
  ArrayBuilder builder(reader.element());
  std::vector<int64_t> at(count, 0);
  for (uint32_t e = 0; e < reader.count(); ++e) {
    bool within = true;
    for (size_t i = 0; i < count; ++i) within &= at[i] >= from[i] && at[i] < to[i];
    if (within) {
      AddNext(&reader, &builder);
    } else {
      reader.Skip(1);
    }
    for (size_t i = count; i-- > 0;) {
      if (++at[i] < dimensions[i].length) break;
      at[i] = 0;
    }
  }
  return builder.ToDatum(made, arena);
}

Result<Datum> ArrayWithElement(std::string_view array, TypeId element,
                               std::span<const int32_t> subscripts, const Datum* value,
                               base::Arena* arena) {
  ArrayBuilder empty(element);
  ArrayReader reader(array.empty() ? std::string_view(empty.Finish()) : array);
  ArrayBuilder builder(element);
  auto put = [&] {
    if (value != nullptr) {
      builder.Add(*value);
    } else {
      builder.AddNull();
    }
  };
  if (reader.dimension_count() == 0) {
    if (subscripts.size() > kArrayDimensionsMax)
      return SubscriptError("wrong number of array subscripts");
    put();
    std::vector<ArrayDimension> made;
    for (int32_t s : subscripts) made.push_back({1, s});
    return builder.ToDatum(made, arena);
  }
  if (static_cast<size_t>(reader.dimension_count()) != subscripts.size())
    return SubscriptError("wrong number of array subscripts");
  std::vector<ArrayDimension> made(reader.dimensions().begin(), reader.dimensions().end());
  int64_t index = 0;
  if (made.size() == 1) {
    const int64_t offset = int64_t{subscripts[0]} - made[0].lower;
    const int64_t before = std::max<int64_t>(0, -offset);
    const int64_t length = std::max<int64_t>(made[0].length + before, offset + 1);
    if (length > kArrayElementsMax) {
      return MakeError(SqlState::kProgramLimitExceeded,
                       "array size exceeds the maximum allowed (134217727)");
    }
    for (int64_t i = 0; i < length; ++i) {
      const int64_t old = i - before;
      if (old == offset) {
        put();
        if (old >= 0 && old < made[0].length) reader.Skip(1);
      } else if (old >= 0 && old < made[0].length) {
        AddNext(&reader, &builder);
      } else {
        builder.AddNull();
      }
    }
    made[0] = {static_cast<int32_t>(length), static_cast<int32_t>(made[0].lower - before)};
    return builder.ToDatum(made, arena);
  }
  for (size_t i = 0; i < made.size(); ++i) {
    const int64_t offset = int64_t{subscripts[i]} - made[i].lower;
    if (offset < 0 || offset >= made[i].length)
      return SubscriptError("array subscript out of range");
    index = index * made[i].length + offset;
  }
  for (int64_t i = 0; i < reader.count(); ++i) {
    if (i == index) {
      put();
      reader.Skip(1);
    } else {
      AddNext(&reader, &builder);
    }
  }
  return builder.ToDatum(made, arena);
}

Result<Datum> ArrayOfArrays(TypeId element, std::span<const StringRef* const> arrays,
                            base::Arena* arena) {
  const char* const kMismatch =
      "multidimensional arrays must have array expressions with matching dimensions";
  ArrayBuilder builder(element);
  std::vector<ArrayDimension> made;
  bool any_empty = false;
  for (const StringRef* array : arrays) {
    if (array == nullptr) {
      any_empty = true;
      continue;
    }
    ArrayReader reader(array->view());
    if (reader.count() == 0) {
      any_empty = true;
      continue;
    }
    if (made.empty()) {
      made.push_back({0, 1});
      made.insert(made.end(), reader.dimensions().begin(), reader.dimensions().end());
      if (made.size() > kArrayDimensionsMax) {
        return MakeError(SqlState::kProgramLimitExceeded, "number of array dimensions (" +
                                                              std::to_string(made.size()) +
                                                              ") exceeds the maximum allowed (6)");
      }
    } else if (!std::equal(made.begin() + 1, made.end(), reader.dimensions().begin(),
                           reader.dimensions().end())) {
      return SubscriptError(kMismatch);
    }
    ++made[0].length;
    for (uint32_t i = 0; i < reader.count(); ++i) AddNext(&reader, &builder);
  }
  if (made.empty()) return EmptyArray(element, arena);
  if (any_empty) return SubscriptError(kMismatch);
  LATHE_TRY(ArrayElementCount(made).ok() ? Ok() : Status(ArrayElementCount(made).error()));
  return builder.ToDatum(made, arena);
}

Result<int64_t> ArrayElementCount(std::span<const ArrayDimension> dimensions) {
  int64_t count = dimensions.empty() ? 0 : 1;
  for (const ArrayDimension& d : dimensions) {
    count *= d.length;
    if (count > kArrayElementsMax) {
      return MakeError(SqlState::kProgramLimitExceeded,
                       "array size exceeds the maximum allowed (134217727)");
    }
  }
  return count;
}

}  // namespace lathe::types
