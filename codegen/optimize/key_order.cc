// ORDER BY key LIMIT n: the rows lie in the order of the key, so the scan may stop after n of them.
#include <algorithm>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {
namespace {

using logical::Kind;

// Rows that are read in order on one worker at most, as a part of the table.
constexpr double kOrderedPartMax = 0.3;

/// Columns that a predicate fixes to one value.
void AddFixed(const Expr& e, ColumnSet* columns) {
  if (e.kind == expr::Kind::kAnd) {
    for (const ExprPtr& child : e.children) AddFixed(*child, columns);
    return;
  }
  if (!IsComparison(e, "=")) return;
  for (int side = 0; side < 2; ++side) {
    if (e.children[side]->kind == expr::Kind::kColumn &&
        expr::IsRuntimeConstant(*e.children[1 - side])) {
      columns->Add(e.children[side]->column);
    }
  }
}

/// The output column of the scan that holds this column of the relation; null when it is not read.
const OutputColumn* OutputOf(const logical::Scan& scan, uint32_t column) {
  const std::vector<uint32_t> live = scan.relation->LiveColumns();
  for (size_t i = 0; i < scan.fields.size(); ++i) {
    if (scan.fields[i] < live.size() && live[scan.fields[i]] == column) return &scan.outputs[i];
  }
  return nullptr;
}

bool KeyGivesOrder(const logical::Sort& sort, const logical::Scan& scan, const ColumnSet& fixed) {
  size_t next = 0;  // sort key
  const schema::RelationDescriptor& relation = *scan.relation;
  for (const schema::KeyColumn& key : relation.key) {
    if (next == sort.keys.size()) return true;
    const OutputColumn* column = OutputOf(scan, key.column);
    if (!column) return false;
    const logical::SortKey& wanted = sort.keys[next];
    const bool same = wanted.expression->kind == expr::Kind::kColumn &&
                      wanted.expression->column == column->id &&
                      wanted.descending == key.descending &&
                      relation.columns[key.column].not_null && OrderedByBytes(column->type);
    if (same) {
      ++next;
    } else if (!fixed.Has(column->id)) {
      return false;
    }
  }
  // Beyond a unique key there are no ties left to break.
  return next == sort.keys.size() || relation.unique;
}

}  // namespace

bool ReadInKeyOrder(const logical::Limit& limit, Estimator* estimator) {
  const auto& sort = limit.children[0]->As<logical::Sort>();
  const Node* node = sort.children[0].get();
  ColumnSet fixed;
  while (node->kind == Kind::kFilter || node->kind == Kind::kProject) {
    if (node->kind == Kind::kFilter) AddFixed(*node->As<logical::Filter>().predicate, &fixed);
    if (node->kind == Kind::kProject && !PassesColumns(node->As<logical::Project>())) return false;
    node = node->children[0].get();
  }
  if (node->kind != Kind::kScan) return false;
  const auto& scan = node->As<logical::Scan>();
  if (scan.relation->kind == schema::RelationKind::kVirtual || scan.relation->key.empty())
    return false;
  if (!KeyGivesOrder(sort, scan, fixed)) return false;
  // Every row that passes the filter stands for some that are read in vain.
  const double all = estimator->Rows(*node);
  const double passing = std::max(1.0, estimator->Rows(*sort.children[0]));
  const double read = estimator->Rows(limit) * all / passing;
  return read <= kOrderedPartMax * all;
}

}  // namespace lathe::optimize
