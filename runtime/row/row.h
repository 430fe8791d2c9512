// Front door of runtime/row: the layout of rows and pages, and rows kept in memory.
#pragma once

#include "runtime/row/layout.h"       // IWYU pragma: export
#include "runtime/row/page.h"         // IWYU pragma: export
#include "runtime/row/row_buffer.h"   // IWYU pragma: export
#include "runtime/row/string_slot.h"  // IWYU pragma: export
