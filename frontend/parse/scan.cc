#include "frontend/parse/scan.h"

#include <algorithm>
#include <cstring>

#include "frontend/ast/keyword.h"
#include "frontend/ast/position.h"
#include "frontend/parse/tokens.h"

#include "frontend/parse/scanner.yy.h"

int LatheSqlLex(yyscan_t scanner);

namespace lathe::parse {
namespace {

constexpr int16_t kKeywordTokens[] = {
#define LATHE_KEYWORD(word, token, klass, label) K_##token,
#include "frontend/ast/keywords.def"
#undef LATHE_KEYWORD
};

/// The bytes that a UTF-8 character starting with `lead` should have, 0 if it cannot start one.
int CharacterSize(uint8_t lead) {
  if (lead < 0x80) return 1;
  if (lead >= 0xC2 && lead < 0xE0) return 2;
  if (lead >= 0xE0 && lead < 0xF0) return 3;
  if (lead >= 0xF0 && lead < 0xF5) return 4;
  return 0;
}

bool ValidCharacter(std::string_view text, size_t at, int size) {
  if (size == 0 || at + size > text.size()) return false;
  for (int i = 1; i < size; ++i) {
    if ((static_cast<uint8_t>(text[at + i]) & 0xC0) != 0x80) return false;
  }
  const uint8_t lead = static_cast<uint8_t>(text[at]);
  const uint8_t second = size > 1 ? static_cast<uint8_t>(text[at + 1]) : 0;
  if (lead == 0xE0 && second < 0xA0) return false;
  if (lead == 0xED && second > 0x9F) return false;
  if (lead == 0xF0 && second < 0x90) return false;
  if (lead == 0xF4 && second > 0x8F) return false;
  return text[at] != '\0';
}

bool IsHex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/// Whether IF EXISTS or IF NOT EXISTS can stand after the token; elsewhere IF is a name.
bool BeforeIfExists(int token) {
  switch (token) {
    case K_ADD:
    case K_COLLATION:
    case K_COLUMN:
    case K_CONCURRENTLY:
    case K_CONFIGURATION:
    case K_CONSTRAINT:
    case K_CONVERSION:
    case K_DATABASE:
    case K_DICTIONARY:
    case K_DOMAIN:
    case K_DROP:
    case K_EXPRESSION:
    case K_EXTENSION:
    case K_FUNCTION:
    case K_GROUP:
    case K_IDENTITY:
    case K_INDEX:
    case K_LANGUAGE:
    case K_METHOD:
    case K_PARSER:
    case K_POLICY:
    case K_PROCEDURE:
    case K_PUBLICATION:
    case K_ROLE:
    case K_ROUTINE:
    case K_RULE:
    case K_SCHEMA:
    case K_SEQUENCE:
    case K_SERVER:
    case K_STATISTICS:
    case K_SUBSCRIPTION:
    case K_TABLE:
    case K_TABLESPACE:
    case K_TEMPLATE:
    case K_TRIGGER:
    case K_TYPE:
    case K_USER:
    case K_VALUE:
    case K_VIEW:
    case K_WRAPPER:
      return true;
    default:
      return false;
  }
}

}  // namespace

int KeywordToken(int index) { return kKeywordTokens[index]; }

Str StringArena::Keep(std::string_view text) {
  if (text.size() > left_) {
    const size_t size = std::max<size_t>(text.size(), 1024);
    blocks_.push_back(std::make_unique_for_overwrite<char[]>(size));
    next_ = blocks_.back().get();
    left_ = size;
  }
  if (!text.empty()) std::memcpy(next_, text.data(), text.size());
  const Str kept{next_, static_cast<uint32_t>(text.size())};
  next_ += text.size();
  left_ -= text.size();
  return text.empty() ? Str{"", 0} : kept;
}

void ScanState::Fail(SqlState code, std::string message, int32_t location, std::string hint) {
  if (error != nullptr) return;
  error =
      std::make_unique<Error>(MakeError(code, std::move(message), ast::PositionOf(sql, location)));
  error->hint = std::move(hint);
}

void ScanState::FailNear(std::string_view message, int32_t begin, int32_t end) {
  if (error != nullptr) return;
  std::string text(message);
  if (begin >= static_cast<int32_t>(sql.size())) {
    text += " at end of input";
  } else {
    text += " at or near \"";
    text += sql.substr(begin, end - begin);
    text += '"';
  }
  Fail(SqlState::kSyntaxError, std::move(text), begin);
}

bool ScanState::CheckSurrogate(int32_t begin, int32_t end) {
  if (high_surrogate == 0) return true;
  FailEscape("invalid Unicode surrogate pair", begin, end);
  return false;
}

void ScanState::FailEscape(std::string_view message, int32_t begin, int32_t end) {
  if (end > 0) {
    FailNear(message, begin, end);
  } else {
    Fail(SqlState::kSyntaxError, std::string(message), begin);
  }
}

bool ScanState::AddCodePoint(uint32_t code, int32_t begin, int32_t end) {
  const bool low = code >= 0xDC00 && code <= 0xDFFF;
  if (high_surrogate != 0) {
    if (!low) return CheckSurrogate(begin, end);
    code = 0x10000 + ((high_surrogate & 0x3FF) << 10) + (code & 0x3FF);
    high_surrogate = 0;
  } else if (low) {
    FailEscape("invalid Unicode surrogate pair", begin, end);
    return false;
  } else if (code >= 0xD800 && code <= 0xDBFF) {
    high_surrogate = code;
    return true;
  }
  if (code == 0 || code > 0x10FFFF) {
    FailEscape("invalid Unicode escape value", begin, end);
    return false;
  }
  AppendUtf8(buffer, code);
  return true;
}

Scanner::Scanner(std::string_view sql) {
  state_.sql = sql;
  copy_.reserve(sql.size() + 2);
  copy_.assign(sql);
  copy_.append(2, '\0');
  yyscan_t flex = nullptr;
  if (LatheSqllex_init_extra(&state_, &flex) != 0) {
    state_.Fail(SqlState::kOutOfMemory, "out of memory", -1);
    return;
  }
  flex_ = flex;
  state_.base = copy_.data();
  LatheSql_scan_buffer(copy_.data(), copy_.size(), flex);
}

Scanner::~Scanner() {
  if (flex_ != nullptr) LatheSqllex_destroy(flex_);
}

Token Scanner::Raw() {
  Token token;
  if (state_.error != nullptr) {
    token.id = K_SCAN_ERROR;
    return token;
  }
  state_.token = &token;
  token.id = LatheSqlLex(flex_);
  return token;
}

const Token& Scanner::Peek(int n) {
  while (ahead_count_ <= n) ahead_[ahead_count_++] = Raw();
  return ahead_[n];
}

Token Scanner::Next() {
  Token token;
  if (ahead_count_ > 0) {
    token = ahead_[0];
    ahead_[0] = ahead_[1];
    --ahead_count_;
  } else {
    token = Raw();
  }
  switch (token.id) {
    case K_NOT:
      switch (Peek().id) {
        case K_BETWEEN:
        case K_IN:
        case K_LIKE:
        case K_ILIKE:
        case K_SIMILAR:
          token.id = K_NOT_LA;
          break;
        default:
          break;
      }
      break;
    case K_NULLS:
      if (const int next = Peek().id; next == K_FIRST || next == K_LAST) token.id = K_NULLS_LA;
      break;
    case K_WITH:
      if (const int next = Peek().id; next == K_TIME || next == K_ORDINALITY) token.id = K_WITH_LA;
      break;
    case K_IF:
      if (!BeforeIfExists(last_id_)) break;
      if (const int next = Peek().id;
          next == K_EXISTS || (next == K_NOT && Peek(1).id == K_EXISTS)) {
        token.id = K_IF_LA;
      }
      break;
    case K_UIDENT:
    case K_USCONST:
      JoinUnicode(token);
      break;
    default:
      break;
  }
  last_id_ = token.id;
  return token;
}

// U&'d\0061t\+000061' [UESCAPE '!']: resolves the escapes.
void Scanner::JoinUnicode(Token& token) {
  char escape = '\\';
  if (Peek().id == K_UESCAPE) {
    ahead_count_ = 0;  // only one can be there: the token before was a string
    const Token after = Peek();
    if (after.id != K_SCONST) {
      state_.FailNear("UESCAPE must be followed by a simple string literal", after.begin,
                      after.end);
      token.id = K_SCAN_ERROR;
      return;
    }
    const std::string_view text = after.text;
    if (text.size() != 1 || IsHex(text[0]) || std::strchr("+'\" \t\n\r\f", text[0]) != nullptr) {
      state_.FailNear("invalid Unicode escape character", after.begin, after.end);
      token.id = K_SCAN_ERROR;
      return;
    }
    escape = text[0];
    ahead_count_ = 0;
    token.end = after.end;
  }
  const std::string text = token.text;
  std::string& out = state_.buffer;
  out.clear();
  state_.high_surrogate = 0;
  const int32_t location = token.begin + 3;
  bool ok = true;
  for (size_t i = 0; ok && i < text.size();) {
    const int32_t here = location + static_cast<int32_t>(i);
    if (text[i] != escape) {
      ok = state_.CheckSurrogate(here, 0);
      out += text[i++];
      continue;
    }
    if (i + 1 < text.size() && text[i + 1] == escape) {
      ok = state_.CheckSurrogate(here, 0);
      out += escape;
      i += 2;
      continue;
    }
    const bool six = i + 1 < text.size() && text[i + 1] == '+';
    const size_t first = i + (six ? 2 : 1), digits = six ? 6 : 4;
    ok = first + digits <= text.size() &&
         std::all_of(text.begin() + first, text.begin() + first + digits, IsHex);
    if (!ok) {
      state_.Fail(SqlState::kSyntaxError, "invalid Unicode escape", here,
                  "Unicode escapes must be \\XXXX or \\+XXXXXX.");
      break;
    }
    ok = state_.AddCodePoint(
        static_cast<uint32_t>(std::stoul(text.substr(first, digits), nullptr, 16)), here, 0);
    i = first + digits;
  }
  ok = ok && state_.CheckSurrogate(location + static_cast<int32_t>(text.size()), 0);
  if (!ok) {
    token.id = K_SCAN_ERROR;
    return;
  }
  if (token.id == K_UIDENT) {
    token.id = K_IDENT;
    token.text = state_.arena.Keep(TruncateIdentifier(out));
  } else {
    token.id = K_SCONST;
    token.text = state_.arena.Keep(out);
  }
}

std::string_view TruncateIdentifier(std::string_view text) {
  if (text.size() <= 63) return text;
  size_t size = 63;
  while (size > 60 && (static_cast<uint8_t>(text[size]) & 0xC0) == 0x80) --size;
  return text.substr(0, size);
}

std::string FoldIdentifier(std::string_view text) {
  std::string folded(TruncateIdentifier(text));
  for (char& c : folded) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + ('a' - 'A'));
  }
  return folded;
}

void AppendUtf8(std::string& out, uint32_t code) {
  if (code < 0x80) {
    out += static_cast<char>(code);
  } else if (code < 0x800) {
    out += static_cast<char>(0xC0 | (code >> 6));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    out += static_cast<char>(0xE0 | (code >> 12));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  } else {
    out += static_cast<char>(0xF0 | (code >> 18));
    out += static_cast<char>(0x80 | ((code >> 12) & 0x3F));
    out += static_cast<char>(0x80 | ((code >> 6) & 0x3F));
    out += static_cast<char>(0x80 | (code & 0x3F));
  }
}

int64_t FindInvalidUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const int size = CharacterSize(static_cast<uint8_t>(text[at]));
    if (!ValidCharacter(text, at, size)) return static_cast<int64_t>(at);
    at += size;
  }
  return -1;
}

std::string InvalidUtf8Message(std::string_view rest) {
  static constexpr char kHex[] = "0123456789abcdef";
  std::string message = "invalid byte sequence for encoding \"UTF8\":";
  const size_t size = std::max(1, CharacterSize(static_cast<uint8_t>(rest[0])));
  for (size_t i = 0; i < size && i < rest.size(); ++i) {
    const uint8_t byte = static_cast<uint8_t>(rest[i]);
    message += " 0x";
    message += kHex[byte >> 4];
    message += kHex[byte & 15];
  }
  return message;
}

}  // namespace lathe::parse
