// Rows of operators. Conditions on values are in selectivity.cc.
#include "codegen/optimize/estimate.h"

#include <algorithm>
#include <cmath>

#include "codegen/optimize/keys.h"

namespace lathe::optimize {

using logical::JoinKind;
using logical::Kind;

namespace {

constexpr double kUnknownTableRows = 1000;
constexpr double kRowsMin = 1e-3;
constexpr double kRoundsDefault = 10;  // of a recursion, as PostgreSQL assumes

}  // namespace

std::shared_ptr<const schema::RelationStats> Estimator::StatsOf(
    const schema::RelationDescriptor& relation) {
  if (!options_.catalog || relation.kind == schema::RelationKind::kVirtual) return nullptr;
  auto [entry, added] = stats_.try_emplace(relation.id.value);
  if (added) entry->second = options_.catalog->GetStats(relation.id);
  return entry->second;
}

double Estimator::Rows(const Node& node) {
  auto found = rows_.find(&node);
  if (found != rows_.end()) return found->second;
  const double rows = std::max(Compute(node), kRowsMin);
  rows_[&node] = rows;
  return rows;
}

Estimator::CteFacts Estimator::FactsOfCte(const Node& definition) {
  CteFacts facts;
  facts.rows = Rows(definition);
  for (const OutputColumn& column : definition.outputs) {
    auto found = facts_.find(column.id.value);
    if (found == facts_.end()) continue;
    facts.distinct[column.id.value] = Distinct(*ColumnRef(column), facts.rows);
  }
  return facts;
}

void Estimator::Know(uint32_t cte, const CteFacts& facts) {
  cte_rows_[cte] = facts.rows;
  for (const auto& [column, distinct] : facts.distinct) {
    ColumnFacts known;
    known.table_rows = facts.rows;
    known.distinct = distinct;
    facts_.try_emplace(column, known);
  }
}

double Estimator::Compute(const Node& node) {
  switch (node.kind) {
    case Kind::kScan:
      return ScanRows(node.As<logical::Scan>());
    case Kind::kValues:
      return static_cast<double>(node.As<logical::Values>().rows.size());
    case Kind::kFilter: {
      const double rows = Rows(*node.children[0]);
      return rows * Selectivity(*node.As<logical::Filter>().predicate);
    }
    case Kind::kProject: {
      const double rows = Rows(*node.children[0]);
      const auto& project = node.As<logical::Project>();
      for (size_t i = 0; i < project.outputs.size(); ++i) {
        if (project.expressions[i]->kind != expr::Kind::kColumn) continue;
        auto found = facts_.find(project.expressions[i]->column.value);
        if (found == facts_.end()) continue;
        const ColumnFacts facts = found->second;
        facts_[project.outputs[i].id.value] = facts;
      }
      return rows;
    }
    case Kind::kSort:
    case Kind::kModify:
    case Kind::kWindow:
      return Rows(*node.children[0]);
    case Kind::kJoin: {
      const auto& join = node.As<logical::Join>();
      const double left = Rows(*join.children[0]);
      const double right = Rows(*join.children[1]);
      std::vector<const Expr*> conjuncts;
      if (join.predicate->kind == expr::Kind::kAnd) {
        for (const ExprPtr& e : join.predicate->children) conjuncts.push_back(e.get());
      } else {
        conjuncts.push_back(join.predicate.get());
      }
      return JoinRows(join.join_kind, left, right, JoinSelectivity(conjuncts));
    }
    case Kind::kAggregate:
      return GroupRows(node.As<logical::Aggregate>());
    case Kind::kLimit:
      return LimitRows(node.As<logical::Limit>());
    case Kind::kSetOperation: {
      const auto& set = node.As<logical::SetOperation>();
      double sum = 0;
      for (const NodePtr& child : node.children) sum += Rows(*child);
      const double first = Rows(*node.children[0]);
      if (set.operation == logical::SetOperationKind::kUnion) return set.all ? sum : 0.8 * sum;
      return set.operation == logical::SetOperationKind::kIntersect ? 0.5 * first : 0.7 * first;
    }
    case Kind::kTableFunction:
      return FunctionRows(node.As<logical::TableFunction>());
    case Kind::kRecursive: {
      const double first = Rows(*node.children[0]);
      cte_rows_[node.As<logical::Recursive>().working] = kRoundsDefault * first;
      return first + kRoundsDefault * Rows(*node.children[1]);
    }
    case Kind::kWith:
      cte_rows_[node.As<logical::With>().cte] = Rows(*node.children[0]);
      return Rows(*node.children[1]);
    case Kind::kCteScan: {
      const auto& scan = node.As<logical::CteScan>();
      for (size_t i = 0; i < scan.source.size(); ++i) {
        auto found = facts_.find(scan.source[i].value);
        if (found == facts_.end()) continue;
        const ColumnFacts facts = found->second;
        facts_[scan.outputs[i].id.value] = facts;
      }
      auto found = cte_rows_.find(scan.cte);
      return found == cte_rows_.end() ? kUnknownTableRows : found->second;
    }
  }
  return 1;
}

double Estimator::ScanRows(const logical::Scan& scan) {
  const schema::RelationDescriptor& relation = *scan.relation;
  auto stats = StatsOf(relation);
  const double rows = stats && stats->row_count > 0 ? stats->row_count : kUnknownTableRows;
  std::vector<uint32_t> unique;  // columns that are unique by themselves
  if (relation.unique && relation.key.size() == 1) unique.push_back(relation.key[0].column);
  for (RelationId id : relation.indexes) {
    schema::RelationPtr index = options_.catalog ? options_.catalog->GetRelation(id) : nullptr;
    if (index && index->unique && index->key_columns == 1) unique.push_back(index->sources[0]);
  }
  uint32_t field = 0;
  // Fields are the live columns in order; outputs name some of them.
  for (uint32_t c = 0; c < relation.columns.size(); ++c) {
    if (relation.columns[c].dropped) continue;
    for (size_t i = 0; i < scan.fields.size(); ++i) {
      if (scan.fields[i] != field) continue;
      ColumnFacts facts;
      facts.scan = &scan;
      facts.column = c;
      facts.table_rows = rows;
      if (stats && c < stats->columns.size()) {
        facts.stats = &stats->columns[c];
        facts.distinct = facts.stats->distinct_count;
      }
      if (std::find(unique.begin(), unique.end(), c) != unique.end()) facts.distinct = rows;
      facts_[scan.outputs[i].id.value] = facts;
    }
    ++field;
  }
  return rows;
}

double Estimator::JoinRows(JoinKind kind, double left, double right, double selectivity) {
  const double inner = left * right * selectivity;
  // Left rows that find a match: all of them when the right side has enough rows per value.
  const double matched = std::min(1.0, right * selectivity);
  switch (kind) {
    case JoinKind::kInner:
      return inner;
    case JoinKind::kLeft:
      return std::max(left, inner);
    case JoinKind::kRight:
      return std::max(right, inner);
    case JoinKind::kFull:
      return std::max(inner, std::max(left, right)) + 0.1 * std::min(left, right);
    case JoinKind::kSemi:
      return left * matched;
    case JoinKind::kAnti:
      return left * std::max(0.05, 1 - matched);
    case JoinKind::kMark:
    case JoinKind::kSingle:
      return left;
  }
  return inner;
}

double Estimator::JoinSelectivity(std::span<const Expr* const> conjuncts) {
  double selectivity = 1;
  // Equalities with the columns of one scan, which together may be its key.
  struct Matched {
    const logical::Scan* scan;
    double rows;
    double selectivity;
    std::vector<uint32_t> columns;
  };
  std::vector<Matched> scans;
  for (const Expr* e : conjuncts) {
    const double s = Selectivity(*e);
    selectivity *= s;
    if (!IsComparison(*e, "=") || conjuncts.size() < 2) continue;
    for (const ExprPtr& side : e->children) {
      const ColumnFacts* facts = FactsOf(*side);
      if (!facts || !facts->scan) continue;
      auto place = std::find_if(scans.begin(), scans.end(),
                                [&](const Matched& m) { return m.scan == facts->scan; });
      if (place == scans.end()) {
        scans.push_back({facts->scan, facts->table_rows, 1, {}});
        place = scans.end() - 1;
      }
      place->selectivity *= s;
      place->columns.push_back(facts->column);
    }
  }
  // A whole key finds one row of its table, however many columns it has: the largest correction
  // counts.
  double correction = 1;
  for (const Matched& m : scans) {
    const schema::RelationDescriptor& relation = *m.scan->relation;
    if (!relation.unique || m.columns.size() < 2) continue;
    bool whole = !relation.key.empty();
    for (const schema::KeyColumn& key : relation.key) {
      whole &= std::find(m.columns.begin(), m.columns.end(), key.column) != m.columns.end();
    }
    if (whole) correction = std::max(correction, 1 / m.rows / m.selectivity);
  }
  return std::min(1.0, selectivity * correction);
}

double Estimator::GroupRows(const logical::Aggregate& aggregate) {
  const double rows = Rows(*aggregate.children[0]);
  if (aggregate.groups.empty()) return 1;
  double groups = 1;
  ColumnSet columns;
  bool plain = true;
  for (size_t i = 0; i < aggregate.groups.size(); ++i) {
    const Expr& e = *aggregate.groups[i];
    const double distinct = Distinct(e, rows);
    groups *= distinct;
    plain &= e.kind == expr::Kind::kColumn;
    AddColumns(e, &columns);
    ColumnFacts facts;
    if (const ColumnFacts* known = FactsOf(e)) facts = *known;
    facts.scan = nullptr;
    facts.distinct = distinct;
    facts_[aggregate.outputs[i].id.value] = facts;
  }
  if (plain && aggregate.groups.size() > 1) {
    // One column that determines the others is enough.
    for (const ExprPtr& e : aggregate.groups) {
      const double distinct = Distinct(*e, rows);
      if (distinct >= groups) continue;
      ColumnSet determined;
      determined.Add(e->column);
      AddDetermined(*aggregate.children[0], &determined);
      if (columns.SubsetOf(determined)) groups = distinct;
    }
  }
  return std::max(1.0, std::min(groups, rows));
}

double Estimator::FunctionRows(const logical::TableFunction& node) {
  double rows = 0;
  for (const logical::TableFunction::Call& call : node.calls) {
    double own = call.function->rows;
    if (call.function->name == "generate_series" && call.args.size() >= 2) {
      const std::optional<types::Value> from = HintOf(*call.args[0]), to = HintOf(*call.args[1]);
      std::optional<types::Value> step;
      if (call.args.size() > 2) step = HintOf(*call.args[2]);
      const auto is_int = [](const std::optional<types::Value>& v) {
        return v && !v->is_null() && v->type().is_integer();
      };
      if (is_int(from) && is_int(to) && (call.args.size() == 2 || is_int(step))) {
        const double by = step ? static_cast<double>(step->AsInt64()) : 1;
        const double distance =
            static_cast<double>(to->AsInt64()) - static_cast<double>(from->AsInt64());
        own = by == 0 ? 0 : std::max(0.0, std::floor(distance / by) + 1);
      }
    }
    rows = std::max(rows, own);
  }
  return Rows(*node.children[0]) * rows;
}

double Estimator::LimitRows(const logical::Limit& limit) {
  const double rows = Rows(*limit.children[0]);
  if (!limit.limit) return rows;
  const std::optional<types::Value> count = HintOf(*limit.limit);
  if (!count) return 0.1 * rows;
  if (count->is_null()) return rows;
  return std::min(rows, std::max(0.0, static_cast<double>(count->AsInt64())));
}

double Estimator::Distinct(const Expr& e, double rows) {
  const double distinct = BaseDistinct(e);
  // Values that are drawn this often: some do not occur.
  return std::max(1.0, distinct * -std::expm1(-rows / distinct));
}

}  // namespace lathe::optimize
