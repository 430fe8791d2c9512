// The session behind session.h, private to this folder: its state and, file by file, what it does
// with each kind of statement (session.cc: protocol and transactions; run_query.cc,
// run_definition.cc, run_copy.cc, run_explain.cc, run_utility.cc).
#pragma once

#include <atomic>
#include <functional>
#include <set>

#include "codegen/driver/plan_cache.h"
#include "codegen/optimize/optimize.h"
#include "frontend/ast/ast.h"
#include "frontend/ast/lift.h"
#include "frontend/bind/bind.h"
#include "frontend/session/constraints.h"
#include "frontend/session/instance.h"
#include "frontend/session/session.h"
#include "frontend/session/settings.h"
#include "frontend/syscat/syscat.h"
#include "runtime/func/context.h"
#include "runtime/row/row_buffer.h"

namespace lathe::session {

/// A statement with what is known of it before it runs: parsed, literals lifted. Shared by the
/// portals made from it.
struct Prepared {
  std::string name;
  std::string sql;              // the text that its locations refer to
  ast::StatementPtr statement;  // none: an empty query
  std::optional<ast::LiftedStatement> lifted;
  std::vector<types::Type> declared;  // types given for $1.., kUnknown where not given
  std::string key;                    // of the plan cache; empty: not cached
  // Filled by the first binding; for statements that go through the optimizer.
  std::vector<types::Type> params;                 // of the statement's own parameters
  std::shared_ptr<const driver::CachedPlan> plan;  // the last one used: checked before use
  std::string plan_search_path;                    // with which it was bound
  // While all this is the same, the plan needs no look at names: the catalog (0 = unknown), the
  // settings, the schema of temporary objects.
  uint64_t plan_catalog = 0, plan_settings = 0;
  std::string plan_temp_schema;
  // Of the plan: tables to lock, and how.
  std::vector<std::pair<schema::RelationPtr, txn::TableLockMode>> plan_tables;
  std::shared_ptr<const physical::Plan> plan_tables_of;
  // The statement without the locking clauses of queries within it; null when it has none there.
  std::shared_ptr<Prepared> unlocked;
  // PREPARE: the columns that EXECUTE has to give.
  std::optional<std::vector<ResultColumn>> columns;
};

/// A prepared statement bound to values.
struct Portal {
  std::shared_ptr<Prepared> prepared;
  std::vector<types::Value> params;  // the statement's own
  bool started = false, done = false;
  // The plan whose columns the client was told; rows of another shape are refused.
  std::shared_ptr<const driver::CachedPlan> described;
  // With a row limit the statement runs to its end at the first Execute; the rest of the rows waits
  // here.
  std::unique_ptr<base::MemoryBudget> budget;
  row::Layout layout;
  std::unique_ptr<row::RowBuffer> rows;
  size_t next_page = 0;
  uint32_t next_row = 0;
  std::string tag;
};

/// A cursor of DECLARE: all its rows, and where it is.
struct Cursor {
  std::vector<ResultColumn> columns;
  Portal rows;
  std::vector<int64_t> first_rows;  // by page: how many rows lie before it
  int64_t count = 0;
  int64_t position = 0;  // 0: before the first row, count + 1: behind the last
  bool hold = false, no_scroll = false;
  bool committed = false;  // its transaction is over
};

struct BoundIndex;  // index_expressions.cc

class SessionImpl final : public Session {
  friend class Facts;          // facts.cc: what SQL functions may ask of the session
  friend class SessionTables;  // session_tables.cc: tables of the transaction and virtual ones

 public:
  SessionImpl(Instance* instance, SessionId id, uint32_t cancel_key, const SessionOptions& options);
  ~SessionImpl() override;
  Status ApplyOptions(const SessionOptions& options);

  // Session.
  Status SimpleQuery(std::string_view sql, Client* client) override;
  Status Parse(const std::string& name, std::string_view sql,
               const std::vector<Oid>& param_types) override;
  Result<StatementDescription> DescribeStatement(const std::string& name) override;
  Status Bind(const std::string& portal, const std::string& statement,
              const std::vector<BoundParam>& params) override;
  Result<std::optional<std::vector<ResultColumn>>> DescribePortal(const std::string& name) override;
  Result<ExecuteOutcome> Execute(const std::string& portal, uint64_t max_rows,
                                 Client* client) override;
  void CloseStatement(const std::string& name) override;
  void ClosePortal(const std::string& name) override;
  Status Sync(Client* client) override;
  void WriteCommits() override;
  void Fail() override;
  char transaction_status() const override;
  std::vector<std::pair<std::string, std::string>> TrackedSettings() const override;
  SessionId id() const override { return id_; }
  uint32_t cancel_key() const override { return cancel_key_; }
  void Cancel() override;
  void Terminate() override;
  bool terminated() const override { return terminated_.load(); }
  Error EndReason() const override;
  void OnTerminate(std::function<void()> call) override;
  Status CheckInterrupt() override;
  const types::FormatContext& format() const override { return format_; }

  SessionInfo Info();

 private:
  enum class Block : uint8_t { kNone, kOpen, kFailed };  // BEGIN ... COMMIT

  /// One statement's run: what its handlers need.
  struct Run {
    Prepared* prepared;
    const std::vector<types::Value>* params;
    Client* client;
    bool describe;   // tell the client the columns (simple protocol)
    Portal* portal;  // keeps the rows when its execution has a row limit; else null
    const Portal* described = nullptr;  // whose columns the client was told before; null = none
    std::string tag;
  };

  // Statements (session.cc).
  Result<std::shared_ptr<Prepared>> Prepare(ast::StatementPtr statement, std::string sql,
                                            std::vector<types::Type> declared);
  // Locking clauses within a statement (nested_locks.cc).
  Status FindNestedLocks(Prepared* prepared);
  Result<std::optional<std::vector<ResultColumn>>> DescribeUnlocked(Prepared* prepared);
  Status RunWithNestedLocks(Run* run);

  Status RunStatement(Run* run);
  Status RunInTransaction(Run* run);
  Status RunOnce(Run* run);
  Result<std::optional<std::vector<ResultColumn>>> DescribeColumns(Prepared* prepared);
  /// 0A000 when a plan no longer has the columns that the client was told.
  Status CheckDescribed(const std::vector<ResultColumn>& told, const driver::CachedPlan& plan);

  // Transactions (session.cc).
  Status EnsureTransaction();
  /// last: the client that has nothing to wait for but this commit, see Client::CommitOutcome; null
  /// when more is to be done afterwards.
  Status CommitTransaction(Client* last = nullptr);
  void RollbackTransaction();
  Status StartStatement();
  void EndStatement();
  Status RequireNoBlock(std::string_view statement);
  /// A transaction of storage, at this level.
  void BeginAt(txn::Isolation isolation);
  /// 25006 for a definition in a read-only transaction.
  Status CheckReadOnly(const ast::Statement& statement) const;
  /// Ends the session when its transaction has been idle for too long; stopped by the next message.
  void StartIdleTimer();
  void StopIdleTimer();

  // Advisory locks (advisory.cc).
  TxnId LockOwner() const;
  Result<bool> TakeAdvisory(const txn::AdvisoryKey& key, bool shared, bool transaction, bool wait);
  /// False: the session does not hold it.
  bool GiveAdvisory(const txn::AdvisoryKey& key, bool shared);
  void GiveAllAdvisory();

  // Queries (run_query.cc).
  Result<std::shared_ptr<const driver::CachedPlan>> PlanFor(
      Prepared* prepared, const std::vector<types::Value>* params);
  /// Whether the plan is one for these values, as far as they weigh.
  bool FitsValues(const Prepared& prepared, const driver::CachedPlan& plan,
                  const std::vector<types::Value>* params);
  /// key: of the plan cache, may be empty. A plan that is there already and came out again is
  /// given instead of a new one. Null: the statement's literals are back in it, its key is another.
  Result<std::shared_ptr<const driver::CachedPlan>> MakePlan(
      const std::string& key, Prepared* prepared, const std::vector<types::Value>* params);
  /// A plan whose tables are locked and have not changed since it was made.
  Result<std::shared_ptr<const driver::CachedPlan>> LockedPlanFor(
      Prepared* prepared, const std::vector<types::Value>* params);
  Result<std::vector<types::Value>> AllParams(const Prepared& prepared,
                                              const driver::CachedPlan& plan,
                                              const std::vector<types::Value>& params);
  Status LockTables(Prepared* prepared, const driver::CachedPlan& plan, bool* changed);
  /// SELECT ... FOR UPDATE and its like (row_locks.cc).
  Status RunLockingQuery(Run* run, const driver::CachedPlan& plan);
  Status RunQuery(Run* run);
  /// Types of the user's as they are now.
  void RefreshTypes(std::vector<types::Type>* list);
  Result<driver::ExecutionStats> ExecutePlan(const driver::CachedPlan& plan,
                                             const Prepared& prepared,
                                             const std::vector<types::Value>& params,
                                             exec::RowSink* sink, uint64_t* affected, bool analyze);
  /// The names of table, column and schema of a violated NOT NULL.
  void NameRelation(Error* error);
  static std::vector<ResultColumn> ColumnsOf(const driver::CachedPlan& cached);

  // Other statements.
  Status RunCopy(Run* run);
  Status RunCopyFrom(Run* run, const ast::CopyStatement& copy);
  Status RunCopyTo(Run* run, const ast::CopyStatement& copy);
  Status RunExplain(Run* run);
  Status RunCreateTable(Run* run);
  Status RunCreateSchema(Run* run);
  Status RunSchemaElements(const ast::CreateSchemaStatement& create, Run* run);
  Status RunCreateView(Run* run);
  Status RunCreateTableAs(Run* run);
  Status RunCreateIndex(Run* run);
  Status RunDropIndex(Run* run);
  Status RunReindex(Run* run);
  /// Expressions of indexes (index_expressions.cc).
  Result<std::shared_ptr<const BoundIndex>> BindIndex(const schema::RelationDescriptor& table,
                                                      const schema::RelationDescriptor& index);
  table::IndexExpressionsMaker MakeIndexExpressions();
  /// An index that the optimizer must know more of than its columns; empty if it is not such a one.
  optimize::SpecialIndex SpecialIndexOf(RelationId id);
  /// Some table has an index with constants in its expressions or condition, which conditions of a
  /// query can only be seen to match as they are written.
  bool LiteralsMatter(const std::vector<driver::CatalogLookup>& lookups);
  /// Of the plan cache; the statement has been lifted.
  static std::string KeyOf(const Prepared& prepared);
  Status MakeIndex(const schema::RelationDescriptor& table, const bind::IndexDefinition& index,
                   bool constraint);
  // Partitions and inheritance (inheritance.cc, alter_children.cc, partition_rows.cc).
  class RoutingSink;
  class BoundSink;
  friend class PartitionRouter;
  /// 42P17 when the bound meets another partition's or takes nothing; 23514 when the default
  /// partition has rows that it takes. written: the bound in sql.
  Status CheckBound(const schema::RelationPtr& parent, const schema::PartitionBound& bound,
                    const std::string& name, const ast::PartitionBound& written,
                    const std::string& sql);
  /// Notes the child in its parents' records.
  Status LinkToParents(const schema::RelationPtr& child);
  /// Takes it out of them; after it a partition is a table of its own.
  Status UnlinkFromParents(const schema::RelationPtr& child);
  /// Indexes, UNIQUE constraints and foreign keys that a partition has because its parent does.
  Status CopyPartsOfParent(const schema::RelationPtr& parent, schema::RelationPtr* child);
  /// Those that a table that became a partition lacks, for it and its own partitions.
  Status AdoptParts(const schema::RelationDescriptor& parent, schema::RelationPtr child);
  Status AttachPartition(const ast::AlterTableCommand& command, schema::RelationPtr* table,
                         Run* run);
  Status DetachPartition(const ast::AlterTableCommand& command, schema::RelationPtr* table,
                         Run* run);
  Status Inherit(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status NoInherit(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  /// One command of ALTER TABLE on a table and on those below it.
  Status AlterWithChildren(const ast::AlterTableCommand& command, schema::RelationPtr* table,
                           bool only, Run* run);
  /// ALTER COLUMN TYPE of a table and of those below it.
  Status SetTypesWithChildren(const std::vector<const ast::AlterTableCommand*>& commands,
                              schema::RelationPtr* table, bool only, Run* run);
  /// ADD COLUMN, done for a table, for those below it: a column of theirs becomes the inherited
  /// one.
  Status AddColumnBelow(const ast::AlterTableCommand& command,
                        const schema::RelationDescriptor& table, Run* run);
  /// VALIDATE CONSTRAINT of a CHECK that tables below have too.
  Status ValidateBelow(const ast::AlterTableCommand& command, schema::RelationPtr* table,
                       bool only);
  /// A partition whose parent has a unique index, which the partition's indexes have to keep.
  bool HasUniqueParent(const schema::RelationDescriptor& table);
  /// All below a table, nearest first.
  std::vector<schema::RelationPtr> DescendantsOf(const schema::RelationDescriptor& table);
  /// Every row of a table (new: not yet a partition) is one that the bound takes; 23514.
  Status CheckRowsOfBound(const schema::RelationPtr& rows, const schema::RelationDescriptor& parent,
                          const std::function<bool(const std::vector<types::Value>&)>& belongs,
                          bool of_default);
  /// The sink of a partitioned table: rows go to partitions.
  Result<std::unique_ptr<exec::RowSink>> OpenRouted(const schema::RelationPtr& table,
                                                    exec::WriteKind kind, uint64_t* affected);
  /// The sink of a table as clients write it: with the check of its bound.
  Result<std::unique_ptr<exec::RowSink>> OpenDirect(const schema::RelationPtr& table,
                                                    exec::WriteKind kind, uint64_t* affected);
  /// A foreign key by its oid or that of the one it is part of, here and in partitions.
  Status DropForeignKey(RelationId table, Oid oid);
  /// The notice of what goes with what was dropped.
  void TellCascade(const std::vector<std::string>& dropped, Client* client);
  /// What DROP SCHEMA CASCADE tells of: the schema's objects, and dependents in other schemas.
  std::vector<std::string> DroppedWith(const std::vector<schema::RelationPtr>& inside);
  /// Drops a relation and, with cascade, the views that read it; else 2BP01 where there are any.
  /// client: is told of them; null = nobody.
  Status DropRelation(const schema::RelationPtr& relation, bool cascade, Client* client);
  Status RunDrop(Run* run);

  // ALTER (run_alter.cc, alter_column.cc).
  Status RunAlterTable(Run* run);
  Status RunAlter(Run* run);
  Status RunRename(Run* run);
  Status RunComment(Run* run);
  Status AlterOne(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status AddColumn(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status DropColumn(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status SetColumnTypes(const std::vector<const ast::AlterTableCommand*>& commands,
                        schema::RelationPtr* table, Run* run);
  // Sets a column's type in its descriptor, if it may have it.
  Status ChangeType(const ast::AlterTableCommand& command, const schema::RelationPtr& table,
                    uint32_t number, schema::Column* column, bind::BindContext& context);
  // What makes the values of a column of another type from the rows as they are.
  Result<expr::ExprPtr> Transformed(const ast::AlterTableCommand& command,
                                    const schema::RelationDescriptor& table,
                                    const schema::RelationDescriptor& next, uint32_t number,
                                    bind::BindContext& context);
  // Does a USING read a column that the same statement drops?
  bool ReadsDropped(const ast::AlterTableStatement& alter, const schema::RelationPtr& table,
                    const std::string& sql);
  Status AlterColumn(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status AlterIdentity(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status AddConstraint(const ast::AlterTableCommand& command, schema::RelationPtr* table, Run* run);
  Status DropConstraint(const ast::AlterTableCommand& command, schema::RelationPtr* table,
                        Run* run);
  Status SetUnlogged(bool unlogged, schema::RelationPtr* table);
  /// A foreign key's timing, by its oid or that of the one it is part of, here and in partitions.
  Status SetKeyDeferrable(RelationId table, Oid key, bool deferrable, bool deferred);
  Status ValidateConstraint(const ast::AlterTableCommand& command, schema::RelationPtr* table);
  Status CheckRows(const schema::RelationPtr& table, const schema::CheckConstraint& check);
  Status CheckReferences(const schema::RelationPtr& table, const schema::ForeignKey& key);
  Status RenameColumn(const schema::RelationPtr& table, const std::string& old_name,
                      const std::string& new_name);
  Status RenameConstraint(const schema::RelationPtr& table, const std::string& old_name,
                          const std::string& new_name);
  Result<uint32_t> ColumnOf(const schema::RelationDescriptor& table, const std::string& name);
  /// The table with other columns; computed: values over the old row, by column of `next`.
  Result<schema::RelationPtr> RewriteRows(const schema::RelationPtr& before,
                                          schema::RelationDescriptor next,
                                          const std::map<uint32_t, expr::ExprPtr>& computed);
  Status RemoveColumn(schema::RelationPtr* table, uint32_t column, bool cascade, Client* client);
  /// All rows hold to these (of them to `only`, if it is not null).
  Status CheckTableRows(const schema::RelationPtr& table, const TableChecks& checks,
                        const schema::CheckConstraint* only);
  Status CheckRole(const std::string& role);
  Status MoveToSchema(const schema::RelationPtr& relation, const std::string& name);
  /// The new table's (or column's) sequences, keys and foreign keys.
  Status AddParts(schema::RelationPtr* table, const bind::TableParts& parts,
                  const std::string& sql);
  Status AddForeignKey(schema::RelationPtr* table, const bind::ReferenceDefinition& definition,
                       const std::string& sql, bool check);
  /// A foreign key is gone: the table referred to forgets its table if that was the last one.
  Status ForgetReference(RelationId parent, RelationId child);
  /// Objects that go with a relation or a column (column < 0: all of it), as PostgreSQL names them.
  struct Dependent {
    std::string text;          // "view v", "constraint c on table t"
    std::string on;            // what it depends on
    schema::RelationPtr drop;  // a relation that goes
    RelationId table;          // a constraint, a default or a column of this table goes
    std::string constraint;
    int column = -1;     // its default goes
    bool whole = false;  // the column goes
  };
  std::vector<Dependent> DependentsOf(const schema::RelationPtr& relation, int column);
  /// Foreign keys that refer to a unique index (none = the primary key) of a table.
  std::vector<Dependent> ReferringTo(const schema::RelationDescriptor& parent, RelationId index,
                                     const std::string& index_name);
  std::vector<Dependent> DependentsOfType(const schema::RelationDescriptor& type);
  /// 2BP01 where there are any and no cascade; else drops them and says so.
  Status DropDependents(const std::string& what, const std::vector<Dependent>& dependents,
                        bool cascade, Client* client);

  // Sequences (run_sequence.cc).
  Status RunCreateSequence(Run* run);
  Status RunAlterSequence(Run* run);
  Result<schema::RelationPtr> MakeSequence(const schema::RelationDescriptor& table,
                                           const bind::SequenceDefinition& definition);
  schema::RelationPtr OwnedSequence(RelationId table, ColumnNumber column);
  Result<std::unique_ptr<exec::RowSource>> OpenSequence(const schema::RelationPtr& sequence);
  Result<schema::RelationPtr> SequenceOf(Oid oid, const char* function);
  Result<int64_t> NextValue(Oid oid);
  Result<int64_t> CurrentValue(Oid oid);
  Result<int64_t> LastValue();
  Result<int64_t> SetValue(Oid oid, int64_t value, bool is_called);
  /// OWNED BY.
  Status OwnSequence(const std::vector<std::string>& owner, bind::BindContext& context,
                     schema::RelationDescriptor* sequence);
  Status ChangeSequence(schema::RelationPtr sequence, const ast::OptionList& options,
                        const std::string& sql, bool identity);
  Status RestartSequence(const schema::RelationPtr& sequence, std::optional<int64_t> value);

  // Domains (run_domain.cc).
  Status RunCreateDomain(Run* run);
  Status RunAlterDomain(Run* run);
  /// All rows of all columns of the domain hold to it as it is now.
  Status CheckDomainUses(const schema::RelationPtr& domain, const schema::CheckConstraint* check);
  Status ChangeDomain(schema::RelationDescriptor next);
  std::vector<schema::RelationPtr> DomainFamily(RelationId domain);
  Result<schema::RelationPtr> FindDomain(const ast::QualifiedName& name, std::string_view sql,
                                         bool missing_ok);

  // Constraints (constraints.cc, foreign_keys.cc).
  class CheckingSink;
  /// moved_within: the rows deleted are written anew to other partitions of this table, which notes
  /// what that means for keys that refer to it; none = they are not.
  Result<std::unique_ptr<exec::RowSink>> OpenChecked(const schema::RelationPtr& table,
                                                     exec::WriteKind kind, uint64_t* affected,
                                                     RelationId moved_within = RelationId());
  /// Foreign keys that refer to `table`, by the columns of `written` (the table or one below it).
  void AddReferring(const schema::RelationDescriptor& table,
                    const schema::RelationDescriptor& written, std::vector<WatchedKey>* keys);
  /// A row that keys may refer to is gone or (new_row given) has changed.
  void NoteReferredTo(const std::vector<WatchedKey>& keys, RelationId written,
                      const RowValues& old_row, const RowValues* new_row);
  /// The partitioned tables that a partition belongs to, nearest first; locked.
  Result<std::vector<schema::RelationPtr>> AncestorsOf(const schema::RelationDescriptor& table);
  Result<std::shared_ptr<const TableChecks>> ChecksOf(const schema::RelationDescriptor& table);
  Status AddDomainChecks(RelationId domain, uint32_t column, TableChecks* checks);
  Error CheckViolation(const schema::RelationDescriptor& table, const TableChecks::Check& check,
                       const std::string& row);
  /// Checks and actions of foreign keys for the rows that the statement has written.
  Status RunKeyEvents();
  /// SET CONSTRAINTS of one name in one schema; false = there is none. 42809 if one may not be
  /// deferred.
  Result<bool> SetConstraintsOf(const std::string& schema, const std::string& name, bool deferred);
  /// Those that wait for the transaction's end. all: whatever SET CONSTRAINTS says.
  Status RunDeferredEvents(bool all);
  bool IsDeferred(Oid constraint, bool deferrable, bool initially) const;
  /// A deferrable UNIQUE constraint: 23505 if two rows have these values now.
  Status CheckUnique(const schema::RelationDescriptor& table,
                     const schema::RelationDescriptor& index,
                     const std::vector<types::Value>& values);
  Status CheckAllUnique(const schema::RelationDescriptor& table,
                        const schema::RelationDescriptor& index);
  Status CheckReference(const schema::RelationPtr& table, const schema::ForeignKey& key,
                        const KeyEvent& event);
  Status FollowKey(const schema::RelationPtr& table, const schema::ForeignKey& key,
                   schema::ForeignKey::Action action, const KeyEvent& event);
  Result<bool> AnyReferring(const schema::RelationDescriptor& table, const schema::ForeignKey& key,
                            const std::vector<types::Value>& values);
  Result<bool> HoldParentKey(const schema::ForeignKey& key,
                             const std::vector<types::Value>& values);
  /// The table that holds the key referred to (a partitioned one: the partition that takes it; null
  /// = none does), locked, and the key's columns there.
  Result<schema::RelationPtr> TableOfKey(const schema::ForeignKey& key,
                                         const std::vector<types::Value>& values,
                                         std::vector<uint32_t>* columns);
  /// The unique index over just these columns; none = the primary key.
  Result<RelationId> IndexOver(const schema::RelationDescriptor& table,
                               const std::vector<uint32_t>& columns);
  /// 23503 when rows of a partition that is to leave are referred to as its ancestors' rows.
  Status CheckRemovedKeys(const schema::RelationPtr& partition);
  /// " WHERE a = $1 AND b = $2": the rows of the referring table with a key of the other one.
  std::string KeyCondition(const schema::RelationDescriptor& table, const schema::ForeignKey& key);
  std::string KeyParameter(const schema::RelationDescriptor& table, const schema::ForeignKey& key,
                           size_t i, size_t number);
  Status SetConstraints(const ast::SetStatement& set);
  /// Locks the rows of a query of the session's own (sql has no locking clause) FOR SHARE.
  Status WaitForRows(const std::string& sql, const std::vector<types::Value>& values);
  /// Runs a statement of the session's own as one more statement of the transaction; whether it
  /// gave or changed a row.
  Result<bool> RunOwn(const std::string& sql, const std::vector<types::Value>& values);
  /// Quoted, with the schema.
  std::string FullName(const schema::RelationDescriptor& relation);
  /// The same, as a statement names the rows that a constraint of the table is about.
  std::string OwnRows(const schema::RelationDescriptor& table);
  Status RunCreateType(Run* run);
  Status RunAlterType(Run* run);
  Status RunRenameType(Run* run);
  Status RunDropType(Run* run);
  Status RunTruncate(Run* run);
  Status RunVacuum(Run* run);
  Status RewriteDensely(RelationId id);
  Status RunTransactionStatement(Run* run);
  Status RunSavepoint(Run* run);
  /// Undoes everything since a savepoint.
  void RestoreSavepoint(size_t index);
  Status RunSet(Run* run);
  Status RunShow(Run* run);
  Status RunPrepare(Run* run);
  Status RunExecute(Run* run);
  Status RunDeallocate(Run* run);
  Status RunDiscard(Run* run);
  Status RunLock(Run* run);

  // Cursors (run_cursor.cc).
  Status RunDeclareCursor(Run* run);
  Status RunFetch(Run* run);
  Status RunClose(Run* run);
  Status SendCursorRow(const Cursor& cursor, int64_t number, Client* client);
  /// At the end of a transaction: those WITH HOLD stay when it has committed.
  void EndCursors(bool committed);

  // Temporary objects (temporary.cc).
  /// The schema that a new relation goes to; makes that of temporary objects when it is wanted.
  /// 42P16 for a temporary relation elsewhere.
  Result<std::shared_ptr<const schema::SchemaDescriptor>> CreationSchema(
      const ast::QualifiedName& name, bool temporary, bind::BindContext* context);
  bool IsTemporary(SchemaId schema);
  /// Notes what becomes of a new table at commit; 42P16 if it is not temporary.
  Status NoteOnCommit(const schema::RelationDescriptor& table, ast::OnCommit action);
  /// ON COMMIT DROP and DELETE ROWS, before the commit.
  Status BeforeCommit();
  /// All temporary relations go.
  Status DropTemporary();
  void LeaveTemporary();

  Status ApplyModes(const ast::TransactionModes& modes);
  Status SetOne(const std::string& name, const std::string& value, bool local, Client* client);
  void ReportSetting(int index, Client* client);
  /// What set_config has changed in this statement takes effect.
  void ReportChanges(Client* client);
  /// A statement of the session's own making.
  Result<std::shared_ptr<Prepared>> PrepareText(std::string sql);
  /// The value of a column-free expression, given as SQL text, cast to a type on assignment.
  Result<types::Value> EvaluateAs(const std::string& expression, const types::Type& type);

  /// A result of text columns that the session makes itself (SHOW, EXPLAIN).
  Status SendRows(Run* run, const std::vector<ResultColumn>& columns,
                  const std::vector<std::vector<std::string>>& rows);
  void Notify(Client* client, std::string_view severity, SqlState state, std::string message);

  // Names (run_definition.cc).
  std::vector<std::string> SearchPath() const;
  Result<schema::RelationPtr> ResolveTable(const ast::QualifiedName& name, std::string_view sql,
                                           bool missing_ok);
  /// A type of the user's; null instead of 42704 if missing_ok.
  Result<schema::RelationPtr> FindType(const ast::QualifiedName& name, std::string_view sql,
                                       bool missing_ok);
  Result<SchemaId> ResolveSchemaForCreate(const ast::QualifiedName& name, std::string_view sql);

  void RefreshFormat();
  bind::BindContext MakeBindContext(std::string_view sql, schema::CatalogReader* catalog);

  Instance* const instance_;
  const SessionId id_;
  const uint32_t cancel_key_;
  const std::string user_, database_;
  const int64_t started_micros_;
  Settings settings_;
  std::vector<int> settings_changed_;  // by set_config in this statement
  types::FormatContext format_;
  uint64_t format_serial_ = 0;  // of the settings that it was made of
  std::unique_ptr<func::SessionFacts> facts_;
  std::unique_ptr<types::NameResolver> names_;
  func::FunctionContext context_;

  std::unique_ptr<table::Transaction> txn_;                    // none: no transaction
  txn::Isolation isolation_ = txn::Isolation::kReadCommitted;  // of the last transaction
  std::unique_ptr<syscat::SystemCatalog> catalog_;             // over txn_'s; with txn_
  std::unique_ptr<exec::TableAccess> access_;  // tables of txn_ and virtual ones; with txn_
  Block block_ = Block::kNone;
  std::string temp_schema_;  // of temporary objects, "pg_temp_N"; empty: none was made
  std::map<RelationId, ast::OnCommit> on_commit_;  // of temporary tables; of gone ones too
  std::string schema_being_made_;  // by a running CREATE SCHEMA with elements: first in the path
  ConstraintState constraints_;
  std::map<RelationId, std::shared_ptr<PartitionRouter>> key_routers_;  // of TableOfKey
  std::map<RelationId, std::shared_ptr<const BoundIndex>> bound_indexes_;
  std::map<RelationId, std::shared_ptr<ScanCount>>
      scan_counts_;  // the instance's, by the last used
  std::map<std::string, std::shared_ptr<Prepared>> own_statements_;
  // Sequences that this session has used: the last value given, and those taken ahead.
  struct SequenceUse {
    RelationId id;
    int64_t last = 0;
    int64_t next = 0, end = 0;  // taken ahead: next, next + increment, ..., end
    bool ahead = false;
  };
  std::map<StorageId, SequenceUse> sequence_uses_;  // by schema::SequenceOptions::state
  StorageId last_sequence_;                         // that nextval was called for
  bool temp_written_ = false;                       // a table in it was written in this transaction
  bool implicit_failed_ = false;  // an extended batch outside of a block has failed
  bool several_ = false;  // the text that runs has several statements: a transaction of their own
  bool statement_seen_ =
      false;  // something ran in this transaction (SET TRANSACTION comes too late)
  bool read_only_ = false;
  struct SavepointState {
    std::string name;
    size_t number = 0;  // table::Transaction's
    Settings::Saved settings;
    bool read_only = false;
    ConstraintState constraints;  // what is deferred
    std::vector<const Cursor*> cursors;
  };
  std::vector<SavepointState> savepoints_;
  std::map<std::pair<txn::AdvisoryKey, bool>, int64_t> advisory_;  // shared; how often it was taken
  uint64_t idle_timer_ = 0;                                        // of Deadlines; 0 = none
  std::mutex terminate_mutex_;
  std::function<void()> on_terminate_;  // guarded by terminate_mutex_
  std::atomic<uint32_t> end_reason_{static_cast<uint32_t>(SqlState::kAdminShutdown)};

  std::map<std::string, std::shared_ptr<Prepared>> prepared_;
  std::map<std::string, std::unique_ptr<Portal>> portals_;
  std::map<std::string, std::unique_ptr<Cursor>> cursors_;

  exec::CancelFlag cancel_;
  std::atomic<bool> running_{false};
  std::atomic<bool> terminated_{false};

  std::mutex info_mutex_;
  SessionInfo info_;  // guarded by info_mutex_
};

/// "table", "view", ...
std::string KindName(const schema::RelationDescriptor& relation);
/// What SQL functions may ask of the session; it outlives them.
std::unique_ptr<func::SessionFacts> MakeFacts(SessionImpl* session);
std::unique_ptr<types::NameResolver> MakeNameResolver(func::SessionFacts* facts);
/// The tables of the session's transaction, and the virtual ones.
std::unique_ptr<exec::TableAccess> MakeTableAccess(SessionImpl* session);
/// Drops what sessions of an earlier run have left in their temporary schemas.
Status DropLeftTemporary(table::Engine* engine);
std::vector<ResultColumn> ShowColumns(const std::string& name);
std::vector<ResultColumn> ExplainColumns();
/// A level by its name in the settings.
txn::Isolation IsolationOf(std::string_view name);

}  // namespace lathe::session
