#include "storage/txn/commit_sink.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <memory>

#include "runtime/base/blocking.h"

namespace lathe::txn {

LocalCommitSink::LocalCommitSink(Oracle* oracle, Watermark* watermark, CommitTarget* target,
                                 Validator* validator, EntryObserver observer)
    : oracle_(oracle),
      watermark_(watermark),
      target_(target),
      validator_(validator),
      observer_(std::move(observer)) {}

/// A commit on its way. Lies on its thread's stack, and is gone as soon as its state is kDone; or
/// on the heap when no thread waits.
struct LocalCommitSink::Waiting {
  enum State : uint32_t { kQueued, kLeads, kDone };
  const LogicalBatch* batch;  // null = quiet is to be run
  Timestamp ts;
  const std::function<void()>* quiet = nullptr;
  Status outcome = Ok();
  std::atomic<uint32_t> state{kQueued};
  std::function<void(Status)> done = nullptr;  // no thread waits

  bool sleeps() const { return done == nullptr; }
  void Wait() {
    while (state.load(std::memory_order_acquire) == kQueued) {
      syscall(SYS_futex, &state, FUTEX_WAIT_PRIVATE, kQueued, nullptr, nullptr, 0);
    }
  }
  // The object may be gone before the call: waking nobody, or somebody who looks again, is
  // harmless.
  static void Wake(std::atomic<uint32_t>* state, State next) {
    state->store(next, std::memory_order_release);
    syscall(SYS_futex, state, FUTEX_WAKE_PRIVATE, 1, nullptr, nullptr, 0);
  }
};

Result<Timestamp> LocalCommitSink::Commit(const LogicalBatch& batch, const Reads* reads,
                                          const std::function<void()>& ordered) {
  Waiting own{&batch, {}};
  bool leads;
  {
    std::lock_guard lock(queue_mutex_);
    // Under this lock, so that the queue is in the order of timestamps.
    LATHE_ASSIGN(own.ts, validator_->Begin(oracle_, batch, reads));
    if (ordered != nullptr) ordered();
    queue_.push_back(&own);
    leads = !writing_;
    writing_ = true;
  }
  Enter(&own, leads);
  if (!own.outcome.ok()) return std::move(own.outcome).error();
  return own.ts;
}

void LocalCommitSink::WhileQuiet(const std::function<void()>& run) {
  Waiting own{nullptr, {}, &run};
  bool leads;
  {
    std::lock_guard lock(queue_mutex_);
    queue_.push_back(&own);
    leads = !writing_;
    writing_ = true;
  }
  Enter(&own, leads);
}

LocalCommitSink::~LocalCommitSink() {
  {
    std::lock_guard lock(queue_mutex_);
    closing_ = true;
  }
  helper_cv_.notify_one();
  if (helper_.joinable()) helper_.join();
}

void LocalCommitSink::CommitLater(const LogicalBatch& batch, const Reads* reads,
                                  std::function<void(Status)> done) {
  auto own = std::make_unique<Waiting>(&batch);
  own->done = std::move(done);
  {
    std::lock_guard lock(queue_mutex_);
    Result<Timestamp> ts = validator_->Begin(oracle_, batch, reads);
    if (ts.ok()) {
      own->ts = *ts;
      queue_.push_back(own.release());
      return;
    }
    own->outcome = std::move(ts).error();
  }
  own->done(std::move(own->outcome));
}

void LocalCommitSink::WriteWaiting() {
  {
    std::lock_guard lock(queue_mutex_);
    if (writing_ || queue_.empty()) return;
    writing_ = true;
  }
  AboutToBlock();  // by the disk
  LeadAll();
}

void LocalCommitSink::Enter(Waiting* own, bool leads) {
  AboutToBlock();  // by the disk
  if (!leads) own->Wait();
  if (own->state.load(std::memory_order_acquire) == Waiting::kDone) return;
  LeadGroup(own);
}

void LocalCommitSink::LeadAll() {
  for (;;) {
    LeadGroup(nullptr);
    std::lock_guard lock(queue_mutex_);
    if (!queue_.empty()) continue;
    writing_ = false;
    return;
  }
}

void LocalCommitSink::Help() {
  for (;;) {
    {
      std::unique_lock lock(queue_mutex_);
      helper_cv_.wait(lock, [this] { return helper_leads_ || closing_; });
      if (!helper_leads_) return;
      helper_leads_ = false;
    }
    LeadAll();
  }
}

// The thread that passes on has its own commit done: it must not be kept by those of others.
void LocalCommitSink::PassOn() {
  Waiting* next = nullptr;
  {
    std::lock_guard lock(queue_mutex_);
    if (queue_.empty()) {
      writing_ = false;
      return;
    }
    for (Waiting* waiting : queue_) {
      if (waiting->sleeps()) {
        next = waiting;
        break;
      }
    }
    if (next == nullptr) {
      helper_leads_ = true;
      if (!helper_.joinable()) helper_ = std::thread([this] { Help(); });
    }
  }
  if (next != nullptr) {
    Waiting::Wake(&next->state, Waiting::kLeads);
  } else {
    helper_cv_.notify_one();
  }
}

void LocalCommitSink::LeadGroup(const Waiting* own) {
  std::vector<Waiting*> group;
  {
    std::lock_guard lock(queue_mutex_);
    group.swap(queue_);
  }
  CommitGroup(group);
  if (own != nullptr) PassOn();
  for (Waiting* done : group) {
    if (done->batch != nullptr && done->outcome.ok()) target_->Visible(*done->batch);
  }
  for (Waiting* done : group) {
    if (done == own) continue;
    if (done->sleeps()) {
      Waiting::Wake(&done->state, Waiting::kDone);
    } else {
      const std::unique_ptr<Waiting> gone(done);
      gone->done(std::move(gone->outcome));
    }
  }
}

void LocalCommitSink::CommitGroup(std::span<Waiting* const> all) {
  std::vector<Waiting*> group;
  for (Waiting* waiting : all) {
    if (waiting->batch != nullptr) group.push_back(waiting);
  }
  if (!group.empty()) WriteGroup(group);
  for (Waiting* waiting : all) {
    if (waiting->batch == nullptr) (*waiting->quiet)();
  }
}

void LocalCommitSink::WriteGroup(std::span<Waiting* const> group) {
  std::vector<BatchAt> batches;
  batches.reserve(group.size());
  for (const Waiting* commit : group) batches.push_back({commit->batch, commit->ts});
  Status together = target_->Persist(batches);
  if (!together.ok() && group.size() == 1) group[0]->outcome = std::move(together);
  for (size_t i = 0; i < group.size(); ++i) {
    Waiting& commit = *group[i];
    // Nothing of them was written. One may be too large for what the disk has left, not all.
    if (!together.ok() && group.size() > 1) {
      commit.outcome = target_->Persist(std::span(batches).subspan(i, 1));
    }
    if (commit.outcome.ok()) target_->Publish(*commit.batch, commit.ts);
  }
  // Everything before them has finished: they are the only ones that are written.
  watermark_->FinishAll(group.back()->ts);
  if (observer_ == nullptr) return;
  std::lock_guard in_order(observer_mutex_);
  for (const Waiting* commit : group) {
    if (commit->outcome.ok()) observer_(EncodeWrite(*commit->batch, commit->ts));
  }
}

Status LocalCommitSink::AddLoadChunk(const LoadChunk& chunk) {
  if (target_->keeps_entries()) LATHE_TRY(target_->KeepChunk(chunk));
  std::lock_guard in_order(observer_mutex_);
  if (observer_ != nullptr) observer_(EncodeLoad(chunk));
  return Ok();
}

}  // namespace lathe::txn
