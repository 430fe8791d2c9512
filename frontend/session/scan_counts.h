// How often tables and indexes have been scanned since the server started: pg_stat_user_tables and
// pg_stat_user_indexes.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

#include "runtime/base/ids.h"

namespace lathe::session {

/// Of one relation. A primary key goes by its index's number.
struct ScanCount {
  std::atomic<int64_t> whole{0};   // read from end to end
  std::atomic<int64_t> by_key{0};  // by a key: of a table, its own or an index's
};

/// Of all relations. Thread-safe.
class ScanCounts {
 public:
  /// Lives on with whoever keeps it.
  std::shared_ptr<ScanCount> Of(RelationId relation) {
    std::lock_guard lock(mutex_);
    std::shared_ptr<ScanCount>& count = counts_[relation];
    if (count == nullptr) count = std::make_shared<ScanCount>();
    return count;
  }

 private:
  std::mutex mutex_;
  std::map<RelationId, std::shared_ptr<ScanCount>> counts_;  // guarded by mutex_
};

}  // namespace lathe::session
