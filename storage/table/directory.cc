#include "storage/table/directory.h"

#include <algorithm>

#include "runtime/base/bytes.h"
#include "runtime/base/check.h"

namespace lathe::table {
namespace {

uint64_t PrefixOf(std::string_view key) {
  if (key.size() >= 8) return LoadBig<uint64_t>(key.data());
  uint64_t prefix = 0;
  std::memcpy(&prefix, key.data(), key.size());
  return ByteSwap(prefix);
}

}  // namespace

Directory::Directory(std::vector<PageNodePtr> pages) : pages_(std::move(pages)) {
  last_prefixes_.reserve(pages_.size());
  rows_before_.reserve(pages_.size() + 1);
  for (size_t i = 0; i < pages_.size(); ++i) {
    const page::PageDirectoryEntry& entry = pages_[i]->entry;
    LATHE_CHECK_NOTE(i == 0 || pages_[i - 1]->entry.last_key < entry.first_key,
                     "page ranges of a directory overlap");
    last_prefixes_.push_back(PrefixOf(entry.last_key));
    rows_before_.push_back(rows_before_.back() + entry.row_count);
  }
}

size_t Directory::Find(std::string_view key) const {
  const uint64_t prefix = PrefixOf(key);
  size_t i =
      static_cast<size_t>(std::lower_bound(last_prefixes_.begin(), last_prefixes_.end(), prefix) -
                          last_prefixes_.begin());
  while (i < pages_.size() && last_prefixes_[i] == prefix && pages_[i]->entry.last_key < key) ++i;
  return i;
}

}  // namespace lathe::table
