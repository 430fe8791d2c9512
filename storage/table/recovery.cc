// Opening a data directory: marks, catalog, and cleaning up what a crash has left. Reads nothing
// that grows with the data: directories and delta are read when a table is first used.
#include <algorithm>

#include "runtime/base/bytes.h"
#include "storage/table/engine_impl.h"
#include "storage/table/fold.h"
#include "storage/table/load.h"

namespace lathe::table {
namespace {

constexpr std::string_view kOracleMark = "oracle";
constexpr std::string_view kAppliedMark = "applied";

std::string LittleBytes(uint64_t value) {
  std::string bytes;
  AppendLittle(&bytes, value);
  return bytes;
}

// Calls visit(key behind the prefix, value) for all meta records with a prefix.
template <class Visit>
Status ForEachMeta(kv::Kv* kv, const std::string& prefix, Visit visit) {
  kv::IterateOptions range;
  range.lower = prefix;
  range.upper = keyspace::PrefixSuccessor(prefix);
  auto it = kv->NewIterator(kv::Family::kMeta, range);
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    visit(it->key().substr(prefix.size()), it->value());
  }
  return it->status();
}

}  // namespace

Result<std::unique_ptr<Engine>> Engine::Open(const std::string& dir, const EngineOptions& options,
                                             base::Clock* clock) {
  kv::KvOptions kv_options;
  kv_options.create_if_missing = options.create_if_missing;
  kv_options.files = options.files;
  kv_options.disk_reserve_bytes = options.disk_reserve_bytes;
  LATHE_ASSIGN(std::unique_ptr<kv::Kv> kv, kv::Kv::Open(dir, kv_options));
  auto engine = std::make_unique<EngineImpl>(std::move(kv), dir, options, clock);
  LATHE_TRY(engine->Start());
  return std::unique_ptr<Engine>(std::move(engine));
}

EngineImpl::EngineImpl(std::unique_ptr<kv::Kv> kv, std::string directory,
                       const EngineOptions& options, base::Clock* clock)
    : directory_(std::move(directory)),
      options_(options),
      clock_(clock),
      files_(options.files != nullptr ? options.files : base::FileSystem::Posix()),
      kv_(std::move(kv)),
      frames_(options.frame_cache_bytes),
      leaves_(options.directory_cache_bytes),
      records_([this](TxnId txn, std::string* record) {
        return kv_->Get(kv::Family::kMeta, OutcomeKey(txn), record);
      }),
      locks_(clock) {}

Result<Timestamp> EngineImpl::ReadMark(std::string_view key) {
  std::string bytes;
  LATHE_ASSIGN(bool found, kv_->Get(kv::Family::kMeta, key, &bytes));
  if (!found) return Timestamp();
  if (bytes.size() != 8) return MakeError(SqlState::kDataCorrupted, "a mark is damaged");
  return Timestamp(LoadAt<uint64_t>(bytes.data()));
}

std::unique_ptr<catalog::IdAllocator> EngineImpl::MakeAllocator(std::string name, uint64_t first,
                                                                uint64_t block, Status* status) {
  name = "next/" + name;
  Result<Timestamp> mark = ReadMark(name);
  if (!mark.ok()) {
    *status = std::move(mark).error();
    return nullptr;
  }
  const uint64_t next = std::max(first, mark.value().value);
  kv::Kv* kv = kv_.get();
  // Not synced: whatever uses the numbers is written behind it in the same log, or synced before it
  // is used outside of the log.
  return std::make_unique<catalog::IdAllocator>(next, block, [kv, name](uint64_t bound) {
    kv::WriteBatch batch;
    batch.Put(kv::Family::kMeta, name, LittleBytes(bound));
    return kv->Write(batch, false);
  });
}

Status EngineImpl::Start() {
  Status status;
  oids_ = MakeAllocator("oid", schema::kFirstUserOid, 64, &status);
  storage_ids_ = MakeAllocator("storage", 1, 64, &status);
  page_ids_ = MakeAllocator("page", 1, 1 << 16, &status);
  load_ids_ = MakeAllocator("load", 1, 64, &status);
  LATHE_TRY(std::move(status));
  LATHE_ASSIGN(Timestamp mark, ReadMark(kOracleMark));
  LATHE_ASSIGN(applied_, ReadMark(kAppliedMark));
  kv::Kv* kv = kv_.get();
  oracle_ = std::make_unique<txn::Oracle>(clock_, mark, [kv](Timestamp high) {
    kv::WriteBatch batch;
    batch.Put(kv::Family::kMeta, kOracleMark, LittleBytes(high.value));
    return kv->Write(batch, false);
  });
  // A replica goes on where its entries end; everybody else above everything that was ever handed
  // out.
  watermark_ = std::make_unique<txn::Watermark>(applied_.value != 0 ? applied_ : mark, clock_);
  validator_ = std::make_unique<txn::Validator>(watermark_.get());
  sink_ = std::make_unique<txn::LocalCommitSink>(oracle_.get(), watermark_.get(), this,
                                                 validator_.get(), options_.on_entry);
  LATHE_TRY(ReadCatalog(mark.value == 0));
  sequences_ = std::make_unique<Sequences>(
      kv, options_.on_entry != nullptr || !options_.archive_dir.empty());
  LATHE_TRY(sequences_->Clean(*catalog_->state()));
  LATHE_TRY(RecoverFolds());
  LATHE_TRY(RecoverLoads());
  LATHE_TRY(RecoverDropped());
  if (!directory_.empty()) LATHE_TRY(files_->RemoveDirectory(LinksDirectory()));
  LATHE_TRY(OpenArchive(watermark_->published()));
  background_ = std::thread([this] { Background(); });
  if (options_.background_fold) compactor_ = std::thread([this] { Compactor(); });
  return Ok();
}

EngineImpl::~EngineImpl() {
  {
    std::lock_guard lock(background_mutex_);
    stop_ = true;
  }
  background_wake_.notify_all();
  compact_wake_.notify_all();
  kv_->StopCompactions();
  if (background_.joinable()) background_.join();
  if (compactor_.joinable()) compactor_.join();
  if (sequences_ != nullptr) sequences_->Close();
  pending_loads_.clear();
  tables_.clear();
}

Status EngineImpl::ReadCatalog(bool fresh) {
  auto state = std::make_shared<catalog::CatalogState>();
  auto it = kv_->NewIterator(kv::Family::kCatalog, {});
  bool any = false;
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    any = true;
    LATHE_TRY(state->Apply(it->key(), it->value()));
  }
  LATHE_TRY(it->status());
  if (!any) {
    if (!fresh) return MakeError(SqlState::kDataCorrupted, "the catalog is missing");
    kv::WriteBatch batch;
    for (const txn::CatalogChange& record : catalog::BootstrapRecords()) {
      batch.Put(kv::Family::kCatalog, record.key, *record.value);
      LATHE_TRY(state->Apply(record.key, *record.value));
    }
    LATHE_TRY(kv_->Write(batch, true));
  }
  catalog_ = std::make_unique<catalog::Catalog>(std::move(state));
  return Ok();
}

// Bodies that a fold was writing, and bodies that a finished one replaced.
Status EngineImpl::RecoverFolds() {
  kv::WriteBatch batch;
  LATHE_TRY(ForEachMeta(kv_.get(), "fold/", [&](std::string_view rest, std::string_view value) {
    for (const std::string& key : DecodeFoldIntent(value)) batch.Delete(kv::Family::kPages, key);
    batch.Delete(kv::Family::kMeta, "fold/" + std::string(rest));
  }));
  LATHE_TRY(ForEachMeta(kv_.get(), "old/", [&](std::string_view rest, std::string_view) {
    batch.Delete(kv::Family::kPages, rest);
    batch.Delete(kv::Family::kMeta, "old/" + std::string(rest));
  }));
  return batch.empty() ? Ok() : kv_->Write(batch, false);
}

Status EngineImpl::RecoverLoads() {
  std::vector<LoadId> pending;
  auto it = kv_->NewIterator(kv::Family::kLoads, {});
  for (it->SeekToFirst(); it->Valid(); it->Next()) {
    LoadId load;
    Timestamp ts;
    StorageId storage;
    if (!keyspace::DecodeLoadKey(it->key(), &load) ||
        !DecodeLoadRecord(it->value(), &ts, &storage)) {
      return MakeError(SqlState::kDataCorrupted, "a load record is damaged");
    }
    if (ts.value == 0) {
      pending.push_back(load);
    } else {
      load_times_[load] = ts;
      load_storages_[load] = storage;
    }
  }
  LATHE_TRY(it->status());
  for (LoadId load : pending) LATHE_TRY(DropLoad(kv_.get(), load));
  return Ok();
}

Status EngineImpl::RecoverDropped() {
  std::vector<StorageId> storages;
  LATHE_TRY(ForEachMeta(kv_.get(), "dropped/", [&](std::string_view rest, std::string_view) {
    if (rest.size() == 8) storages.push_back(StorageId(LoadBig<uint64_t>(rest.data())));
  }));
  for (StorageId storage : storages) LATHE_TRY(DeleteStorage(storage));
  return Ok();
}

Status EngineImpl::DeleteStorage(StorageId storage) {
  const std::string from = keyspace::StoragePrefix(storage), to = keyspace::StorageEnd(storage);
  LATHE_TRY(kv_->DropPages(from, to));
  kv::WriteBatch batch;
  batch.DeleteRange(kv::Family::kPageDir, from, to);
  batch.DeleteRange(kv::Family::kDelta, from, to);
  const std::string fences = FenceKey(storage, {});
  batch.DeleteRange(kv::Family::kMeta, fences, keyspace::PrefixSuccessor(fences));
  batch.Delete(kv::Family::kMeta, TableRecordKey(storage));
  batch.Delete(kv::Family::kMeta, RowIdKey(storage));
  batch.Delete(kv::Family::kMeta, DeadBytesKey(storage));
  batch.Delete(kv::Family::kMeta, DroppedStorageKey(storage));
  {
    std::lock_guard lock(loads_mutex_);
    for (auto it = load_storages_.begin(); it != load_storages_.end();) {
      if (it->second != storage) {
        ++it;
        continue;
      }
      const std::string items = LoadItemPrefix(it->first);
      batch.DeleteRange(kv::Family::kMeta, items, keyspace::PrefixSuccessor(items));
      batch.Delete(kv::Family::kLoads, keyspace::LoadKey(it->first));
      load_times_.erase(it->first);
      it = load_storages_.erase(it);
    }
  }
  return kv_->Write(batch, false);
}

}  // namespace lathe::table
