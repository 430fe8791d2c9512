// Queries as SQL.
#include "frontend/ast/printer.h"

namespace lathe::ast {

void Printer::PutAlias(const Alias& alias) {
  if (!alias.name.empty()) Put(" AS ").Put(QuoteIdentifier(alias.name));
  if (!alias.columns.empty()) ParenNames(alias.columns);
}

void Printer::PutItems(const std::vector<ColumnDefinitionItem>& items) {
  Put("(");
  List(items, [this](const ColumnDefinitionItem& item) {
    Put(QuoteIdentifier(item.name)).Put(" ");
    Put(item.type);
  });
  Put(")");
}

void Printer::PutRelation(const RelationRef& relation) {
  if (relation.only) Put("ONLY ");
  Put(relation.name);
  PutAlias(relation.alias);
  if (relation.sample == nullptr) return;
  Put(" TABLESAMPLE ");
  Put(relation.sample->method);
  PutParenthesized("", relation.sample->args);
  if (relation.sample->repeatable != nullptr) {
    Put(" REPEATABLE (");
    Put(*relation.sample->repeatable);
    Put(")");
  }
}

void Printer::PutFunction(const FunctionRef& function) {
  if (function.lateral) Put("LATERAL ");
  if (function.rows_from) Put("ROWS FROM (");
  List(function.functions, [this](const FunctionRef::Function& f) {
    Put(*f.call);
    if (!f.columns.empty()) {
      Put(" AS ");
      PutItems(f.columns);
    }
  });
  if (function.rows_from) Put(")");
  if (function.ordinality) Put(" WITH ORDINALITY");
  if (function.columns.empty()) {
    PutAlias(function.alias);
    return;
  }
  Put(" AS ");
  if (!function.alias.name.empty()) Put(QuoteIdentifier(function.alias.name));
  PutItems(function.columns);
}

void Printer::PutJoin(const Join& join) {
  static constexpr std::string_view kTypes[] = {"JOIN ", "LEFT JOIN ", "RIGHT JOIN ", "FULL JOIN ",
                                                "CROSS JOIN "};
  const bool aliased = !join.alias.name.empty();
  if (aliased) Put("(");
  Put(*join.left);
  Put(join.natural ? " NATURAL " : " ").Put(kTypes[static_cast<int>(join.type)]);
  const bool parenthesize =
      join.right->kind == TableRef::Kind::kJoin && join.right->alias.name.empty();
  if (parenthesize) Put("(");
  Put(*join.right);
  if (parenthesize) Put(")");
  if (join.on != nullptr) {
    Put(" ON ");
    Put(*join.on);
  }
  if (!join.using_columns.empty()) {
    Put(" USING");
    ParenNames(join.using_columns);
    if (!join.using_alias.empty()) Put(" AS ").Put(QuoteIdentifier(join.using_alias));
  }
  if (aliased) {
    Put(")");
    PutAlias(join.alias);
  }
}

void Printer::Put(const TableRef& table) {
  switch (table.kind) {
    case TableRef::Kind::kRelation:
      PutRelation(table.As<RelationRef>());
      break;
    case TableRef::Kind::kSubquery:
      if (table.As<SubqueryRef>().lateral) Put("LATERAL ");
      Put("(");
      Put(*table.As<SubqueryRef>().query);
      Put(")");
      PutAlias(table.alias);
      break;
    case TableRef::Kind::kFunction:
      PutFunction(table.As<FunctionRef>());
      break;
    case TableRef::Kind::kJoin:
      PutJoin(table.As<Join>());
      break;
  }
}

void Printer::PutGroupItem(const GroupItem& item) {
  static constexpr std::string_view kTypes[] = {"", "()", "ROLLUP (", "CUBE (", "GROUPING SETS ("};
  Put(kTypes[static_cast<int>(item.type)]);
  if (item.expr != nullptr) Put(*item.expr);
  if (item.type == GroupItem::Type::kExpr || item.type == GroupItem::Type::kEmpty) return;
  List(item.items, [this](const GroupItem& i) { PutGroupItem(i); });
  Put(")");
}

void Printer::PutTargets(const TargetList& targets) {
  List(targets, [this](const Target& target) {
    Put(*target.expr);
    if (!target.name.empty()) Put(" AS ").Put(QuoteIdentifier(target.name));
  });
}

void Printer::PutWith(const WithClause* with) {
  if (with == nullptr) return;
  Put(with->recursive ? "WITH RECURSIVE " : "WITH ");
  List(with->items, [this](const CommonTableExpr& item) {
    Put(QuoteIdentifier(item.name));
    if (!item.columns.empty()) ParenNames(item.columns);
    Put(" AS ");
    if (item.materialized == CommonTableExpr::Materialized::kAlways) Put("MATERIALIZED ");
    if (item.materialized == CommonTableExpr::Materialized::kNever) Put("NOT MATERIALIZED ");
    Put("(");
    Put(*item.query);
    Put(")");
    if (item.search) {
      Put(item.search->breadth ? " SEARCH BREADTH FIRST BY " : " SEARCH DEPTH FIRST BY ");
      List(item.search->columns, [this](const std::string& name) { Put(QuoteIdentifier(name)); });
      Put(" SET ").Put(QuoteIdentifier(item.search->sequence));
    }
    if (!item.cycle) return;
    Put(" CYCLE ");
    List(item.cycle->columns, [this](const std::string& name) { Put(QuoteIdentifier(name)); });
    Put(" SET ").Put(QuoteIdentifier(item.cycle->mark));
    if (item.cycle->value) {
      Put(" TO ");
      Put(*item.cycle->value);
      Put(" DEFAULT ");
      Put(*item.cycle->otherwise);
    }
    Put(" USING ").Put(QuoteIdentifier(item.cycle->path));
  });
  Put(" ");
}

void Printer::PutLocking(const LockingClause& clause) {
  static constexpr std::string_view kStrengths[] = {" FOR KEY SHARE", " FOR SHARE",
                                                    " FOR NO KEY UPDATE", " FOR UPDATE"};
  static constexpr std::string_view kWaits[] = {"", " SKIP LOCKED", " NOWAIT"};
  Put(kStrengths[static_cast<int>(clause.strength)]);
  if (!clause.relations.empty()) {
    Put(" OF ");
    List(clause.relations, [this](const QualifiedName& name) { Put(name); });
  }
  Put(kWaits[static_cast<int>(clause.wait)]);
}

void Printer::PutFrom(std::string_view keyword, const std::vector<TableRefPtr>& tables) {
  if (tables.empty()) return;
  Put(keyword);
  List(tables, [this](const TableRefPtr& table) { Put(*table); });
}

void Printer::PutWhere(const ExprPtr& where) {
  if (where == nullptr) return;
  Put(" WHERE ");
  Put(*where);
}

void Printer::PutSelectCore(const SelectStatement& select) {
  Put("SELECT");
  if (select.distinct != SelectStatement::Distinct::kNone) Put(" DISTINCT");
  if (select.distinct == SelectStatement::Distinct::kDistinctOn)
    PutParenthesized(" ON ", select.distinct_on);
  if (!select.targets.empty()) Put(" ");
  PutTargets(select.targets);
  if (select.into != nullptr) {
    static constexpr std::string_view kInto[] = {" INTO TABLE ", " INTO TEMPORARY TABLE ",
                                                 " INTO UNLOGGED TABLE "};
    Put(kInto[static_cast<int>(select.into->persistence)]);
    Put(select.into->table);
  }
  PutFrom(" FROM ", select.from);
  PutWhere(select.where);
  if (!select.group_by.empty()) {
    Put(select.group_distinct ? " GROUP BY DISTINCT " : " GROUP BY ");
    List(select.group_by, [this](const GroupItem& item) { PutGroupItem(item); });
  }
  if (select.having != nullptr) {
    Put(" HAVING ");
    Put(*select.having);
  }
  if (!select.windows.empty()) {
    Put(" WINDOW ");
    List(select.windows, [this](const WindowDefinition& window) {
      Put(QuoteIdentifier(window.name)).Put(" AS ");
      Put(window);
    });
  }
}

void Printer::Put(const SelectStatement& select) {
  PutWith(select.with.get());
  switch (select.form) {
    case SelectStatement::Form::kSelect:
      PutSelectCore(select);
      break;
    case SelectStatement::Form::kValues:
      Put("VALUES ");
      List(select.rows, [this](const ExprList& row) { PutParenthesized("", row); });
      break;
    case SelectStatement::Form::kSetOperation: {
      static constexpr std::string_view kOperations[] = {" UNION ", " INTERSECT ", " EXCEPT "};
      Put("(");
      Put(*select.left);
      Put(")").Put(kOperations[static_cast<int>(select.operation)]).Put(select.all ? "ALL (" : "(");
      Put(*select.right);
      Put(")");
      break;
    }
  }
  if (!select.order_by.empty()) {
    Put(" ORDER BY ");
    SortItems(select.order_by);
  }
  if (select.limit != nullptr) {
    if (select.with_ties) {
      Put(" FETCH FIRST (");
      Put(*select.limit);
      Put(") ROWS WITH TIES");
    } else {
      Put(" LIMIT ");
      Put(*select.limit);
    }
  }
  if (select.offset != nullptr) {
    Put(" OFFSET ");
    Put(*select.offset);
  }
  for (const LockingClause& clause : select.locking) PutLocking(clause);
}

}  // namespace lathe::ast
