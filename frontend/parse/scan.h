// Characters to tokens. The Flex scanner (scanner.l) finds raw tokens; Scanner drives it over one
// text and adds the two things that need a token or two of lookahead: NOT, NULLS, WITH and IF
// become other tokens in front of certain words, so that the grammar stays LALR(1), and U&'...' is
// joined with its UESCAPE.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/result.h"

namespace lathe::parse {

/// Text without an owner: part of the SQL text, of the keyword table or of the scanner's arena.
struct Str {
  const char* data;
  uint32_t size;
  operator std::string() const { return std::string(data, size); }
  operator std::string_view() const { return {data, size}; }
};

struct Token {
  int id = 0;  // a token of the grammar, 0 = end of the text
  int32_t begin = 0;
  int32_t end = 0;
  Str text{"", 0};      // names, strings, operators, numbers
  int64_t integer = 0;  // ICONST, PARAM
};

/// Keeps strings that are not part of the SQL text until the scanner goes.
class StringArena {
 public:
  Str Keep(std::string_view text);

 private:
  std::vector<std::unique_ptr<char[]>> blocks_;
  size_t left_ = 0;
  char* next_ = nullptr;
};

/// What the rules of scanner.l share; one per text.
struct ScanState {
  std::string_view sql;
  const char* base = nullptr;  // the scanner's copy of the text
  Token* token = nullptr;      // the one being made
  StringArena arena;
  std::string buffer;           // a string with escapes or in several parts
  std::string_view dollar_tag;  // $tag$ of the string being read
  int32_t content = 0;          // where that string's text begins
  int comment_depth = 0;
  int string_kind = 0;          // token id of the quoted thing being read
  uint32_t high_surrogate = 0;  // of a \u pair whose second half is missing
  bool has_high_bytes = false;  // the E string made bytes by number: check its encoding
  std::unique_ptr<Error> error;

  /// Records an error unless there is one already; message + ` at or near "..."` for the text
  /// [begin, end).
  void FailNear(std::string_view message, int32_t begin, int32_t end);
  void Fail(SqlState state, std::string message, int32_t location, std::string hint = "");
  /// An error in an escape at [begin, end); with end = 0 without "at or near".
  void FailEscape(std::string_view message, int32_t begin, int32_t end);
  /// One Unicode code point of an escape at [begin, end), joining surrogate pairs; false after an
  /// error. With end = 0 the error's text has no "at or near".
  bool AddCodePoint(uint32_t code, int32_t begin, int32_t end);
  /// Records an error at [begin, end) if a surrogate pair is incomplete.
  bool CheckSurrogate(int32_t begin, int32_t end);
};

/// Scans one text. Not copyable; one thread.
class Scanner {
 public:
  explicit Scanner(std::string_view sql);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  /// The next token. After an error its id is kScanError's and error() is set.
  Token Next();
  ScanState& state() { return state_; }
  const ScanState& state() const { return state_; }

 private:
  Token Raw();
  /// The token `n` (0 or 1) places after the last one given.
  const Token& Peek(int n = 0);
  void JoinUnicode(Token& token);

  ScanState state_;
  std::string copy_;  // the text and the two zero bytes that Flex wants
  void* flex_ = nullptr;
  int last_id_ = 0;  // of the token given last
  int ahead_count_ = 0;
  Token ahead_[2];
};

/// Lower case of an identifier's ASCII letters, cut to 63 bytes at a character's end.
std::string FoldIdentifier(std::string_view text);
/// The longest prefix of at most 63 bytes that does not split a UTF-8 character.
std::string_view TruncateIdentifier(std::string_view text);
/// Adds a code point in UTF-8.
void AppendUtf8(std::string& out, uint32_t code);
/// PostgreSQL's text about the invalid bytes at the start of `rest`: invalid byte sequence for
/// encoding "UTF8": 0xff.
std::string InvalidUtf8Message(std::string_view rest);
/// The byte offset of the first byte that is not UTF-8, -1 if all is.
int64_t FindInvalidUtf8(std::string_view text);

}  // namespace lathe::parse
