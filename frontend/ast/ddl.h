// Definitions: CREATE, DROP, ALTER, GRANT, COMMENT.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "frontend/ast/statement.h"

namespace lathe::ast {

/// One element of CREATE SCHEMA objects etc. that can be named in DROP, COMMENT, ALTER, GRANT.
enum class ObjectType : uint8_t {
  kTable,
  kIndex,
  kView,
  kMaterializedView,
  kForeignTable,
  kSequence,
  kSchema,
  kDatabase,
  kRole,
  kType,
  kDomain,
  kFunction,
  kProcedure,
  kRoutine,
  kAggregate,
  kOperator,
  kColumn,
  kConstraint,
  kTrigger,
  kRule,
  kPolicy,
  kExtension,
  kCollation,
  kConversion,
  kLanguage,
  kTablespace,
  kServer,
  kForeignDataWrapper,
  kPublication,
  kSubscription,
  kStatistics,
  kEventTrigger,
  kAccessMethod,
  kTextSearch,  // dictionaries, configurations, parsers, templates
  kLargeObject,
  kParameter,
  kOther,  // casts, transforms, operator classes, large objects
};

/// A name in DROP, COMMENT, GRANT, with the argument types of a function.
struct ObjectName {
  QualifiedName name;
  bool has_args = false;
  std::vector<TypeName> args;
};

/// An index or key column.
struct IndexElement {
  ExprPtr expr;  // a plain column is a ColumnRef of one part
  QualifiedName collation;
  QualifiedName opclass;
  SortItem::Direction direction = SortItem::Direction::kDefault;
  SortItem::Nulls nulls = SortItem::Nulls::kDefault;
  int32_t location = -1;
};

/// A constraint of a column or a table.
struct Constraint {
  enum class Type : uint8_t {
    kNotNull,
    kNull,
    kDefault,     // expr
    kCheck,       // expr, no_inherit
    kPrimaryKey,  // columns, include, with, index
    kUnique,      // same, nulls_not_distinct
    kForeignKey,  // columns, reference, ref_columns, actions
    kExclusion,   // method, exclusion, operators, expr = WHERE
    kGenerated,   // GENERATED ALWAYS AS (expr) STORED
    kIdentity,    // GENERATED ALWAYS / BY DEFAULT AS IDENTITY (sequence options)
  };
  enum class Action : uint8_t { kNoAction, kRestrict, kCascade, kSetNull, kSetDefault };
  enum class Match : uint8_t { kSimple, kFull, kPartial };
  Type type = Type::kNotNull;
  std::string name;  // CONSTRAINT name; empty = none
  int32_t location = -1;
  ExprPtr expr;
  bool no_inherit = false;
  std::vector<std::string> columns;  // table constraints only
  std::vector<std::string> include;
  bool nulls_not_distinct = false;
  OptionList with;
  std::string tablespace;
  std::string method;
  std::vector<IndexElement> exclusion;
  std::vector<QualifiedName> operators;  // one per element of exclusion
  std::string using_index;               // ALTER TABLE ADD PRIMARY KEY USING INDEX name
  QualifiedName reference;
  std::vector<std::string> ref_columns;
  Match match = Match::kSimple;
  Action on_delete = Action::kNoAction;
  Action on_update = Action::kNoAction;
  std::vector<std::string> on_delete_columns;  // ON DELETE SET NULL (a, b)
  bool identity_always = false;
  OptionList sequence;
  bool deferrable = false;
  bool initially_deferred = false;
  bool not_valid = false;
};

struct ColumnDefinition {
  std::string name;
  TypeName type;
  QualifiedName collation;
  std::string compression;
  std::string storage;
  OptionList options;  // foreign tables
  std::vector<Constraint> constraints;
  int32_t location = -1;
};

/// LIKE table INCLUDING ...
struct TableLike {
  QualifiedName table;
  std::vector<std::string> including;  // "all", "defaults", ...
  std::vector<std::string> excluding;
  int32_t location = -1;
};

/// One thing between the parentheses of CREATE TABLE, in order: exactly one is set.
struct TableElement {
  std::unique_ptr<ColumnDefinition> column;
  std::unique_ptr<Constraint> constraint;
  std::unique_ptr<TableLike> like;
};

enum class OnCommit : uint8_t { kNone, kPreserveRows, kDeleteRows, kDrop };

/// PARTITION BY RANGE (a, (b+1))
struct PartitionBy {
  std::string strategy;  // as written, lower case: range, list, hash
  std::vector<IndexElement> keys;
  int32_t location = -1;
};

/// FOR VALUES ..., DEFAULT: the bound of a partition.
struct PartitionBound {
  enum class Form : uint8_t { kDefault, kList, kRange, kHash };
  Form form = Form::kDefault;
  ExprList list;      // IN (...)
  ExprList from, to;  // MINVALUE and MAXVALUE are ColumnRefs
  OptionList hash;    // modulus, remainder
  int32_t location = -1;
};

struct CreateTableStatement : Statement {
  CreateTableStatement() : Statement(Kind::kCreateTable) {}
  QualifiedName table;
  Persistence persistence = Persistence::kPermanent;
  bool if_not_exists = false;
  std::vector<TableElement> elements;
  std::vector<QualifiedName> inherits;
  QualifiedName of_type;       // CREATE TABLE t OF type
  QualifiedName partition_of;  // PARTITION OF parent
  std::unique_ptr<PartitionBound> bound;
  std::unique_ptr<PartitionBy> partition_by;
  std::string access_method;  // USING method
  OptionList with;
  OnCommit on_commit = OnCommit::kNone;
  std::string tablespace;
};

/// CREATE TABLE AS, CREATE MATERIALIZED VIEW.
struct CreateTableAsStatement : Statement {
  CreateTableAsStatement() : Statement(Kind::kCreateTableAs) {}
  QualifiedName table;
  std::vector<std::string> columns;
  Persistence persistence = Persistence::kPermanent;
  bool if_not_exists = false;
  bool materialized_view = false;
  std::string access_method;
  OptionList with;
  OnCommit on_commit = OnCommit::kNone;
  std::string tablespace;
  StatementPtr query;  // SELECT or EXECUTE
  bool with_data = true;
};

/// SELECT ... INTO as the CREATE TABLE AS that it is; other queries as they are. statement: of kind
/// kSelect.
StatementPtr SelectIntoAsCreate(StatementPtr statement);

struct CreateIndexStatement : Statement {
  CreateIndexStatement() : Statement(Kind::kCreateIndex) {}
  bool unique = false;
  bool concurrently = false;
  bool if_not_exists = false;
  std::string name;  // empty = to be chosen
  QualifiedName table;
  bool only = false;
  std::string method;  // empty = not written
  std::vector<IndexElement> elements;
  std::vector<std::string> include;
  bool nulls_not_distinct = false;
  OptionList with;
  std::string tablespace;
  ExprPtr where;
};

struct CreateViewStatement : Statement {
  CreateViewStatement() : Statement(Kind::kCreateView) {}
  QualifiedName view;
  bool replace = false;
  bool temporary = false;
  bool recursive = false;
  std::vector<std::string> columns;
  OptionList with;
  std::unique_ptr<SelectStatement> query;
  int32_t query_begin = -1, query_end = -1;  // byte range of the query's text
  enum class Check : uint8_t { kNone, kLocal, kCascaded } check = Check::kNone;
};

struct CreateSchemaStatement : Statement {
  CreateSchemaStatement() : Statement(Kind::kCreateSchema) {}
  std::string name;  // may be empty with authorization
  std::string authorization;
  bool if_not_exists = false;
  std::vector<StatementPtr> elements;
};

/// CREATE SEQUENCE. Options by PostgreSQL's names: increment, minvalue, maxvalue (kNone = NO ...),
/// start, restart, cache, cycle (text "true"/"false"), owned_by, as, sequence_name.
struct CreateSequenceStatement : Statement {
  CreateSequenceStatement() : Statement(Kind::kCreateSequence) {}
  QualifiedName sequence;
  Persistence persistence = Persistence::kPermanent;
  bool if_not_exists = false;
  OptionList options;
};

struct CreateTypeStatement : Statement {
  enum class Form : uint8_t { kEnum, kComposite, kOther };
  CreateTypeStatement() : Statement(Kind::kCreateType) {}
  QualifiedName type;
  Form form = Form::kOther;
  std::vector<std::string> labels;           // kEnum
  std::vector<ColumnDefinitionItem> fields;  // kComposite
};

struct CreateDomainStatement : Statement {
  CreateDomainStatement() : Statement(Kind::kCreateDomain) {}
  QualifiedName domain;
  TypeName type;
  QualifiedName collation;
  std::vector<Constraint> constraints;
};

struct CreateDatabaseStatement : Statement {
  CreateDatabaseStatement() : Statement(Kind::kCreateDatabase) {}
  std::string name;
  OptionList options;
};

/// CREATE ROLE, USER, GROUP; ALTER ROLE options. Options: login, superuser, ... (text
/// "true"/"false"), password, connection_limit, valid_until, in_role, role, admin, sysid.
struct CreateRoleStatement : Statement {
  CreateRoleStatement() : Statement(Kind::kCreateRole) {}
  enum class Form : uint8_t { kRole, kUser, kGroup } form = Form::kRole;
  bool alter = false;
  std::string name;
  OptionList options;
};

struct DropStatement : Statement {
  DropStatement() : Statement(Kind::kDrop) {}
  ObjectType type = ObjectType::kTable;
  bool if_exists = false;
  bool concurrently = false;
  bool cascade = false;
  std::vector<ObjectName> names;
  QualifiedName table;  // of triggers, rules, policies
  OptionList options;   // DROP DATABASE (FORCE)
};

/// One subcommand of ALTER TABLE.
struct AlterTableCommand {
  enum class Type : uint8_t {
    kAddColumn,           // column, if_not_exists
    kDropColumn,          // name, if_exists, cascade
    kSetType,             // name, column (type, collation), expr = USING
    kSetDefault,          // name, expr
    kDropDefault,         // name
    kSetNotNull,          // name
    kDropNotNull,         // name
    kSetStatistics,       // name, number
    kSetStorage,          // name, text
    kSetCompression,      // name, text
    kSetColumnOptions,    // name, options; reset = RESET
    kAddIdentity,         // name, constraint
    kSetIdentity,         // name, options
    kDropIdentity,        // name, if_exists
    kDropExpression,      // name, if_exists
    kAddConstraint,       // constraint
    kDropConstraint,      // name, if_exists, cascade
    kAlterConstraint,     // name, constraint (deferrable, initially_deferred)
    kValidateConstraint,  // name
    kSetOptions,          // options; reset = RESET
    kOwnerTo,             // text
    kSetTablespace,       // text
    kSetAccessMethod,     // text
    kSetLogged,
    kSetUnlogged,
    kClusterOn,  // text
    kSetWithoutCluster,
    kInherit,          // parent
    kNoInherit,        // parent
    kReplicaIdentity,  // text: "default", "full", "nothing", "index name"
    kRowSecurity,      // text: "enable", "disable", "force", "no force"
    kTrigger,          // ENABLE/DISABLE TRIGGER/RULE: text
    kAttachPartition,  // parent = the partition; bound, null for an index
    kDetachPartition,  // parent = the partition
    kOf,               // OF type: parent
    kNotOf,
    kSetWithoutOids,
  };
  Type type = Type::kAddColumn;
  int32_t location = -1;
  std::string name;
  std::unique_ptr<ColumnDefinition> column;
  std::unique_ptr<Constraint> constraint;
  ExprPtr expr;
  OptionList options;
  bool reset = false;
  QualifiedName parent;
  std::unique_ptr<PartitionBound> bound;
  std::string text;
  int64_t number = 0;
  bool if_exists = false;
  bool if_not_exists = false;
  bool cascade = false;
};

/// ALTER TABLE, INDEX, VIEW, MATERIALIZED VIEW, SEQUENCE with a list of subcommands.
struct AlterTableStatement : Statement {
  AlterTableStatement() : Statement(Kind::kAlterTable) {}
  ObjectType object = ObjectType::kTable;
  bool if_exists = false;
  bool only = false;
  QualifiedName table;
  std::vector<AlterTableCommand> commands;
};

/// ALTER of anything else: OWNER TO, SET SCHEMA, options of sequences and databases, enum values.
struct AlterStatement : Statement {
  enum class Action : uint8_t {
    kOwnerTo,          // text
    kSetSchema,        // text
    kSequenceOptions,  // options
    kDatabaseOptions,  // options
    kAddEnumValue,     // text, if_not_exists, before/after in neighbor
    kRenameEnumValue,  // text = old, neighbor = new
    kSetVariable,      // ALTER ROLE/DATABASE name SET/RESET: set; text = IN DATABASE name
    kDomain,           // ALTER DOMAIN ...: command
  };
  AlterStatement() : Statement(Kind::kAlter) {}
  Action action = Action::kOwnerTo;
  ObjectType object = ObjectType::kTable;
  ObjectName name;
  bool if_exists = false;
  std::string text;
  std::string neighbor;
  bool before = false;
  bool if_not_exists = false;
  OptionList options;
  std::unique_ptr<SetStatement> set;
  std::unique_ptr<AlterTableCommand> command;
};

/// ALTER ... RENAME [COLUMN old | CONSTRAINT old] TO new.
struct RenameStatement : Statement {
  RenameStatement() : Statement(Kind::kRename) {}
  ObjectType object =
      ObjectType::kTable;  // what is renamed: kColumn, kConstraint, or the object itself
  ObjectType parent = ObjectType::kTable;  // of kColumn, kConstraint: what holds it
  bool if_exists = false;
  ObjectName name;       // the object, or the one that holds the column
  std::string old_name;  // of kColumn, kConstraint
  std::string new_name;
  bool cascade = false;
};

/// GRANT, REVOKE of privileges on objects, and of roles (object kRole: privileges are the role
/// names).
struct GrantStatement : Statement {
  struct Privilege {
    std::string name;  // lower case; "all" for ALL PRIVILEGES
    std::vector<std::string> columns;
  };
  GrantStatement() : Statement(Kind::kGrant) {}
  bool grant = true;
  bool grant_option = false;  // WITH GRANT/ADMIN OPTION; REVOKE GRANT/ADMIN OPTION FOR
  std::vector<Privilege> privileges;
  ObjectType object = ObjectType::kTable;
  bool all_in_schema = false;  // ON ALL TABLES IN SCHEMA: names are schemas
  bool defaults = false;       // ALTER DEFAULT PRIVILEGES: the rest of it is not represented
  std::vector<ObjectName> names;
  std::vector<std::string> roles;  // "public" for PUBLIC
  std::string granted_by;
  bool cascade = false;
};

struct CommentStatement : Statement {
  CommentStatement() : Statement(Kind::kComment) {}
  ObjectType type = ObjectType::kTable;
  ObjectName
      name;  // of columns: the column, with the table in schema (and the table's schema in catalog)
  QualifiedName table;     // of constraints, triggers, rules, policies
  bool on_domain = false;  // the constraint is a domain's
  bool null = false;       // IS NULL
  std::string text;
};

}  // namespace lathe::ast
