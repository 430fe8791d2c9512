// Sorting: rows are collected by the workers, then small entries {first 16 bytes of the normalised
// key, row} are sorted in runs and merged. Keys that differ within 16 bytes are ordered by two
// integer comparisons; only the others look at the rows. With a limit each worker throws away,
// every now and then, what cannot be among the first limit + offset rows.
#pragma once

#include "runtime/state/rows.h"
#include "runtime/state/spillable.h"

namespace lathe::state {

struct SortKey {
  uint32_t field;
  bool descending = false;
  bool nulls_first = false;
};

/// Everything fixed about a sort; in the compiled query.
struct SortSpec {
  row::Layout layout;
  std::vector<SortKey> keys;
  bool stable = false;  // equal rows of one worker stay in the order in which they came
};

class SortState final : public Operator {
 public:
  /// spec and budget outlive it. Rows [offset, offset + limit) of the order are wanted; limit
  /// INT64_MAX = all.
  SortState(const SortSpec* spec, base::MemoryBudget* budget)
      : spec_(spec), budget_(budget), rows_(SpillAllocator<const char*>(budget)) {}

  void SetLimit(int64_t offset, int64_t limit) {
    offset_ = offset;
    limit_ = limit;
  }
  void* shared() override { return this; }
  void* Local(size_t worker) override;
  Status MorselDone(size_t worker) override;
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override;

  /// The rows in order, after Finish.
  const RowList& rows() const { return rows_; }

 private:
  struct Entry {
    uint64_t prefix[2];
    const char* row;
  };
  struct Worker {
    std::unique_ptr<row::RowBuffer> buffer;
    uint64_t rows_kept = 0;  // after the last pruning
  };
  Entry EntryOf(const char* row) const;
  bool Less(const Entry& a, const Entry& b) const;
  std::vector<Entry> EntriesOf(const row::RowBuffer& buffer) const;
  Status Prune(Worker* worker);
  Status SortAll(QueryState* query, const ParallelFor& parallel);
  int64_t wanted() const { return limit_ > INT64_MAX - offset_ ? INT64_MAX : limit_ + offset_; }

  const SortSpec* spec_;
  base::MemoryBudget* budget_;
  int64_t offset_ = 0;
  int64_t limit_ = INT64_MAX;
  std::vector<Worker> workers_;
  RowList rows_;
};

}  // namespace lathe::state
