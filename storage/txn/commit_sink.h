// Where commits go. Everything above knows only CommitSink; on one node it is LocalCommitSink
// (timestamp, one durable batch, publish), in a cluster replication stands behind it.
#pragma once

#include <condition_variable>
#include <functional>
#include <mutex>
#include <span>
#include <string_view>
#include <thread>
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
  /// As Commit, but nobody's thread waits: `done` is called once with the outcome, on the thread
  /// that writes it or on this one before it returns. It must neither block nor commit. The batch
  /// lives until then. Whoever calls this calls WriteWaiting soon after, or the commit may stay
  /// where it is.
  virtual void CommitLater(const LogicalBatch& batch, const Reads* reads,
                           std::function<void(Status)> done) = 0;
  /// Writes what waits, unless somebody else does already. Blocks.
  virtual void WriteWaiting() = 0;
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
/// and are written together: one write and sync for all. Who writes them makes them visible as well
/// and tells those who wait: a thread that sleeps in Commit is woken, of others `done` is called.
/// In WriteWaiting a thread writes group after group as long as commits come; one in Commit leaves
/// the next group to another thread of those that sleep, or to a thread of the sink's own.
class LocalCommitSink final : public CommitSink {
 public:
  /// observer may be empty; it is called in commit order.
  LocalCommitSink(Oracle* oracle, Watermark* watermark, CommitTarget* target, Validator* validator,
                  EntryObserver observer);
  ~LocalCommitSink() override;
  Result<Timestamp> Commit(const LogicalBatch& batch, const Reads* reads,
                           const std::function<void()>& ordered = nullptr) override;
  void CommitLater(const LogicalBatch& batch, const Reads* reads,
                   std::function<void(Status)> done) override;
  void WriteWaiting() override;
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
  /// Writes what waits now, and tells those who wait but for own.
  void LeadGroup(const Waiting* own);
  /// Lets somebody else write what has come meanwhile.
  void PassOn();
  /// Writes group after group until there is none; the caller has set writing_.
  void LeadAll();
  /// The sink's own thread.
  void Help();
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
  std::thread helper_;           // started when it is needed first; guarded by queue_mutex_
  std::condition_variable helper_cv_;
  bool helper_leads_ = false, closing_ = false;  // guarded by queue_mutex_
};

}  // namespace lathe::txn
