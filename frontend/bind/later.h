// What is refused when it is evaluated instead of when it is bound. Clients' catalog queries name
// features (arrays, sets) that they need for no row of an ordinary database: such a query has a
// correct answer as long as it never comes to the missing part.
#pragma once

#include "frontend/bind/binder.h"

namespace lathe::bind {

/// The level or one around it reads a catalog relation.
bool ReadsCatalog(const Scope& scope);

/// A value of the type whose evaluation is 0A000 "<what> is not supported". It reads args, so that
/// it is evaluated only where they can be.
ExprPtr Later(std::string_view what, const Type& type, std::vector<ExprPtr> args, int32_t location);

}  // namespace lathe::bind
