// The lookup is a hash table without deletions, filled once; words are short, so FNV-1a over all
// bytes is cheap.
#include "frontend/ast/keyword.h"

#include <array>

namespace lathe::ast {
namespace {

constexpr Keyword kKeywords[] = {
#define LATHE_KEYWORD(word, token, klass, label) {#word, KeywordClass::klass, KeywordLabel::label},
#include "frontend/ast/keywords.def"
#undef LATHE_KEYWORD
};
constexpr int kCount = sizeof(kKeywords) / sizeof(kKeywords[0]);
constexpr size_t kSlots = 2048;
static_assert(kCount * 4 < static_cast<int>(kSlots));

constexpr size_t LongestWord() {
  size_t longest = 0;
  for (const Keyword& k : kKeywords) longest = k.word.size() > longest ? k.word.size() : longest;
  return longest;
}
constexpr size_t kLongest = LongestWord();

constexpr uint32_t Hash(std::string_view word) {
  uint32_t h = 2166136261u;
  for (char c : word) h = (h ^ static_cast<uint8_t>(c)) * 16777619u;
  return h ^ (h >> 15);
}

constexpr std::array<int16_t, kSlots> MakeSlots() {
  std::array<int16_t, kSlots> slots{};
  for (auto& s : slots) s = -1;
  for (int i = 0; i < kCount; ++i) {
    size_t at = Hash(kKeywords[i].word) % kSlots;
    while (slots[at] >= 0) at = (at + 1) % kSlots;
    slots[at] = static_cast<int16_t>(i);
  }
  return slots;
}

constexpr std::array<int16_t, kSlots> kTable = MakeSlots();

}  // namespace

int KeywordCount() { return kCount; }

const Keyword& KeywordAt(int index) { return kKeywords[index]; }

int FindKeyword(std::string_view word) {
  if (word.size() > kLongest) return -1;
  for (size_t at = Hash(word) % kSlots; kTable[at] >= 0; at = (at + 1) % kSlots) {
    if (kKeywords[kTable[at]].word == word) return kTable[at];
  }
  return -1;
}

}  // namespace lathe::ast
