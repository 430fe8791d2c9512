// The JSON reader: one recursive descent over tokens, with or without a tree.
#include "runtime/types/json.h"

#include <algorithm>
#include <cstring>

#include "runtime/types/text.h"

namespace lathe::types {
namespace {

bool IsBlank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
/// Characters that a token that is no JSON goes on with.
bool IsWordChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || IsDigit(c) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

enum class Token : uint8_t {
  kEnd,
  kString,
  kNumber,
  kTrue,
  kFalse,
  kNull,
  kOpenObject,
  kCloseObject,
  kOpenArray,
  kCloseArray,
  kComma,
  kColon,
};

class Reader {
 public:
  Reader(std::string_view text, bool unescape) : text_(text), unescape_(unescape) {}

  /// A whole document. node may be null.
  Status Document(JsonNode* node) {
    LATHE_TRY(Next());
    LATHE_TRY(Value(node, 0));
    if (token_ != Token::kEnd) return Expected("Expected end of input, but found");
    return Ok();
  }

  // For reading one level by hand. What Value calls is kept out of its frame: it is recursive.
  [[gnu::noinline]] Status Next();
  Token token() const { return token_; }
  size_t begin() const { return begin_; }
  size_t token_end() const { return at_; }
  size_t previous_end() const { return previous_end_; }
  std::string TakeString() { return std::move(string_); }
  Status Value(JsonNode* node, int depth);

 private:
  Status ReadString();
  Status ReadEscape();
  Status ReadNumber();
  [[gnu::noinline]] Status Object(JsonNode* node, int depth);
  [[gnu::noinline]] Status Array(JsonNode* node, int depth);
  [[gnu::noinline]] Status BadToken() {
    return Fail("Token \"" + std::string(text_.substr(begin_, at_ - begin_)) + "\" is invalid.");
  }
  [[gnu::noinline]] Status TooDeep();
  [[gnu::noinline]] Error Fail(std::string detail, SqlState state = SqlState::kInvalidTextRepresentation);
  [[gnu::noinline]] Error Expected(const char* what) {
    if (token_ == Token::kEnd) return Fail("The input string ended unexpectedly.");
    return Fail(std::string(what) + " \"" + std::string(text_.substr(begin_, at_ - begin_)) +
                "\".");
  }

  std::string_view text_;
  bool unescape_;
  size_t at_ = 0;     // behind the token
  size_t begin_ = 0;  // of the token
  size_t previous_end_ = 0;
  Token token_ = Token::kEnd;
  std::string string_;
  uint32_t high_surrogate_ = 0;
};

Error Reader::Fail(std::string detail, SqlState state) {
  Error error = MakeError(state, state == SqlState::kUntranslatableCharacter
                                     ? "unsupported Unicode escape sequence"
                                     : "invalid input syntax for type json");
  error.detail = std::move(detail);
  // The line up to the end of the token, its front cut off when it is long.
  size_t line_begin = 0;
  int line = 1;
  for (size_t i = 0; i < begin_; ++i) {
    if (text_[i] == '\n') {
      ++line;
      line_begin = i + 1;
    }
  }
  const size_t end = std::min(at_, text_.size());
  size_t from = line_begin;
  while (end - from >= 50) {
    if (end - from <= 3) break;
    from += static_cast<size_t>(CharBytes(text_[from]));
  }
  const bool cut = from > line_begin + 3;
  if (!cut) from = line_begin;
  size_t line_end = end;
  while (line_end < text_.size() && text_[line_end] != '\n' && text_[line_end] != '\r') ++line_end;
  const bool more =
      end < text_.size() && line_end > end && state != SqlState::kSuccessfulCompletion;
  error.context = "JSON data, line " + std::to_string(line) + ": " + (cut ? "..." : "") +
                  std::string(text_.substr(from, end - from)) + (more ? "..." : "");
  return error;
}

Status Reader::ReadEscape() {
  // at_ is behind the backslash.
  auto fail_at = [&](size_t end, std::string detail) {
    at_ = std::min(end, text_.size());
    return Fail(std::move(detail));
  };
  if (at_ >= text_.size())
    return Fail("Token \"" + std::string(text_.substr(begin_)) + "\" is invalid.");
  const char c = text_[at_];
  if (c == 'u') {
    uint32_t code = 0;
    for (int i = 0; i < 4; ++i) {
      ++at_;
      if (at_ >= text_.size())
        return fail_at(at_, "Token \"" + std::string(text_.substr(begin_)) + "\" is invalid.");
      const char d = text_[at_];
      uint32_t digit;
      if (IsDigit(d)) {
        digit = static_cast<uint32_t>(d - '0');
      } else if ((d | 32) >= 'a' && (d | 32) <= 'f') {
        digit = static_cast<uint32_t>((d | 32) - 'a' + 10);
      } else {
        return fail_at(at_ + static_cast<size_t>(CharBytes(d)),
                       "\"\\u\" must be followed by four hexadecimal digits.");
      }
      code = code * 16 + digit;
    }
    ++at_;
    if (!unescape_) return Ok();
    if (code >= 0xd800 && code <= 0xdbff) {
      if (high_surrogate_ != 0)
        return Fail("Unicode high surrogate must not follow a high surrogate.");
      high_surrogate_ = code;
      return Ok();
    }
    if (code >= 0xdc00 && code <= 0xdfff) {
      if (high_surrogate_ == 0) return Fail("Unicode low surrogate must follow a high surrogate.");
      code = 0x10000 + ((high_surrogate_ & 0x3ff) << 10) + (code & 0x3ff);
      high_surrogate_ = 0;
    }
    if (high_surrogate_ != 0) return Fail("Unicode low surrogate must follow a high surrogate.");
    if (code == 0) {
      return Fail("\\u0000 cannot be converted to text.", SqlState::kUntranslatableCharacter);
    }
    AppendChar(code, &string_);
    return Ok();
  }
  if (high_surrogate_ != 0) return Fail("Unicode low surrogate must follow a high surrogate.");
  constexpr std::string_view kNames = "\"\\/bfnrt", kValues = "\"\\/\b\f\n\r\t";
  const size_t which = kNames.find(c);
  if (which == std::string_view::npos) {
    const size_t end = at_ + static_cast<size_t>(CharBytes(c));
    return fail_at(
        end, "Escape sequence \"\\" + std::string(text_.substr(at_, end - at_)) + "\" is invalid.");
  }
  ++at_;
  if (unescape_) string_.push_back(kValues[which]);
  return Ok();
}

Status Reader::ReadString() {
  string_.clear();
  high_surrogate_ = 0;
  ++at_;
  for (;;) {
    // A run without anything special.
    size_t run = at_;
    while (run < text_.size() && text_[run] != '"' && text_[run] != '\\' &&
           static_cast<unsigned char>(text_[run]) >= 32) {
      ++run;
    }
    if (run > at_) {
      if (high_surrogate_ != 0) return Fail("Unicode low surrogate must follow a high surrogate.");
      if (unescape_) string_.append(text_.substr(at_, run - at_));
      at_ = run;
    }
    if (at_ >= text_.size()) return BadToken();
    if (text_[at_] == '"') {
      if (high_surrogate_ != 0) return Fail("Unicode low surrogate must follow a high surrogate.");
      ++at_;
      token_ = Token::kString;
      return Ok();
    }
    if (text_[at_] == '\\') {
      ++at_;
      LATHE_TRY(ReadEscape());
      continue;
    }
    static constexpr char kHex[] = "0123456789abcdef";
    const auto c = static_cast<unsigned char>(text_[at_]);
    return Fail(std::string("Character with value 0x") + kHex[c >> 4] + kHex[c & 15] +
                " must be escaped.");
  }
}

Status Reader::ReadNumber() {
  auto digits = [&] {
    const size_t from = at_;
    while (at_ < text_.size() && IsDigit(text_[at_])) ++at_;
    return at_ > from;
  };
  auto is = [&](char c) { return at_ < text_.size() && text_[at_] == c; };
  bool good = true;
  if (is('-')) ++at_;
  if (is('0')) {
    ++at_;
  } else {
    good = digits();
  }
  if (good && is('.')) {
    ++at_;
    good = digits();
  }
  if (good && (is('e') || is('E'))) {
    ++at_;
    if (is('+') || is('-')) ++at_;
    good = digits();
  }
  // Letters and digits that follow belong to the same, wrong, token.
  const size_t end = at_;
  while (at_ < text_.size() && IsWordChar(text_[at_])) ++at_;
  if (!good || at_ != end) return BadToken();
  token_ = Token::kNumber;
  return Ok();
}

Status Reader::Next() {
  previous_end_ = at_;
  while (at_ < text_.size() && IsBlank(text_[at_])) ++at_;
  begin_ = at_;
  if (at_ >= text_.size()) {
    token_ = Token::kEnd;
    return Ok();
  }
  auto single = [&](Token token) {
    ++at_;
    token_ = token;
    return Ok();
  };
  switch (const char c = text_[at_]) {
    case '{':
      return single(Token::kOpenObject);
    case '}':
      return single(Token::kCloseObject);
    case '[':
      return single(Token::kOpenArray);
    case ']':
      return single(Token::kCloseArray);
    case ',':
      return single(Token::kComma);
    case ':':
      return single(Token::kColon);
    case '"':
      return ReadString();
    default:
      if (c == '-' || IsDigit(c)) return ReadNumber();
      while (at_ < text_.size() && IsWordChar(text_[at_])) ++at_;
      if (at_ == begin_) {
        ++at_;
        return BadToken();
      }
      const std::string_view word = text_.substr(begin_, at_ - begin_);
      if (word == "true") {
        token_ = Token::kTrue;
      } else if (word == "false") {
        token_ = Token::kFalse;
      } else if (word == "null") {
        token_ = Token::kNull;
      } else {
        return BadToken();
      }
      return Ok();
  }
}

Status Reader::TooDeep() {
  Error error = MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded");
  error.detail = "JSON values nested more than " + std::to_string(kJsonDepthMax) + " deep.";
  return error;
}

Status Reader::Value(JsonNode* node, int depth) {
  if (depth > kJsonDepthMax) return TooDeep();
  switch (token_) {
    case Token::kOpenObject:
      return Object(node, depth);
    case Token::kOpenArray:
      return Array(node, depth);
    case Token::kString:
      if (node != nullptr) *node = JsonNode::String(string_);
      break;
    case Token::kNumber:
      if (node != nullptr) *node = JsonNode::Number(text_.substr(begin_, at_ - begin_));
      break;
    case Token::kTrue:
    case Token::kFalse:
      if (node != nullptr) *node = JsonNode::Bool(token_ == Token::kTrue);
      break;
    case Token::kNull:
      break;
    default:
      return Expected("Expected JSON value, but found");
  }
  return Next();
}

Status Reader::Object(JsonNode* node, int depth) {
  if (node != nullptr) *node = JsonNode::Object();
  LATHE_TRY(Next());
  if (token_ == Token::kCloseObject) return Next();
  if (token_ != Token::kString) return Expected("Expected string or \"}\", but found");
  for (;;) {
    std::string key = TakeString();
    LATHE_TRY(Next());
    if (token_ != Token::kColon) return Expected("Expected \":\", but found");
    LATHE_TRY(Next());
    JsonNode* value = nullptr;
    if (node != nullptr) value = node->AddMember(std::move(key), JsonNode());
    LATHE_TRY(Value(value, depth + 1));
    if (token_ == Token::kCloseObject) return Next();
    if (token_ != Token::kComma) return Expected("Expected \",\" or \"}\", but found");
    LATHE_TRY(Next());
    if (token_ != Token::kString) return Expected("Expected string, but found");
  }
}

Status Reader::Array(JsonNode* node, int depth) {
  if (node != nullptr) *node = JsonNode::Array();
  LATHE_TRY(Next());
  if (token_ == Token::kCloseArray) return Next();
  for (;;) {
    LATHE_TRY(Value(node != nullptr ? &node->items.emplace_back() : nullptr, depth + 1));
    if (token_ == Token::kCloseArray) return Next();
    if (token_ != Token::kComma) return Expected("Expected \",\" or \"]\", but found");
    LATHE_TRY(Next());
  }
}

JsonKind KindOf(Token token) {
  switch (token) {
    case Token::kString:
      return JsonKind::kString;
    case Token::kNumber:
      return JsonKind::kNumber;
    case Token::kTrue:
      return JsonKind::kTrue;
    case Token::kFalse:
      return JsonKind::kFalse;
    case Token::kOpenObject:
      return JsonKind::kObject;
    case Token::kOpenArray:
      return JsonKind::kArray;
    default:
      return JsonKind::kNull;
  }
}

}  // namespace

JsonNode JsonNode::String(std::string_view text) {
  JsonNode node;
  node.kind = JsonKind::kString;
  node.text = text;
  return node;
}
JsonNode JsonNode::Number(std::string_view text) {
  JsonNode node;
  node.kind = JsonKind::kNumber;
  node.text = text;
  return node;
}
JsonNode JsonNode::Bool(bool value) {
  JsonNode node;
  node.kind = value ? JsonKind::kTrue : JsonKind::kFalse;
  return node;
}
JsonNode JsonNode::Encoded(std::string_view bytes) {
  JsonNode node;
  node.encoded = bytes;
  return node;
}

Status CheckJson(std::string_view text) { return Reader(text, false).Document(nullptr); }

Result<JsonNode> ParseJson(std::string_view text) {
  JsonNode node;
  LATHE_TRY(Reader(text, true).Document(&node));
  return node;
}

JsonKind JsonKindOf(std::string_view json) {
  Reader reader(json, false);
  return reader.Next().ok() ? KindOf(reader.token()) : JsonKind::kNull;
}

Result<std::vector<std::pair<std::string, JsonSlice>>> JsonParts(std::string_view json) {
  std::vector<std::pair<std::string, JsonSlice>> parts;
  Reader reader(json, true);
  LATHE_TRY(reader.Next());
  const bool object = reader.token() == Token::kOpenObject;
  if (!object && reader.token() != Token::kOpenArray) return parts;
  LATHE_TRY(reader.Next());
  while (reader.token() != Token::kCloseObject && reader.token() != Token::kCloseArray &&
         reader.token() != Token::kEnd) {
    std::string key;
    if (object) {
      key = reader.TakeString();
      LATHE_TRY(reader.Next());  // the colon
      LATHE_TRY(reader.Next());
    }
    const size_t from = reader.begin();
    const JsonKind kind = KindOf(reader.token());
    LATHE_TRY(reader.Value(nullptr, 0));
    parts.emplace_back(std::move(key),
                       JsonSlice{kind, json.substr(from, reader.previous_end() - from)});
    if (reader.token() == Token::kComma) LATHE_TRY(reader.Next());
  }
  return parts;
}

Result<std::string> JsonUnescape(std::string_view literal) {
  Reader reader(literal, true);
  LATHE_TRY(reader.Next());
  return reader.TakeString();
}

void AppendJsonString(std::string_view text, std::string* out) {
  static constexpr char kHex[] = "0123456789abcdef";
  out->push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out->append("\\\"");
        break;
      case '\\':
        out->append("\\\\");
        break;
      case '\b':
        out->append("\\b");
        break;
      case '\f':
        out->append("\\f");
        break;
      case '\n':
        out->append("\\n");
        break;
      case '\r':
        out->append("\\r");
        break;
      case '\t':
        out->append("\\t");
        break;
      default:
        if (static_cast<unsigned char>(c) < 32) {
          out->append("\\u00");
          out->push_back(kHex[static_cast<unsigned char>(c) >> 4]);
          out->push_back(kHex[c & 15]);
        } else {
          out->push_back(c);
        }
    }
  }
  out->push_back('"');
}

Result<std::string> JsonStripNulls(std::string_view json) {
  const JsonKind kind = JsonKindOf(json);
  if (kind == JsonKind::kString) {
    LATHE_ASSIGN(std::string text, JsonUnescape(json));
    std::string out;
    AppendJsonString(text, &out);
    return out;
  }
  if (kind != JsonKind::kObject && kind != JsonKind::kArray) {
    size_t from = 0, to = json.size();
    while (from < to && IsBlank(json[from])) ++from;
    while (to > from && IsBlank(json[to - 1])) --to;
    return std::string(json.substr(from, to - from));
  }
  const bool object = kind == JsonKind::kObject;
  LATHE_ASSIGN(auto parts, JsonParts(json));
  std::string out(1, object ? '{' : '[');
  bool first = true;
  for (const auto& [key, part] : parts) {
    if (object && part.kind == JsonKind::kNull) continue;
    if (!first) out.push_back(',');
    first = false;
    if (object) {
      AppendJsonString(key, &out);
      out.push_back(':');
    }
    LATHE_ASSIGN(std::string inner, JsonStripNulls(part.text));
    out += inner;
  }
  out.push_back(object ? '}' : ']');
  return out;
}

}  // namespace lathe::types
