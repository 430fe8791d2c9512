// Keywords and the four classes that say where each may be used as a name (PostgreSQL's Appendix
// C).
#pragma once

#include <cstdint>
#include <string_view>

namespace lathe::ast {

enum class KeywordClass : uint8_t {
  kUnreserved,      // any name
  kColumnName,      // column, table; not function or type
  kTypeOrFunction,  // function, type; not column or table
  kReserved,        // only a label after AS
};

enum class KeywordLabel : uint8_t {
  kBareLabel,  // SELECT 1 word
  kAsLabel,    // only SELECT 1 AS word
};

struct Keyword {
  std::string_view word;
  KeywordClass keyword_class;
  KeywordLabel label;
};

/// The number of entries in keywords.def.
int KeywordCount();
/// The entry at `index` of keywords.def.
const Keyword& KeywordAt(int index);
/// The index in keywords.def of a word in lower case, -1 if it is none.
int FindKeyword(std::string_view word);

}  // namespace lathe::ast
