// Front door of runtime/base: what everybody stands on. Include the single header that you need;
// this one lists them.
#pragma once

#include "runtime/base/bytes.h"   // IWYU pragma: export
#include "runtime/base/check.h"   // IWYU pragma: export
#include "runtime/base/clock.h"   // IWYU pragma: export
#include "runtime/base/ids.h"     // IWYU pragma: export
#include "runtime/base/memory.h"  // IWYU pragma: export
#include "runtime/base/result.h"  // IWYU pragma: export
