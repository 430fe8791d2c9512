// Isolation levels that storage offers.
#pragma once

#include <cstdint>

namespace lathe::txn {

enum class Isolation : uint8_t {
  kReadCommitted,   // each statement has a new snapshot
  kRepeatableRead,  // the first statement's snapshot serves the whole transaction
  kSerializable,    // as kRepeatableRead, and what was read must not have changed at the commit
};

}  // namespace lathe::txn
