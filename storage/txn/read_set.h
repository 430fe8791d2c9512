// What a SERIALIZABLE transaction has read: ranges of row keys by storage. Ranges, not rows, so
// that rows which appear later in what was read (phantoms) are found, too.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"

namespace lathe::txn {

/// Keys in [begin, end); end empty = to the last.
struct ReadRange {
  std::string begin, end;
};

/// Thread-safe while ranges are added; scans add what they look up from several workers.
class ReadSet {
 public:
  void Add(StorageId storage, std::string_view begin, std::string_view end);
  void AddKey(StorageId storage, std::string_view key);

  /// Of one storage, sorted and joined where they touch; null = nothing was read there. Not while
  /// others add.
  const std::vector<ReadRange>* Find(StorageId storage);
  bool empty() const { return storages_.empty(); }

 private:
  struct OfStorage {
    std::vector<ReadRange> ranges;
    size_t sorted = 0;  // so many at the front are sorted and joined
  };
  static void Sort(OfStorage* of);

  std::mutex mutex_;
  std::map<StorageId, OfStorage> storages_;
};

}  // namespace lathe::txn
