#include "runtime/state/sort.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "runtime/state/stable_sort.h"

namespace lathe::state {
namespace {

constexpr size_t kRunRows = 64 * 1024;
constexpr int64_t kPruneRowsMin = 4096;
constexpr int64_t kTopRowsMax = 1 << 20;  // beyond that the rows are simply sorted

/// Writes key bytes big-endian into a 16-byte prefix until it is full.
class PrefixWriter {
 public:
  void Add(uint64_t value, int bytes, bool flip) {
    for (int i = bytes - 1; i >= 0 && size_ < 16; --i) {
      auto byte = static_cast<uint8_t>(value >> (8 * i));
      bytes_[size_++] = flip ? static_cast<uint8_t>(~byte) : byte;
    }
  }
  void AddBytes(std::string_view text, bool flip) {
    // Shorter strings come first: the rest is filled with zeros. A zero byte cannot occur in text.
    size_t i = 0;
    for (; size_ < 16; ++i) {
      uint8_t byte = i < text.size() ? static_cast<uint8_t>(text[i]) : 0;
      bytes_[size_++] = flip ? static_cast<uint8_t>(~byte) : byte;
    }
  }
  bool full() const { return size_ == 16; }
  void Store(uint64_t* prefix) const {
    prefix[0] = LoadBig<uint64_t>(bytes_);
    prefix[1] = LoadBig<uint64_t>(bytes_ + 8);
  }

 private:
  uint8_t bytes_[16] = {};
  int size_ = 0;
};

uint64_t OrderedBits(double d) {
  if (std::isnan(d)) return ~uint64_t{0};
  if (d == 0) d = 0;
  auto bits = std::bit_cast<uint64_t>(d);
  return bits >> 63 ? ~bits : bits | uint64_t{1} << 63;
}

}  // namespace

void* SortState::Local(size_t worker) {
  if (workers_.size() <= worker) workers_.resize(worker + 1);
  auto& buffer = workers_[worker].buffer;
  if (buffer == nullptr) buffer = std::make_unique<row::RowBuffer>(&spec_->layout, budget_);
  return buffer.get();
}

SortState::Entry SortState::EntryOf(const char* row) const {
  PrefixWriter writer;
  const row::Layout& layout = spec_->layout;
  for (const SortKey& key : spec_->keys) {
    const row::Field& field = layout.field(key.field);
    if (field.null_bit >= 0) {
      bool null = layout.IsNull(row, key.field);
      writer.Add(null == key.nulls_first ? 0 : 1, 1, false);
      if (null)
        continue;  // equal NULLs go on with the next key; a non-null of the same prefix differs in
                   // the byte above
    }
    types::Datum d = row::ReadField(layout, row::RowPageOf(row), row, key.field);
    const bool flip = key.descending;
    switch (field.repr) {
      case types::Repr::kBool:
        writer.Add(d.b, 1, flip);
        break;
      case types::Repr::kI8:
        writer.Add(static_cast<uint8_t>(d.i8) ^ 0x80u, 1, flip);
        break;
      case types::Repr::kI16:
        writer.Add(static_cast<uint16_t>(d.i16) ^ 0x8000u, 2, flip);
        break;
      case types::Repr::kI32: {
        bool is_signed =
            field.type.id == types::TypeId::kInt4 || field.type.id == types::TypeId::kDate;
        writer.Add(static_cast<uint32_t>(d.i32) ^ (is_signed ? 0x80000000u : 0), 4, flip);
        break;
      }
      case types::Repr::kI64:
        if (field.type.id == types::TypeId::kTimeTz) goto done;
        writer.Add(static_cast<uint64_t>(d.i64) ^ uint64_t{1} << 63, 8, flip);
        break;
      case types::Repr::kI128:
        if (field.type.id != types::TypeId::kNumeric) goto done;
        writer.Add(static_cast<uint64_t>(d.i128 >> 64) ^ uint64_t{1} << 63, 8, flip);
        writer.Add(static_cast<uint64_t>(d.i128), 8, flip);
        break;
      case types::Repr::kF32:
        writer.Add(OrderedBits(d.f32), 8, flip);
        break;
      case types::Repr::kF64:
        writer.Add(OrderedBits(d.f64), 8, flip);
        break;
      case types::Repr::kInterval:
        goto done;
      case types::Repr::kString:
        // The bytes of big numerics and blank-padded strings are not in order.
        if (field.type.id != types::TypeId::kNumeric && field.type.id != types::TypeId::kBpChar &&
            field.type.id != types::TypeId::kArray && field.type.id != types::TypeId::kJsonb) {
          writer.AddBytes(d.string.view(), flip);
        }
        goto done;
    }
    if (writer.full()) break;
  }
done:
  Entry entry;
  writer.Store(entry.prefix);
  entry.row = row;
  return entry;
}

bool SortState::Less(const Entry& a, const Entry& b) const {
  if (a.prefix[0] != b.prefix[0]) return a.prefix[0] < b.prefix[0];
  if (a.prefix[1] != b.prefix[1]) return a.prefix[1] < b.prefix[1];
  const row::Layout& layout = spec_->layout;
  for (const SortKey& key : spec_->keys) {
    const bool a_null = layout.IsNull(a.row, key.field), b_null = layout.IsNull(b.row, key.field);
    if (a_null || b_null) {
      if (a_null == b_null) continue;
      return a_null == key.nulls_first;
    }
    types::Datum x = row::ReadField(layout, row::RowPageOf(a.row), a.row, key.field);
    types::Datum y = row::ReadField(layout, row::RowPageOf(b.row), b.row, key.field);
    int order = abi::CompareDatums(layout.field(key.field).type, x, y);
    if (order != 0) return (order < 0) != key.descending;
  }
  return false;
}

std::vector<SortState::Entry> SortState::EntriesOf(const row::RowBuffer& buffer) const {
  std::vector<Entry> entries;
  entries.reserve(buffer.row_count());
  for (size_t p = 0; p < buffer.page_count(); ++p) {
    const uint32_t rows = row::HeaderOf(buffer.page(p)).row_count;
    for (uint32_t i = 0; i < rows; ++i) {
      entries.push_back(EntryOf(row::RowAt(buffer.page(p), spec_->layout.stride(), i)));
    }
  }
  return entries;
}

Status SortState::Prune(Worker* worker) {
  std::vector<Entry> entries = EntriesOf(*worker->buffer);
  const auto keep = static_cast<size_t>(wanted());
  if (entries.size() > keep) {
    std::nth_element(entries.begin(), entries.begin() + static_cast<ptrdiff_t>(keep), entries.end(),
                     [this](const Entry& a, const Entry& b) { return Less(a, b); });
    entries.resize(keep);
  }
  row::RowBuffer fresh(&spec_->layout, budget_);
  const row::Layout& layout = spec_->layout;
  const size_t fields = layout.field_count();
  std::vector<types::Datum> datums(fields);
  std::unique_ptr<bool[]> nulls(new bool[fields]);
  for (const Entry& entry : entries) {
    for (size_t i = 0; i < fields; ++i) {
      nulls[i] = layout.IsNull(entry.row, i);
      if (!nulls[i]) datums[i] = row::ReadField(layout, row::RowPageOf(entry.row), entry.row, i);
    }
    if (!fresh.AppendRow(datums.data(), nulls.get())) return OutOfMemory();
  }
  worker->buffer->Clear();
  worker->buffer->Absorb(std::move(fresh));
  worker->rows_kept = entries.size();
  return Ok();
}

Status SortState::MorselDone(size_t worker) {
  const int64_t keep = wanted();
  if (keep > kTopRowsMax) return Ok();
  Worker& w = workers_[worker];
  const auto rows = static_cast<int64_t>(w.buffer->row_count());
  if (rows < kPruneRowsMin || rows < 4 * keep) return Ok();
  return Prune(&w);
}

Status SortState::Finish(QueryState* query, const ParallelFor& parallel) {
  try {
    return SortAll(query, parallel);
  } catch (const std::bad_alloc&) {
    return OutOfMemory();
  }
}

Status SortState::SortAll(QueryState* query, const ParallelFor& parallel) {
  rows_.clear();
  uint64_t total = 0;
  for (const Worker& w : workers_) total += w.buffer == nullptr ? 0 : w.buffer->row_count();
  SpillVector<Entry> entries{SpillAllocator<Entry>(budget_)};
  entries.reserve(total);
  for (const Worker& w : workers_) {
    if (w.buffer == nullptr) continue;
    for (size_t p = 0; p < w.buffer->page_count(); ++p) {
      const uint32_t rows = row::HeaderOf(w.buffer->page(p)).row_count;
      for (uint32_t i = 0; i < rows; ++i) {
        entries.push_back({{0, 0}, row::RowAt(w.buffer->page(p), spec_->layout.stride(), i)});
      }
    }
  }
  auto less = [this](const Entry& a, const Entry& b) { return Less(a, b); };
  const size_t runs = (entries.size() + kRunRows - 1) / kRunRows;
  auto sort_run = [&](size_t run) {
    if (Cancelled(*query)) return;
    Relieve(budget_);
    auto begin = entries.begin() + static_cast<ptrdiff_t>(run * kRunRows);
    auto end =
        entries.begin() + static_cast<ptrdiff_t>(std::min(entries.size(), (run + 1) * kRunRows));
    for (auto i = begin; i != end; ++i) *i = EntryOf(i->row);
    if (spec_->stable) {
      StableSort(begin, end, less);
    } else {
      std::sort(begin, end, less);
    }
  };
  if (runs <= 1) {
    if (runs == 1) sort_run(0);
  } else {
    parallel(runs, sort_run);
  }
  // Merges neighbouring runs, twice as long each time.
  SpillVector<Entry> other(runs > 1 ? entries.size() : 0, Entry{}, SpillAllocator<Entry>(budget_));
  for (size_t length = kRunRows; length < entries.size(); length *= 2) {
    const size_t pairs = (entries.size() + 2 * length - 1) / (2 * length);
    auto merge = [&](size_t pair) {
      size_t a = pair * 2 * length, middle = std::min(entries.size(), a + length),
             end = std::min(entries.size(), a + 2 * length);
      size_t b = middle, to = a;
      while (to < end) {
        if ((to & 0xffff) == 0) {
          if (Cancelled(*query)) return;
          Relieve(budget_);
        }
        bool take_b = a == middle || (b < end && Less(entries[b], entries[a]));
        other[to++] = take_b ? entries[b++] : entries[a++];
      }
    };
    parallel(pairs, merge);
    entries.swap(other);
  }
  if (Cancelled(*query)) return CancelError(query->cancel->load(std::memory_order_relaxed));
  const auto count = static_cast<int64_t>(entries.size());
  const int64_t from = std::min(offset_, count), to = std::min(wanted(), count);
  rows_.reserve(static_cast<size_t>(to - from));
  for (int64_t i = from; i < to; ++i) rows_.push_back(entries[static_cast<size_t>(i)].row);
  return Ok();
}

uint64_t SortState::memory_bytes() const {
  uint64_t bytes = rows_.capacity() * sizeof(char*);
  for (const Worker& w : workers_) bytes += w.buffer == nullptr ? 0 : w.buffer->allocated_bytes();
  return bytes;
}

}  // namespace lathe::state
