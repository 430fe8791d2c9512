// MD5 as RFC 1321, section 3 defines it.
#include "runtime/func/md5.h"

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>

namespace lathe::func {
namespace {

struct Tables {
  uint32_t sine[64];
  Tables() {
    for (int i = 0; i < 64; ++i)
      sine[i] = static_cast<uint32_t>(std::floor(std::fabs(std::sin(i + 1.0)) * 4294967296.0));
  }
};
constexpr int kRotations[4][4] = {
    {7, 12, 17, 22}, {5, 9, 14, 20}, {4, 11, 16, 23}, {6, 10, 15, 21}};

void Block(const unsigned char* bytes, uint32_t (&state)[4]) {
  static const Tables tables;
  uint32_t words[16];
  std::memcpy(words, bytes, 64);
  uint32_t a = state[0], b = state[1], c = state[2], d = state[3];
  for (int i = 0; i < 64; ++i) {
    uint32_t mix;
    int word;
    switch (i / 16) {
      case 0:
        mix = (b & c) | (~b & d), word = i;
        break;
      case 1:
        mix = (d & b) | (~d & c), word = (5 * i + 1) % 16;
        break;
      case 2:
        mix = b ^ c ^ d, word = (3 * i + 5) % 16;
        break;
      default:
        mix = c ^ (b | ~d), word = 7 * i % 16;
        break;
    }
    uint32_t next =
        b + std::rotl(a + mix + words[word] + tables.sine[i], kRotations[i / 16][i % 4]);
    a = d;
    d = c;
    c = b;
    b = next;
  }
  state[0] += a;
  state[1] += b;
  state[2] += c;
  state[3] += d;
}

}  // namespace

std::string Md5Hex(std::string_view bytes) {
  uint32_t state[4] = {0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476};
  std::string padded(bytes);
  uint64_t bits = static_cast<uint64_t>(bytes.size()) * 8;
  padded.push_back(static_cast<char>(0x80));
  padded.append((120 - padded.size() % 64) % 64, '\0');
  padded.append(reinterpret_cast<const char*>(&bits), 8);
  for (size_t at = 0; at < padded.size(); at += 64) {
    Block(reinterpret_cast<const unsigned char*>(padded.data()) + at, state);
  }
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (uint32_t word : state) {
    for (int i = 0; i < 4; ++i) {
      unsigned byte = word >> (8 * i) & 0xff;
      out.push_back(kHex[byte >> 4]);
      out.push_back(kHex[byte & 15]);
    }
  }
  return out;
}

}  // namespace lathe::func
