// Linearizability of registers with read, write and compare-and-set (Herlihy and Wing 1990): is
// there an order of the operations, each at one moment between its start and its end, in which
// every answer is right? Registers are independent, so each is checked by itself. Wing and Gong's
// search (1993), with Lowe's memory of what was tried (2017): the set of operations that were
// placed, and the value. An operation with an unknown outcome may be placed anywhere after its
// start, or never.
#pragma once

#include <string>
#include <vector>

#include "tests/check/history.h"

namespace lathe::check {

struct RegisterOptions {
  size_t states_max = 20'000'000;  // remembered for one register, before giving up
};

struct RegisterReport {
  bool ok = true;        // no register is wrong, as far as decided
  size_t undecided = 0;  // registers that were given up
  size_t registers = 0, operations = 0;
  std::string text;  // of the first register that is wrong: where its longest order ends
};

/// Checks a history. Registers are empty in the beginning.
RegisterReport CheckRegisters(const std::vector<RegisterOp>& history,
                              const RegisterOptions& options = {});

}  // namespace lathe::check
