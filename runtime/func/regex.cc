// Translation of PostgreSQL's advanced regular expressions (its manual, 9.7.3) to RE2. What RE2
// does not have goes to the matcher of regex_posix.h.
#include "runtime/func/regex.h"

#include <re2/re2.h>

#include <unordered_map>

#include "runtime/func/regex_posix.h"
#include "runtime/types/text.h"

namespace lathe::func {
namespace {

Error Invalid(std::string_view why) {
  return MakeError(SqlState::kInvalidRegularExpression,
                   "invalid regular expression: " + std::string(why));
}

class Re2Regex : public Regex {
 public:
  /// `exact`: says what the parentheses match where RE2 would choose otherwise; may be null.
  Re2Regex(std::unique_ptr<re2::RE2> re, std::shared_ptr<const PosixRegex> exact)
      : re_(std::move(re)), exact_(std::move(exact)) {}
  bool Find(std::string_view text, size_t from, std::vector<RegexGroup>* groups) const override {
    std::vector<re2::StringPiece> found(static_cast<size_t>(group_count()) + 1);
    re2::StringPiece input(text.data(), text.size());
    if (!re_->Match(input, from, text.size(), re2::RE2::UNANCHORED, found.data(),
                    static_cast<int>(found.size()))) {
      return false;
    }
    groups->clear();
    for (const re2::StringPiece& part : found) groups->emplace_back(part.data(), part.size());
    if (exact_ != nullptr) exact_->TakeApart(text, groups);
    return true;
  }
  bool Matches(std::string_view text) const override {
    return re_->Match(re2::StringPiece(text.data(), text.size()), 0, text.size(),
                      re2::RE2::UNANCHORED, nullptr, 0);
  }
  int group_count() const override { return re_->NumberOfCapturingGroups(); }

 private:
  std::unique_ptr<re2::RE2> re_;
  std::shared_ptr<const PosixRegex> exact_;
};

class Translator {
 public:
  explicit Translator(std::string_view pattern) : rest_(pattern) {}

  Result<std::string> Translate() {
    LATHE_TRY(TakeDirector());
    while (!rest_.empty()) {
      char c = Take();
      switch (c) {
        case '\\':
          LATHE_TRY(Escape(false));
          break;
        case '[':
          LATHE_TRY(Bracket());
          break;
        case '(':
          LATHE_TRY(Open());
          break;
        case '*':
        case '+':
        case '?':
        case '{':
          LATHE_TRY(Quantifier(c));
          break;
        case '|':
          has_alternation_ = true;
          [[fallthrough]];
        default:
          out_.push_back(c);
          break;
      }
    }
    // Which part decides between longest and shortest cannot be told from here when both kinds are
    // used.
    if (lazy_ && (greedy_ || has_alternation_)) {
      return NotSupported("a regular expression with greedy and non-greedy parts");
    }
    return std::move(out_);
  }
  bool lazy() const { return lazy_; }
  bool has_alternation() const { return has_alternation_; }
  bool ignore_case() const { return ignore_case_; }

 private:
  char Take() {
    char c = rest_[0];
    rest_.remove_prefix(1);
    return c;
  }
  bool Next(char c) const { return !rest_.empty() && rest_[0] == c; }

  Status TakeDirector() {
    if (rest_.starts_with("***=")) {
      out_ = re2::RE2::QuoteMeta(re2::StringPiece(rest_.data() + 4, rest_.size() - 4));
      rest_ = {};
    } else if (rest_.starts_with("***:")) {
      rest_.remove_prefix(4);
    } else if (rest_.starts_with("***")) {
      return Invalid("quantifier operand invalid");
    }
    if (rest_.starts_with("(?") && rest_.size() > 2 && rest_[2] >= 'a' && rest_[2] <= 'z') {
      size_t end = rest_.find(')');
      std::string_view letters = rest_.substr(2, end == std::string_view::npos ? end : end - 2);
      for (char c : letters) {
        if (c == 'i') {
          ignore_case_ = true;
        } else if (c == 'c') {
          ignore_case_ = false;
        } else if (c != 's' && c != 't') {
          return NotSupported("regular expression option \"" + std::string(1, c) + "\"");
        }
      }
      if (end == std::string_view::npos) return Invalid("invalid embedded option");
      rest_.remove_prefix(end + 1);
    }
    return Ok();
  }

  Status Open() {
    if (!Next('?')) {
      out_.push_back('(');
      return Ok();
    }
    if (rest_.starts_with("?:")) {
      rest_.remove_prefix(2);
      out_ += "(?:";
      return Ok();
    }
    if (rest_.starts_with("?#")) {
      size_t end = rest_.find(')');
      if (end == std::string_view::npos) return Invalid("parentheses () not balanced");
      rest_.remove_prefix(end + 1);
      return Ok();
    }
    if (rest_.starts_with("?=") || rest_.starts_with("?!") || rest_.starts_with("?<")) {
      return NotSupported("look-around in regular expressions");
    }
    return Invalid("quantifier operand invalid");
  }

  Status Quantifier(char c) {
    if (c == '{') {
      if (rest_.empty() || rest_[0] < '0' || rest_[0] > '9') {
        out_ += "\\{";
        return Ok();
      }
      size_t end = rest_.find('}');
      if (end == std::string_view::npos) return Invalid("braces {} not balanced");
      std::string_view bounds = rest_.substr(0, end);
      if (bounds.find_first_not_of("0123456789,") != std::string_view::npos) {
        return Invalid("invalid repetition count(s)");
      }
      int low = -1, high = -1, n = 0;
      bool comma = false;
      for (char d : bounds) {
        if (d == ',') {
          if (comma) return Invalid("invalid repetition count(s)");
          comma = true;
          low = n;
          n = 0;
          continue;
        }
        n = n * 10 + (d - '0');
        if (n > 255) return Invalid("invalid repetition count(s)");
      }
      high = n;
      if (comma && bounds.back() != ',' && high < low)
        return Invalid("invalid repetition count(s)");
      out_.push_back('{');
      out_ += bounds;
      out_.push_back('}');
      rest_.remove_prefix(end + 1);
    } else {
      out_.push_back(c);
    }
    if (Next('?')) {
      out_.push_back(Take());
      lazy_ = true;
    } else {
      greedy_ = true;
    }
    if (Next('*') || Next('+') || Next('?')) return Invalid("quantifier operand invalid");
    return Ok();
  }

  /// After a backslash, outside or inside of brackets.
  Status Escape(bool in_bracket) {
    if (rest_.empty()) return Invalid("invalid escape \\ sequence");
    char c = Take();
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!letter) {
      out_.push_back('\\');
      out_.push_back(c);
      if (static_cast<signed char>(c) < 0) out_.erase(out_.size() - 2, 1);
      return Ok();
    }
    switch (c) {
      case 'd':
        out_ += in_bracket ? "0-9" : "[0-9]";
        return Ok();
      case 'w':
        out_ += in_bracket ? "\\pL\\pN_" : "[\\pL\\pN_]";
        return Ok();
      case 's':
        out_ += in_bracket ? " \\t-\\r" : "[ \\t-\\r]";
        return Ok();
      case 'n':
      case 't':
      case 'r':
      case 'f':
      case 'v':
      case 'a':
        out_.push_back('\\');
        out_.push_back(c);
        return Ok();
      case 'b':
        out_ += "\\x08";
        return Ok();
      case 'e':
        out_ += "\\x1b";
        return Ok();
      case 'B':
        out_ += "\\\\";
        return Ok();
      case 'x':
        return Hex(1, 255);
      case 'u':
        return Hex(4, 4);
      case 'U':
        return Hex(8, 8);
      default:
        break;
    }
    if (in_bracket) return Invalid("invalid escape \\ sequence");
    switch (c) {
      case 'D':
        out_ += "[^0-9]";
        return Ok();
      case 'W':
        out_ += "[^\\pL\\pN_]";
        return Ok();
      case 'S':
        out_ += "[^ \\t-\\r]";
        return Ok();
      case 'A':
        out_ += "\\A";
        return Ok();
      case 'Z':
        out_ += "\\z";
        return Ok();
      case 'y':
        out_ += "\\b";
        return Ok();
      case 'Y':
        out_ += "\\B";
        return Ok();
      case 'm':
      case 'M':
        return NotSupported("\\m and \\M in regular expressions");
      default:
        break;
    }
    if (c >= '1' && c <= '9') return NotSupported("a back reference in a regular expression");
    return Invalid("invalid escape \\ sequence");
  }

  Status Hex(size_t least, size_t most) {
    size_t n = 0;
    uint32_t value = 0;
    while (n < most && n < rest_.size()) {
      char c = rest_[n];
      int digit = c >= '0' && c <= '9'                 ? c - '0'
                  : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10
                                                       : -1;
      if (digit < 0) break;
      value = value * 16 + static_cast<uint32_t>(digit);
      if (value > 0x10ffff) return Invalid("invalid escape \\ sequence");
      ++n;
    }
    if (n < least) return Invalid("invalid escape \\ sequence");
    rest_.remove_prefix(n);
    static constexpr char kHex[] = "0123456789abcdef";
    out_ += "\\x{";
    for (int shift = 20; shift >= 0; shift -= 4) out_.push_back(kHex[value >> shift & 15]);
    out_.push_back('}');
    return Ok();
  }

  Status Bracket() {
    if (rest_.starts_with("[:<:]]") || rest_.starts_with("[:>:]]")) {
      return NotSupported("[[:<:]] and [[:>:]] in regular expressions");
    }
    out_.push_back('[');
    if (Next('^')) out_.push_back(Take());
    bool first = true;
    while (true) {
      if (rest_.empty()) return Invalid("brackets [] not balanced");
      char c = Take();
      if (c == ']' && !first) break;
      first = false;
      if (c == '[' && Next(':')) {
        size_t end = rest_.find(":]");
        if (end == std::string_view::npos) return Invalid("brackets [] not balanced");
        std::string_view name = rest_.substr(1, end - 1);
        rest_.remove_prefix(end + 2);
        LATHE_TRY(Class(name));
      } else if (c == '[' && (Next('.') || Next('='))) {
        return NotSupported("collating elements in regular expressions");
      } else if (c == '\\') {
        LATHE_TRY(Escape(true));
      } else if (c == '[' || c == ']') {
        out_.push_back('\\');
        out_.push_back(c);
      } else {
        out_.push_back(c);
      }
    }
    out_.push_back(']');
    return Ok();
  }

  Status Class(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> kClasses[] = {
        {"alpha", "\\pL"},      {"alnum", "\\pL\\pN"},  {"upper", "\\p{Lu}"},
        {"lower", "\\p{Ll}"},   {"digit", "0-9"},       {"space", " \\t-\\r"},
        {"blank", " \\t"},      {"punct", "[:punct:]"}, {"xdigit", "[:xdigit:]"},
        {"cntrl", "[:cntrl:]"}, {"print", "[:print:]"}, {"graph", "[:graph:]"},
        {"word", "\\pL\\pN_"},
    };
    for (const auto& [known, translated] : kClasses) {
      if (known == name) {
        out_ += translated;
        return Ok();
      }
    }
    return Invalid("invalid character class");
  }

  std::string_view rest_;
  std::string out_;
  bool lazy_ = false, greedy_ = false, has_alternation_ = false, ignore_case_ = false;
};

std::string_view Reason(re2::RE2::ErrorCode code) {
  switch (code) {
    case re2::RE2::ErrorMissingParen:
    case re2::RE2::ErrorUnexpectedParen:
      return "parentheses () not balanced";
    case re2::RE2::ErrorMissingBracket:
      return "brackets [] not balanced";
    case re2::RE2::ErrorBadCharRange:
      return "invalid character range";
    case re2::RE2::ErrorBadCharClass:
      return "invalid character class";
    case re2::RE2::ErrorRepeatArgument:
    case re2::RE2::ErrorRepeatOp:
      return "quantifier operand invalid";
    case re2::RE2::ErrorRepeatSize:
      return "invalid repetition count(s)";
    case re2::RE2::ErrorPatternTooLarge:
      return "regular expression is too complex";
    default:
      return "invalid escape \\ sequence";
  }
}

Result<std::shared_ptr<const Regex>> PosixOf(std::string_view pattern, RegexFlags flags) {
  LATHE_ASSIGN(std::shared_ptr<const Regex> regex, CompilePosixRegex(pattern, flags));
  return regex;
}

Result<std::shared_ptr<const Regex>> Compile(std::string_view pattern, RegexFlags flags) {
  std::string translated;
  bool lazy = false, alternation = false, ignore_case = flags.ignore_case;
  if (flags.literal) {
    translated = re2::RE2::QuoteMeta(re2::StringPiece(pattern.data(), pattern.size()));
  } else if (flags.newline_ends_dot || flags.newline_ends_line || flags.expanded) {
    return PosixOf(pattern, flags);
  } else {
    Translator translator(pattern);
    Result<std::string> re2_pattern = translator.Translate();
    if (!re2_pattern.ok()) {
      if (re2_pattern.error().state != SqlState::kFeatureNotSupported) {
        return std::move(re2_pattern).error();
      }
      return PosixOf(pattern, flags);
    }
    translated = std::move(*re2_pattern);
    lazy = translator.lazy();
    alternation = translator.has_alternation();
    ignore_case = ignore_case || translator.ignore_case();
  }
  re2::RE2::Options options;
  options.set_log_errors(false);
  options.set_case_sensitive(!ignore_case);
  options.set_dot_nl(true);
  options.set_longest_match(!lazy);
  options.set_max_mem(16 << 20);
  auto re = std::make_unique<re2::RE2>(translated, options);
  if (!re->ok()) return Invalid(Reason(re->error_code()));
  // RE2 and PostgreSQL find the same match but may divide it differently among alternatives.
  std::shared_ptr<const PosixRegex> exact;
  if (alternation && re->NumberOfCapturingGroups() > 0) {
    LATHE_ASSIGN(exact, CompilePosixRegex(pattern, flags));
  }
  return std::shared_ptr<const Regex>(std::make_shared<Re2Regex>(std::move(re), std::move(exact)));
}

}  // namespace

Result<RegexFlags> ParseRegexFlags(std::string_view letters, std::string_view function,
                                   bool global_allowed) {
  RegexFlags flags;
  bool basic = false;
  for (char c : letters) {
    switch (c) {
      case 'g':
        if (!global_allowed) {
          return MakeError(SqlState::kInvalidParameterValue,
                           std::string(function) + " does not support the \"global\" option");
        }
        flags.global = true;
        break;
      case 'i':
        flags.ignore_case = true;
        break;
      case 'c':
        flags.ignore_case = false;
        break;
      case 'q':
        flags.literal = true;
        break;
      case 's':
        flags.newline_ends_dot = flags.newline_ends_line = false;
        break;
      case 'm':
      case 'n':
        flags.newline_ends_dot = flags.newline_ends_line = true;
        break;
      case 'p':
        flags.newline_ends_dot = true;
        flags.newline_ends_line = false;
        break;
      case 'w':
        flags.newline_ends_dot = false;
        flags.newline_ends_line = true;
        break;
      case 'x':
        flags.expanded = true;
        break;
      case 't':
        flags.expanded = false;
        break;
      case 'e':
        break;
      case 'b':
        basic = true;
        break;
      default: {
        std::string_view rest = letters.substr(letters.find(c));
        return MakeError(SqlState::kInvalidParameterValue,
                         "invalid regular expression option: \"" +
                             std::string(rest.substr(0, static_cast<size_t>(types::CharBytes(c)))) +
                             "\"");
      }
    }
  }
  if (basic) return NotSupported("regular expression option \"b\"");
  return flags;
}

Result<std::shared_ptr<const Regex>> CompileRegex(std::string_view pattern, RegexFlags flags) {
  constexpr size_t kKeptMax = 64;
  thread_local std::unordered_map<std::string, std::shared_ptr<const Regex>> kept;
  std::string key;
  key.push_back(static_cast<char>(' ' + (flags.ignore_case ? 1 : 0) + (flags.literal ? 2 : 0) +
                                  (flags.newline_ends_dot ? 4 : 0) +
                                  (flags.newline_ends_line ? 8 : 0) + (flags.expanded ? 16 : 0)));
  key += pattern;
  auto found = kept.find(key);
  if (found != kept.end()) return found->second;
  LATHE_ASSIGN(std::shared_ptr<const Regex> regex, Compile(pattern, flags));
  if (kept.size() >= kKeptMax) kept.clear();
  kept.emplace(std::move(key), regex);
  return regex;
}

}  // namespace lathe::func
