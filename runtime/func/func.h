// Front door of runtime/func: SQL functions, operators, casts and aggregates, and the order of
// values.
#pragma once

#include "runtime/func/cast.h"      // IWYU pragma: export
#include "runtime/func/compare.h"   // IWYU pragma: export
#include "runtime/func/context.h"   // IWYU pragma: export
#include "runtime/func/function.h"  // IWYU pragma: export
