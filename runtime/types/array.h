// Arrays of one dimension as byte strings (Repr::kString), lower bound 1:
//   uint32 element TypeId | uint32 count | count x { uint32 bytes (0xffffffff = NULL) | the
//   element's datum bytes }
// Numeric elements are in the big form. Little-endian, no padding.
#pragma once

#include <cstring>
#include <string>
#include <string_view>

#include "runtime/base/arena.h"
#include "runtime/base/bytes.h"
#include "runtime/types/value.h"

namespace lathe::types {

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
  /// The finished bytes.
  const std::string& Finish() {
    StoreAt<uint32_t>(bytes_.data() + 4, count_);
    return bytes_;
  }
  Datum ToDatum(base::Arena* arena) {
    std::string_view bytes = arena->Copy(Finish());
    Datum datum;
    datum.string = {bytes.data(), bytes.size()};
    return datum;
  }

 private:
  TypeId element_;
  uint32_t count_ = 0;
  std::string bytes_;
};

/// Reads an array from its front.
class ArrayReader {
 public:
  explicit ArrayReader(std::string_view bytes) : reader_(bytes) {
    element_ = static_cast<TypeId>(reader_.Little<uint32_t>());
    count_ = reader_.Little<uint32_t>();
    if (!reader_.ok()) count_ = 0;
  }
  TypeId element() const { return element_; }
  uint32_t count() const { return count_; }
  /// The next element; strings point into the array. False when it is NULL. At most count() calls.
  bool Next(Datum* datum) {
    uint32_t size = reader_.Little<uint32_t>();
    if (size == UINT32_MAX) return false;
    std::string_view bytes = reader_.Bytes(size);
    *datum = Datum();
    if (ReprOf(Type(element_)) == Repr::kString) {
      datum->string = {bytes.data(), bytes.size()};
    } else if (bytes.size() <= sizeof(Datum)) {
      std::memcpy(static_cast<void*>(datum), bytes.data(), bytes.size());
    }
    return true;
  }

 private:
  ByteReader reader_;
  TypeId element_;
  uint32_t count_;
};

}  // namespace lathe::types
