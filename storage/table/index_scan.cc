#include "storage/table/index_scan.h"

#include <algorithm>
#include <deque>

namespace lathe::table {
namespace {

// A morsel of looked-up rows holds a page in memory for each of them at worst.
constexpr uint32_t kPinsPerMorsel = 64;
constexpr uint64_t kRowsPerMorsel = 2048;
// Ranges that one worker takes at once.
constexpr size_t kRangesPerMorsel = 64;

// Adds single rows to one morsel. Keys that ascend are found faster.
class RowFinder {
 public:
  RowFinder(const LookupSource& source, exec::Morsel* morsel) : source_(source), morsel_(morsel) {}

  /// Adds the row with this key, if the statement sees one.
  Status Add(std::string_view key) {
    if (source_.own != nullptr) {
      const txn::OwnVersion* own =
          txn::StorageWrites::Visible(source_.own->Find(key), source_.statement);
      if (own != nullptr) return AddImage(own->image);
    }
    LATHE_TRY(Find(key));
    if (pages_->state(unit_).changes.load(std::memory_order_acquire) != 0) {
      if (const VersionNode* node = leaf_->Find(key)) {
        if (const Version* version = node->Visible(source_.snapshot)) {
          return AddImage(version->image());
        }
      }
    }
    if (unit_ == pages_->size()) return Ok();
    const PageNode& node = pages_->page(unit_);
    if (node.entry.first_key > key) return Ok();
    LATHE_TRY(PinPage(node));
    const int64_t found = source_.table->encoder().FindRow(page_, key);
    if (found >= 0) AddRows(static_cast<uint32_t>(found), static_cast<uint32_t>(found) + 1);
    return Ok();
  }

  /// Adds the rows of a range when they all lie in one page without changes; false otherwise.
  Result<bool> AddRange(const keyspace::KeyRange& range) {
    if (range.end.empty() || source_.own != nullptr) return false;
    LATHE_TRY(Find(range.begin));
    if (unit_ == pages_->size() ||
        pages_->state(unit_).changes.load(std::memory_order_acquire) != 0) {
      return false;
    }
    const PageNode& node = pages_->page(unit_);
    if (node.entry.last_key < range.end) return false;
    if (node.entry.first_key >= range.end) return true;
    LATHE_TRY(PinPage(node));
    const keyspace::KeyEncoder& encoder = source_.table->encoder();
    const uint32_t from = encoder.LowerBound(page_, range.begin);
    bool match;
    const uint32_t to = SeekRow(encoder, page_, from, node.entry.row_count, range.end, &match);
    if (from < to) AddRows(from, to);
    return true;
  }

  /// The morsel should end here.
  bool full() const { return pins_ >= kPinsPerMorsel || morsel_->row_count >= kRowsPerMorsel; }

 private:
  // The unit that the key belongs to.
  Status Find(std::string_view key) {
    if (leaf_ == nullptr || !leaf_->Covers(key)) {
      const Directory& directory = *source_.version->directory;
      leaf_ = directory.leaf(directory.Find(key)).get();
      LATHE_ASSIGN(pages_, leaf_->Pages());
      page_ = nullptr;
      pages_pinned_ = false;
    }
    if (page_ == nullptr || !pages_->Covers(unit_, key)) {
      unit_ = pages_->Find(key);
      page_ = nullptr;
    }
    return Ok();
  }

  Status PinPage(const PageNode& node) {
    if (page_ != nullptr) return Ok();
    if (!pages_pinned_) morsel_->Pin(pages_);
    pages_pinned_ = true;
    LATHE_ASSIGN(page_, node.cached.PinFor(morsel_));
    ++pins_;
    return Ok();
  }

  void AddRows(uint32_t from, uint32_t to) {
    morsel_->row_count += to - from;
    if (!morsel_->segments.empty()) {
      exec::Segment& last = morsel_->segments.back();
      if (last.page == page_ && last.to == from) {
        last.to = to;
        return;
      }
    }
    morsel_->segments.push_back({page_, from, to});
  }

  Status AddImage(std::string_view image) {
    if (image.empty()) return Ok();
    if (images_ == nullptr) {
      images_ = std::make_shared<std::deque<std::string>>();
      morsel_->Pin(images_);
    }
    images_->push_back(page::OneRowPage(source_.table->layout(), image.data(), image.data()));
    morsel_->segments.push_back({images_->back().data(), 0, 1});
    ++morsel_->row_count;
    return Ok();
  }

  const LookupSource& source_;
  exec::Morsel* const morsel_;
  const Leaf* leaf_ = nullptr;
  LeafPagesPtr pages_;  // of leaf_
  bool pages_pinned_ = false;
  size_t unit_ = 0;             // of pages_
  const char* page_ = nullptr;  // of unit_; null = not read
  uint32_t pins_ = 0;
  std::shared_ptr<std::deque<std::string>> images_;
};

Status CheckCancel(const exec::CancelFlag* cancel) {
  return cancel != nullptr && cancel->cancelled() ? Status(txn::CancelledError(*cancel)) : Ok();
}

void Append(std::shared_ptr<exec::Morsel> from, exec::Morsel* to) {
  to->segments.insert(to->segments.end(), from->segments.begin(), from->segments.end());
  to->row_count += from->row_count;
  to->Pin(std::move(from));
}

class RangesScan final : public exec::RowSource {
 public:
  RangesScan(ScanSource source, LookupSource lookups, std::vector<ScanRange> ranges,
             const exec::ScanRequest& request)
      : source_(std::move(source)), lookups_(std::move(lookups)), ranges_(std::move(ranges)) {
    request_.skip = request.skip;
    request_.key_order = request.key_order;
    request_.reverse = request.reverse;
    if (request_.reverse) std::reverse(ranges_.begin(), ranges_.end());
  }

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    for (;;) {
      LATHE_TRY(CheckCancel(source_.cancel));
      Part part;
      {
        std::lock_guard lock(mutex_);
        if (!parts_.empty()) {
          part = std::move(parts_.back());
          parts_.pop_back();
        } else if (next_ < ranges_.size()) {
          part.next = next_;
          part.end = next_ = std::min(next_ + kRangesPerMorsel, ranges_.size());
        } else {
          return false;
        }
      }
      LATHE_TRY(Fill(&part, morsel));
      if (!part.done()) {
        std::lock_guard lock(mutex_);
        parts_.push_back(std::move(part));
      }
      if (!morsel->segments.empty()) return true;
      morsel->Clear();
    }
  }

  double RowsLeft() override {
    std::lock_guard lock(mutex_);
    double rows = static_cast<double>(ranges_.size() - next_);
    for (const Part& part : parts_) {
      rows += static_cast<double>(part.end - part.next);
      if (part.scan != nullptr) rows += part.scan->RowsLeft();
    }
    return rows;
  }

 private:
  // Ranges [next, end), and the rest of the one before.
  struct Part {
    std::unique_ptr<exec::RowSource> scan;
    size_t next = 0, end = 0;
    bool done() const { return scan == nullptr && next == end; }
  };

  Status Fill(Part* part, exec::Morsel* morsel) {
    RowFinder finder(lookups_, morsel);
    while (!part->done() && !finder.full()) {
      if (part->scan == nullptr) {
        const ScanRange& range = ranges_[part->next++];
        if (range.point) {
          LATHE_TRY(finder.Add(range.keys.begin));
          continue;
        }
        if (!request_.reverse) {
          LATHE_ASSIGN(bool added, finder.AddRange(range.keys));
          if (added) continue;
        }
        part->scan = Open(range);
      }
      auto some = std::make_shared<exec::Morsel>();
      LATHE_ASSIGN(bool more, part->scan->Next(some.get()));
      if (more) {
        Append(std::move(some), morsel);
      } else {
        part->scan = nullptr;
      }
    }
    return Ok();
  }

  std::unique_ptr<exec::RowSource> Open(const ScanRange& range) const {
    ScanSource source;
    source.table = source_.table;
    source.version = source_.version;
    source.snapshot = source_.snapshot;
    source.cancel = source_.cancel;
    auto own =
        std::lower_bound(source_.own.begin(), source_.own.end(), range.keys.begin,
                         [](const OwnRow& row, const std::string& key) { return row.key < key; });
    for (; own != source_.own.end(); ++own) {
      if (!range.keys.end.empty() && own->key >= range.keys.end) break;
      source.own.push_back(*own);
    }
    if (!source.own.empty()) source.own_bytes = source_.own_bytes;
    return OpenScan(std::move(source), range, request_);
  }

  const ScanSource source_;
  const LookupSource lookups_;
  std::vector<ScanRange> ranges_;
  exec::ScanRequest request_;
  std::mutex mutex_;  // guards the next two
  size_t next_ = 0;
  std::vector<Part> parts_;
};

class LookupScan final : public exec::RowSource {
 public:
  LookupScan(std::unique_ptr<exec::RowSource> entries, LookupSource source,
             keyspace::KeyEncoder keys)
      : entries_(std::move(entries)), source_(std::move(source)), keys_(std::move(keys)) {}

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    for (;;) {
      Part part;
      {
        std::lock_guard lock(mutex_);
        if (!parts_.empty()) {
          part = std::move(parts_.back());
          parts_.pop_back();
          rows_left_ -= part.rows;
        }
      }
      if (part.morsel == nullptr) {
        part.morsel = std::make_unique<exec::Morsel>();
        LATHE_ASSIGN(bool more, entries_->Next(part.morsel.get()));
        if (!more) return false;
        part.rows = part.morsel->row_count;
      }
      LATHE_TRY(Fill(&part, morsel));
      if (part.segment < part.morsel->segments.size()) {
        std::lock_guard lock(mutex_);
        rows_left_ += part.rows;
        parts_.push_back(std::move(part));
      }
      if (!morsel->segments.empty()) return true;
      morsel->Clear();
    }
  }

  double RowsLeft() override {
    std::lock_guard lock(mutex_);
    return entries_->RowsLeft() + static_cast<double>(rows_left_);
  }

 private:
  // Entries from row `row` of a segment on.
  struct Part {
    std::unique_ptr<exec::Morsel> morsel;
    size_t segment = 0;
    uint32_t row = 0;  // 0 = the segment's first
    uint64_t rows = 0;
  };

  Status Fill(Part* part, exec::Morsel* morsel) {
    RowFinder finder(source_, morsel);
    const uint32_t stride = keys_.layout().stride();
    std::string key;
    for (; part->segment < part->morsel->segments.size(); ++part->segment, part->row = 0) {
      const exec::Segment& segment = part->morsel->segments[part->segment];
      for (uint32_t i = std::max(segment.from, part->row); i < segment.to; ++i) {
        if (finder.full()) {
          part->row = i;
          return Ok();
        }
        key.clear();
        keys_.EncodeRow(segment.page, row::RowAt(segment.page, stride, i), &key);
        if (source_.reads != nullptr) source_.reads->AddKey(source_.table->storage(), key);
        LATHE_TRY(finder.Add(key));
        --part->rows;
      }
    }
    return Ok();
  }

  const std::unique_ptr<exec::RowSource> entries_;
  const LookupSource source_;
  const keyspace::KeyEncoder keys_;  // of the table, made from entries
  std::mutex mutex_;                 // guards the next two
  std::vector<Part> parts_;
  uint64_t rows_left_ = 0;
};

// Unit by unit (a page with its changes, or what lies behind the pages of a leaf) from the last one
// down, each read forwards and handed out backwards.
class ReverseScan final : public exec::RowSource {
 public:
  ReverseScan(ScanSource source, ScanRange range)
      : source_(std::move(source)), range_(std::move(range)) {
    const Directory& directory = *source_.version->directory;
    done_ = range_.keys.empty();
    if (done_) return;
    first_leaf_ = directory.Find(range_.keys.begin);
    leaf_ = range_.keys.end.empty() ? directory.size() - 1 : directory.Find(range_.keys.end);
    rows_left_ = static_cast<double>(directory.rows_between(first_leaf_, leaf_ + 1));
  }

  Result<bool> Next(exec::Morsel* morsel) override {
    morsel->Clear();
    while (!done_) {
      LATHE_TRY(CheckCancel(source_.cancel));
      LATHE_ASSIGN(ScanRange unit, TakeUnit());
      if (unit.keys.empty()) continue;
      LATHE_TRY(AddUnit(std::move(unit), morsel));
      rows_left_ = std::max(0.0, rows_left_ - static_cast<double>(morsel->row_count));
      if (!morsel->segments.empty()) return true;
    }
    return false;
  }

  double RowsLeft() override { return done_ ? 0 : rows_left_; }

 private:
  static std::string Behind(std::string_view key) { return std::string(key) + '\0'; }

  // The keys of the next unit that lie in the range.
  Result<ScanRange> TakeUnit() {
    const Leaf& leaf = *source_.version->directory->leaf(leaf_);
    if (pages_ == nullptr) {
      LATHE_ASSIGN(pages_, leaf.Pages());
      unit_ = pages_->size();
    }
    ScanRange unit;
    if (unit_ > 0) {
      unit.keys.begin = Behind(pages_->page(unit_ - 1).entry.last_key);
    } else if (!leaf.lower().empty()) {
      unit.keys.begin = Behind(leaf.lower());
    }
    if (unit_ < pages_->size()) {
      unit.keys.end = Behind(pages_->page(unit_).entry.last_key);
    } else if (!leaf.upper().empty()) {
      unit.keys.end = Behind(leaf.upper());
    }
    // Below this unit there is nothing of the range.
    done_ = unit.keys.begin <= range_.keys.begin || (unit_ == 0 && leaf_ == first_leaf_);
    unit.keys.begin = std::max(unit.keys.begin, range_.keys.begin);
    if (!range_.keys.end.empty() && (unit.keys.end.empty() || range_.keys.end < unit.keys.end)) {
      unit.keys.end = range_.keys.end;
    }
    if (unit_ > 0) {
      --unit_;
    } else {
      pages_ = nullptr;
      --leaf_;
    }
    return unit;
  }

  Status AddUnit(ScanRange unit, exec::Morsel* morsel) {
    ScanSource source;
    source.table = source_.table;
    source.version = source_.version;
    source.snapshot = source_.snapshot;
    source.own_bytes = source_.own_bytes;
    source.cancel = source_.cancel;
    for (const OwnRow& row : source_.own) {
      if (row.key >= unit.keys.begin && (unit.keys.end.empty() || row.key < unit.keys.end)) {
        source.own.push_back(row);
      }
    }
    exec::ScanRequest forwards;
    forwards.key_order = true;
    std::unique_ptr<exec::RowSource> scan = OpenScan(std::move(source), std::move(unit), forwards);
    std::vector<exec::Segment> all;
    for (;;) {
      auto some = std::make_shared<exec::Morsel>();
      LATHE_ASSIGN(bool more, scan->Next(some.get()));
      if (!more) break;
      Append(std::move(some), morsel);
    }
    std::vector<exec::Segment> rows;
    rows.reserve(morsel->row_count);
    for (auto segment = morsel->segments.rbegin(); segment != morsel->segments.rend(); ++segment) {
      for (uint32_t i = segment->to; i > segment->from; --i) {
        rows.push_back({segment->page, i - 1, i});
      }
    }
    morsel->segments = std::move(rows);
    return Ok();
  }

  const ScanSource source_;
  const ScanRange range_;
  size_t first_leaf_ = 0, leaf_ = 0;
  LeafPagesPtr pages_;  // of leaf_; null = not begun
  size_t unit_ = 0;
  bool done_ = false;
  double rows_left_ = 0;
};

}  // namespace

Result<std::vector<ScanRange>> MakePointRanges(
    const keyspace::KeyEncoder& encoder, const std::vector<std::vector<types::Value>>& points) {
  std::vector<ScanRange> ranges;
  ranges.reserve(points.size());
  for (const std::vector<types::Value>& values : points) {
    ScanRange range;
    LATHE_TRY(encoder.EncodePrefix(values, &range.keys.begin));
    range.point = values.size() == encoder.part_count();
    range.keys.end =
        range.point ? range.keys.begin + '\0' : keyspace::PrefixSuccessor(range.keys.begin);
    ranges.push_back(std::move(range));
  }
  auto begin = [](const ScanRange& range) -> const std::string& { return range.keys.begin; };
  std::sort(ranges.begin(), ranges.end(),
            [&](const ScanRange& a, const ScanRange& b) { return begin(a) < begin(b); });
  ranges.erase(
      std::unique(ranges.begin(), ranges.end(),
                  [&](const ScanRange& a, const ScanRange& b) { return begin(a) == begin(b); }),
      ranges.end());
  return ranges;
}

std::unique_ptr<exec::RowSource> OpenRanges(ScanSource source, LookupSource lookups,
                                            std::vector<ScanRange> ranges,
                                            const exec::ScanRequest& request) {
  return std::make_unique<RangesScan>(std::move(source), std::move(lookups), std::move(ranges),
                                      request);
}

Result<keyspace::KeyEncoder> RowKeyOfEntry(const schema::RelationDescriptor& table,
                                           const schema::RelationDescriptor& index,
                                           const row::Layout& entries) {
  std::vector<keyspace::KeyPart> parts;
  std::vector<schema::KeyColumn> key = table.key;
  if (table.has_row_id()) key = {{schema::kRowIdSource}};
  for (const schema::KeyColumn& part : key) {
    const int column = index.ColumnOfSource(part.column);
    if (column < 0) return MakeError(SqlState::kInternalError, "index has no key of its table");
    parts.push_back({static_cast<uint32_t>(column), part.descending, part.nulls_first});
  }
  return keyspace::KeyEncoder::Make(entries, parts);
}

std::unique_ptr<exec::RowSource> OpenLookups(std::unique_ptr<exec::RowSource> entries,
                                             LookupSource source, keyspace::KeyEncoder keys) {
  return std::make_unique<LookupScan>(std::move(entries), std::move(source), std::move(keys));
}

std::unique_ptr<exec::RowSource> OpenReverse(ScanSource source, ScanRange range) {
  return std::make_unique<ReverseScan>(std::move(source), std::move(range));
}

}  // namespace lathe::table
