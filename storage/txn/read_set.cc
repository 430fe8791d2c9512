#include "storage/txn/read_set.h"

#include <algorithm>

namespace lathe::txn {
namespace {

// Ranges of one storage that are kept apart; beyond it all of the storage counts as read.
constexpr size_t kRangesMax = 100'000;
// Ranges that may wait to be sorted.
constexpr size_t kUnsortedMax = 4096;

}  // namespace

void ReadSet::Add(StorageId storage, std::string_view begin, std::string_view end) {
  if (!end.empty() && begin >= end) return;
  std::lock_guard lock(mutex_);
  OfStorage& of = storages_[storage];
  if (!of.ranges.empty()) {
    // The same again, or a part of it: most often the last one.
    const ReadRange& last = of.ranges.back();
    if (begin >= last.begin && (last.end.empty() || (!end.empty() && end <= last.end))) return;
  }
  of.ranges.push_back({std::string(begin), std::string(end)});
  if (of.ranges.size() - of.sorted > std::max(kUnsortedMax, of.sorted)) Sort(&of);
  if (of.ranges.size() > kRangesMax) {
    of.ranges.assign(1, {});
    of.sorted = 1;
  }
}

void ReadSet::AddKey(StorageId storage, std::string_view key) {
  std::string end(key);
  end.push_back('\0');
  Add(storage, key, end);
}

void ReadSet::Sort(OfStorage* of) {
  std::vector<ReadRange>& ranges = of->ranges;
  if (of->sorted == ranges.size()) return;
  std::sort(ranges.begin(), ranges.end(),
            [](const ReadRange& a, const ReadRange& b) { return a.begin < b.begin; });
  size_t kept = 0;
  for (size_t i = 1; i < ranges.size(); ++i) {
    ReadRange& last = ranges[kept];
    if (last.end.empty() || ranges[i].begin <= last.end) {
      if (!last.end.empty() && (ranges[i].end.empty() || ranges[i].end > last.end)) {
        last.end = std::move(ranges[i].end);
      }
    } else {
      ++kept;
      if (kept != i) ranges[kept] = std::move(ranges[i]);
    }
  }
  ranges.resize(kept + 1);
  of->sorted = ranges.size();
}

const std::vector<ReadRange>* ReadSet::Find(StorageId storage) {
  auto it = storages_.find(storage);
  if (it == storages_.end()) return nullptr;
  Sort(&it->second);
  return &it->second.ranges;
}

}  // namespace lathe::txn
