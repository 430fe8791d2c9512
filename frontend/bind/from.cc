// FROM items: tables, WITH names, derived tables; what they make visible and which may stand side
// by side.
#include <algorithm>

#include "frontend/bind/binder.h"
#include "frontend/bind/later.h"
#include "runtime/func/context.h"

namespace lathe::bind {

Status Binder::AddToNamespace(std::vector<NamespaceItem>* items,
                              std::vector<NamespaceItem> more) const {
  for (NamespaceItem& item : more) {
    for (const NamespaceItem& other : *items) {
      if (!item.table_visible || !other.table_visible || item.table->alias != other.table->alias) {
        continue;
      }
      // Two tables of the same name from different schemas may stand side by side.
      if (!item.table->aliased && !other.table->aliased && item.table->relation &&
          other.table->relation && item.table->relation->id != other.table->relation->id) {
        continue;
      }
      return At(SqlState::kDuplicateAlias,
                "table name \"" + item.table->alias + "\" specified more than once", -1);
    }
  }
  for (NamespaceItem& item : more) items->push_back(std::move(item));
  return Ok();
}

Status Binder::RenameColumns(RangeTable* table, const ast::Alias& alias) const {
  if (alias.columns.size() > table->columns.size()) {
    return At(SqlState::kInvalidColumnReference,
              "table \"" + table->alias + "\" has " + std::to_string(table->columns.size()) +
                  " columns available but " + std::to_string(alias.columns.size()) +
                  " columns specified",
              -1);
  }
  for (size_t i = 0; i < alias.columns.size(); ++i) table->columns[i].name = alias.columns[i];
  return Ok();
}

FromItem Binder::MakeScan(const schema::RelationPtr& relation, const std::string& alias,
                          bool with_row_id, Scope& scope) {
  auto scan = std::make_shared<logical::Scan>();
  auto table = std::make_shared<RangeTable>();
  table->alias = alias.empty() ? relation->name : alias;
  table->aliased = !alias.empty();
  table->relation = relation;
  scan->relation = relation;
  scan->alias = table->alias;
  for (uint32_t index : relation->LiveColumns()) {
    const schema::Column& column = relation->columns[index];
    const ColumnId id = NewColumn(!column.not_null);
    scan->fields.push_back(static_cast<uint32_t>(scan->fields.size()));
    scan->outputs.push_back(Output(id, column.name, column.type));
    table->columns.push_back({column.name, expr::MakeColumn(id, column.type)});
    base_columns_[id.value] = {table, relation, index, table->alias};
    column_names_[id.value] = column.name;
    scope.columns.insert(id.value);
  }
  if ((with_row_id || locks_rows_) && relation->has_row_id()) {
    const ColumnId id = NewColumn(false);
    table->row_id = id;
    scope.columns.insert(id.value);
    scan->fields.push_back(static_cast<uint32_t>(scan->fields.size()));
    scan->outputs.push_back(Output(id, "row_id", Type(TypeId::kInt8)));
  }
  scope.tables.push_back(table);
  FromItem item;
  item.plan = std::move(scan);
  item.items.push_back({table, true, true, false, true});
  return item;
}

Result<FromItem> Binder::MakeDerived(NodePtr plan, const std::vector<std::string>& names,
                                     const ast::Alias& alias, Scope& scope) {
  auto table = std::make_shared<RangeTable>();
  table->alias = alias.name;
  table->aliased = true;
  for (size_t i = 0; i < plan->outputs.size(); ++i) {
    const OutputColumn& column = plan->outputs[i];
    const std::string& name = i < names.size() ? names[i] : column.name;
    table->columns.push_back({name, expr::MakeColumn(column.id, column.type)});
    column_names_.emplace(column.id.value, name);
    scope.columns.insert(column.id.value);
  }
  LATHE_TRY(RenameColumns(table.get(), alias));
  scope.tables.push_back(table);
  FromItem item;
  item.plan = std::move(plan);
  item.items.push_back({std::move(table), true, true, false, true});
  return item;
}

Error Binder::CannotSample(int32_t location) const {
  return At(SqlState::kFeatureNotSupported,
            "TABLESAMPLE clause can only be applied to tables and materialized views", location);
}

namespace {

/// The percentage of TABLESAMPLE, checked.
func::CallStatus SamplePercentage(func::FunctionContext* context, const types::Datum* args,
                                  const bool* nulls, types::Datum* result) {
  if (nulls[0]) {
    return context->Fail(SqlState::kInvalidTablesampleArgument,
                         "TABLESAMPLE parameter cannot be null");
  }
  if (!(args[0].f64 >= 0 && args[0].f64 <= 100)) {
    return context->Fail(SqlState::kInvalidTablesampleArgument,
                         "sample percentage must be between 0 and 100");
  }
  *result = args[0];
  return func::CallStatus::kOk;
}

const func::Function& SampleFunction() {
  static const func::Function function = [] {
    func::Function f;
    f.oid = Oid(9998);
    f.name = "sample_percentage";
    f.args = {Type(TypeId::kFloat8)};
    f.result = Type(TypeId::kFloat8);
    f.strict = false;
    f.can_fail = true;
    f.boxed = SamplePercentage;
    return f;
  }();
  return function;
}

}  // namespace

BoundExpr Binder::RepeatableDraw(const ast::TableSample& sample, Scope& scope,
                                 const logical::Node& scan) {
  const Clause clause = scope.clause;
  scope.clause = Clause::kFromFunction;
  BoundExpr bound = Bind(*sample.repeatable, scope);
  scope.clause = clause;
  LATHE_ASSIGN(ExprPtr seed, std::move(bound));
  const Type float8(TypeId::kFloat8);
  if (!CanCoerce(seed->type, float8, CastContext::kAssignment)) {
    return At(
        SqlState::kDatatypeMismatch,
        "argument of REPEATABLE must be type double precision, not type " + TypeText(seed->type),
        Leftmost(*seed));
  }
  LATHE_ASSIGN(seed, Coerce(std::move(seed), float8, false));
  // A row is drawn by the seed and by what tells it from the others.
  std::vector<ExprPtr> args;
  args.push_back(std::move(seed));
  const schema::RelationDescriptor& relation = *scan.As<logical::Scan>().relation;
  const std::vector<uint32_t> live = relation.LiveColumns();
  for (size_t i = 0; i < scan.outputs.size(); ++i) {
    const bool own = i >= live.size() ||
                     std::any_of(relation.key.begin(), relation.key.end(),
                                 [&](const schema::KeyColumn& k) { return k.column == live[i]; });
    if (own) args.push_back(expr::MakeColumn(scan.outputs[i].id, scan.outputs[i].type));
  }
  for (ExprPtr& arg : args) {
    if (arg->type.id != TypeId::kNumeric) continue;
    LATHE_ASSIGN(arg, ToNumericForm(std::move(arg), Type(TypeId::kNumeric)));
  }
  ExprPtr draw = expr::MakeCall(func::FunctionsNamed("sample_draw")[0], float8, std::move(args));
  draw->location = sample.location;
  return draw;
}

Status Binder::SampleRows(const ast::TableSample& sample, Scope& scope, NodePtr* plan) {
  const std::string& method = sample.method.name;
  if (method != "bernoulli" && method != "system") {
    return At(SqlState::kUndefinedObject, "tablesample method " + method + " does not exist",
              sample.location);
  }
  if (sample.args.size() != 1) {
    return At(SqlState::kInvalidTablesampleArgument,
              "tablesample method " + method + " requires 1 argument, not " +
                  std::to_string(sample.args.size()),
              sample.location);
  }
  const Clause clause = scope.clause;
  scope.clause = Clause::kFromFunction;
  BoundExpr bound = Bind(*sample.args[0], scope);
  scope.clause = clause;
  LATHE_ASSIGN(ExprPtr percentage, std::move(bound));
  const Type float8(TypeId::kFloat8);
  if (!CanCoerce(percentage->type, float8, CastContext::kAssignment)) {
    return At(SqlState::kDatatypeMismatch,
              "argument of TABLESAMPLE must be type real, not type " + TypeText(percentage->type),
              Leftmost(*percentage));
  }
  // Every row is drawn for itself; SYSTEM, whose unit is a page elsewhere, may do the same.
  std::vector<ExprPtr> args;
  LATHE_ASSIGN(percentage, Coerce(std::move(percentage), float8, false));
  args.push_back(std::move(percentage));
  ExprPtr checked = expr::MakeCall(&SampleFunction(), float8, std::move(args));
  checked->location = sample.location;
  ExprPtr draw;
  if (sample.repeatable) {
    LATHE_ASSIGN(draw, RepeatableDraw(sample, scope, **plan));
  } else {
    LATHE_ASSIGN(draw, MakeFunction("random", {}, sample.location));
    types::Datum hundred;
    hundred.f64 = 100;
    LATHE_ASSIGN(draw, MakeOperator("*", std::move(draw),
                                    expr::MakeConst(types::Value::FromDatum(float8, hundred)), -1));
  }
  auto filter = std::make_shared<logical::Filter>();
  filter->outputs = (*plan)->outputs;
  LATHE_ASSIGN(filter->predicate, MakeOperator("<", std::move(draw), std::move(checked), -1));
  filter->children.push_back(std::move(*plan));
  *plan = std::move(filter);
  return Ok();
}

Result<FromItem> Binder::BindRelation(const ast::RelationRef& ref, Scope& scope) {
  if (ref.name.schema.empty()) {
    if (std::shared_ptr<Cte> cte = FindCte(ref.name.name, scope)) {
      if (ref.sample) return CannotSample(ref.location);
      if (cte->no_columns) {
        return At(SqlState::kFeatureNotSupported,
                  "WITH query \"" + cte->name + "\" does not have a RETURNING clause",
                  ref.location);
      }
      ast::Alias alias;
      alias.name = ref.alias.name.empty() ? cte->name : ref.alias.name;
      alias.columns = ref.alias.columns;
      scope.recursive_term |= cte->working != 0;
      return MakeDerived(ReferCte(cte), cte->columns, alias, scope);
    }
  }
  Result<schema::RelationPtr> found = FindRelation(ref.name, context_);
  if (!found.ok()) {
    Error error = std::move(found).error();
    if (error.position == 0) return At(error.state, error.message, ref.location);
    return error;
  }
  const schema::RelationPtr& relation = *found;
  if (relation->kind == schema::RelationKind::kIndex) {
    Error error = At(SqlState::kWrongObjectType, "cannot open relation \"" + relation->name + "\"",
                     ref.location);
    error.detail = "This operation is not supported for indexes.";
    return error;
  }
  if (views_.empty()) context_.relations.push_back(relation);
  if (relation->kind == schema::RelationKind::kView) return BindView(relation, ref, scope);
  const bool repeatable = ref.sample != nullptr && ref.sample->repeatable != nullptr;
  const bool inherited = !ref.only && (relation->is_partitioned() || !relation->children.empty());
  if (inherited && ref.sample) return NotYet("TABLESAMPLE of a table with children", ref.location);
  FromItem item = inherited ? MakeInherited(relation, ref.alias.name, false, scope)
                            : MakeScan(relation, ref.alias.name, repeatable, scope);
  item.items[0].table->only = ref.only;
  if (ref.sample) LATHE_TRY(SampleRows(*ref.sample, scope, &item.plan));
  FreezeColumns(*relation, ref, item.items[0].table.get());
  LATHE_TRY(RenameColumns(item.items[0].table.get(), ref.alias));
  return item;
}

Result<FromItem> Binder::BindDerived(const ast::SubqueryRef& ref, Scope& scope) {
  if (ref.alias.name.empty()) {
    Error error = At(SqlState::kSyntaxError,
                     ref.query->form == ast::SelectStatement::Form::kValues
                         ? "VALUES in FROM must have an alias"
                         : "subquery in FROM must have an alias",
                     ref.location);
    error.hint = ref.query->form == ast::SelectStatement::Form::kValues
                     ? "For example, FROM (VALUES ...) [AS] foo."
                     : "For example, FROM (SELECT ...) [AS] foo.";
    return error;
  }
  const Clause clause = scope.clause;
  scope.clause = Clause::kFromSubquery;
  Result<NodePtr> bound = BindSelect(*ref.query, &scope, true, ref.lateral);
  scope.clause = clause;
  LATHE_ASSIGN(NodePtr plan, std::move(bound));
  return MakeDerived(std::move(plan), {}, ref.alias, scope);
}

Result<FromItem> Binder::BindCatalogFunction(const ast::FunctionRef& ref, Scope& scope) {
  const auto& call = ref.functions[0].call->As<ast::FunctionCall>();
  const bool lateral_before = scope.lateral_active;
  scope.lateral_active = true;
  Result<std::vector<ExprPtr>> args = BindList(call.args, scope);
  scope.lateral_active = lateral_before;
  if (!args.ok()) return std::move(args).error();
  for (ExprPtr& arg : *args) {
    LATHE_ASSIGN(arg, ResolveUnknown(std::move(arg)));
  }
  Type type(TypeId::kText);
  if (!args->empty()) {
    const Type& first = (*args)[0]->type;
    type = first.id == TypeId::kArray ? first.Element() : first;
  }
  ExprPtr value =
      Later("function " + call.name.name + " in FROM", type, std::move(*args), call.location);
  auto values = std::make_shared<logical::Values>();
  values->outputs.push_back(Output(NewColumn(true), call.name.name, value->type));
  values->rows.emplace_back();
  values->rows[0].push_back(std::move(value));
  ast::Alias alias;
  alias.name = ref.alias.name.empty() ? call.name.name : ref.alias.name;
  alias.columns = ref.alias.columns;
  // The alias of a function that gives scalars names its column too.
  if (alias.columns.empty()) alias.columns.push_back(alias.name);
  return MakeDerived(std::move(values), {}, alias, scope);
}

Result<FromItem> Binder::BindFromItem(const ast::TableRef& ref, Scope& scope) {
  switch (ref.kind) {
    case ast::TableRef::Kind::kRelation:
      return BindRelation(ref.As<ast::RelationRef>(), scope);
    case ast::TableRef::Kind::kSubquery:
      return BindDerived(ref.As<ast::SubqueryRef>(), scope);
    case ast::TableRef::Kind::kFunction:
      return BindFunctionRef(ref.As<ast::FunctionRef>(), scope);
    case ast::TableRef::Kind::kJoin:
      return BindJoin(ref.As<ast::Join>(), scope);
  }
  return NotYet("this FROM item", ref.location);
}

Result<NodePtr> Binder::BindFrom(const std::vector<ast::TableRefPtr>& from, Scope& scope) {
  if (from.empty()) {
    auto values = std::make_shared<logical::Values>();
    values->rows.emplace_back();
    return NodePtr(std::move(values));
  }
  NodePtr plan;
  std::vector<NamespaceItem> items;
  for (const ast::TableRefPtr& ref : from) {
    LATHE_ASSIGN(FromItem item, BindFromItem(*ref, scope));
    LATHE_TRY(AddToNamespace(&items, item.items));
    for (NamespaceItem& visible : item.items) {
      visible.lateral_only = true;
      visible.lateral_ok = true;
      scope.items.push_back(visible);
    }
    plan = plan ? MakeJoin(logical::JoinKind::kInner, std::move(plan), std::move(item.plan),
                           expr::MakeBool(true))
                : std::move(item.plan);
  }
  scope.items = std::move(items);
  return plan;
}

}  // namespace lathe::bind
