// The lock table. Tables, rows and advisory locks share one kind of queue; its modes are the table
// lock modes (four of them conflict among each other as the row lock modes do). Queues lie in
// shards, each with its mutex, so uncontended locking touches one shard. A request that must wait
// takes wait_mutex first: every waits-for edge that can close a cycle starts at a transaction that
// begins to wait, so looking for a cycle from it, at that moment, finds every deadlock. Lock order:
// wait_mutex, shard, transaction shard.
#include "storage/txn/lock_table.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/container/inlined_vector.h"
#include "runtime/base/blocking.h"
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

// Who waits for whom: sessions, or transactions without one.
using Group = uint64_t;
Group GroupOf(TxnId txn, uint32_t process) {
  return process != 0 ? process : (uint64_t{1} << 63 | txn.value);
}

struct Waiter {
  TxnId txn;
  Group group;
  TableLockMode mode;
  std::condition_variable wake;
  bool granted = false;  // guarded by the shard's mutex
};

struct Holder {
  TxnId txn;
  Group group;
  uint32_t modes;  // bits of TableLockMode
};

// What a group waits for.
struct Waiting {
  TxnId txn;
  std::string key;
  TableLockMode mode;
};

// Kinds of queues, by the first byte of their keys.
constexpr char kTableKey = 'T', kRowKey = 'R', kAdvisoryKey = 'A';

// The row lock modes conflict as these table lock modes do.
TableLockMode QueueMode(RowLockMode mode) {
  switch (mode) {
    case RowLockMode::kKeyShare:
      return TableLockMode::kAccessShare;
    case RowLockMode::kShare:
      return TableLockMode::kShare;
    case RowLockMode::kNoKeyUpdate:
      return TableLockMode::kShareRowExclusive;
    case RowLockMode::kExclusive:
      return TableLockMode::kAccessExclusive;
  }
  return TableLockMode::kAccessExclusive;
}

std::string ObjectKey(uint64_t object) {
  std::string key(1, kTableKey);
  AppendBig(&key, object);
  return key;
}

std::string RowKey(std::string_view row) {
  std::string key;
  key.reserve(row.size() + 1);
  key.push_back(kRowKey);
  key.append(row);
  return key;
}

std::string KeyOf(const AdvisoryKey& advisory) {
  std::string key(1, kAdvisoryKey);
  AppendBig(&key, advisory.key);
  key.push_back(advisory.two_numbers ? 2 : 1);
  return key;
}

AdvisoryKey AdvisoryOf(std::string_view key) {
  return {LoadBig<uint64_t>(key.data() + 1), key[9] == 2};
}

// What somebody waits for, in the words of PostgreSQL's deadlock reports. It has row locks as locks
// on the transaction that holds them.
std::string DescribeWait(const Waiting& waiting, TxnId blocker) {
  switch (waiting.key[0]) {
    case kRowKey:
      return "ShareLock on transaction " + std::to_string(blocker.value);
    case kAdvisoryKey: {
      const AdvisoryKey key = AdvisoryOf(waiting.key);
      return std::string(LockModeName(waiting.mode)) + " on advisory lock [1," +
             std::to_string(key.key >> 32) + "," + std::to_string(key.key & 0xffffffff) + "," +
             (key.two_numbers ? "2" : "1") + "]";
    }
    default:
      return std::string(LockModeName(waiting.mode)) + " on relation " +
             std::to_string(LoadBig<uint64_t>(waiting.key.data() + 1) & 0xffffffff) +
             " of database 1";
  }
}

struct Queue {
  absl::InlinedVector<Holder, 1> holders;
  std::deque<Waiter*>* waiters = nullptr;  // owned; null while nobody waits

  Holder* Find(TxnId txn) {
    for (Holder& holder : holders) {
      if (holder.txn == txn) return &holder;
    }
    return nullptr;
  }
  bool BlockedByHolder(Group group, TableLockMode mode) const {
    for (const Holder& holder : holders) {
      if (holder.group != group && (holder.modes & ConflictMask(mode)) != 0) return true;
    }
    return false;
  }
};

struct Shard {
  std::mutex mutex;
  absl::flat_hash_map<std::string, Queue> queues;
};

// Modes of one lock that a transaction got at once.
struct HeldLock {
  std::string key;
  uint32_t modes;
};

struct HeldShard {
  std::mutex mutex;
  absl::flat_hash_map<TxnId, std::vector<HeldLock>> held;  // in the order in which they came
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
  absl::flat_hash_map<Group, Waiting> waiting;  // wait_mutex
  std::atomic<uint64_t> locks{0};
  std::atomic<uint64_t> deadlocks{0};

  Shard& ShardOf(std::string_view key) {
    return shards[absl::Hash<std::string_view>()(key) % kShards];
  }

  void NoteHeld(TxnId txn, std::string_view key, TableLockMode mode) {
    HeldShard& shard = held[txn.value % kShards];
    std::lock_guard lock(shard.mutex);
    shard.held[txn].push_back({std::string(key), Bit(mode)});
  }

  // Grants at once where possible. Shard locked. *added: the transaction did not have this mode;
  // to be noted with NoteHeld, outside of the shard.
  bool TryGrant(Queue* queue, TxnId txn, Group group, TableLockMode mode, bool* added) {
    *added = false;
    Holder* own = queue->Find(txn);
    if (own != nullptr && (own->modes & Bit(mode)) != 0) return true;
    if (queue->BlockedByHolder(group, mode)) return false;
    if (own != nullptr) {
      own->modes |= Bit(mode);
      *added = true;
      return true;
    }
    if (queue->waiters != nullptr) {
      for (const Waiter* ahead : *queue->waiters) {
        if (Conflicts(ahead->mode, mode)) return false;
      }
    }
    queue->holders.push_back({txn, group, Bit(mode)});
    locks.fetch_add(1, std::memory_order_relaxed);
    *added = true;
    return true;
  }

  // Wakes waiters that can go on, in order. Shard locked.
  void Advance(Queue* queue, const std::string& key) {
    if (queue->waiters == nullptr) return;
    std::deque<Waiter*>& waiters = *queue->waiters;
    uint32_t blocked = 0;  // modes of waiters that stay
    for (auto it = waiters.begin(); it != waiters.end();) {
      Waiter* waiter = *it;
      if (queue->BlockedByHolder(waiter->group, waiter->mode) ||
          (ConflictMask(waiter->mode) & blocked) != 0) {
        blocked |= Bit(waiter->mode);
        ++it;
        continue;
      }
      Holder* own = queue->Find(waiter->txn);
      if (own != nullptr) {
        own->modes |= Bit(waiter->mode);
      } else {
        queue->holders.push_back({waiter->txn, waiter->group, Bit(waiter->mode)});
        locks.fetch_add(1, std::memory_order_relaxed);
      }
      NoteHeld(waiter->txn, key, waiter->mode);
      waiter->granted = true;
      waiter->wake.notify_one();
      it = waiters.erase(it);
    }
    if (waiters.empty()) {
      delete queue->waiters;
      queue->waiters = nullptr;
    }
  }

  struct Blocker {
    Group group;
    TxnId txn;
  };

  // Whom a group that waits waits for. wait_mutex held, no shard.
  std::vector<Blocker> BlockersOf(Group group, const std::string& key) {
    std::vector<Blocker> blockers;
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    auto it = shard.queues.find(key);
    if (it == shard.queues.end() || it->second.waiters == nullptr) return blockers;
    const Queue& queue = it->second;
    const Waiter* own = nullptr;
    for (const Waiter* waiter : *queue.waiters) {
      if (waiter->group == group) own = waiter;
    }
    if (own == nullptr) return blockers;
    for (const Holder& holder : queue.holders) {
      if (holder.group != group && (holder.modes & ConflictMask(own->mode)) != 0) {
        blockers.push_back({holder.group, holder.txn});
      }
    }
    for (const Waiter* waiter : *queue.waiters) {
      if (waiter == own) break;
      if (Conflicts(waiter->mode, own->mode)) blockers.push_back({waiter->group, waiter->txn});
    }
    return blockers;
  }

  // Is there a path from `at` to `target`? Then its edges are in *path, the last one first.
  // wait_mutex held.
  struct Edge {
    Group from;
    Blocker to;
  };
  bool FindPath(Group at, Group target, absl::flat_hash_set<Group>* seen, std::vector<Edge>* path) {
    auto it = waiting.find(at);
    if (it == waiting.end()) return false;
    for (const Blocker& next : BlockersOf(at, it->second.key)) {
      if (next.group == target ||
          (seen->insert(next.group).second && FindPath(next.group, target, seen, path))) {
        path->push_back({at, next});
        return true;
      }
    }
    return false;
  }

  static std::string ProcessName(Group group) {
    return std::to_string(group & ~(uint64_t{1} << 63));
  }

  // The error of a wait that closes this cycle. wait_mutex held.
  Error DeadlockError(const std::vector<Edge>& path) {
    Error error = MakeError(SqlState::kDeadlockDetected, "deadlock detected");
    for (auto edge = path.rbegin(); edge != path.rend(); ++edge) {
      if (!error.detail.empty()) error.detail += "\n";
      error.detail += "Process " + ProcessName(edge->from) + " waits for " +
                      DescribeWait(waiting.at(edge->from), edge->to.txn) + "; blocked by process " +
                      ProcessName(edge->to.group) + ".";
    }
    error.hint = "See server log for query details.";
    return error;
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
    waiter.group = GroupOf(txn, wait.process);
    waiter.mode = mode;
    Shard& shard = ShardOf(key);
    {
      std::lock_guard waits(wait_mutex);
      {
        std::lock_guard lock(shard.mutex);
        Queue& queue = shard.queues[key];
        bool added;
        if (TryGrant(&queue, txn, waiter.group, mode, &added)) {
          if (added) NoteHeld(txn, key, mode);
          return Ok();
        }
        if (queue.waiters == nullptr) queue.waiters = new std::deque<Waiter*>();
        if (queue.Find(txn) != nullptr) {
          queue.waiters->push_front(&waiter);  // strengthening: nobody behind could go first anyway
        } else {
          queue.waiters->push_back(&waiter);
        }
      }
      waiting[waiter.group] = {txn, key, mode};
      absl::flat_hash_set<Group> seen;
      std::vector<Edge> path;
      if (FindPath(waiter.group, waiter.group, &seen, &path)) {
        Error error = DeadlockError(path);
        waiting.erase(waiter.group);
        Withdraw(&waiter, key);
        if (waiter.granted) return Ok();
        deadlocks.fetch_add(1, std::memory_order_relaxed);
        return error;
      }
    }
    AboutToBlock();
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
      waiting.erase(waiter.group);
    }
    if (!outcome.ok()) {
      Withdraw(&waiter, key);
      if (waiter.granted) return Ok();
    }
    return outcome;
  }

  // Takes modes of a holder back and lets others go on.
  void Drop(TxnId txn, const std::string& key, uint32_t modes) {
    Shard& shard = ShardOf(key);
    std::lock_guard lock(shard.mutex);
    auto it = shard.queues.find(key);
    if (it == shard.queues.end()) return;
    Queue& queue = it->second;
    for (size_t i = 0; i < queue.holders.size(); ++i) {
      if (queue.holders[i].txn != txn) continue;
      queue.holders[i].modes &= ~modes;
      if (queue.holders[i].modes == 0) {
        queue.holders.erase(queue.holders.begin() + static_cast<ptrdiff_t>(i));
        locks.fetch_sub(1, std::memory_order_relaxed);
      }
      break;
    }
    Advance(&queue, key);
    if (queue.holders.empty() && queue.waiters == nullptr) shard.queues.erase(it);
  }

  Status Lock(TxnId txn, std::string_view key, TableLockMode mode, const LockWait& wait,
              bool* waited) {
    if (TryLock(txn, key, mode, wait.process)) return Ok();
    if (waited != nullptr) *waited = true;
    return Wait(txn, std::string(key), mode, wait);
  }

  bool TryLock(TxnId txn, std::string_view key, TableLockMode mode, uint32_t process) {
    Shard& shard = ShardOf(key);
    bool added = false;
    {
      std::lock_guard lock(shard.mutex);
      auto it = shard.queues.find(absl::string_view(key.data(), key.size()));
      if (it == shard.queues.end()) it = shard.queues.try_emplace(std::string(key)).first;
      if (!TryGrant(&it->second, txn, GroupOf(txn, process), mode, &added)) {
        if (it->second.holders.empty() && it->second.waiters == nullptr) shard.queues.erase(it);
        return false;
      }
    }
    if (added) NoteHeld(txn, key, mode);
    return true;
  }
};

LockTable::LockTable(base::Clock* clock) : rep_(std::make_unique<Rep>(clock)) {}
LockTable::~LockTable() = default;

Status LockTable::LockTableObject(TxnId txn, uint64_t object, TableLockMode mode,
                                  const LockWait& wait) {
  return rep_->Lock(txn, ObjectKey(object), mode, wait, nullptr);
}

bool LockTable::TryLockTableObject(TxnId txn, uint64_t object, TableLockMode mode,
                                   uint32_t process) {
  return rep_->TryLock(txn, ObjectKey(object), mode, process);
}

Status LockTable::LockRow(TxnId txn, std::string_view key, RowLockMode mode, const LockWait& wait,
                          bool* waited) {
  return rep_->Lock(txn, RowKey(key), QueueMode(mode), wait, waited);
}

bool LockTable::TryLockRow(TxnId txn, std::string_view key, RowLockMode mode, uint32_t process) {
  return rep_->TryLock(txn, RowKey(key), QueueMode(mode), process);
}

namespace {
TableLockMode AdvisoryMode(bool shared) {
  return shared ? TableLockMode::kShare : TableLockMode::kExclusive;
}
}  // namespace

Status LockTable::LockAdvisory(TxnId owner, const AdvisoryKey& key, bool shared,
                               const LockWait& wait) {
  return rep_->Lock(owner, KeyOf(key), AdvisoryMode(shared), wait, nullptr);
}

bool LockTable::TryLockAdvisory(TxnId owner, const AdvisoryKey& key, bool shared,
                                uint32_t process) {
  return rep_->TryLock(owner, KeyOf(key), AdvisoryMode(shared), process);
}

void LockTable::ReleaseAdvisory(TxnId owner, const AdvisoryKey& advisory, bool shared) {
  const std::string key = KeyOf(advisory);
  const uint32_t modes = Bit(AdvisoryMode(shared));
  rep_->Drop(owner, key, modes);
  HeldShard& shard = rep_->held[owner.value % kShards];
  std::lock_guard lock(shard.mutex);
  auto it = shard.held.find(owner);
  if (it == shard.held.end()) return;
  std::erase_if(it->second,
                [&](const HeldLock& held) { return held.key == key && held.modes == modes; });
  if (it->second.empty()) shard.held.erase(it);
}

size_t LockTable::Mark(TxnId txn) const {
  HeldShard& shard = rep_->held[txn.value % kShards];
  std::lock_guard lock(shard.mutex);
  auto it = shard.held.find(txn);
  return it == shard.held.end() ? 0 : it->second.size();
}

void LockTable::ReleaseSince(TxnId txn, size_t mark) {
  std::vector<HeldLock> released;
  {
    HeldShard& shard = rep_->held[txn.value % kShards];
    std::lock_guard lock(shard.mutex);
    auto it = shard.held.find(txn);
    if (it == shard.held.end() || it->second.size() <= mark) return;
    if (mark == 0) {
      released = std::move(it->second);
      shard.held.erase(it);
    } else {
      auto from = it->second.begin() + static_cast<ptrdiff_t>(mark);
      released.assign(std::make_move_iterator(from), std::make_move_iterator(it->second.end()));
      it->second.erase(from, it->second.end());
    }
  }
  for (const HeldLock& held : released) rep_->Drop(txn, held.key, held.modes);
}

void LockTable::ReleaseAll(TxnId txn) { ReleaseSince(txn, 0); }

std::vector<LockInfo> LockTable::List() const {
  std::vector<LockInfo> list;
  for (Shard& shard : rep_->shards) {
    std::lock_guard lock(shard.mutex);
    for (const auto& [key, queue] : shard.queues) {
      LockInfo info;
      if (key[0] == kAdvisoryKey) {
        info.kind = LockInfo::Kind::kAdvisory;
        info.advisory = AdvisoryOf(key);
      } else if (key[0] == kRowKey) {
        info.kind = LockInfo::Kind::kRow;
      } else {
        info.object = LoadBig<uint64_t>(key.data() + 1);
      }
      auto add = [&](TxnId txn, Group group, TableLockMode mode, bool granted) {
        info.txn = txn;
        info.process = group >> 63 == 0 ? static_cast<uint32_t>(group) : 0;
        info.mode = mode;
        info.granted = granted;
        list.push_back(info);
      };
      for (const Holder& holder : queue.holders) {
        for (uint32_t mode = 0; mode < 8; ++mode) {
          if ((holder.modes >> mode & 1) != 0) {
            add(holder.txn, holder.group, static_cast<TableLockMode>(mode), true);
          }
        }
      }
      if (queue.waiters == nullptr) continue;
      for (const Waiter* waiter : *queue.waiters) {
        add(waiter->txn, waiter->group, waiter->mode, false);
      }
    }
  }
  return list;
}

uint64_t LockTable::lock_count() const { return rep_->locks.load(std::memory_order_relaxed); }
uint64_t LockTable::deadlock_count() const {
  return rep_->deadlocks.load(std::memory_order_relaxed);
}

}  // namespace lathe::txn
