// Isolation of transactions over lists (Kingsbury and Alvaro: Elle, VLDB 2020). As values of a list
// are unique and every read shows the whole list, reads tell the order of all writes, and with it
// who depends on whom: ww, wr and rw edges. What is forbidden is a cycle.
//
// Kinds of anomalies, in the order of the levels that forbid them:
//   from read-committed on
//     duplicate           a list holds a value twice
//     unknown-value       a read shows what nobody appended
//     G1a                 a read shows what a refused transaction appended
//     G1b                 a read ends amid one transaction's appends to the list
//     internal            a transaction does not see its own appends (at the levels above: or
//                         what it has seen before)
//     own-order           a transaction's appends to a list stand in another order, or by half
//     incompatible-order  of two reads of a list, neither begins with the other
//     G0, G1c             a cycle of ww edges; of ww and wr edges
//   from repeatable-read on
//     G-single            a cycle with one rw edge (lost update, read skew)
//   from serializable on
//     G2                  a cycle with more rw edges (write skew)
// With the clock, an edge also leads from each transaction to those that began after it ended; a
// cycle that needs such edges has "-realtime" after its kind.
//
// A transaction with an unknown outcome counts as done when somebody saw something of it; appends
// that nobody saw stand after all that were seen, in unknown order. Cycles are sought component by
// component: where one of a weaker kind is found, stronger ones of the same component go unnamed.
// Predicates (phantoms) do not occur in this model.
#pragma once

#include <string>
#include <vector>

#include "tests/check/history.h"

namespace lathe::check {

enum class Level : uint8_t { kReadCommitted, kRepeatableRead, kSerializable };

struct ListOptions {
  Level level = Level::kSerializable;
  bool realtime = false;  // strict: the clock's order counts
};

struct Anomaly {
  std::string kind;  // as above
  std::string text;  // what was seen, by the lines of the history
};

struct ListReport {
  std::vector<Anomaly> anomalies;  // empty = the level was kept
  size_t transactions = 0, edges = 0, lists = 0;
};

/// Checks a history. Time and memory grow with transactions + lengths of the reads.
ListReport CheckLists(const std::vector<ListTransaction>& history, const ListOptions& options);

}  // namespace lathe::check
