#include "storage/table/scan.h"

#include <algorithm>

#include "storage/table/index_scan.h"

namespace lathe::table {
namespace {

// Pages of one morsel: in large scans enough to make the cursor cheap and to prefetch from page to
// page, few enough to share and to cancel quickly; in small ones so many that several workers get
// some.
constexpr size_t kPagesPerMorselMax = 32;
constexpr size_t kMorselsPerScan = 32;
// Newer rows are few: their pages are smaller than those of tables.
constexpr uint32_t kOverlayPageBytes = 64 * 1024 - 512;
// Rows of a tail or a gap that one patch may hold and keep; longer tails are handed out in such
// chunks.
constexpr uint32_t kPatchRowsMax = 8192;

// The string that sorts right behind a key and before all greater keys (keys are prefix-free).
std::string Behind(std::string_view key) {
  std::string result(key);
  result.push_back('\0');
  return result;
}

// Collects the pages that hold the newer rows of a patch.
class OverlayPages final : public page::PageSink {
 public:
  explicit OverlayPages(Patch* patch) : patch_(patch) {}
  Status OnPage(const page::BuiltPage& built) override {
    patch_->overlay_pages.emplace_back(built.view());
    return Ok();
  }

 private:
  Patch* patch_;
};

class PatchWriter {
 public:
  PatchWriter(const Table& table, Patch* patch)
      : patch_(patch),
        pages_(patch),
        builder_(&table.layout(), table.schema_version(), kOverlayPageBytes, &pages_) {}

  void Base(uint32_t from, uint32_t to) {
    if (from >= to) return;
    patch_->in_order.push_back({Patch::kBasePage, from, to});
    patch_->row_count += to - from;
  }
  Status Row(std::string_view image) {
    LATHE_TRY(builder_.AppendRow(image.data(), image.data()));
    // A row too large for a page has been handed out at once.
    const bool alone = builder_.pending_rows() == 0;
    const auto page = static_cast<int32_t>(patch_->overlay_pages.size()) - (alone ? 1 : 0);
    const uint32_t row = alone ? 0 : builder_.pending_rows() - 1;
    ++patch_->row_count;
    ++patch_->overlay_rows;
    if (!patch_->in_order.empty()) {
      Patch::Piece& last = patch_->in_order.back();
      if (last.page == page && last.to == row) {
        ++last.to;
        return Ok();
      }
    }
    patch_->in_order.push_back({page, row, row + 1});
    return Ok();
  }
  Status Finish() {
    LATHE_TRY(builder_.Finish());
    for (const Patch::Piece& piece : patch_->in_order) {
      if (piece.page == Patch::kBasePage) patch_->grouped.push_back(piece);
    }
    for (size_t i = 0; i < patch_->overlay_pages.size(); ++i) {
      patch_->grouped.push_back(
          {static_cast<int32_t>(i), 0, row::HeaderOf(patch_->overlay_pages[i].data()).row_count});
    }
    return Ok();
  }

 private:
  Patch* patch_;
  OverlayPages pages_;
  page::PageBuilder builder_;
};

class TableScan final : public exec::RowSource {
 public:
  TableScan(ScanSource source, ScanRange range, const exec::ScanRequest& request)
      : source_(std::move(source)),
        range_(std::move(range)),
        filter_(source_.table->layout(), request.skip),
        key_order_(request.key_order) {
    const Directory& directory = *source_.version->directory;
    if (range_.keys.empty()) {
      tail_done_.store(true, std::memory_order_relaxed);
      return;
    }
    first_leaf_ = next_leaf_ = directory.Find(range_.keys.begin);
    end_leaf_ = range_.keys.end.empty() ? directory.size() : directory.Find(range_.keys.end) + 1;
    pages_per_morsel_ = std::clamp<size_t>(
        directory.pages_between(first_leaf_, end_leaf_) / kMorselsPerScan, 1, kPagesPerMorselMax);
    EstimateRows();
  }

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    if (source_.cancel != nullptr && source_.cancel->cancelled()) {
      return txn::CancelledError(*source_.cancel);
    }
    for (;;) {
      Work work;
      LATHE_ASSIGN(bool more, Take(&work));
      if (!more) return NextOfTail(morsel);
      for (size_t i = work.from; i < work.to; ++i) LATHE_TRY(AddUnit(work, i, morsel));
      PrefetchBehind(work);
      if (morsel->segments.empty()) {  // skipped or all deleted
        morsel->Clear();
        continue;
      }
      morsel->Pin(std::move(work.pages));
      return true;
    }
  }

  double RowsLeft() override {
    auto rows =
        static_cast<double>(std::max<int64_t>(rows_left_.load(std::memory_order_relaxed), 0));
    std::lock_guard lock(tail_mutex_);
    if (tail_pages_ != nullptr && !tail_done_.load(std::memory_order_relaxed)) {
      rows += tail_pages_->state(tail_pages_->size()).changes.load(std::memory_order_relaxed);
    }
    return rows;
  }

 private:
  // Units [from, to) of a leaf: pages, and its tail, whose index is pages->size().
  struct Work {
    size_t leaf_index = 0;
    const Leaf* leaf = nullptr;
    LeafPagesPtr pages;
    size_t from = 0, to = 0;
  };

  // The units of a leaf that the scan reads. The tail of the whole table is not among them.
  void UnitsOf(size_t leaf, const LeafPages& pages, size_t* from, size_t* to) const {
    *from = leaf == first_leaf_ ? pages.Find(range_.keys.begin) : 0;
    *to = pages.size() + 1;
    if (leaf + 1 == end_leaf_) {
      if (!range_.keys.end.empty()) *to = pages.Find(range_.keys.end) + 1;
      if (leaf + 1 == source_.version->directory->size()) *to = std::min(*to, pages.size());
    }
    *to = std::max(*to, *from);
  }

  // Exact where it can be told without reading much; leaves that cannot be read are met later.
  void EstimateRows() {
    const Directory& directory = *source_.version->directory;
    int64_t rows = 0;
    if (end_leaf_ - first_leaf_ > 2) {
      rows = static_cast<int64_t>(directory.rows_between(first_leaf_ + 1, end_leaf_ - 1));
    }
    for (size_t leaf : {first_leaf_, end_leaf_ - 1}) {
      Result<LeafPagesPtr> pages = directory.leaf(leaf)->Pages();
      if (!pages.ok()) continue;
      size_t from, to;
      UnitsOf(leaf, *pages.value(), &from, &to);
      rows += static_cast<int64_t>(pages.value()->rows_between(
          std::min(from, pages.value()->size()), std::min(to, pages.value()->size())));
      if (leaf + 1 == directory.size()) {
        const LeafPages& last = *pages.value();
        const bool in_tail = range_.keys.end.empty() || last.Find(range_.keys.end) == last.size();
        if (in_tail) tail_pages_ = pages.value();
        if (!in_tail) tail_done_.store(true, std::memory_order_relaxed);
      } else if (leaf + 1 == end_leaf_) {
        tail_done_.store(true, std::memory_order_relaxed);
      }
      if (first_leaf_ + 1 == end_leaf_) break;
    }
    rows_left_.store(rows, std::memory_order_relaxed);
  }

  // Asks for what AddUnit will read of the units behind these: pins are locked operations, so
  // their misses would not overlap.
  static void PrefetchBehind(const Work& work) {
    const size_t end = std::min(work.to + (work.to - work.from), work.pages->size());
    for (size_t i = work.to; i < end; ++i) {
      const PageNode& node = work.pages->page(i);
      __builtin_prefetch(&work.pages->state(i));
      __builtin_prefetch(&node.entry.row_count);
      __builtin_prefetch(&node.cached, 1);
    }
  }

  // The next units for one worker; false when all pages are given out.
  Result<bool> Take(Work* work) {
    if (pages_done_.load(std::memory_order_acquire)) return false;
    std::lock_guard lock(cursor_mutex_);
    while (unit_ == unit_end_) {
      if (next_leaf_ == end_leaf_) {
        pages_.reset();
        pages_done_.store(true, std::memory_order_release);
        return false;
      }
      leaf_ = next_leaf_;
      LATHE_ASSIGN(pages_, source_.version->directory->leaf(leaf_)->Pages());
      UnitsOf(leaf_, *pages_, &unit_, &unit_end_);
      ++next_leaf_;
    }
    work->leaf_index = leaf_;
    work->leaf = source_.version->directory->leaf(leaf_).get();
    work->pages = pages_;
    work->from = unit_;
    work->to = unit_ = std::min(unit_ + pages_per_morsel_, unit_end_);
    rows_left_.fetch_sub(
        static_cast<int64_t>(pages_->rows_between(std::min(work->from, pages_->size()),
                                                  std::min(work->to, pages_->size()))),
        std::memory_order_relaxed);
    return true;
  }

  std::span<const OwnRow> OwnBetween(std::string_view begin, std::string_view end) const {
    if (source_.own.empty()) return {};
    auto less = [](const OwnRow& row, std::string_view key) { return row.key < key; };
    auto from = std::lower_bound(source_.own.begin(), source_.own.end(), begin, less);
    auto to =
        end.empty() ? source_.own.end() : std::lower_bound(from, source_.own.end(), end, less);
    return {from, to};
  }

  // The first key that belongs to a unit, and the first behind it (empty: none).
  static std::string BeginOf(const Work& work, size_t i) {
    if (i > 0) return Behind(work.pages->page(i - 1).entry.last_key);
    return work.leaf->lower().empty() ? std::string() : Behind(work.leaf->lower());
  }
  static std::string EndOf(const Work& work, size_t i) {
    if (i < work.pages->size()) return Behind(work.pages->page(i).entry.last_key);
    return work.leaf->upper().empty() ? std::string() : Behind(work.leaf->upper());
  }

  bool HasOwn(const Work& work, size_t i) const {
    return !source_.own.empty() && !OwnBetween(BeginOf(work, i), EndOf(work, i)).empty();
  }

  void AddPatch(const Patch& patch, const char* page, exec::Morsel* morsel) {
    for (const Patch::Piece& piece : key_order_ ? patch.in_order : patch.grouped) {
      const char* base = piece.page == Patch::kBasePage
                             ? page
                             : patch.overlay_pages[static_cast<size_t>(piece.page)].data();
      morsel->segments.push_back({base, piece.from, piece.to});
    }
    morsel->row_count += patch.row_count;
  }

  Status AddUnit(const Work& work, size_t i, exec::Morsel* morsel) {
    PageState& state = work.pages->state(i);
    const uint32_t changes = state.changes.load(std::memory_order_acquire);
    if (i == work.pages->size()) {
      if (changes == 0 && !HasOwn(work, i)) return Ok();
      return AddChanged(work, i, nullptr, changes, false, false, morsel);
    }
    const PageNode& node = work.pages->page(i);
    const bool cut_low = work.leaf_index == first_leaf_ && range_.keys.begin > node.entry.first_key;
    const bool cut_high = work.leaf_index + 1 == end_leaf_ && !range_.keys.end.empty() &&
                          range_.keys.end <= node.entry.last_key;
    if (changes == 0 && !HasOwn(work, i)) {
      if (!filter_.empty() && !filter_.MayMatch(node.entry.summary)) return Ok();
      LATHE_ASSIGN(const char* page, node.cached.PinFor(morsel));
      uint32_t from = 0, to = node.entry.row_count;
      const keyspace::KeyEncoder& encoder = source_.table->encoder();
      if (cut_low) from = encoder.LowerBound(page, range_.keys.begin);
      if (cut_high) to = encoder.LowerBound(page, from, to, range_.keys.end);
      if (from < to) {
        morsel->segments.push_back({page, from, to});
        morsel->row_count += to - from;
      }
      return Ok();
    }
    LATHE_ASSIGN(const char* page, node.cached.PinFor(morsel));
    return AddChanged(work, i, page, changes, cut_low, cut_high, morsel);
  }

  // A page, or the tail of a leaf (null page), with changes or own rows.
  Status AddChanged(const Work& work, size_t i, const char* page, uint32_t changes, bool cut_low,
                    bool cut_high, exec::Morsel* morsel) {
    PageState& state = work.pages->state(i);
    // The keys that belong to it.
    std::string begin = BeginOf(work, i), end = EndOf(work, i);
    const bool whole_begin = begin >= range_.keys.begin;
    if (!whole_begin) begin = range_.keys.begin;
    const bool whole_end = range_.keys.end.empty() || (!end.empty() && end <= range_.keys.end);
    if (!whole_end) end = range_.keys.end;
    if (!end.empty() && begin >= end) return Ok();
    std::span<const OwnRow> own = OwnBetween(begin, end);
    const bool shared = own.empty() && whole_begin && whole_end && !cut_low && !cut_high;
    if (shared) {
      if (PatchPtr patch = Cached(&state, changes)) {
        UsePatch(patch, page, morsel);
        return Ok();
      }
    }
    uint32_t from = 0, to = page == nullptr ? 0 : work.pages->page(i).entry.row_count;
    const keyspace::KeyEncoder& encoder = source_.table->encoder();
    if (cut_low) from = encoder.LowerBound(page, range_.keys.begin);
    if (cut_high) to = encoder.LowerBound(page, from, to, range_.keys.end);
    return MergeAndAdd(*work.leaf, &state, changes, page, from, to, begin, end, own, shared,
                       morsel);
  }

  PatchPtr Cached(PageState* state, uint32_t changes) const {
    std::lock_guard lock(state->mutex);
    if (state->patch != nullptr && state->patch->changes == changes &&
        state->patch->newest <= source_.snapshot) {
      return state->patch;
    }
    return nullptr;
  }

  void UsePatch(const PatchPtr& patch, const char* page, exec::Morsel* morsel) {
    AddPatch(*patch, page, morsel);
    morsel->Pin(patch);
    source_.table->NoteScan(patch->in_order.size());  // what pieces cost, kept or not
  }

  Status MergeAndAdd(const Leaf& leaf, PageState* state, uint32_t changes, const char* page,
                     uint32_t from, uint32_t to, std::string_view begin, std::string_view end,
                     std::span<const OwnRow> own, bool shared, exec::Morsel* morsel) {
    bool cachable = false;
    LATHE_ASSIGN(Patch built, BuildPatch(*source_.table, leaf, page, from, to, begin, end,
                                         source_.snapshot, own, &cachable));
    built.changes = changes;
    source_.table->NoteScan(built.overlay_rows);  // and what making them cost
    auto patch = std::make_shared<const Patch>(std::move(built));
    if (shared && cachable) {
      std::lock_guard lock(state->mutex);
      state->patch = patch;
    }
    UsePatch(patch, page, morsel);
    return Ok();
  }

  // Rows behind the last page of all, in chunks that workers take in turn.
  Result<bool> NextOfTail(exec::Morsel* morsel) {
    if (tail_done_.load(std::memory_order_acquire)) return false;
    const LeafPtr& leaf = source_.version->directory->leaves().back();
    std::unique_lock lock(tail_mutex_);
    if (tail_pages_ == nullptr) {
      LATHE_ASSIGN(tail_pages_, leaf->Pages());
    }
    const LeafPagesPtr pages = tail_pages_;
    const size_t n = pages->size();
    PageState& state = pages->state(n);
    while (!tail_done_.load(std::memory_order_relaxed)) {
      std::string begin;
      if (tail_started_) {
        begin = tail_next_;
      } else {
        if (n > 0) {
          begin = Behind(pages->page(n - 1).entry.last_key);
        } else if (!leaf->lower().empty()) {
          begin = Behind(leaf->lower());
        }
        whole_tail_ = begin >= range_.keys.begin && range_.keys.end.empty();
        if (begin < range_.keys.begin) begin = range_.keys.begin;
      }
      const bool first = !tail_started_;
      tail_started_ = true;
      const uint32_t changes = state.changes.load(std::memory_order_acquire);
      std::string end = ChunkEnd(*leaf, begin);
      if (end.empty() || (!range_.keys.end.empty() && end >= range_.keys.end)) {
        end = range_.keys.end;
        tail_done_.store(true, std::memory_order_release);
      }
      tail_next_ = end;
      lock.unlock();
      std::span<const OwnRow> own = OwnBetween(begin, end);
      const bool shared = first && whole_tail_ && end.empty() && own.empty();
      PatchPtr cached = shared ? Cached(&state, changes) : nullptr;
      if (cached != nullptr) {
        UsePatch(cached, nullptr, morsel);
      } else {
        LATHE_TRY(
            MergeAndAdd(*leaf, &state, changes, nullptr, 0, 0, begin, end, own, shared, morsel));
      }
      if (!morsel->segments.empty()) return true;
      morsel->Clear();
      lock.lock();
    }
    return false;
  }

  // The first key behind a chunk of versions and own rows that starts at begin; empty = nothing is
  // left behind it.
  std::string ChunkEnd(const Leaf& leaf, std::string_view begin) const {
    const VersionNode* node = leaf.Seek(begin);
    uint32_t rows = 0;
    for (; node != nullptr && rows < kPatchRowsMax; node = node->Next()) ++rows;
    std::string_view end = node == nullptr ? std::string_view() : node->key();
    std::span<const OwnRow> own = OwnBetween(begin, end);
    if (own.size() > kPatchRowsMax) end = own[kPatchRowsMax].key;
    return std::string(end);
  }

  ScanSource source_;
  const ScanRange range_;
  const page::SkipFilter filter_;
  const bool key_order_;
  size_t first_leaf_ = 0, end_leaf_ = 0;
  size_t pages_per_morsel_ = 1;
  std::atomic<int64_t> rows_left_{0};  // in pages
  std::mutex cursor_mutex_;            // guards the next four
  size_t next_leaf_ = 0, leaf_ = 0;
  LeafPagesPtr pages_;  // of leaf_
  size_t unit_ = 0, unit_end_ = 0;
  std::atomic<bool> pages_done_{false};
  std::mutex tail_mutex_;  // guards the next four
  LeafPagesPtr tail_pages_;
  bool tail_started_ = false;
  bool whole_tail_ = false;
  std::string tail_next_;
  std::atomic<bool> tail_done_{false};
};

// One row by its whole key. Next may be called by several workers: the first gets the row.
class PointScan final : public exec::RowSource {
 public:
  PointScan(ScanSource source, std::string key)
      : source_(std::move(source)), key_(std::move(key)) {}

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    if (done_.exchange(true, std::memory_order_relaxed)) return false;
    if (!source_.own.empty()) return FromImage(source_.own.front().image, morsel);
    const Directory& directory = *source_.version->directory;
    const Leaf& leaf = *directory.leaf(directory.Find(key_));
    LATHE_ASSIGN(LeafPagesPtr pages, leaf.Pages());
    const size_t i = pages->Find(key_);
    if (pages->state(i).changes.load(std::memory_order_acquire) != 0) {
      if (const VersionNode* node = leaf.Find(key_)) {
        if (const Version* v = node->Visible(source_.snapshot))
          return FromImage(v->image(), morsel);
      }
    }
    if (i == pages->size()) return false;
    const PageNode& node = pages->page(i);
    if (node.entry.first_key > key_) return false;
    LATHE_ASSIGN(const char* page, node.cached.PinFor(morsel));
    const int64_t row = source_.table->encoder().FindRow(page, key_);
    if (row < 0) {
      morsel->Clear();
      return false;
    }
    morsel->segments.push_back({page, static_cast<uint32_t>(row), static_cast<uint32_t>(row) + 1});
    morsel->row_count = 1;
    morsel->Pin(std::move(pages));
    return true;
  }

  double RowsLeft() override { return done_.load(std::memory_order_relaxed) ? 0 : 1; }

 private:
  Result<bool> FromImage(std::string_view image, exec::Morsel* morsel) {
    if (image.empty()) return false;
    auto page = std::make_shared<const std::string>(
        page::OneRowPage(source_.table->layout(), image.data(), image.data()));
    morsel->segments.push_back({page->data(), 0, 1});
    morsel->row_count = 1;
    morsel->Pin(std::move(page));
    return true;
  }

  ScanSource source_;
  const std::string key_;
  std::atomic<bool> done_{false};
};

}  // namespace

uint32_t SeekRow(const keyspace::KeyEncoder& encoder, const char* page, uint32_t from, uint32_t to,
                 std::string_view key, bool* match) {
  const uint32_t stride = encoder.layout().stride();
  *match = false;
  uint32_t low = from;  // rows in [from, low) are below the key
  for (uint32_t step = 1; low < to; step *= 2) {
    const uint32_t probe = std::min(low + step - 1, to - 1);
    const int order = encoder.CompareRow(page, row::RowAt(page, stride, probe), key);
    if (order < 0) {
      low = probe + 1;
      continue;
    }
    const uint32_t row = probe == low ? probe : encoder.LowerBound(page, low, probe, key);
    *match = row == probe ? order == 0
                          : encoder.CompareRow(page, row::RowAt(page, stride, row), key) == 0;
    return row;
  }
  return to;
}

Result<Patch> BuildPatch(const Table& table, const Leaf& leaf, const char* page, uint32_t from,
                         uint32_t to, std::string_view begin, std::string_view end,
                         Timestamp snapshot, std::span<const OwnRow> own, bool* cachable) {
  Patch patch;
  PatchWriter writer(table, &patch);
  const keyspace::KeyEncoder& encoder = table.encoder();
  *cachable = own.empty();
  const VersionNode* node = leaf.Seek(begin);
  size_t next_own = 0;
  uint32_t slot = from, base_from = from;
  for (;;) {
    if (node != nullptr && !end.empty() && node->key() >= end) node = nullptr;
    const bool has_own = next_own < own.size();
    if (node == nullptr && !has_own) break;
    std::string_view key, image;
    bool seen;  // the statement sees this version or deletion
    if (has_own && (node == nullptr || own[next_own].key <= node->key())) {
      key = own[next_own].key;
      image = own[next_own].image;
      seen = true;
      if (node != nullptr && node->key() == key) node = node->Next();
      ++next_own;
    } else {
      key = node->key();
      const Version* newest = node->newest.load(std::memory_order_acquire);
      if (newest != nullptr) {
        if (newest->ts > snapshot) *cachable = false;
        patch.newest = std::max(patch.newest, newest->ts);
      }
      const Version* visible = node->Visible(snapshot);
      seen = visible != nullptr;
      if (seen) image = visible->image();
      node = node->Next();
    }
    if (!seen) continue;
    bool match = false;
    if (page != nullptr) slot = SeekRow(encoder, page, slot, to, key, &match);
    if (!match && image.empty()) continue;  // a deletion of what is not there
    writer.Base(base_from, slot);
    if (!image.empty()) LATHE_TRY(writer.Row(image));
    if (match) ++slot;
    base_from = slot;
  }
  writer.Base(base_from, to);
  LATHE_TRY(writer.Finish());
  return patch;
}

Result<ScanRange> MakeScanRange(const keyspace::KeyEncoder& encoder,
                                const exec::ScanRequest& request) {
  ScanRange range;
  const size_t parts = encoder.part_count();
  if (request.lower.inclusive && request.upper.inclusive && request.lower.values.size() == parts &&
      request.upper.values.size() == parts) {
    std::string lower, upper;
    LATHE_TRY(encoder.EncodePrefix(request.lower.values, &lower));
    LATHE_TRY(encoder.EncodePrefix(request.upper.values, &upper));
    if (lower == upper) {
      range.point = true;
      range.keys.begin = std::move(lower);
      range.keys.end = Behind(range.keys.begin);
      return range;
    }
  }
  LATHE_ASSIGN(range.keys, encoder.EncodeBounds(request.lower, request.upper));
  return range;
}

std::unique_ptr<exec::RowSource> OpenScan(ScanSource source, ScanRange range,
                                          const exec::ScanRequest& request) {
  if (range.point) {
    return std::make_unique<PointScan>(std::move(source), std::move(range.keys.begin));
  }
  if (request.reverse) return OpenReverse(std::move(source), std::move(range));
  return std::make_unique<TableScan>(std::move(source), std::move(range), request);
}

}  // namespace lathe::table
