// The lock table. Tables and rows share one kind of queue; its modes are the table lock modes (a
// row's share and exclusive locks are kShare and kExclusive there). Queues lie in shards, each with
// its mutex, so uncontended locking touches one shard. A request that must wait takes wait_mutex
// first: every waits-for edge that can close a cycle starts at a transaction that begins to wait,
// so looking for a cycle from it, at that moment, finds every deadlock. Lock order: wait_mutex,
// shard, transaction shard.
#include "storage/txn/lock_table.h"

#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "runtime/base/bytes.h"
#include "storage/txn/cancel.h"

namespace lathe::txn {
namespace {

constexpr uint32_t Bit(TableLockMode mode) { return 1u << static_cast<uint32_t>(mode); }

// PostgreSQL's conflict table, one mask of conflicting modes per mode.
constexpr uint32_t ConflictMask(TableLockMode mode) {
  using M = TableLockMode;
  switch (mode) {
    case M::kAccessShare:
      return Bit(M::kAccessExclusive);
    case M::kRowShare:
      return Bit(M::kExclusive) | Bit(M::kAccessExclusive);
    case M::kRowExclusive:
      return Bit(M::kShare) | Bit(M::kShareRowExclusive) | Bit(M::kExclusive) |
             Bit(M::kAccessExclusive);
    case M::kShareUpdateExclusive:
      return Bit(M::kShareUpdateExclusive) | Bit(M::kShare) | Bit(M::kShareRowExclusive) |
             Bit(M::kExclusive) | Bit(M::kAccessExclusive);
    case M::kShare:
      return Bit(M::kRowExclusive) | Bit(M::kShareUpdateExclusive) | Bit(M::kShareRowExclusive) |
             Bit(M::kExclusive) | Bit(M::kAccessExclusive);
    case M::kShareRowExclusive:
      return Bit(M::kRowExclusive) | Bit(M::kShareUpdateExclusive) | Bit(M::kShare) |
             Bit(M::kShareRowExclusive) | Bit(M::kExclusive) | Bit(M::kAccessExclusive);
    case M::kExclusive:
      return 0xff & ~Bit(M::kAccessShare);
    case M::kAccessExclusive:
      return 0xff;
  }
  return 0xff;
}

constexpr size_t kShards = 64;
constexpr auto kCancelPoll = std::chrono::milliseconds(5);

struct Waiter {
  TxnId txn;
  TableLockMode mode;
  std::condition_variable wake;
  bool granted = false;  // guarded by the shard's mutex
};

struct Holder {
  TxnId txn;
  uint32_t modes;  // bits of TableLockMode
};

struct Queue {
  absl::InlinedVector<Holder, 1> holders;
  std::deque<Waiter*>* waiters = nullptr;  // owned; null while nobody waits

  Holder* Find(TxnId txn) {
    for (Holder& holder : holders) {
      if (holder.txn == txn) return &holder;
    }
    return nullptr;
  }
  bool BlockedByHolder(TxnId txn, TableLockMode mode) const {
    for (const Holder& holder : holders) {
      if (holder.txn != txn && (holder.modes & ConflictMask(mode)) != 0) return true;
    }
    return false;
  }
};

struct Shard {
  std::mutex mutex;
  absl::flat_hash_map<std::string, Queue> queues;
};

struct HeldShard {
  std::mutex mutex;
  absl::flat_hash_map<TxnId, std::vector<std::string>> held;
};

}  // namespace

std::string_view LockModeName(TableLockMode mode) {
  static constexpr std::array<std::string_view, 8> kNames = {
      "AccessShareLock", "RowShareLock",          "RowExclusiveLock", "ShareUpdateExclusiveLock",
      "ShareLock",       "ShareRowExclusiveLock", "ExclusiveLock",    "AccessExclusiveLock"};
  return kNames[static_cast<size_t>(mode)];
}

bool Conflicts(TableLockMode a, TableLockMode b) { return (ConflictMask(a) & Bit(b)) != 0; }

Error CancelledError(const exec::CancelFlag& cancel) {
  uint32_t state = cancel.state.load(std::memory_order_relaxed);
  SqlState reason = state == 0 ? SqlState::kQueryCanceled : static_cast<SqlState>(state - 1);
  return MakeError(reason, reason == SqlState::kAdminShutdown
                               ? "terminating connection due to administrator command"
                               : "canceling statement due to user request");
}

struct LockTable::Rep {
  explicit Rep(base::Clock* c) : clock(c) {}

  base::Clock* clock;
  std::array<Shard, kShards> shards;
  std::array<HeldShard, kShards> held;
  std::mutex wait_mutex;
  absl::flat_hash_map<TxnId, std::string>
      waiting;  // what a waiting transaction waits for; wait_mutex
  std::atomic<uint64_t> locks{0};
  std::atomic<uint64_t> deadlocks{0};

  Shard& ShardOf(std::string_view key) {
    return shards[absl::Hash<std::string_view>()(key) % kShards];
  }

  void NoteHeld(TxnId txn, std::string_view key) {
    HeldShard& shard = held[txn.value % kShards];
    std::lock_guard lock(shard.mutex);
    shard.held[txn].emplace_back(key);
  }

  // Grants at once where possible. Shard locked. First = the transaction had no lock of this queue
  // before.
  bool TryGrant(Queue* queue, TxnId txn, TableLockMode mode, bool* first) {
    *first = false;
    Holder* own = queue->Find(txn);
    if (own != nullptr && (own->modes & Bit(mode)) != 0) return true;
    if (queue->BlockedByHolder(txn, mode)) return false;
    if (own != nullptr) {
      own->modes |= Bit(mode);
      return true;
    }
    if (queue->waiters != nullptr) {
      for (const Waiter* ahead : *queue->waiters) {
        if (Conflicts(ahead->mode, mode)) return false;
      }
    }
    queue->holders.push_back({txn, Bit(mode)});
    *first = true;
    return true;
  }

  // Wakes waiters that can go on, in order. Shard locked.
  void Advance(Queue* queue, const std::string& key) {
    if (queue->waiters == nullptr) return;
    std::deque<Waiter*>& waiters = *queue->waiters;
    uint32_t blocked = 0;  // modes of waiters that stay
    for (auto it = waiters.begin(); it != waiters.end();) {
      Waiter* waiter = *it;
      if (queue->BlockedByHolder(waiter->txn, waiter->mode) ||
          (ConflictMask(waiter->mode) & blocked) != 0) {
        blocked |= Bit(waiter->mode);
        ++it;
        continue;
      }
      Holder* own = queue->Find(waiter->txn);
      if (own != nullptr) {
        own->modes |= Bit(waiter->mode);
      } else {
        queue->holders.push_back({waiter->txn, Bit(waiter->mode)});
        NoteHeld(waiter->txn, key);
        locks.fetch_add(1, std::memory_order_relaxed);
      }
      waiter->granted = true;
      waiter->wake.notify_one();
      it = waiters.erase(it);
    }
    if (waiters.empty()) {
      delete queue->waiters;
      queue->waiters = nullptr;
    }
  }

  // Transactions that txn, waiting for key, waits for. wait_mutex held, no shard.
  std::vector<TxnId> BlockersOf(TxnId txn, const std::string& key) {
    std::vector<TxnId> blockers;
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    auto it = shard.queues.find(key);
    if (it == shard.queues.end() || it->second.waiters == nullptr) return blockers;
    const Queue& queue = it->second;
    const Waiter* own = nullptr;
    for (const Waiter* waiter : *queue.waiters) {
      if (waiter->txn == txn) own = waiter;
    }
    if (own == nullptr) return blockers;
    for (const Holder& holder : queue.holders) {
      if (holder.txn != txn && (holder.modes & ConflictMask(own->mode)) != 0) {
        blockers.push_back(holder.txn);
      }
    }
    for (const Waiter* waiter : *queue.waiters) {
      if (waiter == own) break;
      if (Conflicts(waiter->mode, own->mode)) blockers.push_back(waiter->txn);
    }
    return blockers;
  }

  // Is there a path from txn back to itself? wait_mutex held.
  bool ClosesCycle(TxnId txn) {
    absl::flat_hash_set<TxnId> seen;
    std::vector<TxnId> stack{txn};
    while (!stack.empty()) {
      TxnId at = stack.back();
      stack.pop_back();
      auto it = waiting.find(at);
      if (it == waiting.end()) continue;
      for (TxnId next : BlockersOf(at, it->second)) {
        if (next == txn) return true;
        if (seen.insert(next).second) stack.push_back(next);
      }
    }
    return false;
  }

  void Withdraw(Waiter* waiter, const std::string& key) {
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    auto it = shard.queues.find(key);
    if (it == shard.queues.end() || it->second.waiters == nullptr) return;
    std::erase(*it->second.waiters, waiter);
    Advance(&it->second, key);
  }

  Status Wait(TxnId txn, const std::string& key, TableLockMode mode, const LockWait& wait) {
    Waiter waiter;
    waiter.txn = txn;
    waiter.mode = mode;
    Shard& shard = ShardOf(key);
    {
      std::lock_guard waits(wait_mutex);
      {
        std::lock_guard lock(shard.mutex);
        Queue& queue = shard.queues[key];
        bool first;
        if (TryGrant(&queue, txn, mode, &first)) {
          if (first) {
            NoteHeld(txn, key);
            locks.fetch_add(1, std::memory_order_relaxed);
          }
          return Ok();
        }
        if (queue.waiters == nullptr) queue.waiters = new std::deque<Waiter*>();
        if (queue.Find(txn) != nullptr) {
          queue.waiters->push_front(&waiter);  // strengthening: nobody behind could go first anyway
        } else {
          queue.waiters->push_back(&waiter);
        }
      }
      waiting[txn] = key;
      if (ClosesCycle(txn)) {
        waiting.erase(txn);
        Withdraw(&waiter, key);
        if (waiter.granted) return Ok();
        deadlocks.fetch_add(1, std::memory_order_relaxed);
        Error error = MakeError(SqlState::kDeadlockDetected, "deadlock detected");
        error.detail = "Transaction " + std::to_string(txn.value) + " waits for " +
                       std::string(LockModeName(mode)) +
                       " held by a transaction that waits for it.";
        return error;
      }
    }
    const int64_t deadline =
        wait.timeout_ms > 0 ? clock->MonotonicNanos() + wait.timeout_ms * 1'000'000 : 0;
    Status outcome;
    {
      std::unique_lock lock(shard.mutex);
      while (!waiter.granted) {
        waiter.wake.wait_for(lock, kCancelPoll);
        if (waiter.granted) break;
        if (wait.cancel != nullptr && wait.cancel->cancelled()) {
          outcome = CancelledError(*wait.cancel);
          break;
        }
        if (deadline != 0 && clock->MonotonicNanos() >= deadline) {
          outcome =
              MakeError(SqlState::kLockNotAvailable, "canceling statement due to lock timeout");
          break;
        }
      }
    }
    {
      std::lock_guard waits(wait_mutex);
      waiting.erase(txn);
    }
    if (!outcome.ok()) {
      Withdraw(&waiter, key);
      if (waiter.granted) return Ok();
    }
    return outcome;
  }

  Status Lock(TxnId txn, std::string_view key, TableLockMode mode, const LockWait& wait,
              bool* waited) {
    if (TryLock(txn, key, mode)) return Ok();
    if (waited != nullptr) *waited = true;
    return Wait(txn, std::string(key), mode, wait);
  }

  bool TryLock(TxnId txn, std::string_view key, TableLockMode mode) {
    Shard& shard = ShardOf(key);
    bool first = false;
    {
      std::lock_guard lock(shard.mutex);
      auto it = shard.queues.find(absl::string_view(key.data(), key.size()));
      if (it == shard.queues.end()) it = shard.queues.try_emplace(std::string(key)).first;
      if (!TryGrant(&it->second, txn, mode, &first)) return false;
    }
    if (first) {
      NoteHeld(txn, key);
      locks.fetch_add(1, std::memory_order_relaxed);
    }
    return true;
  }
};

LockTable::LockTable(base::Clock* clock) : rep_(std::make_unique<Rep>(clock)) {}
LockTable::~LockTable() = default;

namespace {
std::string ObjectKey(uint64_t object) {
  std::string key("T");
  AppendBig(&key, object);
  return key;
}
}  // namespace

Status LockTable::LockTableObject(TxnId txn, uint64_t object, TableLockMode mode,
                                  const LockWait& wait) {
  return rep_->Lock(txn, ObjectKey(object), mode, wait, nullptr);
}

bool LockTable::TryLockTableObject(TxnId txn, uint64_t object, TableLockMode mode) {
  return rep_->TryLock(txn, ObjectKey(object), mode);
}

Status LockTable::LockRow(TxnId txn, std::string_view key, RowLockMode mode, const LockWait& wait,
                          bool* waited) {
  std::string full;
  full.reserve(key.size() + 1);
  full.push_back('R');
  full.append(key);
  return rep_->Lock(txn, full,
                    mode == RowLockMode::kShare ? TableLockMode::kShare : TableLockMode::kExclusive,
                    wait, waited);
}

void LockTable::ReleaseAll(TxnId txn) {
  std::vector<std::string> keys;
  {
    HeldShard& shard = rep_->held[txn.value % kShards];
    std::lock_guard lock(shard.mutex);
    auto it = shard.held.find(txn);
    if (it == shard.held.end()) return;
    keys = std::move(it->second);
    shard.held.erase(it);
  }
  for (const std::string& key : keys) {
    Shard& shard = rep_->ShardOf(key);
    std::lock_guard lock(shard.mutex);
    auto it = shard.queues.find(key);
    if (it == shard.queues.end()) continue;
    Queue& queue = it->second;
    for (size_t i = 0; i < queue.holders.size(); ++i) {
      if (queue.holders[i].txn == txn) {
        queue.holders.erase(queue.holders.begin() + static_cast<ptrdiff_t>(i));
        break;
      }
    }
    rep_->Advance(&queue, key);
    if (queue.holders.empty() && queue.waiters == nullptr) shard.queues.erase(it);
  }
  rep_->locks.fetch_sub(keys.size(), std::memory_order_relaxed);
}

uint64_t LockTable::lock_count() const { return rep_->locks.load(std::memory_order_relaxed); }
uint64_t LockTable::deadlock_count() const {
  return rep_->deadlocks.load(std::memory_order_relaxed);
}

}  // namespace lathe::txn
