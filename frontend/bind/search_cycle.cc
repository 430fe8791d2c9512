// SEARCH and CYCLE of recursive WITH queries: both are rewritten to columns that the query computes
// itself, as the SQL standard defines them.
#include <algorithm>

#include "frontend/bind/binder.h"
#include "frontend/bind/search_cycle.h"

namespace lathe::bind {
namespace {

using ast::CommonTableExpr;
using ast::QuoteIdentifier;
using ast::SelectStatement;

using Names = std::vector<std::string>;
using Fail = std::function<Error(SqlState, std::string)>;

bool Has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::string Listed(const Names& names, std::string_view prefix) {
  std::string text;
  for (const std::string& name : names) {
    if (!text.empty()) text += ", ";
    text += std::string(prefix) + QuoteIdentifier(name);
  }
  return text;
}

Status CheckColumns(const Names& list, const Names& columns, const std::string& what,
                    const Fail& fail) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (!Has(columns, list[i])) {
      return fail(SqlState::kSyntaxError,
                  what + " column \"" + list[i] + "\" not in WITH query column list");
    }
    if (std::find(list.begin(), list.begin() + static_cast<std::ptrdiff_t>(i), list[i]) !=
        list.begin() + static_cast<std::ptrdiff_t>(i)) {
      return fail(SqlState::kDuplicateColumn,
                  what + " column \"" + list[i] + "\" specified more than once");
    }
  }
  return Ok();
}

Status Check(const CommonTableExpr& item, const Names& columns, const Fail& fail) {
  auto unused = [&](const std::string& name, const char* what) -> Status {
    if (!Has(columns, name)) return Ok();
    return fail(SqlState::kSyntaxError, std::string(what) + " column name \"" + name +
                                            "\" already used in WITH query column list");
  };
  if (item.search) {
    LATHE_TRY(CheckColumns(item.search->columns, columns, "search", fail));
    LATHE_TRY(unused(item.search->sequence, "search sequence"));
  }
  if (item.cycle) {
    LATHE_TRY(CheckColumns(item.cycle->columns, columns, "cycle", fail));
    LATHE_TRY(unused(item.cycle->mark, "cycle mark"));
    LATHE_TRY(unused(item.cycle->path, "cycle path"));
    if (item.cycle->mark == item.cycle->path) {
      return fail(SqlState::kSyntaxError,
                  "cycle mark column name and cycle path column name are the same");
    }
  }
  if (item.search && item.cycle) {
    if (item.search->sequence == item.cycle->mark) {
      return fail(SqlState::kSyntaxError,
                  "search sequence column name and cycle mark column name are the same");
    }
    if (item.search->sequence == item.cycle->path) {
      return fail(SqlState::kSyntaxError,
                  "search sequence column name and cycle path column name are the same");
    }
  }
  return Ok();
}

/// The names by which FROM's items can be seen; false when one has none.
bool FromNames(const std::vector<ast::TableRefPtr>& from, const std::string& cte, Names* names,
               std::string* own) {
  for (const ast::TableRefPtr& table : from) {
    if (table->kind == ast::TableRef::Kind::kJoin) {
      const auto& join = table->As<ast::Join>();
      for (const ast::TableRefPtr* side : {&join.left, &join.right}) {
        if ((*side)->kind != ast::TableRef::Kind::kRelation) continue;
        const auto& relation = (*side)->As<ast::RelationRef>();
        if (relation.name.schema.empty() && relation.name.name == cte) {
          *own = relation.alias.name.empty() ? cte : relation.alias.name;
        }
      }
      names->clear();
      names->push_back("");
      continue;
    }
    std::string name = table->alias.name;
    if (table->kind == ast::TableRef::Kind::kRelation) {
      const auto& relation = table->As<ast::RelationRef>();
      if (name.empty()) name = relation.name.name;
      if (relation.name.schema.empty() && relation.name.name == cte) *own = name;
    }
    names->push_back(name);
  }
  return std::find(names->begin(), names->end(), "") == names->end();
}

}  // namespace

Result<std::string> SearchCycleText(
    const CommonTableExpr& item, const Names& columns, Names* all,
    const std::function<Result<ast::StatementPtr>(std::string_view)>& parse, const Fail& fail) {
  LATHE_TRY(Check(item, columns, fail));
  const auto& query = item.query->As<SelectStatement>();
  if (query.left->form == SelectStatement::Form::kSetOperation) {
    return fail(SqlState::kFeatureNotSupported,
                "with a SEARCH or CYCLE clause, the left side of the UNION must be a SELECT");
  }
  if (query.right->form != SelectStatement::Form::kSelect || query.right->with != nullptr) {
    return fail(SqlState::kFeatureNotSupported,
                "with a SEARCH or CYCLE clause, the right side of the UNION must be a SELECT");
  }
  Names extra;
  if (item.search) extra.push_back(item.search->sequence);
  if (item.cycle) {
    extra.push_back(item.cycle->mark);
    extra.push_back(item.cycle->path);
  }
  // The recursive term, with the columns of the row that it comes from.
  LATHE_ASSIGN(ast::StatementPtr copy, parse(ast::Print(*query.right)));
  auto& right = copy->As<SelectStatement>();
  Names from;
  std::string own;
  const bool named = FromNames(right.from, item.name, &from, &own);
  if (own.empty()) {
    return fail(SqlState::kFeatureNotSupported,
                "with a SEARCH or CYCLE clause, the recursive reference to WITH query \"" +
                    item.name + "\" must be at the top level of its right-hand SELECT");
  }
  ast::TargetList targets;
  auto add = [&](const std::string& table, const std::string& column, bool star) {
    auto ref = std::make_unique<ast::ColumnRef>();
    ref->parts.push_back(table);
    if (!star) ref->parts.push_back(column);
    ref->star = star;
    ast::Target target;
    target.expr = std::move(ref);
    targets.push_back(std::move(target));
  };
  for (ast::Target& target : right.targets) {
    const bool star =
        target.expr->kind == ast::Expr::Kind::kColumnRef && target.expr->As<ast::ColumnRef>().star;
    if (!star) {
      targets.push_back(std::move(target));
      continue;
    }
    const std::vector<std::string>& parts = target.expr->As<ast::ColumnRef>().parts;
    if (parts.empty() && !named) {
      return fail(SqlState::kFeatureNotSupported,
                  "* with a SEARCH or CYCLE clause in this place is not supported");
    }
    for (const std::string& table : parts.empty() ? from : Names{parts.back()}) {
      if (table != own) {
        add(table, "", true);
        continue;
      }
      for (const std::string& column : columns) add(table, column, false);
    }
  }
  for (const std::string& column : extra) add(own, column, false);
  right.targets = std::move(targets);

  *all = columns;
  all->insert(all->end(), extra.begin(), extra.end());
  std::string first = "SELECT " + Listed(columns, "\"*l*\"."),
              next = "SELECT " + Listed(columns, "\"*r*\".");
  if (item.search) {
    const std::string sequence = "\"*r*\"." + QuoteIdentifier(item.search->sequence);
    const std::string l = Listed(item.search->columns, "\"*l*\"."),
                      r = Listed(item.search->columns, "\"*r*\".");
    if (item.search->breadth) {
      first += ", ROW(0::int8, " + l + ")";
      next += ", ROW((" + sequence + ").f1 + 1, " + r + ")";
    } else {
      first += ", ARRAY[ROW(" + l + ")]";
      next += ", array_append(" + sequence + ", ROW(" + r + "))";
    }
  }
  std::string where;
  if (item.cycle) {
    const std::string path = "\"*r*\"." + QuoteIdentifier(item.cycle->path);
    const std::string value = item.cycle->value ? ast::Print(*item.cycle->value) : "true";
    const std::string otherwise =
        item.cycle->otherwise ? ast::Print(*item.cycle->otherwise) : "false";
    const std::string row = "ROW(" + Listed(item.cycle->columns, "\"*r*\".") + ")";
    first += ", CASE WHEN false THEN " + value + " ELSE " + otherwise + " END, ARRAY[ROW(" +
             Listed(item.cycle->columns, "\"*l*\".") + ")]";
    next += ", CASE WHEN " + row + " = ANY (" + path + ") THEN " + value + " ELSE " + otherwise +
            " END, array_append(" + path + ", " + row + ")";
    where = " WHERE \"*r*\"." + QuoteIdentifier(item.cycle->mark) + " <> " + value;
  }
  first += " FROM (" + ast::Print(*query.left) + ") AS \"*l*\" (" + Listed(columns, "") + ")";
  next += " FROM (" + ast::Print(right) + ") AS \"*r*\" (" + Listed(*all, "") + ")" + where;
  return first + (query.all ? " UNION ALL " : " UNION ") + next;
}

}  // namespace lathe::bind
