// Expressions that are stored with a table and evaluated for one row alone (CHECK, generated
// columns, USING, domains), and foreign keys.
#include <algorithm>

#include "frontend/ast/position.h"
#include "frontend/ast/print.h"
#include "frontend/ast/walk.h"
#include "frontend/bind/binder.h"
#include "frontend/bind/index.h"
#include "runtime/schema/index_parts.h"

namespace lathe::bind {
namespace {

Clause ClauseOf(RowUse use) {
  switch (use) {
    case RowUse::kCheck:
      return Clause::kCheck;
    case RowUse::kDomainCheck:
      return Clause::kDomainCheck;
    case RowUse::kGenerated:
      return Clause::kGenerated;
    case RowUse::kTransform:
      return Clause::kTransform;
    case RowUse::kIndexExpression:
      return Clause::kIndexExpression;
    case RowUse::kIndexPredicate:
      return Clause::kIndexPredicate;
  }
  return Clause::kNone;
}

/// Something that is not the same for the same arguments.
bool IsMutable(const Expr& e) {
  bool found = false;
  expr::Visit(e, [&found](const Expr& node) {
    if (node.kind == expr::Kind::kCall) {
      found |= node.function->volatility != func::Volatility::kImmutable;
    }
  });
  return found;
}

/// Calls visit(ExprPtr&) for every node, from the leaves up; not within subqueries.
template <class F>
struct Walker {
  F& visit;
  void operator()(ast::ExprPtr& e) {
    ast::VisitChildren(*e, *this);
    visit(e);
  }
  void operator()(ast::SelectStatement&) {}
  void operator()(ast::TableRef&) {}
};
template <class F>
void ForEachNode(ast::ExprPtr& e, F visit) {
  Walker<F>{visit}(e);
}

std::set<uint32_t> ColumnsUsed(const Expr& e) {
  std::set<uint32_t> columns;
  AllColumns(e, &columns);
  return columns;
}

}  // namespace

BoundExpr Binder::RowExpression(const schema::RelationDescriptor& relation, const ast::Expr& e,
                                RowUse use, const schema::Column* target) {
  Scope scope(nullptr);
  auto table = std::make_shared<RangeTable>();
  table->alias = relation.name;
  table->relation = std::make_shared<schema::RelationDescriptor>(relation);
  for (uint32_t i : relation.LiveColumns()) {
    const schema::Column& column = relation.columns[i];
    const ColumnId id(i + 1);
    if (column.not_null) not_null_.insert(id.value);
    table->columns.push_back({column.name, expr::MakeColumn(id, column.type)});
    scope.columns.insert(id.value);
  }
  scope.tables.push_back(table);
  scope.items.push_back({table, true, true, false, true});
  scope.clause = ClauseOf(use);
  if (use == RowUse::kCheck || use == RowUse::kDomainCheck) return BindBoolean(e, scope, "CHECK");
  if (use == RowUse::kIndexPredicate || use == RowUse::kIndexExpression) {
    const bool predicate = use == RowUse::kIndexPredicate;
    LATHE_ASSIGN(ExprPtr bound, predicate ? BindBoolean(e, scope, "WHERE") : Bind(e, scope));
    if (IsMutable(*bound)) {
      return At(SqlState::kInvalidObjectDefinition,
                std::string("functions in index ") + (predicate ? "predicate" : "expression") +
                    " must be marked IMMUTABLE",
                -1);
    }
    return predicate ? BoundExpr(std::move(bound)) : ResolveUnknown(std::move(bound));
  }
  LATHE_ASSIGN(ExprPtr bound, Bind(e, scope));
  LATHE_CHECK(target != nullptr);
  if (use == RowUse::kGenerated) {
    for (uint32_t id : ColumnsUsed(*bound)) {
      const schema::Column& used = relation.columns[id - 1];
      if (used.generated_sql.empty() && used.name != target->name) continue;
      Error error =
          At(SqlState::kInvalidObjectDefinition,
             "cannot use generated column \"" + used.name + "\" in column generation expression",
             e.location);
      error.detail = "A generated column cannot reference another generated column.";
      return error;
    }
    if (IsMutable(*bound)) {
      return At(SqlState::kInvalidObjectDefinition, "generation expression is not immutable", -1);
    }
    return Assign(std::move(bound), *target, true);
  }
  if (!CanCoerce(bound->type, target->type, CastContext::kAssignment)) {
    Error error = At(SqlState::kDatatypeMismatch,
                     "result of USING clause for column \"" + target->name +
                         "\" cannot be cast automatically to type " + TypeText(target->type),
                     -1);
    error.hint = "You might need to add an explicit cast.";
    return error;
  }
  return Assign(std::move(bound), *target, false);
}

Result<expr::ExprPtr> BindRowExpression(const schema::RelationDescriptor& table, const ast::Expr& e,
                                        RowUse use, const schema::Column* target,
                                        BindContext& context) {
  return Binder(context).RowExpression(table, e, use, target);
}

Result<expr::ExprPtr> BindStoredExpression(const schema::RelationDescriptor& table,
                                           std::string_view sql, RowUse use,
                                           const schema::Column* target, BindContext& context) {
  const std::string_view before = std::exchange(context.sql, sql);
  BoundExpr bound = [&]() -> BoundExpr {
    LATHE_ASSIGN(ast::ExprPtr parsed, context.parse_expression(sql));
    return BindRowExpression(table, *parsed, use, target, context);
  }();
  context.sql = before;
  if (bound.ok()) {
    expr::Visit(**bound, [](const Expr& e) { const_cast<Expr&>(e).location = -1; });
    return bound;
  }
  Error error = std::move(bound).error();
  error.position = 0;
  return error;
}

BoundExpr Binder::CheckDomain(ExprPtr e, RelationId id, int32_t location) {
  schema::RelationPtr domain = context_.catalog->GetRelation(id);
  if (domain == nullptr) return MakeError(SqlState::kUndefinedObject, "type does not exist");
  const schema::Column& value = domain->columns[0];
  if (value.domain.value != 0) {
    LATHE_ASSIGN(e, CheckDomain(std::move(e), value.domain, location));
  }
  if (domain->checks.empty() && !value.not_null) return e;
  if (!domain->checks.empty() && IsVolatile(*e)) {
    return NotYet("cast of a volatile expression to a domain with conditions", location);
  }
  const Type type = e->type;
  auto text = [](const std::string& s) { return expr::MakeConst(types::Value::Text(s)); };
  if (value.not_null) {
    std::vector<ExprPtr> args;
    args.push_back(std::move(e));
    args.push_back(text(domain->name));
    e = expr::MakeCall(func::FunctionsNamed("domain_not_null")[0], type, std::move(args));
    e->location = location;
  }
  for (const schema::CheckConstraint& check : domain->checks) {
    LATHE_ASSIGN(ExprPtr condition,
                 BindStoredExpression(*domain, check.sql, RowUse::kDomainCheck, nullptr, context_));
    condition = expr::Rewrite(std::move(condition), [&](ExprPtr node) {
      return node->kind == expr::Kind::kColumn ? e->Clone() : std::move(node);
    });
    std::vector<ExprPtr> args;
    args.push_back(std::move(e));
    args.push_back(std::move(condition));
    args.push_back(text(domain->name));
    args.push_back(text(check.name));
    e = expr::MakeCall(func::FunctionsNamed("check_domain")[0], type, std::move(args));
    e->location = location;
  }
  return e;
}

// ---- Stored text

Result<std::string> StoredText(const ast::Expr& e, BindContext& context) {
  // A copy, with sequences by number: their names may change.
  LATHE_ASSIGN(ast::ExprPtr copy, context.parse_expression(ast::Print(e)));
  Status status;
  ForEachNode(copy, [&](ast::ExprPtr& node) {
    if (!status.ok() || node->kind != ast::Expr::Kind::kFunctionCall) return;
    auto& call = node->As<ast::FunctionCall>();
    const std::string& name = call.name.name;
    if ((name != "nextval" && name != "currval" && name != "setval") || call.args.empty()) return;
    const ast::Expr* arg = call.args[0].get();
    if (arg->kind == ast::Expr::Kind::kCast && arg->As<ast::Cast>().type.name.name == "regclass") {
      arg = arg->As<ast::Cast>().operand.get();
    }
    if (arg->kind != ast::Expr::Kind::kLiteral ||
        arg->As<ast::Literal>().type != ast::Literal::Type::kString) {
      return;
    }
    Result<types::Value> oid =
        ReadText(arg->As<ast::Literal>().text, Type(TypeId::kRegclass), -1, context);
    if (!oid.ok()) {
      status = std::move(oid).error();
      return;
    }
    const uint32_t number = static_cast<uint32_t>(oid->datum().i32);
    Result<ast::ExprPtr> made =
        context.parse_expression("'" + std::to_string(number) + "'::regclass");
    if (made.ok()) call.args[0] = std::move(*made);
  });
  LATHE_TRY(std::move(status));
  return ast::Print(*copy);
}

namespace {

bool NamesColumn(const ast::Expr& e, const std::string& column) {
  return e.kind == ast::Expr::Kind::kColumnRef && !e.As<ast::ColumnRef>().parts.empty() &&
         e.As<ast::ColumnRef>().parts.back() == column;
}

}  // namespace

Result<std::string> RenameInStored(std::string_view sql, const std::string& old_name,
                                   const std::string& new_name, BindContext& context) {
  LATHE_ASSIGN(ast::ExprPtr parsed, context.parse_expression(sql));
  bool found = false;
  ForEachNode(parsed, [&](ast::ExprPtr& node) {
    if (!NamesColumn(*node, old_name)) return;
    node->As<ast::ColumnRef>().parts.back() = new_name;
    found = true;
  });
  return found ? ast::Print(*parsed) : std::string(sql);
}

bool StoredUses(std::string_view sql, const std::string& column, BindContext& context) {
  Result<ast::ExprPtr> parsed = context.parse_expression(sql);
  bool found = false;
  if (parsed.ok()) {
    ForEachNode(*parsed, [&](ast::ExprPtr& node) { found |= NamesColumn(*node, column); });
  }
  return found;
}

// ---- Constraints

namespace {

bool NameTaken(const schema::RelationDescriptor& table, const std::string& name,
               const BindContext& context) {
  const bool unique = std::any_of(table.indexes.begin(), table.indexes.end(), [&](RelationId id) {
    schema::RelationPtr index =
        context.catalog == nullptr ? nullptr : context.catalog->GetRelation(id);
    return index != nullptr && index->is_constraint && index->name == name;
  });
  return unique || table.primary_key_name == name ||
         std::any_of(table.checks.begin(), table.checks.end(),
                     [&](const auto& check) { return check.name == name; }) ||
         std::any_of(table.foreign_keys.begin(), table.foreign_keys.end(),
                     [&](const auto& key) { return key.name == name; });
}

std::string FreeName(const schema::RelationDescriptor& table, const std::string& columns,
                     const char* kind, const BindContext& context) {
  std::string name = GeneratedName(table.name, columns, kind);
  for (int i = 1; NameTaken(table, name, context); ++i) {
    name = GeneratedName(table.name, columns, kind + std::to_string(i));
  }
  return name;
}

Error NameExists(const std::string& name, const schema::RelationDescriptor& table) {
  const bool domain = table.kind == schema::RelationKind::kDomain;
  return MakeError(SqlState::kDuplicateObject, "constraint \"" + name + "\" for " +
                                                   (domain ? "domain" : "relation") + " \"" +
                                                   table.name + "\" already exists");
}

}  // namespace

Result<schema::CheckConstraint> BindCheck(const schema::RelationDescriptor& table,
                                          const ast::Constraint& constraint, BindContext& context) {
  const bool domain = table.kind == schema::RelationKind::kDomain;
  LATHE_ASSIGN(ExprPtr bound,
               BindRowExpression(table, *constraint.expr,
                                 domain ? RowUse::kDomainCheck : RowUse::kCheck, nullptr, context));
  schema::CheckConstraint check;
  check.name = constraint.name;
  if (check.name.empty()) {
    // Named after its column if it uses just one.
    const std::set<uint32_t> used = ColumnsUsed(*bound);
    const std::string column =
        used.size() == 1 && !domain ? table.columns[*used.begin() - 1].name : std::string();
    check.name = FreeName(table, column, "check", context);
  } else if (NameTaken(table, check.name, context)) {
    return NameExists(check.name, table);
  }
  LATHE_ASSIGN(check.sql, StoredText(*constraint.expr, context));
  check.no_inherit = constraint.no_inherit;
  check.validated = !constraint.not_valid;
  return check;
}

namespace {

/// The columns of a key, as a set with the order given up.
std::vector<uint32_t> Sorted(std::vector<uint32_t> columns) {
  std::sort(columns.begin(), columns.end());
  return columns;
}

/// The unique key of the parent over just these columns.
bool FindParentKey(const schema::RelationDescriptor& parent, const std::vector<uint32_t>& columns,
                   BindContext& context, RelationId* index) {
  const std::vector<uint32_t> wanted = Sorted(columns);
  std::vector<uint32_t> key;
  for (const schema::KeyColumn& part : parent.key) key.push_back(part.column);
  if (!parent.primary_key_name.empty() && Sorted(key) == wanted) {
    *index = RelationId();
    return true;
  }
  for (RelationId id : parent.indexes) {
    schema::RelationPtr found = context.catalog->GetRelation(id);
    if (found == nullptr || !found->unique || !schema::IsPlain(*found)) continue;
    key.clear();
    for (uint32_t i = 0; i < found->key_columns; ++i) {
      key.push_back(found->sources[found->key[i].column]);
    }
    if (Sorted(key) != wanted) continue;
    *index = id;
    return true;
  }
  return false;
}

Result<std::vector<uint32_t>> ForeignColumns(const schema::RelationDescriptor& table,
                                             const std::vector<std::string>& names) {
  std::vector<uint32_t> columns;
  for (const std::string& name : names) {
    const int column = table.FindColumn(name);
    if (column < 0) {
      return MakeError(
          SqlState::kUndefinedColumn,
          "column \"" + name + "\" referenced in foreign key constraint does not exist");
    }
    columns.push_back(static_cast<uint32_t>(column));
  }
  return columns;
}

schema::ForeignKey::Action ActionOf(ast::Constraint::Action action) {
  return static_cast<schema::ForeignKey::Action>(action);
}

/// A generated column takes no value from an action.
Status CheckGenerated(const schema::RelationDescriptor& table, const schema::ForeignKey& key) {
  using Action = schema::ForeignKey::Action;
  const bool generated = std::any_of(key.columns.begin(), key.columns.end(), [&](uint32_t column) {
    return !table.columns[column].generated_sql.empty();
  });
  if (!generated) return Ok();
  auto refuse = [](const char* event) {
    return MakeError(SqlState::kSyntaxError,
                     std::string("invalid ") + event +
                         " action for foreign key constraint containing generated column");
  };
  if (key.on_update == Action::kCascade || key.on_update == Action::kSetNull ||
      key.on_update == Action::kSetDefault) {
    return refuse("ON UPDATE");
  }
  if (key.on_delete == Action::kSetNull || key.on_delete == Action::kSetDefault) {
    return refuse("ON DELETE");
  }
  return Ok();
}

}  // namespace

Result<schema::ForeignKey> BindForeignKey(const schema::RelationDescriptor& table,
                                          const ReferenceDefinition& definition,
                                          BindContext& context, schema::RelationPtr* parent) {
  const ast::Constraint& constraint = *definition.constraint;
  if (constraint.match == ast::Constraint::Match::kPartial) {
    return MakeError(SqlState::kFeatureNotSupported, "MATCH PARTIAL not yet implemented",
                     ast::PositionOf(context.sql, constraint.location));
  }
  LATHE_ASSIGN(*parent, FindRelation(constraint.reference, context));
  if ((*parent)->kind != schema::RelationKind::kTable) {
    return MakeError(SqlState::kWrongObjectType,
                     "referenced relation \"" + (*parent)->name + "\" is not a table");
  }
  schema::ForeignKey key;
  key.parent = (*parent)->id;
  LATHE_ASSIGN(key.columns, ForeignColumns(table, definition.columns));
  if (constraint.ref_columns.empty()) {
    if ((*parent)->primary_key_name.empty()) {
      return MakeError(SqlState::kUndefinedObject,
                       "there is no primary key for referenced table \"" + (*parent)->name + "\"");
    }
    for (const schema::KeyColumn& part : (*parent)->key) key.parent_columns.push_back(part.column);
  } else {
    LATHE_ASSIGN(key.parent_columns, ForeignColumns(**parent, constraint.ref_columns));
  }
  if (key.columns.size() != key.parent_columns.size()) {
    return MakeError(SqlState::kInvalidForeignKey,
                     "number of referencing and referenced columns for foreign key disagree");
  }
  const std::vector<uint32_t> sorted = Sorted(key.parent_columns);
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return MakeError(SqlState::kInvalidForeignKey,
                     "foreign key referenced-columns list must not contain duplicates");
  }
  if (!FindParentKey(**parent, key.parent_columns, context, &key.parent_index)) {
    for (RelationId id : (*parent)->indexes) {
      schema::RelationPtr index = context.catalog->GetRelation(id);
      if (index == nullptr || !index->deferrable || !index->is_constraint) continue;
      std::vector<uint32_t> columns;
      for (uint32_t i = 0; i < index->key_columns; ++i) {
        columns.push_back(index->sources[index->key[i].column]);
      }
      if (Sorted(columns) != Sorted(key.parent_columns)) continue;
      return MakeError(SqlState::kObjectNotInPrerequisiteState,
                       "cannot use a deferrable unique constraint for referenced table \"" +
                           (*parent)->name + "\"");
    }
    return MakeError(SqlState::kInvalidForeignKey,
                     "there is no unique constraint matching given keys for referenced table \"" +
                         (*parent)->name + "\"");
  }
  LATHE_ASSIGN(key.set_columns, ForeignColumns(table, constraint.on_delete_columns));
  for (size_t i = 0; i < key.set_columns.size(); ++i) {
    if (std::find(key.columns.begin(), key.columns.end(), key.set_columns[i]) != key.columns.end())
      continue;
    return MakeError(SqlState::kInvalidColumnReference,
                     "column \"" + constraint.on_delete_columns[i] +
                         "\" referenced in ON DELETE SET action must be part of foreign key");
  }
  std::vector<uint32_t> once;
  for (uint32_t column : key.set_columns) {
    if (std::find(once.begin(), once.end(), column) == once.end()) once.push_back(column);
  }
  key.set_columns = std::move(once);
  key.on_delete = ActionOf(constraint.on_delete);
  key.on_update = ActionOf(constraint.on_update);
  key.match_full = constraint.match == ast::Constraint::Match::kFull;
  key.deferrable = constraint.deferrable || constraint.initially_deferred;
  key.initially_deferred = constraint.initially_deferred;
  key.validated = !constraint.not_valid;
  LATHE_TRY(CheckGenerated(table, key));
  key.name = constraint.name;
  if (key.name.empty()) {
    std::vector<schema::KeyColumn> columns;
    for (uint32_t column : key.columns) columns.push_back({column});
    key.name = FreeName(table, JoinedColumnNames(table, columns), "fkey", context);
  } else if (NameTaken(table, key.name, context)) {
    return NameExists(key.name, table);
  }
  Binder binder(context);
  for (size_t i = 0; i < key.columns.size(); ++i) {
    const schema::Column& from = table.columns[key.columns[i]];
    const schema::Column& to = (*parent)->columns[key.parent_columns[i]];
    const bool integers = types::CategoryOf(from.type) == 'N' &&
                          types::CategoryOf(to.type) == 'N' &&
                          types::ReprOf(from.type) <= types::Repr::kI64 &&
                          types::ReprOf(to.type) <= types::Repr::kI64 &&
                          from.type.id != TypeId::kNumeric && to.type.id != TypeId::kNumeric;
    if (integers || binder.CanCoerce(from.type, to.type, CastContext::kImplicit)) continue;
    Error error = MakeError(SqlState::kDatatypeMismatch,
                            "foreign key constraint \"" + key.name + "\" cannot be implemented");
    error.detail = "Key columns \"" + from.name + "\" and \"" + to.name +
                   "\" are of incompatible types: " + types::FormatType(from.type) + " and " +
                   types::FormatType(to.type) + ".";
    return error;
  }
  return key;
}

Result<std::string> BindDefault(const ast::Expr& e, const schema::Column& column,
                                BindContext& context) {
  Binder binder(context);
  LATHE_ASSIGN(ExprPtr value, binder.DefaultExpression(e, column));
  if (value->kind == expr::Kind::kConst && value->value.is_null()) return std::string();
  return StoredText(e, context);
}

bool IsVolatileExpression(const expr::Expr& e) { return IsVolatile(e); }

Result<expr::ExprPtr> BindColumnDefault(const schema::Column& column, BindContext& context) {
  return Binder(context).ColumnDefault(column);
}

}  // namespace lathe::bind
