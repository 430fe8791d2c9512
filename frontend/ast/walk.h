// The direct children of a node, for passes that do the same with most of them. The visitor has
// three overloads: operator()(ExprPtr&), (SelectStatement&), (TableRef&); the first two never see
// null. Names, types and options are not children; type modifiers are not visited.
#pragma once

#include "frontend/ast/statement.h"

namespace lathe::ast {

template <class Visitor>
void VisitOne(ExprPtr& child, Visitor&& visit) {
  if (child != nullptr) visit(child);
}

template <class Visitor>
void VisitAll(ExprList& children, Visitor&& visit) {
  for (ExprPtr& child : children) VisitOne(child, visit);
}

template <class Visitor>
void VisitAll(SortList& items, Visitor&& visit) {
  for (SortItem& item : items) VisitOne(item.expr, visit);
}

template <class Visitor>
void VisitAll(TargetList& targets, Visitor&& visit) {
  for (Target& target : targets) VisitOne(target.expr, visit);
}

template <class Visitor>
void VisitChildren(WindowDefinition& window, Visitor&& visit) {
  VisitAll(window.partition_by, visit);
  VisitAll(window.order_by, visit);
  VisitOne(window.start.offset, visit);
  VisitOne(window.end.offset, visit);
}

template <class Visitor>
void VisitChildren(Expr& expr, Visitor&& visit) {
  switch (expr.kind) {
    case Expr::Kind::kLiteral:
    case Expr::Kind::kParameter:
    case Expr::Kind::kColumnRef:
    case Expr::Kind::kSpecialValue:
    case Expr::Kind::kDefault:
    case Expr::Kind::kCurrentOf:
      break;
    case Expr::Kind::kUnary:
      VisitOne(expr.As<Unary>().operand, visit);
      break;
    case Expr::Kind::kBinary:
      VisitOne(expr.As<Binary>().left, visit);
      VisitOne(expr.As<Binary>().right, visit);
      break;
    case Expr::Kind::kAnd:
    case Expr::Kind::kOr:
      VisitAll(expr.As<Logical>().operands, visit);
      break;
    case Expr::Kind::kNot:
      VisitOne(expr.As<Not>().operand, visit);
      break;
    case Expr::Kind::kFunctionCall: {
      auto& call = expr.As<FunctionCall>();
      VisitAll(call.args, visit);
      VisitAll(call.order_by, visit);
      VisitOne(call.filter, visit);
      if (call.over != nullptr) VisitChildren(*call.over, visit);
      break;
    }
    case Expr::Kind::kCoalesce:
      VisitAll(expr.As<Coalesce>().args, visit);
      break;
    case Expr::Kind::kGreatestLeast:
      VisitAll(expr.As<GreatestLeast>().args, visit);
      break;
    case Expr::Kind::kNullIf:
      VisitOne(expr.As<NullIf>().left, visit);
      VisitOne(expr.As<NullIf>().right, visit);
      break;
    case Expr::Kind::kCase: {
      auto& c = expr.As<Case>();
      VisitOne(c.operand, visit);
      for (Case::When& when : c.whens) {
        VisitOne(when.condition, visit);
        VisitOne(when.result, visit);
      }
      VisitOne(c.otherwise, visit);
      break;
    }
    case Expr::Kind::kCast:
      VisitOne(expr.As<Cast>().operand, visit);
      break;
    case Expr::Kind::kCollate:
      VisitOne(expr.As<Collate>().operand, visit);
      break;
    case Expr::Kind::kIsNull:
      VisitOne(expr.As<IsNull>().operand, visit);
      break;
    case Expr::Kind::kIsBoolean:
      VisitOne(expr.As<IsBoolean>().operand, visit);
      break;
    case Expr::Kind::kIsDistinct:
      VisitOne(expr.As<IsDistinct>().left, visit);
      VisitOne(expr.As<IsDistinct>().right, visit);
      break;
    case Expr::Kind::kBetween:
      VisitOne(expr.As<Between>().operand, visit);
      VisitOne(expr.As<Between>().low, visit);
      VisitOne(expr.As<Between>().high, visit);
      break;
    case Expr::Kind::kInList:
      VisitOne(expr.As<InList>().operand, visit);
      VisitAll(expr.As<InList>().items, visit);
      break;
    case Expr::Kind::kLike:
      VisitOne(expr.As<Like>().operand, visit);
      VisitOne(expr.As<Like>().pattern, visit);
      VisitOne(expr.As<Like>().escape, visit);
      break;
    case Expr::Kind::kSubquery:
      VisitOne(expr.As<Subquery>().operand, visit);
      if (expr.As<Subquery>().query != nullptr) visit(*expr.As<Subquery>().query);
      break;
    case Expr::Kind::kQuantifiedArray:
      VisitOne(expr.As<QuantifiedArray>().operand, visit);
      VisitOne(expr.As<QuantifiedArray>().array, visit);
      break;
    case Expr::Kind::kArray:
      VisitAll(expr.As<Array>().items, visit);
      break;
    case Expr::Kind::kSubscript:
      VisitOne(expr.As<Subscript>().operand, visit);
      VisitOne(expr.As<Subscript>().lower, visit);
      VisitOne(expr.As<Subscript>().upper, visit);
      break;
    case Expr::Kind::kFieldSelect:
      VisitOne(expr.As<FieldSelect>().operand, visit);
      break;
    case Expr::Kind::kRow:
      VisitAll(expr.As<Row>().items, visit);
      break;
    case Expr::Kind::kGrouping:
      VisitAll(expr.As<Grouping>().args, visit);
      break;
  }
}

template <class Visitor>
void VisitChildren(TableRef& table, Visitor&& visit) {
  switch (table.kind) {
    case TableRef::Kind::kRelation:
      if (TableSample* sample = table.As<RelationRef>().sample.get(); sample != nullptr) {
        VisitAll(sample->args, visit);
        VisitOne(sample->repeatable, visit);
      }
      break;
    case TableRef::Kind::kSubquery:
      if (table.As<SubqueryRef>().query != nullptr) visit(*table.As<SubqueryRef>().query);
      break;
    case TableRef::Kind::kFunction:
      for (FunctionRef::Function& function : table.As<FunctionRef>().functions)
        VisitOne(function.call, visit);
      break;
    case TableRef::Kind::kJoin:
      visit(*table.As<Join>().left);
      visit(*table.As<Join>().right);
      VisitOne(table.As<Join>().on, visit);
      break;
  }
}

template <class Visitor>
void VisitAll(std::vector<GroupItem>& items, Visitor&& visit) {
  for (GroupItem& item : items) {
    VisitOne(item.expr, visit);
    VisitAll(item.items, visit);
  }
}

template <class Visitor>
void VisitChildren(Statement& statement, Visitor&& visit);

template <class Visitor>
void VisitAll(WithClause* with, Visitor&& visit) {
  if (with == nullptr) return;
  for (CommonTableExpr& item : with->items) {
    if (item.query == nullptr) continue;
    if (item.query->kind == Statement::Kind::kSelect) {
      visit(item.query->As<SelectStatement>());
    } else {
      VisitChildren(*item.query, visit);
    }
  }
}

template <class Visitor>
void VisitAll(std::vector<Assignment>& assignments, Visitor&& visit) {
  for (Assignment& assignment : assignments) {
    for (ColumnTarget& column : assignment.columns) VisitOne(column.indirection, visit);
    VisitOne(assignment.value, visit);
  }
}

template <class Visitor>
void VisitAll(std::vector<TableRefPtr>& tables, Visitor&& visit) {
  for (TableRefPtr& table : tables) visit(*table);
}

template <class Visitor>
void VisitChildren(SelectStatement& select, Visitor&& visit) {
  VisitAll(select.with.get(), visit);
  VisitAll(select.distinct_on, visit);
  VisitAll(select.targets, visit);
  VisitAll(select.from, visit);
  VisitOne(select.where, visit);
  VisitAll(select.group_by, visit);
  VisitOne(select.having, visit);
  for (WindowDefinition& window : select.windows) VisitChildren(window, visit);
  for (ExprList& row : select.rows) VisitAll(row, visit);
  if (select.left != nullptr) visit(*select.left);
  if (select.right != nullptr) visit(*select.right);
  VisitAll(select.order_by, visit);
  VisitOne(select.limit, visit);
  VisitOne(select.offset, visit);
}

/// SELECT, INSERT, UPDATE, DELETE, MERGE; other statements have no children here.
template <class Visitor>
void VisitChildren(Statement& statement, Visitor&& visit) {
  switch (statement.kind) {
    case Statement::Kind::kSelect:
      VisitChildren(statement.As<SelectStatement>(), visit);
      break;
    case Statement::Kind::kInsert: {
      auto& insert = statement.As<InsertStatement>();
      VisitAll(insert.with.get(), visit);
      if (insert.source != nullptr) visit(*insert.source);
      if (OnConflict* conflict = insert.on_conflict.get(); conflict != nullptr) {
        for (OnConflict::Element& element : conflict->target) VisitOne(element.expr, visit);
        VisitOne(conflict->target_where, visit);
        VisitAll(conflict->assignments, visit);
        VisitOne(conflict->where, visit);
      }
      VisitAll(insert.returning, visit);
      break;
    }
    case Statement::Kind::kUpdate: {
      auto& update = statement.As<UpdateStatement>();
      VisitAll(update.with.get(), visit);
      VisitAll(update.assignments, visit);
      VisitAll(update.from, visit);
      VisitOne(update.where, visit);
      VisitAll(update.returning, visit);
      break;
    }
    case Statement::Kind::kDelete: {
      auto& del = statement.As<DeleteStatement>();
      VisitAll(del.with.get(), visit);
      VisitAll(del.using_list, visit);
      VisitOne(del.where, visit);
      VisitAll(del.returning, visit);
      break;
    }
    case Statement::Kind::kMerge: {
      auto& merge = statement.As<MergeStatement>();
      VisitAll(merge.with.get(), visit);
      if (merge.source != nullptr) visit(*merge.source);
      VisitOne(merge.on, visit);
      for (MergeStatement::When& when : merge.whens) {
        VisitOne(when.condition, visit);
        VisitAll(when.assignments, visit);
        VisitAll(when.values, visit);
      }
      break;
    }
    default:
      break;
  }
}

}  // namespace lathe::ast
