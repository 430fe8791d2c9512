// Front door of runtime/types: SQL types and values, their text and binary forms, and their
// arithmetic.
#pragma once

#include "runtime/types/array.h"        // IWYU pragma: export
#include "runtime/types/bytea.h"        // IWYU pragma: export
#include "runtime/types/codec.h"        // IWYU pragma: export
#include "runtime/types/datetime.h"     // IWYU pragma: export
#include "runtime/types/fixed.h"        // IWYU pragma: export
#include "runtime/types/json.h"         // IWYU pragma: export
#include "runtime/types/jsonb.h"        // IWYU pragma: export
#include "runtime/types/numeric.h"      // IWYU pragma: export
#include "runtime/types/order.h"        // IWYU pragma: export
#include "runtime/types/text.h"         // IWYU pragma: export
#include "runtime/types/time_of_day.h"  // IWYU pragma: export
#include "runtime/types/time_zone.h"    // IWYU pragma: export
#include "runtime/types/type.h"         // IWYU pragma: export
#include "runtime/types/value.h"        // IWYU pragma: export
