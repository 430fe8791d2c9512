// The engine behind engine.h: opens and recovers the directory, keeps the tables in use, applies
// batches (CommitTarget), and runs the background work: folds, settling of loads, giving space
// back.
#pragma once

#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "storage/backup/backup.h"
#include "storage/catalog/catalog.h"
#include "storage/kv/kv.h"
#include "storage/table/engine.h"
#include "storage/table/sequences.h"
#include "storage/table/table.h"
#include "storage/txn/txn.h"

namespace lathe::table {

/// What a load that merges takes out: pages that were written anew, and the unfolded versions of
/// keys in (first, second] (empty second: to the end) that are in the new pages.
struct Replaced {
  std::vector<std::string> pages;  // their keys in the store
  std::vector<std::pair<std::string, std::string>> ranges;
};

/// Pages of a load that wait for its commit.
struct PendingLoad {
  LoadId load;
  std::shared_ptr<Table> table;
  std::vector<PageNodePtr> pages;  // in key order
  // The directory leaves that the pages belong to: nothing is to be read at the commit.
  std::shared_ptr<std::vector<HeldLeaf>> held;
  uint64_t row_count = 0;  // in chunks for replicas: rows of the pages, or changes that were merged
  int64_t net_rows = 0;    // rows more (or less)
  std::shared_ptr<const Replaced> replaced = nullptr;  // of a load that merges; else null
  TableVersionPtr version = nullptr;  // the table as the transaction sees it after this load
};

class EngineImpl final : public Engine, public txn::CommitTarget {
 public:
  /// directory: of the store; empty = it has none (tests), and no backups.
  EngineImpl(std::unique_ptr<kv::Kv> kv, std::string directory, const EngineOptions& options,
             base::Clock* clock);
  EngineImpl(std::unique_ptr<kv::Kv> kv, const EngineOptions& options, base::Clock* clock)
      : EngineImpl(std::move(kv), std::string(), options, clock) {}
  ~EngineImpl() override;
  /// Reads marks and catalog, cleans up after a crash, starts the background thread.
  Status Start();

  std::unique_ptr<Transaction> Begin(txn::Isolation isolation) override;
  void CommitLater(std::unique_ptr<Transaction> transaction,
                   std::function<void(Status)> done) override;
  void WriteCommits() override { sink_->WriteWaiting(); }
  Status FoldNow(RelationId relation) override;
  Status Compact(RelationId relation) override;
  Status FoldAll() override;
  Result<uint64_t> LogicalHash(RelationId relation) override;
  Result<uint64_t> LogicalHashAll() override;
  EngineStats Stats() override;
  txn::LockTable* lock_table() override { return &locks_; }
  std::string database_name() override;
  std::string role_name() override;
  Status ApplyEntry(std::string_view entry) override;
  Timestamp applied() override;
  Result<BackupInfo> Backup(const std::string& to, const BackupOptions& options) override;
  Status Promote() override;

  // CommitTarget.
  Status Persist(std::span<const txn::BatchAt> batches) override;
  void Publish(const txn::LogicalBatch& batch, Timestamp ts) override;
  void Visible(const txn::LogicalBatch& batch) override;
  bool keeps_entries() const override { return archive_ != nullptr; }
  Status KeepChunk(const txn::LoadChunk& chunk) override;

  Result<std::pair<int64_t, int64_t>> NextValues(const schema::RelationDescriptor& sequence,
                                                 int64_t count) override {
    return sequences_->Next(sequence, count);
  }
  Status SetSequence(const schema::RelationDescriptor& sequence, SequenceState state) override {
    return sequences_->Set(sequence, state);
  }
  Result<SequenceState> ReadSequence(const schema::RelationDescriptor& sequence) override {
    return sequences_->Read(sequence);
  }

  Sequences* sequences() { return sequences_.get(); }

  /// The table of a relation's storage, opened on first use.
  Result<std::shared_ptr<Table>> GetTable(const schema::RelationPtr& relation);
  /// The open table of a storage; null when it is not open.
  std::shared_ptr<Table> FindTable(StorageId storage);

  /// Closes the table of a storage that no catalog names.
  void ForgetTable(StorageId storage);
  /// Of a storage that is being made: nobody can have written to it.
  void NoteNewStorage(StorageId storage);

  void AddPendingLoad(PendingLoad load);
  void DropPendingLoad(LoadId load);
  /// What a pending load makes of its table.
  void SetPending(LoadId load, TableVersionPtr version, int64_t net_rows);
  /// Waits while unfolded versions exceed their bound and folding can help; bounded.
  void WaitForDeltaRoom();
  /// Wakes the background thread.
  void Kick();

  const EngineOptions& options() const { return options_; }
  kv::Kv* kv() { return kv_.get(); }
  txn::LockTable* locks() { return &locks_; }
  const txn::KeyMoves& key_moves() const { return key_moves_; }
  txn::Watermark* watermark() { return watermark_.get(); }
  txn::Validator* validator() { return validator_.get(); }
  txn::CommitSink* sink() { return sink_.get(); }
  catalog::Catalog* catalog() { return catalog_.get(); }
  catalog::IdAllocator* oids() { return oids_.get(); }
  catalog::IdAllocator* storage_ids() { return storage_ids_.get(); }
  catalog::IdAllocator* page_ids() { return page_ids_.get(); }
  catalog::IdAllocator* load_ids() { return load_ids_.get(); }
  catalog::StatsPtr LiveStats(const schema::RelationPtr& relation);
  std::atomic<uint64_t>& open_transactions() { return open_transactions_; }
  TxnId NextTxnId() { return TxnId(next_txn_.fetch_add(1)); }

 private:
  struct Dropped {
    StorageId storage;
    Timestamp ts;
  };

  Result<Timestamp> ReadMark(std::string_view key);
  std::unique_ptr<catalog::IdAllocator> MakeAllocator(std::string name, uint64_t first,
                                                      uint64_t block, Status* status);
  Status ReadCatalog(bool fresh);
  Status RecoverLoads();
  Status RecoverFolds();
  Status RecoverDropped();
  Status OpenArchive(Timestamp newest);
  Result<std::string> Identity();
  /// What is left of a backup that was not finished.
  std::string LinksDirectory() const;
  Status Store(std::span<const txn::BatchAt> batches);
  static void PutArchived(Timestamp ts, kv::WriteBatch* batch);
  Status DeleteStorage(StorageId storage);
  std::vector<std::shared_ptr<Table>> OpenTables();
  void Background();
  /// One round of background work; fold_all folds whatever can be folded.
  Status Maintain(bool fold_all);
  Status ApplyLoad(const txn::LoadChunk& chunk);
  Status FinishReplicaLoad(const txn::LoadCommit& commit, const catalog::CatalogState& state,
                           std::map<std::string, std::string>* rows);
  void AddRows(StorageId storage, const std::map<std::string, std::string>& rows,
               txn::LogicalBatch* batch);
  Status ObserveSequences(const catalog::CatalogState& state, const txn::LogicalBatch& batch);
  /// What the store gets of a batch.
  void AddTo(const txn::LogicalBatch& batch, Timestamp ts, kv::WriteBatch* to);
  Status ObserveIds(const catalog::CatalogState& state, const txn::LogicalBatch& batch);
  Status SettleLoads();
  Status DropStorages();
  bool WorthFolding(const Table& table) const;
  std::vector<Timestamp> ReadableSnapshots() const;
  void Compactor();
  Result<uint64_t> HashAll(const catalog::CatalogState& state, Timestamp snapshot);
  Result<uint64_t> HashTable(const schema::RelationPtr& relation, Timestamp snapshot);

  const std::string directory_;
  const EngineOptions options_;
  base::Clock* const clock_;
  base::FileSystem* const files_;
  std::unique_ptr<kv::Kv> kv_;
  page::FrameCache frames_;
  LeafCache leaves_;
  txn::RecordResolver records_;
  txn::LockTable locks_;
  txn::KeyMoves key_moves_;
  std::unique_ptr<txn::Oracle> oracle_;
  std::unique_ptr<txn::Watermark> watermark_;
  std::unique_ptr<txn::Validator> validator_;
  std::unique_ptr<txn::LocalCommitSink> sink_;
  std::unique_ptr<catalog::Catalog> catalog_;
  std::unique_ptr<Sequences> sequences_;
  std::unique_ptr<catalog::IdAllocator> oids_, storage_ids_, page_ids_, load_ids_;
  std::atomic<int64_t> delta_bytes_{0}, delta_rows_{0};
  std::atomic<uint64_t> next_txn_{1}, open_transactions_{0};
  std::atomic<uint64_t> commits_{0}, folds_{0}, loads_committed_{0};

  std::mutex tables_mutex_;
  std::map<StorageId, std::shared_ptr<Table>> tables_;  // tables_mutex_
  std::set<StorageId> new_storages_;                    // not opened yet; tables_mutex_
  std::mutex open_mutex_;  // opening of a table; taken before tables_mutex_

  std::mutex loads_mutex_;  // guards the next three
  std::map<LoadId, Timestamp>
      load_times_;  // committed loads whose directory entries still name them
  std::map<LoadId, StorageId> load_storages_;
  std::map<LoadId, PendingLoad> pending_loads_;

  std::mutex dropped_mutex_;
  std::vector<Dropped> dropped_;  // dropped_mutex_

  std::mutex replica_mutex_;  // ApplyEntry runs one at a time
  std::map<LoadId, std::vector<txn::LoadChunk>>
      replica_loads_;  // chunks that wait for their commit; replica_mutex_
  std::map<LoadId, std::vector<std::unique_ptr<std::string>>>
      replica_bytes_;                   // what they point into; replica_mutex_
  Timestamp applied_;                   // replica_mutex_
  std::atomic<bool> replaying_{false};  // entries are being applied

  std::mutex archive_mutex_;
  std::unique_ptr<backup::ArchiveWriter> archive_;  // what it does: archive_mutex_
  std::mutex backup_mutex_;                         // one backup at a time

  std::mutex room_mutex_;
  std::condition_variable room_;  // a round of background work is done

  std::mutex background_mutex_;  // guards the next three
  std::condition_variable background_wake_;
  bool stop_ = false, kicked_ = false;
  std::mutex maintain_mutex_;  // one Maintain at a time
  std::thread background_;
  std::condition_variable compact_wake_;  // background_mutex_
  std::thread compactor_;                 // rewrites files, which takes longer than a round may
};

}  // namespace lathe::table
