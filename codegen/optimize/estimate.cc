#include "codegen/optimize/estimate.h"

#include <algorithm>
#include <cmath>

namespace lathe::optimize {

using logical::Kind;

namespace {

constexpr double kUnknownTableRows = 1000;
constexpr double kRowsMin = 1e-3;

}  // namespace

double Estimator::TableRows(const schema::RelationDescriptor& relation) {
  if (!options_.catalog || relation.kind == schema::RelationKind::kVirtual) return kUnknownTableRows;
  auto stats = options_.catalog->GetStats(relation.id);
  return stats && stats->row_count > 0 ? stats->row_count : kUnknownTableRows;
}

double Estimator::Rows(const Node& node) {
  auto found = rows_.find(&node);
  if (found != rows_.end()) return found->second;
  const double rows = std::max(Compute(node), kRowsMin);
  rows_[&node] = rows;
  return rows;
}

double Estimator::Compute(const Node& node) {
  switch (node.kind) {
    case Kind::kScan: {
      const auto& scan = node.As<logical::Scan>();
      return TableRows(*scan.relation);
    }
    case Kind::kValues:
      return static_cast<double>(node.As<logical::Values>().rows.size());
    case Kind::kFilter:
      return Rows(*node.children[0]) * Selectivity(*node.As<logical::Filter>().predicate);
    case Kind::kProject:
    case Kind::kSort:
    case Kind::kModify:
      return Rows(*node.children[0]);
    case Kind::kJoin:
      return JoinRows(node.As<logical::Join>());
    case Kind::kAggregate: {
      const double rows = Rows(*node.children[0]);
      return node.As<logical::Aggregate>().groups.empty() ? 1 : std::max(1.0, rows / 10);
    }
    case Kind::kLimit: {
      const double rows = Rows(*node.children[0]);
      const auto& limit = node.As<logical::Limit>();
      if (limit.limit && limit.limit->kind == expr::Kind::kConst && !limit.limit->value.is_null()) {
        return std::min(rows, static_cast<double>(limit.limit->value.AsInt64()));
      }
      return rows;
    }
    case Kind::kSetOperation: {
      double rows = 0;
      for (const NodePtr& child : node.children) rows += Rows(*child);
      return rows;
    }
    case Kind::kWith:
      cte_rows_[node.As<logical::With>().cte] = Rows(*node.children[0]);
      return Rows(*node.children[1]);
    case Kind::kCteScan: {
      auto found = cte_rows_.find(node.As<logical::CteScan>().cte);
      return found == cte_rows_.end() ? kUnknownTableRows : found->second;
    }
  }
  return 1;
}

double Estimator::JoinRows(const logical::Join& join) {
  const double left = Rows(*join.children[0]);
  const double right = Rows(*join.children[1]);
  bool has_key = false;
  for (const ExprPtr& child : join.predicate->children) {
    if (IsComparison(*child, "=")) has_key = true;
  }
  if (IsComparison(*join.predicate, "=")) has_key = true;
  const double inner = has_key ? std::max(left, right) : left * right * Selectivity(*join.predicate);
  switch (join.join_kind) {
    case logical::JoinKind::kInner:
      return inner;
    case logical::JoinKind::kLeft:
      return std::max(left, inner);
    case logical::JoinKind::kRight:
      return std::max(right, inner);
    case logical::JoinKind::kFull:
      return std::max(left + right, inner);
    case logical::JoinKind::kSemi:
    case logical::JoinKind::kAnti:
      return left / 2;
    case logical::JoinKind::kMark:
    case logical::JoinKind::kSingle:
      return left;
  }
  return inner;
}

double Estimator::Selectivity(const Expr& e) {
  if (IsConstBool(e, true)) return 1;
  if (e.kind == expr::Kind::kAnd) {
    double selectivity = 1;
    for (const ExprPtr& child : e.children) selectivity *= Selectivity(*child);
    return selectivity;
  }
  return ComparisonSelectivity(e);
}

double Estimator::ComparisonSelectivity(const Expr& e) {
  if (IsComparison(e, "=")) return 0.005;
  return 1.0 / 3;
}

double Estimator::Distinct(const Expr&, double rows) { return std::max(1.0, rows / 10); }

}  // namespace lathe::optimize
