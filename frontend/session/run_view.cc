// CREATE VIEW and CREATE TABLE AS: what is made from a query.
#include <algorithm>

#include "frontend/ast/print.h"
#include "frontend/session/session_impl.h"
#include "frontend/session/statement_name.h"

namespace lathe::session {
namespace {

using ast::PositionOf;

Error SystemSchema(const schema::SchemaDescriptor& schema, const std::string& name) {
  return MakeError(SqlState::kInsufficientPrivilege,
                   "permission denied to create \"" + schema.name + "." + name + "\"");
}

bool IsSystemSchema(const schema::SchemaDescriptor& schema) {
  return schema.id == schema::kPgCatalogSchema || schema.id == schema::kInformationSchema;
}

/// A replaced view keeps its columns and may only get more at the end.
Status CheckReplacement(const schema::RelationDescriptor& old,
                        const std::vector<schema::Column>& columns) {
  if (columns.size() < old.columns.size()) {
    return MakeError(SqlState::kInvalidTableDefinition, "cannot drop columns from view");
  }
  for (size_t i = 0; i < old.columns.size(); ++i) {
    const schema::Column &was = old.columns[i], &is = columns[i];
    if (was.name != is.name) {
      Error error =
          MakeError(SqlState::kInvalidTableDefinition, "cannot change name of view column \"" +
                                                           was.name + "\" to \"" + is.name + "\"");
      error.hint = "Use ALTER VIEW ... RENAME COLUMN ... to change name of view column instead.";
      return error;
    }
    if (types::OidOf(was.type) != types::OidOf(is.type) || was.type.typmod != is.type.typmod) {
      return MakeError(SqlState::kInvalidTableDefinition,
                       "cannot change data type of view column \"" + was.name + "\" from " +
                           types::FormatType(was.type) + " to " + types::FormatType(is.type));
    }
  }
  return Ok();
}

}  // namespace

Status SessionImpl::RunCreateView(Run* run) {
  const std::string& sql = run->prepared->sql;
  const auto& create = run->prepared->statement->As<ast::CreateViewStatement>();
  if (create.check != ast::CreateViewStatement::Check::kNone) {
    return NotSupported("WITH CHECK OPTION", PositionOf(sql, create.location));
  }
  if (!create.with.empty()) {
    return NotSupported("CREATE VIEW ... WITH options", PositionOf(sql, create.location));
  }
  std::string text = sql.substr(static_cast<size_t>(create.query_begin),
                                static_cast<size_t>(create.query_end - create.query_begin));
  if (create.recursive) {
    std::string names;
    for (const std::string& column : create.columns) {
      if (!names.empty()) names += ", ";
      names += ast::QuoteIdentifier(column);
    }
    const std::string name = ast::QuoteIdentifier(create.view.name);
    text = "WITH RECURSIVE " + name + " (" + names + ") AS (" + text + ") SELECT " + names +
           " FROM " + name;
  }
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  context.parameters_allowed = false;
  context.collect_used = true;
  run->tag = "CREATE VIEW";
  // What is bound is what will be stored.
  std::string_view bound_text = create.recursive ? std::string_view(text) : std::string_view(sql);
  ast::StatementPtr parsed;
  const ast::Statement* query_statement = create.query.get();
  if (create.recursive) {
    LATHE_ASSIGN(parsed, context.parse_statement(text));
    query_statement = parsed.get();
  }
  context.sql = bound_text;
  LATHE_ASSIGN(logical::Query query, bind::BindQuery(*query_statement, context));
  if (query.root->kind == logical::Kind::kModify) {
    return NotSupported("a view that changes data", PositionOf(sql, create.location));
  }
  bool temporary = create.temporary;
  if (!temporary && std::any_of(context.relations.begin(), context.relations.end(),
                                [&](const auto& read) { return IsTemporary(read->schema); })) {
    temporary = true;
    LATHE_ASSIGN(auto target, CreationSchema(create.view, false, &context));
    if (!IsTemporary(target->id)) {
      Notify(run->client, "NOTICE", SqlState::kSuccessfulCompletion,
             "view \"" + create.view.name + "\" will be a temporary view");
    }
  }
  LATHE_ASSIGN(auto schema, CreationSchema(create.view, temporary, &context));
  if (IsSystemSchema(*schema)) return SystemSchema(*schema, create.view.name);
  table::ViewSpec spec;
  LATHE_ASSIGN(spec.columns, bind::BindViewColumns(create, query));
  spec.schema = schema->id;
  spec.name = create.view.name;
  spec.sql = std::move(text);
  spec.search_path = bind::EffectivePath(context);
  for (const schema::RelationPtr& relation : context.relations) {
    if (relation->kind != schema::RelationKind::kVirtual) spec.reads.push_back(relation->id);
  }
  spec.relations = bind::FrozenRelations(context);
  if (create.replace) {
    schema::RelationPtr old = catalog_->FindRelation(schema->id, spec.name);
    if (old != nullptr && old->kind == schema::RelationKind::kView) {
      LATHE_TRY(CheckReplacement(*old, spec.columns));
    }
  }
  LATHE_TRY(txn_->CreateView(spec, create.replace));
  return Ok();
}

Status SessionImpl::RunCreateTableAs(Run* run) {
  const std::string& sql = run->prepared->sql;
  const auto& create = run->prepared->statement->As<ast::CreateTableAsStatement>();
  auto refuse = [&](const std::string& what) -> Status {
    return NotSupported(what, PositionOf(sql, create.location));
  };
  if (create.materialized_view) return refuse("CREATE MATERIALIZED VIEW");
  if (!create.tablespace.empty()) return refuse("TABLESPACE");
  if (!create.access_method.empty() && create.access_method != "heap") {
    return MakeError(SqlState::kUndefinedObject,
                     "access method \"" + create.access_method + "\" does not exist");
  }
  if (create.query->kind != ast::Statement::Kind::kSelect) return refuse("CREATE TABLE AS EXECUTE");
  bind::BindContext context = MakeBindContext(sql, catalog_.get());
  context.parameters_allowed = false;
  LATHE_ASSIGN(
      auto schema,
      CreationSchema(create.table, create.persistence == ast::Persistence::kTemporary, &context));
  if (IsSystemSchema(*schema)) return SystemSchema(*schema, create.table.name);
  run->tag = "CREATE TABLE AS";
  if (catalog_->FindRelation(schema->id, create.table.name) != nullptr) {
    std::string message = "relation \"" + create.table.name + "\" already exists";
    if (!create.if_not_exists) return MakeError(SqlState::kDuplicateTable, message);
    Notify(run->client, "NOTICE", SqlState::kDuplicateTable, message + ", skipping");
    return Ok();
  }
  LATHE_ASSIGN(logical::Query query, bind::BindQuery(*create.query, context));
  table::TableSpec spec;
  LATHE_ASSIGN(spec.columns, bind::BindTableAsColumns(create, query));
  spec.schema = schema->id;
  spec.name = create.table.name;
  LATHE_ASSIGN(schema::RelationPtr made, txn_->CreateTable(spec));
  if (create.persistence == ast::Persistence::kUnlogged) {
    schema::RelationDescriptor next = *made;
    next.unlogged = true;
    LATHE_ASSIGN(made, txn_->ChangeRelation(std::move(next)));
  }
  LATHE_TRY(NoteOnCommit(*made, create.on_commit));
  if (!create.with_data) return Ok();
  ast::QualifiedName name = create.table;
  name.schema = schema->name;
  LATHE_ASSIGN(std::shared_ptr<Prepared> insert,
               PrepareText("INSERT INTO " + ast::Print(name) + " " + ast::Print(*create.query)));
  static const std::vector<types::Value> kNoParams;
  Run fill{insert.get(), &kNoParams, run->client, false, nullptr, nullptr, ""};
  LATHE_TRY(RunQuery(&fill));
  run->tag = "SELECT " + fill.tag.substr(fill.tag.rfind(' ') + 1);
  return Ok();
}

}  // namespace lathe::session
