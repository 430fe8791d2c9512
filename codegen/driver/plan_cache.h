// The plans and code of statements that have run, one cache per process, shared by all sessions.
// The key is the normalised statement (literals lifted) with whatever else decides its meaning; an
// entry remembers every catalog look-up that binding made, and is only used while each of them
// still gives the same answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <list>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "codegen/driver/driver.h"
#include "runtime/schema/schema.h"

namespace lathe::driver {

/// One answer of the catalog that a plan depends on.
struct CatalogLookup {
  SchemaId schema;  // by name: the schema and the name looked up
  std::string name;
  RelationId id;  // what was found; zero = nothing
  uint64_t version = 0;
};

/// A reader that passes everything on and keeps the look-ups of relations by name.
class RecordingCatalog final : public schema::CatalogReader {
 public:
  explicit RecordingCatalog(schema::CatalogReader* inner) : inner_(inner) {}
  std::shared_ptr<const schema::SchemaDescriptor> FindSchema(std::string_view name) override {
    return inner_->FindSchema(name);
  }
  std::shared_ptr<const schema::SchemaDescriptor> GetSchema(SchemaId id) override {
    return inner_->GetSchema(id);
  }
  schema::RelationPtr FindRelation(SchemaId schema, std::string_view name) override;
  schema::RelationPtr GetRelation(RelationId id) override { return inner_->GetRelation(id); }
  std::vector<std::shared_ptr<const schema::SchemaDescriptor>> Schemas() override {
    return inner_->Schemas();
  }
  std::vector<schema::RelationPtr> Relations() override { return inner_->Relations(); }
  std::shared_ptr<const schema::RelationStats> GetStats(RelationId id) override {
    return inner_->GetStats(id);
  }

  std::vector<CatalogLookup> TakeLookups() { return std::move(lookups_); }

 private:
  schema::CatalogReader* const inner_;
  std::vector<CatalogLookup> lookups_;
};

/// A statement that can be run again. Immutable but for what is guarded.
struct CachedPlan {
  std::shared_ptr<CompiledQuery> query;
  std::vector<CatalogLookup> lookups;
  /// Parameters behind the statement's own that repeat a lifted literal at another type: (index in
  /// Plan::params, of which parameter).
  std::vector<std::pair<uint32_t, uint32_t>> literal_copies;
  /// Per result column, the table column that it comes from unchanged; zero ids = computed.
  std::vector<std::pair<RelationId, ColumnNumber>> origins;
  std::vector<std::pair<RelationId, double>>
      row_counts;  // at planning: when they have moved far, the plan is made anew
  /// Keys whose duplicates make the statement start again (INSERT ... ON CONFLICT).
  std::vector<std::string> conflict_keys;
  /// What the caller keeps with the plan; its own affair.
  std::shared_ptr<const void> row_locks;
  mutable std::atomic<uint32_t> uses{0};  // row counts are looked at now and then only

  // Where the values of parameters weigh: which region of selectivities these values are in, and
  // for which regions this plan was chosen. No function: one plan serves all values.
  std::function<std::string(std::span<const types::Value>)> region_of;
  std::vector<std::string> region_names;  // what the characters of a region stand for
  std::string shape;                      // the plan's text without estimates
  bool Covers(std::string_view region) const;
  /// The plan would have been chosen in this region as well. Bounded: the oldest region is
  /// forgotten.
  void Cover(std::string region) const;
  std::vector<std::string> Regions() const;

 private:
  mutable std::mutex regions_mutex_;
  mutable std::deque<std::string> regions_;  // guarded by regions_mutex_
};

/// True while every look-up still finds the same relation in the same version, the bounds that the
/// code relies on hold, and no relation has grown or shrunk out of all proportion.
bool StillValid(const CachedPlan& plan, schema::CatalogReader* catalog);
/// The same without the look-ups: for a caller who knows that the catalog has not changed.
bool SizesHold(const CachedPlan& plan, schema::CatalogReader* catalog);

/// Thread-safe. A statement whose best plan depends on the values of its parameters has several
/// plans. Bounded in entries and bytes, the least recently used goes first; an entry in use
/// lives on until its users let go.
class PlanCache {
 public:
  static constexpr size_t kVariantsMax = 8;
  static constexpr uint32_t kPlansMade = 32;  // of one statement; then it keeps those it has
  static constexpr size_t kRegionsMax = 64;   // of one plan

  explicit PlanCache(size_t entries_max = 4096, size_t bytes_max = size_t{256} << 20)
      : entries_max_(entries_max), bytes_max_(bytes_max) {}

  /// The plan used last for this statement; null = none.
  std::shared_ptr<const CachedPlan> Find(std::string_view key);
  /// All plans of the statement, the one used last first.
  std::vector<std::shared_ptr<const CachedPlan>> Variants(std::string_view key) const;
  /// Moves the plan to the front of its statement's.
  void Promote(std::string_view key, const CachedPlan* plan);
  /// Whether so many plans have been made for this statement that values do not decide any more.
  bool PlannedEnough(std::string_view key) const;
  /// A plan that depends on values joins its statement's others (at most kVariantsMax, the one
  /// unused for longest goes); any other takes their place.
  void Insert(const std::string& key, std::shared_ptr<const CachedPlan> plan);
  void Erase(std::string_view key);
  void Clear();

  struct Stats {
    uint64_t entries = 0, bytes = 0, hits = 0, misses = 0, evictions = 0;
    uint64_t variants = 0;  // plans beyond the first of their statement, made in all
  };
  Stats stats() const;

 private:
  struct Entry {
    std::string key;
    std::vector<std::shared_ptr<const CachedPlan>> plans;  // used last first; not empty
    size_t bytes;
    uint32_t made = 1;  // plans, in all
  };
  void EraseLocked(std::list<Entry>::iterator it);

  const size_t entries_max_, bytes_max_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // keys live in entries_
  Stats stats_;
};

}  // namespace lathe::driver
