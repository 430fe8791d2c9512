// The hash table of a join: rows collected by the workers, then a directory of chains with a 16-bit
// tag filter in each entry, so that most probes without a match touch one word (Leis et al.,
// "Morsel-Driven Parallelism", SIGMOD 2014, section 4.2).
//
// Row prefix: hash (8) | next row or 0 (8) | matched flag (1, only where the join needs it). A hash
// of 0 means that the row has a NULL key and is in no chain.
#pragma once

#include "runtime/state/rows.h"
#include "runtime/state/spillable.h"

namespace lathe::state {

inline constexpr uint32_t kJoinHashOffset = 0, kJoinNextOffset = 8, kJoinMatchedOffset = 16;
inline constexpr uint32_t kJoinPrefixBytes = 16, kJoinPrefixBytesWithFlag = 17;

class JoinTable final : public RowCollector {
 public:
  JoinTable(const row::Layout* layout, base::MemoryBudget* budget)
      : RowCollector(layout, budget), directory_(SpillAllocator<uint64_t>(budget)) {}

  void* shared() override { return &header_; }
  /// Builds the directory.
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override {
    return RowCollector::memory_bytes() + directory_.capacity() * 8;
  }

  /// What generated code reads. directory[hash & mask] = address of the first row | union of the
  /// chain's tag bits.
  struct Header {
    uint64_t* directory = nullptr;
    uint64_t mask = 0;
    const char* null_row = nullptr;
    uint64_t row_count = 0;
    uint64_t null_key_count = 0;  // rows in no chain
    const char* const* pages = nullptr;
    uint64_t page_count = 0;
  };
  static_assert(offsetof(Header, mask) == 8 && offsetof(Header, null_row) == 16 &&
                offsetof(Header, row_count) == 24 && offsetof(Header, null_key_count) == 32 &&
                offsetof(Header, pages) == 40 && offsetof(Header, page_count) == 48);

 private:
  uint64_t InsertPage(const char* page);

  Header header_;
  SpillVector<uint64_t> directory_;
};

}  // namespace lathe::state
