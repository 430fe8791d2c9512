// The kept side of a band join: rows collected by the workers, then ordered by an integer key, so
// that a row of the other side visits only the rows whose keys lie between its bounds (sort-band
// join: DeWitt, Naughton and Schneider, "An Evaluation of Non-Equijoin Algorithms", VLDB 1991,
// section 2.3, with the kept side in memory).
#pragma once

#include "runtime/state/rows.h"
#include "runtime/state/spillable.h"

namespace lathe::state {

/// Field 0 of the layout is the key: int2, int4 or int8 as they lie in memory, or a type that is
/// kept as one of them and ordered alike. Rows with a NULL key are kept, but are in no range.
class BandRows final : public RowCollector {
 public:
  struct Entry {
    int64_t key = 0;
    const char* row = nullptr;
  };

  BandRows(const row::Layout* layout, base::MemoryBudget* budget)
      : RowCollector(layout, budget), entries_(SpillAllocator<Entry>(budget)) {}

  void* shared() override { return &header_; }
  /// Orders the rows by their keys. 53200 when their directory does not fit, 57014 when cancelled.
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override {
    return RowCollector::memory_bytes() + entries_.capacity() * sizeof(Entry);
  }

  /// What generated code reads: entries[0..count) ascend by key.
  struct Header {
    View rows;
    const Entry* entries = nullptr;
    uint64_t count = 0;
  };
  static_assert(offsetof(Header, entries) == 40 && offsetof(Header, count) == 48);
  static_assert(sizeof(Entry) == 16 && offsetof(Entry, row) == 8);

  /// The first entry whose key is at least `low`; count if there is none.
  static uint64_t First(const Header& header, int64_t low);

 private:
  Header header_;
  SpillVector<Entry> entries_;
};

}  // namespace lathe::state
