// Views: a view in FROM is its query, bound with the names of the day it was made; and the columns
// of new views and of CREATE TABLE AS.
#include <algorithm>

#include "frontend/ast/position.h"
#include "frontend/bind/binder.h"

namespace lathe::bind {

Result<FromItem> Binder::BindView(const schema::RelationPtr& view, const ast::RelationRef& ref,
                                  Scope& scope) {
  if (ref.sample) return CannotSample(ref.location);
  if (!context_.parse_statement) return NotYet("view", ref.location);
  if (std::find(views_.begin(), views_.end(), view->id) != views_.end()) {
    return At(SqlState::kInvalidObjectDefinition,
              "infinite recursion detected in rules for relation \"" + view->name + "\"", -1);
  }
  // Each level is one of the binder's and of every pass behind it.
  constexpr size_t kViewDepthMax = 200;
  if (views_.size() >= kViewDepthMax) {
    return MakeError(SqlState::kStatementTooComplex, "stack depth limit exceeded");
  }
  // The text is another one than the statement's: its positions mean nothing to the client.
  const std::string_view sql = std::exchange(context_.sql, view->view_sql);
  std::vector<std::string> path = std::exchange(context_.search_path, view->view_search_path);
  // A temporary view has its schema in its path.
  std::string temp = std::exchange(context_.temp_schema, std::string());
  const std::vector<RelationId>* reads = std::exchange(context_.view_reads, &view->view_reads);
  const std::vector<schema::ViewRelation>* relations =
      std::exchange(context_.view_relations, &view->view_relations);
  views_.push_back(view->id);
  ast::StatementPtr parsed;  // lives until its plan is made
  BoundQuery plan = [&]() -> BoundQuery {
    LATHE_ASSIGN(parsed, context_.parse_statement(view->view_sql));
    return BindSelect(parsed->As<ast::SelectStatement>(), nullptr, true);
  }();
  views_.pop_back();
  context_.search_path = std::move(path);
  context_.temp_schema = std::move(temp);
  context_.view_reads = reads;
  context_.view_relations = relations;
  context_.sql = sql;
  if (!plan.ok()) {
    Error error = std::move(plan).error();
    error.position = 0;
    return error;
  }
  std::vector<std::string> names;
  for (const schema::Column& column : view->columns) names.push_back(column.name);
  if ((*plan)->outputs.size() != names.size()) {
    return MakeError(SqlState::kInternalError,
                     "view \"" + view->name + "\" no longer has the columns it was made with");
  }
  ast::Alias alias;
  alias.name = ref.alias.name.empty() ? view->name : ref.alias.name;
  alias.columns = ref.alias.columns;
  LATHE_ASSIGN(FromItem item, MakeDerived(std::move(*plan), names, alias, scope));
  item.items[0].table->aliased = !ref.alias.name.empty();
  FreezeColumns(*view, ref, item.items[0].table.get());
  return item;
}

void Binder::FreezeColumns(const schema::RelationDescriptor& relation, const ast::RelationRef& ref,
                           RangeTable* table) const {
  if (context_.view_relations == nullptr) return;
  for (const schema::ViewRelation& read : *context_.view_relations) {
    if (read.id != relation.id) continue;
    const std::vector<uint32_t> live = relation.LiveColumns();
    std::vector<RangeColumn> columns;
    for (size_t i = 0; i < read.columns.size(); ++i) {
      for (size_t field = 0; field < live.size() && field < table->columns.size(); ++field) {
        if (relation.columns[live[field]].number != read.columns[i].second) continue;
        RangeColumn column = table->columns[field];
        column.name = i < ref.alias.columns.size() ? ref.alias.columns[i] : read.columns[i].first;
        columns.push_back(std::move(column));
      }
    }
    table->columns = std::move(columns);
    if (ref.alias.name.empty()) table->alias = read.name;
    return;
  }
}

std::vector<schema::ViewRelation> FrozenRelations(const BindContext& context) {
  std::vector<schema::ViewRelation> frozen;
  for (const schema::RelationPtr& relation : context.relations) {
    if (relation->kind == schema::RelationKind::kVirtual) continue;
    if (std::any_of(frozen.begin(), frozen.end(),
                    [&](const schema::ViewRelation& known) { return known.id == relation->id; })) {
      continue;
    }
    schema::ViewRelation read;
    read.id = relation->id;
    read.name = relation->name;
    if (auto schema = context.catalog->GetSchema(relation->schema)) read.schema = schema->name;
    for (uint32_t column : relation->LiveColumns()) {
      read.columns.emplace_back(relation->columns[column].name, relation->columns[column].number);
    }
    for (const auto& [id, number] : context.used_columns) {
      if (id == relation->id) read.used.push_back(number);
    }
    // Of views all columns count.
    if (relation->kind != schema::RelationKind::kTable) {
      for (const auto& [name, number] : read.columns) read.used.push_back(number);
    }
    frozen.push_back(std::move(read));
  }
  return frozen;
}

namespace {

Result<std::vector<schema::Column>> ColumnsOf(const logical::Query& query,
                                              const std::vector<std::string>& names,
                                              const char* too_many) {
  const std::vector<OutputColumn>& outputs = query.root->outputs;
  if (names.size() > outputs.size()) return MakeError(SqlState::kSyntaxError, too_many);
  std::vector<schema::Column> columns;
  for (size_t i = 0; i < outputs.size(); ++i) {
    schema::Column column;
    column.name = i < names.size() ? names[i] : query.result_names[i];
    column.type = outputs[i].type;
    if (column.type.id == TypeId::kUnknown) column.type = Type(TypeId::kText);
    for (const schema::Column& other : columns) {
      if (other.name == column.name) {
        return MakeError(SqlState::kDuplicateColumn,
                         "column \"" + column.name + "\" specified more than once");
      }
    }
    columns.push_back(std::move(column));
  }
  return columns;
}

}  // namespace

Result<std::vector<schema::Column>> BindViewColumns(const ast::CreateViewStatement& statement,
                                                    const logical::Query& query) {
  return ColumnsOf(query, statement.columns,
                   "CREATE VIEW specifies more column names than columns");
}

Result<std::vector<schema::Column>> BindTableAsColumns(const ast::CreateTableAsStatement& statement,
                                                       const logical::Query& query) {
  LATHE_ASSIGN(std::vector<schema::Column> columns,
               ColumnsOf(query, statement.columns, "too many column names were specified"));
  for (schema::Column& column : columns) {
    // A computed fixed-point value is a numeric without modifier, as PostgreSQL has it.
    if (column.type.id == TypeId::kNumeric) {
      column.type = column.type.typmod < 0 ? Type(TypeId::kNumeric)
                                           : Type::NumericColumn((column.type.typmod - 4) >> 16,
                                                                 (column.type.typmod - 4) & 0x7ff);
    }
  }
  return columns;
}

}  // namespace lathe::bind
