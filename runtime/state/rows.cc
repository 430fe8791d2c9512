#include "runtime/state/rows.h"

namespace lathe::state {

void* RowCollector::Local(size_t worker) {
  if (buffers_.size() <= worker) buffers_.resize(worker + 1);
  if (buffers_[worker] == nullptr)
    buffers_[worker] = std::make_unique<row::RowBuffer>(layout_, budget_);
  return buffers_[worker].get();
}

Status RowCollector::Finish(QueryState* query, const ParallelFor& parallel) {
  pages_.clear();
  view_.row_count = 0;
  for (const auto& buffer : buffers_) {
    if (buffer == nullptr) continue;
    for (size_t i = 0; i < buffer->page_count(); ++i) pages_.push_back(buffer->page(i));
    view_.row_count += buffer->row_count();
  }
  const size_t null_bytes = row::kRowsBegin + layout_->stride() + 16;
  null_page_ = std::make_unique<char[]>(null_bytes);
  row::PageHeader header;
  header.row_count = 1;
  header.stride = layout_->stride();
  StoreAt(null_page_.get(), header);
  view_.null_page = null_page_.get();
  view_.null_row = null_page_.get() + row::kRowsBegin;
  view_.pages = pages_.data();
  view_.page_count = pages_.size();
  return Ok();
}

std::vector<row::RowBuffer> RowCollector::TakeBuffers() {
  std::vector<row::RowBuffer> taken;
  for (const auto& buffer : buffers_) {
    if (buffer != nullptr) taken.push_back(std::move(*buffer));
  }
  buffers_.clear();
  pages_.clear();
  view_ = {};
  return taken;
}

uint64_t RowCollector::memory_bytes() const {
  uint64_t bytes = 0;
  for (const auto& buffer : buffers_) bytes += buffer == nullptr ? 0 : buffer->allocated_bytes();
  return bytes;
}

}  // namespace lathe::state

extern "C" {

char* lathe_append_row(void* buffer, uint64_t heap_bytes) {
  return static_cast<lathe::row::RowBuffer*>(buffer)->Append(heap_bytes);
}

void lathe_append_string(void* buffer, char* row, int32_t field, const char* data, uint64_t size) {
  static_cast<lathe::row::RowBuffer*>(buffer)->AddString(row, static_cast<size_t>(field),
                                                         {data, size});
}

int64_t lathe_next_row_number(void* limit) {
  return static_cast<lathe::state::LimitState::View*>(limit)->state->next.fetch_add(
      1, std::memory_order_relaxed);
}

}  // extern "C"
