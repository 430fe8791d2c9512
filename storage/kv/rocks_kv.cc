// Kv over RocksDB: opening, reading, writing, maintenance.
#include "storage/kv/rocks_kv.h"

#include <rocksdb/convenience.h>
#include <rocksdb/sst_file_manager.h>
#include <rocksdb/utilities/checkpoint.h>
#include <rocksdb/write_batch.h>

#include <utility>
#include <vector>

#include "runtime/base/bytes.h"
#include "storage/kv/file_env.h"
#include "storage/kv/rocks_options.h"
#include "storage/kv/wal_files.h"

namespace lathe::kv {
namespace {

constexpr std::string_view kFormatKey = "format_version";
// Less is not worth making room for, bytes.
constexpr uint64_t kWorthGivingBack = 4 << 20;

// Without allow_write_stall RocksDB waits until there are fewer files, so for a compaction; on a
// full disk there is none.
rocksdb::FlushOptions FlushNow() {
  rocksdb::FlushOptions options;
  options.wait = true;
  options.allow_write_stall = true;
  return options;
}

/// A walk over a family; owns the bounds that RocksDB points to.
class RocksIterator final : public Iterator {
 public:
  RocksIterator(rocksdb::DB* db, rocksdb::ColumnFamilyHandle* handle, const IterateOptions& options,
                std::atomic<int>* count)
      : count_(count),
        lower_(options.lower),
        upper_(options.upper),
        lower_slice_(lower_),
        upper_slice_(upper_) {
    rocksdb::ReadOptions read;
    if (!lower_.empty()) read.iterate_lower_bound = &lower_slice_;
    if (!upper_.empty()) read.iterate_upper_bound = &upper_slice_;
    read.readahead_size = options.readahead_bytes;
    read.fill_cache = options.fill_cache;
    iterator_.reset(db != nullptr
                        ? db->NewIterator(read, handle)
                        : rocksdb::NewErrorIterator(rocksdb::Status::NoSpace("the disk is full")));
    count_->fetch_add(1, std::memory_order_relaxed);
  }
  ~RocksIterator() override {
    iterator_.reset();
    count_->fetch_sub(1, std::memory_order_release);
  }

  bool Valid() const override { return iterator_->Valid(); }
  void SeekToFirst() override { iterator_->SeekToFirst(); }
  void SeekToLast() override { iterator_->SeekToLast(); }
  void Seek(std::string_view target) override { iterator_->Seek(ToSlice(target)); }
  void SeekForPrev(std::string_view target) override { iterator_->SeekForPrev(ToSlice(target)); }
  void Next() override { iterator_->Next(); }
  void Prev() override { iterator_->Prev(); }
  std::string_view key() const override { return ToView(iterator_->key()); }
  std::string_view value() const override { return ToView(iterator_->value()); }
  Status status() const override { return FromRocks(iterator_->status()); }

 private:
  std::atomic<int>* const count_;
  const std::string lower_, upper_;
  const rocksdb::Slice lower_slice_, upper_slice_;
  std::unique_ptr<rocksdb::Iterator> iterator_;
};

}  // namespace

Result<std::unique_ptr<Kv>> Kv::Open(const std::string& directory, const KvOptions& options) {
  return RocksKv::Open(directory, options);
}

Result<std::unique_ptr<Kv>> RocksKv::Open(const std::string& directory, const KvOptions& options) {
  std::unique_ptr<RocksKv> kv(new RocksKv);
  kv->directory_ = directory;
  kv->options_ = options;
  kv->files_ = options.files != nullptr ? options.files : base::FileSystem::Posix();
  const std::string db_directory = base::JoinPath(directory, "db");
  LATHE_ASSIGN(bool exists, kv->files_->Exists(base::JoinPath(db_directory, "CURRENT")));
  if (!exists && !options.create_if_missing) {
    return MakeError(SqlState::kUndefinedFile,
                     "directory \"" + directory + "\" is not a data directory");
  }
  LATHE_TRY(kv->files_->MakeDirectory(directory));
  LATHE_ASSIGN(kv->lock_, kv->files_->LockDirectory(directory));
  LATHE_TRY(kv->files_->RemoveDirectory(base::JoinPath(directory, "tmp")));
  LATHE_TRY(kv->files_->MakeDirectory(base::JoinPath(directory, "tmp")));
  kv->room_ =
      std::make_unique<DiskRoom>(kv->files_, directory, options.disk_reserve_bytes,
                                 [kv = kv.get()](uint64_t free) { return kv->OwedOf(free); });
  LATHE_TRY(kv->OpenDatabase());
  LATHE_TRY(kv->CheckFormat(!exists));
  return std::unique_ptr<Kv>(std::move(kv));
}

Status RocksKv::OpenDatabase() {
  if (block_cache_ == nullptr) block_cache_ = rocksdb::NewLRUCache(options_.block_cache_bytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    Family family = static_cast<Family>(i);
    families.emplace_back(std::string(FamilyName(family)),
                          FamilyOptions(family, options_, block_cache_));
  }
  families.emplace_back(rocksdb::kDefaultColumnFamilyName,
                        FamilyOptions(Family::kMeta, options_, block_cache_));
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* db = nullptr;
  rocksdb::DBOptions database = DatabaseOptions(options_);
  if (env_ == nullptr) {
    env_ = files_ == base::FileSystem::Posix() ? NewWalEnv() : NewFileEnv(files_);
  }
  database.env = env_.get();
  database.sst_file_manager.reset(rocksdb::NewSstFileManager(env_.get()));
  table_files_ = database.sst_file_manager;
  table_files_->SetMaxAllowedSpaceUsage(1);  // no compaction before AllowCompactions
  LATHE_TRY(FromRocks(
      rocksdb::DB::Open(database, base::JoinPath(directory_, "db"), families, &handles, &db)));
  db_.reset(db);
  std::copy_n(handles.begin(), kFamilyCount, handles_.begin());
  default_handle_ = handles[kFamilyCount];
  Result<uint64_t> free = files_->FreeBytes(directory_);
  AllowCompactions(free.ok() ? free.value() : UINT64_MAX);
  return Ok();
}

Status RocksKv::CheckFormat(bool created) {
  std::string value;
  LATHE_ASSIGN(bool found, Get(Family::kMeta, kFormatKey, &value));
  if (!found) {
    // A first start that crashed before this write left nothing else either.
    std::unique_ptr<Iterator> any = NewIterator(Family::kMeta, {});
    any->SeekToFirst();
    if (!created && any->Valid()) {
      return MakeError(SqlState::kDataCorrupted,
                       "data directory \"" + directory_ + "\" has no format version");
    }
    LATHE_TRY(any->status());
    WriteBatch batch;
    AppendLittle(&value, kFormatVersion);
    batch.Put(Family::kMeta, kFormatKey, value);
    return Write(batch, /*sync=*/true);
  }
  ByteReader reader(value);
  uint32_t version = reader.Little<uint32_t>();
  if (reader.ok() && version == kFormatVersion) return Ok();
  Error error = MakeError(SqlState::kDataCorrupted,
                          "data directory \"" + directory_ + "\" has format version " +
                              std::to_string(version) + ", this program needs " +
                              std::to_string(kFormatVersion));
  error.hint = "Dump the data with the program that wrote it and load it into a new directory.";
  return error;
}

RocksKv::~RocksKv() { CloseDatabase(); }

void RocksKv::CloseDatabase() {
  if (db_ == nullptr) return;
  rocksdb::CancelAllBackgroundWork(db_.get(), /*wait=*/true);
  for (rocksdb::ColumnFamilyHandle*& handle : handles_) {
    if (handle != nullptr) (void)db_->DestroyColumnFamilyHandle(std::exchange(handle, nullptr));
  }
  if (default_handle_ != nullptr) {
    (void)db_->DestroyColumnFamilyHandle(std::exchange(default_handle_, nullptr));
  }
  (void)db_->Close();
  db_.reset();
}

Status RocksKv::Write(const WriteBatch& batch, bool sync) {
  rocksdb::WriteBatch rocks(batch.bytes() + 16);
  rocksdb::Status status;
  batch.ForEach(
      [&](WriteBatch::Op op, Family family, std::string_view key, std::string_view value) {
        if (!status.ok()) return;
        switch (op) {
          case WriteBatch::Op::kPut:
            status = rocks.Put(handle(family), ToSlice(key), ToSlice(value));
            break;
          case WriteBatch::Op::kDelete:
            status = rocks.Delete(handle(family), ToSlice(key));
            break;
          case WriteBatch::Op::kDeleteRange:
            if (key < value)
              status = rocks.DeleteRange(handle(family), ToSlice(key), ToSlice(value));
            break;
        }
      });
  LATHE_TRY(FromRocks(status));
  const uint64_t bytes = 2 * rocks.GetDataSize();  // log and, later, file
  const auto purpose = batch.adds_rows() ? DiskRoom::Purpose::kRows : DiskRoom::Purpose::kFreeing;
  Status room = room_->Take(bytes, purpose);
  if (!room.ok()) {
    short_of_room_ = true;
    FlushForRoom();
    room = room_->Take(bytes, purpose);
  }
  LATHE_TRY(std::move(room));
  rocksdb::WriteOptions options;
  options.sync = sync;
  return WriteOrReopen(options, &rocks);
}

// RocksDB refuses writes after a failed one. Writing the batch again is the same as once.
Status RocksKv::WriteOrReopen(const rocksdb::WriteOptions& options, rocksdb::WriteBatch* batch) {
  {
    LATHE_ASSIGN(Use use, UseDatabase());
    rocksdb::Status status = db_->Write(options, batch);
    if (status.ok() || (!status.IsNoSpace() && !disk_full_)) return FromRocks(status);
    disk_full_ = true;  // what RocksDB says from now on may be another error
  }
  LATHE_TRY(Reopen());
  LATHE_ASSIGN(Use use, UseDatabase());
  return Noted(db_->Write(options, batch));
}

Status RocksKv::Reopen() {
  std::unique_lock lock(gate_);
  if (!disk_full_) return Ok();  // another thread was faster
  LATHE_TRY(LeaveFullDisk());
  disk_full_ = false;
  return Ok();
}

Status RocksKv::Noted(const rocksdb::Status& status) {
  if (status.IsNoSpace()) disk_full_ = true;
  return FromRocks(status);
}

// RocksDB 7.8 with assertions aborts when it is to switch to a new buffer a second time after the
// first one failed (MemTable::ConstructFragmentedRangeTombstones): so it is opened anew before.
Result<RocksKv::Use> RocksKv::UseForFiles() {
  if (disk_full_) LATHE_TRY(Reopen());
  return UseDatabase();
}

// The database is opened anew. RocksDB 7.8 has DB::Resume for this, but writing goes on in the
// failed log when nothing was in memory, and taking in page files afterwards aborts the process
// (ErrorHandler::ClearBGError leaves is_db_stopped_ set). DiskRoom makes all this rare.
Status RocksKv::LeaveFullDisk() {
  if (db_ != nullptr) {
    room_->Forget();
    // Opening writes it to files. (avoid_flush_during_recovery would need less, but keeps the log
    // that a write failed in, and that write came back after it had been refused.)
    LATHE_TRY(room_->Take(MemtableBytes() + (1 << 20), DiskRoom::Purpose::kOpening));
    if (iterators_.load(std::memory_order_acquire) != 0) {
      return FromRocks(rocksdb::Status::NoSpace("the disk was full"));
    }
  }
  CloseDatabase();
  Status opened = OpenDatabase();
  if (!opened.ok()) CloseDatabase();
  return opened;
}

// Bytes that are free now but will be written.
uint64_t RocksKv::OwedOf(uint64_t free) {
  Use use(gate_, std::try_to_lock);
  if (!use.owns_lock() || db_ == nullptr) return 0;
  return AllowCompactions(free);
}

// Compaction may have what is free beyond the memory that will be written to files and the room
// that pages leave. Gives the bytes of that memory.
uint64_t RocksKv::AllowCompactions(uint64_t free) {
  const uint64_t owed = MemtableBytes();
  const uint64_t keep = owed + 4 * options_.disk_reserve_bytes;
  const uint64_t spare = free - std::min(free, keep);
  const uint64_t files = table_files_->GetTotalSize();
  // No limit: no compaction can need more than there is.
  table_files_->SetMaxAllowedSpaceUsage(spare > files || giving_back_ ? 0 : files + spare + 1);
  return owed;
}

// What is in memory holds its logs, which are larger than the files that become of it. Threads that
// come meanwhile wait and find nothing left to do.
void RocksKv::FlushForRoom() {
  constexpr uint64_t kWorthBytes = 2 << 20;
  std::lock_guard one(flush_mutex_);
  {
    Result<Use> use = UseForFiles();
    if (!use.ok() || MemtableBytes() < kWorthBytes) return;
    (void)Noted(db_->Flush(FlushNow(), {handles_.begin(), handles_.end()}));  // Take will tell
  }
  room_->Forget();
}

uint64_t RocksKv::MemtableBytes() {
  uint64_t bytes = 0;
  for (rocksdb::ColumnFamilyHandle* family : handles_) {
    uint64_t of_family = 0;
    (void)db_->GetIntProperty(family, rocksdb::DB::Properties::kCurSizeAllMemTables, &of_family);
    bytes += of_family;
  }
  return bytes;
}

Result<RocksKv::Use> RocksKv::UseDatabase() {
  for (;;) {
    Use use(gate_);
    if (db_ != nullptr) return use;
    use.unlock();
    std::unique_lock lock(gate_);
    if (db_ != nullptr) continue;
    LATHE_TRY(LeaveFullDisk());
    disk_full_ = false;
  }
}

Result<bool> RocksKv::Get(Family family, std::string_view key, std::string* value) {
  LATHE_ASSIGN(Use use, UseDatabase());
  rocksdb::Status status = db_->Get(rocksdb::ReadOptions(), handle(family), ToSlice(key), value);
  if (status.IsNotFound()) return false;
  LATHE_TRY(FromRocks(status));
  return true;
}

Result<bool> RocksKv::GetPinned(Family family, std::string_view key, PinnedValue* value) {
  LATHE_ASSIGN(Use use, UseDatabase());
  auto pinned = std::make_shared<rocksdb::PinnableSlice>();
  rocksdb::Status status =
      db_->Get(rocksdb::ReadOptions(), handle(family), ToSlice(key), pinned.get());
  if (status.IsNotFound()) return false;
  LATHE_TRY(FromRocks(status));
  std::string_view bytes = ToView(*pinned);
  *value = PinnedValue(bytes, std::move(pinned));
  return true;
}

std::unique_ptr<Iterator> RocksKv::NewIterator(Family family, const IterateOptions& options) {
  Result<Use> use = UseDatabase();
  return std::make_unique<RocksIterator>(use.ok() ? db_.get() : nullptr, handle(family), options,
                                         &iterators_);
}

Result<std::unique_ptr<PageFileWriter>> RocksKv::NewPageFileWriter() {
  return NewRocksPageFileWriter(this);
}

Status RocksKv::DropPages(std::string_view from, std::string_view to) {
  if (from >= to) return Ok();
  {
    LATHE_ASSIGN(Use use, UseDatabase());
    rocksdb::Slice begin = ToSlice(from), end = ToSlice(to);
    LATHE_TRY(FromRocks(rocksdb::DeleteFilesInRange(db_.get(), handle(Family::kPages), &begin, &end,
                                                    /*include_end=*/false)));
  }
  // Files that lie only partly inside keep their pages until this reaches them in compaction.
  WriteBatch batch;
  batch.DeleteRange(Family::kPages, from, to);
  return Write(batch, /*sync=*/false);
}

Status RocksKv::Flush(Family family) {
  LATHE_ASSIGN(Use use, UseForFiles());
  return Noted(db_->Flush(FlushNow(), handle(family)));
}

Status RocksKv::Compact(Family family, std::string_view from, std::string_view to) {
  rocksdb::CompactRangeOptions options;
  options.bottommost_level_compaction = rocksdb::BottommostLevelCompaction::kForceOptimized;
  options.exclusive_manual_compaction = false;
  options.allow_write_stall = true;  // as in FlushNow
  options.canceled = &stop_compactions_;
  rocksdb::Slice begin = ToSlice(from), end = ToSlice(to);
  if (family == Family::kPages && !to.empty()) {
    const rocksdb::Range range(begin, end);
    uint64_t bytes = 0;
    {
      LATHE_ASSIGN(Use use, UseDatabase());
      LATHE_TRY(FromRocks(db_->GetApproximateSizes({}, handle(family), &range, 1, &bytes)));
    }
    room_->Forget();
    LATHE_TRY(room_->Take(bytes, DiskRoom::Purpose::kPages));
    room_->Forget();  // it gives back more than it takes
  }
  if (stop_compactions_) return MakeError(SqlState::kQueryCanceled, "the store is being closed");
  LATHE_ASSIGN(Use use, UseForFiles());
  return Noted(db_->CompactRange(options, handle(family), &begin, to.empty() ? nullptr : &end));
}

// Automatic compactions need room for all that they read, as nobody knows what will be left of it.
// Of the versions of a table that was dropped or folded, it is nothing.
Status RocksKv::GiveBack(uint64_t live_bytes) {
  if (!short_of_room_) return Ok();
  room_->Forget();
  if (room_->Take(kWorthGivingBack, DiskRoom::Purpose::kPages).ok()) {
    short_of_room_ = false;
    last_left_ = 0;
    return Ok();
  }
  uint64_t files = 0;
  {
    LATHE_ASSIGN(Use use, UseForFiles());
    (void)db_->GetIntProperty(handle(Family::kDelta), rocksdb::DB::Properties::kLiveSstFilesSize,
                              &files);
  }
  // Not again for what the last one left.
  const uint64_t gone = files - std::min(files, 2 * live_bytes);
  if (gone < last_left_ + kWorthGivingBack) return Ok();
  LATHE_TRY(room_->Take(live_bytes, DiskRoom::Purpose::kFreeing));
  giving_back_ = true;
  table_files_->SetMaxAllowedSpaceUsage(0);
  Status done = Compact(Family::kDelta, "", "");
  giving_back_ = false;
  room_->Forget();
  if (!done.ok()) return done;
  LATHE_ASSIGN(Use use, UseForFiles());
  (void)db_->GetIntProperty(handle(Family::kDelta), rocksdb::DB::Properties::kLiveSstFilesSize,
                            &files);
  last_left_ = files - std::min(files, 2 * live_bytes);
  return Ok();
}

Status RocksKv::Checkpoint(const std::string& directory) {
  LATHE_ASSIGN(bool exists, files_->Exists(directory));
  if (exists) {
    return MakeError(SqlState::kObjectInUse, "directory \"" + directory + "\" exists already");
  }
  LATHE_TRY(files_->MakeDirectory(directory));
  LATHE_ASSIGN(Use use, UseForFiles());
  rocksdb::Checkpoint* made = nullptr;
  LATHE_TRY(FromRocks(rocksdb::Checkpoint::Create(db_.get(), &made)));
  std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  LATHE_TRY(Noted(checkpoint->CreateCheckpoint(base::JoinPath(directory, "db"))));
  return files_->SyncDirectory(directory);
}

KvStats RocksKv::Stats() {
  Use use(gate_);
  if (db_ == nullptr) return {};
  auto number = [&](Family family, const std::string& name) {
    uint64_t value = 0;
    (void)db_->GetIntProperty(handle(family), name, &value);
    return value;
  };
  KvStats stats;
  for (size_t i = 0; i < kFamilyCount; ++i) {
    Family family = static_cast<Family>(i);
    uint64_t sst = number(family, rocksdb::DB::Properties::kTotalSstFilesSize);
    stats.sst_bytes += sst;
    if (family == Family::kPages) stats.page_bytes = sst;
    stats.memtable_bytes += number(family, rocksdb::DB::Properties::kCurSizeAllMemTables);
    stats.pending_compaction_bytes +=
        number(family, rocksdb::DB::Properties::kEstimatePendingCompactionBytes);
  }
  stats.running_compactions =
      number(Family::kDelta, rocksdb::DB::Properties::kNumRunningCompactions);
  stats.write_stopped = number(Family::kDelta, rocksdb::DB::Properties::kIsWriteStopped) != 0;
  stats.block_cache_bytes = block_cache_->GetUsage();
  return stats;
}

std::string RocksKv::Property(Family family, const std::string& name) {
  std::string value;
  Use use(gate_);
  if (db_ == nullptr || !db_->GetProperty(handle(family), name, &value)) value.clear();
  return value;
}

}  // namespace lathe::kv
