// Joins by lookup: a hash join whose probe side is a scan may read only the rows with the keys that
// its build side has, through the relation's key or an index. Whether it does is decided when the
// build side is there, by the number of its rows.
#include <algorithm>
#include <limits>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

// In units of one sequentially read row, which takes a nanosecond or two; a lookup is mostly cache
// misses.
constexpr double kSeekCost = 800;
constexpr double kLookupCost = 150;
// Tables that are read whole.
constexpr double kSmallRows = 500;

class LookupChoice {
 public:
  LookupChoice(const physical::HashJoin& join, const physical::TableScan& probe,
               const logical::Scan& scan, Estimator* estimator)
      : join_(join),
        probe_(probe),
        scan_(scan),
        estimator_(estimator),
        live_(scan.relation->LiveColumns()),
        rows_(estimator->Rows(scan)) {}

  void TryOwnKey() {
    const schema::RelationDescriptor& relation = *scan_.relation;
    std::vector<uint32_t> columns;
    for (const schema::KeyColumn& key : relation.key) columns.push_back(key.column);
    Try(nullptr, columns, relation.unique ? columns.size() : SIZE_MAX);
  }
  void TryIndex(const schema::RelationPtr& index) {
    std::vector<uint32_t> columns;
    for (const schema::KeyColumn& key : index->key) {
      if (key.column >= index->first_tie || index->sources[key.column] == schema::kRowIdSource) {
        break;
      }
      columns.push_back(index->sources[key.column]);
    }
    Try(index, columns, index->unique ? index->key_columns : SIZE_MAX);
  }

  physical::KeyLookup best;
  bool index_only = false;  // of best
  double rows() const { return rows_; }

 private:
  /// unique: so many columns make a row.
  void Try(const schema::RelationPtr& index, const std::vector<uint32_t>& columns, size_t unique) {
    physical::KeyLookup lookup;
    double matches = rows_;
    for (uint32_t column : columns) {
      const int key = JoinKeyOf(column);
      if (key < 0) break;
      lookup.join_keys.push_back(static_cast<uint32_t>(key));
      matches /= estimator_->Distinct(*join_.probe_keys[static_cast<size_t>(key)], rows_);
    }
    if (lookup.join_keys.empty()) return;
    if (lookup.join_keys.size() >= unique) matches = 1;
    matches = std::max(1.0, matches);
    const bool only = index != nullptr && HasAll(*index);
    lookup.index = index;
    lookup.key_cost = kSeekCost + matches * (index == nullptr || only ? 1 : kLookupCost);
    if (!best.join_keys.empty() && best.key_cost <= lookup.key_cost) return;
    best = std::move(lookup);
    index_only = only;
  }

  int JoinKeyOf(uint32_t column) const {
    const types::Type& type = scan_.relation->columns[column].type;
    if (!OrderedByBytes(type)) return -1;
    for (size_t i = 0; i < join_.probe_keys.size(); ++i) {
      const Expr& key = *join_.probe_keys[i];
      if (join_.null_equal[i] || key.kind != expr::Kind::kColumn) continue;
      if (!SameValues(join_.build_keys[i]->type, type)) continue;
      for (size_t o = 0; o < scan_.outputs.size(); ++o) {
        const uint32_t field = scan_.fields[o];
        if (scan_.outputs[o].id == key.column && field < live_.size() && live_[field] == column) {
          return static_cast<int>(i);
        }
      }
    }
    return -1;
  }

  bool HasAll(const schema::RelationDescriptor& index) const {
    return std::all_of(probe_.fields.begin(), probe_.fields.end(), [&](uint32_t field) {
      return index.ColumnOfSource(field < live_.size() ? live_[field] : schema::kRowIdSource) >= 0;
    });
  }

  const physical::HashJoin& join_;
  const physical::TableScan& probe_;
  const logical::Scan& scan_;
  Estimator* const estimator_;
  const std::vector<uint32_t> live_;
  const double rows_;
};

}  // namespace

bool NeedsMatch(const physical::HashJoin& join) {
  switch (join.join_kind) {
    case logical::JoinKind::kInner:
      return true;
    case logical::JoinKind::kLeft:
    case logical::JoinKind::kAnti:
      return join.build_is_left;
    case logical::JoinKind::kSemi:
      return true;
    default:
      return false;
  }
}

void ChooseLookup(physical::HashJoin* join, physical::TableScan* probe, const logical::Scan& scan,
                  Estimator* estimator, schema::CatalogReader* catalog) {
  const schema::RelationDescriptor& relation = *scan.relation;
  const bool whole = probe->index == nullptr && probe->lower.values.empty() &&
                     probe->upper.values.empty() && probe->points.empty() && !probe->key_order;
  if (!whole || !NeedsMatch(*join) || relation.kind == schema::RelationKind::kVirtual) return;
  LookupChoice choice(*join, *probe, scan, estimator);
  if (choice.rows() < kSmallRows) return;
  choice.TryOwnKey();
  for (RelationId id : relation.indexes) {
    schema::RelationPtr index = catalog == nullptr ? nullptr : catalog->GetRelation(id);
    if (index != nullptr) choice.TryIndex(index);
  }
  if (choice.best.join_keys.empty() || choice.best.key_cost > choice.rows() / 2) return;
  if (choice.index_only) {
    // Read whole, it is no more than the table.
    const std::vector<uint32_t> live = relation.LiveColumns();
    for (uint32_t& field : probe->fields) {
      field = static_cast<uint32_t>(choice.best.index->ColumnOfSource(
          field < live.size() ? live[field] : schema::kRowIdSource));
    }
    probe->index = choice.best.index;
    probe->index_only = true;
    probe->skip.clear();
  }
  probe->lookup = std::move(choice.best);
  join->lookup_scan = probe;
}

}  // namespace lathe::optimize
