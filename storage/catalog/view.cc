#include "storage/catalog/view.h"

namespace lathe::catalog {

std::vector<txn::CatalogChange> Changes::ToRecords() const {
  std::vector<txn::CatalogChange> records;
  for (const auto& [id, schema] : schemas) {
    txn::CatalogChange change{RecordKey(RecordKind::kSchema, id.value), std::nullopt};
    if (schema != nullptr) change.value = EncodeSchema(*schema);
    records.push_back(std::move(change));
  }
  // Deletions first: a new relation may take the name of one dropped before it.
  for (const auto& [id, relation] : relations) {
    if (relation != nullptr) continue;
    records.push_back({RecordKey(RecordKind::kRelation, id.value), std::nullopt});
    records.push_back({RecordKey(RecordKind::kStats, id.value), std::nullopt});
  }
  for (const auto& [id, relation] : relations) {
    if (relation == nullptr) continue;
    records.push_back({RecordKey(RecordKind::kRelation, id.value), EncodeRelation(*relation)});
  }
  for (const auto& [id, stats] : this->stats) {
    auto relation = relations.find(id);
    if (relation != relations.end() && relation->second == nullptr) continue;
    records.push_back({RecordKey(RecordKind::kStats, id.value), EncodeStats(*stats)});
  }
  return records;
}

SchemaPtr View::GetSchema(SchemaId id) {
  if (auto own = changes_.schemas.find(id); own != changes_.schemas.end()) return own->second;
  auto it = state_->schemas.find(id);
  return it == state_->schemas.end() ? nullptr : it->second;
}

SchemaPtr View::FindSchema(std::string_view name) {
  for (const auto& [id, schema] : changes_.schemas) {
    if (schema != nullptr && schema->name == name) return schema;
  }
  auto it = state_->schema_names.find(name);
  if (it == state_->schema_names.end()) return nullptr;
  SchemaPtr schema = GetSchema(it->second);
  return schema != nullptr && schema->name == name ? schema : nullptr;
}

schema::RelationPtr View::GetRelation(RelationId id) {
  if (auto own = changes_.relations.find(id); own != changes_.relations.end()) return own->second;
  auto it = state_->relations.find(id);
  return it == state_->relations.end() ? nullptr : it->second;
}

schema::RelationPtr View::FindRelation(SchemaId schema, std::string_view name) {
  for (const auto& [id, relation] : changes_.relations) {
    if (relation != nullptr && relation->schema == schema && relation->name == name) {
      return relation;
    }
  }
  auto it = state_->relation_names.find({schema, std::string(name)});
  if (it == state_->relation_names.end()) return nullptr;
  schema::RelationPtr relation = GetRelation(it->second);
  return relation != nullptr && relation->schema == schema && relation->name == name ? relation
                                                                                     : nullptr;
}

std::vector<SchemaPtr> View::Schemas() {
  std::map<SchemaId, SchemaPtr> all = state_->schemas;
  for (const auto& [id, schema] : changes_.schemas) all[id] = schema;
  std::vector<SchemaPtr> result;
  for (auto& [id, schema] : all) {
    if (schema != nullptr) result.push_back(std::move(schema));
  }
  return result;
}

std::vector<schema::RelationPtr> View::Relations() {
  std::map<RelationId, schema::RelationPtr> all = state_->relations;
  for (const auto& [id, relation] : changes_.relations) all[id] = relation;
  std::vector<schema::RelationPtr> result;
  for (auto& [id, relation] : all) {
    if (relation != nullptr) result.push_back(std::move(relation));
  }
  return result;
}

StatsPtr View::GetStats(RelationId id) {
  static const StatsPtr kNothing = std::make_shared<schema::RelationStats>();
  schema::RelationPtr relation = GetRelation(id);
  if (relation == nullptr) return kNothing;
  StatsPtr analyzed;
  if (auto own = changes_.stats.find(id); own != changes_.stats.end()) {
    analyzed = own->second;
  } else if (auto it = state_->stats.find(id); it != state_->stats.end()) {
    analyzed = it->second;
  }
  StatsPtr live = live_stats_ ? live_stats_(relation) : kNothing;
  if (analyzed == nullptr) return live;
  // Counts and bounds from what is there now, the rest from ANALYZE, as far as it still holds.
  auto merged = std::make_shared<schema::RelationStats>(*live);
  merged->columns.resize(relation->columns.size());
  const double rows = std::max(1.0, live->row_count);
  const double newer = std::max(0.0, 1 - analyzed->row_count / rows);
  // Columns of which most rows have a value of their own keep that; others have seen all values.
  constexpr double kGrowing = 0.1;
  for (size_t i = 0; i < merged->columns.size() && i < analyzed->columns.size(); ++i) {
    schema::ColumnStats& to = merged->columns[i];
    const schema::ColumnStats& from = analyzed->columns[i];
    to.null_fraction = from.null_fraction;
    to.distinct_count = from.distinct_count;
    if (from.distinct_count > kGrowing * analyzed->row_count && analyzed->row_count > 0) {
      to.distinct_count *= rows / analyzed->row_count;
    }
    to.newer_fraction = newer;
    to.most_common = from.most_common;
    to.histogram = from.histogram;
  }
  return merged;
}

void View::PutSchema(SchemaPtr schema) {
  SchemaId id = schema->id;
  changes_.schemas[id] = std::move(schema);
}

void View::PutRelation(schema::RelationPtr relation) {
  RelationId id = relation->id;
  changes_.relations[id] = std::move(relation);
}

void View::DropRelation(RelationId id) {
  changes_.relations[id] = nullptr;
  changes_.stats.erase(id);
}

}  // namespace lathe::catalog
