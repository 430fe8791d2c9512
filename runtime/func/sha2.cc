// SHA-2 (FIPS 180-4, sections 4 to 6). Both word sizes share one routine; the constants are the
// first bits of the fractional parts of roots of primes and are computed once.
#include "runtime/func/sha2.h"

#include <array>
#include <bit>
#include <cstdint>
#include <vector>

namespace lathe::func {
namespace {

using uint128 = unsigned __int128;

/// The first 64 bits of the fractional part of the square or cube root of a prime below 512: the
/// root times 2^64 is found bit by bit, exactly.
struct Wide {  // 256 bits, least significant word first
  std::array<uint64_t, 4> words{};
};
Wide Times(const Wide& a, uint64_t b) {
  Wide out;
  uint128 carry = 0;
  for (size_t i = 0; i < 4; ++i) {
    carry += static_cast<uint128>(a.words[i]) * b;
    out.words[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return out;
}
Wide Plus(const Wide& a, const Wide& b, size_t shift) {
  Wide out = a;
  uint128 carry = 0;
  for (size_t i = shift; i < 4; ++i) {
    carry += static_cast<uint128>(out.words[i]) + b.words[i - shift];
    out.words[i] = static_cast<uint64_t>(carry);
    carry >>= 64;
  }
  return out;
}
/// a * (high * 2^64 + low)
Wide Times(const Wide& a, uint64_t high, uint64_t low) {
  return Plus(Times(a, low), Times(a, high), 1);
}
bool AtMost(const Wide& a, const Wide& b) {
  for (size_t i = 4; i-- > 0;) {
    if (a.words[i] != b.words[i]) return a.words[i] < b.words[i];
  }
  return true;
}
uint64_t RootFraction(uint64_t prime, int power) {
  Wide limit;  // prime * 2^(64 * power)
  limit.words[static_cast<size_t>(power)] = prime;
  uint64_t high = 0, low = 0;
  for (int bit = 68; bit >= 0; --bit) {
    const uint64_t try_high = bit >= 64 ? high | uint64_t{1} << (bit - 64) : high;
    const uint64_t try_low = bit < 64 ? low | uint64_t{1} << bit : low;
    Wide product;
    product.words[0] = 1;
    for (int i = 0; i < power; ++i) product = Times(product, try_high, try_low);
    if (!AtMost(product, limit)) continue;
    high = try_high;
    low = try_low;
  }
  return low;
}

struct Constants {
  std::array<uint64_t, 80> rounds;  // of cube roots of the first 80 primes
  std::array<uint64_t, 16> roots;   // of square roots of the first 16
  Constants() {
    size_t count = 0;
    for (uint64_t n = 2; count < rounds.size(); ++n) {
      bool prime = true;
      for (uint64_t d = 2; d * d <= n; ++d) prime &= n % d != 0;
      if (!prime) continue;
      rounds[count] = RootFraction(n, 3);
      if (count < roots.size()) roots[count] = RootFraction(n, 2);
      ++count;
    }
  }
};

/// How far the two word sizes rotate.
template <class Word>
struct Turns;
template <>
struct Turns<uint32_t> {
  static constexpr int kBig0[3] = {2, 13, 22}, kBig1[3] = {6, 11, 25}, kSmall0[3] = {7, 18, 3},
                       kSmall1[3] = {17, 19, 10};
  static constexpr size_t kRounds = 64;
};
template <>
struct Turns<uint64_t> {
  static constexpr int kBig0[3] = {28, 34, 39}, kBig1[3] = {14, 18, 41}, kSmall0[3] = {1, 8, 7},
                       kSmall1[3] = {19, 61, 6};
  static constexpr size_t kRounds = 80;
};
template <class Word>
Word Big(Word x, const int (&by)[3]) {
  return std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ std::rotr(x, by[2]);
}
template <class Word>
Word Small(Word x, const int (&by)[3]) {
  return std::rotr(x, by[0]) ^ std::rotr(x, by[1]) ^ (x >> by[2]);
}

template <class Word>
void Block(const Constants& constants, const unsigned char* bytes, std::array<Word, 8>* state) {
  using T = Turns<Word>;
  Word w[T::kRounds];
  for (size_t i = 0; i < 16; ++i) {
    w[i] = 0;
    for (size_t k = 0; k < sizeof(Word); ++k) {
      w[i] = static_cast<Word>(w[i] << 8 | bytes[i * sizeof(Word) + k]);
    }
  }
  for (size_t i = 16; i < T::kRounds; ++i) {
    w[i] = Small(w[i - 2], T::kSmall1) + w[i - 7] + Small(w[i - 15], T::kSmall0) + w[i - 16];
  }
  auto [a, b, c, d, e, f, g, h] = *state;
  for (size_t i = 0; i < T::kRounds; ++i) {
    const Word k = static_cast<Word>(constants.rounds[i] >> (64 - 8 * sizeof(Word)));
    const Word t1 = h + Big(e, T::kBig1) + ((e & f) ^ (~e & g)) + k + w[i];
    const Word t2 = Big(a, T::kBig0) + ((a & b) ^ (a & c) ^ (b & c));
    h = g;
    g = f;
    f = e;
    e = d + t1;
    d = c;
    c = b;
    b = a;
    a = t1 + t2;
  }
  const Word step[8] = {a, b, c, d, e, f, g, h};
  for (size_t i = 0; i < 8; ++i) (*state)[i] += step[i];
}

template <class Word>
std::string Digest(const Constants& constants, std::array<Word, 8> state, std::string_view bytes,
                   size_t digest_bytes) {
  constexpr size_t kBlock = 16 * sizeof(Word);
  // The text, a one bit, zeros, and the length in bits.
  std::vector<unsigned char> padded(bytes.begin(), bytes.end());
  padded.push_back(0x80);
  // The length takes two words, of which lengths here need 64 bits.
  while (padded.size() % kBlock != kBlock - 2 * sizeof(Word)) padded.push_back(0);
  padded.insert(padded.end(), 2 * sizeof(Word) - 8, 0);
  const uint64_t bits = uint64_t{bytes.size()} * 8;
  for (int shift = 56; shift >= 0; shift -= 8) {
    padded.push_back(static_cast<unsigned char>(bits >> shift));
  }
  for (size_t at = 0; at < padded.size(); at += kBlock) Block(constants, &padded[at], &state);
  std::string out;
  for (Word word : state) {
    for (size_t k = sizeof(Word); k-- > 0;) out.push_back(static_cast<char>(word >> (8 * k)));
  }
  out.resize(digest_bytes);
  return out;
}

}  // namespace

std::string Sha2(int bits, std::string_view bytes) {
  static const Constants constants;
  std::array<uint32_t, 8> small;
  std::array<uint64_t, 8> big;
  for (size_t i = 0; i < 8; ++i) {
    // SHA-256 and 512 begin with the first 8 primes; 384 with the next 8; 224 with the second
    // halves of those.
    small[i] = bits == 224 ? static_cast<uint32_t>(constants.roots[i + 8])
                           : static_cast<uint32_t>(constants.roots[i] >> 32);
    big[i] = constants.roots[bits == 384 ? i + 8 : i];
  }
  const auto size = static_cast<size_t>(bits / 8);
  return bits <= 256 ? Digest(constants, small, bytes, size) : Digest(constants, big, bytes, size);
}

}  // namespace lathe::func
