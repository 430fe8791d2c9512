// WITH RECURSIVE: the rows of each round, and all rows so far where UNION drops those that were
// there before.
#pragma once

#include "runtime/state/rows.h"

namespace lathe::state {

/// The rows that the recursive term of the coming round reads; RowCollector of the working table.
/// Rounds() is driven by the execution, on one thread.
class RecursionState final : public RowCollector {
 public:
  /// layout and budget outlive it.
  RecursionState(const row::Layout* layout, bool distinct, base::MemoryBudget* budget)
      : RowCollector(layout, budget), distinct_(distinct) {}
  ~RecursionState() override;

  /// Makes the rows of these pages the working table, for UNION without those that were there in
  /// this or an earlier round. Takes the pages over; those of the round before go, unless their
  /// rows are needed to tell what was there. Errors: 53200, 57014.
  Status Advance(std::vector<row::RowBuffer> rows, QueryState* query);

 private:
  Status TakeNew(const row::RowBuffer& rows, row::RowBuffer* fresh, QueryState* query);
  Status Grow();
  uint64_t HashOf(const char* row) const;
  bool Same(const char* a, const char* b) const;

  const bool distinct_;
  std::vector<row::RowBuffer> current_, earlier_;
  std::vector<uint64_t> directory_;  // 16 bits of the hash | row; 0 = free; UNION only
  uint64_t count_ = 0;
  uint64_t charged_bytes_ = 0;
};

}  // namespace lathe::state
