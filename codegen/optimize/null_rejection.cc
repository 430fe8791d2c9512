#include "codegen/optimize/null_rejection.h"

namespace lathe::optimize {
namespace {

ColumnSet NullSources(const Expr& e) {
  ColumnSet columns;
  AddNullSources(e, &columns);
  return columns;
}

ColumnSet Rejected(const Expr& e) {
  ColumnSet columns;
  AddRejected(e, &columns);
  return columns;
}

/// Columns that make every operand reject.
void AddCommon(const Expr& e, ColumnSet* columns) {
  ColumnSet common = Rejected(*e.children[0]);
  for (size_t i = 1; i < e.children.size(); ++i) common.Keep(Rejected(*e.children[i]));
  columns->Add(common);
}

/// The expression is NULL where all these columns are.
bool NullWhere(const Expr& e, const ColumnSet& columns) {
  switch (e.kind) {
    case expr::Kind::kConst:
      return e.value.is_null();
    case expr::Kind::kColumn:
      return columns.Has(e.column);
    case expr::Kind::kCall:
      if (!e.function->strict) return false;
      [[fallthrough]];
    case expr::Kind::kCast:
    case expr::Kind::kNot:
      for (const ExprPtr& child : e.children) {
        if (NullWhere(*child, columns)) return true;
      }
      return false;
    case expr::Kind::kInList:
      return NullWhere(*e.children[0], columns);
    case expr::Kind::kAnd:
    case expr::Kind::kOr:
    case expr::Kind::kCoalesce:
      for (const ExprPtr& child : e.children) {
        if (!NullWhere(*child, columns)) return false;
      }
      return true;
    default:
      return false;
  }
}

}  // namespace

void AddNullSources(const Expr& e, ColumnSet* columns) {
  switch (e.kind) {
    case expr::Kind::kColumn:
      columns->Add(e.column);
      return;
    case expr::Kind::kCall:
      if (!e.function->strict) return;
      [[fallthrough]];
    case expr::Kind::kCast:
    case expr::Kind::kNot:
      for (const ExprPtr& child : e.children) AddNullSources(*child, columns);
      return;
    case expr::Kind::kInList:
      AddNullSources(*e.children[0], columns);
      return;
    default:
      return;
  }
}

void AddRejected(const Expr& e, ColumnSet* columns) {
  switch (e.kind) {
    case expr::Kind::kAnd:
      for (const ExprPtr& child : e.children) AddRejected(*child, columns);
      return;
    case expr::Kind::kOr:
      AddCommon(e, columns);
      return;
    case expr::Kind::kIsNotNull:
      columns->Add(NullSources(*e.children[0]));
      return;
    case expr::Kind::kIsTrue:
      AddRejected(*e.children[0], columns);
      return;
    case expr::Kind::kIsFalse:
      columns->Add(NullSources(*e.children[0]));
      return;
    default:
      AddNullSources(e, columns);
      return;
  }
}

bool RejectsNulls(const Expr& e, const ColumnSet& columns) {
  switch (e.kind) {
    case expr::Kind::kConst:
      return IsConstNotTrue(e);
    case expr::Kind::kAnd:
      for (const ExprPtr& child : e.children) {
        if (RejectsNulls(*child, columns)) return true;
      }
      return false;
    case expr::Kind::kOr:
      for (const ExprPtr& child : e.children) {
        if (!RejectsNulls(*child, columns)) return false;
      }
      return true;
    case expr::Kind::kIsNotNull:
    case expr::Kind::kIsFalse:
      return NullWhere(*e.children[0], columns);
    case expr::Kind::kIsTrue:
      return RejectsNulls(*e.children[0], columns);
    default:
      return NullWhere(e, columns);
  }
}

}  // namespace lathe::optimize
