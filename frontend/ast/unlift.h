// The way back from lift.h, for statements whose plan depends on what their literals are.
#pragma once

#include "frontend/ast/lift.h"

namespace lathe::ast {

/// Puts the literals back in the places of their Parameters, and takes them off the list. The
/// fingerprint becomes the text of the statement with them.
void RestoreLiterals(Statement& statement, LiftedStatement* lifted);

}  // namespace lathe::ast
