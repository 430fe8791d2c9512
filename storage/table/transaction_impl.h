// The transaction behind engine.h: snapshot, statement number, write buffer, own loads and catalog
// changes; gives scans and sinks.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "storage/table/engine_impl.h"
#include "storage/table/index_scan.h"
#include "storage/table/load.h"
#include "storage/table/merge.h"
#include "storage/table/scan.h"

namespace lathe::table {

class TransactionImpl final : public Transaction, public exec::TableAccess {
 public:
  TransactionImpl(EngineImpl* engine, txn::Isolation isolation);
  ~TransactionImpl() override;

  TxnId id() const override { return id_; }
  txn::Isolation isolation() const override { return isolation_; }
  void SetProcess(uint32_t process) override { process_ = process; }
  Status StartStatement(const exec::CancelFlag* cancel, int64_t lock_timeout_ms) override;
  void UndoStatement() override;
  bool has_conflicts() const override { return !conflicts_.empty(); }
  /// A SERIALIZABLE transaction that cannot commit any more if it writes.
  bool ReadsHaveChanged() const {
    return reads() != nullptr && engine_->validator()->HasChanged({reads(), snapshot_});
  }
  void SetIndexExpressions(IndexExpressionsMaker maker) override {
    expressions_maker_ = std::move(maker);
  }
  Result<std::unique_ptr<IndexExpressions>> ExpressionsOf(const schema::RelationDescriptor& table,
                                                          const schema::RelationDescriptor& index,
                                                          const row::Layout& rows,
                                                          size_t first_field) const {
    if (expressions_maker_ == nullptr) {
      return MakeError(SqlState::kInternalError, "nobody computes expressions of indexes here");
    }
    return expressions_maker_(table, index, rows, first_field);
  }
  size_t Savepoint() override;
  void RollbackTo(size_t savepoint) override;
  void ReleaseSavepoint(size_t savepoint) override;
  Result<RowLocked> LockRow(const schema::RelationPtr& table, const std::vector<types::Value>& key,
                            txn::RowLockMode mode, RowWait wait) override;
  Result<schema::RelationPtr> TryLockTable(RelationId relation, txn::TableLockMode mode) override;
  schema::CatalogReader* catalog() override { return &view_; }
  uint64_t catalog_serial() const override {
    return view_.changes().empty() ? view_.state().serial : 0;
  }
  const std::set<RelationId>& TooNewIndexes() override;
  Result<schema::RelationPtr> LockTable(RelationId relation, txn::TableLockMode mode) override;
  exec::TableAccess* tables() override { return this; }
  Result<SchemaId> CreateSchema(const std::string& name) override;
  Status DropSchema(SchemaId schema) override;
  Result<schema::RelationPtr> CreateTable(const TableSpec& spec) override;
  Result<schema::RelationPtr> CreateView(const ViewSpec& spec, bool replace) override;
  Result<schema::RelationPtr> CreateType(SchemaId schema, const std::string& name,
                                         types::Shape shape) override;
  Status ChangeType(RelationId type, const std::string& name, types::Shape shape) override;
  Status DropTable(RelationId relation) override;
  Status TruncateTable(RelationId relation) override;
  Result<schema::RelationPtr> AddPrimaryKey(RelationId relation,
                                            const std::vector<uint32_t>& columns,
                                            const std::string& name) override;
  Result<schema::RelationPtr> CreateIndex(const IndexSpec& spec) override;
  Status DropIndex(RelationId index) override;
  Result<schema::RelationPtr> CreateEntry(schema::RelationDescriptor entry) override;
  Result<schema::RelationPtr> ChangeRelation(schema::RelationDescriptor next) override;
  Result<schema::RelationPtr> RewriteTable(schema::RelationDescriptor next,
                                           const RowMap& map) override;
  Status VisitRows(const schema::RelationPtr& table, const RowVisitor& visit) override;
  Result<Oid> NewOid() override;
  Result<bool> HoldKey(const schema::RelationPtr& keyed,
                       const std::vector<types::Value>& values) override;
  Status LockValue(std::string_view value) override;
  void ReadNewest(bool on) override;
  Status Analyze(RelationId relation) override;
  Status Commit() override;
  bool CanCommitLater() const override;
  /// Engine::CommitLater; the transaction belongs to itself from here on.
  void CommitLater(std::function<void(Status)> done);
  void Rollback() override;
  bool has_changes() const override;

  // exec::TableAccess.
  Result<std::unique_ptr<exec::RowSource>> OpenScan(const schema::RelationPtr& relation,
                                                    const exec::ScanRequest& request) override;
  Result<std::unique_ptr<exec::RowSink>> OpenWrite(const schema::RelationPtr& relation,
                                                   exec::WriteKind kind,
                                                   uint64_t* affected) override;

  // For the sinks.
  EngineImpl* engine() { return engine_; }
  txn::WriteBuffer* buffer() { return &buffer_; }
  uint32_t statement() const { return statement_; }
  Timestamp snapshot() const { return snapshot_; }
  txn::LockWait lock_wait() const { return {cancel_, lock_timeout_ms_, process_}; }
  const exec::CancelFlag* cancel() const { return cancel_; }
  /// Takes the lock that separates writers of single rows (kRowExclusive) from loads and escalated
  /// writers (kShareRowExclusive).
  Status LockStorage(StorageId storage, txn::TableLockMode mode);
  bool TryLockStorage(StorageId storage, txn::TableLockMode mode);
  /// The table with all own loads, also those of this statement; not the buffered writes.
  TableVersionPtr ViewOf(const Table& table) const;
  /// Is the range free of committed rows, own rows and own loads?
  Result<bool> RangeFree(const Table& table, std::string_view first, std::string_view last) const;
  /// Takes over a load of this statement into free key ranges. Nothing when it has no pages.
  Status AddLoad(PendingLoad load);
  /// Writes the buffered changes of a table as pages, if this transaction can have the storage for
  /// itself. True: it has it, and the changes are written.
  Result<bool> Spill(const std::shared_ptr<Table>& table);
  /// Writes what earlier statements have buffered, so that this statement can load.
  Status SpillEarlier(const std::shared_ptr<Table>& table);
  /// Is it time to Spill?
  bool WantsSpill() const { return savepoints_.empty() && buffer_.used_bytes() > spill_at_; }
  /// May a load be made into this table now? What earlier statements have buffered there would have
  /// to be written first, and could not be undone down to a savepoint then.
  bool MayLoad(StorageId storage) const {
    return savepoints_.empty() || buffer_.Find(storage) == nullptr;
  }
  /// Notes a row, locked by this transaction in this mode, that has changed since the statement's
  /// snapshot.
  void NoteConflict(const schema::RelationPtr& relation, std::shared_ptr<Table> table,
                    std::string_view key, txn::RowLockMode mode);
  /// Does the statement run again since it met this row, which it has locked, changed? The changes
  /// are those that it sees.
  bool Rechecked(StorageId storage, std::string_view key) const {
    return !rechecked_keys_.empty() && rechecked_keys_.contains(keyspace::RowPrefix(storage, key));
  }
  /// Notes that the statement gives a row another key.
  void NoteMove(StorageId storage, std::string_view from, std::string_view to);
  /// Notes that the statement makes a new row where this transaction has deleted one.
  void NoteReplaced(StorageId storage, std::string_view key);
  /// What happened first to the row of a key after a timestamp, if it has gone or got another key;
  /// another row may be there now.
  Result<std::optional<txn::KeyMoves::Move>> FateOf(const Table& table, std::string_view key,
                                                    Timestamp after) const;
  /// Has this statement changed a row of the table that is not in the buffer any more?
  Result<bool> SpilledByStatement(StorageId storage, std::string_view key);
  void NoteRowIds(StorageId storage, uint64_t next);

 private:
  // Loads and merges, oldest first; each has its table's version after it.
  struct OwnLoad {
    PendingLoad load;
    uint32_t statement;
  };

  // A row that the statement met and that is newer than its snapshot.
  struct RowConflict {
    schema::RelationPtr relation;
    std::shared_ptr<Table> table;
    std::string key;
    txn::RowLockMode mode;
    bool gone = false;  // it has another key now, or none; another row may have this one
  };
  // The state at a savepoint.
  struct Mark {
    size_t buffer, loads, created, locks, moves, merged_deletes;
    catalog::Changes changes;
    std::vector<StorageId> dropped;
  };

  void TakeSnapshot();
  /// Makes the newest versions of rows that the statement lost to others its own.
  Status AdoptConflicts();
  Status Adopt(const RowConflict& conflict);
  void Recheck(const RowConflict& conflict);
  // Goes after a row that has got another key: locks it there. False when it has none, or kept it.
  Result<bool> Follow(RowConflict* conflict, Timestamp* after);
  // The row key that these values of the key columns (or of the hidden row id) make.
  std::string KeyOfValues(const schema::RelationDescriptor& keyed, const Table& table,
                          const std::vector<types::Value>& values) const;
  // Which rows a SERIALIZABLE transaction's scans read.
  void NoteRead(const Table& table, const ScanRange& range) const;
  txn::ReadSet* reads() const {
    return isolation_ == txn::Isolation::kSerializable && !reads_newest_ ? &reads_ : nullptr;
  }
  void ReleaseSnapshot();
  Status EmitLoads();
  void End();
  // What a commit writes; `later` has ended, well or not: the transaction goes.
  txn::LogicalBatch MakeBatch();
  void EndLater(Status outcome);
  // The version that the statement reads.
  TableVersionPtr VersionWithLoads(const Table& table, TableVersionPtr base) const;
  Status Merge(const std::shared_ptr<Table>& table, bool of_statement);
  void DropLast();
  void DropOwnLoad(size_t i);
  std::vector<OwnRow> OwnRows(StorageId storage, const ScanRange& range) const;
  Result<std::unique_ptr<exec::RowSource>> OpenScanAt(const schema::RelationPtr& relation,
                                                      const exec::ScanRequest& request,
                                                      Timestamp snapshot);
  Result<std::unique_ptr<exec::RowSource>> OpenPoints(const schema::RelationPtr& relation,
                                                      const exec::ScanRequest& request);
  Result<std::unique_ptr<exec::RowSource>> OpenByIndex(const schema::RelationPtr& relation,
                                                       const exec::ScanRequest& request);
  LookupSource LookupsIn(std::shared_ptr<Table> table, TableVersionPtr version) const;
  Status FillSource(Timestamp snapshot, const ScanRange& range, ScanSource* source) const;
  // 40001 for a relation whose storage is not as old as the snapshot.
  Status CheckHistory(const schema::RelationDescriptor& relation) const;
  bool HasHistory(const schema::RelationDescriptor& relation) const;
  // May a statement that has got its lock on the table take another snapshot?
  bool MayRenewSnapshot(RelationId relation);
  // The rows that belong to page i of a leaf of what the statement reads.
  Result<std::unique_ptr<exec::RowSource>> OpenUnit(const schema::RelationPtr& relation,
                                                    const Leaf& leaf, const LeafPages& pages,
                                                    size_t i);
  std::string FreeRelationName(SchemaId schema, const std::string& name);
  Result<schema::RelationPtr> MakeTable(schema::RelationDescriptor relation);
  Status Rewrite(const schema::RelationPtr& before, const schema::RelationPtr& after,
                 const RowMap& map);
  // An index of these columns and properties over the table as it is, in new storage.
  Result<schema::RelationPtr> MakeIndex(schema::RelationDescriptor index,
                                        const schema::RelationPtr& table);
  Status BuildIndex(const schema::RelationPtr& table, const schema::RelationPtr& index);
  Status LockName(SchemaId schema, const std::string& name);
  Result<StorageId> NewStorage();
  Result<schema::RelationPtr> NeedTable(RelationId relation);

  EngineImpl* const engine_;
  const TxnId id_;
  const txn::Isolation isolation_;
  uint32_t process_ = 0;
  IndexExpressionsMaker expressions_maker_;
  std::vector<RowConflict> conflicts_;  // of the current statement
  // Of all its runs so far: they may have left the buffer for pages.
  std::vector<RowConflict> rechecked_;
  std::set<std::string> rechecked_keys_;
  bool snapshot_kept_ = false;  // the statement runs again with the snapshot it had
  std::vector<Mark> savepoints_;
  mutable txn::ReadSet reads_;
  bool over_ = false;
  txn::LogicalBatch later_;                 // of CommitLater
  std::function<void(Status)> later_done_;  // who waits for it
  bool has_snapshot_ = false;
  // While ReadNewest is on: the transaction's own snapshot.
  bool reads_newest_ = false, has_own_snapshot_ = false;
  Timestamp own_snapshot_;
  catalog::StatePtr own_snapshot_state_;
  Timestamp snapshot_;
  catalog::StatePtr snapshot_state_;  // the catalog when the snapshot was taken, or a little older
  bool has_read_ = false;             // the statement has opened a scan or a sink
  std::set<RelationId> too_new_indexes_;
  uint32_t too_new_indexes_of_ = 0;  // the statement that last looked for them
  uint32_t snapshot_statement_ = 0;  // the one that took the snapshot
  uint32_t statement_ = 0;
  const exec::CancelFlag* cancel_ = nullptr;
  int64_t lock_timeout_ms_ = 0;
  catalog::View view_;
  txn::WriteBuffer buffer_;
  std::vector<OwnLoad> loads_;
  uint64_t spill_at_;
  std::map<StorageId, ChangedRows> spilled_;  // by this statement
  std::map<StorageId, uint64_t> row_ids_;     // next unused row id of storages written to
  std::vector<StorageId> created_;            // storages that nobody knows if it rolls back
  std::vector<StorageId> dropped_;            // storages that go at commit
  txn::OwnKeyMoves moves_;
  struct DeletedBy {
    uint32_t statement;
    StorageId storage;
    std::shared_ptr<MergedDeletes> rows;
  };
  std::vector<DeletedBy> merged_deletes_;
  std::set<StorageId> exact_indexes_;  // made here of just the rows that the snapshot sees
  // At the start of the statement, for undoing it.
  catalog::Changes saved_changes_;
  size_t saved_dropped_ = 0, saved_moves_ = 0;
};

/// "Key (a, b)=(1, x)" as PostgreSQL's details have it; key is an encoded row key.
std::string DescribeKey(const schema::RelationDescriptor& relation,
                        const keyspace::KeyEncoder& encoder, std::string_view key);
/// 23505 for a row that is there already.
Error DuplicateKeyError(const schema::RelationDescriptor& relation,
                        const keyspace::KeyEncoder& encoder, std::string_view key);

/// Sinks for WriteKind (write.cc).
Result<std::unique_ptr<exec::RowSink>> MakeSink(TransactionImpl* transaction,
                                                const schema::RelationPtr& relation,
                                                std::shared_ptr<Table> table, exec::WriteKind kind,
                                                uint64_t* affected);

}  // namespace lathe::table
