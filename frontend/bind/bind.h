// Front door of frontend/bind: from syntax tree to logical plan. Names are looked up in the
// catalog, every expression gets its type and every implicit conversion becomes a node. All
// functions are pure apart from the catalog reader, and may be called on any thread.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "codegen/logical/logical.h"
#include "frontend/ast/ast.h"
#include "runtime/schema/schema.h"
#include "runtime/types/codec.h"
#include "runtime/types/value.h"

namespace lathe::bind {

/// A use of a lifted string literal at another type than its first use: the session reads the
/// literal once more, at this type.
struct LiteralCopy {
  uint32_t param;   // index into Query::params, after all parameters that the statement has
  uint32_t source;  // index of the literal's own parameter
};

/// The locking clauses of a SELECT. Its plan gives, behind the visible columns, the keys of the
/// rows to be locked and the limit; it does not limit itself.
struct RowLocks {
  struct Table {
    schema::RelationPtr relation;
    ast::LockingClause::Strength strength = ast::LockingClause::Strength::kUpdate;
    ast::LockingClause::Wait wait = ast::LockingClause::Wait::kBlock;
    std::vector<uint32_t> key;  // result columns: of the primary key, or the hidden row id
  };
  uint32_t visible = 0;  // result columns that the client sees
  std::vector<Table> tables;
  int32_t limit = -1, offset = -1;  // result columns; -1 = none
  std::string clause;               // of the strongest lock: "FOR UPDATE"
};

/// Where a result column comes from unchanged.
struct ColumnOrigin {
  RelationId relation;  // none = computed
  ColumnNumber column;
};

/// What binding needs to know, and what it tells besides the query. One per statement; the pointers
/// are the caller's.
struct BindContext {
  schema::CatalogReader* catalog = nullptr;
  std::vector<std::string>
      search_path;  // schema names; pg_catalog is searched first unless it is listed
  /// The session's schema of temporary objects, which "pg_temp" stands for and which is searched
  /// first unless it is listed; empty = it has none.
  std::string temp_schema;
  /// Within a view: the relations that its names stand for; others of those names are not seen.
  const std::vector<RelationId>* view_reads = nullptr;
  /// The same with the names and columns that they had; null or empty = as they are now.
  const std::vector<schema::ViewRelation>* view_relations = nullptr;
  const types::FormatContext* format =
      nullptr;           // time zone and names for reading literals; null = UTC, no names
  std::string_view sql;  // the text that the tree's locations point into
  /// Types of $1, $2, ...: one entry for each parameter of the statement and each lifted literal,
  /// kUnknown = to be inferred (always so for lifted strings). Parameters beyond the list are
  /// allowed if parameters_allowed, and inferred.
  std::vector<types::Type> params;
  bool parameters_allowed =
      true;  // false: $n beyond the list is 42P02, as in PostgreSQL's simple protocol
  /// Parses a stored expression (a column's DEFAULT); parse::ParseExpression. Needed for INSERT and
  /// UPDATE only.
  std::function<Result<ast::ExprPtr>(std::string_view)> parse_expression;
  /// Parses a view's query; parse::Parse of one statement. Without it views are not expanded.
  std::function<Result<ast::StatementPtr>(std::string_view)> parse_statement;

  /// The caller locks rows, so that a SELECT at the top may say FOR UPDATE.
  bool row_locks_allowed = false;

  // Results.
  std::optional<RowLocks> row_locks;
  std::vector<LiteralCopy> literal_copies;
  std::vector<ColumnOrigin> origins;           // like Query::result_names
  std::vector<schema::RelationPtr> relations;  // that the statement names, views unexpanded
  /// With collect_used: the columns of these relations that the query needs.
  bool collect_used = false;
  std::vector<std::pair<RelationId, ColumnNumber>> used_columns;
  /// Names of the keys whose conflicts INSERT ... ON CONFLICT takes care of: a duplicate that was
  /// not there when the statement looked is not an error, but one more reason to look again.
  std::vector<std::string> conflict_keys;
};

/// Binds SELECT, VALUES, INSERT, UPDATE, DELETE; of EXPLAIN, COPY ... TO, CREATE TABLE AS and
/// DECLARE CURSOR the query in it (COPY t TO: the columns of t). Errors: PostgreSQL's, with
/// positions; 0A000 for what is not supported.
Result<logical::Query> BindQuery(const ast::Statement& statement, BindContext& context);

/// An index or a UNIQUE constraint of a table.
struct IndexDefinition {
  std::string name;
  bool named = false;  // by the statement; else another one like it will do
  // Of the table; schema::kExpressionSource = the next of expressions.
  std::vector<schema::KeyColumn> columns;
  std::vector<schema::Column> expressions;  // name, type, generated_sql
  std::string predicate;                    // WHERE as SQL text
  std::vector<uint32_t> include;            // INCLUDE
  bool unique = false;
  bool constraint = false;  // of a UNIQUE constraint
  bool deferrable = false, initially_deferred = false;
  bool nulls_not_distinct = false;
  int32_t fillfactor = 100;
};

/// A sequence that a table's column needs: serial and identity.
struct SequenceDefinition {
  uint32_t column = 0;
  schema::SequenceOptions options;
  ast::QualifiedName name;  // asked for; empty = one made of the column's
};

/// A foreign key as written; its table is looked up once its own table is there.
struct ReferenceDefinition {
  std::vector<std::string> columns;
  const ast::Constraint* constraint = nullptr;  // the statement's
};

/// What CREATE TABLE and ADD COLUMN ask for besides columns, key, checks (in the descriptor).
struct TableParts {
  std::vector<IndexDefinition> uniques;
  std::vector<SequenceDefinition> sequences;
  std::vector<ReferenceDefinition> references;
  std::vector<std::string> notices;  // "merging column ..."
};

/// A new table from CREATE TABLE: name, columns, key, primary_key_name, fillfactor, checks; ids and
/// storage are the catalog's. The schema is not looked up. DEFAULT, CHECK and generation
/// expressions have been checked. parts: gets the rest; null = 0A000 where there is any.
Result<schema::RelationDescriptor> BindCreateTable(const ast::CreateTableStatement& statement,
                                                   BindContext& context,
                                                   TableParts* parts = nullptr);

/// The bound of a partition of `parent`, in its key columns' types. 42P17, 42P16, 22023 as
/// PostgreSQL.
Result<schema::PartitionBound> BindPartitionBound(const ast::PartitionBound& bound,
                                                  const schema::RelationDescriptor& parent,
                                                  BindContext& context);
/// The table that `FROM t` reads, with those that inherit from it: itself first, then its
/// descendants, each once, as PostgreSQL orders them (by number within a level). No partitioned
/// tables.
std::vector<schema::RelationPtr> RowsOf(const schema::RelationPtr& table,
                                        schema::CatalogReader* catalog);
/// In the row ids that a table with children has in plans, the number in RowsOf of the table that a
/// row lies in is shifted by this.
inline constexpr int kRowTableShift = 44;
/// Index into `child`'s columns for each column of `parent` (by name); UINT32_MAX where there is
/// none or the column is dropped.
std::vector<uint32_t> MapColumns(const schema::RelationDescriptor& parent,
                                 const schema::RelationDescriptor& child);

/// The table with the column of ADD COLUMN, its keys and checks.
Result<schema::RelationDescriptor> BindAddColumn(const schema::RelationDescriptor& table,
                                                 const ast::ColumnDefinition& column,
                                                 BindContext& context, TableParts* parts);
/// A CHECK constraint of a table or a domain, named.
Result<schema::CheckConstraint> BindCheck(const schema::RelationDescriptor& table,
                                          const ast::Constraint& constraint, BindContext& context);
/// The foreign key of a table that is in the catalog, and the table that it refers to. Without a
/// name in the constraint it gets one.
Result<schema::ForeignKey> BindForeignKey(const schema::RelationDescriptor& table,
                                          const ReferenceDefinition& definition,
                                          BindContext& context, schema::RelationPtr* parent);
/// A DEFAULT expression of a column, checked, as it is stored; empty for NULL.
Result<std::string> BindDefault(const ast::Expr& e, const schema::Column& column,
                                BindContext& context);

/// The value of a column that is not given, from its stored DEFAULT, its domain's, or NULL.
Result<expr::ExprPtr> BindColumnDefault(const schema::Column& column, BindContext& context);

/// Not the same for every row.
bool IsVolatileExpression(const expr::Expr& e);

/// What an expression over one row of a table is for.
enum class RowUse : uint8_t {
  kCheck,
  kDomainCheck,  // the row is the domain's value
  kGenerated,
  kTransform,
  kIndexExpression,
  kIndexPredicate,
};
/// Binds an expression over one row of a table: column i of the table is ColumnId(i + 1).
/// target: the column that takes the value (kGenerated, kTransform).
Result<expr::ExprPtr> BindRowExpression(const schema::RelationDescriptor& table, const ast::Expr& e,
                                        RowUse use, const schema::Column* target,
                                        BindContext& context);
/// The same of a stored text.
Result<expr::ExprPtr> BindStoredExpression(const schema::RelationDescriptor& table,
                                           std::string_view sql, RowUse use,
                                           const schema::Column* target, BindContext& context);
/// Options of CREATE and ALTER SEQUENCE (is_new: none are set yet), and of identity columns.
/// restart: set if RESTART was asked for, to its value or null for the start value. owner: OWNED BY
/// as written, one word for NONE.
struct SequenceRequest {
  bool has_restart = false;
  std::optional<int64_t> restart;
  std::vector<std::string> owner;
  ast::QualifiedName name;  // SEQUENCE NAME
};
Status BindSequenceOptions(const ast::OptionList& options, bool is_new, bool identity,
                           BindContext& context, schema::SequenceOptions* sequence,
                           SequenceRequest* request);
/// An expression as text for the catalog: what it calls sequences by is numbers.
Result<std::string> StoredText(const ast::Expr& e, BindContext& context);
/// Stored text with a column under another name.
Result<std::string> RenameInStored(std::string_view sql, const std::string& old_name,
                                   const std::string& new_name, BindContext& context);
/// Does stored text use a column of this name?
bool StoredUses(std::string_view sql, const std::string& column, BindContext& context);

/// 0A000 for a unique index of a partitioned table without its partition key.
Status CheckUniqueOfPartitioned(const schema::RelationDescriptor& table,
                                const IndexDefinition& index);

/// The index of ALTER TABLE ADD UNIQUE, checked against the table's columns.
Result<IndexDefinition> BindAddUnique(const schema::RelationDescriptor& table,
                                      const ast::Constraint& constraint, BindContext& context);

/// The key of ALTER TABLE ADD PRIMARY KEY, checked against the table's columns: a copy of the
/// descriptor with key, unique, primary_key_name and NOT NULL set; version and storage are as they
/// were.
Result<schema::RelationDescriptor> BindAddPrimaryKey(const schema::RelationDescriptor& table,
                                                     const ast::Constraint& constraint,
                                                     BindContext& context);

/// What the relations of a bound query (context.relations, used_columns) look like today, for a
/// view made of it.
std::vector<schema::ViewRelation> FrozenRelations(const BindContext& context);
/// The columns of CREATE VIEW (named by its list where it has one), from the query bound.
Result<std::vector<schema::Column>> BindViewColumns(const ast::CreateViewStatement& statement,
                                                    const logical::Query& query);
/// The columns of CREATE TABLE AS, likewise.
Result<std::vector<schema::Column>> BindTableAsColumns(const ast::CreateTableAsStatement& statement,
                                                       const logical::Query& query);

/// A type as written, modifiers applied. Errors: 42704, 22023, 42601; 0A000 for types that
/// PostgreSQL has and Lathe has not.
/// domain: set to the domain that it names, the type being its base; null = domains are 0A000.
Result<types::Type> BindTypeName(const ast::TypeName& name, const BindContext& context,
                                 RelationId* domain = nullptr);

/// The schemas in which relations are looked up, in order, with the implicit ones.
std::vector<std::string> EffectivePath(const BindContext& context);

/// The relation of that name as seen from the search path. 42P01, 3F000; null instead of 42P01 if
/// missing_ok.
Result<schema::RelationPtr> FindRelation(const ast::QualifiedName& name, BindContext& context,
                                         bool missing_ok = false);

/// The schema in which an unqualified new name would be made, or the one it names. 3F000.
Result<std::shared_ptr<const schema::SchemaDescriptor>> FindCreationSchema(
    const ast::QualifiedName& name, BindContext& context);

/// The columns of a COPY or ANALYZE list as indexes into table.columns; all live columns if the
/// list is empty. 42703, 42701.
Result<std::vector<uint32_t>> BindColumnList(const schema::RelationDescriptor& table,
                                             const std::vector<std::string>& columns);

/// The type with which a lifted literal is declared: int4, int8; a fixed numeric of 9, 18 or 38
/// digits with the literal's scale (few precisions, so that plans are shared), else big; unknown
/// for strings.
types::Type LiftedType(const ast::LiftedLiteral& literal);

/// The literal's value at this type (a parameter type of the bound query): text is read as the
/// type's input function does. location: for the error's position, -1 = none.
Result<types::Value> ReadLiteral(const ast::LiftedLiteral& literal, const types::Type& type,
                                 BindContext& context);
Result<types::Value> ReadText(std::string_view text, const types::Type& type, int32_t location,
                              BindContext& context);

/// PostgreSQL's name for a result column without AS: a column's name, a function's, "case",
/// "?column?", ...
std::string ResultName(const ast::Expr& expr);

}  // namespace lathe::bind
