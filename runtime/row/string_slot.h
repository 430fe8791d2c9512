// The 4-byte slot of a string in a row, shared by page writer, reader and generated code (twins:
// codegen/ir/row_access).
//
//   bit 0 = 1: inline, length in bits 1-2 (0..3), the bytes in bytes 1..3 of the slot, unused bytes
//   zero. Strings of up to
//              3 bytes are always inline, so equal short strings have equal slots.
//   bit 0 = 0: bits 1-20 offset from the start of the page (< 1 MiB), bits 21-31 length 4..2046; or
//   length 2047 = long: at the
//              offset lies {uint32 offset, uint32 length} of the bytes, anywhere in the page.
#pragma once

#include <cstdint>
#include <string_view>

#include "runtime/base/bytes.h"

namespace lathe::row {

inline constexpr uint32_t kInlineStringMax = 3;
inline constexpr uint32_t kNearOffsetMax = (1u << 20) - 1;
inline constexpr uint32_t kShortStringMax = 2046;
inline constexpr uint32_t kLongStringMark = 2047;

inline uint32_t EncodeInlineString(std::string_view text) {
  uint32_t slot = 1u | static_cast<uint32_t>(text.size()) << 1;
  for (size_t i = 0; i < text.size(); ++i) {
    slot |= static_cast<uint32_t>(static_cast<uint8_t>(text[i])) << (8 * (i + 1));
  }
  return slot;
}
inline uint32_t EncodeStringRef(uint32_t offset, uint32_t length_or_mark) {
  return offset << 1 | length_or_mark << 21;
}

/// Bytes that a string takes in the page's heap (0 when inline).
inline uint32_t StringHeapBytes(size_t length) {
  if (length <= kInlineStringMax) return 0;
  return static_cast<uint32_t>(length <= kShortStringMax ? length : length + 8);
}

/// The string in the slot at `slot` of a page that starts at `page`. Inline strings point into the
/// slot itself.
inline std::string_view ReadString(const char* page, const char* slot) {
  uint32_t bits = LoadAt<uint32_t>(slot);
  if (bits & 1) return {slot + 1, (bits >> 1) & 3};
  uint32_t offset = (bits >> 1) & kNearOffsetMax;
  uint32_t length = bits >> 21;
  if (length != kLongStringMark) return {page + offset, length};
  return {page + LoadAt<uint32_t>(page + offset), LoadAt<uint32_t>(page + offset + 4)};
}

}  // namespace lathe::row
