// Lifts literals out of a statement, so that statements which differ only in them share one plan
// (codegen/driver's cache key).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "frontend/ast/select.h"

namespace lathe::ast {

/// A literal that a Parameter now stands for.
struct LiftedLiteral {
  Literal::Type type = Literal::Type::kString;  // never kNull or kBoolean
  int64_t integer = 0;
  std::string text;
  int32_t location = -1;  // of its first occurrence
  int32_t number = 0;     // the parameter's number
};

struct LiftedStatement {
  std::vector<LiftedLiteral>
      literals;             // their numbers follow the statement's own parameters without a gap
  std::string fingerprint;  // Print() of the changed statement with PrintOptions::fingerprint
};

/// Replaces the literals of a query, INSERT, UPDATE, DELETE or MERGE by lifted Parameters, in
/// place. Equal literals (same type and text) share a number, so that GROUP BY a + 1 still matches
/// SELECT a + 1. Not lifted: NULL, booleans, bare constants in ORDER BY, GROUP BY, DISTINCT ON and
/// PARTITION BY, type modifiers, EXTRACT's field. A lifted string is still an unknown literal: the
/// binder gives each use its type from its context, and reads the value at that type when the plan
/// runs. The class kept in the fingerprint: int4 / int8, numeric(digits,scale), unknown, and for
/// LIKE patterns exact / prefix / suffix / contains / general. Other statements, those with more
/// than `literals_max` literals and INSERTs that name an index by expressions in ON CONFLICT are
/// left as they are: nullopt.
std::optional<LiftedStatement> LiftLiterals(Statement& statement, size_t literals_max = 4096);

}  // namespace lathe::ast
