#include "runtime/state/join_table.h"

#include <bit>

namespace lathe::state {

uint64_t JoinTable::InsertPage(const char* page) {
  const uint32_t rows = row::HeaderOf(page).row_count;
  const uint32_t stride = layout_->stride();
  uint64_t null_keys = 0;
  for (uint32_t i = 0; i < rows; ++i) {
    char* row = const_cast<char*>(row::RowAt(page, stride, i));
    const uint64_t hash = LoadAt<uint64_t>(row + kJoinHashOffset);
    if (hash == 0) {
      ++null_keys;
      continue;
    }
    std::atomic_ref<uint64_t> entry(directory_[hash & header_.mask]);
    uint64_t old = entry.load(std::memory_order_relaxed);
    uint64_t fresh;
    do {
      StoreAt(row + kJoinNextOffset, old & abi::kPointerMask);
      fresh = reinterpret_cast<uint64_t>(row) | (old & ~abi::kPointerMask) | abi::TagBit(hash);
    } while (!entry.compare_exchange_weak(old, fresh, std::memory_order_release,
                                          std::memory_order_relaxed));
  }
  return null_keys;
}

Status JoinTable::Finish(QueryState* query, const ParallelFor& parallel) {
  LATHE_TRY(RowCollector::Finish(query, parallel));
  header_.null_row = view_.null_row;
  header_.row_count = view_.row_count;
  header_.pages = view_.pages;
  header_.page_count = view_.page_count;
  uint64_t slots = std::bit_ceil(std::max<uint64_t>(view_.row_count * 2, 16));
  try {
    directory_.assign(slots, 0);
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
  header_.directory = directory_.data();
  header_.mask = slots - 1;
  std::atomic<uint64_t> null_keys{0};
  const size_t pages = pages_.size();
  const size_t tasks = pages < 8 ? 1 : (pages + 7) / 8;
  auto insert = [&](size_t task) {
    for (size_t i = task * pages / tasks; i < (task + 1) * pages / tasks; ++i) {
      if (Cancelled(*query)) return;
      if (i % 8 == 0) Relieve(budget_);
      null_keys.fetch_add(InsertPage(pages_[i]), std::memory_order_relaxed);
    }
  };
  if (tasks == 1) {
    insert(0);
  } else {
    parallel(tasks, insert);
  }
  header_.null_key_count = null_keys.load();
  return Ok();
}

}  // namespace lathe::state
