#include "runtime/state/aggregate_table.h"

#include <bit>

#include "runtime/types/datetime.h"
#include "runtime/types/numeric.h"

namespace lathe::state {
namespace {

constexpr uint64_t kFirstSlots = 256;
constexpr uint64_t kSlotsMax = 1 << 15;
constexpr size_t kPartitions = size_t{1} << abi::kPartitionBits;

size_t PartitionOf(uint64_t hash) { return (hash >> abi::kPartitionShift) & (kPartitions - 1); }
uint64_t EntryOf(uint64_t hash, const char* row) {
  return (hash & ~abi::kPointerMask) | reinterpret_cast<uint64_t>(row);
}
uint64_t HashOf(const char* row) { return LoadAt<uint64_t>(row + kAggregateHashOffset); }

}  // namespace

AggregateTable::AggregateTable(const AggregateSpec* spec, base::MemoryBudget* budget)
    : spec_(spec), budget_(budget), rows_(SpillAllocator<const char*>(budget)) {
  const row::Layout& layout = spec->layout;
  group_bytes_begin_ = layout.null_offset();
  group_bytes_end_ = group_bytes_begin_ + layout.null_bytes();
  groups_by_bytes_ = true;
  for (uint32_t i = 0; i < spec->keys(); ++i) {
    const row::Field& field = layout.field(i);
    group_bytes_end_ = field.offset + types::SlotBytes(field.repr);
    switch (field.repr) {
      case types::Repr::kF32:
      case types::Repr::kF64:
      case types::Repr::kInterval:
      case types::Repr::kString:
        groups_by_bytes_ = false;
        break;
      default:
        break;
    }
  }
}

AggregateTable::~AggregateTable() {
  for (const auto& local : locals_) {
    if (local != nullptr && budget_ != nullptr) budget_->Release(local->arena_charged);
  }
}

void* AggregateTable::Local(size_t worker) {
  if (locals_.size() <= worker) locals_.resize(worker + 1);
  if (locals_[worker] != nullptr) return locals_[worker].get();
  auto local = std::make_unique<Local_>();
  local->table = this;
  local->buffers.push_back(std::make_unique<row::RowBuffer>(&spec_->layout, budget_));
  local->buffer = local->buffers[0].get();
  if (spec_->group_count == 0) {
    local->single = local->buffer->Append(0);
    if (local->single != nullptr) {
      std::memset(local->single, 0, spec_->layout.stride());
    }
  } else {
    local->slots.assign(kFirstSlots, 0);
    local->directory = local->slots.data();
    local->mask = kFirstSlots - 1;
  }
  locals_[worker] = std::move(local);
  return locals_[worker].get();
}

void AggregateTable::Local_::Rehash(uint64_t size) {
  std::vector<uint64_t> old = std::move(slots);
  slots.assign(size, 0);
  directory = slots.data();
  mask = size - 1;
  for (uint64_t entry : old) {
    if (entry == 0) continue;
    uint64_t i = HashOf(reinterpret_cast<const char*>(entry & abi::kPointerMask)) & mask;
    while (slots[i] != 0) i = (i + 1) & mask;
    slots[i] = entry;
  }
}

char* AggregateTable::Local_::Insert(uint64_t hash, uint64_t heap_bytes) {
  if (count * 2 > mask) {
    if (mask + 1 < kSlotsMax) {
      Rehash((mask + 1) * 4);
    } else {
      // Leave the groups behind as partial ones and start anew, from now on in partitions.
      std::fill(slots.begin(), slots.end(), 0);
      count = 0;
      flushed = true;
      while (buffers.size() < 1 + kPartitions) {
        buffers.push_back(std::make_unique<row::RowBuffer>(&table->spec_->layout, table->budget_));
      }
    }
  }
  buffer = buffers[flushed ? 1 + PartitionOf(hash) : 0].get();
  char* row = buffer->Append(heap_bytes);
  if (row == nullptr) return nullptr;
  std::memset(row, 0, table->spec_->layout.stride());
  StoreAt(row + kAggregateHashOffset, hash);
  uint64_t i = hash & mask;
  while (slots[i] != 0) i = (i + 1) & mask;
  slots[i] = EntryOf(hash, row);
  ++count;
  return row;
}

bool AggregateTable::Local_::Keep(HeldBytes* held, std::string_view bytes) {
  HeldBytes h = LoadAt<HeldBytes>(held);
  if (bytes.size() > h.capacity) {
    h.capacity = static_cast<uint32_t>(std::bit_ceil(std::max<size_t>(bytes.size(), 16)));
    h.data = arena.Allocate(h.capacity);
    uint64_t bytes_held = arena.held_bytes();
    if (bytes_held > arena_charged) {
      if (table->budget_ != nullptr && !table->budget_->TryChargeSmall(bytes_held - arena_charged))
        return false;
      arena_charged = bytes_held;
    }
  }
  h.size = static_cast<uint32_t>(bytes.size());
  if (h.size != 0) std::memcpy(h.data, bytes.data(), h.size);
  StoreAt(held, h);
  return true;
}

bool AggregateTable::SameGroup(const char* a, const char* b) const {
  if (groups_by_bytes_) {
    return std::memcmp(a + group_bytes_begin_, b + group_bytes_begin_,
                       group_bytes_end_ - group_bytes_begin_) == 0;
  }
  const row::Layout& layout = spec_->layout;
  for (uint32_t i = 0; i < spec_->keys(); ++i) {
    bool null = layout.IsNull(a, i);
    if (null != layout.IsNull(b, i)) return false;
    if (null) continue;
    const row::Field& field = layout.field(i);
    types::Datum x = row::ReadField(layout, row::RowPageOf(a), a, i);
    types::Datum y = row::ReadField(layout, row::RowPageOf(b), b, i);
    if (abi::CompareDatums(field.type, x, y) != 0) return false;
  }
  return true;
}

Status AggregateTable::Combine(char* into, const char* from, Local_* local) {
  const row::Layout& layout = spec_->layout;
  // Extremes first: they ask whether the counts are still zero.
  for (const Component& c : spec_->components) {
    if (c.kind != ComponentKind::kMin && c.kind != ComponentKind::kMax) continue;
    if (LoadAt<int64_t>(from + layout.field(c.count_field).offset) == 0) continue;
    char* to = into + layout.field(c.field).offset;
    const char* add = from + layout.field(c.field).offset;
    bool take = LoadAt<int64_t>(into + layout.field(c.count_field).offset) == 0;
    const bool held = types::ReprOf(c.type) == types::Repr::kString;
    if (!take) {
      types::Datum x, y;
      if (held) {
        HeldBytes a = LoadAt<HeldBytes>(add), b = LoadAt<HeldBytes>(to);
        x.string = {a.data, a.size};
        y.string = {b.data, b.size};
      } else {
        std::memcpy(&x, add, types::SlotBytes(types::ReprOf(c.type)));
        std::memcpy(&y, to, types::SlotBytes(types::ReprOf(c.type)));
      }
      int order = abi::CompareDatums(c.type, x, y);
      take = c.kind == ComponentKind::kMin ? order < 0 : order > 0;
    }
    // Held bytes stay in their worker's arena, which lives as long as the table: the reference
    // moves.
    if (take)
      std::memcpy(to, add, held ? sizeof(HeldBytes) : types::SlotBytes(types::ReprOf(c.type)));
  }
  for (const Component& c : spec_->components) {
    char* to = into + layout.field(c.field).offset;
    const char* add = from + layout.field(c.field).offset;
    switch (c.kind) {
      case ComponentKind::kCount:
      case ComponentKind::kSumI64:
        StoreAt(to, LoadAt<int64_t>(to) + LoadAt<int64_t>(add));
        break;
      case ComponentKind::kSumI128: {
        types::int128 sum;
        if (__builtin_add_overflow(LoadAt<WideSum>(to).value(), LoadAt<WideSum>(add).value(),
                                   &sum)) {
          return MakeError(SqlState::kNumericValueOutOfRange, "numeric field overflow");
        }
        StoreAt(to, WideSum::Of(sum));
        break;
      }
      case ComponentKind::kSumF32:
        StoreAt(to, LoadAt<float>(to) + LoadAt<float>(add));
        break;
      case ComponentKind::kSumF64:
        StoreAt(to, LoadAt<double>(to) + LoadAt<double>(add));
        break;
      case ComponentKind::kSumInterval: {
        LATHE_ASSIGN(types::Interval sum, types::AddIntervals(LoadAt<types::Interval>(to),
                                                              LoadAt<types::Interval>(add)));
        StoreAt(to, sum);
        break;
      }
      case ComponentKind::kSumBig: {
        HeldBytes a = LoadAt<HeldBytes>(add);
        if (a.size == 0) break;
        if (lathe_aggregate_add_big(local, to, a.data, a.size) != 0) return OutOfMemory();
        break;
      }
      case ComponentKind::kMin:
      case ComponentKind::kMax:
        break;
    }
  }
  return Ok();
}

Status AggregateTable::MergePartition(SpillVector<char*>* rows, Local_* local, QueryState* query) {
  const uint64_t size = std::bit_ceil(std::max<uint64_t>(rows->size() * 2, 16));
  if (budget_ != nullptr && !budget_->TryChargeSmall(size * 8)) return OutOfMemory();
  std::vector<uint64_t> directory(size, 0);
  const uint64_t mask = size - 1;
  size_t kept = 0;
  Status status;
  for (size_t n = 0; n < rows->size() && status.ok(); ++n) {
    if ((n & 0xffff) == 0xffff) {
      if (Cancelled(*query)) break;
      Relieve(budget_);
    }
    char* row = (*rows)[n];
    const uint64_t hash = HashOf(row);
    const uint64_t tag = hash & ~abi::kPointerMask;
    uint64_t i = hash & mask;
    for (;; i = (i + 1) & mask) {
      const uint64_t entry = directory[i];
      if (entry == 0) {
        directory[i] = EntryOf(hash, row);
        (*rows)[kept++] = row;
        break;
      }
      char* other = reinterpret_cast<char*>(entry & abi::kPointerMask);
      if ((entry & ~abi::kPointerMask) == tag && HashOf(other) == hash && SameGroup(other, row)) {
        status = Combine(other, row, local);
        break;
      }
    }
  }
  rows->resize(kept);
  if (budget_ != nullptr) budget_->Release(size * 8);
  return status;
}

Status AggregateTable::Finish(QueryState* query, const ParallelFor& parallel) {
  try {
    return Merge(query, parallel);
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
}

Status AggregateTable::Merge(QueryState* query, const ParallelFor& parallel) {
  rows_.clear();
  auto each_row = [&](const row::RowBuffer& buffer, const auto& visit) {
    for (size_t p = 0; p < buffer.page_count(); ++p) {
      const uint32_t count = row::HeaderOf(buffer.page(p)).row_count;
      for (uint32_t i = 0; i < count; ++i) {
        visit(const_cast<char*>(row::RowAt(buffer.page(p), spec_->layout.stride(), i)));
      }
    }
  };
  std::vector<Local_*> used;
  bool flushed = false;
  for (const auto& local : locals_) {
    if (local == nullptr) continue;
    if (spec_->group_count == 0 && local->single == nullptr) return OutOfMemory();
    if (local->single == nullptr && local->count == 0 && !local->flushed) continue;
    used.push_back(local.get());
    flushed |= local->flushed;
  }
  if (spec_->group_count == 0) {
    if (used.empty()) used.push_back(static_cast<Local_*>(Local(0)));
    for (size_t i = 1; i < used.size(); ++i)
      LATHE_TRY(Combine(used[0]->single, used[i]->single, used[0]));
    rows_.push_back(used[0]->single);
    return Ok();
  }
  if (used.size() <= 1 && !flushed) {
    for (Local_* local : used) {
      each_row(*local->buffers[0], [&](char* row) { rows_.push_back(row); });
    }
    return Ok();
  }
  std::vector<SpillVector<char*>> partitions(kPartitions,
                                             SpillVector<char*>(SpillAllocator<char*>(budget_)));
  for (Local_* local : used) {
    for (const auto& buffer : local->buffers) {
      each_row(*buffer, [&](char* row) { partitions[PartitionOf(HashOf(row))].push_back(row); });
    }
  }
  // Partitions are merged with arenas of their own, as workers may merge several at once.
  size_t total = 0;
  for (const auto& partition : partitions) total += partition.size();
  const bool alone = total < 4096;
  std::vector<Local_*> merge_locals(alone ? 1 : kPartitions);
  for (size_t i = 0; i < merge_locals.size(); ++i) {
    auto local = std::make_unique<Local_>();
    local->table = this;
    merge_locals[i] = local.get();
    locals_.push_back(std::move(local));
  }
  std::vector<Status> statuses(kPartitions);
  auto merge = [&](size_t p) {
    statuses[p] = MergePartition(&partitions[p], merge_locals[alone ? 0 : p], query);
  };
  if (alone) {
    for (size_t p = 0; p < kPartitions; ++p) merge(p);
  } else {
    parallel(kPartitions, merge);
  }
  for (Status& status : statuses) LATHE_TRY(std::move(status));
  for (const auto& partition : partitions)
    rows_.insert(rows_.end(), partition.begin(), partition.end());
  return Ok();
}

char* AggregateTable::Local_::Find(const types::Datum* values, const bool* nulls) {
  const AggregateSpec& spec = *table->spec_;
  const row::Layout& layout = spec.layout;
  uint64_t hash = abi::kHashSeed;
  uint64_t heap_bytes = 0;
  for (uint32_t i = 0; i < spec.group_count; ++i) {
    if (i < spec.keys()) hash = abi::HashDatum(hash, layout.field(i).type, values[i], nulls[i]);
    if (!nulls[i] && layout.field(i).repr == types::Repr::kString)
      heap_bytes += row::StringHeapBytes(values[i].string.size);
  }
  auto equal = [&](const char* row) {
    const char* page = row::RowPageOf(row);
    for (uint32_t i = 0; i < spec.keys(); ++i) {
      const bool null = layout.IsNull(row, i);
      if (null != nulls[i]) return false;
      if (!null && abi::CompareDatums(layout.field(i).type, row::ReadField(layout, page, row, i),
                                      values[i]) != 0) {
        return false;
      }
    }
    return true;
  };
  for (uint64_t i = hash & mask; directory[i] != 0; i = (i + 1) & mask) {
    if ((directory[i] ^ hash) >> 48 != 0) continue;
    auto* row = reinterpret_cast<char*>(directory[i] & abi::kPointerMask);
    if (equal(row)) return row;
  }
  char* row = Insert(hash, heap_bytes);
  if (row == nullptr) return nullptr;
  for (uint32_t i = 0; i < spec.group_count; ++i) {
    if (nulls[i]) {
      buffer->SetNull(row, i);
    } else {
      buffer->Set(row, i, values[i]);
    }
  }
  return row;
}

uint64_t AggregateTable::memory_bytes() const {
  uint64_t bytes = 0;
  for (const auto& local : locals_) {
    bytes += local->slots.size() * 8 + local->arena_charged;
    for (const auto& buffer : local->buffers) bytes += buffer->allocated_bytes();
  }
  return bytes;
}

}  // namespace lathe::state

using LocalTable = lathe::state::AggregateTable::Local_;

extern "C" {

char* lathe_aggregate_insert(void* local, uint64_t hash, uint64_t heap_bytes) {
  return static_cast<LocalTable*>(local)->Insert(hash, heap_bytes);
}

char* lathe_aggregate_find(void* local, const void* datums, const void* nulls) {
  return static_cast<LocalTable*>(local)->Find(static_cast<const lathe::types::Datum*>(datums),
                                               static_cast<const bool*>(nulls));
}

int32_t lathe_aggregate_keep(void* local, char* state, const char* data, uint64_t size) {
  auto* held = reinterpret_cast<lathe::state::HeldBytes*>(state);
  return static_cast<LocalTable*>(local)->Keep(held, {data, size}) ? 0 : 1;
}

int32_t lathe_aggregate_add_big(void* local, char* state, const char* data, uint64_t size) {
  auto held = lathe::LoadAt<lathe::state::HeldBytes>(state);
  std::string sum;
  if (held.size == 0) {
    sum.assign(data, size);
  } else {
    lathe::types::Datum a, b;
    a.string = {held.data, held.size};
    b.string = {data, size};
    sum =
        lathe::types::Add(lathe::types::Numeric::FromDatum(a), lathe::types::Numeric::FromDatum(b))
            .Encode();
  }
  return lathe_aggregate_keep(local, state, sum.data(), sum.size());
}

}  // extern "C"
