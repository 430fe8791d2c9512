// Front door of storage: an open data directory and the transactions in it. A session begins a
// Transaction, starts a statement in it, reads the catalog and the tables through it, and commits
// or rolls back. Everything below (pages, delta, folds, loads, locks, recovery) stays behind these
// two classes.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/base/clock.h"
#include "runtime/base/file.h"
#include "runtime/base/ids.h"
#include "runtime/base/result.h"
#include "runtime/exec/exec.h"
#include "runtime/schema/schema.h"
#include "runtime/types/shape.h"
#include "storage/txn/isolation.h"
#include "storage/txn/lock_table.h"
#include "storage/txn/resolver.h"

namespace lathe::table {

/// Limits and policies of an engine; all bytes.
struct EngineOptions {
  uint64_t frame_cache_bytes = 1ull << 30;       // pages kept in memory
  uint64_t directory_cache_bytes = 64ull << 20;  // page directories kept in memory
  uint32_t page_bytes = 0;                       // that pages are cut at; 0 = page::kPageBytes
  uint32_t directory_leaf_pages = 256;  // pages of which a directory is read and evicted together
  uint64_t delta_bytes_max = 512ull << 20;  // unfolded versions kept in memory; writers wait at it
  uint64_t transaction_bytes_max = 2ull << 30;  // buffered changes of one transaction; 53200 beyond
  // Of them, in memory; beyond it they are written as pages that the commit makes visible.
  uint64_t transaction_spill_bytes = 64ull << 20;
  uint32_t load_rows_min =
      4096;  // an INSERT or COPY of at least this many rows writes pages, not delta
  uint64_t load_sort_bytes = 128ull << 20;  // memory of one load's sort before it spills runs
  bool synchronous_commit = true;           // a commit is acknowledged once it is on disk
  bool background_fold = true;              // off: only FoldNow folds (tests)
  // Snapshots open for longer lose what only they need: reading on is then 72000. 0 = no limit.
  uint64_t snapshot_seconds_max = 0;
  // A table's files are rewritten once replaced pages take so many percent of the pages in use, and
  // more than compact_bytes_min.
  uint32_t compact_percent = 50;
  uint64_t compact_bytes_min = 64ull << 20;
  bool create_if_missing = true;
  // Commits, folds and loads are refused (53100) before they would leave less of the disk free.
  uint64_t disk_reserve_bytes = 16ull << 20;
  base::FileSystem* files = nullptr;  // below the store; outlives the engine; null = the machine's
  // ANALYZE reads all pages of a table with at most this many, of a larger one a quarter
  // as many.
  uint32_t analyze_pages = 4096;
  // Knows the outcomes of prepared transactions and outlives the engine; null = the commit records
  // of this directory (txn::RecordResolver).
  txn::Resolver* resolver = nullptr;
  // Every commit is written to an archive in this directory before it is acknowledged, so that a
  // restored backup can be brought up to any later time. Empty = none.
  std::string archive_dir;
  // Sees every serialised entry (storage/txn/batch.h) in commit order, once it is durable; for
  // replicas and archives. Commits go one after the other while it is set.
  std::function<void(std::string_view entry)> on_entry;
};

/// What CREATE TABLE makes. Column numbers are given by the engine (1, 2, ...); defaults and types
/// are taken as they are.
struct TableSpec {
  SchemaId schema;
  std::string name;
  std::vector<schema::Column> columns;
  std::vector<schema::KeyColumn>
      key;                       // of the primary key; empty = none. Key columns become NOT NULL
  std::string primary_key_name;  // empty with a key: "<table>_pkey"
  bool choose_name = false;      // another name like that one when it is taken
  int32_t fillfactor = 100;
  bool append_only = false;
};

/// What CREATE INDEX and UNIQUE make.
struct IndexSpec {
  RelationId table;
  std::string name;          // of the index and of the constraint, in the table's schema
  bool choose_name = false;  // another name like it when that one is taken
  // Of the table; kExpressionSource (schema/index_parts.h) = the next of expressions.
  std::vector<schema::KeyColumn> columns;
  std::vector<schema::Column> expressions;  // name, type, generated_sql
  std::string predicate;                    // SQL text; empty = all rows
  std::vector<uint32_t> include;            // columns of the table that entries hold besides
  bool unique = false;
  bool nulls_not_distinct = false;
  bool constraint = false;
  // The constraint; then the index itself is not unique, whoever writes checks it.
  bool deferrable = false, initially_deferred = false;
  int32_t fillfactor = 100;
};

/// What entries of an index hold that rows of its table do not: values of expressions, and whether
/// a partial index has the row at all. Made by whoever knows expressions, for one layout of rows.
/// One thread.
class IndexExpressions {
 public:
  virtual ~IndexExpressions() = default;
  /// Of the index's expression columns, in order.
  virtual std::vector<types::Type> types() const = 0;
  /// The row's values of these, valid until the next call. False: the index has no entry for it.
  virtual Result<bool> Compute(const char* base, const char* row,
                               std::vector<types::Value>* values) = 0;
};
/// rows: the layout that rows come in, with the table's fields from first_field on. All outlive
/// what is made.
using IndexExpressionsMaker = std::function<Result<std::unique_ptr<IndexExpressions>>(
    const schema::RelationDescriptor& table, const schema::RelationDescriptor& index,
    const row::Layout& rows, size_t first_field)>;

/// A new view, or what an existing one becomes.
struct ViewSpec {
  SchemaId schema;
  std::string name;
  std::vector<schema::Column> columns;
  std::string sql;
  std::vector<std::string> search_path;
  std::vector<RelationId> reads;
  std::vector<schema::ViewRelation> relations;  // what its names stand for
};

/// Where a sequence stands.
struct SequenceState {
  int64_t last_value = 1;
  bool is_called = false;    // last_value was given out
  int64_t values_ahead = 0;  // that can be given out before the store is written again
};

/// Makes a row of a rewritten table: from is the old row's layout; datums and nulls take the fields
/// of the new one (the hidden row id, if any, is kept by the engine). Strings stay valid until the
/// next call.
using RowMap = std::function<Status(const row::Layout& from, const char* page, const char* row,
                                    types::Datum* datums, bool* nulls)>;
/// Sees a row.
using RowVisitor =
    std::function<Status(const row::Layout& layout, const char* page, const char* row)>;

/// What SELECT FOR UPDATE and its like do about a row that is locked.
enum class RowWait : uint8_t { kWait, kError, kSkip };
/// What became of a row that was to be locked.
enum class RowLocked : uint8_t {
  kLocked,   // as the statement sees it
  kSkipped,  // somebody else has it
  kChanged,  // it is locked, but has changed since: the statement must run again, see UndoStatement
};

/// One transaction. Used by one thread at a time (the sources that its scans give may be used by
/// several). Destroying it without Commit rolls it back. After an error that is not a statement
/// error (Commit's) it is over.
class Transaction {
 public:
  virtual ~Transaction() = default;

  virtual TxnId id() const = 0;
  virtual txn::Isolation isolation() const = 0;
  /// The session that it belongs to: its other lock owners do not stand in its way, and deadlock
  /// reports name it.
  virtual void SetProcess(uint32_t process) = 0;
  /// How to compute entries of indexes with expressions and partial ones. Without it, writing to a
  /// table with such an index is XX000.
  virtual void SetIndexExpressions(IndexExpressionsMaker maker) = 0;

  /// Begins a statement: it sees what was committed before it (READ COMMITTED) or before the first
  /// one (the other levels), and the writes of earlier statements of this transaction. cancel (may
  /// be null) ends lock waits; it outlives the statement. lock_timeout_ms 0 = none.
  virtual Status StartStatement(const exec::CancelFlag* cancel, int64_t lock_timeout_ms = 0) = 0;
  /// Undoes all writes and catalog changes since the last StartStatement; locks stay. For a failed
  /// statement, and before the restart asked for by exec::kRestartStatement: call this, then
  /// StartStatement again. All sources and sinks of the statement are gone by then. When rows that
  /// the statement was about to write or lock had changed since its snapshot (has_conflicts), it
  /// then keeps the snapshot and sees those rows, which are locked, as they are now: PostgreSQL's
  /// EvalPlanQual.
  virtual void UndoStatement() = 0;
  /// Has the current statement met such rows? It must not succeed then.
  virtual bool has_conflicts() const = 0;

  /// Sets a mark between two statements; its number is that of marks set before and not released.
  virtual size_t Savepoint() = 0;
  /// Undoes what was done since, gives locks taken since back and forgets later marks; this one
  /// stays. Also for a failed statement, in place of UndoStatement.
  virtual void RollbackTo(size_t savepoint) = 0;
  /// Forgets this mark and later ones.
  virtual void ReleaseSavepoint(size_t savepoint) = 0;

  /// SELECT FOR UPDATE and its like: locks a row that the current statement has found. key: values
  /// of the primary key, or the hidden row id. The table is locked. Errors: those of lock waits,
  /// 55P03 with kError, 40001 in other isolation levels than READ COMMITTED when it has changed.
  virtual Result<RowLocked> LockRow(const schema::RelationPtr& table,
                                    const std::vector<types::Value>& key, txn::RowLockMode mode,
                                    RowWait wait) = 0;
  /// LockTable without waiting: 55P03 when the lock is not to be had at once.
  virtual Result<schema::RelationPtr> TryLockTable(RelationId relation,
                                                   txn::TableLockMode mode) = 0;

  /// The catalog as this transaction sees it: newest committed plus its own changes. Lives as long
  /// as the transaction.
  virtual schema::CatalogReader* catalog() = 0;
  /// What the catalog shows now, as a number: while it is the same (and not 0), names and
  /// descriptors and what ANALYZE has found are too, in any transaction. 0: own changes.
  virtual uint64_t catalog_serial() const = 0;
  /// Indexes that do not have all rows of this transaction's snapshot, since they were built after
  /// it: scans by them are refused. Empty in READ COMMITTED.
  virtual const std::set<RelationId>& TooNewIndexes() = 0;
  /// Takes a table lock and returns the newest committed (or own) descriptor; 42P01 when the table
  /// has gone meanwhile.
  virtual Result<schema::RelationPtr> LockTable(RelationId relation, txn::TableLockMode mode) = 0;
  /// Scans and writes of the current statement. Tables used must have been locked (LockTable). The
  /// object lives as long as the transaction; what it opened must be destroyed before the next
  /// StartStatement, UndoStatement, Commit or Rollback.
  virtual exec::TableAccess* tables() = 0;

  // Changes of the catalog: atomic with the data, visible to others at commit. Each takes the locks
  // it needs.
  /// 42P06 when the name is taken; 42939 for names that begin with pg_ other than a session's
  /// schema of temporary objects, pg_temp_N.
  virtual Result<SchemaId> CreateSchema(const std::string& name) = 0;
  /// The schema must be empty (2BP01 otherwise; drop its tables first for CASCADE).
  virtual Status DropSchema(SchemaId schema) = 0;
  /// 42P07 when the name is taken.
  virtual Result<schema::RelationPtr> CreateTable(const TableSpec& spec) = 0;
  /// A view; replace: one of that name gets the new definition and keeps its number. Errors: 42P07
  /// for a relation of that name, 42809 when it is to be replaced and is no view.
  virtual Result<schema::RelationPtr> CreateView(const ViewSpec& spec, bool replace) = 0;
  /// A type of the user's; it gets its numbers here. 42710 when the name is taken.
  virtual Result<schema::RelationPtr> CreateType(SchemaId schema, const std::string& name,
                                                 types::Shape shape) = 0;
  /// Gives a type another name and shape (its oid stays), wherever it is used. Stored values must
  /// keep their meaning. 42710.
  virtual Status ChangeType(RelationId type, const std::string& name, types::Shape shape) = 0;
  /// With its indexes. Also of views and types.
  virtual Status DropTable(RelationId relation) = 0;
  /// Empties tables by giving them new storage.
  virtual Status TruncateTable(RelationId relation) = 0;
  /// ALTER TABLE ADD PRIMARY KEY: rewrites the rows in key order. Errors: 42P16 when there is a
  /// primary key, 23502 for a NULL in a key column, 23505 for duplicates. name empty =
  /// "<table>_pkey".
  virtual Result<schema::RelationPtr> AddPrimaryKey(RelationId relation,
                                                    const std::vector<uint32_t>& columns,
                                                    const std::string& name) = 0;
  /// An index over the rows that are there, which writers then keep. Errors: 42P07 when the name is
  /// taken, 23505 for duplicates, 0A000 for types that cannot be keys.
  virtual Result<schema::RelationPtr> CreateIndex(const IndexSpec& spec) = 0;
  virtual Status DropIndex(RelationId index) = 0;
  /// An entry of the catalog without rows: a sequence or a domain. Its id is given here. 42P07 (of
  /// a type: 42710) when the name is taken.
  virtual Result<schema::RelationPtr> CreateEntry(schema::RelationDescriptor entry) = 0;
  /// Puts a changed descriptor in the place of a relation's: another name, schema, constraints,
  /// defaults; the same rows, key and columns. 42P07 when the new name is taken.
  virtual Result<schema::RelationPtr> ChangeRelation(schema::RelationDescriptor next) = 0;
  /// As ChangeRelation with other columns: every row is made anew, and so are the indexes that
  /// `next` lists. Without a map the columns are the same: VACUUM FULL. Errors: of map, 23502,
  /// 23505.
  virtual Result<schema::RelationPtr> RewriteTable(schema::RelationDescriptor next,
                                                   const RowMap& map) = 0;
  /// Calls visit for every row as it is now, newest commits and own writes included. The table is
  /// locked against writers.
  virtual Status VisitRows(const schema::RelationPtr& table, const RowVisitor& visit) = 0;
  /// A number for a constraint.
  virtual Result<Oid> NewOid() = 0;
  /// Is there a row with this key now (newest commits and own writes), and will it stay until this
  /// transaction ends? keyed: a table with a primary key, or a unique index; values: of its key
  /// columns, none NULL. Waits for others that change the row.
  virtual Result<bool> HoldKey(const schema::RelationPtr& keyed,
                               const std::vector<types::Value>& values) = 0;
  /// Waits for others that hold this value (any text), and holds it until the transaction's end.
  virtual Status LockValue(std::string_view value) = 0;
  /// Until turned off again, statements of a REPEATABLE READ or SERIALIZABLE transaction begin with
  /// the newest snapshot. For checks of foreign keys.
  virtual void ReadNewest(bool on) = 0;
  /// ANALYZE: samples the rows that the current statement sees and stores statistics with this
  /// transaction.
  virtual Status Analyze(RelationId relation) = 0;

  /// Makes everything durable and visible, all or nothing. The transaction is over in any case.
  /// Read-only transactions cost nothing.
  virtual Status Commit() = 0;
  /// Whether Engine::CommitLater takes it.
  virtual bool CanCommitLater() const = 0;
  virtual void Rollback() = 0;
  /// True when it has changed anything so far.
  virtual bool has_changes() const = 0;
};

/// Gauges and counters for the admin service.
struct EngineStats {
  uint64_t delta_bytes = 0;  // unfolded versions in memory
  uint64_t delta_rows = 0;
  uint64_t frame_cache_bytes = 0;
  uint64_t frame_misses = 0, frame_evictions = 0;  // pages read from the store, pages evicted
  uint64_t directory_cache_bytes = 0, directory_evictions = 0;  // leaves of page directories
  uint64_t commits = 0, folds = 0, loads = 0, deadlocks = 0;
  uint64_t open_transactions = 0;
  uint64_t locks = 0;
  Timestamp published;  // the published watermark
  Timestamp oldest_snapshot;
  uint64_t oldest_snapshot_micros = 0;  // how long it has been open
  uint64_t dead_bytes = 0;  // of replaced pages in the store's files, of the tables in use
};

/// How a backup is made.
struct BackupOptions {
  uint64_t bytes_per_second = 64ull << 20;  // that are copied at most; 0 = no limit
  bool with_hash = false;  // the logical hash is computed and kept with it (reads everything)
};

/// A backup that was made, or one of those that there are.
struct BackupInfo {
  uint64_t number = 0;
  Timestamp timestamp;  // of the last commit in it
  int64_t taken_micros = 0;
  uint64_t logical_hash = 0;  // 0 = not known
  uint64_t files = 0, bytes = 0;
  uint64_t bytes_copied = 0;  // that earlier backups did not have; only of one just made
  int64_t quiet_micros = 0;   // for how long commits waited; only of one just made
};

/// What is restored.
struct RestoreOptions {
  std::string from;                   // directory of backups
  uint64_t number = 0;                // 0 = the last one (with until: the last one not after it)
  std::string to;                     // data directory to be made
  std::string archive_dir;            // commits after the backup are taken from there; empty = none
  Timestamp until{UINT64_MAX};        // the last commit that is wanted
  base::FileSystem* files = nullptr;  // null = the machine's
};

/// An open data directory. Thread-safe. Closing waits for background work; all transactions must be
/// over.
class Engine {
 public:
  /// Opens (or creates) the directory and recovers it. Errors: 55006 when another process holds it,
  /// 58030 for I/O, XX001 for another format version or corruption. clock outlives the engine.
  static Result<std::unique_ptr<Engine>> Open(const std::string& dir, const EngineOptions& options,
                                              base::Clock* clock = base::Clock::System());
  virtual ~Engine() = default;

  virtual std::unique_ptr<Transaction> Begin(txn::Isolation isolation) = 0;
  /// Commits without waiting for the disk: as Transaction::Commit, with the outcome given to
  /// `done`, once, on any thread, perhaps before this returns; it must neither block nor use the
  /// engine. The caller then calls WriteCommits, with nothing in between that blocks. Only for
  /// transactions that CanCommitLater.
  virtual void CommitLater(std::unique_ptr<Transaction> transaction,
                           std::function<void(Status)> done) = 0;
  /// Makes what CommitLater has left durable and visible, unless another thread does so already.
  virtual void WriteCommits() = 0;

  /// Folds all unfolded versions of a relation, and of its indexes, that no snapshot needs (VACUUM,
  /// tests). In any thread; readers and writers go on.
  virtual Status FoldNow(RelationId relation) = 0;
  /// Gives the room that replaced pages of a relation and its indexes take back to the file system,
  /// when it is more than a tenth of the pages in use. In any thread; readers and writers go on.
  virtual Status Compact(RelationId relation) = 0;
  /// FoldNow of every relation, then gives space back (dropped storage, old pages).
  virtual Status FoldAll() = 0;
  /// A hash of the logical content (rows, not pages) of one relation, or of everything including
  /// the catalog, at the published watermark. Equal for replicas with the same history, whatever
  /// they folded.
  virtual Result<uint64_t> LogicalHash(RelationId relation) = 0;
  virtual Result<uint64_t> LogicalHashAll() = 0;

  /// Applies an entry that another engine's on_entry saw, in its order; this engine then runs no
  /// transactions of its own that write. Entries applied before are ignored. After a reopening,
  /// load entries of loads not yet committed at applied() must come again.
  virtual Status ApplyEntry(std::string_view entry) = 0;
  /// The commit timestamp of the last write entry applied; 0 = none.
  virtual Timestamp applied() = 0;

  /// The next `count` values of a sequence at most: first and last of them, in steps of its
  /// increment. They are never given again, also after a crash; no rollback takes them back. 2200H
  /// when there is none left.
  virtual Result<std::pair<int64_t, int64_t>> NextValues(const schema::RelationDescriptor& sequence,
                                                         int64_t count) = 0;
  virtual Status SetSequence(const schema::RelationDescriptor& sequence, SequenceState state) = 0;
  virtual Result<SequenceState> ReadSequence(const schema::RelationDescriptor& sequence) = 0;

  /// Adds a backup of everything that is committed now to a directory of backups, which is made
  /// when it does not exist. Readers and writers go on; commits wait while files are linked.
  /// Errors: 55006 while another backup runs, 58030, 53100.
  virtual Result<BackupInfo> Backup(const std::string& to, const BackupOptions& options) = 0;
  /// The backups in a directory; verify: all their files are read and checked (XX001).
  static Result<std::vector<BackupInfo>> ListBackups(const std::string& in, bool verify,
                                                     base::FileSystem* files = nullptr);
  /// Makes a data directory of a backup and an archive. All or nothing; gives the last commit in
  /// it. Errors: 55006 when the directory exists, 42704, XX001 for damage, 58030, 53100.
  static Result<Timestamp> Restore(const RestoreOptions& options);
  /// An engine that has applied entries of another one becomes one of its own: it may run
  /// transactions that write.
  virtual Status Promote() = 0;

  virtual EngineStats Stats() = 0;
  /// The locks of all transactions; advisory locks are taken there. Lives as long as the engine.
  virtual txn::LockTable* lock_table() = 0;
  /// Name of the database in this directory ("lathe"), and of its owner role.
  virtual std::string database_name() = 0;
  virtual std::string role_name() = 0;
};

}  // namespace lathe::table
