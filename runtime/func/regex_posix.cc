// A matcher with the meaning of PostgreSQL's manual, section 9.7.3.5: the match that starts first
// is taken, of those the longest or the shortest as the whole pattern prefers, and within it each
// part takes what it prefers, earlier parts first.
//
// Where a part may end is computed for sets of positions at a time, as in Thompson's simulation of
// automata (CACM 11(6), 1968); back references count as their group there. Then the match is taken
// apart from the left, where back references are checked. Without back references that never has to
// be undone, so the time is polynomial.
#include "runtime/func/regex_posix.h"

#include <algorithm>
#include <bit>

#include "runtime/types/text.h"

namespace lathe::func {
namespace {

Error Invalid(std::string_view why) {
  return MakeError(SqlState::kInvalidRegularExpression,
                   "invalid regular expression: " + std::string(why));
}

enum class Kind : uint8_t {
  kEmpty,
  kSet,  // one character
  kConcat,
  kAlternate,
  kRepeat,
  kGroup,
  kBackReference,
  kLook,
  kTextStart,
  kTextEnd,
  kLineStart,
  kLineEnd,
  kWordStart,
  kWordEnd,
  kWordEdge,
  kNoWordEdge,
};
/// What a part prefers when there are several lengths.
enum class Greed : uint8_t { kNone, kGreedy, kLazy };

bool IsDigitChar(uint32_t c) { return c >= '0' && c <= '9'; }
bool IsSpaceChar(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsAlphaChar(uint32_t c) {
  // Letters beyond ASCII are those that have a case, and those of scripts without one.
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= 0xaa && c != 0xd7 && c != 0xf7 &&
          (c >= 0xc0 || c == 0xaa || c == 0xb5 || c == 0xba) && (c < 0x2000 || c > 0x2bff));
}
bool IsWordChar(uint32_t c) { return IsAlphaChar(c) || IsDigitChar(c) || c == '_'; }
uint32_t UpperChar(uint32_t c) {
  std::string text, upper;
  types::AppendChar(c, &text);
  types::AppendUpper(text, &upper);
  std::string_view rest = upper;
  return types::NextChar(&rest);
}

/// A set of characters.
struct CharSet {
  bool negated = false;
  bool not_newline = false;  // a negated set that leaves newlines out
  std::vector<std::pair<uint32_t, uint32_t>> ranges;
  std::vector<std::pair<bool (*)(uint32_t), bool>> classes;  // and whether it is the complement

  void Add(uint32_t from, uint32_t to) { ranges.emplace_back(from, to); }
  bool Has(uint32_t c) const {
    for (const auto& [from, to] : ranges) {
      if (c >= from && c <= to) return true;
    }
    for (const auto& [is, complement] : classes) {
      if (is(c) != complement) return true;
    }
    return false;
  }
  bool Matches(uint32_t c, bool ignore_case) const {
    if (not_newline && c == '\n') return false;
    bool has = Has(c);
    if (!has && ignore_case) has = Has(types::LowerChar(c)) || Has(UpperChar(c));
    return has != negated;
  }
};

struct Node {
  Kind kind = Kind::kEmpty;
  Greed greed = Greed::kNone;
  CharSet set;
  int least = 0, most = 0;               // of kRepeat; most < 0 = any number
  int group = 0;                         // of kGroup and kBackReference
  bool behind = false, negated = false;  // of kLook
  bool has_groups = false;               // groups or back references within
  std::vector<std::unique_ptr<Node>> parts;
};
using NodePtr = std::unique_ptr<Node>;

constexpr int kDepthMax = 500, kRepeatMax = 255;

/// Reads a pattern into a tree.
class Parser {
 public:
  Parser(std::string_view pattern, RegexFlags flags) : rest_(pattern), flags_(flags) {}

  Result<NodePtr> Parse() {
    LATHE_TRY(Options());
    LATHE_ASSIGN(NodePtr root, Alternation());
    if (!rest_.empty()) return Invalid("parentheses () not balanced");
    return root;
  }
  int groups() const { return groups_; }
  bool ignore_case() const { return flags_.ignore_case; }
  /// Whether the pattern looks at more of the text than the characters around the match.
  bool needs_ends() const { return needs_ends_; }
  std::vector<const Node*>& group_nodes() { return group_nodes_; }

 private:
  NodePtr Make(Kind kind) {
    needs_ends_ |= kind == Kind::kTextStart || kind == Kind::kTextEnd || kind == Kind::kLook;
    auto node = std::make_unique<Node>();
    node->kind = kind;
    return node;
  }
  bool Next(std::string_view text) const { return rest_.starts_with(text); }
  bool Take(std::string_view text) {
    if (!Next(text)) return false;
    rest_.remove_prefix(text.size());
    return true;
  }
  /// In expanded syntax blanks and comments do not count.
  void SkipBlanks() {
    while (flags_.expanded && !rest_.empty()) {
      if (IsSpaceChar(static_cast<unsigned char>(rest_[0]))) {
        rest_.remove_prefix(1);
      } else if (rest_[0] == '#') {
        rest_.remove_prefix(std::min(rest_.size(), rest_.find('\n')));
      } else {
        return;
      }
    }
  }
  Status Options() {
    Take("***:");
    if (!Next("(?") || rest_.size() < 3 || rest_[2] < 'a' || rest_[2] > 'z') return Ok();
    const size_t end = rest_.find(')');
    if (end == std::string_view::npos) return Invalid("invalid embedded option");
    for (char c : rest_.substr(2, end - 2)) {
      switch (c) {
        case 'i':
          flags_.ignore_case = true;
          break;
        case 'c':
          flags_.ignore_case = false;
          break;
        case 'n':
        case 'm':
          flags_.newline_ends_dot = flags_.newline_ends_line = true;
          break;
        case 'p':
          flags_.newline_ends_dot = true;
          flags_.newline_ends_line = false;
          break;
        case 'w':
          flags_.newline_ends_dot = false;
          flags_.newline_ends_line = true;
          break;
        case 's':
          flags_.newline_ends_dot = flags_.newline_ends_line = false;
          break;
        case 'x':
          flags_.expanded = true;
          break;
        case 't':
          flags_.expanded = false;
          break;
        case 'e':
          break;
        default:
          return NotSupported("regular expression option \"" + std::string(1, c) + "\"");
      }
    }
    rest_.remove_prefix(end + 1);
    return Ok();
  }

  Result<NodePtr> Alternation() {
    if (++depth_ > kDepthMax) return Invalid("regular expression is too complex");
    NodePtr all = Make(Kind::kAlternate);
    do {
      LATHE_ASSIGN(NodePtr branch, Branch());
      all->has_groups |= branch->has_groups;
      all->parts.push_back(std::move(branch));
    } while (Take("|"));
    --depth_;
    if (all->parts.size() == 1) return std::move(all->parts[0]);
    all->greed = Greed::kGreedy;
    return all;
  }
  Result<NodePtr> Branch() {
    NodePtr all = Make(Kind::kConcat);
    SkipBlanks();
    while (!rest_.empty() && rest_[0] != '|' && (rest_[0] != ')' || depth_ == 1)) {
      if (rest_[0] == ')') return Invalid("parentheses () not balanced");
      LATHE_ASSIGN(NodePtr part, Quantified());
      // A branch prefers what its first part with a preference does.
      if (all->greed == Greed::kNone) all->greed = part->greed;
      all->has_groups |= part->has_groups;
      all->parts.push_back(std::move(part));
      SkipBlanks();
    }
    if (all->parts.size() == 1) return std::move(all->parts[0]);
    if (all->parts.empty()) all->kind = Kind::kEmpty;
    return all;
  }

  static bool IsConstraint(Kind kind) { return kind >= Kind::kLook; }
  Result<NodePtr> Quantified() {
    LATHE_ASSIGN(NodePtr atom, Atom());
    SkipBlanks();
    if (rest_.empty()) return atom;
    int least = 0, most = -1;
    if (Take("*")) {
    } else if (Take("+")) {
      least = 1;
    } else if (Take("?")) {
      most = 1;
    } else if (rest_[0] == '{' && rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9') {
      LATHE_TRY(Bounds(&least, &most));
    } else {
      return atom;
    }
    if (IsConstraint(atom->kind)) return Invalid("quantifier operand invalid");
    const bool exact = exact_;
    exact_ = false;
    NodePtr repeat = Make(Kind::kRepeat);
    repeat->least = least;
    repeat->most = most;
    const bool lazy = Take("?");
    if (exact && atom->greed == Greed::kNone) {
      repeat->greed = Greed::kNone;
    } else if (exact) {
      repeat->greed = atom->greed;
    } else {
      repeat->greed = lazy ? Greed::kLazy : Greed::kGreedy;
    }
    repeat->has_groups = atom->has_groups;
    repeat->parts.push_back(std::move(atom));
    SkipBlanks();
    if (Next("*") || Next("+") || Next("?") ||
        (rest_.size() > 1 && rest_[0] == '{' && rest_[1] >= '0' && rest_[1] <= '9')) {
      return Invalid("quantifier operand invalid");
    }
    return repeat;
  }
  Status Bounds(int* least, int* most) {
    rest_.remove_prefix(1);
    auto number = [&](int* value) {
      size_t n = 0;
      *value = 0;
      while (n < rest_.size() && rest_[n] >= '0' && rest_[n] <= '9' && *value <= kRepeatMax) {
        *value = *value * 10 + (rest_[n++] - '0');
      }
      rest_.remove_prefix(n);
      return n > 0;
    };
    number(least);
    *most = *least;
    exact_ = true;
    if (Take(",")) {
      exact_ = false;
      if (!number(most)) *most = -1;
    }
    if (*least > kRepeatMax || *most > kRepeatMax || (*most >= 0 && *most < *least)) {
      return Invalid("invalid repetition count(s)");
    }
    if (!Take("}")) return Invalid("invalid repetition count(s)");
    return Ok();
  }

  NodePtr Character(uint32_t c) {
    NodePtr node = Make(Kind::kSet);
    node->set.Add(c, c);
    return node;
  }
  Result<NodePtr> Atom() {
    const char c = rest_[0];
    switch (c) {
      case '(':
        return Parentheses();
      case '[':
        return Brackets();
      case '\\':
        return Escape();
      case '.': {
        rest_.remove_prefix(1);
        NodePtr node = Make(Kind::kSet);
        node->set.negated = true;
        node->set.not_newline = flags_.newline_ends_dot;
        return node;
      }
      case '^':
        rest_.remove_prefix(1);
        return Make(flags_.newline_ends_line ? Kind::kLineStart : Kind::kTextStart);
      case '$':
        rest_.remove_prefix(1);
        return Make(flags_.newline_ends_line ? Kind::kLineEnd : Kind::kTextEnd);
      case '*':
      case '+':
      case '?':
        return Invalid("quantifier operand invalid");
      case '{':
        if (rest_.size() > 1 && rest_[1] >= '0' && rest_[1] <= '9') {
          return Invalid("quantifier operand invalid");
        }
        [[fallthrough]];
      default:
        return Character(types::NextChar(&rest_));
    }
  }
  Result<NodePtr> Parentheses() {
    rest_.remove_prefix(1);
    NodePtr node;
    if (Take("?#")) {
      const size_t end = rest_.find(')');
      if (end == std::string_view::npos) return Invalid("parentheses () not balanced");
      rest_.remove_prefix(end + 1);
      return Make(Kind::kEmpty);
    }
    if (Take("?:")) {
      LATHE_ASSIGN(node, Alternation());
      if (!Take(")")) return Invalid("parentheses () not balanced");
      return node;
    }
    const bool behind = Next("?<=") || Next("?<!");
    if (behind || Next("?=") || Next("?!")) {
      node = Make(Kind::kLook);
      node->behind = behind;
      node->negated = rest_[behind ? 2 : 1] == '!';
      rest_.remove_prefix(behind ? 3 : 2);
      ++looks_;
      LATHE_ASSIGN(NodePtr inner, Alternation());
      --looks_;
      node->parts.push_back(std::move(inner));
      if (!Take(")")) return Invalid("parentheses () not balanced");
      return node;
    }
    if (Next("?")) return Invalid("quantifier operand invalid");
    if (looks_ > 0) {
      // Parentheses within a constraint do not capture.
      LATHE_ASSIGN(node, Alternation());
      if (!Take(")")) return Invalid("parentheses () not balanced");
      return node;
    }
    node = Make(Kind::kGroup);
    node->group = ++groups_;
    node->has_groups = true;
    group_nodes_.push_back(nullptr);
    LATHE_ASSIGN(NodePtr inner, Alternation());
    node->greed = inner->greed;
    node->parts.push_back(std::move(inner));
    if (!Take(")")) return Invalid("parentheses () not balanced");
    group_nodes_[static_cast<size_t>(node->group) - 1] = node.get();
    return node;
  }

  /// The character of \x.., \u...., \U........ or a control letter; false when it is none.
  Result<bool> EscapedCharacter(char c, uint32_t* value) {
    auto hex = [&](size_t least, size_t most) -> Status {
      size_t n = 0;
      *value = 0;
      while (n < most && n < rest_.size()) {
        char d = rest_[n];
        int digit = d >= '0' && d <= '9'                 ? d - '0'
                    : (d | 32) >= 'a' && (d | 32) <= 'f' ? (d | 32) - 87
                                                         : -1;
        if (digit < 0 || *value > 0x10ffff) break;
        *value = *value * 16 + static_cast<uint32_t>(digit);
        ++n;
      }
      if (n < least || *value > 0x10ffff) return Invalid("invalid escape \\ sequence");
      rest_.remove_prefix(n);
      return Ok();
    };
    switch (c) {
      case 'a':
        *value = 7;
        return true;
      case 'b':
        *value = 8;
        return true;
      case 'B':
        *value = '\\';
        return true;
      case 'e':
        *value = 27;
        return true;
      case 'f':
        *value = '\f';
        return true;
      case 'n':
        *value = '\n';
        return true;
      case 'r':
        *value = '\r';
        return true;
      case 't':
        *value = '\t';
        return true;
      case 'v':
        *value = '\v';
        return true;
      case 'x':
        LATHE_TRY(hex(1, 255));
        return true;
      case 'u':
        LATHE_TRY(hex(4, 4));
        return true;
      case 'U':
        LATHE_TRY(hex(8, 8));
        return true;
      default:
        return false;
    }
  }
  /// The class of \d, \s, \w and their complements; false when it is none.
  static bool EscapedClass(char c, CharSet* set) {
    switch (c | 32) {
      case 'd':
        set->classes.emplace_back(IsDigitChar, c == 'D');
        return true;
      case 's':
        set->classes.emplace_back(IsSpaceChar, c == 'S');
        return true;
      case 'w':
        set->classes.emplace_back(IsWordChar, c == 'W');
        return true;
      default:
        return false;
    }
  }
  Result<NodePtr> Escape() {
    rest_.remove_prefix(1);
    if (rest_.empty()) return Invalid("invalid escape \\ sequence");
    const char c = rest_[0];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        IsDigitChar(static_cast<unsigned char>(c));
    if (!letter) return Character(types::NextChar(&rest_));
    rest_.remove_prefix(1);
    NodePtr node = Make(Kind::kSet);
    if (EscapedClass(c, &node->set)) return node;
    switch (c) {
      case 'A':
        return Make(Kind::kTextStart);
      case 'Z':
        return Make(Kind::kTextEnd);
      case 'm':
        return Make(Kind::kWordStart);
      case 'M':
        return Make(Kind::kWordEnd);
      case 'y':
        return Make(Kind::kWordEdge);
      case 'Y':
        return Make(Kind::kNoWordEdge);
      default:
        break;
    }
    if (c >= '1' && c <= '9') return BackReference(c - '0');
    uint32_t value;
    LATHE_ASSIGN(bool known, EscapedCharacter(c, &value));
    if (!known) return Invalid("invalid escape \\ sequence");
    return Character(value);
  }
  Result<NodePtr> BackReference(int number) {
    // Two digits when there are so many groups.
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9' &&
           number * 10 + (rest_[0] - '0') <= groups_) {
      number = number * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    if (number > groups_ || group_nodes_[static_cast<size_t>(number) - 1] == nullptr ||
        looks_ > 0) {
      return Invalid("invalid backreference number");
    }
    NodePtr node = Make(Kind::kBackReference);
    node->group = number;
    node->has_groups = true;
    return node;
  }

  Result<NodePtr> Brackets() {
    if (Take("[[:<:]]")) return Make(Kind::kWordStart);
    if (Take("[[:>:]]")) return Make(Kind::kWordEnd);
    rest_.remove_prefix(1);
    NodePtr node = Make(Kind::kSet);
    CharSet& set = node->set;
    set.negated = Take("^");
    set.not_newline = set.negated && flags_.newline_ends_dot;
    for (bool first = true;; first = false) {
      if (rest_.empty()) return Invalid("brackets [] not balanced");
      if (!first && Take("]")) return node;
      bool is_class = false;
      LATHE_ASSIGN(uint32_t from, Member(&set, &is_class));
      if (is_class) continue;
      uint32_t to = from;
      if (Next("-") && !Next("-]")) {
        rest_.remove_prefix(1);
        if (rest_.empty()) return Invalid("brackets [] not balanced");
        LATHE_ASSIGN(to, Member(&set, &is_class));
        if (is_class || to < from) return Invalid("invalid character range");
      }
      set.Add(from, to);
    }
  }
  Result<uint32_t> Member(CharSet* set, bool* is_class) {
    if (Next("[:")) {
      const size_t end = rest_.find(":]");
      if (end == std::string_view::npos) return Invalid("brackets [] not balanced");
      LATHE_TRY(NamedClass(rest_.substr(2, end - 2), set));
      rest_.remove_prefix(end + 2);
      *is_class = true;
      return 0u;
    }
    if (Next("[.") || Next("[=")) {
      return NotSupported("collating elements in regular expressions");
    }
    if (!Take("\\")) return types::NextChar(&rest_);
    if (rest_.empty()) return Invalid("invalid escape \\ sequence");
    const char c = rest_[0];
    const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                        IsDigitChar(static_cast<unsigned char>(c));
    if (!letter) return types::NextChar(&rest_);
    rest_.remove_prefix(1);
    if (EscapedClass(c, set)) {
      *is_class = true;
      return 0u;
    }
    uint32_t value;
    LATHE_ASSIGN(bool known, EscapedCharacter(c, &value));
    if (!known) return Invalid("invalid escape \\ sequence");
    return value;
  }
  Status NamedClass(std::string_view name, CharSet* set) {
    using Is = bool (*)(uint32_t);
    static constexpr std::pair<std::string_view, Is> kClasses[] = {
        {"alpha", IsAlphaChar},
        {"digit", IsDigitChar},
        {"space", IsSpaceChar},
        {"word", IsWordChar},
        {"alnum", [](uint32_t c) { return IsAlphaChar(c) || IsDigitChar(c); }},
        {"upper", [](uint32_t c) { return IsAlphaChar(c) && types::LowerChar(c) != c; }},
        {"lower", [](uint32_t c) { return IsAlphaChar(c) && UpperChar(c) != c; }},
        {"blank", [](uint32_t c) { return c == ' ' || c == '\t'; }},
        {"cntrl", [](uint32_t c) { return c < 32 || c == 127; }},
        {"print", [](uint32_t c) { return c >= 32 && c != 127; }},
        {"graph", [](uint32_t c) { return c > 32 && c != 127; }},
        {"punct",
         [](uint32_t c) { return c > 32 && c < 127 && !IsAlphaChar(c) && !IsDigitChar(c); }},
        {"xdigit",
         [](uint32_t c) { return IsDigitChar(c) || ((c | 32) >= 'a' && (c | 32) <= 'f'); }},
    };
    for (const auto& [known, is] : kClasses) {
      if (known != name) continue;
      set->classes.emplace_back(is, false);
      return Ok();
    }
    return Invalid("invalid character class");
  }

  std::string_view rest_;
  RegexFlags flags_;
  int groups_ = 0, depth_ = 0, looks_ = 0;
  bool needs_ends_ = false;
  bool exact_ = false;                    // the bounds just read were {m}
  std::vector<const Node*> group_nodes_;  // by number, null while open
};

/// A set of positions in the text.
class Positions {
 public:
  explicit Positions(size_t size) : words_((size + 63) / 64, 0) {}
  bool Has(size_t i) const { return (words_[i / 64] >> (i % 64) & 1) != 0; }
  void Add(size_t i) { words_[i / 64] |= uint64_t{1} << (i % 64); }
  bool Empty() const {
    return std::all_of(words_.begin(), words_.end(), [](uint64_t w) { return w == 0; });
  }
  void Merge(const Positions& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] |= other.words_[i];
  }
  /// Leaves what `other` does not have.
  void Remove(const Positions& other) {
    for (size_t i = 0; i < words_.size(); ++i) words_[i] &= ~other.words_[i];
  }
  template <class F>
  void Each(F f) const {
    for (size_t w = 0; w < words_.size(); ++w) {
      for (uint64_t bits = words_[w]; bits != 0; bits &= bits - 1) {
        f(w * 64 + static_cast<size_t>(std::countr_zero(bits)));
      }
    }
  }
  std::vector<size_t> Sorted(bool from_the_end) const {
    std::vector<size_t> all;
    Each([&](size_t i) { all.push_back(i); });
    if (from_the_end) std::reverse(all.begin(), all.end());
    return all;
  }

 private:
  std::vector<uint64_t> words_;
};

struct Span {
  size_t from = SIZE_MAX, to = 0;
};

/// One search in one text.
class Search {
 public:
  Search(const Node& root, const std::vector<const Node*>& groups, bool ignore_case,
         std::string_view text)
      : root_(root), groups_(groups), ignore_case_(ignore_case), text_(text) {
    std::string_view rest = text;
    while (!rest.empty()) {
      offsets_.push_back(text.size() - rest.size());
      chars_.push_back(types::NextChar(&rest));
    }
    offsets_.push_back(text.size());
    spans_.resize(groups.size());
  }

  bool Find(size_t from_byte, std::vector<RegexGroup>* found) {
    for (size_t start = IndexOf(from_byte); start < offsets_.size(); ++start) {
      Positions here(offsets_.size());
      here.Add(start);
      for (size_t end : Ends(root_, here).Sorted(root_.greed != Greed::kLazy)) {
        std::fill(spans_.begin(), spans_.end(), Span());
        if (!Dissect(root_, start, end)) continue;
        if (found == nullptr) return true;
        found->clear();
        found->push_back(Part({start, end}));
        for (const Span& span : spans_) found->push_back(Part(span));
        return true;
      }
    }
    return false;
  }

  void TakeApart(size_t from_byte, size_t to_byte, std::vector<RegexGroup>* groups) {
    const size_t from = IndexOf(from_byte), to = IndexOf(to_byte);
    if (!Dissect(root_, from, to)) return;
    for (size_t i = 0; i < spans_.size(); ++i) (*groups)[i + 1] = Part(spans_[i]);
  }

 private:
  size_t IndexOf(size_t byte) const {
    return static_cast<size_t>(std::lower_bound(offsets_.begin(), offsets_.end(), byte) -
                               offsets_.begin());
  }
  RegexGroup Part(Span span) const {
    if (span.from == SIZE_MAX) return {};
    return text_.substr(offsets_[span.from], offsets_[span.to] - offsets_[span.from]);
  }
  bool WordAt(size_t i) const { return i < chars_.size() && IsWordChar(chars_[i]); }
  bool Holds(const Node& node, size_t at) {
    const bool before = at > 0 && WordAt(at - 1), after = WordAt(at);
    switch (node.kind) {
      case Kind::kTextStart:
        return at == 0;
      case Kind::kTextEnd:
        return at == chars_.size();
      case Kind::kLineStart:
        return at == 0 || chars_[at - 1] == '\n';
      case Kind::kLineEnd:
        return at == chars_.size() || chars_[at] == '\n';
      case Kind::kWordStart:
        return !before && after;
      case Kind::kWordEnd:
        return before && !after;
      case Kind::kWordEdge:
        return before != after;
      case Kind::kNoWordEdge:
        return before == after;
      default:
        break;
    }
    // Look-around.
    Positions from(offsets_.size());
    if (node.behind) {
      for (size_t i = 0; i <= at; ++i) from.Add(i);
      return Ends(*node.parts[0], from).Has(at) != node.negated;
    }
    from.Add(at);
    return Ends(*node.parts[0], from).Empty() == node.negated;
  }

  /// Where the part may end when it starts at one of the positions.
  Positions Ends(const Node& node, const Positions& from) {
    Positions out(offsets_.size());
    switch (node.kind) {
      case Kind::kEmpty:
        return from;
      case Kind::kSet:
        from.Each([&](size_t i) {
          if (i < chars_.size() && node.set.Matches(chars_[i], ignore_case_)) out.Add(i + 1);
        });
        return out;
      case Kind::kConcat: {
        Positions at = from;
        for (const NodePtr& part : node.parts) {
          if (at.Empty()) break;
          at = Ends(*part, at);
        }
        return at;
      }
      case Kind::kAlternate:
        for (const NodePtr& part : node.parts) out.Merge(Ends(*part, from));
        return out;
      case Kind::kGroup:
        return Ends(*node.parts[0], from);
      case Kind::kBackReference:
        return Ends(*groups_[static_cast<size_t>(node.group) - 1]->parts[0], from);
      case Kind::kRepeat: {
        Positions at = from;
        int count = 0;
        for (; count < node.least && !at.Empty(); ++count) at = Ends(*node.parts[0], at);
        out = at;
        for (; (node.most < 0 || count < node.most) && !at.Empty(); ++count) {
          at = Ends(*node.parts[0], at);
          at.Remove(out);
          out.Merge(at);
        }
        return out;
      }
      default:
        from.Each([&](size_t i) {
          if (Holds(node, i)) out.Add(i);
        });
        return out;
    }
  }
  Positions EndsFrom(const Node& node, size_t start) {
    Positions from(offsets_.size());
    from.Add(start);
    return Ends(node, from);
  }

  /// Whether the part matches exactly this span; sets the groups within.
  bool Dissect(const Node& node, size_t from, size_t to) {
    if (!node.has_groups) return EndsFrom(node, from).Has(to);
    switch (node.kind) {
      case Kind::kConcat:
        return DissectConcat(node, 0, from, to);
      case Kind::kAlternate:
        for (const NodePtr& part : node.parts) {
          if (!EndsFrom(*part, from).Has(to)) continue;
          const std::vector<Span> saved = spans_;
          if (Dissect(*part, from, to)) return true;
          spans_ = saved;
        }
        return false;
      case Kind::kGroup:
        if (!Dissect(*node.parts[0], from, to)) return false;
        spans_[static_cast<size_t>(node.group) - 1] = {from, to};
        return true;
      case Kind::kBackReference:
        return SameAs(spans_[static_cast<size_t>(node.group) - 1], from, to);
      case Kind::kRepeat:
        return DissectRepeat(node, 0, from, to);
      default:
        return EndsFrom(node, from).Has(to);
    }
  }
  bool SameAs(const Span& span, size_t from, size_t to) const {
    if (span.from == SIZE_MAX || span.to - span.from != to - from) return false;
    for (size_t i = 0; i < to - from; ++i) {
      const uint32_t a = chars_[span.from + i], b = chars_[from + i];
      if (a != b && !(ignore_case_ && types::LowerChar(a) == types::LowerChar(b))) return false;
    }
    return true;
  }
  /// The parts from `first` on.
  bool DissectConcat(const Node& node, size_t first, size_t from, size_t to) {
    const Node& part = *node.parts[first];
    if (first + 1 == node.parts.size()) {
      return EndsFrom(part, from).Has(to) && Dissect(part, from, to);
    }
    for (size_t middle : EndsFrom(part, from).Sorted(part.greed != Greed::kLazy)) {
      if (middle > to || !RestMatches(node, first + 1, middle, to)) continue;
      const std::vector<Span> saved = spans_;
      if (Dissect(part, from, middle) && DissectConcat(node, first + 1, middle, to)) return true;
      spans_ = saved;
    }
    return false;
  }
  bool RestMatches(const Node& node, size_t first, size_t from, size_t to) {
    Positions at(offsets_.size());
    at.Add(from);
    for (size_t i = first; i < node.parts.size() && !at.Empty(); ++i) at = Ends(*node.parts[i], at);
    return at.Has(to);
  }
  /// `done` repetitions lie behind. Empty ones are taken only to reach the least number.
  bool DissectRepeat(const Node& node, int done, size_t from, size_t to) {
    if (from == to && done >= node.least) return true;
    if (node.most >= 0 && done >= node.most) return false;
    const Node& part = *node.parts[0];
    for (size_t middle : EndsFrom(part, from).Sorted(part.greed != Greed::kLazy)) {
      if (middle > to || (middle == from && done >= node.least)) continue;
      const std::vector<Span> saved = spans_;
      if (Dissect(part, from, middle) && DissectRepeat(node, done + 1, middle, to)) return true;
      spans_ = saved;
    }
    return false;
  }

  const Node& root_;
  const std::vector<const Node*>& groups_;
  const bool ignore_case_;
  const std::string_view text_;
  std::vector<uint32_t> chars_;
  std::vector<size_t> offsets_;
  std::vector<Span> spans_;
};

class Matcher : public PosixRegex {
 public:
  Matcher(NodePtr root, std::vector<const Node*> groups, bool ignore_case, bool needs_ends)
      : root_(std::move(root)),
        groups_(std::move(groups)),
        ignore_case_(ignore_case),
        needs_ends_(needs_ends) {}
  bool Find(std::string_view text, size_t from, std::vector<RegexGroup>* groups) const override {
    return Search(*root_, groups_, ignore_case_, text).Find(from, groups);
  }
  bool Matches(std::string_view text) const override {
    return Search(*root_, groups_, ignore_case_, text).Find(0, nullptr);
  }
  int group_count() const override { return static_cast<int>(groups_.size()); }
  void TakeApart(std::string_view text, std::vector<RegexGroup>* groups) const override {
    // Only what lies near the match counts, unless the pattern asks for the text's ends.
    size_t from = static_cast<size_t>((*groups)[0].data() - text.data());
    size_t to = from + (*groups)[0].size();
    size_t window_from = 0, window_to = text.size();
    if (!needs_ends_) {
      window_from = from;
      if (window_from > 0) --window_from;
      while (window_from > 0 && (text[window_from] & 0xc0) == 0x80) --window_from;
      window_to = to;
      if (window_to < text.size()) {
        window_to = std::min(text.size(), to + static_cast<size_t>(types::CharBytes(text[to])));
      }
    }
    Search(*root_, groups_, ignore_case_, text.substr(window_from, window_to - window_from))
        .TakeApart(from - window_from, to - window_from, groups);
  }

 private:
  NodePtr root_;
  std::vector<const Node*> groups_;
  bool ignore_case_, needs_ends_;
};

}  // namespace

Result<std::shared_ptr<const PosixRegex>> CompilePosixRegex(std::string_view pattern,
                                                            RegexFlags flags) {
  Parser parser(pattern, flags);
  LATHE_ASSIGN(NodePtr root, parser.Parse());
  return std::shared_ptr<const PosixRegex>(std::make_shared<Matcher>(
      std::move(root), std::move(parser.group_nodes()), parser.ignore_case(), parser.needs_ends()));
}

}  // namespace lathe::func
