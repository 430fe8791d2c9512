// Looking up column names in the scopes, from the inside out, and expanding stars.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

/// Columns that every PostgreSQL table has; they are not there yet.
bool IsSystemColumn(std::string_view name) {
  return name == "ctid" || name == "xmin" || name == "xmax" || name == "cmin" || name == "cmax" ||
         name == "tableoid";
}

bool Usable(const NamespaceItem& item, const Scope& scope) {
  return !item.lateral_only || scope.lateral_active;
}

std::string Join(const std::vector<std::string>& parts, size_t count) {
  std::string text;
  for (size_t i = 0; i < count; ++i) text += (i ? "." : "") + parts[i];
  return text;
}

}  // namespace

std::string Binder::ColumnName(ColumnId id, const Scope& scope) const {
  for (const std::shared_ptr<RangeTable>& table : scope.tables) {
    if (table->alias.empty()) continue;
    for (const RangeColumn& column : table->columns) {
      if (column.expr->kind == expr::Kind::kColumn && column.expr->column == id) {
        return table->alias + "." + column.name;
      }
    }
  }
  auto found = column_names_.find(id.value);
  return found == column_names_.end() ? "?column?" : found->second;
}

BoundExpr Binder::FindColumn(std::string_view name, Scope& start, int32_t location,
                             bool local_only) {
  for (Scope* scope = &start; scope; scope = local_only ? nullptr : scope->parent) {
    const RangeColumn* found = nullptr;
    bool lateral_ok = true;
    const std::string* table_name = nullptr;
    for (const NamespaceItem& item : scope->items) {
      if (!item.columns_visible || !Usable(item, *scope)) continue;
      for (const RangeColumn& column : item.table->columns) {
        if (column.name != name) continue;
        if (found) {
          return At(SqlState::kAmbiguousColumn,
                    "column reference \"" + std::string(name) + "\" is ambiguous", location);
        }
        found = &column;
        lateral_ok = !item.lateral_only || item.lateral_ok;
        table_name = &item.table->alias;
      }
    }
    if (!found) continue;
    if (!lateral_ok) {
      Error error =
          At(SqlState::kInvalidColumnReference,
             "invalid reference to FROM-clause entry for table \"" + *table_name + "\"", location);
      error.detail = "The combining JOIN type must be INNER or LEFT for a LATERAL reference.";
      return error;
    }
    ExprPtr e = found->expr->Clone();
    e->location = location;
    return e;
  }
  return ExprPtr();
}

Result<std::shared_ptr<RangeTable>> Binder::FindRangeTable(const ast::ColumnRef& ref, size_t parts,
                                                           Scope& start) {
  const std::string& name = ref.parts[parts - 1];
  const std::string schema = parts > 1 ? ref.parts[parts - 2] : "";
  auto matches = [&](const RangeTable& table) {
    if (table.alias != name) return false;
    if (schema.empty()) return true;
    if (table.aliased || !table.relation || !context_.catalog) return false;
    auto descriptor = context_.catalog->FindSchema(schema);
    return descriptor && descriptor->id == table.relation->schema;
  };
  for (Scope* scope = &start; scope; scope = scope->parent) {
    const NamespaceItem* found = nullptr;
    for (const NamespaceItem& item : scope->items) {
      if (!item.table_visible || !Usable(item, *scope) || !matches(*item.table)) continue;
      if (found) {
        return At(SqlState::kDuplicateAlias, "table reference \"" + name + "\" is ambiguous",
                  ref.location);
      }
      found = &item;
    }
    if (!found) continue;
    if (found->lateral_only && !found->lateral_ok) {
      Error error =
          At(SqlState::kInvalidColumnReference,
             "invalid reference to FROM-clause entry for table \"" + name + "\"", ref.location);
      error.detail = "The combining JOIN type must be INNER or LEFT for a LATERAL reference.";
      return error;
    }
    return found->table;
  }
  for (Scope* scope = &start; scope; scope = scope->parent) {
    for (const std::shared_ptr<RangeTable>& table : scope->tables) {
      const bool hidden = table->alias == name;
      const bool renamed =
          !hidden && table->aliased && table->relation && table->relation->name == name;
      if (!hidden && !renamed) continue;
      Error error =
          At(SqlState::kUndefinedTable,
             "invalid reference to FROM-clause entry for table \"" + name + "\"", ref.location);
      error.hint = hidden
                       ? "There is an entry for table \"" + name +
                             "\", but it cannot be referenced from this part of the query."
                       : "Perhaps you meant to reference the table alias \"" + table->alias + "\".";
      return error;
    }
  }
  return At(SqlState::kUndefinedTable, "missing FROM-clause entry for table \"" + name + "\"",
            ref.location);
}

BoundExpr Binder::BindStarValue(const ast::ColumnRef& ref, Scope& scope) {
  LATHE_ASSIGN(std::shared_ptr<RangeTable> table, FindRangeTable(ref, ref.parts.size(), scope));
  return WholeRow(*table, ref.location);
}

/// tableoid: the same for all rows of a table.
BoundExpr Binder::TableOid(const RangeTable& table, int32_t location) const {
  if (table.table_oid != nullptr) {
    ExprPtr e = table.table_oid->Clone();
    e->location = location;
    return e;
  }
  if (table.has_children()) return NotYet("tableoid of the rows that were written", location);
  types::Datum oid;
  oid.i32 = static_cast<int32_t>(table.relation->id.value);
  ExprPtr e = expr::MakeConst(types::Value::FromDatum(Type(TypeId::kOid), oid));
  e->location = location;
  return e;
}

BoundExpr Binder::BindColumn(const ast::ColumnRef& ref, Scope& scope) {
  if (ref.star) {
    return ref.parts.empty() ? At(SqlState::kSyntaxError,
                                  "row expansion via \"*\" is not supported here", ref.location)
                             : BindStarValue(ref, scope);
  }
  if (scope.clause == Clause::kDefault) {
    return At(SqlState::kFeatureNotSupported, "cannot use column reference in DEFAULT expression",
              ref.location);
  }
  if (scope.clause == Clause::kLimit || scope.clause == Clause::kOffset) {
    const char* clause = scope.clause == Clause::kLimit ? "LIMIT" : "OFFSET";
    const bool local = [&] {
      if (ref.parts.size() > 1) {
        return std::any_of(scope.items.begin(), scope.items.end(), [&](const NamespaceItem& item) {
          return item.table->alias == ref.parts[ref.parts.size() - 2];
        });
      }
      BoundExpr found = FindColumn(ref.parts[0], scope, ref.location, true);
      return !found.ok() || *found;
    }();
    if (local) {
      return At(SqlState::kInvalidColumnReference,
                std::string("argument of ") + clause + " must not contain variables", ref.location);
    }
  }
  const std::string& name = ref.parts.back();
  if (ref.parts.size() == 1) {
    LATHE_ASSIGN(ExprPtr e, FindColumn(name, scope, ref.location, false));
    if (e) return e;
    for (Scope* level = &scope; level; level = level->parent) {
      for (const NamespaceItem& item : level->items) {
        if (item.table_visible && item.table->alias == name) {
          ast::ColumnRef whole;
          whole.parts.push_back(name);
          whole.location = ref.location;
          LATHE_ASSIGN(std::shared_ptr<RangeTable> table, FindRangeTable(whole, 1, scope));
          return WholeRow(*table, ref.location);
        }
      }
    }
    if (name == "tableoid") {
      const RangeTable* only = nullptr;
      for (const NamespaceItem& item : scope.items) {
        if (!item.columns_visible || item.table->relation == nullptr) continue;
        if (only != nullptr) {
          return At(SqlState::kAmbiguousColumn, "column reference \"" + name + "\" is ambiguous",
                    ref.location);
        }
        only = item.table.get();
      }
      if (only != nullptr && (!only->padded || only->table_oid))
        return TableOid(*only, ref.location);
    }
    if (IsSystemColumn(name)) return NotYet("system column " + name, ref.location);
    return At(SqlState::kUndefinedColumn, "column \"" + name + "\" does not exist", ref.location);
  }
  if (ref.parts.size() > 4) {
    return At(
        SqlState::kSyntaxError,
        "improper qualified name (too many dotted names): " + Join(ref.parts, ref.parts.size()),
        ref.location);
  }
  LATHE_ASSIGN(std::shared_ptr<RangeTable> table, FindRangeTable(ref, ref.parts.size() - 1, scope));
  const RangeColumn* found = nullptr;
  for (const RangeColumn& column : table->columns) {
    if (column.name != name) continue;
    if (found) {
      return At(SqlState::kAmbiguousColumn, "column reference \"" + name + "\" is ambiguous",
                ref.location);
    }
    found = &column;
  }
  if (!found) {
    if (table->relation && name == "tableoid" && (!table->padded || table->table_oid)) {
      return TableOid(*table, ref.location);
    }
    if (table->relation && IsSystemColumn(name)) {
      return NotYet("system column " + name, ref.location);
    }
    return At(SqlState::kUndefinedColumn,
              "column " + ref.parts[ref.parts.size() - 2] + "." + name + " does not exist",
              ref.location);
  }
  ExprPtr e = found->expr->Clone();
  e->location = ref.location;
  return e;
}

Status Binder::ExpandStar(const ast::ColumnRef& ref, Scope& scope,
                          std::vector<TargetEntry>* targets) {
  auto add = [&](const RangeTable& table) {
    for (const RangeColumn& column : table.columns) {
      ExprPtr e = column.expr->Clone();
      e->location = ref.location;
      targets->push_back({std::move(e), column.name, ref.location, false, {}});
    }
  };
  if (!ref.parts.empty()) {
    LATHE_ASSIGN(std::shared_ptr<RangeTable> table, FindRangeTable(ref, ref.parts.size(), scope));
    add(*table);
    return Ok();
  }
  bool any = false;
  for (const NamespaceItem& item : scope.items) {
    any = true;
    if (item.columns_visible) add(*item.table);
  }
  if (!any) {
    return At(SqlState::kSyntaxError, "SELECT * with no tables specified is not valid",
              ref.location);
  }
  return Ok();
}

}  // namespace lathe::bind
