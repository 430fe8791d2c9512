// Front door of storage/catalog: the committed catalog, its records, transactions' views of it, and
// the numbers of new objects.
#pragma once

#include <functional>
#include <mutex>

#include "storage/catalog/record.h"  // IWYU pragma: export
#include "storage/catalog/state.h"   // IWYU pragma: export
#include "storage/catalog/view.h"    // IWYU pragma: export

namespace lathe::catalog {

/// Numbers that are never given twice: oids, storages, pages, loads. Blocks are persisted ahead, so
/// a crash skips at most a block.
class IdAllocator {
 public:
  /// next: the persisted bound (everything below may have been used). persist stores a new bound;
  /// called under the allocator's lock.
  IdAllocator(uint64_t next, uint64_t block, std::function<Status(uint64_t)> persist)
      : next_(next), bound_(next), block_(block), persist_(std::move(persist)) {}
  /// The first of `count` new numbers in a row. Thread-safe.
  Result<uint64_t> Next(uint64_t count = 1);
  /// Numbers up to and including `seen` are used by somebody else.
  Status Observe(uint64_t seen);

 private:
  std::mutex mutex_;
  uint64_t next_;
  uint64_t bound_;  // durable; next_ <= bound_
  const uint64_t block_;
  const std::function<Status(uint64_t)> persist_;
};

/// The committed catalog. Thread-safe.
class Catalog {
 public:
  explicit Catalog(StatePtr state) : state_(std::move(state)) {}
  StatePtr state() const {
    std::lock_guard lock(mutex_);
    return state_;
  }
  /// Makes the changes of a durable batch visible. Commits that touch the same records are ordered
  /// by their locks.
  Status Apply(const std::vector<txn::CatalogChange>& changes);

 private:
  mutable std::mutex mutex_;
  StatePtr state_;
};

}  // namespace lathe::catalog
