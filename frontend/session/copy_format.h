// COPY's text and CSV formats: lines of fields to and from bytes, as PostgreSQL's COPY documents
// them. Knows neither types nor tables: a field is a byte string or NULL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "frontend/ast/statement.h"
#include "runtime/base/result.h"

namespace lathe::session {

/// COPY's options, checked.
struct CopyFormat {
  bool csv = false;
  char delimiter = '\t';
  std::string null_text = "\\N";
  bool header = false;
  bool header_match = false;  // the header line must name the columns
  char quote = '"', escape = '"';
  bool freeze = false;
  bool force_quote_all = false;
  std::vector<std::string> force_quote, force_not_null, force_null;
};
/// Reads the options of a COPY statement. Errors as PostgreSQL's: 42601 for conflicting or
/// redundant ones, 22023 for bad values, 0A000 for binary. sql is the statement's text, for
/// positions.
Result<CopyFormat> ReadCopyOptions(const ast::CopyStatement& copy, std::string_view sql);

/// Takes lines apart. Bytes come in any portions.
class CopyReader {
 public:
  struct Field {
    std::string_view bytes;  // valid until the next Next or Feed
    bool is_null = false;
  };

  /// force_not_null[i], force_null[i] by column; empty = none.
  CopyReader(const CopyFormat& format, std::vector<bool> force_not_null,
             std::vector<bool> force_null);

  /// Room for more input: append to the string, then call Next again.
  std::string* input() { return &input_; }
  void EndOfInput() { ended_ = true; }
  enum class Outcome { kLine, kNeedMore, kEnd };
  /// The next line's fields. Errors: 22P04 (a bare carriage return, an unterminated quote, a line
  /// after \., ...).
  Result<Outcome> Next(std::vector<Field>* fields);
  /// Number of the line last returned, from 1.
  uint64_t line() const { return line_; }
  /// That line's bytes, for error contexts.
  std::string_view line_text() const { return line_text_; }

 private:
  Result<Outcome> NextText(std::vector<Field>* fields);
  Result<Outcome> NextCsv(std::vector<Field>* fields);
  void Discard();

  const CopyFormat format_;
  const std::vector<bool> force_not_null_, force_null_;
  std::string input_;
  size_t begin_ = 0;  // first byte not consumed
  size_t scanned_ =
      0;  // CSV: bytes from begin_ on that were looked at without finding the line's end
  bool in_quotes_ = false;  // CSV: state at scanned_
  bool ended_ = false, finished_ = false;
  uint64_t line_ = 0;
  std::string_view line_text_;
  std::string unescaped_;  // fields of the current line that had escapes
};

/// Appends one field in this format. first: no delimiter before it. force_quote: CSV only.
void AppendCopyField(const CopyFormat& format, std::string_view bytes, bool is_null, bool first,
                     bool force_quote, std::string* out);

}  // namespace lathe::session
