// What a scan holds on to: a directory as it was made by the last fold or load. Reference-counted;
// a fold or a committed load makes the next TableVersion, a commit only adds versions to leaves,
// where older snapshots do not see them.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <set>
#include <utility>

#include "runtime/base/ids.h"
#include "storage/table/directory.h"

namespace lathe::table {

/// The serial numbers of the table versions that somebody holds: pages that a version replaced may
/// be deleted once no older one is left. Thread-safe.
class LiveVersions {
 public:
  /// A version that is valid from a timestamp on.
  void Add(uint64_t serial, Timestamp valid_from) {
    std::lock_guard lock(mutex_);
    versions_.emplace(serial, valid_from);
  }
  void Remove(uint64_t serial, Timestamp valid_from) {
    std::lock_guard lock(mutex_);
    versions_.erase(versions_.find({serial, valid_from}));
  }
  /// May a living version have a page that was written at `born` (0: it is not known when) and that
  /// versions from `serial` on do not have?
  bool AnyWith(Timestamp born, uint64_t serial) const {
    std::lock_guard lock(mutex_);
    for (const auto& [number, valid_from] : versions_) {
      if (number >= serial) return false;
      if (valid_from >= born) return true;
    }
    return false;
  }

 private:
  mutable std::mutex mutex_;
  std::multiset<std::pair<uint64_t, Timestamp>> versions_;
};

/// See above. Immutable.
struct TableVersion {
  TableVersion(Timestamp from, uint64_t number, std::shared_ptr<LiveVersions> registry,
               std::shared_ptr<const Directory> d)
      : valid_from(from), serial(number), directory(std::move(d)), live(std::move(registry)) {
    live->Add(serial, valid_from);
  }
  ~TableVersion() { live->Remove(serial, valid_from); }
  TableVersion(const TableVersion&) = delete;
  TableVersion& operator=(const TableVersion&) = delete;

  const Timestamp valid_from;  // for snapshots at or above it
  const uint64_t serial;       // grows from version to version
  const std::shared_ptr<const Directory> directory;
  const std::shared_ptr<LiveVersions> live;
};
using TableVersionPtr = std::shared_ptr<const TableVersion>;

}  // namespace lathe::table
