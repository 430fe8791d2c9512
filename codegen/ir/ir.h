// Front door of codegen/ir: words on top of LLVM's IRBuilder: SQL values with their null bit, row
// access, structured control flow, calls into the runtime, checked arithmetic.
#pragma once

#include "codegen/ir/code.h"  // IWYU pragma: export
