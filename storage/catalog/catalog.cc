#include "storage/catalog/catalog.h"

namespace lathe::catalog {

Result<uint64_t> IdAllocator::Next(uint64_t count) {
  std::lock_guard lock(mutex_);
  if (next_ + count > bound_) {
    uint64_t bound = next_ + count + block_;
    LATHE_TRY(persist_(bound));
    bound_ = bound;
  }
  uint64_t first = next_;
  next_ += count;
  return first;
}

Status IdAllocator::Observe(uint64_t seen) {
  std::lock_guard lock(mutex_);
  if (seen < next_) return Ok();
  next_ = seen + 1;
  if (next_ <= bound_) return Ok();
  LATHE_TRY(persist_(next_ + block_));
  bound_ = next_ + block_;
  return Ok();
}

Status Catalog::Apply(const std::vector<txn::CatalogChange>& changes) {
  if (changes.empty()) return Ok();
  std::lock_guard lock(mutex_);
  LATHE_ASSIGN(state_, ApplyChanges(state_, changes));
  return Ok();
}

}  // namespace lathe::catalog
