#include "runtime/state/recursion.h"

#include "runtime/func/compare.h"

namespace lathe::state {
namespace {

constexpr uint64_t kFirstSlots = 1024;
uint64_t EntryOf(uint64_t hash, const char* row) {
  return (hash & ~abi::kPointerMask) | reinterpret_cast<uint64_t>(row);
}
const char* RowOf(uint64_t entry) {
  return reinterpret_cast<const char*>(entry & abi::kPointerMask);
}

}  // namespace

RecursionState::~RecursionState() {
  if (budget_ != nullptr) budget_->Release(charged_bytes_);
}

uint64_t RecursionState::HashOf(const char* row) const {
  uint64_t hash = abi::kHashSeed;
  for (size_t i = 0; i < layout_->field_count(); ++i) {
    hash = abi::HashWord(hash,
                         layout_->IsNull(row, i)
                             ? abi::kHashNull
                             : func::Hash(layout_->field(i).type,
                                          row::ReadField(*layout_, row::RowPageOf(row), row, i)));
  }
  return hash;
}

bool RecursionState::Same(const char* a, const char* b) const {
  for (size_t i = 0; i < layout_->field_count(); ++i) {
    const bool null = layout_->IsNull(a, i);
    if (null != layout_->IsNull(b, i)) return false;
    if (null) continue;
    if (abi::CompareDatums(layout_->field(i).type,
                           row::ReadField(*layout_, row::RowPageOf(a), a, i),
                           row::ReadField(*layout_, row::RowPageOf(b), b, i)) != 0) {
      return false;
    }
  }
  return true;
}

Status RecursionState::Grow() {
  const uint64_t size = directory_.empty() ? kFirstSlots : directory_.size() * 2;
  if (budget_ != nullptr && !budget_->TryChargeSmall(size * 8)) return OutOfMemory();
  std::vector<uint64_t> old = std::move(directory_);
  directory_.assign(size, 0);
  for (uint64_t entry : old) {
    if (entry == 0) continue;
    uint64_t i = HashOf(RowOf(entry)) & (size - 1);
    while (directory_[i] != 0) i = (i + 1) & (size - 1);
    directory_[i] = entry;
  }
  if (budget_ != nullptr) budget_->Release(charged_bytes_);
  charged_bytes_ = size * 8;
  return Ok();
}

Status RecursionState::TakeNew(const row::RowBuffer& rows, row::RowBuffer* fresh,
                               QueryState* query) {
  const size_t fields = layout_->field_count();
  std::vector<types::Datum> datums(fields + 1);
  std::unique_ptr<bool[]> nulls(new bool[fields + 1]);
  for (size_t p = 0; p < rows.page_count(); ++p) {
    if (Cancelled(*query)) return CancelError(query->cancel->load(std::memory_order_relaxed));
    const char* page = rows.page(p);
    for (uint32_t n = 0; n < row::HeaderOf(page).row_count; ++n) {
      const char* row = row::RowAt(page, layout_->stride(), n);
      if (count_ * 2 >= directory_.size()) LATHE_TRY(Grow());
      const uint64_t mask = directory_.size() - 1;
      const uint64_t hash = HashOf(row);
      uint64_t i = hash & mask;
      bool known = false;
      for (; directory_[i] != 0 && !known; i = (i + 1) & mask) {
        known = (directory_[i] & ~abi::kPointerMask) == (hash & ~abi::kPointerMask) &&
                Same(RowOf(directory_[i]), row);
      }
      if (known) continue;
      for (size_t f = 0; f < fields; ++f) {
        nulls[f] = layout_->IsNull(row, f);
        if (!nulls[f]) datums[f] = row::ReadField(*layout_, row::RowPageOf(row), row, f);
      }
      if (!fresh->AppendRow(datums.data(), nulls.get())) return OutOfMemory();
      const char* last_page = fresh->page(fresh->page_count() - 1);
      const char* kept =
          row::RowAt(last_page, layout_->stride(), row::HeaderOf(last_page).row_count - 1);
      directory_[i] = EntryOf(hash, kept);
      ++count_;
    }
  }
  return Ok();
}

Status RecursionState::Advance(std::vector<row::RowBuffer> rows, QueryState* query) {
  if (distinct_) {
    for (row::RowBuffer& buffer : current_) earlier_.push_back(std::move(buffer));
    current_.clear();
    row::RowBuffer fresh(layout_, budget_);
    for (const row::RowBuffer& buffer : rows) LATHE_TRY(TakeNew(buffer, &fresh, query));
    current_.push_back(std::move(fresh));
  } else {
    current_ = std::vector<row::RowBuffer>();
    for (row::RowBuffer& buffer : rows) current_.push_back(std::move(buffer));
  }
  LATHE_TRY(Finish(query, {}));
  for (const row::RowBuffer& buffer : current_) {
    for (size_t i = 0; i < buffer.page_count(); ++i) pages_.push_back(buffer.page(i));
    view_.row_count += buffer.row_count();
  }
  view_.pages = pages_.data();
  view_.page_count = pages_.size();
  return Ok();
}

}  // namespace lathe::state
