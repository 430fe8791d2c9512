// Front door of storage/txn: timestamps, snapshots, locks, a transaction's buffered changes, and
// the path of a commit.
#pragma once

#include "storage/txn/batch.h"         // IWYU pragma: export
#include "storage/txn/cancel.h"        // IWYU pragma: export
#include "storage/txn/commit_sink.h"   // IWYU pragma: export
#include "storage/txn/isolation.h"     // IWYU pragma: export
#include "storage/txn/lock_table.h"    // IWYU pragma: export
#include "storage/txn/oracle.h"        // IWYU pragma: export
#include "storage/txn/read_set.h"      // IWYU pragma: export
#include "storage/txn/resolver.h"      // IWYU pragma: export
#include "storage/txn/validator.h"     // IWYU pragma: export
#include "storage/txn/watermark.h"     // IWYU pragma: export
#include "storage/txn/write_buffer.h"  // IWYU pragma: export
