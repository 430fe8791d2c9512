// Isolation levels that storage offers. SERIALIZABLE is refused by the session (0A000) until reads
// are validated at commit.
#pragma once

#include <cstdint>

namespace lathe::txn {

enum class Isolation : uint8_t {
  kReadCommitted,   // each statement has a new snapshot
  kRepeatableRead,  // the first statement's snapshot serves the whole transaction
};

}  // namespace lathe::txn
