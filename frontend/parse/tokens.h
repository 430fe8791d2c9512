// The grammar's token numbers (generated from grammar.y.in) and how keywords map to them.
#pragma once

#include "frontend/parse/grammar.tab.h"

namespace lathe::parse {

/// The token of the keyword at `index` of ast/keywords.def.
int KeywordToken(int index);

}  // namespace lathe::parse
