// The error that ends a wait or a scan of a cancelled statement.
#pragma once

#include "runtime/base/result.h"
#include "runtime/exec/exec.h"

namespace lathe::txn {

/// The reason in a raised cancel flag as an error: 57014, or 57P01 for a shutdown.
Error CancelledError(const exec::CancelFlag& cancel);

}  // namespace lathe::txn
