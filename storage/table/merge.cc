#include "storage/table/merge.h"

#include <algorithm>

namespace lathe::table {
namespace {

std::string Behind(std::string_view key) { return std::string(key) + '\0'; }

std::string BeginOf(const Leaf& leaf, const LeafPages& pages, size_t i) {
  if (i > 0) return Behind(pages.page(i - 1).entry.last_key);
  return leaf.lower().empty() ? std::string() : Behind(leaf.lower());
}

std::string EndOf(const Leaf& leaf, const LeafPages& pages, size_t i) {
  if (i < pages.size()) return Behind(pages.page(i).entry.last_key);
  return leaf.upper().empty() ? std::string() : Behind(leaf.upper());
}

}  // namespace

Result<std::unique_ptr<Merger>> Merger::Begin(EngineImpl* engine, std::shared_ptr<Table> table,
                                              LoadId load,
                                              const std::function<TableVersionPtr()>& base) {
  std::unique_ptr<Merger> merger(new Merger(table));
  LoadOptions options;
  options.view = [self = merger.get()] { return self->base_; };
  LATHE_ASSIGN(merger->writer_,
               LoadWriter::Begin(engine, std::move(table), load, std::move(options)));
  // Only now: a fold that was under way has put other leaves in the place of those before it.
  merger->base_ = merger->version_ = base();
  return merger;
}

Status Merger::Add(std::string_view key, std::string_view image) {
  if (leaf_ == nullptr || !leaf_->Covers(key)) {
    LATHE_TRY(MergeLeaf());
    leaf_ = base_->directory->leaf(base_->directory->Find(key));
  }
  rows_.push_back({key, image});
  ++changes_;
  return Ok();
}

Status Merger::MergeLeaf() {
  if (leaf_ == nullptr) return Ok();
  LATHE_ASSIGN(const LeafPages* pages, writer_->Hold(leaf_));
  std::vector<PageNodePtr> result;
  size_t made = writer_->pages().size();
  auto collect = [&]() -> Status {
    LATHE_TRY(writer_->Cut());
    result.insert(result.end(), writer_->pages().begin() + static_cast<ptrdiff_t>(made),
                  writer_->pages().end());
    made = writer_->pages().size();
    return Ok();
  };
  auto row = rows_.begin();
  bool open = false;  // pages before this one are being merged
  for (size_t i = 0; i <= pages->size(); ++i) {
    auto end = row;
    if (i == pages->size()) {
      end = rows_.end();
    } else {
      while (end != rows_.end() && end->key <= pages->page(i).entry.last_key) ++end;
    }
    const bool changed = row != end || pages->state(i).changes.load(std::memory_order_acquire) != 0;
    // A small rest of merged pages takes the page behind it along.
    const bool takes_rest = open && i < pages->size() && writer_->pending_rows() > 0 &&
                            writer_->pending_rows() < pages->page(i).entry.row_count / 4;
    if (!changed && !takes_rest) {
      LATHE_TRY(collect());
      open = false;
      if (i < pages->size()) result.push_back(pages->pages()[i]);
      continue;
    }
    open = true;
    LATHE_TRY(MergeUnit(*leaf_, *pages, i, {row, end}));
    row = end;
  }
  LATHE_TRY(collect());
  if (leaf_->changed()) replaced_->ranges.emplace_back(leaf_->lower(), leaf_->upper());
  version_ = table_->WithLeaf(version_, version_->directory->Find(rows_.front().key), result);
  rows_.clear();
  leaf_ = nullptr;
  return Ok();
}

Status Merger::MergeUnit(const Leaf& leaf, const LeafPages& pages, size_t i,
                         std::span<const OwnRow> own) {
  page::PinnedPage pinned;
  uint32_t rows = 0;
  if (i < pages.size()) {
    LATHE_ASSIGN(pinned, page::PinnedPage::Make(&pages.page(i).cached));
    rows = pages.page(i).entry.row_count;
    replaced_->pages.push_back(pages.page(i).entry.EncodeKey());
  }
  bool cachable;
  LATHE_ASSIGN(Patch patch,
               BuildPatch(*table_, leaf, pinned.data(), 0, rows, BeginOf(leaf, pages, i),
                          EndOf(leaf, pages, i), Timestamp(UINT64_MAX), own, &cachable));
  for (const Patch::Piece& piece : patch.in_order) {
    const char* page = piece.page == Patch::kBasePage
                           ? pinned.data()
                           : patch.overlay_pages[static_cast<size_t>(piece.page)].data();
    LATHE_TRY(writer_->AppendSegment(page, piece.from, piece.to));
  }
  return Ok();
}

Result<PendingLoad> Merger::Finish() {
  LATHE_TRY(MergeLeaf());
  LATHE_ASSIGN(PendingLoad pending, writer_->FinishMerge(replaced_, version_, changes_));
  return pending;
}

// --- ChangedRows

Result<bool> ChangedRows::Find(std::string_view key, uint64_t* page, uint32_t* row) {
  if (leaf_ == nullptr || !leaf_->Covers(key)) {
    pinned_.Reset();
    leaf_ = version_->directory->leaf(version_->directory->Find(key));
    LATHE_ASSIGN(pages_, leaf_->Pages());
  }
  if (!pinned_ || !pages_->Covers(page_index_, key)) {
    pinned_.Reset();
    page_index_ = pages_->Find(key);
    slot_ = 0;
    if (page_index_ == pages_->size()) return false;
    LATHE_ASSIGN(pinned_, page::PinnedPage::Make(&pages_->page(page_index_).cached));
  }
  const PageNode& node = pages_->page(page_index_);
  const keyspace::KeyEncoder& encoder = table_->encoder();
  const uint32_t rows = node.entry.row_count;
  if (slot_ > 0 &&
      encoder.CompareRow(pinned_.data(),
                         row::RowAt(pinned_.data(), encoder.layout().stride(), slot_ - 1),
                         key) >= 0) {
    slot_ = 0;  // not ascending
  }
  bool match = false;
  slot_ = SeekRow(encoder, pinned_.data(), slot_, rows, key, &match);
  *page = node.entry.page.value;
  *row = slot_;
  return match;
}

Status ChangedRows::Add(std::string_view key) {
  uint64_t page;
  uint32_t row;
  LATHE_ASSIGN(bool found, Find(key, &page, &row));
  if (found) {
    std::vector<bool>& bits = bits_[page];
    if (bits.empty()) bits.resize(pages_->page(page_index_).entry.row_count);
    bits[row] = true;
  } else {
    keys_.emplace(key);
  }
  if (key > greatest_) greatest_.assign(key);
  return Ok();
}

Result<bool> ChangedRows::Contains(std::string_view key) {
  if (key > greatest_) return false;
  uint64_t page;
  uint32_t row;
  LATHE_ASSIGN(bool found, Find(key, &page, &row));
  if (!found) return keys_.contains(std::string(key));
  auto bits = bits_.find(page);
  return bits != bits_.end() && bits->second[row];
}

}  // namespace lathe::table
