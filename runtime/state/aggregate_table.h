// Groups and their running states. Each worker fills a small table of its own that stays in cache;
// when it is full its groups are left behind in radix partitions as partial groups and the table
// starts anew; Finish merges the partial groups of each partition (Leis et al., SIGMOD 2014,
// section 4.4). Rows: hash (8) | null bits | group values | components.
//
// A component is one running number of a call: a count, a sum, an extreme. Calls share components
// (avg and sum of one argument, count of an argument that is never NULL and count(*)).
#pragma once

#include "runtime/row/row_buffer.h"
#include "runtime/state/spillable.h"
#include "runtime/state/state.h"

namespace lathe::state {

inline constexpr uint32_t kAggregateHashOffset = 0;
inline constexpr uint32_t kAggregatePrefixBytes = 8;

enum class ComponentKind : uint8_t {
  kCount,    // int8
  kSumI64,   // int8: sums of int2 and int4
  kSumI128,  // WideSum
  kSumF32,
  kSumF64,
  kSumInterval,
  kSumBig,  // HeldBytes: big numeric; empty = 0
  kMin,     // the value, or HeldBytes; meaningful when the count that it names is above 0
  kMax,
};

/// A 128-bit sum whose common case touches one word: accumulator + carries * 2^64, both signed.
struct WideSum {
  int64_t accumulator = 0;
  int64_t carries = 0;
  types::int128 value() const {
    return static_cast<types::int128>(accumulator) +
           static_cast<types::int128>(static_cast<types::uint128>(static_cast<uint64_t>(carries))
                                      << 64);
  }
  static WideSum Of(types::int128 value) {
    WideSum sum;
    sum.accumulator = static_cast<int64_t>(value);
    sum.carries = static_cast<int64_t>((value - sum.accumulator) >> 64);
    return sum;
  }
};
static_assert(sizeof(WideSum) == 16);

/// A string owned by a group's state. Bytes live in the worker's arena.
struct HeldBytes {
  char* data = nullptr;
  uint32_t size = 0;
  uint32_t capacity = 0;
};
static_assert(sizeof(HeldBytes) == 16);

struct Component {
  ComponentKind kind;
  uint32_t field;        // of the layout
  types::Type type;      // kMin, kMax: of the value
  uint32_t count_field;  // kMin, kMax: the count of the argument's non-null values
};

/// Everything fixed about an aggregation; in the compiled query.
struct AggregateSpec {
  row::Layout layout;
  uint32_t group_count = 0;  // the first fields; 0 = one group, always there
  // The first so many of them tell groups apart, the others follow from them; 0 = all do.
  uint32_t key_count = 0;

  uint32_t keys() const { return key_count != 0 ? key_count : group_count; }
  std::vector<Component> components;
};

class AggregateTable final : public Operator {
 public:
  /// spec and budget outlive it.
  AggregateTable(const AggregateSpec* spec, base::MemoryBudget* budget);
  ~AggregateTable() override;

  void* shared() override { return this; }
  void* Local(size_t worker) override;
  /// Merges; afterwards rows() are the groups.
  Status Finish(QueryState* query, const ParallelFor& parallel) override;
  uint64_t memory_bytes() const override;

  const RowList& rows() const { return rows_; }

  /// A worker's table. Generated code reads the first three members: directory[i] = 0 or high 16
  /// bits of the hash | address of the group; found by linear probing from hash & mask.
  struct Local_ {
    uint64_t* directory = nullptr;
    uint64_t mask = 0;
    row::RowBuffer* buffer = nullptr;  // where the last inserted group lies
    char* single = nullptr;            // the one group when there are no group columns
    // From here on C++ only.
    AggregateTable* table = nullptr;
    std::vector<uint64_t> slots;
    uint64_t count = 0;
    bool flushed = false;
    std::vector<std::unique_ptr<row::RowBuffer>>
        buffers;  // [0] unpartitioned, then one per partition
    base::Arena arena;
    uint64_t arena_charged = 0;

    char* Insert(uint64_t hash, uint64_t heap_bytes);
    /// The group of these values, one per group column; made where there is none. Null: no memory.
    char* Find(const types::Datum* values, const bool* nulls);
    bool Keep(HeldBytes* held, std::string_view bytes);

   private:
    void Rehash(uint64_t size);
  };
  static_assert(offsetof(Local_, mask) == 8 && offsetof(Local_, buffer) == 16 &&
                offsetof(Local_, single) == 24);

 private:
  friend struct Local_;
  bool SameGroup(const char* a, const char* b) const;
  /// Adds the partial group `from` to `into`. Errors: 22003.
  Status Combine(char* into, const char* from, Local_* local);
  Status Merge(QueryState* query, const ParallelFor& parallel);
  Status MergePartition(SpillVector<char*>* rows, Local_* local, QueryState* query);

  const AggregateSpec* spec_;
  base::MemoryBudget* budget_;
  std::vector<std::unique_ptr<Local_>> locals_;
  RowList rows_;
  uint32_t group_bytes_begin_ = 0, group_bytes_end_ = 0;  // null bits and group values
  bool groups_by_bytes_ = false;                          // equal groups have equal bytes
};

}  // namespace lathe::state
