// Scans of virtual tables: the rows are made when the scan is opened and handed out page by page.
#include <algorithm>
#include <atomic>

#include "frontend/syscat/specs.h"
#include "frontend/syscat/syscat.h"

namespace lathe::syscat {
namespace {

/// The rows of one scan; morsels hold them by shared pointer.
struct Rows {
  explicit Rows(const schema::RelationPtr& scanned)
      : relation(scanned), layout(scanned->RowLayout()), budget(0), buffer(&layout, &budget) {}

  const schema::RelationPtr relation;
  const row::Layout layout;
  base::MemoryBudget budget;
  row::RowBuffer buffer;
};

class VirtualSource final : public exec::RowSource {
 public:
  explicit VirtualSource(std::shared_ptr<const Rows> rows)
      : rows_(std::move(rows)), row_count_(static_cast<double>(rows_->buffer.row_count())) {}

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    const size_t page = next_page_.fetch_add(1, std::memory_order_relaxed);
    if (page >= rows_->buffer.page_count()) return false;
    const char* bytes = rows_->buffer.page(page);
    const uint32_t count = row::HeaderOf(bytes).row_count;
    morsel->segments.push_back({bytes, 0, count});
    morsel->row_count = count;
    morsel->Pin(rows_);
    return true;
  }
  double RowsLeft() override {
    const size_t pages = rows_->buffer.page_count();
    if (pages == 0) return 0;
    const size_t done = std::min(next_page_.load(std::memory_order_relaxed), pages);
    return row_count_ * static_cast<double>(pages - done) / static_cast<double>(pages);
  }

 private:
  const std::shared_ptr<const Rows> rows_;
  const double row_count_;
  std::atomic<size_t> next_page_{0};
};

}  // namespace

Result<std::unique_ptr<exec::RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                  const Source& source) {
  const TableSpec* spec = FindSpec(relation->id);
  if (spec == nullptr) {
    return MakeError(SqlState::kUndefinedTable,
                     "relation \"" + relation->name + "\" does not exist");
  }
  auto rows = std::make_shared<Rows>(DescriptorOf(*spec));
  RowWriter writer(*rows->relation, &rows->buffer);
  spec->producer(source, &writer);
  if (!writer.ok()) return MakeError(SqlState::kOutOfMemory, "out of memory");
  return std::unique_ptr<exec::RowSource>(std::make_unique<VirtualSource>(std::move(rows)));
}

}  // namespace lathe::syscat
