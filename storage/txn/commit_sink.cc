#include "storage/txn/commit_sink.h"

#include "runtime/base/blocking.h"

namespace lathe::txn {

LocalCommitSink::LocalCommitSink(Oracle* oracle, Watermark* watermark, CommitTarget* target,
                                 Validator* validator, EntryObserver observer)
    : oracle_(oracle),
      watermark_(watermark),
      target_(target),
      validator_(validator),
      observer_(std::move(observer)) {}

Result<Timestamp> LocalCommitSink::Commit(const LogicalBatch& batch, const Reads* reads) {
  std::unique_lock<std::mutex> in_order(observer_mutex_, std::defer_lock);
  if (observer_ != nullptr) in_order.lock();
  LATHE_ASSIGN(Timestamp ts, validator_->Begin(oracle_, batch, reads));
  AboutToBlock();  // by the disk
  Status persisted = target_->Persist(batch, ts);
  if (!persisted.ok()) {
    watermark_->Finish(ts);
    return std::move(persisted).error();
  }
  target_->Publish(batch, ts);
  watermark_->Finish(ts);
  if (observer_ != nullptr) observer_(EncodeWrite(batch, ts));
  return ts;
}

Status LocalCommitSink::AddLoadChunk(const LoadChunk& chunk) {
  std::lock_guard in_order(observer_mutex_);
  if (observer_ != nullptr) observer_(EncodeLoad(chunk));
  return Ok();
}

}  // namespace lathe::txn
