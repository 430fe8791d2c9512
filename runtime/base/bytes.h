// Reading and writing numbers in byte strings: unaligned little-endian for our own formats,
// big-endian for the wire and for order-preserving keys; and ByteReader, which never reads past its
// end.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

namespace lathe {

static_assert(std::endian::native == std::endian::little,
              "Lathe's formats assume a little-endian host");

/// Reads a trivially copyable T from any address.
template <class T>
inline T LoadAt(const void* from) {
  static_assert(std::is_trivially_copyable_v<T>);
  T value;
  std::memcpy(&value, from, sizeof value);
  return value;
}

/// Writes a trivially copyable T to any address.
template <class T>
inline void StoreAt(void* to, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  std::memcpy(to, &value, sizeof value);
}

template <class T>
inline T ByteSwap(T value) {
  if constexpr (sizeof(T) == 1) return value;
  if constexpr (sizeof(T) == 2)
    return static_cast<T>(__builtin_bswap16(static_cast<uint16_t>(value)));
  if constexpr (sizeof(T) == 4)
    return static_cast<T>(__builtin_bswap32(static_cast<uint32_t>(value)));
  if constexpr (sizeof(T) == 8)
    return static_cast<T>(__builtin_bswap64(static_cast<uint64_t>(value)));
}

template <class T>
inline void AppendLittle(std::string* out, T value) {
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
inline void AppendBig(std::string* out, T value) {
  value = ByteSwap(value);
  out->append(reinterpret_cast<const char*>(&value), sizeof value);
}
template <class T>
inline T LoadBig(const void* from) {
  return ByteSwap(LoadAt<T>(from));
}

/// Unsigned LEB128, 1 to 10 bytes.
inline void AppendVarint(std::string* out, uint64_t value) {
  while (value >= 0x80) {
    out->push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out->push_back(static_cast<char>(value));
}
inline void AppendLengthPrefixed(std::string* out, std::string_view bytes) {
  AppendVarint(out, bytes.size());
  out->append(bytes);
}

/// Takes values off the front of a byte string that it does not own. Reading past the end makes it
/// not ok() and yields zeros from then on, so a decoder may read a whole record and check once.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : rest_(bytes) {}

  template <class T>
  T Little() {
    if (rest_.size() < sizeof(T)) return Fail<T>();
    T value = LoadAt<T>(rest_.data());
    rest_.remove_prefix(sizeof(T));
    return value;
  }
  template <class T>
  T Big() {
    return ByteSwap(Little<T>());
  }
  uint64_t Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      if (rest_.empty()) return Fail<uint64_t>();
      uint8_t byte = static_cast<uint8_t>(rest_[0]);
      rest_.remove_prefix(1);
      value |= static_cast<uint64_t>(byte & 0x7f) << shift;
      if (!(byte & 0x80)) return value;
    }
    return Fail<uint64_t>();
  }
  std::string_view Bytes(uint64_t count) {
    if (rest_.size() < count) return Fail<std::string_view>();
    std::string_view bytes = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return bytes;
  }
  std::string_view LengthPrefixed() { return Bytes(Varint()); }

  bool ok() const { return ok_; }
  bool AtEnd() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  template <class T>
  T Fail() {
    ok_ = false;
    rest_ = {};
    return T{};
  }

  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace lathe
