// jsonpath: reading (SQL:2016 9.39, by recursive descent) and writing.
#include "runtime/types/jsonpath.h"

#include "runtime/types/json.h"
#include "runtime/types/numeric.h"
#include "runtime/types/text.h"

namespace lathe::types {
namespace {

using NodePtr = std::unique_ptr<PathNode>;
using K = PathKind;

/// Nesting of parentheses and operators, and parts of a path in all: what recursion over it may take.
constexpr int kPathDepthMax = 256, kPathPartsMax = 1000;

struct Token {
  enum class Kind : uint8_t { kEnd, kName, kString, kNumber, kInteger, kVariable, kSymbol };
  Kind kind = Kind::kEnd;
  std::string text;         // unescaped; of symbols as written
  std::string_view source;  // as written
  bool quoted = false;
};

Error SyntaxError(std::string_view at) {
  if (at.empty()) {
    return MakeError(SqlState::kSyntaxError, "syntax error at end of jsonpath input");
  }
  return MakeError(SqlState::kSyntaxError,
                   "syntax error at or near \"" + std::string(at) + "\" of jsonpath input");
}

bool IsBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsSpecial(char c) {
  return std::string_view("?%$.[]{}()|&!=<>@#,*:-+/\"").find(c) != std::string_view::npos;
}

/// Cuts the text into tokens.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : rest_(text) {}

  Result<Token> Next() {
    LATHE_TRY(SkipBlanks());
    Token token;
    if (rest_.empty()) return token;
    const std::string_view start = rest_;
    auto finish = [&](Token::Kind kind) {
      token.kind = kind;
      token.source = start.substr(0, start.size() - rest_.size());
      return token;
    };
    const char c = rest_[0];
    if (c == '"') {
      LATHE_TRY(Quoted(&token.text));
      token.quoted = true;
      return finish(Token::Kind::kString);
    }
    if (c == '$' && rest_.size() > 1 && (rest_[1] == '"' || !Ends(rest_[1]))) {
      rest_.remove_prefix(1);
      if (rest_[0] == '"') {
        LATHE_TRY(Quoted(&token.text));
      } else {
        LATHE_TRY(Name(&token.text));
      }
      return finish(Token::Kind::kVariable);
    }
    if (IsDigit(c) || (c == '.' && rest_.size() > 1 && IsDigit(rest_[1]))) {
      bool integer = true;
      LATHE_TRY(Number(&integer));
      finish(integer ? Token::Kind::kInteger : Token::Kind::kNumber);
      token.text = token.source;
      return token;
    }
    for (std::string_view symbol : {"&&", "||", "==", "!=", "<>", "<=", ">=", "**"}) {
      if (!rest_.starts_with(symbol)) continue;
      rest_.remove_prefix(2);
      token.text = symbol == "<>" ? "!=" : symbol;
      return finish(Token::Kind::kSymbol);
    }
    if (IsSpecial(c)) {
      token.text = c;
      rest_.remove_prefix(1);
      return finish(Token::Kind::kSymbol);
    }
    LATHE_TRY(Name(&token.text));
    return finish(Token::Kind::kName);
  }

 private:
  static bool Ends(char c) { return IsBlank(c) || IsSpecial(c); }
  Status SkipBlanks() {
    while (!rest_.empty()) {
      if (IsBlank(rest_[0])) {
        rest_.remove_prefix(1);
      } else if (rest_.starts_with("/*")) {
        size_t end = rest_.find("*/", 2);
        if (end == std::string_view::npos) {
          return MakeError(SqlState::kSyntaxError,
                           "unexpected end of comment at end of jsonpath input");
        }
        rest_.remove_prefix(end + 2);
      } else {
        break;
      }
    }
    return Ok();
  }
  Status Number(bool* integer) {
    const std::string_view start = rest_;
    size_t n = 0;
    auto digits = [&] {
      while (n < rest_.size() && IsDigit(rest_[n])) ++n;
    };
    digits();
    if (n > 1 && rest_[0] == '0') return Junk(start, 2);
    // 1.type() is no fraction, but 1. is.
    if (n < rest_.size() && rest_[n] == '.') {
      *integer = false;
      ++n;
      digits();
    }
    if (n < rest_.size() && (rest_[n] | 32) == 'e') {
      size_t mark = n++;
      if (n < rest_.size() && (rest_[n] == '+' || rest_[n] == '-')) ++n;
      if (n >= rest_.size() || !IsDigit(rest_[n])) return Junk(start, mark + 1);
      digits();
      *integer = false;
    }
    if (n < rest_.size() && !Ends(rest_[n])) return Junk(start, n + 1);
    rest_.remove_prefix(n);
    return Ok();
  }
  static Error Junk(std::string_view start, size_t bytes) {
    return MakeError(SqlState::kSyntaxError, "trailing junk after numeric literal at or near \"" +
                                                 std::string(start.substr(0, bytes)) +
                                                 "\" of jsonpath input");
  }
  Status Quoted(std::string* out) {
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_[0] != '"') {
      if (rest_[0] == '\\') {
        LATHE_TRY(Escape(out));
      } else {
        out->push_back(rest_[0]);
        rest_.remove_prefix(1);
      }
    }
    if (rest_.empty()) {
      return MakeError(SqlState::kSyntaxError,
                       "unterminated quoted string at end of jsonpath input");
    }
    rest_.remove_prefix(1);
    return Ok();
  }
  Status Name(std::string* out) {
    while (!rest_.empty() && !Ends(rest_[0])) {
      if (rest_[0] == '\\') {
        LATHE_TRY(Escape(out));
      } else {
        out->push_back(rest_[0]);
        rest_.remove_prefix(1);
      }
    }
    return Ok();
  }
  /// A number of hexadecimal digits; false when there are others.
  bool Hex(size_t count, uint32_t* value) {
    *value = 0;
    if (rest_.size() < count || count == 0) return false;
    for (size_t i = 0; i < count; ++i) {
      char c = rest_[i];
      int digit = IsDigit(c) ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 87 : -1;
      if (digit < 0) return false;
      *value = *value * 16 + static_cast<uint32_t>(digit);
    }
    rest_.remove_prefix(count);
    return true;
  }
  Status CodePoint(std::string_view start, uint32_t* value) {
    bool good;
    if (!rest_.empty() && rest_[0] == '{') {
      rest_.remove_prefix(1);
      size_t digits = rest_.find('}');
      good = digits <= 6 && Hex(digits, value);
      if (good) rest_.remove_prefix(1);
    } else {
      good = Hex(4, value);
    }
    if (!good) {
      return MakeError(SqlState::kSyntaxError, "invalid Unicode escape sequence at or near \"" +
                                                   std::string(start.substr(0, 2)) +
                                                   "\" of jsonpath input");
    }
    return Ok();
  }
  Status Escape(std::string* out) {
    const std::string_view start = rest_;
    rest_.remove_prefix(1);
    if (rest_.empty()) {
      return MakeError(SqlState::kSyntaxError,
                       "unexpected end after backslash at end of jsonpath input");
    }
    const char c = rest_[0];
    rest_.remove_prefix(1);
    uint32_t value;
    switch (c) {
      case 'b':
        out->push_back('\b');
        return Ok();
      case 'f':
        out->push_back('\f');
        return Ok();
      case 'n':
        out->push_back('\n');
        return Ok();
      case 'r':
        out->push_back('\r');
        return Ok();
      case 't':
        out->push_back('\t');
        return Ok();
      case 'v':
        out->push_back('\v');
        return Ok();
      case 'x':
        if (!Hex(2, &value)) {
          return MakeError(SqlState::kSyntaxError,
                           "invalid hexadecimal character sequence at or near \"\\x\" of jsonpath "
                           "input");
        }
        break;
      case 'u': {
        LATHE_TRY(CodePoint(start, &value));
        if (value >= 0xd800 && value < 0xdc00) {
          uint32_t low = 0;
          if (rest_.starts_with("\\u")) {
            rest_.remove_prefix(2);
            LATHE_TRY(CodePoint(start, &low));
          }
          if (low < 0xdc00 || low > 0xdfff) return BadSurrogate();
          value = 0x10000 + ((value & 0x3ff) << 10) + (low & 0x3ff);
        } else if (value >= 0xdc00 && value < 0xe000) {
          return BadSurrogate();
        }
        break;
      }
      default:
        out->push_back(c);
        return Ok();
    }
    if (value == 0) {
      Error error =
          MakeError(SqlState::kUntranslatableCharacter, "unsupported Unicode escape sequence");
      error.detail = "\\u0000 cannot be converted to text.";
      return error;
    }
    if (value > 0x10ffff) return BadSurrogate();
    AppendChar(value, out);
    return Ok();
  }
  static Error BadSurrogate() {
    Error error =
        MakeError(SqlState::kInvalidTextRepresentation, "invalid input syntax for type jsonpath");
    error.detail = "Unicode low surrogate must follow a high surrogate.";
    return error;
  }

  std::string_view rest_;
};

/// What an expression turned out to be: only predicates may stand where a truth is wanted.
struct Parsed {
  NodePtr node;
  bool predicate = false;
};

class PathParser {
 public:
  explicit PathParser(std::string_view text) : lexer_(text) {}

  Result<JsonPath> Parse() {
    LATHE_TRY(Advance());
    JsonPath path;
    if (IsName("strict") || IsName("lax")) {
      path.lax = IsName("lax");
      LATHE_TRY(Advance());
    }
    LATHE_ASSIGN(Parsed root, Or());
    if (token_.kind != Token::Kind::kEnd) return Unexpected();
    path.root = std::move(root.node);
    return path;
  }

 private:
  Error Unexpected() const { return SyntaxError(token_.source); }
  Status Advance() {
    if (parts_ > kPathPartsMax) return TooDeep();
    LATHE_ASSIGN(token_, lexer_.Next());
    return Ok();
  }
  bool Is(std::string_view symbol) const {
    return token_.kind == Token::Kind::kSymbol && token_.text == symbol;
  }
  /// A keyword: in any case, but null, true and false in lower case only.
  bool IsName(std::string_view keyword) const {
    if (token_.kind != Token::Kind::kName || token_.text.size() != keyword.size()) return false;
    if (keyword == "null" || keyword == "true" || keyword == "false") {
      return token_.text == keyword;
    }
    for (size_t i = 0; i < keyword.size(); ++i) {
      char c = token_.text[i];
      if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
      if (c != keyword[i]) return false;
    }
    return true;
  }
  Status Expect(std::string_view symbol) {
    if (!Is(symbol)) return Unexpected();
    return Advance();
  }
  NodePtr Make(K kind, std::string text = {}) {
    ++parts_;
    auto node = std::make_unique<PathNode>();
    node->kind = kind;
    node->text = std::move(text);
    return node;
  }
  NodePtr Make(K kind, NodePtr left, NodePtr right) {
    NodePtr node = Make(kind);
    node->parts.push_back(std::move(left));
    if (right != nullptr) node->parts.push_back(std::move(right));
    return node;
  }

  Result<Parsed> Or() {
    if (++depth_ > kPathDepthMax) return TooDeep();
    LATHE_ASSIGN(Parsed left, And());
    while (Is("||")) {
      LATHE_TRY(Truths(left, "||", K::kOr, [this] { return And(); }));
    }
    --depth_;
    return left;
  }
  Result<Parsed> And() {
    LATHE_ASSIGN(Parsed left, Comparison());
    while (Is("&&")) {
      LATHE_TRY(Truths(left, "&&", K::kAnd, [this] { return Comparison(); }));
    }
    return left;
  }
  template <class Next>
  Status Truths(Parsed& left, std::string_view symbol, K kind, Next next) {
    if (!left.predicate) return Unexpected();
    LATHE_TRY(Expect(symbol));
    LATHE_ASSIGN(Parsed right, next());
    if (!right.predicate) return Unexpected();
    left.node = Make(kind, std::move(left.node), std::move(right.node));
    return Ok();
  }

  Result<Parsed> Comparison() {
    if (Is("!")) {
      LATHE_TRY(Advance());
      if (!Is("(") && !IsName("exists")) return Unexpected();
      LATHE_ASSIGN(Parsed inner, Primary());
      if (!inner.predicate) return Unexpected();
      return Parsed{Make(K::kNot, std::move(inner.node), nullptr), true};
    }
    LATHE_ASSIGN(Parsed left, Sum());
    static constexpr std::pair<std::string_view, K> kOperators[] = {
        {"==", K::kEqual},  {"!=", K::kNotEqual},  {"<", K::kLess},
        {">", K::kGreater}, {"<=", K::kLessEqual}, {">=", K::kGreaterEqual}};
    for (const auto& [symbol, kind] : kOperators) {
      if (!Is(symbol)) continue;
      if (left.predicate) return Unexpected();
      LATHE_TRY(Advance());
      LATHE_ASSIGN(Parsed right, Sum());
      if (right.predicate) return Unexpected();
      return Parsed{Make(kind, std::move(left.node), std::move(right.node)), true};
    }
    if (IsName("starts")) {
      if (left.predicate) return Unexpected();
      LATHE_TRY(Advance());
      if (!IsName("with")) return Unexpected();
      LATHE_TRY(Advance());
      if (token_.kind != Token::Kind::kString && token_.kind != Token::Kind::kVariable) {
        return Unexpected();
      }
      NodePtr prefix =
          Make(token_.kind == Token::Kind::kString ? K::kString : K::kVariable, token_.text);
      LATHE_TRY(Advance());
      return Parsed{Make(K::kStartsWith, std::move(left.node), std::move(prefix)), true};
    }
    if (IsName("like_regex")) {
      if (left.predicate) return Unexpected();
      return LikeRegex(std::move(left.node));
    }
    return left;
  }
  Result<Parsed> LikeRegex(NodePtr operand) {
    LATHE_TRY(Advance());
    if (token_.kind != Token::Kind::kString) return Unexpected();
    NodePtr node = Make(K::kLikeRegex, std::move(operand), nullptr);
    node->text = token_.text;
    LATHE_TRY(Advance());
    if (IsName("flag")) {
      LATHE_TRY(Advance());
      if (token_.kind != Token::Kind::kString) return Unexpected();
      for (char c : token_.text) {
        if (std::string_view("ismxq").find(c) == std::string_view::npos) {
          Error error = MakeError(SqlState::kSyntaxError, "invalid input syntax for type jsonpath");
          error.detail =
              "Unrecognized flag character \"" + std::string(1, c) + "\" in LIKE_REGEX predicate.";
          return error;
        }
      }
      for (char c : std::string_view("ismxq")) {
        if (token_.text.find(c) != std::string::npos) node->flags.push_back(c);
      }
      if (node->flags.find('x') != std::string::npos &&
          node->flags.find('q') == std::string::npos) {
        return MakeError(SqlState::kFeatureNotSupported,
                         "XQuery \"x\" flag (expanded regular expressions) is not implemented");
      }
      LATHE_TRY(Advance());
    }
    return Parsed{std::move(node), true};
  }

  Result<Parsed> Sum() {
    LATHE_ASSIGN(Parsed left, Product());
    while (Is("+") || Is("-")) {
      LATHE_TRY(Arithmetic(left, Is("+") ? K::kAdd : K::kSubtract, [this] { return Product(); }));
    }
    return left;
  }
  Result<Parsed> Product() {
    LATHE_ASSIGN(Parsed left, Unary());
    while (Is("*") || Is("/") || Is("%")) {
      LATHE_TRY(Arithmetic(left,
                           Is("*")   ? K::kMultiply
                           : Is("/") ? K::kDivide
                                     : K::kModulo,
                           [this] { return Unary(); }));
    }
    return left;
  }
  template <class Next>
  Status Arithmetic(Parsed& left, K kind, Next next) {
    if (left.predicate) return Unexpected();
    LATHE_TRY(Advance());
    LATHE_ASSIGN(Parsed right, next());
    if (right.predicate) return Unexpected();
    left.node = Make(kind, std::move(left.node), std::move(right.node));
    return Ok();
  }
  Result<Parsed> Unary() {
    if (!Is("+") && !Is("-")) return Primary();
    if (++depth_ > kPathDepthMax) return TooDeep();
    const bool minus = Is("-");
    LATHE_TRY(Advance());
    LATHE_ASSIGN(Parsed inner, Unary());
    --depth_;
    if (inner.predicate) return Unexpected();
    // A signed number is a number.
    if (inner.node->kind == K::kNumber && inner.node->next == nullptr) {
      if (minus) {
        std::string& text = inner.node->text;
        text = text.starts_with('-') ? text.substr(1) : "-" + text;
      }
      return inner;
    }
    return Parsed{Make(minus ? K::kMinus : K::kPlus, std::move(inner.node), nullptr), false};
  }
  static Error TooDeep() {
    return MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded");
  }

  Result<Parsed> Primary() {
    Parsed primary;
    switch (token_.kind) {
      case Token::Kind::kString:
        primary.node = Make(K::kString, token_.text);
        LATHE_TRY(Advance());
        break;
      case Token::Kind::kVariable:
        primary.node = Make(K::kVariable, token_.text);
        LATHE_TRY(Advance());
        break;
      case Token::Kind::kNumber:
      case Token::Kind::kInteger: {
        LATHE_ASSIGN(Numeric number, Numeric::Parse(token_.text));
        primary.node = Make(K::kNumber, number.ToText());
        LATHE_TRY(Advance());
        break;
      }
      default: {
        LATHE_ASSIGN(primary, WordOrSymbol());
        break;
      }
    }
    if (primary.predicate && !StepFollows()) return primary;
    return Steps(std::move(primary));
  }
  Result<Parsed> WordOrSymbol() {
    Parsed primary;
    if (Is("(")) return Parentheses();
    if (IsName("exists")) {
      LATHE_TRY(Advance());
      LATHE_TRY(Expect("("));
      LATHE_ASSIGN(Parsed inner, Or());
      if (inner.predicate) return Unexpected();
      LATHE_TRY(Expect(")"));
      return Parsed{Make(K::kExists, std::move(inner.node), nullptr), true};
    }
    if (Is("$")) {
      primary.node = Make(K::kRoot);
    } else if (Is("@")) {
      if (filters_ == 0) {
        return MakeError(SqlState::kSyntaxError, "@ is not allowed in root expressions");
      }
      primary.node = Make(K::kCurrent);
    } else if (IsName("null")) {
      primary.node = Make(K::kNull);
    } else if (IsName("true") || IsName("false")) {
      primary.node = Make(K::kBool, token_.text);
    } else if (IsName("last")) {
      if (subscripts_ == 0) {
        return MakeError(SqlState::kSyntaxError, "LAST is allowed only in array subscripts");
      }
      primary.node = Make(K::kLast);
    } else {
      return Unexpected();
    }
    LATHE_TRY(Advance());
    return primary;
  }
  Result<Parsed> Parentheses() {
    LATHE_TRY(Expect("("));
    LATHE_ASSIGN(Parsed inner, Or());
    LATHE_TRY(Expect(")"));
    if (inner.predicate && IsName("is")) {
      LATHE_TRY(Advance());
      if (!IsName("unknown")) return Unexpected();
      LATHE_TRY(Advance());
      return Parsed{Make(K::kIsUnknown, std::move(inner.node), nullptr), true};
    }
    return inner;
  }

  bool StepFollows() const { return Is(".") || Is("[") || Is("?"); }
  Result<Parsed> Steps(Parsed primary) {
    PathNode* end = primary.node.get();
    while (end->next != nullptr) end = end->next.get();
    while (StepFollows()) {
      LATHE_ASSIGN(end->next, Step());
      end = end->next.get();
      primary.predicate = false;
    }
    return primary;
  }
  Result<NodePtr> Step() {
    if (Is("[")) return Subscripts();
    if (Is("?")) {
      LATHE_TRY(Advance());
      LATHE_TRY(Expect("("));
      ++filters_;
      LATHE_ASSIGN(Parsed condition, Or());
      --filters_;
      if (!condition.predicate) return Unexpected();
      LATHE_TRY(Expect(")"));
      return Make(K::kFilter, std::move(condition.node), nullptr);
    }
    LATHE_TRY(Expect("."));
    if (Is("*")) {
      LATHE_TRY(Advance());
      return Make(K::kAnyKey);
    }
    if (Is("**")) return Levels();
    if (token_.kind != Token::Kind::kName && token_.kind != Token::Kind::kString) {
      return Unexpected();
    }
    static constexpr std::pair<std::string_view, K> kMethods[] = {
        {"type", K::kType},         {"size", K::kSize},        {"abs", K::kAbs},
        {"floor", K::kFloor},       {"ceiling", K::kCeiling},  {"double", K::kDouble},
        {"datetime", K::kDatetime}, {"keyvalue", K::kKeyValue}};
    K method = K::kKey;
    for (const auto& [name, kind] : kMethods) {
      if (IsName(name)) method = kind;
    }
    NodePtr key = Make(K::kKey, token_.text);
    LATHE_TRY(Advance());
    if (method == K::kKey || !Is("(")) return key;
    LATHE_TRY(Advance());
    NodePtr call = Make(method);
    if (method == K::kDatetime && token_.kind == Token::Kind::kString) {
      call->parts.push_back(Make(K::kString, token_.text));
      LATHE_TRY(Advance());
    }
    LATHE_TRY(Expect(")"));
    return call;
  }
  Result<uint32_t> Level() {
    uint32_t level = UINT32_MAX;
    if (token_.kind == Token::Kind::kInteger) {
      level = static_cast<uint32_t>(
          std::min<uint64_t>(std::strtoull(token_.text.c_str(), nullptr, 10), INT32_MAX));
    } else if (!IsName("last")) {
      return Unexpected();
    }
    LATHE_TRY(Advance());
    return level;
  }
  Result<NodePtr> Levels() {
    LATHE_TRY(Advance());
    NodePtr node = Make(K::kAnyLevel);
    node->last = UINT32_MAX;
    if (!Is("{")) return node;
    LATHE_TRY(Advance());
    LATHE_ASSIGN(node->first, Level());
    node->last = node->first;
    if (IsName("to")) {
      LATHE_TRY(Advance());
      LATHE_ASSIGN(node->last, Level());
    }
    LATHE_TRY(Expect("}"));
    return node;
  }
  Result<NodePtr> Subscripts() {
    LATHE_TRY(Expect("["));
    if (Is("*")) {
      LATHE_TRY(Advance());
      LATHE_TRY(Expect("]"));
      return Make(K::kAnyItem);
    }
    NodePtr node = Make(K::kItems);
    ++subscripts_;
    while (true) {
      LATHE_ASSIGN(Parsed from, Or());
      if (from.predicate) return Unexpected();
      NodePtr to;
      if (IsName("to")) {
        LATHE_TRY(Advance());
        LATHE_ASSIGN(Parsed upper, Or());
        if (upper.predicate) return Unexpected();
        to = std::move(upper.node);
      }
      node->parts.push_back(std::move(from.node));
      node->parts.push_back(std::move(to));
      if (!Is(",")) break;
      LATHE_TRY(Advance());
    }
    --subscripts_;
    LATHE_TRY(Expect("]"));
    return node;
  }

  Lexer lexer_;
  Token token_;
  int depth_ = 0, parts_ = 0, filters_ = 0, subscripts_ = 0;
};

int Priority(K kind) {
  switch (kind) {
    case K::kOr:
      return 0;
    case K::kAnd:
      return 1;
    case K::kEqual:
    case K::kNotEqual:
    case K::kLess:
    case K::kGreater:
    case K::kLessEqual:
    case K::kGreaterEqual:
    case K::kStartsWith:
      return 2;
    case K::kAdd:
    case K::kSubtract:
      return 3;
    case K::kMultiply:
    case K::kDivide:
    case K::kModulo:
      return 4;
    case K::kPlus:
    case K::kMinus:
      return 5;
    default:
      return 6;
  }
}

std::string_view OperatorText(K kind) {
  switch (kind) {
    case K::kOr:
      return "||";
    case K::kAnd:
      return "&&";
    case K::kEqual:
      return "==";
    case K::kNotEqual:
      return "!=";
    case K::kLess:
      return "<";
    case K::kGreater:
      return ">";
    case K::kLessEqual:
      return "<=";
    case K::kGreaterEqual:
      return ">=";
    case K::kStartsWith:
      return "starts with";
    case K::kAdd:
    case K::kPlus:
      return "+";
    case K::kSubtract:
    case K::kMinus:
      return "-";
    case K::kMultiply:
      return "*";
    case K::kDivide:
      return "/";
    case K::kModulo:
      return "%";
    case K::kType:
      return ".type()";
    case K::kSize:
      return ".size()";
    case K::kAbs:
      return ".abs()";
    case K::kFloor:
      return ".floor()";
    case K::kCeiling:
      return ".ceiling()";
    case K::kDouble:
      return ".double()";
    case K::kKeyValue:
      return ".keyvalue()";
    default:
      return {};
  }
}

class PathPrinter {
 public:
  void Print(const PathNode& node, bool brackets) {
    switch (node.kind) {
      case K::kNull:
        out += "null";
        break;
      case K::kString:
        AppendJsonString(node.text, &out);
        break;
      case K::kNumber:
        if (node.next != nullptr) out += '(';
        out += node.text;
        if (node.next != nullptr) out += ')';
        break;
      case K::kBool:
        out += node.text;
        break;
      case K::kVariable:
        out += '$';
        AppendJsonString(node.text, &out);
        break;
      case K::kRoot:
        out += '$';
        break;
      case K::kCurrent:
        out += '@';
        break;
      case K::kLast:
        out += "last";
        break;
      case K::kNot:
        out += '!';
        Within("(", *node.parts[0], ")");
        break;
      case K::kIsUnknown:
        Within("(", *node.parts[0], ") is unknown");
        break;
      case K::kExists:
        Within("exists (", *node.parts[0], ")");
        break;
      case K::kFilter:
        Within("?(", *node.parts[0], ")");
        break;
      case K::kLikeRegex:
        if (brackets) out += '(';
        Operand(node, 0);
        out += " like_regex ";
        AppendJsonString(node.text, &out);
        if (!node.flags.empty()) out += " flag \"" + node.flags + "\"";
        if (brackets) out += ')';
        break;
      case K::kPlus:
      case K::kMinus:
        if (brackets) out += '(';
        out += OperatorText(node.kind);
        Operand(node, 0);
        if (brackets) out += ')';
        break;
      case K::kKey:
        out += '.';
        AppendJsonString(node.text, &out);
        break;
      case K::kAnyKey:
        out += ".*";
        break;
      case K::kAnyItem:
        out += "[*]";
        break;
      case K::kItems:
        Items(node);
        break;
      case K::kAnyLevel:
        Levels(node);
        break;
      case K::kDatetime:
        out += ".datetime(";
        if (!node.parts.empty()) Print(*node.parts[0], false);
        out += ')';
        break;
      default:
        if (node.parts.empty()) {
          out += OperatorText(node.kind);
          break;
        }
        if (brackets) out += '(';
        Operand(node, 0);
        out += ' ';
        out += OperatorText(node.kind);
        out += ' ';
        Operand(node, 1);
        if (brackets) out += ')';
        break;
    }
    if (node.next != nullptr) Print(*node.next, true);
  }

  std::string out;

 private:
  void Within(std::string_view before, const PathNode& node, std::string_view after) {
    out += before;
    Print(node, false);
    out += after;
  }
  void Operand(const PathNode& node, size_t i) {
    Print(*node.parts[i], Priority(node.parts[i]->kind) <= Priority(node.kind));
  }
  void Items(const PathNode& node) {
    out += '[';
    for (size_t i = 0; i < node.parts.size(); i += 2) {
      if (i > 0) out += ',';
      Print(*node.parts[i], false);
      if (node.parts[i + 1] == nullptr) continue;
      out += " to ";
      Print(*node.parts[i + 1], false);
    }
    out += ']';
  }
  void Levels(const PathNode& node) {
    auto level = [](uint32_t n) { return n == UINT32_MAX ? "last" : std::to_string(n); };
    out += ".**";
    if (node.first == 0 && node.last == UINT32_MAX) return;
    out += '{' + level(node.first);
    if (node.first != node.last) out += " to " + level(node.last);
    out += '}';
  }
};

}  // namespace

Result<JsonPath> ParseJsonPath(std::string_view text) {
  if (text.find_first_not_of(" \t\n\v\f\r") == std::string_view::npos) {
    return MakeError(SqlState::kInvalidTextRepresentation,
                     "invalid input syntax for type jsonpath: \"" + std::string(text) + "\"");
  }
  return PathParser(text).Parse();
}

std::string JsonPathText(const JsonPath& path) {
  PathPrinter printer;
  if (!path.lax) printer.out = "strict ";
  printer.Print(*path.root, true);
  return std::move(printer.out);
}

Result<std::string> NormalizeJsonPath(std::string_view text) {
  LATHE_ASSIGN(JsonPath path, ParseJsonPath(text));
  return JsonPathText(path);
}

}  // namespace lathe::types
