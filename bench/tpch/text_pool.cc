// Sentences from the grammar: each rule is a list of forms with weights, each form a string of
// symbols.
#include "bench/tpch/text_pool.h"

#include <span>
#include <vector>

#include "bench/tpch/words.h"

namespace lathe::tpch {
namespace {

/// Draws words of one list by weight: one slot for each unit of weight.
class Drawer {
 public:
  explicit Drawer(std::span<const WeightedWord> words) {
    for (const WeightedWord& word : words) slots_.insert(slots_.end(), word.weight, word.word);
  }
  std::string_view Draw(Stream* random) const { return slots_[random->Below(slots_.size())]; }

 private:
  std::vector<std::string_view> slots_;
};

// The forms. N noun, V verb, J adjective, D adverb, X auxiliary; in sentences n, v, p stand for the
// noun, verb and prepositional phrase and . for the terminator.
constexpr WeightedWord kSentences[] = {
    {"nv.", 3}, {"nvp.", 3}, {"nvn.", 3}, {"npvn.", 1}, {"npvp.", 1}};
constexpr WeightedWord kNounPhrases[] = {{"N", 10}, {"JN", 20}, {"J,JN", 10}, {"DJN", 50}};
constexpr WeightedWord kVerbPhrases[] = {{"V", 30}, {"XV", 1}, {"VD", 40}, {"XVD", 1}};

/// Appends sentences to a text.
class Writer {
 public:
  Writer(uint64_t seed, std::string* text) : random_(seed, /*purpose=*/0, /*row=*/0), text_(text) {}

  /// Appends one sentence and the space after it.
  void Sentence() {
    for (char symbol : sentences_.Draw(&random_)) {
      switch (symbol) {
        case 'n':
          Phrase(noun_phrases_);
          break;
        case 'v':
          Phrase(verb_phrases_);
          break;
        case 'p':
          Word(prepositions_);
          text_->append("the ");
          Phrase(noun_phrases_);
          break;
        default:
          text_->pop_back();  // the terminator follows the last word at once
          Word(terminators_);
      }
    }
  }

 private:
  void Phrase(const Drawer& forms) {
    for (char symbol : forms.Draw(&random_)) {
      switch (symbol) {
        case 'N':
          Word(nouns_);
          break;
        case 'V':
          Word(verbs_);
          break;
        case 'J':
          Word(adjectives_);
          break;
        case 'D':
          Word(adverbs_);
          break;
        case 'X':
          Word(auxiliaries_);
          break;
        default:
          text_->back() = ',';
          text_->push_back(' ');
      }
    }
  }

  void Word(const Drawer& words) {
    text_->append(words.Draw(&random_));
    text_->push_back(' ');
  }

  Stream random_;
  std::string* text_;
  const Drawer sentences_{kSentences}, noun_phrases_{kNounPhrases}, verb_phrases_{kVerbPhrases};
  const Drawer nouns_{Nouns()}, verbs_{Verbs()}, adjectives_{Adjectives()}, adverbs_{Adverbs()};
  const Drawer prepositions_{Prepositions()}, auxiliaries_{Auxiliaries()};
  const Drawer terminators_{Terminators()};
};

}  // namespace

TextPool::TextPool(uint64_t seed, int64_t bytes) {
  text_.reserve(bytes + 1024);
  Writer writer(seed, &text_);
  while (static_cast<int64_t>(text_.size()) < bytes) writer.Sentence();
  text_.resize(bytes);
}

std::string_view TextPool::Cut(Stream* random, int length_min, int length_max) const {
  int64_t length = random->Between(length_min, length_max);
  uint64_t from = random->Below(text_.size() - length + 1);
  return std::string_view(text_).substr(from, length);
}

}  // namespace lathe::tpch
