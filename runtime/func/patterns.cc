// LIKE and SIMILAR TO patterns, and SQL quoting.
#include "runtime/func/patterns.h"

#include <algorithm>

#include "runtime/types/text.h"

namespace lathe::func {
namespace {

/// Keywords that cannot stand as a plain identifier everywhere; sorted.
constexpr std::string_view kKeywords[] = {"all",
                                          "analyse",
                                          "analyze",
                                          "and",
                                          "any",
                                          "array",
                                          "as",
                                          "asc",
                                          "asymmetric",
                                          "authorization",
                                          "between",
                                          "bigint",
                                          "binary",
                                          "bit",
                                          "boolean",
                                          "both",
                                          "case",
                                          "cast",
                                          "char",
                                          "character",
                                          "check",
                                          "coalesce",
                                          "collate",
                                          "collation",
                                          "column",
                                          "concurrently",
                                          "constraint",
                                          "create",
                                          "cross",
                                          "current_catalog",
                                          "current_date",
                                          "current_role",
                                          "current_schema",
                                          "current_time",
                                          "current_timestamp",
                                          "current_user",
                                          "dec",
                                          "decimal",
                                          "default",
                                          "deferrable",
                                          "desc",
                                          "distinct",
                                          "do",
                                          "else",
                                          "end",
                                          "except",
                                          "exists",
                                          "extract",
                                          "false",
                                          "fetch",
                                          "float",
                                          "for",
                                          "foreign",
                                          "freeze",
                                          "from",
                                          "full",
                                          "grant",
                                          "greatest",
                                          "group",
                                          "grouping",
                                          "having",
                                          "ilike",
                                          "in",
                                          "initially",
                                          "inner",
                                          "inout",
                                          "int",
                                          "integer",
                                          "intersect",
                                          "interval",
                                          "into",
                                          "is",
                                          "isnull",
                                          "join",
                                          "lateral",
                                          "leading",
                                          "least",
                                          "left",
                                          "like",
                                          "limit",
                                          "localtime",
                                          "localtimestamp",
                                          "national",
                                          "natural",
                                          "nchar",
                                          "none",
                                          "normalize",
                                          "not",
                                          "notnull",
                                          "null",
                                          "nullif",
                                          "numeric",
                                          "offset",
                                          "on",
                                          "only",
                                          "or",
                                          "order",
                                          "out",
                                          "outer",
                                          "overlaps",
                                          "overlay",
                                          "placing",
                                          "position",
                                          "precision",
                                          "primary",
                                          "real",
                                          "references",
                                          "returning",
                                          "right",
                                          "row",
                                          "select",
                                          "session_user",
                                          "setof",
                                          "similar",
                                          "smallint",
                                          "some",
                                          "substring",
                                          "symmetric",
                                          "table",
                                          "tablesample",
                                          "then",
                                          "time",
                                          "timestamp",
                                          "to",
                                          "trailing",
                                          "treat",
                                          "trim",
                                          "true",
                                          "union",
                                          "unique",
                                          "user",
                                          "using",
                                          "values",
                                          "varchar",
                                          "variadic",
                                          "verbose",
                                          "when",
                                          "where",
                                          "window",
                                          "with",
                                          "xmlattributes",
                                          "xmlconcat",
                                          "xmlelement",
                                          "xmlexists",
                                          "xmlforest",
                                          "xmlnamespaces",
                                          "xmlparse",
                                          "xmlpi",
                                          "xmlroot",
                                          "xmlserialize",
                                          "xmltable"};

Error InvalidEscape() {
  Error error = MakeError(SqlState::kInvalidEscapeSequence, "invalid escape string");
  error.hint = "Escape string must be empty or one character.";
  return error;
}

}  // namespace

LikeResult MatchLike(std::string_view text, std::string_view pattern) {
  // Goes back only to the last %: what an earlier one took can stay as it is.
  size_t t = 0, p = 0;
  size_t retry_pattern = std::string_view::npos, retry_text = 0;
  while (true) {
    if (p < pattern.size() && pattern[p] == '%') {
      retry_pattern = ++p;
      retry_text = t;
      if (p == pattern.size()) return LikeResult::kMatch;
      continue;
    }
    if (t == text.size()) {
      if (p == pattern.size()) return LikeResult::kMatch;
      // Something is left of the pattern that needs a character; a lone escape at the end is still
      // an error.
      if (pattern[p] == '\\' && p + 1 == pattern.size() && t < text.size())
        return LikeResult::kBadEscape;
      return LikeResult::kNoMatch;
    }
    if (p < pattern.size()) {
      if (pattern[p] == '_') {
        ++p;
        t += std::min(static_cast<size_t>(types::CharBytes(text[t])), text.size() - t);
        continue;
      }
      size_t at = p;
      if (pattern[at] == '\\') {
        if (++at == pattern.size()) return LikeResult::kBadEscape;
      }
      if (pattern[at] == text[t]) {
        p = at + 1;
        ++t;
        continue;
      }
    }
    if (retry_pattern == std::string_view::npos) return LikeResult::kNoMatch;
    retry_text +=
        std::min(static_cast<size_t>(types::CharBytes(text[retry_text])), text.size() - retry_text);
    t = retry_text;
    p = retry_pattern;
  }
}

Result<std::string> LikeEscape(std::string_view pattern, std::string_view escape) {
  std::string out;
  if (escape.empty()) {
    for (char c : pattern) {
      if (c == '\\') out.push_back('\\');
      out.push_back(c);
    }
    return out;
  }
  if (types::CharCount(escape) != 1) return InvalidEscape();
  if (escape == "\\") return std::string(pattern);
  bool after_escape = false;
  while (!pattern.empty()) {
    size_t n = std::min(pattern.size(), static_cast<size_t>(types::CharBytes(pattern[0])));
    std::string_view c = pattern.substr(0, n);
    pattern.remove_prefix(n);
    if (c == escape && !after_escape) {
      out.push_back('\\');
      after_escape = true;
      continue;
    }
    if (c == "\\" && !after_escape) out.push_back('\\');
    out += c;
    after_escape = false;
  }
  return out;
}

std::string QuoteIdentifier(std::string_view name) {
  bool plain = !name.empty() && ((name[0] >= 'a' && name[0] <= 'z') || name[0] == '_');
  for (char c : name)
    plain = plain && ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_');
  if (plain && !std::binary_search(std::begin(kKeywords), std::end(kKeywords), name))
    return std::string(name);
  std::string out = "\"";
  for (char c : name) {
    if (c == '"') out.push_back('"');
    out.push_back(c);
  }
  out.push_back('"');
  return out;
}

std::string QuoteLiteral(std::string_view text) {
  std::string out;
  if (text.find('\\') != std::string_view::npos) out.push_back('E');
  out.push_back('\'');
  for (char c : text) {
    if (c == '\'' || c == '\\') out.push_back(c);
    out.push_back(c);
  }
  out.push_back('\'');
  return out;
}

}  // namespace lathe::func
