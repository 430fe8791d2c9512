// Cutting the patterns of the formatting functions.
#include "runtime/types/format_pattern.h"

#include "runtime/types/text.h"

namespace lathe::types {
namespace {

class Cutter {
 public:
  Cutter(std::string_view pattern, std::span<const PatternKeyword> keywords, bool dates)
      : rest_(pattern), keywords_(keywords), dates_(dates) {}

  std::vector<PatternPart> Cut() {
    while (!rest_.empty()) {
      PatternPart part;
      if (dates_) Prefix(&part);
      if (rest_.empty()) break;
      if (const PatternKeyword* keyword = Keyword()) {
        part.kind = PatternPart::Kind::kKeyword;
        part.keyword = keyword;
        if (dates_) Suffix(&part);
        parts_.push_back(std::move(part));
      } else if (rest_[0] == '"') {
        Quoted();
      } else {
        if (rest_.starts_with("\\\"")) rest_.remove_prefix(1);
        Character(false);
      }
    }
    return std::move(parts_);
  }

 private:
  void Prefix(PatternPart* part) {
    if (rest_.starts_with("FM") || rest_.starts_with("fm")) {
      part->fill_mode = true;
    } else if (rest_.starts_with("TM") || rest_.starts_with("tm")) {
      part->localized = true;
    } else {
      return;
    }
    rest_.remove_prefix(2);
  }
  void Suffix(PatternPart* part) {
    if (rest_.starts_with("TH") || rest_.starts_with("th")) {
      part->ordinal = rest_[0];
    } else if (!rest_.starts_with("SP")) {
      return;
    }
    rest_.remove_prefix(2);
  }
  const PatternKeyword* Keyword() {
    for (const PatternKeyword& keyword : keywords_) {
      if (rest_.starts_with(keyword.text)) {
        rest_.remove_prefix(keyword.text.size());
        return &keyword;
      }
    }
    return nullptr;
  }
  void Quoted() {
    rest_.remove_prefix(1);
    while (!rest_.empty()) {
      if (rest_[0] == '"') {
        rest_.remove_prefix(1);
        return;
      }
      if (rest_[0] == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      Character(true);
    }
  }
  /// The next character as it is.
  void Character(bool quoted) {
    PatternPart part;
    if (!quoted && dates_ && IsPatternSeparator(rest_[0])) {
      part.kind = PatternPart::Kind::kSeparator;
    } else if (!quoted && IsPatternSpace(rest_[0])) {
      part.kind = PatternPart::Kind::kSpace;
    }
    size_t bytes = std::min(rest_.size(), static_cast<size_t>(CharBytes(rest_[0])));
    part.text = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    parts_.push_back(std::move(part));
  }

  std::string_view rest_;
  std::span<const PatternKeyword> keywords_;
  bool dates_;
  std::vector<PatternPart> parts_;
};

}  // namespace

std::vector<PatternPart> CutPattern(std::string_view pattern,
                                    std::span<const PatternKeyword> keywords, bool dates) {
  return Cutter(pattern, keywords, dates).Cut();
}

std::string_view OrdinalSuffix(std::string_view number, bool upper) {
  bool teen = number.size() > 1 && number[number.size() - 2] == '1';
  switch (teen ? '0' : number.back()) {
    case '1':
      return upper ? "ST" : "st";
    case '2':
      return upper ? "ND" : "nd";
    case '3':
      return upper ? "RD" : "rd";
    default:
      return upper ? "TH" : "th";
  }
}

std::string RomanNumeral(int64_t number) {
  if (number < 1 || number > 3999) return {};
  static constexpr std::pair<int, std::string_view> kValues[] = {
      {1000, "M"}, {900, "CM"}, {500, "D"}, {400, "CD"}, {100, "C"}, {90, "XC"}, {50, "L"},
      {40, "XL"},  {10, "X"},   {9, "IX"},  {5, "V"},    {4, "IV"},  {1, "I"}};
  std::string out;
  for (const auto& [value, letters] : kValues) {
    for (; number >= value; number -= value) out += letters;
  }
  return out;
}

}  // namespace lathe::types
