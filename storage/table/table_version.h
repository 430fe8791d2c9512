// What a scan holds on to: a directory as it was made by the last fold or load. Reference-counted;
// a fold or a committed load makes the next TableVersion, a commit only adds versions to leaves,
// where older snapshots do not see them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>

#include "runtime/base/ids.h"
#include "storage/table/directory.h"

namespace lathe::table {

/// The serial numbers of the table versions that somebody holds: pages that a version replaced may
/// be deleted once no older one is left. Thread-safe.
class LiveVersions {
 public:
  void Add(uint64_t serial) {
    std::lock_guard lock(mutex_);
    serials_.insert(serial);
  }
  void Remove(uint64_t serial) {
    std::lock_guard lock(mutex_);
    serials_.erase(serials_.find(serial));
  }
  bool AnyBelow(uint64_t serial) const {
    std::lock_guard lock(mutex_);
    return !serials_.empty() && *serials_.begin() < serial;
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<uint64_t> serials_;
};

/// See above. Immutable.
struct TableVersion {
  TableVersion(Timestamp from, uint64_t number, std::shared_ptr<LiveVersions> registry,
               std::shared_ptr<const Directory> d)
      : valid_from(from), serial(number), directory(std::move(d)), live(std::move(registry)) {
    live->Add(serial);
  }
  ~TableVersion() { live->Remove(serial); }
  TableVersion(const TableVersion&) = delete;
  TableVersion& operator=(const TableVersion&) = delete;

  const Timestamp valid_from;  // for snapshots at or above it
  const uint64_t serial;       // grows from version to version
  const std::shared_ptr<const Directory> directory;
  const std::shared_ptr<LiveVersions> live;
};
using TableVersionPtr = std::shared_ptr<const TableVersion>;

}  // namespace lathe::table
