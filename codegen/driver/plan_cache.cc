#include "codegen/driver/plan_cache.h"

#include <algorithm>

#include "runtime/func/compare.h"

namespace lathe::driver {
namespace {

// A plan made for a table of so different a size is made again.
constexpr double kRowCountFactor = 8;
constexpr double kRowCountSlack = 1000;
constexpr uint32_t kSizeCheckUses = 64;

bool SizeMoved(double planned, double now) {
  return now > planned * kRowCountFactor + kRowCountSlack ||
         planned > now * kRowCountFactor + kRowCountSlack;
}

bool BoundHolds(const AssumedBound& bound, const schema::RelationStats& stats) {
  if (bound.column >= stats.columns.size()) return false;
  const schema::ColumnStats& column = stats.columns[bound.column];
  if (column.min.is_null() || column.max.is_null()) return false;
  const types::Type& type = bound.min.type();
  return func::Compare(type, column.min.datum(), bound.min.datum()) >= 0 &&
         func::Compare(type, column.max.datum(), bound.max.datum()) <= 0;
}

}  // namespace

schema::RelationPtr RecordingCatalog::FindRelation(SchemaId schema, std::string_view name) {
  schema::RelationPtr found = inner_->FindRelation(schema, name);
  lookups_.push_back(
      {schema, std::string(name), found ? found->id : RelationId(), found ? found->version : 0});
  return found;
}

bool StillValid(const CachedPlan& plan, schema::CatalogReader* catalog) {
  for (const CatalogLookup& lookup : plan.lookups) {
    schema::RelationPtr found = catalog->FindRelation(lookup.schema, lookup.name);
    if (found == nullptr) {
      if (lookup.id) return false;
    } else if (found->id != lookup.id || found->version != lookup.version) {
      return false;
    }
  }
  return SizesHold(plan, catalog);
}

bool SizesHold(const CachedPlan& plan, schema::CatalogReader* catalog) {
  const bool look_at_sizes =
      plan.uses.fetch_add(1, std::memory_order_relaxed) % kSizeCheckUses == 0;
  for (const auto& [relation, rows] : plan.row_counts) {
    if (!look_at_sizes) break;
    if (SizeMoved(rows, catalog->GetStats(relation)->row_count)) return false;
  }
  for (const AssumedBound& bound : plan.query->assumed_bounds()) {
    if (!BoundHolds(bound, *catalog->GetStats(bound.relation))) return false;
  }
  return true;
}

bool CachedPlan::Covers(std::string_view region) const {
  std::lock_guard lock(regions_mutex_);
  return std::find(regions_.begin(), regions_.end(), region) != regions_.end();
}

void CachedPlan::Cover(std::string region) const {
  std::lock_guard lock(regions_mutex_);
  if (std::find(regions_.begin(), regions_.end(), region) != regions_.end()) return;
  regions_.push_back(std::move(region));
  if (regions_.size() > PlanCache::kRegionsMax) regions_.pop_front();
}

std::vector<std::string> CachedPlan::Regions() const {
  std::lock_guard lock(regions_mutex_);
  return {regions_.begin(), regions_.end()};
}

std::shared_ptr<const CachedPlan> PlanCache::Find(std::string_view key) {
  std::lock_guard lock(mutex_);
  auto it = index_.find(key);
  if (it == index_.end()) {
    ++stats_.misses;
    return nullptr;
  }
  ++stats_.hits;
  entries_.splice(entries_.begin(), entries_, it->second);
  return it->second->plans.front();
}

std::vector<std::shared_ptr<const CachedPlan>> PlanCache::Variants(std::string_view key) const {
  std::lock_guard lock(mutex_);
  auto it = index_.find(key);
  if (it == index_.end()) return {};
  return it->second->plans;
}

void PlanCache::Promote(std::string_view key, const CachedPlan* plan) {
  std::lock_guard lock(mutex_);
  auto it = index_.find(key);
  if (it == index_.end()) return;
  auto& plans = it->second->plans;
  auto place = std::find_if(plans.begin(), plans.end(),
                            [plan](const auto& other) { return other.get() == plan; });
  if (place != plans.end()) std::rotate(plans.begin(), place, place + 1);
}

bool PlanCache::PlannedEnough(std::string_view key) const {
  std::lock_guard lock(mutex_);
  auto it = index_.find(key);
  return it != index_.end() && it->second->made >= kPlansMade;
}

void PlanCache::Insert(const std::string& key, std::shared_ptr<const CachedPlan> plan) {
  // A plan's trees are a few kilobytes; its code is bounded by the compiler.
  const size_t bytes = 8192 + 4 * key.size() + 2 * plan->shape.size();
  std::lock_guard lock(mutex_);
  auto it = index_.find(key);
  if (it != index_.end() && plan->region_of) {
    // Each variant counts as large as this one, that is near enough.
    Entry& entry = *it->second;
    ++entry.made;
    entries_.splice(entries_.begin(), entries_, it->second);
    // What came out may be a plan that is there.
    auto same = std::find(entry.plans.begin(), entry.plans.end(), plan);
    if (same != entry.plans.end()) {
      std::rotate(entry.plans.begin(), same, same + 1);
      return;
    }
    ++stats_.variants;
    entry.plans.insert(entry.plans.begin(), std::move(plan));
    if (entry.plans.size() > kVariantsMax) {
      entry.plans.pop_back();
      ++stats_.evictions;
    }
    stats_.bytes += entry.plans.size() * bytes - entry.bytes;
    entry.bytes = entry.plans.size() * bytes;
  } else {
    if (it != index_.end()) EraseLocked(it->second);
    entries_.push_front(Entry{key, {std::move(plan)}, bytes});
    index_.emplace(entries_.front().key, entries_.begin());
    stats_.bytes += bytes;
  }
  while (entries_.size() > entries_max_ || (stats_.bytes > bytes_max_ && entries_.size() > 1)) {
    EraseLocked(std::prev(entries_.end()));
    ++stats_.evictions;
  }
}

void PlanCache::Erase(std::string_view key) {
  std::lock_guard lock(mutex_);
  if (auto it = index_.find(key); it != index_.end()) EraseLocked(it->second);
}

void PlanCache::Clear() {
  std::lock_guard lock(mutex_);
  index_.clear();
  entries_.clear();
  stats_.bytes = 0;
}

PlanCache::Stats PlanCache::stats() const {
  std::lock_guard lock(mutex_);
  Stats stats = stats_;
  stats.entries = entries_.size();
  return stats;
}

void PlanCache::EraseLocked(std::list<Entry>::iterator it) {
  stats_.bytes -= it->bytes;
  index_.erase(it->key);
  entries_.erase(it);
}

}  // namespace lathe::driver
