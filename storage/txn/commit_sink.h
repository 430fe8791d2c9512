// Where commits go. Everything above knows only CommitSink; on one node it is LocalCommitSink
// (timestamp, one durable batch, publish), in a cluster replication stands behind it.
#pragma once

#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "storage/txn/batch.h"
#include "storage/txn/oracle.h"
#include "storage/txn/validator.h"
#include "storage/txn/watermark.h"

namespace lathe::txn {

/// Takes logical batches. Thread-safe.
class CommitSink {
 public:
  virtual ~CommitSink() = default;
  /// Makes the batch durable and visible, all or nothing; returns when snapshots see it. The batch
  /// holds at least one change. reads: of a SERIALIZABLE transaction, else null; 40001 when they
  /// have changed. ordered, if any, is called once the batch has its place among all commits,
  /// before anybody reads it; one after the other, in that order. It may add to the batch.
  virtual Result<Timestamp> Commit(const LogicalBatch& batch, const Reads* reads,
                                   const std::function<void()>& ordered = nullptr) = 0;
  /// True when load chunks must be handed to AddLoadChunk (somebody else stores them).
  virtual bool wants_load_chunks() const = 0;
  virtual Status AddLoadChunk(const LoadChunk& chunk) = 0;
};

/// A batch and the timestamp of its commit.
struct BatchAt {
  const LogicalBatch* batch;
  Timestamp ts;
};

/// What a batch is applied to: the store of this node. Implemented by storage/table. Thread-safe.
class CommitTarget {
 public:
  virtual ~CommitTarget() = default;
  /// Writes the batches, in this order, in one atomic, durable step.
  virtual Status Persist(std::span<const BatchAt> batches) = 0;
  /// Puts it into memory, where snapshots at or above ts find it. Cannot fail.
  virtual void Publish(const LogicalBatch& batch, Timestamp ts) = 0;
  /// It is durable and snapshots see it: others may have what its transaction has locked. Called
  /// before Commit returns, by whoever wrote it: who waits for the locks does not wait for the
  /// committing thread to wake up as well.
  virtual void Visible(const LogicalBatch& batch) { (void)batch; }
  /// Does it keep the entries (an archive)? Then it gets the chunks of loads, too.
  virtual bool keeps_entries() const { return false; }
  virtual Status KeepChunk(const LoadChunk&) { return Ok(); }
};

/// Sees every serialised entry in commit order, after it is durable (archive, replicas of tests).
using EntryObserver = std::function<void(std::string_view entry)>;

/// Commits on this node only. The pointers outlive it. Commits that come while one is written wait
/// and are written together by the first of them, who also makes them visible: one write and sync
/// for all, and each of the others sleeps and wakes once.
class LocalCommitSink final : public CommitSink {
 public:
  /// observer may be empty; it is called in commit order.
  LocalCommitSink(Oracle* oracle, Watermark* watermark, CommitTarget* target, Validator* validator,
                  EntryObserver observer);
  Result<Timestamp> Commit(const LogicalBatch& batch, const Reads* reads,
                           const std::function<void()>& ordered = nullptr) override;
  bool wants_load_chunks() const override {
    return observer_ != nullptr || target_->keeps_entries();
  }
  Status AddLoadChunk(const LoadChunk& chunk) override;
  /// Runs something while no commit is under way: those before it are durable and visible, others
  /// wait.
  void WhileQuiet(const std::function<void()>& run);

 private:
  struct Waiting;

  /// Waits for its turn, and does the work of all that wait when it leads them.
  void Enter(Waiting* own, bool leads);
  /// Writes and publishes these, in the order of their timestamps; their outcomes are set.
  void CommitGroup(std::span<Waiting* const> all);
  void WriteGroup(std::span<Waiting* const> group);

  Oracle* const oracle_;
  Watermark* const watermark_;
  CommitTarget* const target_;
  Validator* const validator_;
  const EntryObserver observer_;
  std::mutex observer_mutex_;
  std::mutex queue_mutex_;
  std::vector<Waiting*> queue_;  // by timestamp; guarded by queue_mutex_
  bool writing_ = false;         // somebody writes, or has been woken to; guarded by queue_mutex_
};

}  // namespace lathe::txn
