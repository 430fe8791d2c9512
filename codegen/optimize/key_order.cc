// ORDER BY over a scan: what order is wanted of it, and how many of its rows.
#include <algorithm>
#include <cmath>

#include "codegen/optimize/choose.h"

namespace lathe::optimize {

using logical::Kind;

std::optional<WantedOrder> OrderWantedBy(const logical::Sort& sort, const logical::Limit* limit,
                                         Estimator* estimator) {
  std::vector<ColumnId> columns;
  for (const logical::SortKey& key : sort.keys) {
    if (key.expression->kind != expr::Kind::kColumn) return std::nullopt;
    columns.push_back(key.expression->column);
  }
  const Node* node = sort.children[0].get();
  for (; node->kind == Kind::kFilter || node->kind == Kind::kProject;
       node = node->children[0].get()) {
    if (node->kind == Kind::kFilter) continue;
    const auto& project = node->As<logical::Project>();
    for (ColumnId& column : columns) {
      for (size_t i = 0; i < project.outputs.size(); ++i) {
        if (project.outputs[i].id != column) continue;
        if (project.expressions[i]->kind != expr::Kind::kColumn) return std::nullopt;
        column = project.expressions[i]->column;
        break;
      }
    }
  }
  if (node->kind != Kind::kScan) return std::nullopt;
  WantedOrder order;
  order.scan = &node->As<logical::Scan>();
  if (order.scan->relation->kind == schema::RelationKind::kVirtual) return std::nullopt;
  for (size_t k = 0; k < columns.size(); ++k) {
    for (size_t i = 0; i < order.scan->outputs.size(); ++i) {
      if (order.scan->outputs[i].id != columns[k]) continue;
      order.keys.push_back(
          {order.scan->fields[i], sort.keys[k].descending, sort.keys[k].nulls_first});
    }
    if (order.keys.size() != k + 1) return std::nullopt;
  }
  const double rows = std::max(1.0, estimator->Rows(*sort.children[0]));
  order.rows_wanted = limit ? std::min(rows, estimator->Rows(*limit)) : rows;
  // A heap of the first rows, or a whole sort.
  order.sort_cost = rows * std::max(0.5, std::log2(order.rows_wanted + 1) / 4);
  if (!limit) order.sort_cost = rows * std::max(1.0, std::log2(rows + 1));
  return order;
}

}  // namespace lathe::optimize
