// Background work: folds, settling of loads, giving back what nobody reads any more.
#include <algorithm>
#include <chrono>

#include "storage/table/engine_impl.h"

namespace lathe::table {
namespace {

constexpr auto kRound = std::chrono::milliseconds(200);
constexpr auto kCompactRound = std::chrono::seconds(1);
constexpr auto kRoomPoll = std::chrono::milliseconds(5);
constexpr int64_t kRoomWaitNs = 10'000'000'000;
// Versions of few rows (hot rows) are folded as soon as they take that much memory, and more than
// the pages that a fold rewrites.
constexpr uint64_t kHotRowBytes = 8 << 20;
// What a scan pays for a row of the overlay, and what a fold pays per byte of page that it rewrites
// (read, merge, write), in ns. Measured on one machine; only their ratio matters, and only roughly.
constexpr double kOverlayRowNs = 80;
constexpr double kRewriteByteNs = 1.5;

}  // namespace

void EngineImpl::Kick() {
  {
    std::lock_guard lock(background_mutex_);
    kicked_ = true;
  }
  background_wake_.notify_one();
}

void EngineImpl::Background() {
  std::unique_lock lock(background_mutex_);
  while (!stop_) {
    background_wake_.wait_for(lock, kRound, [&] { return stop_ || kicked_; });
    if (stop_) return;
    kicked_ = false;
    lock.unlock();
    // An I/O error here is met again by whoever needs the result; the round is tried again.
    (void)Maintain(false);
    room_.notify_all();
    lock.lock();
  }
}

bool EngineImpl::WorthFolding(const Table& table) const {
  const uint64_t rows = table.delta_rows();
  if (rows == 0) return false;
  // Space: at half the bound, tables that hold a fair share of it.
  const uint64_t total = static_cast<uint64_t>(std::max<int64_t>(delta_bytes_.load(), 0));
  if (total > options_.delta_bytes_max / 2 && table.delta_bytes() > total / 16) return true;
  // Time: scans since the last fold have paid for the overlay what a fold would cost.
  TableVersionPtr version = table.Current();
  uint64_t pages = 0;
  for (const LeafPtr& leaf : version->directory->leaves()) {
    pages += std::min(leaf->change_count(), leaf->page_count() + 1);
  }
  const uint64_t bytes = table.delta_bytes();
  if (bytes > kHotRowBytes && bytes > 4 * pages * table.page_bytes()) return true;
  const double paid = static_cast<double>(table.scanned_overlay_rows()) * kOverlayRowNs;
  const double cost =
      static_cast<double>(pages * table.page_bytes()) * kRewriteByteNs + 20e6;  // files, syncs
  return paid > cost;
}

std::vector<Timestamp> EngineImpl::ReadableSnapshots() const {
  return watermark_->Readable(static_cast<int64_t>(options_.snapshot_seconds_max) * 1'000'000'000);
}

void EngineImpl::Compactor() {
  std::unique_lock lock(background_mutex_);
  while (!stop_) {
    compact_wake_.wait_for(lock, kCompactRound, [&] { return stop_; });
    if (stop_) return;
    lock.unlock();
    for (const std::shared_ptr<Table>& table : OpenTables()) {
      const uint64_t dead = table->dead_bytes();
      if (dead < options_.compact_bytes_min ||
          dead < table->live_bytes() / 100 * options_.compact_percent) {
        continue;
      }
      // Without room it is tried again later; other errors are met by whoever reads.
      (void)table->CompactPages();
    }
    (void)kv_->GiveBack(static_cast<uint64_t>(std::max<int64_t>(delta_bytes_.load(), 0)));
    lock.lock();
  }
}

Status EngineImpl::Compact(RelationId id) {
  catalog::StatePtr state = catalog_->state();
  auto it = state->relations.find(id);
  if (it == state->relations.end() || it->second->storage.value == 0) return Ok();
  LATHE_ASSIGN(std::shared_ptr<Table> table, GetTable(it->second));
  table->Trim(ReadableSnapshots());
  LATHE_TRY(table->ReclaimPages());
  if (table->dead_bytes() > table->live_bytes() / 10) LATHE_TRY(table->CompactPages());
  for (RelationId index : it->second->indexes) LATHE_TRY(Compact(index));
  return Ok();
}

Status EngineImpl::Maintain(bool fold_all) {
  std::lock_guard one(maintain_mutex_);
  const std::vector<Timestamp> readable = ReadableSnapshots();
  key_moves_.Trim(readable.front());
  for (const std::shared_ptr<Table>& table : OpenTables()) {
    table->Trim(readable);
    if (fold_all ? table->delta_rows() > 0 : options_.background_fold && WorthFolding(*table)) {
      LATHE_ASSIGN(bool folded, table->Fold());
      if (folded) folds_.fetch_add(1, std::memory_order_relaxed);
      table->Trim(ReadableSnapshots());
    }
    if (table->has_retired_pages()) LATHE_TRY(table->ReclaimPages());
  }
  LATHE_TRY(SettleLoads());
  return DropStorages();
}

Status EngineImpl::SettleLoads() {
  std::vector<std::pair<LoadId, Timestamp>> loads;
  std::vector<StorageId> storages;
  {
    std::lock_guard lock(loads_mutex_);
    for (const auto& [load, ts] : load_times_) {
      if (ts > watermark_->published()) continue;
      loads.emplace_back(load, ts);
      storages.push_back(load_storages_[load]);
    }
  }
  for (size_t i = 0; i < loads.size(); ++i) {
    std::shared_ptr<Table> table = FindTable(storages[i]);
    if (table == nullptr) continue;  // when it is used next
    LATHE_ASSIGN(bool settled, table->SettleLoad(loads[i].first, loads[i].second));
    if (!settled) continue;  // a load is under way; next round
    std::lock_guard lock(loads_mutex_);
    load_times_.erase(loads[i].first);
    load_storages_.erase(loads[i].first);
  }
  return Ok();
}

Status EngineImpl::DropStorages() {
  std::vector<StorageId> gone;
  {
    const Timestamp oldest = ReadableSnapshots().front();
    std::lock_guard lock(dropped_mutex_);
    std::erase_if(dropped_, [&](const Dropped& dropped) {
      if (dropped.ts > oldest) return false;
      gone.push_back(dropped.storage);
      return true;
    });
  }
  for (StorageId storage : gone) {
    if (std::shared_ptr<Table> table = FindTable(storage)) {
      if (table.use_count() > 2) {  // a scan reads it to its end; next round
        std::lock_guard lock(dropped_mutex_);
        dropped_.push_back({storage, Timestamp()});
        continue;
      }
      ForgetTable(storage);
    }
    LATHE_TRY(DeleteStorage(storage));
  }
  return Ok();
}

Status EngineImpl::FoldNow(RelationId id) {
  catalog::StatePtr state = catalog_->state();
  auto it = state->relations.find(id);
  if (it == state->relations.end()) {
    return MakeError(SqlState::kUndefinedTable,
                     "relation with OID " + std::to_string(id.value) + " does not exist");
  }
  if (it->second->storage.value == 0) return Ok();
  LATHE_ASSIGN(std::shared_ptr<Table> table, GetTable(it->second));
  if (table->delta_rows() > 0) {
    LATHE_ASSIGN(bool folded, table->Fold());
    if (folded) folds_.fetch_add(1, std::memory_order_relaxed);
  }
  table->Trim(ReadableSnapshots());
  LATHE_TRY(table->ReclaimPages());
  for (RelationId index : it->second->indexes) {
    Status folded = FoldNow(index);
    // It may have gone meanwhile.
    if (!folded.ok() && folded.error().state != SqlState::kUndefinedTable) return folded;
  }
  return Ok();
}

Status EngineImpl::FoldAll() {
  for (const auto& [id, relation] : catalog_->state()->relations) {
    if (relation->storage.value != 0) LATHE_TRY(GetTable(relation));
  }
  return Maintain(true);
}

void EngineImpl::WaitForDeltaRoom() {
  auto over = [&] {
    return delta_bytes_.load(std::memory_order_relaxed) >
           static_cast<int64_t>(options_.delta_bytes_max);
  };
  if (!over() || !options_.background_fold) return;
  // Bounded: a load in progress may keep the largest table from being folded, and its own commit
  // must be able to go on.
  const int64_t deadline = clock_->MonotonicNanos() + kRoomWaitNs;
  while (over() && clock_->MonotonicNanos() < deadline) {
    Kick();
    std::unique_lock lock(room_mutex_);
    room_.wait_for(lock, kRoomPoll);
  }
}

}  // namespace lathe::table
