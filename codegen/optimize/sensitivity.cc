#include "codegen/optimize/sensitivity.h"

#include <algorithm>
#include <cmath>

namespace lathe::optimize {
namespace {

using logical::Kind;

constexpr double kRowsWorthwhile = 1000;  // of smaller tables every plan is cheap
constexpr double kNearlyUnique = 0.9;     // different values per row: no value stands out

bool HasParam(const Expr& e) {
  bool found = false;
  expr::Visit(e, [&found](const Expr& part) { found |= part.kind == expr::Kind::kParam; });
  return found;
}

/// The selectivity of the condition depends on parameters, by what the statistics say.
bool DependsOnValues(const Expr& e, const Estimator& estimator) {
  switch (e.kind) {
    case expr::Kind::kAnd:
    case expr::Kind::kOr:
    case expr::Kind::kNot:
    case expr::Kind::kIsTrue:
    case expr::Kind::kIsFalse:
      for (const ExprPtr& child : e.children) {
        if (DependsOnValues(*child, estimator)) return true;
      }
      return false;
    case expr::Kind::kInList:
    case expr::Kind::kCall:
      break;
    default:
      return false;
  }
  if (e.children.size() < 2 || !HasParam(e)) return false;
  const ColumnFacts* facts = nullptr;
  for (const ExprPtr& child : e.children) {
    if (facts == nullptr) facts = estimator.FactsOf(*child);
  }
  if (facts == nullptr || facts->stats == nullptr) return false;
  const std::string_view op = e.kind == expr::Kind::kCall ? e.function->op : "=";
  if (op == "=" || op == "<>") {
    return !facts->stats->most_common.empty() &&
           facts->distinct < kNearlyUnique * facts->table_rows;
  }
  return op == "<" || op == "<=" || op == ">" || op == ">=";
}

char Bucket(double rows) {
  if (!(rows > 1)) return 'a';
  return static_cast<char>('a' + std::min(25, 1 + static_cast<int>(std::log2(rows) / 3)));
}

}  // namespace

void Sensitivity::Collect(const Node& root, Estimator* estimator) {
  if (root.kind == Kind::kFilter && root.children[0]->kind == Kind::kScan) {
    CollectScan(root, root.children[0]->As<logical::Scan>(), estimator);
    return;
  }
  for (const NodePtr& child : root.children) Collect(*child, estimator);
  if (root.kind != Kind::kLimit) return;
  const auto& limit = root.As<logical::Limit>();
  if (limit.limit == nullptr || !HasParam(*limit.limit)) return;
  // Of few rows any limit is the same.
  if (estimator->Rows(*root.children[0]) < kRowsWorthwhile) return;
  Guard guard;
  guard.condition = limit.limit->Clone();
  guards_.push_back(std::move(guard));
  names_.push_back("LIMIT");
}

void Sensitivity::CollectScan(const Node& filter, const logical::Scan& scan, Estimator* estimator) {
  Guard guard;
  guard.rows = estimator->Rows(scan);
  if (guard.rows < kRowsWorthwhile) return;
  std::vector<ExprPtr> conjuncts;
  for (ExprPtr& e : expr::SplitConjuncts(filter.As<logical::Filter>().predicate->Clone())) {
    if (DependsOnValues(*e, *estimator)) conjuncts.push_back(std::move(e));
  }
  if (conjuncts.empty()) return;
  guard.stats = estimator->StatsOf(*scan.relation);
  guard.condition =
      conjuncts.size() == 1 ? std::move(conjuncts[0]) : expr::MakeAnd(std::move(conjuncts));
  ColumnsOf(*guard.condition).ForEach([&](ColumnId id) {
    const ColumnFacts* facts = estimator->FactsOf(id);
    if (facts == nullptr) return;
    guard.columns.emplace_back(id, *facts);
    guard.columns.back().second.scan = nullptr;  // does not live on
  });
  guards_.push_back(std::move(guard));
  names_.push_back(scan.relation->name);
}

std::string Sensitivity::RegionOf(std::span<const types::Value> params) const {
  OptimizeContext context;
  context.params.assign(params.begin(), params.end());
  Estimator estimator(context);
  std::string region;
  for (const Guard& guard : guards_) {
    if (guard.rows == 0) {
      const std::optional<types::Value> count = estimator.HintOf(*guard.condition);
      const bool known = count && !count->is_null() && count->type().is_integer();
      region += known ? Bucket(static_cast<double>(count->AsInt64())) : 'z';
      continue;
    }
    for (const auto& [id, facts] : guard.columns) estimator.KnowColumn(id, facts);
    region += Bucket(guard.rows * estimator.Selectivity(*guard.condition));
  }
  return region;
}

}  // namespace lathe::optimize
