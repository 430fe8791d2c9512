// operand op ANY (array) and operand op ALL (array).
#pragma once

#include "runtime/func/function.h"

namespace lathe::func {

/// args[0] op ANY (args[1]), or ALL, with the strict comparison of this oid over boxed values. kOk
/// with a boolean, kNull or kError. Called by generated code too.
CallStatus AnyArray(FunctionContext* context, uint32_t function_oid, uint32_t all,
                    const types::Datum* args, const bool* nulls, types::Datum* result);

}  // namespace lathe::func
