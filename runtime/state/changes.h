// Rows that a Modify will write, kept until everything has run.
#pragma once

#include "runtime/state/rows.h"

namespace lathe::state {

/// Everything fixed about the rows of a Modify; in the compiled query.
struct ChangeSpec {
  enum class Repeats : uint8_t { kNone, kFirst, kError };
  Repeats repeats = Repeats::kNone;  // what to do when a row of the table comes again
  std::vector<uint32_t> key;         // fields that tell the table's rows apart
  uint32_t written_fields = 0;       // the first fields; those after them only go on in the plan
};

class ChangeRows final : public RowCollector {
 public:
  ChangeRows(const row::Layout* layout, const ChangeSpec* spec, base::MemoryBudget* budget)
      : RowCollector(layout, budget), spec_(spec) {}
  /// Drops repeated rows, or fails with 21000.
  Status Finish(QueryState* query, const ParallelFor& parallel) override;

 private:
  const ChangeSpec* spec_;
};

}  // namespace lathe::state
