// INSERT, UPDATE, DELETE: a plan that yields the rows which the table's sink takes
// (exec::WriteLayout), under a Modify.
#include <algorithm>

#include "frontend/bind/binder.h"

namespace lathe::bind {
namespace {

NodePtr MakeModify(exec::WriteKind kind, schema::RelationPtr relation, NodePtr child,
                   std::vector<ColumnId> source) {
  auto modify = std::make_shared<logical::Modify>();
  modify->write = kind;
  modify->relation = std::move(relation);
  modify->source = std::move(source);
  modify->children.push_back(std::move(child));
  return modify;
}

/// VALUES lists and nothing else.
bool IsPlainValues(const ast::SelectStatement& select) {
  return select.form == ast::SelectStatement::Form::kValues && !select.with &&
         select.order_by.empty() && !select.limit && !select.offset && select.locking.empty();
}

}  // namespace

Result<schema::RelationPtr> Binder::FindTarget(const ast::QualifiedName& name,
                                               std::string_view verb) {
  LATHE_ASSIGN(schema::RelationPtr relation, FindRelation(name, context_));
  switch (relation->kind) {
    case schema::RelationKind::kTable:
      return relation;
    case schema::RelationKind::kVirtual:
      return At(SqlState::kInsufficientPrivilege,
                "permission denied: \"" + relation->name + "\" is a system catalog", -1);
    case schema::RelationKind::kView:
      return NotYet(std::string(verb) + " of a view", name.location);
    case schema::RelationKind::kSequence:
      return At(SqlState::kWrongObjectType, "cannot change sequence \"" + relation->name + "\"",
                -1);
    case schema::RelationKind::kIndex:
    case schema::RelationKind::kType:
    case schema::RelationKind::kDomain:
      break;
  }
  Error error = At(SqlState::kWrongObjectType, "cannot open relation \"" + relation->name + "\"",
                   name.location);
  error.detail = "This operation is not supported for indexes.";
  return error;
}

BoundExpr Binder::DefaultExpression(const ast::Expr& e, const schema::Column& column) {
  Scope scope(nullptr);
  scope.clause = Clause::kDefault;
  LATHE_ASSIGN(ExprPtr bound, Bind(e, scope));
  return Assign(std::move(bound), column, true);
}

Status Binder::CheckGiven(const schema::Column& column, bool insert,
                          ast::InsertStatement::Overriding overriding) const {
  const bool generated = !column.generated_sql.empty();
  const bool always = column.identity == schema::Identity::kAlways;
  if (!generated && (!always || overriding != ast::InsertStatement::Overriding::kNone)) return Ok();
  Error error = At(SqlState::kGeneratedAlways,
                   insert ? "cannot insert a non-DEFAULT value into column \"" + column.name + "\""
                          : "column \"" + column.name + "\" can only be updated to DEFAULT",
                   -1);
  error.detail = generated ? "Column \"" + column.name + "\" is a generated column."
                           : "Column \"" + column.name +
                                 "\" is an identity column defined as GENERATED ALWAYS.";
  if (!generated && insert) error.hint = "Use OVERRIDING SYSTEM VALUE to override.";
  return error;
}

Status Binder::AddGenerated(const schema::RelationDescriptor& relation, std::vector<ColumnId>* ids,
                            NodePtr* plan) {
  const std::vector<uint32_t> live = relation.LiveColumns();
  if (std::none_of(live.begin(), live.end(), [&](uint32_t column) {
        return !relation.columns[column].generated_sql.empty();
      })) {
    return Ok();
  }
  auto project = std::make_shared<logical::Project>();
  for (const OutputColumn& column : (*plan)->outputs) {
    project->outputs.push_back(column);
    project->expressions.push_back(expr::MakeColumn(column.id, column.type));
  }
  std::vector<ColumnId> made = *ids;
  for (size_t field = 0; field < live.size(); ++field) {
    const schema::Column& column = relation.columns[live[field]];
    if (column.generated_sql.empty()) continue;
    LATHE_ASSIGN(ExprPtr value, BindStoredExpression(relation, column.generated_sql,
                                                     RowUse::kGenerated, &column, context_));
    value = expr::Rewrite(std::move(value), [&](ExprPtr node) {
      if (node->kind != expr::Kind::kColumn) return node;
      const size_t of = static_cast<size_t>(
          std::find(live.begin(), live.end(), node->column.value - 1) - live.begin());
      node->column = (*ids)[of];
      return node;
    });
    made[field] = NewColumn(MayBeNull(*value));
    project->outputs.push_back(Output(made[field], column.name, column.type));
    project->expressions.push_back(std::move(value));
  }
  project->children.push_back(std::move(*plan));
  *plan = std::move(project);
  *ids = std::move(made);
  return Ok();
}

BoundExpr Binder::ColumnDefault(const schema::Column& column) {
  if (column.default_sql.empty() && column.domain.value != 0) {
    // The domain's default.
    schema::RelationPtr domain = context_.catalog->GetRelation(column.domain);
    if (domain != nullptr) {
      schema::Column as = column;
      as.domain = domain->columns[0].domain;
      as.default_sql = domain->columns[0].default_sql;
      return ColumnDefault(as);
    }
  }
  if (column.default_sql.empty()) return expr::MakeConst(types::Value::Null(column.type));
  if (!context_.parse_expression) {
    return MakeError(SqlState::kInternalError, "no parser for DEFAULT expressions was given");
  }
  // The text is another one than the statement's: its positions mean nothing to the client.
  const std::string_view sql = context_.sql;
  context_.sql = column.default_sql;
  BoundExpr bound = [&]() -> BoundExpr {
    LATHE_ASSIGN(ast::ExprPtr parsed, context_.parse_expression(column.default_sql));
    return DefaultExpression(*parsed, column);
  }();
  context_.sql = sql;
  if (bound.ok()) {
    expr::Visit(**bound, [](const Expr& e) { const_cast<Expr&>(e).location = -1; });
    return bound;
  }
  Error error = std::move(bound).error();
  error.position = 0;
  return error;
}

Status Binder::CheckPart(const ast::ColumnTarget& target, const schema::Column& column) const {
  const ast::Expr* e = target.indirection.get();
  while (e != nullptr && e->kind == ast::Expr::Kind::kSubscript) {
    e = e->As<ast::Subscript>().operand.get();
  }
  if (e != nullptr && e->kind == ast::Expr::Kind::kFieldSelect) {
    return At(SqlState::kDatatypeMismatch,
              "cannot assign to field \"" + e->As<ast::FieldSelect>().field + "\" of column \"" +
                  column.name + "\" because its type " + TypeText(column.type) +
                  " is not a composite type",
              target.location);
  }
  return Ok();
}

BoundQuery Binder::FinishModify(NodePtr modify, const ast::TargetList& returning,
                                const RangeTable& target, const std::vector<ColumnId>& values,
                                Scope& scope) {
  if (returning.empty()) {
    // What WITH defines goes below: the Modify stays at the root.
    modify->children[0] = WrapWith(scope, std::move(modify->children[0]));
    return modify;
  }
  modify->outputs = modify->children[0]->outputs;
  // The table's columns are those of the written row.
  auto written = std::make_shared<RangeTable>(target);
  // A row may have gone to another table.
  if (modify->As<logical::Modify>().write != exec::WriteKind::kDelete) written->table_oid = nullptr;
  for (size_t i = 0; i < written->columns.size(); ++i) {
    for (const OutputColumn& output : modify->outputs) {
      if (output.id != values[i]) continue;
      written->columns[i].expr = expr::MakeColumn(output.id, output.type);
      scope.columns.insert(output.id.value);
    }
  }
  bool replaced = false;
  for (NamespaceItem& item : scope.items) {
    if (item.table->alias != target.alias) continue;
    item.table = written;
    item.table_visible = item.columns_visible = true;
    item.lateral_only = false;
    replaced = true;
    break;
  }
  if (!replaced) {
    scope.items.insert(scope.items.begin(), {written, true, true, false, true});
    scope.tables.push_back(written);
  }
  scope.clause = Clause::kReturning;
  std::vector<TargetEntry> targets;
  LATHE_TRY(BindTargets(returning, scope, &targets));
  if (targets.size() > kTargetsMax) {
    return At(SqlState::kTooManyColumns,
              "number of columns (" + std::to_string(targets.size()) + ") exceeds limit (1664)",
              -1);
  }
  scope.clause = Clause::kNone;
  for (TargetEntry& entry : targets) {
    LATHE_ASSIGN(entry.expr, ResolveUnknown(std::move(entry.expr)));
  }
  NodePtr plan = MakeProject(std::move(modify), targets);
  return WrapWith(scope, std::move(plan));
}

BoundQuery Binder::BindInsert(const ast::InsertStatement& insert, Scope& scope) {
  if (insert.with) LATHE_TRY(BindWith(*insert.with, scope));
  LATHE_ASSIGN(schema::RelationPtr relation, FindTarget(insert.table, "INSERT"));
  const std::vector<uint32_t> live = relation->LiveColumns();

  // given[i]: which field (of live) the i-th value goes to.
  std::vector<size_t> given;
  for (const ast::ColumnTarget& target : insert.columns) {
    const int column = relation->FindColumn(target.name);
    if (column < 0) {
      return At(
          SqlState::kUndefinedColumn,
          "column \"" + target.name + "\" of relation \"" + relation->name + "\" does not exist",
          target.location);
    }
    LATHE_TRY(CheckPart(target, relation->columns[column]));
    const size_t field =
        std::find(live.begin(), live.end(), static_cast<uint32_t>(column)) - live.begin();
    bool again = false;
    for (size_t i = 0; i < given.size(); ++i) {
      again |= given[i] == field && (!target.indirection || !insert.columns[i].indirection);
    }
    if (again) {
      return At(SqlState::kDuplicateColumn,
                "column \"" + target.name + "\" specified more than once", target.location);
    }
    given.push_back(field);
  }
  if (insert.columns.empty() && insert.source) {
    for (size_t i = 0; i < live.size(); ++i) given.push_back(i);
  }
  auto check_count = [&](size_t count, auto location_of) -> Status {
    if (count > given.size()) {
      return At(SqlState::kSyntaxError, "INSERT has more expressions than target columns",
                location_of(given.size()));
    }
    if (count < given.size() && !insert.columns.empty()) {
      return At(SqlState::kSyntaxError, "INSERT has more target columns than expressions",
                insert.columns[count].location);
    }
    return Ok();
  };
  std::vector<ExprPtr> defaults(live.size());
  auto default_of = [&](size_t field) -> BoundExpr {
    if (!defaults[field]) {
      LATHE_ASSIGN(defaults[field], ColumnDefault(relation->columns[live[field]]));
    }
    return defaults[field]->Clone();
  };

  // OVERRIDING USER VALUE: what is given for an identity column does not count.
  auto ignored = [&](size_t i) {
    return insert.overriding == ast::InsertStatement::Overriding::kUser &&
           relation->columns[live[given[i]]].identity != schema::Identity::kNone;
  };
  auto no_default_part = [&](size_t i) -> Status {
    if (insert.columns.empty() || !insert.columns[i].indirection) return Ok();
    return At(SqlState::kFeatureNotSupported, "cannot set an array element to DEFAULT",
              insert.columns[i].location);
  };
  // The i-th value, put into its column or into a part of it.
  auto assign = [&](size_t i, ExprPtr value, ExprPtr* field) -> Status {
    const schema::Column& column = relation->columns[live[given[i]]];
    if (insert.columns.empty() || !insert.columns[i].indirection) {
      LATHE_ASSIGN(*field, Assign(std::move(value), column, false));
      return Ok();
    }
    ExprPtr base = *field ? std::move(*field) : expr::MakeConst(types::Value::Null(column.type));
    LATHE_ASSIGN(*field,
                 AssignPart(insert.columns[i], column, std::move(base), std::move(value), scope));
    return Ok();
  };

  NodePtr child;
  if (!insert.source || IsPlainValues(*insert.source)) {
    auto values = std::make_shared<logical::Values>();
    static const std::vector<ast::ExprList> kNoValues(1);
    const std::vector<ast::ExprList>& rows = insert.source ? insert.source->rows : kNoValues;
    std::vector<bool> nullable(live.size(), false);
    scope.clause = Clause::kValues;
    for (const ast::ExprList& row : rows) {
      if (row.size() != rows[0].size()) {
        return At(SqlState::kSyntaxError, "VALUES lists must all be the same length",
                  row.empty() ? insert.source->location : row[0]->location);
      }
      LATHE_TRY(check_count(row.size(), [&](size_t i) { return row[i]->location; }));
      std::vector<ExprPtr> fields(live.size());
      for (size_t i = 0; i < row.size(); ++i) {
        if (row[i]->kind == ast::Expr::Kind::kDefault) {
          LATHE_TRY(no_default_part(i));
          continue;
        }
        if (ignored(i)) continue;
        LATHE_TRY(CheckGiven(relation->columns[live[given[i]]], true, insert.overriding));
        LATHE_ASSIGN(ExprPtr e, BindFor(*row[i], relation->columns[live[given[i]]].type, scope));
        LATHE_TRY(assign(i, std::move(e), &fields[given[i]]));
      }
      for (size_t field = 0; field < live.size(); ++field) {
        if (!fields[field]) {
          LATHE_ASSIGN(fields[field], default_of(field));
        }
        if (MayBeNull(*fields[field])) nullable[field] = true;
      }
      values->rows.push_back(std::move(fields));
    }
    scope.clause = Clause::kNone;
    for (size_t field = 0; field < live.size(); ++field) {
      const schema::Column& column = relation->columns[live[field]];
      values->outputs.push_back(Output(NewColumn(nullable[field]), column.name, column.type));
    }
    child = std::move(values);
  } else {
    LATHE_ASSIGN(child, BindSelect(*insert.source, &scope, false));
    const ast::SelectStatement& source = *insert.source;
    auto location_of = [&source](size_t i) {
      const ast::SelectStatement* first = &source;
      while (first->form == ast::SelectStatement::Form::kSetOperation) first = first->left.get();
      const bool plain = first->form == ast::SelectStatement::Form::kSelect;
      return plain && i < first->targets.size() ? first->targets[i].location : first->location;
    };
    LATHE_TRY(check_count(child->outputs.size(), location_of));
    std::vector<TargetEntry> targets(live.size());
    for (size_t i = 0; i < child->outputs.size(); ++i) {
      const schema::Column& column = relation->columns[live[given[i]]];
      if (ignored(i)) continue;
      LATHE_TRY(CheckGiven(column, true, insert.overriding));
      if (child->outputs[i].type.id == TypeId::kUnknown) {
        const bool part = !insert.columns.empty() && insert.columns[i].indirection != nullptr;
        LATHE_TRY(CoerceOutput(child.get(), i, part ? Type(TypeId::kText) : column.type));
      }
      ExprPtr e = expr::MakeColumn(child->outputs[i].id, child->outputs[i].type);
      e->location = location_of(i);
      LATHE_TRY(assign(i, std::move(e), &targets[given[i]].expr));
    }
    for (size_t field = 0; field < live.size(); ++field) {
      targets[field].name = relation->columns[live[field]].name;
      if (!targets[field].expr) {
        LATHE_ASSIGN(targets[field].expr, default_of(field));
      }
    }
    child = MakeProject(std::move(child), targets);
  }
  std::vector<ColumnId> ids;
  for (const OutputColumn& column : child->outputs) ids.push_back(column.id);
  LATHE_TRY(AddGenerated(*relation, &ids, &child));
  if (relation->has_row_id()) ids.push_back(ColumnId());  // the sink allocates it
  RangeTable target;
  target.alias = insert.alias.empty() ? relation->name : insert.alias;
  target.aliased = !insert.alias.empty();
  target.relation = relation;
  for (uint32_t column : live) target.columns.push_back({relation->columns[column].name, nullptr});
  if (insert.on_conflict) {
    return BindConflict(insert, std::move(relation), std::move(child), std::move(ids), target,
                        scope);
  }
  NodePtr modify = MakeModify(exec::WriteKind::kInsert, std::move(relation), std::move(child), ids);
  return FinishModify(std::move(modify), insert.returning, target, ids, scope);
}

Result<NodePtr> Binder::JoinTarget(FromItem target, const std::vector<ast::TableRefPtr>& from,
                                   Scope& scope) {
  if (from.empty()) {
    scope.items = target.items;
    return std::move(target.plan);
  }
  // The other tables do not see the target, unless they are LATERAL.
  LATHE_ASSIGN(NodePtr others, BindFrom(from, scope));
  std::vector<NamespaceItem> items = std::move(target.items);
  LATHE_TRY(AddToNamespace(&items, std::move(scope.items)));
  scope.items = std::move(items);
  auto join = std::make_shared<logical::Join>();
  join->predicate = expr::MakeBool(true);
  join->outputs = target.plan->outputs;
  for (const OutputColumn& column : others->outputs) join->outputs.push_back(column);
  join->children.push_back(std::move(target.plan));
  join->children.push_back(std::move(others));
  return NodePtr(std::move(join));
}

Status Binder::BindAssignments(const std::vector<ast::Assignment>& assignments,
                               const schema::RelationDescriptor& relation,
                               const std::vector<OutputColumn>& old, Scope& scope,
                               std::vector<ExprPtr>* all_values, std::vector<NodePtr>* queries) {
  scope.clause = Clause::kUpdate;
  const std::vector<uint32_t> live = relation.LiveColumns();
  std::vector<ExprPtr>& values = *all_values;
  std::vector<bool> partial(live.size(), false);  // so far only parts of the column were assigned
  auto field_of = [&](const ast::ColumnTarget& column_target) -> Result<size_t> {
    const int index = relation.FindColumn(column_target.name);
    if (index < 0) {
      return At(SqlState::kUndefinedColumn,
                "column \"" + column_target.name + "\" of relation \"" + relation.name +
                    "\" does not exist",
                column_target.location);
    }
    const schema::Column& column = relation.columns[index];
    LATHE_TRY(CheckPart(column_target, column));
    const size_t field =
        std::find(live.begin(), live.end(), static_cast<uint32_t>(index)) - live.begin();
    if (values[field] && (!column_target.indirection || !partial[field])) {
      return At(SqlState::kSyntaxError,
                "multiple assignments to same column \"" + column.name + "\"", -1);
    }
    partial[field] = column_target.indirection != nullptr;
    return field;
  };
  auto put = [&](const ast::ColumnTarget& column_target, size_t field, ExprPtr value) -> Status {
    const schema::Column& column = relation.columns[live[field]];
    if (!column_target.indirection) {
      LATHE_ASSIGN(values[field], Assign(std::move(value), column, false));
      return Ok();
    }
    ExprPtr base =
        values[field] ? std::move(values[field]) : expr::MakeColumn(old[field].id, old[field].type);
    LATHE_ASSIGN(values[field],
                 AssignPart(column_target, column, std::move(base), std::move(value), scope));
    return Ok();
  };
  auto assign_bound = [&](const ast::ColumnTarget& column_target, ExprPtr value) -> Status {
    LATHE_ASSIGN(size_t field, field_of(column_target));
    LATHE_TRY(
        CheckGiven(relation.columns[live[field]], false, ast::InsertStatement::Overriding::kNone));
    return put(column_target, field, std::move(value));
  };
  auto assign = [&](const ast::ColumnTarget& column_target, const ast::Expr& value) -> Status {
    LATHE_ASSIGN(size_t field, field_of(column_target));
    const schema::Column& column = relation.columns[live[field]];
    if (value.kind != ast::Expr::Kind::kDefault) {
      LATHE_TRY(CheckGiven(column, false, ast::InsertStatement::Overriding::kNone));
    }
    if (value.kind == ast::Expr::Kind::kDefault) {
      if (column_target.indirection) {
        return At(SqlState::kFeatureNotSupported, "cannot set an array element to DEFAULT",
                  column_target.location);
      }
      LATHE_ASSIGN(values[field], ColumnDefault(column));
      return Ok();
    }
    LATHE_ASSIGN(ExprPtr e, BindFor(value, column.type, scope));
    return put(column_target, field, std::move(e));
  };
  for (const ast::Assignment& assignment : assignments) {
    if (!assignment.multiple) {
      LATHE_TRY(assign(assignment.columns[0], *assignment.value));
      continue;
    }
    if (assignment.value->kind != ast::Expr::Kind::kRow &&
        assignment.value->kind != ast::Expr::Kind::kSubquery) {
      return At(SqlState::kFeatureNotSupported,
                "source for a multiple-column UPDATE item must be a sub-SELECT or ROW() expression",
                assignment.value->location);
    }
    if (assignment.value->kind == ast::Expr::Kind::kSubquery) {
      const auto& subquery = assignment.value->As<ast::Subquery>();
      LATHE_ASSIGN(NodePtr query, BindSelect(*subquery.query, &scope, true));
      if (query->outputs.size() != assignment.columns.size()) {
        return At(SqlState::kSyntaxError, "number of columns does not match number of values",
                  assignment.value->location);
      }
      for (size_t i = 0; i < assignment.columns.size(); ++i) {
        ExprPtr value = expr::MakeColumn(query->outputs[i].id, query->outputs[i].type);
        LATHE_TRY(assign_bound(assignment.columns[i], std::move(value)));
      }
      queries->push_back(std::move(query));
      continue;
    }
    // ROW(t.*) is as many values as t has columns.
    struct Item {
      const ast::Expr* expr;
      ExprPtr bound;
    };
    std::vector<Item> items;
    for (const ast::ExprPtr& item : assignment.value->As<ast::Row>().items) {
      if (item->kind != ast::Expr::Kind::kColumnRef || !item->As<ast::ColumnRef>().star) {
        items.push_back({item.get(), nullptr});
        continue;
      }
      std::vector<TargetEntry> expanded;
      LATHE_TRY(ExpandStarItem(*item, scope, &expanded));
      for (TargetEntry& entry : expanded) items.push_back({nullptr, std::move(entry.expr)});
    }
    if (items.size() != assignment.columns.size()) {
      return At(SqlState::kSyntaxError, "number of columns does not match number of values",
                assignment.value->location);
    }
    for (size_t i = 0; i < items.size(); ++i) {
      LATHE_TRY(items[i].expr != nullptr
                    ? assign(assignment.columns[i], *items[i].expr)
                    : assign_bound(assignment.columns[i], std::move(items[i].bound)));
    }
  }
  scope.clause = Clause::kNone;
  return Ok();
}

NodePtr Binder::JoinAssigned(NodePtr plan, std::vector<NodePtr> queries) {
  for (NodePtr& query : queries) {
    auto join = std::make_shared<logical::Join>();
    join->join_kind = logical::JoinKind::kSingle;
    join->dependent = true;
    join->predicate = expr::MakeBool(true);
    join->outputs = plan->outputs;
    for (OutputColumn column : query->outputs) {
      column.nullable = true;
      not_null_.erase(column.id.value);
      join->outputs.push_back(std::move(column));
    }
    join->children.push_back(std::move(plan));
    join->children.push_back(std::move(query));
    plan = std::move(join);
  }
  return plan;
}

NodePtr Binder::ProjectUpdated(NodePtr plan, std::vector<ExprPtr> values,
                               const std::vector<OutputColumn>& old, std::vector<ColumnId>* ids) {
  // New values under new ids beside the old row; what is not assigned is its own old value.
  auto project = std::make_shared<logical::Project>();
  for (size_t field = 0; field < old.size(); ++field) {
    if (field >= values.size() || !values[field]) {
      ids->push_back(old[field].id);
      continue;
    }
    const ColumnId id = NewColumn(MayBeNull(*values[field]));
    project->outputs.push_back(Output(id, old[field].name, values[field]->type));
    project->expressions.push_back(std::move(values[field]));
    ids->push_back(id);
  }
  for (const OutputColumn& column : old) ids->push_back(column.id);
  // The old row, and what RETURNING may want of the other tables.
  for (const OutputColumn& column : plan->outputs) {
    project->outputs.push_back(column);
    project->expressions.push_back(expr::MakeColumn(column.id, column.type));
  }
  project->children.push_back(std::move(plan));
  return project;
}

BoundQuery Binder::BindUpdate(const ast::UpdateStatement& update, Scope& scope) {
  if (update.with) LATHE_TRY(BindWith(*update.with, scope));
  LATHE_ASSIGN(schema::RelationPtr relation, FindTarget(update.table->name, "UPDATE"));
  LATHE_ASSIGN(FromItem target, MakeTarget(relation, *update.table, !update.from.empty(), scope));
  const std::shared_ptr<RangeTable> table = target.items[0].table;
  table->only = update.table->only;
  const std::vector<OutputColumn> old = RowOutputs(*relation, *target.plan);
  LATHE_ASSIGN(NodePtr plan, JoinTarget(std::move(target), update.from, scope));

  ExprPtr where;
  if (update.where) {
    scope.clause = Clause::kWhere;
    LATHE_ASSIGN(where, BindBoolean(*update.where, scope, "WHERE"));
  }
  const std::vector<uint32_t> live = relation->LiveColumns();
  std::vector<ExprPtr> values(live.size());
  std::vector<NodePtr> queries;  // SET (a, b) = (SELECT ...): at most one row each
  LATHE_TRY(BindAssignments(update.assignments, *relation, old, scope, &values, &queries));
  if (where) {
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = plan->outputs;
    filter->predicate = std::move(where);
    filter->children.push_back(std::move(plan));
    plan = std::move(filter);
  }
  plan = JoinAssigned(std::move(plan), std::move(queries));
  std::vector<ColumnId> ids;
  NodePtr project = ProjectUpdated(std::move(plan), std::move(values), old, &ids);
  LATHE_TRY(AddGenerated(*relation, &ids, &project));
  NodePtr modify =
      MakeModify(exec::WriteKind::kUpdate, std::move(relation), std::move(project), ids);
  if (!update.from.empty())
    modify->As<logical::Modify>().repeats = logical::Modify::Repeats::kFirst;
  return FinishModify(std::move(modify), update.returning, *table, ids, scope);
}

BoundQuery Binder::BindDelete(const ast::DeleteStatement& remove, Scope& scope) {
  if (remove.with) LATHE_TRY(BindWith(*remove.with, scope));
  LATHE_ASSIGN(schema::RelationPtr relation, FindTarget(remove.table->name, "DELETE"));
  LATHE_ASSIGN(FromItem target,
               MakeTarget(relation, *remove.table, !remove.using_list.empty(), scope));
  const std::shared_ptr<RangeTable> table = target.items[0].table;
  table->only = remove.table->only;
  std::vector<ColumnId> ids;
  for (const OutputColumn& column : RowOutputs(*relation, *target.plan)) ids.push_back(column.id);
  LATHE_ASSIGN(NodePtr plan, JoinTarget(std::move(target), remove.using_list, scope));
  if (remove.where) {
    scope.clause = Clause::kWhere;
    LATHE_ASSIGN(ExprPtr where, BindBoolean(*remove.where, scope, "WHERE"));
    scope.clause = Clause::kNone;
    auto filter = std::make_shared<logical::Filter>();
    filter->outputs = plan->outputs;
    filter->predicate = std::move(where);
    filter->children.push_back(std::move(plan));
    plan = std::move(filter);
  }
  NodePtr modify = MakeModify(exec::WriteKind::kDelete, std::move(relation), std::move(plan), ids);
  if (!remove.using_list.empty()) {
    modify->As<logical::Modify>().repeats = logical::Modify::Repeats::kFirst;
  }
  return FinishModify(std::move(modify), remove.returning, *table, ids, scope);
}

}  // namespace lathe::bind
