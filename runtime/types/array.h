// Arrays as byte strings (Repr::kString). Little-endian, no padding:
//   uint32 element TypeId | dimensions << 8 | uint32 count
//   | dimensions x { int32 length | int32 lower bound }
//   | count x { uint32 bytes (0xffffffff = NULL) | the element's datum bytes }
// Dimensions are left out (0) for the usual arrays of one dimension that begin at 1, and for the
// empty one. Elements lie in row-major order; numeric elements are in the big form. Equal arrays of
// elements that have one form have equal bytes.
#pragma once

#include <array>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/bytes.h"
#include "runtime/base/result.h"
#include "runtime/types/value.h"

namespace lathe::types {

inline constexpr int kArrayDimensionsMax = 6;
inline constexpr int64_t kArrayElementsMax = 134217727;

/// One dimension of an array.
struct ArrayDimension {
  int32_t length = 0;
  int32_t lower = 1;
  bool operator==(const ArrayDimension&) const = default;
};

/// Builds an array.
class ArrayBuilder {
 public:
  explicit ArrayBuilder(TypeId element) : element_(element) {
    AppendLittle<uint32_t>(&bytes_, static_cast<uint32_t>(element));
    AppendLittle<uint32_t>(&bytes_, 0);
  }
  void Add(const Datum& datum) {
    Repr repr = ReprOf(Type(element_));
    if (repr == Repr::kString) {
      AppendLittle<uint32_t>(&bytes_, static_cast<uint32_t>(datum.string.size));
      bytes_.append(datum.string.view());
    } else {
      AppendLittle<uint32_t>(&bytes_, SlotBytes(repr));
      bytes_.append(reinterpret_cast<const char*>(&datum), SlotBytes(repr));
    }
    ++count_;
  }
  void AddNull() {
    AppendLittle<uint32_t>(&bytes_, UINT32_MAX);
    ++count_;
  }
  uint32_t count() const { return count_; }
  /// The finished bytes of an array of one dimension from 1.
  const std::string& Finish() {
    StoreAt<uint32_t>(bytes_.data() + 4, count_);
    return bytes_;
  }
  /// The same with these dimensions, whose lengths multiply to the count. Call it once.
  const std::string& Finish(std::span<const ArrayDimension> dimensions);
  Datum ToDatum(base::Arena* arena) { return Keep(Finish(), arena); }
  Datum ToDatum(std::span<const ArrayDimension> dimensions, base::Arena* arena) {
    return Keep(Finish(dimensions), arena);
  }

 private:
  static Datum Keep(std::string_view made, base::Arena* arena) {
    std::string_view bytes = arena->Copy(made);
    Datum datum;
    datum.string = {bytes.data(), bytes.size()};
    return datum;
  }

  TypeId element_;
  uint32_t count_ = 0;
  std::string bytes_;
};

/// Reads an array from its front.
class ArrayReader {
 public:
  explicit ArrayReader(std::string_view bytes);
  TypeId element() const { return element_; }
  uint32_t count() const { return count_; }
  /// 0 for the empty array.
  int dimension_count() const { return dimension_count_; }
  std::span<const ArrayDimension> dimensions() const {
    return {dimensions_.data(), static_cast<size_t>(dimension_count_)};
  }
  /// The next element; strings point into the array. False when it is NULL. At most count() calls.
  bool Next(Datum* datum) {
    uint32_t size = reader_.Little<uint32_t>();
    if (size == UINT32_MAX) return false;
    std::string_view bytes = reader_.Bytes(size);
    *datum = Datum();
    if (is_string_) {
      datum->string = {bytes.data(), bytes.size()};
    } else if (!bytes.empty() && bytes.size() <= sizeof(Datum)) {
      std::memcpy(static_cast<void*>(datum), bytes.data(), bytes.size());
    }
    return true;
  }
  /// Passes over the next `count` elements.
  void Skip(uint32_t count);

 private:
  ByteReader reader_;
  TypeId element_;
  bool is_string_;
  uint32_t count_;
  int dimension_count_;
  std::array<ArrayDimension, kArrayDimensionsMax> dimensions_;
};

/// One element by its subscripts, one for each dimension: false when it is NULL or there is none
/// (too few or too many subscripts, out of bounds).
bool ArrayElement(std::string_view array, std::span<const int32_t> subscripts, Datum* element);

/// One bound pair of a slice; a bound that is not there is the dimension's own.
struct ArraySlice {
  bool has_lower = false, has_upper = false;
  int32_t lower = 1, upper = 0;
};
/// The part of the array within the slices (those that are missing take the whole dimension), its
/// lower bounds moved to 1; empty when nothing is within or there are more slices than dimensions.
Datum ArraySliceOf(std::string_view array, std::span<const ArraySlice> slices, base::Arena* arena);

/// The array with one element replaced or appended (PostgreSQL's assignment a[i] = x): growing a
/// one-dimensional array fills with NULLs. `array` empty text = a NULL array. 2202E.
Result<Datum> ArrayWithElement(std::string_view array, TypeId element,
                               std::span<const int32_t> subscripts, const Datum* value,
                               base::Arena* arena);

/// The array of these one-level-deeper arrays (ARRAY[a, b] of arrays; null pointers = NULL):
/// 2202E when their dimensions differ.
Result<Datum> ArrayOfArrays(TypeId element, std::span<const StringRef* const> arrays,
                            base::Arena* arena);

/// 54000 `array size exceeds the maximum allowed (134217727)` when the lengths multiply to more.
Result<int64_t> ArrayElementCount(std::span<const ArrayDimension> dimensions);

}  // namespace lathe::types
