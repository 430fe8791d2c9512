// Bound expressions over one row as SQL text: what pg_get_constraintdef, pg_get_expr and
// pg_get_indexdef show. The forms (parentheses, labels of constants, casts) are those of
// PostgreSQL's ruleutils.c.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "codegen/expr/expr.h"
#include "runtime/schema/schema.h"
#include "runtime/types/codec.h"

namespace lathe::bind {

struct DeparseOptions {
  bool pretty = false;   // leaves out parentheses that precedence makes needless
  std::string_view sql;  // the stored text: tells EXTRACT(a FROM b) from extract(a, b)
  types::FormatContext format;
};

/// The text of an expression whose column i + 1 is column i of the table (a domain's: VALUE);
/// nothing when a part of it has no form here: the stored text has to do then.
std::optional<std::string> Deparse(const expr::Expr& e, const schema::RelationDescriptor& table,
                                   const DeparseOptions& options);

/// A value as a constant with its label: '1'::bigint, 5, 'x'::text; nothing as Deparse.
std::optional<std::string> DeparseConstant(const types::Value& value, const types::Type& type,
                                           const types::FormatContext& format);

}  // namespace lathe::bind
