// Indexes on expressions and on some rows only: how a RelationDescriptor of an index says so.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "runtime/schema/schema.h"

namespace lathe::schema {

/// In RelationDescriptor::sources: the column holds an expression over the table's row, whose SQL
/// text is its generated_sql.
inline constexpr uint32_t kExpressionSource = UINT32_MAX - 1;

inline bool HasExpressions(const RelationDescriptor& index) {
  return std::find(index.sources.begin(), index.sources.end(), kExpressionSource) !=
         index.sources.end();
}
/// WHERE of a partial index, as SQL text; empty = all rows. It is the index's only check.
inline std::string_view PredicateOf(const RelationDescriptor& index) {
  return index.checks.empty() ? std::string_view() : std::string_view(index.checks[0].sql);
}
/// Columns of the table only, and all of its rows.
inline bool IsPlain(const RelationDescriptor& index) {
  return index.checks.empty() && !HasExpressions(index);
}
/// The text of an expression as definitions show it: in parentheses, but for calls.
inline std::string ShownInIndex(const std::string& sql) {
  const size_t open = sql.find('(');
  const bool call =
      open != std::string::npos && open > 0 && sql.back() == ')' &&
      std::all_of(sql.begin(), sql.begin() + static_cast<ptrdiff_t>(open), [](char c) {
        return c == '_' || c == '.' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
      });
  if (!call) return "(" + sql + ")";
  // The first parenthesis must be closed by the last one.
  int depth = 0;
  for (size_t i = open; i < sql.size(); ++i) {
    if (sql[i] == '\'') {
      i = std::min(sql.find('\'', i + 1), sql.size() - 1);
      continue;
    }
    depth += sql[i] == '(' ? 1 : sql[i] == ')' ? -1 : 0;
    if (depth == 0 && i + 1 < sql.size()) return "(" + sql + ")";
  }
  return sql;
}

}  // namespace lathe::schema
