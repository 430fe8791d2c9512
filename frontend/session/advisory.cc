// Advisory locks: those of the session are counted here and held by an owner of the session's own,
// those of a transaction belong to it.
#include "frontend/session/session_impl.h"

namespace lathe::session {

TxnId SessionImpl::LockOwner() const { return TxnId(uint64_t{1} << 62 | id_.value); }

Result<bool> SessionImpl::TakeAdvisory(const txn::AdvisoryKey& key, bool shared, bool transaction,
                                       bool wait) {
  txn::LockTable* locks = instance_->engine()->lock_table();
  const TxnId owner = transaction ? txn_->id() : LockOwner();
  if (!wait) {
    if (!locks->TryLockAdvisory(owner, key, shared, id_.value)) return false;
  } else {
    LATHE_TRY(locks->LockAdvisory(owner, key, shared,
                                  {&cancel_, settings_.GetInt(Setting::lock_timeout), id_.value}));
  }
  if (!transaction) ++advisory_[{key, shared}];
  return true;
}

bool SessionImpl::GiveAdvisory(const txn::AdvisoryKey& key, bool shared) {
  auto it = advisory_.find({key, shared});
  if (it == advisory_.end()) return false;
  if (--it->second == 0) {
    advisory_.erase(it);
    instance_->engine()->lock_table()->ReleaseAdvisory(LockOwner(), key, shared);
  }
  return true;
}

void SessionImpl::GiveAllAdvisory() {
  if (advisory_.empty()) return;
  advisory_.clear();
  instance_->engine()->lock_table()->ReleaseAll(LockOwner());
}

}  // namespace lathe::session
