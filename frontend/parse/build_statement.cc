// The grammar's node constructors: definitions and session statements.
#include "frontend/parse/semantic.h"

namespace lathe::parse {

using namespace ast;

void AddColumnConstraints(ParseContext* p, ColumnDefinition* column,
                          std::vector<Constraint>* constraints) {
  for (Constraint& c : *constraints) {
    if (c.name == kCollateMark) {
      if (!column->collation.name.empty())
        p->FailSyntax("multiple COLLATE clauses not allowed", c.location);
      column->collation = std::move(c.reference);
    } else if (c.name == kAttributeMark) {
      const int attribute = std::stoi(c.with[0].text);
      if (column->constraints.empty()) {
        p->FailSyntax(attribute == kDeferrable          ? "misplaced DEFERRABLE clause"
                      : attribute == kNotDeferrable     ? "misplaced NOT DEFERRABLE clause"
                      : attribute == kInitiallyDeferred ? "misplaced INITIALLY DEFERRED clause"
                                                        : "misplaced INITIALLY IMMEDIATE clause",
                      c.location);
        continue;
      }
      Constraint& last = column->constraints.back();
      if (attribute == kDeferrable || attribute == kInitiallyDeferred) last.deferrable = true;
      if (attribute == kInitiallyDeferred) last.initially_deferred = true;
    } else {
      column->constraints.push_back(std::move(c));
    }
  }
  delete constraints;
}

void SetKeyActions(Constraint* constraint, Constraint* actions) {
  constraint->on_delete = actions->on_delete;
  constraint->on_update = actions->on_update;
  constraint->on_delete_columns = std::move(actions->on_delete_columns);
  delete actions;
}

void SetUpdateAction(ParseContext* p, Constraint* actions, Constraint* update, int32_t location) {
  if (!update->on_delete_columns.empty()) {
    p->Fail(SqlState::kFeatureNotSupported,
            update->on_delete == Constraint::Action::kSetNull
                ? "a column list with SET NULL is only supported for ON DELETE actions"
                : "a column list with SET DEFAULT is only supported for ON DELETE actions",
            location);
  }
  actions->on_update = update->on_delete;
  delete update;
}

void CheckAttributes(ParseContext* p, int attributes, int32_t location) {
  if ((attributes & kDeferrable) != 0 && (attributes & kNotDeferrable) != 0) {
    p->FailSyntax("conflicting constraint properties", location);
  }
  if ((attributes & kInitiallyDeferred) != 0 && (attributes & kInitiallyImmediate) != 0) {
    p->FailSyntax("conflicting constraint properties", location);
  }
  if ((attributes & kNotDeferrable) != 0 && (attributes & kInitiallyDeferred) != 0) {
    p->FailSyntax("constraint declared INITIALLY DEFERRED must be DEFERRABLE", location);
  }
}

void SetAttributes(ParseContext* p, Constraint* constraint, int attributes, const char* what,
                   int allowed) {
  const auto refuse = [&](const char* property) {
    p->Fail(SqlState::kFeatureNotSupported,
            std::string(what) + " constraints cannot be marked " + property, -1);
  };
  const int extra = attributes & ~allowed;
  if ((extra & (kDeferrable | kInitiallyDeferred)) != 0) refuse("DEFERRABLE");
  if ((extra & kNotValid) != 0) refuse("NOT VALID");
  if ((extra & kNoInherit) != 0) refuse("NO INHERIT");
  constraint->deferrable = (attributes & (kDeferrable | kInitiallyDeferred)) != 0;
  constraint->initially_deferred = (attributes & kInitiallyDeferred) != 0;
  constraint->not_valid = (attributes & kNotValid) != 0;
  if ((attributes & kNoInherit) != 0) constraint->no_inherit = true;
}

Statement* FinishView(ParseContext* p, bool replace, int persistence, bool recursive,
                      QualifiedName* name, Strings* columns, OptionList* options,
                      SelectStatement* query, int check, int32_t location, int32_t query_begin,
                      int32_t check_begin) {
  auto* view = new CreateViewStatement();
  view->location = location;
  view->replace = replace;
  view->temporary = static_cast<Persistence>(persistence) == Persistence::kTemporary;
  view->recursive = recursive;
  view->view = Move(name);
  if (columns != nullptr) view->columns = Move(columns);
  if (options != nullptr) view->with = Move(options);
  view->query.reset(query);
  view->query_begin = query_begin;
  view->query_end = check_begin >= 0 ? check_begin : p->end_before_last();
  view->check = static_cast<CreateViewStatement::Check>(check);
  if (static_cast<Persistence>(persistence) == Persistence::kUnlogged) {
    p->FailSyntax("views cannot be unlogged because they do not have storage", location);
  }
  if (recursive && view->check != CreateViewStatement::Check::kNone) {
    p->Fail(SqlState::kFeatureNotSupported, "WITH CHECK OPTION not supported on recursive views",
            location);
  }
  return view;
}

Statement* FinishSchema(ParseContext* p, bool if_not_exists, Str name, Str authorization,
                        std::vector<StatementPtr>* elements, int32_t location) {
  if (if_not_exists && !elements->empty()) {
    p->Fail(SqlState::kFeatureNotSupported,
            "CREATE SCHEMA IF NOT EXISTS cannot include schema elements",
            elements->front()->location);
  }
  auto* schema = new CreateSchemaStatement();
  schema->location = location;
  schema->if_not_exists = if_not_exists;
  schema->name = name;
  schema->authorization = authorization;
  schema->elements = Move(elements);
  return schema;
}

Statement* FinishType(QualifiedName* name, CreateTypeStatement::Form form, Strings* labels,
                      std::vector<ColumnDefinitionItem>* fields, int32_t location) {
  auto* type = new CreateTypeStatement();
  type->location = location;
  type->type = Move(name);
  type->form = form;
  if (labels != nullptr) type->labels = Move(labels);
  if (fields != nullptr) type->fields = Move(fields);
  return type;
}

Statement* FinishRole(CreateRoleStatement::Form form, bool alter, Str name, OptionList* options,
                      int32_t location) {
  auto* role = new CreateRoleStatement();
  role->location = location;
  role->form = form;
  role->alter = alter;
  role->name = name;
  role->options = Move(options);
  return role;
}

Option RoleFlag(ParseContext* p, Str word, int32_t location) {
  static constexpr std::string_view kFlags[] = {
      "superuser", "createrole", "replication", "createdb", "login", "bypassrls", "inherit"};
  const std::string_view text = word;
  for (const std::string_view flag : kFlags) {
    if (text == flag) return MakeFlag(flag, true, location);
    if (text.substr(0, 2) == "no" && text.substr(2) == flag) return MakeFlag(flag, false, location);
  }
  p->FailSyntax("unrecognized role option \"" + std::string(text) + "\"", location);
  return MakeFlag("login", true, location);
}

Statement* FinishDrop(int type, bool if_exists, std::vector<ObjectName>* names, bool cascade,
                      int32_t location) {
  auto* drop = new DropStatement();
  drop->location = location;
  drop->type = static_cast<ObjectType>(type);
  drop->if_exists = if_exists;
  drop->names = Move(names);
  drop->cascade = cascade;
  return drop;
}

std::vector<ObjectName>* ObjectsOf(QualifiedNames* names) {
  auto* objects = new std::vector<ObjectName>();
  for (QualifiedName& name : *names) objects->push_back(ObjectName{std::move(name), false, {}});
  delete names;
  return objects;
}

std::vector<ObjectName>* ObjectsOf(Strings* names, int32_t location) {
  auto* objects = new std::vector<ObjectName>();
  for (std::string& name : *names) {
    objects->push_back(ObjectName{QualifiedName{"", "", std::move(name), location}, false, {}});
  }
  delete names;
  return objects;
}

std::vector<ObjectName>* ObjectsOf(ParseContext* p, TypeNames* types) {
  auto* objects = new std::vector<ObjectName>();
  for (TypeName& type : *types) {
    if (type.setof || !type.array_bounds.empty() || !type.modifiers.empty()) {
      p->Fail(SqlState::kFeatureNotSupported, "only plain type names are supported here",
              type.location);
    }
    objects->push_back(ObjectName{std::move(type.name), false, {}});
  }
  delete types;
  return objects;
}

std::vector<std::string> IncludedColumns(ParseContext* p, std::vector<IndexElement>* elements) {
  Strings columns;
  for (const IndexElement& element : *elements) {
    if (element.expr->kind != Expr::Kind::kColumnRef) {
      p->Fail(SqlState::kFeatureNotSupported, "expressions are not supported in included columns",
              -1);
      continue;
    }
    const char* what = !element.collation.name.empty() ? "a collation"
                       : !element.opclass.name.empty() ? "an operator class"
                       : element.direction != SortItem::Direction::kDefault ||
                               element.nulls != SortItem::Nulls::kDefault
                           ? "ASC/DESC or NULLS FIRST/LAST options"
                           : nullptr;
    if (what != nullptr) {
      p->Fail(SqlState::kInvalidObjectDefinition,
              std::string("including column does not support ") + what, -1);
    }
    columns.push_back(element.expr->As<ColumnRef>().parts[0]);
  }
  delete elements;
  return columns;
}

RelationRef* MakeRelation(QualifiedName* name) {
  auto* relation = new RelationRef();
  relation->location = name->location;
  relation->name = Move(name);
  return relation;
}

ObjectName* MakeNamed(Str name, int32_t location) {
  return new ObjectName{QualifiedName{"", "", name, location}, false, {}};
}

Statement* FinishAlter(ObjectType object, bool if_exists, RelationRef* table,
                       std::vector<AlterTableCommand>* commands, int32_t location) {
  auto* alter = new AlterTableStatement();
  alter->location = location;
  alter->object = object;
  alter->if_exists = if_exists;
  alter->only = table->only;
  alter->table = std::move(table->name);
  delete table;
  alter->commands = Move(commands);
  return alter;
}

AlterTableCommand* MakeCommand(AlterTableCommand::Type type, int32_t location) {
  auto* command = new AlterTableCommand();
  command->type = type;
  command->location = location;
  return command;
}

Statement* MakeAlter(AlterStatement::Action action, ObjectType object, ObjectName* name,
                     int32_t location) {
  auto* alter = new AlterStatement();
  alter->location = location;
  alter->action = action;
  alter->object = object;
  alter->name = Move(name);
  return alter;
}

Statement* MakeAlterSchema(ObjectType object, bool if_exists, RelationRef* table, Str schema,
                           int32_t location) {
  auto* alter = new AlterStatement();
  alter->location = location;
  alter->action = AlterStatement::Action::kSetSchema;
  alter->object = object;
  alter->if_exists = if_exists;
  alter->name.name = std::move(table->name);
  delete table;
  alter->text = schema;
  return alter;
}

Statement* MakeRenameRelation(ObjectType object, bool if_exists, RelationRef* table, Str new_name,
                              int32_t location) {
  auto* rename = new RenameStatement();
  rename->location = location;
  rename->object = object;
  rename->parent = object;
  rename->if_exists = if_exists;
  rename->name.name = std::move(table->name);
  delete table;
  rename->new_name = new_name;
  return rename;
}

Statement* MakeRenamePart(ObjectType part, ObjectType parent, bool if_exists, RelationRef* table,
                          Str old_name, Str new_name, int32_t location) {
  Statement* statement = MakeRenameRelation(parent, if_exists, table, new_name, location);
  auto& rename = statement->As<RenameStatement>();
  rename.object = part;
  rename.old_name = old_name;
  return statement;
}

Statement* MakeRenameNamed(ObjectType object, Str old_name, Str new_name, int32_t location,
                           int32_t name_location) {
  auto* rename = new RenameStatement();
  rename->location = location;
  rename->object = object;
  rename->parent = object;
  rename->name.name = QualifiedName{"", "", old_name, name_location};
  rename->new_name = new_name;
  return rename;
}

GrantStatement* MakePrivilegeTarget(ObjectType object, std::vector<ObjectName>* names) {
  auto* grant = new GrantStatement();
  grant->object = object;
  grant->names = Move(names);
  return grant;
}

Statement* MakeGrantRole(bool grant, Privileges* privileges, Strings* roles, bool admin_option,
                         Str granted_by, bool cascade, int32_t location) {
  auto* statement = new GrantStatement();
  statement->location = location;
  statement->grant = grant;
  statement->grant_option = admin_option;
  statement->object = ObjectType::kRole;
  statement->privileges = Move(privileges);
  statement->roles = Move(roles);
  statement->granted_by = granted_by;
  statement->cascade = cascade;
  return statement;
}

Statement* MakeComment(ObjectType type, ObjectName* name, QualifiedName* table, Str text,
                       int32_t location) {
  auto* comment = new CommentStatement();
  comment->location = location;
  comment->type = type;
  comment->name = Move(name);
  if (table != nullptr) comment->table = Move(table);
  comment->null = text.data == nullptr;
  if (!comment->null) comment->text = text;
  return comment;
}

QualifiedName ColumnName(ParseContext* p, Strings* parts, int32_t location) {
  if (parts->size() < 2) p->FailSyntax("column name must be qualified", location);
  return Move(MakeName(p, parts, location));
}

Statement* MakeTransaction(TransactionStatement::Action action, TransactionModes* modes, bool chain,
                           Str name, int32_t location) {
  auto* statement = new TransactionStatement();
  statement->location = location;
  statement->action = action;
  if (modes != nullptr) statement->modes = Move(modes);
  statement->chain = chain;
  statement->name = name;
  return statement;
}

// PostgreSQL applies the modes as settings one after the other: the last one wins.
void AddMode(ParseContext*, TransactionModes* modes, int mode, int32_t) {
  if (mode < 10) {
    modes->isolation = static_cast<TransactionModes::Isolation>(mode);
  } else if (mode < 20) {
    modes->access =
        mode == 11 ? TransactionModes::Access::kReadOnly : TransactionModes::Access::kReadWrite;
  } else {
    modes->deferrable = mode == 21 ? TransactionModes::Deferrable::kDeferrable
                                   : TransactionModes::Deferrable::kNotDeferrable;
  }
}

SetStatement* MakeSet(SetStatement::Action action, std::string_view name) {
  auto* set = new SetStatement();
  set->action = action;
  set->name = name;
  return set;
}

SetStatement::Value NameValue(std::string_view text, int32_t location) {
  SetStatement::Value value;
  value.text = text;
  value.location = location;
  return value;
}

SetStatement::Value StringValue(std::string_view text, int32_t location) {
  SetStatement::Value value = NameValue(text, location);
  value.type = SetStatement::Value::Type::kString;
  return value;
}

Statement* MakeExplain(OptionList options, Statement* query, int32_t location) {
  auto* explain = new ExplainStatement();
  explain->location = location;
  explain->options = std::move(options);
  explain->query.reset(query);
  return explain;
}

FetchStatement* MakeFetch(FetchStatement::Direction direction, int64_t count, bool all,
                          Str cursor) {
  auto* fetch = new FetchStatement();
  fetch->direction = direction;
  fetch->count = count;
  fetch->all = all;
  fetch->cursor = cursor;
  return fetch;
}

Statement* MakeVacuum(bool vacuum, OptionList options,
                      std::vector<VacuumStatement::Relation>* relations, int32_t location) {
  auto* statement = new VacuumStatement();
  statement->location = location;
  statement->vacuum = vacuum;
  statement->options = std::move(options);
  if (relations != nullptr) statement->relations = Move(relations);
  return statement;
}

void AddVacuumRelation(std::vector<VacuumStatement::Relation>* relations, QualifiedName* name,
                       Strings* columns) {
  relations->push_back(
      VacuumStatement::Relation{Move(name), columns != nullptr ? Move(columns) : Strings()});
}

Statement* MakeCluster(OptionList options, QualifiedName* table, Str index, int32_t location) {
  auto* cluster = new ClusterStatement();
  cluster->location = location;
  cluster->options = std::move(options);
  if (table != nullptr) cluster->table = Move(table);
  cluster->index = index;
  return cluster;
}

Statement* MakeReindex(OptionList options, int target, bool concurrently, QualifiedName* name,
                       int32_t location) {
  auto* reindex = new ReindexStatement();
  reindex->location = location;
  reindex->options = std::move(options);
  reindex->target = static_cast<ReindexStatement::Target>(target);
  reindex->concurrently = concurrently;
  reindex->name = Move(name);
  return reindex;
}

Statement* MakeNotify(NotifyStatement::Action action, Str channel, Str payload, int32_t location) {
  auto* notify = new NotifyStatement();
  notify->location = location;
  notify->action = action;
  notify->channel = channel;
  notify->payload = payload;
  return notify;
}

void AddDoItem(ParseContext* p, DoStatement* statement, const Option& item) {
  std::string& field = item.name == "as" ? statement->body : statement->language;
  if (!field.empty()) p->FailSyntax("conflicting or redundant options", item.location);
  field = item.text;
}

}  // namespace lathe::parse
