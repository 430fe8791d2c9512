// Front door of runtime/types: SQL types and values, their text and binary forms, and their arithmetic.
#pragma once

#include "runtime/types/type.h"   // IWYU pragma: export
#include "runtime/types/value.h"  // IWYU pragma: export
