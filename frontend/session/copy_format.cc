#include "frontend/session/copy_format.h"

#include <cstring>

#include "frontend/ast/position.h"

namespace lathe::session {
namespace {

Error BadFormat(std::string message) {
  return MakeError(SqlState::kBadCopyFileFormat, std::move(message));
}

char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

Result<bool> OptionBool(const ast::Option& option) {
  std::string text;
  for (char c : option.text) text += Lower(c);
  if (option.value == ast::Option::Value::kNone || text == "true" || text == "on" || text == "1") {
    return true;
  }
  if (text == "false" || text == "off" || text == "0") return false;
  return MakeError(SqlState::kSyntaxError, option.name + " requires a Boolean value");
}

Result<char> OptionChar(const ast::Option& option) {
  if (option.text.size() != 1) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "COPY " + option.name + " must be a single one-byte character");
  }
  return option.text[0];
}

Status CheckCombination(const CopyFormat& f, bool from, bool delimiter_given, bool null_given) {
  auto invalid = [](std::string message) {
    return MakeError(SqlState::kInvalidParameterValue, std::move(message));
  };
  if (f.delimiter == '\r' || f.delimiter == '\n') {
    return invalid("COPY delimiter cannot be newline or carriage return");
  }
  if (f.null_text.find_first_of("\r\n") != std::string::npos) {
    return invalid("COPY null representation cannot use newline or carriage return");
  }
  if (!f.csv && delimiter_given &&
      std::strchr("\\.abcdefghijklmnopqrstuvwxyz0123456789", f.delimiter) != nullptr) {
    return invalid("COPY delimiter cannot be \"" + std::string(1, f.delimiter) + "\"");
  }
  if (f.csv && f.delimiter == f.quote) {
    return invalid("COPY delimiter and quote must be different");
  }
  if (f.null_text.find(f.delimiter) != std::string::npos) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "COPY delimiter must not appear in the NULL specification");
  }
  if (f.csv && null_given && f.null_text.find(f.quote) != std::string::npos) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "CSV quote character must not appear in the NULL specification");
  }
  if ((f.force_quote_all || !f.force_quote.empty()) && from) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "COPY force quote only available using COPY TO");
  }
  if (!f.force_not_null.empty() && !from) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "COPY force not null only available using COPY FROM");
  }
  if (!f.force_null.empty() && !from) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "COPY force null only available using COPY FROM");
  }
  return Ok();
}

}  // namespace

Result<CopyFormat> ReadCopyOptions(const ast::CopyStatement& copy, std::string_view sql) {
  CopyFormat format;
  std::vector<std::string_view> seen;
  bool delimiter_given = false, null_given = false, escape_given = false;
  std::string csv_only;
  for (const ast::Option& option : copy.options) {
    const int32_t position = ast::PositionOf(sql, option.location);
    for (std::string_view name : seen) {
      if (name == option.name) {
        return MakeError(SqlState::kSyntaxError, "conflicting or redundant options", position);
      }
    }
    seen.push_back(option.name);
    if (option.name == "format") {
      if (option.text == "csv") {
        format.csv = true;
      } else if (option.text == "binary") {
        return NotSupported("COPY in binary format", position);
      } else if (option.text != "text") {
        return MakeError(SqlState::kInvalidParameterValue,
                         "COPY format \"" + option.text + "\" not recognized", position);
      }
    } else if (option.name == "freeze") {
      LATHE_ASSIGN(format.freeze, OptionBool(option));
    } else if (option.name == "delimiter") {
      LATHE_ASSIGN(format.delimiter, OptionChar(option));
      delimiter_given = true;
    } else if (option.name == "null") {
      format.null_text = option.text;
      null_given = true;
    } else if (option.name == "header") {
      if (option.text == "match") {
        if (!copy.from) {
          return MakeError(SqlState::kInvalidParameterValue,
                           "cannot use \"match\" with HEADER in COPY TO", position);
        }
        format.header = format.header_match = true;
      } else {
        LATHE_ASSIGN(format.header, OptionBool(option));
      }
    } else if (option.name == "quote") {
      LATHE_ASSIGN(format.quote, OptionChar(option));
      csv_only = "quote";
    } else if (option.name == "escape") {
      LATHE_ASSIGN(format.escape, OptionChar(option));
      escape_given = true;
      csv_only = "escape";
    } else if (option.name == "force_quote") {
      format.force_quote = option.list;
      format.force_quote_all = option.value == ast::Option::Value::kStar;
      csv_only = "force quote";
    } else if (option.name == "force_not_null") {
      format.force_not_null = option.list;
      csv_only = "force not null";
    } else if (option.name == "force_null") {
      format.force_null = option.list;
      csv_only = "force null";
    } else if (option.name == "encoding") {
      std::string text;
      for (char c : option.text) {
        if (c != '-' && c != '_') text += Lower(c);
      }
      if (text != "utf8" && text != "unicode") {
        return NotSupported("COPY in encoding \"" + option.text + "\"", position);
      }
    } else {
      return MakeError(SqlState::kSyntaxError, "option \"" + option.name + "\" not recognized",
                       position);
    }
  }
  if (!format.csv && !csv_only.empty()) {
    return MakeError(SqlState::kFeatureNotSupported,
                     "COPY " + csv_only + " available only in CSV mode");
  }
  if (format.csv) {
    if (!delimiter_given) format.delimiter = ',';
    if (!null_given) format.null_text.clear();
    if (!escape_given) format.escape = format.quote;
  }
  LATHE_TRY(CheckCombination(format, copy.from, delimiter_given, null_given));
  return format;
}

CopyReader::CopyReader(const CopyFormat& format, std::vector<bool> force_not_null,
                       std::vector<bool> force_null)
    : format_(format),
      force_not_null_(std::move(force_not_null)),
      force_null_(std::move(force_null)) {}

void CopyReader::Discard() {
  // Keeps the input from growing: the consumed part goes once it is large, or all of it when
  // nothing is left.
  if (begin_ == input_.size()) {
    input_.clear();
    begin_ = 0;
  } else if (begin_ > (1u << 16)) {
    input_.erase(0, begin_);
    begin_ = 0;
  }
}

Result<CopyReader::Outcome> CopyReader::Next(std::vector<Field>* fields) {
  fields->clear();
  if (finished_) return Outcome::kEnd;
  return format_.csv ? NextCsv(fields) : NextText(fields);
}

Result<CopyReader::Outcome> CopyReader::NextText(std::vector<Field>* fields) {
  const char* const base = input_.data();
  const char* const start = base + begin_;
  const char* const stop = base + input_.size();
  const char* end = start;
  for (;;) {
    end = static_cast<const char*>(memchr(end, '\n', static_cast<size_t>(stop - end)));
    if (end == nullptr) break;
    // A newline behind a backslash is data; the backslash counts unless it is escaped itself.
    size_t backslashes = 0;
    while (end - backslashes > start && end[-1 - static_cast<ptrdiff_t>(backslashes)] == '\\')
      ++backslashes;
    if (backslashes % 2 == 0) break;
    ++end;
  }
  if (end == nullptr) {
    if (!ended_) {
      Discard();
      return Outcome::kNeedMore;
    }
    if (start == stop) {
      finished_ = true;
      return Outcome::kEnd;
    }
    end = stop;
    begin_ = input_.size();
  } else {
    begin_ = static_cast<size_t>(end - base) + 1;
  }
  ++line_;
  if (end > start && end[-1] == '\r') --end;
  line_text_ = std::string_view(start, static_cast<size_t>(end - start));
  if (line_text_ == "\\.") {
    finished_ = true;
    return Outcome::kEnd;
  }
  unescaped_.clear();
  const bool escapes = memchr(start, '\\', line_text_.size()) != nullptr;
  if (escapes) unescaped_.reserve(line_text_.size());
  const char* p = start;
  for (;;) {
    const char* field_end =
        static_cast<const char*>(memchr(p, format_.delimiter, static_cast<size_t>(end - p)));
    if (escapes) {
      // The delimiter may itself be escaped.
      const char* q = p;
      while (q < end && *q != format_.delimiter) q += *q == '\\' && q + 1 < end ? 2 : 1;
      field_end = q < end ? q : nullptr;
    }
    if (field_end == nullptr) field_end = end;
    std::string_view raw(p, static_cast<size_t>(field_end - p));
    Field field;
    if (raw == format_.null_text) {
      field.is_null = true;
    } else if (!escapes || raw.find('\\') == std::string_view::npos) {
      if (raw.find('\r') != std::string_view::npos) {
        Error error = BadFormat("literal carriage return found in data");
        error.hint = "Use \"\\r\" to represent carriage return.";
        return error;
      }
      field.bytes = raw;
    } else {
      const size_t from = unescaped_.size();
      for (size_t i = 0; i < raw.size(); ++i) {
        char c = raw[i];
        if (c != '\\' || i + 1 == raw.size()) {
          unescaped_ += c;
          continue;
        }
        c = raw[++i];
        switch (c) {
          case 'b':
            unescaped_ += '\b';
            break;
          case 'f':
            unescaped_ += '\f';
            break;
          case 'n':
            unescaped_ += '\n';
            break;
          case 'r':
            unescaped_ += '\r';
            break;
          case 't':
            unescaped_ += '\t';
            break;
          case 'v':
            unescaped_ += '\v';
            break;
          case '0':
          case '1':
          case '2':
          case '3':
          case '4':
          case '5':
          case '6':
          case '7': {
            int value = c - '0';
            for (int digits = 1;
                 digits < 3 && i + 1 < raw.size() && raw[i + 1] >= '0' && raw[i + 1] <= '7';
                 ++digits) {
              value = value * 8 + (raw[++i] - '0');
            }
            unescaped_ += static_cast<char>(value & 0xff);
            break;
          }
          case 'x': {
            auto hex = [](char h) {
              h = Lower(h);
              return h >= '0' && h <= '9' ? h - '0' : h >= 'a' && h <= 'f' ? h - 'a' + 10 : -1;
            };
            if (i + 1 < raw.size() && hex(raw[i + 1]) >= 0) {
              int value = hex(raw[++i]);
              if (i + 1 < raw.size() && hex(raw[i + 1]) >= 0) value = value * 16 + hex(raw[++i]);
              unescaped_ += static_cast<char>(value);
            } else {
              unescaped_ += 'x';
            }
            break;
          }
          default:
            unescaped_ += c;
        }
      }
      // unescaped_ does not grow beyond the room reserved, so the view stays valid.
      field.bytes = std::string_view(unescaped_).substr(from);
    }
    fields->push_back(field);
    if (field_end == end) break;
    p = field_end + 1;
  }
  return Outcome::kLine;
}

Result<CopyReader::Outcome> CopyReader::NextCsv(std::vector<Field>* fields) {
  // The line ends at the first newline outside of quotes.
  size_t at = begin_ + scanned_;
  bool found = false;
  for (; at < input_.size(); ++at) {
    char c = input_[at];
    if (in_quotes_ && c == format_.escape && format_.escape != format_.quote) {
      if (at + 1 == input_.size() && !ended_) break;
      ++at;
      continue;
    }
    if (c == format_.quote) {
      in_quotes_ = !in_quotes_;
    } else if (c == '\n' && !in_quotes_) {
      found = true;
      break;
    }
  }
  if (!found) {
    if (!ended_) {
      scanned_ = std::min(at, input_.size()) - begin_;
      Discard();
      return Outcome::kNeedMore;
    }
    if (in_quotes_) return BadFormat("unterminated CSV quoted field");
    if (begin_ == input_.size()) {
      finished_ = true;
      return Outcome::kEnd;
    }
    at = input_.size();
  }
  const char* p = input_.data() + begin_;
  const char* end = input_.data() + at;
  begin_ = std::min(at + 1, input_.size());
  scanned_ = 0;
  in_quotes_ = false;
  ++line_;
  if (end > p && end[-1] == '\r') --end;
  line_text_ = std::string_view(p, static_cast<size_t>(end - p));
  if (line_text_ == "\\.") {
    finished_ = true;
    return Outcome::kEnd;
  }
  unescaped_.clear();
  unescaped_.reserve(line_text_.size());
  for (;;) {
    const char* field_end =
        static_cast<const char*>(memchr(p, format_.delimiter, static_cast<size_t>(end - p)));
    if (field_end == nullptr) field_end = end;
    std::string_view raw(p, static_cast<size_t>(field_end - p));
    Field field;
    bool quoted = false;
    if (raw.find(format_.quote) == std::string_view::npos) {
      field.bytes = raw;
    } else {
      const size_t from = unescaped_.size();
      bool inside = false;
      const char* q = p;
      for (; q < end; ++q) {
        if (inside && *q == format_.escape && q + 1 < end &&
            (q[1] == format_.quote || q[1] == format_.escape)) {
          unescaped_ += *++q;
        } else if (*q == format_.quote) {
          inside = !inside;
          quoted = true;
        } else if (*q == format_.delimiter && !inside) {
          break;
        } else {
          unescaped_ += *q;
        }
      }
      field_end = q;
      field.bytes = std::string_view(unescaped_).substr(from);
    }
    const size_t i = fields->size();
    if (!quoted) {
      field.is_null =
          field.bytes == format_.null_text && !(i < force_not_null_.size() && force_not_null_[i]);
    } else if (i < force_null_.size() && force_null_[i]) {
      field.is_null = field.bytes == format_.null_text;
    }
    fields->push_back(field);
    if (field_end == end) break;
    p = field_end + 1;
  }
  return Outcome::kLine;
}

void AppendCopyField(const CopyFormat& format, std::string_view bytes, bool is_null, bool first,
                     bool force_quote, std::string* out) {
  if (!first) out->push_back(format.delimiter);
  if (is_null) {
    out->append(format.null_text);
    return;
  }
  if (format.csv) {
    bool quote = force_quote || bytes == format.null_text || (first && bytes == "\\.");
    for (size_t i = 0; i < bytes.size() && !quote; ++i) {
      char c = bytes[i];
      quote = c == format.delimiter || c == format.quote || c == '\n' || c == '\r';
    }
    if (!quote) {
      out->append(bytes);
      return;
    }
    out->push_back(format.quote);
    for (char c : bytes) {
      if (c == format.quote || c == format.escape) out->push_back(format.escape);
      out->push_back(c);
    }
    out->push_back(format.quote);
    return;
  }
  for (char c : bytes) {
    switch (c) {
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
        if (format.delimiter == '\t') {
          out->append("\\t");
        } else {
          out->push_back(c);
        }
        break;
      case '\v':
        out->append("\\v");
        break;
      case '\\':
        out->append("\\\\");
        break;
      default:
        if (c == format.delimiter) out->push_back('\\');
        out->push_back(c);
    }
  }
}

}  // namespace lathe::session
