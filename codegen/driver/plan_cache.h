// The plans and code of statements that have run, one cache per process, shared by all sessions.
// The key is the normalised statement (literals lifted) with whatever else decides its meaning; an
// entry remembers every catalog look-up that binding made, and is only used while each of them
// still gives the same answer.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
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

/// A statement that can be run again. Immutable.
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
  mutable std::atomic<uint32_t> uses{0};  // row counts are looked at now and then only
};

/// True while every look-up still finds the same relation in the same version, the bounds that the
/// code relies on hold, and no relation has grown or shrunk out of all proportion.
bool StillValid(const CachedPlan& plan, schema::CatalogReader* catalog);

/// Thread-safe. Bounded in entries and bytes, the least recently used goes first; an entry in use
/// lives on until its users let go.
class PlanCache {
 public:
  explicit PlanCache(size_t entries_max = 4096, size_t bytes_max = size_t{256} << 20)
      : entries_max_(entries_max), bytes_max_(bytes_max) {}

  std::shared_ptr<const CachedPlan> Find(std::string_view key);
  void Insert(const std::string& key, std::shared_ptr<const CachedPlan> plan);
  void Erase(std::string_view key);
  void Clear();

  struct Stats {
    uint64_t entries = 0, bytes = 0, hits = 0, misses = 0, evictions = 0;
  };
  Stats stats() const;

 private:
  struct Entry {
    std::string key;
    std::shared_ptr<const CachedPlan> plan;
    size_t bytes;
  };
  void EraseLocked(std::list<Entry>::iterator it);

  const size_t entries_max_, bytes_max_;
  mutable std::mutex mutex_;
  std::list<Entry> entries_;  // most recently used first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> index_;  // keys live in entries_
  Stats stats_;
};

}  // namespace lathe::driver
