// JOIN: conditions, merged columns of USING and NATURAL, and which rows may come out with NULLs.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

logical::JoinKind KindOf(ast::Join::Type type) {
  switch (type) {
    case ast::Join::Type::kLeft:
      return logical::JoinKind::kLeft;
    case ast::Join::Type::kRight:
      return logical::JoinKind::kRight;
    case ast::Join::Type::kFull:
      return logical::JoinKind::kFull;
    case ast::Join::Type::kInner:
    case ast::Join::Type::kCross:
      return logical::JoinKind::kInner;
  }
  return logical::JoinKind::kInner;
}

/// The columns that an item shows without qualification, as one table (an item of a join has one
/// such part).
RangeTable VisibleColumns(const FromItem& item) {
  RangeTable table;
  for (const NamespaceItem& part : item.items) {
    if (!part.columns_visible) continue;
    table.columns.insert(table.columns.end(), part.table->columns.begin(),
                         part.table->columns.end());
  }
  return table;
}

}  // namespace

NodePtr Binder::MakeJoin(logical::JoinKind kind, NodePtr left, NodePtr right, ExprPtr predicate) {
  std::set<uint32_t> left_columns;
  bool dependent = false;
  if (right->kind != logical::Kind::kScan) {
    for (const OutputColumn& column : left->outputs) left_columns.insert(column.id.value);
    dependent = Reads(*right, left_columns);
  }
  if (dependent && kind == logical::JoinKind::kInner) {
    if (NodePtr computed = ComputeOver(left, right)) {
      const bool all = predicate->kind == expr::Kind::kConst && !predicate->value.is_null() &&
                       predicate->value.AsBool();
      if (all) return computed;
      auto filter = std::make_shared<logical::Filter>();
      filter->outputs = computed->outputs;
      filter->predicate = std::move(predicate);
      filter->children.push_back(std::move(computed));
      return filter;
    }
  }
  auto join = std::make_shared<logical::Join>();
  join->join_kind = kind;
  join->predicate = std::move(predicate);
  join->dependent = dependent;
  auto pad = [this](const logical::Node& side) {
    for (const OutputColumn& column : side.outputs) not_null_.erase(column.id.value);
  };
  if (kind == logical::JoinKind::kLeft || kind == logical::JoinKind::kFull) pad(*right);
  if (kind == logical::JoinKind::kRight || kind == logical::JoinKind::kFull) pad(*left);
  join->outputs = left->outputs;
  join->outputs.insert(join->outputs.end(), right->outputs.begin(), right->outputs.end());
  RefreshNullability(join.get());
  join->children.push_back(std::move(left));
  join->children.push_back(std::move(right));
  return join;
}

Status Binder::MergeColumns(const ast::Join& ref, const std::vector<std::string>& names,
                            RangeTable* left, RangeTable* right, RangeTable* joined,
                            std::vector<ExprPtr>* conditions) {
  auto take = [&](RangeTable* table, const std::string& name,
                  const char* side) -> Result<RangeColumn> {
    auto is_it = [&name](const RangeColumn& column) { return column.name == name; };
    auto found = std::find_if(table->columns.begin(), table->columns.end(), is_it);
    if (found == table->columns.end()) {
      return At(
          SqlState::kUndefinedColumn,
          "column \"" + name + "\" specified in USING clause does not exist in " + side + " table",
          -1);
    }
    if (std::find_if(found + 1, table->columns.end(), is_it) != table->columns.end()) {
      return At(SqlState::kAmbiguousColumn,
                "common column name \"" + name + "\" appears more than once in " + side + " table",
                -1);
    }
    RangeColumn column = *found;
    table->columns.erase(found);
    return column;
  };
  for (size_t i = 0; i < names.size(); ++i) {
    for (size_t j = 0; j < i; ++j) {
      if (names[j] == names[i]) {
        return At(SqlState::kDuplicateColumn,
                  "column name \"" + names[i] + "\" appears more than once in USING clause", -1);
      }
    }
    LATHE_ASSIGN(RangeColumn left_column, take(left, names[i], "left"));
    LATHE_ASSIGN(RangeColumn right_column, take(right, names[i], "right"));
    std::vector<ExprPtr> both;
    both.push_back(left_column.expr->Clone());
    both.push_back(right_column.expr->Clone());
    LATHE_ASSIGN(Type type, Unify(both, "JOIN/USING"));
    LATHE_ASSIGN(ExprPtr equal, MakeOperator("=", left_column.expr->Clone(),
                                             right_column.expr->Clone(), ref.location));
    LATHE_ASSIGN(equal, ToBoolean(std::move(equal), "JOIN/USING"));
    conditions->push_back(std::move(equal));
    ExprPtr merged;
    if (ref.type == ast::Join::Type::kFull) {
      merged = std::make_unique<Expr>(expr::Kind::kCoalesce, type);
      merged->children = std::move(both);
    } else {
      merged = std::move(both[ref.type == ast::Join::Type::kRight ? 1 : 0]);
    }
    joined->columns.push_back({names[i], std::move(merged)});
  }
  return Ok();
}

Result<FromItem> Binder::BindJoin(const ast::Join& ref, Scope& scope) {
  LATHE_ASSIGN(FromItem left, BindFromItem(*ref.left, scope));
  // A LATERAL item on the right sees the left, if the join kind allows it.
  const size_t visible = scope.items.size();
  for (NamespaceItem item : left.items) {
    item.lateral_only = true;
    item.lateral_ok = ref.type == ast::Join::Type::kInner || ref.type == ast::Join::Type::kLeft ||
                      ref.type == ast::Join::Type::kCross;
    scope.items.push_back(std::move(item));
  }
  Result<FromItem> right = BindFromItem(*ref.right, scope);
  scope.items.resize(visible);
  if (!right.ok()) return std::move(right).error();
  return FinishJoin(ref, std::move(left), std::move(right).value(), scope);
}

Result<FromItem> Binder::FinishJoin(const ast::Join& ref, FromItem left, FromItem right,
                                    Scope& scope) {
  using JoinType = ast::Join::Type;
  for (const NamespaceItem& item : left.items) {
    item.table->padded |= ref.type == JoinType::kRight || ref.type == JoinType::kFull;
  }
  for (const NamespaceItem& item : right.items) {
    item.table->padded |= ref.type == JoinType::kLeft || ref.type == JoinType::kFull;
  }
  RangeTable left_columns = VisibleColumns(left), right_columns = VisibleColumns(right);
  FromItem result;
  result.items = left.items;
  LATHE_TRY(AddToNamespace(&result.items, right.items));

  std::vector<std::string> names = ref.using_columns;
  if (ref.natural) {
    for (const RangeColumn& column : left_columns.columns) {
      for (const RangeColumn& other : right_columns.columns) {
        if (column.name == other.name &&
            std::find(names.begin(), names.end(), column.name) == names.end()) {
          names.push_back(column.name);
        }
      }
    }
  }
  auto joined = std::make_shared<RangeTable>();
  std::vector<ExprPtr> conditions;
  LATHE_TRY(MergeColumns(ref, names, &left_columns, &right_columns, joined.get(), &conditions));
  if (ref.on) {
    std::vector<NamespaceItem> saved = std::move(scope.items);
    const Clause clause = scope.clause;
    scope.items = result.items;
    scope.clause = Clause::kJoinOn;
    BoundExpr on = BindBoolean(*ref.on, scope, "JOIN/ON");
    scope.items = std::move(saved);
    scope.clause = clause;
    LATHE_ASSIGN(ExprPtr condition, std::move(on));
    conditions.push_back(std::move(condition));
  }
  std::vector<RangeColumn>& columns = joined->columns;
  if (!ref.using_alias.empty()) {
    auto merged = std::make_shared<RangeTable>(*joined);
    merged->alias = ref.using_alias;
    merged->aliased = true;
    LATHE_TRY(AddToNamespace(&result.items, {{merged, true, false, false, true}}));
  }
  columns.insert(columns.end(), left_columns.columns.begin(), left_columns.columns.end());
  columns.insert(columns.end(), right_columns.columns.begin(), right_columns.columns.end());

  result.plan = MakeJoin(KindOf(ref.type), std::move(left.plan), std::move(right.plan),
                         expr::MakeAnd(std::move(conditions)));
  joined->alias = ref.alias.name;
  joined->aliased = !ref.alias.name.empty();
  LATHE_TRY(RenameColumns(joined.get(), ref.alias));
  if (joined->aliased) {
    // The alias hides what is joined.
    result.items.clear();
  } else {
    for (NamespaceItem& item : result.items) item.columns_visible = false;
  }
  scope.tables.push_back(joined);
  result.items.push_back({joined, joined->aliased, true, false, true});
  return result;
}

}  // namespace lathe::bind
